// SPDX-License-Identifier: GPL-3.0-or-later
// SIP messages as text (RFC 3261, 4566): what phones, proxies and gateways of several makes write.
#pragma once
#include <string>
#include <vector>

#include "frame.hh"

namespace carrier {

struct Sip {
  std::string start;
  std::vector<std::string> lines;  // header fields without line ends
  std::string body, type = "application/sdp";
  std::string text(bool compact = false) const;
};

struct Sdp {
  Endpoint media;
  int version = 1;                // of o=
  std::string session = "1";      // of o=: survives an agent in between
  std::string types = "0 8 101";  // payload types offered
  std::string direction = "sendrecv";
  std::string suite, key;  // SDES: base64 of key and salt
  std::string text() const;
};

std::string base64(View v);
std::string md5_hex(const std::string& s);
// RFC 2617 as phones answer it. `field`: "Authorization" or "Proxy-Authorization".
std::string digest(const std::string& field, const std::string& user, const std::string& method,
                   const std::string& uri, const std::string& nonce);

}  // namespace carrier
