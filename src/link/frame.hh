// SPDX-License-Identifier: GPL-3.0-or-later
// What a probe and its office say to each other inside TLS. Both ends are ours and either may speak at any
// time, so it is a stream of frames and no HTTP:
//
//   be32 length of the payload, u8 type, payload
//
// Papers travel as the signed texts that they are; whoever takes one verifies it as if it had come on a
// medium.
#pragma once
#include <optional>

#include "custody/paper.hh"

namespace writ::link {

enum class Type : std::uint8_t {
  hello = 1,        // both, first of all: the protocol's name
  grant = 2,        // to the probe: a grant file
  revocations = 3,  // to the probe: the newest list
  lease = 4,        // to the probe
  ask = 5,          // to the office: how far is this stream?
  held = 6,         // to the probe: so far, signed by the desk (papers.hh)
  piece = 7,        // to the office
  alive = 8,        // both, when there is nothing else to say
  trouble = 9,      // to the probe: why the office took something not; text
};

inline constexpr std::string_view protocol = "writ.link/1";
inline constexpr std::size_t piece_bytes_max = 4u << 20;  // of one piece
inline constexpr std::size_t to_office_bytes_max = piece_bytes_max + 64;
inline constexpr std::size_t to_probe_bytes_max = 16u << 20;  // a revocation list

struct Frame {
  Type type = Type::alive;
  Bytes payload;
};
void put_frame(Bytes& out, Type type, View payload);

// Cuts frames out of what came. Never holds more than one frame's length beyond what was fed at once.
class FrameReader {
 public:
  explicit FrameReader(std::size_t payload_max) : max_(payload_max) {}
  void feed(View bytes);
  // nullopt: not whole yet. Exit::usage: no such type, or longer than may be; nothing can be read after it.
  Result<std::optional<Frame>> next();

 private:
  std::size_t max_, at_ = 0;
  Bytes have_;
};

struct StreamName {
  crypto::Digest grant{};
  vault::Stream stream = vault::Stream::call_data;
  auto operator<=>(const StreamName&) const = default;
};
Bytes encode_ask(const StreamName& s);
Result<StreamName> parse_ask(View payload);

struct Piece {
  custody::SegmentName segment;
  std::uint64_t offset = 0;
  View bytes;  // not empty
};
Bytes encode_piece(const Piece& p);
Result<Piece> parse_piece(View payload);  // `bytes` looks into `payload`

}  // namespace writ::link
