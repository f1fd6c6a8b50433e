// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/outbox.hh"

#include "desk/test_staff.hh"

namespace writ::desk::testing {
namespace {

Notice ending(Severity s = Severity::law) {
  return {matter,       "preservation",     "the preservation ends",    "counsel or officer", s,
          first_packet, first_packet + 72h, "due = received + 90 days", "18 USC 2703(f)(2)"};
}

std::size_t files(const Desk& d) {
  std::error_code ec;
  std::size_t n = 0;
  for (const auto& e : fs::directory_iterator(d.data() / "outbox", ec)) n += e.is_regular_file() ? 1u : 0u;
  return n;
}

TEST(Outbox, ANoticeIsWrittenOnceAndSaysNothingElse) {
  const auto d = staffed();
  Outbox outbox{d->carrier()};
  Notice n = ending();
  n.apart_from = "officer-1";
  EXPECT_TRUE(outbox.tell(n).value());
  EXPECT_FALSE(outbox.tell(n).value());
  EXPECT_EQ(files(*d), 1u);
  EXPECT_EQ(d->count("notice"), 1u);
  const auto text = read_file(d->data() / "outbox" / (id_of(n) + ".json"));
  ASSERT_TRUE(text);
  const Json j = parse_canonical(*text, "notice").value();
  EXPECT_EQ(j, outbox.list(false)->at("notices").at(0));
  EXPECT_EQ(j["schema"], "writ.notice/1");
  std::set<std::string> keys;
  for (const auto& [key, value] : j.items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"schema", "id", "matter", "subject", "what", "who", "severity", "at",
                                         "due", "arithmetic", "citation"}));
  Notice later = n;
  later.at += 24h;
  EXPECT_TRUE(outbox.tell(later).value()) << "another moment of telling is another notice";
  EXPECT_EQ(outbox.waiting().value(), 2u);
}

TEST(Outbox, KilledBetweenTwoStepsItIsStillWrittenOnce) {
  const auto d = staffed();
  const Notice n = ending();
  ASSERT_TRUE(write_file(d->data() / "outbox", std::string_view("in the way")));
  EXPECT_FALSE(Outbox{d->carrier()}.tell(n)) << "noted, and no file";
  EXPECT_EQ(Outbox{d->carrier()}.waiting().value(), 0u);
  fs::remove(d->data() / "outbox");
  EXPECT_TRUE(Outbox{d->carrier()}.tell(n).value());
  d->sql("DELETE FROM outbox");  // written, and never entered
  EXPECT_TRUE(Outbox{d->carrier()}.tell(n).value());
  EXPECT_EQ(files(*d), 1u);
  EXPECT_EQ(Outbox{d->carrier()}.waiting().value(), 1u);
}

TEST(Outbox, StaysListedUntilSomebodyOfItsRoleHasTakenIt) {
  const auto d = staffed();
  Outbox outbox{d->carrier()};
  Notice n = ending(Severity::emergency), by_clock = ending();
  n.apart_from = "officer-1";
  by_clock.who = "the clock";
  by_clock.at -= 24h;
  ASSERT_TRUE(outbox.tell(by_clock));
  ASSERT_TRUE(outbox.tell(n));
  EXPECT_EQ(outbox.list(false)->at("notices").at(0)["id"], id_of(n)) << "emergencies first";
  fs::remove(d->data() / "outbox" / (id_of(n) + ".json"));  // whoever carries it took the file
  EXPECT_EQ(outbox.waiting().value(), 2u);
  for (const char* not_theirs : {"intake-1", "finance-1", "admin-1", "officer-1"}) {
    const auto no = outbox.done(id_of(n), acting(*d, not_theirs));
    ASSERT_FALSE(no) << not_theirs;
    EXPECT_EQ(no.error().exit, Exit::refused) << to_text(no.error());
  }
  EXPECT_EQ(d->count("refused"), 4u);
  EXPECT_EQ(outbox.waiting().value(), 2u);
  for (int again = 0; again < 2; ++again) ASSERT_TRUE(outbox.done(id_of(n), acting(*d, "officer-2")));
  ASSERT_TRUE(outbox.done(id_of(by_clock), acting(*d, "intake-1")));
  EXPECT_EQ(d->count("notice.done"), 2u);
  EXPECT_EQ(outbox.waiting().value(), 0u);
  const Json all = outbox.list(true)->at("notices");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["taken_by"], "officer-2");
  EXPECT_FALSE(outbox.tell(n).value()) << "what was taken is not told again";
  EXPECT_EQ(outbox.done("no such", acting(*d, "officer-2")).error().exit, Exit::not_found);
}

}  // namespace
}  // namespace writ::desk::testing
