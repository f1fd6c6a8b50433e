// SPDX-License-Identifier: GPL-3.0-or-later
// Two people at once on a policy edit and on an entry of the directory: one of them does it, the other is
// told, and the log has both.
#include "desk/agency_directory.hh"
#include "desk/policy_service.hh"
#include "desk/test_memory.hh"
#include "desk/test_race.hh"

namespace writ::desk {
namespace {

using namespace testing;

constexpr int race_rounds = 8;  // the two meet somewhere else each time

struct RacedEdits {
  std::unique_ptr<Desk> d = staffed();
  Acting who(const char* user) { return acting(*d, user); }
  // The sandbox's profile with so many months, from so many days on; its number.
  std::string proposed(const char* user, int months, int day) {
    const fs::path dir = d->dir.path() / fmt::format("edited-{}", months);
    EXPECT_TRUE(copy_policy(source_dir / "policies" / "sandbox", dir));
    std::string text = read_text(dir / "carrier.toml").value();
    text.replace(text.find("cdr_months = 24"), 15, fmt::format("cdr_months = {}", months));
    EXPECT_TRUE(write_file(dir / "carrier.toml", text));
    const auto c = PolicyService{d->carrier()}.propose(dir, first_packet + day * 24h, "x", who(user));
    EXPECT_TRUE(c) << to_text(c.error());
    return c ? c->matter : "";
  }
  std::size_t logged() { return d->log().size(); }
};

TEST(AtOnce, TwoApproveTheSamePolicyEdit) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    RacedEdits e;
    const std::string m = e.proposed("counsel-1", 36, 1);
    const Acting a = e.who("officer-1"), b = e.who("officer-2");
    const std::size_t before = e.logged();
    const auto told = at_once(
        *e.d, [&](Desk& d) { return PolicyService{d.carrier()}.approve(m, a); },
        [&](Desk& d) { return PolicyService{d.carrier()}.approve(m, b); });
    expect_one_wins(*e.d, told, {"officer-1", "officer-2"}, before);
    EXPECT_EQ(CaseBook{e.d->carrier()}.read(m)->acts.size(), 2u);
  }
}

TEST(AtOnce, OneApprovesAndTheOtherWithdraws) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    RacedEdits e;
    const std::string m = e.proposed("counsel-1", 36, 1);
    const Acting a = e.who("officer-1"), b = e.who("counsel-2");
    const std::size_t before = e.logged();
    const auto told = at_once(
        *e.d, [&](Desk& d) { return PolicyService{d.carrier()}.approve(m, a); },
        [&](Desk& d) { return PolicyService{d.carrier()}.withdraw(m, "not now", b); });
    expect_one_wins(*e.d, told, {"officer-1", "counsel-2"}, before);
  }
}

// Different edits, each compared with the same policy: the later one would silently undo the earlier.
TEST(AtOnce, TwoEditsOfTheSamePolicy) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    RacedEdits e;
    const std::string sooner = e.proposed("counsel-1", 36, 1), later = e.proposed("counsel-2", 30, 2);
    const Acting a = e.who("officer-1"), b = e.who("officer-2");
    const std::size_t before = e.logged();
    const auto told = at_once(
        *e.d, [&](Desk& d) { return PolicyService{d.carrier()}.approve(sooner, a); },
        [&](Desk& d) { return PolicyService{d.carrier()}.approve(later, b); });
    expect_one_wins(*e.d, told, {"officer-1", "officer-2"}, before);
    const bool first = told[0].exit == Exit::ok;
    e.d->clock.set(first_packet + 72h);
    e.d->close();
    EXPECT_EQ(e.d->carrier().policy().records.cdr_months, first ? 36 : 30);
  }
}

TEST(AtOnce, AnEditIsComparedWithWhatItReplaces) {
  RacedEdits e;
  const std::string sooner = e.proposed("counsel-1", 36, 1);
  ASSERT_TRUE(PolicyService{e.d->carrier()}.approve(sooner, e.who("officer-1")));
  // Proposed against the approved one, which is not in force yet.
  const std::string next = e.proposed("counsel-1", 30, 2), before = e.proposed("counsel-1", 48, 0);
  const Json changes = CaseBook{e.d->carrier()}.read(next)->acts.front().body["changes"];
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]["before"], 36);
  const auto undone = PolicyService{e.d->carrier()}.approve(before, e.who("officer-1"));
  ASSERT_FALSE(undone);
  EXPECT_NE(undone.error().what.find(sooner), std::string::npos) << to_text(undone.error());
  EXPECT_TRUE(PolicyService{e.d->carrier()}.approve(next, e.who("officer-1")));
}

TEST(AtOnce, TwoOnOneEntryOfTheDirectory) {
  const InMemory memory;
  const auto number = [](const char* n) {
    return contact_of(ContactKind::agency, "Example County Sheriff", "Watch commander", n);
  };
  for (int round = 0; round < race_rounds; ++round) {
    RacedEdits e;
    const Acting a = e.who("intake-1"), b = e.who("intake-2"), c = e.who("officer-1"), o = e.who("officer-2");
    std::size_t before = e.logged();
    auto told = at_once(
        *e.d,
        [&](Desk& d) { return AgencyDirectory{d.carrier()}.change(sheriff, number("+14045550192"), a); },
        [&](Desk& d) { return AgencyDirectory{d.carrier()}.change(sheriff, number("+14045550193"), b); });
    expect_one_wins(*e.d, told, {"intake-1", "intake-2"}, before);
    const std::string won = told[0].exit == Exit::ok ? "+14045550192" : "+14045550193";
    EXPECT_EQ(AgencyDirectory{e.d->carrier()}.read(sheriff)->proposed->number, won);
    before = e.logged();
    told = at_once(
        *e.d, [&](Desk& d) { return AgencyDirectory{d.carrier()}.confirm(sheriff, "its own site", c); },
        [&](Desk& d) { return AgencyDirectory{d.carrier()}.drop_change(sheriff, "nobody answers", o); });
    expect_one_wins(*e.d, told, {"officer-1", "officer-2"}, before);
    EXPECT_EQ(AgencyDirectory{e.d->carrier()}.read(sheriff)->current()->contact.number,
              told[0].exit == Exit::ok ? won : "+14045550182");
  }
}

}  // namespace
}  // namespace writ::desk
