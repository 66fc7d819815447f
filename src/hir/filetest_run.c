/*
** filetest_run.c - "f(1) == 2" + HIR -> whether it is so.
** SPDX-License-Identifier: MIT
**
** Outcomes are compared as text: what the run gave is written in the notation in which the test gives it, so
** a failure can be copied into the test. Runs where tests run; uses the arena of the function.
*/
#include "hir/filetest_run.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/eval.h"
#include "hir/interp.h"
#include "hir/parse.h"
#include "hir/print.h"

enum { MAX_ELEMENTS = 64, MAX_TEXT = 400,
       TAG_EMPTY = 16, TAG_ABSENT = 32 };      /* nils that are in tables only */

typedef struct Reader {
  const char *p;
  ZyModel *model;
  char *problem;
  size_t size;
  int failed;
} Reader;

typedef struct Writer { char *text; size_t n, size; } Writer;

__attribute__((format(printf, 2, 3)))
static int fail(Reader *rd, const char *format, ...) {
  va_list args;
  if (rd->failed) return 1;
  rd->failed = 1;
  va_start(args, format);
  vsnprintf(rd->problem, rd->size, format, args);
  va_end(args);
  return 1;
}


/* ---- writing values --------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void put(Writer *w, const char *format, ...) {
  va_list args;
  int n;
  if (w->n >= w->size) return;
  va_start(args, format);
  n = vsnprintf(w->text + w->n, w->size - w->n, format, args);
  va_end(args);
  if (n > 0) w->n += (size_t)n;
}

static void put_num(Writer *w, double n) {
  char text[40];
  if (isnan(n)) put(w, "nan");         /* signs of NaN are the machine's affair */
  else {
    for (int digits = 15; digits <= 17; digits++) {
      snprintf(text, sizeof text, "%.*g", digits, n);
      if (strtod(text, NULL) == n) break;
    }
    put(w, "%s%s", text, strpbrk(text, ".ein") == NULL ? ".0" : "");
  }
}

static void put_value(Writer *w, const ZyValue *v, int depth) {
  const ZyTable *t = (const ZyTable *)v->v.gc;
  const char *comma = "";
  switch (v->tt) {
    case ZY_TAG_NIL: put(w, "nil"); return;
    case TAG_EMPTY: put(w, "empty"); return;
    case TAG_ABSENT: put(w, "absent"); return;
    case ZY_TAG_FALSE: put(w, "false"); return;
    case ZY_TAG_TRUE: put(w, "true"); return;
    case ZY_TAG_INT: put(w, "%lld", (long long)v->v.i); return;
    case ZY_TAG_NUM: put_num(w, v->v.n); return;
    case ZY_TAG_STR: case ZY_TAG_LONG_STR: put(w, "k%d", (int)((const ZyString *)v->v.gc)->u.lnglen); return;
    case ZY_TAG_LUA_FN: put(w, "fn%lld", (long long)v->v.i); return;
    case ZY_TAG_CFUNCTION: put(w, "%s", zy_print_lib(v->v.i) != NULL ? zy_print_lib(v->v.i) : "?"); return;
    case ZY_TAG_TABLE: break;
    default: put(w, "?%d", v->tt); return;
  }
  put(w, "{");
  if (depth > 3) put(w, "...");
  else {
    for (unsigned int i = 0; i < t->alimit; i++, comma = ", ") {
      put(w, "%s", comma);
      put_value(w, &t->array[i], depth + 1);
    }
    for (const ZyNode *n = t->node; n < t->lastfree; n++, comma = ", ") {
      ZyValue field = { .v = n->u.v, .tt = n->u.tt };
      put(w, "%sk%lld=", comma, (long long)n->u.key.i);
      put_value(w, &field, depth + 1);
    }
    if (t->metatable != NULL) put(w, "%smeta", comma);
  }
  put(w, "}");
}


/* ---- reading values ---------------------------------------------------------------- */

static void skip(Reader *rd) {
  while (isspace((unsigned char)*rd->p)) rd->p++;
}

static int accept(Reader *rd, const char *text) {
  size_t n = strlen(text);
  skip(rd);
  if (strncmp(rd->p, text, n) != 0) return 0;
  if (isalnum((unsigned char)text[n - 1]) && isalnum((unsigned char)rd->p[n])) return 0;
  rd->p += n;
  return 1;
}

/* A number behind a short name, as in k3; -1 when that is not what is there. */
static long numbered(Reader *rd, const char *name) {
  size_t n = strlen(name);
  char *end;
  long number;
  skip(rd);
  if (strncmp(rd->p, name, n) != 0 || !isdigit((unsigned char)rd->p[n])) return -1;
  number = strtol(rd->p + n, &end, 10);
  rd->p = end;
  return number;
}

static ZyValue value(Reader *rd);

static ZyValue table(Reader *rd) {
  ZyValue elements[MAX_ELEMENTS], fields[MAX_ELEMENTS], v = { .tt = ZY_TAG_TABLE };
  long keys[MAX_ELEMENTS];
  unsigned int nelements = 0, nfields = 0;
  int meta = 0;
  ZyTable *t;
  while (!rd->failed && !accept(rd, "}")) {
    const char *start = rd->p;
    long k = numbered(rd, "k");
    if (nelements == MAX_ELEMENTS || nfields == MAX_ELEMENTS) fail(rd, "table too large");
    else if (k >= 0 && accept(rd, "=")) {
      keys[nfields] = k;
      fields[nfields++] = value(rd);
    }
    else {
      rd->p = start;
      if (accept(rd, "meta")) meta = 1;
      else elements[nelements++] = value(rd);
    }
    if (!accept(rd, ",")) {
      if (!accept(rd, "}")) fail(rd, "'}' expected near '%s'", rd->p);
      break;
    }
  }
  t = zy_model_table(rd->model, nelements, nfields);
  for (unsigned int i = 0; i < nelements; i++) t->array[i] = elements[i];
  for (unsigned int i = 0; i < nfields; i++) {
    ZyValue *slot = zy_model_field(t, keys[i], 1);
    slot->v = fields[i].v;
    slot->tt = fields[i].tt;
  }
  if (meta) t->metatable = t;
  v.v.gc = (ZyObject *)t;
  return v;
}

static ZyValue value(Reader *rd) {
  ZyValue v = { .tt = ZY_TAG_NIL };
  int64_t imm;
  double num;
  long n;
  ZyType type;
  if (accept(rd, "{")) return table(rd);
  if (accept(rd, "empty") || accept(rd, "absent")) {
    v.tt = rd->p[-1] == 'y' ? TAG_EMPTY : TAG_ABSENT;
    return v;
  }
  if ((n = numbered(rd, "k")) >= 0) {
    v.v.gc = (ZyObject *)zy_model_string(rd->model, n);
    v.tt = ZY_TAG_STR;
    if (v.v.gc == NULL) fail(rd, "there is no string k%ld", n);
    return v;
  }
  if ((n = numbered(rd, "fn")) >= 0) {
    v.v.i = n;
    v.tt = ZY_TAG_LUA_FN;
    return v;
  }
  for (int64_t lib = 0; zy_print_lib(lib) != NULL; lib++) {
    if (!accept(rd, zy_print_lib(lib))) continue;
    v.v.i = lib;
    v.tt = ZY_TAG_CFUNCTION;
    return v;
  }
  type = zy_parse_constant(&rd->p, &imm, &num);
  if (type == 0) fail(rd, "value expected near '%s'", rd->p);
  else if (type == ZY_TYPE_num) {
    v.v.n = num;
    v.tt = ZY_TAG_NUM;
  }
  else {
    v.v.i = imm;
    if (type == ZY_TYPE_int) v.tt = ZY_TAG_INT;
    if (type == ZY_TYPE_true) v.tt = ZY_TAG_TRUE;
    if (type == ZY_TYPE_false) v.tt = ZY_TAG_FALSE;
  }
  return v;
}

/* The place called r3, u0 or a1 (the first argument). */
static ZyValue *place(Reader *rd) {
  long n;
  if ((n = numbered(rd, "r")) >= 0 && n < ZY_MODEL_REGS) return &rd->model->reg[n];
  if ((n = numbered(rd, "u")) >= 0 && n < ZY_MODEL_UPVALS) return &rd->model->upval[n];
  if ((n = numbered(rd, "a")) >= 1 && n <= ZY_MODEL_ARGS) return &rd->model->arg[n - 1];
  fail(rd, "r0, u0 or a1 expected near '%s'", rd->p);
  return NULL;
}


/* ---- calls -------------------------------------------------------------------------- */

static void read_call(Reader *rd) {
  skip(rd);
  while (isalnum((unsigned char)*rd->p) || *rd->p == '_') rd->p++;
  if (!accept(rd, "(")) fail(rd, "'(' expected near '%s'", rd->p);
  if (!accept(rd, ")")) {
    do {
      if (rd->model->nargs == ZY_MODEL_ARGS) fail(rd, "too many arguments");
      else rd->model->arg[rd->model->nargs++] = value(rd);
    } while (!rd->failed && accept(rd, ","));
    if (!accept(rd, ")")) fail(rd, "')' expected near '%s'", rd->p);
  }
  if (!accept(rd, "with")) return;
  do {
    ZyValue *to = place(rd);
    if (!accept(rd, "=")) fail(rd, "'=' expected near '%s'", rd->p);
    if (!rd->failed) *to = value(rd);
  } while (!rd->failed && accept(rd, ","));
}

/* What happened, as the test would say it. */
static void write_outcome(Writer *w, const ZyHir *h, const ZyModel *model, const ZyOutcome *o) {
  switch (o->kind) {
    case ZY_OUTCOME_FAULT:
      put(w, "fault %s", o->fault);
      break;
    case ZY_OUTCOME_RETURN:
      if (o->count == 0) put(w, "nothing");
      for (int i = 0; i < o->count; i++) {
        if (i > 0) put(w, ", ");
        put_value(w, &model->reg[o->reg + i], 0);
      }
      break;
    case ZY_OUTCOME_EXIT: {
      const ZyFrameState *s = &h->states.v[o->state];
      put(w, "exit %d [", s->pc);
      for (uint32_t i = 0; i < s->count; i++) {
        int reg = h->regs.v[s->first + i].reg;
        put(w, "%sr%d=", i > 0 ? ", " : "", reg);
        put_value(w, &model->reg[reg], 0);
      }
      put(w, "]");
      break;
    }
  }
}

/* Places named after the outcome, with what they hold now; the test says the same or something is wrong. */
static void check_places(Reader *rd) {
  do {
    char wanted[MAX_TEXT], is[MAX_TEXT];
    Writer a = { wanted, 0, sizeof wanted }, b = { is, 0, sizeof is };
    const char *name;
    ZyValue *at, v;
    skip(rd);
    name = rd->p;
    at = place(rd);
    if (at == NULL || !accept(rd, "=")) {
      fail(rd, "'=' expected near '%s'", rd->p);
      return;
    }
    v = value(rd);
    put_value(&a, &v, 0);
    put_value(&b, at, 0);
    if (!rd->failed && strcmp(wanted, is) != 0)
      fail(rd, "%.*s is %s, not %s", (int)strcspn(name, "= "), name, is, wanted);
  } while (!rd->failed && accept(rd, ","));
}

/* Whether what happened is what follows at rd->p. */
static int check_outcome(Reader *rd, const ZyHir *h, const ZyOutcome *outcome) {
  char is[MAX_TEXT] = "", wanted[MAX_TEXT];
  Writer w = { is, 0, sizeof is };
  const char *end;
  size_t n;
  write_outcome(&w, h, rd->model, outcome);
  skip(rd);
  end = strstr(rd->p, " with ");
  n = end != NULL ? (size_t)(end - rd->p) : strlen(rd->p);
  while (n > 0 && isspace((unsigned char)rd->p[n - 1])) n--;
  snprintf(wanted, sizeof wanted, "%.*s", (int)n, rd->p);
  if (strcmp(wanted, is) != 0) return fail(rd, "%s, not %s", is, wanted);
  if (end != NULL) {
    rd->p = end + strlen(" with ");
    check_places(rd);
    skip(rd);
    if (*rd->p != 0) fail(rd, "nothing expected near '%s'", rd->p);
  }
  return rd->failed;
}

/* Runs the line in a new model: natively as 'version', or interpreted when that is -1. */
static int run(const ZyHir *h, const ZyNativeTest *native, int version, const char *line, ZyOutcome *outcome,
               char *problem, size_t size) {
  Reader rd = { .p = line, .model = zy_model_new(h->arena), .problem = problem, .size = size };
  read_call(&rd);
  if (!accept(&rd, "==")) return fail(&rd, "'==' expected near '%s'", rd.p);
  if (rd.failed) return 1;
  if (version < 0) zy_interp_model(h, rd.model, outcome);
  else zy_native_test_run(native, version, rd.model, outcome);
  return check_outcome(&rd, h, outcome);
}

int zy_filetest_call(const ZyHir *h, const ZyNativeTest *native, const char *line, char *problem, size_t size) {
  ZyOutcome outcome;
  if (run(h, native, -1, line, &outcome, problem, size)) return 1;
  if (outcome.kind == ZY_OUTCOME_FAULT) return 0;              /* native code does not notice */
  for (int v = 0; v < zy_native_test_count(native); v++) {
    const char *name = zy_native_test_name(native, v);
    size_t n = (size_t)snprintf(problem, size, "%s: ", name);
    if (n >= size || run(h, native, v, line, &outcome, problem + n, size - n)) return 1;
  }
  return 0;
}
