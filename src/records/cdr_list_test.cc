// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_list.hh"

#include <gtest/gtest.h>

namespace writ::records {
namespace {

using namespace std::chrono_literals;

const Instant start = from_ns(1'795'579'597'000'000'000);

StoredCdr row(std::uint64_t seq, Instant at, const std::string& caller, const std::string& called) {
  StoredCdr r;
  r.month = "2026-11";
  r.seq = seq;
  r.cdr.account = "PL-2001";
  r.cdr.call_id = "c" + std::to_string(seq);
  r.cdr.start = at;
  r.cdr.caller = caller;
  r.cdr.called = called;
  return r;
}

std::vector<std::uint64_t> all(CdrBook& book, CdrQuery q) {
  std::vector<std::uint64_t> out;
  do {
    const auto page = book.find(q);
    EXPECT_TRUE(page);
    for (const auto& r : page->rows) out.push_back(r.seq);
    q.cursor = page->next;
  } while (!q.cursor.empty());
  return out;
}

TEST(CdrList, FindsInOrderOfTimePageByPage) {
  const auto book =
      list_of_cdrs({row(3, start + 3s, "7", "+14045550199"), row(1, start + 1s, "+14045550199", "7"),
                    row(2, start + 2s, "8", "+14045550111"), row(4, start + 4s, "8", "+14045550199")});
  CdrQuery q;
  q.by = CdrQuery::By::extension;
  q.value = "7";
  q.account = "PL-2001";
  q.from = start;
  q.until = start + 10s;
  for (const std::size_t page : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    q.limit = page;
    EXPECT_EQ(all(*book, q), (std::vector<std::uint64_t>{1, 3}));
  }
  q.by = CdrQuery::By::number;
  q.value = "+14045550199";
  q.until = start + 4s;  // half open
  EXPECT_EQ(all(*book, q), (std::vector<std::uint64_t>{1, 3}));
  q.account = "OTHER";
  EXPECT_TRUE(all(*book, q).empty());
}

TEST(CdrList, IsOnlyRead) {
  const auto book = list_of_cdrs({row(1, start, "7", "8")});
  EXPECT_FALSE(book->append({}, "a"));
  EXPECT_FALSE(book->purge(start + 24h, {}, false));
  CdrQuery q;
  q.by = CdrQuery::By::account;
  q.account = "PL-2001";
  q.from = start;
  q.until = start + 1s;
  EXPECT_EQ(all(*book, q).size(), 1u);
}

}  // namespace
}  // namespace writ::records
