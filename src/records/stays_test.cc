// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = StayChange::What;
using Why = HoldingEnded::Why;

Instant hour(int h) { return at("2026-06-01T00:00:00Z") + std::chrono::hours(h); }

class FrontDesk : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    if (IsSkipped()) return;
    const Period p{at("2026-01-01T00:00:00Z"), {}};
    for (const char* room : {"214", "301"}) {
      put(FactKind::extension, "A-1", room, Json{{"room", room}, {"hosts", {"pbx.example"}}}, p, hour(0));
      put(FactKind::extension, "A-1", std::string("9") + room, Json{{"room", room}}, p, hour(0));
    }
    put(FactKind::number, "A-1", "+14045550102", Json{{"extension", "214"}}, p, hour(0));
  }
  static StayChange change(What what, const char* reservation, const char* room, int h,
                           const char* name = "Doe, James") {
    StayChange c;
    c.what = what, c.account = "A-1", c.reservation = reservation, c.room = room, c.name = name,
    c.at = hour(h);
    return c;
  }
  std::vector<std::string> in_room(const char* extension, int h) {
    return tenants_of(who("extension", extension, "A-1", moment(hour(h))));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, FrontDesk, store::both_engines, store::engine_name);

TEST_P(FrontDesk, CheckInAndCheckOutMakeOneStayAndTellWhatEnded) {
  EXPECT_THAT(apply(change(What::check_in, "R1", "214", 10)), IsEmpty());
  EXPECT_THAT(in_room("214", 11), ElementsAre("R1/Doe, James"));
  const auto ended = apply(change(What::check_out, "R1", "", 20));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].why, Why::check_out);
  EXPECT_EQ(ended[0].reservation, "R1");
  EXPECT_EQ(ended[0].room, "214");
  EXPECT_EQ(ended[0].at, hour(20));
  EXPECT_THAT(ended[0].extensions, ::testing::UnorderedElementsAre("214", "9214"));
  EXPECT_THAT(ended[0].numbers, ElementsAre("+14045550102"));
  EXPECT_THAT(in_room("214", 20), ElementsAre("/"));
  EXPECT_THAT(tenants_of(who("number", "+14045550102", "", moment(hour(19)))), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, TheSameMessageAgainEndsNothingTwice) {
  const std::vector<StayChange> day = {
      change(What::check_in, "R1", "214", 1), change(What::move, "R1", "301", 5),
      change(What::check_in, "R2", "214", 6, "Roe, Ann"), change(What::check_out, "R1", "301", 9)};
  std::size_t first = 0;
  for (const auto& c : day) first += apply(c, hour(10)).size();
  EXPECT_EQ(first, 2u);
  const auto rows = count();
  for (int round = 0; round < 2; ++round)
    for (const auto& c : day) EXPECT_THAT(apply(c, hour(11 + round)), IsEmpty()) << to_json(c).dump();
  EXPECT_EQ(count(), rows);
  EXPECT_THAT(in_room("214", 12), ElementsAre("R2/Roe, Ann"));
  EXPECT_THAT(in_room("301", 12), ElementsAre("/"));
}

TEST_P(FrontDesk, AMoveEndsTheOldRoomOnly) {
  apply(change(What::check_in, "R1", "214", 1));
  StayChange m = change(What::move, "R1", "301", 5);
  m.old_room = "214";
  const auto ended = apply(m);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].why, Why::room_move);
  EXPECT_EQ(ended[0].room, "214");
  EXPECT_THAT(in_room("214", 6), ElementsAre("/"));
  EXPECT_THAT(in_room("301", 6), ElementsAre("R1/Doe, James"));
  EXPECT_THAT(in_room("214", 4), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, AMoveAtTheInstantOfTheCheckInLeavesOneRoom) {
  apply(change(What::check_in, "R1", "214", 1));
  EXPECT_EQ(apply(change(What::move, "R1", "301", 1), hour(2)).size(), 1u);
  EXPECT_THAT(in_room("214", 2), ElementsAre("/"));
  EXPECT_THAT(in_room("301", 2), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, AMoveOfARoomMovesEverybodyInIt) {
  auto a = change(What::check_in, "R1", "214", 1), b = change(What::check_in, "R2", "214", 2, "Roe, Ann");
  b.sharer = true;
  apply(a), apply(b);
  auto m = change(What::move, "", "301", 5, "");
  m.old_room = "214";
  EXPECT_EQ(apply(m).size(), 2u);
  EXPECT_THAT(in_room("301", 6), ::testing::UnorderedElementsAre("R1/Doe, James", "R2/Roe, Ann"));
}

TEST_P(FrontDesk, ASharersCheckOutDoesNotEndTheOther) {
  auto a = change(What::check_in, "R1", "214", 1), b = change(What::check_in, "R2", "214", 2, "Roe, Ann");
  b.sharer = true;
  apply(a);
  EXPECT_THAT(apply(b), IsEmpty());
  EXPECT_THAT(in_room("214", 3), ElementsAre("R1/Doe, James", "R2/Roe, Ann"));
  const auto ended = apply(change(What::check_out, "R2", "214", 4));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].reservation, "R2");
  EXPECT_THAT(in_room("214", 5), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, ACheckOutOfARoomEndsEverybodyInIt) {
  auto a = change(What::check_in, "R1", "214", 1), b = change(What::check_in, "R2", "214", 2, "Roe, Ann");
  b.sharer = true;
  apply(a), apply(b);
  apply(change(What::check_in, "R3", "301", 2, "Poe, Cy"));
  EXPECT_EQ(apply(change(What::check_out, "", "214", 4)).size(), 2u);
  EXPECT_THAT(in_room("214", 5), ElementsAre("/"));
  EXPECT_THAT(in_room("301", 5), ElementsAre("R3/Poe, Cy"));
}

TEST_P(FrontDesk, ACheckOutOlderThanTheStayIsNone) {
  apply(change(What::check_in, "R1", "214", 10));
  EXPECT_THAT(apply(change(What::check_out, "R1", "214", 9), hour(11)), IsEmpty());
  EXPECT_THAT(apply(change(What::check_out, "", "214", 9), hour(11)), IsEmpty());
  EXPECT_THAT(in_room("214", 11), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, ACheckOutThatComesBeforeItsCheckInLeavesNoRoomOpen) {
  EXPECT_THAT(apply(change(What::check_out, "R1", "214", 20)), IsEmpty());
  const auto ended = apply(change(What::check_in, "R1", "214", 10), hour(21));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].at, hour(20));
  EXPECT_THAT(in_room("214", 15), ElementsAre("R1/Doe, James"));
  EXPECT_THAT(in_room("214", 20), ElementsAre("/"));
  EXPECT_THAT(apply(change(What::check_in, "R1", "214", 10), hour(22)), IsEmpty());
  EXPECT_THAT(in_room("214", 22), ElementsAre("/"));
}

TEST_P(FrontDesk, WhoComesBackIsANewStay) {
  apply(change(What::check_in, "R1", "214", 1));
  apply(change(What::check_out, "R1", "214", 2));
  EXPECT_THAT(apply(change(What::check_in, "R1", "301", 3)), IsEmpty());
  EXPECT_THAT(in_room("301", 4), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, ANextGuestWhoDoesNotShareEndsAForgottenStay) {
  apply(change(What::check_in, "R1", "214", 1));
  const auto ended = apply(change(What::check_in, "R2", "214", 30, "Roe, Ann"));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].reservation, "R1");
  EXPECT_EQ(ended[0].at, hour(30));
  EXPECT_THAT(in_room("214", 31), ElementsAre("R2/Roe, Ann"));
}

TEST_P(FrontDesk, StaffStaysStandBesideGuests) {
  auto staff = change(What::check_in, "S1", "214", 1, "Housekeeping");
  staff.kind = "staff";
  apply(staff);
  EXPECT_THAT(apply(change(What::check_in, "R1", "214", 2)), IsEmpty());
  EXPECT_THAT(in_room("214", 3), ElementsAre("S1/Housekeeping", "R1/Doe, James"));
}

TEST_P(FrontDesk, AnUpdateCorrectsTheNameOfThoseInTheHouse) {
  apply(change(What::check_in, "R1", "214", 1, "Do, James"));
  EXPECT_THAT(apply(change(What::update, "R1", "", 2, "Doe, James")), IsEmpty());
  EXPECT_THAT(in_room("214", 3), ElementsAre("R1/Doe, James"));
  EXPECT_EQ(apply(change(What::update, "R1", "301", 4)).at(0).why, Why::room_move);
  EXPECT_THAT(in_room("301", 5), ElementsAre("R1/Doe, James"));
}

TEST_P(FrontDesk, WhatIsIncompleteIsRefused) {
  for (const auto& c : {change(What::check_in, "", "214", 1), change(What::check_in, "R1", "", 1),
                        change(What::check_out, "", "", 1), change(What::move, "R1", "", 1),
                        change(What::move, "", "301", 1), change(What::update, "", "214", 1)}) {
    const auto r = book_->apply(c, "fias", hour(2));
    ASSERT_FALSE(r) << to_json(c).dump();
    EXPECT_EQ(r.error().exit, Exit::usage);
    EXPECT_FALSE(r.error().missing.empty());
  }
}

TEST_P(FrontDesk, PlannedEndsAreToldWhenTheyCome) {
  put(FactKind::stay, "A-1", "R1", Json{{"room", "214"}, {"name", "Doe, James"}}, {hour(1), hour(50)},
      hour(1));
  put(FactKind::number, "A-1", "+14045550103", Json::object(), {hour(1), hour(60)}, hour(1));
  put(FactKind::port, "A-1", "+14045550102", Json{{"direction", "out"}}, {hour(70), {}}, hour(1));
  EXPECT_THAT(*book_->ended_between(hour(1), hour(49)), IsEmpty());
  const auto ended = *book_->ended_between(hour(49), hour(70));
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0].reservation + ended[1].reservation, "R1");
  EXPECT_EQ(ended[2].why, Why::port_out);
  EXPECT_THAT(*book_->ended_between(hour(70), hour(99)), IsEmpty());
}

TEST_P(FrontDesk, AnImportTellsCheckOutsMovesAndPortsThatItEnds) {
  const std::string head = "account,reservation,room,name,from,until\n";
  EXPECT_THAT(good(head + "A-1,R1,214,\"Doe, James\",2026-06-01T01:00:00Z,\n"
                          "A-1,R2,301,\"Roe, Ann\",2026-06-01T01:00:00Z,\n"
                          "A-1,R3,301,\"Poe, Cy\",2026-05-01T01:00:00Z,2026-05-02T00:00:00Z\n",
                   hour(2))
                  .ended,
              IsEmpty());
  const std::string second = head +
                             "A-1,R1,214,\"Doe, James\",2026-06-01T01:00:00Z,2026-06-01T05:00:00Z\n"
                             "A-1,R1,301,\"Doe, James\",2026-06-01T05:00:00Z,\n"
                             "A-1,R2,301,\"Roe, Ann\",2026-06-01T01:00:00Z,2026-06-01T05:00:00Z\n";
  const auto r = good(second, hour(6));
  ASSERT_EQ(r.ended.size(), 2u);
  EXPECT_EQ(r.ended[0].why, Why::room_move);
  EXPECT_EQ(r.ended[0].room, "214");
  EXPECT_EQ(r.ended[1].why, Why::check_out);
  EXPECT_EQ(r.ended[1].reservation, "R2");
  EXPECT_THAT(good(second, hour(7)).ended, IsEmpty()) << "nothing ends twice";
  const auto port = good(
      "account,number,direction,carrier,at\n"
      "A-1,404-555-0102,out,Example Telecom,2026-06-01T05:00:00Z\n",
      hour(8));
  ASSERT_EQ(port.ended.size(), 1u);
  EXPECT_EQ(port.ended[0].why, Why::port_out);
  EXPECT_THAT(port.ended[0].numbers, ElementsAre("+14045550102"));
}

TEST_P(FrontDesk, AWithdrawnNumberOrExtensionEnds) {
  const Instant from = at("2026-01-01T00:00:00Z");
  const auto r = good(
      "account,number,extension,from,until\nA-1,+14045550102,214,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z\n",
      hour(2));
  ASSERT_EQ(r.ended.size(), 1u);
  EXPECT_EQ(r.ended[0].why, Why::withdrawn);
  EXPECT_EQ(r.ended[0].at, from);
}

TEST_P(FrontDesk, AnotherTenantOfAnExtensionIsAnEndAndACorrectedNameOfAStayIsNone) {
  const std::string head = "account,extension,room,tenant,from\n";
  good(head + "A-1,100,,Night desk,2026-01-01T00:00:00Z\n", hour(1));
  const auto r = good(head + "A-1,100,,Day desk,2026-01-01T00:00:00Z\n", hour(2));
  ASSERT_EQ(r.ended.size(), 1u);
  EXPECT_THAT(r.ended[0].extensions, ElementsAre("100"));
  EXPECT_EQ(r.ended[0].at, hour(2));
  const std::string stays = "account,reservation,room,name,from\n";
  good(stays + "A-1,R1,214,Do,2026-01-01T00:00:00Z\n", hour(1));
  EXPECT_THAT(good(stays + "A-1,R1,214,Doe,2026-01-01T00:00:00Z\n", hour(2)).ended, IsEmpty());
}

}  // namespace
}  // namespace writ::records
