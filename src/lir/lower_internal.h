/*
** lower_internal.h - what the files of the lowering share.
** SPDX-License-Identifier: MIT
**
** A value of the HIR is, in LIR, a payload and a tag, of which either may be missing: the payload of nil and of
** booleans says nothing, the tag of a value of one type is known. The payload is an integer, a float or a pointer,
** as it came about, and is converted where it is wanted otherwise. Conditions and addresses are a payload only.
*/
#ifndef ZY_LOWER_INTERNAL_H
#define ZY_LOWER_INTERNAL_H

#include "lir/lower.h"
#include "vm/layout.h"

#define ZY_LOWER_NONE UINT32_MAX       /* no LIR value, no label */
#define ZY_LOWER_ALL_REGS UINT16_MAX

typedef struct ZyLowerValue {
  uint32_t payload;                    /* NONE: says nothing */
  uint32_t tag;                        /* NONE: it is 'known' */
  int32_t offset;                      /* of an address: bytes to add */
  uint8_t type;                        /* ZyLirType of the payload */
  uint8_t known;
  uint8_t raw;                         /* the tag may be that of an empty slot, which stands for nil */
} ZyLowerValue;

/* A block that leaves. */
typedef struct ZyLowerExit {
  uint32_t label;
  int32_t exit;                        /* index in the exit table */
  uint32_t state;                      /* registers to store, 0: they are in memory */
} ZyLowerExit;

typedef struct ZyLower {
  const ZyHir *h;
  ZyArena *arena;
  ZyLowered *out;
  ZyLir *lir;
  ZyLowerValue *values;                /* by node */
  uint8_t *wanted;                     /* by node: ZyLirType in which it is best loaded, 0: any */
  uint32_t *block_label;               /* by HIR block */
  ZY_VEC(uint32_t) label;              /* by label: LIR block, NONE while it is not placed */
  ZY_VEC(ZyLowerExit) exits;           /* in use */
  uint32_t *exit_label;                /* by 2 * exit, + 1 with the registers stored; NONE: not in use */
  int32_t *stress_exit;                /* by node: index in the exit table, -1: none */
  int32_t *count_exit;                 /* of CALL_LUA that wants one result: there are more, or none */
  ZyRef *in_memory;                    /* by register: the value that is known to be in it, 0: not known */
  ZyRef **memory_at_end;               /* by HIR block: in_memory at its end */
  uint32_t L, ci, cx, code;            /* the arguments */
  uint32_t closure, k, bytecode;       /* the frame's closure, its constants, its code */
  uint32_t base;                       /* zy_lower_base, NONE: to be loaded */
  uint32_t frame;                      /* while it calls out: CallInfo of the function that the node is of */
  int direct;                          /* this is the direct entry */
  int framed;                          /* its frame is known to be complete */
  int *framed_at_end;                  /* by HIR block */
  ZyLowerValue argument[ZY_SIGNATURE_MOST];
  int32_t entry_exit;                  /* arguments do not fit the signature */
  ZyRef result_of;                     /* the direct call whose result 'result' is, 0: none in this block so far */
  ZyLowerValue result;
  int open;                            /* a block has been started and not ended */
} ZyLower;

/* ---- lower_emit.c: instructions and blocks ---- */

uint32_t zy_lower_op(ZyLower *l, ZyLirOp op, uint32_t a, uint32_t b);
uint32_t zy_lower_int(ZyLower *l, int64_t i);
uint32_t zy_lower_num(ZyLower *l, double n);
uint32_t zy_lower_select(ZyLower *l, ZyLirType type, uint32_t bit, uint32_t yes, uint32_t no);
uint32_t zy_lower_load(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias);
uint32_t zy_lower_fixed(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias);
uint32_t zy_lower_volatile(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, ZyAlias alias);
void zy_lower_store(ZyLower *l, ZyLirOp op, uint32_t at, int64_t offset, uint32_t v, ZyAlias alias);
uint32_t zy_lower_helper(ZyLower *l, int helper, ZyLirType type, const uint32_t *args, uint32_t n,
                         ZyCallHint hint);
uint32_t zy_lower_pointer_call(ZyLower *l, uint32_t fn, ZyLirType type, const uint32_t *args, uint32_t n);

#define ZY_OP1(op, a)    zy_lower_op(l, ZY_LIR_##op, (a), 0)
#define ZY_OP2(op, a, b) zy_lower_op(l, ZY_LIR_##op, (a), (b))
#define ZY_COUNT_OF(...) ((uint32_t)(sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)))
#define ZY_HINTED_CALL(hint, helper, type, ...) \
  zy_lower_helper(l, ZY_HELPER_##helper, ZY_LIR_##type, (uint32_t[]){ __VA_ARGS__ }, ZY_COUNT_OF(__VA_ARGS__), (hint))
#define ZY_CALL(helper, type, ...)      ZY_HINTED_CALL(ZY_CALL_PLAIN, helper, type, __VA_ARGS__)
#define ZY_PURE_CALL(helper, type, ...) ZY_HINTED_CALL(ZY_CALL_PURE, helper, type, __VA_ARGS__)
#define ZY_READ_CALL(helper, type, ...) ZY_HINTED_CALL(ZY_CALL_READS, helper, type, __VA_ARGS__)

/* The next argument of the function. */
uint32_t zy_lower_argument(ZyLower *l, ZyLirType type);

/* Blocks: a label stands for one that may come later. */
uint32_t zy_lower_label(ZyLower *l);
void zy_lower_place(ZyLower *l, uint32_t label);           /* starts it; what was open jumps to it */
uint32_t zy_lower_param(ZyLower *l, ZyLirType type);       /* first in a block, in order */
void zy_lower_jump(ZyLower *l, uint32_t label, const uint32_t *args, uint32_t n);
void zy_lower_branch(ZyLower *l, uint32_t bit, uint32_t yes, uint32_t no, ZyHint hint);
void zy_lower_return(ZyLower *l, uint32_t result);
/* Goes on in a new block when 'bit' is set, else to 'label'; or the other way round. */
void zy_lower_unless(ZyLower *l, uint32_t bit, uint32_t label);
void zy_lower_if(ZyLower *l, uint32_t bit, uint32_t label);

/* Drops what nobody uses, turns labels into blocks. */
void zy_lower_finish(ZyLower *l);

/* ---- lower_value.c: values ---- */

ZyLirType zy_lower_type(ZyType type);                      /* of the payload of a value that is made now */
ZyType zy_lower_static(const ZyLower *l, ZyRef r);
int zy_lower_known_tag(ZyType type);                       /* of values of one type */
uint32_t zy_lower_payload(ZyLower *l, ZyRef r, ZyLirType type);    /* something, when the payload says nothing */
uint32_t zy_lower_bits(ZyLower *l, ZyRef r);               /* the payload as an integer */
uint32_t zy_lower_tag(ZyLower *l, ZyRef r);                /* as it is in a register */
void zy_lower_set(ZyLower *l, ZyRef r, uint32_t payload);  /* r is of one type, or an address, or a condition */
void zy_lower_set_tagged(ZyLower *l, ZyRef r, ZyLirType type, uint32_t payload, uint32_t tag);
uint32_t zy_lower_bit(ZyLower *l, int bit);
uint32_t zy_lower_is(ZyLower *l, ZyRef r, ZyType types);   /* a bit: r is of one of these */
/* r := the value at 'at' + 'offset'; 'raw': it may be an empty slot. */
void zy_lower_load_value(ZyLower *l, ZyRef r, uint32_t at, int64_t offset, ZyAlias alias, int raw);
void zy_lower_store_value(ZyLower *l, uint32_t at, int64_t offset, ZyRef r, ZyAlias alias);
uint32_t zy_lower_base(ZyLower *l);                        /* address of the function's slot, before register 0 */
#define ZY_REG(reg) (((int64_t)(reg) + 1) * (int64_t)sizeof(ZyValue))      /* from there to a register */
#define ZY_TAG_AT ((int64_t)offsetof(ZyValue, tt))
void zy_lower_guard_type(ZyLower *l, ZyRef r);
void zy_lower_edge(ZyLower *l, uint32_t block, int edge);
void zy_lower_block_params(ZyLower *l, uint32_t block);

/* ---- lower_exit.c: the exit table, registers for who looks at the frame ---- */

void zy_lower_number_exits(ZyLower *l);
void zy_lower_store_state(ZyLower *l, uint32_t state);     /* those that are not known to be in memory */
void zy_lower_store_up_to(ZyLower *l, uint32_t state, int last);   /* those up to 'last'; is remembered */
void zy_lower_remember(ZyLower *l, int64_t reg, ZyRef value);      /* it is in register 'reg' in memory, too */
void zy_lower_forget(ZyLower *l, int from, int to);        /* what is in registers 'from' .. 'to' */
void zy_lower_store_arguments(ZyLower *l, uint32_t state); /* of a direct entry, when 'state' is its own */

/* ---- lower_frame.c: frames for what is called ---- */

/* Node r calls out: registers are in memory, l->frame is L->ci; and behind the call L->ci is l->ci again. */
void zy_lower_prepare_call(ZyLower *l, ZyRef r);
void zy_lower_prepare_aside(ZyLower *l, ZyRef r);          /* on a path that joins the others again: nothing is learnt */
void zy_lower_called(ZyLower *l, ZyRef r);
void zy_lower_complete_frames(ZyLower *l);                 /* the frame of the whole is L->ci */
void zy_lower_save_pc(ZyLower *l, uint32_t state);         /* its */
/* Fills in the CallInfos of the functions that 'state' is inlined in, all of it if 'complete'; goes to 'none' where they
** are not there. Gives the last one, or l->ci. */
uint32_t zy_lower_inlined_frames(ZyLower *l, uint32_t state, int complete, uint32_t none);
int zy_lower_frame_base(const ZyLower *l, uint32_t state); /* register 0 of the innermost function */

/* ---- lower_leave.c: the blocks that leave ---- */

void zy_lower_begin_exits(ZyLower *l);                     /* of one function: none is in use */
uint32_t zy_lower_exit_label(ZyLower *l, ZyRef r);         /* where node r leaves */
uint32_t zy_lower_stored_exit(ZyLower *l, int32_t exit);   /* the same, with the registers stored already */
void zy_lower_guard(ZyLower *l, ZyRef r, uint32_t bit);    /* leaves unless 'bit' is set */
void zy_lower_stress(ZyLower *l, ZyRef r);                 /* leaves when ZYJIT_STRESS wants it */
void zy_lower_exits_end(ZyLower *l);                       /* emits the blocks */

/* ---- lower_direct.c: calls without frames ---- */

int zy_lower_has_direct(const ZyHir *h);
void zy_lower_entry(ZyLower *l);                           /* all of the usual entry */
void zy_lower_direct_arguments(ZyLower *l);
void zy_lower_store_argument(ZyLower *l, int i);           /* in the register that it is for */
int zy_lower_load_argument(ZyLower *l, ZyRef r);           /* 0: LOAD_REG r is not of an argument */
void zy_lower_direct_return(ZyLower *l, const ZyHirNode *n);
int zy_lower_calls_directly(const ZyLower *l, const ZyHirNode *n);
void zy_lower_direct_call(ZyLower *l, ZyRef r);
void zy_lower_direct_tail_call(ZyLower *l, ZyRef r);
/* Notes whose exit this is: behind tail calls who called does not know. */
void zy_lower_left(ZyLower *l);
int zy_lower_load_result(ZyLower *l, ZyRef r);             /* 0: LOAD_REG r is not of a direct call's result */

/* ---- lower_call.c ---- */

void zy_lower_call_helper(ZyLower *l, ZyRef r);            /* CALL by the runtime */
void zy_lower_trapped(ZyLower *l, ZyRef r);                /* leaves after the call when a hook was set */
void zy_lower_want_one(ZyLower *l, ZyRef r);               /* leaves unless there is one result, if one is wanted */
void zy_lower_settled(ZyLower *l, ZyRef r, uint32_t trap); /* leaves when 'trap' is not 0 */
uint32_t zy_lower_open_count(ZyLower *l, int64_t reg);     /* number of values from 'reg' to the top, << 8 */

/* ---- lower_num.c, lower_compare.c, lower_table.c, lower_call.c: nodes of their kind (lower.c) ---- */

void zy_lower_num_node(ZyLower *l, ZyRef r);
void zy_lower_compare_node(ZyLower *l, ZyRef r);
void zy_lower_table_node(ZyLower *l, ZyRef r);
void zy_lower_call_node(ZyLower *l, ZyRef r);

#endif
