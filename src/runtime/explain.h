/*
** explain.h - a function's record -> text for people.
** SPDX-License-Identifier: MIT
**
** Both write at most 'size' bytes, terminated, and return the length of the whole text. They allocate nothing and
** call nothing that could, so that what they read stays where it is. Only on the thread that runs the Lua state.
*/
#ifndef ZY_EXPLAIN_H
#define ZY_EXPLAIN_H

#include <stddef.h>
#include "profile/function.h"

/* Line of the instruction at 'pc'; 0 when the function was stripped of its lines. */
int zy_explain_line(const ZyProto *p, int pc);

/* The text of zyjit.explain. 'off' is why nothing is compiled at all, or NULL. */
size_t zy_explain_function(const ZyFunction *fn, const char *off, char *out, size_t size);

/* The original bytecode, with constants. */
size_t zy_explain_bytecode(const ZyFunction *fn, char *out, size_t size);

#endif
