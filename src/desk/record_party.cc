// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_party.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using records::FactKind;

Json period_json(const records::Period& p) {
  Json j = Json::object();
  if (p.from != Instant::min()) j["from"] = rfc3339_seconds(p.from);
  if (p.until) j["until"] = rfc3339_seconds(*p.until);
  return j;
}

class Party {
 public:
  Party(const records::Catalogue& book, const RecordAccess& access, const records::Identified& p,
        const records::Window& w)
      : book_(book), access_(access), p_(p), w_(w) {}

  Result<Json> read() {
    WRIT_CHECK(subscriber());
    if (!p_.tenant.empty() || !p_.reservation.empty()) WRIT_CHECK(tenant());
    return std::move(out_);
  }

 private:
  // {"value": what `tell` takes of the body, "from", "until"} of each fact.
  template <class Tell>
  Result<Json> dated(FactKind kind, const std::string& key, Tell tell) {
    WRIT_TRY(facts, book_.facts(kind, p_.account, key, w_));
    Json rows = Json::array();
    for (const auto& v : facts) {
      Json row = period_json(v.fact.valid);
      WRIT_TRY(told, tell(v));
      row["value"] = std::move(told);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Status subscriber() {
    if (access_.allows(RecordItem::subscriber_number)) {
      out_["account"] = p_.account;
      WRIT_TRY(numbers,
               dated(FactKind::number, "", [](const auto& v) -> Result<Json> { return v.fact.key; }));
      WRIT_TRY(blocks, dated(FactKind::block, "", [](const auto& v) -> Result<Json> {
                 return v.fact.key + " to " + v.fact.body.value("last", "");
               }));
      out_["numbers"] = std::move(numbers);
      if (!blocks.empty()) out_["blocks"] = std::move(blocks);
    }
    if (access_.allows(RecordItem::subscriber_name)) {
      WRIT_TRY(names, dated(FactKind::account, "",
                            [](const auto& v) -> Result<Json> { return v.fact.body.value("name", ""); }));
      out_["names"] = std::move(names);
    }
    if (access_.allows(RecordItem::subscriber_address)) {
      WRIT_TRY(addresses,
               dated(FactKind::address, "", [](const auto& v) -> Result<Json> { return v.fact.body; }));
      out_["addresses"] = std::move(addresses);
    }
    if (access_.allows(RecordItem::subscriber_service)) {
      WRIT_TRY(accounts, book_.facts(FactKind::account, p_.account, "", w_));
      Json service = Json::array();
      for (const auto& v : accounts) service.push_back(period_json(v.fact.valid));
      out_["service"] = std::move(service);
    }
    return access_.allows(RecordItem::subscriber_payment) ? payment() : Status{};
  }

  Status payment() {
    WRIT_TRY(rows, dated(FactKind::payment, "", [&](const records::FactVersion& v) -> Result<Json> {
               WRIT_TRY(opened, book_.open_payment(v));
               Json j = std::move(opened);
               j["means"] = v.fact.body.value("means", "");
               return j;
             }));
    out_["payments"] = std::move(rows);
    return {};
  }

  Status tenant() {
    Json t = Json::object();
    if (access_.allows(RecordItem::tenant_name)) t["name"] = p_.tenant;
    if (access_.allows(RecordItem::tenant_service)) t["service"] = period_json(p_.period);
    const bool number = access_.allows(RecordItem::tenant_number);
    const bool address = access_.allows(RecordItem::tenant_address);
    if (number) t["reservation"] = p_.reservation;
    if ((number || address) && !p_.reservation.empty()) WRIT_CHECK(rooms(t, number));
    if (!t.empty()) out_["tenant"] = std::move(t);
    return {};
  }

  // Where the tenant stayed, and under which extensions and network addresses.
  Status rooms(Json& t, bool number) {
    WRIT_TRY(stays, book_.facts(FactKind::stay, p_.account, p_.reservation, w_));
    Json rows = Json::array();
    for (const auto& v : stays) {
      Json row = period_json(v.fact.valid);
      const std::string room = v.fact.body.value("room", "");
      row["room"] = room;
      if (number) {
        records::Criteria in_room;
        in_room.kind = FactKind::extension;
        in_room.account = p_.account;
        in_room.place = room;
        const records::Window stay{std::max(w_.from, v.fact.valid.from),
                                   std::min(w_.until, v.fact.valid.until.value_or(Instant::max())), w_.known};
        WRIT_TRY(extensions, book_.find(in_room, stay));
        row["extensions"] = Json::array();
        for (const auto& e : extensions) row["extensions"].push_back(e.fact.key);
      }
      rows.push_back(std::move(row));
    }
    t["rooms"] = std::move(rows);
    if (!number) return {};
    WRIT_TRY(leases, book_.facts(FactKind::network_address, p_.account, "", w_));
    Json addresses = Json::array();
    for (const auto& v : leases) {
      if (v.fact.body.value("stay", "") != p_.reservation) continue;
      Json row = period_json(v.fact.valid);
      row["value"] = v.fact.key;
      addresses.push_back(std::move(row));
    }
    if (!addresses.empty()) t["network_addresses"] = std::move(addresses);
    return {};
  }

  const records::Catalogue& book_;
  const RecordAccess& access_;
  const records::Identified& p_;
  records::Window w_;
  Json out_ = Json::object();
};

}  // namespace

Result<Json> party_json(const records::Catalogue& book, const RecordAccess& access,
                        const records::Identified& p, const records::Window& w) {
  return Party{book, access, p, w}.read();
}

Json stay_json(const RecordAccess& access, const records::Holder& h) {
  Json j = Json::object();
  if (access.allows(RecordItem::tenant_name)) j["name"] = h.tenant;
  if (access.allows(RecordItem::tenant_number)) {
    j["reservation"] = h.reservation;
    j["extension"] = h.value;
  }
  if (access.allows(RecordItem::tenant_service)) {
    j["from"] = rfc3339_seconds(h.from);
    if (h.until) j["until"] = rfc3339_seconds(*h.until);
  }
  return j;
}

}  // namespace writ::desk
