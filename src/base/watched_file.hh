// SPDX-License-Identifier: GPL-3.0-or-later
// A mapped file that others may cut short while it is read, as a stranger's capture: its reader asks before
// it uses what it read. MappedFile (io.hh) is for files that are wholly ours; there the process ends, and
// says it.
#pragma once
#include "base/io.hh"

namespace writ {

struct Mapping;

class WatchedFile {
 public:
  static Result<WatchedFile> open(const fs::path& p);
  WatchedFile(WatchedFile&& o) noexcept;
  WatchedFile& operator=(WatchedFile&&) = delete;
  ~WatchedFile();
  View bytes() const { return bytes_; }
  // Whether what was read of the first `end` bytes until now was the file's; zeros are read where it is not.
  // Else Exit::failure, with the file and the byte. Of a file that was cut, what lies in the page of the cut
  // counts as gone.
  Status still_there(std::size_t end) const;
  Status still_there() const { return still_there(bytes_.size()); }

 private:
  WatchedFile(View v, const Mapping* m, Fd fd) : bytes_(v), mapping_(m), fd_(std::move(fd)) {}
  Error gone_at(std::size_t byte) const;
  View bytes_;
  const Mapping* mapping_;
  Fd fd_;
};

}  // namespace writ
