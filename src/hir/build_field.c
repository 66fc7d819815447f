/*
** build_field.c - accesses to fields with constant names -> HIR.
** SPDX-License-Identifier: MIT
**
** A field that was always in the table itself is accessed there, directly (build_table.c), and looked for first in the node
** where it was when that was always the same. One that was sometimes absent, or came from tables in __index, is looked for by
** FIELD_FIND, which calls nobody and needs no frame. New fields are put in by FIELD_PUT, as long as there is room for
** them, which is so in a table constructor. Metamethods are for the generic operations.
**
** Runs on a worker.
*/
#include "hir/build_access.h"

static int is_known(const ZyUnit *unit, int pc, int k) {
  return !(unit->cells[pc].hit & ZY_HIT_META) && unit->k[k].tag == ZY_TAG_STR && !avoids(unit, pc, ZY_AVOID_TABLE);
}

static int always_there(const ZyCell *cell) {
  return (cell->hit & (ZY_HIT_NODE | ZY_HIT_MISS | ZY_HIT_INHERITED)) == ZY_HIT_NODE && !(cell->type & ZY_TYPE_nil);
}

static Way get_way(const ZyUnit *unit, int pc, int k) {
  const ZyCell *cell = &unit->cells[pc];
  if (!is_known(unit, pc, k)) return GENERIC;
  if (always_there(cell)) return avoids(unit, pc, ZY_AVOID_TYPE) ? BESIDE : DIRECT;
  return cell->hit & (ZY_HIT_NODE | ZY_HIT_MISS | ZY_HIT_INHERITED) ? FIND : GENERIC;
}

static Way set_way(const ZyUnit *unit, int pc, int k) {
  if (!is_known(unit, pc, k) || !always_there(&unit->cells[pc])) return GENERIC;
  return avoids(unit, pc, ZY_AVOID_TYPE) ? BESIDE : DIRECT;
}

static int64_t known_place(const ZyCell *cell) { return ZY_PLACE_IS_KNOWN(cell->place) ? cell->place : 0; }

static ZyRef field_slot(ZyBuild *b, ZyRef table, int k) {
  const ZyCell *cell = zy_build_cell(b);
  int64_t place = cell->place == ZY_PLACE_MAIN ? ZY_PLACE_MAIN : known_place(cell);
  return zy_build_exiting(b, ZY_HIR_FIELD_SLOT, table, 0, zy_build_own(b, k) | place << 40, zy_build_state(b, b->pc));
}

static void record_field(ZyBuild *b, ZyRef t, int k, int store) {
  if (b->unit->profile) record(b, t, zy_build_constant(b, k), store);
}

/* Whether the values at this instruction were strings, and what they have from their metatable. */
static int seen_strings(const ZyBuild *b) {
  int hit = zy_build_cell(b)->hit & (ZY_HIT_NODE | ZY_HIT_MISS | ZY_HIT_INHERITED | ZY_HIT_METATABLE);
  return hit == ZY_HIT_INHERITED && !zy_build_avoids(b, ZY_AVOID_TYPE);
}

/* Strings share one metatable: any of them will do, and one that is a constant keeps the search out of loops. */
static ZyRef find_field(ZyBuild *b, ZyRef t, int k) {
  const ZyCell *cell = zy_build_cell(b);
  uint64_t place = (uint64_t)known_place(cell), event = place != 0 ? cell->event_place : 0;
  ZyRef object = t;
  if ((zy_build_type(b, t) & ZY_TYPE_STRING) && seen_strings(b)) {
    zy_build_guard_type(b, t, ZY_TYPE_STRING);
    object = zy_build_constant(b, k);
  }
  return zy_build_exiting(b, ZY_HIR_FIELD_FIND, object, 0, zy_build_own(b, k) | (int64_t)(place << 40 | event << 56),
                          zy_build_state(b, b->pc));
}

/* Field 'k' of 't'. Register 'also' is in the generic operation's state, though nobody reads it, unless negative. */
static void get_field(ZyBuild *b, ZyRef t, int k, int dest, int also) {
  Way way = zy_build_cell(b) != NULL ? get_way(b->unit, b->pc, k) : GENERIC;
  uint32_t slow, from[2];
  ZyRef table, v = 0;
  record_field(b, t, k, 0);
  if (way == FIND && (zy_build_type(b, t) & (ZY_TYPE_table | ZY_TYPE_STRING))) {
    zy_build_give(b, dest, find_field(b, t, k), b->pc);
    return;
  }
  if (way == FIND || !(zy_build_type(b, t) & ZY_TYPE_table)) way = GENERIC;
  slow = slow_block(b, way);
  if (way != GENERIC) {
    table = zy_build_check_type(b, t, ZY_TYPE_table, slow);
    v = guard_loaded(b, zy_build_node(b, ZY_HIR_LOAD_VAL, field_slot(b, table, k), 0));
  }
  if (way == GENERIC || begin_slow(b, slow, from)) {
    ZyRef generic = zy_build_exiting(b, ZY_HIR_FIELD_GET, t, 0, zy_build_var(b, dest) | (int64_t)k << 8,
                                     zy_build_state_with(b, b->pc, also < 0 ? 0 : also, also >= 0));
    v = way == GENERIC ? generic : end_slow(b, from, v, generic);
  }
  zy_build_give(b, dest, v, way == DIRECT ? b->pc : b->pc + 1);
}

void zy_build_field_get(ZyBuild *b, ZyRef t, int k, int dest) { get_field(b, t, k, dest, -1); }

/* Names of events may be noted as absent while their value is nil. */
static int may_be_event(const ZyUnit *unit, int k) {
  const char *text = unit->k[k].text;
  return text == NULL || (text[0] == '_' && text[1] == '_');
}

/* Whether there is room in the nodes of 't' for one more field: it is new, and not all of them have been used. */
static int has_room(const ZyBuild *b, ZyRef t) {
  const ZyHirNode *table = &b->h->nodes.v[t];
  int64_t room;
  if (table->op != ZY_HIR_NEW_TABLE) return 0;
  room = ZY_TABLE_HASH(table->imm);
  for (ZyRef r = t + 1; r < b->h->nodes.n; r++)
    room -= b->h->nodes.v[r].op == ZY_HIR_FIELD_PUT && b->h->nodes.v[r].ops[0] == t;
  return room > 0;
}

/* Whether FIELD_PUT is likely to do it. */
static int may_put(ZyBuild *b, ZyRef t, int k) {
  const ZyCell *cell = zy_build_cell(b);
  if (b->unit->k[k].tag != ZY_TAG_STR) return 0;
  if (b->h->nodes.v[t].op == ZY_HIR_NEW_TABLE) return 1;
  return cell != NULL && (cell->hit & (ZY_HIT_NODE | ZY_HIT_MISS)) && !(cell->hit & ZY_HIT_META)
      && (zy_build_type(b, t) & ZY_TYPE_table);
}

static void put_field(ZyBuild *b, ZyRef t, int k, ZyRef v) {
  int sure = has_room(b, t) && !zy_build_avoids(b, ZY_AVOID_TABLE);
  uint32_t slow = sure ? 0 : zy_build_new_block(b, b->pc), from[2];
  ZyRef table = zy_build_check_type(b, t, ZY_TYPE_table, slow), put = zy_build_node(b, ZY_HIR_FIELD_PUT, table, v);
  b->h->nodes.v[put].imm = zy_build_own(b, k);
  zy_build_check(b, put, slow);
  if (!begin_slow(b, slow, from)) return;
  zy_build_exiting(b, ZY_HIR_FIELD_SET, t, v, k, zy_build_state(b, b->pc));
  end_slow(b, from, 0, 0);
}

void zy_build_field_set(ZyBuild *b, ZyRef t, int k, ZyRef v) {
  int known = zy_build_cell(b) != NULL && (zy_build_type(b, t) & ZY_TYPE_table);
  Way way = known ? set_way(b->unit, b->pc, k) : GENERIC;
  uint32_t slow = slow_block(b, way), from[2];
  record_field(b, t, k, 1);
  if (way != GENERIC) {
    ZyRef table = zy_build_check_type(b, t, ZY_TYPE_table, slow), slot = field_slot(b, table, k);
    if (rules_out_nil(b) || may_be_event(b->unit, k))
      check_not_nil(b, zy_build_node(b, ZY_HIR_LOAD_VAL, slot, 0), 0);
    else guard_no_metatable(b, table);
    store(b, table, slot, v);
    if (!begin_slow(b, slow, from)) return;
  }
  else if (may_put(b, t, k)) {
    put_field(b, t, k, v);
    return;
  }
  zy_build_exiting(b, ZY_HIR_FIELD_SET, t, v, k, zy_build_state(b, b->pc));
  if (way != GENERIC) end_slow(b, from, 0, 0);
}

/* A method that yields is finished by the interpreter, which expects the object in place already. */
void zy_build_self(ZyBuild *b, ZyRef object, int k, ZyRef key, int dest) {
  ZyRef v;
  zy_build_write(b, dest + 1, object);
  if (key == 0) {
    get_field(b, object, k, dest, dest + 1);
    return;
  }
  record(b, object, key, 0);
  v = zy_build_exiting(b, ZY_HIR_TABLE_GET, object, key, zy_build_var(b, dest), zy_build_state_with(b, b->pc, dest + 1, 1));
  zy_build_give(b, dest, v, b->pc + 1);
}
