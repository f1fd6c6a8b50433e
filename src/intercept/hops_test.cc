// SPDX-License-Identifier: GPL-3.0-or-later
// Which streams are one voice before and behind a relay. One that is taken for another's is not heard.
#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

const wire::Endpoint relay = ep("203.0.113.5", 5060), outer = ep("203.0.113.5", 40000),
                     inner = ep("203.0.113.5", 41000);

Sip describes(Sip m, const wire::Endpoint& e) {
  m.body = sdp(e.ip.text(), e.port);
  return m;
}

// Both hops of a call whose media go through a relay: the caller at `outer`, the target at `inner`.
void up_through_relay(Call& c) {
  const Sip invite = c.message(c.request("INVITE"), "INVITE", false),
            ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  c.b.sip(0, c.a, relay, describes(invite, c.am));
  c.b.sip(0.01, relay, c.z, describes(invite, inner));
  c.b.sip(1, c.z, relay, describes(ok, c.zm));
  c.b.sip(1.01, relay, c.a, describes(ok, outer));
}

std::vector<MediaStream> streams(Call& c) {
  c.bye(8);
  EXPECT_TRUE(c.b.engine.finish());
  return c.b.sink.matter().calls.at(0).media;
}

std::size_t from(const std::vector<MediaStream>& media, const wire::Endpoint& src) {
  const auto it = std::ranges::find(media, src, &MediaStream::src);
  EXPECT_NE(it, media.end()) << src.text();
  return static_cast<std::size_t>(it - media.begin());
}

TEST(Hops, WhoSpeaksIntoTheRelayIsHeardBehindIt) {
  Bench b(grants(spec()));
  Call c(b);
  up_through_relay(c);
  b.talk(1.1, c.am, outer, 0xaaaa, 50);
  b.talk(1.11, inner, c.zm, 0xcccc, 50);
  b.talk(1.1, c.zm, inner, 0xdddd, 50);
  b.talk(1.11, outer, c.am, 0xbbbb, 50);
  const auto media = streams(c);
  ASSERT_EQ(media.size(), 4u);
  EXPECT_THAT(media[from(media, c.am)].nearer, ElementsAre(from(media, inner)));
  EXPECT_THAT(media[from(media, outer)].nearer, ElementsAre(from(media, c.zm)));
  for (const wire::Endpoint& e : {inner, c.zm}) EXPECT_THAT(media[from(media, e)].nearer, IsEmpty());
}

// What is kept apart from the recording is not what the relay has passed on.
TEST(Hops, AStrangersVoiceIsNotTheOneBehindTheRelay) {
  Bench b(grants(spec()));
  Call c(b);
  up_through_relay(c);
  const wire::Endpoint stranger = ep("192.0.2.66", 6666);
  b.talk(1.1, c.zm, inner, 0xdddd, 100);
  b.talk(1.11, outer, c.am, 0xbbbb, 100);
  b.talk(1.2, stranger, inner, 0xeeee, 90);
  const auto media = streams(c);
  ASSERT_EQ(media.size(), 3u);
  ASSERT_TRUE(media[from(media, stranger)].foreign);
  EXPECT_EQ(media[from(media, stranger)].direction, Direction::from_target);
  EXPECT_THAT(media[from(media, outer)].nearer, ElementsAre(from(media, c.zm)));
}

TEST(Hops, BothEndsThatMoveAreNoRelay) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 50);
  ++c.cseq;
  const wire::Endpoint am = ep("192.0.2.1", 20500), zm = ep("198.51.100.1", 30500);
  b.sip(3, c.a, c.z, describes(c.message(c.request("INVITE"), "INVITE", true), am));
  b.sip(3.1, c.z, c.a, describes(c.message("SIP/2.0 200 OK", "INVITE", true), zm));
  b.talk(3.2, am, zm, 0xcccc, 50);
  b.talk(3.2, zm, am, 0xdddd, 50);
  const auto media = streams(c);
  ASSERT_EQ(media.size(), 4u);
  for (const MediaStream& s : media) EXPECT_THAT(s.nearer, IsEmpty()) << s.src.text();
}

// Seen is only what a proxy sends: it announces both ends, and relays nothing.
TEST(Hops, ANewSsrcOfOneSourceIsNoRelay) {
  Bench b(grants(spec()));
  Call c(b);
  const wire::Endpoint proxy = ep("203.0.113.8", 5060);
  b.sip(0, proxy, c.z, describes(c.message(c.request("INVITE"), "INVITE", false), c.am));
  b.sip(1, proxy, c.a, describes(c.message("SIP/2.0 200 OK", "INVITE", true), c.zm));
  b.talk(1.1, c.am, c.zm, 0x1111, 50);
  b.talk(2.2, c.am, c.zm, 0x2222, 50);
  b.talk(1.1, c.zm, c.am, 0xbbbb, 100);
  const auto media = streams(c);
  ASSERT_EQ(media.size(), 3u);
  for (const MediaStream& s : media) EXPECT_THAT(s.nearer, IsEmpty()) << s.ssrc;
}

}  // namespace
}  // namespace writ::intercept
