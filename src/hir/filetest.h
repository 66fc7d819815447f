/*
** filetest.h - runs one text of spec/hir.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FILETEST_H
#define ZY_FILETEST_H

#include "base/arena.h"

/* Runs every case of 'text' (format: filetest.c). 0 when all pass; else 1, and 'out' says what is wrong, by line.
** Sets the arena's 'escape'. */
int zy_filetest_run(const char *text, ZyArena *arena, char *out, size_t size);

/* The text with its expectations replaced by what the passes make of the inputs now; NULL, and 'out' says why,
** when an input or pass fails. Sets the arena's 'escape'. */
char *zy_filetest_bless(const char *text, ZyArena *arena, char *out, size_t size);

#endif
