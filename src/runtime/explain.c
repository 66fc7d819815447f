/*
** explain.c - a function's record -> text for people.
** SPDX-License-Identifier: MIT
**
** What code left for, and how often, is in the exit tables of the code that is there now; what earlier code assumed
** in vain is in the function's 'avoid'.
*/
#include "runtime/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "profile/attach.h"
#include "runtime/stats.h"
#include "vm/bytecode.h"

typedef struct Text {
  char *out;
  size_t size, length;
} Text;

__attribute__((format(printf, 2, 3))) static void add(Text *t, const char *format, ...) {
  va_list args;
  size_t room = t->length < t->size ? t->size - t->length : 0;
  va_start(args, format);
  int n = vsnprintf(room > 0 ? t->out + t->length : NULL, room, format, args);
  va_end(args);
  if (n > 0) t->length += (size_t)n;
}

static const char *exit_text(int reason) {
  static const char *const text[] = {
#define ZY_EXIT(name, avoid, text) text,
#include "lir/exit.def"
#undef ZY_EXIT
  };
  return text[reason];
}

static const char *backend_name(int backend) {
  static const char *const name[ZY_BACKEND_COUNT] = { "no back end", "gccjit", "llvm" };
  return name[backend];
}

int zy_explain_line(const ZyProto *p, int pc) {
  if (p->lineinfo == NULL || pc < 0 || pc >= p->sizelineinfo) return 0;
  int line = p->linedefined, from = -1;
  for (int i = 0; i < p->sizeabslineinfo && p->abslineinfo[i].pc <= pc; i++) {
    from = p->abslineinfo[i].pc;
    line = p->abslineinfo[i].line;
  }
  while (from++ < pc) line += p->lineinfo[from];
  return line;
}

static void add_place(Text *t, const ZyProto *p, int pc, int foreign) {
  char source[200];
  if (foreign) add(t, "%s, ", zy_stats_source(p, source, sizeof source));
  int line = zy_explain_line(p, pc);
  if (line > 0) add(t, "line %d", line);
  else add(t, "instruction %d", pc);
}

static void add_times(Text *t, uint64_t n) { add(t, "%" PRIu64 " time%s", n, n == 1 ? "" : "s"); }

/* ---- Exits ---- */

/* The function an exit's pc belongs to: code's own, or one that was translated in place. */
static const ZyFunction *exit_function(const ZyCode *code, const ZyExit *e) {
  for (int i = 0; i < code->ncallees; i++)
    if (code->callee[i] != NULL && code->callee[i]->id == e->function) return code->callee[i];
  return code->owner;
}

/* The bytecode to blame: of a guard, which may have been moved, whose operand it looks at. */
static int exit_pc(const ZyExit *e) {
  int guard = e->reason == ZY_EXIT_TYPE || e->reason == ZY_EXIT_TABLE || e->reason == ZY_EXIT_CALLEE;
  return guard && e->site >= 0 ? e->site : e->pc;
}

static int left_to_interpreter(const ZyExit *e) { return e->reason == ZY_EXIT_SLOW; }

static int is_worth_telling(const ZyExit *e) { return e->taken > 0 || left_to_interpreter(e); }

static int same_exit(const ZyExit *a, const ZyExit *b) {
  return exit_pc(a) == exit_pc(b) && a->reason == b->reason && a->function == b->function;
}

static void add_exit(Text *t, const ZyCode *code, int index) {
  const ZyExit *e = &code->exit[index];
  uint64_t taken = 0;
  for (int i = 0; i < code->nexits; i++) {
    if (!same_exit(&code->exit[i], e)) continue;
    if (i < index && is_worth_telling(&code->exit[i])) return;     /* it was told with that one */
    taken += code->exit[i].taken;
  }
  const ZyFunction *fn = exit_function(code, e);
  if (fn->proto == NULL) return;
  add(t, "    ");
  int pc = exit_pc(e);
  add_place(t, fn->proto, pc, fn != code->owner);
  if (left_to_interpreter(e) && pc >= 0 && pc < fn->size)
    add(t, ": %s is left to the interpreter", zy_bytecode_name(ZY_OP(zy_attach_original(fn, pc))));
  else add(t, ": %s", exit_text(e->reason));
  add(t, ": ");
  add_times(t, taken);
  add(t, "\n");
}

static void add_code(Text *t, const ZyFunction *fn, int stub) {
  const ZyStub *s = &fn->stub[stub];
  const ZyCode *code = atomic_load_explicit(&s->code, memory_order_acquire);
  uint32_t count = atomic_load_explicit(&s->count, memory_order_relaxed);
  if (code == NULL && count == 0 && (stub > 0 || fn->flags & ZY_FUNCTION_LIVE)) return;
  if (stub == 0) add(t, "  from its start: ");
  else {
    add(t, "  from the loop at ");
    add_place(t, fn->proto, s->pc, 0);
    add(t, ": ");
  }
  if (code == NULL) {
    add(t, "interpreter, counted ");
    add_times(t, count);
    if (s->level >= 0) add(t, ", %s was requested", zy_stats_tier(s->level));
    add(t, "\n");
    return;
  }
  add(t, "%s (%s, %" PRIu32 " bytes), entered ", zy_stats_tier(code->tier), backend_name(code->backend), code->bytes);
  add_times(t, s->entries);
  add(t, "\n");
  for (int i = 0; i < code->nexits; i++)
    if (is_worth_telling(&code->exit[i])) add_exit(t, code, i);
}

static void add_avoided(Text *t, const ZyFunction *fn) {
  static const struct { int bit; const char *text; } given_up[] = {
    { ZY_AVOID_TYPE, "the type of a value" },
    { ZY_AVOID_TABLE, "the way of a table access" },
    { ZY_AVOID_CALL, "the function called" },
    { ZY_AVOID_COLD, "that it is never reached" },
    { ZY_AVOID_PLAIN, "that an operator needs no metamethod" },
    { ZY_AVOID_HOIST, "that it can be checked before the loop" },
  };
  for (int pc = 0; fn->avoid != NULL && pc < fn->size; pc++)
    for (size_t i = 0; i < sizeof given_up / sizeof given_up[0]; i++) {
      if (!(fn->avoid[pc] & given_up[i].bit)) continue;
      add(t, "  ");
      add_place(t, fn->proto, pc, 0);
      add(t, ": not assumed any more, it failed too often: %s\n", given_up[i].text);
    }
}

size_t zy_explain_function(const ZyFunction *fn, const char *off, char *out, size_t size) {
  Text t = { out, size, 0 };
  char name[256];
  if (size > 0) *out = '\0';
  add(&t, "%s: %s\n", zy_stats_name(fn->proto, name, sizeof name), zy_stats_tier(off == NULL ? zy_function_tier(fn) : -1));
  if (off != NULL) add(&t, "  nothing is compiled: %s\n", off);
  if (fn->flags & ZY_FUNCTION_OFF) add(&t, "  kept out by zyjit.off\n");
  if (fn->flags & ZY_FUNCTION_PINNED)
    add(&t, "  kept at most at %s by zyjit.deoptimize\n", zy_stats_tier(fn->max_tier));
  if (fn->flags & ZY_FUNCTION_LIVE) add(&t, "  it was running when it was found: only its loops are compiled\n");
  if (fn->status != ZY_STATUS_OK) add(&t, "  compiling it failed: %s\n", zy_status_text((ZyStatus)fn->status));
  for (int i = 0; i < fn->nstubs; i++) add_code(&t, fn, i);
  add_avoided(&t, fn);
  if (fn->exits > 0) {
    add(&t, "  left native code ");
    add_times(&t, fn->exits);
    if (fn->deopts > 0) {
      add(&t, ", recompiled ");
      add_times(&t, fn->deopts);
    }
    add(&t, "\n");
  }
  return t.length;
}

/* ---- Bytecode ---- */

static void add_constant(Text *t, const ZyValue *k) {
  switch (k->tt) {
    case ZY_TAG_NIL: add(t, "nil"); return;
    case ZY_TAG_FALSE: add(t, "false"); return;
    case ZY_TAG_TRUE: add(t, "true"); return;
    case ZY_TAG_INT: add(t, "%" PRId64, k->v.i); return;
    case ZY_TAG_NUM: add(t, "%.17g", k->v.n); return;
    case ZY_TAG_STR:
    case ZY_TAG_LONG_STR: break;
    default: add(t, "?"); return;
  }
  const char *text = ((const ZyString *)k->v.gc)->contents;
  add(t, "\"");
  for (int i = 0; i < 60 && text[i] != '\0'; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 32 || c == 127) add(t, "\\%03d", c);
    else add(t, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
  }
  add(t, "\"");
}

size_t zy_explain_bytecode(const ZyFunction *fn, char *out, size_t size) {
  Text t = { out, size, 0 };
  const ZyProto *p = fn->proto;
  char name[256], text[80];
  if (size > 0) *out = '\0';
  int attached = !(fn->flags & ZY_FUNCTION_LIVE);
  int first = attached ? zy_attach_default_pc(p, zy_function_stub_pc(fn, 0) + ZY_STUB_SIZE - 1) : fn->head;
  add(&t, "function %s: %d instructions, %d parameters%s, %d upvalues\n", zy_stats_name(p, name, sizeof name),
      fn->size - (first - fn->head), p->numparams, p->is_vararg ? " and more" : "", p->sizeupvalues);
  for (int pc = 0; pc < fn->size; pc++) {
    if (attached && pc >= fn->head && pc < first) continue;       /* zyjit's prologue and landing pads */
    zy_bytecode_format_text(zy_attach_original(fn, pc), pc, text, (int)sizeof text);
    add(&t, "%5d  [%d]  %s\n", pc, zy_explain_line(p, pc), text);
  }
  int nk = p->sizek - (attached ? 2 : 0);             /* the last two are zyjit's */
  for (int i = 0; i < nk; i++) {
    add(&t, "%5s  constant %d: ", "", i);
    add_constant(&t, &p->k[i]);
    add(&t, "\n");
  }
  return t.length;
}
