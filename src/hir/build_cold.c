/*
** build_cold.c - feedback -> which branches have never been taken.
** SPDX-License-Identifier: MIT
**
** Code that has not run where its surroundings have is left to the interpreter: what it calls or stores would
** otherwise cost the code around it what it knows of memory, and its values of unknown types the values they meet.
** Only instructions that always leave a note tell that they have run. Leaving a loop is never cold, because a loop
** that is entered by its stub is noted, and what follows it is not. When cold code is reached too often, that is noted
** at the instruction that told so.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

/* Instructions that leave a note in tiers 0 and 1, whatever they work on. */
static int always_notes(ZyInstruction i) {
  switch ((int)ZY_OP(i)) {
    case ZY_BC_GETUPVAL: case ZY_BC_GETTABUP: case ZY_BC_GETTABLE: case ZY_BC_GETI: case ZY_BC_GETFIELD:
    case ZY_BC_SETTABUP: case ZY_BC_SETTABLE: case ZY_BC_SETI: case ZY_BC_SETFIELD: case ZY_BC_SELF:
    case ZY_BC_CALL: case ZY_BC_TAILCALL: case ZY_BC_CONCAT:
      return 1;
  }
  return 0;
}

int zy_build_has_run(const ZyUnit *unit, int pc) {
  const ZyCell *cell = &unit->cells[pc];
  return cell->samples > 0 || cell->calls > 0 || cell->type != 0 || (unit->avoid != NULL && unit->avoid[pc] != 0);
}

/* The smallest loop around 'pc', as the range of its back edge; the whole when there is none. */
static void loop_around(const ZyScope *s, int pc, int *first, int *last) {
  *first = s->first;
  *last = s->last;
  for (int at = pc; at <= s->last; at++) {
    int target;
    if (!zy_bytecode_back_edge(s->unit->code[at], at, &target) || target > pc) continue;
    *first = target > s->first ? target : s->first;
    *last = at;
    return;
  }
}

/* The first instruction from 'pc' on, before anything jumps, that has never run, though it would have told so; -1 if
** there is none, or one that has run comes first. */
static int first_cold(const ZyScope *s, int pc) {
  for (; pc <= s->last; pc++) {
    int succ[2];
    if (always_notes(s->unit->code[pc])) return zy_build_has_run(s->unit, pc) ? -1 : pc;
    if (zy_flow_successors(s->unit, pc, succ) != 1 || succ[0] != pc + 1) return -1;
  }
  return -1;
}

static int has_run_around(const ZyScope *s, int first, int last) {
  for (int pc = first; pc <= last; pc++)
    if (always_notes(s->unit->code[pc]) && s->unit->cells[pc].type + s->unit->cells[pc].samples > 0) return 1;
  return 0;
}

int zy_build_cold(const ZyBuild *b, int from, int to, int other) {
  const ZyScope *s = b->scope;
  int first, last, cold;
  if (!b->speculate || s->unit->cells == NULL || to <= from) return -1;
  loop_around(s, from, &first, &last);
  if (to < first || to > last) return -1;
  cold = first_cold(s, to);
  if (cold < 0 || first_cold(s, other) >= 0) return -1;
  return has_run_around(s, first, first == s->first && last == s->last ? from : last) ? cold : -1;
}
