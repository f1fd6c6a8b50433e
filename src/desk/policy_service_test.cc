// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/policy_service.hh"

#include <gmock/gmock.h>

#include "desk/test_staff.hh"

namespace writ::desk {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* reason = "the carrier keeps its records longer";

// The sandbox profile with three years of call records, for a carrier of two people in each role.
class PolicyEdit : public ::testing::Test {
 protected:
  void SetUp() override {
    d = staffed();
    edited = d->dir.path() / "edited";
    ASSERT_TRUE(copy_policy(source_dir / "policies" / "sandbox", edited));
    replace(edited / "carrier.toml", "cdr_months = 24", "cdr_months = 36");
  }
  static void replace(const fs::path& file, const std::string& what, const std::string& with) {
    std::string text = *read_text(file);
    const auto pos = text.find(what);
    ASSERT_NE(pos, std::string::npos) << what;
    ASSERT_TRUE(write_file(file, text.replace(pos, what.size(), with)));
  }
  PolicyService service() { return PolicyService{d->carrier()}; }
  Result<Case> propose(const std::string& user, Instant effective) {
    return service().propose(edited, effective, reason, acting(*d, user));
  }
  Result<Case> approve(const std::string& matter, const std::string& user) {
    return service().approve(matter, acting(*d, user));
  }
  std::int64_t months() {
    d->close();
    return d->carrier().policy().records.cdr_months;
  }
  std::string signed_version(const Case& c) { return c.acts.front().body["policy"].get<std::string>(); }
  Instant tomorrow() const { return first_packet + 24h; }
  std::unique_ptr<Desk> d;
  fs::path edited;
};

TEST_F(PolicyEdit, TakesEffectWhenTwoPeopleSignedAndItsTimeHasCome) {
  const auto before = d->carrier().policy().hash;
  const auto proposed = propose("counsel-1", tomorrow());
  ASSERT_TRUE(proposed) << to_text(proposed.error());
  EXPECT_EQ(proposed->matter, "E-2026-0001");
  const Json& body = proposed->acts.front().body;
  EXPECT_EQ(body["replaces"], crypto::hex(before));
  ASSERT_EQ(body["changes"].size(), 1u);
  EXPECT_EQ(body["changes"][0]["field"], "cdr_months");
  EXPECT_EQ(body["changes"][0]["after"], 36);

  d->clock.set(tomorrow() - 1h);
  EXPECT_EQ(months(), 24) << "nobody approved it";
  const auto approved = approve(proposed->matter, "officer-1");
  ASSERT_TRUE(approved) << to_text(approved.error());
  EXPECT_EQ(approved->state, "approved");
  EXPECT_EQ(months(), 24) << "its time has not come";
  d->clock.set(tomorrow() - 1us);
  EXPECT_EQ(months(), 24);
  ASSERT_TRUE(d->carrier().renew_policy());
  EXPECT_EQ(d->carrier().policy().hash, before);
  d->clock.set(tomorrow());
  ASSERT_TRUE(d->carrier().renew_policy());  // in a carrier that stays open
  EXPECT_EQ(d->carrier().policy().records.cdr_months, 36);
  EXPECT_EQ(months(), 36);
  EXPECT_NE(d->carrier().policy().hash, before);
}

TEST_F(PolicyEdit, NeedsCounselAndOfficerWhoeverBegins) {
  for (const auto& [proposer, approver, ok] :
       std::initializer_list<std::tuple<const char*, const char*, bool>>{{"counsel-1", "counsel-1", false},
                                                                         {"counsel-1", "counsel-2", false},
                                                                         {"officer-1", "officer-2", false},
                                                                         {"officer-1", "counsel-2", true},
                                                                         {"counsel-2", "officer-2", true}}) {
    SetUp();
    const auto proposed = propose(proposer, tomorrow());
    ASSERT_TRUE(proposed) << to_text(proposed.error());
    const auto refusals = d->count("refused");
    const auto approved = approve(proposed->matter, approver);
    EXPECT_EQ(approved.has_value(), ok) << proposer << " " << approver;
    if (!ok) {
      EXPECT_EQ(approved.error().exit, Exit::refused);
      EXPECT_EQ(d->count("refused"), refusals + 1);
    }
    d->clock.set(tomorrow());
    EXPECT_EQ(months(), ok ? 36 : 24) << proposer << " " << approver;
  }
  SetUp();
  for (const char* user : {"intake-1", "technician-1", "admin-1", "auditor-1"})
    EXPECT_EQ(propose(user, tomorrow()).error().exit, Exit::refused) << user;
}

TEST_F(PolicyEdit, NeverTakesEffectBackwards) {
  EXPECT_THAT(propose("counsel-1", first_packet - 1s).error().what, HasSubstr("has passed"));
  const auto proposed = propose("counsel-1", tomorrow());
  ASSERT_TRUE(proposed);
  d->clock.set(tomorrow() + 1s);
  const auto late = approve(proposed->matter, "officer-1");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().exit, Exit::refused);
  EXPECT_THAT(late.error().what, HasSubstr("has passed"));
  EXPECT_EQ(months(), 24);
}

TEST_F(PolicyEdit, AnAlteredVersionOpensNothing) {
  const auto proposed = propose("counsel-1", tomorrow());
  ASSERT_TRUE(proposed);
  const fs::path kept = d->data() / "policies" / signed_version(*proposed);
  const std::string original = *read_text(kept / "carrier.toml");
  replace(kept / "carrier.toml", "cdr_months = 36", "cdr_months = 18");
  EXPECT_EQ(approve(proposed->matter, "officer-1").error().exit, Exit::integrity)
      << "nobody signs what was altered";
  ASSERT_TRUE(write_file(kept / "carrier.toml", original));
  ASSERT_TRUE(approve(proposed->matter, "officer-1"));
  d->clock.set(tomorrow());
  EXPECT_EQ(months(), 36);
  d->close();
  replace(kept / "carrier.toml", "cdr_months = 36", "cdr_months = 18");
  const auto opened = Carrier::open(d->data(), d->clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().exit, Exit::integrity);
  EXPECT_THAT(to_text(opened.error()), AllOf(HasSubstr(signed_version(*proposed)), HasSubstr("I7")));
  fs::remove_all(kept);
  EXPECT_EQ(Carrier::open(d->data(), d->clock).error().exit, Exit::integrity);
}

TEST_F(PolicyEdit, TheFirstVersionIsTheOneThatBothRootsSigned) {
  d->close();
  replace(d->data() / "policy" / "carrier.toml", "cdr_months = 24", "cdr_months = 36");
  EXPECT_EQ(Carrier::open(d->data(), d->clock).error().exit, Exit::integrity);
  replace(d->data() / "policy" / "carrier.toml", "cdr_months = 36", "cdr_months = 24");
  EXPECT_TRUE(Carrier::open(d->data(), d->clock));
  // The hash of the edited layers in its place, without the roots' keys.
  const std::string hash = crypto::hex(d->carrier().policy().hash);
  d->close();
  replace(d->data() / "policy.json", hash, crypto::hex(policy::load(edited)->hash));
  ASSERT_TRUE(copy_policy(edited, d->data() / "policy"));
  const auto opened = Carrier::open(d->data(), d->clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().exit, Exit::integrity);
  EXPECT_THAT(opened.error().what, HasSubstr("not signed by both roots"));
}

TEST_F(PolicyEdit, AnEditedApprovalIsFound) {
  const auto proposed = propose("counsel-1", tomorrow() + 24h);
  ASSERT_TRUE(proposed);
  ASSERT_TRUE(approve(proposed->matter, "officer-1"));
  d->close();
  d->sql(
      "UPDATE case_acts SET body=replace(body, '2026-11', '2026-10') WHERE matter='E-2026-0001' AND seq=2");
  EXPECT_EQ(Carrier::open(d->data(), d->clock).error().exit, Exit::integrity);
}

TEST_F(PolicyEdit, TheSameCommandsAgainChangeNothing) {
  const auto first = propose("counsel-1", tomorrow());
  const auto again = propose("counsel-1", tomorrow());
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->matter, first->matter);
  ASSERT_TRUE(approve(first->matter, "officer-1"));
  const auto twice = approve(first->matter, "officer-1");
  ASSERT_TRUE(twice) << to_text(twice.error());
  EXPECT_EQ(twice->acts.size(), 2u);
  const auto versions = service().versions();
  ASSERT_TRUE(versions);
  ASSERT_EQ(versions->size(), 2u);
  EXPECT_TRUE((*versions)[0].in_force);
  EXPECT_TRUE((*versions)[1].intact);
  EXPECT_EQ((*versions)[1].approved_by, "officer-1");
  EXPECT_EQ(to_json(*versions)["versions"][1]["state"], "approved");
}

TEST_F(PolicyEdit, AProposalIsComparedWithThePolicyOfToday) {
  const auto one = propose("counsel-1", tomorrow());
  replace(edited / "carrier.toml", "account_months = 24", "account_months = 30");
  const auto two = propose("officer-2", tomorrow() + 24h);
  ASSERT_TRUE(two) << to_text(two.error());
  ASSERT_TRUE(approve(one->matter, "officer-1"));
  d->clock.set(tomorrow());
  EXPECT_EQ(months(), 36);
  const auto stale = approve(two->matter, "counsel-2");
  ASSERT_FALSE(stale);
  EXPECT_THAT(stale.error().what, HasSubstr("no longer the one it was compared with"));
  const auto withdrawn = service().withdraw(two->matter, "proposed anew", acting(*d, "officer-2"));
  ASSERT_TRUE(withdrawn) << to_text(withdrawn.error());
  EXPECT_EQ(withdrawn->state, "withdrawn");
}

TEST_F(PolicyEdit, AnothersProfileABrokenOneAndNoChangeAreRefused) {
  const auto told = [&](const fs::path& dir) {
    return to_text(service().propose(dir, tomorrow(), reason, acting(*d, "counsel-1")).error());
  };
  EXPECT_THAT(told(source_dir / "policies" / "defero3-2010"),
              HasSubstr("this is the profile of Defero3, Inc."));
  EXPECT_THAT(told(source_dir / "policies" / "sandbox"), HasSubstr("are the policy in force"));
  replace(edited / "process.toml", "cycle = \"preservation\"", "cycle = \"conservation\"");
  EXPECT_THAT(told(edited), HasSubstr("enters 'conservation'"));
  replace(edited / "federal.toml", "court-order = \"Y\"", "court-order = \"yes\"");
  EXPECT_THAT(told(edited), HasSubstr("federal.toml:"));
  EXPECT_FALSE(fs::exists(d->data() / "policies"));
}

}  // namespace
}  // namespace writ::desk
