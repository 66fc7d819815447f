/*
** filetest_run.h - "run" lines of test texts.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_FILETEST_RUN_H
#define ZY_FILETEST_RUN_H

#include "backend/native_test.h"
#include "hir/hir.h"

/* Runs 'h', and the native code made of it, as 'line' says: "f(1, 2.5) with r0=3 == 7 with u0=4" (filetest.c). 0 when
** all do what is wanted, else 1 and a text. */
int zy_filetest_call(const ZyHir *h, const ZyNativeTest *native, const char *line, char *problem, size_t size);

#endif
