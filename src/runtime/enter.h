/*
** enter.h - from the interpreter into native code and back.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_ENTER_H
#define ZY_ENTER_H

#include <lua.h>
#include "lir/native.h"

struct ZyState;

/* Native code of the frame 'ci' (L->ci) left with exit number 'result': counts it, rebuilds the frames of inlined
** functions, and sets savedpc of all to where the interpreter goes on. L->ci is then the innermost frame. Returns the
** stack top that its next instruction needs. */
ZyStack zy_enter_exit(lua_State *L, struct ZyState *S, ZyCallInfo *ci, ZyCode *code, int64_t result);

/* A hook is set: it is not to see the next instruction of 'frame' nor the next so many returns. */
void zy_enter_unseen(lua_State *L, struct ZyState *S, ZyCallInfo *frame, int returns);

#endif
