// SPDX-License-Identifier: GPL-3.0-or-later
// The packets of one SRTP stream (RFC 3711, 7714) opened with whichever of some keys proves genuine, through
// libsrtp2. In this process: only writ-decode (locked in) and the fuzz target open packets with it.
#pragma once
#include <memory>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"
#include "wire/sdes.hh"

namespace writ::media {

struct OpenedPacket {
  bool opened = false;    // false: no key makes it genuine
  std::uint16_t key = 0;  // index of the key that opened it
  Bytes rtp;              // when opened: the packet without encryption, MKI and tag
};

class SrtpOpener {
 public:
  // At least one key. Exit::unit when libsrtp2 does not start or lacks a cipher; does all that needs a file,
  // so that the process can lock itself in afterwards.
  static Result<SrtpOpener> open(std::vector<wire::SdesKey> keys);
  SrtpOpener(SrtpOpener&&) noexcept;
  ~SrtpOpener();
  OpenedPacket take(View srtp);

 private:
  struct Impl;
  explicit SrtpOpener(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::media
