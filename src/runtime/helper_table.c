/*
** helper_table.c - tables, for native code.
** SPDX-License-Identifier: MIT
**
** What needs no metamethod is done on the structures; the rest through the public API, with the operands above the
** frame, so that a metamethod may do all it may in the interpreter, yielding included: the interpreter then finishes
** the instruction before savedpc (luaV_finishOp).
*/
#include "runtime/helper.h"

#include <math.h>

#include "vm/bytecode.h"
#include "vm/collector.h"

static ZyTable *table(int64_t p) { return (ZyTable *)(intptr_t)p; }
static int is_nil(const ZyValue *v) { return (v->tt & ZY_KIND_TYPE_BITS) == 0; }


/* ---- lookups without metamethods ---------------------------------------------- */

static ZyNode *next_node(ZyNode *n) { return n->u.next == 0 ? NULL : n + n->u.next; }

ZyValue *zy_helper_field_slot(ZyTable *t, ZyString *key) {
  ZyNode *n = &t->node[key->hash & ((1u << t->lsizenode) - 1)];
  for (; n != NULL; n = next_node(n))
    if (n->u.key_tt == ZY_TAG_STR && n->u.key.gc == (ZyObject *)key) return is_nil(&n->value) ? NULL : &n->value;
  return NULL;
}

static ZyValue *find_int(ZyNode *n, int64_t key) {
  for (; n != NULL; n = next_node(n))
    if (n->u.key_tt == ZY_TAG_INT && n->u.key.i == key) return &n->value;
  return NULL;
}

/* 5.4.3 has another main position for integers than later releases (hashint of ltable.c): both are tried. */
static ZyValue *get_int(const ZyTable *t, int64_t key) {
  unsigned int mask = (1u << t->lsizenode) - 1;
  ZyValue *v;
  if ((uint64_t)key - 1 < zy_layout_array_size(t)) return &t->array[key - 1];
  v = find_int(&t->node[(uint64_t)key % (mask | 1)], key);
  return v != NULL ? v : find_int(&t->node[(uint64_t)key & mask], key);
}

ZyValue *zy_helper_elem_slot(const ZyTable *t, int64_t key) {
  static ZyValue nil = { .tt = ZY_TAG_NIL };
  ZyValue *v = get_int(t, key);
  return v != NULL ? v : &nil;
}

ZyValue *zy_helper_raw_get(const ZyTable *t, int64_t kp, int64_t ktag) {
  ZyValue *v = NULL;
  if (ktag == ZY_TAG_STR) return zy_helper_field_slot((ZyTable *)t, (ZyString *)(intptr_t)kp);
  if (ktag == ZY_TAG_INT) v = get_int(t, kp);
  return v == NULL || is_nil(v) ? NULL : v;
}

/* Whether raw_get knows all of keys with this tag. */
static int plain_key(int64_t ktag) { return ktag == ZY_TAG_STR || ktag == ZY_TAG_INT; }


/* ---- get ---------------------------------------------------------------------- */

/* A value without one cannot be indexed: the interpreter raises the error. */
static int has_metatable(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return 0;
  lua_pop(L, 1);
  return 1;
}

static int64_t get_by_api(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t reg) {
  ZyThread *t = zy_thread(L);
  t->top = ci->top;
  zy_value_set(t->top++, p, tag);
  if (tag != ZY_TAG_TABLE && !has_metatable(L, -1)) {
    t->top = ci->top;
    return 1;
  }
  zy_value_set(t->top++, kp, ktag);
  lua_gettable(L, -2);
  ci->func[1 + reg] = t->top[-1];
  t->top = ci->top;
  return 0;
}

int64_t zy_helper_table_get(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t reg) {
  if (tag == ZY_TAG_TABLE && plain_key(ktag)) {
    const ZyValue *v = zy_helper_raw_get(table(p), kp, ktag);
    ZyValue *to = ci->func + 1 + reg;
    if (v != NULL) {
      to->v = v->v;
      to->tt = v->tt;
      return 0;
    }
    if (table(p)->metatable == NULL) {
      to->tt = ZY_TAG_NIL;
      return 0;
    }
  }
  return get_by_api(L, ci, p, tag, kp, ktag, reg);
}

int64_t zy_helper_field_get(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t k, int64_t reg) {
  const ZyValue *key = &zy_layout_proto(ci)->k[k];
  return zy_helper_table_get(L, ci, p, tag, key->v.i, key->tt, reg);
}


/* ---- set ---------------------------------------------------------------------- */

int64_t zy_helper_barrier(lua_State *L, ZyTable *t) {
  zy_collector_barrier(zy_thread(L)->G, (ZyObject *)t, &t->gclist);
  return 0;
}

static int64_t set_by_api(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t vp,
                          int64_t vtag) {
  ZyThread *t = zy_thread(L);
  if (tag == ZY_TAG_TABLE && ktag == ZY_TAG_NIL) return 1;
  t->top = ci->top;
  zy_value_set(t->top++, p, tag);
  if (tag != ZY_TAG_TABLE && !has_metatable(L, -1)) {
    t->top = ci->top;
    return 1;
  }
  zy_value_set(t->top++, kp, ktag);
  if (ktag == ZY_TAG_NUM && isnan(t->top[-1].v.n)) {
    t->top = ci->top;
    return 1;
  }
  zy_value_set(t->top++, vp, vtag);
  lua_settable(L, -3);
  t->top = ci->top;
  return 0;
}

/* A key that the table, which has no metatable, does not hold. */
static void add_integer(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t kp, int64_t vp, int64_t vtag) {
  ZyThread *t = zy_thread(L);
  t->top = ci->top;
  zy_value_set(t->top++, p, ZY_TAG_TABLE);
  zy_value_set(t->top++, vp, vtag);
  lua_rawseti(L, -2, kp);
  t->top = ci->top;
}

int64_t zy_helper_table_set(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t vp,
                            int64_t vtag) {
  if (tag == ZY_TAG_TABLE && plain_key(ktag)) {
    ZyTable *t = table(p);
    ZyValue *v = zy_helper_raw_get(t, kp, ktag);
    if (v == NULL && t->metatable == NULL && ktag == ZY_TAG_INT && (uint64_t)kp - 1 < zy_layout_array_size(t)) v = &t->array[kp - 1];
    if (v != NULL) {
      zy_value_set(v, vp, vtag);
      if (zy_value_barrier((ZyObject *)t, v)) zy_helper_barrier(L, t);
      return 0;
    }
    if (t->metatable == NULL && ktag == ZY_TAG_INT) {
      add_integer(L, ci, p, kp, vp, vtag);
      return 0;
    }
  }
  return set_by_api(L, ci, p, tag, kp, ktag, vp, vtag);
}

int64_t zy_helper_field_set(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t k, int64_t vp, int64_t vtag) {
  const ZyValue *key = &zy_layout_proto(ci)->k[k];
  return zy_helper_table_set(L, ci, p, tag, key->v.i, key->tt, vp, vtag);
}


/* ---- the rest ----------------------------------------------------------------- */

int64_t zy_helper_new_table(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t narray, int64_t nhash) {
  ZyThread *t = zy_thread(L);
  t->top = ci->top;
  lua_createtable(L, (int)narray, (int)nhash);
  ci->func[1 + reg] = t->top[-1];
  t->top = ci->top;
  return 0;
}

/* Only into an array part that is there: the interpreter makes room in its own way, which '#' can show. */
int64_t zy_helper_set_list(lua_State *L, ZyCallInfo *ci, int64_t pc) {
  const ZyInstruction *code = zy_layout_proto(ci)->code;
  ZyInstruction i = code[pc];
  ZyStack ra = ci->func + 1 + ZY_A(i);
  ZyTable *t = (ZyTable *)ra->v.gc;
  int64_t n = ZY_B(i), from = ZY_C(i);
  if (ZY_K(i)) from += (int64_t)ZY_AX(code[pc + 1]) * 256;
  if (n == 0) n = zy_thread(L)->top - ra - 1;
  if (from + n > zy_layout_array_size(t)) return 1;
  for (int64_t j = 0; j < n; j++) {
    ZyValue *v = &t->array[from + j];
    v->v = ra[1 + j].v;
    v->tt = ra[1 + j].tt;
    if (zy_value_barrier((ZyObject *)t, v)) zy_helper_barrier(L, t);
  }
  zy_thread(L)->top = ci->top;
  return 0;
}

/* As luaH_getn. Where alimit is a hint, an assignment behind it by luaH_getint would have made it grow. */
int64_t zy_helper_length(lua_State *L, ZyCallInfo *ci, ZyTable *table) {
  ZyThread *t = zy_thread(L);
  unsigned int size = zy_layout_array_size(table);
  int64_t n;
  if (table->alimit < size && !is_nil(&table->array[table->alimit])) table->alimit++;
  if (table->alimit > 0 && !is_nil(&table->array[table->alimit - 1])
      && (table->alimit < size ? is_nil(&table->array[table->alimit]) : table->lastfree == NULL))
    return table->alimit;
  t->top = ci->top;
  zy_value_set(t->top++, (int64_t)(intptr_t)table, ZY_TAG_TABLE);
  n = (int64_t)lua_rawlen(L, -1);
  t->top = ci->top;
  return n;
}

int64_t zy_helper_len(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t reg) {
  ZyThread *t = zy_thread(L);
  ZyValue *to = ci->func + 1 + reg;
  lua_Unsigned n;
  if (tag == ZY_TAG_STR) n = ((ZyString *)(intptr_t)p)->shrlen;
  else if (tag == ZY_TAG_LONG_STR) n = ((ZyString *)(intptr_t)p)->u.lnglen;
  else if (tag == ZY_TAG_TABLE) {
    const ZyTable *meta = table(p)->metatable;
    if (meta != NULL && !(meta->flags & 1 << ZY_TM_LEN)) return 1;
    t->top = ci->top;
    zy_value_set(t->top++, p, tag);
    n = lua_rawlen(L, -1);
    t->top = ci->top;
  }
  else return 1;
  zy_value_set(to, (int64_t)n, ZY_TAG_INT);
  return 0;
}
