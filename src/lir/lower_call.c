/*
** lower_call.c - what calls out: helpers, other functions, profiling, hooks.
** SPDX-License-Identifier: MIT
**
** Before a helper that may call, raise or collect garbage, the frame is made what the interpreter would have left:
** registers and savedpc. After it the stack may have moved, and a hook may have been set: then native code leaves.
**
** Runs on a worker.
*/
#include "lir/lower_internal.h"

#define CODE_FIELD(l, op, at, type, field) zy_lower_load((l), ZY_LIR_##op, (at), offsetof(type, field), ZY_ALIAS_CODE)
static const ZyHirNode *node(const ZyLower *l, ZyRef r) { return &l->h->nodes.v[r]; }
static uint32_t integer(ZyLower *l, int64_t i) { return zy_lower_int(l, i); }

/* A bit: the int that a helper returned is not 0. */
static uint32_t failed(ZyLower *l, uint32_t result) {
  return ZY_OP2(NE, ZY_OP2(AND, result, integer(l, 0xffffffff)), integer(l, 0));
}

/* Behind a helper. 1: the interpreter must execute the instruction; the registers are in memory. */
static void check(ZyLower *l, ZyRef r, uint32_t result) {
  zy_lower_called(l, r);
  zy_lower_if(l, failed(l, result), zy_lower_stored_exit(l, l->out->exit_of_node[r]));
}

static uint32_t trap(ZyLower *l) {
  uint32_t set = zy_lower_volatile(l, ZY_LIR_LOAD32, l->ci, offsetof(ZyCallInfo, u.l.trap), ZY_ALIAS_FRAME);
  return ZY_OP2(NE, set, integer(l, 0));
}

/* The trap is also set when the stack has moved. */
void zy_lower_trapped(ZyLower *l, ZyRef r) {
  uint32_t set, done;
  if (l->out->hook_exit[r] < 0) return;
  set = zy_lower_label(l);
  done = zy_lower_label(l);
  zy_lower_branch(l, trap(l), set, done, ZY_HINT_UNLIKELY);
  zy_lower_place(l, set);
  zy_lower_settled(l, r, ZY_CALL(POLLED, I, l->L, l->ci));
  zy_lower_place(l, done);
}

void zy_lower_want_one(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  uint32_t top, one;
  if (n->op != ZY_HIR_CALL_LUA || !(n->imm & ZY_CALL_ONE)) return;
  top = zy_lower_load(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, top), ZY_ALIAS_FRAME);
  one = ZY_OP2(PADD, zy_lower_base(l), integer(l, ZY_REG(ZY_CALL_REG(n->imm) + 1)));
  zy_lower_unless(l, ZY_OP2(EQ, top, one), zy_lower_stored_exit(l, l->count_exit[r]));
}

void zy_lower_settled(ZyLower *l, ZyRef r, uint32_t trap) {
  if (l->out->hook_exit[r] >= 0) zy_lower_if(l, failed(l, trap), zy_lower_stored_exit(l, l->out->hook_exit[r]));
}

/* The same, and native code ends when a hook was set. */
static void finish(ZyLower *l, ZyRef r, uint32_t result) {
  check(l, r, result);
  zy_lower_trapped(l, r);
}

/* The same for a node whose result is in register 'reg', too. */
static void finish_in(ZyLower *l, ZyRef r, uint32_t result, int64_t reg) {
  finish(l, r, result);
  zy_lower_load_value(l, r, zy_lower_base(l), ZY_REG(reg), ZY_ALIAS_REGS, 0);
  zy_lower_remember(l, reg, r);
}


/* ---- calls ---------------------------------------------------------------------- */

void zy_lower_call_helper(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  int reg = ZY_CALL_REG(n->imm) - zy_lower_frame_base(l, n->state);
  check(l, r, ZY_CALL(CALL, I, l->L, l->frame, l->cx, integer(l, reg), integer(l, ZY_CALL_NARGS(n->imm)),
                      integer(l, ZY_CALL_NRESULTS(n->imm))));
}

static void call(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  if (zy_lower_calls_directly(l, n)) zy_lower_direct_call(l, r);
  else {
    zy_lower_prepare_call(l, r);
    zy_lower_call_helper(l, r);
    zy_lower_trapped(l, r);
    zy_lower_want_one(l, r);
  }
  zy_lower_forget(l, ZY_CALL_REG(n->imm), 255);
}


/* ---- profiling, hooks --------------------------------------------------------- */

static void record(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  uint32_t done = zy_lower_label(l), other = zy_lower_label(l), tag = zy_lower_tag(l, n->ops[0]);
  uint32_t cells = CODE_FIELD(l, LOADP, l->code, ZyCode, cells), last;
  int64_t at = n->imm * (int64_t)sizeof(ZyCell);
  zy_lower_unless(l, ZY_OP2(NE, cells, ZY_OP1(NULLP, 0)), done);
  last = zy_lower_load(l, ZY_LIR_LOAD8, cells, at + (int64_t)offsetof(ZyCell, tag), ZY_ALIAS_CODE);
  zy_lower_branch(l, ZY_OP2(NE, last, ZY_OP2(XOR, tag, integer(l, 0x80))), other, done, ZY_HINT_UNLIKELY);
  zy_lower_place(l, other);
  ZY_CALL(RECORD, V, ZY_OP2(PADD, cells, integer(l, at)), tag);
  zy_lower_place(l, done);
}

/* Goes on when the cell's field at 'offset' is below 'limit', else to 'done'. */
static void if_wanted(ZyLower *l, int64_t pc, int64_t offset, int64_t limit, uint32_t done) {
  uint32_t cells = CODE_FIELD(l, LOADP, l->code, ZyCode, cells), seen;
  zy_lower_unless(l, ZY_OP2(NE, cells, ZY_OP1(NULLP, 0)), done);
  seen = zy_lower_load(l, ZY_LIR_LOAD8, cells, pc * (int64_t)sizeof(ZyCell) + offset, ZY_ALIAS_CODE);
  zy_lower_unless(l, ZY_OP2(LT, seen, integer(l, limit)), done);
}

static void record_call(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  uint32_t done = zy_lower_label(l);
  if_wanted(l, n->imm, offsetof(ZyCell, calls), 2, done);
  ZY_CALL(RECORD_CALL, V, l->code, integer(l, n->imm), zy_lower_bits(l, n->ops[0]), zy_lower_tag(l, n->ops[0]));
  zy_lower_place(l, done);
}

static void record_table(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  int64_t pc = n->imm & 0xffffffff;
  ZyRef t = n->ops[0], key = n->ops[1];
  uint32_t done = zy_lower_label(l);
  if_wanted(l, pc, offsetof(ZyCell, samples), ZY_CELL_SAMPLES, done);
  ZY_CALL(RECORD_TABLE, V, l->L, l->code, integer(l, pc), zy_lower_bits(l, t), zy_lower_tag(l, t), zy_lower_bits(l, key),
          zy_lower_tag(l, key), integer(l, n->imm >> 32));
  zy_lower_place(l, done);
}

static void count(ZyLower *l, ZyRef r) {
  uint32_t done = zy_lower_label(l), counts = CODE_FIELD(l, LOADP, l->code, ZyCode, block_count), old;
  int64_t at = node(l, r)->imm * 4;
  zy_lower_unless(l, ZY_OP2(NE, counts, ZY_OP1(NULLP, 0)), done);
  old = zy_lower_load(l, ZY_LIR_LOAD32, counts, at, ZY_ALIAS_CODE);
  zy_lower_store(l, ZY_LIR_STORE32, counts, at, ZY_OP2(ADD, old, integer(l, 1)), ZY_ALIAS_CODE);
  zy_lower_place(l, done);
}

/* Only the thread that runs the state writes the count. */
static void tick(ZyLower *l, ZyRef r) {
  uint32_t at = CODE_FIELD(l, LOADP, l->code, ZyCode, count), reached = zy_lower_label(l), done = zy_lower_label(l);
  uint32_t n = ZY_OP2(ADD, zy_lower_load(l, ZY_LIR_LOAD32, at, 0, ZY_ALIAS_CODE), integer(l, 1));
  zy_lower_store(l, ZY_LIR_STORE32, at, 0, n, ZY_ALIAS_CODE);
  n = ZY_OP2(AND, n, integer(l, 0xffffffff));
  zy_lower_branch(l, ZY_OP2(LT, n, CODE_FIELD(l, LOAD32, l->code, ZyCode, limit)), done, reached, ZY_HINT_LIKELY);
  zy_lower_place(l, reached);
  zy_lower_prepare_aside(l, r);
  check(l, r, ZY_CALL(TICK, I, l->L, l->frame, l->code));
  zy_lower_place(l, done);
}

/* Nothing but a hook stops code that does not call out. Leaving at once, rather than asking a helper, is what lets LLVM
** keep what it has loaded of memory from round to round. */
static void poll(ZyLower *l, ZyRef r) {
  uint32_t mask = zy_lower_volatile(l, ZY_LIR_LOAD32, l->L, offsetof(ZyThread, hookmask), ZY_ALIAS_FRAME);
  zy_lower_guard(l, r, ZY_OP2(EQ, mask, integer(l, 0)));
}


/* ---- nodes ---------------------------------------------------------------------- */

/* A table is made with the frame as it is, unless a collection is due: only that looks at it. */
static void new_table(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  int64_t reg = n->imm & 255, base = zy_lower_frame_base(l, n->state);
  uint32_t array = integer(l, ZY_TABLE_ARRAY(n->imm)), hash = integer(l, ZY_TABLE_HASH(n->imm)), table;
  uint32_t made = zy_lower_label(l), collect = zy_lower_label(l), done = zy_lower_label(l);
  table = ZY_CALL(MAKE_TABLE, P, l->L, l->cx, array, hash);
  zy_lower_branch(l, ZY_OP2(NE, table, ZY_OP1(NULLP, 0)), made, collect, ZY_HINT_LIKELY);
  zy_lower_place(l, made);
  zy_lower_jump(l, done, &table, 1);
  zy_lower_place(l, collect);
  zy_lower_prepare_aside(l, r);
  check(l, r, ZY_CALL(NEW_TABLE, I, l->L, l->frame, integer(l, reg - base), array, hash));
  zy_lower_trapped(l, r);
  table = zy_lower_load(l, ZY_LIR_LOADP, zy_lower_base(l), ZY_REG(reg), ZY_ALIAS_REGS);
  zy_lower_jump(l, done, &table, 1);
  zy_lower_place(l, done);
  zy_lower_set(l, r, zy_lower_param(l, ZY_LIR_P));
  zy_lower_forget(l, (int)reg, (int)reg);
}

/* Upvalues, and variables to be closed, are in lists with the topmost first: mostly there are none from the register on. */
static void close(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  uint32_t level = ZY_OP2(PADD, zy_lower_base(l), integer(l, ZY_REG(n->imm))), upval, at;
  uint32_t some = zy_lower_label(l), check_tbc = zy_lower_label(l), needed = zy_lower_label(l), done = zy_lower_label(l);
  upval = zy_lower_load(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, openupval), ZY_ALIAS_FRAME);
  zy_lower_branch(l, ZY_OP2(EQ, upval, ZY_OP1(NULLP, 0)), check_tbc, some, ZY_HINT_NONE);
  zy_lower_place(l, some);
  at = zy_lower_load(l, ZY_LIR_LOADP, upval, offsetof(ZyUpVal, v), ZY_ALIAS_UPVALS);
  zy_lower_branch(l, ZY_OP2(LTU, at, level), check_tbc, needed, ZY_HINT_NONE);
  zy_lower_place(l, check_tbc);
  at = zy_lower_load(l, ZY_LIR_LOADP, l->L, offsetof(ZyThread, tbclist), ZY_ALIAS_FRAME);
  zy_lower_branch(l, ZY_OP2(LTU, at, level), done, needed, ZY_HINT_LIKELY);
  zy_lower_place(l, needed);
  zy_lower_prepare_aside(l, r);
  finish(l, r, ZY_CALL(CLOSE, I, l->L, l->frame, integer(l, n->imm - zy_lower_frame_base(l, n->state))));
  zy_lower_jump(l, done, NULL, 0);
  zy_lower_place(l, done);
}

/* The helper's answer is 0, 1, or 2 for the interpreter. */
static void compare(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  ZyRef a = n->ops[0], b = n->ops[1];
  uint32_t p, s, q, t, answer;
  zy_lower_prepare_call(l, r);
  p = zy_lower_bits(l, a), s = zy_lower_tag(l, a), q = zy_lower_bits(l, b), t = zy_lower_tag(l, b);
  answer = ZY_OP2(AND, ZY_CALL(COMPARE, I, l->L, l->frame, l->cx, p, s, q, t, integer(l, n->imm)), integer(l, 0xffffffff));
  zy_lower_called(l, r);
  zy_lower_if(l, ZY_OP2(EQ, answer, integer(l, 2)), zy_lower_stored_exit(l, l->out->exit_of_node[r]));
  zy_lower_set(l, r, ZY_OP2(NE, answer, integer(l, 0)));
}

/* A helper whose result is no more than whether it succeeded; what it wants to know of its operands. */
static void call_out(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  int64_t imm = n->imm, reg = imm & 255, base = zy_lower_frame_base(l, n->state), at = reg - base;
  uint32_t bits[3], tag[3], *v = bits, *t = tag;
  zy_lower_prepare_call(l, r);
  for (int i = 0; i < zy_hir_nops((ZyHirOp)n->op); i++) {
    bits[i] = zy_lower_bits(l, n->ops[i]);
    tag[i] = zy_lower_tag(l, n->ops[i]);
  }
  switch (n->op) {
    case ZY_HIR_TABLE_GET:
      finish_in(l, r, ZY_CALL(TABLE_GET, I, l->L, l->frame, v[0], t[0], v[1], t[1], integer(l, at)), reg);
      break;
    case ZY_HIR_TABLE_SET:
      finish(l, r, ZY_CALL(TABLE_SET, I, l->L, l->frame, v[0], t[0], v[1], t[1], v[2], t[2]));
      break;
    case ZY_HIR_FIELD_GET:
      finish_in(l, r, ZY_CALL(FIELD_GET, I, l->L, l->frame, v[0], t[0], integer(l, imm >> 8), integer(l, at)), reg);
      break;
    case ZY_HIR_FIELD_SET:
      finish(l, r, ZY_CALL(FIELD_SET, I, l->L, l->frame, v[0], t[0], integer(l, imm), v[1], t[1]));
      break;
    case ZY_HIR_OPERATE:
      finish_in(l, r, ZY_CALL(OPERATE, I, l->L, l->frame, l->cx, v[0], t[0], v[1], t[1], integer(l, imm - base)), reg);
      break;
    case ZY_HIR_LEN: finish_in(l, r, ZY_CALL(LEN, I, l->L, l->frame, v[0], t[0], integer(l, at)), reg); break;
    case ZY_HIR_CLOSURE:
      finish_in(l, r, ZY_CALL(CLOSURE, I, l->L, l->frame, integer(l, at), integer(l, imm >> 8)), reg);
      break;
    case ZY_HIR_CONCAT:
      zy_lower_forget(l, (int)reg, 255);
      finish_in(l, r, ZY_CALL(CONCAT, I, l->L, l->frame, integer(l, at), integer(l, imm >> 8)), reg);
      break;
    case ZY_HIR_SET_LIST:
      finish(l, r, ZY_CALL(SET_LIST, I, l->L, l->frame, integer(l, at), integer(l, ZY_LIST_COUNT(imm)),
                           integer(l, ZY_LIST_FROM(imm))));
      break;
    case ZY_HIR_NEXT:
      finish(l, r, ZY_CALL(NEXT, I, l->L, l->frame, integer(l, at), integer(l, imm >> 8)));
      zy_lower_forget(l, (int)reg + 4, 255);
      break;
    case ZY_HIR_VARARG:
      zy_lower_forget(l, (int)reg, 255);
      finish(l, r, ZY_CALL(VARARG, I, l->L, l->frame, integer(l, at), integer(l, (imm >> 8) - 1)));
      break;
  }
}

void zy_lower_call_node(ZyLower *l, ZyRef r) {
  const ZyHirNode *n = node(l, r);
  switch (n->op) {
    case ZY_HIR_NEW_TABLE: new_table(l, r); break;
    case ZY_HIR_COMPARE: compare(l, r); break;
    case ZY_HIR_CLOSE: close(l, r); break;
    case ZY_HIR_TABLE_GET: case ZY_HIR_TABLE_SET: case ZY_HIR_FIELD_GET: case ZY_HIR_FIELD_SET: case ZY_HIR_OPERATE: case ZY_HIR_LEN:
    case ZY_HIR_CLOSURE: case ZY_HIR_CONCAT: case ZY_HIR_SET_LIST: case ZY_HIR_NEXT: case ZY_HIR_VARARG:
      call_out(l, r);
      break;
    case ZY_HIR_CALL: case ZY_HIR_CALL_LUA:
      call(l, r);
      break;
    case ZY_HIR_TAIL_LUA: zy_lower_direct_tail_call(l, r); break;
    case ZY_HIR_RECORD: record(l, r); break;
    case ZY_HIR_RECORD_CALL: record_call(l, r); break;
    case ZY_HIR_RECORD_TABLE: record_table(l, r); break;
    case ZY_HIR_COUNT: count(l, r); break;
    case ZY_HIR_TICK: tick(l, r); break;
    case ZY_HIR_POLL: poll(l, r); break;
    case ZY_HIR_TRAP: zy_lower_trapped(l, r); break;
  }
}
