/*
** engine.h - the back ends as workers use them.
** SPDX-License-Identifier: MIT
**
** Each is loaded and started when first needed, used by one thread at a time, and, once it turned out not to work,
** not tried again.
*/
#ifndef ZY_ENGINE_H
#define ZY_ENGINE_H

#include "runtime/code.h"

/* The back end (ZY_BACKEND_) to compile 'tier' with: that of the settings, or another when that is known not to work.
** NONE, and the reason in 'why': there is none. Any thread. */
int zy_engine_choose(const ZyConfig *config, int tier, char *why, size_t size);

/* One that may be tried after 'backend' failed; NONE: there is none. Any thread. */
int zy_engine_other(int backend);

/* Loads and starts it, if that has not been tried. */
void zy_engine_load(int backend);

/* As ZyBackend.compile; the module comes with one reference, and is NULL when it fails. NO_BACKEND: it cannot be used,
** which is remembered, and reported once if 'verbosity' asks for it. */
ZyStatus zy_engine_compile(int backend, const ZyLir *const *lir, int n, int level, ZyBackendResult *result,
                           ZyModule **module, int verbosity, char *why, size_t size);

/* As ZyBackend.dump. */
char *zy_engine_dump(int backend, const ZyLir *lir, int level, const char *what, int verbosity, char *why, size_t size);

/* Ends the helper process, if there is one and it is idle. Code stays. */
void zy_engine_stop(void);

/* In the child of a fork. */
void zy_engine_forked(void);

const char *zy_engine_name(int backend);

#endif
