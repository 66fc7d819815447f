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

/* Which node of 't' the value 'v' is in. */
static uint16_t place_of(const ZyTable *t, const ZyValue *v) {
  if (t->lsizenode > ZY_PLACE_MOST) return ZY_PLACE_VARIES;
  return (uint16_t)((1 << t->lsizenode) + ((const ZyNode *)v - t->node));
}

/* Whether this place, in the table that was accessed, is the main position of the key. */
static int is_main(uint16_t place, const ZyString *key) {
  if (place == ZY_PLACE_MAIN) return 1;
  return ZY_PLACE_IS_KNOWN(place) && (unsigned)ZY_PLACE_INDEX(place) == (key->hash & ((1u << ZY_PLACE_SIZE(place)) - 1));
}

static void record_place(ZyCell *cell, int64_t kp, uint16_t place, uint16_t event_place) {
  const ZyString *key = (const ZyString *)(intptr_t)kp;
  if (cell->place != 0 && (cell->place != place || cell->event_place != event_place)) {
    int main = event_place == 0 && cell->event_place == 0 && is_main(place, key) && is_main(cell->place, key);
    place = main ? ZY_PLACE_MAIN : ZY_PLACE_VARIES;
  }
  cell->place = place;
  cell->event_place = event_place;
}

static int record_key(ZyCell *cell, const ZyTable *t, int64_t kp, int64_t ktag) {
  const ZyValue *v = zy_helper_raw_get(t, kp, ktag);
  int array = ktag == ZY_TAG_INT && (uint64_t)kp - 1 < zy_layout_array_size(t);
  if (array) cell->hit |= ZY_HIT_ARRAY;      /* over a nil, too: the array grows, as a rule, and will miss */
  if (v == NULL) return 0;
  if (!array) cell->hit |= ZY_HIT_NODE;
  if (ktag == ZY_TAG_STR) record_place(cell, kp, place_of(t, v), 0);
  return 1;
}

/* A field that the table in __index of the metatable may have. */
static void record_class(lua_State *L, ZyCell *cell, const ZyTable *meta, int64_t kp) {
  const ZyValue *index = zy_helper_raw_get(meta, (int64_t)(intptr_t)zy_thread(L)->G->tmname[ZY_TM_INDEX], ZY_TAG_STR);
  const ZyTable *class = (const ZyTable *)index->v.gc;
  const ZyValue *v = zy_helper_raw_get(class, kp, ZY_TAG_STR);
  uint16_t event_place = place_of(meta, index);
  if (v != NULL && event_place < 256) record_place(cell, kp, place_of(class, v), event_place);
  else record_place(cell, kp, ZY_PLACE_VARIES, 0);
}

/* A field that a value has not itself. */
static void record_inherited(lua_State *L, ZyCell *cell, int64_t p, int64_t tag, int64_t kp) {
  const ZyValue *v = zy_helper_field_find(L, p, tag, (const ZyString *)(intptr_t)kp);
  if (v == NULL) cell->hit |= ZY_HIT_META;
  else if (v->tt == ZY_TAG_NIL) cell->hit |= ZY_HIT_MISS;
  else {
    cell->hit |= ZY_HIT_INHERITED;
    if (tag == ZY_TAG_TABLE) record_class(L, cell, ((const ZyTable *)(intptr_t)p)->metatable, kp);
  }
}

int64_t zy_helper_record_table(lua_State *L, ZyCode *code, int64_t pc, int64_t p, int64_t tag, int64_t kp, int64_t ktag,
                               int64_t store) {
  ZyCell *cell = &code->cells[pc];
  const ZyTable *t = (const ZyTable *)(intptr_t)p;
  if (cell->samples < ZY_CELL_SAMPLES) cell->samples++;
  if (tag == ZY_TAG_TABLE) {
    if (t->metatable != NULL) cell->hit |= ZY_HIT_METATABLE;
    if (record_key(cell, t, kp, ktag)) return 0;
  }
  if (ktag == ZY_TAG_STR && !store) record_inherited(L, cell, p, tag, kp);
  else if (tag != ZY_TAG_TABLE) cell->hit |= ZY_HIT_META;
  else cell->hit |= t->metatable != NULL ? ZY_HIT_MISS | ZY_HIT_META : ZY_HIT_MISS;
  return 0;
}
