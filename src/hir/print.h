/*
** print.h - HIR to text.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_PRINT_H
#define ZY_PRINT_H

#include "hir/hir.h"

/* The function as text (grammar: parse.c), allocated in 'arena'. Parsing it and printing the result gives the same
** text again, but for comments, which only functions with a unit get. */
char *zy_print_hir(const ZyHir *h, ZyArena *arena);

/* The same with values numbered by appearance and blocks by position: equal texts, equal functions. */
char *zy_print_canonical(const ZyHir *h, ZyArena *arena);

/* "any", "int|nil": writes at most 'size' bytes, terminated; returns 'out'. */
char *zy_print_type(ZyType type, char *out, size_t size);

/* How an immediate is written: fields "name=value", or a bare value (name NULL). */
typedef struct ZyImmField {
  const char *name;
  uint8_t shift, width;       /* bits of imm; up to bit 63: signed */
  int8_t bias;                /* value shown = bits + bias */
  uint8_t kind;               /* ZY_IMM_ */
} ZyImmField;

enum { ZY_IMM_NUMBER, ZY_IMM_TYPE, ZY_IMM_LIB,
       ZY_IMM_EXTRA };        /* a number that comes last and is not written when it is 0 */

enum { ZY_IMM_FIELDS = 4 };   /* most fields of an operation */

/* The fields of 'op', ended by one of width 0. Those of CONST, PARAM and ARITH have a syntax of their own. */
const ZyImmField *zy_print_fields(ZyHirOp op);

/* The field's value in 'imm'. */
int64_t zy_print_field(const ZyImmField *field, int64_t imm);

/* Lower-case names, NULL when out of range. */
const char *zy_print_arith(int64_t op);
const char *zy_print_lib(int64_t lib);

/* The number of values that a RETURN, written as "return v1, v2" in text functions, gives; -1 when it is not
** of that form (state at pc 0 of registers 0 .. n-1). */
int zy_print_plain_return(const ZyHir *h, const ZyHirNode *n);

#endif
