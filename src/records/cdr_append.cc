// SPDX-License-Identifier: GPL-3.0-or-later
// A batch comes in. Records are parted by month; each month drops what it has already, gives the rest their
// places, salts and leaves; the engine then makes the whole plan durable, or nothing of it.
//
// Doubles are looked for in the record's own month: the same leg of the same call began when it began. The
// narrow keyed hash only finds candidates; the true identity decides.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/utf8.hh"
#include "records/cdr_book_impl.hh"

namespace writ::records {
namespace {

Status check_record(const Cdr& c, std::size_t place) {
  const char* wrong = nullptr;
  if (std::chrono::floor<std::chrono::milliseconds>(c.start) != c.start)
    wrong = "its start is not a whole millisecond";
  const std::string* texts[] = {&c.account,          &c.call_id, &c.leg,         &c.linked,
                                &c.caller,           &c.called,  &c.redirecting, &c.caller_extension,
                                &c.called_extension, &c.extra,   &c.source};
  for (const std::string* s : texts)
    if (!is_utf8(*s)) wrong = "a text is not UTF-8";
  // The month's name has four digits for the year.
  if (c.start < Instant{} || c.start >= Instant{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}})
    wrong = "its start is no time of a telephone call";
  if (wrong == nullptr) return {};
  return fail(Exit::usage,
              fmt::format("record {} of the batch ({} line {}) cannot be kept: {}", place + 1, c.source,
                          c.line, wrong),
              {}, "records as the importer makes them",
              "nothing of this batch was kept; put it right and append again");
}

bool same_identity(const Cdr& a, const Cdr& b) {
  return a.account == b.account && a.call_id == b.call_id && a.leg == b.leg;
}

std::string receipt_text(const AppendReceipt& r) {
  return canonical(Json{{"added", r.added}, {"duplicates", r.duplicates}, {"months", r.months}});
}

Result<AppendReceipt> parse_receipt(const std::string& text) {
  WRIT_TRY(j, parse_canonical(view_of(text), "receipt"));
  WRIT_TRY(added, field<std::uint64_t>(j, "added", "receipt"));
  WRIT_TRY(duplicates, field<std::uint64_t>(j, "duplicates", "receipt"));
  WRIT_TRY(months, field<std::vector<std::string>>(j, "months", "receipt"));
  return AppendReceipt{added, duplicates, months, true};
}

}  // namespace

struct Book::Group {
  std::string base;
  std::vector<const Cdr*> records;
};

// Which of the group are in the month, or earlier in the group.
Result<std::vector<bool>> Book::duplicates(const OpenMonth& m, const Group& g,
                                           const std::vector<std::int32_t>& hashes) {
  std::vector<bool> out(g.records.size());
  std::unordered_multimap<std::int32_t, std::size_t> seen;
  seen.reserve(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto [a, b] = seen.equal_range(hashes[i]);
    out[i] =
        std::any_of(a, b, [&](const auto& e) { return same_identity(*g.records[e.second], *g.records[i]); });
    if (!out[i]) seen.emplace(hashes[i], i);
  }
  if (m.state.size == 0) return out;
  std::vector<std::int32_t> sorted = hashes;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  WRIT_TRY(found, engine_->candidates(m.state.label, sorted, m.state.size));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
  for (std::size_t i = 0;
       i < found.size();) {  // neighbours are read together: mostly a file comes again whole
    std::size_t j = i + 1;
    while (j < found.size() && found[j].seq - found[i].seq < 1024) ++j;
    WRIT_TRY(rows, engine_->rows(m.state.label, found[i].seq, found[j - 1].seq + 1));
    std::size_t r = 0;
    for (; i < j; ++i) {
      while (r < rows.size() && rows[r].seq < found[i].seq) ++r;
      if (r == rows.size()) break;
      WRIT_TRY(there, read(m, rows[r]));
      const auto [a, b] = seen.equal_range(found[i].identity);
      for (auto e = a; e != b; ++e)
        if (same_identity(there, *g.records[e->second])) out[e->second] = true;
    }
    i = j;
  }
  return out;
}

Status Book::add_group(const Group& g, AppendPlan& plan, AppendReceipt& receipt) {
  WRIT_TRY(m, month_for(g.base));
  std::vector<std::int32_t> hashes;
  hashes.reserve(g.records.size());
  for (const Cdr* c : g.records) hashes.push_back(identity_hash(*c, *m->keys));
  WRIT_TRY(is_double, duplicates(*m, g, hashes));
  AppendPlan::Part part;
  part.after = m->state;
  part.size_before = m->state.size;
  part.texts_before = m->state.texts;
  MonthState& s = part.after;
  part.rows.reserve(g.records.size());
  for (std::size_t i = 0; i < g.records.size(); ++i) {
    if (is_double[i]) {
      ++receipt.duplicates;
      continue;
    }
    const Cdr& c = *g.records[i];
    CdrRow row = pack(c, m->texts, *m->keys, hashes[i]);
    row.seq = s.size;
    const crypto::Digest leaf = leaf_of(*m->keys, row.seq, c);
    row.check = row_check(leaf, row);
    tree_push(s.peaks, s.size, leaf, part.nodes);
    s.first_ms = s.size == 0 ? row.start_ms : std::min(s.first_ms, row.start_ms);
    s.last_ms = s.size == 0 ? row.start_ms : std::max(s.last_ms, row.start_ms);
    ++s.size;
    part.rows.push_back(std::move(row));
  }
  if (part.rows.empty()) return {};
  part.texts = m->texts.since(part.texts_before);
  s.texts = m->texts.size();
  receipt.added += part.rows.size();
  receipt.months.push_back(s.label);
  plan.parts.push_back(std::move(part));
  return {};
}

Result<AppendReceipt> Book::append(std::span<const Cdr> batch, const std::string& key) {
  if (key.empty())
    return fail(Exit::usage, "a batch of call records needs a key that tells it from every other");
  for (std::size_t i = 0; i < batch.size(); ++i) WRIT_CHECK(check_record(batch[i], i));
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(engine_->begin());
  const Writing writing{*engine_};
  WRIT_TRY(before, engine_->receipt(key));
  if (before) return parse_receipt(*before);
  WRIT_CHECK(refresh());

  std::map<std::string, Group> groups;
  Group* group = nullptr;
  Instant begin{}, end{};  // of the group's month
  for (const Cdr& c : batch) {
    if (group == nullptr || c.start < begin || c.start >= end) {
      const std::string base = month_of(c.start);
      group = &groups[base];
      group->base = base;
      begin = month_begin(base), end = month_end(base);
    }
    group->records.push_back(&c);
  }
  AppendPlan plan;
  plan.key = key;
  AppendReceipt receipt;
  Status ok;
  for (const auto& [base, g] : groups)
    if (ok) ok = add_group(g, plan, receipt);
  if (ok) {
    plan.receipt = receipt_text(receipt);
    ok = engine_->commit(plan);
  }
  if (!ok) {
    forget();  // dictionaries have grown by what was not kept
    return tl::unexpected<Error>(std::move(ok).error());
  }
  return receipt;
}

}  // namespace writ::records
