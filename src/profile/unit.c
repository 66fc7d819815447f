/*
** unit.c - what follows from a unit alone; its end.
** SPDX-License-Identifier: MIT
**
** Each unit is one block of memory (freeze.c); the outermost one owns the table of callees.
*/
#include "hir/hir.h"

#include <stdlib.h>

uint16_t zy_unit_worth(uint16_t seen) {
  return (seen & (seen - 1)) == 0 && !(seen & (ZY_TYPE_nil | ZY_TYPE_BOOL)) ? seen : 0;
}

uint32_t zy_unit_signature(const ZyCell *cells, int types, int numparams, int is_vararg) {
  uint32_t signature = (uint32_t)numparams << 28;
  if (is_vararg || numparams > ZY_SIGNATURE_MOST) return ZY_SIGNATURE_NONE;
  for (int i = 0; i < numparams && cells != NULL && types; i++) {
    uint32_t type = zy_unit_worth(cells[i].type);
    if (type != 0) signature |= (uint32_t)(__builtin_ctz(type) + 1) << (4 * i);
  }
  return signature;
}

void zy_unit_free(ZyUnit *unit) {
  if (unit == NULL) return;
  for (int i = 0; i < unit->ncallees; i++) {
    if (unit->callees[i].unit != unit) free(unit->callees[i].unit);
    zy_function_release(unit->callees[i].fn);
  }
  free(unit->callees);
  free(unit);
}
