// SPDX-License-Identifier: GPL-3.0-or-later
// The three processes together: the same evidence as one process makes, and who is left when one is gone.
#include "probe/stages_for_test.hh"

namespace writ::probe {
namespace {

using namespace capture::test;
using test::StagesTest;
using vault::Stream;

TEST_F(StagesTest, TheParserKnowsWhereAFrameCameIn) {
  grants_ = {carrier_->grant_at(target, {"trunk"}).value(), carrier_->grant(Kind::pen, other).value()};
  settings_.engine.inputs = {"access", "trunk"};
  for (std::size_t n = 0; n < frames_.size(); ++n) frames_[n].ingress = n < frames_.size() / 2 ? 1 : 2;
  const Told t = staged("inputs", [](Stage&, RingOwner&, std::size_t) {});
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.calls, 3u + 6u) << "those at the trunk; the other grant trusts every input";
}

TEST_F(StagesTest, ThreeProcessesMakeWhatOneMakes) {
  const Told t = staged("three", [](Stage&, RingOwner&, std::size_t) {});
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.packets, frames_.size());
  EXPECT_EQ(t.calls, 12u);  // six calls, two grants
  EXPECT_EQ(t.refused, 0u);
  EXPECT_EQ(t.takeovers + t.fresh_starts, 0u);
  EXPECT_TRUE(alarms_.empty());
  EXPECT_TRUE(evidence("three") == evidence("one"));  // not printed
  EXPECT_FALSE(evidence("three").empty());
}

TEST_F(StagesTest, WhatIsLostWhileTheRingIsFullIsShownAtOnceAndCountedOnce) {
  Stage stage = Stage::make(1u << 16, 1u << 20).value();
  const pid_t sealer = start_sealer(stage, dir_ / "behind");
  RingOwner owner{stage, grants_, door_, {}, sealer, alarm_};
  ASSERT_TRUE(owner.begin());
  wait_until([&] { return stage.board().standby != 0; });
  std::uint64_t lost = 7;
  owner.while_waiting([&] {
    ::kill(owner.parser(), SIGCONT);
    return std::exchange(lost, 0);
  });
  ASSERT_EQ(::kill(owner.parser(), SIGSTOP), 0);
  for (std::size_t n = 0; lost > 0; ++n) ASSERT_TRUE(owner.feed(frames_[n % frames_.size()]));
  EXPECT_EQ(stage.board().dropped, 7u) << "no gap was told yet";
  EXPECT_TRUE(owner.gap(frames_[0].at, frames_[1].at, "dropped", 9));
  EXPECT_EQ(stage.board().dropped, 9u);
  EXPECT_TRUE(owner.finish());
  EXPECT_EQ(owner.sealer_status(), 0);
}

TEST_F(StagesTest, TheParserHoldsNothingButMemory) {
  bool looked = false;
  staged("confined", [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n != 50) return;
    settle(stage);
    looked = true;
    for (const int pid : {owner.parser(), static_cast<int>(pid_of(stage.board().standby))}) {
      const fs::path proc = "/proc/" + std::to_string(pid);
      EXPECT_TRUE(fs::is_empty(proc / "fd")) << pid;
      std::ifstream in(proc / "status");
      const std::string status{std::istreambuf_iterator<char>(in), {}};
      EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
      EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
    }
    // Two copies, not one for each time that it was made.
    worker_ = owner.parser();
    wait_until([] { return at_work("writ-standby") == 2; });
    EXPECT_EQ(at_work("writ-parser"), 1);
  });
  EXPECT_TRUE(looked);
}

TEST_F(StagesTest, NobodyIsLeftWhenTheOwnerIsKilled) {
  const pid_t owner_pid = ::fork();
  if (owner_pid == 0) {
    Stage stage = Stage::make(1u << 20, 1u << 20).value();
    const pid_t sealer = start_sealer(stage, dir_ / "orphan");
    RingOwner owner{stage, grants_, door_, {}, sealer, alarm_};
    if (!owner.begin()) ::_exit(1);
    for (const wire::RawPacket& p : frames_)
      if (!owner.feed(p)) ::_exit(1);
    settle(stage);
    const Seat copy = stage.board().standby;
    static_cast<void>(
        write_file(dir_ / "pids", fmt::format("{} {} {}", sealer, owner.parser(), pid_of(copy))));
    ::pause();
  }
  wait_until([&] { return fs::exists(dir_ / "pids"); });
  int sealer = 0, parser = 0, copy = 0;
  std::ifstream(dir_ / "pids") >> sealer >> parser >> copy;
  ASSERT_EQ(::kill(owner_pid, SIGKILL), 0);
  ::waitpid(owner_pid, nullptr, 0);
  wait_until([&] { return fs::exists((dir_ / "orphan").string() + ".told"); });
  const Told t = told(dir_ / "orphan");
  EXPECT_FALSE(t.good);
  EXPECT_EQ(t.exit, static_cast<int>(Exit::unit));
  const auto gone = [](int pid) {
    std::ifstream in(fmt::format("/proc/{}/stat", pid));
    std::string n, comm, state;
    return !(in >> n >> comm >> state) || state == "Z" || !comm.starts_with("(writ-");
  };
  wait_until([&] { return gone(parser) && gone(copy); });
  // What was found is sealed and whole.
  EXPECT_TRUE(opened(grants_[0], dir_ / "orphan", Stream::content) ==
              opened(grants_[0], dir_ / "one", Stream::content));
}

// It was told that it is the parser, and then its owner died before it could ask to die with it.
TEST_F(StagesTest, AParserWhoseOwnerIsGoneEnds) {
  Stage stage = Stage::make(1u << 20, 1u << 20).value();
  const pid_t pid = ::fork();
  if (pid == 0) {
    stage.board().active = seat_of(static_cast<std::uint32_t>(::getpid()), 1u << 24);
    const int somebody = ::getppid() + 1;
    ::_exit(run_parser(stage, grants_, door_, {}, Beginning::first, somebody));
  }
  int status = -1;
  wait_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
  if (status == -1) ::kill(pid, SIGKILL);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == parser_not_confined);
}

class FileStagesTest : public StagesTest {
 protected:
  void SetUp() override {
    StagesTest::SetUp();
    source_ = capture::source_identity(capture_).value();
  }
  // How the sealer's process ended.
  int read_into(const std::string& name) {
    Stage stage = Stage::make(Stage::no_frames, 1u << 16).value();  // a fraction of what is found
    const pid_t sealer = start_sealer(stage, dir_ / name);
    const StopFlag stop{false};
    FileReader reader{stage, grants_, {}, stop, sealer};
    auto file = capture::CaptureFile::open(capture_).value();
    capture::SourceEnd end;
    worked_ = bool(file.read(reader, end));
    return reader.sealer_status();
  }
  bool worked_ = false;
};

TEST_F(FileStagesTest, ReaderAndSealerMakeWhatOneProcessMakes) {
  EXPECT_EQ(read_into("two"), 0);
  EXPECT_TRUE(worked_);
  const Told t = told(dir_ / "two");
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.refused, 0u);
  EXPECT_EQ(t.packets, frames_.size());
  EXPECT_TRUE(evidence("two") == evidence("one"));
}

TEST_F(FileStagesTest, ASealerThatIsKilledIsMadeGoodByReadingAgain) {
  for (int kill_at = 1; kill_at <= 2;
       ++kill_at) {  // before the first finding; when all are sealed, none closed
    during_ = [kill_at, n = 0](capture::Spool&, Stage&) mutable -> Status {
      if (++n == kill_at) ::raise(SIGKILL);
      return {};
    };
    const int status = read_into("again");
    EXPECT_TRUE(WIFSIGNALED(status));
  }
  EXPECT_FALSE(worked_ && fs::exists((dir_ / "again").string() + ".told"));
  during_ = {};
  ASSERT_TRUE(capture::recover_spool(dir_ / "again", carrier_->probe(), clock_));
  EXPECT_EQ(read_into("again"), 0);
  EXPECT_TRUE(evidence("again") == evidence("one"));
}

}  // namespace
}  // namespace writ::probe
