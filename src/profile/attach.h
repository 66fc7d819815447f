/*
** attach.h - giving a Lua function prototype its stubs.
** SPDX-License-Identifier: MIT
**
** An attached Proto has a prologue JMP at 'head', a tail of stubs behind its code, and two more constants: the
** entry (zy_enter) and a full userdata that holds a reference to its ZyFunction. All original instructions stay in
** the array. While a function is armed, the prologue and the back edges lead to the stubs; while it is not, the
** originals are there and the interpreter runs as if zyjit were not loaded.
**
** Only on the thread that runs the Lua state, with one exception.
*/
#ifndef ZY_ATTACH_H
#define ZY_ATTACH_H

#include <lua.h>
#include "base/status.h"
#include "profile/function.h"

/* Attaches 'p', which no frame of any coroutine is executing. Does nothing when it is attached already. Returns
** OK; MEMORY, with 'p' as it was; TOO_LARGE when it has no room for a tail. Raises nothing. */
ZyStatus zy_attach_proto(lua_State *L, struct ZyState *S, ZyProto *p);

/* The same for 'p' and all functions defined in it. Returns how many could not be attached. */
int zy_attach_tree(lua_State *L, struct ZyState *S, ZyProto *p);

/* The record of an attached Proto; NULL when it has none (any more). */
ZyFunction *zy_attach_function(const ZyProto *p);

/* Whether it has stubs, with a record or not. */
int zy_attach_is_attached(const ZyProto *p);

/* Leads the prologue and the back edges to the stubs, or puts the originals back. */
void zy_attach_arm(ZyFunction *fn);
void zy_attach_disarm(ZyFunction *fn);
/* The same for one stub. Arming is one store, which a worker may do for a stub that is asleep (compile.h). */
void zy_attach_arm_stub(ZyFunction *fn, int stub);
void zy_attach_disarm_stub(ZyFunction *fn, int stub);

/* Where the interpreter goes on when the stub with this slot does nothing. Needs no record. */
int zy_attach_default_pc(const ZyProto *p, int slot);

/* The original instruction at 'pc' (attached numbering, below fn->size). */
ZyInstruction zy_attach_original(const ZyFunction *fn, int pc);

/* Keeps 'callee' (a Proto) alive as long as fn's own Proto, or its holder when it is live: for identity guards. With
** fn's own Proto it is there until the record was told of its end. 0 when there is no memory. */
int zy_attach_keep(lua_State *L, ZyFunction *fn, ZyProto *callee);

/* Swaps the original arrays into 'p' and its nested functions, as if they had never been attached, until the
** second call swaps them back: for string.dump. 'undo' is opaque. NULL when there is no memory. */
void *zy_attach_hide(const struct ZyState *S, ZyProto *p);
void zy_attach_unhide(void *undo);

/* Pushes a userdata whose end releases the record. Raises when there is no memory. */
void zy_attach_new_holder(lua_State *L, ZyFunction *fn);
/* Its end will release nothing. */
void zy_attach_let_go(ZyValue holder);

/* Makes the metatable that releases records; called once for a state. */
void zy_attach_open(lua_State *L, struct ZyState *S);

/* Whether lua_close has begun: what is made now has no finalizer. */
int zy_attach_is_closing(const struct ZyState *S);

/* Forgets functions whose Proto is dead, and perhaps freed already, while the finalizer that should say so has not run.
** Looks at all objects with finalizers. To be called before the Protos of all functions are looked at. */
void zy_attach_bury(struct ZyState *S);

#endif
