// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a segment (see segment.hh), for the writer, the reader and the recovery. Knows no secret and
// no file.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vault/segment.hh"

namespace writ::vault::format {

struct Recipient {
  crypto::BoxPublic to;
  Bytes key;  // the segment key, sealed
};
struct Header {
  crypto::Digest grant{};
  Stream stream = Stream::call_data;
  std::uint64_t number = 0;
  crypto::VerifyKey probe;
  std::string opened, source;
  std::optional<crypto::Digest> previous;
  std::vector<Recipient> recipients;
  Bytes stream_header;
};
struct Trailer {
  std::uint64_t frames = 0, records = 0, bytes = 0, cut = 0;
  crypto::Digest sha256{};
  std::string closed;
  bool final = false;
};
struct Frame {
  std::uint64_t sequence = 0, mark = 0;
  std::uint32_t records = 0;
  View sealed;
};

inline constexpr std::size_t frame_header_bytes = 28;

std::string file_name(Stream stream, std::uint64_t number);
Bytes encode_header(const Header& h, const crypto::SigningKey& probe);
Bytes encode_trailer(const Trailer& t, const crypto::SigningKey& probe);
// `frame` holds frame_header_bytes of room, then the ciphertext; fills the room.
void finish_frame(Bytes& frame, std::uint64_t sequence, std::uint32_t records, std::uint64_t mark);

// Errors are Exit::integrity and begin with `name`.
Result<Header> parse_header(View file, const crypto::VerifyKey& probe, const std::string& name,
                            std::size_t& end);
Result<Trailer> parse_trailer(View bytes, const crypto::VerifyKey& probe, const std::string& name);

// Walks the frames. `at` stays before what could not be read.
class Cursor {
 public:
  enum class Step {
    frame,
    trailer,  // its marker; parse_trailer judges the rest
    end,      // the file ends with a whole frame
    torn,     // the file ends within a frame
    damaged,  // impossible length, wrong sequence or checksum
  };
  // `sequence`: of the frame at `at`.
  Cursor(View file, std::size_t at, std::uint64_t sequence = 0) : file_(file), at_(at), sequence_(sequence) {}
  Step next(Frame& out);
  std::size_t at() const { return at_; }
  std::uint64_t frames() const { return sequence_; }

 private:
  View file_;
  std::size_t at_;
  std::uint64_t sequence_;
};

}  // namespace writ::vault::format
