/*
** frames.h - calls out of native code, and frames that native code made.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FRAMES_H
#define ZY_FRAMES_H

#include <lauxlib.h>
#include "lir/native.h"

struct ZyState;

/* Pushes the Lua function that frames are finished with. 0 when there is no memory. */
int zy_frames_open(lua_State *L);

/* Whether the C stack has room for another native frame. */
int zy_frames_stack_left(const ZyContext *cx);

/* Whether the Lua stack is nearly as large as it may become. A stub's CALL needs more of it than the function does: it
** would overflow the stack in the function, and not in its caller. */
static inline int zy_frames_deep(const lua_State *L) {
  const ZyThread *t = (const ZyThread *)(const void *)L;
  return t->top - t->stack > LUAI_MAXSTACK - LUAI_MAXSTACK / 100;
}

/* Makes ci->next exist. Raises when there is no memory. */
void zy_frames_make_next(lua_State *L, const ZyCallInfo *ci);

/* Calls the metamethod 'f' with two operands natively, its result is on the top then. 0 when that is not possible: nothing
** has happened. May raise, and yield: then the interpreter finishes the instruction at ci's savedpc. */
int zy_frames_call_event(lua_State *L, ZyCallInfo *ci, ZyContext *cx, const ZyValue *f, const ZyValue *a, const ZyValue *b);

/* The frames above 'outer' up to L->ci, which native code made, are finished by the interpreter from their savedpc; 'top'
** is the stack top of the innermost. Afterwards L->ci is 'outer', with the results of what it called in place. Returns
** outer's stack top: behind the results when their number is open. May raise, and yield. */
ZyStack zy_frames_finish(lua_State *L, struct ZyState *S, ZyCallInfo *outer, ZyStack top);

#endif
