// SPDX-License-Identifier: GPL-3.0-or-later
// The seam between the book of call detail records and where its bytes lie. Above it, once for all engines
// (cdr_book.cc): the encoding, salts and leaves, the tree, duplicates, cursors, holds, proofs, verification.
// Below it, an engine: it keeps rows, finds them by an integer in one column, and makes one plan durable
// whole.
//
// The point of truth is MonthState.size: a row with seq >= size, a text with id >= texts, a tree node that
// covers such a row does not exist, whatever lies in the storage (an append was killed there). An engine that
// cannot write everything in one transaction (embedded) writes the months first and the states last, and
// clears such leftovers of a month before it adds to it; one that can (PostgreSQL) has none.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/crypto.hh"
#include "records/cdr_book.hh"

namespace writ::records {

// A party or account as an integer (cdr_row.hh); 0: none. Equal codes are candidates; the book compares
// texts.
using Code = std::int64_t;

struct CdrRow {  // one record as stored, under its month
  std::uint64_t seq = 0;
  std::int64_t start_ms = 0;  // Unix milliseconds
  Code caller = 0, called = 0, redirecting = 0;
  Code caller_extension = 0, called_extension = 0;  // nearly always 0
  std::int32_t account = 0;                         // id of a text of the month
  std::int32_t identity = 0;  // keyed hash of (account, call_id, leg); need not be given back by reads
  std::uint32_t check = 0;    // of the leaf and the stored form: verify() names the row that changed
  Bytes body;                 // the rest, packed
  bool operator==(const CdrRow&) const = default;
};

struct TreeNode {  // a perfect subtree over leaves [index << level, (index + 1) << level); level 4, 8, 12,
                   // ...
  int level = 0;
  std::uint64_t index = 0;
  crypto::Digest hash{};
};

struct MonthState {
  std::string label;  // "2026-11"; "2026-11.2" when late records came after the month was dropped
  Bytes sealed_key;   // of the month; empty when dropped
  std::uint64_t size = 0, texts = 0;
  std::vector<crypto::Digest> peaks;       // of the tree over the first `size` leaves, largest first
  std::int64_t first_ms = 0, last_ms = 0;  // real first and last start; size > 0
  bool sealed = false;                     // indexes are built
  bool dropped = false;                    // only this line is left
};

struct AppendPlan {
  struct Part {
    MonthState after;  // size, texts, peaks, ... once the plan is durable; a new month has sealed_key
    std::uint64_t size_before = 0;  // 0 and texts_before 0: the month is new
    std::uint64_t texts_before = 0;
    std::vector<CdrRow> rows;        // seq = size_before, size_before + 1, ...
    std::vector<std::string> texts;  // ids texts_before, texts_before + 1, ...
    std::vector<TreeNode> nodes;
  };
  std::vector<Part> parts;
  std::string key, receipt;  // receipt: opaque text, given back by receipt(key)
};

enum class PartyColumn { caller, called, redirecting, caller_extension, called_extension, account };

struct Selection {  // rows where any branch holds; order and doubles between branches do not matter
  struct Branch {
    PartyColumn column;
    Code code;
  };
  std::vector<Branch> branches;
  std::int64_t from_ms = 0, until_ms = 0;  // of the start, half open
  // Only rows after this place in the order (start, seq).
  std::int64_t after_ms = INT64_MIN;
  std::int64_t after_seq = -1;
  std::uint64_t size = 0;  // only seq < size
  std::size_t limit = 0;   // at least the first `limit` of the rows in the order (start, seq)
};

struct HeldRow {  // outlived its month under a legal hold
  std::string label;
  std::uint64_t seq = 0;
  std::int64_t start_ms = 0;
  std::string proof;  // canonical JSON, "writ.cdr-proof/1"
};

struct DropPlan {
  std::vector<MonthState> months;  // each as it stays: dropped, no key
  std::vector<HeldRow> hold;
  std::vector<std::pair<std::string, std::uint64_t>> release;  // held rows that no hold keeps any more
};

// Not for several threads at once: the book locks. Errors: Exit::failure with the cause and the cure (disk
// full, server gone); Exit::integrity when the storage itself is damaged.
class CdrEngine {
 public:
  virtual ~CdrEngine() = default;

  // The only writer among all processes from begin() to end(); end() throws away what was not committed.
  // commit, seal and drop are called between the two, and each makes its effect durable before it returns.
  virtual Status begin() = 0;
  virtual void end() noexcept = 0;

  // Another value whenever a commit, seal or drop of anybody happened: what was read before may be old.
  virtual Result<std::uint64_t> generation() = 0;
  virtual Result<std::vector<MonthState>> months() = 0;  // ordered by label, dropped ones too
  virtual Result<std::optional<std::string>> receipt(const std::string& key) = 0;
  virtual Result<std::uint64_t> bytes(const std::string& label) = 0;  // on disk, with indexes

  virtual Result<std::vector<std::string>> texts(const std::string& label, std::uint64_t from,
                                                 std::uint64_t to) = 0;
  struct Candidate {
    std::int32_t identity = 0;
    std::uint64_t seq = 0;
  };
  // Rows with one of these identities (ascending, none twice), if seq < size.
  virtual Result<std::vector<Candidate>> candidates(const std::string& label,
                                                    std::span<const std::int32_t> identities,
                                                    std::uint64_t size) = 0;
  // Rows of [from, to) that are there, by seq: the caller notices gaps.
  virtual Result<std::vector<CdrRow>> rows(const std::string& label, std::uint64_t from,
                                           std::uint64_t to) = 0;
  virtual Result<std::vector<CdrRow>> select(const std::string& label, const Selection& s) = 0;
  virtual Result<std::vector<TreeNode>> nodes(const std::string& label, int level, std::uint64_t from,
                                              std::uint64_t to) = 0;

  // Whether the indexes agree with the rows, as far as the engine can tell; Exit::integrity says where not.
  virtual Status check(const std::string& label) = 0;

  virtual Status commit(const AppendPlan& plan) = 0;  // all or nothing
  virtual Status seal(const MonthState& after) = 0;   // builds the indexes, then keeps the state
  virtual Status drop(const DropPlan& plan) = 0;      // rows and keys are gone for good when it returns
  virtual Result<std::vector<HeldRow>> held(std::int64_t from_ms,
                                            std::int64_t until_ms) = 0;  // by start, label, seq
};

// The book over an engine; what open_embedded_cdrs and open_postgres_cdrs return.
std::unique_ptr<CdrBook> make_cdr_book(std::unique_ptr<CdrEngine> engine, crypto::Secret32 master);

}  // namespace writ::records
