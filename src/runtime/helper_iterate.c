/*
** helper_iterate.c - the steps of generic for loops, for native code.
** SPDX-License-Identifier: MIT
**
** next() as luaH_next does it: elements of the array part, then nodes, by their position. A key is looked for where it
** was put; one that is not there, because it was cleared and the collector has marked it dead, or was never there, is
** left to the interpreter.
*/
#include "runtime/helper.h"

static int is_nil(const ZyValue *v) { return (v->tt & ZY_KIND_TYPE_BITS) == 0; }

/* Looks for a key of this very tag and payload from its main position 'at' on. */
static const ZyNode *find(const ZyTable *t, unsigned int at, const ZyValue *key) {
  const ZyNode *n = &t->node[at];
  for (;;) {
    if (n->u.key_tt == key->tt && n->u.key.i == key->v.i) return n;
    if (n->u.next == 0) return NULL;
    n += n->u.next;
  }
}

/* The key's node; NULL when it is not found. 5.4.3 has another main position for integers than later releases. */
static const ZyNode *node_of(const ZyTable *t, const ZyValue *key) {
  unsigned int mask = (1u << t->lsizenode) - 1;
  const ZyNode *n;
  switch (key->tt) {
    case ZY_TAG_STR: return find(t, ((const ZyString *)key->v.gc)->hash & mask, key);
    case ZY_TAG_INT:
      n = find(t, (unsigned int)((uint64_t)key->v.i % (mask | 1)), key);
      return n != NULL ? n : find(t, (unsigned int)((uint64_t)key->v.i & mask), key);
    case ZY_TAG_TABLE: case ZY_TAG_LUA_FN: case ZY_TAG_C_FN: case ZY_TAG_UDATA: case ZY_TAG_THREAD: case ZY_TAG_LIGHT:
    case ZY_TAG_CFUNCTION:
      return find(t, (unsigned int)(uintptr_t)key->v.p % (mask | 1), key);
  }
  return NULL;
}

/* The position behind the key's, or -1. */
static int64_t position_behind(const ZyTable *t, const ZyValue *key, unsigned int size) {
  const ZyNode *n;
  if (is_nil(key)) return 0;
  if (key->tt == ZY_TAG_INT && (uint64_t)key->v.i - 1 < size) return key->v.i;
  n = node_of(t, key);
  return n == NULL ? -1 : (int64_t)size + (n - t->node) + 1;
}

/* What comes at position 'i' or behind it: to 'key' and 'value'; nil at the end. */
static void step(const ZyTable *t, int64_t i, unsigned int size, ZyValue *key, ZyValue *value) {
  int64_t nodes = (int64_t)1 << t->lsizenode;
  for (; i < size; i++) {
    if (is_nil(&t->array[i])) continue;
    zy_value_set(key, i + 1, ZY_TAG_INT);
    zy_value_set(value, t->array[i].v.i, t->array[i].tt);
    return;
  }
  for (i -= size; i < nodes; i++) {
    const ZyNode *n = &t->node[i];
    if (is_nil(&n->value)) continue;
    zy_value_set(key, n->u.key.i, n->u.key_tt);
    zy_value_set(value, n->u.v.i, n->u.tt);
    return;
  }
  zy_value_set(key, 0, ZY_TAG_NIL);
  zy_value_set(value, 0, ZY_TAG_NIL);
}

int64_t zy_helper_next(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n) {
  ZyStack ra = ci->func + 1 + reg;
  const ZyTable *t = (const ZyTable *)ra[1].v.gc;
  ZyValue value;
  unsigned int size;
  int64_t i;
  (void)L;
  if (ra[1].tt != ZY_TAG_TABLE) return 1;
  size = zy_layout_array_size(t);
  i = position_behind(t, &ra[2], size);
  if (i < 0) return 1;
  step(t, i, size, &ra[4], &value);
  if (n > 1) zy_value_set(&ra[5], value.v.i, value.tt);
  for (int64_t r = 2; r < n; r++) ra[4 + r].tt = ZY_TAG_NIL;
  return 0;
}
