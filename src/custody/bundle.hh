// SPDX-License-Identifier: GPL-3.0-or-later
// A retrieval (S52): what a probe sealed for one matter since the retrieval before, as one directory on a
// medium:
//
//   writ-bundle-<matter>-<probe key, 8 digits>-<sequence, 6 digits>/
//     manifest.json                              "writ.bundle/1", signed by the probe
//     <grant, 16 digits>-<stream>-<number>.part   a piece of one sealed segment
//
// Bundles of one probe and matter are a chain: each names its number and the SHA-256 of the manifest before
// it, so that a missing one shows; `waiting` names those that the office has not acknowledged, so that it can
// say which days are missing. A segment that is still being written is taken as far as it is whole; the next
// bundle goes on at that byte. Whoever carries the medium reads numbers and sizes; the pieces are sealed to
// the matter's keys.
#pragma once
#include <optional>
#include <vector>

#include "custody/paper.hh"

namespace writ::custody {

struct Piece : Extent {
  std::uint64_t offset = 0;  // in the segment's file
  bool closed = false;       // the segment ends with this piece
  std::string file() const;
  std::uint64_t end() const { return offset + bytes; }
};

struct Earlier {
  std::uint64_t sequence = 0;
  std::string day;
  crypto::Digest id{};
};

struct Bundle {
  crypto::VerifyKey probe;
  std::string probe_name, matter;
  std::uint64_t sequence = 1;
  std::optional<crypto::Digest> previous;  // id of the bundle before
  std::string day;                         // "2026-11-26", as the technician names it
  Instant from{}, until{};       // the retrieval before (of the first: when the probe began), this one
  std::vector<Piece> pieces;     // sorted by segment, none twice
  std::vector<Earlier> waiting;  // earlier ones without acknowledgement, oldest first
  std::string name() const;      // of its directory
  std::uint64_t bytes() const;
};

inline constexpr std::size_t pieces_max = 20'000;
inline constexpr const char* manifest_name = "manifest.json";

struct SignedBundle {
  Bundle bundle;
  std::string text;
  crypto::Digest id{};  // SHA-256 of the text
};
SignedBundle sign_bundle(Bundle b, const crypto::SigningKey& probe);
// Signed by the key that it names; whether that is a probe of this carrier, the caller asks. Exit::integrity.
Result<SignedBundle> parse_bundle(View text, const std::string& name);
// The manifest of the bundle in `dir`; the pieces are not read.
Result<SignedBundle> read_bundle(const fs::path& dir);
// One piece, of the size and hash that the manifest says.
Result<Bytes> read_piece(const fs::path& dir, const Piece& p);

}  // namespace writ::custody
