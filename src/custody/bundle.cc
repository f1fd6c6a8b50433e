// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/bundle.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <numeric>

namespace writ::custody {
namespace {

constexpr const char* bundle_schema = "writ.bundle/1";
constexpr std::uint64_t piece_bytes_max = 2 * limits::segment_bytes_max;

Json to_json(const Piece& p) {
  Json j = to_json(static_cast<const Extent&>(p));
  j["offset"] = p.offset;
  j["closed"] = p.closed;
  return j;
}

Json body_json(const Bundle& b) {
  Json pieces = Json::array(), waiting = Json::array();
  for (const Piece& p : b.pieces) pieces.push_back(to_json(p));
  for (const Earlier& e : b.waiting)
    waiting.push_back({{"sequence", e.sequence}, {"day", e.day}, {"sha256", crypto::hex(e.id)}});
  return Json{{"probe", b.probe.text()},
              {"probe_name", b.probe_name},
              {"matter", b.matter},
              {"sequence", b.sequence},
              {"previous", b.previous ? Json(crypto::hex(*b.previous)) : Json{}},
              {"day", b.day},
              {"from", rfc3339(b.from)},
              {"until", rfc3339(b.until)},
              {"pieces", std::move(pieces)},
              {"waiting", std::move(waiting)}};
}

Result<Piece> piece_of(const Json& j, std::string_view where) {
  WRIT_TRY(extent, extent_of(j, where));
  WRIT_TRY(offset, field<std::uint64_t>(j, "offset", where));
  WRIT_TRY(closed, field<bool>(j, "closed", where));
  if (extent.bytes == 0 || extent.bytes > piece_bytes_max || offset > piece_bytes_max)
    return fail(Exit::usage, fmt::format("{}: a piece of an impossible size", where));
  return Piece{extent, offset, closed};
}

Result<Earlier> earlier_of(const Json& j, std::string_view where) {
  Earlier e;
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  WRIT_TRY(day, field<std::string>(j, "day", where));
  WRIT_TRY(id, authority::hex_field<32>(j, "sha256", where));
  WRIT_CHECK(check_day_text(day));
  e.sequence = sequence;
  e.day = day;
  e.id = id;
  return e;
}

Result<Bundle> body_of(const Json& j, std::string_view where) {
  Bundle b;
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(probe_name, authority::text_field(j, "probe_name", where));
  WRIT_TRY(matter, matter_field(j, where));
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  WRIT_TRY(day, field<std::string>(j, "day", where));
  WRIT_CHECK(check_day_text(day));
  WRIT_TRY(from, authority::time_field(j, "from", where));
  WRIT_TRY(until, authority::time_field(j, "until", where));
  b.probe = probe;
  b.probe_name = probe_name;
  b.matter = matter;
  b.sequence = sequence;
  b.day = day;
  b.from = from;
  b.until = until;
  if (j.contains("previous") && !j["previous"].is_null()) {
    WRIT_TRY(previous, authority::hex_field<32>(j, "previous", where));
    b.previous = previous;
  }
  WRIT_TRY(pieces,
           authority::list_field(j, "pieces", where, [&](const Json& p) { return piece_of(p, where); }));
  WRIT_TRY(waiting,
           authority::list_field(j, "waiting", where, [&](const Json& e) { return earlier_of(e, where); }));
  b.pieces = std::move(pieces);
  b.waiting = std::move(waiting);
  const bool sorted =
      std::adjacent_find(b.pieces.begin(), b.pieces.end(), [](const Piece& x, const Piece& y) {
        return !(x.segment < y.segment);
      }) == b.pieces.end();
  if (sequence == 0 || (sequence == 1) == b.previous.has_value() || b.pieces.size() > pieces_max || !sorted)
    return fail(Exit::usage, fmt::format("{} says what cannot be", where));
  WRIT_CHECK(authority::prints_back(j, body_json(b), where));
  return b;
}

}  // namespace

std::string Piece::file() const {
  return fmt::format("{}-{}-{:06}.part", crypto::hex(segment.grant).substr(0, 16),
                     vault::to_string(segment.stream), segment.number);
}

std::string Bundle::name() const {
  return fmt::format("writ-bundle-{}-{}-{:06}", matter, probe.text().substr(0, 8), sequence);
}

std::uint64_t Bundle::bytes() const {
  return std::accumulate(pieces.begin(), pieces.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Piece& p) { return sum + p.bytes; });
}

SignedBundle sign_bundle(Bundle b, const crypto::SigningKey& probe) {
  b.probe = probe.public_key();
  b.from = authority::whole_micros(b.from);
  b.until = authority::whole_micros(b.until);
  std::string text = sign_paper(bundle_schema, body_json(b), probe);
  const crypto::Digest id = crypto::sha256(view_of(text));
  return {std::move(b), std::move(text), id};
}

Result<SignedBundle> parse_bundle(View text, const std::string& name) {
  WRIT_TRY(body, open_paper(text, bundle_schema, "probe", name));
  auto b = body_of(body, name);
  if (!b) return bad_paper(name, b.error().what);
  return SignedBundle{std::move(*b), std::string(text_of(text)), crypto::sha256(text)};
}

Result<SignedBundle> read_bundle(const fs::path& dir) {
  auto text = read_paper(dir / manifest_name);
  if (!text && text.error().exit == Exit::not_found)
    return fail(Exit::not_found, fmt::format("{} holds no bundle", dir.string()),
                "a retrieval is a directory with its manifest (docs/field-work.md)", "manifest.json",
                "name the directory that writ-probe retrieve wrote; a '.partial' one is not whole");
  if (!text) return tl::unexpected(std::move(text).error());
  return parse_bundle(*text, (dir / manifest_name).string());
}

Result<Bytes> read_piece(const fs::path& dir, const Piece& p) {
  const fs::path file = dir / p.file();
  struct stat st {};
  if (::stat(file.c_str(), &st) != 0) return bad_paper(p.file(), "is missing in the bundle");
  if (static_cast<std::uint64_t>(st.st_size) != p.bytes)
    return bad_paper(p.file(), fmt::format("has {} bytes, the manifest says {}", st.st_size, p.bytes));
  WRIT_TRY(bytes, read_file(file));
  if (bytes.size() != p.bytes || crypto::sha256(bytes) != p.sha256)
    return bad_paper(p.file(), "is not what the manifest says");
  return bytes;
}

}  // namespace writ::custody
