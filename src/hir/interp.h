/*
** interp.h - runs HIR directly: the reference for passes and back ends.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_INTERP_H
#define ZY_INTERP_H

#include "hir/hir.h"
#include "lir/native.h"

/* Runs 'h' in the Lua frame 'ci' as generated code would (lir/native.h) and returns what it would return.
** exit_of_node[r] is the index in code->exit for node r; it must be there for every node that can exit.
** hook_exit[r] is the exit behind node r when the frame's trap is set, -1 where it does not matter. Helpers may raise
** errors through it. */
int64_t zy_interp_run(const ZyHir *h, const int32_t *exit_of_node, const int32_t *hook_exit, struct lua_State *L,
                      ZyCallInfo *ci, ZyContext *cx, ZyCode *code);


/* ---- without Lua -------------------------------------------------------- */

enum { ZY_MODEL_ARGS = 16, ZY_MODEL_REGS = 256, ZY_MODEL_UPVALS = 32, ZY_MODEL_STRINGS = 64 };

/* A small world for functions read from text.
**
** Tables are ZyTables made by zy_model_table: an array part, and fields by constant number instead of by string;
** any metamethod is "leave it to the interpreter". String k[i] has i bytes. A Lua function is its callee number, a
** library function its number in lib.def, both in v.i. The function that CALL calls returns the sum of its
** integer arguments, then nils; it adds 1 to upvalue 0 and to element 1 of tables it is given, where these are
** integers. In a restless model whatever may call moves the arrays and fields of all tables, and a call
** makes short arrays longer. There are no extra arguments. CLOSURE, CONCAT and SET_LIST exit. No hook is ever set. */
typedef struct ZyModel {
  ZyArena *arena;
  ZyValue arg[ZY_MODEL_ARGS];          /* the entry's PARAMs */
  int nargs;
  ZyValue reg[ZY_MODEL_REGS];
  ZyValue upval[ZY_MODEL_UPVALS];
  ZyString *string[ZY_MODEL_STRINGS];  /* made when asked for */
  ZyObject *tables;                    /* all of them, by 'gclist' */
  int top;                             /* register after the last open result */
  int restless;
} ZyModel;

ZyModel *zy_model_new(ZyArena *arena);

/* A table whose array part holds 'size' nils, with room for 'fields' fields. */
ZyTable *zy_model_table(ZyModel *model, unsigned int size, unsigned int fields);

/* The value of field k[k]; makes it when 'make' is set and there is room. NULL: none. */
ZyValue *zy_model_field(ZyTable *t, int64_t k, int make);

/* String k[k]; NULL when k is too large. */
ZyString *zy_model_string(ZyModel *model, int64_t k);

typedef struct ZyOutcome {
  enum { ZY_OUTCOME_RETURN, ZY_OUTCOME_EXIT, ZY_OUTCOME_FAULT } kind;
  ZyRef node;                          /* where it ended */
  int reg, count;                      /* RETURN: values in model->reg */
  uint32_t state;                      /* EXIT: index in h->states; registers have been stored */
  char fault[80];                      /* FAULT: what the function did wrong */
} ZyOutcome;

/* Runs 'h' on the model's arguments. */
void zy_interp_model(const ZyHir *h, ZyModel *model, ZyOutcome *outcome);

/* Goes on at node 'at', with the value of register i as that of node value[i] where that is not 0. */
void zy_interp_model_at(const ZyHir *h, ZyModel *model, ZyRef at, const ZyRef *value, ZyOutcome *outcome);

#endif
