// SPDX-License-Identifier: GPL-3.0-or-later
// One direction of a TCP connection: the pieces that are not used up yet, by position, and the ranges that
// are. What arrived first wins, unless its checksum says that it never arrived at the receiver and that of
// another reading says it did.
#pragma once
#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "wire/packet.hh"
#include "wire/permessage_deflate.hh"

namespace writ::wire {

struct FlowKey {
  Endpoint src, dst;
  bool operator==(const FlowKey&) const = default;
};

// One segment as it came.
struct Segment {
  TcpSegment tcp;
  Bytes frame;  // empty when the segment was put together from fragments
  Bytes payload;
  RawPacket raw;  // its bytes are `frame`
  std::size_t network_at = 0;
  bool bare = false;
  View network() const { return frame.empty() ? View{} : View(frame).subspan(network_at); }
};

struct Piece {  // bytes [offset, offset + length) of a segment's payload
  std::shared_ptr<const Segment> of{};
  std::size_t offset = 0, length = 0;
  bool begins = false, searched = false;  // a message begins here; looked for one inside
  bool aged = false;                      // has waited, and what it held was read once more
  std::optional<bool> own_start{};        // whether is_start() says so of its bytes, once asked
  View bytes() const { return View(of->payload).subspan(offset, length); }
};

struct SequenceRange {
  std::uint64_t begin, end;
};

using Pieces = std::map<std::uint64_t, Piece>;  // disjoint

struct Stream {
  // On trial until it shows SIP; who has nothing that waits gives way first.
  enum class Standing : std::uint8_t { trial, idle, busy };
  static constexpr std::size_t standings = 3;

  Standing standing = Standing::idle;
  std::list<FlowKey>::iterator place{};
  std::uint64_t reference = std::uint64_t{1} << 32;  // position of `reference_seq`
  std::uint32_t reference_seq = 0;
  Pieces pieces{};
  std::vector<SequenceRange> used{};      // sorted, disjoint, not touching
  std::vector<SequenceRange> doubtful{};  // of `used`: read from segments whose checksum does not fit
  std::size_t bytes = 0;
  Instant oldest = Instant::max(), oldest_aged = Instant::max();  // of the pieces, at the earliest
  Instant last{};                                                 // segment
  std::optional<std::uint32_t> begins_anew{};  // where the data of another connection with these ports begin
  std::uint64_t wait_at = 0, wait_until = 0;   // the message that begins at the one is whole at the other
  std::optional<std::uint64_t>
      cut_said{};  // where a message begins that came out cut, while its rest may come
  bool sip = false, websocket = false, overlapped = false;
  std::unique_ptr<Inflater> inflater{};  // where the handshake agreed to compress
  std::uint64_t inflated_to = 0;         // everything before was read, as far as its messages need

  std::uint64_t position(std::uint32_t seq);
  // Where a message may begin.
  void begins_at(std::uint32_t seq);
  // A SYN is also sent twice, arrives behind the first data, or is forged.
  bool is_of_this(const Decoded& syn, Instant at) const;
  bool follows_used(std::uint64_t p) const;
  // Takes what is new of the segment; where it lies in its stream.
  SequenceRange keep(const Decoded& d, const RawPacket& frame);
  void use_up(SequenceRange r);
  void doubt(SequenceRange r);
  void set_oldest();

 private:
  void keep_part(const std::shared_ptr<const Segment>& segment, std::uint64_t origin, SequenceRange part);
  void reopen(SequenceRange fresh, const Segment& segment);
  bool gives_way(const Piece& held, const Segment& fresh) const;
};

// Does its checksum fit? False also where that cannot be known.
bool fits(const Segment& s);

// The first piece that ends behind `p`.
template <class Map>
auto piece_at(Map& pieces, std::uint64_t p) {
  auto it = pieces.upper_bound(p);
  if (it == pieces.begin()) return it;
  const auto before = std::prev(it);
  return before->first + before->second.length > p ? before : it;
}
// The first piece of those that join the one at or behind `p`.
Pieces::iterator run_begin(Pieces& pieces, std::uint64_t p);
std::uint64_t run_end(const Pieces& pieces, Pieces::const_iterator it);
// The pieces from `it` on that join, as one text.
Bytes run_from(const Pieces& pieces, Pieces::const_iterator it);

}  // namespace writ::wire
