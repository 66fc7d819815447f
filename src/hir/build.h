/*
** build.h - bytecode to HIR.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_BUILD_H
#define ZY_BUILD_H

#include "hir/hir.h"

/* The HIR of the unit from its entry. For a loop's entry only the loop is translated; what leaves it exits.
** Leaves through the arena's escape with MEMORY, TOO_LARGE, or INVALID when the bytecode is malformed. */
ZyHir *zy_build_hir(ZyArena *arena, const ZyUnit *unit);

#endif
