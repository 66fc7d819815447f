/*
** fold.h - an attached Proto without its prologue, for hooks that count instructions.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FOLD_H
#define ZY_FOLD_H

#include "profile/function.h"

/* Moves the instructions of a function that is not armed, and that no frame executes, to where they were at first, or
** back. Afterwards pcs of the record (stub[i].pc) are not those of the Proto. 0 when there is no memory: nothing has
** happened then. */
int zy_fold(ZyFunction *fn);
int zy_unfold(ZyFunction *fn);

#endif
