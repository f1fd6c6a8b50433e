// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/outgoing.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "vault/segment_growing.hh"

namespace writ::link {
namespace {

Result<Bytes> read_at(int fd, const fs::path& file, std::uint64_t at, std::size_t n) {
  Bytes out(n);
  std::size_t have = 0;
  while (have < n) {
    const ssize_t got = ::pread(fd, out.data() + have, n - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(io_error("read", file));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

}  // namespace

void Outgoing::forget() {
  tapes_.clear();
  pace_ = {};  // it may be another line
}

std::vector<StreamName> Outgoing::to_ask() {
  std::vector<StreamName> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(spool_, ec)) {
    const auto id = crypto::unhex(entry.path().filename().string());
    if (!id || id->size() != sizeof(crypto::Digest)) continue;
    for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
      StreamName s;
      std::copy(id->begin(), id->end(), s.grant.begin());
      s.stream = stream;
      if (tapes_.contains(s)) continue;
      const auto files = vault::list_segments(entry.path(), stream);
      if (!files || files->empty()) continue;
      tapes_[s];
      out.push_back(s);
    }
  }
  return out;
}

Status Outgoing::held(View paper, Steady::time_point now) {
  WRIT_TRY(h, verify_held(paper, desk_, probe_));
  const StreamName s{h.held.segment.grant, h.held.segment.stream};
  const auto it = tapes_.find(s);
  if (it == tapes_.end()) return fail(Exit::usage, "the office tells of a stream that was not asked for");
  Tape& t = it->second;
  if (t.known && h.held.segment.number == t.number && h.held.bytes > t.offset)
    bytes_held_ += h.held.bytes - t.offset;
  t.known = true;
  if (t.on_its_way.bytes > 0) pace_.arrived(std::exchange(t.on_its_way, {}), now);
  t.number = h.held.segment.number + (h.held.closed ? 1 : 0);
  t.offset = h.held.closed ? 0 : h.held.bytes;
  if (!h.held.closed && now - t.kept < std::chrono::seconds{1}) return {};
  t.kept = now;
  return write_file(
      papers_ / fmt::format("{}-{}.json", crypto::hex(s.grant).substr(0, 16), vault::to_string(s.stream)),
      paper);
}

Result<std::optional<Bytes>> Outgoing::piece_of(const StreamName& s, const Tape& t) const {
  const custody::SegmentName name{s.grant, s.stream, t.number};
  const fs::path file = name.under(spool_);
  struct stat st {};
  if (::stat(file.c_str(), &st) != 0) return std::optional<Bytes>{};  // not begun yet
  const auto size = static_cast<std::uint64_t>(st.st_size);
  if (size < t.offset)
    return fail(Exit::integrity,
                fmt::format("{} is shorter here than what the office holds of it", name.file()),
                "a sealed frame never changes", "the spool as the probe wrote it",
                "keep the probe's disk as it is and tell the auditor");
  if (size == t.offset) return std::optional<Bytes>{};
  const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return tl::unexpected(io_error("open", file));
  const std::size_t most =
      static_cast<std::size_t>(std::min<std::uint64_t>(size - t.offset, piece_bytes_max));
  WRIT_TRY(bytes, read_at(fd.get(), file, t.offset, most));
  const vault::WholeFrames whole = vault::whole_frames(bytes, t.offset == 0, pace_.piece_bytes());
  if (whole.bytes == 0) return std::optional<Bytes>{};
  // What the office holds must survive here, too: a power failure would else let the segment go on otherwise.
  if (::fdatasync(fd.get()) != 0) return tl::unexpected(io_error("sync", file));
  return std::optional{encode_piece({name, t.offset, View{bytes}.first(whole.bytes)})};
}

// The streams that may be sent of: first those of the grant that has waited longest.
std::vector<Outgoing::Tapes::iterator> Outgoing::by_turn() {
  std::vector<Tapes::iterator> out;
  for (auto it = tapes_.begin(); it != tapes_.end(); ++it)
    if (it->second.known && it->second.on_its_way.bytes == 0) out.push_back(it);
  const auto turn = [&](Tapes::iterator t) { return std::pair{turns_[t->first.grant], t->second.turn}; };
  std::ranges::sort(out, {}, turn);
  return out;
}

Result<std::optional<Bytes>> Outgoing::next(Steady::time_point now) {
  if (!pace_.has_room()) return std::optional<Bytes>{};
  for (const auto& it : by_turn()) {
    Tape& tape = it->second;
    WRIT_TRY(piece, piece_of(it->first, tape));
    if (!piece) continue;
    tape.on_its_way = pace_.send(piece->size(), now);
    tape.turn = turns_[it->first.grant] = ++turn_;
    return piece;
  }
  return std::optional<Bytes>{};
}

}  // namespace writ::link
