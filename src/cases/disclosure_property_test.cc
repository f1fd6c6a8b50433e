// SPDX-License-Identifier: GPL-3.0-or-later
// Random documents x kinds of process x situations: what is collected holds what the matrix permits, all of
// it, and nothing else. The matrix stands here once more, as requirements section 3 prints it (plan/law), and
// each item is recognised by a word of its own in the records: neither comes from the code under test.
#include <random>

#include "cases/disclosure.hh"
#include "cases/test_lodge.hh"

namespace writ::cases::testing {
namespace {

struct Row {
  const char* item;
  const char* cells[6];  // subpoena, summons, court order, warrant, emergency, NSL
  const char* word;      // in the collection; "": the records hold none
};
const Row matrix[] = {
    {"subscriber-name", {"Y/Y", "Y/Y*", "Y/Y", "Y/Y", "Y/v", "-/Y"}, "Pier Lodge"},
    {"subscriber-address", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "Y/v", "-/Y"}, "Pier Road"},
    {"subscriber-service", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "Y/v", "-/Y"}, "\"service\":["},
    {"subscriber-number", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "Y/v", "-/N"}, "+14045550160"},
    {"subscriber-payment", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "v!/v!", "-/N"}, "4000-0160"},
    {"subscriber-ssn", {"N/N", "N/N", "R/Y", "N/Y", "N/v", "-/N"}, ""},
    {"subscriber-calls", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "-/v", "-/Y"}, ""},
    {"tenant-name", {"Y/Y", "Y/Y*", "Y/Y", "Y/Y", "Y/v", "-/Y"}, "Doe, James"},
    {"tenant-address", {"N/Y", "N/Y*", "N/Y", "Y/Y", "-/v", "-/Y"}, ""},
    {"tenant-service", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "Y/v", "-/Y"}, "\"service\":{"},
    {"tenant-number", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "Y/v", "-/N"}, "R-1"},
    {"tenant-payment", {"N/Y", "N/Y*", "N/Y", "N/Y", "-/v", "-/N"}, ""},
    {"tenant-ssn", {"N/N", "N/N", "N/Y", "N/Y", "N/v", "-/N"}, ""},
    {"tenant-calls", {"Y/Y", "N/Y*", "Y/Y", "Y/Y", "-/v", "-/Y"}, ""},
    {"other-non-content", {"N/N", "N/N", "N/Y", "N/Y", "-/v", "-/N"}, ""},
    {"stored-content", {"N/N", "N/N", "N/N", "N/Y", "-/v", "-/N"}, ""},
};
const char* const kinds[6] = {"grand-jury-subpoena", "judicial-summons",     "court-order",
                              "search-warrant",      "emergency-disclosure", "nsl"};

struct Situation {
  bool expressly = false, statute = false, counsel = false;
};

// One side of a cell.
bool side(const std::string& s, const Situation& x) {
  if (s == "Y" || s == "v") return true;
  if (s == "R" || s == "v!") return x.expressly;
  if (s == "Y*") return x.statute;
  return s == "-" && x.counsel;
}
bool permits(const std::string& cell, const Situation& x) {
  const auto slash = cell.find('/');
  return side(cell.substr(0, slash), x) && side(cell.substr(slash + 1), x);
}
// Whether counsel's word is the one thing that is missing.
bool asks_counsel(const std::string& cell, Situation x) {
  x.counsel = false;
  if (permits(cell, x)) return false;
  x.counsel = true;
  return permits(cell, x);
}

struct Trial {
  Demand demand;
  Approval approval;
  std::set<std::string> permitted;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : rng_(seed) {}
  bool one_in(unsigned n) { return rng_() % n == 0; }

 private:
  std::mt19937 rng_;
};

Trial make_trial(const Lodge& s, std::size_t kind, int round, Dice& dice) {
  Trial t;
  t.demand = s.demand(kinds[kind], {Lodge::room("7"), Lodge::account()}, {});
  t.demand.instrument += "-" + std::to_string(round);
  t.demand.records_from = s.now - Hotel::days(9);
  t.demand.records_until = s.now - Hotel::days(6);
  Situation x;
  x.statute = dice.one_in(2);
  if (x.statute) {
    t.demand.statute = "21 USC 876";
    t.approval.word.statute = "21 USC 876(a) authorizes the subpoena";
  }
  for (const Row& r : matrix) {
    if (dice.one_in(3)) continue;
    t.demand.items.emplace_back(r.item);
    x.expressly = dice.one_in(2);
    if (x.expressly) t.demand.expressly.emplace_back(r.item);
    x.counsel = dice.one_in(2) && asks_counsel(r.cells[kind], x);
    if (x.counsel) t.approval.word.silent[r.item] = "counsel's reason";
    if (permits(r.cells[kind], x)) t.permitted.insert(r.item);
  }
  return t;
}

void compare(const Trial& t, const Json& collection) {
  const std::string text = canonical(collection);
  const auto is = [&](const char* item) { return t.permitted.contains(item); };
  for (const Row& r : matrix)
    if (*r.word != '\0') {
      EXPECT_EQ(text.find(r.word) != std::string::npos, is(r.item)) << t.demand.kind << " " << r.item << "\n"
                                                                    << text;
    }
  EXPECT_EQ(text.find("PL-2001") != std::string::npos, is("subscriber-number")) << text;
  EXPECT_EQ(text.find("\"room\":\"7\"") != std::string::npos, is("tenant-address") || is("tenant-number"))
      << text;
  EXPECT_EQ(text.find("+14045550199") != std::string::npos, is("subscriber-calls") || is("tenant-calls"))
      << text;
  EXPECT_EQ(text.find("Roe"), std::string::npos) << "another guest, another time";
}

TEST(DisclosureProperty, NothingOutsideOfPlanAndLawIsEverCollected) {
  Lodge s;
  s.append({s.call(1, s.now - Hotel::days(7)), s.call(2, s.now - Hotel::days(2))}, "a");
  s.put(records::FactKind::payment, "", {{"means", "card"}, {"number", "4000-0160"}, {"holder", "Lodge"}},
        s.now - Hotel::days(400));
  Dice dice{20261126};
  Disclosure disclosure{s.c()};
  std::size_t collected = 0, refused = 0;
  for (int round = 0; round < 6; ++round)
    for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
      const Trial t = make_trial(s, kind, round, dice);
      if (t.demand.items.empty()) continue;
      const std::string m = s.validated(t.demand).matter;
      const auto approved = disclosure.approve(m, t.approval, s.who("counsel-1"));
      ASSERT_EQ(approved.has_value(), !t.permitted.empty())
          << t.demand.kind << (approved ? "" : to_text(approved.error()));
      if (!approved) {
        ++refused;
        continue;
      }
      for (const ItemDecision& d : decisions_of(*approved))
        EXPECT_EQ(d.permitted, t.permitted.contains(d.item)) << t.demand.kind << " " << d.item;
      const auto done = disclosure.collect(m, s.who("intake-1"));
      ASSERT_TRUE(done) << to_text(done.error());
      compare(t, collection_of(s.c(), *done).value());
      ++collected;
    }
  EXPECT_GT(collected, 20u);
  EXPECT_GT(refused, 2u);
}

}  // namespace
}  // namespace writ::cases::testing
