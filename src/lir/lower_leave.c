/*
** lower_leave.c - exits in use -> the blocks that store registers and leave.
** SPDX-License-Identifier: MIT
**
** They come behind all others: the values of a state are there wherever the state may be used, so they are there, too.
** A function has many exits, and the state of one is nearly that of the next. So that compilers do not see the same
** stores again and again, exits share them: the registers of each state, with their values, are a path in a tree, what
** most states have next to the root, and each exit jumps to where its path ends and goes on to the root, which leaves
** with the exit's number. (Such a tree of sets is the FP-tree of Han, Pei and Yin, "Mining frequent patterns without
** candidate generation", 2000.) Runs on a worker.
*/
#include "lir/lower_internal.h"

#include <stdlib.h>
#include <string.h>

void zy_lower_begin_exits(ZyLower *l) {
  size_t n = (size_t)l->out->nexits;
  l->exit_label = ZY_NEWN(l->arena, uint32_t, 2 * n + 1);
  memset(l->exit_label, -1, 2 * n * sizeof *l->exit_label);
  l->exits.n = 0;
}

static uint32_t exit_label(ZyLower *l, int32_t exit, uint32_t state) {
  uint32_t *label = &l->exit_label[2 * exit + (state == 0)];
  ZyLowerExit e;
  if (*label != ZY_LOWER_NONE) return *label;
  e = (ZyLowerExit){ *label = zy_lower_label(l), exit, state };
  zy_vec_push(l->arena, &l->exits, e);
  return *label;
}

uint32_t zy_lower_exit_label(ZyLower *l, ZyRef r) {
  return exit_label(l, l->out->exit_of_node[r], l->h->nodes.v[r].state);
}

uint32_t zy_lower_stored_exit(ZyLower *l, int32_t exit) { return exit_label(l, exit, 0); }

void zy_lower_guard(ZyLower *l, ZyRef r, uint32_t bit) { zy_lower_unless(l, bit, zy_lower_exit_label(l, r)); }

void zy_lower_stress(ZyLower *l, ZyRef r) {
  uint32_t leave;
  if (l->stress_exit[r] < 0) return;
  leave = ZY_OP2(AND, ZY_CALL(STRESS, I, l->cx), zy_lower_int(l, 0xffffffff));
  zy_lower_if(l, ZY_OP2(NE, leave, zy_lower_int(l, 0)), exit_label(l, l->stress_exit[r], l->h->nodes.v[r].state));
}


/* ---- the tree ------------------------------------------------------------------- */

/* A register that holds a value. */
typedef struct Content {
  ZyRef value;
  uint32_t reg;
  uint32_t states;                     /* how many exits have it */
  uint32_t next;                       /* another of the same value, 0: none */
} Content;

typedef struct Spot {
  uint32_t content;
  uint32_t parent, child, sibling;     /* 0: the root, as parent; none, else */
  uint32_t label;                      /* of the block that begins here, NONE: none does */
} Spot;

typedef struct Tree {
  ZyLower *l;
  ZY_VEC(Content) content;
  ZY_VEC(Spot) spot;
  uint32_t *first;                     /* by node: the first content with this value, 0: none */
} Tree;

static uint32_t content_of(Tree *t, const ZyStateReg *reg) {
  Content c = { reg->value, reg->reg, 0, t->first[reg->value] };
  uint32_t i = c.next;
  while (i != 0 && t->content.v[i].reg != c.reg) i = t->content.v[i].next;
  if (i != 0) return i;
  zy_vec_push(t->l->arena, &t->content, c);
  return t->first[reg->value] = t->content.n - 1;
}

static uint32_t child_of(Tree *t, uint32_t parent, uint32_t content) {
  Spot s = { content, parent, 0, t->spot.v[parent].child, ZY_LOWER_NONE };
  uint32_t i = s.sibling;
  while (i != 0 && t->spot.v[i].content != content) i = t->spot.v[i].sibling;
  if (i != 0) return i;
  zy_vec_push(t->l->arena, &t->spot, s);
  return t->spot.v[parent].child = t->spot.n - 1;
}

typedef struct Weighed { uint32_t content, states; } Weighed;

static int by_weight(const void *a, const void *b) {
  const Weighed *x = a, *y = b;
  if (x->states != y->states) return x->states > y->states ? -1 : 1;
  return x->content < y->content ? -1 : x->content > y->content;
}

/* Where the path of a state ends. */
static uint32_t end_of_path(Tree *t, uint32_t state, Weighed *path) {
  const ZyHir *h = t->l->h;
  const ZyFrameState *s = &h->states.v[state];
  uint32_t at = 0;
  for (uint32_t i = 0; i < s->count; i++) {
    uint32_t content = content_of(t, &h->regs.v[s->first + i]);
    path[i] = (Weighed){ content, t->content.v[content].states };
  }
  qsort(path, s->count, sizeof *path, by_weight);
  for (uint32_t i = 0; i < s->count; i++) at = child_of(t, at, path[i].content);
  return at;
}

static uint32_t block_at(Tree *t, uint32_t spot) {
  if (t->spot.v[spot].label == ZY_LOWER_NONE) t->spot.v[spot].label = zy_lower_label(t->l);
  return t->spot.v[spot].label;
}

/* Exits to their places in the tree. */
static void enter_exits(Tree *t) {
  ZyLower *l = t->l;
  Weighed *path;
  uint32_t longest = 0;
  for (uint32_t i = 0; i < l->exits.n; i++) {
    const ZyFrameState *s = &l->h->states.v[l->exits.v[i].state];
    if (s->count > longest) longest = s->count;
    for (uint32_t k = 0; k < s->count; k++) {
      uint32_t content = content_of(t, &l->h->regs.v[s->first + k]);
      t->content.v[content].states++;
    }
  }
  path = ZY_NEWN(l->arena, Weighed, longest + 1);
  for (uint32_t i = 0; i < l->exits.n; i++) {
    ZyLowerExit e = l->exits.v[i];
    uint32_t label = block_at(t, end_of_path(t, e.state, path)), number;
    zy_lower_place(l, e.label);
    if (e.state != 0) zy_lower_store_arguments(l, e.state);
    number = zy_lower_int(l, e.exit);
    zy_lower_jump(l, label, &number, 1);
  }
}

/* From the block that begins at 'spot' to the next, or out. */
static void store_and_leave(Tree *t, uint32_t spot) {
  ZyLower *l = t->l;
  uint32_t exit;
  zy_lower_place(l, t->spot.v[spot].label);
  exit = zy_lower_param(l, ZY_LIR_I);
  while (spot != 0) {
    const Content *c = &t->content.v[t->spot.v[spot].content];
    zy_lower_store_value(l, zy_lower_base(l), ZY_REG(c->reg), c->value, ZY_ALIAS_REGS);
    spot = t->spot.v[spot].parent;
    if (t->spot.v[spot].label == ZY_LOWER_NONE) continue;
    zy_lower_jump(l, t->spot.v[spot].label, &exit, 1);
    return;
  }
  l->framed = 0;
  zy_lower_complete_frames(l);
  zy_lower_left(l);
  zy_lower_return(l, exit);
}

void zy_lower_exits_end(ZyLower *l) {
  Tree t = { .l = l };
  Spot root = { 0, 0, 0, 0, ZY_LOWER_NONE };
  Content none = { 0, 0, 0, 0 };
  if (l->exits.n == 0) return;
  t.first = ZY_NEWN(l->arena, uint32_t, l->h->nodes.n);
  zy_vec_push(l->arena, &t.content, none);
  zy_vec_push(l->arena, &t.spot, root);
  block_at(&t, 0);
  enter_exits(&t);
  for (uint32_t i = 1; i < t.spot.n; i++)
    if (t.spot.v[i].child != 0 && t.spot.v[t.spot.v[i].child].sibling != 0) block_at(&t, i);
  for (uint32_t i = t.spot.n; i-- > 0; )
    if (t.spot.v[i].label != ZY_LOWER_NONE) store_and_leave(&t, i);
}
