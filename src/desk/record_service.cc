// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/record_access.hh"
#include "desk/record_calls.hh"
#include "desk/record_party.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::Role;
using authority::ScopeSubject;

constexpr std::chrono::days scope_days{30};  // of a scope whose own end is not named
constexpr std::size_t batch_max = 1000;

Result<authority::Scope> compose(Carrier& c, const ScopeRequest& r) {
  authority::Scope s;
  s.carrier = c.roots().carrier;
  s.matter = r.matter;
  WRIT_TRY(purpose, records::name_as_written(r.purpose));
  s.purpose = std::move(purpose);
  for (const ScopeSubject& x : r.subjects) {
    WRIT_TRY(subject, canonical_subject(x));
    s.subjects.push_back(std::move(subject));
  }
  s.items = r.items;
  std::sort(s.subjects.begin(), s.subjects.end());
  s.subjects.erase(std::unique(s.subjects.begin(), s.subjects.end()), s.subjects.end());
  std::sort(s.items.begin(), s.items.end());
  s.items.erase(std::unique(s.items.begin(), s.items.end()), s.items.end());
  s.records_from = r.records_from;
  s.records_until = r.records_until;
  s.expires = r.expires == Instant{} ? c.now() + scope_days : r.expires;
  s.policy = c.policy().hash;
  return s;
}

// The number is given, and the ticket stored, in one transaction; the log has it first.
Result<authority::ScopeTicket> sign_and_store(Carrier& c, const ScopeRequest& r, const Acting& counsel) {
  WRIT_CHECK(check_matter(c, r.matter));
  WRIT_CHECK(migrate_record_tables(c));
  WRIT_TRY(scope, compose(c, r));
  WRIT_TRY(tx, store::Transaction::begin(c.db()));
  {
    WRIT_TRY(ask, c.db().prepare("SELECT coalesce(max(sequence), 0) FROM record_scopes WHERE matter=?"));
    WRIT_TRY(row, ask.bind(1, r.matter).step());
    static_cast<void>(row);
    scope.sequence = static_cast<std::uint64_t>(ask.integer(0)) + 1;
  }
  WRIT_TRY(signed_scope, authority::sign_scope(std::move(scope), counsel.person, c.now()));
  const Json ticket = to_json(signed_scope);
  const std::string text = canonical(ticket);
  WRIT_TRY(verified, authority::verify_scope(view_of(text), counsel.cert, c.roots(), c.now()));
  WRIT_CHECK(c.note(counsel.person.user, "records.scope", r.matter, Json{{"scope", ticket}}));
  WRIT_TRY(put, c.db().prepare("INSERT INTO record_scopes(matter, sequence, ticket) VALUES(?,?,?)"));
  WRIT_CHECK(
      put.bind(1, r.matter).bind(2, static_cast<std::int64_t>(signed_scope.sequence)).bind(3, text).run());
  WRIT_CHECK(tx.commit());
  return verified;
}

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

Result<Json> read_whois(Carrier& c, const std::string& matter, records::Ask ask, const Acting& who) {
  WRIT_TRY(access, RecordAccess::enter(c, matter, who));
  const bool whole = is_whole(ask);
  if (whole) WRIT_CHECK(check_named(access, ask));
  fill_period(ask, access.scope());
  if (ask.from && ask.until) WRIT_CHECK(access.must_cover(*ask.from, *ask.until));
  WRIT_TRY(store, RecordStore::open_catalogue(c));
  WRIT_CHECK(access.begin(Json{{"whois", records::to_json(ask)}}));
  WRIT_TRY(answer, records::identify(store->catalogue(), ask, c.policy().records.porting_administrator));
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

struct StaysAsk {
  std::string property, place;
  records::Window w;
};

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

Result<Json> read_stays(Carrier& c, const std::string& matter, const StaysAsk& a, const Acting& who) {
  WRIT_TRY(access, RecordAccess::enter(c, matter, who));
  WRIT_CHECK(access.must_allow_any(
      {RecordItem::tenant_name, RecordItem::tenant_service, RecordItem::tenant_number}));
  WRIT_CHECK(access.must_cover(a.w.from, a.w.until));
  WRIT_TRY(store, RecordStore::open_catalogue(c));
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

// "1790000000000000000.2026-11.17.<bound>": after which row the next page begins, for this question only.
std::string cursor_of(const CallKey& k, const std::string& bound) {
  return fmt::format("{}.{}.{}.{}", to_ns(k.start), k.month, k.seq, bound);
}

Result<std::optional<CallKey>> parse_cursor(const std::string& text, const std::string& bound) {
  if (text.empty()) return std::optional<CallKey>{};
  const auto bad = fail(Exit::usage, "the cursor is not of this question", record_rule,
                        "the cursor that the page before printed, with the same question",
                        "ask from the first page again");
  const auto parts = [&] {
    std::vector<std::string> out(1);
    for (const char ch : text) {
      if (ch == '.')
        out.emplace_back();
      else
        out.back() += ch;
    }
    return out;
  }();
  const auto is_digits = [](const std::string& s) {
    return !s.empty() && s.size() <= 19 && s.find_first_not_of("0123456789") == std::string::npos;
  };
  if (parts.size() != 4 || parts[3] != bound || !is_digits(parts[0]) || !is_digits(parts[2])) return bad;
  CallKey k;
  try {
    k = {from_ns(std::stoll(parts[0])), parts[1], std::stoull(parts[2])};
  } catch (const std::out_of_range&) {
    return bad;
  }
  return std::optional{k};
}

Json question_json(const CallsAsk& a) {
  Json q{{"kind", a.subject.kind},
         {"value", a.subject.value},
         {"from", rfc3339(a.from)},
         {"until", rfc3339(a.until)}};
  if (!a.subject.property.empty()) q["property"] = a.subject.property;
  return q;
}

// Gives out the rows of one page (or all); counts and digests what it gave.
class Giver {
 public:
  Giver(CallStream& stream, std::size_t page, const std::function<Status(const CallRow&)>& row)
      : stream_(stream), page_(page), row_(row) {}
  // True when more rows follow.
  Result<bool> run() {
    for (;;) {
      WRIT_TRY(next, stream_.peek());
      if (next == nullptr) return false;
      if (page_ > 0 && rows_ == page_) return true;
      CallRow given{*next};
      given.row.cdr.extra.clear();  // what a switch adds may name people; the scope's items do not
      const std::string text = canonical(
          Json{{"month", given.row.month}, {"seq", given.row.seq}, {"cdr", records::to_json(given.row.cdr)}});
      WRIT_CHECK(row_(given));
      digest_.update(view_of(text));
      last_ = key_of(given.row);
      ++rows_;
      stream_.pop();
    }
  }
  std::uint64_t rows() const { return rows_; }
  crypto::Digest digest() { return digest_.finish(); }
  const CallKey& last() const { return last_; }

 private:
  CallStream& stream_;
  std::size_t page_;
  const std::function<Status(const CallRow&)>& row_;
  std::uint64_t rows_ = 0;
  crypto::Sha256 digest_;
  CallKey last_;
};

Result<std::string> read_calls(Carrier& c, CallsAsk a, const Acting& who,
                               const std::function<Status(const CallRow&)>& row) {
  WRIT_TRY(access, RecordAccess::enter(c, a.matter, who));
  if (a.subject.kind == "stay") {
    WRIT_CHECK(access.must_allow_any({RecordItem::tenant_calls}));
  } else {
    WRIT_TRY(subject, canonical_subject(a.subject));
    a.subject = std::move(subject);
    WRIT_CHECK(access.must_name(a.subject));
    // The records of an account are the subscriber's whole account, whoever sat in its rooms.
    if (a.subject.kind == "account")
      WRIT_CHECK(access.must_allow_any({RecordItem::subscriber_calls}));
    else
      WRIT_CHECK(access.must_allow_any({RecordItem::subscriber_calls, RecordItem::tenant_calls}));
  }
  WRIT_CHECK(access.must_cover(a.from, a.until));
  const Json question = question_json(a);
  const std::string bound =
      crypto::hex(crypto::sha256(view_of(canonical(Json{
                      {"matter", a.matter}, {"scope", access.scope().sequence}, {"question", question}}))))
          .substr(0, 16);
  WRIT_TRY(after, parse_cursor(a.cursor, bound));
  WRIT_TRY(store, RecordStore::open(c));
  Json asked{{"calls", question}};
  if (a.page > 0) asked["page"] = a.page;
  if (after) asked["after"] = rfc3339(after->start);
  WRIT_CHECK(access.begin(asked));
  WRIT_TRY(sources, call_sources(*store, access, a.subject, a.from, a.until));
  const std::size_t batch = a.page > 0 ? std::min(batch_max, a.page + 1) : batch_max;
  CallStream stream{store->cdrs(), std::move(sources), after, batch};
  Giver giver{stream, a.page, row};
  const auto more = giver.run();
  const bool whole = more.has_value();
  WRIT_CHECK(access.end(giver.rows(), giver.digest(), whole));
  if (!more) return tl::unexpected(more.error());
  return *more ? cursor_of(giver.last(), bound) : std::string{};
}

}  // namespace

Result<authority::ScopeTicket> RecordService::grant_scope(const ScopeRequest& r, const Credentials& counsel) {
  WRIT_TRY(who, c_->act_as(counsel, Role::counsel));
  return grant_scope(r, who);
}

Result<authority::ScopeTicket> RecordService::grant_scope(const ScopeRequest& r, const Acting& counsel) {
  return c_->attempt(counsel.person.user, "records.scope", r.matter,
                     [&] { return sign_and_store(*c_, r, counsel); });
}

Result<Json> RecordService::scopes(const std::string& matter, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::intake, Role::counsel, Role::officer, Role::auditor}));
  WRIT_CHECK(c_->note(by.person.user, "records.scopes", matter));
  WRIT_CHECK(migrate_record_tables(*c_));
  Json list = Json::array();
  WRIT_TRY(ask, c_->db().prepare("SELECT ticket FROM record_scopes WHERE matter=? ORDER BY sequence"));
  ask.bind(1, matter);
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    const std::string text = ask.text(0);
    const auto j = parse_canonical(view_of(text), "scope");
    const auto counsel = j ? field<std::string>(*j, "counsel", "scope") : tl::unexpected(j.error());
    const auto cert = counsel ? c_->cert_of(*counsel) : tl::unexpected(counsel.error());
    const auto ticket = cert ? authority::verify_scope(view_of(text), *cert, c_->roots(), c_->now())
                             : tl::unexpected(cert.error());
    Json entry{{"state", ticket                                 ? "in force"
                         : ticket.error().exit == Exit::expired ? "over"
                                                                : "not what counsel signed"}};
    if (j && (ticket || ticket.error().exit == Exit::expired)) entry["scope"] = *j;
    list.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i + 1 < list.size(); ++i)
    if (list[i]["state"] == "in force") list[i]["state"] = "replaced";
  return Json{{"schema", "writ.scopes/1"}, {"matter", matter}, {"scopes", std::move(list)}};
}

Result<Json> RecordService::whois(const std::string& matter, const records::Ask& ask,
                                  const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return whois(matter, ask, by);
}

Result<Json> RecordService::whois(const std::string& matter, const records::Ask& ask, const Acting& who) {
  return c_->attempt(who.person.user, "records.whois", matter,
                     [&] { return read_whois(*c_, matter, ask, who); });
}

Result<Json> RecordService::stays(const std::string& matter, const std::string& property,
                                  const std::string& room_or_extension, Instant from, Instant until,
                                  std::optional<Instant> known, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return c_->attempt(who.user, "records.stays", matter, [&] {
    return read_stays(*c_, matter, {property, room_or_extension, {from, until, known}}, by);
  });
}

Result<std::string> RecordService::calls(const CallsAsk& ask, const Credentials& who,
                                         const std::function<Status(const CallRow&)>& row) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return calls(ask, by, row);
}

Result<std::string> RecordService::calls(const CallsAsk& ask, const Acting& who,
                                         const std::function<Status(const CallRow&)>& row) {
  return c_->attempt(who.person.user, "records.calls", ask.matter,
                     [&] { return read_calls(*c_, ask, who, row); });
}

}  // namespace writ::desk
