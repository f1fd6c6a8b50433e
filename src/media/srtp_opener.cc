// SPDX-License-Identifier: GPL-3.0-or-later
// Two things about a captured stream are not known: which of the call's keys it was sent under (offers carry
// several, re-INVITEs change them) and its rollover counter, for the interception may have joined hours after
// the first packet. Both are found by trial: only the right pair makes the authentication tag fit. What was
// right for the last packet is tried first; then every other key near the counter reached so far; and all
// counters, for a stream that was never opened, at the first, second, fourth, eighth ... packet that fails:
// noise on the port costs its sender more than us, and a change of keys is found at its first packet.
#include "media/srtp_opener.hh"

#include <fmt/format.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace writ::media {
namespace {

constexpr std::uint32_t rollovers_max = 64;  // 23 hours of packets of 20 ms
constexpr unsigned long window = 32767;      // packets; what libsrtp2 allows: a capture may be out of order
constexpr std::size_t packet_bytes_max = 65535;

struct FreeSession {
  void operator()(srtp_ctx_t_* s) const { srtp_dealloc(s); }
};
using Session = std::unique_ptr<srtp_ctx_t_, FreeSession>;

void set_suite(wire::SrtpSuite suite, srtp_crypto_policy_t& p) {
  switch (suite) {
    case wire::SrtpSuite::aes_cm_128_80:
      return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p);
    case wire::SrtpSuite::aes_cm_128_32:
      return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p);
    case wire::SrtpSuite::aes_cm_192_80:
      return srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80(&p);
    case wire::SrtpSuite::aes_cm_192_32:
      return srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32(&p);
    case wire::SrtpSuite::aes_cm_256_80:
      return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p);
    case wire::SrtpSuite::aes_cm_256_32:
      return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&p);
    case wire::SrtpSuite::aead_aes_128_gcm:
      return srtp_crypto_policy_set_aes_gcm_128_16_auth(&p);
    case wire::SrtpSuite::aead_aes_256_gcm:
      return srtp_crypto_policy_set_aes_gcm_256_16_auth(&p);
  }
}

// One key at one rollover counter; null when libsrtp2 does not have it.
Session session_of(const wire::SdesKey& k, std::uint32_t ssrc, std::uint32_t rollover) {
  srtp_policy_t p{};
  p.ssrc.type = ssrc_specific;
  p.ssrc.value = ssrc;
  set_suite(k.suite, p.rtp);
  set_suite(k.suite, p.rtcp);
  if (!k.encrypted) p.rtp.sec_serv = sec_serv_auth;
  Bytes key = k.master, mki = k.mki;  // libsrtp2 wants them writable
  srtp_master_key_t with_mki{key.data(), mki.data(), static_cast<unsigned>(mki.size())};
  srtp_master_key_t* keys[] = {&with_mki};
  if (mki.empty()) {
    p.key = key.data();
  } else {
    p.keys = keys;
    p.num_master_keys = 1;
  }
  p.window_size = window;
  srtp_t raw = nullptr;
  if (srtp_create(&raw, &p) != srtp_err_status_ok) return {};
  Session s{raw};
  if (rollover != 0 && srtp_set_stream_roc(raw, ssrc, rollover) != srtp_err_status_ok) return {};
  return s;
}

// What the ciphers load and ask at their first use (files, among others), they do here, before the lock.
// NSS, below libsrtp2, unloads itself when its last cipher is gone: the session is kept as long as others
// come.
Session working_cipher(wire::SdesKey k) {
  k.mki.clear();
  Session s = session_of(k, 1, 0);
  Bytes packet(12 + 160 + SRTP_MAX_TRAILER_LEN, 0);
  packet[0] = 0x80;
  packet[11] = 1;
  int length = 12 + 160;
  if (s && srtp_protect(s.get(), packet.data(), &length) != srtp_err_status_ok) s.reset();
  return s;
}

struct Library {  // libsrtp2's own state, once a process
  bool good = srtp_init() == srtp_err_status_ok;
  ~Library() {
    if (good) srtp_shutdown();
  }
};
bool library_starts() {
  static const Library library;
  return library.good;
}

}  // namespace

struct SrtpOpener::Impl {
  struct Way {  // a key and, once it has opened a packet, where it stands
    wire::SdesKey key;
    Session session;
  };
  std::vector<Session> kept;  // see working_cipher
  std::vector<Way> ways;
  std::vector<std::uint16_t> order;      // of `ways`: the one that opened the last packet first
  std::optional<std::uint32_t> reached;  // rollover counter of the last packet that opened
  std::uint32_t ssrc = 0;
  std::uint64_t failed = 0;

  srtp_err_status_t unprotect(Way& w, View in, Bytes& out);
  bool try_new(Way& w, View in, std::uint32_t rollover, Bytes& out);
  bool search(View in, OpenedPacket& out);
  void used(std::size_t at_in_order, OpenedPacket& out);
};

srtp_err_status_t SrtpOpener::Impl::unprotect(Way& w, View in, Bytes& out) {
  out.assign(in.begin(), in.end());
  int length = static_cast<int>(in.size());
  const auto r = srtp_unprotect_mki(w.session.get(), out.data(), &length, w.key.mki.empty() ? 0 : 1);
  if (r == srtp_err_status_ok)
    out.resize(static_cast<std::size_t>(std::clamp(length, 0, static_cast<int>(in.size()))));
  return r;
}

bool SrtpOpener::Impl::try_new(Way& w, View in, std::uint32_t rollover, Bytes& out) {
  Session fresh = session_of(w.key, ssrc, rollover);
  if (!fresh) return false;
  std::swap(w.session, fresh);
  if (unprotect(w, in, out) == srtp_err_status_ok) return true;
  std::swap(w.session, fresh);
  return false;
}

bool SrtpOpener::Impl::search(View in, OpenedPacket& out) {
  const bool wide = !reached && std::has_single_bit(failed);
  const std::uint32_t first = reached && *reached > 0 ? *reached - 1 : 0;
  const std::uint32_t last = wide ? rollovers_max : reached ? *reached + 2 : 0;
  for (std::size_t at = 0; at < order.size(); ++at) {
    Way& w = ways[order[at]];
    // A new key may count from zero again, or go on.
    if (first > 0 && try_new(w, in, 0, out.rtp)) return used(at, out), true;
    for (std::uint32_t rollover = first; rollover <= last; ++rollover)
      if (try_new(w, in, rollover, out.rtp)) return used(at, out), true;
  }
  return false;
}

void SrtpOpener::Impl::used(std::size_t at, OpenedPacket& out) {
  out.opened = true;
  out.key = order[at];
  const auto it = order.begin() + static_cast<std::ptrdiff_t>(at);
  std::rotate(order.begin(), it, it + 1);
  std::uint32_t rollover = 0;
  if (srtp_get_stream_roc(ways[out.key].session.get(), ssrc, &rollover) == srtp_err_status_ok)
    reached = rollover;
}

Result<SrtpOpener> SrtpOpener::open(std::vector<wire::SdesKey> keys) {
  if (keys.empty() || keys.size() > 0xffff) return fail(Exit::usage, "no keys to open a stream with");
  if (!library_starts()) return fail(Exit::unit, "libsrtp2 does not start");
  auto i = std::make_unique<Impl>();
  for (wire::SdesKey& k : keys) {
    if (k.master.size() != wire::srtp_key_bytes(k.suite) || k.mki.size() > wire::srtp_mki_bytes_max)
      return fail(Exit::usage, "a key has not the length of its suite");
    i->kept.push_back(working_cipher(k));
    if (!i->kept.back())
      return fail(Exit::unit, fmt::format("this libsrtp2 lacks {}", wire::to_string(k.suite)));
    i->order.push_back(static_cast<std::uint16_t>(i->ways.size()));
    i->ways.push_back({std::move(k), {}});
  }
  return SrtpOpener{std::move(i)};
}

OpenedPacket SrtpOpener::take(View srtp) {
  OpenedPacket out;
  if (srtp.size() < 12 || srtp.size() > packet_bytes_max || srtp[0] >> 6 != 2) return out;
  const std::uint32_t ssrc = load_be32(srtp.data() + 8);
  if (ssrc != i_->ssrc) {  // a stream has one; another one is another stream
    for (Impl::Way& w : i_->ways) w.session.reset();
    i_->ssrc = ssrc;
    i_->reached.reset();
  }
  for (std::size_t at = 0; at < i_->order.size(); ++at) {
    Impl::Way& w = i_->ways[i_->order[at]];
    if (!w.session) continue;
    const srtp_err_status_t r = i_->unprotect(w, srtp, out.rtp);
    if (r == srtp_err_status_ok) {
      i_->used(at, out);
      return out;
    }
    // Captured twice, or a device that counts from the start again under the same key: what is heard of it
    // is decided as for plain RTP.
    if (r == srtp_err_status_replay_fail && i_->try_new(w, srtp, i_->reached.value_or(0), out.rtp)) {
      i_->used(at, out);
      return out;
    }
  }
  ++i_->failed;
  if (!i_->search(srtp, out)) out.rtp.clear();
  return out;
}

SrtpOpener::SrtpOpener(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
SrtpOpener::SrtpOpener(SrtpOpener&&) noexcept = default;
SrtpOpener::~SrtpOpener() = default;

}  // namespace writ::media
