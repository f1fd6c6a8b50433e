// SPDX-License-Identifier: GPL-3.0-or-later
// What the concerns of the book share: months, their keys and dictionaries, read again when anybody wrote.
#include <fmt/format.h>

#include "records/cdr_book_impl.hh"
#include "records/cdr_pack.hh"

namespace writ::records {

std::string month_of(Instant t) {
  const std::chrono::year_month_day d{std::chrono::floor<std::chrono::days>(t)};
  return fmt::format("{:04}-{:02}", static_cast<int>(d.year()), static_cast<unsigned>(d.month()));
}

std::string base_month(const std::string& label) { return label.substr(0, label.find('.')); }

Instant month_begin(const std::string& label) {
  int year = 1970;
  unsigned month = 1;
  if (label.size() >= 7) {
    year = std::stoi(label.substr(0, 4));
    month = static_cast<unsigned>(std::stoi(label.substr(5, 2)));
  }
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / 1};
}

Instant month_end(const std::string& label) {
  const std::chrono::year_month_day d{std::chrono::floor<std::chrono::days>(month_begin(label))};
  return std::chrono::sys_days{(d.year() / d.month() + std::chrono::months{1}) / 1};
}

std::uint32_t row_check(const crypto::Digest& leaf, const CdrRow& r) {
  thread_local Bytes b;
  b.assign(r.body.begin(), r.body.end());
  for (const Code c : {r.start_ms, r.caller, r.called, r.redirecting, r.caller_extension, r.called_extension,
                       static_cast<Code>(r.account)})
    put_signed(b, c);
  return load_be32(leaf.data()) ^ crypto::crc32c(b);
}

crypto::Digest leaf_of(const MonthKeys& keys, std::uint64_t seq, const Cdr& c) {
  return cdr_leaf(keys.salt(seq), encode(c));
}

// Where another process wrote, months may have grown, gone, or (a restored copy) shrunk.
Status Book::refresh() {
  WRIT_TRY(now, engine_->generation());
  if (generation_ && *generation_ == now) return {};
  WRIT_TRY(all, engine_->months());
  states_.clear();
  for (MonthState& s : all) states_.emplace(s.label, std::move(s));
  for (auto it = open_.begin(); it != open_.end();) {
    const auto s = states_.find(it->first);
    const bool keep = s != states_.end() && s->second.sealed_key == it->second.state.sealed_key &&
                      s->second.texts >= it->second.texts.size();
    if (keep) it->second.state = s->second;
    it = keep ? std::next(it) : open_.erase(it);
  }
  generation_ = now;
  return {};
}

Result<OpenMonth*> Book::open_month(const std::string& label) {
  auto it = open_.find(label);
  if (it == open_.end()) {
    const auto s = states_.find(label);
    if (s == states_.end() || s->second.dropped)
      return fail(Exit::not_found, fmt::format("no call records of the month {} are kept", label), {},
                  "a month that 'writ records' lists");
    auto key = crypto::decrypt(master_, s->second.sealed_key, view_of(label));
    if (!key || key->size() != 32)
      return fail(Exit::integrity, fmt::format("the key of the month {} does not open", label),
                  "month keys are sealed with the desk's master key for records",
                  "the master key under which this book was written",
                  "the administrator restores the key together with the book");
    OpenMonth m{s->second, std::make_unique<MonthKeys>(crypto::Secret32{*key}), {}};
    std::fill(key->begin(), key->end(), std::uint8_t{0});
    it = open_.emplace(label, std::move(m)).first;
  }
  OpenMonth& m = it->second;
  if (m.texts.size() < m.state.texts) {
    WRIT_TRY(more, engine_->texts(label, m.texts.size(), m.state.texts));
    if (more.size() != m.state.texts - m.texts.size())
      return fail(Exit::integrity, fmt::format("{}: texts of the month's dictionary are missing", label));
    m.texts.add(std::move(more));
  }
  return &m;
}

// A month that was destroyed stays destroyed: late records of it begin a tree of their own.
Result<OpenMonth*> Book::month_for(const std::string& base) {
  std::size_t dropped = 0;
  for (auto it = states_.lower_bound(base); it != states_.end() && base_month(it->first) == base; ++it) {
    if (!it->second.dropped) return open_month(it->first);
    ++dropped;
  }
  const std::string label = dropped == 0 ? base : fmt::format("{}.{}", base, dropped + 1);
  crypto::Secret32 key;
  MonthState s;
  s.label = label;
  s.sealed_key = crypto::encrypt(master_, key.view(), view_of(label));
  OpenMonth m{s, std::make_unique<MonthKeys>(std::move(key)), {}};
  return &open_.insert_or_assign(label, std::move(m)).first->second;
}

Result<Cdr> Book::read(const OpenMonth& m, const CdrRow& row) {
  auto c = unpack(row, m.texts);
  if (!c) c.error().what = fmt::format("{}: {}", m.state.label, c.error().what);
  return c;
}

MonthHead Book::head_of(const MonthState& s) const {
  MonthHead h;
  h.month = s.label;
  h.size = s.size;
  h.root = tree_root(s.peaks);
  h.sealed = s.sealed;
  h.first = Instant{std::chrono::milliseconds{s.first_ms}};
  h.last = Instant{std::chrono::milliseconds{s.last_ms}};
  return h;
}

Result<std::vector<MonthHead>> Book::heads() {
  const std::lock_guard guard{mutex_};
  WRIT_CHECK(refresh());
  std::vector<MonthHead> out;
  for (const auto& [label, s] : states_) {
    if (s.dropped) continue;
    WRIT_TRY(bytes, engine_->bytes(label));
    out.push_back(head_of(s));
    out.back().bytes = bytes;
  }
  return out;
}

std::unique_ptr<CdrBook> make_cdr_book(std::unique_ptr<CdrEngine> engine, crypto::Secret32 master) {
  return std::make_unique<Book>(std::move(engine), std::move(master));
}

}  // namespace writ::records
