/*
** build_call.c - calls and returns -> HIR.
** SPDX-License-Identifier: MIT
**
** Calls happen on registers in memory: the state of CALL names function and arguments, so they are stored before.
** Results are loaded where they were left. An open number of values (ZyBuild.open_from) exists in memory only, with
** L->top, between the instruction that leaves it and the next one, which takes it; exits in between keep the top.
** Where it is one value, or can be assumed to be (ZyBuild.open_one), that is a value like any other.
**
** What feedback says is always called is guarded and called directly, or translated in place (build_lib.c,
** build_inline.c). A tail call of a C function is a call and a return, as in the interpreter; of the running
** function, a jump to its start; of another Lua function, a jump to its native code (lir/lower_direct.c), or it is left
** to the runtime (frames.c) or the interpreter, for whom nothing but the frame remains.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

enum { LIST_STORED = 8 };              /* values of a list, at most, that are stored one by one */

static void set_open(ZyBuild *b, int from) {
  b->open_from = from;
  b->open_one = 0;
  b->state_pc = -1;
}

/* An open number of values turned out to be the one in register 'reg'. */
static void set_open_one(ZyBuild *b, int reg) {
  set_open(b, reg + 1);
  b->open_one = 1;
}

/* How many values there are from register 'from' on, where an instruction takes an open number; -1: not known. */
static int open_count(const ZyBuild *b, int from) { return b->open_one ? b->open_from - from : -1; }

static int64_t call_imm(const ZyBuild *b, int reg, int nargs, int nresults) {
  return zy_build_var(b, reg) | (int64_t)(nargs + 1) << 8 | (int64_t)(nresults + 1) << 16;
}

/* The state of a call; the arguments of an iterator are not read by the TFORCALL itself. */
static uint32_t call_state(ZyBuild *b, int reg, int nargs) {
  if (ZY_OP(b->unit->code[b->pc]) != ZY_BC_TFORCALL) return zy_build_state(b, b->pc);
  return zy_build_state_with(b, b->pc, reg, nargs + 1);
}

/* The Lua function that feedback says is called here, as a callee of the outermost unit; -1: none. */
static int known_callee(const ZyBuild *b) {
  const ZyCell *cell = zy_build_cell(b);
  const ZyUnit *unit = b->h->unit;
  if (cell == NULL || zy_build_avoids(b, ZY_AVOID_CALL)) return -1;
  if (cell->calls != 1 || (cell->callee & ZY_CALLEE_LIB)) return -1;
  for (int c = 0; c < unit->ncallees; c++)
    if (unit->callees[c].id == cell->callee) return unit->callees[c].is_vararg ? -1 : c;
  return -1;
}

/* After a call: 'nresults' values from register 'reg' on are in memory. */
static void load_results(ZyBuild *b, int reg, int nresults) {
  set_open(b, nresults < 0 ? reg : 256);
  for (int r = reg + 1; r < reg + nresults; r++) zy_build_take(b, r);
  if (nresults > 0 && !zy_build_in_memory(b, reg))
    zy_build_give(b, reg, zy_build_imm(b, ZY_HIR_LOAD_REG, 0, zy_build_var(b, reg)), b->pc + 1);
}

static void write_only_result(ZyBuild *b, int reg, int nresults, ZyRef v) {
  if (nresults > 0) zy_build_write(b, reg, v);
  for (int r = reg + 1; r < reg + nresults; r++) zy_build_write(b, r, zy_build_simple(b, ZY_TYPE_nil));
}

void zy_build_call(ZyBuild *b, int reg, int nargs, int nresults) {
  int lib = zy_build_library_seen(b), known = known_callee(b);
  int64_t imm = call_imm(b, reg, nargs, nresults);
  int one = nresults < 0 && known >= 0 && b->h->unit->callees[known].returns_one && !zy_build_avoids(b, ZY_AVOID_TYPE);
  uint32_t slow = 0, from[2];
  ZyRef f, r, none[2] = { 0, 0 };
  if (lib >= 0 && zy_build_library_results(b, lib, reg, nargs, nresults)) {
    set_open(b, 256);
    return;
  }
  if (lib >= 0 && nargs >= 0) {
    r = zy_build_library_call(b, lib, reg, nargs);
    if (r != 0) {
      set_open(b, 256);
      write_only_result(b, reg, nresults < 0 ? 1 : nresults, r);
      if (nresults < 0) set_open_one(b, reg);
      return;
    }
  }
  f = zy_build_read(b, reg);
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD_CALL, f, b->pc);
  if (known >= 0 && nargs >= 0 && (zy_build_type(b, f) & ZY_TYPE_luafn)) {
    if (zy_build_avoids(b, ZY_AVOID_TYPE)) slow = zy_build_new_block(b, b->pc);
    f = zy_build_check_type(b, f, ZY_TYPE_luafn, slow);
    zy_build_exiting(b, ZY_HIR_GUARD_PROTO, f, 0, known, zy_build_state(b, b->pc));
    if (slow == 0 && (one || nresults >= 0) && zy_build_inline(b, known, f, reg, nargs, nresults)) {
      if (!b->ended && one) set_open_one(b, reg);
      return;
    }
    zy_build_exiting(b, ZY_HIR_CALL_LUA, f, 0, imm | (int64_t)known << 32 | (one ? ZY_CALL_ONE : 0),
                     call_state(b, reg, nargs));
    from[0] = b->block;
    from[1] = slow;
    if (slow != 0) {
      zy_build_seal(b, slow);
      if (b->h->blocks.v[slow].preds.n > 0) {
        zy_build_enter(b, slow);
        zy_build_exiting(b, ZY_HIR_CALL, zy_build_read(b, reg), 0, imm, call_state(b, reg, nargs));
        zy_build_merge(b, from, none);
      }
    }
  }
  else zy_build_exiting(b, ZY_HIR_CALL, f, 0, imm, call_state(b, reg, nargs));
  if (one && known >= 0 && nargs >= 0) {
    load_results(b, reg, 1);
    set_open_one(b, reg);
  }
  else load_results(b, reg, nresults);
}

/* What follows something with an open number of values must be what takes them. */
static int open_consumer(const ZyBuild *b) {
  int next = b->pc + 1;
  ZyBc op;
  if (next > b->scope->last || b->scope->flow.leader[next]) return 0;
  op = ZY_OP(b->unit->code[next]);
  return (op == ZY_BC_CALL || op == ZY_BC_TAILCALL || op == ZY_BC_RETURN || op == ZY_BC_SETLIST)
      && ZY_B(b->unit->code[next]) == 0;
}

void zy_build_call_instruction(ZyBuild *b, ZyInstruction i) {
  int nargs = ZY_B(i) > 0 ? ZY_B(i) - 1 : open_count(b, ZY_A(i) + 1);
  if (ZY_C(i) == 0 && !open_consumer(b)) zy_build_exit(b, b->pc, ZY_EXIT_SLOW);
  else zy_build_call(b, ZY_A(i), nargs, ZY_C(i) - 1);
}

void zy_build_effect(ZyBuild *b, ZyHirOp op, int64_t imm) {
  zy_build_exiting(b, op, 0, 0, imm, zy_build_state(b, b->pc));
}

/* A short list of a constructor is stored as what it is, elements of the table's array part, while that is as large as
** it was made. */
static int store_list(ZyBuild *b, int a, int n, int64_t from) {
  ZyRef t = zy_build_read(b, a), room, array;
  if (b->h->nodes.v[t].op != ZY_HIR_NEW_TABLE || n > LIST_STORED || zy_build_avoids(b, ZY_AVOID_TABLE)) return 0;
  if (n == 0 || from + n > ZY_TABLE_ARRAY(b->h->nodes.v[t].imm)) return 0;
  room = zy_build_node(b, ZY_HIR_LTU_INT, zy_build_int(b, from + n - 1), zy_build_node(b, ZY_HIR_ARRAY_LIMIT, t, 0));
  zy_build_check(b, room, 0);
  array = zy_build_node(b, ZY_HIR_ARRAY_BASE, t, 0);
  for (int j = 1; j <= n; j++) {
    ZyRef v = zy_build_read(b, a + j);
    zy_build_node(b, ZY_HIR_STORE_VAL, zy_build_node(b, ZY_HIR_ELEM, array, zy_build_int(b, from + j)), v);
    if (zy_build_type(b, v) & ZY_TYPE_GC) zy_build_node(b, ZY_HIR_BARRIER, t, v);
  }
  return 1;
}

void zy_build_set_list(ZyBuild *b) {
  ZyInstruction i = b->unit->code[b->pc];
  int n = ZY_B(i) > 0 ? ZY_B(i) : open_count(b, ZY_A(i) + 1);
  int64_t from = ZY_C(i) + (ZY_K(i) ? (int64_t)ZY_AX(b->unit->code[b->pc + 1]) * 256 : 0);
  if (ZY_B(i) > 0 && store_list(b, ZY_A(i), n, from)) return;
  zy_build_effect(b, ZY_HIR_SET_LIST, zy_build_var(b, ZY_A(i)) | (int64_t)(n + 1) << 8 | from << 32);
  set_open(b, 256);
}

void zy_build_closure(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i);
  int64_t imm = zy_build_var(b, a) | (int64_t)ZY_BX(i) << 8;
  ZyRef v = zy_build_exiting(b, ZY_HIR_CLOSURE, 0, 0, imm, zy_build_state(b, b->pc));
  zy_build_set_type(b, v, ZY_TYPE_luafn);
  zy_build_write(b, a, v);
}

void zy_build_vararg(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), wanted = ZY_C(i) - 1;
  if (wanted < 0 && !open_consumer(b)) {
    zy_build_exit(b, b->pc, ZY_EXIT_SLOW);
    return;
  }
  zy_build_effect(b, ZY_HIR_VARARG, zy_build_var(b, a) | (int64_t)ZY_C(i) << 8);
  if (wanted < 0) set_open(b, a);
  for (int r = a; r < a + wanted; r++) zy_build_take(b, r);
}


/* ---- closing ----------------------------------------------------------------------- */

/* Whether a register from 'reg' on may have a variable to be closed. Native code does not go on behind a TBC, nor a TFORPREP
** that makes one; only a loop that is entered may be in the scope of one. */
static int may_have_tbc(const ZyUnit *unit) {
  if (unit->entry < 0) return 0;
  for (int pc = unit->head + 1; pc < unit->ncode; pc++) {
    ZyInstruction i = unit->code[pc];
    if (ZY_OP(i) == ZY_BC_TBC) return 1;
    if (ZY_OP(i) == ZY_BC_TFORPREP && pc < unit->entry && unit->entry <= pc + 2 + ZY_BX(i)) return 1;
  }
  return 0;
}

void zy_build_close(ZyBuild *b, int reg) {
  int needed = b->scope->inlined == 0 && may_have_tbc(b->unit);        /* what is inlined captures nothing, either */
  for (int r = reg; r < b->unit->maxstack && !needed; r++) needed = zy_unit_captured(b->unit, r);
  if (needed) zy_build_effect(b, ZY_HIR_CLOSE, zy_build_var(b, reg));
}


/* ---- leaving the function ---------------------------------------------------------- */

/* By the RETURN at 'pc', with what it returns now. */
static void leave(ZyBuild *b, int pc, int reg, int n) {
  zy_build_exiting(b, ZY_HIR_RETURN, 0, 0, (int64_t)n * 256 + reg, zy_build_state_live(b, pc));
  b->ended = 1;
}

void zy_build_return(ZyBuild *b, int reg, int n, int close) {
  if (n < 0) n = open_count(b, reg);
  if (close) zy_build_close(b, 0);
  if (b->scope->inlined != 0) zy_build_inline_return(b, reg, n);
  else leave(b, b->pc, reg, n);
}

/* A known library function's only result is returned by the RETURN that follows. */
static int tail_library_call(ZyBuild *b, int reg, int nargs, int close) {
  int lib = zy_build_library_seen(b);
  ZyRef r = lib >= 0 && nargs >= 0 ? zy_build_library_call(b, lib, reg, nargs) : 0;
  if (r == 0) return 0;
  if (close) zy_build_close(b, 0);       /* may exit: the call is then made again */
  zy_build_write(b, reg, r);
  set_open(b, reg + 1);
  if (b->scope->inlined != 0) zy_build_inline_return(b, reg, 1);
  else leave(b, b->pc + 1, reg, 1);
  return 1;
}

int zy_build_is_loop(const ZyBuild *b, const ZyScope *s, int pc) {
  const ZyUnit *unit = s->unit;
  ZyInstruction i = unit->code[pc];
  if (ZY_OP(i) != ZY_BC_TAILCALL || ZY_K(i)) return 0;
  if (!b->speculate || unit->cells == NULL || unit->entry >= 0 || s->inlined != 0 || s->memory) return 0;
  if (unit->avoid != NULL && (unit->avoid[pc] & (ZY_AVOID_CALL | ZY_AVOID_TYPE))) return 0;
  return unit->cells[pc].calls == 1 && unit->cells[pc].callee == unit->id && !unit->is_vararg;
}

/* A function that tail-calls itself is a loop. */
static void start_anew(ZyBuild *b, int reg, int nargs) {
  ZyRef argument[256], f = zy_build_guard_type(b, zy_build_read(b, reg), ZY_TYPE_luafn);
  uint32_t state = zy_build_state(b, b->pc);
  zy_build_exiting(b, ZY_HIR_POLL, 0, 0, 0, state);
  zy_build_exiting(b, ZY_HIR_TAIL_SELF, f, 0, 0, state);
  for (int p = 0; p < b->unit->numparams; p++)
    argument[p] = p < nargs ? zy_build_read(b, reg + 1 + p) : zy_build_simple(b, ZY_TYPE_nil);
  for (int p = 0; p < b->unit->numparams; p++) zy_build_write(b, p, argument[p]);
  zy_build_jump(b, b->scope->start);
}

/* Of a Lua function in the outermost one. */
static void known_tail_call(ZyBuild *b, int known, ZyRef f, int reg, int nargs) {
  int64_t imm = call_imm(b, reg, nargs, -1) | (int64_t)known << 32;
  f = zy_build_guard_type(b, f, ZY_TYPE_luafn);
  zy_build_exiting(b, ZY_HIR_GUARD_PROTO, f, 0, known, zy_build_state(b, b->pc));
  if (ZY_K(b->unit->code[b->pc])) zy_build_close(b, 0);
  zy_build_exiting(b, ZY_HIR_TAIL_LUA, f, 0, imm, zy_build_state(b, b->pc));
  zy_build_exit(b, b->pc, ZY_EXIT_TAIL);
}

void zy_build_tail_call(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), nargs = ZY_B(i) > 0 ? ZY_B(i) - 1 : open_count(b, a + 1), pc = b->pc, known = known_callee(b);
  uint32_t to[2];
  ZyRef f;
  if (nargs >= 0 && zy_build_is_loop(b, b->scope, pc)) {
    start_anew(b, a, nargs);
    return;
  }
  if (!open_consumer(b) || ZY_OP(b->unit->code[pc + 1]) != ZY_BC_RETURN) {
    zy_build_exit(b, pc, ZY_EXIT_SLOW);
    return;
  }
  if (tail_library_call(b, a, nargs, ZY_K(i))) return;
  if (b->scope->inlined != 0) {
    f = zy_build_read(b, a);
    if (known >= 0 && nargs >= 0 && !ZY_K(i) && (zy_build_type(b, f) & ZY_TYPE_luafn)) {
      f = zy_build_guard_type(b, f, ZY_TYPE_luafn);
      zy_build_exiting(b, ZY_HIR_GUARD_PROTO, f, 0, known, zy_build_state(b, pc));
      if (zy_build_inline_tail(b, known, f, a, nargs)) return;
    }
    zy_build_exit(b, pc, ZY_EXIT_CALLEE);
    return;
  }
  f = zy_build_read(b, a);
  if (known >= 0 && nargs >= 0 && (zy_build_type(b, f) & ZY_TYPE_luafn) && !zy_build_avoids(b, ZY_AVOID_TYPE)) {
    known_tail_call(b, known, f, a, nargs);
    return;
  }
  if (b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD_CALL, f, pc);
  zy_build_split(b, zy_build_is(b, f, ZY_TYPE_cfn | ZY_TYPE_cclosure), to);
  zy_build_enter(b, to[1]);
  zy_build_exit(b, pc, ZY_EXIT_TAIL);
  zy_build_enter(b, to[0]);
  if (ZY_K(i)) zy_build_close(b, 0);
  zy_build_exiting(b, ZY_HIR_CALL, f, 0, call_imm(b, a, nargs, -1), zy_build_state(b, pc));
  set_open(b, a);
}
