// SPDX-License-Identifier: GPL-3.0-or-later
// Capture files as bytes: pcap (micro- and nanosecond, both byte orders; also the "modified" Kuznetzov
// header) and pcapng (SHB, IDB with if_tsresol and if_tsoffset, EPB, SPB, obsolete PB; several interfaces and
// sections). draft-ietf-opsawg-pcap, -pcapng.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hh"
#include "base/result.hh"
#include "wire/packet.hh"

namespace writ::wire {

// Records of a classic file in its usual shape (little endian, 16-byte headers), for a loop that cannot
// afford a call a packet: pass over what needs no more than a look, leave the rest to CaptureReader::next.
class PlainRecords {
 public:
  // The record at the front, in place. False where next() has to judge: at the end, at a record that is cut
  // or broken.
  [[gnu::always_inline]] bool front(RawPacket& out) const {
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < header_bytes) return false;
    const std::uint32_t captured = le32(at_ + 8);
    if (captured > limits::packet_bytes_max || captured > left - header_bytes) return false;
    out.at = from_ns(std::int64_t{le32(at_)} * 1'000'000'000 + le32(at_ + 4) * scale_);
    out.link_type = link_type_;
    out.bytes = View(at_ + header_bytes, captured);
    out.wire_length = std::max(captured, le32(at_ + 12));
    return true;
  }
  void pop(const RawPacket& front) { at_ = front.bytes.data() + front.bytes.size(); }

 private:
  friend class CaptureReader;
  static constexpr std::size_t header_bytes = 16;
  static std::uint32_t le32(const std::uint8_t* p) { return __builtin_bswap32(load_be32(p)); }
  const std::uint8_t *at_ = nullptr, *end_ = nullptr;
  std::int64_t scale_ = 1;  // nanoseconds of a tick
  std::uint32_t link_type_ = 1;
};

class CaptureReader {
 public:
  // `file` must outlive the reader. Exit::usage with a clear sentence when it is no capture file.
  static Result<CaptureReader> open(View file);
  // Tells inputs apart: a packet's ingress is the place, from 1, at which its interface's name (if_name of
  // pcapng) stands in `names`; 0 for others, and for a name that two interfaces of one section have. `whole`:
  // all came in at the first of them, as long as the file tells of no second interface.
  void name_inputs(std::vector<std::string> names, bool whole);
  // Those of `names` that the file has told of so far, and those that are several interfaces at once.
  InputSet told_inputs() const { return told_; }
  InputSet ambiguous_inputs() const { return ambiguous_; }
  // False at the end. A record that runs past the file's end sets truncated(); a broken record stops with
  // broken() saying where.
  bool next(RawPacket& out);
  bool truncated() const { return truncated_; }
  const std::string& broken() const { return broken_; }
  bool is_ng() const { return format_ == Format::ng; }
  // Frames that the capturing card or host itself says it lost before the one that was read last (ERF,
  // pcapng), and since when those before that one may be missing (pcapng; zero: since the packet before).
  std::uint64_t lost() const { return lost_; }
  Instant lost_since() const { return lost_since_; }

  // What is left, when it can be read so; and where that reading stopped.
  std::optional<PlainRecords> plain_records() const;
  void skip_to(const PlainRecords& left) { at_ = static_cast<std::size_t>(left.at_ - file_.data()); }

  // A file that comes piece by piece. next() says false and starved() when the window ends within a record
  // and is not the last: give a window that begins at position(), with more in it.
  static Result<CaptureReader> open_window(View window, bool last);
  bool starved() const { return starved_; }
  std::uint64_t position() const { return base_ + at_; }
  void window(View from_position, bool last);

 private:
  struct Interface {
    std::uint32_t link_type = 1;
    std::uint32_t snap_length = 0;  // 0: no limit
    std::uint64_t ticks_per_second = 1'000'000;
    std::int64_t offset_s = 0;
    // What was lost on it, as its packets say one by one, and as its statistics say in sum.
    std::uint64_t lost_told = 0, lost_counted = 0;
    Instant last{}, counted{};  // its last packet; its packet at the last statistics, or its first
    std::uint32_t ingress = 0;
  };
  struct Block {
    std::uint32_t type = 0;
    View body;
  };
  enum class Format : std::uint8_t { classic, ng, erf };
  CaptureReader() = default;
  bool next_classic(RawPacket& out);
  bool next_ng(RawPacket& out);
  bool next_erf(RawPacket& out);
  bool short_of_bytes();  // sets truncated_ or starved_; always false
  bool next_block(Block& out);
  bool start_section(View body);
  bool add_interface(View body);
  template <class F>
  bool each_option(View options, F&& f) const;
  bool interface_option(std::uint16_t code, View value, Interface& i);
  std::uint32_t ingress_of(std::string_view interface) const;
  void tell_input(const Interface& i);
  bool packet_of(const Block& b, RawPacket& out);
  void note_packet(const Block& b, Instant at);
  void note_statistics(View body);
  void grow_lost(const Interface& i, std::uint64_t before, Instant since);
  bool simple_packet(View body, RawPacket& out);
  bool fill(std::uint32_t interface, std::uint64_t ticks, View data, std::uint32_t wire_length,
            RawPacket& out);
  bool stop(std::string_view why);  // sets broken_; always false
  std::uint16_t u16(View v, std::size_t at) const {
    const std::uint16_t x = load_be16(v.data() + at);
    return swapped_ ? __builtin_bswap16(x) : x;
  }
  std::uint32_t u32(View v, std::size_t at) const {
    const std::uint32_t x = load_be32(v.data() + at);
    return swapped_ ? __builtin_bswap32(x) : x;
  }
  std::uint64_t u64(View v) const {  // in the first eight bytes
    const std::uint64_t a = u32(v, 0), b = u32(v, 4);
    return swapped_ ? b << 32 | a : a << 32 | b;
  }
  View file_;
  std::size_t at_ = 0;
  std::uint64_t base_ = 0;  // of the file before the window
  bool last_ = true, starved_ = false;
  std::uint64_t lost_ = 0;
  Instant lost_since_{};      // of what was lost before the packet that was read last
  bool lost_told_ = true;     // that packet was given out
  std::size_t block_at_ = 0;  // where the current record begins, for broken()
  Format format_ = Format::classic;
  bool swapped_ = false, nano_ = false, truncated_ = false;
  std::size_t record_header_ = 16;
  std::uint32_t link_type_ = 1;
  std::vector<Interface> interfaces_;
  std::vector<std::string> inputs_;
  bool whole_ = false;  // all of it is inputs_[0]
  InputSet told_ = 0, ambiguous_ = 0;
  std::string broken_;
};

// Writes a nanosecond little-endian pcap (magic 0xa1b23c4d) that tshark, tcpdump and editcap read.
class CaptureWriter {
 public:
  explicit CaptureWriter(std::uint32_t link_type);
  void add(const RawPacket& p);
  const Bytes& bytes() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

}  // namespace writ::wire
