/*
** native.h - the contract between generated code and the runtime.
** SPDX-License-Identifier: MIT
**
** Native code is a C function ZyNative. It runs in the Lua frame 'ci', which is L->ci, and leaves by
** returning where the interpreter goes on:
**
**   >= 0   an index into code->exit: the registers of its frame state have been stored
**   <  0   a return: bits 0-7 first register, 8-39 number of values, 40-62 pc of the RETURN; the
**          values are in the frame's registers
**
** It never changes L->ci for its caller, and embeds no address: all it needs is reached from its arguments.
**
** Code of a function's start may have a direct entry, too, which takes the arguments as the signature says, after
** L, ci, cx and code: see lir/lower_direct.c.
*/
#ifndef ZY_NATIVE_H
#define ZY_NATIVE_H

#include <stdatomic.h>
#include "profile/unit.h"

struct ZyCode;
struct ZyContext;

typedef int64_t (*ZyNative)(struct lua_State *L, ZyCallInfo *ci, struct ZyContext *cx, struct ZyCode *code);

/* Registers that inlined functions may have behind those of the frame. Who enters native code sees to the room, and the
** collector, when it shrinks a stack, leaves more than that. */
enum { ZY_SPILL = 16 };

#define ZY_RETURN(reg, n, pc)   (INT64_MIN | (int64_t)(pc) << 40 | (int64_t)(n) << 8 | (reg))
#define ZY_RETURN_REG(r)        ((int)((r) & 255))
#define ZY_RETURN_COUNT(r)      ((int)((r) >> 8 & 0xffffffff))
#define ZY_RETURN_PC(r)         ((int)((r) >> 40 & 0x7fffff))

/* What a direct entry returns: an exit as above, or (negative) bits 0-7 register, 8-31 number of values, 32-53 pc of the
** RETURN, 56-62 tag of the only value, which is in ZyContext.value: there is one, or none, and then a nil. With
** ZY_DIRECT_IN_FRAME for a tag the values are in the frame's registers. */
#define ZY_DIRECT_RETURN(reg, n, pc, tag) \
  (INT64_MIN | (int64_t)(tag) << 56 | (int64_t)(pc) << 32 | (int64_t)(n) << 8 | (int64_t)(reg))
#define ZY_DIRECT_COUNT(r)      ((int)((r) >> 8 & 0xffffff))
#define ZY_DIRECT_TAG(r)        ((int)((r) >> 56 & 0x7f))
#define ZY_DIRECT_PC_MASK       ((int64_t)0x3fffff << 32)
enum { ZY_DIRECT_IN_FRAME = 0x7f };

enum {
#define ZY_HELPER(name) ZY_HELPER_##name,
#include "lir/helper.def"
#undef ZY_HELPER
  ZY_HELPER_COUNT
};

enum {
#define ZY_LIB(id, library, name) ZY_LIB_##id,
#include "lir/lib.def"
#undef ZY_LIB
  ZY_LIB_COUNT
};

/* One per Lua state (all its coroutines). */
typedef struct ZyContext {
  void *helper[ZY_HELPER_COUNT];
  void *lib[ZY_LIB_COUNT];             /* C functions, NULL when the library was not there */
  char *stack_limit;                   /* native frames do not go below */
  uint32_t stress_exits, stress_count; /* leave at every n-th guard */
  uint32_t stress_gc;                  /* a full collection at every entry and call-out, while the stack is small */
  uint32_t folded;                     /* a foreign hook counts instructions: functions may have been folded, see fold.h */
  int64_t value;                       /* payload of the result of a direct call */
  struct ZyCode *left;                 /* code with a direct entry that has left: another than was called, after tail calls */
  ZyNode *no_nodes;                    /* what tables without hash part have for one */
} ZyContext;

/* Why generated code leaves; names and texts in exit.def. */
enum {
#define ZY_EXIT(name, avoid, text) ZY_EXIT_##name,
#include "lir/exit.def"
#undef ZY_EXIT
  ZY_EXIT_COUNT
};

/* The frame of a function that was translated in place, rebuilt at an exit. */
typedef struct ZyExitFrame {
  int32_t call_pc;                     /* CALL in the caller */
  int32_t callee;                      /* index in code->callee */
  uint16_t base;                       /* register 0, from the outermost frame's base */
  int16_t nresults;
  int32_t tail;                        /* it was tail-called */
} ZyExitFrame;

typedef struct ZyExit {
  int32_t pc;                          /* to go on at, in the innermost function */
  uint8_t reason;                      /* ZY_EXIT_ */
  uint8_t nframes;                     /* frames to rebuild */
  uint16_t frame;                      /* first of them, outermost first */
  uint32_t function;                   /* id of the function 'pc' belongs to */
  int32_t site;                        /* bytecode whose assumption failed: its feedback is what was wrong */
  uint8_t top;                         /* the instruction at 'pc' takes values up to this register of the innermost
                                          function, exclusively; 0: up to L->top, or it takes none */
  uint8_t hoisted;                     /* checked in front of a loop, at 'site': give up ZY_AVOID_HOIST there */
  uint32_t taken;
  uint32_t since;                      /* entries of native code when it was first taken; modulo 2^32 */
} ZyExit;

typedef struct ZyCode {
  ZyNative fn;
  void *direct;                        /* direct entry */
  uint32_t signature;                  /* its, or ZY_SIGNATURE_NONE */
  ZyFunction *owner;                   /* referenced */
  ZyFunction **callee;                 /* referenced; the prototypes are kept alive by the owner's userdata */
  ZyProto **callee_proto;
  const ZyInstruction *bytecode;       /* the owner's */
  const ZyValue *k;
  ZyCell *cells;                       /* owner's feedback, when the code records it */
  _Atomic uint32_t limit;              /* TICK calls the helper when the stub's count reaches it */
  _Atomic uint32_t *count;             /* the stub's count */
  uint32_t *block_count;               /* one per instruction, when blocks are counted */
  ZyExit *exit;
  ZyExitFrame *frame;
  int32_t nexits, ncallees, nframes;
  int32_t stub;                        /* index in owner->stub */
  uint8_t tier, backend;
  uint8_t doomed;                      /* a better one is on its way */
  uint32_t bytes;
  void *module;                        /* back end's handle */
  struct ZyCode *next;                 /* retired list */
} ZyCode;

#endif
