/*
** build_lib.c - calls of known library functions -> HIR.
** SPDX-License-Identifier: MIT
**
** The function is guarded to be the very C function that feedback saw, arguments to be of types for which the
** operation here is exactly what it does; with others the interpreter calls it. Only functions that call nothing and
** raise nothing for such arguments are here, so no frame is needed for them.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

/* What arguments a function takes here. */
typedef enum Kind { NOTHING, NUMBERS, ONE_TYPE, STRING, TABLES } Kind;

static Kind kind_of(int lib) {
  switch (lib) {
    case ZY_LIB_MATH_SQRT: case ZY_LIB_MATH_SIN: case ZY_LIB_MATH_COS: case ZY_LIB_MATH_TAN: case ZY_LIB_MATH_EXP:
    case ZY_LIB_MATH_LOG: case ZY_LIB_MATH_MAX: case ZY_LIB_MATH_MIN:
      return NUMBERS;
    case ZY_LIB_MATH_FLOOR: case ZY_LIB_MATH_CEIL: case ZY_LIB_MATH_ABS: return ONE_TYPE;
    case ZY_LIB_STRING_LEN: return STRING;
    case ZY_LIB_SETMETATABLE: return TABLES;
  }
  return NOTHING;
}

/* What arguments may be of. */
static ZyType wanted_types(int lib) {
  Kind kind = kind_of(lib);
  return kind == STRING ? ZY_TYPE_STRING : kind == TABLES ? ZY_TYPE_table : ZY_TYPE_NUMBER;
}

enum { MOST_ARGS = 4 };                /* of max and min */

static int is_choice(int lib) { return lib == ZY_LIB_MATH_MAX || lib == ZY_LIB_MATH_MIN; }

static int takes_two(int lib) { return is_choice(lib) || lib == ZY_LIB_SETMETATABLE; }

int zy_build_library_takes(int lib, int nargs) {
  if (lib == ZY_LIB_STRING_BYTE) return nargs == 1 || nargs == 2;
  if (is_choice(lib)) return nargs >= 2 && nargs <= MOST_ARGS;
  return kind_of(lib) != NOTHING && nargs == 1 + takes_two(lib);
}

int zy_build_library_seen(const ZyBuild *b) {
  const ZyCell *cell = zy_build_cell(b);
  if (cell == NULL || zy_build_avoids(b, ZY_AVOID_CALL)) return -1;
  if (cell->calls != 1 || !(cell->callee & ZY_CALLEE_LIB)) return -1;
  return (int)(cell->callee & ~ZY_CALLEE_LIB);
}

/* The type that an argument of an unknown one is guarded to be: results tell most of it. */
static ZyType guess(const ZyBuild *b, int lib) {
  ZyType result = zy_build_cell(b)->type;
  if (kind_of(lib) == STRING || kind_of(lib) == TABLES) return wanted_types(lib);
  if (lib == ZY_LIB_MATH_ABS || takes_two(lib)) {
    if (result == ZY_TYPE_int) return ZY_TYPE_int;
    if (takes_two(lib) && result != ZY_TYPE_num) return ZY_TYPE_NUMBER;
  }
  return ZY_TYPE_num;
}

/* Whether the argument is, or may be guarded to be, one that is taken here. */
static int is_taken(const ZyBuild *b, int lib, ZyRef x) {
  ZyType type = zy_build_type(b, x), wanted = wanted_types(lib);
  int fits = (type & ~wanted) == 0 && (kind_of(lib) != ONE_TYPE || zy_build_is_single(type));
  return fits || ((type & guess(b, lib)) != 0 && !zy_build_is_single(type) && !zy_build_avoids(b, ZY_AVOID_TYPE));
}

static ZyRef argument(ZyBuild *b, int lib, ZyRef x) {
  ZyType type = zy_build_type(b, x), wanted = wanted_types(lib);
  if ((type & ~wanted) == 0 && (kind_of(lib) != ONE_TYPE || zy_build_is_single(type))) return x;
  return zy_build_guard_type(b, x, guess(b, lib));
}

/* A number as a float. */
static ZyRef to_num(ZyBuild *b, ZyRef x) {
  ZyRef r;
  if (zy_build_type(b, x) == ZY_TYPE_num) return x;
  if (zy_build_type(b, x) == ZY_TYPE_int) return zy_build_node(b, ZY_HIR_INT_TO_NUM, x, 0);
  r = zy_build_exiting(b, ZY_HIR_ARITH, x, zy_build_num(b, 1), ZY_ARITH_DIV, zy_build_state(b, b->pc));
  zy_build_set_type(b, r, ZY_TYPE_num);
  return r;
}

static ZyRef absolute_int(ZyBuild *b, ZyRef x) {
  ZyRef sign = zy_build_node(b, ZY_HIR_SHR_INT, x, zy_build_int(b, 63));
  sign = zy_build_node(b, ZY_HIR_NEG_INT, sign, 0);          /* 0 or -1 */
  return zy_build_node(b, ZY_HIR_SUB_INT, zy_build_node(b, ZY_HIR_XOR_INT, x, sign), sign);
}

/* The second one when 'less' of it and the first says so: as the library does it, whatever NaN compares to. */
static ZyRef choose(ZyBuild *b, ZyRef x, ZyRef y, int max) {
  uint32_t to[2];
  ZyRef value[2] = { y, x };
  ZyRef cond = zy_build_exiting(b, ZY_HIR_LT, max ? x : y, max ? y : x, 0, zy_build_state(b, b->pc));
  zy_build_split(b, cond, to);
  return zy_build_merge(b, to, value);
}

static ZyRef to_integer(ZyBuild *b, ZyHirOp op, ZyRef x) {
  if (zy_build_type(b, x) == ZY_TYPE_int) return x;
  x = zy_build_node(b, op, x, 0);
  return zy_build_exiting(b, ZY_HIR_TRUNC_INT, x, 0, 0, zy_build_state(b, b->pc));
}

/* One byte that is there; counting from the end, and what is not there, is left to the library. */
static ZyRef string_byte(ZyBuild *b, int reg, int nargs) {
  ZyRef f = zy_build_read(b, reg), s = zy_build_read(b, reg + 1);
  ZyRef i = nargs == 2 ? zy_build_read(b, reg + 2) : zy_build_int(b, 1), at;
  if (zy_build_avoids(b, ZY_AVOID_TYPE | ZY_AVOID_TABLE)) return 0;
  if (!(zy_build_type(b, f) & ZY_TYPE_cfn) || !(zy_build_type(b, s) & ZY_TYPE_STRING)) return 0;
  if (!(zy_build_type(b, i) & ZY_TYPE_int)) return 0;
  zy_build_exiting(b, ZY_HIR_GUARD_LIB, f, 0, ZY_LIB_STRING_BYTE, zy_build_state(b, b->pc));
  s = zy_build_guard_type(b, s, ZY_TYPE_STRING);
  i = zy_build_guard_type(b, i, ZY_TYPE_int);
  at = zy_build_node(b, ZY_HIR_SUB_INT, i, zy_build_int(b, 1));
  zy_build_guard(b, zy_build_node(b, ZY_HIR_LTU_INT, at, zy_build_node(b, ZY_HIR_LEN_STR, s, 0)));
  return zy_build_node(b, ZY_HIR_STR_BYTE, s, i);
}

ZyRef zy_build_library_call(ZyBuild *b, int lib, int reg, int nargs) {
  ZyRef x[MOST_ARGS] = { 0 };
  ZyRef f;
  if (!zy_build_library_takes(lib, nargs)) return 0;
  if (lib == ZY_LIB_STRING_BYTE) return string_byte(b, reg, nargs);
  for (int i = 0; i < nargs; i++) {
    x[i] = zy_build_read(b, reg + 1 + i);
    if (!is_taken(b, lib, x[i])) return 0;
  }
  f = zy_build_read(b, reg);
  if (!(zy_build_type(b, f) & ZY_TYPE_cfn)) return 0;
  zy_build_exiting(b, ZY_HIR_GUARD_LIB, f, 0, lib, zy_build_state(b, b->pc));
  for (int i = 0; i < nargs; i++) x[i] = argument(b, lib, x[i]);
  switch (lib) {
    case ZY_LIB_MATH_FLOOR: return to_integer(b, ZY_HIR_FLOOR_NUM, x[0]);
    case ZY_LIB_MATH_CEIL: return to_integer(b, ZY_HIR_CEIL_NUM, x[0]);
    case ZY_LIB_MATH_SQRT: return zy_build_node(b, ZY_HIR_SQRT_NUM, to_num(b, x[0]), 0);
    case ZY_LIB_MATH_ABS:
      if (zy_build_type(b, x[0]) == ZY_TYPE_int) return absolute_int(b, x[0]);
      return zy_build_node(b, ZY_HIR_ABS_NUM, x[0], 0);
    case ZY_LIB_MATH_MAX: case ZY_LIB_MATH_MIN:
      for (int i = 1; i < nargs; i++) x[0] = choose(b, x[0], x[i], lib == ZY_LIB_MATH_MAX);
      return x[0];
    case ZY_LIB_STRING_LEN: return zy_build_node(b, ZY_HIR_LEN_STR, x[0], 0);
    case ZY_LIB_SETMETATABLE:
      zy_build_exiting(b, ZY_HIR_SET_META, x[0], x[1], 0, zy_build_state(b, b->pc));
      return x[0];
  }
  return zy_build_imm(b, ZY_HIR_MATH_NUM, to_num(b, x[0]), lib);
}


/* ---- functions that give several values ------------------------------------------ */

static int is_function(ZyBuild *b, int reg) { return (zy_build_type(b, zy_build_read(b, reg)) & ZY_TYPE_cfn) != 0; }

static void guard_function(ZyBuild *b, int reg, int lib) {
  zy_build_exiting(b, ZY_HIR_GUARD_LIB, zy_build_read(b, reg), 0, lib, zy_build_state(b, b->pc));
}

/* 'n' values to 'wanted' registers from 'reg' on. */
static void write_results(ZyBuild *b, int reg, const ZyRef *value, int n, int wanted) {
  for (int i = 0; i < wanted; i++) zy_build_write(b, reg + i, i < n ? value[i] : zy_build_simple(b, ZY_TYPE_nil));
}

/* ipairs of anything; pairs of a table without a metatable, in which __pairs might be. */
static int iterator(ZyBuild *b, int lib, int reg, int wanted) {
  int all = lib == ZY_LIB_IPAIRS;
  ZyRef of = zy_build_read(b, reg + 1), value[3];
  if (!all && ((zy_build_type(b, of) & ZY_TYPE_table) == 0 || zy_build_avoids(b, ZY_AVOID_TYPE | ZY_AVOID_TABLE))) return 0;
  guard_function(b, reg, lib);
  if (!all) {
    of = zy_build_guard_type(b, of, ZY_TYPE_table);
    zy_build_exiting(b, ZY_HIR_GUARD_NOMETA, of, 0, 0, zy_build_state(b, b->pc));
  }
  value[0] = zy_build_imm(b, ZY_HIR_LIB, 0, all ? ZY_LIB_IPAIRS_NEXT : ZY_LIB_NEXT);
  value[1] = of;
  value[2] = all ? zy_build_int(b, 0) : zy_build_simple(b, ZY_TYPE_nil);
  write_results(b, reg, value, 3, wanted);
  return 1;
}

/* An assertion that holds gives its arguments. */
static int assertion(ZyBuild *b, int reg, int nargs, int wanted) {
  ZyRef value[MOST_ARGS];
  uint32_t to[2];
  if (nargs > MOST_ARGS) return 0;
  guard_function(b, reg, ZY_LIB_ASSERT);
  for (int i = 0; i < nargs; i++) value[i] = zy_build_read(b, reg + 1 + i);
  zy_build_split(b, zy_build_node(b, ZY_HIR_TRUTHY, value[0], 0), to);
  zy_build_enter(b, to[1]);
  zy_build_exit(b, b->pc, ZY_EXIT_CALLEE);
  zy_build_enter(b, to[0]);
  write_results(b, reg, value, nargs, wanted);
  return 1;
}

int zy_build_library_results(ZyBuild *b, int lib, int reg, int nargs, int nresults) {
  if (nargs < 1 || nresults < 0 || !is_function(b, reg)) return 0;
  if ((lib == ZY_LIB_IPAIRS || lib == ZY_LIB_PAIRS) && nargs == 1) return iterator(b, lib, reg, nresults);
  return lib == ZY_LIB_ASSERT && assertion(b, reg, nargs, nresults);
}
