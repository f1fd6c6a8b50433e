// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/segment_growing.hh"

#include <fmt/format.h>

#include "vault/segment_format.hh"

namespace writ::vault {
namespace {

using GrowthStep = format::Cursor::Step;

tl::unexpected<Error> does_not_follow(const std::string& name, const std::string& why) {
  return fail(Exit::integrity, fmt::format("{}: {}", name, why), "sealed segments (docs/design.md)",
              "the bytes as the probe wrote them", "keep the file as it is and tell the auditor");
}

constexpr std::uint32_t end_marker = 0xFFFFFFFF;
constexpr std::size_t magic_bytes = 8, signature_bytes = 64;

}  // namespace

GrowingSegment::GrowingSegment(const Place& place, const crypto::VerifyKey& probe)
    : place_(place), probe_(probe), name_(format::file_name(place_.stream, place_.number)) {}

crypto::Digest GrowingSegment::sha256() const { return hash_.so_far(); }

// Judges first and counts after, so that a refused piece leaves no trace.
Result<std::size_t> GrowingSegment::judge(View piece, bool may_tear) {
  if (trailer_) return does_not_follow(name_, "goes on after its trailer");
  std::size_t at = 0;
  if (bytes_ == 0) {
    auto h = format::parse_header(piece, probe_, name_, at);
    if (!h) {
      if (may_tear) return std::size_t{0};
      return tl::unexpected(std::move(h).error());
    }
    if (h->grant != place_.grant || h->stream != place_.stream || h->number != place_.number)
      return does_not_follow(name_, "stands in another segment's place");
    if (h->previous != place_.previous)
      return does_not_follow(name_, "does not follow the segment before it");
  }
  format::Cursor cursor{piece, at, frames_};
  format::Frame frame;
  std::uint64_t records = records_;
  GrowthStep step = GrowthStep::end;
  while ((step = cursor.next(frame)) == GrowthStep::frame) records += frame.records;
  std::size_t end = cursor.at();
  std::optional<crypto::Digest> trailer;
  if (step == GrowthStep::trailer) {
    const View tail = piece.subspan(end);
    const auto t = format::parse_trailer(tail, probe_, name_);
    if (!t && !may_tear) return tl::unexpected(t.error());
    if (t) {
      crypto::Sha256 all = hash_;
      all.update(piece.first(end));
      if (t->bytes != bytes_ + end || t->frames != cursor.frames() || t->records != records ||
          t->sha256 != all.finish())
        return does_not_follow(name_, "the bytes are not those that the trailer signs");
      trailer = crypto::sha256(tail);
      end = piece.size();
    }
  } else if (step != GrowthStep::end && !may_tear) {
    return does_not_follow(name_,
                           fmt::format("frame {} at byte {} is {}", cursor.frames(), bytes_ + cursor.at(),
                                       step == GrowthStep::torn ? "torn" : "damaged"));
  }
  hash_.update(piece.first(end));
  bytes_ += end;
  frames_ = cursor.frames();
  records_ = records;
  trailer_ = trailer;
  return end;
}

Status GrowingSegment::take(View piece) {
  return judge(piece, false).map([](std::size_t) {});
}

Result<std::uint64_t> GrowingSegment::take_whole(View file) {
  return judge(file, true).map([](std::size_t n) { return std::uint64_t{n}; });
}

WholeFrames whole_frames(View read, bool from_start, std::size_t bytes_max) {
  WholeFrames out;
  const auto fits = [&](std::uint64_t more) { return more <= read.size() - out.bytes; };
  if (from_start) {
    Reader r{read};
    r.take(magic_bytes);
    const std::uint64_t header = magic_bytes + 4 + std::uint64_t{r.u32()} + signature_bytes;
    if (!r.ok() || !fits(header)) return out;
    out.bytes = header;
  }
  for (bool first = true;; first = false) {
    Reader r{read.subspan(out.bytes)};
    const std::uint32_t length = r.u32();
    const bool is_trailer = r.ok() && length == end_marker;
    const std::uint64_t more = is_trailer ? 8 + std::uint64_t{r.u32()} + signature_bytes
                                          : format::frame_header_bytes + std::uint64_t{length};
    if (!r.ok() || !fits(more) || (!first && out.bytes + more > bytes_max)) return out;
    out.bytes += more;
    out.closed = is_trailer;
    if (is_trailer) return out;
  }
}

}  // namespace writ::vault
