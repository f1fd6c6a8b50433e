// SPDX-License-Identifier: GPL-3.0-or-later
// Live sources: interfaces, and sockets that capture agents send HEP to; any number at once, in the order of
// time. Opening interfaces needs CAP_NET_RAW; running needs no privilege at all, so that the caller drops
// what it has in between.
#pragma once
#include <functional>

#include "base/stop.hh"
#include "capture/hep_tap.hh"
#include "capture/intake.hh"

namespace writ::capture {

struct LiveSettings {
  std::vector<std::string> interfaces;
  std::vector<HepListen> hep;
  unsigned rings = 1;                     // per interface, sharing what comes by flow (PACKET_FANOUT)
  std::vector<wire::Address> hep_from{};  // the agents that may tell, as the engine knows them
};
inline constexpr unsigned rings_max = 16;
// The inputs by the names that grants know them by (GrantBody::trust_from_at), each once: interfaces as they
// are given, then the places of HEP, as "UDP:192.0.2.1:9060". A packet's ingress is its place here, from 1.
std::vector<std::string> inputs_of(const LiveSettings& settings);

class LiveSource {
 public:
  // `said`: a line about an interface for which libpcap had to stand in for the ring.
  static Result<LiveSource> open(const LiveSettings& settings,
                                 const std::function<void(const std::string&)>& said);
  LiveSource(LiveSource&&) noexcept;
  ~LiveSource();
  std::vector<std::string> describe() const;
  std::uint64_t dropped() const;  // by the kernel
  struct Impl;
  Impl& impl() { return *i_; }

 private:
  explicit LiveSource(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// Stops in good order when stop is set (SIGINT, SIGTERM), or when the intake says so. `alarm` hears of
// drops and of interfaces that went down while it runs; both are gaps, too, and of deaf interfaces the intake
// is told how many there are.
Status run_live(LiveSource& source, Intake& intake, const StopFlag& stop,
                const std::function<void(const std::string&)>& alarm);

}  // namespace writ::capture
