// SPDX-License-Identifier: GPL-3.0-or-later
// SDP (RFC 8866, tolerant), as offer/answer (RFC 3264) uses it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "wire/packet.hh"

namespace writ::wire {

struct RtpMap {
  std::uint8_t payload_type = 0;
  std::string codec;  // as registered, upper case: "PCMU", "G722", "OPUS", "TELEPHONE-EVENT"
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;  // the a=fmtp parameters, "" when absent
};

struct IceCandidate {  // a=candidate (RFC 8839 5.1) over UDP, with an IP address
  Endpoint at;
  bool rtcp = false;  // component 2
};

struct SdpMedia {
  std::string kind;       // "audio", "video", "image", ...
  std::string transport;  // "RTP/AVP", "RTP/SAVP", "udptl", ...
  Endpoint rtp;   // media-level c= or the session's; of a=bundle-only its group's (RFC 9143); port 0: refused
  Endpoint rtcp;  // a=rtcp, else port+1
  bool rtcp_mux = false;  // a=rtcp-mux: RTCP may come on the RTP port (RFC 5761)
  bool has_address = false;
  std::string mid;    // a=mid (RFC 5888)
  std::string ufrag;  // a=ice-ufrag, the line's or the session's (RFC 8839 5.4): names one ICE session
  std::string direction = "sendrecv";
  std::vector<IceCandidate> candidates;  // media may come here instead
  std::vector<RtpMap> formats;  // in order of preference; static payload types filled from RFC 3551 table
  bool encrypted = false;       // SAVP, a=crypto, a=fingerprint, a=zrtp-hash
  bool must_encrypt = false;    // SAVP: plain media would break the offer
  bool dtls = false;            // a=fingerprint: keys are agreed in the media path (RFC 5763)
  bool mikey = false;           // a=key-mgmt (RFC 4567)
  int t38_version = 0;          // a=T38FaxVersion (ITU-T T.38 annex D)
  // Values of a=crypto, media level and then the session's; unread (wire/sdes.hh). Content: never shown.
  std::vector<std::string> crypto;
  std::vector<std::string> oddities;
};

struct Sdp {
  std::string origin_id;  // o= sess-id, to recognise a proxy's copy
  // o= without its version: names one session over all hops (RFC 8866 5.2), where the device makes it unique.
  std::string origin;
  std::vector<SdpMedia> media;
  std::vector<std::string> oddities;
};

inline constexpr std::string_view trickled_candidates =
    "application/trickle-ice-sdpfrag";  // RFC 8840 9: m=, a=mid, a=candidate, without the rest of an SDP

std::string origin_of(std::string_view o_line);  // what Sdp::origin says

// Never fails on odd input: gives what could be read. `multipart`: extracts the application/sdp part first
// when content_type says so.
Sdp parse_sdp(std::string_view text);
std::string_view sdp_part(std::string_view content_type, std::string_view body);  // "" when there is none
const RtpMap* static_payload_type(std::uint8_t pt);                               // RFC 3551 tables 4 and 5

}  // namespace writ::wire
