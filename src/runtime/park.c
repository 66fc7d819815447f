/*
** park.c - a thread inside LLVM -> one that never moves again.
** SPDX-License-Identifier: MIT
**
** A process that exits undoes LLVM's static data. A thread that is still compiling then runs into freed memory, and
** LLVM cannot be told to stop. Waiting for it may take long; killing a thread is not possible; and one that is
** stopped just anywhere may hold a lock of the C library (malloc's, stdio's) that the rest of the exit needs.
** So a signal's handler looks at what it has interrupted: in LLVM's own instructions no lock of the C library is held,
** and the thread sleeps there until the process is gone; anywhere else it goes on, and is asked again.
**
** The signal is SIGSTKFLT, which no kernel sends and no program uses; it is the only one that workers do not block,
** and its handler is set only now.
*/
#include "runtime/park.h"

#if defined(__linux__) && defined(SIGSTKFLT) && (defined(__x86_64__) || defined(__aarch64__))

#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { MAX_RANGES = 16 };

static struct { uintptr_t from, to; } range[MAX_RANGES];    /* LLVM's instructions */
static int nranges;
static atomic_int parked, answers;

static int find_ranges(struct dl_phdr_info *info, size_t size, void *data) {
  const char *name = info->dlpi_name != NULL ? strrchr(info->dlpi_name, '/') : NULL;
  (void)size, (void)data;
  if (name == NULL || (strncmp(name, "/libLLVM", 8) != 0 && strcmp(name, "/llvm.so") != 0)) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0 || nranges == MAX_RANGES) continue;
    range[nranges].from = info->dlpi_addr + part->p_vaddr;
    range[nranges].to = range[nranges].from + part->p_memsz;
    nranges++;
  }
  return 0;
}

static void on_signal(int sig, siginfo_t *info, void *context) {
  const ucontext_t *uc = context;
#ifdef __x86_64__
  uintptr_t pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#else
  uintptr_t pc = (uintptr_t)uc->uc_mcontext.pc;
#endif
  (void)sig, (void)info;
  for (int i = 0; i < nranges; i++) {
    if (pc < range[i].from || pc >= range[i].to) continue;
    atomic_fetch_add(&parked, 1);
    for (;;) pause();
  }
  atomic_fetch_add(&answers, 1);
}

int zy_park_signal(void) { return SIGSTKFLT; }

static void sleep_us(long us) {
  struct timespec t = { 0, us * 1000 };
  nanosleep(&t, NULL);
}

void zy_park_threads(const pthread_t *threads, int n, int ms) {
  struct sigaction act, old;
  int64_t left = (int64_t)ms * 1000;
  memset(&act, 0, sizeof act);
  act.sa_sigaction = on_signal;
  act.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&act.sa_mask);
  nranges = 0;
  dl_iterate_phdr(find_ranges, NULL);
  if (nranges == 0 || sigaction(SIGSTKFLT, &act, &old) != 0) return;
  for (int i = 0; i < n; i++) {
    int before = atomic_load(&parked);
    while (atomic_load(&parked) == before && left > 0) {
      int asked = atomic_load(&answers);
      if (pthread_kill(threads[i], SIGSTKFLT) != 0) break;
      while (atomic_load(&parked) == before && atomic_load(&answers) == asked && left > 0) {
        sleep_us(50);
        left -= 100;                   /* a sleep takes longer than it says */
      }
    }
  }
}

#else

int zy_park_signal(void) { return 0; }

void zy_park_threads(const pthread_t *threads, int n, int ms) { (void)threads, (void)n, (void)ms; }

#endif
