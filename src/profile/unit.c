/*
** unit.c - end of a unit.
** SPDX-License-Identifier: MIT
**
** Each unit is one block of memory (freeze.c); the outermost one owns the table of callees.
*/
#include "profile/unit.h"

#include <stdlib.h>

void zy_unit_free(ZyUnit *unit) {
  if (unit == NULL) return;
  for (int i = 0; i < unit->ncallees; i++) {
    free(unit->callees[i].unit);
    zy_function_release(unit->callees[i].fn);
  }
  free(unit->callees);
  free(unit);
}
