// SPDX-License-Identifier: GPL-3.0-or-later
// The second person's reading of what only a preserved snapshot holds: row for row, from the snapshot itself.
#include <gmock/gmock.h>

#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/preservation.hh"
#include "cases/test_lodge.hh"

namespace writ::cases::testing {
namespace {

using ::testing::HasSubstr;

struct ServedFromSnapshot : Lodge {
  desk::Acting a = who("custodian-1"), b = who("custodian-2");
  Openers both{a, b};
  Disclosure disclosure{c()};
  std::string later;

  // Two calls are preserved, and a warrant is served from the snapshot.
  ServedFromSnapshot() {
    append({call(1, now - days(7)), call(2, now - days(6))}, "a");
    const std::string m =
        open(Cycle::preservation, demand("preservation", {tenant("Doe, James")}, {})).matter;
    Preservation preservation{c()};
    EXPECT_TRUE(preservation.take_snapshot(m, who("intake-1")));
    EXPECT_TRUE(preservation.confirm(m, who("intake-1")));
    // Meanwhile the records lose the guest, and with him whose calls these were.
    put(records::FactKind::stay, "R-1",
        {{"room", "7"}, {"name", "Doe, James"}, {"kind", "guest"}, {"sharer", false}}, now - days(10),
        now - days(10));
    Demand warrant = demand("search-warrant", {tenant("Doe, James")}, {"tenant-name", "tenant-calls"});
    warrant.of_matter = m;
    later = validated(warrant).matter;
    EXPECT_TRUE(disclosure.approve(later, {}, who("counsel-1")));
    EXPECT_TRUE(preservation.convert(m, later, who("counsel-1")));
    const auto collected = disclosure.collect(later, who("intake-1"), &both);
    EXPECT_TRUE(collected) << to_text(collected.error());
  }
  Json collection() { return collection_of(c(), desk::read_case(c(), later).value()).value(); }
  void substitute(const Json& altered) {
    EXPECT_TRUE(disclosure.recollect(later, "test", who("intake-1")));
    const auto file = keep_case_file(c(), later, "collection", ".json", canonical(altered));
    ASSERT_TRUE(file);
    act(later, "collect", Json{{"collection", {{"file", file->name}, {"sha256", file->sha256}}}}, "intake-1");
  }
};

TEST(SnapshotCheck, EveryRowIsComparedWithTheSnapshotItself) {
  ServedFromSnapshot s;
  const Json whole = s.collection();
  ASSERT_EQ(whole["calls"].size(), 2u) << canonical(whole);
  struct RowAlteration {
    const char* finds;
    std::function<void(Json&)> change;
  };
  for (const RowAlteration& x : std::vector<RowAlteration>{
           {"is not what the records say", [](Json& j) { j["calls"][0]["duration_ms"] = 1; }},
           {"is not what the records say", [](Json& j) { j["calls"][1]["called"] = "+14045550111"; }},
           {"is not what the records say",
            [](Json& j) {
              j["calls"].push_back(j["calls"][0]);
              j["calls"][2]["record"] = "2026-11/99";
            }},
           {"is in the records and not in the collection", [](Json& j) { j["calls"].erase(1); }},
           {"answer about subject 1 is not what the records say",
            [](Json& j) { j["answers"][0]["asks"][0]["answer"]["parties"][0]["tenant"]["name"] = "X"; }},
           {"answer about subject 1 is not in the collection", [](Json& j) { j["answers"].erase(0); }}}) {
    Json altered = whole;
    x.change(altered);
    s.substitute(altered);
    const auto checked = s.disclosure.check_scope(s.later, s.who("officer-1"), &s.both);
    ASSERT_FALSE(checked) << x.finds;
    EXPECT_EQ(checked.error().exit, Exit::refused);
    EXPECT_THAT(checked.error().what, HasSubstr(x.finds));
  }
  s.substitute(whole);
  const auto alone = s.disclosure.check_scope(s.later, s.who("officer-1"));
  ASSERT_FALSE(alone) << "without the custodians nobody reads it again";
  EXPECT_THAT(alone.error().missing, HasSubstr("two different custodians"));
  const auto checked = s.disclosure.check_scope(s.later, s.who("officer-1"), &s.both);
  EXPECT_TRUE(checked) << to_text(checked.error());
}

}  // namespace
}  // namespace writ::cases::testing
