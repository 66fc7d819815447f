/*
** code.h - native code that exists, and to whom it belongs.
** SPDX-License-Identifier: MIT
**
** The private side of compile.h's ZyOwner and ZyCode.
*/
#ifndef ZY_CODE_H
#define ZY_CODE_H

#include "backend/backend.h"
#include "lir/lower.h"
#include "runtime/compile.h"

struct ZyOwner {
  ZyCompileStats stats;
  _Atomic uint32_t refs;               /* the state's, one of each job, one of each code */
  _Atomic(ZyCode *) retired;           /* pushed by workers, taken whole by the state's thread */
  uint8_t closed;                      /* the queue's lock */
};

void zy_owner_retain(ZyOwner *owner);
void zy_owner_release(ZyOwner *owner);

/* What one call of a back end made, for one function or for several. */
typedef struct ZyModule ZyModule;

/* With one reference; NULL when there is no memory. Takes the handle over only on success. */
ZyModule *zy_module_new(const ZyBackend *backend, void *handle);
void zy_module_release(ZyModule *module);
/* What the back end gave. */
void *zy_module_handle(const ZyModule *module);

/* From now on code is not given back to back ends any more: the process is exiting, and what a back end needs
** for that may have been taken down before. */
void zy_module_abandon_all(void);

/* The record of compiled code, with all its tables: takes references to what it names. NULL: no memory. */
ZyCode *zy_code_new(ZyOwner *owner, ZyFunction *fn, const ZyUnit *unit, ZyCell *cells, uint32_t limit,
                    const ZyLowered *lowered, const ZyBackendResult *result, int backend, ZyModule *module);

/* Counts it as gone. */
void zy_code_discount(ZyCode *code);
/* Frees it: exit tables, references, the back end's module when its last function goes. */
void zy_code_release(ZyCode *code);

/* Puts code that is in no stub any more where the state's thread finds it. */
void zy_owner_retire(ZyOwner *owner, ZyCode *code);

#endif
