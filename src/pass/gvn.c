/*
** gvn.c: graph -> graph in which nothing is computed, checked or loaded twice.
** SPDX-License-Identifier: MIT
**
** A walk of the dominator tree with a scoped table: what was computed in a block is known in all blocks that it
** dominates. Equal operation, operands and immediate, equal value; an operation that may exit and did not is as good.
** Conditions are known below their guards and behind their branches; PARAMs that get the same values on all edges are
** one.
**
** 'gvn' knows operations that depend on their operands alone. 'memory' also loads: their keys hold the version of the
** memory they read (memory.c), and a store enters the load that would give back what it stored. Where a load finds
** nothing, it looks behind stores to other addresses.
**
** What replaces a node was made before it, so no exit is taken that would not have been. Runs on a worker.
*/
#include "pass/pass.h"

#include <string.h>

enum { MAX_STORES = 16,                /* that a load looks behind */
       MAX_READ = 4 };                 /* classes that a node reads */

typedef struct Key {
  uint8_t op;
  uint16_t type;                       /* where it is part of the meaning, else 0 */
  uint32_t version[MAX_READ];          /* of the classes that it reads, else 0 */
  ZyRef ops[2];
  int64_t imm;
} Key;

typedef struct Entry {
  Key key;
  ZyRef value;
  uint32_t bucket, next;               /* entry number + 1 of the next one in the bucket */
} Entry;

typedef struct Fact { ZyRef cond; uint8_t before; } Fact;

typedef struct Numbering {
  ZyHir *h;
  ZyMemory *memory;                    /* NULL: loads are left alone */
  uint32_t nodes;                      /* when it began; versions below are nodes */
  ZyRef *map;
  uint8_t *drop;                       /* PARAMs */
  uint32_t *before;                    /* by store: version before it of the class that it writes */
  uint32_t version[ZY_MEMORY_CLASSES];
  uint32_t *bucket, mask;
  ZY_VEC(Entry) entries;
  uint8_t *known;                      /* by condition: 1 holds, 2 does not */
  ZY_VEC(Fact) facts;
  int replaced, dropped;
} Numbering;

static ZyRef find(const Numbering *g, ZyRef r) {
  while (g->map[r] != 0) r = g->map[r];
  return r;
}


/* ---- the table ---------------------------------------------------------------- */

static uint32_t hash(const Key *key) {
  uint64_t x = key->op | (uint64_t)key->type << 8 | (uint64_t)key->version[0] << 24;
  for (int i = 1; i < MAX_READ; i++) x = x * 0x9e3779b97f4a7c15u ^ key->version[i];
  x = x * 0x9e3779b97f4a7c15u ^ key->ops[0] ^ (uint64_t)key->ops[1] << 32;
  x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u ^ (uint64_t)key->imm;
  x = (x ^ x >> 32) * 0x94d049bb133111ebu;
  return (uint32_t)(x >> 32);
}

static int equal_keys(const Key *a, const Key *b) {
  return a->op == b->op && a->type == b->type && memcmp(a->version, b->version, sizeof a->version) == 0
      && a->ops[0] == b->ops[0] && a->ops[1] == b->ops[1] && a->imm == b->imm;
}

static ZyRef look_up(const Numbering *g, const Key *key) {
  for (uint32_t e = g->bucket[hash(key) & g->mask]; e != 0; e = g->entries.v[e - 1].next)
    if (equal_keys(&g->entries.v[e - 1].key, key)) return g->entries.v[e - 1].value;
  return 0;
}

static void enter(Numbering *g, const Key *key, ZyRef value) {
  Entry entry = { *key, value, hash(key) & g->mask, 0 };
  entry.next = g->bucket[entry.bucket];
  zy_vec_push(g->h->arena, &g->entries, entry);
  g->bucket[entry.bucket] = g->entries.n;
}

static void forget(Numbering *g, uint32_t entries, uint32_t facts) {
  while (g->entries.n > entries) {
    const Entry *e = &g->entries.v[--g->entries.n];
    g->bucket[e->bucket] = e->next;
  }
  while (g->facts.n > facts) {
    const Fact *f = &g->facts.v[--g->facts.n];
    g->known[f->cond] = f->before;
  }
}


/* ---- conditions ------------------------------------------------------------------ */

static void learn(Numbering *g, ZyRef cond, int holds) {
  for (;;) {
    Fact fact = { cond, g->known[cond] };
    zy_vec_push(g->h->arena, &g->facts, fact);
    g->known[cond] = holds ? 1 : 2;
    if (g->h->nodes.v[cond].op != ZY_HIR_NOT_COND) return;
    cond = find(g, g->h->nodes.v[cond].ops[0]);
    holds = !holds;
  }
}

/* 1 holds, 2 does not, 0 not known. */
static int known(const Numbering *g, ZyRef cond) {
  int flip = 0;
  for (;;) {
    if (g->known[cond] != 0) return flip ? 3 - g->known[cond] : g->known[cond];
    if (g->h->nodes.v[cond].op != ZY_HIR_NOT_COND) return 0;
    cond = find(g, g->h->nodes.v[cond].ops[0]);
    flip = !flip;
  }
}

/* What the only way into the block says. */
static void learn_from_branch(Numbering *g, const ZyBlock *b, uint32_t block) {
  const ZyBlock *from;
  const ZyHirNode *last;
  if (b->preds.n != 1) return;
  from = &g->h->blocks.v[b->preds.v[0]];
  last = &g->h->nodes.v[from->last];
  if (last->op == ZY_HIR_BRANCH) learn(g, find(g, last->ops[0]), from->succ[0].block == block);
}


/* ---- PARAMs ------------------------------------------------------------------------ */

static int same_arguments(const Numbering *g, uint32_t block, int64_t i, int64_t j) {
  const ZyBlock *b = &g->h->blocks.v[block];
  for (uint32_t p = 0; p < b->preds.n; p++)
    for (int s = 0; s < 2; s++) {
      const ZyEdge *edge = &g->h->blocks.v[b->preds.v[p]].succ[s];
      if (edge->block == block && find(g, edge->args.v[i]) != find(g, edge->args.v[j])) return 0;
    }
  return 1;
}

static void merge_params(Numbering *g, uint32_t block) {
  ZyHir *h = g->h;
  ZyRef first = h->blocks.v[block].first;
  if (block == 1) return;
  for (ZyRef q = first; q != 0 && h->nodes.v[q].op == ZY_HIR_PARAM; q = h->nodes.v[q].next)
    for (ZyRef p = first; p != q; p = h->nodes.v[p].next) {
      if (g->drop[p] || !same_arguments(g, block, h->nodes.v[p].imm, h->nodes.v[q].imm)) continue;
      h->nodes.v[p].type &= h->nodes.v[q].type;
      g->map[q] = p;
      g->drop[q] = 1;
      g->replaced = g->dropped = 1;
      break;
    }
}


/* ---- nodes -------------------------------------------------------------------------- */

static int is_commutative(ZyHirOp op) {
  return op == ZY_HIR_ADD_INT || op == ZY_HIR_MUL_INT || op == ZY_HIR_AND_INT || op == ZY_HIR_OR_INT
      || op == ZY_HIR_XOR_INT || op == ZY_HIR_EQ_INT || op == ZY_HIR_EQ_NUM || op == ZY_HIR_SAME;
}

/* Whether 'r' may be replaced. '*reads': the classes that it reads. */
static int numbered(const Numbering *g, ZyRef r, uint64_t *reads) {
  const ZyHirNode *n = &g->h->nodes.v[r];
  const uint32_t loads = ZY_EFFECT_READ_REGS | ZY_EFFECT_READ_SHAPE | ZY_EFFECT_READ_VALUES | ZY_EFFECT_READ_UPVALS;
  uint32_t effect = zy_hir_effect((ZyHirOp)n->op);
  *reads = 0;
  if (n->op == ZY_HIR_PARAM || (effect & ~loads) != 0) return 0;
  if (g->memory == NULL) return n->op == ZY_HIR_EQ ? zy_guard_never_exits(g->h, r) : effect == 0;
  *reads = zy_memory_reads(g->memory, r);
  return *reads != 0 ? __builtin_popcountll(*reads) <= MAX_READ : effect == 0;
}

static Key key_of(const Numbering *g, ZyRef r) {
  const ZyHirNode *n = &g->h->nodes.v[r];
  Key key = { 0 };
  key.op = n->op;
  if (n->op == ZY_HIR_CONST || n->op == ZY_HIR_KCONST || n->op == ZY_HIR_GUARD_TYPE) key.type = n->type;
  key.ops[0] = n->ops[0];
  key.ops[1] = n->ops[1];
  if (is_commutative((ZyHirOp)n->op) && key.ops[0] > key.ops[1]) {
    key.ops[0] = n->ops[1];
    key.ops[1] = n->ops[0];
  }
  key.imm = n->op == ZY_HIR_FIELD_SLOT || n->op == ZY_HIR_FIELD_FIND ? ZY_K_KEY(n->imm) : n->imm;
  return key;
}

/* The version before 'version' when a store to elsewhere made it; 0: it may have changed what 'load' reads. */
static uint32_t behind(const Numbering *g, uint32_t version, const Key *load) {
  const ZyHirNode *store;
  if (version == 0 || version >= g->nodes) return 0;
  store = &g->h->nodes.v[version];
  if (load->op == ZY_HIR_LOAD_VAL && store->op == ZY_HIR_STORE_VAL)
    return zy_memory_apart(g->h, store->ops[0], load->ops[0]) ? g->before[version] : 0;
  if (load->op == ZY_HIR_LOAD_REG && store->op == ZY_HIR_STORE_REG)
    return store->imm != load->imm ? g->before[version] : 0;
  return 0;
}

/* Replaces 'r' by what has been computed; 0 when it is new. */
static int number(Numbering *g, ZyRef r, uint64_t reads) {
  ZyHirNode *n = &g->h->nodes.v[r];
  Key key = key_of(g, r), look;
  ZyRef value;
  int several = (reads & (reads - 1)) != 0;
  for (int i = 0; reads != 0; reads &= reads - 1) key.version[i++] = g->version[__builtin_ctzll(reads)];
  look = key;
  value = look_up(g, &look);
  for (int i = 0; value == 0 && !several && i < MAX_STORES; i++) {
    look.version[0] = behind(g, look.version[0], &look);
    if (look.version[0] == 0) break;
    value = look_up(g, &look);
  }
  if (value == 0) {
    enter(g, &key, r);
    return 0;
  }
  if (n->type != 0) {
    ZyHirNode *v = &g->h->nodes.v[value];
    if (v->op == n->op && (v->type & n->type) != 0) v->type &= n->type;      /* both are right */
    if (v->type & ~(uint32_t)n->type) return 0;
    g->map[r] = value;
    g->replaced = 1;
  }
  return 1;
}

/* The load of what the store 'r' stores gives its operand. */
static void enter_store(Numbering *g, ZyRef r) {
  const ZyHirNode *n = &g->h->nodes.v[r];
  Key key = { .version = { r } };
  if (n->op == ZY_HIR_STORE_VAL) {
    key.op = ZY_HIR_LOAD_VAL;
    key.ops[0] = n->ops[0];
    enter(g, &key, n->ops[1]);
  }
  else if (n->op == ZY_HIR_STORE_REG || n->op == ZY_HIR_UPVAL_SET || n->op == ZY_HIR_UPVAL_SET_OF) {
    key.op = n->op == ZY_HIR_STORE_REG ? ZY_HIR_LOAD_REG : n->op == ZY_HIR_UPVAL_SET ? ZY_HIR_UPVAL_GET : ZY_HIR_UPVAL_OF;
    key.ops[0] = n->ops[1];                  /* the function, of UPVAL_SET_OF */
    key.imm = n->imm;
    enter(g, &key, n->ops[0]);
  }
}

static void write(Numbering *g, ZyRef r) {
  uint64_t set = zy_memory_writes(g->memory, r);
  if (set == 0) return;
  for (int c = 0; c < ZY_MEMORY_CLASSES; c++) {
    if (!(set >> c & 1)) continue;
    if (c != ZY_MEMORY_UPVALS) g->before[r] = g->version[c];     /* of a store there is one such */
    g->version[c] = r;
  }
  enter_store(g, r);
}

/* A branch whose condition is known; 'fold' does the rest. */
static void decide(Numbering *g, ZyRef r, int holds) {
  ZyRef c = zy_pass_insert(g->h, r, ZY_HIR_CONST, 0, 0);
  g->h->nodes.v[c].type = ZY_TYPE_cond;
  g->h->nodes.v[c].imm = holds;
  g->h->nodes.v[r].ops[0] = c;
}

/* Whether 'r' asks what is known of the table that it is about, which has just been made. */
static int is_about_new(const Numbering *g, ZyRef r) {
  const ZyHirNode *n = &g->h->nodes.v[r];
  return g->memory != NULL && (n->op == ZY_HIR_ARRAY_LIMIT || n->op == ZY_HIR_GUARD_NOMETA)
      && g->h->nodes.v[n->ops[0]].op == ZY_HIR_NEW_TABLE && g->version[ZY_MEMORY_SHAPE] == n->ops[0];
}

static void visit(Numbering *g, ZyRef r) {
  ZyHirNode *n = &g->h->nodes.v[r];
  uint64_t reads;
  for (int o = 0; o < 3; o++) n->ops[o] = find(g, n->ops[o]);
  if (is_about_new(g, r)) {
    if (n->op == ZY_HIR_GUARD_NOMETA) {
      zy_hir_remove(g->h, r);
      return;
    }
    *n = (ZyHirNode){ .op = ZY_HIR_CONST, .type = ZY_TYPE_int, .imm = ZY_TABLE_ARRAY(g->h->nodes.v[n->ops[0]].imm),
                      .prev = n->prev, .next = n->next, .block = n->block };
  }
  if (n->op == ZY_HIR_GUARD) {
    int is = known(g, n->ops[0]);
    if (is == 1) zy_hir_remove(g->h, r);
    else if (is == 0) learn(g, n->ops[0], 1);
    return;
  }
  if (n->op == ZY_HIR_BRANCH) {
    int is = known(g, n->ops[0]);
    if (is != 0) decide(g, r, is == 1);
    return;
  }
  if (numbered(g, r, &reads) && number(g, r, reads)) zy_hir_remove(g->h, r);
  else if (g->memory != NULL) write(g, r);
}

static void run(ZyHir *h, ZyMemory *memory) {
  ZyDomWalk walk = zy_dom_walk(h);
  Numbering *g = ZY_NEW(h->arena, Numbering);
  uint32_t *entries = ZY_NEWN(h->arena, uint32_t, walk.n + 1), *facts = ZY_NEWN(h->arena, uint32_t, walk.n + 1);
  uint32_t most = h->nodes.n + h->blocks.n, size = 64;       /* a branch may add a node */
  g->h = h;
  g->memory = memory;
  g->nodes = h->nodes.n;
  g->map = ZY_NEWN(h->arena, ZyRef, most);
  g->drop = ZY_NEWN(h->arena, uint8_t, most);
  g->known = ZY_NEWN(h->arena, uint8_t, most);
  g->before = ZY_NEWN(h->arena, uint32_t, h->nodes.n);
  while (size < h->nodes.n) size *= 2;
  g->bucket = ZY_NEWN(h->arena, uint32_t, size);
  g->mask = size - 1;
  for (uint32_t i = 0; i < walk.n; i++) {
    uint32_t b = walk.block[i], level = walk.level[i];
    ZyRef next;
    if (i > 0 && level <= walk.level[i - 1]) forget(g, entries[level], facts[level]);
    entries[level] = g->entries.n;
    facts[level] = g->facts.n;
    if (memory != NULL) memcpy(g->version, memory->in + (size_t)b * ZY_MEMORY_CLASSES, sizeof g->version);
    learn_from_branch(g, &h->blocks.v[b], b);
    merge_params(g, b);
    for (ZyRef r = h->blocks.v[b].first; r != 0; r = next) {
      next = h->nodes.v[r].next;
      visit(g, r);
    }
  }
  if (g->dropped) zy_param_remove(h, g->drop);
  if (g->replaced) zy_hir_replace(h, g->map);
}

void zy_gvn_run(ZyHir *h) { run(h, NULL); }

void zy_memory_run(ZyHir *h) {
  ZyMemory *memory = zy_memory_new(h);
  zy_memory_versions(memory);
  run(h, memory);
}
