// SPDX-License-Identifier: GPL-3.0-or-later
// The engine under hostile traffic: the input is a capture file. Under a content grant everything handed out
// must belong to a numbered call or a registration and must assemble; under a pen-register grant of the same
// target no packet may come out at all.
#include <cstdlib>

#include "intercept/calls.hh"
#include "intercept/engine.hh"
#include "intercept/test_grants.hh"
#include "wire/pcap.hh"

namespace {

using namespace writ;
using namespace writ::intercept;

class Keep final : public Sink {
 public:
  Status event(std::size_t grant, const Event& e) override {
    const Bytes record = encode(e);
    const auto back = decode_event(record);
    if (!back) std::abort();
    if (grant == 0) events.push_back(*back);
    return {};
  }
  Status packet(std::size_t grant, const PacketTag& tag, const wire::RawPacket& p) override {
    if (grant != 0) std::abort();  // I10
    Bytes record;
    encode(tag, p, record);
    auto back = decode_packet(record);
    if (!back) std::abort();
    packets.push_back(std::move(*back));
    return {};
  }
  std::vector<Event> events;
  std::vector<EvidencePacket> packets;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<authority::VerifiedGrant> grants = [] {
    test::Carrier carrier;
    test::GrantSpec spec;
    spec.targets = {test::number("+14045550102")};
    spec.from = *parse_rfc3339("2026-11-25T00:00:00Z");  // the seeds are cut from the bundled capture
    spec.until = spec.from + std::chrono::days{30};
    spec.trust_from = true;
    std::vector<authority::VerifiedGrant> g;
    for (const auto kind : {authority::Kind::content, authority::Kind::pen_trap}) {
      spec.kind = kind;
      g.push_back(carrier.grant(spec));
    }
    return g;
  }();
  auto reader = wire::CaptureReader::open({data, size});
  if (!reader) return 0;
  Keep sink;
  EngineOptions options;  // a capture agent of the seeds
  options.hep_from.resize(1);
  if (!wire::Address::parse("203.0.113.9", options.hep_from[0])) std::abort();
  Engine engine(grants, sink, options);
  wire::RawPacket p;
  while (reader->next(p))
    if (!engine.on_packet(p)) std::abort();
  if (!engine.finish()) std::abort();
  (void)calls_json(assemble("fuzz", std::move(sink.events), std::move(sink.packets), Keys::sought));
  return 0;
}
