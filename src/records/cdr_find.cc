// SPDX-License-Identifier: GPL-3.0-or-later
// Looking records up, a page at a time, in the order (start, month, seq). Months are visited in their order
// and only as far as the page reaches; each gives its next rows by its indexes, held rows of destroyed months
// are mixed in. Codes only find candidates: the texts of the record decide.
//
// A cursor is the place of the last row given out, under a keyed hash of place and query: it serves no other
// query, and cannot be made up.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "records/cdr_book_impl.hh"
#include "records/cdr_pack.hh"

namespace writ::records {
namespace {

constexpr std::size_t page_rows_max = 100'000;

Status check_query(const CdrQuery& q) {
  const char* wrong = nullptr;
  if (q.by == CdrQuery::By::account ? q.account.empty() : q.value.empty())
    wrong = "the query names nobody";
  else if (q.by == CdrQuery::By::extension && q.account.empty())
    wrong = "an extension is one only together with its account";
  else if (q.until <= q.from)
    wrong = "the period of the query is empty";
  else if (q.limit == 0 || q.limit > page_rows_max)
    wrong = "a page has 1 to 100,000 rows";
  else if (q.by != CdrQuery::By::account && !q.as_caller && !q.as_called && !q.as_redirecting)
    wrong = "the query asks for no role of the party";
  if (wrong == nullptr) return {};
  return fail(Exit::usage, wrong, {},
              "a number (E.164), an extension with its account, or an account; from < until");
}

bool before(const StoredCdr& a, const StoredCdr& b) {
  if (a.cdr.start != b.cdr.start) return a.cdr.start < b.cdr.start;
  return std::tie(a.month, a.seq) < std::tie(b.month, b.seq);
}

std::int64_t from_of(const CdrQuery& q, std::int64_t after_ms) {
  return std::max(to_ms_up(q.from), after_ms);
}

}  // namespace

bool matches(const CdrQuery& q, const Cdr& c) {
  if (c.start < q.from || c.start >= q.until) return false;
  if (!q.account.empty() && c.account != q.account) return false;
  if (q.by == CdrQuery::By::account) return true;
  const bool extension = q.by == CdrQuery::By::extension;
  return (q.as_caller && (c.caller == q.value || (extension && c.caller_extension == q.value))) ||
         (q.as_called && (c.called == q.value || (extension && c.called_extension == q.value))) ||
         (q.as_redirecting && c.redirecting == q.value);
}

// No branches: nothing in this month can match.
Result<Selection> Book::selection(const OpenMonth& m, const CdrQuery& q) const {
  Selection s;
  s.until_ms = to_ms_up(q.until);
  s.size = m.state.size;
  const auto account = m.texts.find(q.account);
  if (!q.account.empty() && !account) return s;
  if (q.by == CdrQuery::By::account) {
    s.branches.push_back({PartyColumn::account, *account});
    return s;
  }
  const bool extension = q.by == CdrQuery::By::extension;
  const Code code = party_code(q.value, extension ? *account : 0, *m.keys);
  if (!extension && code < 0)
    return fail(Exit::usage, fmt::format("'{}' is an extension, not a number", q.value), {},
                "E.164 (+14045550100), or the account of the extension");
  if (q.as_caller) s.branches.push_back({PartyColumn::caller, code});
  if (q.as_called) s.branches.push_back({PartyColumn::called, code});
  if (q.as_redirecting) s.branches.push_back({PartyColumn::redirecting, code});
  if (extension && q.as_caller) s.branches.push_back({PartyColumn::caller_extension, code});
  if (extension && q.as_called) s.branches.push_back({PartyColumn::called_extension, code});
  return s;
}

// At least the first `want` matching rows of one month after a place.
Status Book::collect(const std::string& label, const CdrQuery& q, const Place& after, std::size_t want,
                     std::vector<StoredCdr>& out) {
  WRIT_TRY(m, open_month(label));
  WRIT_TRY(s, selection(*m, q));
  if (s.branches.empty()) return {};
  s.after_ms = label < after.label    ? after.ms
               : label == after.label ? after.ms
                                      : after.ms - (after.ms > INT64_MIN);
  s.after_seq = label == after.label ? after.seq : INT64_MAX;
  if (after.ms == INT64_MIN) s.after_seq = -1;
  for (std::size_t found = 0; found < want;) {
    s.from_ms = from_of(q, s.after_ms);
    s.limit = want - found + 1;
    WRIT_TRY(rows, engine_->select(label, s));
    std::sort(rows.begin(), rows.end(), [](const CdrRow& a, const CdrRow& b) {
      return std::tie(a.start_ms, a.seq) < std::tie(b.start_ms, b.seq);
    });
    rows.erase(std::unique(rows.begin(), rows.end(),
                           [](const CdrRow& a, const CdrRow& b) { return a.seq == b.seq; }),
               rows.end());
    const bool is_last = rows.size() < s.limit;
    if (rows.size() > s.limit) rows.resize(s.limit);
    for (const CdrRow& row : rows) {
      WRIT_TRY(c, read(*m, row));
      if (!matches(q, c)) continue;
      out.push_back({label, row.seq, std::move(c)});
      ++found;
    }
    if (is_last) break;
    s.after_ms = rows.back().start_ms;
    s.after_seq = static_cast<std::int64_t>(rows.back().seq);
  }
  return {};
}

Status Book::collect_held(const std::string& base, const CdrQuery& q, const Place& after,
                          std::vector<StoredCdr>& out) {
  const std::int64_t from = std::max(from_of(q, after.ms), to_ms(month_begin(base)));
  const std::int64_t until = std::min(to_ms_up(q.until), to_ms(month_end(base)));
  if (from >= until) return {};
  WRIT_TRY(held, engine_->held(from, until));
  for (const HeldRow& h : held) {
    if (Place{h.start_ms, h.label, static_cast<std::int64_t>(h.seq)} <= after) continue;
    WRIT_TRY(j, parse_canonical(view_of(h.proof), "held call record"));
    WRIT_TRY(p, parse_cdr_proof(j));
    if (matches(q, p.row.cdr)) out.push_back(std::move(p.row));
  }
  return {};
}

Result<CdrPage> Book::find(const CdrQuery& q) {
  WRIT_CHECK(check_query(q));
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(refresh());
  WRIT_TRY(after, parse_cursor(q));
  const std::int64_t from = from_of(q, after.ms), until = to_ms_up(q.until);
  CdrPage page;
  for (auto it = states_.begin(); it != states_.end() && page.rows.size() <= q.limit;) {
    const std::string base = base_month(it->first);
    std::vector<StoredCdr> rows;
    bool may_be_held = false;
    for (; it != states_.end() && base_month(it->first) == base; ++it) {
      const MonthState& s = it->second;
      may_be_held = may_be_held || s.dropped;
      if (s.dropped || s.size == 0 || s.last_ms < from || s.first_ms >= until) continue;
      WRIT_CHECK(collect(it->first, q, after, q.limit + 1 - page.rows.size(), rows));
    }
    if (may_be_held) WRIT_CHECK(collect_held(base, q, after, rows));
    std::sort(rows.begin(), rows.end(), before);
    std::move(rows.begin(), rows.end(), std::back_inserter(page.rows));
  }
  if (page.rows.size() > q.limit) {
    page.rows.resize(q.limit);
    const StoredCdr& last = page.rows.back();
    page.next = cursor_of(q, {to_ms(last.cdr.start), last.month, static_cast<std::int64_t>(last.seq)});
  }
  return page;
}

std::string Book::cursor_of(const CdrQuery& q, const Place& p) const {
  Bytes place;
  put_signed(place, p.ms);
  put_text(place, p.label);
  put_signed(place, p.seq);
  Bytes bound = place;
  for (const std::string* s : {&q.value, &q.account}) put_text(bound, *s);
  put_signed(bound, to_ns(q.from));
  put_signed(bound, to_ns(q.until));
  const unsigned roles = (q.as_caller ? 4u : 0u) | (q.as_called ? 2u : 0u) | (q.as_redirecting ? 1u : 0u);
  bound.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(q.by) << 3 | roles));
  put_text(bound, "writ.cdr.cursor/1");
  std::array<std::uint8_t, 16> tag{};
  crypto::blake2b(tag, master_.view(), bound);
  Bytes out(tag.begin(), tag.end());
  put_bytes(out, place);
  return crypto::hex(out);
}

Result<Book::Place> Book::parse_cursor(const CdrQuery& q) const {
  Place p;
  if (q.cursor.empty()) return p;
  const auto refuse = [] {
    return fail(Exit::usage, "this cursor belongs to another query", {},
                "the cursor of the page before, unchanged", "ask again without a cursor to begin anew");
  };
  const auto b = crypto::unhex(q.cursor);
  if (!b || b->size() < 16) return refuse();
  Unpacker in{View{*b}.subspan(16)};
  p.ms = in.number();
  p.label = in.text();
  p.seq = in.number();
  if (!in.done() || cursor_of(q, p) != q.cursor) return refuse();
  return p;
}

}  // namespace writ::records
