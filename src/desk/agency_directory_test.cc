// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "desk/test_staff.hh"

namespace writ::desk {
namespace {

using namespace testing;

const std::vector<ContactKind> any_agency{ContactKind::agency, ContactKind::prosecutor, ContactKind::office};

Contact marshal(const std::string& number = "(404) 555-0190") {
  return contact_of(ContactKind::agency, "Example Marshal", "Duty desk", number);
}

LetterFacts letter(Desk& d, std::vector<std::string> numbers = {"+14045550170"}) {
  return {"Example Marshal", std::move(numbers), "", d.clock.now()};
}

TEST(AgencyDirectory, TwoPeopleMakeAContactAndItsHistoryStays) {
  const auto d = staffed();
  AgencyDirectory directory{d->carrier()};
  const auto added = directory.add(marshal(), acting(*d, "intake-1"));
  ASSERT_TRUE(added) << to_text(added.error());
  EXPECT_EQ(added->proposed->number, "+14045550190");
  EXPECT_EQ(added->current(), nullptr);
  EXPECT_EQ(directory.add(marshal(), acting(*d, "intake-1"))->id, added->id);  // the same command again
  EXPECT_FALSE(callable(*added, any_agency, letter(*d)));
  EXPECT_FALSE(directory.confirm(added->id, "main line", acting(*d, "intake-1")));
  EXPECT_FALSE(directory.confirm(added->id, "main line", acting(*d, "finance-1")));
  EXPECT_FALSE(directory.confirm(added->id, "", acting(*d, "counsel-1")));
  ASSERT_TRUE(directory.confirm(added->id, "main line", acting(*d, "counsel-1")));
  ASSERT_TRUE(directory.confirm(added->id, "main line", acting(*d, "counsel-1")));
  d->clock.advance(1h);
  ASSERT_TRUE(directory.change(added->id, marshal("(404) 555-0191"), acting(*d, "officer-1")));
  auto now = directory.read(added->id);
  EXPECT_EQ(now->current()->contact.number, "+14045550190") << "until it is confirmed the old one counts";
  EXPECT_FALSE(directory.confirm(added->id, "main line", acting(*d, "officer-1")));
  ASSERT_TRUE(directory.confirm(added->id, "main line", acting(*d, "intake-1")));
  now = directory.read(added->id);
  EXPECT_EQ(now->current()->contact.number, "+14045550191");
  ASSERT_EQ(now->history.size(), 2u);
  EXPECT_EQ(now->history[0].contact.number, "+14045550190");
  EXPECT_EQ(now->as_of(d->clock.now() - 30min).current()->contact.number, "+14045550190");
  EXPECT_TRUE(callable(*now, any_agency, letter(*d)));
  ASSERT_TRUE(directory.retire(added->id, "moved", acting(*d, "officer-2")));
  now = directory.read(added->id);
  EXPECT_EQ(now->current(), nullptr);
  EXPECT_EQ(now->history.size(), 2u);
  EXPECT_FALSE(callable(*now, any_agency, letter(*d)));
}

TEST(AgencyDirectory, AChangeThatIsDroppedLeavesTheOldNumber) {
  const auto d = staffed();
  AgencyDirectory directory{d->carrier()};
  const auto added = directory.add(marshal(), acting(*d, "intake-1"));
  ASSERT_TRUE(directory.confirm(added->id, "main line", acting(*d, "counsel-1")));
  ASSERT_TRUE(directory.change(added->id, marshal("(404) 555-0191"), acting(*d, "intake-1")));
  ASSERT_TRUE(directory.drop_change(added->id, "a wrong number", acting(*d, "intake-2")));
  EXPECT_FALSE(directory.confirm(added->id, "main line", acting(*d, "counsel-1")))
      << "there is nothing to confirm";
  EXPECT_EQ(directory.read(added->id)->current()->contact.number, "+14045550190");
}

TEST(AgencyDirectory, TheLettersOwnNumberCountsOnlyWhenItWasThereBefore) {
  const auto d = staffed();
  AgencyDirectory directory{d->carrier()};
  const LetterFacts early = letter(*d, {"404-555-0190"});
  d->clock.advance(1h);
  const auto added = directory.add(marshal(), acting(*d, "intake-1"));
  const auto entry = directory.confirm(added->id, "main line", acting(*d, "counsel-1"));
  ASSERT_TRUE(entry) << to_text(entry.error());
  const auto refused = callable(*entry, any_agency, early);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().missing.empty() || refused.error().next.empty());
  d->clock.advance(1h);
  EXPECT_TRUE(callable(*entry, any_agency, letter(*d, {"404-555-0190"})));
}

TEST(AgencyDirectory, WhatAContactMustSay) {
  const auto d = staffed();
  AgencyDirectory directory{d->carrier()};
  const auto add = [&](auto change) {
    Contact c = marshal();
    change(c);
    return directory.add(c, acting(*d, "intake-1")).has_value();
  };
  EXPECT_FALSE(add([](Contact& c) { c.source_kind = "letter"; }));
  EXPECT_FALSE(add([](Contact& c) { c.source.clear(); }));
  EXPECT_FALSE(add([](Contact& c) { c.verified_on = "2026-13-01"; }));
  EXPECT_FALSE(add([](Contact& c) { c.verified_on = "2027-01-01"; }));
  EXPECT_FALSE(add([](Contact& c) { c.number = "911"; }));
  EXPECT_FALSE(add([](Contact& c) { c.organisation.clear(); }));
  EXPECT_TRUE(add([](Contact&) {}));
}

// An order without a court yet: the agency speaks for it, and a second contact is still told.
TEST(OrderCheck, AnEmergencyInterceptionIsConfirmedByTheAgency) {
  const auto d = staffed();
  std::string text = OrderText{}.text();
  text.insert(text.find("instrument ="),
              "emergency = true\ndesignated_official = \"Attorney General of Example State\"\n");
  const std::string until = rfc3339_seconds(first_packet - 3h + std::chrono::days{30});
  text.replace(text.find(until), until.size(), rfc3339_seconds(first_packet + 40h));
  const auto filed = d->requests().file(view_of(text), "order.toml", source_dir / "sandbox" / "order.pdf",
                                        testing::who("intake-1"));
  ASSERT_TRUE(filed) << to_text(filed.error());
  ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
  OrderCheck check{d->carrier()};
  const auto call = [&](const std::string& entry) {
    return check.verify(filed->matter, {entry, "watch commander", Outcome::confirmed, false},
                        acting(*d, "intake-1"));
  };
  EXPECT_FALSE(call(clerk));
  ASSERT_TRUE(call(sheriff)) << to_text(call(sheriff).error());
  const auto tell = [&](const std::string& entry) {
    return check.tell(filed->matter, entry, "captain", acting(*d, "intake-1"));
  };
  EXPECT_FALSE(tell(sheriff)) << "the same contact";
  EXPECT_FALSE(d->requests().approve(filed->matter, "", testing::who("counsel-1")));
  AgencyDirectory directory{d->carrier()};
  const auto added =
      directory.add(contact_of(ContactKind::agency, "Example County Sheriff", "Legal unit", "+14045550184"),
                    acting(*d, "intake-1"));
  ASSERT_TRUE(directory.confirm(added->id, "main line", acting(*d, "counsel-2")));
  ASSERT_TRUE(tell(added->id));
  const auto approved = d->requests().approve(filed->matter, "", testing::who("counsel-1"));
  EXPECT_TRUE(approved) << to_text(approved.error());
}

}  // namespace
}  // namespace writ::desk
