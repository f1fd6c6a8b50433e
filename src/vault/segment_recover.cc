// SPDX-License-Identifier: GPL-3.0-or-later
// After a crash: keep every whole frame, cut the rest, sign what is left as not final.
//
// A tail may be torn (killed in the middle of a write) or damaged (power lost before the sync: blocks arrive
// in any order). Neither was ever acknowledged. But a flipped bit in an acknowledged frame looks the same
// from here, so nothing is thrown away: the cut bytes go into <segment>.cut first, and the trailer says how
// many they were. A segment that was closed and does not match its own trailer was changed afterwards; it is
// not signed again.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "vault/segment_file.hh"

namespace writ::vault {
namespace {

struct Survey {
  std::uint64_t records = 0, frames = 0;
  std::size_t keep = 0;  // bytes of header and whole frames
  bool closed = false;
};

Survey survey(View file, std::size_t header_end, const crypto::VerifyKey& probe, const std::string& name) {
  Survey s;
  format::Cursor cursor{file, header_end};
  format::Frame frame;
  for (;;) {
    const auto step = cursor.next(frame);
    if (step == format::Cursor::Step::frame) {
      s.records += frame.records;
      continue;
    }
    s.frames = cursor.frames();
    s.keep = cursor.at();
    s.closed = step == format::Cursor::Step::trailer &&
               format::parse_trailer(file.subspan(cursor.at()), probe, name).has_value();
    return s;
  }
}

Status save_cut(const fs::path& file, View cut) {
  fs::path aside = file;
  aside += ".cut";
  // A crash between this and the truncation repeats both; an older, longer save is never replaced by a
  // shorter one.
  std::error_code ec;
  for (int n = 2; fs::exists(aside, ec); ++n) {
    const auto there = read_file(aside);
    if (there && std::equal(there->begin(), there->end(), cut.begin(), cut.end())) return {};
    aside = fmt::format("{}.cut{}", file.string(), n);
  }
  return write_file(aside, cut);
}

}  // namespace

Status recover_segment(const fs::path& file, const crypto::SigningKey& probe, Clock& clock) {
  const std::string name = file.filename().string();
  const Fd fd{::open(file.c_str(), O_RDWR | O_APPEND | O_CLOEXEC)};
  if (!fd) return tl::unexpected(io_error("open", file));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return tl::unexpected(io_error("lock", file));
  Survey s;
  format::Trailer trailer;
  {
    WRIT_TRY(map, MappedFile::open(file));
    std::size_t header_end = 0;
    WRIT_TRY(header, format::parse_header(map.bytes(), probe.public_key(), name, header_end));
    s = survey(map.bytes(), header_end, probe.public_key(), name);
    if (s.closed) {
      const auto info = verify_segment(file, probe.public_key());
      if (!info) return tl::unexpected(info.error());
      return {};
    }
    const View cut = map.bytes().subspan(s.keep);
    if (!cut.empty()) WRIT_CHECK(save_cut(file, cut));
    trailer.cut = cut.size();
    trailer.sha256 = crypto::sha256(map.bytes().first(s.keep));
  }
  if (trailer.cut > 0 && ::ftruncate(fd.get(), static_cast<off_t>(s.keep)) != 0)
    return tl::unexpected(io_error("truncate", file));
  trailer.frames = s.frames;
  trailer.records = s.records;
  trailer.bytes = s.keep;
  trailer.closed = rfc3339(clock.now());
  trailer.final = false;
  if (auto done = append_trailer(fd.get(), trailer, probe); !done)
    return tl::unexpected(std::move(done).error());
  return {};
}

}  // namespace writ::vault
