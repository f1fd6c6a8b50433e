// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of the other streams when one cannot be written, and of the time in which nobody captured.
#include "capture/spool.hh"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "capture/capture_for_test.hh"
#include "capture/interruption.hh"
#include "capture/status_keeper.hh"

namespace writ::capture {
namespace {

using namespace test;
using intercept::EventType;
using vault::Stream;

class SpoolTest : public CaptureTest {
 protected:
  static intercept::Event event(std::uint32_t n) {
    return {EventType::origination, parse_rfc3339("2026-01-05T12:00:01Z").value(), n, "x", {}};
  }
  vault::SegmentInfo last(const authority::VerifiedGrant& g, Stream s) {
    const auto infos =
        vault::verify_stream(dir_ / "s" / crypto::hex(g.id()), s, carrier_->probe().public_key());
    EXPECT_TRUE(infos) << to_text(infos.error());
    return infos && !infos->empty() ? infos->back() : vault::SegmentInfo{};
  }
  // A run's traces: clock mark, status.
  void left_behind(Instant mark, const RunStatus& s) {
    ASSERT_TRUE(write_file(dir_ / "clock.mark",
                           canonical(Json{{"schema", "writ.clock-mark/1"}, {"at", rfc3339(mark)}})));
    ASSERT_TRUE(write_file(dir_ / "status.json", canonical(to_json(s))));
  }
};

// No file may grow beyond 20,000 bytes: only the content of the first grant needs more.
TEST_F(SpoolTest, AStreamThatCannotBeWrittenKeepsNoOtherFromItsDisk) {
  const auto g = carrier_->grant(Kind::content, target).value(),
             h = carrier_->grant(Kind::content, other).value();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto spool = Spool::open(dir_ / "s", {g, h}, carrier_->probe(), clock_);
    const Bytes small = frame("192.0.2.1", 1, "192.0.2.2", 2, view_of("kept"));
    const Bytes large = frame("192.0.2.1", 1, "192.0.2.2", 2, Bytes(60'000, 'b'));
    const auto packet = [&](std::size_t lane, const Bytes& b) {
      return spool->packet(lane, {}, {epoch_, 1, b, static_cast<std::uint32_t>(b.size())});
    };
    if (!spool || !packet(0, small) || !packet(1, small) || !spool->event(0, event(1)) || !spool->commit())
      ::_exit(10);
    const rlimit limit{20'000, 20'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    // One round of four streams, of which the first fails.
    if (!packet(0, large) || !spool->event(0, event(2)) || !packet(1, small) || !spool->event(1, event(3)))
      ::_exit(11);
    const Status committed = spool->commit();
    if (committed || committed.error().what.find("content of grant") == std::string::npos) ::_exit(12);
    if (spool->event(0, event(4)) && spool->commit()) { /* the others go on */
    }
    if (spool->close()) ::_exit(13);  // and says again that not all is there
    ::_exit(spool->counts(0).acknowledged == 4 && spool->counts(1).acknowledged == 3 ? 0 : 14);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  // Whatever did not fail is closed with its signature.
  for (const auto& [grant, stream, records] :
       {std::tuple{g, Stream::call_data, 3u}, {h, Stream::call_data, 1u}, {h, Stream::content, 2u}}) {
    const vault::SegmentInfo info = last(grant, stream);
    EXPECT_TRUE(info.closed && info.final);
    EXPECT_EQ(info.records, records);
  }
  ASSERT_TRUE(recover_spool(dir_ / "s", carrier_->probe(), clock_));
  EXPECT_EQ(last(g, Stream::content).records, 1u);
  EXPECT_GT(last(g, Stream::content).cut, 0u);
}

TEST_F(SpoolTest, TheTimeBetweenTwoLiveRunsIsAGapOfWhoeverWasCaptured) {
  const auto g = carrier_->grant(Kind::content, target).value(),
             h = carrier_->grant(Kind::pen_trap, other).value();
  EXPECT_FALSE(interruption_before(dir_)) << "there was no run";
  const Instant died = epoch_ + std::chrono::minutes{5}, now = died + std::chrono::minutes{2};
  RunStatus s;
  s.started = epoch_;
  s.at = died - std::chrono::milliseconds{400};
  left_behind(died, s);  // a stream: whom it captured is seen by what is sealed
  {
    auto spool = Spool::open(dir_ / "s", {g, h}, carrier_->probe(), clock_);
    ASSERT_TRUE(spool && spool->event(0, event(1)) && spool->close());
  }
  const auto i = interruption_before(dir_);
  ASSERT_TRUE(i);
  auto spool = Spool::open(dir_ / "s", {g, h}, carrier_->probe(), clock_);
  ASSERT_TRUE(say_interruption(*i, now, {g, h}, dir_ / "s", carrier_->probe().public_key(), *spool));
  ASSERT_TRUE(spool->close());
  const auto events = opened(g, dir_ / "s", Stream::call_data);
  ASSERT_EQ(events.size(), 2u);
  const auto gap = intercept::decode_event(events[1]);
  ASSERT_TRUE(gap && gap->type == EventType::gap);
  EXPECT_EQ(gap->detail["from"], rfc3339(died - std::chrono::seconds{1})) << "rather too early";
  EXPECT_EQ(gap->detail["until"], rfc3339(now));
  EXPECT_TRUE(opened(h, dir_ / "s", Stream::call_data).empty()) << "nobody captured anything under it";
}

TEST_F(SpoolTest, AnInterruptionIsWhatWasNotARunsOwnEnd) {
  RunStatus s;
  s.at = epoch_;
  s.grants = {{"0011aabb", epoch_ + std::chrono::hours{1}, epoch_, false},
              {"22334455", epoch_, epoch_, true}};
  const auto what = [&](bool live, bool ended, int exit) {
    s.live = live;
    s.ended = ended;
    s.exit = exit;
    left_behind(epoch_, s);
    return interruption_before(dir_);
  };
  EXPECT_FALSE(what(false, true, 0)) << "a file or a stream came to its end";
  EXPECT_FALSE(what(false, true, static_cast<int>(Exit::partial)));
  EXPECT_TRUE(what(false, true, 1));
  EXPECT_TRUE(what(false, false, 0));
  const auto stopped = what(true, true, 0);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->why, "the probe was stopped");
  EXPECT_EQ(stopped->grants, std::vector<std::string>{"0011aabb"}) << "whose authority had ended, has no gap";
  // A gap that was not over when the run died was not sealed.
  s.deaf_since = epoch_ - std::chrono::minutes{7};
  EXPECT_LT(what(true, false, 0)->from, s.deaf_since);
  EXPECT_GT(what(true, true, 0)->from, s.deaf_since) << "sealed at its end";
  fs::remove(dir_ / "status.json");
  EXPECT_TRUE(interruption_before(dir_)) << "the status is not synced: it may be lost with the power";
}

}  // namespace
}  // namespace writ::capture
