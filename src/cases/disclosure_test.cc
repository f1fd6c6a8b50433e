// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/disclosure.hh"

#include <algorithm>
#include <map>

#include "cases/case_files.hh"
#include "cases/test_lodge.hh"
#include "produce/package.hh"

namespace writ::cases::testing {
namespace {

using desk::Acting;

const std::vector<std::string> most_items{"subscriber-name",  "subscriber-address", "subscriber-number",
                                          "subscriber-calls", "tenant-name",        "tenant-service",
                                          "tenant-address",   "tenant-calls",       "subscriber-ssn"};

struct Subpoena : Lodge {
  Disclosure disclosure{c()};
  std::string m;
  void begin(const Demand& x) { m = validated(x).matter; }
  Result<Case> approve(const Approval& a = {}) { return disclosure.approve(m, a, who("counsel-1")); }
  Result<Case> collect() { return disclosure.collect(m, who("intake-1")); }
  Result<Case> check(const std::string& by = "officer-1") { return disclosure.check_scope(m, who(by)); }
  Result<Case> deliver() { return disclosure.deliver(m, d->out(), who("intake-1")); }
  Json collection() { return collection_of(c(), desk::read_case(c(), m).value()).value(); }
  void collected() {
    const auto approved = approve();
    ASSERT_TRUE(approved) << to_text(approved.error());
    const auto done = collect();
    ASSERT_TRUE(done) << to_text(done.error());
  }
};

TEST(Disclosure, FromTheValidatedRequestToTheLetterEachStepKilledOnce) {
  Subpoena s;
  s.append({s.call(1, s.now - Hotel::days(7)), s.call(2, s.now - Hotel::days(2)),
            s.call(3, s.now - Hotel::days(40))},
           "a");
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("(404) 555-0160"), Lodge::room("7")}, most_items));
  s.twice([&] { return s.approve(); });
  s.twice([&] { return s.collect(); });
  s.twice([&] { return s.check(); });
  const Case delivered = s.twice([&] { return s.deliver(); });
  EXPECT_EQ(delivered.state, "delivered");
  const Json collection = s.collection();
  EXPECT_EQ(collection["calls"].size(), 2u) << "the one before the period is not asked for";
  EXPECT_EQ(collection["answers"][1]["holders"].size(), 2u) << canonical(collection);
  const std::string text = canonical(collection);
  EXPECT_EQ(text.find("\"reservation\""), std::string::npos) << "tenant-number was not asked for";
  // What left: every file is what the signed manifest says.
  const fs::path out = s.d->out() / s.m;
  const Json manifest = parse_canonical(read_file(out / "manifest.json").value(), "manifest").value();
  ASSERT_EQ(manifest["files"].size(), 7u) << canonical(manifest);
  for (const Json& f : manifest["files"])
    EXPECT_EQ(crypto::hex(crypto::sha256_file((out / f["path"].get<std::string>()).string()).value()),
              f.value("sha256", ""));
  const std::string letter = text_of_pdf(out / "letter.pdf");
  for (const char* said :
       {"Subscriber name", "Tenant address", "carrier policy", "902(11)", "no responsive record"})
    EXPECT_EQ(letter.find(said) != std::string::npos, std::string_view(said) != "no responsive record")
        << letter;
  EXPECT_EQ(std::system(("qpdf --check '" + (out / "letter.pdf").string() + "' >/dev/null").c_str()), 0);
  ASSERT_TRUE(s.disclosure.acknowledge(s.m, "the agency's receipt by telephone", s.who("intake-1")));
  s.act(s.m, "close", Json::object(), "counsel-1");
  EXPECT_EQ(s.d->count("request.deliver.done"), 2u) << "noted before it is stored, both times";
}

TEST(Disclosure, NobodyDoesTwoStepsThatNeedTwoPeople) {
  Subpoena s;
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}));
  EXPECT_FALSE(s.disclosure.approve(s.m, {}, s.who("officer-2"))) << "only counsel";
  s.collected();
  const auto own = s.check("intake-1");
  ASSERT_FALSE(own) << "who collected does not check";
  EXPECT_EQ(own.error().exit, Exit::refused);
  EXPECT_FALSE(s.deliver()) << "nothing leaves unchecked";
  EXPECT_FALSE(fs::exists(s.d->out() / s.m));
}

TEST(Disclosure, WhatIsNotPermittedIsRefusedWithItsRule) {
  Subpoena s;
  s.begin(
      s.demand("judicial-summons", {Lodge::number("+14045550160")}, {"subscriber-calls", "tenant-address"}));
  const auto none = s.approve();
  ASSERT_FALSE(none);
  expect_refused(none.error(), "nothing is permitted");
  EXPECT_NE(none.error().rule.find("S22"), std::string::npos) << to_text(none.error());
  Approval made_up;
  made_up.word.silent["tenant-address"] = "counsel likes it";
  EXPECT_FALSE(s.approve(made_up)) << "the matrix says no, and is not silent";
  EXPECT_EQ(s.d->count("records.scope"), 0u);
}

TEST(Disclosure, ASilentItemNeedsCounselsReason) {
  Subpoena s;
  Demand x = s.demand("nsl", {Lodge::number("+14045550160")}, {"subscriber-name", "subscriber-address"});
  s.begin(x);
  Approval a;
  a.word.silent["subscriber-name"] = "18 USC 2709(b)(1)";
  const auto done = s.approve(a);
  ASSERT_TRUE(done) << to_text(done.error());
  const auto items = decisions_of(*done);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(items[0].permitted);
  EXPECT_FALSE(items[1].permitted) << "counsel did not name it";
  ASSERT_TRUE(s.collect());
  EXPECT_EQ(canonical(s.collection()).find("Pier Road"), std::string::npos);
}

TEST(Disclosure, ANearMatchAndNoMatchGiveTheSameBytes) {
  std::map<std::string, std::string> said;
  for (const char* name : {"Doe, Jim", "Nobody, Nowhere", "Doe, James"}) {
    Subpoena s;
    s.append({s.call(1, s.now - Hotel::days(7))}, "a");
    s.begin(
        s.demand("search-warrant", {Lodge::tenant(name)}, {"tenant-name", "tenant-number", "tenant-calls"}));
    s.collected();
    said[name] = canonical(s.collection());
  }
  EXPECT_EQ(said["Doe, Jim"], said["Nobody, Nowhere"]);
  EXPECT_NE(said["Doe, Jim"], said["Doe, James"]) << "the exact name must be found";
  EXPECT_NE(said["Doe, James"].find("+14045550199"), std::string::npos)
      << "with its calls: " << said["Doe, James"];
}

TEST(Disclosure, NoResponsiveRecordIsAnAnswer) {
  Subpoena s;
  s.append({s.call(1, s.now - Hotel::days(7))}, "a");
  // Somebody whom a guest called, but no number of this carrier: looked for in nobody's calls (S8).
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550199")},
                   {"subscriber-name", "subscriber-calls"}));
  s.collected();
  EXPECT_TRUE(s.collection()["calls"].empty()) << canonical(s.collection());
  ASSERT_TRUE(s.check());
  ASSERT_TRUE(s.deliver());
  const std::string letter = text_of_pdf(s.d->out() / s.m / "letter.pdf");
  EXPECT_NE(letter.find("no responsive record"), std::string::npos) << letter;
}

// S14 with a period: each guest of the room with all that is permitted, and the subscriber once; never "no
// responsive record" for what the records hold.
TEST(Disclosure, AnExtensionThatSeveralHadIsAnsweredForEach) {
  Subpoena s;
  s.begin(
      s.demand("search-warrant", {Lodge::room("7")}, {"subscriber-name", "tenant-name", "tenant-address"}));
  s.collected();
  std::map<std::string, std::string> csv;
  for (const Table& t : tables(s.collection())) csv[t.name] = t.csv;
  for (const char* line :
       {"1,tenant-name,\"Doe, James\"", "1,tenant-name,\"Roe, Ann\"", "1,tenant-address,room 7"})
    EXPECT_NE(csv["tenants.csv"].find(line), std::string::npos) << line << csv["tenants.csv"];
  EXPECT_EQ(std::count(csv["subscribers.csv"].begin(), csv["subscribers.csv"].end(), '\n'), 2)
      << csv["subscribers.csv"];
  ASSERT_TRUE(s.check());
  ASSERT_TRUE(s.deliver());
  const std::string letter = text_of_pdf(s.d->out() / s.m / "letter.pdf");
  EXPECT_EQ(letter.find("no responsive record"), std::string::npos) << letter;
}

TEST(Disclosure, OfSeveralThatDifferInNothingPermittedNobodyIsToldThatTheyAreSeveral) {
  Subpoena s;
  s.begin(s.demand("search-warrant", {Lodge::room("7")}, {"subscriber-name"}));
  s.collected();
  EXPECT_EQ(s.collection()["answers"][0]["holders"].size(), 1u) << canonical(s.collection());
}

TEST(Disclosure, WhatMustBeStatedMoreCloselyIsNotCalledUnknown) {
  Subpoena s;
  DemandSubject name{"account-name", "Pier Lodge", "", "", {}};
  s.begin(s.demand("grand-jury-subpoena", {name}, {"subscriber-service"}));
  s.collected();
  ASSERT_TRUE(s.check());
  ASSERT_TRUE(s.deliver());
  const std::string letter = text_of_pdf(s.d->out() / s.m / "letter.pdf");
  EXPECT_NE(letter.find("more must be stated"), std::string::npos) << letter;
  EXPECT_EQ(letter.find("no responsive record"), std::string::npos) << letter;
}

TEST(Disclosure, WhatLeavesIsProvedByTheVerifierAndEveryChangeIsNamed) {
  Subpoena s;
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}));
  s.collected();
  ASSERT_TRUE(s.check());
  ASSERT_TRUE(s.deliver());
  const fs::path out = s.d->out() / s.m, kept = s.d->data() / "roots.json";
  const auto problems = [&] {
    const auto r = produce::verify_package(out, kept);
    if (!r) return to_text(r.error());
    std::string text;
    for (const auto& f : r->findings) text += f.ok ? "" : f.what + "\n";
    return text;
  };
  EXPECT_EQ(problems(), "");
  for (const auto& e : fs::recursive_directory_iterator(out)) {
    if (!e.is_regular_file()) continue;
    const Bytes before = read_file(e.path()).value();
    Bytes after = before;
    after[after.size() / 2] ^= 1;
    ASSERT_TRUE(write_file(e.path(), after));
    EXPECT_NE(problems(), "") << e.path();
    ASSERT_TRUE(write_file(e.path(), before));
  }
  ASSERT_TRUE(write_file(out / "more.csv", "1,2\n"));
  EXPECT_NE(problems().find("more.csv"), std::string::npos);
}

TEST(Disclosure, WhatRetentionNoLongerHasIsSaid) {
  Subpoena s;
  Demand x = s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-calls"});
  x.records_from = s.now - Hotel::days(30 * 30);
  s.begin(x);
  s.collected();
  EXPECT_EQ(s.collection()["retention"]["calls_before"], "2024-11-25") << canonical(s.collection());
}

TEST(Disclosure, ThePeriodIsTheDocumentsAndEndsAtItsReceipt) {
  Subpoena s;
  Demand x = s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"});
  x.records_from = x.records_until = Instant{};
  s.begin(x);
  EXPECT_FALSE(s.approve()) << "the document states none, and neither did counsel";
  Approval a;
  a.from = s.now - Hotel::days(3);
  a.until = s.now + Hotel::days(3);  // records to come: not by this document
  const auto done = s.approve(a);
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(plan_of(*done)->until, done->opened());
}

TEST(Disclosure, AScopeBesideTheApprovalOpensNothing) {
  Subpoena s;
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}));
  ASSERT_TRUE(s.approve());
  desk::ScopeRequest wider =
      s.request({lodge_number}, {RecordItem::subscriber_name, RecordItem::tenant_name});
  wider.matter = s.m;
  ASSERT_TRUE(s.service().grant_scope(wider, s.who("counsel-2")));
  const auto done = s.collect();
  ASSERT_FALSE(done);
  expect_refused(done.error(), "another scope");
}

// The collection that a tampered desk might have made: stored and named by a lawful act.
void substitute(Subpoena& s, const std::function<void(Json&)>& change) {
  Json altered = s.collection();
  change(altered);
  ASSERT_TRUE(s.disclosure.recollect(s.m, "test", s.who("intake-1")));
  const auto file = keep_case_file(s.c(), s.m, "collection", ".json", canonical(altered));
  ASSERT_TRUE(file);
  s.act(s.m, "collect", Json{{"collection", {{"file", file->name}, {"sha256", file->sha256}}}}, "intake-1");
}

TEST(Disclosure, TheSecondPersonFindsWhatIsOutsideOfTheScope) {
  struct Alteration {
    const char* finds;
    std::function<void(Json&)> change;
  };
  const std::vector<Alteration> alterations{
      {"needs the item",
       [](Json& j) { j["answers"][0]["asks"][0]["answer"]["parties"][0]["account"] = "PL-2001"; }},
      {"nobody knows the field",
       [](Json& j) { j["answers"][0]["asks"][0]["answer"]["parties"][0]["ssn"] = "x"; }},
      {"not what the records say",
       [](Json& j) { j["answers"][0]["asks"][0]["answer"]["parties"][0]["names"][0]["value"] = "X"; }},
      {"outside of the period", [](Json& j) { j["calls"][0]["start"] = "2020-01-01T00:00:00.000000Z"; }},
      {"does not concern",
       [](Json& j) { j["calls"][0]["caller"] = j["calls"][0]["caller_extension"] = "8"; }},
      {"not what the records say", [](Json& j) { j["calls"][0]["called"] = "+14045550111"; }},
      {"not permitted", [](Json& j) { j["calls"][0]["account"] = "PL-2001"; }},
      {"items are not the permitted", [](Json& j) { j["items"].push_back("tenant-name"); }},
      {"not written as", [](Json& j) { j.erase("calls"); }},
      {"nobody knows the field", [](Json& j) { j["beside"] = "Doe, James"; }},
      {"nobody knows the field", [](Json& j) { j["answers"][1]["beside"] = "Doe, James"; }},
  };
  Subpoena s;
  s.append({s.call(1, s.now - Hotel::days(7))}, "a");
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160"), Lodge::room("7")},
                   {"subscriber-name", "subscriber-calls", "tenant-calls"}));
  s.collected();
  const Json whole = s.collection();
  for (const Alteration& a : alterations) {
    substitute(s, [&](Json& j) {
      j = whole;
      a.change(j);
    });
    const auto checked = s.check();
    ASSERT_FALSE(checked) << a.finds;
    EXPECT_EQ(checked.error().exit, Exit::refused);
    EXPECT_NE(checked.error().what.find(a.finds), std::string::npos) << to_text(checked.error());
  }
  ASSERT_TRUE(s.disclosure.recollect(s.m, "conflicts", s.who("officer-1")));
  ASSERT_TRUE(s.collect());
  EXPECT_TRUE(s.check());
}

TEST(Disclosure, AFileThatWasAlteredOnTheDiskIsNotDelivered) {
  Subpoena s;
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}));
  s.collected();
  ASSERT_TRUE(s.check());
  const Json named = desk::read_case(s.c(), s.m)->newest("collect")->body["collection"];
  const fs::path file = case_dir(s.c(), s.m) / named.value("file", "");
  ASSERT_TRUE(write_file(file, read_text(file).value() + " "));
  const auto delivered = s.deliver();
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().exit, Exit::integrity);
}

TEST(Disclosure, TwoAtOnceOneIsFirst) {
  Subpoena s;
  s.begin(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}));
  ASSERT_TRUE(s.approve());
  ASSERT_TRUE(s.disclosure.collect(s.m, s.who("intake-2")));
  const auto late = s.collect();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().exit, Exit::refused);
  EXPECT_EQ(desk::read_case(s.c(), s.m)->newest("collect")->user, "intake-2");
}

}  // namespace
}  // namespace writ::cases::testing
