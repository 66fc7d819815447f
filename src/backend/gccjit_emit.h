/*
** gccjit_emit.h - LIR -> functions of a libgccjit context; part of the helper program.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_GCCJIT_EMIT_H
#define ZY_GCCJIT_EMIT_H

#include <libgccjit.h>
#include "base/status.h"
#include "lir/lir.h"

/* NULL when every index in 'lir' is in range, every definition precedes its uses and every block ends
** as it should, so that emitting it is safe; else what is wrong, a static text. */
const char *zy_gccjit_emit_check(const ZyLir *lir);

/* Adds the checked function 'lir' to 'ctxt', exported under its name. Type errors are left in the
** context. Sets '*needs_libm' when the code may call the C library's mathematics. */
ZyStatus zy_gccjit_emit_function(gcc_jit_context *ctxt, const ZyLir *lir, int level, int *needs_libm);

#endif
