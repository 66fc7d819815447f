/*
** print.c - HIR -> text.
** SPDX-License-Identifier: MIT
**
** One printer serves dumps and tests. Values carry the number of their node, so a dump can be followed through
** the passes; the canonical form numbers them by appearance, so that a test's expectation can be written by
** hand. What an immediate holds is a table (zy_print_fields) that the parser reads, too.
**
** Requires nothing of the graph beyond terminated lists of valid numbers: it prints what the verifier rejects.
*/
#include "hir/print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lir/native.h"

typedef struct Printer {
  const ZyHir *h;
  ZyArena *arena;
  ZY_VEC(char) out;
  uint32_t *value, *block;             /* numbers to print instead, NULL: their own */
  uint32_t nvalues;
} Printer;

static const char *const arith_names[] = {
  "add", "sub", "mul", "mod", "pow", "div", "idiv", "band", "bor", "bxor", "shl", "shr", "unm", "bnot"
};

static const char *const type_names[] = {
#define ZY_TYPE(name, tag) #name,
#include "hir/type.def"
#undef ZY_TYPE
};


/* ---- immediates ---------------------------------------------------------- */

#define REG { "reg", 0, 8, 0, ZY_IMM_NUMBER }

static const ZyImmField none[] = { { 0 } };
static const ZyImmField number[] = { { NULL, 0, 64, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField type_set[] = { { NULL, 0, 64, 0, ZY_IMM_TYPE }, { 0 } };
static const ZyImmField library[] = { { NULL, 0, 64, 0, ZY_IMM_LIB }, { 0 } };
static const ZyImmField key[] = { { "k", 0, 64, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField key_place[] = { { "k", 0, 40, 0, ZY_IMM_NUMBER }, { "place", 40, 16, 0, ZY_IMM_EXTRA }, { 0 } };
static const ZyImmField key_places[] = { { "k", 0, 40, 0, ZY_IMM_NUMBER }, { "place", 40, 16, 0, ZY_IMM_EXTRA },
                                         { "event", 56, 8, 0, ZY_IMM_EXTRA }, { 0 } };
static const ZyImmField reg_key[] = { REG, { "k", 8, 56, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField reg_count[] = { REG, { "count", 8, 56, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField reg_proto[] = { REG, { "proto", 8, 56, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField reg_operator[] = { REG, { "operator", 8, 56, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField reg_wanted[] = { REG, { "wanted", 8, 56, -1, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField sizes[] =
  { REG, { "array", 8, 24, 0, ZY_IMM_NUMBER }, { "hash", 32, 32, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField call[] =
  { REG, { "args", 8, 8, -1, ZY_IMM_NUMBER }, { "results", 16, 8, -1, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField call_known[] =
  { REG, { "args", 8, 8, -1, ZY_IMM_NUMBER }, { "results", 16, 8, -1, ZY_IMM_NUMBER },
    { "callee", 32, 32, 0, ZY_IMM_NUMBER }, { "one", 24, 1, 0, ZY_IMM_EXTRA }, { 0 } };
static const ZyImmField list[] =
  { REG, { "values", 8, 16, -1, ZY_IMM_NUMBER }, { "from", 32, 32, 0, ZY_IMM_NUMBER }, { 0 } };
static const ZyImmField access[] =
  { { "pc", 0, 32, 0, ZY_IMM_NUMBER }, { "store", 32, 32, 0, ZY_IMM_NUMBER }, { 0 } };

#undef REG

static const struct { const ZyImmField *fields; } shapes[ZY_HIR_COUNT_] = {
  [ZY_HIR_KCONST] = { key }, [ZY_HIR_FIELD_SLOT] = { key_place }, [ZY_HIR_FIELD_FIND] = { key_places }, [ZY_HIR_FIELD_SET] = { key },
  [ZY_HIR_FIELD_PUT] = { key },
  [ZY_HIR_FIELD_GET] = { reg_key }, [ZY_HIR_CONCAT] = { reg_count }, [ZY_HIR_RETURN] = { reg_count },
  [ZY_HIR_CLOSURE] = { reg_proto }, [ZY_HIR_VARARG] = { reg_wanted }, [ZY_HIR_NEW_TABLE] = { sizes },
  [ZY_HIR_CALL] = { call }, [ZY_HIR_CALL_LUA] = { call_known }, [ZY_HIR_TAIL_LUA] = { call_known }, [ZY_HIR_RECORD_TABLE] = { access },
  [ZY_HIR_IS_TYPE] = { type_set }, [ZY_HIR_GUARD_LIB] = { library }, [ZY_HIR_LIB] = { library }, [ZY_HIR_MATH_NUM] = { library },
  [ZY_HIR_CONST] = { none }, [ZY_HIR_PARAM] = { none }, [ZY_HIR_ARITH] = { none },
  [ZY_HIR_OPERATE] = { reg_operator },
  [ZY_HIR_SET_LIST] = { list }, [ZY_HIR_TICK] = { none }         /* imm means nothing */
};

static const uint8_t has_imm[ZY_HIR_COUNT_] = {
#define ZY_HIR(name, nops, type, effect, exits, imm, text) [ZY_HIR_##name] = imm,
#include "hir/op.def"
#undef ZY_HIR
};

const ZyImmField *zy_print_fields(ZyHirOp op) {
  if (shapes[op].fields != NULL) return shapes[op].fields;
  return has_imm[op] ? number : none;
}

int64_t zy_print_field(const ZyImmField *field, int64_t imm) {
  int64_t bits = imm >> field->shift;
  if (field->shift + field->width < 64) bits &= ((int64_t)1 << field->width) - 1;
  return bits + field->bias;
}

const char *zy_print_arith(int64_t op) {
  return op >= 0 && op < (int64_t)(sizeof arith_names / sizeof *arith_names) ? arith_names[op] : NULL;
}

const char *zy_print_lib(int64_t lib) {
  static const char *const names[] = {
#define ZY_LIB(id, library, name) library "." name,
#include "lir/lib.def"
#undef ZY_LIB
  };
  return lib >= 0 && lib < ZY_LIB_COUNT ? names[lib] : NULL;
}


/* ---- text ---------------------------------------------------------------- */

static void put(Printer *p, const char *text) {
  for (; *text != 0; text++) zy_vec_push(p->arena, &p->out, *text);
}

__attribute__((format(printf, 2, 3)))
static void putf(Printer *p, const char *format, ...) {
  char text[128];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put(p, text);
}

char *zy_print_type(ZyType type, char *out, size_t size) {
  static const struct { ZyType set; const char *name; } sets[] = {
    { ZY_TYPE_ANY, "any" }, { ZY_TYPE_BOOL, "bool" }, { ZY_TYPE_NUMBER, "number" }, { ZY_TYPE_STRING, "string" }
  };
  size_t n = 0;
  if (size > 0) out[0] = 0;
  if (type == 0) snprintf(out, size, "none");
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
    if ((type & sets[i].set) != sets[i].set) continue;
    if (n < size) n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? "|" : "", sets[i].name);
    type &= ~sets[i].set;
  }
  for (int bit = 0; bit < ZY_TYPE_BITS; bit++)
    if ((type >> bit & 1) && n < size)
      n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? "|" : "", type_names[bit]);
  return out;
}

static void put_type(Printer *p, ZyType type) {
  char text[160];
  put(p, zy_print_type(type, text, sizeof text));
}

/* The shortest decimal that reads back as 'd'; never like an integer. */
static void put_num(Printer *p, double d) {
  char text[40];
  if (isnan(d)) {
    int64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if ((uint64_t)bits == 0x7ff8000000000000u) put(p, "nan");
    else if ((uint64_t)bits == 0xfff8000000000000u) put(p, "-nan");
    else putf(p, "nan 0x%llx", (unsigned long long)bits);
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, d);
    if (strtod(text, NULL) == d) break;
  }
  put(p, text);
  if (strpbrk(text, ".ein") == NULL) put(p, ".0");
}

static uint32_t value_number(Printer *p, ZyRef r) {
  if (p->value == NULL || r >= p->h->nodes.n) return r;
  if (p->value[r] == 0) p->value[r] = ++p->nvalues;
  return p->value[r];
}

static void put_value(Printer *p, ZyRef r) { putf(p, "v%u", value_number(p, r)); }

static void put_block(Printer *p, uint32_t b) {
  putf(p, "b%u", p->block != NULL && b < p->h->blocks.n ? p->block[b] : b);
}

static void put_name(Printer *p, const char *name) {
  int plain = name[0] != 0 && !(name[0] >= '0' && name[0] <= '9');
  for (const char *c = name; *c != 0; c++)
    if (!(*c == '_' || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9'))) plain = 0;
  if (!plain) put(p, "\"");
  for (; *name != 0; name++) {
    char one[2] = { *name == '"' || *name == '\n' ? '\'' : *name, 0 };
    put(p, one);
  }
  if (!plain) put(p, "\"");
}

static void put_params(Printer *p, const ZyBlock *b) {
  int n = 0;
  for (ZyRef r = b->first; r != 0 && p->h->nodes.v[r].op == ZY_HIR_PARAM; r = p->h->nodes.v[r].next) {
    if (n++ > 0) put(p, ", ");
    put_value(p, r);
    put(p, ":");
    put_type(p, p->h->nodes.v[r].type);
  }
}

static void put_edge(Printer *p, const ZyEdge *edge) {
  put_block(p, edge->block);
  if (edge->args.n == 0) return;
  put(p, "(");
  for (uint32_t i = 0; i < edge->args.n; i++) {
    if (i > 0) put(p, ", ");
    put_value(p, edge->args.v[i]);
  }
  put(p, ")");
}

static void put_state(Printer *p, uint32_t index) {
  const ZyFrameState *s = &p->h->states.v[index];
  putf(p, " @%d", s->pc);
  if (s->inlined != 0) putf(p, " in %u", s->inlined);
  put(p, " [");
  for (uint32_t i = 0; i < s->count; i++) {
    const ZyStateReg *reg = &p->h->regs.v[s->first + i];
    putf(p, "%sr%d=", i > 0 ? ", " : "", reg->reg);
    put_value(p, reg->value);
  }
  put(p, "]");
}


/* ---- nodes --------------------------------------------------------------- */

static void put_constant(Printer *p, const ZyHirNode *n) {
  switch (n->type) {
    case ZY_TYPE_nil: put(p, " nil"); break;
    case ZY_TYPE_false: put(p, " false"); break;
    case ZY_TYPE_true: put(p, " true"); break;
    case ZY_TYPE_num: put(p, " "); put_num(p, n->num); break;
    default: putf(p, " %lld", (long long)n->imm); break;
  }
}

static void put_fields(Printer *p, const ZyHirNode *n, int operands) {
  for (const ZyImmField *f = zy_print_fields((ZyHirOp)n->op); f->width != 0; f++) {
    int64_t value = zy_print_field(f, n->imm);
    const char *name = f->kind == ZY_IMM_LIB ? zy_print_lib(value) : NULL;
    if (f->kind == ZY_IMM_EXTRA && value == 0) continue;
    put(p, operands > 0 || f->kind == ZY_IMM_EXTRA ? ", " : " ");
    operands = 0;
    if (f->name != NULL) putf(p, "%s=", f->name);
    if (f->kind == ZY_IMM_TYPE) put_type(p, (ZyType)value);
    else if (name != NULL) put(p, name);
    else putf(p, "%lld", (long long)value);
  }
}

int zy_print_plain_return(const ZyHir *h, const ZyHirNode *n) {
  const ZyFrameState *s;
  if (h->unit != NULL || n->state == 0) return -1;
  s = &h->states.v[n->state];
  if (s->pc != 0 || s->inlined != 0 || s->count > 255 || n->imm != (int64_t)s->count << 8) return -1;
  for (uint32_t i = 0; i < s->count; i++)
    if (h->regs.v[s->first + i].reg != i) return -1;
  return (int)s->count;
}

/* The string behind a constant, for readers of dumps. */
static void put_comment(Printer *p, const ZyHirNode *n) {
  const ZyUnit *unit = p->h->unit;
  int64_t k;
  int length = 0;
  if (n->op == ZY_HIR_FIELD_GET) k = n->imm >> 8;
  else if (n->op == ZY_HIR_KCONST || n->op == ZY_HIR_FIELD_SLOT || n->op == ZY_HIR_FIELD_FIND || n->op == ZY_HIR_FIELD_PUT) {
    k = ZY_K_INDEX(n->imm);
    if (unit != NULL && ZY_K_CALLEE(n->imm) >= 0) unit = unit->callees[ZY_K_CALLEE(n->imm)].unit;
  }
  else if (n->op == ZY_HIR_FIELD_SET) k = n->imm;
  else return;
  if (unit == NULL || k < 0 || k >= unit->nk || unit->k[k].text == NULL) return;
  put(p, "  ; \"");
  for (const char *c = unit->k[k].text; *c != 0 && length < 40; c++, length++) {
    if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\') putf(p, "\\%d", (unsigned char)*c);
    else putf(p, "%c", *c);
  }
  put(p, "\"");
}

static void put_node(Printer *p, ZyRef r, int32_t pc) {
  const ZyHirNode *n = &p->h->nodes.v[r];
  const ZyBlock *b = &p->h->blocks.v[n->block];
  int nops = zy_hir_nops((ZyHirOp)n->op), plain = n->op == ZY_HIR_RETURN ? zy_print_plain_return(p->h, n) : -1;
  put(p, "  ");
  if (n->type != 0) {
    put_value(p, r);
    put(p, ":");
    put_type(p, n->type);
    put(p, " = ");
  }
  put(p, zy_hir_name((ZyHirOp)n->op));
  if (plain >= 0) {
    const ZyFrameState *s = &p->h->states.v[n->state];
    for (int i = 0; i < plain; i++) {
      put(p, i > 0 ? ", " : " ");
      put_value(p, p->h->regs.v[s->first + (uint32_t)i].value);
    }
  }
  else {
    if (n->op == ZY_HIR_ARITH) {
      if (zy_print_arith(n->imm) != NULL) putf(p, ".%s", zy_print_arith(n->imm));
      else putf(p, ".%lld", (long long)n->imm);
    }
    for (int i = 0; i < nops; i++) {
      put(p, i > 0 ? ", " : " ");
      put_value(p, n->ops[i]);
    }
    if (n->op == ZY_HIR_CONST) put_constant(p, n);
    else put_fields(p, n, nops);
    if (n->op == ZY_HIR_JUMP || n->op == ZY_HIR_BRANCH) {
      for (int s = 0; s < 2; s++) {
        if (b->succ[s].block == 0) continue;
        put(p, nops > 0 || s > 0 ? ", " : " ");
        put_edge(p, &b->succ[s]);
      }
    }
    if (n->state != 0) put_state(p, n->state);
  }
  if (n->pc != pc) putf(p, " !%d", n->pc);
  if (n->hoisted) put(p, " hoisted");
  put_comment(p, n);
  put(p, "\n");
}


/* ---- functions ------------------------------------------------------------ */

static void put_function(Printer *p) {
  const ZyHir *h = p->h;
  put(p, "func ");
  put_name(p, h->name != NULL ? h->name : h->unit != NULL && h->unit->name != NULL ? h->unit->name : "f");
  put(p, "(");
  if (h->blocks.n > 1) put_params(p, &h->blocks.v[1]);
  put(p, ") {\n");
  for (uint32_t i = 1; i < h->inlines.n; i++) {
    const ZyInline *in = &h->inlines.v[i];
    putf(p, "inline %u: callee=%d pc=%d base=%d results=%d", i, in->callee, in->pc, in->base, in->nresults);
    if (in->outer != 0) putf(p, " in %u", in->outer);
    put(p, "\n");
  }
  for (uint32_t i = 1; i < h->blocks.n; i++) {
    const ZyBlock *b = &h->blocks.v[i];
    int32_t pc = b->pc;
    if (b->first == 0 && b->preds.n == 0 && i > 1) continue;
    put_block(p, i);
    if (i > 1 && b->nparams > 0) {
      put(p, "(");
      put_params(p, b);
      put(p, ")");
    }
    if (b->pc != 0) putf(p, " !%d", b->pc);
    put(p, ":");
    if (h->unit != NULL && h->inlines.n == 1 && h->unit->line != NULL && pc >= 0 && pc < h->unit->ncode)
      putf(p, "  ; line %d", h->unit->line[pc]);
    put(p, "\n");
    for (ZyRef r = b->first; r != 0; r = h->nodes.v[r].next) {
      if (h->nodes.v[r].op == ZY_HIR_PARAM) continue;
      put_node(p, r, pc);
      pc = h->nodes.v[r].pc;
    }
  }
  put(p, "}\n");
  zy_vec_push(p->arena, &p->out, '\0');
}

char *zy_print_hir(const ZyHir *h, ZyArena *arena) {
  Printer p = { .h = h, .arena = arena };
  put_function(&p);
  return p.out.v;
}

char *zy_print_canonical(const ZyHir *h, ZyArena *arena) {
  Printer p = { .h = h, .arena = arena };
  uint32_t n = 0;
  p.value = ZY_NEWN(arena, uint32_t, h->nodes.n);
  p.block = ZY_NEWN(arena, uint32_t, h->blocks.n);
  for (uint32_t i = 1; i < h->blocks.n; i++)
    if (i == 1 || h->blocks.v[i].first != 0 || h->blocks.v[i].preds.n != 0) p.block[i] = ++n;
  for (uint32_t i = 1; i < h->blocks.n; i++)           /* definitions give the order, not forward uses */
    for (ZyRef r = h->blocks.v[i].first; r != 0; r = h->nodes.v[r].next)
      if (h->nodes.v[r].type != 0) value_number(&p, r);
  put_function(&p);
  return p.out.v;
}
