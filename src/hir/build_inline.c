/*
** build_inline.c - a call of a known Lua function -> its HIR in place of the call.
** SPDX-License-Identifier: MIT
**
** The callee's registers follow the caller's, as on the stack, so that its parameters are where the arguments are. It
** has no frame: states in it name its caller's registers and the function, too; an exit makes the frames, and so does,
** for as long as it takes, what calls out (lir/lower_frame.c). What would need a frame all the time is not inlined:
** variables that closures capture or that are to be closed, variable arguments, and tail calls of what cannot take the
** function's place here.
**
** A frame has room for ZY_SPILL registers behind its own.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

enum {
  MAX_NODES_IN_ALL = 12000,
  MAX_REGISTERS = 250,                 /* with those of all that is inlined: nodes name them in 8 bits */
  RECURSIVE_TWICE = 20, RECURSIVE_ONCE = 40          /* instructions of a function that is inlined in itself, with its callees' */
};

static int depth_of(const ZyScope *s) { return s->from == NULL ? 0 : 1 + depth_of(s->from); }

static int times_in_chain(const ZyScope *s, uint32_t id) {
  int n = 0;
  for (; s != NULL; s = s->from) n += s->unit->id == id;
  return n;
}

/* Instructions of a function with those of the functions that it calls, as far as they are known. */
static int size_with_callees(const ZyUnit *outermost, const ZyUnit *unit) {
  int n = unit->ncode;
  for (int pc = 0; pc < unit->ncode && unit->cells != NULL; pc++)
    for (int c = 0; c < outermost->ncallees && unit->cells[pc].calls == 1; c++) {
      const ZyCallee *callee = &outermost->callees[c];
      if (callee->id == unit->cells[pc].callee && callee->unit != NULL && callee->id != unit->id) n += callee->unit->ncode;
    }
  return n;
}

static int most_times(const ZyUnit *outermost, const ZyUnit *unit) {
  int size = size_with_callees(outermost, unit);
  return size <= RECURSIVE_TWICE ? 3 : size <= RECURSIVE_ONCE ? 2 : 1;
}

static int fits(const ZyUnit *outermost, const ZyUnit *unit, int depth);

/* The number of arguments of the tail call at 'pc'. Where it is open, a call before it has given one. */
static int argument_count(const ZyUnit *unit, int pc) {
  ZyInstruction i = unit->code[pc];
  return ZY_B(i) > 0 ? ZY_B(i) - 1 : ZY_A(unit->code[pc - 1]) - ZY_A(i);
}

/* What the tail call at 'pc' of 'unit' calls will be translated in place, too. */
static int tail_call_fits(const ZyUnit *outermost, const ZyUnit *unit, int pc, int depth) {
  const ZyCell *cell = &unit->cells[pc];
  ZyInstruction i = unit->code[pc];
  if (!zy_build_has_run(unit, pc)) return 1;
  if (cell->calls != 1 || ZY_K(i) || (ZY_B(i) == 0 && ZY_OP(unit->code[pc - 1]) != ZY_BC_CALL)) return 0;
  if (unit->avoid != NULL && (unit->avoid[pc] & (ZY_AVOID_CALL | ZY_AVOID_TYPE))) return 0;
  if (cell->callee & ZY_CALLEE_LIB)
    return zy_build_library_takes((int)(cell->callee & ~ZY_CALLEE_LIB), argument_count(unit, pc));
  for (int c = 0; c < outermost->ncallees; c++)
    if (outermost->callees[c].id == cell->callee)
      return outermost->callees[c].unit != NULL && fits(outermost, outermost->callees[c].unit, depth + 1);
  return 0;
}

static int instruction_fits(const ZyUnit *outermost, const ZyUnit *unit, int pc, int depth) {
  ZyInstruction i = unit->code[pc];
  switch ((int)ZY_OP(i)) {
    case ZY_BC_TAILCALL: return tail_call_fits(outermost, unit, pc, depth);
    case ZY_BC_RETURN:                       /* of a tail call: comes when that was not translated */
      return ZY_B(i) > 0 || (pc > 0 && ZY_OP(unit->code[pc - 1]) == ZY_BC_TAILCALL);
    case ZY_BC_TBC: case ZY_BC_VARARG: case ZY_BC_VARARGPREP: return 0;
  }
  return 1;
}

/* Whether nothing in the function needs a frame all the time. */
static int fits(const ZyUnit *outermost, const ZyUnit *unit, int depth) {
  if (depth > ZY_INLINE_MOST || unit->cells == NULL || unit->is_vararg) return 0;
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
  return unit != NULL && !b->scope->memory && b->inlined_nodes <= MAX_NODES_IN_ALL && depth < ZY_INLINE_MOST
      && times_in_chain(b->scope, unit->id) < most_times(outermost, unit)
      && base + unit->maxstack <= outermost->maxstack + ZY_SPILL && base + unit->maxstack <= MAX_REGISTERS
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
