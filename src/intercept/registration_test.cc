// SPDX-License-Identifier: GPL-3.0-or-later
// Registrations of the target: served where, until when, refused why. Each for a content grant and, where it
// may differ, for a pen register.
#include <gmock/gmock.h>

#include "intercept/bindings.hh"
#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;

TEST(Registration, GrantedTimeFailureAndRemoval) {
  Bench b(grants(spec(Kind::pen_trap)));
  const wire::Endpoint phone = ep("192.0.2.50", 5060), registrar = ep("198.51.100.9", 5060);
  Sip m{"REGISTER sip:carrier.example SIP/2.0",
        "<sip:+14045550102@carrier.example>;tag=r",
        "<sip:+14045550102@carrier.example>",
        "r1",
        "1 REGISTER",
        "Contact: <sip:line1@192.0.2.50:5060>\r\nExpires: 3600\r\n",
        "",
        ""};
  const auto answer = [&](double t, const std::string& start, const std::string& extra) {
    Sip r = m;
    r.start = start;
    r.to += ";tag=x";
    r.extra = extra;
    b.sip(t, registrar, phone, r);
  };
  b.sip(0, phone, registrar, m);
  answer(0.1, "SIP/2.0 403 Forbidden", "");
  const Event* refused = b.sink.first(EventType::serving_system);
  ASSERT_NE(refused, nullptr);
  EXPECT_THAT(refused->detail["failure"].get<std::string>(), HasSubstr("403"));
  m.call_id = "r2";
  b.sip(1, phone, registrar, m);
  answer(1.1, "SIP/2.0 200 OK",
         "Contact: <sip:else@203.0.113.1>;expires=3000, <sip:line1@192.0.2.50:5060>;expires=60\r\n");
  const Event* served = all_of(b, EventType::serving_system).at(1);
  EXPECT_EQ(served->detail["expires_s"], 60);
  EXPECT_EQ(served->detail["registrar"], "198.51.100.9:5060");
  EXPECT_EQ(served->frame, 4u) << "the packet it was read from";
  // From the bound address, without a digest: a call of the target, as long as the registrar granted.
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  c.a = phone;
  c.id = "bound";
  c.whole(30, 0);
  c.id = "expired";
  c.whole(120, 0);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
  m.call_id = "r3";
  m.extra = "Contact: *\r\nExpires: 0\r\n";
  b.sip(200, phone, registrar, m);
  answer(200.1, "SIP/2.0 200 OK", "");
  EXPECT_EQ(all_of(b, EventType::serving_system).at(2)->detail["registering"], false);
}

// A device that registers thousands of contacts hides neither its newest one nor another target's; what no
// longer fits is said.
TEST(Registration, ACrowdOfContactsHidesNobodyElses) {
  std::vector<authority::VerifiedGrant> both = grants(spec());
  both.push_back(carrier().grant(spec(Kind::content, "+14045550103")));
  Bench b(std::move(both));
  const wire::Endpoint registrar = ep("198.51.100.9", 5060);
  std::uint32_t next = 0;
  const auto registered = [&](double t, const std::string& who, const std::string& user) {
    const std::string aor = "<sip:" + who + "@carrier.example>", id = "r" + std::to_string(++next);
    Sip m{"REGISTER sip:carrier.example SIP/2.0",
          aor + ";tag=r",
          aor,
          id,
          "1 REGISTER",
          "Contact: <sip:" + user + "@192.0.2.50:5060>\r\nExpires: 3600\r\n",
          "",
          ""};
    const wire::Endpoint phone = ep("192.0.2.50", 5060);
    b.sip(t, phone, registrar, m);
    m.start = "SIP/2.0 200 OK";
    m.to += ";tag=x";
    b.sip(t + 0.0001, registrar, phone, m);
  };
  registered(0, "+14045550103", "quiet");
  constexpr std::size_t contacts = Bindings::per_grant_max + 100;
  for (std::size_t n = 0; n < contacts; ++n)
    registered(1 + 0.001 * static_cast<double>(n), "+14045550102", "line" + std::to_string(n));
  const auto called = [&](double t, const std::string& user, std::size_t grant) {
    Call c{b};
    c.id = "to-" + user;
    c.callee = "nobody";
    c.ruri = user;
    c.z = ep("192.0.2.50", 5060);
    Sip m = c.message("INVITE sip:" + user + "@192.0.2.50:5060 SIP/2.0", "INVITE", false);
    b.sip(t, c.a, c.z, m);
    return b.sink.count(EventType::termination_attempt, grant);
  };
  EXPECT_EQ(called(10, "quiet", 1), 1u);
  EXPECT_EQ(called(11, "line" + std::to_string(contacts - 1), 0), 1u);
  EXPECT_EQ(called(12, "line100", 0), 2u);  // the earliest that still fits
  EXPECT_EQ(called(13, "line99", 0), 2u);
  const auto gaps = all_of(b, EventType::gap);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_THAT(gaps[0]->detail["why"].get<std::string>(), HasSubstr("more than 1024 contacts"));
}

}  // namespace
}  // namespace writ::intercept
