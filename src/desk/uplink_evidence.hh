// SPDX-License-Identifier: GPL-3.0-or-later
// What a probe uploads, on its way into evidence. Pieces gather, judged and synced one by one, in
//
//   evidence/<matter>/.link/<grant>/<segment>.part
//
// and come into evidence/<matter>/<grant>/ with the same checks and the same note as a bundle's: a segment
// that is closed at once, one that still grows when it rests, or when its probe is gone. What lies in
// evidence is whole at any moment, whoever is killed.
#pragma once
#include <chrono>
#include <map>

#include "desk/carrier.hh"
#include "link/channel.hh"
#include "vault/segment_growing.hh"

namespace writ::desk {

class LinkEvidence {
 public:
  LinkEvidence(Carrier& c, std::string probe_name, const crypto::VerifyKey& probe)
      : c_(&c), probe_name_(std::move(probe_name)), probe_(probe) {}
  // How far the stream is held, on this disk. Exit::refused when its grant was not given to this probe.
  Result<custody::Held> open(const link::StreamName& s);
  // Durable when it returns. What is held already changes nothing. Exit::integrity: not what follows; the
  // stream has to be opened again.
  Result<custody::Held> take(const link::Piece& p);
  // Brings what grew into evidence: streams that rested for `rest`.
  Status settle(std::chrono::milliseconds rest);

 private:
  using Steady = std::chrono::steady_clock;
  struct Lane {
    std::string matter;
    fs::path kept, staged;  // directories
    Fd file;
    vault::GrowingSegment growing;
    std::uint64_t published = 0;  // bytes of it in evidence
    Steady::time_point grown{};
    fs::path in_evidence() const;
    fs::path gathering() const;
  };
  Result<std::string> matter_of(const crypto::Digest& grant) const;
  Result<Lane> lane_of(const link::StreamName& s) const;
  Result<vault::GrowingSegment> begun(const link::StreamName& s, Lane& lane) const;
  Status resume(const link::StreamName& s, Lane& lane);
  Status begin_segment(Lane& lane);
  Status publish(Lane& lane);
  Status note(const Lane& lane, const char* action, Json detail);
  static custody::Held held_of(const Lane& lane);
  Carrier* c_;
  std::string probe_name_;
  crypto::VerifyKey probe_;
  std::map<link::StreamName, Lane> lanes_;
};

}  // namespace writ::desk
