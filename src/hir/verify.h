/*
** verify.h - the invariants of the HIR.
** SPDX-License-Identifier: MIT
**
**   V1   the entry is block 1; it has nodes and no predecessors
**   V2   the nodes of a block are one list: prev, next, first, last and ZyHirNode.block agree
**   V3   every block ends with its only terminator; a block without nodes has no edges either
**   V4   JUMP has edge 0, BRANCH edges 0 and 1, other terminators none; edges lead to blocks with nodes
**   V5   predecessors are the sources of the edges, each as often as it has edges here
**   V6   PARAMs come first, numbered 0 .. nparams-1; the entry has none unless the function was read from text
**   V7   an edge passes one value for each PARAM, of a type that the PARAM's includes
**   V8   a node has as many operands as its operation, each a node of some block that gives a value
**   V9   operands are of a type that the operation takes
**   V10  the result's type is the operation's, or one that it can have
**   V11  a value is defined on every way to where it is used
**   V12  what may exit has a state, nothing else but JUMP has one; its registers ascend and are below nregs
**   V13  cond and ptr values are in no state, no PARAM and on no edge
**   V14  no captured register is in a state
**   V15  immediates name what exists: registers, constants, callees, library functions, operators, types
**   V16  inlined calls nest: each ZyInline's outer one comes before it, states name existing ones
*/
#ifndef ZY_VERIFY_H
#define ZY_VERIFY_H

#include "hir/hir.h"

/* What is wrong, and where. */
typedef struct ZyFault {
  int rule;                            /* number of the invariant, 0: none is violated */
  ZyRef node;                          /* 0: the block */
  uint32_t block;
  char text[120];
} ZyFault;

/* Looks for a violated invariant, in the order of the list for V1 to V5, then node by node. Unreachable blocks
** need only be well-formed: V11 does not ask about them. OK, INVALID, or MEMORY. */
ZyStatus zy_verify_find(const ZyHir *h, ZyFault *fault);

/* The same; on failure 'error' says "V7 b3: edge 0 to b2 passes 1 value, 2 wanted". */
ZyStatus zy_verify_hir(const ZyHir *h, char *error, size_t size);

#endif
