/*
** freeze.h - attached Proto + feedback -> unit.
** SPDX-License-Identifier: MIT
**
** Only on the thread that runs the Lua state; the unit then belongs to whoever compiles it.
*/
#ifndef ZY_FREEZE_H
#define ZY_FREEZE_H

#include <lua.h>
#include "profile/unit.h"

struct ZyState;

/* A snapshot of 'fn' for entering at stub number 'stub' with code of 'tier'. 'frame' is the frame that is about to
** enter, whose registers' types are noted for a loop's entry, or NULL. Callees that calls in it were seen to have are
** frozen with it (to be called directly, or inlined while they are small), and kept alive. NULL when there is no memory. */
ZyUnit *zy_freeze_unit(lua_State *L, struct ZyState *S, ZyFunction *fn, int stub, int tier, const ZyCallInfo *frame);

/* Calls 'visit' with each function that calls in 'fn' were seen to have, and that is small enough to be inlined. */
void zy_freeze_candidates(struct ZyState *S, const ZyFunction *fn, void (*visit)(ZyFunction *, void *), void *arg);

#endif
