/*
** queue.h - requests to compile: which are waiting, which run, which goes next.
** SPDX-License-Identifier: MIT
**
** Only data: whoever uses a queue holds its lock (worker.c).
*/
#ifndef ZY_QUEUE_H
#define ZY_QUEUE_H

#include "runtime/code.h"

enum { ZY_BATCH_MOST = 20 };           /* functions compiled in one go */

/* A request. While it runs, the worker alone uses what is not said to be the queue's. */
typedef struct ZyJob {
  struct ZyJob *prev, *next;           /* the queue's */
  ZyOwner *owner;                      /* referenced; NULL for a dump */
  ZyFunction *fn;                      /* referenced; NULL for a dump */
  ZyUnit *unit;                        /* the job's own, but for a dump */
  ZyCell *cells;                       /* fn->cells when it was requested */
  ZyConfig config;
  const char *what;                    /* the text that a dump is to give; NULL: compile */
  int64_t due;                         /* when it is taken at the latest (zy_worker_now) */
  uint32_t heat;
  uint8_t backend;                     /* ZY_BACKEND_ */
  uint8_t waited;                      /* the queue's: a thread waits, and frees the job */
  uint8_t started, ended;              /* the queue's */
  atomic_uchar stale;                  /* written under the lock: the result is not wanted any more */
  ZyStatus status;
  ZyCode *code;
  char *text;
  uint64_t ns;                         /* time it took */
  char why[256];
} ZyJob;

typedef struct ZyQueue {
  ZyJob *waiting, *running;
  uint8_t nrunning[ZY_BACKEND_COUNT];  /* batches, by the back end they were taken for */
} ZyQueue;

/* Frees a job that is in no list, with all that it holds but its code. */
void zy_job_free(ZyJob *job);

typedef enum ZyPush {
  ZY_PUSH_QUEUED,
  ZY_PUSH_BETTER,                      /* not entered: a higher tier of the same stub is on its way */
  ZY_PUSH_FULL                         /* not entered */
} ZyPush;

/* Enters 'job', unless there is a reason not to, and frees those that it makes superfluous. */
ZyPush zy_queue_push(ZyQueue *queue, ZyJob *job);

/* Moves the jobs to do next to the running ones, and into 'batch'. Returns how many: all of one tier and for one
** back end. When there is none to do now, 0, and in '*when' the time to ask again, INT64_MAX: not before something
** changes. */
int zy_queue_take(ZyQueue *queue, int64_t now, ZyJob *batch[ZY_BATCH_MOST], int64_t *when);

/* Takes a running job out, or one that waits. */
void zy_queue_remove(ZyQueue *queue, ZyJob *job);

/* To be called once for each batch, with the back end it was taken for. */
static inline void zy_queue_batch_done(ZyQueue *queue, int backend) { queue->nrunning[backend]--; }

/* Whether a job for 'backend' waits. */
int zy_queue_has(const ZyQueue *queue, int backend);

/* Frees the waiting jobs of 'owner' or 'fn' (either may be NULL) that nobody waits for, makes its others stale. */
void zy_queue_cancel(ZyQueue *queue, const ZyOwner *owner, const ZyFunction *fn);

/* In the child of a fork: jobs that ran in the parent's workers are waiting again, and nobody waits for any. */
void zy_queue_forked(ZyQueue *queue);

#endif
