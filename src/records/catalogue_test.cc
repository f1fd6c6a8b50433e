// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/zone.hh"
#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Put = Catalogue::Put;

class Book : public CatalogueTest {
 protected:
  void number(const std::string& account, const std::string& key, const char* from,
              Json body = Json::object()) {
    put(FactKind::number, account, key, std::move(body), {at(from), {}});
  }
  void port(const std::string& account, const std::string& key, const char* when, const char* direction) {
    put(FactKind::port, account, key, Json{{"direction", direction}, {"carrier", "Example Telecom"}},
        {at(when), {}});
  }
  // "from/until" by hour, "-" for open.
  std::vector<std::string> spans(const std::string& number) {
    std::vector<std::string> out;
    for (const Holder& h : who("number", number, ""))
      out.push_back(h.account + " " + rfc3339(h.from).substr(0, 10) + "/" +
                    (h.until ? rfc3339(*h.until).substr(0, 10) : "-"));
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Book, store::both_engines, store::engine_name);

TEST_P(Book, TheSameFactTwiceIsOneAndACorrectionKeepsWhatWasKnown) {
  const Period since{at("2026-01-01T00:00:00Z"), {}};
  EXPECT_EQ(put(FactKind::account, "A-1", "", Json{{"name", "Seaview"}}, since, day1), Put::added);
  EXPECT_EQ(put(FactKind::account, "A-1", "A-1", Json{{"name", " Seaview "}}, since, day2), Put::unchanged);
  EXPECT_EQ(put(FactKind::account, "A-1", "", Json{{"name", "Seaview Inn"}}, since, day3), Put::changed);
  EXPECT_EQ(facts(FactKind::account, "A-1").at(0).fact.body.at("name"), "Seaview Inn");
  const auto then = facts(FactKind::account, "A-1", "", {Instant::min(), Instant::max(), day2});
  ASSERT_EQ(then.size(), 1u);
  EXPECT_EQ(then[0].fact.body.at("name"), "Seaview");
  EXPECT_EQ(then[0].known_until, day3);
  EXPECT_THAT(facts(FactKind::account, "A-1", "", {Instant::min(), Instant::max(), day1 - Nanos{1}}),
              IsEmpty());
}

TEST_P(Book, AWithdrawnFactNeverWasExceptAsKnownThen) {
  const Instant from = at("2026-01-01T00:00:00Z");
  put(FactKind::uri, "A-1", "desk@pbx.example", Json::object(), {from, {}}, day1);
  put(FactKind::uri, "A-1", "desk@pbx.example", Json::object(), {from, from}, day2);
  EXPECT_THAT(who("uri", "desk@pbx.example", ""), IsEmpty());
  EXPECT_FALSE(*book_->ever_served("uri", "desk@pbx.example"));
  EXPECT_EQ(who("uri", "desk@pbx.example", "", {Instant::min(), Instant::max(), day1}).size(), 1u);
}

TEST_P(Book, ThereIsNoUnscopedList) {
  number("A-1", "+14045550102", "2026-01-01T00:00:00Z");
  const auto r = book_->facts(FactKind::number, "", "", {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::refused);
}

TEST_P(Book, RefusesWhatIsNotAFactAndSaysHowToWriteIt) {
  const Period p{day1, {}};
  const std::vector<Fact> bad = {
      {FactKind::account, "", "", Json{{"name", "x"}}, p},
      {FactKind::account, "A-1", "A-2", Json{{"name", "x"}}, p},
      {FactKind::account, "A-1", "", Json{{"name", "x"}, {"class", "farm"}}, p},
      {FactKind::account, "A-1", "", Json{{"name", "x"}, {"zone", "Mars/Base"}}, p},
      {FactKind::account, "A-1", "", Json{{"name", 7}}, p},
      {FactKind::number, "A-1", "0102", Json::object(), p},
      {FactKind::number, "A-1", "+14045550102", Json{{"colour", "red"}}, p},
      {FactKind::block, "A-1", "+14045550159", Json{{"last", "+14045550150"}}, p},
      {FactKind::block, "A-1", "+14040000000", Json{{"last", "+14049999999"}}, p},
      {FactKind::port, "A-1", "+14045550102", Json{{"direction", "up"}}, p},
      {FactKind::network_address, "A-1", "192.0.2.300", Json::object(), p},
      {FactKind::stay, "A-1", "", Json{{"room", "1"}}, p},
      {FactKind::stay, "A-1", "R1", Json{{"name", "x"}}, p},
      {FactKind::balance, "A-1", "", Json{{"cents", "12"}}, p},
      {FactKind::uri, "A-1", "a@b.example", Json::object(), {day2, day1}},
  };
  for (const Fact& f : bad) {
    const auto r = book_->put(f, "test", day1);
    ASSERT_FALSE(r) << to_string(f.kind) << " " << f.key << " " << f.body.dump();
    EXPECT_EQ(r.error().exit, Exit::usage);
    EXPECT_FALSE(r.error().next.empty()) << r.error().what;
  }
  EXPECT_EQ(count(), 0);
}

TEST_P(Book, APortedNumberIsHeldUntilItsPortAndFromItsReturn) {
  number("A-1", "+14045550102", "2024-01-01T00:00:00Z");
  port("A-1", "+14045550102", "2025-01-01T00:00:00Z", "out");
  EXPECT_THAT(spans("+14045550102"), ElementsAre("A-1 2024-01-01/2025-01-01"));
  port("A-1", "+14045550102", "2026-01-01T00:00:00Z", "in");
  EXPECT_THAT(spans("+14045550102"), ElementsAre("A-1 2024-01-01/2025-01-01", "A-1 2026-01-01/-"));
  EXPECT_THAT(who("number", "+14045550102", "", moment(at("2025-06-01T00:00:00Z"))), IsEmpty());
  EXPECT_TRUE(*book_->ever_served("number", "+14045550102"));
}

TEST_P(Book, ABlockHoldsEveryNumberInItAndAPortCutsOneOut) {
  put(FactKind::block, "B-2", "+14045550150", Json{{"last", "+14045550159"}},
      {at("2024-01-01T00:00:00Z"), {}});
  port("B-2", "+14045550155", "2025-01-01T00:00:00Z", "out");
  number("B-2", "+14045550157", "2025-06-01T00:00:00Z", Json{{"tenant", "Night desk"}});
  EXPECT_THAT(spans("+14045550150"), ElementsAre("B-2 2024-01-01/-"));
  EXPECT_THAT(spans("+14045550159"), ElementsAre("B-2 2024-01-01/-"));
  EXPECT_THAT(spans("+14045550155"), ElementsAre("B-2 2024-01-01/2025-01-01"));
  EXPECT_THAT(spans("+14045550157"), ElementsAre("B-2 2024-01-01/2025-06-01", "B-2 2025-06-01/-"));
  EXPECT_THAT(spans("+14045550149"), IsEmpty());
  EXPECT_THAT(spans("+14045550160"), IsEmpty());
  EXPECT_TRUE(*book_->ever_served("number", "+14045550151"));
}

TEST_P(Book, ANumberLeadsThroughItsExtensionAndRoomToTheStays) {
  const auto june = [](int d) { return at(fmt::format("2026-06-{:02}T00:00:00Z", d).c_str()); };
  number("A-1", "+14045550102", "2026-01-01T00:00:00Z", Json{{"extension", "214"}});
  put(FactKind::extension, "A-1", "214", Json{{"room", "214"}, {"hosts", {"pbx.example"}}},
      {at("2026-02-01T00:00:00Z"), {}});
  put(FactKind::stay, "A-1", "R1", Json{{"room", "214"}, {"name", "Doe, James"}}, {june(1), june(5)});
  put(FactKind::stay, "A-1", "R2", Json{{"room", "214"}, {"name", "Roe, Ann"}}, {june(7), june(9)});
  put(FactKind::stay, "A-1", "R3", Json{{"room", "214"}, {"name", "Roe, Bo"}, {"sharer", true}},
      {june(8), {}});
  put(FactKind::stay, "B-2", "R9", Json{{"room", "214"}, {"name", "Elsewhere"}}, {june(1), {}});
  EXPECT_THAT(tenants_of(who("number", "+14045550102", "")),
              ElementsAre("/", "/", "R1/Doe, James", "/", "R2/Roe, Ann", "R3/Roe, Bo"));
  EXPECT_THAT(tenants_of(who("extension", "214", "A-1", {june(2), june(3), {}})),
              ElementsAre("R1/Doe, James"));
  EXPECT_THAT(tenants_of(who("extension", "214", "A-1", moment(june(5)))), ElementsAre("/")) << "half open";
  EXPECT_THAT(tenants_of(who("extension", "214", "A-1", moment(june(8)))),
              ElementsAre("R2/Roe, Ann", "R3/Roe, Bo"))
      << "a shared room";
  const auto h = who("extension", "214", "A-1", moment(june(6))).at(0);
  EXPECT_EQ(h.from, june(5));
  EXPECT_EQ(h.until, june(7));
  EXPECT_THAT(h.hosts, ElementsAre("pbx.example"));
}

TEST_P(Book, SubscriberAndAddressAreThoseOfThatTime) {
  const Instant a = at("2024-01-01T00:00:00Z"), b = at("2025-01-01T00:00:00Z");
  put(FactKind::account, "A-1", "", Json{{"name", "Old Inn"}}, {a, b});
  put(FactKind::account, "A-1", "", Json{{"name", "New Inn"}}, {b, {}});
  put(FactKind::address, "A-1", "",
      Json{{"building", "1"}, {"street", "Quay"}, {"city", "H"}, {"state", "GA"}, {"zip", "30001"}}, {a, {}});
  number("A-1", "+14045550102", "2024-01-01T00:00:00Z");
  EXPECT_EQ(who("number", "+14045550102", "", moment(a)).at(0).subscriber, "Old Inn");
  EXPECT_EQ(who("number", "+14045550102", "", moment(b)).at(0).subscriber, "New Inn");
  EXPECT_EQ(who("number", "+14045550102", "").at(0).address, "1 Quay, H, GA 30001");
}

// Who held extension 214 at the Harbor property at 02:14 local on the night the clocks changed, as known then
// and as known now?
class ClockNight : public Book {
 protected:
  void SetUp() override {
    Book::SetUp();
    if (IsSkipped()) return;
    put(FactKind::account, "HH-1001", "", Json{{"name", "Harbor House"}, {"zone", "America/New_York"}},
        {at("2024-03-01T00:00:00Z"), {}}, at("2026-01-01T00:00:00Z"));
    put(FactKind::extension, "HH-1001", "214", Json{{"room", "214"}, {"hosts", {"harbor.example"}}},
        {at("2024-03-01T00:00:00Z"), {}}, at("2026-01-01T00:00:00Z"));
  }
  LocalInstants local(const char* text) {
    return Zone::find(*book_->zone_of("HH-1001", day1))->instants(*parse_local(text));
  }
  std::vector<std::string> at_214(Instant t, std::optional<Instant> known = {}) {
    return tenants_of(who("extension", "214", "HH-1001", moment(t, known)));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ClockNight, store::both_engines, store::engine_name);

TEST_P(ClockNight, FallHasOneAnswerAsKnownThenAndOneAsKnownNow) {
  const std::string header = "account,reservation,room,name,from,until\n";
  const Instant then = at("2026-11-01T12:00:00Z"), later = at("2026-11-20T12:00:00Z");
  good(header +
           "HH-1001,R1,214,\"Doe, James\",2026-10-30T18:00:00Z,2026-11-01T06:00:00Z\n"
           "HH-1001,R2,214,\"Roe, Ann\",2026-11-01T06:00:00Z,\n",
       then);
  good(header +
           "HH-1001,R1,214,\"Doe, James\",2026-10-30T18:00:00Z,2026-11-01T07:30:00Z\n"
           "HH-1001,R2,214,\"Roe, Ann\",2026-11-01T06:00:00Z,2026-11-01T06:00:00Z\n"
           "HH-1001,R2,214,\"Roe, Ann\",2026-11-01T07:30:00Z,\n",
       later);
  const auto t = local("2026-11-01 02:14:00");
  ASSERT_FALSE(t.second || t.in_gap);
  EXPECT_EQ(t.first, at("2026-11-01T07:14:00Z"));
  EXPECT_THAT(at_214(t.first, then), ElementsAre("R2/Roe, Ann"));
  EXPECT_THAT(at_214(t.first), ElementsAre("R1/Doe, James"));
  EXPECT_THAT(at_214(t.first, later), ElementsAre("R1/Doe, James"));
  EXPECT_THAT(at_214(t.first, then - Nanos{1}), ElementsAre("/"));
  // 01:14 was read twice that night: two instants, two holders as known then.
  const auto twice = local("2026-11-01 01:14:00");
  ASSERT_TRUE(twice.second);
  EXPECT_THAT(at_214(twice.first, then), ElementsAre("R1/Doe, James"));
  EXPECT_THAT(at_214(*twice.second, then), ElementsAre("R2/Roe, Ann"));
}

TEST_P(ClockNight, SpringHasNo0214) {
  const auto t = local("2026-03-08 02:14:00");
  EXPECT_TRUE(t.in_gap);
  EXPECT_EQ(t.first, at("2026-03-08T07:00:00Z"));
  const auto r = import(
      "account,reservation,room,name,from_local,until_local\n"
      "HH-1001,R1,214,\"Doe, James\",2026-03-08 02:14:00,\n"
      "HH-1001,R2,214,\"Roe, Ann\",2026-03-07 15:00:00,2026-03-08 03:30:00\n"
      "HH-1001,R3,214,\"Roe, Bo\",2026-11-01 01:14:00,\n"
      "XX-1,R3,214,\"Roe, Bo\",2026-11-01 03:14:00,\n");
  ASSERT_EQ(r.problems.size(), 3u);
  EXPECT_THAT(r.problems[0], HasSubstr("r.csv:2: 2026-03-08 02:14:00 was never shown"));
  EXPECT_THAT(r.problems[0], HasSubstr("next: correct it; the clocks jumped at 2026-03-08T07:00:00Z"));
  EXPECT_THAT(r.problems[1], HasSubstr("r.csv:4: 2026-11-01 01:14:00 was shown twice"));
  EXPECT_THAT(r.problems[1], HasSubstr("2026-11-01T05:14:00Z or 2026-11-01T06:14:00Z"));
  EXPECT_THAT(r.problems[2], HasSubstr("r.csv:5: the zone of account XX-1 is not known"));
  EXPECT_THAT(at_214(at("2026-03-08T07:29:59Z")), ElementsAre("R2/Roe, Ann")) << "03:29:59 EDT";
  EXPECT_THAT(at_214(at("2026-03-08T07:30:00Z")), ElementsAre("/"));
}

TEST_P(Book, MeansOfPaymentAreSealedAtRest) {
  const std::string card = "4111111111111111", holder = "Doe Card Holder";
  const Period p{day1, {}};
  const Json body{{"means", "card"}, {"number", card}, {"holder", holder}};
  EXPECT_EQ(put(FactKind::payment, "A-1", "", body, p), Put::added);
  EXPECT_EQ(put(FactKind::payment, "A-1", "", body, p, day2), Put::unchanged)
      << "each sealing is another text";
  good("account,means,payment_number,holder,from,until\nA-2,bank,GB00TEST" + card + "," + holder +
       ",2026-01-01T00:00:00Z,\n");
  const auto f = facts(FactKind::payment, "A-1").at(0);
  EXPECT_EQ(*book_->open_payment(f), (Json{{"number", card}, {"holder", holder}}));
  auto moved = f;
  moved.fact.account = "A-2";
  EXPECT_FALSE(book_->open_payment(moved)) << "sealed for its account";
  std::string dump;
  auto q = *db_->prepare("SELECT account, key, body, name, place, source FROM fact");
  while (*q.step())
    for (int i = 0; i < 6; ++i) dump += q.text(i) + "\n";
  if (GetParam() == store::Engine::sqlite)
    for (const auto& file : fs::directory_iterator(dir())) dump += *read_text(file.path());
  EXPECT_THAT(dump, HasSubstr("A-2"));
  EXPECT_THAT(dump, ::testing::Not(HasSubstr(card)));
  EXPECT_THAT(dump, ::testing::Not(HasSubstr(holder)));
}

TEST_P(Book, NamesAreAsWritten) {
  EXPECT_EQ(*name_as_written("  Jos\u0065\u0301  \t Ann\u00a0Doe "), "Jos\u00e9 Ann Doe");
  EXPECT_EQ(*name_as_written("doe"), "doe");
  EXPECT_FALSE(name_as_written("Jos\xe9"));
  EXPECT_FALSE(name_as_written(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace writ::records
