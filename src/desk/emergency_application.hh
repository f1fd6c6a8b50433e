// SPDX-License-Identifier: GPL-3.0-or-later
// An interception without an order (an emergency: 18 USC 2518(7), 3125) and what became of the application
// for one. Within 48 hours of its beginning (clock `emergency-intercept`) the agency applies for an order;
// for a pen register or trap the order itself is issued by then. One case for each such interception, of the
// cycle `emergency-application`:
//
//   apply    the agency has applied: court, when, who said so
//   grant    the court's order: filed as an extension of the matter and confirmed with its clerk
//            (order_check.hh); only then can counsel approve it (check_follows_emergency)
//   deny, not-seek   the interception ends at once: the grant is revoked, the lists go where it lies
//   lapse    by the clock: no application (pen/trap: no order) in time
//   inventory   2518(8)(d): that it was served; by the court, this carrier records who said so
//
// Paper that comes late counts by what it says: an application made in time is taken after the lapse, too.
//
// 2518(7): what an interception gave that ended without an order is treated as obtained in violation of the
// law. It stays sealed as it came (the court may ask for it), and none of it is delivered: check_deliverable
// judges that from the acts and the time, so that it holds before the clock's own act is done.
#pragma once
#include "desk/case_book.hh"
#include "desk/orders.hh"
#include "policy/clocks.hh"

namespace writ::desk {

struct EmergencyInterception {
  Order order;
  GrantRow grant;   // armed
  Instant began{};  // the technician's act, or the start that is stated when later
  policy::Due due;  // began + the clock
  std::optional<Case> application;
  std::string state() const { return application ? application->state : ""; }
  bool is_wiretap() const { return order.request.kind == "wiretap"; }
  bool is_granted() const { return state() == "granted"; }
  // Denied, not sought, or the time is over: nothing of it goes any further.
  bool ended_without_order(Instant now) const;
};
// The armed emergency order of the matter: there is at most one, since an emergency is not extended
// (authority/grant_rules.cc).
Result<std::optional<EmergencyInterception>> emergency_interception(const Carrier& c,
                                                                    const std::string& matter);
// Exit::refused (2518(7), 3125) when the matter holds what was intercepted without the order that must
// follow.
Status check_deliverable(const Carrier& c, const std::string& matter);
// Before counsel approves an order that extends an emergency: it is the one that the application's grant
// names.
Status check_follows_emergency(const Carrier& c, const Order& o);

struct Application {
  std::string court;  // to which it was made
  Instant made{};
  std::string said_by;  // who told the carrier, and how
  fs::path document;    // a copy, when there is one
};

class EmergencyApplication {
 public:
  explicit EmergencyApplication(Carrier& c) : c_(&c) {}
  // Intake, counsel or officer; `granted`: counsel or officer, other than who called the clerk.
  Result<Case> applied(const std::string& matter, const Application& a, const Acting& who);
  Result<Case> granted(const std::string& matter, std::int64_t order, const Acting& who);
  Result<Case> denied(const std::string& matter, const std::string& reason, const Acting& who);
  Result<Case> not_sought(const std::string& matter, const std::string& reason, const Acting& who);
  Result<Case> inventory(const std::string& matter, const std::string& served, const Acting& who);
  // By the clock, when the time is over.
  Result<Case> lapse(const std::string& matter);

 private:
  Result<EmergencyInterception> must_be(const std::string& matter) const;
  // The act that opens the case, or the next one.
  Result<Case> record(const EmergencyInterception& e, CaseStep step, const Acting& who);
  // The grant's end, by law: revoked, the order ended, lists and people told. Again: nothing more to do.
  Result<Json> end(const EmergencyInterception& e, const std::string& why, const std::string& by);
  Carrier* c_;
};

}  // namespace writ::desk
