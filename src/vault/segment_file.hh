// SPDX-License-Identifier: GPL-3.0-or-later
// What the writer and the recovery do to a segment's file; shared by both, used by nobody else.
#pragma once
#include "vault/segment_format.hh"

namespace writ::vault {

// A new file with `header` in it, durable, locked against a second writer, open for appending. Whole or
// absent; an existing file is never replaced.
Result<Fd> create_segment_file(const fs::path& file, View header);
// Writes and syncs a trailer; returns its hash, which the next segment names as `previous`.
Result<crypto::Digest> append_trailer(int fd, const format::Trailer& trailer,
                                      const crypto::SigningKey& probe);
Status sync_data(int fd, const std::string& name);
// Names that a crash left between the making of a file and its publication.
Status remove_leftovers(const fs::path& dir, Stream stream);

}  // namespace writ::vault
