// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/paper.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "vault/segment_format.hh"

namespace writ::custody {

bool is_matter_number(std::string_view s) {
  return !s.empty() && s.size() <= 40 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

Status check_day_text(const std::string& day) {
  if (day.size() == 10 && parse_rfc3339(day + "T00:00:00Z")) return {};
  return fail(Exit::usage, fmt::format("'{}' is not a day", day), "S52: retrieved daily",
              "a day as YYYY-MM-DD", "write the day whose traffic is retrieved");
}

Result<std::string> matter_field(const Json& j, std::string_view where) {
  WRIT_TRY(matter, field<std::string>(j, "matter", where));
  if (!is_matter_number(matter)) return fail(Exit::usage, fmt::format("{}: not a matter's number", where));
  return matter;
}

Result<vault::Stream> stream_field(const Json& j, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, "stream", where));
  for (const vault::Stream s : {vault::Stream::call_data, vault::Stream::content})
    if (text == vault::to_string(s)) return s;
  return fail(Exit::usage, fmt::format("{}: there is no such stream", where));
}

tl::unexpected<Error> bad_paper(const std::string& name, const std::string& why) {
  return fail(Exit::integrity, fmt::format("{}: {}", name, why),
              "evidence changes hands under signed papers only (docs/field-work.md)",
              "the paper as it was signed", "bring it again from where it was made; keep this one");
}

std::string sign_paper(const char* schema, const Json& body, const crypto::SigningKey& key) {
  return canonical(Json{{"schema", schema},
                        {"body", body},
                        {"signature", crypto::hex(key.sign(schema, view_of(canonical(body))))}});
}

Result<Json> open_paper(View text, const char* schema, const char* key_field, const std::string& name) {
  if (text.size() > paper_bytes_max) return bad_paper(name, "is too large");
  auto j = parse_canonical(text, name);
  if (!j || !j->is_object() || j->size() != 3 || !j->contains("body"))
    return bad_paper(name, "is not in its form");
  if (field<std::string>(*j, "schema", name).value_or("") != schema)
    return bad_paper(name, fmt::format("is no {}", schema));
  const auto signature = authority::hex_field<64>(*j, "signature", name);
  const auto key = authority::verify_key_field((*j)["body"], key_field, name);
  if (!signature || !key || !crypto::verify(*key, schema, view_of(canonical((*j)["body"])), *signature))
    return bad_paper(name, "is not signed by the key that it names");
  return std::move((*j)["body"]);
}

Result<Bytes> read_paper(const fs::path& file) {
  struct stat st {};
  if (::stat(file.c_str(), &st) == 0 && static_cast<std::uint64_t>(st.st_size) > paper_bytes_max)
    return bad_paper(file.filename().string(), "is too large");
  return read_file(file);
}

std::string SegmentName::file() const { return vault::format::file_name(stream, number); }

fs::path SegmentName::under(const fs::path& spool) const { return spool / crypto::hex(grant) / file(); }

Json to_json(const SegmentName& s) {
  return Json{{"grant", crypto::hex(s.grant)}, {"stream", vault::to_string(s.stream)}, {"number", s.number}};
}

Result<SegmentName> segment_name_of(const Json& j, std::string_view where) {
  SegmentName s;
  WRIT_TRY(grant, authority::hex_field<32>(j, "grant", where));
  s.grant = grant;
  WRIT_TRY(stream, stream_field(j, where));
  s.stream = stream;
  WRIT_TRY(number, field<std::uint64_t>(j, "number", where));
  s.number = number;
  if (number == 0 || number > 999'999'999'999)
    return fail(Exit::usage, fmt::format("{}: no such segment", where));
  return s;
}

Json to_json(const Extent& e) {
  Json j = to_json(e.segment);
  j["bytes"] = e.bytes;
  j["sha256"] = crypto::hex(e.sha256);
  return j;
}

Result<Extent> extent_of(const Json& j, std::string_view where) {
  Extent e;
  WRIT_TRY(segment, segment_name_of(j, where));
  WRIT_TRY(bytes, field<std::uint64_t>(j, "bytes", where));
  WRIT_TRY(sha256, authority::hex_field<32>(j, "sha256", where));
  e.segment = segment;
  e.bytes = bytes;
  e.sha256 = sha256;
  return e;
}

}  // namespace writ::custody
