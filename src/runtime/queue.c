/*
** queue.c - requests in, batches out.
** SPDX-License-Identifier: MIT
**
** The hottest goes first, before all one that a thread waits for. libgccjit has a fixed cost of some 20 ms a
** call, so its requests wait a moment for others of the same tier, and while it is busy the next batch grows; what is
** hot is asked for at tier 2 by then. LLVM has hardly any: one function at a time, whose code can then be freed alone. While LLVM has work, which is of
** the highest tier as a rule, libgccjit is not to take the processor from it, for a while.
**
** Of the requests for one stub only the best is done: a lower tier is not worth it when a higher one is on its
** way, and of one tier the later request knows more.
*/
#include "runtime/queue.h"

#include <stdlib.h>

enum {
  MOST_WAITING = 1000,                 /* jobs that nobody waits for: more would be out of date when they are done */
  BATCH_CODE = 400                     /* instructions in a batch that make it large enough: tenths of a second */
};

static const int64_t PATIENCE = 100000000;             /* nanoseconds that libgccjit's requests wait for LLVM's */

/* Batches of each back end at a time. One more than it compiles keeps it busy while the next is lowered. */
static const uint8_t most_running[ZY_BACKEND_COUNT] = { 1, 1, 2 };
_Static_assert(ZY_BACKEND_GCCJIT == 1 && ZY_BACKEND_LLVM == 2, "order of most_running");

void zy_job_free(ZyJob *job) {
  if (job->what == NULL) zy_unit_free(job->unit);
  if (job->fn != NULL) zy_function_release(job->fn);
  if (job->owner != NULL) zy_owner_release(job->owner);
  free(job);
}

static void enter(ZyJob **list, ZyJob *job) {
  job->prev = NULL;
  job->next = *list;
  if (job->next != NULL) job->next->prev = job;
  *list = job;
}

static void leave(ZyJob **list, ZyJob *job) {
  if (job->prev != NULL) job->prev->next = job->next;
  else *list = job->next;
  if (job->next != NULL) job->next->prev = job->prev;
  job->prev = job->next = NULL;
}

/* Which list a job is in, for who reads the numbers. */
static void count(ZyJob *job, int queued, int running) {
  if (job->owner == NULL) return;
  atomic_fetch_add_explicit(&job->owner->stats.queued, (uint32_t)queued, memory_order_relaxed);
  atomic_fetch_add_explicit(&job->owner->stats.running, (uint32_t)running, memory_order_relaxed);
}

static void drop(ZyQueue *queue, ZyJob *job) {
  leave(&queue->waiting, job);
  count(job, -1, 0);
  atomic_fetch_add_explicit(&job->owner->stats.failed[ZY_STATUS_CANCELLED], 1, memory_order_relaxed);
  zy_job_free(job);
}

static int same_stub(const ZyJob *a, const ZyJob *b) {
  return a->fn != NULL && a->fn == b->fn && a->unit->stub_index == b->unit->stub_index;
}

ZyPush zy_queue_push(ZyQueue *queue, ZyJob *job) {
  ZyJob *next;
  int n = 0;
  if (!job->waited) {
    for (const ZyJob *other = queue->waiting; other != NULL; other = other->next, n++)
      if (same_stub(other, job) && other->unit->tier > job->unit->tier) return ZY_PUSH_BETTER;
    for (const ZyJob *other = queue->running; other != NULL; other = other->next)
      if (same_stub(other, job) && other->unit->tier > job->unit->tier && !atomic_load(&other->stale)) return ZY_PUSH_BETTER;
    if (n >= MOST_WAITING) return ZY_PUSH_FULL;
  }
  for (ZyJob *other = queue->waiting; other != NULL; other = next) {
    next = other->next;
    if (same_stub(other, job) && !other->waited && other->unit->tier <= job->unit->tier) drop(queue, other);
  }
  for (ZyJob *other = queue->running; other != NULL; other = other->next)
    if (same_stub(other, job) && other->unit->tier == job->unit->tier) atomic_store(&other->stale, 1);
  enter(&queue->waiting, job);
  count(job, 1, 0);
  return ZY_PUSH_QUEUED;
}

/* Whether 'a' goes before 'b'. Equals in the order they came. */
static int before(const ZyJob *a, const ZyJob *b) {
  if (b == NULL) return 1;
  if (a->waited != b->waited) return a->waited;
  if (a->heat != b->heat) return a->heat > b->heat;
  return a->due < b->due;
}

static int fits(const ZyJob *job, const ZyJob *first) {
  return job->backend == first->backend && job->unit->tier == first->unit->tier && job->what == NULL && !job->waited;
}

static void start(ZyQueue *queue, ZyJob *job) {
  leave(&queue->waiting, job);
  enter(&queue->running, job);
  job->started = 1;
  count(job, -1, 1);
}

int zy_queue_has(const ZyQueue *queue, int backend) {
  const ZyJob *job = queue->waiting;
  while (job != NULL && job->backend != backend) job = job->next;
  return job != NULL;
}

static int llvm_has_work(const ZyQueue *queue) {
  return queue->nrunning[ZY_BACKEND_LLVM] > 0 || zy_queue_has(queue, ZY_BACKEND_LLVM);
}

/* When 'job' is to be taken. */
static int64_t due(const ZyJob *job, int llvm_works) {
  return job->due + (llvm_works && job->backend == ZY_BACKEND_GCCJIT && !job->waited ? PATIENCE : 0);
}

int zy_queue_take(ZyQueue *queue, int64_t now, ZyJob *batch[ZY_BATCH_MOST], int64_t *when) {
  ZyJob *first = NULL;
  int n = 1, code, llvm_works = llvm_has_work(queue);
  *when = INT64_MAX;
  for (ZyJob *job = queue->waiting; job != NULL; job = job->next) {
    if (queue->nrunning[job->backend] >= most_running[job->backend] || !before(job, first)) continue;
    if (due(job, llvm_works) <= now) first = job;
    else if (due(job, llvm_works) < *when) *when = due(job, llvm_works);
  }
  if (first == NULL) return 0;
  queue->nrunning[first->backend]++;
  start(queue, first);
  batch[0] = first;
  code = first->unit->ncode;
  if (first->backend != ZY_BACKEND_GCCJIT || first->waited || first->what != NULL) return 1;
  while (n < ZY_BATCH_MOST) {
    ZyJob *best = NULL;
    for (ZyJob *job = queue->waiting; job != NULL; job = job->next)
      if (fits(job, first) && code + job->unit->ncode <= BATCH_CODE && before(job, best)) best = job;
    if (best == NULL) break;
    code += best->unit->ncode;
    start(queue, best);
    batch[n++] = best;
  }
  return n;
}

void zy_queue_remove(ZyQueue *queue, ZyJob *job) {
  leave(job->started ? &queue->running : &queue->waiting, job);
  count(job, job->started ? 0 : -1, job->started ? -1 : 0);
}

void zy_queue_cancel(ZyQueue *queue, const ZyOwner *owner, const ZyFunction *fn) {
  ZyJob *next;
  for (ZyJob *job = queue->waiting; job != NULL; job = next) {
    next = job->next;
    if (job->owner == NULL || (job->owner != owner && job->fn != fn)) continue;
    if (job->waited) atomic_store(&job->stale, 1);
    else drop(queue, job);
  }
  for (ZyJob *job = queue->running; job != NULL; job = job->next)
    if (job->owner != NULL && (job->owner == owner || job->fn == fn)) atomic_store(&job->stale, 1);
}

void zy_queue_forked(ZyQueue *queue) {
  ZyJob *next;
  for (ZyJob *job = queue->running; job != NULL; job = next) {
    next = job->next;
    leave(&queue->running, job);
    enter(&queue->waiting, job);
    job->started = 0;
    count(job, 1, -1);
    job->status = ZY_STATUS_OK;        /* what came of it so far is lost */
    job->code = NULL;
    job->text = NULL;
  }
  for (ZyJob *job = queue->waiting; job != NULL; job = next) {
    next = job->next;
    job->waited = 0;
    if (job->owner == NULL) {          /* a dump that nobody reads; its unit went with its thread's stack */
      leave(&queue->waiting, job);
      zy_job_free(job);
    }
  }
  for (int i = 0; i < ZY_BACKEND_COUNT; i++) queue->nrunning[i] = 0;
}
