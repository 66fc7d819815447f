/*
** machine.h - the state of an interpretation, shared by interp.c and the two worlds it can run in.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_MACHINE_H
#define ZY_MACHINE_H

#include "hir/interp.h"

typedef enum ZyStep {
  ZY_STEP_NEXT,                        /* done, *out is the result */
  ZY_STEP_EXIT,                        /* the node exits */
  ZY_STEP_FAULT                        /* the function did what it must not; machine->fault says what */
} ZyStep;

typedef struct ZyMachine {
  const ZyHir *h;
  ZyValue *values;                     /* by node; a cond is in v.i, a ptr in v.p */
  ZyModel *model;                      /* NULL: in a Lua frame */
  struct lua_State *L;
  ZyCallInfo *ci;
  ZyCallInfo *frame;                   /* of the function that the node is of: while an inlined one calls out, its own */
  int base;                            /* its register 0 */
  ZyContext *cx;
  ZyCode *code;
  const int32_t *exit_of_node;
  const int32_t *hook_exit;            /* by node: whether its frame's trap is looked at behind it (not -1) */
  const char *fault;
} ZyMachine;

/* The frame's register 'i'; NULL when the model has none such. Asked for at each use: stacks move. */
ZyValue *zy_machine_reg(const ZyMachine *m, int64_t i);

/* The operations that read or change the world: interp_frame.c, interp_model.c. 'a': the operands. */
ZyStep zy_interp_frame_step(ZyMachine *m, const ZyHirNode *n, const ZyValue a[3], ZyValue *out);
ZyStep zy_interp_model_step(ZyMachine *m, const ZyHirNode *n, const ZyValue a[3], ZyValue *out);

#endif
