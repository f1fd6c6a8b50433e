// SPDX-License-Identifier: GPL-3.0-or-later
#include "media.hh"

#include <srtp2/srtp.h>

#include <algorithm>
#include <stdexcept>

namespace carrier {
namespace {

constexpr Time slot_us = 20000;
constexpr std::uint32_t slot_samples = 160;
constexpr std::uint8_t event_type = 101;
constexpr int end_repeats = 3, report_slots = 250;

void put16(Bytes& b, unsigned v) {
  b.push_back(static_cast<std::uint8_t>(v >> 8));
  b.push_back(static_cast<std::uint8_t>(v));
}
void put32(Bytes& b, std::uint32_t v) {
  put16(b, v >> 16);
  put16(b, v & 65535);
}

// libsrtp2 (of others): what a phone would send.
class Cipher {
 public:
  Cipher(const std::string& suite, Bytes key) : key_(std::move(key)) {
    static const bool ready = srtp_init() == srtp_err_status_ok;
    srtp_policy_t p{};
    if (suite.ends_with("_32"))
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p.rtp);
    else
      srtp_crypto_policy_set_rtp_default(&p.rtp);
    srtp_crypto_policy_set_rtcp_default(&p.rtcp);
    p.ssrc.type = ssrc_any_outbound;
    p.key = key_.data();
    p.window_size = 1024;
    if (!ready || srtp_create(&session_, &p) != srtp_err_status_ok) throw std::runtime_error("srtp_create");
  }
  ~Cipher() { srtp_dealloc(session_); }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  void protect(Bytes& packet, bool rtcp) {
    int n = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    const auto e =
        rtcp ? srtp_protect_rtcp(session_, packet.data(), &n) : srtp_protect(session_, packet.data(), &n);
    if (e != srtp_err_status_ok) throw std::runtime_error("srtp_protect");
    packet.resize(static_cast<std::size_t>(n));
  }

 private:
  Bytes key_;
  srtp_t session_ = nullptr;
};

class Voice : public std::enable_shared_from_this<Voice> {
 public:
  Voice(Mirror& m, Talk t) : m_(m), t_(std::move(t)), chance_(mix(t_.voice, t_.ssrc)) {
    if (!t_.srtp_suite.empty()) cipher_.emplace(t_.srtp_suite, t_.srtp_key);
    sent_.resize(t_.hops.size());
    m_.promise(static_cast<std::uint64_t>(t_.slots) * t_.hops.size());
    for (const auto& [call, side] : t_.heard_in) {
      (void)side;
      names_.push_back(
          m_.truth().sound_name(call, static_cast<unsigned>(m_.truth().call(call)["audio"].size())));
      m_.truth().call(call)["audio"].push_back(nullptr);  // its place is taken
    }
  }

  void step() {
    if (slot_ == t_.slots) return finish();
    for (std::size_t i = 0; i < t_.hops.size(); ++i) m_.keep_promise();
    if (t_.reports && slot_ % report_slots == report_slots - 1) report();
    const auto key = std::find_if(t_.keys.begin(), t_.keys.end(), [&](const Key& k) {
      return slot_ >= k.after && slot_ < k.after + k.slots;
    });
    if (key != t_.keys.end())
      press(*key);
    else
      speak_slot();
    ++slot_;
    m_.call_at(t_.start + slot_ * slot_us, [self = shared_from_this()] { self->step(); });
  }

 private:
  Bytes header(unsigned type, bool marker, std::uint32_t timestamp) {
    Bytes p;
    p.reserve(200);
    p.push_back(0x80);
    p.push_back(static_cast<std::uint8_t>(type | (marker ? 0x80u : 0u)));
    put16(p, static_cast<std::uint16_t>(t_.sequence + number_++));
    put32(p, timestamp);
    put32(p, t_.ssrc);
    return p;
  }
  std::uint32_t now() const { return t_.timestamp + static_cast<std::uint32_t>(slot_) * slot_samples; }

  // Returns whether the packet was seen at all.
  bool send(Bytes p, Time late = 0) {
    if (cipher_) cipher_->protect(p, false);
    if (t_.loss > 0 && chance_.chance(t_.loss)) {
      ++lost_;
      return false;
    }
    Time at = t_.start + slot_ * slot_us + late + chance_.between(0, t_.jitter);
    if (t_.reorder > 0 && chance_.chance(t_.reorder)) at += chance_.between(21000, 39000);
    for (std::size_t i = 0; i < t_.hops.size(); ++i) {
      m_.datagram(at, t_.hops[i].from, t_.hops[i].to, p, t_.wire, t_.hops[i].mark);
      ++sent_[i];
      at += chance_.between(150, 900);
    }
    return true;
  }

  void speak_slot() {
    Bytes p = header(t_.law == Law::mu ? 0 : 8, slot_ == 0, now());
    p.resize(p.size() + slot_samples);
    speak(t_.voice, slot_ * static_cast<std::int64_t>(slot_samples), slot_samples, t_.law,
          p.data() + p.size() - slot_samples);
    const Bytes coded(p.end() - static_cast<std::ptrdiff_t>(slot_samples), p.end());
    if (!send(std::move(p))) return;
    for (const std::string& name : names_) m_.truth().sound(name, coded);
    const std::int64_t position = slot_ * static_cast<std::int64_t>(slot_samples);
    if (!pieces_.empty() && pieces_.back().first + pieces_.back().second == position)
      pieces_.back().second += slot_samples;
    else
      pieces_.emplace_back(position, slot_samples);
  }

  void press(const Key& k) {
    const int held = slot_ - k.after + 1;
    const bool last = held == k.slots;
    const std::uint32_t since = t_.timestamp + static_cast<std::uint32_t>(k.after) * slot_samples;
    const std::string_view names = "0123456789*#ABCD";
    for (int i = 0; i < (last ? end_repeats : 1); ++i) {
      Bytes p = header(event_type, held == 1, since);
      p.push_back(static_cast<std::uint8_t>(names.find(k.digit)));
      p.push_back(static_cast<std::uint8_t>(10 | (last ? 0x80 : 0)));
      put16(p, static_cast<unsigned>(held) * slot_samples);
      send(std::move(p), i * 2000);
    }
  }

  void report() {
    Bytes p{0x80, 200, 0, 6};
    put32(p, t_.ssrc);
    for (const std::uint32_t v :
         {0xe0000000u + static_cast<std::uint32_t>(slot_), 0u, now(), static_cast<std::uint32_t>(number_),
          static_cast<std::uint32_t>(number_) * 160})
      put32(p, v);
    if (cipher_) cipher_->protect(p, true);
    for (const MediaHop& h : t_.hops)
      m_.datagram(t_.start + slot_ * slot_us + 7000, h.from.with(h.from.port + 1u), h.to.with(h.to.port + 1u),
                  p, t_.wire, h.mark);
  }

  void finish() {
    for (std::size_t i = 0; i < t_.hops.size(); ++i) {
      const Mark& mark = t_.hops[i].mark;
      if (mark.owner != Owner::target || mark.call < 0) continue;
      m_.truth().call(mark.call)["streams"].push_back({{"src", t_.hops[i].from.text()},
                                                       {"dst", t_.hops[i].to.text()},
                                                       {"ssrc", t_.ssrc},
                                                       {"packets", sent_[i]},
                                                       {"foreign", t_.injected}});
    }
    for (std::size_t i = 0; i < t_.heard_in.size(); ++i) {
      Json& audio = m_.truth().call(t_.heard_in[i].first)["audio"];
      for (Json& place : audio)
        if (place.is_null()) {
          place = {{"from_target", t_.heard_in[i].second},
                   {"file", names_[i]},
                   {"law", t_.law == Law::mu ? "mu" : "a"},
                   {"start", t_.start},
                   {"pieces", pieces_},
                   {"lost", lost_},
                   {"slots", t_.slots}};
          break;
        }
    }
  }

  Mirror& m_;
  Talk t_;
  Random chance_;
  std::optional<Cipher> cipher_;
  std::vector<std::string> names_;
  std::vector<std::pair<std::int64_t, std::int64_t>> pieces_;
  std::vector<int> sent_;
  int slot_ = 0, number_ = 0, lost_ = 0;
};

}  // namespace

void talk(Mirror& m, Talk t) {
  const Time start = t.start;
  auto v = std::make_shared<Voice>(m, std::move(t));
  m.call_at(start, [v] { v->step(); });
}

}  // namespace carrier
