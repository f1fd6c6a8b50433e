// SPDX-License-Identifier: GPL-3.0-or-later
// FIAS, the record protocol between a hotel's property system and its telephone system: STX, a record of two
// letters and `|`-ended fields of two letters, ETX; over TCP or a serial line, without LRC. Both halves are
// tolerant: what is odd is used as far as it goes and its oddity recorded, never dropped unsaid. No I/O.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hh"

namespace writ::wire {

inline constexpr std::size_t fias_frame_bytes_max = 8192;  // a real record has a few hundred bytes
inline constexpr std::size_t fias_fields_max = 128;

// What a stream of bytes is made of. The views live until the next call.
struct FiasPiece {
  enum class What {
    frame,      // the bytes between STX and ETX
    noise,      // bytes outside of any frame (line ends, ACK, NAK, ENQ, EOT and NUL are none)
    half,       // a frame that a new STX cut short, or the end of the connection
    oversized,  // the first bytes of a frame of more than fias_frame_bytes_max; the rest is skipped
  };
  What what = What::frame;
  View bytes;
};

// Cuts a stream into frames, however the reads cut it. After anything odd the next STX is a new beginning.
// Memory: one frame at most.
class FiasScanner {
 public:
  using Sink = std::function<void(const FiasPiece&)>;
  void feed(View bytes, const Sink& sink);
  // The connection has ended: a frame that had begun is given out as `half`.
  void end(const Sink& sink);
  bool in_frame() const { return state_ == State::inside; }

 private:
  enum class State { outside, inside, skipping };
  void give(FiasPiece::What what, const Sink& sink);

  State state_ = State::outside;
  Bytes held_;  // of the frame that has begun, or the noise of this call
};

// Bits of FiasRecord::oddities.
enum FiasOddity : std::uint32_t {
  fias_no_type = 1,            // less than two letters, or no letters
  fias_no_separator = 2,       // the type is not followed by '|'
  fias_short_field = 4,        // a field of less than two characters (left out)
  fias_unended = 8,            // the last field has no '|' at its end (used)
  fias_repeated_field = 16,    // the first one counts
  fias_too_many_fields = 32,   // those above fias_fields_max are left out
  fias_control_character = 64  // inside of a value (left in)
};
std::string fias_oddity_text(std::uint32_t bits);  // "last field not ended; repeated field"

struct FiasRecord {
  struct Field {
    std::string_view id;  // two characters
    std::string_view value;
  };
  std::string_view type;  // "GI"; empty where there are no two letters
  std::vector<Field> fields;
  std::uint32_t oddities = 0;

  bool has(std::string_view id) const;
  // Trimmed; "" when absent.
  std::string_view first(std::string_view id) const;
};

// `text` must outlive the record. A site's character set is decoded before: in some (Shift JIS, Big5) the
// second byte of a character can be that of '|'. Never fails.
FiasRecord parse_fias(std::string_view text);

struct FiasDate {
  int year = 0;  // 2000..2099
  int month = 0, day = 0;
};
struct FiasTime {
  int hour = 0, minute = 0, second = 0;
};
std::optional<FiasDate> parse_fias_date(std::string_view yymmdd);  // a day that exists
std::optional<FiasTime> parse_fias_time(std::string_view hhmmss);

// All that a telephone system that only listens ever says; no guest record is among them.
enum class FiasSaying {
  link_start,        // LS
  link_description,  // LD
  link_record,       // LR
  link_alive,        // LA
  link_end,          // LE
  resync_request,    // DR
};
// "LR", and so on.
std::string_view to_string(FiasSaying s);
// `fields` as they are written, each ended with '|': "RIGI|FLRNG#|". Framed.
Bytes encode_fias(FiasSaying s, std::string_view fields);

}  // namespace writ::wire
