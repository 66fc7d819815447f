/*
** live.h - stubs for the loops of a function prototype that frames are executing.
** SPDX-License-Identifier: MIT
**
** Such a Proto cannot be attached: the interpreter keeps addresses in its code and constants. It is live until no frame
** executes it any more; then it is attached like others.
**
** Only on the thread that runs the Lua state.
*/
#ifndef ZY_LIVE_H
#define ZY_LIVE_H

#include <lua.h>
#include "base/status.h"
#include "profile/function.h"

struct ZyState;

/* Leads the loops of 'p', which some Lua frame executes, to stubs, and keeps 'p' alive. Does nothing when that was done
** already. Returns OK; UNSUPPORTED when it has no such loops, or the state is being closed; TOO_LARGE when there is no place within reach of its code;
** MEMORY. Then nothing has happened. Raises nothing. */
ZyStatus zy_live_begin(lua_State *L, struct ZyState *S, ZyProto *p);

/* The record of 'p' while it is live; else NULL. */
ZyFunction *zy_live_function(const struct ZyState *S, const ZyProto *p);

/* The function of the stub whose slot is at 'slot', outside all code. */
ZyFunction *zy_live_of_slot(const ZyInstruction *slot);

/* The userdata that keeps the Proto of a live function alive, and what that is to keep alive. */
ZyValue zy_live_holder(const ZyFunction *fn);

/* Puts everything of fn's Proto back and frees the stubs: no frame executes it any more. Part of zy_state_forget. */
void zy_live_release(ZyFunction *fn);

/* Attaches the Protos that were live and are not executed any more. Raises nothing. */
void zy_live_update(lua_State *L, struct ZyState *S);

#endif
