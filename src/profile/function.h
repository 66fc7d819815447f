/*
** function.h - what zyjit knows about one Lua function prototype.
** SPDX-License-Identifier: MIT
**
** The record is reference counted and belongs to nobody's garbage collector: the Proto's userdata holds
** one reference, a queued or running compilation another. Workers read the counters, publish code into
** 'stub[i].code', arm stubs that are asleep, and set 'status'; everything else is written by the thread that runs the
** Lua state.
*/
#ifndef ZY_FUNCTION_H
#define ZY_FUNCTION_H

#include <stdatomic.h>
#include <stdint.h>
#include "vm/layout.h"

struct ZyCode;
struct ZyState;

/* Types seen at one bytecode (bits of ZyType, see hir/type.def) and how it went. */
typedef struct ZyCell {
  uint16_t type;              /* types of the result */
  uint8_t hit;                /* ZY_HIT_ bits of a table access or call */
  uint8_t calls;              /* calls of different functions seen: 0, 1, or 2 for more */
  union {
    uint32_t callee;          /* id of the function called, or ZY_CALLEE_LIB + number of a library function */
    uint32_t event_place;     /* of a field access: where "__index" was in the metatable, below 256; 0: not known */
  };
  uint8_t tag;                /* last tag seen, xor 0x80; 0: none. Spares generated code the rest */
  uint8_t samples;            /* of 'hit', up to ZY_CELL_SAMPLES */
  uint16_t place;             /* of a field access: where the field was in the table that has it (ZY_PLACE_) */
} ZyCell;

/* Where a hash node is in its table: number of nodes, which is a power of two, + index. 0: not seen yet. */
enum { ZY_PLACE_VARIES = 0xffff,      /* it was here and there, or far up in a large table */
       ZY_PLACE_MAIN = 0x8000,        /* it was in tables of several sizes, always where its hash says */
       ZY_PLACE_MOST = 14 };          /* log2 of the nodes of the largest one */
#define ZY_PLACE_IS_KNOWN(place) ((place) != 0 && (place) < ZY_PLACE_MAIN)
#define ZY_PLACE_SIZE(place)  (31 - __builtin_clz((unsigned)(place)))              /* log2 of the number of nodes */
#define ZY_PLACE_INDEX(place) ((int)(place) - (1 << ZY_PLACE_SIZE(place)))

enum { ZY_CELL_SAMPLES = 60 };

enum { ZY_HIT_ARRAY = 1,      /* key in the array part */
       ZY_HIT_NODE = 2,       /* key present in the hash part */
       ZY_HIT_MISS = 4,       /* absent or nil, or a new key was stored */
       ZY_HIT_META = 8,       /* a metamethod decided, or not a table */
       ZY_HIT_METATABLE = 16,     /* the table has a metatable */
       ZY_HIT_INHERITED = 32 };   /* a field found in a table in __index, or of a string's metatable */

#define ZY_CALLEE_LIB 0x80000000u

/* Assumptions that failed too often at one bytecode and are not made again. */
enum { ZY_AVOID_TYPE = 1, ZY_AVOID_TABLE = 2, ZY_AVOID_CALL = 4, ZY_AVOID_HOIST = 8, ZY_AVOID_COLD = 16,
       ZY_AVOID_PLAIN = 32 };

enum { ZY_ASLEEP_NOT, ZY_ASLEEP, ZY_ASLEEP_WITH_FUNCTION };         /* its own request, that of stub 0 */

enum { ZY_OBSERVED_NOT, ZY_OBSERVED, ZY_OBSERVED_SOON };             /* at its next execution, however cold */

/* A place where the interpreter enters native code: the function's start, or a back edge. */
typedef struct ZyStub {
  int32_t pc;                          /* instruction it replaces, in attached numbering */
  int8_t level;                        /* tier requested so far: -1 none */
  uint8_t asleep;                      /* ZY_ASLEEP_: not armed until a request has ended; under the workers' lock */
  uint8_t waits;                       /* times it waited at tier 2's door for functions to be observed, see policy.c */
  uint8_t nearly_over;                 /* of a sample of the latest entries, those with hardly any of the loop left */
  _Atomic uint32_t count;              /* executions counted by the interpreter's stub and by tiers 0 and 1 */
  uint32_t next;                       /* count at which policy.c acts again */
  uint32_t entries;                    /* times native code was entered here */
  uint16_t cut_off;                    /* of the latest entries, those that did not come back: yields and errors */
  uint8_t observed;                    /* ZY_OBSERVED_: since the last change of mind */
  uint8_t failures;                    /* times its code was thrown away for a failed assumption, at most 255 */
  _Atomic(struct ZyCode *) code;       /* NULL: interpret. Release by the worker, acquire by who enters */
  struct ZyCode *aside;                /* doomed code that is used again when its successor has been asked for */
} ZyStub;

enum { ZY_FUNCTION_OFF = 1,            /* zyjit.off(f) */
       ZY_FUNCTION_PINNED = 2,         /* deoptimized to 'max_tier' until on(f) */
       ZY_FUNCTION_HOT = 4,            /* has been requested at tier 2 */
       ZY_FUNCTION_LIVE = 8 };         /* not attached: only its loops have stubs, see live.h */

typedef struct ZyFunction {
  _Atomic uint32_t refs;
  uint32_t id;                         /* unique in the process, never reused, never 0 */
  struct ZyState *state;               /* owner; NULL once the Proto died or the state closed */
  ZyProto *proto;                      /* NULL once the Proto may be gone; use on the owner's thread only */
  struct ZyFunction *next, **link;     /* list of the state's functions */
  struct ZyLive *live;                 /* when it is live: its stubs; else NULL */
  struct ZyFunction *chain;            /* function.c: those with the same hash of the id */
  int32_t size;                        /* instructions before the tail (original count + 1; live: original count) */
  int32_t outside;                     /* when it is live: pc of stub 1, which is below the code: negative */
  int16_t head;                        /* index of the prologue JMP: 1 after VARARGPREP, else 0 */
  uint16_t nstubs;                     /* 1 + number of back edges given a stub */
  uint8_t flags;                       /* ZY_FUNCTION_ bits */
  int8_t max_tier;
  uint8_t armed;                       /* prologue and back edges lead to the stubs, but for those asleep */
  uint8_t sleeps;                      /* a stub of it may be asleep */
  uint8_t folded;                      /* see fold.c */
  uint8_t held;                        /* attach.c, while it looks for those that are dead */
  _Atomic uint8_t status;              /* ZyStatus of the last compilation when it failed, else OK; by workers */
  uint32_t calls;                      /* that the interpreter made */
  uint32_t exits;                      /* exits taken, all code */
  uint32_t deopts;                     /* recompilations after failed assumptions */
  ZyCell *cells;                       /* one per instruction, then one per register: the function's parameters
                                          at its entry. NULL while cold */
  uint8_t *avoid;                      /* one per instruction; NULL until an assumption failed */
  ZyInstruction *displaced;            /* original instruction of stub[i], i >= 1 */
  ZyStub stub[];
} ZyFunction;

/* A record for a Proto of 'size' - 1 original instructions with 'nstubs' entries, one reference held
** by the caller; NULL when there is no memory. */
ZyFunction *zy_function_new(int size, int head, int nstubs);
void zy_function_retain(ZyFunction *fn);
void zy_function_release(ZyFunction *fn);

/* The record with that id, with a reference for the caller; NULL when it is gone. */
ZyFunction *zy_function_find(uint32_t id);

enum { ZY_CELL_REGS = 256 };           /* cells behind those of the instructions */

/* Makes fn->cells exist; 0 when there is no memory. */
int zy_function_warm(ZyFunction *fn);

/* Stubs in the tail: [0] is LOADK, CALL, slot; each further one is followed by the displaced
** instruction and a JMP back behind its place. A live function has none for its start; the others are outside its
** code, see live.c. */
enum { ZY_STUB_SIZE = 3, ZY_LOOP_STUB_SIZE = 5, ZY_LIVE_STUB_SIZE = 10 };
static inline int zy_function_stub_pc(const ZyFunction *fn, int stub) {
  if (fn->flags & ZY_FUNCTION_LIVE) return fn->outside + (stub - 1) * ZY_LIVE_STUB_SIZE;
  return fn->size + (stub == 0 ? 0 : ZY_STUB_SIZE + (stub - 1) * ZY_LOOP_STUB_SIZE);
}
/* Where the displaced instruction of stub i >= 1 is: behind the slot. */
static inline int zy_function_displaced_pc(const ZyFunction *fn, int stub) {
  return zy_function_stub_pc(fn, stub) + (fn->flags & ZY_FUNCTION_LIVE ? ZY_STUB_SIZE + 1 : ZY_STUB_SIZE);
}
/* The stub whose slot is at 'slot'. */
static inline int zy_function_slot_stub(const ZyFunction *fn, int slot) {
  int offset = slot - 2 - fn->size;
  if (fn->flags & ZY_FUNCTION_LIVE) return (slot - 3 - fn->outside) / ZY_LIVE_STUB_SIZE + 1;
  return offset == 0 ? 0 : (offset - ZY_STUB_SIZE) / ZY_LOOP_STUB_SIZE + 1;
}

#endif
