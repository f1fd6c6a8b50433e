// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of orders, steps, grants and revocations. Nothing here is believed because it is stored: who uses a
// row to authorise something checks the signatures, hashes and certificates again (an edited row is found,
// and gives no grant).
#pragma once
#include <map>
#include <optional>

#include "desk/carrier.hh"
#include "desk/grant_stays.hh"
#include "process/matter.hh"
#include "process/request.hh"

namespace writ::desk {

inline process::Actor actor_of(const Acting& a) { return {a.person.user, a.cert.roles}; }

struct Order {
  std::string matter;
  std::int64_t number = 1;  // 1: the order, 2...: its extensions
  process::State state = process::State::received;
  process::Request request;
  crypto::Digest request_sha256{}, document_sha256{};
  Json checks = Json::array();
  std::string filed_by;
  Instant filed_at{};
  crypto::Signature filed_signature{};  // over request_sha256
  std::map<process::Step, std::string> done_by;
};

struct GrantRow {
  std::string id, matter;
  std::int64_t number = 1;
  authority::GrantBody body;
  std::vector<authority::SignedAct> acts;
  std::optional<std::string> file;  // issued
  std::vector<Bond> bonds = {};     // to be stored with a new grant; not read back (see bonds_of_grant)
};

class Orders {
 public:
  explicit Orders(const Carrier& c) : c_(&c) {}
  Result<std::vector<Order>> all() const;                                 // newest last
  Result<std::vector<Order>> of_matter(const std::string& matter) const;  // by number; Exit::not_found
  // The last order of the matter that was not returned or rejected (the last of all when none is left): a
  // faulty extension must not stand before the interception that runs.
  Result<Order> newest(const std::string& matter) const;
  Result<std::optional<std::pair<std::string, std::int64_t>>> by_request(const crypto::Digest& request) const;
  Status insert(const Order& o,
                const std::string&
                    request_text);  // or in the place of the same order, when it was returned or rejected
  // One transaction: state and step (and the grant). Refuses (Exit::failure) when the state is no longer
  // `o.state`: somebody was faster.
  Status advance(const Order& o, process::State to, process::Step step, const std::string& user, Instant at);
  Status advance(const Order& o, process::State to, process::Step step, const std::string& user, Instant at,
                 const GrantRow& g);

  Result<std::vector<GrantRow>> grants(const std::string& matter) const;  // by number
  Result<std::optional<GrantRow>> grant(const std::string& matter, std::int64_t number) const;

  Result<authority::RevocationList> revocations() const;  // unsigned, with the next sequence
  Status put_revocation(const authority::Revocation& r);
  // Within the caller's transaction, for what ends more than an order (suspension.cc).
  Status put_step(const Order& o, process::State to, process::Step step, const std::string& user, Instant at);

 private:
  Status put_grant(const GrantRow& g);  // insert or replace acts and file
  const Carrier* c_;
};

}  // namespace writ::desk
