// SPDX-License-Identifier: GPL-3.0-or-later
#include "mirror.hh"

#include <algorithm>
#include <stdexcept>

namespace carrier {

Mirror::Mirror(const fs::path& pcap, Truth& truth) : out_(std::fopen(pcap.c_str(), "we")), truth_(truth) {
  if (out_ == nullptr) throw std::runtime_error("cannot write " + pcap.string());
  std::setvbuf(out_, nullptr, _IOFBF, 1 << 20);
  const std::uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
  std::fwrite(head, sizeof head, 1, out_);
}

Mirror::~Mirror() { std::fclose(out_); }

void Mirror::write(Time t, View frame) {
  const auto n = static_cast<std::uint32_t>(frame.size());
  const std::uint32_t head[4] = {static_cast<std::uint32_t>(t / 1000000),
                                 static_cast<std::uint32_t>(t % 1000000), n, n};
  if (std::fwrite(head, sizeof head, 1, out_) != 1 || std::fwrite(frame.data(), 1, n, out_) != n)
    throw std::runtime_error("the capture file cannot be written");
  ++written_;
}

void Mirror::frame(Time t, Bytes bytes, const Mark& m) {
  queue_.push({std::max(t, now_), order_++, std::move(bytes), m, {}});
}
void Mirror::call_at(Time t, std::function<void()> act) {
  queue_.push({std::max(t, now_), order_++, {}, {}, std::move(act)});
}

void Mirror::datagram(Time t, const Endpoint& from, const Endpoint& to, View payload, Wire w, const Mark& m) {
  frame(t, udp_frame(from, to, payload, w, next_id()), m);
}

void Mirror::fragments(Time t, const Endpoint& from, const Endpoint& to, View payload, Wire w, const Mark& m,
                       std::size_t piece, bool reversed) {
  std::vector<Bytes> parts = udp_fragments(from, to, payload, w, next_id(), piece);
  if (reversed) std::reverse(parts.begin(), parts.end());
  for (Bytes& p : parts) frame(t += 30, std::move(p), m);
}

void Mirror::run() {
  while (!queue_.empty()) {
    const Item& top = queue_.top();
    now_ = top.at;
    if (top.act) {
      const std::function<void()> act = std::move(top.act);
      queue_.pop();
      act();
      continue;
    }
    const Bytes bytes = std::move(top.bytes);
    const Mark mark = top.mark;
    queue_.pop();
    write(now_, bytes);
    truth_.packet(now_, bytes, mark);
    hostile_ += mark.hostile;
  }
  if (std::fflush(out_) != 0) throw std::runtime_error("the capture file cannot be written");
}

}  // namespace carrier
