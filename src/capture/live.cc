// SPDX-License-Identifier: GPL-3.0-or-later
// Live capture
// ============
// Several sources, one engine: a call's signalling may pass one port and its media another, so packets must
// come in the order of their times. Each source hands over batches in its own order; the oldest head of all
// goes first. Where a source has nothing, something older may still be on its way, at most as long as a ring
// holds a block back: the others' packets wait for that long, in their rings. One source alone waits for
// nobody.
//
// What the kernel had to drop because we were slow, and the time in which an interface was down, become gaps
// of every grant. Nothing is resumed: what passed while nobody listened is gone, and is said as a gap
// (interruption.hh).
#include "capture/live.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/tap.hh"

namespace writ::capture {
namespace {

using LiveClock = std::chrono::steady_clock;
constexpr int hold_back_ms = 40;  // a ring's 10 ms, and as much as a busy machine may add
constexpr std::chrono::milliseconds hold_back{hold_back_ms};

// What came and has not been fed yet.
struct LiveLane {
  std::unique_ptr<Tap> tap;
  std::uint32_t ingress = 0;
  std::span<const wire::RawPacket> batch;
  std::size_t at = 0;
  Instant checked{}, last{};         // times of packets: at the last look at the drops, and of the newest
  Instant looked{};                  // when it was last asked whether it hears
  std::uint64_t lost_meanwhile = 0;  // while the intake waited; not said yet
  Instant deaf_since{};
  std::string deaf;

  bool empty() const { return at == batch.size(); }
  const wire::RawPacket& head() const { return batch[at]; }
  Status refill() {
    if (!empty()) return {};
    if (!batch.empty()) tap->release();
    batch = {};
    at = 0;
    WRIT_TRY(got, tap->batch());
    batch = got;
    return {};
  }
};

}  // namespace

struct LiveSource::Impl {
  std::vector<LiveLane> lanes;
  std::uint64_t dropped = 0;
};

std::vector<std::string> inputs_of(const LiveSettings& settings) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  for (const std::string& name : settings.interfaces) add(name);
  for (const HepListen& where : settings.hep) add(where.text());
  return out;
}

LiveSource::LiveSource(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
LiveSource::LiveSource(LiveSource&&) noexcept = default;
LiveSource::~LiveSource() = default;

std::vector<std::string> LiveSource::describe() const {
  std::vector<std::string> out;
  for (const LiveLane& l : i_->lanes) out.push_back(l.tap->describe());
  return out;
}

std::uint64_t LiveSource::dropped() const { return i_->dropped; }

Result<LiveSource> LiveSource::open(const LiveSettings& settings,
                                    const std::function<void(const std::string&)>& said) {
  auto i = std::make_unique<Impl>();
  const std::vector<std::string> inputs = inputs_of(settings);
  const auto add = [&](std::unique_ptr<Tap> tap, const std::string& input) {
    i->lanes.emplace_back();
    i->lanes.back().tap = std::move(tap);
    i->lanes.back().ingress =
        static_cast<std::uint32_t>(std::find(inputs.begin(), inputs.end(), input) - inputs.begin() + 1);
  };
  std::vector<std::string> missing;
  std::optional<Error> why_missing;
  for (const std::string& name : settings.interfaces) {
    RingGroup group;
    group.members = std::clamp(settings.rings, 1u, rings_max);
    for (unsigned n = 0; n < group.members; ++n) {
      auto ring = open_ring(name, group);
      if (ring) {
        add(std::move(*ring), name);
        continue;
      }
      if (n > 0) return tl::unexpected(std::move(ring).error());
      auto pcap = open_pcap(name);  // its error says more of what is wrong with an interface
      if (!pcap && pcap.error().exit == Exit::not_found) {
        missing.push_back(name);
        why_missing = std::move(pcap).error();
        break;
      }
      if (!pcap) return tl::unexpected(std::move(pcap).error());
      if (said) said(ring.error().what + "; libpcap reads it instead");
      add(std::move(*pcap), name);
      break;
    }
  }
  for (const HepListen& where : settings.hep) {
    WRIT_TRY(tap, open_hep(where, settings.hep_from));
    add(std::move(tap), where.text());
  }
  // One that is missing must not keep the others from being heard; a run with nothing to hear is a mistake.
  if (i->lanes.empty() && why_missing) return tl::unexpected(std::move(*why_missing));
  for (const std::string& name : missing) {
    WRIT_TRY(tap, await_ring(name));
    if (said) said(name + " is not there; it is taken when it comes");
    add(std::move(tap), name);
  }
  return LiveSource{std::move(i)};
}

namespace {

class LiveLoop {
 public:
  LiveLoop(LiveSource::Impl& s, Intake& intake, const std::function<void(const std::string&)>& alarm)
      : s_(s), intake_(intake), alarm_(alarm) {}

  std::uint64_t lost_meanwhile() {
    std::uint64_t sum = 0;
    for (LiveLane& l : s_.lanes) {
      const std::uint64_t lost = l.tap->newly_lost();
      l.lost_meanwhile += lost;
      sum += lost;
    }
    return sum;
  }

  Status run(const StopFlag& stop) {
    WRIT_CHECK(intake_.begin());
    const Instant begun = clock_.now();
    for (LiveLane& l : s_.lanes) l.checked = l.last = l.looked = begun;
    while (!stop) {
      WRIT_TRY(fed, feed_some(false));
      WRIT_CHECK(look_around());
      WRIT_CHECK(intake_.housekeeping());
      if (!fed) wait();
    }
    const Instant stopped = clock_.now();
    ::poll(nullptr, 0, 2 * hold_back_ms / 3);  // a ring hands its last block over
    for (bool more = true; more;) {            // what came before the stop
      WRIT_TRY(fed, feed_some(true));
      more = fed && last_fed_ < stopped;
      WRIT_CHECK(intake_.housekeeping());
    }
    for (LiveLane& l : s_.lanes) {
      WRIT_CHECK(count_drops(l));
      if (!l.deaf.empty()) WRIT_CHECK(intake_.gap(l.deaf_since, stopped, l.deaf, 0));
    }
    return intake_.finish();
  }

 private:
  // At most some hundred packets; false when none was due. `all`: nobody is waited for.
  Result<bool> feed_some(bool all) {
    constexpr int packets_max = 512;
    for (LiveLane& l : s_.lanes) WRIT_CHECK(l.refill());
    bool fed = false;
    const Instant now = clock_.now();
    for (int n = 0; n < packets_max; ++n) {
      LiveLane* oldest = nullptr;
      bool gaps = false;
      for (LiveLane& l : s_.lanes) {
        if (l.empty())
          gaps = true;
        else if (oldest == nullptr || l.head().at < oldest->head().at)
          oldest = &l;
      }
      if (oldest == nullptr) break;
      // A head from the future (a clock that is off) must not hold its ring up for good.
      if (gaps && !all) {
        const Nanos age = now - oldest->head().at;
        if (age < hold_back && age > -Nanos{hold_back}) break;
      }
      wire::RawPacket p = oldest->head();
      p.ingress = oldest->ingress;
      ++oldest->at;
      oldest->last = std::max(oldest->last, p.at);
      last_fed_ = p.at;
      fed = true;
      WRIT_CHECK(intake_.feed(p));
      WRIT_CHECK(oldest->refill());
    }
    return fed;
  }

  // Once a second: drops, interfaces that are down.
  Status look_around() {
    const auto now = LiveClock::now();
    if (now < next_look_) return {};
    next_look_ = now + std::chrono::seconds{1};
    for (LiveLane& l : s_.lanes) {
      WRIT_CHECK(count_drops(l));
      WRIT_CHECK(hear(l, l.tap->deaf()));
    }
    intake_.deaf(static_cast<std::uint32_t>(
        std::count_if(s_.lanes.begin(), s_.lanes.end(), [](const LiveLane& l) { return !l.deaf.empty(); })));
    return {};
  }

  Status count_drops(LiveLane& l) {
    const std::uint64_t lost = std::exchange(l.lost_meanwhile, 0) + l.tap->newly_lost();
    const Instant from = l.checked;
    l.checked = l.last;
    if (lost == 0) return {};
    s_.dropped += lost;
    say(fmt::format("{}: {}", l.tap->lost_why(), lost));
    return intake_.gap(from, std::max(l.last, from), l.tap->lost_why(), lost);
  }

  Status hear(LiveLane& l, std::string deaf) {
    const Instant now = clock_.now(), before = std::exchange(l.looked, now);
    if (deaf == l.deaf) return {};
    if (!l.deaf.empty()) WRIT_CHECK(intake_.gap(l.deaf_since, now, l.deaf, 0));
    if (deaf.empty())
      say(l.deaf + ": over");
    else
      say(deaf);
    l.deaf_since = l.deaf.empty() ? before : now;  // it may have been so since the last look
    l.deaf = std::move(deaf);
    return {};
  }

  void wait() {
    constexpr int wait_ms = 20, held_ms = 5;
    // With packets that are held back a ring says "ready" all the time.
    const bool held =
        std::any_of(s_.lanes.begin(), s_.lanes.end(), [](const LiveLane& l) { return !l.empty(); });
    ready_.clear();
    if (!held)
      for (const LiveLane& l : s_.lanes) l.tap->poll_on(ready_);
    ::poll(ready_.data(), ready_.size(), held ? held_ms : wait_ms);
    // An interface that went down says so until it is asked; the look around finds out why.
    if (std::any_of(ready_.begin(), ready_.end(), [](const pollfd& p) { return (p.revents & POLLERR) != 0; }))
      ::poll(nullptr, 0, wait_ms);
  }

  void say(const std::string& what) {
    if (alarm_) alarm_(what);
  }

  LiveSource::Impl& s_;
  Intake& intake_;
  const std::function<void(const std::string&)>& alarm_;
  SystemClock clock_;
  LiveClock::time_point next_look_{};
  Instant last_fed_{};
  std::vector<pollfd> ready_;
};

}  // namespace

Status run_live(LiveSource& source, Intake& intake, const StopFlag& stop,
                const std::function<void(const std::string&)>& alarm) {
  LiveLoop loop{source.impl(), intake, alarm};
  intake.while_waiting([&] { return loop.lost_meanwhile(); });
  Status ran = loop.run(stop);
  intake.while_waiting({});
  return ran;
}

}  // namespace writ::capture
