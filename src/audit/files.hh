// SPDX-License-Identifier: GPL-3.0-or-later
// The log's files, for this room: frames of `log`, lines of `checkpoints`.
#pragma once
#include "audit/log.hh"

namespace writ::audit {

// "error: the audit log is broken at entry 7: its checksum does not fit"
tl::unexpected<Error> broken_at(std::uint64_t index, std::string_view reason);

Bytes make_frame(View leaf);

struct Frame {
  // end: nothing more. torn: shorter than its length says. damaged: impossible length or wrong checksum.
  enum class State { whole, end, torn, damaged } state = State::end;
  Bytes leaf;
  std::uint64_t next = 0;  // offset after it
};
Result<Frame> read_frame(int fd, std::uint64_t offset, std::uint64_t end);
const char* why(Frame::State s);

Result<std::uint64_t> file_size(int fd);
Result<std::string> read_range(int fd, std::uint64_t begin, std::uint64_t end);

// One signed head from one line without its newline.
Result<Checkpoint> parse_head_line(std::string_view line);
std::string head_line(const Checkpoint& c);

}  // namespace writ::audit
