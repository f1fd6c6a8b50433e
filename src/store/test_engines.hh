// SPDX-License-Identifier: GPL-3.0-or-later
// For tests that must hold on both engines: an empty store of its own for each test, opened as often as the
// test wants. PostgreSQL: the server of WRIT_TEST_PG (tests/postgres/start), a schema per test, dropped
// afterwards.
//   class Book : public store::EngineTest {};
//   INSTANTIATE_TEST_SUITE_P(Engines, Book, store::both_engines, store::engine_name);
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "store/database.hh"

namespace writ::store {

class EngineTest : public testing::TestWithParam<Engine> {
 public:
  // Of this test's own schema; for PostgreSQL.
  std::string conninfo() const { return server_ + " options='-c search_path=" + name_ + "'"; }
  Result<Database> open() const {
    return GetParam() == Engine::sqlite ? Database::open(dir_ / "s.db") : Database::connect(conninfo());
  }
  const fs::path& dir() const { return dir_; }

 protected:
  void SetUp() override {
    static int number = 0;
    name_ = "writ_test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
    dir_ = fs::path(testing::TempDir()) / name_;
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    if (GetParam() == Engine::sqlite) return;
    const char* server = std::getenv("WRIT_TEST_PG");
    if (server == nullptr) GTEST_SKIP() << "no PostgreSQL: export WRIT_TEST_PG=$(tests/postgres/start)";
    server_ = server;
    auto db = Database::connect(server_);
    ASSERT_TRUE(db) << to_text(db.error());
    ASSERT_TRUE(db->exec("CREATE SCHEMA " + name_));
  }
  void TearDown() override {
    fs::remove_all(dir_);
    if (server_.empty()) return;
    auto db = Database::connect(server_);
    ASSERT_TRUE(db) << to_text(db.error());
    EXPECT_TRUE(db->exec("DROP SCHEMA " + name_ + " CASCADE"));
  }

 private:
  std::string name_, server_;
  fs::path dir_;
};

inline const auto both_engines = testing::Values(Engine::sqlite, Engine::postgresql);
inline std::string engine_name(const testing::TestParamInfo<Engine>& i) {
  return i.param == Engine::sqlite ? "sqlite" : "postgresql";
}

// Of a test: a failure shows the error's text.
#define WRIT_ASSERT_OK(expr)                                                                  \
  do {                                                                                        \
    const auto& writ_result = (expr);                                                         \
    ASSERT_TRUE(writ_result) << (writ_result ? std::string() : to_text(writ_result.error())); \
  } while (false)

}  // namespace writ::store
