// SPDX-License-Identifier: GPL-3.0-or-later
// Files stay open to the process (segments begin while it runs), within what its user may; everything else
// that an intruder would want is refused by number. A deny list, because libc and libpcap choose their own
// calls on the capture path, and one that is missing from an allow list would lose evidence instead of
// stopping an attack.
#include "sandbox.hh"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

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

Status close_the_door(bool accepts) {
  WRIT_CHECK(keep_capabilities(0));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no new privileges");
  const std::unique_ptr<void, void (*)(void*)> filter{seccomp_init(SCMP_ACT_ALLOW),
                                                      [](void* f) { seccomp_release(f); }};
  if (!filter) return failed("system call filter");
  for (const char* name : {"execve",
                           "execveat",
                           "fork",
                           "vfork",
                           "ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "pidfd_getfd",
                           "pidfd_open",
                           "kcmp",
                           "socket",
                           "socketpair",
                           "connect",
                           "bind",
                           "listen",
                           "accept",
                           "accept4",
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
                           "capset"}) {
    if (accepts && std::string_view(name) == "accept4") continue;
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;  // this libseccomp is older than the call
    if (const int rc = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
        rc != 0 && rc != -EEXIST) {
      errno = -rc;
      return failed(fmt::format("system call filter ({})", name));
    }
  }
  // Threads yes, processes no. clone3 hides its flags behind a pointer: libc falls back to clone when it is
  // absent.
  const scmp_arg_cmp no_thread{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
  if (seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0 ||
      seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &no_thread) != 0)
    return failed("system call filter (clone)");
  if (const int rc = seccomp_load(filter.get()); rc != 0) {
    errno = -rc;
    return failed("system call filter");
  }
  return {};
}

}  // namespace writ::probe
