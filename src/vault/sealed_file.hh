// SPDX-License-Identifier: GPL-3.0-or-later
// A file of lines that is written unread: sealed to a public key while it is written, in constant memory. Who
// writes it cannot open it again.
//
//   "writ.sealed/1\n"  u32 n, n bytes: sealed box with the stream's key  24 bytes: header of the stream
//   frames: u32 n, n bytes (secretstream XChaCha20-Poly1305); the last one is marked. Integers little endian.
#pragma once
#include <functional>

#include "base/io.hh"
#include "crypto/crypto.hh"

namespace writ::vault {

class SealedWriter {
 public:
  static Result<SealedWriter> create(const fs::path& file, const crypto::BoxPublic& to);
  Status line(std::string_view text);  // without line ends
  // Durable; returns the SHA-256 of the file. Nothing can be read from a file that was not finished.
  Result<crypto::Digest> finish();

 private:
  SealedWriter(Fd fd, crypto::StreamPush stream) : fd_(std::move(fd)), stream_(std::move(stream)) {}
  Status put(View bytes);
  Status frame(bool final);
  Fd fd_;
  crypto::StreamPush stream_;
  std::unique_ptr<crypto::Sha256> sha_ = std::make_unique<crypto::Sha256>();
  Bytes waiting_;
};

// Exit::integrity when a byte was changed, or the end is missing.
Status read_sealed(const fs::path& file, const crypto::BoxKey& key,
                   const std::function<Status(std::string_view)>& line);

}  // namespace writ::vault
