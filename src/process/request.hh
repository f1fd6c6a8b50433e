// SPDX-License-Identifier: GPL-3.0-or-later
// A legal request for an interception as structured data, and the checks on it (requirements section 4).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "authority/grant.hh"
#include "policy/policy.hh"
#include "records/catalogue.hh"

namespace writ::process {

struct TargetRequest {
  std::string type;      // "number" | "extension" | "uri"
  std::string value;     // as on the order
  std::string property;  // account number of the property, for extensions
};

struct Request {     // schema "writ.request/1"; docs/order-file.md describes every field
  std::string kind;  // "wiretap" | "pen-register" | "trap-and-trace" | "pen-trap"
  bool emergency = false;
  std::string instrument;  // number of the order
  std::string court, judge;
  Instant issued{};
  bool is_signed = false;
  std::string extends;  // matter that this order extends, "" when none
  struct Officer {
    std::string name, badge, agency, phone, return_address, fax;
    bool fax_confirmed = false;
  } officer;
  std::string prosecutor;  // who applied
  std::string offense;
  bool coordinated_before = false;  // S28 S29
  bool cost_agreement = false;      // S58
  bool carrier_named = false;       // V26
  bool certification_3123 = false;  // written certification of 3123(a)(1)
  std::string designated_official;  // emergency: 2518(7)
  std::vector<TargetRequest> targets;
  Instant start{}, end{};             // authorised period
  std::vector<std::string> contents;  // statutory contents that the order states, by the policy's names
  std::vector<std::string>
      seeks;  // what is asked: "call-identifying", "content", "post-cut-through-digits", "location"
  bool trust_from = false;  // the carrier states that this port's peers are trusted to set From
  std::vector<std::string> trust_from_at;  // or those at these inputs of the probe alone; sorted, unique
  std::vector<std::string> trusted_peers;
  crypto::Digest document_sha256{};  // filled at filing
};
// TOML or JSON by content. Unknown keys and wrong types are refused with line and cure.
Result<Request> parse_request(View file, std::string_view name);
Json to_json(const Request& r);  // canonical form is what the enterer signs
Result<Request> request_from_json(const Json& j);
Result<crypto::Digest> request_digest(const Request& r);

struct CheckResult {
  std::string id;
  bool passed = true;
  policy::Severity severity = policy::Severity::return_for_correction;
  std::string message, rule, fact, cure;
  // V15, V16, V34: the item of the matrix that fails. The rest of the request goes on without it; a failed
  // result without an item concerns the whole document.
  std::string item = {};
};
Json to_json(const std::vector<CheckResult>& results);
std::vector<CheckResult> checks_from_json(const Json& stored);
// Stage A: the document alone. V2 V18 V19 V24 V25 V26 V27 V28 V29 V30.
std::vector<CheckResult> check_document(const Request& r, const policy::Policy& p);
// Stage B: V4 V11 (needs records); the caller has logged the look-up.
Result<std::vector<CheckResult>> check_records(const Request& r, const policy::Policy& p,
                                               const records::Catalogue& book);
bool acceptable(const std::vector<CheckResult>& results);  // no failed X or C, single items apart

Result<authority::Kind> grant_kind(const Request& r);
Result<authority::Basis> grant_basis(const Request& r);
// Keys pressed behind the cut-through: off, unless an order for content seeks them.
bool grant_digits(const Request& r);
// Exact, canonical targets; extensions with the hosts of their property from the records.
Result<std::vector<authority::Target>> grant_targets(const Request& r, const records::Catalogue& book);

}  // namespace writ::process
