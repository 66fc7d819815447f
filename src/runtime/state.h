/*
** state.h - what zyjit keeps for one Lua state (all its coroutines).
** SPDX-License-Identifier: MIT
**
** Lives in a full userdata in the registry; its __gc is zyjit's part of lua_close. Used only by the
** thread that runs the state.
*/
#ifndef ZY_STATE_H
#define ZY_STATE_H

#include <lua.h>
#include "lir/native.h"
#include "runtime/compile.h"
#include "runtime/config.h"

/* Library functions that zyjit stands in front of, see wrap.c. */
enum { ZY_WRAPPED_LOAD, ZY_WRAPPED_LOADFILE, ZY_WRAPPED_DOFILE, ZY_WRAPPED_SEARCHER, ZY_WRAPPED_DUMP,
       ZY_WRAPPED_SETHOOK, ZY_WRAPPED_SETLOCAL, ZY_WRAPPED_COUNT };

typedef struct ZyState {
  ZyContext cx;
  lua_State *L;                        /* main thread of the state */
  ZyGlobal *G;
  ZyOwner *owner;                      /* shared with the workers */
  ZyFunction *functions;               /* all known, newest first; linked by next/link */
  struct ZyLive *live;                 /* live.c: those that are live */
  ZyConfig config;
  const char *off_reason;              /* why nothing is ever compiled (layout, ZYJIT=off, shutdown), or NULL */
  uint8_t enabled;                     /* zyjit.on() / off() */
  uint8_t suspended;                   /* a foreign hook is set or the stack is deep: originals are in every Proto */
  uint8_t closed;                      /* the state is being closed: stubs do nothing */
  uint8_t stress_places;               /* there are no places for stubs of live functions */
  uint8_t locals_changed;              /* debug.setlocal was called under native code that is still active */
  uint32_t tick;                       /* executions since one was counted (sample_rate) */
  unsigned long thread;                /* pthread_self() that cx.stack_limit is for */
  ZyObject *self;                      /* the userdata that this is in */
  ZyTable *holders;                    /* attach.c: metatable of what refers to records; anchored in the registry */
  ZyTable *sentinels;                  /* discover.c: metatable of what tells of collections; anchored there, too */
  ZyValue trampoline;                  /* see frames.c; anchored in the registry */
  lua_CFunction original[ZY_WRAPPED_COUNT];   /* wrap.c */
  void (*hook)(lua_State *L, void *ar);      /* what enter.c hides returns from, */
  int unseen;                          /* that many */
  int hookmask;                        /* frames.c: the hook's, while it is not to see what runs */
  char *outermost;                     /* native stack address of the outermost entry that is still active */
  ZyCode *retired;                     /* code to be released when no native frame is active */
  uint64_t exits[ZY_EXIT_COUNT];       /* exits taken, by reason */
  uint64_t entries;                    /* from the interpreter into native code */
  uint64_t native_ns;                  /* time in them, see enter.c; what they call included */
} ZyState;

/* The state's record, or NULL when zyjit is not loaded in it (any thread of the state). */
ZyState *zy_state_get(lua_State *L);

/* Makes it, checks the layout, reads ZYJIT and ZYJIT_STRESS. Never fails for a reason of its own: what is wrong is
** in off_reason. Raises only when there is no memory. Called once. */
ZyState *zy_state_open(lua_State *L);

/* A new record goes into the state's list, armed unless the state is off or suspended. */
void zy_state_adopt(ZyState *S, ZyFunction *fn);
/* The record's Proto is gone: takes it out of the list, its code out of use, and drops the Proto's reference. */
void zy_state_forget(ZyFunction *fn);

static inline ZyState *zy_state_of(ZyContext *cx) { return (ZyState *)(void *)((char *)cx - offsetof(ZyState, cx)); }

/* A foreign hook is set, or the Lua stack is about to overflow: the originals come back into every Proto, until
** zy_state_resume. That does nothing while a frame executes a function that was folded; the next end of a collection
** tries again. */
void zy_state_suspend(ZyState *S);
/* The same for a hook that counts instructions. */
void zy_state_fold(ZyState *S);
void zy_state_resume(ZyState *S);

/* Takes the code of stub 'i' out of use; it is released when no native frame is active. */
void zy_state_retire(ZyState *S, ZyFunction *fn, int i);
/* The same, but it may be brought back: used again, in the place of what there is, until there is better code. */
void zy_state_set_aside(ZyState *S, ZyFunction *fn, int i);
void zy_state_bring_back(ZyState *S, ZyFunction *fn, int i);
/* Releases what was retired. No native frame is active. */
void zy_state_reclaim(ZyState *S);

/* One line on stderr when verbosity is at least 'level': the function's name (fn may be NULL), then the text. */
void zy_state_say(const ZyState *S, int level, const ZyFunction *fn, const char *format, ...)
  __attribute__((format(printf, 4, 5)));

/* The record of 'p', attached or live; NULL when it has none. */
ZyFunction *zy_state_function(const ZyState *S, const ZyProto *p);

/* zyjit.on/off/flush/shutdown for everything (fn NULL) or one function; see docs/api.md. */
void zy_state_on(ZyState *S);
void zy_state_off(ZyState *S);
void zy_state_shutdown(ZyState *S);
void zy_function_on(ZyState *S, ZyFunction *fn);
void zy_function_off(ZyState *S, ZyFunction *fn);
void zy_function_flush(ZyState *S, ZyFunction *fn);
/* Down to 'tier' (-1: the interpreter) and kept there. */
void zy_function_pin(ZyState *S, ZyFunction *fn, int tier);

/* Compiles now and waits: OK, or why not (with the reason in 'why'). */
ZyStatus zy_function_optimize(lua_State *L, ZyState *S, ZyFunction *fn, int tier, char *why, size_t size);

/* Tier of the code the next call enters: -1 the interpreter, 0 to 2. */
int zy_function_tier(const ZyFunction *fn);

/* The record of the Lua function at 'index', attached now if need be; NULL and the reason when it has none
** ("a C function", "running when zyjit was loaded", ...). */
ZyFunction *zy_function_of(lua_State *L, ZyState *S, int index, const char **why);

/* zy_enter: the light C function behind every stub (enter.c). */
int zy_enter(lua_State *L);

#endif
