// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/certification_register.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/incident.hh"
#include "cases/test_paper.hh"
#include "desk/test_staff.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<RegisterEntry> read(Desk& d, const char* by = "officer-1") {
  const auto entries = certification_register(d.carrier(), acting(d, by));
  EXPECT_TRUE(entries) << to_text(entries.error());
  return entries ? *entries : std::vector<RegisterEntry>{};
}

void certify(Desk& d) { ASSERT_TRUE(d.intercepts().certify(matter, who("officer-1"))); }

TEST(CertificationRegister, NothingBeforeTheArmingAndMissingAfterIt) {
  EXPECT_TRUE(read(*at(Stage::authorised)).empty());
  const auto d = at(Stage::armed);
  const auto entries = read(*d);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].matter, matter);
  EXPECT_EQ(entries[0].state, CertificationState::missing);
  EXPECT_THAT(entries[0].why, HasSubstr("writ intercept certify"));
  EXPECT_FALSE(entries[0].keep_until);
  EXPECT_EQ(d->count("register.read"), 1u);
}

TEST(CertificationRegister, CertifiedEndedAndKeptForThePeriod) {
  const auto d = at(Stage::armed);
  certify(*d);
  auto entries = read(*d);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].state, CertificationState::certified);
  EXPECT_EQ(entries[0].responsible, "officer-1");
  EXPECT_EQ(entries[0].agency, "Example County Sheriff");
  EXPECT_FALSE(entries[0].keep_until) << "it still runs";
  d->clock.advance(24h);
  const Instant stopped = d->clock.now();
  ASSERT_TRUE(d->intercepts().stop(matter, "done", d->out(), who("officer-1")));
  entries = read(*d);
  ASSERT_TRUE(entries[0].keep_until);
  EXPECT_EQ(rfc3339_seconds(*entries[0].keep_until).substr(0, 10),
            "2028" + rfc3339_seconds(stopped).substr(4, 6));
  EXPECT_THAT(entries[0].arithmetic, HasSubstr("2 years"));
}

TEST(CertificationRegister, AnAlteredCertificationDoesNotVerify) {
  const auto d = at(Stage::armed);
  certify(*d);
  d->close();
  d->sql("UPDATE certifications SET body=replace(body, 'Senior', 'Junior')");
  const auto entries = read(*d);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].state, CertificationState::not_verified);
}

TEST(CertificationRegister, HoldsInterceptionsWithoutAuthorisationToo) {
  const auto d = at(Stage::armed);
  IncidentService incidents{d->carrier()};
  const auto filed = incidents.report({"unlawful-surveillance", "a port was mirrored", d->clock.now() - 1h},
                                      acting(*d, "technician-1"));
  ASSERT_TRUE(filed) << to_text(filed.error());
  ASSERT_TRUE(incidents.contain(filed->matter, "the port was released", acting(*d, "technician-1")));
  const UnlawfulInterception found{
      {"+14045550103"},   "content, by a mirrored port", "", "", "", false, d->clock.now() - 72h,
      d->clock.now() - 1h};
  EXPECT_FALSE(incidents.record_interception(filed->matter, found, acting(*d, "counsel-1")))
      << "the responsible person signs";
  ASSERT_TRUE(incidents.record_interception(filed->matter, found, acting(*d, "officer-1")));
  const auto again = incidents.record_interception(filed->matter, found, acting(*d, "officer-1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->acts.size(), 3u) << "once";
  const auto entries = read(*d);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].matter, filed->matter) << "it began earlier";
  EXPECT_FALSE(entries[0].is_authorised);
  EXPECT_EQ(entries[0].state, CertificationState::certified);
  EXPECT_EQ(entries[0].responsible, "officer-1");
  EXPECT_TRUE(entries[0].keep_until);
  d->close();  // the entry stands on its signature
  d->sql("UPDATE case_acts SET body=replace(body, '+14045550103', '+14045550104') WHERE seq=3");
  const auto altered = certification_register(d->carrier(), acting(*d, "officer-1"));
  ASSERT_FALSE(altered);
  EXPECT_EQ(altered.error().exit, Exit::integrity);
}

TEST(CertificationRegister, NamesNoTargetAndIsNotForEverybody) {
  const auto d = at(Stage::armed);
  certify(*d);
  const auto entries = read(*d, "auditor-1");
  const fs::path pdf = d->dir.path() / "register.pdf";
  ASSERT_TRUE(
      write_file(pdf, produce::render_report(d->carrier().policy(),
                                             register_report(d->carrier().policy(), entries, d->clock.now()))
                          .value()));
  const std::string paper = paper_text(pdf);
  EXPECT_THAT(paper, HasSubstr("EX-WT-0117"));
  std::string row;
  for (const std::string& cell : register_row(entries[0])) row += cell + ";";
  for (const std::string& text : {paper, row, to_json(entries).dump()})
    EXPECT_THAT(text, Not(HasSubstr("5550102")));
  EXPECT_EQ(register_row(entries[0]).size(), register_columns().size());
  const auto refused = certification_register(d->carrier(), acting(*d, "technician-1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_EQ(d->count("refused"), 1u);
}

}  // namespace
}  // namespace writ::cases
