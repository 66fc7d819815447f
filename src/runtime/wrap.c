/*
** wrap.c - load, require, string.dump, debug.sethook and others, with zyjit told.
** SPDX-License-Identifier: MIT
**
** A wrapper is a C function that calls the original in its own frame, as a C function calls another: arguments, upvalues,
** results, error messages ("bad argument #1 to 'load'") and tracebacks are those of the original.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/wrap.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "profile/attach.h"
#include "runtime/discover.h"
#include "runtime/helper.h"
#include "vm/collector.h"

static int original(lua_State *L, int which) { return zy_state_get(L)->original[which](L); }

static int is_lua_function(lua_State *L, int index) { return lua_isfunction(L, index) && !lua_iscfunction(L, index); }

/* The function at 'index' was just loaded: it and all in it get their stubs before it runs. */
static void loaded(lua_State *L, int index) {
  ZyState *S = zy_state_get(L);
  if (S->off_reason != NULL || S->closed || !is_lua_function(L, index)) return;
  zy_discover_watch(L, S);
  zy_attach_tree(L, S, ((ZyLuaClosure *)lua_topointer(L, index))->p);
}

static int wrap_load(lua_State *L) {
  int n = original(L, ZY_WRAPPED_LOAD);
  if (n == 1) loaded(L, -1);
  return n;
}

static int wrap_loadfile(lua_State *L) {
  int n = original(L, ZY_WRAPPED_LOADFILE);
  if (n == 1) loaded(L, -1);
  return n;
}

static int wrap_searcher(lua_State *L) {
  int n = original(L, ZY_WRAPPED_SEARCHER);
  if (n == 2) loaded(L, -2);
  return n;
}

static int after_dofile(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return lua_gettop(L) - 1;
}

/* The original loads and runs in one go, so this one does its work. */
static int wrap_dofile(lua_State *L) {
  const char *name = luaL_optstring(L, 1, NULL);
  lua_settop(L, 1);
  if (luaL_loadfile(L, name) != LUA_OK) return lua_error(L);
  loaded(L, -1);
  lua_callk(L, 0, LUA_MULTRET, 0, after_dofile);
  return after_dofile(L, LUA_OK, 0);
}


/* ---- string.dump ------------------------------------------------------------------ */

typedef struct Dump {
  char *bytes;
  size_t n, size;
} Dump;

static int collect(lua_State *L, const void *piece, size_t n, void *data) {
  Dump *dump = data;
  (void)L;
  if (dump->size - dump->n < n) {
    size_t size = (dump->n + n) * 2;
    char *bytes = realloc(dump->bytes, size);
    if (bytes == NULL) return 1;
    dump->bytes = bytes;
    dump->size = size;
  }
  memcpy(dump->bytes + dump->n, piece, n);
  dump->n += n;
  return 0;
}

static int push_dump(lua_State *L) {
  const Dump *dump = lua_touserdata(L, 1);
  lua_pushlstring(L, dump->bytes, dump->n);
  return 1;
}

/* Gives the bytecode as it was before it got its stubs. */
static int wrap_dump(lua_State *L) {
  Dump dump = { 0 };
  ZyPause pause;
  void *undo;
  int status;
  uint8_t allowhook = zy_thread(L)->allowhook;
  if (!is_lua_function(L, 1)) return original(L, ZY_WRAPPED_DUMP);
  lua_settop(L, 2);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  lua_pushvalue(L, 1);
  undo = zy_attach_hide(zy_state_get(L), ((ZyLuaClosure *)lua_topointer(L, 1))->p);
  if (undo == NULL) return luaL_error(L, "not enough memory");
  pause = zy_collector_pause(L);             /* what is hidden is not marked */
  status = lua_dump(L, collect, &dump, lua_toboolean(L, 2));
  zy_attach_unhide(undo);
  zy_collector_resume(L, pause);
  if (status == 0) {
    lua_pushcfunction(L, push_dump);
    lua_pushlightuserdata(L, &dump);
    zy_thread(L)->allowhook = 0;
    status = lua_pcall(L, 1, 1, 0);
    zy_thread(L)->allowhook = allowhook;
  }
  else lua_pushliteral(L, "not enough memory");
  free(dump.bytes);
  if (status != 0) return lua_error(L);
  return 1;
}


/* ---- debug -------------------------------------------------------------------------- */

static int wrap_sethook(lua_State *L) {
  ZyState *S = zy_state_get(L);
  lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  int n;
  zy_state_suspend(S);
  n = original(L, ZY_WRAPPED_SETHOOK);
  if (zy_thread(of)->hookmask & LUA_MASKCOUNT) zy_state_fold(S);
  if (zy_thread(of)->hookmask == 0 && zy_thread(L)->hookmask == 0) zy_state_resume(S);
  return n;
}

/* Native frames look at their registers' memory again when they see the trap. */
static int wrap_setlocal(lua_State *L) {
  ZyState *S = zy_state_get(L);
  lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  int n = original(L, ZY_WRAPPED_SETLOCAL);
  S->locals_changed = 1;
  for (ZyCallInfo *ci = zy_thread(of)->ci; ci != NULL; ci = ci->previous)
    if (!(ci->callstatus & ZY_CIST_C)) ci->u.l.trap = 1;
  return n;
}


/* ---- putting them in place ------------------------------------------------------------ */

static const struct {
  int which;
  const char *library, *name;
  lua_CFunction wrapper;
} wrappers[] = {
  { ZY_WRAPPED_LOAD, "_G", "load", wrap_load },
  { ZY_WRAPPED_LOADFILE, "_G", "loadfile", wrap_loadfile },
  { ZY_WRAPPED_DOFILE, "_G", "dofile", wrap_dofile },
  { ZY_WRAPPED_DUMP, "string", "dump", wrap_dump },
  { ZY_WRAPPED_SETHOOK, "debug", "sethook", wrap_sethook },
  { ZY_WRAPPED_SETLOCAL, "debug", "setlocal", wrap_setlocal },
};

/* The second of package.searchers looks for Lua files; it has the table 'package' as its upvalue. */
static void wrap_searchers(lua_State *L, ZyState *S) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE && lua_getfield(L, -1, LUA_LOADLIBNAME) == LUA_TTABLE
      && lua_getfield(L, -1, "searchers") == LUA_TTABLE && lua_rawgeti(L, -1, 2) == LUA_TFUNCTION) {
    S->original[ZY_WRAPPED_SEARCHER] = lua_tocfunction(L, -1);
    if (S->original[ZY_WRAPPED_SEARCHER] != NULL && lua_getupvalue(L, -1, 1) != NULL) {
      lua_pushcclosure(L, wrap_searcher, 1);
      lua_rawseti(L, -3, 2);
    }
  }
}

void zy_wrap_open(lua_State *L, ZyState *S) {
  int top = lua_gettop(L);
  for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
    if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE
        && lua_getfield(L, -1, wrappers[i].library) == LUA_TTABLE) {
      lua_pushstring(L, wrappers[i].name);
      lua_rawget(L, -2);
      S->original[wrappers[i].which] = lua_tocfunction(L, -1);
      if (S->original[wrappers[i].which] != NULL) {
        lua_pushstring(L, wrappers[i].name);
        lua_pushcfunction(L, wrappers[i].wrapper);
        lua_rawset(L, -4);
      }
    }
    lua_settop(L, top);
  }
  wrap_searchers(L, S);
  lua_settop(L, top);
}
