// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/call_numbers.hh"

#include <algorithm>

#include "base/json.hh"

namespace writ::capture {
namespace {

constexpr const char* numbers_schema = "writ.call-numbers/1";
constexpr std::uint32_t reserved_at_once = 64;

}  // namespace

Result<CallNumbers> CallNumbers::open(const fs::path& lane_dir, const std::string& source) {
  CallNumbers n;
  n.file_ = lane_dir / "call-numbers.json";
  n.source_ = source;
  std::error_code ec;
  if (!fs::exists(n.file_, ec)) return n;
  const std::string name = n.file_.string();
  WRIT_TRY(text, read_file(n.file_));
  WRIT_TRY(j, parse_canonical(text, name));
  WRIT_TRY(schema, field<std::string>(j, "schema", name));
  WRIT_TRY(next, field<std::uint32_t>(j, "next", name));
  WRIT_TRY(sources, (field<std::map<std::string, std::vector<Range>>>(j, "sources", name)));
  if (schema != numbers_schema || next == 0)
    return fail(Exit::integrity, name + " is not the list of a grant's call numbers");
  n.next_ = next;
  n.sources_ = std::move(sources);
  if (const auto known = n.sources_.find(source); !source.empty() && known != n.sources_.end()) {
    n.mine_ = std::move(known->second);
    n.sources_.erase(known);
  }
  return n;
}

std::uint32_t CallNumbers::number_of(std::uint32_t n) {
  if (n == 0) return 0;
  highest_ = std::max(highest_, n);
  std::uint32_t before = 0;
  for (const auto& [first, count] : mine_) {
    if (n - before <= count) return first + (n - before - 1);
    before += count;
  }
  mine_.emplace_back(next_, std::max(reserved_at_once, n - before));
  next_ += mine_.back().second;
  took_ = unsaved_ = true;
  return mine_.back().first + (n - before - 1);
}

std::string CallNumbers::text() const {
  auto sources = sources_;
  if (!source_.empty()) sources[source_] = mine_;
  return canonical(Json{{"schema", numbers_schema}, {"next", next_}, {"sources", sources}});
}

Status CallNumbers::close() {
  if (!took_) return {};  // an earlier run over this file may have come further in its last range
  std::uint32_t before = 0;
  for (std::size_t i = 0; i + 1 < mine_.size(); ++i) before += mine_[i].second;
  auto& [first, count] = mine_.back();
  const std::uint32_t used = highest_ > before ? highest_ - before : 0;
  if (first + count == next_ && used > 0 && used < count) {
    count = used;
    next_ = first + used;
    unsaved_ = true;
  }
  return unsaved_ ? write_file(file_, take()) : Status{};
}

}  // namespace writ::capture
