// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/hotel.hh"

#include "ingest/hotel_for_test.hh"

namespace writ::ingest {
namespace {

using records::StayChange;
using test::at;
using test::Bench;
using What = StayChange::What;

TEST(HotelLink, AnswersLinkStartWithDescriptionsOneRecordEachAndAlive) {
  Bench b;
  b.connect();
  EXPECT_EQ(b.sent, "");
  b.record("LS|DA261125|TI120000|");
  const std::string s = b.take_sent();
  EXPECT_EQ(s.substr(0, 24), "\x02LS|DA261125|TI120000|\x03\x02");
  EXPECT_NE(s.find("\x02LD|DA261125|TI120000|V#1.0|IFPB|\x03"), std::string::npos);
  for (const char* record : {"GI", "GO", "GC", "DR", "DS", "DE"})
    EXPECT_NE(s.find(std::string("\x02LR|RI") + record + "|FL"), std::string::npos) << record;
  EXPECT_TRUE(s.ends_with("\x02LA|DA261125|TI120000|\x03"));
  EXPECT_FALSE(b.link.is_up());
  b.record("LA|DA261125|TI120000|");
  EXPECT_TRUE(b.link.is_up());
  EXPECT_EQ(b.take_sent(),
            "\x02"
            "DR|DA261125|TI120000|\x03");
}

TEST(HotelLink, NeverSendsAGuestRecord) {
  Bench b;
  b.link_up();
  b.record("DS|");
  b.record("GI|RN214|G#1001|GNDoe|");
  b.record("GO|RN214|G#1001|");
  b.record("DE|");
  b.pass(Steady{70'000});
  b.take(b.link.stopping(b.moment));
  wire::FiasScanner scanner;
  int frames = 0;
  scanner.feed(view_of(b.sent), [&](const wire::FiasPiece& p) {
    ASSERT_EQ(p.what, wire::FiasPiece::What::frame);
    EXPECT_FALSE(wire::parse_fias(text_of(p.bytes)).type.starts_with('G')) << text_of(p.bytes);
    ++frames;
  });
  EXPECT_EQ(frames, 12);
}

TEST(HotelLink, GuestsComeInMoveShareChangeAndLeave) {
  Bench b;
  b.link_up();
  b.record("GI|RN214|G#1001|GNDoe|GFJames|GSN|DA261125|TI115959|");
  b.record("GI|RN214|G#1002|GNRoe|GFJane|GSY|DA261125|TI115959|");
  b.record("GC|RN310|RO214|G#1001|GNDoe|GFJames|DA261125|TI120000|");
  b.record("GC|RN214|G#1002|GNRoe-Doe|GFJane|DA261125|TI120000|");
  b.record("GO|RN310|G#1001|GSN|DA261125|TI120000|");
  ASSERT_EQ(b.changes.size(), 5u);
  const auto& c = b.changes;
  EXPECT_EQ(c[0].what, What::check_in);
  EXPECT_EQ(c[0].account, "9001");
  EXPECT_EQ(c[0].room, "214");
  EXPECT_EQ(c[0].reservation, "1001");
  EXPECT_EQ(c[0].name, "Doe, James");
  EXPECT_FALSE(c[0].sharer);
  EXPECT_EQ(c[0].at, at("2026-11-25T11:59:59Z"));
  EXPECT_TRUE(c[1].sharer);
  EXPECT_EQ(c[2].what, What::move);
  EXPECT_EQ(c[2].old_room, "214");
  EXPECT_EQ(c[2].room, "310");
  EXPECT_EQ(c[3].what, What::update);
  EXPECT_EQ(c[3].name, "Roe-Doe, Jane");
  EXPECT_EQ(c[4].what, What::check_out);
  EXPECT_EQ(c[4].reservation, "1001");
  EXPECT_EQ(b.told("record.bad").size(), 0u);
}

TEST(HotelLink, WithoutAReservationNumberTheRoomSpeaksForItself) {
  Bench b;
  b.link_up();
  b.record("GI|RN214|GNDoe|GA261124|");
  b.record("GC|RN310|RO214|GNDoe|GA261124|");
  b.record("GO|RN310|");
  ASSERT_EQ(b.changes.size(), 4u);
  EXPECT_EQ(b.changes[0].reservation, "room:214:261124");
  EXPECT_EQ(b.changes[1].what, What::check_out);
  EXPECT_EQ(b.changes[1].room, "214");
  EXPECT_EQ(b.changes[1].reservation, "");
  EXPECT_EQ(b.changes[2].what, What::check_in);
  EXPECT_EQ(b.changes[2].room, "310");
  EXPECT_EQ(b.changes[3].what, What::check_out);
  EXPECT_EQ(b.changes[3].reservation, "");
  EXPECT_GE(b.told("record.odd").size(), 2u);
}

TEST(HotelLink, WhatCannotBeDoneIsSaidAndTheRestGoesOn) {
  Bench b;
  b.link_up();
  b.record("GI|G#1001|GNDoe|");
  b.record("GO|GNDoe|");
  b.record("GC|GNDoe|");
  EXPECT_EQ(b.changes.size(), 0u);
  EXPECT_EQ(b.told("record.bad").size(), 3u);
  // The guest has left 214 wherever he went.
  b.record("GC|RO214|G#1001|");
  ASSERT_EQ(b.changes.size(), 1u);
  EXPECT_EQ(b.changes[0].what, What::check_out);
  EXPECT_EQ(b.changes[0].room, "214");
  EXPECT_EQ(b.told("record.bad").size(), 4u);
}

TEST(HotelLink, ReadsTheSitesCharacterSet) {
  const struct {
    const char* encoding;
    const char* bytes;
    const char* utf8;
  } sites[] = {{"windows-1252", "M\xfcller \x80", "Müller €"},
               {"ISO-8859-1", "M\xfcller", "Müller"},
               {"UTF-8", "M\xc3\xbcller", "Müller"},
               {"windows-1251", "\xce\xe4\xe8\xed", "Один"},
               // The second byte of this character is that of '|'.
               {"Shift_JIS", "\x83\x7c", "ポ"}};
  for (const auto& site : sites) {
    Bench b(site.encoding);
    b.link_up();
    b.record(std::string("GI|RN214|G#1|GN") + site.bytes + "|");
    ASSERT_EQ(b.changes.size(), 1u);
    EXPECT_EQ(b.changes[0].name, site.utf8) << site.encoding;
    EXPECT_EQ(b.told("record.odd").size(), 0u) << site.encoding;
    EXPECT_EQ(b.kept.back().bytes, std::string("GI|RN214|G#1|GN") + site.bytes + "|");
  }
  Bench wrong("UTF-8");
  wrong.link_up();
  wrong.record("GI|RN214|G#1|GNM\xfcller|");
  EXPECT_EQ(wrong.changes.at(0).name, "M\xEF\xBF\xBDller");
  EXPECT_EQ(wrong.told("record.odd").at(0).at("oddities"), "bytes that are not UTF-8");
}

TEST(HotelLink, ADoubledHourIsTheReadingNearestToArrivalAndSaidSo) {
  for (const auto& [now, expected] : {std::pair{"2026-11-01T05:30:05Z", "2026-11-01T05:30:00Z"},
                                      std::pair{"2026-11-01T06:30:05Z", "2026-11-01T06:30:00Z"}}) {
    Bench b("windows-1252", "America/New_York", now);
    b.link_up();
    b.record("GO|RN214|G#1|DA261101|TI013000|");
    EXPECT_EQ(b.changes.at(0).at, at(expected)) << now;
    EXPECT_EQ(b.told("time.doubled").size(), 1u);
  }
}

TEST(HotelLink, NoEventIsLaterThanItsArrivalOrADayAway) {
  Bench b;
  b.link_up();
  b.record("GO|RN214|G#1|DA261125|TI121000|");
  b.record("GO|RN214|G#1|DA261125|TI110000|");
  b.record("GO|RN214|G#1|DA261101|TI110000|");
  b.record("GO|RN214|G#1|DA269901|TI110000|");
  b.record("GO|RN214|G#1|");
  ASSERT_EQ(b.changes.size(), 5u);
  EXPECT_EQ(b.changes[0].at, b.moment.wall);
  EXPECT_EQ(b.changes[1].at, at("2026-11-25T11:00:00Z"));
  EXPECT_EQ(b.changes[2].at, b.moment.wall);
  EXPECT_EQ(b.changes[3].at, b.moment.wall);
  EXPECT_EQ(b.changes[4].at, b.moment.wall);
  EXPECT_EQ(b.told("clock.off").size(), 1u);  // once a connection
  EXPECT_EQ(b.told("time.unreadable").size(), 1u);
}

TEST(HotelLink, ALocalTimeThatNeverWasIsTheJumpAndSaidSo) {
  Bench b("windows-1252", "America/New_York", "2026-03-08T07:00:10Z");
  b.link_up();
  b.record("GO|RN214|G#1|DA260308|TI023000|");
  EXPECT_EQ(b.changes.at(0).at, at("2026-03-08T07:00:00Z"));
  EXPECT_EQ(b.told("time.gap").size(), 1u);
}

TEST(HotelResync, NamesWhoIsInTheHouseWithOrWithoutItsBegin) {
  for (const bool with_begin : {true, false}) {
    Bench b;
    b.link_up();
    if (with_begin) b.record("DS|");
    b.record("GI|RN214|G#1001|GNDoe|");
    b.record("GI|RN215|G#1002|GNRoe|");
    b.record("GO|RN215|G#1002|");  // left while the resync ran
    b.record("DE|");
    EXPECT_TRUE(b.resync_done);
    ASSERT_EQ(b.told("resync.done").size(), 1u);
    const Json done = b.told("resync.done")[0];
    EXPECT_EQ(done.at("named"), Json({"1001"}));
    EXPECT_EQ(done.at("records"), 3);
    EXPECT_EQ(done.at("begin_seen"), with_begin);
  }
}

TEST(HotelResync, WithoutAnEndIsSaidOnceAndALateEndStillCounts) {
  Bench b;
  b.link_up();
  b.record("DS|");
  b.record("GI|RN214|G#1001|GNDoe|");
  b.pass(Steady{29'000});
  EXPECT_EQ(b.told("resync.unended").size(), 0u);
  b.pass(Steady{1'000});
  b.pass(Steady{5'000});
  ASSERT_EQ(b.told("resync.unended").size(), 1u);
  EXPECT_EQ(b.told("resync.unended")[0].at("named"), Json({"1001"}));
  EXPECT_FALSE(b.resync_done);
  b.record("DE|");
  EXPECT_TRUE(b.resync_done);
}

TEST(HotelResync, ThatLiveRecordsKeepGoingIsSaidToo) {
  Bench b;
  b.link_up();
  for (int i = 0; i < 40; ++i) {
    b.record("GI|RN214|G#1001|GNDoe|");
    b.pass(Steady{20'000});
  }
  EXPECT_EQ(b.told("resync.unended").size(), 1u);
}

TEST(HotelLink, EndsStartsAgainAndResyncsThen) {
  Bench b;
  b.link_up();
  b.record("LE|");
  EXPECT_FALSE(b.link.is_up());
  EXPECT_EQ(b.told("link.ended").size(), 1u);
  EXPECT_EQ(b.told("resync.cut").size(), 1u);
  b.record("GO|RN214|G#1001|");  // counts all the same
  EXPECT_EQ(b.changes.size(), 1u);
  b.take_sent();
  b.record("LS|");
  b.record("LA|");
  EXPECT_NE(b.take_sent().find("\x02"
                               "DR|"),
            std::string::npos);
}

TEST(HotelLink, SaysLinkStartItselfWhereTheHotelDoesNotAndGivesUpInTheEnd) {
  Bench b;
  b.connect();
  b.pass(Steady{9'999});
  EXPECT_EQ(b.sent, "");
  b.pass(Steady{1});
  EXPECT_EQ(b.take_sent(), "\x02LS|DA261125|TI120010|\x03");
  b.record("LS|");  // the answer: no second LS from us, or the two would go on for ever
  EXPECT_EQ(b.sent.find("\x02LS|"), std::string::npos);
  EXPECT_NE(b.take_sent().find("\x02LA|"), std::string::npos);
  Bench silent;
  silent.connect();
  for (int i = 0; i < 12; ++i) {
    EXPECT_FALSE(silent.gave_up) << i;
    silent.pass(Steady{10'000});
  }
  EXPECT_TRUE(silent.gave_up);
}

TEST(HotelLink, ASilentHotelIsAskedAndThenGivenUp) {
  Bench b;
  b.link_up();
  b.record("DE|");
  b.take_sent();
  b.pass(Steady{59'999});
  EXPECT_EQ(b.sent, "");
  b.pass(Steady{1});
  EXPECT_EQ(b.take_sent(), "\x02LA|DA261125|TI120100|\x03");
  b.pass(Steady{20'000});
  b.record("LA|");
  b.pass(Steady{30'000});
  EXPECT_FALSE(b.gave_up);
  b.pass(Steady{30'000});
  EXPECT_EQ(b.take_sent().substr(0, 4), "\x02LA|");
  b.pass(Steady{29'999});
  EXPECT_FALSE(b.gave_up);
  b.pass(Steady{1});
  EXPECT_TRUE(b.gave_up);
  EXPECT_EQ(b.told("link.silent").size(), 1u);
}

TEST(HotelLink, AnswersAliveAndNeverEchoesForEver) {
  Bench b;
  b.link_up();
  b.take_sent();
  b.record("LA|");
  EXPECT_EQ(b.take_sent().substr(0, 4), "\x02LA|");
  b.record("LA|");  // a hotel that answers our answer
  EXPECT_EQ(b.take_sent(), "");
}

TEST(HotelLink, UsesWhatFollowsGarbageAndKeepsALittleOfIt) {
  Bench b;
  b.link_up();
  b.kept.clear();
  b.bytes(std::string(100'000, '?'));
  for (int i = 0; i < 100; ++i) b.bytes("noise");
  b.bytes(test::framed("GO|RN214|G#1001|"));
  EXPECT_EQ(b.changes.size(), 1u);
  EXPECT_EQ(b.told("noise").size(), 1u);
  std::size_t bytes = 0;
  for (const auto& e : b.kept) bytes += e.bytes.size();
  EXPECT_LT(bytes, 1000u);
}

TEST(HotelLink, WhatIsToldIsTextWhateverCame) {
  Bench b("Shift_JIS");
  b.link_up();
  b.record("\x90I|RN1|G#1|GN\x83|\x83|");  // a character of three UTF-8 bytes where the type should be
  EXPECT_EQ(b.told("record.odd").size(), 1u);
  for (const Said& s : b.said) EXPECT_NO_THROW((void)canonical(s.detail));
}

TEST(HotelLink, AnUnknownRecordIsSaidOnce) {
  Bench b;
  b.link_up();
  for (int i = 0; i < 3; ++i) b.record("PS|RN214|TA100|");
  EXPECT_EQ(b.told("record.unknown").size(), 1u);
}

}  // namespace
}  // namespace writ::ingest
