/*
** check.c - LIR -> what is wrong with it.
** SPDX-License-Identifier: MIT
**
** Holds to what lir.h and op.def promise of LIR, dominance excepted, so that a back end may index by what
** it reads and rely on types:
**
**   - blocks are contiguous, in order, not empty; the last instruction, and no other, ends the block
**   - PARAMs come first, numbered from 0; block 0 has none, and nothing goes to it
**   - an operand is a value of the right type made by an earlier instruction; only the arguments of a
**     JUMP may come later
**   - the arguments of a JUMP fit its target's parameters; the targets of a BRANCH have none
**
** One pass over flat arrays: cheap enough for every compilation. Any thread.
*/
#include "lir/lir.h"

#include <string.h>

static ZyLirType type_of(const ZyLirInst *inst) {
  ZyLirType type = zy_lir_type((ZyLirOp)inst->op);
  return type == ZY_LIR_T ? (ZyLirType)inst->type : type;
}

static int ends_block(const ZyLirInst *inst) {
  return inst->op == ZY_LIR_JUMP || inst->op == ZY_LIR_BRANCH || inst->op == ZY_LIR_RET;
}

/* Type of value 'v' used by instruction 'i'; ZY_LIR_V when there is none. */
static ZyLirType operand(const ZyLir *lir, uint32_t v, uint32_t i) {
  return v < i ? type_of(&lir->insts.v[v]) : ZY_LIR_V;
}

static const char *expect(const ZyLir *lir, uint32_t i, const char *types) {
  const ZyLirInst *inst = &lir->insts.v[i];
  const uint32_t operands[] = { inst->a, inst->b, inst->c };
  for (int k = 0; types[k] != '\0'; k++)
    if ("vifpbt"[operand(lir, operands[k], i)] != types[k]) return "operand of the wrong type";
  return NULL;
}

static const char *check_args(const ZyLir *lir, uint32_t i) {
  const ZyLirInst *inst = &lir->insts.v[i];
  if (inst->b > lir->args.n || inst->a > lir->args.n - inst->b) return "arguments out of range";
  for (uint32_t k = 0; k < inst->b; k++)
    if (operand(lir, lir->args.v[inst->a + k], inst->op == ZY_LIR_JUMP ? lir->insts.n : i) == ZY_LIR_V)
      return "argument is not a value";
  return NULL;
}

static const char *check_jump(const ZyLir *lir, uint32_t i) {
  const ZyLirInst *inst = &lir->insts.v[i];
  const char *wrong = check_args(lir, i);
  const ZyLirBlock *to;
  if (wrong != NULL) return wrong;
  if (inst->imm <= 0 || inst->imm >= (int64_t)lir->blocks.n) return "jump to no block, or to the entry";
  to = &lir->blocks.v[inst->imm];
  if (inst->b >= to->count) return "wrong number of block arguments";
  for (uint32_t k = 0; k < inst->b; k++) {
    const ZyLirInst *param = &lir->insts.v[to->first + k];
    if (param->op != ZY_LIR_PARAM) return "wrong number of block arguments";
    if (type_of(param) != type_of(&lir->insts.v[lir->args.v[inst->a + k]])) return "block argument of the wrong type";
  }
  return lir->insts.v[to->first + inst->b].op == ZY_LIR_PARAM ? "wrong number of block arguments" : NULL;
}

static const char *check_branch(const ZyLir *lir, uint32_t i) {
  const ZyLirInst *inst = &lir->insts.v[i];
  const uint64_t to[] = { (uint64_t)inst->imm & 0xffffffff, (uint64_t)inst->imm >> 32 };
  for (int k = 0; k < 2; k++) {
    if (to[k] == 0 || to[k] >= lir->blocks.n) return "branch to no block, or to the entry";
    if (lir->insts.v[lir->blocks.v[to[k]].first].op == ZY_LIR_PARAM) return "branch to a block with parameters";
  }
  if (inst->hint > ZY_HINT_UNLIKELY) return "unknown hint";
  return expect(lir, i, "b");
}

static const char *check_compare(const ZyLir *lir, uint32_t i) {
  const char *wrong = expect(lir, i, "ii");
  return wrong == NULL ? NULL : expect(lir, i, "pp");
}

static const char *check_select(const ZyLir *lir, uint32_t i) {
  const ZyLirInst *inst = &lir->insts.v[i];
  if (inst->type == ZY_LIR_V || operand(lir, inst->b, i) != inst->type || operand(lir, inst->c, i) != inst->type)
    return "operand of the wrong type";
  return expect(lir, i, "b");
}

static const char *check_store(const ZyLir *lir, uint32_t i, const char *types) {
  return lir->insts.v[i].alias < ZY_ALIAS_COUNT ? expect(lir, i, types) : "unknown alias class";
}

static const char *check_load(const ZyLir *lir, uint32_t i) {
  return lir->insts.v[i].hint <= ZY_LOAD_FIXED ? check_store(lir, i, "p") : "unknown hint";
}

static const char *check_inst(const ZyLir *lir, uint32_t i) {
  const ZyLirInst *inst = &lir->insts.v[i];
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_ICONST: case ZY_LIR_FCONST: case ZY_LIR_NULLP: case ZY_LIR_FRAME: case ZY_LIR_PARAM: return NULL;
    case ZY_LIR_ARG:
      return inst->imm < 0 || inst->imm >= lir->narg || lir->arg[inst->imm] != inst->type ? "unknown argument" : NULL;
    case ZY_LIR_LOAD8: case ZY_LIR_LOAD16: case ZY_LIR_LOAD32: case ZY_LIR_LOAD: case ZY_LIR_LOADF: case ZY_LIR_LOADP:
    case ZY_LIR_ACQUIRE: return check_load(lir, i);
    case ZY_LIR_STORE8: case ZY_LIR_STORE16: case ZY_LIR_STORE32: case ZY_LIR_STORE: return check_store(lir, i, "pi");
    case ZY_LIR_STOREF: return check_store(lir, i, "pf");
    case ZY_LIR_STOREP: return check_store(lir, i, "pp");
    case ZY_LIR_PADD: return expect(lir, i, "pi");
    case ZY_LIR_P2I: return expect(lir, i, "p");
    case ZY_LIR_I2P: case ZY_LIR_B2F: case ZY_LIR_I2F: case ZY_LIR_RET: return expect(lir, i, "i");
    case ZY_LIR_F2B: case ZY_LIR_F2I: case ZY_LIR_FNEG: case ZY_LIR_FSQRT: case ZY_LIR_FFLOOR: case ZY_LIR_FCEIL:
    case ZY_LIR_FABS: return expect(lir, i, "f");
    case ZY_LIR_B2I: case ZY_LIR_NOT: return expect(lir, i, "b");
    case ZY_LIR_ADD: case ZY_LIR_SUB: case ZY_LIR_MUL: case ZY_LIR_SDIV: case ZY_LIR_SREM: case ZY_LIR_AND:
    case ZY_LIR_OR: case ZY_LIR_XOR: case ZY_LIR_SHL: case ZY_LIR_SHR: case ZY_LIR_SAR: case ZY_LIR_LT:
    case ZY_LIR_LE: return expect(lir, i, "ii");
    case ZY_LIR_EQ: case ZY_LIR_NE: case ZY_LIR_LTU: return check_compare(lir, i);
    case ZY_LIR_FADD: case ZY_LIR_FSUB: case ZY_LIR_FMUL: case ZY_LIR_FDIV: case ZY_LIR_FEQ: case ZY_LIR_FLT:
    case ZY_LIR_FLE: return expect(lir, i, "ff");
    case ZY_LIR_BAND: case ZY_LIR_BOR: return expect(lir, i, "bb");
    case ZY_LIR_SELECT: return check_select(lir, i);
    case ZY_LIR_CALL:
      if (inst->imm < 0) return "unknown helper";
      return inst->hint > ZY_CALL_LIMITS ? "unknown hint" : check_args(lir, i);
    case ZY_LIR_CALLP:
      if (operand(lir, inst->c, i) != ZY_LIR_P) return "operand of the wrong type";
      return check_args(lir, i);
    case ZY_LIR_JUMP: return check_jump(lir, i);
    case ZY_LIR_BRANCH: return check_branch(lir, i);
    case ZY_LIR_COUNT: break;
  }
  return "unknown operation";
}

/* What must hold before an instruction may be looked up through another. */
static const char *check_shape(const ZyLir *lir) {
  uint32_t next = 0;
  if (lir->blocks.n == 0) return "no blocks";
  if (lir->narg < 4 || lir->narg > ZY_LIR_MOST_ARGS) return "wrong number of arguments";
  for (int i = 0; i < lir->narg; i++)
    if (lir->arg[i] != ZY_LIR_I && lir->arg[i] != ZY_LIR_F && lir->arg[i] != ZY_LIR_P) return "argument of an unknown type";
  if (memchr(lir->name, '\0', sizeof lir->name) == NULL || lir->name[0] == '\0') return "no name";
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    const ZyLirBlock *block = &lir->blocks.v[b];
    int params = b != 0;
    if (block->first != next || block->count == 0 || block->count > lir->insts.n - next) return "blocks do not add up";
    for (uint32_t k = 0; k < block->count; k++) {
      const ZyLirInst *inst = &lir->insts.v[next + k];
      if (inst->op >= ZY_LIR_COUNT) return "unknown operation";
      if (zy_lir_type((ZyLirOp)inst->op) == ZY_LIR_T && inst->type >= ZY_LIR_T) return "unknown type";
      if (ends_block(inst) != (k + 1 == block->count)) return "block without an end, or an end inside a block";
      if (inst->op != ZY_LIR_PARAM) params = 0;
      else if (!params || inst->imm != (int64_t)k || inst->type == ZY_LIR_V) return "misplaced parameter";
    }
    next += block->count;
  }
  return next == lir->insts.n ? NULL : "instructions outside blocks";
}

const char *zy_lir_check(const ZyLir *lir) {
  const char *wrong = check_shape(lir);
  for (uint32_t i = 0; wrong == NULL && i < lir->insts.n; i++) wrong = check_inst(lir, i);
  return wrong;
}
