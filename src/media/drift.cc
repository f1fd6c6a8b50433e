// SPDX-License-Identifier: GPL-3.0-or-later
// Networks only ever delay: the quickest packet of each ten seconds shows the clocks, the others show the
// queues. A straight line through these, by least squares, is the drift; and it is believed only when all of
// them lie on it.
#include "media/drift.hh"

#include <algorithm>
#include <cmath>
#include <map>

namespace writ::media {
namespace {

constexpr std::int64_t drift_window_ns = 10'000'000'000;
constexpr std::size_t windows_min = 6, packets_min = 10;  // that many packets make a window count
constexpr double heard_s = 0.1;      // less than that over the whole stream is left alone
constexpr double drift_max = 0.003;  // beyond, it is no crystal
constexpr double step_s = 0.06;      // more from one window to the next than drift_max allows is a step
constexpr std::size_t windows_a_step = 10;
constexpr double off_line_s = 0.02, off_line_part = 0.1;  // how far a window may lie from the line

struct DriftWindow {
  double x = 0, y = 0;  // seconds: when its quickest packet was sent, and how late that was
  std::size_t packets = 0;
};

std::vector<DriftWindow> quickest(const std::vector<ClockPoint>& points) {
  std::map<std::int64_t, DriftWindow> by_time;
  const ClockPoint& first = points.front();
  for (const ClockPoint& p : points) {
    const std::int64_t sent = p.sent - first.sent;
    if (sent < 0) continue;
    const double x = static_cast<double>(sent) / 1e9, y = static_cast<double>(p.late - first.late) / 1e9;
    DriftWindow& w = by_time[sent / drift_window_ns];
    if (w.packets++ == 0 || y < w.y) w.x = x, w.y = y;
  }
  std::vector<DriftWindow> out;
  for (const auto& [at, w] : by_time)
    if (w.packets >= packets_min) out.push_back(w);
  return out;
}

// Steps of the lateness, up or down, are no work of the clock. Where they are frequent they are queues, which
// fill slowly and empty at once: those are left, and no straight line.
std::vector<DriftWindow> without_steps(std::vector<DriftWindow> windows) {
  const std::vector<DriftWindow> all = windows;
  double steps = 0;
  std::size_t n = 0;
  for (std::size_t i = 1; i < windows.size(); ++i) {
    const double step = all[i].y - all[i - 1].y;
    if (std::abs(step) > step_s) steps += step, ++n;
    windows[i].y -= steps;
  }
  return n * windows_a_step <= windows.size() ? windows : all;
}

}  // namespace

double clock_stretch(const std::vector<ClockPoint>& points) {
  if (points.empty()) return 1.0;
  const std::vector<DriftWindow> windows = without_steps(quickest(points));
  if (windows.size() < windows_min) return 1.0;
  const auto n = static_cast<double>(windows.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (const DriftWindow& w : windows) mean_x += w.x / n, mean_y += w.y / n;
  for (const DriftWindow& w : windows) {
    xx += (w.x - mean_x) * (w.x - mean_x);
    xy += (w.x - mean_x) * (w.y - mean_y);
  }
  const double slope = xy / xx, total = std::abs(slope) * (windows.back().x - windows.front().x);
  if (!(total >= heard_s) || std::abs(slope) > drift_max) return 1.0;
  const double allowed = off_line_s + off_line_part * total;
  const bool straight = std::ranges::all_of(windows, [&](const DriftWindow& w) {
    return std::abs(w.y - mean_y - slope * (w.x - mean_x)) <= allowed;
  });
  return straight ? 1.0 + slope : 1.0;
}

}  // namespace writ::media
