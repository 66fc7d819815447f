/*
** observe.h - running a function on the HIR interpreter, to see which types it works on.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_OBSERVE_H
#define ZY_OBSERVE_H

#include <lua.h>
#include "runtime/state.h"

/* Code that interprets 'fn' from stub 'stub' and records feedback, for at most 'ticks' loop iterations. It is entered
** like native code. NULL when there is no memory or the function cannot be translated ('*status' says). To be released
** with zy_code_discard. */
ZyCode *zy_observe_new(lua_State *L, ZyState *S, ZyFunction *fn, int stub, const ZyCallInfo *frame, uint32_t ticks,
                       ZyStatus *status);

/* Whether 'code' is of zy_observe_new. */
int zy_observe_is(const ZyCode *code);

#endif
