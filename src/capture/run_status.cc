// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/run_status.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::capture {
namespace {

constexpr const char* status_schema = "writ.run-status/1";
constexpr const char* status_name = "status.json";

Json time_json(Instant t) { return t == Instant{} ? Json{} : Json(rfc3339(t)); }

Result<Instant> read_time(const Json& j, const char* key) {
  if (!j.contains(key)) return fail(Exit::usage, fmt::format("{}: {} is missing", status_name, key));
  if (j[key].is_null()) return Instant{};
  WRIT_TRY(text, field<std::string>(j, key, status_name));
  return parse_rfc3339(text);
}

struct Number {
  const char* key;
  std::uint64_t RunStatus::*at;
};
constexpr Number own_numbers[] = {{"packets_per_s", &RunStatus::packets_per_s},
                                  {"calls_up", &RunStatus::calls_up},
                                  {"spool_bytes", &RunStatus::spool_bytes},
                                  {"acknowledged", &RunStatus::acknowledged},
                                  {"spool_bytes_per_hour", &RunStatus::spool_bytes_per_hour},
                                  {"disk_free", &RunStatus::disk_free}};
struct Count {
  const char* key;
  std::uint64_t RunProgress::*at;
};
constexpr Count run_counts[] = {{"packets", &RunProgress::packets},
                                {"bytes", &RunProgress::bytes},
                                {"packets_isolated", &RunProgress::packets_isolated},
                                {"calls_isolated", &RunProgress::calls_isolated},
                                {"reviews", &RunProgress::reviews},
                                {"dropped", &RunProgress::dropped},
                                {"deaf", &RunProgress::deaf},
                                {"deaf_times", &RunProgress::deaf_times}};
struct Moment {
  const char* key;
  Instant RunStatus::*at;
};
constexpr Moment own_moments[] = {{"started", &RunStatus::started},
                                  {"at", &RunStatus::at},
                                  {"last_drop", &RunStatus::last_drop},
                                  {"clock_step_at", &RunStatus::clock_step_at},
                                  {"clock_mark", &RunStatus::clock_mark},
                                  {"alarm_at", &RunStatus::alarm_at},
                                  {"unheard_since", &RunStatus::unheard_since},
                                  {"deaf_since", &RunStatus::deaf_since}};
// Not in the status of an older probe.
constexpr const char* later_keys[] = {"unheard_since", "deaf_since", "deaf", "deaf_times"};

Result<GrantLeft> grant_left_of(const Json& j) {
  WRIT_TRY(grant, field<std::string>(j, "grant", status_name));
  WRIT_TRY(until, read_time(j, "until"));
  WRIT_TRY(looked, read_time(j, "looked"));
  WRIT_TRY(ended, field<bool>(j, "ended", status_name));
  GrantLeft left{grant, until, looked, ended};
  if (!j.contains("trust_from")) return left;  // of an older probe
  WRIT_TRY(trust_from, field<bool>(j, "trust_from", status_name));
  WRIT_TRY(trust_from_at, field<std::uint64_t>(j, "trust_from_at", status_name));
  left.trust_from = trust_from;
  left.trust_from_at = trust_from_at;
  return left;
}

bool may_lack(const Json& j, const char* key) {
  return !j.contains(key) && std::any_of(std::begin(later_keys), std::end(later_keys),
                                         [&](const char* k) { return std::string_view(k) == key; });
}

std::int64_t seconds_between(Instant from, Instant to) {
  return std::chrono::floor<std::chrono::seconds>(to - from).count();
}

// "3 d 04:05:06"
std::string span_text(std::int64_t s) {
  s = std::max<std::int64_t>(0, s);
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", s / 3600 % 24, s / 60 % 60, s % 60);
  return s >= 86400 ? fmt::format("{} d {}", s / 86400, clock) : clock;
}

// What is over, or was ended, is nobody's authority any more.
bool in_force(const GrantLeft& g, Instant now) { return !g.ended && now < g.until; }

std::string trust_text(const GrantLeft& g) {
  if (g.trust_from) return "  From believed at every input";
  if (g.trust_from_at == 0) return {};
  return fmt::format("  From believed at {} of the inputs", g.trust_from_at);
}

void look_at_process(const RunStatus& s, bool alive, Instant now, const AlarmLimits& limits,
                     std::vector<Alarm>& out) {
  const bool authority =
      std::any_of(s.grants.begin(), s.grants.end(), [&](const GrantLeft& g) { return in_force(g, now); });
  if (alive && !s.ended && now - s.at > limits.stale)
    out.push_back({"stale", fmt::format("the run has told nothing for {} s", seconds_between(s.at, now))});
  if (!alive && !s.ended)
    out.push_back({"stopped", "the run is gone without an end"});
  else if (!alive && authority && (s.live || s.exit != 0))
    out.push_back(
        {"stopped", fmt::format("nobody captures, and an authority is in force (exit {})", s.exit)});
}

void look_at_run(const RunStatus& s, Instant now, const AlarmLimits& limits, std::vector<Alarm>& out) {
  if (s.last_drop != Instant{} && now - s.last_drop < limits.recent)
    out.push_back({"drops", fmt::format("{} packets dropped, the last at {}", s.counts.dropped,
                                        rfc3339_seconds(s.last_drop))});
  if (s.deaf_since != Instant{} && !s.ended)
    out.push_back({"deaf", fmt::format("{} of the sources hear nothing, since {}", s.counts.deaf,
                                       rfc3339_seconds(s.deaf_since))});
  // How fast a file is read says nothing of how fast a line fills the disk.
  if (const auto hours = s.live && !s.ended ? disk_hours(s) : std::nullopt;
      hours && *hours < static_cast<std::uint64_t>(limits.disk.count()))
    out.push_back({"disk", fmt::format("the disk is full in {} h at the present rate", *hours)});
  if (s.clock_step_at != Instant{} && now - s.clock_step_at < limits.recent)
    out.push_back({"clock", fmt::format("the clock was set by {} ms at {}", s.clock_step_ms,
                                        rfc3339_seconds(s.clock_step_at))});
  if (s.unheard_since != Instant{} && !s.ended)
    out.push_back({"office", fmt::format("the office is not heard of since {}: nothing is sealed",
                                         rfc3339_seconds(s.unheard_since))});
  for (const GrantLeft& g : s.grants)
    if (in_force(g, now) && g.until - now < limits.authority)
      out.push_back({"authority", fmt::format("the authority of {} ends in {}", g.grant,
                                              span_text(seconds_between(now, g.until)))});
}

}  // namespace

Json to_json(const RunStatus& s) {
  Json j{{"schema", status_schema},
         {"live", s.live},
         {"ended", s.ended},
         {"exit", s.exit},
         {"alarm", s.alarm},
         {"clock_offset_ms", s.clock_offset_ms},
         {"clock_step_ms", s.clock_step_ms}};
  for (const Number& n : own_numbers) j[n.key] = s.*n.at;
  for (const Count& n : run_counts) j[n.key] = s.counts.*n.at;
  for (const Moment& m : own_moments) j[m.key] = time_json(s.*m.at);
  Json grants = Json::array();
  for (const GrantLeft& g : s.grants)
    grants.push_back({{"grant", g.grant},
                      {"until", time_json(g.until)},
                      {"looked", time_json(g.looked)},
                      {"trust_from", g.trust_from},
                      {"trust_from_at", g.trust_from_at},
                      {"ended", g.ended}});
  j["grants"] = std::move(grants);
  return j;
}

Result<RunStatus> parse_run_status(View text) {
  WRIT_TRY(j, parse_json(text, status_name));
  if (field<std::string>(j, "schema", status_name).value_or("") != status_schema)
    return fail(Exit::usage, fmt::format("{} is not in its form", status_name));
  RunStatus s;
  WRIT_TRY(live, field<bool>(j, "live", status_name));
  WRIT_TRY(ended, field<bool>(j, "ended", status_name));
  WRIT_TRY(exit, field<int>(j, "exit", status_name));
  WRIT_TRY(alarm, field<std::string>(j, "alarm", status_name));
  WRIT_TRY(offset, field<std::int64_t>(j, "clock_offset_ms", status_name));
  WRIT_TRY(step, field<std::int64_t>(j, "clock_step_ms", status_name));
  WRIT_TRY(grants, field<std::vector<Json>>(j, "grants", status_name));
  s.live = live;
  s.ended = ended;
  s.exit = exit;
  s.alarm = alarm;
  s.clock_offset_ms = offset;
  s.clock_step_ms = step;
  for (const Number& n : own_numbers) {
    WRIT_TRY(value, field<std::uint64_t>(j, n.key, status_name));
    s.*n.at = value;
  }
  for (const Count& n : run_counts) {
    if (may_lack(j, n.key)) continue;
    WRIT_TRY(value, field<std::uint64_t>(j, n.key, status_name));
    s.counts.*n.at = value;
  }
  for (const Moment& m : own_moments) {
    if (may_lack(j, m.key)) continue;
    WRIT_TRY(value, read_time(j, m.key));
    s.*m.at = value;
  }
  for (const Json& g : grants) {
    WRIT_TRY(one, grant_left_of(g));
    s.grants.push_back(std::move(one));
  }
  return s;
}

std::optional<std::uint64_t> disk_hours(const RunStatus& s) {
  if (s.spool_bytes_per_hour == 0) return std::nullopt;
  return s.disk_free / s.spool_bytes_per_hour;
}

std::vector<Alarm> alarms_of(const RunStatus& s, bool alive, Instant now, const AlarmLimits& limits) {
  std::vector<Alarm> out;
  look_at_process(s, alive, now, limits, out);
  look_at_run(s, now, limits, out);
  return out;
}

std::string status_text(const RunStatus& s, const std::vector<Alarm>& alarms, bool alive, Instant now) {
  const auto hours = disk_hours(s);
  std::string out = fmt::format(
      "{}  since {}  told {} s ago\n"
      "packets    {} ({}/s)  dropped {}\n"
      "calls      {} up, {} isolated; {} packets isolated, {} to review\n"
      "spool      {} records safe, {} bytes sealed; {} bytes free: {}\n"
      "clock      {}, mark {}, offset {} ms{}\n",
      !alive ? (s.ended ? fmt::format("ended (exit {})", s.exit) : "gone")
             : (s.ended  ? std::string("between runs")
                : s.live ? "running"
                         : "reading a file"),
      rfc3339_seconds(s.started), seconds_between(s.at, now), s.counts.packets, s.packets_per_s,
      s.counts.dropped, s.calls_up, s.counts.calls_isolated, s.counts.packets_isolated, s.counts.reviews,
      s.acknowledged, s.spool_bytes, s.disk_free,
      hours ? fmt::format("{} h", *hours) : "nothing is written at present", rfc3339_seconds(now),
      rfc3339_seconds(s.clock_mark), s.clock_offset_ms,
      s.clock_step_at == Instant{}
          ? ""
          : fmt::format(", set by {} ms at {}", s.clock_step_ms, rfc3339_seconds(s.clock_step_at)));
  for (const GrantLeft& g : s.grants)
    out += fmt::format("grant      {}  {}  looked at {}{}\n", g.grant,
                       in_force(g, now) ? fmt::format("ends {}, left {}", rfc3339_seconds(g.until),
                                                      span_text(seconds_between(now, g.until)))
                                        : std::string("over"),
                       rfc3339_seconds(g.looked), trust_text(g));
  for (const Alarm& a : alarms) out += fmt::format("ALARM      {}: {}\n", a.kind, a.what);
  if (alarms.empty() && s.alarm_at != Instant{})
    out += fmt::format("last alarm {} at {}\n", s.alarm, rfc3339_seconds(s.alarm_at));
  return out;
}

std::string status_metrics(const RunStatus& s, const std::vector<Alarm>& alarms, bool alive, Instant now) {
  std::string out;
  const auto metric = [&](const char* name, const char* type, const char* help, const std::string& value) {
    out += fmt::format("# HELP writ_probe_{0} {1}\n# TYPE writ_probe_{0} {2}\nwrit_probe_{0} {3}\n", name,
                       help, type, value);
  };
  const auto number = [](auto n) { return fmt::format("{}", n); };
  metric("running", "gauge", "Whether a run is at work.", alive && !s.ended ? "1" : "0");
  metric("status_age_seconds", "gauge", "Since the run last told something.",
         number(seconds_between(s.at, now)));
  metric("packets_total", "counter", "Packets read in this run.", number(s.counts.packets));
  metric("bytes_total", "counter", "Bytes read in this run.", number(s.counts.bytes));
  metric("packets_dropped_total", "counter", "Packets lost before they were read.", number(s.counts.dropped));
  metric("sources_deaf", "gauge", "Live sources that hear nothing.", number(s.counts.deaf));
  metric("packets_isolated_total", "counter", "Packets isolated under all grants.",
         number(s.counts.packets_isolated));
  metric("calls_isolated_total", "counter", "Calls isolated under all grants.",
         number(s.counts.calls_isolated));
  metric("reviews_total", "counter", "Identities claimed and not proven.", number(s.counts.reviews));
  metric("calls_up", "gauge", "Calls that go on.", number(s.calls_up));
  metric("spool_bytes_total", "counter", "Bytes sealed in this run.", number(s.spool_bytes));
  metric("spool_records_total", "counter", "Records of this run that are safe on the disk.",
         number(s.acknowledged));
  metric("spool_free_bytes", "gauge", "Free bytes where the spool lies.", number(s.disk_free));
  const auto hours = disk_hours(s);
  metric("spool_disk_hours", "gauge", "Hours until the disk is full at the present rate.",
         hours ? number(*hours) : "+Inf");
  metric("clock_offset_seconds", "gauge", "Wall clock against boot clock since the run began.",
         fmt::format("{:.3f}", static_cast<double>(s.clock_offset_ms) / 1000));
  std::uint64_t live = 0;
  std::optional<std::int64_t> least;
  for (const GrantLeft& g : s.grants) {
    if (!in_force(g, now)) continue;
    ++live;
    const std::int64_t left = seconds_between(now, g.until);
    least = least ? std::min(*least, left) : left;
  }
  metric("grants_in_force", "gauge", "Grants whose authority has not ended.", number(live));
  metric("authority_left_seconds", "gauge", "Until the first of them ends.", least ? number(*least) : "0");
  out += "# HELP writ_probe_alarm Whether an alarm of that kind stands.\n# TYPE writ_probe_alarm gauge\n";
  for (const char* kind : alarm_kinds)
    out += fmt::format("writ_probe_alarm{{kind=\"{}\"}} {}\n", kind,
                       std::any_of(alarms.begin(), alarms.end(),
                                   [&](const Alarm& a) { return std::string_view(a.kind) == kind; })
                           ? 1
                           : 0);
  return out;
}

}  // namespace writ::capture
