// SPDX-License-Identifier: GPL-3.0-or-later
// User-to-user information: each for a content grant and for a pen register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

TEST(UserToUser, IsContentAndUnderAPenOnlySaid) {
  Bench b({carrier().grant(spec()), carrier().grant(spec(Kind::pen_trap))});
  Call c(b);
  c.invite_extra = "User-to-User: 00CAFE01;encoding=hex;purpose=isdn-uui\r\n";
  c.invite(0);
  c.invite(0.5);  // again: nobody heard it
  c.answer_extra = "User-to-User: CAFE02\r\n";
  c.response(0.6, 180);
  c.answer(1);
  c.talk(1.1, 5);
  Sip bye = c.message(c.request("BYE"), "BYE", true);
  std::swap(bye.from, bye.to);
  bye.extra = "User-to-User: CAFE03\r\n";
  b.sip(3, c.z, c.a, bye);
  ASSERT_TRUE(b.engine.finish());
  const auto heard = all_of(b, EventType::uu_content);
  ASSERT_EQ(heard.size(), 3u) << "the 180 and the 200 bring the same";
  EXPECT_EQ(heard[0]->detail["values"],
            Json::parse(R"([{"content":"00CAFE01","encoding":"hex","purpose":"isdn-uui"}])"));
  EXPECT_EQ(heard[0]->detail["by"], "other");
  EXPECT_EQ(heard[0]->detail["request"], "INVITE");
  EXPECT_EQ(heard[1]->detail["values"][0]["content"], "CAFE02");
  EXPECT_EQ(heard[1]->detail["status"], 180);
  EXPECT_EQ(heard[1]->detail["by"], "target");
  EXPECT_EQ(heard[2]->detail["request"], "BYE");
  const auto pen = all_of(b, EventType::uu_content, 1);
  ASSERT_EQ(pen.size(), 3u);
  for (const Event* e : pen) {
    EXPECT_FALSE(e->detail.contains("values"));
    EXPECT_EQ(e->detail["withheld"], "content of the communication");
    EXPECT_EQ(text_of(encode(*e)).find("CAFE"), std::string_view::npos);
  }
}

TEST(UserToUser, OfARefer) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  b.sip(3, c.z, c.a, refer(c, false, "<sip:+13125550133@x?User-to-User=abcd%3Bencoding%3Dhex>", 41));
  const Event* e = b.sink.first(EventType::uu_content);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->detail["values"][0]["content"], "abcd");
  EXPECT_EQ(e->detail["request"], "REFER");
}

// What strangers send under the call's Call-ID is not what its parties tell each other.
TEST(UserToUser, OfNobodyElse) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  Sip m = c.message(c.request("BYE"), "BYE", true);
  m.from = c.party(c.caller) + ";tag=guess";
  m.to = c.party(c.callee) + ";tag=guess2";
  m.extra = "User-to-User: 66\r\n";
  b.sip(2, ep("203.0.113.66", 5060), c.z, m);
  EXPECT_EQ(b.sink.count(EventType::uu_content), 0u);
}

}  // namespace
}  // namespace writ::intercept
