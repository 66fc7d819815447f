/*
** helper.c - the tables through which native code reaches the runtime.
** SPDX-License-Identifier: MIT
*/
#include "runtime/helper.h"

#include <lauxlib.h>

#include "runtime/state.h"

static const struct { int which; const char *library, *name; } libraries[] = {
#define ZY_LIB(id, library, name) { ZY_LIB_##id, library, name },
#include "lir/lib.def"
#undef ZY_LIB
};

/* Replaces the function on the top by the iterator that it gives. */
static void call_for_iterator(lua_State *L) {
  lua_newtable(L);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) lua_pushnil(L);
}

/* Whether the function on the top is known, so that what it gives can be named. */
static int gives_known(lua_State *L, const ZyContext *cx, int which) {
  void *iterator = which == ZY_LIB_IPAIRS ? cx->lib[ZY_LIB_IPAIRS_NEXT] : cx->lib[ZY_LIB_NEXT];
  union { lua_CFunction f; void *p; } u;
  if (which != ZY_LIB_IPAIRS && which != ZY_LIB_PAIRS) return 1;
  lua_pushvalue(L, -1);
  call_for_iterator(L);
  u.f = lua_tocfunction(L, -1);
  lua_pop(L, 1);
  return u.f != NULL && u.p == iterator;
}

/* Pushes the library's function; that called IPAIRS_NEXT is what ipairs gives. Never raises. */
static void push_function(lua_State *L, const ZyContext *cx, int which, const char *name) {
  lua_pushstring(L, which == ZY_LIB_IPAIRS_NEXT ? "ipairs" : name);
  lua_rawget(L, -2);
  if (lua_tocfunction(L, -1) == NULL) return;
  if (which == ZY_LIB_IPAIRS_NEXT) call_for_iterator(L);
  else if (!gives_known(L, cx, which)) lua_pushnil(L);
}

/* A function pointer as C lets it be kept beside data pointers on the systems that zyjit runs on. */
#define SET(name, function) do { \
    union { __typeof__(&function) f; void *p; } u = { .f = &function }; \
    S->cx.helper[ZY_HELPER_##name] = u.p; \
  } while (0)

void zy_helper_init(lua_State *L, ZyState *S) {
  SET(TABLE_GET, zy_helper_table_get);
  SET(TABLE_SET, zy_helper_table_set);
  SET(FIELD_GET, zy_helper_field_get);
  SET(FIELD_SET, zy_helper_field_set);
  SET(FIELD_SLOT, zy_helper_field_slot);
  SET(FIELD_FIND, zy_helper_field_find);
  SET(FIELD_PUT, zy_helper_field_put);
  SET(SET_META, zy_helper_set_meta);
  SET(ELEM_SLOT, zy_helper_elem_slot);
  SET(BARRIER, zy_helper_barrier);
  SET(UPVAL_SET, zy_helper_upval_set);
  SET(MAKE_TABLE, zy_helper_make_table);
  SET(NEW_TABLE, zy_helper_new_table);
  SET(SET_LIST, zy_helper_set_list);
  SET(OPERATE, zy_helper_operate);
  SET(COMPARE, zy_helper_compare);
  SET(LEN, zy_helper_len);
  SET(LENGTH, zy_helper_length);
  SET(NEXT, zy_helper_next);
  SET(CONCAT, zy_helper_concat);
  SET(CLOSURE, zy_helper_closure);
  SET(VARARG, zy_helper_vararg);
  SET(CALL, zy_helper_call);
  SET(CALL_FINISH, zy_helper_call_finish);
  SET(FRAMES, zy_helper_frames);
  SET(SETTLE, zy_helper_settle);
  SET(INLINED, zy_helper_inlined);
  SET(ARITH, zy_helper_arith);
  SET(LESS, zy_helper_less);
  SET(EQUAL, zy_helper_equal);
  SET(POW, zy_helper_pow);
  SET(MOD, zy_helper_mod);
  SET(MATH, zy_helper_math);
  SET(RECORD_CALL, zy_helper_record_call);
  SET(RECORD_TABLE, zy_helper_record_table);
  SET(TICK, zy_helper_tick);
  SET(POLLED, zy_helper_polled);
  SET(STRESS, zy_helper_stress);
  SET(RECORD, zy_helper_record);
  SET(CLOSE, zy_helper_close);
  lua_newtable(L);
  S->cx.no_nodes = ((const ZyTable *)lua_topointer(L, -1))->node;
  lua_pop(L, 1);
  for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
    union { lua_CFunction f; void *p; } u = { .f = NULL };
    int top = lua_gettop(L);
    if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE
        && lua_getfield(L, -1, libraries[i].library) == LUA_TTABLE) {
      push_function(L, &S->cx, libraries[i].which, libraries[i].name);
      u.f = lua_tocfunction(L, -1);
    }
    lua_settop(L, top);
    S->cx.lib[libraries[i].which] = u.p;
  }
}
