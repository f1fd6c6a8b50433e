// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/matrix.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "policy/test_policy.hh"

namespace writ::policy {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Golden {
  std::string item, column, plan, law, product;
};

std::vector<Golden> golden() {
  const char* const columns[] = {"subpoena", "summons", "court-order", "warrant", "emergency", "nsl"};
  std::istringstream file(*read_text(fs::path(WRIT_SOURCE_DIR) / "src/policy/matrix_golden.tsv"));
  std::vector<Golden> out;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream row(line);
    std::string item, cells, product;
    row >> item;
    for (const char* column : columns) {
      row >> cells >> product;
      const auto slash = cells.find('/');
      out.push_back({item, column, cells.substr(0, slash), cells.substr(slash + 1), product});
    }
  }
  return out;
}

// What the product's word means, in a situation.
Verdict meant(const std::string& product, const Situation& s) {
  const auto only_if = [](bool held) { return held ? Verdict::permit : Verdict::refuse; };
  if (product == "permit") return Verdict::permit;
  if (product == "statute") return only_if(s.statute_cited);
  if (product == "requested" || product == "needed") return only_if(s.expressly_requested);
  if (product == "counsel") return s.counsel_approved ? Verdict::permit : Verdict::needs_counsel;
  return Verdict::refuse;
}

TEST(Matrix, EveryCellIsThatOfTheRequirementsInEverySituation) {
  const auto table = golden();
  ASSERT_EQ(table.size(), 96u);
  for (const char* profile : {"defero3-2010", "sandbox"}) {
    const auto p = load(profiles() / profile);
    ASSERT_TRUE(p) << to_text(p.error());
    EXPECT_EQ(p->plan_matrix.size(), 96u);
    EXPECT_EQ(p->law_matrix.size(), 96u);
    for (const Golden& g : table)
      for (int bits = 0; bits < 8; ++bits) {
        const Situation s{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
        const Decision d = decide(*p, g.item, g.column, s);
        ASSERT_EQ(to_string(d.plan), g.plan) << g.item << " " << g.column;
        ASSERT_EQ(to_string(d.law), g.law) << g.item << " " << g.column;
        ASSERT_EQ(to_string(d.verdict), to_string(meant(g.product, s)))
            << g.item << " " << g.column << " " << bits;
        ASSERT_THAT(d.rule,
                    AllOf(testing::StartsWith("carrier policy: SSI plan (S"), HasSubstr("; law: 18 USC 27")));
        ASSERT_EQ(d.cure.empty(), d.verdict == Verdict::permit);
      }
  }
}

TEST(Matrix, ItemsAndColumnsStandInTheOrderOfTheRequirements) {
  const auto p = load(profiles() / "sandbox");
  std::vector<std::string> items;
  for (const Golden& g : golden())
    if (g.column == "subpoena") items.push_back(g.item);
  EXPECT_EQ(matrix_items(*p), items);
  EXPECT_THAT(matrix_columns(*p),
              testing::ElementsAre("subpoena", "summons", "court-order", "warrant", "emergency", "nsl"));
}

TEST(Matrix, ARefusalSaysWhoseItIsAndWhichProcessWouldReachTheItem) {
  const auto p = load(profiles() / "defero3-2010");
  const Decision plan = decide(*p, "tenant-address", "subpoena", {});
  EXPECT_EQ(plan.fact, "tenant-address under subpoena: the carrier's policy does not release it");
  EXPECT_EQ(plan.cure, "strike the item, or serve process that reaches it: warrant");
  EXPECT_EQ(plan.rule, "carrier policy: SSI plan (S20, S21); law: 18 USC 2703(c)(2)");
  const Decision law = decide(*p, "subscriber-number", "nsl", {false, false, true});
  EXPECT_EQ(law.fact, "subscriber-number under nsl: the law does not release it");
  EXPECT_THAT(decide(*p, "stored-content", "court-order", {true, true, true}).cure,
              HasSubstr("no process releases it"));
}

TEST(Matrix, WhatIsNotListedIsRefused) {
  const auto p = load(profiles() / "sandbox");
  const Situation everything{true, true, true};
  for (const auto& [item, column] :
       {std::pair{"subscriber-email", "warrant"}, std::pair{"subscriber-name", ""},
        std::pair{"subscriber-name", "interview"}, std::pair{"", "warrant"},
        std::pair{"Subscriber-name", "warrant"}}) {
    const Decision d = decide(*p, item, column, everything);
    EXPECT_EQ(d.verdict, Verdict::refuse) << item << " " << column;
    EXPECT_THAT(d.fact, HasSubstr("no cell"));
  }
  EXPECT_EQ(decide(Policy{}, "subscriber-name", "warrant", everything).verdict, Verdict::refuse);
}

using Layers = PolicyCopy;

constexpr const char* pack_head =
    "schema = \"writ.policy-layer/1\"\nname = \"state-of-arcadia\"\nside = \"law\"\neffective = "
    "\"2026-01-01\"\n"
    "verified_on = \"2026-11-26\"\nverified_against = \"nothing: the State is fictional\"\n";

TEST_F(Layers, AStatePackNarrowsWhatItNamesAndNothingElse) {
  const auto before = load(dir_);
  add("state-arcadia.toml",
      std::string(pack_head) +
          "[[matrix]]\nitem = \"subscriber-calls\"\nsubpoena = \"N\"\nemergency = \"Y\"\n"
          "citation = \"Arcadia Code 12-3\"\n");
  const auto p = load(dir_);
  ASSERT_TRUE(p) << to_text(p.error());
  const Decision d = decide(*p, "subscriber-calls", "subpoena", {true, true, true});
  EXPECT_EQ(d.verdict, Verdict::refuse);
  EXPECT_EQ(d.law, Cell::no);
  EXPECT_EQ(d.rule, "carrier policy: SSI plan (S20, S21); law: 18 USC 2703(c)(2); Arcadia Code 12-3");
  EXPECT_EQ(d.cure, "strike the item, or serve process that reaches it: court-order, warrant");
  for (const Golden& g : golden())
    for (int bits = 0; bits < 8; ++bits) {
      const Situation s{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      if (g.item == "subscriber-calls" && g.column == "subpoena") continue;
      ASSERT_EQ(decide(*p, g.item, g.column, s).verdict, decide(*before, g.item, g.column, s).verdict)
          << g.item << " " << g.column;
    }
}

// Whatever a pack says, alone or with another, nothing opens that was closed.
TEST_F(Layers, NoPackCanWiden) {
  const auto before = load(dir_);
  for (const char* word : {"Y", "R", "-", "N"}) {
    std::string pack = pack_head;
    for (const std::string& item : matrix_items(*before))
      pack += fmt::format(
          "[[matrix]]\nitem = \"{}\"\ncitation = \"Arcadia Code 1\"\nsubpoena = \"{}\"\n"
          "summons = \"{}\"\nnsl = \"{}\"\n",
          item, word, word, word);
    add("state-arcadia.toml", pack);
    const auto p = load(dir_);
    ASSERT_TRUE(p) << to_text(p.error());
    for (const Golden& g : golden())
      for (int bits = 0; bits < 8; ++bits) {
        const Situation s{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
        const auto old_verdict = decide(*before, g.item, g.column, s).verdict;
        const auto new_verdict = decide(*p, g.item, g.column, s).verdict;
        ASSERT_GE(static_cast<int>(new_verdict), static_cast<int>(old_verdict)) << g.item << " " << g.column;
      }
  }
}

TEST_F(Layers, ASideIsStatedAndThePlansRowsStandOnce) {
  const std::string row =
      "[[matrix]]\nitem = \"tenant-ssn\"\nsubpoena = \"Y\"\ncitation = \"Arcadia Code 1\"\n";
  std::string sideless = pack_head;
  sideless.erase(sideless.find("side"), std::string("side = \"law\"\n").size());
  add("state-arcadia.toml", sideless + row);
  EXPECT_THAT(error(), HasSubstr("state-arcadia.toml:6:3: 'matrix' is in a layer that takes no side"));
  add("state-arcadia.toml", pack_head + row + row);
  EXPECT_THAT(error(), HasSubstr("names tenant-ssn twice"));
  std::string plan = pack_head;
  plan.replace(plan.find("\"law\""), 5, "\"plan\"");
  add("state-arcadia.toml",
      plan +
          "[[matrix]]\nitem = \"tenant-ssn\"\ntitle = \"x\"\ncitation = \"x\"\nsubpoena = \"Y\"\n"
          "summons = \"Y\"\ncourt-order = \"Y\"\nwarrant = \"Y\"\nemergency = \"Y\"\nnsl = \"Y\"\n");
  EXPECT_THAT(error(), HasSubstr("names tenant-ssn twice"));
  add("state-arcadia.toml", pack_head + std::string("[[matrix]]\nitem = \"tenant-ssn\"\nsubpoena = \"Y\"\n"));
  EXPECT_THAT(error(), HasSubstr("has no citation"));
  fs::remove(dir_ / "state-arcadia.toml");
  replace("federal.toml", "name = \"federal\"", "name = \"federal\"\nside = \"plan\"");
  EXPECT_THAT(error(), HasSubstr("'side' of federal.toml is the law"));
}

TEST_F(Layers, ARowAColumnOrACellThatIsMissingOrUnknownIsRefusedAtItsLine) {
  replace("plan-matrix.toml", "  { item = \"tenant-ssn\",", "  # { item = \"tenant-ssn\",");
  EXPECT_THAT(error(), HasSubstr("the plan side of the matrix has no row for tenant-ssn"));
  replace("plan-matrix.toml", "  # { item = \"tenant-ssn\",", "  { item = \"tenant-ssm\",");
  EXPECT_THAT(error(),
              AllOf(HasSubstr("plan-matrix.toml:26:"), HasSubstr("'matrix[13].item' is 'tenant-ssm'")));
  replace("plan-matrix.toml", "tenant-ssm", "tenant-name");
  EXPECT_THAT(error(), HasSubstr("names tenant-name twice"));
  replace("plan-matrix.toml", "{ item = \"tenant-name\"", "{ item = \"tenant-ssn\"");  // the first of the two
  replace("plan-matrix.toml", ", nsl = \"-\" }", " }");
  EXPECT_THAT(error(), HasSubstr("'matrix[1].nsl' is missing"));
  replace("plan-matrix.toml", ", emergency = \"Y\" }", ", emergency = \"Y\", nsl = \"y\" }");
  EXPECT_THAT(error(), HasSubstr("'matrix[1].nsl' is 'y'"));
  replace("plan-matrix.toml", "nsl = \"y\"", "nsl = \"v\"");
  EXPECT_THAT(error(), HasSubstr("voluntary minimum outside of an emergency"));
  replace("plan-matrix.toml", "nsl = \"v\"", "nsl = \"Y*\"");
  EXPECT_THAT(error(), HasSubstr("is Y* and not a summons"));
  replace("plan-matrix.toml", "nsl = \"Y*\"", "nsl = \"-\", fax = \"Y\"");
  EXPECT_THAT(error(), HasSubstr("'matrix[1].fax' is not known here"));
  replace("plan-matrix.toml", ", fax = \"Y\"", "");
  EXPECT_EQ(error(), "");
  replace("plan-matrix.toml", "id = \"nsl\"", "id = \"warrant\"");
  EXPECT_THAT(error(), HasSubstr("names warrant twice"));
}

}  // namespace
}  // namespace writ::policy
