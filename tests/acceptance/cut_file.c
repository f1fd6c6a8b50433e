// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only, loaded with LD_PRELOAD: cuts the file CUT_FILE to CUT_TO bytes when the process first gives pages of a mapping back,
// which the reader of a capture does as it goes on: another process may do so at any time. The descriptor is opened at the beginning,
// since the reader gives up opening files.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd = -1;
static long cut_to;
static int (*real_madvise)(void *, size_t, int);

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("CUT_FILE"), *to = getenv("CUT_TO");
  *(void **)&real_madvise = dlsym(RTLD_NEXT, "madvise");
  if (file) fd = open(file, O_WRONLY | O_CLOEXEC);
  if (to) cut_to = atol(to);
}

int madvise(void *at, size_t bytes, int advice) {
  if (advice == MADV_DONTNEED && fd >= 0) {
    if (ftruncate(fd, cut_to) != 0) abort();
    close(fd);
    fd = -1;
  }
  return real_madvise(at, bytes, advice);
}
