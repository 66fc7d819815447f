/*
** interp_frame.c - operations of the HIR in a real Lua frame.
** SPDX-License-Identifier: MIT
**
** Reads and writes the structures of vm/layout.h and calls the runtime's helpers as lowered code does, node by
** node: the same helper, the same arguments. Integer arguments and results of helpers are 64 bits wide; of a
** result only the low 32 bits mean something.
**
** Registers of the node's state are in memory before a helper that may call runs (interp.c); helpers may move
** the stack, so nothing here keeps a pointer into it across one. Runs on the thread that runs the Lua state.
*/
#include "hir/machine.h"

#include <string.h>

#include "hir/eval.h"

typedef struct lua_State State;

/* Calls helper 'name' as a function of type 'type'. */
#define HELPER(m, name, type, ...) (helper_##type((m), ZY_HELPER_##name)(__VA_ARGS__))

#define HELPER_TYPE(type, ...) \
  typedef int64_t (*type)(__VA_ARGS__); \
  static type helper_##type(const ZyMachine *m, int i) { \
    type f; \
    memcpy(&f, &m->cx->helper[i], sizeof f); \
    return f; \
  }

HELPER_TYPE(TableGet, State *, ZyCallInfo *, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(TableSet, State *, ZyCallInfo *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(FieldGet, State *, ZyCallInfo *, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(FieldSet, State *, ZyCallInfo *, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(Barrier, State *, ZyTable *)
HELPER_TYPE(SetMeta, State *, ZyTable *, ZyTable *)
HELPER_TYPE(FieldPut, State *, ZyTable *, ZyString *, int64_t, int64_t)
HELPER_TYPE(Length, State *, ZyCallInfo *, ZyTable *)
HELPER_TYPE(Int1, State *, ZyCallInfo *, int64_t)
HELPER_TYPE(SetUpvalue, State *, ZyCallInfo *, ZyLuaClosure *, int64_t, int64_t, int64_t)
HELPER_TYPE(Int2, State *, ZyCallInfo *, int64_t, int64_t)
HELPER_TYPE(Operate, State *, ZyCallInfo *, ZyContext *, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(Int3, State *, ZyCallInfo *, int64_t, int64_t, int64_t)
HELPER_TYPE(Call, State *, ZyCallInfo *, ZyContext *, int64_t, int64_t, int64_t)
HELPER_TYPE(Less, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(Equal, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(RecordCall, ZyCode *, int64_t, int64_t, int64_t)
HELPER_TYPE(RecordTable, State *, ZyCode *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)
HELPER_TYPE(Record, ZyCell *, int64_t)
HELPER_TYPE(Tick, State *, ZyCallInfo *, ZyCode *)

typedef ZyValue *(*ElemSlot)(const ZyTable *, int64_t);
typedef ZyValue *(*FieldSlot)(ZyTable *, ZyString *);
typedef const ZyValue *(*FieldFind)(State *, int64_t, int64_t, ZyString *);
typedef double (*Math)(int64_t, double);

/* A value as it was found in memory; empty slots are nil. */
static ZyValue found(const ZyValue *v) {
  ZyValue value = *v;
  if ((value.tt & ZY_KIND_TYPE_BITS) == 0) value.tt = ZY_TAG_NIL;
  return value;
}

static ZyStep give(ZyValue *out, ZyValue value) {
  *out = value;
  return ZY_STEP_NEXT;
}

static ZyStep give_int(ZyValue *out, int64_t i) {
  out->v.i = i;
  out->tt = ZY_TAG_INT;
  return ZY_STEP_NEXT;
}

static ZyStep give_pointer(ZyValue *out, void *p) {
  out->v.p = p;
  out->tt = ZY_TAG_LIGHT;
  return ZY_STEP_NEXT;
}

static ZyStep check(int cond) { return cond ? ZY_STEP_NEXT : ZY_STEP_EXIT; }

static ZyValue constant(const ZyMachine *m, int64_t k) {
  const ZyProto *p = ZY_K_CALLEE(k) < 0 ? zy_layout_proto(m->ci) : m->code->callee_proto[ZY_K_CALLEE(k)];
  return p->k[ZY_K_INDEX(k)];
}

/* The function whose upvalue the node is about. */
static ZyLuaClosure *closure(const ZyMachine *m, const ZyHirNode *n, const ZyValue *a) {
  if (n->op == ZY_HIR_UPVAL_OF) return (ZyLuaClosure *)a[0].v.gc;
  return n->op == ZY_HIR_UPVAL_SET_OF ? (ZyLuaClosure *)a[1].v.gc : zy_layout_closure(m->ci);
}

static ZyTable *table(const ZyValue *v) { return (ZyTable *)v->v.gc; }

/* After a helper that left its result in register 'reg': 1 is for the interpreter. */
static ZyStep result(ZyMachine *m, int64_t failed, int64_t reg, ZyValue *out) {
  if ((int)failed != 0) return ZY_STEP_EXIT;
  return give(out, found(zy_machine_reg(m, reg)));
}

static ZyStep done(int64_t failed) { return check((int)failed == 0); }

/* A comparison that a helper decided: 0, 1, or 2 for the interpreter. */
static ZyStep decided(int64_t answer, ZyValue *out) {
  if ((int)answer == 2) return ZY_STEP_EXIT;
  return give_int(out, (int)answer != 0);
}

static ZyStep elem_slot(ZyMachine *m, const ZyValue *a, ZyValue *out) {
  ElemSlot helper;
  memcpy(&helper, &m->cx->helper[ZY_HELPER_ELEM_SLOT], sizeof helper);
  return give_pointer(out, helper(table(a), a[1].v.i));
}

static ZyStep field_slot(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  FieldSlot helper;
  ZyValue *slot;
  memcpy(&helper, &m->cx->helper[ZY_HELPER_FIELD_SLOT], sizeof helper);
  slot = helper(table(a), (ZyString *)constant(m, n->imm).v.gc);
  return slot == NULL ? ZY_STEP_EXIT : give_pointer(out, slot);
}

static ZyStep field_find(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  FieldFind helper;
  const ZyValue *v;
  memcpy(&helper, &m->cx->helper[ZY_HELPER_FIELD_FIND], sizeof helper);
  v = helper(m->L, a[0].v.i, a[0].tt, (ZyString *)constant(m, n->imm).v.gc);
  return v == NULL ? ZY_STEP_EXIT : give(out, *v);
}

static ZyStep math(ZyMachine *m, const ZyHirNode *n, const ZyValue *a, ZyValue *out) {
  Math helper;
  memcpy(&helper, &m->cx->helper[ZY_HELPER_MATH], sizeof helper);
  out->v.n = helper(n->imm, a[0].v.n);
  out->tt = ZY_TAG_NUM;
  return ZY_STEP_NEXT;
}

static ZyStep barrier(ZyMachine *m, const ZyValue *a) {
  if ((a[1].tt & ZY_TAG_COLLECTABLE) && (a[0].v.gc->marked & ZY_BLACK_BIT) && (a[1].v.gc->marked & ZY_WHITE_BITS))
    HELPER(m, BARRIER, Barrier, m->L, table(a));
  return ZY_STEP_NEXT;
}

static ZyStep set_upvalue(ZyMachine *m, const ZyHirNode *n, const ZyValue *a) {
  ZyLuaClosure *of = closure(m, n, a);
  ZyValue *v = of->upvals[n->imm]->v;
  if (a[0].tt & ZY_TAG_COLLECTABLE) HELPER(m, UPVAL_SET, SetUpvalue, m->L, m->ci, of, n->imm, a[0].v.i, a[0].tt);
  else {
    v->v = a[0].v;
    v->tt = a[0].tt;
  }
  return ZY_STEP_NEXT;
}

static ZyStep string_length(const ZyValue *a, ZyValue *out) {
  const ZyString *s = (const ZyString *)a->v.gc;
  return give_int(out, a->tt == ZY_TAG_STR ? s->shrlen : (int64_t)s->u.lnglen);
}

static ZyStep string_byte(const ZyValue *a, ZyValue *out) {
  return give_int(out, (unsigned char)((const ZyString *)a->v.gc)->contents[a[1].v.i - 1]);
}

static ZyStep record(ZyMachine *m, const ZyHirNode *n, const ZyValue *a) {
  ZyCell *cell;
  if (m->code->cells == NULL) return ZY_STEP_NEXT;
  cell = &m->code->cells[n->imm];
  if (cell->tag != (uint8_t)(a[0].tt ^ 0x80)) HELPER(m, RECORD, Record, cell, a[0].tt);
  return ZY_STEP_NEXT;
}

static ZyStep record_table(ZyMachine *m, const ZyHirNode *n, const ZyValue *a) {
  int64_t pc = n->imm & 0xffffffff;
  if (m->code->cells != NULL && m->code->cells[pc].samples < ZY_CELL_SAMPLES)
    HELPER(m, RECORD_TABLE, RecordTable, m->L, m->code, pc, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, n->imm >> 32);
  return ZY_STEP_NEXT;
}

static ZyStep tick(ZyMachine *m) {
  uint32_t count = atomic_fetch_add_explicit(m->code->count, 1, memory_order_relaxed) + 1;
  if (count < atomic_load_explicit(&m->code->limit, memory_order_relaxed)) return ZY_STEP_NEXT;
  return done(HELPER(m, TICK, Tick, m->L, m->ci, m->code));
}

ZyStep zy_interp_frame_step(ZyMachine *m, const ZyHirNode *n, const ZyValue a[3], ZyValue *out) {
  State *L = m->L;
  ZyCallInfo *ci = m->frame;
  int64_t imm = n->imm, reg = imm & 255, at = reg - m->base;
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_KCONST: return give(out, constant(m, imm));
    case ZY_HIR_LIB: return give(out, (ZyValue){ .v.p = m->cx->lib[imm], .tt = ZY_TAG_CFUNCTION });
    case ZY_HIR_GUARD_PROTO: return check(((ZyLuaClosure *)a[0].v.gc)->p == m->code->callee_proto[imm]);
    case ZY_HIR_GUARD_LIB: return check(a[0].tt == ZY_TAG_CFUNCTION && a[0].v.p == m->cx->lib[imm]);
    case ZY_HIR_TAIL_SELF: return ZY_STEP_EXIT;          /* never in a unit that is interpreted */
    case ZY_HIR_TAIL_LUA: return ZY_STEP_NEXT;
    case ZY_HIR_GUARD_NOMETA: return check(table(a)->metatable == NULL);
    case ZY_HIR_MATH_NUM: return math(m, n, a, out);
    case ZY_HIR_EQ: return decided(HELPER(m, EQUAL, Equal, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt), out);
    case ZY_HIR_LT: return decided(HELPER(m, LESS, Less, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, 0), out);
    case ZY_HIR_LE: return decided(HELPER(m, LESS, Less, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, 1), out);

    case ZY_HIR_ARRAY_LIMIT: return give_int(out, zy_layout_array_size(table(a)));
    case ZY_HIR_ARRAY_BASE: return give_pointer(out, table(a)->array);
    case ZY_HIR_ELEM: return give_pointer(out, (ZyValue *)a[0].v.p + (a[1].v.i - 1));
    case ZY_HIR_ELEM_SLOT: return elem_slot(m, a, out);
    case ZY_HIR_LEN_TABLE: return give_int(out, HELPER(m, LENGTH, Length, L, ci, table(a)));
    case ZY_HIR_STR_BYTE: return string_byte(a, out);
    case ZY_HIR_FIELD_SLOT: return field_slot(m, n, a, out);
    case ZY_HIR_FIELD_FIND: return field_find(m, n, a, out);
    case ZY_HIR_LOAD_VAL: return give(out, found(a[0].v.p));
    case ZY_HIR_STORE_VAL: {
      ZyValue *v = a[0].v.p;                 /* byte by byte: in a node, the key's tag is behind the value's */
      v->v = a[1].v;
      v->tt = a[1].tt;
      return ZY_STEP_NEXT;
    }
    case ZY_HIR_SET_META: return done(HELPER(m, SET_META, SetMeta, L, table(a), table(a + 1)));
    case ZY_HIR_FIELD_PUT: {
      ZyString *key = (ZyString *)constant(m, imm).v.gc;
      return give_int(out, HELPER(m, FIELD_PUT, FieldPut, L, table(a), key, a[1].v.i, a[1].tt) == 0);
    }
    case ZY_HIR_BARRIER: return barrier(m, a);
    case ZY_HIR_UPVAL_GET: case ZY_HIR_UPVAL_OF: return give(out, found(closure(m, n, a)->upvals[imm]->v));
    case ZY_HIR_UPVAL_SET: case ZY_HIR_UPVAL_SET_OF: return set_upvalue(m, n, a);
    case ZY_HIR_LEN_STR: return string_length(a, out);

    case ZY_HIR_TABLE_GET:
      return result(m, HELPER(m, TABLE_GET, TableGet, L, ci, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, at), reg, out);
    case ZY_HIR_TABLE_SET:
      return done(HELPER(m, TABLE_SET, TableSet, L, ci, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, a[2].v.i, a[2].tt));
    case ZY_HIR_FIELD_GET:
      return result(m, HELPER(m, FIELD_GET, FieldGet, L, ci, a[0].v.i, a[0].tt, imm >> 8, at), reg, out);
    case ZY_HIR_FIELD_SET:
      return done(HELPER(m, FIELD_SET, FieldSet, L, ci, a[0].v.i, a[0].tt, imm, a[1].v.i, a[1].tt));
    case ZY_HIR_NEW_TABLE:
      return result(m, HELPER(m, NEW_TABLE, Int3, L, ci, at, ZY_TABLE_ARRAY(imm), ZY_TABLE_HASH(imm)), reg, out);
    case ZY_HIR_SET_LIST:
      return done(HELPER(m, SET_LIST, Int3, L, ci, (imm & 255) - m->base, ZY_LIST_COUNT(imm), ZY_LIST_FROM(imm)));
    case ZY_HIR_COMPARE:
      return decided(HELPER(m, COMPARE, Operate, L, ci, m->cx, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, imm), out);
    case ZY_HIR_OPERATE:
      return result(m, HELPER(m, OPERATE, Operate, L, ci, m->cx, a[0].v.i, a[0].tt, a[1].v.i, a[1].tt, imm - m->base),
                    reg, out);
    case ZY_HIR_LEN: return result(m, HELPER(m, LEN, Int3, L, ci, a[0].v.i, a[0].tt, at), reg, out);
    case ZY_HIR_CONCAT: return result(m, HELPER(m, CONCAT, Int2, L, ci, at, imm >> 8), reg, out);
    case ZY_HIR_CLOSURE: return result(m, HELPER(m, CLOSURE, Int2, L, ci, at, imm >> 8), reg, out);
    case ZY_HIR_NEXT: return done(HELPER(m, NEXT, Int2, L, ci, at, imm >> 8));
    case ZY_HIR_CLOSE: return done(HELPER(m, CLOSE, Int1, L, ci, at));
    case ZY_HIR_VARARG: return done(HELPER(m, VARARG, Int2, L, ci, at, (imm >> 8) - 1));
    case ZY_HIR_CALL: case ZY_HIR_CALL_LUA:
      return done(HELPER(m, CALL, Call, L, ci, m->cx, at, ZY_CALL_NARGS(imm), ZY_CALL_NRESULTS(imm)));

    case ZY_HIR_RECORD: return record(m, n, a);
    case ZY_HIR_RECORD_CALL:
      if (m->code->cells != NULL) HELPER(m, RECORD_CALL, RecordCall, m->code, imm, a[0].v.i, a[0].tt);
      return ZY_STEP_NEXT;
    case ZY_HIR_RECORD_TABLE: return record_table(m, n, a);
    case ZY_HIR_COUNT:
      if (m->code->block_count != NULL) m->code->block_count[imm]++;
      return ZY_STEP_NEXT;
    case ZY_HIR_TICK: return tick(m);
    case ZY_HIR_TRAP: return ZY_STEP_NEXT;             /* what is done behind all that calls out */
    case ZY_HIR_POLL: return ((ZyThread *)L)->hookmask != 0 ? ZY_STEP_EXIT : ZY_STEP_NEXT;

    case ZY_HIR_NONE: case ZY_HIR_CONST: case ZY_HIR_PARAM: case ZY_HIR_LOAD_REG: case ZY_HIR_STORE_REG:
    case ZY_HIR_GUARD_TYPE: case ZY_HIR_GUARD: case ZY_HIR_ADD_INT: case ZY_HIR_SUB_INT: case ZY_HIR_MUL_INT:
    case ZY_HIR_IDIV_INT: case ZY_HIR_MOD_INT: case ZY_HIR_NEG_INT: case ZY_HIR_AND_INT: case ZY_HIR_OR_INT:
    case ZY_HIR_XOR_INT: case ZY_HIR_NOT_INT: case ZY_HIR_SHL_INT: case ZY_HIR_SHR_INT: case ZY_HIR_ADD_NUM:
    case ZY_HIR_SUB_NUM: case ZY_HIR_MUL_NUM: case ZY_HIR_DIV_NUM: case ZY_HIR_IDIV_NUM: case ZY_HIR_MOD_NUM:
    case ZY_HIR_POW_NUM: case ZY_HIR_NEG_NUM: case ZY_HIR_SQRT_NUM: case ZY_HIR_FLOOR_NUM: case ZY_HIR_CEIL_NUM:
    case ZY_HIR_ABS_NUM: case ZY_HIR_INT_TO_NUM: case ZY_HIR_NUM_TO_INT: case ZY_HIR_TRUNC_INT: case ZY_HIR_ARITH:
    case ZY_HIR_EQ_INT: case ZY_HIR_LT_INT: case ZY_HIR_LE_INT: case ZY_HIR_LTU_INT: case ZY_HIR_EQ_NUM:
    case ZY_HIR_LT_NUM: case ZY_HIR_LE_NUM: case ZY_HIR_SAME: case ZY_HIR_TRUTHY: case ZY_HIR_IS_TYPE:
    case ZY_HIR_BOOL: case ZY_HIR_NOT_COND: case ZY_HIR_JUMP: case ZY_HIR_BRANCH: case ZY_HIR_RETURN:
    case ZY_HIR_EXIT: case ZY_HIR_COUNT_:
      break;
  }
  m->fault = "an operation without a meaning here";
  return ZY_STEP_FAULT;
}
