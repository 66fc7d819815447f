/*
** lower.h - HIR -> LIR.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_LOWER_H
#define ZY_LOWER_H

#include "hir/hir.h"
#include "lir/lir.h"
#include "lir/native.h"

typedef struct ZyLowered {
  ZyLir *lir;
  ZyLir *direct;                       /* the direct entry, NULL: none */
  ZyExit *exit;                        /* what negative and other results of the code mean: native.h */
  int32_t nexits;
  ZyExitFrame *frame;
  int32_t nframes;
  int32_t *exit_of_node;               /* by node that can exit: index in 'exit'; for zy_interp_run */
} ZyLowered;

/* Lowers 'h' to a function named 'name' (a C identifier), and its direct entry to one named "<name>_d". All memory is of h->arena; leaves through its escape. */
void zy_lower_hir(const ZyHir *h, const char *name, ZyLowered *out);

/* Only the exit table of 'h' (lir is NULL): enough to interpret it. */
void zy_lower_exits(const ZyHir *h, ZyLowered *out);

#endif
