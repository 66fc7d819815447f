/*
** arena.c - memory of one compilation.
** SPDX-License-Identifier: MIT
*/
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (64 * 1024)

struct ZyArenaBlock {
  struct ZyArenaBlock *next;
  size_t used, size;
  max_align_t data[];
};

void zy_arena_init(ZyArena *arena, size_t limit) {
  arena->blocks = NULL;
  arena->used = 0;
  arena->limit = limit;
}

void zy_arena_free(ZyArena *arena) {
  struct ZyArenaBlock *block = arena->blocks;
  while (block != NULL) {
    struct ZyArenaBlock *next = block->next;
    free(block);
    block = next;
  }
  arena->blocks = NULL;
  arena->used = 0;
}

_Noreturn void zy_arena_fail(ZyArena *arena, ZyStatus status) { longjmp(arena->escape, (int)status); }

void *zy_arena_alloc(ZyArena *arena, size_t size) {
  struct ZyArenaBlock *block = arena->blocks;
  char *p;
  size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
  if (block == NULL || block->size - block->used < size) {
    size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    if (bytes > arena->limit - arena->used) zy_arena_fail(arena, ZY_STATUS_MEMORY);
    block = malloc(sizeof *block + bytes);
    if (block == NULL) zy_arena_fail(arena, ZY_STATUS_MEMORY);
    block->next = arena->blocks;
    block->used = 0;
    block->size = bytes;
    arena->blocks = block;
    arena->used += bytes;
  }
  p = (char *)block->data + block->used;
  block->used += size;
  return memset(p, 0, size);
}

char *zy_arena_string(ZyArena *arena, const char *text, size_t length) {
  char *copy = zy_arena_alloc(arena, length + 1);
  memcpy(copy, text, length);
  return copy;
}

void *zy_arena_grow(ZyArena *arena, void *old, uint32_t *cap, size_t item) {
  uint32_t from = *cap, to = from == 0 ? 8 : from * 2;
  void *fresh = zy_arena_alloc(arena, to * item);
  if (from != 0) memcpy(fresh, old, from * item);
  *cap = to;
  return fresh;
}
