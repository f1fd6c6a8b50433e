// SPDX-License-Identifier: GPL-3.0-or-later
// What a running probe tells whoever watches it: one small file, <probe dir>/status.json, replaced at most
// once a second. Counts, times and the first digits of grants; no target, no matter, no number, no address.
//
// The file is a message, not a record: it is not synced, and nothing is decided upon it but alarms.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.hh"
#include "base/time.hh"
#include "capture/run_progress.hh"

namespace writ::capture {

struct GrantLeft {
  std::string grant;  // the first 8 digits of its id
  Instant until{};    // end of its authority; a revocation shows as `ended`
  Instant looked{};   // when the probe last judged it
  bool ended = false;
  bool trust_from = false;          // it believes From at every input
  std::uint64_t trust_from_at = 0;  // or at so many
};

struct RunStatus {  // "writ.run-status/1"
  Instant started{}, at{};
  bool live = false;   // an interface, not a file
  bool ended = false;  // the run came to its end, with `exit`
  int exit = 0;
  RunProgress counts;
  std::uint64_t packets_per_s = 0, calls_up = 0;
  std::uint64_t spool_bytes = 0;           // sealed by this run
  std::uint64_t acknowledged = 0;          // records of this run that are safe on the disk
  std::uint64_t spool_bytes_per_hour = 0;  // over the last ten minutes
  std::uint64_t disk_free = 0;             // bytes, where the spool lies
  Instant last_drop{};                     // zero: none
  Instant deaf_since{};                    // a live source hears nothing; zero: each hears
  // The wall clock against the boot clock since the run began, and its last step of more than half a second.
  std::int64_t clock_offset_ms = 0, clock_step_ms = 0;
  Instant clock_step_at{}, clock_mark{};  // mark: the highest time ever seen
  std::vector<GrantLeft> grants;
  Instant unheard_since{};  // the office, by a live run that goes on and seals nothing; zero: it is heard
  Instant alarm_at{};       // the last alarm that stood, in whichever run
  std::string alarm;
};
Json to_json(const RunStatus& s);
Result<RunStatus> parse_run_status(View text);
// Hours until the disk is full at the present rate; nullopt when nothing is written.
std::optional<std::uint64_t> disk_hours(const RunStatus& s);

struct AlarmLimits {
  std::chrono::hours disk{24}, authority{24};
  std::chrono::seconds stale{10};
  std::chrono::hours recent{1};  // how long drops and steps of the clock are told
};
struct Alarm {
  const char* kind;  // "drops" | "deaf" | "disk" | "authority" | "clock" | "office" | "stale" | "stopped"
  std::string what;
};
inline constexpr const char* alarm_kinds[] = {"drops", "deaf",   "disk",  "authority",
                                              "clock", "office", "stale", "stopped"};
// `alive`: a process works in the probe's directory.
std::vector<Alarm> alarms_of(const RunStatus& s, bool alive, Instant now, const AlarmLimits& limits);

// For a terminal or a pipe: lines, plain text.
std::string status_text(const RunStatus& s, const std::vector<Alarm>& alarms, bool alive, Instant now);
// Prometheus text exposition 0.0.4: sums over all grants, no grant's digits.
std::string status_metrics(const RunStatus& s, const std::vector<Alarm>& alarms, bool alive, Instant now);

}  // namespace writ::capture
