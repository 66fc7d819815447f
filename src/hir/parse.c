/*
** parse.c - text -> HIR.
** SPDX-License-Identifier: MIT
**
**   function  = "func" name "(" params ")" "{" { inline } { block } "}"
**   params    = [ value ":" type { "," value ":" type } ]      the function's are those of its entry block
**   inline    = "inline" n ":" "callee=" n "pc=" n "base=" n "results=" n [ "in" n ]
**   block     = block-number [ "(" params ")" ] [ "!" pc ] ":" { node }
**   node      = [ value [ ":" type ] "=" ] operation [ operand { "," operand } ] [ state ] [ "!" pc ] [ "hoisted" ]
**   operand   = value | constant | edge | [ field "=" ] n | type | library-function
**   edge      = block-number [ "(" value { "," value } ")" ]
**   state     = "@" pc [ "in" n ] "[" [ register "=" value { "," register "=" value } ] "]"
**   value = "v" n    block-number = "b" n    register = "r" n    type = name { "|" name }
**
**   func sum(v1:int, v2:any) {
**   b1:
**     v3:int = guard_type v2 @5 [r0=v1, r1=v2]
**     v4:int = add_int v1, v3
**     v5:number = arith.add v4, v2 @6 [r0=v4]
**     v6:cond = is_type v5, int|nil
**     branch v6, b2(v5), b3
**   b2(v7:any) !8:
**     call v7, reg=2 args=1 results=0 @8 [r0=v4, r2=v7]
**     jump b3 @9 [r0=v4]
**   b3:
**     return v4
**   }
**
** ';' starts a comment; line ends mean nothing. A value's number is its node's, so printing what was read gives
** the same text. The type may be left out where the operation fixes it. "return v1, v2" is a RETURN from
** register 0 whose state, at pc 0, holds the values in registers 0 and 1; other RETURNs are written out
** ("return reg=3 count=1 @9 [r3=v4]"). "!" is the bytecode a node comes from: as for the node before it, or for
** its block, when not written; a block's is 0.
**
** Token by token, one function of the grammar each. The first error stops the token stream, so every
** loop ends. Runs where tests run; needs an arena whose 'escape' is set.
*/
#include "hir/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/print.h"
#include "lir/native.h"

enum { MAX_NUMBER = 60000, MAX_NAME = 48 };

typedef enum Token { END, NAME, NUMBER, QUOTED, PUNCTUATION } Token;

typedef struct Parser {
  ZyArena *arena;
  ZyHir *h;
  const char *p, *start;               /* behind the token, its first character */
  int line;
  Token token;
  char name[MAX_NAME];                 /* NAME */
  char *error;
  size_t size;
  int failed;
  uint32_t nvalues, nblocks;           /* highest numbers written */
  int *value_line, *block_line;        /* first use; 0 once defined */
  uint8_t *defined;                    /* blocks */
  ZyParseLines *lines;
} Parser;


/* ---- tokens -------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void fail(Parser *ps, const char *format, ...) {
  char text[160];
  va_list args;
  if (ps->failed) return;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  snprintf(ps->error, ps->size, "line %d: %s", ps->line, text);
  ps->failed = 1;
  ps->token = END;
}

static int is_word(int c) { return isalnum(c) || c == '_' || c == '.'; }

static void next(Parser *ps) {
  const char *p = ps->p;
  ps->token = END;
  if (ps->failed) return;
  for (;;) {
    if (*p == '\n') ps->line++;
    else if (*p == ';') p += strcspn(p, "\n") - 1;
    else if (!isspace((unsigned char)*p)) break;
    p++;
  }
  ps->start = p;
  if (*p == 0) ps->token = END;
  else if (isdigit((unsigned char)*p) || (*p == '-' && (isalnum((unsigned char)p[1]) || p[1] == '.'))) {
    ps->token = NUMBER;
    for (p++; is_word((unsigned char)*p) || ((*p == '+' || *p == '-') && (p[-1] == 'e' || p[-1] == 'E')); p++) { }
  }
  else if (isalpha((unsigned char)*p) || *p == '_') {
    size_t n = 0;
    while (is_word((unsigned char)p[n])) n++;
    ps->token = NAME;
    if (n >= MAX_NAME) {
      fail(ps, "name too long");
      return;
    }
    memcpy(ps->name, p, n);
    ps->name[n] = 0;
    p += n;
  }
  else if (*p == '"') {
    ps->token = QUOTED;
    p += 1 + strcspn(p + 1, "\"\n");
    if (*p != '"') {
      fail(ps, "unfinished name");
      return;
    }
    p++;
  }
  else {
    ps->token = PUNCTUATION;
    p++;
  }
  ps->p = p;
}

static int is(const Parser *ps, char c) { return ps->token == PUNCTUATION && *ps->start == c; }
static int is_name(const Parser *ps, const char *name) { return ps->token == NAME && strcmp(ps->name, name) == 0; }

static int accept(Parser *ps, char c) {
  if (!is(ps, c)) return 0;
  next(ps);
  return 1;
}

static void unexpected(Parser *ps, const char *wanted) {
  if (ps->token == END) fail(ps, "%s expected at the end", wanted);
  else fail(ps, "%s expected near '%.*s'", wanted, (int)(ps->p - ps->start > 40 ? 40 : ps->p - ps->start), ps->start);
}

static void expect(Parser *ps, char c) {
  char wanted[4] = { '\'', c, '\'', 0 };
  if (!accept(ps, c)) unexpected(ps, wanted);
}

/* The number behind 'letter', as in v12; -1 when the token is no such name. */
static long numbered(const Parser *ps, char letter) {
  char *end;
  long n;
  if (ps->token != NAME || ps->name[0] != letter || !isdigit((unsigned char)ps->name[1])) return -1;
  n = strtol(ps->name + 1, &end, 10);
  return *end == 0 && n >= 0 ? n : -1;
}

static int64_t integer(Parser *ps) {
  char *end;
  long long n;
  if (ps->token != NUMBER) {
    unexpected(ps, "number");
    return 0;
  }
  errno = 0;
  n = strtoll(ps->start, &end, 0);
  if (end != ps->p || errno != 0) fail(ps, "malformed integer '%.*s'", (int)(ps->p - ps->start), ps->start);
  next(ps);
  return n;
}

static void field_name(Parser *ps, const char *name) {
  if (!is_name(ps, name)) unexpected(ps, name);
  next(ps);
  expect(ps, '=');
}

static int64_t named_integer(Parser *ps, const char *name) {
  field_name(ps, name);
  return integer(ps);
}


/* ---- parts of nodes -------------------------------------------------------- */

static ZyRef value(Parser *ps) {
  long n = numbered(ps, 'v');
  if (n <= 0) {
    unexpected(ps, "value");
    return 0;
  }
  if (ps->h->nodes.v[n].op == ZY_HIR_NONE && ps->value_line[n] == 0) ps->value_line[n] = ps->line;
  next(ps);
  return (ZyRef)n;
}

static ZyType type_name(Parser *ps) {
  static const struct { const char *name; ZyType set; } names[] = {
    { "any", ZY_TYPE_ANY }, { "bool", ZY_TYPE_BOOL }, { "number", ZY_TYPE_NUMBER }, { "string", ZY_TYPE_STRING },
#define ZY_TYPE(name, tag) { #name, ZY_TYPE_##name },
#include "hir/type.def"
#undef ZY_TYPE
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!is_name(ps, names[i].name)) continue;
    next(ps);
    return names[i].set;
  }
  unexpected(ps, "type");
  return 0;
}

static ZyType type(Parser *ps) {
  ZyType set = type_name(ps);
  while (accept(ps, '|')) set |= type_name(ps);
  return set;
}

ZyType zy_parse_constant(const char **text, int64_t *imm, double *num) {
  static const struct { const char *name; ZyType type; uint64_t bits; } names[] = {
    { "nil", ZY_TYPE_nil, 0 }, { "false", ZY_TYPE_false, 0 }, { "true", ZY_TYPE_true, 0 },
    { "inf", ZY_TYPE_num, 0x7ff0000000000000u }, { "-inf", ZY_TYPE_num, 0xfff0000000000000u },
    { "nan", ZY_TYPE_num, 0x7ff8000000000000u }, { "-nan", ZY_TYPE_num, 0xfff8000000000000u }
  };
  const char *p = *text, *word = p + (*p == '-');
  char *end;
  size_t n = 0;
  while (is_word((unsigned char)p[n]) || (n == 0 && *p == '-')) n++;
  *imm = 0;
  *num = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strlen(names[i].name) != n || memcmp(names[i].name, p, n) != 0) continue;
    memcpy(num, &names[i].bits, sizeof *num);
    *text = p + n;
    return names[i].type;
  }
  if (!isdigit((unsigned char)*word)) return 0;
  errno = 0;
  *imm = strtoll(p, &end, 0);
  if (errno == 0 && !is_word((unsigned char)*end)) {
    *text = end;
    return ZY_TYPE_int;
  }
  *num = strtod(p, &end);
  if (is_word((unsigned char)*end)) return 0;
  *text = end;
  return ZY_TYPE_num;
}

static ZyType constant(Parser *ps, ZyHirNode *n) {
  int64_t imm;
  double num;
  const char *p = ps->start;
  ZyType set = ps->token == NAME || ps->token == NUMBER ? zy_parse_constant(&p, &imm, &num) : 0;
  if (set == 0 || p != ps->p) {
    unexpected(ps, "constant");
    return ZY_TYPE_nil;
  }
  next(ps);
  n->imm = 0;
  if (set == ZY_TYPE_num) n->num = num;
  else n->imm = imm;
  if (set == ZY_TYPE_num && num != num && ps->token == NUMBER && ps->start[1] == 'x') {
    n->imm = (int64_t)strtoull(ps->start, NULL, 16);   /* "nan 0x...": its bits */
    next(ps);
  }
  return set;
}

static void edge(Parser *ps, ZyRef r, int i) {
  long to = numbered(ps, 'b');
  uint32_t from = ps->h->nodes.v[r].block;
  if (to <= 0) {
    unexpected(ps, "block");
    return;
  }
  if (!ps->defined[to] && ps->block_line[to] == 0) ps->block_line[to] = ps->line;
  next(ps);
  if (ps->h->blocks.v[from].succ[i].block == 0) zy_hir_link(ps->h, from, i, (uint32_t)to);
  else fail(ps, "b%u goes somewhere already", from);
  if (!accept(ps, '(')) return;
  do {
    ZyRef v = value(ps);
    zy_vec_push(ps->arena, &ps->h->blocks.v[from].succ[i].args, v);
  } while (accept(ps, ','));
  expect(ps, ')');
}

/* Equal states one after another are one, as the builder makes them. */
static uint32_t add_state(Parser *ps, ZyFrameState state) {
  ZyHir *h = ps->h;
  const ZyFrameState *last = &h->states.v[h->states.n - 1];
  if (h->states.n > 1 && last->pc == state.pc && last->inlined == state.inlined && last->count == state.count) {
    uint32_t i = 0;
    while (i < state.count && h->regs.v[last->first + i].reg == h->regs.v[state.first + i].reg
           && h->regs.v[last->first + i].value == h->regs.v[state.first + i].value) i++;
    if (i == state.count) {
      h->regs.n = state.first;
      return h->states.n - 1;
    }
  }
  zy_vec_push(ps->arena, &h->states, state);
  return h->states.n - 1;
}

static void add_reg(Parser *ps, ZyFrameState *state, int64_t reg, ZyRef v) {
  ZyStateReg r = { (uint16_t)reg, v };
  zy_vec_push(ps->arena, &ps->h->regs, r);
  state->count++;
  if (reg >= ps->h->nregs) ps->h->nregs = (int)reg + 1;
}

static uint32_t state(Parser *ps) {
  ZyFrameState s = { 0, ps->h->regs.n, 0, 0 };
  s.pc = (int32_t)integer(ps);
  if (is_name(ps, "in")) {
    next(ps);
    s.inlined = (uint32_t)integer(ps);
  }
  expect(ps, '[');
  if (!is(ps, ']')) {
    do {
      long reg = numbered(ps, 'r');
      if (reg < 0 || reg > 65535) unexpected(ps, "register");
      next(ps);
      expect(ps, '=');
      add_reg(ps, &s, reg, value(ps));
    } while (accept(ps, ','));
  }
  expect(ps, ']');
  return ps->failed ? 0 : add_state(ps, s);
}

static int64_t library(Parser *ps) {
  if (ps->token != NAME) return integer(ps);
  for (int64_t i = 0; zy_print_lib(i) != NULL; i++) {
    if (!is_name(ps, zy_print_lib(i))) continue;
    next(ps);
    return i;
  }
  unexpected(ps, "library function");
  return 0;
}

static int64_t fields(Parser *ps, ZyHirOp op) {
  uint64_t imm = 0;
  for (const ZyImmField *f = zy_print_fields(op); f->width != 0; f++) {
    uint64_t mask, bits;
    int64_t n;
    if (f != zy_print_fields(op) && !accept(ps, ',') && f->kind == ZY_IMM_EXTRA) break;
    if (f->name != NULL) field_name(ps, f->name);
    if (f->kind == ZY_IMM_TYPE) n = type(ps);
    else if (f->kind == ZY_IMM_LIB) n = library(ps);
    else n = integer(ps);
    mask = f->width == 64 ? UINT64_MAX : ((uint64_t)1 << f->width) - 1;
    bits = (((uint64_t)n - (uint64_t)(int64_t)f->bias) & mask) << f->shift;
    if (zy_print_field(f, (int64_t)bits) != n) fail(ps, "%s out of range", f->name != NULL ? f->name : "number");
    imm |= bits;
  }
  return (int64_t)imm;
}


/* ---- nodes ----------------------------------------------------------------- */

/* The operation's name; *imm is the operator of "arith.add". */
static ZyHirOp operation(Parser *ps, int64_t *imm) {
  char *dot = ps->token == NAME ? strchr(ps->name, '.') : NULL;
  *imm = 0;
  if (dot != NULL) {
    int64_t op = isdigit((unsigned char)dot[1]) ? strtol(dot + 1, NULL, 10) : 0;
    if (!isdigit((unsigned char)dot[1]))
      while (zy_print_arith(op) != NULL && strcmp(zy_print_arith(op), dot + 1) != 0) op++;
    if (zy_print_arith(op) == NULL && !isdigit((unsigned char)dot[1])) fail(ps, "unknown operator '%s'", dot + 1);
    *dot = 0;
    *imm = op;
  }
  for (int op = 1; op < ZY_HIR_COUNT_; op++) {
    if (!is_name(ps, zy_hir_name((ZyHirOp)op)) || op == ZY_HIR_PARAM) continue;
    if ((op == ZY_HIR_ARITH) != (dot != NULL)) break;
    next(ps);
    return (ZyHirOp)op;
  }
  if (ps->token == NAME) fail(ps, "unknown operation '%s'", ps->name);
  else unexpected(ps, "operation");
  return ZY_HIR_NONE;
}

/* The type of a result that neither the text nor op.def gives. */
static ZyType usual_type(ZyHirOp op, ZyType constant_type) {
  if (op == ZY_HIR_CONST) return constant_type;
  if (op == ZY_HIR_KCONST) return ZY_TYPE_str;
  if (op == ZY_HIR_BOOL) return ZY_TYPE_BOOL;
  if (op == ZY_HIR_ARITH) return ZY_TYPE_NUMBER;
  if (op == ZY_HIR_CLOSURE) return ZY_TYPE_luafn;
  return zy_hir_type(op);
}

/* Whether 'op' can have a result; those of op.def's type NODE have none in 'zy_hir_type'. */
static int has_result(ZyHirOp op) { return usual_type(op, ZY_TYPE_nil) != 0 || op == ZY_HIR_GUARD_TYPE; }

static void define(Parser *ps, ZyRef r, ZyHirOp op) {
  if (ps->h->nodes.v[r].op != ZY_HIR_NONE) fail(ps, "v%u is defined twice", r);
  ps->h->nodes.v[r].op = (uint8_t)op;
  ps->value_line[r] = 0;
}

static void note_node(Parser *ps, ZyRef r, int line) {
  if (ps->lines == NULL) return;
  while (ps->lines->node.n <= r) zy_vec_push(ps->arena, &ps->lines->node, 0);
  ps->lines->node.v[r] = line;
}

static void plain_return(Parser *ps, ZyRef r) {
  ZyFrameState s = { 0, ps->h->regs.n, 0, 0 };
  if (numbered(ps, 'v') >= 0) {
    do add_reg(ps, &s, s.count, value(ps));
    while (accept(ps, ','));
  }
  ps->h->nodes.v[r].imm = (int64_t)s.count << 8;
  if (!ps->failed) ps->h->nodes.v[r].state = add_state(ps, s);
}

static void operands(Parser *ps, ZyRef r, ZyHirOp op, int64_t imm, ZyType *constant_type) {
  int nops = zy_hir_nops(op);
  for (int i = 0; i < nops; i++) {
    ZyRef v;
    if (i > 0) expect(ps, ',');
    v = value(ps);
    ps->h->nodes.v[r].ops[i] = v;
  }
  if (op == ZY_HIR_CONST) *constant_type = constant(ps, &ps->h->nodes.v[r]);
  else if (op == ZY_HIR_ARITH) ps->h->nodes.v[r].imm = imm;
  else if (op == ZY_HIR_JUMP) edge(ps, r, 0);
  else if (op == ZY_HIR_BRANCH) {
    expect(ps, ',');
    edge(ps, r, 0);
    expect(ps, ',');
    edge(ps, r, 1);
  }
  else if (op == ZY_HIR_RETURN && !is_name(ps, "reg")) plain_return(ps, r);
  else if (zy_print_fields(op)->width != 0) {
    if (nops > 0) expect(ps, ',');
    ps->h->nodes.v[r].imm = fields(ps, op);
  }
}

static int32_t node(Parser *ps, uint32_t block, int32_t pc) {
  ZyRef r = numbered(ps, 'v') > 0 ? (ZyRef)numbered(ps, 'v') : 0;
  ZyType set = 0, constant_type = 0;
  ZyHirOp op;
  int64_t imm;
  int line = ps->line;
  if (r != 0) {
    next(ps);
    if (accept(ps, ':')) set = type(ps);
    expect(ps, '=');
  }
  op = operation(ps, &imm);
  if (ps->failed) return pc;
  if (r == 0 && has_result(op)) fail(ps, "%s gives a value: 'v1 = ' expected", zy_hir_name(op));
  if (r != 0 && !has_result(op)) fail(ps, "%s gives no value", zy_hir_name(op));
  if (r == 0) r = zy_hir_new_node(ps->h, op, 0, 0);
  else define(ps, r, op);
  note_node(ps, r, line);
  zy_hir_append(ps->h, block, r);
  operands(ps, r, op, imm, &constant_type);
  if (has_result(op)) {
    if (set == 0) set = usual_type(op, constant_type);
    if (set == 0) fail(ps, "guard_type needs the type: 'v1:int = '");
    ps->h->nodes.v[r].type = (uint16_t)set;
  }
  if (accept(ps, '@')) {
    uint32_t s;
    if (ps->h->nodes.v[r].state != 0) fail(ps, "this return has its state already");
    s = state(ps);
    ps->h->nodes.v[r].state = s;
  }
  if (accept(ps, '!')) pc = (int32_t)integer(ps);
  ps->h->nodes.v[r].pc = pc;
  if (is_name(ps, "hoisted")) {
    ps->h->nodes.v[r].hoisted = 1;
    next(ps);
  }
  return pc;
}


/* ---- blocks and functions ---------------------------------------------------- */

static void params(Parser *ps, uint32_t block) {
  expect(ps, '(');
  if (!is(ps, ')')) {
    do {
      long r = numbered(ps, 'v');
      if (r <= 0) {
        unexpected(ps, "value");
        return;
      }
      define(ps, (ZyRef)r, ZY_HIR_PARAM);
      note_node(ps, (ZyRef)r, ps->line);
      next(ps);
      expect(ps, ':');
      ps->h->nodes.v[r].type = (uint16_t)type(ps);
      ps->h->nodes.v[r].imm = ps->h->blocks.v[block].nparams++;
      zy_hir_append(ps->h, block, (ZyRef)r);
    } while (accept(ps, ','));
  }
  expect(ps, ')');
}

static void block(Parser *ps) {
  long b = numbered(ps, 'b');
  int32_t pc = 0;
  if (b <= 0) {
    unexpected(ps, "block");
    return;
  }
  if (ps->defined[b]) fail(ps, "b%ld is there twice", b);
  ps->defined[b] = 1;
  ps->block_line[b] = 0;
  if (ps->lines != NULL) ps->lines->block.v[b] = ps->line;
  next(ps);
  if (is(ps, '(')) params(ps, (uint32_t)b);
  if (accept(ps, '!')) pc = (int32_t)integer(ps);
  ps->h->blocks.v[b].pc = pc;
  for (ZyRef r = ps->h->blocks.v[b].first; r != 0; r = ps->h->nodes.v[r].next) ps->h->nodes.v[r].pc = pc;
  expect(ps, ':');
  while (ps->token == NAME && numbered(ps, 'b') < 0) pc = node(ps, (uint32_t)b, pc);
}

static void inlined(Parser *ps) {
  ZyInline in = { 0 };
  next(ps);
  if (integer(ps) != ps->h->inlines.n) fail(ps, "inline %u expected", ps->h->inlines.n);
  expect(ps, ':');
  in.callee = (int32_t)named_integer(ps, "callee");
  in.pc = (int32_t)named_integer(ps, "pc");
  in.base = (uint16_t)named_integer(ps, "base");
  in.nresults = (int16_t)named_integer(ps, "results");
  if (is_name(ps, "in")) {
    next(ps);
    in.outer = (uint32_t)integer(ps);
  }
  zy_vec_push(ps->arena, &ps->h->inlines, in);
}

/* Finds the highest numbers, so that nodes and blocks get theirs: others follow. */
static void prescan(Parser *ps) {
  Parser saved = *ps;
  uint32_t values = 0, blocks = 1;
  for (next(ps); ps->token != END; next(ps)) {
    long v = numbered(ps, 'v'), b = numbered(ps, 'b');
    if (v > MAX_NUMBER || b > MAX_NUMBER) {
      fail(ps, "number too large in '%s'", ps->name);
      return;
    }
    if (v > (long)values) values = (uint32_t)v;
    if (b > (long)blocks) blocks = (uint32_t)b;
  }
  if (ps->failed) return;
  *ps = saved;
  ps->nvalues = values;
  ps->nblocks = blocks;
  for (uint32_t i = 1; i <= values; i++) zy_hir_new_node(ps->h, ZY_HIR_NONE, 0, 0);
  for (uint32_t i = 1; i <= blocks; i++) zy_hir_new_block(ps->h, 0);
  ps->value_line = ZY_NEWN(ps->arena, int, values + 1);
  ps->block_line = ZY_NEWN(ps->arena, int, blocks + 1);
  ps->defined = ZY_NEWN(ps->arena, uint8_t, blocks + 1);
  if (ps->lines != NULL) {
    *ps->lines = (ZyParseLines){ 0 };
    for (uint32_t i = 0; i <= blocks; i++) zy_vec_push(ps->arena, &ps->lines->block, 0);
  }
}

static void function(Parser *ps) {
  if (!is_name(ps, "func")) unexpected(ps, "func");
  next(ps);
  if (ps->token == NAME) ps->h->name = zy_arena_string(ps->arena, ps->start, (size_t)(ps->p - ps->start));
  else if (ps->token == QUOTED)
    ps->h->name = zy_arena_string(ps->arena, ps->start + 1, (size_t)(ps->p - ps->start - 2));
  else unexpected(ps, "name");
  next(ps);
  params(ps, 1);
  expect(ps, '{');
  while (is_name(ps, "inline")) inlined(ps);
  while (!ps->failed && !is(ps, '}')) block(ps);
  expect(ps, '}');
  if (ps->token != END) unexpected(ps, "nothing more");
}

ZyHir *zy_parse_hir_lines(ZyArena *arena, const char *text, char *error, size_t size, ZyParseLines *lines) {
  Parser *ps = ZY_NEW(arena, Parser);
  ps->arena = arena;
  ps->h = zy_hir_new(arena, NULL);
  ps->p = text;
  ps->line = 1;
  ps->error = error;
  ps->size = size;
  ps->lines = lines;
  prescan(ps);
  next(ps);
  function(ps);
  for (uint32_t i = 1; !ps->failed && i <= ps->nvalues; i++) {
    if (ps->value_line[i] == 0) continue;
    ps->line = ps->value_line[i];
    fail(ps, "v%u is not defined", i);
  }
  for (uint32_t i = 1; !ps->failed && i <= ps->nblocks; i++) {
    if (ps->block_line[i] == 0) continue;
    ps->line = ps->block_line[i];
    fail(ps, "no block b%u", i);
  }
  return ps->failed ? NULL : ps->h;
}

ZyHir *zy_parse_hir(ZyArena *arena, const char *text, char *error, size_t size) {
  return zy_parse_hir_lines(arena, text, error, size, NULL);
}
