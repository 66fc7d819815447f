/*
** helper_value.c - operators on values, for native code.
** SPDX-License-Identifier: MIT
**
** Numbers, strings where no conversion is needed, and metamethods of operators: all else is the interpreter's. The
** meaning of arithmetic is hir/eval.c's alone.
*/
#include <math.h>
#include <string.h>

#include "hir/eval.h"
#include "runtime/frames.h"
#include "runtime/helper.h"

static int is_number(int64_t tag) { return tag == ZY_TAG_INT || tag == ZY_TAG_NUM; }
static int is_string(int64_t tag) { return tag == ZY_TAG_STR || tag == ZY_TAG_LONG_STR; }

static size_t string_length(const ZyString *s) {
  return s->tt == (ZY_TAG_STR & ~ZY_TAG_COLLECTABLE) ? s->shrlen : s->u.lnglen;
}

static ZyValue value(int64_t payload, int64_t tag) {
  ZyValue v;
  zy_value_set(&v, payload, tag);
  return v;
}

int64_t zy_helper_concat(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n) {
  ZyThread *t = zy_thread(L);
  ZyStack first = ci->func + 1 + reg;
  for (int64_t i = 0; i < n; i++)
    if (!is_string(first[i].tt) && !is_number(first[i].tt)) return 1;
  t->top = first + n;
  lua_concat(L, (int)n);
  t->top = ci->top;
  return 0;
}

static ZyEval evaluate(ZyHirOp op, int64_t imm, ZyValue a, ZyValue b, ZyValue *out) {
  ZyHirNode n = { .op = (uint8_t)op, .type = ZY_TYPE_NUMBER, .imm = imm };
  ZyValue args[3] = { a, b, a };
  return zy_eval_node(&n, args, out);
}

int64_t zy_helper_arith(int64_t op, int64_t ap, int64_t at, int64_t bp, int64_t bt, ZyValue *out) {
  if (!is_number(at) || !is_number(bt)) return 1;
  return evaluate(ZY_HIR_ARITH, op, value(ap, at), value(bp, bt), out) != ZY_EVAL_DONE;
}

const ZyValue *zy_helper_event(const ZyGlobal *G, const ZyValue *v, int event) {
  const ZyTable *meta;
  const ZyValue *f;
  if (v->tt == ZY_TAG_TABLE) meta = ((ZyTable *)v->v.gc)->metatable;
  else if (v->tt == ZY_TAG_UDATA) meta = ((ZyUserdata *)v->v.gc)->metatable;
  else meta = G->mt[v->tt & ZY_KIND_TYPE_BITS];
  if (meta == NULL) return NULL;
  f = zy_helper_raw_get(meta, (int64_t)(intptr_t)G->tmname[event], ZY_TAG_STR);
  return f != NULL && (f->tt & ZY_KIND_TYPE_BITS) != 0 ? f : NULL;
}

int64_t zy_helper_operate(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t ap, int64_t at, int64_t bp, int64_t bt,
                          int64_t imm) {
  ZyThread *t = zy_thread(L);
  ZyValue a = value(ap, at), b = value(bp, bt), result;
  int op = (int)(imm >> 8), reg = (int)(imm & 255);
  const ZyValue *f;
  if (zy_helper_arith(op, ap, at, bp, bt, &result) == 0) {
    ci->func[1 + reg] = result;
    return 0;
  }
  /* an error would not name the operand; and of two numbers it is one */
  if (is_number(at) && is_number(bt)) return 1;
  f = zy_helper_event(t->G, &a, ZY_TM_ADD + op);
  if (f == NULL) f = zy_helper_event(t->G, &b, ZY_TM_ADD + op);
  if (f == NULL) return 1;
  if (op != LUA_OPUNM && op != LUA_OPBNOT) ci->u.l.savedpc++;          /* the call is the next instruction's */
  if (!zy_frames_call_event(L, ci, cx, f, &a, &b)) {
    t->top = ci->top;
    *t->top++ = a;
    if (op != LUA_OPUNM && op != LUA_OPBNOT) *t->top++ = b;
    lua_arith(L, op);
  }
  ci->func[1 + reg] = t->top[-1];
  t->top = ci->top;
  return 0;
}

/* As l_strcmp of lvm.c: strcoll for each part between zeros. */
static int compare_strings(const ZyString *a, const ZyString *b) {
  const char *p = a->contents, *q = b->contents;
  size_t np = string_length(a), nq = string_length(b);
  for (;;) {
    int order = strcoll(p, q);
    size_t length = strlen(p);
    if (order != 0) return order;
    if (length == nq) return length != np;
    if (length == np) return -1;
    length++;
    p += length, np -= length;
    q += length, nq -= length;
  }
}

int64_t zy_helper_less(int64_t ap, int64_t at, int64_t bp, int64_t bt, int64_t or_equal) {
  ZyValue out;
  int order;
  if (is_number(at) && is_number(bt)) {
    if (evaluate(or_equal ? ZY_HIR_LE : ZY_HIR_LT, 0, value(ap, at), value(bp, bt), &out) != ZY_EVAL_DONE) return 2;
    return out.v.i;
  }
  if (!is_string(at) || !is_string(bt)) return 2;
  order = compare_strings((const ZyString *)(intptr_t)ap, (const ZyString *)(intptr_t)bp);
  return or_equal ? order <= 0 : order < 0;
}

/* Different objects are not equal. The flag says so once the event was looked for. */
static int has_no_eq(const ZyTable *meta) { return meta == NULL || (meta->flags & 1 << ZY_TM_EQ); }

int64_t zy_helper_equal(int64_t ap, int64_t at, int64_t bp, int64_t bt) {
  ZyValue out;
  if (at == ZY_TAG_LONG_STR && bt == ZY_TAG_LONG_STR) {
    const ZyString *a = (const ZyString *)(intptr_t)ap, *b = (const ZyString *)(intptr_t)bp;
    return a == b || (a->u.lnglen == b->u.lnglen && memcmp(a->contents, b->contents, a->u.lnglen) == 0);
  }
  if (at == ZY_TAG_TABLE && bt == ZY_TAG_TABLE) {
    const ZyTable *a = (const ZyTable *)(intptr_t)ap, *b = (const ZyTable *)(intptr_t)bp;
    if (a == b) return 1;
    return has_no_eq(a->metatable) && has_no_eq(b->metatable) ? 0 : 2;
  }
  if (at == ZY_TAG_UDATA && bt == ZY_TAG_UDATA) {
    const ZyUserdata *a = (const ZyUserdata *)(intptr_t)ap, *b = (const ZyUserdata *)(intptr_t)bp;
    if (a == b) return 1;
    return has_no_eq(a->metatable) && has_no_eq(b->metatable) ? 0 : 2;
  }
  if (is_number(at) && is_number(bt)) {
    if (evaluate(ZY_HIR_EQ, 0, value(ap, at), value(bp, bt), &out) != ZY_EVAL_DONE) return 2;
    return out.v.i;
  }
  if (at != bt) return 0;
  return at == ZY_TAG_NIL || at == ZY_TAG_FALSE || at == ZY_TAG_TRUE || ap == bp;
}

double zy_helper_pow(double a, double b) { return b == 2 ? a * a : pow(a, b); }

/* As luai_nummod of llimits.h. */
double zy_helper_mod(double a, double b) {
  double m = fmod(a, b);
  if ((m > 0 && b < 0) || (m < 0 && b > 0)) m += b;
  return m;
}

double zy_helper_math(int64_t function, double x) {
  switch (function) {
    case ZY_LIB_MATH_SIN: return sin(x);
    case ZY_LIB_MATH_COS: return cos(x);
    case ZY_LIB_MATH_TAN: return tan(x);
    case ZY_LIB_MATH_EXP: return exp(x);
    case ZY_LIB_MATH_LOG: return log(x);
  }
  return NAN;
}

int64_t zy_helper_compare(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t ap, int64_t at, int64_t bp, int64_t bt,
                          int64_t op) {
  static const uint8_t event_of[] = { [LUA_OPEQ] = ZY_TM_EQ, [LUA_OPLT] = ZY_TM_LT, [LUA_OPLE] = ZY_TM_LE };
  ZyThread *t = zy_thread(L);
  ZyValue a = value(ap, at), b = value(bp, bt);
  int64_t result = op == LUA_OPEQ ? zy_helper_equal(ap, at, bp, bt) : zy_helper_less(ap, at, bp, bt, op == LUA_OPLE);
  const ZyValue *f;
  if (result != 2) return result;
  f = zy_helper_event(t->G, &a, event_of[op]);
  if (f == NULL) f = zy_helper_event(t->G, &b, event_of[op]);
  if (f == NULL) return op == LUA_OPEQ ? 0 : 2;        /* an error, or __lt instead of __le: the interpreter's */
  if (zy_frames_call_event(L, ci, cx, f, &a, &b)) result = lua_toboolean(L, -1);
  else {
    t->top = ci->top;
    *t->top++ = a;
    *t->top++ = b;
    result = lua_compare(L, -2, -1, (int)op);
  }
  t->top = ci->top;
  return result;
}
