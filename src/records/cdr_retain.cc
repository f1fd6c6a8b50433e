// SPDX-License-Identifier: GPL-3.0-or-later
// Sealing, proofs, and the end of months. A month goes as a whole: first the rows that a legal hold keeps are
// copied out, each with the proof that it was in the month's tree; then the rows and the month's key are
// destroyed. What stays of the month is its size and root, and the held rows until no hold keeps them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "records/cdr_book_impl.hh"

namespace writ::records {
namespace {

CdrQuery query_of(const CdrHold& h) {
  CdrQuery q;
  q.by = h.by;
  q.value = h.value;
  q.account = h.account;
  q.from = h.from;
  q.until = h.until;
  return q;
}

tl::unexpected<Error> no_such_record(const std::string& label, std::uint64_t seq) {
  return fail(Exit::not_found, fmt::format("there is no call record {} in {}", seq, label), {},
              "month and number of a row that a query gave");
}

}  // namespace

Status Book::seal(const std::string& month) {
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(engine_->begin());
  const Writing writing{*engine_};
  WRIT_CHECK(refresh());
  const auto it = states_.find(month);
  if (it == states_.end() || it->second.dropped)
    return fail(Exit::not_found, fmt::format("no call records of the month {} are kept", month));
  if (it->second.sealed) return {};
  MonthState after = it->second;
  after.sealed = true;
  return engine_->seal(after);
}

Result<CdrProof> Book::prove_in(OpenMonth& m, std::uint64_t seq) {
  const MonthState& s = m.state;
  if (seq >= s.size) return no_such_record(s.label, seq);
  CdrProof p;
  bool is_there = false;
  const auto leaves = [&](std::uint64_t from, std::uint64_t to) -> Result<std::vector<crypto::Digest>> {
    WRIT_TRY(rows, engine_->rows(s.label, from, to));
    std::vector<crypto::Digest> out;
    for (const CdrRow& row : rows) {
      WRIT_TRY(c, read(m, row));
      out.push_back(leaf_of(*m.keys, row.seq, c));
      if (row.seq != seq) continue;
      p.row = {s.label, seq, std::move(c)};
      is_there = true;
    }
    return out;
  };
  PathFinder finder{
      s.size, s.peaks,
      [&](int level, std::uint64_t from, std::uint64_t to) -> Result<std::vector<crypto::Digest>> {
        if (level == 0) return leaves(from, to);
        WRIT_TRY(nodes, engine_->nodes(s.label, level, from, to));
        std::vector<crypto::Digest> out;
        for (const TreeNode& n : nodes) out.push_back(n.hash);
        return out;
      }};
  WRIT_TRY(path, finder.path(seq));
  if (!is_there) WRIT_CHECK(leaves(seq, seq + 1));  // its sibling is a peak: nothing below was read
  const auto salt = m.keys->salt(seq);
  p.salt.assign(salt.begin(), salt.end());
  p.size = s.size;
  p.path = std::move(path);
  p.root = tree_root(s.peaks);
  if (!is_there || !records::verify(p))
    return fail(Exit::integrity, fmt::format("{}: record {} does not fit the month's root", s.label, seq),
                "every exported record carries its proof (RFC 6962)", "the rows as they were appended",
                "'writ records verify' names the first record that changed");
  return p;
}

Result<CdrProof> Book::prove_held(const std::string& label, std::uint64_t seq) {
  WRIT_TRY(held, engine_->held(to_ms(month_begin(label)), to_ms(month_end(label))));
  for (const HeldRow& h : held) {
    if (h.label != label || h.seq != seq) continue;
    WRIT_TRY(j, parse_canonical(view_of(h.proof), "held call record"));
    return parse_cdr_proof(j);
  }
  return no_such_record(label, seq);
}

Result<CdrProof> Book::prove(const std::string& month, std::uint64_t seq) {
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(refresh());
  const auto it = states_.find(month);
  if (it == states_.end()) return no_such_record(month, seq);
  if (it->second.dropped) return prove_held(month, seq);
  WRIT_TRY(m, open_month(month));
  return prove_in(*m, seq);
}

Status Book::plan_drop(const MonthState& s, const std::vector<CdrHold>& holds, DropPlan& plan,
                       CdrPurge& report) {
  std::set<std::uint64_t> kept;
  for (const CdrHold& hold : holds) {
    const CdrQuery q = query_of(hold);
    constexpr std::size_t chunk = 1000;
    Place after;
    for (std::vector<StoredCdr> rows;; rows.clear()) {
      WRIT_CHECK(collect(s.label, q, after, chunk, rows));
      for (const StoredCdr& r : rows) kept.insert(r.seq);
      if (rows.size() < chunk) break;
      after = {to_ms(rows.back().cdr.start), s.label, static_cast<std::int64_t>(rows.back().seq)};
    }
  }
  WRIT_TRY(m, open_month(s.label));
  for (const std::uint64_t seq : kept) {
    WRIT_TRY(p, prove_in(*m, seq));
    plan.hold.push_back({s.label, seq, to_ms(p.row.cdr.start), canonical(to_json(p))});
  }
  WRIT_TRY(bytes, engine_->bytes(s.label));
  report.months.push_back({s.label, s.size - kept.size(), kept.size(), bytes, tree_root(s.peaks)});
  MonthState after = s;
  after.dropped = true;
  after.sealed_key.clear();
  plan.months.push_back(std::move(after));
  return {};
}

// Rows that outlived their month only for holds which have ended since.
Status Book::plan_release(Instant cutoff, const std::vector<CdrHold>& holds, DropPlan& plan,
                          CdrPurge& report) {
  WRIT_TRY(held, engine_->held(INT64_MIN, to_ms(cutoff)));
  std::map<std::string, CdrPurge::Month> months;
  for (const HeldRow& h : held) {
    if (month_end(h.label) > cutoff) continue;
    WRIT_TRY(j, parse_canonical(view_of(h.proof), "held call record"));
    WRIT_TRY(p, parse_cdr_proof(j));
    if (std::any_of(holds.begin(), holds.end(),
                    [&](const CdrHold& hold) { return matches(query_of(hold), p.row.cdr); }))
      continue;
    plan.release.emplace_back(h.label, h.seq);
    CdrPurge::Month& m = months[h.label];
    m.month = h.label;
    ++m.rows;
    m.bytes += h.proof.size();
    m.root = p.root;
  }
  for (auto& [label, m] : months) report.months.push_back(std::move(m));
  return {};
}

Result<CdrPurge> Book::purge(Instant cutoff, const std::vector<CdrHold>& holds, bool dry_run) {
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(engine_->begin());
  const Writing writing{*engine_};
  WRIT_CHECK(refresh());
  DropPlan plan;
  CdrPurge report;
  for (const auto& [label, s] : states_)
    if (!s.dropped && month_end(label) <= cutoff) WRIT_CHECK(plan_drop(s, holds, plan, report));
  WRIT_CHECK(plan_release(cutoff, holds, plan, report));
  if (dry_run || (plan.months.empty() && plan.release.empty())) return report;
  WRIT_CHECK(engine_->drop(plan));
  for (const MonthState& s : plan.months) open_.erase(s.label);
  return report;
}

}  // namespace writ::records
