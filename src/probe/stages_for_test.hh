// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: owner, parser and sealer as processes of their own over one capture, and what they leave.
#pragma once
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

namespace writ::probe::test {

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

}  // namespace writ::probe::test
