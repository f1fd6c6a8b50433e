// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip.hh"

#include <gmock/gmock.h>

namespace writ::wire {
namespace {

using testing::HasSubstr;

const std::string invite =
    "INVITE sip:+12055550123@example.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\n"
    "Via: SIP/2.0/UDP 192.0.2.9\r\n"
    "FROM : \"A\" <sip:2055550100@example.net>;tag=aa\r\n"
    "t: <sip:+12055550123@example.net>\r\n"
    "i: one@192.0.2.1\r\n"
    "CSeq: 7 INVITE\r\n"
    "Subject: first\r\n"
    "\t second\r\n"
    "X-Room:\r\n"
    " 214\r\n"
    "o: presence\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "v=0\n";

std::string replaced(std::string s, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = s.find(from, at)) != s.npos; at += to.size()) s.replace(at, from.size(), to);
  return s;
}

struct Parsed {
  explicit Parsed(std::string t) : text(std::move(t)) { ok = parse_sip(view_of(text), m); }
  std::string text;
  SipMessage m;
  bool ok = false;
};

TEST(Sip, Request) {
  const Parsed p(invite);
  ASSERT_TRUE(p.ok);
  EXPECT_TRUE(p.m.is_request);
  EXPECT_EQ(p.m.method, Method::invite);
  EXPECT_EQ(p.m.request_uri, "sip:+12055550123@example.net");
  EXPECT_EQ(p.m.call_id(), "one@192.0.2.1");
  EXPECT_EQ(p.m.first(Header::from), "\"A\" <sip:2055550100@example.net>;tag=aa");
  EXPECT_EQ(p.m.nth(Header::via, 1), "SIP/2.0/UDP 192.0.2.9");
  EXPECT_EQ(p.m.nth(Header::via, 2), "");
  EXPECT_EQ(p.m.first(Header::subject), "first\r\n\t second");
  EXPECT_EQ(p.m.by_name("x-room"), "214");
  EXPECT_EQ(p.m.by_name("Event"), "presence");
  EXPECT_EQ(p.m.by_name("Call-ID"), "one@192.0.2.1");
  EXPECT_EQ(p.m.by_name("X-Absent"), "");
  EXPECT_EQ(p.m.cseq_number(), 7u);
  EXPECT_EQ(text_of(p.m.body), "v=0\n");
  EXPECT_EQ(p.m.anomalies, 0u) << anomaly_text(p.m.anomalies);
}

TEST(Sip, ResponseTakesItsMethodFromCseq) {
  const Parsed p("SIP/2.0 183 Session Progress\r\nCall-ID: x\r\nCSeq: 2 PRACK\r\n\r\n");
  ASSERT_TRUE(p.ok);
  EXPECT_FALSE(p.m.is_request);
  EXPECT_EQ(p.m.status, 183);
  EXPECT_EQ(p.m.reason_phrase, "Session Progress");
  EXPECT_EQ(p.m.method, Method::prack);
  EXPECT_EQ(p.m.anomalies, 0u);
  EXPECT_EQ(Parsed("SIP/2.0 200 \r\nCall-ID: x\r\nCSeq: 1 FOO\r\n\r\n").m.method, Method::other);
  EXPECT_EQ(Parsed("SIP/2.0 200\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n").m.status, 200);
}

struct Odd {
  const char* name;
  std::string text;
  std::uint32_t anomalies;
};

TEST(Sip, OddMessagesAreUsedAndSaid) {
  std::string many = "OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  const std::vector<Odd> odd = {
      {"bare lf", replaced(invite, "\r\n", "\n"), anomaly_bare_lf},
      {"leading", "\r\n\r\n" + invite, anomaly_leading_junk},
      {"nul", std::string("\0\0\0\0", 4) + invite, anomaly_leading_junk},
      {"short body", replaced(invite, "Length: 4", "Length: 40"), anomaly_short_body},
      {"trailing", invite + "more", anomaly_trailing_bytes},
      {"negative", replaced(invite, "Length: 4", "Length: -4"), anomaly_bad_content_length},
      {"word", replaced(invite, "Length: 4", "Length: bad"), anomaly_bad_content_length},
      {"two lengths", replaced(invite, "CSeq", "l: 2\r\nCSeq"),
       anomaly_bad_content_length | anomaly_duplicate_header},
      {"huge", replaced(invite, "Length: 4", "Length: 99999999999999999999"), anomaly_bad_content_length},
      {"no call-id", replaced(invite, "i: ", "X: "), anomaly_no_call_id},
      {"twice", replaced(invite, "CSeq", "Call-ID: two\r\nCSeq"), anomaly_duplicate_header},
      {"no colon", replaced(invite, "CSeq", "garbage\r\nCSeq"), anomaly_header_without_colon},
      {"many", many + "\r\n", anomaly_too_many_headers},
      {"tabs",
       replaced(invite, " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1", "  SIP/2.0 \r\nVia: SIP/2.0/UDP 192.0.2.1"),
       anomaly_bad_start_line},
      {"brackets",
       replaced(invite, "INVITE sip:+12055550123@example.net", "INVITE <sip:+12055550123@example.net>"),
       anomaly_bad_start_line},
      {"version", replaced(invite, "net SIP/2.0", "net SIP/7.0"), anomaly_bad_start_line},
      {"other method", replaced(invite, "7 INVITE", "7 BYE"), anomaly_bad_cseq},
      {"cseq range", replaced(invite, "7 INVITE", "36893488147419103232 INVITE"), anomaly_bad_cseq},
  };
  for (const Odd& o : odd) {
    const Parsed p(o.text);
    ASSERT_TRUE(p.ok) << o.name;
    EXPECT_TRUE(looks_like_sip(view_of(p.text))) << o.name;
    EXPECT_EQ(p.m.anomalies, o.anomalies) << o.name << ": " << anomaly_text(p.m.anomalies);
    EXPECT_NE(anomaly_text(p.m.anomalies), "") << o.name;
    if (o.anomalies != anomaly_no_call_id && o.name != std::string("many")) {
      EXPECT_EQ(p.m.call_id(), "one@192.0.2.1") << o.name;
      EXPECT_EQ(text_of(p.m.body).substr(0, 3), "v=0") << o.name;
    }
  }
}

// A snap length may cut anywhere: never a crash, never a value that was not there, and said so.
TEST(Sip, EveryCut) {
  const std::size_t headers = invite.find("\r\n\r\n") + 4;
  for (std::size_t n = 0; n < invite.size(); ++n) {
    const Parsed p(invite.substr(0, n));
    EXPECT_EQ(p.ok, looks_like_sip(view_of(p.text))) << n;
    if (n > 43) {
      EXPECT_TRUE(p.ok) << n;
    }
    if (p.ok && n < headers - 1) {
      EXPECT_TRUE(p.m.anomalies & anomaly_truncated) << n;
    }
  }
}

TEST(Sip, WhatIsNot) {
  for (const std::string& s : std::vector<std::string>{"",
                                                       "\r\n",
                                                       "\r\n\r\n",
                                                       std::string(4, '\0'),
                                                       "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                                       "HTTP/1.0 200 OK\r\n\r\n",
                                                       "GET sip:a HTTP/1.1\r\n\r\n",
                                                       "DESCRIBE rtsp://a RTSP/1.0\r\n\r\n",
                                                       "AUEP 1 *@x MGCP 1.0\r\n\r\n",
                                                       "hello",
                                                       "hello world",
                                                       "INVITE\r\n",
                                                       "INVITE SIP/2.0\r\n",
                                                       "SIP/2.0\r\n",
                                                       "SIP/2.0 99 x\r\n",
                                                       "SIP/2.0 700 x\r\n",
                                                       "SIP/x 200 OK\r\n",
                                                       "SIP",
                                                       "\x80\x08SIP/2.0 200 OK\r\n",
                                                       std::string("\x80\x00\x00", 3)}) {
    EXPECT_FALSE(looks_like_sip(view_of(s))) << s;
    EXPECT_FALSE(Parsed(s).ok) << s;
  }
}

TEST(Sip, FoldingAtTheEdges) {
  const Parsed p(
      "BYE sip:a SIP/2.0\r\n lost\r\nCall-ID:\r\n  x\r\n \r\nCSeq: 1\r\n BYE\r\nno colon\r\n folded\r\n\r\n");
  ASSERT_TRUE(p.ok);
  EXPECT_EQ(p.m.call_id(), "x");
  EXPECT_EQ(p.m.first(Header::cseq), "1\r\n BYE");
  EXPECT_EQ(p.m.anomalies, static_cast<std::uint32_t>(anomaly_header_without_colon));
}

TEST(Sip, AnomalyText) {
  EXPECT_EQ(anomaly_text(0), "");
  EXPECT_EQ(anomaly_text(anomaly_bare_lf | anomaly_short_body),
            "bare LF line ends; body shorter than Content-Length");
}

}  // namespace
}  // namespace writ::wire
