// SPDX-License-Identifier: GPL-3.0-or-later
// What proves a row to an outsider: the row with its salt and its path to the month's root; the audit entry
// that names this root, opened; the entry's path to a head that the desk's certified key signs.
#include <fmt/format.h>

#include "desk/record_calls.hh"
#include "desk/record_service.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::ScopeSubject;

constexpr const char* proof_schema = "writ.record-proof/1";

// The stays of the tenants that the scope names at a property, as subjects of calls.
Status add_stays(RecordStore& store, const RecordAccess& access, const ScopeSubject& tenant,
                 std::vector<ScopeSubject>& out) {
  if (tenant.property.empty()) return {};  // without a property there is no list of stays
  records::Criteria named;
  named.kind = records::FactKind::stay;
  named.account = tenant.property;
  named.name = tenant.value;
  const authority::Scope& s = access.scope();
  WRIT_TRY(stays, store.catalogue().find(named, {s.records_from, s.records_until, {}}));
  for (const auto& v : stays) out.push_back({"stay", v.fact.key, tenant.property});
  return {};
}

Result<std::vector<ScopeSubject>> subjects_with_calls(RecordStore& store, const RecordAccess& access) {
  std::vector<ScopeSubject> out;
  for (const ScopeSubject& s : access.scope().subjects) {
    if (s.kind == "account" && access.allows(RecordItem::subscriber_calls)) out.push_back(s);
    if ((s.kind == "number" || s.kind == "extension") &&
        access.allows_any({RecordItem::subscriber_calls, RecordItem::tenant_calls}))
      out.push_back(s);
    if (s.kind == "tenant-name" && access.allows(RecordItem::tenant_calls))
      WRIT_CHECK(add_stays(store, access, s, out));
  }
  return out;
}

// By the same queries that calls() gives rows by.
Result<bool> is_reached(RecordStore& store, const RecordAccess& access, const records::StoredCdr& row) {
  const authority::Scope& s = access.scope();
  const Instant at = row.cdr.start;
  if (at < s.records_from || at >= s.records_until) return false;
  WRIT_TRY(subjects, subjects_with_calls(store, access));
  for (const ScopeSubject& subject : subjects) {
    auto sources = call_sources(store, access, subject, s.records_from, s.records_until);
    if (!sources && sources.error().exit == Exit::refused) continue;
    if (!sources) return tl::unexpected(sources.error());
    for (CallSource& source : *sources)
      for (Span& span : source.spans) {
        span.first = std::max(span.first, at);
        span.second = std::min(span.second, at + std::chrono::milliseconds{1});
      }
    CallStream stream{store.cdrs(), std::move(*sources), {}, 100};
    for (;;) {
      WRIT_TRY(next, stream.peek());
      if (next == nullptr) break;
      if (next->month == row.month && next->seq == row.seq) return true;
      stream.pop();
    }
  }
  return false;
}

// The noted head that is exactly the tree of the proof.
Result<NotedHead> head_of(Carrier& c, RecordStore& store, const records::CdrProof& p) {
  WRIT_CHECK(note_heads(c, store.cdrs(), {p.row.month}));
  WRIT_TRY(heads, noted_heads(c));
  for (const NotedHead& h : heads)
    if (h.month == p.row.month && h.size == p.size && h.root == p.root) return h;
  return fail(Exit::failure, fmt::format("{} grew while the proof was made", p.row.month), {}, {},
              "ask again");
}

Result<Json> read_proof(Carrier& c, const std::string& matter, const std::string& month, std::uint64_t seq,
                        const Acting& who) {
  WRIT_TRY(access, RecordAccess::enter(c, matter, who));
  WRIT_CHECK(access.must_allow_any({RecordItem::subscriber_calls, RecordItem::tenant_calls}));
  WRIT_TRY(store, RecordStore::open(c));
  WRIT_CHECK(access.begin(Json{{"prove", {{"month", month}, {"seq", seq}}}}));
  const auto proof = store->cdrs().prove(month, seq);
  if (!proof && proof.error().exit != Exit::not_found) return tl::unexpected(proof.error());
  bool reached = false;
  if (proof) {
    WRIT_TRY(is, is_reached(*store, access, proof->row));
    reached = is;
  }
  if (!reached)
    return fail(Exit::refused, fmt::format("the scope reaches no record {} of {}", seq, month), record_rule,
                "month and number of a row that writ records calls gave under this scope",
                "ask for the calls first");
  WRIT_TRY(head, head_of(c, *store, *proof));
  WRIT_TRY(entry, prove_head(c, head));
  Json out{{"schema", proof_schema},
           {"matter", matter},
           {"record", records::to_json(*proof)},
           {"audit", audit::to_json(entry)}};
  WRIT_CHECK(access.end(1, out));
  return out;
}

tl::unexpected<Error> no_proof(std::string what) {
  return fail(Exit::integrity, "the proof does not hold: " + std::move(what),
              "a record is proved to its month's root, the root to the audit log",
              "the proof as the carrier gave it", "ask the carrier for it again");
}

}  // namespace

Result<Json> RecordService::prove(const std::string& matter, const std::string& month, std::uint64_t seq,
                                  const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return c_->attempt(who.user, "records.prove", matter,
                     [&] { return read_proof(*c_, matter, month, seq, by); });
}

Status check_record_proof(const Json& j, const authority::TrustRoots& roots,
                          const authority::RoleCert& desk) {
  constexpr std::string_view where = "record proof";
  WRIT_TRY(name, field<std::string>(j, "schema", where));
  if (name != proof_schema) return no_proof("it is not a writ.record-proof/1");
  WRIT_TRY(record_json, field<Json>(j, "record", where));
  WRIT_TRY(audit_json, field<Json>(j, "audit", where));
  const auto record = records::parse_cdr_proof(record_json);
  // What reads to the same record but is written otherwise is not what was given out.
  if (!record || records::to_json(*record) != record_json || !records::verify(*record))
    return no_proof("the record is not in the month's tree");
  const auto entry_proof = audit::parse_proof(audit_json);
  if (!entry_proof) return no_proof(entry_proof.error().what);
  if (entry_proof->head.key != desk.verify) return no_proof("its log is not this desk's");
  WRIT_CHECK(authority::verify_cert(desk, roots, authority::Role::desk, entry_proof->head.at));
  const auto entry = audit::verify(*entry_proof);
  if (!entry || !*entry) return no_proof("the audit entry is not in the log, or is not opened");
  if ((*entry)->value("action", "") != "records.head")
    return no_proof("the entry is not of the record heads");
  for (const Json& h : (*entry)->value("detail", Json::object()).value("heads", Json::array()))
    if (h == Json{{"month", record->row.month}, {"root", crypto::hex(record->root)}, {"size", record->size}})
      return {};
  return no_proof("the entry names another root for the month");
}

}  // namespace writ::desk
