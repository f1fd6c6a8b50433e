// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/transparency.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/test_demands.hh"
#include "cases/test_paper.hh"
#include "desk/compartment.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using namespace cases::testing;
using process::Cycle;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* sheriff = "Example County Sheriff";

const TransparencyRow* row(const Transparency& t, const std::string& kind) {
  const auto it = std::find_if(t.rows.begin(), t.rows.end(), [&](const auto& r) { return r.kind == kind; });
  return it == t.rows.end() ? nullptr : &*it;
}

Transparency counted(Desk& d, const std::string& person = {}, std::vector<desk::Carrier*> inside = {},
                     int year = 2026) {
  const auto t = transparency(d.carrier(), year, person, inside);
  EXPECT_TRUE(t) << to_text(t.error());
  return *t;
}

void deliver(Desk& d, const desk::Case& c) {
  acted(d, c, "verify-identity", {{"verification", "called back"}}, "intake-1");
  acted(d, c, "validate", {{"checks", "passed"}, {"policy", "p"}}, "intake-1");
  acted(d, c, "approve", {{"items", {"subscriber-name"}}, {"policy", "p"}}, "counsel-1");
  acted(d, c, "collect", {{"collection", "c"}}, "intake-1");
  acted(d, c, "check-scope", {{"collection", "c"}}, "intake-2");
  acted(d, c, "deliver", {{"delivery", "by hand"}}, "intake-1");
}

desk::Case national(Desk& d, int n) {
  return opened(d, Cycle::national_security,
                demand("nsl", "Federal Bureau of Investigation", fmt::format("NSL-{}", n),
                       fmt::format("+140455501{:02}", n)),
                {{"named", {"intake-1", "counsel-1"}}});
}

TEST(Transparency, CountsByKindOutcomeAndAccounts) {
  const auto d = at(Stage::armed);
  const auto a = opened(*d, Cycle::request, demand("grand-jury-subpoena", sheriff, "GJ-1"));
  const auto b = opened(*d, Cycle::request, demand("grand-jury-subpoena", sheriff, "GJ-2"));
  const auto c = opened(*d, Cycle::request, demand("grand-jury-subpoena", sheriff, "GJ-3", "+14045550103"));
  const auto e = opened(*d, Cycle::request, demand("search-warrant", sheriff, "SW-1"));
  opened(*d, Cycle::request, demand("search-warrant", sheriff, "SW-2"));
  d->clock.advance(1min);
  acted(*d, c, "return", {{"reason", "no period"}}, "intake-1");
  acted(*d, e, "reject", {{"reason", "no court"}}, "intake-1");
  acted(*d, b, "withdraw", {{"reason", "settled"}}, "intake-1");
  acted(*d, a, "verify-identity", {{"verification", "called back"}}, "intake-1");
  acted(*d, a, "validate", {{"checks", "passed"}, {"policy", "p"}}, "intake-1");
  acted(*d, a, "approve", {{"items", {"subscriber-name"}}, {"policy", "p"}}, "counsel-1");
  acted(*d, a, "collect", {{"collection", "c"}}, "intake-1");
  acted(*d, a, "check-scope", {{"collection", "c"}}, "officer-1");
  acted(*d, a, "deliver", {{"delivery", "by hand"}}, "intake-1");
  const Transparency t = counted(*d);
  const TransparencyRow* jury = row(t, "grand-jury-subpoena");
  ASSERT_NE(jury, nullptr);
  EXPECT_EQ(jury->outcomes,
            (std::map<std::string, std::int64_t>{{"answered", 1}, {"returned", 1}, {"withdrawn", 1}}));
  EXPECT_EQ(jury->total, 3);
  EXPECT_EQ(jury->accounts, 1) << "of those answered only";
  const TransparencyRow* warrant = row(t, "search-warrant");
  ASSERT_NE(warrant, nullptr);
  EXPECT_EQ(warrant->outcomes, (std::map<std::string, std::int64_t>{{"refused", 1}, {"pending", 1}}));
  EXPECT_EQ(warrant->accounts, 0);
  const TransparencyRow* wiretap = row(t, "wiretap");
  ASSERT_NE(wiretap, nullptr);
  EXPECT_EQ(wiretap->outcomes.at("activated"), 1);
  EXPECT_EQ(wiretap->accounts, 1);
  EXPECT_TRUE(counted(*d, {}, {}, 2025).rows.empty());
}

TEST(Transparency, TheSameAccountTwiceIsOneAccount) {
  const auto d = staffed();
  deliver(*d, opened(*d, Cycle::request, demand("trial-subpoena", sheriff, "T-1")));
  deliver(*d, opened(*d, Cycle::request, demand("trial-subpoena", sheriff, "T-2")));
  const Transparency t = counted(*d);
  EXPECT_EQ(row(t, "trial-subpoena")->total, 2);
  EXPECT_EQ(row(t, "trial-subpoena")->accounts, 1);
}

// Zero and five print the same; nobody who is not named sees a figure, whether there is one or not.
TEST(Transparency, NationalSecurityProcessInBandsAndForTheNamedAlone) {
  const auto empty = staffed(), five = staffed();
  for (int i = 1; i <= 5; ++i) national(*five, i);
  const auto outside = staffed();
  const Instant published = parse_rfc3339("2027-01-02T00:00:00Z").value();
  for (Desk* d : {empty.get(), five.get(), outside.get()}) d->clock.set(published);
  const Json none = to_json(counted(*outside)),
             zero = to_json(counted(*outside, "counsel-1", {&empty->carrier()})),
             some = to_json(counted(*outside, "counsel-1", {&five->carrier()}));
  EXPECT_TRUE(none["national_security"]["periods"].empty());
  EXPECT_EQ(zero, some);
  EXPECT_EQ(some["national_security"]["periods"][1]["process"], "0-249");
  EXPECT_EQ(some["national_security"]["periods"][1]["selectors"], "0-249");
  EXPECT_EQ(five->count("transparency.count"), 1u) << "noted where it was counted";
  EXPECT_EQ(outside->count("transparency.count"), 0u);
  // Were such a matter in the ordinary store, no ordinary row would tell.
  EXPECT_EQ(to_json(counted(*five)), none);
}

TEST(Transparency, WhoIsNamedHasTheirCompartmentsCounted) {
  const auto d = staffed();
  const auto entries = [&] {  // of the compartment's own log
    return desk::Compartments{d->carrier()}.open("harbor-lantern", acting(*d, "counsel-1"))->log().size();
  };
  ASSERT_TRUE(desk::Compartments{d->carrier()}.create(
      "harbor-lantern", {"intake-1", "counsel-1", "auditor-1"}, acting(*d, "intake-1")));
  d->clock.advance(1min);
  const auto before = entries();
  const auto stranger = transparency_for(d->carrier(), 2026, acting(*d, "counsel-2"));
  ASSERT_TRUE(stranger) << to_text(stranger.error());
  EXPECT_EQ(entries(), before);
  const auto named = transparency_for(d->carrier(), 2026, acting(*d, "counsel-1"));
  ASSERT_TRUE(named) << to_text(named.error());
  EXPECT_EQ(entries(), before + 1) << "counted, and noted where it was counted";
  EXPECT_EQ(named->counted_for, "counsel-1");
}

TEST(Transparency, ABandBeginsAtItsMultiple) {
  EXPECT_EQ(band(0, 250), "0-249");
  EXPECT_EQ(band(249, 250), "0-249");
  EXPECT_EQ(band(250, 250), "250-499");
  EXPECT_EQ(band(1999, 1000), "1000-1999");
}

TEST(Transparency, NoFigureBeforeItMayBePublished) {
  const auto d = staffed();
  d->clock.set(parse_rfc3339("2026-12-01T00:00:00Z").value());
  const Transparency t = counted(*d, "counsel-1", {&d->carrier()});
  ASSERT_EQ(t.national.size(), 2u);
  EXPECT_EQ(t.national[0].process, "0-249") << "the first half is over";
  EXPECT_EQ(t.national[1].process, "") << "the second is not";
  EXPECT_EQ(rfc3339_seconds(t.national[1].until), "2027-01-01T05:00:00Z") << "midnight in New York";
  EXPECT_EQ(t.national[1].until - t.national[1].from, std::chrono::days(180));
}

TEST(Transparency, TheLawsStructuresAreData) {
  const auto p = policy::load(source_dir / "policies" / "sandbox").value();
  ASSERT_EQ(p.transparency_structures.size(), 2u);
  EXPECT_EQ(policy::transparency_structure(p)->band, 250);
  EXPECT_EQ(p.transparency_structures[1].band, 100);
  EXPECT_EQ(p.transparency_structures[1].delay_days, 365);
  EXPECT_EQ(policy::transparency_structure(policy::load(source_dir / "policies" / "defero3-2010").value()),
            nullptr)
      << "the plan of 2010 publishes nothing";
}

TEST(Transparency, PaperAndTableSayTheSame) {
  const auto d = staffed();
  deliver(*d, opened(*d, Cycle::request, demand("trial-subpoena", sheriff, "T-1")));
  const Transparency t = counted(*d);
  const auto table = transparency_table(t);
  for (const auto& line : table) EXPECT_EQ(line.size(), table.front().size());
  const auto& p = d->carrier().policy();
  const fs::path file = d->dir.path() / "t.pdf";
  ASSERT_TRUE(write_file(file, produce::render_report(p, transparency_report(p, t)).value()));
  const std::string paper = paper_text(file);
  EXPECT_THAT(paper, HasSubstr("Trial subpoena"));
  EXPECT_THAT(paper, HasSubstr("Transparency Report 2026"));
  EXPECT_THAT(paper, Not(HasSubstr("0-249"))) << "nobody is named";
}

}  // namespace
}  // namespace writ::cases
