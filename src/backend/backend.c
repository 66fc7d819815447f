/*
** backend.c - name -> back end, loaded on first use.
** SPDX-License-Identifier: MIT
**
** The LLVM back end is a shared object of its own next to zyjit's core, so that zyjit loads where LLVM is
** not installed, and LLVM only where it is used. It is never unloaded: a compiler's atexit handlers and
** thread-local destructors must outlive every user of it. One of another build is refused.
**
** Any thread; two threads that find the same back end at once both load it, which dlopen makes one.
*/
#include "backend/backend.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const ZyBackend zy_backend_gccjit;

static ZyStatus none_start(char *why, size_t size) {
  snprintf(why, size, "no back end chosen");
  return ZY_STATUS_NO_BACKEND;
}

static ZyStatus none_compile(const ZyLir *const *lir, int n, int level, ZyBackendResult *result, void **module,
                             char *why, size_t size) {
  (void)lir, (void)level;
  *module = NULL;
  for (int i = 0; i < n; i++) result[i] = (ZyBackendResult){ .status = ZY_STATUS_NO_BACKEND };
  return none_start(why, size);
}

static void none_release(void *module) { (void)module; }

static char *none_dump(const ZyLir *lir, int level, const char *what, char *why, size_t size) {
  (void)lir, (void)level, (void)what;
  none_start(why, size);
  return NULL;
}

static void none_stop(void) {}
static int none_registers(void) { return 0; }
static void none_forked(int busy) { (void)busy; }

static const ZyBackend none =
  { "none", none_start, none_compile, none_release, none_dump, none_stop, none_registers, none_forked };

static char folder[PATH_MAX] = ".";

/* When the object is loaded: its path may be relative to a folder that the process leaves later. */
__attribute__((constructor)) static void find_folder(void) {
  char path[PATH_MAX];
  char *slash;
  Dl_info info;
  if (dladdr(folder, &info) == 0 || info.dli_fname == NULL || realpath(info.dli_fname, path) == NULL) return;
  slash = strrchr(path, '/');
  if (slash == NULL) return;
  slash[slash == path] = '\0';         /* the root keeps its slash */
  memcpy(folder, path, strlen(path) + 1);
}

const char *zy_backend_folder(void) { return folder; }

static const ZyBackend *load_llvm(char *why, size_t size) {
  static _Atomic(const ZyBackend *) loaded;
  const ZyBackend *backend = atomic_load_explicit(&loaded, memory_order_acquire);    /* release: below */
  const uint32_t *abi;
  char path[PATH_MAX + 16];
  void *object;
  if (backend != NULL) return backend;
  snprintf(path, sizeof path, "%s/llvm.so", folder);
  object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (object == NULL) {
    const char *error = dlerror();
    snprintf(why, size, "%s", error != NULL ? error : path);
    return NULL;
  }
  backend = dlsym(object, "zy_backend_llvm");
  abi = dlsym(object, "zy_backend_llvm_abi");
  if (backend == NULL || abi == NULL || *abi != ZY_BACKEND_ABI) {
    snprintf(why, size, "%s: is of another build of zyjit", path);
    return NULL;
  }
  atomic_store_explicit(&loaded, backend, memory_order_release);
  return backend;
}

const ZyBackend *zy_backend_find(const char *name, char *why, size_t size) {
  if (strcmp(name, "gccjit") == 0) return &zy_backend_gccjit;
  if (strcmp(name, "llvm") == 0) return load_llvm(why, size);
  if (strcmp(name, "none") == 0) return &none;
  snprintf(why, size, "no back end is called '%s'", name);
  return NULL;
}
