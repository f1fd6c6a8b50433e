// SPDX-License-Identifier: GPL-3.0-or-later
// The windows of a continuing delivery: half open, by the clock "cdr-delivery" of the policy from the begin
// of the delivery, in the carrier's zone, the last one cut at the end of the authority. Each begins where the
// last delivered one ended, so that there is no gap and no overlap, whatever is late and whatever the clock
// of a later policy says. They follow from the signed acts; nothing of them is stored beside these.
#pragma once
#include <vector>

#include "desk/case_book.hh"
#include "policy/policy.hh"

namespace writ::cases {

enum class WindowKind {
  week,   // S62: one period of the clock, or what is left of it after a further delivery or before the end
  extra,  // S63: asked for by the agency before the period is over
  late    // everything is delivered: records that came in afterwards, and no new window
};
const char* to_string(WindowKind k);

struct Window {
  std::uint64_t number = 1;  // of the delivery in its matter
  WindowKind kind = WindowKind::week;
  Instant from{}, until{};  // half open, of the calls' begin; late: both are the end of the delivery
  bool is_last = false;     // cut at the end of the authority, or after it
  bool is_missed = false;   // when it was taken up the next one was over, too
  std::string zone;         // in which its ends were reckoned
};
Json to_json(const Window& w);  // {"number","kind","from","until","last","missed","zone"}
Result<Window> window_from_json(const Json& j);

struct Progress {           // of a case whose delivery counsel approved
  Instant from{}, until{};  // of the whole delivery, half open
  Instant delivered{};      // end of the newest window that was delivered; `from`: none yet
  std::uint64_t deliveries = 0, weeks = 0, extras = 0;  // S62 and S63 price the last two
  bool wants_extra = false;                             // asked for, and not delivered since
  std::vector<std::uint64_t> unacknowledged;            // numbers of deliveries
};
// Exit::refused when counsel has not approved a continuing delivery in this case.
Result<Progress> progress_of(const desk::Case& c);

// The window to extract now. Exit::refused while it runs and nobody asked for a further delivery.
Result<Window> next_window(const policy::Policy& p, const Progress& done, Instant now);
// Windows that are over and were not delivered, oldest first, none cut short.
Result<std::vector<Window>> open_windows(const policy::Policy& p, const Progress& done, Instant now);
// When the window that runs, or waits, is over.
Result<Instant> window_end(const policy::Policy& p, const Progress& done);

}  // namespace writ::cases
