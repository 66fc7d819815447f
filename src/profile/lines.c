/*
** lines.c - lines of instructions <-> differences and absolute entries, which stand where luaG_getfuncline expects them.
** SPDX-License-Identifier: MIT
*/
#include "profile/lines.h"

void zy_lines_decode(const ZyProto *p, int *line) {
  int current = p->linedefined, a = 0;
  for (int pc = 0; pc < p->sizelineinfo; pc++) {
    if (p->lineinfo[pc] == ZY_ABS_LINE && a < p->sizeabslineinfo) current = p->abslineinfo[a++].line;
    else current += p->lineinfo[pc];
    line[pc] = current;
  }
}

int zy_lines_encode(int linedefined, const int *line, int n, ZyLines *out) {
  int previous = linedefined, since = 0, nabs = 0;
  for (int pc = 0; pc < n; pc++) {
    int delta = line[pc] - previous;
    if (delta >= 128 || delta <= -128 || since++ >= ZY_LINES_PER_ABS) {
      if (out != NULL) out->abs[nabs] = (ZyAbsLine){ pc, line[pc] };
      nabs++;
      delta = ZY_ABS_LINE;
      since = 1;
    }
    if (out != NULL) out->info[pc] = (int8_t)delta;
    previous = line[pc];
  }
  return nabs;
}
