// SPDX-License-Identifier: GPL-3.0-or-later
// Before counsel approves an order of interception, and each extension of one: the clerk of the court has
// confirmed it, and a second contact of the agency knows of it. A prosecutor once forged two dozen orders
// with signatures taped on; nobody had asked the court, and nobody but the prosecutor knew.
//
// Both are signed acts of a case of the cycle `order-check`, one for each order as it was filed (matter,
// number, content, time of filing): an order that is filed anew is confirmed anew. An emergency interception
// (18 USC 2518(7), 3125) has no court yet: the agency's call-back stands in the clerk's place.
#pragma once
#include "desk/agency_directory.hh"
#include "desk/orders.hh"

namespace writ::desk {

enum class Outcome { confirmed, denied, not_reached };
const char* to_string(Outcome o);  // "confirmed" "denied" "not-reached"
Result<Outcome> parse_outcome(std::string_view s);

struct Call {              // what a person of the carrier did and heard
  std::string contact;     // entry of the directory
  std::string spoke_with;  // title, name or badge of who answered
  Outcome outcome = Outcome::confirmed;
  bool fax_confirmed = false;  // V19
};
// The body's "verification": the contact as it was when it was called, and what was said.
Json verification_json(const Call& call, const Contact& contact);

class OrderCheck {
 public:
  explicit OrderCheck(Carrier& c) : c_(&c) {}
  // Intake or officer calls the clerk of the order's court. Of the matter's newest order.
  Result<Case> verify(const std::string& matter, const Call& call, const Acting& who);
  // A second contact of the requesting agency is told: not the officer, nor the prosecutor, nor the contact
  // that was called.
  Result<Case> tell(const std::string& matter, const std::string& contact, const std::string& told,
                    const Acting& who);

 private:
  Result<Case> opened(const Order& o, const Acting& who);
  Result<Contact> second_contact(const Order& o, const std::string& id, const std::string& told);
  Carrier* c_;
};

// The gate of the legal authorisation. Exit::refused: not confirmed, denied, nobody else was told, or counsel
// has done it alone.
Status check_order_confirmed(const Carrier& c, const Order& o, const std::string& counsel);

}  // namespace writ::desk
