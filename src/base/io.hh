// SPDX-License-Identifier: GPL-3.0-or-later
// Files: whole-file reads, writes that are durable and atomic, descriptors and locks that close themselves.
#pragma once
#include <filesystem>
#include <string>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ {

namespace fs = std::filesystem;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    if (this != &o) {
      reset();
      fd_ = std::exchange(o.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

Result<Bytes> read_file(const fs::path& p);
Result<std::string> read_text(const fs::path& p);
// Temporary file beside, fsync, rename, fsync of the directory: after return it is there whole, or not at
// all.
Status write_file(const fs::path& p, View data, unsigned mode = 0640);
Status write_file(const fs::path& p, std::string_view data, unsigned mode = 0640);
Status write_all(int fd, View data);  // retries short writes and EINTR
Status sync_dir(const fs::path& dir);
Status make_dirs(const fs::path& p, unsigned mode = 0750);
// Exclusive advisory lock on `p` (created when absent), held while the Fd lives. Waits.
Result<Fd> lock_file(const fs::path& p);
// "open data/x: No such file or directory"
Error io_error(std::string_view act, const fs::path& p);

// Read-only mapping of a whole file.
class MappedFile {
 public:
  static Result<MappedFile> open(const fs::path& p);
  MappedFile(MappedFile&& o) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  View bytes() const { return bytes_; }

 private:
  explicit MappedFile(View v) : bytes_(v) {}
  View bytes_;
};

}  // namespace writ
