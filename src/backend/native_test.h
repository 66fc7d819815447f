/*
** native_test.h - runs functions read from text as native code, in the model of hir/interp.h.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_NATIVE_TEST_H
#define ZY_NATIVE_TEST_H

#include "hir/interp.h"

typedef struct ZyNativeTest ZyNativeTest;

/* Lowers 'h' and compiles it with every back end that works, at several levels. NULL, and a text in 'problem', when
** that fails. In h->arena; leaves through its escape, or returns with the code to be freed. */
ZyNativeTest *zy_native_test_new(const ZyHir *h, char *problem, size_t size);
void zy_native_test_free(ZyNativeTest *test);

/* The number of compiled versions; 0 when the model cannot run the function natively. */
int zy_native_test_count(const ZyNativeTest *test);
/* "llvm 2" */
const char *zy_native_test_name(const ZyNativeTest *test, int version);

/* Runs a version on the model's arguments, as zy_interp_model does. */
void zy_native_test_run(const ZyNativeTest *test, int version, ZyModel *model, ZyOutcome *outcome);

#endif
