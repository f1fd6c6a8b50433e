// SPDX-License-Identifier: GPL-3.0-or-later
// simcarrier: what a carrier's mirrored port shows, with the ground truth of it. The same options give the
// same bytes.
//
//   simcarrier --out FILE.pcap --truth DIR [--packets N] [--seed N] [--targets N] [--target-share X]
//   [--hostile-share X]
//              [--talk SECONDS] [--rate CALLS_A_SECOND] [--epoch SECONDS]
//
// Shapes: shapes_*.cc; attacks: hostile.cc, disturb.cc; who is who: world.hh; what the truth says: truth.hh.
// It uses nothing of the product: what it writes is read by others (tshark, sox) and by tests/carrier/check.
#include <srtp2/srtp.h>

#include <cstring>
#include <iostream>
#include <stdexcept>

#include "hostile.hh"

namespace carrier {
namespace {

struct Settings {
  std::string out, truth;
  std::uint64_t packets = 60000, seed = 1;
  int targets = 5;
  double target_share = 0.01, hostile_share = 0.1, talk = 8, rate = 20;
  std::int64_t epoch = 1700000000;
};

class Run {
 public:
  Run(const Settings& s, World& w) : s_(s), w_(w), free_(static_cast<std::size_t>(s.targets)) {}
  void start() {
    w_.mirror.call_at(s_.epoch * second, [this] {
      w_.register_targets(w_.mirror.now() + 10 * ms);
      next_ = w_.mirror.now() + 2 * second;
      w_.mirror.call_at(next_, [this] { step(); });
    });
  }

 private:
  int slots() { return static_cast<int>(s_.talk * 50 * (0.5 + w_.chance.below(1000) / 1000.0)); }

  // One call of strangers, now and then one of a target's, and as much hostility as is due.
  void step() {
    if (w_.mirror.promised() >= s_.packets) return;
    const Time now = w_.mirror.now();
    due_ += s_.target_share / (1 - s_.target_share);
    if (due_ >= 1) {
      due_ -= 1;
      target_call(now);
    }
    strangers_call(now);
    while (planned_ < s_.hostile_share * static_cast<double>(w_.mirror.promised())) {
      // Floods make the numbers, the rest the variety.
      const unsigned kind = disturbed_++;
      const int packets = static_cast<int>(w_.chance.between(100, 400));
      const std::uint64_t before = w_.mirror.promised();
      disturb(w_, now + w_.chance.between(0, 900) * ms, kind % 2 == 0 ? 0 : kind / 2, packets);
      planned_ += static_cast<double>(w_.mirror.promised() - before);
    }
    std::erase_if(w_.live, [&](const auto& l) { return l->until < now; });
    next_ +=
        static_cast<Time>(static_cast<double>(second) / s_.rate * (0.5 + w_.chance.below(1000) / 1000.0));
    w_.mirror.call_at(next_, [this] { step(); });
  }

  void strangers_call(Time now) {
    int all = 0;
    for (const Shape& s : shapes()) all += s.weight;
    int n = static_cast<int>(w_.chance.below(static_cast<std::uint64_t>(all)));
    for (const Shape& s : shapes()) {
      if ((n -= s.weight) >= 0) continue;
      Scene scene{w_, now, {-1, w_.chance.chance(0.1) ? -6 : -1}, slots()};
      s.play(scene);
      return;
    }
  }

  void next_shape() {
    if (++shape_ < shapes().size()) return;
    shape_ = 0;
    seat_ = (seat_ + 1) % 3;
  }

  // Every shape with a target on its first seat, then on the next; each target has one call at a time.
  void target_call(Time now) {
    while (seat_ >= shapes()[shape_].seats) next_shape();
    int who = 0;
    const bool same_family = std::string(shapes()[shape_].name) != "ports-again";
    for (int i = 0; i < s_.targets; ++i)
      if ((same_family || i % 5 != 3) &&
          free_[static_cast<std::size_t>(i)] < free_[static_cast<std::size_t>(who)])
        who = i;
    Time& free = free_[static_cast<std::size_t>(who)];
    const std::size_t before = w_.live.size();
    Scene scene{w_, std::max(now, free + second), {who, seat_}, slots()};
    w_.truth.count(std::string("shape ") + shapes()[shape_].name);
    free = shapes()[shape_].play(scene) + 500 * ms;
    next_shape();
    for (std::size_t i = before; i < w_.live.size(); ++i) {
      const std::uint64_t planned = w_.mirror.promised();
      attack(w_, *w_.live[i], attacked_++);
      planned_ += static_cast<double>(w_.mirror.promised() - planned);
    }
  }

  const Settings& s_;
  World& w_;
  std::vector<Time> free_;
  Time next_ = 0;
  std::size_t shape_ = 0;
  int seat_ = 0;
  unsigned attacked_ = 0, disturbed_ = 0;
  double due_ = 0.5, planned_ = 0;
};

Settings read(int argc, char** argv) {
  Settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--out")
      s.out = value;
    else if (name == "--truth")
      s.truth = value;
    else if (name == "--packets")
      s.packets = std::stoull(value);
    else if (name == "--seed")
      s.seed = std::stoull(value);
    else if (name == "--targets")
      s.targets = std::stoi(value);
    else if (name == "--target-share")
      s.target_share = std::stod(value);
    else if (name == "--hostile-share")
      s.hostile_share = std::stod(value);
    else if (name == "--talk")
      s.talk = std::stod(value);
    else if (name == "--rate")
      s.rate = std::stod(value);
    else if (name == "--epoch")
      s.epoch = std::stoll(value);
    else
      throw std::runtime_error("unknown option " + name);
  }
  if (s.out.empty() || s.truth.empty() || s.targets < 1 || s.targets > 99)
    throw std::runtime_error("--out FILE --truth DIR, 1 to 99 targets");
  return s;
}

void run(const Settings& s) {
  Truth truth(s.truth);
  Mirror mirror(s.out, truth);
  Tls::start(s.seed, fs::path(s.truth) / "keys.log");
  World world(mirror, s.seed, s.targets);
  Run r(s, world);
  r.start();
  mirror.run();
  Json numbers = Json::array();
  for (int i = 0; i < s.targets; ++i) numbers.push_back(world.number_of(i));
  truth.finish({{"schema", "simcarrier.truth/1"},
                {"seed", s.seed},
                {"packets", mirror.written()},
                {"hostile_packets", mirror.hostile()},
                {"targets", numbers},
                {"trusted_peers", {world.agent(false).host.text(), world.agent(true).host.text()}}});
  std::cout << mirror.written() << " packets, " << mirror.hostile() << " hostile\n";
}

}  // namespace
}  // namespace carrier

int main(int argc, char** argv) {
  try {
    carrier::run(carrier::read(argc, argv));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "simcarrier: " << e.what() << "\n";
    return 1;
  }
}
