// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever byte a connection breaks at, the desk knows in the end what an unbroken one would have told it.
#include <random>

#include "ingest/hotel_for_test.hh"

namespace writ::ingest {
namespace {

using test::Bench;
using test::Desk;
using test::framed;

using House = std::map<std::string, std::pair<std::string, std::string>>;

struct Happening {
  std::string record;
  std::string reservation, room, name;  // afterwards; no room: has left
};

std::vector<Happening> a_day() {
  return {
      {"GI|RN214|G#1001|GNDoe|GFJames|GSN|DA261125|TI115900|", "1001", "214", "Doe, James"},
      {"GI|RN215|G#1002|GNM\xfcller|GSN|DA261125|TI115901|", "1002", "215", "Müller"},
      {"GI|RN215|G#1003|GNRoe|GFJane|GSY|DA261125|TI115902|", "1003", "215", "Roe, Jane"},
      {"GC|RN310|RO214|G#1001|GNDoe|GFJames|DA261125|TI115903|", "1001", "310", "Doe, James"},
      {"GO|RN215|G#1002|GSY|DA261125|TI115904|", "1002", "", ""},
      {"GC|RN215|G#1003|GNPoe|GFJane|DA261125|TI115905|", "1003", "215", "Poe, Jane"},
      {"GO|RN310|G#1001|GSN|DA261125|TI115906|", "1001", "", ""},
      {"GI|RN310|G#1004|GNNoe|GFAnn|GSN|DA261125|TI115907|", "1004", "310", "Noe, Ann"},
  };
}

// A property system that speaks to a Bench, byte by byte, until a number of bytes has gone over the line.
class Hotel {
 public:
  Hotel() : day_(a_day()) { house_["900"] = {"101", "Early, Ed"}; }
  const House& house() const { return house_; }

  // False when the line broke.
  bool session(Bench& b, std::size_t bytes_max) {
    left_ = bytes_max;
    b.take_sent();
    b.connect();
    if (!say(b, "LS|DA261125|TI115800|")) return false;
    if (!answer(b)) return false;
    while (next_ < day_.size()) {
      const Happening& h = day_[next_++];  // it has happened in the hotel, whether or not it is heard
      if (h.room.empty())
        house_.erase(h.reservation);
      else
        house_[h.reservation] = {h.room, h.name};
      if (!say(b, h.record)) return false;
    }
    return true;
  }
  std::size_t bytes_said() const { return said_; }

 private:
  bool say(Bench& b, const std::string& record) {
    for (const char c : framed(record)) {
      if (left_-- == 0) return false;
      ++said_;
      b.bytes({&c, 1});
    }
    return true;
  }
  bool answer(Bench& b) {
    const std::string heard = b.take_sent();
    if (heard.find("\x02LA|") != std::string::npos && !say(b, "LA|")) return false;
    const std::string more = b.take_sent();
    if (more.find("\x02"
                  "DR|") == std::string::npos)
      return true;
    if (!say(b, "DS|")) return false;
    for (const auto& [reservation, where] : House(house_)) {
      std::string name = where.second;
      if (const auto u = name.find("ü"); u != std::string::npos) name.replace(u, 2, "\xfc");
      const auto comma = name.find(", ");
      std::string fields = "GN" + name.substr(0, comma) + "|";
      if (comma != std::string::npos) fields += "GF" + name.substr(comma + 2) + "|";
      if (!say(b, "GI|RN" + where.first + "|G#" + reservation + "|" + fields)) return false;
    }
    return say(b, "DE|");
  }

  std::vector<Happening> day_;
  House house_;
  std::size_t next_ = 0, left_ = 0, said_ = 0;
};

// Everything that came out, in its order, into a desk.
void follow(Bench& b, Desk& desk) {
  for (const LinkStep& s : b.steps) {
    if (s.what == LinkStep::What::change) desk.change(s.change);
    if (s.what == LinkStep::What::talk && s.said.what == "resync.done") desk.end_unnamed(s.said.detail);
  }
  b.steps.clear();
  b.said.clear();
}

TEST(HotelCut, AnyByteCanBeTheLastOneAndNothingIsLost) {
  std::size_t whole = 0;
  {
    Bench b;
    Hotel hotel;
    ASSERT_TRUE(hotel.session(b, SIZE_MAX));
    whole = hotel.bytes_said();
  }
  ASSERT_GT(whole, 400u);
  std::size_t halves = 0;
  for (std::size_t cut = 0; cut < whole; ++cut) {
    Bench b;
    Hotel hotel;
    Desk desk;
    ASSERT_FALSE(hotel.session(b, cut));
    b.take(b.link.dropped(b.moment));
    halves += b.told("frame.half").size();
    follow(b, desk);
    ASSERT_TRUE(hotel.session(b, SIZE_MAX));
    follow(b, desk);
    ASSERT_EQ(desk.house, hotel.house()) << "cut after byte " << cut;
  }
  // Every cut but those between two frames leaves a half one, and each is said.
  EXPECT_GT(halves, whole * 9 / 10);
}

TEST(HotelCut, SeveralCutsAreNoWorse) {
  std::mt19937 random(20261125);
  for (int round = 0; round < 500; ++round) {
    Bench b;
    Hotel hotel;
    Desk desk;
    for (int cuts = 0; cuts < 4; ++cuts) {
      if (hotel.session(b, random() % 500)) break;
      b.take(b.link.dropped(b.moment));
      follow(b, desk);
    }
    b.take(b.link.dropped(b.moment));
    follow(b, desk);
    ASSERT_TRUE(hotel.session(b, SIZE_MAX));
    follow(b, desk);
    ASSERT_EQ(desk.house, hotel.house()) << "round " << round;
  }
}

TEST(HotelCut, ReadsOfAnySizeGiveTheSame) {
  std::string stream = framed("LS|") + framed("LA|") + framed("DS|") + framed("DE|");
  for (const auto& h : a_day()) stream += framed(h.record);
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, stream.size()}) {
    Bench b;
    b.connect();
    for (std::size_t i = 0; i < stream.size(); i += step) b.bytes(std::string_view(stream).substr(i, step));
    Desk desk;
    follow(b, desk);
    EXPECT_EQ(desk.house, (House{{"1003", {"215", "Poe, Jane"}}, {"1004", {"310", "Noe, Ann"}}})) << step;
  }
}

}  // namespace
}  // namespace writ::ingest
