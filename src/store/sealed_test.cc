// SPDX-License-Identifier: GPL-3.0-or-later
// A sealed store keeps what it confirmed, shows nothing on the disk, and tells when the disk refuses. XOR
// stands for the cipher: this room has none.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>

#include "store/database.hh"

namespace writ::store {
namespace {

Bytes flipped(View v) {
  Bytes out(v.begin(), v.end());
  for (auto& b : out) b ^= 0x5a;
  return out;
}

struct Sealed : ::testing::Test {
  Sealed() {
    std::string t = fs::temp_directory_path() / "writ-sealed-XXXXXX";
    dir = mkdtemp(t.data());
  }
  ~Sealed() override {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  Database open() const {
    auto db =
        Database::open_sealed({dir / "store", flipped, [](View v) -> Result<Bytes> { return flipped(v); }});
    EXPECT_TRUE(db) << to_text(db.error());
    return std::move(*db);
  }
  static std::string first(Database& db, std::string_view sql) {
    auto ask = db.prepare(sql);
    if (!ask) return to_text(ask.error());
    const auto row = ask->step();
    if (!row) return to_text(row.error());
    return *row ? ask->text(0) : "none";
  }
  bool on_disk(std::string_view what) const {
    bool found = false;
    for (const auto& e : fs::directory_iterator(dir)) {
      const Bytes bytes = read_file(e.path()).value();
      found = found || std::search(bytes.begin(), bytes.end(), what.begin(), what.end()) != bytes.end();
    }
    return found;
  }
  fs::path dir;
};

TEST_F(Sealed, WhatWasCommittedIsThereAfterAKillAndTheRestIsNot) {
  {
    Database db = open();
    ASSERT_TRUE(db.exec("CREATE TABLE t(a TEXT UNIQUE) STRICT; INSERT INTO t VALUES('canary-1')"));
    {
      auto tx = Transaction::begin(db);
      ASSERT_TRUE(db.exec("INSERT INTO t VALUES('rolled back')"));
    }
    auto tx = Transaction::begin(db);
    ASSERT_TRUE(db.exec("INSERT INTO t VALUES('canary-2')"));
    EXPECT_EQ(first(*std::make_unique<Database>(open()), "SELECT count(*) FROM t"), "1");
    ASSERT_TRUE(tx->commit());
    auto killed = open();  // as another process would find it now
    EXPECT_EQ(first(killed, "SELECT group_concat(a) FROM t"), "canary-1,canary-2");
    auto put = db.prepare("INSERT INTO t VALUES('returned') RETURNING a");
    ASSERT_TRUE(put->step().value());
  }
  auto db = open();
  EXPECT_EQ(first(db, "SELECT group_concat(a) FROM t"), "canary-1,canary-2,returned");
  EXPECT_FALSE(on_disk("canary"));
  EXPECT_FALSE(on_disk("SQLite format"));
}

TEST_F(Sealed, AWriteThatTheDiskRefusesIsNoSuccessAndNoAnswer) {
  Database db = open();
  ASSERT_TRUE(db.exec("CREATE TABLE t(a TEXT) STRICT"));
  fs::rename(dir, dir.string() + ".away");
  EXPECT_FALSE(db.exec("INSERT INTO t VALUES('x')"));
  EXPECT_NE(first(db, "SELECT count(*) FROM t"), "1");
  fs::rename(dir.string() + ".away", dir);
  auto again = open();
  EXPECT_EQ(first(again, "SELECT count(*) FROM t"), "0");
}

TEST_F(Sealed, AFileThatDoesNotOpenIsTold) {
  { ASSERT_TRUE(open().exec("CREATE TABLE t(a TEXT) STRICT")); }
  const auto refused = Database::open_sealed({dir / "store", flipped, [](View) -> Result<Bytes> {
                                                return fail(Exit::integrity, "not under this key");
                                              }});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::integrity);
}

}  // namespace
}  // namespace writ::store
