/*
** wrap.h - library functions that zyjit stands in front of.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_WRAP_H
#define ZY_WRAP_H

#include <lua.h>
#include "runtime/state.h"

/* Puts the wrappers in place of the originals, where those are still there. May raise for want of memory. */
void zy_wrap_open(lua_State *L, ZyState *S);

#endif
