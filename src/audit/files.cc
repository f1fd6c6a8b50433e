// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/files.hh"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace writ::audit {

tl::unexpected<Error> broken_at(std::uint64_t index, std::string_view reason) {
  return fail(Exit::integrity, fmt::format("the audit log is broken at entry {}: {}", index, reason),
              "the log is append-only: every entry and every signed head stays (RFC 6962; docs/design.md)",
              "the log as it was written",
              "stop, keep this directory as it is, and let an auditor compare it with a backup and with "
              "witnessed heads");
}

Bytes make_frame(View leaf) {
  Bytes f;
  f.reserve(leaf.size() + 8);
  put_be32(f, static_cast<std::uint32_t>(leaf.size()));
  put_bytes(f, leaf);
  put_be32(f, crypto::crc32c(leaf));
  return f;
}

Result<std::string> read_range(int fd, std::uint64_t begin, std::uint64_t end) {
  std::string out(static_cast<std::size_t>(end - begin), '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t n = ::pread(fd, out.data() + have, out.size() - have, static_cast<off_t>(begin + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return tl::unexpected(io_error("read", "audit log"));
    have += static_cast<std::size_t>(n);
  }
  return out;
}

Result<Frame> read_frame(int fd, std::uint64_t offset, std::uint64_t end) {
  using State = Frame::State;
  const std::uint64_t rest = end - offset;
  if (rest == 0) return Frame{State::end, {}, offset};
  if (rest < 4) return Frame{State::torn, {}, end};
  WRIT_TRY(head, read_range(fd, offset, offset + 4));
  const std::uint64_t length = load_be32(view_of(head).data());
  if (length == 0 || length > leaf_bytes_max) return Frame{State::damaged, {}, end};
  if (rest < length + 8) return Frame{State::torn, {}, end};
  WRIT_TRY(body, read_range(fd, offset + 4, offset + length + 8));
  const View leaf = view_of(body).first(length);
  if (crypto::crc32c(leaf) != load_be32(leaf.data() + length))
    return Frame{State::damaged, {}, offset + length + 8};
  return Frame{State::whole, Bytes(leaf.begin(), leaf.end()), offset + length + 8};
}

const char* why(Frame::State s) {
  switch (s) {
    case Frame::State::whole:
      return "it is whole";
    case Frame::State::end:
      return "it was signed and is missing";
    case Frame::State::torn:
      return "it is cut short, or its length is damaged";
    case Frame::State::damaged:
      return "its length or checksum does not fit";
  }
  return "";
}

Result<std::uint64_t> file_size(int fd) {
  struct stat st {};
  if (fstat(fd, &st) != 0) return tl::unexpected(io_error("stat", "audit log"));
  return static_cast<std::uint64_t>(st.st_size);
}

Result<Checkpoint> parse_head_line(std::string_view line) {
  return parse_canonical(view_of(line), "signed head of the log").and_then(parse_checkpoint);
}

std::string head_line(const Checkpoint& c) { return canonical(to_json(c)) + "\n"; }

}  // namespace writ::audit
