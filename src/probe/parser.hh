// SPDX-License-Identifier: GPL-3.0-or-later
// The process that reads what strangers sent. It can do arithmetic, read and write the shared memory, ask
// for memory, look at a clock, and make a copy of itself; it has no file, no network, no key.
//
// When it dies
// ============
// What it knows of the calls that are up must outlive it. Ten times a second it makes a copy of itself by
// fork(2): the copy's memory is what the parser knew at that moment (the kernel copies what changes later,
// page by page), and the copy sleeps. The frames since then stay in the ring. When the parser dies, the ring
// owner calls the copy; it reads those frames again, and because the same frames give the same findings, it
// arrives where the findings of the dead one end, passing over them, and goes on. Nothing is lost, nothing
// is sealed twice.
//
// A copy that goes on makes its own copy first, but until it has, it could die as the one before did. So the
// copy before the newest is kept, too, with the frames since; it is called when the newest is gone.
//
// A frame at which the parser fails (or hangs) is passed over by the copy, and a gap says so: the same bytes
// cannot kill it again. If both copies are gone, a parser begins anew, attaches to the calls that are up as
// it does to any call of which it did not see the beginning, and a gap says that.
//
// Cost: the fork of a parser with 30 MB takes some 0.3 ms and one page copy for each page touched since;
// measured in docs/benchmarks.md.
#pragma once
#include "capture/matcher.hh"
#include "probe/offer.hh"
#include "probe/stage.hh"

namespace writ::probe {

enum class Beginning { first, after_loss };

inline constexpr int parser_finished = 0, parser_not_confined = 2, parser_strayed = 3;

// The whole life of a parser (and of its copies) in a process that was forked for it: returns what that
// process exits with. `owner`: the process that would call a copy. Grants that come later it verifies by
// `door`.
int run_parser(Stage& stage, const std::vector<authority::VerifiedGrant>& grants, const GrantDoor& door,
               const capture::RunSettings& settings, Beginning beginning, int owner) noexcept;

}  // namespace writ::probe
