// SPDX-License-Identifier: GPL-3.0-or-later
// RTP payloads to 16-bit mono PCM, in this process. Only writ-decode (locked in) and the fuzz target decode
// with it; the rest of Writ asks it for facts about a codec, which need no decoder.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"
#include "wire/amr.hh"

namespace writ::media {

struct DecodeRequest {
  std::string codec;  // RFC 3551 / IANA name, upper case
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;
};

inline constexpr std::size_t payload_bytes_max = 65535;  // one UDP datagram
inline constexpr std::uint32_t packet_seconds_max =
    10;  // more audio than that in one packet is nonsense, and is cut

enum class CodecKind : std::uint8_t {
  pcmu,
  pcma,
  l16,
  g722,
  g729,
  gsm,
  opus,
  g726,
  g723,
  ilbc,
  speex,
  amr,
  amr_wb,
  dvi4,
  cn,
};

// What can be said of a codec without opening a decoder.
struct CodecFacts {
  CodecKind kind = CodecKind::pcmu;
  std::uint32_t rate = 8000;  // samples per second that come out
  std::uint8_t channels = 1;  // inside the payload; what comes out is mono
  std::uint8_t bits = 8;      // G.726: per sample
  bool big_endian = false;    // G.726: AAL2 packing
  wire::AmrLayout amr;        // AMR and AMR-WB
};
// Exit::partial when the codec is not known, or its parameters make no sense.
Result<CodecFacts> codec_facts(const DecodeRequest& r);

// Samples that a payload stands for by its length (and, for Opus, its first bytes), at `rate`; 0 when that
// cannot be told.
std::uint32_t nominal_samples(const CodecFacts& f, View payload);

class Codec {
 public:
  static Result<Codec> open(const DecodeRequest& r);
  Codec(Codec&&) noexcept;
  ~Codec();
  std::uint32_t rate() const;
  // Appends the payload's samples to `out`. Codec frames that cannot be decoded become silence of their
  // length. Returns the number of such frames; frames of comfort noise are no fault. RFC 3389's have no
  // length of their own, G.729's (SID) and AMR's are silence of theirs.
  std::uint32_t decode(View payload, std::vector<std::int16_t>& out);
  // What the packet after a loss repeats of what was lost (Opus in-band FEC): appends at most `samples`, the
  // last of the loss; nothing where nothing is repeated. To be asked before that packet is decoded.
  void recover(View next, std::uint32_t samples, std::vector<std::int16_t>& out);
  // Appends the noise that the sender's last SID or CN asks for; silence when none does.
  void noise(std::uint32_t samples, std::vector<std::int16_t>& out);

 private:
  struct Impl;
  explicit Codec(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::media
