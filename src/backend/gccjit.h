/*
** gccjit.h - what zyjit and its libgccjit helper process say to each other.
** SPDX-License-Identifier: MIT
**
** Plain structures over a stream socket between two programs of one build on one machine, so no byte
** order and no versions: a hello that carries the sizes of what is shared, then a reply to each request.
**
**   helper -> client   ZyGccjitHello
**   client -> helper   ZyGccjitRequest, 'n' ZyGccjitFunction, then of each its insts, blocks and args
**   helper -> client   ZyGccjitReply, then 'bytes' bytes: status OK and COMPILE: 'n' uint32_t, the status of
**                      each function, and a shared object with those that are OK; OK and a dump: text;
**                      any other status: the reason, text
**
** Texts have no terminating zero.
*/
#ifndef ZY_GCCJIT_H
#define ZY_GCCJIT_H

#include "base/status.h"
#include "lir/lir.h"

#define ZY_GCCJIT_PROGRAM "gccjit"     /* in zy_backend_folder(); its one argument is the client's process id */
#define ZY_GCCJIT_SOCKET 3             /* descriptor the helper is started with */
#define ZY_GCCJIT_MAGIC (0x5a590000u + sizeof(ZyLirInst) * 256 + ZY_LIR_COUNT)
#define ZY_GCCJIT_NFUNCTIONS 65536     /* most in a request */

enum { ZY_GCCJIT_COMPILE, ZY_GCCJIT_GIMPLE, ZY_GCCJIT_ASM };

typedef struct ZyGccjitHello {
  uint32_t magic;
  int32_t pid;                         /* of the helper, which leads a process group of its own */
  char folder[256];                    /* its private folder, for who cleans up after it was killed */
  char why[256];                       /* why it cannot work; empty when it can */
} ZyGccjitHello;

typedef struct ZyGccjitRequest {
  uint32_t magic, what, level, n;
  uint64_t bytes;                      /* that follow */
} ZyGccjitRequest;

typedef struct ZyGccjitFunction {
  char name[64];
  uint8_t narg, arg[ZY_LIR_MOST_ARGS];
  uint32_t ninsts, nblocks, nargs;
} ZyGccjitFunction;

typedef struct ZyGccjitReply {
  uint32_t magic, status;
  uint64_t bytes;                      /* that follow */
} ZyGccjitReply;

#endif
