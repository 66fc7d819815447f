/*
** llvm.c - LIR -> LLVM -> native code in this process.
** SPDX-License-Identifier: MIT
**
** A shared object of its own, so that LLVM is loaded only where it is used. A batch becomes an IR module
** (llvm_emit.c) in a context that lives as long as the compilation, is optimised and made an object file
** for this very CPU, and ORC links the bytes into memory. ORC is given objects, never IR: that is safe
** from any thread and needs no context to stay alive. Each module has a resource tracker by which its
** code is freed alone; its symbols get the module's number, because all share one table.
**
** Code may call what LLVM makes of an instruction (floor, memset): these are defined from this object's own
** libm and libc, as the host may have loaded Lua where its symbols are not seen, then looked up in the process.
**
** Nothing here ends the process. LLVM reports most errors; for those it calls fatal there is a handler that
** jumps back out of LLVM. What was on its stack is lost, locks included, so LLVM is not entered again
** ('broken'). The same after a fork while a thread was inside: that thread is gone in the child, with what it
** held. A fork at any other time leaves LLVM whole: it has no threads of its own, and the code is private memory.
**
** Linked with LLVM's static libraries, what they register for the process's exit is dropped: there is nothing in it but
** memory to free, and a worker may be in LLVM until the process is gone.
**
** Requires what backend.h promises: one call at a time, 'release' excepted. Runs on worker threads;
** 'forked' in the only thread of a fork's child.
*/
#include "backend/backend.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Object.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/llvm_emit.h"

#define NLEVELS 3
#define TEXT_BYTES 400

/* LLVM 18 began to end the process when one round of it was not enough, unless told not to. */
#if LLVM_VERSION_MAJOR >= 18
#define INSTCOMBINE "instcombine<no-verify-fixpoint>"
#else
#define INSTCOMBINE "instcombine"
#endif

/* What pays in code that comes as SSA and calls nothing to inline: code as fast as that of O2, in less time. Levels 1
** and 2 differ in the effort of the code generator. In long functions, that gvn looks for loads would take as much time as
** all the rest. */
#define WORTHWHILE(gvn) \
  "function(early-cse<memssa>," INSTCOMBINE ",simplifycfg,loop-mssa(loop-rotate,licm)," gvn ",dse," INSTCOMBINE \
  ",simplifycfg)"
enum { LONG = 1200 };                  /* instructions of LIR */
static const char *const pipeline[NLEVELS] = { "default<O0>", WORTHWHILE("gvn"), WORTHWHILE("gvn") };
static const char *const long_pipeline[NLEVELS] = { "default<O0>", WORTHWHILE("gvn<no-memdep>"),
                                                    WORTHWHILE("gvn<no-memdep>") };
static const char *const plain_pipeline[NLEVELS] = { "default<O0>", "default<O1>", "default<O2>" };

typedef struct Module {
  struct Module *prev, *next;          /* in llvm.modules */
  LLVMOrcResourceTrackerRef tracker;   /* NULL: no code any more */
} Module;

typedef enum Broken { SOUND, FATAL, FORKED } Broken;

static struct {
  LLVMOrcLLJITRef jit;                 /* NULL: not started */
  LLVMTargetMachineRef machine[NLEVELS];
  char *triple;
  uint32_t serial;                     /* of the last module */
  pthread_mutex_t lock;                /* for modules, and against stop while a module is released */
  Module *modules;                     /* that have code */
  atomic_int inside;                   /* threads in LLVM, or about to be */
  _Atomic Broken broken;
} llvm = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* One task in LLVM, with what it says about its failure. */
typedef struct Task {
  void (*run)(struct Task *);
  const ZyLir *const *lir;
  int n, level;
  ZyBackendResult *result;             /* status of each is set: emit those that are OK */
  const char *what;                    /* dump */
  char *text;                          /* dump's result */
  Module *module;                      /* compile's result */
  ZyStatus status;
  char why[TEXT_BYTES];                /* the first error */
  jmp_buf escape;
} Task;

static _Thread_local Task *current;    /* the task this thread is in LLVM for */

static void fail(Task *task, ZyStatus status, const char *why) {
  if (task->status == ZY_STATUS_OK) task->status = status;
  if (task->why[0] == '\0' && why != NULL) snprintf(task->why, sizeof task->why, "%s", why);
}

/* Consumes 'error'. Returns whether there was none. */
static int check(Task *task, LLVMErrorRef error) {
  char *text;
  if (error == NULL) return 1;
  text = LLVMGetErrorMessage(error);
  fail(task, ZY_STATUS_BACKEND, text);
  LLVMDisposeErrorMessage(text);
  return 0;
}

static void on_fatal(const char *reason) {
  Task *task = current;
  if (task == NULL) return;            /* somebody else's LLVM */
  fail(task, ZY_STATUS_BACKEND, reason);
  atomic_store(&llvm.broken, FATAL);
  longjmp(task->escape, 1);
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *arg) {
  char *text;
  if (LLVMGetDiagInfoSeverity(info) != LLVMDSError) return;
  text = LLVMGetDiagInfoDescription(info);
  fail(arg, ZY_STATUS_BACKEND, text);
  LLVMDisposeMessage(text);
}

/* ORC says why it failed here, and returns only that it did. */
static void on_orc_error(void *arg, LLVMErrorRef error) {
  (void)arg;
  if (current != NULL) check(current, error);
  else LLVMConsumeError(error);
}

static const char *broken_text(void) {
  switch (atomic_load(&llvm.broken)) {
    case SOUND: break;
    case FATAL: return "LLVM had a fatal error before";
    case FORKED: return "LLVM was at work in the parent process when it forked";
  }
  return NULL;
}

/* Runs the task unless LLVM may not be entered. */
static void enter(Task *task) {
  const char *broken = broken_text();
  if (broken != NULL) {
    fail(task, ZY_STATUS_NO_BACKEND, broken);
    return;
  }
  atomic_fetch_add(&llvm.inside, 1);
  current = task;
  if (setjmp(task->escape) == 0) task->run(task);
  current = NULL;
  atomic_fetch_sub(&llvm.inside, 1);
}

static ZyStatus outcome(const Task *task, char *why, size_t size) {
  if (task->status == ZY_STATUS_OK) return ZY_STATUS_OK;
  snprintf(why, size, "%s", task->why[0] != '\0' ? task->why : zy_status_text(task->status));
  return task->status;
}

/* --- Start --- */

static atomic_int drops_handlers;             /* 1: __cxa_atexit is ours */

/* The linker has LLVM's own code, initialisers included, call this for __cxa_atexit. */
int __wrap___cxa_atexit(void (*destroy)(void *), void *data, void *dso);
int __wrap___cxa_atexit(void (*destroy)(void *), void *data, void *dso) {
  (void)destroy, (void)data, (void)dso;
  drops_handlers = 1;
  return 0;
}

static int registers(void) { return !drops_handlers; }

/* Hardened systems refuse to make memory executable that was writable. */
static int can_execute(void) {
  size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int ok = page != MAP_FAILED && mprotect(page, bytes, PROT_READ | PROT_EXEC) == 0;
  if (page != MAP_FAILED) munmap(page, bytes);
  return ok;
}

static int make_machines(Task *task) {
  static const LLVMCodeGenOptLevel effort[NLEVELS] = { LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                       LLVMCodeGenLevelDefault };
  char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures(), *error = NULL;
  LLVMTargetRef target;
  if (llvm.triple == NULL) llvm.triple = LLVMGetDefaultTargetTriple();
  if (LLVMGetTargetFromTriple(llvm.triple, &target, &error) != 0) {
    fail(task, ZY_STATUS_NO_BACKEND, error);
    LLVMDisposeMessage(error);
  } else {
    for (int level = 0; level < NLEVELS; level++)
      if (llvm.machine[level] == NULL)
        llvm.machine[level] = LLVMCreateTargetMachine(target, llvm.triple, cpu, features, effort[level], LLVMRelocPIC,
                                                      LLVMCodeModelSmall);
    for (int level = 0; level < NLEVELS; level++)
      if (llvm.machine[level] == NULL) fail(task, ZY_STATUS_NO_BACKEND, "LLVM has no code generator for this machine");
  }
  LLVMDisposeMessage(cpu);
  LLVMDisposeMessage(features);
  return task->status == ZY_STATUS_OK;
}

/* Functions that LLVM may call for an instruction, an intrinsic, or a loop it recognised. */
static LLVMErrorRef define_library(LLVMOrcLLJITRef jit, LLVMOrcJITDylibRef table) {
#define LIBRARY(X) X(memcpy) X(memmove) X(memset) X(memcmp) X(strlen) X(floor) X(ceil) X(trunc) X(rint) X(sqrt) \
                   X(fabs) X(fmod)
#define POINTER(name) { #name, (uintptr_t)&name },
  static const struct { const char *name; uintptr_t at; } library[] = { LIBRARY(POINTER) };
#undef POINTER
#undef LIBRARY
  enum { N = sizeof library / sizeof *library };
  LLVMOrcDefinitionGeneratorRef process;
  __typeof__(*(LLVMOrcCSymbolMapPairs)0) symbols[N];   /* LLVM 14 has no name for it */
  LLVMErrorRef error;
  for (int i = 0; i < N; i++) {
    symbols[i].Name = LLVMOrcLLJITMangleAndIntern(jit, library[i].name);
    symbols[i].Sym.Address = library[i].at;
    symbols[i].Sym.Flags.GenericFlags = LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable;
    symbols[i].Sym.Flags.TargetFlags = 0;
  }
  error = LLVMOrcJITDylibDefine(table, LLVMOrcAbsoluteSymbols(symbols, N));
  if (error != NULL) return error;
  error = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, LLVMOrcLLJITGetGlobalPrefix(jit), NULL, NULL);
  if (error == NULL) LLVMOrcJITDylibAddGenerator(table, process);
  return error;
}

static void run_start(Task *task) {
  LLVMOrcLLJITRef jit = NULL;
  LLVMInstallFatalErrorHandler(on_fatal);
  if (LLVMInitializeNativeTarget() != 0 || LLVMInitializeNativeAsmPrinter() != 0) {
    fail(task, ZY_STATUS_NO_BACKEND, "LLVM has no code generator for this machine");
    return;
  }
  if (!make_machines(task) || !check(task, LLVMOrcCreateLLJIT(&jit, NULL))) return;
  LLVMOrcExecutionSessionSetErrorReporter(LLVMOrcLLJITGetExecutionSession(jit), on_orc_error, NULL);
  if (check(task, define_library(jit, LLVMOrcLLJITGetMainJITDylib(jit)))) llvm.jit = jit;
  else LLVMConsumeError(LLVMOrcDisposeLLJIT(jit));
}

static ZyStatus start(char *why, size_t size) {
  Task task = { .run = run_start };
  if (llvm.jit != NULL && broken_text() == NULL) return ZY_STATUS_OK;
  if (!can_execute()) fail(&task, ZY_STATUS_NO_BACKEND, "this system does not allow executable memory");
  else enter(&task);
  if (task.status != ZY_STATUS_OK) task.status = ZY_STATUS_NO_BACKEND;
  return outcome(&task, why, size);
}

/* --- Compile --- */

static void symbol_name(char *to, size_t size, const ZyLir *lir, uint32_t serial) {
  snprintf(to, size, "%s.%u", lir->name, serial);
}

static void dispose_module(LLVMModuleRef module) {
  LLVMContextRef context = LLVMGetModuleContext(module);
  LLVMDisposeModule(module);
  LLVMContextDispose(context);
}

/* A version of LLVM that does not know one of our passes says so before it runs any. */
static void optimise(Task *task, LLVMModuleRef module) {
  LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
  LLVMTargetMachineRef machine = llvm.machine[task->level];
  LLVMErrorRef error;
  uint32_t n = 0;
  for (int i = 0; i < task->n; i++) n += task->lir[i]->insts.n;
  error = LLVMRunPasses(module, (n < LONG ? pipeline : long_pipeline)[task->level], machine, options);
  if (error != NULL) {
    LLVMConsumeError(error);
    error = LLVMRunPasses(module, plain_pipeline[task->level], machine, options);
  }
  check(task, error);
  LLVMDisposePassBuilderOptions(options);
}

/* The optimised module, in a context of its own; NULL when it failed. With 'serial' 0 names are as given. */
static LLVMModuleRef optimised_module(Task *task, uint32_t serial) {
  LLVMContextRef context = LLVMContextCreate();
  LLVMModuleRef module = LLVMModuleCreateWithNameInContext("zyjit", context);
  LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(llvm.machine[task->level]);
  LLVMContextSetDiagnosticHandler(context, on_diagnostic, task);
  LLVMContextSetDiscardValueNames(context, serial != 0);
  LLVMSetTarget(module, llvm.triple);
  LLVMSetModuleDataLayout(module, layout);
  for (int i = 0; i < task->n && task->status == ZY_STATUS_OK; i++) {
    char name[sizeof task->lir[i]->name + 16];
    if (task->result != NULL && task->result[i].status != ZY_STATUS_OK) continue;
    if (serial != 0) symbol_name(name, sizeof name, task->lir[i], serial);
    else snprintf(name, sizeof name, "%s", task->lir[i]->name);
    fail(task, zy_llvm_emit(module, task->lir[i], name, task->level), NULL);
  }
#ifdef ZY_DEBUG
  if (task->status == ZY_STATUS_OK) {
    char *error = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &error) != 0) fail(task, ZY_STATUS_INVALID, error);
    LLVMDisposeMessage(error);
  }
#endif
  if (task->status == ZY_STATUS_OK) optimise(task, module);
  LLVMDisposeTargetData(layout);
  if (task->status == ZY_STATUS_OK) return module;
  dispose_module(module);
  return NULL;
}

/* The module as an object file, or as assembly text; NULL when it failed. */
static LLVMMemoryBufferRef generate(Task *task, LLVMModuleRef module, LLVMCodeGenFileType type) {
  LLVMMemoryBufferRef buffer = NULL;
  char *error = NULL;
  if (LLVMTargetMachineEmitToMemoryBuffer(llvm.machine[task->level], module, type, &error, &buffer) != 0) {
    fail(task, ZY_STATUS_BACKEND, error);
    LLVMDisposeMessage(error);
    return NULL;
  }
  if (task->status == ZY_STATUS_OK) return buffer;       /* a diagnostic may have come */
  LLVMDisposeMemoryBuffer(buffer);
  return NULL;
}

/* Fills in the sizes of the functions in an object file, which they have only there. */
static void measure(Task *task, LLVMMemoryBufferRef object, uint32_t serial) {
  char *error = NULL, name[sizeof task->lir[0]->name + 16];
  LLVMBinaryRef binary = LLVMCreateBinary(object, NULL, &error);
  LLVMSymbolIteratorRef at;
  int i = 0;
  if (binary == NULL) {
    LLVMDisposeMessage(error);
    return;
  }
  at = LLVMObjectFileCopySymbolIterator(binary);
  for (; !LLVMObjectFileIsSymbolIteratorAtEnd(binary, at); LLVMMoveToNextSymbol(at)) {
    const char *symbol = LLVMGetSymbolName(at);
    for (int k = 0; k < task->n; k++, i = (i + 1) % task->n) {     /* they come in order, more or less */
      symbol_name(name, sizeof name, task->lir[i], serial);
      if (task->result[i].status != ZY_STATUS_OK || strcmp(name, symbol) != 0) continue;
      task->result[i].bytes = LLVMGetSymbolSize(at);
      break;
    }
  }
  LLVMDisposeSymbolIterator(at);
  LLVMDisposeBinary(binary);
}

static void drop(LLVMOrcResourceTrackerRef tracker) {
  LLVMConsumeError(LLVMOrcResourceTrackerRemove(tracker));
  LLVMOrcReleaseResourceTracker(tracker);
}

/* Links 'object', which it consumes, and finds its functions. */
static void load(Task *task, LLVMMemoryBufferRef object, uint32_t serial) {
  LLVMOrcResourceTrackerRef tracker =
    LLVMOrcJITDylibCreateResourceTracker(LLVMOrcLLJITGetMainJITDylib(llvm.jit));
  Module *module = calloc(1, sizeof *module);
  if (module == NULL) {
    fail(task, ZY_STATUS_MEMORY, NULL);
    LLVMDisposeMemoryBuffer(object);
  } else {
    check(task, LLVMOrcLLJITAddObjectFileWithRT(llvm.jit, tracker, object));
  }
  for (int i = 0; i < task->n && task->status == ZY_STATUS_OK; i++) {
    char name[sizeof task->lir[i]->name + 16];
    LLVMOrcExecutorAddress entry = 0;
    if (task->result[i].status != ZY_STATUS_OK) continue;
    symbol_name(name, sizeof name, task->lir[i], serial);
    if (check(task, LLVMOrcLLJITLookup(llvm.jit, &entry, name))) task->result[i].entry = (void *)(uintptr_t)entry;
  }
  if (task->status != ZY_STATUS_OK) {
    drop(tracker);
    free(module);
    return;
  }
  module->tracker = tracker;
  pthread_mutex_lock(&llvm.lock);
  module->next = llvm.modules;
  if (module->next != NULL) module->next->prev = module;
  llvm.modules = module;
  pthread_mutex_unlock(&llvm.lock);
  task->module = module;
}

static void run_compile(Task *task) {
  uint32_t serial = llvm.serial = llvm.serial == UINT32_MAX ? 1 : llvm.serial + 1;
  LLVMModuleRef module = optimised_module(task, serial);
  LLVMMemoryBufferRef object;
  if (module == NULL) return;
  object = generate(task, module, LLVMObjectFile);
  dispose_module(module);
  if (object == NULL) return;
  measure(task, object, serial);
  load(task, object, serial);
}

static int clamp(int level) { return level < 0 ? 0 : level < NLEVELS ? level : NLEVELS - 1; }

static ZyStatus compile(const ZyLir *const *lir, int n, int level, ZyBackendResult *result, void **module,
                        char *why, size_t size) {
  Task task = { .run = run_compile, .lir = lir, .n = n, .level = clamp(level), .result = result };
  const char *malformed = NULL;
  int nok = 0;
  *module = NULL;
  for (int i = 0; i < n; i++) {
    const char *wrong = zy_lir_check(lir[i]);
    result[i] = (ZyBackendResult){ .status = wrong == NULL ? ZY_STATUS_OK : ZY_STATUS_INVALID };
    nok += wrong == NULL;
    if (malformed == NULL) malformed = wrong;
  }
  if (llvm.jit == NULL) fail(&task, ZY_STATUS_NO_BACKEND, "LLVM was not started");
  else if (nok == 0) fail(&task, ZY_STATUS_INVALID, malformed);
  else enter(&task);
  if (task.status != ZY_STATUS_OK)
    for (int i = 0; i < n; i++)
      if (result[i].status == ZY_STATUS_OK) result[i] = (ZyBackendResult){ .status = task.status };
  *module = task.module;
  return outcome(&task, why, size);
}

/* --- Release, dump, stop, fork --- */

static void run_release(Task *task) {
  pthread_mutex_lock(&llvm.lock);
  if (task->module->tracker != NULL) {
    Module *m = task->module;
    if (m->prev != NULL) m->prev->next = m->next;
    else llvm.modules = m->next;
    if (m->next != NULL) m->next->prev = m->prev;
    drop(m->tracker);
  }
  free(task->module);
  pthread_mutex_unlock(&llvm.lock);
}

/* What cannot be freed safely is not freed. */
static void release(void *module) {
  Task task = { .run = run_release, .module = module };
  if (module != NULL) enter(&task);
}

static void run_dump(Task *task) {
  LLVMModuleRef module = optimised_module(task, 0);
  if (module == NULL) return;
  if (strcmp(task->what, "llvm") == 0) {
    char *text = LLVMPrintModuleToString(module);
    task->text = strdup(text);
    LLVMDisposeMessage(text);
  } else {
    LLVMMemoryBufferRef text = generate(task, module, LLVMAssemblyFile);
    if (text != NULL) {
      task->text = strndup(LLVMGetBufferStart(text), LLVMGetBufferSize(text));
      LLVMDisposeMemoryBuffer(text);
    }
  }
  dispose_module(module);
  if (task->text == NULL) fail(task, ZY_STATUS_MEMORY, NULL);
}

static char *dump(const ZyLir *lir, int level, const char *what, char *why, size_t size) {
  Task task = { .run = run_dump, .lir = &lir, .n = 1, .level = clamp(level), .what = what };
  const char *wrong = zy_lir_check(lir);
  if (strcmp(what, "llvm") != 0 && strcmp(what, "asm") != 0) {
    snprintf(why, size, "llvm has no '%s'", what);
    return NULL;
  }
  if (llvm.jit == NULL) fail(&task, ZY_STATUS_NO_BACKEND, "LLVM was not started");
  else if (wrong != NULL) fail(&task, ZY_STATUS_INVALID, wrong);
  else enter(&task);
  outcome(&task, why, size);
  return task.text;
}

static void run_stop(Task *task) {
  pthread_mutex_lock(&llvm.lock);
  while (llvm.modules != NULL) {
    Module *m = llvm.modules;
    llvm.modules = m->next;
    LLVMOrcReleaseResourceTracker(m->tracker);
    *m = (Module){ 0 };                /* is freed when it is released */
  }
  if (llvm.jit != NULL) check(task, LLVMOrcDisposeLLJIT(llvm.jit));
  llvm.jit = NULL;
  for (int level = 0; level < NLEVELS; level++) {
    if (llvm.machine[level] != NULL) LLVMDisposeTargetMachine(llvm.machine[level]);
    llvm.machine[level] = NULL;
  }
  LLVMDisposeMessage(llvm.triple);
  llvm.triple = NULL;
  LLVMResetFatalErrorHandler();
  pthread_mutex_unlock(&llvm.lock);
}

static void stop(void) {
  Task task = { .run = run_stop };
  if (llvm.jit != NULL) enter(&task);
}

static void forked(int busy) {
  static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
  memcpy(&llvm.lock, &fresh, sizeof fresh);
  if ((busy || atomic_load(&llvm.inside) != 0) && atomic_load(&llvm.broken) == SOUND)
    atomic_store(&llvm.broken, FORKED);
  atomic_store(&llvm.inside, 0);
}

__attribute__((visibility("default"))) const uint32_t zy_backend_llvm_abi = ZY_BACKEND_ABI;

__attribute__((visibility("default"))) const ZyBackend zy_backend_llvm =
  { "llvm", start, compile, release, dump, stop, registers, forked };
