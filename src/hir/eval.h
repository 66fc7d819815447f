/*
** eval.h - operations whose result depends on their operands alone.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_EVAL_H
#define ZY_EVAL_H

#include "hir/hir.h"

typedef enum ZyEval {
  ZY_EVAL_DONE,
  ZY_EVAL_EXIT,               /* the node exits with these operands */
  ZY_EVAL_OTHER               /* the result depends on memory */
} ZyEval;

/* Evaluates node 'n' on operand values 'a' (a cond is 0 or 1 in v.i) into *out. Follows no pointers. Also for
** folding constants: with DONE, *out is what running the node would have given. */
ZyEval zy_eval_node(const ZyHirNode *n, const ZyValue a[3], ZyValue *out);

/* The type of values with this tag; empty array slots and the like are nil. */
ZyType zy_eval_type(uint8_t tag);

#endif
