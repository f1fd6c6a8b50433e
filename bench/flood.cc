// SPDX-License-Identifier: GPL-3.0-or-later
// flood [--half-open N] [--foreign N] [--write FILE]: one call of a target, while for its minute N calls to
// the same target are opened that nobody answers, and N INVITEs of strangers pass. Says whether every packet
// of the call came out, what memory that took, and how much is left when the half-open calls have been given
// up. Exit 1 when a packet of the call is missing or a half-open call was not told. FILE: the same traffic as
// Ethernet frames, for bench/live.
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <optional>

#include "intercept/test_features.hh"
#include "intercept/test_traffic.hh"

namespace {

using namespace writ;
using namespace writ::intercept;
using namespace writ::intercept::test;

struct Counting final : Sink {
  std::uint64_t media = 0, sip = 0, opened = 0, released = 0;
  Status event(std::size_t, const Event& e) override {
    opened += e.type == EventType::termination_attempt;
    released += e.type == EventType::release;
    return {};
  }
  Status packet(std::size_t, const PacketTag& tag, const wire::RawPacket&) override {
    ++(tag.role == PacketRole::sip ? sip : media);
    return {};
  }
};

std::uint64_t memory_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kib = 0; word == key + ":" && status >> kib) return kib >> 10;
  return 0;
}

// Written as it comes: half a gigabyte.
class PcapFile {
 public:
  explicit PcapFile(const std::string& path) : out_(path, std::ios::binary) {
    const std::uint32_t head[] = {0xa1b23c4d, 4u << 16 | 2, 0, 0, 65535, 1};
    put(head, sizeof head);
  }
  void add(Instant t, View ip) {
    static constexpr std::uint8_t ethernet[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    const std::int64_t ns = to_ns(t);
    const auto size = static_cast<std::uint32_t>(ip.size() + sizeof ethernet);
    const std::uint32_t head[] = {static_cast<std::uint32_t>(ns / 1'000'000'000),
                                  static_cast<std::uint32_t>(ns % 1'000'000'000), size, size};
    put(head, sizeof head);
    put(ethernet, sizeof ethernet);
    put(ip.data(), ip.size());
  }

 private:
  void put(const void* p, std::size_t n) {
    out_.write(static_cast<const char*>(p), static_cast<std::streamsize>(n));
  }
  std::ofstream out_;
};

Call stranger(Bench& b, std::uint64_t n, const std::string& kind) {
  Call c{b};
  c.id = fmt::format("{}-{}@192.0.2.9", kind, n);
  c.caller = fmt::format("+1212555{:04}", 100 + n % 100);
  c.am = ep("192.0.2.9", static_cast<std::uint16_t>(1024 + n % 60000));
  return c;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A target's call in a flood of signalling"};
  std::uint64_t half_open = 100'000, foreign = 1'000'000;
  app.add_option("--half-open", half_open, "calls to the target that nobody answers");
  app.add_option("--foreign", foreign, "INVITEs of strangers");
  std::string written;
  app.add_option("--write", written, "the traffic as a pcap");
  CLI11_PARSE(app, argc, argv);
  constexpr int call_s = 60, packets_each_way = call_s * 50;

  Counting sink;
  const auto granted = grants(trusting());
  Engine engine{granted, sink};
  Bench b{{}};
  Instant tick{};
  std::uint64_t frames = 0;
  std::optional<PcapFile> file;
  if (!written.empty()) file.emplace(written);
  b.tape = [&](double s, View frame) {
    ++frames;
    if (file) file->add(at(s), frame);
    if (!engine.on_packet({at(s), 101, frame, static_cast<std::uint32_t>(frame.size())})) std::abort();
    if (at(s) - tick < std::chrono::seconds{1} && at(s) >= tick) return;
    tick = at(s);
    if (!engine.tick(tick)) std::abort();
  };
  const std::uint64_t before = memory_mib("VmRSS");
  const auto begun = std::chrono::steady_clock::now();
  Call call{b};
  call.invite(0);
  call.answer(0.5);
  std::uint64_t h = 0, f = 0;
  for (int n = 0; n < packets_each_way; ++n) {
    const double t = 1 + n * 0.02;
    call.talk(t, 1, static_cast<std::uint16_t>(n));
    const auto due = [&](std::uint64_t all) {
      return all * static_cast<std::uint64_t>(n + 1) / packets_each_way;
    };
    for (; h < due(half_open); ++h) stranger(b, h, "half-open").invite(t + 0.002);
    for (; f < due(foreign); ++f) {
      Call c = stranger(b, f, "foreign");
      c.callee = "+14045550199";
      c.invite(t + 0.003);
    }
  }
  call.bye(call_s + 2);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const std::uint64_t at_most = memory_mib("VmHWM");
  for (int s = call_s + 3; s < call_s + 900; ++s)
    if (!engine.tick(at(s))) return 1;
  ::malloc_trim(0);
  const std::uint64_t after = memory_mib("VmRSS");
  if (!engine.finish()) return 1;
  const bool whole = sink.media == std::uint64_t{2 * packets_each_way} && sink.opened == half_open + 1 &&
                     sink.released == half_open + 1;
  fmt::print(
      "{{\"frames\":{},\"sip_messages\":{},\"sip_out\":{},\"seconds\":{:.2f},\"media_sent\":{},\"media_out\":"
      "{},\"calls_told\":{},"
      "\"releases_told\":{},\"memory_before_mib\":{},\"memory_most_mib\":{},\"memory_after_mib\":{}}}\n",
      frames, half_open + foreign, sink.sip, took.count(), 2 * packets_each_way, sink.media, sink.opened,
      sink.released, before, at_most, after);
  return whole ? 0 : 1;
}
