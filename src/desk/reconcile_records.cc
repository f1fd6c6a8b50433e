// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reconcile_records.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "desk/record_service.hh"
#include "records/catalogue.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::ScopeSubject;
using records::FactKind;

void sort_unique(std::vector<ScopeSubject>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// The extension of a number, the numbers of an extension.
Result<std::vector<ScopeSubject>> lines_of(const records::Catalogue& catalogue, const ScopeSubject& s,
                                           const records::Window& w) {
  std::vector<ScopeSubject> out;
  if (s.kind == "number") {
    WRIT_TRY(facts, catalogue.facts(FactKind::number, "", s.value, w));
    for (const auto& v : facts)
      if (const auto extension = v.fact.body.value("extension", ""); !extension.empty())
        out.push_back({"extension", extension, v.fact.account});
    return out;
  }
  records::Criteria reaches;
  reaches.kind = FactKind::number;
  reaches.account = s.property;
  reaches.place = s.value;
  WRIT_TRY(numbers, catalogue.find(reaches, w));
  for (const auto& n : numbers) out.push_back({"number", n.fact.key, ""});
  return out;
}

tl::unexpected<Error> no_right_scope(std::string what, std::string missing, const std::string& matter) {
  return fail(Exit::refused, std::move(what), reconcile_rule, std::move(missing),
              fmt::format("counsel: writ records scope {} --purpose {} ...", matter, reconcile_purpose));
}

std::optional<BookedCall> as_booked(const CallRow& row, const ScopeSubject& s, bool is_line) {
  const records::Cdr& r = row.row.cdr;
  const auto is_target = [&](const std::string& party, const std::string& extension) {
    return party == s.value || (s.kind == "extension" && extension == s.value);
  };
  BookedCall b;
  b.ref = fmt::format("{}/{}", row.row.month, row.row.seq);
  b.call_id = r.account + "\n" + r.call_id;
  b.linked = r.linked.empty() ? "" : r.account + "\n" + r.linked;
  b.start = r.start;
  b.end = r.start + std::chrono::milliseconds{r.duration_ms};
  b.by_line = is_line;
  if (is_target(r.caller, r.caller_extension)) {
    b.part = Part::caller;
    b.other = r.called;
  } else if (is_target(r.called, r.called_extension)) {
    b.part = Part::called;
    b.other = r.caller;
  } else if (r.redirecting == s.value) {
    b.part = Part::redirecting;
    b.other = r.caller;
  } else {
    return std::nullopt;
  }
  return b;
}

}  // namespace

Result<RecordSubjects> record_subjects(Carrier& c, const std::vector<authority::Target>& targets,
                                       Instant from, Instant until) {
  RecordSubjects out;
  for (const authority::Target& t : targets) {
    if (t.type == authority::Target::Type::uri) {
      out.not_compared.emplace_back("a SIP address");
      continue;
    }
    const bool extension = t.type == authority::Target::Type::extension;
    WRIT_TRY(s,
             canonical_subject({extension ? "extension" : "number", t.value, extension ? t.property : ""}));
    out.targets.push_back(std::move(s));
  }
  sort_unique(out.targets);
  WRIT_TRY(store, RecordStore::open_catalogue(c));
  for (const ScopeSubject& s : out.targets) {
    WRIT_TRY(lines, lines_of(store->catalogue(), s, {from, until, std::nullopt}));
    out.lines.insert(out.lines.end(), lines.begin(), lines.end());
  }
  sort_unique(out.lines);
  std::erase_if(out.lines, [&](const ScopeSubject& s) {
    return std::binary_search(out.targets.begin(), out.targets.end(), s);
  });
  return out;
}

Result<authority::Scope> reconcile_scope(Carrier& c, const std::string& matter, RecordSubjects& subjects) {
  WRIT_TRY(ticket, newest_scope(c, matter));
  const auto& scope = ticket.scope();
  if (scope.purpose != reconcile_purpose)
    return no_right_scope(fmt::format("the scope of {} is for '{}'", matter, scope.purpose),
                          fmt::format("a scope for the purpose '{}'", reconcile_purpose), matter);
  if (!ticket.allows(RecordItem::subscriber_calls) || !ticket.allows(RecordItem::tenant_calls))
    return no_right_scope("the scope does not reach all calls of the targets",
                          "subscriber-calls and tenant-calls", matter);
  for (const ScopeSubject& s : subjects.targets)
    if (!ticket.names(s))
      return no_right_scope("the scope does not name each target", subject_text(s), matter);
  const auto hidden = std::erase_if(subjects.lines, [&](const ScopeSubject& s) { return !ticket.names(s); });
  if (hidden > 0)
    subjects.not_compared.push_back(fmt::format(
        "what the switch writes of {} extensions or numbers of the targets: not in the scope", hidden));
  return scope;
}

Result<std::vector<BookedCall>> read_booked(Carrier& c, const authority::Scope& scope,
                                            const RecordSubjects& subjects, const ReconcileInput& day,
                                            const Acting& reader) {
  const Instant first = day.from - reconcile_tolerance, last = day.until + reconcile_tolerance;
  std::vector<BookedCall> out;
  std::set<std::pair<std::string, Part>> known;
  const auto read = [&](const ScopeSubject& s, bool is_line) -> Status {
    CallsAsk ask;
    ask.matter = scope.matter;
    ask.subject = s;
    ask.from = std::min(first, std::max(day.from - longest_call, scope.records_from));
    ask.until = std::max(last, std::min(day.until + longest_ringing, scope.records_until));
    return RecordService{c}
        .calls(ask, reader,
               [&](const CallRow& row) -> Status {
                 if (auto b = as_booked(row, s, is_line); b && known.emplace(b->ref, b->part).second)
                   out.push_back(std::move(*b));
                 return {};
               })
        .map([](const auto&) {});
  };
  for (const ScopeSubject& s : subjects.targets) WRIT_CHECK(read(s, false));
  for (const ScopeSubject& s : subjects.lines) WRIT_CHECK(read(s, true));
  return out;
}

Result<Instant> newest_record(Carrier& c) {
  WRIT_TRY(store, RecordStore::open(c));
  WRIT_TRY(heads, store->cdrs().heads());
  Instant newest = Instant::min();
  for (const records::MonthHead& h : heads)
    if (h.size > 0) newest = std::max(newest, h.last);
  return newest;
}

}  // namespace writ::desk
