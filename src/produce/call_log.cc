// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/call_log.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "produce/package.hh"
#include "produce/pdf.hh"
#include "wire/pcap.hh"

namespace writ::produce {
namespace {

bool is_number(std::string_view s) {
  if (!s.empty() && (s.front() == '+' || s.front() == '-')) s.remove_prefix(1);
  bool dot = false, digit = false;
  for (const char c : s) {
    if (c == '.' && !dot) {
      dot = true;
    } else if (c < '0' || c > '9') {
      return false;
    } else {
      digit = true;
    }
  }
  return digit;
}

std::string quoted(const std::string& s) {
  if (s.find_first_of(",\"\r\n") == std::string::npos) return s;
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string duration(const intercept::CallRecord& c) {
  if (!c.end) return {};
  const auto ms = c.answer ? std::chrono::floor<std::chrono::milliseconds>(*c.end - *c.answer).count() : 0;
  return fmt::format("{}{}.{:03}", ms < 0 ? "-" : "", std::abs(ms) / 1000, std::abs(ms) % 1000);
}

// What may be missing of this call, though it tells so nowhere itself. A gap that is a moment lasts from then
// on (capture/intake.hh).
std::vector<std::string> gaps_within(const intercept::CallRecord& c,
                                     const std::vector<intercept::Gap>& gaps) {
  std::vector<std::string> out;
  for (const intercept::Gap& g : gaps) {
    if (!g.call_id.empty()) continue;
    const bool open = g.until <= g.from;
    if ((c.end && g.from > *c.end) || (!open && g.until < c.start)) continue;
    out.push_back(fmt::format("gap {} to {}: {}{}", rfc3339(g.from), open ? "?" : rfc3339(g.until), g.why,
                              g.packets > 0 ? fmt::format(" ({} packets)", g.packets) : ""));
  }
  return out;
}

std::string csv_line(const intercept::CallRecord& c, const std::vector<intercept::Gap>& gaps) {
  std::vector<std::string> anomalies = c.anomalies;
  for (std::string& gap : gaps_within(c, gaps)) anomalies.push_back(std::move(gap));
  std::set<std::string> codecs;
  std::vector<std::string> further;  // pages of a fax, and what the call did not announce
  std::uint64_t packets = 0, lost = 0;
  for (const intercept::MediaStream& s : c.media) {
    if (!s.file.empty()) further.push_back(s.file);
    if (!s.codec.empty()) codecs.insert(s.codec);
    packets += s.packets;
    if (!s.copy_of) lost += s.lost;
  }
  const auto when = [](const std::optional<Instant>& t) { return t ? rfc3339(*t) : std::string{}; };
  const std::vector<std::string> fields = {c.call_id,
                                           c.direction,
                                           c.from,
                                           c.to,
                                           rfc3339(c.start),
                                           when(c.answer),
                                           when(c.end),
                                           duration(c),
                                           c.release_cause,
                                           fmt::format("{}", fmt::join(codecs, " ")),
                                           fmt::format("{}", packets),
                                           fmt::format("{}", lost),
                                           digits_text(c),
                                           c.wav,
                                           fmt::format("{}", fmt::join(anomalies, "; ")),
                                           fmt::format("{}", fmt::join(further, " "))};
  std::string out;
  for (const std::string& f : fields) {
    if (&f != fields.data()) out += ',';
    out += quoted(inert(clean_text(f)));
  }
  return out + "\r\n";
}

// One frame may carry two targets' matter and is then tagged twice. Within one grant's evidence the largest
// number of times that one tag saw it is how often it was captured; evidence of several grants overlaps in
// time, and equal frames of one instant count once.
std::vector<const intercept::EvidencePacket*> frames_once(const intercept::Matter& m) {
  std::set<std::string> grants;
  for (const intercept::CallRecord& c : m.calls) grants.insert(c.grant);
  const bool several = grants.size() > 1;
  using Frame = std::tuple<Instant, std::uint32_t, std::string_view>;
  using Tag = std::tuple<std::uint32_t, intercept::PacketRole, intercept::Direction>;
  std::map<Frame, std::map<Tag, std::size_t>> seen;
  std::map<Frame, std::size_t> kept;
  std::vector<const intercept::EvidencePacket*> out;
  for (const intercept::EvidencePacket& p : m.packets) {
    const Frame f{p.raw.at, p.raw.link_type, text_of(p.raw.bytes)};
    const std::size_t n = ++seen[f][Tag{p.tag.call, p.tag.role, p.tag.direction}];
    std::size_t& k = kept[f];
    if (n <= k || (several && k > 0)) continue;
    ++k;
    out.push_back(&p);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto* a, const auto* b) { return a->raw.at < b->raw.at; });
  return out;
}

}  // namespace

std::string inert(const std::string& s) {
  if (s.empty() || is_number(s)) return s;
  static constexpr std::string_view risky = "=+-@\t\r\n|%";
  return risky.find(s.front()) == std::string_view::npos ? s : "'" + s;
}

std::optional<std::int64_t> talk_seconds(const intercept::CallRecord& c) {
  if (!c.end) return std::nullopt;
  if (!c.answer) return 0;
  return std::max<std::int64_t>(0, std::chrono::round<std::chrono::seconds>(*c.end - *c.answer).count());
}

std::string digits_text(const intercept::CallRecord& c) {
  std::string target, other;
  for (const intercept::Digit& d : c.dtmf) (d.from_target ? target : other) += d.digit;
  std::string out = target.empty() ? "" : "target:" + target;
  if (!other.empty()) out += (out.empty() ? "other:" : " other:") + other;
  return out;
}

CallTotals totals(const intercept::Matter& m) {
  CallTotals t;
  t.calls = m.calls.size();
  for (const intercept::CallRecord& c : m.calls) {
    t.recordings += c.wav.empty() ? 0 : 1;
    t.digits += c.dtmf.size();
    for (const intercept::MediaStream& s : c.media) t.fax_pages += s.pages;
    t.seconds += talk_seconds(c).value_or(0);
  }
  return t;
}

std::string call_log_csv(const intercept::Matter& m) {
  std::string out =
      "call_id,direction,from,to,start,answer,end,duration_s,release_cause,codecs,packets,lost,digits,"
      "recording,anomalies,further_files\r\n";
  for (const intercept::CallRecord& c : m.calls) out += csv_line(c, m.gaps);
  return out;
}

std::vector<NamedCapture> content_pcaps(const intercept::Matter& m) {
  const std::vector<const intercept::EvidencePacket*> frames = frames_once(m);
  std::map<std::uint32_t, std::size_t> counts;
  for (const auto* p : frames) ++counts[p->raw.link_type];
  std::vector<std::pair<std::uint32_t, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<NamedCapture> out;
  for (const auto& [link, n] : order) {
    wire::CaptureWriter w(link);
    for (const auto* p : frames)
      if (p->raw.link_type == link) w.add(p->raw);
    out.push_back({out.empty() ? "content.pcap" : fmt::format("content-{}.pcap", link), w.take()});
  }
  return out;
}

Bytes content_pcap(const intercept::Matter& m) {
  std::vector<NamedCapture> files = content_pcaps(m);
  return files.empty() ? wire::CaptureWriter(1).take() : std::move(files.front().bytes);
}

}  // namespace writ::produce
