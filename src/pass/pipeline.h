/*
** pipeline.h - which passes run, and in what order.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_PIPELINE_H
#define ZY_PIPELINE_H

#include "hir/hir.h"

enum {
#define ZY_PASS(name, letter, text) ZY_PASS_##name,
#include "pass/pass.def"
#undef ZY_PASS
  ZY_PASS_COUNT
};

/* What a caller of zy_pass_pipeline may want to see; zero it first. */
typedef struct ZyPassReport {
  void (*dump)(void *data, const ZyHir *h, const char *pass);  /* after each pass, or NULL */
  void *data;
  uint64_t ns[ZY_PASS_COUNT];          /* time spent, added up */
} ZyPassReport;

const char *zy_pass_name(int pass);
const char *zy_pass_text(int pass);

/* Runs the passes of 'tier'. 'report' may be NULL. Leaves through the arena's escape when memory is used up and,
** where passes are verified (ZY_DEBUG), with INVALID. */
void zy_pass_pipeline(ZyHir *h, int tier, ZyPassReport *report);

/* Runs one pass, and what it requires before it. INVALID: there is no pass of that name; "tier0", "tier1" and
** "tier2" are the whole pipelines. */
ZyStatus zy_pass_run(ZyHir *h, const char *name);

#endif
