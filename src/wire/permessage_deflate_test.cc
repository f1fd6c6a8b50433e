// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/permessage_deflate.hh"

#include <gtest/gtest.h>

#include "wire/deflate_for_test.hh"

namespace writ::wire {
namespace {

using test::Deflater;

std::string text(const std::optional<Bytes>& b) { return b ? std::string(text_of(*b)) : "unreadable"; }

TEST(PermessageDeflate, WhatTheServersAnswerAgreesTo) {
  const auto terms = [](const std::string& extensions) {
    const std::string head =
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n" + extensions + "\r\n";
    return agreed_deflate(view_of(head));
  };
  const auto plain = terms("sec-websocket-extensions: permessage-deflate\r\n");
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->by_client && plain->by_server);
  const auto fresh = terms(
      "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover "
      ";server_max_window_bits=10\r\n");
  ASSERT_TRUE(fresh);
  EXPECT_TRUE(!fresh->by_client && fresh->by_server);
  EXPECT_FALSE(terms("Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n"));
  EXPECT_FALSE(terms(""));
  EXPECT_FALSE(
      agreed_deflate(view_of("GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")))
      << "an offer is no agreement";
}

TEST(PermessageDeflate, TheExampleOfTheStandard) {
  // RFC 7692 7.2.3.1 and 7.2.3.2: "Hello" twice, the second by reference to the first.
  Inflater in(true);
  EXPECT_EQ(text(in.read(Bytes{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  EXPECT_EQ(text(in.read(Bytes{0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello");
  Inflater fresh(false);
  EXPECT_EQ(text(fresh.read(Bytes{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  EXPECT_EQ(text(fresh.read(Bytes{0xf2, 0x00, 0x11, 0x00, 0x00})), "unreadable");
  EXPECT_EQ(text(fresh.read(Bytes{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello") << "each by itself";
}

TEST(PermessageDeflate, ALastBlockEndsWhatLaterOnesCouldReferTo) {
  // 7.2.3.5: the block says that it is the last, and one byte follows.
  const Bytes last{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00};
  Inflater in(true);
  EXPECT_EQ(text(in.read(last)), "Hello");
  EXPECT_EQ(text(in.read(Bytes{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "unreadable");
  Inflater fresh(false);
  EXPECT_EQ(text(fresh.read(last)), "Hello");
  EXPECT_EQ(text(fresh.read(last)), "Hello");
}

TEST(PermessageDeflate, DamageAndBombsAreUnreadable) {
  Deflater out;
  const std::string hello = "OPTIONS sip:x SIP/2.0\r\n\r\n";
  const Bytes one = out.message(hello), bomb = out.message(std::string(8u << 20, 'a')),
              two = out.message(hello);
  Inflater in(true);
  EXPECT_EQ(text(in.read(one)), hello);
  EXPECT_EQ(text(in.read(bomb)), "unreadable");
  EXPECT_EQ(text(in.read(two)), "unreadable") << "it refers to what was not read";
  Inflater damaged(true);
  Bytes bad = one;
  bad[0] = 0x07;  // a block type that is none
  EXPECT_EQ(text(damaged.read(bad)), "unreadable");
  EXPECT_EQ(text(damaged.read(one)), "unreadable");
  // A thousand bytes for one: no SIP does that.
  EXPECT_EQ(text(Inflater(false).read(Deflater().message(std::string(60000, 'a')))), "unreadable");
  EXPECT_EQ(text(Inflater(false).read(Bytes{})), "");
}

}  // namespace
}  // namespace writ::wire
