/*
** interp_model.c - operations of the HIR in a small world without Lua.
** SPDX-License-Identifier: MIT
**
** Just enough of tables, upvalues and calls to tell a correct pass from a wrong one: memory is real memory of the
** layout that Lua's has, a call changes what a call may change, and whatever needs a metamethod exits. See
** ZyModel for what things mean here.
**
** Memory comes from the model's arena. Runs where tests run.
*/
#include "hir/machine.h"

#include <string.h>

#include "hir/eval.h"

static ZyStep give(ZyValue *out, ZyValue value) {
  *out = value;
  return ZY_STEP_NEXT;
}

static ZyStep give_int(ZyValue *out, int64_t i) {
  out->v.i = i;
  out->tt = ZY_TAG_INT;
  return ZY_STEP_NEXT;
}

static ZyStep give_object(ZyValue *out, void *object, int tag) {
  out->v.p = object;
  out->tt = (uint8_t)tag;
  return ZY_STEP_NEXT;
}

static ZyStep check(int cond) { return cond ? ZY_STEP_NEXT : ZY_STEP_EXIT; }

static ZyStep fault(ZyMachine *m, const char *what) {
  m->fault = what;
  return ZY_STEP_FAULT;
}


/* ---- the world --------------------------------------------------------------- */

ZyModel *zy_model_new(ZyArena *arena) {
  ZyModel *model = ZY_NEW(arena, ZyModel);
  model->arena = arena;
  return model;
}

/* Fields in use are those before 'lastfree'; 'lsizenode' is their room. */
ZyTable *zy_model_table(ZyModel *model, unsigned int size, unsigned int fields) {
  ZyTable *t = ZY_NEW(model->arena, ZyTable);
  t->tt = ZY_TAG_TABLE & ~ZY_TAG_COLLECTABLE;
  t->alimit = size;
  t->array = ZY_NEWN(model->arena, ZyValue, size + 1);
  t->lsizenode = (uint8_t)(fields > 255 ? 255 : fields);
  t->node = t->lastfree = ZY_NEWN(model->arena, ZyNode, t->lsizenode + 1);
  t->gclist = model->tables;
  model->tables = (ZyObject *)t;
  return t;
}

ZyValue *zy_model_field(ZyTable *t, int64_t k, int make) {
  ZyNode *n = t->node;
  while (n < t->lastfree && n->u.key.i != k) n++;
  if (n < t->lastfree) return &n->value;
  if (!make || n - t->node >= t->lsizenode) return NULL;
  n->u.key.i = k;
  n->u.key_tt = ZY_TAG_STR;
  t->lastfree++;
  return &n->value;
}

ZyString *zy_model_string(ZyModel *model, int64_t k) {
  if (k < 0 || k >= ZY_MODEL_STRINGS) return NULL;
  if (model->string[k] == NULL) {
    model->string[k] = ZY_NEW(model->arena, ZyString);
    model->string[k]->tt = ZY_TAG_STR & ~ZY_TAG_COLLECTABLE;
    model->string[k]->shrlen = (uint8_t)k;
    model->string[k]->u.lnglen = (size_t)k;
  }
  return model->string[k];
}

/* Moves what tables hold to other places; with 'grow', short arrays get another nil. */
static void move_tables(ZyModel *model, int grow) {
  for (ZyObject *o = model->tables; o != NULL; o = ((ZyTable *)o)->gclist) {
    ZyTable *t = (ZyTable *)o;
    unsigned int size = grow && t->alimit < 5 ? t->alimit + 1 : t->alimit;
    ZyValue *array = ZY_NEWN(model->arena, ZyValue, size + 1);
    ZyNode *node = ZY_NEWN(model->arena, ZyNode, t->lsizenode + 1);
    memcpy(array, t->array, t->alimit * sizeof *array);
    memcpy(node, t->node, (size_t)(t->lastfree - t->node) * sizeof *node);
    t->lastfree = node + (t->lastfree - t->node);
    t->array = array;
    t->node = node;
    t->alimit = size;
  }
}

/* A table whose behaviour no metamethod changes; NULL when 'v' is none. */
static ZyTable *plain_table(const ZyValue *v) {
  ZyTable *t = (ZyTable *)v->v.gc;
  return v->tt == ZY_TAG_TABLE && t->metatable == NULL ? t : NULL;
}

static ZyTable *table(const ZyValue *v) { return (ZyTable *)v->v.gc; }

/* Element 'key' of the array part, or NULL. */
static ZyValue *element(const ZyTable *t, const ZyValue *key) {
  return key->tt == ZY_TAG_INT && key->v.i >= 1 && key->v.i <= t->alimit ? &t->array[key->v.i - 1] : NULL;
}

/* Results are left in a register, too. */
static ZyStep result(ZyMachine *m, int64_t reg, ZyValue value, ZyValue *out) {
  ZyValue *r = zy_machine_reg(m, reg);
  if (r == NULL) return fault(m, "the model has no such register");
  *r = value;
  return give(out, value);
}

static void store(ZyValue *to, const ZyValue *value) {
  to->v = value->v;            /* byte by byte: in a node, the key's tag is behind the value's */
  to->tt = value->tt;
}


/* ---- operations ---------------------------------------------------------------- */

static ZyStep table_get(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  ZyTable *t = plain_table(&a[0]);
  const ZyValue *v;
  ZyValue nil = { .tt = ZY_TAG_NIL };
  if (t == NULL) return ZY_STEP_EXIT;
  v = element(t, &a[1]);
  return result(m, n->imm, v != NULL ? *v : nil, out);
}

static ZyStep table_set(const ZyValue *a) {
  ZyTable *t = plain_table(&a[0]);
  ZyValue *v = t != NULL ? element(t, &a[1]) : NULL;
  if (v != NULL) store(v, &a[2]);
  return check(v != NULL);
}

static ZyStep field_get(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  ZyTable *t = plain_table(&a[0]);
  const ZyValue *v;
  ZyValue value = { .tt = ZY_TAG_NIL };
  if (t == NULL) return ZY_STEP_EXIT;
  v = zy_model_field(t, n->imm >> 8, 0);
  if (v != NULL) store(&value, v);
  return result(m, n->imm & 255, value, out);
}

static ZyStep field_find(const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  ZyTable *t = plain_table(&a[0]);
  const ZyValue *v;
  ZyValue value = { .tt = ZY_TAG_NIL };
  if (t == NULL) return ZY_STEP_EXIT;
  v = zy_model_field(t, ZY_K_KEY(n->imm), 0);
  if (v != NULL) store(&value, v);
  return give(out, value);
}

static ZyStep field_set(const ZyHirNode *n, const ZyValue *a) {
  ZyTable *t = plain_table(&a[0]);
  ZyValue *v = t != NULL ? zy_model_field(t, n->imm, 1) : NULL;
  if (v != NULL) store(v, &a[1]);
  return check(v != NULL);
}

static ZyStep field_put(const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  ZyTable *t = plain_table(&a[0]);
  ZyValue *v = t != NULL ? zy_model_field(t, ZY_K_KEY(n->imm), 1) : NULL;
  if (v != NULL) store(v, &a[1]);
  return give_int(out, v != NULL);
}

static int64_t border(const ZyTable *t) {
  int64_t n = t->alimit;
  while (n > 0 && t->array[n - 1].tt == ZY_TAG_NIL) n--;
  return n;
}

static ZyStep length(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  ZyValue value = { .tt = ZY_TAG_INT };
  ZyTable *t = plain_table(&a[0]);
  if (a[0].tt == ZY_TAG_STR) value.v.i = ((ZyString *)a[0].v.gc)->shrlen;
  else if (t == NULL) return ZY_STEP_EXIT;
  else value.v.i = border(t);
  return result(m, n->imm, value, out);
}

static ZyStep new_table(ZyMachine *m, const ZyHirNode *n, ZyValue *out) {
  ZyValue value = { .tt = ZY_TAG_TABLE };
  value.v.gc = (ZyObject *)zy_model_table(m->model, ZY_TABLE_ARRAY(n->imm), (unsigned int)ZY_TABLE_HASH(n->imm));
  return result(m, n->imm & 255, value, out);
}

static void increment(ZyValue *v) {
  if (v->tt == ZY_TAG_INT) v->v.i = (int64_t)((uint64_t)v->v.i + 1);
}

static ZyStep call(ZyMachine *m, const ZyHirNode *n) {
  ZyModel *model = m->model;
  int reg = ZY_CALL_REG(n->imm), nargs = ZY_CALL_NARGS(n->imm), nresults = ZY_CALL_NRESULTS(n->imm);
  uint64_t sum = 0;
  if (nargs < 0) nargs = model->top - (reg + 1);
  if (nargs < 0 || reg + 1 + nargs > ZY_MODEL_REGS || reg + nresults > ZY_MODEL_REGS)
    return fault(m, "a call of registers that are not there");
  for (int i = 0; i < nargs; i++) {
    const ZyValue *arg = &model->reg[reg + 1 + i];
    if (arg->tt == ZY_TAG_INT) sum += (uint64_t)arg->v.i;
    if (arg->tt == ZY_TAG_TABLE && table(arg)->alimit > 0) increment(&table(arg)->array[0]);
  }
  increment(&model->upval[0]);
  if (nresults < 0) {
    nresults = 1;
    model->top = reg + 1;
  }
  for (int i = 0; i < nresults; i++) model->reg[reg + i] = (ZyValue){ .tt = ZY_TAG_NIL };
  if (nresults > 0) give_int(&model->reg[reg], (int64_t)sum);
  return ZY_STEP_NEXT;
}

static ZyStep vararg(ZyMachine *m, const ZyHirNode *n) {
  int reg = (int)(n->imm & 255), wanted = (int)(n->imm >> 8) - 1;
  if (wanted < 0) m->model->top = reg;
  if (reg + wanted > ZY_MODEL_REGS) return fault(m, "the model has no such register");
  for (int i = 0; i < wanted; i++) m->model->reg[reg + i] = (ZyValue){ .tt = ZY_TAG_NIL };
  return ZY_STEP_NEXT;
}

static ZyStep string_constant(ZyMachine *m, const ZyHirNode *n, ZyValue *out) {
  ZyString *s = zy_model_string(m->model, n->imm);
  if (s == NULL) return fault(m, "the model has no such string");
  return give_object(out, s, n->type == ZY_TYPE_lstr ? ZY_TAG_LONG_STR : ZY_TAG_STR);
}

/* The address of element b, which a pass may compute before the check of the limit: no access yet. */
static ZyStep element_address(const ZyValue *a, ZyValue *out) {
  return give_object(out, (void *)((uintptr_t)a[0].v.p + (uintptr_t)(a[1].v.i - 1) * sizeof(ZyValue)), ZY_TAG_LIGHT);
}

/* What is absent. */
static const ZyValue absent = { .tt = ZY_TAG_NIL };

static ZyStep element_slot(const ZyValue *a, ZyValue *out) {
  ZyValue *v = element(table(&a[0]), &a[1]);
  return give_object(out, v != NULL ? v : (void *)(uintptr_t)&absent, ZY_TAG_LIGHT);
}

/* Whether 'p' is the address of a value in one of the model's tables. */
static int in_table(const ZyMachine *m, const void *p) {
  uintptr_t at = (uintptr_t)p;
  for (const ZyObject *o = m->model->tables; o != NULL; o = ((const ZyTable *)o)->gclist) {
    const ZyTable *t = (const ZyTable *)o;
    if (at >= (uintptr_t)t->array && at < (uintptr_t)(t->array + t->alimit)) return 1;
    if (at >= (uintptr_t)t->node && at < (uintptr_t)t->lastfree) return 1;
  }
  return 0;
}

static ZyStep access(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  if (!in_table(m, a[0].v.p) && !(n->op == ZY_HIR_LOAD_VAL && a[0].v.p == &absent))
    return fault(m, "an access outside of every table");
  if (n->op == ZY_HIR_STORE_VAL) store(a[0].v.p, &a[1]);
  else {
    *out = *(const ZyValue *)a[0].v.p;
    if ((out->tt & ZY_KIND_TYPE_BITS) == 0) out->tt = ZY_TAG_NIL;      /* an empty slot */
  }
  return ZY_STEP_NEXT;
}

static ZyStep upvalue(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  if (n->imm < 0 || n->imm >= ZY_MODEL_UPVALS) return fault(m, "the model has no such upvalue");
  if (n->op == ZY_HIR_UPVAL_GET || n->op == ZY_HIR_UPVAL_OF) return give(out, m->model->upval[n->imm]);
  store(&m->model->upval[n->imm], &a[0]);
  return ZY_STEP_NEXT;
}

static ZyStep step(ZyMachine *m, const ZyHirNode *n, const ZyValue a[3], ZyValue *out) {
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_KCONST: return string_constant(m, n, out);
    case ZY_HIR_LIB: return give(out, (ZyValue){ .v.i = n->imm, .tt = ZY_TAG_CFUNCTION });
    case ZY_HIR_GUARD_PROTO: case ZY_HIR_GUARD_LIB:
      return check(a[0].tt == (n->op == ZY_HIR_GUARD_LIB ? ZY_TAG_CFUNCTION : ZY_TAG_LUA_FN) && a[0].v.i == n->imm);
    case ZY_HIR_TAIL_SELF: return ZY_STEP_EXIT;
    case ZY_HIR_TAIL_LUA: return ZY_STEP_NEXT;
    case ZY_HIR_GUARD_NOMETA: return check(table(a)->metatable == NULL);
    case ZY_HIR_EQ: {
      int differ = a[0].tt == ZY_TAG_LONG_STR || (plain_table(&a[0]) != NULL && plain_table(&a[1]) != NULL);
      return differ ? give_int(out, 0) : ZY_STEP_EXIT;
    }
    case ZY_HIR_LT: case ZY_HIR_LE: return ZY_STEP_EXIT;

    case ZY_HIR_ARRAY_LIMIT: return give_int(out, table(a)->alimit);
    case ZY_HIR_ARRAY_BASE: return give_object(out, table(a)->array, ZY_TAG_LIGHT);
    case ZY_HIR_ELEM: return element_address(a, out);
    case ZY_HIR_ELEM_SLOT: return element_slot(a, out);
    case ZY_HIR_LEN_TABLE: return give_int(out, border(table(a)));
    case ZY_HIR_FIELD_SLOT: {
      ZyValue *slot = zy_model_field(table(a), ZY_K_KEY(n->imm), 0);
      return slot != NULL ? give_object(out, slot, ZY_TAG_LIGHT) : ZY_STEP_EXIT;
    }
    case ZY_HIR_FIELD_FIND: return field_find(n, a, out);
    case ZY_HIR_SET_META:
      if (table(a)->metatable != NULL) return ZY_STEP_EXIT;
      table(a)->metatable = table(a + 1);
      return ZY_STEP_NEXT;
    case ZY_HIR_FIELD_PUT: return field_put(n, a, out);
    case ZY_HIR_LOAD_VAL: case ZY_HIR_STORE_VAL: return access(m, n, a, out);
    case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF:
      return upvalue(m, n, a, out);
    case ZY_HIR_LEN_STR: return give_int(out, (int64_t)((const ZyString *)a[0].v.gc)->u.lnglen);

    case ZY_HIR_TABLE_GET: return table_get(m, n, a, out);
    case ZY_HIR_TABLE_SET: return table_set(a);
    case ZY_HIR_FIELD_GET: return field_get(m, n, a, out);
    case ZY_HIR_FIELD_SET: return field_set(n, a);
    case ZY_HIR_NEW_TABLE: return new_table(m, n, out);
    case ZY_HIR_LEN: return length(m, n, a, out);
    case ZY_HIR_CALL: case ZY_HIR_CALL_LUA: return call(m, n);
    case ZY_HIR_VARARG: return vararg(m, n);
    case ZY_HIR_CONCAT: case ZY_HIR_CLOSURE: case ZY_HIR_SET_LIST: case ZY_HIR_NEXT:
    case ZY_HIR_OPERATE: case ZY_HIR_COMPARE:
      return ZY_STEP_EXIT;
    case ZY_HIR_STR_BYTE: return give_int(out, 0);

    case ZY_HIR_BARRIER: case ZY_HIR_CLOSE: case ZY_HIR_RECORD: case ZY_HIR_RECORD_CALL: case ZY_HIR_RECORD_TABLE:
    case ZY_HIR_COUNT: case ZY_HIR_TICK: case ZY_HIR_POLL: case ZY_HIR_TRAP:
      return ZY_STEP_NEXT;

    case ZY_HIR_IDIV_INT: case ZY_HIR_MOD_INT: return fault(m, "division by zero without a guard");

    case ZY_HIR_NONE: case ZY_HIR_CONST: case ZY_HIR_PARAM: case ZY_HIR_LOAD_REG: case ZY_HIR_STORE_REG:
    case ZY_HIR_GUARD_TYPE: case ZY_HIR_GUARD: case ZY_HIR_ADD_INT: case ZY_HIR_SUB_INT: case ZY_HIR_MUL_INT:
    case ZY_HIR_NEG_INT: case ZY_HIR_AND_INT: case ZY_HIR_OR_INT: case ZY_HIR_XOR_INT: case ZY_HIR_NOT_INT:
    case ZY_HIR_SHL_INT: case ZY_HIR_SHR_INT: case ZY_HIR_ADD_NUM: case ZY_HIR_SUB_NUM: case ZY_HIR_MUL_NUM:
    case ZY_HIR_DIV_NUM: case ZY_HIR_IDIV_NUM: case ZY_HIR_MOD_NUM: case ZY_HIR_POW_NUM: case ZY_HIR_NEG_NUM:
    case ZY_HIR_SQRT_NUM: case ZY_HIR_FLOOR_NUM: case ZY_HIR_CEIL_NUM: case ZY_HIR_ABS_NUM: case ZY_HIR_MATH_NUM:
    case ZY_HIR_INT_TO_NUM: case ZY_HIR_NUM_TO_INT: case ZY_HIR_TRUNC_INT: case ZY_HIR_ARITH: case ZY_HIR_EQ_INT:
    case ZY_HIR_LT_INT: case ZY_HIR_LE_INT: case ZY_HIR_LTU_INT: case ZY_HIR_EQ_NUM: case ZY_HIR_LT_NUM:
    case ZY_HIR_LE_NUM: case ZY_HIR_SAME: case ZY_HIR_TRUTHY: case ZY_HIR_IS_TYPE: case ZY_HIR_BOOL:
    case ZY_HIR_NOT_COND: case ZY_HIR_JUMP: case ZY_HIR_BRANCH: case ZY_HIR_RETURN: case ZY_HIR_EXIT:
    case ZY_HIR_COUNT_:
      break;
  }
  return fault(m, "an operation without a meaning here");
}

ZyStep zy_interp_model_step(ZyMachine *m, const ZyHirNode *n, const ZyValue a[3], ZyValue *out) {
  ZyStep result = step(m, n, a, out);
  int calls = n->op == ZY_HIR_NEW_TABLE || zy_hir_effect((ZyHirOp)n->op) == ZY_EFFECT_ALL;
  if (m->model->restless && calls && result == ZY_STEP_NEXT) move_tables(m->model, n->op == ZY_HIR_CALL);
  return result;
}
