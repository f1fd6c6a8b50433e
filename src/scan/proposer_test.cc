// SPDX-License-Identifier: GPL-3.0-or-later
// Words that stand where a page would have them, without the recogniser.
#include "scan/proposer.hh"

#include <gtest/gtest.h>

#include <map>

namespace writ::scan {
namespace {

// Lines of 60 pixels; a tab goes on at the middle of the page.
Page page_of(const std::vector<std::string>& lines, int confidence = 95) {
  Page p;
  p.width = 2550;
  p.height = 3300;
  p.ink_columns = 85;
  p.ink_rows = 110;
  p.ink.assign(85 * 110, '0');
  int y = 200;
  for (const std::string& line : lines) {
    int x = 225;
    std::string word;
    const auto flush = [&] {
      if (!word.empty())
        p.words.push_back({{x - static_cast<int>(word.size()) * 20, y, x, y + 36}, confidence, word});
      word.clear();
    };
    for (const char c : line) {
      if (c == ' ' || c == '\t')
        flush();
      else
        word += c;
      x = c == '\t' ? 1300 : x + (c == ' ' ? 12 : 20);
    }
    flush();
    y += 60;
  }
  return p;
}

std::map<std::string, std::string> fields_of(const std::vector<Page>& pages) {
  std::map<std::string, std::string> out;
  for (const Proposal& p : propose_fields(pages)) out[p.field] = p.value;
  return out;
}

TEST(Proposer, DatesHaveTheirRolesByTheirWords) {
  auto f = fields_of({page_of({"SUBPOENA", "Dated: March 3, 2026",
                               "Produce on or before 04/01/2026 at 2:30 p.m. the call records",
                               "for the period from 1 January 2026 through January 31, 2026."})});
  EXPECT_EQ(f["issued"], "2026-03-03");
  EXPECT_EQ(f["return_by"], "2026-04-01T14:30");
  EXPECT_EQ(f["records_from"], "2026-01-01");
  EXPECT_EQ(f["records_until"], "2026-01-31");
}

TEST(Proposer, AStampIsNoDateOfIssueAndAnImpossibleDayIsNone) {
  auto f = fields_of({page_of({"SUBPOENA", "RECEIVED", "MAR 9 2026", "Issued: February 30, 2026"})});
  EXPECT_EQ(f.count("issued"), 0u);
}

TEST(Proposer, ANumberIsTheRequestersOrTheSubjects) {
  auto f = fields_of({page_of(
      {"SUBPOENA",
       "Provide call detail records of telephone numbers 404-555-0142 and 404-555-0143 to the agent.", "",
       "Agent: Special Agent Rowan Ashgrove", "Tel: (404) 555-0110\tFax: (404) 555-0111"})});
  EXPECT_EQ(f["subjects.1"], "number +14045550142");
  EXPECT_EQ(f["subjects.2"], "number +14045550143");
  EXPECT_EQ(f["requester.phone"], "+14045550110");
  EXPECT_EQ(f["requester.fax"], "+14045550111");
  EXPECT_EQ(f["requester.name"], "Rowan Ashgrove");
}

TEST(Proposer, ItemsAreThoseThatAreAskedForWithTheirParty) {
  auto f = fields_of({page_of(
      {"SEARCH WARRANT", "The records to be disclosed are: subscriber name; guest home address; voicemail.",
       "The name and address of the agency follow below."})});
  EXPECT_EQ(f.count("items.subscriber-name"), 1u);
  EXPECT_EQ(f.count("items.tenant-address"), 1u);
  EXPECT_EQ(f.count("items.stored-content"), 1u);
  EXPECT_EQ(f.count("items.subscriber-address"), 0u);
  EXPECT_EQ(f["kind"], "search-warrant");
}

TEST(Proposer, AMissingPageIsSaid) {
  std::vector<std::string> lines(48);
  lines[47] = "Page 1 of 3";
  auto one = page_of(lines);
  lines[47] = "Page 3 of 3";
  const auto f = fields_of({one, page_of(lines)});
  EXPECT_EQ(f.at("pages"), "2 of 3, missing 2");
  EXPECT_EQ(missing_pages(f.at("pages")), std::vector<int>{2});
  EXPECT_TRUE(missing_pages("3 of 3").empty());
}

TEST(Proposer, WhatIsReadBadlyIsLessSure) {
  const auto sure = propose_fields({page_of({"GRAND JURY SUBPOENA", "Subpoena No. GJ-26-0417"}, 95)});
  const auto unsure = propose_fields({page_of({"GRAND JURY SUBPOENA", "Subpoena No. GJ-26-0417"}, 40)});
  ASSERT_EQ(sure.size(), unsure.size());
  for (std::size_t i = 0; i < sure.size(); ++i) EXPECT_LT(unsure[i].confidence, sure[i].confidence);
}

TEST(Proposer, InkAboveTheNameIsASignature) {
  const std::vector<std::string> lines = {
      "ORDER", "", "", "", "", "", "Ellis Marchbanks", "United States Magistrate Judge"};
  Page p = page_of(lines);
  EXPECT_EQ(fields_of({p})["signed"], "no");
  for (int x = 8; x < 20; ++x) p.ink[static_cast<std::size_t>(16 * 85 + x)] = '3';
  const auto f = fields_of({p});
  EXPECT_EQ(f.at("signed"), "yes");
  EXPECT_EQ(f.at("issuer"), "Ellis Marchbanks");
}

TEST(Proposer, NothingComesOfNothing) {
  EXPECT_TRUE(propose_fields({}).empty());
  EXPECT_TRUE(propose_fields({page_of({})}).empty());
}

}  // namespace
}  // namespace writ::scan
