/*
** discover.c - the collector's lists -> Protos to attach.
** SPDX-License-Identifier: MIT
**
** Every Lua function and every coroutine but the main one is in the list of all objects, newest first. A marker, an object that
** is kept in the registry, tells how far the list was looked through: what is in front of it is new. That is done when a
** collection has ended, which the finalizer of a sentinel tells; the sentinel is then made anew.
**
** Finalizers fail where the stack has no room for them: when it has just overflowed. So a weak reference tells whether
** there is a sentinel, and the next chunk that is loaded brings a new one.
**
** A Proto that a frame executes cannot be attached: the interpreter keeps addresses in its arrays. Its loops get stubs
** elsewhere (live.h) until it is executed no more. Such functions are in a weak list, and are looked at again the next
** time. While a function is being loaded the marker stays where it is. All objects are only looked through when there is
** something to attach: collections are frequent.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/discover.h"

#include <stdlib.h>
#include <string.h>

#include "profile/attach.h"
#include "profile/fold.h"
#include "profile/live.h"
#include "vm/collector.h"
#include "runtime/frames.h"
#include "runtime/helper.h"

static const char marker_key, running_key, sentinel_key;

typedef struct Found {
  ZyProto **v;
  size_t n, size;
} Found;

static int add(Found *found, ZyProto *p) {
  if (found->n == found->size) {
    size_t size = found->size == 0 ? 64 : found->size * 2;
    ZyProto **v = realloc(found->v, size * sizeof *v);
    if (v == NULL) return 0;
    found->v = v;
    found->size = size;
  }
  found->v[found->n++] = p;
  return 1;
}

static int is_lua(const ZyCallInfo *ci) { return !(ci->callstatus & ZY_CIST_C) && ci->func->tt == ZY_TAG_LUA_FN; }

/* What Lua frames execute. */
static int add_frames(Found *live, const ZyThread *t) {
  for (const ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous)
    if (is_lua(ci) && !add(live, zy_layout_proto(ci))) return 0;
  return 1;
}

/* Found unreachable, and to be freed by the sweep that is going on; what it refers to may be freed already. */
static int is_dead(const ZyGlobal *G, const ZyObject *o) {
  return (o->marked & ZY_WHITE_BITS & ~G->currentwhite) != 0;
}

static int is_thread(const ZyGlobal *G, const ZyObject *o) { return o->tt == LUA_TTHREAD && !is_dead(G, o); }

/* The Protos that frames execute; 0 when there is no memory. */
static int find_live(const ZyState *S, Found *live) {
  if (!add_frames(live, zy_thread(S->L))) return 0;
  for (const ZyObject *o = S->G->allgc; o != NULL; o = o->next)
    if (is_thread(S->G, o) && !add_frames(live, (const ZyThread *)o)) return 0;
  return 1;
}

static int by_address(const void *a, const void *b) {
  uintptr_t x = (uintptr_t)*(ZyProto *const *)a, y = (uintptr_t)*(ZyProto *const *)b;
  return x < y ? -1 : x > y;
}

static int executes(const ZyThread *t, const ZyProto *p) {
  for (const ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous)
    if (is_lua(ci) && zy_layout_proto(ci) == p) return 1;
  return 0;
}

int zy_discover_live(const ZyState *S, const ZyProto *p) {
  Found live = { 0 };
  int found = 1;                             /* unknown: better not touched */
  if (!executes(zy_thread(S->L), p) && find_live(S, &live)) {
    found = 0;
    for (size_t i = 0; i < live.n && !found; i++) found = live.v[i] == p;
  }
  free(live.v);
  return found;
}

static int is_live(const Found *live, const ZyProto *p) {
  return live->n > 0 && bsearch(&p, live->v, live->n, sizeof *live->v, by_address) != NULL;
}

static void sort(Found *live) {
  if (live->n > 0) qsort(live->v, live->n, sizeof *live->v, by_address);
}

static void set_traps(const ZyThread *t) {
  for (ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous)
    if (is_lua(ci)) ci->u.l.trap = 1;
}

void zy_discover_fold(ZyState *S) {
  Found live = { 0 };
  zy_attach_bury(S);
  if (find_live(S, &live)) {
    sort(&live);
    set_traps(zy_thread(S->L));
    for (const ZyObject *o = S->G->allgc; o != NULL; o = o->next)
      if (is_thread(S->G, o)) set_traps((const ZyThread *)o);
    for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next)
      if (!fn->armed && !(fn->flags & ZY_FUNCTION_LIVE) && !is_live(&live, fn->proto)) zy_fold(fn);
  }
  free(live.v);
}

int zy_discover_unfold(ZyState *S) {
  Found live = { 0 };
  int all = find_live(S, &live);
  if (all) {
    zy_attach_bury(S);
    sort(&live);
    for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next)
      if (fn->folded && (is_live(&live, fn->proto) || !zy_unfold(fn))) all = 0;
  }
  free(live.v);
  return all;
}

/* Whether loading it was finished: only then its upvalues are there. Where there are none, the object made after it
** tells: what lua_load made of a binary chunk, perhaps of a broken one, is followed by its Proto, which all other
** functions were made after. */
static int is_complete(const ZyLuaClosure *cl, const ZyObject *newer) {
  for (int i = 0; i < cl->nupvalues; i++)
    if (cl->upvals[i] == NULL) return 0;
  return cl->p != NULL && (cl->nupvalues > 0 || newer != (const ZyObject *)cl->p);
}

/* 'p' and what is nested in it, as far as it is not attached. */
static int add_unattached(Found *found, ZyProto *p) {
  if (zy_attach_function(p) == NULL && !add(found, p)) return 0;
  for (int i = 0; i < p->sizep; i++)
    if (!add_unattached(found, p->p[i])) return 0;
  return 1;
}

/* Those of 'running' that may have ended. What runs in the main thread, or is live, has not. */
static int add_ended(const ZyState *S, Found *found, const ZyTable *running) {
  for (unsigned int i = 0; running != NULL && i < running->alimit; i++) {
    ZyProto *p;
    if (running->array[i].tt != ZY_TAG_LUA_FN) continue;
    p = ((ZyLuaClosure *)running->array[i].v.gc)->p;
    if (zy_live_function(S, p) == NULL && !executes(zy_thread(S->L), p) && !add_unattached(found, p)) return 0;
  }
  return 1;
}

/* Attaches the Protos of functions in front of 'marker' in the list of objects, and of those in 'running'. They are found
** through functions and not by themselves: what a load that failed has left of a Proto is in the list, too, until it is
** collected. Whether there was no function that is being loaded; *any: whether there was something to attach. */
static int attach_until(lua_State *L, ZyState *S, const ZyObject *marker, const ZyTable *running, int *any) {
  const ZyProto *own = ((ZyLuaClosure *)S->trampoline.v.gc)->p;
  const ZyObject *newer = NULL;
  Found found = { 0 }, live = { 0 };
  ZyPause pause = zy_collector_pause(L);
  int memory = 1, loading = 0;
  for (const ZyObject *o = S->G->allgc; o != NULL && o != marker && memory; newer = o, o = o->next) {
    const ZyLuaClosure *cl = (const ZyLuaClosure *)o;
    if (o->tt != LUA_TFUNCTION || is_dead(S->G, o)) continue;
    if (!is_complete(cl, newer)) loading |= cl->nupvalues > 0;
    else if (zy_attach_function(cl->p) == NULL && cl->p != own && zy_live_function(S, cl->p) == NULL)
      memory = add_unattached(&found, cl->p);
  }
  if (memory) add_ended(S, &found, running);
  *any = found.n > 0;
  if (found.n > 0 && find_live(S, &live)) {
    sort(&live);
    for (size_t i = 0; i < found.n; i++)
      if (found.v[i] == own) continue;
      else if (is_live(&live, found.v[i])) zy_live_begin(L, S, found.v[i]);
      else zy_attach_proto(L, S, found.v[i]);
  }
  free(found.v);
  free(live.v);
  zy_collector_resume(L, pause);
  return !loading;
}

/* Adds what the frames of 't' execute, as far as it is not attached, to the list on the top of the stack. */
static void mark_running(lua_State *L, const ZyThread *t, lua_Integer *n) {
  const ZyProto *previous = NULL;            /* of a recursive function one is enough */
  for (const ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous) {
    if (!is_lua(ci) || zy_layout_proto(ci) == previous || zy_attach_function(zy_layout_proto(ci)) != NULL) continue;
    previous = zy_layout_proto(ci);
    lua_pushnil(L);
    zy_thread(L)->top[-1] = *ci->func;
    lua_rawseti(L, -2, ++*n);
  }
}

static int make_marker(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &marker_key);
  return 0;
}

static int make_running(lua_State *L) {
  const ZyState *S = zy_state_get(L);
  lua_Integer n = 0;
  lua_newtable(L);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_pushvalue(L, -1);
  lua_setmetatable(L, -2);
  mark_running(L, zy_thread(S->L), &n);
  for (const ZyObject *o = S->G->allgc; o != NULL; o = o->next)
    if (is_thread(S->G, o)) mark_running(L, (const ZyThread *)o, &n);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &running_key);
  return 0;
}

/* Without memory what is there serves on; when there is no marker, nothing new is found. */
static void keep(lua_State *L, lua_CFunction make) {
  ZyPause pause = zy_collector_pause(L);
  lua_pushcfunction(L, make);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);
  zy_collector_resume(L, pause);
}

/* NULL when there is none, or it is of another type. */
static const void *kept(lua_State *L, const void *key, int type) {
  const ZyObject *o = NULL;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == type) o = zy_thread(L)->top[-1].v.gc;
  lua_pop(L, 1);
  return o;
}

static void look(lua_State *L, ZyState *S, const ZyObject *marker) {
  int any, all = attach_until(L, S, marker, kept(L, &running_key, LUA_TTABLE), &any);
  if (any) keep(L, make_running);
  if (all || marker == NULL) keep(L, make_marker);
}

static int has_sentinel(const ZyState *S) { return (S->sentinels->array[0].tt & ZY_KIND_TYPE_BITS) != 0; }

static int make_sentinel(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &sentinel_key);
  lua_newuserdatauv(L, 0, 0);
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -2);
  lua_rawseti(L, -2, 1);
  return 0;
}

void zy_discover_watch(lua_State *L, ZyState *S) {
  if (has_sentinel(S) || zy_attach_is_closing(S)) return;
  lua_pushcfunction(L, make_sentinel);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);
}

void zy_discover_new(lua_State *L, ZyState *S) {
  const ZyObject *marker;
  if (!lua_checkstack(L, LUA_MINSTACK)) return;
  zy_live_update(L, S);
  marker = kept(L, &marker_key, LUA_TUSERDATA);
  if (marker != NULL) look(L, S, marker);
  zy_discover_watch(L, S);
}


/* ---- at the end of each collection ------------------------------------------------ */

/* The finalizer. */
static int collected(lua_State *L) {
  ZyState *S = zy_state_get(L);
  if (S == NULL || S->closed || S->off_reason != NULL) return 0;
  if (S->suspended && zy_thread(L)->hookmask == 0 && zy_thread(S->L)->hookmask == 0 && !zy_frames_deep(L))
    zy_state_resume(S);
  zy_discover_new(L, S);
  return 0;
}

/* The metatable, which is its own, has the sentinel as a weak value. */
static void begin_watch(lua_State *L, ZyState *S) {
  lua_createtable(L, 1, 2);
  S->sentinels = (ZyTable *)lua_topointer(L, -1);
  lua_pushcfunction(L, collected);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_pushvalue(L, -1);
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &sentinel_key);
  lua_pushcfunction(L, make_sentinel);
  lua_call(L, 0, 0);
}

/* ---- lua -lzyjit script.lua ----------------------------------------------------------- */

/* How many Lua frames there are; *outer is the outermost. */
static int lua_frames(lua_State *L, const ZyCallInfo **outer) {
  int n = 0;
  for (const ZyCallInfo *ci = zy_thread(L)->ci; ci != NULL; ci = ci->previous)
    if (is_lua(ci)) {
      n++;
      *outer = ci;
    }
  return n;
}

/* The host loads the script after zyjit and calls it: the functions in it are found as it starts. */
static void started(lua_State *L, lua_Debug *ar) {
  const ZyCallInfo *outer = NULL;
  ZyState *S;
  (void)ar;
  if (!is_lua(zy_thread(L)->ci) || lua_frames(L, &outer) != 1) return;
  lua_sethook(L, NULL, 0, 0);
  S = zy_state_get(L);
  if (S->closed || S->off_reason != NULL) return;
  zy_state_resume(S);
  zy_discover_new(L, S);
}

/* Whether a script runs already: a Lua frame other than that of zyjit.lua itself and of LUA_INIT. */
static int in_script(lua_State *L) {
  const ZyCallInfo *outer = NULL;
  return lua_frames(L, &outer) > 1 && strncmp(zy_layout_proto(outer)->source->contents, "=LUA_INIT", 9) != 0;
}

void zy_discover_open(lua_State *L, ZyState *S) {
  begin_watch(L, S);
  look(L, S, NULL);
  if (!in_script(L) && lua_gethook(L) == NULL) lua_sethook(L, started, LUA_MASKCALL, 0);
}
