/*
** filetest.c - test text -> whether it holds.
** SPDX-License-Identifier: MIT
**
**   ; pass: fold,gvn
**   func f(v1:int) {
**   b1:
**     v2:int = const 0
**     v3:int = add_int v1, v2
**     return v3
**   }
**   ; run f(7) == 7
**   ; expect
**   func f(v1:int) {
**   b1:
**     return v1
**   }
**
** A text holds one or more cases, divided by lines that start with "; ---". Of each:
**
**   ; pass: a,b       the passes to run, in order; the graph is verified before and after each
**   ; expect          what follows is the function wanted in the end; numbers of values and blocks do not count
**   ; run f(1, {2, k3=4}) with r0=5, u0=nil == 7, 2.5 with a2={2, k3=5}, u0=1
**                     runs input and output in the model (interp.h) on these arguments, registers and upvalues:
**                     they return these values, and afterwards arguments, registers and upvalues are these
**   ; run f(1) == exit 5 [r0=1]
**                     they leave at pc 5 with these registers; "fault ...": they do what they must not
**   ; run before f(1) == ... and "run after" run only the input, only the output
**                     all runs are made by the HIR interpreter, and then of native code (native_test.h)
**   ; error: V7 two   at the end of a line: it is there that the parser, or the verifier, complains, in words that
**                     contain these. In a line of its own: anywhere
**   ; damage: prev v3 breaks the graph in a way that no text can say, before it is verified (see 'damages')
**
** Without "expect" and "pass" the printed input must be the input, comments aside. Values are constants, k3 (a
** string), fn3 (a Lua function), names of library functions, and tables "{1, 2, k3=4, meta}" of array elements,
** fields, and "meta" when there is a metatable; in tables, "empty" and "absent" are nils of other tags than nil's.
**
** Runs where tests run.
*/
#include "hir/filetest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/filetest_run.h"
#include "hir/parse.h"
#include "hir/print.h"
#include "hir/verify.h"
#include "pass/pipeline.h"

enum { MAX_NAME = 32, MAX_ERROR = 256 };

typedef struct Test {
  ZyArena *arena;
  const char *text;                    /* the case: input, directives */
  const char *expected;                /* behind "; expect"; NULL: none */
  const char *end;
  int line, expected_line;             /* of their first lines in the file */
  ZyHir *h;
  ZyParseLines lines;
  char *out;
  size_t size;
} Test;

__attribute__((format(printf, 3, 4)))
static int fail(Test *t, int line, const char *format, ...) {
  int n = snprintf(t->out, t->size, "line %d: ", line);
  va_list args;
  va_start(args, format);
  if (n >= 0 && (size_t)n < t->size) vsnprintf(t->out + n, t->size - (size_t)n, format, args);
  va_end(args);
  return 1;
}


/* ---- directives ---------------------------------------------------------------- */

static const char *line_end(const char *p) { return p + strcspn(p, "\n"); }
static const char *next_line(const char *p) { p = line_end(p); return *p == 0 ? p : p + 1; }

/* What follows "; name" at 'p', or NULL. */
static const char *directive(const char *p, const char *name) {
  size_t n = strlen(name);
  if (*p != ';') return NULL;
  for (p++; *p == ' '; p++) { }
  if (strncmp(p, name, n) != 0 || isalnum((unsigned char)p[n])) return NULL;
  for (p += n; *p == ' ' || *p == ':'; p++) { }
  return p;
}

/* The first line of the case with directive 'name': what follows it, or NULL. */
static const char *find(const Test *t, const char *name) {
  for (const char *p = t->text; p < t->end; p = next_line(p)) {
    const char *rest = directive(p, name);
    if (rest != NULL) return rest;
  }
  return NULL;
}

static char *copy(ZyArena *arena, const char *from, const char *to) {
  return zy_arena_string(arena, from, (size_t)(to - from));
}

/* The function's text without comments and empty lines. */
static char *bare(ZyArena *arena, const char *p) {
  char *out = ZY_NEWN(arena, char, strlen(p) + 2), *w = out;
  for (; *p != 0; p = next_line(p)) {
    size_t n = strcspn(p, ";\n");
    while (n > 0 && isspace((unsigned char)p[n - 1])) n--;
    if (n == 0) continue;
    memcpy(w, p, n);
    w += n;
    *w++ = '\n';
  }
  return out;
}


/* ---- damages ------------------------------------------------------------------- */

static void lose(ZyHir *h, uint32_t r) { zy_hir_remove(h, r); }
static void bad_prev(ZyHir *h, uint32_t r) { h->nodes.v[r].prev = r; }
static void bad_owner(ZyHir *h, uint32_t r) { h->nodes.v[r].block = 0; }
static void bad_next(ZyHir *h, uint32_t r) { h->nodes.v[r].next = h->nodes.n; }
static void bad_last(ZyHir *h, uint32_t b) { h->blocks.v[b].last = h->blocks.v[b].first; }
static void bad_preds(ZyHir *h, uint32_t b) { h->blocks.v[b].preds.n--; }
static void bad_count(ZyHir *h, uint32_t b) { h->blocks.v[b].nparams++; }
static void bad_number(ZyHir *h, uint32_t r) { h->nodes.v[r].imm++; }
static void bad_edge(ZyHir *h, uint32_t b) { h->blocks.v[b].succ[1].block = b; }
static void bad_empty(ZyHir *h, uint32_t b) { h->blocks.v[b].first = h->blocks.v[b].last = 0; }
static void bad_operands(ZyHir *h, uint32_t r) { h->nodes.v[r].ops[2] = r; }
static void bad_state(ZyHir *h, uint32_t r) { h->nodes.v[r].state = h->states.n; }
static void bad_type(ZyHir *h, uint32_t r) { h->nodes.v[r].type = 0; }

/* Gives the function a unit, in which register 'reg' is captured. */
static void captured(ZyHir *h, uint32_t reg) {
  ZyUnit *unit = ZY_NEW(h->arena, ZyUnit);
  unit->maxstack = 255;
  unit->captured[reg >> 3] = (uint8_t)(1 << (reg & 7));
  h->nregs = 255;
  h->unit = unit;
}

static const struct { const char *name; char kind; void (*act)(ZyHir *h, uint32_t n); } damages[] = {
  { "lose", 'v', lose }, { "prev", 'v', bad_prev }, { "owner", 'v', bad_owner }, { "next", 'v', bad_next },
  { "last", 'b', bad_last }, { "preds", 'b', bad_preds }, { "count", 'b', bad_count },
  { "number", 'v', bad_number }, { "edge", 'b', bad_edge }, { "empty", 'b', bad_empty },
  { "operands", 'v', bad_operands }, { "state", 'v', bad_state }, { "type", 'v', bad_type },
  { "captured", 'r', captured }
};

static int damage(Test *t, const char *p) {
  for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
    size_t n = strlen(damages[i].name);
    unsigned long number;
    uint32_t limit = damages[i].kind == 'v' ? t->h->nodes.n : damages[i].kind == 'b' ? t->h->blocks.n : 255;
    if (strncmp(p, damages[i].name, n) != 0 || p[n] != ' ' || p[n + 1] != damages[i].kind) continue;
    number = strtoul(p + n + 2, NULL, 10);
    if (number >= limit) break;
    damages[i].act(t->h, (uint32_t)number);
    return 0;
  }
  return fail(t, t->line, "unknown damage '%.*s'", (int)(line_end(p) - p), p);
}


/* ---- one case ------------------------------------------------------------------- */

/* Where and how the verifier complains; 0 when it does not. */
static int complaint(const Test *t, char *text, size_t size) {
  ZyFault fault;
  ZyStatus status = zy_verify_find(t->h, &fault);
  int line = 0;
  if (status == ZY_STATUS_OK) return 0;
  if (status != ZY_STATUS_INVALID) zy_arena_fail(t->arena, status);
  snprintf(text, size, "V%d %s", fault.rule, fault.text);
  if (fault.node != 0 && fault.node < t->lines.node.n) line = t->lines.node.v[fault.node];
  if (line == 0 && fault.block < t->lines.block.n) line = t->lines.block.v[fault.block];
  if (line != 0) return line;
  line = 1;                            /* the function as a whole */
  for (const char *p = t->text; p < t->end && strncmp(p, "func", 4) != 0; p = next_line(p)) line++;
  return line;
}

/* The line of the case's "; error:", counted in the case, 0 when in a line of its own, -1 when there is none. */
static int error_wanted(const char *input, char *words, size_t size) {
  int line = 1;
  for (const char *p = input; *p != 0; p = next_line(p), line++) {
    const char *c = p + strcspn(p, ";\n");
    const char *rest = directive(c, "error");
    if (rest == NULL) continue;
    snprintf(words, size, "%.*s", (int)(line_end(rest) - rest), rest);
    return c == p ? 0 : line;
  }
  return -1;
}

static int check_error(Test *t, int wanted, const char *words, int line, const char *text) {
  if (line == 0) return fail(t, t->line + (wanted > 0 ? wanted - 1 : 0), "no error; wanted: %s", words);
  if (strstr(text, words) == NULL) return fail(t, t->line + line - 1, "error '%s', not '%s'", text, words);
  if (wanted > 0 && line != wanted)
    return fail(t, t->line + line - 1, "error '%s' here, wanted in line %d", text, t->line + wanted - 1);
  return 0;
}

static int verify(Test *t, const char *when) {
  char error[MAX_ERROR];
  ZyStatus status = zy_verify_hir(t->h, error, sizeof error);
  if (status == ZY_STATUS_OK) return 0;
  return fail(t, t->line, "%s: %s\n%s", when, error, zy_print_hir(t->h, t->arena));
}

static int run_passes(Test *t, const char *p) {
  const char *end = line_end(p);
  while (p < end) {
    char name[MAX_NAME], when[MAX_NAME + 8];
    size_t n = 0;
    ZyStatus status;
    while (p < end && (*p == ',' || *p == ' ')) p++;
    while (p < end && *p != ',' && *p != ' ' && n + 1 < sizeof name) name[n++] = *p++;
    name[n] = 0;
    if (n == 0) break;
    status = zy_pass_run(t->h, name);
    if (status != ZY_STATUS_OK)
      return fail(t, t->line, "pass '%s': %s", name, status == ZY_STATUS_INVALID ? "unknown" : zy_status_text(status));
    snprintf(when, sizeof when, "after %s", name);
    if (verify(t, when)) return 1;
  }
  return 0;
}

/* What the line says of a run, NULL when it is none of the input's ('after': of the output's). */
static const char *run_line(const char *p, int after) {
  const char *rest = directive(p, "run");
  if (rest == NULL) return NULL;
  if (strncmp(rest, "before ", 7) == 0) return after ? NULL : rest + 7;
  if (strncmp(rest, "after ", 6) == 0) return after ? rest + 6 : NULL;
  return rest;
}

static int run_lines(Test *t, const ZyNativeTest *native, int after) {
  int line = t->line;
  for (const char *p = t->text; p < t->end; p = next_line(p), line++) {
    const char *word = run_line(p, after);
    char problem[512];
    if (word != NULL && zy_filetest_call(t->h, native, copy(t->arena, word, line_end(word)), problem, sizeof problem))
      return fail(t, line, "%s: %s", after ? "output" : "input", problem);
  }
  return 0;
}

static int run_all(Test *t, int after) {
  char problem[4096];
  ZyNativeTest *native;
  const char *p = t->text;
  int failed;
  while (p < t->end && run_line(p, after) == NULL) p = next_line(p);
  if (p >= t->end) return 0;
  native = zy_native_test_new(t->h, problem, sizeof problem);
  if (native == NULL) return fail(t, t->line, "%s: %s", after ? "output" : "input", problem);
  failed = run_lines(t, native, after);
  zy_native_test_free(native);
  return failed;
}

/* What is printed must be read back as the same. */
static int check_round_trip(Test *t) {
  char error[MAX_ERROR];
  char *once = zy_print_hir(t->h, t->arena), *twice;
  ZyHir *again = zy_parse_hir(t->arena, once, error, sizeof error);
  if (again == NULL) return fail(t, t->line, "printed text cannot be read, %s\n%s", error, once);
  twice = zy_print_hir(again, t->arena);
  return strcmp(once, twice) == 0 ? 0 : fail(t, t->line, "printed text changes:\n%s", twice);
}

static int check_expected(Test *t, const char *input) {
  char error[MAX_ERROR];
  ZyHir *wanted;
  char *is = zy_print_hir(t->h, t->arena);
  if (t->expected == NULL) {
    if (find(t, "pass") != NULL || strcmp(bare(t->arena, input), is) == 0) return 0;
    return fail(t, t->line, "printed differently:\n%s", is);
  }
  wanted = zy_parse_hir(t->arena, copy(t->arena, t->expected, t->end), error, sizeof error);
  if (wanted == NULL) return fail(t, t->expected_line, "expected text: %s", error);
  if (strcmp(zy_print_canonical(wanted, t->arena), zy_print_canonical(t->h, t->arena)) == 0) return 0;
  return fail(t, t->expected_line, "the function is now:\n%s", is);
}

/* Reads, verifies and transforms the case's function; *done when it was one of errors. */
static int prepare(Test *t, const char *input, int *done) {
  char error[MAX_ERROR] = "", words[MAX_ERROR];
  int wanted = error_wanted(input, words, sizeof words), line = 0;
  const char *breakage = find(t, "damage"), *passes = find(t, "pass");
  *done = wanted >= 0;
  t->h = zy_parse_hir_lines(t->arena, input, error, sizeof error, &t->lines);
  if (t->h == NULL) {
    sscanf(error, "line %d", &line);
    if (wanted >= 0) return check_error(t, wanted, words, line, error);
    return fail(t, t->line + line - 1, "%s", strchr(error, ':') + 2);
  }
  if (breakage != NULL && damage(t, breakage)) return 1;
  line = complaint(t, error, sizeof error);
  if (wanted >= 0) return check_error(t, wanted, words, line, error);
  if (line != 0) return fail(t, t->line + line - 1, "%s", error);
  if (check_round_trip(t) || run_all(t, 0)) return 1;
  return passes != NULL ? run_passes(t, passes) : 0;
}

static int run_case(Test *t) {
  char *input = copy(t->arena, t->text, t->expected != NULL ? t->expected : t->end);
  int done;
  if (prepare(t, input, &done)) return 1;
  return done ? 0 : run_all(t, 1) || check_expected(t, input) || (t->expected != NULL && check_round_trip(t));
}


/* ---- all cases -------------------------------------------------------------------- */

/* Sets 't' to the case that starts at 'p', in line 'line'; the end of it. */
static const char *split(Test *t, const char *p, int *line) {
  t->text = p;
  t->line = *line;
  t->expected = NULL;
  for (; *p != 0 && !(p != t->text && strncmp(p, "; ---", 5) == 0); p = next_line(p), ++*line) {
    if (t->expected != NULL || directive(p, "expect") == NULL) continue;
    t->expected = next_line(p);
    t->expected_line = *line + 1;
  }
  t->end = p;
  return p;
}

static int is_blank(const Test *t) {
  for (const char *p = t->text; p < t->end; p = next_line(p))
    if (*p != ';' && *p != '\n' && *p != 0) return 0;
  return 1;
}

static int run_cases(Test *t, const char *p) {
  int line = 1, cases = 0;
  while (*p != 0) {
    p = split(t, p, &line);
    if (is_blank(t)) continue;
    cases++;
    fail(t, t->line, "left half way: ");       /* what 'out' says if a pass leaves through the arena's escape */
    if (run_case(t)) return 1;
  }
  if (cases == 0) return fail(t, 1, "no function in it");
  t->out[0] = 0;
  return 0;
}

/* After an escape: completes what 'out' says. */
static void say_status(char *out, size_t size, int status) {
  size_t n = strlen(out);
  snprintf(out + n, size - n, "%s", zy_status_text((ZyStatus)status));
}

int zy_filetest_run(const char *text, ZyArena *arena, char *out, size_t size) {
  Test t = { .arena = arena, .out = out, .size = size };
  int status;
  out[0] = 0;
  status = setjmp(arena->escape);
  if (status == 0) return run_cases(&t, text);
  say_status(out, size, status);
  return 1;
}

/* The expected section with the function that is there now, and the section's own directives. */
static char *blessed(Test *t) {
  char *now = zy_print_hir(t->h, t->arena);
  char *out = ZY_NEWN(t->arena, char, strlen(now) + (size_t)(t->end - t->text) + 1);
  size_t n = 0, head = (size_t)(t->expected - t->text);
  int placed = 0;
  memcpy(out, t->text, head);
  n = head;
  for (const char *p = t->expected; p < t->end || !placed; p = next_line(p)) {
    if (p < t->end && (*p == ';' || (placed && *p == '\n'))) {
      size_t length = (size_t)(next_line(p) - p);
      memcpy(out + n, p, length);
      n += length;
    }
    else if (!placed) {
      memcpy(out + n, now, strlen(now));
      n += strlen(now);
      placed = 1;
    }
  }
  return out;
}

static char *bless_cases(Test *t, const char *p) {
  ZY_VEC(char) result = { 0 };
  int line = 1;
  while (*p != 0) {
    const char *part;
    int done;
    p = split(t, p, &line);
    part = copy(t->arena, t->text, t->end);
    if (t->expected != NULL) {
      if (prepare(t, copy(t->arena, t->text, t->expected), &done)) return NULL;
      if (!done) part = blessed(t);
    }
    for (; *part != 0; part++) zy_vec_push(t->arena, &result, *part);
  }
  zy_vec_push(t->arena, &result, '\0');
  return result.v;
}

char *zy_filetest_bless(const char *text, ZyArena *arena, char *out, size_t size) {
  Test t = { .arena = arena, .out = out, .size = size };
  int status;
  out[0] = 0;
  status = setjmp(arena->escape);
  if (status == 0) return bless_cases(&t, text);
  say_status(out, size, status);
  return NULL;
}
