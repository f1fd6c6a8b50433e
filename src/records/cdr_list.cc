// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_list.hh"

#include <algorithm>

#include "records/cdr_book_impl.hh"

namespace writ::records {
namespace {

tl::unexpected<Error> only_read() {
  return fail(Exit::refused, "a preserved snapshot is only read", "18 USC 2703(f)",
              "the carrier's own records", "ask the records");
}

class CdrList final : public CdrBook {
 public:
  explicit CdrList(std::vector<StoredCdr> rows) : rows_(std::move(rows)) {
    std::sort(rows_.begin(), rows_.end(), [](const StoredCdr& a, const StoredCdr& b) {
      return std::tie(a.cdr.start, a.month, a.seq) < std::tie(b.cdr.start, b.month, b.seq);
    });
  }

  // The cursor is the place in the list: it lives as long as the list does, and no longer.
  Result<CdrPage> find(const CdrQuery& q) override {
    std::size_t at = 0;
    for (const char ch : q.cursor) {
      if (ch < '0' || ch > '9' || at > rows_.size())
        return fail(Exit::usage, "the cursor is not of this list");
      at = at * 10 + static_cast<std::size_t>(ch - '0');
    }
    CdrPage page;
    for (; at < rows_.size(); ++at) {
      if (!matches(q, rows_[at].cdr)) continue;
      if (page.rows.size() == q.limit) {
        page.next = std::to_string(at);
        break;
      }
      page.rows.push_back(rows_[at]);
    }
    return page;
  }

  Result<std::vector<MonthHead>> heads() override { return std::vector<MonthHead>{}; }
  Result<AppendReceipt> append(std::span<const Cdr> batch, const std::string& key) override {
    static_cast<void>(batch), static_cast<void>(key);
    return only_read();
  }
  Status seal(const std::string& month) override {
    static_cast<void>(month);
    return only_read();
  }
  Result<CdrProof> prove(const std::string& month, std::uint64_t seq) override {
    static_cast<void>(month), static_cast<void>(seq);
    return only_read();
  }
  Result<CdrPurge> purge(Instant cutoff, const std::vector<CdrHold>& holds, bool dry_run) override {
    static_cast<void>(cutoff), static_cast<void>(holds), static_cast<void>(dry_run);
    return only_read();
  }
  Result<CdrVerify> verify(const std::vector<MonthHead>& known) override {
    static_cast<void>(known);
    return only_read();
  }

 private:
  std::vector<StoredCdr> rows_;
};

}  // namespace

std::unique_ptr<CdrBook> list_of_cdrs(std::vector<StoredCdr> rows) {
  return std::make_unique<CdrList>(std::move(rows));
}

}  // namespace writ::records
