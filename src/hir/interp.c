/*
** interp.c - HIR + arguments -> what it does.
** SPDX-License-Identifier: MIT
**
** Walks the blocks and evaluates node by node. The meaning of pure operations is in eval.c; what reads or changes
** the world is done in a Lua frame (interp_frame.c), so that whole programs can run on the reference, or in a
** small model (interp_model.c), so that a few lines of text can be run without Lua. Control, registers and frame
** states are the same for both and are here.
**
** Requires a verified function. A test tool: what no verified function does in a frame ends the process, so that
** it cannot be taken for a result. Runs on the thread that runs the Lua state, or where tests run.
*/
#include "hir/interp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hir/eval.h"
#include "hir/machine.h"

#define MODEL_STEPS 10000000          /* a model's run that takes longer has no end */

typedef enum Ending { RETURNED, EXITED, HOOKED, FAULTED } Ending;

/* Values of the interpretations that are going on in this thread. An error raised by a helper passes over
** interpretations without a word; their memory is found here by the next one, whose native frame is above. */
typedef struct Memory {
  struct Memory *next;
  uintptr_t frame;
  ZyValue values[];
} Memory;

static _Thread_local Memory *memory;

static ZyValue *take_memory(uintptr_t frame, size_t n) {
  Memory *fresh;
  while (memory != NULL && memory->frame <= frame) {
    Memory *dead = memory;
    memory = dead->next;
    free(dead);
  }
  fresh = calloc(1, sizeof *fresh + n * sizeof(ZyValue));
  if (fresh == NULL) return NULL;
  fresh->next = memory;
  fresh->frame = frame;
  memory = fresh;
  return fresh->values;
}

static void give_memory_back(void) {
  Memory *mine = memory;
  memory = mine->next;
  free(mine);
}


/* ---- registers ------------------------------------------------------------- */

ZyValue *zy_machine_reg(const ZyMachine *m, int64_t i) {
  if (m->model == NULL) return m->ci->func + 1 + i;
  return i >= 0 && i < ZY_MODEL_REGS ? &m->model->reg[i] : NULL;
}

/* Stores the values of a frame state to their registers. */
static int store_state(ZyMachine *m, uint32_t index) {
  const ZyFrameState *s = &m->h->states.v[index];
  for (uint32_t i = 0; i < s->count; i++) {
    const ZyStateReg *r = &m->h->regs.v[s->first + i];
    ZyValue *reg = zy_machine_reg(m, r->reg);
    if (reg == NULL) {
      m->fault = "the model has no such register";
      return 0;
    }
    reg->v = m->values[r->value].v;
    reg->tt = m->values[r->value].tt;
  }
  return 1;
}

/* The bytecode that the frame itself is at: with inlined calls, the outermost CALL. */
static int32_t frame_pc(const ZyHir *h, uint32_t index) {
  const ZyFrameState *s = &h->states.v[index];
  int32_t pc = s->pc;
  for (uint32_t i = s->inlined; i != 0; i = h->inlines.v[i].outer) pc = h->inlines.v[i].pc;
  return pc;
}

/* What calls, raises, or collects garbage finds the frame as the interpreter would leave it. */
static int prepare_call(ZyMachine *m, ZyRef r) {
  ZyCallInfo *(*inlined)(struct lua_State *, ZyCallInfo *, ZyCode *, int64_t);
  uint32_t state = m->h->nodes.v[r].state, in = m->h->states.v[state].inlined;
  if (!store_state(m, state)) return 0;
  if (m->model != NULL) return 1;
  m->ci->u.l.savedpc = zy_layout_proto(m->ci)->code + frame_pc(m->h, state) + 1;
  if (in == 0) return 1;
  memcpy(&inlined, &m->cx->helper[ZY_HELPER_INLINED], sizeof inlined);
  m->frame = inlined(m->L, m->ci, m->code, m->exit_of_node[r]);
  m->base = m->h->inlines.v[in].base;
  if (!zy_hir_takes_open(m->h, r)) ((ZyThread *)m->L)->top = m->frame->top;
  return 1;
}

/* After it: L->ci is the outermost frame again. */
static void called(ZyMachine *m, ZyRef r) {
  if (m->frame == m->ci) return;
  ((ZyThread *)m->L)->ci = m->ci;
  if (!zy_hir_leaves_open(m->h, r)) ((ZyThread *)m->L)->top = m->ci->top;
  m->frame = m->ci;
  m->base = 0;
}


/* ---- nodes ------------------------------------------------------------------ */

static int stressed(const ZyMachine *m) {
  const ZyUnit *unit = m->h->unit;
  int64_t (*helper)(ZyContext *);
  if (m->model != NULL || unit == NULL || unit->stress_exits == 0) return 0;
  memcpy(&helper, &m->cx->helper[ZY_HELPER_STRESS], sizeof helper);
  return (int)helper(m->cx) != 0;
}

static int is_guard(ZyHirOp op) {
  return op == ZY_HIR_GUARD || op == ZY_HIR_GUARD_TYPE || op == ZY_HIR_GUARD_PROTO || op == ZY_HIR_GUARD_LIB
      || op == ZY_HIR_GUARD_NOMETA;
}

static ZyStep step(ZyMachine *m, ZyRef r) {
  const ZyHirNode *n = &m->h->nodes.v[r];
  ZyHirOp op = (ZyHirOp)n->op;
  uint32_t effect = zy_hir_effect(op);
  ZyValue a[3] = { m->values[n->ops[0]], m->values[n->ops[1]], m->values[n->ops[2]] };
  ZyValue *reg;
  ZyStep result;
  if (is_guard(op) && stressed(m)) return ZY_STEP_EXIT;
  switch (zy_eval_node(n, a, &m->values[r])) {
    case ZY_EVAL_DONE: return ZY_STEP_NEXT;
    case ZY_EVAL_EXIT: return ZY_STEP_EXIT;
    case ZY_EVAL_OTHER: break;
  }
  if (op == ZY_HIR_LOAD_REG || op == ZY_HIR_STORE_REG) {
    reg = zy_machine_reg(m, n->imm);
    if (reg == NULL) {
      m->fault = "the model has no such register";
      return ZY_STEP_FAULT;
    }
    if (op == ZY_HIR_LOAD_REG) m->values[r] = *reg;
    else {
      reg->v = a[0].v;
      reg->tt = a[0].tt;
    }
    return ZY_STEP_NEXT;
  }
  if (n->state != 0 && (effect & (ZY_EFFECT_WRITE_GC | ZY_EFFECT_PROFILE)) && !prepare_call(m, r)) return ZY_STEP_FAULT;
  if (m->model != NULL) return zy_interp_model_step(m, n, a, &m->values[r]);
  result = zy_interp_frame_step(m, n, a, &m->values[r]);
  called(m, r);
  return result;
}

/* Goes along an edge: all arguments are read before the first PARAM is written. */
static uint32_t follow(ZyMachine *m, uint32_t block, int i, ZyValue *passed) {
  const ZyEdge *edge = &m->h->blocks.v[block].succ[i];
  ZyRef param = m->h->blocks.v[edge->block].first;
  for (uint32_t k = 0; k < edge->args.n; k++) passed[k] = m->values[edge->args.v[k]];
  for (uint32_t k = 0; k < edge->args.n; k++, param = m->h->nodes.v[param].next) m->values[param] = passed[k];
  return edge->block;
}

/* Runs from node 'r' to where it ends; *end is the last node. */
static Ending run(ZyMachine *m, ZyRef r, ZyValue *passed, ZyRef *end) {
  const ZyHir *h = m->h;
  uint32_t block = h->nodes.v[r].block;
  for (int64_t steps = 0; ; steps++) {
    const ZyHirNode *n = &h->nodes.v[r];
    *end = r;
    if (m->model != NULL && steps >= MODEL_STEPS) {
      m->fault = "no end";
      return FAULTED;
    }
    if (n->op == ZY_HIR_JUMP || n->op == ZY_HIR_BRANCH) {
      block = follow(m, block, n->op == ZY_HIR_BRANCH && !m->values[n->ops[0]].v.i, passed);
      r = h->blocks.v[block].first;
      continue;
    }
    if (n->op == ZY_HIR_RETURN || n->op == ZY_HIR_EXIT) {
      if (!store_state(m, n->state)) return FAULTED;
      return n->op == ZY_HIR_RETURN ? RETURNED : EXITED;
    }
    if (n->op != ZY_HIR_PARAM) {
      switch (step(m, r)) {
        case ZY_STEP_NEXT:
          if (m->model == NULL && m->hook_exit[r] >= 0 && m->ci->u.l.trap) return HOOKED;
          break;
        case ZY_STEP_EXIT: return store_state(m, n->state) ? EXITED : FAULTED;
        case ZY_STEP_FAULT: return FAULTED;
      }
    }
    r = n->next;
  }
}

/* Values of all nodes, and room for the arguments of the widest edge. */
static size_t memory_needed(const ZyHir *h) {
  uint32_t widest = 0;
  for (uint32_t b = 1; b < h->blocks.n; b++)
    if (h->blocks.v[b].nparams > widest) widest = h->blocks.v[b].nparams;
  return (size_t)h->nodes.n + widest;
}


/* ---- the two worlds ----------------------------------------------------------- */

_Noreturn static void stop(const char *why, ZyRef r) {
  fprintf(stderr, "zyjit: HIR interpreter: node %u: %s\n", r, why);
  abort();
}

int64_t zy_interp_run(const ZyHir *h, const int32_t *exit_of_node, const int32_t *hook_exit, struct lua_State *L,
                      ZyCallInfo *ci, ZyContext *cx, ZyCode *code) {
  ZyMachine m = { .h = h, .L = L, .ci = ci, .frame = ci, .cx = cx, .code = code, .exit_of_node = exit_of_node,
                  .hook_exit = hook_exit };
  ZyRef end = 0;
  Ending ending;
  const ZyHirNode *n;
  int64_t count;
  m.values = take_memory((uintptr_t)__builtin_frame_address(0), memory_needed(h));
  if (m.values == NULL) stop(zy_status_text(ZY_STATUS_MEMORY), 0);
  ending = run(&m, h->blocks.v[1].first, m.values + h->nodes.n, &end);
  give_memory_back();
  n = &h->nodes.v[end];
  if (ending == FAULTED) stop(m.fault, end);
  if (ending == HOOKED) return hook_exit[end];
  if (ending == EXITED && exit_of_node[end] < 0) stop("an exit that the code has not", end);
  if (ending == EXITED) return exit_of_node[end];
  count = n->imm >> 8;
  if (count < 0) count = ((ZyThread *)L)->top - zy_machine_reg(&m, n->imm & 255);
  return ZY_RETURN(n->imm & 255, count, h->states.v[n->state].pc);
}

/* Runs the model's machine from node 'r'. */
static void run_model(ZyMachine *m, ZyRef r, ZyOutcome *outcome) {
  const ZyHir *h = m->h;
  const ZyHirNode *n;
  outcome->kind = ZY_OUTCOME_FAULT;
  switch (run(m, r, m->values + h->nodes.n, &outcome->node)) {
    case FAULTED:
      snprintf(outcome->fault, sizeof outcome->fault, "%s", m->fault);
      return;
    case EXITED: case HOOKED:
      outcome->kind = ZY_OUTCOME_EXIT;
      break;
    case RETURNED:
      outcome->kind = ZY_OUTCOME_RETURN;
      break;
  }
  n = &h->nodes.v[outcome->node];
  outcome->state = n->state;
  if (outcome->kind != ZY_OUTCOME_RETURN) return;
  outcome->reg = (int)(n->imm & 255);
  outcome->count = n->imm < 0 ? m->model->top - outcome->reg : (int)(n->imm >> 8);
  if (outcome->count < 0 || outcome->reg + outcome->count > ZY_MODEL_REGS) {
    outcome->kind = ZY_OUTCOME_FAULT;
    snprintf(outcome->fault, sizeof outcome->fault, "returns registers that are not there");
  }
}

void zy_interp_model(const ZyHir *h, ZyModel *model, ZyOutcome *outcome) {
  ZyMachine m = { .h = h, .model = model };
  const ZyBlock *entry = &h->blocks.v[1];
  ZyRef r = entry->first;
  memset(outcome, 0, sizeof *outcome);
  m.values = ZY_NEWN(model->arena, ZyValue, memory_needed(h));
  outcome->kind = ZY_OUTCOME_FAULT;
  if ((uint32_t)model->nargs != entry->nparams) {
    snprintf(outcome->fault, sizeof outcome->fault, "%d arguments, %u wanted", model->nargs, entry->nparams);
    return;
  }
  for (int i = 0; i < model->nargs; i++, r = h->nodes.v[r].next) {
    m.values[r] = model->arg[i];
    if (!(zy_eval_type(model->arg[i].tt) & h->nodes.v[r].type)) {
      snprintf(outcome->fault, sizeof outcome->fault, "argument %d is not of the parameter's type", i + 1);
      return;
    }
  }
  run_model(&m, entry->first, outcome);
}

void zy_interp_model_at(const ZyHir *h, ZyModel *model, ZyRef at, const ZyRef *value, ZyOutcome *outcome) {
  ZyMachine m = { .h = h, .model = model };
  memset(outcome, 0, sizeof *outcome);
  m.values = ZY_NEWN(model->arena, ZyValue, memory_needed(h));
  for (int i = 0; i < ZY_MODEL_REGS; i++)
    if (value[i] != 0) m.values[value[i]] = model->reg[i];
  run_model(&m, at, outcome);
}
