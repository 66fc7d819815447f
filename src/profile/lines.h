/*
** lines.h - lines of instructions, as a Proto keeps them.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_LINES_H
#define ZY_LINES_H

#include "vm/layout.h"

typedef struct ZyLines {
  int8_t *info;
  ZyAbsLine *abs;
  int nabs;
} ZyLines;

/* Line of each of the Proto's instructions. */
void zy_lines_decode(const ZyProto *p, int *line);

/* As lcode.c does it; with 'out' NULL only counts. Returns the number of absolute entries. */
int zy_lines_encode(int linedefined, const int *line, int n, ZyLines *out);

#endif
