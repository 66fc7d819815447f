/*
** hir.c - op.def -> facts about operations; edits of the graph.
** SPDX-License-Identifier: MIT
**
** Nodes and blocks are numbered, never moved or freed: passes hold on to numbers while vectors grow, and a
** node that was taken out of its block stays readable. Every edit of a list goes through here, so that
** links, predecessors and edges agree (verify.c checks that they do).
**
** Requires an arena whose 'escape' is set: running out of memory leaves through it. Runs on a worker, or on
** the thread that asks for a dump.
*/
#include "hir/hir.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

enum { NAME_SIZE = 20 };

static const struct {
  const char *name;
  uint8_t nops, exits;
  uint16_t type;
  uint32_t effect;
} facts[ZY_HIR_COUNT_] = {
  [ZY_HIR_NONE] = { "NONE", 0, 0, 0, 0 },
#define ZY_HIR(name, nops, type, effect, exits, imm, text) \
  [ZY_HIR_##name] = { #name, nops, exits, ZY_TYPE_##type, ZY_EFFECT_##effect },
#include "hir/op.def"
#undef ZY_HIR
};

#define ZY_HIR(name, nops, type, effect, exits, imm, text) \
  _Static_assert(sizeof #name <= NAME_SIZE && (nops) <= 3, "facts of " #name " fit");
#include "hir/op.def"
#undef ZY_HIR

_Static_assert(ZY_TYPE_BITS <= 16, "a type fits ZyHirNode.type");
_Static_assert(ZY_HIR_COUNT_ <= 256, "an operation fits ZyHirNode.op");

static char lower[ZY_HIR_COUNT_][NAME_SIZE];
static pthread_once_t lowered = PTHREAD_ONCE_INIT;     /* workers and the main thread print names */

static void lower_names(void) {
  for (int op = 0; op < ZY_HIR_COUNT_; op++)
    for (int i = 0; facts[op].name[i] != 0; i++) lower[op][i] = (char)tolower((unsigned char)facts[op].name[i]);
}


/* ---- facts --------------------------------------------------------------- */

const char *zy_hir_name(ZyHirOp op) {
  pthread_once(&lowered, lower_names);
  return lower[op];
}

const ZyConst *zy_hir_constant(const ZyHir *h, int64_t k) {
  const ZyUnit *unit = h->unit;
  if (unit != NULL && ZY_K_CALLEE(k) >= 0) unit = unit->callees[ZY_K_CALLEE(k)].unit;
  return unit == NULL ? NULL : &unit->k[ZY_K_INDEX(k)];
}

const ZyUnit *zy_hir_unit_of(const ZyHir *h, uint32_t state) {
  uint32_t inlined = state < h->states.n ? h->states.v[state].inlined : 0;
  if (inlined == 0 || inlined >= h->inlines.n || h->unit == NULL) return h->unit;
  return h->unit->callees[h->inlines.v[inlined].callee].unit;
}

int zy_hir_takes_open(const ZyHir *h, ZyRef r) {
  const ZyHirNode *n = &h->nodes.v[r];
  if (n->op == ZY_HIR_CALL || n->op == ZY_HIR_CALL_LUA) return ZY_CALL_NARGS(n->imm) < 0;
  return n->op == ZY_HIR_SET_LIST && ZY_LIST_COUNT(n->imm) < 0;
}

int zy_hir_leaves_open(const ZyHir *h, ZyRef r) {
  const ZyHirNode *n = &h->nodes.v[r];
  if (n->op == ZY_HIR_CALL || n->op == ZY_HIR_CALL_LUA) return ZY_CALL_NRESULTS(n->imm) < 0;
  return n->op == ZY_HIR_VARARG && n->imm >> 8 == 0;
}

int zy_hir_nops(ZyHirOp op) { return facts[op].nops; }
uint32_t zy_hir_effect(ZyHirOp op) { return facts[op].effect; }
int zy_hir_exits(ZyHirOp op) { return facts[op].exits; }
ZyType zy_hir_type(ZyHirOp op) { return facts[op].type; }


/* ---- making -------------------------------------------------------------- */

ZyHir *zy_hir_new(ZyArena *arena, const ZyUnit *unit) {
  ZyHir *h = ZY_NEW(arena, ZyHir);
  ZyHirNode node = { 0 };
  ZyBlock block = { 0 };
  ZyFrameState state = { 0 };
  ZyInline none = { 0 };
  h->arena = arena;
  h->unit = unit;
  zy_vec_push(arena, &h->nodes, node);
  zy_vec_push(arena, &h->blocks, block);
  zy_vec_push(arena, &h->states, state);
  zy_vec_push(arena, &h->inlines, none);
  return h;
}

uint32_t zy_hir_new_block(ZyHir *h, int32_t pc) {
  ZyBlock block = { 0 };
  block.pc = pc;
  zy_vec_push(h->arena, &h->blocks, block);
  return h->blocks.n - 1;
}

ZyRef zy_hir_new_node(ZyHir *h, ZyHirOp op, ZyRef a, ZyRef b) {
  ZyHirNode node = { 0 };
  node.op = (uint8_t)op;
  node.type = facts[op].type;
  node.ops[0] = a;
  node.ops[1] = b;
  zy_vec_push(h->arena, &h->nodes, node);
  return h->nodes.n - 1;
}


/* ---- nodes in blocks ------------------------------------------------------ */

void zy_hir_append(ZyHir *h, uint32_t block, ZyRef r) {
  ZyBlock *b = zy_hir_block(h, block);
  ZyHirNode *n = zy_hir_node(h, r);
  n->block = block;
  n->prev = b->last;
  n->next = 0;
  if (b->last != 0) zy_hir_node(h, b->last)->next = r;
  else b->first = r;
  b->last = r;
}

void zy_hir_insert_before(ZyHir *h, ZyRef at, ZyRef r) {
  ZyHirNode *n = zy_hir_node(h, r), *x = zy_hir_node(h, at);
  n->block = x->block;
  n->prev = x->prev;
  n->next = at;
  if (x->prev != 0) zy_hir_node(h, x->prev)->next = r;
  else zy_hir_block(h, x->block)->first = r;
  x->prev = r;
}

void zy_hir_insert_after(ZyHir *h, ZyRef at, ZyRef r) {
  ZyRef next = zy_hir_node(h, at)->next;
  if (next != 0) zy_hir_insert_before(h, next, r);
  else zy_hir_append(h, zy_hir_node(h, at)->block, r);
}

void zy_hir_remove(ZyHir *h, ZyRef r) {
  ZyHirNode *n = zy_hir_node(h, r);
  ZyBlock *b = zy_hir_block(h, n->block);
  if (n->prev != 0) zy_hir_node(h, n->prev)->next = n->next;
  else b->first = n->next;
  if (n->next != 0) zy_hir_node(h, n->next)->prev = n->prev;
  else b->last = n->prev;
  n->prev = n->next = 0;
  n->block = 0;
}


/* ---- edges ---------------------------------------------------------------- */

void zy_hir_link(ZyHir *h, uint32_t from, int i, uint32_t to) {
  ZyEdge *edge = &zy_hir_block(h, from)->succ[i];
  ZyBlock *target = zy_hir_block(h, to);
  edge->block = to;
  edge->args.n = 0;
  zy_vec_push(h->arena, &target->preds, from);
}

void zy_hir_unlink(ZyHir *h, uint32_t from, int i) {
  ZyEdge *edge = &zy_hir_block(h, from)->succ[i];
  ZyBlock *target = zy_hir_block(h, edge->block);
  for (uint32_t p = 0; p < target->preds.n; p++) {
    if (target->preds.v[p] != from) continue;
    memmove(target->preds.v + p, target->preds.v + p + 1, (target->preds.n - p - 1) * sizeof *target->preds.v);
    target->preds.n--;
    break;
  }
  edge->block = 0;
  edge->args.n = 0;
}


/* ---- uses ----------------------------------------------------------------- */

/* What stands for 'r' in the end; the chain is shortened on the way. */
static ZyRef find(ZyRef *map, ZyRef r) {
  ZyRef end = r;
  while (map[end] != 0) end = map[end];
  while (r != end) {
    ZyRef next = map[r];
    map[r] = end;
    r = next;
  }
  return end;
}

void zy_hir_replace(ZyHir *h, ZyRef *map) {
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next)
      for (int i = 0; i < 3; i++) h->nodes.v[r].ops[i] = find(map, h->nodes.v[r].ops[i]);
    for (int s = 0; s < 2; s++) {
      ZyEdge *edge = &h->blocks.v[b].succ[s];
      for (uint32_t i = 0; i < edge->args.n; i++) edge->args.v[i] = find(map, edge->args.v[i]);
    }
  }
  for (uint32_t i = 0; i < h->regs.n; i++) h->regs.v[i].value = find(map, h->regs.v[i].value);
}
