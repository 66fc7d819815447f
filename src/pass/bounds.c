/*
** bounds.c: graph -> graph in which a counted loop's accesses to arrays are checked in front of it.
** SPDX-License-Identifier: MIT
**
** A loop that counts is one whose header has a PARAM c that goes down by 1 each round, and that goes round only when
** c was not 0. Another PARAM of it, i, to which the same amount is added each round, then takes the values
** first + k * step for k = 0 .. c, c as it was at the start. When the first and the last are below the limit, compared
** unsigned, and nothing wraps on the way, all are. So
**
**     guard ltu_int (i + d), limit       in the loop, limit, a length, from outside
**
** becomes guards in front of the loop: that c and step are small enough for the sum not to wrap, and of the first and
** the last value. Behind the branch that looks at c, k stops at c - 1, and there is nothing to check when c is 0, as it
** may be where a loop is entered in its middle.
**
** A guard in front of the loop may fail where the one in the loop would not have been reached; the interpreter then
** runs the loop. Like what 'loop' moves, it is marked 'hoisted' and given up when that happens too often. Run after
** 'loop', which takes limits out of loops. Runs on a worker.
*/
#include "pass/pass.h"

#define MAX_COUNT ((int64_t)1 << 32)   /* MAX_COUNT * MAX_STEP plus any length, below 2^63, does not wrap unsigned */
#define MAX_STEP ((int64_t)1 << 30)

typedef struct Counter {
  ZyLoop *loop;
  ZyRef count;                         /* c at the start, a value from outside */
  uint32_t on;                         /* block that is executed only when c is not 0 */
} Counter;

typedef struct Range {
  ZyRef first, step;                   /* of i, values from outside */
  uint64_t offset;                     /* what is compared is i + offset */
  int down;                            /* step is subtracted */
  int stepped;                         /* it is i + step + offset */
  int64_t most;                        /* value of a constant step, 0: not constant */
} Range;

static ZyHirNode *node(const Counter *c, ZyRef r) { return &c->loop->h->nodes.v[r]; }


/* ---- counters ----------------------------------------------------------------- */

/* What the loop passes from round to round for the PARAM; 0: different values. */
static ZyRef passed_back(const ZyLoop *loop, ZyRef param) {
  const ZyHir *h = loop->h;
  const ZyBlock *header = &h->blocks.v[loop->header];
  ZyRef value = 0;
  for (uint32_t p = 0; p < header->preds.n; p++)
    for (int s = 0; s < 2; s++) {
      const ZyEdge *edge = &h->blocks.v[header->preds.v[p]].succ[s];
      ZyRef arg;
      if (edge->block != loop->header || !zy_loop_has(loop, header->preds.v[p])) continue;
      arg = edge->args.v[h->nodes.v[param].imm];
      if (value != 0 && value != arg) return 0;
      value = arg;
    }
  return value;
}

static ZyRef passed_first(const ZyLoop *loop, ZyRef param) {
  return loop->h->blocks.v[loop->before].succ[0].args.v[loop->h->nodes.v[param].imm];
}

static int is_int_value(const ZyHir *h, ZyRef r, int64_t i) {
  return zy_pass_is_int(h, r) && h->nodes.v[r].imm == i;
}

/* Whether 'r' is x - 1. */
static int is_one_less(const ZyHir *h, ZyRef r, ZyRef x) {
  const ZyHirNode *n = &h->nodes.v[r];
  if (n->ops[0] != x) return 0;
  return (n->op == ZY_HIR_SUB_INT && is_int_value(h, n->ops[1], 1))
      || (n->op == ZY_HIR_ADD_INT && is_int_value(h, n->ops[1], -1));
}

/* The block that the branch at the end of 'block' leads to when 'x' is not 0; 0: it does not look at that. */
static uint32_t when_not_zero(const ZyHir *h, uint32_t block, ZyRef x) {
  const ZyBlock *b = &h->blocks.v[block];
  const ZyHirNode *cond;
  uint32_t to;
  if (h->nodes.v[b->last].op != ZY_HIR_BRANCH) return 0;
  cond = &h->nodes.v[h->nodes.v[b->last].ops[0]];
  if (cond->op != ZY_HIR_EQ_INT || cond->ops[0] != x || !is_int_value(h, cond->ops[1], 0)) return 0;
  to = b->succ[1].block;
  return h->blocks.v[to].preds.n == 1 ? to : 0;
}

static int find_counter(Counter *c) {
  const ZyHir *h = c->loop->h;
  for (ZyRef p = h->blocks.v[c->loop->header].first; p != 0 && node(c, p)->op == ZY_HIR_PARAM; p = node(c, p)->next) {
    ZyRef back = node(c, p)->type == ZY_TYPE_int ? passed_back(c->loop, p) : 0;
    if (back == 0 || !is_one_less(h, back, p)) continue;
    for (uint32_t i = 0; i < c->loop->blocks.n; i++) {
      uint32_t on = when_not_zero(h, c->loop->blocks.v[i], p);
      if (on == 0 || !zy_loop_has(c->loop, on) || !zy_loop_every_round(c->loop, on)) continue;
      c->count = passed_first(c->loop, p);
      c->on = on;
      return 1;
    }
  }
  return 0;
}


/* ---- ranges ---------------------------------------------------------------------- */

/* Whether 'next' is 'x' with an amount from outside added, in *range. */
static int find_step(const Counter *c, ZyRef next, ZyRef x, Range *range) {
  const ZyHirNode *n = node(c, next);
  if ((n->op != ZY_HIR_ADD_INT && n->op != ZY_HIR_SUB_INT) || n->ops[0] != x) return 0;
  if (zy_loop_has(c->loop, node(c, n->ops[1])->block) && !zy_pass_is_int(c->loop->h, n->ops[1])) return 0;
  range->step = n->ops[1];
  range->down = n->op == ZY_HIR_SUB_INT;
  range->most = 0;
  if (!zy_pass_is_int(c->loop->h, n->ops[1])) return !range->down;
  range->most = node(c, n->ops[1])->imm;
  if (range->most == 0 || range->most > MAX_STEP || range->most < -MAX_STEP) return 0;
  if (range->down) range->most = -range->most;
  range->down = range->most < 0;
  return 1;
}

/* Whether 'index' is a PARAM of the header that is stepped, plus a constant. */
static int find_range(const Counter *c, ZyRef index, Range *range) {
  const ZyHir *h = c->loop->h;
  ZyRef x = zy_memory_split(h, index, &range->offset), back;
  range->stepped = 0;
  if (x == 0) return 0;
  if (node(c, x)->op != ZY_HIR_PARAM && node(c, x)->op == ZY_HIR_ADD_INT && !zy_pass_is_int(h, node(c, x)->ops[1])) {
    range->stepped = 1;                /* i + step, step not constant */
    x = node(c, x)->ops[0];
  }
  if (node(c, x)->op != ZY_HIR_PARAM || node(c, x)->block != c->loop->header) return 0;
  back = passed_back(c->loop, x);
  if (back == 0 || !find_step(c, back, x, range)) return 0;
  if (range->stepped && zy_memory_split(h, index, &range->offset) != back) return 0;
  range->first = passed_first(c->loop, x);
  return 1;
}


/* ---- guards in front of the loop ---------------------------------------------------- */

static ZyRef before(const Counter *c) { return c->loop->h->blocks.v[c->loop->before].last; }

static ZyRef put(const Counter *c, ZyHirOp op, ZyRef a, ZyRef b) {
  return zy_pass_insert(c->loop->h, before(c), op, a, b);
}

static ZyRef put_int(const Counter *c, int64_t i) {
  ZyRef r = put(c, ZY_HIR_CONST, 0, 0);
  node(c, r)->type = ZY_TYPE_int;
  node(c, r)->imm = i;
  return r;
}

static ZyRef put_sum(const Counter *c, ZyRef x, uint64_t d) {
  return d == 0 ? x : put(c, ZY_HIR_ADD_INT, x, put_int(c, (int64_t)d));
}

/* 'like': the guard in the loop. */
static void put_guard(const Counter *c, ZyRef x, ZyRef limit, ZyRef like) {
  zy_loop_assume(c->loop, put(c, ZY_HIR_GUARD, put(c, ZY_HIR_LTU_INT, x, limit), 0), like);
}

static int dominated(const ZyHir *h, uint32_t block, uint32_t by) { return zy_dom_common(h, block, by) == by; }

/* The first and the last value, 'first' and 'last', are below 'limit', unless the counter is 0. */
static void put_guards(const Counter *c, ZyRef first, ZyRef last, ZyRef limit, ZyRef like, int unless_zero) {
  if (unless_zero && !(zy_pass_is_int(c->loop->h, c->count) && node(c, c->count)->imm != 0)) {
    /* 1, or 0 when the counter is: it is below 2^63 */
    ZyRef on = put(c, ZY_HIR_SHR_INT, put(c, ZY_HIR_NEG_INT, c->count, 0), put_int(c, 63));
    first = put(c, ZY_HIR_MUL_INT, first, on);
    last = put(c, ZY_HIR_MUL_INT, last, on);
    limit = put(c, ZY_HIR_SUB_INT, put_sum(c, limit, 1), on);
  }
  put_guard(c, first, limit, like);
  put_guard(c, last, limit, like);
}

static void check_before(const Counter *c, const Range *range, ZyRef guard) {
  ZyRef limit = node(c, node(c, guard)->ops[0])->ops[1], count = c->count, first = range->first, last = count;
  int behind = dominated(c->loop->h, node(c, guard)->block, c->on);
  if (range->most == 0) put_guard(c, range->step, put_int(c, MAX_STEP), guard);
  put_guard(c, count, put_int(c, MAX_COUNT), guard);
  if (range->stepped) first = put(c, ZY_HIR_ADD_INT, first, range->step);
  first = put_sum(c, first, range->offset);
  if (behind) last = put_sum(c, count, (uint64_t)-1);
  if (range->most == 0) last = put(c, ZY_HIR_MUL_INT, last, range->step);
  else if (range->most != 1 && range->most != -1)
    last = put(c, ZY_HIR_MUL_INT, last, put_int(c, range->down ? -range->most : range->most));
  last = put(c, range->down ? ZY_HIR_SUB_INT : ZY_HIR_ADD_INT, first, last);
  put_guards(c, first, last, limit, guard, behind);
}

/* What an inner loop has in front of it only holds for rounds in which that loop runs: it does not in all, as a rule in
** the last, whose first value is beyond the end. */
static int is_check(const Counter *c, ZyRef r, Range *range) {
  const ZyHirNode *n = node(c, r);
  if (n->hoisted && !zy_loop_every_round(c->loop, n->block)) return 0;
  if (n->op != ZY_HIR_GUARD || node(c, n->ops[0])->op != ZY_HIR_LTU_INT) return 0;
  n = node(c, n->ops[0]);
  if (node(c, n->ops[1])->op != ZY_HIR_ARRAY_LIMIT && node(c, n->ops[1])->op != ZY_HIR_LEN_STR) return 0;
  return !zy_loop_has(c->loop, node(c, n->ops[1])->block) && find_range(c, n->ops[0], range);
}

void zy_bounds_run(ZyHir *h) {
  uint32_t n, *headers = zy_loop_headers(h, &n);
  for (uint32_t i = 0; i < n; i++) {
    Counter c = { .loop = zy_loop_new(h, headers[i]) };
    if (c.loop->before == 0 || !find_counter(&c)) continue;
    for (uint32_t b = 0; b < c.loop->blocks.n; b++) {
      ZyRef next;
      for (ZyRef r = h->blocks.v[c.loop->blocks.v[b]].first; r != 0; r = next) {
        Range range;
        next = node(&c, r)->next;
        if (!is_check(&c, r, &range) || !zy_loop_may_assume(c.loop, r)) continue;
        check_before(&c, &range, r);
        zy_hir_remove(h, r);
      }
    }
  }
}
