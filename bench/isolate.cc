// SPDX-License-Identifier: GPL-3.0-or-later
// isolate FILE --targets LIST [--spool DIR] [--open PCAP]: what the probe does, measured.
//
// The real pipeline on a capture file: reader, engine, sealing, spool with its syncs. The roots are random
// and live in this process only, so no probe in the field would accept a grant made here; and every grant,
// one for each number unless --per-grant says more, goes through certify, sign_act, issue_grant and
// verify_grant, since there is no other way to one. A grant must be armed before the packets that it covers,
// and the capture is old: the acts are signed for half an hour before the first packet, and the wall time
// given to verify_grant is the capture's own. That is possible only because these roots vouch for nothing;
// the product has no such switch. Live interfaces are refused: FILE must be a regular file.
#include <fmt/format.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/limits.hh"
#include "capture/run.hh"
#include "vault/segment_test_grants.hh"
#include "wire/pcap.hh"

namespace {

using namespace writ;
using vault::testing::EphemeralCarrier;

struct Options {
  std::string capture, targets, spool, open;
  std::size_t per_grant = 1;
};

// A spool of our own goes away with us.
struct ScratchDir {
  fs::path path;
  bool keep = false;
  ~ScratchDir() {
    std::error_code ec;
    if (!keep && !path.empty()) fs::remove_all(path, ec);
  }
};

Result<std::vector<std::string>> read_numbers(const fs::path& file) {
  WRIT_TRY(text, read_text(file));
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    line.erase(
        std::remove_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; }),
        line.end());
    if (!line.empty() && line[0] != '#') out.push_back(line);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.empty()) return fail(Exit::usage, fmt::format("{} names no number", file.string()));
  return out;
}

Result<Instant> first_packet_time(const fs::path& capture) {
  WRIT_TRY(map, MappedFile::open(capture));
  WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
  wire::RawPacket p;
  if (!reader.next(p)) return fail(Exit::usage, fmt::format("{} holds no packet", capture.string()));
  return p.at;
}

Status open_spool(const fs::path& spool, const std::vector<authority::VerifiedGrant>& grants,
                  EphemeralCarrier& carrier, const fs::path& out) {
  std::vector<intercept::EvidencePacket> packets;
  for (const auto& grant : grants)
    WRIT_CHECK(vault::read_stream(spool / crypto::hex(grant.id()), vault::Stream::content,
                                  carrier.probe().public_key(), carrier.content_key(),
                                  [&](View record) -> Status {
                                    WRIT_TRY(p, intercept::decode_packet(record));
                                    packets.push_back(std::move(p));
                                    return {};
                                  }));
  std::stable_sort(packets.begin(), packets.end(),
                   [](const auto& a, const auto& b) { return a.raw.at < b.raw.at; });
  wire::CaptureWriter writer{packets.empty() ? 1 : packets.front().raw.link_type};
  for (const auto& p : packets) writer.add(p.raw);
  return write_file(out, writer.bytes());
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

using Monotonic = std::chrono::steady_clock;
double since(Monotonic::time_point begun) {
  return std::chrono::duration<double>(Monotonic::now() - begun).count();
}

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

// Of this program alone: ru_maxrss also counts what whoever started us was before.
std::uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kib = 0; word == "VmHWM:" && status >> kib) return kib * 1024;
  return 0;
}

struct Took {
  double all_s = 0;                         // everything
  double capture_s = 0, capture_cpu_s = 0;  // from the first packet until the spool is closed: without the
                                            // making of grants, which grows with their number
};

void print(const capture::RunResult& r, const Took& took) {
  fmt::print(
      "{{\"packets\":{},\"bytes\":{},\"seconds\":{:.6f},\"capture_seconds\":{:.6f},\"capture_cpu_seconds\":{:"
      ".6f},"
      "\"packets_per_second\":{:.0f},"
      "\"cpu_seconds\":{:.6f},"
      "\"peak_rss_bytes\":{},\"calls_isolated\":{},\"packets_isolated\":{}}}\n",
      r.stats.packets, r.stats.bytes, took.all_s, took.capture_s, took.capture_cpu_s,
      static_cast<double>(r.stats.packets) / took.all_s, cpu_seconds(), peak_rss_bytes(),
      r.stats.calls_isolated, r.stats.packets_isolated);
}

Result<int> run(const Options& o) {
  const auto begun = Monotonic::now();
  std::error_code ec;
  if (if_nametoindex(o.capture.c_str()) != 0 || !fs::is_regular_file(o.capture, ec))
    return fail(Exit::refused, fmt::format("'{}' is not a capture file", o.capture),
                "this measures on files; live interfaces are for writ-probe and its grants",
                "a pcap or pcapng file");
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {  // two streams a grant
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  WRIT_TRY(numbers, read_numbers(o.targets));
  WRIT_TRY(first, first_packet_time(o.capture));
  EphemeralCarrier carrier{first};
  std::vector<authority::VerifiedGrant> grants;
  for (std::size_t i = 0; i < numbers.size(); i += o.per_grant) {
    std::vector<authority::Target> targets;
    for (std::size_t n = i; n < std::min(i + o.per_grant, numbers.size()); ++n)
      targets.push_back({authority::Target::Type::e164, numbers[n], {}, {}});
    WRIT_TRY(grant, carrier.grant(carrier.body(authority::Kind::content, std::move(targets))));
    grants.push_back(std::move(grant));
  }
  ScratchDir scratch;
  scratch.keep = !o.spool.empty();
  scratch.path =
      scratch.keep ? fs::path(o.spool) : fs::temp_directory_path() / fmt::format("isolate-{}", ::getpid());
  SystemClock clock;
  WRIT_TRY(spool, capture::Spool::open(scratch.path, grants, carrier.probe(), clock));
  const auto capture_begun = Monotonic::now();
  const double cpu_before = cpu_seconds();
  WRIT_TRY(result, capture::run_file(o.capture, grants, spool, [] { return Status{}; }));
  print(result, {since(begun), since(capture_begun), cpu_seconds() - cpu_before});
  if (!o.open.empty()) WRIT_CHECK(open_spool(scratch.path, grants, carrier, o.open));
  return static_cast<int>(result.source.truncated || !result.source.problem.empty() ? Exit::partial
                                                                                    : Exit::ok);
}

}  // namespace

int main(int argc, char** argv) {
  writ::crypto::start();
  CLI::App app{"Measures the capture pipeline on a capture file, with ephemeral roots"};
  Options o;
  app.add_option("FILE", o.capture, "pcap or pcapng")->required();
  app.add_option("--targets", o.targets, "file with one E.164 number a line")->required();
  app.add_option("--per-grant", o.per_grant, "so many of the numbers in each grant")
      ->check(CLI::Range(std::size_t{1}, limits::targets_per_grant_max));
  app.add_option("--spool", o.spool, "keep the sealed spool here");
  app.add_option("--open", o.open, "write the packets that the spool holds to this pcap");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(writ::Exit::usage);
  }
  const auto done = run(o);
  if (done) return *done;
  fmt::print(stderr, "{}", writ::to_text(done.error()));
  return static_cast<int>(done.error().exit);
}
