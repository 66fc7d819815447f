/*
** special.c: operations on values -> operations on what the types say the values are.
** SPDX-License-Identifier: MIT
**
** Nothing is assumed here: feedback became guards when the graph was built, and what is rewritten follows from the
** types alone. New exits take the state of the operation they stand for, so the interpreter repeats it: an
** integer division by 0, or a float that has no integer, raises there.
**
** A node is rewritten in place, so what refers to it need not know; GUARD_TYPEs that cannot fail are replaced by
** their operand at the end. Runs on a worker.
*/
#include "pass/pass.h"

void zy_pass_rewrite(ZyHir *h, ZyRef r, ZyHirOp op, ZyRef a, ZyRef b) {
  ZyHirNode *n = &h->nodes.v[r];
  n->op = (uint8_t)op;
  n->ops[0] = a;
  n->ops[1] = b;
  n->ops[2] = 0;
  n->imm = 0;
  n->state = 0;
  if (zy_hir_type(op) != 0) n->type = (uint16_t)zy_hir_type(op);
}

void zy_pass_constant(ZyHir *h, ZyRef r, ZyType type, int64_t imm) {
  zy_pass_rewrite(h, r, ZY_HIR_CONST, 0, 0);
  h->nodes.v[r].type = (uint16_t)type;
  h->nodes.v[r].imm = imm;
}

ZyRef zy_pass_insert(ZyHir *h, ZyRef at, ZyHirOp op, ZyRef a, ZyRef b) {
  ZyRef r = zy_hir_new_node(h, op, a, b);
  h->nodes.v[r].pc = h->nodes.v[at].pc;
  zy_hir_insert_before(h, at, r);
  return r;
}

static ZyType type_of(const ZyHir *h, ZyRef r) { return h->nodes.v[r].type; }


/* ---- operands -------------------------------------------------------------- */

static ZyRef insert_num(ZyHir *h, ZyRef at, double num) {
  ZyRef r = zy_pass_insert(h, at, ZY_HIR_CONST, 0, 0);
  h->nodes.v[r].type = ZY_TYPE_num;
  h->nodes.v[r].num = num;
  return r;
}

/* 'v', an int or a num, as a float for node 'at'. */
static ZyRef as_num(ZyHir *h, ZyRef at, ZyRef v) {
  if (type_of(h, v) == ZY_TYPE_num) return v;
  if (zy_pass_is_int(h, v)) return insert_num(h, at, (double)h->nodes.v[v].imm);
  return zy_pass_insert(h, at, ZY_HIR_INT_TO_NUM, v, 0);
}

/* 'v', an int or a num, as an integer; without one, 'at' is left to the interpreter. */
static ZyRef as_int(ZyHir *h, ZyRef at, ZyRef v) {
  ZyRef r;
  if (type_of(h, v) == ZY_TYPE_int) return v;
  r = zy_pass_insert(h, at, ZY_HIR_NUM_TO_INT, v, 0);
  h->nodes.v[r].state = h->nodes.v[at].state;
  return r;
}

/* Lets 'at' be left to the interpreter when the integer 'v' is 0. */
static void guard_not_zero(ZyHir *h, ZyRef at, ZyRef v) {
  ZyRef zero, r;
  if (zy_pass_is_int(h, v) && h->nodes.v[v].imm != 0) return;
  zero = zy_pass_insert(h, at, ZY_HIR_CONST, 0, 0);
  h->nodes.v[zero].type = ZY_TYPE_int;
  r = zy_pass_insert(h, at, ZY_HIR_EQ_INT, v, zero);
  r = zy_pass_insert(h, at, ZY_HIR_NOT_COND, r, 0);
  r = zy_pass_insert(h, at, ZY_HIR_GUARD, r, 0);
  h->nodes.v[r].state = h->nodes.v[at].state;
}


/* ---- arithmetic ------------------------------------------------------------ */

/* The operation on two integers, two floats; NONE: there is none. */
static ZyHirOp int_op(ZyArith op) {
  switch (op) {
    case ZY_ARITH_ADD: return ZY_HIR_ADD_INT;
    case ZY_ARITH_SUB: return ZY_HIR_SUB_INT;
    case ZY_ARITH_MUL: return ZY_HIR_MUL_INT;
    case ZY_ARITH_MOD: return ZY_HIR_MOD_INT;
    case ZY_ARITH_IDIV: return ZY_HIR_IDIV_INT;
    case ZY_ARITH_BAND: return ZY_HIR_AND_INT;
    case ZY_ARITH_BOR: return ZY_HIR_OR_INT;
    case ZY_ARITH_BXOR: return ZY_HIR_XOR_INT;
    case ZY_ARITH_SHL: return ZY_HIR_SHL_INT;
    case ZY_ARITH_SHR: return ZY_HIR_SHR_INT;
    case ZY_ARITH_UNM: return ZY_HIR_NEG_INT;
    case ZY_ARITH_BNOT: return ZY_HIR_NOT_INT;
    case ZY_ARITH_POW: case ZY_ARITH_DIV: return ZY_HIR_NONE;
  }
  return ZY_HIR_NONE;
}

static ZyHirOp num_op(ZyArith op) {
  switch (op) {
    case ZY_ARITH_ADD: return ZY_HIR_ADD_NUM;
    case ZY_ARITH_SUB: return ZY_HIR_SUB_NUM;
    case ZY_ARITH_MUL: return ZY_HIR_MUL_NUM;
    case ZY_ARITH_MOD: return ZY_HIR_MOD_NUM;
    case ZY_ARITH_POW: return ZY_HIR_POW_NUM;
    case ZY_ARITH_DIV: return ZY_HIR_DIV_NUM;
    case ZY_ARITH_IDIV: return ZY_HIR_IDIV_NUM;
    case ZY_ARITH_UNM: return ZY_HIR_NEG_NUM;
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      return ZY_HIR_NONE;
  }
  return ZY_HIR_NONE;
}

static void arith(ZyHir *h, ZyRef r) {
  ZyArith op = (ZyArith)h->nodes.v[r].imm;
  ZyRef a = h->nodes.v[r].ops[0], b = h->nodes.v[r].ops[1];
  ZyType ta = type_of(h, a), tb = type_of(h, b);
  int unary = op == ZY_ARITH_UNM || op == ZY_ARITH_BNOT, ints = ta == ZY_TYPE_int && tb == ZY_TYPE_int;
  ZyHirOp to;
  if ((ta != ZY_TYPE_int && ta != ZY_TYPE_num) || (tb != ZY_TYPE_int && tb != ZY_TYPE_num)) return;
  to = num_op(op);
  if (to == ZY_HIR_NONE || (ints && int_op(op) != ZY_HIR_NONE)) {
    to = int_op(op);
    a = as_int(h, r, a);
    b = unary ? 0 : as_int(h, r, b);
    if (op == ZY_ARITH_IDIV || op == ZY_ARITH_MOD) guard_not_zero(h, r, b);
  }
  else {
    a = as_num(h, r, a);
    b = unary ? 0 : as_num(h, r, b);
  }
  zy_pass_rewrite(h, r, to, a, b);
}


/* ---- comparisons and tests --------------------------------------------------- */

/* The integer constant 'v' can be compared as a float, exactly. */
static int exact_constant(const ZyHir *h, ZyRef v) {
  const int64_t limit = (int64_t)1 << 53;
  return zy_pass_is_int(h, v) && h->nodes.v[v].imm <= limit && h->nodes.v[v].imm >= -limit;
}

/* Compares numbers by 'ints' or 'nums' when the types allow it. */
static int compare_numbers(ZyHir *h, ZyRef r, ZyHirOp ints, ZyHirOp nums) {
  ZyRef a = h->nodes.v[r].ops[0], b = h->nodes.v[r].ops[1];
  ZyType ta = type_of(h, a), tb = type_of(h, b);
  if (ta == ZY_TYPE_int && tb == ZY_TYPE_int) {
    zy_pass_rewrite(h, r, ints, a, b);
    return 1;
  }
  if ((ta == ZY_TYPE_num || exact_constant(h, a)) && (tb == ZY_TYPE_num || exact_constant(h, b))) {
    a = as_num(h, r, a);
    b = as_num(h, r, b);
    zy_pass_rewrite(h, r, nums, a, b);
    return 1;
  }
  return 0;
}

static int is_single(ZyType type) { return type == ZY_TYPE_nil || type == ZY_TYPE_false || type == ZY_TYPE_true; }

static void test_type(ZyHir *h, ZyRef r, ZyRef v, ZyType type) {
  zy_pass_rewrite(h, r, ZY_HIR_IS_TYPE, v, 0);
  h->nodes.v[r].imm = type;
}

static void equal(ZyHir *h, ZyRef r) {
  ZyRef a = h->nodes.v[r].ops[0], b = h->nodes.v[r].ops[1];
  ZyType ta = type_of(h, a), tb = type_of(h, b), common = ta & tb;
  int mixed = ((ta & ZY_TYPE_int) && (tb & ZY_TYPE_num)) || ((ta & ZY_TYPE_num) && (tb & ZY_TYPE_int));
  if (compare_numbers(h, r, ZY_HIR_EQ_INT, ZY_HIR_EQ_NUM) || mixed) return;
  if (common == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 0);
  else if (is_single(ta)) test_type(h, r, b, ta);
  else if (is_single(tb)) test_type(h, r, a, tb);
  /* one payload, one value; a payload means nothing in nil and booleans */
  else if ((common & (ZY_TYPE_nil | ZY_TYPE_BOOL | ZY_TYPE_num | ZY_TYPE_lstr | ZY_TYPE_table | ZY_TYPE_udata)) == 0)
    zy_pass_rewrite(h, r, ZY_HIR_SAME, a, b);
}

static void is_type(ZyHir *h, ZyRef r, ZyType wanted) {
  ZyType type = type_of(h, h->nodes.v[r].ops[0]);
  if ((type & ~wanted) == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 1);
  else if ((type & wanted) == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 0);
}

static void truthy(ZyHir *h, ZyRef r) {
  ZyType type = type_of(h, h->nodes.v[r].ops[0]), falsy = ZY_TYPE_nil | ZY_TYPE_false;
  if ((type & falsy) == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 1);
  else if ((type & ~falsy) == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 0);
}

static void length(ZyHir *h, ZyRef r) {
  ZyRef v = h->nodes.v[r].ops[0];
  if ((type_of(h, v) & ~(ZyType)ZY_TYPE_STRING) == 0) zy_pass_rewrite(h, r, ZY_HIR_LEN_STR, v, 0);
}


/* ---- the whole -------------------------------------------------------------- */

/* Marks in 'map' or 'drop' what is no longer needed. */
static void visit(ZyHir *h, ZyRef r, ZyRef *map, uint8_t *drop) {
  ZyHirNode *n = &h->nodes.v[r];
  ZyHirOp op = (ZyHirOp)n->op;
  if (op == ZY_HIR_ARITH) arith(h, r);
  else if (op == ZY_HIR_EQ) equal(h, r);
  else if (op == ZY_HIR_LT) compare_numbers(h, r, ZY_HIR_LT_INT, ZY_HIR_LT_NUM);
  else if (op == ZY_HIR_LE) compare_numbers(h, r, ZY_HIR_LE_INT, ZY_HIR_LE_NUM);
  else if (op == ZY_HIR_SAME) {
    if ((type_of(h, n->ops[0]) & type_of(h, n->ops[1])) == 0) zy_pass_constant(h, r, ZY_TYPE_cond, 0);
  }
  else if (op == ZY_HIR_IS_TYPE) is_type(h, r, (ZyType)n->imm);
  else if (op == ZY_HIR_TRUTHY) truthy(h, r);
  else if (op == ZY_HIR_LEN) length(h, r);
  else if (op == ZY_HIR_BARRIER) drop[r] = (type_of(h, n->ops[1]) & ZY_TYPE_GC) == 0;
  else if (op == ZY_HIR_GUARD_TYPE && (type_of(h, n->ops[0]) & ~(ZyType)n->type) == 0) {
    map[r] = n->ops[0];
    drop[r] = 1;
  }
}

void zy_special_run(ZyHir *h) {
  uint32_t nodes = h->nodes.n;               /* those of now; visiting adds some */
  ZyRef *map;
  uint8_t *drop = ZY_NEWN(h->arena, uint8_t, nodes);
  ZyRef *found = ZY_NEWN(h->arena, ZyRef, nodes);
  int any = 0;
  for (uint32_t i = 0; i < h->order.n; i++)
    for (ZyRef r = h->blocks.v[h->order.v[i]].first; r != 0; r = h->nodes.v[r].next)
      if (r < nodes) visit(h, r, found, drop);
  for (ZyRef r = 1; r < nodes; r++) {
    if (!drop[r]) continue;
    zy_hir_remove(h, r);
    any |= found[r] != 0;
  }
  if (!any) return;
  map = ZY_NEWN(h->arena, ZyRef, h->nodes.n);
  for (ZyRef r = 1; r < nodes; r++) map[r] = found[r];
  zy_hir_replace(h, map);
}
