// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine gives out, on its way to the sealer.
#pragma once
#include <functional>

#include "probe/stage.hh"

namespace writ::probe {

class Findings final : public intercept::Sink {
 public:
  // `still_read` is asked while there is no room: false, and what is given fails.
  explicit Findings(Stage& stage, std::function<bool()> still_read = {});
  // Of what comes next; 0: of a source that cannot be read again.
  void at(std::uint64_t place) { place_ = place; }
  Status event(std::size_t grant, const intercept::Event& e) override;
  Status packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) override;
  Status finished(const Finished& f) { return put(FindingRecord::Kind::finished, 0, bytes_of(f)); }
  // The frame at hand is done: what it gave can be seen.
  void publish() { ring_.publish(); }
  bool strayed() const { return ring_.strayed(); }
  // For whoever watches: numbers to show.
  void tell(const intercept::EngineStats& s);

 private:
  void note_call(std::uint32_t call);
  Status put(FindingRecord::Kind kind, std::size_t grant, View record);

  Board& board_;
  RingWriter ring_;
  std::function<bool()> still_read_;
  std::uint64_t place_ = 0;
  Bytes scratch_;
};

}  // namespace writ::probe
