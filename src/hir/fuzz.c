/*
** fuzz.c: random functions -> whether passes change what they do.
** SPDX-License-Identifier: MIT
**
** A transformed function may exit earlier than the original, where a guard was moved, or not at all. What counts is
** what happens in the end, with the interpreter going on after an exit; the interpreter is the original, entered where
** the exit's state says (fuzz_make.c). So every function is run twice, on equal worlds: the original from its start,
** and the transformed one, then perhaps the original from where that exits. Results, registers of a last exit, tables
** with who else refers to them, upvalues and captured registers must be the same.
**
** Tables' arrays and fields move at calls, so an address that is used for too long is noticed. Native code is compared
** with the interpretation of the function that it was made of, where they do not move. Runs where tests run.
*/
#include "hir/fuzz.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/native_test.h"
#include "hir/fuzz_make.h"
#include "hir/interp.h"
#include "hir/parse.h"
#include "hir/print.h"
#include "hir/verify.h"
#include "pass/pipeline.h"

enum { INPUTS = 10, MAX_PASSES = 8, MAX_TABLES = 64, MAX_TEXT = 4000 };

typedef struct Fuzz {
  ZyArena arena;
  uint64_t random;
  ZyRef value[256];                    /* of the original, by register of its states */
  const ZyHir *original;
  int native;
  char plan[200];                      /* passes run */
  ZyFuzzStats *stats;
  char *out;
  size_t size;
} Fuzz;

typedef struct Text {
  char text[MAX_TEXT];
  size_t n;
  const void *tables[MAX_TABLES];      /* described */
  int ntables;
} Text;


/* ---- worlds --------------------------------------------------------------------- */

static ZyValue random_value(uint64_t *random, ZyModel *model, ZyTable **tables, int ntables) {
  static const double nums[] = { 0.0, -0.0, 1.0, 2.5, 1e18, 3.0, -7.0, NAN };
  static const int64_t ints[] = { 0, 1, 2, 3, 4, 5, -1, -2, INT64_MAX, INT64_MIN };
  ZyValue v = { .tt = 0 };
  uint32_t kind = zy_fuzz_below(random, 16);
  if (kind < 6) {
    v.tt = ZY_TAG_INT;
    v.v.i = ints[zy_fuzz_below(random, kind < 5 ? 6 : sizeof ints / sizeof *ints)];
  }
  else if (kind < 8) {
    v.tt = ZY_TAG_NUM;
    v.v.n = nums[zy_fuzz_below(random, sizeof nums / sizeof *nums)];
  }
  else if (kind < 12 && ntables > 0) {
    v.tt = ZY_TAG_TABLE;
    v.v.gc = (ZyObject *)tables[zy_fuzz_below(random, (uint32_t)ntables)];
  }
  else if (kind == 12) {
    v.tt = ZY_TAG_STR;
    v.v.gc = (ZyObject *)zy_model_string(model, zy_fuzz_below(random, 3));
  }
  else if (kind == 13) {
    v.tt = zy_fuzz_below(random, 2) ? ZY_TAG_LUA_FN : ZY_TAG_CFUNCTION;
    v.v.i = zy_fuzz_below(random, 2);
  }
  else if (kind == 14) v.tt = zy_fuzz_below(random, 2) ? ZY_TAG_TRUE : ZY_TAG_FALSE;
  else v.tt = ZY_TAG_NIL;
  return v;
}

static ZyValue small_int(uint64_t *random) {
  return (ZyValue){ { .i = zy_fuzz_below(random, 6) }, ZY_TAG_INT };
}

/* The world number 'seed'. Parameters that are of one type in most of them are what guards are for. */
static ZyModel *make_world(ZyArena *arena, uint64_t seed, int restless) {
  ZyModel *model = zy_model_new(arena);
  ZyTable *tables[3];
  uint64_t *random = &seed;
  int plain = zy_fuzz_below(random, 10) > 0;
  model->restless = restless;
  for (int i = 0; i < 3; i++)
    tables[i] = zy_model_table(model, plain ? 3 + zy_fuzz_below(random, 7) : zy_fuzz_below(random, 5), 4);
  for (int i = 0; i < 3; i++) {
    for (unsigned int e = 0; e < tables[i]->alimit; e++) {
      tables[i]->array[e] = random_value(random, model, tables, 3);
      if (plain && i < 2) tables[i]->array[e] = small_int(random);
    }
    for (int k = 0; k < 3; k++) {
      ZyValue v = random_value(random, model, tables, 3), *to;
      if (zy_fuzz_below(random, plain ? 50 : 5) == 0) continue;
      if (plain && i < 2) v = small_int(random);
      to = zy_model_field(tables[i], k, 1);
      to->v = v.v;
      to->tt = v.tt;
    }
    if (zy_fuzz_below(random, plain ? 30 : 5) == 0) tables[i]->metatable = tables[i];
  }
  model->nargs = ZY_FUZZ_VARS;
  for (int i = 0; i < model->nargs; i++) {
    model->arg[i] = random_value(random, model, tables, 3);
    if (!plain) continue;
    if (i < 2) model->arg[i] = (ZyValue){ { .gc = (ZyObject *)tables[zy_fuzz_below(random, 2)] }, ZY_TAG_TABLE };
    else model->arg[i] = small_int(random);
    if (i >= 4) model->arg[i] = (ZyValue){ { .n = (double)model->arg[i].v.i / 2 }, ZY_TAG_NUM };
  }
  for (int i = 0; i < 3; i++) model->upval[i] = random_value(random, model, tables, 3);
  for (int i = 0; i < 3; i++) model->reg[ZY_FUZZ_CAPTURED + i] = random_value(random, model, tables, 3);
  return model;
}


/* ---- what happened ----------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void put(Text *t, const char *format, ...) {
  va_list args;
  int n;
  if (t->n >= sizeof t->text) return;
  va_start(args, format);
  n = vsnprintf(t->text + t->n, sizeof t->text - t->n, format, args);
  va_end(args);
  if (n > 0) t->n += (size_t)n;
}

static void put_value(Text *t, const ZyValue *v);

static void put_table(Text *t, const ZyTable *table) {
  for (int i = 0; i < t->ntables; i++)
    if (t->tables[i] == table) {
      put(t, "#%d", i);
      return;
    }
  if (t->ntables == MAX_TABLES) {
    put(t, "#?");
    return;
  }
  put(t, "#%d{", t->ntables);
  t->tables[t->ntables++] = table;
  for (unsigned int i = 0; i < table->alimit; i++) {
    put(t, " ");
    put_value(t, &table->array[i]);
  }
  for (const ZyNode *n = table->node; n < table->lastfree; n++) {
    ZyValue field = { .v = n->u.v, .tt = n->u.tt };
    put(t, " k%lld=", (long long)n->u.key.i);
    put_value(t, &field);
  }
  put(t, "%s}", table->metatable != NULL ? " meta" : "");
}

static void put_value(Text *t, const ZyValue *v) {
  switch (v->tt) {
    case ZY_TAG_NIL: put(t, "nil"); return;
    case ZY_TAG_FALSE: put(t, "false"); return;
    case ZY_TAG_TRUE: put(t, "true"); return;
    case ZY_TAG_INT: put(t, "%lld", (long long)v->v.i); return;
    case ZY_TAG_NUM:
      if (isnan(v->v.n)) put(t, "nan");
      else put(t, "%.17gf", v->v.n);
      return;
    case ZY_TAG_STR: put(t, "k%d", (int)((const ZyString *)v->v.gc)->u.lnglen); return;
    case ZY_TAG_TABLE: put_table(t, (const ZyTable *)v->v.gc); return;
    default: put(t, "%d:%lld", v->tt, (long long)v->v.i); return;
  }
}

static void put_world(Text *t, const ZyModel *model) {
  for (int i = 0; i < model->nargs; i++) {
    put(t, "\n  a%d ", i + 1);
    put_value(t, &model->arg[i]);
  }
  for (int i = 0; i < 3; i++) {
    put(t, "\n  u%d ", i);
    put_value(t, &model->upval[i]);
  }
  for (int i = 0; i < 3; i++) {
    put(t, "\n  r%d ", ZY_FUZZ_CAPTURED + i);
    put_value(t, &model->reg[ZY_FUZZ_CAPTURED + i]);
  }
}

static void describe(Text *t, const ZyHir *h, const ZyModel *model, const ZyOutcome *o) {
  if (o->kind == ZY_OUTCOME_FAULT) put(t, "fault %s", o->fault);
  else if (o->kind == ZY_OUTCOME_RETURN) {
    put(t, "return");
    for (int i = 0; i < o->count; i++) {
      put(t, " ");
      put_value(t, &model->reg[o->reg + i]);
    }
  }
  else {
    const ZyFrameState *s = &h->states.v[o->state];
    put(t, "exit %d", s->pc);
    for (uint32_t i = 0; i < s->count; i++) {
      put(t, " r%d=", h->regs.v[s->first + i].reg);
      put_value(t, &model->reg[h->regs.v[s->first + i].reg]);
    }
  }
  put_world(t, model);
}


/* ---- comparing ---------------------------------------------------------------------- */

/* The first node of the instruction at 'pc'. */
static ZyRef node_at(const ZyHir *h, int32_t pc) {
  for (uint32_t b = 1; b < h->blocks.n; b++)
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next)
      if (h->nodes.v[r].pc == pc && h->nodes.v[r].op != ZY_HIR_PARAM) return r;
  return 0;
}

/* Runs 'h', and after an exit the original from there. */
static void run_to_end(Fuzz *f, const ZyHir *h, ZyModel *model, Text *t) {
  ZyOutcome outcome;
  ZyRef at;
  zy_interp_model(h, model, &outcome);
  if (f->stats != NULL) {
    f->stats->runs++;
    if (outcome.kind == ZY_OUTCOME_EXIT) f->stats->exits++;
    else f->stats->returns++;
  }
  if (outcome.kind == ZY_OUTCOME_EXIT) {
    ZyRef value[256] = { 0 };
    const ZyFrameState *s = &h->states.v[outcome.state];
    for (uint32_t i = 0; i < s->count; i++) value[h->regs.v[s->first + i].reg] = f->value[h->regs.v[s->first + i].reg];
    at = node_at(f->original, s->pc);
    if (at == 0) put(t, "exit to nowhere: ");
    else {
      zy_interp_model_at(f->original, model, at, value, &outcome);
      h = f->original;
    }
  }
  describe(t, h, model, &outcome);
}

static int fail(Fuzz *f, const ZyHir *h, const char *what, const char *more) {
  snprintf(f->out, f->size, "%s\npasses: %s\n%s\n%s\nnow:\n%s", what, f->plan, more,
           zy_print_hir(f->original, &f->arena), zy_print_hir(h, &f->arena));
  return 1;
}

/* Fails with the world and what was done in it; "now" is another function when 'h' is not the original. */
static int differs(Fuzz *f, const ZyHir *h, const Text *world, const char *who, const Text *was, const Text *is) {
  size_t size = 3 * MAX_TEXT + 100;
  char *text = ZY_NEWN(&f->arena, char, size);
  snprintf(text, size, "world:%s\nwas: %s\n%s: %s", world->text, was->text, who, is->text);
  return fail(f, h, "it does something else", text);
}

static int check_world(Fuzz *f, const ZyHir *h, uint64_t seed) {
  Text *world = ZY_NEW(&f->arena, Text), *was = ZY_NEW(&f->arena, Text), *is = ZY_NEW(&f->arena, Text);
  ZyModel *model = make_world(&f->arena, seed, 1);
  ZyOutcome outcome;
  put_world(world, model);
  zy_interp_model(f->original, model, &outcome);
  describe(was, f->original, model, &outcome);
  if (outcome.kind == ZY_OUTCOME_FAULT) return fail(f, h, "the function made is no good", was->text);
  run_to_end(f, h, make_world(&f->arena, seed, 1), is);
  return strcmp(was->text, is->text) == 0 ? 0 : differs(f, h, world, "is", was, is);
}

static int check_native(Fuzz *f, const ZyHir *h, const ZyNativeTest *test) {
  for (int i = 0; i < INPUTS; i++) {
    Text *world = ZY_NEW(&f->arena, Text), *was = ZY_NEW(&f->arena, Text);
    uint64_t seed = zy_fuzz_random(&f->random);
    ZyModel *model = make_world(&f->arena, seed, 0);
    ZyOutcome outcome;
    put_world(world, model);
    zy_interp_model(h, model, &outcome);
    describe(was, h, model, &outcome);
    for (int v = 0; v < zy_native_test_count(test); v++) {
      Text *is = ZY_NEW(&f->arena, Text);
      model = make_world(&f->arena, seed, 0);
      zy_native_test_run(test, v, model, &outcome);
      describe(is, h, model, &outcome);
      if (strcmp(was->text, is->text) != 0) return differs(f, h, world, zy_native_test_name(test, v), was, is);
    }
  }
  return 0;
}

static int compile(Fuzz *f, ZyHir *h) {
  static char problem[4096];
  ZyNativeTest *test = zy_native_test_new(h, problem, sizeof problem);
  int failed;
  if (test == NULL) return fail(f, h, "it cannot be compiled", problem);
  failed = check_native(f, h, test);
  zy_native_test_free(test);
  return failed;
}

static int run_pass(Fuzz *f, ZyHir *h, const char *name) {
  char error[256];
  size_t n = strlen(f->plan);
  snprintf(f->plan + n, sizeof f->plan - n, "%s%s", n > 0 ? "," : "", name);
  zy_pass_run(h, name);
  if (zy_verify_hir(h, error, sizeof error) == ZY_STATUS_OK) return 0;
  return fail(f, h, "the graph is broken", error);
}

/* One pass, several in a random order, or a whole pipeline. */
static int run_passes(Fuzz *f, ZyHir *h) {
  static const char *const pipelines[] = { "tier1", "tier2", "tier2" };
  uint32_t kind = zy_fuzz_below(&f->random, 4), n = 1;
  f->plan[0] = 0;
  if (kind == 0) return run_pass(f, h, pipelines[zy_fuzz_below(&f->random, 3)]);
  if (kind > 1) n = 2 + zy_fuzz_below(&f->random, MAX_PASSES - 1);
  while (n-- > 0)
    if (run_pass(f, h, zy_pass_name((int)zy_fuzz_below(&f->random, ZY_PASS_COUNT)))) return 1;
  return 0;
}

/* The text is what is transformed: a failure's can be made a test. */
static int check_function(Fuzz *f, const char *text) {
  char error[256];
  ZyHir *h = zy_parse_hir(&f->arena, text, error, sizeof error);
  f->plan[0] = 0;
  if (h == NULL) return fail(f, f->original, "the function's text is no good", error);
  if (run_passes(f, h)) return 1;
  for (int i = 0; i < INPUTS; i++)
    if (check_world(f, h, zy_fuzz_random(&f->random))) return 1;
  return f->native ? compile(f, h) : 0;
}

static int check_random(Fuzz *f) {
  char error[256];
  const char *text;
  if (setjmp(f->arena.escape) != 0) {
    snprintf(f->out, f->size, "left half way, passes: %s", f->plan);
    return 1;
  }
  f->original = zy_fuzz_make(&f->arena, &f->random, f->value);
  if (f->stats != NULL) f->stats->functions++;
  f->plan[0] = 0;
  if (zy_verify_hir(f->original, error, sizeof error) != ZY_STATUS_OK)
    return fail(f, f->original, "the function made is no good", error);
  text = zy_print_hir(f->original, &f->arena);
  for (int i = 0; i < 3; i++)
    if (check_function(f, text)) return 1;
  return 0;
}

int zy_fuzz_run(uint64_t seed, int n, int native, ZyFuzzStats *stats, char *out, size_t size) {
  for (int i = 0; i < n; i++) {
    Fuzz f = { .random = seed + (uint64_t)i, .native = native, .stats = stats, .out = out, .size = size };
    size_t used;
    int failed;
    zy_arena_init(&f.arena, (size_t)256 << 20);
    failed = check_random(&f);
    zy_arena_free(&f.arena);
    if (!failed) continue;
    used = strlen(out);
    snprintf(out + used, size - used, "\nseed %llu\n", (unsigned long long)(seed + (uint64_t)i));
    return 1;
  }
  return 0;
}
