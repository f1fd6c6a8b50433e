// SPDX-License-Identifier: GPL-3.0-or-later
// Everything is recomputed: each record is read, encoded, salted and hashed again; the small check kept with
// a row names the one that changed; gaps name the one that is missing; the tree so made must be the stored
// one and must have had, at every size that the audit log knows, the root that the log says.
#include <fmt/format.h>

#include <algorithm>

#include "records/cdr_book_impl.hh"

namespace writ::records {
namespace {

constexpr std::uint64_t chunk_rows = 4096;

using Roots = std::multimap<std::uint64_t, crypto::Digest>;  // by size

std::string disagrees(const std::string& label, std::uint64_t size) {
  return fmt::format("{}: its first {} records are not those that the audit log knows", label, size);
}

// The tree as it grows again; `problem` is the first.
struct Rebuilt {
  const Roots& roots;
  std::string label;
  std::uint64_t size = 0;
  std::vector<crypto::Digest> peaks;
  std::vector<TreeNode> nodes;
  std::int64_t first_ms = 0, last_ms = 0;
  std::string problem;

  void complain(std::string what) {
    if (problem.empty()) problem = std::move(what);
  }
  void compare_known() {
    const auto [a, b] = roots.equal_range(size);
    for (auto it = a; it != b; ++it)
      if (it->second != tree_root(peaks)) complain(disagrees(label, size));
  }
  void push(const CdrRow& row, const crypto::Digest& leaf) {
    if (row.check != row_check(leaf, row))
      complain(fmt::format("{}: record {} is not what its leaf says", label, row.seq));
    tree_push(peaks, size, leaf, nodes);
    first_ms = size == 0 ? row.start_ms : std::min(first_ms, row.start_ms);
    last_ms = size == 0 ? row.start_ms : std::max(last_ms, row.start_ms);
    ++size;
    compare_known();
  }
};

Status compare_nodes(CdrEngine& engine, Rebuilt& r) {
  std::map<int, std::vector<TreeNode>> levels;
  for (const TreeNode& n : r.nodes) levels[n.level].push_back(n);
  for (const auto& [level, mine] : levels) {
    WRIT_TRY(stored, engine.nodes(r.label, level, mine.front().index, mine.back().index + 1));
    for (std::size_t i = 0; i < mine.size(); ++i)
      if (i >= stored.size() || stored[i].index != mine[i].index || stored[i].hash != mine[i].hash) {
        r.complain(fmt::format("{}: the stored tree is wrong above records {} to {}", r.label,
                               mine[i].index << level, ((mine[i].index + 1) << level) - 1));
        break;
      }
  }
  r.nodes.clear();
  return {};
}

}  // namespace

Status Book::verify_month(const MonthState& s, const std::vector<MonthHead>& known, CdrVerify& out) {
  Roots roots;
  Rebuilt r{roots, s.label, 0, {}, {}, 0, 0, {}};
  for (const MonthHead& k : known) {
    if (k.month != s.label) continue;
    roots.emplace(k.size, k.root);
    if (k.size > s.size)
      r.complain(fmt::format("{}: the book has {} records, the audit log knows {}: it was cut or set back",
                             s.label, s.size, k.size));
  }
  r.compare_known();
  auto m = open_month(s.label);
  if (!m) {
    r.complain(fmt::format("{}: {}", s.label, m.error().what));
    out.problems.push_back(r.problem);
    return {};
  }
  for (bool go_on = true; go_on && r.size < s.size;) {
    auto rows = engine_->rows(s.label, r.size, std::min(r.size + chunk_rows, s.size));
    if (!rows) {
      r.complain(
          fmt::format("{}: records from {} on cannot be read: {}", s.label, r.size, rows.error().what));
      break;
    }
    const std::uint64_t end = std::min(r.size + chunk_rows, s.size);
    for (const CdrRow& row : *rows) {
      if (row.seq != r.size) break;
      const auto c = read(**m, row);
      if (!c) {
        r.complain(c.error().what);
        break;
      }
      r.push(row, leaf_of(*(*m)->keys, row.seq, *c));
    }
    go_on = r.size == end;
    if (!go_on) r.complain(fmt::format("{}: record {} is missing", s.label, r.size));
    WRIT_CHECK(compare_nodes(*engine_, r));
  }
  out.rows += r.size;
  if (r.size == s.size) {
    if (r.peaks != s.peaks) r.complain(fmt::format("{}: its records do not give the month's root", s.label));
    if (r.first_ms != s.first_ms || r.last_ms != s.last_ms)
      r.complain(fmt::format("{}: its first or last start is not what the book says", s.label));
  }
  if (r.problem.empty())
    if (const Status ok = engine_->check(s.label); !ok)
      r.complain(fmt::format("{}: {}", s.label, ok.error().what));
  MonthState seen = s;
  seen.size = r.size;
  seen.peaks = r.peaks;
  out.heads.push_back(head_of(seen));
  if (!r.problem.empty()) out.problems.push_back(r.problem);
  return {};
}

Status Book::verify_held(CdrVerify& out) {
  WRIT_TRY(held, engine_->held(INT64_MIN, INT64_MAX));
  for (const HeldRow& h : held) {
    ++out.rows;
    const auto j = parse_canonical(view_of(h.proof), "held call record");
    const auto p = j ? parse_cdr_proof(*j) : tl::unexpected<Error>(j.error());
    const auto s = states_.find(h.label);
    if (!p || !records::verify(*p) || p->row.month != h.label || p->row.seq != h.seq ||
        to_ms(p->row.cdr.start) != h.start_ms)
      out.problems.push_back(fmt::format("{}: held record {} is not what its leaf says", h.label, h.seq));
    else if (s == states_.end() || s->second.size != p->size || tree_root(s->second.peaks) != p->root)
      out.problems.push_back(
          fmt::format("{}: held record {} does not belong to the month's root", h.label, h.seq));
  }
  return {};
}

Result<CdrVerify> Book::verify(const std::vector<MonthHead>& known) {
  const std::lock_guard guard{mutex_};
  forget();
  WRIT_CHECK(refresh());
  CdrVerify out;
  std::vector<MonthState> states;  // reading does not change them, opening months may
  for (const auto& [label, s] : states_) states.push_back(s);
  for (const MonthState& s : states)
    if (!s.dropped) WRIT_CHECK(verify_month(s, known, out));
  for (const MonthHead& k : known) {
    const auto s = states_.find(k.month);
    if (s == states_.end()) {
      if (k.size > 0)
        out.problems.push_back(
            fmt::format("{}: the audit log knows {} records, the book none", k.month, k.size));
    } else if (s->second.dropped && (k.size > s->second.size ||
                                     (k.size == s->second.size && k.root != tree_root(s->second.peaks)))) {
      out.problems.push_back(disagrees(k.month, k.size));
    }
  }
  WRIT_CHECK(verify_held(out));
  return out;
}

}  // namespace writ::records
