/*
** lower_num.c - arithmetic.
** SPDX-License-Identifier: MIT
**
** The rules are those of hir/eval.c. Where a machine's instruction has cases it must not meet (division by 0 and -1,
** shifts by 64 and more, floats that no integer equals), the operand is replaced by one that is harmless and the
** result chosen afterwards: without branches, and safe should a pass have moved the operation in front of its guard.
** Runs on a worker.
*/
#include "lir/lower_internal.h"

static const double two63 = 9223372036854775808.0;

static uint32_t operand_int(ZyLower *l, const ZyHirNode *n, int i) { return zy_lower_payload(l, n->ops[i], ZY_LIR_I); }
static uint32_t operand_num(ZyLower *l, const ZyHirNode *n, int i) { return zy_lower_payload(l, n->ops[i], ZY_LIR_F); }

/* The constant that 'v' is. */
static int is_constant(const ZyLower *l, uint32_t v, int64_t *i) {
  if (l->lir->insts.v[v].op != ZY_LIR_ICONST) return 0;
  *i = l->lir->insts.v[v].imm;
  return 1;
}

static int is_power_of_two(int64_t i) { return i > 0 && (i & (i - 1)) == 0; }


/* ---- integers ------------------------------------------------------------- */

/* A bit: the remainder 'r' has not the sign of the divisor, so that C's quotient was rounded the other way. */
static uint32_t rounded_up(ZyLower *l, uint32_t r, uint32_t divisor) {
  uint32_t zero = zy_lower_int(l, 0);
  return ZY_OP2(BAND, ZY_OP2(NE, r, zero), ZY_OP2(LT, ZY_OP2(XOR, r, divisor), zero));
}

/* 'b' in place of which 1 stands when it is 0 or -1, which '*special' tells (NONE: it is neither). */
static uint32_t harmless_divisor(ZyLower *l, uint32_t b, uint32_t *special) {
  int64_t i;
  *special = ZY_LOWER_NONE;
  if (is_constant(l, b, &i) && i != 0 && i != -1) return b;
  *special = ZY_OP2(LTU, ZY_OP2(ADD, b, zy_lower_int(l, 1)), zy_lower_int(l, 2));
  return zy_lower_select(l, ZY_LIR_I, *special, zy_lower_int(l, 1), b);
}

static uint32_t idiv(ZyLower *l, uint32_t a, uint32_t b) {
  uint32_t d, q, r, special;
  int64_t i;
  if (is_constant(l, b, &i) && is_power_of_two(i)) return ZY_OP2(SAR, a, zy_lower_int(l, __builtin_ctzll((uint64_t)i)));
  d = harmless_divisor(l, b, &special);
  q = ZY_OP2(SDIV, a, d);
  r = ZY_OP2(SUB, a, ZY_OP2(MUL, q, d));
  q = ZY_OP2(SUB, q, ZY_OP1(B2I, rounded_up(l, r, d)));
  return special == ZY_LOWER_NONE ? q : zy_lower_select(l, ZY_LIR_I, special, ZY_OP2(SUB, zy_lower_int(l, 0), a), q);
}

static uint32_t mod(ZyLower *l, uint32_t a, uint32_t b) {
  uint32_t d, r, special;
  int64_t i;
  if (is_constant(l, b, &i) && is_power_of_two(i)) return ZY_OP2(AND, a, zy_lower_int(l, i - 1));
  d = harmless_divisor(l, b, &special);          /* what is left over by 1 is left over by -1 */
  r = ZY_OP2(SREM, a, d);
  return ZY_OP2(ADD, r, zy_lower_select(l, ZY_LIR_I, rounded_up(l, r, d), d, zy_lower_int(l, 0)));
}

/* 'a' shifted by 'b' by operation 'there', by -b by operation 'back'. */
static uint32_t shift(ZyLower *l, ZyLirOp there, ZyLirOp back, uint32_t a, uint32_t b) {
  uint32_t mask = zy_lower_int(l, 63), width = zy_lower_int(l, 64), minus_b, forth, other;
  int64_t i;
  if (is_constant(l, b, &i)) {
    if (i <= -64 || i >= 64) return zy_lower_int(l, 0);
    return i >= 0 ? zy_lower_op(l, there, a, b) : zy_lower_op(l, back, a, zy_lower_int(l, -i));
  }
  minus_b = ZY_OP2(SUB, zy_lower_int(l, 0), b);
  forth = zy_lower_op(l, there, a, ZY_OP2(AND, b, mask));
  other = zy_lower_op(l, back, a, ZY_OP2(AND, minus_b, mask));
  other = zy_lower_select(l, ZY_LIR_I, ZY_OP2(LTU, minus_b, width), other, zy_lower_int(l, 0));
  return zy_lower_select(l, ZY_LIR_I, ZY_OP2(LTU, b, width), forth, other);
}

/* Operator 'op' on integers; not POW or DIV. b is not 0 where that would be an error. */
static uint32_t arith_int(ZyLower *l, ZyArith op, uint32_t a, uint32_t b) {
  switch (op) {
    case ZY_ARITH_ADD: return ZY_OP2(ADD, a, b);
    case ZY_ARITH_SUB: return ZY_OP2(SUB, a, b);
    case ZY_ARITH_MUL: return ZY_OP2(MUL, a, b);
    case ZY_ARITH_MOD: return mod(l, a, b);
    case ZY_ARITH_IDIV: return idiv(l, a, b);
    case ZY_ARITH_BAND: return ZY_OP2(AND, a, b);
    case ZY_ARITH_BOR: return ZY_OP2(OR, a, b);
    case ZY_ARITH_BXOR: return ZY_OP2(XOR, a, b);
    case ZY_ARITH_SHL: return shift(l, ZY_LIR_SHL, ZY_LIR_SHR, a, b);
    case ZY_ARITH_SHR: return shift(l, ZY_LIR_SHR, ZY_LIR_SHL, a, b);
    case ZY_ARITH_UNM: return ZY_OP2(SUB, zy_lower_int(l, 0), a);
    case ZY_ARITH_BNOT: return ZY_OP2(XOR, a, zy_lower_int(l, -1));
    case ZY_ARITH_POW: case ZY_ARITH_DIV: break;
  }
  zy_arena_fail(l->arena, ZY_STATUS_INVALID);
}


/* ---- floats --------------------------------------------------------------- */

static uint32_t pow_num(ZyLower *l, uint32_t a, uint32_t b) {
  const ZyLirInst *inst = &l->lir->insts.v[b];
  if (inst->op == ZY_LIR_FCONST && inst->num == 2) return ZY_OP2(FMUL, a, a);
  return ZY_PURE_CALL(POW, F, a, b);
}

/* Operator 'op' on floats; not one of bits. */
static uint32_t arith_num(ZyLower *l, ZyArith op, uint32_t a, uint32_t b) {
  switch (op) {
    case ZY_ARITH_ADD: return ZY_OP2(FADD, a, b);
    case ZY_ARITH_SUB: return ZY_OP2(FSUB, a, b);
    case ZY_ARITH_MUL: return ZY_OP2(FMUL, a, b);
    case ZY_ARITH_DIV: return ZY_OP2(FDIV, a, b);
    case ZY_ARITH_IDIV: return ZY_OP1(FFLOOR, ZY_OP2(FDIV, a, b));
    case ZY_ARITH_MOD: return ZY_PURE_CALL(MOD, F, a, b);
    case ZY_ARITH_POW: return pow_num(l, a, b);
    case ZY_ARITH_UNM: return ZY_OP1(FNEG, a);
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      break;
  }
  zy_arena_fail(l->arena, ZY_STATUS_INVALID);
}

static uint32_t math(ZyLower *l, int64_t lib, uint32_t x) {
  switch (lib) {
    case ZY_LIB_MATH_SQRT: return ZY_OP1(FSQRT, x);
    case ZY_LIB_MATH_FLOOR: return ZY_OP1(FFLOOR, x);
    case ZY_LIB_MATH_CEIL: return ZY_OP1(FCEIL, x);
    case ZY_LIB_MATH_ABS: return ZY_OP1(FABS, x);
  }
  return ZY_PURE_CALL(MATH, F, zy_lower_int(l, lib), x);
}

static uint32_t in_range(ZyLower *l, uint32_t x) {
  return ZY_OP2(BAND, ZY_OP2(FLE, zy_lower_num(l, -two63), x), ZY_OP2(FLT, x, zy_lower_num(l, two63)));
}

/* The float as an integer; '*exact': a bit, set when they are equal. */
static uint32_t to_int(ZyLower *l, uint32_t x, uint32_t *exact) {
  uint32_t i = ZY_OP1(F2I, x);
  *exact = ZY_OP2(BAND, in_range(l, x), ZY_OP2(FEQ, ZY_OP1(I2F, i), x));
  return i;
}


/* ---- any numbers ----------------------------------------------------------- */

static int is_only(const ZyLower *l, ZyRef r, ZyType type) { return (zy_lower_static(l, r) & ~type) == 0; }
static int may_be(const ZyLower *l, ZyRef r, ZyType type) { return (zy_lower_static(l, r) & type) != 0; }

/* 'r' as a float; leaves at node 'at' when it is no number. */
static uint32_t number_as_num(ZyLower *l, ZyRef at, ZyRef r) {
  uint32_t as_num, as_int;
  if (!is_only(l, r, ZY_TYPE_NUMBER)) zy_lower_guard(l, at, zy_lower_is(l, r, ZY_TYPE_NUMBER));
  if (!may_be(l, r, ZY_TYPE_int)) return zy_lower_payload(l, r, ZY_LIR_F);
  as_int = ZY_OP1(I2F, zy_lower_bits(l, r));
  if (!may_be(l, r, ZY_TYPE_num)) return as_int;
  as_num = zy_lower_payload(l, r, ZY_LIR_F);
  return zy_lower_select(l, ZY_LIR_F, zy_lower_is(l, r, ZY_TYPE_int), as_int, as_num);
}

/* 'r' as an integer; leaves at node 'at' when it has none. */
static uint32_t number_as_int(ZyLower *l, ZyRef at, ZyRef r) {
  uint32_t i, exact, is_int, is_num, good;
  if (!may_be(l, r, ZY_TYPE_num)) {
    if (!is_only(l, r, ZY_TYPE_int)) zy_lower_guard(l, at, zy_lower_is(l, r, ZY_TYPE_int));
    return zy_lower_bits(l, r);
  }
  is_int = zy_lower_is(l, r, ZY_TYPE_int);
  is_num = zy_lower_is(l, r, ZY_TYPE_num);
  i = to_int(l, zy_lower_payload(l, r, ZY_LIR_F), &exact);
  good = ZY_OP2(BOR, is_int, ZY_OP2(BAND, is_num, exact));
  zy_lower_guard(l, at, good);
  return zy_lower_select(l, ZY_LIR_I, is_int, zy_lower_bits(l, r), i);
}

static uint32_t tag_const(ZyLower *l, int tag) { return zy_lower_int(l, tag); }

/* Both are integers. */
static uint32_t ints(ZyLower *l, ZyRef r, ZyArith op, uint32_t a, uint32_t b) {
  int64_t i;
  if ((op == ZY_ARITH_MOD || op == ZY_ARITH_IDIV) && !(is_constant(l, b, &i) && i != 0))
    zy_lower_guard(l, r, ZY_OP2(NE, b, zy_lower_int(l, 0)));
  return arith_int(l, op, a, b);
}

/* Operators whose result is an integer when both operands are, and else a float. */
static void arith_either(ZyLower *l, ZyRef r, ZyArith op, ZyRef a, ZyRef b) {
  uint32_t both, floats, join, args[2], payload;
  if (is_only(l, a, ZY_TYPE_int) && is_only(l, b, ZY_TYPE_int)) {
    payload = ints(l, r, op, zy_lower_bits(l, a), zy_lower_bits(l, b));
    zy_lower_set_tagged(l, r, ZY_LIR_I, payload, tag_const(l, ZY_TAG_INT));
    return;
  }
  if (!may_be(l, a, ZY_TYPE_int) || !may_be(l, b, ZY_TYPE_int)) {
    payload = number_as_num(l, r, a);
    payload = arith_num(l, op, payload, a == b ? payload : number_as_num(l, r, b));
    zy_lower_set_tagged(l, r, ZY_LIR_F, payload, tag_const(l, ZY_TAG_NUM));
    return;
  }
  floats = zy_lower_label(l);
  join = zy_lower_label(l);
  both = zy_lower_is(l, a, ZY_TYPE_int);
  if (a != b) both = ZY_OP2(BAND, both, zy_lower_is(l, b, ZY_TYPE_int));
  {
    uint32_t integers = zy_lower_label(l), base = l->base;
    zy_lower_branch(l, both, integers, floats, ZY_HINT_NONE);
    zy_lower_place(l, integers);
    l->base = base;
  }
  args[0] = ints(l, r, op, zy_lower_bits(l, a), zy_lower_bits(l, b));
  args[1] = tag_const(l, ZY_TAG_INT);
  zy_lower_jump(l, join, args, 2);
  zy_lower_place(l, floats);
  payload = number_as_num(l, r, a);
  payload = arith_num(l, op, payload, a == b ? payload : number_as_num(l, r, b));
  args[0] = ZY_OP1(F2B, payload);
  args[1] = tag_const(l, ZY_TAG_NUM);
  zy_lower_jump(l, join, args, 2);
  zy_lower_place(l, join);
  payload = zy_lower_param(l, ZY_LIR_I);
  zy_lower_set_tagged(l, r, ZY_LIR_I, payload, zy_lower_param(l, ZY_LIR_I));
}

static void arith(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  ZyArith op = (ZyArith)n->imm;
  ZyRef a = n->ops[0], b = n->ops[1];
  uint32_t x, y;
  switch (op) {
    case ZY_ARITH_POW: case ZY_ARITH_DIV:
      x = number_as_num(l, r, a);
      y = a == b ? x : number_as_num(l, r, b);
      zy_lower_set_tagged(l, r, ZY_LIR_F, arith_num(l, op, x, y), tag_const(l, ZY_TAG_NUM));
      return;
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      x = number_as_int(l, r, a);
      y = a == b ? x : number_as_int(l, r, b);
      zy_lower_set_tagged(l, r, ZY_LIR_I, arith_int(l, op, x, y), tag_const(l, ZY_TAG_INT));
      return;
    case ZY_ARITH_ADD: case ZY_ARITH_SUB: case ZY_ARITH_MUL: case ZY_ARITH_MOD: case ZY_ARITH_IDIV:
    case ZY_ARITH_UNM:
      arith_either(l, r, op, a, b);
      return;
  }
  zy_arena_fail(l->arena, ZY_STATUS_INVALID);
}


/* ---- nodes ------------------------------------------------------------------ */

static void convert(ZyLower *l, ZyRef r, int exactly) {
  uint32_t x = operand_num(l, &l->h->nodes.v[r], 0), i, exact;
  i = to_int(l, x, &exact);
  zy_lower_guard(l, r, exactly ? exact : in_range(l, x));
  zy_lower_set(l, r, i);
}

static void binary_int(ZyLower *l, ZyRef r, ZyArith op) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t a = operand_int(l, n, 0);
  zy_lower_set(l, r, arith_int(l, op, a, n->ops[1] != 0 ? operand_int(l, n, 1) : a));
}

static void binary_num(ZyLower *l, ZyRef r, ZyArith op) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  uint32_t a = operand_num(l, n, 0);
  zy_lower_set(l, r, arith_num(l, op, a, n->ops[1] != 0 ? operand_num(l, n, 1) : a));
}

static void unary_num(ZyLower *l, ZyRef r, ZyLirOp op) {
  zy_lower_set(l, r, zy_lower_op(l, op, operand_num(l, &l->h->nodes.v[r], 0), 0));
}

void zy_lower_num_node(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  switch (n->op) {
    case ZY_HIR_ADD_INT: binary_int(l, r, ZY_ARITH_ADD); break;
    case ZY_HIR_SUB_INT: binary_int(l, r, ZY_ARITH_SUB); break;
    case ZY_HIR_MUL_INT: binary_int(l, r, ZY_ARITH_MUL); break;
    case ZY_HIR_IDIV_INT: binary_int(l, r, ZY_ARITH_IDIV); break;
    case ZY_HIR_MOD_INT: binary_int(l, r, ZY_ARITH_MOD); break;
    case ZY_HIR_NEG_INT: binary_int(l, r, ZY_ARITH_UNM); break;
    case ZY_HIR_AND_INT: binary_int(l, r, ZY_ARITH_BAND); break;
    case ZY_HIR_OR_INT: binary_int(l, r, ZY_ARITH_BOR); break;
    case ZY_HIR_XOR_INT: binary_int(l, r, ZY_ARITH_BXOR); break;
    case ZY_HIR_NOT_INT: binary_int(l, r, ZY_ARITH_BNOT); break;
    case ZY_HIR_SHL_INT: binary_int(l, r, ZY_ARITH_SHL); break;
    case ZY_HIR_SHR_INT: binary_int(l, r, ZY_ARITH_SHR); break;
    case ZY_HIR_ADD_NUM: binary_num(l, r, ZY_ARITH_ADD); break;
    case ZY_HIR_SUB_NUM: binary_num(l, r, ZY_ARITH_SUB); break;
    case ZY_HIR_MUL_NUM: binary_num(l, r, ZY_ARITH_MUL); break;
    case ZY_HIR_DIV_NUM: binary_num(l, r, ZY_ARITH_DIV); break;
    case ZY_HIR_IDIV_NUM: binary_num(l, r, ZY_ARITH_IDIV); break;
    case ZY_HIR_MOD_NUM: binary_num(l, r, ZY_ARITH_MOD); break;
    case ZY_HIR_POW_NUM: binary_num(l, r, ZY_ARITH_POW); break;
    case ZY_HIR_NEG_NUM: binary_num(l, r, ZY_ARITH_UNM); break;
    case ZY_HIR_SQRT_NUM: unary_num(l, r, ZY_LIR_FSQRT); break;
    case ZY_HIR_FLOOR_NUM: unary_num(l, r, ZY_LIR_FFLOOR); break;
    case ZY_HIR_CEIL_NUM: unary_num(l, r, ZY_LIR_FCEIL); break;
    case ZY_HIR_ABS_NUM: unary_num(l, r, ZY_LIR_FABS); break;
    case ZY_HIR_MATH_NUM: zy_lower_set(l, r, math(l, n->imm, operand_num(l, n, 0))); break;
    case ZY_HIR_INT_TO_NUM: zy_lower_set(l, r, ZY_OP1(I2F, operand_int(l, n, 0))); break;
    case ZY_HIR_NUM_TO_INT: convert(l, r, 1); break;
    case ZY_HIR_TRUNC_INT: convert(l, r, 0); break;
    case ZY_HIR_ARITH: arith(l, r); break;
  }
}
