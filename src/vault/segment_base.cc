// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/segment_base.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "vault/segment_format.hh"

namespace writ::vault {
namespace {

constexpr const char* base_schema = "writ.segment-base/1";
constexpr std::size_t base_bytes_max = 1u << 20;

fs::path base_file(const fs::path& dir, Stream stream) {
  return dir / fmt::format("{}.base.json", to_string(stream));
}

Json base_body(const StreamBase& b) {
  Json marks = Json::array();
  for (const auto& [source, mark] : b.marks) marks.push_back({{"source", source}, {"mark", mark}});
  return Json{{"grant", crypto::hex(b.grant)},
              {"stream", to_string(b.stream)},
              {"through", b.through},
              {"trailer", b.trailer ? Json(crypto::hex(*b.trailer)) : Json{}},
              {"marks", std::move(marks)}};
}

Result<StreamBase> base_of(const Json& body, std::string_view where) {
  StreamBase b;
  WRIT_TRY(grant, authority::hex_field<32>(body, "grant", where));
  b.grant = grant;
  WRIT_TRY(stream, field<std::string>(body, "stream", where));
  b.stream = stream == to_string(Stream::content) ? Stream::content : Stream::call_data;
  WRIT_TRY(through, field<std::uint64_t>(body, "through", where));
  b.through = through;
  WRIT_TRY(trailer, authority::hex_field<32>(body, "trailer", where));
  b.trailer = trailer;
  WRIT_TRY(marks, field<std::vector<Json>>(body, "marks", where));
  for (const Json& m : marks) {
    WRIT_TRY(source, field<std::string>(m, "source", where));
    WRIT_TRY(mark, field<std::uint64_t>(m, "mark", where));
    b.marks[source] = mark;
  }
  WRIT_CHECK(authority::prints_back(body, base_body(b), where));
  return b;
}

tl::unexpected<Error> bad_base(const std::string& name, const std::string& why) {
  return fail(Exit::integrity, fmt::format("{}: {}", name, why),
              "what was destroyed is known by the probe's signed word only", "the file as the probe wrote it",
              "keep the spool as it is and tell the auditor");
}

}  // namespace

std::string sign_base(const StreamBase& base, const crypto::SigningKey& probe) {
  Json body = base_body(base);
  const std::string text = canonical(body);
  return canonical(Json{{"schema", base_schema},
                        {"body", std::move(body)},
                        {"signature", crypto::hex(probe.sign(base_schema, view_of(text)))}});
}

Result<StreamBase> parse_base(View text, const crypto::VerifyKey& probe, const std::string& name) {
  if (text.size() > base_bytes_max) return bad_base(name, "is too large");
  const auto j = parse_canonical(text, name);
  if (!j || !j->is_object() || j->size() != 3 || !j->contains("body") || !(*j)["body"].is_object())
    return bad_base(name, "is not in its form");
  const auto signature = authority::hex_field<64>(*j, "signature", name);
  if (!signature || field<std::string>(*j, "schema", name).value_or("") != base_schema ||
      !crypto::verify(probe, base_schema, view_of(canonical((*j)["body"])), *signature))
    return bad_base(name, "is not signed by this probe");
  auto b = base_of((*j)["body"], name);
  if (!b || b->through == 0) return bad_base(name, "is not in its form");
  return b;
}

Result<StreamBase> read_base(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe) {
  StreamBase none;
  none.stream = stream;
  const fs::path file = base_file(dir, stream);
  std::error_code ec;
  if (!fs::exists(file, ec)) return none;
  WRIT_TRY(text, read_file(file));
  WRIT_TRY(base, parse_base(text, probe, file.filename().string()));
  if (base.stream != stream) return bad_base(file.filename().string(), "is the other stream's");
  return base;
}

Status write_base(const fs::path& dir, const StreamBase& base, const crypto::SigningKey& probe) {
  return write_file(base_file(dir, base.stream), sign_base(base, probe));
}

Result<std::vector<std::pair<std::uint64_t, fs::path>>> list_after(const fs::path& dir,
                                                                   const StreamBase& base) {
  WRIT_TRY(files, list_segments(dir, base.stream));
  std::erase_if(files, [&](const auto& f) { return f.first <= base.through; });
  return files;
}

Result<WholePart> whole_part(View file, const crypto::VerifyKey& probe, const std::string& name) {
  std::size_t header_end = 0;
  WRIT_TRY(header, format::parse_header(file, probe, name, header_end));
  WholePart part;
  part.grant = header.grant;
  format::Cursor cursor{file, header_end};
  format::Frame frame;
  format::Cursor::Step step;
  while ((step = cursor.next(frame)) == format::Cursor::Step::frame) part.records += frame.records;
  part.frames = cursor.frames();
  part.bytes = cursor.at();
  // A trailer that is half written is no trailer yet.
  if (step == format::Cursor::Step::trailer &&
      format::parse_trailer(file.subspan(cursor.at()), probe, name)) {
    part.bytes = file.size();
    part.closed = true;
  }
  if (step == format::Cursor::Step::damaged)
    return fail(Exit::integrity,
                fmt::format("{}: frame {} at byte {} is damaged", name, part.frames, part.bytes),
                "sealed segments (docs/design.md)", "the bytes as the probe wrote them",
                "keep the file as it is and tell the auditor");
  return part;
}

}  // namespace writ::vault
