// SPDX-License-Identifier: GPL-3.0-or-later
// What the carrier knows of its subscribers and tenants, as dated facts. Every fact has two times: `valid`,
// when it was so, and `known`, when the records said so; a correction ends what was known before and deletes
// nothing.
//
// A fact's thread is (kind, account, key, valid.from): the same thread put again with another body or end is
// a new version of it; an end equal to the start withdraws it (it then never was).
//
// clang-format off
//   kind             key                 body
//   account          account number      {"name","class":"hospitality"|"commercial","zone": IANA name}; its end: termination
//   address          ""                  {"building","street","city","state","zip"}
//   number           E.164               {"extension","tenant","hosts":[],"trunk"}: in service with this account
//   block            first E.164         {"last"}: all numbers of the range, as `number`
//   port             E.164               {"direction":"in"|"out","carrier"}; valid.from: the port's instant; no end
//   extension        as dialled          {"room","tenant","hosts":[],"trunk"}
//   uri              user@domain         {"tenant","hosts":[],"trunk"}; "trunk": true where several people's calls
//                                        go over it, else it does not stand there
//   stay             reservation number  {"room","name","kind":"guest"|"staff","sharer":bool}; one fact a room: a move ends one, begins one
//   network-address  IP address          {"stay","extension","mac"}: temporarily assigned (DHCP, NAT)
//   registration     extension or        {"contact","user_agent","instance"}: a device's binding
//                    user@domain
//   payment          ""                  {"means":"card"|"bank"|"invoice","sealed"}: number and holder are sealed (catalogue.hh); put as
//                                        {"means","number","holder"}
//   balance          ""                  {"cents","currency"}: due from valid.from on
// clang-format on
#pragma once
#include <optional>
#include <string>

#include "base/json.hh"
#include "base/time.hh"

namespace writ::records {

enum class FactKind {
  account,
  address,
  number,
  block,
  port,
  extension,
  uri,
  stay,
  network_address,
  registration,
  payment,
  balance
};
const char* to_string(FactKind k);  // "network-address"
Result<FactKind> parse_fact_kind(std::string_view s);

Json time_or_null(const std::optional<Instant>& t);

struct Period {  // half open; no end: still so
  Instant from{};
  std::optional<Instant> until;
  bool overlaps(Instant a, Instant b) const { return from < b && (!until || (*until > a && *until > from)); }
};

struct Fact {
  FactKind kind = FactKind::account;
  std::string account, key;
  Json body = Json::object();
  Period valid;
};

struct FactVersion {
  std::int64_t id = 0;
  Fact fact;
  Instant known_from{};
  std::optional<Instant> known_until;
  std::string source;  // file or feed that said so
};
Json to_json(const FactVersion& v);

}  // namespace writ::records
