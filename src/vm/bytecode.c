/*
** bytecode.c - instructions -> names, formats, text.
** SPDX-License-Identifier: MIT
*/
#include "vm/bytecode.h"

#include <stdio.h>

static const struct { const char *name; uint8_t format, sets_a; } op_info[] = {
#define ZY_BC(name, format, sets_a, test) { #name, ZY_FORMAT_##format, sets_a },
#include "vm/bytecode.def"
#undef ZY_BC
};

const char *zy_bytecode_name(ZyBc op) { return op_info[op].name; }
ZyBcFormat zy_bytecode_format(ZyBc op) { return (ZyBcFormat)op_info[op].format; }
int zy_bytecode_sets_a(ZyBc op) { return op_info[op].sets_a; }

int zy_bytecode_takes_open(ZyInstruction i) {
  ZyBc op = ZY_OP(i);
  return ZY_B(i) == 0 && (op == ZY_BC_CALL || op == ZY_BC_TAILCALL || op == ZY_BC_RETURN || op == ZY_BC_SETLIST);
}

int zy_bytecode_back_edge(ZyInstruction i, int pc, int *target) {
  ZyBc op = ZY_OP(i);
  if (op == ZY_BC_FORLOOP || op == ZY_BC_TFORLOOP) *target = pc + 1 - ZY_BX(i);
  else if (op == ZY_BC_JMP && ZY_SJ(i) < 0) *target = pc + 1 + ZY_SJ(i);
  else return 0;
  return 1;
}

void zy_bytecode_format_text(ZyInstruction i, int pc, char *out, int size) {
  ZyBc op = ZY_OP(i);
  const char *name = op < ZY_BC_COUNT ? op_info[op].name : "?";
  if (op >= ZY_BC_COUNT) snprintf(out, (size_t)size, "%s %08x", name, (unsigned)i);
  else switch ((ZyBcFormat)op_info[op].format) {
    case ZY_FORMAT_ABC:
      snprintf(out, (size_t)size, "%-10s %d %d %d%s", name, ZY_A(i), ZY_B(i), ZY_C(i), ZY_K(i) ? " k" : "");
      break;
    case ZY_FORMAT_ABX: snprintf(out, (size_t)size, "%-10s %d %d", name, ZY_A(i), ZY_BX(i)); break;
    case ZY_FORMAT_ASBX: snprintf(out, (size_t)size, "%-10s %d %d", name, ZY_A(i), ZY_SBX(i)); break;
    case ZY_FORMAT_AX: snprintf(out, (size_t)size, "%-10s %d", name, ZY_AX(i)); break;
    case ZY_FORMAT_SJ: snprintf(out, (size_t)size, "%-10s %d ; to %d", name, ZY_SJ(i), pc + 1 + ZY_SJ(i)); break;
  }
}
