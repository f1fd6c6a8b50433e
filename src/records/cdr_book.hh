// SPDX-License-Identifier: GPL-3.0-or-later
// The book of call detail records: one port, two engines. A record belongs to the UTC month of its start.
// Every month is an RFC 6962 tree over salted leaves in order of arrival (`seq`), append only: its root goes
// to the audit log (desk), and every exported row carries its inclusion proof. Salts derive from a month key,
// which is kept sealed and is destroyed with the month, so that hashes of purged rows do not fall to a
// dictionary of telephone numbers.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/io.hh"
#include "crypto/crypto.hh"
#include "records/cdr.hh"

namespace writ::records {

struct AppendReceipt {
  // duplicates: (account, call_id, leg) was there already, in the month of the record's start.
  std::uint64_t added = 0, duplicates = 0;
  std::vector<std::string> months;  // touched, "2026-11"
  bool repeated = false;            // this key was appended before; nothing was done
};

struct CdrQuery {
  enum class By { number, extension, account };
  By by = By::number;
  std::string value;        // E.164; the extension; "" for account
  std::string account;      // extension, account: required; number: "" for every property
  Instant from{}, until{};  // of the start, half open
  bool as_caller = true, as_called = true, as_redirecting = true;
  std::size_t limit = 1000;
  std::string cursor;  // from the page before; opaque, bound to the query
};

struct StoredCdr {
  std::string month;
  std::uint64_t seq = 0;
  Cdr cdr;
};
struct CdrPage {
  std::vector<StoredCdr> rows;  // ordered by start, then month and seq
  std::string next;             // "" at the end
};

struct MonthHead {
  std::string month;
  std::uint64_t size = 0;
  crypto::Digest root{};
  bool sealed = false;
  Instant first{}, last{};  // real first and last start
  std::uint64_t bytes = 0;  // on disk, with indexes
};

// "writ.cdr-proof/1": the row, its salt, the path to the month's root.
struct CdrProof {
  StoredCdr row;
  Bytes salt;
  std::uint64_t size = 0;
  std::vector<crypto::Digest> path;
  crypto::Digest root{};
};
Json to_json(const CdrProof& p);
Result<CdrProof> parse_cdr_proof(const Json& j);
bool verify(const CdrProof& p);

struct CdrHold {   // rows that a legal hold keeps
  std::string id;  // of the hold, for the purge's record
  CdrQuery::By by = CdrQuery::By::number;
  std::string value, account;
  Instant from{}, until{};
};

struct CdrPurge {  // what went, month by month; held rows moved out with their proofs first
  struct Month {
    std::string month;
    std::uint64_t rows = 0;   // destroyed: of the month, or held rows that no hold keeps any more
    std::uint64_t held = 0;   // of the month, kept
    std::uint64_t bytes = 0;  // on disk before
    crypto::Digest root{};    // of the month as it last was
  };
  std::vector<Month> months;
};

struct CdrVerify {
  std::uint64_t rows = 0;
  std::vector<MonthHead> heads;
  std::vector<std::string>
      problems;  // "2026-11: record 17 is not what its leaf says", first of each month, located
};

class CdrBook {
 public:
  virtual ~CdrBook() = default;
  // Durable when it returns. The same key again returns the same receipt with `repeated`. Atomic: all of the
  // batch or nothing.
  virtual Result<AppendReceipt> append(std::span<const Cdr> batch, const std::string& key) = 0;
  virtual Result<CdrPage> find(const CdrQuery& q) = 0;
  // Builds the month's final indexes; late records may still come in.
  virtual Status seal(const std::string& month) = 0;
  virtual Result<std::vector<MonthHead>> heads() = 0;
  virtual Result<CdrProof> prove(const std::string& month, std::uint64_t seq) = 0;
  // Months that end at or before `cutoff`. Held rows survive, are found by find() as before and keep their
  // proofs.
  virtual Result<CdrPurge> purge(Instant cutoff, const std::vector<CdrHold>& holds, bool dry_run) = 0;
  // Every row against its leaf and every month against its head; `known`: heads from the audit log that must
  // be prefixes.
  virtual Result<CdrVerify> verify(const std::vector<MonthHead>& known) = 0;
};

// `master`: seals the month keys. Embedded: one SQLite file a month in `dir`. PostgreSQL: month partitions.
Result<std::unique_ptr<CdrBook>> open_embedded_cdrs(const fs::path& dir, crypto::Secret32 master);
Result<std::unique_ptr<CdrBook>> open_postgres_cdrs(const std::string& conninfo, crypto::Secret32 master);

}  // namespace writ::records
