/*
** worker.h - the threads that compile.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_WORKER_H
#define ZY_WORKER_H

#include "runtime/queue.h"

/* Where a worker is, for who has to leave the process with it inside. */
typedef enum ZyPlace {
  ZY_PLACE_OURS,                       /* our own code, soon to look whether to go on */
  ZY_PLACE_LOADING,                    /* the dynamic loader: initialisers of a back end */
  ZY_PLACE_GCCJIT,                     /* waits for the helper process; nothing is lost if it never returns */
  ZY_PLACE_LLVM                        /* inside LLVM */
} ZyPlace;

/* Queues 'job' and sees to it that a worker does it. Waits for its end when it is 'waited', and returns it, for the
** caller to free. Else returns NULL: the job is freed here or by its worker; '*status' is OK when it is queued or
** a better one is, or why not, with the reason in 'why'. */
ZyJob *zy_worker_ask(ZyJob *job, ZyStatus *status, char *why, size_t size);

/* Nanoseconds of a clock that only goes forward. */
int64_t zy_worker_now(void);

/* Tells where the calling worker is. Elsewhere does nothing. */
void zy_worker_at(ZyPlace place);

/* Whether the process is exiting: what is being done is not wanted any more. */
int zy_worker_leaving(void);

/* Around what may take locks of the C library that a fork does not make anew (the loader's, that of atexit): a fork
** waits until it is over. Not to be nested. */
void zy_worker_begin_load(void);
void zy_worker_end_load(void);

/* Makes sure that the workers are stopped before what was registered with atexit so far is undone. To be called
** again whenever a back end may have registered something. */
void zy_worker_guard_exit(void);

#endif
