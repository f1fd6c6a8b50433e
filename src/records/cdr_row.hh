// SPDX-License-Identifier: GPL-3.0-or-later
// A call record as columns of integers and a packed rest, and back: what both engines store. Nothing is lost:
// unpack(pack(c)) == c. A month keeps its own dictionary of texts that repeat (accounts, sources, what the
// switch said besides), and its own keys, so that the month goes as one thing when it is destroyed.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/crypto.hh"
#include "records/cdr.hh"
#include "records/cdr_engine.hh"

namespace writ::records {

// Ids are places in the list; they are only ever added.
class MonthTexts {
 public:
  std::int32_t id(const std::string& s);  // adds
  std::optional<std::int32_t> find(const std::string& s) const;
  const std::string* text(std::uint64_t id) const;  // null: no such id
  std::uint64_t size() const { return texts_.size(); }
  std::vector<std::string> since(std::uint64_t first) const;
  void add(std::vector<std::string> more);

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

class MonthKeys {
 public:
  explicit MonthKeys(crypto::Secret32 month);
  static constexpr std::size_t salt_bytes = 16;
  using Salt = std::array<std::uint8_t, salt_bytes>;
  Salt salt(std::uint64_t seq) const;
  std::uint64_t hash(View v) const;  // SipHash under a key derived from the month's
  View view() const { return month_.view(); }

 private:
  crypto::Secret32 month_, hash_;
};

// E.164: its digits as a number. Up to nine digits as dialled: negative, with the account, since extension
// 101 is another telephone in every property. Any other text: a keyed hash, and the text itself lies in the
// body.
Code party_code(std::string_view party, std::int32_t account, const MonthKeys& keys);
bool is_text_code(Code c);
std::int32_t identity_hash(const Cdr& c, const MonthKeys& keys);

// All but seq and check. New texts are added to `texts`. `identity`: identity_hash(c, keys).
CdrRow pack(const Cdr& c, MonthTexts& texts, const MonthKeys& keys, std::int32_t identity);
Result<Cdr> unpack(const CdrRow& row, const MonthTexts& texts);

}  // namespace writ::records
