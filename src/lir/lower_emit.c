/*
** lower_emit.c - instructions and blocks of LIR, appended in order.
** SPDX-License-Identifier: MIT
**
** Jumps go to labels, which become block numbers in the end; then what nobody uses is dropped, so that lowering
** may load what it might need. Runs on a worker, in the arena of the compilation.
*/
#include "lir/lower_internal.h"

#define MAX_INSTS 400000

static uint32_t append(ZyLower *l, ZyLirInst inst) {
  if (l->lir->insts.n >= MAX_INSTS) zy_arena_fail(l->arena, ZY_STATUS_TOO_LARGE);
  zy_vec_push(l->arena, &l->lir->insts, inst);
  return l->lir->insts.n - 1;
}

uint32_t zy_lower_op(ZyLower *l, ZyLirOp op, uint32_t a, uint32_t b) {
  return append(l, (ZyLirInst){ .op = (uint8_t)op, .a = a, .b = b });
}

uint32_t zy_lower_argument(ZyLower *l, ZyLirType type) {
  l->lir->arg[l->lir->narg] = (uint8_t)type;
  return append(l, (ZyLirInst){ .op = ZY_LIR_ARG, .type = (uint8_t)type, .imm = l->lir->narg++ });
}

uint32_t zy_lower_int(ZyLower *l, int64_t i) { return append(l, (ZyLirInst){ .op = ZY_LIR_ICONST, .imm = i }); }
uint32_t zy_lower_num(ZyLower *l, double n) { return append(l, (ZyLirInst){ .op = ZY_LIR_FCONST, .num = n }); }

uint32_t zy_lower_select(ZyLower *l, ZyLirType type, uint32_t bit, uint32_t yes, uint32_t no) {
  return append(l, (ZyLirInst){ .op = ZY_LIR_SELECT, .type = (uint8_t)type, .a = bit, .b = yes, .c = no });
}

uint32_t zy_lower_load(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias) {
  return append(l, (ZyLirInst){ .op = (uint8_t)op, .alias = (uint8_t)alias, .a = at, .imm = offset });
}

uint32_t zy_lower_volatile(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias) {
  return append(l, (ZyLirInst){ .op = (uint8_t)op, .alias = (uint8_t)alias, .hint = ZY_LOAD_VOLATILE, .a = at,
                                .imm = offset });
}

uint32_t zy_lower_fixed(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias) {
  return append(l, (ZyLirInst){ .op = (uint8_t)op, .alias = (uint8_t)alias, .hint = ZY_LOAD_FIXED, .a = at,
                                .imm = offset });
}

void zy_lower_store(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, uint32_t v, ZyAlias alias) {
  append(l, (ZyLirInst){ .op = (uint8_t)op, .alias = (uint8_t)alias, .a = at, .b = v, .imm = offset });
}

static uint32_t push_args(ZyLower *l, const uint32_t *args, uint32_t n) {
  uint32_t first = l->lir->args.n;
  for (uint32_t i = 0; i < n; i++) zy_vec_push(l->arena, &l->lir->args, args[i]);
  return first;
}

uint32_t zy_lower_helper(ZyLower *l, int helper, ZyLirType type, const uint32_t *args, uint32_t n,
                         ZyCallHint hint) {
  return append(l, (ZyLirInst){ .op = ZY_LIR_CALL, .type = (uint8_t)type, .hint = (uint8_t)hint,
                                .a = push_args(l, args, n), .b = n, .imm = helper });
}

uint32_t zy_lower_pointer_call(ZyLower *l, uint32_t fn, ZyLirType type, const uint32_t *args, uint32_t n) {
  return append(l, (ZyLirInst){ .op = ZY_LIR_CALLP, .type = (uint8_t)type, .a = push_args(l, args, n), .b = n,
                                .c = fn });
}


/* ---- blocks --------------------------------------------------------------- */

uint32_t zy_lower_label(ZyLower *l) {
  zy_vec_push(l->arena, &l->label, ZY_LOWER_NONE);
  return l->label.n - 1;
}

void zy_lower_place(ZyLower *l, uint32_t label) {
  ZyLirBlock block;
  if (l->open) zy_lower_jump(l, label, NULL, 0);
  block = (ZyLirBlock){ l->lir->insts.n, 0 };
  l->label.v[label] = l->lir->blocks.n;
  zy_vec_push(l->arena, &l->lir->blocks, block);
  l->open = 1;
  l->base = ZY_LOWER_NONE;
}

static void end(ZyLower *l) {
  ZyLirBlock *block = &l->lir->blocks.v[l->lir->blocks.n - 1];
  block->count = l->lir->insts.n - block->first;
  l->open = 0;
}

uint32_t zy_lower_param(ZyLower *l, ZyLirType type) {
  int64_t number = l->lir->insts.n - l->lir->blocks.v[l->lir->blocks.n - 1].first;
  return append(l, (ZyLirInst){ .op = ZY_LIR_PARAM, .type = (uint8_t)type, .imm = number });
}

void zy_lower_jump(ZyLower *l, uint32_t label, const uint32_t *args, uint32_t n) {
  append(l, (ZyLirInst){ .op = ZY_LIR_JUMP, .a = push_args(l, args, n), .b = n, .imm = label });
  end(l);
}

void zy_lower_branch(ZyLower *l, uint32_t bit, uint32_t yes, uint32_t no, ZyHint hint) {
  append(l, (ZyLirInst){ .op = ZY_LIR_BRANCH, .hint = (uint8_t)hint, .a = bit,
                         .imm = (int64_t)(yes | (uint64_t)no << 32) });
  end(l);
}

void zy_lower_return(ZyLower *l, uint32_t result) {
  ZY_OP1(RET, result);
  end(l);
}

/* The registers' address stays known: the new block can be reached from here only. */
static void go_on(ZyLower *l, uint32_t label, uint32_t base) {
  zy_lower_place(l, label);
  l->base = base;
}

void zy_lower_unless(ZyLower *l, uint32_t bit, uint32_t label) {
  uint32_t next = zy_lower_label(l), base = l->base;
  zy_lower_branch(l, bit, next, label, ZY_HINT_LIKELY);
  go_on(l, next, base);
}

void zy_lower_if(ZyLower *l, uint32_t bit, uint32_t label) {
  uint32_t next = zy_lower_label(l), base = l->base;
  zy_lower_branch(l, bit, label, next, ZY_HINT_UNLIKELY);
  go_on(l, next, base);
}


/* ---- the end --------------------------------------------------------------- */

/* Whether an instruction is there for its value alone. */
static int only_value(const ZyLirInst *inst) {
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_CALL: return inst->hint == ZY_CALL_PURE || inst->hint == ZY_CALL_READS;
    case ZY_LIR_LOAD8: case ZY_LIR_LOAD16: case ZY_LIR_LOAD32: case ZY_LIR_LOAD: case ZY_LIR_LOADF: case ZY_LIR_LOADP:
      return inst->hint != ZY_LOAD_VOLATILE;
    case ZY_LIR_PARAM: case ZY_LIR_STORE8: case ZY_LIR_STORE16: case ZY_LIR_STORE32: case ZY_LIR_STORE:
    case ZY_LIR_STOREF: case ZY_LIR_STOREP: case ZY_LIR_ACQUIRE: case ZY_LIR_CALLP: case ZY_LIR_JUMP:
    case ZY_LIR_BRANCH: case ZY_LIR_RET: case ZY_LIR_COUNT:
      return 0;
    case ZY_LIR_ICONST: case ZY_LIR_FCONST: case ZY_LIR_NULLP: case ZY_LIR_ARG: case ZY_LIR_FRAME: case ZY_LIR_PADD:
    case ZY_LIR_P2I: case ZY_LIR_I2P: case ZY_LIR_F2B: case ZY_LIR_B2F: case ZY_LIR_B2I: case ZY_LIR_ADD:
    case ZY_LIR_SUB: case ZY_LIR_MUL: case ZY_LIR_SDIV: case ZY_LIR_SREM: case ZY_LIR_AND: case ZY_LIR_OR:
    case ZY_LIR_XOR: case ZY_LIR_SHL: case ZY_LIR_SHR: case ZY_LIR_SAR: case ZY_LIR_FADD: case ZY_LIR_FSUB:
    case ZY_LIR_FMUL: case ZY_LIR_FDIV: case ZY_LIR_FNEG: case ZY_LIR_FSQRT: case ZY_LIR_FFLOOR: case ZY_LIR_FCEIL:
    case ZY_LIR_FABS: case ZY_LIR_I2F: case ZY_LIR_F2I: case ZY_LIR_EQ: case ZY_LIR_NE: case ZY_LIR_LT: case ZY_LIR_LE:
    case ZY_LIR_LTU: case ZY_LIR_FEQ: case ZY_LIR_FLT: case ZY_LIR_FLE: case ZY_LIR_NOT: case ZY_LIR_BAND:
    case ZY_LIR_BOR: case ZY_LIR_SELECT:
      break;
  }
  return 1;
}

static int has_args(const ZyLirInst *inst) {
  return inst->op == ZY_LIR_CALL || inst->op == ZY_LIR_CALLP || inst->op == ZY_LIR_JUMP;
}

/* The operands, but for args. */
static uint32_t *operand(ZyLirInst *inst, int i) {
  if (inst->op == ZY_LIR_CALLP) return i == 0 ? &inst->c : NULL;
  if (i >= zy_lir_nops((ZyLirOp)inst->op)) return NULL;
  return i == 0 ? &inst->a : i == 1 ? &inst->b : &inst->c;
}

/* Definitions come before uses, so that one sweep from the end finds all that is used. */
static void mark_used(ZyLir *lir, uint8_t *used) {
  for (uint32_t i = lir->insts.n; i-- > 0; ) {
    ZyLirInst *inst = &lir->insts.v[i];
    if (!used[i] && only_value(inst)) continue;
    used[i] = 1;
    for (int k = 0; operand(inst, k) != NULL; k++) used[*operand(inst, k)] = 1;
    if (has_args(inst))
      for (uint32_t k = 0; k < inst->b; k++) used[lir->args.v[inst->a + k]] = 1;
  }
}

void zy_lower_finish(ZyLower *l) {
  ZyLir *lir = l->lir;
  uint8_t *used = ZY_NEWN(l->arena, uint8_t, lir->insts.n);
  uint32_t *number = ZY_NEWN(l->arena, uint32_t, lir->insts.n), n = 0;
  mark_used(lir, used);
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    ZyLirBlock *block = &lir->blocks.v[b];
    uint32_t first = n;
    for (uint32_t i = block->first; i < block->first + block->count; i++) {
      if (!used[i]) continue;
      number[i] = n;
      lir->insts.v[n++] = lir->insts.v[i];
    }
    *block = (ZyLirBlock){ first, n - first };
  }
  lir->insts.n = n;
  for (uint32_t i = 0; i < n; i++) {
    ZyLirInst *inst = &lir->insts.v[i];
    for (int k = 0; operand(inst, k) != NULL; k++) *operand(inst, k) = number[*operand(inst, k)];
    if (has_args(inst))
      for (uint32_t k = 0; k < inst->b; k++) lir->args.v[inst->a + k] = number[lir->args.v[inst->a + k]];
    if (inst->op == ZY_LIR_JUMP) inst->imm = l->label.v[inst->imm];
    else if (inst->op == ZY_LIR_BRANCH)
      inst->imm = (int64_t)(l->label.v[inst->imm & 0xffffffff] | (uint64_t)l->label.v[(uint64_t)inst->imm >> 32] << 32);
  }
}
