/*
** flow.h - control flow and liveness of bytecode.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FLOW_H
#define ZY_FLOW_H

#include "base/arena.h"
#include "profile/unit.h"

typedef struct ZyRegSet { uint64_t word[4]; } ZyRegSet;      /* registers 0 .. 255 */

static inline int zy_flow_has(const ZyRegSet *set, int reg) { return (int)(set->word[reg >> 6] >> (reg & 63) & 1); }

typedef struct ZyFlow {
  uint8_t *leader;            /* a block starts at this pc */
  ZyRegSet *live;             /* registers whose values are read at or after this pc */
} ZyFlow;

/* Analyses the unit's bytecode. */
ZyFlow zy_flow_analyse(const ZyUnit *unit, ZyArena *arena);

/* The pcs that may follow the instruction at 'pc' (0 to 2 of them): returns how many. Arithmetic is followed by
** what comes after its MMBIN, as when it succeeds. */
int zy_flow_successors(const ZyUnit *unit, int pc, int succ[2]);

#endif
