/*
** policy.h - counts -> what is compiled when, and what is given up.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_POLICY_H
#define ZY_POLICY_H

#include <lua.h>
#include "runtime/state.h"

/* Stub 'stub' of 'fn' is executed and has no code: counts, asks for what the count calls for. Returns code to enter
** now, or NULL. 'frame' is the Lua frame at the stub. */
ZyCode *zy_policy_cold(lua_State *L, ZyState *S, ZyFunction *fn, int stub, const ZyCallInfo *frame);

/* An exit of 'code' was taken: gives up what fails too often. */
void zy_policy_exit(ZyState *S, ZyCode *code, ZyExit *exit);

/* Counts an entry of 'code', whose end 'stub->cut_off' is told of. 1: entering is not worth it, the stub is taken out. */
int zy_policy_declines(ZyState *S, ZyFunction *fn, int stub, const ZyCode *code, const ZyCallInfo *frame);

/* Puts the count at which zy_policy_cold acts again; after settings changed. */
void zy_policy_reset(ZyState *S, ZyFunction *fn);

#endif
