/*
** dce.c: graph -> graph without computations that nobody needs.
** SPDX-License-Identifier: MIT
**
** Needed is what has an effect, ends a block, or may exit, and whatever that uses, in operands or in its frame
** state. A guard stays though its result is not used: what it has shown may have been used to fold something else.
** A PARAM that is not needed goes together with what its edges pass, so values that only go round a loop vanish.
**
** 'release' drops the states of JUMPs, which are there for hoisting only and keep values alive. Run it last.
** Runs on a worker.
*/
#include "pass/pass.h"

static int is_root(const ZyHir *h, ZyRef r) {
  const ZyHirNode *n = &h->nodes.v[r];
  const uint32_t reads = ZY_EFFECT_READ_REGS | ZY_EFFECT_READ_SHAPE | ZY_EFFECT_READ_VALUES | ZY_EFFECT_READ_UPVALS;
  if (zy_hir_effect((ZyHirOp)n->op) & ~reads) return 1;
  if (n->op == ZY_HIR_PARAM && n->block == 1) return 1;
  return !zy_guard_never_exits(h, r);
}

typedef struct Marker {
  ZyHir *h;
  uint8_t *live, *state_done;
  ZY_VEC(ZyRef) work;
} Marker;

static void mark(Marker *m, ZyRef r) {
  if (r == 0 || m->live[r]) return;
  m->live[r] = 1;
  zy_vec_push(m->h->arena, &m->work, r);
}

static void mark_state(Marker *m, uint32_t state) {
  const ZyFrameState *s = &m->h->states.v[state];
  if (state == 0 || m->state_done[state]) return;
  m->state_done[state] = 1;
  for (uint32_t i = 0; i < s->count; i++) mark(m, m->h->regs.v[s->first + i].value);
}

/* A PARAM is needed: what all edges pass for it. */
static void mark_args(Marker *m, ZyRef param) {
  const ZyHir *h = m->h;
  const ZyBlock *b = &h->blocks.v[h->nodes.v[param].block];
  for (uint32_t p = 0; p < b->preds.n; p++)
    for (int s = 0; s < 2; s++) {
      const ZyEdge *edge = &h->blocks.v[b->preds.v[p]].succ[s];
      if (edge->block == h->nodes.v[param].block) mark(m, edge->args.v[h->nodes.v[param].imm]);
    }
}

void zy_dce_run(ZyHir *h) {
  Marker m = { .h = h };
  uint8_t *drop = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  int params = 0;
  m.live = ZY_NEWN(h->arena, uint8_t, h->nodes.n);
  m.state_done = ZY_NEWN(h->arena, uint8_t, h->states.n);
  for (uint32_t i = 0; i < h->order.n; i++)
    for (ZyRef r = h->blocks.v[h->order.v[i]].first; r != 0; r = h->nodes.v[r].next)
      if (is_root(h, r)) mark(&m, r);
  while (m.work.n > 0) {
    ZyRef r = m.work.v[--m.work.n];
    for (int o = 0; o < 3; o++) mark(&m, h->nodes.v[r].ops[o]);
    mark_state(&m, h->nodes.v[r].state);
    if (h->nodes.v[r].op == ZY_HIR_PARAM) mark_args(&m, r);
  }
  for (uint32_t i = 0; i < h->order.n; i++) {
    ZyRef next;
    for (ZyRef r = h->blocks.v[h->order.v[i]].first; r != 0; r = next) {
      next = h->nodes.v[r].next;
      if (m.live[r]) continue;
      if (h->nodes.v[r].op == ZY_HIR_PARAM) params = drop[r] = 1;
      else zy_hir_remove(h, r);
    }
  }
  if (params) zy_param_remove(h, drop);
}

void zy_release_run(ZyHir *h) {
  for (uint32_t i = 0; i < h->order.n; i++) {
    ZyRef last = h->blocks.v[h->order.v[i]].last;
    if (h->nodes.v[last].op == ZY_HIR_JUMP) h->nodes.v[last].state = 0;
  }
}
