// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/frame.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::link {
namespace {

constexpr std::size_t head_bytes = 5;

tl::unexpected<Error> bad_frame(const std::string& why) {
  return fail(Exit::usage, "the other end does not speak " + std::string(protocol) + ": " + why,
              "frames of the link (docs/link.md)", "the same version of Writ at both ends");
}

bool is_type(std::uint8_t t) {
  return t >= static_cast<std::uint8_t>(Type::hello) && t <= static_cast<std::uint8_t>(Type::trouble);
}

void put_stream(Bytes& out, const StreamName& s) {
  put_bytes(out, s.grant);
  out.push_back(s.stream == vault::Stream::content ? 1 : 0);
}

Result<StreamName> take_stream(Reader& r) {
  StreamName s;
  const View grant = r.take(s.grant.size());
  const std::uint8_t stream = r.u8();
  if (!r.ok() || stream > 1) return bad_frame("a stream's name is none");
  std::copy(grant.begin(), grant.end(), s.grant.begin());
  s.stream = stream == 1 ? vault::Stream::content : vault::Stream::call_data;
  return s;
}

}  // namespace

void put_frame(Bytes& out, Type type, View payload) {
  put_be32(out, static_cast<std::uint32_t>(payload.size()));
  out.push_back(static_cast<std::uint8_t>(type));
  put_bytes(out, payload);
}

void FrameReader::feed(View bytes) {
  if (at_ > 0) {
    have_.erase(have_.begin(), have_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  put_bytes(have_, bytes);
}

Result<std::optional<Frame>> FrameReader::next() {
  Reader r{View{have_}.subspan(at_)};
  const std::uint32_t length = r.u32();
  const std::uint8_t type = r.u8();
  if (!r.ok()) return std::optional<Frame>{};
  if (!is_type(type)) return bad_frame(fmt::format("a frame of type {}", type));
  if (length > max_) return bad_frame(fmt::format("a frame of {} bytes", length));
  const View payload = r.take(length);
  if (!r.ok()) return std::optional<Frame>{};
  at_ += head_bytes + length;
  return std::optional{Frame{static_cast<Type>(type), {payload.begin(), payload.end()}}};
}

Bytes encode_ask(const StreamName& s) {
  Bytes out;
  put_stream(out, s);
  return out;
}

Result<StreamName> parse_ask(View payload) {
  Reader r{payload};
  WRIT_TRY(s, take_stream(r));
  if (!r.empty()) return bad_frame("a question that goes on");
  return s;
}

Bytes encode_piece(const Piece& p) {
  Bytes out;
  out.reserve(p.bytes.size() + 64);
  put_stream(out, {p.segment.grant, p.segment.stream});
  put_be64(out, p.segment.number);
  put_be64(out, p.offset);
  put_bytes(out, p.bytes);
  return out;
}

Result<Piece> parse_piece(View payload) {
  Reader r{payload};
  WRIT_TRY(s, take_stream(r));
  Piece p;
  p.segment = {s.grant, s.stream, r.u64()};
  p.offset = r.u64();
  p.bytes = r.rest();
  if (!r.ok() || p.bytes.empty() || p.bytes.size() > piece_bytes_max || p.segment.number == 0 ||
      p.segment.number > 999'999'999'999 || p.offset > (1ull << 40))
    return bad_frame("a piece of an impossible place");
  return p;
}

}  // namespace writ::link
