/*
** fuzz_make.h - random functions.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FUZZ_MAKE_H
#define ZY_FUZZ_MAKE_H

#include "hir/hir.h"

enum { ZY_FUZZ_VARS = 6,               /* parameters of a function */
       ZY_FUZZ_CAPTURED = 200 };       /* registers from here to + 3 are loaded and stored */

/* A random number, for *state. */
uint64_t zy_fuzz_random(uint64_t *state);
static inline uint32_t zy_fuzz_below(uint64_t *state, uint32_t n) {
  return (uint32_t)(zy_fuzz_random(state) >> 33) % n;
}

/* A function that ends for all arguments and can be entered wherever one of its states says: at the first node whose
** pc is the state's, when the values are in the registers that value[register] says. 'value' has 256 entries. */
ZyHir *zy_fuzz_make(ZyArena *arena, uint64_t *random, ZyRef *value);

#endif
