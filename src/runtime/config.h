/*
** config.h - settings in force for one Lua state.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_CONFIG_H
#define ZY_CONFIG_H

enum { ZY_BACKEND_NONE, ZY_BACKEND_GCCJIT, ZY_BACKEND_LLVM, ZY_BACKEND_COUNT };

typedef struct ZyConfig {
#define ZY_CONFIG(field, type, value, least, most, kind) type field;
#include "runtime/config.def"
#undef ZY_CONFIG
} ZyConfig;

#endif
