/*
** bytecode.h - opcodes and instruction fields of Lua 5.4.
** SPDX-License-Identifier: MIT
**
** Fields: op 0-6 | A 7-14 | k 15 | B 16-23 | C 24-31; Bx 15-31; Ax 7-31; sJ 7-31 (excess 2^24-1).
*/
#ifndef ZY_BYTECODE_H
#define ZY_BYTECODE_H

#include <stdint.h>
#include "vm/layout.h"

typedef enum ZyBc {
#define ZY_BC(name, format, sets_a, test) ZY_BC_##name,
#include "bytecode.def"
#undef ZY_BC
  ZY_BC_COUNT
} ZyBc;

_Static_assert(ZY_BC_COUNT == 83, "Lua 5.4 has 83 opcodes");

typedef enum ZyBcFormat { ZY_FORMAT_ABC, ZY_FORMAT_ABX, ZY_FORMAT_ASBX, ZY_FORMAT_AX, ZY_FORMAT_SJ } ZyBcFormat;

#define ZY_OP(i)   ((ZyBc)((i) & 0x7f))
#define ZY_A(i)    ((int)((i) >> 7 & 0xff))
#define ZY_B(i)    ((int)((i) >> 16 & 0xff))
#define ZY_C(i)    ((int)((i) >> 24))
#define ZY_K(i)    ((int)((i) >> 15 & 1))
#define ZY_SB(i)   (ZY_B(i) - 127)
#define ZY_SC(i)   (ZY_C(i) - 127)
#define ZY_BX(i)   ((int)((i) >> 15))
#define ZY_SBX(i)  (ZY_BX(i) - 65535)
#define ZY_AX(i)   ((int)((i) >> 7))
#define ZY_SJ(i)   ((int)((i) >> 7) - 0xffffff)

#define ZY_MAX_SJ  0xffffff

static inline ZyInstruction zy_bytecode_abc(ZyBc op, int a, int b, int c, int k) {
  return (ZyInstruction)op | (ZyInstruction)a << 7 | (ZyInstruction)k << 15 | (ZyInstruction)b << 16 | (ZyInstruction)c << 24;
}
static inline ZyInstruction zy_bytecode_abx(ZyBc op, int a, int bx) {
  return (ZyInstruction)op | (ZyInstruction)a << 7 | (ZyInstruction)bx << 15;
}
/* A jump from the instruction at 'from' to 'to'. */
static inline ZyInstruction zy_bytecode_jump(int from, int to) {
  return (ZyInstruction)ZY_BC_JMP | (ZyInstruction)(to - (from + 1) + ZY_MAX_SJ) << 7;
}

/* The opcode's name as luac prints it ("GETTABUP"). */
const char *zy_bytecode_name(ZyBc op);
ZyBcFormat zy_bytecode_format(ZyBc op);
int zy_bytecode_sets_a(ZyBc op);

/* Whether the instruction takes values up to the stack top. */
int zy_bytecode_takes_open(ZyInstruction i);

/* True when 'i' at 'pc' is a loop's back edge; *target is the loop's first instruction. */
int zy_bytecode_back_edge(ZyInstruction i, int pc, int *target);

/* Writes "ADD 1 2 3" and the like into 'out' (at most 'size' bytes, terminated). */
void zy_bytecode_format_text(ZyInstruction i, int pc, char *out, int size);

#endif
