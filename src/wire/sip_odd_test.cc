// SPDX-License-Identifier: GPL-3.0-or-later
// Messages that no grammar allows and some device sends: used, and their oddity kept.
#include <gtest/gtest.h>

#include "wire/sdp.hh"
#include "wire/sip.hh"

namespace writ::wire {
namespace {

const std::string headers = "Via: SIP/2.0/UDP a\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
const std::string start = "INVITE sip:+12125550101@h SIP/2.0\r\n";

struct Read {
  explicit Read(std::string t) : text(std::move(t)), good(parse_sip(view_of(text), m)) {
    EXPECT_EQ(good, looks_like_sip(view_of(text))) << text;
  }
  std::string text;
  SipMessage m;
  bool good;
};

void expect_used(const Read& r, std::uint32_t oddity) {
  ASSERT_TRUE(r.good) << r.text;
  EXPECT_EQ(r.m.method, Method::invite);
  EXPECT_EQ(r.m.request_uri, "sip:+12125550101@h");
  EXPECT_EQ(r.m.call_id(), "x");
  EXPECT_EQ(r.m.cseq_number(), 1u);
  EXPECT_TRUE(r.m.anomalies & oddity) << r.text;
}

TEST(SipOdd, BytesBeforeTheStartLine) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += "\r\n";
  expect_used(Read(many + start + headers + "\r\n"), anomaly_leading_junk);
  expect_used(Read("\xef\xbb\xbf" + start + headers + "\r\n"), anomaly_leading_junk);
  EXPECT_FALSE(Read("\xef\xbb" + start + headers + "\r\n").good);
  EXPECT_FALSE(Read(std::string(5000, '\n') + start).good) << "bounded";
}

TEST(SipOdd, AStartLineWithoutVersion) {
  expect_used(Read("INVITE sip:+12125550101@h\r\n" + headers + "\r\n"), anomaly_bad_start_line);
  for (const char* other : {"FETCH sip:+12125550101@h\r\n", "INVITE rtsp://h/\r\n",
                            "OPTIONS sip:h HTTP/1.1\r\n", "INVITE sip:h and more words\r\n"})
    EXPECT_FALSE(Read(other + headers + "\r\n").good) << other;
}

TEST(SipOdd, BracketsAroundTheRequestUri) {
  for (const char* uri : {"<sip:+12125550101@h>", "\"x y\" <sip:+12125550101@h>", "< sip:+12125550101@h >"})
    expect_used(Read("INVITE " + std::string(uri) + " SIP/2.0\r\n" + headers + "\r\n"),
                anomaly_bad_start_line);
}

TEST(SipOdd, LinesThatEndInCrAlone) {
  std::string text =
      start + headers + "Content-Type: application/sdp\r\n\r\nv=0\r\nm=audio 20000 RTP/AVP 0\r\n";
  std::erase(text, '\n');
  const Read r(text);
  expect_used(r, anomaly_bare_cr);
  EXPECT_EQ(r.m.header_count, 5u);
  const Sdp sdp = parse_sdp(text_of(r.m.body));
  ASSERT_EQ(sdp.media.size(), 1u);
  EXPECT_TRUE(sdp.oddities.empty());
  EXPECT_FALSE(Read(start + headers + "\r\n").m.anomalies & anomaly_bare_cr);
}

TEST(SipOdd, MultipartsThatForgetWhatTheyAre) {
  const std::string sdp = "v=0\r\nm=audio 20000 RTP/AVP 0\r\n";
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=bb", "--bb\r\n\r\n" + sdp + "--bb--"), sdp);
  EXPECT_EQ(sdp_part("multipart/mixed", "--bb\r\nContent-Type: application/sdp\r\n\r\n" + sdp + "--bb--"),
            sdp);
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=bb", "--bb\r\n\r\nhello v=0\r\n--bb--"), "");
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=bb",
                     "--bb\r\nContent-Type: text/plain\r\n\r\n" + sdp + "\r\n--bb--"),
            "");
  EXPECT_EQ(sdp_part("multipart/mixed", sdp), "");
}

}  // namespace
}  // namespace writ::wire
