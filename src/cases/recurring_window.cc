// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/recurring_window.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;

constexpr const char* window_rule = "one delivery a period under a continuing order (S62)";
constexpr const char* window_clock = "cdr-delivery";
constexpr std::array window_kinds{WindowKind::week, WindowKind::extra, WindowKind::late};
constexpr std::array window_kind_names{"week", "extra", "late"};

Result<Instant> window_time(const Json& j, const char* key) {
  WRIT_TRY(text, field<std::string>(j, key, "window"));
  return parse_rfc3339(text);
}

// The ends of the periods, counted from the begin of the delivery: a day that a change of the clocks shortens
// shifts none of those after it.
class Periods {
 public:
  static Result<Periods> of(const policy::Policy& p, Instant begin) {
    const policy::ClockRule* rule = policy::clock(p, window_clock);
    if (rule == nullptr || rule->amount < 1)
      return fail(Exit::integrity, fmt::format("the policy has no clock '{}' that runs", window_clock),
                  window_rule, "its period", "counsel mends the policy (writ policy propose)");
    WRIT_TRY(calendar, policy::Calendar::of(p));
    return Periods{std::move(calendar), *rule, begin};
  }
  Result<Instant> end_after(Instant t) const {
    for (std::int64_t n = 1;; ++n) {
      WRIT_TRY(end, calendar_.add(begin_, n * rule_.amount, rule_.unit, "begun"));
      if (end.at > t) return end.at;
    }
  }
  const std::string& zone() const { return calendar_.zone().name(); }

 private:
  Periods(policy::Calendar c, policy::ClockRule r, Instant begin)
      : calendar_(std::move(c)), rule_(std::move(r)), begin_(begin) {}
  policy::Calendar calendar_;
  policy::ClockRule rule_;
  Instant begin_;
};

// The one that begins at `from`, whole.
Result<Window> window_at(const Periods& periods, const Progress& done, Instant from, std::uint64_t number,
                         Instant now) {
  WRIT_TRY(end, periods.end_after(from));
  WRIT_TRY(next, periods.end_after(end));
  Window w;
  w.number = number;
  w.from = from;
  w.until = std::min(end, done.until);
  w.is_last = w.until == done.until;
  w.is_missed = now >= next;
  w.zone = periods.zone();
  return w;
}

}  // namespace

const char* to_string(WindowKind k) { return window_kind_names.at(static_cast<std::size_t>(k)); }

Json to_json(const Window& w) {
  return Json{{"number", w.number},      {"kind", to_string(w.kind)},
              {"from", rfc3339(w.from)}, {"until", rfc3339(w.until)},
              {"last", w.is_last},       {"missed", w.is_missed},
              {"zone", w.zone}};
}

Result<Window> window_from_json(const Json& j) {
  Window w;
  WRIT_TRY(number, field<std::uint64_t>(j, "number", "window"));
  WRIT_TRY(kind, field<std::string>(j, "kind", "window"));
  WRIT_TRY(from, window_time(j, "from"));
  WRIT_TRY(until, window_time(j, "until"));
  WRIT_TRY(last, field<bool>(j, "last", "window"));
  WRIT_TRY(missed, field<bool>(j, "missed", "window"));
  WRIT_TRY(zone, field<std::string>(j, "zone", "window"));
  const auto known = std::find(window_kind_names.begin(), window_kind_names.end(), kind);
  if (known == window_kind_names.end())
    return fail(Exit::integrity, fmt::format("'{}' is no kind of window", kind));
  w = {number,         window_kinds.at(static_cast<std::size_t>(known - window_kind_names.begin())),
       from,           until,
       last,           missed,
       std::move(zone)};
  return w;
}

Result<Progress> progress_of(const Case& c) {
  const CaseAct* approved = c.newest("approve");
  if (c.cycle != process::Cycle::recurring || approved == nullptr || !approved->body.contains("authority"))
    return fail(Exit::refused, fmt::format("{} holds no continuing delivery that counsel approved", c.matter),
                "life cycle 7: counsel approves what is delivered", "counsel's approval",
                "counsel: writ recurring approve");
  const Json period = approved->body.value("period", Json::object());
  Progress p;
  WRIT_TRY(from, window_time(period, "from"));
  WRIT_TRY(until, window_time(period, "until"));
  p.from = p.delivered = from;
  p.until = until;
  for (const CaseAct& a : c.acts) {
    if (a.act == "order-extra") p.wants_extra = true;
    if (a.act == "acknowledge") p.unacknowledged.clear();
    if (a.act != "deliver") continue;
    WRIT_TRY(w, window_from_json(a.body.value("window", Json())));
    p.delivered = w.until;
    p.wants_extra = false;
    p.unacknowledged.push_back(++p.deliveries);
    p.weeks += w.kind == WindowKind::week ? 1 : 0;
    p.extras += w.kind == WindowKind::extra ? 1 : 0;
  }
  return p;
}

Result<Instant> window_end(const policy::Policy& p, const Progress& done) {
  WRIT_TRY(periods, Periods::of(p, done.from));
  WRIT_TRY(end, periods.end_after(done.delivered));
  return std::min(end, done.until);
}

Result<std::vector<Window>> open_windows(const policy::Policy& p, const Progress& done, Instant now) {
  WRIT_TRY(periods, Periods::of(p, done.from));
  std::vector<Window> out;
  Instant from = done.delivered;
  while (from < done.until) {
    WRIT_TRY(w, window_at(periods, done, from, done.deliveries + 1 + out.size(), now));
    if (w.until > now) break;
    from = w.until;
    out.push_back(std::move(w));
  }
  return out;
}

Result<Window> next_window(const policy::Policy& p, const Progress& done, Instant now) {
  WRIT_TRY(periods, Periods::of(p, done.from));
  if (done.delivered >= done.until)
    return Window{done.deliveries + 1, WindowKind::late, done.delivered, done.delivered, true, false,
                  periods.zone()};
  WRIT_TRY(w, window_at(periods, done, done.delivered, done.deliveries + 1, now));
  if (w.until <= now) return w;
  // What an instant holds is stored to the microsecond.
  const Instant so_far = std::chrono::floor<std::chrono::microseconds>(now);
  if (done.wants_extra && so_far > w.from) {
    w.kind = WindowKind::extra;
    w.until = so_far;
    w.is_last = false;
    return w;
  }
  return fail(Exit::refused,
              fmt::format("the window that began {} runs until {}", rfc3339_seconds(w.from),
                          rfc3339_seconds(w.until)),
              window_rule, "the end of the window, or the agency's wish for a further delivery (S63)",
              "wait for its end, or: writ recurring extra MATTER --reason TEXT");
}

}  // namespace writ::cases
