// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/byte_source.hh"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace writ::capture {

Result<ByteSource> ByteSource::open(const fs::path& file) {
  Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return tl::unexpected(io_error("open", file));
  return ByteSource{std::move(fd)};
}

const std::string& ByteSource::broken() const {
  static const std::string none;
  return unpacker_ ? unpacker_->broken() : none;
}

Result<bool> ByteSource::fill(int wait_ms) {
  std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  pollfd ready{fd_.get(), POLLIN, 0};
  const int n = ::poll(&ready, 1, wait_ms);
  if (n == 0 || (n < 0 && errno == EINTR)) return false;
  const ssize_t got = ::read(fd_.get(), in_.data() + end_, in_.size() - end_);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (got < 0) return fail(Exit::unit, std::string("read the capture: ") + std::strerror(errno));
  over_ = got == 0;
  end_ += static_cast<std::size_t>(got);
  return true;
}

Result<ByteSource::Got> ByteSource::read(std::span<std::uint8_t> out, int wait_ms) {
  for (;;) {
    if (!unpacker_ && (end_ - begin_ >= 4 || over_))
      unpacker_.emplace(packing_of(View(in_).subspan(begin_, end_ - begin_)));
    if (unpacker_) {
      View in = View(in_).subspan(begin_, end_ - begin_);
      const std::size_t n = unpacker_->step(in, out);
      begin_ = end_ - in.size();
      if (n > 0) return Got{n, false};
      if (!unpacker_->broken().empty()) return Got{0, true};
      if (over_) {
        unpacker_->finish();
        return Got{0, true};
      }
    }
    WRIT_TRY(more, fill(wait_ms));
    if (!more) return Got{};
  }
}

}  // namespace writ::capture
