/*
** build_inline.c - a call of a known Lua function -> its HIR in place of the call.
** SPDX-License-Identifier: MIT
**
** The callee's registers follow the caller's, as on the stack, so that its parameters are where the arguments are. It
** has no frame: states in it name its caller's registers and the function, too, and an exit makes the frames. So
** nothing in it may need one. What calls, allocates, or is done by a generic operation is looked for beforehand, and
** such a function is called instead; code in it that has never run may be what it likes, and exits.
**
** A frame has room for MAX_SPILL registers behind its own: who enters native code sees to that, and the collector,
** when it shrinks a stack, leaves more than that.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

enum { MAX_DEPTH = 3, MAX_NODES_IN_ALL = 12000, MAX_SPILL = 16 };

static int depth_of(const ZyScope *s) { return s->from == NULL ? 0 : 1 + depth_of(s->from); }

static int is_in_chain(const ZyScope *s, uint32_t id) {
  for (; s != NULL; s = s->from)
    if (s->unit->id == id) return 1;
  return 0;
}

static int fits(const ZyUnit *outermost, const ZyUnit *unit, int depth);

/* The number of arguments of the call at 'pc'. Where it is open, a call before it has given one, or it would not fit. */
static int argument_count(const ZyUnit *unit, int pc) {
  ZyInstruction i = unit->code[pc];
  return ZY_B(i) > 0 ? ZY_B(i) - 1 : ZY_A(unit->code[pc - 1]) - ZY_A(i);
}

/* The call at 'pc' of 'unit' will be translated in place. */
static int call_fits(const ZyUnit *outermost, const ZyUnit *unit, int pc, int depth) {
  const ZyCell *cell = &unit->cells[pc];
  ZyInstruction i = unit->code[pc];
  int tail = ZY_OP(i) == ZY_BC_TAILCALL;
  if (!zy_build_has_run(unit, pc)) return 1;
  if (cell->calls != 1 || (ZY_B(i) == 0 && ZY_OP(unit->code[pc - 1]) != ZY_BC_CALL)) return 0;
  if (unit->avoid != NULL && (unit->avoid[pc] & (ZY_AVOID_CALL | ZY_AVOID_TYPE))) return 0;
  if (cell->callee & ZY_CALLEE_LIB)
    return zy_build_library_takes((int)(cell->callee & ~ZY_CALLEE_LIB), argument_count(unit, pc));
  for (int c = 0; c < outermost->ncallees; c++) {
    const ZyCallee *callee = &outermost->callees[c];
    if (callee->id != cell->callee) continue;
    if (tail ? ZY_K(i) : ZY_C(i) == 0 && !callee->returns_one) return 0;
    return callee->unit != NULL && fits(outermost, callee->unit, depth + 1);
  }
  return 0;
}

static int instruction_fits(const ZyUnit *outermost, const ZyUnit *unit, int pc, int depth) {
  ZyInstruction i = unit->code[pc];
  switch (ZY_OP(i)) {
    case ZY_BC_ADDI: case ZY_BC_ADDK: case ZY_BC_SUBK: case ZY_BC_MULK: case ZY_BC_MODK: case ZY_BC_POWK:
    case ZY_BC_DIVK: case ZY_BC_IDIVK: case ZY_BC_BANDK: case ZY_BC_BORK: case ZY_BC_BXORK: case ZY_BC_SHRI:
    case ZY_BC_SHLI: case ZY_BC_ADD: case ZY_BC_SUB: case ZY_BC_MUL: case ZY_BC_MOD: case ZY_BC_POW: case ZY_BC_DIV:
    case ZY_BC_IDIV: case ZY_BC_BAND: case ZY_BC_BOR: case ZY_BC_BXOR: case ZY_BC_SHL: case ZY_BC_SHR:
    case ZY_BC_UNM: case ZY_BC_BNOT: case ZY_BC_EQ: case ZY_BC_LT: case ZY_BC_LE: case ZY_BC_LTI: case ZY_BC_LEI:
    case ZY_BC_GTI: case ZY_BC_GEI:          /* a metamethod's call needs a frame */
      return unit->avoid == NULL || !(unit->avoid[pc] & ZY_AVOID_PLAIN) || !zy_build_has_run(unit, pc);
    case ZY_BC_MOVE: case ZY_BC_LOADI: case ZY_BC_LOADF: case ZY_BC_LOADK: case ZY_BC_LOADKX: case ZY_BC_LOADFALSE:
    case ZY_BC_LFALSESKIP: case ZY_BC_LOADTRUE: case ZY_BC_LOADNIL: case ZY_BC_GETUPVAL: case ZY_BC_MMBIN:
    case ZY_BC_MMBINI: case ZY_BC_MMBINK: case ZY_BC_NOT: case ZY_BC_JMP:
    case ZY_BC_EQK: case ZY_BC_EQI: case ZY_BC_TEST: case ZY_BC_TESTSET: case ZY_BC_RETURN0: case ZY_BC_RETURN1:
    case ZY_BC_FORLOOP: case ZY_BC_FORPREP: case ZY_BC_EXTRAARG:
      return 1;
    case ZY_BC_GETTABUP: case ZY_BC_GETTABLE: case ZY_BC_GETI: case ZY_BC_GETFIELD: case ZY_BC_SETTABUP:
    case ZY_BC_SETTABLE: case ZY_BC_SETI: case ZY_BC_SETFIELD: case ZY_BC_SELF:
      return zy_build_is_direct(unit, pc) || !zy_build_has_run(unit, pc);
    case ZY_BC_LEN: return zy_build_is_plain_length(unit, pc) || !zy_build_has_run(unit, pc);
    case ZY_BC_CALL: case ZY_BC_TAILCALL: return call_fits(outermost, unit, pc, depth);
    case ZY_BC_RETURN:                       /* of a tail call: comes when that was not translated */
      return (ZY_B(i) > 0 || (pc > 0 && ZY_OP(unit->code[pc - 1]) == ZY_BC_TAILCALL)) && !ZY_K(i);
    case ZY_BC_SETUPVAL: case ZY_BC_NEWTABLE: case ZY_BC_CONCAT: case ZY_BC_CLOSE: case ZY_BC_TBC:
    case ZY_BC_TFORPREP: case ZY_BC_TFORCALL: case ZY_BC_TFORLOOP: case ZY_BC_SETLIST: case ZY_BC_CLOSURE:
    case ZY_BC_VARARG: case ZY_BC_VARARGPREP: case ZY_BC_COUNT:
      break;
  }
  return 0;
}

/* Whether nothing in the function needs a frame. */
static int fits(const ZyUnit *outermost, const ZyUnit *unit, int depth) {
  if (depth > MAX_DEPTH || unit->cells == NULL || unit->is_vararg) return 0;
  for (int r = 0; r < unit->maxstack; r++)
    if (zy_unit_captured(unit, r)) return 0;
  for (int pc = unit->head + 1; pc < unit->ncode; pc++)
    if (!instruction_fits(outermost, unit, pc, depth)) return 0;
  return 1;
}

static void translate(ZyBuild *b, ZyScope *s, const ZyRef *argument, int nargs) {
  ZyScope *outer = b->scope;
  int pc = b->pc;
  uint32_t entry;
  b->scope = s;
  b->unit = s->unit;
  zy_build_open_scope(b, s, s->unit, s->unit->head + 1, s->unit->ncode - 1, s->unit->head + 1);
  entry = zy_build_new_block(b, s->start);
  zy_build_go(b, entry);
  zy_build_seal(b, entry);
  zy_build_enter(b, entry);
  for (int r = 0; r < s->unit->maxstack; r++)
    zy_build_define(b, s->base + r, r < nargs ? argument[r] : zy_build_simple(b, ZY_TYPE_nil));
  zy_build_scope(b);
  b->scope = outer;
  b->unit = outer->unit;
  b->pc = pc;
  b->open_from = 256;
  b->open_one = 0;
}

/* What both ways of inlining want. */
static int may_inline(const ZyBuild *b, const ZyUnit *unit, int base) {
  const ZyUnit *outermost = b->h->unit;
  int depth = depth_of(b->scope);
  return unit != NULL && !b->scope->memory && b->inlined_nodes <= MAX_NODES_IN_ALL && depth < MAX_DEPTH
      && !is_in_chain(b->scope, unit->id) && base + unit->maxstack <= outermost->maxstack + MAX_SPILL
      && fits(outermost, unit, depth + 1);
}

/* Translates the call of 'f' with arguments from register 'reg' + 1 on, in a scope of which the rest is filled in. */
static void inline_call(ZyBuild *b, ZyScope *s, ZyInline in, ZyRef f, int reg, int nargs) {
  uint32_t nodes = b->h->nodes.n;
  ZyRef argument[256];
  if (nargs > s->unit->numparams) nargs = s->unit->numparams;
  for (int i = 0; i < nargs; i++) argument[i] = zy_build_read(b, reg + 1 + i);
  if (in.base + s->unit->maxstack > b->h->nregs) b->h->nregs = in.base + s->unit->maxstack;
  zy_vec_push(b->h->arena, &b->h->inlines, in);
  s->from = b->scope;
  s->base = in.base;
  s->inlined = b->h->inlines.n - 1;
  s->closure = f;
  translate(b, s, argument, nargs);
  b->inlined_nodes += b->h->nodes.n - nodes;
}

int zy_build_inline(ZyBuild *b, int callee, ZyRef f, int reg, int nargs, int nresults) {
  const ZyUnit *unit = b->h->unit->callees[callee].unit;
  ZyInline in = { b->scope->inlined, callee, b->pc, (uint16_t)(b->scope->base + reg + 1), (int16_t)nresults, 0 };
  ZyScope *s;
  if (!may_inline(b, unit, in.base)) return 0;
  s = ZY_NEW(b->h->arena, ZyScope);
  s->outer = b->scope;
  s->unit = unit;
  s->open = nresults < 0;
  s->nresults = nresults < 0 ? 1 : nresults;
  s->call_pc = b->pc;
  s->call_reg = reg;
  s->join = zy_build_new_block(b, b->pc + 1);
  inline_call(b, s, in, f, reg, nargs);
  if (b->h->blocks.v[s->join].preds.n == 0) {
    b->ended = 1;                            /* it never returns */
    return 1;
  }
  zy_build_seal(b, s->join);
  zy_build_enter(b, s->join);
  return 1;
}

/* The function takes the place of the one that calls it, which is inlined itself. */
int zy_build_inline_tail(ZyBuild *b, int callee, ZyRef f, int reg, int nargs) {
  const ZyScope *caller = b->scope;
  const ZyUnit *unit = b->h->unit->callees[callee].unit;
  ZyInline in = b->h->inlines.v[caller->inlined];
  ZyScope *s;
  if (!may_inline(b, unit, caller->base)) return 0;
  in.callee = callee;
  in.tail = 1;
  s = ZY_NEW(b->h->arena, ZyScope);
  s->outer = caller->outer;
  s->unit = unit;
  s->open = caller->open;
  s->nresults = caller->nresults;
  s->call_pc = caller->call_pc;
  s->call_reg = caller->call_reg;
  s->join = caller->join;
  inline_call(b, s, in, f, reg, nargs);
  b->ended = 1;
  return 1;
}

void zy_build_inline_return(ZyBuild *b, int reg, int n) {
  ZyScope *s = b->scope;
  ZyRef value[256];
  if (n < 0 || (s->open && n != s->nresults)) {
    zy_build_exit(b, b->pc, ZY_EXIT_COLD);
    return;
  }
  for (int i = 0; i < s->nresults; i++)
    value[i] = i < n ? zy_build_read(b, reg + i) : zy_build_simple(b, ZY_TYPE_nil);
  b->scope = s->outer;                       /* results are registers of the caller */
  b->unit = s->outer->unit;
  for (int i = 0; i < s->nresults; i++) zy_build_write(b, s->call_reg + i, value[i]);
  b->scope = s;
  b->unit = s->unit;
  zy_build_go(b, s->join);
}
