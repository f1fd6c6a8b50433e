// SPDX-License-Identifier: GPL-3.0-or-later
// One probe's connection at the office.
#pragma once
#include <set>

#include "desk/uplink_evidence.hh"
#include "desk/uplink_papers.hh"
#include "desk/uplink_register.hh"

namespace writ::desk {

class LinkSession {
 public:
  LinkSession(Carrier& c, link::Channel channel);
  const link::Channel& channel() const { return channel_; }
  const LinkProbe* probe() const { return probe_ ? &*probe_ : nullptr; }  // once it is known who it is
  bool is_over() const { return over_; }
  const Error* why() const { return why_ ? &*why_ : nullptr; }  // nullptr: it closed the connection itself
  // What came is read and answered, what is new is sent, timers run. `papers`: as they are now.
  void work(LinkPapers& papers);
  // The connection ends: what was taken comes into evidence.
  void end();

 private:
  using Steady = std::chrono::steady_clock;
  Status step(LinkPapers& papers);
  Status meet();
  Status answer(const link::Frame& f);
  Status give(LinkPapers& papers);
  void send(link::Type type, View payload);
  void send_held(const custody::Held& held);
  void close_with(Error e);
  Carrier* c_;
  link::Channel channel_;
  std::optional<LinkProbe> probe_;
  std::optional<LinkEvidence> evidence_;
  std::set<std::string> given_;  // grants
  std::uint64_t list_given_ = 0;
  bool greeted_ = false, over_ = false, closing_ = false;
  std::optional<Error> why_;
  std::uint64_t received_ = 0;
  Steady::time_point began_, heard_, spoke_, lease_due_{}, settle_due_{};
};

}  // namespace writ::desk
