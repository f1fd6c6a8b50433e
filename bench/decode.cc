// SPDX-License-Identifier: GPL-3.0-or-later
// decode FILE --targets LIST [--worker writ-decode]: from opened evidence to recordings, measured. The engine
// reads FILE under one grant that names at most 64 numbers (random roots, as in isolate.cc), its records are
// assembled into calls, and each call goes through the sandboxed decoder to WAV and MP3, as in a production.
// The figures are of the assembly and the rendering; reading the capture is isolate's.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>

#include "intercept/engine.hh"
#include "media/render.hh"
#include "vault/segment_test_grants.hh"
#include "wire/pcap.hh"

namespace {

using namespace writ;
using Monotonic = std::chrono::steady_clock;

struct Opened final : intercept::Sink {
  std::vector<intercept::Event> events;
  std::vector<intercept::EvidencePacket> packets;
  Bytes record;
  Status event(std::size_t, const intercept::Event& e) override {
    events.push_back(e);
    return {};
  }
  Status packet(std::size_t, const intercept::PacketTag& tag, const wire::RawPacket& p) override {
    intercept::encode(tag, p, record);
    WRIT_TRY(opened, intercept::decode_packet(record));
    packets.push_back(std::move(opened));
    return {};
  }
};

Result<authority::VerifiedGrant> grant_for(const fs::path& list, Instant first) {
  std::ifstream in(list);
  std::vector<authority::Target> targets;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) targets.push_back({authority::Target::Type::e164, line, {}, {}});
  vault::testing::EphemeralCarrier carrier{first};
  return carrier.grant(carrier.body(authority::Kind::content, std::move(targets)));
}

Status read_capture(const fs::path& capture, const fs::path& list, Opened& out) {
  WRIT_TRY(map, MappedFile::open(capture));
  WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
  wire::RawPacket p;
  if (!reader.next(p)) return fail(Exit::usage, "the capture holds no packet");
  WRIT_TRY(grant, grant_for(list, p.at));
  const std::vector grants{std::move(grant)};
  intercept::Engine engine{grants, out};
  Instant tick{};
  do {
    WRIT_CHECK(engine.on_packet(p));
    if (p.at - tick < std::chrono::seconds{1} && p.at >= tick) continue;
    tick = p.at;
    WRIT_CHECK(engine.tick(tick));
  } while (reader.next(p));
  return engine.finish();
}

Status run(const fs::path& capture, const fs::path& list, const fs::path& worker) {
  Opened opened;
  WRIT_CHECK(read_capture(capture, list, opened));
  const std::size_t packets = opened.packets.size();
  const fs::path out = fs::temp_directory_path() / fmt::format("decode-{}", ::getpid());
  const auto begun = Monotonic::now();
  intercept::Matter m = intercept::assemble("00", std::move(opened.events), std::move(opened.packets));
  WRIT_CHECK(media::render_calls(
      m, worker, out, [](const intercept::CallRecord&, std::size_t n) { return fmt::format("{:03}", n); }));
  std::size_t recordings = 0;
  double audio_s = 0;
  for (const intercept::CallRecord& c : m.calls) {
    if (c.wav.empty()) continue;
    ++recordings;
    if (c.answer && c.end) audio_s += std::chrono::duration<double>(*c.end - *c.answer).count();
  }
  const double took = std::chrono::duration<double>(Monotonic::now() - begun).count();
  std::error_code ec;
  fs::remove_all(out, ec);
  fmt::print(
      "{{\"calls\":{},\"recordings\":{},\"packets\":{},\"answered_seconds\":{:.0f},\"seconds\":{:.3f},"
      "\"packets_per_second\":{:.0f},\"times_real_time\":{:.0f}}}\n",
      m.calls.size(), recordings, packets, audio_s, took, static_cast<double>(packets) / took,
      audio_s / took);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  crypto::start();
  CLI::App app{"Measures the way from opened evidence to recordings"};
  std::string capture, targets, worker = (fs::path(argv[0]).parent_path() / "../bin/writ-decode").string();
  app.add_option("FILE", capture, "pcap or pcapng")->required();
  app.add_option("--targets", targets, "file with one E.164 number a line")->required();
  app.add_option("--worker", worker, "writ-decode");
  CLI11_PARSE(app, argc, argv);
  const Status done = run(capture, targets, worker);
  if (done) return 0;
  fmt::print(stderr, "{}", to_text(done.error()));
  return static_cast<int>(done.error().exit);
}
