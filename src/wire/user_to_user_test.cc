// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/user_to_user.hh"

#include <gtest/gtest.h>

namespace writ::wire {
namespace {

std::vector<UserToUser> uui(const std::string& start, const std::string& headers, bool& more) {
  const std::string text = start + "\r\nCall-ID: c\r\nCSeq: 1 " +
                           (start.starts_with("REFER") ? "REFER" : "INVITE") + "\r\n" + headers +
                           "\r\nContent-Length: 0\r\n\r\n";
  SipMessage m;
  EXPECT_TRUE(parse_sip(view_of(text), m));
  return user_to_user(m, more);
}

TEST(UserToUser, AsDevicesWriteIt) {
  bool more = false;
  // RFC 7433 4.1; a contact centre's, in lower case and quoted; two in one line.
  const auto one = uui("INVITE sip:b@x SIP/2.0",
                       "User-to-User: 00FA08;encoding=hex;purpose=isdn-uui;content=isdn-uui", more);
  EXPECT_EQ(one, (std::vector<UserToUser>{{"00FA08", "hex", "isdn-uui", "isdn-uui", false}}));
  EXPECT_EQ(uui("SIP/2.0 200 OK", "user-to-user : \"a;b,c\" ; encoding=ascii", more).at(0).data, "a;b,c");
  const auto two =
      uui("INVITE sip:b@x SIP/2.0", "User-to-User: 01, 02;encoding=hex\r\nUser-to-User: 03", more);
  ASSERT_EQ(two.size(), 3u);
  EXPECT_EQ(two[1].data, "02");
  EXPECT_EQ(two[1].encoding, "hex");
  EXPECT_EQ(two[2].data, "03");
  EXPECT_FALSE(more);
}

TEST(UserToUser, InAUriThatAsksForIt) {
  bool more = false;
  EXPECT_EQ(uui("REFER sip:b@x SIP/2.0", "Refer-To: <sip:c@x?User-to-User=56a3%3Bencoding%3Dhex>", more),
            (std::vector<UserToUser>{{"56a3", "hex", "", "", false}}));
  EXPECT_EQ(
      uui("SIP/2.0 302 Moved", "Contact: <sip:c@x>\r\nContact: <sip:d@x?User-to-User=77>", more).at(0).data,
      "77");
  EXPECT_TRUE(uui("SIP/2.0 200 OK", "Contact: <sip:d@x?User-to-User=77>", more).empty());
}

TEST(UserToUser, IsBounded) {
  bool more = false;
  const std::string long_one(user_to_user_bytes_max + 1, '7');
  const auto cut = uui("INVITE sip:b@x SIP/2.0", "User-to-User: " + long_one, more);
  EXPECT_EQ(cut.at(0).data.size(), user_to_user_bytes_max);
  EXPECT_TRUE(cut[0].cut);
  std::string many = "User-to-User: 1";
  for (int i = 0; i < 20; ++i) many += ",1";
  EXPECT_EQ(uui("INVITE sip:b@x SIP/2.0", many, more).size(), user_to_user_max);
  EXPECT_TRUE(more);
}

}  // namespace
}  // namespace writ::wire
