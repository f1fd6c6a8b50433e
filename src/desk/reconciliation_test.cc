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
             std::vector<authority::ScopeSubject> subjects = {{"number", wiretapped, ""}}) {
    const auto t = RecordService{d->carrier()}.grant_scope({matter,
                                                            purpose,
                                                            std::move(subjects),
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
  static records::Cdr neighbour(Instant start) {
    records::Cdr c = record(1000, start, Part::caller);
    c.caller = "+14045550103";
    return c;
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
  EXPECT_TRUE(alone->result.findings.empty()) << "nothing is said against a call when no feed came";
  EXPECT_EQ(alone->result.open.size(), alone->result.seen + 1) << "each call, and the day";
  EXPECT_EQ(reconciled_days(w.d->carrier(), matter).value(), std::vector<std::string>{}) << "it stays due";

  std::vector<records::Cdr> calls;
  int id = 0;
  w.book({w.neighbour(first_packet + 3h)}, "feed");
  const auto no_records = w.run();
  ASSERT_TRUE(no_records) << to_text(no_records.error());
  EXPECT_EQ(no_records->result.findings.size(), no_records->result.seen) << "no record of any call";
  for (const Finding& f : no_records->result.findings) EXPECT_STREQ(f.kind, "over-collected");
  EXPECT_NE(no_records->file, alone->file) << "the report before stays";
  EXPECT_EQ(read_text(alone->file).value(), alone->text);
  for (const Finding& f : no_records->result.findings)
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
  EXPECT_EQ(w.d->count("intercept.reconcile"), 4u);
  EXPECT_EQ(w.d->count("records.read"), 4u);
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

// A call that was up at midnight has its record in the day before; further than the scope nothing is read.
TEST(Reconciliation, ReadsTheRecordsOfCallsThatWereUpAtMidnight) {
  const InMemory memory;
  ReconcileWorld w;
  w.right_scope();
  const auto bounds = day_bounds(w.d->carrier(), w.day).value();
  w.book({ReconcileWorld::record(1, bounds.first - 20min, Part::caller),
          ReconcileWorld::record(2, bounds.first - 25h, Part::caller), w.neighbour(bounds.first - 10min)},
         "before");
  ReconcileInput day;
  day.from = bounds.first;
  day.until = bounds.second;
  RecordSubjects subjects{{{"number", wiretapped, ""}}, {}, {}};
  auto scope = reconcile_scope(w.d->carrier(), matter, subjects);
  ASSERT_TRUE(scope) << to_text(scope.error());
  const auto read = [&] {
    const auto r = read_booked(w.d->carrier(), *scope, subjects, day, acting(*w.d, "officer-1"));
    EXPECT_TRUE(r) << to_text(r.error());
    return r ? r->size() : 99;
  };
  EXPECT_EQ(read(), 1u);
  scope->records_from = bounds.first - 1min;
  EXPECT_EQ(read(), 0u);
}

// The catalogue says that the number leads to extension 214, and the switch writes 214.
TEST(Reconciliation, ASwitchMayWriteTheExtensionOfATargetsNumber) {
  const InMemory memory;
  ReconcileWorld w;
  ASSERT_TRUE(w.store->catalogue().import_csv(
      "account,number,extension,tenant,hosts,from,until\nHH-1001,+14045550102,214,,,2024-03-01T00:00:00Z,\n",
      "numbers.csv", w.d->clock.now()));
  w.right_scope();
  w.book({w.neighbour(first_packet + 3h)}, "feed");
  const auto without = w.run();
  ASSERT_TRUE(without) << to_text(without.error());
  EXPECT_EQ(without->result.findings.size(), without->result.seen);
  EXPECT_EQ(without->not_compared.size(), 1u) << "the scope does not name the extension";

  std::vector<records::Cdr> calls;
  int id = 0;
  for (const Finding& f : without->result.findings) {
    calls.push_back(ReconcileWorld::record(++id, f.at + 1s, f.part));
    for (auto* party : {&calls.back().caller, &calls.back().called, &calls.back().redirecting})
      if (*party == wiretapped) *party = "214";
  }
  calls.push_back(ReconcileWorld::record(++id, first_packet + 2h, Part::caller));
  calls.back().caller = "214";  // within the house: no call of the number's
  w.book(calls, "extension");
  w.scope(reconcile_purpose, {RecordItem::subscriber_calls, RecordItem::tenant_calls},
          {{"number", wiretapped, ""}, {"extension", "214", "HH-1001"}});
  const auto with = w.run();
  ASSERT_TRUE(with) << to_text(with.error());
  EXPECT_TRUE(with->result.findings.empty()) << with->text;
  EXPECT_EQ(with->result.matched, calls.size() - 1);
  EXPECT_TRUE(with->not_compared.empty());
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
  w.scope(reconcile_purpose, {RecordItem::subscriber_calls, RecordItem::tenant_calls},
          {{"number", "+14045550103", ""}});
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
