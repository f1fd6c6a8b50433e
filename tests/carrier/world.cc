// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.hh"

#include "sip.hh"

namespace carrier {
namespace {
constexpr std::uint16_t sip_port = 5060;
constexpr std::uint32_t benchmarking = 0xc6120000;  // 198.18.0.0

std::string padded(std::uint32_t v, std::size_t width) {
  std::string s = std::to_string(v);
  return s.size() < width ? std::string(width - s.size(), '0') + s : s;
}
}  // namespace

World::World(Mirror& m, std::uint64_t seed, int targets)
    : mirror(m), truth(m.truth()), chance(mix(seed, 1)), seed_(seed) {
  for (int i = 0; i < targets; ++i) {
    // Each target lives in another way: registered, by digest only, behind a NAT, on IPv6, in a VLAN.
    Phone p = stranger_phone(i % 5 == 3, i % 5 == 2);
    p.number = "+140455501" + padded(static_cast<std::uint32_t>(i) + 1, 2);
    p.target = i;
    p.bound = i % 5 == 0 || i % 5 == 2 || i % 5 == 3;
    if (i % 5 == 4) p.wire.vlan = 204;
    targets_.push_back(p);
  }
}

Endpoint World::carrier_host(bool v6, unsigned last) const {
  return {v6 ? ipv6(1, last) : ipv4(192, 0, 2, last), sip_port};
}

Phone World::stranger_phone(bool v6, bool nat) {
  const std::uint32_t n = ++subscriber_;
  Phone p;
  std::uint32_t area = 201 + n / 100 % 790;
  if (area >= 404) ++area;
  p.number = "+1" + std::to_string(area) + "55501" + padded(n % 100, 2);
  p.user = "line" + std::to_string(n);
  const Host home =
      v6 ? ipv6(static_cast<std::uint32_t>(2 + n % 50), n) : ipv4(benchmarking + n % 131000 + 1);
  p.nat = nat;
  p.sip_seen = {home, static_cast<std::uint16_t>(nat ? 20000 + n % 9000 : 5060 + n % 4)};
  p.sip = nat ? Endpoint{ipv4(192, 168, 1, 20 + n % 200), sip_port} : p.sip_seen;
  p.wire.vlan = static_cast<std::uint16_t>(n % 7 == 0 ? 300 + n % 5 : 0);
  return p;
}

void World::move_audio(Phone& p) {
  const std::uint32_t n = ++audio_;
  p.audio = {p.sip.host, static_cast<std::uint16_t>(10000 + 2 * (n * 7 % 20000))};
  p.audio_seen =
      p.nat ? Endpoint{p.sip_seen.host, static_cast<std::uint16_t>(32768 + 2 * (n % 14000))} : p.audio;
}

Phone World::person(const Cast& cast, int seat, bool nat) {
  const bool v6 =
      cast.target >= 0 ? targets_[static_cast<std::size_t>(cast.target)].sip.host.v6 : cast.seat == -6;
  const bool mine = cast.target >= 0 && cast.seat == seat;
  // Where one is behind a NAT the other is not: without a relay they would not hear each other.
  const bool hidden = nat && !v6 && (cast.target < 0 || !targets_[static_cast<std::size_t>(cast.target)].nat);
  Phone p = mine ? targets_[static_cast<std::size_t>(cast.target)] : stranger_phone(v6, hidden);
  if (!mine && cast.target >= 0) p.wire = targets_[static_cast<std::size_t>(cast.target)].wire;
  move_audio(p);
  return p;
}

Endpoint World::relay(bool v6) {
  const std::uint32_t n = relay_++;
  const unsigned host = 1 + n % 4;
  return {v6 ? ipv6(1, 100 + host) : ipv4(198, 51, 100, host),
          static_cast<std::uint16_t>(20000 + 2 * (n / 4 % 1500))};
}

Endpoint World::stranger() {
  return {ipv4(203, 0, 113, 1 + chance.below(250)), static_cast<std::uint16_t>(1024 + chance.below(60000))};
}

std::string World::call_id() {
  ++calls_;
  return std::to_string(calls_) + "-" + Random(mix(seed_, calls_)).token(12) + "@sim.example";
}

Tcp& World::trunk(bool v6) {
  std::unique_ptr<Tcp>& t = trunks_[v6 ? 1 : 0];
  if (!t) {
    t = std::make_unique<Tcp>(mirror, proxy(v6).with(41000), far_switch(v6), Wire{},
                              Tcp::Habits{1448, 4 * ms, 0.02, 0.02, false}, mix(seed_, v6 ? 66 : 44));
    t->open();
  }
  return *t;
}

std::string World::number_of(int target) const { return targets_[static_cast<std::size_t>(target)].number; }

// REGISTER, challenged, answered (RFC 3261 10.2): the address is from then on proof of who calls.
void World::register_targets(Time t) {
  for (const Phone& p : targets_) {
    if (!p.bound) continue;
    const Endpoint registrar = proxy(p.sip.host.v6);
    const std::string id = "register-" + call_id(),
                      nonce = Random(mix(seed_, static_cast<std::uint64_t>(p.target), 5)).token(16);
    const std::string contact = "Contact: <sip:" + p.user + "@" + p.sip.in_uri() + ">";
    for (int round = 1; round <= 2; ++round) {
      std::vector<std::string> lines = {"Via: SIP/2.0/UDP " + p.sip.in_uri() + ";branch=z9hG4bK" +
                                            id.substr(0, 12) + std::to_string(round) + ";rport",
                                        "Max-Forwards: 70",
                                        "From: <" + p.uri() + ">;tag=r" + p.user,
                                        "To: <" + p.uri() + ">",
                                        "Call-ID: " + id,
                                        "CSeq: " + std::to_string(round) + " REGISTER",
                                        contact,
                                        "Expires: 86400"};
      Sip m{"REGISTER sip:carrier.example SIP/2.0", lines, {}, {}};
      if (round == 2)
        m.lines.push_back(digest("Authorization", p.number, "REGISTER", "sip:carrier.example", nonce));
      mirror.datagram(t, p.sip_seen, registrar, view_of(m.text()), p.wire, {Owner::target, -1, false});
      Sip r{round == 1 ? "SIP/2.0 401 Unauthorized" : "SIP/2.0 200 OK", lines, {}, {}};
      r.lines[3] += ";tag=registrar";
      if (round == 1)
        r.lines.push_back("WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"" + nonce +
                          "\", algorithm=MD5");
      mirror.datagram(t + 5 * ms, registrar, p.sip_seen, view_of(r.text()), p.wire,
                      {Owner::target, -1, false});
      t += 30 * ms;
    }
  }
}

}  // namespace carrier
