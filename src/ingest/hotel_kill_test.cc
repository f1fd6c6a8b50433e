// SPDX-License-Identifier: GPL-3.0-or-later
// kill -9 while records come: what was kept is done, and done once.
#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "ingest/hotel_for_test.hh"

namespace writ::ingest {
namespace {

using test::Desk;
using test::fresh_dir;
using test::Peer;
using test::settings_for;
using What = records::StayChange::What;
using std::chrono::milliseconds;

// A child that runs the link, writes each change durably to a file, and is killed.
class Child {
 public:
  Child(const HotelSettings& s, const fs::path& dir, const std::string& hang_at = "", bool once = false) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::ofstream out(dir / "changes", std::ios::app);
    SystemClock clock;
    const std::atomic<bool> stop = false;
    HotelSink sink;
    sink.change = [&](const records::StayChange& c) -> Status {
      const bool is_out = c.what == What::check_out;
      if (is_out && !hang_at.empty() && c.reservation == hang_at) {
        std::ofstream(dir / "hangs") << "here";
        for (;;) ::pause();
      }
      out << (is_out ? "out" : "in") << '|' << c.reservation << '|' << c.room << '|' << c.name << std::endl;
      return {};
    };
    sink.talk = [&](const std::string& what, const Json& detail) {
      if (what == "resync.done") out << "done|" << detail.dump() << std::endl;
    };
    const auto result = run_hotel_link(s, sink, clock, dir / "fias.log", stop, once);
    ::_exit(result ? 0 : 1);
  }
  int kill() {
    ::kill(pid_, SIGKILL);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status;
  }

 private:
  pid_t pid_;
};

Desk desk_of(const fs::path& changes, std::map<std::string, int>* lines = nullptr) {
  Desk desk;
  std::ifstream in(changes);
  for (std::string line; std::getline(in, line);) {
    if (lines) ++(*lines)[line];
    if (line.starts_with("done|")) {
      desk.end_unnamed(Json::parse(line.substr(5)));
      continue;
    }
    std::vector<std::string> part(1);
    for (const char c : line) {
      if (c == '|')
        part.emplace_back();
      else
        part.back() += c;
    }
    records::StayChange c;
    c.what = part.at(0) == "out" ? What::check_out : What::check_in;
    c.reservation = part.at(1);
    c.room = part.at(2);
    c.name = part.at(3);
    desk.change(c);
  }
  return desk;
}

TEST(HotelKill, ACheckOutThatWasKeptAndNotDoneIsDoneAtTheNextStart) {
  const fs::path dir = fresh_dir("kept");
  Peer peer;
  peer.play("house 214 1001 Doe, James");
  Child child(settings_for(peer.port), dir, "1001");
  peer.next("out", "DE|");
  peer.play("out 214 1001");
  for (int i = 0; i < 600 && !fs::exists(dir / "hangs"); ++i) std::this_thread::sleep_for(milliseconds{50});
  ASSERT_TRUE(fs::exists(dir / "hangs"));
  const int status = child.kill();
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(read_text(dir / "changes")->find("out|"), std::string::npos);
  EXPECT_EQ(Child(settings_for(peer.port), dir, "", true).wait(), 0);
  std::map<std::string, int> lines;
  EXPECT_TRUE(desk_of(dir / "changes", &lines).house.empty());
  EXPECT_EQ(lines["out|1001|214|"], 1);
}

TEST(HotelKill, KilledAtAnyTimeNothingIsLostAndNothingIsTwice) {
  const fs::path dir = fresh_dir("kill");
  Peer peer;
  std::mt19937 random(5);
  Desk truth;
  int number = 3000, kills = 0;
  for (int round = 0; round < 12; ++round) {
    Child child(settings_for(peer.port), dir);
    peer.next("out", "DE|");
    // Every reservation comes and half of them go, while the kill is under way.
    for (int i = 0; i < 30; ++i) {
      const std::string reservation = std::to_string(number++), room = std::to_string(100 + i);
      peer.play("in " + room + " " + reservation + " Doe, James");
      truth.house[reservation] = {room, "Doe, James"};
      if (i % 2 == 0) {
        peer.play("out " + room + " " + reservation);
        truth.house.erase(reservation);
      }
    }
    std::this_thread::sleep_for(milliseconds{random() % 25});
    const int status = child.kill();
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ++kills;
    // What was in the play and not yet sent waits for nobody: the hotel goes on without us.
    peer.play("mark " + std::to_string(round));
    peer.next("mark");
  }
  EXPECT_EQ(Child(settings_for(peer.port), dir, "", true).wait(), 0);
  EXPECT_EQ(desk_of(dir / "changes").house, truth.house);
  // Each frame that came is in the raw log, whole.
  std::ifstream in(dir / "fias.log");
  int outs = 0;
  for (std::string line; std::getline(in, line);) {
    HotelLog::Entry e;
    ASSERT_TRUE(parse_hotel_log_line(line, e)) << line;
    if (e.bytes.starts_with("GO|")) ++outs;
  }
  EXPECT_GT(outs, 0);
  EXPECT_EQ(kills, 12);
}

}  // namespace
}  // namespace writ::ingest
