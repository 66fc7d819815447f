/*
** param.c: graph -> graph with fewer block parameters.
** SPDX-License-Identifier: MIT
**
** A PARAM to which every edge passes the same value, or the PARAM itself, is that value. One that goes may make
** another one such, so this is repeated until nothing changes; on graphs from bytecode that is the least number of
** PARAMs (Braun et al., 2013).
**
** Runs on a worker.
*/
#include "pass/pass.h"

void zy_param_remove(ZyHir *h, const uint8_t *drop) {
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    for (int s = 0; s < 2; s++) {
      ZyEdge *edge = &h->blocks.v[b].succ[s];
      uint32_t n = 0;
      ZyRef param;
      if (edge->block == 0) continue;
      param = h->blocks.v[edge->block].first;
      for (uint32_t i = 0; i < edge->args.n; i++, param = h->nodes.v[param].next)
        if (!drop[param]) edge->args.v[n++] = edge->args.v[i];
      edge->args.n = n;
    }
  }
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    ZyBlock *block = &h->blocks.v[b];
    ZyRef r = block->first, next;
    uint32_t n = 0;
    for (; r != 0 && h->nodes.v[r].op == ZY_HIR_PARAM; r = next) {
      next = h->nodes.v[r].next;
      if (drop[r]) zy_hir_remove(h, r);
      else h->nodes.v[r].imm = n++;
    }
    block->nparams = n;
  }
}

static ZyRef find(ZyRef *map, ZyRef r) {
  while (map[r] != 0) {
    if (map[map[r]] != 0) map[r] = map[map[r]];
    r = map[r];
  }
  return r;
}

/* What all edges pass for PARAMs: their only value, or the PARAM itself when there are several. */
static void meet(ZyHir *h, ZyRef *map, ZyRef *only) {
  for (uint32_t i = 0; i < h->order.n; i++) {
    for (int s = 0; s < 2; s++) {
      const ZyEdge *edge = &h->blocks.v[h->order.v[i]].succ[s];
      ZyRef param = edge->block != 0 ? h->blocks.v[edge->block].first : 0;
      for (uint32_t a = 0; a < edge->args.n; a++, param = h->nodes.v[param].next) {
        ZyRef arg = find(map, edge->args.v[a]);
        if (arg == param || only[param] == arg) continue;
        only[param] = only[param] == 0 ? arg : param;
      }
    }
  }
}

void zy_param_run(ZyHir *h) {
  ZyRef *map = ZY_NEWN(h->arena, ZyRef, h->nodes.n), *only = ZY_NEWN(h->arena, ZyRef, h->nodes.n);
  uint8_t *drop = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  int changed, any = 0;
  do {
    changed = 0;
    for (ZyRef r = 0; r < h->nodes.n; r++) only[r] = 0;
    meet(h, map, only);
    for (uint32_t i = 0; i < h->order.n; i++) {
      ZyRef r = h->blocks.v[h->order.v[i]].first;
      for (; r != 0 && h->nodes.v[r].op == ZY_HIR_PARAM; r = h->nodes.v[r].next) {
        ZyRef value = drop[r] || only[r] == 0 ? r : find(map, only[r]);
        if (value == r) continue;
        map[r] = value;
        drop[r] = 1;
        changed = any = 1;
      }
    }
  } while (changed);
  if (!any) return;
  zy_param_remove(h, drop);
  zy_hir_replace(h, map);
}
