/*
** backend.h - the interface behind which native code is made.
** SPDX-License-Identifier: MIT
**
** A back end knows LIR and nothing of Lua. Called on worker threads only, one call at a time for each
** back end (the caller holds a lock), except 'release', which may be called on any thread.
*/
#ifndef ZY_BACKEND_H
#define ZY_BACKEND_H

#include <stddef.h>
#include "base/status.h"
#include "lir/lir.h"

/* What a back end in an object of its own was built for; it exports this as zy_backend_<name>_abi. */
#define ZY_BACKEND_ABI ((uint32_t)(0x5a590000u + sizeof(ZyBackend) * 65536 + sizeof(ZyLirInst) * 256 + ZY_LIR_COUNT))

typedef struct ZyBackendResult {
  ZyStatus status;
  void *entry;                         /* the native function, when status is OK */
  void *direct;                        /* its direct entry, set by who asked for both */
  size_t bytes;                        /* of code, about */
} ZyBackendResult;

typedef struct ZyBackend {
  const char *name;

  /* Makes ready what compiling needs. Returns OK, or NO_BACKEND and a reason in 'why' (size bytes). */
  ZyStatus (*start)(char *why, size_t size);

  /* Compiles 'n' functions at 'level' (0 quick, 1 standard, 2 best) into one module. Fills result[0..n-1].
  ** On failure of the whole returns another status than OK, the reason in 'why', and no module. */
  ZyStatus (*compile)(const ZyLir *const *lir, int n, int level, ZyBackendResult *result, void **module,
                      char *why, size_t size);

  /* Frees a module's code. Nobody runs it any more. */
  void (*release)(void *module);

  /* Text of 'lir' at 'level': what is "llvm", "gimple" or "asm". malloc'ed; NULL and 'why' if it cannot. */
  char *(*dump)(const ZyLir *lir, int level, const char *what, char *why, size_t size);

  /* Before the process exits: frees everything, ends helper processes. Called once, no compile running. */
  void (*stop)(void);

  /* Whether what it has loaded may register more handlers for the process's exit while it compiles. Once started. */
  int (*registers)(void);

  /* In the child of a fork; 'busy' when a compile was running in the parent. Must not wait for anything. */
  void (*forked)(int busy);
} ZyBackend;

/* The back end called 'name' ("gccjit", "llvm", "none"), loaded on first use; NULL when not built in
** or its shared object cannot be loaded, with the reason in 'why'. */
const ZyBackend *zy_backend_find(const char *name, char *why, size_t size);

/* Folder of zyjit's own shared objects and programs (where core.so is), without a trailing slash. */
const char *zy_backend_folder(void);

#endif
