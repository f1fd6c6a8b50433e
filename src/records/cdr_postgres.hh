// SPDX-License-Identifier: GPL-3.0-or-later
// Call records in PostgreSQL. A month is a partition of four tables (rows, texts, tree nodes, key), so that
// it goes by DROP and leaves no dead rows behind. A new month's table is loaded by COPY, then indexed, then
// attached; the book names its month, so queries go to the partition itself. Every plan is one transaction: a
// client that dies leaves all of it or nothing.
#pragma once
#include <map>

#include "records/cdr_engine.hh"
#include "store/database.hh"

namespace writ::records {

class PostgresCdrs final : public CdrEngine {
 public:
  static Result<std::unique_ptr<PostgresCdrs>> open(const std::string& conninfo);

  Status begin() override;
  void end() noexcept override;
  Result<std::uint64_t> generation() override;
  Result<std::vector<MonthState>> months() override;
  Result<std::optional<std::string>> receipt(const std::string& key) override;
  Result<std::uint64_t> bytes(const std::string& label) override;
  Result<std::vector<std::string>> texts(const std::string& label, std::uint64_t from,
                                         std::uint64_t to) override;
  Result<std::vector<Candidate>> candidates(const std::string& label,
                                            std::span<const std::int32_t> identities,
                                            std::uint64_t size) override;
  Result<std::vector<CdrRow>> rows(const std::string& label, std::uint64_t from, std::uint64_t to) override;
  Result<std::vector<CdrRow>> select(const std::string& label, const Selection& s) override;
  Result<std::vector<TreeNode>> nodes(const std::string& label, int level, std::uint64_t from,
                                      std::uint64_t to) override;
  Status check(const std::string& label) override;
  Status commit(const AppendPlan& plan) override;
  Status seal(const MonthState& after) override;
  Status drop(const DropPlan& plan) override;
  Result<std::vector<HeldRow>> held(std::int64_t from_ms, std::int64_t until_ms) override;

 private:
  PostgresCdrs(std::string conninfo, store::Database db)
      : conninfo_(std::move(conninfo)), db_(std::move(db)) {}
  static Result<store::Database> connect(const std::string& conninfo);
  Status lock();
  Result<std::int64_t> read_generation();
  Status changed();  // counts the generation up
  Result<std::int64_t> id_of(const std::string& label);
  Result<std::int64_t> add_month(const MonthState& s);
  Status append(const AppendPlan::Part& part, std::int64_t id);
  Status load_rows(const std::vector<CdrRow>& rows, std::int64_t id);
  Status index_and_attach(std::int64_t id);
  Status keep_state(const MonthState& s, std::int64_t id, std::uint64_t size_before);

  std::string conninfo_;
  store::Database db_;
  bool writing_ = false;                     // between begin() and end()
  std::map<std::string, std::int64_t> ids_;  // of months that are durable
};

}  // namespace writ::records
