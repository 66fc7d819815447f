/*
** collector.c - barriers, accounted memory, pauses.
** SPDX-License-Identifier: MIT
**
** Runs on the thread that runs the Lua state.
*/
#include "vm/collector.h"

void zy_collector_barrier(ZyGlobal *G, ZyObject *o, ZyObject **gclist) {
  if (!(o->marked & ZY_BLACK_BIT)) return;
  o->marked &= (uint8_t)~(ZY_BLACK_BIT | ZY_WHITE_BITS);
  if ((o->marked & ZY_AGE_BITS) != ZY_AGE_TOUCHED2) {            /* else it is in a list already */
    *gclist = G->grayagain;
    G->grayagain = o;
  }
  if ((o->marked & ZY_AGE_BITS) >= ZY_AGE_OLD1)
    o->marked = (uint8_t)((o->marked & ~ZY_AGE_BITS) | ZY_AGE_TOUCHED1);
}

void zy_collector_barrier_proto(ZyGlobal *G, ZyProto *p, ZyUserdata *u) {
  if ((p->marked & ZY_BLACK_BIT) && (p->marked & ZY_AGE_BITS) >= ZY_AGE_OLD0) {
    u->marked = (uint8_t)((u->marked & ~(ZY_WHITE_BITS | ZY_BLACK_BIT | ZY_AGE_BITS)) | ZY_AGE_OLD0);
    u->gclist = G->gray;
    G->gray = (ZyObject *)u;
  }
  else zy_collector_barrier(G, (ZyObject *)p, &p->gclist);
}

void *zy_collector_realloc(lua_State *L, void *block, size_t from, size_t to) {
  ZyGlobal *G = ((ZyThread *)(void *)L)->G;
  void *fresh = G->frealloc(G->ud, block, from, to);
  if (fresh != NULL || to == 0) G->GCdebt += (ptrdiff_t)to - (ptrdiff_t)from;
  return fresh;
}

void *zy_collector_new(ZyGlobal *G, int kind, size_t size) {
  ZyObject *o = G->frealloc(G->ud, NULL, (size_t)(kind & ZY_KIND_TYPE_BITS), size);
  if (o == NULL) return NULL;
  G->GCdebt += (ptrdiff_t)size;
  o->marked = G->currentwhite & ZY_WHITE_BITS;
  o->tt = (uint8_t)kind;
  o->next = G->allgc;
  G->allgc = o;
  return o;
}

ZyPause zy_collector_pause(lua_State *L) {
  ZyGlobal *G = ((ZyThread *)(void *)L)->G;
  ZyPause pause = { lua_gc(L, LUA_GCISRUNNING) == 1, G->gcstopem };
  if (pause.running) lua_gc(L, LUA_GCSTOP);
  G->gcstopem = 1;
  return pause;
}

void zy_collector_resume(lua_State *L, ZyPause pause) {
  ZyGlobal *G = ((ZyThread *)(void *)L)->G;
  ptrdiff_t debt = G->GCdebt, total;
  G->gcstopem = pause.emergency;
  if (!pause.running) return;
  lua_gc(L, LUA_GCRESTART);                  /* sets the debt to 0, which would bring the next step forward or back */
  total = G->totalbytes + G->GCdebt;
  G->GCdebt = debt;
  G->totalbytes = total - debt;
}
