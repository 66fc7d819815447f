/*
** llvm_emit.c - LIR -> LLVM IR, instruction by instruction; part of llvm.so.
** SPDX-License-Identifier: MIT
**
** LIR is SSA already: a value is an LLVM value, a block a block, a parameter a phi that gets its arguments
** once every block is there. What this adds is what LLVM cannot know:
**
**   - which memory cannot overlap, as TBAA: a class is a type below 'any', which overlaps all of them.
**     Registers are a kind of upvalue, for an open upvalue is a register.
**   - that helper pointers never change, so that they need not be loaded again after a call, and what
**     helpers do with memory
**   - which way a branch goes
**
** LIR leaves some results open (F2I of what does not fit, shifts by 64) that LLVM calls poison, with which
** it may undo what was computed from them and a test that failed. They are frozen or masked, at no cost in
** the code: lowering may then compute first and select afterwards.
**
** Floats are what the interpreter computes: no fast-math, no contraction. LLVM leaves the sign of a NaN open,
** which a script sees when it prints 0/0, so a NaN of constants is folded here, as the CPU makes it.
**
** The builder folds constants, so two LIR values may be one LLVM value. Builds with LLVM 14 and later: the
** pointer casts are nothing where pointers have no element type. Runs on a worker thread.
*/
#include "backend/llvm_emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIKELY 2000                    /* to 1 */

typedef struct Emit {
  LLVMContextRef context;
  LLVMModuleRef module;
  LLVMBuilderRef builder;
  LLVMValueRef fn;
  const ZyLir *lir;
  int level;
  LLVMTypeRef type[ZY_LIR_T];          /* by ZyLirType */
  LLVMTypeRef i8, i32;
  LLVMValueRef *values;                /* by instruction */
  LLVMBasicBlockRef *blocks;
  LLVMValueRef tbaa[ZY_ALIAS_COUNT];   /* access tags; NULL: not made yet */
  unsigned tbaa_kind, invariant_kind, prof_kind;
} Emit;

static ZyLirType type_of(const Emit *e, uint32_t v) {
  const ZyLirInst *inst = &e->lir->insts.v[v];
  ZyLirType type = zy_lir_type((ZyLirOp)inst->op);
  return type == ZY_LIR_T ? (ZyLirType)inst->type : type;
}

static LLVMValueRef integer(Emit *e, int64_t n) { return LLVMConstInt(e->type[ZY_LIR_I], (unsigned long long)n, 1); }

/* --- Metadata --- */

static LLVMMetadataRef string_node(Emit *e, const char *text) {
  return LLVMMDStringInContext2(e->context, text, strlen(text));
}

static LLVMMetadataRef list_node(Emit *e, LLVMMetadataRef *items, size_t n) {
  return LLVMMDNodeInContext2(e->context, items, n);
}

static LLVMMetadataRef tbaa_type(Emit *e, ZyAlias alias) {
  LLVMMetadataRef root = string_node(e, "zyjit"), parent = NULL;
  const char *name = NULL;
  switch (alias) {
    case ZY_ALIAS_ANY: case ZY_ALIAS_COUNT: name = "any"; parent = list_node(e, &root, 1); break;
    case ZY_ALIAS_REGS: name = "regs"; parent = tbaa_type(e, ZY_ALIAS_UPVALS); break;
    case ZY_ALIAS_FRAME: name = "frame"; break;
    case ZY_ALIAS_SHAPE: name = "shape"; break;
    case ZY_ALIAS_VALUES: name = "values"; break;
    case ZY_ALIAS_UPVALS: name = "upvals"; break;
    case ZY_ALIAS_CODE: name = "code"; break;
    case ZY_ALIAS_MARKS: name = "marks"; break;
    case ZY_ALIAS_LIMITS: name = "limits"; break;
  }
  if (parent == NULL) parent = tbaa_type(e, ZY_ALIAS_ANY);
  return list_node(e, (LLVMMetadataRef[]){ string_node(e, name), parent, LLVMValueAsMetadata(integer(e, 0)) }, 3);
}

static LLVMValueRef mark_access(Emit *e, LLVMValueRef access, ZyAlias alias) {
  if (e->level == 0) return access;
  if (e->tbaa[alias] == NULL) {
    LLVMMetadataRef type = tbaa_type(e, alias);
    e->tbaa[alias] = LLVMMetadataAsValue(
      e->context, list_node(e, (LLVMMetadataRef[]){ type, type, LLVMValueAsMetadata(integer(e, 0)) }, 3));
  }
  LLVMSetMetadata(access, e->tbaa_kind, e->tbaa[alias]);
  return access;
}

/* What is loaded does not change: not loaded again after a call. */
static void mark_fixed(Emit *e, LLVMValueRef load) {
  if (e->level > 0)
    LLVMSetMetadata(load, e->invariant_kind, LLVMMetadataAsValue(e->context, list_node(e, NULL, 0)));
}

static void mark_branch(Emit *e, LLVMValueRef branch, ZyHint hint) {
  LLVMMetadataRef items[3];
  if (hint == ZY_HINT_NONE || e->level == 0) return;
  items[0] = string_node(e, "branch_weights");
  items[1] = LLVMValueAsMetadata(LLVMConstInt(e->i32, hint == ZY_HINT_LIKELY ? LIKELY : 1, 0));
  items[2] = LLVMValueAsMetadata(LLVMConstInt(e->i32, hint == ZY_HINT_LIKELY ? 1 : LIKELY, 0));
  LLVMSetMetadata(branch, e->prof_kind, LLVMMetadataAsValue(e->context, list_node(e, items, 3)));
}

static LLVMAttributeRef attribute(Emit *e, const char *name) {
  return LLVMCreateEnumAttribute(e->context, LLVMGetEnumAttributeKindForName(name, strlen(name)), 0);
}

/* LLVM 16 replaced "readnone" and "readonly" by "memory", of which two bits each say what is done with the arguments',
** the inaccessible and other memory: bit 0 that it is read. */
static void mark_call(Emit *e, LLVMValueRef call, ZyCallHint hint) {
  enum { NOTHING = 0, READS = 0x15 };
  const LLVMAttributeIndex fn = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
  unsigned kind = LLVMGetEnumAttributeKindForName("memory", 6);
  if (hint == ZY_CALL_MARKS || hint == ZY_CALL_LIMITS)
    mark_access(e, call, hint == ZY_CALL_MARKS ? ZY_ALIAS_MARKS : ZY_ALIAS_LIMITS);
  if (hint != ZY_CALL_PURE && hint != ZY_CALL_READS) return;
  if (kind == 0) LLVMAddCallSiteAttribute(call, fn, attribute(e, hint == ZY_CALL_PURE ? "readnone" : "readonly"));
  else LLVMAddCallSiteAttribute(call, fn, LLVMCreateEnumAttribute(e->context, kind,
                                                                  hint == ZY_CALL_PURE ? NOTHING : READS));
  LLVMAddCallSiteAttribute(call, fn, attribute(e, "willreturn"));
}

/* --- Instructions --- */

static LLVMValueRef offset(Emit *e, LLVMValueRef base, LLVMValueRef bytes) {
  return LLVMBuildGEP2(e->builder, e->i8, base, &bytes, 1, "");
}

/* The address base + imm of something of 'type'. */
static LLVMValueRef address(Emit *e, const ZyLirInst *inst, LLVMTypeRef type) {
  LLVMValueRef base = e->values[inst->a];
  if (inst->imm != 0) base = offset(e, base, integer(e, inst->imm));
  return LLVMBuildBitCast(e->builder, base, LLVMPointerType(type, 0), "");
}

static LLVMValueRef load(Emit *e, const ZyLirInst *inst, LLVMTypeRef type) {
  LLVMValueRef v = LLVMBuildLoad2(e->builder, type, address(e, inst, type), "");
  if (inst->op == ZY_LIR_ACQUIRE) {
    LLVMSetOrdering(v, LLVMAtomicOrderingAcquire);
    LLVMSetAlignment(v, 8);
  } else {
    LLVMSetVolatile(v, inst->hint == ZY_LOAD_VOLATILE);
    if (inst->hint == ZY_LOAD_FIXED) mark_fixed(e, v);
  }
  return mark_access(e, v, (ZyAlias)inst->alias);
}

static LLVMValueRef load_narrow(Emit *e, const ZyLirInst *inst, unsigned bits) {
  LLVMTypeRef type = LLVMIntTypeInContext(e->context, bits);
  return LLVMBuildZExt(e->builder, load(e, inst, type), e->type[ZY_LIR_I], "");
}

static void store(Emit *e, const ZyLirInst *inst, LLVMTypeRef type) {
  LLVMValueRef v = e->values[inst->b];
  if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind && type != e->type[ZY_LIR_I])
    v = LLVMBuildTrunc(e->builder, v, type, "");
  mark_access(e, LLVMBuildStore(e->builder, v, address(e, inst, type)), (ZyAlias)inst->alias);
}

static LLVMValueRef intrinsic(Emit *e, const char *name, LLVMTypeRef over, LLVMTypeRef of, LLVMValueRef arg) {
  unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
  LLVMValueRef fn = LLVMGetIntrinsicDeclaration(e->module, id, &over, 1);
  return LLVMBuildCall2(e->builder, LLVMFunctionType(over, &of, 1, 0), fn, &arg, 1, "");
}

static LLVMValueRef float_constant(Emit *e, double num) {
  int64_t bits;
  memcpy(&bits, &num, sizeof bits);
  return LLVMConstBitCast(integer(e, bits), e->type[ZY_LIR_F]);           /* a NaN's bits, too */
}

/* The NaN that 'inst' makes of constants: "-nan" on x86, where LLVM folds to "nan". NULL when its result is
** not a NaN. */
static LLVMValueRef constant_nan(Emit *e, const ZyLirInst *inst, int nops) {
  volatile double a, b = 0, result = 0;
  LLVMBool loses;
  if (!LLVMIsAConstantFP(e->values[inst->a]) || (nops == 2 && !LLVMIsAConstantFP(e->values[inst->b]))) return NULL;
  a = LLVMConstRealGetDouble(e->values[inst->a], &loses);
  if (nops == 2) b = LLVMConstRealGetDouble(e->values[inst->b], &loses);
  if (inst->op == ZY_LIR_FADD) result = a + b;
  else if (inst->op == ZY_LIR_FSUB) result = a - b;
  else if (inst->op == ZY_LIR_FMUL) result = a * b;
  else if (inst->op == ZY_LIR_FDIV) result = a / b;
  else result = sqrt(a);
  return isnan(result) ? float_constant(e, result) : NULL;
}

static LLVMValueRef float_binary(Emit *e, LLVMOpcode op, const ZyLirInst *inst) {
  LLVMValueRef nan = constant_nan(e, inst, 2);
  return nan != NULL ? nan : LLVMBuildBinOp(e->builder, op, e->values[inst->a], e->values[inst->b], "");
}

/* An operand that becomes a constant only in a later pass is fenced, or LLVM would fold 0/0 there. */
static LLVMValueRef quotient(Emit *e, const ZyLirInst *inst) {
  LLVMValueRef a = e->values[inst->a], b = e->values[inst->b], *open = LLVMIsAConstantFP(a) ? &b : &a;
  LLVMValueRef nan = constant_nan(e, inst, 2);
  if (nan != NULL) return nan;
  if (e->level > 0 && !LLVMIsAConstantFP(*open))
    *open = intrinsic(e, "llvm.arithmetic.fence", e->type[ZY_LIR_F], e->type[ZY_LIR_F], *open);
  return LLVMBuildFDiv(e->builder, a, b, "");
}

static LLVMValueRef float_intrinsic(Emit *e, const char *name, const ZyLirInst *inst) {
  return intrinsic(e, name, e->type[ZY_LIR_F], e->type[ZY_LIR_F], e->values[inst->a]);
}

static LLVMValueRef square_root(Emit *e, const ZyLirInst *inst) {
  LLVMValueRef nan = constant_nan(e, inst, 1);
  return nan != NULL ? nan : float_intrinsic(e, "llvm.sqrt", inst);
}

static LLVMValueRef compare(Emit *e, LLVMIntPredicate predicate, const ZyLirInst *inst) {
  return LLVMBuildICmp(e->builder, predicate, e->values[inst->a], e->values[inst->b], "");
}

static LLVMValueRef compare_floats(Emit *e, LLVMRealPredicate predicate, const ZyLirInst *inst) {
  return LLVMBuildFCmp(e->builder, predicate, e->values[inst->a], e->values[inst->b], "");
}

static LLVMValueRef shift_count(Emit *e, const ZyLirInst *inst) {
  return LLVMBuildAnd(e->builder, e->values[inst->b], integer(e, 63), "");
}

static LLVMValueRef call_helper_pointer(Emit *e, const ZyLirInst *inst, LLVMTypeRef pointer) {
  LLVMValueRef slot = offset(e, LLVMGetParam(e->fn, 2), integer(e, inst->imm * (int64_t)sizeof(void *)));
  LLVMValueRef fn = LLVMBuildLoad2(e->builder, pointer,
                                   LLVMBuildBitCast(e->builder, slot, LLVMPointerType(pointer, 0), ""), "");
  mark_fixed(e, fn);
  return fn;
}

/* A C function called with LIR's types. A bit is a _Bool: its register is 0 or 1 in all of its low byte. */
static LLVMValueRef call(Emit *e, const ZyLirInst *inst) {
  enum { FEW = 12 };
  const uint32_t *args = e->lir->args.v + inst->a;
  uint32_t n = inst->b;
  LLVMTypeRef few_types[FEW], *types = n <= FEW ? few_types : calloc(n, sizeof *types), fn_type, pointer;
  LLVMValueRef few_values[FEW], *values = n <= FEW ? few_values : calloc(n, sizeof *values), fn, result = NULL;
  if (types != NULL && values != NULL) {
    for (uint32_t k = 0; k < n; k++) {
      types[k] = e->type[type_of(e, args[k])];
      values[k] = e->values[args[k]];
    }
    fn_type = LLVMFunctionType(e->type[inst->type], types, n, 0);
    pointer = LLVMPointerType(fn_type, 0);
    fn = inst->op == ZY_LIR_CALLP ? LLVMBuildBitCast(e->builder, e->values[inst->c], pointer, "")
                                  : call_helper_pointer(e, inst, pointer);
    result = LLVMBuildCall2(e->builder, fn_type, fn, values, n, "");
    LLVMAddCallSiteAttribute(result, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute(e, "nounwind"));
    LLVMSetTailCall(result, inst->op == ZY_LIR_CALLP);           /* nobody has the address of a local variable */
    if (inst->op == ZY_LIR_CALL) mark_call(e, result, (ZyCallHint)inst->hint);
    if (inst->type == ZY_LIR_B) LLVMAddCallSiteAttribute(result, LLVMAttributeReturnIndex, attribute(e, "zeroext"));
    for (uint32_t k = 0; k < n; k++)
      if (types[k] == e->type[ZY_LIR_B]) LLVMAddCallSiteAttribute(result, k + 1, attribute(e, "zeroext"));
  }
  if (types != few_types) free(types);
  if (values != few_values) free(values);
  return result;
}

static void branch(Emit *e, const ZyLirInst *inst) {
  LLVMBasicBlockRef yes = e->blocks[inst->imm & 0xffffffff], no = e->blocks[(uint64_t)inst->imm >> 32];
  mark_branch(e, LLVMBuildCondBr(e->builder, e->values[inst->a], yes, no), (ZyHint)inst->hint);
}

/* The LLVM value of 'inst', or what stands for it when it has none; NULL when memory ran out. */
static LLVMValueRef emit_inst(Emit *e, const ZyLirInst *inst) {
  LLVMBuilderRef b = e->builder;
  const LLVMTypeRef *t = e->type;
#define A e->values[inst->a]
#define B e->values[inst->b]
#define BINARY(name) LLVMBuild##name(b, A, B, "")
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_ICONST: return integer(e, inst->imm);
    case ZY_LIR_FCONST: return float_constant(e, inst->num);
    case ZY_LIR_NULLP: return LLVMConstNull(t[ZY_LIR_P]);
    case ZY_LIR_ARG: return LLVMGetParam(e->fn, (unsigned)inst->imm);
    case ZY_LIR_PARAM: return LLVMBuildPhi(b, t[inst->type], "");
    case ZY_LIR_FRAME: return intrinsic(e, "llvm.frameaddress", t[ZY_LIR_P], e->i32, LLVMConstInt(e->i32, 0, 0));
    case ZY_LIR_LOAD8: return load_narrow(e, inst, 8);
    case ZY_LIR_LOAD16: return load_narrow(e, inst, 16);
    case ZY_LIR_LOAD32: return load_narrow(e, inst, 32);
    case ZY_LIR_LOAD: return load(e, inst, t[ZY_LIR_I]);
    case ZY_LIR_LOADF: return load(e, inst, t[ZY_LIR_F]);
    case ZY_LIR_LOADP: case ZY_LIR_ACQUIRE: return load(e, inst, t[ZY_LIR_P]);
    case ZY_LIR_STORE8: store(e, inst, e->i8); break;
    case ZY_LIR_STORE16: store(e, inst, LLVMInt16TypeInContext(e->context)); break;
    case ZY_LIR_STORE32: store(e, inst, e->i32); break;
    case ZY_LIR_STORE: store(e, inst, t[ZY_LIR_I]); break;
    case ZY_LIR_STOREF: store(e, inst, t[ZY_LIR_F]); break;
    case ZY_LIR_STOREP: store(e, inst, t[ZY_LIR_P]); break;
    case ZY_LIR_PADD: return offset(e, A, B);
    case ZY_LIR_P2I: return LLVMBuildPtrToInt(b, A, t[ZY_LIR_I], "");
    case ZY_LIR_I2P: return LLVMBuildIntToPtr(b, A, t[ZY_LIR_P], "");
    case ZY_LIR_F2B: return LLVMBuildBitCast(b, A, t[ZY_LIR_I], "");
    case ZY_LIR_B2F: return LLVMBuildBitCast(b, A, t[ZY_LIR_F], "");
    case ZY_LIR_B2I: return LLVMBuildZExt(b, A, t[ZY_LIR_I], "");
    case ZY_LIR_ADD: return BINARY(Add);
    case ZY_LIR_SUB: return BINARY(Sub);
    case ZY_LIR_MUL: return BINARY(Mul);
    case ZY_LIR_SDIV: return BINARY(SDiv);
    case ZY_LIR_SREM: return BINARY(SRem);
    case ZY_LIR_AND: case ZY_LIR_BAND: return BINARY(And);
    case ZY_LIR_OR: case ZY_LIR_BOR: return BINARY(Or);
    case ZY_LIR_XOR: return BINARY(Xor);
    case ZY_LIR_SHL: return LLVMBuildShl(b, A, shift_count(e, inst), "");
    case ZY_LIR_SHR: return LLVMBuildLShr(b, A, shift_count(e, inst), "");
    case ZY_LIR_SAR: return LLVMBuildAShr(b, A, shift_count(e, inst), "");
    case ZY_LIR_FADD: return float_binary(e, LLVMFAdd, inst);
    case ZY_LIR_FSUB: return float_binary(e, LLVMFSub, inst);
    case ZY_LIR_FMUL: return float_binary(e, LLVMFMul, inst);
    case ZY_LIR_FDIV: return quotient(e, inst);
    case ZY_LIR_FNEG: return LLVMBuildFNeg(b, A, "");
    case ZY_LIR_FSQRT: return square_root(e, inst);
    case ZY_LIR_FFLOOR: return float_intrinsic(e, "llvm.floor", inst);
    case ZY_LIR_FCEIL: return float_intrinsic(e, "llvm.ceil", inst);
    case ZY_LIR_FABS: return float_intrinsic(e, "llvm.fabs", inst);
    case ZY_LIR_I2F: return LLVMBuildSIToFP(b, A, t[ZY_LIR_F], "");
    case ZY_LIR_F2I: return LLVMBuildFreeze(b, LLVMBuildFPToSI(b, A, t[ZY_LIR_I], ""), "");
    case ZY_LIR_EQ: return compare(e, LLVMIntEQ, inst);
    case ZY_LIR_NE: return compare(e, LLVMIntNE, inst);
    case ZY_LIR_LT: return compare(e, LLVMIntSLT, inst);
    case ZY_LIR_LE: return compare(e, LLVMIntSLE, inst);
    case ZY_LIR_LTU: return compare(e, LLVMIntULT, inst);
    case ZY_LIR_FEQ: return compare_floats(e, LLVMRealOEQ, inst);
    case ZY_LIR_FLT: return compare_floats(e, LLVMRealOLT, inst);
    case ZY_LIR_FLE: return compare_floats(e, LLVMRealOLE, inst);
    case ZY_LIR_NOT: return LLVMBuildNot(b, A, "");
    case ZY_LIR_SELECT: return LLVMBuildSelect(b, A, B, e->values[inst->c], "");
    case ZY_LIR_CALL: case ZY_LIR_CALLP: return call(e, inst);
    case ZY_LIR_JUMP: LLVMBuildBr(b, e->blocks[inst->imm]); break;
    case ZY_LIR_BRANCH: branch(e, inst); break;
    case ZY_LIR_RET: LLVMBuildRet(b, A); break;
    case ZY_LIR_COUNT: break;
  }
#undef A
#undef B
#undef BINARY
  return e->fn;
}

/* --- Functions --- */

static void make_types(Emit *e) {
  e->i8 = LLVMInt8TypeInContext(e->context);
  e->i32 = LLVMInt32TypeInContext(e->context);
  e->type[ZY_LIR_V] = LLVMVoidTypeInContext(e->context);
  e->type[ZY_LIR_I] = LLVMInt64TypeInContext(e->context);
  e->type[ZY_LIR_F] = LLVMDoubleTypeInContext(e->context);
  e->type[ZY_LIR_P] = LLVMPointerType(e->i8, 0);
  e->type[ZY_LIR_B] = LLVMInt1TypeInContext(e->context);
  e->tbaa_kind = LLVMGetMDKindIDInContext(e->context, "tbaa", 4);
  e->invariant_kind = LLVMGetMDKindIDInContext(e->context, "invariant.load", 14);
  e->prof_kind = LLVMGetMDKindIDInContext(e->context, "prof", 4);
}

static void make_function(Emit *e, const char *name) {
  static const char *const params[] = { "L", "ci", "cx", "code" };
  LLVMTypeRef types[ZY_LIR_MOST_ARGS];
  for (int i = 0; i < e->lir->narg; i++) types[i] = e->type[e->lir->arg[i]];
  e->fn = LLVMAddFunction(e->module, name, LLVMFunctionType(e->type[ZY_LIR_I], types, e->lir->narg, 0));
  for (unsigned i = 0; i < 4; i++) LLVMSetValueName2(LLVMGetParam(e->fn, i), params[i], strlen(params[i]));
  LLVMAddAttributeAtIndex(e->fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute(e, "nounwind"));
  for (uint32_t b = 0; b < e->lir->blocks.n; b++) {
    char block[16];
    snprintf(block, sizeof block, "b%u", b);
    e->blocks[b] = LLVMAppendBasicBlockInContext(e->context, e->fn, block);
  }
}

/* Gives the parameters of the blocks jumped to their arguments: a back edge's are made after the phi. */
static void add_arguments(Emit *e) {
  const ZyLir *lir = e->lir;
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    const ZyLirInst *jump = &lir->insts.v[lir->blocks.v[b].first + lir->blocks.v[b].count - 1];
    uint32_t to;
    if (jump->op != ZY_LIR_JUMP) continue;
    to = lir->blocks.v[jump->imm].first;
    for (uint32_t k = 0; k < jump->b; k++)
      LLVMAddIncoming(e->values[to + k], &e->values[lir->args.v[jump->a + k]], &e->blocks[b], 1);
  }
}

ZyStatus zy_llvm_emit(LLVMModuleRef module, const ZyLir *lir, const char *name, int level) {
  Emit e = { .context = LLVMGetModuleContext(module), .module = module, .lir = lir, .level = level };
  ZyStatus status = ZY_STATUS_OK;
  e.values = calloc(lir->insts.n, sizeof *e.values);
  e.blocks = calloc(lir->blocks.n, sizeof *e.blocks);
  if (LLVMGetNamedFunction(module, name) != NULL) {
    status = ZY_STATUS_INVALID;        /* LLVM would give it another name */
  } else if (e.values == NULL || e.blocks == NULL) {
    status = ZY_STATUS_MEMORY;
  } else {
    e.builder = LLVMCreateBuilderInContext(e.context);
    make_types(&e);
    make_function(&e, name);
    for (uint32_t b = 0; b < lir->blocks.n && status == ZY_STATUS_OK; b++) {
      const ZyLirBlock *block = &lir->blocks.v[b];
      LLVMPositionBuilderAtEnd(e.builder, e.blocks[b]);
      for (uint32_t i = block->first; i < block->first + block->count && status == ZY_STATUS_OK; i++)
        if ((e.values[i] = emit_inst(&e, &lir->insts.v[i])) == NULL) status = ZY_STATUS_MEMORY;
    }
    if (status == ZY_STATUS_OK) add_arguments(&e);
    LLVMDisposeBuilder(e.builder);
  }
  free(e.values);
  free(e.blocks);
  return status;
}
