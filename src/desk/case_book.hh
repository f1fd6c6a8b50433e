// SPDX-License-Identifier: GPL-3.0-or-later
// Every case of the carrier (a request, a preservation, an emergency, an incident ...) as a chain of signed
// acts.
//
// An act is canonical JSON "writ.case-act/1": {"schema","carrier","matter","cycle","seq","act","user","at",
// "before","body"}, signed by the person's certified key (domain "writ.case-act/1"); "before" is the SHA-256
// of the act before it. Nothing else is stored of a case: its state is what the life cycle's table makes of
// its acts, so a row that somebody edits, drops from the middle or adds without a key is Exit::integrity, and
// an approval is a signature over all that was there when it was given. Acts by the clock are signed by the
// desk's key, which counts for nothing else.
//
// An act goes: person, table, the service's guard, note in the audit log ("<cycle>.<act>"), the service's
// effect, insertion. Killed anywhere and repeated, it goes on: effects must bear to be run again. Two people
// at once: the second one's insertion fails (Exit::failure, "somebody was faster"), nothing of it is stored,
// and the log says so.
#pragma once
#include <functional>
#include <optional>

#include "desk/carrier.hh"
#include "process/life_cycle.hh"

namespace writ::desk {

struct CaseAct {
  std::uint64_t seq = 0;  // 1, 2 ...
  std::string act, user;
  Instant at{};
  Json body = Json::object();
  crypto::Digest id{};                      // SHA-256 of the signed text
  std::vector<authority::Role> roles = {};  // of the key that signed it
};

struct Case {
  std::string matter;
  process::Cycle cycle = process::Cycle::request;
  std::string state;  // "": not open yet
  std::vector<CaseAct> acts;
  const CaseAct* newest(std::string_view act) const;  // nullptr: never done
  Instant opened() const { return acts.empty() ? Instant{} : acts.front().at; }
};
Json to_json(const Case& c);                           // "writ.case/1"
std::vector<process::Done> history_of(const Case& c);  // as the table judges it

struct CaseStep {
  std::string act;
  Json body = Json::object();  // all that the signature shall cover; large things by their SHA-256
  // Runs after the table has allowed the act and before it is noted. Refusals are noted by the book.
  std::function<Status(const Case&)> guard = {};
  // Runs after the note; what it returns is merged into the body (object keys) before it is signed.
  std::function<Result<Json>(const Case&)> effect = {};
};

// Verified act by act; Exit::not_found; Exit::integrity.
Result<Case> read_case(const Carrier& c, const std::string& matter);
// Numbers of the cases, sorted: for who must go on when one of them cannot be read.
Result<std::vector<std::string>> case_numbers(const Carrier& c, std::optional<process::Cycle> cycle = {});
Result<std::vector<Case>> read_cases(const Carrier& c,
                                     std::optional<process::Cycle> cycle = {});  // by number
// Cases of that cycle whose filing names the matter: work orders of an interception, invoices of a request.
Result<std::vector<Case>> cases_about(const Carrier& c, process::Cycle cycle, const std::string& matter);
bool is_over(const Case& c);  // in a final state
// By two people, or by the officer alone (break-glass); nullptr: none.
const CaseAct* approval_of(const Case& c);
Status migrate_cases(store::Database& db);
// "M-2026-0001": one series for cases and for orders of interceptions.
Result<std::string> next_number(const Carrier& c, std::string_view series);

class CaseBook {
 public:
  explicit CaseBook(Carrier& c) : c_(&c) {}
  // Opens a case under the next number of its series. `key`: what makes it the same case when it is filed
  // again (digest of document and fields); the same key gives the case that is there.
  Result<Case> open(process::Cycle cycle, const crypto::Digest& key, CaseStep file, const Acting& who);
  // The next act. The same act with the same body by the same person as the last one is done already.
  Result<Case> act(const std::string& matter, CaseStep step, const Acting& who);
  Result<Case> act(const std::string& matter, CaseStep step, const Credentials& who);
  // The person in a role that may do this act of this case; what nobody may do is refused and noted.
  Result<Acting> unlock(const std::string& matter, const std::string& act, const Credentials& who);
  // By the clock: signed with the desk's key.
  Result<Case> tick(const std::string& matter, CaseStep step);

  Result<Case> read(const std::string& matter) const { return read_case(*c_, matter); }
  Result<std::optional<Case>> find(const crypto::Digest& key) const;
  Result<std::vector<std::string>> matters(std::optional<process::Cycle> cycle = {}) const {
    return case_numbers(*c_, cycle);
  }
  Result<std::vector<Case>> all(std::optional<process::Cycle> cycle = {}) const {
    return read_cases(*c_, cycle);
  }

 private:
  Result<Case> add(Case c, CaseStep step, const Acting& who, const std::optional<crypto::Digest>& key);
  Status insert(const Case& c, const std::string& text, const crypto::Signature& by,
                const std::optional<crypto::Digest>& key);
  Carrier* c_;
};

}  // namespace writ::desk
