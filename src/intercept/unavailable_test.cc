// SPDX-License-Identifier: GPL-3.0-or-later
// What of a call's content cannot be had is said, of each medium and direction; what can be had is not.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> said(const Bench& b) {
  std::vector<std::string> why;
  for (const Event* e : all_of(b, EventType::cc_unavailable)) why.push_back(e->detail["why"]);
  return why;
}

// A call to the target with more m= lines than audio, the same in offer and answer but for "{}", which is the
// number of a port: 40000 of the caller, 50000 of the target.
void up(Call& c, const std::string& offered, const std::string& answered) {
  const auto with_port = [](std::string lines, const std::string& port) {
    for (auto at = lines.find("{}"); at != std::string::npos; at = lines.find("{}"))
      lines.replace(at, 2, port);
    return lines;
  };
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port) + with_port(offered, "40000");
  c.b.sip(0, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port) + with_port(answered, "50000");
  c.b.sip(1, c.z, c.a, ok);
  c.ack(1.05);
}

TEST(Unavailable, ADirectionThatWasNeverSeen) {
  for (const bool from_target : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    from_target ? b.talk(1.1, c.zm, c.am, 0xbbbb, 20) : b.talk(1.1, c.am, c.zm, 0xaaaa, 20);
    c.bye(3);
    EXPECT_THAT(said(b), ElementsAre(from_target ? "audio to the target was agreed, and never seen"
                                                 : "audio from the target was agreed, and never seen"));
  }
  Bench b(grants(spec()));
  Call c{b};
  c.whole(0);
  EXPECT_THAT(said(b), IsEmpty()) << "both were seen";
}

TEST(Unavailable, NotWhereOneSideIsOnlyToListen) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port, "0", "a=sendonly\r\n");
  b.sip(0, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port, "0", "a=recvonly\r\n");
  b.sip(1, c.z, c.a, ok);
  b.talk(1.1, c.am, c.zm, 0xaaaa, 20);
  c.bye(3);
  EXPECT_THAT(said(b), IsEmpty());
}

TEST(Unavailable, NotOfASideThatIsOnlyToListenSinceTheCallWasUp) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  reinvite(c, 1.5, true, "sendonly");
  b.talk(2, c.am, c.zm, 0xaaaa, 20);
  c.cseq = 20;  // the re-INVITE's
  c.bye(4);
  EXPECT_EQ(b.sink.count(EventType::release), 1u);
  EXPECT_THAT(said(b), IsEmpty());
}

TEST(Unavailable, ADirectionThatWasNeverSeenBeforeTheCallWasPutOnHold) {
  for (const bool seen : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.talk(1.1, c.am, c.zm, 0xaaaa, 20);
    if (seen) b.talk(1.1, c.zm, c.am, 0xbbbb, 20);
    reinvite(c, 20, true, "sendonly");
    c.cseq = 20;
    c.bye(25);
    if (seen)
      EXPECT_THAT(said(b), IsEmpty());
    else
      EXPECT_THAT(said(b), ElementsAre("audio from the target was agreed, and never seen"));
  }
}

// What keeps a path open, and what counts the packets, is not yet a word that was spoken.
TEST(Unavailable, ADirectionOfWhichOnlyStunAndRtcpWereSeen) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  b.talk(1.1, c.am, c.zm, 0xaaaa, 20);
  const Bytes stun{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Bytes report{0x80, 201, 0, 1, 0, 0, 0xbb, 0xbb};
  for (const Bytes& p : {stun, report}) b.udp(1.2, c.zm, c.am, p);
  c.bye(3);
  EXPECT_THAT(said(b), ElementsAre("audio from the target was agreed, and never seen"));
}

TEST(Unavailable, ACallThatIsUpAtTheEndWithoutMedia) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  EXPECT_THAT(said(b), IsEmpty()) << "they may come yet";
  ASSERT_TRUE(b.engine.finish());
  EXPECT_THAT(said(b), ElementsAre("the call was answered, its media were never seen"));
  Bench ringing(grants(spec()));
  Call r{ringing};
  r.invite(0);
  ASSERT_TRUE(ringing.engine.finish());
  EXPECT_THAT(said(ringing), IsEmpty());
}

TEST(Unavailable, VideoThatWasNeverSeen) {
  const std::string video = "m=video {} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  for (const bool seen : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    up(c, video, video);
    c.talk(1.1, 20);
    const wire::Endpoint av = ep("192.0.2.1", 40000), zv = ep("198.51.100.1", 50000);
    if (seen) b.talk(1.2, av, zv, 7, 10, 1, 96), b.talk(1.2, zv, av, 8, 10, 1, 96);
    c.bye(3);
    if (seen)
      EXPECT_THAT(said(b), IsEmpty());
    else
      EXPECT_THAT(said(b), ElementsAre("video to the target was agreed, and never seen",
                                       "video from the target was agreed, and never seen"));
  }
  Bench b(grants(spec()));
  Call c{b};
  up(c, video, "m=video 0 RTP/AVP 96\r\n");
  c.talk(1.1, 20);
  c.bye(3);
  EXPECT_THAT(said(b), IsEmpty()) << "refused";
}

TEST(Unavailable, APictureOfOneSideThatWasNeverSeen) {
  const std::string video = "m=video {} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  for (const bool from_target : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    const std::string sends = video + "a=sendonly\r\n", sees = video + "a=recvonly\r\n";
    up(c, from_target ? sees : sends, from_target ? sends : sees);
    c.talk(1.1, 20);
    c.bye(3);
    EXPECT_THAT(said(b), ElementsAre(from_target ? "video from the target was agreed, and never seen"
                                                 : "video to the target was agreed, and never seen"));
  }
}

TEST(Unavailable, ASessionOverTcpBesideTheAudio) {
  const std::string msrp = "m=message {} TCP/MSRP *\r\na=path:msrp://192.0.2.1:40000/s;tcp\r\n";
  for (const bool taken : {true, false}) {
    Bench b(grants(spec()));
    Call c{b};
    up(c, msrp, taken ? msrp : "m=message 0 TCP/MSRP *\r\n");
    c.talk(1.1, 20);
    c.bye(3);
    if (taken)
      EXPECT_THAT(said(b), ElementsAre("message over TCP was agreed: such media are not read"));
    else
      EXPECT_THAT(said(b), IsEmpty());
  }
}

TEST(Unavailable, EncryptedVideoBesidePlainAudio) {
  const std::string plain = "m=video {} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  const std::string closed =
      "m=video {} UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=fingerprint:sha-256 AA:BB\r\n";
  for (const bool encrypted : {true, false}) {
    for (const Kind kind : {Kind::content, Kind::pen_trap}) {
      Bench b(grants(spec(kind)));
      Call c{b};
      up(c, encrypted ? closed : plain, encrypted ? closed : plain);
      c.talk(1.1, 20);
      b.talk(1.2, ep("192.0.2.1", 40000), ep("198.51.100.1", 50000), 7, 10, 1, 96);
      b.talk(1.2, ep("198.51.100.1", 50000), ep("192.0.2.1", 40000), 8, 10, 1, 96);
      c.bye(3);
      if (encrypted && kind == Kind::content)
        EXPECT_THAT(said(b), ElementsAre("video encrypted, keys unknown here"));
      else
        EXPECT_THAT(said(b), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace writ::intercept
