/*
** fuzz_make.c: random numbers -> function.
** SPDX-License-Identifier: MIT
**
** The functions are like those that bytecode gives. Nodes come in instructions: groups of one pc, in which whatever
** may exit comes before what has an effect, and which nothing but values of Lua leaves. All exits of an instruction
** share a state: its pc, and the values that are alive there, each in a register of its own. So a function that exits
** at a pc can be gone on with by running the original from there, as the interpreter would go on.
**
** Variables are like registers: statements read and assign them, joins have PARAMs for them. Loops count down. What
** type a value will have is guessed, so that most guards hold and runs get somewhere; the worlds of fuzz.c keep to what
** is guessed of parameters and of what is in tables.
**
** Runs where tests run.
*/
#include "hir/fuzz_make.h"

#include <string.h>

#include "lir/native.h"

enum { VARS = ZY_FUZZ_VARS, MAX_VALUES = 170, MAX_DEPTH = 4, CALL_REG = 220, RESULT_REG = 240 };

typedef struct Extra { int32_t pc; uint16_t reg; ZyRef value; } Extra;

typedef struct Target {                /* of a break or continue */
  uint32_t block;
  struct Target *outer;
} Target;

typedef struct Maker {
  ZyHir *h;
  uint64_t *random;
  uint32_t block;                      /* being filled; 0: what follows is not reached */
  int32_t pc;
  ZyRef var[VARS];
  ZyRef index;                         /* of the innermost loop that counts up, 0: none */
  Target *targets;
  int depth, nvalues;
  ZY_VEC(uint16_t) likely;             /* by node: types that it has as a rule, of those that it may have */
  ZY_VEC(Extra) extras;                /* registers of arguments, by instruction */
  uint8_t *header;                     /* by block; room for all */
} Maker;

uint64_t zy_fuzz_random(uint64_t *state) {             /* splitmix64 */
  uint64_t x = *state += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static uint32_t below(Maker *m, uint32_t n) { return zy_fuzz_below(m->random, n); }
static int chance(Maker *m, uint32_t percent) { return below(m, 100) < percent; }
static ZyHirNode *node(Maker *m, ZyRef r) { return &m->h->nodes.v[r]; }
static ZyType type_of(Maker *m, ZyRef r) { return m->h->nodes.v[r].type; }

static void set_likely(Maker *m, ZyRef r, ZyType type) {
  while (m->likely.n <= r) zy_vec_push(m->h->arena, &m->likely, 0);
  m->likely.v[r] = (uint16_t)type;
}

static ZyType likely(Maker *m, ZyRef r) {
  ZyType type = r < m->likely.n && m->likely.v[r] != 0 ? m->likely.v[r] : ZY_TYPE_ANY;
  return (type & type_of(m, r)) != 0 ? type & type_of(m, r) : type_of(m, r);
}


/* ---- nodes ---------------------------------------------------------------------- */

static ZyRef emit(Maker *m, ZyHirOp op, ZyRef a, ZyRef b) {
  ZyRef r = zy_hir_new_node(m->h, op, a, b);
  node(m, r)->pc = m->pc;
  zy_hir_append(m->h, m->block, r);
  m->nvalues++;
  return r;
}

static ZyRef emit_imm(Maker *m, ZyHirOp op, ZyRef a, ZyRef b, int64_t imm) {
  ZyRef r = emit(m, op, a, b);
  node(m, r)->imm = imm;
  return r;
}

static ZyRef typed(Maker *m, ZyRef r, ZyType type) {
  node(m, r)->type = (uint16_t)type;
  return r;
}

static ZyRef constant(Maker *m, ZyType type, int64_t imm) {
  return typed(m, emit_imm(m, ZY_HIR_CONST, 0, 0, imm), type);
}

static ZyRef number(Maker *m, int64_t i) { return constant(m, ZY_TYPE_int, i); }

static ZyRef any_constant(Maker *m) {
  static const double nums[] = { 0.0, -0.0, 1.0, 2.5, -3.5, 1e300, 3.0 };
  static const int64_t ints[] = { 0, 1, 2, 3, -1, 7, 4, INT64_MAX, INT64_MIN };
  ZyRef r;
  switch (below(m, 8)) {
    case 0: return constant(m, ZY_TYPE_nil, 0);
    case 1: return constant(m, chance(m, 50) ? ZY_TYPE_true : ZY_TYPE_false, 0);
    case 2: return typed(m, emit_imm(m, ZY_HIR_KCONST, 0, 0, below(m, 3)), ZY_TYPE_str);
    case 3: case 4:
      r = constant(m, ZY_TYPE_num, 0);
      node(m, r)->num = nums[below(m, sizeof nums / sizeof *nums)];
      return r;
  }
  return number(m, ints[below(m, sizeof ints / sizeof *ints)]);
}

static ZyRef pick(Maker *m) { return m->var[below(m, VARS)]; }
static void assign(Maker *m, ZyRef v) { m->var[below(m, VARS)] = v; }

/* 'v', guarded to be of 'type' when that is not known. */
static ZyRef guarded(Maker *m, ZyRef v, ZyType type) {
  ZyRef r;
  if ((type_of(m, v) & ~type) == 0) return v;
  r = typed(m, emit(m, ZY_HIR_GUARD_TYPE, v, 0), (type_of(m, v) & type) != 0 ? type_of(m, v) & type : type);
  if (chance(m, 30))
    for (int i = 0; i < VARS; i++)
      if (m->var[i] == v) m->var[i] = r;
  return r;
}

/* A variable that is of 'type' as a rule. */
static ZyRef pick_like(Maker *m, ZyType type) {
  ZyRef first = m->h->blocks.v[1].first;
  for (int i = 0; i < 6; i++) {
    ZyRef v = pick(m);
    if ((likely(m, v) & ~type) == 0) return v;
  }
  if (type & ZY_TYPE_int) return number(m, below(m, 4));
  while (node(m, first)->op == ZY_HIR_PARAM && (likely(m, first) & ~type) != 0) first = node(m, first)->next;
  return node(m, first)->op == ZY_HIR_PARAM ? first : pick(m);
}

/* A value that is of 'type', or is guarded to be. */
static ZyRef some(Maker *m, ZyType type) {
  if (type == ZY_TYPE_int && m->index != 0 && chance(m, 30)) return guarded(m, m->index, ZY_TYPE_int);
  if (type == ZY_TYPE_int && chance(m, 15)) return number(m, below(m, 5));
  return guarded(m, chance(m, 3) ? pick(m) : pick_like(m, type), type);
}

static void guard(Maker *m, ZyRef cond) { emit(m, ZY_HIR_GUARD, cond, 0); }


/* ---- conditions -------------------------------------------------------------------- */

static ZyRef condition(Maker *m) {
  ZyRef a = pick(m), b = pick(m), r;
  switch (below(m, 9)) {
    case 0: r = emit(m, ZY_HIR_TRUTHY, a, 0); break;
    case 1: r = emit_imm(m, ZY_HIR_IS_TYPE, a, 0, chance(m, 50) ? ZY_TYPE_nil : (int64_t)1 << below(m, 8)); break;
    case 2: r = emit(m, ZY_HIR_SAME, a, b); break;
    case 3: r = emit(m, ZY_HIR_EQ, a, chance(m, 50) ? any_constant(m) : b); break;
    case 4: r = emit(m, chance(m, 50) ? ZY_HIR_LT : ZY_HIR_LE, some(m, ZY_TYPE_NUMBER), some(m, ZY_TYPE_int)); break;
    case 5:
      a = some(m, ZY_TYPE_num);
      r = emit(m, (ZyHirOp)(ZY_HIR_EQ_NUM + below(m, 3)), a, some(m, ZY_TYPE_num));
      break;
    default:
      a = some(m, ZY_TYPE_int);
      r = emit(m, (ZyHirOp)(ZY_HIR_EQ_INT + below(m, 4)), a, some(m, ZY_TYPE_int));
      break;
  }
  return chance(m, 20) ? emit(m, ZY_HIR_NOT_COND, r, 0) : r;
}


/* ---- instructions --------------------------------------------------------------------- */

static ZyType arith_type(ZyArith op) {
  if (op == ZY_ARITH_DIV || op == ZY_ARITH_POW) return ZY_TYPE_num;
  return (op >= ZY_ARITH_BAND && op <= ZY_ARITH_SHR) || op == ZY_ARITH_BNOT ? ZY_TYPE_int : ZY_TYPE_NUMBER;
}

static void arith(Maker *m) {
  ZyArith op = (ZyArith)below(m, ZY_ARITH_BNOT + 1);
  ZyRef a = pick_like(m, ZY_TYPE_NUMBER), b = pick_like(m, ZY_TYPE_NUMBER), r;
  if (chance(m, 5)) a = pick(m);
  if (chance(m, 40)) a = some(m, chance(m, 70) ? ZY_TYPE_int : ZY_TYPE_num);
  else if (chance(m, 50)) a = guarded(m, a, ZY_TYPE_NUMBER);
  if (chance(m, 30)) b = some(m, ZY_TYPE_int);
  else if (chance(m, 30)) b = any_constant(m);
  if (arith_type(op) == ZY_TYPE_int && chance(m, 80)) a = b = some(m, ZY_TYPE_int);
  if (op == ZY_ARITH_UNM || op == ZY_ARITH_BNOT) b = a;
  r = typed(m, emit_imm(m, ZY_HIR_ARITH, a, b, op), arith_type(op));
  set_likely(m, r, (likely(m, a) | likely(m, b)) == ZY_TYPE_int ? ZY_TYPE_int : ZY_TYPE_num);
  assign(m, r);
}

static void int_op(Maker *m) {
  ZyHirOp op = (ZyHirOp)(ZY_HIR_ADD_INT + below(m, ZY_HIR_SHR_INT - ZY_HIR_ADD_INT + 1));
  ZyRef a = some(m, ZY_TYPE_int), b = zy_hir_nops(op) == 2 ? some(m, ZY_TYPE_int) : 0;
  if (op == ZY_HIR_IDIV_INT || op == ZY_HIR_MOD_INT) {
    if (chance(m, 40)) b = number(m, 1 + below(m, 4));
    else guard(m, emit(m, ZY_HIR_NOT_COND, emit(m, ZY_HIR_EQ_INT, b, number(m, 0)), 0));
  }
  assign(m, emit(m, op, a, b));
}

static void num_op(Maker *m) {
  ZyHirOp op = (ZyHirOp)(ZY_HIR_ADD_NUM + below(m, ZY_HIR_ABS_NUM - ZY_HIR_ADD_NUM + 1));
  ZyRef a = some(m, ZY_TYPE_num), b = zy_hir_nops(op) == 2 ? some(m, ZY_TYPE_num) : 0;
  assign(m, emit(m, op, a, b));
}

static void convert(Maker *m) {
  switch (below(m, 4)) {
    case 0: assign(m, emit(m, ZY_HIR_INT_TO_NUM, some(m, ZY_TYPE_int), 0)); break;
    case 1: assign(m, emit(m, ZY_HIR_NUM_TO_INT, some(m, ZY_TYPE_num), 0)); break;
    case 2: assign(m, emit(m, ZY_HIR_TRUNC_INT, emit(m, ZY_HIR_FLOOR_NUM, some(m, ZY_TYPE_num), 0), 0)); break;
    default: assign(m, typed(m, emit(m, ZY_HIR_BOOL, condition(m), 0), ZY_TYPE_BOOL)); break;
  }
}

/* A table of which the array is accessed: it, and the address of an element that is there. */
static ZyRef element(Maker *m, ZyRef t) {
  ZyRef i = some(m, ZY_TYPE_int), limit;
  if (i != m->index && chance(m, 60)) i = emit(m, ZY_HIR_AND_INT, i, number(m, 3));
  if (chance(m, 40)) i = emit(m, ZY_HIR_ADD_INT, i, number(m, (int64_t)below(m, 4) - 1));
  if (chance(m, 50)) emit(m, ZY_HIR_GUARD_NOMETA, t, 0);
  limit = emit(m, ZY_HIR_ARRAY_LIMIT, t, 0);
  guard(m, emit(m, ZY_HIR_LTU_INT, emit(m, ZY_HIR_SUB_INT, i, number(m, 1)), limit));
  return emit(m, ZY_HIR_ELEM, emit(m, ZY_HIR_ARRAY_BASE, t, 0), i);
}

static ZyRef slot(Maker *m, ZyRef t) {
  return chance(m, 60) ? element(m, t) : emit_imm(m, ZY_HIR_FIELD_SLOT, t, 0, below(m, 3));
}

static void load(Maker *m) {
  ZyRef t = some(m, ZY_TYPE_table), v;
  if (chance(m, 20)) v = emit_imm(m, ZY_HIR_FIELD_FIND, t, 0, below(m, 3));
  else v = emit(m, ZY_HIR_LOAD_VAL, slot(m, t), 0);
  set_likely(m, v, ZY_TYPE_int);
  if (chance(m, 60)) v = guarded(m, v, chance(m, 95) ? ZY_TYPE_int : chance(m, 50) ? ZY_TYPE_num : ZY_TYPE_table);
  assign(m, v);
}

static void store(Maker *m) {
  ZyRef t = some(m, ZY_TYPE_table), v = chance(m, 80) ? some(m, ZY_TYPE_int) : pick(m), p;
  if (chance(m, 20)) {
    guard(m, emit_imm(m, ZY_HIR_FIELD_PUT, t, v, below(m, 3)));
    return;
  }
  p = slot(m, t);
  emit(m, ZY_HIR_STORE_VAL, p, v);
  emit(m, ZY_HIR_BARRIER, t, v);
}

static void generic_table(Maker *m) {
  ZyRef t = chance(m, 90) ? some(m, ZY_TYPE_table) : pick(m), v = pick(m), k = some(m, ZY_TYPE_int), r;
  switch (below(m, 5)) {
    case 0: assign(m, emit_imm(m, ZY_HIR_TABLE_GET, t, k, RESULT_REG)); break;
    case 1:
      r = emit(m, ZY_HIR_TABLE_SET, t, k);
      node(m, r)->ops[2] = v;
      break;
    case 2: assign(m, emit_imm(m, ZY_HIR_FIELD_GET, t, 0, RESULT_REG | (int64_t)below(m, 3) << 8)); break;
    case 3: emit_imm(m, ZY_HIR_FIELD_SET, t, v, below(m, 3)); break;
    case 4: assign(m, emit_imm(m, ZY_HIR_LEN, t, 0, RESULT_REG)); break;
  }
}

static void argument(Maker *m, uint16_t reg, ZyRef v) {
  Extra e = { m->pc, reg, v };
  zy_vec_push(m->h->arena, &m->extras, e);
}

static void call(Maker *m) {
  ZyRef f = pick(m);
  uint16_t nargs = (uint16_t)below(m, 3), nresults = (uint16_t)below(m, 3);
  argument(m, CALL_REG, f);
  for (uint16_t i = 0; i < nargs; i++) argument(m, CALL_REG + 1 + i, pick(m));
  emit_imm(m, ZY_HIR_CALL, f, 0, CALL_REG | (nargs + 1) << 8 | (nresults + 1) << 16);
  for (uint16_t i = 0; i < nresults; i++) {
    ZyRef v = emit_imm(m, ZY_HIR_LOAD_REG, 0, 0, CALL_REG + i);
    set_likely(m, v, i == 0 ? ZY_TYPE_int : ZY_TYPE_nil);
    assign(m, v);
  }
}

static void memory(Maker *m) {
  int64_t reg = ZY_FUZZ_CAPTURED + below(m, 3), upvalue = below(m, 3);
  switch (below(m, 4)) {
    case 0: assign(m, emit_imm(m, ZY_HIR_UPVAL_GET, 0, 0, upvalue)); break;
    case 1: emit_imm(m, ZY_HIR_UPVAL_SET, pick(m), 0, upvalue); break;
    case 2: assign(m, emit_imm(m, ZY_HIR_LOAD_REG, 0, 0, reg)); break;
    case 3: emit_imm(m, ZY_HIR_STORE_REG, pick(m), 0, reg); break;
  }
}

/* A variable of another function: of what calls of it were seen to have, as in code that is inlined. */
static void variable_of(Maker *m) {
  ZyRef f = some(m, ZY_TYPE_luafn);
  int64_t upvalue = below(m, 3);
  emit_imm(m, ZY_HIR_GUARD_PROTO, f, 0, below(m, 2));
  if (chance(m, 30)) emit_imm(m, ZY_HIR_UPVAL_SET_OF, pick(m), f, upvalue);
  if (chance(m, 50)) assign(m, emit_imm(m, ZY_HIR_UPVAL_OF, f, 0, upvalue));
}

static void identity(Maker *m) {
  switch (chance(m, 3) ? below(m, 3) : 3 + below(m, 2)) {
    case 0: variable_of(m); break;
    case 1: emit_imm(m, ZY_HIR_GUARD_LIB, chance(m, 30) ? emit_imm(m, ZY_HIR_LIB, 0, 0, below(m, 2)) : pick(m), 0, below(m, 2)); break;
    case 2: assign(m, emit(m, ZY_HIR_LEN_STR, some(m, ZY_TYPE_str), 0)); break;
    case 3: assign(m, emit_imm(m, ZY_HIR_MATH_NUM, some(m, ZY_TYPE_num), 0, ZY_LIB_MATH_SQRT)); break;
    case 4:
      assign(m, emit_imm(m, ZY_HIR_NEW_TABLE, 0, 0, RESULT_REG | (int64_t)below(m, 4) << 8 | (int64_t)3 << 32));
      break;
  }
}

static void instruction(Maker *m) {
  m->pc++;
  switch (below(m, 18)) {
    case 0: assign(m, any_constant(m)); break;
    case 1: case 2: case 3: arith(m); break;
    case 4: case 5: int_op(m); break;
    case 6: num_op(m); break;
    case 7: if (chance(m, 50)) convert(m); break;
    case 8: case 9: case 10: load(m); break;
    case 11: case 12: store(m); break;
    case 13: if (chance(m, 60)) generic_table(m); break;
    case 14: if (chance(m, 50)) call(m); break;
    case 15: memory(m); break;
    case 16: identity(m); break;
    case 17:
      if (chance(m, 85)) emit(m, ZY_HIR_POLL, 0, 0);
      else guard(m, condition(m));
      break;
  }
}


/* ---- control ------------------------------------------------------------------------------ */

static uint32_t new_block(Maker *m) { return zy_hir_new_block(m->h, m->pc + 1); }

static ZyRef param(Maker *m, uint32_t block, ZyType type) {
  ZyRef r = zy_hir_new_node(m->h, ZY_HIR_PARAM, 0, 0);
  node(m, r)->imm = m->h->blocks.v[block].nparams++;
  node(m, r)->type = (uint16_t)type;
  node(m, r)->pc = m->pc + 1;
  zy_hir_append(m->h, block, r);
  m->nvalues++;
  return r;
}

/* A block with a PARAM for each variable. */
static uint32_t join(Maker *m) {
  uint32_t block = new_block(m);
  for (int i = 0; i < VARS; i++) {
    ZyRef r = param(m, block, ZY_TYPE_ANY);
    if (m->var[i] != 0) set_likely(m, r, likely(m, m->var[i]));
  }
  return block;
}

/* Goes on in a block made by 'join'. */
static void enter(Maker *m, uint32_t block) {
  ZyRef r = m->h->blocks.v[block].first;
  m->block = block;
  for (int i = 0; i < VARS; i++, r = node(m, r)->next) m->var[i] = r;
}

static void pass(Maker *m, ZyRef v) {
  zy_vec_push(m->h->arena, &m->h->blocks.v[m->block].succ[0].args, v);
}

/* Ends the block with a JUMP that passes the variables, and more when 'a' and 'b' are not 0. */
static void jump(Maker *m, uint32_t to, ZyRef a, ZyRef b) {
  m->pc++;
  emit(m, ZY_HIR_JUMP, 0, 0);
  zy_hir_link(m->h, m->block, 0, to);
  for (int i = 0; i < VARS; i++) pass(m, m->var[i]);
  if (a != 0) pass(m, a);
  if (b != 0) pass(m, b);
  m->block = 0;
}

/* Ends the block with a BRANCH to two new blocks. */
static void branch(Maker *m, ZyRef cond, uint32_t to[2]) {
  emit(m, ZY_HIR_BRANCH, cond, 0);
  for (int s = 0; s < 2; s++) {
    to[s] = new_block(m);
    zy_hir_link(m->h, m->block, s, to[s]);
  }
  m->block = 0;
}

static void statements(Maker *m);

static void if_else(Maker *m) {
  uint32_t to[2], after = join(m);
  ZyRef saved[VARS];
  m->pc++;
  branch(m, condition(m), to);
  memcpy(saved, m->var, sizeof saved);
  for (int s = 0; s < 2; s++) {
    memcpy(m->var, saved, sizeof saved);
    m->block = to[s];
    if (s == 0 || chance(m, 50)) statements(m);
    if (m->block != 0) jump(m, after, 0, 0);
  }
  if (m->h->blocks.v[after].preds.n == 0) return;
  enter(m, after);
}

/* break, continue, an early return */
static void leave(Maker *m) {
  uint32_t to[2];
  ZyRef saved[VARS];
  if (m->targets == NULL) return;
  m->pc++;
  branch(m, condition(m), to);
  memcpy(saved, m->var, sizeof saved);
  m->block = to[0];
  if (chance(m, 30)) instruction(m);
  jump(m, chance(m, 50) && m->targets->outer != NULL ? m->targets->outer->block : m->targets->block, 0, 0);
  memcpy(m->var, saved, sizeof saved);
  m->block = to[1];
}

/* An integer from 0 to 3 that is the number of rounds after the first. */
static ZyRef rounds(Maker *m) {
  if (chance(m, 50)) return number(m, below(m, 4));
  return emit(m, ZY_HIR_AND_INT, some(m, ZY_TYPE_int), number(m, 3));
}

/* Passes the variables, the index and the counter to the loop's header, perhaps on two ways. */
static void enter_loop(Maker *m, uint32_t header, ZyRef first, ZyRef count) {
  if (chance(m, 25)) {
    uint32_t to[2];
    ZyRef saved[VARS];
    m->pc++;
    branch(m, condition(m), to);
    memcpy(saved, m->var, sizeof saved);
    m->block = to[0];
    instruction(m);
    jump(m, header, first, count);
    memcpy(m->var, saved, sizeof saved);
    m->block = to[1];
  }
  jump(m, header, first, count);
}

/* The test at the end of a round: goes on in the block where another one begins. */
static void test_counter(Maker *m, ZyRef *count, uint32_t after) {
  uint32_t to[2];
  m->pc++;
  *count = guarded(m, *count, ZY_TYPE_int);
  branch(m, emit(m, ZY_HIR_EQ_INT, *count, number(m, 0)), to);
  m->block = to[0];
  jump(m, after, 0, 0);
  m->block = to[1];
}

static void count_on(Maker *m, ZyRef *index, ZyRef *count, ZyRef step) {
  m->pc++;
  *index = emit(m, ZY_HIR_ADD_INT, *index, step);
  *count = emit(m, ZY_HIR_SUB_INT, *count, number(m, 1));
}

static void loop(Maker *m) {
  uint32_t header = join(m), after = join(m), next = join(m);
  Target breaks = { after, m->targets }, continues = { next, &breaks };
  ZyRef first, count, step, outer = m->index;
  ZyType type = chance(m, 50) ? ZY_TYPE_ANY : ZY_TYPE_int;
  int test_first = chance(m, 40);
  ZyRef index = param(m, header, type), counter = param(m, header, type);
  set_likely(m, index, ZY_TYPE_int);
  set_likely(m, counter, ZY_TYPE_int);
  m->pc++;
  count = rounds(m);
  first = chance(m, 60) ? number(m, 1) : chance(m, 50) ? number(m, below(m, 5)) : some(m, ZY_TYPE_int);
  step = chance(m, 60) ? number(m, 1) : chance(m, 50) ? number(m, (int64_t)below(m, 4) - 2)
                                      : emit(m, ZY_HIR_AND_INT, some(m, ZY_TYPE_int), number(m, 3));
  m->header[header] = 1;
  enter_loop(m, header, first, count);
  enter(m, header);
  m->targets = &continues;
  if (test_first) {                          /* what the loop does is done one time less */
    test_counter(m, &counter, after);
    m->pc++;
    index = guarded(m, index, ZY_TYPE_int);
    count_on(m, &index, &counter, step);
  }
  m->index = index;
  statements(m);
  if (m->block != 0) jump(m, next, 0, 0);
  m->targets = breaks.outer;
  m->index = outer;
  if (m->h->blocks.v[next].preds.n > 0) {
    enter(m, next);
    if (!test_first) {
      test_counter(m, &counter, after);
      m->pc++;
      index = guarded(m, index, ZY_TYPE_int);
      count_on(m, &index, &counter, step);
    }
    jump(m, header, index, counter);
  }
  if (m->h->blocks.v[after].preds.n > 0) enter(m, after);
}

static void statements(Maker *m) {
  m->depth++;
  for (uint32_t n = 1 + below(m, 5); n > 0 && m->block != 0; n--) {
    int small = m->nvalues < MAX_VALUES / 2 && m->depth < MAX_DEPTH;
    if (m->nvalues > MAX_VALUES - 40) break;
    if (small && chance(m, 25)) loop(m);
    else if (small && chance(m, 20)) if_else(m);
    else if (chance(m, 8)) leave(m);
    else instruction(m);
  }
  m->depth--;
}

static void do_return(Maker *m) {
  ZyFrameState state = { 0, m->h->regs.n, 3, 0 };
  ZyRef r;
  m->pc++;
  r = emit_imm(m, ZY_HIR_RETURN, 0, 0, (int64_t)state.count << 8);
  for (uint16_t i = 0; i < state.count; i++) {
    ZyStateReg reg = { i, m->var[i] };
    zy_vec_push(m->h->arena, &m->h->regs, reg);
  }
  zy_vec_push(m->h->arena, &m->h->states, state);
  node(m, r)->state = m->h->states.n - 1;
}


/* ---- states ------------------------------------------------------------------------------------ */

/* The register for a value: values are numbered as they were made. */
static uint16_t register_of(ZyRef v, const ZyRef *value) {
  uint16_t reg = 0;
  while (value[reg] != v) reg++;
  return reg;
}

/* 0: there are too many. */
static int number_values(Maker *m, ZyRef *value) {
  uint16_t reg = 0;
  memset(value, 0, 256 * sizeof *value);
  for (ZyRef r = 1; r < m->h->nodes.n; r++) {
    if ((type_of(m, r) & ZY_TYPE_ANY) == 0 || node(m, r)->block == 0) continue;
    if (reg == ZY_FUZZ_CAPTURED) return 0;
    value[reg++] = r;
  }
  return 1;
}

static void use(Maker *m, uint8_t *live, ZyRef r) {
  if (type_of(m, r) & ZY_TYPE_ANY) live[r] = 1;
}

/* Makes what is alive after 'r' what is alive before it. */
static void go_back(Maker *m, uint8_t *live, ZyRef r) {
  const ZyHirNode *n = node(m, r);
  live[r] = 0;
  for (int o = 0; o < 3; o++)
    if (n->ops[o] != 0) use(m, live, n->ops[o]);
  if (n->op == ZY_HIR_CALL)
    for (uint32_t e = 0; e < m->extras.n; e++)
      if (m->extras.v[e].pc == n->pc) use(m, live, m->extras.v[e].value);
  if (n->op == ZY_HIR_RETURN)
    for (uint32_t i = 0; i < 3; i++) use(m, live, m->h->regs.v[m->h->states.v[n->state].first + i].value);
}

/* What is alive at the end of 'b', given what is at the starts of blocks. */
static void at_end(Maker *m, uint32_t b, uint8_t **start, uint8_t *live) {
  memset(live, 0, m->h->nodes.n);
  for (int s = 0; s < 2; s++) {
    const ZyEdge *edge = &m->h->blocks.v[b].succ[s];
    ZyRef p;
    if (edge->block == 0) continue;
    for (ZyRef r = 1; r < m->h->nodes.n; r++)
      if (start[edge->block][r] && node(m, r)->block != edge->block) live[r] = 1;
    p = m->h->blocks.v[edge->block].first;
    for (uint32_t a = 0; a < edge->args.n; a++, p = node(m, p)->next) use(m, live, edge->args.v[a]);
  }
}

static uint32_t make_state(Maker *m, int32_t pc, const uint8_t *live, const ZyRef *value) {
  ZyFrameState state = { pc, m->h->regs.n, 0, 0 };
  for (ZyRef r = 1; r < m->h->nodes.n; r++)
    if (live[r]) {
      ZyStateReg reg = { register_of(r, value), r };
      zy_vec_push(m->h->arena, &m->h->regs, reg);
      state.count++;
    }
  for (uint32_t e = 0; e < m->extras.n; e++)
    if (m->extras.v[e].pc == pc) {
      ZyStateReg reg = { m->extras.v[e].reg, m->extras.v[e].value };
      zy_vec_push(m->h->arena, &m->h->regs, reg);
      state.count++;
    }
  zy_vec_push(m->h->arena, &m->h->states, state);
  return m->h->states.n - 1;
}

/* The state for what is hoisted in front of a loop: PARAMs of the header hold what is passed. */
static void add_entry_state(Maker *m, uint32_t b, const uint8_t *at_header, const ZyRef *value) {
  ZyHir *h = m->h;
  const ZyEdge *edge = &h->blocks.v[b].succ[0];
  ZyRef first = h->blocks.v[edge->block].first;
  ZyFrameState state = { 0, h->regs.n, 0, 0 };
  while (node(m, first)->op == ZY_HIR_PARAM) first = node(m, first)->next;
  state.pc = node(m, first)->pc;
  for (ZyRef r = 1; r < h->nodes.n; r++) {
    ZyStateReg reg = { 0, r };
    if (!at_header[r]) continue;
    reg.reg = register_of(r, value);
    if (node(m, r)->block == edge->block) reg.value = edge->args.v[node(m, r)->imm];
    zy_vec_push(h->arena, &h->regs, reg);
    state.count++;
  }
  zy_vec_push(h->arena, &h->states, state);
  node(m, h->blocks.v[b].last)->state = h->states.n - 1;
}

static void add_states(Maker *m, const ZyRef *value) {
  ZyHir *h = m->h;
  uint8_t **start = ZY_NEWN(h->arena, uint8_t *, h->blocks.n), *live = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  int changed;
  for (uint32_t b = 1; b < h->blocks.n; b++) start[b] = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  do {
    changed = 0;
    for (uint32_t b = h->blocks.n - 1; b > 0; b--) {
      at_end(m, b, start, live);
      for (ZyRef r = h->blocks.v[b].last; r != 0 && node(m, r)->op != ZY_HIR_PARAM; r = node(m, r)->prev)
        go_back(m, live, r);
      if (memcmp(start[b], live, h->nodes.n) == 0) continue;
      memcpy(start[b], live, h->nodes.n);
      changed = 1;
    }
  } while (changed);
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    at_end(m, b, start, live);
    for (ZyRef r = h->blocks.v[b].last, first; r != 0 && node(m, r)->op != ZY_HIR_PARAM; r = node(m, first)->prev) {
      int32_t pc = node(m, r)->pc;
      uint32_t state = 0;
      for (first = r;; first = node(m, first)->prev) {
        go_back(m, live, first);
        if (node(m, first)->prev == 0 || node(m, node(m, first)->prev)->op == ZY_HIR_PARAM
            || node(m, node(m, first)->prev)->pc != pc) break;
      }
      for (ZyRef x = first;; x = node(m, x)->next) {
        if (zy_hir_exits((ZyHirOp)node(m, x)->op) && node(m, x)->op != ZY_HIR_RETURN) {
          if (state == 0) state = make_state(m, pc, live, value);
          node(m, x)->state = state;
        }
        if (x == r) break;
      }
    }
    if (h->blocks.v[b].last != 0 && node(m, h->blocks.v[b].last)->op == ZY_HIR_JUMP
        && m->header[h->blocks.v[b].succ[0].block])
      add_entry_state(m, b, start[h->blocks.v[b].succ[0].block], value);
  }
}

/* Blocks that turned out not to be reached are taken out again. */
static void drop_unreached(Maker *m) {
  for (uint32_t b = 2; b < m->h->blocks.n; b++) {
    if (m->h->blocks.v[b].preds.n > 0) continue;
    while (m->h->blocks.v[b].last != 0) zy_hir_remove(m->h, m->h->blocks.v[b].last);
    m->h->blocks.v[b].nparams = 0;
  }
}

ZyHir *zy_fuzz_make(ZyArena *arena, uint64_t *random, ZyRef *value) {
  for (;;) {
    Maker m = { .random = random };
    m.h = zy_hir_new(arena, NULL);
    m.h->nregs = 256;
    m.header = ZY_NEWN(arena, uint8_t, 4096);
    enter(&m, join(&m));
    for (int i = 0; i < VARS; i++) set_likely(&m, m.var[i], i < 2 ? ZY_TYPE_table : i < 4 ? ZY_TYPE_int : ZY_TYPE_num);
    while (m.nvalues < 40 || (m.nvalues < MAX_VALUES - 40 && chance(&m, 60))) statements(&m);
    do_return(&m);
    drop_unreached(&m);
    if (!number_values(&m, value)) continue;
    add_states(&m, value);
    return m.h;
  }
}
