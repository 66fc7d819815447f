/*
** make.c - units -> HIR -> LIR -> a back end -> codes.
** SPDX-License-Identifier: MIT
**
** The whole way of a function through the compiler. What one compilation needs is in an arena of its own, which ends
** here. A batch that fails as a whole is tried again function by function, so that one function cannot keep others
** from being compiled; a back end that fails with a single one gets a second chance (the helper process may have been
** killed), then another back end does it.
**
** On workers; zy_make_text also on the threads that run states.
*/
#include "runtime/make.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/build.h"
#include "hir/print.h"
#include "hir/verify.h"
#include "pass/pipeline.h"
#include "runtime/engine.h"
#include "runtime/worker.h"
#include "vm/bytecode.h"

#define MOST_INSTRUCTIONS 40000              /* of LIR: back ends take seconds for more */
#define PATIENCE_NS (5 * (int64_t)1000000000)  /* a failure that took longer is not worth a second try */

typedef struct Making {
  ZyJob *job;
  ZyArena arena;
  ZyLowered lowered;
} Making;

static void say(char *why, size_t size, const char *text) {
  if (why != NULL && size > 0) snprintf(why, size, "%s", text);
}

/* --- Unit to LIR --- */

static void verify(const ZyHir *h) {
#ifdef ZY_DEBUG
  char error[256];
  if (zy_verify_hir(h, error, sizeof error) == ZY_STATUS_OK) return;
  fprintf(stderr, "zyjit: %s: as built: %s\n", h->unit->name, error);
  zy_arena_fail(h->arena, ZY_STATUS_INVALID);
#else
  (void)h;
#endif
}

/* An identifier that tells people which function it is, and no two in a process at a time are the same. */
static void symbol_of(const ZyUnit *unit, char *name, size_t size) {
  static _Atomic uint32_t serial;
  char readable[33];
  size_t length = strlen(unit->name), n = 0;
  const char *text = length < sizeof readable ? unit->name : unit->name + length - (sizeof readable - 1);
  for (; *text != '\0'; text++) readable[n++] = isalnum((unsigned char)*text) ? *text : '_';
  readable[n] = '\0';
  snprintf(name, size, "lua_%s_t%d_%u", readable, unit->tier, atomic_fetch_add(&serial, 1) + 1);
}

static size_t memory_limit(const ZyConfig *config) { return (size_t)config->memory_limit_mb << 20; }

static int check(const ZyUnit *unit, const ZyLir *lir) {
#ifdef ZY_DEBUG
  if (lir != NULL && zy_lir_check(lir) != NULL) {
    fprintf(stderr, "zyjit: %s: lowered: %s\n", unit->name, zy_lir_check(lir));
    return 0;
  }
#else
  (void)unit, (void)lir;
#endif
  return 1;
}

/* Where the function's code is. */
static const ZyLir *substance(const ZyLowered *lowered) {
  return lowered->direct != NULL ? lowered->direct : lowered->lir;
}

/* Leaves what is wanted of it in 'hir' and 'out'. */
static ZyStatus lower(ZyArena *arena, const ZyUnit *unit, ZyHir **hir, ZyLowered *out) {
  char name[64];
  ZyHir *h;
  volatile int escaped;
  escaped = setjmp(arena->escape);
  if (escaped != 0) return (ZyStatus)escaped;
  h = zy_build_hir(arena, unit);
  verify(h);
  zy_pass_pipeline(h, unit->tier, NULL);
  *hir = h;
  if (out == NULL) return ZY_STATUS_OK;
  symbol_of(unit, name, sizeof name);
  zy_lower_hir(h, name, out);
  if (substance(out)->insts.n > MOST_INSTRUCTIONS) return ZY_STATUS_TOO_LARGE;
  return check(unit, out->lir) && check(unit, out->direct) ? ZY_STATUS_OK : ZY_STATUS_INVALID;
}

/* --- LIR to code --- */

/* Executions at which code of a tier first sees whether it is time for a higher one. */
static uint32_t limit_of(const ZyConfig *config, int tier) {
  return config->tiers >> tier > 1 ? (uint32_t)config->warm_threshold : UINT32_MAX;
}

static void fail(ZyJob *job, ZyStatus status, const char *why) {
  job->status = status;
  say(job->why, sizeof job->why, why != NULL && *why != '\0' ? why : zy_status_text(status));
}

static void fail_all(Making **making, int n, ZyStatus status, const char *why) {
  for (int i = 0; i < n; i++) fail(making[i]->job, status, why);
}

static void add_direct(ZyBackendResult *result, const ZyBackendResult *direct) {
  if (result->status == ZY_STATUS_OK) result->status = direct->status;
  result->direct = direct->entry;
  result->bytes += direct->bytes;
}

/* What is left of a batch, with the back end 'backend'; 'again' when it has had a chance with it. */
static void compile(Making **making, int n, int backend, int again, int moved) {
  const ZyLir *lir[2 * ZY_BATCH_MOST];
  ZyBackendResult result[2 * ZY_BATCH_MOST];
  const ZyConfig *config = &making[0]->job->config;
  int level = making[0]->job->unit->tier, other = zy_engine_other(backend), verbosity = 0, nlir = n;
  int64_t start = zy_worker_now();
  char why[256] = "";
  ZyModule *module;
  ZyStatus status;
  for (int i = 0; i < n; i++) {
    lir[i] = making[i]->lowered.lir;
    if (making[i]->lowered.direct != NULL) lir[nlir++] = making[i]->lowered.direct;
    if (making[i]->job->config.verbosity > verbosity) verbosity = making[i]->job->config.verbosity;
  }
  memset(result, 0, sizeof result);
  status = zy_engine_compile(backend, lir, nlir, level, result, &module, verbosity, why, sizeof why);
  if (status == ZY_STATUS_OK) {
    for (int i = 0, direct = n; i < n; i++) {
      ZyJob *job = making[i]->job;
      if (making[i]->lowered.direct != NULL) add_direct(&result[i], &result[direct++]);
      if (result[i].status != ZY_STATUS_OK) {
        fail(job, result[i].status, NULL);
        continue;
      }
      job->code = zy_code_new(job->owner, job->fn, job->unit, job->cells, limit_of(config, level),
                              &making[i]->lowered, &result[i], backend, module);
      if (job->code == NULL) fail(job, ZY_STATUS_MEMORY, NULL);
    }
    zy_module_release(module);
  } else if (zy_worker_leaving() || (status != ZY_STATUS_BACKEND && status != ZY_STATUS_NO_BACKEND)) {
    fail_all(making, n, status, why);
  } else if (status == ZY_STATUS_BACKEND && n > 1) {
    for (int i = 0; i < n; i++) compile(&making[i], 1, backend, 0, moved);
  } else if (status == ZY_STATUS_BACKEND && !again && zy_worker_now() - start < PATIENCE_NS) {
    compile(making, n, backend, 1, moved);
  } else if (!moved && other != ZY_BACKEND_NONE) {
    compile(making, n, other, 0, 1);
  } else {
    fail_all(making, n, status, why);
  }
}

/* --- Text --- */

static const char *show_constant(const ZyConst *k, char *out, size_t size) {
  size_t n = 0;
  switch (k->tag) {
    case ZY_TAG_INT: snprintf(out, size, "%lld", (long long)k->i); break;
    case ZY_TAG_NUM: snprintf(out, size, "%.17g", k->n); break;
    case ZY_TAG_TRUE: return "true";
    case ZY_TAG_FALSE: return "false";
    case ZY_TAG_STR: case ZY_TAG_LONG_STR:
      out[n++] = '"';
      for (const char *c = k->text; *c != '\0' && n + 2 < size; c++) out[n++] = isprint((unsigned char)*c) ? *c : '.';
      out[n++] = '"';
      out[n] = '\0';
      break;
    default: return "nil";
  }
  return out;
}

static void print_bytecode(const ZyUnit *unit, FILE *out) {
  char text[80];
  fprintf(out, "%s: %d instructions, %d parameters%s, %d registers\n", unit->name, unit->ncode, unit->numparams,
          unit->is_vararg ? " and more" : "", unit->maxstack);
  for (int pc = 0; pc < unit->ncode; pc++) {
    zy_bytecode_format_text(unit->code[pc], pc, text, sizeof text);
    fprintf(out, "%5d  [%d]\t%s%s\n", pc, unit->line[pc], text, pc == unit->head ? "\t; zyjit's" : "");
  }
  for (int i = 0; i < unit->nk; i++)
    fprintf(out, "%5d  constant\t%s\n", i, show_constant(&unit->k[i], text, sizeof text));
}

static char *bytecode_text(const ZyUnit *unit) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return NULL;
  print_bytecode(unit, out);
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

/* Printing allocates, too, so it needs an escape of its own. */
static ZyStatus print(ZyArena *arena, const ZyHir *h, const ZyLir *lir, char **text) {
  volatile int escaped;
  escaped = setjmp(arena->escape);
  if (escaped != 0) return (ZyStatus)escaped;
  *text = strdup(lir != NULL ? zy_lir_print(lir, arena) : zy_print_hir(h, arena));
  return *text != NULL ? ZY_STATUS_OK : ZY_STATUS_MEMORY;
}

char *zy_make_text(const ZyUnit *unit, const ZyConfig *config, const char *what, char *why, size_t size) {
  ZyArena arena;
  ZyLowered lowered = { 0 };
  ZyHir *h = NULL;
  char *text = NULL;
  int to_lir = strcmp(what, "lir") == 0;
  ZyStatus status;
  if (strcmp(what, "bytecode") == 0) {
    text = bytecode_text(unit);
    if (text == NULL) say(why, size, zy_status_text(ZY_STATUS_MEMORY));
    return text;
  }
  zy_arena_init(&arena, memory_limit(config));
  status = lower(&arena, unit, &h, to_lir ? &lowered : NULL);
  if (status == ZY_STATUS_OK) status = print(&arena, h, to_lir ? substance(&lowered) : NULL, &text);
  zy_arena_free(&arena);
  if (status != ZY_STATUS_OK) say(why, size, zy_status_text(status));
  return text;
}

static void dump(ZyJob *job) {
  ZyArena arena;
  ZyLowered lowered;
  ZyHir *h;
  ZyStatus status;
  int other = zy_engine_other(job->backend);
  zy_arena_init(&arena, memory_limit(&job->config));
  status = lower(&arena, job->unit, &h, &lowered);
  if (status != ZY_STATUS_OK) {
    fail(job, status, NULL);
  } else {
    job->text = zy_engine_dump(job->backend, substance(&lowered), job->unit->tier, job->what, job->config.verbosity, job->why,
                               sizeof job->why);
    if (job->text == NULL && strcmp(job->what, "asm") == 0 && zy_compile_backend_reason(job->backend) != NULL &&
        other != ZY_BACKEND_NONE)
      job->text = zy_engine_dump(other, substance(&lowered), job->unit->tier, job->what, job->config.verbosity, job->why,
                                 sizeof job->why);
  }
  zy_arena_free(&arena);
}

/* --- Batches --- */

/* One line for a job that has ended, if its settings ask for it. */
static void report(const ZyJob *job) {
  int verbosity = job->config.verbosity, tier = job->unit->tier;
  if (job->status == ZY_STATUS_OK && verbosity >= 2)
    fprintf(stderr, "zyjit: %s: tier %d by %s in %.1f ms, %u bytes\n", job->unit->name, tier,
            zy_engine_name(job->code->backend), (double)job->ns * 1e-6, job->code->bytes);
  else if (job->status != ZY_STATUS_OK && job->status != ZY_STATUS_CANCELLED &&
           verbosity >= (job->status == ZY_STATUS_UNSUPPORTED ? 2 : 1))
    fprintf(stderr, "zyjit: %s: not compiled at tier %d: %s\n", job->unit->name, tier, job->why);
}

void zy_make_batch(ZyJob **jobs, int n) {
  Making making[ZY_BATCH_MOST], *lowered[ZY_BATCH_MOST];
  int nlowered = 0;
  int64_t start = zy_worker_now();
  if (jobs[0]->what != NULL) {
    dump(jobs[0]);
    return;
  }
  for (int i = 0; i < n; i++) {
    ZyHir *h;
    ZyStatus status;
    making[i].job = jobs[i];
    zy_arena_init(&making[i].arena, memory_limit(&jobs[i]->config));
    status = atomic_load(&jobs[i]->stale) || zy_worker_leaving()
               ? ZY_STATUS_CANCELLED : lower(&making[i].arena, jobs[i]->unit, &h, &making[i].lowered);
    if (status == ZY_STATUS_OK) lowered[nlowered++] = &making[i];
    else fail(jobs[i], status, NULL);
  }
  if (nlowered > 0 && zy_worker_leaving()) fail_all(lowered, nlowered, ZY_STATUS_CANCELLED, NULL);
  else if (nlowered > 0) compile(lowered, nlowered, jobs[0]->backend, 0, 0);
  for (int i = 0; i < n; i++) {
    zy_arena_free(&making[i].arena);
    jobs[i]->ns = (uint64_t)(zy_worker_now() - start) / (uint64_t)n;
    report(jobs[i]);
  }
}
