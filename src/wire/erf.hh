// SPDX-License-Identifier: GPL-3.0-or-later
// ERF, the records of Endace's capture cards ("Extensible Record Format", Endace EDM11-01): a file is records
// and nothing else; pcap carries one record a packet (link type 197). All numbers are in network order, but
// the time, which is little-endian: seconds since 1970 in 32.32 fixed point.
#pragma once
#include "wire/packet.hh"

namespace writ::wire {

struct ErfHeader {
  Instant at{};
  std::uint8_t type = 0;     // without the bit that tells of extension headers
  std::uint32_t length = 0;  // of the whole record
  std::uint32_t lost = 0;    // frames lost before this one, where the type counts them
  std::uint32_t wire_length = 0;
  std::uint32_t header = 0;  // bytes before the frame: 16, extension headers, padding
};
// False: too short, or no record that could be.
bool parse_erf(View v, ErfHeader& out);
// Ethernet, HDLC and PPP over SONET, bare IP; of other kinds the verdict is `unknown`.
void decode_erf(View record, Decoded& out);
// There is no magic number: the first records must fit into each other.
bool is_erf(View file);

}  // namespace writ::wire
