// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/preservation.hh"

#include <random>

#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/snapshot.hh"
#include "cases/test_lodge.hh"
#include "desk/record_freeze.hh"
#include "desk/retention_service.hh"
#include "vault/matter_keys.hh"

namespace writ::cases::testing {
namespace {

struct Preserving : Lodge {
  Preservation preservation{c()};
  std::string m;
  Demand letter(std::vector<DemandSubject> subjects) const {
    return demand("preservation", std::move(subjects), {});
  }
  void begin(const Demand& x) { m = open(Cycle::preservation, x).matter; }
  Result<Case> snapshot() { return preservation.take_snapshot(m, who("intake-1")); }
  Result<Case> confirm() { return preservation.confirm(m, who("intake-1")); }
  Result<Case> purge() { return preservation.purge(m, who("officer-1")); }
  void active(const Demand& x) {
    begin(x);
    const auto taken = snapshot();
    ASSERT_TRUE(taken) << to_text(taken.error());
    ASSERT_TRUE(confirm());
  }
  std::vector<fs::path> sealed() const {
    std::vector<fs::path> out;
    for (const auto& e : fs::directory_iterator(d->data() / "case-files" / m))
      if (e.path().filename().string().starts_with("snapshot")) out.push_back(e.path());
    return out;
  }
  std::size_t rows(Instant from, Instant until) {
    records::CdrQuery q;
    q.by = records::CdrQuery::By::account;
    q.account = lodge;
    q.from = from;
    q.until = until;
    q.limit = 10'000;
    return store->cdrs().find(q)->rows.size();
  }
};

TEST(Preservation, WholeLifeEachStepKilledOnce) {
  Preserving s;
  s.append({s.call(1, s.now - Hotel::days(7)), s.call(2, s.now - Hotel::days(3))}, "a");
  s.begin(s.letter({Lodge::number("+14045550160"), Lodge::tenant("Doe, James")}));
  s.twice([&] { return s.snapshot(); });
  const Case active = s.twice([&] { return s.confirm(); });
  EXPECT_EQ(active.state, "active");
  const auto dates = preservation_dates(s.c().policy(), active);
  ASSERT_TRUE(dates) << to_text(dates.error());
  EXPECT_EQ(std::chrono::round<std::chrono::days>(dates->end - dates->received).count(), 90);
  ASSERT_EQ(dates->alerts.size(), 2u);
  EXPECT_EQ(dates->end - dates->alerts[0], Hotel::days(14));
  EXPECT_EQ(dates->end - dates->alerts[1], Hotel::days(3));

  s.d->clock.set(dates->end - 1s);
  EXPECT_FALSE(s.preservation.expire(s.m)) << "not before its end";
  s.d->clock.set(dates->end);
  EXPECT_FALSE(s.preservation.propose_purge(s.m, s.who("intake-1")));
  const auto expired = s.preservation.expire(s.m);
  ASSERT_TRUE(expired) << to_text(expired.error());
  ASSERT_TRUE(s.preservation.propose_purge(s.m, s.who("officer-1")));
  const auto own = s.purge();
  ASSERT_FALSE(own) << "who proposed it does not purge";
  EXPECT_FALSE(s.sealed().empty());
  const Case purged = s.twice([&] { return s.preservation.purge(s.m, s.who("counsel-1")); });
  EXPECT_EQ(purged.state, "purged");
  EXPECT_TRUE(s.sealed().empty());
  EXPECT_FALSE(vault::matter_key_public(s.d->data() / "vault", s.m, "snapshot"));
  const Json named = purged.acts.back().body["certificate"];
  const auto text = read_case_file(s.c(), s.m, named["file"], named["sha256"]);
  ASSERT_TRUE(text) << to_text(text.error());
  Json certificate = parse_canonical(view_of(*text), "certificate").value();
  EXPECT_TRUE(verify_certificate(s.c(), certificate));
  certificate["body"]["why"] = "none";
  EXPECT_FALSE(verify_certificate(s.c(), certificate));
  const std::string paper = text_of_pdf(case_dir(s.c(), s.m) /
                                        fs::path(named["file"].get<std::string>()).replace_extension(".pdf"));
  EXPECT_NE(paper.find("Certificate of Destruction"), std::string::npos) << paper;
  EXPECT_EQ(s.rows(s.now - Hotel::days(30), s.now), 2u)
      << "what is kept in the ordinary course is where it was";
}

TEST(Preservation, TheGateOfTheSnapshotOpensInsideItsActAlone) {
  Preserving s;
  const fs::path file = s.d->dir.path() / "taken.sealed";
  const crypto::BoxKey key;
  const auto freeze = [&](const std::string& m, const std::string& act, const std::string& by) {
    return desk::freeze_records(s.c(),
                                {m, act, {Lodge::number("+14045550160")}, {s.now - Hotel::days(9), s.now}},
                                file, key.public_key(), s.who(by));
  };
  const std::string request =
      s.validated(s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")}, {"subscriber-name"}))
          .matter;
  EXPECT_FALSE(freeze(request, "take-snapshot", "intake-1")) << "another kind of case";
  EXPECT_FALSE(freeze(request, "collect", "intake-1"));
  EXPECT_FALSE(freeze("M-2026-0099", "take-snapshot", "intake-1"));
  s.begin(s.letter({Lodge::number("+14045550160")}));
  EXPECT_FALSE(freeze(s.m, "take-snapshot", "counsel-1"));
  EXPECT_FALSE(freeze(s.m, "take-snapshot", "admin-1"));
  EXPECT_FALSE(freeze(s.m, "confirm", "intake-1"));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(s.d->count("records.read"), 0u);
  ASSERT_TRUE(s.snapshot());
  EXPECT_FALSE(freeze(s.m, "take-snapshot", "intake-1")) << "once";
}

TEST(Preservation, OneExtensionAndOnlyInTime) {
  Preserving s;
  s.active(s.letter({Lodge::number("+14045550160")}));
  const Instant end = preservation_dates(s.c().policy(), desk::read_case(s.c(), s.m).value())->end;
  s.d->clock.set(end - 1s);
  const auto extended = s.preservation.extend(s.m, "letter EX-2 of the agency", s.who("intake-1"));
  ASSERT_TRUE(extended) << to_text(extended.error());
  const Instant second = preservation_dates(s.c().policy(), *extended)->end;
  EXPECT_EQ(std::chrono::round<std::chrono::days>(second - end).count(), 90);
  EXPECT_FALSE(s.preservation.extend(s.m, "letter EX-3", s.who("intake-1"))) << "a second one";
  s.d->clock.set(second);
  ASSERT_TRUE(s.preservation.expire(s.m));

  Preserving late;
  late.active(late.letter({Lodge::number("+14045550160")}));
  late.d->clock.set(end);  // nobody ran the clock yet
  const auto refused = late.preservation.extend(late.m, "letter EX-2", late.who("intake-1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::expired);
  EXPECT_NE(refused.error().rule.find("V21"), std::string::npos);
}

TEST(Preservation, RecordsToComeAreNotPreserved) {
  Preserving s;
  Demand x = s.letter({Lodge::number("+14045550160")});
  x.records_from = s.now + Hotel::days(1);
  x.records_until = s.now + Hotel::days(9);
  s.begin(x);
  const auto refused = s.snapshot();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().rule.find("V20"), std::string::npos);
  EXPECT_EQ(s.d->count("records.read"), 0u);
}

TEST(Preservation, NobodySeesWhatIsPreservedAndTheAnswerIsTheSameWhateverExists) {
  std::map<bool, std::string> letters;
  for (const bool exists : {true, false}) {
    Preserving s;
    if (exists) s.append({s.call(1, s.now - Hotel::days(7))}, "a");
    // The same document; once the hotel knows the guest, once the guest never stayed there.
    if (!exists)
      s.put(records::FactKind::stay, "R-1",
            {{"room", "7"}, {"name", "Doe, James"}, {"kind", "guest"}, {"sharer", false}},
            s.now - Hotel::days(10), s.now - Hotel::days(10));
    s.active(s.letter({Lodge::tenant("Doe, James")}));
    const Case c = desk::read_case(s.c(), s.m).value();
    letters[exists] = read_case_file(s.c(), s.m, c.acts.back().body["letter"]["file"],
                                     c.acts.back().body["letter"]["sha256"])
                          .value();
    const std::string acts = canonical(Json{{"taken", c.newest("take-snapshot")->body}});
    ASSERT_EQ(s.sealed().size(), 1u);
    const std::string file = read_text(s.sealed()[0]).value();
    // Whole, as they are written: three characters of each stand in ciphers and digests by chance.
    for (const char* canary : {"Pier Lodge", "Doe, James", "+14045550160", "\"R-1\""}) {
      EXPECT_EQ(file.find(canary), std::string::npos) << canary;
      EXPECT_EQ(acts.find(canary), std::string::npos) << canary << acts;
    }
    EXPECT_GE(s.d->count("records.frozen"), 1u);
  }
  EXPECT_EQ(letters[true], letters[false]) << "the agency learns nothing";
}

TEST(Preservation, LaterProcessIsServedFromTheSnapshotAndNoMoreThanItsScope) {
  Preserving s;
  s.append({s.call(1, s.now - Hotel::days(7)), s.call(2, s.now - Hotel::days(3))}, "a");
  s.active(s.letter({Lodge::number("+14045550160"), Lodge::tenant("Doe, James")}));
  // Meanwhile the records lose the guest.
  s.put(records::FactKind::stay, "R-1",
        {{"room", "7"}, {"name", "Doe, James"}, {"kind", "guest"}, {"sharer", false}},
        s.now - Hotel::days(10), s.now - Hotel::days(10));
  Demand warrant = s.demand("search-warrant", {Lodge::tenant("Doe, James")}, {"tenant-name", "tenant-calls"});
  warrant.of_matter = s.m;
  warrant.records_from = s.now - Hotel::days(8);
  warrant.records_until = s.now - Hotel::days(6);
  const std::string later = s.validated(warrant).matter;
  Disclosure disclosure{s.c()};
  ASSERT_TRUE(disclosure.approve(later, {}, s.who("counsel-1")));
  const auto unopened = disclosure.collect(later, s.who("intake-1"));
  ASSERT_FALSE(unopened) << "counsel has not converted it";
  expect_refused(unopened.error(), "not converted");
  ASSERT_FALSE(s.preservation.convert(s.m, s.m, s.who("counsel-1"))) << "it serves no preservation";
  const auto converted = s.preservation.convert(s.m, later, s.who("counsel-1"));
  ASSERT_TRUE(converted) << to_text(converted.error());
  EXPECT_FALSE(s.preservation.propose_purge(s.m, s.who("intake-1"))) << "the warrant is not served yet";
  const auto alone = disclosure.collect(later, s.who("intake-1"));
  ASSERT_FALSE(alone) << "nobody opened it";
  const auto a = s.who("custodian-1"), b = s.who("custodian-2");
  EXPECT_FALSE(disclosure.collect(later, s.who("intake-1"), std::make_unique<Openers>(Openers{a, a}).get()));
  const Openers both{a, b};
  const auto collected = disclosure.collect(later, s.who("intake-1"), &both);
  ASSERT_TRUE(collected) << to_text(collected.error());
  const Json found = collection_of(s.c(), *collected).value();
  EXPECT_EQ(found["answers"].size(), 2u);
  EXPECT_EQ(found["answers"][0]["asks"][0]["answer"]["parties"][0]["tenant"]["name"], "Doe, James")
      << canonical(found);
  EXPECT_EQ(found["answers"][1]["asks"][0]["answer"]["outcome"], "no-record")
      << "the records know nothing any more";
  ASSERT_EQ(found["calls"].size(), 1u) << "the call inside the warrant's period: " << canonical(found);
  EXPECT_EQ(canonical(found).find("Roe"), std::string::npos) << "the other guest is nobody's business";
  EXPECT_EQ(canonical(found).find("Pier Lodge"), std::string::npos);
  EXPECT_FALSE(disclosure.check_scope(later, s.who("officer-1")))
      << "nobody opened it for the second reading";
  const auto checked = disclosure.check_scope(later, s.who("officer-1"), &both);
  ASSERT_TRUE(checked) << to_text(checked.error());
  ASSERT_TRUE(disclosure.deliver(later, s.d->out(), s.who("intake-1")));
  EXPECT_TRUE(s.preservation.propose_purge(s.m, s.who("intake-1")));
}

TEST(Preservation, AnEndedOneServesNothingAndThisIsSaid) {
  Preserving s;
  s.active(s.letter({Lodge::number("+14045550160")}));
  s.d->clock.set(preservation_dates(s.c().policy(), desk::read_case(s.c(), s.m).value())->end);
  Demand warrant = s.demand("search-warrant", {Lodge::number("+14045550160")}, {"subscriber-name"});
  warrant.of_matter = s.m;
  const std::string later = s.validated(warrant).matter;
  const auto late = s.preservation.convert(s.m, later, s.who("counsel-1"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().exit, Exit::expired) << "expiry wins, whether or not the clock has run";
  ASSERT_TRUE(s.preservation.expire(s.m));
  Disclosure disclosure{s.c()};
  ASSERT_TRUE(disclosure.approve(later, {}, s.who("counsel-1")));
  const auto collected = disclosure.collect(later, s.who("intake-1"));
  ASSERT_TRUE(collected) << to_text(collected.error());
  EXPECT_EQ(collection_of(s.c(), *collected).value()["retention"]["preservation_over"], s.m);
}

TEST(Preservation, AnAlteredSnapshotOpensNothing) {
  Preserving s;
  s.active(s.letter({Lodge::number("+14045550160")}));
  Demand warrant = s.demand("search-warrant", {Lodge::number("+14045550160")}, {"subscriber-name"});
  warrant.of_matter = s.m;
  const std::string later = s.validated(warrant).matter;
  Disclosure disclosure{s.c()};
  ASSERT_TRUE(disclosure.approve(later, {}, s.who("counsel-1")));
  ASSERT_TRUE(s.preservation.convert(s.m, later, s.who("counsel-1")));
  Bytes file = read_file(s.sealed()[0]).value();
  file[file.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(s.sealed()[0], file));
  const auto a = s.who("custodian-1"), b = s.who("custodian-2");
  const Openers both{a, b};
  const auto collected = disclosure.collect(later, s.who("intake-1"), &both);
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().exit, Exit::integrity);
}

// Old calls of two rooms under random holds of both kinds; then everything that can be destroyed is. An
// oracle of its own says which rows must be there: all that are young, and all that something still keeps.
TEST(Preservation, PurgesNeverRemoveWhatIsHeld) {
  std::mt19937 rng{20261126};
  const auto dice = [&](int n) { return static_cast<int>(rng() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 6; ++round) {
    Preserving s;
    s.put(records::FactKind::extension, "8", {{"room", "8"}}, s.now - Hotel::days(1000));
    s.put(records::FactKind::extension, "7", {{"room", "7"}}, s.now - Hotel::days(1000));
    struct Row {
      std::string room;
      Instant start;
    };
    std::vector<Row> rows;
    std::vector<records::Cdr> calls;
    for (int i = 0; i < 24; ++i) {
      records::Cdr call = s.call(i, s.now - Hotel::days(i % 6 == 0 ? 20 : 780 + dice(120)));
      call.caller = call.caller_extension = dice(2) == 0 ? "7" : "8";
      rows.push_back({call.caller, call.start});
      calls.push_back(call);
    }
    s.append(calls, "a");
    struct Keep {
      std::string room;
      Instant from, until;
    };
    std::vector<Keep> keeps;
    for (int i = 0; i < 3; ++i) {
      const std::string room = dice(2) == 0 ? "7" : "8";
      Demand x = s.letter({Lodge::room(room)});
      x.instrument = "EX-PL-" + std::to_string(i);
      x.records_from = s.now - Hotel::days(780 + dice(120));
      x.records_until = x.records_from + Hotel::days(10 + dice(60));
      s.active(x);
      const bool purged = dice(2) == 0;
      if (purged) {
        ASSERT_TRUE(s.preservation.release(s.m, "withdrawn", s.who("counsel-1")));
        ASSERT_TRUE(s.preservation.propose_purge(s.m, s.who("intake-1")));
        ASSERT_TRUE(s.purge());
      } else {
        keeps.push_back({room, x.records_from, x.records_until});
      }
      if (dice(3) == 0) {  // counsel's own hold, on the same rows or others
        desk::Hold h;
        h.matter = s.m;
        if (purged)
          h.matter =
              s.open(Cycle::request, s.demand("civil-subpoena", {Lodge::room(room)}, {"tenant-name"})).matter;
        h.reason = "litigation";
        h.subject = {"extension", room, lodge};
        h.from = x.records_from;
        h.until = x.records_until;
        const auto counsel = s.who("counsel-1");
        ASSERT_TRUE(desk::Holds{s.c()}.place(h, counsel));
        keeps.push_back({room, h.from, h.until});
      }
    }
    const auto purged =
        desk::RetentionService{s.c()}.purge(desk::testing::who("officer-1"), desk::testing::who("counsel-1"));
    ASSERT_TRUE(purged) << to_text(purged.error());
    const Instant cutoff = desk::retention_cutoffs(s.c().policy().records, s.c().now()).calls;
    for (const Row& r : rows) {
      const bool held = std::any_of(keeps.begin(), keeps.end(), [&](const Keep& k) {
        return k.room == r.room && k.from <= r.start && r.start < k.until;
      });
      const std::size_t there = s.rows(r.start, r.start + 1ms);
      if (held || r.start > cutoff) {
        EXPECT_GE(there, 1u) << "round " << round << " lost a row of " << rfc3339(r.start);
      }
    }
    EXPECT_LT(s.rows(s.now - Hotel::days(1000), s.now), rows.size())
        << "round " << round << " destroyed nothing";
  }
}

}  // namespace
}  // namespace writ::cases::testing
