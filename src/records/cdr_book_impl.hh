// SPDX-License-Identifier: GPL-3.0-or-later
// The book over an engine, for this room: one class, its concerns in cdr_append.cc, cdr_find.cc,
// cdr_retain.cc (seal, proofs, purge) and cdr_verify.cc.
#pragma once
#include <map>
#include <mutex>

#include "records/cdr_engine.hh"
#include "records/cdr_row.hh"
#include "records/cdr_tree.hh"

namespace writ::records {

struct OpenMonth {  // a month whose keys are there
  MonthState state;
  std::unique_ptr<MonthKeys> keys;
  MonthTexts texts;
};

// First bytes of the leaf, mixed with a checksum of the stored form: a change is found even where it leaves
// the record the same.
std::uint32_t row_check(const crypto::Digest& leaf, const CdrRow& row);
crypto::Digest leaf_of(const MonthKeys& keys, std::uint64_t seq, const Cdr& c);

std::string month_of(Instant t);                   // "2026-11"
std::string base_month(const std::string& label);  // without ".2"
Instant month_begin(const std::string& label);
Instant month_end(const std::string& label);
inline std::int64_t to_ms(Instant t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}
// The first whole millisecond not before t: what half-open bounds of whole-millisecond starts mean.
inline std::int64_t to_ms_up(Instant t) {
  return std::chrono::ceil<std::chrono::milliseconds>(t).time_since_epoch().count();
}

bool matches(const CdrQuery& q, const Cdr& c);

class Book final : public CdrBook {
 public:
  Book(std::unique_ptr<CdrEngine> engine, crypto::Secret32 master)
      : engine_(std::move(engine)), master_(std::move(master)) {}
  Result<AppendReceipt> append(std::span<const Cdr> batch, const std::string& key) override;
  Result<CdrPage> find(const CdrQuery& q) override;
  Status seal(const std::string& month) override;
  Result<std::vector<MonthHead>> heads() override;
  Result<CdrProof> prove(const std::string& month, std::uint64_t seq) override;
  Result<CdrPurge> purge(Instant cutoff, const std::vector<CdrHold>& holds, bool dry_run) override;
  Result<CdrVerify> verify(const std::vector<MonthHead>& known) override;

 private:
  struct Place {  // in the order of pages
    std::int64_t ms = INT64_MIN;
    std::string label;
    std::int64_t seq = -1;
    auto operator<=>(const Place&) const = default;
  };
  class Writing {  // end() whatever happens
   public:
    explicit Writing(CdrEngine& e) : engine_(e) {}
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() { engine_.end(); }

   private:
    CdrEngine& engine_;
  };

  // cdr_book.cc
  Status refresh();
  Result<OpenMonth*> open_month(const std::string& label);
  Result<OpenMonth*> month_for(const std::string& base);  // the one that takes new records; may be new
  void forget() { generation_.reset(), open_.clear(); }
  Result<Cdr> read(const OpenMonth& m, const CdrRow& row);
  MonthHead head_of(const MonthState& s) const;

  // cdr_append.cc
  struct Group;
  Status add_group(const Group& g, AppendPlan& plan, AppendReceipt& receipt);
  Result<std::vector<bool>> duplicates(const OpenMonth& m, const Group& g,
                                       const std::vector<std::int32_t>& hashes);

  // cdr_find.cc
  Result<Selection> selection(const OpenMonth& m, const CdrQuery& q) const;
  Status collect(const std::string& label, const CdrQuery& q, const Place& after, std::size_t want,
                 std::vector<StoredCdr>& out);
  Status collect_held(const std::string& base, const CdrQuery& q, const Place& after,
                      std::vector<StoredCdr>& out);
  std::string cursor_of(const CdrQuery& q, const Place& p) const;
  Result<Place> parse_cursor(const CdrQuery& q) const;

  // cdr_retain.cc
  Result<CdrProof> prove_in(OpenMonth& m, std::uint64_t seq);
  Result<CdrProof> prove_held(const std::string& label, std::uint64_t seq);
  Status plan_drop(const MonthState& s, const std::vector<CdrHold>& holds, DropPlan& plan, CdrPurge& report);
  Status plan_release(Instant cutoff, const std::vector<CdrHold>& holds, DropPlan& plan, CdrPurge& report);

  // cdr_verify.cc
  Status verify_month(const MonthState& s, const std::vector<MonthHead>& known, CdrVerify& out);
  Status verify_held(CdrVerify& out);

  std::unique_ptr<CdrEngine> engine_;
  crypto::Secret32 master_;
  std::mutex mutex_;
  std::optional<std::uint64_t> generation_;
  std::map<std::string, MonthState> states_;
  std::map<std::string, OpenMonth> open_;
};

}  // namespace writ::records
