/*
** attach.c - Proto -> Proto with stubs.
** SPDX-License-Identifier: MIT
**
** The code of an attached Proto:
**
**   VARARGPREP                            where there was one
**   JMP stub 0                            the prologue, at 'head'
**   JMP stub i                            a landing pad for each generic for
**   the original instructions             from 'first' to 'size' - 1
**   LOADK R entry; CALL R; slot           stub 0; each of the others is followed by
**   displaced instruction; JMP back       what its back edge did
**
** A back edge is a FORLOOP or a JMP backwards, which becomes a JMP to its stub; or a TFORLOOP. That one must stay what
** it is, because TFORCALL executes the next instruction as a TFORLOOP without looking: it is made to jump to its
** landing pad instead of the loop's body. Such a stub is entered when the iteration's variables are set already;
** executing the TFORLOOP once more changes nothing, so native code enters at it in all cases.
**
** All arrays are made anew and swapped in when all are there, so that running out of memory changes nothing. The
** lines of all instructions are decoded, extended and encoded again, with room for one more absolute entry, see fold.c.
**
** Runs on the thread that runs the Lua state, with the collector paused.
*/
#include "profile/attach.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "profile/fold.h"
#include "profile/lines.h"
#include "profile/live.h"
#include "runtime/state.h"
#include "vm/bytecode.h"
#include "vm/collector.h"

enum { MAX_STUBS = 1000, MAX_CODE = 1 << 22, MAX_BX = (1 << 17) - 1, MAX_STACK = 254 };

/* The userdata among the constants: what a stub needs even when the record is gone. */
typedef struct Holder {
  ZyFunction *fn;                      /* NULL once the record was released */
  int32_t size, first;
} Holder;

static const char metatable_key;

static Holder *holder_of(const ZyProto *p) {
  const ZyValue *entry;
  if (p->sizek < 2) return NULL;
  entry = &p->k[p->sizek - 2];
  if (entry->tt != ZY_TAG_CFUNCTION || entry->v.f != zy_enter) return NULL;
  return (Holder *)((char *)p->k[p->sizek - 1].v.gc + offsetof(ZyUserdata, uv) + sizeof(ZyValue));
}

ZyFunction *zy_attach_function(const ZyProto *p) {
  Holder *holder = holder_of(p);
  return holder == NULL ? NULL : holder->fn;
}

int zy_attach_is_attached(const ZyProto *p) { return holder_of(p) != NULL; }

int zy_attach_default_pc(const ZyProto *p, int slot) {
  const Holder *holder = holder_of(p);
  return holder != NULL && slot == holder->size + 2 ? holder->first : slot + 1;
}


/* ---- the plan ------------------------------------------------------------------- */

/* A Proto's arrays, before or after. */
typedef struct Arrays {
  ZyInstruction *code; int sizecode;
  ZyValue *k; int sizek;
  int8_t *lineinfo; int sizelineinfo;
  ZyAbsLine *abslineinfo; int sizeabslineinfo;
  ZyLocVar *locvars; int sizelocvars;
} Arrays;

static Arrays arrays_of(const ZyProto *p) {
  return (Arrays){ p->code, p->sizecode, p->k, p->sizek, p->lineinfo, p->sizelineinfo, p->abslineinfo,
                   p->sizeabslineinfo, p->locvars, p->sizelocvars };
}

static void set_arrays(ZyProto *p, const Arrays *a) {
  p->code = a->code, p->sizecode = a->sizecode;
  p->k = a->k, p->sizek = a->sizek;
  p->lineinfo = a->lineinfo, p->sizelineinfo = a->sizelineinfo;
  p->abslineinfo = a->abslineinfo, p->sizeabslineinfo = a->sizeabslineinfo;
  p->locvars = a->locvars, p->sizelocvars = a->sizelocvars;
}

static void free_arrays(lua_State *L, const Arrays *a) {
  if (a->code != NULL) zy_collector_realloc(L, a->code, (size_t)a->sizecode * sizeof *a->code, 0);
  if (a->k != NULL) zy_collector_realloc(L, a->k, (size_t)a->sizek * sizeof *a->k, 0);
  if (a->lineinfo != NULL) zy_collector_realloc(L, a->lineinfo, (size_t)a->sizelineinfo, 0);
  if (a->abslineinfo != NULL)
    zy_collector_realloc(L, a->abslineinfo, (size_t)a->sizeabslineinfo * sizeof *a->abslineinfo, 0);
  if (a->locvars != NULL) zy_collector_realloc(L, a->locvars, (size_t)a->sizelocvars * sizeof *a->locvars, 0);
}

typedef struct Plan {
  const ZyProto *p;
  int head, npads, first, size, nstubs;
  int edge[MAX_STUBS];                 /* of stub i >= 1: pc of its back edge, in original numbering */
} Plan;

/* The outermost back edge is the last: in a function with too many loops the inner ones of its end go without. */
static void make_plan(const ZyProto *p, Plan *plan) {
  int target;
  plan->p = p;
  plan->head = ZY_OP(p->code[0]) == ZY_BC_VARARGPREP;
  plan->npads = 0;
  plan->nstubs = 1;
  for (int pc = 0; pc < p->sizecode && plan->nstubs < MAX_STUBS; pc++) {
    if (!zy_bytecode_back_edge(p->code[pc], pc, &target)) continue;
    plan->npads += ZY_OP(p->code[pc]) == ZY_BC_TFORLOOP;
    plan->edge[plan->nstubs++] = pc;
  }
  plan->first = plan->head + 1 + plan->npads;
  plan->size = p->sizecode + 1 + plan->npads;
}

static int plan_fits(const Plan *plan) {
  const ZyProto *p = plan->p;
  if (p->sizecode > MAX_CODE || p->sizek >= MAX_BX || p->maxstacksize > MAX_STACK) return 0;
  for (int i = 1; i < plan->nstubs; i++)               /* a pad must be within reach of its TFORLOOP */
    if (ZY_OP(p->code[plan->edge[i]]) == ZY_BC_TFORLOOP && plan->edge[i] + 1 + plan->npads > MAX_BX) return 0;
  return 1;
}

/* New place of the original instruction at 'pc'. */
static int moved(const Plan *plan, int pc) { return pc < plan->head ? pc : pc + 1 + plan->npads; }

static int make_lines(lua_State *L, const Plan *plan, Arrays *to) {
  const ZyProto *p = plan->p;
  int *line, *from;
  ZyLines out;
  if (p->sizelineinfo != p->sizecode) return 1;        /* stripped: stays so */
  line = malloc((size_t)(to->sizecode + p->sizecode) * sizeof *line);
  if (line == NULL) return 0;
  from = line + to->sizecode;
  zy_lines_decode(p, from);
  for (int pc = 0; pc < p->sizecode; pc++) line[moved(plan, pc)] = from[pc];
  for (int pc = plan->head; pc < plan->first; pc++) line[pc] = from[plan->head < p->sizecode ? plan->head : 0];
  for (int pc = plan->size; pc < to->sizecode; pc++) {
    int offset = pc - plan->size - ZY_STUB_SIZE;
    line[pc] = offset < 0 ? line[plan->first] : from[plan->edge[1 + offset / ZY_LOOP_STUB_SIZE]];
  }
  to->sizelineinfo = to->sizecode;
  to->sizeabslineinfo = zy_lines_encode(p->linedefined, line, to->sizecode, NULL) + 1;
  to->lineinfo = zy_collector_realloc(L, NULL, 0, (size_t)to->sizelineinfo);
  to->abslineinfo = zy_collector_realloc(L, NULL, 0, (size_t)to->sizeabslineinfo * sizeof *to->abslineinfo);
  if (to->lineinfo != NULL && to->abslineinfo != NULL) {
    out = (ZyLines){ to->lineinfo, to->abslineinfo, 0 };
    zy_lines_encode(p->linedefined, line, to->sizecode, &out);
    to->abslineinfo[to->sizeabslineinfo - 1] = (ZyAbsLine){ INT_MAX, 0 };
  }
  else {
    free(line);
    return 0;
  }
  free(line);
  return 1;
}

/* The instruction 'i' of original 'pc', when it is executed at 'at'. */
static ZyInstruction displaced_at(const Plan *plan, ZyInstruction i, int pc, int at) {
  int target;
  zy_bytecode_back_edge(i, pc, &target);
  target = moved(plan, target);
  if (ZY_OP(i) == ZY_BC_FORLOOP) return zy_bytecode_abx(ZY_BC_FORLOOP, ZY_A(i), at + 1 - target);
  return zy_bytecode_jump(at, target);
}

/* The stubs' register is one more than the frame has: a frame that had it would be larger than a script expects. There
** is room in EXTRA_STACK of lstate.h, and the CALL has the stack grow. */
static void make_code(const Plan *plan, ZyInstruction *code, int kx) {
  const ZyProto *p = plan->p;
  int pc = plan->size, pad = plan->head + 1, ra = p->maxstacksize;
  if (plan->head) code[0] = p->code[0];
  memcpy(code + plan->first, p->code + plan->head, (size_t)(p->sizecode - plan->head) * sizeof *code);
  code[plan->head] = zy_bytecode_jump(plan->head, plan->first);
  for (int i = 0; i < plan->nstubs; i++) {
    code[pc] = zy_bytecode_abx(ZY_BC_LOADK, ra, kx);
    code[pc + 1] = zy_bytecode_abc(ZY_BC_CALL, ra, 1, 1, 0);
    if (i == 0) code[pc + 2] = zy_bytecode_jump(pc + 2, plan->first);
    else {
      int edge = plan->edge[i];
      code[pc + 2] = zy_bytecode_jump(pc + 2, pc + 3);
      code[pc + 3] = displaced_at(plan, p->code[edge], edge, pc + 3);
      code[pc + 4] = zy_bytecode_jump(pc + 4, moved(plan, edge) + 1);
      if (ZY_OP(p->code[edge]) == ZY_BC_TFORLOOP) {
        code[pad] = zy_bytecode_jump(pad, pc);
        pad++;
      }
    }
    pc += i == 0 ? ZY_STUB_SIZE : ZY_LOOP_STUB_SIZE;
  }
}

/* Fills 'to', all zero, with new arrays; 0 when there is no memory (then 'to' holds those that were made). */
static int make_arrays(lua_State *L, const Plan *plan, Arrays *to) {
  const ZyProto *p = plan->p;
  to->sizecode = plan->size + ZY_STUB_SIZE + (plan->nstubs - 1) * ZY_LOOP_STUB_SIZE;
  to->sizek = p->sizek + 2;
  to->sizelocvars = p->sizelocvars;
  to->code = zy_collector_realloc(L, NULL, 0, (size_t)to->sizecode * sizeof *to->code);
  if (to->code == NULL) return 0;
  to->k = zy_collector_realloc(L, NULL, 0, (size_t)to->sizek * sizeof *to->k);
  if (to->k == NULL) return 0;
  if (p->sizek > 0) memcpy(to->k, p->k, (size_t)p->sizek * sizeof *to->k);
  if (to->sizelocvars > 0) {
    to->locvars = zy_collector_realloc(L, NULL, 0, (size_t)to->sizelocvars * sizeof *to->locvars);
    if (to->locvars == NULL) return 0;
    for (int i = 0; i < to->sizelocvars; i++) {
      to->locvars[i] = p->locvars[i];
      if (to->locvars[i].startpc > plan->head) to->locvars[i].startpc = moved(plan, to->locvars[i].startpc);
      to->locvars[i].endpc = moved(plan, to->locvars[i].endpc);
    }
  }
  make_code(plan, to->code, p->sizek);
  return make_lines(L, plan, to);
}


/* ---- attaching ------------------------------------------------------------------- */

static int release_holder(lua_State *L) {
  Holder *holder = lua_touserdata(L, 1);
  ZyFunction *fn = holder->fn;
  holder->fn = NULL;
  if (fn != NULL) zy_state_forget(fn);
  return 0;
}

int zy_attach_is_closing(const ZyState *S) {
  for (ZyObject *o = S->G->tobefnz; o != NULL; o = o->next)
    if (o == S->self) return 1;
  return S->closed;
}

/* NULL when it is not a holder of a function. */
static Holder *as_holder(const ZyState *S, ZyObject *o) {
  Holder *holder = (Holder *)((char *)o + offsetof(ZyUserdata, uv) + sizeof(ZyValue));
  if (o->tt != (ZY_TAG_UDATA & ~ZY_TAG_COLLECTABLE) || ((ZyUserdata *)o)->metatable != S->holders) return NULL;
  return holder->fn != NULL ? holder : NULL;
}

/* A function is alive as long as its holder is among the objects whose finalizers may still be due. Afterwards the
** finalizer may have run or not, or failed: where the stack has just overflowed there is no room for it. */
void zy_attach_bury(ZyState *S) {
  ZyFunction *next;
  Holder *holder;
  if (zy_attach_is_closing(S)) return;                 /* all finalizers are due, and nothing is dead */
  for (ZyFunction *fn = S->functions; fn != NULL; fn = fn->next) fn->held = 0;
  for (ZyObject *o = S->G->finobj; o != NULL; o = o->next)
    if ((holder = as_holder(S, o)) != NULL) holder->fn->held = 1;
  for (ZyObject *o = S->G->tobefnz; o != NULL; o = o->next)
    if ((holder = as_holder(S, o)) != NULL) holder->fn = NULL;
  for (ZyFunction *fn = S->functions; fn != NULL; fn = next) {
    next = fn->next;
    if (!fn->held) zy_state_forget(fn);
  }
}

void zy_attach_open(lua_State *L, ZyState *S) {
  lua_createtable(L, 0, 1);
  S->holders = (ZyTable *)lua_topointer(L, -1);
  lua_pushcfunction(L, release_holder);
  lua_setfield(L, -2, "__gc");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

static Holder *new_holder(lua_State *L) {
  Holder *holder = lua_newuserdatauv(L, sizeof *holder, 1);
  holder->fn = NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
  lua_setmetatable(L, -2);
  return holder;
}

void zy_attach_new_holder(lua_State *L, ZyFunction *fn) { new_holder(L)->fn = fn; }

void zy_attach_let_go(ZyValue holder) {
  if (holder.tt != 0) ((Holder *)((char *)holder.v.gc + offsetof(ZyUserdata, uv) + sizeof(ZyValue)))->fn = NULL;
}

/* Puts the arrays in place. The holder is on the top of the stack. */
static void install(lua_State *L, ZyState *S, ZyProto *p, const Plan *plan, Arrays *fresh, Holder *holder, ZyFunction *fn) {
  ZyThread *t = (ZyThread *)(void *)L;
  Arrays old = arrays_of(p);
  ZyValue *k = &fresh->k[p->sizek];
  k[0].v.f = zy_enter;
  k[0].tt = ZY_TAG_CFUNCTION;
  k[1] = t->top[-1];
  for (int i = 1; i < plan->nstubs; i++) {
    fn->stub[i].pc = moved(plan, plan->edge[i]);
    fn->displaced[i] = p->code[plan->edge[i]];
  }
  fn->stub[0].pc = plan->head;
  holder->fn = fn;
  holder->size = plan->size;
  holder->first = plan->first;
  fn->proto = p;
  set_arrays(p, fresh);
  zy_collector_barrier_proto(t->G, p, (ZyUserdata *)k[1].v.gc);
  free_arrays(L, &old);
  zy_state_adopt(S, fn);
}

/* Raises when there is no memory for the holder; nothing has happened then. */
static ZyStatus attach(lua_State *L, ZyState *S, ZyProto *p) {
  Plan plan;
  Arrays fresh = { 0 };
  Holder *holder;
  ZyFunction *fn;
  if (holder_of(p) != NULL) return ZY_STATUS_OK;
  make_plan(p, &plan);
  if (!plan_fits(&plan)) return ZY_STATUS_TOO_LARGE;
  holder = new_holder(L);
  fn = zy_function_new(plan.size, plan.head, plan.nstubs);
  if (fn != NULL && make_arrays(L, &plan, &fresh)) {
    install(L, S, p, &plan, &fresh, holder, fn);
    lua_pop(L, 1);
    return ZY_STATUS_OK;
  }
  free_arrays(L, &fresh);
  if (fn != NULL) zy_function_release(fn);
  lua_pop(L, 1);
  return ZY_STATUS_MEMORY;
}

typedef struct Job {
  ZyState *S;
  ZyProto *p;
  int tree, failed;
  ZyStatus status;
} Job;

static void attach_nested(lua_State *L, Job *job, ZyProto *p) {
  ZyStatus status = attach(L, job->S, p);
  if (status != ZY_STATUS_OK) {
    job->failed++;
    job->status = status;
  }
  if (job->tree)
    for (int i = 0; i < p->sizep; i++) attach_nested(L, job, p->p[i]);
}

static int run_job(lua_State *L) {
  Job *job = lua_touserdata(L, 1);
  attach_nested(L, job, job->p);
  return 0;
}

static void protected(lua_State *L, Job *job) {
  ZyThread *t = (ZyThread *)(void *)L;
  uint8_t allowhook = t->allowhook;
  ZyPause pause;
  if (!lua_checkstack(L, 8)) {
    job->failed++;
    return;
  }
  pause = zy_collector_pause(L);
  t->allowhook = 0;
  lua_pushcfunction(L, run_job);
  lua_pushlightuserdata(L, job);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_pop(L, 1);
    job->failed++;
    job->status = ZY_STATUS_MEMORY;
  }
  t->allowhook = allowhook;
  zy_collector_resume(L, pause);
}

ZyStatus zy_attach_proto(lua_State *L, ZyState *S, ZyProto *p) {
  Job job = { S, p, 0, 0, ZY_STATUS_MEMORY };
  protected(L, &job);
  return job.failed ? job.status : ZY_STATUS_OK;
}

int zy_attach_tree(lua_State *L, ZyState *S, ZyProto *p) {
  Job job = { S, p, 1, 0, ZY_STATUS_MEMORY };
  protected(L, &job);
  return job.failed;
}


/* ---- arming ----------------------------------------------------------------------- */

static int first_of(const ZyFunction *fn) { return fn->live != NULL ? fn->head : holder_of(fn->proto)->first; }

/* The landing pad of stub i, the back edge of a generic for: they are in the order of their stubs. */
static int pad_of(const ZyFunction *fn, int i) {
  int pad = fn->head + 1;
  for (int j = 1; j < i; j++) pad += ZY_OP(fn->displaced[j]) == ZY_BC_TFORLOOP;
  return pad;
}

static ZyInstruction armed_edge(const ZyFunction *fn, int i) {
  ZyInstruction original = fn->displaced[i];
  int pc = fn->stub[i].pc;
  if (ZY_OP(original) == ZY_BC_TFORLOOP) return zy_bytecode_abx(ZY_BC_TFORLOOP, ZY_A(original), pc + 1 - pad_of(fn, i));
  return zy_bytecode_jump(pc, zy_function_stub_pc(fn, i));
}

void zy_attach_arm_stub(ZyFunction *fn, int i) {
  ZyInstruction *at = &fn->proto->code[i > 0 ? fn->stub[i].pc : fn->head];
  if (i > 0) __atomic_store_n(at, armed_edge(fn, i), __ATOMIC_RELAXED);
  else if (fn->live == NULL) __atomic_store_n(at, zy_bytecode_jump(fn->head, zy_function_stub_pc(fn, 0)), __ATOMIC_RELAXED);
}

void zy_attach_disarm_stub(ZyFunction *fn, int i) {
  ZyInstruction *code = fn->proto->code;
  if (i > 0) code[fn->stub[i].pc] = fn->displaced[i];
  else if (fn->live == NULL) code[fn->head] = zy_bytecode_jump(fn->head, first_of(fn));
}

void zy_attach_arm(ZyFunction *fn) {
  zy_stub_wake(fn);
  for (int i = 0; i < fn->nstubs; i++) zy_attach_arm_stub(fn, i);
  fn->armed = 1;
}

void zy_attach_disarm(ZyFunction *fn) {
  zy_stub_wake(fn);
  for (int i = 0; i < fn->nstubs; i++) zy_attach_disarm_stub(fn, i);
  fn->armed = 0;
}

ZyInstruction zy_attach_original(const ZyFunction *fn, int pc) {
  int first = first_of(fn);
  if (pc >= fn->head && pc < first) return zy_bytecode_jump(pc, first);
  if (fn->folded) return fn->proto->code[pc < first ? pc : pc - (first - fn->head)];
  for (int i = 1; i < fn->nstubs; i++)
    if (fn->stub[i].pc == pc) return fn->displaced[i];
  return fn->proto->code[pc];
}


/* ---- guards by identity -------------------------------------------------------------- */

/* A list in the holder's user value. No script can see it, so it may hold what Lua values never are: Protos, which
** the collector marks like any other object. */
typedef struct Keep { ZyFunction *fn; ZyProto *callee; } Keep;

static int keep(lua_State *L) {
  Keep *job = lua_touserdata(L, 1);
  ZyThread *t = (ZyThread *)(void *)L;
  const ZyProto *p = job->fn->proto;
  ZyTable *list;
  int n;
  lua_settop(L, 1);
  lua_pushnil(L);
  t->top[-1] = job->fn->live != NULL ? zy_live_holder(job->fn) : p->k[p->sizek - 1];
  if (lua_getiuservalue(L, 2, 1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 4, 0);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 2, 1);
  }
  list = (ZyTable *)lua_topointer(L, 3);
  n = (int)lua_rawlen(L, 3);
  for (int i = 0; i < n && i < (int)list->alimit; i++)
    if (list->array[i].v.gc == (ZyObject *)job->callee) return 0;
  lua_pushboolean(L, 1);
  lua_rawseti(L, 3, n + 1);
  if (n < (int)list->alimit) {
    list->array[n].v.gc = (ZyObject *)job->callee;
    list->array[n].tt = ZY_KIND_PROTO | ZY_TAG_COLLECTABLE;
    zy_collector_barrier(t->G, (ZyObject *)list, &list->gclist);
    lua_pushboolean(L, 1);
  }
  return lua_gettop(L) > 3;
}

int zy_attach_keep(lua_State *L, ZyFunction *fn, ZyProto *callee) {
  Keep job = { fn, callee };
  ZyPause pause;
  int done = 0;
  if (!lua_checkstack(L, 8)) return 0;
  pause = zy_collector_pause(L);
  lua_pushcfunction(L, keep);
  lua_pushlightuserdata(L, &job);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) done = lua_isnil(L, -1) || lua_toboolean(L, -1);
  lua_pop(L, 1);
  zy_collector_resume(L, pause);
  return done;
}


/* ---- hiding ---------------------------------------------------------------------------- */

typedef struct Undo {
  struct Undo *next;
  ZyProto *p;
  ZyFunction *live;                    /* to be armed again; else NULL */
  ZyFunction *folded;                  /* unfolded meanwhile */
  Arrays attached, original;
} Undo;

static int original_lines(const ZyProto *p, int first, int head, Arrays *to) {
  int *line;
  ZyLines out;
  if (p->sizelineinfo == 0) return 1;
  line = malloc((size_t)p->sizecode * sizeof *line);
  if (line == NULL) return 0;
  zy_lines_decode(p, line);
  memmove(line + head, line + first, (size_t)(to->sizecode - head) * sizeof *line);
  to->sizelineinfo = to->sizecode;
  to->sizeabslineinfo = zy_lines_encode(p->linedefined, line, to->sizecode, NULL);
  out = (ZyLines){ malloc((size_t)to->sizelineinfo), malloc((size_t)(to->sizeabslineinfo + 1) * sizeof *out.abs), 0 };
  to->lineinfo = out.info;
  to->abslineinfo = out.abs;
  if (out.info != NULL && out.abs != NULL) zy_lines_encode(p->linedefined, line, to->sizecode, &out);
  free(line);
  return out.info != NULL && out.abs != NULL;
}

static int original_arrays(const ZyProto *p, const ZyFunction *fn, Arrays *to) {
  int first = first_of(fn), head = fn->head, skip = first - head;
  to->sizecode = fn->size - skip;
  to->sizek = p->sizek - 2;
  to->k = p->k;
  to->sizelocvars = p->sizelocvars;
  to->code = malloc((size_t)to->sizecode * sizeof *to->code);
  to->locvars = malloc((size_t)(to->sizelocvars + 1) * sizeof *to->locvars);
  if (to->code == NULL || to->locvars == NULL) return 0;
  if (head) to->code[0] = p->code[0];
  memcpy(to->code + head, p->code + first, (size_t)(to->sizecode - head) * sizeof *to->code);
  for (int i = 1; i < fn->nstubs; i++) to->code[fn->stub[i].pc - skip] = fn->displaced[i];
  for (int i = 0; i < to->sizelocvars; i++) {
    to->locvars[i] = p->locvars[i];
    if (to->locvars[i].startpc >= first) to->locvars[i].startpc -= skip;
    to->locvars[i].endpc -= skip;
  }
  return original_lines(p, first, head, to);
}

static void free_original(const Arrays *a) {
  free(a->code);
  free(a->locvars);
  free(a->lineinfo);
  free(a->abslineinfo);
}

void zy_attach_unhide(void *undo) {
  Undo *u = undo;
  while (u != NULL) {
    Undo *next = u->next;
    set_arrays(u->p, &u->attached);
    if (u->live != NULL) zy_attach_arm(u->live);
    if (u->folded != NULL) zy_fold(u->folded);
    free_original(&u->original);
    free(u);
    u = next;
  }
}

/* Adds 'p' and its nested functions to the list; 0 when there is no memory. A live one only needs to be disarmed. */
static int hide(const ZyState *S, ZyProto *p, Undo **list) {
  ZyFunction *fn = zy_attach_function(p), *live = fn == NULL ? zy_live_function(S, p) : NULL;
  if (live != NULL && live->armed) {
    Undo *u = calloc(1, sizeof *u);
    if (u == NULL) return 0;
    *u = (Undo){ .next = *list, .p = p, .live = live, .attached = arrays_of(p) };
    *list = u;
    zy_attach_disarm(live);
  }
  if (fn != NULL) {
    Undo *u = calloc(1, sizeof *u);
    if (u == NULL) return 0;
    if (fn->folded) u->folded = fn;
    zy_stub_wake(fn);
    if (!zy_unfold(fn) || !original_arrays(p, fn, &u->original)) {
      if (u->folded != NULL) zy_fold(fn);
      free_original(&u->original);
      free(u);
      return 0;
    }
    u->p = p;
    u->attached = arrays_of(p);
    u->next = *list;
    *list = u;
    set_arrays(p, &u->original);
  }
  for (int i = 0; i < p->sizep; i++)
    if (!hide(S, p->p[i], list)) return 0;
  return 1;
}

void *zy_attach_hide(const ZyState *S, ZyProto *p) {
  Undo *list = calloc(1, sizeof *list);        /* a first entry that changes nothing: NULL is for failure */
  if (list == NULL) return NULL;
  list->p = p;
  list->attached = arrays_of(p);
  if (hide(S, p, &list)) return list;
  zy_attach_unhide(list);
  return NULL;
}
