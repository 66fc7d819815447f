/*
** guard.c: graph -> graph in which values are used as what guards have shown them to be.
** SPDX-License-Identifier: MIT
**
** GUARD_TYPE gives its operand with a narrower type. Bytecode knows one register for both, so later instructions
** still use the operand: here they come to use the guard's result, wherever the guard dominates them. What
** follows: further guards of the same value see a narrow operand, and a loop passes narrow values to its header.
**
** Frame states keep the unguarded value: they are shared by nodes on both sides of a guard, and memory wants tag
** and payload anyway. Walks the dominator tree; names are undone on the way up. Runs on a worker.
*/
#include "pass/pass.h"

/* Whether any value of these types has an equality that its contents or a metamethod decide. */
static int plain_equality(ZyType a, ZyType b) {
  return (a & b & (ZY_TYPE_table | ZY_TYPE_udata)) == 0;
}

/* Whether arithmetic on such numbers always succeeds. */
static int arith_succeeds(const ZyHir *h, const ZyHirNode *n) {
  ZyType both = h->nodes.v[n->ops[0]].type | h->nodes.v[n->ops[1]].type;
  if (both & ~(ZyType)ZY_TYPE_NUMBER) return 0;
  switch ((ZyArith)n->imm) {
    case ZY_ARITH_ADD: case ZY_ARITH_SUB: case ZY_ARITH_MUL: case ZY_ARITH_POW: case ZY_ARITH_DIV: case ZY_ARITH_UNM:
      return 1;
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      return both == ZY_TYPE_int;
    case ZY_ARITH_MOD: case ZY_ARITH_IDIV:             /* only an integer 0 raises */
      return both == ZY_TYPE_num || (zy_pass_is_int(h, n->ops[1]) && h->nodes.v[n->ops[1]].imm != 0);
  }
  return 0;
}

int zy_guard_never_exits(const ZyHir *h, ZyRef r) {
  const ZyHirNode *n = &h->nodes.v[r];
  ZyType a, b;
  if (!zy_hir_exits((ZyHirOp)n->op)) return 1;
  if (n->op == ZY_HIR_ARITH) return arith_succeeds(h, n);
  if (n->op != ZY_HIR_EQ && n->op != ZY_HIR_LT && n->op != ZY_HIR_LE) return 0;
  a = h->nodes.v[n->ops[0]].type;
  b = h->nodes.v[n->ops[1]].type;
  if (n->op == ZY_HIR_EQ) return plain_equality(a, b);
  return ((a | b) & ~(ZyType)ZY_TYPE_NUMBER) == 0 || ((a | b) & ~(ZyType)ZY_TYPE_STRING) == 0;
}

/* Whether the guard's result is of less types than its operand. A guard that always fails does not count: what
** is behind it is dead, but must be well formed. */
static int narrows(ZyHir *h, ZyRef r) {
  ZyHirNode *n = &h->nodes.v[r];
  ZyType old = h->nodes.v[n->ops[0]].type;
  if ((n->type & old) == 0) return 0;
  n->type &= (uint16_t)old;
  return n->type != old;
}

typedef struct Change { ZyRef value, before; } Change;

void zy_guard_run(ZyHir *h) {
  ZyDomWalk walk = zy_dom_walk(h);
  ZyRef *now = ZY_NEWN(h->arena, ZyRef, h->nodes.n);   /* what to use for a value; 0: itself */
  uint32_t *mark = ZY_NEWN(h->arena, uint32_t, walk.n + 1);
  ZY_VEC(Change) log = { 0 };
  for (uint32_t i = 0; i < walk.n; i++) {
    uint32_t b = walk.block[i], level = walk.level[i];
    if (i > 0 && level <= walk.level[i - 1])
      while (log.n > mark[level]) {
        log.n--;
        now[log.v[log.n].value] = log.v[log.n].before;
      }
    mark[level] = log.n;
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next) {
      ZyHirNode *n = &h->nodes.v[r];
      for (int o = 0; o < 3; o++)
        if (n->ops[o] != 0 && now[n->ops[o]] != 0) n->ops[o] = now[n->ops[o]];
      if (n->op == ZY_HIR_GUARD_TYPE && narrows(h, r)) {
        ZyRef v = n->ops[0];
        for (;;) {                           /* for all names of the value: v may be a guard's result itself */
          Change change = { v, now[v] };
          zy_vec_push(h->arena, &log, change);
          now[v] = r;
          if (h->nodes.v[v].op != ZY_HIR_GUARD_TYPE) break;
          v = h->nodes.v[v].ops[0];
        }
      }
    }
    for (int s = 0; s < 2; s++) {
      ZyEdge *edge = &h->blocks.v[b].succ[s];
      for (uint32_t a = 0; a < edge->args.n; a++)
        if (now[edge->args.v[a]] != 0) edge->args.v[a] = now[edge->args.v[a]];
    }
  }
}
