/*
** lower_direct.c - calls between native functions without frames.
** SPDX-License-Identifier: MIT
**
** The code of a function's start is two LIR functions. The direct entry takes the arguments in machine registers, as
** the unit's signature says, and has all of the function's code. The other is a ZyNative: it takes them from the
** frame's registers, and calls the direct one.
**
** A direct call writes no more of the callee's CallInfo than the callee cannot know, and leaves L->ci where it is: at
** the last frame that is complete. Most callees never need theirs. One that calls out or leaves first has the frames
** up to its own completed (helper FRAMES), which makes it L->ci; its caller sees that by L->ci, and puts it back. All
** that a frame's completion needs is in memory by then: each caller has stored its registers and savedpc before
** it called. So frames cost next to nothing until somebody looks (compare lazy stack frames of Luau's and
** LuaJIT's traces, which rebuild them from snapshots at exits).
**
** In such a frame a tail call is a jump to the callee's direct entry, or (where the back end cannot do that) a call whose
** result is returned: what uses up the native stack then ends before it is full, and the callee is called anew by
** who called first (frames.c).
**
** The result is what ZY_DIRECT_RETURN of native.h says. Runs on a worker.
*/
#include "lir/lower_internal.h"

#define FRAME_FIELD(l, op, at, type, field) zy_lower_load((l), ZY_LIR_##op, (at), offsetof(type, field), ZY_ALIAS_FRAME)
#define CODE_FIELD(l, op, at, type, field) zy_lower_load((l), ZY_LIR_##op, (at), offsetof(type, field), ZY_ALIAS_CODE)
#define SET_FIELD(l, op, at, type, field, v) \
  zy_lower_store((l), ZY_LIR_##op, (at), offsetof(type, field), (v), ZY_ALIAS_FRAME)

enum { STACK_ROOM = 20 };                /* slots that helpers may use above a frame: LUA_MINSTACK */

static uint32_t integer(ZyLower *l, int64_t i) { return zy_lower_int(l, i); }

static int is_single(ZyType type) { return (type & (type - 1)) == 0; }

static int is_captured(const ZyLower *l, int reg) { return zy_unit_captured(l->h->unit, reg); }

int zy_lower_has_direct(const ZyHir *h) {
  return h->unit != NULL && h->unit->entry < 0 && h->unit->signature != ZY_SIGNATURE_NONE;
}


void zy_lower_left(ZyLower *l) {
  if (zy_lower_has_direct(l->h)) zy_lower_store(l, ZY_LIR_STOREP, l->cx, offsetof(ZyContext, left), l->code, ZY_ALIAS_CODE);
}


/* ---- the two entries ---------------------------------------------------------- */

void zy_lower_direct_arguments(ZyLower *l) {
  const ZyUnit *unit = l->h->unit;
  for (int i = 0; i < unit->numparams; i++) {
    ZyType type = ZY_SIGNATURE_TYPE(unit->signature, i);
    ZyLirType payload = is_single(type) ? zy_lower_type(type) : ZY_LIR_I;
    ZyLowerValue *v = &l->argument[i];
    *v = (ZyLowerValue){ .payload = zy_lower_argument(l, payload), .type = (uint8_t)payload };
    v->tag = is_single(type) ? integer(l, zy_lower_known_tag(type)) : zy_lower_argument(l, ZY_LIR_I);
    if (is_captured(l, i)) zy_lower_store_argument(l, i);
  }
}

void zy_lower_store_argument(ZyLower *l, int i) {
  const ZyLowerValue *v = &l->argument[i];
  ZyLirOp op = v->type == ZY_LIR_F ? ZY_LIR_STOREF : v->type == ZY_LIR_P ? ZY_LIR_STOREP : ZY_LIR_STORE;
  zy_lower_store(l, op, zy_lower_base(l), ZY_REG(i), v->payload, ZY_ALIAS_REGS);
  zy_lower_store(l, ZY_LIR_STORE8, zy_lower_base(l), ZY_REG(i) + ZY_TAG_AT, v->tag, ZY_ALIAS_REGS);
}

int zy_lower_load_argument(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  const ZyLowerValue *v = &l->argument[n->imm < ZY_SIGNATURE_MOST ? n->imm : 0];
  if (!l->direct || n->block != 1 || n->imm >= l->h->unit->numparams || is_captured(l, (int)n->imm)) return 0;
  zy_lower_set_tagged(l, r, (ZyLirType)v->type, v->payload, v->tag);
  return 1;
}

/* The value that the state has for register 'reg', 0: none. */
static ZyRef value_of(const ZyLower *l, uint32_t state, int reg) {
  const ZyFrameState *s = &l->h->states.v[state];
  for (uint32_t i = 0; i < s->count; i++)
    if (l->h->regs.v[s->first + i].reg == reg) return l->h->regs.v[s->first + i].value;
  return 0;
}

static void store_payload(ZyLower *l, uint32_t at, int64_t offset, ZyRef r, ZyAlias alias) {
  const ZyLowerValue *v = &l->values[r];
  ZyLirOp op = v->type == ZY_LIR_F ? ZY_LIR_STOREF : v->type == ZY_LIR_P ? ZY_LIR_STOREP : ZY_LIR_STORE;
  if (v->payload != ZY_LOWER_NONE) zy_lower_store(l, op, at, offset, v->payload, alias);
}

void zy_lower_direct_return(ZyLower *l, const ZyHirNode *n) {
  int64_t reg = n->imm & 255, count = n->imm >> 8, pc = l->h->states.v[n->state].pc;
  ZyRef value = count == 1 ? value_of(l, n->state, (int)reg) : 0;
  uint32_t result = integer(l, ZY_DIRECT_RETURN(reg, count < 0 ? 0 : count, pc, 0)), tag;
  if (count == 0) tag = integer(l, ZY_TAG_NIL);
  else if (value != 0) {
    store_payload(l, l->cx, offsetof(ZyContext, value), value, ZY_ALIAS_CODE);
    tag = zy_lower_tag(l, value);
  }
  else {
    zy_lower_store_state(l, n->state);
    tag = integer(l, ZY_DIRECT_IN_FRAME);
    if (count < 0) result = ZY_OP2(OR, result, zy_lower_open_count(l, reg));
  }
  zy_lower_return(l, ZY_OP2(OR, result, ZY_OP2(SHL, tag, integer(l, 56))));
}

static uint32_t tag_of_result(ZyLower *l, uint32_t result) {
  return ZY_OP2(AND, ZY_OP2(SHR, result, integer(l, 56)), integer(l, 0x7f));
}

/* Arguments from the frame's registers. Where one is of another type than the signature's, nothing has happened. */
void zy_lower_entry(ZyLower *l) {
  const ZyUnit *unit = l->h->unit;
  uint32_t args[ZY_LIR_MOST_ARGS] = { l->L, l->ci, l->cx, l->code }, n = 4, base = zy_lower_base(l), result, tag, at;
  uint32_t left = zy_lower_label(l), returned = zy_lower_label(l), in_frame = zy_lower_label(l), plain;
  uint32_t wrong = zy_lower_stored_exit(l, l->entry_exit);
  for (int i = 0; i < unit->numparams; i++) {
    ZyType type = ZY_SIGNATURE_TYPE(unit->signature, i);
    ZyLirType payload = is_single(type) ? zy_lower_type(type) : ZY_LIR_I;
    tag = zy_lower_load(l, ZY_LIR_LOAD8, base, ZY_REG(i) + ZY_TAG_AT, ZY_ALIAS_REGS);
    if (is_single(type)) zy_lower_unless(l, ZY_OP2(EQ, tag, integer(l, zy_lower_known_tag(type))), wrong);
    args[n++] = zy_lower_load(l, payload == ZY_LIR_F ? ZY_LIR_LOADF : payload == ZY_LIR_P ? ZY_LIR_LOADP : ZY_LIR_LOAD,
                              base, ZY_REG(i), ZY_ALIAS_REGS);
    if (!is_single(type)) args[n++] = tag;
  }
  result = zy_lower_pointer_call(l, zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, direct), ZY_ALIAS_CODE),
                                 ZY_LIR_I, args, n);
  zy_lower_branch(l, ZY_OP2(LT, result, integer(l, 0)), returned, left, ZY_HINT_LIKELY);
  zy_lower_place(l, left);
  zy_lower_return(l, result);
  zy_lower_place(l, returned);
  tag = tag_of_result(l, result);
  zy_lower_if(l, ZY_OP2(EQ, tag, integer(l, ZY_DIRECT_IN_FRAME)), in_frame);
  at = ZY_OP2(PADD, zy_lower_base(l), ZY_OP2(SHL, ZY_OP2(AND, result, integer(l, 255)), integer(l, 4)));
  zy_lower_store(l, ZY_LIR_STORE, at, ZY_REG(0), CODE_FIELD(l, LOAD, l->cx, ZyContext, value), ZY_ALIAS_REGS);
  zy_lower_store(l, ZY_LIR_STORE8, at, ZY_REG(0) + ZY_TAG_AT, tag, ZY_ALIAS_REGS);
  zy_lower_place(l, in_frame);
  plain = ZY_OP2(SHL, ZY_OP2(AND, result, integer(l, ZY_DIRECT_PC_MASK)), integer(l, 8));
  _Static_assert(ZY_RETURN(0, 0, 1) - INT64_MIN == (ZY_DIRECT_RETURN(0, 0, 1, 0) - INT64_MIN) << 8, "where the pc is");
  plain = ZY_OP2(OR, plain, ZY_OP2(AND, result, integer(l, 0xffffffff)));
  zy_lower_return(l, ZY_OP2(OR, plain, integer(l, INT64_MIN)));
}


/* ---- calls ------------------------------------------------------------------------ */

/* The arguments that the callee's signature wants, from those of the call; 0 when some are never of its types. */
static int can_pass(const ZyLower *l, const ZyHirNode *n, const ZyCallee *callee) {
  int nargs = ZY_CALL_NARGS(n->imm), reg = ZY_CALL_REG(n->imm);
  for (int i = 0; i < callee->numparams; i++) {
    ZyRef v = i < nargs ? value_of(l, n->state, reg + 1 + i) : 0;
    ZyType have = i >= nargs ? (ZyType)ZY_TYPE_nil : v != 0 ? zy_lower_static(l, v) : 0;
    if (!(have & ZY_SIGNATURE_TYPE(callee->signature, i))) return 0;
  }
  return 1;
}

/* Whether the known callee may have a direct entry that takes such arguments. */
static int can_enter(const ZyLower *l, const ZyHirNode *n) {
  const ZyCallee *callee;
  if (l->h->unit == NULL || ZY_CALL_NARGS(n->imm) < 0) return 0;
  callee = &l->h->unit->callees[ZY_CALL_CALLEE(n->imm)];
  return callee->signature != ZY_SIGNATURE_NONE && can_pass(l, n, callee);
}

int zy_lower_calls_directly(const ZyLower *l, const ZyHirNode *n) {
  return n->op == ZY_HIR_CALL_LUA && ZY_CALL_NRESULTS(n->imm) <= 1 && can_enter(l, n);
}

static uint32_t pass_arguments(ZyLower *l, const ZyHirNode *n, const ZyCallee *callee, uint32_t *args, uint32_t slow) {
  int nargs = ZY_CALL_NARGS(n->imm), reg = ZY_CALL_REG(n->imm);
  uint32_t count = 4;
  for (int i = 0; i < callee->numparams; i++) {
    ZyType type = ZY_SIGNATURE_TYPE(callee->signature, i);
    ZyRef v = i < nargs ? value_of(l, n->state, reg + 1 + i) : 0;
    if (is_single(type)) {
      if (zy_lower_static(l, v) & ~type) zy_lower_unless(l, zy_lower_is(l, v, type), slow);
      args[count++] = zy_lower_payload(l, v, zy_lower_type(type));
      continue;
    }
    args[count++] = v != 0 ? zy_lower_bits(l, v) : integer(l, 0);
    args[count++] = v != 0 ? zy_lower_tag(l, v) : integer(l, ZY_TAG_NIL);
  }
  return count;
}

/* The callee's code, where it can be entered directly for a frame with its function at 'func'; else goes to 'slow'. */
static uint32_t enterable(ZyLower *l, const ZyHirNode *n, const ZyCallee *callee, uint32_t func, uint32_t slow) {
  int64_t at = ZY_CALL_CALLEE(n->imm) * (int64_t)sizeof(ZyFunction *);
  uint32_t table = zy_lower_fixed(l, ZY_LIR_LOADP, l->code, offsetof(ZyCode, callee), ZY_ALIAS_CODE);
  uint32_t fn = zy_lower_fixed(l, ZY_LIR_LOADP, table, at, ZY_ALIAS_CODE);
  int64_t code_at = offsetof(ZyFunction, stub) + offsetof(ZyStub, code);
  uint32_t code = zy_lower_load(l, ZY_LIR_ACQUIRE, fn, code_at, ZY_ALIAS_CODE);
  uint32_t top = ZY_OP2(PADD, func, integer(l, (1 + callee->maxstack + STACK_ROOM) * (int64_t)sizeof(ZyValue)));
  uint32_t room, hooked;
  zy_lower_unless(l, ZY_OP2(NE, code, ZY_OP1(NULLP, 0)), slow);
  zy_lower_unless(l, ZY_OP2(EQ, CODE_FIELD(l, LOAD32, code, ZyCode, signature), integer(l, callee->signature)), slow);
  room = ZY_OP2(LTU, CODE_FIELD(l, LOADP, l->cx, ZyContext, stack_limit), ZY_OP1(FRAME, 0));
  room = ZY_OP2(BAND, room, ZY_OP2(LTU, top, FRAME_FIELD(l, LOADP, l->L, ZyThread, stack_last)));
  zy_lower_unless(l, room, slow);
  hooked = zy_lower_volatile(l, ZY_LIR_LOAD32, l->L, offsetof(ZyThread, hookmask), ZY_ALIAS_FRAME);
  hooked = ZY_OP2(OR, hooked, zy_lower_load(l, ZY_LIR_LOAD32, l->cx, offsetof(ZyContext, folded), ZY_ALIAS_FRAME));
  zy_lower_if(l, ZY_OP2(NE, hooked, integer(l, 0)), slow);
  return code;
}

/* Whether the only result is wanted as a value, by the LOAD_REG that follows, rather than in its register. */
static int result_is_loaded(const ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  if (ZY_CALL_NRESULTS(n->imm) != 1 && !(n->imm & ZY_CALL_ONE)) return 0;
  for (ZyRef next = n->next; next != 0; next = l->h->nodes.v[next].next) {
    const ZyHirNode *m = &l->h->nodes.v[next];
    if (m->op == ZY_HIR_LOAD_REG && m->imm == ZY_CALL_REG(n->imm)) return 1;
    if (m->state != 0 || zy_hir_effect((ZyHirOp)m->op) & (ZY_EFFECT_WRITE_REGS | ZY_EFFECT_CONTROL)) return 0;
  }
  return 0;
}

/* The result, which is none, one, or (with an open number) what there is, where the call wants it in memory. */
static void store_result(ZyLower *l, const ZyHirNode *n, uint32_t result, uint32_t func) {
  int nresults = ZY_CALL_NRESULTS(n->imm);
  uint32_t count;
  if (nresults == 0) return;
  zy_lower_store(l, ZY_LIR_STORE, func, 0, CODE_FIELD(l, LOAD, l->cx, ZyContext, value), ZY_ALIAS_REGS);
  zy_lower_store(l, ZY_LIR_STORE8, func, ZY_TAG_AT, tag_of_result(l, result), ZY_ALIAS_REGS);
  if (nresults > 0) return;
  count = ZY_OP2(AND, ZY_OP2(SHR, result, integer(l, 4)), integer(l, 0xffffff0));
  SET_FIELD(l, STOREP, l->L, ZyThread, top, ZY_OP2(PADD, func, count));
}

/* In memory as zy_lower_prepare_call leaves it, arguments and complete frames excepted. What is inlined has CallInfos
** then, and like those of direct callees they are completed when somebody looks. */
void zy_lower_direct_call(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  const ZyCallee *callee = &l->h->unit->callees[ZY_CALL_CALLEE(n->imm)];
  int reg = ZY_CALL_REG(n->imm), nresults = ZY_CALL_NRESULTS(n->imm);
  int loaded = result_is_loaded(l, r), framed = l->framed;
  uint32_t slow = zy_lower_label(l), returned = zy_lower_label(l), left = zy_lower_label(l), settle = zy_lower_label(l);
  uint32_t stored = zy_lower_label(l), done = zy_lower_label(l), args[ZY_LIR_MOST_ARGS], value[2];
  uint32_t nargs, func, next, result;
  zy_lower_store_up_to(l, n->state, reg);
  zy_lower_save_pc(l, n->state);
  func = ZY_OP2(PADD, zy_lower_base(l), integer(l, ZY_REG(reg)));
  next = FRAME_FIELD(l, LOADP, zy_lower_inlined_frames(l, n->state, 0, slow), ZyCallInfo, next);
  zy_lower_unless(l, ZY_OP2(NE, next, ZY_OP1(NULLP, 0)), slow);
  args[0] = l->L, args[1] = next, args[2] = l->cx;
  args[3] = enterable(l, n, callee, func, slow);
  nargs = pass_arguments(l, n, callee, args, slow);
  SET_FIELD(l, STOREP, next, ZyCallInfo, func, func);
  SET_FIELD(l, STORE32, next, ZyCallInfo, nresults, integer(l, (nresults & 0xffff) | (int64_t)ZY_CIST_NATIVE << 16));
  result = zy_lower_pointer_call(l, CODE_FIELD(l, LOADP, args[3], ZyCode, direct), ZY_LIR_I, args, nargs);
  zy_lower_branch(l, ZY_OP2(LT, result, integer(l, 0)), returned, left, ZY_HINT_LIKELY);
  zy_lower_place(l, returned);
  zy_lower_if(l, ZY_OP2(EQ, FRAME_FIELD(l, LOADP, l->L, ZyThread, ci), next), settle);
  zy_lower_if(l, ZY_OP2(EQ, tag_of_result(l, result), integer(l, ZY_DIRECT_IN_FRAME)), settle);
  if (n->imm & ZY_CALL_ONE) zy_lower_if(l, ZY_OP2(EQ, ZY_OP2(AND, result, integer(l, 0xff00)), integer(l, 0)), settle);
  if (loaded) {
    value[0] = CODE_FIELD(l, LOAD, l->cx, ZyContext, value);
    value[1] = tag_of_result(l, result);
  }
  else store_result(l, n, result, func);
  zy_lower_jump(l, done, value, loaded ? 2 : 0);

  zy_lower_place(l, settle);
  zy_lower_settled(l, r, ZY_CALL(SETTLE, I, l->L, l->ci, l->cx, next, result, integer(l, reg), integer(l, nresults)));
  zy_lower_jump(l, stored, NULL, 0);

  zy_lower_place(l, left);
  args[3] = CODE_FIELD(l, LOADP, l->cx, ZyContext, left);
  ZY_CALL(CALL_FINISH, I, l->L, l->ci, l->cx, args[3], result, integer(l, reg), integer(l, nresults));
  zy_lower_trapped(l, r);
  zy_lower_jump(l, stored, NULL, 0);

  zy_lower_place(l, slow);
  l->framed = framed;
  zy_lower_prepare_aside(l, r);
  zy_lower_call_helper(l, r);
  zy_lower_trapped(l, r);

  zy_lower_place(l, stored);
  zy_lower_want_one(l, r);
  if (loaded) {
    value[0] = zy_lower_load(l, ZY_LIR_LOAD, zy_lower_base(l), ZY_REG(reg), ZY_ALIAS_REGS);
    value[1] = zy_lower_load(l, ZY_LIR_LOAD8, zy_lower_base(l), ZY_REG(reg) + ZY_TAG_AT, ZY_ALIAS_REGS);
  }
  zy_lower_jump(l, done, value, loaded ? 2 : 0);
  zy_lower_place(l, done);
  l->framed = framed;
  if (!loaded) return;
  l->result = (ZyLowerValue){ .type = ZY_LIR_I };
  l->result.payload = zy_lower_param(l, ZY_LIR_I);
  l->result.tag = zy_lower_param(l, ZY_LIR_I);
  l->result_of = r;
}

int zy_lower_load_result(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  if (l->result_of == 0 || n->imm != ZY_CALL_REG(l->h->nodes.v[l->result_of].imm)) return 0;
  zy_lower_set_tagged(l, r, ZY_LIR_I, l->result.payload, l->result.tag);
  return 1;
}


/* ---- tail calls ------------------------------------------------------------------- */

/* The callee takes over the frame, which may be complete already, and its result is this function's. Of a frame that the
** interpreter made luaV_execute remembers the function: there, and where the callee cannot be entered, nothing happens. */
void zy_lower_direct_tail_call(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = &l->h->nodes.v[r];
  const ZyCallee *callee;
  uint32_t args[ZY_LIR_MOST_ARGS] = { l->L, l->ci, l->cx }, nargs, status, func = zy_lower_base(l), top, result;
  uint32_t slow = zy_lower_label(l), framed = zy_lower_label(l), ready = zy_lower_label(l);
  if (!l->direct || !can_enter(l, n)) return;
  callee = &l->h->unit->callees[ZY_CALL_CALLEE(n->imm)];
  status = FRAME_FIELD(l, LOAD32, l->ci, ZyCallInfo, nresults);
  zy_lower_if(l, ZY_OP2(EQ, ZY_OP2(AND, status, integer(l, (int64_t)ZY_CIST_NATIVE << 16)), integer(l, 0)), slow);
  args[3] = enterable(l, n, callee, func, slow);
  nargs = pass_arguments(l, n, callee, args, slow);
  zy_lower_store(l, ZY_LIR_STOREP, func, 0, zy_lower_payload(l, n->ops[0], ZY_LIR_P), ZY_ALIAS_REGS);
  SET_FIELD(l, STORE32, l->ci, ZyCallInfo, nresults, ZY_OP2(OR, status, integer(l, (int64_t)ZY_CIST_TAIL << 16)));
  top = ZY_OP2(PADD, func, integer(l, ZY_REG(callee->maxstack)));
  SET_FIELD(l, STOREP, l->ci, ZyCallInfo, top, top);
  zy_lower_branch(l, ZY_OP2(EQ, FRAME_FIELD(l, LOADP, l->L, ZyThread, ci), l->ci), framed, ready, ZY_HINT_NONE);
  zy_lower_place(l, framed);
  SET_FIELD(l, STOREP, l->L, ZyThread, top, top);
  zy_lower_place(l, ready);
  result = zy_lower_pointer_call(l, CODE_FIELD(l, LOADP, args[3], ZyCode, direct), ZY_LIR_I, args, nargs);
  zy_lower_return(l, result);
  zy_lower_place(l, slow);
}
