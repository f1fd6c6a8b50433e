// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/srtp.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>

#include "media/worker.hh"

namespace writ::media {
namespace {

using intercept::MediaStream;

constexpr std::chrono::seconds srtp_answer_max{60};

bool is_aes_192(const wire::SdesKey& k) {
  return k.suite == wire::SrtpSuite::aes_cm_192_80 || k.suite == wire::SrtpSuite::aes_cm_192_32;
}

class StreamOpener {
 public:
  StreamOpener(const intercept::CallRecord& call, MediaStream& s, Packets& packets)
      : call_(call), s_(s), packets_(packets) {}

  Status run(worker::Program& program) {
    WRIT_TRY(job, start_job(program, "the SRTP worker", batch_bytes_max, encode_open(call_.srtp_keys),
                            srtp_answer_max));
    const std::span<const std::size_t> all{s_.packet_index};
    for (std::size_t at = 0; at < all.size() && lost_.empty(); at += batch_packets_max)
      batch(job.talk, all.subspan(at, std::min(batch_packets_max, all.size() - at)));
    if (!lost_.empty()) program.renew();
    report();
    return {};
  }

 private:
  void batch(worker::Conversation& talk, std::span<const std::size_t> index) {
    Bytes body;
    std::vector<std::size_t> sent;
    for (const std::size_t i : index) {
      const auto p = packets_.payload(i);
      if (!p || p->size() > payload_bytes_max) continue;
      put_be16(body, static_cast<std::uint16_t>(p->size()));
      put_bytes(body, *p);
      sent.push_back(i);
    }
    if (sent.empty()) return;
    const auto answer = talk.ask(frame_srtp, body, srtp_answer_max);
    if (!answer || answer->kind != frame_rtp) {
      lost_ = answer ? "the SRTP worker answers out of turn" : answer.error().what;
      return;
    }
    Reader in{answer->body};
    for (const std::size_t i : sent) {
      const bool good = in.u8() == 1;
      const std::uint16_t key = in.u16();
      const View rtp = in.take(in.u16());
      if (good && in.ok() && key < call_.srtp_keys.size()) {
        clear_.emplace_back(i, Bytes(rtp.begin(), rtp.end()));
        suites_.insert(wire::to_string(call_.srtp_keys[key].suite));
      } else {
        refused_.push_back(i);
      }
    }
  }

  void report() {
    const std::size_t total = s_.packet_index.size();
    if (clear_.empty()) {
      s_.why = lost_.empty() ? fmt::format(
                                   "captured, not decodable: encrypted, and none of the {} keys of the "
                                   "signalling opens it",
                                   call_.srtp_keys.size())
                             : "captured, not decodable: encrypted; " + lost_;
      if (lost_.empty() && std::ranges::any_of(call_.srtp_keys, is_aes_192))
        s_.why += " (AES-192 is tried as libsrtp2 derives its session keys, not as RFC 6188 does)";
      return;
    }
    s_.opened = true;
    s_.why = fmt::format("SRTP, opened with the key of the signalling ({})", fmt::join(suites_, ", "));
    if (!refused_.empty())
      s_.why += fmt::format("; {} of {} packets fail their authentication: left out", refused_.size(), total);
    if (!lost_.empty()) s_.why += "; the rest is left out: " + lost_;
    // Whatever is not opened is noise.
    for (const std::size_t i : s_.packet_index) packets_.leave_out(i);
    for (auto& [i, rtp] : clear_) packets_.replace(i, std::move(rtp));
  }

  const intercept::CallRecord& call_;
  MediaStream& s_;
  Packets& packets_;
  std::vector<std::pair<std::size_t, Bytes>> clear_;
  std::vector<std::size_t> refused_;
  std::set<std::string> suites_;
  std::string lost_;
};

}  // namespace

Status unlock(intercept::CallRecord& call, Packets& packets, worker::Program& worker) {
  for (MediaStream& s : call.media) {
    s.opened = false;
    // A reason that stands already says that the keys are elsewhere (DTLS, ZRTP).
    if (!s.encrypted || s.copy_of || s.kind != "audio" || !s.why.empty()) continue;
    if (call.srtp_keys.empty()) {
      s.why = "captured, not decodable: encrypted, and the signalling has no keys";
      continue;
    }
    WRIT_CHECK(StreamOpener(call, s, packets).run(worker));
  }
  return {};
}

}  // namespace writ::media
