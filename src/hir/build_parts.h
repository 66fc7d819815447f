/*
** build_parts.h - translation of instructions, by file.
** SPDX-License-Identifier: MIT
**
** All of them translate (a part of) the instruction at b->pc. Where 'dest' is given, the result goes to that register.
*/
#ifndef ZY_BUILD_PARTS_H
#define ZY_BUILD_PARTS_H

#include "hir/build_ssa.h"

/* ---- build_arith.c: operators ---- */

/* x op y, op a ZyArith. */
void zy_build_arith(ZyBuild *b, int op, int dest, ZyRef x, ZyRef y);
/* A comparison 'op' (EQ, LT, LE) and the jump behind it. */
void zy_build_compare(ZyBuild *b, ZyHirOp op, ZyRef x, ZyRef y);
/* TEST, TESTSET and the jump behind it. */
void zy_build_test(ZyBuild *b, ZyInstruction i);
void zy_build_not_value(ZyBuild *b, int dest, ZyRef v);
void zy_build_length(ZyBuild *b, int dest, ZyRef v);
void zy_build_concat(ZyBuild *b, ZyInstruction i);

/* ---- build_loop.c: for loops ---- */

void zy_build_for_prep(ZyBuild *b, ZyInstruction i);
void zy_build_for_loop(ZyBuild *b, ZyInstruction i);
void zy_build_tfor_prep(ZyBuild *b, ZyInstruction i);
void zy_build_tfor_call(ZyBuild *b, ZyInstruction i);
void zy_build_tfor_loop(ZyBuild *b, ZyInstruction i);
/* Finds out which loops count in floats, of those whose FORPREP is not translated. */
void zy_build_find_floats(ZyScope *s);

/* ---- build_iterate.c: iterators that are known ---- */

/* The TFORCALL of next, or of the iterator that ipairs gives, as seen before; 0: of neither. */
int zy_build_iterate(ZyBuild *b, ZyInstruction i);

/* ---- build_table.c: tables ---- */

void zy_build_get(ZyBuild *b, ZyRef t, ZyRef key, int dest);
void zy_build_set(ZyBuild *b, ZyRef t, ZyRef key, ZyRef v);
/* Element 'key', an integer, of 'table', of which a metatable is ruled out; nil when absent. */
ZyRef zy_build_raw_element(ZyBuild *b, ZyRef table, ZyRef key);
/* The length of 'v' when that is a table without a metatable; else 0. */
ZyRef zy_build_plain_length(ZyBuild *b, ZyRef v);
void zy_build_new_table(ZyBuild *b, ZyInstruction i);

/* ---- build_field.c: fields with constant names ---- */

void zy_build_field_get(ZyBuild *b, ZyRef t, int k, int dest);
void zy_build_field_set(ZyBuild *b, ZyRef t, int k, ZyRef v);
/* SELF with constant k, or key 'key' in a register when that is not 0. */
void zy_build_self(ZyBuild *b, ZyRef object, int k, ZyRef key, int dest);

/* ---- build_call.c: calls ---- */

/* Calls what is in register 'reg' with what follows it; nargs or nresults -1: an open number. */
void zy_build_call(ZyBuild *b, int reg, int nargs, int nresults);
void zy_build_call_instruction(ZyBuild *b, ZyInstruction i);
void zy_build_tail_call(ZyBuild *b, ZyInstruction i);
/* Whether the instruction at 'pc' is a tail call by which the function, as feedback has it, starts anew. */
int zy_build_is_loop(const ZyBuild *b, const ZyScope *s, int pc);
void zy_build_vararg(ZyBuild *b, ZyInstruction i);
/* Closes upvalues of registers from 'reg' on, where there may be any. */
void zy_build_close(ZyBuild *b, int reg);
void zy_build_return(ZyBuild *b, int reg, int n, int close);
void zy_build_set_list(ZyBuild *b);
void zy_build_closure(ZyBuild *b, ZyInstruction i);
/* A node with effect ALL that gives nothing. */
void zy_build_effect(ZyBuild *b, ZyHirOp op, int64_t imm);

/* ---- build_lib.c: library functions ---- */

/* Number of the library function that feedback says is called here, or -1. */
int zy_build_library_seen(const ZyBuild *b);
/* Whether calls of it with 'nargs' arguments can be translated at all. */
int zy_build_library_takes(int lib, int nargs);
/* Translates the call of it in place; gives its only result, or 0 when it is an ordinary call. */
ZyRef zy_build_library_call(ZyBuild *b, int lib, int reg, int nargs);
/* The same for functions that give another number of values, which go to 'nresults' registers; 0: an ordinary call. */
int zy_build_library_results(ZyBuild *b, int lib, int reg, int nargs, int nresults);

/* ---- build_cold.c: code that has not run ---- */

/* The branch at 'from' goes on at 'to' or 'other': the instruction from 'to' on that tells that the first has never
** happened; -1 when it has, or nobody knows. */
int zy_build_cold(const ZyBuild *b, int from, int to, int other);
/* Whether something was noted at the instruction, or native code left there too often. */
int zy_build_has_run(const ZyUnit *unit, int pc);

/* ---- build_inline.c: calls translated in place ---- */

/* Translates the call of callee 'callee' of the outermost unit in place, whose closure 'f' is; 0: it cannot. */
int zy_build_inline(ZyBuild *b, int callee, ZyRef f, int reg, int nargs, int nresults);
/* The same of a tail call in a function that is inlined; it goes on where that one would have. */
int zy_build_inline_tail(ZyBuild *b, int callee, ZyRef f, int reg, int nargs);
/* What a RETURN of an inlined function does. */
void zy_build_inline_return(ZyBuild *b, int reg, int n);

/* ---- build.c ---- */

/* Translates b->scope from its start, with b->block being what leads there. */
void zy_build_scope(ZyBuild *b);
/* Prepares a scope for unit->code[first .. last], entered at 'start'. */
void zy_build_open_scope(ZyBuild *b, ZyScope *s, const ZyUnit *unit, int first, int last, int start);

#endif
