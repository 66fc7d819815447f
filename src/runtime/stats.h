/*
** stats.h - counters and records -> Lua tables.
** SPDX-License-Identifier: MIT
**
** Only on the thread that runs the Lua state.
*/
#ifndef ZY_STATS_H
#define ZY_STATS_H

#include "runtime/state.h"

/* "interpreter", "baseline", ... for -1 to 2. */
const char *zy_stats_tier(int tier);

/* Where a function is defined: "script.lua", or "[string "return 1"]". Returns 'out'. */
char *zy_stats_source(const ZyProto *p, char *out, size_t size);
/* The same with the line, "script.lua:12"; of a main chunk the source alone. Returns 'out'. */
char *zy_stats_name(const ZyProto *p, char *out, size_t size);

/* As far as counted: entries that the interpreter's stubs and profiling code saw. */
uint64_t zy_stats_calls(const ZyFunction *fn);
uint64_t zy_stats_iterations(const ZyFunction *fn);
/* Of all code that the function has now. */
uint64_t zy_stats_bytes(const ZyFunction *fn);

/* Pushes the table of zyjit.stats(). */
void zy_stats_push(lua_State *L, ZyState *S);

/* Pushes the table of zyjit.functions(). */
void zy_stats_push_functions(lua_State *L, ZyState *S);

#endif
