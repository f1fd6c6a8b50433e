// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include "ingest/hotel.hh"

namespace writ::ingest {
namespace {

using testing::HasSubstr;

constexpr const char* harbor = R"(schema = "writ.hotel/1"
name = "harbor-front-desk"
account = "9001"
host = "192.0.2.10"
port = 5010
zone = "America/New_York"
encoding = "ISO-8859-1"
)";

TEST(HotelSettings, AreReadAndDefaultsAreKept) {
  const auto s = parse_hotel(harbor, "harbor.toml");
  ASSERT_TRUE(s) << to_text(s.error());
  EXPECT_EQ(s->host, "192.0.2.10");
  EXPECT_EQ(s->port, 5010);
  EXPECT_EQ(s->encoding, "ISO-8859-1");
  EXPECT_EQ(s->reconnect_max_s.count(), 30);
  const auto serial = parse_hotel(
      "schema = \"writ.hotel/1\"\nname = \"x\"\naccount = \"1\"\ndevice = \"/dev/ttyS0\"\nbaud = 2400\n",
      "x.toml");
  ASSERT_TRUE(serial);
  EXPECT_EQ(serial->baud, 2400);
  EXPECT_EQ(serial->encoding, "windows-1252");
}

TEST(HotelSettings, RefuseWithThePlace) {
  const auto refusal = [](std::string from, std::string to) {
    std::string text = harbor;
    text.replace(text.find(from), from.size(), to);
    const auto s = parse_hotel(text, "harbor.toml");
    return s ? std::string("accepted") : to_text(s.error());
  };
  EXPECT_THAT(refusal("port = 5010", "port = 0"), HasSubstr("harbor.toml:5"));
  EXPECT_THAT(refusal("port = 5010", ""), HasSubstr("port"));
  EXPECT_THAT(refusal("port = 5010", "port = 5010\ndevice = \"/dev/ttyS0\""), HasSubstr("device are both"));
  EXPECT_THAT(refusal("host = \"192.0.2.10\"", ""), HasSubstr("both absent"));
  EXPECT_THAT(refusal("ISO-8859-1", "UTF-16"), HasSubstr("encoding"));
  EXPECT_THAT(refusal("ISO-8859-1", "no such set"), HasSubstr("encoding"));
  EXPECT_THAT(refusal("New_York", "Nowhere"), HasSubstr("zone"));
  EXPECT_THAT(refusal("harbor-front-desk", "../harbor"), HasSubstr("harbor.toml:2"));
  EXPECT_THAT(refusal("zone", "tone"), HasSubstr("tone"));
}

}  // namespace
}  // namespace writ::ingest
