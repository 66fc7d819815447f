/*
** flow.c - bytecode -> leaders, successors and live registers of each instruction.
** SPDX-License-Identifier: MIT
**
** Liveness decides which registers an exit must store, so it errs on the side of too many: a call
** or return with an open number of values reads every register from its first one on.
*/
#include "hir/flow.h"

#include <string.h>

#include "vm/bytecode.h"

static void add(ZyRegSet *set, int reg) { set->word[reg >> 6] |= (uint64_t)1 << (reg & 63); }

static void add_range(ZyRegSet *set, int from, int to) {
  for (int r = from; r <= to && r < 256; r++) add(set, r);
}

int zy_flow_successors(const ZyUnit *unit, int pc, int succ[2]) {
  ZyInstruction i = unit->code[pc];
  switch (ZY_OP(i)) {
    case ZY_BC_JMP: succ[0] = pc + 1 + ZY_SJ(i); return 1;
    case ZY_BC_LFALSESKIP: succ[0] = pc + 2; return 1;
    case ZY_BC_FORLOOP: case ZY_BC_TFORLOOP:
      succ[0] = pc + 1 - ZY_BX(i);
      succ[1] = pc + 1;
      return 2;
    case ZY_BC_FORPREP:
      succ[0] = pc + 1;
      succ[1] = pc + 2 + ZY_BX(i);
      return 2;
    case ZY_BC_TFORPREP: succ[0] = pc + 1 + ZY_BX(i); return 1;
    case ZY_BC_EQ: case ZY_BC_LT: case ZY_BC_LE: case ZY_BC_EQK: case ZY_BC_EQI: case ZY_BC_LTI:
    case ZY_BC_LEI: case ZY_BC_GTI: case ZY_BC_GEI: case ZY_BC_TEST: case ZY_BC_TESTSET:
      succ[0] = pc + 2;                      /* the condition fails: skip the jump that follows */
      succ[1] = pc + 2 + ZY_SJ(unit->code[pc + 1]);
      return 2;
    case ZY_BC_RETURN: case ZY_BC_RETURN0: case ZY_BC_RETURN1: return 0;
    case ZY_BC_ADDI: case ZY_BC_ADDK: case ZY_BC_SUBK: case ZY_BC_MULK: case ZY_BC_MODK: case ZY_BC_POWK:
    case ZY_BC_DIVK: case ZY_BC_IDIVK: case ZY_BC_BANDK: case ZY_BC_BORK: case ZY_BC_BXORK: case ZY_BC_SHRI:
    case ZY_BC_SHLI: case ZY_BC_ADD: case ZY_BC_SUB: case ZY_BC_MUL: case ZY_BC_MOD: case ZY_BC_POW:
    case ZY_BC_DIV: case ZY_BC_IDIV: case ZY_BC_BAND: case ZY_BC_BOR: case ZY_BC_BXOR: case ZY_BC_SHL:
    case ZY_BC_SHR: case ZY_BC_LOADKX:
      succ[0] = pc + 2;
      return 1;
    case ZY_BC_NEWTABLE: succ[0] = pc + 2; return 1;
    case ZY_BC_SETLIST: succ[0] = pc + 1 + ZY_K(i); return 1;
    case ZY_BC_MOVE: case ZY_BC_LOADI: case ZY_BC_LOADF: case ZY_BC_LOADK: case ZY_BC_LOADFALSE:
    case ZY_BC_LOADTRUE: case ZY_BC_LOADNIL: case ZY_BC_GETUPVAL: case ZY_BC_SETUPVAL: case ZY_BC_GETTABUP:
    case ZY_BC_GETTABLE: case ZY_BC_GETI: case ZY_BC_GETFIELD: case ZY_BC_SETTABUP: case ZY_BC_SETTABLE:
    case ZY_BC_SETI: case ZY_BC_SETFIELD: case ZY_BC_SELF: case ZY_BC_MMBIN: case ZY_BC_MMBINI:
    case ZY_BC_MMBINK: case ZY_BC_UNM: case ZY_BC_BNOT: case ZY_BC_NOT: case ZY_BC_LEN: case ZY_BC_CONCAT:
    case ZY_BC_CLOSE: case ZY_BC_TBC: case ZY_BC_CALL: case ZY_BC_TAILCALL: case ZY_BC_TFORCALL:
    case ZY_BC_CLOSURE: case ZY_BC_VARARG: case ZY_BC_VARARGPREP: case ZY_BC_EXTRAARG: case ZY_BC_COUNT:
      break;
  }
  succ[0] = pc + 1;
  return 1;
}

/* Registers that the instruction reads and those it overwrites wherever it goes on. */
static void effects(ZyInstruction i, ZyRegSet *use, ZyRegSet *def) {
  int a = ZY_A(i), b = ZY_B(i), c = ZY_C(i), k = ZY_K(i);
  memset(use, 0, sizeof *use);
  memset(def, 0, sizeof *def);
  switch (ZY_OP(i)) {
    case ZY_BC_MOVE: case ZY_BC_UNM: case ZY_BC_BNOT: case ZY_BC_NOT: case ZY_BC_LEN: case ZY_BC_GETFIELD:
    case ZY_BC_GETI: case ZY_BC_ADDI: case ZY_BC_ADDK: case ZY_BC_SUBK: case ZY_BC_MULK: case ZY_BC_MODK:
    case ZY_BC_POWK: case ZY_BC_DIVK: case ZY_BC_IDIVK: case ZY_BC_BANDK: case ZY_BC_BORK: case ZY_BC_BXORK:
    case ZY_BC_SHRI: case ZY_BC_SHLI:
      add(use, b);
      add(def, a);
      break;
    case ZY_BC_LOADI: case ZY_BC_LOADF: case ZY_BC_LOADK: case ZY_BC_LOADKX: case ZY_BC_LOADFALSE:
    case ZY_BC_LFALSESKIP: case ZY_BC_LOADTRUE: case ZY_BC_GETUPVAL: case ZY_BC_GETTABUP: case ZY_BC_NEWTABLE:
    case ZY_BC_CLOSURE:
      add(def, a);
      break;
    case ZY_BC_LOADNIL: add_range(def, a, a + b); break;
    case ZY_BC_SETUPVAL: case ZY_BC_TBC: case ZY_BC_RETURN1: case ZY_BC_EQK: case ZY_BC_EQI: case ZY_BC_LTI:
    case ZY_BC_LEI: case ZY_BC_GTI: case ZY_BC_GEI: case ZY_BC_TEST: case ZY_BC_MMBINI: case ZY_BC_MMBINK:
      add(use, a);
      break;
    case ZY_BC_GETTABLE: case ZY_BC_ADD: case ZY_BC_SUB: case ZY_BC_MUL: case ZY_BC_MOD: case ZY_BC_POW:
    case ZY_BC_DIV: case ZY_BC_IDIV: case ZY_BC_BAND: case ZY_BC_BOR: case ZY_BC_BXOR: case ZY_BC_SHL:
    case ZY_BC_SHR:
      add(use, b);
      add(use, c);
      add(def, a);
      break;
    case ZY_BC_SETTABUP:
      if (!k) add(use, c);
      break;
    case ZY_BC_SETTABLE: add(use, b);          /* fall through */
    case ZY_BC_SETI: case ZY_BC_SETFIELD:
      add(use, a);
      if (!k) add(use, c);
      break;
    case ZY_BC_SELF:
      add(use, b);
      if (!k) add(use, c);
      add_range(def, a, a + 1);
      break;
    case ZY_BC_MMBIN: case ZY_BC_EQ: case ZY_BC_LT: case ZY_BC_LE:
      add(use, a);
      add(use, b);
      break;
    case ZY_BC_TESTSET: add(use, b); break;
    case ZY_BC_CONCAT:
      add_range(use, a, a + b - 1);
      add(def, a);
      break;
    case ZY_BC_CALL: case ZY_BC_TAILCALL:
      add_range(use, a, b == 0 ? 255 : a + b - 1);
      add_range(def, a, 255);
      break;
    case ZY_BC_RETURN: add_range(use, a, b == 0 ? 255 : a + b - 2); break;
    case ZY_BC_FORLOOP: add_range(use, a, a + 2); break;
    case ZY_BC_FORPREP: add_range(use, a, a + 2); break;
    case ZY_BC_TFORPREP: add_range(use, a, a + 3); break;
    case ZY_BC_TFORCALL:
      add_range(use, a, a + 3);
      add_range(def, a + 4, 255);
      break;
    case ZY_BC_TFORLOOP:
      add_range(use, a, a + 1);
      add_range(use, a + 3, a + 4);
      break;
    case ZY_BC_SETLIST: add_range(use, a, b == 0 ? 255 : a + b); break;
    case ZY_BC_VARARG: add_range(def, a, c == 0 ? 255 : a + c - 2); break;
    case ZY_BC_JMP: case ZY_BC_CLOSE: case ZY_BC_RETURN0: case ZY_BC_VARARGPREP: case ZY_BC_EXTRAARG:
    case ZY_BC_COUNT:
      break;
  }
}

/* The register that the instruction overwrites when it goes on at its successor number 's'; -1: none. */
static int set_on_way(ZyInstruction i, int s) {
  switch ((int)ZY_OP(i)) {
    case ZY_BC_TESTSET: return s == 1 ? ZY_A(i) : -1;
    case ZY_BC_FORPREP: case ZY_BC_FORLOOP: return s == 0 ? ZY_A(i) + 3 : -1;
    case ZY_BC_TFORLOOP: return s == 0 ? ZY_A(i) + 2 : -1;
  }
  return -1;
}

/* Goes elsewhere, and not only behind what belongs to the instruction. */
static int jumps(ZyInstruction i) {
  return ZY_OP(i) == ZY_BC_JMP || ZY_OP(i) == ZY_BC_LFALSESKIP || ZY_OP(i) == ZY_BC_TFORPREP;
}

ZyFlow zy_flow_analyse(const ZyUnit *unit, ZyArena *arena) {
  int n = unit->ncode, changed, succ[2];
  ZyFlow flow = { ZY_NEWN(arena, uint8_t, n + 1), ZY_NEWN(arena, ZyRegSet, n + 1) };
  for (int pc = 0; pc < n; pc++) {
    int count = zy_flow_successors(unit, pc, succ);
    for (int s = 0; s < count; s++)
      if ((count == 2 || jumps(unit->code[pc])) && succ[s] <= n) flow.leader[succ[s]] = 1;
    if (count != 1 && pc + 1 < n) flow.leader[pc + 1] = 1;
  }
  do {
    changed = 0;
    for (int pc = n - 1; pc >= 0; pc--) {
      ZyRegSet use, def, live = { { 0 } };
      int count = zy_flow_successors(unit, pc, succ);
      effects(unit->code[pc], &use, &def);
      for (int s = 0; s < count; s++) {
        ZyRegSet after = flow.live[succ[s] <= n ? succ[s] : n];
        int set = set_on_way(unit->code[pc], s);
        if (set >= 0) after.word[set >> 6] &= ~((uint64_t)1 << (set & 63));
        for (int w = 0; w < 4; w++) live.word[w] |= after.word[w];
      }
      for (int w = 0; w < 4; w++) {
        live.word[w] = (live.word[w] & ~def.word[w]) | use.word[w];
        if (live.word[w] != flow.live[pc].word[w]) changed = 1;
      }
      flow.live[pc] = live;
    }
  } while (changed);
  return flow;
}
