// SPDX-License-Identifier: GPL-3.0-or-later
// The audit log: an RFC 6962 Merkle tree over sealed entries, durable before the effect it announces.
//
// Leaf bytes (what is hashed, and all that an outsider sees):
//   canonical JSON {"at": RFC 3339 µs, "seq": n, "key": base64 sealed box, "body": base64 ciphertext}
//   and, only when the clock stands behind the entry before, "step": by how many microseconds.
// `body` is crypto::encrypt(K, canonical JSON of Entry) and `key` is K sealed to the auditors' reading key,
// so the carrier's administrator cannot read it, and an entry can be opened to one outsider by giving out its
// K. Leaf hash = SHA-256(0x00 || leaf), node = SHA-256(0x01 || left || right) (RFC 6962 section 2.1).
//
// Directory: `log` (frames: be32 length, leaf, be32 crc32c), `checkpoint` (signed tree head, replaced after
// each append), `checkpoints` (all signed tree heads, one JSON a line, append only), `lock`.
// One frame after the last signed head, torn or whole, was never acknowledged and is cut off at the next
// open: anybody can seal a leaf to the reading key, so a frame that no head covers is nobody's word.
// Everything else that does not fit is Exit::integrity. `checkpoint` may be one head behind `checkpoints`
// (killed between the two), not more.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "base/io.hh"
#include "base/json.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"

namespace writ::audit {

inline constexpr std::size_t leaf_bytes_max = 1u << 20;

struct Entry {
  std::string actor;   // user name, or "desk", "probe:NAME"
  std::string action;  // stable dotted id: "request.file", "grant.arm", "evidence.open",
                       // "production.release", "refused"
  std::string matter;  // empty when none
  Json detail = Json::object();
};
Json to_json(const Entry& e);

struct Checkpoint {  // signed tree head
  std::uint64_t size = 0;
  crypto::Digest root{};
  Instant at{};
  crypto::VerifyKey key;  // the log's own key, certified as role "desk" or "probe" by the carrier's roots
  crypto::Signature signature{};  // domain "writ.checkpoint/1" over canonical {"at","root","size"}
};
Json to_json(const Checkpoint& c);
Result<Checkpoint> parse_checkpoint(const Json& j);  // verifies the signature with the key inside

struct Receipt {
  std::uint64_t index = 0;
  Bytes leaf;                // exact leaf bytes
  crypto::Secret32 opening;  // K of this leaf
};

// What an outsider needs to see that an entry is in the log. JSON schema "writ.audit-proof/1".
struct Proof {
  std::uint64_t index = 0;
  Bytes leaf;
  std::vector<crypto::Digest> path;  // RFC 6962 2.1.1 audit path, leaf upwards
  Checkpoint head;
  std::optional<Bytes> opening;  // K, when the entry is opened to the reader of the proof
};
Json to_json(const Proof& p);
Result<Proof> parse_proof(const Json& j);
// Verifies path and checkpoint signature with the key inside; that the key is the desk's or a probe's, its
// certificate says. With an opening also returns the entry's plain JSON.
Result<std::optional<Json>> verify(const Proof& p);

// Called once for each leaf in order; return false to stop.
using LeafVisitor = std::function<bool(std::uint64_t index, View leaf)>;

class Log {
 public:
  // Creates the directory when absent. Verifies frames and the newest checkpoint (Exit::integrity otherwise).
  static Result<Log> open(const fs::path& dir, const crypto::SigningKey& signer,
                          const crypto::BoxPublic& reader, Clock& clock);
  Log(Log&&) noexcept;
  ~Log();

  // Durable (fdatasync of frame, then checkpoint) when it returns. Several processes may append: each append
  // takes the lock and catches up first.
  Result<Receipt> append(const Entry& e);
  std::uint64_t size() const;
  crypto::Digest root() const;
  Result<Checkpoint> head() const;
  Result<Proof> prove(std::uint64_t index) const;
  // The consistency proof between two sizes (RFC 6962 2.1.2).
  Result<std::vector<crypto::Digest>> consistency(std::uint64_t from, std::uint64_t to) const;

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// Needs no key but the public ones. Reads the whole directory and says where it is broken:
// every frame, order of `seq`, time not running backwards by more than a recorded step, every checkpoint ever
// signed is a prefix of the tree. `witness`: a checkpoint that the verifier kept from earlier.
struct VerifyReport {
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  crypto::Digest root{};
  std::uint64_t unsigned_bytes =
      0;  // after the last signed head: an append that was killed, or bytes of a stranger
};
Result<VerifyReport> verify_directory(const fs::path& dir, const crypto::VerifyKey& key,
                                      const std::optional<Checkpoint>& witness = {});
Status visit(const fs::path& dir, const LeafVisitor& f);
bool verify_consistency(std::uint64_t from, const crypto::Digest& from_root, std::uint64_t to,
                        const crypto::Digest& to_root, const std::vector<crypto::Digest>& path);

// For the auditor, who holds the reading key.
struct OpenedEntry {
  std::uint64_t index = 0;
  Instant at{};
  Json entry;
};
Result<OpenedEntry> open_leaf(View leaf, const crypto::BoxKey& reader);

}  // namespace writ::audit
