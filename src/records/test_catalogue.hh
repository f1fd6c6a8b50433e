// SPDX-License-Identifier: GPL-3.0-or-later
// A catalogue of its own for each test, on each engine.
#pragma once
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_at.hh"
#include "records/catalogue.hh"
#include "store/test_engines.hh"

namespace writ::records {

using writ::test::at;
inline Window moment(Instant t, std::optional<Instant> known = {}) { return {t, t + Nanos{1}, known}; }

inline const Instant day1 = at("2026-11-01T00:00:00Z"), day2 = at("2026-11-02T00:00:00Z"),
                     day3 = at("2026-11-03T00:00:00Z"), day4 = at("2026-11-04T00:00:00Z");

class CatalogueTest : public store::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    auto db = open();
    ASSERT_TRUE(db) << to_text(db.error());
    db_.emplace(std::move(*db));
    auto c = Catalogue::open(*db_, crypto::Secret32{});
    ASSERT_TRUE(c) << to_text(c.error());
    book_.emplace(std::move(*c));
  }
  void TearDown() override {
    book_.reset();
    db_.reset();
    EngineTest::TearDown();
  }

  ImportReport import(const std::string& csv, Instant known = day1) {
    const auto r = book_->import_csv(csv, "r.csv", known);
    EXPECT_TRUE(r) << to_text(r.error());
    return r ? *r : ImportReport{};
  }
  ImportReport good(const std::string& csv, Instant known = day1) {
    const auto r = import(csv, known);
    EXPECT_THAT(r.problems, testing::IsEmpty());
    return r;
  }
  Catalogue::Put put(FactKind kind, const std::string& account, const std::string& key, const Json& body,
                     Period valid, Instant known = day1) {
    const auto done = book_->put({kind, account, key, body, valid}, "test", known);
    EXPECT_TRUE(done) << to_text(done.error());
    return done ? *done : Catalogue::Put::unchanged;
  }
  std::vector<HoldingEnded> apply(const StayChange& c, std::optional<Instant> known = {}) {
    const auto ended = book_->apply(c, "fias", known.value_or(c.at));
    EXPECT_TRUE(ended) << to_text(ended.error());
    return ended ? *ended : std::vector<HoldingEnded>{};
  }
  std::vector<Holder> who(const char* kind, const std::string& value, const std::string& account,
                          const Window& w = {}) {
    const auto h = book_->who_holds(kind, value, account, w);
    EXPECT_TRUE(h) << to_text(h.error());
    return h ? *h : std::vector<Holder>{};
  }
  std::vector<FactVersion> facts(FactKind kind, const char* account, const char* key = "",
                                 const Window& w = {}) {
    const auto f = book_->facts(kind, account, key, w);
    EXPECT_TRUE(f) << to_text(f.error());
    return f ? *f : std::vector<FactVersion>{};
  }
  std::int64_t count(const std::string& where = "1 = 1") {
    auto q = *db_->prepare("SELECT count(*) FROM fact WHERE " + where);
    EXPECT_TRUE(*q.step());
    return q.integer(0);
  }

  std::optional<store::Database> db_;
  std::optional<Catalogue> book_;
};

// "reservation/tenant" of each, in order.
inline std::vector<std::string> tenants_of(const std::vector<Holder>& all) {
  std::vector<std::string> out;
  for (const Holder& h : all) out.push_back(h.reservation + "/" + h.tenant);
  return out;
}

}  // namespace writ::records
