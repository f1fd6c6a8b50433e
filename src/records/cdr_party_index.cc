// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_party_index.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "records/cdr_columns.hh"

namespace writ::records {
Status PartyIndex::find(const Run& run, const Selection::Branch& b, const Range& range,
                        std::vector<Place>& out) {
  PackedRuns::Cursor cursor{packed_, run, place_of(b.column)};
  WRIT_CHECK(cursor.seek(b.code, range.from));
  for (std::size_t found = 0;;) {
    WRIT_TRY(more, cursor.next());
    if (!more) return {};
    for (const auto& e : cursor.chunk()) {
      if (found == range.limit || e.code > b.code || (e.code == b.code && e.start >= range.until)) return {};
      const Place p{e.start, run.first + e.row};
      if (e.code != b.code || !range.holds(p)) continue;
      out.push_back(p);
      ++found;
    }
  }
}

Result<std::vector<PackedRuns::Entries>> PartyIndex::entries(const Run& run) {
  WRIT_TRY(s, db_.prepare(fmt::format("SELECT seq, start, {} FROM cdr WHERE seq>=? AND seq<? ORDER BY seq",
                                      fmt::join(party_columns, ", "))));
  s.bind(1, static_cast<std::int64_t>(run.first)).bind(2, static_cast<std::int64_t>(run.end));
  std::vector<PackedRuns::Entries> out(party_columns.size());
  for (;;) {
    WRIT_TRY(more, s.step());
    if (!more) break;
    PackedRuns::Entry e;
    e.row = static_cast<std::uint32_t>(static_cast<std::uint64_t>(s.integer(0)) - run.first);
    e.start = static_cast<std::int32_t>(s.integer(1));
    for (std::size_t i = 0; i < party_columns.size(); ++i) {
      e.code = s.integer(static_cast<int>(i) + 2);
      if (e.code != 0 || i == place_of(PartyColumn::account)) out[i].push_back(e);
    }
  }
  for (auto& c : out) std::sort(c.begin(), c.end());
  return out;
}

Status PartyIndex::rebuild(const std::vector<Run>& runs, std::size_t stay, std::uint64_t size) {
  for (std::size_t i = stay; i < runs.size(); ++i) WRIT_CHECK(packed_.drop(runs[i]));
  for (std::uint64_t from = stay == 0 ? 0 : runs[stay - 1].end; from < size;) {
    const Run run{from, std::min(from + PackedRuns::rows_max, size)};
    WRIT_TRY(all, entries(run));
    for (std::size_t i = 0; i < party_columns.size(); ++i) WRIT_CHECK(packed_.write(run, i, all[i]));
    WRIT_CHECK(packed_.add(run));
    from = run.end;
  }
  return {};
}

Status PartyIndex::extend(std::uint64_t size) {
  WRIT_TRY(all, runs());
  if (!all.empty() && all.back().end >= size) return {};
  return rebuild(all, PackedRuns::stay(all, size), size);
}

Status PartyIndex::compact(std::uint64_t size) {
  WRIT_TRY(all, runs());
  std::size_t stay = 0;
  for (std::uint64_t from = 0; stay < all.size(); ++stay) {
    const Run& run = all[stay];
    if (run.first != from || (run.end != from + PackedRuns::rows_max && run.end != size)) break;
    from = run.end;
  }
  return rebuild(all, stay, size);
}

Status PartyIndex::cut(std::uint64_t size) {
  WRIT_TRY(all, runs());
  for (const Run& run : all)
    if (run.end > size) WRIT_CHECK(packed_.drop(run));
  return {};
}

Status PartyIndex::check() {
  WRIT_TRY(all, runs());
  std::uint64_t from = 0;
  for (const Run& run : all) {
    if (run.first != from || run.end <= run.first || run.end - run.first > PackedRuns::rows_max)
      return fail(Exit::integrity, fmt::format("the index of parties has a gap at record {}", from));
    from = run.end;
    WRIT_TRY(want, entries(run));
    for (std::size_t i = 0; i < party_columns.size(); ++i) {
      WRIT_TRY(have, packed_.all(run, i));
      if (have != want[i])
        return fail(Exit::integrity,
                    fmt::format("the index of {} does not say what the records say", party_columns[i]));
    }
  }
  return {};
}

}  // namespace writ::records
