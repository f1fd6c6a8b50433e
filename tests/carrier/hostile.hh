// SPDX-License-Identifier: GPL-3.0-or-later
// What strangers with bad intentions do to an interception, each with the right answer in the truth
// (docs/design.md): forged ends stop nothing, a claim is no proof, nobody's media become the target's, and
// nothing hides the target's.
#pragma once
#include "shapes.hh"

namespace carrier {

// Against a target's call that is up. `kind` counts through what there is.
void attack(World& w, const Live& l, unsigned kind);
inline constexpr unsigned attacks = 12;
// Against nobody in particular, or in the name of a target; about so many packets.
void disturb(World& w, Time t, unsigned kind, int packets);
inline constexpr unsigned disturbances = 9;

}  // namespace carrier
