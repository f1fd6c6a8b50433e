// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: the shared captures, and who calls in them.
#pragma once
#include <cstdlib>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "intercept/test_grants.hh"
#include "wire/pcap.hh"
#include "wire/reassembly.hh"
#include "wire/sip.hh"

namespace writ::intercept::test {

inline fs::path captures() { return shared_folder() / "captures"; }

inline std::string party(const std::optional<wire::SipUri>& u) {
  if (!u || u->user.size() < 2 || u->host.empty() || u->host.find(':') != u->host.npos) return {};
  for (const char c : u->user)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && c != '-' && c != '+')
      return {};
  for (const char c : u->host)  // what a grant takes for a domain
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-') return {};
  return u->user + "@" + u->host;
}

// The parties of every INVITE in the file as targets of one grant.
inline std::vector<authority::Target> parties(View file, Instant& first) {
  auto reader = wire::CaptureReader::open(file);
  std::vector<authority::Target> out;
  if (!reader) return out;
  wire::Reassembler frag;
  wire::RawPacket p;
  bool any = false;
  while (reader->next(p)) {
    if (!any) first = p.at;
    any = true;
    wire::Decoded d = wire::decode(p);
    wire::Reassembler::Whole whole;
    if (d.verdict == wire::Verdict::fragment && frag.add(d.fragment, p, whole))
      d.udp = whole.decoded.udp;
    else if (d.verdict != wire::Verdict::udp)
      continue;
    wire::SipMessage m;
    if (!wire::looks_like_sip(d.udp.payload) || !wire::parse_sip(d.udp.payload, m)) continue;
    if (m.method != wire::Method::invite || !m.is_request) continue;
    std::string who = party(wire::parse_name_addr(m.first(wire::Header::from)));
    if (who.empty()) who = party(wire::parse_uri(m.request_uri));
    if (!who.empty()) out.push_back(uri(who));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > 60) out.resize(60);
  return out;
}

}  // namespace writ::intercept::test
