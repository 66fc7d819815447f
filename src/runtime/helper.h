/*
** helper.h - functions that native code calls: src/lir/helper.def says with what.
** SPDX-License-Identifier: MIT
**
** All run in a native frame: L->ci is the Lua frame 'ci', its registers are in memory, savedpc is behind the
** instruction. Those that return an int64_t return 0 when done, or 1, having changed nothing that can be seen, when the
** interpreter must execute the instruction. Whatever may raise an error by its own fault does not: the interpreter
** raises it, so that messages name variables.
*/
#ifndef ZY_HELPER_H
#define ZY_HELPER_H

#include <lua.h>
#include "lir/native.h"

struct ZyState;

/* Fills cx->helper and cx->lib. */
void zy_helper_init(lua_State *L, struct ZyState *S);

static inline ZyThread *zy_thread(lua_State *L) { return (ZyThread *)(void *)L; }

static inline void zy_value_set(ZyValue *v, int64_t payload, int64_t tag) {
  v->v.i = payload;
  v->tt = (uint8_t)tag;
}

/* Whether the collector must be told that the black object 'o' refers to 'v'. */
static inline int zy_value_barrier(const ZyObject *o, const ZyValue *v) {
  return (v->tt & ZY_TAG_COLLECTABLE) && (o->marked & ZY_BLACK_BIT) && (v->v.gc->marked & ZY_WHITE_BITS);
}

/* ---- helper_table.c ---- */
int64_t zy_helper_table_get(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t reg);
int64_t zy_helper_table_set(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t kp, int64_t ktag, int64_t vp,
                            int64_t vtag);
int64_t zy_helper_field_get(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t k, int64_t reg);
int64_t zy_helper_field_set(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t k, int64_t vp, int64_t vtag);
ZyValue *zy_helper_field_slot(ZyTable *t, ZyString *key);
const ZyValue *zy_helper_field_find(lua_State *L, int64_t p, int64_t tag, const ZyString *key);
int64_t zy_helper_field_put(lua_State *L, ZyTable *t, ZyString *key, int64_t vp, int64_t vtag);
int64_t zy_helper_set_meta(lua_State *L, ZyTable *t, ZyTable *meta);
ZyValue *zy_helper_elem_slot(const ZyTable *t, int64_t key);
int64_t zy_helper_barrier(lua_State *L, ZyTable *t);
ZyTable *zy_helper_make_table(lua_State *L, ZyContext *cx, int64_t narray, int64_t nhash);
int64_t zy_helper_new_table(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t narray, int64_t nhash);
int64_t zy_helper_set_list(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n, int64_t from);
int64_t zy_helper_compare(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t ap, int64_t at, int64_t bp, int64_t bt,
                          int64_t op);
/* The metamethod of 'v' for an event (ZY_TM_); NULL when it has none. */
const ZyValue *zy_helper_event(const ZyGlobal *G, const ZyValue *v, int event);
int64_t zy_helper_operate(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t ap, int64_t at, int64_t bp, int64_t bt,
                          int64_t imm);
int64_t zy_helper_len(lua_State *L, ZyCallInfo *ci, int64_t p, int64_t tag, int64_t reg);
int64_t zy_helper_length(lua_State *L, ZyCallInfo *ci, ZyTable *t);
/* The value at a key without metamethods; NULL when absent. */
ZyValue *zy_helper_raw_get(const ZyTable *t, int64_t kp, int64_t ktag);

/* ---- helper_iterate.c ---- */
int64_t zy_helper_next(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n);

/* ---- helper_value.c ---- */
int64_t zy_helper_concat(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t n);
int64_t zy_helper_arith(int64_t op, int64_t ap, int64_t at, int64_t bp, int64_t bt, ZyValue *out);
int64_t zy_helper_less(int64_t ap, int64_t at, int64_t bp, int64_t bt, int64_t or_equal);
int64_t zy_helper_equal(int64_t ap, int64_t at, int64_t bp, int64_t bt);
double zy_helper_pow(double a, double b);
double zy_helper_mod(double a, double b);
double zy_helper_math(int64_t function, double x);

/* ---- helper_function.c ---- */
int64_t zy_helper_closure(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t index);
int64_t zy_helper_upval_set(lua_State *L, ZyCallInfo *ci, ZyLuaClosure *closure, int64_t index, int64_t p, int64_t tag);
int64_t zy_helper_close(lua_State *L, ZyCallInfo *ci, int64_t reg);
int64_t zy_helper_vararg(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t wanted);

/* ---- frames.c ---- */
int64_t zy_helper_call(lua_State *L, ZyCallInfo *ci, ZyContext *cx, int64_t reg, int64_t nargs, int64_t nresults);
int64_t zy_helper_call_finish(lua_State *L, ZyCallInfo *ci, ZyContext *cx, ZyCode *code, int64_t result, int64_t reg,
                              int64_t nresults);
int64_t zy_helper_frames(lua_State *L, ZyCallInfo *ci);
int64_t zy_helper_settle(lua_State *L, ZyCallInfo *ci, ZyContext *cx, const ZyCallInfo *next, int64_t result, int64_t reg,
                         int64_t nresults);
ZyCallInfo *zy_helper_inlined(lua_State *L, ZyCallInfo *ci, ZyCode *code, int64_t exit);

/* ---- feedback.c ---- */
int64_t zy_helper_record(ZyCell *cell, int64_t tag);
int64_t zy_helper_record_call(ZyCode *code, int64_t pc, int64_t p, int64_t tag);
int64_t zy_helper_record_table(lua_State *L, ZyCode *code, int64_t pc, int64_t p, int64_t tag, int64_t kp, int64_t ktag,
                               int64_t store);

/* ---- policy.c ---- */
int64_t zy_helper_tick(lua_State *L, ZyCallInfo *ci, ZyCode *code);

/* ---- enter.c ---- */
int64_t zy_helper_polled(lua_State *L, ZyCallInfo *ci);
int64_t zy_helper_stress(ZyContext *cx);

#endif
