/*
** policy.c - counts -> what is compiled when, and what is given up.
** SPDX-License-Identifier: MIT
**
** A stub without code counts its executions. At fractions of warm_threshold, tiers 0 and 1 are asked for. At
** hot_threshold a few executions are observed (observe.c; code of tiers 0 and 1 has been recording all the time), then
** tier 2 is asked for. Counts of a function's entry include its loops' iterations.
**
** What a function calls is inlined as it was seen, so before tier 2 is asked for, small functions that it calls, and those
** they call, are observed, too.
**
** Code whose assumption fails again and again is doomed: what was assumed at that bytecode is not assumed any more,
** and after some more executions the function is observed and compiled again, while the old code is used. Each failure of a stub makes both
** take longer, so that no function is compiled for ever, and none is given up for good. Code that leaves for the
** interpreter most times it is entered costs more than it gains: then the stub itself is taken out. So does code that is
** cut off most times before it has done much, because a function that it calls yields or raises an error. And a few
** instructions without a loop are no reason for the interpreter, or a C function that calls back, to enter native code:
** only native code calls that of such a function.
**
** Runs on the thread that runs the Lua state.
*/
#include "runtime/policy.h"

#include <stdlib.h>

#include "profile/attach.h"
#include "profile/freeze.h"
#include "runtime/helper.h"
#include "runtime/observe.h"
#include "vm/bytecode.h"

enum {
  OBSERVED_TICKS = 96,                 /* executions observed before tier 2; four times as many after each failure, */
  MOST_OBSERVED = 3072,                /* up to this */
  WAITED_TICKS = 32,                   /* executions until it is looked again whether functions have been observed, */
  MOST_WAITS = 12,                     /* and how often */
  TICKS_BETWEEN = 128,                 /* executions after which code sees again whether it is time for a higher tier */
  RARE = 32,                           /* one exit in so many entries, of any code, does no harm for a while */
  LESS_URGENT = 8,                     /* hot for so many times as long, as what has no code */
  FAILURES_TOLERATED = 8,              /* of one exit, before its assumption is given up; doubles with each time */
  MOST_DOUBLINGS = 8,
  SHORT_LOOP = 8,                      /* one whose mean number of iterations is less than this part of hot_threshold */
  ROUNDS_IN_ONE = 16,                  /* of a hot loop in a round of the loop around it, as a rule */
  LOSING_ENTRIES = 400,                /* entries before code that always leaves is judged */
  CUT_OFF_ENTRIES = 1024,              /* entries after which it is judged whether they come back */
  SHORT_CODE = 64,                     /* instructions that take less time than entering native code twice */
  SAMPLED_ENTRIES = 32,                /* of so many one is looked at */
  BRIEF_ENTRIES = 512,                 /* entries after which it is judged whether a function is too brief to be entered */
  BRIEF_CODE = 20                      /* instructions of one that takes as long in the interpreter as being entered */
};

static const uint8_t avoid_of[ZY_EXIT_COUNT] = {
#define ZY_EXIT(name, avoid, text) avoid,
#include "lir/exit.def"
#undef ZY_EXIT
};

static uint32_t count_of(const ZyFunction *fn, int stub) {
  uint32_t sum = 0;
  if (stub != 0) return atomic_load_explicit(&fn->stub[stub].count, memory_order_relaxed);
  for (int i = 0; i < fn->nstubs; i++) sum += atomic_load_explicit(&fn->stub[i].count, memory_order_relaxed);
  return sum;
}

static int doublings(const ZyStub *stub) { return stub->failures < MOST_DOUBLINGS ? stub->failures : MOST_DOUBLINGS; }

/* Whether loop 'i' of a live function has a generic one in it, which is not observed by itself. */
static int is_around_generic(const ZyFunction *fn, int i) {
  int first;
  if (fn->live == NULL || i == 0 || !zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) return 0;
  for (int pc = first; pc < fn->stub[i].pc; pc++)
    if (ZY_OP(zy_attach_original(fn, pc)) == ZY_BC_TFORLOOP) return 1;
  return 0;
}

/* What was not seen before is to be seen now. Inner loops count, too: there may be others behind a long one. */
static uint32_t observed_ticks(const ZyFunction *fn, const ZyStub *stub) {
  uint32_t n = is_around_generic(fn, (int)(stub - fn->stub)) ? MOST_OBSERVED : OBSERVED_TICKS;
  for (int i = 0; i < stub->failures && n < MOST_OBSERVED; i++) n *= 4;
  return n;
}

static int may_use(const ZyState *S, const ZyFunction *fn, int tier) {
  return (S->config.tiers >> tier & 1) && tier <= fn->max_tier;
}

static uint32_t baseline_threshold(const ZyState *S) { return (uint32_t)(S->config.warm_threshold + 1) / 2; }

/* The count at which the next thing happens to a stub of level 'level'. */
static uint32_t next_of(const ZyState *S, const ZyFunction *fn, int level) {
  if (level < 0 && may_use(S, fn, 0)) return baseline_threshold(S);
  if (level < 1 && may_use(S, fn, 1)) return (uint32_t)S->config.warm_threshold;
  if (level < 2 && may_use(S, fn, 2)) return (uint32_t)S->config.hot_threshold;
  return UINT32_MAX;
}

void zy_policy_reset(ZyState *S, ZyFunction *fn) {
  for (int i = 0; i < fn->nstubs; i++) fn->stub[i].next = next_of(S, fn, fn->stub[i].level);
}


/* ---- asking for code ---------------------------------------------------------- */

/* Throws away the code of the coldest function when there is too much. */
static void keep_limit(ZyState *S, const ZyFunction *but) {
  uint64_t limit = (uint64_t)S->config.memory_limit_mb << 20;
  while (atomic_load_explicit(&zy_owner_stats(S->owner)->code_bytes, memory_order_relaxed) > limit) {
    ZyFunction *coldest = NULL;
    zy_attach_bury(S);
    for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) {
      int has = 0;
      for (int i = 0; i < fn->nstubs; i++) has |= atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed) != NULL;
      if (has && fn != but && (coldest == NULL || count_of(fn, 0) < count_of(coldest, 0))) coldest = fn;
    }
    if (coldest == NULL) return;
    zy_state_say(S, 2, coldest, "discarded: memory_limit_mb is reached");
    zy_function_flush(S, coldest);
    if (S->outermost != NULL) return;        /* nothing can be freed now */
    zy_state_reclaim(S);
  }
}

/* What the code of stub 'i' would execute: a loop with those in it. Of a nest the outermost one that is hot is to be
** compiled first, then the others are hardly needed. A function whose loops are long is executed in them for now. */
static uint32_t heat_of(const ZyState *S, const ZyFunction *fn, int i) {
  uint64_t most = ((uint64_t)fn->calls + 1) * ((uint32_t)S->config.hot_threshold / SHORT_LOOP);
  uint32_t sum = 0;
  int first;
  if (i == 0 && count_of(fn, 0) > most) return (uint32_t)most;
  if (i == 0 || !zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) return count_of(fn, i);
  for (int k = 1; k < fn->nstubs; k++)
    if (fn->stub[k].pc >= first && fn->stub[k].pc <= fn->stub[i].pc) sum += count_of(fn, k);
  return sum;
}

static ZyStatus ask(lua_State *L, ZyState *S, ZyFunction *fn, int i, int tier, const ZyCallInfo *frame) {
  int wait = !S->config.enable_background_optimization;
  char why[256] = "";
  ZyStatus status = ZY_STATUS_MEMORY;
  ZyUnit *unit;
  int8_t level = fn->stub[i].level;
  fn->stub[i].level = (int8_t)tier;
  fn->stub[i].next = next_of(S, fn, tier);
  keep_limit(S, fn);
  unit = zy_freeze_unit(L, S, fn, i, tier, frame);
  if (unit != NULL) {
    const ZyCode *code = atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed);
    uint32_t heat = heat_of(S, fn, i) / (code != NULL && code->doomed ? LESS_URGENT : 1);
    zy_state_say(S, 2, fn, "tier %d asked for, stub %d", tier, i);
    status = zy_compile_request(S->owner, &S->config, fn, unit, heat, wait, why, sizeof why);
  }
  if (status == ZY_STATUS_CANCELLED) {                 /* too much is waiting: later */
    fn->stub[i].level = level;
    fn->stub[i].next = count_of(fn, i) + (uint32_t)S->config.hot_threshold;
  }
  else if (status != ZY_STATUS_OK) zy_state_say(S, 1, fn, "not compiled: %s", why);
  return status;
}

/* Nothing will come for this stub: it costs nothing from now on. */
static void give_up(ZyFunction *fn, int i) {
  fn->stub[i].next = UINT32_MAX;
  zy_stub_wake(fn);
  zy_attach_disarm_stub(fn, i);
}

typedef struct Search {
  ZyState *S;
  int depth, unseen;
} Search;

/* Counts a function that has not been seen, and has it observed. */
static void look_at(ZyFunction *fn, void *arg) {
  Search *search = arg;
  ZyStub *stub = &fn->stub[0];
  const ZyCode *code = atomic_load_explicit(&stub->code, memory_order_relaxed);
  if (stub->level == 2 || !fn->armed || !may_use(search->S, fn, 2)) return;
  if (code != NULL) {                                  /* that of tiers 0 and 1 has been recording */
    search->unseen += zy_observe_is(code);
    return;
  }
  if (stub->observed != ZY_OBSERVED) {
    if (stub->next == UINT32_MAX) return;
    stub->observed = ZY_OBSERVED_SOON;
    stub->next = 0;
    search->unseen++;
  }
  else if (search->depth < ZY_INLINE_MOST) {
    search->depth++;
    zy_freeze_candidates(search->S, fn, look_at, search);
    search->depth--;
  }
}

/* Whether functions that might be inlined are being observed. */
static int waits(ZyState *S, ZyFunction *fn, ZyStub *stub) {
  Search search = { .S = S, .depth = 1 };
  if (stub->waits >= MOST_WAITS) return 0;
  stub->waits++;
  zy_freeze_candidates(S, fn, look_at, &search);
  return search.unseen > 0;
}

/* Tier 2, after observation. */
static void ask_best(lua_State *L, ZyState *S, ZyFunction *fn, int i, const ZyCallInfo *frame) {
  ZyCode *code = atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed);
  if (code != NULL && zy_observe_is(code)) zy_state_bring_back(S, fn, i);
  fn->flags |= ZY_FUNCTION_HOT;
  if (S->config.enable_background_optimization && zy_attach_keep(L, fn, fn->proto)
      && atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed) == NULL) zy_stub_sleep(fn, i);
  if (ask(L, S, fn, i, 2, frame) != ZY_STATUS_OK) {
    code = atomic_load_explicit(&fn->stub[i].code, memory_order_relaxed);
    zy_stub_wake(fn);
    if (code != NULL && code->doomed) zy_state_retire(S, fn, i);
  }
  if (fn->stub[i].next == UINT32_MAX) fn->stub[i].next = count_of(fn, i) + 64;   /* looks whether it failed */
}

static ZyCode *observe(lua_State *L, ZyState *S, ZyFunction *fn, int i, const ZyCallInfo *frame) {
  ZyStatus status;
  ZyCode *code = zy_observe_new(L, S, fn, i, frame, observed_ticks(fn, &fn->stub[i]), &status);
  if (code == NULL) {
    atomic_store_explicit(&fn->status, (uint8_t)status, memory_order_relaxed);
    zy_state_say(S, 2, fn, "left alone: %s", zy_status_text(status));
    zy_state_retire(S, fn, i);
    give_up(fn, i);
    return NULL;
  }
  fn->stub[i].observed = ZY_OBSERVED;
  fn->stub[i].next = UINT32_MAX;
  /* as a worker would: what is there was made before and is no better */
  code = atomic_exchange_explicit(&fn->stub[i].code, code, memory_order_acq_rel);
  if (code != NULL) {
    code->next = S->retired;
    S->retired = code;
  }
  return atomic_load_explicit(&fn->stub[i].code, memory_order_acquire);
}

/* Whether the function, which is on its way as a whole, is sooner called again than its loop 'i' needs code of its own. */
static int ends_soon(const ZyState *S, const ZyFunction *fn, int i) {
  if (i == 0 || fn->stub[0].level < 2 || fn->stub[0].next == UINT32_MAX) return 0;
  return count_of(fn, i) / (fn->calls + 1) < (uint32_t)S->config.hot_threshold / SHORT_LOOP;
}

/* Whether a loop within that of stub 'i' has been asked for at tier 2. Code of a lower tier would execute that loop
** slower than what is there, or about to be: the interpreter, which enters it, is the better place to wait. */
static int is_around_best(const ZyFunction *fn, int i) {
  int first, target;
  if (i == 0 || !zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) return 0;
  for (int k = 1; k < fn->nstubs; k++)
    if (fn->stub[k].level == 2 && fn->stub[k].pc < fn->stub[i].pc
        && zy_bytecode_back_edge(fn->displaced[k], fn->stub[k].pc, &target) && target > first) return 1;
  return 0;
}

/* Whether the loop of stub 'i' has been asked for at tier 2 by another of its back edges. */
static int is_asked_for(const ZyFunction *fn, int i) {
  int first, target;
  if (i == 0 || !zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) return 0;
  for (int k = 1; k < fn->nstubs; k++)
    if (k != i && fn->stub[k].level == 2
        && zy_bytecode_back_edge(fn->displaced[k], fn->stub[k].pc, &target) && target == first) return 1;
  return 0;
}

/* The count at which tier 2 comes. */
static uint32_t hot_at(const ZyState *S, const ZyFunction *fn, int i) {
  return (uint32_t)S->config.hot_threshold / (is_around_best(fn, i) ? ROUNDS_IN_ONE : 1);
}

static ZyCode *act(lua_State *L, ZyState *S, ZyFunction *fn, int i, uint32_t count, const ZyCallInfo *frame) {
  ZyStub *stub = &fn->stub[i];
  if (!S->enabled || S->off_reason != NULL || fn->max_tier < 0 || (fn->flags & ZY_FUNCTION_OFF)) {
    give_up(fn, i);
    return NULL;
  }
  if (stub->level == 2) {                              /* asked for and not there */
    if (atomic_load_explicit(&fn->status, memory_order_relaxed) != ZY_STATUS_OK) give_up(fn, i);
    else stub->next = count + 64;
    return NULL;
  }
  if (ends_soon(S, fn, i)) {
    stub->next = count + (uint32_t)S->config.hot_threshold;
    zy_stub_sleep_with_function(fn, i);
    return NULL;
  }
  if (count < 2 * (uint32_t)S->config.hot_threshold && is_asked_for(fn, i)) {      /* that other one might be over */
    stub->next = 2 * (uint32_t)S->config.hot_threshold;
    return NULL;
  }
  if (may_use(S, fn, 2) && (stub->observed == ZY_OBSERVED_SOON || count >= hot_at(S, fn, i)))
    return observe(L, S, fn, i, frame);
  if (may_use(S, fn, 2) && is_around_best(fn, i)) {
    stub->next = hot_at(S, fn, i);
    return atomic_load_explicit(&stub->code, memory_order_acquire);
  }
  stub->next = next_of(S, fn, stub->level);
  if (may_use(S, fn, 1) && count >= (uint32_t)S->config.warm_threshold) {
    if (stub->level < 1) ask(L, S, fn, i, 1, frame);
  }
  else if (may_use(S, fn, 0) && stub->level < 0) ask(L, S, fn, i, 0, frame);
  return atomic_load_explicit(&stub->code, memory_order_acquire);          /* there already when compiling blocks */
}

ZyCode *zy_policy_cold(lua_State *L, ZyState *S, ZyFunction *fn, int i, const ZyCallInfo *frame) {
  uint32_t rate = (uint32_t)S->config.sample_rate, count;
  fn->calls += i == 0;
  if (rate > 1 && ++S->tick % rate != 0) return NULL;
  /* others only read it: no need for the cost of an atomic addition */
  count = atomic_load_explicit(&fn->stub[i].count, memory_order_relaxed) + rate;
  atomic_store_explicit(&fn->stub[i].count, count, memory_order_relaxed);
  if (i == 0 && fn->nstubs > 1) count = count_of(fn, 0);
  return count < fn->stub[i].next ? NULL : act(L, S, fn, i, count, frame);
}

/* Code of a tier that records asks for a higher one: whether better code is there now. */
static int promote(lua_State *L, ZyState *S, ZyFunction *fn, ZyCode *code, const ZyCallInfo *frame, uint32_t *limit) {
  ZyStub *stub = &fn->stub[code->stub];
  uint32_t heat = count_of(fn, code->stub);
  if (S->enabled && stub->level < 2 && may_use(S, fn, 2) && heat >= hot_at(S, fn, code->stub)) {
    if (stub->observed == ZY_OBSERVED && waits(S, fn, stub))
      *limit = atomic_load_explicit(code->count, memory_order_relaxed) + WAITED_TICKS;
    else if (stub->observed == ZY_OBSERVED) ask_best(L, S, fn, code->stub, frame);
    else {
      stub->observed = ZY_OBSERVED;
      *limit = atomic_load_explicit(code->count, memory_order_relaxed) + observed_ticks(fn, stub);
    }
  }
  else if (zy_observe_is(code)) {                      /* for another's sake; or settings changed meanwhile */
    zy_state_bring_back(S, fn, code->stub);
    stub->next = next_of(S, fn, stub->level);
  }
  else if (S->enabled && stub->level < 1 && may_use(S, fn, 1) && heat >= (uint32_t)S->config.warm_threshold)
    ask(L, S, fn, code->stub, 1, frame);
  return atomic_load_explicit(&stub->code, memory_order_relaxed) != code;
}

/* L->top may be anywhere in the frame, and what asks for code uses the stack. */
int64_t zy_helper_tick(lua_State *L, ZyCallInfo *ci, ZyCode *code) {
  ZyFunction *fn = code->owner;
  ZyState *S = fn->state;
  uint32_t limit = atomic_load_explicit(code->count, memory_order_relaxed) + TICKS_BETWEEN;
  ptrdiff_t top = zy_thread(L)->top - ci->func;
  int left;
  if (S == NULL || atomic_load_explicit(&fn->stub[code->stub].code, memory_order_relaxed) != code) return 1;
  zy_thread(L)->top = ci->top;
  left = promote(L, S, fn, code, ci, &limit);
  zy_thread(L)->top = ci->func + top;
  if (left) return 1;
  atomic_store_explicit(&code->limit, limit, memory_order_relaxed);
  return 0;
}


/* ---- giving up assumptions ------------------------------------------------------ */

static void avoid(uint32_t id, int pc, int what) {
  ZyFunction *fn = zy_function_find(id);
  if (fn == NULL) return;
  if (fn->avoid == NULL) fn->avoid = calloc((size_t)fn->size, 1);
  if (fn->avoid != NULL && pc >= 0 && pc < fn->size) fn->avoid[pc] |= (uint8_t)what;
  zy_function_release(fn);
}

static int is_rare(const ZyState *S, const ZyExit *exit) {
  return (uint32_t)S->entries - exit->since >= exit->taken * RARE;
}

/* Until there is something better, code that leaves now and then is better than none. */
static void throw_away(ZyState *S, ZyFunction *fn, int i, const ZyExit *exit) {
  ZyStub *stub = &fn->stub[i];
  if (is_rare(S, exit)) zy_state_set_aside(S, fn, i);
  else zy_state_retire(S, fn, i);
  stub->level = 1;                                     /* straight to observation and tier 2 */
  stub->observed = ZY_OBSERVED_NOT;
  stub->waits = 0;
  if (stub->failures < UINT8_MAX) stub->failures++;
  if (fn->armed) zy_attach_arm_stub(fn, i);            /* it may have been too brief */
  stub->next = count_of(fn, i) + (16u << doublings(stub));
  if (stub->next < (uint32_t)S->config.hot_threshold) stub->next = (uint32_t)S->config.hot_threshold;
  fn->deopts++;
}

/* What comes behind an operator with a metamethod would never be seen: it is observed anew, with that in mind. */
static void observe_further(ZyState *S, ZyCode *code, const ZyExit *exit) {
  ZyFunction *fn = code->owner;
  ZyStub *stub = &fn->stub[code->stub];
  avoid(exit->function, exit->site, ZY_AVOID_PLAIN);
  if (atomic_load_explicit(&stub->code, memory_order_relaxed) != code) return;
  zy_state_bring_back(S, fn, code->stub);
  zy_state_set_aside(S, fn, code->stub);
  stub->observed = ZY_OBSERVED_NOT;
  stub->next = count_of(fn, code->stub) + 1;
}

void zy_policy_exit(ZyState *S, ZyCode *code, ZyExit *exit) {
  ZyFunction *fn = code->owner;
  ZyStub *stub = &fn->stub[code->stub];
  int what = exit->hoisted ? ZY_AVOID_HOIST : avoid_of[exit->reason];
  if (exit->reason == ZY_EXIT_LOOP || exit->reason == ZY_EXIT_TAIL || exit->reason == ZY_EXIT_TIER) return;
  if (zy_observe_is(code)) {
    if (exit->reason == ZY_EXIT_OPERATOR) observe_further(S, code, exit);
    return;
  }
  fn->exits++;
  zy_state_say(S, 3, fn, "left at pc %d: exit reason %d", exit->pc, exit->reason);
  if (exit->reason == ZY_EXIT_HOOK || exit->reason == ZY_EXIT_STRESS || exit->reason == ZY_EXIT_DEPTH) return;
  if (exit->taken == 1) exit->since = (uint32_t)S->entries;
  if (atomic_load_explicit(&stub->code, memory_order_relaxed) != code) return;
  if (code->doomed) {
    if (exit->taken >= FAILURES_TOLERATED && !is_rare(S, exit)) zy_state_retire(S, fn, code->stub);
    return;
  }
  if (what != 0 && exit->taken >= (uint32_t)FAILURES_TOLERATED << doublings(stub)) {
    avoid(exit->function, exit->site, what);
    zy_state_say(S, 2, fn, "discarded: an assumption at pc %d failed %u times", exit->site, exit->taken);
    throw_away(S, fn, code->stub, exit);
  }
  else if (what == 0 && stub->entries >= LOSING_ENTRIES && exit->taken >= stub->entries / 2) {
    zy_state_say(S, 2, fn, "left alone: native code leaves most times it is entered");
    zy_state_retire(S, fn, code->stub);
    stub->level = 2;
    give_up(fn, code->stub);
  }
}

/* Whether what stub 'i' enters is short and has no loop in it. */
static int is_short(const ZyFunction *fn, int i) {
  int first = fn->head, last = i == 0 ? fn->size : fn->stub[i].pc;
  if (i > 0 && !zy_bytecode_back_edge(fn->displaced[i], last, &first)) return 0;
  for (int k = 1; k < fn->nstubs; k++)
    if (k != i && fn->stub[k].pc >= first && fn->stub[k].pc <= last) return 0;
  return last - first < SHORT_CODE;
}

/* Whether a loop is over the function's variable arguments. */
static int iterates_varargs(const ZyFunction *fn) {
  int first;
  for (int i = 1; i < fn->nstubs; i++) {
    if (!zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) continue;
    for (int pc = first; pc < fn->stub[i].pc; pc++)
      if (ZY_OP(zy_attach_original(fn, pc)) == ZY_BC_VARARG) return 1;
  }
  return 0;
}

static int is_brief(const ZyFunction *fn, const ZyCode *code) {
  int n = 0;
  if (code->stub != 0 || zy_observe_is(code)) return 0;
  if (fn->proto->is_vararg && iterates_varargs(fn)) return 1;
  if (fn->nstubs > 1 || code->ncallees > 0) return 0;
  for (int pc = fn->head + 1; pc < fn->size && n <= BRIEF_CODE; pc++) {
    ZyBc op = ZY_OP(zy_attach_original(fn, pc));
    n += op != ZY_BC_MMBIN && op != ZY_BC_MMBINI && op != ZY_BC_MMBINK;
  }
  return n <= BRIEF_CODE;
}

/* Whether it takes no more than SHORT_CODE instructions until loop 'i', one over integers, ends. */
static int is_nearly_over(const ZyFunction *fn, int i, const ZyCallInfo *frame) {
  const ZyValue *ra = frame->func + 1 + ZY_A(fn->displaced[i]);
  int first;
  if (ZY_OP(fn->displaced[i]) != ZY_BC_FORLOOP || ra[2].tt != ZY_TAG_INT) return 0;
  if (!zy_bytecode_back_edge(fn->displaced[i], fn->stub[i].pc, &first)) return 0;
  return (uint64_t)ra[1].v.i <= (uint64_t)(SHORT_CODE / (fn->stub[i].pc - first + 1));
}

/* Whether what native code begins at stub 'i' is short, and finished by the interpreter: mostly or, where the loop would
** have been over soon, often. */
static int is_futile(ZyFunction *fn, int i) {
  ZyStub *stub = &fn->stub[i];
  int soon = stub->nearly_over * 4 >= CUT_OFF_ENTRIES / SAMPLED_ENTRIES * 3;
  int futile = stub->cut_off > CUT_OFF_ENTRIES / (soon ? 4 : 2) && is_short(fn, i);
  stub->cut_off = 0;
  stub->nearly_over = 0;
  return futile;
}

int zy_policy_declines(ZyState *S, ZyFunction *fn, int i, const ZyCode *code, const ZyCallInfo *frame) {
  ZyStub *stub = &fn->stub[i];
  stub->cut_off++;
  fn->calls += i == 0;
  if (++stub->entries % SAMPLED_ENTRIES != 0) return 0;
  stub->nearly_over += i > 0 && is_nearly_over(fn, i, frame);
  if (stub->entries % BRIEF_ENTRIES != 0) return 0;
  if (is_brief(fn, code)) {
    zy_state_say(S, 2, fn, "entered by native code alone: it takes less time than entering it does");
    for (int k = 0; k < fn->nstubs; k++) give_up(fn, k);
    return 1;
  }
  if (stub->entries % CUT_OFF_ENTRIES != 0 || !is_futile(fn, i)) return 0;
  zy_state_say(S, 2, fn, "left alone: what native code begins is finished by the interpreter, after yields or errors");
  zy_state_retire(S, fn, i);
  stub->level = 2;
  give_up(fn, i);
  return 1;
}
