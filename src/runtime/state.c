/*
** state.c - a Lua state's part of zyjit: made by luaopen, ended by lua_close.
** SPDX-License-Identifier: MIT
**
** The record is a userdata in the registry. Its finalizer is among the last that lua_close runs; functions with stubs may
** run after it, so from then on stubs only lead back (closed), and the record's memory is there as long as they are.
*/
#include "runtime/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/attach.h"
#include "profile/fold.h"
#include "profile/freeze.h"
#include "profile/live.h"
#include "runtime/discover.h"
#include "runtime/frames.h"
#include "runtime/helper.h"
#include "runtime/observe.h"
#include "runtime/policy.h"
#include "runtime/stats.h"
#include "runtime/wrap.h"

static const char state_key, trampoline_key;

ZyState *zy_state_get(lua_State *L) {
  ZyState *S;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
  S = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return S;
}

void zy_state_say(const ZyState *S, int level, const ZyFunction *fn, const char *format, ...) {
  char line[512], name[256];
  va_list args;
  if (S->config.verbosity < level) return;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (fn != NULL && fn->proto != NULL) fprintf(stderr, "zyjit: %s: %s\n", zy_stats_name(fn->proto, name, sizeof name), line);
  else fprintf(stderr, "zyjit: %s\n", line);
}


/* ---- records of functions ----------------------------------------------------------- */

static int may_run(const ZyState *S, const ZyFunction *fn) {
  return S->enabled && !S->suspended && S->off_reason == NULL && !S->closed && !(fn->flags & ZY_FUNCTION_OFF)
      && fn->max_tier >= 0;
}

static void arm_if_allowed(ZyState *S, ZyFunction *fn) {
  if (fn->folded) return;
  if (may_run(S, fn)) zy_attach_arm(fn);
  else zy_attach_disarm(fn);
}

void zy_state_adopt(ZyState *S, ZyFunction *fn) {
  fn->state = S;
  fn->next = S->functions;
  fn->link = &S->functions;
  if (fn->next != NULL) fn->next->link = &fn->next;
  S->functions = fn;
  zy_policy_reset(S, fn);
  arm_if_allowed(S, fn);
  if (S->cx.folded) zy_fold(fn);
}

ZyFunction *zy_state_function(const ZyState *S, const ZyProto *p) {
  ZyFunction *fn = zy_attach_function(p);
  return fn != NULL ? fn : zy_live_function(S, p);
}

void zy_state_forget(ZyFunction *fn) {
  ZyState *S = fn->state;
  zy_stub_wake(fn);
  if (fn->live != NULL) zy_live_release(fn);
  fn->proto = NULL;
  if (S != NULL) {
    for (int i = 0; i < fn->nstubs; i++) zy_state_retire(S, fn, i);
    if (S->owner != NULL) zy_compile_cancel(fn);
    *fn->link = fn->next;
    if (fn->next != NULL) fn->next->link = fn->link;
    fn->state = NULL;
  }
  zy_function_release(fn);
}

static void retire(ZyState *S, ZyCode *code) {
  if (code == NULL) return;
  code->next = S->retired;
  S->retired = code;
}

void zy_state_retire(ZyState *S, ZyFunction *fn, int i) {
  retire(S, zy_code_replace(fn, i, NULL));
  retire(S, fn->stub[i].aside);
  fn->stub[i].aside = NULL;
}

void zy_state_set_aside(ZyState *S, ZyFunction *fn, int i) {
  ZyCode *code = zy_code_replace(fn, i, NULL);
  retire(S, fn->stub[i].aside);
  fn->stub[i].aside = code;
  if (code != NULL) code->doomed = 1;
}

void zy_state_bring_back(ZyState *S, ZyFunction *fn, int i) {
  retire(S, zy_code_replace(fn, i, fn->stub[i].aside));
  fn->stub[i].aside = NULL;
}

void zy_state_reclaim(ZyState *S) {
  ZyCode *code = S->retired, *more = S->owner != NULL ? zy_owner_take_retired(S->owner) : NULL;
  S->retired = NULL;
  zy_code_discard(code);
  zy_code_discard(more);
}

void zy_function_flush(ZyState *S, ZyFunction *fn) {
  zy_compile_cancel(fn);
  for (int i = 0; i < fn->nstubs; i++) {
    ZyStub *stub = &fn->stub[i];
    zy_state_retire(S, fn, i);
    atomic_store_explicit(&stub->count, 0, memory_order_relaxed);
    stub->level = -1;
    stub->observed = ZY_OBSERVED_NOT;
    stub->waits = 0;
    stub->entries = 0;
  }
  atomic_store_explicit(&fn->status, ZY_STATUS_OK, memory_order_relaxed);
  fn->flags &= (uint8_t)~ZY_FUNCTION_HOT;
  zy_policy_reset(S, fn);
  arm_if_allowed(S, fn);
  if (S->outermost == NULL) zy_state_reclaim(S);
}

void zy_function_on(ZyState *S, ZyFunction *fn) {
  fn->flags &= (uint8_t)~(ZY_FUNCTION_OFF | ZY_FUNCTION_PINNED);
  fn->max_tier = 2;
  zy_policy_reset(S, fn);
  arm_if_allowed(S, fn);
}

void zy_function_off(ZyState *S, ZyFunction *fn) {
  fn->flags |= ZY_FUNCTION_OFF;
  zy_function_flush(S, fn);
}

void zy_function_pin(ZyState *S, ZyFunction *fn, int tier) {
  fn->flags |= ZY_FUNCTION_PINNED;
  fn->max_tier = (int8_t)tier;
  for (int i = 0; i < fn->nstubs; i++) {
    ZyCode *code = atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed);
    if (code != NULL && code->tier <= tier && !zy_observe_is(code)) continue;
    zy_state_retire(S, fn, i);
    fn->stub[i].level = -1;
  }
  zy_compile_cancel(fn);
  zy_policy_reset(S, fn);
  arm_if_allowed(S, fn);
  if (S->outermost == NULL) zy_state_reclaim(S);
}

int zy_function_tier(const ZyFunction *fn) {
  const ZyCode *code = atomic_load_explicit(&fn->stub[0].code, memory_order_relaxed);
  return code == NULL || zy_observe_is(code) ? -1 : code->tier;
}

ZyStatus zy_function_optimize(lua_State *L, ZyState *S, ZyFunction *fn, int tier, char *why, size_t size) {
  ZyUnit *unit = zy_function_warm(fn) ? zy_freeze_unit(L, S, fn, 0, tier, NULL) : NULL;
  ZyCode *code;
  ZyStatus status;
  if (fn->flags & ZY_FUNCTION_LIVE) {
    snprintf(why, size, "it was running when it was found: only its loops are compiled, as they get hot");
    zy_unit_free(unit);
    return ZY_STATUS_UNSUPPORTED;
  }
  if (unit == NULL) {
    snprintf(why, size, "%s", zy_status_text(ZY_STATUS_MEMORY));
    return ZY_STATUS_MEMORY;
  }
  fn->flags &= (uint8_t)~(ZY_FUNCTION_OFF | ZY_FUNCTION_PINNED);
  fn->max_tier = 2;
  code = atomic_load_explicit(&fn->stub[0].code, memory_order_relaxed);
  if (code != NULL && (zy_observe_is(code) || code->tier > tier)) zy_state_retire(S, fn, 0);
  atomic_store_explicit(&fn->status, ZY_STATUS_OK, memory_order_relaxed);
  status = zy_compile_request(S->owner, &S->config, fn, unit, UINT32_MAX, 1, why, size);
  if (status == ZY_STATUS_CANCELLED && zy_function_tier(fn) >= tier) status = ZY_STATUS_OK;
  if (status == ZY_STATUS_OK) {
    fn->stub[0].level = tier;
    arm_if_allowed(S, fn);
  }
  zy_policy_reset(S, fn);
  return status;
}

ZyFunction *zy_function_of(lua_State *L, ZyState *S, int index, const char **why) {
  ZyProto *p;
  ZyFunction *fn;
  ZyStatus status;
  if (lua_iscfunction(L, index)) {
    *why = "a C function";
    return NULL;
  }
  p = ((ZyLuaClosure *)lua_topointer(L, index))->p;
  fn = zy_state_function(S, p);
  if (fn != NULL) return fn;
  if (zy_discover_live(S, p)) {
    *why = "it was running when zyjit was loaded";
    return NULL;
  }
  status = zy_attach_proto(L, S, p);
  *why = zy_status_text(status);
  return status == ZY_STATUS_OK ? zy_attach_function(p) : NULL;
}


/* ---- everything ------------------------------------------------------------------------- */

static void disarm_all(ZyState *S) {
  if (S->G != NULL) zy_attach_bury(S);
  for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next)
    if (fn->armed) zy_attach_disarm(fn);
}

static void arm_all(ZyState *S) {
  if (S->G != NULL) zy_attach_bury(S);
  for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) {
    zy_policy_reset(S, fn);
    arm_if_allowed(S, fn);
  }
}

/* ZyContext.folded. Some: a function that was folded is running, so that it could not be unfolded. */
enum { ALL_FOLDED = 1, SOME_FOLDED };

void zy_state_suspend(ZyState *S) {
  if (S->suspended) return;
  S->suspended = 1;
  disarm_all(S);
}

void zy_state_fold(ZyState *S) {
  zy_state_suspend(S);
  if (S->cx.folded == ALL_FOLDED || S->off_reason != NULL || S->closed) return;
  S->cx.folded = ALL_FOLDED;
  zy_discover_fold(S);
}

void zy_state_resume(ZyState *S) {
  if (!S->suspended) return;
  if (S->cx.folded) {
    S->cx.folded = SOME_FOLDED;
    if (!zy_discover_unfold(S)) return;
    S->cx.folded = 0;
  }
  S->suspended = 0;
  arm_all(S);
}

void zy_state_on(ZyState *S) {
  S->enabled = 1;
  arm_all(S);
}

void zy_state_off(ZyState *S) {
  S->enabled = 0;
  disarm_all(S);
}

void zy_state_shutdown(ZyState *S) {
  ZyOwner *owner = S->owner;
  if (S->off_reason == NULL) S->off_reason = "zyjit.shutdown() was called";
  disarm_all(S);
  for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next)
    for (int i = 0; i < fn->nstubs; i++) zy_state_retire(S, fn, i);
  if (S->outermost == NULL) zy_state_reclaim(S);
  S->owner = NULL;
  if (owner != NULL) zy_owner_close(owner);
}

static int close_state(lua_State *L) {
  ZyState *S = lua_touserdata(L, 1);
  if (S->closed) return 0;
  zy_state_shutdown(S);
  S->closed = 1;
  S->outermost = NULL;
  zy_state_reclaim(S);
  return 0;
}

static void read_stress(ZyState *S, const char *text) {
  const char *exits = strstr(text, "exits="), *seed = strstr(text, "seed=");
  if (exits != NULL) S->cx.stress_exits = (uint32_t)strtoul(exits + 6, NULL, 10);
  if (seed != NULL) S->cx.stress_count = (uint32_t)strtoul(seed + 5, NULL, 10);
  S->cx.stress_gc = strstr(text, "gc") != NULL;
  S->stress_places = strstr(text, "places") != NULL;
}

static const char *environment(ZyState *S) {
  const char *off = getenv("ZYJIT"), *stress = getenv("ZYJIT_STRESS");
  if (stress != NULL) read_stress(S, stress);
  return off != NULL && strcmp(off, "off") == 0 ? "ZYJIT=off in the environment" : NULL;
}

static void set_defaults(ZyConfig *config) {
#define ZY_CONFIG(field, type, value, least, most, kind) config->field = value;
#include "runtime/config.def"
#undef ZY_CONFIG
}

ZyState *zy_state_open(lua_State *L) {
  ZyState *S = lua_newuserdatauv(L, sizeof *S, 0);
  memset(S, 0, sizeof *S);
  S->self = zy_thread(L)->top[-1].v.gc;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_state);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  S->L = lua_tothread(L, -1);
  lua_pop(L, 1);
  set_defaults(&S->config);
  S->enabled = 1;
  S->off_reason = zy_layout_check(L);
  if (S->off_reason == NULL) S->off_reason = environment(S);
  if (S->off_reason != NULL) return S;
  S->owner = zy_owner_new();
  if (S->owner == NULL) {
    S->off_reason = "not enough memory";
    return S;
  }
  S->G = zy_thread(L)->G;
  zy_helper_init(L, S);
  if (!zy_frames_open(L)) {
    lua_pop(L, 1);
    S->off_reason = "not enough memory";
    return S;
  }
  S->trampoline = zy_thread(L)->top[-1];
  lua_rawsetp(L, LUA_REGISTRYINDEX, &trampoline_key);
  zy_attach_open(L, S);
  zy_wrap_open(L, S);
  if (zy_thread(L)->hookmask != 0) zy_state_suspend(S);
  zy_discover_open(L, S);
  return S;
}
