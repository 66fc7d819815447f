/*
** layout.c - live objects -> whether vm/layout.h describes them.
** SPDX-License-Identifier: MIT
**
** Objects of every kind in use are made through the public API with contents that are known, and each field that
** zyjit reads or writes is compared with what the API says of it. A field whose address is wrong shows another
** value. Pointers are followed only after the field was found equal to one that the API gave.
**
** Runs once for a state, on its thread. Raises only when there is no memory.
*/
#include "vm/layout.h"

#include <lauxlib.h>
#include <string.h>

#include "vm/bytecode.h"

static ZyThread *thread(lua_State *L) { return (ZyThread *)(void *)L; }

static const ZyValue *at(lua_State *L, int index) { return thread(L)->ci->func + lua_absindex(L, index); }

static int is_gc(const ZyValue *v, int tag, const void *object) { return v->tt == tag && v->v.gc == object; }


/* ---- frames: these run as C functions and look at themselves ----------------- */

static int frame_probe(lua_State *L) {
  ZyThread *t = thread(L);
  ZyCallInfo *ci = t->ci;
  int good;
  if (ci->func->tt != ZY_TAG_CFUNCTION || ci->func->v.f != frame_probe) return 0;
  good = (ci->callstatus & ZY_CIST_C) && ci->previous != NULL && ci->previous->next == ci && t->top == ci->func + 3
      && t->stack <= ci->func && ci->func < t->stack_last && ci->top >= ci->func + 1 + LUA_MINSTACK && ci->nresults == 1
      && ci->func[1].tt == ZY_TAG_INT && ci->func[1].v.i == 42 && ci->func[2].tt == ZY_TAG_NUM
      && ci->func[2].v.n == 0.5 && (t->tt & ZY_KIND_TYPE_BITS) == LUA_TTHREAD && t->status == LUA_OK
      && t->hookmask == lua_gethookmask(L) && t->hook == (void *)lua_gethook(L)
      && t->basehookcount == lua_gethookcount(L);
  lua_pushboolean(L, good);
  return 1;
}

static void a_hook(lua_State *L, lua_Debug *ar) { (void)L, (void)ar; }

/* Fields of hooks and of the counter of C calls, by changing them. */
static int thread_fields(lua_State *L) {
  ZyThread *t = thread(L);
  lua_State *co = lua_newthread(L);
  uint32_t calls = t->nCcalls;
  int good, inner;
  lua_sethook(co, a_hook, LUA_MASKCOUNT, 77);
  good = thread(co)->hook == (void *)a_hook && thread(co)->hookmask == LUA_MASKCOUNT
      && thread(co)->basehookcount == 77 && thread(co)->hookcount == 77;
  lua_sethook(co, NULL, 0, 0);
  good = good && thread(co)->hookmask == 0 && thread(co)->G == t->G && thread(co)->ci == &thread(co)->base_ci
      && thread(co)->nci == 0 && thread(co)->openupval == NULL && thread(co)->twups == thread(co);
  good = good && is_gc(at(L, -1), ZY_TAG_THREAD, co);
  lua_pop(L, 1);
  lua_pushcfunction(L, frame_probe);
  lua_pushinteger(L, 42);
  lua_pushnumber(L, 0.5);
  lua_call(L, 2, 1);
  inner = lua_toboolean(L, -1);
  lua_pop(L, 1);
  /* low half: depth of C calls; high half: not yieldable. The main thread, and what lua_call runs, cannot yield. */
  return good && inner && t->nCcalls == calls && (calls & 0xffff) > 0 && (calls & 0xffff) < 200
      && ((calls >> 16 != 0) == !lua_isyieldable(L));
}


/* ---- the state ------------------------------------------------------------ */

static int global_fields(lua_State *L) {
  ZyGlobal *G = thread(L)->G;
  void *ud;
  lua_Alloc alloc = lua_getallocf(L, &ud);
  const ZyValue *registry = &G->registry;
  size_t bytes;
  int pause, mul;
  if ((void *)G->frealloc != (void *)alloc || G->ud != ud) return 0;
  if (registry->tt != ZY_TAG_TABLE || registry->v.gc != lua_topointer(L, LUA_REGISTRYINDEX)) return 0;
  bytes = (size_t)(G->totalbytes + G->GCdebt);
  if (bytes >> 10 != (size_t)lua_gc(L, LUA_GCCOUNT) || (bytes & 1023) != (size_t)lua_gc(L, LUA_GCCOUNTB)) return 0;
  if ((G->nilvalue.tt & ZY_KIND_TYPE_BITS) != 0) return 0;
  pause = lua_gc(L, LUA_GCSETPAUSE, 400);
  mul = lua_gc(L, LUA_GCSETSTEPMUL, 80);
  if (G->gcpause != 100 || G->gcstepmul != 20) pause = -pause;
  lua_gc(L, LUA_GCSETPAUSE, pause < 0 ? -pause : pause);
  lua_gc(L, LUA_GCSETSTEPMUL, mul);
  return pause > 0;
}

/* The end of global_State: names of events, which are strings like any other, and metatables of types. */
static int global_names(lua_State *L) {
  const ZyGlobal *G = thread(L)->G;
  const void *string_meta = NULL;
  int good;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  good = (const void *)G->mainthread == lua_topointer(L, -1);
  lua_pushliteral(L, "__index");
  good = good && (const ZyObject *)G->tmname[ZY_TM_INDEX] == at(L, -1)->v.gc;
  lua_pushliteral(L, "__gc");
  good = good && (const ZyObject *)G->tmname[ZY_TM_GC] == at(L, -1)->v.gc;
  lua_pushliteral(L, "__close");
  good = good && (const ZyObject *)G->tmname[24] == at(L, -1)->v.gc;
  if (lua_getmetatable(L, -1)) {
    string_meta = lua_topointer(L, -1);
    lua_pop(L, 1);
  }
  good = good && G->mt[LUA_TSTRING] == string_meta;
  lua_pop(L, 4);
  return good;
}

/* The list of all objects, newest first, and the colour of new objects. */
static int object_list(lua_State *L) {
  ZyGlobal *G = thread(L)->G;
  const ZyObject *block;
  int good;
  lua_newuserdatauv(L, 1, 0);
  block = at(L, -1)->v.gc;
  good = G->allgc == block && (block->marked & ZY_WHITE_BITS) == (G->currentwhite & ZY_WHITE_BITS)
      && (G->currentwhite & ZY_WHITE_BITS) != 0;
  lua_createtable(L, 0, 0);
  good = good && G->allgc == at(L, -1)->v.gc && G->allgc->next == block;
  lua_pop(L, 2);
  return good;
}


/* ---- objects --------------------------------------------------------------- */

static int strings(lua_State *L) {
  char longer[100];
  const ZyString *s;
  const ZyValue *v;
  int good;
  memset(longer, 'x', sizeof longer);
  lua_pushliteral(L, "zyjit layout");
  v = at(L, -1);
  s = (const ZyString *)v->v.gc;
  good = v->tt == ZY_TAG_STR && s->contents == lua_tostring(L, -1) && s->shrlen == 12 && s->tt == 4;
  lua_pushlstring(L, longer, sizeof longer);
  v = at(L, -1);
  s = (const ZyString *)v->v.gc;
  good = good && v->tt == ZY_TAG_LONG_STR && s->contents == lua_tostring(L, -1) && s->u.lnglen == sizeof longer;
  lua_pop(L, 2);
  return good;
}

/* What a table is when it is new, and what it is accounted for. */
static int new_tables(lua_State *L) {
  const ZyGlobal *G = thread(L)->G;
  const ZyTable *t, *other;
  ptrdiff_t before = G->totalbytes + G->GCdebt, after;
  int good;
  lua_createtable(L, 3, 3);
  t = (const ZyTable *)lua_topointer(L, -1);
  after = G->totalbytes + G->GCdebt;
  good = after - before == (ptrdiff_t)(sizeof *t + 3 * sizeof(ZyValue) + 4 * sizeof(ZyNode)) && t->flags == ZY_TM_BITS
      && t->alimit == 3 && t->lsizenode == 2 && t->lastfree == t->node + 4 && t->metatable == NULL
      && (t->marked & ~ZY_WHITE_BITS) == 0 && t->tt == (ZY_TAG_TABLE & ~ZY_TAG_COLLECTABLE);
  for (int i = 0; good && i < 3; i++) good = t->array[i].tt == 16;
  for (int i = 0; good && i < 4; i++)
    good = t->node[i].u.tt == 16 && t->node[i].u.key_tt == ZY_TAG_NIL && t->node[i].u.next == 0;
  lua_newtable(L);
  lua_newtable(L);
  t = (const ZyTable *)lua_topointer(L, -1);
  other = (const ZyTable *)lua_topointer(L, -2);
  good = good && t->node == other->node && t->lsizenode == 0 && t->lastfree == NULL && t->array == NULL
      && t->alimit == 0;
  lua_pop(L, 3);
  return good;
}

static int tables(lua_State *L) {
  const ZyTable *t;
  const ZyNode *node;
  const ZyString *key;
  int good;
  lua_createtable(L, 3, 4);
  for (int i = 1; i <= 3; i++) {
    lua_pushinteger(L, 10 * i);
    lua_rawseti(L, -2, i);
  }
  lua_pushnumber(L, 2.5);
  lua_setfield(L, -2, "field");
  t = (const ZyTable *)lua_topointer(L, -1);
  if (!is_gc(at(L, -1), ZY_TAG_TABLE, t) || t->alimit != 3 || t->lsizenode != 2 || t->metatable != NULL) {
    lua_pop(L, 1);
    return 0;
  }
  good = t->array[0].tt == ZY_TAG_INT && t->array[0].v.i == 10 && t->array[2].v.i == 30;
  lua_pushliteral(L, "field");
  key = (const ZyString *)at(L, -1)->v.gc;
  node = &t->node[key->hash & 3];                      /* the only key is at its main position */
  good = good && node->u.key_tt == ZY_TAG_STR && node->u.key.gc == (const ZyObject *)key && node->value.tt == ZY_TAG_NUM
      && node->value.v.n == 2.5 && node->u.next == 0;
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "a new field");                  /* makes it forget which metamethods it has not */
  lua_setmetatable(L, -2);
  good = good && lua_getmetatable(L, -1) && t->metatable == lua_topointer(L, -1);
  lua_pop(L, 1);
  lua_getfield(L, -1, "absent");                       /* asks the metatable, which remembers that it has no __index */
  good = good && (t->metatable->flags & 1 << ZY_TM_INDEX) && !(t->metatable->flags & 1 << ZY_TM_NEWINDEX);
  lua_pop(L, 2);
  return good;
}

static int userdata(lua_State *L) {
  void *block = lua_newuserdatauv(L, 24, 2);
  const ZyUserdata *u = (const ZyUserdata *)at(L, -1)->v.gc;
  int good;
  good = at(L, -1)->tt == ZY_TAG_UDATA && u->len == 24 && u->nuvalue == 2 && u->metatable == NULL
      && (const char *)block - (const char *)u == (ptrdiff_t)(offsetof(ZyUserdata, uv) + 2 * sizeof(ZyValue));
  lua_pushinteger(L, 7);
  lua_setiuservalue(L, -2, 2);
  good = good && u->uv[1].tt == ZY_TAG_INT && u->uv[1].v.i == 7;
  lua_newtable(L);
  good = good && (lua_pushvalue(L, -1), lua_setmetatable(L, -3), u->metatable == lua_topointer(L, -1));
  lua_pop(L, 2);
  return good;
}

static int a_function(lua_State *L) { (void)L; return 0; }

static int c_functions(lua_State *L) {
  const ZyCClosure *c;
  int good;
  lua_pushcfunction(L, a_function);
  good = at(L, -1)->tt == ZY_TAG_CFUNCTION && at(L, -1)->v.f == a_function;
  lua_pushinteger(L, 5);
  lua_pushcclosure(L, a_function, 1);
  c = (const ZyCClosure *)at(L, -1)->v.gc;
  good = good && at(L, -1)->tt == ZY_TAG_C_FN && c->nupvalues == 1 && c->f == a_function && c->upvalue[0].v.i == 5;
  lua_pushlightuserdata(L, &good);
  good = good && at(L, -1)->tt == ZY_TAG_LIGHT && at(L, -1)->v.p == &good;
  lua_pushboolean(L, 1);
  lua_pushboolean(L, 0);
  lua_pushnil(L);
  good = good && at(L, -3)->tt == ZY_TAG_TRUE && at(L, -2)->tt == ZY_TAG_FALSE && at(L, -1)->tt == ZY_TAG_NIL;
  lua_pop(L, 6);
  return good;
}


/* ---- prototypes -------------------------------------------------------------- */

static const char source[] =
  "local a <const> = 1.25\n"
  "local up, other = ...\n"
  "local function inner(x, y)\n"
  "  local z = up\n"
  "  up = z + x\n"
  "\n"
  "  return z, 'name', other\n"
  "end\n"
  "return inner, 123456789, a\n";

static int inner_proto(const ZyProto *p, const ZyString *name) {
  if (p->tt != ZY_KIND_PROTO || p->numparams != 2 || p->is_vararg || p->maxstacksize < 3 || p->sizep != 0
      || p->sizeupvalues != 2 || p->sizek != 1 || p->sizelocvars != 3 || p->linedefined != 3 || p->lastlinedefined != 8
      || p->sizecode < 6 || p->sizecode > 16 || p->sizelineinfo != p->sizecode || p->sizeabslineinfo != 0)
    return 0;
  if (!is_gc(&p->k[0], ZY_TAG_STR, name) || !p->upvalues[0].instack || !p->upvalues[1].instack
      || p->upvalues[1].idx != p->upvalues[0].idx + 1)
    return 0;
  if (strcmp(p->locvars[0].name->contents, "x") != 0 || p->locvars[0].startpc != 0
      || p->locvars[0].endpc != p->sizecode || p->locvars[2].startpc != 1)
    return 0;
  return ZY_OP(p->code[0]) == ZY_BC_GETUPVAL && ZY_A(p->code[0]) == 2 && ZY_B(p->code[0]) == 0
      && ZY_OP(p->code[1]) == ZY_BC_ADD && ZY_A(p->code[1]) == 3 && ZY_B(p->code[1]) == 2 && ZY_C(p->code[1]) == 0
      && ZY_OP(p->code[2]) == ZY_BC_MMBIN && ZY_OP(p->code[3]) == ZY_BC_SETUPVAL
      && p->lineinfo[0] == 1 && p->lineinfo[1] == 1 && p->lineinfo[2] == 0 && p->lineinfo[3] == 0 && p->lineinfo[4] == 2;
}

static int prototypes(lua_State *L) {
  const ZyLuaClosure *main, *inner;
  const ZyProto *p;
  const ZyString *name;
  ZyUpVal *up;
  int good = 0;
  if (luaL_loadbufferx(L, source, sizeof source - 1, "=layout", "t") != LUA_OK) {
    lua_pop(L, 1);
    return 0;
  }
  main = (const ZyLuaClosure *)lua_topointer(L, -1);
  if (!is_gc(at(L, -1), ZY_TAG_LUA_FN, main) || main->nupvalues != 1) goto done;
  p = main->p;
  if (p->tt != ZY_KIND_PROTO || p->is_vararg != 1 || p->numparams != 0 || p->sizep != 1 || p->linedefined != 0
      || p->sizek != 2 || p->k[0].v.i != 123456789 || p->k[1].v.n != 1.25 || strcmp(p->source->contents, "=layout") != 0
      || ZY_OP(p->code[0]) != ZY_BC_VARARGPREP)
    goto done;
  lua_pushvalue(L, -1);
  lua_pushinteger(L, 30);
  lua_pushliteral(L, "other");
  lua_call(L, 2, 1);
  lua_pushliteral(L, "name");
  name = (const ZyString *)at(L, -1)->v.gc;
  inner = (const ZyLuaClosure *)lua_topointer(L, -2);
  if (inner->p == p->p[0] && inner->nupvalues == 2 && inner_proto(inner->p, name)) {
    up = inner->upvals[0];                             /* closed: its frame is gone */
    good = up->tt == ZY_KIND_UPVAL && up->v == &up->u.value && up->u.value.tt == ZY_TAG_INT && up->u.value.v.i == 30;
    lua_pushvalue(L, -2);
    lua_pushinteger(L, 12);
    lua_call(L, 1, 0);
    good = good && up->u.value.v.i == 42;
  }
  lua_pop(L, 2);
done:
  lua_pop(L, 1);
  return good;
}

/* A Lua frame as a function it calls sees it; the open upvalue of one of its variables. */
static int lua_frame_probe(lua_State *L) {
  ZyThread *t = thread(L);
  ZyCallInfo *frame = t->ci->previous;
  const ZyLuaClosure *capture = (const ZyLuaClosure *)lua_topointer(L, 2), *running;
  const ZyUpVal *up = capture->upvals[0];
  int good;
  if (frame->callstatus & ZY_CIST_C || frame->func->tt != ZY_TAG_LUA_FN) return 0;
  running = zy_layout_closure(frame);
  good = frame->u.l.savedpc > running->p->code && frame->u.l.savedpc < running->p->code + running->p->sizecode
      && ZY_OP(frame->u.l.savedpc[-1]) == ZY_BC_CALL && frame->top == frame->func + 1 + running->p->maxstacksize
      && frame->u.l.nextraargs == 2 && (frame->u.l.trap != 0) == (t->hookmask != 0) && frame->func[1].v.i == 99
      && up->v == frame->func + 1 && t->openupval == up && up->u.open.next == lua_touserdata(L, 1);
  lua_pushboolean(L, good);
  return 1;
}

static int lua_frames(lua_State *L) {
  int good = 0;
  if (luaL_loadstring(L, "local a = 99 local probe, outer = ... local r = probe(outer, function() return a end) return r")
      == LUA_OK) {
    lua_pushcfunction(L, lua_frame_probe);
    lua_pushlightuserdata(L, thread(L)->openupval);    /* a variable of the script that is captured already */
    lua_call(L, 2, 1);
    good = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return good;
}


/* ---- the whole ---------------------------------------------------------------- */

/* Since 5.4.3 the interpreter calls Lua functions without using the C stack: a frame that a Lua function called is
** not FRESH. */
static int fresh_probe(lua_State *L) {
  lua_pushboolean(L, !(thread(L)->ci->previous->callstatus & ZY_CIST_FRESH)
                     && (thread(L)->ci->previous->previous->callstatus & ZY_CIST_FRESH));
  return 1;
}

static int stackless(lua_State *L) {
  int good = 0;
  if (luaL_loadstring(L, "local probe = ... local function f() local r = probe() return r end local r = f() return r")
      == LUA_OK) {
    lua_pushcfunction(L, fresh_probe);
    lua_call(L, 1, 1);
    good = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return good;
}

const char *zy_layout_check(lua_State *L) {
  static const struct { int (*check)(lua_State *L); const char *why; } checks[] = {
    { stackless, "Lua calls use the C stack, as in 5.4.0 to 5.4.2" },
    { thread_fields, "layout of lua_State or CallInfo differs" },
    { global_fields, "layout of global_State differs" },
    { global_names, "layout of global_State differs" },
    { object_list, "layout of the list of objects differs" },
    { strings, "layout of strings differs" },
    { tables, "layout of tables differs" },
    { new_tables, "layout of tables differs" },
    { userdata, "layout of userdata differs" },
    { c_functions, "layout of C functions differs" },
    { prototypes, "layout of function prototypes differs" },
    { lua_frames, "layout of Lua frames differs" },
  };
  int top = lua_gettop(L), running;
  const char *why = NULL;
  if (lua_version(L) != 504) return "not Lua 5.4";
  if (sizeof(void *) != 8 || sizeof(lua_Integer) != 8 || sizeof(lua_Number) != 8)
    return "not a 64-bit build of Lua with 64-bit integers and doubles";
  luaL_checkstack(L, 16, NULL);
  running = lua_gc(L, LUA_GCISRUNNING);                /* a collection in between would change what is compared */
  lua_gc(L, LUA_GCSTOP);
  for (size_t i = 0; why == NULL && i < sizeof checks / sizeof checks[0]; i++)
    if (!checks[i].check(L)) why = checks[i].why;
  if (running) lua_gc(L, LUA_GCRESTART);
  lua_settop(L, top);
  return why;
}
