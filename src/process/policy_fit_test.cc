// SPDX-License-Identifier: GPL-3.0-or-later
// What the policy names and the rooms above it have to know: life cycles, and the items of a scope.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authority/scope.hh"
#include "policy/policy.hh"
#include "process/life_cycle.hh"

namespace writ::process {
namespace {

TEST(PolicyFit, EveryKindEntersALifeCycleThatThereIs) {
  for (const char* profile : {"defero3-2010", "sandbox"}) {
    const auto p = policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / profile);
    ASSERT_TRUE(p) << to_text(p.error());
    for (const auto& k : p->kinds)
      EXPECT_TRUE(k.cycle == "interception" || parse_cycle(k.cycle)) << k.id << " " << k.cycle;
  }
}

TEST(PolicyFit, EveryItemOfAScopeIsAnItemOfTheMatrix) {
  const auto p = policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / "sandbox");
  const auto items = policy::matrix_items(*p);
  for (int i = 0; i <= static_cast<int>(authority::RecordItem::tenant_calls); ++i)
    EXPECT_THAT(items, ::testing::Contains(authority::to_string(static_cast<authority::RecordItem>(i))));
}

}  // namespace
}  // namespace writ::process
