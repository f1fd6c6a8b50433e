// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/findings.hh"

namespace writ::probe {

Findings::Findings(Stage& stage, std::function<bool()> still_read)
    : board_(stage.board()),
      ring_(board_.findings, stage.findings(), board_.findings.written.load(std::memory_order_acquire)),
      still_read_(std::move(still_read)) {}

Status Findings::event(std::size_t grant, const intercept::Event& e) {
  note_call(e.call);
  return put(FindingRecord::Kind::event, grant, intercept::encode(e));
}

Status Findings::packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) {
  note_call(tag.call);
  intercept::encode(tag, p, scratch_);
  return put(FindingRecord::Kind::packet, grant, scratch_);
}

void Findings::tell(const intercept::EngineStats& s) {
  board_.packets.store(s.packets, std::memory_order_relaxed);
  board_.bytes.store(s.bytes, std::memory_order_relaxed);
  board_.packets_isolated.store(s.packets_isolated, std::memory_order_relaxed);
  board_.calls_isolated.store(s.calls_isolated, std::memory_order_relaxed);
  board_.reviews.store(s.reviews, std::memory_order_relaxed);
}

void Findings::note_call(std::uint32_t call) {
  if (call > board_.calls_seen.load(std::memory_order_relaxed))
    board_.calls_seen.store(call, std::memory_order_relaxed);
}

Status Findings::put(FindingRecord::Kind kind, std::size_t grant, View record) {
  const FindingRecord head{kind, static_cast<std::uint32_t>(grant), place_};
  while (!ring_.put({bytes_of(head), record})) {
    constexpr int wait_ms = 5;
    ring_.publish();  // one frame's findings that fill the ring are seen in parts
    if (!ring_.wait_for_room(wait_ms) && still_read_ && !still_read_())
      return fail(Exit::unit, "the sealer ended");
  }
  if (ring_.strayed()) return fail(Exit::integrity, "the same frames gave other findings");
  return {};
}

}  // namespace writ::probe
