// SPDX-License-Identifier: GPL-3.0-or-later
// A number or an extension is a tenant's for some of the time and the subscriber's for the rest. A scope that
// allows the calls of one of them only reaches only its part of the time: the spans are cut before the book
// is read, so that what may not be seen is not read (I6).
#include "desk/record_calls.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::ScopeSubject;
using records::CdrQuery;
using records::FactKind;

std::vector<Span> merged(std::vector<Span> spans) {
  std::erase_if(spans, [](const Span& s) { return s.first >= s.second; });
  std::sort(spans.begin(), spans.end());
  std::vector<Span> out;
  for (const Span& s : spans) {
    if (!out.empty() && s.first <= out.back().second)
      out.back().second = std::max(out.back().second, s.second);
    else
      out.push_back(s);
  }
  return out;
}

std::vector<Span> without(const Span& whole, const std::vector<Span>& gone) {
  std::vector<Span> out;
  Instant at = whole.first;
  for (const Span& s : gone) {
    if (s.first > at) out.emplace_back(at, s.first);
    at = std::max(at, s.second);
  }
  if (at < whole.second) out.emplace_back(at, whole.second);
  return out;
}

// The part of the time that the scope's items reach.
Result<std::vector<Span>> readable(RecordStore& store, const RecordAccess& access, const ScopeSubject& s,
                                   const Span& w) {
  const bool subscriber = access.allows(RecordItem::subscriber_calls);
  const bool tenant = access.allows(RecordItem::tenant_calls);
  if (subscriber && tenant) return std::vector<Span>{w};
  WRIT_TRY(holders, store.catalogue().who_holds(s.kind, s.value, s.property, {w.first, w.second, {}}));
  std::vector<Span> tenants;
  for (const auto& h : holders)
    if (!h.tenant.empty() || !h.reservation.empty()) tenants.push_back(cut({h.from, h.until}, w));
  tenants = merged(std::move(tenants));
  return subscriber ? without(w, tenants) : tenants;
}

tl::unexpected<Error> no_such_stay(const ScopeSubject& s) {
  return fail(Exit::refused,
              fmt::format("the scope reaches no stay '{}' at property {}", s.value, s.property), record_rule,
              "a scope that names the tenant, or an extension of the room, for that time",
              "ask by the reservation of a stay that the scope reaches");
}

Result<std::vector<CallSource>> stay_sources(RecordStore& store, const RecordAccess& access,
                                             const ScopeSubject& s, const Span& w) {
  std::vector<CallSource> out;
  WRIT_TRY(stays, store.catalogue().facts(FactKind::stay, s.property, s.value, {w.first, w.second, {}}));
  for (const auto& v : stays) {
    const std::string name = v.fact.body.value("name", "");
    const bool is_named = access.ticket().names({"tenant-name", name, ""}) ||
                          access.ticket().names({"tenant-name", name, s.property});
    const Span stay = cut(v.fact.valid, w);
    if (stay.first >= stay.second) continue;
    WRIT_CHECK(add_room(
        store, {s.property, v.fact.body.value("room", ""), stay},
        [&](const std::string& extension) {
          return is_named || access.ticket().names({"extension", extension, s.property});
        },
        out));
  }
  if (out.empty()) return no_such_stay(s);
  return out;
}

}  // namespace

Span cut(const records::Period& p, const Span& w) {
  return {std::max(p.from, w.first), p.until ? std::min(*p.until, w.second) : w.second};
}

records::CdrQuery call_query(CdrQuery::By by, const std::string& value, const std::string& account) {
  CdrQuery q;
  q.by = by;
  q.value = value;
  q.account = account;
  return q;
}

Status add_room(RecordStore& store, const RoomStay& room,
                const std::function<bool(const std::string& extension)>& wanted,
                std::vector<CallSource>& out) {
  records::Criteria in_room;
  in_room.kind = FactKind::extension;
  in_room.account = room.property;
  in_room.place = room.room;
  WRIT_TRY(extensions, store.catalogue().find(in_room, {room.stay.first, room.stay.second, {}}));
  for (const auto& e : extensions) {
    if (!wanted(e.fact.key)) continue;
    const Span span = cut(e.fact.valid, room.stay);
    if (span.first >= span.second) continue;
    out.push_back({call_query(CdrQuery::By::extension, e.fact.key, room.property), {span}});
    records::Criteria reaches;
    reaches.kind = FactKind::number;
    reaches.account = room.property;
    reaches.place = e.fact.key;
    WRIT_TRY(numbers, store.catalogue().find(reaches, {span.first, span.second, {}}));
    for (const auto& n : numbers) {
      const Span reached = cut(n.fact.valid, span);
      if (reached.first < reached.second)
        out.push_back({call_query(CdrQuery::By::number, n.fact.key, room.property), {reached}});
    }
  }
  return {};
}

Result<std::vector<CallSource>> call_sources(RecordStore& store, const RecordAccess& access,
                                             const ScopeSubject& s, Instant from, Instant until) {
  const Span w{from, until};
  if (s.kind == "stay") return stay_sources(store, access, s, w);
  if (s.kind == "account")
    return std::vector<CallSource>{{call_query(CdrQuery::By::account, "", s.value), {w}}};
  WRIT_TRY(spans, readable(store, access, s, w));
  if (s.kind == "number")
    return std::vector<CallSource>{{call_query(CdrQuery::By::number, s.value, ""), std::move(spans)}};
  if (s.kind == "extension")
    return std::vector<CallSource>{
        {call_query(CdrQuery::By::extension, s.value, s.property), std::move(spans)}};
  return fail(Exit::usage, fmt::format("calls are not asked by {}", s.kind), record_rule,
              "number, extension, account or stay", "ask whois first, then for the calls of what it names");
}

CallKey key_of(const records::StoredCdr& r) { return {r.cdr.start, r.month, r.seq}; }

CallStream::CallStream(records::CdrBook& book, std::vector<CallSource> sources, std::optional<CallKey> after,
                       std::size_t batch)
    : book_(&book), last_(std::move(after)), batch_(batch) {
  for (CallSource& s : sources) {
    if (last_)  // the row itself is passed over by its key
      for (Span& span : s.spans) span.first = std::max(span.first, last_->start);
    std::erase_if(s.spans, [](const Span& span) { return span.first >= span.second; });
    feeds_.push_back({std::move(s), 0, 0, "", false, {}});
  }
}

// To the feed's next row that was not given out, or to its end.
Status CallStream::fill(Feed& f) {
  for (;;) {
    while (f.row < f.page.rows.size()) {
      if (!last_ || key_of(f.page.rows[f.row]) > *last_) return {};
      ++f.row;
    }
    if (f.is_open && f.cursor.empty()) {
      f.is_open = false;
      ++f.span;
    }
    if (f.span >= f.source.spans.size()) {
      f.page = {};
      f.row = 0;
      return {};
    }
    CdrQuery q = f.source.query;
    q.from = f.source.spans[f.span].first;
    q.until = f.source.spans[f.span].second;
    q.limit = batch_;
    q.cursor = f.cursor;
    WRIT_TRY(page, book_->find(q));
    f.page = std::move(page);
    f.cursor = f.page.next;
    f.row = 0;
    f.is_open = true;
  }
}

Result<const records::StoredCdr*> CallStream::peek() {
  next_ = nullptr;
  for (Feed& f : feeds_) {
    WRIT_CHECK(fill(f));
    if (f.row >= f.page.rows.size()) continue;
    if (next_ == nullptr || key_of(f.page.rows[f.row]) < key_of(next_->page.rows[next_->row])) next_ = &f;
  }
  return next_ == nullptr ? nullptr : &next_->page.rows[next_->row];
}

void CallStream::pop() { last_ = key_of(next_->page.rows[next_->row]); }

}  // namespace writ::desk
