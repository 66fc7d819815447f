/*
** status.c - texts of compilation outcomes.
** SPDX-License-Identifier: MIT
*/
#include "base/status.h"

const char *zy_status_text(ZyStatus status) {
  static const char *const text[] = {
#define ZY_STATUS(name, text) text,
#include "base/status.def"
#undef ZY_STATUS
  };
  return text[status];
}
