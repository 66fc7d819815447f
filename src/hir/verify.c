/*
** verify.c - HIR -> the first invariant that does not hold.
** SPDX-License-Identifier: MIT
**
** Run between passes while testing: a pass that breaks the graph is named at once, not by what a later pass or
** generated code makes of it. It trusts nothing: lists are followed only once they are known to end, numbers are
** compared with their bounds before they are used. Dominators are computed here, not taken from zy_dom_run.
**
** Takes its memory from malloc, not from the function's arena, which it leaves as it was. Runs on a worker.
*/
#include "hir/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hir/print.h"
#include "lir/native.h"

typedef struct Verifier {
  const ZyHir *h;
  ZyFault *fault;
  uint32_t *position;                  /* of a node in its block, from 1; 0: in no block */
  uint32_t *order;                     /* of a block in reverse postorder, from 1; 0: unreachable */
  uint32_t *idom;                      /* by block */
  uint32_t *rpo;                       /* blocks in reverse postorder */
  uint32_t *stack;
  uint32_t nrpo;
  ZyRef node;                          /* being looked at */
  uint32_t block;
} Verifier;

/* What an operand must be. */
enum { VALUE = ZY_TYPE_ANY, TABLE = ZY_TYPE_table, STRING = ZY_TYPE_STRING, LUA_FN = ZY_TYPE_luafn,
       INT = ZY_TYPE_int, NUM = ZY_TYPE_num, COND = ZY_TYPE_cond, PTR = ZY_TYPE_ptr };

__attribute__((format(printf, 3, 4)))
static int fail(Verifier *v, int rule, const char *format, ...) {
  va_list args;
  v->fault->rule = rule;
  v->fault->node = v->node;
  v->fault->block = v->block;
  va_start(args, format);
  vsnprintf(v->fault->text, sizeof v->fault->text, format, args);
  va_end(args);
  return 0;
}


/* ---- shape: V1 to V6 -------------------------------------------------------- */

static int check_list(Verifier *v, uint32_t block) {
  const ZyHir *h = v->h;
  const ZyBlock *b = &h->blocks.v[block];
  ZyRef prev = 0;
  uint32_t n = 0;
  v->block = block;
  for (ZyRef r = b->first; r != 0; r = h->nodes.v[r].next) {
    v->node = r < h->nodes.n ? r : 0;
    if (r >= h->nodes.n) return fail(v, 2, "there is no node %u", r);
    if (v->position[r] != 0) return fail(v, 2, "node %u is in a list twice", r);
    if (h->nodes.v[r].block != block) return fail(v, 2, "node %u says it is in b%u", r, h->nodes.v[r].block);
    if (h->nodes.v[r].prev != prev) return fail(v, 2, "node %u has prev %u, not %u", r, h->nodes.v[r].prev, prev);
    v->position[r] = ++n;
    prev = r;
  }
  v->node = 0;
  return b->last == prev ? 1 : fail(v, 2, "last is node %u, not %u", b->last, prev);
}

static int is_terminator(const ZyHirNode *n) { return (zy_hir_effect((ZyHirOp)n->op) & ZY_EFFECT_CONTROL) != 0; }

static int check_terminator(Verifier *v, uint32_t block) {
  const ZyHir *h = v->h;
  const ZyBlock *b = &h->blocks.v[block];
  int edges = 0;
  v->block = block;
  v->node = 0;
  if (b->first == 0) {
    if (block == 1) return fail(v, 1, "the entry is empty");
    if (b->succ[0].block != 0 || b->succ[1].block != 0 || b->preds.n != 0) return fail(v, 3, "no nodes, but edges");
    return 1;
  }
  for (ZyRef r = b->first; r != 0; r = h->nodes.v[r].next) {
    v->node = r;
    if (h->nodes.v[r].op == ZY_HIR_NONE || h->nodes.v[r].op >= ZY_HIR_COUNT_) return fail(v, 3, "no operation");
    if (is_terminator(&h->nodes.v[r]) && r != b->last) return fail(v, 3, "not at the end of the block");
  }
  v->node = b->last;
  if (!is_terminator(&h->nodes.v[b->last])) return fail(v, 3, "the block has no terminator");
  if (h->nodes.v[b->last].op == ZY_HIR_JUMP) edges = 1;
  else if (h->nodes.v[b->last].op == ZY_HIR_BRANCH) edges = 2;
  for (int s = 0; s < 2; s++) {
    uint32_t to = b->succ[s].block;
    if ((to != 0) != (s < edges)) return fail(v, 4, to != 0 ? "it has an edge %d" : "it has no edge %d", s);
    if (to == 0) continue;
    if (to == 1) return fail(v, 1, "an edge leads to the entry");
    if (to >= h->blocks.n || h->blocks.v[to].first == 0)
      return fail(v, 4, "edge %d leads to b%u, which is empty", s, to);
  }
  return 1;
}

static int check_preds(Verifier *v, uint32_t block) {
  const ZyHir *h = v->h;
  const ZyBlock *b = &h->blocks.v[block];
  v->block = block;
  v->node = 0;
  for (uint32_t i = 0; i < b->preds.n; i++)
    if (b->preds.v[i] == 0 || b->preds.v[i] >= h->blocks.n)
      return fail(v, 5, "there is no predecessor b%u", b->preds.v[i]);
  for (uint32_t i = 0; i < b->preds.n; i++) {
    uint32_t from = b->preds.v[i], listed = 0, edges = 0;
    for (uint32_t j = 0; j < b->preds.n; j++) listed += b->preds.v[j] == from;
    for (int s = 0; s < 2; s++) edges += h->blocks.v[from].succ[s].block == block;
    if (listed != edges)
      return fail(v, 5, "predecessor b%u is listed %u times and has %u edges", from, listed, edges);
  }
  for (int s = 0; s < 2; s++) {
    uint32_t to = b->succ[s].block, listed = 0;
    if (to == 0) continue;
    for (uint32_t j = 0; j < h->blocks.v[to].preds.n; j++) listed += h->blocks.v[to].preds.v[j] == block;
    if (listed == 0) return fail(v, 5, "b%u does not list it as a predecessor", to);
  }
  return 1;
}

static int check_params(Verifier *v, uint32_t block) {
  const ZyHir *h = v->h;
  const ZyBlock *b = &h->blocks.v[block];
  uint32_t n = 0;
  int others = 0;
  v->block = block;
  for (ZyRef r = b->first; r != 0; r = h->nodes.v[r].next) {
    v->node = r;
    if (h->nodes.v[r].op != ZY_HIR_PARAM) {
      others = 1;
      continue;
    }
    if (others) return fail(v, 6, "a PARAM behind other nodes");
    if (h->nodes.v[r].imm != n) return fail(v, 6, "PARAM %lld at place %u", (long long)h->nodes.v[r].imm, n);
    n++;
  }
  v->node = 0;
  if (n != b->nparams) return fail(v, 6, "nparams is %u, there are %u", b->nparams, n);
  if (block == 1 && n > 0 && h->unit != NULL) return fail(v, 6, "the entry has PARAMs");
  return 1;
}


/* ---- dominators ------------------------------------------------------------- */

/* Reverse postorder from the entry, without recursion: graphs may be deep. */
static void find_order(Verifier *v) {
  const ZyHir *h = v->h;
  uint32_t n = 0, done = 0;
  uint32_t *next = v->idom;                            /* edge to follow next, until dominators are computed */
  v->stack[n++] = 1;
  v->order[1] = 1;
  while (n > 0) {
    uint32_t b = v->stack[n - 1];
    if (next[b] < 2) {
      uint32_t to = h->blocks.v[b].succ[next[b]++].block;
      if (to != 0 && v->order[to] == 0) {
        v->order[to] = 1;
        v->stack[n++] = to;
      }
    }
    else {
      v->rpo[done++] = b;
      n--;
    }
  }
  v->nrpo = done;
  for (uint32_t i = 0; i < done / 2; i++) {
    uint32_t t = v->rpo[i];
    v->rpo[i] = v->rpo[done - 1 - i];
    v->rpo[done - 1 - i] = t;
  }
  for (uint32_t i = 0; i < done; i++) v->order[v->rpo[i]] = i + 1;
}

/* Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm". */
static void find_dominators(Verifier *v) {
  const ZyHir *h = v->h;
  int changed = 1;
  for (uint32_t b = 0; b < h->blocks.n; b++) v->idom[b] = 0;
  v->idom[1] = 1;
  while (changed) {
    changed = 0;
    for (uint32_t i = 1; i < v->nrpo; i++) {
      const ZyBlock *b = &h->blocks.v[v->rpo[i]];
      uint32_t idom = 0;
      for (uint32_t p = 0; p < b->preds.n; p++) {
        uint32_t x = b->preds.v[p], y = idom;
        if (v->idom[x] == 0) continue;
        while (y != 0 && x != y) {
          if (v->order[x] > v->order[y]) x = v->idom[x];
          else y = v->idom[y];
        }
        idom = x;
      }
      if (idom != v->idom[v->rpo[i]]) {
        v->idom[v->rpo[i]] = idom;
        changed = 1;
      }
    }
  }
}

/* Whether value 'r' is there before node 'at' of its block. */
static int dominates(const Verifier *v, ZyRef r, ZyRef at) {
  uint32_t from = v->h->nodes.v[r].block, to = v->h->nodes.v[at].block;
  if (from == to) return v->position[r] < v->position[at];
  if (v->order[to] == 0) return 1;
  if (v->order[from] == 0) return 0;
  while (v->order[to] > v->order[from]) to = v->idom[to];
  return to == from;
}

/* That 'r' may be used at node 'at'. */
static int check_use(Verifier *v, int rule, ZyRef r, ZyRef at, const char *what, int i) {
  const ZyHir *h = v->h;
  if (r == 0 || r >= h->nodes.n) return fail(v, rule, "%s %d is no node", what, i);
  if (v->position[r] == 0) return fail(v, rule, "%s %d, v%u, is in no block", what, i, r);
  if (h->nodes.v[r].type == 0) return fail(v, rule, "%s %d, node %u, gives no value", what, i, r);
  if (!dominates(v, r, at)) return fail(v, 11, "%s %d, v%u, is not defined on every way here", what, i, r);
  return 1;
}


/* ---- operations: V7 to V16 --------------------------------------------------- */

static int check_type(Verifier *v, int i, ZyType wanted) {
  const ZyHirNode *n = &v->h->nodes.v[v->node];
  ZyType type = v->h->nodes.v[n->ops[i]].type;
  char is[100], want[100];
  if ((type & ~wanted) == 0) return 1;
  zy_print_type(type, is, sizeof is);
  zy_print_type(wanted, want, sizeof want);
  return fail(v, 9, "operand %d is %.40s, not %.40s", i, is, want);
}

static int check_types(Verifier *v, ZyType a, ZyType b) {
  return check_type(v, 0, a) && (b == 0 || check_type(v, 1, b));
}

static int check_operand_types(Verifier *v) {
  const ZyHirNode *n = &v->h->nodes.v[v->node];
  switch ((ZyHirOp)n->op) {
    case ZY_HIR_CONST: case ZY_HIR_KCONST: case ZY_HIR_LIB: case ZY_HIR_PARAM: case ZY_HIR_LOAD_REG: case ZY_HIR_UPVAL_GET:
    case ZY_HIR_NEW_TABLE: case ZY_HIR_SET_LIST: case ZY_HIR_CONCAT: case ZY_HIR_CLOSURE: case ZY_HIR_CLOSE:
    case ZY_HIR_NEXT: case ZY_HIR_VARARG: case ZY_HIR_COUNT: case ZY_HIR_TICK: case ZY_HIR_POLL: case ZY_HIR_TRAP: case ZY_HIR_JUMP:
    case ZY_HIR_RETURN: case ZY_HIR_EXIT: case ZY_HIR_NONE: case ZY_HIR_COUNT_:
      return 1;
    case ZY_HIR_ADD_INT: case ZY_HIR_SUB_INT: case ZY_HIR_MUL_INT: case ZY_HIR_IDIV_INT: case ZY_HIR_MOD_INT:
    case ZY_HIR_AND_INT: case ZY_HIR_OR_INT: case ZY_HIR_XOR_INT: case ZY_HIR_SHL_INT: case ZY_HIR_SHR_INT:
    case ZY_HIR_EQ_INT: case ZY_HIR_LT_INT: case ZY_HIR_LE_INT: case ZY_HIR_LTU_INT:
      return check_types(v, INT, INT);
    case ZY_HIR_NEG_INT: case ZY_HIR_NOT_INT: case ZY_HIR_INT_TO_NUM:
      return check_types(v, INT, 0);
    case ZY_HIR_ADD_NUM: case ZY_HIR_SUB_NUM: case ZY_HIR_MUL_NUM: case ZY_HIR_DIV_NUM: case ZY_HIR_IDIV_NUM:
    case ZY_HIR_MOD_NUM: case ZY_HIR_POW_NUM: case ZY_HIR_EQ_NUM: case ZY_HIR_LT_NUM: case ZY_HIR_LE_NUM:
      return check_types(v, NUM, NUM);
    case ZY_HIR_NEG_NUM: case ZY_HIR_SQRT_NUM: case ZY_HIR_FLOOR_NUM: case ZY_HIR_CEIL_NUM: case ZY_HIR_ABS_NUM:
    case ZY_HIR_MATH_NUM: case ZY_HIR_NUM_TO_INT: case ZY_HIR_TRUNC_INT:
      return check_types(v, NUM, 0);
    case ZY_HIR_ARITH: case ZY_HIR_SAME: case ZY_HIR_EQ: case ZY_HIR_LT: case ZY_HIR_LE: case ZY_HIR_TABLE_GET:
    case ZY_HIR_FIELD_SET: case ZY_HIR_RECORD_TABLE: case ZY_HIR_OPERATE: case ZY_HIR_COMPARE:
      return check_types(v, VALUE, VALUE);
    case ZY_HIR_STORE_REG: case ZY_HIR_GUARD_TYPE: case ZY_HIR_GUARD_LIB: case ZY_HIR_TRUTHY: case ZY_HIR_IS_TYPE:
    case ZY_HIR_UPVAL_SET: case ZY_HIR_FIELD_FIND: case ZY_HIR_FIELD_GET: case ZY_HIR_LEN: case ZY_HIR_CALL: case ZY_HIR_RECORD:
    case ZY_HIR_RECORD_CALL:
      return check_types(v, VALUE, 0);
    case ZY_HIR_UPVAL_SET_OF: return check_types(v, VALUE, LUA_FN);
    case ZY_HIR_TABLE_SET: return check_types(v, VALUE, VALUE) && check_type(v, 2, VALUE);
    case ZY_HIR_GUARD: case ZY_HIR_BOOL: case ZY_HIR_NOT_COND: case ZY_HIR_BRANCH: return check_types(v, COND, 0);
    case ZY_HIR_GUARD_PROTO: case ZY_HIR_CALL_LUA: case ZY_HIR_TAIL_LUA: case ZY_HIR_UPVAL_OF: case ZY_HIR_TAIL_SELF:
      return check_types(v, LUA_FN, 0);
    case ZY_HIR_GUARD_NOMETA: case ZY_HIR_ARRAY_LIMIT: case ZY_HIR_ARRAY_BASE: case ZY_HIR_FIELD_SLOT:
    case ZY_HIR_LEN_TABLE:
      return check_types(v, TABLE, 0);
    case ZY_HIR_ELEM_SLOT: return check_types(v, TABLE, INT);
    case ZY_HIR_STR_BYTE: return check_types(v, ZY_TYPE_STRING, INT);
    case ZY_HIR_ELEM: return check_types(v, PTR, INT);
    case ZY_HIR_LOAD_VAL: return check_types(v, PTR, 0);
    case ZY_HIR_STORE_VAL: return check_types(v, PTR, VALUE);
    case ZY_HIR_SET_META: return check_types(v, TABLE, TABLE);
    case ZY_HIR_BARRIER: case ZY_HIR_FIELD_PUT: return check_types(v, TABLE, VALUE);
    case ZY_HIR_LEN_STR: return check_types(v, STRING, 0);
  }
  return 1;
}

static int one_bit(ZyType type) { return type != 0 && (type & (type - 1)) == 0; }

/* V10. Operations of type 'any' may be known to give less. */
static int check_result(Verifier *v) {
  const ZyHirNode *n = &v->h->nodes.v[v->node];
  ZyHirOp op = (ZyHirOp)n->op;
  ZyType fixed = zy_hir_type(op), type = n->type;
  char text[100];
  int good;
  if (op == ZY_HIR_CONST)
    good = one_bit(type) && (type & (ZY_TYPE_nil | ZY_TYPE_BOOL | ZY_TYPE_NUMBER | ZY_TYPE_cond)) != 0;
  else if (op == ZY_HIR_KCONST) good = one_bit(type) && (type & ZY_TYPE_STRING) != 0;
  else if (op == ZY_HIR_PARAM) {
    if (type & (ZY_TYPE_cond | ZY_TYPE_ptr)) return fail(v, 13, "a machine value as a PARAM");
    good = type != 0;
  }
  else if (op == ZY_HIR_GUARD_TYPE || fixed == ZY_TYPE_ANY) good = type != 0 && (type & ~(ZyType)ZY_TYPE_ANY) == 0;
  else if (op == ZY_HIR_ARITH) good = type != 0 && (type & ~(ZyType)ZY_TYPE_NUMBER) == 0;
  else if (op == ZY_HIR_BOOL) good = type != 0 && (type & ~(ZyType)ZY_TYPE_BOOL) == 0;
  else if (op == ZY_HIR_CLOSURE) good = type == ZY_TYPE_luafn;
  else good = type == fixed;
  return good ? 1 : fail(v, 10, "a result of type %.60s", zy_print_type(type, text, sizeof text));
}

static int in_range(Verifier *v, const char *what, int64_t n, int64_t limit) {
  return n >= 0 && n < limit ? 1 : fail(v, 15, "there is no %s %lld", what, (long long)n);
}

/* A constant of the function, or of a callee that is inlined in it. */
static int check_constant(Verifier *v, int64_t imm, int64_t nk, int64_t ncallees) {
  const ZyUnit *unit = v->h->unit;
  if (ZY_K_CALLEE(imm) < 0) return in_range(v, "constant", imm, nk);
  if (!in_range(v, "callee", ZY_K_CALLEE(imm), ncallees)) return 0;
  if (unit == NULL) return 1;
  if (unit->callees[ZY_K_CALLEE(imm)].unit == NULL) return fail(v, 15, "callee %d is not known", ZY_K_CALLEE(imm));
  return in_range(v, "constant", ZY_K_INDEX(imm), unit->callees[ZY_K_CALLEE(imm)].unit->nk);
}

/* V15. Without a unit, how many constants and callees there are is not known. */
static int check_immediate(Verifier *v) {
  const ZyHirNode *n = &v->h->nodes.v[v->node];
  const ZyUnit *unit = v->h->unit;
  ZyHirOp op = (ZyHirOp)n->op;
  const ZyUnit *in = zy_hir_unit_of(v->h, n->state);
  int64_t own = in != NULL ? in->nk : INT32_MAX;
  int64_t nk = unit != NULL ? unit->nk : INT32_MAX, ncallees = unit != NULL ? unit->ncallees : INT32_MAX;
  if (op == ZY_HIR_CONST && n->type == ZY_TYPE_cond) return in_range(v, "condition", n->imm, 2);
  if (op == ZY_HIR_ARITH) return in_range(v, "operator", n->imm, ZY_ARITH_BNOT + 1);
  if (op == ZY_HIR_IS_TYPE)
    return n->imm > 0 && n->imm <= ZY_TYPE_ANY ? 1 : fail(v, 15, "no types of values: %lld", (long long)n->imm);
  if (op == ZY_HIR_GUARD_LIB || op == ZY_HIR_LIB || op == ZY_HIR_MATH_NUM) return in_range(v, "library function", n->imm, ZY_LIB_COUNT);
  if (op == ZY_HIR_GUARD_PROTO) return in_range(v, "callee", n->imm, ncallees);
  if (op == ZY_HIR_CALL_LUA || op == ZY_HIR_TAIL_LUA) return in_range(v, "callee", ZY_CALL_CALLEE(n->imm), ncallees);
  if (op == ZY_HIR_KCONST) return check_constant(v, n->imm, nk, ncallees);
  if (op == ZY_HIR_FIELD_SLOT || op == ZY_HIR_FIELD_FIND || op == ZY_HIR_FIELD_PUT)
    return check_constant(v, ZY_K_KEY(n->imm), nk, ncallees);
  if (op == ZY_HIR_FIELD_SET) return in_range(v, "constant", n->imm, own);
  if (op == ZY_HIR_FIELD_GET) return in_range(v, "constant", n->imm >> 8, own);
  if (op == ZY_HIR_UPVAL_OF || op == ZY_HIR_UPVAL_SET_OF) return in_range(v, "upvalue", n->imm, 256);
  if (op == ZY_HIR_UPVAL_GET || op == ZY_HIR_UPVAL_SET)
    return in_range(v, "upvalue", n->imm, unit != NULL && v->h->inlines.n == 1 ? unit->nupvalues : 256);
  if (op == ZY_HIR_LOAD_REG || op == ZY_HIR_STORE_REG)
    return in_range(v, "register", n->imm, unit != NULL && v->h->nregs > 0 ? v->h->nregs : 65536);
  if (op == ZY_HIR_COMPARE) return in_range(v, "comparison", n->imm, 3);
  if (op == ZY_HIR_OPERATE) return in_range(v, "operator", n->imm, (ZY_ARITH_BNOT + 1) << 8);
  if (op == ZY_HIR_TABLE_GET || op == ZY_HIR_LEN || op == ZY_HIR_CLOSE) return in_range(v, "register", n->imm, 256);
  return 1;
}

static int check_state(Verifier *v) {
  const ZyHir *h = v->h;
  const ZyHirNode *n = &h->nodes.v[v->node];
  const ZyFrameState *s;
  int last = -1;
  if (n->state == 0) return zy_hir_exits((ZyHirOp)n->op) ? fail(v, 12, "it may exit and has no state") : 1;
  if (!zy_hir_exits((ZyHirOp)n->op) && n->op != ZY_HIR_JUMP) return fail(v, 12, "it cannot exit and has a state");
  if (n->state >= h->states.n) return fail(v, 12, "there is no state %u", n->state);
  s = &h->states.v[n->state];
  if (s->inlined >= h->inlines.n) return fail(v, 16, "the state is in inlined call %u, which is not there", s->inlined);
  if (s->pc < 0) return fail(v, 12, "the state's pc is %d", s->pc);
  if (s->first > h->regs.n || s->count > h->regs.n - s->first) return fail(v, 12, "the state has no such registers");
  for (uint32_t i = 0; i < s->count; i++) {
    const ZyStateReg *reg = &h->regs.v[s->first + i];
    if (reg->reg <= last) return fail(v, 12, "register %d is not above register %d", reg->reg, last);
    if (reg->reg >= h->nregs) return fail(v, 12, "register %d of %d", reg->reg, h->nregs);
    if (h->unit != NULL && reg->reg < h->unit->maxstack && reg->reg < 256 && zy_unit_captured(h->unit, reg->reg)
        && s->inlined == 0) return fail(v, 14, "register %d is captured", reg->reg);
    last = reg->reg;
    if (!check_use(v, 12, reg->value, v->node, "register", reg->reg)) return 0;
    if (h->nodes.v[reg->value].type & (ZY_TYPE_cond | ZY_TYPE_ptr))
      return fail(v, 13, "register %d holds a machine value", reg->reg);
  }
  return 1;
}

static int check_node(Verifier *v) {
  const ZyHirNode *n = &v->h->nodes.v[v->node];
  int nops = zy_hir_nops((ZyHirOp)n->op);
  for (int i = 0; i < 3; i++) {
    if (i >= nops && n->ops[i] != 0) return fail(v, 8, "operand %d is too many", i);
    if (i < nops && !check_use(v, 8, n->ops[i], v->node, "operand", i)) return 0;
  }
  return check_operand_types(v) && check_result(v) && check_immediate(v) && check_state(v);
}

static int check_edge(Verifier *v, int s) {
  const ZyHir *h = v->h;
  const ZyEdge *edge = &h->blocks.v[v->block].succ[s];
  const ZyBlock *to = &h->blocks.v[edge->block];
  ZyRef param = to->first;
  v->node = h->blocks.v[v->block].last;
  if (edge->args.n != to->nparams)
    return fail(v, 7, "edge %d to b%u passes %u, %u wanted", s, edge->block, edge->args.n, to->nparams);
  for (uint32_t i = 0; i < edge->args.n; i++, param = h->nodes.v[param].next) {
    ZyRef arg = edge->args.v[i];
    char is[100], want[100];
    ZyType type;
    if (!check_use(v, 7, arg, v->node, "argument", (int)i)) return 0;
    type = h->nodes.v[arg].type;
    if (type & (ZY_TYPE_cond | ZY_TYPE_ptr)) return fail(v, 13, "argument %u is a machine value", i);
    if (type & ~(ZyType)h->nodes.v[param].type) {
      zy_print_type(type, is, sizeof is);
      zy_print_type(h->nodes.v[param].type, want, sizeof want);
      return fail(v, 7, "argument %u is %.40s, b%u takes %.40s", i, is, edge->block, want);
    }
  }
  return 1;
}

static int check_inlines(Verifier *v) {
  v->node = v->block = 0;
  for (uint32_t i = 1; i < v->h->inlines.n; i++)
    if (v->h->inlines.v[i].outer >= i)
      return fail(v, 16, "inlined call %u is in call %u", i, v->h->inlines.v[i].outer);
  return 1;
}


/* ---- the whole --------------------------------------------------------------- */

static int check_all(Verifier *v) {
  const ZyHir *h = v->h;
  if (h->blocks.n < 2) return fail(v, 1, "there are no blocks");
  for (uint32_t b = 1; b < h->blocks.n; b++)
    if (!check_list(v, b)) return 0;
  for (uint32_t b = 1; b < h->blocks.n; b++)
    if (!check_terminator(v, b)) return 0;
  for (uint32_t b = 1; b < h->blocks.n; b++)
    if (!check_preds(v, b) || !check_params(v, b)) return 0;
  if (!check_inlines(v)) return 0;
  find_order(v);
  find_dominators(v);
  for (uint32_t b = 1; b < h->blocks.n; b++) {
    v->block = b;
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = h->nodes.v[r].next) {
      v->node = r;
      if (!check_node(v)) return 0;
    }
    for (int s = 0; s < 2; s++)
      if (h->blocks.v[b].succ[s].block != 0 && !check_edge(v, s)) return 0;
  }
  return 1;
}

ZyStatus zy_verify_find(const ZyHir *h, ZyFault *fault) {
  Verifier v = { .h = h, .fault = fault };
  uint32_t *memory = calloc((size_t)h->nodes.n + 4 * (size_t)h->blocks.n + 4, sizeof *memory);
  int good;
  *fault = (ZyFault){ 0 };
  if (memory == NULL) return ZY_STATUS_MEMORY;
  v.position = memory;
  v.order = memory + h->nodes.n;
  v.idom = v.order + h->blocks.n;
  v.rpo = v.idom + h->blocks.n;
  v.stack = v.rpo + h->blocks.n;
  good = check_all(&v);
  free(memory);
  return good ? ZY_STATUS_OK : ZY_STATUS_INVALID;
}

ZyStatus zy_verify_hir(const ZyHir *h, char *error, size_t size) {
  ZyFault fault;
  ZyStatus status = zy_verify_find(h, &fault);
  if (size > 0) error[0] = 0;
  if (status == ZY_STATUS_MEMORY) snprintf(error, size, "%s", zy_status_text(status));
  if (status != ZY_STATUS_INVALID) return status;
  if (fault.node != 0) {
    uint8_t op = h->nodes.v[fault.node].op;
    snprintf(error, size, "V%d b%u node %u (%s): %s", fault.rule, fault.block, fault.node,
             op < ZY_HIR_COUNT_ ? zy_hir_name((ZyHirOp)op) : "?", fault.text);
  }
  else snprintf(error, size, "V%d b%u: %s", fault.rule, fault.block, fault.text);
  return status;
}
