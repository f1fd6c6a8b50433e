// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/run.hh"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>

#include "capture/pump.hh"
#include "wire/pcap.hh"

namespace writ::capture {
namespace {

// Between two looks at the clock; far below the time that any promise allows.
constexpr std::uint64_t packets_between_looks = 256;

// Gives the pages that were read back to the system: a capture of any size takes a bounded part of memory.
// They are clean file pages, so that one that is touched again is simply read again.
class ReadBehind {
 public:
  explicit ReadBehind(View file) : from_(file.data()) {}
  void passed(const std::uint8_t* here) {
    if (here - from_ < step_bytes) return;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(from_) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(here) / page * page;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    from_ = here;
  }

 private:
  static constexpr std::ptrdiff_t step_bytes = 16 << 20;
  const std::uint8_t* from_;
};

}  // namespace

Pump::Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid)
    : spool_(spool), still_valid_(still_valid), engine_(grants, spool) {}

Status Pump::begin() {
  last_watch_ = Monotonic::now();
  return still_valid_();
}

Status Pump::feed(const wire::RawPacket& p) {
  WRIT_CHECK(engine_.on_packet(p));
  if (p.at - last_tick_ < std::chrono::seconds{1} && p.at >= last_tick_) return {};
  last_tick_ = p.at;
  return engine_.tick(p.at);
}

Status Pump::housekeeping() {
  WRIT_CHECK(spool_.maybe_commit());
  const auto now = Monotonic::now();
  // A stay's end must stop the probe within a second of the hotel's message: the desk takes a part of that.
  if (now - last_watch_ < std::chrono::milliseconds{200}) return {};
  last_watch_ = now;
  tell_progress();
  return still_valid_();
}

void Pump::tell_progress() {
  const intercept::EngineStats& s = engine_.stats();
  RunProgress& p = spool_.progress();
  p.packets = s.packets;
  p.bytes = s.bytes;
  p.packets_isolated = s.packets_isolated;
  p.calls_isolated = s.calls_isolated;
  p.reviews = s.reviews;
}

Status Pump::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  spool_.progress().dropped += packets;
  intercept::Event e;
  e.type = intercept::EventType::gap;
  e.at = until;
  e.detail = Json{{"why", why}, {"from", rfc3339(from)}, {"until", rfc3339(until)}};
  if (packets > 0) e.detail["packets"] = packets;
  for (std::size_t g = 0; g < spool_.grants(); ++g) WRIT_CHECK(spool_.event(g, e));
  return {};
}

Result<RunResult> Pump::end(RunResult r, const Status& worked) {
  tell_progress();
  // What was acquired under authority is kept, whatever ended the run.
  Status closed = spool_.close();
  if (!worked) return tl::unexpected(worked.error());
  if (!closed) return tl::unexpected(std::move(closed).error());
  r.stats = engine_.stats();
  r.spool_bytes = spool_.bytes_written();
  for (std::size_t g = 0; g < spool_.grants(); ++g) r.records_resumed += spool_.counts(g).resumed;
  return r;
}

namespace {

Status pump_file(View file, wire::CaptureReader& reader, Pump& pump, Spool& spool, RunResult& r) {
  WRIT_CHECK(pump.begin());
  wire::RawPacket p;
  std::uint64_t n = 0;
  Instant last{};
  ReadBehind behind{file};
  while (reader.next(p)) {
    spool.at(++n);
    WRIT_CHECK(pump.feed(p));
    last = p.at;
    if (n % packets_between_looks != 0) continue;
    behind.passed(p.bytes.data());
    WRIT_CHECK(pump.housekeeping());
  }
  spool.at(n + 1);
  r.source_truncated = reader.truncated();
  r.source_problem = reader.broken();
  if (r.source_truncated) WRIT_CHECK(pump.gap(last, last, "the capture file ends within a packet", 0));
  if (!r.source_problem.empty())
    WRIT_CHECK(pump.gap(last, last, "the capture file is broken: " + r.source_problem, 0));
  return pump.finish();
}

}  // namespace

Result<RunResult> run_file(const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid) {
  WRIT_TRY(map, MappedFile::open(capture));
  WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
  Pump pump{grants, spool, still_valid};
  RunResult r;
  const Status worked = pump_file(map.bytes(), reader, pump, spool, r);
  return pump.end(std::move(r), worked);
}

}  // namespace writ::capture
