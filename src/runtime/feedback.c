/*
** feedback.c - what profiling code sees -> cells.
** SPDX-License-Identifier: MIT
**
** Runs on the thread that runs the Lua state, without calling anything.
*/
#include "hir/eval.h"
#include "profile/attach.h"
#include "runtime/helper.h"
#include "runtime/state.h"

int64_t zy_helper_record(ZyCell *cell, int64_t tag) {
  cell->type |= (uint16_t)zy_eval_type((uint8_t)tag);
  cell->tag = (uint8_t)(tag ^ 0x80);
  return 0;
}

/* What identifies a callee: the id of its record, a known library function, or 0 for all others. */
static uint32_t callee_of(const ZyContext *cx, int64_t p, int64_t tag) {
  if (tag == ZY_TAG_LUA_FN) {
    const ZyFunction *fn = zy_attach_function(((ZyLuaClosure *)(intptr_t)p)->p);
    return fn == NULL ? 0 : fn->id;
  }
  if (tag == ZY_TAG_CFUNCTION)
    for (uint32_t i = 0; i < ZY_LIB_COUNT; i++)
      if (cx->lib[i] == (void *)(intptr_t)p) return ZY_CALLEE_LIB + i;
  return 0;
}

int64_t zy_helper_record_call(ZyCode *code, int64_t pc, int64_t p, int64_t tag) {
  ZyCell *cell = &code->cells[pc];
  uint32_t callee;
  if (cell->calls > 1) return 0;
  callee = code->owner->state == NULL ? 0 : callee_of(&code->owner->state->cx, p, tag);
  if (callee == 0 || (cell->calls == 1 && cell->callee != callee)) cell->calls = 2;
  else {
    cell->calls = 1;
    cell->callee = callee;
  }
  return 0;
}

int64_t zy_helper_record_table(ZyCode *code, int64_t pc, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t store) {
  ZyCell *cell = &code->cells[pc];
  const ZyTable *t = (const ZyTable *)(intptr_t)p;
  const ZyValue *v;
  (void)store;
  if (cell->samples < ZY_CELL_SAMPLES) cell->samples++;
  if (tag != ZY_TAG_TABLE) {
    cell->hit |= ZY_HIT_META;
    return 0;
  }
  if (t->metatable != NULL) cell->hit |= ZY_HIT_METATABLE;
  v = zy_helper_raw_get(t, kp, ktag);
  if (ktag == ZY_TAG_INT && (uint64_t)kp - 1 < zy_layout_array_size(t)) {
    cell->hit |= ZY_HIT_ARRAY;               /* over a nil, too: the array grows, as a rule, and will miss */
    if (v != NULL) return 0;
  }
  if (v == NULL) cell->hit |= t->metatable != NULL ? ZY_HIT_MISS | ZY_HIT_META : ZY_HIT_MISS;
  else cell->hit |= ZY_HIT_NODE;
  return 0;
}
