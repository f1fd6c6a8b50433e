// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reconcile_match.hh"

#include <algorithm>

namespace writ::desk {
namespace {

constexpr std::size_t digits_compared = 7;  // a subscriber's number without area or country

std::string last_digits(const std::string& party) {
  const std::string user = party.substr(0, party.find('@'));
  std::string out;
  for (const char c : user)
    if (c >= '0' && c <= '9') out += c;
  return out.size() > digits_compared ? out.substr(out.size() - digits_compared) : out;
}

bool may_be_same_party(const std::string& a, const std::string& b) {
  const std::string x = last_digits(a), y = last_digits(b);
  return x.size() < digits_compared || y.size() < digits_compared || x == y;
}

bool is_same_party(const std::string& a, const std::string& b) {
  return !a.empty() &&
         (a == b || (last_digits(a).size() == digits_compared && last_digits(a) == last_digits(b)));
}

Nanos time_apart(const SeenCall& s, const BookedCall& b) {
  return s.start > b.start ? s.start - b.start : b.start - s.start;
}

// Durations are rounded up, by some switches to the minute.
bool ends_with(const SeenCall& s, const BookedCall& b) {
  return s.end && b.end >= *s.end - reconcile_tolerance && b.end <= *s.end + std::chrono::minutes{1};
}

enum class Fit { starts, joined, answer, within };

std::optional<Fit> fit_of(const SeenCall& s, const BookedCall& b) {
  if (s.part != b.part || !may_be_same_party(s.other, b.other)) return std::nullopt;
  if (time_apart(s, b) <= reconcile_tolerance) return Fit::starts;
  const bool was_up = b.start <= s.start && s.start <= b.end + reconcile_tolerance;
  if (s.joined && was_up) return Fit::joined;
  if (!ends_with(s, b)) return std::nullopt;
  if (s.answer && b.start >= *s.answer - reconcile_tolerance && b.start <= *s.answer + reconcile_tolerance)
    return Fit::answer;
  return was_up ? std::optional{Fit::within} : std::nullopt;
}

bool covers(const AuthorityWindow& w, Part part, Instant at) {
  const bool way = part == Part::caller   ? w.outgoing
                   : part == Part::called ? w.incoming
                                          : w.outgoing || w.incoming;
  return way && at >= w.from && at < w.until;
}

bool covered(const ReconcileInput& in, Part part, Instant at) {
  return std::any_of(in.windows.begin(), in.windows.end(),
                     [&](const AuthorityWindow& w) { return covers(w, part, at); });
}

// Within the tolerance of an edge two clocks may disagree on whether it was covered.
bool safely_covered(const ReconcileInput& in, const BookedCall& b) {
  return covered(in, b.part, b.start - reconcile_tolerance) &&
         covered(in, b.part, b.start + reconcile_tolerance);
}

bool of_day(const ReconcileInput& in, Instant t) { return t >= in.from && t < in.until; }

struct Pairing {
  std::vector<bool> seen, booked;  // has a partner
};

Pairing pair_up(const ReconcileInput& in) {
  struct Candidate {
    bool other_differs;
    Fit fit;
    Nanos apart;
    std::size_t s, b;
    auto operator<=>(const Candidate&) const = default;
  };
  // Records by time, so that each call looks at its neighbours alone.
  std::vector<std::size_t> order(in.booked.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return in.booked[a].start < in.booked[b].start; });
  std::vector<Candidate> all;
  for (std::size_t s = 0; s < in.seen.size(); ++s) {
    const SeenCall& call = in.seen[s];
    const auto first = std::lower_bound(order.begin(), order.end(), call.start - longest_call,
                                        [&](std::size_t b, Instant t) { return in.booked[b].start < t; });
    const Instant last = std::max(call.start, call.answer.value_or(call.start)) + reconcile_tolerance;
    for (auto it = first; it != order.end() && in.booked[*it].start <= last; ++it) {
      const BookedCall& b = in.booked[*it];
      if (const auto fit = fit_of(call, b))
        all.push_back({!is_same_party(call.other, b.other), *fit, time_apart(call, b), s, *it});
    }
  }
  std::sort(all.begin(), all.end());
  Pairing p{std::vector<bool>(in.seen.size()), std::vector<bool>(in.booked.size())};
  for (const Candidate& c : all) {
    if (p.seen[c.s] || p.booked[c.b]) continue;
    p.seen[c.s] = p.booked[c.b] = true;
  }
  for (const Candidate& c : all)  // the same call seen a second time
    if (!p.seen[c.s] && p.booked[c.b] && !c.other_differs) p.seen[c.s] = true;
  return p;
}

// Further records of a call that is matched: same call of the switch, or linked to it, however many steps
// away.
void add_legs(const ReconcileInput& in, Pairing& p) {
  const auto same_call = [](const BookedCall& a, const BookedCall& b) {
    return a.call_id == b.call_id || (!a.linked.empty() && (a.linked == b.call_id || a.linked == b.linked)) ||
           (!b.linked.empty() && b.linked == a.call_id);
  };
  const std::vector<bool> matched = p.booked;
  for (std::size_t i = 0; i < in.booked.size(); ++i)
    for (std::size_t k = 0; !p.booked[i] && k < in.booked.size(); ++k)
      if (matched[k] && same_call(in.booked[i], in.booked[k])) p.booked[i] = true;
}

// Its record may come yet: why, else "".
std::string awaited_record(const ReconcileInput& in, const SeenCall& s) {
  if (!s.end && in.now - s.start < longest_call) return s.ref + " has no end yet: its record comes with it";
  if (s.start > in.records_until) return s.ref + " began after the newest call record in the house";
  return {};
}

// Whether the day's records and its evidence are in the house.
void say_what_is_awaited(const ReconcileInput& in, Reconciled& out) {
  if (in.records_until < in.from)
    out.open.emplace_back("no call record of this day or later is in the house: did its feed come?");
  for (const Hole& h : in.holes)
    if (h.awaited && std::any_of(in.windows.begin(), in.windows.end(), [&](const AuthorityWindow& w) {
          return std::max({h.from, in.from, w.from}) < std::min({h.until, in.until, w.until});
        }))
      out.open.push_back(h.why);
}

std::string reason_of(const ReconcileInput& in, const BookedCall& b) {
  std::string out;
  for (const Hole& h : in.holes)
    if (b.start >= h.from - reconcile_tolerance && b.start <= h.until + reconcile_tolerance &&
        out.find(h.why) == std::string::npos)
      out += (out.empty() ? "" : "; ") + h.why;
  return out.empty() ? "no reason is known" : out;
}

}  // namespace

const char* to_string(Part p) {
  switch (p) {
    case Part::caller:
      return "from-target";
    case Part::called:
      return "to-target";
    case Part::redirecting:
      return "redirected";
  }
  return "";
}

Reconciled reconcile(const ReconcileInput& in) {
  Pairing p = pair_up(in);
  add_legs(in, p);
  Reconciled out;
  for (std::size_t i = 0; i < in.booked.size(); ++i) {
    const BookedCall& b = in.booked[i];
    if (!of_day(in, b.start) || (b.by_line && !p.booked[i])) continue;
    ++out.booked;
    if (p.booked[i])
      ++out.matched;
    else if (safely_covered(in, b))
      out.findings.push_back({"missed", b.start, b.part, b.ref, reason_of(in, b)});
    else
      ++out.outside;
  }
  for (std::size_t i = 0; i < in.seen.size(); ++i) {
    const SeenCall& s = in.seen[i];
    if (!of_day(in, s.start)) continue;
    ++out.seen;
    if (!covered(in, s.part, s.start))
      out.findings.push_back({"over-collected", s.start, s.part, s.ref, "outside of every authority"});
    else if (p.seen[i])
      continue;
    else if (auto why = awaited_record(in, s); !why.empty())
      out.open.push_back(std::move(why));
    else
      out.findings.push_back({"over-collected", s.start, s.part, s.ref,
                              s.answered ? "no call record" : "no call record (it was not answered)"});
  }
  say_what_is_awaited(in, out);
  std::stable_sort(out.findings.begin(), out.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.at < b.at; });
  return out;
}

}  // namespace writ::desk
