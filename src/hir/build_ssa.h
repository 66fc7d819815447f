/*
** build_ssa.h - the state of a translation from bytecode to HIR, shared by build*.c.
** SPDX-License-Identifier: MIT
**
** Registers are numbered from the base of the function being translated ('reg'); those of an inlined function follow
** its caller's, and a variable's number counts from the outermost base (scope->base + reg).
*/
#ifndef ZY_BUILD_SSA_H
#define ZY_BUILD_SSA_H

#include "hir/flow.h"
#include "hir/hir.h"
#include "vm/bytecode.h"

typedef struct ZyWaiting { uint16_t var; ZyRef param; } ZyWaiting;

/* What registers hold at the end of what is translated of a block. */
typedef struct ZyVars {
  ZyRef *def;                          /* by variable, 0: not known yet */
  int n;
  int sealed;                          /* all predecessors are known */
  ZY_VEC(ZyWaiting) waiting;           /* PARAMs that wait for that */
} ZyVars;

/* A function that is being translated: the unit, or one that is inlined in it. */
typedef struct ZyScope {
  struct ZyScope *outer;               /* its caller, NULL: it is the unit */
  struct ZyScope *from;                /* inlined: where the call is, which for a tail call is not the caller */
  const ZyUnit *unit;
  int base;                            /* variable of register 0 */
  uint32_t inlined;                    /* index in ZyHir.inlines, 0: it is the unit */
  ZyRef closure;                       /* inlined: the function */
  uint32_t join;                       /* inlined: block of the caller behind the call */
  int nresults;                        /* inlined: wanted by the caller */
  int open;                            /* inlined: all are wanted, and expected to be 'nresults' */
  int call_pc, call_reg;               /* inlined: the CALL and its register, in the caller */
  ZyFlow flow;
  int first, last, start;              /* what is translated, from where; what leads out of it exits */
  uint32_t *block_of;                  /* block that starts at a pc, 0: none yet */
  uint32_t *edges;                     /* ways to a pc whose jump is not translated yet */
  uint8_t *header;                     /* a loop starts at this pc */
  uint8_t *todo;                       /* the block at this pc is to be translated */
  uint8_t *floats;                     /* FORLOOP at this pc counts in floats */
  int next;                            /* no block before this pc is to be translated */
  int memory;                          /* all registers are kept in memory only, as captured ones are */
} ZyScope;

typedef struct ZyBuild {
  ZyHir *h;
  ZyScope *scope;
  const ZyUnit *unit;                  /* the scope's */
  ZY_VEC(ZyVars) vars;                 /* by block */
  uint32_t block;                      /* being filled */
  int pc;                              /* being translated */
  int ended;                           /* the block has its terminator */
  int speculate;                       /* feedback may be assumed to go on being true */
  int open_from;                       /* registers from this one on are an open number of values; 256: none */
  int open_one;                        /* the open number is that of one value, in the register before 'open_from' */
  int depth;                           /* of the search for a value */
  int entry_closed;                    /* the entry has its terminator */
  uint32_t entry_state;
  uint32_t state;                      /* the last one made, of ... */
  int state_pc;                        /* ... this pc, -1: it is out of date */
  uint32_t state_block;
  uint32_t inlined_nodes;              /* budget used up by inlining */
} ZyBuild;

/* ---- nodes ---- */

/* Appends a node to the current block. Leaves with TOO_LARGE when there are too many. */
ZyRef zy_build_node(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c);
ZyRef zy_build_imm(ZyBuild *b, ZyHirOp op, ZyRef a, int64_t imm);
ZyRef zy_build_exiting(ZyBuild *b, ZyHirOp op, ZyRef a, ZyRef c, int64_t imm, uint32_t state);
ZyRef zy_build_int(ZyBuild *b, int64_t i);
ZyRef zy_build_num(ZyBuild *b, double n);
ZyRef zy_build_simple(ZyBuild *b, ZyType type);                   /* nil, false, true */
ZyRef zy_build_constant(ZyBuild *b, int k);                      /* constant k of the current function */
/* Constant k of the current function in immediates (ZY_K_ in hir.h): the same for the same short string, whichever
** function it is a constant of. */
int64_t zy_build_own(const ZyBuild *b, int k);
void zy_build_set_type(ZyBuild *b, ZyRef r, ZyType type);
ZyType zy_build_type(const ZyBuild *b, ZyRef r);
int zy_build_is_single(ZyType type);                              /* one type, not more */
ZyRef zy_build_is(ZyBuild *b, ZyRef v, ZyType types);             /* condition: v is of one of these */
ZyRef zy_build_not(ZyBuild *b, ZyRef cond);

/* ---- registers ---- */

/* Whether the register is kept in memory only: it is in no state, and assigning to it is seen at once. */
int zy_build_in_memory(const ZyBuild *b, int reg);
ZyRef zy_build_read(ZyBuild *b, int reg);
/* The register's variable: its number in nodes' immediates. */
static inline int zy_build_var(const ZyBuild *b, int reg) { return b->scope->base + reg; }
/* What a node left in the register in memory, from where its variable is read until it is assigned again. */
void zy_build_take(ZyBuild *b, int reg);
void zy_build_write(ZyBuild *b, int reg, ZyRef value);
/* The same for a variable that is no captured register. */
void zy_build_define(ZyBuild *b, int var, ZyRef value);

/* ---- frame states ---- */

/* Registers as they are now, to go on at 'pc' of the current function. */
uint32_t zy_build_state(ZyBuild *b, int pc);

/* The same, also of register 'reg' .. reg + n - 1, though nobody reads them at 'pc': a call of the current
** instruction does, or what finishes it after a yield. */
uint32_t zy_build_state_with(ZyBuild *b, int pc, int reg, int n);

/* The same of only what is read at 'pc' or after it; not of named locals that nobody needs. */
uint32_t zy_build_state_live(ZyBuild *b, int pc);

/* ---- assumptions ---- */

/* The assumptions 'what' (ZY_AVOID_) failed too often at the current pc. */
int zy_build_avoids(const ZyBuild *b, int what);

/* Feedback of the current pc, or NULL when none is to be used. */
const ZyCell *zy_build_cell(const ZyBuild *b);

/* Of these types, one that pays being assumed; or 0. */
ZyType zy_build_worth(ZyType seen);

/* 'v', which is of 'type' from here on; else exit to the current pc. */
ZyRef zy_build_guard_type(ZyBuild *b, ZyRef v, ZyType type);

/* Exit to the current pc unless 'cond' holds. */
void zy_build_guard(ZyBuild *b, ZyRef cond);

/* As these two, but goes to block 'slow' instead, unless that is 0. */
ZyRef zy_build_check_type(ZyBuild *b, ZyRef v, ZyType type, uint32_t slow);
void zy_build_check(ZyBuild *b, ZyRef cond, uint32_t slow);

/* The current instruction's result 'v' that came from memory: noted, or guarded to be of the types seen before,
** else exit to 'pc', where register 'dest' is to hold it. Written to 'dest'. */
void zy_build_give(ZyBuild *b, int dest, ZyRef v, int pc);

/* ---- blocks ---- */

/* Empty, with predecessors still to come until it is sealed. */
uint32_t zy_build_new_block(ZyBuild *b, int pc);
void zy_build_seal(ZyBuild *b, uint32_t block);
/* Goes on at the end of 'block'. */
void zy_build_enter(ZyBuild *b, uint32_t block);
/* Ends the block, to 'to[0]' when 'cond' holds, else to 'to[1]': new ones. */
void zy_build_split(ZyBuild *b, ZyRef cond, uint32_t to[2]);
/* Ends the current block with a JUMP to 'block'; returns the JUMP. */
ZyRef zy_build_go(ZyBuild *b, uint32_t block);
/* Goes on where two blocks join, which have not ended: gives the value that is value[i] when coming from from[i]. */
ZyRef zy_build_merge(ZyBuild *b, const uint32_t from[2], const ZyRef value[2]);
/* Ends the block: to the interpreter at 'pc'. */
void zy_build_exit(ZyBuild *b, int pc, int reason);
/* Ends the block: to the block at 'pc', or out when that is not translated. */
void zy_build_jump(ZyBuild *b, int pc);
/* The same by the jump at 'from': counts and polls when it goes back. */
void zy_build_jump_from(ZyBuild *b, int from, int pc);
/* Reads all that is needed at 'pc', where the current block starts: no search for a value goes far. */
void zy_build_read_live(ZyBuild *b, int pc);

#endif
