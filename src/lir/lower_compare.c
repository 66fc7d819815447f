/*
** lower_compare.c - comparisons, conditions, guards of values.
** SPDX-License-Identifier: MIT
**
** What integers, floats, or identity decide is decided in place; contents of strings, numbers of different kinds and
** metamethods are a helper's. Runs on a worker.
*/
#include "lir/lower_internal.h"

enum { SILENT = ZY_TYPE_nil | ZY_TYPE_BOOL, TRUE_VALUES = ZY_TYPE_ANY & ~(ZY_TYPE_nil | ZY_TYPE_false),
       /* equal when they are the same object: no contents, no metamethods, no conversions */
       IDENTITY = ZY_TYPE_str | ZY_TYPE_luafn | ZY_TYPE_cfn | ZY_TYPE_cclosure | ZY_TYPE_light | ZY_TYPE_thread };

static uint32_t ints(ZyLower *l, const ZyHirNode *n, ZyLirOp op) {
  return zy_lower_op(l, op, zy_lower_bits(l, n->ops[0]), zy_lower_bits(l, n->ops[1]));
}

static uint32_t nums(ZyLower *l, const ZyHirNode *n, ZyLirOp op) {
  return zy_lower_op(l, op, zy_lower_payload(l, n->ops[0], ZY_LIR_F), zy_lower_payload(l, n->ops[1], ZY_LIR_F));
}

static uint32_t same_tag(ZyLower *l, ZyRef a, ZyRef b) { return ZY_OP2(EQ, zy_lower_tag(l, a), zy_lower_tag(l, b)); }

static uint32_t same(ZyLower *l, ZyRef a, ZyRef b) {
  ZyType both = zy_lower_static(l, a) & zy_lower_static(l, b);
  uint32_t tags, bits;
  if (both == 0) return zy_lower_bit(l, 0);
  tags = same_tag(l, a, b);
  if ((both & ~(ZyType)SILENT) == 0) return tags;
  bits = ZY_OP2(EQ, zy_lower_bits(l, a), zy_lower_bits(l, b));
  if (both & SILENT) bits = ZY_OP2(BOR, bits, zy_lower_is(l, a, SILENT));
  return ZY_OP2(BAND, tags, bits);
}

/* A helper's answer: 0, 1, or 2 for the interpreter. */
static uint32_t decided(ZyLower *l, ZyRef r, uint32_t answer) {
  answer = ZY_OP2(AND, answer, zy_lower_int(l, 0xffffffff));
  zy_lower_guard(l, r, ZY_OP2(NE, answer, zy_lower_int(l, 2)));
  return ZY_OP2(NE, answer, zy_lower_int(l, 0));
}

static uint32_t ask(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyRef a = n->ops[0], b = n->ops[1];
  uint32_t p = zy_lower_bits(l, a), s = zy_lower_tag(l, a), q = zy_lower_bits(l, b), t = zy_lower_tag(l, b);
  if (n->op == ZY_HIR_EQ) return decided(l, r, ZY_READ_CALL(EQUAL, I, p, s, q, t));
  return decided(l, r, ZY_READ_CALL(LESS, I, p, s, q, t, zy_lower_int(l, n->op == ZY_HIR_LE)));
}

static ZyLirOp compare_op(ZyHirOp op, int floats) {
  if (op == ZY_HIR_EQ) return floats ? ZY_LIR_FEQ : ZY_LIR_EQ;
  if (op == ZY_HIR_LT) return floats ? ZY_LIR_FLT : ZY_LIR_LT;
  return floats ? ZY_LIR_FLE : ZY_LIR_LE;
}

/* When both are of 'type': goes to 'join' with the result; else goes on. */
static void try(ZyLower *l, ZyRef r, ZyType type, uint32_t join) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyRef a = n->ops[0], b = n->ops[1];
  uint32_t yes = zy_lower_label(l), no = zy_lower_label(l), both, result;
  if (!(zy_lower_static(l, a) & zy_lower_static(l, b) & type)) return;
  both = zy_lower_is(l, a, type);
  if (a != b) both = ZY_OP2(BAND, both, zy_lower_is(l, b, type));
  zy_lower_branch(l, both, yes, no, ZY_HINT_NONE);
  zy_lower_place(l, yes);
  result = type == ZY_TYPE_int ? ints(l, n, compare_op((ZyHirOp)n->op, 0)) : nums(l, n, compare_op((ZyHirOp)n->op, 1));
  zy_lower_jump(l, join, &result, 1);
  zy_lower_place(l, no);
}

/* When 'i' is an integer that is a float exactly and 'x' a float: compares floats and goes to 'join'; else goes on. For
** numbers only: others rarely get here. */
static void try_mixed(ZyLower *l, ZyRef r, ZyRef i, ZyRef x, uint32_t join) {
  const int64_t most = (int64_t)1 << 53;
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyType s = zy_lower_static(l, i), t = zy_lower_static(l, x);
  uint32_t yes = zy_lower_label(l), no = zy_lower_label(l), is, from_0, f, g, result;
  if (!(s & ZY_TYPE_int) || !(t & ZY_TYPE_num) || ((s | t) & ~(ZyType)ZY_TYPE_NUMBER) != 0) return;
  is = ZY_OP2(BAND, zy_lower_is(l, i, ZY_TYPE_int), zy_lower_is(l, x, ZY_TYPE_num));
  from_0 = ZY_OP2(ADD, zy_lower_bits(l, i), zy_lower_int(l, most));
  is = ZY_OP2(BAND, is, ZY_OP2(LTU, from_0, zy_lower_int(l, 2 * most)));
  zy_lower_branch(l, is, yes, no, ZY_HINT_LIKELY);
  zy_lower_place(l, yes);
  f = ZY_OP1(I2F, zy_lower_bits(l, i));
  g = zy_lower_payload(l, x, ZY_LIR_F);
  result = zy_lower_op(l, compare_op((ZyHirOp)n->op, 1), i == n->ops[0] ? f : g, i == n->ops[0] ? g : f);
  zy_lower_jump(l, join, &result, 1);
  zy_lower_place(l, no);
}

/* When both are the same object: goes to 'join'; else goes on. Neither is a number, or they are not equal. */
static void try_identity(ZyLower *l, ZyRef r, uint32_t join) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyType objects = ZY_TYPE_table | ZY_TYPE_udata | ZY_TYPE_lstr;
  uint32_t yes = zy_lower_label(l), no = zy_lower_label(l), result;
  if (n->op != ZY_HIR_EQ || !(zy_lower_static(l, n->ops[0]) & zy_lower_static(l, n->ops[1]) & objects)) return;
  zy_lower_branch(l, same(l, n->ops[0], n->ops[1]), yes, no, ZY_HINT_NONE);
  zy_lower_place(l, yes);
  result = zy_lower_bit(l, 1);
  zy_lower_jump(l, join, &result, 1);
  zy_lower_place(l, no);
}

/* No value of one type is equal to one of the other. */
static int always_differ(ZyType s, ZyType t) {
  return (s & t) == 0 && !((s & ZY_TYPE_NUMBER) && (t & ZY_TYPE_NUMBER));
}

/* Comparing values of any types. */
static void compare(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyRef a = n->ops[0], b = n->ops[1];
  ZyType s = zy_lower_static(l, a), t = zy_lower_static(l, b);
  uint32_t join, result;
  if (s == ZY_TYPE_int && t == ZY_TYPE_int) result = ints(l, n, compare_op((ZyHirOp)n->op, 0));
  else if (s == ZY_TYPE_num && t == ZY_TYPE_num) result = nums(l, n, compare_op((ZyHirOp)n->op, 1));
  else if (n->op == ZY_HIR_EQ && ((s & ~(ZyType)(SILENT | IDENTITY)) == 0 || (t & ~(ZyType)(SILENT | IDENTITY)) == 0
                                  || always_differ(s, t)))
    result = same(l, a, b);
  else {
    join = zy_lower_label(l);
    try(l, r, ZY_TYPE_int, join);
    try(l, r, ZY_TYPE_num, join);
    try_mixed(l, r, a, b, join);
    try_mixed(l, r, b, a, join);
    try_identity(l, r, join);
    result = ask(l, r);
    zy_lower_jump(l, join, &result, 1);
    zy_lower_place(l, join);
    result = zy_lower_param(l, ZY_LIR_B);
  }
  zy_lower_set(l, r, result);
}

static void boolean(ZyLower *l, ZyRef r) {
  uint32_t bit = ZY_OP1(B2I, zy_lower_payload(l, l->h->nodes.v[r].ops[0], ZY_LIR_B));
  _Static_assert(ZY_TAG_TRUE == ZY_TAG_FALSE + (1 << 4), "tags of booleans differ in a bit");
  zy_lower_set_tagged(l, r, ZY_LIR_I, ZY_LOWER_NONE,
                      ZY_OP2(ADD, ZY_OP2(SHL, bit, zy_lower_int(l, 4)), zy_lower_int(l, ZY_TAG_FALSE)));
}

/* The function is an instance of callee 'callee' of the code. */
static uint32_t is_proto(ZyLower *l, ZyRef f, int64_t callee) {
  uint32_t protos = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, callee_proto), ZY_ALIAS_CODE);
  uint32_t wanted = zy_lower_fixed(l, ZY_LIR_LOADP, protos, callee * (int64_t)sizeof(ZyProto *), ZY_ALIAS_CODE);
  uint32_t closure = zy_lower_payload(l, f, ZY_LIR_P);
  return ZY_OP2(EQ, zy_lower_fixed(l, ZY_LIR_LOADP, closure, offsetof(ZyLuaClosure, p), ZY_ALIAS_SHAPE), wanted);
}

static uint32_t library(ZyLower *l, int64_t which) {
  int64_t at = (int64_t)offsetof(ZyContext, lib) + which * (int64_t)sizeof(void *);
  return zy_lower_fixed(l, ZY_LIR_LOADP, l->cx, at, ZY_ALIAS_CODE);
}

static void guard_lib(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t wanted = library(l, n->imm);
  uint32_t is = zy_lower_is(l, n->ops[0], ZY_TYPE_cfn);
  _Static_assert(sizeof(void *) == 8, "pointers are payloads");
  zy_lower_guard(l, r, ZY_OP2(BAND, is, ZY_OP2(EQ, zy_lower_payload(l, n->ops[0], ZY_LIR_P), wanted)));
}

/* Tracebacks tell frames of tail calls. */
static void tail_self(ZyLower *l, ZyRef r) {
  uint32_t own = zy_lower_payload(l, l->h->nodes.v[r].ops[0], ZY_LIR_P), status;
  zy_lower_guard(l, r, ZY_OP2(EQ, own, l->closure));
  status = zy_lower_load(l, ZY_LIR_LOAD16, l->ci, offsetof(ZyCallInfo, callstatus), ZY_ALIAS_FRAME);
  zy_lower_store(l, ZY_LIR_STORE16, l->ci, offsetof(ZyCallInfo, callstatus),
                 ZY_OP2(OR, status, zy_lower_int(l, ZY_CIST_TAIL)), ZY_ALIAS_FRAME);
}

void zy_lower_compare_node(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  switch (n->op) {
    case ZY_HIR_EQ_INT: zy_lower_set(l, r, ints(l, n, ZY_LIR_EQ)); break;
    case ZY_HIR_LT_INT: zy_lower_set(l, r, ints(l, n, ZY_LIR_LT)); break;
    case ZY_HIR_LE_INT: zy_lower_set(l, r, ints(l, n, ZY_LIR_LE)); break;
    case ZY_HIR_LTU_INT: zy_lower_set(l, r, ints(l, n, ZY_LIR_LTU)); break;
    case ZY_HIR_EQ_NUM: zy_lower_set(l, r, nums(l, n, ZY_LIR_FEQ)); break;
    case ZY_HIR_LT_NUM: zy_lower_set(l, r, nums(l, n, ZY_LIR_FLT)); break;
    case ZY_HIR_LE_NUM: zy_lower_set(l, r, nums(l, n, ZY_LIR_FLE)); break;
    case ZY_HIR_SAME: zy_lower_set(l, r, same(l, n->ops[0], n->ops[1])); break;
    case ZY_HIR_EQ: case ZY_HIR_LT: case ZY_HIR_LE: compare(l, r); break;
    case ZY_HIR_TRUTHY: zy_lower_set(l, r, zy_lower_is(l, n->ops[0], TRUE_VALUES)); break;
    case ZY_HIR_IS_TYPE: zy_lower_set(l, r, zy_lower_is(l, n->ops[0], (ZyType)n->imm)); break;
    case ZY_HIR_BOOL: boolean(l, r); break;
    case ZY_HIR_NOT_COND: zy_lower_set(l, r, ZY_OP1(NOT, zy_lower_payload(l, n->ops[0], ZY_LIR_B))); break;
    case ZY_HIR_GUARD_TYPE: zy_lower_guard_type(l, r); break;
    case ZY_HIR_GUARD: zy_lower_guard(l, r, zy_lower_payload(l, n->ops[0], ZY_LIR_B)); break;
    case ZY_HIR_GUARD_PROTO: zy_lower_guard(l, r, is_proto(l, n->ops[0], n->imm)); break;
    case ZY_HIR_LIB: zy_lower_set(l, r, library(l, l->h->nodes.v[r].imm)); break;
    case ZY_HIR_GUARD_LIB: guard_lib(l, r); break;
    case ZY_HIR_TAIL_SELF: tail_self(l, r); break;
  }
}
