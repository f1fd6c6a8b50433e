// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "desk/record_calls.hh"
#include "desk/record_read.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;

constexpr std::size_t batch_max = 1000;

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
  if (a.of)
    return Json{{"of", records::to_json(*a.of)}, {"from", rfc3339(a.from)}, {"until", rfc3339(a.until)}};
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

// Whose calls are asked for, as the scope names it.
Status check_subject(const RecordAccess& access, CallsAsk& a) {
  if (a.of) {
    WRIT_CHECK(check_named(access, *a.of));
    return access.must_allow_any({RecordItem::subscriber_calls, RecordItem::tenant_calls});
  }
  if (a.subject.kind == "stay") return access.must_allow_any({RecordItem::tenant_calls});
  WRIT_TRY(subject, canonical_subject(a.subject));
  a.subject = std::move(subject);
  WRIT_CHECK(access.must_name(a.subject));
  // The records of an account are the subscriber's whole account, whoever sat in its rooms.
  if (a.subject.kind == "account") return access.must_allow_any({RecordItem::subscriber_calls});
  return access.must_allow_any({RecordItem::subscriber_calls, RecordItem::tenant_calls});
}

// Whom the question names: a tenant's stay, or the subscriber's account. Nobody, or several: no calls.
Result<std::vector<CallSource>> sources_of(const Reading& r, RecordStore& store, const RecordAccess& access,
                                           const CallsAsk& a) {
  if (!a.of) return call_sources(store, access, a.subject, a.from, a.until);
  std::vector<CallSource> none;
  records::Ask ask = *a.of;
  ask.from = a.from;
  ask.until = a.until;
  WRIT_TRY(answer, records::identify(store.catalogue(), ask, r.c->policy().records.porting_administrator));
  for (const auto& p : answer.parties) {
    if (!p.reservation.empty() && access.allows(RecordItem::tenant_calls))
      return call_sources(store, access, {"stay", p.reservation, p.account}, a.from, a.until);
    if (p.reservation.empty() && p.tenant.empty() && access.allows(RecordItem::subscriber_calls))
      return call_sources(store, access, {"account", p.account, ""}, a.from, a.until);
  }
  return none;
}

}  // namespace

Result<std::string> read_calls(const Reading& r, CallsAsk a,
                               const std::function<Status(const CallRow&)>& row) {
  WRIT_TRY(access, RecordAccess::enter(*r.c, a.matter, *r.who));
  WRIT_CHECK(check_subject(access, a));
  WRIT_CHECK(access.must_cover(a.from, a.until));
  const Json question = question_json(a);
  const std::string bound =
      crypto::hex(crypto::sha256(view_of(canonical(Json{
                      {"matter", a.matter}, {"scope", access.scope().sequence}, {"question", question}}))))
          .substr(0, 16);
  WRIT_TRY(after, parse_cursor(a.cursor, bound));
  WRIT_TRY(store, ReadableStore::open(r, true));
  Json asked{{"calls", question}};
  if (a.page > 0) asked["page"] = a.page;
  if (after) asked["after"] = rfc3339(after->start);
  WRIT_CHECK(access.begin(asked));
  WRIT_TRY(sources, sources_of(r, *store, access, a));
  const std::size_t batch = a.page > 0 ? std::min(batch_max, a.page + 1) : batch_max;
  CallStream stream{store->cdrs(), std::move(sources), after, batch};
  Giver giver{stream, a.page, row};
  const auto more = giver.run();
  const bool whole = more.has_value();
  WRIT_CHECK(access.end(giver.rows(), giver.digest(), whole));
  if (!more) return tl::unexpected(more.error());
  return *more ? cursor_of(giver.last(), bound) : std::string{};
}

}  // namespace writ::desk
