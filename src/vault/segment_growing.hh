// SPDX-License-Identifier: GPL-3.0-or-later
// A segment that arrives piece by piece, each piece judged before it is kept: everything that verify_segment
// asks of a whole file is asked here of its bytes as they come, so that what was taken is good at any moment.
// A piece is whole frames; the first one of a segment has the header in front, the last one the trailer
// behind.
#pragma once
#include "crypto/crypto.hh"
#include "vault/segment.hh"

namespace writ::vault {

class GrowingSegment {
 public:
  struct Place {
    crypto::Digest grant{};
    Stream stream = Stream::call_data;
    std::uint64_t number = 1;
    std::optional<crypto::Digest> previous;  // the trailer of the segment before
  };
  GrowingSegment(const Place& place, const crypto::VerifyKey& probe);
  // Exit::integrity: the piece is not what follows; nothing of it counts.
  Status take(View piece);
  // As take, of what lies on a disk and may end within a frame: how many bytes of it are whole and good.
  Result<std::uint64_t> take_whole(View file);
  const Place& place() const { return place_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t frames() const { return frames_; }
  bool is_closed() const { return trailer_.has_value(); }
  const std::optional<crypto::Digest>& trailer() const {
    return trailer_;
  }                               // its bytes' SHA-256, when closed
  crypto::Digest sha256() const;  // of all bytes so far

 private:
  Result<std::size_t> judge(View piece, bool may_tear);
  Place place_;
  crypto::VerifyKey probe_;
  std::string name_;
  crypto::Sha256 hash_;
  std::uint64_t bytes_ = 0, frames_ = 0, records_ = 0;
  std::optional<crypto::Digest> trailer_;
};

// The sender's look at a file that grows: of what it read from the file's start, or from the end of a frame
// on, how much is whole; at most `bytes_max` unless a single frame is larger. Lengths only: the receiver
// judges.
struct WholeFrames {
  std::size_t bytes = 0;
  bool closed = false;  // they end with the trailer
};
WholeFrames whole_frames(View read, bool from_start, std::size_t bytes_max);

}  // namespace writ::vault
