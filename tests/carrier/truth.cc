// SPDX-License-Identifier: GPL-3.0-or-later
#include "truth.hh"

#include <openssl/sha.h>

#include <fstream>
#include <stdexcept>

namespace carrier {

std::string short_hash(View v) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> h{};
  SHA256(v.data(), v.size(), h.data());
  std::string s;
  for (std::size_t i = 0; i < 8; ++i) {
    s += "0123456789abcdef"[h[i] >> 4];
    s += "0123456789abcdef"[h[i] & 15];
  }
  return s;
}

Truth::Truth(const fs::path& dir) : dir_(dir) {
  fs::create_directories(dir / "audio");
  packets_ = std::fopen((dir / "packets.tsv").c_str(), "we");
  if (packets_ == nullptr) throw std::runtime_error("cannot write " + (dir / "packets.tsv").string());
}
Truth::~Truth() {
  if (packets_ != nullptr) std::fclose(packets_);
}

int Truth::add_call(const std::string& call_id, const std::string& shape) {
  calls_.push_back({{"id", call_id},
                    {"shape", shape},
                    {"streams", Json::array()},
                    {"audio", Json::array()},
                    {"events", Json::array()},
                    {"digits", ""},
                    {"answer", nullptr},
                    {"end", nullptr}});
  return static_cast<int>(calls_.size()) - 1;
}

void Truth::packet(Time t, View frame, const Mark& m) {
  if (m.owner == Owner::foreign || m.owner == Owner::stream) return;
  std::fprintf(packets_, "P\t%lld\t%s\t%s\t%d\n", static_cast<long long>(t), short_hash(frame).c_str(),
               m.owner == Owner::target ? "must" : "may", m.call);
}

void Truth::streamed(const Endpoint& src, const Endpoint& dst, std::uint32_t sequence, View message,
                     int call) {
  std::fprintf(packets_, "S\t%s\t%s\t%u\t%zu\t%s\t%d\n", src.text().c_str(), dst.text().c_str(), sequence,
               message.size(), short_hash(message).c_str(), call);
}

std::string Truth::sound_name(int call, unsigned n) const {
  return "audio/" + std::to_string(call) + "-" + std::to_string(n);
}

void Truth::sound(const std::string& name, View coded) {
  Bytes& b = sounds_[name];
  b.insert(b.end(), coded.begin(), coded.end());
}

void Truth::finish(Json head) {
  for (const auto& [name, bytes] : sounds_)
    std::ofstream(dir_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  head["counts"] = counts_;
  head["reviews"] = reviews_;
  std::ofstream out(dir_ / "truth.json");
  std::string text = head.dump();
  text.pop_back();
  out << text << ",\"calls\":[\n";
  for (std::size_t i = 0; i < calls_.size(); ++i)
    out << calls_[i].dump() << (i + 1 < calls_.size() ? ",\n" : "\n");
  out << "]}\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + (dir_ / "truth.json").string());
}

}  // namespace carrier
