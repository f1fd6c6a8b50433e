// SPDX-License-Identifier: GPL-3.0-or-later
// What happens on a carrier's network, each as a script with seats: who sits where, and whether a target
// does.
#pragma once
#include <vector>

#include "call.hh"

namespace carrier {

// A call that is up, for those who attack it (hostile.hh).
struct Live {
  std::shared_ptr<Call> call;
  Time from = 0, until = 0;
};

struct Scene {
  World& w;
  Time start;
  Cast cast;
  int slots;  // how long they talk, in 20 ms
  Phone person(int seat, bool nat = false) { return w.person(cast, seat, nat); }
  void up(const std::shared_ptr<Call>& c, Time from, Time until) {
    if (c->is_target()) w.live.push_back(std::make_shared<Live>(Live{c, from, until}));
  }
};

struct Shape {
  const char* name;
  int seats;               // where a target may sit: 0 caller, 1 called, 2 a third party
  Time (*play)(Scene& s);  // returns the end
  int weight = 1;          // among strangers' calls
};
const std::vector<Shape>& shapes();

// Parts of it.
std::vector<Shape> plain_shapes();
std::vector<Shape> changing_shapes();
std::vector<Shape> moving_shapes();
std::vector<Shape> gathering_shapes();
Time usual(Scene& s, const std::shared_ptr<Call>& c);

}  // namespace carrier
