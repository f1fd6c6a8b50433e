// SPDX-License-Identifier: GPL-3.0-or-later
// Features that the target's telephone sets at the switch.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

constexpr const char* csta = " xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\"";

struct Telephone : Call {
  explicit Telephone(Bench& bench) : Call(bench) {
    caller = callee = "+14045550102";
    id = "features";
  }
  Sip subscribe(const std::string& body, std::uint32_t n) const {
    Sip m = message("SUBSCRIBE sip:+14045550102@carrier.example SIP/2.0", "SUBSCRIBE", n > 1);
    m.cseq = std::to_string(n) + " SUBSCRIBE";
    m.extra = "Event: as-feature-event\r\nExpires: 3600\r\n";
    m.type = "application/x-as-feature-event+xml";
    m.body = body;
    return m;
  }
  void asks(double t, const std::string& body, std::uint32_t n, int status = 200) {
    Sip m = subscribe(body, n);
    b.sip(t, a, z, m);
    m.start = "SIP/2.0 " + std::to_string(status) + " X";
    m.to = party(callee) + ttag;
    m.body = "";
    b.sip(t + 0.05, z, a, m);
  }
  void told(double t, const std::string& body, std::uint32_t n) {
    Sip m = subscribe(body, n);
    m.start = "NOTIFY sip:+14045550102@192.0.2.1 SIP/2.0";
    m.cseq = std::to_string(n) + " NOTIFY";
    m.from = party(callee) + ttag;
    m.to = party(caller) + ftag;
    b.sip(t, z, a, m);
  }
};

std::string dnd(const char* root, bool on) {
  return "<" + std::string(root) + csta + "><device>x</device><doNotDisturbOn>" + (on ? "true" : "false") +
         "</doNotDisturbOn></" + root + ">";
}

std::string forward(const std::string& to) {
  return "<SetForwarding" + std::string(csta) +
         "><device>x</device><forwardingType>forwardImmediate</forwardingType><forwardDN>" + to +
         "</forwardDN><activateForward>true</activateForward></SetForwarding>";
}

TEST(Features, WhatTheTelephoneSetsAndTheSwitchTells) {
  Bench b({carrier().grant(trusting()), carrier().grant(trusting(Kind::pen)),
           carrier().grant(trusting(Kind::content, "+14045550177"))});
  Telephone p(b);
  p.asks(0, "", 1);
  p.told(0.1, dnd("DoNotDisturbEvent", false), 1);
  p.asks(1, dnd("SetDoNotDisturb", true), 2);
  b.sip(1.01, p.z, ep("203.0.113.5", 5060), p.subscribe(dnd("SetDoNotDisturb", true), 2));  // the next hop
  p.told(1.1, dnd("DoNotDisturbEvent", true), 2);
  p.told(1.2, dnd("DoNotDisturbEvent", true), 3);
  p.asks(2, forward("2125550133"), 3, 407);
  p.asks(2.1, forward("2125550133"), 4, 403);
  for (const std::size_t grant : {0u, 1u}) {
    const auto said = all_of(b, EventType::feature_management, grant);
    ASSERT_EQ(said.size(), 5u) << grant;
    EXPECT_EQ(said[0]->detail,
              Json::parse(R"({"feature":"do-not-disturb","management":"deactivation","by":"network"})"));
    EXPECT_EQ(said[1]->detail, (Json{{"feature", "do-not-disturb"},
                                     {"management", "activation"},
                                     {"by", grant == 0 ? "own line" : "target"}}));
    EXPECT_EQ(said[2]->detail["by"], "network");
    EXPECT_EQ(said[3]->detail["feature"], "forward-immediate");
    EXPECT_EQ(said[3]->detail["forward_to"], "+12125550133");
    EXPECT_FALSE(said[3]->detail.contains("failure"));
    EXPECT_EQ(said[4]->detail["failure"], "403 Forbidden") << "after the challenge it is the same request";
  }
  EXPECT_EQ(b.sink.count(EventType::feature_management, 2), 0u);
}

TEST(Features, AnyOtherTextIsNotShown) {
  Bench b(grants(trusting()));
  Telephone p(b);
  p.asks(0, forward("CANARY, call me"), 1);
  const Event* e = b.sink.first(EventType::feature_management);
  ASSERT_NE(e, nullptr);
  EXPECT_FALSE(e->detail.contains("forward_to"));
  EXPECT_EQ(b.sink.all().find("CANARY"), b.sink.all().rfind("CANARY")) << "only in the packet itself";
}

}  // namespace
}  // namespace writ::intercept
