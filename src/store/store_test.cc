// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "store/database.hh"

namespace writ::store {
namespace {

fs::path fresh(const char* name) {
  const fs::path dir = fs::path(testing::TempDir()) / name;
  fs::remove_all(dir);
  fs::create_directories(dir);
  return dir / "s.db";
}

TEST(Store, RollsBackWhatWasNotCommitted) {
  auto db = Database::open(fresh("store_rollback"));
  ASSERT_TRUE(db);
  ASSERT_TRUE(db->exec("CREATE TABLE t(a TEXT) STRICT"));
  {
    auto tx = Transaction::begin(*db);
    ASSERT_TRUE(tx);
    ASSERT_TRUE(db->exec("INSERT INTO t VALUES('x')"));
  }
  auto count = db->prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(count->step());
  EXPECT_EQ(count->integer(0), 0);
}

TEST(Store, MigratesOnceAndRefusesANewerSchema) {
  const auto file = fresh("store_migrate");
  const std::string_view steps[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x)"};
  {
    auto db = Database::open(file);
    ASSERT_TRUE(db->migrate("t", std::span(steps).first(1)));
    ASSERT_TRUE(db->migrate("t", steps));
    ASSERT_TRUE(db->migrate("t", steps));
  }
  auto db = Database::open(file);
  EXPECT_FALSE(db->migrate("t", std::span(steps).first(1)));
}

TEST(Store, BindsTextExactly) {
  auto db = Database::open(fresh("store_bind"));
  ASSERT_TRUE(db->exec("CREATE TABLE t(a TEXT, b INTEGER) STRICT"));
  auto put = db->prepare("INSERT INTO t VALUES(?,?)");
  const std::string odd("a'\0b", 4);
  ASSERT_TRUE(put->bind(1, odd).bind(2, 7).run());
  auto get = db->prepare("SELECT a,b FROM t");
  ASSERT_TRUE(*get->step());
  EXPECT_EQ(get->text(0), odd);
  EXPECT_EQ(get->integer(1), 7);
}

}  // namespace
}  // namespace writ::store
