/*
** engine.c - ZY_BACKEND_ -> a started back end, or why there is none.
** SPDX-License-Identifier: MIT
**
** Each has a lock, held while it is loaded, started or used. 'state' and 'reason' are read without it: the reason is
** complete before the state says FAILED (release; acquire in is_failed), and then stays.
**
** Mostly on workers; zy_engine_choose and the reasons on any thread.
*/
#include "runtime/engine.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "runtime/worker.h"

enum { MOST_GUARDS = 256 };            /* a few bytes each; what is new comes early */

typedef enum State { UNTRIED, READY, FAILED } State;

typedef struct Engine {
  const char *name;
  ZyPlace place;                       /* of a thread that is in it */
  pthread_mutex_t lock;
  const ZyBackend *backend;            /* NULL: not loaded */
  atomic_int state;                    /* State */
  atomic_int busy;                     /* a thread is in it; read by the child of a fork */
  int reported;
  int compiled;                        /* calls after which the exit was guarded anew */
  char reason[256];
} Engine;

static Engine engines[ZY_BACKEND_COUNT] = {
  [ZY_BACKEND_NONE] = { .name = "none", .lock = PTHREAD_MUTEX_INITIALIZER },
  [ZY_BACKEND_GCCJIT] = { .name = "gccjit", .place = ZY_PLACE_GCCJIT, .lock = PTHREAD_MUTEX_INITIALIZER },
  [ZY_BACKEND_LLVM] = { .name = "llvm", .place = ZY_PLACE_LLVM, .lock = PTHREAD_MUTEX_INITIALIZER }
};

static int is_failed(const Engine *e) {
  return atomic_load_explicit(&e->state, memory_order_acquire) == FAILED;    /* release: fail */
}

const char *zy_engine_name(int backend) { return engines[backend].name; }

const char *zy_compile_backend_reason(int backend) {
  return is_failed(&engines[backend]) ? engines[backend].reason : NULL;
}

int zy_engine_other(int backend) {
  static const uint8_t other[ZY_BACKEND_COUNT] = { ZY_BACKEND_NONE, ZY_BACKEND_LLVM, ZY_BACKEND_GCCJIT };
  return is_failed(&engines[other[backend]]) ? ZY_BACKEND_NONE : other[backend];
}

int zy_engine_choose(const ZyConfig *config, int tier, char *why, size_t size) {
  int wanted = tier == 0 ? config->tier0_backend : tier == 1 ? config->tier1_backend : config->tier2_backend;
  int backend = is_failed(&engines[wanted]) ? zy_engine_other(wanted) : wanted;
  if (backend == ZY_BACKEND_NONE && why != NULL && size > 0)
    snprintf(why, size, "%s", wanted == ZY_BACKEND_NONE ? "no back end chosen" : engines[wanted].reason);
  return backend;
}

static void report(Engine *e, int verbosity) {
  if (verbosity < 1 || e->reported) return;
  e->reported = 1;
  fprintf(stderr, "zyjit: back end %s: %s\n", e->name, e->reason);
}

static void fail(Engine *e, const char *why) {
  char *p = e->reason;
  snprintf(e->reason, sizeof e->reason, "%s", why);
  for (; *p != '\0'; p++)
    if (*p == '\n') *p = ' ';
  atomic_store_explicit(&e->state, FAILED, memory_order_release);
}

/* For a back end that registers handlers for the process's exit: has a function with a loop, a call and a float compiled,
** so that what it registers when it first meets such things is registered then, not when a fork or the exit may come.
** 0: it cannot. */
static int warm_up(const ZyBackend *backend, char *why, size_t size) {
  ZyLirInst insts[] = {
    { .op = ZY_LIR_ARG, .type = ZY_LIR_P },                                             /* b0 */
    { .op = ZY_LIR_ICONST, .type = ZY_LIR_I, .imm = 1 },
    { .op = ZY_LIR_JUMP, .a = 0, .b = 1, .imm = 1 },
    { .op = ZY_LIR_PARAM, .type = ZY_LIR_I },                                           /* b1 */
    { .op = ZY_LIR_I2F, .type = ZY_LIR_F, .a = 3 },
    { .op = ZY_LIR_FADD, .type = ZY_LIR_F, .a = 4, .b = 4 },
    { .op = ZY_LIR_STOREF, .a = 0, .b = 5 },
    { .op = ZY_LIR_LOADP, .type = ZY_LIR_P, .a = 0, .imm = 8 },
    { .op = ZY_LIR_CALLP, .type = ZY_LIR_I, .a = 0, .b = 1, .c = 7 },
    { .op = ZY_LIR_ADD, .type = ZY_LIR_I, .a = 3, .b = 8 },
    { .op = ZY_LIR_LT, .type = ZY_LIR_B, .a = 9, .b = 1 },
    { .op = ZY_LIR_BRANCH, .a = 10, .imm = 2 | (int64_t)3 << 32 },
    { .op = ZY_LIR_JUMP, .a = 1, .b = 1, .imm = 1 },                                    /* b2 */
    { .op = ZY_LIR_RET, .a = 9 }                                                        /* b3 */
  };
  ZyLirBlock blocks[] = { { 0, 3 }, { 3, 9 }, { 12, 1 }, { 13, 1 } };
  uint32_t args[] = { 1, 9 };
  enum { NINSTS = sizeof insts / sizeof *insts };
  ZyLir lir = { .name = "zy_warm_up", .narg = 4, .arg = { ZY_LIR_P, ZY_LIR_P, ZY_LIR_P, ZY_LIR_P },
                .insts = { insts, NINSTS, NINSTS }, .blocks = { blocks, 4, 4 }, .args = { args, 2, 2 } };
  const ZyLir *batch = &lir;
  ZyBackendResult result = { 0 };
  void *module = NULL;
  if (zy_worker_leaving() || backend->compile(&batch, 1, 2, &result, &module, why, size) != ZY_STATUS_OK) return 0;
  backend->release(module);
  return 1;
}

static int start(Engine *e, char *why, size_t size) {
  if (e->backend == NULL) e->backend = zy_backend_find(e->name, why, size);
  return e->backend != NULL && !zy_worker_leaving() && e->backend->start(why, size) == ZY_STATUS_OK;
}

/* Loads and starts it if need be. The lock is held. */
static int make_ready(Engine *e) {
  char why[256] = "";
  int ready;
  if (atomic_load(&e->state) != UNTRIED) return atomic_load(&e->state) == READY;
  if (e->place == ZY_PLACE_LLVM) {
    zy_worker_begin_load();
    ready = start(e, why, sizeof why) && (!e->backend->registers() || warm_up(e->backend, why, sizeof why));
    zy_worker_guard_exit();
    zy_worker_end_load();
  } else {                             /* a process is started: nothing of ours to protect, and it may take long */
    zy_worker_at(e->place);
    ready = start(e, why, sizeof why);
    zy_worker_at(ZY_PLACE_OURS);
  }
  if (ready) atomic_store(&e->state, READY);
  else if (!zy_worker_leaving()) fail(e, why);
  return ready;
}

/* Takes the lock with the engine ready, or does not take it: NULL, and the reason in 'why'. */
static Engine *enter(int backend, int verbosity, char *why, size_t size) {
  Engine *e = &engines[backend];
  pthread_mutex_lock(&e->lock);
  atomic_store(&e->busy, 1);
  if (make_ready(e) && !zy_worker_leaving()) {
    zy_worker_at(e->place);
    return e;
  }
  snprintf(why, size, "%s", zy_worker_leaving() ? "the process is exiting" : e->reason);
  if (is_failed(e)) report(e, verbosity);
  atomic_store(&e->busy, 0);
  pthread_mutex_unlock(&e->lock);
  return NULL;
}

static void leave(Engine *e) {
  zy_worker_at(ZY_PLACE_OURS);
  atomic_store(&e->busy, 0);
  pthread_mutex_unlock(&e->lock);
}

void zy_engine_load(int backend) {
  char why[256];
  Engine *e = enter(backend, 0, why, sizeof why);
  if (e != NULL) leave(e);
}

ZyStatus zy_engine_compile(int backend, const ZyLir *const *lir, int n, int level, ZyBackendResult *result,
                           ZyModule **module, int verbosity, char *why, size_t size) {
  Engine *e = enter(backend, verbosity, why, size);
  void *handle = NULL;
  ZyStatus status;
  *module = NULL;
  if (e == NULL) return zy_worker_leaving() ? ZY_STATUS_CANCELLED : ZY_STATUS_NO_BACKEND;
  status = e->backend->compile(lir, n, level, result, &handle, why, size);
  if (status == ZY_STATUS_OK) *module = zy_module_new(e->backend, handle);
  if (status == ZY_STATUS_OK && *module == NULL) {
    e->backend->release(handle);
    status = ZY_STATUS_MEMORY;
  }
  if (e->backend->registers() && e->compiled < MOST_GUARDS && !zy_worker_leaving()) {
    e->compiled++;                     /* it may have registered something that the warm-up did not meet */
    zy_worker_begin_load();
    zy_worker_guard_exit();
    zy_worker_end_load();
    zy_worker_at(e->place);
  }
  if (status == ZY_STATUS_NO_BACKEND && !zy_worker_leaving()) {
    fail(e, why);
    report(e, verbosity);
  }
  leave(e);
  return status;
}

char *zy_engine_dump(int backend, const ZyLir *lir, int level, const char *what, int verbosity, char *why,
                     size_t size) {
  Engine *e = enter(backend, verbosity, why, size);
  char *text;
  if (e == NULL) return NULL;
  text = e->backend->dump(lir, level, what, why, size);
  leave(e);
  return text;
}

void zy_engine_stop(void) {
  Engine *e = &engines[ZY_BACKEND_GCCJIT];
  if (pthread_mutex_trylock(&e->lock) != 0) return;
  if (e->backend != NULL && atomic_load(&e->state) == READY) e->backend->stop();
  pthread_mutex_unlock(&e->lock);
}

/* A lock that a vanished thread holds is made anew. A back end that was just being loaded stays half loaded; one that
** was in use says itself whether it can go on. */
void zy_engine_forked(void) {
  for (int i = 0; i < ZY_BACKEND_COUNT; i++) {
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    Engine *e = &engines[i];
    int busy = atomic_exchange(&e->busy, 0);
    memcpy(&e->lock, &fresh, sizeof fresh);
    if (busy && e->backend == NULL && !is_failed(e)) fail(e, "it was being loaded when the process forked");
    if (e->backend != NULL) e->backend->forked(busy);
  }
}
