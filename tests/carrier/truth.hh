// SPDX-License-Identifier: GPL-3.0-or-later
// The ground truth of a run: what an interception of the targets must find, must not hold, and must say.
// DIR/truth.json   everything of the calls, one call a line; format: docs of tests/carrier/check
// DIR/packets.tsv  one line a packet: P <microseconds> <first 16 digits of the frame's SHA-256> <must|may>
// <call>; and one
//                  line a SIP message in a TCP stream: S <src> <dst> <sequence> <length> <first 16 digits of
//                  its SHA-256> <call>
// DIR/audio/       what was said, coded, one file a voice and call
#pragma once
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "frame.hh"

namespace carrier {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Time = std::int64_t;  // microseconds since 1970

enum class Owner : std::uint8_t {
  foreign,  // must not be found
  target,   // must be found, once
  either,   // hostile words in a target's own call: may be found
  stream,   // a TCP segment: its messages are owned one by one
};
struct Mark {
  Owner owner = Owner::foreign;
  int call = -1;  // of Truth::calls
  bool hostile = false;
};

// What one target's call must look like. Json keys: id, shape, direction, from, to, start, answer, end (null
// or us), cause (beginning), streams [{src, dst, ssrc, packets, foreign}], digits, events [{type, ...}],
// audio [...], leg_of.
class Truth {
 public:
  explicit Truth(const fs::path& dir);
  ~Truth();
  Truth(const Truth&) = delete;
  Truth& operator=(const Truth&) = delete;

  int add_call(const std::string& call_id, const std::string& shape);
  Json& call(int i) { return calls_[static_cast<std::size_t>(i)]; }
  void packet(Time t, View frame, const Mark& m);
  void streamed(const Endpoint& src, const Endpoint& dst, std::uint32_t sequence, View message, int call);
  // Coded sound of a call's voice; the checker decodes it. Names the file within DIR.
  std::string sound_name(int call, unsigned n) const;
  void sound(const std::string& name, View coded);
  void review(const std::string& call_id) { reviews_.insert(call_id); }
  void count(const std::string& what, std::uint64_t n = 1) { counts_[what] += n; }
  std::uint64_t counted(const std::string& what) { return counts_[what]; }
  void finish(Json head);

 private:
  fs::path dir_;
  std::vector<Json> calls_;
  std::set<std::string> reviews_;
  std::map<std::string, std::uint64_t> counts_;
  std::FILE* packets_;
  std::map<std::string, Bytes> sounds_;
};

std::string short_hash(View v);

}  // namespace carrier
