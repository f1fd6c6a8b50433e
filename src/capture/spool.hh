// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's spool: one directory per grant (<spool>/<grant id>/), two sealed streams, group commit.
#pragma once
#include <memory>
#include <vector>

#include "intercept/engine.hh"
#include "vault/segment.hh"

namespace writ::capture {

// An intercept::Sink that seals. A pen or trap grant gets no content writer: there is nothing that could take a packet.
class Spool final : public intercept::Sink {
 public:
  static Result<Spool> open(const fs::path& dir, const std::vector<authority::VerifiedGrant>& grants,
                            const crypto::SigningKey& probe, Clock& clock);
  Spool(Spool&&) noexcept;
  ~Spool() override;
  Status event(std::size_t grant, const intercept::Event& e) override;
  Status packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) override;
  Status maybe_commit();  // commits what is older than limits::group_commit_ms_max (monotonic time); cheap when nothing is due
  Status commit();
  Status close();
  std::uint64_t bytes_written() const;

 private:
  struct Impl;
  explicit Spool(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::capture
