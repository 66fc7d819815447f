#include "hir/build_parts.h"
#include "lir/native.h"
int zy_build_inline(ZyBuild *b, int callee, ZyRef f, int reg, int nargs, int nresults) {
  (void)b; (void)callee; (void)f; (void)reg; (void)nargs; (void)nresults;
  return 0;
}
void zy_build_inline_return(ZyBuild *b, int reg, int n) { (void)b; (void)reg; (void)n; }
