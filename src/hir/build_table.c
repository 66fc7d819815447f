/*
** build_table.c - table accesses -> HIR.
** SPDX-License-Identifier: MIT
**
** An access is translated in one of four ways, by what feedback saw at it:
**
**   generic   a node that knows metamethods. Always right; stores the registers and forgets what memory holds.
**   direct    every access hit the array part, or a node with the key, and no metamethod was asked: guards, then a
**             load or store of the slot. Whatever else comes up exits, and the interpreter repeats the instruction.
**   raw       a read; some missed the array part or gave nil, but no table had a metatable: as direct, with a look at
**             the hash part beside the fast path.
**   beside    most hit the array part, but not all, or an assumption of 'direct' failed: the checks lead to a generic
**             node beside the fast path, so that nothing exits often.
**
** A nil that was read may be for __index, a nil that is overwritten for __newindex, so both are ruled out, or the
** table has no metatable. Overwriting nil in a field may make an event of a metatable that was noted as absent
** (Table.flags): fields called "__..." are only overwritten while they are there.
**
** Runs on a worker.
*/
#include "hir/build_access.h"

/* 'integer': the key is known to be one. It may have been in the hash part, as 0 is, and the next one will not be. */
static Way array_way(const ZyUnit *unit, int pc, int store, int integer) {
  const ZyCell *cell = &unit->cells[pc];
  if (!(cell->hit & ZY_HIT_ARRAY) && !(integer && (cell->hit & ZY_HIT_NODE) && !(cell->hit & ZY_HIT_META)))
    return GENERIC;
  if (avoids(unit, pc, ZY_AVOID_TYPE | ZY_AVOID_TABLE)) return BESIDE;
  if (!(cell->hit & (ZY_HIT_MISS | ZY_HIT_NODE | ZY_HIT_META)) && !(cell->type & ZY_TYPE_nil)) return DIRECT;
  return store || cell->hit & (ZY_HIT_META | ZY_HIT_METATABLE) ? BESIDE : RAW;
}


/* ---- any key --------------------------------------------------------------------- */

static ZyRef generic_get(ZyBuild *b, ZyRef t, ZyRef key, int dest, uint32_t state) {
  return zy_build_exiting(b, ZY_HIR_TABLE_GET, t, key, zy_build_var(b, dest), state);
}

static void generic_set(ZyBuild *b, ZyRef t, ZyRef key, ZyRef v) {
  ZyRef r = zy_build_exiting(b, ZY_HIR_TABLE_SET, t, key, 0, zy_build_state(b, b->pc));
  b->h->nodes.v[r].ops[2] = v;
}

/* The slot of element 'key' of table 't', both of these types. */
static ZyRef element(ZyBuild *b, ZyRef t, ZyRef key, uint32_t slow) {
  ZyRef i = zy_build_node(b, ZY_HIR_SUB_INT, key, zy_build_int(b, 1));
  ZyRef limit = zy_build_node(b, ZY_HIR_ARRAY_LIMIT, t, 0);
  zy_build_check(b, zy_build_node(b, ZY_HIR_LTU_INT, i, limit), slow);
  return zy_build_node(b, ZY_HIR_ELEM, zy_build_node(b, ZY_HIR_ARRAY_BASE, t, 0), key);
}

ZyRef zy_build_raw_element(ZyBuild *b, ZyRef table, ZyRef key) {
  uint32_t slow = zy_build_new_block(b, b->pc), from[2];
  ZyRef v;
  guard_no_metatable(b, table);
  v = zy_build_node(b, ZY_HIR_LOAD_VAL, element(b, table, key, slow), 0);
  if (!begin_slow(b, slow, from)) return v;
  return end_slow(b, from, v, zy_build_node(b, ZY_HIR_LOAD_VAL, zy_build_node(b, ZY_HIR_ELEM_SLOT, table, key), 0));
}

static Way way_of_key(const ZyBuild *b, ZyRef t, ZyRef key, int store) {
  if (zy_build_cell(b) == NULL || !(zy_build_type(b, t) & ZY_TYPE_table) || !(zy_build_type(b, key) & ZY_TYPE_int))
    return GENERIC;
  return array_way(b->unit, b->pc, store, zy_build_type(b, key) == ZY_TYPE_int);
}

void zy_build_get(ZyBuild *b, ZyRef t, ZyRef key, int dest) {
  Way way = way_of_key(b, t, key, 0);
  uint32_t slow = slow_block(b, way), from[2];
  ZyRef table, i, v;
  record(b, t, key, 0);
  if (way == GENERIC) v = generic_get(b, t, key, dest, zy_build_state(b, b->pc));
  else if (way == RAW) {
    table = zy_build_guard_type(b, t, ZY_TYPE_table);
    v = zy_build_raw_element(b, table, zy_build_guard_type(b, key, ZY_TYPE_int));
  }
  else {
    table = zy_build_check_type(b, t, ZY_TYPE_table, slow);
    i = zy_build_check_type(b, key, ZY_TYPE_int, slow);
    v = zy_build_node(b, ZY_HIR_LOAD_VAL, element(b, table, i, slow), 0);
    if (way == DIRECT) v = guard_loaded(b, v);
    else if (rules_out_nil(b)) check_not_nil(b, v, slow);
    else guard_no_metatable(b, table);
    if (begin_slow(b, slow, from))
      v = end_slow(b, from, v, generic_get(b, t, key, dest, zy_build_state(b, b->pc)));
  }
  zy_build_give(b, dest, v, way == DIRECT || way == RAW ? b->pc : b->pc + 1);
}

void zy_build_set(ZyBuild *b, ZyRef t, ZyRef key, ZyRef v) {
  Way way = way_of_key(b, t, key, 1);
  uint32_t slow = slow_block(b, way), from[2];
  ZyRef table, i, slot;
  record(b, t, key, 1);
  if (way == GENERIC) {
    generic_set(b, t, key, v);
    return;
  }
  table = zy_build_check_type(b, t, ZY_TYPE_table, slow);
  i = zy_build_check_type(b, key, ZY_TYPE_int, slow);
  slot = element(b, table, i, slow);
  if (rules_out_nil(b)) check_not_nil(b, zy_build_node(b, ZY_HIR_LOAD_VAL, slot, 0), slow);
  else guard_no_metatable(b, table);
  store(b, table, slot, v);
  if (!begin_slow(b, slow, from)) return;
  generic_set(b, t, key, v);
  end_slow(b, from, 0, 0);
}


/* ---- lengths ------------------------------------------------------------------------- */

static int is_plain_length(const ZyUnit *unit, int pc) {
  const ZyCell *cell = &unit->cells[pc];
  return cell->samples > 0 && !(cell->hit & (ZY_HIT_META | ZY_HIT_METATABLE))
      && !avoids(unit, pc, ZY_AVOID_TYPE | ZY_AVOID_TABLE);
}

/* Of a table without a metatable, as seen before; else 0. */
ZyRef zy_build_plain_length(ZyBuild *b, ZyRef v) {
  if (b->unit->profile) record(b, v, zy_build_simple(b, ZY_TYPE_nil), 0);
  if (zy_build_cell(b) == NULL || !(zy_build_type(b, v) & ZY_TYPE_table)) return 0;
  if (!is_plain_length(b->unit, b->pc)) return 0;
  v = zy_build_guard_type(b, v, ZY_TYPE_table);
  guard_no_metatable(b, v);
  return zy_build_node(b, ZY_HIR_LEN_TABLE, v, 0);
}


/* ---- new ones ------------------------------------------------------------------------ */

void zy_build_new_table(ZyBuild *b, ZyInstruction i) {
  int64_t hash = ZY_B(i) > 0 ? (int64_t)1 << (ZY_B(i) - 1) : 0;
  int64_t array = ZY_C(i) + (ZY_K(i) ? (int64_t)ZY_AX(b->unit->code[b->pc + 1]) * 256 : 0);
  if (array > 0xffffff || hash > 0xffffff) zy_build_exit(b, b->pc, ZY_EXIT_SLOW);
  else {
    int64_t imm = zy_build_var(b, ZY_A(i)) | array << 8 | hash << 32;
    ZyRef v = zy_build_exiting(b, ZY_HIR_NEW_TABLE, 0, 0, imm, zy_build_state(b, b->pc));
    zy_build_write(b, ZY_A(i), v);
  }
}
