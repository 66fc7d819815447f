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
enum { EMPTY = 16 };                     /* tag of a slot of a table that is not in use */

static int is_nil(const ZyValue *v) { return (v->tt & ZY_KIND_TYPE_BITS) == 0; }


/* ---- lookups without metamethods ---------------------------------------------- */

static ZyNode *next_node(ZyNode *n) { return n->u.next == 0 ? NULL : n + n->u.next; }

static ZyNode *main_position(const ZyTable *t, const ZyString *key) {
  return &t->node[key->hash & ((1u << t->lsizenode) - 1)];
}

/* The node with this key; NULL when there is none. */
static inline ZyNode *node_of(const ZyTable *t, const ZyString *key) {
  ZyNode *n = main_position(t, key);
  while (n->u.key.gc != (const ZyObject *)key || n->u.key_tt != ZY_TAG_STR) {
    if (n->u.next == 0) return NULL;
    n += n->u.next;
  }
  return n;
}

/* The value of 'key' in 't', NULL when absent. */
static inline ZyValue *find_field(const ZyTable *t, const ZyString *key) {
  ZyNode *n = node_of(t, key);
  return n == NULL || is_nil(&n->value) ? NULL : &n->value;
}

ZyValue *zy_helper_field_slot(ZyTable *t, ZyString *key) { return find_field(t, key); }

enum { MAX_INHERITANCE = 8 };          /* tables; what is further away is left to the interpreter */

const ZyValue *zy_helper_field_find(lua_State *L, int64_t p, int64_t tag, const ZyString *key) {
  static const ZyValue nil = { .tt = ZY_TAG_NIL };
  const ZyGlobal *G = zy_thread(L)->G;
  const ZyTable *t = table(p), *meta;
  const ZyValue *v;
  for (int i = 0; i < MAX_INHERITANCE; i++) {
    if (tag == ZY_TAG_TABLE) {
      v = find_field(t, key);
      if (v != NULL) return v;
      meta = t->metatable;
      if (meta == NULL || (meta->flags & 1 << ZY_TM_INDEX)) return &nil;
      v = find_field(meta, G->tmname[ZY_TM_INDEX]);
      if (v == NULL) return &nil;
    }
    else {
      if (tag != ZY_TAG_STR && tag != ZY_TAG_LONG_STR) return NULL;
      meta = G->mt[tag & ZY_KIND_TYPE_BITS];
      v = meta == NULL ? NULL : find_field(meta, G->tmname[ZY_TM_INDEX]);
      if (v == NULL) return NULL;
    }
    t = (const ZyTable *)v->v.gc;
    tag = v->tt;
    if (tag != ZY_TAG_TABLE) return NULL;
  }
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

/* Whether the metatable has this event. Notes that it has not, as luaT_gettm does. */
static int has_event(lua_State *L, ZyTable *meta, int event) {
  if (meta == NULL || (meta->flags & 1 << event)) return 0;
  if (find_field(meta, zy_thread(L)->G->tmname[event]) != NULL) return 1;
  meta->flags |= (uint8_t)(1 << event);
  return 0;
}


/* ---- get ---------------------------------------------------------------------- */

/* Whether what is no table can be indexed. If not, the interpreter raises the error, which names the variable. */
static int has_metamethod(lua_State *L, int index, int event) {
  ZyTable *meta;
  if (!lua_getmetatable(L, index)) return 0;
  meta = (ZyTable *)lua_topointer(L, -1);
  lua_pop(L, 1);
  return has_event(L, meta, event);
}

static int64_t get_by_api(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t reg) {
  ZyThread *t = zy_thread(L);
  t->top = ci->top;
  zy_value_set(t->top++, p, tag);
  zy_value_set(t->top++, kp, ktag);
  if (tag != ZY_TAG_TABLE && !has_metamethod(L, -2, ZY_TM_INDEX)) {
    t->top = ci->top;
    return 1;
  }
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

static ZyNode *free_node(ZyTable *t) {
  while (t->lastfree > t->node)
    if ((--t->lastfree)->u.key_tt == ZY_TAG_NIL) return t->lastfree;
  return NULL;
}

/* Makes room at 'at', the main position of a key that is to be put in: what is there goes, if that is not where it
** belongs, else the new key goes. As luaH_newkey does it, for what is there under a string; NULL for others, and when
** the table has to grow. */
static ZyNode *make_room(ZyTable *t, ZyNode *at) {
  ZyNode *before, *to;
  if (at->u.key_tt != ZY_TAG_STR) return NULL;
  before = main_position(t, (const ZyString *)at->u.key.gc);
  to = free_node(t);
  if (to == NULL) return NULL;
  if (before == at) {
    if (at->u.next != 0) to->u.next = (int)(at + at->u.next - to);
    at->u.next = (int)(to - at);
    return to;
  }
  while (before + before->u.next != at) before += before->u.next;
  before->u.next = (int)(to - before);
  *to = *at;
  if (at->u.next != 0) {
    to->u.next += (int)(at - to);
    at->u.next = 0;
  }
  return at;
}

/* The place for a field whose key no node has; NULL when it is for the API to find. */
static ZyValue *new_field(lua_State *L, ZyTable *t, ZyString *key) {
  ZyValue k = { .v.gc = (ZyObject *)key, .tt = ZY_TAG_STR };
  ZyNode *at = main_position(t, key);
  if (t->lastfree == NULL) return NULL;                /* no nodes but the one that all tables without share */
  if (!is_nil(&at->value)) at = make_room(t, at);
  if (at == NULL) return NULL;
  at->u.key = k.v;
  at->u.key_tt = k.tt;
  if (zy_value_barrier((ZyObject *)t, &k)) zy_helper_barrier(L, t);
  return &at->value;
}

int64_t zy_helper_field_put(lua_State *L, ZyTable *t, ZyString *key, int64_t vp, int64_t vtag) {
  ZyNode *n = node_of(t, key);
  ZyValue *v = n == NULL ? NULL : &n->value;
  if (v == NULL || is_nil(v)) {
    if (has_event(L, t->metatable, ZY_TM_NEWINDEX)) return 1;
    if (vtag == ZY_TAG_NIL) return 0;
    if (v == NULL && (v = new_field(L, t, key)) == NULL) return 1;
    t->flags &= (uint8_t)~ZY_TM_BITS;
  }
  zy_value_set(v, vp, vtag);
  if (zy_value_barrier((ZyObject *)t, v)) zy_helper_barrier(L, t);
  return 0;
}

int64_t zy_helper_set_meta(lua_State *L, ZyTable *t, ZyTable *meta) {
  ZyValue v = { .v.gc = (ZyObject *)meta, .tt = ZY_TAG_TABLE };
  if (t->metatable != NULL || zy_value_barrier((ZyObject *)t, &v) || has_event(L, meta, ZY_TM_GC)) return 1;
  t->metatable = meta;
  return 0;
}

static int64_t set_by_api(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t vp,
                          int64_t vtag) {
  ZyThread *t = zy_thread(L);
  if (tag == ZY_TAG_TABLE && ktag == ZY_TAG_NIL) return 1;
  t->top = ci->top;
  zy_value_set(t->top++, p, tag);
  zy_value_set(t->top++, kp, ktag);
  if (ktag == ZY_TAG_NUM && isnan(t->top[-1].v.n)) {
    t->top = ci->top;
    return 1;
  }
  zy_value_set(t->top++, vp, vtag);
  if (tag != ZY_TAG_TABLE && !has_metamethod(L, -3, ZY_TM_NEWINDEX)) {
    t->top = ci->top;
    return 1;
  }
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
  if (tag == ZY_TAG_TABLE && ktag == ZY_TAG_STR
      && zy_helper_field_put(L, table(p), (ZyString *)(intptr_t)kp, vp, vtag) == 0)
    return 0;
  if (tag == ZY_TAG_TABLE && ktag == ZY_TAG_INT) {
    ZyTable *t = table(p);
    ZyValue *v = zy_helper_raw_get(t, kp, ktag);
    if (v == NULL && t->metatable == NULL && (uint64_t)kp - 1 < zy_layout_array_size(t))
      v = &t->array[kp - 1];
    if (v != NULL) {
      zy_value_set(v, vp, vtag);
      if (zy_value_barrier((ZyObject *)t, v)) zy_helper_barrier(L, t);
      return 0;
    }
    if (t->metatable == NULL) {
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

enum { MOST_MADE = 1 << 16 };            /* elements, and nodes, of tables that are made here */

static int log2_up(int64_t n) { return n <= 1 ? 0 : 64 - __builtin_clzll((uint64_t)n - 1); }

/* As luaH_new and luaH_resize. What is allocated first is freed by hand when the rest cannot be. */
ZyTable *zy_helper_make_table(lua_State *L, ZyContext *cx, int64_t narray, int64_t nhash) {
  ZyGlobal *G = zy_thread(L)->G;
  int lsizenode = log2_up(nhash);
  size_t nnodes = nhash > 0 ? (size_t)1 << lsizenode : 0, array_bytes = (size_t)narray * sizeof(ZyValue);
  size_t node_bytes = nnodes * sizeof(ZyNode);
  ZyValue *array = NULL;
  ZyNode *node = cx->no_nodes;
  ZyTable *t = NULL;
  if (narray > MOST_MADE || nhash > MOST_MADE || cx->stress_gc) return NULL;
  if (G->GCdebt + (ptrdiff_t)(sizeof *t + array_bytes + node_bytes) > 0) return NULL;      /* a collection is due */
  if (narray > 0 && (array = G->frealloc(G->ud, NULL, 0, array_bytes)) == NULL) return NULL;
  if (nhash > 0) node = G->frealloc(G->ud, NULL, 0, node_bytes);
  if (node != NULL) t = zy_collector_new(G, ZY_TAG_TABLE & ~ZY_TAG_COLLECTABLE, sizeof *t);
  if (t == NULL) {
    if (array != NULL) G->frealloc(G->ud, array, array_bytes, 0);
    if (nhash > 0 && node != NULL) G->frealloc(G->ud, node, node_bytes, 0);
    return NULL;
  }
  G->GCdebt += (ptrdiff_t)(array_bytes + node_bytes);
  for (int64_t i = 0; i < narray; i++) array[i].tt = EMPTY;
  for (size_t i = 0; i < nnodes; i++) {
    node[i].u.tt = EMPTY;
    node[i].u.key_tt = ZY_TAG_NIL;
    node[i].u.next = 0;
  }
  t->flags = ZY_TM_BITS;
  t->lsizenode = (uint8_t)lsizenode;
  t->alimit = (unsigned int)narray;
  t->array = array;
  t->node = node;
  t->lastfree = nnodes > 0 ? node + nnodes : NULL;
  t->metatable = NULL;
  return t;
}

int64_t zy_helper_new_table(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t narray, int64_t nhash) {
  ZyThread *t = zy_thread(L);
  t->top = ci->top;
  lua_createtable(L, (int)narray, (int)nhash);
  ci->func[1 + reg] = t->top[-1];
  t->top = ci->top;
  return 0;
}

/* As luaH_resizearray, for a table whose hash part is empty: nothing can have to move from there. 0 when it is not, or
** there is no memory. */
static int grow_array(lua_State *L, ZyTable *t, int64_t size) {
  unsigned int old = zy_layout_array_size(t);
  ZyValue *array;
  if (t->lastfree != NULL || size > INT32_MAX / (int64_t)sizeof *array) return 0;
  array = zy_collector_realloc(L, t->array, old * sizeof *array, (size_t)size * sizeof *array);
  if (array == NULL) return 0;
  for (unsigned int i = old; i < size; i++) array[i].tt = EMPTY;
  t->array = array;
  t->alimit = (unsigned int)size;
  t->flags &= 0x7f;
  return 1;
}

int64_t zy_helper_set_list(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n, int64_t from) {
  ZyStack ra = ci->func + 1 + reg;
  ZyTable *t = (ZyTable *)ra->v.gc;
  if (n < 0) n = zy_thread(L)->top - ra - 1;
  if (from + n > zy_layout_array_size(t) && !grow_array(L, t, from + n)) return 1;
  for (int64_t j = 0; j < n; j++) {
    ZyValue *v = &t->array[from + j];
    v->v = ra[1 + j].v;
    v->tt = ra[1 + j].tt;
    if (zy_value_barrier((ZyObject *)t, v)) zy_helper_barrier(L, t);
  }
  zy_thread(L)->top = ci->top;
  return 0;
}

/* As luaH_getn. Where alimit is a hint, an assignment behind it by luaH_getint would have made it grow. The frame may be
** one that is not complete: of 'ci' only 'func' is right, and L->top is another frame's. */
int64_t zy_helper_length(lua_State *L, ZyCallInfo *ci, ZyTable *table) {
  ZyThread *t = zy_thread(L);
  ZyStack top = t->top;
  unsigned int size = zy_layout_array_size(table);
  int64_t n;
  if (table->alimit < size && !is_nil(&table->array[table->alimit])) table->alimit++;
  if (table->alimit > 0 && !is_nil(&table->array[table->alimit - 1])
      && (table->alimit < size ? is_nil(&table->array[table->alimit]) : table->lastfree == NULL))
    return table->alimit;
  t->top = ci->func + 1 + zy_layout_proto(ci)->maxstacksize;
  zy_value_set(t->top++, (int64_t)(intptr_t)table, ZY_TAG_TABLE);
  n = (int64_t)lua_rawlen(L, -1);
  t->top = top;
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
