// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/dialled.hh"

#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

TEST(Dialled, TheNumberEndsWhereKeysBegin) {
  for (const auto& [party, shown] : std::vector<std::pair<std::string, std::string>>{
           {"12125550188,,77393#@carrier.example", "+12125550188"},
           {"2125550188p77394@carrier.example", "+12125550188"},
           {"+12125550188W7@x", "+12125550188"},
           {"911,,77", "911"},
           {"214*77@hotel.example", "214@hotel.example"},
           {"*6712125550188@x", "*6712125550188@x"},
           {"*6712125550188,77@x", "*6712125550188@x"},
           {"#31#12125550188@x", "#31#12125550188@x"},
           {"*72@x", "*72@x"},
           {"*67214*77@hotel.example", "*67214@hotel.example"},
           {"+12125550188", "+12125550188"},
           {"alice@x", "alice@x"},
           {"xp,#@x", "xp,#@x"},
           {"100p-room@x", "100p-room@x"},
           {"192.0.2.1:5060", "192.0.2.1:5060"},
       })
    EXPECT_EQ(without_later_keys(party), shown) << party;
  Json detail = {{"call_id", "12125550188x7"}, {"contacts", {"12125550188,,7"}}, {"seconds", 7}};
  hide_later_keys(detail);
  const Json shown = {{"call_id", "12125550188x7"}, {"contacts", {"+12125550188"}}, {"seconds", 7}};
  EXPECT_EQ(detail, shown);
}

// Wherever a party may stand in an event; a content grant sees what was dialled.
TEST(Dialled, APenShowsNoKeysAfterTheNumber) {
  for (const Kind kind : {Kind::pen, Kind::content}) {
    Bench b(grants(trusting(kind)));
    Call c = transferred(b, Call{b});
    c.caller = "+14045550102";
    c.callee = "12125550188,,77393#";
    c.whole(0, 2);
    c.id = "sends-away";
    c.callee = "+12125550188";
    c.invite(10);
    c.answer(11);
    b.sip(12, c.a, c.z, refer(c, true, "<sip:3125550133p77393@carrier.example>", 9));
    const bool pen = kind == Kind::pen;
    EXPECT_EQ(b.sink.count(EventType::origination), 2u);
    EXPECT_EQ(b.sink.all().find("77393") == std::string::npos, pen);
    const Json& opening = b.sink.first(EventType::origination)->detail;
    EXPECT_EQ(opening["called"].get<std::string>(),
              pen ? "+12125550188" : "12125550188,,77393#@carrier.example");
    EXPECT_EQ(opening["request_uri"], opening["called"]);
  }
}

}  // namespace
}  // namespace writ::intercept
