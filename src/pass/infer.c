/*
** infer.c: graph -> graph with narrower types.
** SPDX-License-Identifier: MIT
**
** Types grow from nothing: a PARAM is what its edges were found to pass, arithmetic what its operands' types make
** of it, and rounds in reverse postorder go on until nothing grows. Because a loop's value starts from its first
** value alone, "s = 0; loop s = s + i" is found to be an integer without a guard, which starting from 'any' and
** narrowing could never do.
**
** Types only: 'special' then uses them. A round costs the graph's size; their number is the depth of the loops plus
** a few, since types are small sets. Runs on a worker.
*/
#include "pass/pass.h"

#include <string.h>

static ZyType arith_type(ZyArith op, ZyType a, ZyType b) {
  ZyType type = 0;
  switch (op) {
    case ZY_ARITH_POW: case ZY_ARITH_DIV: return ZY_TYPE_num;
    case ZY_ARITH_BAND: case ZY_ARITH_BOR: case ZY_ARITH_BXOR: case ZY_ARITH_SHL: case ZY_ARITH_SHR:
    case ZY_ARITH_BNOT:
      return ZY_TYPE_int;
    case ZY_ARITH_ADD: case ZY_ARITH_SUB: case ZY_ARITH_MUL: case ZY_ARITH_MOD: case ZY_ARITH_IDIV:
    case ZY_ARITH_UNM:
      break;
  }
  if ((a & ZY_TYPE_int) && (b & ZY_TYPE_int)) type |= ZY_TYPE_int;
  if ((a & ZY_TYPE_NUMBER) && (b & ZY_TYPE_NUMBER) && ((a | b) & ZY_TYPE_num)) type |= ZY_TYPE_num;
  return type;
}

/* The type of a node that is not a PARAM, 0 while an operand's is not known. What can only exit is of its old
** type, so that every reachable value has one. */
static ZyType transfer(const ZyHirNode *n, const uint16_t *type) {
  ZyType a = n->ops[0] != 0 ? type[n->ops[0]] : 0, b = n->ops[1] != 0 ? type[n->ops[1]] : 0, t;
  if (n->op == ZY_HIR_GUARD_TYPE) {
    if (a == 0) return 0;
    t = a & n->type;
    return t != 0 ? t : n->type;
  }
  if (n->op == ZY_HIR_ARITH) {
    if (a == 0 || b == 0) return 0;
    t = arith_type((ZyArith)n->imm, a, b) & n->type;
    return t != 0 ? t : n->type;
  }
  return n->type;
}

/* Adds what the edges of 'b' pass to the PARAMs' types. */
static int pass_on(const ZyHir *h, uint32_t b, uint16_t *type, const uint16_t *entry) {
  int changed = 0;
  for (int s = 0; s < 2; s++) {
    const ZyEdge *edge = &h->blocks.v[b].succ[s];
    ZyRef param = edge->block != 0 ? h->blocks.v[edge->block].first : 0;
    int forward = edge->block != 0 && h->blocks.v[edge->block].order > h->blocks.v[b].order;
    for (uint32_t i = 0; i < edge->args.n; i++, param = h->nodes.v[param].next) {
      uint16_t t = type[edge->args.v[i]], sum;
      if (forward && entry != NULL && entry[param] != 0) t &= entry[param];
      sum = type[param] | t;
      changed |= sum != type[param];
      type[param] = sum;
    }
  }
  return changed;
}

void zy_infer_types(const ZyHir *h, const uint16_t *entry, uint16_t *type) {
  int changed;
  memset(type, 0, h->nodes.n * sizeof *type);
  do {
    changed = 0;
    for (uint32_t i = 0; i < h->order.n; i++) {
      uint32_t b = h->order.v[i];
      for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next) {
        const ZyHirNode *n = &h->nodes.v[r];
        uint16_t t;
        if (n->type == 0 || (n->op == ZY_HIR_PARAM && b != 1)) continue;
        t = (uint16_t)(type[r] | transfer(n, type));
        changed |= t != type[r];
        type[r] = t;
      }
      changed |= pass_on(h, b, type, entry);
    }
  } while (changed);
}

void zy_infer_run(ZyHir *h) {
  uint16_t *type = ZY_NEWN(h->arena, uint16_t, h->nodes.n);
  zy_infer_types(h, NULL, type);
  for (ZyRef r = 1; r < h->nodes.n; r++)
    if (type[r] != 0) h->nodes.v[r].type = type[r];
}
