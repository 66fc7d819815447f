/*
** stats.c - counters and records -> Lua tables.
** SPDX-License-Identifier: MIT
**
** Making a Lua value may collect, and a collection takes functions out of the list. So rows are copied from
** the records in one go, and become tables afterwards.
*/
#include "runtime/stats.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

static const char *const tier_names[] = { "interpreter", "baseline", "standard", "optimized" };

enum { TIERS = sizeof tier_names / sizeof tier_names[0] };

static const char *const exit_names[] = {
#define ZY_EXIT(name, avoid, text) #name,
#include "lir/exit.def"
#undef ZY_EXIT
};

static const char *const status_names[] = {
#define ZY_STATUS(name, text) #name,
#include "base/status.def"
#undef ZY_STATUS
};

const char *zy_stats_tier(int tier) { return tier_names[tier + 1]; }

/* ---- Where functions are defined ---- */

char *zy_stats_source(const ZyProto *p, char *out, size_t size) {
  const ZyString *source = p->source;
  if (source == NULL) {
    snprintf(out, size, "?");
    return out;
  }
  const char *text = source->contents;
  int length = (int)strcspn(text, "\r\n");
  size_t whole = source->tt == (ZY_TAG_STR & ~ZY_TAG_COLLECTABLE) ? source->shrlen : source->u.lnglen;
  if (*text == '@' || *text == '=') snprintf(out, size, "%s", text + 1);
  else if (length > 40) snprintf(out, size, "[string \"%.40s...\"]", text);
  else snprintf(out, size, "[string \"%.*s%s\"]", length, text, (size_t)length < whole ? "..." : "");
  return out;
}

char *zy_stats_name(const ZyProto *p, char *out, size_t size) {
  zy_stats_source(p, out, size);
  size_t used = strlen(out);
  if (p->linedefined > 0) snprintf(out + used, size - used, ":%d", p->linedefined);
  return out;
}

/* ---- Counters of a function ---- */

/* The interpreter's stub and profiling code count; of optimized code only entries are known. */
static uint64_t executions(const ZyStub *stub) {
  uint32_t count = atomic_load_explicit(&stub->count, memory_order_relaxed);
  return count > stub->entries ? count : stub->entries;
}

uint64_t zy_stats_calls(const ZyFunction *fn) { return executions(&fn->stub[0]); }

uint64_t zy_stats_iterations(const ZyFunction *fn) {
  uint64_t sum = 0;
  for (int i = 1; i < fn->nstubs; i++) sum += executions(&fn->stub[i]);
  return sum;
}

uint64_t zy_stats_bytes(const ZyFunction *fn) {
  uint64_t sum = 0;
  for (int i = 0; i < fn->nstubs; i++) {
    const ZyCode *code = atomic_load_explicit(&fn->stub[i].code, memory_order_acquire);
    if (code != NULL) sum += code->bytes;
  }
  return sum;
}

/* Highest tier of the code that is entered at its loops, -1: there is none. */
static int loop_tier(const ZyFunction *fn) {
  int best = -1;
  for (int i = 1; i < fn->nstubs; i++) {
    const ZyCode *code = atomic_load_explicit(&fn->stub[i].code, memory_order_acquire);
    if (code != NULL && code->tier > best) best = code->tier;
  }
  return best;
}

static int known(const ZyFunction *fn) { return fn->proto != NULL; }

/* ---- Tables ---- */

static void set_integer(lua_State *L, const char *key, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, key);
}

static void set_string(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

/* Counters as a table under 'key': those that are not zero by their name in small letters, and "total". */
static void set_counters(lua_State *L, const char *key, const uint64_t *count, const char *const *name, int n) {
  uint64_t total = 0;
  lua_newtable(L);
  for (int i = 0; i < n; i++) {
    char small[40];
    int length = 0;
    if (count[i] == 0) continue;
    for (; name[i][length] != '\0' && length < (int)sizeof small - 1; length++)
      small[length] = (char)tolower((unsigned char)name[i][length]);
    small[length] = '\0';
    set_integer(L, small, count[i]);
    total += count[i];
  }
  set_integer(L, "total", total);
  lua_setfield(L, -2, key);
}

/* Processor time of this thread, in nanoseconds. */
static double thread_ns(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0) return 0;
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void set_functions(lua_State *L, const ZyState *S, uint64_t *calls, uint64_t *iterations) {
  uint64_t tier[TIERS] = { 0 }, count = 0, hot = 0;
  for (const ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) {
    if (!known(fn)) continue;
    count++;
    hot += (fn->flags & ZY_FUNCTION_HOT) != 0;
    tier[zy_function_tier(fn) + 1]++;
    *calls += zy_stats_calls(fn);
    *iterations += zy_stats_iterations(fn);
  }
  lua_createtable(L, 0, TIERS + 2);
  set_integer(L, "known", count);
  set_integer(L, "hot", hot);
  for (int i = 0; i < TIERS; i++) set_integer(L, tier_names[i], tier[i]);
  lua_setfield(L, -2, "functions");
}

static void set_compilations(lua_State *L, ZyCompileStats *stats) {
  uint64_t failed[ZY_STATUS_COUNT] = { 0 }, total = 0, ns = 0;
  lua_newtable(L);
  for (int tier = 0; tier < 3; tier++) {
    uint64_t count = atomic_load_explicit(&stats->compiled[tier], memory_order_relaxed);
    uint64_t spent = atomic_load_explicit(&stats->ns[tier], memory_order_relaxed);
    const char *name = zy_stats_tier(tier);
    set_integer(L, name, count);
    lua_pushfstring(L, "%s_seconds", name);
    lua_pushnumber(L, (double)spent / 1e9);
    lua_settable(L, -3);
    total += count;
    ns += spent;
  }
  set_integer(L, "total", total);
  set_number(L, "total_seconds", (double)ns / 1e9);
  lua_setfield(L, -2, "compilations");
  for (int i = 0; i < ZY_STATUS_COUNT; i++)
    failed[i] = i == ZY_STATUS_OK ? 0 : atomic_load_explicit(&stats->failed[i], memory_order_relaxed);
  set_counters(L, "failures", failed, status_names, ZY_STATUS_COUNT);
  set_integer(L, "code_bytes", atomic_load_explicit(&stats->code_bytes, memory_order_relaxed));
  set_integer(L, "queue_length", atomic_load_explicit(&stats->queued, memory_order_relaxed));
  set_integer(L, "compiling", atomic_load_explicit(&stats->running, memory_order_relaxed));
}

void zy_stats_push(lua_State *L, ZyState *S) {
  static ZyCompileStats none;
  uint64_t calls = 0, iterations = 0;
  double ns = thread_ns();
  double share = ns > 0 ? (double)S->native_ns / ns : 0;
  lua_newtable(L);
  set_functions(L, S, &calls, &iterations);
  set_integer(L, "executions", calls);
  set_integer(L, "loop_iterations", iterations);
  set_integer(L, "native_entries", S->entries);
  set_counters(L, "exits", S->exits, exit_names, ZY_EXIT_COUNT);
  set_compilations(L, S->owner != NULL ? zy_owner_stats(S->owner) : &none);
  set_number(L, "native_time_share", share < 1 ? share : 1);
}

/* ---- Rows ---- */

enum { SOURCE_SIZE = 256 };

typedef struct Row {
  uint64_t calls, iterations, exits, bytes;
  int line, tier, loop_tier;
  char name[SOURCE_SIZE + 12], source[SOURCE_SIZE];
} Row;

static void fill(Row *row, const ZyFunction *fn) {
  zy_stats_source(fn->proto, row->source, sizeof row->source);
  zy_stats_name(fn->proto, row->name, sizeof row->name);
  row->line = fn->proto->linedefined;
  row->tier = zy_function_tier(fn);
  row->loop_tier = loop_tier(fn);
  row->calls = zy_stats_calls(fn);
  row->iterations = zy_stats_iterations(fn);
  row->exits = fn->exits;
  row->bytes = zy_stats_bytes(fn);
}

static void push_row(lua_State *L, const Row *row) {
  lua_createtable(L, 0, 9);
  set_string(L, "name", row->name);
  set_string(L, "source", row->source);
  set_integer(L, "line", (uint64_t)row->line);
  set_string(L, "tier", zy_stats_tier(row->tier));
  set_string(L, "loop_tier", zy_stats_tier(row->loop_tier));
  set_integer(L, "calls", row->calls);
  set_integer(L, "iterations", row->iterations);
  set_integer(L, "exits", row->exits);
  set_integer(L, "code_bytes", row->bytes);
}

void zy_stats_push_functions(lua_State *L, ZyState *S) {
  size_t most = 0, n = 0;
  for (const ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) most += (size_t)known(fn);
  Row *rows = lua_newuserdatauv(L, most * sizeof *rows + 1, 0);    /* may collect: there may be fewer now */
  for (const ZyFunction *fn = S->functions; fn != NULL && n < most; fn = fn->next)
    if (known(fn)) fill(&rows[n++], fn);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    push_row(L, &rows[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_remove(L, -2);
}
