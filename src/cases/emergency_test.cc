// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include "cases/test_emergency.hh"
#include "cases/test_paper.hh"
#include "desk/outbox.hh"
#include "desk/record_service.hh"

namespace writ::cases::testing {
namespace {

using desk::Case;
using desk::CaseBook;
using namespace std::chrono_literals;

// An emergency of agency 1 that was called back and assessed by intake.
std::string assessed(Town& t, process::Demand letter, const Assessment& a = assessment(),
                     const std::string& by = "intake-1") {
  const auto filed = t.file(letter, "letter " + letter.instrument);
  EXPECT_TRUE(filed) << to_text(filed.error());
  const auto called = t.call(filed->matter, t.entries[1]);
  EXPECT_TRUE(called) << to_text(called.error());
  const auto done = t.service().assess(filed->matter, a, t.as(by));
  EXPECT_TRUE(done) << to_text(done.error());
  return filed->matter;
}

std::vector<std::string> released_items(const Case& c) {
  std::vector<std::string> out;
  for (const ItemDecision& i : decisions_of(c))
    if (i.permitted) out.push_back(i.item);
  return out;
}

void expect_four_lines(const Error& e) {
  EXPECT_EQ(e.exit, Exit::refused) << to_text(e);
  EXPECT_FALSE(e.what.empty() || e.rule.empty() || e.missing.empty() || e.next.empty()) << to_text(e);
}

TEST(Emergency, TheMinimumAndNothingElseIsReadAndReleased) {
  Town t;
  auto letter = letter_from(1, "E-1", t.d->clock.now());
  letter.items = {"subscriber-name", "subscriber-address", "subscriber-number", "subscriber-calls"};
  Assessment a = assessment();
  a.items = {"subscriber-name", "subscriber-calls"};
  const std::string m = assessed(t, letter, a);
  const auto approved = t.service().approve(m, {}, t.as("counsel-1"));
  ASSERT_TRUE(approved) << to_text(approved.error());
  EXPECT_EQ(released_items(*approved), (std::vector<std::string>{"subscriber-name"}));  // calls: silent
  const auto out = t.release(m, "fax", "intake-2");
  ASSERT_TRUE(out) << to_text(out.error());
  const Json r = t.release_of(m);
  EXPECT_EQ(r["items"], Json({"subscriber-name"}));
  const Json party = r["answers"][0]["asks"][0]["answer"]["parties"][0];
  EXPECT_EQ(party["names"][0]["value"], "Harbor House");
  for (const char* other : {"addresses", "numbers", "account", "payments", "service", "tenant"})
    EXPECT_FALSE(party.contains(other)) << other;
  EXPECT_TRUE(r["calls"].empty());
  const Json& delivery = out->newest("release")->body["delivery"];
  EXPECT_EQ(delivery["number"], agency_contact(1).fax);
  EXPECT_NE(delivery.value("return", "").find("by fax to " + agency_contact(1).fax), std::string::npos);
  // What left: letter, table and collection, each as the signed manifest says.
  const fs::path dir = t.d->out() / m;
  const Json manifest = parse_canonical(read_file(dir / "manifest.json").value(), "manifest").value();
  ASSERT_EQ(manifest["files"].size(), 5u) << canonical(manifest);
  for (const Json& f : manifest["files"])
    EXPECT_EQ(crypto::hex(crypto::sha256_file((dir / f.value("path", "")).string()).value()),
              f.value("sha256", ""));
  const std::string letter_text = paper_text(dir / "letter.pdf");
  EXPECT_NE(letter_text.find("18 USC 2702"), std::string::npos) << letter_text;
  EXPECT_NE(letter_text.find(agency_contact(1).fax), std::string::npos) << letter_text;
  EXPECT_TRUE(fs::exists(dir / "audit-proof.json"));
  // again: the files once more, and no second release
  fs::remove_all(dir);
  const auto again = t.release(m, "fax", "intake-2");
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(to_json(*again), to_json(*out));
  EXPECT_TRUE(fs::exists(dir / "letter.pdf"));
  EXPECT_EQ(t.released(), 1u);
  EXPECT_EQ(t.d->count("emergency.release.done"), 1u);
}

TEST(Emergency, IntakeKeepsALetterWhateverItLacksAndTheChecksStopIt) {
  Town t;
  auto letter = letter_from(1, "E-1", t.d->clock.now());
  letter.circumstances.clear();
  letter.requester.badge.clear();
  const auto filed = t.file(letter, "a letter with faults");
  ASSERT_TRUE(filed) << to_text(filed.error());
  ASSERT_TRUE(t.call(filed->matter, t.entries[1]));
  const auto stopped = t.service().assess(filed->matter, assessment(), t.as("intake-1"));
  ASSERT_FALSE(stopped);
  expect_four_lines(stopped.error());
  for (const char* id : {"V18", "V31"})
    EXPECT_NE(stopped.error().missing.find(id), std::string::npos) << to_text(stopped.error());
}

TEST(Emergency, AReleaseThatDiedHalfWayIsMadeOnce) {
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()));
  ASSERT_TRUE(t.service().approve(m, {}, t.as("counsel-1")));
  auto db = store::Database::open(t.d->data() / "store.db");
  ASSERT_TRUE(
      db->exec("CREATE TRIGGER lose BEFORE INSERT ON case_acts BEGIN SELECT RAISE(ABORT, 'power'); END"));
  EXPECT_FALSE(t.release(m, "fax", "intake-1"));
  ASSERT_TRUE(db->exec("DROP TRIGGER lose"));
  const auto done = t.release(m, "fax", "intake-1");
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(t.released(), 1u) << "the same collection under the same name";
}

TEST(Emergency, CounselApprovesSilentItemsByNameAnOfficerCannot) {
  for (const char* approver : {"counsel-1", "officer-1"}) {
    Town t;
    auto letter = letter_from(1, "E-1", t.d->clock.now());
    letter.items.push_back("tenant-calls");
    Assessment a = assessment();
    a.items.push_back("tenant-calls");
    const std::string m = assessed(t, letter, a);
    const auto done = t.service().approve(m, {{"tenant-calls", "whom the room called last"}}, t.as(approver));
    ASSERT_TRUE(done) << to_text(done.error());
    EXPECT_EQ(released_items(*done).size(), std::string_view(approver) == "counsel-1" ? 3u : 2u);
  }
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()));
  const auto spoken = t.service().approve(m, {{"subscriber-name", "x"}}, t.as("counsel-1"));
  ASSERT_FALSE(spoken) << "the matrix is not silent on it";
  expect_four_lines(spoken.error());
}

// The records of an emergency open under its approval, for its items, for two days.
TEST(Emergency, TheScopeIsTheApprovalAndEndsWithin48Hours) {
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()));
  records::Ask ask;
  ask.number = "+14045550102";
  const auto look = [&] { return desk::RecordService{t.carrier()}.whois(m, ask, t.as("intake-1")); };
  EXPECT_FALSE(look());
  ASSERT_TRUE(t.service().approve(m, {}, t.as("officer-1")));
  EXPECT_TRUE(look()) << to_text(look().error());
  // a second scope by the same approver, wider than what was approved
  const desk::ScopeRequest wide{m,
                                "emergency",
                                {{"number", "+14045550102", ""}},
                                {authority::RecordItem::subscriber_payment},
                                t.d->clock.now() - 24h * 300,
                                t.d->clock.now(),
                                t.d->clock.now() + 47h};
  ASSERT_TRUE(desk::RecordService{t.carrier()}.grant_scope(wide, t.as("officer-1")));
  ASSERT_FALSE(look());
  expect_four_lines(look().error());
}

TEST(Emergency, NoMovementOfTheClockOpensAnEndedScope) {
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()));
  ASSERT_TRUE(t.service().approve(m, {}, t.as("officer-1")));
  records::Ask ask;
  ask.number = "+14045550102";
  const auto look = [&] { return desk::RecordService{t.carrier()}.whois(m, ask, t.as("intake-1")); };
  t.d->clock.advance(47h);
  EXPECT_TRUE(look());
  t.d->clock.advance(1h);
  ASSERT_FALSE(look());
  EXPECT_EQ(look().error().exit, Exit::expired);
  t.d->clock.advance(-2h);  // back into the window
  ASSERT_FALSE(look());
  EXPECT_EQ(look().error().exit, Exit::refused);
  EXPECT_FALSE(t.release(m, "fax", "intake-1"));
}

TEST(Emergency, BreakGlassIsLawfulLoudAndReviewed) {
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()), assessment(), "officer-1");
  for (int round = 0; round < 2; ++round) {
    for (const char* whom : {"counsel-1", "counsel-2", "officer-2"}) {
      const auto tried = t.service().try_approver(m, whom, "telephone, no answer", t.as("officer-1"));
      ASSERT_TRUE(tried) << to_text(tried.error());
    }
    const auto early = t.service().approve_alone(m, t.as("officer-1"));
    ASSERT_FALSE(early);
    expect_four_lines(early.error());
    t.d->clock.advance(8min);
  }
  const auto done = t.service().approve_alone(m, t.as("officer-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(done->newest("approve-alone")->body["attempts"].size(), 6u);
  desk::Outbox outbox{t.carrier()};
  const Json told = outbox.list(false)->at("notices");
  ASSERT_EQ(told.size(), 2u) << canonical(told);
  EXPECT_EQ(canonical(told).find("officer-1"), std::string::npos) << "no identities: " << canonical(told);
  for (const Json& n : told) {
    EXPECT_EQ(n["severity"], "emergency");
    EXPECT_TRUE(fs::exists(t.d->data() / "outbox" / (n.value("id", "") + ".json")));
    EXPECT_FALSE(outbox.done(n.value("id", ""), t.as("officer-1"))) << "it is about what this officer did";
    EXPECT_TRUE(outbox.done(n.value("id", ""), t.as(n["who"] == "auditor" ? "auditor-1" : "counsel-2")));
  }
  EXPECT_TRUE(outbox.list(false)->at("notices").empty());
  EXPECT_EQ(t.d->count("emergency.approve-alone"), 1u);
  ASSERT_TRUE(t.release(m, "telephone", "officer-1"));
  const Json row = t.service().list()->at("emergencies").at(0);
  EXPECT_EQ(row["awaits_review"], true);
  EXPECT_EQ(row["review_due"], rfc3339_seconds(done->newest("approve-alone")->at + 24h));
  EXPECT_FALSE(t.service().review(m, "in order", t.as("officer-2")));
  ASSERT_TRUE(t.service().review(m, "calls and letter were in order", t.as("auditor-1")));
  EXPECT_EQ(t.service().list()->at("emergencies").at(0)["awaits_review"], false);
}

// The request that counsel approved afterwards, with these items.
std::string later_process(Town& t, const process::Demand& letter, const std::string& of, const Json& items) {
  process::Demand d = letter;
  d.kind = "court-order";
  d.instrument = "LATER-1";
  d.of_matter = of;
  d.items = items.get<std::vector<std::string>>();
  const auto decisions = decide_items(t.carrier().policy(), d, {});
  EXPECT_TRUE(decisions) << to_text(decisions.error());
  CaseBook book{t.carrier()};
  const auto filed = book.open(process::Cycle::request, filing_key(d),
                               {"file", Json{{"demand", process::to_json(d)}}}, t.as("intake-1"));
  const std::string m = filed.value().matter;
  EXPECT_TRUE(book.act(m, {"verify-identity", Json{{"verification", "x"}}}, t.as("intake-1")));
  EXPECT_TRUE(book.act(m, {"validate", Json{{"checks", "x"}, {"policy", "x"}}}, t.as("intake-1")));
  EXPECT_TRUE(book.act(m, {"approve", Json{{"items", to_json(decisions.value())}, {"policy", "x"}}},
                       t.as("counsel-1")));
  return m;
}

TEST(Emergency, LaterProcessIsAskedForAndDifferencesAreNamed) {
  Town t;
  const auto letter = letter_from(1, "E-1", t.d->clock.now());
  const std::string m = assessed(t, letter);
  ASSERT_TRUE(t.service().approve(m, {}, t.as("counsel-1")));
  ASSERT_TRUE(t.release(m, "fax", "intake-1"));
  const auto asked = t.service().ask_process(m, t.as("intake-1"));
  ASSERT_TRUE(asked) << to_text(asked.error());
  const Json& letter_file = asked->newest("ask-process")->body["letter"];
  EXPECT_TRUE(read_case_file(t.carrier(), m, letter_file.value("file", ""), letter_file.value("sha256", "")));
  const std::string stranger = later_process(t, letter, "M-2026-0099", {"subscriber-name"});
  EXPECT_FALSE(t.service().reconcile(m, stranger, t.as("counsel-1")));
  auto other = letter;
  other.instrument = "LATER-2";
  const std::string later = later_process(t, other, m, {"subscriber-name"});
  const auto done = t.service().reconcile(m, later, t.as("counsel-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  const Json& differences = done->newest("reconcile")->body["differences"];
  ASSERT_EQ(differences.size(), 1u) << canonical(differences);
  EXPECT_EQ(differences[0]["item"], "subscriber-address");
}

TEST(Emergency, AKillBetweenScopeAndActOpensNothingAndIsMended) {
  Town t;
  const std::string m = assessed(t, letter_from(1, "E-1", t.d->clock.now()));
  {  // the scope was signed, the approval never stored
    const auto approved = t.service().approve(m, {}, t.as("counsel-1"));
    ASSERT_TRUE(approved);
    t.d->close();
    t.d->sql(fmt::format("DELETE FROM case_acts WHERE matter='{}' AND seq={}", m, approved->acts.size()));
  }
  records::Ask ask;
  ask.number = "+14045550102";
  EXPECT_FALSE(desk::RecordService{t.carrier()}.whois(m, ask, t.as("intake-1")));
  const auto again = t.service().approve(m, {}, t.as("counsel-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_TRUE(t.release(m, "fax", "intake-1"));
}

}  // namespace
}  // namespace writ::cases::testing
