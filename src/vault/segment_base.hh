// SPDX-License-Identifier: GPL-3.0-or-later
// Where a stream goes on after its first segments were destroyed in the probe's spool (custody/wipe.hh): the
// number and the trailer of the last one that is gone, signed by the probe, as <stream>.base.json. Without it
// a new segment would take a number that was given before.
//
//   {"body":{"grant","marks":[{"mark","source"}],"stream","through","trailer"},"schema":"writ.segment-base/1",
//    "signature": over the canonical body, domain "writ.segment-base/1"}
//
// The office never reads it: there, a segment that is missing is missing.
#pragma once
#include <map>

#include "vault/segment.hh"

namespace writ::vault {

struct StreamBase {
  crypto::Digest grant{};
  Stream stream = Stream::call_data;
  std::uint64_t through = 0;                   // number of the last segment that was destroyed; 0: none
  std::optional<crypto::Digest> trailer;       // SHA-256 of its trailer's bytes
  std::map<std::string, std::uint64_t> marks;  // the last mark that each source left in what is gone
};

std::string sign_base(const StreamBase& base, const crypto::SigningKey& probe);
Result<StreamBase> parse_base(View text, const crypto::VerifyKey& probe, const std::string& name);
// through == 0 when there is no file.
Result<StreamBase> read_base(const fs::path& dir, Stream stream, const crypto::VerifyKey& probe);
// Durable when it returns; the segments may go then.
Status write_base(const fs::path& dir, const StreamBase& base, const crypto::SigningKey& probe);

// As list_segments, without those that a destruction which was killed left lying.
Result<std::vector<std::pair<std::uint64_t, fs::path>>> list_after(const fs::path& dir,
                                                                   const StreamBase& base);
// As verify_stream, of a spool of which the office holds the beginning.
Result<std::vector<SegmentInfo>> verify_spool_stream(const fs::path& dir, Stream stream,
                                                     const crypto::VerifyKey& probe);

// How much of a segment's file is whole while its writer may be at work: header and whole frames, and the
// trailer when it is there.
struct WholePart {
  crypto::Digest grant{};
  std::uint64_t bytes = 0, frames = 0, records = 0;
  bool closed = false;
};
Result<WholePart> whole_part(View file, const crypto::VerifyKey& probe, const std::string& name);

}  // namespace writ::vault
