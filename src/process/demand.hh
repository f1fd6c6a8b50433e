// SPDX-License-Identifier: GPL-3.0-or-later
// A legal demand of any kind that the policy knows, as structured data: what the document says, not more.
// docs/process-file.md describes every field. Orders for an interception have their own file (request.hh),
// since three signatures stand on it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hh"
#include "crypto/crypto.hh"
#include "policy/policy.hh"
#include "process/request.hh"
#include "records/catalogue.hh"
#include "records/identify.hh"

namespace writ::process {

struct Requester {
  std::string name, badge, agency, phone, email, return_address, fax;
  bool fax_confirmed = false;
  bool is_private = false;  // civil or private (V39)
  bool is_foreign = false;  // V39: treaty channel
};

struct DemandSubject {  // whom or what the document names, as written
  std::string kind;  // "number" | "extension" | "account" | "account-name" | "street-address" | "tenant-name"
  std::string value;       // number, extension, account number or name; a street address stands in `address`
  std::string property;    // account number of the property (extension, tenant-name)
  std::string subscriber;  // name of the subscriber (tenant-name: S15)
  records::StreetAddress address;
};

struct Demand {                                                       // schema "writ.demand/1"
  std::string kind;                                                   // policy::ProcessKind::id
  std::string instrument, issuer, issuer_title, court, jurisdiction;  // jurisdiction: State, or "US"
  std::string statute;                                                // that it is issued under, as cited
  std::string authority;                                              // dated authority cited ("fisa-702")
  std::string wording;  // what is asked, word for word (V13, V14)
  Instant issued{}, received{}, return_by{};
  bool is_signed = false;
  Requester requester;
  std::string delivery;               // "fax" | "mail" | "portal" | "e-mail" | "hand" | "walk-in" | "service"
  std::string delivered_by;           // by hand: who; V33 compares `office`
  std::string office;                 // policy::Office::id through which it came
  bool served_in_state = false;       // V40: process that must be served in its State of origin was
  bool state_service_needed = false;  // V40
  std::vector<DemandSubject> subjects;
  std::vector<std::string> items;           // of the matrix
  std::vector<std::string> expressly;       // items that are expressly requested (SSN) or needed (payment)
  Instant records_from{}, records_until{};  // period of the records, half open; Instant{}: not stated
  bool asks_release = false;                // V22
  bool future_data = false;                 // V20
  std::string
      of_matter;  // extension, modification, withdrawal, CDR delivery, later process: the earlier matter
  std::string underlying_process;  // V23: instrument of the 2703(b)(2) process that came with a 2704 request
  // emergency letters (S35, S40)
  std::string nature, circumstances;
  bool danger_to_person = false;    // V32
  std::string designated_official;  // V28
  // NSL, FISA (L11)
  std::string certifier, certifier_rank;
  // non-disclosure (2705(b), 2709(c))
  std::string non_disclosure_issuer;
  Instant non_disclosure_until{};
  bool coordinated_before = false, cost_agreement = false;  // V29, V30
  crypto::Digest document_sha256{};                         // filled at filing
  std::string read_from;  // SHA-256 of the page confirmation it came from (docs/scan.md); "": typed
};
// TOML or JSON by content; unknown keys and wrong types are refused with line, column and cure.
Result<Demand> parse_demand(View file, std::string_view name);
Json to_json(const Demand& d);         // canonical
std::string to_toml(const Demand& d);  // a process file as a person writes it: what is not stated is left out
Result<Demand> demand_from_json(const Json& j);

struct EarlierPreservation {  // what the desk knows of the matter that a document would extend (V21)
  std::string matter;
  Instant ends{};         // of the period that runs, half open
  bool extended = false;  // once already
};

struct Receipt {  // what the desk knows about how a document came, beside the document (V1, V19, V21, V38)
  bool requester_verified = false;  // by call-back, recorded in this matter
  bool fax_verified = false;
  std::vector<std::string> repeats = {};  // V38: "the same bytes as M-2026-0003", "looks like ..."
  std::optional<EarlierPreservation> earlier = {};
  std::string binds_by = {};  // V39: whose signed opinion it is that process of a private party binds
};
// Stage A: the document alone (the dry run, also for the portal). Every check of the policy that applies to
// the kind, passed or failed; an unknown kind fails V15, whatever else it says. V15, V16 and V34 give one
// result for each item that fails, and one for the whole when no item is left.
std::vector<CheckResult> check_demand(const Demand& d, const policy::Policy& p, const Receipt& r,
                                      Instant now);
// Stage B: V4 V6 V8 V9 V12, under a scope that the caller has logged. A near match and no match give the same
// results byte for byte.
Result<std::vector<CheckResult>> check_demand_records(const Demand& d, const policy::Policy& p,
                                                      const records::Catalogue& book, Instant now);
// The dated authority (policy::Authority::id) that has to be in force for this document: of its kind, or the
// one that it cites. "": it needs none.
const std::string& authority_of(const policy::ProcessKind& kind, const Demand& d);
// V39: a private or civil party, whom counsel's opinion can serve; a foreign one takes the treaty channel.
bool is_of_private_party(const Demand& d);
// V1 and V19: open until the carrier itself has called back; no fault of the document.
bool awaits_call_back(const CheckResult& r);
// Items that no failed check takes away, in the order of the demand.
std::vector<std::string> items_left(const Demand& d, const std::vector<CheckResult>& results);

}  // namespace writ::process
