/*
** gccjit_helper.c - the program 'gccjit': LIR from a socket -> libgccjit -> shared objects to the socket.
** SPDX-License-Identifier: MIT
**
** A separate program, because of what libgccjit does to its process (see gccjit.c). libgccjit makes
** assembler text; 'as' and 'ld' are run from here and not by libgccjit's compiler driver: that is a
** process less for each batch, their messages can be reported, and a missing one does not end the program.
** Everything temporary is in one private folder, which goes when the program does. If libgccjit aborts
** or exits, the client sees the socket close, removes the folder, and starts another helper.
**
** Main thread: requests, one after the other. A second thread watches socket and client and ends the
** program when either is gone, in the middle of a compilation, too.
*/
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgccjit.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "backend/gccjit.h"
#include "backend/gccjit_emit.h"

static char folder[192], assembler[256], object[256], library[256], messages[256];
static char as_path[256], ld_path[256];
static atomic_int tool;                /* pid of a running 'as' or 'ld' */

/* --- Life of the process --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  remove(path);
  return 0;
}

static void remove_folder(void) {
  if (folder[0] == '/') nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Ends the program when the socket or the process 'arg' points to is gone. */
static void *watch(void *arg) {
  struct pollfd pfd[2] = { { ZY_GCCJIT_SOCKET, POLLRDHUP, 0 }, { -1, POLLIN, 0 } };
  struct stat st;
  int pid;
#ifdef SYS_pidfd_open
  pfd[1].fd = (int)syscall(SYS_pidfd_open, *(pid_t *)arg, 0);        /* another process may hold a copy of the socket */
#endif
  (void)arg;
  while (poll(pfd, 2, -1) <= 0) {}
  if ((pid = atomic_load(&tool)) > 0) kill(pid, SIGKILL);
  for (int i = 0; i < 50; i++) {       /* the main thread may still be making files in it */
    remove_folder();
    if (stat(folder, &st) != 0) break;
    usleep(1000);
  }
  _exit(0);
}

static int transfer(void *data, size_t size, int sending) {
  char *p = data;
  while (size > 0) {
    ssize_t n = sending ? send(ZY_GCCJIT_SOCKET, p, size, MSG_NOSIGNAL) : recv(ZY_GCCJIT_SOCKET, p, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    p += n;
    size -= (size_t)n;
  }
  return 1;
}

/* The full path of 'program' by PATH in 'path'; 0 when it is not there. */
static int find_program(const char *program, char *path, size_t size) {
  char standard[128] = "/bin:/usr/bin";
  const char *dir = getenv("PATH");
  if (dir == NULL) {
    confstr(_CS_PATH, standard, sizeof standard);
    dir = standard;
  }
  while (*dir != '\0') {
    size_t length = strcspn(dir, ":");
    if (*dir == '/' && length < size && (size_t)snprintf(path, size, "%.*s/%s", (int)length, dir, program) < size &&
        access(path, X_OK) == 0)
      return 1;
    dir += length + (dir[length] == ':');
  }
  return 0;
}

static void get_ready(ZyGccjitHello *hello) {
  const char *tmp = getenv("TMPDIR");
  if (tmp == NULL || *tmp != '/') tmp = "/tmp";
  if ((size_t)snprintf(folder, sizeof folder, "%s/zyjit-gccjit-XXXXXX", tmp) >= sizeof folder ||
      mkdtemp(folder) == NULL) {
    snprintf(hello->why, sizeof hello->why, "cannot make a temporary folder in %.100s: %s", tmp, strerror(errno));
    folder[0] = '\0';
    return;
  }
  snprintf(assembler, sizeof assembler, "%s/a.s", folder);
  snprintf(object, sizeof object, "%s/a.o", folder);
  snprintf(library, sizeof library, "%s/a.so", folder);
  snprintf(messages, sizeof messages, "%s/messages", folder);
  snprintf(hello->folder, sizeof hello->folder, "%s", folder);
  setenv("TMPDIR", folder, 1);         /* libgccjit's own folders: inside ours */
  if (!find_program("as", as_path, sizeof as_path) || !find_program("ld", ld_path, sizeof ld_path))
    snprintf(hello->why, sizeof hello->why, "libgccjit needs 'as' and 'ld' (binutils), which are not in PATH");
}

/* --- A request --- */

/* Why it failed: 'format', then what was written to stderr. malloc'ed. */
__attribute__((format(printf, 1, 2)))
static char *reason(const char *format, ...) {
  char text[1024];
  size_t used;
  va_list ap;
  FILE *f;
  va_start(ap, format);
  used = (size_t)vsnprintf(text, sizeof text - 512, format, ap);
  va_end(ap);
  if (used > sizeof text - 513) used = sizeof text - 513;
  f = fopen(messages, "r");
  if (f != NULL) {
    char line[256];
    for (int i = 0; i < 3 && fgets(line, sizeof line, f) != NULL; i++)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i == 0 ? ": " : "; ",
                               (int)strcspn(line, "\n"), line);
    fclose(f);
  }
  return strdup(text);
}

/* Runs 'argv'. Returns NULL when it succeeded, else why not, malloc'ed. */
static char *run(char *const *argv) {
  extern char **environ;
  int status = 0, error;
  pid_t pid, got;
  error = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
  if (error != 0) return reason("cannot run %s: %s", argv[0], strerror(error));
  atomic_store(&tool, (int)pid);
  while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {}
  atomic_store(&tool, 0);
  if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) return NULL;
  return reason(WIFSIGNALED(status) ? "%s was killed" : "%s failed", argv[0]);
}

/* The content of 'path', malloc'ed, after 'head' bytes left free. NULL when it cannot be read. */
static char *read_file(const char *path, size_t head, size_t *size) {
  FILE *f = fopen(path, "rb");
  struct stat st;
  char *data = NULL;
  if (f == NULL) return NULL;
  if (fstat(fileno(f), &st) == 0 && (data = malloc(head + (size_t)st.st_size + 1)) != NULL) {
    *size = head + fread(data + head, 1, (size_t)st.st_size, f);
    data[*size] = '\0';
  }
  fclose(f);
  return data;
}

/* Assembler text in 'assembler' -> shared object in 'library'. */
static char *assemble(int needs_libm) {
  char *const as[] = { as_path, "-o", object, assembler, NULL };
  char *ld[] = { ld_path, "-shared", "--build-id=none", "--eh-frame-hdr", "-z", "noseparate-code", "-z", "norelro",
                 "-z", "noexecstack", "-o", library, object, NULL, NULL, NULL };
  char *why;
#ifdef __GLIBC__
  /* The process that loads it has libm, but perhaps out of this object's sight. */
  if (needs_libm) ld[13] = "--as-needed", ld[14] = "-l:libm.so.6";
#else
  (void)needs_libm;
#endif
  why = run(as);
  return why != NULL ? why : run(ld);
}

static gcc_jit_context *new_context(int level) {
  /* Not -fno-trapping-math: with it 0.0/0.0 is folded to a NaN without the sign that the processor gives it, and
  ** Lua prints "-nan" for one and "nan" for the other. 'best' takes a third off large functions and loses nothing
  ** that was measured. */
  static const char *const always[] = {
    "-fPIC", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off", "-fno-math-errno",
    "-fno-stack-protector", "-fno-semantic-interposition", "--param=ggc-min-heapsize=8192", "--param=ggc-min-expand=30",
  };
  static const char *const best[] = {
    "-fno-gcse", "-fno-tree-pre", "-fno-schedule-insns2", "-fno-tree-vectorize", "-fno-tree-slp-vectorize",
    "-fno-thread-jumps", "-fno-tree-vrp", "-fno-reorder-blocks-and-partition", "-fira-algorithm=priority",
  };
  gcc_jit_context *ctxt = gcc_jit_context_acquire();
  if (ctxt == NULL) return NULL;
  gcc_jit_context_set_int_option(ctxt, GCC_JIT_INT_OPTION_OPTIMIZATION_LEVEL, level);
  gcc_jit_context_set_bool_allow_unreachable_blocks(ctxt, 1);
#ifdef LIBGCCJIT_HAVE_gcc_jit_context_set_bool_print_errors_to_stderr
  gcc_jit_context_set_bool_print_errors_to_stderr(ctxt, 0);
#endif
  for (size_t i = 0; i < sizeof always / sizeof *always; i++) gcc_jit_context_add_command_line_option(ctxt, always[i]);
  if (level >= 2)
    for (size_t i = 0; i < sizeof best / sizeof *best; i++) gcc_jit_context_add_command_line_option(ctxt, best[i]);
#ifdef __x86_64__
  /* -march=native is the compiler driver's to expand: libgccjit does not know it. */
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v3")) gcc_jit_context_add_command_line_option(ctxt, "-march=x86-64-v3");
  else if (__builtin_cpu_supports("x86-64-v2")) gcc_jit_context_add_command_line_option(ctxt, "-march=x86-64-v2");
#endif
  return ctxt;
}

/* Answers one request: status and malloc'ed data. */
static ZyStatus serve(const ZyGccjitRequest *request, ZyLir *lir, char **data, size_t *size) {
  uint32_t n = request->n, nok = 0;
  int level = request->level > 2 ? 2 : (int)request->level, needs_libm = 0;
  uint32_t *statuses = calloc(n, sizeof *statuses);
  char *why = NULL, *text = NULL;
  ZyStatus status = ZY_STATUS_OK;
  const char *error;
  gcc_jit_context *ctxt;
  if (statuses == NULL) return ZY_STATUS_MEMORY;
  if (mkdir(folder, 0700) == 0) {      /* somebody had tidied it away, and the messages with it */
    int fd = open(messages, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) dup2(fd, 2), close(fd);
  }
  ctxt = new_context(level);
  if (ctxt == NULL) {
    free(statuses);
    return ZY_STATUS_MEMORY;
  }
  if (ftruncate(2, 0) != 0) {}
  for (uint32_t i = 0; i < n; i++) {
    const char *wrong = zy_gccjit_emit_check(&lir[i]);
    statuses[i] = wrong == NULL ? ZY_STATUS_OK : ZY_STATUS_INVALID;
    if (wrong == NULL) status = zy_gccjit_emit_function(ctxt, &lir[i], level, &needs_libm), nok++;
    else if (why == NULL) why = reason("malformed LIR: %s: %s", lir[i].name, wrong);
    if (status != ZY_STATUS_OK) goto done;           /* half a function: the context is of no use */
  }
  if (nok == 0) {
    status = ZY_STATUS_INVALID;
    goto done;
  }
  free(why);
  why = NULL;
  if (request->what == ZY_GCCJIT_GIMPLE) gcc_jit_context_enable_dump(ctxt, "tree-optimized", &text);
  error = gcc_jit_context_get_first_error(ctxt);
  if (error == NULL) {
    gcc_jit_context_compile_to_file(ctxt, GCC_JIT_OUTPUT_KIND_ASSEMBLER, assembler);
    error = gcc_jit_context_get_first_error(ctxt);
  }
  if (error != NULL) {
    status = ZY_STATUS_INVALID;
    why = reason("libgccjit: %s", error);
  } else if (request->what == ZY_GCCJIT_GIMPLE) {
    *data = text;
    *size = text != NULL ? strlen(text) : 0;
  } else if (request->what == ZY_GCCJIT_ASM) {
    *data = read_file(assembler, 0, size);
  } else if ((why = assemble(needs_libm)) != NULL) {
    status = ZY_STATUS_BACKEND;
  } else if ((*data = read_file(library, n * sizeof *statuses, size)) != NULL) {
    memcpy(*data, statuses, n * sizeof *statuses);
  }
  if (status == ZY_STATUS_OK && *data == NULL) {
    status = ZY_STATUS_BACKEND;
    why = reason("no output from libgccjit in %s", folder);
  }
done:
  gcc_jit_context_release(ctxt);
  unlink(assembler), unlink(object), unlink(library);
  free(statuses);
  if (status != ZY_STATUS_OK) {
    *data = why;
    *size = why != NULL ? strlen(why) : 0;
  }
  return status;
}

/* Points each function's vectors into 'p', 'bytes' bytes after the request. 0 when they do not fit. */
static int unpack(ZyLir *lir, uint32_t n, char *p, uint64_t bytes) {
  const ZyGccjitFunction *fn = (const ZyGccjitFunction *)(void *)p;
  if (bytes / sizeof *fn < n) return 0;
  p += n * sizeof *fn;
  bytes -= n * sizeof *fn;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t insts = (uint64_t)fn[i].ninsts * sizeof(ZyLirInst), blocks = (uint64_t)fn[i].nblocks * sizeof(ZyLirBlock),
             args = (uint64_t)fn[i].nargs * sizeof(uint32_t);
    if (insts + blocks + args > bytes) return 0;
    memcpy(lir[i].name, fn[i].name, sizeof lir[i].name);
    lir[i].name[sizeof lir[i].name - 1] = '\0';
    lir[i].narg = fn[i].narg;
    memcpy(lir[i].arg, fn[i].arg, sizeof lir[i].arg);
    lir[i].insts.v = malloc(insts + 1), lir[i].insts.n = fn[i].ninsts;    /* copies: args may leave 'p' unaligned */
    lir[i].blocks.v = malloc(blocks + 1), lir[i].blocks.n = fn[i].nblocks;
    lir[i].args.v = malloc(args + 1), lir[i].args.n = fn[i].nargs;
    if (lir[i].insts.v == NULL || lir[i].blocks.v == NULL || lir[i].args.v == NULL) return 0;
    memcpy(lir[i].insts.v, p, insts);
    memcpy(lir[i].blocks.v, p + insts, blocks);
    memcpy(lir[i].args.v, p + insts + blocks, args);
    p += insts + blocks + args;
    bytes -= insts + blocks + args;
  }
  return 1;
}

static void wait_for_end(void) {       /* the watching thread ends the program */
  for (;;) pause();
}

enum { NICER = 5 };

int main(int argc, char **argv) {
  static ZyGccjitHello hello;
  struct rlimit none = { 0, 0 };
  pid_t client = argc > 1 ? (pid_t)atoi(argv[1]) : 0;
  pthread_t thread;
  int fd;
  if (fcntl(ZY_GCCJIT_SOCKET, F_SETFD, FD_CLOEXEC) != 0) {
    fprintf(stderr, "%s is started by zyjit, not by hand\n", argv[0]);
    return 2;
  }
  setrlimit(RLIMIT_CORE, &none);
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICER);       /* than the script, and LLVM */
  hello.magic = ZY_GCCJIT_MAGIC;
  hello.pid = (int32_t)getpid();
  get_ready(&hello);
  atexit(remove_folder);               /* libgccjit may call exit */
  fd = open(messages, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd >= 0) dup2(fd, 2), close(fd);
  if (pthread_create(&thread, NULL, watch, &client) != 0) return 1;
  if (!transfer(&hello, sizeof hello, 1)) wait_for_end();
  for (;;) {
    ZyGccjitRequest request;
    ZyGccjitReply reply = { ZY_GCCJIT_MAGIC, ZY_STATUS_MEMORY, 0 };
    ZyLir *lir = NULL;
    char *batch, *data = NULL;
    size_t size = 0;
    if (!transfer(&request, sizeof request, 0)) wait_for_end();
    if (request.magic != ZY_GCCJIT_MAGIC || request.n == 0 || request.n > ZY_GCCJIT_NFUNCTIONS) return 1;
    batch = malloc(request.bytes + 1);
    if (batch == NULL) return 1;
    if (!transfer(batch, request.bytes, 0)) wait_for_end();
    lir = calloc(request.n, sizeof *lir);
    if (lir != NULL && unpack(lir, request.n, batch, request.bytes)) reply.status = serve(&request, lir, &data, &size);
    for (uint32_t i = 0; lir != NULL && i < request.n; i++)
      free(lir[i].insts.v), free(lir[i].blocks.v), free(lir[i].args.v);
    free(lir);
    free(batch);
    reply.bytes = size;
    if (!transfer(&reply, sizeof reply, 1) || !transfer(data, size, 1)) wait_for_end();
    free(data);
  }
}
