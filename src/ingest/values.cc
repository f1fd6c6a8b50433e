// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/values.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/digits.hh"
#include "crypto/crypto.hh"
#include "records/catalogue.hh"

namespace writ::ingest {
namespace {

constexpr std::size_t extension_digits_max = 6;
constexpr std::size_t parties_remembered_max = 1u << 16;
constexpr std::size_t party_bytes_max = 256;
constexpr std::int64_t duration_s_max = 366ll * 24 * 3600;
constexpr std::int64_t unix_s_max = 9'000'000'000;  // year 2255; nanoseconds in 64 bits end in 2262

std::string shown(std::string_view s) {
  return s.size() <= 40 ? std::string(s) : std::string(s.substr(0, 40)) + "...";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view value_of(const NamedValues& v, std::string_view name) {
  const auto it = v.find(name);
  return it == v.end() ? std::string_view{} : std::string_view{it->second};
}

Instant to_ms(Instant t) { return std::chrono::floor<std::chrono::milliseconds>(t); }

std::int64_t ms_between(Instant a, Instant b) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to_ms(b) - to_ms(a)).count();
}

std::string_view trim(std::string_view s) {
  const auto a = s.find_first_not_of(" \t\r\n");
  if (a == std::string_view::npos) return {};
  return s.substr(a, s.find_last_not_of(" \t\r\n") - a + 1);
}

Read<Instant> LocalTimes::instant(std::string_view text, std::optional<Instant> near) const {
  const auto local = parse_local(trim(text));
  if (!local) return unread(fmt::format("'{}' is not a time YYYY-MM-DD HH:MM:SS", shown(text)));
  return instant(*local, text, near);
}

Read<Instant> LocalTimes::instant(std::chrono::local_time<Nanos> t, std::string_view text,
                                  std::optional<Instant> near) const {
  // A day from either end of the clock, so that no offset leaves it.
  constexpr Nanos room = std::chrono::hours{48};
  if (t.time_since_epoch() < Nanos::min() + room || t.time_since_epoch() > Nanos::max() - room)
    return unread(fmt::format("'{}' is outside the years 1678 to 2261", shown(text)));
  const LocalInstants i = zone_.instants(t);
  if (i.in_gap)
    return unread(fmt::format("{} was never read in {}: the clocks were set forward at {}", shown(text),
                              zone_.name(), rfc3339_seconds(i.first)));
  if (!i.second) return i.first;
  const auto is_near = [&](Instant a) {
    return near && std::chrono::abs(a - *near) < std::chrono::minutes{1};
  };
  if (is_near(i.first) != is_near(*i.second)) return is_near(i.first) ? i.first : *i.second;
  if (repeated_hour_ == "first") return i.first;
  if (repeated_hour_ == "second") return *i.second;
  return unread(fmt::format(
      "{} was read twice in {}: it is {} or {}; nothing in the record tells which (repeated_hour would)",
      shown(text), zone_.name(), rfc3339_seconds(i.first), rfc3339_seconds(*i.second)));
}

Read<std::int64_t> whole_number(std::string_view text, std::string_view what) {
  const std::string_view s = trim(text);
  std::int64_t v = 0;
  const auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || r.ec != std::errc{} || r.ptr != s.data() + s.size())
    return unread(fmt::format("{} is '{}', which is no whole number", what, shown(text)));
  return v;
}

Read<std::int64_t> seconds_as_ms(std::string_view text, std::string_view what) {
  const std::string_view s = trim(text);
  const std::size_t point = s.find('.');
  const auto whole = whole_number(s.substr(0, point), what);
  std::int64_t ms = 0;
  if (point != std::string_view::npos) {
    const std::string_view fraction = s.substr(point + 1);
    if (!all_digits(fraction))
      return unread(fmt::format("{} is '{}', which is no number", what, shown(text)));
    for (std::size_t i = 0; i < 3; ++i) ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  if (!whole) return unread(fmt::format("{} is '{}', which is no number", what, shown(text)));
  if (*whole < 0 || *whole > duration_s_max || s.starts_with('-'))
    return unread(fmt::format("{} is {} s, which no call lasts", what, shown(text)));
  return *whole * 1000 + ms;
}

Read<Instant> unix_time(std::string_view text, std::int64_t per_second, std::string_view what) {
  const auto v = whole_number(text, what);
  if (!v) return unread(v.error());
  if (*v < 0 || *v / per_second > unix_s_max)
    return unread(fmt::format("{} is {}, which is no time since 1970", what, shown(text)));
  return from_ns(*v * (1'000'000'000 / per_second));
}

bool is_extension(std::string_view s) { return all_digits(s) && s.size() <= extension_digits_max; }

std::string Parties::party(std::string_view text, bool dialled) {
  std::string_view s = trim(text);
  for (const std::string_view scheme : {"sip:", "sips:"})
    if (s.starts_with(scheme)) s.remove_prefix(scheme.size());
  if (s.empty() || is_extension(s) || s.size() > party_bytes_max) return std::string(s);
  auto& seen = seen_[dialled ? 1 : 0];
  std::string key{s};
  if (const auto it = seen.find(key); it != seen.end()) return it->second;
  if (seen.size() >= parties_remembered_max) seen.clear();
  return seen.emplace(std::move(key), read(s, dialled)).first->second;
}

std::string Parties::read(std::string_view s, bool dialled) const {
  const std::string_view user = s.substr(0, s.find('@'));
  if (const auto n = records::to_e164(user)) return *n;
  if (dialled && !outside_prefix_.empty() && user.starts_with(outside_prefix_)) {
    const std::string_view outside = user.substr(outside_prefix_.size());
    if (const auto n = records::to_e164(outside)) return *n;
  }
  return is_extension(user) ? std::string(user) : std::string(s);
}

std::string extension_of_channel(std::string_view channel) {
  const std::size_t slash = channel.rfind('/');
  if (slash == std::string_view::npos) return {};
  std::string_view peer = channel.substr(slash + 1);
  peer = peer.substr(0, peer.find_first_of("-@"));
  return is_extension(peer) ? std::string(peer) : std::string();
}

Read<std::vector<std::string>> csv_fields(std::string_view row, char separator, bool loose) {
  std::vector<std::string> out;
  std::size_t i = 0;
  for (;;) {
    std::string field;
    if (i < row.size() && row[i] == '"') {
      for (++i;; ++i) {
        if (i >= row.size()) return unread("a quote is opened and never closed");
        if (row[i] != '"') {
          field += row[i];
          continue;
        }
        const bool ends = i + 1 >= row.size() || row[i + 1] == separator;
        if (ends) break;
        if (row[i + 1] == '"' && !loose)
          ++i;
        else if (!loose)
          return unread("text stands behind a closing quote");
        field += '"';
      }
      ++i;
    } else {
      const std::size_t end = std::min(row.find(separator, i), row.size());
      field = row.substr(i, end - i);
      i = end;
    }
    out.push_back(std::move(field));
    if (i >= row.size()) return out;
    ++i;
  }
}

std::string url_decoded(std::string_view s, bool plus_is_space) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && s[i] == '+' ? ' ' : s[i];
    }
  }
  return out;
}

std::string identity_of(const std::vector<std::string>& fields) {
  crypto::Sha256 h;
  for (const std::string& f : fields) {
    Bytes size;
    put_be64(size, f.size());
    h.update(size);
    h.update(view_of(f));
  }
  const crypto::Digest d = h.finish();
  return crypto::hex(View(d).first(16));
}

}  // namespace writ::ingest
