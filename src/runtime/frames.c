/*
** frames.c - calls out of native code, and frames that native code made.
** SPDX-License-Identifier: MIT
**
** A callee that has native code of its own gets a CallInfo made here, as luaD_precall makes it, and runs on the C
** stack; any other is called by lua_call. Native code counts as yieldable: what lua_call adds for that is taken off around it,
** and when the callee yields, the native frames are dropped and the interpreter goes on at the frames' savedpc.
**
** A native callee may leave with a tail call of another one, which then takes over its frame. One that leaves for the
** interpreter is finished there (zy_frames_finish): a Lua function 'function(f) f() end' is called above its frame,
** and the C function that it calls takes the mark FRESH off that function's frame, while the callee's has it. So the
** interpreter goes on with the callee when the Lua function returns, and comes back when the callee does.
*/
#include "runtime/frames.h"

#include <string.h>

#include "profile/attach.h"
#include "runtime/enter.h"
#include "runtime/helper.h"
#include "runtime/library.h"
#include "runtime/state.h"
#include "vm/bytecode.h"

/* lua_call adds to both halves of nCcalls what the interpreter's own calls of functions do not add: a script sees the same
** limits. What bounds the recursion of native code is the C stack itself. */
enum { OF_LUA_CALL = ZY_NON_YIELDABLE + 1 };

int zy_frames_stack_left(const ZyContext *cx) { return (char *)__builtin_frame_address(0) > cx->stack_limit; }


/* ---- finishing frames in the interpreter -------------------------------------------- */

static int splice(lua_State *L) {
  ZyThread *t = zy_thread(L);
  ZyCallInfo *trampoline = t->ci->previous;
  ZyState *S = zy_state_get(L);
  trampoline->callstatus &= (unsigned short)~ZY_CIST_FRESH;
  if (S->hookmask == 0 || t->hookmask != 0) return 0;
  t->hookmask = S->hookmask;
  trampoline->u.l.trap = 1;
  zy_enter_unseen(L, S, trampoline, 2);      /* this function's and the trampoline's */
  return 0;
}

int zy_frames_open(lua_State *L) {
  if (luaL_loadbufferx(L, "return function(f) f() end", 26, "=zyjit", "t") != LUA_OK) return 0;
  lua_call(L, 0, 1);
  return 1;
}

ZyStack zy_frames_finish(lua_State *L, ZyState *S, ZyCallInfo *outer, ZyStack top) {
  ZyThread *t = zy_thread(L);
  outer->next->callstatus |= ZY_CIST_FRESH;
  t->top = top;
  t->top[0] = S->trampoline;
  t->top[1].v.f = splice;
  t->top[1].tt = ZY_TAG_CFUNCTION;
  t->top += 2;
  t->nCcalls -= OF_LUA_CALL;
  S->hookmask = 0;
  if (t->hookmask != 0 && lua_checkstack(L, 3 * LUA_MINSTACK)) {     /* no error until 'splice' */
    S->hookmask = t->hookmask;
    t->hookmask = 0;
  }
  lua_call(L, 1, 0);
  t->nCcalls += OF_LUA_CALL;
  return outer->next->nresults < 0 ? t->top : outer->top;
}


/* ---- native callees --------------------------------------------------------------------- */

enum { FRAMES_AHEAD = 24, C_CALLS = 0xffff, SAFE_C_CALLS = 100, SLOTS_OF_CALL = 2 };

/* Calls itself as often as its argument says. */
static int nest(lua_State *L) {
  lua_Integer n = lua_tointeger(L, 1);
  if (n > 0) {
    lua_pushcfunction(L, nest);
    lua_pushinteger(L, n - 1);
    lua_call(L, 1, 0);
  }
  return 0;
}

/* Any call makes one. A recursion that gets deeper wants more of them soon, and each time its frames have to be complete:
** some are made ahead, where no limit is near and the stack need not grow. */
void zy_frames_make_next(lua_State *L, const ZyCallInfo *ci) {
  ZyThread *t = zy_thread(L);
  int n = FRAMES_AHEAD;
  uint8_t allowhook;
  if (ci->next != NULL) return;
  if ((t->nCcalls & C_CALLS) > SAFE_C_CALLS || t->stack_last - t->top <= (n + 1) * SLOTS_OF_CALL + LUA_MINSTACK) n = 0;
  allowhook = t->allowhook;
  t->allowhook = 0;
  lua_pushcfunction(L, nest);
  lua_pushinteger(L, n);
  t->nCcalls -= OF_LUA_CALL;
  lua_call(L, 1, 0);
  t->nCcalls += OF_LUA_CALL;
  t->allowhook = allowhook;
}

static ZyCallInfo *next_frame(lua_State *L, ZyCallInfo *ci) {
  if (ci->next == NULL) zy_frames_make_next(L, ci);
  return ci->next;
}

/* Moves 'n' results from 'from' to where the function was, which is where the caller wants them. */
static void move_results(ZyThread *t, ZyStack to, const ZyValue *from, int n, int wanted) {
  int count = wanted < 0 ? n : wanted;
  for (int i = 0; i < count; i++) {
    if (i < n) {
      to[i].v = from[i].v;
      to[i].tt = from[i].tt;
    }
    else to[i].tt = ZY_TAG_NIL;
  }
  t->top = to + count;
}

/* How far luaT_adjustvarargs moved the function of 'ci' up. */
static int moved_up(const ZyCallInfo *ci) {
  const ZyProto *p = zy_layout_proto(ci);
  return p->is_vararg ? ci->u.l.nextraargs + p->numparams + 1 : 0;
}

static void end_frame(ZyThread *t, ZyCallInfo *ci, int64_t result) {
  move_results(t, ci->func - moved_up(ci), ci->func + 1 + ZY_RETURN_REG(result), ZY_RETURN_COUNT(result), ci->nresults);
  t->ci = ci->previous;
}

/* As luaT_adjustvarargs: the frame 'ci', which has 'nargs' arguments, is moved behind the extra ones. */
static void adjust_varargs(ZyThread *t, ZyCallInfo *ci, const ZyProto *p, int nargs) {
  ZyStack from = ci->func, to = ci->func + nargs + 1;
  *to = *from;
  for (int i = 1; i <= p->numparams; i++) {
    to[i] = from[i];
    from[i].tt = ZY_TAG_NIL;
  }
  ci->u.l.nextraargs = nargs - p->numparams;
  ci->func = to;
  ci->top = to + 1 + p->maxstacksize;
  t->top = to + 1 + p->numparams;
}

/* Room for 'n' values above the stack top; 'ci->top' stays what it is. */
static int have_room(lua_State *L, ZyCallInfo *ci, int n) {
  ZyThread *t = zy_thread(L);
  ptrdiff_t top = ci->top - ci->func;
  int enough;
  if (t->stack_last - t->top > n) return 1;
  enough = lua_checkstack(L, n);
  ci->top = ci->func + top;
  return enough;
}

/* The frame 'ci', left at a tail call of a function with native code, becomes that function's, as luaD_pretailcall does it.
** Gives the code, or NULL when the interpreter has to do it. */
static ZyCode *tail_call(lua_State *L, ZyCallInfo *ci, const ZyContext *cx, const ZyExit *exit) {
  ZyThread *t = zy_thread(L);
  ZyInstruction i = exit->nframes == 0 ? zy_layout_proto(ci)->code[exit->pc] : 0;
  ZyStack func = ci->func + 1 + ZY_A(i);
  int delta = moved_up(ci);
  const ZyValue *top = exit->top != 0 ? ci->func + 1 + exit->top : t->top;
  int nargs = ZY_B(i) > 0 ? ZY_B(i) - 1 : (int)(top - func) - 1;
  const ZyProto *p;
  ZyFunction *fn;
  ZyCode *code;
  if (ZY_OP(i) != ZY_BC_TAILCALL || ZY_K(i) || func->tt != ZY_TAG_LUA_FN || t->hookmask != 0 || cx->folded)
    return NULL;
  p = ((ZyLuaClosure *)func->v.gc)->p;
  fn = zy_attach_function(p);
  if (fn == NULL || p->is_vararg) return NULL;
  code = atomic_load_explicit(&fn->stub[0].code, memory_order_acquire);    /* release: the worker that published it */
  if (code == NULL || !zy_frames_stack_left(cx)) return NULL;
  t->top = func + nargs + 1;
  if (!have_room(L, ci, p->maxstacksize + LUA_MINSTACK)) return NULL;
  func = ci->func + 1 + ZY_A(i);
  ci->func -= delta;
  for (int n = 0; n <= nargs; n++) {
    ci->func[n].v = func[n].v;
    ci->func[n].tt = func[n].tt;
  }
  for (; nargs < p->numparams; nargs++) ci->func[nargs + 1].tt = ZY_TAG_NIL;
  ci->top = ci->func + 1 + p->maxstacksize;
  ci->callstatus |= ZY_CIST_TAIL;
  ci->u.l.savedpc = p->code;
  t->top = ci->top;
  return code;
}

/* Goes on with the frame 'callee', which is L->ci: natively, and as far as need be in the interpreter. 'code' has left it
** with 'result'. */
static void finish_callee(lua_State *L, ZyCallInfo *callee, ZyContext *cx, ZyCode *code, int64_t result) {
  ZyState *S = zy_state_of(cx);
  ZyCallInfo *caller = callee->previous;
  ZyStack top;
  while (result >= 0 && code->exit[result].reason == ZY_EXIT_TAIL) {
    ZyCode *next = tail_call(L, callee, cx, &code->exit[result]);
    if (next == NULL) break;
    S->exits[ZY_EXIT_TAIL]++;
    code = next;
    result = code->fn(L, callee, cx, code);
    if (result >= 0 && code->direct != NULL) code = cx->left;
  }
  if (result < 0) {
    end_frame(zy_thread(L), callee, result);
    return;
  }
  top = zy_enter_exit(L, S, callee, code, result);
  zy_frames_finish(L, S, caller, top);
}

/* 1 when the Lua function at 'func' was called natively. */
static int call_native(lua_State *L, ZyCallInfo *ci, ZyContext *cx, ZyStack func, int nresults, int status) {
  ZyThread *t = zy_thread(L);
  const ZyProto *p = ((ZyLuaClosure *)func->v.gc)->p;
  ZyFunction *fn = zy_attach_function(p);
  ZyCallInfo *callee;
  ZyCode *code;
  int64_t result;
  int nargs;
  if (fn == NULL || t->hookmask != 0 || cx->folded) return 0;
  code = atomic_load_explicit(&fn->stub[0].code, memory_order_acquire);    /* release: the worker that published it */
  if (code == NULL || !zy_frames_stack_left(cx)) return 0;
  if (t->stack_last - t->top <= p->maxstacksize + p->numparams + 1 + LUA_MINSTACK) return 0;
  callee = next_frame(L, ci);
  for (nargs = (int)(t->top - func) - 1; nargs < p->numparams; nargs++) (t->top++)->tt = ZY_TAG_NIL;
  callee->func = func;
  callee->top = func + 1 + p->maxstacksize;
  callee->callstatus = (unsigned short)(status | ZY_CIST_NATIVE);
  callee->nresults = (short)nresults;
  callee->u.l.savedpc = p->code;
  callee->u.l.trap = 0;
  if (p->is_vararg) adjust_varargs(t, callee, p, nargs);
  t->ci = callee;
  result = code->fn(L, callee, cx, code);
  finish_callee(L, callee, cx, result >= 0 && code->direct != NULL ? cx->left : code, result);
  return 1;
}

/* 1 when the C function at 'func' did not have to be called. */
static int call_library(lua_State *L, ZyCallInfo *ci, const ZyContext *cx, ZyStack func, int nresults) {
  ZyThread *t = zy_thread(L);
  ptrdiff_t at = func - t->stack, top = ci->top - ci->func;
  const ZyValue *from;
  int n;
  if (t->stack_last - t->top <= LUA_MINSTACK) return 0;
  ci->top = t->top + LUA_MINSTACK;           /* what API functions may push */
  n = zy_library_call(L, cx, func, &from);
  ci->top = ci->func + top;
  if (n < 0) return 0;
  move_results(t, t->stack + at, from, n, nresults);
  if (nresults >= 0) t->top = ci->top;
  return 1;
}

int zy_frames_call_event(lua_State *L, ZyCallInfo *ci, ZyContext *cx, const ZyValue *f, const ZyValue *a, const ZyValue *b) {
  ZyThread *t = zy_thread(L);
  ZyStack func = ci->top;
  int done;
  if (f->tt != ZY_TAG_LUA_FN || (t->nCcalls & C_CALLS) > SAFE_C_CALLS) return 0;
  func[0] = *f;
  func[1] = *a;
  func[2] = *b;
  t->top = func + 3;
  t->nCcalls++;                        /* as luaT_callTMres: a script sees the same limit */
  done = call_native(L, ci, cx, func, 1, ZY_CIST_FRESH);
  t->nCcalls--;
  return done;
}

/* As luaD_tryfuncTM: what is called has a __call, which gets it as its first argument. 0: it has none. */
static int insert_event(ZyThread *t, ZyStack func) {
  const ZyValue *f = zy_helper_event(t->G, func, ZY_TM_CALL);
  if (f == NULL) return 0;
  for (ZyStack p = t->top++; p > func; p--) {
    p->v = p[-1].v;
    p->tt = p[-1].tt;
  }
  func->v = f->v;
  func->tt = f->tt;
  return 1;
}

int64_t zy_helper_call(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t reg, int64_t nargs, int64_t nresults) {
  ZyThread *t = zy_thread(L);
  ZyStack func = ci->func + 1 + reg;
  int tag = func->tt;
  if (nargs >= 0) t->top = func + 1 + nargs;
  if (cx->stress_gc && t->top - t->stack < LUAI_MAXSTACK / 100) {
    ptrdiff_t at = func - t->stack;
    lua_gc(L, LUA_GCCOLLECT);
    func = t->stack + at;
  }
  if (tag != ZY_TAG_LUA_FN && tag != ZY_TAG_CFUNCTION && tag != ZY_TAG_C_FN) {
    if (!insert_event(t, func)) return 1;
    tag = func->tt;
  }
  if (tag == ZY_TAG_CFUNCTION && call_library(L, ci, cx, func, (int)nresults)) return 0;
  if (tag != ZY_TAG_LUA_FN || !call_native(L, ci, cx, func, (int)nresults, 0)) {
    ptrdiff_t top = ci->top - ci->func;
    if (!zy_frames_stack_left(cx)) return 1;
    if (zy_frames_deep(L)) zy_state_suspend(zy_state_of(cx));
    t->nCcalls -= OF_LUA_CALL;
    lua_call(L, (int)(t->top - func) - 1, (int)nresults);
    t->nCcalls += OF_LUA_CALL;
    ci->top = ci->func + top;                /* open results made it higher */
  }
  if (nresults >= 0) t->top = ci->top;
  return 0;
}

int64_t zy_helper_call_finish(lua_State *L, ZyCallInfo *ci, ZyContext *cx, ZyCode *code, int64_t result, int64_t reg,
                              int64_t nresults) {
  ZyThread *t = zy_thread(L);
  (void)reg;
  finish_callee(L, t->ci, cx, code, result);
  t->ci = ci;
  if (nresults >= 0) t->top = ci->top;
  return 0;
}


/* ---- direct calls (lir/lower_direct.c) -------------------------------------------------- */

int64_t zy_helper_frames(lua_State *L, ZyCallInfo *ci) {
  ZyThread *t = zy_thread(L);
  for (ZyCallInfo *c = ci; c != t->ci; c = c->previous) {
    c->top = c->func + 1 + zy_layout_proto(c)->maxstacksize;
    c->u.l.trap = t->hookmask != 0;
  }
  t->ci = ci;
  return 0;
}

int64_t zy_helper_settle(lua_State *L, ZyCallInfo *ci, ZyContext *cx, const ZyCallInfo *next, int64_t result, int64_t reg,
                         int64_t nresults) {
  ZyThread *t = zy_thread(L);
  ZyStack func = ci->func + 1 + reg;
  int framed = t->ci == next;
  if (framed) t->ci = ci;
  if (ZY_DIRECT_TAG(result) == ZY_DIRECT_IN_FRAME)
    move_results(t, func, func + 1 + ZY_RETURN_REG(result), ZY_DIRECT_COUNT(result), (int)nresults);
  else {
    ZyValue value;
    zy_value_set(&value, cx->value, ZY_DIRECT_TAG(result));
    move_results(t, func, &value, ZY_DIRECT_COUNT(result), (int)nresults);
  }
  if (nresults >= 0 && framed) t->top = ci->top;
  return framed && ci->u.l.trap ? zy_helper_polled(L, ci) : 0;
}
