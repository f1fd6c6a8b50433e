// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "vault/segment_base.hh"
#include "vault/segment_format.hh"

namespace writ::vault {
namespace {

using format::Cursor;

tl::unexpected<Error> broken(const std::string& name, const std::string& what) {
  return fail(Exit::integrity, fmt::format("{}: {}", name, what), "sealed segments (docs/design.md)",
              "the bytes as the probe wrote them", "keep the file as it is and tell the auditor");
}

Status judge_trailer(View file, std::size_t at, const crypto::VerifyKey& probe, const std::string& name,
                     SegmentInfo& info) {
  WRIT_TRY(t, format::parse_trailer(file.subspan(at), probe, name));
  if (t.bytes != at || t.sha256 != crypto::sha256(file.first(at)))
    return broken(name, "the bytes are not those that the trailer signs");
  if (t.frames != info.frames || t.records != info.records)
    return broken(name, fmt::format("{} frames, the trailer signs {}", info.frames, t.frames));
  info.closed = true;
  info.closed_at = parse_rfc3339(t.closed).value_or(Instant{});
  info.final = t.final;
  info.cut = t.cut;
  info.trailer = crypto::sha256(file.subspan(at));
  return {};
}

Result<SegmentInfo> judge(View file, const crypto::VerifyKey& probe, const std::string& name) {
  std::size_t header_end = 0;
  WRIT_TRY(h, format::parse_header(file, probe, name, header_end));
  SegmentInfo info;
  info.grant = h.grant;
  info.stream = h.stream;
  info.number = h.number;
  info.source = h.source;
  info.opened = parse_rfc3339(h.opened).value_or(Instant{});
  info.previous = h.previous;
  for (const auto& r : h.recipients) info.recipients.push_back(r.to);
  Cursor cursor{file, header_end};
  format::Frame frame;
  for (;;) {
    const Cursor::Step step = cursor.next(frame);
    info.frames = cursor.frames();
    info.bytes = cursor.at();
    switch (step) {
      case Cursor::Step::frame:
        info.records += frame.records;
        info.last_mark = frame.mark;
        break;
      case Cursor::Step::trailer:
        WRIT_CHECK(judge_trailer(file, cursor.at(), probe, name, info));
        return info;
      case Cursor::Step::end:
        return info;
      case Cursor::Step::torn:
        return broken(name, fmt::format("is torn within frame {} (writ-probe run closes what a crash left)",
                                        info.frames));
      case Cursor::Step::damaged:
        return broken(name, fmt::format("frame {} at byte {} is damaged", info.frames, info.bytes));
    }
  }
}

// Opens the frames of one verified segment.
class Opener {
 public:
  static Result<std::unique_ptr<Opener>> make(const format::Header& h, const crypto::BoxKey& key,
                                              const std::string& name) {
    const crypto::BoxPublic self = key.public_key();
    const auto mine =
        std::find_if(h.recipients.begin(), h.recipients.end(), [&](const auto& r) { return r.to == self; });
    if (mine == h.recipients.end())
      return fail(Exit::refused, fmt::format("{} is not sealed to this key", name),
                  "a segment opens to its recipients only", "the matter key of this stream",
                  "two custodians can open it");
    WRIT_TRY(secret, key.open(mine->key));
    if (secret.size() != 32) return broken(name, "the sealed segment key has a wrong size");
    auto o = std::make_unique<Opener>(crypto::Secret32{secret}, h.stream_header);
    return o;
  }
  Opener(const crypto::Secret32& key, View header) : pull_(key, header) {}

  Status frame(const format::Frame& f, const std::string& name, const std::function<Status(View)>& each) {
    bool final = false;
    auto plain = pull_.pull(f.sealed, final);
    if (!plain)
      return broken(name, fmt::format("frame {} does not open: {}", f.sequence, plain.error().what));
    Reader r{*plain};
    for (std::uint32_t n = 0; n < f.records; ++n) {
      const View record = r.take(r.u32());
      if (!r.ok()) return broken(name, fmt::format("frame {} holds fewer records than it says", f.sequence));
      WRIT_CHECK(each(record));
    }
    if (!r.empty()) return broken(name, fmt::format("frame {} holds more than its records", f.sequence));
    return {};
  }

 private:
  crypto::StreamPull pull_;
};

Status read_segment(const fs::path& file, const crypto::VerifyKey& probe, const crypto::BoxKey& key,
                    const std::function<Status(View)>& each) {
  const std::string name = file.filename().string();
  WRIT_TRY(map, MappedFile::open(file));
  std::size_t header_end = 0;
  WRIT_TRY(h, format::parse_header(map.bytes(), probe, name, header_end));
  WRIT_TRY(opener, Opener::make(h, key, name));
  Cursor cursor{map.bytes(), header_end};
  format::Frame frame;
  while (cursor.next(frame) == Cursor::Step::frame) WRIT_CHECK(opener->frame(frame, name, each));
  return {};
}

}  // namespace

Result<std::vector<std::pair<std::uint64_t, fs::path>>> list_segments(const fs::path& dir, Stream stream) {
  std::vector<std::pair<std::uint64_t, fs::path>> out;
  const std::string prefix = std::string(to_string(stream)) + "-", suffix = ".seg";
  std::error_code ec;
  fs::directory_iterator it{dir, ec};
  if (ec) return fail(Exit::not_found, fmt::format("read {}: {}", dir.string(), ec.message()));
  for (; it != fs::directory_iterator{}; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
      continue;
    const std::string digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    if (digits.size() > 12 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::uint64_t number = std::stoull(digits);
    if (format::file_name(stream, number) == name) out.emplace_back(number, it->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<SegmentInfo> verify_segment(const fs::path& file, const crypto::VerifyKey& probe) {
  WRIT_TRY(map, MappedFile::open(file));
  return judge(map.bytes(), probe, file.filename().string());
}

namespace {

// The segments after `base`, in order, each following the one before it.
Result<std::vector<SegmentInfo>> verify_after(const fs::path& dir, const StreamBase& base,
                                              const crypto::VerifyKey& probe) {
  WRIT_TRY(files, list_after(dir, base));
  std::vector<SegmentInfo> out;
  for (const auto& [number, file] : files) {
    const std::string name = file.filename().string();
    const std::uint64_t expected_number = base.through + out.size() + 1;
    if (number != expected_number)
      return broken(format::file_name(base.stream, expected_number), "is missing");
    WRIT_TRY(info, verify_segment(file, probe));
    if (info.number != number || info.stream != base.stream)
      return broken(name, "stands in another segment's place");
    const std::optional<crypto::Digest> expected = out.empty() ? base.trailer : out.back().trailer;
    if (!out.empty() && !out.back().closed) return broken(name, "follows a segment that was never closed");
    if (info.previous != expected) return broken(name, "does not follow the segment before it");
    if ((base.through > 0 && info.grant != base.grant) || (!out.empty() && info.grant != out.front().grant))
      return broken(name, "belongs to another grant");
    out.push_back(std::move(info));
  }
  return out;
}

}  // namespace

Result<std::vector<SegmentInfo>> verify_stream(const fs::path& dir, Stream stream,
                                               const crypto::VerifyKey& probe) {
  StreamBase whole;
  whole.stream = stream;
  return verify_after(dir, whole, probe);
}

Result<std::vector<SegmentInfo>> verify_spool_stream(const fs::path& dir, Stream stream,
                                                     const crypto::VerifyKey& probe) {
  WRIT_TRY(base, read_base(dir, stream, probe));
  return verify_after(dir, base, probe);
}

Status read_stream(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe,
                   const crypto::BoxKey& key, const std::function<Status(View record)>& each) {
  WRIT_TRY(infos, verify_stream(dir, stream, probe));
  WRIT_TRY(files, list_segments(dir, stream));
  for (const auto& [number, file] : files) WRIT_CHECK(read_segment(file, probe, key, each));
  return {};
}

}  // namespace writ::vault
