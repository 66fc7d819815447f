/*
** gccjit_emit.c - LIR -> functions of a libgccjit context; part of the helper program.
** SPDX-License-Identifier: MIT
**
** -O0 gives every variable a place in memory, and a temporary inside an expression a register. So the
** code of tier 0 is as good as the expressions are large: a value used once, in the block that makes
** it, becomes a part of its user's expression (a 'tree'); the others become variables. Constants and
** arguments are repeated wherever they are used. A load is moved into its user only if nothing between
** the two may write to memory; what has effects, and a volatile load, stays where it stands. To the
** optimiser of -O1 and -O2 the two forms are the same.
**
** A parameter of a block is a variable assigned by the jumps to it, all of a jump's at once.
** Arguments are checked by libgccjit for type, and by zy_gccjit_emit_check for everything else.
** Runs on the main thread of the helper.
*/
#include "backend/gccjit_emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16                   /* of a tree: the compiler recurses into it */
#define NONE UINT32_MAX

typedef enum Kind {
  KIND_REPEATED,                       /* constant or argument: a tree at each use */
  KIND_PURE,                           /* depends on its operands only */
  KIND_LOAD,
  KIND_FIXED,                          /* has a variable, assigned where it stands */
  KIND_WRITE,                          /* the same, and may write to memory */
  KIND_END                             /* ends a block */
} Kind;

typedef struct Value {
  gcc_jit_lvalue *local;
  uint32_t uses;
  uint32_t user;                       /* the last use; NONE when not all are in the value's block */
  uint32_t point;                      /* instruction at which the tree is evaluated */
  uint32_t block;
  uint8_t tree;                        /* part of the user's expression */
  uint8_t depth;
} Value;

typedef struct Fn {
  gcc_jit_context *ctxt;
  const ZyLir *lir;
  int level;
  int needs_libm;
  gcc_jit_function *fn;
  gcc_jit_block **blocks;
  gcc_jit_block *cur;
  Value *values;
  gcc_jit_type *type[ZY_LIR_T];        /* by ZyLirType */
  gcc_jit_type *ulong, *byte;
} Fn;

static const uint8_t nops[] = {
#define ZY_LIR(name, type, nops, text) nops,
#include "lir/op.def"
#undef ZY_LIR
};

static const uint8_t types[] = {
#define ZY_LIR(name, type, nops, text) ZY_LIR_##type,
#include "lir/op.def"
#undef ZY_LIR
};

static gcc_jit_rvalue *value(Fn *f, uint32_t v);

static ZyLirType type_of(const ZyLirInst *inst) {
  return types[inst->op] == ZY_LIR_T ? (ZyLirType)inst->type : (ZyLirType)types[inst->op];
}

static Kind kind_of(const ZyLirInst *inst) {
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_ICONST: case ZY_LIR_FCONST: case ZY_LIR_NULLP: case ZY_LIR_ARG:
      return KIND_REPEATED;
    case ZY_LIR_LOAD8: case ZY_LIR_LOAD16: case ZY_LIR_LOAD32: case ZY_LIR_LOAD: case ZY_LIR_LOADF: case ZY_LIR_LOADP:
      return inst->hint == ZY_LOAD_VOLATILE ? KIND_FIXED : KIND_LOAD;
    case ZY_LIR_PARAM: case ZY_LIR_SELECT:
      return KIND_FIXED;
    case ZY_LIR_STORE8: case ZY_LIR_STORE16: case ZY_LIR_STORE32: case ZY_LIR_STORE: case ZY_LIR_STOREF:
    case ZY_LIR_STOREP: case ZY_LIR_ACQUIRE: case ZY_LIR_CALL: case ZY_LIR_CALLP:
      return KIND_WRITE;
    case ZY_LIR_JUMP: case ZY_LIR_BRANCH: case ZY_LIR_RET:
      return KIND_END;
    case ZY_LIR_FRAME: case ZY_LIR_PADD: case ZY_LIR_P2I: case ZY_LIR_I2P: case ZY_LIR_F2B: case ZY_LIR_B2F:
    case ZY_LIR_B2I: case ZY_LIR_ADD: case ZY_LIR_SUB: case ZY_LIR_MUL: case ZY_LIR_SDIV: case ZY_LIR_SREM:
    case ZY_LIR_AND: case ZY_LIR_OR: case ZY_LIR_XOR: case ZY_LIR_SHL: case ZY_LIR_SHR: case ZY_LIR_SAR:
    case ZY_LIR_FADD: case ZY_LIR_FSUB: case ZY_LIR_FMUL: case ZY_LIR_FDIV: case ZY_LIR_FNEG: case ZY_LIR_FSQRT:
    case ZY_LIR_FFLOOR: case ZY_LIR_FCEIL: case ZY_LIR_FABS: case ZY_LIR_I2F: case ZY_LIR_F2I: case ZY_LIR_EQ:
    case ZY_LIR_NE: case ZY_LIR_LT: case ZY_LIR_LE: case ZY_LIR_LTU: case ZY_LIR_FEQ: case ZY_LIR_FLT:
    case ZY_LIR_FLE: case ZY_LIR_NOT: case ZY_LIR_BAND: case ZY_LIR_BOR: case ZY_LIR_COUNT:
      return KIND_PURE;
  }
  return KIND_FIXED;
}

/* The operands of 'inst': up to three in 'fixed', then '*n' at the returned address. */
static const uint32_t *operands(const ZyLir *lir, const ZyLirInst *inst, uint32_t fixed[3], int *nfixed, uint32_t *n) {
  *nfixed = nops[inst->op];
  fixed[0] = inst->a, fixed[1] = inst->b, fixed[2] = inst->c;
  *n = 0;
  if (inst->op != ZY_LIR_CALL && inst->op != ZY_LIR_CALLP && inst->op != ZY_LIR_JUMP) return NULL;
  if (inst->op == ZY_LIR_CALLP) *nfixed = 1, fixed[0] = inst->c;
  *n = inst->b;
  return lir->args.v + inst->a;
}

static uint32_t nparams(const ZyLir *lir, uint32_t block) {
  const ZyLirBlock *b = &lir->blocks.v[block];
  uint32_t n = 0;
  while (n < b->count && lir->insts.v[b->first + n].op == ZY_LIR_PARAM) n++;
  return n;
}

/* --- Checking --- */

static const char *check_inst(const ZyLir *lir, uint32_t i, int last) {
  const ZyLirInst *inst = &lir->insts.v[i];
  uint32_t fixed[3], n, ninsts = lir->insts.n;
  const uint32_t *range;
  int nfixed;
  if (inst->op >= ZY_LIR_COUNT) return "unknown operation";
  if (types[inst->op] == ZY_LIR_T && inst->type >= ZY_LIR_T) return "unknown type";
  if ((inst->op == ZY_LIR_SELECT || inst->op == ZY_LIR_PARAM || inst->op == ZY_LIR_ARG) && inst->type == ZY_LIR_V) return "value without a type";
  if ((kind_of(inst) == KIND_END) != last) return last ? "block without an end" : "end inside a block";
  if (inst->op == ZY_LIR_ARG && ((uint64_t)inst->imm >= lir->narg || lir->arg[inst->imm] != inst->type))
    return "unknown argument";
  if ((inst->op == ZY_LIR_CALL || inst->op == ZY_LIR_CALLP || inst->op == ZY_LIR_JUMP) &&
      (inst->b > lir->args.n || inst->a > lir->args.n - inst->b)) return "arguments out of range";
  range = operands(lir, inst, fixed, &nfixed, &n);
  for (int k = 0; k < nfixed; k++)
    if (fixed[k] >= i || type_of(&lir->insts.v[fixed[k]]) == ZY_LIR_V) return "operand is not a value";
  for (uint32_t k = 0; k < n; k++)
    if (range[k] >= ninsts || (range[k] >= i && inst->op != ZY_LIR_JUMP) ||
        lir->insts.v[range[k]].op >= ZY_LIR_COUNT || type_of(&lir->insts.v[range[k]]) == ZY_LIR_V)
      return "argument is not a value";
  if (inst->op == ZY_LIR_JUMP) {
    if ((uint64_t)inst->imm >= lir->blocks.n || inst->imm == 0) return "unknown block";
    if (nparams(lir, (uint32_t)inst->imm) != n) return "wrong number of block arguments";
  } else if (inst->op == ZY_LIR_BRANCH) {
    uint64_t yes = (uint64_t)inst->imm & 0xffffffff, no = (uint64_t)inst->imm >> 32;
    if (yes >= lir->blocks.n || no >= lir->blocks.n || yes == 0 || no == 0) return "unknown block";
    if (nparams(lir, (uint32_t)yes) != 0 || nparams(lir, (uint32_t)no) != 0) return "branch to a block with parameters";
  }
  return NULL;
}

const char *zy_gccjit_emit_check(const ZyLir *lir) {
  uint32_t next = 0;
  if (lir->blocks.n == 0) return "no blocks";
  if (lir->narg < 4 || lir->narg > ZY_LIR_MOST_ARGS) return "wrong number of arguments";
  for (int i = 0; i < lir->narg; i++)
    if (lir->arg[i] != ZY_LIR_I && lir->arg[i] != ZY_LIR_F && lir->arg[i] != ZY_LIR_P) return "argument of an unknown type";
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    const ZyLirBlock *block = &lir->blocks.v[b];
    if (block->first != next || block->count == 0 || block->count > lir->insts.n - next) return "blocks do not add up";
    next += block->count;
    for (uint32_t k = 0, params = 1; k < block->count; k++) {
      const ZyLirInst *inst = &lir->insts.v[block->first + k];
      params = params && inst->op == ZY_LIR_PARAM;
      if (inst->op == ZY_LIR_PARAM && (!params || inst->imm != (int64_t)k || b == 0)) return "misplaced parameter";
    }
  }
  if (next != lir->insts.n) return "instructions outside blocks";
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    const ZyLirBlock *block = &lir->blocks.v[b];
    for (uint32_t k = 0; k < block->count; k++) {
      const char *wrong = check_inst(lir, block->first + k, k + 1 == block->count);
      if (wrong != NULL) return wrong;
    }
  }
  return NULL;
}

/* --- Which values become part of their users --- */

static void count_use(Fn *f, uint32_t v, uint32_t user) {
  Value *val = &f->values[v];
  val->uses++;
  val->user = val->block == f->values[user].block && user > v && val->uses == 1 ? user : NONE;
}

/* 'writes' is room for a number for each instruction. */
static void choose_trees(Fn *f, uint32_t *writes) {
  const ZyLir *lir = f->lir;
  uint32_t total = 0, fixed[3], n;
  int nfixed;
  for (uint32_t b = 0; b < lir->blocks.n; b++)
    for (uint32_t k = 0; k < lir->blocks.v[b].count; k++) f->values[lir->blocks.v[b].first + k].block = b;
  for (uint32_t i = 0; i < lir->insts.n; i++) {
    const uint32_t *range = operands(lir, &lir->insts.v[i], fixed, &nfixed, &n);
    for (int k = 0; k < nfixed; k++) count_use(f, fixed[k], i);
    for (uint32_t k = 0; k < n; k++) count_use(f, range[k], i);
    writes[i] = total;                 /* writes before i */
    total += kind_of(&lir->insts.v[i]) == KIND_WRITE;
  }
  for (uint32_t i = 0; i < lir->insts.n; i++) {
    Value *val = &f->values[i];
    Kind kind = kind_of(&lir->insts.v[i]);
    int depth = 1;
    operands(lir, &lir->insts.v[i], fixed, &nfixed, &n);
    for (int k = 0; k < nfixed; k++)
      if (f->values[fixed[k]].tree && f->values[fixed[k]].depth >= depth) depth = f->values[fixed[k]].depth + 1;
    val->depth = (uint8_t)depth;
    val->tree = (kind == KIND_PURE || kind == KIND_LOAD) && val->uses == 1 && val->user != NONE && depth < MAX_DEPTH;
  }
  for (uint32_t i = lir->insts.n; i-- > 0;) {      /* users before what they use */
    Value *val = &f->values[i];
    val->point = i;
    if (!val->tree) continue;
    val->point = f->values[val->user].tree ? f->values[val->user].point : val->user;
    if (kind_of(&lir->insts.v[i]) == KIND_LOAD && writes[val->point] != writes[i]) {
      val->tree = 0;
      val->point = i;
    }
  }
}

/* --- Expressions --- */

static gcc_jit_rvalue *integer(Fn *f, int64_t n) {
  return gcc_jit_context_new_rvalue_from_long(f->ctxt, f->type[ZY_LIR_I], (long)n);
}

static gcc_jit_rvalue *cast(Fn *f, gcc_jit_rvalue *v, gcc_jit_type *type) {
  return gcc_jit_context_new_cast(f->ctxt, NULL, v, type);
}

static gcc_jit_rvalue *bitcast(Fn *f, gcc_jit_rvalue *v, gcc_jit_type *type) {
  return gcc_jit_context_new_bitcast(f->ctxt, NULL, v, type);
}

/* The memory of 'type' at pointer 'base' plus 'offset' bytes. */
static gcc_jit_lvalue *memory(Fn *f, gcc_jit_rvalue *base, int64_t offset, gcc_jit_type *type) {
  if (offset != 0)
    base = gcc_jit_lvalue_get_address(gcc_jit_context_new_array_access(f->ctxt, NULL, base, integer(f, offset)), NULL);
  return gcc_jit_rvalue_dereference(cast(f, base, gcc_jit_type_get_pointer(type)), NULL);
}

static gcc_jit_type *unsigned_type(Fn *f, int bytes) { return gcc_jit_context_get_int_type(f->ctxt, bytes, 0); }

static gcc_jit_rvalue *load(Fn *f, const ZyLirInst *inst, gcc_jit_type *type) {
  ZyLirType result = type_of(inst);
  int plain = inst->hint != ZY_LOAD_VOLATILE;
  gcc_jit_type *seen = plain ? type : gcc_jit_type_get_volatile(type);
  gcc_jit_rvalue *v = gcc_jit_lvalue_as_rvalue(memory(f, value(f, inst->a), inst->imm, seen));
  return type == f->type[result] && plain ? v : cast(f, v, f->type[result]);
}

static gcc_jit_rvalue *binary(Fn *f, enum gcc_jit_binary_op op, const ZyLirInst *inst, ZyLirType type) {
  return gcc_jit_context_new_binary_op(f->ctxt, NULL, op, f->type[type], value(f, inst->a), value(f, inst->b));
}

static gcc_jit_rvalue *compare(Fn *f, enum gcc_jit_comparison op, gcc_jit_rvalue *a, gcc_jit_rvalue *b) {
  return gcc_jit_context_new_comparison(f->ctxt, NULL, op, a, b);
}

static gcc_jit_rvalue *builtin(Fn *f, const char *name, gcc_jit_rvalue *a) {
  return gcc_jit_context_new_call(f->ctxt, NULL, gcc_jit_context_get_builtin_function(f->ctxt, name), 1, &a);
}

static gcc_jit_rvalue *constant(Fn *f, const ZyLirInst *inst) {
  if (isnan(inst->num)) return bitcast(f, integer(f, inst->imm), f->type[ZY_LIR_F]);   /* its sign and payload, too */
  return gcc_jit_context_new_rvalue_from_double(f->ctxt, f->type[ZY_LIR_F], inst->num);
}

static gcc_jit_rvalue *acquire(Fn *f, const ZyLirInst *inst) {
  gcc_jit_type *any = gcc_jit_context_get_type(f->ctxt, GCC_JIT_TYPE_VOID);
  gcc_jit_type *where = gcc_jit_type_get_pointer(gcc_jit_type_get_volatile(gcc_jit_type_get_const(any)));
  gcc_jit_rvalue *args[2];
  gcc_jit_lvalue *at = memory(f, value(f, inst->a), inst->imm, f->byte);
  args[0] = cast(f, gcc_jit_lvalue_get_address(at, NULL), where);
  args[1] = gcc_jit_context_new_rvalue_from_int(f->ctxt, gcc_jit_context_get_type(f->ctxt, GCC_JIT_TYPE_INT),
                                                __ATOMIC_ACQUIRE);
  return bitcast(f, gcc_jit_context_new_call(f->ctxt, NULL,
                    gcc_jit_context_get_builtin_function(f->ctxt, "__atomic_load_8"), 2, args), f->type[ZY_LIR_P]);
}

static gcc_jit_rvalue *frame(Fn *f) {
  gcc_jit_type *type = gcc_jit_context_get_type(f->ctxt, GCC_JIT_TYPE_UNSIGNED_INT);
  return cast(f, builtin(f, "__builtin_frame_address", gcc_jit_context_zero(f->ctxt, type)), f->type[ZY_LIR_P]);
}

/* A shift right without sign. */
static gcc_jit_rvalue *shift_unsigned(Fn *f, const ZyLirInst *inst) {
  return cast(f, gcc_jit_context_new_binary_op(f->ctxt, NULL, GCC_JIT_BINARY_OP_RSHIFT, f->ulong,
                   cast(f, value(f, inst->a), f->ulong), cast(f, value(f, inst->b), f->ulong)), f->type[ZY_LIR_I]);
}

static gcc_jit_rvalue *less_unsigned(Fn *f, const ZyLirInst *inst) {
  gcc_jit_rvalue *a = value(f, inst->a), *b = value(f, inst->b);
  if (type_of(&f->lir->insts.v[inst->a]) != ZY_LIR_P) a = cast(f, a, f->ulong), b = cast(f, b, f->ulong);
  return compare(f, GCC_JIT_COMPARISON_LT, a, b);
}

/* A function called with LIR's types: CALL's in the context's table, CALLP's at a pointer. */
static gcc_jit_rvalue *call(Fn *f, const ZyLirInst *inst) {
  const uint32_t *args = f->lir->args.v + inst->a;
  uint32_t n = inst->b;
  gcc_jit_type **at = calloc(n + 1, sizeof *at), *type;
  gcc_jit_rvalue **av = calloc(n + 1, sizeof *av), *fn, *result = NULL;
  if (at != NULL && av != NULL) {
    for (uint32_t i = 0; i < n; i++) {
      at[i] = f->type[type_of(&f->lir->insts.v[args[i]])];
      av[i] = value(f, args[i]);
    }
    type = gcc_jit_context_new_function_ptr_type(f->ctxt, NULL, f->type[inst->type], (int)n, at, 0);
    if (inst->op == ZY_LIR_CALLP) {
      fn = cast(f, value(f, inst->c), type);
    } else {
      gcc_jit_rvalue *context = gcc_jit_param_as_rvalue(gcc_jit_function_get_param(f->fn, 2));
      fn = gcc_jit_lvalue_as_rvalue(memory(f, context, inst->imm * (int64_t)sizeof(void *), type));
    }
    result = gcc_jit_context_new_call_through_ptr(f->ctxt, NULL, fn, (int)n, av);
  }
  free(at);
  free(av);
  return result;
}

/* The inverse of bit 'v'. A comparison of integers that nobody else wants is made the other way round. */
static gcc_jit_rvalue *inverse(Fn *f, uint32_t v) {
  const ZyLirInst *inst = &f->lir->insts.v[v];
  if (f->values[v].tree && (inst->op == ZY_LIR_EQ || inst->op == ZY_LIR_NE))
    return compare(f, inst->op == ZY_LIR_EQ ? GCC_JIT_COMPARISON_NE : GCC_JIT_COMPARISON_EQ,
                   value(f, inst->a), value(f, inst->b));
  if (f->values[v].tree && (inst->op == ZY_LIR_LT || inst->op == ZY_LIR_LE))
    return compare(f, inst->op == ZY_LIR_LT ? GCC_JIT_COMPARISON_GE : GCC_JIT_COMPARISON_GT,
                   value(f, inst->a), value(f, inst->b));
  return compare(f, GCC_JIT_COMPARISON_EQ, value(f, v), gcc_jit_context_zero(f->ctxt, f->type[ZY_LIR_B]));
}

/* The expression of instruction 'i', which makes a value. */
static gcc_jit_rvalue *expression(Fn *f, uint32_t i) {
  const ZyLirInst *inst = &f->lir->insts.v[i];
  gcc_jit_type *const *t = f->type;
#define UNARY(op, T) gcc_jit_context_new_unary_op(f->ctxt, NULL, GCC_JIT_UNARY_OP_##op, t[T], value(f, inst->a))
#define COMPARE(op) compare(f, GCC_JIT_COMPARISON_##op, value(f, inst->a), value(f, inst->b))
#define BINARY(op, T) binary(f, GCC_JIT_BINARY_OP_##op, inst, T)
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_ICONST: return integer(f, inst->imm);
    case ZY_LIR_FCONST: return constant(f, inst);
    case ZY_LIR_NULLP: return gcc_jit_context_null(f->ctxt, t[ZY_LIR_P]);
    case ZY_LIR_ARG: return gcc_jit_param_as_rvalue(gcc_jit_function_get_param(f->fn, (int)inst->imm));
    case ZY_LIR_FRAME: return frame(f);
    case ZY_LIR_LOAD8: return load(f, inst, unsigned_type(f, 1));
    case ZY_LIR_LOAD16: return load(f, inst, unsigned_type(f, 2));
    case ZY_LIR_LOAD32: return load(f, inst, unsigned_type(f, 4));
    case ZY_LIR_LOAD: return load(f, inst, t[ZY_LIR_I]);
    case ZY_LIR_LOADF: return load(f, inst, t[ZY_LIR_F]);
    case ZY_LIR_LOADP: return load(f, inst, t[ZY_LIR_P]);
    case ZY_LIR_ACQUIRE: return acquire(f, inst);
    case ZY_LIR_PADD:
      return gcc_jit_lvalue_get_address(
        gcc_jit_context_new_array_access(f->ctxt, NULL, value(f, inst->a), value(f, inst->b)), NULL);
    case ZY_LIR_P2I: case ZY_LIR_F2B: return bitcast(f, value(f, inst->a), t[ZY_LIR_I]);
    case ZY_LIR_I2P: return bitcast(f, value(f, inst->a), t[ZY_LIR_P]);
    case ZY_LIR_B2F: return bitcast(f, value(f, inst->a), t[ZY_LIR_F]);
    case ZY_LIR_B2I: case ZY_LIR_F2I: return cast(f, value(f, inst->a), t[ZY_LIR_I]);
    case ZY_LIR_I2F: return cast(f, value(f, inst->a), t[ZY_LIR_F]);
    case ZY_LIR_ADD: return BINARY(PLUS, ZY_LIR_I);
    case ZY_LIR_SUB: return BINARY(MINUS, ZY_LIR_I);
    case ZY_LIR_MUL: return BINARY(MULT, ZY_LIR_I);
    case ZY_LIR_SDIV: return BINARY(DIVIDE, ZY_LIR_I);
    case ZY_LIR_SREM: return BINARY(MODULO, ZY_LIR_I);
    case ZY_LIR_AND: return BINARY(BITWISE_AND, ZY_LIR_I);
    case ZY_LIR_OR: return BINARY(BITWISE_OR, ZY_LIR_I);
    case ZY_LIR_XOR: return BINARY(BITWISE_XOR, ZY_LIR_I);
    case ZY_LIR_SHL: return BINARY(LSHIFT, ZY_LIR_I);
    case ZY_LIR_SHR: return shift_unsigned(f, inst);
    case ZY_LIR_SAR: return BINARY(RSHIFT, ZY_LIR_I);
    case ZY_LIR_FADD: return BINARY(PLUS, ZY_LIR_F);
    case ZY_LIR_FSUB: return BINARY(MINUS, ZY_LIR_F);
    case ZY_LIR_FMUL: return BINARY(MULT, ZY_LIR_F);
    case ZY_LIR_FDIV: return BINARY(DIVIDE, ZY_LIR_F);
    case ZY_LIR_FNEG: return UNARY(MINUS, ZY_LIR_F);
    case ZY_LIR_FSQRT: f->needs_libm = 1; return builtin(f, "__builtin_sqrt", value(f, inst->a));
    case ZY_LIR_FFLOOR: f->needs_libm = 1; return builtin(f, "__builtin_floor", value(f, inst->a));
    case ZY_LIR_FCEIL: f->needs_libm = 1; return builtin(f, "__builtin_ceil", value(f, inst->a));
    case ZY_LIR_FABS: return builtin(f, "__builtin_fabs", value(f, inst->a));
    case ZY_LIR_EQ: case ZY_LIR_FEQ: return COMPARE(EQ);
    case ZY_LIR_NE: return COMPARE(NE);
    case ZY_LIR_LT: case ZY_LIR_FLT: return COMPARE(LT);
    case ZY_LIR_LE: case ZY_LIR_FLE: return COMPARE(LE);
    case ZY_LIR_LTU: return less_unsigned(f, inst);
    case ZY_LIR_NOT: return inverse(f, inst->a);
    case ZY_LIR_BAND: return BINARY(BITWISE_AND, ZY_LIR_B);
    case ZY_LIR_BOR: return BINARY(BITWISE_OR, ZY_LIR_B);
    case ZY_LIR_CALL: case ZY_LIR_CALLP: return call(f, inst);
    case ZY_LIR_PARAM: case ZY_LIR_SELECT: case ZY_LIR_STORE8: case ZY_LIR_STORE16: case ZY_LIR_STORE32:
    case ZY_LIR_STORE: case ZY_LIR_STOREF: case ZY_LIR_STOREP: case ZY_LIR_JUMP: case ZY_LIR_BRANCH:
    case ZY_LIR_RET: case ZY_LIR_COUNT:
      break;                           /* statements, or values that only have a variable */
  }
#undef UNARY
#undef COMPARE
#undef BINARY
  return NULL;
}

static gcc_jit_lvalue *local(Fn *f, uint32_t v) {
  if (f->values[v].local == NULL) {
    char name[16];
    snprintf(name, sizeof name, "v%u", v);
    f->values[v].local = gcc_jit_function_new_local(f->fn, NULL, f->type[type_of(&f->lir->insts.v[v])], name);
  }
  return f->values[v].local;
}

/* Value 'v' where it is used: for a tree the only time. */
static gcc_jit_rvalue *value(Fn *f, uint32_t v) {
  if (f->values[v].tree || kind_of(&f->lir->insts.v[v]) == KIND_REPEATED) return expression(f, v);
  return gcc_jit_lvalue_as_rvalue(local(f, v));
}

/* --- Statements --- */

static void assign(Fn *f, gcc_jit_lvalue *to, gcc_jit_rvalue *v) {
  gcc_jit_block_add_assignment(f->cur, NULL, to, v);
}

static void store(Fn *f, const ZyLirInst *inst, gcc_jit_type *type) {
  gcc_jit_lvalue *to = memory(f, value(f, inst->a), inst->imm, type);
  gcc_jit_rvalue *v = value(f, inst->b);
  assign(f, to, type == f->type[type_of(&f->lir->insts.v[inst->b])] ? v : cast(f, v, type));
}

/* libgccjit has no conditional expression; if-conversion finds this one. */
static void select_value(Fn *f, uint32_t i) {
  const ZyLirInst *inst = &f->lir->insts.v[i];
  gcc_jit_block *yes = gcc_jit_function_new_block(f->fn, NULL), *no = gcc_jit_function_new_block(f->fn, NULL),
                *join = gcc_jit_function_new_block(f->fn, NULL);
  gcc_jit_block_end_with_conditional(f->cur, NULL, value(f, inst->a), yes, no);
  gcc_jit_block_add_assignment(yes, NULL, local(f, i), value(f, inst->b));
  gcc_jit_block_add_assignment(no, NULL, local(f, i), value(f, inst->c));
  gcc_jit_block_end_with_jump(yes, NULL, join);
  gcc_jit_block_end_with_jump(no, NULL, join);
  f->cur = join;
}

/* Adds 'delta' to reads[p] for each parameter p (values first .. first+n-1) that the tree of 'v' reads,
** parameter 'self' excepted. */
static void count_reads(const Fn *f, uint32_t v, uint32_t first, uint32_t n, uint32_t self, int delta, int *reads) {
  const ZyLirInst *inst = &f->lir->insts.v[v];
  if (v - first < n) {
    if (v - first != self) reads[v - first] += delta;
  } else if (f->values[v].tree) {
    for (int k = 0; k < nops[inst->op]; k++)
      count_reads(f, k == 0 ? inst->a : k == 1 ? inst->b : inst->c, first, n, self, delta, reads);
  }
}

/* The assignments of a jump happen at once: a parameter is assigned when no argument still to be evaluated
** reads it, and where each waits for another, one is evaluated into a temporary. */
static int jump(Fn *f, const ZyLirInst *inst) {
  uint32_t n = inst->b, first = f->lir->blocks.v[inst->imm].first, left = n;
  const uint32_t *args = f->lir->args.v + inst->a;
  int *reads = calloc(n + 1, sizeof *reads);
  gcc_jit_lvalue **late = calloc(n + 1, sizeof *late);     /* temporary that holds the argument */
  uint8_t *done = calloc(n + 1, 1);
  int ok = reads != NULL && late != NULL && done != NULL;
  for (uint32_t p = 0; ok && p < n; p++) {
    count_reads(f, args[p], first, n, p, 1, reads);
    if (args[p] == first + p) done[p] = 1, left--;
  }
  while (ok && left > 0) {
    uint32_t before = left;
    for (uint32_t p = 0; p < n; p++) {
      if (done[p] || reads[p] != 0) continue;
      if (late[p] == NULL) count_reads(f, args[p], first, n, p, -1, reads);
      assign(f, local(f, first + p), late[p] != NULL ? gcc_jit_lvalue_as_rvalue(late[p]) : value(f, args[p]));
      done[p] = 1;
      left--;
    }
    if (left < before) continue;
    for (uint32_t p = 0; p < n; p++) {
      if (done[p] || late[p] != NULL) continue;
      late[p] = gcc_jit_function_new_local(f->fn, NULL, f->type[type_of(&f->lir->insts.v[first + p])], "late");
      assign(f, late[p], value(f, args[p]));
      count_reads(f, args[p], first, n, p, -1, reads);
      break;
    }
  }
  gcc_jit_block_end_with_jump(f->cur, NULL, f->blocks[inst->imm]);
  free(reads);
  free(late);
  free(done);
  return ok;
}

static void branch(Fn *f, const ZyLirInst *inst) {
  gcc_jit_block *yes = f->blocks[inst->imm & 0xffffffff], *no = f->blocks[inst->imm >> 32];
  gcc_jit_rvalue *bit = value(f, inst->a), *args[2];
  if (inst->hint != ZY_HINT_NONE && f->level > 0) {
    args[0] = cast(f, bit, f->type[ZY_LIR_I]);
    args[1] = integer(f, inst->hint == ZY_HINT_LIKELY);
    bit = gcc_jit_context_new_call(f->ctxt, NULL, gcc_jit_context_get_builtin_function(f->ctxt, "__builtin_expect"),
                                   2, args);
    bit = compare(f, GCC_JIT_COMPARISON_NE, bit, integer(f, 0));
  }
  gcc_jit_block_end_with_conditional(f->cur, NULL, bit, yes, no);
}

/* Instruction 'i' where it stands. 0 when there is no memory for it. */
static int statement(Fn *f, uint32_t i) {
  const ZyLirInst *inst = &f->lir->insts.v[i];
  const Value *val = &f->values[i];
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_STORE8: store(f, inst, unsigned_type(f, 1)); return 1;
    case ZY_LIR_STORE16: store(f, inst, unsigned_type(f, 2)); return 1;
    case ZY_LIR_STORE32: store(f, inst, unsigned_type(f, 4)); return 1;
    case ZY_LIR_STORE: store(f, inst, f->type[ZY_LIR_I]); return 1;
    case ZY_LIR_STOREF: store(f, inst, f->type[ZY_LIR_F]); return 1;
    case ZY_LIR_STOREP: store(f, inst, f->type[ZY_LIR_P]); return 1;
    case ZY_LIR_SELECT: if (val->uses > 0) select_value(f, i); return 1;
    case ZY_LIR_CALL: case ZY_LIR_CALLP: {
      gcc_jit_rvalue *v = call(f, inst);
      if (v == NULL) return 0;
      if (val->uses > 0) assign(f, local(f, i), v);
      else gcc_jit_block_add_eval(f->cur, NULL, v);
      return 1;
    }
    case ZY_LIR_JUMP: return jump(f, inst);
    case ZY_LIR_BRANCH: branch(f, inst); return 1;
    case ZY_LIR_RET: gcc_jit_block_end_with_return(f->cur, NULL, value(f, inst->a)); return 1;
    case ZY_LIR_PARAM: case ZY_LIR_ICONST: case ZY_LIR_FCONST: case ZY_LIR_NULLP: case ZY_LIR_ARG: return 1;
    case ZY_LIR_FRAME: case ZY_LIR_LOAD8: case ZY_LIR_LOAD16: case ZY_LIR_LOAD32: case ZY_LIR_LOAD: case ZY_LIR_LOADF:
    case ZY_LIR_LOADP: case ZY_LIR_ACQUIRE: case ZY_LIR_PADD: case ZY_LIR_P2I: case ZY_LIR_I2P: case ZY_LIR_F2B:
    case ZY_LIR_B2F: case ZY_LIR_B2I: case ZY_LIR_ADD: case ZY_LIR_SUB: case ZY_LIR_MUL: case ZY_LIR_SDIV:
    case ZY_LIR_SREM: case ZY_LIR_AND: case ZY_LIR_OR: case ZY_LIR_XOR: case ZY_LIR_SHL: case ZY_LIR_SHR:
    case ZY_LIR_SAR: case ZY_LIR_FADD: case ZY_LIR_FSUB: case ZY_LIR_FMUL: case ZY_LIR_FDIV: case ZY_LIR_FNEG:
    case ZY_LIR_FSQRT: case ZY_LIR_FFLOOR: case ZY_LIR_FCEIL: case ZY_LIR_FABS: case ZY_LIR_I2F: case ZY_LIR_F2I:
    case ZY_LIR_EQ: case ZY_LIR_NE: case ZY_LIR_LT: case ZY_LIR_LE: case ZY_LIR_LTU: case ZY_LIR_FEQ: case ZY_LIR_FLT:
    case ZY_LIR_FLE: case ZY_LIR_NOT: case ZY_LIR_BAND: case ZY_LIR_BOR: case ZY_LIR_COUNT:
      break;
  }
  if (val->tree) return 1;
  if (val->uses == 0 && kind_of(inst) != KIND_FIXED && kind_of(inst) != KIND_WRITE) return 1;
  assign(f, local(f, i), expression(f, i));
  return 1;
}

ZyStatus zy_gccjit_emit_function(gcc_jit_context *ctxt, const ZyLir *lir, int level, int *needs_libm) {
  Fn f = { .ctxt = ctxt, .lir = lir, .level = level };
  gcc_jit_param *params[ZY_LIR_MOST_ARGS];
  uint32_t *writes = calloc(lir->insts.n + 1, sizeof *writes);
  ZyStatus status = ZY_STATUS_OK;
  f.values = calloc(lir->insts.n + 1, sizeof *f.values);
  f.blocks = calloc(lir->blocks.n + 1, sizeof *f.blocks);
  if (writes == NULL || f.values == NULL || f.blocks == NULL) status = ZY_STATUS_MEMORY;
  f.type[ZY_LIR_V] = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_VOID);
  f.type[ZY_LIR_I] = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_LONG);
  f.type[ZY_LIR_F] = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_DOUBLE);
  f.byte = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_CHAR);
  f.type[ZY_LIR_P] = gcc_jit_type_get_pointer(f.byte);
  f.type[ZY_LIR_B] = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_BOOL);
  f.ulong = gcc_jit_context_get_type(ctxt, GCC_JIT_TYPE_UNSIGNED_LONG);
  if (status == ZY_STATUS_OK) {
    choose_trees(&f, writes);
    for (int i = 0; i < lir->narg; i++) {
      static const char *const names[] = { "L", "ci", "cx", "code" };
      char name[16];
      snprintf(name, sizeof name, "a%d", i);
      params[i] = gcc_jit_context_new_param(ctxt, NULL, f.type[lir->arg[i]], i < 4 ? names[i] : name);
    }
    f.fn = gcc_jit_context_new_function(ctxt, NULL, GCC_JIT_FUNCTION_EXPORTED, f.type[ZY_LIR_I], lir->name, lir->narg,
                                        params, 0);
    for (uint32_t b = 0; b < lir->blocks.n; b++) f.blocks[b] = gcc_jit_function_new_block(f.fn, NULL);
    for (uint32_t b = 0; b < lir->blocks.n && status == ZY_STATUS_OK; b++) {
      f.cur = f.blocks[b];
      for (uint32_t k = 0; k < lir->blocks.v[b].count; k++)
        if (!statement(&f, lir->blocks.v[b].first + k)) status = ZY_STATUS_MEMORY;
    }
  }
  if (f.needs_libm) *needs_libm = 1;
  free(writes);
  free(f.values);
  free(f.blocks);
  return status;
}
