// SPDX-License-Identifier: GPL-3.0-or-later
// Test helpers: a desk that follows stay changes, a scripted link, and tests/fias/peer as a process.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "base/test_at.hh"
#include "ingest/hotel_link.hh"

namespace writ::ingest::test {

using records::StayChange;

// Who is where, as a desk would know it from changes alone. The same change twice is the same as once.
struct Desk {
  std::map<std::string, std::pair<std::string, std::string>> house;  // reservation -> room, name

  void change(const StayChange& c) {
    if (c.what == StayChange::What::check_out) {
      if (c.reservation.empty())
        std::erase_if(house, [&](const auto& e) { return e.second.first == c.room; });
      else
        house.erase(c.reservation);
      return;
    }
    house[c.reservation] = {c.room, c.name};
  }
  // What a person would do with those whom a complete resync did not name; returns them.
  std::vector<std::string> end_unnamed(const Json& done) {
    std::vector<std::string> ended;
    for (const auto& [reservation, where] : house) {
      const auto& named = done.at("named");
      if (std::find(named.begin(), named.end(), Json(reservation)) == named.end())
        ended.push_back(reservation);
    }
    for (const std::string& r : ended) house.erase(r);
    return ended;
  }
};

inline fs::path fresh_dir(const std::string& name) {
  const fs::path dir = fs::path(testing::TempDir()) / ("writ_hotel_" + name + std::to_string(::getpid()));
  fs::remove_all(dir);
  fs::create_directories(dir);
  return dir;
}

inline HotelSettings settings_for(std::uint16_t port) {
  HotelSettings s;
  s.name = "harbor";
  s.account = "9001";
  s.host = "127.0.0.1";
  s.port = port;
  s.reconnect_max_s = std::chrono::seconds{1};
  return s;
}

inline std::string framed(const std::string& record) { return "\x02" + record + "\x03"; }

using writ::test::at;

// A link with what came out of it.
struct Bench {
  explicit Bench(const std::string& encoding = "windows-1252", const std::string& zone_name = "Etc/UTC",
                 const char* now = "2026-11-25T12:00:00Z")
      : zone(*Zone::find(zone_name)), text(*SiteText::open(encoding)), link("9001", zone, text) {
    moment.wall = at(now);
    moment.steady = Steady{1'000'000};
  }
  void take(LinkOutput o) {
    sent += std::string(text_of(o.send));
    gave_up = gave_up || o.give_up;
    resync_done = resync_done || o.resync_done;
    for (LinkStep& s : o.steps) {
      if (s.what == LinkStep::What::keep) kept.push_back(s.entry);
      if (s.what == LinkStep::What::talk) said.push_back(s.said);
      if (s.what == LinkStep::What::change) changes.push_back(s.change);
      steps.push_back(s);
    }
  }
  void connect() { take(link.connected(moment)); }
  void bytes(std::string_view b) { take(link.received(view_of(b), moment)); }
  void record(const std::string& r) { bytes(framed(r)); }
  void pass(Steady t) {
    moment.steady += t;
    moment.wall += t;
    take(link.tick(moment));
  }
  void link_up() {
    connect();
    record("LS|DA261125|TI120000|");
    record("LA|DA261125|TI120000|");
  }
  std::vector<Json> told(const std::string& what) const {
    std::vector<Json> out;
    for (const Said& s : said) {
      if (s.what == what) out.push_back(s.detail);
    }
    return out;
  }
  std::string take_sent() { return std::exchange(sent, {}); }

  Zone zone;
  SiteText text;
  HotelLink link;
  Moment moment;
  std::string sent;
  bool gave_up = false, resync_done = false;
  std::vector<HotelLog::Entry> kept;
  std::vector<Said> said;
  std::vector<StayChange> changes;
  std::vector<LinkStep> steps;  // all of these, in order
};

// tests/fias/peer, driven through its stdin.
class Peer {
 public:
  Peer() {
    int in[2], out[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::string program = std::string(WRIT_SOURCE_DIR) + "/tests/fias/peer";
    char* const argv[] = {program.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    in_ = Fd{in[1]};
    out_ = Fd{out[0]};
    port = next("listening").value("port", std::uint16_t{0});
  }
  ~Peer() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void play(const std::string& line) { EXPECT_TRUE(write_all(in_.get(), view_of(line + "\n"))); }
  // The next line of that event; {} after 30 s.
  Json next(const std::string& event, const std::string& record_prefix = "") {
    for (;;) {
      const auto end = buffer_.find('\n');
      if (end == std::string::npos) {
        pollfd p{out_.get(), POLLIN, 0};
        char bytes[4096];
        const ssize_t n = ::poll(&p, 1, 30'000) == 1 ? ::read(out_.get(), bytes, sizeof bytes) : 0;
        if (n <= 0) {
          ADD_FAILURE() << "peer: no " << event;
          return Json::object();
        }
        buffer_.append(bytes, static_cast<std::size_t>(n));
        continue;
      }
      const Json j = Json::parse(buffer_.substr(0, end));
      buffer_.erase(0, end + 1);
      if (j.at("event") == "timeout") ADD_FAILURE() << j.dump();
      if (j.at("event") == event && j.value("record", "").starts_with(record_prefix)) return j;
    }
  }
  std::uint16_t port = 0;

 private:
  pid_t pid_ = 0;
  Fd in_, out_;
  std::string buffer_;
};

}  // namespace writ::ingest::test
