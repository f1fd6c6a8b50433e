// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/suspension.hh"

#include <gmock/gmock.h>

#include "desk/ingest_service.hh"
#include "desk/record_store.hh"
#include "desk/test_desk.hh"

namespace writ::desk::testing {
namespace {

using records::HoldingEnded;
using records::StayChange;
using Why = HoldingEnded::Why;
using What = StayChange::What;
using ::testing::HasSubstr;

constexpr const char* property = "HH-1001";

StayChange stay(What what, const std::string& reservation, const std::string& room, Instant at) {
  StayChange c;
  c.what = what;
  c.account = property;
  c.reservation = reservation;
  c.room = room;
  c.name = "Doe, James";
  c.at = at;
  return c;
}

// A guest in room 214 and a wiretap order on extension 214, taken as far as asked.
struct House {
  explicit House(Stage stage) : desk(at(Stage::people)) {
    store = RecordStore::open_catalogue(desk->carrier()).value();
    EXPECT_TRUE(change(stay(What::check_in, "R1", "214", desk->clock.now() - 20h)));
    if (stage >= Stage::filed) file();
    if (stage >= Stage::approved) {
      const auto approved = desk->requests().approve(matter, "", who("counsel-1"));
      EXPECT_TRUE(approved) << to_text(approved.error());
      grant = approved ? approved->id : "";
    }
    tick();
    if (stage >= Stage::authorised) {
      EXPECT_TRUE(desk->intercepts().authorise(matter, who("officer-1")));
    }
    tick();
    if (stage >= Stage::armed) arm(desk->out());
  }
  void tick() { desk->clock.advance(1s); }
  std::string order_text(Instant start) const {
    OrderText o;
    o.start = start;
    std::string text = o.text();
    const std::string number = "type = \"number\"\nvalue = \"" + o.target + "\"";
    text.replace(text.find(number), number.size(),
                 "type = \"extension\"\nvalue = \"214\"\nproperty = \"" + std::string(property) + "\"");
    return text;
  }
  void file() {
    const std::string text = order_text(desk->clock.now() - 3h);
    const auto filed = desk->requests().file(view_of(text), "order.toml",
                                             source_dir / "sandbox" / "order.pdf", who("intake-1"));
    ASSERT_TRUE(filed) << to_text(filed.error());
    ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
    confirm_order(*desk, filed->matter);
    tick();
  }
  void arm(const fs::path& out) {
    const auto armed = desk->intercepts().arm(matter, out, who("technician-1"));
    ASSERT_TRUE(armed) << to_text(armed.error());
    tick();
  }
  Result<std::vector<HoldingEnded>> change(const StayChange& c) {
    return store->catalogue().apply(c, "test", desk->clock.now());
  }
  Suspension suspension() { return Suspension{desk->carrier()}; }
  // As the feeds do it.
  SuspensionReport message(const StayChange& c) {
    auto ended = change(c);
    EXPECT_TRUE(ended) << to_text(ended.error());
    return suspension().apply(*ended);
  }
  SuspensionReport check_out() { return message(stay(What::check_out, "R1", "214", desk->clock.now())); }
  SuspensionReport catch_up() { return suspension().catch_up(store->catalogue()); }

  // The probe's own judgement of what lies in that directory.
  Exit judged(const fs::path& dir) {
    const auto list_text = read_text(dir / "revocations.json");
    EXPECT_TRUE(list_text);
    const auto list = authority::verify_revocations(view_of(*list_text), desk->carrier().roots(), 0);
    EXPECT_TRUE(list) << to_text(list.error());
    const auto file = read_text(dir / (grant.substr(0, 16) + ".grant.json"));
    EXPECT_TRUE(file);
    const auto verified = authority::verify_grant(
        view_of(*file),
        {&desk->carrier().roots(), &*list, desk->probe_key().public_key(), desk->clock.now() + 1us});
    return verified ? Exit::ok : verified.error().exit;
  }

  std::unique_ptr<Desk> desk;
  std::unique_ptr<RecordStore> store;
  std::string grant;
};

TEST(Suspension, ACheckOutStopsTheGrantWhereverItLies) {
  House h{Stage::armed};
  const fs::path second = h.desk->dir.path() / "second";
  h.arm(second);
  ASSERT_EQ(h.judged(h.desk->out()), Exit::ok);
  ASSERT_EQ(h.judged(second), Exit::ok);
  const auto r = h.check_out();
  ASSERT_TRUE(r.done()) << to_text(to_status(r).error());
  ASSERT_EQ(r.stopped.size(), 1u);
  EXPECT_EQ(r.stopped[0].reason, "suspended: check-out");
  EXPECT_EQ(r.stopped[0].grant, h.grant);
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
  EXPECT_EQ(h.judged(second), Exit::expired);
  EXPECT_EQ(h.desk->count("grant.suspend"), 1u);
  EXPECT_EQ(h.desk->value("SELECT state FROM orders"), "ended");
}

TEST(Suspension, TheSameMessageAgainChangesNothing) {
  House h{Stage::armed};
  const StayChange out = stay(What::check_out, "R1", "214", h.desk->clock.now());
  ASSERT_EQ(h.message(out).stopped.size(), 1u);
  const std::string list = read_text(h.desk->out() / "revocations.json").value_or("");
  h.tick();
  EXPECT_TRUE(h.message(out).stopped.empty());
  EXPECT_TRUE(h.catch_up().stopped.empty());
  EXPECT_EQ(read_text(h.desk->out() / "revocations.json").value_or("none"), list);
  EXPECT_EQ(h.desk->count("grant.suspend"), 1u);
}

TEST(Suspension, OtherGuestsMayLeave) {
  House h{Stage::armed};
  ASSERT_TRUE(h.change(stay(What::check_in, "R7", "100", h.desk->clock.now() - 1h)));
  EXPECT_TRUE(h.message(stay(What::check_out, "R7", "100", h.desk->clock.now())).stopped.empty());
  StayChange elsewhere = stay(What::check_in, "R1", "214", h.desk->clock.now() - 1h);
  elsewhere.account = "QI-1002";
  ASSERT_TRUE(h.change(elsewhere));
  elsewhere.what = What::check_out;
  elsewhere.at = h.desk->clock.now();
  EXPECT_TRUE(h.message(elsewhere).stopped.empty());
  EXPECT_TRUE(h.catch_up().stopped.empty());
  EXPECT_EQ(h.judged(h.desk->out()), Exit::ok);
}

TEST(Suspension, AMoveToAnotherRoomEndsTheGrantOnTheExtension) {
  House h{Stage::armed};
  StayChange move = stay(What::move, "R1", "305", h.desk->clock.now());
  move.old_room = "214";
  const auto r = h.message(move);
  ASSERT_EQ(r.stopped.size(), 1u);
  EXPECT_EQ(r.stopped[0].reason, "suspended: room move");
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

TEST(Suspension, ANextGuestWithoutACheckOutEndsItAsWell) {
  House h{Stage::armed};
  EXPECT_EQ(h.message(stay(What::check_in, "R2", "214", h.desk->clock.now())).stopped.size(), 1u);
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

TEST(Suspension, APortedNumberEndsEveryGrantOnIt) {
  auto d = at(Stage::armed);
  const std::string csv =
      fmt::format("account,number,direction,carrier,at\nHH-1001,+14045550102,out,Fictional Telephone,{}\n",
                  rfc3339_seconds(d->clock.now()));
  const auto done = IngestService{d->carrier()}.import_catalogue(view_of(csv), "ports.csv", who("intake-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_TRUE(done->report.problems.empty()) << done->report.problems[0];
  ASSERT_EQ(done->suspended.stopped.size(), 1u);
  EXPECT_EQ(done->suspended.stopped[0].reason, "suspended: port-out");
  EXPECT_TRUE(done->suspended.done());
}

// A file of calls ends no stay, but its import asks what others left open.
TEST(Suspension, AnImportOfCallsFinishesWhatWasLeftOpen) {
  House h{Stage::armed};
  ASSERT_TRUE(h.change(stay(What::check_out, "R1", "214", h.desk->clock.now())));  // and then nothing
  h.tick();
  const auto source = ingest::parse_source(
      "schema = \"writ.source/1\"\nname = \"pbx\"\nformat = \"asterisk-csv\"\naccount = \"HH-1001\"\n",
      "pbx.toml");
  ASSERT_TRUE(source) << to_text(source.error());
  const fs::path file = h.desk->dir.path() / "calls.csv";
  ASSERT_TRUE(write_file(file, ""));
  const auto done = IngestService{h.desk->carrier()}.import_cdrs(file, *source, who("intake-1"), {});
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(done->suspended.stopped.size(), 1u);
  EXPECT_TRUE(done->suspended.done());
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

// What was known long before takes effect at its time, without another message.
TEST(Suspension, APortOfTomorrowEndsTheGrantTomorrow) {
  auto d = at(Stage::armed);
  const std::string csv =
      fmt::format("account,number,direction,carrier,at\nHH-1001,+14045550102,out,Fictional Telephone,{}\n",
                  rfc3339_seconds(d->clock.now() + 24h));
  const auto done = IngestService{d->carrier()}.import_catalogue(view_of(csv), "ports.csv", who("intake-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_TRUE(done->suspended.stopped.empty());
  const auto store = RecordStore::open_catalogue(d->carrier()).value();
  EXPECT_TRUE(Suspension{d->carrier()}.catch_up(store->catalogue()).stopped.empty());
  d->clock.advance(24h);
  EXPECT_EQ(Suspension{d->carrier()}.catch_up(store->catalogue()).stopped.size(), 1u);
}

TEST(Suspension, AStayThatEndedBeforeAKillIsFoundAtTheNextStart) {
  House h{Stage::armed};
  ASSERT_TRUE(h.change(stay(What::check_out, "R1", "214", h.desk->clock.now())));  // and then nothing
  EXPECT_EQ(h.judged(h.desk->out()), Exit::ok);
  h.tick();
  const auto r = h.catch_up();
  ASSERT_EQ(r.stopped.size(), 1u);
  EXPECT_EQ(r.stopped[0].reason, "suspended: check-out");
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

TEST(Suspension, ABrokenLogDoesNotPreventTheStop) {
  House h{Stage::armed};
  const fs::path log = h.desk->data() / "audit" / "log", away = h.desk->data() / "audit" / "away";
  fs::rename(log, away);
  fs::create_directory(log);
  const auto r = h.check_out();
  ASSERT_EQ(r.stopped.size(), 1u);
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
  const Status loud = to_status(r);
  ASSERT_FALSE(loud);
  EXPECT_EQ(loud.error().exit, Exit::unit);
  EXPECT_THAT(loud.error().what, HasSubstr("is stopped, but the audit log cannot be written"));
  fs::remove(log);
  fs::rename(away, log);
  EXPECT_EQ(h.desk->count("grant.suspend"), 0u);
  EXPECT_TRUE(h.catch_up().done());
  EXPECT_EQ(h.desk->count("grant.suspend"), 1u);
  EXPECT_TRUE(h.catch_up().done());
  EXPECT_EQ(h.desk->count("grant.suspend"), 1u);
}

TEST(Suspension, AStoreThatRefusesDoesNotPreventTheStop) {
  House h{Stage::armed};
  ASSERT_TRUE(h.desk->carrier().db().exec(
      "CREATE TRIGGER full BEFORE INSERT ON revocations BEGIN SELECT RAISE(FAIL, 'disk full'); END"));
  const auto r = h.check_out();
  EXPECT_FALSE(r.troubles.empty());
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
  ASSERT_TRUE(h.desk->carrier().db().exec("DROP TRIGGER full"));
  h.tick();
  EXPECT_EQ(h.catch_up().stopped.size(), 1u);
  EXPECT_EQ(h.desk->value("SELECT count(*) FROM revocations"), "1");
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

TEST(Suspension, ADirectoryThatCannotBeWrittenIsTriedAgain) {
  House h{Stage::armed};
  const fs::path away = h.desk->dir.path() / "away";
  fs::rename(h.desk->out(), away);
  ASSERT_TRUE(write_file(h.desk->out(), std::string_view{"no directory"}));
  const auto r = h.check_out();
  ASSERT_EQ(r.undelivered.size(), 1u);
  const Status loud = to_status(r);
  ASSERT_FALSE(loud);
  EXPECT_EQ(loud.error().exit, Exit::unit);
  EXPECT_THAT(loud.error().what, HasSubstr(h.desk->out().string()));
  EXPECT_EQ(h.catch_up().undelivered.size(), 1u);
  h.desk->close();  // a restart forgets nothing
  fs::remove(h.desk->out());
  fs::rename(away, h.desk->out());
  h.store.reset();
  h.store = RecordStore::open_catalogue(h.desk->carrier()).value();
  EXPECT_TRUE(h.catch_up().done());
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
}

TEST(Suspension, AGrantThatIsNotArmedYetCannotBeArmedAfterwards) {
  House h{Stage::authorised};
  ASSERT_EQ(h.check_out().stopped.size(), 1u);
  h.tick();
  const auto armed = h.desk->intercepts().arm(matter, h.desk->out(), who("technician-1"));
  ASSERT_FALSE(armed);
  EXPECT_FALSE(fs::exists(h.desk->out() / (h.grant.substr(0, 16) + ".grant.json")));
}

// The check-out came in, and nobody acted on it: killed, or at the same instant.
TEST(Suspension, ArmingAsksTheRecordsFirst) {
  House h{Stage::authorised};
  ASSERT_TRUE(h.change(stay(What::check_out, "R1", "214", h.desk->clock.now())));
  h.tick();
  const auto armed = h.desk->intercepts().arm(matter, h.desk->out(), who("technician-1"));
  ASSERT_FALSE(armed);
  EXPECT_EQ(armed.error().exit, Exit::refused) << to_text(armed.error());
  EXPECT_FALSE(fs::exists(h.desk->out() / (h.grant.substr(0, 16) + ".grant.json")));
  EXPECT_EQ(h.desk->value("SELECT reason FROM revocations"), "suspended: check-out");
}

TEST(Suspension, AnOrderAboutTheGuestBeforeGivesNoGrantOnTheNext) {
  House h{Stage::filed};
  ASSERT_TRUE(h.change(stay(What::check_out, "R1", "214", h.desk->clock.now())));
  ASSERT_TRUE(h.change(stay(What::check_in, "R2", "214", h.desk->clock.now())));
  h.tick();
  const auto refused = h.desk->requests().approve(matter, "", who("counsel-1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_THAT(refused.error().what, HasSubstr("left"));
}

TEST(Suspension, AStopByPeopleReachesTheDirectoriesToo) {
  House h{Stage::armed};
  ASSERT_TRUE(
      h.desk->intercepts().stop(matter, "early stop", h.desk->dir.path() / "elsewhere", who("officer-1")));
  h.tick();
  ASSERT_TRUE(h.catch_up().done());
  EXPECT_EQ(h.judged(h.desk->out()), Exit::expired);
  EXPECT_EQ(h.desk->count("grant.suspend"), 0u);
}

struct EndCase {
  const char* name;
  HoldingEnded e;
  Bond b;
  bool is_end;
};

TEST(Suspension, WhichEndsEndWhichBonds) {
  const Bond guest{"extension", "214", "HH-1001", "R1", "214"},
      empty_room{"extension", "214", "HH-1001", "", ""}, number{"number", "+14045550102", "HH-1001", "", ""},
      number_of_guest{"number", "+14045550103", "HH-1001", "R1", "214"},
      nobodys{"number", "+14045550150", "", "", ""};
  const HoldingEnded out{Why::check_out, "HH-1001", "R1", "214", {"214"}, {"+14045550103"}, {}},
      other_out{Why::check_out, "HH-1001", "R2", "214", {"214"}, {"+14045550103"}, {}},
      room_out{Why::check_out, "HH-1001", "", "214", {"214"}, {}, {}},
      elsewhere{Why::check_out, "QI-1002", "R1", "214", {"214"}, {}, {}},
      move{Why::room_move, "HH-1001", "R1", "214", {"214"}, {}, {}},
      other_move{Why::room_move, "HH-1001", "R1", "305", {"305"}, {}, {}},
      port{Why::port_out, "HH-1001", "", "", {}, {"+14045550102"}, {}},
      withdrawn{Why::withdrawn, "HH-1001", "", "", {"214"}, {}, {}};
  const EndCase cases[] = {
      {"check-out", out, guest, true},
      {"check-out, number that rings there", out, number_of_guest, true},
      {"check-out, another number", out, number, false},
      {"check-out of a sharer", other_out, guest, false},
      {"check-out of a guest, bond without a stay", other_out, empty_room, true},
      {"check-out of a room", room_out, guest, true},
      {"check-out in another house", elsewhere, guest, false},
      {"move", move, guest, true},
      {"move out of another of the guest's rooms", other_move, guest, false},
      {"port-out", port, number, true},
      {"port-out, another number", port, nobodys, false},
      {"withdrawn extension", withdrawn, empty_room, true},
      {"withdrawn extension of a guest", withdrawn, guest, true},
  };
  for (const EndCase& c : cases) EXPECT_EQ(ends(c.e, c.b), c.is_end) << c.name;
}

}  // namespace
}  // namespace writ::desk::testing
