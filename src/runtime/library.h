/*
** library.h - functions of the standard library that native code need not call.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_LIBRARY_H
#define ZY_LIBRARY_H

#include <lua.h>
#include "lir/native.h"

/* Does what the light C function at 'func' does with the arguments up to the stack top. Returns the number of results, with
** the first one at '*from', or -1: nothing has happened, it must be called. The stack may have moved. May collect
** garbage, and raise for lack of memory. */
int zy_library_call(lua_State *L, const ZyContext *cx, ZyStack func, const ZyValue **from);

#endif
