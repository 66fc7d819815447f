/*
** live.c - Proto that frames execute -> the same with stubs outside its code.
** SPDX-License-Identifier: MIT
**
** The arrays stay where they are; only back edges are overwritten, with a JMP to
**
**   JMP body                              where a displaced FORLOOP jumps to
**   LOADKX R entry; CALL R; slot          the stub: is entered here
**   displaced instruction; JMP behind     what the back edge did
**
** in memory below the code. There, because whoever looks at a frame whose pc is in a stub computes a pc relative to the
** code: with a negative one ldebug.c's loops over instructions, lines and variables do nothing, and code[pc] is the stub.
** Only 'changedline' reads lineinfo[pc]: the Proto has a copy of its lines meanwhile, with zeros below.
**
** The entry's constant is above the Proto's constants, where LOADKX reaches it. R is one register more than the frame
** has: EXTRA_STACK is for that, and the call itself makes room.
**
** Left out: the function's start, and generic for loops. TFORCALL executes the next instruction as a TFORLOOP without
** looking, which does not reach a stub; and the body's first instruction is needed where it is to find who set a register.
**
** What differs from the interpreter: a line hook that was set by lua_sethook, and a finalizer that runs because the
** stub's call makes the stack grow, see the line where the function is defined while a frame is in a stub.
**
** Runs on the thread that runs the Lua state.
*/
#include "profile/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "profile/attach.h"
#include "runtime/discover.h"
#include "runtime/state.h"
#include "vm/bytecode.h"
#include "vm/collector.h"

enum {
  MAX_STUBS = 1000,
  DISTANCE = 4096,                     /* bytes between stubs and code: more than changedline calls near */
  STEP = 1 << 16,                      /* between addresses that are tried */
  ENTRY_STEP = 1 << 24
};

#define REACH ((uintptr_t)ZY_MAX_SJ * sizeof(ZyInstruction))         /* of a JMP */
#define ENTRY_REACH (((uintptr_t)1 << 25) * sizeof(ZyValue))         /* of a LOADKX */

static const char holders_key;

typedef struct Stub {
  ZyInstruction body;                  /* the back edge's JMP is to the next */
  ZyInstruction load, extra, call, slot;
  ZyInstruction displaced, behind;
  ZyInstruction unused;
  ZyFunction *fn;
} Stub;

_Static_assert(sizeof(Stub) == ZY_LIVE_STUB_SIZE * sizeof(ZyInstruction) && offsetof(Stub, slot) == 16 &&
               offsetof(Stub, load) == 4 && offsetof(Stub, displaced) == 20, "as function.h says");

typedef struct Block { void *at; size_t mapped; } Block;             /* mapped 0: malloc */

typedef struct ZyLive {
  struct ZyLive *next;
  ZyFunction *fn;
  ZyProto *p;
  ZyValue holder;
  Block stubs, entry, lines;
  int8_t *lineinfo;                    /* the Proto's own */
} ZyLive;


/* ---- memory at given places ------------------------------------------------------- */

static void *map(uintptr_t at, size_t size, int flags) {
  void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

/* New memory at that address or none. Kernels that do not know the flag take the address for a wish. */
static int map_at(Block *block, uintptr_t at, size_t size) {
  void *p = map(at, size, MAP_FIXED_NOREPLACE);
  if (p == NULL) return 0;
  if (p != (void *)at) {
    munmap(p, size);
    return 0;
  }
  *block = (Block){ p, size };
  return 1;
}

static void free_block(const Block *block) {
  if (block->mapped != 0) munmap(block->at, block->mapped);
  else free(block->at);
}

/* Room for n stubs below the code, within reach of all of it: as near as there is some. */
static int map_stubs(const ZyProto *p, int n, Block *block) {
  uintptr_t code = (uintptr_t)p->code, end = code + (uintptr_t)p->sizecode * sizeof *p->code;
  size_t size = ((size_t)n * sizeof(Stub) + DISTANCE - 1) / DISTANCE * DISTANCE;
  uintptr_t low = end > REACH ? end - REACH : STEP;
  if (code < low + size + DISTANCE) return 0;
  for (uintptr_t at = (code - size - DISTANCE) / STEP * STEP; at >= low && at != 0; at -= STEP)
    if (map_at(block, at, size)) return 1;
  return 0;
}

/* Where in the block at 'at' the entry can be for LOADKX with constants at 'k': an index of k, or -1. */
static int64_t entry_index(uintptr_t at, uintptr_t k) {
  uintptr_t index;
  if (at < k) return -1;
  index = (at - k + sizeof(ZyValue) - 1) / sizeof(ZyValue);
  return index < ENTRY_REACH / sizeof(ZyValue) ? (int64_t)index : -1;
}

/* Makes the entry's constant; its index for LOADKX, or -1. Blocks of the heap are tried first: what is mapped above it
** is in its way when it grows, so that is far above. */
static int64_t make_entry(const ZyProto *p, Block *block) {
  uintptr_t k = (uintptr_t)p->k;
  int64_t index = -1;
  void *tried[6];
  int n = 0;
  for (size_t size = 2 * sizeof(ZyValue); n < (int)(sizeof tried / sizeof *tried) && index < 0; size *= 8, n++) {
    tried[n] = malloc(size);
    if (tried[n] == NULL) break;
    index = entry_index((uintptr_t)tried[n], k);
    if (index >= 0) *block = (Block){ tried[n], 0 };
  }
  while (n-- > 0)
    if (tried[n] != block->at) free(tried[n]);
  for (uintptr_t up = ENTRY_REACH - 2 * ENTRY_STEP; index < 0 && up >= ENTRY_STEP; up -= ENTRY_STEP)
    if (map_at(block, (k + up) / STEP * STEP, STEP)) index = entry_index((uintptr_t)block->at, k);
  if (index >= 0) {
    ZyValue *entry = (ZyValue *)(k + (uintptr_t)index * sizeof(ZyValue));
    entry->v.f = zy_enter;
    entry->tt = ZY_TAG_CFUNCTION;
  }
  return index;
}

/* A copy of the lines, with zeros where a stub's pc leads to. */
static int make_lines(ZyLive *live) {
  size_t below = (size_t)((const char *)live->p->code - (const char *)live->stubs.at) / sizeof(ZyInstruction);
  live->lineinfo = live->p->lineinfo;
  if (live->p->sizelineinfo == 0) return 1;
  live->lines.mapped = below + (size_t)live->p->sizelineinfo;
  live->lines.at = map(0, live->lines.mapped, MAP_NORESERVE);
  if (live->lines.at == NULL) {
    live->lines.mapped = 0;
    return 0;
  }
  memcpy((char *)live->lines.at + below, live->lineinfo, (size_t)live->p->sizelineinfo);
  return 1;
}


/* ---- stubs ------------------------------------------------------------------------ */

static int has_stub(ZyInstruction i, int pc, int *target) {
  return ZY_OP(i) != ZY_BC_TFORLOOP && zy_bytecode_back_edge(i, pc, target);
}

static int count_stubs(const ZyProto *p) {
  int n = 0, target;
  for (int pc = 0; pc < p->sizecode && n < MAX_STUBS; pc++) n += has_stub(p->code[pc], pc, &target);
  return n;
}

static void make_stub(ZyFunction *fn, int i, Stub *stub, int edge, int target, int64_t entry) {
  ZyInstruction original = fn->displaced[i];
  int pc = zy_function_stub_pc(fn, i), displaced = zy_function_displaced_pc(fn, i), reg = fn->proto->maxstacksize;
  stub->body = zy_bytecode_jump(pc - 1, target);
  stub->load = zy_bytecode_abx(ZY_BC_LOADKX, reg, 0);
  stub->extra = (ZyInstruction)ZY_BC_EXTRAARG | (ZyInstruction)entry << 7;
  stub->call = zy_bytecode_abc(ZY_BC_CALL, reg, 1, 1, 0);
  stub->slot = zy_bytecode_jump(displaced - 1, displaced);
  stub->displaced = ZY_OP(original) == ZY_BC_FORLOOP
                  ? zy_bytecode_abx(ZY_BC_FORLOOP, ZY_A(original), displaced + 1 - (pc - 1))
                  : zy_bytecode_jump(displaced, target);
  stub->behind = zy_bytecode_jump(displaced + 1, edge + 1);
  stub->fn = fn;
}

static void make_stubs(ZyLive *live, int64_t entry) {
  ZyFunction *fn = live->fn;
  const ZyProto *p = live->p;
  Stub *stub = live->stubs.at;
  int i = 1, target;
  fn->outside = (int)(&stub->load - p->code);
  fn->stub[0].pc = fn->head;
  for (int pc = 0; pc < p->sizecode && i < fn->nstubs; pc++) {
    if (!has_stub(p->code[pc], pc, &target)) continue;
    fn->stub[i].pc = pc;
    fn->displaced[i] = p->code[pc];
    make_stub(fn, i++, stub++, pc, target, entry);
  }
}

ZyFunction *zy_live_of_slot(const ZyInstruction *slot) {
  return ((const Stub *)(const void *)((const char *)slot - offsetof(Stub, slot)))->fn;
}


/* ---- life ------------------------------------------------------------------------- */

static ZyLive *find(const ZyState *S, const ZyProto *p) {
  ZyLive *live = S->live;
  while (live != NULL && live->p != p) live = live->next;
  return live;
}

ZyFunction *zy_live_function(const ZyState *S, const ZyProto *p) {
  const ZyLive *live = find(S, p);
  return live == NULL ? NULL : live->fn;
}

ZyValue zy_live_holder(const ZyFunction *fn) { return fn->live->holder; }

static void free_live(ZyLive *live) {
  free_block(&live->stubs);
  free_block(&live->entry);
  free_block(&live->lines);
  free(live);
}

/* Finds all places. With nothing found, what there is is in 'live'. */
static ZyStatus make_places(const ZyState *S, ZyLive *live, int nstubs, int64_t *entry) {
  const ZyProto *p = live->p;
  if (S->stress_places || !map_stubs(p, nstubs, &live->stubs)) return ZY_STATUS_TOO_LARGE;
  *entry = make_entry(p, &live->entry);
  if (*entry < 0) return ZY_STATUS_TOO_LARGE;
  if (!make_lines(live)) return ZY_STATUS_MEMORY;
  live->fn = zy_function_new(p->sizecode, ZY_OP(p->code[0]) == ZY_BC_VARARGPREP, nstubs + 1);
  return live->fn != NULL ? ZY_STATUS_OK : ZY_STATUS_MEMORY;
}

/* Makes the holder and puts it into a table that no script sees: t[live] = holder. */
static int hold(lua_State *L) {
  ZyLive *live = lua_touserdata(L, 1);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &holders_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &holders_key);
  }
  zy_attach_new_holder(L, live->fn);
  live->holder = ((ZyThread *)(void *)L)->top[-1];
  lua_rawsetp(L, -2, live);
  return 0;
}

static void unhold(lua_State *L, const ZyLive *live) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &holders_key) == LUA_TTABLE) {
    lua_pushnil(L);
    lua_rawsetp(L, -2, live);
  }
  lua_pop(L, 1);
}

static int keep_alive(lua_State *L, ZyLive *live) {
  lua_pushcfunction(L, hold);
  lua_pushlightuserdata(L, live);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
  else if (zy_attach_keep(L, live->fn, live->p)) return 1;
  zy_attach_let_go(live->holder);
  unhold(L, live);
  return 0;
}

ZyStatus zy_live_begin(lua_State *L, ZyState *S, ZyProto *p) {
  int nstubs = count_stubs(p);
  int64_t entry = -1;
  ZyLive *live;
  ZyStatus status;
  ZyPause pause;
  if (find(S, p) != NULL) return ZY_STATUS_OK;
  if (nstubs == 0 || zy_attach_is_closing(S)) return ZY_STATUS_UNSUPPORTED;   /* nothing would end it */
  if (!lua_checkstack(L, 8) || (live = calloc(1, sizeof *live)) == NULL) return ZY_STATUS_MEMORY;
  live->p = p;
  status = make_places(S, live, nstubs, &entry);
  if (status == ZY_STATUS_OK) {
    live->fn->proto = p;
    live->fn->live = live;
    live->fn->flags |= ZY_FUNCTION_LIVE;
    make_stubs(live, entry);
    pause = zy_collector_pause(L);
    if (!keep_alive(L, live)) status = ZY_STATUS_MEMORY;
    zy_collector_resume(L, pause);
  }
  if (status != ZY_STATUS_OK) {
    if (live->fn != NULL) zy_function_release(live->fn);
    free_live(live);
    return status;
  }
  if (live->lines.at != NULL) p->lineinfo = (int8_t *)live->lines.at + live->lines.mapped - p->sizelineinfo;
  live->next = S->live;
  S->live = live;
  zy_state_adopt(S, live->fn);
  return ZY_STATUS_OK;
}

void zy_live_release(ZyFunction *fn) {
  ZyLive *live = fn->live, **at = &fn->state->live;
  zy_attach_disarm(fn);
  live->p->lineinfo = live->lineinfo;
  while (*at != live) at = &(*at)->next;
  *at = live->next;
  fn->live = NULL;
  free_live(live);
}

void zy_live_update(lua_State *L, ZyState *S) {
  ZyLive *next;
  ZyPause pause;
  if (S->live == NULL || !lua_checkstack(L, 8)) return;
  pause = zy_collector_pause(L);
  for (ZyLive *live = S->live; live != NULL; live = next) {
    ZyProto *p = live->p;
    next = live->next;
    if (zy_discover_live(S, p)) continue;
    unhold(L, live);
    zy_attach_let_go(live->holder);
    zy_state_forget(live->fn);
    zy_attach_proto(L, S, p);
  }
  zy_collector_resume(L, pause);
}
