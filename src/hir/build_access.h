/*
** build_access.h - what accesses to elements and to fields have in common (build_table.c, build_field.c).
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_BUILD_ACCESS_H
#define ZY_BUILD_ACCESS_H

#include "hir/build_parts.h"
#include "lir/native.h"

typedef enum Way { GENERIC, DIRECT, RAW, BESIDE, FIND } Way;

enum { NOT_NIL = ZY_TYPE_ANY & ~ZY_TYPE_nil };

static inline int avoids(const ZyUnit *unit, int pc, int what) { return unit->avoid != NULL && (unit->avoid[pc] & what) != 0; }

static inline void record(ZyBuild *b, ZyRef t, ZyRef key, int store) {
  ZyRef r;
  if (!b->unit->profile) return;
  r = zy_build_node(b, ZY_HIR_RECORD_TABLE, t, key);
  b->h->nodes.v[r].imm = b->pc | (int64_t)store << 32;
}

static inline uint32_t slow_block(ZyBuild *b, Way way) { return way == BESIDE ? zy_build_new_block(b, b->pc) : 0; }

/* Goes on in the block 'slow' when anything leads there; the fast path has come to the end of from[0]. */
static inline int begin_slow(ZyBuild *b, uint32_t slow, uint32_t from[2]) {
  from[0] = b->block;
  from[1] = slow;
  if (slow == 0 || b->h->blocks.v[slow].preds.n == 0) return 0;
  zy_build_seal(b, slow);
  zy_build_enter(b, slow);
  return 1;
}

/* Goes on where both join; gives the result. */
static inline ZyRef end_slow(ZyBuild *b, const uint32_t from[2], ZyRef fast, ZyRef slow) {
  ZyRef value[2] = { fast, slow };
  return zy_build_merge(b, from, value);
}

static inline void check_not_nil(ZyBuild *b, ZyRef v, uint32_t slow) {
  zy_build_check(b, zy_build_not(b, zy_build_is(b, v, ZY_TYPE_nil)), slow);
}

static inline void guard_no_metatable(ZyBuild *b, ZyRef t) {
  zy_build_exiting(b, ZY_HIR_GUARD_NOMETA, t, 0, 0, zy_build_state(b, b->pc));
}

/* Whether nil in this table has to be ruled out, rather than a metatable. */
static inline int rules_out_nil(const ZyBuild *b) {
  return (zy_build_cell(b)->hit & ZY_HIT_METATABLE) || zy_build_avoids(b, ZY_AVOID_TABLE);
}

/* The loaded value of an access that never gave nil: of one type, when that is all there was. */
static inline ZyRef guard_loaded(ZyBuild *b, ZyRef v) {
  ZyType seen = zy_build_avoids(b, ZY_AVOID_TYPE) ? 0 : zy_build_worth(zy_build_cell(b)->type);
  if (seen != 0) return zy_build_guard_type(b, v, seen);
  check_not_nil(b, v, 0);
  return v;
}

static inline void store(ZyBuild *b, ZyRef t, ZyRef slot, ZyRef v) {
  zy_build_node(b, ZY_HIR_STORE_VAL, slot, v);
  if (zy_build_type(b, v) & ZY_TYPE_GC) zy_build_node(b, ZY_HIR_BARRIER, t, v);
}

#endif
