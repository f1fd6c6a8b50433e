// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/process_kinds.hh"

#include <gmock/gmock.h>

#include "base/test_at.hh"
#include "policy/test_policy.hh"

namespace writ::policy {
namespace {

using testing::HasSubstr;

using writ::test::at;

// id, column, life cycle, what must be stated: c court, s statute, r return date, o coordination, h by hand;
// w: the order's own words decide. Copied by hand from the requirements.
TEST(Kinds, EveryKindOpensItsColumnAndEntersItsLifeCycle) {
  const std::vector<std::array<std::string, 4>> expected{
      {"grand-jury-subpoena", "subpoena", "request", "cr"},
      {"trial-subpoena", "subpoena", "request", "cr"},
      {"administrative-subpoena", "subpoena", "request", "sr"},
      {"civil-subpoena", "subpoena", "request", "cr"},
      {"judicial-summons", "summons", "request", "csr"},
      {"court-order", "court-order", "request", "cr"},
      {"search-warrant", "warrant", "request", "c"},
      {"preservation", "", "preservation", ""},
      {"backup-preservation", "", "backup-preservation", ""},
      {"pen-register", "", "interception", "co"},
      {"trap-and-trace", "", "interception", "co"},
      {"pen-trap", "", "interception", "co"},
      {"wiretap", "", "interception", "co"},
      {"emergency-disclosure", "emergency", "emergency", ""},
      {"nsl", "nsl", "national-security", "oh"},
      {"fisa", "", "national-security", "ohw"},
      {"ncmec-report", "", "child-protection", ""},
      {"non-disclosure-order", "", "request", "c"},
      {"extension", "", "request", ""},
      {"modification", "", "request", ""},
      {"withdrawal", "", "request", ""},
      {"cdr-delivery", "court-order", "recurring", "c"},
      {"walk-in", "", "request", ""}};
  const auto p = load(profiles() / "sandbox");
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_EQ(p->kinds.size(), expected.size());
  for (const auto& [id, column, cycle, flags] : expected) {
    const ProcessKind* k = process_kind(*p, id);
    ASSERT_NE(k, nullptr) << id;
    EXPECT_EQ(k->column, column) << id;
    EXPECT_EQ(k->cycle, cycle) << id;
    std::string stated;
    if (k->needs_court) stated += 'c';
    if (k->needs_statute) stated += 's';
    if (k->needs_return_date) stated += 'r';
    if (k->needs_coordination) stated += 'o';
    if (k->by_hand) stated += 'h';
    if (k->by_order) stated += 'w';
    EXPECT_EQ(stated, flags) << id;
    EXPECT_FALSE(k->citation.empty()) << id;
  }
  EXPECT_EQ(process_kind(*p, "interview"), nullptr);
  EXPECT_EQ(process_kind(*p, "fisa")->authority, "cited");
}

TEST(Authorities, HoldFromTheirDayToTheLastBeforeTheyLapseInTheCarriersZone) {
  const auto p = load(profiles() / "sandbox");
  EXPECT_EQ(why_not_in_force(*p, "fisa-702", at("2026-04-19T23:59:59-04:00")), "");
  EXPECT_THAT(why_not_in_force(*p, "fisa-702", at("2026-04-20T00:00:00-04:00")),
              testing::AllOf(HasSubstr("lapsed on 2026-04-20"), HasSubstr("Pub. L. 118-49")));
  EXPECT_THAT(why_not_in_force(*p, "fisa-702", at("2008-07-09T23:59:59-04:00")),
              HasSubstr("takes effect on 2008-07-10"));
  EXPECT_EQ(why_not_in_force(*p, "fisa-702", at("2008-07-10T00:00:00-04:00")), "");
  EXPECT_EQ(why_not_in_force(*p, "nsl-2709", at("2126-11-26T00:00:00Z")), "");
  EXPECT_THAT(why_not_in_force(*p, "fisa-215", at("2026-11-26T12:00:00Z")),
              HasSubstr("lapsed on 2020-03-15"));
}

TEST(Authorities, Sections105AAnd105BAreRefusedWhateverTheirDate) {
  const auto p = load(profiles() / "sandbox");
  for (const char* id : {"fisa-105a", "fisa-105b"})
    for (const char* when : {"2007-10-01T12:00:00Z", "2008-02-04T12:00:00Z", "2026-11-26T12:00:00Z"})
      EXPECT_THAT(why_not_in_force(*p, id, at(when)), HasSubstr("refused whatever its date")) << id << when;
}

TEST(Authorities, WhatTheTableDoesNotHaveIsNotInForce) {
  const auto p = load(profiles() / "sandbox");
  for (const char* id : {"", "fisa-706", "FISA-702", "cited"})
    EXPECT_THAT(why_not_in_force(*p, id, at("2020-01-01T00:00:00Z")), HasSubstr("counsel decides")) << id;
}

using Layers = PolicyCopy;

TEST_F(Layers, KindsAuthoritiesAndOfficesStandOnceAndLeadSomewhere) {
  replace("process.toml", "authority = \"nsl-2709\"", "authority = \"nsl-2708\"");
  EXPECT_THAT(error(), HasSubstr("no layer has a [[authority]] with id = \"nsl-2708\""));
  replace("process.toml", "authority = \"nsl-2708\"", "authority = \"nsl-2709\"");
  replace("process.toml", "id = \"wiretap\"", "id = \"pen-trap\"");
  EXPECT_THAT(error(),
              testing::ContainsRegex("process.toml:[0-9]+:1: 'process.13..id' names pen-trap twice"));
  replace("process.toml", "id = \"pen-trap\"\ntitle = \"Order to", "id = \"wiretap\"\ntitle = \"Order to");
  replace("process.toml", "column = \"subpoena\"", "column = \"subpena\"");
  EXPECT_THAT(error(), HasSubstr("'process[1].column' is 'subpena'"));
  replace("process.toml", "column = \"subpena\"", "column = \"subpoena\"");
  replace("federal.toml", "lapses = \"2026-04-20\"", "lapses = \"2008-07-10\"");
  EXPECT_THAT(error(), HasSubstr("lapses' is not after it took effect"));
  replace("federal.toml", "lapses = \"2008-07-10\"", "lapses = \"April 2026\"");
  EXPECT_THAT(error(), HasSubstr("is 'April 2026', which is no date"));
  replace("federal.toml", "lapses = \"April 2026\"", "lapses = \"2026-04-20\"");
  replace("carrier.toml", "id = \"ncmec\"", "id = \"fcc\"");
  EXPECT_THAT(error(), HasSubstr("names fcc twice"));
  replace("carrier.toml", "id = \"fcc\"", "id = \"ncmec-2\"");
  EXPECT_THAT(error(), HasSubstr("no layer has a [[office]] with id = \"ncmec\""));
}

}  // namespace
}  // namespace writ::policy
