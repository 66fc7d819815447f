/*
** function.c - life of a function's record.
** SPDX-License-Identifier: MIT
*/
#include "profile/function.h"

#include <stdlib.h>

static _Atomic uint32_t last_id;

ZyFunction *zy_function_new(int size, int head, int nstubs) {
  ZyFunction *fn = calloc(1, sizeof *fn + (size_t)nstubs * sizeof fn->stub[0]);
  if (fn == NULL) return NULL;
  fn->displaced = calloc((size_t)nstubs, sizeof *fn->displaced);
  if (fn->displaced == NULL) {
    free(fn);
    return NULL;
  }
  atomic_init(&fn->refs, 1);
  fn->id = atomic_fetch_add(&last_id, 1) + 1;
  fn->size = size;
  fn->head = (int16_t)head;
  fn->nstubs = (uint16_t)nstubs;
  fn->max_tier = 2;
  for (int i = 0; i < nstubs; i++) fn->stub[i].level = -1;
  return fn;
}

void zy_function_retain(ZyFunction *fn) { atomic_fetch_add_explicit(&fn->refs, 1, memory_order_relaxed); }

void zy_function_release(ZyFunction *fn) {
  if (atomic_fetch_sub_explicit(&fn->refs, 1, memory_order_acq_rel) != 1) return;
  free(fn->cells);
  free(fn->avoid);
  free(fn->displaced);
  free(fn);
}

int zy_function_warm(ZyFunction *fn) {
  if (fn->cells == NULL) fn->cells = calloc((size_t)fn->size + ZY_CELL_REGS, sizeof *fn->cells);
  return fn->cells != NULL;
}
