/*
** pipeline.c: HIR as built -> HIR to be lowered.
** SPDX-License-Identifier: MIT
**
** A tier's plan is a string of letters of pass.def. What one pass finds gives others something to do, so tier 2 goes
** round twice: types, then values, then loops; hoisted guards make types in loops narrower, and again.
**
** In debug builds the graph is verified after each pass, so a pass that breaks it is named at once. Runs on a worker.
*/
#include "pass/pipeline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hir/verify.h"
#include "pass/pass.h"

static const struct {
  const char *name;
  char letter;
  void (*run)(ZyHir *h);
  const char *text;
} passes[ZY_PASS_COUNT] = {
#define ZY_PASS(name, letter, text) { #name, letter, zy_##name##_run, text },
#include "pass/pass.def"
#undef ZY_PASS
};

static const char *const plan[3] = { "dprx", "dpgisfvrx", "dpgisfmlbgisfmlbgisfmrx" };

const char *zy_pass_name(int pass) { return passes[pass].name; }
const char *zy_pass_text(int pass) { return passes[pass].text; }

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void verify(ZyHir *h, const char *pass) {
#ifdef ZY_DEBUG
  char error[256];
  if (zy_verify_hir(h, error, sizeof error) == ZY_STATUS_OK) return;
  fprintf(stderr, "zyjit: after pass '%s': %s\n", pass, error);
  zy_arena_fail(h->arena, ZY_STATUS_INVALID);
#else
  (void)h;
  (void)pass;
#endif
}

static int pass_of(char letter) {
  int i = 0;
  while (passes[i].letter != letter) i++;
  return i;
}

void zy_pass_pipeline(ZyHir *h, int tier, ZyPassReport *report) {
  for (const char *p = plan[tier]; *p != 0; p++) {
    int i = pass_of(*p);
    uint64_t start = report != NULL ? now() : 0;
    passes[i].run(h);
    if (report != NULL) report->ns[i] += now() - start;
    verify(h, passes[i].name);
    if (report != NULL && report->dump != NULL) report->dump(report->data, h, passes[i].name);
  }
}

ZyStatus zy_pass_run(ZyHir *h, const char *name) {
  if (strncmp(name, "tier", 4) == 0 && name[4] >= '0' && name[4] <= '2' && name[5] == 0) {
    zy_pass_pipeline(h, name[4] - '0', NULL);
    return ZY_STATUS_OK;
  }
  for (int i = 0; i < ZY_PASS_COUNT; i++) {
    if (strcmp(passes[i].name, name) != 0) continue;
    if (i != ZY_PASS_dom) zy_dom_run(h);
    passes[i].run(h);
    return ZY_STATUS_OK;
  }
  return ZY_STATUS_INVALID;
}
