// SPDX-License-Identifier: GPL-3.0-or-later
// The whole life of a continuing delivery: windows, late records, the end, the second person, kills and
// repetitions, several people at once. What it stands on: recurring_authority_test.cc.
#include "cases/case_files.hh"
#include "cases/scheduler.hh"
#include "cases/test_recurring.hh"

namespace writ::cases::testing {
namespace {

TEST(Recurring, FromTheOrderToTheReceiptEachStepKilledOnce) {
  Continuing s;
  s.court_order({Lodge::room("7")});
  s.ordered(s.weekly({Lodge::room("7")}));
  s.twice([&] { return s.recurring.approve(s.m, Continuing::basis(), s.who("counsel-1")); });
  s.append({s.call(1, s.now - 1h), s.call(2, s.now + 1h), s.call(3, s.now + Hotel::days(6)),
            s.call(4, s.now + Hotel::days(7))},
           "a");
  s.d->clock.set(s.now + Hotel::days(7));
  s.twice([&] { return s.recheck(); });
  s.twice([&] { return s.extract(); });
  EXPECT_EQ(s.starts("collection"), (Starts{s.at(s.now + 1h), s.at(s.now + Hotel::days(6))}))
      << "half open: neither what began before, nor what begins with the next window";
  s.twice([&] { return s.check(); });
  const Case delivered = s.twice([&] { return s.deliver(); });
  EXPECT_EQ(delivered.state, "delivered");
  s.twice([&] { return s.acknowledge(); });
  EXPECT_EQ(s.of().state, "scheduled");
  EXPECT_EQ(s.of().newest("acknowledge")->body["deliveries"], Json::array({1}));
  // What left: every file is what the signed manifest says; calls, and nothing of the subscriber.
  const Json manifest = parse_canonical(read_file(s.files(1) / "manifest.json").value(), "manifest").value();
  Starts names;
  for (const Json& f : manifest["files"]) {
    names.push_back(f["path"]);
    EXPECT_EQ(crypto::hex(crypto::sha256_file((s.files(1) / names.back()).string()).value()),
              f.value("sha256", ""));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Starts{"authority/certs.json", "authority/roots.json", "calls.csv", "collection.json",
                           "letter.pdf"}));
  EXPECT_EQ(manifest["acts"].size(), 4u);
  const std::string letter = words_of_pdf(s.files(1) / "letter.pdf");
  for (const char* said : {"Delivery 1: calls that began", "the end not included", "902(11)"})
    EXPECT_NE(letter.find(said), std::string::npos) << said << "\n" << letter;
  EXPECT_EQ(letter.find("late-calls"), std::string::npos) << letter;
  EXPECT_EQ(std::system(("qpdf --check '" + (s.files(1) / "letter.pdf").string() + "' >/dev/null").c_str()),
            0);
  const std::string csv = read_text(s.files(1) / "calls.csv").value();
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_EQ(read_text(s.files(1) / "collection.json").value().find("Pier"), std::string::npos);
}

TEST(Recurring, LateRecordsComeWithTheNextDeliveryNamedAndOnce) {
  Continuing s;
  s.running();
  s.append({s.call(1, s.now + 1h)}, "a");
  s.d->clock.set(s.now + Hotel::days(7));
  s.rounds(1);
  s.append({s.call(2, s.now + 2h), s.call(3, s.now + Hotel::days(8))}, "b");
  s.d->clock.set(s.now + Hotel::days(14));
  s.rounds(1);
  EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + Hotel::days(8))});
  EXPECT_EQ(s.starts("late"), Starts{s.at(s.now + 2h)});
  EXPECT_TRUE(fs::exists(s.files(2) / "late-calls.csv"));
  const std::string letter = words_of_pdf(s.files(2) / "letter.pdf");
  EXPECT_NE(letter.find("1 call record of earlier windows"), std::string::npos) << letter;
  s.d->clock.set(s.now + Hotel::days(21));
  s.rounds(1);
  EXPECT_TRUE(s.starts("late").empty()) << "delivered once";
  EXPECT_FALSE(fs::exists(s.files(3) / "late-calls.csv"));
}

TEST(Recurring, MissedWindowsAreSaidAndMadeUpOneByOne) {
  Continuing s;
  s.running();
  s.append({s.call(1, s.now + 1h), s.call(2, s.now + Hotel::days(8))}, "a");
  s.d->clock.set(s.now + Hotel::days(16));
  Json shown = s.recurring.show(s.m).value();
  ASSERT_EQ(shown["open"].size(), 2u) << shown.dump(1);
  EXPECT_TRUE(shown["open"][0]["missed"].get<bool>());
  EXPECT_FALSE(shown["open"][1]["missed"].get<bool>());
  s.rounds(1);
  EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + 1h)}) << "exactly its window, the oldest first";
  EXPECT_NE(words_of_pdf(s.files(1) / "letter.pdf").find("it is made up here"), std::string::npos);
  s.rounds(1);
  EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + Hotel::days(8))});
  expect_exit(s.recheck(), Exit::refused, "the third runs", "runs until");
  shown = s.recurring.show(s.m).value();
  EXPECT_TRUE(shown["open"].empty());
  EXPECT_EQ(shown["delivered"].size(), 2u);
  EXPECT_EQ(shown["next"], rfc3339_seconds(s.now + Hotel::days(21)));
}

TEST(Recurring, AFurtherDeliveryIsAskedForOnceAndCounted) {
  Continuing s;
  s.running();
  s.append({s.call(1, s.now + 1h)}, "a");
  s.d->clock.set(s.now + Hotel::days(2));
  expect_exit(s.recheck(), Exit::refused, "not due", "writ recurring extra");
  ASSERT_TRUE(s.extra());
  ASSERT_TRUE(s.extra()) << "the same command again";
  EXPECT_EQ(s.d->count("recurring.order-extra.done"), 1u);
  expect_exit(s.recurring.order_extra(s.m, "and another", s.who("officer-1")), Exit::refused, "one is open");
  s.rounds(1);
  EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + 1h)});
  expect_exit(s.recheck(), Exit::refused, "only one was asked for");
  s.append({s.call(2, s.now + Hotel::days(3))}, "b");
  s.d->clock.set(s.now + Hotel::days(7));
  s.rounds(1);
  EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + Hotel::days(3))});
  const Json shown = s.recurring.show(s.m).value();
  EXPECT_EQ(shown["weeks"], 1);
  EXPECT_EQ(shown["extras"], 1);
}

// Whether the clock's own act comes or not, whoever tries what: nothing that began at or after the end.
TEST(Recurring, TheEndCutsTheLastWindowAndStopsEverythingAfterIt) {
  for (const bool scheduler : {false, true}) {
    Continuing s;
    s.end = s.now + Hotel::days(10);
    s.running();
    s.append(
        {s.call(1, s.now + Hotel::days(9)), s.call(2, s.end - 1ms), s.call(3, s.end), s.call(4, s.end + 1h)},
        "a");
    s.d->clock.set(s.now + Hotel::days(7));
    s.rounds(1);
    expect_exit(s.recheck(), Exit::refused, "the last one runs", "runs until");
    s.d->clock.set(s.end + Hotel::days(2));
    if (scheduler) {
      ASSERT_TRUE(Scheduler{s.c()}.run_once());
      EXPECT_EQ(s.of().state, "ended");
      expect_exit(s.extra(), Exit::refused, "no further delivery after the end");
    }
    s.rounds(1);
    EXPECT_EQ(s.starts("collection"), (Starts{s.at(s.now + Hotel::days(9)), s.at(s.end - 1ms)}));
    EXPECT_NE(words_of_pdf(s.files(2) / "letter.pdf").find("this is the last window"), std::string::npos);
    // The scope itself ends there: by no command is more to be had.
    const auto beyond = s.service().calls({s.m, {"extension", "7", lodge}, s.end, s.end + 1h, 0, "", {}},
                                          s.who("intake-1"), [](const desk::CallRow&) { return Status{}; });
    expect_exit(beyond, Exit::refused, "beyond the end");
    if (scheduler) {
      ASSERT_TRUE(Scheduler{s.c()}.run_once());
      EXPECT_EQ(s.of().state, "ended") << "brought back by the receipt, ended again";
    }
    ASSERT_TRUE(s.recheck());
    expect_exit(s.extract(), Exit::refused, "nothing is left", "nothing came in since");
    s.append({s.call(5, s.now + 1h)}, "b");
    ASSERT_TRUE(s.extract());
    EXPECT_EQ(s.starts("late"), Starts{s.at(s.now + 1h)});
    ASSERT_TRUE(s.check());
    ASSERT_TRUE(s.deliver());
    ASSERT_TRUE(s.acknowledge());
    EXPECT_EQ(s.recurring.show(s.m).value()["weeks"], 2) << "late records are not another week";
  }
}

// The clock's act in the middle of a round: the round begins anew, nothing is lost or delivered twice.
TEST(Recurring, EndedBetweenAnyTwoStepsTheLastWindowIsStillDeliveredOnce) {
  for (int steps = 0; steps <= 4; ++steps) {
    Continuing s;
    s.end = s.now + Hotel::days(7);
    s.running();
    s.append({s.call(1, s.now + 1h)}, "a");
    s.d->clock.set(s.end);
    s.first_steps(steps);
    ASSERT_TRUE(Scheduler{s.c()}.run_once());
    ASSERT_EQ(s.of().state, "ended") << steps;
    if (steps > 3) {
      ASSERT_TRUE(s.acknowledge()) << "the receipt of what was delivered before";
    } else {
      expect_exit(s.extract(), Exit::refused, "only by a new round");
      s.rounds(1);
    }
    EXPECT_EQ(s.starts("collection"), Starts{s.at(s.now + 1h)});
    EXPECT_EQ(s.recurring.show(s.m).value()["deliveries"], 1);
  }
}

TEST(Recurring, NobodyDoesWhatNeedsTwoPeopleOrAnotherRole) {
  Continuing s;
  s.court_order({Lodge::room("7")});
  s.ordered(s.weekly({Lodge::room("7")}));
  for (const char* user : {"intake-1", "officer-1", "technician-1", "finance-1", "admin-1", "auditor-1"})
    expect_exit(s.recurring.approve(s.m, Continuing::basis(), s.who(user)), Exit::refused, user);
  expect_exit(s.recheck(), Exit::refused, "nothing is approved");
  ASSERT_TRUE(s.recurring.approve(s.m, Continuing::basis(), s.who("counsel-1")));
  s.d->clock.set(s.now + Hotel::days(7));
  for (const char* user : {"counsel-1", "technician-1", "finance-1", "admin-1", "auditor-1", "custodian-1"})
    expect_exit(s.recheck(user), Exit::refused, user);
  ASSERT_TRUE(s.recheck());
  expect_exit(s.check(), Exit::refused, "nothing is extracted");
  expect_exit(s.extract("counsel-1"), Exit::refused, "counsel does not extract");
  ASSERT_TRUE(s.extract());
  expect_exit(s.check("intake-1"), Exit::refused, "who extracted does not check");
  expect_exit(s.deliver(), Exit::refused, "nothing leaves unchecked");
  ASSERT_TRUE(s.check("intake-2"));
  expect_exit(s.deliver("counsel-1"), Exit::refused, "counsel does not deliver");
  EXPECT_FALSE(fs::exists(s.d->out() / s.m));
  expect_exit(s.acknowledge(), Exit::refused, "nothing is delivered");
}

TEST(Recurring, TwoAtOnceOneIsFirst) {
  Continuing s;
  s.running();
  s.d->clock.set(s.now + Hotel::days(7));
  ASSERT_TRUE(s.recheck());
  ASSERT_TRUE(s.extract("intake-2"));
  expect_exit(s.extract("intake-1"), Exit::refused, "somebody was faster");
  EXPECT_EQ(s.of().newest("extract")->user, "intake-2");
  // A round that is begun anew takes what the other has checked with it.
  ASSERT_TRUE(s.check("intake-1"));
  ASSERT_TRUE(s.recheck("officer-1"));
  expect_exit(s.deliver("intake-2"), Exit::refused, "the round began anew");
  s.rounds(1);
  EXPECT_EQ(s.recurring.show(s.m).value()["deliveries"], 1);
}

// The extraction that a tampered desk might have made: stored and named by a lawful act.
void substitute_extraction(Continuing& s, const Json& altered) {
  ASSERT_TRUE(s.recheck("officer-2"));
  const auto body = keep_delivery(s.c(), s.m, altered);
  ASSERT_TRUE(body);
  s.act(s.m, "extract", *body, "intake-1");
}

TEST(Recurring, TheSecondPersonFindsWhatIsNotThisDelivery) {
  Continuing s;
  s.running();
  s.append({s.call(1, s.now + 1h)}, "a");
  s.d->clock.set(s.now + Hotel::days(7));
  s.rounds(1);
  const Json first = s.kept()["collection"]["calls"][0];
  s.append({s.call(2, s.now + 2h), s.call(3, s.now + Hotel::days(8)), s.call(4, s.now + Hotel::days(15))},
           "b");
  s.d->clock.set(s.now + Hotel::days(16));
  ASSERT_TRUE(s.recheck());
  ASSERT_TRUE(s.extract());
  const Json whole = s.kept();
  struct Alteration {
    const char* finds;
    std::function<void(Json&)> change;
  };
  const std::vector<Alteration> alterations{
      {"was delivered before", [&](Json& j) { j["late"]["calls"].push_back(first); }},
      {"outside of the period",
       [&](Json& j) { j["collection"]["calls"][0]["start"] = s.at(s.now + Hotel::days(15)); }},
      {"outside of the period", [](Json& j) { j["collection"]["calls"].push_back(j["late"]["calls"][0]); }},
      {"not what the records say", [](Json& j) { j["collection"]["calls"][0]["called"] = "+14045550111"; }},
      {"not what the records say", [](Json& j) { j["late"]["calls"][0]["duration_ms"] = 1; }},
      {"is not permitted", [](Json& j) { j["late"]["calls"][0]["account"] = lodge; }},
      {"does not concern",
       [](Json& j) { j["late"]["calls"][0]["caller"] = j["late"]["calls"][0]["caller_extension"] = "8"; }},
      {"not the one of the recheck", [](Json& j) { j["window"]["until"] = "2027-01-01T00:00:00.000000Z"; }},
      {"not the one of the recheck", [](Json& j) { j["direction"] = "outgoing"; }},
      {"a part of it is missing", [](Json& j) { j["late"] = Json(); }},
      {"not a delivery of this matter", [](Json& j) { j["beside"] = "Doe, James"; }},
  };
  for (const Alteration& a : alterations) {
    Json altered = whole;
    a.change(altered);
    substitute_extraction(s, altered);
    expect_exit(s.check(), Exit::refused, a.finds, a.finds);
  }
  s.rounds(1);
  EXPECT_EQ(s.kept(), whole) << "the window of the recheck, whoever made it";
}

TEST(Recurring, WhatWasAlteredOnTheDiskIsNotDeliveredAndIsMadeAgain) {
  Continuing s;
  s.running();
  s.d->clock.set(s.now + Hotel::days(7));
  ASSERT_TRUE(s.recheck());
  ASSERT_TRUE(s.extract());
  ASSERT_TRUE(s.check());
  const fs::path file = case_dir(s.c(), s.m) / s.of().newest("extract")->body["collection"].value("file", "");
  ASSERT_TRUE(write_file(file, read_text(file).value() + " "));
  const auto delivered = s.deliver();
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().exit, Exit::integrity);
  EXPECT_FALSE(fs::exists(s.files(1) / "letter.pdf"));
  fs::remove(file);
  ASSERT_TRUE(s.recheck("officer-1"));
  ASSERT_TRUE(s.extract("officer-1"));
  ASSERT_TRUE(s.check("intake-1"));
  EXPECT_TRUE(s.deliver());
}

TEST(Recurring, StopWinsAndSaysWhatWasNotDelivered) {
  Continuing s;
  s.running();
  s.d->clock.set(s.now + Hotel::days(7));
  s.rounds(1);
  s.d->clock.set(s.now + Hotel::days(14));
  ASSERT_TRUE(s.recheck());
  ASSERT_TRUE(s.extract());
  ASSERT_TRUE(s.check());
  ASSERT_TRUE(s.stop());
  ASSERT_TRUE(s.stop()) << "the same command again";
  const Json left = s.of().newest("stop")->body["undelivered"];
  EXPECT_EQ(left["from"], rfc3339(s.now + Hotel::days(7)));
  EXPECT_EQ(left["until"], rfc3339(s.now + Hotel::days(14)));
  expect_exit(s.deliver(), Exit::refused, "stopped");
  expect_exit(s.recheck(), Exit::refused, "stopped");
  EXPECT_FALSE(fs::exists(s.files(2)));
}

// The agency has not said that it has the last one: the next is delivered all the same.
TEST(Recurring, AReceiptThatNobodyGivesHoldsNothingUp) {
  Continuing s;
  s.running();
  s.d->clock.set(s.now + Hotel::days(14));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(s.recheck());
    ASSERT_TRUE(s.extract());
    ASSERT_TRUE(s.check());
    ASSERT_TRUE(s.deliver());
    ASSERT_TRUE(s.deliver()) << "its files once more";
  }
  EXPECT_EQ(s.recurring.list().value()["recurring"][0]["unacknowledged"], Json::array({1, 2}));
  ASSERT_TRUE(s.acknowledge());
  EXPECT_EQ(s.of().newest("acknowledge")->body["deliveries"], Json::array({1, 2}));
  EXPECT_TRUE(s.recurring.list().value()["recurring"][0]["unacknowledged"].empty());
}

TEST(Recurring, TheListNamesNoTarget) {
  Continuing s;
  s.running();
  const std::string seen = canonical(s.recurring.list().value());
  EXPECT_EQ(seen.find(lodge), std::string::npos) << seen;
  EXPECT_NE(seen.find(s.order), std::string::npos) << seen;
  s.d->sql("UPDATE case_acts SET body=replace(body, 'EX-cdr', 'EX-cdx') WHERE seq=1 AND matter='" + s.m +
           "'");
  const Json broken = s.recurring.list().value();
  EXPECT_TRUE(broken["recurring"][0].contains("trouble")) << broken.dump(1);
}

}  // namespace
}  // namespace writ::cases::testing
