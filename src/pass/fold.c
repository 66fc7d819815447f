/*
** fold.c: operations on constants, identities, branches that always go one way -> what they come to.
** SPDX-License-Identifier: MIT
**
** Constants are computed by eval.c, the meaning of the operations, so a folded result is what running would give,
** wraparound, -0.0 and NaN included. Of the identities only those are used that hold for every operand: x + 0.0 is
** not x for -0.0, x * 0.0 is not 0.0 for infinities, but integers may be folded freely.
**
** One walk in reverse postorder sees operands before their users; a loop's back edge is left to the next round of the
** pipeline. Integer constants are moved to the right, where gvn and the chains of additions expect them. When a
** branch was folded, the order of blocks and the PARAMs are brought up to date here. Runs on a worker.
*/
#include "pass/pass.h"

#include "hir/eval.h"

typedef struct Folder {
  ZyHir *h;
  ZyRef *map;                          /* what stands for a node; room for the nodes added on the way */
  uint8_t *drop;
  int replaced, cut;                   /* a node; an edge */
} Folder;

static ZyRef find(const ZyRef *map, ZyRef r) {
  while (map[r] != 0) r = map[r];
  return r;
}

static ZyHirNode *node(const Folder *f, ZyRef r) { return &f->h->nodes.v[r]; }
static int is_op(const Folder *f, ZyRef r, ZyHirOp op) { return node(f, r)->op == op; }

static void replace(Folder *f, ZyRef r, ZyRef by) {
  if (node(f, by)->type & ~(uint32_t)node(f, r)->type) return;
  f->map[r] = by;
  f->replaced = 1;
}


/* ---- constants --------------------------------------------------------------- */

static int constant_operands(const Folder *f, ZyRef r, ZyValue v[3]) {
  static const ZyValue none[3];
  const ZyHirNode *n = node(f, r);
  int nops = zy_hir_nops((ZyHirOp)n->op);
  for (int i = 0; i < 3; i++) v[i] = none[0];
  for (int i = 0; i < nops; i++)
    if (!zy_pass_is_const(f->h, n->ops[i]) || zy_eval_node(node(f, n->ops[i]), none, &v[i]) != ZY_EVAL_DONE) return 0;
  return nops > 0;
}

static int evaluate(Folder *f, ZyRef r) {
  ZyHirNode *n = node(f, r);
  ZyValue v[3], out = { 0 };
  ZyType type;
  if (n->type == 0 || n->op == ZY_HIR_GUARD_TYPE || !constant_operands(f, r, v)) return 0;
  if (zy_eval_node(n, v, &out) != ZY_EVAL_DONE) return 0;
  type = n->type == ZY_TYPE_cond ? ZY_TYPE_cond : zy_eval_type(out.tt);
  if (type & (ZY_TYPE_nil | ZY_TYPE_BOOL)) out.v.i = 0;
  zy_pass_constant(f->h, r, type, 0);
  if (type == ZY_TYPE_num) node(f, r)->num = out.v.n;
  else node(f, r)->imm = out.v.i;
  return 1;
}


/* ---- identities ------------------------------------------------------------------ */

static int is_int_value(const Folder *f, ZyRef r, int64_t i) {
  return zy_pass_is_int(f->h, r) && node(f, r)->imm == i;
}

/* The float with exactly these bits, so that 0.0 is not -0.0. */
static int is_num_value(const Folder *f, ZyRef r, double n) {
  union { double n; int64_t i; } bits = { n };
  return zy_pass_is_num(f->h, r) && node(f, r)->imm == bits.i;
}

static void make_int(Folder *f, ZyRef r, int64_t i) { zy_pass_constant(f->h, r, ZY_TYPE_int, i); }
static void make_cond(Folder *f, ZyRef r, int cond) { zy_pass_constant(f->h, r, ZY_TYPE_cond, cond); }

/* x + c, x - c: x and what is added. */
static int is_sum(const Folder *f, ZyRef r, ZyRef *x, uint64_t *c) {
  const ZyHirNode *n = node(f, r);
  if ((n->op != ZY_HIR_ADD_INT && n->op != ZY_HIR_SUB_INT) || !zy_pass_is_int(f->h, n->ops[1])) return 0;
  *x = n->ops[0];
  *c = (uint64_t)node(f, n->ops[1])->imm;
  if (n->op == ZY_HIR_SUB_INT) *c = 0 - *c;
  return 1;
}

/* Makes 'r' operation 'op' of 'x' and a new constant. */
static void with_int(Folder *f, ZyRef r, ZyHirOp op, ZyRef x, uint64_t i) {
  ZyRef c = zy_pass_insert(f->h, r, ZY_HIR_CONST, 0, 0);
  node(f, c)->type = ZY_TYPE_int;
  node(f, c)->imm = (int64_t)i;
  zy_pass_rewrite(f->h, r, op, x, c);
}

/* 'r', the sum of 'a' and 'b', when b is y - a or y - (a + c): y, y - c. */
static void cancel(Folder *f, ZyRef r, ZyRef a, ZyRef b) {
  ZyRef x, z = node(f, b)->ops[1];
  uint64_t c;
  if (!is_op(f, b, ZY_HIR_SUB_INT)) return;
  if (z == a) replace(f, r, node(f, b)->ops[0]);
  else if (is_sum(f, z, &x, &c) && x == a) with_int(f, r, ZY_HIR_ADD_INT, node(f, b)->ops[0], 0 - c);
}

/* x - c is x + -c; (x + c) + d is x + (c + d); x + (y - x) is y: all wrap. */
static void sum(Folder *f, ZyRef r) {
  ZyRef a = node(f, r)->ops[0], b = node(f, r)->ops[1], x, y;
  uint64_t inner, outer;
  if (!is_sum(f, r, &y, &outer)) {
    if (!is_op(f, r, ZY_HIR_ADD_INT)) return;
    if (is_op(f, b, ZY_HIR_SUB_INT)) cancel(f, r, a, b);
    else cancel(f, r, b, a);
  }
  else if (outer == 0) replace(f, r, y);
  else if (!is_sum(f, y, &x, &inner)) {
    if (is_op(f, r, ZY_HIR_SUB_INT)) with_int(f, r, ZY_HIR_ADD_INT, y, outer);
  }
  else if (inner + outer == 0) replace(f, r, x);
  else with_int(f, r, ZY_HIR_ADD_INT, x, inner + outer);
}

static int is_power_of_two(const Folder *f, ZyRef r) {
  int64_t i = zy_pass_is_int(f->h, r) ? node(f, r)->imm : 0;
  return i > 1 && (i & (i - 1)) == 0;
}

static void swap_constant(Folder *f, ZyRef r) {
  ZyHirNode *n = node(f, r);
  ZyRef a = n->ops[0];
  if (!zy_pass_is_const(f->h, a) || zy_pass_is_const(f->h, n->ops[1])) return;
  n->ops[0] = n->ops[1];
  n->ops[1] = a;
}

static void bool_test(Folder *f, ZyRef r, ZyType wanted) {
  ZyRef v = node(f, r)->ops[0], c = node(f, v)->ops[0];
  if (!is_op(f, v, ZY_HIR_BOOL)) return;
  wanted &= ZY_TYPE_BOOL;
  if (wanted == ZY_TYPE_true) replace(f, r, c);
  else if (wanted == ZY_TYPE_false) zy_pass_rewrite(f->h, r, ZY_HIR_NOT_COND, c, 0);
}

/* Identities of node 'r'. */
static void simplify(Folder *f, ZyRef r) {
  ZyHirOp op = (ZyHirOp)node(f, r)->op;
  ZyRef a, b;
  if (op == ZY_HIR_ADD_INT || op == ZY_HIR_MUL_INT || op == ZY_HIR_AND_INT || op == ZY_HIR_OR_INT
      || op == ZY_HIR_XOR_INT || op == ZY_HIR_EQ_INT || op == ZY_HIR_EQ_NUM || op == ZY_HIR_SAME) swap_constant(f, r);
  a = node(f, r)->ops[0];
  b = node(f, r)->ops[1];
  if (op == ZY_HIR_ADD_INT || op == ZY_HIR_SUB_INT) {
    if (op == ZY_HIR_SUB_INT && a == b) make_int(f, r, 0);
    else sum(f, r);
  }
  else if (op == ZY_HIR_MUL_INT) {
    if (is_int_value(f, b, 1)) replace(f, r, a);
    else if (is_int_value(f, b, 0)) make_int(f, r, 0);
  }
  else if (op == ZY_HIR_IDIV_INT) {
    if (is_int_value(f, b, 1)) replace(f, r, a);
  }
  else if (op == ZY_HIR_MOD_INT) {
    if (is_int_value(f, b, 1) || is_int_value(f, b, -1)) make_int(f, r, 0);
    else if (is_power_of_two(f, b)) with_int(f, r, ZY_HIR_AND_INT, a, (uint64_t)node(f, b)->imm - 1);
  }
  else if (op == ZY_HIR_AND_INT) {
    if (is_int_value(f, b, -1) || a == b) replace(f, r, a);
    else if (is_int_value(f, b, 0)) make_int(f, r, 0);
  }
  else if (op == ZY_HIR_OR_INT) {
    if (is_int_value(f, b, 0) || a == b) replace(f, r, a);
    else if (is_int_value(f, b, -1)) make_int(f, r, -1);
  }
  else if (op == ZY_HIR_XOR_INT) {
    if (is_int_value(f, b, 0)) replace(f, r, a);
    else if (a == b) make_int(f, r, 0);
  }
  else if (op == ZY_HIR_SHL_INT || op == ZY_HIR_SHR_INT) {
    if (is_int_value(f, b, 0)) replace(f, r, a);
    else if (is_int_value(f, a, 0)) make_int(f, r, 0);
  }
  else if (op == ZY_HIR_NEG_INT || op == ZY_HIR_NOT_INT || op == ZY_HIR_NEG_NUM || op == ZY_HIR_NOT_COND) {
    if (is_op(f, a, op)) replace(f, r, node(f, a)->ops[0]);
  }
  else if (op == ZY_HIR_ADD_NUM) {
    if (is_num_value(f, b, -0.0)) replace(f, r, a);
  }
  else if (op == ZY_HIR_SUB_NUM) {
    if (is_num_value(f, b, 0.0)) replace(f, r, a);
  }
  else if (op == ZY_HIR_MUL_NUM || op == ZY_HIR_DIV_NUM) {
    if (is_num_value(f, b, 1.0)) replace(f, r, a);
    else if (op == ZY_HIR_MUL_NUM && is_num_value(f, a, 1.0)) replace(f, r, b);
  }
  else if (op == ZY_HIR_POW_NUM) {
    if (is_num_value(f, b, 2.0)) zy_pass_rewrite(f->h, r, ZY_HIR_MUL_NUM, a, a);
  }
  else if (op == ZY_HIR_FLOOR_NUM || op == ZY_HIR_CEIL_NUM) {
    if (is_op(f, a, ZY_HIR_INT_TO_NUM) || is_op(f, a, ZY_HIR_FLOOR_NUM) || is_op(f, a, ZY_HIR_CEIL_NUM))
      replace(f, r, a);
  }
  else if (op == ZY_HIR_ABS_NUM) {
    if (is_op(f, a, ZY_HIR_ABS_NUM)) replace(f, r, a);
    else if (is_op(f, a, ZY_HIR_NEG_NUM)) node(f, r)->ops[0] = node(f, a)->ops[0];
  }
  else if (op == ZY_HIR_EQ_INT || op == ZY_HIR_LE_INT || op == ZY_HIR_SAME) {
    if (a == b) make_cond(f, r, 1);
  }
  else if (op == ZY_HIR_LT_INT || op == ZY_HIR_LTU_INT) {
    if (a == b || (op == ZY_HIR_LTU_INT && is_int_value(f, b, 0))) make_cond(f, r, 0);
  }
  else if (op == ZY_HIR_EQ) {                /* only NaN is not itself */
    if (a == b && !(node(f, a)->type & ZY_TYPE_num)) make_cond(f, r, 1);
  }
  else if (op == ZY_HIR_TRUTHY) bool_test(f, r, ZY_TYPE_true);
  else if (op == ZY_HIR_IS_TYPE) bool_test(f, r, (ZyType)node(f, r)->imm);
}


/* ---- control ----------------------------------------------------------------------- */

static void swap_edges(ZyBlock *b) {
  ZyEdge edge = b->succ[0];
  b->succ[0] = b->succ[1];
  b->succ[1] = edge;
}

static int same_edges(const Folder *f, const ZyBlock *b) {
  if (b->succ[0].block != b->succ[1].block) return 0;
  for (uint32_t i = 0; i < b->succ[0].args.n; i++)
    if (find(f->map, b->succ[0].args.v[i]) != find(f->map, b->succ[1].args.v[i])) return 0;
  return 1;
}

static void branch(Folder *f, uint32_t block, ZyRef r) {
  ZyBlock *b = &f->h->blocks.v[block];
  ZyRef c = node(f, r)->ops[0];
  while (is_op(f, c, ZY_HIR_NOT_COND)) {
    c = find(f->map, node(f, c)->ops[0]);
    node(f, r)->ops[0] = c;
    swap_edges(b);
  }
  if (zy_pass_is_const(f->h, c)) {
    if (node(f, c)->imm == 0) swap_edges(b);
  }
  else if (!same_edges(f, b)) return;
  zy_hir_unlink(f->h, block, 1);
  zy_pass_rewrite(f->h, r, ZY_HIR_JUMP, 0, 0);
  f->cut = 1;
}

static void visit(Folder *f, uint32_t block, ZyRef r) {
  ZyHirNode *n = node(f, r);
  for (int o = 0; o < 3; o++)
    if (n->ops[o] != 0) n->ops[o] = find(f->map, n->ops[o]);
  if (n->op == ZY_HIR_BRANCH) branch(f, block, r);
  else if (n->op == ZY_HIR_GUARD) {
    if (zy_pass_is_const(f->h, n->ops[0]) && node(f, n->ops[0])->imm != 0) f->drop[r] = 1;
  }
  else if (n->op == ZY_HIR_GUARD_LIB) f->drop[r] = is_op(f, n->ops[0], ZY_HIR_LIB) && node(f, n->ops[0])->imm == n->imm;
  else if (!evaluate(f, r)) simplify(f, r);
}

void zy_fold_run(ZyHir *h) {
  uint32_t nodes = h->nodes.n;
  Folder f = { .h = h };
  f.map = ZY_NEWN(h->arena, ZyRef, 2 * nodes);         /* a visit adds one node at most */
  f.drop = ZY_NEWN(h->arena, uint8_t, nodes);
  for (uint32_t i = 0; i < h->order.n; i++) {
    ZyRef next;
    for (ZyRef r = h->blocks.v[h->order.v[i]].first; r != 0; r = next) {
      next = h->nodes.v[r].next;
      visit(&f, h->order.v[i], r);
      if (f.drop[r]) zy_hir_remove(h, r);
    }
  }
  if (f.replaced) zy_hir_replace(h, f.map);
  if (!f.cut) return;
  zy_dom_run(h);
  zy_param_run(h);
}
