/*
** make.h - jobs -> code or text.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_MAKE_H
#define ZY_MAKE_H

#include "runtime/queue.h"

/* Does what the jobs ask for, which are of one tier and for one back end: sets status, why, code, text and ns of
** each. On a worker. */
void zy_make_batch(ZyJob **jobs, int n);

/* "bytecode", "hir" or "lir" of 'unit'; NULL and the reason in 'why'. Any thread. */
char *zy_make_text(const ZyUnit *unit, const ZyConfig *config, const char *what, char *why, size_t size);

#endif
