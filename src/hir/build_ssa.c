/*
** build_ssa.c - reads and writes of registers -> values; blocks, guards and frame states.
** SPDX-License-Identifier: MIT
**
** SSA is made in one pass over the bytecode (Braun et al., "Simple and Efficient Construction of Static Single
** Assignment Form", 2013): a register read in a block that does not define it becomes a block parameter when the
** block has several predecessors that do not agree. A block with predecessors still to come gets a parameter for
** every register that may be needed, filled in when it is sealed.
**
** The recursion of that search is as long as the way to the definition. Each block therefore reads what is live at
** its start, so that the way is short; what is longer than MAX_DEPTH is no code that a compiler of Lua writes.
**
** States name every register that is needed, so code grows with instructions times registers. Where that is too much,
** all registers are kept in memory: slower, but as large as the bytecode.
**
** Runs on a worker.
*/
#include "hir/build_ssa.h"

#include <string.h>

#include "lir/native.h"

enum { MAX_NODES = 60000, MAX_DEPTH = 1000 };

static ZyRef read_var(ZyBuild *b, uint32_t block, int var);

static ZyHirNode *node(const ZyBuild *b, ZyRef r) { return &b->h->nodes.v[r]; }
static ZyBlock *block_of(const ZyBuild *b, uint32_t block) { return &b->h->blocks.v[block]; }


/* ---- nodes ----------------------------------------------------------------- */

static ZyRef new_node(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c) {
  ZyRef r;
  if (b->h->nodes.n > MAX_NODES) zy_arena_fail(b->h->arena, ZY_STATUS_TOO_LARGE);
  r = zy_hir_new_node(b->h, op, a, c);
  node(b, r)->pc = b->pc;
  return r;
}

ZyRef zy_build_node(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c) {
  ZyRef r = new_node(b, op, a, c);
  zy_hir_append(b->h, b->block, r);
  return r;
}

ZyRef zy_build_imm(ZyBuild *b, ZyHirOp op, ZyRef a, int64_t imm) {
  ZyRef r = zy_build_node(b, op, a, 0);
  node(b, r)->imm = imm;
  return r;
}

ZyRef zy_build_exiting(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c, int64_t imm, uint32_t state) {
  ZyRef r = zy_build_node(b, op, a, c);
  node(b, r)->imm = imm;
  node(b, r)->state = state;
  return r;
}

ZyRef zy_build_simple(ZyBuild *b, ZyType type) {
  ZyRef r = zy_build_node(b, ZY_HIR_CONST, 0, 0);
  zy_build_set_type(b, r, type);
  return r;
}

ZyRef zy_build_int(ZyBuild *b, int64_t i) {
  ZyRef r = zy_build_simple(b, ZY_TYPE_int);
  node(b, r)->imm = i;
  return r;
}

ZyRef zy_build_num(ZyBuild *b, double n) {
  ZyRef r = zy_build_simple(b, ZY_TYPE_num);
  node(b, r)->num = n;
  return r;
}

/* Index of a short string in the constants of 'unit'; -1: it is not there. */
static int find_string(const ZyUnit *unit, const ZyConst *string) {
  for (int k = 0; k < unit->nk; k++) {
    const ZyConst *c = &unit->k[k];
    if (c->tag == ZY_TAG_STR && c->length == string->length && memcmp(c->text, string->text, c->length) == 0) return k;
  }
  return -1;
}

int64_t zy_build_own(const ZyBuild *b, int k) {
  const ZyUnit *unit = b->h->unit;
  const ZyConst *string = &b->unit->k[k];
  for (int c = -1; string->tag == ZY_TAG_STR && c < unit->ncallees; c++) {
    const ZyUnit *from = c < 0 ? unit : unit->callees[c].unit;
    int i = from == NULL ? -1 : find_string(from, string);
    if (i >= 0) return i | ((int64_t)c + 1) << 32;
  }
  if (b->scope->inlined == 0) return k;
  return k | ((int64_t)b->h->inlines.v[b->scope->inlined].callee + 1) << 32;
}

ZyRef zy_build_constant(ZyBuild *b, int k) {
  const ZyConst *c = &b->unit->k[k];
  switch (c->tag) {
    case ZY_TAG_INT: return zy_build_int(b, c->i);
    case ZY_TAG_NUM: return zy_build_num(b, c->n);
    case ZY_TAG_TRUE: return zy_build_simple(b, ZY_TYPE_true);
    case ZY_TAG_FALSE: return zy_build_simple(b, ZY_TYPE_false);
    case ZY_TAG_STR: case ZY_TAG_LONG_STR: {
      ZyRef r = zy_build_imm(b, ZY_HIR_KCONST, 0, zy_build_own(b, k));
      zy_build_set_type(b, r, c->tag == ZY_TAG_STR ? ZY_TYPE_str : ZY_TYPE_lstr);
      return r;
    }
  }
  return zy_build_simple(b, ZY_TYPE_nil);
}

void zy_build_set_type(ZyBuild *b, ZyRef r, ZyType type) { node(b, r)->type = (uint16_t)type; }
ZyType zy_build_type(const ZyBuild *b, ZyRef r) { return node(b, r)->type; }
int zy_build_is_single(ZyType type) { return (type & (type - 1)) == 0; }

ZyRef zy_build_is(ZyBuild *b, ZyRef v, ZyType types) { return zy_build_imm(b, ZY_HIR_IS_TYPE, v, types); }
ZyRef zy_build_not(ZyBuild *b, ZyRef cond) { return zy_build_node(b, ZY_HIR_NOT_COND, cond, 0); }


/* ---- values of registers ------------------------------------------------------ */

static void define(ZyBuild *b, uint32_t block, int var, ZyRef value) { b->vars.v[block].def[var] = value; }

static ZyRef insert_after(ZyBuild *b, ZyRef at, ZyHirOp op, int64_t imm) {
  ZyRef r = new_node(b, op, at, 0);
  node(b, r)->imm = imm;
  node(b, r)->pc = node(b, at)->pc;
  zy_hir_insert_after(b->h, at, r);
  return r;
}

/* What a register holds on entry, which nobody has asked for yet. What is assumed of it failed before anything was
** done: the exit's state names no registers. */
static ZyRef entry_value(ZyBuild *b, int var) {
  const ZyScope *s = b->scope;
  const ZyUnit *unit = b->h->unit;
  ZyRef r = new_node(b, ZY_HIR_LOAD_REG, 0, 0);
  ZyType seen = 0;
  int pc, parameter = unit->entry < 0 && var < unit->numparams;
  while (s->outer != NULL) s = s->outer;
  pc = s->start;
  node(b, r)->imm = var;
  node(b, r)->pc = pc;
  if (b->entry_closed) zy_hir_insert_before(b->h, block_of(b, 1)->last, r);
  else zy_hir_append(b->h, 1, r);
  if (unit->profile && parameter) insert_after(b, r, ZY_HIR_RECORD, unit->ncode + var);
  if (unit->tier == 2 && !(unit->avoid != NULL && (unit->avoid[pc] & ZY_AVOID_TYPE))) {
    if (unit->entry_types != NULL && unit->entry >= 0 && var < unit->maxstack) seen = unit->entry_types[var];
    if (parameter && unit->cells != NULL) seen = unit->cells[unit->ncode + var].type;
  }
  if (zy_build_worth(seen)) {
    r = insert_after(b, r, ZY_HIR_GUARD_TYPE, 0);
    zy_build_set_type(b, r, seen);
    node(b, r)->state = b->entry_state;
  }
  define(b, 1, var, r);
  return r;
}

static ZyRef add_param(ZyBuild *b, uint32_t block) {
  ZyRef r = new_node(b, ZY_HIR_PARAM, 0, 0), at = block_of(b, block)->first;
  node(b, r)->imm = block_of(b, block)->nparams;
  node(b, r)->pc = block_of(b, block)->pc;
  zy_build_set_type(b, r, ZY_TYPE_ANY);
  if (at == 0) zy_hir_append(b->h, block, r);
  else if (node(b, at)->op != ZY_HIR_PARAM) zy_hir_insert_before(b->h, at, r);
  else {
    while (node(b, at)->next != 0 && node(b, node(b, at)->next)->op == ZY_HIR_PARAM) at = node(b, at)->next;
    zy_hir_insert_after(b->h, at, r);
  }
  block_of(b, block)->nparams++;
  return r;
}

/* Argument 'i' of all edges from 'from' to 'to'. */
static void set_argument(ZyBuild *b, uint32_t from, uint32_t to, int64_t i, ZyRef value) {
  for (int s = 0; s < 2; s++) {
    ZyEdge *edge = &block_of(b, from)->succ[s];
    if (edge->block != to) continue;
    while (edge->args.n <= (uint32_t)i) zy_vec_push(b->h->arena, &edge->args, 0);
    edge->args.v[i] = value;
  }
}

static void fill_param(ZyBuild *b, uint32_t block, int var, ZyRef param) {
  for (uint32_t i = 0; i < block_of(b, block)->preds.n; i++) {
    uint32_t pred = block_of(b, block)->preds.v[i];
    set_argument(b, pred, block, node(b, param)->imm, read_var(b, pred, var));
  }
}

/* The value that all predecessors agree on, or 0; *type: of all of them. */
static ZyRef common_value(ZyBuild *b, uint32_t block, int var, ZyType *type) {
  ZyRef common = 0;
  *type = 0;
  for (uint32_t i = 0; i < block_of(b, block)->preds.n; i++) {
    ZyRef r = read_var(b, block_of(b, block)->preds.v[i], var);
    common = i == 0 || common == r ? r : 0;
    *type |= zy_build_type(b, r);
    if (i > 0 && common == 0) {              /* only the type is still of interest */
      while (++i < block_of(b, block)->preds.n)
        *type |= zy_build_type(b, read_var(b, block_of(b, block)->preds.v[i], var));
    }
  }
  return common;
}

static ZyRef read_var(ZyBuild *b, uint32_t block, int var) {
  ZyType type;
  ZyRef r;
  if (var >= b->vars.v[block].n) zy_arena_fail(b->h->arena, ZY_STATUS_INVALID);
  r = b->vars.v[block].def[var];
  if (r != 0) return r;
  if (block == 1) return entry_value(b, var);
  if (!b->vars.v[block].sealed) {
    ZyWaiting waiting = { (uint16_t)var, add_param(b, block) };
    zy_vec_push(b->h->arena, &b->vars.v[block].waiting, waiting);
    define(b, block, var, waiting.param);
    return waiting.param;
  }
  if (block_of(b, block)->preds.n == 0 || b->depth >= MAX_DEPTH) zy_arena_fail(b->h->arena, ZY_STATUS_TOO_LARGE);
  b->depth++;
  r = common_value(b, block, var, &type);
  if (r == 0) {
    r = add_param(b, block);
    zy_build_set_type(b, r, type);
    define(b, block, var, r);
    fill_param(b, block, var, r);
  }
  else define(b, block, var, r);
  b->depth--;
  return r;
}

void zy_build_seal(ZyBuild *b, uint32_t block) {
  if (b->vars.v[block].sealed) return;
  b->vars.v[block].sealed = 1;
  for (uint32_t i = 0; i < b->vars.v[block].waiting.n; i++)
    fill_param(b, block, b->vars.v[block].waiting.v[i].var, b->vars.v[block].waiting.v[i].param);
}

int zy_build_in_memory(const ZyBuild *b, int reg) { return b->scope->memory || zy_unit_captured(b->unit, reg); }

ZyRef zy_build_read(ZyBuild *b, int reg) {
  int var = b->scope->base + reg;
  if (zy_build_in_memory(b, reg)) return zy_build_imm(b, ZY_HIR_LOAD_REG, 0, var);
  return read_var(b, b->block, var);
}

void zy_build_define(ZyBuild *b, int var, ZyRef value) {
  if (var >= b->vars.v[b->block].n) zy_arena_fail(b->h->arena, ZY_STATUS_INVALID);
  b->state_pc = -1;
  define(b, b->block, var, value);
}

void zy_build_write(ZyBuild *b, int reg, ZyRef value) {
  int var = b->scope->base + reg;
  if (zy_build_in_memory(b, reg)) zy_build_imm(b, ZY_HIR_STORE_REG, value, var);
  else zy_build_define(b, var, value);
}

void zy_build_take(ZyBuild *b, int reg) {
  if (!zy_build_in_memory(b, reg)) zy_build_write(b, reg, zy_build_imm(b, ZY_HIR_LOAD_REG, 0, zy_build_var(b, reg)));
}

/* Whether a frame that goes on at 'pc' of the scope's function, and until then is at 'now', needs 'reg': its variables are
** seen by those that it calls, even when they end with the call. */
static int is_needed_at(const ZyScope *s, int pc, int now, int reg) {
  if (s->memory || zy_unit_captured(s->unit, reg)) return 0;
  return zy_flow_has(&s->flow.live[pc], reg) || reg < s->unit->nactive[now];
}

static int is_needed(const ZyScope *s, int pc, int reg) { return is_needed_at(s, pc, pc, reg); }

void zy_build_read_live(ZyBuild *b, int pc) {
  for (int r = 0; r < b->unit->maxstack; r++)
    if (is_needed(b->scope, pc, r)) read_var(b, b->block, b->scope->base + r);
}


/* ---- frame states ---------------------------------------------------------------- */

static void add_reg(ZyBuild *b, int var, ZyRef value) {
  ZyStateReg reg = { (uint16_t)var, value };
  zy_vec_push(b->h->arena, &b->h->regs, reg);
}

/* Registers of the functions in which 's' is inlined: those below their calls' results, and the callee. */
static void add_outer(ZyBuild *b, const ZyScope *s) {
  const ZyScope *outer = s->outer;
  if (outer == NULL) return;
  add_outer(b, outer);
  for (int r = 0; r < s->call_reg; r++)
    if (is_needed_at(outer, s->call_pc + 1, s->call_pc, r))
      add_reg(b, outer->base + r, read_var(b, b->block, outer->base + r));
  add_reg(b, outer->base + s->call_reg, s->closure);
}

/* Registers from 'with' on, 'extra' of them, are named in any case; named locals only if 'locals'. */
static uint32_t make_state(ZyBuild *b, int pc, int with, int extra, int locals) {
  const ZyScope *s = b->scope;
  ZyFrameState state = { pc, b->h->regs.n, 0, s->inlined };
  add_outer(b, s);
  for (int r = 0; r < b->unit->maxstack; r++) {
    int forced = r >= with && r < with + extra && !zy_build_in_memory(b, r);
    if (!forced && (r >= b->open_from || !is_needed(s, pc, r))) continue;
    if (!forced && !locals && !zy_flow_has(&s->flow.live[pc], r)) continue;
    add_reg(b, s->base + r, read_var(b, b->block, s->base + r));
  }
  state.count = b->h->regs.n - state.first;
  zy_vec_push(b->h->arena, &b->h->states, state);
  return b->h->states.n - 1;
}

uint32_t zy_build_state(ZyBuild *b, int pc) {
  if (b->state_pc != pc || b->state_block != b->block) {
    b->state = make_state(b, pc, 0, 0, 1);
    b->state_pc = pc;
    b->state_block = b->block;
  }
  return b->state;
}

uint32_t zy_build_state_with(ZyBuild *b, int pc, int reg, int n) { return make_state(b, pc, reg, n, 1); }
uint32_t zy_build_state_live(ZyBuild *b, int pc) { return make_state(b, pc, 0, 0, 0); }


/* ---- assumptions -------------------------------------------------------------------- */

int zy_build_avoids(const ZyBuild *b, int what) {
  return b->unit->avoid != NULL && (b->unit->avoid[b->pc] & what) != 0;
}

const ZyCell *zy_build_cell(const ZyBuild *b) {
  return b->speculate && b->unit->cells != NULL ? &b->unit->cells[b->pc] : NULL;
}

ZyType zy_build_worth(ZyType seen) { return zy_unit_worth((uint16_t)seen); }

ZyRef zy_build_guard_type(ZyBuild *b, ZyRef v, ZyType type) {
  ZyType old = zy_build_type(b, v);
  ZyRef r;
  if ((old & ~type) == 0) return v;
  r = zy_build_exiting(b, ZY_HIR_GUARD_TYPE, v, 0, 0, zy_build_state(b, b->pc));
  zy_build_set_type(b, r, type & old ? type & old : type);
  return r;
}

void zy_build_guard(ZyBuild *b, ZyRef cond) {
  zy_build_exiting(b, ZY_HIR_GUARD, cond, 0, 0, zy_build_state(b, b->pc));
}

void zy_build_check(ZyBuild *b, ZyRef cond, uint32_t slow) {
  uint32_t from = b->block, next;
  if (slow == 0) {
    zy_build_guard(b, cond);
    return;
  }
  zy_build_node(b, ZY_HIR_BRANCH, cond, 0);
  next = zy_build_new_block(b, b->pc);
  zy_hir_link(b->h, from, 0, next);
  zy_hir_link(b->h, from, 1, slow);
  zy_build_seal(b, next);
  zy_build_enter(b, next);
}

ZyRef zy_build_check_type(ZyBuild *b, ZyRef v, ZyType type, uint32_t slow) {
  if (slow != 0 && (zy_build_type(b, v) & ~type) != 0) zy_build_check(b, zy_build_is(b, v, type), slow);
  return zy_build_guard_type(b, v, type);    /* behind a branch it only tells the type */
}

void zy_build_give(ZyBuild *b, int dest, ZyRef v, int pc) {
  const ZyCell *cell = zy_build_cell(b);
  ZyType seen = cell != NULL && !zy_build_avoids(b, ZY_AVOID_TYPE) ? zy_build_worth(cell->type) : 0;
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD, v, b->pc);
  if (pc != b->pc) zy_build_write(b, dest, v);
  if (seen != 0 && (zy_build_type(b, v) & ~seen) != 0 && !zy_build_in_memory(b, dest)) {
    uint32_t state = zy_build_state(b, pc);
    ZyType type = zy_build_type(b, v) & seen;
    v = zy_build_exiting(b, ZY_HIR_GUARD_TYPE, v, 0, 0, state);
    zy_build_set_type(b, v, type != 0 ? type : seen);
  }
  else if (pc != b->pc) return;
  zy_build_write(b, dest, v);
}


/* ---- blocks --------------------------------------------------------------------------- */

uint32_t zy_build_new_block(ZyBuild *b, int pc) {
  uint32_t block = zy_hir_new_block(b->h, pc);
  while (b->vars.n <= block) {
    ZyVars vars = { 0 };
    vars.n = b->h->nregs;
    vars.def = ZY_NEWN(b->h->arena, ZyRef, vars.n);
    zy_vec_push(b->h->arena, &b->vars, vars);
  }
  return block;
}

void zy_build_enter(ZyBuild *b, uint32_t block) {
  b->block = block;
  b->state_pc = -1;
  b->ended = 0;
}

void zy_build_split(ZyBuild *b, ZyRef cond, uint32_t to[2]) {
  uint32_t from = b->block;
  zy_build_node(b, ZY_HIR_BRANCH, cond, 0);
  for (int s = 0; s < 2; s++) {
    to[s] = zy_build_new_block(b, b->pc);
    zy_hir_link(b->h, from, s, to[s]);
    zy_build_seal(b, to[s]);
  }
  b->ended = 1;
}

ZyRef zy_build_go(ZyBuild *b, uint32_t block) {
  ZyRef r = zy_build_node(b, ZY_HIR_JUMP, 0, 0);
  zy_hir_link(b->h, b->block, 0, block);
  b->ended = 1;
  return r;
}

ZyRef zy_build_merge(ZyBuild *b, const uint32_t from[2], const ZyRef value[2]) {
  uint32_t join = zy_build_new_block(b, b->pc);
  ZyRef r = value[0];
  for (int i = 0; i < 2; i++) {
    zy_build_enter(b, from[i]);
    zy_build_go(b, join);
  }
  zy_build_seal(b, join);
  zy_build_enter(b, join);
  if (value[0] == value[1]) return r;
  r = add_param(b, join);
  zy_build_set_type(b, r, zy_build_type(b, value[0]) | zy_build_type(b, value[1]));
  for (int i = 0; i < 2; i++) set_argument(b, from[i], join, node(b, r)->imm, value[i]);
  return r;
}

void zy_build_exit(ZyBuild *b, int pc, int reason) {
  zy_build_exiting(b, ZY_HIR_EXIT, 0, 0, reason, zy_build_state(b, pc));
  b->ended = 1;
}

/* The block at 'pc', or 0 when it is outside of what is translated. */
static uint32_t block_at(ZyBuild *b, int pc) {
  ZyScope *s = b->scope;
  if (pc < s->first || pc > s->last) return 0;
  if (s->block_of[pc] == 0) {
    s->block_of[pc] = zy_build_new_block(b, pc);
    s->todo[pc] = 1;
    if (pc < s->next) s->next = pc;
  }
  return s->block_of[pc];
}

void zy_build_jump(ZyBuild *b, int pc) {
  uint32_t target = block_at(b, pc), state;
  ZyRef r;
  if (target == 0) {
    zy_build_exit(b, pc, ZY_EXIT_LOOP);
    return;
  }
  state = b->scope->header[pc] ? zy_build_state(b, pc) : 0;
  r = zy_build_go(b, target);
  node(b, r)->state = state;
}

void zy_build_jump_from(ZyBuild *b, int from, int pc) {
  if (pc <= from) {
    uint32_t state = zy_build_state(b, from);
    if (b->unit->profile) zy_build_exiting(b, ZY_HIR_TICK, 0, 0, 0, state);
    zy_build_exiting(b, ZY_HIR_POLL, 0, 0, 0, state);
  }
  zy_build_jump(b, pc);
}
