/*
** native_test.c - HIR from text -> native code -> what it does in the model.
** SPDX-License-Identifier: MIT
**
** What the HIR interpreter does with the small world of hir/interp_model.c, native code does with the same world: a
** frame, a closure, a thread that are just enough for generated code, and helpers that ask the model. So every line
** "run" of a test text is a test of the lowering and of all back ends.
**
** ZYJIT_TEST_BACKENDS="llvm 2,gccjit 0" chooses versions, which then must be there; by default all are run whose back
** end works on this machine. Runs where tests run, on one thread at a time.
*/
#include "backend/native_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/eval.h"
#include "hir/machine.h"
#include "lir/lower.h"
#include "runtime/engine.h"

static const struct { const char *name; int backend, level; } versions[] = {
  { "llvm 0", ZY_BACKEND_LLVM, 0 }, { "llvm 1", ZY_BACKEND_LLVM, 1 }, { "llvm 2", ZY_BACKEND_LLVM, 2 },
  { "gccjit 0", ZY_BACKEND_GCCJIT, 0 }, { "gccjit 1", ZY_BACKEND_GCCJIT, 1 }, { "gccjit 2", ZY_BACKEND_GCCJIT, 2 }
};

enum { VERSIONS = sizeof versions / sizeof *versions, NCONSTANTS = ZY_MODEL_STRINGS };

struct ZyNativeTest {
  const ZyHir *h;
  ZyLowered lowered;
  int n;
  struct { const char *name; ZyNative fn; ZyModule *module; } version[VERSIONS];
};


/* ---- the world ------------------------------------------------------------- */

typedef struct World {
  ZyMachine machine;
  ZyThread thread;
  ZyCallInfo ci;
  ZyContext cx;
  ZyCode code;
  _Atomic uint32_t count;
  ZyProto proto;
  ZyUpVal upval[ZY_MODEL_UPVALS];
  ZyValue k[NCONSTANTS];
  union { ZyLuaClosure closure; char room[sizeof(ZyLuaClosure) + ZY_MODEL_UPVALS * sizeof(ZyUpVal *)]; } function;
  ZyValue stack[1 + ZY_MODEL_REGS];
} World;

static World *world;                   /* of the run that is going on */

static void to_model(World *w) { memcpy(w->machine.model->reg, w->stack + 1, sizeof w->machine.model->reg); }

static void from_model(World *w) {
  memcpy(w->stack + 1, w->machine.model->reg, sizeof w->machine.model->reg);
  w->thread.top = w->stack + 1 + w->machine.model->top;
}

/* Evaluates operation 'op' in the model. */
static ZyStep step(ZyHirOp op, int64_t imm, const ZyValue a[3], ZyValue *out) {
  ZyHirNode node = { .op = (uint8_t)op, .imm = imm };
  ZyStep result = ZY_STEP_EXIT;
  switch (zy_eval_node(&node, a, out)) {
    case ZY_EVAL_DONE: return ZY_STEP_NEXT;
    case ZY_EVAL_EXIT: return ZY_STEP_EXIT;
    case ZY_EVAL_OTHER: break;
  }
  to_model(world);
  result = zy_interp_model_step(&world->machine, &node, a, out);
  from_model(world);
  return result;
}

static ZyValue value(int64_t payload, int64_t tag) { return (ZyValue){ { .i = payload }, (uint8_t)tag }; }

/* What a helper returns: garbage in the upper half, as an int leaves it. */
static int64_t wide(int result) { return (int64_t)(UINT64_C(0x5a5a5a5a) << 32 | (uint32_t)result); }

static int64_t act(ZyHirOp op, int64_t imm, ZyValue a, ZyValue b, ZyValue c) {
  const ZyValue operands[3] = { a, b, c };
  ZyValue out;
  return wide(step(op, imm, operands, &out) != ZY_STEP_NEXT);
}

static const ZyValue none;

typedef struct lua_State State;

static int64_t table_get(State *L, ZyCallInfo *ci, int64_t p, int64_t t, int64_t kp, int64_t kt, int64_t reg) {
  (void)L, (void)ci;
  return act(ZY_HIR_TABLE_GET, reg, value(p, t), value(kp, kt), none);
}

static int64_t table_set(State *L, ZyCallInfo *ci, int64_t p, int64_t t, int64_t kp, int64_t kt, int64_t v,
                         int64_t vt) {
  (void)L, (void)ci;
  return act(ZY_HIR_TABLE_SET, 0, value(p, t), value(kp, kt), value(v, vt));
}

static int64_t field_get(State *L, ZyCallInfo *ci, int64_t p, int64_t t, int64_t k, int64_t reg) {
  (void)L, (void)ci;
  return act(ZY_HIR_FIELD_GET, k << 8 | reg, value(p, t), none, none);
}

static int64_t field_set(State *L, ZyCallInfo *ci, int64_t p, int64_t t, int64_t k, int64_t v, int64_t vt) {
  (void)L, (void)ci;
  return act(ZY_HIR_FIELD_SET, k, value(p, t), value(v, vt), none);
}

static ZyValue *field_slot(ZyTable *t, const ZyString *s) { return zy_model_field(t, (int64_t)s->u.lnglen, 0); }

static const ZyValue *field_find(State *L, int64_t p, int64_t tag, const ZyString *s) {
  static const ZyValue nil = { .tt = ZY_TAG_NIL };
  ZyTable *t = (ZyTable *)(intptr_t)p;
  const ZyValue *v;
  (void)L;
  if (tag != ZY_TAG_TABLE || t->metatable != NULL) return NULL;
  v = zy_model_field(t, (int64_t)s->u.lnglen, 0);
  return v != NULL ? v : &nil;
}

static int64_t field_put(State *L, ZyTable *t, const ZyString *s, int64_t v, int64_t vt) {
  ZyValue *slot = t->metatable == NULL ? zy_model_field(t, (int64_t)s->u.lnglen, 1) : NULL;
  (void)L;
  if (slot == NULL) return 1;
  slot->v.i = v;
  slot->tt = (uint8_t)vt;
  return 0;
}

static int64_t set_meta(State *L, ZyTable *t, ZyTable *meta) {
  (void)L;
  if (t->metatable != NULL) return 1;
  t->metatable = meta;
  return 0;
}

static ZyTable *make_table(State *L, void *cx, int64_t array, int64_t hash) {
  (void)L, (void)cx, (void)array, (void)hash;
  return NULL;                               /* always NEW_TABLE */
}

static int64_t new_table(State *L, ZyCallInfo *ci, int64_t reg, int64_t array, int64_t hash) {
  (void)L, (void)ci;
  return act(ZY_HIR_NEW_TABLE, reg | array << 8 | hash << 32, none, none, none);
}

static int64_t len(State *L, ZyCallInfo *ci, int64_t p, int64_t t, int64_t reg) {
  (void)L, (void)ci;
  return act(ZY_HIR_LEN, reg, value(p, t), none, none);
}

static int64_t vararg(State *L, ZyCallInfo *ci, int64_t reg, int64_t wanted) {
  (void)L, (void)ci;
  return act(ZY_HIR_VARARG, reg | (wanted + 1) << 8, none, none, none);
}

static int64_t call(State *L, ZyCallInfo *ci, ZyContext *cx, int64_t reg, int64_t nargs, int64_t nresults) {
  (void)L, (void)ci, (void)cx;
  return act(ZY_HIR_CALL, reg | (nargs + 1) << 8 | (nresults + 1) << 16, none, none, none);
}

static int64_t interpreter(void) { return wide(1); }
static int64_t undecided(void) { return wide(2); }
static int64_t nothing(void) { return wide(0); }

static int64_t compare(ZyHirOp op, ZyValue a, ZyValue b) {
  const ZyValue operands[3] = { a, b, none };
  ZyValue out;
  return wide(step(op, 0, operands, &out) != ZY_STEP_NEXT ? 2 : (int)out.v.i);
}

static int64_t equal(int64_t p, int64_t s, int64_t q, int64_t t) {
  return compare(ZY_HIR_EQ, value(p, s), value(q, t));
}

static int64_t less(int64_t p, int64_t s, int64_t q, int64_t t, int64_t or_equal) {
  return compare(or_equal ? ZY_HIR_LE : ZY_HIR_LT, value(p, s), value(q, t));
}

static double floats(ZyHirOp op, int64_t imm, double a, double b) {
  const ZyHirNode node = { .op = (uint8_t)op, .imm = imm };
  const ZyValue operands[3] = { { { .n = a }, ZY_TAG_NUM }, { { .n = b }, ZY_TAG_NUM }, none };
  ZyValue out = none;
  zy_eval_node(&node, operands, &out);
  return out.v.n;
}

static double power(double a, double b) { return floats(ZY_HIR_POW_NUM, 0, a, b); }
static double modulo(double a, double b) { return floats(ZY_HIR_MOD_NUM, 0, a, b); }
static double math(int64_t lib, double a) { return floats(ZY_HIR_MATH_NUM, lib, a, 0); }

static void set_helper(World *w, int helper, void (*f)(void)) { memcpy(&w->cx.helper[helper], &f, sizeof f); }

#define HELPER(name, f) set_helper(w, ZY_HELPER_##name, (void (*)(void))(f))

static void set_helpers(World *w) {
  for (int i = 0; i < ZY_HELPER_COUNT; i++) set_helper(w, i, (void (*)(void))abort);
  HELPER(TABLE_GET, table_get);
  HELPER(TABLE_SET, table_set);
  HELPER(FIELD_GET, field_get);
  HELPER(FIELD_SET, field_set);
  HELPER(FIELD_SLOT, field_slot);
  HELPER(FIELD_FIND, field_find);
  HELPER(FIELD_PUT, field_put);
  HELPER(SET_META, set_meta);
  HELPER(MAKE_TABLE, make_table);
  HELPER(NEW_TABLE, new_table);
  HELPER(LEN, len);
  HELPER(VARARG, vararg);
  HELPER(CALL, call);
  HELPER(OPERATE, interpreter);
  HELPER(COMPARE, undecided);
  HELPER(CONCAT, interpreter);
  HELPER(CLOSURE, interpreter);
  HELPER(SET_LIST, interpreter);
  HELPER(CLOSE, nothing);
  HELPER(EQUAL, equal);
  HELPER(LESS, less);
  HELPER(POW, power);
  HELPER(MOD, modulo);
  HELPER(MATH, math);
}

static World *make_world(const ZyHir *h, ZyModel *model) {
  World *w = ZY_NEW(h->arena, World);
  w->machine = (ZyMachine){ .h = h, .model = model };
  w->proto.k = w->k;
  w->code.k = w->k;
  w->code.bytecode = ZY_NEW(h->arena, ZyInstruction);
  w->function.closure.p = &w->proto;
  for (int i = 0; i < ZY_MODEL_UPVALS; i++) {
    ZyUpVal **upval = w->function.closure.upvals + i;
    w->upval[i].v = &model->upval[i];
    *upval = &w->upval[i];
  }
  for (int i = 0; i < NCONSTANTS; i++)
    w->k[i] = (ZyValue){ { .gc = (ZyObject *)zy_model_string(model, i) }, ZY_TAG_STR };
  for (int i = 0; i < ZY_LIB_COUNT; i++) w->cx.lib[i] = (void *)(intptr_t)i;
  set_helpers(w);
  w->code.count = &w->count;
  atomic_init(&w->code.limit, UINT32_MAX);
  w->stack[0] = (ZyValue){ { .gc = (ZyObject *)&w->function.closure }, ZY_TAG_LUA_FN };
  w->ci.func = w->stack;
  w->ci.top = w->thread.stack_last = w->thread.top = w->stack + 1 + ZY_MODEL_REGS;
  w->thread.stack = w->stack;
  w->thread.ci = &w->ci;
  from_model(w);
  for (int i = 0; i < model->nargs; i++) w->stack[1 + i] = model->arg[i];
  return w;
}


/* ---- compiling -------------------------------------------------------------- */

/* What the model has only the number of cannot be looked into. */
static int is_runnable(const ZyHir *h) {
  if (h->unit != NULL) return 0;
  for (uint32_t b = 1; b < h->blocks.n; b++)
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next)
      switch (h->nodes.v[r].op) {
        case ZY_HIR_GUARD_PROTO: case ZY_HIR_TAIL_SELF: case ZY_HIR_TAIL_LUA: case ZY_HIR_UPVAL_OF: case ZY_HIR_UPVAL_SET_OF: return 0;
      }
  return 1;
}

static int is_chosen(const char *name) {
  const char *chosen = getenv("ZYJIT_TEST_BACKENDS");
  return chosen == NULL || strstr(chosen, name) != NULL;
}

static int compile(ZyNativeTest *t, int v, char *problem, size_t size) {
  char why[256] = "";
  const ZyLir *lir = t->lowered.lir;
  ZyBackendResult result;
  ZyModule *module;
  ZyStatus status = zy_engine_compile(versions[v].backend, &lir, 1, versions[v].level, &result, &module, 0, why,
                                      sizeof why);
  if (status == ZY_STATUS_NO_BACKEND && getenv("ZYJIT_TEST_BACKENDS") == NULL) return 1;
  if (status != ZY_STATUS_OK) {
    snprintf(problem, size, "%s: %s", versions[v].name, why);
    return 0;
  }
  t->version[t->n].name = versions[v].name;
  t->version[t->n].module = module;
  memcpy(&t->version[t->n++].fn, &result.entry, sizeof result.entry);
  return 1;
}

ZyNativeTest *zy_native_test_new(const ZyHir *h, char *problem, size_t size) {
  ZyNativeTest *t = ZY_NEW(h->arena, ZyNativeTest);
  const char *wrong;
  t->h = h;
  if (!is_runnable(h)) return t;
  zy_lower_hir(h, "test", &t->lowered);
  wrong = zy_lir_check(t->lowered.lir);
  if (wrong != NULL) {
    snprintf(problem, size, "%s\n%s", wrong, zy_lir_print(t->lowered.lir, h->arena));
    return NULL;
  }
  for (int v = 0; v < VERSIONS; v++) {
    if (!is_chosen(versions[v].name) || compile(t, v, problem, size)) continue;
    zy_native_test_free(t);
    return NULL;
  }
  return t;
}

void zy_native_test_free(ZyNativeTest *t) {
  for (int v = 0; v < t->n; v++) zy_module_release(t->version[v].module);
  t->n = 0;
}

int zy_native_test_count(const ZyNativeTest *t) { return t->n; }
const char *zy_native_test_name(const ZyNativeTest *t, int version) { return t->version[version].name; }


/* ---- running ------------------------------------------------------------------ */

/* The node that leaves by this exit. */
static ZyRef node_of_exit(const ZyNativeTest *t, int64_t exit) {
  for (ZyRef r = 1; r < t->h->nodes.n; r++)
    if (t->lowered.exit_of_node[r] == exit) return r;
  return 0;
}

void zy_native_test_run(const ZyNativeTest *t, int version, ZyModel *model, ZyOutcome *outcome) {
  World *w = make_world(t->h, model);
  int64_t result;
  memset(outcome, 0, sizeof *outcome);
  world = w;
  result = t->version[version].fn((State *)&w->thread, &w->ci, &w->cx, &w->code);
  world = NULL;
  to_model(w);
  if (result < 0) {
    outcome->kind = ZY_OUTCOME_RETURN;
    outcome->reg = ZY_RETURN_REG(result);
    outcome->count = ZY_RETURN_COUNT(result);
    return;
  }
  outcome->kind = ZY_OUTCOME_EXIT;
  outcome->node = node_of_exit(t, result);
  outcome->state = t->h->nodes.v[outcome->node].state;
  if (outcome->node != 0 && t->lowered.exit[result].pc == t->h->states.v[outcome->state].pc) return;
  outcome->kind = ZY_OUTCOME_FAULT;
  snprintf(outcome->fault, sizeof outcome->fault, "left by exit %lld", (long long)result);
}
