// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: where the shipped profiles lie, and a copy of the plan of 2010 that a test may break.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "policy/policy.hh"

namespace writ::policy {

inline fs::path profiles() { return fs::path(WRIT_SOURCE_DIR) / "policies"; }

class PolicyCopy : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::path(testing::TempDir()) /
           fmt::format("writ_policy_{}_{}", info->test_suite_name(), info->name());
    fs::remove_all(dir_);
    fs::copy(profiles() / "defero3-2010", dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  void add(const char* file, const std::string& text) { ASSERT_TRUE(write_file(dir_ / file, text)); }
  void replace(const char* file, const std::string& what, const std::string& with) {
    std::string text = *read_text(dir_ / file);
    const auto pos = text.find(what);
    ASSERT_NE(pos, std::string::npos) << what;
    text.replace(pos, what.size(), with);
    add(file, text);
  }
  std::string error() {
    const auto p = load(dir_);
    return p ? "" : to_text(p.error());
  }
  fs::path dir_;
};

}  // namespace writ::policy
