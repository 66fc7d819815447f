/*
** function.c - life of a function's record.
** SPDX-License-Identifier: MIT
**
** All records of the process are in a table by id, because feedback names functions by id: an id can outlive
** its function. The table holds no reference. Who finds a record there takes one only while there is another,
** and who gives back the last takes the record out before freeing it, both under the table's lock; so a
** record in the table is never one that is being freed.
*/
#include "profile/function.h"

#include <pthread.h>
#include <stdlib.h>

static struct {
  pthread_mutex_t lock;
  ZyFunction **bucket;                 /* 'size' of them, a power of two */
  uint32_t size, count;
  uint32_t last;                       /* id given last */
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A fork must not find the lock held by another thread: the child has none that would give it back. */
static void lock_table(void) { pthread_mutex_lock(&table.lock); }
static void unlock_table(void) { pthread_mutex_unlock(&table.lock); }
static void prepare_forks(void) { pthread_atfork(lock_table, unlock_table, unlock_table); }

static ZyFunction **bucket_of(uint32_t id) { return &table.bucket[id & (table.size - 1)]; }

/* Makes room for one more. The lock is held. */
static int grow(void) {
  uint32_t n = table.size, size = n == 0 ? 256 : n * 2;
  ZyFunction **old = table.bucket, **fresh;
  if (table.count < n) return 1;
  fresh = calloc(size, sizeof *fresh);
  if (fresh == NULL) return n != 0;
  table.bucket = fresh;
  table.size = size;
  for (uint32_t i = 0; i < n; i++) {
    while (old[i] != NULL) {
      ZyFunction *fn = old[i];
      old[i] = fn->chain;
      fn->chain = *bucket_of(fn->id);
      *bucket_of(fn->id) = fn;
    }
  }
  free(old);
  return 1;
}

static int enlist(ZyFunction *fn) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  int ok;
  pthread_once(&once, prepare_forks);
  pthread_mutex_lock(&table.lock);
  ok = grow();
  if (ok) {
    if (++table.last == 0) table.last = 1;
    fn->id = table.last;
    fn->chain = *bucket_of(fn->id);
    *bucket_of(fn->id) = fn;
    table.count++;
  }
  pthread_mutex_unlock(&table.lock);
  return ok;
}

ZyFunction *zy_function_new(int size, int head, int nstubs) {
  ZyFunction *fn = calloc(1, sizeof *fn + (size_t)nstubs * sizeof fn->stub[0]);
  if (fn == NULL) return NULL;
  fn->displaced = calloc((size_t)nstubs, sizeof *fn->displaced);
  atomic_init(&fn->refs, 1);
  if (fn->displaced == NULL || !enlist(fn)) {
    free(fn->displaced);
    free(fn);
    return NULL;
  }
  fn->size = size;
  fn->head = (int16_t)head;
  fn->nstubs = (uint16_t)nstubs;
  fn->max_tier = 2;
  for (int i = 0; i < nstubs; i++) fn->stub[i].level = -1;
  return fn;
}

void zy_function_retain(ZyFunction *fn) { atomic_fetch_add_explicit(&fn->refs, 1, memory_order_relaxed); }

ZyFunction *zy_function_find(uint32_t id) {
  ZyFunction *fn = NULL;
  pthread_mutex_lock(&table.lock);
  if (table.size != 0)
    for (fn = *bucket_of(id); fn != NULL && fn->id != id; fn = fn->chain) {}
  if (fn != NULL) {
    uint32_t refs = atomic_load_explicit(&fn->refs, memory_order_relaxed);
    while (refs != 0 && !atomic_compare_exchange_weak_explicit(&fn->refs, &refs, refs + 1, memory_order_relaxed,
                                                               memory_order_relaxed)) {}
    if (refs == 0) fn = NULL;
  }
  pthread_mutex_unlock(&table.lock);
  return fn;
}

void zy_function_release(ZyFunction *fn) {
  ZyFunction **at;
  /* Release: what was done with the record comes before; acquire: its end comes after all of that. */
  if (atomic_fetch_sub_explicit(&fn->refs, 1, memory_order_acq_rel) != 1) return;
  pthread_mutex_lock(&table.lock);
  for (at = bucket_of(fn->id); *at != fn; at = &(*at)->chain) {}
  *at = fn->chain;
  table.count--;
  pthread_mutex_unlock(&table.lock);
  free(fn->cells);
  free(fn->avoid);
  free(fn->displaced);
  free(fn);
}

int zy_function_warm(ZyFunction *fn) {
  if (fn->cells == NULL) fn->cells = calloc((size_t)fn->size + ZY_CELL_REGS, sizeof *fn->cells);
  return fn->cells != NULL;
}
