// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/hops.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t streams_max = 256;  // of more, made up by somebody, no hops are looked for

// What goes into a relay at `in` comes out as `out`.
bool relayed(const MediaStream& in, const MediaStream& out, const SdpTimeline& sdp) {
  if (in.src == out.src || in.dst == out.dst) return false;
  const wire::Address* relay = sdp.announcer(in.dst);
  const wire::Address* sender = sdp.announcer(out.src);
  return relay != nullptr && sender != nullptr && *relay == *sender;
}

bool is_voice(const MediaStream& s) {
  return s.kind == "audio" && !s.foreign && s.direction != Direction::unknown;
}

}  // namespace

void mark_hops(std::vector<MediaStream>& streams, const SdpTimeline& sdp) {
  if (streams.size() > streams_max) return;
  for (std::size_t i = 0; i < streams.size(); ++i)
    for (std::size_t j = 0; j < streams.size(); ++j) {
      const MediaStream &in = streams[i], &out = streams[j];
      if (i == j || !is_voice(in) || !is_voice(out) || in.direction != out.direction) continue;
      if (!relayed(in, out, sdp)) continue;
      if (in.direction == Direction::to_target)
        streams[i].nearer.push_back(j);
      else
        streams[j].nearer.push_back(i);
    }
}

}  // namespace writ::intercept
