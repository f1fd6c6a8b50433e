// SPDX-License-Identifier: GPL-3.0-or-later
// The one way in which people of the carrier are told something: a deadline that comes near, what the clock
// did, an emergency that one person approved, an interception that ended by law. A notice names the matter
// and what is due, and the role that it is for; no person, no target, no number.
//
// Noted in the log, then written to outbox/<id>.json (for who carries it: mail, a pager, the console), then
// entered in the store. The id follows from what it says: the same notice is written once, whatever is killed
// or repeated. It is listed until somebody of that role says that it was taken; that is noted, too. The file
// is the carrier's copy: taking it away does not take the notice off the list. A notice is a help, never a
// duty's only trace: what is due follows from the acts (cases/deadlines.hh).
#pragma once
#include <optional>

#include "desk/carrier.hh"

namespace writ::desk {

enum class Severity {
  emergency,  // a life, or an interception without an order: stands first, whatever its time
  law,        // a statute or an order sets it
  profile     // the carrier set it itself
};
const char* to_string(Severity s);

struct Notice {         // "writ.notice/1", canonical JSON
  std::string matter;   // "M-2026-0001"
  std::string subject;  // process::to_string(Cycle), or "interception"
  std::string what;     // "the preservation ends"
  std::string who;      // role or roles: "counsel or officer"; "the clock": counsel, officer or intake
  Severity severity = Severity::law;
  Instant at{};                     // for when it was meant
  std::optional<Instant> due = {};  // of what it is about
  std::string arithmetic = {}, citation = {};
  std::string apart_from = {};  // whose own act it is about, and who so cannot take it; not in the file
};
std::string id_of(const Notice& n);  // 32 hex digits
Json to_json(const Notice& n);

class Outbox {
 public:
  explicit Outbox(Carrier& c) : c_(&c) {}
  Result<bool> tell(const Notice& n);  // false: it was told before
  // "writ.outbox/1": {"notices":[..]}, emergencies first, then the oldest. `all`: those that were taken, too.
  Result<Json> list(bool all);
  Result<std::size_t> waiting();
  // One of its roles, and not who it is about. Again: nothing more to do.
  Status done(const std::string& id, const Acting& who);

 private:
  Status migrate();
  Carrier* c_;
};

}  // namespace writ::desk
