/*
** build_iterate.c - generic for loops with next, or the iterator of ipairs -> HIR.
** SPDX-License-Identifier: MIT
**
** The iterator is guarded to be the very C function that feedback saw. ipairs reads elements as the loop's body would,
** of tables without a metatable. A step of next is a helper's, which finds the next pair from the key, as stock Lua
** does: what the loop does to the table is seen at once.
**
** Runs on a worker.
*/
#include "hir/build_parts.h"

#include "lir/native.h"

static void guard_iterator(ZyBuild *b, ZyRef f, int lib) {
  zy_build_exiting(b, ZY_HIR_GUARD_LIB, f, 0, lib, zy_build_state(b, b->pc));
}

/* The index is given as long as the element is not nil. */
static void step_ipairs(ZyBuild *b, int a, int nresults) {
  ZyRef table = zy_build_guard_type(b, zy_build_read(b, a + 1), ZY_TYPE_table), value[2], v;
  ZyRef index = zy_build_guard_type(b, zy_build_read(b, a + 2), ZY_TYPE_int);
  uint32_t to[2];
  index = zy_build_node(b, ZY_HIR_ADD_INT, index, zy_build_int(b, 1));
  v = zy_build_raw_element(b, table, index);
  zy_build_split(b, zy_build_is(b, v, ZY_TYPE_nil), to);
  zy_build_enter(b, to[0]);
  value[0] = zy_build_simple(b, ZY_TYPE_nil);
  zy_build_enter(b, to[1]);
  value[1] = index;
  index = zy_build_merge(b, to, value);
  zy_build_write(b, a + 4, index);
  if (nresults > 1) zy_build_write(b, a + 5, v);
  for (int r = 2; r < nresults; r++) zy_build_write(b, a + 4 + r, zy_build_simple(b, ZY_TYPE_nil));
}

static void step_next(ZyBuild *b, int a, int nresults) {
  zy_build_effect(b, ZY_HIR_NEXT, zy_build_var(b, a) | (int64_t)nresults << 8);
  for (int r = a + 4; r < a + 4 + nresults; r++) zy_build_take(b, r);
}

int zy_build_iterate(ZyBuild *b, ZyInstruction i) {
  int a = ZY_A(i), lib = zy_build_library_seen(b);
  ZyRef f = zy_build_read(b, a);
  if (!(zy_build_type(b, f) & ZY_TYPE_cfn)) return 0;
  if (lib == ZY_LIB_NEXT) {
    guard_iterator(b, f, lib);
    step_next(b, a, ZY_C(i));
    return 1;
  }
  if (lib != ZY_LIB_IPAIRS_NEXT || zy_build_avoids(b, ZY_AVOID_TYPE | ZY_AVOID_TABLE)) return 0;
  if (!(zy_build_type(b, zy_build_read(b, a + 1)) & ZY_TYPE_table)) return 0;
  if (!(zy_build_type(b, zy_build_read(b, a + 2)) & ZY_TYPE_int)) return 0;
  guard_iterator(b, f, lib);
  step_ipairs(b, a, ZY_C(i));
  return 1;
}
