/*
** gccjit.c - LIR -> a helper process -> native code.
** SPDX-License-Identifier: MIT
**
** libgccjit changes signal handlers, locale and limits of the process it runs in and can end it, so it
** runs in a program of its own (gccjit_helper.c). This is its client: it never links libgccjit. A batch
** goes to the helper as it is, a shared object comes back and is loaded from a memory file.
**
** The host must not notice the helper. SIGCHLD and wait() are the host's, and an exit signal given to
** clone does not last (execve makes it SIGCHLD again), so the helper is a grandchild: the child in between
** never executes anything, keeps its exit signal 0, which plain wait() does not see, and is reaped here
** at once; the helper goes to init (to the host only if that is init or asked to be a subreaper). Both
** are clones that borrow the host's memory while the calling thread stands still (as in posix_spawn): no
** fork handlers, no copy of a large heap. The helper has its own session (a Ctrl-C at the terminal is not
** for it), none of the host's descriptors, and an environment of only what compiling needs (LD_PRELOAD
** is the host's affair). It ends when the socket closes.
**
** Requires what backend.h promises: one call at a time, 'release' excepted. Runs on worker threads;
** 'forked' in the only thread of a fork's child.
*/
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "backend/backend.h"
#include "backend/gccjit.h"

#define REPLY_MS 30000                 /* a batch that takes longer: the helper hangs */
#define HELLO_MS 10000
#define STOP_MS 2000                   /* for the helper to clean up after itself */
#define MAX_FAILURES 4                 /* dead helpers in a row before giving up */
#define CLONE_STACK 32768
#define HELPER_NICE 5
#define MAX_REPLY (256u << 20)

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

static struct {
  int fd;                              /* socket to the helper; -1: not running */
  pid_t pid;                           /* valid while the other end of the socket is open */
  int failures;                        /* in a row */
  char folder[256];                    /* the helper's */
  char why[256];                       /* the last failure */
} helper = { .fd = -1 };

__attribute__((format(printf, 3, 4)))
static void say(char *why, size_t size, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  if (why != NULL && size > 0) vsnprintf(why, size, format, ap);
  va_end(ap);
}

/* --- Starting and ending the helper --- */

typedef struct Spawn {
  const char *path;
  char *const *argv, *const *env;
  int sock;
  char *stack;                         /* 2 * CLONE_STACK */
} Spawn;

/* In the helper-to-be. It shares the host's memory until execve: only system calls from here on. Nor is the address
** sanitizer, in a build with it, to mark the stack, which is given back without its knowledge. */
__attribute__((no_sanitize_address))
static int become_helper(void *arg) {
  const Spawn *spawn = arg;
  struct sigaction act;
  sigset_t none;
  int fd, null;
  memset(&act, 0, sizeof act);
  act.sa_handler = SIG_DFL;
  for (int sig = 1; sig < NSIG; sig++) sigaction(sig, &act, NULL);   /* no SIG_IGN from the host either */
  setsid();
  if (nice(HELPER_NICE) == -1) {}                                    /* the host's threads and LLVM's go first */
  fd = fcntl(spawn->sock, F_DUPFD, ZY_GCCJIT_SOCKET + 1);            /* it may be one of 0, 1, 2 */
  null = open("/dev/null", O_RDWR);
  if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(127);
  if (dup2(fd, ZY_GCCJIT_SOCKET) < 0 || chdir("/") != 0) _exit(127);
#ifdef SYS_close_range
  if (syscall(SYS_close_range, ZY_GCCJIT_SOCKET + 1, ~0u, 0) != 0)
#endif
    for (int n = (int)sysconf(_SC_OPEN_MAX), i = ZY_GCCJIT_SOCKET + 1; i < n && i < 65536; i++) close(i);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(spawn->path, spawn->argv, spawn->env);
  _exit(127);
}

/* In the process between host and helper. */
__attribute__((no_sanitize_address))
static int start_helper(void *arg) {
  const Spawn *spawn = arg;
  _exit(clone(become_helper, spawn->stack + CLONE_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, arg) < 0);
}

/* 1 when the child in between was made and reaped; the helper itself shows by its hello. */
static int spawn_helper(const char *path, int sock) {
  static const char *const wanted[] = { "PATH", "TMPDIR", "LD_LIBRARY_PATH" };
  char number[16], *env[5], *argv[3];
  int nenv = 0, made = 0, saved = errno, state, cancel;
  sigset_t all, old;
  Spawn spawn = { path, argv, env, sock, NULL };
  snprintf(number, sizeof number, "%d", (int)getpid());
  argv[0] = (char *)path, argv[1] = number, argv[2] = NULL;
  env[nenv++] = strdup("LC_ALL=C");
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    const char *value = getenv(wanted[i]);
    char *text;
    if (value != NULL && asprintf(&text, "%s=%s", wanted[i], value) >= 0) env[nenv++] = text;
  }
  env[nenv] = NULL;
  spawn.stack = mmap(NULL, 2 * CLONE_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (spawn.stack != MAP_FAILED && env[0] != NULL) {
    pid_t pid;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    pthread_sigmask(SIG_BLOCK, &all, &old);                          /* the host's handlers must not run there */
    pid = clone(start_helper, spawn.stack + 2 * CLONE_STACK, CLONE_VM | CLONE_VFORK, &spawn);
    if (pid > 0) {
      made = 1;
      while (waitpid(pid, &state, __WCLONE) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setcancelstate(cancel, &cancel);
  }
  if (spawn.stack != MAP_FAILED) munmap(spawn.stack, 2 * CLONE_STACK);
  while (nenv > 0) free(env[--nenv]);
  errno = saved;
  return made;
}

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Moves exactly 'size' bytes. Returns NULL, or what went wrong. */
static const char *transfer(void *data, size_t size, int sending, int64_t deadline) {
  char *p = data;
  while (size > 0) {
    ssize_t n = sending ? send(helper.fd, p, size, MSG_NOSIGNAL | MSG_DONTWAIT)
                        : recv(helper.fd, p, size, MSG_DONTWAIT);
    if (n > 0) {
      p += n;
      size -= (size_t)n;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      struct pollfd pfd = { helper.fd, sending ? POLLOUT : POLLIN, 0 };
      int64_t left = deadline - now_ms();
      if (left <= 0) return "the libgccjit helper does not answer";
      poll(&pfd, 1, (int)left);
    } else if (n == 0 || errno != EINTR) {
      return "the libgccjit helper ended unexpectedly";
    }
  }
  return NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  remove(path);
  return 0;
}

/* Waits until the other end of the socket is closed: the helper is gone then. */
static int ended(int ms) {
  int64_t deadline = now_ms() + ms;
  for (;;) {
    char byte[256];
    ssize_t n = recv(helper.fd, byte, sizeof byte, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return 1;
    if (n < 0 && errno != EINTR) {
      struct pollfd pfd = { helper.fd, POLLIN, 0 };
      int64_t left = deadline - now_ms();
      if (left <= 0) return 0;
      poll(&pfd, 1, (int)left);
    }
  }
}

/* Reaps the helper where orphans come to this very process. */
static void reap(pid_t pid) {
  int subreaper = 0;
  if (pid <= 0) return;
  if (getpid() != 1 && (prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) != 0 || !subreaper)) return;
  for (int i = 0; i < 100 && waitpid(pid, NULL, WNOHANG) == 0; i++) usleep(1000);
}

/* Closes the socket and sees to it that nothing of the helper is left. */
static void end_helper(int kindly) {
  if (helper.fd < 0) return;
  shutdown(helper.fd, SHUT_WR);
  /* The socket's other end is the helper's alone: while it is open, 'pid' is the helper and no other. */
  if (!(kindly && ended(STOP_MS)) && !ended(0) && helper.pid > 0) {
    kill(-helper.pid, SIGKILL);
    ended(STOP_MS);
  }
  close(helper.fd);
  reap(helper.pid);
  if (helper.folder[0] == '/') nftw(helper.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  helper.fd = -1;
  helper.pid = 0;
  helper.folder[0] = '\0';
}

static ZyStatus failed(char *why, size_t size, const char *text) {
  end_helper(0);
  helper.failures++;
  snprintf(helper.why, sizeof helper.why, "%.255s", text);
  say(why, size, "%s", helper.why);
  return ZY_STATUS_BACKEND;
}

static ZyStatus ensure(char *why, size_t size) {
  char path[PATH_MAX], text[PATH_MAX + 64];
  const char *folder;
  ZyGccjitHello hello;
  const char *wrong;
  int pair[2];
  if (helper.fd >= 0) {
    if (!ended(0)) return ZY_STATUS_OK;
    end_helper(0);                     /* it ended while idle: that is nobody's failure */
  }
  if (helper.failures >= MAX_FAILURES) {
    say(why, size, "given up after %d failures: %s", helper.failures, helper.why);
    return ZY_STATUS_NO_BACKEND;
  }
  folder = zy_backend_folder();
  snprintf(text, sizeof text, "%s/" ZY_GCCJIT_PROGRAM, folder == NULL ? "." : folder);
  if (realpath(text, path) == NULL || access(path, X_OK) != 0) {
    say(why, size, "no libgccjit helper: %s: %s", text, strerror(errno));
    return ZY_STATUS_NO_BACKEND;
  }
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    say(why, size, "no socket for the libgccjit helper: %s", strerror(errno));
    return ZY_STATUS_BACKEND;
  }
  helper.fd = pair[0];
  if (!spawn_helper(path, pair[1])) {
    close(pair[1]);
    return failed(why, size, "cannot make a process for the libgccjit helper");
  }
  close(pair[1]);
  wrong = transfer(&hello, sizeof hello, 0, now_ms() + HELLO_MS);
  if (wrong != NULL) {
    snprintf(text, sizeof text, "%s does not start (is libgccjit installed?)", path);
    return failed(why, size, text);
  }
  if (hello.magic != ZY_GCCJIT_MAGIC) {
    snprintf(text, sizeof text, "%s is of another version", path);
    return failed(why, size, text);
  }
  hello.folder[sizeof hello.folder - 1] = hello.why[sizeof hello.why - 1] = '\0';
  helper.pid = hello.pid;
  memcpy(helper.folder, hello.folder, sizeof helper.folder);
  if (hello.why[0] != '\0') {
    failed(why, size, hello.why);
    return ZY_STATUS_NO_BACKEND;
  }
  return ZY_STATUS_OK;
}

/* --- Requests --- */

/* Sends a batch and receives the answer: 'bytes' bytes at '*data' (malloc'ed) when OK. */
static ZyStatus ask(const ZyLir *const *lir, uint32_t n, int level, int what, char **data, size_t *bytes,
                    char *why, size_t size) {
  ZyGccjitRequest request = { ZY_GCCJIT_MAGIC, (uint32_t)what, (uint32_t)level, n, 0 };
  ZyGccjitReply reply;
  const char *wrong;
  char *batch, *p;
  int64_t deadline;
  ZyStatus status = ensure(why, size);
  if (status != ZY_STATUS_OK) return status;
  request.bytes = n * sizeof(ZyGccjitFunction);
  for (uint32_t i = 0; i < n; i++)
    request.bytes += lir[i]->insts.n * sizeof(ZyLirInst) + lir[i]->blocks.n * sizeof(ZyLirBlock) +
                     lir[i]->args.n * sizeof(uint32_t);
  batch = p = malloc(sizeof request + request.bytes);
  if (batch == NULL) return ZY_STATUS_MEMORY;
  p = (char *)memcpy(p, &request, sizeof request) + sizeof request;
  for (uint32_t i = 0; i < n; i++) {
    ZyGccjitFunction fn = { .ninsts = lir[i]->insts.n, .nblocks = lir[i]->blocks.n, .nargs = lir[i]->args.n };
    memcpy(fn.name, lir[i]->name, sizeof fn.name);
    fn.narg = lir[i]->narg;
    memcpy(fn.arg, lir[i]->arg, sizeof fn.arg);
    p = (char *)memcpy(p, &fn, sizeof fn) + sizeof fn;
  }
#define APPEND(vec) \
  do { \
    if ((vec).n > 0) memcpy(p, (vec).v, (vec).n * sizeof *(vec).v); \
    p += (vec).n * sizeof *(vec).v; \
  } while (0)
  for (uint32_t i = 0; i < n; i++) {
    APPEND(lir[i]->insts);
    APPEND(lir[i]->blocks);
    APPEND(lir[i]->args);
  }
#undef APPEND
  deadline = now_ms() + REPLY_MS;
  wrong = transfer(batch, sizeof request + request.bytes, 1, deadline);
  free(batch);
  if (wrong == NULL) wrong = transfer(&reply, sizeof reply, 0, deadline);
  if (wrong != NULL) return failed(why, size, wrong);
  if (reply.magic != ZY_GCCJIT_MAGIC || reply.bytes > MAX_REPLY || reply.status >= ZY_STATUS_COUNT)
    return failed(why, size, "the libgccjit helper answers nonsense");
  *data = malloc(reply.bytes + 1);
  if (*data == NULL) {
    end_helper(0);                     /* its answer cannot be taken off the socket */
    return ZY_STATUS_MEMORY;
  }
  wrong = transfer(*data, reply.bytes, 0, deadline);
  (*data)[reply.bytes] = '\0';
  *bytes = reply.bytes;
  if (wrong == NULL && reply.status == ZY_STATUS_OK) {
    helper.failures = 0;
    return ZY_STATUS_OK;
  }
  status = (ZyStatus)reply.status;
  if (wrong != NULL) status = failed(why, size, wrong);
  else say(why, size, "%s", *data);
  free(*data);
  *data = NULL;
  return status;
}

/* --- Loading --- */

static int write_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    data += n;
    size -= (size_t)n;
  }
  return 1;
}

/* The loader takes a path that equals one in use for the same library, and descriptor numbers come
** back: the number of the module is worked into the path, a bit as "/" or "/.". */
static void memory_path(char *path, int fd) {
  static uint32_t number;
  char *p = path + sprintf(path, "/proc/self/fd");
  for (uint32_t bits = ++number; bits != 0; bits >>= 1) {
    *p++ = '/';
    if (bits & 1) *p++ = '.';
  }
  sprintf(p, "/%d", fd);
}

/* From an unlinked file, where there is no /proc or memory files may not be executed. */
static void *load_from_folder(const char *data, size_t size) {
  const char *tmp = getenv("TMPDIR");
  char folder[PATH_MAX], path[PATH_MAX + 16];
  void *module = NULL;
  int fd;
  snprintf(folder, sizeof folder, "%s/zyjit-XXXXXX", tmp != NULL && *tmp == '/' ? tmp : "/tmp");
  if (mkdtemp(folder) == NULL) return NULL;
  snprintf(path, sizeof path, "%s/%s.so", folder, strrchr(folder, '-') + 1);
  fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  if (fd >= 0) {
    int written = write_all(fd, data, size);
    if (close(fd) == 0 && written) module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    unlink(path);
  }
  rmdir(folder);
  return module;
}

static void *load(const char *data, size_t size, char *why, size_t whysize) {
  void *module = NULL;
  char path[128];
  const char *error;
  int fd = memfd_create("zyjit", MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0) fd = memfd_create("zyjit", MFD_CLOEXEC);               /* kernels before 6.3 do not know MFD_EXEC */
  if (fd >= 0) {
    if (write_all(fd, data, size)) {
      memory_path(path, fd);
      module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    close(fd);
  }
  if (module == NULL) module = load_from_folder(data, size);
  if (module == NULL) {
    error = dlerror();
    say(why, whysize, "cannot load compiled code: %s", error != NULL ? error : strerror(errno));
  }
  return module;
}

/* Bytes of the function at 'entry'; 'other' when its symbol does not say. */
static size_t code_bytes(void *entry, size_t other) {
#ifdef __GLIBC__
  Dl_info info;
  const ElfW(Sym) *sym = NULL;
  if (dladdr1(entry, &info, (void **)&sym, RTLD_DL_SYMENT) != 0 && sym != NULL && sym->st_size > 0) return sym->st_size;
#endif
  (void)entry;
  return other;
}

/* --- The back end --- */

static ZyStatus start(char *why, size_t size) {
  ZyStatus status;
  helper.failures = 0;
  status = ensure(why, size);
  return status == ZY_STATUS_OK ? status : ZY_STATUS_NO_BACKEND;
}

static ZyStatus compile(const ZyLir *const *lir, int n, int level, ZyBackendResult *result, void **module,
                        char *why, size_t size) {
  size_t bytes, head = (size_t)n * sizeof(uint32_t);
  const uint32_t *statuses;
  char *data;
  int nok = 0;
  ZyStatus status;
  *module = NULL;
  if (n <= 0 || n > ZY_GCCJIT_NFUNCTIONS) {
    say(why, size, "%d functions in a batch", n);
    return ZY_STATUS_INVALID;
  }
  status = ask(lir, (uint32_t)n, level, ZY_GCCJIT_COMPILE, &data, &bytes, why, size);
  if (status != ZY_STATUS_OK) return status;
  if (bytes < head) {
    free(data);
    return failed(why, size, "the libgccjit helper answers nonsense");
  }
  statuses = (const uint32_t *)(void *)data;
  for (int i = 0; i < n; i++) nok += statuses[i] == ZY_STATUS_OK;
  if (nok > 0) *module = load(data + head, bytes - head, why, size);
  for (int i = 0; i < n; i++) {
    result[i] = (ZyBackendResult){ .status = statuses[i] < ZY_STATUS_COUNT ? (ZyStatus)statuses[i] : ZY_STATUS_BACKEND };
    if (result[i].status != ZY_STATUS_OK || *module == NULL) continue;
    result[i].entry = dlsym(*module, lir[i]->name);
    if (result[i].entry == NULL) result[i].status = ZY_STATUS_BACKEND;
    else result[i].bytes = code_bytes(result[i].entry, bytes / (size_t)nok);
  }
  free(data);
  if (*module != NULL) return ZY_STATUS_OK;
  if (nok > 0) return ZY_STATUS_BACKEND;
  say(why, size, "malformed LIR: %s", lir[0]->name);
  return ZY_STATUS_INVALID;
}

static void release(void *module) {
  if (module != NULL) dlclose(module);
}

static char *dump(const ZyLir *lir, int level, const char *what, char *why, size_t size) {
  char *data;
  size_t bytes;
  int kind;
  if (strcmp(what, "gimple") == 0) {
    kind = ZY_GCCJIT_GIMPLE;
  } else if (strcmp(what, "asm") == 0) {
    kind = ZY_GCCJIT_ASM;
  } else {
    say(why, size, "gccjit has no '%s'", what);
    return NULL;
  }
  return ask(&lir, 1, level, kind, &data, &bytes, why, size) == ZY_STATUS_OK ? data : NULL;
}

static void stop(void) { end_helper(1); }

/* The helper stays the parent's. Its own state may be half written when 'busy': start afresh. */
static void forked(int busy) {
  (void)busy;
  if (helper.fd >= 0) close(helper.fd);
  helper.fd = -1;
  helper.pid = 0;
  helper.failures = 0;
  helper.folder[0] = '\0';
}

static int registers(void) { return 0; }     /* the helper does */

const ZyBackend zy_backend_gccjit = { "gccjit", start, compile, release, dump, stop, registers, forked };
