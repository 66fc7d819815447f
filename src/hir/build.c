/*
** build.c - bytecode -> HIR.
** SPDX-License-Identifier: MIT
**
** SSA is made in one pass over the bytecode (Braun et al., "Simple and Efficient Construction of Static Single
** Assignment Form", 2013): a register read in a block that does not define it becomes a block parameter when
** the block has several predecessors. Speculation happens here and only here: where feedback has seen one
** kind of value or table access, a guard is inserted and the fast form used; passes then only derive.
**
** Requires a unit with well-formed bytecode. Runs on a worker.
*/
#include "hir/build.h"

#include <string.h>

#include "hir/build_table.h"
#include "hir/flow.h"
#include "lir/native.h"
#include "vm/bytecode.h"

#define MAX_NODES 60000

static ZyRef read_var(ZyBuild *b, uint32_t block, int reg);


/* ---- nodes ------------------------------------------------------------- */

ZyRef zy_build_node(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c) {
  ZyRef r;
  if (b->h->nodes.n > MAX_NODES) zy_arena_fail(b->h->arena, ZY_STATUS_TOO_LARGE);
  r = zy_hir_new_node(b->h, op, a, c);
  b->h->nodes.v[r].pc = b->pc;
  zy_hir_append(b->h, b->block, r);
  return r;
}

ZyRef zy_build_imm(ZyBuild *b, ZyHirOp op, ZyRef a, int64_t imm) {
  ZyRef r = zy_build_node(b, op, a, 0);
  b->h->nodes.v[r].imm = imm;
  return r;
}

ZyRef zy_build_exiting(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c, int64_t imm, uint32_t state) {
  ZyRef r = zy_build_node(b, op, a, c);
  b->h->nodes.v[r].imm = imm;
  b->h->nodes.v[r].state = state;
  return r;
}

ZyRef zy_build_int(ZyBuild *b, int64_t i) {
  ZyRef r = zy_build_imm(b, ZY_HIR_CONST, 0, i);
  b->h->nodes.v[r].type = ZY_TYPE_int;
  return r;
}

static ZyRef constant_num(ZyBuild *b, double n) {
  ZyRef r = zy_build_node(b, ZY_HIR_CONST, 0, 0);
  b->h->nodes.v[r].num = n;
  b->h->nodes.v[r].type = ZY_TYPE_num;
  return r;
}

static ZyRef constant_simple(ZyBuild *b, ZyType type) {
  ZyRef r = zy_build_node(b, ZY_HIR_CONST, 0, 0);
  b->h->nodes.v[r].type = (uint16_t)type;
  return r;
}

/* Constant number 'k' of the function. */
ZyRef zy_build_constant(ZyBuild *b, int k) {
  const ZyConst *c = &b->unit->k[k];
  switch (c->tag) {
    case ZY_TAG_INT: return zy_build_int(b, c->i);
    case ZY_TAG_NUM: return constant_num(b, c->n);
    case ZY_TAG_STR: case ZY_TAG_LONG_STR: {
      ZyRef r = zy_build_imm(b, ZY_HIR_KCONST, 0, k);
      b->h->nodes.v[r].type = c->tag == ZY_TAG_STR ? ZY_TYPE_str : ZY_TYPE_lstr;
      return r;
    }
    case ZY_TAG_TRUE: return constant_simple(b, ZY_TYPE_true);
    case ZY_TAG_FALSE: return constant_simple(b, ZY_TYPE_false);
  }
  return constant_simple(b, ZY_TYPE_nil);
}

static void set_type(ZyBuild *b, ZyRef r, ZyType type) { b->h->nodes.v[r].type = (uint16_t)type; }

ZyType zy_build_type(const ZyBuild *b, ZyRef r) { return b->h->nodes.v[r].type; }


/* ---- registers --------------------------------------------------------- */

static void write_var(ZyBuild *b, uint32_t block, int reg, ZyRef value) {
  b->vars.v[block].defs[reg] = value;
}

static ZyRef entry_value(ZyBuild *b, int reg) {
  uint32_t saved_block = b->block;
  int saved_pc = b->pc;
  ZyRef r, last = b->h->blocks.v[1].last;
  const ZyUnit *u = b->unit;
  ZyType seen = u->entry_types != NULL ? u->entry_types[reg] : 0;
  int parameter = u->entry < 0 && reg < u->numparams;
  b->block = 1;
  b->pc = b->entry_pc;
  /* the terminator may be there already: what is added goes before it */
  r = zy_hir_new_node(b->h, ZY_HIR_LOAD_REG, 0, 0);
  b->h->nodes.v[r].imm = reg;
  b->h->nodes.v[r].pc = b->entry_pc;
  if (b->entry_closed) zy_hir_insert_before(b->h, last, r);
  else zy_hir_append(b->h, 1, r);
  if (u->profile && parameter) {
    ZyRef rec = zy_hir_new_node(b->h, ZY_HIR_RECORD, r, 0);
    b->h->nodes.v[rec].imm = u->ncode + reg;
    b->h->nodes.v[rec].pc = b->entry_pc;
    zy_hir_insert_after(b->h, r, rec);
  }
  if (parameter && u->cells != NULL) seen |= u->cells[u->ncode + reg].type;
  if ((u->tier == 2 || u->entry >= 0) && zy_build_worth_guard(seen)
      && !(u->avoid != NULL && (u->avoid[b->entry_pc] & ZY_AVOID_TYPE))) {
    ZyRef g = zy_hir_new_node(b->h, ZY_HIR_GUARD_TYPE, r, 0);
    b->h->nodes.v[g].type = (uint16_t)seen;
    b->h->nodes.v[g].state = b->entry_state;
    b->h->nodes.v[g].pc = b->entry_pc;
    zy_hir_insert_after(b->h, r, g);
    r = g;
  }
  write_var(b, 1, reg, r);
  b->block = saved_block;
  b->pc = saved_pc;
  return r;
}

static ZyRef add_param(ZyBuild *b, uint32_t block, int reg) {
  ZyBlock *bl = &b->h->blocks.v[block];
  ZyRef r = zy_hir_new_node(b->h, ZY_HIR_PARAM, 0, 0), at = bl->first;
  bl = &b->h->blocks.v[block];
  b->h->nodes.v[r].imm = bl->nparams;
  b->h->nodes.v[r].type = ZY_TYPE_ANY;
  b->h->nodes.v[r].pc = bl->pc;
  if (at == 0) zy_hir_append(b->h, block, r);
  else {
    uint32_t i;                              /* behind the parameters that are there */
    for (i = 1; i < bl->nparams && b->h->nodes.v[at].next != 0; i++) at = b->h->nodes.v[at].next;
    if (bl->nparams == 0) zy_hir_insert_before(b->h, at, r);
    else zy_hir_insert_after(b->h, at, r);
  }
  b->h->blocks.v[block].nparams++;
  write_var(b, block, reg, r);
  return r;
}

static void fill_param(ZyBuild *b, uint32_t block, int reg) {
  for (uint32_t i = 0; i < b->h->blocks.v[block].preds.n; i++) {
    uint32_t pred = b->h->blocks.v[block].preds.v[i];
    ZyRef value;
    int done = 0;
    for (uint32_t j = 0; j < i; j++) done |= b->h->blocks.v[block].preds.v[j] == pred;
    if (done) continue;
    value = read_var(b, pred, reg);
    for (int s = 0; s < 2; s++) {
      ZyEdge *edge = &b->h->blocks.v[pred].succ[s];
      if (edge->block == block) zy_vec_push(b->h->arena, &edge->args, value);
    }
  }
}

static ZyRef read_var(ZyBuild *b, uint32_t block, int reg) {
  ZyRef r = b->vars.v[block].defs[reg];
  ZyBlock *bl = &b->h->blocks.v[block];
  if (r != 0) return r;
  if (block == 1) return entry_value(b, reg);
  if (!b->vars.v[block].sealed) {
    r = add_param(b, block, reg);
    zy_vec_push(b->h->arena, &b->vars.v[block].incomplete, (uint16_t)reg);
    return r;
  }
  if (bl->preds.n == 1) {
    r = read_var(b, bl->preds.v[0], reg);
    write_var(b, block, reg, r);
    return r;
  }
  r = add_param(b, block, reg);
  fill_param(b, block, reg);
  return r;
}

/* All predecessors of 'block' have been translated. */
static void seal(ZyBuild *b, uint32_t block) {
  ZyVars *vars = &b->vars.v[block];
  if (vars->sealed) return;
  vars->sealed = 1;
  for (uint32_t i = 0; i < b->vars.v[block].incomplete.n; i++) fill_param(b, block, b->vars.v[block].incomplete.v[i]);
}

ZyRef zy_build_read(ZyBuild *b, int reg) {
  if (zy_unit_captured(b->unit, reg)) return zy_build_imm(b, ZY_HIR_LOAD_REG, 0, reg);
  return read_var(b, b->block, reg);
}

void zy_build_write(ZyBuild *b, int reg, ZyRef value) {
  b->state_pc = -1;
  if (zy_unit_captured(b->unit, reg)) zy_build_imm(b, ZY_HIR_STORE_REG, value, reg);
  else write_var(b, b->block, reg, value);
}


/* ---- frame states ------------------------------------------------------ */

static uint32_t make_state(ZyBuild *b, int pc, int limit) {
  ZyFrameState state = { pc, 0, 0, 0 };
  int max = b->unit->maxstack < limit ? b->unit->maxstack : limit;
  uint32_t n = 0;
  ZyStateReg regs[256];
  for (int r = 0; r < max; r++) {
    if (zy_unit_captured(b->unit, r)) continue;
    if (!zy_flow_has(&b->flow.live[pc], r) && r >= b->unit->nactive[pc]) continue;
    regs[n].reg = (uint16_t)r;
    regs[n++].value = read_var(b, b->block, r);
  }
  state.first = b->h->regs.n;
  state.count = n;
  for (uint32_t i = 0; i < n; i++) zy_vec_push(b->h->arena, &b->h->regs, regs[i]);
  zy_vec_push(b->h->arena, &b->h->states, state);
  return b->h->states.n - 1;
}

uint32_t zy_build_state(ZyBuild *b, int pc) {
  if (b->state_pc != pc || b->state_block != b->block) {
    b->state = make_state(b, pc, b->open_from);
    b->state_pc = pc;
    b->state_block = b->block;
  }
  return b->state;
}


/* ---- guards ------------------------------------------------------------ */

/* A guard pays when it leaves one representation, or rules out what costs most. */
int zy_build_worth_guard(ZyType seen) {
  return seen != 0 && ((seen & (seen - 1)) == 0 || seen == ZY_TYPE_BOOL || seen == (ZY_TYPE_table | ZY_TYPE_nil));
}

ZyRef zy_build_guard_type(ZyBuild *b, ZyRef v, ZyType type, uint32_t state) {
  ZyType old = zy_build_type(b, v);
  ZyRef r;
  if ((old & ~type) == 0) return v;
  r = zy_build_exiting(b, ZY_HIR_GUARD_TYPE, v, 0, 0, state);
  set_type(b, r, type & old ? type & old : type);
  return r;
}

int zy_build_avoids(const ZyBuild *b, int pc, int what) {
  return b->unit->avoid != NULL && (b->unit->avoid[pc] & what) != 0;
}

/* A value that came from memory at the current pc: noted, or guarded to be as before. */
ZyRef zy_build_result(ZyBuild *b, ZyRef v, uint32_t state) {
  ZyType seen;
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD, v, b->pc);
  if (!b->speculate || zy_build_avoids(b, b->pc, ZY_AVOID_TYPE)) return v;
  seen = b->unit->cells[b->pc].type;
  return zy_build_worth_guard(seen) ? zy_build_guard_type(b, v, seen, state) : v;
}


/* ---- blocks and jumps -------------------------------------------------- */

static uint32_t new_block(ZyBuild *b, int pc) {
  uint32_t block = zy_hir_new_block(b->h, pc);
  while (b->vars.n <= block) {
    ZyVars vars = { 0 };
    vars.defs = ZY_NEWN(b->h->arena, ZyRef, b->h->nregs);
    zy_vec_push(b->h->arena, &b->vars, vars);
  }
  return block;
}

void zy_build_exit(ZyBuild *b, int pc, int reason) {
  zy_build_exiting(b, ZY_HIR_EXIT, 0, 0, reason, zy_build_state(b, pc));
  b->ended = 1;
}

/* The block at 'pc', or 0 when it is outside of what is translated. */
static uint32_t block_at(ZyBuild *b, int pc) {
  if (pc < b->first || pc > b->last) return 0;
  if (b->block_of[pc] == 0) {
    b->block_of[pc] = new_block(b, pc);
    zy_vec_push(b->h->arena, &b->todo, pc);
  }
  return b->block_of[pc];
}

static void jump_to(ZyBuild *b, int pc) {
  uint32_t target = block_at(b, pc);
  ZyRef r;
  if (target == 0) {
    zy_build_exit(b, pc, ZY_EXIT_LOOP);
    return;
  }
  r = zy_build_node(b, ZY_HIR_JUMP, 0, 0);
  if (b->headers[pc]) {
    uint32_t state = zy_build_state(b, pc);
    b->h->nodes.v[r].state = state;
  }
  zy_hir_link(b->h, b->block, 0, target);
  b->ended = 1;
}

/* A block of its own on the way to 'pc', so that branch targets have no parameters to pass. */
static uint32_t edge_block(ZyBuild *b, int pc) { return new_block(b, pc); }

/* Ends the block: to 'yes' when 'cond' holds, else to 'no'. */
static void branch_to(ZyBuild *b, ZyRef cond, int yes, int no) {
  uint32_t from = b->block, to[2];
  zy_build_node(b, ZY_HIR_BRANCH, cond, 0);
  to[0] = edge_block(b, yes);
  to[1] = edge_block(b, no);
  for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
  for (int s = 0; s < 2; s++) {
    seal(b, to[s]);
    b->block = to[s];
    b->state_pc = -1;
    jump_to(b, s == 0 ? yes : no);
  }
}

/* Before a back edge: counts, looks for hooks. */
static void back_edge(ZyBuild *b) {
  uint32_t state = zy_build_state(b, b->pc);
  if (b->unit->profile) zy_build_exiting(b, ZY_HIR_TICK, 0, 0, 0, state);
  zy_build_exiting(b, ZY_HIR_POLL, 0, 0, 0, state);
}


/* ---- arithmetic and comparison ------------------------------------------- */

static void arith(ZyBuild *b, int op, int dest, ZyRef x, ZyRef y) {
  ZyType tx, ty, type;
  ZyRef r;
  if (b->speculate && !zy_build_avoids(b, b->pc, ZY_AVOID_TYPE)) {   /* feedback holds the operands' types */
    ZyType seen = b->unit->cells[b->pc].type;
    if (seen == ZY_TYPE_int || seen == ZY_TYPE_num) {
      uint32_t state = zy_build_state(b, b->pc);
      if (zy_build_type(b, x) & ~(ZyType)ZY_TYPE_NUMBER) x = zy_build_guard_type(b, x, seen, state);
      if (zy_build_type(b, y) & ~(ZyType)ZY_TYPE_NUMBER) y = zy_build_guard_type(b, y, seen, state);
    }
  }
  if (b->unit->profile) {
    if ((zy_build_type(b, x) & (zy_build_type(b, x) - 1)) != 0) zy_build_imm(b, ZY_HIR_RECORD, x, b->pc);
    if (x != y && (zy_build_type(b, y) & (zy_build_type(b, y) - 1)) != 0) zy_build_imm(b, ZY_HIR_RECORD, y, b->pc);
  }
  tx = zy_build_type(b, x);
  ty = zy_build_type(b, y);
  type = ZY_TYPE_NUMBER;
  if (op == ZY_ARITH_DIV || op == ZY_ARITH_POW) type = ZY_TYPE_num;
  else if ((op >= ZY_ARITH_BAND && op <= ZY_ARITH_SHR) || op == ZY_ARITH_BNOT) type = ZY_TYPE_int;
  else if (tx == ZY_TYPE_int && ty == ZY_TYPE_int) type = ZY_TYPE_int;
  else if (tx == ZY_TYPE_num || ty == ZY_TYPE_num) type = ZY_TYPE_num;
  r = zy_build_exiting(b, ZY_HIR_ARITH, x, y, op, zy_build_state(b, b->pc));
  set_type(b, r, type);
  zy_build_write(b, dest, r);
}

static void compare(ZyBuild *b, ZyHirOp op, ZyRef x, ZyRef y) {
  ZyInstruction i = b->unit->code[b->pc];
  int target = b->pc + 2 + ZY_SJ(b->unit->code[b->pc + 1]), next = b->pc + 2, k = ZY_K(i);
  ZyRef cond = zy_build_exiting(b, op, x, y, 0, zy_build_state(b, b->pc));
  if (target <= b->pc) {                     /* repeat ... until: the jump is a back edge */
    b->back_target = target;
  }
  branch_to(b, cond, k ? target : next, k ? next : target);
}

/* Comparisons of register and immediate fix the register's type by feedback, as arithmetic does. */
static ZyRef operand(ZyBuild *b, ZyRef v) {
  if (b->unit->profile && (zy_build_type(b, v) & (zy_build_type(b, v) - 1)) != 0)
    zy_build_imm(b, ZY_HIR_RECORD, v, b->pc);
  if (b->speculate && !zy_build_avoids(b, b->pc, ZY_AVOID_TYPE)) {
    ZyType seen = b->unit->cells[b->pc].type;
    if (zy_build_worth_guard(seen) && (zy_build_type(b, v) & ~(ZyType)ZY_TYPE_NUMBER))
      return zy_build_guard_type(b, v, seen, zy_build_state(b, b->pc));
  }
  return v;
}

static void truth_test(ZyBuild *b, ZyInstruction i) {
  int target = b->pc + 2 + ZY_SJ(b->unit->code[b->pc + 1]), next = b->pc + 2, k = ZY_K(i);
  if (ZY_OP(i) == ZY_BC_TEST) {
    ZyRef cond = zy_build_node(b, ZY_HIR_TRUTHY, zy_build_read(b, ZY_A(i)), 0);
    branch_to(b, cond, k ? target : next, k ? next : target);
  }
  else {                                     /* TESTSET assigns on the way to the jump */
    ZyRef v = zy_build_read(b, ZY_B(i)), cond = zy_build_node(b, ZY_HIR_TRUTHY, v, 0);
    uint32_t from = b->block, to[2];
    zy_build_node(b, ZY_HIR_BRANCH, cond, 0);
    to[0] = edge_block(b, b->pc);
    to[1] = edge_block(b, b->pc);
    for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
    for (int s = 0; s < 2; s++) {
      seal(b, to[s]);
      b->block = to[s];
      b->state_pc = -1;
      if (s == !k) zy_build_write(b, ZY_A(i), v);
      jump_to(b, s == !k ? target : next);
    }
  }
}


/* ---- loops ------------------------------------------------------------- */

/* The step of the loop whose FORLOOP is at 'pc', when the bytecode fixes it: 0 if not. */
static int64_t constant_step(const ZyBuild *b, int prep) {
  ZyInstruction i = b->unit->code[prep - 1];
  if (prep > 0 && ZY_OP(i) == ZY_BC_LOADI && ZY_A(i) == ZY_A(b->unit->code[prep]) + 2) return ZY_SBX(i);
  return 0;
}

static ZyRef to_num(ZyBuild *b, ZyRef v) {
  return zy_build_type(b, v) == ZY_TYPE_num ? v : zy_build_node(b, ZY_HIR_INT_TO_NUM, v, 0);
}

static void for_prep(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), body = b->pc + 1, after = b->pc + 2 + ZY_BX(i);
  uint32_t state = zy_build_state(b, b->pc);
  ZyRef init = zy_build_read(b, a), limit = zy_build_read(b, a + 1), step = zy_build_read(b, a + 2), skip;
  int64_t by = constant_step(b, b->pc);
  ZyType seen = b->unit->cells != NULL ? b->unit->cells[b->pc].type : 0;
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD, init, b->pc);
  if (zy_build_avoids(b, b->pc, ZY_AVOID_TYPE) && (zy_build_type(b, init) & ~(ZyType)ZY_TYPE_NUMBER)) {
    zy_build_exit(b, b->pc, ZY_EXIT_SLOW);
    return;
  }
  if (zy_build_type(b, init) != ZY_TYPE_num && zy_build_type(b, init) != ZY_TYPE_int)
    init = zy_build_guard_type(b, init, seen == ZY_TYPE_num ? ZY_TYPE_num : ZY_TYPE_int, state);
  if (zy_build_type(b, step) != ZY_TYPE_num && zy_build_type(b, step) != ZY_TYPE_int)
    step = zy_build_guard_type(b, step, zy_build_type(b, init), state);
  if (zy_build_type(b, limit) != ZY_TYPE_num && zy_build_type(b, limit) != ZY_TYPE_int)
    limit = zy_build_guard_type(b, limit, zy_build_type(b, init), state);
  if (zy_build_type(b, init) == ZY_TYPE_int && zy_build_type(b, step) == ZY_TYPE_int) {
    ZyRef count, zero;
    if (by == 0) {                           /* only upward loops when the step is not known */
      ZyRef cond = zy_build_node(b, ZY_HIR_LT_INT, zy_build_int(b, 0), step);
      zy_build_exiting(b, ZY_HIR_GUARD, cond, 0, 0, state);
    }
    if (zy_build_type(b, limit) == ZY_TYPE_num) {      /* as luaV_flttointns clips it */
      limit = zy_build_node(b, by < 0 ? ZY_HIR_CEIL_NUM : ZY_HIR_FLOOR_NUM, limit, 0);
      limit = zy_build_exiting(b, ZY_HIR_TRUNC_INT, limit, 0, 0, state);
    }
    skip = by < 0 ? zy_build_node(b, ZY_HIR_LT_INT, init, limit) : zy_build_node(b, ZY_HIR_LT_INT, limit, init);
    {
      uint32_t from = b->block, to[2];
      zy_build_node(b, ZY_HIR_BRANCH, skip, 0);
      to[0] = edge_block(b, after);
      to[1] = edge_block(b, body);
      for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
      seal(b, to[0]);
      seal(b, to[1]);
      b->block = to[0];
      b->state_pc = -1;
      jump_to(b, after);
      b->block = to[1];
      b->state_pc = -1;
    }
    state = zy_build_state(b, b->pc);
    count = by < 0 ? zy_build_node(b, ZY_HIR_SUB_INT, init, limit) : zy_build_node(b, ZY_HIR_SUB_INT, limit, init);
    if (by != 1 && by != -1) {               /* the interpreter divides unsigned */
      zero = zy_build_int(b, 0);
      zy_build_exiting(b, ZY_HIR_GUARD, zy_build_node(b, ZY_HIR_LE_INT, zero, count), 0, 0, state);
      count = zy_build_node(b, ZY_HIR_IDIV_INT, count, by < 0 ? zy_build_int(b, -by) : step);
    }
    zy_build_write(b, a, init);
    zy_build_write(b, a + 1, count);
    zy_build_write(b, a + 3, init);
    jump_to(b, body);
  }
  else {
    ZyRef zero;
    init = to_num(b, init);
    limit = to_num(b, limit);
    step = to_num(b, step);
    if (by == 0) {
      zero = constant_num(b, 0);
      zy_build_exiting(b, ZY_HIR_GUARD, zy_build_node(b, ZY_HIR_LT_NUM, zero, step), 0, 0, state);
    }
    skip = by < 0 ? zy_build_node(b, ZY_HIR_LT_NUM, init, limit) : zy_build_node(b, ZY_HIR_LT_NUM, limit, init);
    zy_build_write(b, a, init);
    zy_build_write(b, a + 1, limit);
    zy_build_write(b, a + 2, step);
    zy_build_write(b, a + 3, init);
    branch_to(b, skip, after, body);
  }
}

static void for_loop(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), body = b->pc + 1 - ZY_BX(i), prep = body - 1;
  int64_t by;
  ZyRef index, count, step;
  uint32_t state = zy_build_state(b, b->pc), from, to[2];
  back_edge(b);
  by = prep >= 0 && ZY_OP(b->unit->code[prep]) == ZY_BC_FORPREP ? constant_step(b, prep) : 0;
  index = zy_build_read(b, a);
  count = zy_build_read(b, a + 1);
  step = zy_build_read(b, a + 2);
  if (b->unit->entry >= 0 && b->unit->entry_types != NULL && zy_build_type(b, index) == ZY_TYPE_ANY
      && b->unit->entry == b->pc && b->unit->entry_types[a] == ZY_TYPE_num) index = zy_build_guard_type(b, index, ZY_TYPE_num, state);
  if (b->float_loop[b->pc]) {
    ZyRef limit = zy_build_guard_type(b, count, ZY_TYPE_num, state), next, cond;
    index = zy_build_guard_type(b, index, ZY_TYPE_num, state);
    step = zy_build_guard_type(b, step, ZY_TYPE_num, state);
    if (by == 0) {
      ZyRef zero = constant_num(b, 0);
      zy_build_exiting(b, ZY_HIR_GUARD, zy_build_node(b, ZY_HIR_LT_NUM, zero, step), 0, 0, state);
    }
    next = zy_build_node(b, ZY_HIR_ADD_NUM, index, step);
    cond = by < 0 ? zy_build_node(b, ZY_HIR_LE_NUM, limit, next) : zy_build_node(b, ZY_HIR_LE_NUM, next, limit);
    from = b->block;
    zy_build_node(b, ZY_HIR_BRANCH, cond, 0);
    to[0] = edge_block(b, body);
    to[1] = edge_block(b, b->pc + 1);
    for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
    seal(b, to[0]);
    seal(b, to[1]);
    b->block = to[1];
    b->state_pc = -1;
    jump_to(b, b->pc + 1);
    b->block = to[0];
    b->state_pc = -1;
    zy_build_write(b, a, next);
    zy_build_write(b, a + 3, next);
    jump_to(b, body);
    return;
  }
  index = zy_build_guard_type(b, index, ZY_TYPE_int, state);
  count = zy_build_guard_type(b, count, ZY_TYPE_int, state);
  step = zy_build_guard_type(b, step, ZY_TYPE_int, state);
  {
    ZyRef zero = zy_build_int(b, 0), done = zy_build_node(b, ZY_HIR_EQ_INT, count, zero), next;
    if (by != 0) {                           /* the bytecode fixes it; only a debugger could change it */
      ZyRef fixed = zy_build_int(b, by);
      zy_build_exiting(b, ZY_HIR_GUARD, zy_build_node(b, ZY_HIR_EQ_INT, step, fixed), 0, 0, state);
      step = fixed;
    }
    from = b->block;
    zy_build_node(b, ZY_HIR_BRANCH, done, 0);
    to[0] = edge_block(b, b->pc + 1);
    to[1] = edge_block(b, body);
    for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
    seal(b, to[0]);
    seal(b, to[1]);
    b->block = to[0];
    b->state_pc = -1;
    jump_to(b, b->pc + 1);
    b->block = to[1];
    b->state_pc = -1;
    next = zy_build_node(b, ZY_HIR_ADD_INT, index, step);
    zy_build_write(b, a + 1, zy_build_node(b, ZY_HIR_SUB_INT, count, zy_build_int(b, 1)));
    zy_build_write(b, a, next);
    zy_build_write(b, a + 3, next);
    jump_to(b, body);
  }
}

/* TFORLOOP: goes on while the first result is not nil. */
static void tfor_loop(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), body = b->pc + 1 - ZY_BX(i);
  uint32_t from, to[2];
  ZyRef v, done;
  back_edge(b);
  v = zy_build_read(b, a + 4);
  done = zy_build_imm(b, ZY_HIR_IS_TYPE, v, ZY_TYPE_nil);
  from = b->block;
  zy_build_node(b, ZY_HIR_BRANCH, done, 0);
  to[0] = edge_block(b, b->pc + 1);
  to[1] = edge_block(b, body);
  for (int s = 0; s < 2; s++) zy_hir_link(b->h, from, s, to[s]);
  seal(b, to[0]);
  seal(b, to[1]);
  b->block = to[0];
  b->state_pc = -1;
  jump_to(b, b->pc + 1);
  b->block = to[1];
  b->state_pc = -1;
  zy_build_write(b, a + 2, v);
  jump_to(b, body);
}


/* ---- calls ------------------------------------------------------------- */

/* The library function that feedback says is called here, or -1. */
static int seen_library(const ZyBuild *b) {
  const ZyCell *cell;
  if (!b->speculate || zy_build_avoids(b, b->pc, ZY_AVOID_CALL)) return -1;
  cell = &b->unit->cells[b->pc];
  if (cell->calls != 1 || !(cell->callee & ZY_CALLEE_LIB)) return -1;
  return (int)(cell->callee & ~ZY_CALLEE_LIB);
}

/* Translates a call of a known library function in place; 0 when it is an ordinary call. */
static int library_call(ZyBuild *b, int a, int nargs, int nresults) {
  int lib = seen_library(b);
  ZyRef f, x, r;
  uint32_t state;
  if (lib < 0 || nargs != 1 || nresults != 1) return 0;
  x = zy_build_read(b, a + 1);
  if (zy_build_type(b, x) != ZY_TYPE_num && !(zy_build_type(b, x) == ZY_TYPE_int && lib != ZY_LIB_MATH_ABS)) {
    ZyType seen = b->unit->cells[b->pc].type;
    if (zy_build_type(b, x) == ZY_TYPE_int || !(zy_build_type(b, x) & ZY_TYPE_NUMBER)) return 0;
    (void)seen;
  }
  f = zy_build_read(b, a);
  state = zy_build_state(b, b->pc);
  if (lib > ZY_LIB_MATH_EXP || lib == ZY_LIB_MATH_MAX || lib == ZY_LIB_MATH_MIN) return 0;
  zy_build_exiting(b, ZY_HIR_GUARD_LIB, f, 0, lib, state);
  if (zy_build_type(b, x) == ZY_TYPE_int && (lib == ZY_LIB_MATH_FLOOR || lib == ZY_LIB_MATH_CEIL)) r = x;
  else {
    if (zy_build_type(b, x) == ZY_TYPE_int) x = zy_build_node(b, ZY_HIR_INT_TO_NUM, x, 0);
    x = zy_build_guard_type(b, x, ZY_TYPE_num, state);
    if (lib == ZY_LIB_MATH_FLOOR || lib == ZY_LIB_MATH_CEIL) {
      r = zy_build_node(b, lib == ZY_LIB_MATH_FLOOR ? ZY_HIR_FLOOR_NUM : ZY_HIR_CEIL_NUM, x, 0);
      r = zy_build_exiting(b, ZY_HIR_TRUNC_INT, r, 0, 0, state);
    }
    else if (lib == ZY_LIB_MATH_SQRT) r = zy_build_node(b, ZY_HIR_SQRT_NUM, x, 0);
    else if (lib == ZY_LIB_MATH_ABS) r = zy_build_node(b, ZY_HIR_ABS_NUM, x, 0);
    else r = zy_build_imm(b, ZY_HIR_MATH_NUM, x, lib);
  }
  zy_build_write(b, a, r);
  return 1;
}

static void call(ZyBuild *b, int a, int nargs, int nresults) {
  ZyRef f;
  uint32_t state;
  int64_t imm = a | (int64_t)(nargs + 1) << 8 | (int64_t)(nresults + 1) << 16;
  if (nargs >= 0 && library_call(b, a, nargs, nresults)) return;
  f = zy_build_read(b, a);
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD_CALL, f, b->pc);
  state = zy_build_state(b, b->pc);
  {
    int known = -1;
    if (b->speculate && nargs >= 0 && !zy_build_avoids(b, b->pc, ZY_AVOID_CALL)) {
      const ZyCell *cell = &b->unit->cells[b->pc];
      if (cell->calls == 1 && !(cell->callee & ZY_CALLEE_LIB))
        for (int c = 0; c < b->unit->ncallees; c++)
          if (b->unit->callees[c].id == cell->callee && !b->unit->callees[c].is_vararg) known = c;
    }
    if (known >= 0) {
      f = zy_build_guard_type(b, f, ZY_TYPE_luafn, state);
      zy_build_exiting(b, ZY_HIR_GUARD_PROTO, f, 0, known, state);
      zy_build_exiting(b, ZY_HIR_CALL_LUA, f, 0, imm | (int64_t)known << 32, state);
    }
    else zy_build_exiting(b, ZY_HIR_CALL, f, 0, imm, state);
  }
  b->state_pc = -1;
  if (nresults < 0) b->open_from = a;
  else {
    b->open_from = 256;
    for (int r = 0; r < nresults; r++) {
      ZyRef v;
      if (zy_unit_captured(b->unit, a + r)) continue;
      v = zy_build_imm(b, ZY_HIR_LOAD_REG, 0, a + r);
      zy_build_write(b, a + r, v);
    }
    if (nresults > 0 && !zy_unit_captured(b->unit, a)) {
      ZyRef v = zy_build_read(b, a);
      zy_build_write(b, a, zy_build_result(b, v, b->speculate ? zy_build_state(b, b->pc + 1) : 0));
    }
  }
}

/* What follows a call or vararg with an open number of values must be something that can take them. */
static int open_consumer(const ZyBuild *b) {
  ZyBc next = b->pc + 1 < b->unit->ncode ? ZY_OP(b->unit->code[b->pc + 1]) : ZY_BC_COUNT;
  return b->pc + 1 <= b->last && (next == ZY_BC_CALL || next == ZY_BC_RETURN || next == ZY_BC_SETLIST);
}

static void do_return(ZyBuild *b, int reg, int n, int close) {
  uint32_t state = zy_build_state(b, b->pc);
  if (close) {
    zy_build_exiting(b, ZY_HIR_CLOSE, 0, 0, 0, state);
    b->state_pc = -1;
    state = zy_build_state(b, b->pc);
  }
  zy_build_exiting(b, ZY_HIR_RETURN, 0, 0, (int64_t)n * 256 + reg, state);
  b->ended = 1;
}


/* ---- instructions ------------------------------------------------------ */

static ZyRef rk(ZyBuild *b, ZyInstruction i) {
  return ZY_K(i) ? zy_build_constant(b, ZY_C(i)) : zy_build_read(b, ZY_C(i));
}

/* Operands of arithmetic with an immediate or constant: Lua writes the operator's MMBIN next. */
static void arith_with(ZyBuild *b, ZyInstruction i, int op, ZyRef y, int flip) {
  ZyRef x = zy_build_read(b, ZY_B(i));
  arith(b, op, ZY_A(i), flip ? y : x, flip ? x : y);
}

static void instruction(ZyBuild *b) {
  ZyInstruction i = b->unit->code[b->pc];
  int a = ZY_A(i), pc = b->pc;
  ZyRef v;
  switch (ZY_OP(i)) {
    case ZY_BC_MOVE: zy_build_write(b, a, zy_build_read(b, ZY_B(i))); break;
    case ZY_BC_LOADI: zy_build_write(b, a, zy_build_int(b, ZY_SBX(i))); break;
    case ZY_BC_LOADF: zy_build_write(b, a, constant_num(b, ZY_SBX(i))); break;
    case ZY_BC_LOADK: zy_build_write(b, a, zy_build_constant(b, ZY_BX(i))); break;
    case ZY_BC_LOADKX: zy_build_write(b, a, zy_build_constant(b, ZY_AX(b->unit->code[pc + 1]))); break;
    case ZY_BC_LOADFALSE: case ZY_BC_LFALSESKIP: zy_build_write(b, a, constant_simple(b, ZY_TYPE_false)); break;
    case ZY_BC_LOADTRUE: zy_build_write(b, a, constant_simple(b, ZY_TYPE_true)); break;
    case ZY_BC_LOADNIL:
      v = constant_simple(b, ZY_TYPE_nil);
      for (int r = a; r <= a + ZY_B(i); r++) zy_build_write(b, r, v);
      break;
    case ZY_BC_GETUPVAL:
      v = zy_build_imm(b, ZY_HIR_UPVAL_GET, 0, ZY_B(i));
      zy_build_write(b, a, zy_build_result(b, v, zy_build_state(b, pc)));
      break;
    case ZY_BC_SETUPVAL: zy_build_imm(b, ZY_HIR_UPVAL_SET, zy_build_read(b, a), ZY_B(i)); break;
    case ZY_BC_GETTABUP:
      zy_build_field_get(b, zy_build_imm(b, ZY_HIR_UPVAL_GET, 0, ZY_B(i)), ZY_C(i), a);
      break;
    case ZY_BC_GETTABLE: zy_build_get(b, zy_build_read(b, ZY_B(i)), zy_build_read(b, ZY_C(i)), a); break;
    case ZY_BC_GETI: zy_build_get(b, zy_build_read(b, ZY_B(i)), zy_build_int(b, ZY_C(i)), a); break;
    case ZY_BC_GETFIELD: zy_build_field_get(b, zy_build_read(b, ZY_B(i)), ZY_C(i), a); break;
    case ZY_BC_SETTABUP: {
      ZyRef env = zy_build_imm(b, ZY_HIR_UPVAL_GET, 0, a);
      zy_build_field_set(b, env, ZY_B(i), rk(b, i));
      break;
    }
    case ZY_BC_SETTABLE: zy_build_set(b, zy_build_read(b, a), zy_build_read(b, ZY_B(i)), rk(b, i)); break;
    case ZY_BC_SETI: zy_build_set(b, zy_build_read(b, a), zy_build_int(b, ZY_B(i)), rk(b, i)); break;
    case ZY_BC_SETFIELD: zy_build_field_set(b, zy_build_read(b, a), ZY_B(i), rk(b, i)); break;
    case ZY_BC_NEWTABLE: {
      int64_t hash = ZY_B(i) > 0 ? (int64_t)1 << (ZY_B(i) - 1) : 0;
      int64_t array = ZY_C(i) + (ZY_K(i) ? (int64_t)ZY_AX(b->unit->code[pc + 1]) * 256 : 0);
      if (array > 0xffffff || hash > 0xffffff) zy_build_exit(b, pc, ZY_EXIT_SLOW);
      else {
        v = zy_build_exiting(b, ZY_HIR_NEW_TABLE, 0, 0, a | array << 8 | hash << 32, zy_build_state(b, pc));
        zy_build_write(b, a, v);
      }
      break;
    }
    case ZY_BC_SELF:
      v = zy_build_read(b, ZY_B(i));
      if (ZY_K(i)) zy_build_self(b, v, ZY_C(i), a);
      else zy_build_exit(b, pc, ZY_EXIT_SLOW);
      break;
    case ZY_BC_ADDI: arith_with(b, i, ZY_ARITH_ADD, zy_build_int(b, ZY_SC(i)), 0); break;
    case ZY_BC_ADDK: arith_with(b, i, ZY_ARITH_ADD, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_SUBK: arith_with(b, i, ZY_ARITH_SUB, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_MULK: arith_with(b, i, ZY_ARITH_MUL, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_MODK: arith_with(b, i, ZY_ARITH_MOD, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_POWK: arith_with(b, i, ZY_ARITH_POW, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_DIVK: arith_with(b, i, ZY_ARITH_DIV, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_IDIVK: arith_with(b, i, ZY_ARITH_IDIV, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_BANDK: arith_with(b, i, ZY_ARITH_BAND, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_BORK: arith_with(b, i, ZY_ARITH_BOR, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_BXORK: arith_with(b, i, ZY_ARITH_BXOR, zy_build_constant(b, ZY_C(i)), 0); break;
    case ZY_BC_SHRI: arith_with(b, i, ZY_ARITH_SHR, zy_build_int(b, ZY_SC(i)), 0); break;
    case ZY_BC_SHLI: arith_with(b, i, ZY_ARITH_SHL, zy_build_int(b, ZY_SC(i)), 1); break;
    case ZY_BC_ADD: arith_with(b, i, ZY_ARITH_ADD, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_SUB: arith_with(b, i, ZY_ARITH_SUB, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_MUL: arith_with(b, i, ZY_ARITH_MUL, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_MOD: arith_with(b, i, ZY_ARITH_MOD, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_POW: arith_with(b, i, ZY_ARITH_POW, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_DIV: arith_with(b, i, ZY_ARITH_DIV, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_IDIV: arith_with(b, i, ZY_ARITH_IDIV, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_BAND: arith_with(b, i, ZY_ARITH_BAND, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_BOR: arith_with(b, i, ZY_ARITH_BOR, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_BXOR: arith_with(b, i, ZY_ARITH_BXOR, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_SHL: arith_with(b, i, ZY_ARITH_SHL, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_SHR: arith_with(b, i, ZY_ARITH_SHR, zy_build_read(b, ZY_C(i)), 0); break;
    case ZY_BC_UNM: case ZY_BC_BNOT:
      v = zy_build_read(b, ZY_B(i));
      arith(b, ZY_OP(i) == ZY_BC_UNM ? ZY_ARITH_UNM : ZY_ARITH_BNOT, a, v, v);
      break;
    case ZY_BC_NOT: {
      ZyRef cond = zy_build_node(b, ZY_HIR_NOT_COND, zy_build_node(b, ZY_HIR_TRUTHY, zy_build_read(b, ZY_B(i)), 0), 0);
      v = zy_build_node(b, ZY_HIR_BOOL, cond, 0);
      set_type(b, v, ZY_TYPE_BOOL);
      zy_build_write(b, a, v);
      break;
    }
    case ZY_BC_LEN:
      v = zy_build_read(b, ZY_B(i));
      if ((zy_build_type(b, v) & ~(ZyType)ZY_TYPE_STRING) == 0) v = zy_build_node(b, ZY_HIR_LEN_STR, v, 0);
      else {
        v = zy_build_exiting(b, ZY_HIR_LEN, v, 0, a, zy_build_state(b, pc));
        zy_build_write(b, a, v);
        v = zy_build_result(b, v, b->speculate ? zy_build_state(b, pc + 1) : 0);
      }
      zy_build_write(b, a, v);
      break;
    case ZY_BC_CONCAT:
      v = zy_build_exiting(b, ZY_HIR_CONCAT, 0, 0, a | (int64_t)ZY_B(i) << 8, zy_build_state(b, pc));
      zy_build_write(b, a, v);
      break;
    case ZY_BC_CLOSE:
      zy_build_exiting(b, ZY_HIR_CLOSE, 0, 0, a, zy_build_state(b, pc));
      b->state_pc = -1;
      break;
    case ZY_BC_TBC: case ZY_BC_TAILCALL: zy_build_exit(b, pc, ZY_EXIT_SLOW); break;
    case ZY_BC_JMP:
      if (ZY_SJ(i) < 0) back_edge(b);
      jump_to(b, pc + 1 + ZY_SJ(i));
      break;
    case ZY_BC_EQ: compare(b, ZY_HIR_EQ, zy_build_read(b, a), zy_build_read(b, ZY_B(i))); break;
    case ZY_BC_LT: {
      ZyRef x = operand(b, zy_build_read(b, a)), y = operand(b, zy_build_read(b, ZY_B(i)));
      compare(b, ZY_HIR_LT, x, y);
      break;
    }
    case ZY_BC_LE: {
      ZyRef x = operand(b, zy_build_read(b, a)), y = operand(b, zy_build_read(b, ZY_B(i)));
      compare(b, ZY_HIR_LE, x, y);
      break;
    }
    case ZY_BC_EQK: compare(b, ZY_HIR_EQ, zy_build_read(b, a), zy_build_constant(b, ZY_B(i))); break;
    case ZY_BC_EQI: compare(b, ZY_HIR_EQ, operand(b, zy_build_read(b, a)), zy_build_int(b, ZY_SB(i))); break;
    case ZY_BC_LTI: compare(b, ZY_HIR_LT, operand(b, zy_build_read(b, a)), zy_build_int(b, ZY_SB(i))); break;
    case ZY_BC_LEI: compare(b, ZY_HIR_LE, operand(b, zy_build_read(b, a)), zy_build_int(b, ZY_SB(i))); break;
    case ZY_BC_GTI: v = operand(b, zy_build_read(b, a)); compare(b, ZY_HIR_LT, zy_build_int(b, ZY_SB(i)), v); break;
    case ZY_BC_GEI: v = operand(b, zy_build_read(b, a)); compare(b, ZY_HIR_LE, zy_build_int(b, ZY_SB(i)), v); break;
    case ZY_BC_TEST: case ZY_BC_TESTSET: truth_test(b, i); break;
    case ZY_BC_CALL:
      if (ZY_C(i) == 0 && !open_consumer(b)) zy_build_exit(b, pc, ZY_EXIT_SLOW);
      else call(b, a, ZY_B(i) - 1, ZY_C(i) - 1);
      break;
    case ZY_BC_RETURN: do_return(b, a, ZY_B(i) - 1, ZY_K(i)); break;
    case ZY_BC_RETURN0: do_return(b, a, 0, 0); break;
    case ZY_BC_RETURN1: do_return(b, a, 1, 0); break;
    case ZY_BC_FORLOOP: for_loop(b, i); break;
    case ZY_BC_FORPREP: for_prep(b, i); break;
    case ZY_BC_TFORPREP: {
      ZyRef none = zy_build_imm(b, ZY_HIR_IS_TYPE, zy_build_read(b, a + 3), ZY_TYPE_nil | ZY_TYPE_false);
      zy_build_exiting(b, ZY_HIR_GUARD, none, 0, 0, zy_build_state(b, pc));
      jump_to(b, pc + 1 + ZY_BX(i));
      break;
    }
    case ZY_BC_TFORCALL:
      for (int r = 0; r < 3; r++) zy_build_write(b, a + 4 + r, zy_build_read(b, a + r));
      zy_build_iterate(b, a, ZY_C(i));
      break;
    case ZY_BC_TFORLOOP: tfor_loop(b, i); break;
    case ZY_BC_SETLIST:
      zy_build_exiting(b, ZY_HIR_SET_LIST, 0, 0, 0, zy_build_state(b, pc));
      b->state_pc = -1;
      b->open_from = 256;
      break;
    case ZY_BC_CLOSURE:
      v = zy_build_exiting(b, ZY_HIR_CLOSURE, 0, 0, a | (int64_t)ZY_BX(i) << 8, zy_build_state(b, pc));
      set_type(b, v, ZY_TYPE_luafn);
      zy_build_write(b, a, v);
      break;
    case ZY_BC_VARARG:
      if (ZY_C(i) == 0 && !open_consumer(b)) zy_build_exit(b, pc, ZY_EXIT_SLOW);
      else {
        zy_build_exiting(b, ZY_HIR_VARARG, 0, 0, a | (int64_t)ZY_C(i) << 8, zy_build_state(b, pc));
        b->state_pc = -1;
        if (ZY_C(i) == 0) b->open_from = a;
        for (int r = a; r < a + ZY_C(i) - 1; r++)
          if (!zy_unit_captured(b->unit, r)) zy_build_write(b, r, zy_build_imm(b, ZY_HIR_LOAD_REG, 0, r));
      }
      break;
    case ZY_BC_VARARGPREP: case ZY_BC_EXTRAARG: break;
    case ZY_BC_MMBIN: case ZY_BC_MMBINI: case ZY_BC_MMBINK: case ZY_BC_COUNT:
      zy_build_exit(b, pc, ZY_EXIT_SLOW);    /* reached only after an operator that did not succeed */
      break;
  }
}

void zy_build_iterate(ZyBuild *b, int a, int nresults) {
  call(b, a + 4, 2, nresults);
}


/* ---- the whole -------------------------------------------------------- */

/* Translates the block that starts at 'pc'. */
static void translate_block(ZyBuild *b, int pc) {
  int succ[2];
  b->block = b->block_of[pc];
  b->ended = 0;
  b->state_pc = -1;
  b->open_from = 256;
  if (b->unit->count_blocks) {
    b->pc = pc;
    zy_build_imm(b, ZY_HIR_COUNT, 0, pc);
  }
  while (!b->ended) {
    b->pc = pc;
    instruction(b);
    if (b->h->blocks.v[b->block].last != 0) {
      ZyHirOp op = (ZyHirOp)b->h->nodes.v[b->h->blocks.v[b->block].last].op;
      if (zy_hir_effect(op) & ZY_EFFECT_CONTROL) break;
    }
    zy_flow_successors(b->unit, pc, succ);
    pc = succ[0];
    if (pc > b->last || b->flow.leader[pc] || b->block_of[pc] != 0) {
      b->state_pc = -1;
      jump_to(b, pc);
    }
  }
}

/* Marks instructions where a loop may be entered from outside, and loops over floats. */
static void find_loops(ZyBuild *b) {
  const ZyUnit *u = b->unit;
  for (int pc = b->first; pc <= b->last; pc++) {
    int target;
    if (!zy_bytecode_back_edge(u->code[pc], pc, &target)) continue;
    b->headers[target] = 1;
    if (ZY_OP(u->code[pc]) == ZY_BC_TFORLOOP) b->headers[pc - 1] = 1;
    if (ZY_OP(u->code[pc]) == ZY_BC_FORLOOP && target > 0) {
      if (u->cells != NULL && u->cells[target - 1].type == ZY_TYPE_num) b->float_loop[pc] = 1;
      if (u->entry == pc && u->entry_types != NULL && u->entry_types[ZY_A(u->code[pc])] == ZY_TYPE_num)
        b->float_loop[pc] = 1;
    }
  }
}

/* Predecessors are complete for blocks whose every predecessor block is translated; a block with a
** predecessor still to come (a loop header) is sealed at the end. */
static void translate_all(ZyBuild *b) {
  for (uint32_t i = 0; i < b->todo.n; i++) {
    /* lowest pc first: predecessors by forward jumps are done before their target */
    uint32_t best = i;
    int pc;
    for (uint32_t j = i + 1; j < b->todo.n; j++)
      if (b->todo.v[j] < b->todo.v[best]) best = j;
    pc = b->todo.v[best];
    b->todo.v[best] = b->todo.v[i];
    b->todo.v[i] = pc;
    if (!b->headers[pc] && !b->late[pc]) seal(b, b->block_of[pc]);
    translate_block(b, pc);
  }
  for (uint32_t i = 0; i < b->todo.n; i++) seal(b, b->block_of[b->todo.v[i]]);
}

ZyHir *zy_build_hir(ZyArena *arena, const ZyUnit *unit) {
  ZyBuild *b = ZY_NEW(arena, ZyBuild);
  int n = unit->ncode, start;
  b->unit = unit;
  b->h = zy_hir_new(arena, unit);
  b->h->nregs = unit->maxstack;
  b->flow = zy_flow_analyse(unit, arena);
  b->block_of = ZY_NEWN(arena, uint32_t, n + 1);
  b->headers = ZY_NEWN(arena, uint8_t, n + 1);
  b->late = ZY_NEWN(arena, uint8_t, n + 1);
  b->float_loop = ZY_NEWN(arena, uint8_t, n + 1);
  b->speculate = unit->tier == 2 && unit->cells != NULL;
  b->open_from = 256;
  b->state_pc = -1;
  if (unit->entry < 0) {
    b->first = unit->head + 1;
    b->last = n - 1;
    start = unit->head + 1;
  }
  else {
    int target;
    if (!zy_bytecode_back_edge(unit->code[unit->entry], unit->entry, &target)) zy_arena_fail(arena, ZY_STATUS_INVALID);
    b->first = target;
    b->last = unit->entry;
    start = unit->entry;
  }
  b->entry_pc = start;
  find_loops(b);
  b->headers[start] |= unit->entry >= 0;
  /* a backward jump that is not the latch of a loop (goto) makes its target late, too */
  for (int pc = b->first; pc <= b->last; pc++) {
    int succ[2], count = zy_flow_successors(unit, pc, succ);
    for (int s = 0; s < count; s++)
      if (succ[s] <= pc && succ[s] >= b->first) b->late[succ[s]] = 1;
  }
  while (b->vars.n < 1) {
    ZyVars none = { 0 };
    zy_vec_push(arena, &b->vars, none);
  }
  b->block = new_block(b, start);
  seal(b, 1);
  b->pc = start;
  {                                          /* at the entry memory is as the state says: it names nothing */
    ZyFrameState entry = { start, b->h->regs.n, 0, 0 };
    zy_vec_push(arena, &b->h->states, entry);
    b->entry_state = b->h->states.n - 1;
  }
  if (unit->profile && unit->entry < 0) {
    for (int r = 0; r < unit->numparams; r++)
      if (!zy_unit_captured(unit, r)) read_var(b, 1, r);
    zy_build_exiting(b, ZY_HIR_TICK, 0, 0, 0, b->entry_state);
  }
  {
    uint32_t target = block_at(b, start);
    ZyRef r = zy_build_node(b, ZY_HIR_JUMP, 0, 0);
    b->h->nodes.v[r].state = b->entry_state;
    zy_hir_link(b->h, 1, 0, target);
    b->entry_closed = 1;
  }
  translate_all(b);
  return b->h;
}
