/*
** pool.h - small blocks of memory for a Lua state.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_POOL_H
#define ZY_POOL_H

#include <lua.h>

/* Puts a faster allocator in the place of luaL_newstate's. A host's own allocator is left alone, and so is the usual one
** where there is no address space for it. For the rest of the state's life: it goes with the last block of the state. */
void zy_pool_open(lua_State *L);

#endif
