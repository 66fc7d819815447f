/*
** lir.c - LIR -> text, for dumps; facts of the table of operations.
** SPDX-License-Identifier: MIT
**
**   func f
**   b0:
**     v0 = arg 1
**     v1 = load v0, 16 @regs
**     jump b1(v1)
**   b1(v3:i):
**     v4 = call:i table_get(v0, v3)
**     store v0, 16, v4 @regs
**     branch v5, b2, b3 likely
**
** An instruction is a line; its number is that of the value it makes. Requires LIR that zy_lir_check
** accepts. Any thread.
*/
#include "lir/lir.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Text {
  ZyArena *arena;
  ZY_VEC(char) out;
} Text;

static const struct { const char *name; uint8_t type, nops; } ops[ZY_LIR_COUNT] = {
#define ZY_LIR(name, type, nops, text) { #name, ZY_LIR_##type, nops },
#include "lir/op.def"
#undef ZY_LIR
};

static const char *const helpers[] = {
#define ZY_HELPER(name) #name,
#include "lir/helper.def"
#undef ZY_HELPER
};

static const char *const aliases[ZY_ALIAS_COUNT] = { "any", "regs", "frame", "shape", "values", "upvals", "code",
                                                    "marks", "limits" };
static const char letters[] = { 'v', 'i', 'f', 'p', 'b', 't' };    /* by ZyLirType */

_Static_assert(sizeof letters == ZY_LIR_T + 1, "a letter for each type");

/* The table has its names in upper case. */
static char names[ZY_LIR_COUNT][16];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void lower(char *to, size_t size, const char *from) {
  size_t n = 0;
  for (; n + 1 < size && from[n] != '\0'; n++) to[n] = (char)tolower((unsigned char)from[n]);
  to[n] = '\0';
}

static void make_names(void) {
  for (int op = 0; op < ZY_LIR_COUNT; op++) lower(names[op], sizeof names[op], ops[op].name);
}

const char *zy_lir_name(ZyLirOp op) {
  pthread_once(&names_once, make_names);
  return names[op];
}

ZyLirType zy_lir_type(ZyLirOp op) { return (ZyLirType)ops[op].type; }

int zy_lir_nops(ZyLirOp op) { return ops[op].nops; }

static void put(Text *t, const char *format, ...) {
  char line[256];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  for (const char *s = line; *s != '\0'; s++) zy_vec_push(t->arena, &t->out, *s);
}

/* The fewest digits that read back as the same number; the bits of a NaN. */
static void put_number(Text *t, const ZyLirInst *inst) {
  char text[40];
  if (isnan(inst->num)) {
    put(t, " nan:0x%" PRIx64, (uint64_t)inst->imm);
    return;
  }
  for (int digits = 14; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, inst->num);
    if (strtod(text, NULL) == inst->num) break;
  }
  put(t, " %s", text);
}

static void put_args(Text *t, const ZyLir *lir, const ZyLirInst *inst) {
  put(t, "(");
  for (uint32_t k = 0; k < inst->b; k++) put(t, "%sv%u", k == 0 ? "" : ", ", lir->args.v[inst->a + k]);
  put(t, ")");
}

static void put_callee(Text *t, const ZyLirInst *inst) {
  char name[32];
  put(t, ":%c ", letters[inst->type]);
  if (inst->op == ZY_LIR_CALLP) {
    put(t, "v%u", inst->c);
  } else if ((uint64_t)inst->imm < sizeof helpers / sizeof *helpers) {
    lower(name, sizeof name, helpers[inst->imm]);
    put(t, "%s", name);
  } else {
    put(t, "helper%" PRId64, inst->imm);
  }
}

static void put_memory(Text *t, const ZyLirInst *inst) {
  static const char *const hint[] = { "", " volatile", " fixed" };
  put(t, " @%s%s", aliases[inst->alias], hint[inst->hint]);
}

static void put_inst(Text *t, const ZyLir *lir, uint32_t i) {
  static const char *const hint[] = { "", " likely", " unlikely" }, *const call[] = { "", " pure", " reads", " marks",
                                                                               " limits" };
  const ZyLirInst *inst = &lir->insts.v[i];
  ZyLirType type = ops[inst->op].type == ZY_LIR_T ? (ZyLirType)inst->type : (ZyLirType)ops[inst->op].type;
  put(t, "  ");
  if (type != ZY_LIR_V) put(t, "v%u = ", i);
  put(t, "%s", zy_lir_name((ZyLirOp)inst->op));
  switch ((ZyLirOp)inst->op) {
    case ZY_LIR_ICONST: case ZY_LIR_ARG: put(t, " %" PRId64, inst->imm); break;
    case ZY_LIR_FCONST: put_number(t, inst); break;
    case ZY_LIR_NULLP: case ZY_LIR_FRAME: case ZY_LIR_PARAM: break;
    case ZY_LIR_LOAD8: case ZY_LIR_LOAD16: case ZY_LIR_LOAD32: case ZY_LIR_LOAD: case ZY_LIR_LOADF: case ZY_LIR_LOADP:
    case ZY_LIR_ACQUIRE:
      put(t, " v%u, %" PRId64, inst->a, inst->imm);
      put_memory(t, inst);
      break;
    case ZY_LIR_STORE8: case ZY_LIR_STORE16: case ZY_LIR_STORE32: case ZY_LIR_STORE: case ZY_LIR_STOREF:
    case ZY_LIR_STOREP:
      put(t, " v%u, %" PRId64 ", v%u @%s", inst->a, inst->imm, inst->b, aliases[inst->alias]);
      break;
    case ZY_LIR_P2I: case ZY_LIR_I2P: case ZY_LIR_F2B: case ZY_LIR_B2F: case ZY_LIR_B2I: case ZY_LIR_FNEG:
    case ZY_LIR_FSQRT: case ZY_LIR_FFLOOR: case ZY_LIR_FCEIL: case ZY_LIR_FABS: case ZY_LIR_I2F: case ZY_LIR_F2I:
    case ZY_LIR_NOT: case ZY_LIR_RET:
      put(t, " v%u", inst->a);
      break;
    case ZY_LIR_PADD: case ZY_LIR_ADD: case ZY_LIR_SUB: case ZY_LIR_MUL: case ZY_LIR_SDIV: case ZY_LIR_SREM:
    case ZY_LIR_AND: case ZY_LIR_OR: case ZY_LIR_XOR: case ZY_LIR_SHL: case ZY_LIR_SHR: case ZY_LIR_SAR:
    case ZY_LIR_FADD: case ZY_LIR_FSUB: case ZY_LIR_FMUL: case ZY_LIR_FDIV: case ZY_LIR_EQ: case ZY_LIR_NE:
    case ZY_LIR_LT: case ZY_LIR_LE: case ZY_LIR_LTU: case ZY_LIR_FEQ: case ZY_LIR_FLT: case ZY_LIR_FLE:
    case ZY_LIR_BAND: case ZY_LIR_BOR:
      put(t, " v%u, v%u", inst->a, inst->b);
      break;
    case ZY_LIR_SELECT: put(t, " v%u, v%u, v%u", inst->a, inst->b, inst->c); break;
    case ZY_LIR_CALL: case ZY_LIR_CALLP:
      put_callee(t, inst);
      put_args(t, lir, inst);
      if (inst->op == ZY_LIR_CALL) put(t, "%s", call[inst->hint]);
      break;
    case ZY_LIR_JUMP:
      put(t, " b%" PRId64, inst->imm);
      if (inst->b > 0) put_args(t, lir, inst);
      break;
    case ZY_LIR_BRANCH:
      put(t, " v%u, b%u, b%u%s", inst->a, (uint32_t)inst->imm, (uint32_t)((uint64_t)inst->imm >> 32), hint[inst->hint]);
      break;
    case ZY_LIR_COUNT: break;
  }
  put(t, "\n");
}

char *zy_lir_print(const ZyLir *lir, ZyArena *arena) {
  Text t = { .arena = arena };
  put(&t, "func %s\n", lir->name);
  for (uint32_t b = 0; b < lir->blocks.n; b++) {
    const ZyLirBlock *block = &lir->blocks.v[b];
    uint32_t k = 0;
    put(&t, "b%u", b);
    for (; k < block->count && lir->insts.v[block->first + k].op == ZY_LIR_PARAM; k++)
      put(&t, "%sv%u:%c", k == 0 ? "(" : ", ", block->first + k, letters[lir->insts.v[block->first + k].type]);
    put(&t, "%s:\n", k == 0 ? "" : ")");
    for (; k < block->count; k++) put_inst(&t, lir, block->first + k);
  }
  zy_vec_push(arena, &t.out, '\0');
  return t.out.v;
}
