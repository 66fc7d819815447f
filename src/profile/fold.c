/*
** fold.c - an attached Proto <-> the same with its instructions where they were at first.
** SPDX-License-Identifier: MIT
**
** A hook that counts instructions would count the prologue JMP. So what follows it is moved over it and the landing
** pads, within the arrays that the Proto has. The gap that this leaves in front of the tail is never executed; it has
** the line of the last instruction.
**
** Moving instructions from the front of the body to its end may take one more absolute line entry than there was:
** attach.c leaves room for one. Entries not in use have a pc that no instruction has.
**
** Runs on the thread that runs the Lua state.
*/
#include "profile/fold.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "profile/attach.h"
#include "profile/lines.h"
#include "vm/bytecode.h"

static void encode(ZyProto *p, const int *line) {
  ZyLines out = { p->lineinfo, p->abslineinfo, 0 };
  int n = zy_lines_encode(p->linedefined, line, p->sizelineinfo, &out);
  for (; n < p->sizeabslineinfo; n++) p->abslineinfo[n] = (ZyAbsLine){ INT_MAX, 0 };
}

static int first_of(const ZyFunction *fn) {
  return zy_attach_default_pc(fn->proto, zy_function_stub_pc(fn, 0) + ZY_STUB_SIZE - 1);
}

/* The lines of the Proto's instructions, one element where it has none; NULL when there is no memory. */
static int *lines_of(const ZyProto *p) {
  int *line = malloc((size_t)(p->sizelineinfo + 1) * sizeof *line);
  if (line != NULL) zy_lines_decode(p, line);
  return line;
}

int zy_fold(ZyFunction *fn) {
  ZyProto *p = fn->proto;
  int head = fn->head, first = first_of(fn), skip = first - head;
  size_t n = (size_t)(fn->size - first);
  int *line;
  if (fn->folded) return 1;
  line = lines_of(p);
  if (line == NULL) return 0;
  memmove(p->code + head, p->code + first, n * sizeof *p->code);
  if (p->sizelineinfo > 0) {
    memmove(line + head, line + first, n * sizeof *line);
    for (int pc = fn->size - skip; pc < fn->size; pc++) line[pc] = line[pc - 1];
    encode(p, line);
  }
  for (int i = 0; i < p->sizelocvars; i++) {
    if (p->locvars[i].startpc >= first) p->locvars[i].startpc -= skip;
    p->locvars[i].endpc -= skip;
  }
  free(line);
  fn->folded = 1;
  return 1;
}

int zy_unfold(ZyFunction *fn) {
  ZyProto *p = fn->proto;
  int head = fn->head, first = first_of(fn), skip = first - head, pad = head + 1;
  size_t n = (size_t)(fn->size - first);
  int *line;
  if (!fn->folded) return 1;
  line = lines_of(p);
  if (line == NULL) return 0;
  memmove(p->code + first, p->code + head, n * sizeof *p->code);
  p->code[head] = zy_bytecode_jump(head, first);
  for (int i = 1; i < fn->nstubs; i++)
    if (ZY_OP(fn->displaced[i]) == ZY_BC_TFORLOOP) {
      p->code[pad] = zy_bytecode_jump(pad, zy_function_stub_pc(fn, i));
      pad++;
    }
  if (p->sizelineinfo > 0) {
    memmove(line + first, line + head, n * sizeof *line);
    for (int pc = head; pc < first; pc++) line[pc] = line[first];
    encode(p, line);
  }
  for (int i = 0; i < p->sizelocvars; i++) {
    if (p->locvars[i].startpc > head) p->locvars[i].startpc += skip;
    p->locvars[i].endpc += skip;
  }
  free(line);
  fn->folded = 0;
  return 1;
}
