/*
** unit.h - an immutable snapshot of a function: all that a compilation sees.
** SPDX-License-Identifier: MIT
**
** Frozen on the thread that runs the Lua state, read by one worker, freed there. Nothing in it is in the
** Lua heap; callees' prototypes are addresses to compare with. Bytecode is in attached numbering with displaced instructions put back and the
** prologue JMP made a jump to the next instruction, so an exit's pc needs no translation.
*/
#ifndef ZY_UNIT_H
#define ZY_UNIT_H

#include <stdint.h>
#include "profile/function.h"

/* How the parameters of a function are passed to its direct entry (lir/lower_direct.c): their number << 28, and for
** parameter i at 4 * i: 0 payload and tag, else the payload alone of a value of type number - 1. */
#define ZY_SIGNATURE_NONE       UINT32_MAX
#define ZY_SIGNATURE_TYPE(s, i) ((s) >> (4 * (i)) & 15 ? (ZyType)1 << (((s) >> (4 * (i)) & 15) - 1) : (ZyType)ZY_TYPE_ANY)
enum { ZY_SIGNATURE_MOST = 7 };

enum { ZY_INLINE_MOST = 3 };  /* inlined calls in each other */

typedef struct ZyConst {
  uint8_t tag;                /* ZY_TAG_ of the constant */
  int64_t i;                  /* ZY_TAG_INT */
  double n;                   /* ZY_TAG_NUM */
  char *text;                 /* strings: the first bytes: of short ones all */
  uint32_t length;            /* strings: of 'text' */
} ZyConst;

struct ZyUnit;

/* A function that code of the unit may call or inline.
**
** There is one table for a unit and all units inlined in it, each function in it once: a nested unit's 'callees' is
** the same array, so an index means the same in any of them, in exits, and in ZyCode.callee. A call is looked up by
** the id in its cell. What units stand for may call itself, or each other: who inlines them has to stop somewhere. For
** the unit's own function 'unit' is the unit itself. */
typedef struct ZyCallee {
  uint32_t id;                /* ZyFunction.id */
  ZyFunction *fn;             /* referenced */
  ZyProto *proto;             /* never followed; kept alive by the prototype of the unit's function */
  uint8_t numparams, is_vararg, maxstack;
  uint8_t returns_one;        /* each of its returns gives one value, as far as one can see */
  int16_t head;
  uint32_t signature;         /* of its code; what it will be when there is none yet */
  struct ZyUnit *unit;        /* snapshot to inline, or NULL */
} ZyCallee;

typedef struct ZyUnit {
  uint32_t id;                /* ZyFunction.id */
  char *name;                 /* "file.lua:12" */
  int32_t ncode;
  int16_t head;               /* prologue index; -1 when not attached (live OSR) */
  uint8_t numparams, is_vararg, maxstack, nupvalues;
  uint8_t tier;               /* 0..2 to compile for */
  uint32_t signature;         /* of the direct entry that the code is to have */
  const ZyInstruction *bytecode;       /* addresses of the original code and of its constants, never followed */
  const ZyValue *constants;
  uint8_t profile;            /* code records feedback and counts */
  uint8_t count_blocks;
  int32_t entry;              /* pc of the back edge to enter at, or -1: the function's start */
  int32_t stub_index;         /* index of the entry in ZyFunction.stub */
  uint32_t stress_exits;      /* leave at every n-th guard; 0 never */
  ZyInstruction *code;
  int32_t *line;              /* of each instruction; 0: not known */
  uint8_t *nactive;           /* named locals in scope at each pc: registers 0 .. nactive-1 */
  ZyCell *cells;              /* feedback, or NULL: one per instruction, then ZY_CELL_REGS for the parameters */
  uint8_t *avoid;             /* ZY_AVOID_ bits, or NULL */
  uint16_t *entry_types;      /* of all 256 registers: types in them at the entry when it was requested, 0: not
                                 known; or NULL */
  ZyConst *k;
  int32_t nk;
  uint8_t captured[32];       /* bit r: a closure defined here captures register r */
  ZyCallee *callees;          /* the outermost unit's table */
  int32_t ncallees;
} ZyUnit;

/* The type that a value is assumed to be of when 'seen' is what there was: a guard pays when it leaves one
** representation that something is faster for. Nil and booleans say little and change soon. 0: none. */
uint16_t zy_unit_worth(uint16_t seen);

/* The signature of a function whose parameters' feedback is at 'cells' (NULL: none), when its types may be assumed
** ('types'). */
uint32_t zy_unit_signature(const ZyCell *cells, int types, int numparams, int is_vararg);

/* Frees the outermost unit, with its callees and what is nested in it. Any thread. */
void zy_unit_free(ZyUnit *unit);

static inline int zy_unit_captured(const ZyUnit *unit, int reg) { return unit->captured[reg >> 3] >> (reg & 7) & 1; }

#endif
