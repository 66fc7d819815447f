/*
** collector.h - what the garbage collector must be told.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_COLLECTOR_H
#define ZY_COLLECTOR_H

#include <lua.h>
#include "vm/layout.h"

/* The table 'o' was made to refer to something: when the collector has been there already, it will come again.
** 'gclist': o's own link. As luaC_barrierback of lgc.c, both collector modes. */
void zy_collector_barrier(ZyGlobal *G, ZyObject *o, ZyObject **gclist);

/* The Proto was made to refer to the new userdata 'u'. In generational mode an old Proto is not visited as often as it
** takes a new object to become old, so that is marked and made old instead, as luaC_barrier of lgc.c does it. */
void zy_collector_barrier_proto(ZyGlobal *G, ZyProto *p, ZyUserdata *u);

/* Memory that belongs to an object of the collector. 'to' 0 frees. NULL when there is none, or none is asked for. */
void *zy_collector_realloc(lua_State *L, void *block, size_t from, size_t to);

/* A new object of this kind (a tag without ZY_TAG_COLLECTABLE), of which the rest is for the caller to fill in. NULL when
** there is no memory. No collection runs: it is for the caller to see to, where GCdebt has become more than 0. */
void *zy_collector_new(ZyGlobal *G, int kind, size_t size);

/* Between the two no collection runs, not even one for want of memory, and so no finalizer does. */
typedef struct ZyPause { int running; unsigned char emergency; } ZyPause;
ZyPause zy_collector_pause(lua_State *L);
void zy_collector_resume(lua_State *L, ZyPause pause);

#endif
