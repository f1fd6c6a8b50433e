// SPDX-License-Identifier: GPL-3.0-or-later
// Every SDP of every call passes here, so the lines are not parsed as SDP but looked at: c=, m= and o=.
#include "intercept/neighbours.hh"

#include <algorithm>
#include <utility>

#include "base/keyed_hash.hh"
#include "wire/sdp.hh"
#include "wire/text.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t calls_max = 1u << 16,
                      ends_of_call_max = 16;           // the oldest half leaves where there are more
constexpr std::chrono::hours known_h_max{4};           // of a call whose end was not seen
constexpr std::chrono::minutes between_looks_min{30};  // for such calls: a look goes over all of them

std::uint64_t key_of(std::string_view s) { return writ::keyed_hash(view_of(s)); }

std::uint64_t key_of(const wire::Endpoint& e) {
  return KeyedHash{}.bytes16(e.ip.b.data()).words(e.port, 0).value();
}

template <class F>
void for_each_line(std::string_view body, F&& f) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > 2 && line[1] == '=') f(line[0], line.substr(2));
  }
}

// "IN IP4 192.0.2.1/127"
bool address_of(std::string_view v, wire::Address& a) {
  wire::take_word(v);
  wire::take_word(v);
  const std::string_view host = wire::take_word(v);
  return wire::Address::parse(host.substr(0, host.find('/')), a);
}

// A failure may be one branch's of a fork.
bool is_end(const wire::SipMessage& m) {
  return !m.is_request && m.method == wire::Method::bye && m.status >= 200 && m.status < 300;
}

}  // namespace

void Neighbours::note(const wire::SipMessage& m, std::string_view body, Instant at) {
  const std::uint64_t call = key_of(m.call_id());
  if (is_end(m)) {
    if (const auto k = calls_.find(call); k != calls_.end()) drop(k);
    return;
  }
  if (body.find("m=") == body.npos) return;
  if (calls_.size() >= calls_max || at >= next_) expire(at);
  Known& k = calls_[call];
  k.at = at;
  announce(k, call, body);
  if (k.ends.empty()) calls_.erase(call);
}

void Neighbours::announce(Known& k, std::uint64_t call, std::string_view body) {
  wire::Address session{}, here{};
  bool has_session = false, in_media = false;
  std::uint64_t port = 0, origin = 0;
  const auto settle = [&] {
    const wire::Endpoint e{here, static_cast<std::uint16_t>(port)};
    if (std::exchange(port, 0) == 0 || here == wire::Address{}) return;
    const std::uint64_t h = key_of(e);
    if (std::ranges::find(k.ends, h) == k.ends.end()) {
      if (k.ends.size() == ends_of_call_max) return;
      k.ends.push_back(h);
    }
    ends_[h] = {call, origin};
  };
  for_each_line(body, [&](char type, std::string_view v) {
    if (type == 'o') {
      origin = key_of(wire::origin_of(v));
    } else if (type == 'm') {
      settle();
      in_media = true;
      wire::take_word(v);
      if (!wire::take_number(v, 65535, port)) port = 0;
      here = has_session ? session : wire::Address{};
    } else if (type == 'c') {
      if (in_media)
        address_of(v, here);
      else
        has_session = address_of(v, session);
    }
  });
  settle();
}

bool Neighbours::at(const wire::Endpoint& e, std::string_view call_id, std::string_view origin) const {
  const auto end = ends_.find(key_of(e));
  return end != ends_.end() && end->second.call != key_of(call_id) && end->second.origin != key_of(origin);
}

void Neighbours::forget(std::string_view call_id) {
  if (const auto k = calls_.find(key_of(call_id)); k != calls_.end()) drop(k);
}

void Neighbours::drop(std::unordered_map<std::uint64_t, Known>::iterator call) {
  for (const std::uint64_t h : call->second.ends)
    if (const auto e = ends_.find(h); e != ends_.end() && e->second.call == call->first) ends_.erase(e);
  calls_.erase(call);
}

void Neighbours::expire(Instant now) {
  next_ = now + between_looks_min;
  Instant before = now - known_h_max;
  if (calls_.size() >= calls_max) {
    std::vector<Instant> times;
    times.reserve(calls_.size());
    for (const auto& [id, k] : calls_) times.push_back(k.at);
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    before = std::max(before, times[times.size() / 2]);
  }
  for (auto k = calls_.begin(); k != calls_.end();) {
    const auto now_at = k++;
    if (now_at->second.at <= before) drop(now_at);
  }
}

}  // namespace writ::intercept
