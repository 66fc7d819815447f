/*
** arena.h - memory of one compilation, freed whole; growable arrays in it.
** SPDX-License-Identifier: MIT
**
** A compilation that cannot go on (out of memory, function too large, malformed
** input) leaves through zy_arena_fail, which longjmps to the arena's 'escape':
** the owner of the arena sets it once and turns the status into a result.
** One thread at a time uses an arena.
*/
#ifndef ZY_ARENA_H
#define ZY_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include "base/status.h"

typedef struct ZyArena {
  struct ZyArenaBlock *blocks;
  size_t used;                /* bytes taken from the system */
  size_t limit;               /* most that may be taken; then ZY_STATUS_MEMORY */
  jmp_buf escape;             /* receives a ZyStatus other than OK */
} ZyArena;

/* Starts an empty arena that may take at most 'limit' bytes. Set 'escape' with setjmp before
** the first allocation. */
void zy_arena_init(ZyArena *arena, size_t limit);

/* Frees everything allocated from it. */
void zy_arena_free(ZyArena *arena);

/* 'size' zeroed bytes, aligned for any type. Leaves through 'escape' when there are none. */
void *zy_arena_alloc(ZyArena *arena, size_t size);

/* A zero-terminated copy of 'length' bytes. */
char *zy_arena_string(ZyArena *arena, const char *text, size_t length);

/* Leaves through 'escape' with 'status'. */
_Noreturn void zy_arena_fail(ZyArena *arena, ZyStatus status);

/* Growable array of T: declare ZY_VEC(T) name; read name.v[i], i < name.n. */
#define ZY_VEC(T) struct { T *v; uint32_t n, cap; }

/* Appends 'item' to the vector 'vec', growing it in 'arena'. */
#define zy_vec_push(arena, vec, item) \
  ((vec)->n == (vec)->cap ? (void)((vec)->v = zy_arena_grow((arena), (vec)->v, &(vec)->cap, sizeof *(vec)->v)) : (void)0, \
   (vec)->v[(vec)->n++] = (item))

/* Doubles a vector's storage (used by zy_vec_push). */
void *zy_arena_grow(ZyArena *arena, void *old, uint32_t *cap, size_t item);

#define ZY_NEW(arena, T) ((T *)zy_arena_alloc((arena), sizeof(T)))
#define ZY_NEWN(arena, T, n) ((T *)zy_arena_alloc((arena), sizeof(T) * (size_t)(n)))

#endif
