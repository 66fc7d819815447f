/*
** memory.c: nodes -> which memory they read and write, and where it has which contents.
** SPDX-License-Identifier: MIT
**
** Memory is divided into classes that never overlap: shapes of tables; elements of array parts; fields, one class a
** key; captured registers, one class a register; upvalues. Every write gives its class a new version, and where
** versions meet there is another: SSA for memory, one numbering a class. Two loads of one address with one version
** between them give the same value, in a loop, too: its header gets a version of its own only if the loop writes.
**
** A table constructor may start a collection and that finalizers, which are scripts: it writes everything. Upvalues
** may be this frame's registers (an inlined closure, debug.upvaluejoin): writing one kills the other. Keys of fields are
** the same string exactly when their immediates are the same (zy_build_own).
**
** A field that is looked for along the tables in __index depends on shapes, on the fields of its name and on those called
** "__index", of any table.
**
** Addresses of elements and fields are themselves results that read shapes; what makes the address out of date makes
** the node that gives it a new one. Runs on a worker.
*/
#include "pass/pass.h"

#include <string.h>

enum { SHAPE = ZY_MEMORY_SHAPE, UPVALS = ZY_MEMORY_UPVALS, ELEMS, OTHER_FIELDS, OTHER_REGS, FIRST_FREE };
enum { MAX_REG = 4096 };               /* larger numbers share a class */

#define BIT(class) ((uint64_t)1 << (class))
#define ALL_CLASSES UINT64_MAX

/* The node that gives the address 'p', for LOAD_VAL and STORE_VAL. */
static const ZyHirNode *address(const ZyHir *h, ZyRef p) { return &h->nodes.v[p]; }

static int field_class(const ZyMemory *m, int64_t k) {
  for (int c = FIRST_FREE; c < m->nclasses; c++)
    if ((m->fields >> c & 1) && m->key[c] == ZY_K_KEY(k)) return c;
  return OTHER_FIELDS;
}

static int reg_class(const ZyMemory *m, int64_t reg) {
  return reg >= 0 && reg < MAX_REG && m->reg_class[reg] != 0 ? m->reg_class[reg] : OTHER_REGS;
}

static int is_index_event(const ZyHir *h, int64_t k) {
  const ZyConst *c = zy_hir_constant(h, k);
  return c == NULL || (c->length == 7 && memcmp(c->text, "__index", 7) == 0);
}

/* Give a key or register a class while there are some. */
static void add_field(ZyMemory *m, int64_t k) {
  if (field_class(m, k) == OTHER_FIELDS && m->nclasses < ZY_MEMORY_CLASSES) {
    m->key[m->nclasses] = ZY_K_KEY(k);
    if (is_index_event(m->h, k)) m->events |= BIT(m->nclasses);
    m->fields |= BIT(m->nclasses++);
  }
}

static void add_reg(ZyMemory *m, int64_t reg) {
  if (reg < 0 || reg >= MAX_REG || m->reg_class[reg] != 0) return;
  m->reg_class[reg] = (uint8_t)(m->nclasses < ZY_MEMORY_CLASSES ? m->nclasses++ : OTHER_REGS);
  m->regs |= BIT(m->reg_class[reg]);
}

ZyMemory *zy_memory_new(ZyHir *h) {
  ZyMemory *m = ZY_NEW(h->arena, ZyMemory);
  m->h = h;
  m->nclasses = FIRST_FREE;
  m->fields = BIT(OTHER_FIELDS);
  m->events = BIT(OTHER_FIELDS);
  m->regs = BIT(OTHER_REGS);
  m->reg_class = ZY_NEWN(h->arena, uint8_t, MAX_REG);
  for (uint32_t i = 0; i < h->order.n; i++)
    for (ZyRef r = h->blocks.v[h->order.v[i]].first; r != 0; r = h->nodes.v[r].next) {
      const ZyHirNode *n = &h->nodes.v[r];
      if (n->op == ZY_HIR_FIELD_SLOT) add_field(m, n->imm);
      else if (n->op == ZY_HIR_LOAD_REG || n->op == ZY_HIR_STORE_REG) add_reg(m, n->imm);
    }
  return m;
}

/* The class of the value at address 'p', -1: not known. */
static int value_class(const ZyMemory *m, ZyRef p) {
  const ZyHirNode *a = address(m->h, p);
  if (a->op == ZY_HIR_FIELD_SLOT) return field_class(m, a->imm);
  return a->op == ZY_HIR_ELEM || a->op == ZY_HIR_ARRAY_BASE ? ELEMS : -1;
}

uint64_t zy_memory_reads(const ZyMemory *m, ZyRef r) {
  const ZyHir *h = m->h;
  const ZyHirNode *n = &h->nodes.v[r];
  uint32_t effect = zy_hir_effect((ZyHirOp)n->op);
  if (n->op == ZY_HIR_LOAD_REG) return BIT(reg_class(m, n->imm));
  if (n->op == ZY_HIR_UPVAL_GET || n->op == ZY_HIR_UPVAL_OF) return BIT(UPVALS);
  if (n->op == ZY_HIR_LOAD_VAL) {
    int class = value_class(m, n->ops[0]);
    return class < 0 ? 0 : BIT(class);
  }
  if (n->op == ZY_HIR_FIELD_FIND) return BIT(SHAPE) | m->events | BIT(field_class(m, n->imm));
  if (n->op == ZY_HIR_EQ) return zy_guard_never_exits(h, r) ? 0 : BIT(SHAPE);      /* metatables */
  return effect == ZY_EFFECT_READ_SHAPE ? BIT(SHAPE) : 0;
}

uint64_t zy_memory_writes(const ZyMemory *m, ZyRef r) {
  const ZyHirNode *n = &m->h->nodes.v[r];
  uint32_t effect = zy_hir_effect((ZyHirOp)n->op);
  uint64_t set = 0;
  if (effect == ZY_EFFECT_ALL || n->op == ZY_HIR_NEW_TABLE) return ALL_CLASSES;
  if (n->op == ZY_HIR_FIELD_PUT) return BIT(SHAPE) | BIT(field_class(m, n->imm));
  if (n->op == ZY_HIR_STORE_REG) return BIT(reg_class(m, n->imm)) | BIT(UPVALS);
  if (n->op == ZY_HIR_STORE_VAL) {
    int class = value_class(m, n->ops[0]);
    return class >= 0 ? BIT(class) : m->fields | BIT(ELEMS);
  }
  if (effect & ZY_EFFECT_WRITE_REGS) set |= m->regs | BIT(UPVALS);
  if (effect & ZY_EFFECT_WRITE_UPVALS) set |= m->regs | BIT(UPVALS);
  if (effect & ZY_EFFECT_WRITE_VALUES) set |= m->fields | BIT(ELEMS);
  if (effect & ZY_EFFECT_WRITE_SHAPE) set |= BIT(SHAPE);
  return set;
}


/* ---- versions --------------------------------------------------------------------- */

/* One class: optimistic, as for types. A block at which versions meet keeps the one of its own. */
static void number(ZyMemory *m, int class, const uint32_t *last) {
  ZyHir *h = m->h;
  const uint32_t initial = h->nodes.n + h->blocks.n;   /* of the function's start; a meeting's is nodes.n + block */
  int changed;
  do {
    changed = 0;
    for (uint32_t i = 0; i < h->order.n; i++) {
      uint32_t b = h->order.v[i], *in = &m->in[(size_t)b * ZY_MEMORY_CLASSES + class], version = i == 0 ? initial : 0;
      const ZyBlock *block = &h->blocks.v[b];
      if (*in == h->nodes.n + b) continue;
      for (uint32_t p = 0; p < block->preds.n; p++) {
        size_t at = (size_t)block->preds.v[p] * ZY_MEMORY_CLASSES + class;
        uint32_t out = last[at] != 0 ? last[at] : m->in[at];
        if (out == 0 || out == version) continue;
        version = version == 0 ? out : h->nodes.n + b;
      }
      if (version == *in) continue;
      *in = version;
      changed = 1;
    }
  } while (changed);
}

void zy_memory_versions(ZyMemory *m) {
  ZyHir *h = m->h;
  uint32_t *last = ZY_NEWN(h->arena, uint32_t, (size_t)h->blocks.n * ZY_MEMORY_CLASSES);
  m->in = ZY_NEWN(h->arena, uint32_t, (size_t)h->blocks.n * ZY_MEMORY_CLASSES);
  for (uint32_t i = 0; i < h->order.n; i++) {
    uint32_t b = h->order.v[i];
    uint64_t done = 0;
    for (ZyRef r = h->blocks.v[b].last; r != 0; r = h->nodes.v[r].prev) {
      uint64_t set = zy_memory_writes(m, r) & ~done;
      for (int c = 0; c < m->nclasses && set != 0; c++)
        if (set >> c & 1) last[(size_t)b * ZY_MEMORY_CLASSES + (uint32_t)c] = r;
      done |= set;
      if (done == ALL_CLASSES) break;
    }
  }
  for (int c = 0; c < m->nclasses; c++) number(m, c, last);
}


/* ---- addresses ---------------------------------------------------------------------- */

ZyRef zy_memory_split(const ZyHir *h, ZyRef index, uint64_t *c) {
  const ZyHirNode *n = &h->nodes.v[index];
  *c = 0;
  if (zy_pass_is_int(h, index)) {
    *c = (uint64_t)n->imm;
    return 0;
  }
  if ((n->op == ZY_HIR_ADD_INT || n->op == ZY_HIR_SUB_INT) && zy_pass_is_int(h, n->ops[1])) {
    *c = (uint64_t)h->nodes.v[n->ops[1]].imm;
    if (n->op == ZY_HIR_SUB_INT) *c = 0 - *c;
    return n->ops[0];
  }
  return index;
}

int zy_memory_apart(const ZyHir *h, ZyRef p, ZyRef q) {
  const ZyHirNode *a = address(h, p), *b = address(h, q);
  ZyRef s, t;
  uint64_t c, d;
  if (a->op != b->op || (a->op != ZY_HIR_ELEM && a->op != ZY_HIR_FIELD_SLOT)) return 0;
  s = a->ops[0];
  t = b->ops[0];
  if (a->op == ZY_HIR_FIELD_SLOT && ZY_K_KEY(a->imm) != ZY_K_KEY(b->imm)) return 1;
  if (a->op == ZY_HIR_ELEM) {
    if (s == t) {
      ZyRef x = zy_memory_split(h, a->ops[1], &c), y = zy_memory_split(h, b->ops[1], &d);
      return x == y && c != d;
    }
    if (h->nodes.v[s].op != ZY_HIR_ARRAY_BASE || h->nodes.v[t].op != ZY_HIR_ARRAY_BASE) return 0;
    s = h->nodes.v[s].ops[0];
    t = h->nodes.v[t].ops[0];
  }
  return s != t && h->nodes.v[s].op == ZY_HIR_NEW_TABLE && h->nodes.v[t].op == ZY_HIR_NEW_TABLE;
}
