/*
** hir.h - the typed SSA graph.
** SPDX-License-Identifier: MIT
**
** Blocks hold a list of nodes; the last node of each block is its terminator. Values flow between
** blocks through block parameters: edge i of a block passes succ[i].args, one for each PARAM of the
** target. A node that may leave carries a frame state: the pc to go on at and, for registers, the
** values they hold there. Registers that no state names are already right in memory.
**
** Types are sets (bits of type.def). A value whose set is exactly {int} is kept unboxed in an integer
** register, exactly {num} in a float register; all other values are a payload and a tag.
** 'cond' and 'ptr' are machine values: they are in no frame state, and no block parameter.
**
** A captured register (ZyUnit.captured) lives in memory only: it is read and written by LOAD_REG and
** STORE_REG where it is used and is in no frame state.
**
** A node with effect ALL stores the registers of its state before it acts, because what it calls may
** look at them; after it, memory and state agree. Its own results are in memory, too.
*/
#ifndef ZY_HIR_H
#define ZY_HIR_H

#include "base/arena.h"
#include "profile/unit.h"

typedef uint32_t ZyRef;                /* a node's number; 0 is no node */
typedef uint32_t ZyType;               /* set of type bits */

enum {
#define ZY_TYPE(name, tag) ZY_TYPE_BIT_##name,
#include "hir/type.def"
#undef ZY_TYPE
  ZY_TYPE_BITS
};
enum {
#define ZY_TYPE(name, tag) ZY_TYPE_##name = 1 << ZY_TYPE_BIT_##name,
#include "hir/type.def"
#undef ZY_TYPE
  ZY_TYPE_NONE = 0,
  ZY_TYPE_NODE = 0,                    /* in op.def: the node says */
  ZY_TYPE_ANY = ZY_TYPE_cond - 1,
  ZY_TYPE_INT = ZY_TYPE_int, ZY_TYPE_NUM = ZY_TYPE_num, ZY_TYPE_COND = ZY_TYPE_cond, ZY_TYPE_PTR = ZY_TYPE_ptr,
  ZY_TYPE_TABLE = ZY_TYPE_table,
  ZY_TYPE_BOOL = ZY_TYPE_false | ZY_TYPE_true,
  ZY_TYPE_NUMBER = ZY_TYPE_int | ZY_TYPE_num,
  ZY_TYPE_STRING = ZY_TYPE_str | ZY_TYPE_lstr,
  ZY_TYPE_GC = ZY_TYPE_str | ZY_TYPE_lstr | ZY_TYPE_table | ZY_TYPE_luafn | ZY_TYPE_cclosure | ZY_TYPE_udata | ZY_TYPE_thread
};

enum {                                 /* effects */
  ZY_EFFECT_NONE = 0,
  ZY_EFFECT_READ_REGS = 1, ZY_EFFECT_WRITE_REGS = 2,         /* captured registers in the frame */
  ZY_EFFECT_READ_SHAPE = 4, ZY_EFFECT_WRITE_SHAPE = 8,       /* array and node vectors, keys, limits, metatables */
  ZY_EFFECT_READ_VALUES = 16, ZY_EFFECT_WRITE_VALUES = 32,   /* values in tables */
  ZY_EFFECT_READ_TABLES = 4 | 16,
  ZY_EFFECT_READ_UPVALS = 64, ZY_EFFECT_WRITE_UPVALS = 128,  /* may be captured registers of this frame, too */
  ZY_EFFECT_WRITE_GC = 256,            /* allocates or marks: keep, in order; touches none of the above */
  ZY_EFFECT_PROFILE = 512,             /* keep */
  ZY_EFFECT_POLL = 1024,               /* keep */
  ZY_EFFECT_CONTROL = 2048,            /* terminator */
  ZY_EFFECT_ALL = 511 | 4096           /* calls: reads and writes everything, flushes its state */
};

typedef enum ZyHirOp {
  ZY_HIR_NONE,
#define ZY_HIR(name, nops, type, effect, exits, imm, text) ZY_HIR_##name,
#include "hir/op.def"
#undef ZY_HIR
  ZY_HIR_COUNT_
} ZyHirOp;

/* Operators of ARITH, in Lua's order (LUA_OPADD ...). Unary ones have b == a. */
typedef enum ZyArith {
  ZY_ARITH_ADD, ZY_ARITH_SUB, ZY_ARITH_MUL, ZY_ARITH_MOD, ZY_ARITH_POW, ZY_ARITH_DIV, ZY_ARITH_IDIV,
  ZY_ARITH_BAND, ZY_ARITH_BOR, ZY_ARITH_BXOR, ZY_ARITH_SHL, ZY_ARITH_SHR, ZY_ARITH_UNM, ZY_ARITH_BNOT
} ZyArith;

/* imm of CALL: register | nargs + 1 << 8 (0: up to the top) | nresults + 1 << 16 (0: all, sets the top). */
#define ZY_CALL_REG(imm)      ((int)((imm) & 255))
/* Of SET_LIST. */
#define ZY_LIST_COUNT(imm)    ((int)((imm) >> 8 & 0xffff) - 1)
#define ZY_LIST_FROM(imm)     ((imm) >> 32)
#define ZY_CALL_NARGS(imm)    ((int)((imm) >> 8 & 255) - 1)
#define ZY_CALL_NRESULTS(imm) ((int)((imm) >> 16 & 255) - 1)
#define ZY_CALL_CALLEE(imm)   ((int)((imm) >> 32))
/* Of CALL_LUA with all results: there is one, or native code leaves behind the call. */
#define ZY_CALL_ONE           (1 << 24)

/* Of NEW_TABLE: sizes. */
#define ZY_TABLE_ARRAY(imm)   ((imm) >> 8 & 0xffffff)
#define ZY_TABLE_HASH(imm)    ((imm) >> 32)

/* imm of KCONST, FIELD_PUT, FIELD_SLOT and FIELD_FIND: number of the constant | callee + 1 << 32, of the function itself
** when that is 0. Of the last two also << 40: the place where the field is expected (ZyCell.place), 0: nothing is known. Of
** FIELD_FIND also << 56: the place of "__index" in the metatable, when the field is expected in the table there. */
#define ZY_K_INDEX(imm)       ((imm) & 0xffffffff)
#define ZY_K_CALLEE(imm)      ((int)((imm) >> 32 & 255) - 1)
#define ZY_K_KEY(imm)         ((imm) & 0xffffffffff)
#define ZY_K_PLACE(imm)       ((int)((imm) >> 40 & 0xffff))
#define ZY_K_EVENT_PLACE(imm) ((int)((imm) >> 56 & 0xff))

typedef struct ZyNode_ {
  uint8_t op;                          /* ZyHirOp */
  uint8_t hoisted;                     /* assumed in front of a loop, by a pass, for a node of bytecode pc in it */
  uint16_t type;                       /* ZyType of the result; 0: none */
  uint32_t block;
  ZyRef ops[3];
  uint32_t state;                      /* index in ZyHir.states, 0: none */
  int32_t pc;                          /* bytecode it comes from */
  union { int64_t imm; double num; };
  ZyRef prev, next;                    /* in the block; 0 at the ends */
} ZyHirNode;

typedef struct ZyStateReg { uint16_t reg; ZyRef value; } ZyStateReg;

/* Registers of an inlined function follow its caller's: reg counts from the outermost frame's base. */
typedef struct ZyFrameState {
  int32_t pc;                          /* to go on at, in the innermost inlined function */
  uint32_t first, count;               /* range of ZyHir.regs, by ascending reg */
  uint32_t inlined;                    /* index in ZyHir.inlines of the innermost function, 0: not inlined */
} ZyFrameState;

/* A call whose callee was translated in place. */
typedef struct ZyInline {
  uint32_t outer;                      /* index of the caller's ZyInline, 0: the unit itself */
  int32_t callee;                      /* index in the unit's callees */
  int32_t pc;                          /* of the CALL in the caller */
  uint16_t base;                       /* callee's register 0, from the outermost base */
  int16_t nresults;
  uint8_t tail;                        /* it was tail-called by what was inlined there before */
} ZyInline;

typedef struct ZyEdge {
  uint32_t block;                      /* 0: none */
  ZY_VEC(ZyRef) args;
} ZyEdge;

typedef struct ZyBlock {
  ZyRef first, last;                   /* nodes; PARAMs come first, in order of their imm */
  uint32_t nparams;
  ZyEdge succ[2];
  ZY_VEC(uint32_t) preds;              /* a predecessor with two edges here appears twice */
  int32_t pc;                          /* first bytecode */
  uint32_t idom, depth;                /* by zy_dom_run: immediate dominator, loop nesting depth */
  uint32_t loop;                       /* by zy_dom_run: header of the innermost loop around it, 0: none */
  uint32_t order;                      /* by zy_dom_run: position in reverse postorder, from 1; 0: unreachable */
} ZyBlock;

typedef struct ZyHir {
  ZyArena *arena;
  const ZyUnit *unit;                  /* NULL for functions read from text */
  ZY_VEC(ZyHirNode) nodes;             /* [0] unused */
  ZY_VEC(ZyBlock) blocks;              /* [0] unused, [1] the entry, which has no predecessors */
  ZY_VEC(ZyFrameState) states;         /* [0] unused */
  ZY_VEC(ZyStateReg) regs;
  ZY_VEC(ZyInline) inlines;            /* [0] unused */
  ZY_VEC(uint32_t) order;              /* by zy_dom_run: reachable blocks in reverse postorder */
  int nregs;                           /* registers a state may name */
  const char *name;                    /* of a function read from text; NULL: the unit's */
} ZyHir;

/* The constant that 'k', in the form of KCONST's immediate, names; NULL without a unit. */
const ZyConst *zy_hir_constant(const ZyHir *h, int64_t k);

/* The unit of the function that 'state' (0: none) is in; NULL without one. */
const ZyUnit *zy_hir_unit_of(const ZyHir *h, uint32_t state);

/* Whether node 'r' takes values up to L->top, or leaves them. */
int zy_hir_takes_open(const ZyHir *h, ZyRef r);
int zy_hir_leaves_open(const ZyHir *h, ZyRef r);

/* Facts of op.def. */
const char *zy_hir_name(ZyHirOp op);         /* lower case */
int zy_hir_nops(ZyHirOp op);
uint32_t zy_hir_effect(ZyHirOp op);
int zy_hir_exits(ZyHirOp op);
ZyType zy_hir_type(ZyHirOp op);              /* 0: none or the node's own */

static inline ZyHirNode *zy_hir_node(const ZyHir *h, ZyRef r) { return &h->nodes.v[r]; }
static inline ZyBlock *zy_hir_block(const ZyHir *h, uint32_t b) { return &h->blocks.v[b]; }
static inline ZyType zy_hir_type_of(const ZyHir *h, ZyRef r) { return h->nodes.v[r].type; }

ZyHir *zy_hir_new(ZyArena *arena, const ZyUnit *unit);
uint32_t zy_hir_new_block(ZyHir *h, int32_t pc);

/* A node that is in no block yet; result type from op.def. */
ZyRef zy_hir_new_node(ZyHir *h, ZyHirOp op, ZyRef a, ZyRef b);

/* Puts 'r' at the end of 'block', or before or after the node 'at' (in at's block). */
void zy_hir_append(ZyHir *h, uint32_t block, ZyRef r);
void zy_hir_insert_before(ZyHir *h, ZyRef at, ZyRef r);
void zy_hir_insert_after(ZyHir *h, ZyRef at, ZyRef r);
/* Takes 'r' out of its block. */
void zy_hir_remove(ZyHir *h, ZyRef r);

/* Adds edge number 'i' of 'from' to 'to'. */
void zy_hir_link(ZyHir *h, uint32_t from, int i, uint32_t to);
/* Takes away edge number 'i' of 'from' and the predecessor entry in its target. */
void zy_hir_unlink(ZyHir *h, uint32_t from, int i);

/* Replaces uses: map[r] != 0 is what stands for node r from now on (chains are followed). 'map' has
** h->nodes.n entries. Rewrites operands, edge arguments and frame states. */
void zy_hir_replace(ZyHir *h, ZyRef *map);

#endif
