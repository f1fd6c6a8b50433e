// SPDX-License-Identifier: GPL-3.0-or-later
// Line by line; session-level values are defaults for every medium and are filled in at the end, because a
// session-level attribute counts wherever the media-level one is absent. What is odd is noted and read on.
#include "wire/sdp.hh"

#include <algorithm>

#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::size_t media_max = 64, formats_max = 128, oddities_max = 16;
constexpr std::size_t crypto_max = 16, crypto_bytes_max = 1024;
constexpr std::size_t bundles_max = 8, mid_bytes_max = 64, candidates_max = 32;
constexpr std::size_t ufrag_bytes_max = 256;  // RFC 8839 5.4

struct Level {  // what may stand at session or media level
  Address address;
  bool has_address = false;
  std::string direction;
  bool encrypted = false, dtls = false, mikey = false;
  std::vector<std::string> crypto;
  std::string ufrag;
  bool bundle_only = false;
};

class SdpScan {
 public:
  void line(char type, std::string_view value) {
    switch (type) {
      case 'o':
        origin(value);
        break;
      case 'c':
        connection(value);
        break;
      case 'm':
        media(value);
        break;
      case 'a':
        attribute(value);
        break;
      default:
        break;
    }
  }

  Sdp finish() {
    for (std::size_t i = 0; i < out_.media.size(); ++i) complete(out_.media[i], levels_[i]);
    for (const auto& group : bundles_) bundle(group);
    return std::move(out_);
  }

  void odd(std::string text) {
    std::vector<std::string>& list = out_.media.empty() ? out_.oddities : out_.media.back().oddities;
    if (list.size() < oddities_max) list.push_back(std::move(text));
  }

 private:
  Level& level() { return out_.media.empty() ? session_ : levels_.back(); }

  void origin(std::string_view v) {
    out_.origin = origin_of(v);
    take_word(v);
    out_.origin_id = take_word(v);
  }

  // "IN IP4 192.0.2.1/127": a multicast TTL is cut.
  bool address(std::string_view v, Address& out) {
    const std::string_view net = take_word(v), kind = take_word(v);
    std::string_view host = take_word(v);
    host = host.substr(0, host.find('/'));
    if (!equal_ci(net, "IN") || !(equal_ci(kind, "IP4") || equal_ci(kind, "IP6")))
      odd("network type is not IN IP4 or IP6");
    if (Address::parse(host, out)) return true;
    odd("connection address is not an IP address: " + std::string(host.substr(0, 64)));
    return false;
  }

  void connection(std::string_view v) {
    Address a;
    if (skip_ || !address(v, a)) return;
    if (level().has_address) {
      odd("more than one connection line");
      return;
    }
    level().address = a;
    level().has_address = true;
  }

  void media(std::string_view v) {
    skip_ = out_.media.size() == media_max;
    if (skip_) return;
    SdpMedia m;
    m.kind = lower_text(take_word(v));
    std::string_view port = take_word(v);
    m.transport = take_word(v);
    out_.media.push_back(std::move(m));
    levels_.emplace_back();
    std::uint64_t number = 0;
    if (!take_number(port, 65535, number)) odd("media line without a usable port");
    SdpMedia& here = out_.media.back();
    here.rtp.port = static_cast<std::uint16_t>(number);
    if (!port.empty() && port[0] == '/') odd("media line with a port range");
    if (is_rtp(here)) formats(v);
  }

  static bool is_rtp(const SdpMedia& m) { return upper_text(m.transport).find("RTP/") != std::string::npos; }

  void formats(std::string_view v) {
    SdpMedia& m = out_.media.back();
    while (!v.empty() && m.formats.size() < formats_max) {
      const std::string_view word = take_word(v);
      std::string_view digits = word;
      std::uint64_t pt = 0;
      if (!take_number(digits, 127, pt) || !digits.empty()) {
        odd("format is not a payload type: " + std::string(word.substr(0, 32)));
        continue;
      }
      if (format(pt) != nullptr) continue;
      RtpMap map;
      map.payload_type = static_cast<std::uint8_t>(pt);
      m.formats.push_back(std::move(map));
    }
  }

  RtpMap* format(std::uint64_t pt) {
    if (out_.media.empty()) return nullptr;
    auto& list = out_.media.back().formats;
    const auto it =
        std::find_if(list.begin(), list.end(), [&](const RtpMap& f) { return f.payload_type == pt; });
    return it == list.end() ? nullptr : &*it;
  }

  void attribute(std::string_view v) {
    if (skip_) return;
    const std::size_t colon = v.find(':');
    const std::string name = lower_text(trim(v.substr(0, colon)));
    const std::string_view value = colon == v.npos ? std::string_view{} : trim(v.substr(colon + 1));
    if (name == "rtpmap") {
      rtpmap(value);
    } else if (name == "fmtp") {
      fmtp(value);
    } else if (name == "rtcp") {
      rtcp(value);
    } else if (name == "mid") {
      if (!out_.media.empty()) out_.media.back().mid = value.substr(0, mid_bytes_max);
    } else if (name == "bundle-only") {
      level().bundle_only = true;
    } else if (name == "ice-ufrag") {
      level().ufrag = value.substr(0, ufrag_bytes_max);
    } else if (name == "candidate") {
      candidate(value);
    } else if (name == "group") {
      group(value);
    } else if (name == "t38faxversion") {
      std::uint64_t version = 0;
      std::string_view digits = value;
      if (!out_.media.empty() && take_number(digits, 15, version))
        out_.media.back().t38_version = static_cast<int>(version);
    } else if (name == "rtcp-mux") {
      if (!out_.media.empty()) out_.media.back().rtcp_mux = true;
    } else if (name == "acap") {
      capability(value);
    } else if (name == "sendrecv" || name == "sendonly" || name == "recvonly" || name == "inactive") {
      level().direction = name;
    } else if (name == "crypto" || name == "fingerprint" || name == "zrtp-hash" || name == "key-mgmt") {
      level().encrypted = true;
      level().dtls = level().dtls || name == "fingerprint";
      level().mikey = level().mikey || name == "key-mgmt";
      if (name == "crypto" && level().crypto.size() < crypto_max && value.size() <= crypto_bytes_max)
        level().crypto.emplace_back(value);
    }
  }

  // "1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:..." (RFC 5939): keys for when the answer takes them up.
  void capability(std::string_view v) {
    take_word(v);
    constexpr std::string_view keys = "crypto:";
    if (!equal_ci(v.substr(0, keys.size()), keys)) return;
    v = trim(v.substr(keys.size()));
    if (level().crypto.size() < crypto_max && v.size() <= crypto_bytes_max) level().crypto.emplace_back(v);
  }

  // "1 1 UDP 2130706431 192.0.2.1 20000 typ host". Over TCP (RFC 6544) and with a name (mDNS) it is none that
  // packets of UDP could be known by.
  void candidate(std::string_view v) {
    if (out_.media.empty()) return;
    take_word(v);
    const std::string_view component = take_word(v), transport = take_word(v);
    take_word(v);
    const std::string_view host = take_word(v);
    std::uint64_t port = 0;
    IceCandidate c;
    if ((component != "1" && component != "2") || !equal_ci(transport, "UDP") ||
        !Address::parse(host, c.at.ip) || !take_number(v, 65535, port) || port == 0)
      return;
    c.at.port = static_cast<std::uint16_t>(port);
    c.rtcp = component == "2";
    if (out_.media.back().candidates.size() < candidates_max)
      out_.media.back().candidates.push_back(c);
    else
      odd("more candidates than are read");
  }

  // "BUNDLE 0 1" (RFC 5888, 9143)
  void group(std::string_view v) {
    if (!out_.media.empty() || bundles_.size() == bundles_max || !equal_ci(take_word(v), "BUNDLE")) return;
    std::vector<std::string>& mids = bundles_.emplace_back();
    while (!v.empty() && mids.size() < media_max) mids.emplace_back(take_word(v).substr(0, mid_bytes_max));
  }

  SdpMedia* of_mid(const std::string& mid) {
    const auto m = std::ranges::find(out_.media, mid, &SdpMedia::mid);
    return mid.empty() || m == out_.media.end() ? nullptr : &*m;
  }

  // A line with port 0 is refused, but not one that says bundle-only: its media come where those of the
  // group's first line do.
  void bundle(const std::vector<std::string>& mids) {
    SdpMedia* first = mids.empty() ? nullptr : of_mid(mids.front());
    if (first == nullptr || first->rtp.port == 0) return;
    for (const std::string& mid : mids) {
      SdpMedia* m = of_mid(mid);
      if (m == nullptr || m->rtp.port != 0 ||
          !levels_[static_cast<std::size_t>(m - out_.media.data())].bundle_only)
        continue;
      m->rtp = first->rtp;
      m->rtcp = first->rtcp;
      m->rtcp_mux = first->rtcp_mux;
      m->has_address = first->has_address;
    }
  }

  // "96 opus/48000/2"
  void rtpmap(std::string_view v) {
    std::uint64_t pt = 0;
    RtpMap* f = take_number(v, 127, pt) ? format(pt) : nullptr;
    if (f == nullptr) {
      odd("rtpmap of a payload type that the media line does not list");
      return;
    }
    v = trim(v);
    const std::size_t slash = v.find('/');
    f->codec = upper_text(trim(v.substr(0, slash)));
    if (slash == v.npos) {
      odd("rtpmap without a clock rate");
      return;
    }
    v = trim(v.substr(slash + 1));
    std::uint64_t number = 0;
    if (take_number(v, 0xffffffff, number) && number > 0) {
      f->clock_rate = static_cast<std::uint32_t>(number);
    } else {
      odd("rtpmap without a clock rate");
    }
    f->channels = 1;
    if (!v.empty() && v[0] == '/') {
      v.remove_prefix(1);
      if (take_number(v, 255, number) && number > 0) f->channels = static_cast<std::uint8_t>(number);
    }
  }

  void fmtp(std::string_view v) {
    std::uint64_t pt = 0;
    RtpMap* f = take_number(v, 127, pt) ? format(pt) : nullptr;
    if (f != nullptr) f->fmtp = trim(v);
  }

  // "53020" or "53020 IN IP4 192.0.2.1" (RFC 3605)
  void rtcp(std::string_view v) {
    std::uint64_t port = 0;
    if (out_.media.empty() || !take_number(v, 65535, port)) return;
    SdpMedia& m = out_.media.back();
    m.rtcp.port = static_cast<std::uint16_t>(port);
    if (v = trim(v); !v.empty()) address(v, m.rtcp.ip);
  }

  void complete(SdpMedia& m, const Level& own) {
    const Level& where = own.has_address ? own : session_;
    m.has_address = where.has_address;
    m.ufrag = own.ufrag.empty() ? session_.ufrag : own.ufrag;
    m.rtp.ip = where.address;
    if (m.rtcp.ip == Address{}) m.rtcp.ip = where.address;
    if (m.rtcp.port == 0 && m.rtp.port != 0 && m.rtp.port != 65535)
      m.rtcp.port = static_cast<std::uint16_t>(m.rtp.port + 1);
    if (!own.direction.empty()) {
      m.direction = own.direction;
    } else if (!session_.direction.empty()) {
      m.direction = session_.direction;
    }
    const std::string transport = upper_text(m.transport);
    m.must_encrypt = transport.find("SAVP") != std::string::npos;
    m.encrypted = own.encrypted || session_.encrypted || m.must_encrypt;
    m.dtls = own.dtls || session_.dtls;
    m.mikey = own.mikey || session_.mikey;
    m.crypto = own.crypto;
    m.crypto.insert(m.crypto.end(), session_.crypto.begin(), session_.crypto.end());
    for (RtpMap& f : m.formats) {
      if (!f.codec.empty()) continue;
      if (const RtpMap* fixed = static_payload_type(f.payload_type)) {
        std::string fmtp = std::move(f.fmtp);
        f = *fixed;
        f.fmtp = std::move(fmtp);
      } else if (m.oddities.size() < oddities_max) {
        m.oddities.push_back("payload type " + std::to_string(f.payload_type) + " without rtpmap");
      }
    }
  }

  Sdp out_;
  Level session_;
  std::vector<Level> levels_;  // one per medium
  std::vector<std::vector<std::string>> bundles_;
  bool skip_ = false;  // within media beyond the bound
};

}  // namespace

std::string origin_of(std::string_view v) {
  std::string origin{take_word(v)};
  origin.append(" ").append(take_word(v));
  take_word(v);  // version: grows with each change
  return origin.append(" ").append(trim(v));
}

Sdp parse_sdp(std::string_view text) {
  SdpScan scan;
  bool any = false;
  const char line_end = text.find('\n') == text.npos ? '\r' : '\n';  // some write CR alone
  while (!text.empty()) {
    const std::size_t end = text.find(line_end);
    const std::string_view line = trim(text.substr(0, end));
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (line.size() < 2 || line[1] != '=') {
      // The rest of a folded a=crypto would be a key: such a line is not shown.
      const bool secret = line.substr(0, line.find(' ')).size() > 16;
      if (!line.empty())
        scan.odd("line without type" + (secret ? std::string() : ": " + std::string(line.substr(0, 32))));
      continue;
    }
    any = true;
    scan.line(lower(line[0]), trim(line.substr(2)));
  }
  if (!any) scan.odd("no SDP lines");
  return scan.finish();
}

const RtpMap* static_payload_type(std::uint8_t pt) {
  static const std::vector<RtpMap> table = {
      {0, "PCMU", 8000, 1, ""},   {2, "G726-32", 8000, 1, ""},  // G721 in RFC 1890
      {3, "GSM", 8000, 1, ""},    {4, "G723", 8000, 1, ""},    {5, "DVI4", 8000, 1, ""},
      {6, "DVI4", 16000, 1, ""},  {7, "LPC", 8000, 1, ""},     {8, "PCMA", 8000, 1, ""},
      {9, "G722", 8000, 1, ""},   {10, "L16", 44100, 2, ""},   {11, "L16", 44100, 1, ""},
      {12, "QCELP", 8000, 1, ""}, {13, "CN", 8000, 1, ""},     {14, "MPA", 90000, 1, ""},
      {15, "G728", 8000, 1, ""},  {16, "DVI4", 11025, 1, ""},  {17, "DVI4", 22050, 1, ""},
      {18, "G729", 8000, 1, ""},  {25, "CELB", 90000, 1, ""},  {26, "JPEG", 90000, 1, ""},
      {28, "NV", 90000, 1, ""},   {31, "H261", 90000, 1, ""},  {32, "MPV", 90000, 1, ""},
      {33, "MP2T", 90000, 1, ""}, {34, "H263", 90000, 1, ""},
  };
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const RtpMap& m) { return m.payload_type == pt; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace writ::wire
