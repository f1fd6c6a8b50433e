// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/interruption.hh"

#include <fmt/format.h>

#include <algorithm>

#include "capture/status_keeper.hh"
#include "vault/segment_base.hh"

namespace writ::capture {
namespace {

// The mark of the clock and the status are at most a second old when a run dies, and what is younger than a
// group commit is not safe yet: the gap rather begins too early.
constexpr std::chrono::seconds last_sign_age{1};

// Whether the stream's last segment came from a source that has no name: an interface, or standard input.
Result<bool> was_live(const fs::path& lane_dir, vault::Stream stream, const crypto::VerifyKey& probe) {
  WRIT_TRY(base, vault::read_base(lane_dir, stream, probe));
  WRIT_TRY(files, vault::list_after(lane_dir, base));
  if (files.empty()) return base.through > 0 && base.marks.empty();
  WRIT_TRY(last, vault::verify_segment(files.back().second, probe));
  return last.source.empty();
}

}  // namespace

std::optional<Interruption> interruption_before(const fs::path& probe_dir) {
  Instant sign = clock_mark_of(probe_dir);
  if (sign == Instant{}) return {};
  Interruption i;
  i.why = "the probe was not at work: its last run is gone without an end";
  // Power that is lost can leave an older status, or none: it is not synced.
  if (const auto status = read_run_status(probe_dir); status && *status) {
    const RunStatus& s = **status;
    sign = std::max(sign, s.at);
    if (s.ended) {
      sign = s.at;
      const bool in_order = s.exit == 0 || s.exit == static_cast<int>(Exit::partial);
      if (!s.live && in_order) return {};
      i.why = in_order ? "the probe was stopped"
                       : fmt::format("the probe was not at work: its last run failed (exit {})", s.exit);
    }
    // What was deaf then is said when it is over, and that was never said.
    if (s.live && !s.ended && s.deaf_since != Instant{}) sign = std::min(sign, s.deaf_since);
    if (s.live)
      for (const GrantLeft& g : s.grants)
        if (!g.ended) i.grants.push_back(g.grant);
  }
  i.from = sign - last_sign_age;
  return i;
}

Status say_interruption(const Interruption& i, Instant now,
                        const std::vector<authority::VerifiedGrant>& grants, const fs::path& spool_dir,
                        const crypto::VerifyKey& probe, Spool& spool) {
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const std::string id = crypto::hex(grants[g].id());
    bool live = std::find(i.grants.begin(), i.grants.end(), id.substr(0, 8)) != i.grants.end();
    for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
      if (live) break;
      WRIT_TRY(was, was_live(spool_dir / id, stream, probe));
      live = was;
    }
    const Instant from = std::max(i.from, grants[g].from());
    const Instant until = std::min(now, grants[g].until() - Nanos{1});
    if (!live || until <= from) continue;
    WRIT_CHECK(spool.event(g, {intercept::EventType::gap,
                               until,
                               0,
                               "",
                               {{"why", i.why},
                                {"from", rfc3339(from)},
                                {"until", rfc3339(until)},
                                {intercept::calls_lost, true}}}));
  }
  return {};
}

}  // namespace writ::capture
