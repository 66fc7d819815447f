/*
** enter.c - the interpreter at a stub -> native code -> the interpreter where native code stopped.
** SPDX-License-Identifier: MIT
**
** zy_enter is a C function that the stub's CALL runs. While native code runs, its CallInfo is off the list (L->ci is
** the Lua frame); it is frame->next, which the collector never frees and callees use meanwhile, and is put together
** again at the end. What it leaves in 'func' becomes the stack top, which an instruction that takes an open number of
** values needs.
**
** The slot behind the CALL is written last. It serves all frames of the Proto, so nothing may run between writing and
** fetching it; a hook would, so when one is set the originals are put back first.
*/
#include "runtime/enter.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "profile/attach.h"
#include "profile/live.h"
#include "runtime/frames.h"
#include "runtime/helper.h"
#include "runtime/policy.h"
#include "runtime/state.h"
#include "vm/bytecode.h"

enum { STACK_RESERVE = 512 * 1024 };   /* for C functions called from the deepest native frame */


/* ---- leaving ------------------------------------------------------------------ */

/* Where to jump to go on at 'pc', where native code could not. A back edge leads to its stub, which would enter native
** code in the state that made it leave: its displaced copy is executed instead. Behind a loop that has ended it leads to
** the stub: where the loop is the last thing in another one, that one would never be counted and compiled else. */
static int going_on(const ZyFunction *fn, int pc, const ZyCallInfo *frame) {
  for (int i = 1; i < fn->nstubs; i++) {
    if (fn->stub[i].pc != pc) continue;
    if (ZY_OP(fn->displaced[i]) != ZY_BC_TFORLOOP) return zy_function_displaced_pc(fn, i);
    else {                                             /* done here: its jump would be to the stub */
      ZyStack ra = frame->func + 1 + ZY_A(fn->displaced[i]);
      if ((ra[4].tt & ZY_KIND_TYPE_BITS) == 0) return pc + 1;
      ra[2].v = ra[4].v;
      ra[2].tt = ra[4].tt;
      return pc + 1 - ZY_BX(fn->displaced[i]);
    }
  }
  return pc;
}

/* Some releases (5.4.4) do not save the pc of an integer division, so that "attempt to divide by zero" names the line of
** whatever saved it last. Where that is not known it is taken to be the last instruction before that always saves it. */
static int last_saved(const ZyProto *p, const ZyFunction *fn, int pc) {
  for (pc--; pc > fn->head; pc--) {
    ZyBc op = ZY_OP(p->code[pc]);
    if (op == ZY_BC_CALL || op == ZY_BC_TFORCALL || op == ZY_BC_TFORPREP || op == ZY_BC_FORPREP || op == ZY_BC_LEN
        || op == ZY_BC_EQ || op == ZY_BC_CLOSURE || op == ZY_BC_CONCAT
        || op == ZY_BC_VARARG) return pc + 1;
  }
  return fn->head;
}

static int divides(ZyInstruction i) {
  ZyBc op = ZY_OP(i);
  return op == ZY_BC_IDIV || op == ZY_BC_IDIVK || op == ZY_BC_MOD || op == ZY_BC_MODK;
}

/* The function's entry is where its landing pads are, which are not for going on at. */
static int behind_pads(const ZyProto *p, int pc) {
  const ZyFunction *fn = zy_attach_function(p);
  int first;
  if (fn == NULL || pc <= fn->head) return pc;
  first = zy_attach_default_pc(p, zy_function_stub_pc(fn, 0) + ZY_STUB_SIZE - 1);
  return pc < first ? first : pc;
}

/* Where the instruction at 'pc' is: a function that was translated in place may have been folded meanwhile. */
static int place(const ZyProto *p, int pc) {
  const ZyFunction *fn = zy_attach_function(p);
  int first;
  if (fn == NULL || !fn->folded) return pc;
  first = zy_attach_default_pc(p, zy_function_stub_pc(fn, 0) + ZY_STUB_SIZE - 1);
  return pc < first ? pc : pc - (first - fn->head);
}

/* Makes the frames of functions that were translated in place. Their registers, and the functions, are in memory. L->top
** stays what it is. */
static void rebuild(lua_State *L, ZyCallInfo *ci, const ZyCode *code, const ZyExit *exit) {
  ZyThread *t = zy_thread(L);
  ptrdiff_t base = ci->func + 1 - t->stack, top_at = t->top - t->stack;
  ptrdiff_t end = ci->top > t->top ? ci->top - t->stack : top_at;
  for (int i = 0; i < exit->nframes; i++) {            /* making a CallInfo uses the stack: above all registers */
    const ZyExitFrame *f = &code->frame[exit->frame + i];
    ptrdiff_t top = base + f->base + code->callee_proto[f->callee]->maxstacksize;
    if (top > end) end = top;
  }
  for (int i = 0; i < exit->nframes; i++) {
    const ZyExitFrame *f = &code->frame[exit->frame + i];
    ZyCallInfo *callee;
    t->ci->u.l.savedpc = zy_layout_proto(t->ci)->code + place(zy_layout_proto(t->ci), f->call_pc) + 1;
    t->top = t->stack + end;
    zy_frames_make_next(L, t->ci);
    callee = t->ci->next;
    callee->func = t->stack + base + f->base - 1;
    callee->top = callee->func + 1 + zy_layout_proto(callee)->maxstacksize;
    callee->callstatus = f->tail ? ZY_CIST_TAIL : 0;
    callee->nresults = f->nresults;
    callee->u.l.trap = t->hookmask != 0;
    t->ci = callee;
  }
  t->top = t->stack + top_at;
}

ZyCallInfo *zy_helper_inlined(lua_State *L, ZyCallInfo *ci, ZyCode *code, int64_t exit) {
  ZyThread *t = zy_thread(L);
  const ZyProto *p;
  rebuild(L, ci, code, &code->exit[exit]);
  p = zy_layout_proto(t->ci);
  t->ci->u.l.savedpc = p->code + place(p, code->exit[exit].pc) + 1;
  return t->ci;
}

ZyStack zy_enter_exit(lua_State *L, ZyState *S, ZyCallInfo *ci, ZyCode *code, int64_t result) {
  ZyThread *t = zy_thread(L);
  ZyExit *exit = &code->exit[result];
  const ZyProto *p;
  int pc;
  exit->taken++;
  S->exits[exit->reason]++;
  if (exit->nframes > 0) rebuild(L, ci, code, exit);
  p = zy_layout_proto(t->ci);
  pc = place(p, behind_pads(p, exit->pc));
  t->ci->u.l.savedpc = p->code + pc;
  zy_policy_exit(S, code, exit);
  if (exit->top != 0) return t->ci->func + 1 + exit->top;
  return zy_bytecode_takes_open(p->code[pc]) ? t->top : t->ci->top;
}

/* Instead of the hook that was set, for returns of zyjit's own functions. */
static void unseen(lua_State *L, void *ar) {
  ZyThread *t = zy_thread(L);
  ZyState *S = zy_state_get(L);
  (void)ar;
  if (t->hook == unseen && --S->unseen <= 0) t->hook = S->hook;
}

void zy_enter_unseen(lua_State *L, ZyState *S, ZyCallInfo *frame, int returns) {
  ZyThread *t = zy_thread(L);
  t->hookcount++;
  if (t->hookmask & LUA_MASKLINE) frame->callstatus |= ZY_CIST_HOOKYIELD;
  if (!(t->hookmask & LUA_MASKRET) || !t->allowhook || t->hook == unseen) return;
  S->hook = t->hook;
  S->unseen = returns;
  t->hook = unseen;
}

/* A hook is set: it sees neither that zy_enter returns nor the slot, which is no instruction of the script's. What was
** executed last, for the hook to know new lines by, is the instruction before 'pc'. */
static void leave_hooked(lua_State *L, ZyState *S, ZyCallInfo *frame, int pc) {
  zy_state_suspend(S);
  frame->u.l.savedpc = zy_layout_proto(frame)->code + pc;
  zy_enter_unseen(L, S, frame, 1);
}

/* Ends zy_enter: the interpreter goes on at 'pc' of 'frame' with its stack top at 'top'. 'ended': behind a loop. */
static int leave(lua_State *L, ZyState *S, ZyCallInfo *frame, ZyFunction *fn, int slot, int pc, ZyStack top, int ended) {
  ZyThread *t = zy_thread(L);
  ZyProto *p = zy_layout_proto(frame);
  ZyCallInfo *native = frame->next;
  native->func = top;
  native->top = top + 1 + LUA_MINSTACK;
  native->callstatus = ZY_CIST_C;
  native->nresults = 0;
  t->ci = native;
  t->top = top + 1;
  if (t->hookmask != 0) {
    leave_hooked(L, S, frame, pc);
    p->code[slot] = zy_bytecode_jump(slot, pc);
    return 0;
  }
  if (fn->armed && !ended) pc = going_on(fn, pc, frame);
  if (divides(p->code[pc])) frame->u.l.savedpc = p->code + last_saved(p, fn, pc);
  p->code[slot] = ZY_OP(p->code[pc]) == ZY_BC_RETURN1 || ZY_OP(p->code[pc]) == ZY_BC_RETURN0
                ? p->code[pc] : zy_bytecode_jump(slot, pc);
  return 0;
}


/* ---- entering ----------------------------------------------------------------- */

/* The C stack of this thread ends somewhere below: half of what a usual limit gives is used, less where there is less. */
static void find_stack_limit(ZyState *S) {
  pthread_attr_t attr;
  void *low = NULL;
  size_t size = 0;
  char *here = __builtin_frame_address(0);
  S->thread = (unsigned long)pthread_self();
  S->cx.stack_limit = here - STACK_RESERVE / 4;        /* nothing is known: hardly any depth */
  if (pthread_getattr_np(pthread_self(), &attr) != 0) return;
  if (pthread_attr_getstack(&attr, &low, &size) == 0 && (char *)low < here && here < (char *)low + size) {
    struct rlimit limit;
    char *end = low;
    /* the main thread's stack grows: what the limit allows counts, unless it is unlimited */
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || size > (size_t)64 << 20))
      if ((size_t)(here - end) > (size_t)8 << 20) end = here - ((size_t)8 << 20);
    if (here - end > 2 * STACK_RESERVE) S->cx.stack_limit = end + STACK_RESERVE;
  }
  pthread_attr_destroy(&attr);
}

/* Of many short entries one in 64 is timed and stands for all. */
static int timed(const ZyState *S) { return S->entries < 4096 || S->entries % 64 == 0; }

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t start_clock(const ZyState *S) { return timed(S) ? now() : 0; }

static void stop_clock(ZyState *S, uint64_t started) { S->native_ns += (now() - started) * (S->entries < 4096 ? 1 : 64); }

static int run(lua_State *L, ZyState *S, ZyCallInfo *frame, int slot, ZyFunction *fn, int stub, ZyCode *code) {
  ZyThread *t = zy_thread(L);
  ZyProto *p = zy_layout_proto(frame);
  char *here = __builtin_frame_address(0);
  ZyStack stack = t->stack, top;
  int64_t result;
  uint64_t started;
  int outermost, pc, trapped, ended = 0;
  if (S->cx.stress_gc && t->top - t->stack < LUAI_MAXSTACK / 100) {
    lua_gc(L, LUA_GCCOLLECT);
    stack = t->stack;
  }
  if (S->thread != (unsigned long)pthread_self()) find_stack_limit(S);
  if (here < S->cx.stack_limit) return leave(L, S, frame, fn, slot, zy_attach_default_pc(p, slot), frame->top, 0);
  outermost = S->outermost == NULL || here >= S->outermost;
  if (outermost) {
    S->outermost = here;
    S->locals_changed = 0;
  }
  S->entries++;
  t->ci = frame;
  t->top = frame->top;
  frame->callstatus &= (unsigned short)~ZY_CIST_NATIVE;
  frame->u.l.savedpc = p->code + (stub == 0 ? fn->head : fn->stub[stub].pc) + 1;
  trapped = frame->u.l.trap;                 /* the stub's own call may have moved the stack */
  frame->u.l.trap = t->hookmask != 0;
  started = outermost ? start_clock(S) : 0;
  result = code->fn(L, frame, &S->cx, code);
  if (started != 0) stop_clock(S, started);
  if (fn->stub[stub].cut_off > 0) fn->stub[stub].cut_off--;
  if (result < 0) {
    pc = ZY_RETURN_PC(result);
    top = frame->func + 1 + ZY_RETURN_REG(result) + ZY_RETURN_COUNT(result);
  }
  else {
    top = zy_enter_exit(L, S, frame, code, result);
    if (t->ci != frame) top = zy_frames_finish(L, S, frame, top);
    else ended = code->exit[result].reason == ZY_EXIT_LOOP;
    pc = (int)(frame->u.l.savedpc - p->code);
  }
  if (!zy_bytecode_takes_open(p->code[pc])) top = frame->top;
  if (trapped || t->stack != stack || t->hookmask != 0) frame->u.l.trap = 1;   /* the interpreter keeps its address */
  leave(L, S, frame, fn, slot, pc, top, ended);
  if (outermost) {
    S->outermost = NULL;
    zy_state_reclaim(S);
  }
  return 0;
}

int zy_enter(lua_State *L) {
  ZyThread *t = zy_thread(L);
  ZyCallInfo *frame = t->ci->previous;
  ZyProto *p = zy_layout_proto(frame);
  int slot = (int)(frame->u.l.savedpc - p->code), stub;
  ZyFunction *fn = slot < 0 ? zy_live_of_slot(frame->u.l.savedpc) : zy_attach_function(p);
  ZyState *S;
  ZyCode *code;
  if (fn == NULL || (S = fn->state) == NULL || S->closed) goto interpret;
  if (t->hookmask != 0 || zy_frames_deep(L)) {
    zy_state_suspend(S);
    goto interpret;
  }
  stub = zy_function_slot_stub(fn, slot);
  if (slot < 0) frame->u.l.savedpc = p->code + last_saved(p, fn, fn->stub[stub].pc);   /* what has a line */
  code = atomic_load_explicit(&fn->stub[stub].code, memory_order_acquire);   /* release: the worker that published it */
  if (code == NULL) {
    code = zy_policy_cold(L, S, fn, stub, frame);
    if (code == NULL) goto interpret;
  }
  if (zy_policy_declines(S, fn, stub, code, frame)) goto interpret;
  return run(L, S, frame, slot, fn, stub, code);
interpret:
  if (slot == (fn != NULL ? zy_function_stub_pc(fn, 0) + ZY_STUB_SIZE - 1 : -1))
    frame->u.l.savedpc = p->code + fn->head;           /* as before the stub, see last_saved */
  p->code[slot] = zy_bytecode_jump(slot, zy_attach_default_pc(p, slot));
  return 0;
}


/* ---- for native code ------------------------------------------------------------- */

/* The trap is also set when the stack moved, which native code sees to by itself. What is not attached (a live frame)
** always lets the interpreter see to it. */
int64_t zy_helper_polled(lua_State *L, ZyCallInfo *ci) {
  ZyFunction *fn;
  if (zy_thread(L)->hookmask != 0) return 1;
  fn = zy_attach_function(zy_layout_proto(ci));
  if (fn == NULL || (fn->state != NULL && fn->state->locals_changed)) return 1;
  ci->u.l.trap = 0;
  return 0;
}

int64_t zy_helper_stress(ZyContext *cx) {
  uint32_t n = cx->stress_exits;
  return n != 0 && ++cx->stress_count % n == 0;
}
