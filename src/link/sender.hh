// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's end of the link: holds one connection to the office, brings papers into the grants directory
// and sealed segments to the office, and begins again, for ever, when the connection is lost. Knows no secret
// but its own TLS key.
#pragma once
#include <functional>

#include "base/stop.hh"
#include "link/channel.hh"
#include "link/inbox.hh"
#include "link/outgoing.hh"

namespace writ::link {

struct SenderSetup {
  fs::path spool, grants, papers;
  Where office;
  authority::TrustRoots roots;
  crypto::VerifyKey probe;
  Admission admission;
};

class Sender {
 public:
  using Said = std::function<void(const std::string& what, const Json& detail)>;
  Sender(const SenderSetup& setup, const TlsSetup& tls, Clock& clock, Said said);
  // Until `stop` is not 0.
  void run(const StopFlag& stop);

 private:
  using Steady = std::chrono::steady_clock;
  Status connection(const StopFlag& stop);
  Status step(Channel& channel);
  Status hear(Channel& channel, const Frame& f);
  Status offer(Channel& channel);
  const SenderSetup& setup_;
  const TlsSetup& tls_;
  Clock& clock_;
  Said said_;
  Inbox inbox_;
  Outgoing outgoing_;
  bool greeted_ = false, asked_ = false;
  std::uint64_t received_ = 0;
  Steady::time_point heard_{}, spoke_{}, looked_{};
};

}  // namespace writ::link
