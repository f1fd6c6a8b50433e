// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip.hh"

#include <openssl/evp.h>

#include <map>

namespace carrier {

std::string Sip::text(bool compact) const {
  static const std::map<std::string, std::string> short_names = {
      {"Via", "v"},          {"From", "f"},          {"To", "t"}, {"Call-ID", "i"}, {"Contact", "m"},
      {"Content-Type", "c"}, {"Content-Length", "l"}};
  std::string out = start + "\r\n";
  const auto add = [&](const std::string& line) {
    const std::string name = line.substr(0, line.find(':'));
    const auto known = compact ? short_names.find(name) : short_names.end();
    out += known == short_names.end() ? line : known->second + line.substr(name.size());
    out += "\r\n";
  };
  for (const std::string& line : lines) add(line);
  if (!body.empty()) add("Content-Type: " + type);
  add("Content-Length: " + std::to_string(body.size()));
  return out + "\r\n" + body;
}

std::string Sdp::text() const {
  const std::string net = std::string("IN ") + (media.host.v6 ? "IP6 " : "IP4 ") + media.host.text();
  std::string s = "v=0\r\no=- " + session + " " + std::to_string(version) + " " + net +
                  "\r\ns=-\r\nc=" + net + "\r\nt=0 0\r\nm=audio " + std::to_string(media.port) +
                  (suite.empty() ? " RTP/AVP " : " RTP/SAVP ") + types + "\r\n";
  if (types.find('0') == 0 || types.find(" 0 ") != types.npos) s += "a=rtpmap:0 PCMU/8000\r\n";
  if (types.find('8') != types.npos) s += "a=rtpmap:8 PCMA/8000\r\n";
  if (types.find("101") != types.npos) s += "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
  if (!suite.empty()) s += "a=crypto:1 " + suite + " inline:" + key + "\r\n";
  return s + "a=ptime:20\r\na=" + direction + "\r\n";
}

std::string base64(View v) {
  std::string s(4 * ((v.size() + 2) / 3) + 1, '\0');
  s.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(s.data()), v.data(), static_cast<int>(v.size()))));
  return s;
}

std::string md5_hex(const std::string& s) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> h{};
  unsigned n = 0;
  EVP_Digest(s.data(), s.size(), h.data(), &n, EVP_md5(), nullptr);
  std::string out;
  for (unsigned i = 0; i < n; ++i) {
    out += "0123456789abcdef"[h[i] >> 4];
    out += "0123456789abcdef"[h[i] & 15];
  }
  return out;
}

std::string digest(const std::string& field, const std::string& user, const std::string& method,
                   const std::string& uri, const std::string& nonce) {
  const std::string realm = "carrier.example";
  const std::string response = md5_hex(md5_hex(user + ":" + realm + ":pass of " + user) + ":" + nonce + ":" +
                                       md5_hex(method + ":" + uri));
  return field + ": Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce +
         "\", uri=\"" + uri + "\", response=\"" + response + "\", algorithm=MD5";
}

}  // namespace carrier
