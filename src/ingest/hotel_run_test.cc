// SPDX-License-Identifier: GPL-3.0-or-later
// The link over real lines: TCP against tests/fias/peer, and a serial line as a pseudo terminal.
#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "ingest/hotel_for_test.hh"

namespace writ::ingest {
namespace {

using test::fresh_dir;
using test::Peer;
using test::settings_for;
using What = records::StayChange::What;

// The link on a thread, with everything it gave.
class Runner {
 public:
  Runner(HotelSettings s, fs::path log) : settings_(std::move(s)), log_(std::move(log)) {
    sink_.change = [this](const records::StayChange& c) -> Status {
      const std::lock_guard lock(mutex_);
      if (refuse) return fail(Exit::failure, "the disk is full");
      changes_.push_back({c, now_ns()});
      changed_.notify_all();
      return {};
    };
    sink_.talk = [this](const std::string& what, const Json& detail) {
      const std::lock_guard lock(mutex_);
      said_.push_back({what, detail});
      changed_.notify_all();
    };
    thread_ = std::thread([this] { result = run_hotel_link(settings_, sink_, clock_, log_, stop_, false); });
  }
  ~Runner() { finish(); }
  Status finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return result;
  }
  Status ended() {
    thread_.join();
    return result;
  }
  struct Change {
    records::StayChange change;
    std::int64_t ns;
  };
  Change change(What what, const std::string& reservation) {
    return wait<Change>("change of " + reservation, [&]() -> std::optional<Change> {
      for (const Change& c : changes_) {
        if (c.change.what == what && c.change.reservation == reservation) return c;
      }
      return {};
    });
  }
  Json said(const std::string& what, std::size_t times = 1) {
    return wait<Json>(what, [&]() -> std::optional<Json> {
      std::size_t n = 0;
      for (const Said& s : said_) {
        if (s.what == what && ++n == times) return s.detail;
      }
      return {};
    });
  }
  std::atomic<bool> refuse = false;
  Status result;

 private:
  static std::int64_t now_ns() {
    return std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  template <class T>
  T wait(const std::string& name, const std::function<std::optional<T>()>& find) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    if (!changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return (found = find()).has_value(); })) {
      ADD_FAILURE() << "did not come: " << name;
      return T{};
    }
    return *found;
  }

  HotelSettings settings_;
  fs::path log_;
  SystemClock clock_;
  HotelSink sink_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Change> changes_;
  std::vector<Said> said_;
  std::thread thread_;
};

TEST(HotelRun, LinksResyncsAndPassesACheckOutOnAtOnce) {
  const fs::path dir = fresh_dir("live");
  Peer peer;
  peer.play("house 214 1001 Müller, Jörg");
  Runner link(settings_for(peer.port), dir / "raw" / "fias.log");
  EXPECT_EQ(link.said("resync.done").at("named"), Json({"1001"}));
  EXPECT_EQ(link.change(What::check_in, "1001").change.name, "Müller, Jörg");
  peer.play("out 214 1001");
  const auto sent = peer.next("out", "GO|RN214").at("mono_ns").get<std::int64_t>();
  const auto out = link.change(What::check_out, "1001");
  // The promise of the desk is one second; the link's share is a sync of the raw log.
  const double ms = static_cast<double>(out.ns - sent) / 1e6;
  RecordProperty("check_out_ms", std::to_string(ms));
  std::printf("from the property system's send to the change: %.1f ms\n", ms);
  EXPECT_LT(ms, 1000.0);
  EXPECT_TRUE(link.finish());
  peer.next("in", "LE|");
}

TEST(HotelRun, ALineThatBreaksInARecordIsTakenUpAgainAndTheResyncBringsIt) {
  const fs::path dir = fresh_dir("cut");
  Peer peer;
  Runner link(settings_for(peer.port), dir / "fias.log");
  link.said("resync.done");
  peer.play("half 20 GI|RN301|G#2001|GNDoe|GFJames|");
  peer.play("house 301 2001 Doe, James");
  peer.play("drop");
  EXPECT_EQ(link.said("frame.half").at("bytes"), 19);
  EXPECT_EQ(link.change(What::check_in, "2001").change.room, "301");
  EXPECT_EQ(link.said("resync.done", 2).at("named"), Json({"2001"}));
  EXPECT_TRUE(link.finish());
  std::ifstream in(dir / "fias.log");
  std::string line;
  int halves = 0, lines = 0;
  while (std::getline(in, line)) {
    HotelLog::Entry e;
    ASSERT_TRUE(parse_hotel_log_line(line, e)) << line;
    ++lines;
    if (e.kind == 'H') {
      ++halves;
      EXPECT_EQ(e.bytes, "GI|RN301|G#2001|GND");
    }
  }
  EXPECT_EQ(halves, 1);
  EXPECT_GT(lines, 8);
}

TEST(HotelRun, WaitsForAHotelThatIsNotThereYet) {
  const fs::path dir = fresh_dir("late");
  Peer peer;
  peer.play("refuse on");
  peer.play("mark closed");
  peer.next("mark");
  Runner link(settings_for(peer.port), dir / "fias.log");
  link.said("line.retry", 2);
  peer.play("refuse off");
  link.said("resync.done");
  EXPECT_TRUE(link.finish());
}

TEST(HotelRun, ARefusedChangeStopsTheLinkAndComesFirstAtTheNextStart) {
  const fs::path dir = fresh_dir("refused");
  Peer peer;
  peer.play("house 214 1001 Doe, James");
  {
    Runner link(settings_for(peer.port), dir / "fias.log");
    link.said("resync.done");
    link.refuse = true;
    peer.play("out 214 1001");
    const Status ended = link.ended();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().what, "the disk is full");
  }
  Runner again(settings_for(peer.port), dir / "fias.log");
  EXPECT_EQ(again.said("raw.caught_up").at("records"), 1);
  EXPECT_EQ(again.change(What::check_out, "1001").change.room, "214");
  EXPECT_TRUE(again.finish());
}

TEST(HotelRun, OnceEndsWithTheResync) {
  const fs::path dir = fresh_dir("once");
  Peer peer;
  peer.play("house 214 1001 Doe, James");
  std::vector<records::StayChange> changes;
  const HotelSink sink{[&](const records::StayChange& c) -> Status {
                         changes.push_back(c);
                         return {};
                       },
                       {}};
  SystemClock clock;
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(run_hotel_link(settings_for(peer.port), sink, clock, dir / "fias.log", stop, true));
  EXPECT_EQ(changes.size(), 1u);
  peer.play("refuse on");
  peer.play("mark closed");
  peer.next("mark");
  const auto nobody = run_hotel_link(settings_for(peer.port), sink, clock, dir / "fias.log", stop, true);
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().what.find("Connection refused"), std::string::npos);
}

TEST(HotelRun, SpeaksOverASerialLine) {
  const fs::path dir = fresh_dir("serial");
  const Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  ASSERT_TRUE(master);
  ASSERT_EQ(::grantpt(master.get()), 0);
  ASSERT_EQ(::unlockpt(master.get()), 0);
  HotelSettings s = settings_for(0);
  s.host.clear();
  s.device = ::ptsname(master.get());
  const auto hear = [&](const std::string& what) {
    std::string heard;
    while (heard.find(what) == std::string::npos) {
      pollfd p{master.get(), POLLIN, 0};
      char bytes[512];
      const ssize_t n = ::poll(&p, 1, 10'000) == 1 ? ::read(master.get(), bytes, sizeof bytes) : -1;
      if (n <= 0) return heard;
      heard.append(bytes, static_cast<std::size_t>(n));
    }
    return heard;
  };
  Runner link(s, dir / "fias.log");
  link.said("link.connected");
  ASSERT_TRUE(write_all(master.get(), view_of(test::framed("LS|DA261125|TI120000|") + "\r\n")));
  const std::string heard = hear("\x02LA|");
  EXPECT_NE(heard.find("\x02LS|"), std::string::npos);  // STX, ETX and '|' pass a raw line as they are
  EXPECT_NE(heard.find("\x02LR|RIGO|"), std::string::npos);
  ASSERT_TRUE(write_all(master.get(), view_of(test::framed("LA|"))));
  EXPECT_NE(hear("\x02"
                 "DR|")
                .find("DR|"),
            std::string::npos);
  // The control characters that a terminal would act on, and a byte of eight bits.
  ASSERT_TRUE(write_all(master.get(),
                        view_of(test::framed("GI|RN214|G#1001|GNM\xfcller \x11|") + test::framed("DE|"))));
  EXPECT_EQ(link.change(What::check_in, "1001").change.room, "214");
  EXPECT_EQ(link.said("resync.done").at("named"), Json({"1001"}));
  EXPECT_TRUE(link.finish());
}

}  // namespace
}  // namespace writ::ingest
