// SPDX-License-Identifier: GPL-3.0-or-later
// An order under FISA: no column of the matrix reaches it (requirements, section 3), so each item goes by
// counsel's signed word, which cites where the order names it; collected and produced by two people (life
// cycle 6).
#include <gmock/gmock.h>

#include "cases/disclosure.hh"
#include "cases/test_lodge.hh"
#include "cases/test_national.hh"

namespace writ::cases {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const LetterText fisa_order{
    .kind = "fisa", .authority = "fisa-business-records", .instrument = "FO-CANARY-7"};

struct FisaOffice : Hotel {
  NationalSecurity service{d->carrier()};
  FisaOffice() : Hotel(staffed()) { append({call(1, now - days(6))}, "k1"); }
  desk::Acting who(const char* user) { return acting(*d, user); }
  Status checked(const LetterText& text = fisa_order) {
    WRIT_CHECK(service.file(filing(text), who("intake-1")));
    WRIT_CHECK(service.compartment("harbor-lantern", {}, who("counsel-1")));
    WRIT_CHECK(service.check_certification("harbor-lantern", who("intake-1")));
    return {};
  }
  template <class Step>
  auto inside(const char* user, Step step) {
    auto c = desk::Compartments{d->carrier()}.open("harbor-lantern", who(user));
    EXPECT_TRUE(c) << to_text(c.error());
    Disclosure disclosure{*c};
    return step(disclosure, who(user));
  }
  Result<desk::Case> approve(const std::map<std::string, std::string>& word) {
    Approval a;
    a.word.silent = word;
    return inside("counsel-1",
                  [&](Disclosure& x, const desk::Acting& w) { return x.approve("M-2026-0001", a, w); });
  }
};

TEST(Fisa, EachItemByCounselsSignedWordAndProducedByTwoPeople) {
  FisaOffice o;
  const Status checked = o.checked();
  ASSERT_TRUE(checked) << to_text(checked.error());
  const auto unsaid = o.approve({});
  ASSERT_FALSE(unsaid) << "counsel has cited nothing";
  expect_refused(unsaid.error(), "no word");
  EXPECT_THAT(unsaid.error().rule, HasSubstr("the order's own words"));
  EXPECT_FALSE(o.approve({{"tenant-calls", ""}})) << "a word without a reason";
  EXPECT_FALSE(o.approve({{"tenant-address", "paragraph 3"}})) << "an item that the order does not ask for";
  const auto approved = o.approve({{"tenant-calls", "paragraph 3 of the order"}});
  ASSERT_TRUE(approved) << to_text(approved.error());
  const auto items = decisions_of(*approved);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_FALSE(items[0].permitted);
  EXPECT_TRUE(items[1].permitted);
  EXPECT_EQ(items[1].reason, "paragraph 3 of the order");
  EXPECT_THAT(items[1].rule, HasSubstr("FO-CANARY-7"));
  const auto ok = [](const Result<desk::Case>& c) { ASSERT_TRUE(c) << to_text(c.error()); };
  ok(o.inside("intake-1", [](Disclosure& x, const desk::Acting& w) { return x.collect("M-2026-0001", w); }));
  const auto produce = [&](const char* user) {
    return o.inside(
        user, [&](Disclosure& x, const desk::Acting& w) { return x.produce("M-2026-0001", o.d->out(), w); });
  };
  EXPECT_FALSE(produce("intake-1")) << "a second person";
  ok(produce("counsel-1"));
  const std::string found = read_text(o.d->out() / "M-2026-0001" / "collection.json").value();
  EXPECT_THAT(found, HasSubstr("+14045550199"));
  EXPECT_THAT(found, ::testing::Not(HasSubstr("Doe, James"))) << "the name was not cited";
}

TEST(Fisa, ADeadALapsedOrAnUnknownAuthorityReachesNothing) {
  for (const char* authority : {"fisa-105b", "fisa-702", "royal-prerogative", ""}) {
    FisaOffice o;
    LetterText text = fisa_order;
    text.authority = authority;
    EXPECT_FALSE(o.checked(text)) << authority;
  }
}

// Whatever the checks of the document said then: what it cites has to be in force when counsel approves.
TEST(Fisa, ALapsedAuthorityIsNotApproved) {
  for (const auto& [authority, ok] : {std::pair{"fisa-702", false}, std::pair{"fisa-title-1", true}}) {
    Lodge l;
    Demand x = l.demand("court-order", {Lodge::number("+14045550160")}, {"subscriber-name"});
    x.authority = authority;
    const auto done = Disclosure{l.c()}.approve(l.validated(x).matter, {}, l.who("counsel-1"));
    EXPECT_EQ(done.has_value(), ok) << authority;
    if (!ok) {
      EXPECT_THAT(done.error().what, HasSubstr("lapsed on 2026-04-20"));
    }
  }
}

}  // namespace
}  // namespace writ::cases
