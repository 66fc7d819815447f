/*
** discover.c - the collector's lists -> Protos to attach.
** SPDX-License-Identifier: MIT
**
** Every Lua function and every coroutine but the main one is in the list of all objects, newest first. A marker, an object that
** is kept in the registry, tells how far the list was looked through: what is in front of it is new. That is done when a
** collection has ended, which the finalizer of a sentinel tells; the sentinel is then made anew.
**
** A Proto that a frame executes cannot be attached: the interpreter keeps addresses in its arrays. Its loops get stubs
** elsewhere (live.h) until it is executed no more. One that is being loaded is left as it is.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/discover.h"

#include <stdlib.h>
#include <string.h>

#include "profile/attach.h"
#include "profile/live.h"
#include "vm/collector.h"
#include "runtime/helper.h"

static const char marker_key, sentinel_key;

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

static int add_tree(Found *live, ZyProto *p) {
  if (p == NULL) return 1;
  if (!add(live, p)) return 0;
  for (int i = 0; i < p->sizep; i++)
    if (!add_tree(live, p->p[i])) return 0;
  return 1;
}

/* What Lua frames execute, and functions that C functions have on their stack: load has the one that it is still putting
** together. */
static int add_frames(Found *live, const ZyThread *t) {
  const ZyValue *end = t->top;
  for (const ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous) {
    if (is_lua(ci)) {
      const ZyProto *p = zy_layout_proto(ci);
      if (!add(live, (ZyProto *)p)) return 0;
      end = ci->func;                        /* extra arguments are below, and the function a second time */
      if (p->is_vararg && ci->u.l.savedpc != p->code) end -= ci->u.l.nextraargs + p->numparams + 1;
      continue;
    }
    for (const ZyValue *v = ci->func + 1; v < end; v++)
      if (v->tt == ZY_TAG_LUA_FN && !add_tree(live, ((const ZyLuaClosure *)v->v.gc)->p)) return 0;
    end = ci->func;
  }
  return 1;
}

/* The Protos that frames execute; 0 when there is no memory. */
static int find_live(const ZyState *S, Found *live) {
  if (!add_frames(live, zy_thread(S->L))) return 0;
  for (const ZyObject *o = S->G->allgc; o != NULL; o = o->next)
    if (o->tt == LUA_TTHREAD && !add_frames(live, (const ZyThread *)o)) return 0;
  return 1;
}

static int executes(const ZyThread *t, const ZyProto *p) {
  for (const ZyCallInfo *ci = t->ci; ci != NULL; ci = ci->previous)
    if (is_lua(ci) && zy_layout_proto(ci) == p) return 1;
  return 0;
}

/* Whether a Lua frame executes 'p'. */
static int is_executed(const ZyState *S, const ZyProto *p) {
  if (executes(zy_thread(S->L), p)) return 1;
  for (const ZyObject *o = S->G->allgc; o != NULL; o = o->next)
    if (o->tt == LUA_TTHREAD && executes((const ZyThread *)o, p)) return 1;
  return 0;
}

static int by_address(const void *a, const void *b) {
  uintptr_t x = (uintptr_t)*(ZyProto *const *)a, y = (uintptr_t)*(ZyProto *const *)b;
  return x < y ? -1 : x > y;
}

int zy_discover_live(const ZyState *S, const ZyProto *p) {
  Found live = { 0 };
  int found = 1;                             /* unknown: better not touched */
  if (find_live(S, &live)) {
    found = 0;
    for (size_t i = 0; i < live.n && !found; i++) found = live.v[i] == p;
  }
  free(live.v);
  return found;
}

/* Whether loading it was finished: only then its upvalues are there. */
static int is_complete(const ZyLuaClosure *cl) {
  for (int i = 0; i < cl->nupvalues; i++)
    if (cl->upvals[i] == NULL) return 0;
  return cl->p != NULL;
}

/* 'p' and what is nested in it, as far as it is not attached. */
static int add_unattached(Found *found, ZyProto *p) {
  if (zy_attach_function(p) == NULL && !add(found, p)) return 0;
  for (int i = 0; i < p->sizep; i++)
    if (!add_unattached(found, p->p[i])) return 0;
  return 1;
}

/* Attaches the Protos of functions in front of 'marker' in the list of objects. They are found through functions and
** not by themselves: what a load that failed has left of a Proto is in the list, too, until it is collected. */
static void attach_until(lua_State *L, ZyState *S, const ZyObject *marker) {
  const ZyProto *own = ((ZyLuaClosure *)S->trampoline.v.gc)->p;
  Found found = { 0 }, live = { 0 };
  ZyPause pause = zy_collector_pause(L);
  int complete = 1;
  for (ZyObject *o = S->G->allgc; o != NULL && o != marker && complete; o = o->next)
    if (o->tt == LUA_TFUNCTION && is_complete((ZyLuaClosure *)o) && zy_attach_function(((ZyLuaClosure *)o)->p) == NULL)
      complete = add_unattached(&found, ((ZyLuaClosure *)o)->p);
  if (found.n > 0 && find_live(S, &live)) {
    if (live.n > 0) qsort(live.v, live.n, sizeof *live.v, by_address);
    for (size_t i = 0; i < found.n; i++)
      if (found.v[i] != own && (live.n == 0 || bsearch(&found.v[i], live.v, live.n, sizeof *live.v, by_address) == NULL))
        zy_attach_proto(L, S, found.v[i]);
      else if (is_executed(S, found.v[i])) zy_live_begin(L, S, found.v[i]);
  }
  free(found.v);
  free(live.v);
  zy_collector_resume(L, pause);
}

static int make_marker(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &marker_key);
  return 0;
}

static const ZyObject *marker_of(lua_State *L) {
  const ZyObject *o = NULL;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &marker_key) == LUA_TUSERDATA) o = zy_thread(L)->top[-1].v.gc;
  lua_pop(L, 1);
  return o;
}

void zy_discover_new(lua_State *L, ZyState *S) {
  const ZyObject *marker;
  if (!lua_checkstack(L, LUA_MINSTACK)) return;
  marker = marker_of(L);
  if (marker == NULL) return;
  attach_until(L, S, marker);
  lua_pushcfunction(L, make_marker);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);            /* the old one serves on */
}


/* ---- at the end of each collection ------------------------------------------------ */

static int make_sentinel(lua_State *L);

static int collected(lua_State *L) {
  ZyState *S = zy_state_get(L);
  if (S == NULL || S->closed || S->off_reason != NULL) return 0;
  if (S->suspended && zy_thread(L)->hookmask == 0 && zy_thread(S->L)->hookmask == 0) zy_state_resume(S);
  zy_live_update(L, S);
  zy_discover_new(L, S);
  lua_pushcfunction(L, make_sentinel);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);
  return 0;
}

static int make_sentinel(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sentinel_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, collected);
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sentinel_key);
  }
  lua_setmetatable(L, -2);
  return 0;
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
  lua_pushcfunction(L, make_sentinel);
  lua_call(L, 0, 0);
  attach_until(L, S, NULL);
  lua_pushcfunction(L, make_marker);
  lua_call(L, 0, 0);
  if (!in_script(L) && lua_gethook(L) == NULL) lua_sethook(L, started, LUA_MASKCALL, 0);
}
