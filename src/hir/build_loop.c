/*
** build_loop.c - for loops -> HIR.
** SPDX-License-Identifier: MIT
**
** A numerical loop is translated for the types it has now, integers or floats, and for steps of a known sign, upward
** when it is not known. What is different exits: to the FORPREP, which the interpreter then does itself, or to the
** FORLOOP. Values of the hidden registers are the interpreter's: index, iterations left (or limit), step.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

static int is_const(const ZyBuild *b, ZyRef r) { return b->h->nodes.v[r].op == ZY_HIR_CONST; }

/* The step of the loop whose FORPREP is at 'prep', when the instruction before fixes it: its type, or 0. */
static ZyType known_step(const ZyBuild *b, int prep, int64_t *i, double *n) {
  const ZyUnit *unit = b->unit;
  ZyInstruction load;
  ZyType type;
  if (prep < 1 || ZY_OP(unit->code[prep]) != ZY_BC_FORPREP || b->scope->flow.leader[prep]) return 0;
  load = unit->code[prep - 1];
  if (ZY_A(load) != ZY_A(unit->code[prep]) + 2) return 0;
  if (ZY_OP(load) == ZY_BC_LOADK) {
    const ZyConst *k = &unit->k[ZY_BX(load)];
    if (k->tag != ZY_TAG_INT && k->tag != ZY_TAG_NUM) return 0;
    type = k->tag == ZY_TAG_INT ? ZY_TYPE_int : ZY_TYPE_num;
    *i = k->i;
    *n = k->n;
  }
  else if (ZY_OP(load) == ZY_BC_LOADI || ZY_OP(load) == ZY_BC_LOADF) {
    type = ZY_OP(load) == ZY_BC_LOADI ? ZY_TYPE_int : ZY_TYPE_num;
    *i = ZY_SBX(load);
    *n = ZY_SBX(load);
  }
  else return 0;
  if (type == ZY_TYPE_int) *n = (double)*i;
  if (type == ZY_TYPE_int && *i < -INT64_MAX) return 0;
  return *n > 0 || *n < 0 ? type : 0;        /* not 0, not NaN */
}

/* Counts and looks for hooks, before a loop's last instruction decides. */
static void poll(ZyBuild *b) {
  uint32_t state = zy_build_state(b, b->pc);
  if (b->unit->profile) zy_build_exiting(b, ZY_HIR_TICK, 0, 0, 0, state);
  zy_build_exiting(b, ZY_HIR_POLL, 0, 0, 0, state);
}


/* ---- numerical ------------------------------------------------------------------ */

static ZyRef to_num(ZyBuild *b, ZyRef v) {
  return zy_build_type(b, v) == ZY_TYPE_num ? v : zy_build_node(b, ZY_HIR_INT_TO_NUM, v, 0);
}

/* 'v' as an integer or a float: what it is known to be, else what was seen at 'pc', else 'guess'. */
static ZyRef number(ZyBuild *b, ZyRef v, int pc, ZyType guess) {
  ZyType type = zy_build_type(b, v), seen = pc >= 0 && b->unit->cells != NULL ? b->unit->cells[pc].type : 0;
  if (type == ZY_TYPE_int || type == ZY_TYPE_num) return v;
  if (pc >= 0 && b->unit->profile) zy_build_imm(b, ZY_HIR_RECORD, v, pc);
  if (seen != ZY_TYPE_int && seen != ZY_TYPE_num) seen = guess;
  return zy_build_guard_type(b, v, seen);
}

static void prepare_integers(ZyBuild *b, int a, ZyRef init, ZyRef limit, ZyRef step, int after) {
  int pc = b->pc;
  int64_t by = is_const(b, step) ? b->h->nodes.v[step].imm : 0;
  uint32_t to[2];
  ZyRef count;
  if (by < -INT64_MAX) by = 0;
  if (by == 0) zy_build_guard(b, zy_build_node(b, ZY_HIR_LT_INT, zy_build_int(b, 0), step));
  if (zy_build_type(b, limit) == ZY_TYPE_num) {        /* clipped; out of range is left to the interpreter */
    limit = zy_build_node(b, by < 0 ? ZY_HIR_CEIL_NUM : ZY_HIR_FLOOR_NUM, limit, 0);
    limit = zy_build_exiting(b, ZY_HIR_TRUNC_INT, limit, 0, 0, zy_build_state(b, pc));
  }
  zy_build_split(b, zy_build_node(b, ZY_HIR_LT_INT, by < 0 ? init : limit, by < 0 ? limit : init), to);
  zy_build_enter(b, to[0]);
  zy_build_jump(b, after);
  zy_build_enter(b, to[1]);
  count = zy_build_node(b, ZY_HIR_SUB_INT, by < 0 ? init : limit, by < 0 ? limit : init);
  if (by != 1 && by != -1) {                 /* the interpreter divides unsigned */
    zy_build_guard(b, zy_build_node(b, ZY_HIR_LE_INT, zy_build_int(b, 0), count));
    count = zy_build_node(b, ZY_HIR_IDIV_INT, count, by < 0 ? zy_build_int(b, -by) : step);
  }
  zy_build_write(b, a, init);
  zy_build_write(b, a + 1, count);
  zy_build_write(b, a + 3, init);
  zy_build_jump(b, pc + 1);
}

static void prepare_floats(ZyBuild *b, int a, ZyRef init, ZyRef limit, ZyRef step, int after) {
  int pc = b->pc, down = 0;
  uint32_t to[2];
  if (is_const(b, step)) {
    const ZyHirNode *n = &b->h->nodes.v[step];
    down = n->type == ZY_TYPE_num ? n->num < 0 : n->imm < 0;
  }
  init = to_num(b, init);
  limit = to_num(b, limit);
  step = to_num(b, step);
  if (!down) zy_build_guard(b, zy_build_node(b, ZY_HIR_LT_NUM, zy_build_num(b, 0), step));
  zy_build_split(b, zy_build_node(b, ZY_HIR_LT_NUM, down ? init : limit, down ? limit : init), to);
  zy_build_enter(b, to[0]);
  zy_build_jump(b, after);
  zy_build_enter(b, to[1]);
  zy_build_write(b, a, init);
  zy_build_write(b, a + 1, limit);
  zy_build_write(b, a + 2, step);
  zy_build_write(b, a + 3, init);
  zy_build_jump(b, pc + 1);
}

void zy_build_for_prep(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), loop = b->pc + 1 + ZY_BX(i);
  ZyRef init = zy_build_read(b, a), limit = zy_build_read(b, a + 1), step = zy_build_read(b, a + 2);
  ZyType numbers = zy_build_type(b, init) | zy_build_type(b, limit) | zy_build_type(b, step);
  int floats;
  if (zy_build_avoids(b, ZY_AVOID_TYPE)
      && ((numbers & ~(ZyType)ZY_TYPE_NUMBER) || !zy_build_is_single(zy_build_type(b, init))
          || !zy_build_is_single(zy_build_type(b, limit)) || !zy_build_is_single(zy_build_type(b, step)))) {
    zy_build_exit(b, b->pc, ZY_EXIT_SLOW);
    return;
  }
  init = number(b, init, b->pc, ZY_TYPE_int);
  step = number(b, step, -1, zy_build_type(b, init));
  limit = number(b, limit, loop < b->unit->ncode ? loop : -1, zy_build_type(b, init));
  floats = ((zy_build_type(b, init) | zy_build_type(b, step)) & ~(ZyType)ZY_TYPE_int) != 0;
  if (loop < b->unit->ncode) b->scope->floats[loop] = (uint8_t)floats;
  if (floats) prepare_floats(b, a, init, limit, step, loop + 1);
  else prepare_integers(b, a, init, limit, step, loop + 1);
}

void zy_build_find_floats(ZyScope *s) {
  const ZyUnit *u = s->unit;
  for (int pc = s->first; pc <= s->last; pc++) {
    int target;
    if (ZY_OP(u->code[pc]) != ZY_BC_FORLOOP || !zy_bytecode_back_edge(u->code[pc], pc, &target)) continue;
    if (target > s->first || s->inlined != 0 || u->entry_types == NULL) continue;
    s->floats[pc] = u->entry_types[ZY_A(u->code[pc]) + 2] == ZY_TYPE_num;
  }
}

static void loop_integers(ZyBuild *b, int a, int body, ZyType known, int64_t by) {
  ZyRef index = zy_build_guard_type(b, zy_build_read(b, a), ZY_TYPE_int);
  ZyRef count = zy_build_guard_type(b, zy_build_read(b, a + 1), ZY_TYPE_int);
  ZyRef step = zy_build_guard_type(b, zy_build_read(b, a + 2), ZY_TYPE_int);
  int pc = b->pc;
  uint32_t to[2];
  if (known == ZY_TYPE_int) {                /* only a debugger could have changed it */
    ZyRef fixed = zy_build_int(b, by);
    zy_build_guard(b, zy_build_node(b, ZY_HIR_EQ_INT, step, fixed));
    step = fixed;
  }
  zy_build_split(b, zy_build_node(b, ZY_HIR_EQ_INT, count, zy_build_int(b, 0)), to);
  zy_build_enter(b, to[0]);
  zy_build_jump(b, pc + 1);
  zy_build_enter(b, to[1]);
  count = zy_build_node(b, ZY_HIR_SUB_INT, count, zy_build_int(b, 1));
  index = zy_build_node(b, ZY_HIR_ADD_INT, index, step);
  zy_build_write(b, a, index);
  zy_build_write(b, a + 1, count);
  zy_build_write(b, a + 3, index);
  zy_build_jump(b, body);
}

static void loop_floats(ZyBuild *b, int a, int body, ZyType known, double by) {
  ZyRef index = zy_build_guard_type(b, zy_build_read(b, a), ZY_TYPE_num);
  ZyRef limit = zy_build_guard_type(b, zy_build_read(b, a + 1), ZY_TYPE_num);
  ZyRef step = zy_build_guard_type(b, zy_build_read(b, a + 2), ZY_TYPE_num);
  int pc = b->pc, down = known != 0 && by < 0;
  uint32_t to[2];
  if (known != 0) {
    ZyRef fixed = zy_build_num(b, by);
    zy_build_guard(b, zy_build_node(b, ZY_HIR_EQ_NUM, step, fixed));
    step = fixed;
  }
  else zy_build_guard(b, zy_build_node(b, ZY_HIR_LT_NUM, zy_build_num(b, 0), step));
  index = zy_build_node(b, ZY_HIR_ADD_NUM, index, step);
  zy_build_split(b, zy_build_node(b, ZY_HIR_LE_NUM, down ? limit : index, down ? index : limit), to);
  zy_build_enter(b, to[1]);
  zy_build_jump(b, pc + 1);
  zy_build_enter(b, to[0]);
  zy_build_write(b, a, index);
  zy_build_write(b, a + 3, index);
  zy_build_jump(b, body);
}

void zy_build_for_loop(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), body = b->pc + 1 - ZY_BX(i);
  int64_t by = 0;
  double number_by = 0;
  ZyType known = known_step(b, body - 1, &by, &number_by);
  poll(b);
  if (b->scope->floats[b->pc]) loop_floats(b, a, body, known, number_by);
  else loop_integers(b, a, body, known, by);
}


/* ---- generic --------------------------------------------------------------------- */

void zy_build_tfor_prep(ZyBuild *b, ZyInstruction i) {
  int pc = b->pc;
  /* nothing to close */
  zy_build_guard(b, zy_build_is(b, zy_build_read(b, ZY_A(i) + 3), ZY_TYPE_nil | ZY_TYPE_false));
  zy_build_jump(b, pc + 1 + ZY_BX(i));
}

void zy_build_tfor_call(ZyBuild *b, ZyInstruction i) {
  ZyRef v[3];
  if (zy_build_iterate(b, i)) return;
  for (int r = 0; r < 3; r++) v[r] = zy_build_read(b, ZY_A(i) + r);
  for (int r = 0; r < 3; r++) zy_build_write(b, ZY_A(i) + 4 + r, v[r]);
  zy_build_call(b, ZY_A(i) + 4, 2, ZY_C(i));
}

void zy_build_tfor_loop(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), pc = b->pc;
  uint32_t to[2];
  ZyRef v;
  poll(b);
  v = zy_build_read(b, a + 4);
  zy_build_split(b, zy_build_is(b, v, ZY_TYPE_nil), to);
  zy_build_enter(b, to[0]);
  zy_build_jump(b, pc + 1);
  zy_build_enter(b, to[1]);
  if (zy_build_type(b, v) == (ZY_TYPE_int | ZY_TYPE_nil)) v = zy_build_guard_type(b, v, ZY_TYPE_int);
  zy_build_write(b, a + 2, v);
  zy_build_jump(b, pc + 1 - ZY_BX(i));
}
