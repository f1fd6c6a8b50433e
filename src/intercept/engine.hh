// SPDX-License-Identifier: GPL-3.0-or-later
// The interception engine: decides for every packet whether a grant names it, follows the calls of targets,
// and tells the sink. It keeps nothing of anyone else (47 USC 1002(a)(4)), judges every packet by the
// packet's own time against the grant's window, and never lets an unproven claim of identity start a capture.
#pragma once
#include <memory>
#include <vector>

#include "authority/grant.hh"
#include "base/limits.hh"
#include "intercept/evidence.hh"
#include "intercept/unread.hh"
#include "wire/packet.hh"
#include "wire/pcap.hh"

namespace writ::intercept {

class Sink {
 public:
  virtual ~Sink() = default;
  // `grant` is the index into the vector given to the engine.
  virtual Status event(std::size_t grant, const Event& e) = 0;
  // Called for content grants only: the engine has no way to hand a packet of a pen or trap grant to anyone
  // (I10).
  virtual Status packet(std::size_t grant, const PacketTag& tag, const wire::RawPacket& p) = 0;
};

struct EngineOptions {
  std::vector<wire::Address> hep_from;  // capture agents whose HEP is read; nobody else's is
  std::uint32_t calls_before = 0;       // the numbers of calls begin after this one
  std::vector<std::string> inputs{};    // names; a packet's ingress is its place in this list, from 1
  // What waits for a proof of its identity: so many calls and registrations, so many bytes of theirs.
  std::size_t pending_dialogs_max = limits::pending_dialogs_max;
  std::size_t pending_bytes_max = limits::pending_bytes_max;
};

struct EngineStats {
  std::uint64_t packets = 0, bytes = 0, udp = 0, sip = 0, fragments = 0;
  std::uint64_t hep = 0;  // messages of listed agents that wrap SIP, RTP or RTCP
  std::uint64_t packets_isolated = 0, calls_isolated = 0, reviews = 0;
  UnreadCounts unread{};
  bool operator==(const EngineStats&) const = default;
};

// Packets that were passed over: counted, and nobody's.
struct Passed {
  std::uint64_t packets = 0;
  Instant last{};       // of the last of them
  bool looked = false;  // at the packet that is in front now: the short way is not for it
};

class Engine {
 public:
  // Both outlive the engine.
  Engine(const std::vector<authority::VerifiedGrant>& grants, Sink& sink, EngineOptions options = {});
  Engine(std::vector<authority::VerifiedGrant>&&, Sink&, EngineOptions = {}) = delete;
  ~Engine();
  // The vector has grown at its end: what stands there counts from the next packet on.
  void grants_added();
  // Errors come from the sink only; the engine itself accepts anything.
  Status on_packet(const wire::RawPacket& p);
  // The short way of nearly every packet (pass_over.cc): true when `p` is plain media of nobody's. It is
  // counted then, as on_packet would have done; else nothing has happened.
  bool pass(const wire::RawPacket& p);
  // The same over a capture file: passes packets at the front of `reader`, `most` at most, as long as their
  // times lie in [from, until).
  Passed pass_over(wire::CaptureReader& reader, Instant from, Instant until, std::uint64_t most);
  // Packets that came and are not given to it; the places of those after them in the input are as they are.
  void skip(std::uint64_t packets);
  // Ends idle calls; call it with packet time about once a second.
  Status tick(Instant now);
  // End of input: calls still up are reported ("still up at end of capture"), pending identities become
  // reviews.
  Status finish();
  const EngineStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::intercept
