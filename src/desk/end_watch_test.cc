// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/end_watch.hh"

#include <gmock/gmock.h>

#include <thread>

#include "desk/ingest_service.hh"
#include "desk/test_desk.hh"
#include "desk/uplink_office.hh"

namespace writ::desk::testing {
namespace {

CatalogueImport imported(Desk& d, const std::string& csv) {
  auto done = IngestService{d.carrier()}.import_catalogue(view_of(csv), "new.csv", who("intake-1"));
  EXPECT_TRUE(done) << to_text(done.error());
  if (!done) return {};
  EXPECT_THAT(done->report.problems, ::testing::IsEmpty());
  return std::move(*done);
}
// The number of the armed order, and one that is nobody's concern.
void port_out(Desk& d, const std::string& number, Instant when) {
  const auto done = imported(d, fmt::format("account,number,direction,carrier,at\nHH-1001,{},out,Fictional "
                                            "Telephone,{}\n",
                                            number, rfc3339_seconds(when)));
  EXPECT_TRUE(done.suspended.stopped.empty());
}
SuspensionReport looked(EndWatch& w) {
  for (;;) {
    if (auto r = w.look()) return std::move(*r);
    std::this_thread::sleep_for(10ms);
  }
}

TEST(EndWatch, AnEndThatWasKnownTakesEffectAtItsTime) {
  auto d = at(Stage::armed);
  EndWatch watch{d->carrier()};
  port_out(*d, "+14045550102", d->clock.now() + 24h);
  port_out(*d, "+14045550103", d->clock.now() + 1h);
  d->clock.advance(23h);
  EXPECT_TRUE(looked(watch).stopped.empty()) << "another number's end";
  d->clock.advance(1h);
  const auto r = looked(watch);
  ASSERT_EQ(r.stopped.size(), 1u);
  EXPECT_EQ(r.stopped[0].reason, "suspended: port-out");
  EXPECT_TRUE(r.done()) << to_text(to_status(r).error());
  EXPECT_TRUE(looked(watch).stopped.empty());
  EXPECT_EQ(d->count("grant.suspend"), 1u);
}

TEST(EndWatch, LooksAtMostTwiceASecondAndTwoTakeTurns) {
  auto d = at(Stage::armed);
  EndWatch one{d->carrier()}, two{d->carrier()};
  EXPECT_TRUE(one.look());
  EXPECT_FALSE(one.look());
  const Fd turn = lock_file(d->data() / "end-watch.lock").value();
  EXPECT_FALSE(two.look());
}

TEST(EndWatch, TheLinkEndsWhatEndsWhileItRuns) {
  auto d = at(Stage::armed);
  port_out(*d, "+14045550102", d->clock.now() + 24h);
  StopFlag stop{false};
  std::vector<std::string> suspended;
  std::thread patience{[&] {
    for (int i = 0; i < 500 && !stop; ++i) std::this_thread::sleep_for(10ms);
    stop = true;
  }};
  const Status ran = serve_link(d->carrier(), {"127.0.0.1", 0}, stop,
                                {[&](const link::Where&) { d->clock.advance(24h); },
                                 [&](const std::string& what, const Json& detail) {
                                   if (what != "suspended") return;
                                   suspended.push_back(detail.value("reason", ""));
                                   stop = true;
                                 }});
  stop = true;
  patience.join();
  EXPECT_TRUE(ran) << to_text(ran.error());
  EXPECT_THAT(suspended, ::testing::ElementsAre("suspended: port-out"));
}

std::string account_row(const char* account, const char* from, const std::string& until) {
  return fmt::format("{},A House,hospitality,America/New_York,{},{}\n", account, from, until);
}
const std::string accounts_head = "account,name,class,zone,from,until\n";

TEST(EndWatch, AnAccountThatEndsEndsTheGrantsOnItsNumbers) {
  auto d = at(Stage::armed);
  const std::string now = rfc3339_seconds(d->clock.now());
  EXPECT_TRUE(imported(*d, accounts_head + account_row("QI-1002", "2024-06-15T00:00:00Z", now))
                  .suspended.stopped.empty())
      << "another account";
  d->clock.advance(2s);
  EXPECT_TRUE(imported(*d, accounts_head + account_row("HH-1001", "2024-03-01T00:00:00Z", now) +
                               account_row("HH-1001", now.c_str(), ""))
                  .suspended.stopped.empty())
      << "one that goes on";
  d->clock.advance(2s);
  const auto done =
      imported(*d, accounts_head + account_row("HH-1001", now.c_str(), rfc3339_seconds(d->clock.now())));
  ASSERT_EQ(done.suspended.stopped.size(), 1u);
  EXPECT_EQ(done.suspended.stopped[0].reason, "suspended: withdrawn");
  EXPECT_TRUE(done.suspended.done());
  EXPECT_EQ(d->value("SELECT state FROM orders"), "ended");
}

}  // namespace
}  // namespace writ::desk::testing
