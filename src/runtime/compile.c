/*
** compile.c - what a state asks for -> a job for the workers.
** SPDX-License-Identifier: MIT
**
** On the threads that run states.
*/
#include "runtime/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine.h"
#include "runtime/make.h"
#include "runtime/worker.h"

static void say(char *why, size_t size, const char *text) {
  if (why != NULL && size > 0) snprintf(why, size, "%s", text);
}

/* A request that is not even queued. */
static ZyStatus refuse(ZyOwner *owner, ZyFunction *fn, ZyUnit *unit, ZyStatus status) {
  atomic_fetch_add_explicit(&owner->stats.failed[status], 1, memory_order_relaxed);
  atomic_store_explicit(&fn->status, (uint8_t)status, memory_order_relaxed);
  zy_unit_free(unit);
  return status;
}

ZyStatus zy_compile_request(ZyOwner *owner, const ZyConfig *config, ZyFunction *fn, ZyUnit *unit, uint32_t heat,
                            int wait, char *why, size_t size) {
  int backend = zy_engine_choose(config, unit->tier, why, size);
  ZyStatus status;
  ZyJob *job;
  if (backend == ZY_BACKEND_NONE) return refuse(owner, fn, unit, ZY_STATUS_NO_BACKEND);
  job = calloc(1, sizeof *job);
  if (job == NULL) {
    say(why, size, zy_status_text(ZY_STATUS_MEMORY));
    return refuse(owner, fn, unit, ZY_STATUS_MEMORY);
  }
  zy_owner_retain(owner);
  zy_function_retain(fn);
  job->owner = owner;
  job->fn = fn;
  job->unit = unit;
  job->cells = fn->cells;
  job->config = *config;
  job->backend = (uint8_t)backend;
  job->heat = heat;
  job->waited = wait != 0;
  job->due = zy_worker_now();
  if (backend == ZY_BACKEND_GCCJIT && !wait) job->due += config->optimization_check_interval_ms * (int64_t)1000000;
  job = zy_worker_ask(job, &status, why, size);
  if (job == NULL) return status;
  status = job->status;
  if (status != ZY_STATUS_OK) say(why, size, job->why);
  zy_job_free(job);
  return status;
}

char *zy_compile_dump(const ZyUnit *unit, const ZyConfig *config, const char *what, char *why, size_t size) {
  int backend;
  ZyStatus status;
  ZyJob *job;
  char *text;
  if (strcmp(what, "bytecode") == 0 || strcmp(what, "hir") == 0 || strcmp(what, "lir") == 0)
    return zy_make_text(unit, config, what, why, size);
  if (strcmp(what, "gimple") == 0) backend = ZY_BACKEND_GCCJIT;
  else if (strcmp(what, "llvm") == 0) backend = ZY_BACKEND_LLVM;
  else if (strcmp(what, "asm") == 0) backend = zy_engine_choose(config, unit->tier, why, size);
  else {
    if (why != NULL && size > 0) snprintf(why, size, "there is no text called '%s'", what);
    return NULL;
  }
  if (backend == ZY_BACKEND_NONE) return NULL;
  job = calloc(1, sizeof *job);
  if (job == NULL) {
    say(why, size, zy_status_text(ZY_STATUS_MEMORY));
    return NULL;
  }
  job->unit = (ZyUnit *)unit;          /* only read: a job with 'what' does not own it */
  job->config = *config;
  job->what = what;
  job->backend = (uint8_t)backend;
  job->waited = 1;
  job->due = zy_worker_now();
  job = zy_worker_ask(job, &status, why, size);
  if (job == NULL) return NULL;
  text = job->text;
  if (text == NULL) say(why, size, job->why);
  zy_job_free(job);
  return text;
}
