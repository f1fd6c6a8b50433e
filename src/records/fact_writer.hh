// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the catalogue: writes versions of facts within the caller's transaction, and tells which holdings
// ended by them.
#pragma once
#include <map>

#include "records/fact_select.hh"

namespace writ::records {

class FactWriter {
 public:
  static Result<FactWriter> make(store::Database& db, const crypto::Secret32& fields, std::string source,
                                 Instant known_at);
  // An error that is `Exit::usage` is of the fact; another one is of the store or the clock.
  Result<Catalogue::Put> put(const Fact& f);
  void source(std::string s) { source_ = std::move(s); }
  Instant known_at() const { return known_at_; }
  store::Database& db() const { return *db_; }
  // What ended by what was put since the last call.
  std::vector<HoldingEnded> take_ended() { return std::exchange(ended_, {}); }
  void note_ended(HoldingEnded e) { ended_.push_back(std::move(e)); }

 private:
  FactWriter(store::Database& db, const crypto::Secret32& fields, std::string source, Instant known_at,
             store::Statement end, store::Statement add)
      : db_(&db),
        fields_(&fields),
        source_(std::move(source)),
        known_at_(known_at),
        end_(std::move(end)),
        add_(std::move(add)) {}
  Result<std::optional<FactVersion>> current(const Fact& f) const;
  Status add(const FactRow& row);
  Status note_end(const std::optional<FactVersion>& old, const Fact& now);

  store::Database* db_;
  const crypto::Secret32* fields_;
  std::string source_;
  Instant known_at_;
  store::Statement end_, add_;
  std::vector<HoldingEnded> ended_;
};

// The end of a holding with all that depends on it, as known now.
Result<HoldingEnded> ending_of(store::Database& db, const Fact& f, HoldingEnded::Why why, Instant at);

// Means of payment at rest: XChaCha20-Poly1305 under the key of fields, bound to the account.
Result<Json> open_sealed(const crypto::Secret32& fields, const Fact& payment);

}  // namespace writ::records
