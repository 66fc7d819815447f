/*
** zyjit.c - what Lua calls -> the runtime.
** SPDX-License-Identifier: MIT
**
** The module zyjit.core. It checks arguments; only here does zyjit raise errors. lua/zyjit.lua hands most of these
** functions to users as they are (docs/api.md); get, set, cores and filetest are for zyjit's own Lua files.
*/
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "backend/backend.h"
#include "hir/filetest.h"
#include "hir/fuzz.h"
#include "profile/attach.h"
#include "profile/freeze.h"
#include "runtime/explain.h"
#include "runtime/state.h"
#include "runtime/stats.h"

enum { REASON_SIZE = 512, FILETEST_MEMORY = 1 << 28 };

/* ---- Helpers ---- */

static ZyState *state_of(lua_State *L) {
  ZyState *S = zy_state_get(L);
  if (S == NULL || S->closed) luaL_error(L, "zyjit is closed");
  if (S->G != NULL) zy_attach_bury(S);
  return S;
}

/* Whether the back end was built, and did not turn out to be unusable. */
static int is_usable(int backend, const char *file) {
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/%s", zy_backend_folder(), file);
  return length < (int)sizeof path && access(path, R_OK) == 0 && zy_compile_backend_reason(backend) == NULL;
}

/* Why no back end is usable, or NULL. */
static const char *why_no_backend(void) {
  if (is_usable(ZY_BACKEND_GCCJIT, "gccjit") || is_usable(ZY_BACKEND_LLVM, "llvm.so")) return NULL;
  const char *why = zy_compile_backend_reason(ZY_BACKEND_LLVM);
  if (why == NULL) why = zy_compile_backend_reason(ZY_BACKEND_GCCJIT);
  return why != NULL ? why : "neither the back end for libgccjit nor that for LLVM was built";
}

/* Why scripts are interpreted, or NULL. */
static const char *why_off(const ZyState *S) {
  if (S->off_reason != NULL) return S->off_reason;
  if (!S->enabled) return "zyjit.off() was called";
  if (S->suspended) return "a debug hook is set, or the stack was about to overflow";
  return why_no_backend();
}

/* Why the records of functions must not be touched: their layout may be unknown. */
static const char *why_blind(const ZyState *S) { return S->off_reason; }

static void check_function(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TFUNCTION);
  luaL_argcheck(L, !lua_iscfunction(L, index), index, "Lua function expected, got C function");
}

/* The record of the function at 'index', an argument; NULL and the reason when it has none. */
static ZyFunction *check_record(lua_State *L, ZyState *S, int index, const char **why) {
  check_function(L, index);
  *why = why_blind(S);
  if (*why != NULL) return NULL;
  return zy_function_of(L, S, index, why);
}

static int opt_tier(lua_State *L, int index, int otherwise) {
  if (lua_isnoneornil(L, index)) return otherwise;
  lua_Integer tier = luaL_checkinteger(L, index);
  if (tier < 0 || tier > 2) {
    const char *got = lua_pushfstring(L, "tier 0, 1 or 2 expected, got %I", (LUAI_UACINT)tier);
    luaL_argerror(L, index, got);
  }
  return (int)tier;
}

static int nil_and(lua_State *L, const char *why) {
  luaL_pushfail(L);
  lua_pushstring(L, why);
  return 2;
}

static int copy_text(lua_State *L) {
  lua_pushstring(L, lua_touserdata(L, 1));
  return 1;
}

/* Pushes a copy of 'text', or an error's message; returns the status. Raises nothing: 'text' can be freed. */
static int push_copy(lua_State *L, char *text) {
  lua_pushcfunction(L, copy_text);
  lua_pushlightuserdata(L, text);
  return lua_pcall(L, 1, 1, 0);
}

/* ---- Switching on and off ---- */

typedef void Switch(ZyState *S, ZyFunction *fn);

/* Applies 'change' to all functions that are defined in 'p'. */
static void change_nested(ZyState *S, const ZyProto *p, Switch *change) {
  for (int i = 0; i < p->sizep; i++) {
    ZyFunction *fn = zy_state_function(S, p->p[i]);
    if (fn != NULL) change(S, fn);
    change_nested(S, p->p[i], change);
  }
}

/* on, off, flush: everything without argument, else one function and with 'deep' those in it. */
static int change_one(lua_State *L, ZyState *S, Switch *change) {
  const char *why;
  int deep = lua_toboolean(L, 2);
  ZyFunction *fn = check_record(L, S, 1, &why);
  if (fn != NULL) change(S, fn);
  if (deep && why_blind(S) == NULL) {
    const ZyLuaClosure *closure = lua_topointer(L, 1);
    change_nested(S, closure->p, change);
  }
  return 0;
}

static int core_on(lua_State *L) {
  ZyState *S = state_of(L);
  if (!lua_isnone(L, 1)) return change_one(L, S, zy_function_on);
  zy_state_on(S);
  return 0;
}

static int core_off(lua_State *L) {
  ZyState *S = state_of(L);
  if (!lua_isnone(L, 1)) return change_one(L, S, zy_function_off);
  zy_state_off(S);
  return 0;
}

static int core_flush(lua_State *L) {
  ZyState *S = state_of(L);
  if (!lua_isnone(L, 1)) {
    lua_settop(L, 1);                  /* it has no 'deep' */
    return change_one(L, S, zy_function_flush);
  }
  if (why_blind(S) != NULL) return 0;
  for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) zy_function_flush(S, fn);
  return 0;
}

static int core_status(lua_State *L) {
  const char *why = why_off(state_of(L));
  lua_pushboolean(L, why == NULL);
  if (why == NULL) return 1;
  lua_pushstring(L, why);
  return 2;
}

static int core_shutdown(lua_State *L) {
  zy_state_shutdown(state_of(L));
  return 0;
}

/* ---- Tiers ---- */

static int core_tier(lua_State *L) {
  ZyState *S = state_of(L);
  const char *why;
  ZyFunction *fn = check_record(L, S, 1, &why);
  int native = fn != NULL && S->enabled && !S->suspended;
  lua_pushstring(L, zy_stats_tier(native ? zy_function_tier(fn) : -1));
  return 1;
}

static int core_optimize(lua_State *L) {
  ZyState *S = state_of(L);
  int tier = opt_tier(L, 2, 2);
  const char *why;
  ZyFunction *fn = check_record(L, S, 1, &why);
  if (fn == NULL) return nil_and(L, why);
  if ((why = why_off(S)) != NULL) return nil_and(L, why);
  if (fn->flags & ZY_FUNCTION_OFF) return nil_and(L, "kept out by zyjit.off");
  if (fn->flags & ZY_FUNCTION_PINNED && tier > fn->max_tier) return nil_and(L, "kept below that tier by zyjit.deoptimize");
  char reason[REASON_SIZE] = "";
  ZyStatus status = zy_function_optimize(L, S, fn, tier, reason, sizeof reason);
  if (status != ZY_STATUS_OK) return nil_and(L, reason[0] != '\0' ? reason : zy_status_text(status));
  lua_pushboolean(L, 1);
  return 1;
}

static int core_deoptimize(lua_State *L) {
  ZyState *S = state_of(L);
  int tier = opt_tier(L, 2, -1);
  const char *why;
  ZyFunction *fn = check_record(L, S, 1, &why);
  if (fn != NULL) zy_function_pin(S, fn, tier);
  return 0;
}

/* In slices, so that an interrupt (which sets a hook in the main thread) ends it. */
static int core_wait(lua_State *L) {
  static const double slice = 0.1;
  ZyState *S = state_of(L);
  lua_Number left = luaL_optnumber(L, 1, HUGE_VAL);
  if (!(left >= 0)) luaL_argerror(L, 1, lua_pushfstring(L, "non-negative number expected, got %f", left));
  lua_Hook hook = lua_gethook(S->L);
  int done = S->owner == NULL || zy_compile_wait(S->owner, left < slice ? left : slice);
  while (!done && left > slice && lua_gethook(S->L) == hook) {
    left -= slice;
    done = zy_compile_wait(S->owner, left < slice ? left : slice);
  }
  lua_pushboolean(L, done);
  return 1;
}

/* ---- Looking inside ---- */

static int core_stats(lua_State *L) {
  zy_stats_push(L, state_of(L));
  return 1;
}

static int core_functions(lua_State *L) {
  zy_stats_push_functions(L, state_of(L));
  return 1;
}

typedef size_t Describe(const ZyFunction *fn, const char *off, char *out, size_t size);

/* Pushes what 'describe' writes. The record stays: the function is on the stack. */
static void push_description(lua_State *L, const ZyFunction *fn, const char *off, Describe *describe) {
  size_t size = describe(fn, off, NULL, 0) + 1;
  char *text = lua_newuserdatauv(L, size, 0);
  describe(fn, off, text, size);
  lua_pushstring(L, text);
  lua_remove(L, -2);
}

static size_t describe_bytecode(const ZyFunction *fn, const char *off, char *out, size_t size) {
  (void)off;
  return zy_explain_bytecode(fn, out, size);
}

static int core_explain(lua_State *L) {
  ZyState *S = state_of(L);
  const char *why;
  ZyFunction *fn = check_record(L, S, 1, &why);
  if (fn != NULL) push_description(L, fn, why_off(S), zy_explain_function);
  else {
    lua_Debug ar;
    lua_pushvalue(L, 1);
    lua_getinfo(L, ">S", &ar);
    lua_pushfstring(L, "%s:%d: interpreter\n  %s\n", ar.short_src, ar.linedefined, why);
  }
  return 1;
}

/* The tier whose code is shown: the one it has, else the best there may be. */
static int shown_tier(const ZyState *S, const ZyFunction *fn) {
  int tier = zy_function_tier(fn);
  if (tier >= 0) return tier;
  for (tier = 2; tier > 0 && !(S->config.tiers >> tier & 1); tier--) {}
  return tier;
}

static int core_dump(lua_State *L) {
  static const char *const what[] = { "bytecode", "hir", "lir", "gimple", "llvm", "asm", NULL };
  ZyState *S = state_of(L);
  check_function(L, 1);
  int kind = luaL_checkoption(L, 2, NULL, what);
  const char *why;
  ZyFunction *fn = check_record(L, S, 1, &why);
  if (fn == NULL) return nil_and(L, why);
  if (kind == 0) {
    push_description(L, fn, NULL, describe_bytecode);
    return 1;
  }
  char reason[REASON_SIZE] = "";
  ZyUnit *unit = zy_freeze_unit(L, S, fn, 0, shown_tier(S, fn), NULL);
  if (unit == NULL) return nil_and(L, zy_status_text(ZY_STATUS_MEMORY));
  char *text = zy_compile_dump(unit, &S->config, what[kind], reason, sizeof reason);
  zy_unit_free(unit);
  if (text == NULL) return nil_and(L, reason[0] != '\0' ? reason : zy_status_text(ZY_STATUS_UNSUPPORTED));
  int status = push_copy(L, text);
  free(text);
  return status == LUA_OK ? 1 : lua_error(L);
}

/* ---- For zyjit's Lua files ---- */

typedef struct Setting {
  const char *name;
  size_t offset;
  int least, most;
} Setting;

static const Setting *check_setting(lua_State *L, int index) {
  static const Setting settings[] = {
#define ZY_CONFIG(field, type, value, least, most, kind) { #field, offsetof(ZyConfig, field), least, most },
#include "runtime/config.def"
#undef ZY_CONFIG
  };
  const char *name = luaL_checkstring(L, index);
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
    if (strcmp(settings[i].name, name) == 0) return &settings[i];
  luaL_argerror(L, index, lua_pushfstring(L, "no setting is called '%s'", name));
  return NULL;
}

static int *setting_value(ZyState *S, const Setting *setting) { return (int *)((char *)&S->config + setting->offset); }

static int core_get(lua_State *L) {
  ZyState *S = state_of(L);
  lua_pushinteger(L, *setting_value(S, check_setting(L, 1)));
  return 1;
}

static int core_set(lua_State *L) {
  ZyState *S = state_of(L);
  const Setting *setting = check_setting(L, 1);
  lua_Integer value = luaL_checkinteger(L, 2);
  luaL_argcheck(L, value >= setting->least && value <= setting->most, 2, "out of range");
  *setting_value(S, setting) = (int)value;
  return 0;
}

/* Processors that this process may use. */
static int cores(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long n = sysconf(_SC_NPROCESSORS_ONLN);                /* more than a cpu_set_t holds */
  return n > 0 ? (int)n : 1;
}

static int core_cores(lua_State *L) {
  lua_pushinteger(L, cores());
  return 1;
}

/* filetest(text): true, or nil and what is wrong. filetest(text, true): the text with new expectations. */
static int core_filetest(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  int bless = lua_toboolean(L, 2);
  ZyArena arena;
  char message[8192] = "";
  zy_arena_init(&arena, FILETEST_MEMORY);
  char *blessed = bless ? zy_filetest_bless(text, &arena, message, sizeof message) : NULL;
  int good = bless ? blessed != NULL : zy_filetest_run(text, &arena, message, sizeof message) == 0;
  int status = blessed != NULL ? push_copy(L, blessed) : LUA_OK;
  zy_arena_free(&arena);
  if (status != LUA_OK) return lua_error(L);
  if (!good) return nil_and(L, message);
  if (!bless) lua_pushboolean(L, 1);
  return 1;
}

/* hirfuzz(seed, n, native): true, or nil and what is wrong. */
static int core_hirfuzz(lua_State *L) {
  static char message[1 << 17];
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 1);
  int n = (int)luaL_checkinteger(L, 2);
  if (zy_fuzz_run(seed, n, lua_toboolean(L, 3), NULL, message, sizeof message)) return nil_and(L, message);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg functions[] = {
  { "cores", core_cores },
  { "deoptimize", core_deoptimize },
  { "dump", core_dump },
  { "explain", core_explain },
  { "filetest", core_filetest },
  { "flush", core_flush },
  { "functions", core_functions },
  { "get", core_get },
  { "hirfuzz", core_hirfuzz },
  { "off", core_off },
  { "on", core_on },
  { "optimize", core_optimize },
  { "set", core_set },
  { "shutdown", core_shutdown },
  { "stats", core_stats },
  { "status", core_status },
  { "tier", core_tier },
  { "wait", core_wait },
  { NULL, NULL },
};

__attribute__((visibility("default"))) int luaopen_zyjit_core(lua_State *L) {
  ZyState *S = zy_state_get(L);
  if (S == NULL) S = zy_state_open(L);
  if (S->config.max_parallel_optimizations == 0) {
    int workers = cores() - 1;
    S->config.max_parallel_optimizations = workers < 1 ? 1 : workers > 64 ? 64 : workers;
  }
  luaL_newlib(L, functions);
  return 1;
}
