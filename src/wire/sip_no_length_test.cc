// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_no_length.hh"

#include "wire/sip_stream_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;

const std::string sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 20000 RTP/AVP 0\r\na=sendrecv\r\n";

std::string without_length(std::string_view type, const std::string& body) {
  return "INVITE sip:1@example.net SIP/2.0\r\nCall-ID: c\r\nContent-Type: " + std::string(type) + "\r\n\r\n" +
         body;
}

TEST(SipNoLength, SdpEndsWithItsLastLine) {
  const auto looks = [](std::string_view rest) {
    const BodyLength r = body_by_its_looks("application/sdp", view_of(rest));
    return std::pair{r.bytes, r.ended};
  };
  EXPECT_EQ(looks("v=0\r\ns=-\r\n1=2\r\n"), (std::pair{std::size_t{10}, true}));
  EXPECT_EQ(looks("v=0\r\nsomething else\r\nb=1\r\n"), (std::pair{std::size_t{5}, true}));
  EXPECT_EQ(looks("v=0\r\ns"), (std::pair{std::size_t{6}, false})) << "a line that may go on";
  EXPECT_EQ(looks("something else\r\n"), (std::pair{std::size_t{0}, false}));
}

TEST(SipNoLength, ABodyEndsWhereItLooksLikeIt) {
  const std::string multi = "--b\r\nContent-Type: application/sdp\r\n\r\n" + sdp + "\r\n--b--";
  const std::vector<std::pair<std::string, std::string>> bodies = {{"application/sdp", sdp},
                                                                   {"Application/SDP;x=y", sdp},
                                                                   {"multipart/mixed;boundary=b", multi},
                                                                   {"text/plain", "hello\r\n"}};
  for (const auto& [type, body] : bodies) {
    const std::string m = without_length(type, body);
    for (const std::size_t step : {m.size(), std::size_t{33}}) {
      if (type == "text/plain" && step != m.size()) continue;
      Streams s;
      for (std::size_t at = 0; at < m.size(); at += step)
        s.feed(tcp_frame(static_cast<std::uint32_t>(at), std::string_view(m).substr(at, step)));
      s.feed(tcp_frame(static_cast<std::uint32_t>(m.size()), "\r\n\r\n" + message(2)));
      EXPECT_EQ(s.texts(), (std::vector{m, message(2)})) << type << step;
      EXPECT_TRUE(s.out[0].no_length);
      EXPECT_FALSE(s.out[1].no_length);
      EXPECT_EQ(s.s.dropped(), 0u);
    }
  }
}

// Whatever the type: the next message is another's.
TEST(SipNoLength, TheNeighbourBehindItStaysOut) {
  for (const char* type : {"application/sdp", "text/plain", "multipart/mixed;boundary=none"}) {
    const std::string m = without_length(type, sdp);
    Streams s;
    s.feed(tcp_frame(0, m + message(2, 9) + without_length(type, "") + message(3)));
    EXPECT_EQ(s.texts(), (std::vector{m, message(2, 9), without_length(type, ""), message(3)})) << type;
    for (std::size_t i = 0; i < s.out.size(); ++i) EXPECT_EQ(held(s.out[i].frames.at(0)), s.texts()[i]);
  }
}

TEST(SipNoLength, WithoutATypeThereIsNoBody) {
  EXPECT_EQ(body_by_its_looks("", view_of(sdp)).bytes, 0u);
  EXPECT_EQ(body_by_its_looks("application/sdp", {}).ended, false);
}

}  // namespace
}  // namespace writ::wire
