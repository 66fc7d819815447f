/*
** lower.c - HIR -> LIR.
** SPDX-License-Identifier: MIT
**
** Blocks in reverse postorder, so that definitions come before uses; in each, node by node, in one of these files:
**
**   lower_num.c      arithmetic                 lower_table.c    registers, upvalues, tables
**   lower_compare.c  comparisons, guards        lower_call.c     helpers, calls, profiling
**   lower_value.c    what a value is            lower_exit.c     leaving
**   lower_direct.c   calls without frames       lower_frame.c    frames
**   lower_emit.c     instructions, blocks
**
** The LIR's first block loads what all of the function may use; what is left unused is dropped at the end. Then come
** the blocks, then those that leave. Operations mean what hir/eval.c and hir/interp_frame.c say.
**
** Requires a verified function. In the function's arena; leaves through its escape. Runs on a worker.
*/
#include "lir/lower_internal.h"

#include <stdio.h>

_Static_assert(sizeof(int) == 4 && sizeof(((ZyCode *)0)->limit) == 4, "fields that are read as 32 bits");

static ZyLower *start(const ZyHir *h, ZyLowered *out) {
  ZyLower *l = ZY_NEW(h->arena, ZyLower);
  *out = (ZyLowered){ 0 };
  l->h = h;
  l->arena = h->arena;
  l->out = out;
  l->base = ZY_LOWER_NONE;
  return l;
}

/* The reachable blocks in reverse postorder; how many. */
static uint32_t find_order(const ZyHir *h, uint32_t *order) {
  uint8_t *edge = ZY_NEWN(h->arena, uint8_t, h->blocks.n), *seen = ZY_NEWN(h->arena, uint8_t, h->blocks.n);
  uint32_t *stack = ZY_NEWN(h->arena, uint32_t, h->blocks.n + 1), depth = 0, n = 0;
  stack[depth++] = 1;
  seen[1] = 1;
  while (depth > 0) {
    uint32_t b = stack[depth - 1], to;
    if (edge[b] == 2) {
      order[n++] = b;
      depth--;
      continue;
    }
    to = h->blocks.v[b].succ[1 - edge[b]++].block;       /* the first edge last: it is to come next */
    if (to == 0 || seen[to]) continue;
    seen[to] = 1;
    stack[depth++] = to;
  }
  for (uint32_t i = 0; i < n / 2; i++) {
    uint32_t b = order[i];
    order[i] = order[n - 1 - i];
    order[n - 1 - i] = b;
  }
  return n;
}

/* Values that are guarded to be floats or objects are loaded as such. */
static void find_wanted(ZyLower *l) {
  const ZyHir *h = l->h;
  for (uint32_t r = 1; r < h->nodes.n; r++) {
    const ZyHirNode *n = &h->nodes.v[r];
    if (n->op == ZY_HIR_GUARD_TYPE && n->block != 0) l->wanted[n->ops[0]] = (uint8_t)zy_lower_type(n->type);
  }
}

static void prologue(ZyLower *l) {
  zy_lower_place(l, zy_lower_label(l));
  for (int i = 0; i < 4; i++)
    *(i == 0 ? &l->L : i == 1 ? &l->ci : i == 2 ? &l->cx : &l->code) = zy_lower_argument(l, ZY_LIR_P);
  if (l->direct) zy_lower_direct_arguments(l);
  l->frame = l->ci;
  l->closure = zy_lower_load(l, ZY_LIR_LOADP, zy_lower_base(l), 0, ZY_ALIAS_REGS);
  l->k = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, k), ZY_ALIAS_CODE);
  l->bytecode = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, bytecode), ZY_ALIAS_CODE);
}

/* Those of a function read from text are in registers. */
static void entry_params(ZyLower *l) {
  for (ZyRef r = l->h->blocks.v[1].first; r != 0 && l->h->nodes.v[r].op == ZY_HIR_PARAM; r = l->h->nodes.v[r].next)
    zy_lower_load_value(l, r, zy_lower_base(l), ZY_REG(l->h->nodes.v[r].imm), ZY_ALIAS_REGS, 0);
}

static void constant(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  if (n->type == ZY_TYPE_cond) zy_lower_set(l, r, zy_lower_bit(l, n->imm != 0));
  else if (n->type == ZY_TYPE_num) zy_lower_set(l, r, zy_lower_num(l, n->num));
  else if (n->type == ZY_TYPE_int) zy_lower_set(l, r, zy_lower_int(l, n->imm));
  else zy_lower_set(l, r, ZY_LOWER_NONE);
}

uint32_t zy_lower_open_count(ZyLower *l, int64_t reg) {
  uint32_t top = zy_lower_load(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, top), ZY_ALIAS_FRAME);
  uint32_t bytes = ZY_OP2(SUB, ZY_OP1(P2I, top), ZY_OP1(P2I, zy_lower_base(l)));
  bytes = ZY_OP2(SUB, bytes, zy_lower_int(l, ZY_REG(reg)));
  _Static_assert(sizeof(ZyValue) == 1 << 4, "bytes << 4 is the number of values << 8");
  return ZY_OP2(SHL, bytes, zy_lower_int(l, 4));
}

static void do_return(ZyLower *l, const ZyHirNode *n) {
  int64_t reg = n->imm & 255, count = n->imm >> 8, pc = l->h->states.v[n->state].pc;
  uint32_t result;
  if (l->direct) {
    zy_lower_direct_return(l, n);
    return;
  }
  zy_lower_store_state(l, n->state);
  result = zy_lower_int(l, ZY_RETURN(reg, count < 0 ? 0 : count, pc));
  if (count < 0) result = ZY_OP2(OR, result, zy_lower_open_count(l, reg));
  zy_lower_return(l, result);
}

/* An edge of a branch that passes values needs a block to pass them in. */
static uint32_t branch_target(ZyLower *l, uint32_t block, int edge) {
  const ZyEdge *e = &l->h->blocks.v[block].succ[edge];
  return e->args.n == 0 ? l->block_label[e->block] : zy_lower_label(l);
}

static void branch(ZyLower *l, uint32_t block, const ZyHirNode *n) {
  uint32_t to[2];
  for (int s = 0; s < 2; s++) to[s] = branch_target(l, block, s);
  zy_lower_branch(l, zy_lower_payload(l, n->ops[0], ZY_LIR_B), to[0], to[1], ZY_HINT_NONE);
  for (int s = 0; s < 2; s++) {
    if (l->h->blocks.v[block].succ[s].args.n == 0) continue;
    zy_lower_place(l, to[s]);
    zy_lower_edge(l, block, s);
  }
}

static void node(ZyLower *l, uint32_t block, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  zy_lower_stress(l, r);
  if (zy_hir_effect((ZyHirOp)n->op) & ZY_EFFECT_WRITE_REGS) l->result_of = 0;
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_PARAM: break;
    case ZY_HIR_CONST: constant(l, r); break;
    case ZY_HIR_JUMP: zy_lower_edge(l, block, 0); break;
    case ZY_HIR_BRANCH: branch(l, block, n); break;
    case ZY_HIR_RETURN: do_return(l, n); break;
    case ZY_HIR_EXIT: zy_lower_jump(l, zy_lower_exit_label(l, r), NULL, 0); break;

    case ZY_HIR_ADD_INT: case ZY_HIR_SUB_INT: case ZY_HIR_MUL_INT: case ZY_HIR_IDIV_INT: case ZY_HIR_MOD_INT:
    case ZY_HIR_NEG_INT: case ZY_HIR_AND_INT: case ZY_HIR_OR_INT: case ZY_HIR_XOR_INT: case ZY_HIR_NOT_INT:
    case ZY_HIR_SHL_INT: case ZY_HIR_SHR_INT: case ZY_HIR_ADD_NUM: case ZY_HIR_SUB_NUM: case ZY_HIR_MUL_NUM:
    case ZY_HIR_DIV_NUM: case ZY_HIR_IDIV_NUM: case ZY_HIR_MOD_NUM: case ZY_HIR_POW_NUM: case ZY_HIR_NEG_NUM:
    case ZY_HIR_SQRT_NUM: case ZY_HIR_FLOOR_NUM: case ZY_HIR_CEIL_NUM: case ZY_HIR_ABS_NUM: case ZY_HIR_MATH_NUM:
    case ZY_HIR_INT_TO_NUM: case ZY_HIR_NUM_TO_INT: case ZY_HIR_TRUNC_INT: case ZY_HIR_ARITH:
      zy_lower_num_node(l, r);
      break;

    case ZY_HIR_EQ_INT: case ZY_HIR_LT_INT: case ZY_HIR_LE_INT: case ZY_HIR_LTU_INT: case ZY_HIR_EQ_NUM:
    case ZY_HIR_LT_NUM: case ZY_HIR_LE_NUM: case ZY_HIR_SAME: case ZY_HIR_EQ: case ZY_HIR_LT: case ZY_HIR_LE:
    case ZY_HIR_TRUTHY: case ZY_HIR_IS_TYPE: case ZY_HIR_BOOL: case ZY_HIR_NOT_COND: case ZY_HIR_GUARD_TYPE:
    case ZY_HIR_LIB: case ZY_HIR_GUARD: case ZY_HIR_GUARD_PROTO: case ZY_HIR_GUARD_LIB: case ZY_HIR_TAIL_SELF:
      zy_lower_compare_node(l, r);
      break;

    case ZY_HIR_KCONST: case ZY_HIR_LOAD_REG: case ZY_HIR_STORE_REG: case ZY_HIR_GUARD_NOMETA: case ZY_HIR_ARRAY_LIMIT:
    case ZY_HIR_ARRAY_BASE: case ZY_HIR_ELEM: case ZY_HIR_FIELD_SLOT: case ZY_HIR_FIELD_FIND: case ZY_HIR_LOAD_VAL: case ZY_HIR_STORE_VAL:
    case ZY_HIR_SET_META: case ZY_HIR_FIELD_PUT: case ZY_HIR_BARRIER: case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF:
    case ZY_HIR_LEN_STR: case ZY_HIR_ELEM_SLOT: case ZY_HIR_LEN_TABLE: case ZY_HIR_STR_BYTE:
      zy_lower_table_node(l, r);
      break;

    case ZY_HIR_TABLE_GET: case ZY_HIR_TABLE_SET: case ZY_HIR_FIELD_GET: case ZY_HIR_FIELD_SET: case ZY_HIR_NEW_TABLE:
    case ZY_HIR_SET_LIST: case ZY_HIR_OPERATE: case ZY_HIR_COMPARE: case ZY_HIR_LEN: case ZY_HIR_CONCAT: case ZY_HIR_CLOSURE: case ZY_HIR_CLOSE:
    case ZY_HIR_NEXT: case ZY_HIR_VARARG: case ZY_HIR_CALL: case ZY_HIR_CALL_LUA: case ZY_HIR_TAIL_LUA: case ZY_HIR_RECORD:
    case ZY_HIR_RECORD_CALL: case ZY_HIR_RECORD_TABLE: case ZY_HIR_COUNT: case ZY_HIR_TICK: case ZY_HIR_POLL: case ZY_HIR_TRAP:
      zy_lower_call_node(l, r);
      break;

    case ZY_HIR_NONE: case ZY_HIR_COUNT_: zy_arena_fail(l->arena, ZY_STATUS_INVALID);
  }
}

/* Registers known at the block's start: those at the end of its only predecessor. */
static void inherit(ZyLower *l, uint32_t block) {
  const ZyBlock *b = &l->h->blocks.v[block];
  const ZyRef *from = b->preds.n == 1 ? l->memory_at_end[b->preds.v[0]] : NULL;
  for (int i = 0; i < l->h->nregs; i++) l->in_memory[i] = from != NULL ? from[i] : 0;
  l->framed = from != NULL && l->framed_at_end[b->preds.v[0]];
  l->result_of = 0;
}

static void lower_block(ZyLower *l, uint32_t block) {
  const ZyBlock *b = &l->h->blocks.v[block];
  inherit(l, block);
  if (block == 1) entry_params(l);
  else {
    zy_lower_place(l, l->block_label[block]);
    zy_lower_block_params(l, block);
  }
  for (ZyRef r = b->first; r != 0; r = l->h->nodes.v[r].next) node(l, block, r);
  l->memory_at_end[block] = ZY_NEWN(l->arena, ZyRef, l->h->nregs + 1);
  for (int i = 0; i < l->h->nregs; i++) l->memory_at_end[block][i] = l->in_memory[i];
  l->framed_at_end[block] = l->framed;
}

/* The function that is lowered next. */
static ZyLir *begin(ZyLower *l, const char *name, const char *suffix) {
  l->lir = ZY_NEW(l->arena, ZyLir);
  l->lir->arena = l->arena;
  snprintf(l->lir->name, sizeof l->lir->name, "%s%s", name, suffix);
  l->label.n = 0;
  l->base = ZY_LOWER_NONE;
  zy_lower_begin_exits(l);
  return l->lir;
}

static void end(ZyLower *l) {
  zy_lower_exits_end(l);
  zy_lower_finish(l);
}

void zy_lower_hir(const ZyHir *h, const char *name, ZyLowered *out) {
  ZyLower *l = start(h, out);
  uint32_t *order = ZY_NEWN(h->arena, uint32_t, h->blocks.n), n = find_order(h, order);
  zy_lower_number_exits(l);
  out->lir = begin(l, name, "");
  if (zy_lower_has_direct(h)) {
    prologue(l);
    zy_lower_entry(l);
    end(l);
    out->direct = begin(l, name, "_d");
    l->direct = 1;
  }
  l->values = ZY_NEWN(h->arena, ZyLowerValue, h->nodes.n);
  l->wanted = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  l->in_memory = ZY_NEWN(h->arena, ZyRef, h->nregs + 1);
  l->memory_at_end = ZY_NEWN(h->arena, ZyRef *, h->blocks.n);
  l->framed_at_end = ZY_NEWN(h->arena, int, h->blocks.n);
  l->block_label = ZY_NEWN(h->arena, uint32_t, h->blocks.n);
  for (uint32_t b = 0; b < h->blocks.n; b++) l->block_label[b] = zy_lower_label(l);
  find_wanted(l);
  prologue(l);
  for (uint32_t i = 0; i < n; i++) lower_block(l, order[i]);
  end(l);
}

void zy_lower_exits(const ZyHir *h, ZyLowered *out) { zy_lower_number_exits(start(h, out)); }
