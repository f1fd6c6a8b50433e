// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's spool: one directory per grant (<spool>/<grant id>/), two sealed streams, group commit.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "capture/run_progress.hh"
#include "intercept/engine.hh"
#include "vault/segment.hh"

namespace writ::capture {

struct LaneCounts {  // of one grant, in this run
  std::uint64_t events = 0, packets = 0;
  std::uint64_t acknowledged = 0;  // of both
  std::uint64_t resumed =
      0;  // given by the engine again, already sealed by an earlier run over the same source
};

// An intercept::Sink that seals. A pen or trap grant gets no content writer: there is nothing that could take
// a packet.
class Spool final : public intercept::Sink {
 public:
  // `source` names the capture file (source_identity, run.hh), so that a run that was killed is finished
  // once; empty for live interfaces. Key and clock outlive it. Exit::unit when another process has the spool.
  static Result<Spool> open(const fs::path& dir, const std::vector<authority::VerifiedGrant>& grants,
                            const crypto::SigningKey& probe, Clock& clock, const std::string& source = {});
  Spool(Spool&&) noexcept;
  ~Spool() override;
  // One more, after those that are there.
  Status add(const authority::VerifiedGrant& grant);
  // The place in the source (1, 2, ...) of what comes next; 0 for live interfaces.
  void at(std::uint64_t position);
  Status event(std::size_t grant, const intercept::Event& e) override;
  Status packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) override;
  Status maybe_commit();  // commits what is older than limits::group_commit_ms_max (monotonic time); cheap
                          // when nothing is due
  Status commit();
  Status close();
  // While nobody may stop the interception from afar, nothing is sealed: what comes meanwhile is dropped.
  void pause(bool paused);
  // The grant's authority is over: what was said to be under surveillance is not any more, as of a moment in
  // its window; its streams are closed, whatever else comes for it is dropped.
  Status end_grant(std::size_t grant, Instant at, const char* why);
  bool ended(std::size_t grant) const;
  std::size_t grants() const;
  std::uint64_t bytes_written() const;
  LaneCounts counts(std::size_t grant) const;
  // Calls of all grants that have begun and not been released; one call of two grants counts twice.
  std::size_t calls_up() const;
  RunProgress& progress();  // written by the pump

 private:
  struct Impl;
  explicit Spool(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// Closes what a crash left open in every grant's directory, whether the grant is still alive or not.
Status recover_spool(const fs::path& dir, const crypto::SigningKey& probe, Clock& clock);

}  // namespace writ::capture
