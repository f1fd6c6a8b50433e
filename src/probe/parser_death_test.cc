// SPDX-License-Identifier: GPL-3.0-or-later
// Parsers that are killed, fail or stand still: the same evidence, or a gap that says what is missing.
#include <random>

#include "probe/stages_for_test.hh"

namespace writ::probe {
namespace {

using namespace capture::test;
using test::StagesTest;
using vault::Stream;

// A hundred parsers, each killed while frames come in.
TEST_F(StagesTest, AParserThatIsKilledLosesNothing) {
  std::mt19937 random{7};
  std::size_t kills = 0, next = 5;
  Nanos longest{};
  const Told t = staged("killed", [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n < next || kills == 100) return;
    next = n + 1 + random() % 5;
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers == kills && stage.board().standby != 0;
    });
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_EQ(::kill(owner.parser(), SIGKILL), 0);
    ++kills;
    if (random() % 2 == 0) return;  // and goes on while it is dead
    wait_until([&] {                // all that had come is read
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers == kills && stage.board().packets == n;
    });
    longest = std::max<Nanos>(longest, std::chrono::steady_clock::now() - begun);
  });
  EXPECT_TRUE(t.good);
  EXPECT_EQ(kills, 100u);
  EXPECT_EQ(t.takeovers, 100u);
  EXPECT_EQ(t.fresh_starts, 0u) << ::testing::PrintToString(alarms_);
  EXPECT_EQ(t.packets, frames_.size());
  EXPECT_TRUE(evidence("killed") == evidence("one"));  // not printed
  fmt::print("longest from the kill until all that had come was read: {} ms\n",
             std::chrono::duration_cast<std::chrono::milliseconds>(longest).count());
}

// A second death before the successor has its own copy: the copy before it goes on.
TEST_F(StagesTest, AParserThatIsKilledWithItsNewestCopyLosesNothing) {
  std::uint32_t pairs = 0;
  const Told t = staged("pairs", [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n == 0 || n % 4 != 0 || pairs == 50) return;
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().standby != 0 && stage.board().elder != 0;
    });
    ASSERT_EQ(::kill(static_cast<pid_t>(pid_of(stage.board().standby)), SIGKILL), 0);
    ASSERT_EQ(::kill(owner.parser(), SIGKILL), 0);
    ++pairs;
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers + stage.board().fresh_starts == pairs;
    });
  });
  EXPECT_TRUE(t.good);
  EXPECT_EQ(pairs, 50u);
  EXPECT_EQ(t.takeovers, 50u);
  EXPECT_EQ(t.fresh_starts, 0u);
  EXPECT_TRUE(evidence("pairs") == evidence("one"));  // not printed
}

// The sealer stands still, so that the parser does, too; whoever kills it then strikes at one frame.
class KilledAtOneFrameTest : public StagesTest {
 protected:
  void killed(const std::string& name, std::uint32_t times) {
    Stage stage = Stage::make(1u << 20, 1u << 12).value();
    const pid_t sealer = start_sealer(stage, dir_ / name);
    RingOwner owner{stage, grants_, door_, {}, sealer, alarm_};
    ASSERT_TRUE(owner.begin());
    const Board& board = stage.board();
    ASSERT_EQ(::kill(sealer, SIGSTOP), 0);
    for (const wire::RawPacket& p : frames_) ASSERT_TRUE(owner.feed(p));
    std::set<std::uint64_t> where;
    for (std::uint32_t n = 0; n < times; ++n) {
      wait_until([&] {
        EXPECT_TRUE(owner.housekeeping());
        return board.takeovers == n && board.standby != 0 && board.at_hand > board.done &&
               board.findings.writer_sleeps != 0;
      });
      where.insert(board.at_hand);
      ASSERT_EQ(::kill(owner.parser(), SIGKILL), 0);
    }
    EXPECT_EQ(where.size(), 1u);
    ASSERT_EQ(::kill(sealer, SIGCONT), 0);
    EXPECT_TRUE(owner.finish());
    EXPECT_EQ(owner.sealer_status(), 0);
  }
};

TEST_F(KilledAtOneFrameTest, AHundredTimesIsNotTheFramesFault) {
  killed("kills", 100);
  EXPECT_TRUE(evidence("kills") == evidence("one"));  // not printed
}

TEST_F(KilledAtOneFrameTest, WithoutEndItIsPassedOverAndSaid) {
  killed("endless", 200);
  EXPECT_EQ(gaps("endless"),
            std::vector<std::string>{"the probe's parser failed at a packet, which was passed over"});
}

TEST_F(StagesTest, WhenItsCopiesAreKilledTooANewParserAttachesAndSaysSo) {
  const std::size_t middle = frames_.size() / 2 + 20;  // in a call
  const Told t = staged("both", [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n != middle) return;
    settle(stage);
    // All at once: nobody has buried the copies when the owner looks for one.
    for (const pid_t pid : {owner.parser(), static_cast<pid_t>(pid_of(stage.board().standby)),
                            static_cast<pid_t>(pid_of(stage.board().elder))})
      ASSERT_EQ(::kill(pid, SIGKILL), 0);
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().fresh_starts == 1;
    });
  });
  EXPECT_EQ(t.takeovers, 0u) << "nobody went on";
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.fresh_starts, 1u);
  EXPECT_EQ(t.packets, frames_.size());  // the places of packets in the input are as they were
  const auto why = gaps("both");
  EXPECT_EQ(std::count(why.begin(), why.end(),
                       "the probe's parser was lost with what it knew of the calls that were up"),
            1);
  // No two calls of a grant bear one number.
  std::map<std::uint32_t, std::set<std::string>> ids;
  for (const Bytes& record : opened(grants_[0], dir_ / "both", Stream::call_data))
    if (const auto e = intercept::decode_event(record); e->call != 0) ids[e->call].insert(e->call_id);
  for (const auto& [number, names] : ids) EXPECT_EQ(names.size(), 1u) << number;
  EXPECT_GE(ids.size(), 6u);
}

TEST_F(StagesTest, AFrameAtWhichTheParserFailsIsPassedOverAndSaid) {
  bool struck = false;
  const Told t = staged(
      "failed",
      [&](Stage& stage, RingOwner& owner, std::size_t n) {
        if (struck || n < 100 || stage.board().at_hand == 0) return;
        ASSERT_EQ(::kill(owner.parser(), SIGSTOP), 0);
        ::usleep(2000);
        if (stage.board().at_hand > stage.board().done) {
          struck = enough_ = true;
          ASSERT_EQ(::kill(owner.parser(), SIGSEGV), 0);
        }
        ASSERT_EQ(::kill(owner.parser(), SIGCONT), 0);
      },
      2000);
  ASSERT_TRUE(struck);
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.takeovers, 1u);
  EXPECT_EQ(t.fresh_starts, 0u);
  EXPECT_EQ(t.packets % frames_.size(), 0u);
  const auto why = gaps("failed");
  EXPECT_EQ(
      std::count(why.begin(), why.end(), "the probe's parser failed at a packet, which was passed over"), 1);
}

TEST_F(StagesTest, AParserThatStandsStillIsReplaced) {
  bool stopped = false;
  const Told t = staged(
      "hung",
      [&](Stage& stage, RingOwner& owner, std::size_t n) {
        if (stopped || n < 100 || stage.board().at_hand == 0) return;
        ASSERT_EQ(::kill(owner.parser(), SIGSTOP), 0);
        ::usleep(2000);
        stopped = enough_ = stage.board().at_hand > stage.board().done;
        if (!stopped) ::kill(owner.parser(), SIGCONT);
      },
      2000);
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.takeovers, 1u);
  EXPECT_EQ(gaps("hung").size(), 1u);
}

TEST_F(StagesTest, AParserThatStandsStillWhileItWaitsIsReplaced) {
  const Told t = staged("stopped", [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n != 100) return;
    settle(stage);
    const int stopped = owner.parser();
    ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers == 1;
    });
  });
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.takeovers, 1u);
  EXPECT_EQ(std::count_if(alarms_.begin(), alarms_.end(),
                          [](const std::string& a) { return a.starts_with("the parser stands still"); }),
            1);
  EXPECT_TRUE(evidence("stopped") == evidence("one"));  // not printed
}

}  // namespace
}  // namespace writ::probe
