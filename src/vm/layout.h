/*
** layout.h - the private structures of Lua 5.4.3 to 5.4.9 that zyjit reads and writes.
** SPDX-License-Identifier: MIT
**
** No Lua distribution installs these declarations. They are written down from the memory layout,
** for LP64 builds in the default configuration (64-bit integers, doubles), and nothing relies on
** them before zy_layout_check (layout.c) has compared every offset in use with live objects.
** This header does not include lua.h, so that the compiler's layers can use it.
*/
#ifndef ZY_LAYOUT_H
#define ZY_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct lua_State;

typedef uint32_t ZyInstruction;

#define ZY_GC_HEADER struct ZyObject *next; uint8_t tt; uint8_t marked

typedef struct ZyObject { ZY_GC_HEADER; } ZyObject;

typedef union ZyPayload {
  ZyObject *gc;
  void *p;
  int (*f)(struct lua_State *L);
  int64_t i;
  double n;
} ZyPayload;

typedef struct ZyValue { ZyPayload v; uint8_t tt; } ZyValue;      /* 16 bytes */
typedef ZyValue *ZyStack;

/* Tags: low 4 bits the type, bits 4-5 the variant, bit 6 set for collectable values. */
enum {
  ZY_TAG_NIL = 0, ZY_TAG_FALSE = 1, ZY_TAG_TRUE = 17, ZY_TAG_LIGHT = 2, ZY_TAG_INT = 3, ZY_TAG_NUM = 19,
  ZY_TAG_CFUNCTION = 22, ZY_TAG_COLLECTABLE = 64,
  ZY_TAG_STR = 4 | 64, ZY_TAG_LONG_STR = 20 | 64, ZY_TAG_TABLE = 5 | 64, ZY_TAG_LUA_FN = 6 | 64,
  ZY_TAG_C_FN = 38 | 64, ZY_TAG_UDATA = 7 | 64, ZY_TAG_THREAD = 8 | 64,
  ZY_KIND_UPVAL = 9, ZY_KIND_PROTO = 10, ZY_KIND_TYPE_BITS = 15
};

typedef struct ZyCallInfo {                                       /* 64 bytes */
  ZyStack func, top;
  struct ZyCallInfo *previous, *next;
  union {
    struct { const ZyInstruction *savedpc; volatile int trap; int nextraargs; } l;
    struct { void *k; ptrdiff_t old_errfunc; ptrdiff_t ctx; } c;
  } u;
  int u2;
  short nresults;
  unsigned short callstatus;
} ZyCallInfo;

enum { ZY_CIST_C = 1 << 1, ZY_CIST_FRESH = 1 << 2, ZY_CIST_HOOKED = 1 << 3, ZY_CIST_TAIL = 1 << 5,
       ZY_CIST_HOOKYIELD = 1 << 6,
       ZY_CIST_NATIVE = 1 << 15 };      /* none of Lua's: native code called, no luaV_execute has the frame's function */

typedef struct ZyUpVal {
  ZY_GC_HEADER;
  uint8_t tbc;
  ZyValue *v;                         /* into a stack while open, else to 'value' */
  union {
    struct { struct ZyUpVal *next, **previous; } open;
    ZyValue value;
  } u;
} ZyUpVal;

typedef struct ZyThread {                                         /* a lua_State */
  ZY_GC_HEADER;
  uint8_t status, allowhook;
  unsigned short nci;
  ZyStack top;
  struct ZyGlobal *G;
  ZyCallInfo *ci;
  ZyStack stack_last, stack;
  ZyUpVal *openupval;
  ZyStack tbclist;
  ZyObject *gclist;
  struct ZyThread *twups;             /* itself when not in the list of threads with open upvalues */
  void *errorJmp;
  ZyCallInfo base_ci;
  void (*volatile hook)(struct lua_State *L, void *ar);
  ptrdiff_t errfunc;
  uint32_t nCcalls;                   /* low 16 bits: depth of C calls; high 16: of calls that cannot yield */
  int oldpc, basehookcount, hookcount;
  volatile int hookmask;
} ZyThread;

#define ZY_NON_YIELDABLE 0x10000u

typedef struct ZyGlobal {
  void *(*frealloc)(void *ud, void *block, size_t from, size_t to);
  void *ud;
  ptrdiff_t totalbytes, GCdebt;
  size_t GCestimate, lastatomic;
  void *strt_hash; int strt_nuse, strt_size;
  ZyValue registry, nilvalue;
  unsigned int seed;
  uint8_t currentwhite, gcstate, gckind, gcstopem, genminormul, genmajormul,
          gcstp, gcemergency, gcpause, gcstepmul, gcstepsize;
  ZyObject *allgc;
  ZyObject **sweepgc;
  ZyObject *finobj, *gray, *grayagain, *weak, *ephemeron, *allweak, *tobefnz, *fixedgc,
           *survival, *old1, *reallyold, *firstold1, *finobjsur, *finobjold1, *finobjrold;
  ZyThread *twups;
  int (*panic)(struct lua_State *L);
  ZyThread *mainthread;
  struct ZyString *memerrmsg;
  struct ZyString *tmname[25];        /* names of events, by ZY_TM_ */
  struct ZyTable *mt[9];              /* metatables of basic types, by the low 4 bits of the tag */
} ZyGlobal;

typedef struct ZyString {
  ZY_GC_HEADER;
  uint8_t extra, shrlen;
  unsigned int hash;
  union { size_t lnglen; struct ZyString *hnext; } u;
  char contents[1];
} ZyString;

typedef union ZyNode {                                            /* 24 bytes */
  struct { ZyPayload v; uint8_t tt; uint8_t key_tt; int next; ZyPayload key; } u;
  ZyValue value;
} ZyNode;

enum { ZY_ALIMIT_IS_HINT = 1 << 7 };  /* of ZyTable.flags */

typedef struct ZyTable {
  ZY_GC_HEADER;
  uint8_t flags;                      /* bit 7: alimit is not the array's real size; bit p: no metamethod p */
  uint8_t lsizenode;                  /* log2 of the number of nodes */
  unsigned int alimit;
  ZyValue *array;
  ZyNode *node;
  ZyNode *lastfree;
  struct ZyTable *metatable;
  ZyObject *gclist;
} ZyTable;

/* Length of the array part: alimit may be a hint for '#' and not the size (then the size is a power of two). */
static inline unsigned int zy_layout_array_size(const ZyTable *t) {
  unsigned int size = t->alimit;
  if (!(t->flags & ZY_ALIMIT_IS_HINT) || (size & (size - 1)) == 0) return size;
  size |= size >> 1;
  size |= size >> 2;
  size |= size >> 4;
  size |= size >> 8;
  size |= size >> 16;
  return size + 1;
}

enum { ZY_TM_INDEX = 0, ZY_TM_NEWINDEX = 1, ZY_TM_GC = 2, ZY_TM_LEN = 4, ZY_TM_EQ = 5,   /* bits of ZyTable.flags */
       ZY_TM_ADD = 6,                 /* the first operator; the others follow in the order of LUA_OPADD ... */
       ZY_TM_LT = 20, ZY_TM_LE = 21, ZY_TM_CALL = 23,
       ZY_TM_BITS = 0x3f };           /* all of them: a new key in a table clears them */

typedef struct ZyUserdata {
  ZY_GC_HEADER;
  unsigned short nuvalue;
  size_t len;
  ZyTable *metatable;
  ZyObject *gclist;
  ZyValue uv[1];
} ZyUserdata;

typedef struct { ZyString *name; uint8_t instack, idx, kind; } ZyUpvalDesc;
typedef struct { ZyString *name; int startpc, endpc; } ZyLocVar;
typedef struct { int pc, line; } ZyAbsLine;

enum { ZY_LINES_PER_ABS = 128,        /* an absolute line at least every so many instructions */
       ZY_ABS_LINE = -128 };          /* lineinfo of an instruction that has one */

typedef struct ZyProto {
  ZY_GC_HEADER;
  uint8_t numparams, is_vararg, maxstacksize;
  int sizeupvalues, sizek, sizecode, sizelineinfo, sizep, sizelocvars, sizeabslineinfo;
  int linedefined, lastlinedefined;
  ZyValue *k;
  ZyInstruction *code;
  struct ZyProto **p;
  ZyUpvalDesc *upvalues;
  int8_t *lineinfo;
  ZyAbsLine *abslineinfo;
  ZyLocVar *locvars;
  ZyString *source;
  ZyObject *gclist;
} ZyProto;

typedef struct ZyLuaClosure {
  ZY_GC_HEADER;
  uint8_t nupvalues;
  ZyObject *gclist;
  ZyProto *p;
  ZyUpVal *upvals[1];
} ZyLuaClosure;

typedef struct ZyCClosure {
  ZY_GC_HEADER;
  uint8_t nupvalues;
  ZyObject *gclist;
  int (*f)(struct lua_State *L);
  ZyValue upvalue[1];
} ZyCClosure;

/* Colours and ages, in 'marked'. */
enum { ZY_WHITE_BITS = 3 << 3, ZY_BLACK_BIT = 1 << 5, ZY_AGE_BITS = 7,
       ZY_AGE_OLD0 = 2, ZY_AGE_OLD1 = 3, ZY_AGE_TOUCHED1 = 5, ZY_AGE_TOUCHED2 = 6 };

_Static_assert(sizeof(void *) != 8 || (sizeof(ZyValue) == 16 && sizeof(ZyCallInfo) == 64 && sizeof(ZyNode) == 24),
               "LP64 layout of Lua 5.4");

/* The function running in a Lua frame, and its Proto. */
static inline ZyLuaClosure *zy_layout_closure(const ZyCallInfo *ci) { return (ZyLuaClosure *)ci->func->v.gc; }
static inline ZyProto *zy_layout_proto(const ZyCallInfo *ci) { return zy_layout_closure(ci)->p; }

/* Compares every offset in use with live objects of 'L'. Returns NULL when all agree, else a static
** text that says what does not ("Lua 5.4.2 keeps Lua calls on the C stack", "layout of Table differs"). */
const char *zy_layout_check(struct lua_State *L);

#endif
