// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_identity_index.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::records {
namespace {

using Entry = PackedRuns::Entry;
using Run = PackedRuns::Run;

// Forward through one run. A large batch meets nearly every chunk, so the next one is tried before the tree.
class Walk {
 public:
  Walk(PackedRuns& packed, const Run& run) : cursor_(packed, run, 0) {}
  const Entry* entry() const { return at_ < cursor_.chunk().size() ? &cursor_.chunk()[at_] : nullptr; }
  Status step() { return ++at_ < cursor_.chunk().size() ? Status{} : next_chunk(); }
  Status go_to(Code code) {  // the first entry not before it
    if (is_begun_ && ends_before(code)) WRIT_CHECK(next_chunk());
    if (!is_begun_ || (entry() != nullptr && ends_before(code))) {
      WRIT_CHECK(cursor_.seek(code, std::numeric_limits<std::int64_t>::min()));
      WRIT_CHECK(next_chunk());
      is_begun_ = true;
    }
    while (entry() != nullptr && entry()->code < code) ++at_;
    return {};
  }

 private:
  bool ends_before(Code code) const { return entry() != nullptr && cursor_.chunk().back().code < code; }
  Status next_chunk() {
    at_ = 0;
    WRIT_CHECK(cursor_.next());
    return {};
  }
  PackedRuns::Cursor cursor_;
  std::size_t at_ = 0;
  bool is_begun_ = false;
};

}  // namespace

Result<std::vector<CdrEngine::Candidate>> IdentityIndex::find(std::span<const std::int32_t> identities,
                                                              std::uint64_t size) {
  WRIT_TRY(runs, packed_.runs());
  std::vector<CdrEngine::Candidate> out;
  for (const Run& run : runs) {
    Walk walk{packed_, run};
    for (const std::int32_t identity : identities) {
      WRIT_CHECK(walk.go_to(identity));
      if (walk.entry() == nullptr) break;
      while (walk.entry() != nullptr && walk.entry()->code == identity) {
        const std::uint64_t seq = run.first + walk.entry()->row;
        if (seq < size) out.push_back({identity, seq});
        WRIT_CHECK(walk.step());
      }
    }
  }
  return out;
}

Status IdentityIndex::append(std::span<const CdrRow> rows) {
  for (std::size_t i = 0; i < rows.size();) {
    WRIT_TRY(runs, packed_.runs());
    const auto part = rows.subspan(i, std::min<std::size_t>(rows.size() - i, PackedRuns::rows_max));
    Run run{part.front().seq, part.front().seq + part.size()};
    const std::size_t stay = PackedRuns::stay(runs, run.end);
    if (stay < runs.size()) run.first = runs[stay].first;
    PackedRuns::Entries all;
    all.reserve(run.end - run.first);
    for (const CdrRow& r : part)
      all.push_back({r.identity, 0, static_cast<std::uint32_t>(r.seq - run.first)});
    std::sort(all.begin(), all.end());
    for (; runs.size() > stay; runs.pop_back()) {
      WRIT_TRY(older, packed_.all(runs.back(), 0));
      for (Entry& e : older) e.row += static_cast<std::uint32_t>(runs.back().first - run.first);
      const auto middle = static_cast<std::ptrdiff_t>(all.size());
      all.insert(all.end(), older.begin(), older.end());
      std::inplace_merge(all.begin(), all.begin() + middle, all.end());
      WRIT_CHECK(packed_.drop(runs.back()));
    }
    WRIT_CHECK(packed_.write(run, 0, all));
    WRIT_CHECK(packed_.add(run));
    i += part.size();
  }
  return {};
}

Status IdentityIndex::cut(std::uint64_t size) {
  WRIT_TRY(runs, packed_.runs());
  for (const Run& run : runs) {
    if (run.end <= size) continue;
    WRIT_TRY(all, packed_.all(run, 0));
    WRIT_CHECK(packed_.drop(run));
    if (run.first >= size) continue;
    std::erase_if(all, [&](const Entry& e) { return run.first + e.row >= size; });
    WRIT_CHECK(packed_.write({run.first, size}, 0, all));
    WRIT_CHECK(packed_.add({run.first, size}));
  }
  return {};
}

Status IdentityIndex::check() {
  WRIT_TRY(runs, packed_.runs());
  std::uint64_t from = 0;
  for (const Run& run : runs) {
    WRIT_TRY(all, packed_.all(run, 0));
    if (run.first != from || run.end - run.first != all.size())
      return fail(Exit::integrity, fmt::format("the index of identities has a gap at record {}", from));
    from = run.end;
  }
  return {};
}

}  // namespace writ::records
