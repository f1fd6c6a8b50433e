// SPDX-License-Identifier: GPL-3.0-or-later
// libpcap: interfaces that are no Ethernet, its own devices ("any", usb, Bluetooth), kernels without the
// ring.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <utility>

#include "base/limits.hh"
#include "capture/interface_watch.hh"
#include "capture/tap.hh"

namespace writ::capture {
namespace {

class PcapTap final : public Tap {
 public:
  PcapTap(pcap_t* p, std::string name)
      : pcap_(p),
        name_(std::move(name)),
        watch_(name_, InterfaceWatch::hardware_of(pcap_fileno(p), name_)),
        link_type_(static_cast<std::uint32_t>(pcap_datalink(p))),
        nano_(pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO) {}

  Result<std::span<const wire::RawPacket>> batch() override {
    constexpr int batch_frames = 512;
    if (store_.empty() && pcap_dispatch(pcap_.get(), batch_frames, on_frame,
                                        reinterpret_cast<unsigned char*>(this)) == PCAP_ERROR) {
      // An interface that is gone ends nothing: other sources go on, and it may come back.
      if (missed_ = deaf(); !missed_.empty()) return store_.frames();
      return fail(Exit::unit, fmt::format("capture on {} stopped: {}", name_, pcap_geterr(pcap_.get())));
    }
    return store_.frames();
  }
  void release() override { store_.clear(); }
  // The kernel's counter is 32 bits wide and never reset: only its growth counts.
  std::uint64_t newly_lost() override {
    pcap_stat st{};
    if (pcap_stats(pcap_.get(), &st) != 0) return 0;
    const std::uint32_t grown = st.ps_drop + st.ps_ifdrop - lost_;
    lost_ += grown;
    return grown;
  }
  std::string lost_why() const override { return "the kernel dropped packets on " + name_; }
  std::string deaf() override {
    if (!missed_.empty()) return std::exchange(missed_, {});
    // libpcap's own devices ("any", usb) have no such.
    return watch_.hardware() == 0 ? std::string{} : watch_.look(pcap_fileno(pcap_.get()));
  }
  void poll_on(std::vector<pollfd>& out) const override {
    out.push_back({pcap_get_selectable_fd(pcap_.get()), POLLIN, 0});
  }
  std::string describe() const override { return name_ + ": libpcap"; }

 private:
  struct Close {
    void operator()(pcap_t* p) const { pcap_close(p); }
  };
  static void on_frame(unsigned char* user, const pcap_pkthdr* h, const unsigned char* bytes) {
    auto& self = *reinterpret_cast<PcapTap*>(user);
    const std::int64_t fraction_ns = static_cast<std::int64_t>(h->ts.tv_usec) * (self.nano_ ? 1 : 1000);
    self.store_.add({from_ns(static_cast<std::int64_t>(h->ts.tv_sec) * 1'000'000'000 + fraction_ns),
                     self.link_type_,
                     {bytes, h->caplen},
                     h->len});
  }
  std::unique_ptr<pcap_t, Close> pcap_;
  std::string name_, missed_;  // missed_: why it was deaf between two askings
  InterfaceWatch watch_;
  std::uint32_t link_type_, lost_ = 0;
  bool nano_;
  FrameStore store_;
};

}  // namespace

Result<std::unique_ptr<Tap>> open_pcap(const std::string& interface) {
  constexpr int ring_bytes = 64 << 20, wait_ms = 50;
  char problem[PCAP_ERRBUF_SIZE] = "";
  pcap_t* const p = pcap_create(interface.c_str(), problem);
  if (p == nullptr) return fail(Exit::unit, fmt::format("open interface {}: {}", interface, problem));
  pcap_set_snaplen(p, static_cast<int>(limits::packet_bytes_max));
  pcap_set_promisc(p, 1);
  pcap_set_timeout(p, wait_ms);
  pcap_set_buffer_size(p, ring_bytes);
  pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
  if (const int rc = pcap_activate(p); rc < 0) {
    auto error =
        fail(rc == PCAP_ERROR_NO_SUCH_DEVICE ? Exit::not_found : Exit::unit,
             fmt::format("open interface {}: {} {}", interface, pcap_statustostr(rc), pcap_geterr(p)), {},
             "CAP_NET_RAW and an interface that is up",
             "run it by the service that grants CAP_NET_RAW, or as root");
    pcap_close(p);
    return error;
  }
  auto tap = std::make_unique<PcapTap>(p, interface);
  if (pcap_setnonblock(p, 1, problem) != 0)
    return fail(Exit::unit, fmt::format("{}: {}", interface, problem));
  return tap;
}

}  // namespace writ::capture
