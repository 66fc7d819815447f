/*
** lower_table.c - registers, upvalues, constants, tables.
** SPDX-License-Identifier: MIT
**
** Tables are read through their layout; a field is found by its key's hash, as the interpreter finds it. Only values
** are written, in slots that exist. Runs on a worker.
*/
#include "lir/lower_internal.h"

#define FIELD(l, op, at, type, field) zy_lower_load((l), ZY_LIR_##op, (at), offsetof(type, field), ZY_ALIAS_SHAPE)
#define FIXED(l, op, at, type, field) zy_lower_fixed((l), ZY_LIR_##op, (at), offsetof(type, field), ZY_ALIAS_SHAPE)

/* The object that a string constant is, of the function itself or of one that is inlined. */
static uint32_t constant(ZyLower *l, int64_t k) {
  int64_t at = ZY_K_INDEX(k) * (int64_t)sizeof(ZyValue);
  uint32_t p;
  if (ZY_K_CALLEE(k) < 0) return zy_lower_fixed(l, ZY_LIR_LOADP, l->k, at, ZY_ALIAS_SHAPE);
  p = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, callee_proto), ZY_ALIAS_CODE);
  p = zy_lower_fixed(l, ZY_LIR_LOADP, p, ZY_K_CALLEE(k) * (int64_t)sizeof(ZyProto *), ZY_ALIAS_CODE);
  p = zy_lower_fixed(l, ZY_LIR_LOADP, p, offsetof(ZyProto, k), ZY_ALIAS_SHAPE);
  return zy_lower_fixed(l, ZY_LIR_LOADP, p, at, ZY_ALIAS_SHAPE);
}

static uint32_t table(ZyLower *l, ZyRef r) { return zy_lower_payload(l, r, ZY_LIR_P); }

/* An address that is 'offset' bytes behind 'at'. */
static void set_address(ZyLower *l, ZyRef r, uint32_t at, int32_t offset) {
  zy_lower_set(l, r, at);
  l->values[r].offset = offset;
}

/* Elements count from 1; the address of the first one is in the loads and stores. */
static void element(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t i = zy_lower_bits(l, n->ops[1]), array = zy_lower_payload(l, n->ops[0], ZY_LIR_P);
  const ZyLirInst *inst = &l->lir->insts.v[i];
  _Static_assert(sizeof(ZyValue) == 16, "elements are 16 bytes");
  if (inst->op == ZY_LIR_ICONST && inst->imm > 0 && inst->imm < 1 << 24)
    set_address(l, r, array, ((int32_t)inst->imm - 1) * (int32_t)sizeof(ZyValue));
  else
    set_address(l, r, ZY_OP2(PADD, array, ZY_OP2(SHL, i, zy_lower_int(l, 4))), -(int32_t)sizeof(ZyValue));
}

static uint32_t alimit(ZyLower *l, uint32_t t) {
  return zy_lower_load(l, ZY_LIR_LOAD32, t, offsetof(ZyTable, alimit), ZY_ALIAS_LIMITS);
}

static uint32_t hinted_bit(ZyLower *l, uint32_t t) {
  uint32_t flags = zy_lower_load(l, ZY_LIR_LOAD8, t, offsetof(ZyTable, flags), ZY_ALIAS_LIMITS);
  return ZY_OP2(AND, flags, zy_lower_int(l, ZY_ALIMIT_IS_HINT));
}

/* The size of the array part. Where alimit is a hint for '#', the next power of two. */
static uint32_t array_limit(ZyLower *l, uint32_t t) {
  uint32_t limit = alimit(l, t), one = zy_lower_int(l, 1), size;
  uint32_t hinted = hinted_bit(l, t);
  uint32_t hint = zy_lower_label(l), real = zy_lower_label(l), join = zy_lower_label(l);
  zy_lower_branch(l, ZY_OP2(NE, hinted, zy_lower_int(l, 0)), hint, real, ZY_HINT_UNLIKELY);
  zy_lower_place(l, hint);
  size = ZY_OP2(SUB, limit, one);              /* of 0: all bits */
  for (int by = 1; by <= 16; by *= 2) size = ZY_OP2(OR, size, ZY_OP2(SHR, size, zy_lower_int(l, by)));
  size = ZY_OP2(ADD, size, one);
  zy_lower_jump(l, join, &size, 1);
  zy_lower_place(l, real);
  zy_lower_jump(l, join, &limit, 1);
  zy_lower_place(l, join);
  return zy_lower_param(l, ZY_LIR_I);
}

/* A bit: the node has this short string as its key. */
static uint32_t has_key(ZyLower *l, uint32_t node, uint32_t key) {
  uint32_t is = ZY_OP2(EQ, FIELD(l, LOADP, node, ZyNode, u.key), key);
  uint32_t tag = FIELD(l, LOAD8, node, ZyNode, u.key_tt);
  return ZY_OP2(BAND, is, ZY_OP2(EQ, tag, zy_lower_int(l, ZY_TAG_STR)));
}

/* 'by' nodes behind 'node'. */
static uint32_t node_at(ZyLower *l, uint32_t node, uint32_t by) {
  return ZY_OP2(PADD, node, ZY_OP2(MUL, by, zy_lower_int(l, sizeof(ZyNode))));
}

/* The node at the main position of the key's hash. */
static uint32_t main_node(ZyLower *l, uint32_t t, uint32_t key) {
  uint32_t size = ZY_OP2(SHL, zy_lower_int(l, 1), FIELD(l, LOAD8, t, ZyTable, lsizenode));
  uint32_t mask = ZY_OP2(SUB, size, zy_lower_int(l, 1));
  uint32_t at = ZY_OP2(AND, FIXED(l, LOAD32, key, ZyString, hash), mask);
  return node_at(l, FIELD(l, LOADP, t, ZyTable, node), at);
}

/* Nodes are chained from there by distances; 0 ends a chain. */
static void short_field(ZyLower *l, ZyRef r, uint32_t t, uint32_t key) {
  uint32_t node = main_node(l, t, key), next;
  uint32_t first = zy_lower_label(l), chain = zy_lower_label(l), loop = zy_lower_label(l), found = zy_lower_label(l);
  uint32_t hit = zy_lower_label(l), again = zy_lower_label(l);
  zy_lower_branch(l, has_key(l, node, key), first, chain, ZY_HINT_LIKELY);
  zy_lower_place(l, first);
  zy_lower_jump(l, found, &node, 1);
  zy_lower_place(l, chain);
  zy_lower_jump(l, loop, &node, 1);
  zy_lower_place(l, loop);
  node = zy_lower_param(l, ZY_LIR_P);
  next = FIELD(l, LOAD32, node, ZyNode, u.next);
  next = ZY_OP2(SAR, ZY_OP2(SHL, next, zy_lower_int(l, 32)), zy_lower_int(l, 32));
  zy_lower_guard(l, r, ZY_OP2(NE, next, zy_lower_int(l, 0)));
  node = node_at(l, node, next);
  zy_lower_branch(l, has_key(l, node, key), hit, again, ZY_HINT_NONE);
  zy_lower_place(l, hit);
  zy_lower_jump(l, found, &node, 1);
  zy_lower_place(l, again);
  zy_lower_jump(l, loop, &node, 1);
  zy_lower_place(l, found);
  set_address(l, r, zy_lower_param(l, ZY_LIR_P), 0);
}

/* Goes to 'label' unless the key is in the node of table 't' where it was seen; a table with as many nodes has that one.
** Gives the nodes, from which the node is 'at' bytes away. What is loaded of a table for one field serves the next ones. */
static uint32_t in_place(ZyLower *l, uint32_t t, uint32_t key, int place, int32_t *at, uint32_t label) {
  uint32_t size = FIELD(l, LOAD8, t, ZyTable, lsizenode), nodes, is, tag;
  *at = ZY_PLACE_INDEX(place) * (int32_t)sizeof(ZyNode);
  zy_lower_unless(l, ZY_OP2(EQ, size, zy_lower_int(l, ZY_PLACE_SIZE(place))), label);
  nodes = FIELD(l, LOADP, t, ZyTable, node);
  is = zy_lower_load(l, ZY_LIR_LOADP, nodes, *at + (int64_t)offsetof(ZyNode, u.key), ZY_ALIAS_SHAPE);
  tag = zy_lower_load(l, ZY_LIR_LOAD8, nodes, *at + (int64_t)offsetof(ZyNode, u.key_tt), ZY_ALIAS_SHAPE);
  zy_lower_unless(l, ZY_OP2(BAND, ZY_OP2(EQ, is, key), ZY_OP2(EQ, tag, zy_lower_int(l, ZY_TAG_STR))), label);
  return nodes;
}

/* A bit: the tag at this address is that of a nil. */
static uint32_t is_empty(ZyLower *l, uint32_t at, int64_t offset) {
  uint32_t tag = zy_lower_load(l, ZY_LIR_LOAD8, at, offset + ZY_TAG_AT, ZY_ALIAS_VALUES);
  return ZY_OP2(EQ, ZY_OP2(AND, tag, zy_lower_int(l, ZY_KIND_TYPE_BITS)), zy_lower_int(l, 0));
}

/* As luaH_getn, as long as alimit is right: it has an element, and behind it is a nil, or the end of an array without a
** hash part. The helper does the rest, and makes it right. That it reads values, too, is not in its hint: a load of values is
** on each way to it, but where there is no array, and elements in the hash part are only written by other helpers. */
static void length(ZyLower *l, ZyRef r) {
  uint32_t t = table(l, l->h->nodes.v[r].ops[0]), limit = alimit(l, t), zero = zy_lower_int(l, 0), end, n;
  uint32_t slow = zy_lower_label(l), hinted = zy_lower_label(l), whole = zy_lower_label(l), done = zy_lower_label(l);
  zy_lower_unless(l, ZY_OP2(NE, limit, zero), slow);
  end = ZY_OP2(PADD, FIELD(l, LOADP, t, ZyTable, array), ZY_OP2(SHL, limit, zy_lower_int(l, 4)));
  zy_lower_if(l, is_empty(l, end, -(int64_t)sizeof(ZyValue)), slow);
  zy_lower_branch(l, ZY_OP2(NE, hinted_bit(l, t), zero), hinted, whole, ZY_HINT_NONE);
  zy_lower_place(l, hinted);                     /* a power of two may be the size all the same */
  n = ZY_OP2(AND, limit, ZY_OP2(SUB, limit, zy_lower_int(l, 1)));
  zy_lower_unless(l, ZY_OP2(NE, n, zero), slow);
  zy_lower_unless(l, is_empty(l, end, 0), slow);
  zy_lower_jump(l, done, &limit, 1);
  zy_lower_place(l, whole);
  zy_lower_unless(l, ZY_OP2(EQ, FIELD(l, LOADP, t, ZyTable, lastfree), ZY_OP1(NULLP, 0)), slow);
  zy_lower_jump(l, done, &limit, 1);
  zy_lower_place(l, slow);
  n = ZY_HINTED_CALL(ZY_CALL_LIMITS, LENGTH, I, l->L, l->ci, t);
  zy_lower_jump(l, done, &n, 1);
  zy_lower_place(l, done);
  zy_lower_set(l, r, zy_lower_param(l, ZY_LIR_I));
}

static int is_short_string(const ZyHir *h, int64_t k) {
  const ZyConst *c = zy_hir_constant(h, k);
  return c != NULL && c->tag == ZY_TAG_STR;
}

/* A field that has mostly been in one place, or at its key's main position. */
static void placed_field(ZyLower *l, ZyRef r, uint32_t t, uint32_t key) {
  int place = ZY_K_PLACE(l->h->nodes.v[r].imm);
  int32_t at;
  uint32_t elsewhere = zy_lower_label(l), found = zy_lower_label(l), slot;
  if (place == ZY_PLACE_MAIN) {
    slot = main_node(l, t, key);
    zy_lower_unless(l, has_key(l, slot, key), elsewhere);
  }
  else {
    slot = in_place(l, t, key, place, &at, elsewhere);
    slot = ZY_OP2(PADD, slot, zy_lower_int(l, at));
  }
  zy_lower_jump(l, found, &slot, 1);
  zy_lower_place(l, elsewhere);
  slot = ZY_READ_CALL(FIELD_SLOT, P, t, key);
  zy_lower_guard(l, r, ZY_OP2(NE, slot, ZY_OP1(NULLP, 0)));
  zy_lower_jump(l, found, &slot, 1);
  zy_lower_place(l, found);
  set_address(l, r, zy_lower_param(l, ZY_LIR_P), 0);
}

static void field_slot(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t t = table(l, n->ops[0]), key = constant(l, n->imm), slot;
  _Static_assert(offsetof(ZyNode, u.v) == 0 && offsetof(ZyNode, u.tt) == offsetof(ZyValue, tt),
                 "a node starts as a value");
  if (is_short_string(l->h, n->imm)) {
    if (ZY_K_PLACE(n->imm) == 0) short_field(l, r, t, key);
    else placed_field(l, r, t, key);
    return;
  }
  slot = ZY_CALL(FIELD_SLOT, P, t, key);
  zy_lower_guard(l, r, ZY_OP2(NE, slot, ZY_OP1(NULLP, 0)));
  set_address(l, r, slot, 0);
}

/* Goes to 'label' unless the chain of the key's main position is one node with another key. */
static void not_in(ZyLower *l, uint32_t t, uint32_t key, uint32_t label) {
  uint32_t node = main_node(l, t, key);
  zy_lower_unless(l, ZY_OP2(EQ, FIELD(l, LOAD32, node, ZyNode, u.next), zy_lower_int(l, 0)), label);
  zy_lower_if(l, has_key(l, node, key), label);
}

/* The table in "__index" of the metatable, where that is in its place. */
static uint32_t class_of(ZyLower *l, uint32_t t, int place, uint32_t label) {
  uint32_t meta = FIELD(l, LOADP, t, ZyTable, metatable), G, nodes, tag;
  int32_t at;
  zy_lower_unless(l, ZY_OP2(NE, meta, ZY_OP1(NULLP, 0)), label);
  G = zy_lower_fixed(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, G), ZY_ALIAS_FRAME);
  nodes = in_place(l, meta, zy_lower_fixed(l, ZY_LIR_LOADP, G, offsetof(ZyGlobal, tmname), ZY_ALIAS_CODE), place, &at, label);
  tag = zy_lower_load(l, ZY_LIR_LOAD8, nodes, at + ZY_TAG_AT, ZY_ALIAS_VALUES);
  zy_lower_unless(l, ZY_OP2(EQ, tag, zy_lower_int(l, ZY_TAG_TABLE)), label);
  return zy_lower_load(l, ZY_LIR_LOADP, nodes, at, ZY_ALIAS_VALUES);
}

/* The value where it was seen, if it is there: goes to 'found' with its address. Else goes on. */
static void find_in_place(ZyLower *l, ZyRef r, uint32_t key, uint32_t found) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t elsewhere = zy_lower_label(l), t, tag, value;
  int32_t at;
  zy_lower_unless(l, zy_lower_is(l, n->ops[0], ZY_TYPE_table), elsewhere);
  t = table(l, n->ops[0]);
  if (ZY_K_EVENT_PLACE(n->imm) != 0) {
    not_in(l, t, key, elsewhere);
    t = class_of(l, t, ZY_K_EVENT_PLACE(n->imm), elsewhere);
  }
  value = in_place(l, t, key, ZY_K_PLACE(n->imm), &at, elsewhere);
  tag = zy_lower_load(l, ZY_LIR_LOAD8, value, at + ZY_TAG_AT, ZY_ALIAS_VALUES);
  tag = ZY_OP2(AND, tag, zy_lower_int(l, ZY_KIND_TYPE_BITS));
  zy_lower_unless(l, ZY_OP2(NE, tag, zy_lower_int(l, 0)), elsewhere);
  value = ZY_OP2(PADD, value, zy_lower_int(l, at));
  zy_lower_jump(l, found, &value, 1);
  zy_lower_place(l, elsewhere);
}

static void field_find(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t key = constant(l, n->imm), found = zy_lower_label(l), value;
  if (ZY_K_PLACE(n->imm) != 0 && is_short_string(l->h, n->imm) && (zy_lower_static(l, n->ops[0]) & ZY_TYPE_table))
    find_in_place(l, r, key, found);
  value = ZY_CALL(FIELD_FIND, P, l->L, zy_lower_bits(l, n->ops[0]), zy_lower_tag(l, n->ops[0]), key);
  zy_lower_guard(l, r, ZY_OP2(NE, value, ZY_OP1(NULLP, 0)));
  zy_lower_jump(l, found, &value, 1);
  zy_lower_place(l, found);
  zy_lower_load_value(l, r, zy_lower_param(l, ZY_LIR_P), 0, ZY_ALIAS_VALUES, 0);
}

static void set_meta(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t failed = ZY_CALL(SET_META, I, l->L, table(l, n->ops[0]), table(l, n->ops[1]));
  failed = ZY_OP2(AND, failed, zy_lower_int(l, 0xffffffff));
  zy_lower_guard(l, r, ZY_OP2(EQ, failed, zy_lower_int(l, 0)));
}

static void field_put(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t failed = ZY_CALL(FIELD_PUT, I, l->L, table(l, n->ops[0]), constant(l, n->imm), zy_lower_bits(l, n->ops[1]),
                            zy_lower_tag(l, n->ops[1]));
  failed = ZY_OP2(AND, failed, zy_lower_int(l, 0xffffffff));
  zy_lower_set(l, r, ZY_OP2(EQ, failed, zy_lower_int(l, 0)));
}

static void load_val(ZyLower *l, ZyRef r) {
  const ZyLowerValue at = l->values[l->h->nodes.v[r].ops[0]];
  zy_lower_load_value(l, r, at.payload, at.offset, ZY_ALIAS_VALUES, 1);
}

static void store_val(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  const ZyLowerValue at = l->values[n->ops[0]];
  zy_lower_store_value(l, at.payload, at.offset, n->ops[1], ZY_ALIAS_VALUES);
}

/* A bit: the object at 'o' has one of these marks. */
static uint32_t is_marked(ZyLower *l, uint32_t o, int marks) {
  uint32_t marked = zy_lower_load(l, ZY_LIR_LOAD8, o, offsetof(ZyObject, marked), ZY_ALIAS_MARKS);
  return ZY_OP2(NE, ZY_OP2(AND, marked, zy_lower_int(l, marks)), zy_lower_int(l, 0));
}

/* Goes on where 'holder' is black and the value 'r' white, else to 'label'. */
static void if_barrier(ZyLower *l, uint32_t holder, ZyRef r, uint32_t label) {
  uint32_t black = zy_lower_label(l), object = zy_lower_label(l), white = zy_lower_label(l);
  zy_lower_branch(l, is_marked(l, holder, ZY_BLACK_BIT), black, label, ZY_HINT_UNLIKELY);
  zy_lower_place(l, black);
  zy_lower_branch(l, zy_lower_is(l, r, ZY_TYPE_GC), object, label, ZY_HINT_NONE);
  zy_lower_place(l, object);
  zy_lower_branch(l, is_marked(l, zy_lower_payload(l, r, ZY_LIR_P), ZY_WHITE_BITS), white, label, ZY_HINT_NONE);
  zy_lower_place(l, white);
}

static void barrier(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t done, t;
  if (!(zy_lower_static(l, n->ops[1]) & ZY_TYPE_GC)) return;
  done = zy_lower_label(l);
  t = table(l, n->ops[0]);
  if_barrier(l, t, n->ops[1], done);
  ZY_HINTED_CALL(ZY_CALL_MARKS, BARRIER, V, l->L, t);
  zy_lower_place(l, done);
}

static uint32_t upvalue(ZyLower *l, uint32_t closure, int64_t i) {
  return zy_lower_load(l, ZY_LIR_LOADP, closure, (int64_t)offsetof(ZyLuaClosure, upvals) + i * 8, ZY_ALIAS_SHAPE);
}

static void upval_get(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t closure = n->op == ZY_HIR_UPVAL_GET ? l->closure : zy_lower_payload(l, n->ops[0], ZY_LIR_P);
  uint32_t at = FIELD(l, LOADP, upvalue(l, closure, n->imm), ZyUpVal, v);
  zy_lower_load_value(l, r, at, 0, ZY_ALIAS_UPVALS, 1);
}

static void upval_set(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t closure = n->op == ZY_HIR_UPVAL_SET ? l->closure : zy_lower_payload(l, n->ops[1], ZY_LIR_P);
  uint32_t upval = upvalue(l, closure, n->imm), done;
  int framed;
  zy_lower_store_value(l, FIELD(l, LOADP, upval, ZyUpVal, v), 0, n->ops[0], ZY_ALIAS_UPVALS);
  if (!(zy_lower_static(l, n->ops[0]) & ZY_TYPE_GC)) return;
  done = zy_lower_label(l);
  if_barrier(l, upval, n->ops[0], done);
  framed = l->framed;
  zy_lower_complete_frames(l);
  l->framed = framed;
  ZY_CALL(UPVAL_SET, V, l->L, l->ci, closure, zy_lower_int(l, n->imm), zy_lower_bits(l, n->ops[0]),
          zy_lower_tag(l, n->ops[0]));
  zy_lower_place(l, done);
}

static void string_length(ZyLower *l, ZyRef r) {
  ZyRef s = l->h->nodes.v[r].ops[0];
  ZyType type = zy_lower_static(l, s);
  uint32_t at = zy_lower_payload(l, s, ZY_LIR_P), is_short, of_short, of_long;
  of_short = FIXED(l, LOAD8, at, ZyString, shrlen);
  of_long = FIELD(l, LOAD, at, ZyString, u.lnglen);
  is_short = zy_lower_is(l, s, ZY_TYPE_str);
  if (type == ZY_TYPE_str) zy_lower_set(l, r, of_short);
  else if (type == ZY_TYPE_lstr) zy_lower_set(l, r, of_long);
  else zy_lower_set(l, r, zy_lower_select(l, ZY_LIR_I, is_short, of_short, of_long));
}

static void string_byte(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t at = ZY_OP2(PADD, zy_lower_payload(l, n->ops[0], ZY_LIR_P), zy_lower_bits(l, n->ops[1]));
  zy_lower_set(l, r, zy_lower_load(l, ZY_LIR_LOAD8, at, (int64_t)offsetof(ZyString, contents) - 1, ZY_ALIAS_SHAPE));
}

static void load_reg(ZyLower *l, ZyRef r) {
  int64_t reg = l->h->nodes.v[r].imm;
  if (zy_lower_load_argument(l, r) || zy_lower_load_result(l, r)) return;
  zy_lower_load_value(l, r, zy_lower_base(l), ZY_REG(reg), ZY_ALIAS_REGS, 0);
  zy_lower_remember(l, reg, r);
}

static void store_reg(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  zy_lower_store_value(l, zy_lower_base(l), ZY_REG(n->imm), n->ops[0], ZY_ALIAS_REGS);
  zy_lower_forget(l, (int)n->imm, (int)n->imm);
}

void zy_lower_table_node(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  switch (n->op) {
    case ZY_HIR_KCONST: zy_lower_set(l, r, constant(l, n->imm)); break;
    case ZY_HIR_LOAD_REG: load_reg(l, r); break;
    case ZY_HIR_STORE_REG: store_reg(l, r); break;
    case ZY_HIR_GUARD_NOMETA:
      zy_lower_guard(l, r, ZY_OP2(EQ, FIELD(l, LOADP, table(l, n->ops[0]), ZyTable, metatable), ZY_OP1(NULLP, 0)));
      break;
    case ZY_HIR_ARRAY_LIMIT: zy_lower_set(l, r, array_limit(l, table(l, n->ops[0]))); break;
    case ZY_HIR_ARRAY_BASE: zy_lower_set(l, r, FIELD(l, LOADP, table(l, n->ops[0]), ZyTable, array)); break;
    case ZY_HIR_ELEM: element(l, r); break;
    case ZY_HIR_ELEM_SLOT:
      set_address(l, r, ZY_READ_CALL(ELEM_SLOT, P, table(l, n->ops[0]), zy_lower_bits(l, n->ops[1])), 0);
      break;
    case ZY_HIR_LEN_TABLE: length(l, r); break;
    case ZY_HIR_STR_BYTE: string_byte(l, r); break;
    case ZY_HIR_FIELD_SLOT: field_slot(l, r); break;
    case ZY_HIR_FIELD_FIND: field_find(l, r); break;
    case ZY_HIR_SET_META: set_meta(l, r); break;
    case ZY_HIR_FIELD_PUT: field_put(l, r); break;
    case ZY_HIR_LOAD_VAL: load_val(l, r); break;
    case ZY_HIR_STORE_VAL: store_val(l, r); break;
    case ZY_HIR_BARRIER: barrier(l, r); break;
    case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: upval_get(l, r); break;
    case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF: upval_set(l, r); break;
    case ZY_HIR_LEN_STR: string_length(l, r); break;
  }
}
