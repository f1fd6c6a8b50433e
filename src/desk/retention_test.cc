// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/retention_service.hh"
#include "desk/test_records.hh"

namespace writ::desk::testing {
namespace {

Instant t(const char* text) { return *parse_rfc3339(text); }

TEST(Retention, cutoffs_are_calendar_months_and_never_below_the_floor) {
  policy::RecordRules r;
  r.cdr_months = 24;
  r.toll_record_months = 18;
  r.account_months = 24;
  EXPECT_EQ(retention_cutoffs(r, t("2026-11-26T12:00:00Z")).calls, t("2024-11-26T12:00:00Z"));
  r.cdr_months = 6;
  EXPECT_EQ(retention_cutoffs(r, t("2026-11-26T12:00:00Z")).calls, t("2025-05-26T12:00:00Z"))
      << "47 CFR 42.6";
  r.toll_record_months = 0;
  EXPECT_EQ(retention_cutoffs(r, t("2026-08-31T00:00:00Z")).calls, t("2026-02-28T00:00:00Z"));
  r.account_months = 30;
  EXPECT_EQ(retention_cutoffs(r, t("2026-08-31T00:00:00Z")).account, t("2024-02-29T00:00:00Z"));
}

struct Old : Hotel {
  Instant old = now - days(30 * 27);
  Old() {
    records::Cdr held = call(3, old + 1h);
    held.called = "+14045550177";
    append({call(1, old), call(2, old + days(35)), held, call(4, now - days(2))}, "a");
  }
  RetentionService retention() { return RetentionService{d->carrier()}; }
  std::size_t rows() {
    records::CdrQuery q;
    q.by = records::CdrQuery::By::account;
    q.account = lodge;
    q.from = old - days(60);
    q.until = now;
    return store->cdrs().find(q)->rows.size();
  }
  Hold hold(const ScopeSubject& s) const {
    Hold x;
    x.matter = matter;
    x.reason = "preservation letter EX-PL-7";
    x.subject = s;
    x.from = old - days(60);
    x.until = now;
    return x;
  }
};

TEST(Retention, a_dry_run_says_what_goes_and_destroys_nothing) {
  Old h;
  const auto plan = h.retention().plan(who("officer-1"));
  ASSERT_TRUE(plan) << to_text(plan.error());
  EXPECT_EQ((*plan)["months"].size(), 2u) << canonical(*plan);
  EXPECT_EQ(h.rows(), 4u);
}

TEST(Retention, two_people_destroy_and_both_sign_what_went) {
  Old h;
  const auto record = h.retention().purge(who("officer-1"), who("counsel-1"));
  ASSERT_TRUE(record) << to_text(record.error());
  EXPECT_EQ((*record)["schema"], "writ.destruction/1");
  EXPECT_EQ((*record)["months"].size(), 2u) << canonical(*record);
  EXPECT_EQ((*record)["months"][0]["rows"], 2);
  EXPECT_TRUE(verify_destruction(h.d->carrier(), *record));
  Json altered = *record;
  altered["months"][0]["rows"] = 1;
  EXPECT_FALSE(verify_destruction(h.d->carrier(), altered));
  EXPECT_EQ(h.rows(), 1u);
  EXPECT_EQ(read_text(h.d->data() / "destroyed" / "0001.json").value(), canonical(*record));
  // The months are gone lawfully: verification does not miss them, and a second run finds nothing.
  const auto report = h.service().verify(who("auditor-1"));
  ASSERT_TRUE(report);
  EXPECT_TRUE((*report)["problems"].empty()) << canonical(*report);
  const auto again = h.retention().purge(who("officer-1"), who("counsel-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ((*again)["schema"], "writ.purge-plan/1");
  EXPECT_FALSE(fs::exists(h.d->data() / "destroyed" / "0002.json"));
}

TEST(Retention, nobody_destroys_alone) {
  Old h;
  EXPECT_FALSE(h.retention().purge(who("officer-1"), who("officer-1")));
  EXPECT_FALSE(h.retention().purge(who("counsel-1"), who("counsel-1")));
  EXPECT_FALSE(h.retention().purge(who("admin-1"), who("counsel-1")));
  EXPECT_EQ(h.rows(), 4u);
}

TEST(Retention, what_a_hold_names_stays_until_it_is_lifted) {
  Old h;
  EXPECT_FALSE(h.retention().place_hold(h.hold({"number", "+14045550177", ""}), who("officer-1")));
  const auto placed = h.retention().place_hold(h.hold({"number", "(404) 555-0177", ""}), who("counsel-1"));
  ASSERT_TRUE(placed) << to_text(placed.error());
  const auto record = h.retention().purge(who("officer-1"), who("counsel-1"));
  ASSERT_TRUE(record) << to_text(record.error());
  EXPECT_EQ((*record)["holds"], Json::array({1}));
  EXPECT_EQ(h.rows(), 2u) << "the held row and the young one";
  EXPECT_TRUE((*h.service().verify(who("auditor-1")))["problems"].empty());
  ASSERT_TRUE(h.retention().lift_hold(1, "released", who("counsel-1")));
  const auto rest = h.retention().purge(who("officer-1"), who("counsel-1"));
  ASSERT_TRUE(rest) << to_text(rest.error());
  EXPECT_EQ(h.rows(), 1u);
}

TEST(Retention, a_hold_that_was_edited_or_taken_away_stops_every_destruction) {
  for (const char* statement :
       {"UPDATE record_holds SET placed=replace(placed, '0177', '0178') WHERE number=1",
        "DELETE FROM record_holds WHERE number=1"}) {
    Old h;
    ASSERT_TRUE(h.retention().place_hold(h.hold({"number", "+14045550177", ""}), who("counsel-1")));
    ASSERT_TRUE(h.retention().place_hold(h.hold({"account", lodge, ""}), who("counsel-1")));
    h.d->sql(statement);
    const auto record = h.retention().purge(who("officer-1"), who("counsel-1"));
    ASSERT_FALSE(record) << statement;
    EXPECT_EQ(record.error().exit, Exit::integrity);
    EXPECT_EQ(h.rows(), 4u);
  }
}

TEST(Retention, a_destruction_that_was_killed_is_finished_by_the_next_run) {
  Old h;
  // As a kill leaves it after the first month: the plan and the month's line are there, the month is gone.
  const auto plan = h.retention().plan(who("officer-1"));
  ASSERT_TRUE(plan);
  Json body = *plan;
  body["schema"] = "writ.destruction/1";
  body["number"] = 1;
  const Json first = body["months"][0];
  h.d->sql(fmt::format("INSERT INTO record_destructions(number, plan) VALUES(1, '{}')", canonical(body)));
  h.d->sql(fmt::format("INSERT INTO record_destroyed_months(number, month, entry) VALUES(1, '{}', '{}')",
                       first.value("month", ""), canonical(first)));
  const Instant end_of_first = h.old + Hotel::days(31);
  ASSERT_TRUE(h.store->cdrs().purge(end_of_first, {}, false));
  EXPECT_FALSE((*h.service().verify(who("auditor-1")))["problems"].empty()) << "begun, not finished";
  const auto record = h.retention().purge(who("officer-1"), who("counsel-1"));
  ASSERT_TRUE(record) << to_text(record.error());
  EXPECT_EQ((*record)["number"], 1);
  EXPECT_EQ((*record)["months"], body["months"]) << "both months, the one that went before included";
  EXPECT_TRUE((*h.service().verify(who("auditor-1")))["problems"].empty());
}

}  // namespace
}  // namespace writ::desk::testing
