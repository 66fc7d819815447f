/*
** code.c - native code with its tables: made by workers, freed by whoever is the last.
** SPDX-License-Identifier: MIT
**
** References: a code refers to its function's record, to those of its callees, to its owner and to its module. A
** stub refers to its code, which the record's count does not show: unpublishing code is what breaks that circle.
**
** Order between threads: counts are dropped with release and the last one is seen with acquire, so all uses come
** before the end. A retired code is pushed with release and taken with acquire, so its 'next' and whatever the
** worker wrote in it are visible to the thread that releases it.
*/
#include "runtime/code.h"

#include <stdlib.h>
#include <string.h>

/* --- Owners --- */

void zy_owner_retain(ZyOwner *owner) { atomic_fetch_add_explicit(&owner->refs, 1, memory_order_relaxed); }

void zy_owner_release(ZyOwner *owner) {
  if (atomic_fetch_sub_explicit(&owner->refs, 1, memory_order_acq_rel) == 1) free(owner);
}

ZyCompileStats *zy_owner_stats(ZyOwner *owner) { return &owner->stats; }

void zy_owner_retire(ZyOwner *owner, ZyCode *code) {
  code->next = atomic_load_explicit(&owner->retired, memory_order_relaxed);
  /* Release: pairs with the acquire in zy_owner_take_retired. Nodes are only taken all at once: no ABA. */
  while (!atomic_compare_exchange_weak_explicit(&owner->retired, &code->next, code, memory_order_release,
                                                memory_order_relaxed)) {}
}

ZyCode *zy_owner_take_retired(ZyOwner *owner) {
  if (atomic_load_explicit(&owner->retired, memory_order_relaxed) == NULL) return NULL;
  return atomic_exchange_explicit(&owner->retired, NULL, memory_order_acquire);      /* release: zy_owner_retire */
}

/* --- Modules --- */

struct ZyModule {
  _Atomic uint32_t refs;
  const ZyBackend *backend;
  void *handle;
};

static atomic_int abandoned;

ZyModule *zy_module_new(const ZyBackend *backend, void *handle) {
  ZyModule *module = malloc(sizeof *module);
  if (module == NULL) return NULL;
  atomic_init(&module->refs, 1);
  module->backend = backend;
  module->handle = handle;
  return module;
}

void *zy_module_handle(const ZyModule *module) { return module->handle; }

void zy_module_release(ZyModule *module) {
  if (atomic_fetch_sub_explicit(&module->refs, 1, memory_order_acq_rel) != 1) return;
  if (!atomic_load(&abandoned)) module->backend->release(module->handle);
  free(module);
}

void zy_module_abandon_all(void) { atomic_store(&abandoned, 1); }

/* --- Code --- */

typedef struct Code {
  ZyCode code;
  ZyOwner *owner;                      /* referenced */
} Code;

/* The next 'n' items of 'size' bytes in a block that is laid out in order of falling alignment. */
static void *take(char **at, int n, size_t size) {
  char *p = *at;
  *at += (size_t)n * size;
  return n > 0 ? p : NULL;
}

ZyCode *zy_code_new(ZyOwner *owner, ZyFunction *fn, const ZyUnit *unit, ZyCell *cells, uint32_t limit,
                    const ZyLowered *lowered, const ZyBackendResult *result, int backend, ZyModule *module) {
  int ncallees = unit->ncallees, nblocks = unit->count_blocks ? unit->ncode : 0;
  size_t tables = (size_t)ncallees * (sizeof(ZyFunction *) + sizeof(ZyProto *)) +
                  (size_t)lowered->nexits * sizeof(ZyExit) + (size_t)lowered->nframes * sizeof(ZyExitFrame) +
                  (size_t)nblocks * sizeof(uint32_t);
  Code *c = calloc(1, sizeof *c + tables);
  ZyCode *code = &c->code;
  char *at = (char *)(c + 1);
  _Static_assert(_Alignof(ZyExit) <= sizeof(uint32_t) && _Alignof(ZyExitFrame) <= sizeof(uint32_t) &&
                 sizeof(ZyExit) % 4 == 0 && sizeof(ZyExitFrame) % 4 == 0, "tables follow each other");
  if (c == NULL) return NULL;
  code->callee = take(&at, ncallees, sizeof *code->callee);
  code->callee_proto = take(&at, ncallees, sizeof *code->callee_proto);
  code->exit = take(&at, lowered->nexits, sizeof *code->exit);
  code->frame = take(&at, lowered->nframes, sizeof *code->frame);
  code->block_count = take(&at, nblocks, sizeof *code->block_count);
  for (int i = 0; i < ncallees; i++) {
    code->callee[i] = unit->callees[i].fn;
    code->callee_proto[i] = unit->callees[i].proto;
    zy_function_retain(code->callee[i]);
  }
  if (code->exit != NULL) memcpy(code->exit, lowered->exit, (size_t)lowered->nexits * sizeof *code->exit);
  if (code->frame != NULL) memcpy(code->frame, lowered->frame, (size_t)lowered->nframes * sizeof *code->frame);
  code->ncallees = ncallees;
  code->nexits = lowered->nexits;
  code->nframes = lowered->nframes;
  memcpy(&code->fn, &result->entry, sizeof code->fn);
  code->direct = result->direct;
  code->signature = result->direct != NULL ? unit->signature : ZY_SIGNATURE_NONE;
  code->bytecode = unit->bytecode;
  code->k = unit->constants;
  code->stub = unit->stub_index;
  code->tier = unit->tier;
  code->backend = (uint8_t)backend;
  code->bytes = (uint32_t)(result->bytes + sizeof *c + tables);
  code->cells = unit->profile ? cells : NULL;
  code->count = &fn->stub[unit->stub_index].count;
  atomic_init(&code->limit, limit);
  code->module = module;
  atomic_fetch_add_explicit(&module->refs, 1, memory_order_relaxed);
  code->owner = fn;
  zy_function_retain(fn);
  c->owner = owner;
  zy_owner_retain(owner);
  atomic_fetch_add_explicit(&owner->stats.code_bytes, code->bytes, memory_order_relaxed);
  return code;
}

void zy_code_discount(ZyCode *code) {
  atomic_fetch_sub_explicit(&((Code *)code)->owner->stats.code_bytes, code->bytes, memory_order_relaxed);
}

void zy_code_release(ZyCode *code) {
  Code *c = (Code *)code;
  for (int i = 0; i < code->ncallees; i++) zy_function_release(code->callee[i]);
  zy_function_release(code->owner);
  zy_module_release(code->module);
  zy_owner_release(c->owner);
  free(c);
}
