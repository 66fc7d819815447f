/*
** dom.c: graph -> order of blocks, dominators, loops.
** SPDX-License-Identifier: MIT
**
** Reverse postorder; dominators after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), which
** needs no other structure and two rounds on what compilers see. A loop is natural: an edge to a block that
** dominates its source. Cycles with several entries are no loops here, so nothing is hoisted out of them.
**
** Empties unreachable blocks, so that predecessor lists name reachable blocks only. Runs on a worker.
*/
#include "pass/pass.h"

/* Reverse postorder from the entry, with a stack: graphs may be deep. */
static void find_order(ZyHir *h) {
  uint32_t nblocks = h->blocks.n, n = 0, done = 0;
  uint32_t *stack = ZY_NEWN(h->arena, uint32_t, nblocks), *post = ZY_NEWN(h->arena, uint32_t, nblocks);
  uint8_t *next = ZY_NEWN(h->arena, uint8_t, nblocks);         /* edge to follow next */
  for (uint32_t b = 0; b < nblocks; b++) h->blocks.v[b].order = 0;
  stack[n++] = 1;
  h->blocks.v[1].order = 1;
  while (n > 0) {
    uint32_t b = stack[n - 1];
    if (next[b] < 2) {
      /* the second edge first: the first successor then comes before it */
      uint32_t to = h->blocks.v[b].succ[1 - next[b]++].block;
      if (to != 0 && h->blocks.v[to].order == 0) {
        h->blocks.v[to].order = 1;
        stack[n++] = to;
      }
    }
    else {
      post[done++] = b;
      n--;
    }
  }
  h->order.n = 0;
  for (uint32_t i = done; i > 0; i--) {
    zy_vec_push(h->arena, &h->order, post[i - 1]);
    h->blocks.v[post[i - 1]].order = done - i + 1;
  }
}

static void empty_unreachable(ZyHir *h) {
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    ZyBlock *block = &h->blocks.v[b];
    if (block->order != 0) continue;
    for (int s = 0; s < 2; s++)
      if (block->succ[s].block != 0) zy_hir_unlink(h, b, s);
    while (block->last != 0) zy_hir_remove(h, block->last);
    block->nparams = 0;
    block->idom = block->depth = block->loop = 0;
  }
}

uint32_t zy_dom_common(const ZyHir *h, uint32_t a, uint32_t b) {
  while (a != b) {
    if (h->blocks.v[a].order > h->blocks.v[b].order) a = h->blocks.v[a].idom;
    else b = h->blocks.v[b].idom;
  }
  return a;
}

static void find_dominators(ZyHir *h) {
  int changed = 1;
  for (uint32_t i = 0; i < h->order.n; i++) h->blocks.v[h->order.v[i]].idom = 0;
  h->blocks.v[1].idom = 1;
  while (changed) {
    changed = 0;
    for (uint32_t i = 1; i < h->order.n; i++) {
      ZyBlock *b = &h->blocks.v[h->order.v[i]];
      uint32_t idom = 0;
      for (uint32_t p = 0; p < b->preds.n; p++) {
        uint32_t pred = b->preds.v[p];
        if (h->blocks.v[pred].idom == 0) continue;
        idom = idom == 0 ? pred : zy_dom_common(h, pred, idom);
      }
      if (idom != b->idom) {
        b->idom = idom;
        changed = 1;
      }
    }
  }
}

static int dominates(const ZyHir *h, uint32_t a, uint32_t b) {
  while (h->blocks.v[b].order > h->blocks.v[a].order) b = h->blocks.v[b].idom;
  return a == b;
}

/* Inner loops first: what already is in a loop is represented by the header of the outermost one found so far. */
static void find_loops(ZyHir *h) {
  uint32_t *outer = ZY_NEWN(h->arena, uint32_t, h->blocks.n);  /* of a header: the next loop around it */
  uint32_t *top = ZY_NEWN(h->arena, uint32_t, h->blocks.n);    /* of a header: the outermost known, shortened */
  ZY_VEC(uint32_t) work = { 0 };
  for (uint32_t i = 0; i < h->order.n; i++) h->blocks.v[h->order.v[i]].loop = h->blocks.v[h->order.v[i]].depth = 0;
  for (uint32_t i = h->order.n; i > 0; i--) {
    uint32_t header = h->order.v[i - 1];
    ZyBlock *hb = &h->blocks.v[header];
    int found = 0;
    for (uint32_t p = 0; p < hb->preds.n; p++) {
      uint32_t latch = hb->preds.v[p];
      if (h->blocks.v[latch].order < hb->order || !dominates(h, header, latch)) continue;
      found = 1;
      if (latch != header) zy_vec_push(h->arena, &work, latch);
    }
    if (!found) continue;
    hb->loop = header;
    top[header] = header;
    while (work.n > 0) {
      uint32_t b = work.v[--work.n];
      if (h->blocks.v[b].loop == 0) h->blocks.v[b].loop = header;
      else {
        b = h->blocks.v[b].loop;
        while (top[b] != b) b = top[b] = top[top[b]];
        if (b == header) continue;
        outer[b] = header;
        top[b] = header;
      }
      for (uint32_t p = 0; p < h->blocks.v[b].preds.n; p++) {
        uint32_t pred = h->blocks.v[b].preds.v[p], t = h->blocks.v[pred].loop;
        while (t != 0 && top[t] != t) t = top[t] = top[top[t]];
        if (t != header) zy_vec_push(h->arena, &work, pred);
      }
    }
  }
  for (uint32_t i = 0; i < h->order.n; i++) {
    ZyBlock *b = &h->blocks.v[h->order.v[i]];
    if (b->loop == 0) continue;
    if (b->loop != h->order.v[i]) b->depth = h->blocks.v[b->loop].depth;
    else b->depth = (outer[b->loop] != 0 ? h->blocks.v[outer[b->loop]].depth : 0) + 1;
  }
}

uint32_t zy_dom_outer(const ZyHir *h, uint32_t header) {
  /* a loop around it contains its immediate dominator, too */
  uint32_t depth = h->blocks.v[header].depth, b = header;
  if (depth <= 1) return 0;
  do b = h->blocks.v[h->blocks.v[b].idom].loop;
  while (h->blocks.v[b].depth >= depth);
  return b;
}

int zy_dom_in_loop(const ZyHir *h, uint32_t header, uint32_t block) {
  uint32_t loop = h->blocks.v[block].loop, depth = h->blocks.v[header].depth;
  while (loop != 0 && h->blocks.v[loop].depth > depth) loop = zy_dom_outer(h, loop);
  return loop == header;
}

void zy_dom_run(ZyHir *h) {
  find_order(h);
  empty_unreachable(h);
  find_dominators(h);
  find_loops(h);
}

ZyDomWalk zy_dom_walk(ZyHir *h) {
  uint32_t *child = ZY_NEWN(h->arena, uint32_t, h->blocks.n), *sibling = ZY_NEWN(h->arena, uint32_t, h->blocks.n);
  uint32_t *stack = ZY_NEWN(h->arena, uint32_t, h->blocks.n), n = 0;
  uint32_t *level = ZY_NEWN(h->arena, uint32_t, h->blocks.n);
  ZyDomWalk walk = { ZY_NEWN(h->arena, uint32_t, h->order.n), ZY_NEWN(h->arena, uint32_t, h->order.n), 0 };
  for (uint32_t i = h->order.n - 1; i > 0; i--) {
    uint32_t b = h->order.v[i], idom = h->blocks.v[b].idom;
    sibling[b] = child[idom];
    child[idom] = b;
  }
  stack[n++] = 1;
  while (n > 0) {
    uint32_t b = stack[--n];
    walk.block[walk.n] = b;
    walk.level[walk.n++] = level[b];
    if (sibling[b] != 0 && b != 1) {
      level[sibling[b]] = level[b];
      stack[n++] = sibling[b];
    }
    if (child[b] != 0) {
      level[child[b]] = level[b] + 1;
      stack[n++] = child[b];
    }
  }
  return walk;
}
