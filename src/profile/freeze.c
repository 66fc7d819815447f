/*
** freeze.c - attached Proto + feedback -> unit.
** SPDX-License-Identifier: MIT
**
** A unit is one block: what goes into it is laid out twice, first to learn its size, then for good. Callees that
** the feedback names are looked up by id and frozen, too, while they are small; a table of them is built on the way
** (unit.h). They are only considered when what is compiled will speculate on them.
**
** Only on the thread that runs the Lua state.
*/
#include "profile/freeze.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lir/native.h"
#include "profile/attach.h"
#include "runtime/state.h"
#include "vm/bytecode.h"

enum {
  MAX_INLINE = 60,                     /* instructions of a unit to inline */
  MAX_INLINES = 600,                   /* of all of them */
  MAX_CALLEES = 64,
  MAX_TEXT = 40,                       /* bytes of a string constant that are kept: short strings are no longer */
  NREGS = 256
};

/* The types that values with a tag are of (type.def); tags that no register holds have none. */
static uint16_t type_of_tag(uint8_t tag) {
  enum {
#define ZY_TYPE(name, tag) BIT_##name,
#include "hir/type.def"
#undef ZY_TYPE
  };
  static const struct { int16_t tag; uint16_t type; } types[] = {
#define ZY_TYPE(name, tag) { tag, (uint16_t)(1u << BIT_##name) },
#include "hir/type.def"
#undef ZY_TYPE
  };
  if ((tag & ZY_KIND_TYPE_BITS) == ZY_TAG_NIL) tag = ZY_TAG_NIL;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].tag == tag) return types[i].type;
  return 0;
}

/* --- Layout --- */

typedef struct Block { char *base; size_t used; } Block;    /* base NULL: only measures */

static void *take(Block *block, size_t size) {
  void *p = block->base == NULL ? NULL : block->base + block->used;
  block->used += (size + 7) & ~(size_t)7;
  return p;
}

static size_t string_length(const ZyString *s) { return s->tt == ZY_TAG_STR - 64 ? s->shrlen : s->u.lnglen; }

/* How much of a string constant is kept. */
static size_t text_length(const ZyString *s) {
  size_t length = string_length(s);
  return length < MAX_TEXT ? length : MAX_TEXT;
}

static int is_string(uint8_t tag) { return tag == ZY_TAG_STR || tag == ZY_TAG_LONG_STR; }

/* What is known of a function before it is frozen. */
typedef struct Source {
  const ZyFunction *fn;
  const ZyProto *p;
  int attached, ncode, nk;
  char name[128];
} Source;

/* --- Parts of a unit --- */

/* "file.lua:12"; text chunks as Lua shows them. */
static void name_of(const ZyProto *p, char *name, size_t size) {
  const char *source = p->source != NULL ? p->source->contents : "=?";
  int length = p->source != NULL ? (int)string_length(p->source) : 2;
  char line[16] = "";
  if (p->linedefined > 0) snprintf(line, sizeof line, ":%d", p->linedefined);
  if (*source == '@' || *source == '=') {
    int most = 90, skip = length - 1 > most ? length - 1 - most : 0;    /* the end of a path says more */
    snprintf(name, size, "%s%.*s%s", skip > 0 ? "..." : "", length - 1 - skip, source + 1 + skip, line);
  } else {
    const char *newline = memchr(source, '\n', (size_t)length);
    int shown = newline != NULL ? (int)(newline - source) : length, most = 40;
    snprintf(name, size, "[string \"%.*s%s\"]%s", shown < most ? shown : most, source,
             newline != NULL || shown > most ? "..." : "", line);
  }
}

static void freeze_code(const Source *s, ZyUnit *unit) {
  for (int pc = 0; pc < s->ncode; pc++) unit->code[pc] = zy_attach_original(s->fn, pc);
  if (unit->head >= 0) unit->code[unit->head] = zy_bytecode_jump(unit->head, unit->head + 1);
}

static void freeze_lines(const Source *s, ZyUnit *unit) {
  const ZyProto *p = s->p;
  int line = p->linedefined, absolute = 0;
  if (p->sizelineinfo < s->ncode) return;
  for (int pc = 0; pc < s->ncode; pc++) {
    if (p->lineinfo[pc] != ZY_ABS_LINE) {
      line += p->lineinfo[pc];
    } else {
      while (absolute < p->sizeabslineinfo && p->abslineinfo[absolute].pc < pc) absolute++;
      if (absolute < p->sizeabslineinfo) line = p->abslineinfo[absolute].line;
    }
    unit->line[pc] = line;
  }
}

/* Locals are listed by where they begin; each takes the register after those that are in scope. */
static void freeze_scopes(const Source *s, ZyUnit *unit) {
  for (int i = 0; i < s->p->sizelocvars; i++) {
    const ZyLocVar *local = &s->p->locvars[i];
    for (int pc = local->startpc < 0 ? 0 : local->startpc; pc < local->endpc && pc < s->ncode; pc++)
      unit->nactive[pc]++;
  }
}

static void freeze_constants(const Source *s, ZyUnit *unit, Block *block) {
  for (int i = 0; i < s->nk; i++) {
    const ZyValue *v = &s->p->k[i];
    char *text = NULL;
    if (is_string(v->tt)) {
      const ZyString *string = (const ZyString *)v->v.gc;
      size_t length = text_length(string);
      text = take(block, length + 1);
      if (text != NULL) memcpy(text, string->contents, length);
    }
    if (unit == NULL) continue;
    unit->k[i].tag = v->tt;
    unit->k[i].text = text;
    if (text != NULL) unit->k[i].length = (uint32_t)text_length((const ZyString *)v->v.gc);
    if (v->tt == ZY_TAG_INT) unit->k[i].i = v->v.i;
    else if (v->tt == ZY_TAG_NUM) unit->k[i].n = v->v.n;
  }
}

static void freeze_captures(const Source *s, ZyUnit *unit) {
  for (int i = 0; i < s->p->sizep; i++) {
    const ZyProto *nested = s->p->p[i];
    for (int u = 0; u < nested->sizeupvalues; u++) {
      int reg = nested->upvalues[u].idx;
      if (nested->upvalues[u].instack) unit->captured[reg >> 3] |= (uint8_t)(1 << (reg & 7));
    }
  }
}

static void freeze_feedback(const Source *s, ZyUnit *unit) {
  const ZyFunction *fn = s->fn;
  if (fn->cells != NULL) {
    memcpy(unit->cells, fn->cells, (size_t)s->ncode * sizeof *fn->cells);
    memcpy(unit->cells + s->ncode, fn->cells + fn->size, ZY_CELL_REGS * sizeof *fn->cells);
  }
  if (fn->avoid != NULL) memcpy(unit->avoid, fn->avoid, (size_t)s->ncode);
}

/* Types in the registers of 'frame', which is about to enter: all at a loop, the parameters at the start. */
static void freeze_entry_types(const Source *s, ZyUnit *unit, const ZyCallInfo *frame) {
  int n = unit->entry >= 0 ? s->p->maxstacksize : s->p->numparams;
  for (int r = 0; r < n; r++) unit->entry_types[r] = type_of_tag(frame->func[1 + r].tt);
}

/* The rule by which the builder assumes types of parameters. */
static uint32_t signature_of(const ZyFunction *fn) {
  const ZyProto *p = fn->proto;
  int types = fn->avoid == NULL || !(fn->avoid[fn->head + 1] & ZY_AVOID_TYPE);
  return zy_unit_signature(fn->cells != NULL ? fn->cells + fn->size : NULL, types, p->numparams, p->is_vararg);
}

/* --- A unit --- */

/* Lays out what all units have; the unit is NULL while measuring. */
static ZyUnit *lay_out(const Source *s, Block *block, int with_types) {
  ZyUnit *unit = take(block, sizeof *unit);
  size_t n = (size_t)s->ncode;
  void *code = take(block, n * sizeof *unit->code), *line = take(block, n * sizeof *unit->line);
  void *nactive = take(block, n), *k = take(block, (size_t)s->nk * sizeof *unit->k);
  void *cells = s->fn->cells != NULL ? take(block, (n + ZY_CELL_REGS) * sizeof *unit->cells) : NULL;
  void *avoid = s->fn->avoid != NULL ? take(block, n) : NULL;
  void *types = with_types ? take(block, NREGS * sizeof *unit->entry_types) : NULL;
  char *name = take(block, strlen(s->name) + 1);
  if (unit != NULL) {
    unit->code = code;
    unit->line = line;
    unit->nactive = nactive;
    unit->k = k;
    unit->cells = cells;
    unit->avoid = avoid;
    unit->entry_types = types;
    unit->name = memcpy(name, s->name, strlen(s->name) + 1);
  }
  freeze_constants(s, unit, block);
  return unit;
}

static void source_of(Source *s, const ZyFunction *fn) {
  s->fn = fn;
  s->p = fn->proto;
  s->attached = (fn->flags & ZY_FUNCTION_LIVE) == 0;
  s->ncode = s->attached ? fn->size : s->p->sizecode;
  if (s->ncode > s->p->sizecode) s->ncode = s->p->sizecode;
  s->nk = s->p->sizek - (s->attached ? 2 : 0);         /* the entry and the record are not the script's */
  if (s->nk < 0) s->nk = 0;
  name_of(s->p, s->name, sizeof s->name);
}

static ZyUnit *freeze_one(const ZyFunction *fn, int stub, int tier, const ZyCallInfo *frame) {
  Source s;
  Block block = { NULL, 0 };
  ZyUnit *unit;
  source_of(&s, fn);
  lay_out(&s, &block, frame != NULL);
  block.base = calloc(1, block.used);
  block.used = 0;
  if (block.base == NULL) return NULL;
  unit = lay_out(&s, &block, frame != NULL);
  unit->id = fn->id;
  unit->ncode = s.ncode;
  unit->nk = s.nk;
  unit->head = s.attached ? fn->head : -1;
  unit->numparams = s.p->numparams;
  unit->is_vararg = s.p->is_vararg;
  unit->maxstack = s.p->maxstacksize;
  unit->nupvalues = (uint8_t)s.p->sizeupvalues;
  unit->tier = (uint8_t)tier;
  unit->bytecode = s.p->code;
  unit->constants = s.p->k;
  unit->stub_index = stub;
  unit->entry = stub > 0 ? fn->stub[stub].pc : -1;
  freeze_code(&s, unit);
  freeze_lines(&s, unit);
  freeze_scopes(&s, unit);
  freeze_captures(&s, unit);
  freeze_feedback(&s, unit);
  unit->signature = s.attached && tier == 2 && unit->entry < 0 ? signature_of(fn) : ZY_SIGNATURE_NONE;
  if (frame != NULL) freeze_entry_types(&s, unit, frame);
  return unit;
}

/* --- Callees --- */

typedef struct Freezer {
  lua_State *L;
  struct ZyState *S;
  ZyUnit *unit;                        /* the outermost one */
  ZyFunction *fn;                      /* its */
  ZyCallee callees[MAX_CALLEES];
  int ncallees;
  int room;                            /* instructions that may still be inlined */
} Freezer;

/* Whether the collector has freed fn's Proto, or is about to, but has not run the finalizer that says so. Finalizers
** that are due wait in a list, and the one of a record's userdata holds the record. */
static int is_dying(const ZyGlobal *G, const ZyFunction *fn) {
  for (const ZyObject *o = G->tobefnz; o != NULL; o = o->next) {
    const ZyUserdata *u = (const ZyUserdata *)o;
    const char *data;
    if (o->tt != ZY_TAG_UDATA - 64) continue;
    data = u->nuvalue == 0 ? (const char *)u + offsetof(ZyUserdata, gclist)
                           : (const char *)u + offsetof(ZyUserdata, uv) + sizeof(ZyValue) * u->nuvalue;
    for (size_t at = 0; at + sizeof fn <= u->len && at < 64; at += sizeof fn)
      if (memcmp(data + at, &fn, sizeof fn) == 0) return 1;
  }
  return 0;
}

static int is_listed(const Freezer *f, uint32_t id) {
  for (int i = 0; i < f->ncallees; i++)
    if (f->callees[i].id == id) return 1;
  return 0;
}

/* That of the code which calls of the function will find. A function that calls itself will find what is made now. */
static uint32_t expected_signature(const Freezer *f, const ZyFunction *fn) {
  const ZyCode *code = fn == f->fn ? NULL : atomic_load_explicit(&fn->stub[0].code, memory_order_acquire);
  if (code != NULL && code->tier == 2) return code->signature;
  return fn->cells != NULL && fn->max_tier >= 2 ? signature_of(fn) : ZY_SIGNATURE_NONE;
}

/* The RETURN at the end of each function is mostly not reached. What tail calls give is not known: one value, mostly. */
static int returns_one(const ZyFunction *fn) {
  int last = fn->size - 1;
  for (int pc = fn->head + 1; pc <= last; pc++) {
    ZyInstruction i = zy_attach_original(fn, pc), before = zy_attach_original(fn, pc - 1);
    int behind = ZY_OP(before) == ZY_BC_RETURN || ZY_OP(before) == ZY_BC_RETURN1;
    if (ZY_OP(i) == ZY_BC_RETURN0 && !(pc == last && behind)) return 0;
    if (ZY_OP(i) == ZY_BC_RETURN && ZY_B(i) != 2 && ZY_OP(before) != ZY_BC_TAILCALL && !(pc == last && behind)) return 0;
  }
  return 1;
}

static int is_usable(const struct ZyState *S, const ZyFunction *fn) {
  return fn->state == S && fn->proto != NULL && (fn->flags & (ZY_FUNCTION_OFF | ZY_FUNCTION_LIVE)) == 0;
}

static int is_small(const ZyFunction *fn) { return fn->size <= MAX_INLINE && !fn->proto->is_vararg; }

/* Enters the function into the table, with a unit of its own if it may be inlined. */
static void add_callee(Freezer *f, uint32_t id, int depth) {
  ZyFunction *fn = zy_function_find(id);
  ZyCallee *callee = &f->callees[f->ncallees];
  if (fn == NULL) return;
  if (!is_usable(f->S, fn) || is_dying(f->S->G, fn) || (fn != f->fn && !zy_attach_keep(f->L, f->fn, fn->proto))) {
    zy_function_release(fn);
    return;
  }
  *callee = (ZyCallee){ .id = id, .fn = fn, .proto = fn->proto, .numparams = fn->proto->numparams,
                        .is_vararg = fn->proto->is_vararg, .maxstack = fn->proto->maxstacksize, .head = fn->head,
                        .returns_one = (uint8_t)returns_one(fn), .signature = expected_signature(f, fn) };
  f->ncallees++;
  if (depth > ZY_INLINE_MOST || fn->cells == NULL || !is_small(fn)) return;
  if (fn == f->fn) callee->unit = f->unit;
  else if (fn->size <= f->room) callee->unit = freeze_one(fn, 0, 2, NULL);
  if (callee->unit != NULL && fn != f->fn) f->room -= fn->size;
}

/* The one Lua function that was called by 'code', with feedback 'cell'; 0: none, or several. */
static uint32_t only_callee(ZyInstruction code, const ZyCell *cell) {
  ZyBc op = ZY_OP(code);
  if ((op != ZY_BC_CALL && op != ZY_BC_TAILCALL) || cell->calls != 1 || (cell->callee & ZY_CALLEE_LIB) != 0) return 0;
  return cell->callee;
}

void zy_freeze_candidates(struct ZyState *S, const ZyFunction *fn, void (*visit)(ZyFunction *, void *), void *arg) {
  if (fn->cells == NULL || fn->proto == NULL) return;
  for (int pc = 0; pc < fn->size && pc < fn->proto->sizecode; pc++) {
    uint32_t id = only_callee(fn->proto->code[pc], &fn->cells[pc]);
    ZyFunction *callee = id == 0 || id == fn->id ? NULL : zy_function_find(id);
    if (callee == NULL) continue;
    if (is_usable(S, callee) && is_small(callee)) visit(callee, arg);
    zy_function_release(callee);
  }
}

/* Functions that calls in 'unit' were seen to have. */
static void add_callees_of(Freezer *f, const ZyUnit *unit, int depth) {
  if (unit->cells == NULL) return;
  for (int pc = 0; pc < unit->ncode && f->ncallees < MAX_CALLEES; pc++) {
    uint32_t id = only_callee(unit->code[pc], &unit->cells[pc]);
    if (id == 0 || is_listed(f, id)) continue;
    if (unit->avoid != NULL && (unit->avoid[pc] & ZY_AVOID_CALL) != 0) continue;
    add_callee(f, id, depth);
  }
}

/* Breadth first: what is called directly has precedence. */
static int add_callees(Freezer *f, ZyUnit *unit) {
  int from = 0;
  add_callees_of(f, unit, 1);
  for (int depth = 2; depth <= ZY_INLINE_MOST + 1; depth++)
    for (int to = f->ncallees; from < to; from++)
      if (f->callees[from].unit != NULL) add_callees_of(f, f->callees[from].unit, depth);
  if (f->ncallees == 0) return 1;
  unit->callees = malloc((size_t)f->ncallees * sizeof *unit->callees);
  if (unit->callees == NULL) {
    for (int i = 0; i < f->ncallees; i++) {
      if (f->callees[i].unit != unit) free(f->callees[i].unit);
      zy_function_release(f->callees[i].fn);
    }
    return 0;
  }
  memcpy(unit->callees, f->callees, (size_t)f->ncallees * sizeof *unit->callees);
  unit->ncallees = f->ncallees;
  for (int i = 0; i < f->ncallees; i++) {
    if (unit->callees[i].unit == NULL) continue;
    unit->callees[i].unit->callees = unit->callees;
    unit->callees[i].unit->ncallees = unit->ncallees;
  }
  return 1;
}

ZyUnit *zy_freeze_unit(lua_State *L, struct ZyState *S, ZyFunction *fn, int stub, int tier, const ZyCallInfo *frame) {
  ZyUnit *unit;
  if (fn->proto == NULL || (tier < 2 && !zy_function_warm(fn))) return NULL;
  unit = freeze_one(fn, stub, tier, frame);
  if (unit == NULL) return NULL;
  unit->profile = tier < 2;
  unit->count_blocks = unit->profile && S->config.enable_block_profiling;
  unit->stress_exits = S->cx.stress_exits;
  if (tier == 2) {
    Freezer f = { .L = L, .S = S, .unit = unit, .fn = fn, .room = MAX_INLINES };
    if (!add_callees(&f, unit)) {
      zy_unit_free(unit);
      return NULL;
    }
  }
  return unit;
}
