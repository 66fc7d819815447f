/*
** pool.c - size of a block -> its memory: an allocator for a Lua state (lua_Alloc).
** SPDX-License-Identifier: MIT
**
** Half of the time of a program that makes many objects goes to malloc, which has to find out what Lua knows anyway. Here
** blocks up to LARGEST bytes come from slabs of blocks of one size, from a list of free blocks or from the slab's
** unused end; larger ones come from malloc as before. What Lua is told of memory does not change: it accounts for
** sizes that it asks for.
**
** All slabs are in one range of addresses, so that it can be seen from an address whether a block is of the pool: blocks
** that the state had before are not. Their descriptions are at the range's start, apart from them: at the same place in
** each slab they would compete for few cache lines. A slab that is empty serves any size again, and when there are
** many, its memory goes back to the system. All of it goes back when Lua frees the state itself, which it does last.
**
** Runs on the thread that runs the Lua state.
*/
#include "vm/pool.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  GRAIN = 16,                          /* sizes are multiples, and so are addresses */
  LARGEST = 512,
  CLASSES = LARGEST / GRAIN + 1,       /* number 0 is not used */
  SLAB_BITS = 15,
  SLAB = 1 << SLAB_BITS,
  MOST_EMPTY = 256,                    /* empty slabs that are kept, beyond as many as there are in use */
  STEP = 32                            /* slabs that become accessible at once */
};

#define RANGE ((size_t)1 << 34)
#define MOST_SLABS (RANGE >> SLAB_BITS)

typedef struct Slab {
  void *free;                          /* blocks that were freed; each holds the next one's address */
  char *unused, *end;                  /* never used so far */
  struct Slab *next, *previous;        /* in the list of its size, or of empty ones (next only) */
  uint32_t live;
  uint8_t number;                      /* of its size */
  uint8_t listed;                      /* it has room: is in the list of its size, or the current one */
} Slab;

_Static_assert(sizeof(Slab) <= 64, "one cache line");

typedef struct Pool {
  char *base;                          /* of the slabs */
  Slab *slab;                          /* descriptions, in the same order */
  uint32_t made, accessible, nempty;
  Slab *current[CLASSES], *room[CLASSES];
  Slab *empty;
  Slab none;                           /* current where there is none: has no room */
  void *range;
  void *state;                         /* the block that is freed last */
} Pool;

static char *start(const Pool *p, const Slab *s) { return p->base + ((size_t)(s - p->slab) << SLAB_BITS); }

static int owns(const Pool *p, const void *block) { return (uintptr_t)block - (uintptr_t)p->base < RANGE; }

static Slab *slab_of(const Pool *p, const void *block) {
  return &p->slab[((uintptr_t)block - (uintptr_t)p->base) >> SLAB_BITS];
}


/* ---- slabs ------------------------------------------------------------------------ */

static Slab *new_slab(Pool *p) {
  Slab *s = p->empty;
  if (s != NULL) {
    p->empty = s->next;
    p->nempty--;
    return s;
  }
  if (p->made == p->accessible) {
    size_t from = (size_t)p->made << SLAB_BITS;
    if (p->made + STEP > MOST_SLABS
        || mprotect(p->base + from, (size_t)STEP << SLAB_BITS, PROT_READ | PROT_WRITE) != 0) return NULL;
    p->accessible += STEP;
  }
  return &p->slab[p->made++];
}

/* A current slab with room for this size; NULL when there is no memory. */
static Slab *refill(Pool *p, unsigned int number) {
  Slab *s = p->room[number];
  if (s != NULL) {
    p->room[number] = s->next;
    if (s->next != NULL) s->next->previous = NULL;
  }
  else {
    s = new_slab(p);
    if (s == NULL) return NULL;
    s->free = NULL;
    s->unused = start(p, s);
    s->end = s->unused + SLAB / (number * GRAIN) * (number * GRAIN);
    s->live = 0;
    s->number = (uint8_t)number;
  }
  p->current[number]->listed = 0;
  s->listed = 1;
  p->current[number] = s;
  return s;
}

/* A block was freed in a slab that had no room, or it was the last one in use. */
static void freed(Pool *p, Slab *s) {
  if (s == p->current[s->number]) return;
  if (s->live == 0) {
    if (s->listed) {
      *(s->previous != NULL ? &s->previous->next : &p->room[s->number]) = s->next;
      if (s->next != NULL) s->next->previous = s->previous;
    }
    s->next = p->empty;
    p->empty = s;
    p->nempty++;
    if (p->nempty > MOST_EMPTY + (p->made - p->nempty)) madvise(start(p, s), SLAB, MADV_DONTNEED);
  }
  else {
    s->listed = 1;
    s->previous = NULL;
    s->next = p->room[s->number];
    if (s->next != NULL) s->next->previous = s;
    p->room[s->number] = s;
  }
}


/* ---- blocks ------------------------------------------------------------------------- */

static void *take(Pool *p, unsigned int number) {
  Slab *s = p->current[number];
  for (;;) {
    void *block = s->free;
    if (block != NULL) s->free = *(void **)block;
    else if (s->unused < s->end) {
      block = s->unused;
      s->unused += number * GRAIN;
    }
    else {
      s = refill(p, number);
      if (s == NULL) return NULL;
      continue;
    }
    s->live++;
    return block;
  }
}

static void give(Pool *p, void *block) {
  Slab *s = slab_of(p, block);
  *(void **)block = s->free;
  s->free = block;
  if (--s->live == 0 || !s->listed) freed(p, s);
}

static void *new_block(Pool *p, size_t size) {
  void *block = size <= LARGEST ? take(p, (unsigned int)(size + GRAIN - 1) / GRAIN) : NULL;
  return block != NULL ? block : malloc(size);
}

static void close_pool(Pool *p) {
  munmap(p->range, 2 * RANGE);
  free(p);
}

/* A block of another allocator, which the pool took over from. */
static void *foreign(Pool *p, void *block, size_t to) {
  int last = block == p->state;
  if (to != 0) return realloc(block, to);
  free(block);
  if (last) close_pool(p);
  return NULL;
}

/* Lua relies on it that blocks can be made smaller. */
static void *resize(Pool *p, void *block, size_t to) {
  size_t size = slab_of(p, block)->number * (size_t)GRAIN;
  void *fresh;
  if (to <= size && to + GRAIN > size) return block;
  fresh = new_block(p, to);
  if (fresh == NULL) return to <= size ? block : NULL;
  memcpy(fresh, block, to < size ? to : size);
  give(p, block);
  return fresh;
}

static void *allocate(void *ud, void *block, size_t from, size_t to) {
  Pool *p = ud;
  (void)from;
  if (block == NULL) return to != 0 ? new_block(p, to) : NULL;
  if (!owns(p, block)) return foreign(p, block, to);
  if (to != 0) return resize(p, block, to);
  give(p, block);
  return NULL;
}


/* ---- installing ----------------------------------------------------------------------- */

static int is_usual(lua_State *L) {
  void *ud, *other_ud;
  lua_Alloc alloc = lua_getallocf(L, &ud), usual;
  lua_State *other = luaL_newstate();
  if (other == NULL) return 0;
  usual = lua_getallocf(other, &other_ud);
  lua_close(other);
  return alloc == usual && ud == NULL && other_ud == NULL;
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define WATCHED 1                      /* malloc sees more than a pool would let it */
#else
#define WATCHED 0
#endif

/* Of the reserved addresses the first half is for descriptions, of which only those in use become memory. */
void zy_pool_open(lua_State *L) {
  Pool *p;
  char *range;
  if (WATCHED || !is_usual(L)) return;
  range = mmap(NULL, 2 * RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return;
  p = calloc(1, sizeof *p);
  if (p == NULL || mprotect(range, MOST_SLABS * sizeof(Slab), PROT_READ | PROT_WRITE) != 0) {
    free(p);
    munmap(range, 2 * RANGE);
    return;
  }
  p->range = range;
  p->slab = (Slab *)(void *)range;
  p->base = range + RANGE;
  for (int i = 0; i < CLASSES; i++) p->current[i] = &p->none;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  p->state = lua_getextraspace(lua_tothread(L, -1));
  lua_pop(L, 1);
  lua_setallocf(L, allocate, p);
}
