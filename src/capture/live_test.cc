// SPDX-License-Identifier: GPL-3.0-or-later
// Live sources on pairs of virtual Ethernet in a network of this test's own (network_namespaces(7)). Needs
// root; skipped visibly where that is not to be had.
#include "capture/live.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "capture/capture_for_test.hh"
#include "capture/pump.hh"
#include "wire/hep_for_test.hh"

namespace writ::capture {
namespace {

using namespace test;
using vault::Stream;

class LiveTest : public CaptureTest {
 protected:
  LiveTest() { epoch_ = SystemClock{}.now() - std::chrono::seconds{1}; }
  void SetUp() override {
    CaptureTest::SetUp();
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network namespace of its own: this needs root";
    const auto ip = [](const std::string& words) {
      return std::system(("ip " + words + " 2>/dev/null").c_str()) == 0;
    };
    if (!ip("link set lo up") || !ip("link add pa0 type veth peer name pb0") ||
        !ip("link add pa1 type veth peer name pb1"))
      GTEST_SKIP() << "no virtual Ethernet (iproute2, CAP_NET_ADMIN)";
    for (const char* name : {"pa0", "pb0", "pa1", "pb1"}) {
      // Or the kernel speaks on it by itself.
      std::ofstream(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", name)) << 1;
      ASSERT_TRUE(ip(fmt::format("link set {} mtu 65000 up", name)));
    }
    grants_ = {carrier_->grant(Kind::content, target).value()};
    ASSERT_TRUE(run_of(capture_, grants_, dir_ / "file"));
  }

  // Sends from the far end of a pair.
  class Port {
   public:
    explicit Port(const char* name) : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
      sockaddr_ll to{};
      to.sll_family = AF_PACKET;
      to.sll_protocol = htons(ETH_P_ALL);
      to.sll_ifindex = static_cast<int>(::if_nametoindex(name));
      EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    void send(View frame) {
      EXPECT_EQ(::send(fd_.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
    }

   private:
    Fd fd_;
  };

  struct Run {
    Result<RunResult> result{RunResult{}};
    std::vector<std::string> alarms, said;
    std::vector<std::string> sources;
  };
  // Runs the sources while `traffic` does its part, and for `after_ms` more.
  template <class F>
  Run live(
      const LiveSettings& sources, const std::string& spool_name, F&& traffic, RunSettings settings = {},
      const Watch& watch = [] { return Status{}; }, unsigned after_ms = 200) {
    Run out;
    auto source = LiveSource::open(sources, [&](const std::string& s) { out.said.push_back(s); });
    if (!source) {
      out.result = tl::unexpected(source.error());
      return out;
    }
    auto spool = Spool::open(dir_ / spool_name, grants_, carrier_->probe(), clock_);
    EXPECT_TRUE(spool);
    StopFlag stop{false};
    std::thread sender([&] {
      traffic();
      ::usleep(after_ms * 1000);
      stop = true;
    });
    Pump pump{grants_, *spool, watch, settings};
    const Status worked =
        run_live(*source, pump, stop, [&](const std::string& s) { out.alarms.push_back(s); });
    out.result = pump.end({}, worked);
    if (out.result) out.result->kernel_dropped = source->dropped();
    sender.join();
    out.sources = source->describe();
    return out;
  }
  std::vector<wire::RawPacket> frames_of_file() {
    if (!map_) map_.emplace(MappedFile::open(capture_).value());
    auto reader = wire::CaptureReader::open(map_->bytes());
    std::vector<wire::RawPacket> out;
    for (wire::RawPacket p; reader->next(p);) out.push_back(p);
    return out;
  }
  // What was sealed, without the times, which are the kernel's.
  std::vector<Bytes> frames_sealed(const std::string& spool) {
    std::vector<Bytes> out;
    for (const Bytes& record : opened(grants_[0], dir_ / spool, Stream::content))
      out.push_back([](const SlabBytes& b) {
        return Bytes(b.begin(), b.end());
      }(intercept::decode_packet(record)->storage));
    return out;
  }
  std::vector<Json> gaps(const std::string& spool) {
    std::vector<Json> out;
    for (const Bytes& record : opened(grants_[0], dir_ / spool, Stream::call_data))
      if (const auto e = intercept::decode_event(record); e->type == intercept::EventType::gap)
        out.push_back(e->detail);
    return out;
  }

  std::vector<authority::VerifiedGrant> grants_;
  std::optional<MappedFile> map_;
};

TEST_F(LiveTest, OnePortGivesWhatTheFileGives) {
  for (const unsigned rings : {1u, 4u}) {
    const std::string spool = fmt::format("live{}", rings);
    Port port("pb0");
    const Run r = live({{"pa0"}, {}, rings}, spool, [&] {
      for (const auto& p : frames_of_file()) {
        port.send(p.bytes);
        ::usleep(20);
      }
    });
    ASSERT_TRUE(r.result) << to_text(r.result.error());
    EXPECT_EQ(r.sources.size(), rings);
    EXPECT_NE(r.sources[0].find("pa0: ring"), std::string::npos) << r.sources[0];
    EXPECT_TRUE(r.said.empty());
    EXPECT_EQ(r.result->stats.packets, frames_of_file().size());
    EXPECT_EQ(r.result->kernel_dropped, 0u);
    EXPECT_EQ(frames_sealed(spool), frames_sealed("file"));
    EXPECT_TRUE(gaps(spool).empty());
  }
}

TEST_F(LiveTest, SignallingOnOnePortAndMediaOnAnotherAreOneCallInTheOrderOfTime) {
  Port a("pb0"), b("pb1");
  const Run r = live({{"pa0", "pa1"}, {}}, "two", [&] {
    for (const auto& p : frames_of_file()) {
      const wire::Decoded d = wire::decode(p);
      (d.udp.dst.port == 5060 ? a : b).send(p.bytes);
      ::usleep(20);
    }
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_EQ(r.result->stats.packets, frames_of_file().size());
  EXPECT_EQ(frames_sealed("two"), frames_sealed("file"));
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
}

TEST_F(LiveTest, FromIsBelievedAtTheTrunkPortAndNotAtTheAccessPort) {
  grants_ = {carrier_->grant_at(target, {"pa1"}).value()};
  Port access("pb0"), trunk("pb1");
  Traffic forged{epoch_}, genuine{epoch_};
  forged.call(target, "forged", 20000, 10);
  genuine.call(target, "genuine", 21000, 10);
  const LiveSettings sources{{"pa0", "pa1"}, {}};
  RunSettings settings;
  settings.engine.inputs = inputs_of(sources);
  const Run r = live(
      sources, "trust",
      [&] {
        for (const auto& p : forged.packets()) access.send(p.bytes);
        for (const auto& p : genuine.packets()) trunk.send(p.bytes);
      },
      settings);
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  std::vector<std::string> calls, reviews;
  for (const Bytes& record : opened(grants_[0], dir_ / "trust", Stream::call_data)) {
    const auto e = intercept::decode_event(record);
    if (e->type == intercept::EventType::origination) calls.push_back(e->call_id);
    if (e->type == intercept::EventType::review) reviews.push_back(e->call_id);
  }
  EXPECT_EQ(calls, std::vector<std::string>{"genuine"});
  EXPECT_EQ(reviews, std::vector<std::string>{"forged"});
  EXPECT_EQ(r.result->stats.packets_isolated, genuine.packets().size());
}

TEST_F(LiveTest, InputsAreNamedAsOnTheCommandLineEachOnce) {
  const auto hep = HepListen::parse("UDP:[2001:db8:0::1]:9060");
  ASSERT_TRUE(hep);
  EXPECT_EQ(inputs_of({{"pa1", "pa0", "pa1"}, {*hep}}),
            (std::vector<std::string>{"pa1", "pa0", "UDP:[2001:db8::1]:9060"}));
}

TEST_F(LiveTest, WhatTwoPortsShowIsTakenOnce) {
  Port a("pb0"), b("pb1");
  RunSettings settings;
  settings.drop_duplicates = true;
  const Run r = live(
      {{"pa0", "pa1"}, {}}, "double",
      [&] {
        for (const auto& p : frames_of_file()) {
          a.send(p.bytes);
          b.send(p.bytes);
          ::usleep(20);
        }
      },
      settings);
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  // On a machine that is busy the second may come later than a duplicate may.
  EXPECT_GE(r.result->duplicates, frames_of_file().size() * 9 / 10);
  EXPECT_EQ(r.result->stats.packets + r.result->duplicates, 2 * frames_of_file().size());
}

// The kernel takes the tags off; the evidence has them, as tshark's would.
TEST_F(LiveTest, VlanTagsAreInTheEvidence) {
  Port port("pb0");
  std::vector<Bytes> tagged;
  for (const auto& p : frames_of_file()) {
    Bytes f(p.bytes.begin(), p.bytes.begin() + 12);
    put_be32(f, 0x81002064);  // priority 1, VLAN 100
    put_bytes(f, p.bytes.subspan(12));
    tagged.push_back(std::move(f));
  }
  const Run r = live({{"pa0"}, {}}, "vlan", [&] {
    for (const Bytes& f : tagged) port.send(f);
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  const auto sealed = frames_sealed("vlan");
  ASSERT_EQ(sealed.size(), frames_sealed("file").size());
  for (const Bytes& f : sealed) EXPECT_NE(std::find(tagged.begin(), tagged.end(), f), tagged.end());
}

TEST_F(LiveTest, DropsAreCountedSaidAndGaps) {
  Port port("pb0");
  const Bytes large = frame("192.0.2.1", 9, "198.51.100.1", 9, Bytes(60'000, 1));
  constexpr std::uint64_t sent = 2500;  // 150 MB into a ring of 64
  std::atomic<bool> flooding{false}, slow{false};
  const Run r = live(
      {{"pa0"}, {}}, "drops",
      [&] {
        flooding = true;
        while (!slow) ::usleep(1000);
        for (std::uint64_t n = 0; n < sent; ++n) port.send(large);
        flooding = false;
      },
      {},
      [&] {
        for (slow = flooding.load(); flooding;) ::usleep(1000);
        return Status{};
      },
      1500);
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_GT(r.result->kernel_dropped, 500u);
  EXPECT_EQ(r.result->stats.packets + r.result->kernel_dropped, sent);
  std::uint64_t said = 0;
  for (const Json& g : gaps("drops")) {
    EXPECT_EQ(g["why"], "the kernel dropped packets on pa0");
    said += g["packets"].get<std::uint64_t>();
  }
  EXPECT_EQ(said, r.result->kernel_dropped);
  ASSERT_FALSE(r.alarms.empty());
  EXPECT_NE(r.alarms[0].find("the kernel dropped packets on pa0"), std::string::npos);
}

TEST_F(LiveTest, AnInterfaceThatGoesDownIsAGapAndComesBack) {
  Port b("pb1");
  const Run r = live({{"pa0", "pa1"}, {}}, "down", [&] {
    ::usleep(1'300'000);
    EXPECT_EQ(std::system("ip link set pa0 down"), 0);
    ::usleep(1'500'000);
    EXPECT_EQ(std::system("ip link set pa0 up"), 0);
    for (const auto& p : frames_of_file()) b.send(p.bytes);  // the other went on
    ::usleep(1'300'000);
    Port a("pb0");
    a.send(frame("192.0.2.1", 9, "198.51.100.1", 9, Bytes(10, 1)));
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  const auto g = gaps("down");
  ASSERT_FALSE(g.empty());  // the kernel may find the link a moment later than the interface
  EXPECT_EQ(g[0]["why"], "pa0 is down");
  ASSERT_FALSE(r.alarms.empty());
  EXPECT_THAT(r.alarms, ::testing::Contains("pa0 is down"));
  EXPECT_TRUE(r.alarms.back().ends_with(": over")) << r.alarms.back();
  EXPECT_EQ(r.result->stats.packets, frames_of_file().size() + 1);
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
}

// The kernel binds a socket to an interface, not to its name.
TEST_F(LiveTest, AnInterfaceThatIsMadeAgainIsHeardAgain) {
  Port b("pb1");
  const Run r = live({{"pa0", "pa1"}, {}}, "again", [&] {
    ::usleep(1'300'000);
    EXPECT_EQ(std::system("ip link del pa0"), 0);
    ::usleep(1'500'000);
    b.send(frame("192.0.2.1", 9, "198.51.100.1", 9, Bytes(10, 1)));  // the other went on
    EXPECT_EQ(std::system("ip link add pa0 type veth peer name pb0"), 0);
    for (const char* name : {"pa0", "pb0"}) {
      std::ofstream(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", name)) << 1;
      EXPECT_EQ(std::system(fmt::format("ip link set {} mtu 65000 up", name).c_str()), 0);
    }
    ::usleep(2'300'000);
    Port a("pb0");
    for (const auto& p : frames_of_file()) a.send(p.bytes);
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_EQ(r.result->stats.packets, frames_of_file().size() + 1);
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
  EXPECT_GT(r.result->deaf_times, 0u);
  const auto g = gaps("again");
  ASSERT_FALSE(g.empty());
  EXPECT_EQ(g[0]["why"], "pa0 is gone");
  const auto time = [](const Json& t) { return parse_rfc3339(t.get<std::string>()).value(); };
  EXPECT_GT(time(g.back()["until"]) - time(g[0]["from"]), std::chrono::milliseconds{1500});
  ASSERT_FALSE(r.alarms.empty());
  EXPECT_THAT(r.alarms, ::testing::Contains("pa0 is gone"));
  EXPECT_TRUE(r.alarms.back().ends_with(": over")) << r.alarms.back();
}

TEST_F(LiveTest, RingsThatShareAnInterfaceThatWasMadeAgainSayThatTheyHearNothing) {
  const Run r = live({{"pa0", "pa1"}, {}, 2}, "shared", [&] {
    ::usleep(1'300'000);
    EXPECT_EQ(std::system("ip link del pa0; ip link add pa0 type veth peer name pb0; ip link set pa0 up; "
                          "ip link set pb0 up"),
              0);
    ::usleep(1'500'000);
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_EQ(r.result->deaf_times, 2u);
  ASSERT_FALSE(r.alarms.empty());
  EXPECT_NE(r.alarms.back().find("start the probe again"), std::string::npos) << r.alarms.back();
}

// Down and up between two looks.
TEST_F(LiveTest, AnInterfaceThatIsDownForAMomentIsAGap) {
  const Run r = live({{"pa0", "pa1"}, {}}, "moment", [&] {
    ::usleep(1'300'000);
    EXPECT_EQ(std::system("ip link set pa0 down; ip link set pa0 up"), 0);
    ::usleep(2'300'000);
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_GT(r.result->deaf_times, 0u);
  EXPECT_FALSE(gaps("moment").empty());
}

TEST_F(LiveTest, AMissingInterfaceKeepsNoOtherFromBeingHeardAndIsTakenWhenItComes) {
  Port b("pb1");
  const Run r = live({{"pa1", "late0"}, {}}, "late", [&] {
    ::usleep(1'300'000);
    b.send(frame("192.0.2.1", 9, "198.51.100.1", 9, Bytes(10, 1)));
    EXPECT_EQ(std::system("ip link add late0 type veth peer name late1"), 0);
    for (const char* name : {"late0", "late1"}) {
      std::ofstream(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", name)) << 1;
      EXPECT_EQ(std::system(fmt::format("ip link set {} mtu 65000 up", name).c_str()), 0);
    }
    ::usleep(2'300'000);
    Port late("late1");
    for (const auto& p : frames_of_file()) late.send(p.bytes);
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_EQ(r.said, std::vector<std::string>{"late0 is not there; it is taken when it comes"});
  EXPECT_EQ(r.result->stats.packets, frames_of_file().size() + 1);
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
  EXPECT_FALSE(gaps("late").empty());
}

// A tun of a kind that no ring reads.
class Tun {
 public:
  explicit Tun(const char* name) : fd_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    ifreq r{};
    std::strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    there_ = fd_ && ::ioctl(fd_.get(), TUNSETIFF, &r) == 0 &&
             ::ioctl(fd_.get(), TUNSETLINK, ARPHRD_TUNNEL) == 0 &&
             std::system(fmt::format("ip link set {} up", name).c_str()) == 0;
  }
  bool there() const { return there_; }
  void send(View packet) { EXPECT_TRUE(write_all(fd_.get(), packet)); }

 private:
  Fd fd_;
  bool there_ = false;
};

TEST_F(LiveTest, AnInterfaceOfLibpcapThatIsGoneEndsNothingAndIsHeardAgain) {
  auto tun = std::make_optional<Tun>("tu0");
  if (!tun->there()) GTEST_SKIP() << "no tun (/dev/net/tun)";
  Port b("pb1");
  const Run r = live({{"pa1", "tu0"}, {}}, "tun", [&] {
    ::usleep(1'300'000);
    tun.reset();
    ::usleep(1'500'000);
    b.send(frame("192.0.2.1", 9, "198.51.100.1", 9, Bytes(10, 1)));
    tun.emplace("tu0");
    ::usleep(2'300'000);
    for (const auto& p : frames_of_file()) tun->send(p.bytes.subspan(14));
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  ASSERT_EQ(r.sources.size(), 2u);
  EXPECT_EQ(r.sources[1], "tu0: libpcap");
  EXPECT_EQ(r.result->stats.packets, frames_of_file().size() + 1);
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
  EXPECT_FALSE(gaps("tun").empty());
  EXPECT_THAT(r.alarms, ::testing::Contains("tu0 is gone"));
  EXPECT_TRUE(r.alarms.back().ends_with(": over")) << r.alarms.back();
}

TEST_F(LiveTest, LibpcapStandsInWhereThereIsNoRing) {
  Port port("pb0");
  const Run r = live({{"any"}, {}}, "any", [&] {
    for (const auto& p : frames_of_file()) {
      port.send(p.bytes);
      ::usleep(20);
    }
  });
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_EQ(r.sources, std::vector<std::string>{"any: libpcap"});
  ASSERT_EQ(r.said.size(), 1u);
  EXPECT_NE(r.said[0].find("libpcap reads it instead"), std::string::npos);
  EXPECT_EQ(r.result->stats.calls_isolated, 6u);
  const auto none = live({{"none0"}, {}}, "none", [] {});
  ASSERT_FALSE(none.result);
  EXPECT_NE(none.result.error().what.find("none0"), std::string::npos);
}

TEST_F(LiveTest, AgentsTellByUdpAndTcp) {
  for (const bool tcp : {false, true}) {
    const std::string spool = tcp ? "tcp" : "udp";
    const auto where = HepListen::parse(tcp ? "TCP:127.0.0.1:9060" : "UDP:127.0.0.1:9060");
    ASSERT_TRUE(where);
    RunSettings settings;
    settings.engine.hep_from.resize(1);
    ASSERT_TRUE(wire::Address::parse("127.0.0.1", settings.engine.hep_from[0]));
    const auto connected = [&](const char* from) {
      Fd fd{::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0)};
      sockaddr_in a{};
      a.sin_family = AF_INET;
      ::inet_pton(AF_INET, from, &a.sin_addr);
      EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
      a.sin_port = htons(9060);
      ::inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
      EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
      return fd;
    };
    const auto say = [&](const Fd& fd, const wire::RawPacket& p) {
      const wire::Decoded d = wire::decode(p);
      const Bytes m = wire::test::hep_message(
          {d.udp.src, d.udp.dst, SystemClock{}.now(),
           static_cast<std::uint8_t>(d.udp.dst.port == 5060 ? wire::hep_sip : wire::hep_rtp)},
          d.udp.payload);
      EXPECT_TRUE(write_all(fd.get(), m));
    };
    const Run r = live(
        {{}, {*where}, 1, settings.engine.hep_from}, spool,
        [&] {
          std::vector<Fd> idle;  // strangers keep no agent out
          for (int n = 0; tcp && n < 70; ++n) idle.push_back(connected("127.0.0.2"));
          ::usleep(100'000);
          const Fd agent = connected("127.0.0.1"), stranger = connected("127.0.0.7");
          for (const auto& p : frames_of_file()) {
            say(agent, p);
            ::usleep(300);
          }
          say(stranger, frames_of_file()[0]);
          // SIP itself is not heard at this door.
          EXPECT_TRUE(write_all(agent.get(), wire::decode(frames_of_file()[0]).udp.payload));
          ::usleep(100'000);
        },
        settings);
    ASSERT_TRUE(r.result) << to_text(r.result.error());
    EXPECT_EQ(r.result->stats.calls_isolated, 6u) << spool;
    EXPECT_EQ(r.result->stats.hep, frames_of_file().size());
    EXPECT_EQ(r.result->stats.unread[static_cast<std::size_t>(intercept::Unread::hep)], 1u);
    const auto sealed = frames_sealed(spool), wanted = frames_sealed("file");
    ASSERT_EQ(sealed.size(), wanted.size()) << spool;
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      const wire::Decoded got = wire::decode({{}, 101, sealed[i], 0}),
                          want = wire::decode({{}, 1, wanted[i], 0});
      EXPECT_EQ(got.udp.src, want.udp.src);
      EXPECT_TRUE(std::equal(got.udp.payload.begin(), got.udp.payload.end(), want.udp.payload.begin(),
                             want.udp.payload.end()));
    }
  }
}

// Agents that lost their power leave connections that are never ended; the kernel's own end of them is not
// waited for when a live agent comes.
TEST_F(LiveTest, SixtyFourAgentsAtATimeAndNoneIsPutOutThatSpokeAMinuteAgo) {
  RunSettings settings;
  settings.engine.hep_from.resize(1);
  ASSERT_TRUE(wire::Address::parse("127.0.0.1", settings.engine.hep_from[0]));
  const auto where = HepListen::parse("TCP:127.0.0.1:9060");
  const auto connected = [] {
    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(9060);
    ::inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
    return fd;
  };
  const Run r = live(
      {{}, {*where}, 1, settings.engine.hep_from}, "many",
      [&] {
        std::vector<Fd> agents;
        for (int n = 0; n < 64; ++n) agents.push_back(connected());
        ::usleep(100'000);
        const Fd more = connected();
        std::uint8_t byte = 0;
        EXPECT_LE(::recv(more.get(), &byte, 1, 0), 0) << "closed at once";
        EXPECT_EQ(::recv(agents[0].get(), &byte, 1, MSG_DONTWAIT), -1);
        EXPECT_EQ(errno, EAGAIN) << "still there";
      },
      settings);
  ASSERT_TRUE(r.result) << to_text(r.result.error());
  EXPECT_GT(r.result->kernel_dropped, 0u) << "that one was turned away is said";
}

TEST(HepListen, Places) {
  EXPECT_TRUE(HepListen::parse("TCP:[2001:db8::1]:9060")->tcp);
  EXPECT_EQ(HepListen::parse("UDP:0.0.0.0:9060")->at.text(), "0.0.0.0:9060");
  for (const char* odd : {"", "UDP", "UDP:", "UDP:9060", "SCTP:192.0.2.1:1",
                          "UDP:192.0.2.1:", "UDP:192.0.2.1:x", "UDP:192.0.2.1:99999", "UDP:example.com:9060"})
    EXPECT_EQ(HepListen::parse(odd).error().exit, Exit::usage) << odd;
}

}  // namespace
}  // namespace writ::capture
