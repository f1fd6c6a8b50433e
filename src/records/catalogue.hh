// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue: all facts (facts.hh) with their history, in either database engine. Callers (desk) hold a
// matter, a purpose and a scope, and note every read before it happens (I1); there is no unscoped list here
// either.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "crypto/crypto.hh"
#include "records/facts.hh"
#include "records/stays.hh"
#include "store/database.hh"

namespace writ::records {

struct Holder {                    // who had a number, extension or uri
  std::string account;             // subscriber account number
  std::string subscriber;          // property name, as known for that time
  std::string address;             // one line
  std::string tenant;              // empty when the subscriber's own
  std::string reservation;         // of the stay, when the tenant comes from one
  std::string kind;                // "number" | "extension" | "uri"
  std::string value;               // E.164, extension, user@domain
  std::vector<std::string> hosts;  // SIP domains or addresses of the property
  Instant from{};
  std::optional<Instant> until;
  bool trunk = false;  // several people's calls go over it
};

struct ImportReport {
  std::size_t rows = 0, added = 0, changed = 0, unchanged = 0;
  std::vector<std::string> problems;  // each with file, line and cure
  std::vector<HoldingEnded> ended;    // what this import ended (check-outs, moves, ports) as of `known_at`
};

// As it was in [from, until), as the records said at `known` (none: as they say now).
struct Window {
  Instant from = Instant::min(), until = Instant::max();
  std::optional<Instant> known;
};

struct Criteria {  // exact, all that are given; at least one of account, key, name or place
  std::optional<FactKind> kind;
  std::string account, key;
  std::string name;   // of an account or a stay; tenant of a number, extension or uri
  std::string place;  // room of a stay or extension; extension of a number; address_place() of an address
};

struct AccountTimes {  // for retention (S18, S19)
  std::string account;
  std::optional<Instant> terminated;
  std::int64_t balance_cents = 0;  // as known now
};

class Catalogue {
 public:
  // Migrates its tables (room name "records"). `fields`: key under which means of payment are sealed.
  static Result<Catalogue> open(store::Database& db, crypto::Secret32 fields);
  Catalogue(Catalogue&&) noexcept = default;

  // --- in. All of one call in one transaction.
  // CSV (RFC 4180, UTF-8): the header says which kind it is (docs/records-csv.md). A bad line is reported
  // with its number and cure and the rest goes in; the same file twice changes nothing. The combined header
  // account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until is taken as well.
  Result<ImportReport> import_csv(std::string_view csv, std::string_view file_name, Instant known_at);
  enum class Put { added, changed, unchanged };
  Result<Put> put(const Fact& f, std::string_view source, Instant known_at);
  // Idempotent: the same message again (resync) ends nothing twice. Out of order: a check-out older than the
  // stay's check-in is none. Returns what ended.
  Result<std::vector<HoldingEnded>> apply(const StayChange& c, std::string_view source, Instant known_at);

  // What ended in (after, until] by the facts as known now, whenever they were told: stays with a planned
  // end, numbers with a dated port-out. Ask it as time passes; the same answer again does no harm.
  Result<std::vector<HoldingEnded>> ended_between(Instant after, Instant until) const;

  // --- out
  // Versions that the records held at w.known of facts that overlap the window; a withdrawn fact never was.
  // account or key may be "", not both: there is no unscoped list.
  Result<std::vector<FactVersion>> facts(FactKind kind, std::string_view account, std::string_view key,
                                         const Window& w) const;
  Result<std::vector<FactVersion>> find(const Criteria& c, const Window& w) const;
  // Holders of a number (directly or in a block), extension or uri whose time overlaps the window; a number's
  // tenant and an extension's tenant through the room's stays when the fact itself names none. One Holder per
  // (holding x stay) piece, cut to the overlap of both, ordered by time; where no stay covers a holding, one
  // without tenant. A number that was ported away is held until its port.
  Result<std::vector<Holder>> who_holds(std::string_view kind, std::string_view value,
                                        std::string_view account, const Window& w) const;
  Result<bool> ever_served(std::string_view kind, std::string_view value) const;  // now or historically (S8)
  Result<Json> open_payment(const FactVersion& payment) const;                    // {"number","holder"}
  // The property's clock (its account fact's zone; "Etc/UTC" when none is known).
  Result<std::string> zone_of(std::string_view account, Instant at) const;

  // --- retention (S18, S19): one account's facts that ended before `cutoff`, and whole accounts that were
  // terminated before it without a balance due and are not in `held`. Returns what goes (kind, account, key,
  // valid: no bodies); does it unless dry_run.
  struct Purged {
    std::vector<std::string> accounts;
    std::vector<Fact> facts;  // bodies left out
  };
  Result<Purged> purge(Instant cutoff, const std::vector<std::string>& held_accounts, bool dry_run);
  Result<std::vector<AccountTimes>> account_times() const;

  store::Database& db() const { return *db_; }

 private:
  Catalogue(store::Database& db, crypto::Secret32 fields) : db_(&db), fields_(std::move(fields)) {}
  store::Database* db_;
  crypto::Secret32 fields_;
};

// The one spelling under which a value of this kind is stored and compared: E.164; user@domain with the
// domain in lower case and without "sip:"; an extension as it is dialled.
Result<std::string> canonical_value(std::string_view kind, std::string_view value);
// A SIP domain or an address, lower case, without port or brackets.
Result<std::string> canonical_host(std::string_view host);
// "+14045550102" from "(404) 555-0102"; error says how to write it.
Result<std::string> to_e164(std::string_view text);
// Unicode NFC with white space runs as one space, trimmed; case and everything else stay as written (S10,
// S16).
Result<std::string> name_as_written(std::string_view text);

}  // namespace writ::records
