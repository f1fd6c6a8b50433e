// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only, loaded with LD_PRELOAD: lets a process end at the n-th system call that changes the disk, counted over all of its threads
// and of the processes that it makes. strace counts each thread by itself, and cannot tear a write.
//
//   CUT_AT=n     at the n-th call (1, 2, ...)
//   CUT_HOW      kill: before it; torn: a write does half of it first, another call all of it; freeze: the eight bytes of the file CUT_FLAG
//                are no longer zero, and neither this nor a later call returns
//   CUT_COUNT    a file of eight bytes where the calls are counted
//   CUT_DIR      only calls on files whose path holds this text are counted
//   CUT_LIE=1    fsync and fdatasync say "done" and do nothing
//   CUT_FAIL=ERRNO, CUT_FROM=n   writes to files in CUT_DIR fail from the n-th on; with CUT_SYNC=1 their syncs instead
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static uint64_t fail_count, *count, *flag;
static uint64_t cut_at, fail_from;
static int how_torn, how_freeze, lie, fail_errno, fail_sync;
static const char *dir;

static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_open)(const char *, int, ...);

// Eight bytes of a file, or of none; before the process gives up opening files, and with those that it forks.
static uint64_t *shared(const char *file) {
  const int fd = file ? real_open(file, O_RDWR | O_CLOEXEC) : -1;
  void *m = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
  if (fd >= 0) close(fd);
  if (m == MAP_FAILED) abort();
  return m;
}

__attribute__((constructor)) static void begin(void) {
  const char *v;
  *(void **)&real_write = dlsym(RTLD_NEXT, "write");
  *(void **)&real_open = dlsym(RTLD_NEXT, "open");
  if ((v = getenv("CUT_AT"))) cut_at = strtoull(v, NULL, 10);
  if ((v = getenv("CUT_HOW"))) how_torn = !strcmp(v, "torn"), how_freeze = !strcmp(v, "freeze");
  if ((v = getenv("CUT_LIE"))) lie = *v == '1';
  if ((v = getenv("CUT_FAIL"))) fail_errno = atoi(v);
  if ((v = getenv("CUT_SYNC"))) fail_sync = *v == '1';
  if ((v = getenv("CUT_FROM"))) fail_from = strtoull(v, NULL, 10);
  dir = getenv("CUT_DIR");
  count = shared(getenv("CUT_COUNT"));
  flag = shared(getenv("CUT_FLAG"));
}

static int named(const char *path) { return !dir || (path && strstr(path, dir)); }
static int named_fd(int fd) {
  char link[40], path[4096];
  if (fd <= 2) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return path[0] == '/' && named(path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
static void freeze(void) {
  *flag = 1;
  for (;;) pause();
}

// Whether this call is the one; it ends here, or after the call when it is to be torn.
static int here(int counted) {
  if (!counted) return 0;
  const uint64_t n = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
  if (cut_at && how_freeze && n >= cut_at) freeze();
  if (n != cut_at) return 0;
  if (!how_torn) die();
  return 1;
}
static int fails(int fd) {
  if (!fail_errno || !named_fd(fd)) return 0;
  const int now = __atomic_add_fetch(&fail_count, 1, __ATOMIC_SEQ_CST) >= fail_from;
  if (now) errno = fail_errno;
  return now;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)
#define ANY(ret, name, counted, params, args) \
  ret name params { \
    REAL(name); \
    const int cut = here(counted); \
    ret r = real args; \
    if (cut) die(); \
    return r; \
  }

ssize_t write(int fd, const void *data, size_t n) {
  if (!fail_sync && fails(fd)) return -1;
  if (here(named_fd(fd))) {
    real_write(fd, data, n / 2);
    die();
  }
  return real_write(fd, data, n);
}
ANY(ssize_t, pwrite, named_fd(fd), (int fd, const void *b, size_t n, off_t at), (fd, b, n, at))
ANY(ssize_t, pwrite64, named_fd(fd), (int fd, const void *b, size_t n, off64_t at), (fd, b, n, at))
ANY(ssize_t, writev, named_fd(fd), (int fd, const struct iovec *v, int n), (fd, v, n))
ANY(int, ftruncate, named_fd(fd), (int fd, off_t n), (fd, n))
ANY(int, ftruncate64, named_fd(fd), (int fd, off64_t n), (fd, n))
ANY(int, rename, named(a) || named(b), (const char *a, const char *b), (a, b))
ANY(int, renameat, named(a) || named(b), (int x, const char *a, int y, const char *b), (x, a, y, b))
ANY(int, link, named(a) || named(b), (const char *a, const char *b), (a, b))
ANY(int, linkat, named(a) || named(b), (int x, const char *a, int y, const char *b, int f), (x, a, y, b, f))
ANY(int, unlink, named(a), (const char *a), (a))
ANY(int, unlinkat, named(a), (int x, const char *a, int f), (x, a, f))
ANY(int, mkdir, named(a), (const char *a, mode_t m), (a, m))
ANY(int, mkdirat, named(a), (int x, const char *a, mode_t m), (x, a, m))

#define SYNC(name) \
  int name(int fd) { \
    REAL(name); \
    const int cut = here(named_fd(fd)); \
    const int r = lie ? 0 : fail_sync && fails(fd) ? -1 : real(fd); \
    if (cut) die(); \
    return r; \
  }
SYNC(fsync)
SYNC(fdatasync)

// Only what makes or empties a file.
#define OPEN(name, counted, params, args) \
  int name params { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list more; \
      va_start(more, flags); \
      mode = va_arg(more, mode_t); \
      va_end(more); \
    } \
    static int (*real) params; \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name); \
    const int cut = here((flags & (O_CREAT | O_TRUNC)) && (counted)); \
    const int r = real args; \
    if (cut) die(); \
    return r; \
  }
OPEN(open, named(path), (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, named(path), (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, named(path), (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPEN(openat64, named(path), (int at, const char *path, int flags, ...), (at, path, flags, mode))
