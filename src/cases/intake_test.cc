// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include "cases/test_intake.hh"

namespace writ::cases {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const process::CheckResult* result(const std::vector<process::CheckResult>& all, const std::string& id) {
  for (const auto& r : all)
    if (r.id == id && r.item.empty()) return &r;
  return nullptr;
}

TEST(Intake, FilesADemandWithItsDocumentAndItsChecks) {
  Office o;
  const auto f = o.file(o.subpoena());
  ASSERT_TRUE(f) << to_text(f.error());
  EXPECT_EQ(f->matter, "M-2026-0001");
  EXPECT_EQ(f->state, "received");
  EXPECT_FALSE(result(f->checks, "V1")->passed) << "nobody has called back yet";
  EXPECT_TRUE(deficiencies(f->checks).empty());
  const auto c = o.book().read(f->matter);
  ASSERT_TRUE(c);
  const std::string sha256 = c->acts[0].body["document_sha256"];
  EXPECT_TRUE(fs::exists(o.d->data() / "documents" / sha256));
  EXPECT_EQ(demand_of(*c)->instrument, "EX-SP-0042");
  EXPECT_EQ(c->acts[0].body["policy"], crypto::hex(o.d->carrier().policy().hash));
  EXPECT_EQ(o.d->count("records.lookup"), 0u) << "stage A reads no record";
}

TEST(Intake, TheSameAgainIsOneMatterAndLaterReceiptToo) {
  Office o;
  process::Demand x = o.subpoena();
  const std::string first = o.filed(x);
  x.received = o.d->clock.now();
  EXPECT_EQ(o.filed(x), first);
  EXPECT_EQ(cases_filed(o.d->carrier()), 1u);
  x.instrument = "EX-SP-0043";
  EXPECT_NE(o.filed(x), first);
}

TEST(Intake, EveryKindOpensItsLifeCycle) {
  Office o;
  for (const auto& k : o.d->carrier().policy().kinds) {
    process::Demand x = o.subpoena();
    x.kind = k.id;
    const auto f = o.file(x, k.id);
    if (k.cycle == "interception") {
      ASSERT_FALSE(f) << k.id;
      EXPECT_EQ(f.error().exit, Exit::usage);
    } else if (k.cycle == "national-security") {
      ASSERT_FALSE(f) << k.id;
      EXPECT_EQ(f.error().exit, Exit::usage);
      EXPECT_THAT(f.error().next, HasSubstr("writ national file"));
    } else {
      ASSERT_TRUE(f) << k.id << to_text(f.error());
      EXPECT_EQ(f->cycle, k.cycle) << k.id;
    }
  }
}

TEST(Intake, RefusesWhatIsNoProcess) {
  Office o;
  process::Demand x = o.subpoena();
  x.kind = "royal-warrant";
  EXPECT_THAT(o.file(x).error().next, HasSubstr("court-order"));
  x = o.subpoena();
  x.received = o.d->clock.now() + 1h;
  EXPECT_THAT(o.file(x).error().what, HasSubstr("not yet"));
  const fs::path text = o.d->dir.path() / "page.txt";
  ASSERT_TRUE(write_file(text, "no scan"));
  const std::string toml = process::to_toml(o.subpoena());
  EXPECT_EQ(o.intake().file(view_of(toml), "d.toml", text, o.who("intake-1")).error().exit, Exit::usage);
  const auto counsel = o.file(o.subpoena(), "one", "counsel-1");
  ASSERT_FALSE(counsel);
  EXPECT_EQ(counsel.error().exit, Exit::refused) << "counsel does not enter requests";
  EXPECT_EQ(cases_filed(o.d->carrier()), 0u);
}

TEST(Intake, AnOrderFileGoesToTheOrders) {
  Office o;
  const std::string order = OrderText{}.text();
  const auto f = o.intake().file(view_of(order), "order.toml", o.scan(), o.who("intake-1"));
  ASSERT_TRUE(f) << to_text(f.error());
  ASSERT_TRUE(f->order);
  EXPECT_EQ(f->order->state, process::State::validated);
  EXPECT_EQ(o.intake().file(view_of(order), "order.toml", o.scan("two"), o.who("counsel-1")).error().exit,
            Exit::refused);
}

TEST(Intake, SaysWhatADocumentRepeats) {
  Office o;
  const std::string first = o.filed(o.subpoena());
  process::Demand x = o.subpoena();
  x.items = {"subscriber-name"};
  const auto again = o.file(x, "two");  // the instrument, another page
  ASSERT_TRUE(again);
  EXPECT_THAT(result(again->checks, "V38")->fact, HasSubstr("EX-SP-0042 with other content as " + first));
  x.instrument = "EX-SP-0077";
  const auto page = o.file(x, "one");  // the page, another instrument
  ASSERT_TRUE(page);
  EXPECT_THAT(result(page->checks, "V38")->fact, HasSubstr("the same document as " + first));
  x.requester.email = "officer@agencies.examp1e";
  const auto domain = o.file(x, "three");
  ASSERT_TRUE(domain);
  EXPECT_THAT(result(domain->checks, "V38")->fact, HasSubstr("agencies.example"));
  x.instrument = "100%_!\"";
  EXPECT_THAT(result(o.file(x, "four")->checks, "V38")->fact, ::testing::Not(HasSubstr("M-2026")));
  EXPECT_THAT(result(o.file(x, "five")->checks, "V38")->fact, HasSubstr("with other content"));
}

TEST(Intake, ValidatesAfterTheCallBackAndNotesTheLookUpFirst) {
  Office o;
  const std::string m = o.filed(o.subpoena());
  EXPECT_EQ(o.intake().validate(m, o.who("intake-1")).error().exit, Exit::refused) << "not verified";
  EXPECT_EQ(o.d->count("records.lookup"), 0u);
  o.verify(m);
  EXPECT_EQ(o.intake().validate(m, o.who("technician-1")).error().exit, Exit::refused);
  EXPECT_EQ(o.d->count("records.lookup"), 0u) << "who may not validate looks nothing up";
  const auto v = o.intake().validate(m, o.who("intake-1"));
  ASSERT_TRUE(v) << to_text(v.error());
  EXPECT_EQ(v->state, "validated");
  EXPECT_TRUE(result(v->checks, "V1")->passed);
  EXPECT_TRUE(result(v->checks, "V4")->passed);
  EXPECT_EQ(o.d->count("records.lookup"), 1u);
  const auto again = o.intake().validate(m, o.who("intake-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(process::to_json(again->checks), process::to_json(v->checks));
  EXPECT_EQ(o.d->count("records.lookup"), 1u);
}

TEST(Intake, WhatFailsIsNamedWithItsCure) {
  Office o;
  process::Demand x = o.subpoena();
  x.subjects = {{"number", "(404) 555-0198", "", "", {}}};
  const std::string m = o.filed(x);
  o.verify(m);
  const auto v = o.intake().validate(m, o.who("intake-1"));
  ASSERT_FALSE(v);
  EXPECT_THAT(v.error().what, HasSubstr("V4"));
  EXPECT_THAT(v.error().missing, HasSubstr("number administrator"));
  EXPECT_EQ(o.book().read(m)->state, "identity-verified");
}

TEST(Intake, ARefusedItemDoesNotStopTheRest) {
  Office o;
  process::Demand x = o.subpoena();
  x.items = {"subscriber-name", "subscriber-ssn"};
  const std::string m = o.filed(x);
  o.verify(m);
  const auto v = o.intake().validate(m, o.who("intake-1"));
  ASSERT_TRUE(v) << to_text(v.error());
  EXPECT_EQ(process::items_left(x, v->checks), std::vector<std::string>{"subscriber-name"});
}

TEST(Intake, GoesBackWithALetterAndComesBackBetter) {
  Office o;
  process::Demand x = o.subpoena();
  x.is_signed = false;
  const std::string m = o.filed(x);
  const auto back = o.intake().returned(m, "", o.who("intake-1"));
  ASSERT_TRUE(back) << to_text(back.error());
  EXPECT_EQ(back->state, "returned");
  const Json& body = back->acts.back().body;
  EXPECT_THAT(body["reason"].get<std::string>(), HasSubstr("V2"));
  const fs::path dir = o.d->data() / "case-files" / m;
  const auto pdf = read_file(dir / body["letter"]["pdf"].get<std::string>());
  ASSERT_TRUE(pdf);
  EXPECT_EQ(crypto::hex(crypto::sha256(*pdf)), body["letter"]["pdf_sha256"].get<std::string>());
  const auto text = read_text(dir / body["letter"]["text"].get<std::string>());
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("the document is not signed"));
  EXPECT_THAT(*text, ::testing::Not(HasSubstr("V1\n"))) << "the carrier's own call-back is no deficiency";
  EXPECT_EQ(o.intake().returned(m, "", o.who("intake-1"))->acts.size(), back->acts.size());

  const std::string better = process::to_toml(o.subpoena());
  const auto c = o.intake().correct(m, view_of(better), "d.toml", o.scan("signed"), o.who("intake-1"));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->state, "received");
  EXPECT_TRUE(deficiencies(c->checks).empty());
  EXPECT_TRUE(result(c->checks, "V38")->passed) << result(c->checks, "V38")->fact;
  EXPECT_EQ(o.intake().correct(m, view_of(better), "d.toml", o.scan("signed"), o.who("intake-1"))->state,
            "received");
  EXPECT_EQ(o.intake().validate(m, o.who("intake-1")).error().exit, Exit::refused)
      << "a corrected document is verified anew";
}

TEST(Intake, ACorrectedDocumentIsOfTheSameKind) {
  Office o;
  process::Demand x = o.subpoena();
  x.is_signed = false;
  const std::string m = o.filed(x);
  ASSERT_TRUE(o.intake().returned(m, "", o.who("intake-1")));
  x = o.subpoena();
  x.kind = "search-warrant";
  const std::string other = process::to_toml(x);
  const auto c = o.intake().correct(m, view_of(other), "d.toml", o.scan("two"), o.who("intake-1"));
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().exit, Exit::refused);
}

TEST(Intake, NothingGoesBackWithoutAReason) {
  Office o;
  const std::string m = o.filed(o.subpoena());
  EXPECT_EQ(o.intake().returned(m, "", o.who("intake-1")).error().exit, Exit::refused);
  const auto r = o.intake().rejected(m, "the clerk of the court does not know it", o.who("counsel-1"));
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->state, "rejected");
  const auto text = read_text(o.d->data() / "case-files" / m / r->acts.back().body["letter"]["text"]);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("Notice of rejection"));
}

// The letter of a name that nearly matches and of one that does not match at all, and of one that does.
TEST(Intake, TheLetterTellsNothingOfTheRecords) {
  const auto letter = [](const char* number) {
    Office o;
    process::Demand x = o.subpoena();
    x.subjects = {{"number", number, "", "", {}},
                  {"street-address", "", "", "", {"12", "Pier Street", "Harborview", "GA", "30001"}}};
    x.records_from = x.records_until = {};
    const std::string m = o.filed(x);
    o.verify(m);
    const auto back = o.intake().returned(m, "as counsel says", o.who("intake-1"));
    EXPECT_TRUE(back) << to_text(back.error());
    return *read_text(o.d->data() / "case-files" / m / back->acts.back().body["letter"]["text"]);
  };
  const std::string unknown = letter("(404) 555-0198");
  for (const char* told : {"never served", "0198", "no record", "More than one"})
    EXPECT_THAT(unknown, ::testing::Not(HasSubstr(told)));
  EXPECT_THAT(unknown, HasSubstr("does not say, and nothing in it means"));
}

TEST(Intake, ActsThatAreAPersonsWord) {
  Office o;
  const std::string m = o.filed(o.subpoena());
  o.verify(m);
  ASSERT_TRUE(o.intake().validate(m, o.who("intake-1")));
  EXPECT_EQ(o.intake().act(m, "challenge", "", {}, o.who("counsel-1")).error().exit, Exit::refused)
      << "the motion is not stated";
  EXPECT_EQ(o.intake().act(m, "challenge", "x", {}, o.who("intake-1")).error().exit, Exit::refused);
  const auto c = o.intake().act(m, "challenge", "motion to quash", o.scan("motion"), o.who("counsel-1"));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->state, "challenged");
  EXPECT_TRUE(fs::exists(o.d->data() / "documents" / c->acts.back().body["document_sha256"]));
  const auto r = o.intake().act(m, "resume", "denied", {}, o.who("counsel-1"));
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->acts.back().body["ruling"], "denied");
  const auto w = o.intake().act(m, "withdraw", "the case is closed", {}, o.who("intake-1"));
  ASSERT_TRUE(w) << to_text(w.error());
  EXPECT_EQ(w->state, "withdrawn");
}

TEST(Intake, ADryRunLeavesNothing) {
  Office o;
  process::Demand x = o.subpoena();
  x.subjects = {{"tenant-name", "Canary, Yellow", "", "", {}}};
  o.filed(o.subpoena());
  const std::string toml = process::to_toml(x);
  const auto r = o.intake().dry_run(view_of(toml), "d.toml", "portal");
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_FALSE(r->value("acceptable", true));
  EXPECT_EQ(cases_filed(o.d->carrier()), 1u);
  EXPECT_EQ(o.d->count("intake.dry-run"), 1u);
  EXPECT_EQ(o.d->count("records.lookup"), 0u);
  for (const Json& e : o.d->log()) EXPECT_EQ(canonical(e).find("Canary"), std::string::npos);
  for (const Json& e : (*r)["checks"])
    EXPECT_NE(e["id"], "V38") << "other matters are not the sender's to learn";
  const std::string fine = process::to_toml(o.subpoena());
  EXPECT_TRUE(o.intake().dry_run(view_of(fine), "d.toml", "portal")->value("acceptable", false));
}

// An extension of a preservation is compared with the dates of that preservation.
TEST(Intake, AnExtensionKnowsWhatItExtends) {
  Office o;
  process::Demand p = o.subpoena();
  p.kind = "preservation";
  const std::string m = o.filed(p, "letter");
  o.d->clock.advance(24h * 89);
  process::Demand e = o.subpoena();
  e.kind = "extension";
  e.of_matter = m;
  e.records_until = {};
  EXPECT_TRUE(result(o.file(e, "in time")->checks, "V21")->passed);
  o.d->clock.advance(24h * 2);
  e.instrument = "EX-SP-0099";
  e.received = o.d->clock.now();
  EXPECT_FALSE(result(o.file(e, "late")->checks, "V21")->passed);
}

}  // namespace
}  // namespace writ::cases
