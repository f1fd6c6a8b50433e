// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/quarantine.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/json.hh"
#include "crypto/crypto.hh"

namespace writ::ingest {
namespace {

constexpr std::size_t raw_shown_bytes_max = 64u << 10;  // the rest of a longer piece is in the raw copy
constexpr std::size_t buffer_bytes = 256u << 10;

}  // namespace

Quarantine::~Quarantine() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Status Quarantine::add(std::uint64_t line, std::string_view reason, std::string_view raw) {
  Json j{{"line", line},
         {"reason", reason},
         {"raw", crypto::base64(view_of(raw.substr(0, raw_shown_bytes_max)))}};
  if (raw.size() > raw_shown_bytes_max) j["bytes"] = raw.size();
  buffer_ += canonical(j);
  buffer_ += '\n';
  if (buffer_.size() < buffer_bytes) return {};
  return flush();
}

Status Quarantine::flush() {
  if (!fd_) {
    WRIT_CHECK(make_dirs(dir_));
    path_ = dir_ / fmt::format(".{}.{}.part", id_, ::getpid());
    fd_ = Fd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
    if (!fd_) return tl::unexpected(io_error("create", path_));
  }
  WRIT_CHECK(write_all(fd_.get(), view_of(buffer_)));
  buffer_.clear();
  return {};
}

Status Quarantine::finish() {
  const fs::path to = dir_ / (id_ + ".jsonl");
  std::error_code ec;
  // Parts of killed runs.
  for (fs::directory_iterator it(dir_, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("." + id_) && it->path() != path_) ::unlink(it->path().c_str());
  }
  if (buffer_.empty() && !fd_) {
    if (::unlink(to.c_str()) != 0) return {};
    return sync_dir(dir_);
  }
  WRIT_CHECK(flush());
  if (::fsync(fd_.get()) != 0) return tl::unexpected(io_error("fsync", path_));
  if (::rename(path_.c_str(), to.c_str()) != 0) return tl::unexpected(io_error("rename", path_));
  path_.clear();
  fd_.reset();
  return sync_dir(dir_);
}

}  // namespace writ::ingest
