/*
** lir.h - the machine-shaped code that back ends turn into native code.
** SPDX-License-Identifier: MIT
**
** SSA; a value is the index of the instruction that makes it. Flat arrays of plain data without
** pointers inside, so that a function can be written to a pipe as it is. Blocks are contiguous ranges
** of instructions; PARAMs come first; block 0 is the entry and has no parameters and no predecessors.
** Blocks are in an order in which a definition precedes its uses, back edges' arguments excepted.
** Semantics are two's complement, no strict aliasing, no floating contraction.
*/
#ifndef ZY_LIR_H
#define ZY_LIR_H

#include <stdint.h>
#include "base/arena.h"

typedef enum ZyLirOp {
#define ZY_LIR(name, type, nops, text) ZY_LIR_##name,
#include "lir/op.def"
#undef ZY_LIR
  ZY_LIR_COUNT
} ZyLirOp;

typedef enum ZyLirType { ZY_LIR_V, ZY_LIR_I, ZY_LIR_F, ZY_LIR_P, ZY_LIR_B, ZY_LIR_T } ZyLirType;

/* What a load or store touches. Different classes never overlap. */
typedef enum ZyAlias {
  ZY_ALIAS_ANY,           /* may overlap everything */
  ZY_ALIAS_REGS,          /* registers of Lua frames */
  ZY_ALIAS_FRAME,         /* CallInfo and lua_State fields */
  ZY_ALIAS_SHAPE,         /* other table headers, node keys, strings, closures, prototypes */
  ZY_ALIAS_VALUES,        /* values in tables */
  ZY_ALIAS_UPVALS,        /* values of upvalues: overlap REGS, too */
  ZY_ALIAS_CODE,          /* zyjit's own records */
  ZY_ALIAS_MARKS,         /* marks of the collector */
  ZY_ALIAS_LIMITS,        /* alimit and flags of tables */
  ZY_ALIAS_COUNT
} ZyAlias;

typedef enum ZyHint { ZY_HINT_NONE, ZY_HINT_LIKELY, ZY_HINT_UNLIKELY } ZyHint;   /* of a BRANCH's condition */

/* FIXED: what is there does not change while the function runs, whatever it calls. */
typedef enum ZyLoadHint { ZY_LOAD_PLAIN, ZY_LOAD_VOLATILE, ZY_LOAD_FIXED } ZyLoadHint;

/* What a helper does with memory that matters to its caller: whatever it likes; nothing; it reads; it changes marks of the
** collector; it changes a table's hint for '#'. */
typedef enum ZyCallHint { ZY_CALL_PLAIN, ZY_CALL_PURE, ZY_CALL_READS, ZY_CALL_MARKS, ZY_CALL_LIMITS } ZyCallHint;

typedef struct ZyLirInst {
  uint8_t op;             /* ZyLirOp */
  uint8_t type;           /* ZyLirType of the result */
  uint8_t alias;          /* loads and stores: ZyAlias */
  uint8_t hint;           /* BRANCH: ZyHint; loads: ZyLoadHint; CALL: ZyCallHint */
  uint32_t a, b, c;       /* operands, or a range of args: see op.def */
  union { int64_t imm; double num; };
} ZyLirInst;

typedef struct ZyLirBlock { uint32_t first, count; } ZyLirBlock;

enum { ZY_LIR_MOST_ARGS = 20 };

typedef struct ZyLir {
  ZyArena *arena;
  char name[64];          /* a C identifier, unique in a batch */
  uint8_t narg, arg[ZY_LIR_MOST_ARGS];       /* types of the arguments; the result is an integer */
  ZY_VEC(ZyLirInst) insts;
  ZY_VEC(ZyLirBlock) blocks;
  ZY_VEC(uint32_t) args;
} ZyLir;

const char *zy_lir_name(ZyLirOp op);         /* lower case */
ZyLirType zy_lir_type(ZyLirOp op);           /* ZY_LIR_T: the instruction's own */
int zy_lir_nops(ZyLirOp op);

/* What is wrong with 'lir', a static text; NULL when it is well formed. */
const char *zy_lir_check(const ZyLir *lir);

/* Text of the whole function in 'arena', for dumps. */
char *zy_lir_print(const ZyLir *lir, ZyArena *arena);

#endif
