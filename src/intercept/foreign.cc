// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/foreign.hh"

#include <algorithm>

namespace writ::intercept {
namespace {

constexpr Nanos beside_min = std::chrono::seconds{1};
constexpr int late_numbers = 50, numbers_a_second = 100;  // where one way ends and the other goes on
constexpr std::uint32_t sending_min = 10;                 // packets in a second
constexpr std::size_t notes_max = 8;

// For how long both were sending.
Nanos together(const MediaStream& a, const MediaStream& b) {
  return std::min(a.last, b.last) - std::max(a.first, b.first);
}

// Does the end that hears this stream send to where it comes from?
bool answered(const std::vector<MediaStream>& streams, const MediaStream& s) {
  return std::any_of(streams.begin(), streams.end(),
                     [&](const MediaStream& x) { return x.src == s.dst && x.dst == s.src; });
}

// The numbers of the one go on in the other, as many further as the time between them allows, and the one has
// ended.
bool goes_on(const MediaStream& before, const StreamTrace& numbers, const MediaStream& after,
             const StreamTrace& more_numbers) {
  const Nanos between = after.first - before.last;
  if (between < -beside_min) return false;
  const auto d = static_cast<std::int16_t>(more_numbers.first_number - numbers.last_number);
  const std::int64_t seconds = std::max<std::int64_t>(0, between / std::chrono::seconds{1});
  return d >= -late_numbers && d <= numbers_a_second * (seconds + 1);
}

// One sender on another way: who is off the path knows neither its SSRC nor its numbers.
bool same_sender(const MediaStream& a, const StreamTrace& of_a, const MediaStream& b,
                 const StreamTrace& of_b) {
  if (a.src.ip == b.src.ip) return true;
  if (a.ssrc != b.ssrc) return false;
  return a.first < b.first ? goes_on(a, of_a, b, of_b) : goes_on(b, of_b, a, of_a);
}

std::int64_t seconds_at_once(const StreamTrace& a, const StreamTrace& b) {
  std::int64_t n = 0;
  for (std::size_t i = 0, j = 0; i < a.seconds.size() && j < b.seconds.size();) {
    if (a.seconds[i].first != b.seconds[j].first) {
      (a.seconds[i].first < b.seconds[j].first ? i : j)++;
      continue;
    }
    n += a.seconds[i++].second >= sending_min && b.seconds[j++].second >= sending_min;
  }
  return n;
}

}  // namespace

void mark_foreign(std::vector<MediaStream>& streams, const std::vector<StreamTrace>& traces) {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    MediaStream& s = streams[i];
    if (s.kind != "audio" || s.copy_of || traces[i].announced) continue;
    const bool heard_back = answered(streams, s);
    for (std::size_t j = 0; j < streams.size(); ++j) {
      const MediaStream& t = streams[j];
      if (i == j || t.kind != "audio" || t.copy_of || t.foreign || t.dst != s.dst || t.src == s.src) continue;
      // Of two that nobody announced, the one that is answered is the call's: media go back through its NAT.
      // Where that tells nothing, the first one: its NAT was there before.
      const bool known = traces[j].announced || (answered(streams, t) && !heard_back);
      const bool of_the_call = known || t.first < s.first;
      // Where the true source is silent, too, nobody else speaks for it.
      const bool in_its_silence = known && !heard_back && !same_sender(s, traces[i], t, traces[j]);
      if (!of_the_call || (together(s, t) < beside_min && !in_its_silence)) continue;
      s.foreign = true;
      s.why += (s.why.empty() ? "" : "; ") + std::string("it comes from ") + s.src.text() +
               ", which the call did not announce, beside stream " + std::to_string(j) + " from " +
               t.src.text() + ": kept apart from the recording";
      break;
    }
  }
}

void say_two_at_once(const std::vector<MediaStream>& streams, const std::vector<StreamTrace>& traces,
                     std::vector<std::string>& anomalies) {
  std::size_t said = 0;
  for (std::size_t i = 0; i < streams.size(); ++i)
    for (std::size_t j = i + 1; j < streams.size(); ++j) {
      const MediaStream &a = streams[i], &b = streams[j];
      if (a.src != b.src || a.dst != b.dst || a.kind != "audio" || b.kind != "audio" || a.copy_of ||
          b.copy_of)
        continue;
      const std::int64_t n = seconds_at_once(traces[i], traces[j]);
      if (n == 0 || said++ == notes_max) continue;
      anomalies.push_back("streams " + std::to_string(i) + " and " + std::to_string(j) + ": " + a.src.text() +
                          " sends to " + a.dst.text() + " under two SSRCs at once, in " + std::to_string(n) +
                          " seconds: one may be injected; both are in the recording");
    }
}

}  // namespace writ::intercept
