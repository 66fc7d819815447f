/*
** observe.c - function -> code that interprets its HIR and records feedback.
** SPDX-License-Identifier: MIT
**
** What a function is specialised for must be seen first, and a loop that gets hot should not wait for profiling code to
** be compiled before the code that counts is. So a few iterations are executed on the reference interpreter of the
** HIR, which is slow but ready at once. To everyone else it is code of tier 0 like any other.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/observe.h"

#include <stdlib.h>

#include "hir/build.h"
#include "hir/interp.h"
#include "lir/lower.h"
#include "pass/pipeline.h"
#include "profile/freeze.h"
#include "runtime/code.h"

enum { MAX_BYTES = 16 << 20, MAX_INSTRUCTIONS = 4000 };

typedef struct Observation {
  ZyArena arena;
  ZyUnit *unit;
  ZyHir *hir;
  ZyLowered lowered;
} Observation;

static void release(void *handle) {
  Observation *o = handle;
  zy_arena_free(&o->arena);
  zy_unit_free(o->unit);
  free(o);
}

static const ZyBackend backend = { .name = "observe", .release = release };

static int64_t interpret(lua_State *L, ZyCallInfo *ci, ZyContext *cx, ZyCode *code) {
  const Observation *o = zy_module_handle(code->module);
  return zy_interp_run(o->hir, o->lowered.exit_of_node, o->lowered.hook_exit, L, ci, cx, code);
}

int zy_observe_is(const ZyCode *code) { return code->fn == interpret; }

static ZyStatus translate(Observation *o) {
  ZyStatus status = (ZyStatus)setjmp(o->arena.escape);
  if (status != ZY_STATUS_OK) return status;
  o->hir = zy_build_hir(&o->arena, o->unit);
  zy_pass_pipeline(o->hir, 0, NULL);
  zy_lower_exits(o->hir, &o->lowered);
  return ZY_STATUS_OK;
}

ZyCode *zy_observe_new(lua_State *L, ZyState *S, ZyFunction *fn, int stub, const ZyCallInfo *frame, uint32_t ticks,
                       ZyStatus *status) {
  Observation *o;
  ZyBackendResult result = { .status = ZY_STATUS_OK };
  ZyNative entry = interpret;
  ZyModule *module;
  ZyCode *code = NULL;
  uint32_t count = atomic_load_explicit(&fn->stub[stub].count, memory_order_relaxed);
  *status = ZY_STATUS_TOO_LARGE;
  if (fn->size > MAX_INSTRUCTIONS) return NULL;
  *status = ZY_STATUS_MEMORY;
  o = calloc(1, sizeof *o);
  if (o == NULL || !zy_function_warm(fn)) goto failed;
  o->unit = zy_freeze_unit(L, S, fn, stub, 0, frame);
  if (o->unit == NULL) goto failed;
  zy_arena_init(&o->arena, MAX_BYTES);
  *status = translate(o);
  if (*status == ZY_STATUS_OK) {
    *status = ZY_STATUS_MEMORY;
    module = zy_module_new(&backend, o);
    if (module != NULL) {
      result.entry = *(void **)(void *)&entry;
      code = zy_code_new(S->owner, fn, o->unit, fn->cells, count + ticks, &o->lowered, &result, ZY_BACKEND_NONE, module);
      zy_module_release(module);                       /* without the code, the last reference: frees 'o' */
      if (code != NULL) *status = ZY_STATUS_OK;
      return code;
    }
  }
  zy_arena_free(&o->arena);
  zy_unit_free(o->unit);
failed:
  free(o);
  return NULL;
}
