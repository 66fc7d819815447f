/*
** discover.h - finding the functions of a state.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_DISCOVER_H
#define ZY_DISCOVER_H

#include <lua.h>
#include "runtime/state.h"

/* Attaches every Proto that no frame executes, and begins to look for new ones at each end of a collection. May raise
** for want of memory. */
void zy_discover_open(lua_State *L, ZyState *S);

/* Attaches Protos made since it was last called: chunks that a C host loaded. Raises nothing. */
void zy_discover_new(lua_State *L, ZyState *S);

/* Makes the object whose finalizer tells of the next end of a collection, when there is none. Raises nothing. */
void zy_discover_watch(lua_State *L, ZyState *S);

/* Whether some frame of some coroutine executes 'p'. */
int zy_discover_live(const ZyState *S, const ZyProto *p);

/* Folds all functions that no frame executes (profile/fold.h); native code that is running ends at its frame's trap. */
void zy_discover_fold(ZyState *S);
/* Whether all functions that were folded are no longer. */
int zy_discover_unfold(ZyState *S);

#endif
