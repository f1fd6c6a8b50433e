// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "desk/record_party.hh"
#include "desk/record_read.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::ScopeSubject;

// The subjects of which the scope must name one for this question.
std::vector<ScopeSubject> subjects_of(const records::Ask& a) {
  using By = records::Ask::By;
  switch (a.by) {
    case By::number:
    case By::tenant_number:
      return {{"number", a.number, ""}};
    case By::tenant_extension:
      return {{"extension", a.extension, a.property}};
    case By::account_number:
      return {{"account", a.account_number, ""}};
    case By::account_name:
      return {{"account-name", a.account_name, ""}};
    case By::tenant_name:  // at one property, when the question is about that property only
      if (!a.account_number.empty())
        return {{"tenant-name", a.tenant_name, a.account_number}, {"tenant-name", a.tenant_name, ""}};
      return {{"tenant-name", a.tenant_name, ""}};
    case By::street_address:
      break;
  }
  const records::StreetAddress& s = a.address;
  return {{"street-address", s.building + "|" + s.street + "|" + s.city + "|" + s.state + "|" + s.zip, ""}};
}

// The extensions that were meant, of those that the scope names: by their own number, or by their room.
Result<std::vector<std::string>> extensions_meant(RecordStore& store, const RecordAccess& access,
                                                  const StaysAsk& a) {
  if (access.ticket().names({"extension", a.place, a.property})) return std::vector<std::string>{a.place};
  std::vector<std::string> out;
  records::Criteria in_room;
  in_room.kind = records::FactKind::extension;
  in_room.account = a.property;
  in_room.place = a.place;
  WRIT_TRY(found, store.catalogue().find(in_room, a.w));
  for (const auto& v : found)
    if (access.ticket().names({"extension", v.fact.key, a.property})) out.push_back(v.fact.key);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.empty()) WRIT_CHECK(access.must_name({"extension", a.place, a.property}));
  return out;
}

}  // namespace

Result<ReadableStore> ReadableStore::open(const Reading& r, bool with_calls) {
  ReadableStore s;
  if (r.frozen == nullptr) {
    WRIT_TRY(own, with_calls ? RecordStore::open(*r.c) : RecordStore::open_catalogue(*r.c));
    s.own_ = std::move(own);
  }
  s.store_ = r.frozen == nullptr ? s.own_.get() : r.frozen;
  return s;
}

// A question that is not whole is answered by what is missing in it, whatever the scope says and the records
// hold (S8, S11, S13, S14): identify() judges it before it reads.
bool is_whole(const records::Ask& a) {
  using By = records::Ask::By;
  const auto& s = a.address;
  switch (a.by) {
    case By::number:
    case By::tenant_number:
      return records::to_e164(a.number).has_value();
    case By::tenant_extension:
      return !a.property.empty() && records::canonical_value("extension", a.extension).has_value();
    case By::account_number:
      return !a.account_number.empty();
    case By::account_name:
      return !a.account_name.empty();
    case By::tenant_name:
      return !a.tenant_name.empty();
    case By::street_address:
      break;
  }
  return !s.building.empty() && !s.street.empty() && !s.city.empty() && !s.state.empty() && !s.zip.empty();
}

Status check_named(const RecordAccess& access, const records::Ask& ask) {
  Status named;
  for (const ScopeSubject& typed : subjects_of(ask)) {
    WRIT_TRY(subject, canonical_subject(typed));
    named = access.must_name(subject);
    if (named) break;
  }
  return named;
}

// Without a period the question is about the time that the scope reaches, not about any time. Only where the
// plan wants dates in the request itself (S15) are none put in.
void fill_period(records::Ask& a, const authority::Scope& s) {
  const bool wants_dates =
      a.by == records::Ask::By::tenant_name && (a.address.city.empty() || a.address.state.empty());
  if (wants_dates && (!a.from || !a.until)) return;
  if (!a.from) a.from = s.records_from;
  if (!a.until) a.until = s.records_until;
}

Result<Json> read_whois(const Reading& r, const std::string& matter, records::Ask ask) {
  WRIT_TRY(access, RecordAccess::enter(*r.c, matter, *r.who));
  const bool whole = is_whole(ask);
  if (whole) WRIT_CHECK(check_named(access, ask));
  fill_period(ask, access.scope());
  if (ask.from && ask.until) WRIT_CHECK(access.must_cover(*ask.from, *ask.until));
  WRIT_TRY(store, ReadableStore::open(r, false));
  WRIT_CHECK(access.begin(Json{{"whois", records::to_json(ask)}}));
  WRIT_TRY(answer, records::identify(store->catalogue(), ask, r.c->policy().records.porting_administrator));
  if (!answer.parties.empty() && (!whole || !ask.from || !ask.until))
    return fail(Exit::failure, "an answer to a question that is not whole", record_rule);  // a fault of ours
  Json parties = Json::array();
  for (const auto& p : answer.parties) {
    WRIT_TRY(party, party_json(store->catalogue(), access, p, {*ask.from, *ask.until, ask.known}));
    parties.push_back(std::move(party));
  }
  // Nothing of the question is in the answer: a near match and no match are the same bytes.
  Json said = records::to_json(answer);
  said["parties"] = std::move(parties);
  Json out{{"schema", "writ.whois/1"},
           {"matter", matter},
           {"scope", access.scope().sequence},
           {"answer", std::move(said)}};
  WRIT_CHECK(access.end(answer.parties.size(), out));
  return out;
}

Result<Json> read_stays(const Reading& r, const std::string& matter, const StaysAsk& a) {
  WRIT_TRY(access, RecordAccess::enter(*r.c, matter, *r.who));
  WRIT_CHECK(access.must_allow_any(
      {RecordItem::tenant_name, RecordItem::tenant_service, RecordItem::tenant_number}));
  WRIT_CHECK(access.must_cover(a.w.from, a.w.until));
  WRIT_TRY(store, ReadableStore::open(r, false));
  Json question{{"property", a.property},
                {"place", a.place},
                {"from", rfc3339(a.w.from)},
                {"until", rfc3339(a.w.until)}};
  if (a.w.known) question["known"] = rfc3339(*a.w.known);
  WRIT_CHECK(access.begin(Json{{"stays", question}}));
  WRIT_TRY(extensions, extensions_meant(*store, access, a));
  Json rows = Json::array();
  for (const std::string& e : extensions) {
    WRIT_TRY(holders, store->catalogue().who_holds("extension", e, a.property, a.w));
    for (const auto& h : holders)
      if (!h.reservation.empty()) rows.push_back(stay_json(access, h));
  }
  Json out{{"schema", "writ.stays/1"},
           {"matter", matter},
           {"scope", access.scope().sequence},
           {"stays", std::move(rows)}};
  WRIT_CHECK(access.end(out["stays"].size(), out));
  return out;
}

Result<Json> read_holders(const Reading& r, const std::string& matter, const HoldersAsk& a) {
  WRIT_TRY(access, RecordAccess::enter(*r.c, matter, *r.who));
  WRIT_TRY(subject, canonical_subject(a.subject));
  WRIT_CHECK(access.must_name(subject));
  WRIT_CHECK(access.must_cover(a.w.from, a.w.until));
  WRIT_TRY(store, ReadableStore::open(r, false));
  WRIT_CHECK(access.begin(Json{{"holders",
                                {{"kind", subject.kind},
                                 {"value", subject.value},
                                 {"property", subject.property},
                                 {"from", rfc3339(a.w.from)},
                                 {"until", rfc3339(a.w.until)}}}}));
  WRIT_TRY(holders, store->catalogue().who_holds(subject.kind, subject.value, subject.property, a.w));
  // Between two tenants it was its subscriber's, of whom each tenant's party says all.
  const auto has_tenant = [](const records::Holder& h) {
    return !h.tenant.empty() || !h.reservation.empty();
  };
  std::erase_if(holders, [&, all = holders](const records::Holder& h) {
    return !has_tenant(h) && std::any_of(all.begin(), all.end(), [&](const records::Holder& other) {
      return has_tenant(other) && other.account == h.account;
    });
  });
  Json rows = Json::array();
  for (const records::Holder& h : holders) {
    const records::Identified who{
        h.account,
        h.reservation,
        h.tenant,
        {std::max(h.from, a.w.from), std::min(h.until.value_or(Instant::max()), a.w.until)}};
    WRIT_TRY(party, party_json(store->catalogue(), access, who, a.w));
    // Of two who differ in nothing that the scope allows, nobody is told that they were two.
    if (std::find(rows.begin(), rows.end(), party) == rows.end()) rows.push_back(std::move(party));
  }
  Json out{{"schema", "writ.holders/1"},
           {"matter", matter},
           {"scope", access.scope().sequence},
           {"holders", std::move(rows)}};
  WRIT_CHECK(access.end(out["holders"].size(), out));
  return out;
}

}  // namespace writ::desk
