/*
** compile.h - unit -> native code, published in the function's record.
** SPDX-License-Identifier: MIT
**
** Requests are made on the thread that runs a Lua state. Workers (a pool shared by all states of the process) take
** them by heat, in batches where the back end has a fixed cost, and publish: see queue.c and worker.c.
*/
#ifndef ZY_COMPILE_H
#define ZY_COMPILE_H

#include <stdatomic.h>
#include <stddef.h>
#include "base/status.h"
#include "profile/unit.h"
#include "lir/native.h"
#include "runtime/config.h"

/* What a state and the workers share; reference counted, so that it outlives the state while a request of it runs. */
typedef struct ZyOwner ZyOwner;

/* Counters that workers write and stats() reads. */
typedef struct ZyCompileStats {
  _Atomic uint64_t compiled[3];        /* by tier */
  _Atomic uint64_t failed[ZY_STATUS_COUNT];
  _Atomic uint64_t ns[3];              /* time spent compiling, by tier */
  _Atomic uint64_t code_bytes;         /* of code that exists */
  _Atomic uint32_t queued, running;
} ZyCompileStats;

ZyOwner *zy_owner_new(void);           /* NULL: no memory */
/* The state closes: drops its queued requests, and what running ones give is not published any more. Waits for
** nothing. Releases the state's reference: afterwards 'owner' is not used in any call. The state has unpublished and
** released all its code, or does so later. */
void zy_owner_close(ZyOwner *owner);
ZyCompileStats *zy_owner_stats(ZyOwner *owner);

/* Asks for 'unit' (taken over, also on failure) to be compiled for fn->stub[unit->stub_index] with the settings'
** back end for its tier, or the next best that works. Higher 'heat' goes first; a queued request for the same stub and
** a lower tier is dropped. With 'wait' returns when the code is published or compiling has failed. 'why' gets the
** reason of a failure. OK when queued or published; CANCELLED when something better is in use or came meanwhile. */
ZyStatus zy_compile_request(ZyOwner *owner, const ZyConfig *config, ZyFunction *fn, ZyUnit *unit, uint32_t heat,
                            int wait, char *why, size_t size);

/* Drops what is queued for 'fn', and what is being compiled for it is not published any more. To be called when its
** Proto died and when its code is thrown away for good. Waits for nothing. */
void zy_compile_cancel(ZyFunction *fn);

/* Until nothing of 'owner' is queued or being compiled, at most 'seconds' (negative: no limit). 1, or 0 on time-out. */
int zy_compile_wait(ZyOwner *owner, double seconds);

/* Puts 'by', which may be NULL, in the place of fn->stub[i].code, which it gives; the thread that runs the state gives that
** to zy_code_discard when no native frame can be in it. NULL when there was none. */
ZyCode *zy_code_replace(ZyFunction *fn, int stub, ZyCode *by);

/* Until its request has ended, the interpreter does not pass through a stub that has no code: what would enter native
** code is as it was at first, and the worker arms the stub again. To be called before the request; the function's Proto
** is kept (zy_attach_keep). */
void zy_stub_sleep(ZyFunction *fn, int stub);
/* The same until the request for the function as a whole has ended, if that is asleep. */
void zy_stub_sleep_with_function(ZyFunction *fn, int stub);
/* Arms those of the function's stubs that are asleep. Afterwards no worker writes to its Proto. */
void zy_stub_wake(ZyFunction *fn);

/* Code that nobody runs, linked by 'next', is freed: by a worker, while there is one. What one thread allocates and
** another one frees is used again by the latter (malloc caches it), which then takes turns with the former for a lock,
** and a back end is slow to free what it has made. */
void zy_code_discard(ZyCode *code);

/* Code that a worker has replaced by better: pushed there by workers, taken whole by the state's thread (linked by
** 'next'), which discards it when no native frame can be in it. */
ZyCode *zy_owner_take_retired(ZyOwner *owner);

/* HIR, LIR or a back end's text of 'unit' (not taken over): 'what' as for zyjit.dump. malloc'ed; NULL and 'why'. */
char *zy_compile_dump(const ZyUnit *unit, const ZyConfig *config, const char *what, char *why, size_t size);

/* Why the back end (ZY_BACKEND_) cannot be used; NULL when it can or was not tried. Stays valid. */
const char *zy_compile_backend_reason(int backend);

#endif
