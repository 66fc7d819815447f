/*
** loop.c: graph -> graph in which loops leave to the code in front of them what they do not change.
** SPDX-License-Identifier: MIT
**
** Inner loops first; what has moved in front of one is moved on if the loop around it does not change it either.
**
**   - Operations that cannot exit move whenever their operands are there. Division moves only with a divisor known not
**     to be 0, a load only where its address is known to be good: at a field's slot, which exists when it is known, at
**     an element whose check is in front of the loop, too, or in a function whose prototype is checked there.
**   - Loads move when no node of the loop writes their class of memory.
**   - Guards and other exits move with the state of the JUMP into the loop: when one fails, the interpreter starts the
**     loop. That is right whether or not the guard would have been reached, so it is a matter of gain only: see
**     zy_loop_may_assume. They are marked 'hoisted' and keep their pc, so that one that fails too often is left where
**     it was next time (ZY_AVOID_HOIST).
**   - A guard of a PARAM of the header moves to what is passed from outside when all that is passed in the loop is
**     of its type then.
**
** A loop with several entries, or entered by a branch, gets a block in front of it first. Runs on a worker.
*/
#include "pass/pass.h"

#include <string.h>

typedef struct Mover {
  ZyHir *h;
  ZyLoop *loop;
  ZyMemory *memory;
  uint32_t *shape;                     /* by node that reads shapes: version that it reads */
  uint64_t written;                    /* classes that the loop writes */
} Mover;


/* ---- the block in front of a loop ----------------------------------------------- */

static int in_loop(const ZyHir *h, uint32_t header, uint32_t block) { return zy_dom_in_loop(h, header, block); }

/* The one edge into the loop, if it is a JUMP's; 0: there are others. */
static uint32_t block_before(const ZyHir *h, uint32_t header) {
  const ZyBlock *b = &h->blocks.v[header];
  uint32_t before = 0;
  for (uint32_t p = 0; p < b->preds.n; p++) {
    uint32_t from = b->preds.v[p];
    if (in_loop(h, header, from)) continue;
    if (before != 0) return 0;
    before = from;
  }
  return before != 0 && h->nodes.v[h->blocks.v[before].last].op == ZY_HIR_JUMP ? before : 0;
}

typedef struct Entry { uint32_t from; int edge; } Entry;
typedef ZY_VEC(Entry) Entries;

static ZyRef new_param(ZyHir *h, uint32_t block, ZyType type) {
  ZyRef r = zy_hir_new_node(h, ZY_HIR_PARAM, 0, 0);
  h->nodes.v[r].imm = h->blocks.v[block].nparams++;
  h->nodes.v[r].type = (uint16_t)type;
  h->nodes.v[r].pc = h->blocks.v[block].pc;
  zy_hir_append(h, block, r);
  return r;
}

/* Whether the states of the JUMPs that enter are about the same registers at the same place. */
static int same_registers(const ZyHir *h, const ZyFrameState *s, const ZyFrameState *t) {
  if (s->pc != t->pc || s->inlined != t->inlined || s->count != t->count) return 0;
  for (uint32_t i = 0; i < s->count; i++)
    if (h->regs.v[s->first + i].reg != h->regs.v[t->first + i].reg) return 0;
  return 1;
}

/* The state for 'block', which all entries lead to now: what they have in a register is passed. 0: they differ. */
static uint32_t joined_state(ZyHir *h, const Entries *entries, uint32_t block) {
  ZyFrameState state;
  for (uint32_t e = 0; e < entries->n; e++) {
    uint32_t s = h->nodes.v[h->blocks.v[entries->v[e].from].last].state;
    if (s == 0) return 0;
    if (e == 0) state = h->states.v[s];
    else if (!same_registers(h, &state, &h->states.v[s])) return 0;
  }
  state.first = h->regs.n;
  for (uint32_t i = 0; i < state.count; i++) {
    ZyStateReg reg = { 0, 0 };
    ZyType type = 0;
    int same = 1;
    for (uint32_t e = 0; e < entries->n; e++) {
      uint32_t s = h->nodes.v[h->blocks.v[entries->v[e].from].last].state;
      ZyStateReg r = h->regs.v[h->states.v[s].first + i];
      if (e > 0 && r.value != reg.value) same = 0;
      reg = r;
      type |= h->nodes.v[r.value].type;
    }
    if (!same) {
      reg.value = new_param(h, block, type);
      for (uint32_t e = 0; e < entries->n; e++) {
        ZyBlock *from = &h->blocks.v[entries->v[e].from];
        ZyRef value = h->regs.v[h->states.v[h->nodes.v[from->last].state].first + i].value;
        zy_vec_push(h->arena, &from->succ[entries->v[e].edge].args, value);
      }
    }
    zy_vec_push(h->arena, &h->regs, reg);
  }
  zy_vec_push(h->arena, &h->states, state);
  return h->states.n - 1;
}

/* Leads an edge that passes 'args' to 'to' instead of where it led. */
static void redirect(ZyHir *h, Entry e, uint32_t to) {
  ZyEdge *edge = &h->blocks.v[e.from].succ[e.edge];
  uint32_t n = edge->args.n;
  zy_hir_unlink(h, e.from, e.edge);
  zy_hir_link(h, e.from, e.edge, to);
  h->blocks.v[e.from].succ[e.edge].args.n = n;         /* unlinking and linking leave them where they are */
}

static void add_block_before(ZyHir *h, uint32_t header) {
  Entries entries = { 0 };
  uint32_t block = zy_hir_new_block(h, h->blocks.v[header].pc), state;
  ZyRef jump;
  const ZyBlock *b = &h->blocks.v[header];
  for (uint32_t p = 0; p < b->preds.n; p++) {
    uint32_t from = b->preds.v[p];
    int seen = 0;
    for (uint32_t q = 0; q < p; q++) seen |= b->preds.v[q] == from;
    if (seen || in_loop(h, header, from)) continue;
    for (int s = 0; s < 2; s++)
      if (h->blocks.v[from].succ[s].block == header) {
        Entry e = { from, s };
        zy_vec_push(h->arena, &entries, e);
      }
  }
  for (ZyRef r = b->first; r != 0 && h->nodes.v[r].op == ZY_HIR_PARAM; r = h->nodes.v[r].next)
    new_param(h, block, h->nodes.v[r].type);
  for (uint32_t e = 0; e < entries.n; e++) redirect(h, entries.v[e], block);
  zy_hir_link(h, block, 0, header);
  for (ZyRef r = h->blocks.v[block].first; r != 0; r = h->nodes.v[r].next)
    zy_vec_push(h->arena, &h->blocks.v[block].succ[0].args, r);
  state = joined_state(h, &entries, block);
  jump = zy_hir_new_node(h, ZY_HIR_JUMP, 0, 0);
  h->nodes.v[jump].state = state;
  h->nodes.v[jump].pc = h->blocks.v[block].pc;
  zy_hir_append(h, block, jump);
}


/* ---- loops ------------------------------------------------------------------------ */

uint32_t *zy_loop_headers(ZyHir *h, uint32_t *count) {
  uint32_t *headers = ZY_NEWN(h->arena, uint32_t, h->order.n), n = 0, deepest = 0;
  for (uint32_t i = 0; i < h->order.n; i++)
    if (h->blocks.v[h->order.v[i]].depth > deepest) deepest = h->blocks.v[h->order.v[i]].depth;
  for (uint32_t depth = deepest; depth > 0; depth--)
    for (uint32_t i = 0; i < h->order.n; i++) {
      uint32_t b = h->order.v[i];
      if (h->blocks.v[b].loop == b && h->blocks.v[b].depth == depth) headers[n++] = b;
    }
  *count = n;
  return headers;
}

ZyLoop *zy_loop_new(ZyHir *h, uint32_t header) {
  ZyLoop *loop = ZY_NEW(h->arena, ZyLoop);
  loop->h = h;
  loop->header = header;
  loop->before = block_before(h, header);
  loop->inside = ZY_NEWN(h->arena, uint64_t, h->blocks.n / 64 + 1);
  for (uint32_t i = h->blocks.v[header].order - 1; i < h->order.n; i++) {
    uint32_t b = h->order.v[i];
    if (!in_loop(h, header, b)) continue;
    loop->inside[b >> 6] |= (uint64_t)1 << (b & 63);
    zy_vec_push(h->arena, &loop->blocks, b);
  }
  return loop;
}

static int invariant(const ZyLoop *loop, ZyRef r) { return !zy_loop_has(loop, loop->h->nodes.v[r].block); }

/* Whether 'block' is only there to enter a loop. */
static int enters_loop(const ZyHir *h, uint32_t block) {
  uint32_t to = h->blocks.v[block].succ[0].block;
  return h->nodes.v[h->blocks.v[block].last].op == ZY_HIR_JUMP && h->blocks.v[to].loop == to
      && !in_loop(h, to, block);
}

/* What of node 'r' failed too often in front of this loop. The function that the loop is in remembers it: by the pc of
** the node, or of the loop when the node comes from another function. */
static int32_t site(const ZyLoop *loop, uint32_t entry, ZyRef r) {
  const ZyHir *h = loop->h;
  const ZyFrameState *s = &h->states.v[h->nodes.v[r].state];
  return s->inlined == h->states.v[entry].inlined ? h->nodes.v[r].pc : h->states.v[entry].pc;
}

static int avoids(const ZyHir *h, uint32_t inlined, int32_t pc) {
  const ZyUnit *unit = h->unit;
  if (unit != NULL && inlined != 0) unit = unit->callees[h->inlines.v[inlined].callee].unit;
  return unit != NULL && unit->avoid != NULL && pc >= 0 && pc < unit->ncode && (unit->avoid[pc] & ZY_AVOID_HOIST) != 0;
}

static uint32_t entry_state(const ZyLoop *loop) {
  return loop->before != 0 ? loop->h->nodes.v[loop->h->blocks.v[loop->before].last].state : 0;
}

int zy_loop_may_assume(const ZyLoop *loop, ZyRef r) {
  const ZyHir *h = loop->h;
  uint32_t entry = entry_state(loop);
  if (entry == 0 || avoids(h, h->states.v[entry].inlined, site(loop, entry, r))) return 0;
  for (uint32_t b = h->nodes.v[r].block; b != loop->header; b = h->blocks.v[b].idom) {
    const ZyBlock *from = &h->blocks.v[h->blocks.v[b].idom];
    if (h->blocks.v[b].preds.n != 1 || h->nodes.v[from->last].op != ZY_HIR_BRANCH) continue;
    if (!invariant(loop, h->nodes.v[from->last].ops[0])) continue;
    /* loops within this one run, as a rule; but what is compared may be what the test in front of them has tested */
    if (h->nodes.v[r].op == ZY_HIR_GUARD || !enters_loop(h, b)) return 0;
  }
  return 1;
}

void zy_loop_assume(const ZyLoop *loop, ZyRef r, ZyRef like) {
  ZyHirNode *n = &loop->h->nodes.v[r];
  uint32_t entry = entry_state(loop);
  n->pc = site(loop, entry, like);
  n->state = entry;
  n->hoisted = 1;
}

int zy_loop_every_round(const ZyLoop *loop, uint32_t block) {
  const ZyHir *h = loop->h;
  const ZyBlock *header = &h->blocks.v[loop->header];
  for (uint32_t p = 0; p < header->preds.n; p++)
    if (zy_loop_has(loop, header->preds.v[p]) && zy_dom_common(h, block, header->preds.v[p]) != block) return 0;
  return 1;
}


/* ---- what protects an operation ------------------------------------------------------ */

/* Whether a GUARD that is executed before the loop is, fits 'wanted' for nodes 'a' and 'b'. */
static int guarded(const Mover *mv, int (*wanted)(const Mover *mv, ZyRef cond, ZyRef a, ZyRef b), ZyRef a, ZyRef b) {
  const ZyHir *h = mv->h;
  uint32_t block = mv->loop->before;
  for (;;) {
    for (ZyRef r = h->blocks.v[block].last; r != 0; r = h->nodes.v[r].prev)
      if (h->nodes.v[r].op == ZY_HIR_GUARD && wanted(mv, h->nodes.v[r].ops[0], a, b)) return 1;
    if (block == 1) return 0;
    block = h->blocks.v[block].idom;
  }
}

static int says_not_zero(const Mover *mv, ZyRef cond, ZyRef a, ZyRef b) {
  const ZyHir *h = mv->h;
  const ZyHirNode *n = &h->nodes.v[cond];
  (void)b;
  if (n->op != ZY_HIR_NOT_COND) return 0;
  n = &h->nodes.v[n->ops[0]];
  return n->op == ZY_HIR_EQ_INT && n->ops[0] == a && zy_pass_is_int(h, n->ops[1]) && h->nodes.v[n->ops[1]].imm == 0;
}

/* LTU_INT(index - 1, ARRAY_LIMIT(table)), when nothing changed the shape between limit and array part. */
static int says_in_array(const Mover *mv, ZyRef cond, ZyRef base, ZyRef index) {
  const ZyHir *h = mv->h;
  const ZyHirNode *n = &h->nodes.v[cond], *limit;
  uint64_t c, d;
  if (n->op != ZY_HIR_LTU_INT) return 0;
  limit = &h->nodes.v[n->ops[1]];
  if (limit->op != ZY_HIR_ARRAY_LIMIT || limit->ops[0] != h->nodes.v[base].ops[0]) return 0;
  if (mv->shape[n->ops[1]] != mv->shape[base]) return 0;
  return zy_memory_split(h, n->ops[0], &c) == zy_memory_split(h, index, &d) && c + 1 == d;
}

static int not_zero(const Mover *mv, ZyRef r) {
  if (zy_pass_is_int(mv->h, r)) return mv->h->nodes.v[r].imm != 0;
  return guarded(mv, says_not_zero, r, 0);
}

static int good_address(const Mover *mv, ZyRef p) {
  const ZyHirNode *a = &mv->h->nodes.v[p];
  if (a->op == ZY_HIR_FIELD_SLOT) return 1;
  return a->op == ZY_HIR_ELEM && mv->h->nodes.v[a->ops[0]].op == ZY_HIR_ARRAY_BASE
      && guarded(mv, says_in_array, a->ops[0], a->ops[1]);
}


/* UPVAL_OF is right for instances of one prototype only. Whether all that 'r' relies on to have one is checked before
** the loop is. */
static int good_function(const Mover *mv, ZyRef r) {
  const ZyHir *h = mv->h;
  uint32_t block = h->nodes.v[r].block;
  int found = 0;
  for (ZyRef at = h->nodes.v[r].prev;;) {
    for (; at != 0; at = h->nodes.v[at].prev) {
      if (h->nodes.v[at].op != ZY_HIR_GUARD_PROTO || h->nodes.v[at].ops[0] != h->nodes.v[r].ops[0]) continue;
      if (zy_loop_has(mv->loop, block)) return 0;
      found = 1;
    }
    if (block == 1) return found;
    block = h->blocks.v[block].idom;
    at = h->blocks.v[block].last;
  }
}


/* ---- moving ------------------------------------------------------------------------- */

static int may_move(const Mover *mv, ZyRef r) {
  const ZyHir *h = mv->h;
  const ZyHirNode *n = &h->nodes.v[r];
  const uint32_t reads = ZY_EFFECT_READ_REGS | ZY_EFFECT_READ_SHAPE | ZY_EFFECT_READ_VALUES | ZY_EFFECT_READ_UPVALS;
  uint32_t effect = zy_hir_effect((ZyHirOp)n->op);
  uint64_t classes;
  if (n->op == ZY_HIR_PARAM || (effect & ~reads) != 0) return 0;
  for (int o = 0; o < 3; o++)
    if (n->ops[o] != 0 && !invariant(mv->loop, n->ops[o])) return 0;
  classes = zy_memory_reads(mv->memory, r);
  if (classes != 0 ? (mv->written & classes) != 0 : effect != 0) return 0;
  if (n->op == ZY_HIR_IDIV_INT || n->op == ZY_HIR_MOD_INT) return not_zero(mv, n->ops[1]);
  if (n->op == ZY_HIR_LOAD_VAL) return good_address(mv, n->ops[0]);
  if (n->op == ZY_HIR_STR_BYTE) return 0;          /* its check may stay in the loop */
  if (n->op == ZY_HIR_UPVAL_OF) return good_function(mv, r);
  if (n->state != 0 && entry_state(mv->loop) == 0) return 0;
  if (zy_guard_never_exits(h, r)) return 1;
  if (!zy_loop_may_assume(mv->loop, r)) return 0;
  /* an operator that exits does what no assumption rules out */
  if (n->op == ZY_HIR_ARITH || n->op == ZY_HIR_EQ || n->op == ZY_HIR_LT || n->op == ZY_HIR_LE)
    return zy_loop_every_round(mv->loop, n->block);
  return 1;
}

static void move(Mover *mv, ZyRef r) {
  ZyHir *h = mv->h;
  zy_hir_remove(h, r);
  zy_hir_insert_before(h, h->blocks.v[mv->loop->before].last, r);
  if (h->nodes.v[r].state != 0) zy_loop_assume(mv->loop, r, r);
}

static void hoist(Mover *mv, uint32_t header) {
  ZyHir *h = mv->h;
  mv->loop = zy_loop_new(h, header);
  mv->written = 0;
  if (mv->loop->before == 0) return;
  for (uint32_t i = 0; i < mv->loop->blocks.n; i++)
    for (ZyRef r = h->blocks.v[mv->loop->blocks.v[i]].first; r != 0; r = h->nodes.v[r].next)
      mv->written |= zy_memory_writes(mv->memory, r);
  for (uint32_t i = 0; i < mv->loop->blocks.n; i++) {
    ZyRef next;
    for (ZyRef r = h->blocks.v[mv->loop->blocks.v[i]].first; r != 0; r = next) {
      next = h->nodes.v[r].next;
      if (may_move(mv, r)) move(mv, r);
    }
  }
}

/* Versions of shapes, as nodes read them now: nothing that moves changes them. */
static void note_shapes(Mover *mv) {
  ZyHir *h = mv->h;
  zy_memory_versions(mv->memory);
  for (uint32_t i = 0; i < h->order.n; i++) {
    uint32_t b = h->order.v[i], version = mv->memory->in[(size_t)b * ZY_MEMORY_CLASSES + ZY_MEMORY_SHAPE];
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next) {
      mv->shape[r] = version;
      if (zy_memory_writes(mv->memory, r) >> ZY_MEMORY_SHAPE & 1) version = r;
    }
  }
}


/* ---- guards of what a loop changes ------------------------------------------------------ */

typedef struct Entrance {
  uint16_t *wanted;                    /* by PARAM: type that it is guarded to have in the loop, 0: none or several */
  ZyRef *guard;                        /* by PARAM: the first such guard */
  uint16_t *type;                      /* by node, as found with 'wanted' */
} Entrance;

static void find_guards(const ZyLoop *loop, const Entrance *e) {
  const ZyHir *h = loop->h;
  for (uint32_t i = 0; i < loop->blocks.n; i++)
    for (ZyRef r = h->blocks.v[loop->blocks.v[i]].first; r != 0; r = h->nodes.v[r].next) {
      const ZyHirNode *n = &h->nodes.v[r];
      ZyRef p = n->ops[0], passed;
      if (n->op != ZY_HIR_GUARD_TYPE || h->nodes.v[p].op != ZY_HIR_PARAM || h->nodes.v[p].block != loop->header)
        continue;
      passed = h->blocks.v[loop->before].succ[0].args.v[h->nodes.v[p].imm];
      if ((h->nodes.v[passed].type & n->type) == 0 || (h->nodes.v[passed].type & ~(uint32_t)n->type) == 0) continue;
      if (e->guard[p] != 0 && h->nodes.v[e->guard[p]].type != n->type) e->wanted[p] = 0;
      else if (e->guard[p] == 0 && zy_loop_may_assume(loop, r)) {
        e->wanted[p] = n->type;
        e->guard[p] = r;
      }
    }
}

/* Guards what is passed from outside for 'param' as 'like' guards it in the loop. */
static void guard_entry(const ZyLoop *loop, ZyRef param, ZyRef like) {
  ZyHir *h = loop->h;
  ZyBlock *before = &h->blocks.v[loop->before];
  ZyRef *passed = &before->succ[0].args.v[h->nodes.v[param].imm];
  ZyRef r = zy_pass_insert(h, before->last, ZY_HIR_GUARD_TYPE, *passed, 0);
  h->nodes.v[r].type = h->nodes.v[like].type & h->nodes.v[*passed].type;
  zy_loop_assume(loop, r, like);
  *passed = r;
}

/* Moves guards of PARAMs to what is passed from outside, where the loop itself passes what they want. */
static void guard_entries(const ZyLoop *loop, const Entrance *e) {
  const ZyHir *h = loop->h;
  ZyRef first = h->blocks.v[loop->header].first;
  int found, failed;
  if (loop->before == 0) return;
  find_guards(loop, e);
  do {                                       /* one that does not hold may have made another one hold */
    found = failed = 0;
    for (ZyRef p = first; h->nodes.v[p].op == ZY_HIR_PARAM; p = h->nodes.v[p].next) found |= e->wanted[p] != 0;
    if (!found) return;
    zy_infer_types(h, e->wanted, e->type);
    for (ZyRef p = first; h->nodes.v[p].op == ZY_HIR_PARAM; p = h->nodes.v[p].next) {
      if (e->wanted[p] == 0 || (e->type[p] & ~(uint32_t)e->wanted[p]) == 0) continue;
      e->wanted[p] = 0;
      failed = 1;
    }
  } while (failed);
  for (ZyRef p = first; h->nodes.v[p].op == ZY_HIR_PARAM; p = h->nodes.v[p].next)
    if (e->wanted[p] != 0) {
      guard_entry(loop, p, e->guard[p]);
      e->wanted[p] = 0;
    }
}


/* ---- the whole -------------------------------------------------------------------------- */

void zy_loop_run(ZyHir *h) {
  Mover mv = { .h = h };
  Entrance e;
  uint32_t n, *headers = zy_loop_headers(h, &n);
  int added = 0;
  for (uint32_t i = 0; i < n; i++)
    if (block_before(h, headers[i]) == 0) {
      add_block_before(h, headers[i]);
      added = 1;
    }
  if (added) zy_dom_run(h);
  headers = zy_loop_headers(h, &n);
  if (n == 0) return;
  e.wanted = ZY_NEWN(h->arena, uint16_t, 2 * h->nodes.n);      /* as many guards may be added as there are PARAMs */
  e.type = ZY_NEWN(h->arena, uint16_t, 2 * h->nodes.n);
  e.guard = ZY_NEWN(h->arena, ZyRef, 2 * h->nodes.n);
  for (uint32_t i = 0; i < n; i++) guard_entries(zy_loop_new(h, headers[i]), &e);
  mv.memory = zy_memory_new(h);
  mv.shape = ZY_NEWN(h->arena, uint32_t, h->nodes.n);
  note_shapes(&mv);
  for (uint32_t i = 0; i < n; i++) hoist(&mv, headers[i]);
}
