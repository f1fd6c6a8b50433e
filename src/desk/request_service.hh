// SPDX-License-Identifier: GPL-3.0-or-later
// Intake and the legal authorisation: from the order on paper to a grant body that counsel has signed.
#pragma once
#include "desk/orders.hh"

namespace writ::desk {

struct Filed {
  std::string matter;
  std::int64_t number = 1;
  process::State state = process::State::received;
  std::vector<process::CheckResult> checks;  // all, passed and failed
};
Json to_json(const Filed& f);

class RequestService {
 public:
  explicit RequestService(Carrier& c) : c_(&c) {}
  // Takes in the order and its document, checks it (stage A, then B under a logged look-up), stores the
  // outcome. The same order again gives the same matter. An order that fails a check is kept (returned or
  // rejected), and the result says so.
  Result<Filed> file(View order, const std::string& order_name, const fs::path& document,
                     const Credentials& enterer);
  Result<Filed> file(View order, const std::string& order_name, const fs::path& document,
                     const Acting& enterer);  // who has given the passphrase as intake, officer or technician
  // Counsel's act: composes the grant's body from the checked order, makes the matter's keys, signs. `probe`
  // may be empty when exactly one is enrolled.
  Result<GrantRow> approve(const std::string& matter, std::string probe, const Credentials& counsel);
  Status import_records(View csv, const std::string& name, const Credentials& who,
                        records::ImportReport& report);

 private:
  Result<Filed> take_in(process::Request request, const fs::path& document, const Acting& enterer);
  Status place(Order& o);
  Result<std::vector<process::CheckResult>> check(const Order& o);
  Result<GrantRow> legal_act(const std::string& matter, std::string probe, const Acting& counsel);
  Result<GrantRow> compose(const Order& o, const std::string& probe);
  Status matter_keys(const Order& o, authority::GrantBody& body);
  Carrier* c_;
};

}  // namespace writ::desk
