// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed segments: the only form in which intercepted matter touches a disk.
//
//   magic "WRITSEG1"
//   be32 length, canonical JSON header
//   {"schema":"writ.segment/1","grant","stream":"call-data"|"content","number",
//       "probe","opened","previous": sha256 of the previous segment's trailer bytes or null,
//       "recipients":[{"to":hex box key,"key":base64 sealed segment key}],"stream_header":base64,
//       "source": what was read, "" for a live interface}, probe signature (64)
//   frames: be32 length of ciphertext, be64 frame sequence (0, 1, ...), be32 number of records, be64 mark of
//   the last
//       record, be32 crc32c over all of the former and the ciphertext, ciphertext
//   trailer: be32 0xFFFFFFFF, be32 length, canonical JSON {"schema","frames","records","bytes","sha256" of
//   all before
//       the trailer,"closed","final":bool,"cut": bytes of torn tail that recovery cut off}, probe signature
//       (64)
// A frame's plain text is a whole number of records: be32 length, record. Frames hold at most
// limits::frame_bytes_max plain bytes unless a single record is larger. The segment key lives in memory only:
// after a crash the segment is closed by `recover` (torn tail cut, "final":false) and a new one begins. What
// is cut is kept beside as <segment>.cut: a tail that was torn by a crash is worthless, one that a failing
// disk damaged may not be.
//
// The mark is the writer's own place in its source (any number that grows with each record; 0 when it has
// none). It stands in the frame so that place and data become durable in one write: a run that was killed
// asks for the last mark that its source left in the stream, and seals nothing twice and leaves nothing out.
#pragma once
#include <functional>
#include <memory>

#include "authority/grant.hh"
#include "base/io.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"
#include "vault/seal_line.hh"

namespace writ::vault {

enum class Stream { call_data, content };
const char* to_string(Stream s);

inline constexpr std::size_t record_bytes_max = 1u << 20;

// Writes the segments of one grant and stream into `dir` as <stream>-000001.seg, ... The recipients come from
// the grant and from nowhere else: for a grant without content recipients, opening Stream::content is
// Exit::refused. A segment's file appears, header and all, with its first frame: a stream without records has
// no file. One writer per directory and stream at a time; capture::Spool holds the lock.
class SegmentWriter {
 public:
  // Closes what an earlier process left open (recover), then goes on with the next number. `probe`, `clock`
  // and `hands` must outlive the writer. With hands, frames are sealed and written on their threads: a
  // failure is told by the next call, and by the commit.
  static Result<SegmentWriter> open(const fs::path& dir, const authority::VerifiedGrant& grant, Stream stream,
                                    const crypto::SigningKey& probe, Clock& clock, std::string source = {},
                                    SealHands* hands = nullptr);
  SegmentWriter(SegmentWriter&&) noexcept;
  SegmentWriter& operator=(SegmentWriter&&) noexcept;
  ~SegmentWriter();
  // Buffers; seals and writes a frame when the buffer is full. Never loses its argument silently.
  Status append(View record, std::uint64_t mark = 0);
  Status append(View head, View body, std::uint64_t mark);  // a record in two parts
  // Seals what is buffered, fdatasync; all records appended before are acknowledged when it returns ok. After
  // a failed write or sync the writer refuses further work (never retry fsync); reopen to continue in a new
  // segment.
  Status commit();
  // commit() in three: what is buffered is handed on here; `synced` is what sync_written says, on any thread,
  // while this writer goes on: it waits until that is written, then for the disk; then end_commit
  // acknowledges. A failed sync latches as in commit(). The writer outlives what it wrote.
  struct Impl;
  struct Written {
    struct Found;
    Impl* writer = nullptr;
    std::shared_ptr<Found> found;
    std::uint64_t records = 0, piece = 0;  // appended so far
  };
  Result<Written> begin_commit();
  static Status sync_written(const Written& w);
  Status end_commit(const Written& w, Status synced);
  // Whether the stream's first file was made: if not, the next frame waits for the disk to make one.
  bool has_file() const;
  // ... unless it was made ahead, on any thread, while this writer did nothing but append what has_room;
  // then adopt says so. A file that could not be made latches as in commit().
  struct NewFile;
  Result<std::shared_ptr<NewFile>> make_file() const;
  Status adopt(Result<std::shared_ptr<NewFile>> made);
  // Whether append would only buffer a record of this size.
  bool has_room(std::size_t record_bytes) const;
  Status close();                 // commit, trailer, sync
  std::uint64_t records() const;  // appended
  std::uint64_t records_acknowledged() const;
  std::uint64_t bytes_written() const;
  // The last mark that an earlier writer with the same, not empty, `source` left in this stream; 0 when there
  // is none.
  std::uint64_t resume_mark() const;

 private:
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
  std::uint64_t records = 0, bytes = 0, cut = 0, last_mark = 0;
  std::string source;
  Instant opened{}, closed_at{};                    // by the probe's clock; closed_at: when closed
  std::optional<crypto::Digest> previous, trailer;  // trailer: sha256 of its bytes, when closed
};
// Without any secret: header and trailer signatures, hash, CRCs, sequence. A segment without a trailer that
// ends with a whole frame is in order (`closed` false: its writer is still at work or was killed); a torn one
// is Exit::integrity.
Result<SegmentInfo> verify_segment(const fs::path& file, const crypto::VerifyKey& probe);
// All segments of a stream in `dir`, chained (`previous`), none missing. Exit::integrity names the file and
// the frame. Whether segments were removed at the end, the chain cannot know: look for `final` in the last
// one, and for the counts in the probe's own log. Empty when the stream has no segment.
Result<std::vector<SegmentInfo>> verify_stream(const fs::path& dir, Stream stream,
                                               const crypto::VerifyKey& probe);
// Opens every record of the stream in order. The caller has logged it before (evidence.open).
Status read_stream(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe,
                   const crypto::BoxKey& key, const std::function<Status(View record)>& each);
// Number and path of the segments of a stream, by number.
Result<std::vector<std::pair<std::uint64_t, fs::path>>> list_segments(const fs::path& dir, Stream stream);

}  // namespace writ::vault
