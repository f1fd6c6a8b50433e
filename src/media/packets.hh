// SPDX-License-Identifier: GPL-3.0-or-later
// The packets of a call as media/ reads them: the evidence, and beside it what was decrypted of it.
#pragma once
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "intercept/evidence.hh"
#include "wire/rtp.hh"

namespace writ::media {

class Packets {
 public:
  // Implicit on purpose: evidence of which nothing was decrypted. It must outlive this.
  Packets(const std::vector<intercept::EvidencePacket>& evidence) : evidence_(evidence) {}
  std::size_t size() const { return evidence_.size(); }
  Instant at(std::size_t i) const { return evidence_[i].raw.at; }
  // What the UDP datagram carried; nothing when there is none (a fragment that is not the last). Decrypted
  // where that was done.
  std::optional<View> payload(std::size_t i) const;
  std::optional<wire::RtpPacket> rtp(std::size_t i) const;
  // To be called before packet index[k] of a stream is read.
  [[gnu::always_inline]] void expect(std::span<const std::size_t> index, std::size_t k) const {
    intercept::expect_packet(evidence_, index, k);
  }
  // True: an encrypted packet that did not prove genuine, or came again; it is in no recording.
  bool left_out(std::size_t i) const;

  void replace(std::size_t i, Bytes rtp_packet) { clear_.insert_or_assign(i, std::move(rtp_packet)); }
  void leave_out(std::size_t i) { clear_.insert_or_assign(i, Bytes{}); }

 private:
  const std::vector<intercept::EvidencePacket>& evidence_;
  std::unordered_map<std::size_t, Bytes> clear_;  // empty: left out
};

}  // namespace writ::media
