// SPDX-License-Identifier: GPL-3.0-or-later
// Random facts and corrections against an oracle that knows no intervals: it keeps all that was ever put, and
// answers for one instant by asking each thread for its last word as known then.
#include <map>
#include <random>
#include <set>

#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

class Oracle {
 public:
  void put(const Fact& f, Instant known) {
    said_[{f.kind, f.account, f.key, f.valid.from}].push_back({f, known});
  }

  std::vector<Fact> holding(FactKind kind, const std::string& account, Instant t, Instant known) const {
    std::vector<Fact> out;
    for (const auto& [thread, versions] : said_) {
      if (std::get<0>(thread) != kind || std::get<1>(thread) != account) continue;
      const Fact* last = nullptr;
      for (const auto& [f, k] : versions)
        if (k <= known) last = &f;
      if (last != nullptr && last->valid.from <= t && (!last->valid.until || t < *last->valid.until))
        out.push_back(*last);
    }
    return out;
  }

  std::multiset<std::string> tenants(const std::string& account, const std::string& extension, Instant t,
                                     Instant known) const {
    std::multiset<std::string> out;
    for (const Fact& x : holding(FactKind::extension, account, t, known)) {
      if (x.key != extension) continue;
      if (const auto own = x.body.value("tenant", ""); !own.empty()) {
        out.insert("/" + own);
        continue;
      }
      bool somebody = false;
      for (const Fact& s : holding(FactKind::stay, account, t, known)) {
        if (x.body.value("room", "") == "" || s.body.at("room") != x.body.at("room")) continue;
        out.insert(s.key + "/" + s.body.at("name").get<std::string>());
        somebody = true;
      }
      if (!somebody) out.insert("/");
    }
    return out;
  }

 private:
  using Thread = std::tuple<FactKind, std::string, std::string, Instant>;
  std::map<Thread, std::vector<std::pair<Fact, Instant>>> said_;
};

class Random : public CatalogueTest {
 protected:
  std::mt19937_64 rng_{20261101};
  int below(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }
  static Instant hour(int h) { return at("2026-06-01T00:00:00Z") + std::chrono::hours(h); }
  Fact random_fact() {
    Fact f;
    f.account = below(2) == 0 ? "A-1" : "A-2";
    f.valid.from = hour(below(12));
    if (below(3) != 0) f.valid.until = f.valid.from + std::chrono::hours(below(10));  // 0: withdrawn
    const std::string room = std::vector<std::string>{"", "1", "2"}.at(static_cast<std::size_t>(below(3)));
    if (below(2) == 0) {
      f.kind = FactKind::extension, f.key = below(2) == 0 ? "11" : "12";
      f.body = Json{{"room", room}, {"tenant", below(4) == 0 ? "Desk" : ""}};
    } else {
      f.kind = FactKind::stay, f.key = fmt::format("R{}", below(4));
      f.body = Json{{"room", room.empty() ? "1" : room}, {"name", below(2) == 0 ? "Doe" : "Roe"}};
    }
    return f;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Random, store::both_engines, store::engine_name);

TEST_P(Random, HoldersAsKnownAtAnyTimeAreTheOracles) {
  Oracle oracle;
  int known = 0;
  for (int i = 0; i < 150; ++i) {
    const Fact f = random_fact();
    known += below(2);
    ASSERT_TRUE(book_->put(f, "random", hour(known)));
    oracle.put(f, hour(known));
  }
  std::size_t held = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string account = below(2) == 0 ? "A-1" : "A-2", extension = below(2) == 0 ? "11" : "12";
    const Instant t = hour(below(24)) + Nanos{below(3) - 1}, k = hour(below(known + 2)) + Nanos{below(3) - 1};
    const auto got = tenants_of(who("extension", extension, account, moment(t, k)));
    const auto want = oracle.tenants(account, extension, t, k);
    ASSERT_EQ((std::multiset<std::string>(got.begin(), got.end())), want)
        << account << " " << extension << " at " << rfc3339(t) << " known " << rfc3339(k);
    held += want.size();
    const auto stays = facts(FactKind::stay, account.c_str(), "", moment(t, k));
    EXPECT_EQ(stays.size(), oracle.holding(FactKind::stay, account, t, k).size());
  }
  EXPECT_GT(held, 200u) << "the questions must be about something";
}

}  // namespace
}  // namespace writ::records
