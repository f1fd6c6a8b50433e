// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/segment_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace writ::vault {
namespace {

constexpr std::string_view leftover_suffix = ".seg.new";

}  // namespace

Status sync_data(int fd, const std::string& name) {
  if (::fdatasync(fd) != 0)
    return fail(Exit::failure, fmt::format("sync {}: {}", name, std::strerror(errno)));
  return {};
}

Result<Fd> create_segment_file(const fs::path& file, View header) {
  fs::path fresh = file;
  fresh += ".new";
  Fd fd{::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("create", fresh));
  Status ok = write_all(fd.get(), header);
  if (ok && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) ok = tl::unexpected(io_error("lock", fresh));
  if (ok && ::fsync(fd.get()) != 0) ok = tl::unexpected(io_error("sync", fresh));
  // A hard link, because it fails where rename would replace another writer's segment.
  if (ok && ::link(fresh.c_str(), file.c_str()) != 0) ok = tl::unexpected(io_error("create", file));
  ::unlink(fresh.c_str());
  WRIT_CHECK(ok);
  WRIT_CHECK(sync_dir(file.parent_path()));
  return fd;
}

Result<crypto::Digest> append_trailer(int fd, const format::Trailer& trailer,
                                      const crypto::SigningKey& probe) {
  const Bytes bytes = format::encode_trailer(trailer, probe);
  WRIT_CHECK(write_all(fd, bytes));
  WRIT_CHECK(sync_data(fd, "segment trailer"));
  return crypto::sha256(bytes);
}

Status remove_leftovers(const fs::path& dir, Stream stream) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(dir, ec)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(std::string(to_string(stream)) + "-") &&
        name.find(leftover_suffix) != std::string::npos && ::unlink(entry.path().c_str()) != 0)
      return tl::unexpected(io_error("remove", entry.path()));
  }
  return {};
}

}  // namespace writ::vault
