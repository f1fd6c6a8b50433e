// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of telephony's features: hold, transfer, and what events say of them.
#pragma once
#include "intercept/test_traffic.hh"

namespace writ::intercept::test {

using authority::Kind;

inline GrantSpec trusting(Kind k = Kind::content, std::string target = "+14045550102") {
  GrantSpec s = spec(k, std::move(target));
  s.trust_from = true;
  return s;
}

inline std::vector<const Event*> all_of(const Bench& b, EventType t, std::size_t grant = 0) {
  std::vector<const Event*> out;
  for (const auto& n : b.sink.events)
    if (n.grant == grant && n.e.type == t) out.push_back(&n.e);
  return out;
}

inline std::vector<std::string> strings(const Event* e, const char* key) {
  return e == nullptr ? std::vector<std::string>{"no such event"}
                      : e->detail.value(key, std::vector<std::string>{});
}

// A re-INVITE of one side with a direction, and its answer.
inline void reinvite(Call& c, double t, bool by_caller, const std::string& direction, int status = 200,
                     std::uint32_t cseq = 20) {
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  if (!by_caller) std::swap(m.from, m.to);
  m.cseq = std::to_string(cseq) + " INVITE";
  const wire::Endpoint own = by_caller ? c.am : c.zm, far = by_caller ? c.zm : c.am;
  const std::string attribute = "a=" + direction + "\r\n";
  m.body = sdp(own.ip.text(), own.port, "0", attribute);
  c.b.sip(t, by_caller ? c.a : c.z, by_caller ? c.z : c.a, m);
  Sip r = m;
  r.start = "SIP/2.0 " + std::to_string(status) + " X";
  r.body = status == 200
               ? sdp(far.ip.text(), far.port, "0", direction == "sendonly" ? "a=recvonly\r\n" : attribute)
               : "";
  c.b.sip(t + 0.05, by_caller ? c.z : c.a, by_caller ? c.a : c.z, r);
}

inline Sip refer(const Call& c, bool by_caller, const std::string& to, std::uint32_t cseq) {
  Sip m = c.message(c.request("REFER"), "REFER", true);
  if (!by_caller) std::swap(m.from, m.to);
  m.cseq = std::to_string(cseq) + " REFER";
  m.extra = "Refer-To: " + to + "\r\n";
  return m;
}

inline Call transferred(Bench& b, const Call& from) {
  Call n{b};
  n.id = "new-leg";
  n.caller = from.caller;
  n.callee = "+13125550133";
  n.a = from.a;
  n.z = ep("203.0.113.5", 5060);
  n.am = ep("192.0.2.1", 20700);
  n.zm = ep("203.0.113.5", 32700);
  n.ftag = ";tag=fn";
  n.ttag = ";tag=tn";
  return n;
}

// A key of the caller, RFC 4733: payload type 101.
inline void press_4733(Bench& b, const Call& c, double t, int key, std::uint32_t timestamp, std::uint16_t seq,
                       std::uint8_t type = 101) {
  for (int i = 0; i < 4; ++i) {
    Bytes p{0x80, static_cast<std::uint8_t>(type | (i == 0 ? 0x80 : 0))};
    put_be16(p, static_cast<std::uint16_t>(seq + i));
    put_be32(p, timestamp);
    put_be32(p, 0xaaaa);
    p.push_back(static_cast<std::uint8_t>(key));
    p.push_back(i > 1 ? 0x8a : 0x0a);
    put_be16(p, static_cast<std::uint16_t>(160 * (i + 1)));
    b.udp(t + 0.02 * i, c.am, c.zm, p);
  }
}

}  // namespace writ::intercept::test
