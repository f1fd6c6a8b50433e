// SPDX-License-Identifier: GPL-3.0-or-later
// For tests of media/: calls made from captures (RTP alone, no signalling) or from invented packets.
#pragma once
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "media/render.hh"
#include "media/timeline.hh"
#include "wire/pcap.hh"
#include "wire/sdp.hh"

namespace writ::media::test {

// writ-decode, loaded once for all tests of a process.
inline Workers& workers() {
  static Workers loaded{default_worker()};
  return loaded;
}
inline worker::Program& worker_program() { return workers().program(); }

using Format = intercept::MediaStream::Format;

struct Scene {
  intercept::CallRecord call;
  std::vector<intercept::EvidencePacket> packets;
};

struct Spec {  // one invented RTP packet
  std::int64_t at_us = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  Bytes payload;
  int payload_type = 0;
  std::uint32_t ssrc = 1;
  bool from_target = true;
};

inline intercept::EvidencePacket packet_of(const Spec& s) {
  Bytes ip{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
  const auto length = static_cast<std::uint16_t>(20 + 8 + 12 + s.payload.size());
  ip[2] = static_cast<std::uint8_t>(length >> 8);
  ip[3] = static_cast<std::uint8_t>(length);
  const std::uint8_t host = s.from_target ? 10 : 20;
  for (const std::uint8_t last : {host, static_cast<std::uint8_t>(30 - host)})
    put_be32(ip, 0xc0000200u | last);
  put_be16(ip, 4000);
  put_be16(ip, 4000);
  put_be16(ip, static_cast<std::uint16_t>(length - 20));
  put_be16(ip, 0);
  ip.push_back(0x80);
  ip.push_back(static_cast<std::uint8_t>(s.payload_type));
  put_be16(ip, s.sequence);
  put_be32(ip, s.timestamp);
  put_be32(ip, s.ssrc);
  put_bytes(ip, s.payload);
  intercept::EvidencePacket p;
  p.storage.assign(ip.begin(), ip.end());
  p.raw.at = from_ns(1'700'000'000'000'000'000) + std::chrono::microseconds{s.at_us};
  p.raw.link_type = 101;
  p.raw.bytes = p.storage;
  p.raw.wire_length = static_cast<std::uint32_t>(p.storage.size());
  return p;
}

// Streams by direction and SSRC, in order of first packet. `formats`: what the missing SDP would have said.
inline void add_packet(Scene& scene, intercept::EvidencePacket p, const std::vector<Format>& formats) {
  const wire::Decoded d = wire::decode(p.raw);
  if (d.verdict != wire::Verdict::udp || wire::is_rtcp(d.udp.payload)) return;
  const auto rtp = wire::parse_rtp(d.udp.payload);
  if (!rtp) return;
  auto it = std::ranges::find_if(scene.call.media, [&](const auto& s) {
    return s.src == d.udp.src && s.dst == d.udp.dst && s.ssrc == rtp->ssrc;
  });
  if (it == scene.call.media.end()) {
    intercept::MediaStream s;
    s.ssrc = rtp->ssrc;
    s.src = d.udp.src;
    s.dst = d.udp.dst;
    s.formats = formats;
    s.direction = scene.call.media.empty() || scene.call.media[0].src.ip == s.src.ip
                      ? intercept::Direction::from_target
                      : intercept::Direction::to_target;
    s.first = p.raw.at;
    it = scene.call.media.insert(scene.call.media.end(), s);
  }
  it->packet_index.push_back(scene.packets.size());
  it->last = p.raw.at;
  ++it->packets;
  scene.packets.push_back(std::move(p));
}

inline Scene scene_of(const std::vector<Spec>& specs, const std::vector<Format>& formats) {
  Scene scene;
  scene.call.keys = intercept::Keys::sought;
  for (const Spec& s : specs) add_packet(scene, packet_of(s), formats);
  for (auto& s : scene.call.media)
    s.direction =
        (s.src.ip.b[15] == 10) ? intercept::Direction::from_target : intercept::Direction::to_target;
  return scene;
}

// ssrc 0: all.
inline Scene scene_from(const fs::path& capture, const std::vector<Format>& formats, std::uint32_t ssrc = 0) {
  Scene scene;
  const auto file = read_file(capture);
  if (!file) return scene;
  auto reader = wire::CaptureReader::open(*file);
  if (!reader) return scene;
  wire::RawPacket raw;
  while (reader->next(raw)) {
    intercept::EvidencePacket p;
    p.storage.assign(raw.bytes.begin(), raw.bytes.end());
    p.raw = raw;
    p.raw.bytes = p.storage;
    const wire::Decoded d = wire::decode(p.raw);
    const auto rtp = d.verdict == wire::Verdict::udp ? wire::parse_rtp(d.udp.payload) : std::nullopt;
    if (rtp && (ssrc == 0 || rtp->ssrc == ssrc)) add_packet(scene, std::move(p), formats);
  }
  return scene;
}

struct Sound {
  int rate = 0, channels = 0;
  std::vector<std::int16_t> left, right;
};
inline Sound read_sound(const fs::path& p) {
  Sound s;
  SF_INFO info{};
  SNDFILE* f = sf_open(p.c_str(), SFM_READ, &info);
  if (!f) return s;
  s.rate = info.samplerate;
  s.channels = info.channels;
  std::vector<std::int16_t> all(static_cast<std::size_t>(info.frames * info.channels));
  sf_readf_short(f, all.data(), info.frames);
  sf_close(f);
  for (std::size_t i = 0; i + 1 < all.size() && s.channels == 2; i += 2) {
    s.left.push_back(all[i]);
    s.right.push_back(all[i + 1]);
  }
  return s;
}

class Folder {
 public:
  Folder() {
    std::string t = (fs::temp_directory_path() / "writ-media-XXXXXX").string();
    path_ = ::mkdtemp(t.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string output_of(const std::string& command) {
  std::string out;
  FILE* p = ::popen(command.c_str(), "r");
  if (!p) return out;
  char buffer[65536];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, p)) > 0;) out.append(buffer, n);
  ::pclose(p);
  return out;
}

// Goertzel-free: the frequency by counting rising zero crossings.
inline double frequency(const std::vector<std::int16_t>& pcm, int rate) {
  std::size_t first = 0, last = 0, n = 0;
  for (std::size_t i = 1; i < pcm.size(); ++i)
    if (pcm[i - 1] < 0 && pcm[i] >= 0) {
      if (n++ == 0) first = i;
      last = i;
    }
  return n < 2 ? 0 : static_cast<double>(n - 1) * rate / static_cast<double>(last - first);
}

inline double correlation(const std::vector<std::int16_t>& a, const std::vector<std::int16_t>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double x = a[i], y = b[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace writ::media::test
