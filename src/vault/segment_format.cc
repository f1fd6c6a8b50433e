// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/segment_format.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace writ::vault {

const char* to_string(Stream s) { return s == Stream::content ? "content" : "call-data"; }

namespace format {
namespace {

constexpr std::string_view magic = "WRITSEG1";
constexpr std::string_view header_schema = "writ.segment/1";
constexpr std::string_view trailer_schema = "writ.segment-trailer/1";
constexpr std::uint32_t trailer_marker = 0xFFFFFFFF;
constexpr std::size_t header_bytes_max = 1u << 20, trailer_bytes_max = 4096, signature_bytes = 64;
constexpr std::size_t sealed_bytes_max =
    std::max(limits::frame_bytes_max, record_bytes_max + 4) + crypto::stream_overhead_bytes;

tl::unexpected<Error> broken(const std::string& name, std::string_view what) {
  return fail(Exit::integrity, fmt::format("{}: {}", name, what), "sealed segments (docs/design.md)",
              "the bytes as the probe wrote them", "keep the file as it is and tell the auditor");
}

void put_signed(Bytes& out, std::string_view domain, const Json& j, const crypto::SigningKey& probe) {
  const std::string text = canonical(j);
  put_be32(out, static_cast<std::uint32_t>(text.size()));
  put_bytes(out, view_of(text));
  put_bytes(out, probe.sign(domain, view_of(text)));
}

// be32 length, canonical JSON, signature.
Result<Json> take_signed(Reader& r, std::string_view domain, const crypto::VerifyKey& probe,
                         const std::string& name, std::size_t bytes_max) {
  const std::uint32_t length = r.u32();
  if (!r.ok() || length > bytes_max) return broken(name, fmt::format("{} has no possible length", domain));
  const View text = r.take(length);
  const View signature = r.take(signature_bytes);
  if (!r.ok()) return broken(name, fmt::format("{} is cut short", domain));
  if (!crypto::verify(probe, domain, text, signature))
    return broken(name, fmt::format("{}: the signature is not this probe's over these bytes", domain));
  return parse_canonical(text, name);
}

Result<crypto::Digest> digest_of(std::string_view text, const std::string& name) {
  const auto bytes = crypto::unhex(text);
  crypto::Digest d{};
  if (!bytes || bytes->size() != d.size()) return broken(name, "a digest is not 32 bytes of hex");
  std::copy(bytes->begin(), bytes->end(), d.begin());
  return d;
}

Result<std::vector<Recipient>> recipients_of(const Json& j, const std::string& name) {
  std::vector<Recipient> out;
  WRIT_TRY(list, field<Json>(j, "recipients", name));
  if (!list.is_array() || list.empty()) return broken(name, "the segment has no recipient");
  for (const Json& item : list) {
    WRIT_TRY(to, field<std::string>(item, "to", name));
    WRIT_TRY(key, field<std::string>(item, "key", name));
    Recipient r;
    WRIT_TRY(parsed, crypto::BoxPublic::parse(to));
    WRIT_TRY(sealed, crypto::unbase64(key));
    r.to = parsed;
    r.key = std::move(sealed);
    out.push_back(std::move(r));
  }
  return out;
}

Result<Header> header_of(const Json& j, const std::string& name) {
  Header h;
  WRIT_TRY(schema, field<std::string>(j, "schema", name));
  WRIT_TRY(grant, field<std::string>(j, "grant", name));
  WRIT_TRY(stream, field<std::string>(j, "stream", name));
  WRIT_TRY(probe, field<std::string>(j, "probe", name));
  WRIT_TRY(previous, field<Json>(j, "previous", name));
  WRIT_TRY(number, field<std::uint64_t>(j, "number", name));
  WRIT_TRY(opened, field<std::string>(j, "opened", name));
  WRIT_TRY(source, field<std::string>(j, "source", name));
  WRIT_TRY(stream_header, field<std::string>(j, "stream_header", name));
  if (schema != header_schema) return broken(name, fmt::format("unknown schema '{}'", schema));
  if (stream != to_string(Stream::call_data) && stream != to_string(Stream::content))
    return broken(name, fmt::format("unknown stream '{}'", stream));
  h.stream = stream == to_string(Stream::content) ? Stream::content : Stream::call_data;
  h.number = number;
  h.opened = std::move(opened);
  h.source = std::move(source);
  WRIT_TRY(id, digest_of(grant, name));
  h.grant = id;
  WRIT_TRY(key, crypto::VerifyKey::parse(probe));
  h.probe = key;
  if (previous.is_string()) {
    WRIT_TRY(digest, digest_of(previous.get<std::string>(), name));
    h.previous = digest;
  }
  WRIT_TRY(bytes, crypto::unbase64(stream_header));
  if (bytes.size() != crypto::stream_header_bytes) return broken(name, "the stream header has a wrong size");
  h.stream_header = std::move(bytes);
  WRIT_TRY(recipients, recipients_of(j, name));
  h.recipients = std::move(recipients);
  return h;
}

Result<Trailer> trailer_of(const Json& j, const std::string& name) {
  Trailer t;
  WRIT_TRY(schema, field<std::string>(j, "schema", name));
  WRIT_TRY(frames, field<std::uint64_t>(j, "frames", name));
  WRIT_TRY(records, field<std::uint64_t>(j, "records", name));
  WRIT_TRY(bytes, field<std::uint64_t>(j, "bytes", name));
  WRIT_TRY(cut, field<std::uint64_t>(j, "cut", name));
  WRIT_TRY(sha256, field<std::string>(j, "sha256", name));
  WRIT_TRY(closed, field<std::string>(j, "closed", name));
  WRIT_TRY(final, field<bool>(j, "final", name));
  if (schema != trailer_schema) return broken(name, fmt::format("unknown schema '{}'", schema));
  WRIT_TRY(digest, digest_of(sha256, name));
  t.frames = frames;
  t.records = records;
  t.bytes = bytes;
  t.cut = cut;
  t.sha256 = digest;
  t.closed = std::move(closed);
  t.final = final;
  return t;
}

}  // namespace

std::string file_name(Stream stream, std::uint64_t number) {
  return fmt::format("{}-{:06}.seg", to_string(stream), number);
}

Bytes encode_header(const Header& h, const crypto::SigningKey& probe) {
  Json recipients = Json::array();
  for (const Recipient& r : h.recipients)
    recipients.push_back({{"to", r.to.text()}, {"key", crypto::base64(r.key)}});
  const Json j{{"schema", header_schema},
               {"grant", crypto::hex(h.grant)},
               {"stream", to_string(h.stream)},
               {"number", h.number},
               {"probe", h.probe.text()},
               {"opened", h.opened},
               {"source", h.source},
               {"previous", h.previous ? Json(crypto::hex(*h.previous)) : Json()},
               {"recipients", std::move(recipients)},
               {"stream_header", crypto::base64(h.stream_header)}};
  Bytes out = bytes_of(magic);
  put_signed(out, header_schema, j, probe);
  return out;
}

Bytes encode_trailer(const Trailer& t, const crypto::SigningKey& probe) {
  const Json j{{"schema", trailer_schema}, {"frames", t.frames}, {"records", t.records},
               {"bytes", t.bytes},         {"cut", t.cut},       {"sha256", crypto::hex(t.sha256)},
               {"closed", t.closed},       {"final", t.final}};
  Bytes out;
  put_be32(out, trailer_marker);
  put_signed(out, trailer_schema, j, probe);
  return out;
}

void finish_frame(Bytes& frame, std::uint64_t sequence, std::uint32_t records, std::uint64_t mark) {
  Bytes head;
  head.reserve(frame_header_bytes);
  put_be32(head, static_cast<std::uint32_t>(frame.size() - frame_header_bytes));
  put_be64(head, sequence);
  put_be32(head, records);
  put_be64(head, mark);
  const std::uint32_t crc = crypto::crc32c(View{frame}.subspan(frame_header_bytes), crypto::crc32c(head));
  put_be32(head, crc);
  std::copy(head.begin(), head.end(), frame.begin());
}

Result<Header> parse_header(View file, const crypto::VerifyKey& probe, const std::string& name,
                            std::size_t& end) {
  Reader r{file};
  if (text_of(r.take(magic.size())) != magic) return broken(name, "is not a sealed segment");
  auto json = take_signed(r, header_schema, probe, name, header_bytes_max);
  if (!json) return tl::unexpected(std::move(json).error());
  auto h = header_of(*json, name);
  if (!h) return broken(name, h.error().what);
  if (h->probe != probe) return broken(name, "is another probe's");
  end = file.size() - r.rest().size();
  return h;
}

Result<Trailer> parse_trailer(View bytes, const crypto::VerifyKey& probe, const std::string& name) {
  Reader r{bytes};
  if (r.u32() != trailer_marker) return broken(name, "has no trailer");
  auto json = take_signed(r, trailer_schema, probe, name, trailer_bytes_max);
  if (!json) return tl::unexpected(std::move(json).error());
  auto t = trailer_of(*json, name);
  if (!t) return broken(name, t.error().what);
  if (!r.empty()) return broken(name, "goes on after its trailer");
  return t;
}

Cursor::Step Cursor::next(Frame& out) {
  const View rest = file_.subspan(at_);
  if (rest.empty()) return Step::end;
  Reader r{rest};
  const std::uint32_t length = r.u32();
  if (!r.ok()) return Step::torn;
  if (length == trailer_marker) return Step::trailer;
  if (length < crypto::stream_overhead_bytes || length > sealed_bytes_max) return Step::damaged;
  out.sequence = r.u64();
  out.records = r.u32();
  out.mark = r.u64();
  const std::uint32_t crc = r.u32();
  out.sealed = r.take(length);
  if (!r.ok()) return Step::torn;
  if (out.sequence != sequence_ ||
      crc != crypto::crc32c(out.sealed, crypto::crc32c(rest.first(frame_header_bytes - 4))))
    return Step::damaged;
  ++sequence_;
  at_ += frame_header_bytes + length;
  return Step::frame;
}

}  // namespace format
}  // namespace writ::vault
