// SPDX-License-Identifier: GPL-3.0-or-later
// Records arrive when they like, people deliver when they like, the clock ends the authority when it comes to
// it: in the end the agency has every ordered call that arrived, each once, and none that began outside of
// the authority. What was ordered is told here by the call itself, not by the code under test.
#include <random>

#include "cases/scheduler.hh"
#include "cases/test_recurring.hh"

namespace writ::cases::testing {
namespace {

struct CallArrival {
  Instant at{};
  records::Cdr call;
  bool is_ordered = false;
};

class RecurringTrial {
 public:
  explicit RecurringTrial(unsigned seed) : rng_(seed) {
    s_.end = s_.now + std::chrono::hours{24 * 8 + rng_() % (24 * 20)};
    s_.running();
    for (int id = 1; id <= 120; ++id) arrivals_.push_back(some(id));
    std::sort(arrivals_.begin(), arrivals_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  }

  void run() {
    const Instant quiet = s_.end + Hotel::days(40);
    while (s_.d->clock.now() < quiet) {
      s_.d->clock.advance(std::chrono::minutes{1 + rng_() % (60 * 24 * (one_in(5) ? 16 : 3))});
      take_in();
      if (one_in(4)) {
        ASSERT_TRUE(Scheduler{s_.c()}.run_once());
      }
      if (one_in(4)) static_cast<void>(s_.extra());
      some_steps();
    }
    ASSERT_EQ(next_, arrivals_.size());
    while (s_.round()) {
    }
    ASSERT_TRUE(s_.recheck("officer-2"));
    expect_exit(s_.extract("officer-2"), Exit::refused, "all is delivered", "nothing came in since");
  }

  void compare() {
    std::map<std::string, int> times;
    Instant covered = s_.now;
    for (const desk::CaseAct& a : s_.of().acts) {
      if (a.act != "deliver") continue;
      const Window w = window_from_json(a.body["window"]).value();
      ASSERT_EQ(w.from, covered) << "no gap, no overlap";
      covered = w.until;
      ++deliveries_;
      const std::string file = a.body["collection"].value("file", "");
      const Json delivery =
          parse_json(s_.c().kept_file(fs::path{"case-files"} / s_.m / file).value(), "delivery").value();
      count(delivery["collection"], w.from, w.until, times);
      count(delivery["late"], s_.now, w.from, times);
      late_ += delivery["late"].is_object() ? delivery["late"]["calls"].size() : 0;
    }
    EXPECT_EQ(covered, s_.end);
    std::size_t ordered = 0;
    for (const CallArrival& x : arrivals_) {
      const auto it = times.find(rfc3339(x.call.start));
      EXPECT_EQ(it == times.end() ? 0 : it->second, x.is_ordered ? 1 : 0) << x.call.call_id;
      ordered += x.is_ordered ? 1 : 0;
    }
    EXPECT_EQ(times.size(), ordered);
    EXPECT_GT(ordered, 40u);
  }
  std::size_t deliveries() const { return deliveries_; }
  std::size_t late() const { return late_; }

 private:
  bool one_in(unsigned n) { return rng_() % n == 0; }

  // Most of the room that is ordered; some of another room; before, within and after the authority; each
  // begins at an instant of its own.
  CallArrival some(int id) {
    const std::int64_t span = (s_.end - s_.now) / 1ms;
    const Instant start = s_.now - Hotel::days(2) +
                          std::chrono::milliseconds{static_cast<std::int64_t>(
                              rng_() % static_cast<std::uint64_t>(span + 4 * 24 * 3'600'000))};
    CallArrival x;
    x.call = s_.call(id, start);
    const bool other_room = one_in(6);
    if (other_room) x.call.caller = x.call.caller_extension = "8";
    if (!other_room && one_in(3)) {
      std::swap(x.call.caller, x.call.called);
      std::swap(x.call.caller_extension, x.call.called_extension);
    }
    x.is_ordered = !other_room && x.call.start >= s_.now && x.call.start < s_.end;
    x.at = x.call.start + std::chrono::minutes{rng_() % (60 * 24 * (one_in(4) ? 20 : 1))};
    return x;
  }
  void take_in() {
    std::vector<records::Cdr> batch;
    for (; next_ < arrivals_.size() && arrivals_[next_].at <= s_.d->clock.now(); ++next_)
      batch.push_back(arrivals_[next_].call);
    if (!batch.empty()) s_.append(batch, "batch " + std::to_string(next_));
  }
  // Some of the steps of a round, by whoever is there: many are refused.
  void some_steps() {
    for (auto i = rng_() % 9; i > 0; --i) {
      const std::string by = one_in(2) ? "intake-1" : "officer-1";
      switch (rng_() % 6) {
        case 0:
          static_cast<void>(s_.recheck(by));
          break;
        case 1:
          static_cast<void>(s_.extract(by));
          break;
        case 2:
          static_cast<void>(s_.check(by));
          break;
        case 3:
          static_cast<void>(s_.deliver(by));
          break;
        case 4:
          static_cast<void>(s_.acknowledge());
          break;
        default:
          static_cast<void>(s_.round());
      }
    }
  }
  void count(const Json& part, Instant from, Instant until, std::map<std::string, int>& times) {
    if (!part.is_object()) return;
    for (const Json& row : part["calls"]) {
      const std::string start = row.value("start", "");
      ++times[start];
      const Instant at = parse_rfc3339(start).value();
      EXPECT_TRUE(at >= from && at < until) << start << " is in the wrong delivery";
    }
  }

  Continuing s_;
  std::mt19937_64 rng_;
  std::vector<CallArrival> arrivals_;
  std::size_t next_ = 0, deliveries_ = 0, late_ = 0;
};

TEST(RecurringProperty, TheUnionOfTheDeliveriesIsWhatWasOrderedAndArrivedEachOnce) {
  std::size_t deliveries = 0, late = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    RecurringTrial t{seed};
    t.run();
    t.compare();
    deliveries += t.deliveries();
    late += t.late();
  }
  EXPECT_GT(deliveries, 12u);
  EXPECT_GT(late, 12u);
}

}  // namespace
}  // namespace writ::cases::testing
