// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/sandbox.hh"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/sanitizers.hh"

namespace writ::worker {
namespace {

Error refused(const Bounds& b, const char* what, int e) {
  return Error{
      Exit::unit, fmt::format("{} cannot lock itself in: {}: {}", b.who, what, std::strerror(e)), {}, {}, {}};
}

Status limit_resources(const Bounds& b) {
  struct Limit {
    decltype(RLIMIT_CPU) what;
    rlim_t max;
    const char* name;
  };
  const Limit limits[] = {
#ifndef WRIT_ADDRESS_SANITIZER  // its shadow memory alone is terabytes
      {RLIMIT_AS, b.address_space_bytes_max, "RLIMIT_AS"},
      {RLIMIT_DATA, b.data_bytes_max, "RLIMIT_DATA"},
#endif
      {RLIMIT_CPU, b.cpu_seconds_max, "RLIMIT_CPU"},
      {RLIMIT_NOFILE, 0, "RLIMIT_NOFILE"},
      {RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"},
      {RLIMIT_NPROC, 0, "RLIMIT_NPROC"},
      {RLIMIT_CORE, 0, "RLIMIT_CORE"},
  };
  for (const Limit& l : limits) {
    rlimit now{};
    if (getrlimit(l.what, &now) != 0) return tl::unexpected(refused(b, l.name, errno));
    const rlim_t max = now.rlim_max == RLIM_INFINITY ? l.max : std::min(l.max, now.rlim_max);
    const rlimit set{max, max};
    if (setrlimit(l.what, &set) != 0) return tl::unexpected(refused(b, l.name, errno));
  }
  return {};
}

struct ReleaseFilter {
  void operator()(scmp_filter_ctx c) const { seccomp_release(c); }
};

scmp_arg_cmp equals(unsigned arg, std::uint64_t v) { return {arg, SCMP_CMP_EQ, v, 0}; }
scmp_arg_cmp masked(unsigned arg, std::uint64_t mask, std::uint64_t v) {
  return {arg, SCMP_CMP_MASKED_EQ, mask, v};
}

// mmap: anonymous and not executable. mprotect: not executable. The rest of the list has no effect outside
// the process.
int add_rules(scmp_filter_ctx c, int in, int out) {
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> args) {
    return seccomp_rule_add_array(c, SCMP_ACT_ALLOW, call, static_cast<unsigned>(args.size()), args.begin());
  };
  int r = allow(SCMP_SYS(read), {equals(0, static_cast<std::uint64_t>(in))});
  if (r == 0) r = allow(SCMP_SYS(write), {equals(0, static_cast<std::uint64_t>(out))});
  // Libraries that complain to standard error (libspeex does) are not heard, but not killed for it.
  if (r == 0 && out != 2) {
    const scmp_arg_cmp to_stderr = equals(0, 2);
    r = seccomp_rule_add_array(c, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(write), 1, &to_stderr);
  }
  if (r == 0) r = allow(SCMP_SYS(mmap), {masked(2, PROT_EXEC, 0), masked(3, MAP_ANONYMOUS, MAP_ANONYMOUS)});
  if (r == 0) r = allow(SCMP_SYS(mprotect), {masked(2, PROT_EXEC, 0)});
  for (const int call :
       {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)})
    if (r == 0) r = allow(call, {});
#ifdef WRIT_ADDRESS_SANITIZER  // its runtime asks for the signal stack before every exit
  if (r == 0) r = allow(SCMP_SYS(sigaltstack), {});
#endif
  return r;
}

}  // namespace

Status lock_in(int in, int out, const Bounds& bounds) {
  WRIT_CHECK(limit_resources(bounds));
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return tl::unexpected(refused(bounds, "PR_SET_DUMPABLE", errno));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return tl::unexpected(refused(bounds, "PR_SET_NO_NEW_PRIVS", errno));
  const std::unique_ptr<void, ReleaseFilter> filter{seccomp_init(SCMP_ACT_KILL_PROCESS)};
  if (!filter) return tl::unexpected(refused(bounds, "seccomp_init", ENOMEM));
  int r = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (r == 0) r = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (r == 0) r = add_rules(filter.get(), in, out);
  if (r == 0) r = seccomp_load(filter.get());
  if (r != 0) return tl::unexpected(refused(bounds, "seccomp", -r));
  return {};
}

}  // namespace writ::worker
