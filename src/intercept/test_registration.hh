// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: a device that registers, directly or by way of an edge proxy.
#pragma once
#include "intercept/test_features.hh"

namespace writ::intercept::test {

struct Device {
  explicit Device(Bench& bench) : b(bench) {}
  Bench& b;
  std::string aor = "+14045550102", id = "r1";
  wire::Endpoint phone = ep("192.0.2.50", 5060), edge = ep("198.51.100.5", 5060),
                 registrar = ep("198.51.100.9", 5060);
  std::string contact = "<sip:line1@192.0.2.50:5060>;expires=300", extra;
  std::string listed;  // by the answer: default the contact, "-" nothing
  std::uint32_t cseq = 1;

  Sip message(const std::string& start) const {
    const std::string who = "<sip:" + aor + "@carrier.example>";
    return Sip{start, who + ";tag=r", who, id, std::to_string(cseq) + " REGISTER", "", "", ""};
  }
  void ask(double t, const wire::Endpoint& from, const wire::Endpoint& to, const std::string& more = "") {
    Sip m = message("REGISTER sip:carrier.example SIP/2.0");
    m.extra = (contact.empty() ? "" : "Contact: " + contact + "\r\n") + extra + more;
    b.sip(t, from, to, m);
  }
  void accept(double t, const wire::Endpoint& from, const wire::Endpoint& to) {
    Sip m = message("SIP/2.0 200 OK");
    m.to += ";tag=x";
    if (listed != "-") m.extra = "Contact: " + (listed.empty() ? contact : listed) + "\r\n";
    b.sip(t, from, to, m);
    ++cseq;
  }
  void registers(double t) {
    ask(t, phone, registrar);
    accept(t + 0.01, registrar, phone);
  }
  // Both hops, each with what its sender writes on top.
  void registers_by_edge(double t, const std::string& edge_writes = "") {
    ask(t, phone, edge);
    ask(t + 0.01, edge, registrar, edge_writes);
    const std::uint32_t same = cseq;
    accept(t + 0.02, registrar, edge);
    cseq = same;
    accept(t + 0.03, edge, phone);
  }
};

inline std::string authorization(const std::string& user, const std::string& realm) {
  return "Authorization: Digest username=\"" + user + "\", realm=\"" + realm +
         "\", nonce=\"n\", uri=\"sip:x\", response=\"y\"\r\n";
}

// A call of the target, from `a`, to somebody else.
inline Call outgoing(Bench& b, const std::string& id, const wire::Endpoint& a) {
  Call c{b};
  c.id = id;
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  c.a = a;
  return c;
}

inline void rings(Call& c, double t) {
  c.invite(t);
  c.response(t + 0.1, 180);
}

// One INVITE, answered: to this Request-URI, of somebody to nobody in particular.
inline void invites(Bench& b, double t, const std::string& uri, const std::string& more = "") {
  Call c{b};
  c.id = "to-" + uri + "-" + std::to_string(t);
  c.callee = "nobody";
  Sip m = c.message("INVITE " + uri + " SIP/2.0", "INVITE", false);
  m.extra = more;
  b.sip(t, c.a, c.z, m);
  c.answer(t + 0.1);
}

inline Sip registration(const std::string& number, const std::string& contact, const std::string& id,
                        std::uint32_t cseq) {
  const std::string party = "<sip:" + number + "@carrier.example>";
  return Sip{"REGISTER sip:carrier.example SIP/2.0",
             party + ";tag=r",
             party,
             id,
             std::to_string(cseq) + " REGISTER",
             "Contact: <" + contact + ">\r\nExpires: 600\r\n",
             "",
             ""};
}

// Asked who it is, and accepted.
inline void register_target(Bench& b, double t, const Call& c, const std::string& number,
                            const std::string& contact) {
  Sip r = registration(number, contact, "reg@" + number, 1);
  b.sip(t, c.a, c.z, r);
  r.start = "SIP/2.0 401 Unauthorized";
  b.sip(t + 0.01, c.z, c.a, r);
  r = registration(number, contact, "reg@" + number, 2);
  b.sip(t + 0.02, c.a, c.z, r);
  r.start = "SIP/2.0 200 OK";
  b.sip(t + 0.03, c.z, c.a, r);
}

}  // namespace writ::intercept::test
