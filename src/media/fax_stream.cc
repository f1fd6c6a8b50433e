// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include "media/fax.hh"
#include "wire/udptl.hh"

namespace writ::media {
namespace {

constexpr int fax_restart_gap = 3000;

// Numbers of 16 bits extended in order of arrival; a far jump is a restart, and comes after all before.
class FaxOrder {
 public:
  std::int64_t next(std::uint16_t sequence) {
    if (!started_) {
      started_ = true;
      return highest_ = sequence;
    }
    const auto d = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(highest_));
    std::int64_t at = highest_ + d;
    if (d > fax_restart_gap || d < -fax_restart_gap) at = (highest_ / 65536 + 2) * 65536 + sequence;
    highest_ = std::max(highest_, at);
    return at;
  }

 private:
  bool started_ = false;
  std::int64_t highest_ = 0;
};

struct Ifp {
  Bytes bytes;
  bool repeated = false;  // only a later datagram brought it
};
using Ifps = std::map<std::int64_t, Ifp>;

Ifps gather(const intercept::MediaStream& s, const Packets& packets, FaxStream& out) {
  Ifps all;
  FaxOrder order;
  for (const std::size_t i : s.packet_index) {
    const auto payload = packets.payload(i);
    const auto u = payload ? wire::parse_udptl(*payload) : std::nullopt;
    if (!u) {
      ++out.unreadable;
      continue;
    }
    const std::int64_t at = order.next(u->sequence);
    out.parities += u->fec_packets;
    Ifp& primary = all[at];
    if (primary.bytes.empty() || primary.repeated)
      primary = {Bytes(u->primary.begin(), u->primary.end()), false};
    for (std::size_t k = 0; k < u->secondary.size(); ++k)
      if (const View v = u->secondary[k]; !v.empty())
        all.try_emplace(at - 1 - static_cast<std::int64_t>(k), Ifp{Bytes(v.begin(), v.end()), true});
  }
  return all;
}

std::uint64_t unread(const Ifps& all, int version) {
  std::uint64_t n = 0;
  for (const auto& [at, p] : all) n += !wire::parse_t38(p.bytes, version);
  return n;
}

}  // namespace

FaxStream read_fax(const intercept::MediaStream& s, const Packets& packets) {
  FaxStream out;
  const Ifps all = gather(s, packets, out);
  // Gateways announce one version and send the other: the one under which more can be read is meant.
  const int announced = s.fmtp == "version=0" || s.fmtp.empty() ? 0 : 1;
  const std::uint64_t as_announced = unread(all, announced), otherwise = unread(all, 1 - announced);
  const int version = otherwise < as_announced ? 1 - announced : announced;
  out.unreadable += std::min(as_announced, otherwise);
  FaxSession session;
  std::int64_t expected = all.empty() ? 0 : all.begin()->first;
  for (const auto& [at, p] : all) {
    if (at != expected) {
      // A restart is no loss, but what was under way is cut all the same.
      if (at - expected < fax_restart_gap) out.missing += static_cast<std::uint64_t>(at - expected);
      session.gap();
    }
    expected = at + 1;
    out.recovered += p.repeated;
    if (const auto t38 = wire::parse_t38(p.bytes, version))
      session.packet(*t38);
    else
      session.gap();
  }
  out.pages = session.finish();
  out.station = session.station();
  return out;
}

}  // namespace writ::media
