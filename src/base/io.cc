// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/io.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace writ {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error io_error(std::string_view act, const fs::path& p) {
  const int e = errno;
  const bool is_absent = e == ENOENT;
  return Error{is_absent ? Exit::not_found : Exit::failure,
               fmt::format("{} {}: {}", act, p.string(), std::strerror(e)),
               {},
               is_absent ? "a path that exists" : "",
               is_absent ? "check it; a relative path starts at the directory you are in" : ""};
}

Result<Bytes> read_file(const fs::path& p) {
  const Fd fd{::open(p.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return tl::unexpected(io_error("open", p));
  Bytes out;
  struct stat st {};
  if (fstat(fd.get(), &st) == 0 && st.st_size > 0) out.reserve(static_cast<std::size_t>(st.st_size));
  std::uint8_t buf[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buf, sizeof buf);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(io_error("read", p));
    if (n == 0) return out;
    out.insert(out.end(), buf, buf + n);
  }
}

Result<std::string> read_text(const fs::path& p) {
  WRIT_TRY(b, read_file(p));
  return std::string(text_of(b));
}

Status write_all(int fd, View data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Exit::failure, fmt::format("write: {}", std::strerror(errno)));
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status sync_dir(const fs::path& dir) {
  const Fd fd{::open(dir.empty() ? "." : dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0) return tl::unexpected(io_error("sync", dir));
  return {};
}

Status write_file(const fs::path& p, View data, unsigned mode) {
  const fs::path tmp = fmt::format("{}.tmp.{}", p.string(), ::getpid());
  {
    const Fd fd{::open(tmp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (!fd) return tl::unexpected(io_error("create", tmp));
    Status ok = write_all(fd.get(), data);
    if (ok && ::fsync(fd.get()) != 0) ok = tl::unexpected(io_error("sync", tmp));
    if (!ok) {
      ::unlink(tmp.c_str());
      return ok;
    }
  }
  if (::rename(tmp.c_str(), p.c_str()) != 0) return tl::unexpected(io_error("rename", tmp));
  return sync_dir(p.parent_path());
}

Status write_file(const fs::path& p, std::string_view data, unsigned mode) {
  return write_file(p, view_of(data), mode);
}

Status make_dirs(const fs::path& p, unsigned mode) {
  std::error_code ec;
  if (fs::is_directory(p, ec)) return {};
  if (p.has_parent_path() && p.parent_path() != p) WRIT_CHECK(make_dirs(p.parent_path(), mode));
  if (::mkdir(p.c_str(), mode) != 0 && errno != EEXIST) return tl::unexpected(io_error("mkdir", p));
  return sync_dir(p.parent_path());
}

Result<Fd> lock_file(const fs::path& p) {
  Fd fd{::open(p.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("open", p));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return tl::unexpected(io_error("lock", p));
  return fd;
}

}  // namespace writ
