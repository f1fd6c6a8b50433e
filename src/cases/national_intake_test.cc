// SPDX-License-Identifier: GPL-3.0-or-later
// I8 at the doors of ordinary intake: national security process is led to its compartment from each of them
// and leaves nothing behind; and what lies in a compartment is no earlier document for anybody outside.
#include <gmock/gmock.h>

#include <sstream>

#include "cases/demand_prompt.hh"
#include "cases/page_intake.hh"
#include "cases/test_intake.hh"
#include "cases/test_national.hh"

namespace writ::cases {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// Everything on the disk of the data directory outside of compartments, by name and content.
std::string outside_on_disk(Desk& d) {
  std::map<std::string, std::string> files;
  for (const auto& e : fs::recursive_directory_iterator(d.data()))
    if (e.is_regular_file() && e.path().string().find("/compartments/") == std::string::npos &&
        e.path().filename().string().find("store.db") == std::string::npos)
      files[e.path().lexically_relative(d.data()).string()] = read_text(e.path()).value_or("");
  std::string out;
  for (const auto& [name, text] : files) out += name + "\n" + text + "\n";
  return out;
}

TEST(NationalIntake, EveryDoorLeadsToTheCompartmentAndKeepsNothing) {
  Office o;
  std::set<std::string> told;
  for (const char* kind : {"nsl", "fisa"}) {
    const std::string letter = LetterText{.kind = kind, .authority = "fisa-title-1"}.text();
    const std::string before = outside_on_disk(*o.d);
    const std::uint64_t size = o.d->carrier().log().size();
    Intake intake = o.intake();
    told.insert(to_text(intake.file(view_of(letter), "l.toml", letter_scan, o.who("intake-1")).error()));
    told.insert(to_text(intake.dry_run(view_of(letter), "l.toml", "intake-1").error()));
    told.insert(to_text(
        intake.correct("M-2026-0009", view_of(letter), "l.toml", letter_scan, o.who("intake-1")).error()));
    const Json page{{"schema", "writ.page-proposal/1"},
                    {"proposals",
                     {{{"field", "kind"}, {"value", kind}, {"page", 1}, {"confidence", 95}},
                      {{"field", "certifier"}, {"value", "CANARY"}, {"page", 1}, {"confidence", 50}}}}};
    told.insert(to_text(PageIntake{o.d->carrier()}.confirm(page, {}, o.who("intake-1")).error()));
    EXPECT_EQ(o.d->carrier().log().size(), size) << kind << ": nothing is noted outside";
    EXPECT_EQ(outside_on_disk(*o.d), before) << kind << ": nothing is kept outside";
    EXPECT_EQ(cases_filed(o.d->carrier()), 0u);
  }
  ASSERT_EQ(told.size(), 1u) << "the same words at every door, whatever the letter says";
  EXPECT_THAT(*told.begin(), HasSubstr("writ national file"));
  for (const char* word : {"CANARY", "security letter", "FISA", "l.toml"})
    EXPECT_THAT(*told.begin(), ::testing::Not(HasSubstr(word)));
}

TEST(NationalIntake, QuestionAndAnswerKeepsNoDraftOfIt) {
  Office o;
  std::size_t drafts = 0;
  std::istringstream in("nsl\n");
  std::ostringstream out;
  Prompt p{in, out, o.d->carrier().policy(), o.d->clock.now(), [&](const process::Demand&) {
             ++drafts;
             return Status{};
           }};
  EXPECT_FALSE(ask_demand(p, {}));
  EXPECT_EQ(drafts, 0u);
  EXPECT_THAT(out.str(), HasSubstr("writ national file"));
  process::Demand known;
  known.kind = "fisa";
  EXPECT_THAT(ask_demand(p, known).error().next, HasSubstr("writ national file")) << "a file beside the scan";
}

// An ordinary subpoena on the same page, with the same number of the same agency.
TEST(NationalIntake, WhatLiesInACompartmentIsNoDuplicateOutside) {
  const auto answers = [](bool letter) {
    Office o;
    if (letter) {
      const auto filed = NationalSecurity{o.d->carrier()}.file(filing(), o.who("intake-1"));
      EXPECT_TRUE(filed) << to_text(filed.error());
    }
    process::Demand x = o.subpoena();
    x.instrument = "NSL-CANARY-1";
    x.issuer = "Field Office";
    x.requester.agency = "Field Office";
    const std::string toml = process::to_toml(x);
    const auto ask = [&](const char* user) {
      const auto filed = o.intake().file(view_of(toml), "d.toml", letter_scan, o.who(user));
      EXPECT_TRUE(filed) << to_text(filed.error());
      return filed ? canonical(to_json(*filed)) : "";
    };
    std::string said = ask("intake-2") + "\n" + ask("intake-1");  // also to who knows of the letter
    said += canonical(o.intake().dry_run(view_of(toml), "d.toml", "portal").value());
    for (const Json& e : o.d->log()) said += "\n" + canonical(e);
    return said;
  };
  const std::string with = answers(true);
  EXPECT_EQ(with, answers(false));
  EXPECT_THAT(with, HasSubstr("no other matter has this document"));
}

TEST(NationalIntake, InsideTheCompartmentItIsSeen) {
  Office o;
  NationalSecurity service{o.d->carrier()};
  process::Demand x = o.subpoena();
  const std::string toml = process::to_toml(x);
  const auto outside = o.intake().file(view_of(toml), "d.toml", letter_scan, o.who("intake-2"));
  ASSERT_TRUE(outside) << to_text(outside.error());
  ASSERT_TRUE(service.file(filing(), o.who("intake-1")));
  const auto again = service.file(filing(), o.who("intake-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->acts.size(), 1u);
  const auto other = service.file(filing({.instrument = "NSL-CANARY-2"}), o.who("intake-1"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().exit, Exit::usage);
  EXPECT_THAT(other.error().what, HasSubstr("the same document as M-2026-0001"));
  ASSERT_TRUE(service.compartment("harbor-lantern", {}, o.who("counsel-1")));
  const auto checked = service.check_certification("harbor-lantern", o.who("intake-1"));
  ASSERT_TRUE(checked) << to_text(checked.error());
  EXPECT_THAT(canonical(checked->acts.back().body["checks"]),
              HasSubstr("the same document as " + outside->matter + " outside of this compartment"));
}

}  // namespace
}  // namespace writ::cases
