// SPDX-License-Identifier: GPL-3.0-or-later
// Mapped files. The last page of a file that was cut short holds zeros behind the new end, without any
// signal. But the kernel takes the pages behind it away before it writes these zeros: whoever then finds the
// page behind still there has read the file's own bytes. Only in the mapping's last page the size must be
// asked for.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bus_error.hh"
#include "base/watched_file.hh"

namespace writ {
namespace {

struct Mapped {
  Fd fd;
  View bytes;  // empty: so is the file
};

Result<Mapped> map_file(const fs::path& p) {
  Fd fd{::open(p.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat st {};
  if (!fd || fstat(fd.get(), &st) != 0) return tl::unexpected(io_error("open", p));
  if (!S_ISREG(st.st_mode)) return fail(Exit::usage, fmt::format("{} is not a regular file", p.string()));
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size == 0) return Mapped{std::move(fd), {}};
  void* m = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (m == MAP_FAILED) return tl::unexpected(io_error("map", p));
  ::madvise(m, size, MADV_SEQUENTIAL);
  return Mapped{std::move(fd), {static_cast<const std::uint8_t*>(m), size}};
}

void unmap(View bytes) {
  if (bytes.empty()) return;
  give_up_mapping(bytes);
  ::munmap(const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

std::size_t size_of(const Fd& fd) {
  struct stat st {};
  return ::fstat(fd.get(), &st) == 0 ? static_cast<std::size_t>(st.st_size) : 0;
}

}  // namespace

Result<MappedFile> MappedFile::open(const fs::path& p) {
  WRIT_TRY(m, map_file(p));
  if (!m.bytes.empty()) guard_mapping(m.bytes, p.string(), WhenGone::say_and_exit);
  return MappedFile{m.bytes};
}

MappedFile::MappedFile(MappedFile&& o) noexcept : bytes_(std::exchange(o.bytes_, View{})) {}

MappedFile::~MappedFile() { unmap(bytes_); }

Result<WatchedFile> WatchedFile::open(const fs::path& p) {
  WRIT_TRY(m, map_file(p));
  const Mapping* const guarded =
      m.bytes.empty() ? nullptr : &guard_mapping(m.bytes, p.string(), WhenGone::put_zeros);
  return WatchedFile{m.bytes, guarded, std::move(m.fd)};
}

WatchedFile::WatchedFile(WatchedFile&& o) noexcept
    : bytes_(std::exchange(o.bytes_, View{})), mapping_(o.mapping_), fd_(std::move(o.fd_)) {}

WatchedFile::~WatchedFile() { unmap(bytes_); }

Status WatchedFile::still_there(std::size_t end) const {
  if (bytes_.empty()) return {};
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::atomic_thread_fence(std::memory_order_acquire);  // what was read was read before this
  const std::size_t behind = (end + page - 1) / page * page;
  if (behind >= bytes_.size()) {
    if (size_of(fd_) < bytes_.size()) return tl::unexpected(gone_at(bytes_.size()));
  } else {
    static_cast<void>(*static_cast<const volatile std::uint8_t*>(bytes_.data() + behind));
  }
  const std::size_t gone = mapping_->gone.load(std::memory_order_relaxed);
  if (gone == Mapping::all_there) return {};
  return tl::unexpected(gone_at(gone));
}

Error WatchedFile::gone_at(std::size_t byte) const {
  const std::size_t size = size_of(fd_);
  if (size >= bytes_.size())
    return Error{Exit::failure,
                 fmt::format("{}: byte {} cannot be read: its disk fails", mapping_->name, byte),
                 {},
                 "all of the file",
                 "copy it from where it is whole, and read the copy"};
  return Error{Exit::failure,
               fmt::format("{} ends at byte {} now, and had {}: it was cut short while it was read",
                           mapping_->name, size, bytes_.size()),
               {},
               "a file that nobody writes to",
               "read a copy of the whole file"};
}

}  // namespace writ
