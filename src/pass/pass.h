/*
** pass.h - the passes, and what they share.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_PASS_H
#define ZY_PASS_H

#include "hir/hir.h"

#define ZY_PASS(name, letter, text) void zy_##name##_run(ZyHir *h);
#include "pass/pass.def"
#undef ZY_PASS

/* ---- dom.c ---- */

/* The reachable blocks in preorder of the dominator tree, and how deep in it each is (the entry: 0). */
typedef struct ZyDomWalk {
  uint32_t *block, *level;
  uint32_t n;
} ZyDomWalk;

ZyDomWalk zy_dom_walk(ZyHir *h);

/* The header of the innermost loop around the loop of 'header', 0: none. */
uint32_t zy_dom_outer(const ZyHir *h, uint32_t header);

/* Whether 'block' is in the loop of 'header'. */
int zy_dom_in_loop(const ZyHir *h, uint32_t header, uint32_t block);

/* The last block that dominates both. */
uint32_t zy_dom_common(const ZyHir *h, uint32_t a, uint32_t b);

/* ---- param.c ---- */

/* Removes the PARAMs marked in 'drop' (by node) and what edges pass for them. */
void zy_param_remove(ZyHir *h, const uint8_t *drop);

/* ---- guard.c ---- */

/* Whether the node cannot exit, given the types of its operands. */
int zy_guard_never_exits(const ZyHir *h, ZyRef r);

/* ---- memory.c ---- */

enum { ZY_MEMORY_CLASSES = 64, ZY_MEMORY_SHAPE = 0, ZY_MEMORY_UPVALS = 1 };

/* Memory in classes that do not overlap: shapes, upvalues, array elements, fields by key, captured registers by
** number. */
typedef struct ZyMemory {
  ZyHir *h;
  uint64_t fields, regs;               /* classes of fields, of registers */
  uint64_t events;                     /* classes of fields that may be called "__index" */
  int64_t key[ZY_MEMORY_CLASSES];      /* of those fields: ZY_K_KEY */
  uint8_t *reg_class;                  /* by register; 0: not seen */
  int nclasses;
  uint32_t *in;                        /* [block * ZY_MEMORY_CLASSES + class]: version at the block's start */
} ZyMemory;

ZyMemory *zy_memory_new(ZyHir *h);

/* The set of classes that the node reads; empty: none, or not known which. */
uint64_t zy_memory_reads(const ZyMemory *m, ZyRef r);

/* The set of classes that the node may write. */
uint64_t zy_memory_writes(const ZyMemory *m, ZyRef r);

/* Computes m->in: two points have the same version of a class when nothing between them writes it. A write's
** version is the node's number. */
void zy_memory_versions(ZyMemory *m);

/* Whether two addresses of one class are known to differ. */
int zy_memory_apart(const ZyHir *h, ZyRef p, ZyRef q);

/* An integer as x + *c: x is 0 for constants. */
ZyRef zy_memory_split(const ZyHir *h, ZyRef index, uint64_t *c);

/* ---- infer.c ---- */

/* Sets type[r] to what node r is found to be. 'entry', when not NULL, holds types by PARAM that edges into a loop are
** assumed to pass at most; 0: nothing is assumed. */
void zy_infer_types(const ZyHir *h, const uint16_t *entry, uint16_t *type);

/* ---- loop.c ---- */

/* A loop and the block in front of it, which ends in a JUMP to its header. */
typedef struct ZyLoop {
  ZyHir *h;
  uint32_t header, before;             /* before: 0 when there is no such block */
  uint64_t *inside;                    /* bit by block */
  ZY_VEC(uint32_t) blocks;             /* in reverse postorder */
} ZyLoop;

static inline int zy_loop_has(const ZyLoop *loop, uint32_t block) {
  return (int)(loop->inside[block >> 6] >> (block & 63) & 1);
}

/* Headers, inner loops before those around them. */
uint32_t *zy_loop_headers(ZyHir *h, uint32_t *count);

ZyLoop *zy_loop_new(ZyHir *h, uint32_t header);

/* Whether what node 'r' of the loop assumes may be assumed in front of it: the exit is there, nothing speaks against
** it, and no branch that goes one way as long as the loop runs keeps 'r' from being executed. */
int zy_loop_may_assume(const ZyLoop *loop, ZyRef r);

/* Lets 'r', which stands in front of the loop for its node 'like', exit there. */
void zy_loop_assume(const ZyLoop *loop, ZyRef r, ZyRef like);

/* Whether every round of the loop executes 'block', unless it leaves the loop before. */
int zy_loop_every_round(const ZyLoop *loop, uint32_t block);

/* ---- small things ---- */

static inline int zy_pass_is_const(const ZyHir *h, ZyRef r) { return h->nodes.v[r].op == ZY_HIR_CONST; }
static inline int zy_pass_is_int(const ZyHir *h, ZyRef r) {
  return h->nodes.v[r].op == ZY_HIR_CONST && h->nodes.v[r].type == ZY_TYPE_int;
}
static inline int zy_pass_is_num(const ZyHir *h, ZyRef r) {
  return h->nodes.v[r].op == ZY_HIR_CONST && h->nodes.v[r].type == ZY_TYPE_num;
}

/* Makes node 'r', in place, another operation: no immediate, no state, type from op.def. */
void zy_pass_rewrite(ZyHir *h, ZyRef r, ZyHirOp op, ZyRef a, ZyRef b);

/* Makes node 'r', in place, a constant: imm 0 or 1 for conditions. */
void zy_pass_constant(ZyHir *h, ZyRef r, ZyType type, int64_t imm);

/* A new node before 'at', of its bytecode. */
ZyRef zy_pass_insert(ZyHir *h, ZyRef at, ZyHirOp op, ZyRef a, ZyRef b);

#endif
