/*
** helper_function.c - closures, upvalues and extra arguments, for native code.
** SPDX-License-Identifier: MIT
**
** Lua's API cannot make a closure of a nested prototype: it is put together here as lfunc.c does it, from memory of the
** state's allocator, and linked into the collector's list.
*/
#include "runtime/helper.h"
#include "vm/collector.h"

/* The open upvalue of the stack slot 'level', made when there is none yet. */
static ZyUpVal *find_upvalue(lua_State *L, ZyStack level) {
  ZyThread *t = zy_thread(L);
  ZyUpVal **link = &t->openupval, *up;
  while (*link != NULL && (*link)->v >= level) {
    if ((*link)->v == level) return *link;
    link = &(*link)->u.open.next;
  }
  up = zy_collector_new(t->G, ZY_KIND_UPVAL, sizeof *up);
  if (up == NULL) return NULL;
  up->tbc = 0;
  up->v = level;
  up->u.open.next = *link;
  up->u.open.previous = link;
  if (*link != NULL) (*link)->u.open.previous = &up->u.open.next;
  *link = up;
  if (t->twups == t) {                       /* not in the list of threads with open upvalues */
    t->twups = t->G->twups;
    t->G->twups = t;
  }
  return up;
}

int64_t zy_helper_closure(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t index) {
  ZyThread *t = zy_thread(L);
  ZyLuaClosure *outer = zy_layout_closure(ci), *cl;
  ZyProto *p = outer->p->p[index];
  int n = p->sizeupvalues;
  cl = zy_collector_new(t->G, ZY_TAG_LUA_FN & ~ZY_TAG_COLLECTABLE,
                        offsetof(ZyLuaClosure, upvals) + (size_t)n * sizeof(ZyUpVal *));
  if (cl == NULL) return 1;
  cl->p = p;
  cl->nupvalues = (uint8_t)n;
  for (int i = 0; i < n; i++) cl->upvals[i] = NULL;
  zy_value_set(ci->func + 1 + reg, (intptr_t)cl, ZY_TAG_LUA_FN);
  for (int i = 0; i < n; i++) {
    const ZyUpvalDesc *d = &p->upvalues[i];
    ZyUpVal *up = d->instack ? find_upvalue(L, ci->func + 1 + d->idx) : outer->upvals[d->idx];
    if (up == NULL) return 1;
    cl->upvals[i] = up;                      /* no barrier: no collection has run since 'cl' was made, it is white */
  }
  t->top = ci->top;
  lua_concat(L, 1);                          /* of one value: does nothing but let the collector run */
  return 0;
}

int64_t zy_helper_upval_set(lua_State *L, ZyCallInfo *ci, ZyLuaClosure *closure, int64_t index, int64_t p, int64_t tag) {
  ZyThread *t = zy_thread(L);
  ZyStack top = t->top;
  t->top = ci->top + ZY_SPILL;
  zy_value_set(t->top++, (int64_t)(intptr_t)closure, ZY_TAG_LUA_FN);
  zy_value_set(t->top++, p, tag);
  lua_setupvalue(L, -2, (int)index + 1);
  t->top = top;
  return 0;
}

/* Closes the upvalues of registers from 'reg' on. With variables to be closed the interpreter does it, and so it does
** when the collector would have to be told of a value: there is no API for that. */
int64_t zy_helper_close(lua_State *L, ZyCallInfo *ci, int64_t reg) {
  ZyThread *t = zy_thread(L);
  ZyStack level = ci->func + 1 + reg;
  if (t->tbclist >= level) return 1;
  for (ZyUpVal *up = t->openupval; up != NULL && up->v >= level; up = up->u.open.next)
    if (!(up->marked & ZY_WHITE_BITS) && (up->v->tt & ZY_TAG_COLLECTABLE) && (up->v->v.gc->marked & ZY_WHITE_BITS))
      return 1;
  while (t->openupval != NULL && t->openupval->v >= level) {
    ZyUpVal *up = t->openupval;
    const ZyValue *v = up->v;
    t->openupval = up->u.open.next;
    if (t->openupval != NULL) t->openupval->u.open.previous = &t->openupval;
    up->u.value.v = v->v;
    up->u.value.tt = v->tt;
    up->v = &up->u.value;
    if (!(up->marked & ZY_WHITE_BITS)) up->marked |= ZY_BLACK_BIT;
  }
  return 0;
}

int64_t zy_helper_vararg(lua_State *L, ZyCallInfo *ci, int64_t reg, int64_t wanted) {
  ZyThread *t = zy_thread(L);
  int64_t extra = ci->u.l.nextraargs, n = wanted < 0 ? extra : wanted;
  ZyStack to = ci->func + 1 + reg;
  if (wanted < 0) {
    ptrdiff_t top = ci->top - ci->func;
    t->top = to;
    if (!lua_checkstack(L, (int)n + LUA_MINSTACK)) return 1;
    ci->top = ci->func + top;
    to = ci->func + 1 + reg;
    t->top = to + n;
  }
  for (int64_t i = 0; i < n; i++) {
    if (i < extra) {
      const ZyValue *from = ci->func - extra + i;
      to[i].v = from->v;
      to[i].tt = from->tt;
    }
    else to[i].tt = ZY_TAG_NIL;
  }
  return 0;
}
