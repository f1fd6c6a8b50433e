// SPDX-License-Identifier: GPL-3.0-or-later
// decode FILE --targets LIST [--wav] [--worker writ-decode]: from opened evidence to recordings, measured.
// The engine reads FILE under grants that name 64 numbers each (random roots, as in isolate.cc), their
// records are assembled into calls, and each call is decoded to WAV and MP3, as in a production; --wav: to
// WAV alone. The figures are of the assembly and the rendering; reading the capture is isolate's.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <utility>

#include "intercept/engine.hh"
#include "media/render.hh"
#include "vault/segment_test_grants.hh"
#include "wire/pcap.hh"

namespace {

using namespace writ;
using Monotonic = std::chrono::steady_clock;

struct Records {  // of one grant
  std::vector<intercept::Event> events;
  std::vector<intercept::EvidencePacket> packets;
};

struct Opened final : intercept::Sink {
  std::vector<Records> grants;
  Bytes record;
  Status event(std::size_t grant, const intercept::Event& e) override {
    grants[grant].events.push_back(e);
    return {};
  }
  Status packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) override {
    intercept::encode(tag, p, record);
    WRIT_TRY(opened, intercept::decode_packet(record));
    grants[grant].packets.push_back(std::move(opened));
    return {};
  }
};

Result<std::vector<authority::VerifiedGrant>> grants_for(const fs::path& list, Instant first) {
  constexpr std::size_t targets_max = 64;
  std::ifstream in(list);
  std::vector<authority::Target> targets;
  std::vector<authority::VerifiedGrant> out;
  vault::testing::EphemeralCarrier carrier{first};
  for (std::string line; std::getline(in, line) || !targets.empty();) {
    if (in && !line.empty()) targets.push_back({authority::Target::Type::e164, line, {}, {}});
    if (in && targets.size() < targets_max) continue;
    WRIT_TRY(grant, carrier.grant(carrier.body(authority::Kind::content, std::exchange(targets, {}))));
    out.push_back(std::move(grant));
  }
  return out;
}

Status read_capture(const fs::path& capture, const fs::path& list, Opened& out) {
  WRIT_TRY(map, MappedFile::open(capture));
  WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
  wire::RawPacket p;
  if (!reader.next(p)) return fail(Exit::usage, "the capture holds no packet");
  WRIT_TRY(grants, grants_for(list, p.at));
  out.grants.resize(grants.size());
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

struct Done {
  std::size_t calls = 0, recordings = 0, packets = 0;
  double answered_s = 0, assembling_s = 0, seconds = 0;
};

// Each grant is a matter.
Status decode(Records& r, const fs::path& worker, const fs::path& out, media::Audio audio, Done& done) {
  const auto seconds_since = [](Monotonic::time_point t) {
    return std::chrono::duration<double>(Monotonic::now() - t).count();
  };
  const auto begun = Monotonic::now();
  intercept::Matter m =
      intercept::assemble("00", std::move(r.events), std::move(r.packets), intercept::Keys::sought);
  done.assembling_s += seconds_since(begun);
  WRIT_CHECK(media::render_calls(
      m, worker, out, [](const intercept::CallRecord&, std::size_t n) { return fmt::format("{:03}", n); },
      audio));
  done.seconds += seconds_since(begun);
  done.calls += m.calls.size();
  done.packets += m.packets.size();
  for (const intercept::CallRecord& c : m.calls) {
    if (c.wav.empty()) continue;
    ++done.recordings;
    if (c.answer && c.end) done.answered_s += std::chrono::duration<double>(*c.end - *c.answer).count();
  }
  return {};
}

Status run(const fs::path& capture, const fs::path& list, const fs::path& worker, media::Audio audio) {
  Opened opened;
  WRIT_CHECK(read_capture(capture, list, opened));
  const fs::path out = fs::temp_directory_path() / fmt::format("decode-{}", ::getpid());
  Done d;
  for (std::size_t k = 0; k < opened.grants.size(); ++k)
    WRIT_CHECK(decode(opened.grants[k], worker, out / std::to_string(k), audio, d));
  std::error_code ec;
  fs::remove_all(out, ec);
  fmt::print(
      "{{\"calls\":{},\"recordings\":{},\"packets\":{},\"answered_seconds\":{:.0f},\"assembling\":{:.3f},"
      "\"seconds\":{:.3f},"
      "\"packets_per_second\":{:.0f},\"times_real_time\":{:.0f}}}\n",
      d.calls, d.recordings, d.packets, d.answered_s, d.assembling_s, d.seconds,
      static_cast<double>(d.packets) / d.seconds, d.answered_s / d.seconds);
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
  bool wav = false;
  app.add_flag("--wav", wav, "no MP3");
  CLI11_PARSE(app, argc, argv);
  const Status done = run(capture, targets, worker, wav ? media::Audio::wav : media::Audio::wav_and_mp3);
  if (done) return 0;
  fmt::print(stderr, "{}", to_text(done.error()));
  return static_cast<int>(done.error().exit);
}
