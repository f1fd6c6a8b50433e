// SPDX-License-Identifier: GPL-3.0-or-later
// Keys: only under a content grant that says so. Each for a content grant and, where it may differ, for a pen
// register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

void press_info(Bench& b, Call& c, double t, const std::string& type, const std::string& body, int cseq) {
  Sip m = c.message(c.request("INFO"), "INFO", true);
  m.cseq = std::to_string(cseq) + " INFO";
  m.type = type;
  m.body = body;
  b.sip(t, c.a, c.z, m);
  b.sip(t + 0.01, c.a, c.z, m);  // retransmitted
}

TEST(Digits, ExtractedOnlyUnderAContentGrantThatSaysSo) {
  struct Row {
    Kind kind;
    bool toggle;
    std::vector<std::string> digits;
  };
  for (const Row& r : {Row{Kind::content, true, {"47", "9#"}}, Row{Kind::content, false, {}},
                       Row{Kind::pen_trap, false, {}}, Row{Kind::pen, false, {}}}) {
    GrantSpec s = trusting(r.kind);
    s.digits = r.toggle;
    Bench b(grants(s));
    Call c{b};
    c.caller = "+14045550102";
    c.callee = "+12125550111";
    c.invite(0);
    c.answer(1);
    press_4733(b, c, 2, 4, 16000, 1);
    press_4733(b, c, 2.5, 7, 20000, 5);
    press_info(b, c, 3, "application/dtmf-relay", "Signal=9\r\nDuration=160\r\n", 10);
    press_info(b, c, 3.5, "application/dtmf", "#", 11);
    press_info(b, c, 4, "application/dtmf-relay", "Signal=hf\r\n", 12);
    c.cseq = 12;
    c.bye(6);
    std::vector<std::string> got;
    for (const Event* e : all_of(b, EventType::dialed_digit_extraction)) got.push_back(e->detail["digits"]);
    EXPECT_EQ(got, r.digits) << authority::to_string(r.kind) << r.toggle;
    ASSERT_EQ(b.sink.count(EventType::subject_signal), 1u) << "the flash, and no word of keys";
    EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["signal"], "flash");
    if (!got.empty()) {
      EXPECT_EQ(b.sink.first(EventType::dialed_digit_extraction)->at, at(2.5));
      EXPECT_EQ(b.sink.first(EventType::dialed_digit_extraction)->detail["source"], "rfc4733");
    }
  }
}

TEST(Digits, OfACallAreShownOnlyWhereTheOrderSeeksThem) {
  Bench b(grants(trusting()));
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  c.invite(0);
  c.answer(1);
  press_info(b, c, 3, "application/dtmf", "5", 10);
  c.cseq = 10;
  c.bye(4);
  EXPECT_EQ(b.sink.matter(0, Keys::sought).calls.at(0).dtmf.size(), 1u);
  const Matter m = b.sink.matter(0, Keys::withheld);
  EXPECT_TRUE(m.calls.at(0).dtmf.empty());
  EXPECT_EQ(m.packets.size(), b.sink.packets.size()) << "the content is what it is";
}

// A call of the target's whose sides list these payload types, each "101 telephone-event/8000" and the like.
std::vector<std::string> heard_with(const std::vector<std::string>& offered,
                                    const std::vector<std::string>& answered,
                                    const std::vector<std::uint8_t>& pressed_as) {
  GrantSpec s = trusting();
  s.digits = true;
  Bench b(grants(s));
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  const auto body = [](const wire::Endpoint& at, const std::vector<std::string>& types) {
    std::string formats = "0", more = "a=rtpmap:0 PCMU/8000\r\n";
    for (const std::string& t : types) {
      formats += " " + t.substr(0, t.find(' '));
      more += "a=rtpmap:" + t + "\r\n";
    }
    return sdp(at.ip.text(), at.port, formats, more);
  };
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = body(c.am, offered);
  b.sip(0, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = body(c.zm, answered);
  b.sip(1, c.z, c.a, ok);
  int key = 0;
  for (const std::uint8_t type : pressed_as) {
    ++key;
    press_4733(b, c, 1 + key, key, 16000U * static_cast<std::uint32_t>(key),
               static_cast<std::uint16_t>(10 * key), type);
  }
  c.bye(9);
  std::vector<std::string> got;
  for (const Event* e : all_of(b, EventType::dialed_digit_extraction)) got.push_back(e->detail["digits"]);
  return got;
}

TEST(Digits, OfEveryNumberThatMeansTelephoneEvent) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  // One for each clock rate, as telephones with wideband audio offer them.
  const std::vector<std::string> three = {"97 telephone-event/48000", "98 telephone-event/16000",
                                          "101 telephone-event/8000"};
  EXPECT_THAT(heard_with(three, three, {97, 98, 101}), ElementsAre("123"));
  // Each side its own number: the receiver's by the rules, the sender's by habit.
  EXPECT_THAT(heard_with({"101 telephone-event/8000"}, {"96 telephone-event/8000"}, {96, 101}),
              ElementsAre("12"));
  // What the receiver means by it stands: speech is no key.
  EXPECT_THAT(heard_with({"101 telephone-event/8000"}, {"101 speex/8000", "96 telephone-event/8000"}, {101}),
              IsEmpty());
  EXPECT_THAT(heard_with(three, three, {99}), IsEmpty());
}

TEST(Digits, APauseEndsAnEventAndTheOtherPartysKeysAreNotTheSubjects) {
  GrantSpec s = trusting();
  s.digits = true;
  Bench b(grants(s));
  Call c{b};  // to the target: the caller's keys are not the target's
  c.invite(0);
  c.answer(1);
  press_4733(b, c, 2, 4, 16000, 1);
  press_info(b, c, 3, "application/dtmf", "5", 10);
  ASSERT_TRUE(b.engine.tick(at(9)));
  c.cseq = 12;
  c.bye(10);
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 0u);
  Call d{b};
  d.id = "out";
  d.caller = "+14045550102";
  d.callee = "+12125550111";
  d.invite(20);
  d.answer(21);
  press_4733(b, d, 22, 1, 16000, 1);
  ASSERT_TRUE(b.engine.tick(at(28)));
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 1u);
  press_4733(b, d, 29, 1, 76000, 1);
  d.bye(30);
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 2u);
}

}  // namespace
}  // namespace writ::intercept
