// SPDX-License-Identifier: GPL-3.0-or-later
// The papers that go with evidence between a probe and the office, each canonical JSON
// {"body","schema","signature"}: the signature is Ed25519 over the canonical body, its domain the schema. A
// paper has one form only; what does not print back to its own bytes is none.
#pragma once
#include <compare>
#include <string>

#include "authority/strict.hh"
#include "vault/segment.hh"

namespace writ::custody {

inline constexpr std::size_t paper_bytes_max = 16u << 20;

// A matter's number, as it may stand in a file's name: letters, digits and '-', at most 40.
bool is_matter_number(std::string_view s);
Status check_day_text(const std::string& day);  // "2026-11-26"
Result<std::string> matter_field(const Json& j, std::string_view where);
Result<vault::Stream> stream_field(const Json& j, std::string_view where);

std::string sign_paper(const char* schema, const Json& body, const crypto::SigningKey& key);
// The body of a paper that `key_field` of its body signed: whose key that is, is the caller's to ask.
// Exit::integrity.
Result<Json> open_paper(View text, const char* schema, const char* key_field, const std::string& name);
// At most paper_bytes_max; Exit::not_found.
Result<Bytes> read_paper(const fs::path& file);
tl::unexpected<Error> bad_paper(const std::string& name, const std::string& why);

// One segment's file, as the papers name it. Its name on disk follows from it and from nothing else.
struct SegmentName {
  crypto::Digest grant{};
  vault::Stream stream = vault::Stream::call_data;
  std::uint64_t number = 0;
  auto operator<=>(const SegmentName&) const = default;
  std::string file() const;                     // "content-000001.seg"
  fs::path under(const fs::path& spool) const;  // <spool>/<grant>/content-000001.seg
};
Json to_json(const SegmentName& s);
Result<SegmentName> segment_name_of(const Json& j, std::string_view where);

// Bytes of a segment's file.
struct Extent {
  SegmentName segment;
  std::uint64_t bytes = 0;
  crypto::Digest sha256{};  // of these bytes
};
Json to_json(const Extent& e);
Result<Extent> extent_of(const Json& j, std::string_view where);

}  // namespace writ::custody
