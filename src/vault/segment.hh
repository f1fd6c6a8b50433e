// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed segments: the only form in which intercepted matter touches a disk.
//
//   magic "WRITSEG1"
//   be32 length, canonical JSON header {"schema":"writ.segment/1","grant","stream":"call-data"|"content","number",
//       "probe","opened","previous": sha256 of the previous segment's trailer bytes or null,
//       "recipients":[{"to":hex box key,"key":base64 sealed segment key}],"stream_header":base64}, probe signature (64)
//   frames: be32 length of ciphertext, be64 frame sequence (0, 1, ...), be32 crc32c over (sequence, ciphertext), ciphertext
//   trailer: be32 0xFFFFFFFF, be32 length, canonical JSON {"frames","bytes","sha256" of all before the trailer,
//       "closed","final":bool}, probe signature (64)
// A frame's plain text is a whole number of records: be32 length, record. Frames hold at most limits::frame_bytes_max
// plain bytes unless a single record is larger. The segment key lives in memory only: after a crash the segment is closed by
// `recover` (torn tail cut, "final":false) and a new one begins.
#pragma once
#include <functional>
#include <memory>

#include "authority/grant.hh"
#include "base/io.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"

namespace writ::vault {

enum class Stream { call_data, content };
const char* to_string(Stream s);

// Writes the segments of one grant and stream into `dir` as <stream>-000001.seg, ... The recipients come from the
// grant and from nowhere else: for a grant without content recipients, opening Stream::content is Exit::refused.
class SegmentWriter {
 public:
  // Closes what an earlier process left open (recover), then starts the next number.
  static Result<SegmentWriter> open(const fs::path& dir, const authority::VerifiedGrant& grant, Stream stream,
                                    const crypto::SigningKey& probe, Clock& clock);
  SegmentWriter(SegmentWriter&&) noexcept;
  ~SegmentWriter();
  // Buffers; seals and writes a frame when the buffer is full. Never loses its argument silently.
  Status append(View record);
  // Seals what is buffered, fdatasync; all records appended before are acknowledged when it returns ok. After a
  // failed sync the writer refuses further work (never retry fsync); reopen to continue in a new segment.
  Status commit();
  Status close();  // commit, trailer, sync
  std::uint64_t records() const;            // appended
  std::uint64_t records_acknowledged() const;
  std::uint64_t bytes_written() const;

 private:
  struct Impl;
  explicit SegmentWriter(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// Cuts a torn tail and signs a trailer with "final":false. Idempotent; does nothing to a closed segment.
Status recover_segment(const fs::path& file, const crypto::SigningKey& probe, Clock& clock);

struct SegmentInfo {
  crypto::Digest grant{};
  Stream stream = Stream::call_data;
  std::uint64_t number = 0, frames = 0;
  bool closed = false, final = false;
  std::vector<crypto::BoxPublic> recipients;
};
// Without any secret: header and trailer signatures, hash, CRCs, sequence.
Result<SegmentInfo> verify_segment(const fs::path& file, const crypto::VerifyKey& probe);
// All segments of a stream in `dir`, chained (`previous`), none missing. Exit::integrity names the file and the frame.
Result<std::vector<SegmentInfo>> verify_stream(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe);
// Opens every record of the stream in order. The caller has logged it before (evidence.open).
Status read_stream(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe, const crypto::BoxKey& key,
                   const std::function<Status(View record)>& each);

}  // namespace writ::vault
