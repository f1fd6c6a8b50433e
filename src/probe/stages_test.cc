// SPDX-License-Identifier: GPL-3.0-or-later
// The three processes together: the same evidence as one process makes, whoever of them is killed.
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <fstream>
#include <random>
#include <set>

#include "capture/capture_for_test.hh"
#include "probe/file_reader.hh"
#include "probe/parser.hh"
#include "probe/ring_owner.hh"
#include "probe/sealer.hh"
#include "worker/frames.hh"

namespace writ::probe {
namespace {

using namespace capture::test;
using vault::Stream;

class StagesTest : public CaptureTest {
 protected:
  void SetUp() override {
    CaptureTest::SetUp();
    grants_ = {carrier_->grant(Kind::content, target).value(), carrier_->grant(Kind::pen, target).value()};
    ASSERT_TRUE(run_of(capture_, grants_, dir_ / "one"));
    map_.emplace(MappedFile::open(capture_).value());
    auto reader = wire::CaptureReader::open(map_->bytes());
    for (wire::RawPacket p; reader->next(p);) frames_.push_back(p);
  }

  // What the sealer's process says at its end.
  struct Told {
    bool good = false;
    std::uint64_t refused = 0, packets = 0, calls = 0;
    std::uint32_t takeovers = 0, fresh_starts = 0;
    int exit = 0;
  };
  pid_t start_sealer(Stage& stage, const fs::path& spool_dir) {
    const int owner = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const fs::path file = spool_dir.string() + ".told";
    auto spool = capture::Spool::open(spool_dir, grants_, carrier_->probe(), clock_, source_);
    const capture::Watch watch = [&] { return during_ ? during_(*spool, stage) : Status{}; };
    const capture::Watch last_word = [] { return Status{}; };
    const std::function<void(const std::string&)> said = [](const std::string&) {};
    Told t;
    if (spool) {
      const auto sealed = Sealer{stage, grants_, *spool, watch, last_word, said, owner}.run();
      t.good = bool(sealed);
      if (sealed)
        t = {true,
             sealed->refused,
             sealed->run.stats.packets,
             sealed->run.stats.calls_isolated,
             sealed->takeovers,
             sealed->fresh_starts,
             0};
      else
        t.exit = static_cast<int>(sealed.error().exit);
    }
    static_cast<void>(write_file(file, bytes_of(t)));
    ::_exit(0);
  }
  Told told(const fs::path& spool_dir) {
    const auto bytes = read_file(spool_dir.string() + ".told");
    Told t;
    View rest = bytes ? View{*bytes} : View{};
    EXPECT_TRUE(take_head(rest, t));
    return t;
  }

  // Hands the capture on, frame by frame, again and again until it is enough_; `between` is asked before
  // each.
  template <class F>
  Told staged(const std::string& name, F&& between, int repeat = 1) {
    Stage stage = Stage::make(1u << 20, 1u << 20).value();
    const pid_t sealer = start_sealer(stage, dir_ / name);
    {
      RingOwner owner{stage, grants_, door_, settings_, sealer, alarm_};
      EXPECT_TRUE(owner.begin());
      std::size_t n = 0;
      for (int r = 0; r < repeat && !enough_; ++r)
        for (const wire::RawPacket& p : frames_) {
          between(stage, owner, n++);
          EXPECT_TRUE(owner.feed(p));
          EXPECT_TRUE(owner.housekeeping());
        }
      const Status finished = owner.finish();
      EXPECT_TRUE(finished) << to_text(finished.error());
      EXPECT_EQ(owner.sealer_status(), 0);
    }
    return told(dir_ / name);
  }
  std::vector<Bytes> evidence(const std::string& name) {
    std::vector<Bytes> all = opened(grants_[0], dir_ / name, Stream::call_data);
    for (auto s : {Stream::content, Stream::call_data})
      for (Bytes& b : opened(grants_[s == Stream::content ? 0 : 1], dir_ / name, s))
        all.push_back(std::move(b));
    return all;
  }
  std::vector<std::string> gaps(const std::string& name) {
    std::vector<std::string> out;
    for (const Bytes& record : opened(grants_[0], dir_ / name, Stream::call_data))
      if (const auto e = intercept::decode_event(record); e->type == intercept::EventType::gap)
        out.push_back(e->detail.value("why", ""));
    return out;
  }
  static void wait_until(const std::function<bool()>& f) {
    for (int n = 0; n < 20000; ++n) {
      if (f()) return;
      ::usleep(1000);
    }
    FAIL() << "waited in vain";
  }
  // All of what was handed on has been read, and there is a copy that knows of it.
  static void settle(Stage& stage) {
    wait_until([&] {
      const Board& b = stage.board();
      return b.frames.released == b.frames.written && b.at_hand == 0 && b.standby != 0;
    });
  }
  static int at_work(const std::string& name) {  // processes of ours with that name
    int n = 0;
    DIR* const d = ::opendir("/proc");
    for (dirent* e = ::readdir(d); e != nullptr; e = ::readdir(d)) {
      std::ifstream in(std::string("/proc/") + e->d_name + "/stat");
      std::string pid, comm, state;
      int parent = 0;
      if (in >> pid >> comm >> state >> parent && comm == "(" + name + ")" && state != "Z" &&
          (parent == ::getpid() || parent == worker_))
        ++n;
    }
    ::closedir(d);
    return n;
  }

  std::vector<authority::VerifiedGrant> grants_;
  GrantDoor door_;
  capture::RunSettings settings_;
  std::string source_;                                     // of a file
  std::function<Status(capture::Spool&, Stage&)> during_;  // asked in the sealer's process
  std::optional<MappedFile> map_;
  std::vector<wire::RawPacket> frames_;
  std::vector<std::string> alarms_;
  bool enough_ = false;
  std::function<void(const std::string&)> alarm_ = [this](const std::string& s) { alarms_.push_back(s); };
  static inline int worker_ = 0;
};

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

// The offer of a grant goes from the sealer through a pipe to the owner, as in the probe.
class LateGrantTest : public StagesTest {
 protected:
  void SetUp() override {
    StagesTest::SetUp();
    const auto late = carrier_->body(Kind::content, {{authority::Target::Type::e164, other, {}, {}}});
    offer_ = carrier_->issue(late).value();
    list_ = authority::verify_revocations(view_of(carrier_->revocations(1)), carrier_->roots(), 1).value();
    ASSERT_EQ(::pipe(pipe_), 0);
    shared_.emplace(SharedMemory::make(4096).value());
    wanted_ = new (shared_->bytes().data()) std::atomic<int>(0);
    door_.verify = [this](View offer, Instant) { return verified(offer); };
    door_.next = [this]() -> std::optional<Bytes> {
      Bytes offer;
      if (!worker::read_frame(pipe_[0], 'N', 1u << 20, offer)) return {};
      return offer;
    };
    during_ = [this](capture::Spool& spool, Stage& stage) -> Status {
      if (*wanted_ == 0 || grants_.size() > 2) return {};
      WRIT_TRY(late_grant, verified(view_of(offer_)));
      WRIT_CHECK(spool.add(late_grant));
      grants_.push_back(std::move(late_grant));
      ++stage.board().offers;
      return write_all(pipe_[1], worker::encode_frame('N', view_of(offer_)));
    };
  }
  void TearDown() override {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    StagesTest::TearDown();
  }
  Result<authority::VerifiedGrant> verified(View offer) const {
    return authority::verify_grant(offer,
                                   {&carrier_->roots(), &list_, carrier_->probe().public_key(), epoch_});
  }
  // The grant comes before frame `at`; `and_then` is asked before each frame as in staged().
  template <class F>
  Told late(const std::string& name, std::size_t at, F&& and_then) {
    const Told t = staged(name, [&](Stage& stage, RingOwner& owner, std::size_t n) {
      if (n == at) {
        *wanted_ = 1;
        wait_until([&] {
          EXPECT_TRUE(owner.housekeeping());
          return grants_.size() == 3;
        });
      }
      and_then(stage, owner, n);
    });
    EXPECT_TRUE(t.good);
    EXPECT_EQ(t.refused, 0u);
    return t;
  }
  // The same by one process, without rings.
  void by_one(const std::string& name, std::size_t at) {
    auto spool = capture::Spool::open(dir_ / name, grants_, carrier_->probe(), clock_).value();
    capture::Matcher matcher{grants_, spool, {}};
    for (std::size_t n = 0; n < frames_.size(); ++n) {
      if (n == at) {
        grants_.push_back(verified(view_of(offer_)).value());
        ASSERT_TRUE(spool.add(grants_.back()));
        matcher.grants_added();
      }
      ASSERT_TRUE(matcher.feed(frames_[n]));
    }
    ASSERT_TRUE(matcher.finish());
    ASSERT_TRUE(spool.close());
    grants_.pop_back();
  }
  void expect_same(const std::string& a, const std::string& b) {
    ASSERT_EQ(grants_.size(), 3u);
    for (const authority::VerifiedGrant& g : grants_)
      for (const Stream s : {Stream::call_data, Stream::content})
        if (s == Stream::call_data || authority::yields_content(g.body().kind)) {
          EXPECT_TRUE(opened(g, dir_ / a, s) == opened(g, dir_ / b, s)) << vault::to_string(s);
        }
  }

  std::string offer_;
  authority::RevocationList list_;
  int pipe_[2] = {-1, -1};
  std::optional<SharedMemory> shared_;
  std::atomic<int>* wanted_ = nullptr;
};

TEST_F(LateGrantTest, CountsFromTheNextFrameAndDisturbsNobody) {
  const std::size_t at = frames_.size() / 2;
  by_one("plain", at);
  late("late", at, [](Stage&, RingOwner&, std::size_t) {});
  expect_same("late", "plain");
  const auto taken = opened(grants_[2], dir_ / "late", Stream::content);
  EXPECT_GT(taken.size(), 0u);
  EXPECT_LT(taken.size(), opened(grants_[0], dir_ / "late", Stream::content).size());
  // Its surveillance began when it became known, and not with the input.
  const auto first =
      intercept::decode_event(opened(grants_[2], dir_ / "late", Stream::call_data).at(0)).value();
  EXPECT_EQ(first.type, intercept::EventType::surveillance_status);
  EXPECT_EQ(first.at, frames_[at - 1].at);
}

TEST_F(LateGrantTest, IsKnownToTheCopyOfAParserThatIsKilled) {
  const std::size_t at = frames_.size() / 2;
  by_one("plain", at);
  std::size_t kills = 0;
  const Told t = late("late", at, [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n < at || n % 20 != 0 || kills == 5) return;
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers == kills && stage.board().standby != 0;
    });
    ASSERT_EQ(::kill(owner.parser(), SIGKILL), 0);
    ++kills;
  });
  EXPECT_EQ(kills, 5u);
  EXPECT_EQ(t.takeovers, 5u);
  EXPECT_EQ(t.fresh_starts, 0u);
  expect_same("late", "plain");
}

TEST_F(LateGrantTest, OneThatNobodySignedStopsTheOwner) {
  Stage stage = Stage::make(1u << 20, 1u << 20).value();
  during_ = {};
  const pid_t sealer = start_sealer(stage, dir_ / "forged");
  {
    RingOwner owner{stage, grants_, door_, {}, sealer, alarm_};
    ASSERT_TRUE(owner.begin());
    std::string forged = offer_;
    forged[forged.find("carrier")] = 'k';
    ASSERT_TRUE(write_all(pipe_[1], worker::encode_frame('N', view_of(forged))));
    ++stage.board().offers;
    const Status heard = owner.housekeeping();
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().exit, Exit::refused);
    EXPECT_EQ(grants_.size(), 2u);
    EXPECT_TRUE(owner.finish());
    EXPECT_EQ(owner.sealer_status(), 0);  // it writes into the directory that goes now
  }
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

// A parser that somebody else has taken over: what it offers is held against the grants.
class ForgedTest : public StagesTest {
 protected:
  template <class F>
  Told forged(const std::string& name, F&& offer) {
    Stage stage = Stage::make(1u << 20, 1u << 20).value();
    const pid_t sealer = start_sealer(stage, dir_ / name);
    RingWriter w{stage.board().findings, stage.findings(), 0};
    offer(w, stage);
    w.publish();
    int status = -1;
    EXPECT_EQ(::waitpid(sealer, &status, 0), sealer);
    EXPECT_EQ(status, 0);
    return told(dir_ / name);
  }
  static void put(RingWriter& w, FindingRecord::Kind kind, std::uint32_t grant, View record) {
    const FindingRecord head{kind, grant};
    ASSERT_TRUE(w.put({bytes_of(head), record}));
  }
  static void finish(RingWriter& w) { put(w, FindingRecord::Kind::finished, 0, bytes_of(Finished{})); }
  Bytes packet(std::uint32_t call, Instant at) {
    Bytes out;
    wire::RawPacket p = frames_[3];
    p.at = at;
    intercept::encode({call, intercept::PacketRole::rtp, intercept::Direction::unknown}, p, out);
    return out;
  }
};

TEST_F(ForgedTest, WhatNoGrantAllowsIsNotSealed) {
  const Instant good = frames_[3].at;
  const Told t = forged("forged", [&](RingWriter& w, Stage&) {
    using Kind_ = FindingRecord::Kind;
    put(w, Kind_::packet, 0, packet(1, good));                          // this one is good
    put(w, Kind_::packet, 1, packet(1, good));                          // under a pen register
    put(w, Kind_::packet, 2, packet(1, good));                          // of no grant
    put(w, Kind_::packet, 0xFFFFFFFF, packet(1, good));                 //
    put(w, Kind_::packet, 0, packet(1, grants_[0].until()));            // too late
    put(w, Kind_::packet, 0, packet(1, grants_[0].from() - Nanos{1}));  // too early
    put(w, Kind_::packet, 0, packet(0xFFFFFFF0, good));                 // numbers used up
    put(w, Kind_::packet, 0, view_of("no packet"));                     //
    put(w, Kind_::event, 0, view_of("{}"));                             //
    put(w, Kind_::event, 1,
        intercept::encode(intercept::Event{
            //
            intercept::EventType::review, grants_[1].until(), 0, "", Json::object(), 0}));
    put(w, static_cast<Kind_>(77), 0, {});
    ASSERT_TRUE(w.put({view_of("x")}));
    finish(w);
  });
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.refused, 11u);
  EXPECT_EQ(opened(grants_[0], dir_ / "forged", Stream::content).size(), 1u);
  EXPECT_TRUE(opened(grants_[0], dir_ / "forged", Stream::call_data).empty());
  EXPECT_TRUE(opened(grants_[1], dir_ / "forged", Stream::call_data).empty());
}

TEST_F(ForgedTest, ARingThatIsNoneEndsTheRunAndWhatWasSealedStays) {
  const Told t = forged("broken", [&](RingWriter& w, Stage& stage) {
    put(w, FindingRecord::Kind::packet, 0, packet(1, frames_[3].at));
    w.publish();
    wait_until([&] { return stage.board().findings.released == stage.board().findings.written; });
    stage.board().findings.written += 1u << 30;
  });
  EXPECT_FALSE(t.good);
  EXPECT_EQ(t.exit, static_cast<int>(Exit::integrity));
  EXPECT_EQ(opened(grants_[0], dir_ / "broken", Stream::content).size(), 1u);
}

}  // namespace
}  // namespace writ::probe
