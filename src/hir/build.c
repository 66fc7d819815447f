/*
** build.c - bytecode -> HIR.
** SPDX-License-Identifier: MIT
**
** One pass over the bytecode, block by block, lowest first; build_ssa.c makes values of registers on the way.
** Speculation happens here and only here: where feedback has seen one kind of value, table access or callee, a guard is
** inserted and the fast form used; passes then only derive. An assumption that failed too often at an instruction
** (ZyUnit.avoid) is not made there again.
**
** Native code may stop before any instruction and let the interpreter go on with it: what an instruction cannot do
** here ends the block with an EXIT. docs/opcodes.md tells how each opcode is translated.
**
** Requires a unit with well-formed bytecode. Runs on a worker.
*/
#include "hir/build.h"

#include "hir/build_parts.h"
#include "lir/native.h"

enum { MAX_WIDTH = 8000, MAX_WIDTH_SPECIAL = 200000 };       /* registers named by states, about */


/* ---- instructions ------------------------------------------------------------ */

static ZyRef read_or_constant(ZyBuild *b, ZyInstruction i) {
  return ZY_K(i) ? zy_build_constant(b, ZY_C(i)) : zy_build_read(b, ZY_C(i));
}

static void arith_registers(ZyBuild *b, ZyInstruction i, ZyArith op) {
  ZyRef x = zy_build_read(b, ZY_B(i)), y = zy_build_read(b, ZY_C(i));
  zy_build_arith(b, op, ZY_A(i), x, y);
}

static void arith_constant(ZyBuild *b, ZyInstruction i, ZyArith op) {
  ZyRef x = zy_build_read(b, ZY_B(i));
  zy_build_arith(b, op, ZY_A(i), x, zy_build_constant(b, ZY_C(i)));
}

/* Register and immediate, in this order or flipped. */
static void arith_immediate(ZyBuild *b, ZyInstruction i, ZyArith op, int flip) {
  ZyRef x = zy_build_read(b, ZY_B(i)), y = zy_build_int(b, ZY_SC(i));
  zy_build_arith(b, op, ZY_A(i), flip ? y : x, flip ? x : y);
}

static void compare_registers(ZyBuild *b, ZyInstruction i, ZyHirOp op) {
  ZyRef x = zy_build_read(b, ZY_A(i)), y = zy_build_read(b, ZY_B(i));
  zy_build_compare(b, op, x, y);
}

static void compare_immediate(ZyBuild *b, ZyInstruction i, ZyHirOp op, int flip) {
  ZyRef x = zy_build_read(b, ZY_A(i)), y;
  /* a metamethod is given what the script has */
  y = ZY_C(i) && zy_build_avoids(b, ZY_AVOID_PLAIN) ? zy_build_num(b, ZY_SB(i)) : zy_build_int(b, ZY_SB(i));
  zy_build_compare(b, op, flip ? y : x, flip ? x : y);
}

static ZyRef upvalue(ZyBuild *b, int i) {
  if (b->scope->inlined == 0) return zy_build_imm(b, ZY_HIR_UPVAL_GET, 0, i);
  return zy_build_imm(b, ZY_HIR_UPVAL_OF, b->scope->closure, i);
}

static void set_upvalue(ZyBuild *b, int i, ZyRef v) {
  ZyRef r;
  if (b->scope->inlined == 0) zy_build_imm(b, ZY_HIR_UPVAL_SET, v, i);
  else {
    r = zy_build_node(b, ZY_HIR_UPVAL_SET_OF, v, b->scope->closure);
    b->h->nodes.v[r].imm = i;
  }
}

static void instruction(ZyBuild *b) {
  ZyInstruction i = b->unit->code[b->pc];
  int a = ZY_A(i), pc = b->pc;
  ZyRef v, w;
  switch (ZY_OP(i)) {
    case ZY_BC_MOVE: zy_build_write(b, a, zy_build_read(b, ZY_B(i))); break;
    case ZY_BC_LOADI: zy_build_write(b, a, zy_build_int(b, ZY_SBX(i))); break;
    case ZY_BC_LOADF: zy_build_write(b, a, zy_build_num(b, ZY_SBX(i))); break;
    case ZY_BC_LOADK: zy_build_write(b, a, zy_build_constant(b, ZY_BX(i))); break;
    case ZY_BC_LOADKX: zy_build_write(b, a, zy_build_constant(b, ZY_AX(b->unit->code[pc + 1]))); break;
    case ZY_BC_LOADFALSE: case ZY_BC_LFALSESKIP: zy_build_write(b, a, zy_build_simple(b, ZY_TYPE_false)); break;
    case ZY_BC_LOADTRUE: zy_build_write(b, a, zy_build_simple(b, ZY_TYPE_true)); break;
    case ZY_BC_LOADNIL:
      v = zy_build_simple(b, ZY_TYPE_nil);
      for (int r = a; r <= a + ZY_B(i); r++) zy_build_write(b, r, v);
      break;
    case ZY_BC_GETUPVAL: zy_build_give(b, a, upvalue(b, ZY_B(i)), pc); break;
    case ZY_BC_SETUPVAL: set_upvalue(b, ZY_B(i), zy_build_read(b, a)); break;
    case ZY_BC_GETTABUP: zy_build_field_get(b, upvalue(b, ZY_B(i)), ZY_C(i), a); break;
    case ZY_BC_GETTABLE:
      v = zy_build_read(b, ZY_B(i));
      zy_build_get(b, v, zy_build_read(b, ZY_C(i)), a);
      break;
    case ZY_BC_GETI:
      v = zy_build_read(b, ZY_B(i));
      zy_build_get(b, v, zy_build_int(b, ZY_C(i)), a);
      break;
    case ZY_BC_GETFIELD: zy_build_field_get(b, zy_build_read(b, ZY_B(i)), ZY_C(i), a); break;
    case ZY_BC_SETTABUP:
      v = upvalue(b, a);
      zy_build_field_set(b, v, ZY_B(i), read_or_constant(b, i));
      break;
    case ZY_BC_SETTABLE:
      v = zy_build_read(b, a);
      w = zy_build_read(b, ZY_B(i));
      zy_build_set(b, v, w, read_or_constant(b, i));
      break;
    case ZY_BC_SETI:
      v = zy_build_read(b, a);
      w = zy_build_int(b, ZY_B(i));
      zy_build_set(b, v, w, read_or_constant(b, i));
      break;
    case ZY_BC_SETFIELD:
      v = zy_build_read(b, a);
      zy_build_field_set(b, v, ZY_B(i), read_or_constant(b, i));
      break;
    case ZY_BC_NEWTABLE: zy_build_new_table(b, i); break;
    case ZY_BC_SELF:
      v = zy_build_read(b, ZY_B(i));
      zy_build_self(b, v, ZY_C(i), ZY_K(i) ? 0 : zy_build_read(b, ZY_C(i)), a);
      break;
    case ZY_BC_ADDI: arith_immediate(b, i, ZY_ARITH_ADD, 0); break;
    case ZY_BC_SHRI: arith_immediate(b, i, ZY_ARITH_SHR, 0); break;
    case ZY_BC_SHLI: arith_immediate(b, i, ZY_ARITH_SHL, 1); break;
    case ZY_BC_ADDK: arith_constant(b, i, ZY_ARITH_ADD); break;
    case ZY_BC_SUBK: arith_constant(b, i, ZY_ARITH_SUB); break;
    case ZY_BC_MULK: arith_constant(b, i, ZY_ARITH_MUL); break;
    case ZY_BC_MODK: arith_constant(b, i, ZY_ARITH_MOD); break;
    case ZY_BC_POWK: arith_constant(b, i, ZY_ARITH_POW); break;
    case ZY_BC_DIVK: arith_constant(b, i, ZY_ARITH_DIV); break;
    case ZY_BC_IDIVK: arith_constant(b, i, ZY_ARITH_IDIV); break;
    case ZY_BC_BANDK: arith_constant(b, i, ZY_ARITH_BAND); break;
    case ZY_BC_BORK: arith_constant(b, i, ZY_ARITH_BOR); break;
    case ZY_BC_BXORK: arith_constant(b, i, ZY_ARITH_BXOR); break;
    case ZY_BC_ADD: arith_registers(b, i, ZY_ARITH_ADD); break;
    case ZY_BC_SUB: arith_registers(b, i, ZY_ARITH_SUB); break;
    case ZY_BC_MUL: arith_registers(b, i, ZY_ARITH_MUL); break;
    case ZY_BC_MOD: arith_registers(b, i, ZY_ARITH_MOD); break;
    case ZY_BC_POW: arith_registers(b, i, ZY_ARITH_POW); break;
    case ZY_BC_DIV: arith_registers(b, i, ZY_ARITH_DIV); break;
    case ZY_BC_IDIV: arith_registers(b, i, ZY_ARITH_IDIV); break;
    case ZY_BC_BAND: arith_registers(b, i, ZY_ARITH_BAND); break;
    case ZY_BC_BOR: arith_registers(b, i, ZY_ARITH_BOR); break;
    case ZY_BC_BXOR: arith_registers(b, i, ZY_ARITH_BXOR); break;
    case ZY_BC_SHL: arith_registers(b, i, ZY_ARITH_SHL); break;
    case ZY_BC_SHR: arith_registers(b, i, ZY_ARITH_SHR); break;
    case ZY_BC_UNM: case ZY_BC_BNOT:
      v = zy_build_read(b, ZY_B(i));
      zy_build_arith(b, ZY_OP(i) == ZY_BC_UNM ? ZY_ARITH_UNM : ZY_ARITH_BNOT, a, v, v);
      break;
    case ZY_BC_NOT: zy_build_not_value(b, a, zy_build_read(b, ZY_B(i))); break;
    case ZY_BC_LEN: zy_build_length(b, a, zy_build_read(b, ZY_B(i))); break;
    case ZY_BC_CONCAT: zy_build_concat(b, i); break;
    case ZY_BC_CLOSE: zy_build_close(b, a); break;
    case ZY_BC_TBC: zy_build_exit(b, pc, ZY_EXIT_SLOW); break;
    case ZY_BC_JMP: zy_build_jump_from(b, pc, pc + 1 + ZY_SJ(i)); break;
    case ZY_BC_EQ: compare_registers(b, i, ZY_HIR_EQ); break;
    case ZY_BC_LT: compare_registers(b, i, ZY_HIR_LT); break;
    case ZY_BC_LE: compare_registers(b, i, ZY_HIR_LE); break;
    case ZY_BC_EQK: v = zy_build_read(b, a); zy_build_compare(b, ZY_HIR_EQ, v, zy_build_constant(b, ZY_B(i))); break;
    case ZY_BC_EQI: compare_immediate(b, i, ZY_HIR_EQ, 0); break;
    case ZY_BC_LTI: compare_immediate(b, i, ZY_HIR_LT, 0); break;
    case ZY_BC_LEI: compare_immediate(b, i, ZY_HIR_LE, 0); break;
    case ZY_BC_GTI: compare_immediate(b, i, ZY_HIR_LT, 1); break;
    case ZY_BC_GEI: compare_immediate(b, i, ZY_HIR_LE, 1); break;
    case ZY_BC_TEST: case ZY_BC_TESTSET: zy_build_test(b, i); break;
    case ZY_BC_CALL: zy_build_call_instruction(b, i); break;
    case ZY_BC_TAILCALL: zy_build_tail_call(b, i); break;
    case ZY_BC_RETURN: zy_build_return(b, a, ZY_B(i) - 1, ZY_K(i)); break;
    case ZY_BC_RETURN0: zy_build_return(b, a, 0, 0); break;
    case ZY_BC_RETURN1: zy_build_return(b, a, 1, 0); break;
    case ZY_BC_FORLOOP: zy_build_for_loop(b, i); break;
    case ZY_BC_FORPREP: zy_build_for_prep(b, i); break;
    case ZY_BC_TFORPREP: zy_build_tfor_prep(b, i); break;
    case ZY_BC_TFORCALL: zy_build_tfor_call(b, i); break;
    case ZY_BC_TFORLOOP: zy_build_tfor_loop(b, i); break;
    case ZY_BC_SETLIST: zy_build_set_list(b); break;
    case ZY_BC_CLOSURE: zy_build_closure(b, i); break;
    case ZY_BC_VARARG: zy_build_vararg(b, i); break;
    case ZY_BC_VARARGPREP: case ZY_BC_EXTRAARG: break;
    case ZY_BC_MMBIN: case ZY_BC_MMBINI: case ZY_BC_MMBINK: case ZY_BC_COUNT:
      zy_build_exit(b, pc, ZY_EXIT_SLOW);    /* comes behind an operator that did not succeed: never here */
      break;
  }
}


/* ---- blocks --------------------------------------------------------------------- */

/* Instructions that may be reached from s->start, without those behind jumps that go out. */
static uint8_t *find_reachable(ZyBuild *b, const ZyScope *s) {
  uint8_t *seen = ZY_NEWN(b->h->arena, uint8_t, s->unit->ncode + 1);
  ZY_VEC(int) work = { 0 };
  seen[s->start] = 1;
  zy_vec_push(b->h->arena, &work, s->start);
  while (work.n > 0) {
    int succ[2], n = zy_flow_successors(s->unit, work.v[--work.n], succ);
    for (int i = 0; i < n; i++) {
      if (succ[i] < s->first || succ[i] > s->last || seen[succ[i]]) continue;
      seen[succ[i]] = 1;
      zy_vec_push(b->h->arena, &work, succ[i]);
    }
  }
  return seen;
}

/* Whether states would be too many registers. Guards leave few exits in tier 2. */
static int is_too_wide(const ZyScope *s, const uint8_t *reachable) {
  long n = 0, limit = s->unit->tier == 2 ? MAX_WIDTH_SPECIAL : MAX_WIDTH;
  for (int pc = s->first; pc <= s->last; pc++) {
    if (!reachable[pc]) continue;
    n += s->unit->nactive[pc];
    for (int r = s->unit->nactive[pc]; r < s->unit->maxstack; r++) n += zy_flow_has(&s->flow.live[pc], r);
  }
  return n > limit;
}

void zy_build_open_scope(ZyBuild *b, ZyScope *s, const ZyUnit *unit, int first, int last, int start) {
  ZyArena *arena = b->h->arena;
  size_t n = (size_t)unit->ncode + 1;
  const uint8_t *reachable;
  s->unit = unit;
  s->flow = zy_flow_analyse(unit, arena);
  s->first = first;
  s->last = last;
  s->start = start;
  s->next = unit->ncode;
  s->block_of = ZY_NEWN(arena, uint32_t, n);
  s->edges = ZY_NEWN(arena, uint32_t, n);
  s->header = ZY_NEWN(arena, uint8_t, n);
  s->todo = ZY_NEWN(arena, uint8_t, n);
  s->floats = ZY_NEWN(arena, uint8_t, n);
  reachable = find_reachable(b, s);
  s->memory = s->inlined == 0 && is_too_wide(s, reachable);
  for (int pc = first; pc <= last; pc++) {
    int succ[2], count = reachable[pc] ? zy_flow_successors(unit, pc, succ) : 0;
    for (int i = 0; i < count; i++) {
      s->edges[succ[i]]++;
      if (succ[i] <= pc) s->header[succ[i]] = 1;
    }
    if (count > 0 && ZY_OP(unit->code[pc]) == ZY_BC_TFORLOOP && pc > 0) s->header[pc - 1] = 1;
    if (count > 0 && zy_build_is_loop(b, s, pc)) {
      s->edges[start]++;
      s->header[start] = 1;
    }
  }
  if (s->inlined == 0 && unit->entry >= 0) s->header[start] = 1;
  zy_build_find_floats(s);
}

/* Translates the block that starts at 'pc'. */
static void translate_block(ZyBuild *b, int pc) {
  ZyScope *s = b->scope;
  int succ[2], n;
  b->open_from = 256;
  b->open_one = 0;
  b->pc = pc;
  zy_build_enter(b, s->block_of[pc]);
  if (s->edges[pc] == 0) zy_build_seal(b, b->block);
  zy_build_read_live(b, pc);
  if (b->h->unit->count_blocks && s->inlined == 0) zy_build_imm(b, ZY_HIR_COUNT, 0, pc);
  for (;;) {
    b->pc = pc;
    n = zy_flow_successors(s->unit, pc, succ);
    instruction(b);
    for (int i = 0; i < n; i++) s->edges[succ[i]]--;
    if (b->ended) return;
    pc = succ[0];
    if (pc > s->last || s->flow.leader[pc] || s->block_of[pc] != 0) {
      zy_build_jump(b, pc);
      return;
    }
  }
}

/* A block all of whose predecessors are translated has been sealed at its start; the others are at the end. */
void zy_build_scope(ZyBuild *b) {
  ZyScope *s = b->scope;
  zy_build_jump(b, s->start);
  if (s->inlined == 0) {
    b->h->nodes.v[b->h->blocks.v[1].last].state = b->entry_state;
    b->entry_closed = 1;
  }
  while (s->next <= s->last) {
    int pc = s->next++;
    if (!s->todo[pc]) continue;
    s->todo[pc] = 0;
    translate_block(b, pc);
  }
  for (int pc = s->first; pc <= s->last; pc++)
    if (s->block_of[pc] != 0) zy_build_seal(b, s->block_of[pc]);
}


/* ---- the whole ------------------------------------------------------------------- */

/* At the entry memory is as the state says: it names nothing. */
static void enter_unit(ZyBuild *b, const ZyUnit *unit) {
  ZyFrameState entry = { b->scope->start, 0, 0, 0 };
  zy_vec_push(b->h->arena, &b->h->states, entry);
  b->entry_state = b->h->states.n - 1;
  b->pc = b->scope->start;
  b->block = zy_build_new_block(b, b->pc);
  zy_build_seal(b, b->block);
  if (!unit->profile || unit->entry >= 0) return;
  for (int r = 0; r < unit->numparams; r++) {
    ZyRef v = zy_build_read(b, r);           /* notes its type, unless it is in memory */
    if (zy_build_in_memory(b, r)) zy_build_imm(b, ZY_HIR_RECORD, v, unit->ncode + r);
  }
  zy_build_exiting(b, ZY_HIR_TICK, 0, 0, 0, b->entry_state);
}

/* The loop that the back edge at 'entry' is of. The compiler of Lua makes jumps to the end of a loop jumps to its start,
** so that there may be several: up to the last one that leads there it is one loop. */
static void find_loop(const ZyUnit *unit, int entry, int *first, int *last, ZyArena *arena) {
  int target;
  if (!zy_bytecode_back_edge(unit->code[entry], entry, first)) zy_arena_fail(arena, ZY_STATUS_INVALID);
  *last = entry;
  for (int pc = entry + 1; pc < unit->ncode; pc++)
    if (zy_bytecode_back_edge(unit->code[pc], pc, &target) && target == *first) *last = pc;
}

ZyHir *zy_build_hir(ZyArena *arena, const ZyUnit *unit) {
  ZyBuild *b = ZY_NEW(arena, ZyBuild);
  ZyScope *s = ZY_NEW(arena, ZyScope);
  int first = unit->head + 1, last = unit->ncode - 1, start = unit->entry >= 0 ? unit->entry : first;
  if (unit->entry >= 0) find_loop(unit, start, &first, &last, arena);
  b->h = zy_hir_new(arena, unit);
  b->h->nregs = unit->maxstack;
  b->unit = unit;
  b->scope = s;
  b->speculate = unit->tier == 2;
  b->open_from = 256;
  b->state_pc = -1;
  zy_build_open_scope(b, s, unit, first, last, start);
  enter_unit(b, unit);
  zy_build_scope(b);
  return b->h;
}
