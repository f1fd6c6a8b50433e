// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using namespace test;

TEST(Demand, WhatItWritesItReadsAgain) {
  for (const auto& k : the_policy().kinds) {
    Demand d = demand(k.id);
    d.wording = "two \"lines\"\nand a \\ and \xC3\xA9";
    d.expressly = {"subscriber-ssn"};
    d.subjects.push_back(
        {"tenant-name", "Doe, James", "HH-1001", "Harbor House", {"12", "Pier Street", "H", "GA", "3"}});
    d.document_sha256.fill(7);
    const std::string toml = to_toml(d);
    const auto read = parse_demand(view_of(toml), "demand.toml");
    ASSERT_TRUE(read) << to_text(read.error()) << toml;
    EXPECT_EQ(to_json(*read), to_json(d)) << toml;
    const auto json = parse_demand(view_of(canonical(to_json(d))), "demand.json");
    ASSERT_TRUE(json) << to_text(json.error());
    EXPECT_EQ(to_json(*json), to_json(d));
  }
}

TEST(Demand, EveryFieldIsWritten) {
  // A field of the JSON that to_toml leaves out would be lost in a draft.
  Json j = to_json(demand("court-order"));
  const std::function<void(Json&)> state = [&](Json& v) {
    for (auto& [key, e] : v.items()) {
      if (e.is_structured()) state(e);
      if (e.is_boolean()) e = true;
      if (e.is_array() && e.empty()) e = {"subscriber-name"};
      if (e == "") e = key.find("until") == std::string::npos ? "x" : "2026-12-01T00:00:00.000000Z";
    }
  };
  j["document_sha256"] = std::string(64, 'a');
  state(j);
  const auto d = demand_from_json(j);
  ASSERT_TRUE(d) << to_text(d.error());
  const auto read = parse_demand(view_of(to_toml(*d)), "demand.toml");
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(to_json(*read), j);
}

TEST(Demand, UnknownFieldsAreRefusedAtTheirPlace) {
  const std::string text = "schema = \"writ.demand/1\"\nkind = \"court-order\"\ncolour = \"red\"\n";
  const auto read = parse_demand(view_of(text), "demand.toml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().exit, Exit::usage);
  EXPECT_THAT(read.error().what, ::testing::HasSubstr("demand.toml:3"));
}

}  // namespace
}  // namespace writ::process
