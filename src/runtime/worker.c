/*
** worker.c - requests -> published code, on threads of their own.
** SPDX-License-Identifier: MIT
**
** One pool for all Lua states of the process, started at the first request and as large as its settings allow. One
** lock guards the queue, the owners' 'closed' and the writing of ZyStub.code; compiling happens without it. A worker
** never touches a lua_State or a Proto: it has the unit, and the function's record, which is reference counted.
**
** Order between threads:
**   request      everything in a job is written before it is queued, under the lock, and read after it was taken.
**   publication  a code is complete before it is exchanged into the stub (release); who enters, or calls it from native
**                code, loads it with acquire. Only holders of the lock write there, so a worker may look at the code
**                that it replaces: nobody can take that out of use, and free it, meanwhile.
**   retirement   code.c.
**   failure      ZyFunction.status is one atomic byte, and only for reports.
**
**   waking       a stub that is asleep is armed by one store into its Proto's code, under the lock. The thread that runs
**                the state has it not moved, hidden, disarmed or forgotten before it woke all of the function's.
**
** Exit. The process's exit undoes static data of back ends while workers use it, so the workers are stopped first.
** Handlers run last in, first out, and a back end may register its own while it is loaded and again while it compiles, so
** no handler of ours is sure to come before them. The destructors of the exiting thread's own data do: exit runs them
** before all handlers. The main thread has one (guard_thread); for an exit on other threads, and with other C
** libraries, there are handlers (zy_worker_guard_exit), which leave the time while LLVM is loaded unprotected.
** What is waited for: idle workers, and those in our own code, end at once and are joined. One that waits for the
** libgccjit helper is left: it finds out when it comes back, and sleeps. One inside LLVM is parked (park.c), or gets
** 50 ms where that is not possible. One in the dynamic loader holds the loader's lock, which the exit needs: it is
** waited for, however long.
** While exiting no code is freed: other threads and handlers that come later may still run it.
**
** Fork. The child has no workers; what they were doing is queued again, and workers start at the next request. The
** lock is held across the fork, so the queue is consistent; back ends are told whether they were interrupted. While
** LLVM is loaded the C library's lock of atexit is taken thousands of times; a child that inherits it taken could
** never exit. So a fork waits until a load is over, once in a process, and none begins during one.
**
** Workers block all signals, so that no handler of the host runs in them, and have a stack large enough for LLVM.
*/
#include "runtime/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profile/attach.h"
#include "runtime/engine.h"
#include "runtime/make.h"
#include "runtime/park.h"

enum { MAX_WORKERS = 64, EXIT_MS = 50, LOAD_MS = 10000, PARK_MS = 50 };
#define STACK_BYTES ((size_t)16 << 20)

typedef enum Phase { RUNNING, EXITING, GONE } Phase;

typedef enum SlotState { FREE, WORKING, ENDED } SlotState;

typedef struct Slot {
  pthread_t thread;
  SlotState state;
  atomic_int place;                    /* ZyPlace */
} Slot;

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work, done;           /* something to do for workers; something ended */
  ZyQueue queue;
  Slot slot[MAX_WORKERS];
  int nworkers, nidle;
  int nowners;                         /* states that may still ask for something */
  int nloading;                        /* threads between begin_load and end_load */
  int loads_llvm;                      /* it is loaded, or about to be */
  ZyCode *unwanted;                    /* for workers to release, linked by 'next' */
  atomic_int phase;                    /* Phase; written under the lock */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local Slot *self;       /* NULL: not a worker */

/* --- Time --- */

int64_t zy_worker_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct timespec time_at(int64_t ns) {
  return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
}

static void make_conditions(void) {
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&pool.work, &attr);
  pthread_cond_init(&pool.done, &attr);
  pthread_condattr_destroy(&attr);
}

/* Waits for 'cond' or until 'when'; 0 when it is time. */
static int await(pthread_cond_t *cond, int64_t when) {
  struct timespec at;
  if (when == INT64_MAX) return pthread_cond_wait(cond, &pool.lock) == 0;
  at = time_at(when);
  return pthread_cond_timedwait(cond, &pool.lock, &at) != ETIMEDOUT;
}

/* --- Publication --- */

/* Makes the job's code what is entered, unless that is not wanted any more. The lock is held. Returns the code to
** be freed without it. */
static ZyCode *publish(ZyJob *job) {
  ZyCode *code = job->code, *old;
  ZyStub *stub;
  if (code == NULL) return NULL;
  stub = &job->fn->stub[code->stub];
  old = atomic_load_explicit(&stub->code, memory_order_relaxed);
  if (atomic_load(&job->stale) || job->owner->closed || (old != NULL && old->tier > code->tier)) {
    job->status = ZY_STATUS_CANCELLED;
    snprintf(job->why, sizeof job->why, "%s", old != NULL && old->tier > code->tier ? "better code is in use"
                                                                                  : zy_status_text(job->status));
    return code;
  }
  /* Release: pairs with the acquire of who enters (enter.c, ACQUIRE in generated code). */
  atomic_exchange_explicit(&stub->code, code, memory_order_release);
  if (old != NULL) zy_owner_retire(job->owner, old);
  return NULL;
}

/* The lock is held. */
static void wake(ZyFunction *fn, int stub) {
  if (fn->stub[stub].asleep == ZY_ASLEEP_NOT) return;
  fn->stub[stub].asleep = ZY_ASLEEP_NOT;
  zy_attach_arm_stub(fn, stub);
  for (int i = 1; i < fn->nstubs && stub == 0; i++)
    if (fn->stub[i].asleep == ZY_ASLEEP_WITH_FUNCTION) wake(fn, i);
}

static void note(ZyJob *job) {
  ZyCompileStats *stats = &job->owner->stats;
  int tier = job->unit->tier;
  if (job->status == ZY_STATUS_OK) {
    atomic_fetch_add_explicit(&stats->compiled[tier], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&stats->ns[tier], job->ns, memory_order_relaxed);
  } else {
    atomic_fetch_add_explicit(&stats->failed[job->status], 1, memory_order_relaxed);
  }
  if (job->status != ZY_STATUS_CANCELLED)
    atomic_store_explicit(&job->fn->status, (uint8_t)job->status, memory_order_relaxed);
}

/* The lock is held. */
static void discard(ZyCode *code) {
  zy_code_discount(code);
  code->next = pool.unwanted;
  pool.unwanted = code;
}

static void release_all(ZyCode *code) {
  while (code != NULL) {
    ZyCode *next = code->next;
    zy_code_release(code);
    code = next;
  }
}

void zy_code_discard(ZyCode *code) {
  ZyCode *ours;
  if (code == NULL) return;
  pthread_mutex_lock(&pool.lock);
  while (code != NULL) {
    ZyCode *next = code->next;
    discard(code);
    code = next;
  }
  ours = pool.nworkers > 0 ? NULL : pool.unwanted;
  if (ours != NULL) pool.unwanted = NULL;
  else pthread_cond_signal(&pool.work);
  pthread_mutex_unlock(&pool.lock);
  release_all(ours);
}

/* The batch is done. The lock is held. */
static void finish(ZyJob **batch, int n) {
  zy_queue_batch_done(&pool.queue, batch[0]->backend);
  for (int i = 0; i < n; i++) {
    ZyJob *job = batch[i];
    if (job->owner != NULL) {
      ZyCode *code = publish(job);
      if (code != NULL) discard(code);
      if (!job->owner->closed) wake(job->fn, job->unit->stub_index);
      note(job);
    }
    zy_queue_remove(&pool.queue, job);
    job->ended = 1;
    if (!job->waited) zy_job_free(job);
  }
  pthread_cond_broadcast(&pool.done);
  pthread_cond_signal(&pool.work);     /* the back end is free for those that were passed over */
}

/* --- Workers --- */

void zy_worker_at(ZyPlace place) {
  if (self != NULL) atomic_store(&self->place, (int)place);
}

void zy_worker_begin_load(void) {
  pthread_mutex_lock(&pool.lock);
  pool.nloading++;
  zy_worker_at(ZY_PLACE_LOADING);
  pthread_mutex_unlock(&pool.lock);
}

void zy_worker_end_load(void) {
  pthread_mutex_lock(&pool.lock);
  pool.nloading--;
  zy_worker_at(ZY_PLACE_OURS);
  pthread_cond_broadcast(&pool.done);
  pthread_mutex_unlock(&pool.lock);
}

int zy_worker_leaving(void) { return atomic_load(&pool.phase) != RUNNING; }

/* The exit goes on without this thread, which must not touch anything any more. */
static void sleep_for_ever(void) {
  pthread_mutex_unlock(&pool.lock);
  for (;;) pause();
}

static void *work(void *arg) {
  ZyJob *batch[ZY_BATCH_MOST];
  int64_t when;
  self = arg;
  pthread_mutex_lock(&pool.lock);
  while (atomic_load(&pool.phase) == RUNNING) {
    int n;
    if (pool.unwanted != NULL) {
      ZyCode *unwanted = pool.unwanted;
      pool.unwanted = NULL;
      pthread_mutex_unlock(&pool.lock);
      zy_worker_at(ZY_PLACE_LLVM);
      release_all(unwanted);
      zy_worker_at(ZY_PLACE_OURS);
      pthread_mutex_lock(&pool.lock);
      continue;
    }
    if (!pool.loads_llvm && zy_queue_has(&pool.queue, ZY_BACKEND_LLVM)) {
      pool.loads_llvm = 1;             /* takes a while: what is compiled first is chosen from what is asked for then */
      pthread_mutex_unlock(&pool.lock);
      zy_engine_load(ZY_BACKEND_LLVM);
      pthread_mutex_lock(&pool.lock);
      continue;
    }
    n = zy_queue_take(&pool.queue, zy_worker_now(), batch, &when);
    if (n == 0 && pool.queue.waiting == NULL && pool.nowners == 0) break;
    if (n == 0) {
      pool.nidle++;
      await(&pool.work, when);
      pool.nidle--;
      continue;
    }
    pthread_mutex_unlock(&pool.lock);
    zy_make_batch(batch, n);
    pthread_mutex_lock(&pool.lock);
    if (atomic_load(&pool.phase) == GONE) sleep_for_ever();
    finish(batch, n);
  }
  if (atomic_load(&pool.phase) == GONE) sleep_for_ever();
  if (--pool.nworkers == 0 && atomic_load(&pool.phase) == RUNNING) {
    /* Nobody is left who could want something: no helper process stays behind. */
    pthread_mutex_unlock(&pool.lock);
    zy_engine_stop();
    pthread_mutex_lock(&pool.lock);
  }
  ((Slot *)arg)->state = ENDED;
  pthread_cond_broadcast(&pool.done);
  pthread_mutex_unlock(&pool.lock);
  return NULL;
}

static int start_thread(Slot *slot) {
  pthread_attr_t attr;
  sigset_t all, old;
  int failed;
  if (pthread_attr_init(&attr) != 0) return 0;
  pthread_attr_setstacksize(&attr, STACK_BYTES);
  sigfillset(&all);
  if (zy_park_signal() != 0) sigdelset(&all, zy_park_signal());
  pthread_sigmask(SIG_SETMASK, &all, &old);
  atomic_store(&slot->place, ZY_PLACE_OURS);
  failed = pthread_create(&slot->thread, &attr, work, slot);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attr);
#ifdef __GLIBC__
  if (!failed) pthread_setname_np(slot->thread, "zyjit");
#endif
  return !failed;
}

/* Starts one more worker when all are busy and 'most' allows it, which does not count one that only waits for the
** libgccjit helper. The lock is held. 0: there is none at all. */
static int start_worker(int most) {
  most += pool.queue.nrunning[ZY_BACKEND_GCCJIT] > 0;
  if (most > MAX_WORKERS) most = MAX_WORKERS;
  if (pool.nidle > 0 || pool.nworkers >= (most < 1 ? 1 : most)) return 1;
  for (Slot *slot = pool.slot; slot < pool.slot + MAX_WORKERS; slot++) {
    if (slot->state == WORKING) continue;
    if (slot->state == ENDED) pthread_join(slot->thread, NULL);        /* it has given back the lock, or is about to */
    slot->state = FREE;
    if (!start_thread(slot)) break;
    slot->state = WORKING;
    pool.nworkers++;
    break;
  }
  return pool.nworkers > 0;
}

static int default_workers(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 1 ? (int)cores - 1 : 1;
}

static int most_workers(const ZyConfig *config) {
  return config->max_parallel_optimizations > 0 ? config->max_parallel_optimizations : default_workers();
}

/* --- Exit --- */

/* A signal handler that interrupted a holder of the lock may exit, so not for ever. */
static int lock_until(int64_t deadline) {
  while (pthread_mutex_trylock(&pool.lock) != 0) {
    struct timespec t = { 0, 200000 };
    if (zy_worker_now() >= deadline) return 0;
    nanosleep(&t, NULL);
  }
  return 1;
}

/* How long a worker at 'place' is waited for. */
static int patience(int place) {
  if (place == ZY_PLACE_LOADING) return LOAD_MS;
  return place == ZY_PLACE_LLVM && zy_park_signal() != 0 ? 0 : EXIT_MS;
}

/* Workers to wait for after 'ms' milliseconds. */
static int busy_workers(int64_t ms) {
  int n = 0;
  for (const Slot *slot = pool.slot; slot < pool.slot + MAX_WORKERS; slot++) {
    int place = atomic_load(&slot->place);
    if (slot->state != WORKING || slot == self || place == ZY_PLACE_GCCJIT) continue;
    n += ms < patience(place);
  }
  return n;
}

static void at_exit(void) {
  pthread_t inside[MAX_WORKERS], ended[MAX_WORKERS];
  int ninside = 0, nended = 0, nleft = 0;
  int64_t start = zy_worker_now();
  if (atomic_load(&pool.phase) != RUNNING || !lock_until(start + EXIT_MS * (int64_t)1000000)) return;
  atomic_store(&pool.phase, EXITING);
  zy_module_abandon_all();
  pthread_cond_broadcast(&pool.work);
  pthread_cond_broadcast(&pool.done);
  /* Places change without a signal: look now and then. */
  while (busy_workers((zy_worker_now() - start) / 1000000) > 0) await(&pool.done, zy_worker_now() + 2000000);
  atomic_store(&pool.phase, GONE);
  for (Slot *slot = pool.slot; slot < pool.slot + MAX_WORKERS; slot++) {
    if (slot->state == ENDED) ended[nended++] = slot->thread;
    if (slot->state != WORKING || slot == self) continue;
    nleft++;
    if (atomic_load(&slot->place) == ZY_PLACE_LLVM) inside[ninside++] = slot->thread;
  }
  pthread_mutex_unlock(&pool.lock);
  for (int i = 0; i < nended; i++) pthread_join(ended[i], NULL);
  if (ninside > 0) zy_park_threads(inside, ninside, PARK_MS);
  if (nleft == 0 && self == NULL) zy_engine_stop();
}

void zy_worker_guard_exit(void) {
  if (!zy_worker_leaving()) atexit(at_exit);
}

#ifdef __GLIBC__
extern int __cxa_thread_atexit_impl(void (*destroy)(void *), void *data, void *dso);
extern void *__dso_handle __attribute__((visibility("hidden")));

static void on_thread_end(void *data) {
  (void)data;
  at_exit();
}

/* The main thread ends only by exiting (or, as good as never, before the process does: then nothing is compiled
** any more). */
static void guard_thread(void) {
  static _Thread_local int guarded;
  if (guarded) return;
  guarded = 1;
  if (syscall(SYS_gettid) == getpid()) __cxa_thread_atexit_impl(on_thread_end, NULL, &__dso_handle);
}
#else
static void guard_thread(void) {}
#endif

/* --- Fork --- */

static void before_fork(void) {
  pthread_mutex_lock(&pool.lock);
  while (pool.nloading > 0) await(&pool.done, INT64_MAX);
}

static void after_fork(void) { pthread_mutex_unlock(&pool.lock); }

static void in_child(void) {
  for (int i = 0; i < MAX_WORKERS; i++) pool.slot[i].state = FREE;
  pool.nworkers = pool.nidle = 0;
  make_conditions();                   /* those who waited are not there */
  zy_queue_forked(&pool.queue);
  zy_engine_forked();
  pthread_mutex_unlock(&pool.lock);
}

static void open_pool(void) {
  make_conditions();
  pthread_atfork(before_fork, after_fork, in_child);
  zy_worker_guard_exit();
}

/* --- What states ask for --- */

static pthread_once_t opened = PTHREAD_ONCE_INIT;

static void say(char *why, size_t size, const char *text) {
  if (why != NULL && size > 0) snprintf(why, size, "%s", text);
}

ZyJob *zy_worker_ask(ZyJob *job, ZyStatus *status, char *why, size_t size) {
  int waited = job->waited;
  ZyPush push;
  *status = ZY_STATUS_CANCELLED;
  pthread_once(&opened, open_pool);
  guard_thread();
  pthread_mutex_lock(&pool.lock);
  if (zy_worker_leaving()) {
    say(why, size, "the process is exiting");
  } else if ((push = zy_queue_push(&pool.queue, job)) == ZY_PUSH_FULL) {
    say(why, size, "too much waits to be compiled");
  } else if (push == ZY_PUSH_BETTER) {
    *status = ZY_STATUS_OK;
  } else if (!start_worker(most_workers(&job->config))) {
    zy_queue_remove(&pool.queue, job);
    *status = ZY_STATUS_NO_BACKEND;
    say(why, size, "cannot start a thread to compile on");
  } else {
    *status = ZY_STATUS_OK;
    pthread_cond_signal(&pool.work);
    while (waited && !job->ended && !zy_worker_leaving()) await(&pool.done, INT64_MAX);
    if (!waited) job = NULL;           /* it may be gone already */
    else if (!job->ended) {
      job = NULL;                      /* it stays as it is until the process is gone */
      *status = ZY_STATUS_CANCELLED;
      say(why, size, "the process is exiting");
    }
    pthread_mutex_unlock(&pool.lock);
    return job;
  }
  pthread_mutex_unlock(&pool.lock);
  zy_job_free(job);
  return NULL;
}

void zy_compile_cancel(ZyFunction *fn) {
  pthread_mutex_lock(&pool.lock);
  zy_queue_cancel(&pool.queue, NULL, fn);
  pthread_mutex_unlock(&pool.lock);
}

int zy_compile_wait(ZyOwner *owner, double seconds) {
  int64_t deadline = INT64_MAX;
  int idle = 0;
  if (seconds >= 0 && seconds < 1e9) deadline = zy_worker_now() + (int64_t)(seconds * 1e9);
  pthread_mutex_lock(&pool.lock);
  for (;;) {
    idle = atomic_load(&owner->stats.queued) == 0 && atomic_load(&owner->stats.running) == 0;
    if (idle || zy_worker_leaving() || !start_worker(1)) break;      /* after a fork there is no worker yet */
    if (!await(&pool.done, deadline) && zy_worker_now() >= deadline) deadline = 0;
    if (deadline == 0) {
      idle = atomic_load(&owner->stats.queued) == 0 && atomic_load(&owner->stats.running) == 0;
      break;
    }
  }
  pthread_mutex_unlock(&pool.lock);
  return idle;
}

ZyCode *zy_code_replace(ZyFunction *fn, int stub, ZyCode *by) {
  ZyCode *code;
  pthread_mutex_lock(&pool.lock);
  /* Acquire: pairs with the release in publish; the caller reads and frees it. */
  code = atomic_exchange_explicit(&fn->stub[stub].code, by, memory_order_acq_rel);
  pthread_mutex_unlock(&pool.lock);
  return code;
}

/* The lock is held. */
static void put_to_sleep(ZyFunction *fn, int stub, uint8_t how) {
  fn->sleeps = 1;
  fn->stub[stub].asleep = how;
  zy_attach_disarm_stub(fn, stub);
}

void zy_stub_sleep(ZyFunction *fn, int stub) {
  pthread_mutex_lock(&pool.lock);
  put_to_sleep(fn, stub, ZY_ASLEEP);
  pthread_mutex_unlock(&pool.lock);
}

void zy_stub_sleep_with_function(ZyFunction *fn, int stub) {
  pthread_mutex_lock(&pool.lock);
  if (fn->stub[0].asleep != ZY_ASLEEP_NOT) put_to_sleep(fn, stub, ZY_ASLEEP_WITH_FUNCTION);
  pthread_mutex_unlock(&pool.lock);
}

void zy_stub_wake(ZyFunction *fn) {
  if (!fn->sleeps) return;
  pthread_mutex_lock(&pool.lock);
  for (int i = 0; i < fn->nstubs; i++) wake(fn, i);
  fn->sleeps = 0;
  pthread_mutex_unlock(&pool.lock);
}

ZyOwner *zy_owner_new(void) {
  ZyOwner *owner = calloc(1, sizeof *owner);
  if (owner == NULL) return NULL;
  atomic_init(&owner->refs, 1);
  pthread_once(&opened, open_pool);
  guard_thread();
  pthread_mutex_lock(&pool.lock);
  pool.nowners++;
  pthread_mutex_unlock(&pool.lock);
  return owner;
}

void zy_owner_close(ZyOwner *owner) {
  pthread_mutex_lock(&pool.lock);
  owner->closed = 1;
  zy_queue_cancel(&pool.queue, owner, NULL);
  if (--pool.nowners == 0 && pool.nworkers > 0) pthread_cond_broadcast(&pool.work);
  pthread_mutex_unlock(&pool.lock);
  zy_owner_release(owner);
}
