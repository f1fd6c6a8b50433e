// SPDX-License-Identifier: GPL-3.0-or-later
// I8: two desks with the same people, the same clock and the same ordinary work; in one of them a national
// security letter goes through its life in a compartment. Whatever somebody who is not named asks, the two
// answer the same, byte for byte.
#include "cases/disclosure.hh"
#include "cases/national_security.hh"
#include "cases/scheduler.hh"
#include "cases/test_due.hh"
#include "cases/test_national.hh"
#include "desk/audit_service.hh"
#include "desk/record_service.hh"
#include "desk/record_store.hh"
#include "desk/retention_service.hh"
#include "desk/test_records.hh"

namespace writ::cases {
namespace {

using namespace testing;

struct Ordinary {
  std::unique_ptr<Desk> d = staffed();
  std::string answers;

  void say(const std::string& what, const std::string& answer) { answers += what + ": " + answer + "\n"; }
  template <class T>
  void say(const std::string& what, const Result<T>& r) {
    if (!r)
      say(what, to_text(r.error()));
    else if constexpr (std::is_same_v<T, Json>)
      say(what, canonical(*r));
    else
      say(what, std::string("done"));
  }
  void work(int n) {
    preserved(*d, "EX-P-" + std::to_string(n));
    d->clock.advance(1h);
    OrderText order;
    order.instrument = "EX-WT-" + std::to_string(n);
    const auto filed = d->file(order);
    EXPECT_TRUE(filed) << to_text(filed.error());
    say("scheduler", Scheduler{d->carrier()}.run_once().map([](const auto& r) { return to_json(r); }));
    d->clock.advance(1h);
  }
  // What everybody can ask, and what counsel-2, officer-1 and auditor-2 can.
  void ask_everything() {
    desk::Carrier& c = d->carrier();
    for (const char* series : {"M", "N", "V", "W"}) say("next", desk::next_number(c, series).value());
    const auto all_cases = CaseBook{c}.all().value();
    for (const Case& x : all_cases) say("case", canonical(to_json(x)));
    for (const char* guess : {"M-2026-0003", "M-2026-0009", "harbor-lantern", "harbor-lantern/M-2026-0001"}) {
      say("show", CaseBook{c}.read(guess).map([](const Case& x) { return to_json(x); }));
      say("order", desk::Orders{c}.of_matter(guess).map([](const auto& all) { return Json(all.size()); }));
      say("matter", desk::check_matter(c, guess));
      say("scope", desk::newest_scope(c, guess).map([](const auto&) { return Json("there"); }));
      for (const char* user : {"counsel-2", "officer-1", "auditor-2", "intake-2"}) {
        say("open",
            desk::Compartments{c}.open(guess, acting(*d, user)).map([](const auto&) { return Json("!"); }));
        say("national",
            NationalSecurity{c}.show(guess, acting(*d, user)).map([](const Case& x) { return to_json(x); }));
      }
      say("act", CaseBook{c}
                     .act(guess, {"close", Json{{"reason", "x"}}}, acting(*d, "officer-1"))
                     .map([](const Case& x) { return to_json(x); }));
    }
    say("list", NationalSecurity{c}.list(acting(*d, "counsel-2")));
    say("status", desk::InterceptService{c}.status(""));
    say("due", deadlines(c).map([&](const DueList& l) { return to_json(l, c.now()); }));
    say("holds", desk::RetentionService{c}.holds(who("counsel-2")));
    say("purge plan", desk::RetentionService{c}.plan(who("officer-1")));
    say("record heads", desk::RecordService{c}.heads(who("officer-1")));
    // The log as an auditor reads it who is not named: every entry, and the size of the tree.
    const auto log = desk::AuditService{c}.show("", who("auditor-2"));
    for (const auto& e : log.value())
      say("log", fmt::format("{} {} {}", e.index, rfc3339(e.at), canonical(e.entry)));
    say("log size", std::to_string(c.log().size()));
    say("proof of the next",
        desk::AuditService{c}.prove(c.log().size()).map([](const auto&) { return Json("!"); }));
  }
  // The store itself, as its administrator can read it.
  void dump_store() {
    auto db = store::Database::open(d->data() / "store.db");
    auto tables = db->prepare("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name");
    std::vector<std::string> names;
    while (tables->step().value()) names.push_back(tables->text(0));
    for (const std::string& t : names) {
      if (t == "users" || t == "record_key" || t == "record_heads") continue;  // keys are random
      auto rows = db->prepare("SELECT count(*), coalesce(sum(length(rowid)), 0) FROM " + t);
      ASSERT_TRUE(rows->step().value());
      say("table " + t, rows->text(0));
    }
  }
};

// The life of the letter, beside the ordinary work.
struct Letter {
  Desk& d;
  NationalSecurity service() { return NationalSecurity{d.carrier()}; }
  void file() {
    const auto c = service().file(filing(), acting(d, "intake-1"));
    ASSERT_TRUE(c) << to_text(c.error());
    EXPECT_EQ(c->matter, "M-2026-0001");
  }
  void check() {
    const auto named_now = service().compartment("harbor-lantern", {"officer-2"}, acting(d, "counsel-1"));
    ASSERT_TRUE(named_now) << to_text(named_now.error());
    const auto checked = service().check_certification("harbor-lantern", acting(d, "intake-1"));
    ASSERT_TRUE(checked) << to_text(checked.error());
  }
  void produce() {
    auto c = desk::Compartments{d.carrier()}.open("harbor-lantern", acting(d, "counsel-1"));
    ASSERT_TRUE(c);
    step(*c, "M-2026-0001", "approve", Json{{"items", {"subscriber-name"}}, {"policy", "x"}},
         acting(d, "counsel-1"));
    step(*c, "M-2026-0001", "collect", Json{{"collection", "x"}}, acting(d, "officer-2"));
    step(*c, "M-2026-0001", "produce", Json{{"delivery", "x"}}, acting(d, "counsel-1"));
  }
  void track() {
    const NonDisclosure order{"Example District Court", "ND-1", d.clock.now() + std::chrono::days{180}};
    const auto c = service().track("harbor-lantern", order, acting(d, "counsel-1"));
    ASSERT_TRUE(c) << to_text(c.error());
    auto inside = desk::Compartments{d.carrier()}.open("harbor-lantern", acting(d, "officer-2"));
    const auto due = deadlines(*inside);
    ASSERT_TRUE(due);
    ASSERT_EQ(due->due.size(), 1u);
    EXPECT_EQ(due->due[0].at, order.until);
    EXPECT_TRUE(Scheduler{*inside}.run_once());
  }
};

TEST(I8, TwoStoresAnswerTheSameToWhoIsNotNamed) {
  Ordinary without, with;
  for (Ordinary* o : {&without, &with}) {
    add_person(*o->d, "auditor-2", {Role::auditor});
    auto store = desk::RecordStore::open(o->d->carrier());
    ASSERT_TRUE(store);
    o->work(1);
  }
  Letter l{*with.d};
  l.file();
  for (Ordinary* o : {&without, &with}) o->work(2);
  l.check();
  for (Ordinary* o : {&without, &with}) o->ask_everything();
  l.produce();
  for (Ordinary* o : {&without, &with}) o->work(3);
  l.track();
  for (Ordinary* o : {&without, &with}) {
    o->ask_everything();
    o->dump_store();
  }
  EXPECT_EQ(without.answers, with.answers);
  EXPECT_GT(with.answers.size(), 20'000u);
  EXPECT_EQ(with.answers.find("CANARY"), std::string::npos);
  // And for the named it is all there.
  const auto mine = l.service().list(acting(*with.d, "counsel-1"));
  ASSERT_TRUE(mine);
  EXPECT_EQ((*mine)["compartments"][0]["state"], "tracked");
}

TEST(National, OnlyByHandAndWithCounselAndAnAuditor) {
  const auto d = staffed();
  NationalSecurity service{d->carrier()};
  const std::uint64_t before = d->carrier().log().size();
  NationalFiling f = filing();
  f.named = {"intake-1", "auditor-1"};
  EXPECT_EQ(service.file(f, acting(*d, "intake-1")).error().exit, Exit::usage);
  f.named = {"intake-1", "counsel-1"};
  EXPECT_EQ(service.file(f, acting(*d, "intake-1")).error().exit, Exit::usage);
  const auto faxed = service.file(filing({.delivery = "fax"}), acting(*d, "intake-1"));
  ASSERT_FALSE(faxed);
  EXPECT_EQ(faxed.error().rule, "V33 (S30, S32)");
  f.named = {"intake-1", "counsel-1", "counsel-2", "auditor-1"};
  EXPECT_EQ(service.file(f, acting(*d, "intake-1")).error().exit, Exit::usage)
      << "other people, the same name";
  f.compartment = "pier-lantern";
  EXPECT_EQ(service.file(f, acting(*d, "counsel-1")).error().exit, Exit::refused) << "counsel enters nothing";
  EXPECT_EQ(d->carrier().log().size(), before) << "what was refused is noted inside only";
  const auto filed = service.file(filing(), acting(*d, "intake-1"));
  ASSERT_TRUE(filed) << to_text(filed.error());
  const auto again = service.file(filing(), acting(*d, "intake-1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->acts.size(), 1u);
  EXPECT_EQ(service.list(acting(*d, "intake-1"))->at("compartments").size(), 2u);
}

TEST(National, AFailedCertificationIsRefusedAndCounselRejects) {
  const auto d = staffed();
  NationalSecurity service{d->carrier()};
  ASSERT_TRUE(service.file(filing({.rank = "Assistant Special Agent in Charge"}), acting(*d, "intake-1")));
  EXPECT_FALSE(service.compartment("harbor-lantern", {}, acting(*d, "intake-1"))) << "a second person";
  ASSERT_TRUE(service.compartment("harbor-lantern", {}, acting(*d, "counsel-1")));
  ASSERT_TRUE(service.compartment("harbor-lantern", {}, acting(*d, "counsel-1"))) << "the same again";
  const auto refused = service.check_certification("harbor-lantern", acting(*d, "intake-1"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("V34 'Assistant Special Agent in Charge' may not certify"),
            std::string::npos)
      << refused.error().what;
  const auto rejected = service.reject("harbor-lantern", "V34", acting(*d, "counsel-1"));
  ASSERT_TRUE(rejected) << to_text(rejected.error());
  EXPECT_EQ(rejected->state, "rejected");
}

// From the agent's hand to the agent's hand: collected as every process is, four items at most, and nothing
// of it outside of the compartment or readable on its disk.
TEST(National, IsCollectedAndProducedInItsCompartment) {
  Hotel h{Stage::people};
  Desk& d = *h.d;
  h.append({h.call(1, h.now - h.days(6))}, "k1");
  NationalSecurity service{d.carrier()};
  const std::uint64_t before = d.carrier().log().size();
  const auto ok = [](const Result<Case>& c) { EXPECT_TRUE(c) << to_text(c.error()); };
  ok(service.file(filing(), acting(d, "intake-1")));
  ok(service.compartment("harbor-lantern", {}, acting(d, "counsel-1")));
  ok(service.check_certification("harbor-lantern", acting(d, "intake-1")));
  {
    auto inside = desk::Compartments{d.carrier()}.open("harbor-lantern", acting(d, "counsel-1"));
    ASSERT_TRUE(inside) << to_text(inside.error());
    Disclosure disclosure{*inside};
    Approval approval;
    approval.word.silent = {{"tenant-name", "18 USC 2709(b)(1)"}, {"tenant-calls", "18 USC 2709(b)(1)"}};
    ok(disclosure.approve("M-2026-0001", approval, acting(d, "counsel-1")));
    ok(disclosure.collect("M-2026-0001", acting(d, "intake-1")));
    EXPECT_FALSE(disclosure.produce("M-2026-0001", d.out(), acting(d, "intake-1"))) << "a second person";
    ok(disclosure.produce("M-2026-0001", d.out(), acting(d, "counsel-1")));
  }
  const std::string collection = read_text(d.out() / "M-2026-0001" / "collection.json").value();
  EXPECT_NE(collection.find("+14045550199"), std::string::npos);
  EXPECT_NE(collection.find("Doe, James"), std::string::npos);
  EXPECT_EQ(collection.find("Pier Lodge"), std::string::npos) << "the subscriber was not asked for";
  EXPECT_EQ(d.carrier().log().size(), before);
  for (const auto& e : fs::recursive_directory_iterator(d.data() / "compartments")) {
    if (!e.is_regular_file()) continue;
    const std::string text = read_text(e.path()).value();
    for (const char* word : {"Doe, James", "5550199", "CANARY", "tenant"})
      EXPECT_EQ(text.find(word), std::string::npos) << e.path() << " shows " << word;
  }
}

}  // namespace
}  // namespace writ::cases
