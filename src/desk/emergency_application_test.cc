// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/emergency_application.hh"

#include "desk/outbox.hh"
#include "desk/test_emergency_order.hh"

namespace writ::desk::testing {
namespace {

struct Tapped {
  explicit Tapped(const std::string& k = "wiretap") : kind(k), d(emergency_armed(k)) {
    const auto e = emergency_interception(d->carrier(), matter);
    due = e.value()->due.at;
  }
  EmergencyApplication service() { return EmergencyApplication{d->carrier()}; }
  Acting as(const std::string& user) { return acting(*d, user); }
  Result<Case> applied(Instant made, const std::string& by = "intake-1") {
    return service().applied(matter, application_made(made), as(by));
  }
  bool deliverable() {
    const auto ok = check_deliverable(d->carrier(), matter);
    if (!ok) {
      EXPECT_EQ(ok.error().exit, Exit::refused);
      EXPECT_NE(ok.error().rule.find("2518(7)"), std::string::npos);
      EXPECT_FALSE(ok.error().missing.empty() || ok.error().next.empty());
    }
    return ok.has_value();
  }
  std::string state() { return emergency_interception(d->carrier(), matter).value()->state(); }
  // The probe's own judgement of what lies in its directory.
  Exit judged() {
    const auto g = Orders{d->carrier()}.grant(matter, 1);
    const auto list_text = read_text(d->out() / "revocations.json");
    const auto list = authority::verify_revocations(view_of(*list_text), d->carrier().roots(), 0);
    EXPECT_TRUE(list);
    const auto ok = authority::verify_grant(
        view_of(*(*g)->file),
        {&d->carrier().roots(), &*list, d->probe_key().public_key(), d->clock.now() + 1us});
    return ok ? Exit::ok : ok.error().exit;
  }
  std::string kind;
  std::unique_ptr<Desk> d;
  Instant due;
};

TEST(EmergencyApplication, WithoutAWordInFortyEightHoursNothingIsDelivered) {
  Tapped t;
  EXPECT_EQ(t.due, (*Orders{t.d->carrier()}.grant(matter, 1))->acts[2].at + 48h);
  EXPECT_TRUE(t.deliverable());
  EXPECT_FALSE(t.service().lapse(matter)) << "there is time yet";
  t.d->clock.set(t.due - 1s);
  EXPECT_TRUE(t.deliverable());
  t.d->clock.set(t.due);
  EXPECT_FALSE(t.deliverable()) << "before the clock has acted";
  const auto lapsed = t.service().lapse(matter);
  ASSERT_TRUE(lapsed) << to_text(lapsed.error());
  EXPECT_EQ(lapsed->state, "lapsed");
  EXPECT_EQ(lapsed->acts.back().user, "desk");
  EXPECT_EQ(t.d->value("SELECT state FROM orders"), "ended");
  EXPECT_FALSE(t.deliverable());
  const auto produced =
      t.d->productions().make(matter, t.d->out(), {}, {who("custodian-1"), who("custodian-2")});
  ASSERT_FALSE(produced);
  EXPECT_NE(produced.error().rule.find("2518(7)"), std::string::npos) << to_text(produced.error());
  EXPECT_EQ(t.d->count("evidence.open"), 0u);
}

TEST(EmergencyApplication, AWiretapsOrderFollowsAnApplicationInTime) {
  Tapped t;
  EXPECT_FALSE(t.applied(t.d->clock.now() + 1h)) << "not yet made";
  EXPECT_FALSE(t.applied(t.d->clock.now(), "technician-1"));
  t.d->clock.advance(20h);
  const auto applied = t.applied(t.d->clock.now() - 1h);
  ASSERT_TRUE(applied) << to_text(applied.error());
  EXPECT_EQ(t.applied(t.d->clock.now() - 1h)->acts.size(), applied->acts.size()) << "the same command again";
  t.d->clock.set(t.due + 1h);
  EXPECT_FALSE(t.service().lapse(matter)) << "the court decides about it";
  EXPECT_FALSE(t.deliverable()) << "until then nothing more goes out";
  court_orders(*t.d, "wiretap", t.d->clock.now(), false);
  EXPECT_FALSE(t.service().granted(matter, 2, t.as("counsel-1"))) << "nobody asked the clerk";
  confirm_order(*t.d, matter);
  const auto early = t.d->requests().approve(matter, "", who("counsel-1"));
  ASSERT_FALSE(early) << "it follows an emergency, and nothing is said of the application";
  EXPECT_NE(early.error().rule.find("2518(7)"), std::string::npos) << to_text(early.error());
  EXPECT_FALSE(t.service().granted(matter, 1, t.as("counsel-1"))) << "the emergency is no order of a court";
  EXPECT_FALSE(t.service().granted(matter, 3, t.as("counsel-1")));
  EXPECT_FALSE(t.service().granted(matter, 2, t.as("intake-2")));
  const auto granted = t.service().granted(matter, 2, t.as("officer-1"));
  ASSERT_TRUE(granted) << to_text(granted.error());
  EXPECT_TRUE(t.deliverable());
  const auto approved = t.d->requests().approve(matter, "", who("counsel-1"));
  EXPECT_TRUE(approved) << to_text(approved.error());
  EXPECT_FALSE(t.service().denied(matter, "x", t.as("counsel-1")));
}

TEST(EmergencyApplication, ADenialEndsItWhereverTheGrantLies) {
  Tapped t;
  EXPECT_FALSE(t.service().denied(matter, "the judge", t.as("intake-1"))) << "no application is recorded";
  ASSERT_TRUE(t.applied(t.d->clock.now()));
  ASSERT_EQ(t.judged(), Exit::ok);
  // Dead between the stop and its act: the stop stands, and the act is done when it is repeated.
  {
    auto db = store::Database::open(t.d->data() / "store.db");
    ASSERT_TRUE(
        db->exec("CREATE TRIGGER lose BEFORE INSERT ON case_acts BEGIN SELECT RAISE(ABORT, 'power'); END"));
    EXPECT_FALSE(t.service().denied(matter, "the judge's clerk, by telephone", t.as("intake-1")));
    ASSERT_TRUE(db->exec("DROP TRIGGER lose"));
  }
  EXPECT_EQ(t.judged(), Exit::expired);
  for (int again = 0; again < 2; ++again) {
    const auto denied = t.service().denied(matter, "the judge's clerk, by telephone", t.as("intake-1"));
    ASSERT_TRUE(denied) << to_text(denied.error());
    EXPECT_EQ(denied->state, "denied");
  }
  EXPECT_EQ(t.d->count("grant.stop"), 1u);
  EXPECT_EQ(t.d->value("SELECT count(*) FROM revocations"), "1");
  EXPECT_EQ(t.d->value("SELECT state FROM orders"), "ended");
  EXPECT_FALSE(t.deliverable());
  const Json told = Outbox{t.d->carrier()}.list(false)->at("notices");
  ASSERT_EQ(told.size(), 1u) << canonical(told);
  EXPECT_EQ(told[0]["severity"], "emergency");
  // The agency comes with an order on another application: a matter of its own.
  court_orders(*t.d, "wiretap", t.d->clock.now());
  EXPECT_FALSE(t.service().granted(matter, 2, t.as("officer-1")));
  EXPECT_FALSE(t.d->requests().approve(matter, "", who("counsel-1")));
  EXPECT_TRUE(t.service().inventory(matter, "by the judge, the clerk said", t.as("officer-1")));
}

TEST(EmergencyApplication, NotSoughtEndsItAndAnApplicationInTimeStillCounts) {
  Tapped t;
  ASSERT_TRUE(t.service().not_sought(matter, "the threat was a hoax", t.as("officer-1")));
  EXPECT_EQ(t.judged(), Exit::expired);
  EXPECT_FALSE(t.deliverable());
  const Instant made = t.d->clock.now();
  t.d->clock.set(t.due + 72h);
  ASSERT_TRUE(t.applied(made)) << "the paper was late, the application was not";
  court_orders(*t.d, "wiretap", t.d->clock.now());
  ASSERT_TRUE(t.service().granted(matter, 2, t.as("officer-1")));
  EXPECT_TRUE(t.deliverable());
}

TEST(EmergencyApplication, AnApplicationThatWasMadeTooLateIsNone) {
  Tapped t;
  t.d->clock.set(t.due + 1h);
  ASSERT_TRUE(t.service().lapse(matter));
  const auto late = t.applied(t.due + 1s);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().missing.find("48 hours"), std::string::npos) << to_text(late.error());
  EXPECT_EQ(t.state(), "lapsed");
  EXPECT_TRUE(t.applied(t.due));
}

// 3125(a): of a pen register or trap the order itself is issued within 48 hours.
TEST(EmergencyApplication, APenRegisterNeedsTheOrderNotTheApplication) {
  for (const bool in_time : {true, false}) {
    Tapped t{"pen-trap"};
    ASSERT_TRUE(t.applied(t.d->clock.now()));
    t.d->clock.set(t.due);
    ASSERT_TRUE(t.service().lapse(matter));
    EXPECT_FALSE(t.deliverable());
    // Issued an hour before the start that it states; its paper comes a day after the lapse.
    const Instant start = in_time ? t.due : t.due + 2h;
    t.d->clock.advance(24h);
    court_orders(*t.d, "pen-trap", start);
    const auto granted = t.service().granted(matter, 2, t.as("officer-1"));
    EXPECT_EQ(granted.has_value(), in_time) << (granted ? "" : to_text(granted.error()));
    EXPECT_EQ(t.deliverable(), in_time);
  }
}

TEST(EmergencyApplication, AnOrderOfACourtHasNone) {
  const auto d = at(Stage::armed);
  EXPECT_FALSE(emergency_interception(d->carrier(), matter).value());
  EXPECT_TRUE(check_deliverable(d->carrier(), matter));
  const auto none = EmergencyApplication{d->carrier()}.not_sought(matter, "x", acting(*d, "officer-1"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().exit, Exit::refused);
  EXPECT_EQ(d->value("SELECT state FROM orders"), "armed");
}

}  // namespace
}  // namespace writ::desk::testing
