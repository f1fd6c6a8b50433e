// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reconciliation.hh"

#include "desk/test_memory.hh"
#include "desk/test_records.hh"

namespace writ::desk {
namespace {

using namespace testing;

const std::string wiretapped = "+14045550102";

// The sandbox's interception, taken in, two days later.
struct ReconcileWorld {
  std::unique_ptr<Desk> d = at(Stage::armed);
  std::string day;
  std::unique_ptr<RecordStore> store;

  ReconcileWorld() {
    EXPECT_TRUE(d->capture());
    EXPECT_TRUE(d->intercepts().import(matter, d->probe(), who("technician-1")));
    d->clock.advance(48h);
    day = rfc3339(first_packet - 5h).substr(0, 10);  // of the property's zone
    store = RecordStore::open(d->carrier()).value();
  }
  void scope(const std::string& purpose, std::vector<RecordItem> items,
             const std::string& number = wiretapped) {
    const auto t = RecordService{d->carrier()}.grant_scope({matter,
                                                            purpose,
                                                            {{"number", number, ""}},
                                                            std::move(items),
                                                            first_packet - 24h * 5,
                                                            first_packet + 24h * 60,
                                                            {}},
                                                           acting(*d, "counsel-1"));
    ASSERT_TRUE(t) << to_text(t.error());
  }
  void right_scope() { scope(reconcile_purpose, {RecordItem::subscriber_calls, RecordItem::tenant_calls}); }
  Result<ReconcileDone> run(const std::string& on, const char* reader = "officer-1",
                            const char* a = "custodian-1", const char* b = "custodian-2") {
    return Reconciliation{d->carrier()}.run(matter, on, acting(*d, reader), acting(*d, a), acting(*d, b));
  }
  Result<ReconcileDone> run() { return run(day); }
  void book(const std::vector<records::Cdr>& calls, const std::string& key) {
    const auto r = store->cdrs().append(calls, key);
    ASSERT_TRUE(r) << to_text(r.error());
    ASSERT_TRUE(note_heads(d->carrier(), store->cdrs(), r->months));
  }
  static records::Cdr record(int id, Instant start, Part part) {
    records::Cdr c;
    c.account = "HH-1001";
    c.call_id = "r" + std::to_string(id);
    c.start = std::chrono::floor<std::chrono::milliseconds>(start);
    c.answer_ms = 1000;
    c.duration_ms = 30'000;
    (part == Part::caller ? c.caller : part == Part::called ? c.called : c.redirecting) = wiretapped;
    c.disposition = records::Disposition::answered;
    c.source = "test";
    c.line = static_cast<std::uint64_t>(id);
    return c;
  }
};

TEST(Reconciliation, ComparesTheDayAndKeepsTheSignedResult) {
  const InMemory memory;
  ReconcileWorld w;
  w.right_scope();
  // Content is never opened: its key is not even there.
  fs::remove(w.d->data() / "vault" / (matter + ".content.json"));
  const auto alone = w.run();
  ASSERT_TRUE(alone) << to_text(alone.error());
  ASSERT_GT(alone->result.seen, 0u);
  EXPECT_EQ(alone->result.booked, 0u);
  EXPECT_EQ(alone->result.findings.size(), alone->result.seen) << "no record of any call";
  for (const Finding& f : alone->result.findings) EXPECT_STREQ(f.kind, "over-collected");

  std::vector<records::Cdr> calls;
  int id = 0;
  for (const Finding& f : alone->result.findings)
    calls.push_back(ReconcileWorld::record(++id, f.at + 2s, f.part));
  w.book(calls, "day");
  const auto both = w.run();
  ASSERT_TRUE(both) << to_text(both.error());
  EXPECT_EQ(both->result.matched, both->result.booked);
  EXPECT_TRUE(both->result.findings.empty()) << both->text;
  EXPECT_EQ(reconciled_days(w.d->carrier(), matter).value(), std::vector<std::string>{w.day});

  w.book({ReconcileWorld::record(++id, first_packet + 20min, Part::caller)}, "late");
  const auto missed = w.run();
  ASSERT_TRUE(missed) << to_text(missed.error());
  ASSERT_EQ(missed->result.findings.size(), 1u);
  EXPECT_STREQ(missed->result.findings[0].kind, "missed");
  EXPECT_EQ(missed->text.find("5550102"), std::string::npos) << "the report names no party";
  EXPECT_EQ(w.d->count("intercept.reconcile"), 3u);
  EXPECT_EQ(w.d->count("records.read"), 3u);
  for (const Json& e : w.d->log())
    if (e.value("action", "") == "evidence.open") {
      EXPECT_EQ(e["detail"]["streams"], Json{"call-data"});
    }

  std::string altered = read_text(missed->file).value();
  altered[altered.find("missed")] = 'k';
  fs::permissions(missed->file, fs::perms::owner_all);
  ASSERT_TRUE(write_file(missed->file, altered));
  EXPECT_EQ(reconciled_days(w.d->carrier(), matter).error().exit, Exit::integrity);
}

TEST(Reconciliation, NobodyComparesWithoutScopeThreePeopleAndADayThatIsOver) {
  const InMemory memory;
  ReconcileWorld w;
  const auto refuse = [&](const Result<ReconcileDone>& r, const std::string& about,
                          Exit exit = Exit::refused) {
    ASSERT_FALSE(r) << about;
    EXPECT_EQ(r.error().exit, exit) << about << "\n" << to_text(r.error());
    if (exit == Exit::refused) expect_refused(r.error(), about);
    EXPECT_EQ(w.d->count("evidence.open"), 0u) << about;
    EXPECT_EQ(w.d->count("records.read"), 0u) << about;
  };
  refuse(w.run(), "no scope");
  w.scope("subpoena EX-SP-0042", {RecordItem::subscriber_calls, RecordItem::tenant_calls});
  refuse(w.run(), "a scope for something else");
  w.scope(reconcile_purpose, {RecordItem::subscriber_calls});
  refuse(w.run(), "a scope that hides the tenants' calls");
  w.scope(reconcile_purpose, {RecordItem::subscriber_calls, RecordItem::tenant_calls}, "+14045550103");
  refuse(w.run(), "a scope of another number");
  w.right_scope();
  refuse(w.run(rfc3339(w.d->clock.now()).substr(0, 10)), "a day that is not over");
  refuse(w.run("someday"), "no day", Exit::usage);
  refuse(w.run(w.day, "officer-1", "custodian-1", "custodian-1"), "one custodian twice");
  EXPECT_FALSE(w.run(w.day, "officer-1", "custodian-1", "technician-1"));
  EXPECT_FALSE(w.run(w.day, "technician-1"));
  EXPECT_EQ(w.d->count("evidence.open"), 0u);
  EXPECT_FALSE(Reconciliation{w.d->carrier()}.run(matter, w.day, {who("officer-1"), who("custodian-1")}));
  EXPECT_TRUE(w.run()) << "the control";
  const auto early = at(Stage::authorised);
  const auto r = Reconciliation{early->carrier()}.run(
      matter, "", acting(*early, "officer-1"), acting(*early, "custodian-1"), acting(*early, "custodian-2"));
  ASSERT_FALSE(r);
  expect_refused(r.error(), "never armed");
}

}  // namespace
}  // namespace writ::desk
