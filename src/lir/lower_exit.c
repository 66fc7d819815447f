/*
** lower_exit.c - the exit table, and registers that are stored for who looks at the frame.
** SPDX-License-Identifier: MIT
**
** Exits are numbered in one walk over the nodes, before and apart from lowering, so that the HIR interpreter can use
** the same table. Nodes that leave for the same reason with the same state share an exit.
**
** A register is not stored when it is known to hold the value already: code that calls a helper for every access
** would otherwise write all of its registers again and again. Knowledge is kept along a block, and passed to blocks
** with one predecessor. Runs on a worker.
*/
#include "lir/lower_internal.h"

#include <string.h>

#include "vm/bytecode.h"

enum { NO_HOOK_CHECK = -1 };

static const ZyFrameState *state_of(const ZyLower *l, uint32_t state) { return &l->h->states.v[state]; }


/* ---- the exit table --------------------------------------------------------- */

typedef struct Table {
  ZyLower *l;
  ZY_VEC(ZyExit) exit;
  ZY_VEC(uint32_t) state;              /* of each exit; 0: a hook's */
  ZY_VEC(ZyExitFrame) frame;
  int32_t *first_frame;                /* by ZyInline, -1: not made yet */
  int32_t *first, *next;               /* exits with the same pc, by pc modulo BUCKETS */
} Table;

enum { BUCKETS = 256, MAX_FRAMES = 65535 };

/* Rows of the frames that an exit in the inlined call 'inlined' has to make; how many. */
static int frames(Table *t, uint32_t inlined, int *first) {
  const ZyHir *h = t->l->h;
  uint32_t chain[256];
  int n = 0;
  for (uint32_t i = inlined; i != 0; i = h->inlines.v[i].outer) {
    if (n == 255) zy_arena_fail(t->l->arena, ZY_STATUS_TOO_LARGE);
    chain[n++] = i;
  }
  *first = 0;
  if (n == 0) return 0;
  if (t->first_frame[inlined] < 0) {
    if (t->frame.n + (uint32_t)n > MAX_FRAMES) zy_arena_fail(t->l->arena, ZY_STATUS_TOO_LARGE);
    t->first_frame[inlined] = (int32_t)t->frame.n;
    for (int i = n - 1; i >= 0; i--) {
      const ZyInline *in = &h->inlines.v[chain[i]];
      ZyExitFrame frame = { in->pc, in->callee, in->base, in->nresults, in->tail };
      zy_vec_push(t->l->arena, &t->frame, frame);
    }
  }
  *first = t->first_frame[inlined];
  return n;
}

static int names(const ZyHir *h, const ZyFrameState *s, int reg) {
  for (uint32_t i = 0; i < s->count; i++)
    if (h->regs.v[s->first + i].reg == reg) return 1;
  return 0;
}

/* The instruction at 'pc' takes what the one before left. Where that is one value, the state has it. */
static int open_top(const ZyHir *h, uint32_t state, int32_t pc) {
  const ZyFrameState *s = &h->states.v[state];
  const ZyUnit *unit = zy_hir_unit_of(h, state);
  int base = s->inlined == 0 ? 0 : h->inlines.v[s->inlined].base, reg;
  if (pc <= 0 || pc >= unit->ncode || !zy_bytecode_takes_open(unit->code[pc])) return 0;
  if (ZY_OP(unit->code[pc - 1]) != ZY_BC_CALL) return 0;
  reg = ZY_A(unit->code[pc - 1]);
  return names(h, s, base + reg) ? reg + 1 : 0;
}

static int32_t add_exit(Table *t, uint32_t state, int32_t pc, int reason, const ZyHirNode *n, int stored) {
  const ZyUnit *unit = t->l->h->unit;
  uint32_t inlined = state_of(t->l, state)->inlined, kept = stored ? 0 : state;
  ZyExit e = { .pc = pc, .reason = (uint8_t)reason, .site = n->pc, .hoisted = n->hoisted };
  int first, bucket = pc & (BUCKETS - 1);
  e.nframes = (uint8_t)frames(t, inlined, &first);
  e.frame = (uint16_t)first;
  if (unit != NULL && kept != 0) e.top = (uint8_t)open_top(t->l->h, state, pc);
  if (unit != NULL) e.function = inlined != 0 ? unit->callees[t->l->h->inlines.v[inlined].callee].id : unit->id;
  for (uint32_t i = (uint32_t)t->first[bucket]; i != (uint32_t)-1; i = (uint32_t)t->next[i]) {
    const ZyExit *x = &t->exit.v[i];
    if (t->state.v[i] == kept && x->pc == e.pc && x->reason == e.reason && x->site == e.site && x->hoisted == e.hoisted
        && x->nframes == e.nframes && x->frame == e.frame) return (int32_t)i;
  }
  zy_vec_push(t->l->arena, &t->exit, e);
  zy_vec_push(t->l->arena, &t->state, kept);
  t->next[t->exit.n - 1] = t->first[bucket];
  t->first[bucket] = (int32_t)t->exit.n - 1;
  return (int32_t)t->exit.n - 1;
}

/* Whether a table's shape or contents decide the condition. */
static int is_about_table(const ZyHir *h, ZyRef r, int depth) {
  const ZyHirNode *n = &h->nodes.v[r];
  if (n->op == ZY_HIR_ARRAY_LIMIT || n->op == ZY_HIR_LEN_STR || n->op == ZY_HIR_LOAD_VAL || n->op == ZY_HIR_GUARD_NOMETA
      || n->op == ZY_HIR_FIELD_PUT)
    return 1;
  if (depth == 3) return 0;
  for (int i = 0; i < zy_hir_nops((ZyHirOp)n->op); i++)
    if (is_about_table(h, n->ops[i], depth + 1)) return 1;
  return 0;
}

static int reason(const ZyHir *h, const ZyHirNode *n) {
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_GUARD_TYPE: return ZY_EXIT_TYPE;
    case ZY_HIR_GUARD_NOMETA: case ZY_HIR_FIELD_FIND: case ZY_HIR_FIELD_SLOT: return ZY_EXIT_TABLE;
    case ZY_HIR_GUARD: return is_about_table(h, n->ops[0], 0) ? ZY_EXIT_TABLE : ZY_EXIT_SLOW;
    case ZY_HIR_GUARD_PROTO: case ZY_HIR_GUARD_LIB: case ZY_HIR_TAIL_SELF: case ZY_HIR_SET_META: return ZY_EXIT_CALLEE;
    case ZY_HIR_NUM_TO_INT: case ZY_HIR_TRUNC_INT: return ZY_EXIT_ARITH;
    case ZY_HIR_ARITH: case ZY_HIR_EQ: case ZY_HIR_LT: case ZY_HIR_LE: return ZY_EXIT_OPERATOR;
    case ZY_HIR_CALL: case ZY_HIR_CALL_LUA: return ZY_EXIT_DEPTH;
    case ZY_HIR_TAIL_LUA: return ZY_EXIT_TAIL;
    case ZY_HIR_TICK: return ZY_EXIT_TIER;
    case ZY_HIR_POLL: case ZY_HIR_TRAP: return ZY_EXIT_HOOK;
    case ZY_HIR_EXIT: return n->imm >= 0 && n->imm < ZY_EXIT_COUNT ? (int)n->imm : ZY_EXIT_SLOW;
    case ZY_HIR_TABLE_GET: case ZY_HIR_TABLE_SET: case ZY_HIR_FIELD_GET: case ZY_HIR_FIELD_SET: case ZY_HIR_NEW_TABLE:
    case ZY_HIR_SET_LIST: case ZY_HIR_OPERATE: case ZY_HIR_COMPARE: case ZY_HIR_LEN: case ZY_HIR_CONCAT: case ZY_HIR_CLOSURE: case ZY_HIR_CLOSE:
    case ZY_HIR_VARARG:
    case ZY_HIR_NONE: case ZY_HIR_CONST: case ZY_HIR_KCONST: case ZY_HIR_LIB: case ZY_HIR_PARAM: case ZY_HIR_LOAD_REG:
    case ZY_HIR_STORE_REG: case ZY_HIR_ADD_INT: case ZY_HIR_SUB_INT: case ZY_HIR_MUL_INT: case ZY_HIR_IDIV_INT:
    case ZY_HIR_MOD_INT: case ZY_HIR_NEG_INT: case ZY_HIR_AND_INT: case ZY_HIR_OR_INT: case ZY_HIR_XOR_INT:
    case ZY_HIR_NOT_INT: case ZY_HIR_SHL_INT: case ZY_HIR_SHR_INT: case ZY_HIR_ADD_NUM: case ZY_HIR_SUB_NUM:
    case ZY_HIR_MUL_NUM: case ZY_HIR_DIV_NUM: case ZY_HIR_IDIV_NUM: case ZY_HIR_MOD_NUM: case ZY_HIR_POW_NUM:
    case ZY_HIR_NEG_NUM: case ZY_HIR_SQRT_NUM: case ZY_HIR_FLOOR_NUM: case ZY_HIR_CEIL_NUM: case ZY_HIR_ABS_NUM:
    case ZY_HIR_MATH_NUM: case ZY_HIR_INT_TO_NUM: case ZY_HIR_EQ_INT: case ZY_HIR_LT_INT: case ZY_HIR_LE_INT:
    case ZY_HIR_LTU_INT: case ZY_HIR_EQ_NUM: case ZY_HIR_LT_NUM: case ZY_HIR_LE_NUM: case ZY_HIR_SAME:
    case ZY_HIR_TRUTHY: case ZY_HIR_IS_TYPE: case ZY_HIR_BOOL: case ZY_HIR_NOT_COND: case ZY_HIR_ARRAY_LIMIT:
    case ZY_HIR_ARRAY_BASE: case ZY_HIR_ELEM: case ZY_HIR_LOAD_VAL: case ZY_HIR_STORE_VAL: case ZY_HIR_BARRIER: case ZY_HIR_FIELD_PUT:
    case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF: case ZY_HIR_LEN_STR:
    case ZY_HIR_STR_BYTE: case ZY_HIR_LEN_TABLE:
    case ZY_HIR_ELEM_SLOT: case ZY_HIR_NEXT: case ZY_HIR_RECORD: case ZY_HIR_RECORD_CALL:
    case ZY_HIR_RECORD_TABLE: case ZY_HIR_COUNT: case ZY_HIR_JUMP: case ZY_HIR_BRANCH: case ZY_HIR_RETURN:
    case ZY_HIR_COUNT_:
      break;
  }
  return ZY_EXIT_SLOW;
}

/* Where to go on when node 'n' has called out and a hook was set; NO_HOOK_CHECK when something comes next that
** must not be cut off from it: an open number of values, or the RETURN whose upvalues were closed. */
static int32_t pc_after(const ZyHir *h, const ZyHirNode *n) {
  int32_t pc = h->states.v[n->state].pc;
  uint32_t effect = zy_hir_effect((ZyHirOp)n->op);
  const ZyUnit *unit = zy_hir_unit_of(h, n->state);
  ZyBc bc;
  if (n->op == ZY_HIR_TRAP) return pc;
  if (!(effect & ZY_EFFECT_WRITE_GC) || n->state == 0) return NO_HOOK_CHECK;
  if ((n->op == ZY_HIR_CALL || n->op == ZY_HIR_CALL_LUA) && ZY_CALL_NRESULTS(n->imm) < 0) return NO_HOOK_CHECK;
  if (n->op == ZY_HIR_VARARG) return NO_HOOK_CHECK;            /* calls nobody */
  if (n->op == ZY_HIR_COMPARE) return NO_HOOK_CHECK;           /* TRAP follows on both ways */
  if (n->op == ZY_HIR_OPERATE) return n->imm >> 8 >= ZY_ARITH_UNM ? pc + 1 : pc + 2;      /* behind the MMBIN */
  if (unit == NULL) return pc + 1;
  if (pc >= unit->ncode) return NO_HOOK_CHECK;
  bc = ZY_OP(unit->code[pc]);
  if (bc == ZY_BC_RETURN || bc == ZY_BC_TAILCALL) return NO_HOOK_CHECK;
  if (bc == ZY_BC_NEWTABLE) return pc + 2;
  return bc == ZY_BC_SETLIST ? pc + 1 + ZY_K(unit->code[pc]) : pc + 1;
}

static int is_guard(ZyHirOp op) {
  return op == ZY_HIR_GUARD || op == ZY_HIR_GUARD_TYPE || op == ZY_HIR_GUARD_PROTO || op == ZY_HIR_GUARD_LIB
      || op == ZY_HIR_GUARD_NOMETA;
}

static void number_node(Table *t, ZyRef r) {
  ZyLower *l = t->l;
  const ZyHirNode *n = &l->h->nodes.v[r];
  int32_t after;
  if (n->state == 0 || n->op == ZY_HIR_JUMP || n->op == ZY_HIR_RETURN) return;
  l->out->exit_of_node[r] = add_exit(t, n->state, state_of(l, n->state)->pc, reason(l->h, n), n, 0);
  if (n->op == ZY_HIR_CALL_LUA && n->imm & ZY_CALL_ONE)
    l->count_exit[r] = add_exit(t, n->state, state_of(l, n->state)->pc + 1, ZY_EXIT_TYPE, n, 1);
  after = pc_after(l->h, n);
  if (after != NO_HOOK_CHECK) l->out->hook_exit[r] = add_exit(t, n->state, after, ZY_EXIT_HOOK, n, 1);
  if (is_guard((ZyHirOp)n->op) && l->h->unit != NULL && l->h->unit->stress_exits != 0)
    l->stress_exit[r] = add_exit(t, n->state, state_of(l, n->state)->pc, ZY_EXIT_STRESS, n, 0);
}

/* Where the arguments do not fit the signature: at the start, as if the first thing done there had failed. */
static void number_entry(Table *t) {
  ZyHirNode start = { .pc = t->l->h->unit->head + 1 };
  t->l->entry_exit = add_exit(t, 0, start.pc, ZY_EXIT_TYPE, &start, 1);
}

void zy_lower_number_exits(ZyLower *l) {
  Table t = { .l = l };
  size_t n = l->h->nodes.n;
  t.first_frame = ZY_NEWN(l->arena, int32_t, l->h->inlines.n + 1);
  t.first = ZY_NEWN(l->arena, int32_t, BUCKETS);
  t.next = ZY_NEWN(l->arena, int32_t, 4 * n + 1);
  l->out->exit_of_node = ZY_NEWN(l->arena, int32_t, n);
  l->out->hook_exit = ZY_NEWN(l->arena, int32_t, n);
  l->stress_exit = ZY_NEWN(l->arena, int32_t, n);
  l->count_exit = ZY_NEWN(l->arena, int32_t, n);
  memset(t.first_frame, -1, (l->h->inlines.n + 1) * sizeof *t.first_frame);
  memset(t.first, -1, BUCKETS * sizeof *t.first);
  memset(l->out->exit_of_node, -1, n * sizeof *l->out->exit_of_node);
  memset(l->out->hook_exit, -1, n * sizeof *l->out->hook_exit);
  memset(l->stress_exit, -1, n * sizeof *l->stress_exit);
  for (uint32_t b = 1; b < l->h->blocks.n; b++)
    for (ZyRef r = l->h->blocks.v[b].first; r != 0; r = l->h->nodes.v[r].next) number_node(&t, r);
  if (zy_lower_has_direct(l->h)) number_entry(&t);
  l->out->exit = t.exit.v;
  l->out->nexits = (int32_t)t.exit.n;
  l->out->frame = t.frame.v;
  l->out->nframes = (int32_t)t.frame.n;
}


/* ---- registers ---------------------------------------------------------------- */

/* The value itself: a guard's result is what it guards. */
static ZyRef same_value(const ZyHir *h, ZyRef r) {
  while (h->nodes.v[r].op == ZY_HIR_GUARD_TYPE) r = h->nodes.v[r].ops[0];
  return r;
}

/* A state that names no registers is that of the entry: they are as the caller left them, or where it would have. */
void zy_lower_store_arguments(ZyLower *l, uint32_t state) {
  const ZyFrameState *s = state_of(l, state);
  if (!l->direct || s->count != 0 || s->inlined != 0 || s->pc != l->h->unit->head + 1) return;
  for (int i = 0; i < l->h->unit->numparams; i++)
    if (!zy_unit_captured(l->h->unit, i)) zy_lower_store_argument(l, i);
}

/* Registers of inlined functions, behind the frame's own, are where helpers that need no frame put what they work on. */
void zy_lower_remember(ZyLower *l, int64_t reg, ZyRef value) {
  int own = l->h->unit != NULL ? l->h->unit->maxstack : l->h->nregs;
  if (reg < own) l->in_memory[reg] = value;
}

/* Those from register 0 to 'last'. */
static void store_registers(ZyLower *l, uint32_t state, int last, int remember) {
  const ZyFrameState *s = state_of(l, state);
  zy_lower_store_arguments(l, state);
  for (uint32_t i = 0; i < s->count; i++) {
    const ZyStateReg *reg = &l->h->regs.v[s->first + i];
    ZyRef value = same_value(l->h, reg->value);
    if (reg->reg > last) continue;
    if (l->in_memory[reg->reg] == value) continue;
    zy_lower_store_value(l, zy_lower_base(l), ZY_REG(reg->reg), reg->value, ZY_ALIAS_REGS);
    if (remember) zy_lower_remember(l, reg->reg, value);
  }
}

void zy_lower_store_state(ZyLower *l, uint32_t state) { store_registers(l, state, ZY_LOWER_ALL_REGS, 0); }

void zy_lower_store_up_to(ZyLower *l, uint32_t state, int last) { store_registers(l, state, last, 1); }

void zy_lower_forget(ZyLower *l, int from, int to) {
  for (int i = from; i <= to && i < l->h->nregs; i++) l->in_memory[i] = 0;
}
