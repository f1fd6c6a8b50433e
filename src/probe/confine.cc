// SPDX-License-Identifier: GPL-3.0-or-later
// Owner and sealer: a deny list, because libc, libpcap and libsodium choose their own calls, and one that is
// missing from an allow list would lose evidence instead of stopping an attack. Parser: an allow list; it
// runs nothing but our own code on memory that it has.
#include "probe/confine.hh"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/sanitizers.hh"

namespace writ::probe {
namespace {

tl::unexpected<Error> failed(std::string_view act) {
  return fail(Exit::unit, fmt::format("{}: {}", act, std::strerror(errno)),
              "the capturing process gives up its privileges before it reads a packet");
}

// Intersects what is held with `mask`; effective, permitted and inheritable alike.
Status keep_capabilities(std::uint64_t mask) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &head, data) != 0) return failed("read capabilities");
  for (int i = 0; i < 2; ++i) {
    const auto part = static_cast<std::uint32_t>(mask >> (32 * i));
    data[i].permitted &= part;
    data[i].effective = data[i].permitted;
    data[i].inheritable = 0;
  }
  if (syscall(SYS_capset, &head, data) != 0) return failed("drop capabilities");
  return {};
}

using Filter = std::unique_ptr<void, void (*)(void*)>;
Filter new_filter(std::uint32_t otherwise) {
  return {seccomp_init(otherwise), [](void* f) { seccomp_release(f); }};
}

tl::unexpected<Error> filter_failed(int rc, std::string_view what) {
  errno = -rc;
  return failed(fmt::format("system call filter{}", what));
}

Status deny(const Filter& filter, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;  // this libseccomp is older than the call
    if (const int rc = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
        rc != 0 && rc != -EEXIST)
      return filter_failed(rc, fmt::format(" ({})", name));
  }
  return {};
}

// Threads yes, processes no. clone3 hides its flags behind a pointer: libc falls back to clone when it is
// absent.
Status deny_processes(const Filter& filter) {
  const scmp_arg_cmp no_thread{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
  if (int rc = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0); rc != 0)
    return filter_failed(rc, " (clone3)");
  if (int rc = seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &no_thread);
      rc != 0)
    return filter_failed(rc, " (clone)");
  return deny(filter, {"fork", "vfork"});
}

Status load(const Filter& filter) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no new privileges");
  if (const int rc = seccomp_load(filter.get()); rc != 0) return filter_failed(rc, {});
  return {};
}

}  // namespace

Status become_owner(const fs::path& dir, bool net_raw) {
  struct stat st {};
  if (::stat(dir.c_str(), &st) != 0) return tl::unexpected(io_error("open", dir));
  const bool change_user = geteuid() == 0 && st.st_uid != 0;
  if (change_user) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("keep capabilities");
    if (setgroups(0, nullptr) != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
        setresuid(st.st_uid, st.st_uid, st.st_uid) != 0)
      return failed("become the owner of the probe's directory");
  }
  return keep_capabilities(net_raw ? std::uint64_t{1} << CAP_NET_RAW : 0);
}

void leave_the_network(bool makes_files) {
  constexpr int apart = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  if (::unshare(apart) == 0 || makes_files) return;
  // A user namespace gives the right to do so, and takes the name of our user from new files.
  static_cast<void>(::unshare(CLONE_NEWUSER | apart));
}

Status close_the_door(const Door& door) {
  WRIT_CHECK(keep_capabilities(0));
  const Filter filter = new_filter(SCMP_ACT_ALLOW);
  if (!filter) return failed("system call filter");
  WRIT_CHECK(deny(filter, {"execve",
                           "execveat",
                           "ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "pidfd_getfd",
                           "pidfd_open",
                           "kcmp",
                           "socket",
                           "socketpair",
                           "connect",
                           "listen",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "io_uring_setup",
                           "keyctl",
                           "add_key",
                           "request_key",
                           "mount",
                           "umount2",
                           "move_mount",
                           "open_tree",
                           "fsopen",
                           "pivot_root",
                           "chroot",
                           "setns",
                           "unshare",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "kexec_load",
                           "kexec_file_load",
                           "open_by_handle_at",
                           "personality",
                           "reboot",
                           "swapon",
                           "swapoff",
                           "settimeofday",
                           "clock_settime",
                           "adjtimex",
                           "clock_adjtime",
                           "mknod",
                           "mknodat",
                           "chown",
                           "fchown",
                           "fchownat",
                           "lchown",
                           "setuid",
                           "setgid",
                           "setreuid",
                           "setregid",
                           "setresuid",
                           "setresgid",
                           "setgroups",
                           "capset"}));
  if (!door.binds) WRIT_CHECK(deny(filter, {"bind"}));
  if (!door.accepts) WRIT_CHECK(deny(filter, {"accept", "accept4"}));
  if (!door.files)
    WRIT_CHECK(deny(filter, {"open", "openat", "openat2", "creat", "unlink", "unlinkat", "rename", "renameat",
                             "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink",
                             "symlinkat", "truncate", "chmod", "fchmodat"}));
  if (!door.forks) WRIT_CHECK(deny_processes(filter));
  return load(filter);
}

Status confine_parser() {
  if (::syscall(SYS_close_range, 0u, ~0u, 0u) != 0) return failed("close what is open");
  const Filter filter = new_filter(SCMP_ACT_KILL_PROCESS);
  if (!filter) return failed("system call filter");
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> args = {}) -> Status {
    const int rc = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                          static_cast<unsigned>(args.size()), args.begin());
    return rc == 0 ? Status{} : Status{filter_failed(rc, " (parser)")};
  };
  // Memory that is never executable; what fork(2), sleeping and ending need of libc.
  WRIT_CHECK(allow(SCMP_SYS(mmap), {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
                                    {3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS}}));
  WRIT_CHECK(allow(SCMP_SYS(mprotect), {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}));
  WRIT_CHECK(
      allow(SCMP_SYS(clone), {{0, SCMP_CMP_EQ, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0}}));
  WRIT_CHECK(allow(SCMP_SYS(prctl), {{0, SCMP_CMP_EQ, PR_SET_NAME, 0}}));
  WRIT_CHECK(allow(SCMP_SYS(prctl), {{0, SCMP_CMP_EQ, PR_SET_PDEATHSIG, 0}}));
  for (const int call :
       {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep), SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
        SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getrandom), SCMP_SYS(exit),
        SCMP_SYS(exit_group)})
    WRIT_CHECK(allow(call));
#ifdef WRIT_ADDRESS_SANITIZER  // its runtime asks for these before fork and exit
  for (const int call : {SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigaction)})
    WRIT_CHECK(allow(call));
#endif
  return load(filter);
}

Status confine_sender() {
  const Filter filter = new_filter(SCMP_ACT_ERRNO(EPERM));
  if (!filter) return failed("system call filter");
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> args = {}) -> Status {
    const int rc = call == __NR_SCMP_ERROR
                       ? 0  // this libseccomp is older than the call
                       : seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                                static_cast<unsigned>(args.size()), args.begin());
    return rc == 0 || rc == -EEXIST ? Status{} : Status{filter_failed(rc, " (sender)")};
  };
  static constexpr const char* names[] = {
      // files that are there, directories, new files in the place of old ones
      "open", "openat", "close", "read", "pread64", "readv", "write", "writev", "lseek", "stat", "lstat",
      "fstat", "newfstatat", "statx", "getdents64", "access", "faccessat", "faccessat2", "readlink",
      "readlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "fsync", "fdatasync", "fchmod",
      "fcntl", "umask",
      // the connection
      "poll", "ppoll", "connect", "setsockopt", "getsockopt", "getsockname", "getpeername", "shutdown",
      "recvfrom", "sendto", "recvmsg", "sendmsg",
      // memory, time, signals, the end
      "munmap", "mremap", "brk", "madvise", "futex", "getrandom", "clock_gettime", "clock_nanosleep",
      "nanosleep", "gettimeofday", "time", "getpid", "gettid", "rt_sigaction", "rt_sigprocmask",
      "rt_sigreturn", "restart_syscall", "sigaltstack", "sched_yield", "prctl", "exit", "exit_group"};
  for (const char* name : names) WRIT_CHECK(allow(seccomp_syscall_resolve_name(name)));
  WRIT_CHECK(allow(SCMP_SYS(mmap), {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}));
  WRIT_CHECK(allow(SCMP_SYS(mprotect), {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}));
  for (const int family : {AF_INET, AF_INET6})
    WRIT_CHECK(allow(SCMP_SYS(socket), {{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family), 0},
                                        {1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM}}));
  return load(filter);
}

}  // namespace writ::probe
