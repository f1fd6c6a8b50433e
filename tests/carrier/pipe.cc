// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipe.hh"

#include <algorithm>

namespace carrier {
namespace {
constexpr std::uint8_t fin = 1, syn = 2, push = 8, ack = 16;
}

Tcp::Tcp(Mirror& m, const Endpoint& client, const Endpoint& server, Wire w, Habits h, std::uint64_t seed)
    : m_(m), client_(client), server_(server), wire_(w), habits_(h), chance_(seed) {
  for (Side& s : side_) s.sequence = static_cast<std::uint32_t>(chance_.next());
}

void Tcp::segment(Time t, bool from_client, std::uint32_t sequence, View payload, std::uint8_t flags,
                  bool hostile) {
  const TcpHead head{sequence, flags == syn ? 0 : side_[from_client ? 1 : 0].sequence, flags};
  m_.frame(t,
           tcp_frame(from_client ? client_ : server_, from_client ? server_ : client_, head, payload, wire_,
                     m_.next_id()),
           {Owner::stream, -1, hostile});
}

void Tcp::open() {
  const Time t = m_.now();
  segment(t, true, side_[0].sequence++, {}, syn, false);
  segment(t + 200, false, side_[1].sequence++, {}, syn | ack, false);
  segment(t + 400, true, side_[0].sequence, {}, ack, false);
}

void Tcp::send(bool from_client, const std::string& message, const Mark& mark) {
  Side& s = side_[from_client ? 0 : 1];
  if (mark.owner == Owner::target)
    m_.truth().streamed(from_client ? client_ : server_, from_client ? server_ : client_,
                        s.sequence + static_cast<std::uint32_t>(s.waiting.size()), view_of(message),
                        mark.call);
  s.waiting.insert(s.waiting.end(), message.begin(), message.end());
  s.hostile = s.hostile || mark.hostile;
  if (s.due) return;
  s.due = true;
  m_.call_at(m_.now() + habits_.gather, [this, from_client] { flush(from_client); });
}

void Tcp::flush(bool from_client) {
  Side& s = side_[from_client ? 0 : 1];
  const Bytes all = std::move(s.waiting);
  const bool hostile = s.hostile;
  s.waiting.clear();
  s.due = s.hostile = false;
  struct Part {
    std::uint32_t sequence;
    std::size_t at, size;
  };
  std::vector<Part> parts;
  for (std::size_t at = 0; at < all.size(); at += parts.back().size)
    parts.push_back(
        {s.sequence + static_cast<std::uint32_t>(at), at, std::min(habits_.segment, all.size() - at)});
  s.sequence += static_cast<std::uint32_t>(all.size());
  if (habits_.records) m_.truth().count("tls segments", 1);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    if (chance_.chance(habits_.swapped)) std::swap(parts[i], parts[i + 1]);
  Time t = m_.now();
  for (const Part& p : parts) {
    const View payload = View{all}.subspan(p.at, p.size);
    segment(t, from_client, p.sequence, payload, push | ack, hostile);
    if (chance_.chance(habits_.twice)) {  // sent again, cut in two other pieces
      const std::size_t half = p.size / 2 + 1;
      segment(t + 900, from_client, p.sequence, payload.first(std::min(half, p.size)), push | ack, hostile);
      if (half < p.size)
        segment(t + 950, from_client, p.sequence + static_cast<std::uint32_t>(half), payload.subspan(half),
                push | ack, hostile);
    }
    t += 60;
  }
  segment(t + 100, !from_client, side_[from_client ? 1 : 0].sequence, {}, ack, false);
}

void Tcp::close() {
  const Time t = m_.now() + habits_.gather + 2000;
  segment(t, true, side_[0].sequence++, {}, fin | ack, false);
  segment(t + 200, false, side_[1].sequence++, {}, fin | ack, false);
  segment(t + 400, true, side_[0].sequence, {}, ack, false);
}

}  // namespace carrier
