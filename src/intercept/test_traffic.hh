// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: SIP and RTP frames, a sink that remembers, and a bench that runs them through the engine.
#pragma once
#include <deque>
#include <functional>
#include <map>

#include "intercept/calls.hh"
#include "intercept/engine.hh"
#include "intercept/test_grants.hh"

namespace writ::intercept::test {

inline const Instant t0 = from_ns(1'790'000'000'000'000'000);
inline Instant at(double seconds) { return t0 + Nanos{static_cast<std::int64_t>(seconds * 1e9)}; }

inline wire::Endpoint ep(std::string_view ip, std::uint16_t port) {
  wire::Endpoint e;
  if (!wire::Address::parse(ip, e.ip)) std::abort();
  e.port = port;
  return e;
}

// Raw IPv4 frames (link type 101); fragments of `part` payload bytes when part > 0.
inline std::vector<Bytes> ipv4_udp(const wire::Endpoint& s, const wire::Endpoint& d, View payload,
                                   std::size_t part = 0, std::uint16_t id = 1) {
  Bytes udp;
  put_be16(udp, s.port);
  put_be16(udp, d.port);
  put_be16(udp, static_cast<std::uint16_t>(payload.size() + 8));
  put_be16(udp, 0);
  put_bytes(udp, payload);
  std::vector<Bytes> out;
  const std::size_t step = part == 0 ? udp.size() : part / 8 * 8;
  for (std::size_t off = 0; off < udp.size(); off += step) {
    const std::size_t n = std::min(step, udp.size() - off);
    const bool more = off + n < udp.size();
    Bytes f{0x45, 0};
    put_be16(f, static_cast<std::uint16_t>(20 + n));
    put_be16(f, id);
    put_be16(f, static_cast<std::uint16_t>(off / 8 | (more ? 0x2000u : 0u)));
    f.insert(f.end(), {64, 17, 0, 0});
    f.insert(f.end(), s.ip.b.begin() + 12, s.ip.b.end());
    f.insert(f.end(), d.ip.b.begin() + 12, d.ip.b.end());
    put_bytes(f, View(udp).subspan(off, n));
    out.push_back(std::move(f));
  }
  return out;
}

inline Bytes ipv4_tcp(const wire::Endpoint& s, const wire::Endpoint& d, std::uint32_t seq,
                      std::string_view data) {
  Bytes f{0x45, 0};
  put_be16(f, static_cast<std::uint16_t>(40 + data.size()));
  f.insert(f.end(), {0, 1, 0x40, 0, 64, 6, 0, 0});
  f.insert(f.end(), s.ip.b.begin() + 12, s.ip.b.end());
  f.insert(f.end(), d.ip.b.begin() + 12, d.ip.b.end());
  put_be16(f, s.port);
  put_be16(f, d.port);
  put_be32(f, seq);
  put_be32(f, 1);
  f.insert(f.end(), {0x50, 0x18, 1, 0, 0, 0, 0, 0});
  put_bytes(f, view_of(data));
  return f;
}

inline Bytes rtp(std::uint32_t ssrc, std::uint16_t seq, std::uint8_t pt = 0, std::string_view mark = "") {
  Bytes b{0x80, pt};
  put_be16(b, seq);
  put_be32(b, seq * 160u);
  put_be32(b, ssrc);
  for (std::uint32_t i = 0; i < 40; ++i) b.push_back(static_cast<std::uint8_t>(ssrc * 7 + seq * 31u + i));
  put_bytes(b, view_of(mark));
  return b;
}

inline std::string sdp(
    std::string_view ip, int port, std::string_view formats = "0 101",
    std::string_view more = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
    std::string_view media = "audio", std::string_view transport = "RTP/AVP", std::string_view s = "-") {
  std::string t = "v=0\r\no=- 1 1 IN IP4 ";
  t.append(ip).append("\r\ns=").append(s).append("\r\nc=IN IP4 ").append(ip).append("\r\nt=0 0\r\nm=");
  t.append(media)
      .append(" ")
      .append(std::to_string(port))
      .append(" ")
      .append(transport)
      .append(" ")
      .append(formats);
  return t.append("\r\n").append(more);
}

struct Sip {  // one message; empty parts are left out
  std::string start, from, to, call_id = "c1@a.example", cseq, extra, body, type = "application/sdp";
  std::string text() const {
    std::string t = start + "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: " + from +
                    "\r\nTo: " + to + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq + "\r\n" + extra;
    if (!body.empty()) t += "Content-Type: " + type + "\r\n";
    return t + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

struct RecordingSink final : Sink {
  struct Packet {
    std::size_t grant;
    PacketTag tag;
    Instant at;
    Bytes bytes;
    Bytes record;
  };
  struct Noted {
    std::size_t grant;
    Event e;
  };
  std::vector<Packet> packets;
  std::vector<Noted> events,
      statuses;  // SurveillanceStatus stands apart: each grant that says anything has it

  Status event(std::size_t grant, const Event& e) override {
    (e.type == EventType::surveillance_status ? statuses : events).push_back({grant, e});
    return {};
  }
  Status packet(std::size_t grant, const PacketTag& tag, const wire::RawPacket& p) override {
    Packet k{grant, tag, p.at, Bytes(p.bytes.begin(), p.bytes.end()), {}};
    encode(tag, p, k.record);
    packets.push_back(std::move(k));
    return {};
  }
  std::size_t count(EventType t, std::size_t grant = 0) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [&](const Noted& n) { return n.grant == grant && n.e.type == t; }));
  }
  std::size_t count(PacketRole r, std::size_t grant = 0) const {
    return static_cast<std::size_t>(std::count_if(packets.begin(), packets.end(), [&](const Packet& p) {
      return p.grant == grant && p.tag.role == r;
    }));
  }
  const Event* first(EventType t, std::size_t grant = 0) const {
    for (const Noted& n : events)
      if (n.grant == grant && n.e.type == t) return &n.e;
    return nullptr;
  }
  // Everything that left the engine, as one text to search.
  std::string all() const {
    std::string t;
    for (const Noted& n : events) t.append(text_of(encode(n.e)));
    for (const Noted& n : statuses) t.append(text_of(encode(n.e)));
    for (const Packet& p : packets) t.append(text_of(p.bytes));
    return t;
  }
  Matter matter(std::size_t grant = 0, Keys keys = Keys::sought) const {
    std::vector<Event> ev;
    std::vector<EvidencePacket> pk;
    for (const Noted& n : statuses)
      if (n.grant == grant) ev.push_back(*decode_event(encode(n.e)));
    for (const Noted& n : events)
      if (n.grant == grant) ev.push_back(*decode_event(encode(n.e)));
    for (const Packet& p : packets)
      if (p.grant == grant) pk.push_back(*decode_packet(p.record));
    return assemble("00", std::move(ev), std::move(pk), keys);
  }
};

class Bench {
 public:
  explicit Bench(std::vector<authority::VerifiedGrant> g, EngineOptions o = {})
      : grants_(std::move(g)), engine(grants_, sink, std::move(o)) {}
  // When set, frames go here instead of the engine: traffic that is made first and played later.
  std::function<void(double, View)> tape;
  std::uint32_t ingress = 0;  // where frames come in
  void frame(double s, View bytes, std::uint32_t link = 101) {
    if (tape) return tape(s, bytes);
    if (!engine.on_packet({at(s), link, bytes, static_cast<std::uint32_t>(bytes.size()), ingress}))
      std::abort();
  }
  void udp(double s, const wire::Endpoint& a, const wire::Endpoint& b, View payload, std::size_t part = 0) {
    std::size_t n = 0;
    for (const Bytes& f : ipv4_udp(a, b, payload, part, ++id_)) frame(s + static_cast<double>(n++) * 1e-6, f);
  }
  void sip(double s, const wire::Endpoint& a, const wire::Endpoint& b, const Sip& m, std::size_t part = 0) {
    if (wrap)
      wrap(s, a, b, view_of(m.text()));
    else if (over_tcp)
      tcp(s, a, b, m.text(), part);
    else
      udp(s, a, b, view_of(m.text()), part);
  }
  // The next bytes of the stream from `a` to `b`, in segments of `part` bytes when part > 0.
  void tcp(double s, const wire::Endpoint& a, const wire::Endpoint& b, std::string_view data,
           std::size_t part = 0) {
    std::uint32_t& seq = sequence_[{a, b}];
    for (std::size_t n = 0; !data.empty(); ++n) {
      const std::string_view now = data.substr(0, part == 0 ? data.size() : part);
      frame(s + static_cast<double>(n) * 1e-6, ipv4_tcp(a, b, seq, now));
      seq += static_cast<std::uint32_t>(now.size());
      data.remove_prefix(now.size());
    }
  }
  // Bytes that passed where we could not see them.
  void skip(const wire::Endpoint& a, const wire::Endpoint& b, std::uint32_t bytes) {
    sequence_[{a, b}] += bytes;
  }
  bool over_tcp = false;
  // Takes messages in place of the two ways above.
  std::function<void(double, const wire::Endpoint&, const wire::Endpoint&, View)> wrap;
  void talk(double s, const wire::Endpoint& a, const wire::Endpoint& b, std::uint32_t ssrc, int n,
            std::uint16_t seq = 1, std::uint8_t pt = 0, std::string_view mark = "") {
    for (int i = 0; i < n; ++i)
      udp(s + 0.02 * i, a, b, rtp(ssrc, static_cast<std::uint16_t>(seq + i), pt, mark));
  }

 private:
  std::vector<authority::VerifiedGrant> grants_;
  std::uint16_t id_ = 0;
  std::map<std::pair<wire::Endpoint, wire::Endpoint>, std::uint32_t> sequence_;

 public:
  RecordingSink sink;
  Engine engine;
};

// One call between a caller and a callee with their endpoints; each step may be varied.
struct Call {
  explicit Call(Bench& bench) : b(bench) {}
  Bench& b;
  std::string caller = "+12125550111", callee = "+14045550102", id = "c1@a.example";
  wire::Endpoint a = ep("192.0.2.1", 5060), z = ep("198.51.100.1", 5060);
  wire::Endpoint am = ep("192.0.2.1", 20000), zm = ep("198.51.100.1", 30000);
  std::string ruri;  // default: callee
  std::string invite_extra, answer_extra;
  std::string ftag = ";tag=fa", ttag = ";tag=tz";
  std::uint32_t cseq = 1;

  std::string party(const std::string& n) const { return "<sip:" + n + "@carrier.example>"; }
  std::string request(const std::string& method) const {
    return method + " sip:" + (ruri.empty() ? callee : ruri) + "@carrier.example SIP/2.0";
  }
  Sip message(std::string start, const std::string& method, bool to_tag) const {
    return Sip{std::move(start),
               party(caller) + ftag,
               party(callee) + (to_tag ? ttag : ""),
               id,
               std::to_string(cseq) + " " + method,
               "",
               "",
               "application/sdp"};
  }
  void invite(double t, std::size_t part = 0) {
    Sip m = message(request("INVITE"), "INVITE", false);
    m.extra = invite_extra;
    m.body = sdp(am.ip.text(), am.port);
    b.sip(t, a, z, m, part);
  }
  void response(double t, int status, const std::string& method = "INVITE", bool with_sdp = false) {
    Sip m = message("SIP/2.0 " + std::to_string(status) + " Whatever", method, status != 100);
    m.extra = answer_extra;
    if (with_sdp) m.body = sdp(zm.ip.text(), zm.port);
    b.sip(t, z, a, m);
  }
  void ack(double t) { b.sip(t, a, z, message(request("ACK"), "ACK", true)); }
  void answer(double t) {
    response(t, 200, "INVITE", true);
    ack(t + 0.05);
  }
  void talk(double t, int n, std::uint16_t seq = 1) {
    for (int i = 0; i < n; ++i) {
      b.talk(t + 0.02 * i, am, zm, 0xaaaa, 1, static_cast<std::uint16_t>(seq + i));
      b.talk(t + 0.02 * i + 0.001, zm, am, 0xbbbb, 1, static_cast<std::uint16_t>(seq + i));
    }
  }
  void bye(double t) {
    ++cseq;
    b.sip(t, a, z, message(request("BYE"), "BYE", true));
    response(t + 0.05, 200, "BYE");
  }
  void whole(double t, int n = 50) {
    invite(t);
    response(t + 0.1, 180);
    answer(t + 1);
    talk(t + 1.1, n);
    bye(t + 1.2 + 0.02 * n);
  }
};

inline GrantSpec spec(authority::Kind k = authority::Kind::content, std::string target = "+14045550102") {
  GrantSpec s;
  s.kind = k;
  s.targets = {number(std::move(target))};
  s.from = t0 - std::chrono::hours{1};
  s.until = t0 + std::chrono::hours{24};
  return s;
}

inline Carrier& carrier() {
  static Carrier c;
  return c;
}
inline std::vector<authority::VerifiedGrant> grants(const GrantSpec& s) { return {carrier().grant(s)}; }

}  // namespace writ::intercept::test
