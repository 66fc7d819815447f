/*
** parse.h - text to HIR.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_PARSE_H
#define ZY_PARSE_H

#include "hir/hir.h"

/* Lines of the text, for messages. */
typedef struct ZyParseLines {
  ZY_VEC(int) node;                    /* by number; 0: none */
  ZY_VEC(int) block;
} ZyParseLines;

/* Reads one function. NULL when the text is malformed, with "line 3: ..." in 'error'. 'lines' may be NULL.
** What it reads is well-formed text, not yet a well-formed function: see verify.h. */
ZyHir *zy_parse_hir(ZyArena *arena, const char *text, char *error, size_t size);
ZyHir *zy_parse_hir_lines(ZyArena *arena, const char *text, char *error, size_t size, ZyParseLines *lines);

/* Reads a constant ("7", "-1.5", "0x10", "nil", "true", "inf") at *text and moves *text behind it: its type,
** 0 when there is none. Integers and booleans are in *imm, floats in *num. */
ZyType zy_parse_constant(const char **text, int64_t *imm, double *num);

#endif
