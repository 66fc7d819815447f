/*
** llvm_emit.h - LIR -> LLVM IR.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_LLVM_EMIT_H
#define ZY_LLVM_EMIT_H

#include <llvm-c/Core.h>
#include "base/status.h"
#include "lir/lir.h"

/* Adds 'lir', which zy_lir_check has accepted, to 'module' as function 'name'. What only an optimiser reads is left
** out at level 0. OK, MEMORY, or INVALID when the name is taken; then the module is not whole. */
ZyStatus zy_llvm_emit(LLVMModuleRef module, const ZyLir *lir, const char *name, int level);

#endif
