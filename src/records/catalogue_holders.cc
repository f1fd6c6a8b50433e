// SPDX-License-Identifier: GPL-3.0-or-later
// Who had it. A number leads to an extension of its account, an extension to a room, a room to its stays;
// each step is cut to the time that both sides share, and what a step leaves uncovered stays the
// subscriber's own. Ports cut first: a number that was ported away was nobody's here.
#include <map>
#include <tuple>

#include "records/fact_select.hh"
#include "records/spans.hh"

namespace writ::records {
namespace {

struct Piece {
  Span span;
  std::string tenant, reservation;
};

class Holders {
 public:
  Holders(store::Database& db, const Window& w)
      : db_(&db), w_(w), all_{Instant::min(), Instant::max(), w.known} {}

  Status add(const FactVersion& holding, const std::vector<Span>& spans, const std::string& value) {
    for (const Span& span : spans) {
      WRIT_TRY(pieces, resolve(holding.fact, span));
      for (const Piece& p : pieces)
        if (p.span.overlaps({w_.from, w_.until})) WRIT_CHECK(emit(holding.fact, value, p));
    }
    return {};
  }

  // In service with the fact's account: the time of the fact, without the times after a port away.
  Result<std::vector<Span>> served(const Fact& f, const std::string& number) {
    WRIT_TRY(ports, Select().kind(FactKind::port).account(f.account).key(number).within(*db_, all_));
    const Span whole = span_of(f.valid);
    std::vector<Span> out;
    Instant from = whole.from;
    bool on = true;
    for (const FactVersion& p : ports) {
      const Instant t = p.fact.valid.from;
      if (t <= whole.from || t >= whole.until) continue;
      const bool away = p.fact.body.value("direction", "") == "out";
      if (on && away) out.push_back({from, t});
      if (!on && !away) from = t;
      on = !away;
    }
    if (on) out.push_back({from, whole.until});
    return out;
  }

  std::vector<Holder> take() {
    std::sort(out_.begin(), out_.end(), [](const Holder& a, const Holder& b) {
      const auto key = [](const Holder& h) {
        return std::make_tuple(h.from, h.until.value_or(Instant::max()), std::cref(h.account),
                               std::cref(h.reservation), std::cref(h.tenant));
      };
      return key(a) < key(b);
    });
    return std::move(out_);
  }

 private:
  Result<std::vector<Piece>> resolve(const Fact& f, const Span& span) {
    const auto tenant = f.body.value("tenant", "");
    if (!tenant.empty()) return std::vector<Piece>{{span, tenant, {}}};
    if (f.kind == FactKind::extension) return through_room(f, span);
    if (f.kind == FactKind::number && f.body.value("extension", "") != "") return through_extension(f, span);
    return std::vector<Piece>{{span, {}, {}}};
  }

  Result<std::vector<Piece>> through_extension(const Fact& f, const Span& span) {
    WRIT_TRY(extensions, Select()
                             .kind(FactKind::extension)
                             .account(f.account)
                             .key(f.body.value("extension", ""))
                             .within(*db_, all_));
    std::vector<Piece> out;
    std::vector<Span> covered;
    for (const FactVersion& x : extensions) {
      const Span both = common(span, span_of(x.fact.valid));
      if (both.empty()) continue;
      covered.push_back(both);
      WRIT_TRY(pieces, resolve(x.fact, both));
      out.insert(out.end(), pieces.begin(), pieces.end());
    }
    for (const Span& own : without(span, covered)) out.push_back({own, {}, {}});
    return out;
  }

  Result<std::vector<Piece>> through_room(const Fact& f, const Span& span) {
    const auto room = f.body.value("room", "");
    std::vector<Piece> out;
    std::vector<Span> covered;
    if (!room.empty()) {
      WRIT_TRY(stays, Select().kind(FactKind::stay).account(f.account).place(room).within(*db_, all_));
      for (const FactVersion& s : stays) {
        const Span both = common(span, span_of(s.fact.valid));
        if (both.empty()) continue;
        covered.push_back(both);
        out.push_back({both, s.fact.body.value("name", ""), s.fact.key});
      }
    }
    for (const Span& own : without(span, covered)) out.push_back({own, {}, {}});
    return out;
  }

  // In force at `t`, else the nearest that is known.
  static const Fact* at_time(const std::vector<FactVersion>& versions, Instant t) {
    const Fact* found = nullptr;
    for (const FactVersion& v : versions) {
      if (holds_at(v.fact, t)) return &v.fact;
      if (found == nullptr || v.fact.valid.from <= t) found = &v.fact;
    }
    return found;
  }

  Status emit(const Fact& f, const std::string& value, const Piece& p) {
    auto it = properties_.find(f.account);
    if (it == properties_.end()) {
      WRIT_TRY(names, Select().kind(FactKind::account).account(f.account).within(*db_, all_));
      WRIT_TRY(addresses, Select().kind(FactKind::address).account(f.account).within(*db_, all_));
      it = properties_.emplace(f.account, std::make_pair(std::move(names), std::move(addresses))).first;
    }
    const Instant t = std::max(p.span.from, w_.from);
    Holder h;
    h.account = f.account;
    if (const Fact* name = at_time(it->second.first, t)) h.subscriber = name->body.value("name", "");
    if (const Fact* address = at_time(it->second.second, t)) h.address = address_line(address->body);
    h.tenant = p.tenant, h.reservation = p.reservation;
    h.kind = f.kind == FactKind::block ? "number" : to_string(f.kind);
    h.value = value;
    if (f.body.contains("hosts")) h.hosts = f.body.at("hosts").get<std::vector<std::string>>();
    h.from = p.span.from, h.until = end_of(p.span);
    h.trunk = f.body.value("trunk", false);
    out_.push_back(std::move(h));
    return {};
  }

  store::Database* db_;
  Window w_, all_;
  std::map<std::string, std::pair<std::vector<FactVersion>, std::vector<FactVersion>>> properties_;
  std::vector<Holder> out_;
};

Status add_number(store::Database& db, Holders& holders, const std::string& number, std::string_view account,
                  const Window& w) {
  const Window all{Instant::min(), Instant::max(), w.known};
  Select direct, block;
  direct.kind(FactKind::number).key(number);
  block.kind(FactKind::block).covers(number_value(number));
  if (!account.empty()) direct.account(account), block.account(account);
  WRIT_TRY(singles, direct.within(db, all));
  std::map<std::string, std::vector<Span>> told;  // a number of its own says more than the block it lies in
  for (const FactVersion& v : singles) {
    told[v.fact.account].push_back(span_of(v.fact.valid));
    WRIT_TRY(spans, holders.served(v.fact, number));
    WRIT_CHECK(holders.add(v, spans, number));
  }
  WRIT_TRY(blocks, block.within(db, all));
  for (const FactVersion& v : blocks) {
    WRIT_TRY(spans, holders.served(v.fact, number));
    std::vector<Span> rest;
    for (const Span& s : spans)
      for (const Span& r : without(s, told[v.fact.account])) rest.push_back(r);
    WRIT_CHECK(holders.add(v, rest, number));
  }
  return {};
}

}  // namespace

Result<std::vector<Holder>> Catalogue::who_holds(std::string_view kind, std::string_view value,
                                                 std::string_view account, const Window& w) const {
  WRIT_TRY(canonical, canonical_value(kind, value));
  Holders holders(*db_, w);
  if (kind == "number") {
    WRIT_CHECK(add_number(*db_, holders, canonical, account, w));
    return holders.take();
  }
  WRIT_TRY(fact_kind, parse_fact_kind(kind));
  Select s;
  s.kind(fact_kind).key(canonical);
  if (!account.empty()) s.account(account);
  WRIT_TRY(found, s.within(*db_, w));
  for (const FactVersion& v : found) WRIT_CHECK(holders.add(v, {span_of(v.fact.valid)}, canonical));
  return holders.take();
}

}  // namespace writ::records
