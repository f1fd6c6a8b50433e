// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/srtp.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "media/worker.hh"

namespace writ::media {
namespace {

using intercept::MediaStream;

constexpr std::chrono::seconds srtp_answer_max{60};
// A device takes up or leaves off encryption a little before or after the answer passes the probe: so many of
// the packets that should be plain are tried as well on either side.
constexpr std::size_t beside_secret = 100;

// Packets of the stream, by place in packet_index, that may be encrypted.
std::vector<std::size_t> to_be_tried(const MediaStream& s) {
  const std::size_t n = s.packet_index.size();
  std::vector<std::size_t> out;
  std::size_t next = 0;  // the first secret one from `k` on
  std::optional<std::size_t> last;
  for (std::size_t k = 0; k < n; ++k) {
    for (next = std::max(next, k); next < n && !s.plain.empty() && s.plain[next];) ++next;
    if (next == k) last = k;
    if ((next < n && next - k <= beside_secret) || (last && k - *last <= beside_secret)) out.push_back(k);
  }
  return out;
}

bool is_plain(const MediaStream& s, std::size_t k) { return !s.plain.empty() && s.plain[k]; }

// Whatever is not opened is noise.
void leave_out_secret(const MediaStream& s, Packets& packets) {
  for (std::size_t k = 0; k < s.packet_index.size(); ++k)
    if (!is_plain(s, k)) packets.leave_out(s.packet_index[k]);
}

std::string plain_part(const MediaStream& s) {
  const auto n = std::ranges::count(s.plain, true);
  return n == 0 ? std::string() : fmt::format("; {} packets of the time without encryption are heard", n);
}

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
    const std::vector<std::size_t> tried = to_be_tried(s_);
    const std::span<const std::size_t> all{tried};
    for (std::size_t at = 0; at < all.size() && lost_.empty(); at += batch_packets_max)
      batch(job.talk, all.subspan(at, std::min(batch_packets_max, all.size() - at)));
    if (!lost_.empty()) program.renew();
    report();
    return {};
  }

 private:
  void batch(worker::Conversation& talk, std::span<const std::size_t> places) {
    Bytes body;
    std::vector<std::size_t> sent;
    for (const std::size_t i : places) {
      const auto p = packets_.payload(s_.packet_index[i]);
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
        clear_.emplace_back(s_.packet_index[i], Bytes(rtp.begin(), rtp.end()));
        suites_.insert(wire::to_string(call_.srtp_keys[key].suite));
      } else {
        refused_ += !is_plain(s_, i);
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
      s_.why += plain_part(s_);
      leave_out_secret(s_, packets_);
      return;
    }
    s_.opened = true;
    s_.why = fmt::format("SRTP, opened with the key of the signalling ({})", fmt::join(suites_, ", "));
    if (refused_ > 0)
      s_.why += fmt::format("; {} of {} packets fail their authentication: left out", refused_, total);
    if (!lost_.empty()) s_.why += "; the rest is left out: " + lost_;
    s_.why += plain_part(s_);
    leave_out_secret(s_, packets_);
    for (auto& [i, rtp] : clear_) packets_.replace(i, std::move(rtp));
  }

  const intercept::CallRecord& call_;
  MediaStream& s_;
  Packets& packets_;
  std::vector<std::pair<std::size_t, Bytes>> clear_;
  std::size_t refused_ = 0;
  std::set<std::string> suites_;
  std::string lost_;
};

}  // namespace

Status unlock(intercept::CallRecord& call, Packets& packets, worker::Program& worker) {
  for (MediaStream& s : call.media) {
    s.opened = false;
    if (!s.encrypted || s.copy_of || s.kind != "audio") continue;
    // A reason that stands already says that the keys are elsewhere (DTLS, ZRTP).
    if (s.why.empty() && call.srtp_keys.empty())
      s.why = "captured, not decodable: encrypted, and the signalling has no keys";
    if (!s.why.empty()) {
      s.why += plain_part(s);
      leave_out_secret(s, packets);
      continue;
    }
    WRIT_CHECK(StreamOpener(call, s, packets).run(worker));
  }
  return {};
}

}  // namespace writ::media
