/*
** lower_frame.c - frames, as those that a function calls find them.
** SPDX-License-Identifier: MIT
**
** What may call, raise an error or collect garbage finds the frame as the interpreter would have left it: registers,
** savedpc, L->ci. A frame of the direct entry (lower_direct.c) is completed first.
**
** A function that was translated in place has no CallInfo; where it calls out, those from the outermost frame's on are
** filled in, and taken off again when the call is done, by setting L->ci: between such calls, nobody can tell. They are
** those that calls of the interpreter would use. Where there are none yet, or functions are not where they were when
** they were translated (fold.h), a helper makes them. A direct call needs no more of them than lower_direct.c says.
**
** Runs on a worker.
*/
#include "lir/lower_internal.h"

#define SET_FIELD(l, op, at, type, field, v) \
  zy_lower_store((l), ZY_LIR_##op, (at), offsetof(type, field), (v), ZY_ALIAS_FRAME)

_Static_assert(offsetof(ZyCallInfo, callstatus) == offsetof(ZyCallInfo, nresults) + 2, "both are written at once");

static uint32_t integer(ZyLower *l, int64_t i) { return zy_lower_int(l, i); }

static const ZyInline *inline_of(const ZyLower *l, uint32_t i) { return &l->h->inlines.v[i]; }

int zy_lower_frame_base(const ZyLower *l, uint32_t state) {
  uint32_t inlined = l->h->states.v[state].inlined;
  return inlined == 0 ? 0 : inline_of(l, inlined)->base;
}

/* Where the inlined calls around that of 'state' are, and the state itself, the outermost first; how many. */
static int chain_of(const ZyLower *l, uint32_t state, uint32_t chain[ZY_INLINE_MOST]) {
  int n = 0;
  for (uint32_t i = l->h->states.v[state].inlined; i != 0; i = inline_of(l, i)->outer) n++;
  if (n > ZY_INLINE_MOST || (n > 0 && l->h->unit == NULL)) zy_arena_fail(l->arena, ZY_STATUS_TOO_LARGE);
  for (uint32_t i = l->h->states.v[state].inlined, k = (uint32_t)n; i != 0; i = inline_of(l, i)->outer) chain[--k] = i;
  return n;
}

/* The pc at which the function of the inlined call chain[k], or the outermost one (k -1), is. */
static int32_t pc_in(const ZyLower *l, uint32_t state, const uint32_t *chain, int n, int k) {
  return k + 1 < n ? inline_of(l, chain[k + 1])->pc : l->h->states.v[state].pc;
}

/* 'at' is a function's code. */
static void save_pc(ZyLower *l, uint32_t ci, uint32_t at, int32_t pc) {
  int64_t offset = ((int64_t)pc + 1) * (int64_t)sizeof(ZyInstruction);
  SET_FIELD(l, STOREP, ci, ZyCallInfo, u.l.savedpc, ZY_OP2(PADD, at, integer(l, offset)));
}

void zy_lower_save_pc(ZyLower *l, uint32_t state) {
  uint32_t chain[ZY_INLINE_MOST];
  int n = chain_of(l, state, chain);
  save_pc(l, l->ci, l->bytecode, pc_in(l, state, chain, n, -1));
}

static uint32_t code_of(ZyLower *l, int callee) {
  int64_t at = callee * (int64_t)sizeof(ZyProto *);
  uint32_t protos = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, callee_proto), ZY_ALIAS_CODE);
  uint32_t proto = zy_lower_fixed(l, ZY_LIR_LOADP, protos, at, ZY_ALIAS_CODE);
  return zy_lower_load(l, ZY_LIR_LOADP, proto, offsetof(ZyProto, code), ZY_ALIAS_CODE);
}

static uint32_t slot(ZyLower *l, int64_t reg) { return ZY_OP2(PADD, zy_lower_base(l), integer(l, ZY_REG(reg))); }

uint32_t zy_lower_inlined_frames(ZyLower *l, uint32_t state, int complete, uint32_t none) {
  uint32_t chain[ZY_INLINE_MOST], ci = l->ci, folded;
  int n = chain_of(l, state, chain);
  if (n == 0) return ci;
  folded = zy_lower_load(l, ZY_LIR_LOAD32, l->cx, offsetof(ZyContext, folded), ZY_ALIAS_FRAME);
  zy_lower_if(l, ZY_OP2(NE, folded, integer(l, 0)), none);
  for (int k = 0; k < n; k++) {
    const ZyInline *in = inline_of(l, chain[k]);
    int32_t status = (in->nresults & 0xffff) | (int32_t)(in->tail ? ZY_CIST_TAIL : 0) << 16;
    ci = zy_lower_load(l, ZY_LIR_LOADP, ci, offsetof(ZyCallInfo, next), ZY_ALIAS_FRAME);
    zy_lower_unless(l, ZY_OP2(NE, ci, ZY_OP1(NULLP, 0)), none);
    SET_FIELD(l, STOREP, ci, ZyCallInfo, func, slot(l, in->base - 1));
    SET_FIELD(l, STORE32, ci, ZyCallInfo, nresults, integer(l, status));
    save_pc(l, ci, code_of(l, in->callee), pc_in(l, state, chain, n, k));
    if (!complete) continue;
    SET_FIELD(l, STOREP, ci, ZyCallInfo, top, slot(l, in->base + l->h->unit->callees[in->callee].maxstack));
    SET_FIELD(l, STORE32, ci, ZyCallInfo, u.l.trap, integer(l, 0));
  }
  return ci;
}

/* Makes the innermost function's frame L->ci. */
static void enter_inlined(ZyLower *l, ZyRef r) {
  uint32_t state = l->h->nodes.v[r].state;
  const ZyInline *in = inline_of(l, l->h->states.v[state].inlined);
  uint32_t none = zy_lower_label(l), made = zy_lower_label(l), ci = zy_lower_inlined_frames(l, state, 1, none);
  SET_FIELD(l, STOREP, l->L, ZyThread, ci, ci);
  zy_lower_jump(l, made, &ci, 1);
  zy_lower_place(l, none);
  ci = ZY_CALL(INLINED, P, l->L, l->ci, l->code, integer(l, l->out->exit_of_node[r]));
  zy_lower_jump(l, made, &ci, 1);
  zy_lower_place(l, made);
  l->frame = zy_lower_param(l, ZY_LIR_P);
  if (zy_hir_takes_open(l->h, r)) return;
  SET_FIELD(l, STOREP, l->L, ZyThread, top, slot(l, in->base + l->h->unit->callees[in->callee].maxstack));
}

void zy_lower_complete_frames(ZyLower *l) {
  uint32_t make, done, base = l->base;
  if (!l->direct || l->framed) return;
  make = zy_lower_label(l);
  done = zy_lower_label(l);
  zy_lower_branch(l, ZY_OP2(EQ, zy_lower_load(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, ci), ZY_ALIAS_FRAME), l->ci),
                  done, make, ZY_HINT_LIKELY);
  zy_lower_place(l, make);
  ZY_CALL(FRAMES, V, l->L, l->ci);
  zy_lower_jump(l, done, NULL, 0);
  zy_lower_place(l, done);
  l->base = base;
  l->framed = 1;
}

static void prepare(ZyLower *l, ZyRef r) {
  uint32_t state = l->h->nodes.v[r].state;
  zy_lower_save_pc(l, state);
  zy_lower_complete_frames(l);
  l->frame = l->ci;
  if (l->h->states.v[state].inlined != 0) enter_inlined(l, r);
}

void zy_lower_prepare_call(ZyLower *l, ZyRef r) {
  zy_lower_store_up_to(l, l->h->nodes.v[r].state, ZY_LOWER_ALL_REGS);
  prepare(l, r);
}

void zy_lower_prepare_aside(ZyLower *l, ZyRef r) {
  int framed = l->framed;
  zy_lower_store_state(l, l->h->nodes.v[r].state);
  prepare(l, r);
  l->framed = framed;
}

void zy_lower_called(ZyLower *l, ZyRef r) {
  l->base = ZY_LOWER_NONE;
  if (l->frame == l->ci) return;
  SET_FIELD(l, STOREP, l->L, ZyThread, ci, l->ci);
  if (!zy_hir_leaves_open(l->h, r)) SET_FIELD(l, STOREP, l->L, ZyThread, top, slot(l, l->h->unit->maxstack));
  l->frame = l->ci;
}
