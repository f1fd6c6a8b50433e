// SPDX-License-Identifier: GPL-3.0-or-later
// Live capture. The kernel fills a ring; what it had to drop because we were slow becomes a gap event of
// every grant. Nothing is resumed: what passed while nobody listened is gone, and the new run's events say
// when it began.
#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include "capture/pump.hh"

namespace writ::capture {

struct LiveSource::Impl {
  struct Close {
    void operator()(pcap_t* p) const { pcap_close(p); }
  };
  std::unique_ptr<pcap_t, Close> pcap;
  std::uint32_t link_type = 1;
  bool nano = false;
  std::uint64_t dropped = 0;
};

LiveSource::LiveSource(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
LiveSource::LiveSource(LiveSource&&) noexcept = default;
LiveSource::~LiveSource() = default;

Result<LiveSource> LiveSource::open(const std::string& interface) {
  constexpr int ring_bytes = 64 << 20, wait_ms = 50;
  char problem[PCAP_ERRBUF_SIZE] = "";
  auto i = std::make_unique<Impl>();
  i->pcap.reset(pcap_create(interface.c_str(), problem));
  if (!i->pcap) return fail(Exit::unit, fmt::format("open interface {}: {}", interface, problem));
  pcap_t* const p = i->pcap.get();
  pcap_set_snaplen(p, static_cast<int>(limits::packet_bytes_max));
  pcap_set_promisc(p, 1);
  pcap_set_timeout(p, wait_ms);
  pcap_set_buffer_size(p, ring_bytes);
  pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
  if (const int rc = pcap_activate(p); rc < 0)
    return fail(rc == PCAP_ERROR_NO_SUCH_DEVICE ? Exit::not_found : Exit::unit,
                fmt::format("open interface {}: {} {}", interface, pcap_statustostr(rc), pcap_geterr(p)), {},
                "CAP_NET_RAW and an interface that is up",
                "run it by the service that grants CAP_NET_RAW, or as root");
  if (pcap_setnonblock(p, 1, problem) != 0)
    return fail(Exit::unit, fmt::format("{}: {}", interface, problem));
  i->link_type = static_cast<std::uint32_t>(pcap_datalink(p));
  i->nano = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO;
  return LiveSource{std::move(i)};
}

namespace {

struct Batch {
  Pump* pump = nullptr;
  LiveSource::Impl* source = nullptr;
  Status status;
  Instant last{};
};

void on_frame(unsigned char* user, const pcap_pkthdr* h, const unsigned char* bytes) {
  auto& b = *reinterpret_cast<Batch*>(user);
  if (!b.status) return;
  wire::RawPacket p;
  const std::int64_t fraction_ns = static_cast<std::int64_t>(h->ts.tv_usec) * (b.source->nano ? 1 : 1000);
  p.at = from_ns(static_cast<std::int64_t>(h->ts.tv_sec) * 1'000'000'000 + fraction_ns);
  p.link_type = b.source->link_type;
  p.bytes = {bytes, h->caplen};
  p.wire_length = h->len;
  b.last = p.at;
  b.status = b.pump->feed(p);
  if (!b.status) pcap_breakloop(b.source->pcap.get());
}

// The kernel's counter is 32 bits wide and never reset: only its growth counts.
std::uint64_t newly_dropped(LiveSource::Impl& s) {
  pcap_stat st{};
  if (pcap_stats(s.pcap.get(), &st) != 0) return 0;
  const std::uint32_t grown = st.ps_drop + st.ps_ifdrop - static_cast<std::uint32_t>(s.dropped);
  s.dropped += grown;
  return grown;
}

Status pump_live(LiveSource::Impl& s, Pump& pump, const volatile int& stop_flag) {
  constexpr int batch_frames = 512, wait_ms = 50;
  WRIT_CHECK(pump.begin());
  Batch b{&pump, &s, {}, {}};
  Instant checked{};
  auto next_stats = std::chrono::steady_clock::now();
  while (stop_flag == 0) {
    const int n = pcap_dispatch(s.pcap.get(), batch_frames, on_frame, reinterpret_cast<unsigned char*>(&b));
    WRIT_CHECK(b.status);
    if (n == PCAP_ERROR)
      return fail(Exit::unit, fmt::format("capture stopped: {}", pcap_geterr(s.pcap.get())));
    if (const auto now = std::chrono::steady_clock::now(); now >= next_stats) {
      next_stats = now + std::chrono::seconds{1};
      if (const std::uint64_t lost = newly_dropped(s); lost > 0)
        WRIT_CHECK(pump.gap(checked, b.last, "the kernel dropped packets", lost));
      checked = b.last;
    }
    WRIT_CHECK(pump.housekeeping());
    if (n == 0) {
      pollfd ready{pcap_get_selectable_fd(s.pcap.get()), POLLIN, 0};
      ::poll(&ready, 1, wait_ms);
    }
  }
  if (const std::uint64_t lost = newly_dropped(s); lost > 0)
    WRIT_CHECK(pump.gap(checked, b.last, "the kernel dropped packets", lost));
  return pump.finish();
}

}  // namespace

Result<RunResult> run_live(LiveSource& source, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid, const volatile int& stop_flag) {
  Pump pump{grants, spool, still_valid};
  RunResult r;
  const Status worked = pump_live(source.impl(), pump, stop_flag);
  r.kernel_dropped = source.impl().dropped;
  return pump.end(std::move(r), worked);
}

}  // namespace writ::capture
