// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sdp.hh"

#include <gmock/gmock.h>

namespace writ::wire {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string offer =
    "v=0\r\no=- 12345 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nt=0 0\r\n"
    "m=audio 30000 RTP/AVP 96 0 18 101\r\n"
    "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1; stereo=0\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=fmtp:18 annexb=no\r\n"
    "m=video 30002 RTP/SAVP 99\r\nc=IN IP6 2001:db8::7\r\na=recvonly\r\na=rtcp:40000 IN IP4 "
    "192.0.2.9\r\na=rtcp-mux\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=rtpmap:99 H264/90000\r\n"
    "m=image 0 udptl t38\r\n";

TEST(Sdp, Offer) {
  const Sdp s = parse_sdp(offer);
  EXPECT_EQ(s.origin_id, "12345");
  EXPECT_THAT(s.oddities, IsEmpty());
  ASSERT_EQ(s.media.size(), 3u);
  const SdpMedia& a = s.media[0];
  EXPECT_EQ(a.kind, "audio");
  EXPECT_EQ(a.rtp.text(), "192.0.2.1:30000");
  EXPECT_EQ(a.rtcp.text(), "192.0.2.1:30001");
  EXPECT_TRUE(a.has_address && !a.encrypted && !a.rtcp_mux);
  EXPECT_EQ(a.direction, "sendonly");
  ASSERT_EQ(a.formats.size(), 4u);
  EXPECT_EQ(a.formats[0].codec, "OPUS");
  EXPECT_EQ(a.formats[0].clock_rate, 48000u);
  EXPECT_EQ(a.formats[0].channels, 2);
  EXPECT_EQ(a.formats[0].fmtp, "useinbandfec=1; stereo=0");
  EXPECT_EQ(a.formats[1].codec, "PCMU");
  EXPECT_EQ(a.formats[2].codec, "G729");
  EXPECT_EQ(a.formats[2].fmtp, "annexb=no");
  EXPECT_EQ(a.formats[3].codec, "TELEPHONE-EVENT");
  EXPECT_THAT(a.oddities, IsEmpty());
  const SdpMedia& v = s.media[1];
  EXPECT_EQ(v.rtp.text(), "[2001:db8::7]:30002");
  EXPECT_EQ(v.rtcp.text(), "192.0.2.9:40000");
  EXPECT_EQ(v.direction, "recvonly");
  EXPECT_TRUE(v.encrypted && v.rtcp_mux);
  EXPECT_EQ(s.media[2].transport, "udptl");
  EXPECT_EQ(s.media[2].rtp.port, 0);
  EXPECT_THAT(s.media[2].formats, IsEmpty());
}

TEST(Sdp, Encryption) {
  const std::string base = "v=0\nc=IN IP4 192.0.2.1\n";
  EXPECT_FALSE(parse_sdp(base + "m=audio 4 RTP/AVP 0\n").media[0].encrypted);
  EXPECT_TRUE(parse_sdp(base + "m=audio 4 UDP/TLS/RTP/SAVPF 0\n").media[0].encrypted);
  EXPECT_TRUE(parse_sdp(base + "a=fingerprint:sha-256 AA\nm=audio 4 RTP/AVP 0\n").media[0].encrypted);
  EXPECT_TRUE(parse_sdp(base + "m=audio 4 RTP/AVP 0\na=zrtp-hash:1.10 x\n").media[0].encrypted);
}

TEST(Sdp, KeysThatAreOfferedAsACapabilityAreKeysAndEncryptNothingYet) {
  const auto m = parse_sdp(
                     "v=0\nc=IN IP4 192.0.2.1\nm=audio 4 RTP/AVP 0\na=tcap:1 RTP/SAVP\n"
                     "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\na=acap:2 ptime:30\na=acap:3\n"
                     "a=pcfg:1 t=1 a=1\n")
                     .media.at(0);
  EXPECT_THAT(m.crypto, testing::ElementsAre("1 AES_CM_128_HMAC_SHA1_80 inline:x"));
  EXPECT_FALSE(m.encrypted || m.must_encrypt);
}

TEST(Sdp, ABundledLineTakesItsGroupsFirstEndpoint) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n",
                    audio = "m=audio 20000 RTP/AVP 0\r\na=mid:0\r\na=rtcp-mux\r\n",
                    video = "m=video 0 RTP/AVP 96\r\na=mid:1\r\n", only = "a=bundle-only\r\n";
  const auto of = [&](const std::string& group, const std::string& lines) {
    return parse_sdp(head + group + lines).media;
  };
  const auto two = of("a=group:BUNDLE 0 1\r\n", audio + video + only);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].rtp, two[0].rtp);
  EXPECT_EQ(two[1].rtcp, two[0].rtcp);
  EXPECT_TRUE(two[1].rtcp_mux && two[1].has_address);
  EXPECT_EQ(of("a=group:BUNDLE 1 0\r\n", audio + video + only)[1].rtp.port, 0)
      << "its first line has no port";
  EXPECT_EQ(of("a=group:BUNDLE 0 1\r\n", audio + video)[1].rtp.port, 0) << "refused";
  EXPECT_EQ(of("a=group:BUNDLE 0\r\n", audio + video + only)[1].rtp.port, 0) << "not of the group";
  EXPECT_EQ(of("a=group:LS 0 1\r\n", audio + video + only)[1].rtp.port, 0) << "another kind of group";
  EXPECT_EQ(of("", audio + video + only)[1].rtp.port, 0);
}

TEST(Sdp, CandidatesThatPacketsCanBeKnownBy) {
  std::string lines =
      "v=0\r\nc=IN IP4 192.0.2.1\r\na=candidate:9 1 UDP 1 192.0.2.9 9 typ host\r\nm=audio 20000 RTP/AVP 0\r\n"
      "a=candidate:1 1 UDP 2130706431 10.0.0.5 5004 typ host\r\n"
      "a=candidate:1 2 udp 2130706430 2001:db8::5 5005 typ srflx raddr 10.0.0.5 rport 5005\r\n"
      "a=candidate:1 1 TCP 1 10.0.0.6 9 typ host tcptype active\r\na=candidate:1 3 UDP 1 10.0.0.7 5 typ "
      "host\r\n"
      "a=candidate:1 1 UDP 1 4f6d.local 5004 typ host\r\na=candidate:1 1 UDP 1 10.0.0.8 0 typ host\r\n"
      "a=candidate:\r\na=candidate:1 1 UDP 1 10.0.0.8\r\n";
  const Sdp s = parse_sdp(lines);
  ASSERT_EQ(s.media.size(), 1u);
  const auto& c = s.media[0].candidates;
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[0].at.text(), "10.0.0.5:5004");
  EXPECT_FALSE(c[0].rtcp);
  EXPECT_EQ(c[1].at.text(), "[2001:db8::5]:5005");
  EXPECT_TRUE(c[1].rtcp);
  for (int n = 0; n < 100; ++n)
    lines += "a=candidate:1 1 UDP 1 10.0.1." + std::to_string(n) + " 5004 typ host\r\n";
  const Sdp many = parse_sdp(lines);
  EXPECT_EQ(many.media[0].candidates.size(), 32u);
  EXPECT_FALSE(many.media[0].oddities.empty());
}

TEST(Sdp, OddOnesAreReadAndSaid) {
  const Sdp s = parse_sdp(
      "v=0\nc=IN IP4 phone.example.net\nm=audio 30000/2 RTP/AVP 0 97 foo 200 0\na=rtpmap:5 x/1\na=rtpmap:97 "
      "bar\nodd\n");
  ASSERT_EQ(s.media.size(), 1u);
  EXPECT_FALSE(s.media[0].has_address);
  EXPECT_THAT(s.oddities, Contains(HasSubstr("phone.example.net")));
  EXPECT_EQ(s.media[0].formats.size(), 2u);
  for (const char* text : {"port range", "not a payload type: foo", "not a payload type: 200",
                           "does not list", "without a clock rate", "without type: odd"}) {
    EXPECT_THAT(s.media[0].oddities, Contains(HasSubstr(text)));
  }
  EXPECT_THAT(parse_sdp("m=audio 4 RTP/AVP 98").media[0].oddities,
              Contains("payload type 98 without rtpmap"));
  EXPECT_THAT(parse_sdp("noise").oddities, Contains("no SDP lines"));
  EXPECT_EQ(parse_sdp("m=audio 70000 RTP/AVP 0").media[0].rtp.port, 0);
  EXPECT_EQ(parse_sdp("m=audio 65535 RTP/AVP 0").media[0].rtcp.port, 0);
}

TEST(Sdp, Bounded) {
  std::string s = "v=0\n";
  for (int i = 0; i < 5000; ++i) s += "m=audio 4 RTP/AVP 0\na=rtpmap:1\nx\n";
  const Sdp parsed = parse_sdp(s);
  EXPECT_EQ(parsed.media.size(), 64u);
  EXPECT_LE(parsed.media.back().oddities.size(), 16u);
}

TEST(SdpPart, WhereItIs) {
  EXPECT_EQ(sdp_part("application/sdp", "v=0"), "v=0");
  EXPECT_EQ(sdp_part("Application/SDP ; charset=x", "v=0"), "v=0");
  EXPECT_EQ(sdp_part("", "\r\nv=0"), "\r\nv=0");
  EXPECT_EQ(sdp_part("", "hello"), "");
  EXPECT_EQ(sdp_part("text/plain", "v=0"), "");
  const std::string inner =
      "preamble --b1 x\r\n--b1\r\nContent-Type: text/plain\r\n\r\nv=9\r\n--b1 \r\ncontent-disposition: "
      "session\r\n"
      "CONTENT-TYPE: application/sdp\r\n\r\nv=0\r\ns=x\r\n--b1--\r\n";
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=b1", inner), "v=0\r\ns=x\r\n");
  EXPECT_EQ(
      sdp_part("multipart/mixed; boundary=\"b0\"",
               "--b0\r\nContent-Type: multipart/alternative;boundary=b1\r\n\r\n" + inner + "\r\n--b0--"),
      "v=0\r\ns=x\r\n");
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=b1", "--b1\nc: application/sdp\n\nv=0"),
            "v=0");  // never closed
  EXPECT_EQ(sdp_part("multipart/mixed;boundary=b2", inner), "");
  EXPECT_EQ(sdp_part("multipart/mixed", inner), "");
}

TEST(Sdp, StaticPayloadTypes) {
  EXPECT_EQ(static_payload_type(0)->codec, "PCMU");
  EXPECT_EQ(static_payload_type(10)->channels, 2);
  EXPECT_EQ(static_payload_type(9)->clock_rate, 8000u);  // G.722 by the famous error of RFC 1890
  EXPECT_EQ(static_payload_type(34)->codec, "H263");
  EXPECT_EQ(static_payload_type(2)->codec,
            "G726-32");  // reserved since RFC 3551, and still sent without rtpmap
  for (const int pt : {1, 19, 24, 35, 72, 96, 127}) {
    EXPECT_EQ(static_payload_type(static_cast<std::uint8_t>(pt)), nullptr) << pt;
  }
}

}  // namespace
}  // namespace writ::wire
