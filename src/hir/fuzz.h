/*
** fuzz.h - random functions against the passes.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FUZZ_H
#define ZY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

typedef struct ZyFuzzStats {
  uint64_t functions, runs;            /* made; runs of transformed functions */
  uint64_t exits, returns;             /* how these ended, before the interpreter would have gone on */
} ZyFuzzStats;

/* Makes 'n' random functions, runs the passes on them and compares what they do with what they did; with 'native', also
** what native code does, by all back ends that work. 0 when all did the same; else 1, and 'out' holds the first that
** did not, as text, and what it was called with. 'stats' may be NULL. */
int zy_fuzz_run(uint64_t seed, int n, int native, ZyFuzzStats *stats, char *out, size_t size);

#endif
