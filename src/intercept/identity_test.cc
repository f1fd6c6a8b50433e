// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/identity.hh"

#include <gtest/gtest.h>

#include "intercept/media_table.hh"
#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

TEST(Identity, NumbersHaveOneForm) {
  for (const char* s : {"+14045550102", "14045550102", "4045550102", "404-555-0102", "(404) 555-0102",
                        "01114045550102", "0014045550102", "+1-404-555.0102"})
    EXPECT_EQ(canonical_e164(s), "+14045550102") << s;
  EXPECT_EQ(canonical_e164("+441134960102"), "+441134960102");
  EXPECT_EQ(canonical_e164("011441134960102"), "+441134960102");
}

TEST(Identity, WhatIsNoNumberIsNone) {
  for (const char* s :
       {"", "214", "+", "alice", "+14045550102-0x5572aa", "4045550102x", "+1404555010212345678", "0045",
        "1045550102", "++14045550102", "+04045550102", "\xc2\xb9"})
    EXPECT_EQ(canonical_e164(s), "") << s;
  EXPECT_EQ(canonical_e164("+140455501020"), "+140455501020");  // another number, not a prefix of the first
}

std::size_t hits(const TargetIndex& t, const char* u) {
  std::vector<std::uint32_t> out;
  const auto parsed = wire::parse_uri(u);
  if (parsed) t.by_uri(*parsed, out);
  return out.size();
}

TEST(Identity, TargetsMatchExactly) {
  test::GrantSpec s = test::spec();
  s.targets = {test::number("+14045550102"), test::uri("Alice@pbx.example"),
               test::extension("214", {"hotel.example"})};
  const std::vector grants{test::carrier().grant(s)};
  TargetIndex t;
  t.add(0, grants[0]);
  for (const char* u :
       {"sip:+14045550102@anywhere.example", "tel:+1-404-555-0102", "sips:4045550102@192.0.2.1:5080",
        "sip:Alice@PBX.example:5070", "sip:%41lice@pbx.example", "sip:214@hotel.example",
        "sip:+14045550102;npdi@x.example", "sip:214;x=y@hotel.example"})
    EXPECT_EQ(hits(t, u), 1u) << u;
  for (const char* u :
       {"sip:+140455501021@x.example", "sip:+1404555010@x.example", "sip:alice@pbx.example",
        "sip:Alice@pbx.example.net", "sip:214@other.example", "sip:Alice;par=u%40example.net@pbx.example",
        "sip:+14045550102-0x5572@x.example", "sip:2140@hotel.example", "sip:hotel.example"})
    EXPECT_EQ(hits(t, u), 0u) << u;
}

TEST(MediaTable, RemembersExactlyWhatIsThere) {
  MediaTable t;
  Dialog* a = reinterpret_cast<Dialog*>(0x1000);
  Dialog* b = reinterpret_cast<Dialog*>(0x2000);
  const auto e = [](int i) {
    return test::ep("192.0.2." + std::to_string(i % 250), static_cast<std::uint16_t>(1000 + i));
  };
  for (int i = 0; i < 3000; ++i) t.add(e(i), i % 2 != 0 ? a : b, static_cast<std::uint32_t>(i));
  for (int i = 0; i < 3000; i += 3) t.remove(e(i), i % 2 != 0 ? a : b);
  for (int i = 0; i < 3000; ++i) {
    EXPECT_EQ(t.find(e(i)) != MediaTable::none, i % 3 != 0) << i;
    EXPECT_EQ(t.maybe(e(i).port), i % 3 != 0) << i;
    if (i % 3 != 0) {
      EXPECT_EQ(t.claim(t.find(e(i))).end, static_cast<std::uint32_t>(i));
    }
  }
  t.add(e(1), b, 7);
  t.remove(e(1), a);
  EXPECT_EQ(t.claim(t.find(e(1))).dialog, b);
  t.remove(e(1), b);
  EXPECT_EQ(t.find(e(1)), MediaTable::none);
  EXPECT_EQ(t.size(), 1999u);
}

TEST(Evidence, RecordsComeBack) {
  const Event e{EventType::answer, test::at(1.5), 7, "c@x", {{"answering", "+14045550102"}}};
  const auto back = decode_event(encode(e));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(e));
  const Bytes frame = test::rtp(1, 2);
  Bytes rec;
  encode(PacketTag{3, PacketRole::rtp, Direction::to_target}, {test::at(2), 101, frame, 99}, rec);
  const auto p = decode_packet(rec);
  ASSERT_TRUE(p);
  EXPECT_EQ(Bytes(p->storage.begin(), p->storage.end()), frame);
  EXPECT_EQ(p->raw.wire_length, 99u);
  EXPECT_EQ(p->tag.call, 3u);
  EXPECT_EQ(p->raw.at, test::at(2));
  rec[1] = 9;
  EXPECT_FALSE(decode_packet(rec));
  EXPECT_FALSE(decode_packet(View(rec).first(10)));
  EXPECT_FALSE(decode_event(view_of("{}")));
  for (int i = 0; i <= static_cast<int>(EventType::gap); ++i) {
    const auto type = static_cast<EventType>(i);
    EXPECT_EQ(*parse_event_type(to_string(type)), type);
  }
}

TEST(Evidence, TextThatIsNotUtf8IsShownAndSaid) {
  Event e;
  e.call = 1;
  e.call_id = "4f\xe9@phone";
  e.detail = {{"cause", "486 Occup\xe9"}, {"media", {{{"endpoint", "\xff"}}}}, {"called", "+14045550102"}};
  const auto back = decode_event(encode(e));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->call_id, "4f\\xe9@phone");
  EXPECT_EQ(back->detail["cause"], "486 Occup\\xe9");
  EXPECT_EQ(back->detail["media"][0]["endpoint"], "\\xff");
  EXPECT_EQ(back->detail["called"], "+14045550102");
  EXPECT_TRUE(back->detail.contains("oddity"));
  e.call_id = "plain";
  e.detail = Json::object();
  EXPECT_FALSE(decode_event(encode(e))->detail.contains("oddity"));
}

}  // namespace
}  // namespace writ::intercept
