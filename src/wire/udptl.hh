// SPDX-License-Identifier: GPL-3.0-or-later
// Fax over IP: UDPTL datagrams (ITU-T T.38 clause 9) and the Internet Facsimile Protocol packets inside them
// (T.38 clause 7, annex A: aligned PER). Octets of HDLC frames and of image data stand as T.38 sends them:
// the first bit of the telephone line is the most significant.
#pragma once
#include <optional>
#include <vector>

#include "base/bytes.hh"

namespace writ::wire {

struct Udptl {
  std::uint16_t sequence = 0;
  View primary;
  std::vector<View> secondary;    // repeats of sequence - 1, - 2, ...; an empty one says nothing
  std::uint32_t fec_packets = 0;  // parity packets; counted, not used
  bool exact = false;             // the datagram ends where its lengths say
};
// Nothing when not even the primary is whole. Repeats that are cut short are left out.
std::optional<Udptl> parse_udptl(View udp_payload);

enum class T38Field : std::uint8_t {
  hdlc_data,
  hdlc_sig_end,
  hdlc_fcs_ok,
  hdlc_fcs_bad,
  hdlc_fcs_ok_sig_end,
  hdlc_fcs_bad_sig_end,
  non_ecm_data,
  non_ecm_sig_end,
  other,  // of V.34 and later: CM, JM, CI, rates
};

struct T38Packet {
  bool is_indicator = false;
  std::uint8_t code = 0;  // indicator: 0 no signal, 1 CNG, 2 CED, 3 V.21 preamble, 4.. training; data: 0
                          // V.21, 1.. image modems
  struct Field {
    T38Field type;
    View data;
  };
  std::vector<Field> fields;
};
inline constexpr std::size_t t38_fields_max = 128;
// `version`: a=T38FaxVersion. Version 0 codes the field types in another way (a slip of its ASN.1 that all
// devices kept).
std::optional<T38Packet> parse_t38(View ifp, int version);

}  // namespace writ::wire
