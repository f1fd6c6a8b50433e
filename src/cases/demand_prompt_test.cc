// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/demand_prompt.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cases/demand_questions.hh"

namespace writ::cases {
namespace {

using ::testing::HasSubstr;

const policy::Policy& the_policy() {
  static const policy::Policy p = *policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / "sandbox");
  return p;
}

struct Session {
  std::string said;
  process::Demand kept;  // the draft
  Result<process::Demand> result = process::Demand{};

  explicit Session(const std::string& answers, process::Demand draft = {}) {
    std::istringstream in(answers);
    std::ostringstream out;
    Prompt p{in, out, the_policy(), *parse_rfc3339("2026-11-23T15:00:00Z"), [&](const process::Demand& d) {
               kept = d;
               return Status{};
             }};
    result = ask_demand(p, std::move(draft));
    said = out.str();
  }
};

// Answers for one kind of process, in the order in which it asks.
std::string answers(const std::string& kind, const std::map<std::string, std::string>& by_name,
                    const std::string& subjects) {
  const auto& k = *policy::process_kind(the_policy(), kind);
  std::string out = kind + "\n";
  for (const bool needed : {true, false})
    for (const Question& q : demand_questions(the_policy()))
      if (q.is_needed(k) == needed) out += (by_name.contains(q.name()) ? by_name.at(q.name()) : "") + "\n";
  return out + subjects;
}

const std::map<std::string, std::string> subpoena{{"instrument", "EX-SP-0042"},
                                                  {"issuer", "Clerk"},
                                                  {"court", "Superior Court of Example County"},
                                                  {"jurisdiction", "GA"},
                                                  {"issued", "2026-11-20"},
                                                  {"return_by", "2026-12-07T15:00:00-05:00"},
                                                  {"signed", "yes"},
                                                  {"requester.name", "Case Officer"},
                                                  {"requester.badge", "4471"},
                                                  {"requester.agency", "Example County Sheriff"},
                                                  {"requester.phone", "+14045550170"},
                                                  {"requester.return_address", "1 Court Square"},
                                                  {"items", "subscriber-name, tenant-name"}};

TEST(DemandPrompt, AsksWhatTheKindNeedsFirstAndFiles) {
  const Session s(answers("grand-jury-subpoena", subpoena, "number\n(404) 555-0102\n\nfile\n"));
  ASSERT_TRUE(s.result) << to_text(s.result.error()) << s.said;
  const process::Demand& d = *s.result;
  EXPECT_EQ(d.kind, "grand-jury-subpoena");
  EXPECT_EQ(rfc3339_seconds(d.issued), "2026-11-20T05:00:00Z")
      << "the beginning of the day by the carrier's clock";
  EXPECT_EQ(rfc3339_seconds(d.return_by), "2026-12-07T20:00:00Z");
  EXPECT_EQ(d.items, (std::vector<std::string>{"subscriber-name", "tenant-name"}));
  ASSERT_EQ(d.subjects.size(), 1u);
  EXPECT_EQ(d.subjects[0].value, "(404) 555-0102");
  EXPECT_LT(s.said.find("court *"), s.said.find("title of the issuer"));
  EXPECT_EQ(to_json(s.kept), to_json(d));
}

TEST(DemandPrompt, AnEndOfInputLosesNothing) {
  const std::string whole = answers("grand-jury-subpoena", subpoena, "number\n(404) 555-0102\n\nfile\n");
  const std::string half = whole.substr(0, whole.find("Example County Sheriff"));
  const Session first(half);
  ASSERT_FALSE(first.result);
  EXPECT_EQ(first.result.error().exit, Exit::partial);
  EXPECT_EQ(first.kept.requester.name, "Case Officer");
  // Again, with the draft: an empty line keeps what stands there.
  std::map<std::string, std::string> rest;
  for (const char* key : {"requester.agency", "requester.phone", "requester.return_address", "items"})
    rest[key] = subpoena.at(key);
  std::string again = answers("grand-jury-subpoena", rest, "number\n(404) 555-0102\n\nfile\n");
  again.erase(0, again.find('\n'));
  const Session second(again, first.kept);
  ASSERT_TRUE(second.result) << to_text(second.result.error()) << second.said;
  EXPECT_EQ(to_json(*second.result), to_json(*Session(whole).result));
}

TEST(DemandPrompt, WhatCannotBeIsAskedAgain) {
  auto wrong = subpoena;
  wrong["issued"] = "yesterday\n2026-03-08 02:30:00\n?\n2026-11-20";
  wrong["signed"] = "perhaps\ny";
  wrong["items"] = "everything\nsubscriber-name";
  wrong["instrument"] = "\xFF\nEX-SP-0042";
  const Session s(answers("grand-jury-subpoena", wrong, "phone\nnumber\n\n(404) 555-0102\n\nfile\n"));
  ASSERT_TRUE(s.result) << to_text(s.result.error()) << s.said;
  for (const char* said :
       {"'yesterday' is not a time", "do not read '2026-03-08 02:30:00' exactly once", "neither yes nor no",
        "'everything' is not known", "not UTF-8", "one of these words"})
    EXPECT_THAT(s.said, HasSubstr(said));
}

TEST(DemandPrompt, TheReviewNamesWhatFailsAndFieldsCanBeChanged) {
  auto open = subpoena;
  open.erase("requester.badge");
  const Session s(
      answers("grand-jury-subpoena", open,
              "number\n(404) 555-0102\n\nnonsense\nrequester.badge\n4471\nsubjects\n-\n\nfile\n"));
  ASSERT_TRUE(s.result) << to_text(s.result.error()) << s.said;
  EXPECT_THAT(s.said, HasSubstr("not stated: badge"));
  EXPECT_THAT(s.said, HasSubstr("no such field"));
  EXPECT_EQ(s.result->requester.badge, "4471");
  EXPECT_TRUE(s.result->subjects.empty());
}

TEST(DemandPrompt, ADashEmptiesAField) {
  process::Demand draft;
  draft.kind = "preservation";
  draft.instrument = "old";
  draft.items = {"subscriber-name"};
  const Session s(answers("preservation", {{"instrument", "-"}, {"items", "-"}}, "\nfile\n"), draft);
  ASSERT_TRUE(s.result) << to_text(s.result.error()) << s.said;
  EXPECT_EQ(s.result->instrument, "");
  EXPECT_TRUE(s.result->items.empty());
}

}  // namespace
}  // namespace writ::cases
