/*
** build_arith.c - operators, comparisons, tests -> HIR.
** SPDX-License-Identifier: MIT
**
** Arithmetic and comparisons stay what Lua defines; 'special' makes machine operations of them where types allow.
** Here operands are guarded to be what feedback saw. The first operand is noted at the instruction, the second one at
** the MMBIN or JMP behind it, which has no feedback of its own.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

/* An operand of a type that the instruction alone does not tell: noted, or guarded to be of 'among' as before. */
static ZyRef operand(ZyBuild *b, ZyRef v, int second, ZyType among) {
  ZyType type = zy_build_type(b, v), seen;
  if (zy_build_is_single(type)) return v;
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD, v, b->pc + second);
  if (zy_build_cell(b) == NULL || zy_build_avoids(b, ZY_AVOID_TYPE)) return v;
  seen = zy_build_worth(b->unit->cells[b->pc + second].type) & among;
  return seen != 0 ? zy_build_guard_type(b, v, seen) : v;
}

static ZyType arith_type(int op, ZyType x, ZyType y) {
  if (op == ZY_ARITH_DIV || op == ZY_ARITH_POW) return ZY_TYPE_num;
  if ((op >= ZY_ARITH_BAND && op <= ZY_ARITH_SHR) || op == ZY_ARITH_BNOT) return ZY_TYPE_int;
  if (x == ZY_TYPE_int && y == ZY_TYPE_int) return ZY_TYPE_int;
  return x == ZY_TYPE_num || y == ZY_TYPE_num ? ZY_TYPE_num : ZY_TYPE_NUMBER;
}

/* By a metamethod. Where there are two operands the instruction behind calls it: that says which operator the script has
** (x - 1 is ADDI), on what, and in which order. */
static void operate(ZyBuild *b, int op, int dest, ZyRef x) {
  int unary = op == ZY_ARITH_UNM || op == ZY_ARITH_BNOT;
  ZyInstruction mm = b->unit->code[b->pc + 1];
  ZyRef y = x, r;
  if (!unary) {
    op = ZY_C(mm) - ZY_TM_ADD;
    x = zy_build_read(b, ZY_A(mm));
    if (ZY_OP(mm) == ZY_BC_MMBIN) y = zy_build_read(b, ZY_B(mm));
    else if (ZY_OP(mm) == ZY_BC_MMBINI) y = zy_build_int(b, ZY_SB(mm));
    else y = zy_build_constant(b, ZY_B(mm));
    if (ZY_K(mm)) r = x, x = y, y = r;
  }
  r = zy_build_exiting(b, ZY_HIR_OPERATE, x, y, zy_build_var(b, dest) | (int64_t)op << 8, zy_build_state(b, b->pc));
  zy_build_give(b, dest, r, b->pc + (unary ? 1 : 2));
}

void zy_build_arith(ZyBuild *b, int op, int dest, ZyRef x, ZyRef y) {
  int unary = x == y;
  ZyRef r;
  if (zy_build_avoids(b, ZY_AVOID_PLAIN)) {
    operate(b, op, dest, x);
    return;
  }
  x = operand(b, x, 0, ZY_TYPE_NUMBER);
  y = unary ? x : operand(b, y, 1, ZY_TYPE_NUMBER);
  r = zy_build_exiting(b, ZY_HIR_ARITH, x, y, op, zy_build_state(b, b->pc));
  zy_build_set_type(b, r, arith_type(op, zy_build_type(b, x), zy_build_type(b, y)));
  zy_build_write(b, dest, r);
}

/* From the test at 'pc', and the jump behind it, to 'to' and not to 'other'. */
static void go_on(ZyBuild *b, int pc, int to, int other) {
  int cold = zy_build_cold(b, pc, to, other);
  if (cold < 0) zy_build_jump_from(b, pc + 1, to);
  else {
    b->pc = cold;
    zy_build_exit(b, to, ZY_EXIT_COLD);
  }
  b->pc = pc;
}

/* The condition; metamethods are called, where they were met. */
static ZyRef condition(ZyBuild *b, ZyHirOp op, ZyRef x, ZyRef y) {
  uint32_t state = zy_build_state(b, b->pc);
  if (!zy_build_avoids(b, ZY_AVOID_PLAIN)) return zy_build_exiting(b, op, x, y, 0, state);
  return zy_build_exiting(b, ZY_HIR_COMPARE, x, y, op - ZY_HIR_EQ, state);
}

void zy_build_compare(ZyBuild *b, ZyHirOp op, ZyRef x, ZyRef y) {
  ZyType among = op == ZY_HIR_EQ ? ZY_TYPE_ANY : ZY_TYPE_NUMBER | ZY_TYPE_STRING;
  int pc = b->pc, k = ZY_K(b->unit->code[pc]), target = pc + 2 + ZY_SJ(b->unit->code[pc + 1]);
  uint32_t to[2];
  x = operand(b, x, 0, among);
  y = operand(b, y, 1, among);
  zy_build_split(b, condition(b, op, x, y), to);
  for (int s = 0; s < 2; s++) {              /* to[0]: it holds */
    zy_build_enter(b, to[s]);
    if (zy_build_avoids(b, ZY_AVOID_PLAIN))
      zy_build_exiting(b, ZY_HIR_TRAP, 0, 0, 0, zy_build_state(b, s == !k ? target : pc + 2));
    go_on(b, pc, s == !k ? target : pc + 2, s == !k ? pc + 2 : target);
  }
}

void zy_build_test(ZyBuild *b, ZyInstruction i) {
  int pc = b->pc, k = ZY_K(i), target = pc + 2 + ZY_SJ(b->unit->code[pc + 1]), set = ZY_OP(i) == ZY_BC_TESTSET;
  ZyRef v = zy_build_read(b, set ? ZY_B(i) : ZY_A(i));
  uint32_t to[2];
  zy_build_split(b, zy_build_node(b, ZY_HIR_TRUTHY, v, 0), to);
  for (int s = 0; s < 2; s++) {
    zy_build_enter(b, to[s]);
    if (set && s == !k) zy_build_write(b, ZY_A(i), v);       /* assigned on the way to the jump */
    go_on(b, pc, s == !k ? target : pc + 2, s == !k ? pc + 2 : target);
  }
}

void zy_build_not_value(ZyBuild *b, int dest, ZyRef v) {
  v = zy_build_node(b, ZY_HIR_BOOL, zy_build_not(b, zy_build_node(b, ZY_HIR_TRUTHY, v, 0)), 0);
  zy_build_set_type(b, v, ZY_TYPE_BOOL);
  zy_build_write(b, dest, v);
}

void zy_build_concat(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i);
  int64_t imm = zy_build_var(b, a) | (int64_t)ZY_B(i) << 8;
  zy_build_give(b, a, zy_build_exiting(b, ZY_HIR_CONCAT, 0, 0, imm, zy_build_state(b, b->pc)), b->pc + 1);
}

void zy_build_length(ZyBuild *b, int dest, ZyRef v) {
  ZyRef r;
  if ((zy_build_type(b, v) & ~(ZyType)ZY_TYPE_STRING) == 0)
    zy_build_write(b, dest, zy_build_node(b, ZY_HIR_LEN_STR, v, 0));
  else if ((r = zy_build_plain_length(b, v)) != 0) zy_build_write(b, dest, r);
  else {
    v = zy_build_exiting(b, ZY_HIR_LEN, v, 0, zy_build_var(b, dest), zy_build_state(b, b->pc));
    zy_build_give(b, dest, v, b->pc + 1);
  }
}
