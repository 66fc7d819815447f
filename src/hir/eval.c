/*
** eval.c - operation, operand values -> result.
** SPDX-License-Identifier: MIT
**
** The meaning of the operations of op.def in plain C, written for reading, not speed: what passes and back ends
** are compared with. Where Lua's rules differ from C's (division, shifts, comparing integers with floats) the
** rule is written out.
**
** Pure functions; any thread.
*/
#include "hir/eval.h"

#include <math.h>
#include <string.h>

#include "lir/native.h"

static const double two63 = 9223372036854775808.0;

static int64_t wrap(uint64_t i) { return (int64_t)i; }

static ZyEval give_int(ZyValue *out, int64_t i) {
  out->v.i = i;
  out->tt = ZY_TAG_INT;
  return ZY_EVAL_DONE;
}

static ZyEval give_num(ZyValue *out, double n) {
  out->v.n = n;
  out->tt = ZY_TAG_NUM;
  return ZY_EVAL_DONE;
}

static ZyEval give_cond(ZyValue *out, int cond) {
  out->v.i = cond;
  out->tt = cond ? ZY_TAG_TRUE : ZY_TAG_FALSE;
  return ZY_EVAL_DONE;
}

ZyType zy_eval_type(uint8_t tag) {
  switch (tag) {
    case ZY_TAG_FALSE: return ZY_TYPE_false;
    case ZY_TAG_TRUE: return ZY_TYPE_true;
    case ZY_TAG_INT: return ZY_TYPE_int;
    case ZY_TAG_NUM: return ZY_TYPE_num;
    case ZY_TAG_STR: return ZY_TYPE_str;
    case ZY_TAG_LONG_STR: return ZY_TYPE_lstr;
    case ZY_TAG_TABLE: return ZY_TYPE_table;
    case ZY_TAG_LUA_FN: return ZY_TYPE_luafn;
    case ZY_TAG_CFUNCTION: return ZY_TYPE_cfn;
    case ZY_TAG_C_FN: return ZY_TYPE_cclosure;
    case ZY_TAG_UDATA: return ZY_TYPE_udata;
    case ZY_TAG_LIGHT: return ZY_TYPE_light;
    case ZY_TAG_THREAD: return ZY_TYPE_thread;
  }
  return ZY_TYPE_nil;
}


/* ---- numbers -------------------------------------------------------------- */

static int64_t int_idiv(int64_t a, int64_t b) {        /* b != 0 */
  int64_t q;
  if (b == -1) return wrap(0 - (uint64_t)a);           /* the quotient may not fit */
  q = a / b;
  return q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

static int64_t int_mod(int64_t a, int64_t b) {         /* b != 0 */
  int64_t r;
  if (b == -1) return 0;
  r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static int64_t shift_left(int64_t a, int64_t b) {
  if (b <= -64 || b >= 64) return 0;
  return b >= 0 ? wrap((uint64_t)a << b) : wrap((uint64_t)a >> -b);
}

static int64_t shift_right(int64_t a, int64_t b) { return b == INT64_MIN ? 0 : shift_left(a, -b); }

static double num_mod(double a, double b) {
  double r = fmod(a, b);
  return (r > 0 && b < 0) || (r < 0 && b > 0) ? r + b : r;
}

static double num_pow(double a, double b) { return b == 2 ? a * a : pow(a, b); }

/* The integer equal to 'n', if there is one. */
static int exact_int(double n, int64_t *i) {
  if (!(n >= -two63 && n < two63) || floor(n) != n) return 0;
  *i = (int64_t)n;
  return 1;
}

/* <0, 0, >0: how 'i' compares with 'n', which is not NaN. */
static int int_against_num(int64_t i, double n) {
  int64_t whole;
  if (n >= two63) return -1;
  if (n < -two63) return 1;
  whole = (int64_t)floor(n);
  if (i != whole) return i < whole ? -1 : 1;
  return n > floor(n) ? -1 : 0;
}

static int is_number(const ZyValue *a) { return a->tt == ZY_TAG_INT || a->tt == ZY_TAG_NUM; }
static double as_num(const ZyValue *a) { return a->tt == ZY_TAG_INT ? (double)a->v.i : a->v.n; }

/* Compares numbers: *unordered when one is NaN. */
static int compare(const ZyValue *a, const ZyValue *b, int *unordered) {
  *unordered = (a->tt == ZY_TAG_NUM && isnan(a->v.n)) || (b->tt == ZY_TAG_NUM && isnan(b->v.n));
  if (*unordered) return 0;
  if (a->tt == ZY_TAG_INT && b->tt == ZY_TAG_INT) return (a->v.i > b->v.i) - (a->v.i < b->v.i);
  if (a->tt == ZY_TAG_INT) return int_against_num(a->v.i, b->v.n);
  if (b->tt == ZY_TAG_INT) return -int_against_num(b->v.i, a->v.n);
  return (a->v.n > b->v.n) - (a->v.n < b->v.n);
}

static int as_int(const ZyValue *a, int64_t *i) {
  if (a->tt == ZY_TAG_NUM) return exact_int(a->v.n, i);
  *i = a->v.i;
  return 1;
}

static ZyEval arith_int(ZyArith op, int64_t x, int64_t y, ZyValue *out) {
  switch (op) {
    case ZY_ARITH_ADD: return give_int(out, wrap((uint64_t)x + (uint64_t)y));
    case ZY_ARITH_SUB: return give_int(out, wrap((uint64_t)x - (uint64_t)y));
    case ZY_ARITH_MUL: return give_int(out, wrap((uint64_t)x * (uint64_t)y));
    case ZY_ARITH_MOD: return y == 0 ? ZY_EVAL_EXIT : give_int(out, int_mod(x, y));
    case ZY_ARITH_IDIV: return y == 0 ? ZY_EVAL_EXIT : give_int(out, int_idiv(x, y));
    case ZY_ARITH_POW: return give_num(out, num_pow((double)x, (double)y));
    case ZY_ARITH_DIV: return give_num(out, (double)x / (double)y);
    case ZY_ARITH_BAND: return give_int(out, x & y);
    case ZY_ARITH_BOR: return give_int(out, x | y);
    case ZY_ARITH_BXOR: return give_int(out, x ^ y);
    case ZY_ARITH_SHL: return give_int(out, shift_left(x, y));
    case ZY_ARITH_SHR: return give_int(out, shift_right(x, y));
    case ZY_ARITH_UNM: return give_int(out, wrap(0 - (uint64_t)x));
    case ZY_ARITH_BNOT: return give_int(out, ~x);
  }
  return ZY_EVAL_OTHER;
}

static ZyEval arith(ZyArith op, const ZyValue *a, const ZyValue *b, ZyValue *out) {
  int64_t x, y;
  double m, n;
  if (!is_number(a) || !is_number(b)) return ZY_EVAL_EXIT;
  if (a->tt == ZY_TAG_INT && b->tt == ZY_TAG_INT) return arith_int(op, a->v.i, b->v.i, out);
  m = as_num(a);
  n = as_num(b);
  switch (op) {
    case ZY_ARITH_ADD: return give_num(out, m + n);
    case ZY_ARITH_SUB: return give_num(out, m - n);
    case ZY_ARITH_MUL: return give_num(out, m * n);
    case ZY_ARITH_MOD: return give_num(out, num_mod(m, n));
    case ZY_ARITH_IDIV: return give_num(out, floor(m / n));
    case ZY_ARITH_POW: return give_num(out, num_pow(m, n));
    case ZY_ARITH_DIV: return give_num(out, m / n);
    case ZY_ARITH_UNM: return give_num(out, -m);
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      return as_int(a, &x) && as_int(b, &y) ? arith_int(op, x, y, out) : ZY_EVAL_EXIT;
  }
  return ZY_EVAL_OTHER;
}


/* ---- values --------------------------------------------------------------- */

static int same(const ZyValue *a, const ZyValue *b) {
  ZyType type = zy_eval_type(a->tt);
  if (type != zy_eval_type(b->tt)) return 0;
  return (type & (ZY_TYPE_nil | ZY_TYPE_BOOL)) != 0 || a->v.i == b->v.i;
}

/* OTHER when contents or metamethods decide. */
static ZyEval equal(const ZyValue *a, const ZyValue *b, ZyValue *out) {
  ZyType type = zy_eval_type(a->tt);
  int unordered;
  if (is_number(a) && is_number(b)) return give_cond(out, compare(a, b, &unordered) == 0 && !unordered);
  if (same(a, b)) return give_cond(out, 1);
  if (type != zy_eval_type(b->tt)) return give_cond(out, 0);
  return type & (ZY_TYPE_lstr | ZY_TYPE_table | ZY_TYPE_udata) ? ZY_EVAL_OTHER : give_cond(out, 0);
}

static ZyEval less(const ZyValue *a, const ZyValue *b, int or_equal, ZyValue *out) {
  int unordered, order;
  if (!is_number(a) || !is_number(b)) {
    ZyType both = zy_eval_type(a->tt) | zy_eval_type(b->tt);
    return both & ~(ZyType)ZY_TYPE_STRING ? ZY_EVAL_EXIT : ZY_EVAL_OTHER;
  }
  order = compare(a, b, &unordered);
  return give_cond(out, !unordered && (order < 0 || (or_equal && order == 0)));
}

static ZyEval constant(const ZyHirNode *n, ZyValue *out) {
  switch (n->type) {
    case ZY_TYPE_nil: out->v.i = 0; out->tt = ZY_TAG_NIL; return ZY_EVAL_DONE;
    case ZY_TYPE_false: return give_cond(out, 0);
    case ZY_TYPE_true: return give_cond(out, 1);
    case ZY_TYPE_num: return give_num(out, n->num);
    default: return give_int(out, n->imm);
  }
}

static ZyEval math(int64_t lib, double x, ZyValue *out) {
  switch (lib) {
    case ZY_LIB_MATH_SIN: return give_num(out, sin(x));
    case ZY_LIB_MATH_COS: return give_num(out, cos(x));
    case ZY_LIB_MATH_TAN: return give_num(out, tan(x));
    case ZY_LIB_MATH_EXP: return give_num(out, exp(x));
    case ZY_LIB_MATH_LOG: return give_num(out, log(x));
    case ZY_LIB_MATH_SQRT: return give_num(out, sqrt(x));
  }
  return ZY_EVAL_OTHER;
}

static ZyEval to_int(double n, ZyValue *out) {
  int64_t i;
  return exact_int(n, &i) ? give_int(out, i) : ZY_EVAL_EXIT;
}

ZyEval zy_eval_node(const ZyHirNode *n, const ZyValue a[3], ZyValue *out) {
  int64_t i = a[0].v.i, j = a[1].v.i;
  double x = a[0].v.n, y = a[1].v.n;
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_CONST: return constant(n, out);
    case ZY_HIR_GUARD_TYPE:
      *out = a[0];
      return zy_eval_type(a[0].tt) & n->type ? ZY_EVAL_DONE : ZY_EVAL_EXIT;
    case ZY_HIR_GUARD: return i ? ZY_EVAL_DONE : ZY_EVAL_EXIT;

    case ZY_HIR_ADD_INT: return arith_int(ZY_ARITH_ADD, i, j, out);
    case ZY_HIR_SUB_INT: return arith_int(ZY_ARITH_SUB, i, j, out);
    case ZY_HIR_MUL_INT: return arith_int(ZY_ARITH_MUL, i, j, out);
    case ZY_HIR_IDIV_INT: return j == 0 ? ZY_EVAL_OTHER : give_int(out, int_idiv(i, j));
    case ZY_HIR_MOD_INT: return j == 0 ? ZY_EVAL_OTHER : give_int(out, int_mod(i, j));
    case ZY_HIR_NEG_INT: return arith_int(ZY_ARITH_UNM, i, i, out);
    case ZY_HIR_AND_INT: return give_int(out, i & j);
    case ZY_HIR_OR_INT: return give_int(out, i | j);
    case ZY_HIR_XOR_INT: return give_int(out, i ^ j);
    case ZY_HIR_NOT_INT: return give_int(out, ~i);
    case ZY_HIR_SHL_INT: return give_int(out, shift_left(i, j));
    case ZY_HIR_SHR_INT: return give_int(out, shift_right(i, j));

    case ZY_HIR_ADD_NUM: return give_num(out, x + y);
    case ZY_HIR_SUB_NUM: return give_num(out, x - y);
    case ZY_HIR_MUL_NUM: return give_num(out, x * y);
    case ZY_HIR_DIV_NUM: return give_num(out, x / y);
    case ZY_HIR_IDIV_NUM: return give_num(out, floor(x / y));
    case ZY_HIR_MOD_NUM: return give_num(out, num_mod(x, y));
    case ZY_HIR_POW_NUM: return give_num(out, num_pow(x, y));
    case ZY_HIR_NEG_NUM: return give_num(out, -x);
    case ZY_HIR_SQRT_NUM: return give_num(out, sqrt(x));
    case ZY_HIR_FLOOR_NUM: return give_num(out, floor(x));
    case ZY_HIR_CEIL_NUM: return give_num(out, ceil(x));
    case ZY_HIR_ABS_NUM: return give_num(out, fabs(x));
    case ZY_HIR_MATH_NUM: return math(n->imm, x, out);

    case ZY_HIR_INT_TO_NUM: return give_num(out, (double)i);
    case ZY_HIR_NUM_TO_INT: return to_int(x, out);
    case ZY_HIR_TRUNC_INT: return to_int(trunc(x), out);

    case ZY_HIR_ARITH: return arith((ZyArith)n->imm, &a[0], &a[1], out);
    case ZY_HIR_EQ_INT: return give_cond(out, i == j);
    case ZY_HIR_LT_INT: return give_cond(out, i < j);
    case ZY_HIR_LE_INT: return give_cond(out, i <= j);
    case ZY_HIR_LTU_INT: return give_cond(out, (uint64_t)i < (uint64_t)j);
    case ZY_HIR_EQ_NUM: return give_cond(out, x == y);
    case ZY_HIR_LT_NUM: return give_cond(out, x < y);
    case ZY_HIR_LE_NUM: return give_cond(out, x <= y);
    case ZY_HIR_SAME: return give_cond(out, same(&a[0], &a[1]));
    case ZY_HIR_EQ: return equal(&a[0], &a[1], out);
    case ZY_HIR_LT: return less(&a[0], &a[1], 0, out);
    case ZY_HIR_LE: return less(&a[0], &a[1], 1, out);
    case ZY_HIR_TRUTHY: return give_cond(out, !(zy_eval_type(a[0].tt) & (ZY_TYPE_nil | ZY_TYPE_false)));
    case ZY_HIR_IS_TYPE: return give_cond(out, (zy_eval_type(a[0].tt) & (ZyType)n->imm) != 0);
    case ZY_HIR_BOOL: return give_cond(out, i != 0);
    case ZY_HIR_NOT_COND: return give_cond(out, i == 0);

    case ZY_HIR_NONE: case ZY_HIR_KCONST: case ZY_HIR_LIB: case ZY_HIR_PARAM: case ZY_HIR_LOAD_REG: case ZY_HIR_STORE_REG:
    case ZY_HIR_GUARD_PROTO: case ZY_HIR_GUARD_LIB: case ZY_HIR_TAIL_SELF: case ZY_HIR_TAIL_LUA: case ZY_HIR_GUARD_NOMETA:
    case ZY_HIR_ARRAY_LIMIT: case ZY_HIR_ARRAY_BASE: case ZY_HIR_ELEM: case ZY_HIR_FIELD_SLOT: case ZY_HIR_FIELD_FIND:
    case ZY_HIR_LOAD_VAL: case ZY_HIR_STORE_VAL: case ZY_HIR_SET_META: case ZY_HIR_FIELD_PUT:
    case ZY_HIR_BARRIER: case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF: case ZY_HIR_LEN_STR:
    case ZY_HIR_ELEM_SLOT: case ZY_HIR_LEN_TABLE: case ZY_HIR_STR_BYTE: case ZY_HIR_NEXT:
    case ZY_HIR_TABLE_GET: case ZY_HIR_TABLE_SET: case ZY_HIR_FIELD_GET: case ZY_HIR_FIELD_SET:
    case ZY_HIR_NEW_TABLE: case ZY_HIR_SET_LIST: case ZY_HIR_OPERATE: case ZY_HIR_COMPARE: case ZY_HIR_LEN: case ZY_HIR_CONCAT: case ZY_HIR_CLOSURE: case ZY_HIR_CLOSE: case ZY_HIR_VARARG:
    case ZY_HIR_CALL: case ZY_HIR_CALL_LUA: case ZY_HIR_RECORD: case ZY_HIR_RECORD_CALL: case ZY_HIR_RECORD_TABLE:
    case ZY_HIR_COUNT: case ZY_HIR_TICK: case ZY_HIR_POLL: case ZY_HIR_TRAP: case ZY_HIR_JUMP: case ZY_HIR_BRANCH:
    case ZY_HIR_RETURN: case ZY_HIR_EXIT: case ZY_HIR_COUNT_:
      return ZY_EVAL_OTHER;
  }
  return ZY_EVAL_OTHER;
}
