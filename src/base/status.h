/*
** status.h - the outcome of a compilation step.
** SPDX-License-Identifier: MIT
**
** Nothing below the Lua API raises or prints: it returns one of these.
*/
#ifndef ZY_STATUS_H
#define ZY_STATUS_H

typedef enum ZyStatus {
#define ZY_STATUS(name, text) ZY_STATUS_##name,
#include "status.def"
#undef ZY_STATUS
  ZY_STATUS_COUNT
} ZyStatus;

/* The text of 'status' as users see it; a static string. */
const char *zy_status_text(ZyStatus status);

#endif
