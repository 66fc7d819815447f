/*
** library.c - a call of a function of the standard library -> its results, without a call.
** SPDX-License-Identifier: MIT
**
** For arguments with which these functions neither call anything nor raise an error, in a process that has them as they
** are in lbaselib.c, lstrlib.c and ltablib.c. All else is called. No frame is seen by anyone: a hook would, so with one
** all is called, and a finalizer sees the caller alone.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/library.h"

#include <lauxlib.h>

enum { MOST_UNPACKED = 50 };

enum { CALL_IT = -1 };                 /* instead of a number of results: it must be called */

static int is_plain_table(const ZyValue *v) { return v->tt == ZY_TAG_TABLE && ((ZyTable *)v->v.gc)->metatable == NULL; }

/* Of a value in the current frame. */
static int index_of(const ZyThread *t, const ZyValue *v) { return (int)(v - t->ci->func); }

/* The results of select are the last arguments: 'from' tells which is the first. */
static int select(const ZyThread *t, const ZyValue *args, int nargs, const ZyValue **from) {
  if (nargs == 0 || args[0].tt != ZY_TAG_INT || args[0].v.i < 1) return CALL_IT;
  if (args[0].v.i >= nargs) return 0;
  *from = args + args[0].v.i;
  return (int)(t->top - *from);
}

static int count(lua_State *L, const ZyValue *args, int nargs) {
  const ZyString *s = (const ZyString *)args[0].v.gc;
  if (nargs == 0 || args[0].tt != ZY_TAG_STR || s->contents[0] != '#') return CALL_IT;
  lua_pushinteger(L, nargs - 1);
  return 1;
}

static int type(lua_State *L, const ZyValue *args, int nargs) {
  if (nargs == 0) return CALL_IT;
  lua_pushstring(L, lua_typename(L, lua_type(L, index_of((ZyThread *)(void *)L, args))));
  return 1;
}

static int64_t from_end(int64_t i, int64_t length) { return i >= 0 ? i : i < -length ? 0 : length + i + 1; }

static int sub(lua_State *L, const ZyValue *args, int nargs) {
  size_t length;
  const char *s;
  int64_t first, last;
  if (nargs < 2 || nargs > 3 || (args[0].tt != ZY_TAG_STR && args[0].tt != ZY_TAG_LONG_STR)) return CALL_IT;
  if (args[1].tt != ZY_TAG_INT || (nargs == 3 && args[2].tt != ZY_TAG_INT)) return CALL_IT;
  s = lua_tolstring(L, index_of((ZyThread *)(void *)L, args), &length);
  first = from_end(args[1].v.i, (int64_t)length);
  last = nargs == 3 ? from_end(args[2].v.i, (int64_t)length) : (int64_t)length;
  if (first < 1) first = 1;
  if (last > (int64_t)length) last = (int64_t)length;
  if (first > last) lua_pushliteral(L, "");
  else lua_pushlstring(L, s + first - 1, (size_t)(last - first + 1));
  return 1;
}

static int character(lua_State *L, const ZyValue *args, int nargs) {
  char c;
  if (nargs != 1 || args[0].tt != ZY_TAG_INT || args[0].v.i < 0 || args[0].v.i > 255) return CALL_IT;
  c = (char)args[0].v.i;
  lua_pushlstring(L, &c, 1);
  return 1;
}

static int insert(lua_State *L, const ZyValue *args, int nargs) {
  int table = index_of((ZyThread *)(void *)L, args);
  if (nargs != 2 || !is_plain_table(args)) return CALL_IT;
  lua_rawseti(L, table, (lua_Integer)lua_rawlen(L, table) + 1);        /* the value is on the top */
  return 0;
}

static int unpack(lua_State *L, const ZyValue *args, int nargs) {
  const ZyThread *t = (const ZyThread *)(const void *)L;
  int table = index_of(t, args);
  lua_Unsigned n;
  if (nargs != 1 || !is_plain_table(args)) return CALL_IT;
  n = lua_rawlen(L, table);
  if (n > MOST_UNPACKED || t->stack_last - t->top <= MOST_UNPACKED) return CALL_IT;
  for (lua_Unsigned i = 1; i <= n; i++) lua_rawgeti(L, table, (lua_Integer)i);
  return (int)n;
}

int zy_library_call(lua_State *L, const ZyContext *cx, ZyStack func, const ZyValue **from) {
  const ZyThread *t = (const ZyThread *)(const void *)L;
  const void *f = (const void *)(intptr_t)func->v.f;
  const ZyValue *args = func + 1;
  int nargs = (int)(t->top - args), n;
  if (t->hookmask != 0) return CALL_IT;
  if (f == cx->lib[ZY_LIB_STRING_SUB]) n = sub(L, args, nargs);
  else if (f == cx->lib[ZY_LIB_TYPE]) n = type(L, args, nargs);
  else if (f == cx->lib[ZY_LIB_SELECT]) {
    n = select(t, args, nargs, from);
    if (n != CALL_IT) return n;
    n = count(L, args, nargs);
  }
  else if (f == cx->lib[ZY_LIB_TABLE_INSERT]) n = insert(L, args, nargs);
  else if (f == cx->lib[ZY_LIB_STRING_CHAR]) n = character(L, args, nargs);
  else if (f == cx->lib[ZY_LIB_TABLE_UNPACK]) n = unpack(L, args, nargs);
  else return CALL_IT;
  *from = t->top - (n > 0 ? n : 0);
  return n;
}
