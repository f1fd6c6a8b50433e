// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_row.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/digits.hh"
#include "records/cdr_pack.hh"

namespace writ::records {
namespace {

constexpr std::size_t number_digits_max = 15;    // E.164
constexpr std::size_t extension_digits_max = 9;  // with a leading 1: below 2^34
constexpr int account_shift = 34;
constexpr Code text_code = Code{1} << 61;
constexpr std::size_t dictionary_max = 1u << 16;  // beyond it sources and extras lie in the rows
constexpr std::size_t dictionary_text_max = 256;

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t v = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), v);
  return v;
}

// --- call identifiers ---------------------------------------------------------------------------------
// Asterisk's "1764132345.118" is two numbers, FreeSWITCH's UUID sixteen bytes; the rest is text.
enum class IdForm : std::uint8_t { text, numbers, uuid };

bool plain_number(std::string_view s) {  // what fmt would print again
  return all_digits(s) && s.size() <= 18 && (s.size() == 1 || s.front() != '0');
}

IdForm form_of(std::string_view s) {
  if (const auto dot = s.find('.'); dot != std::string_view::npos)
    return plain_number(s.substr(0, dot)) && plain_number(s.substr(dot + 1)) ? IdForm::numbers : IdForm::text;
  if (s.size() != 36) return IdForm::text;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');
    if (dash ? s[i] != '-' : !digit) return IdForm::text;
  }
  return IdForm::uuid;
}

std::uint8_t nibble(char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

void put_id(Bytes& out, std::string_view s, IdForm form) {
  if (form == IdForm::text) return put_text(out, s);
  if (form == IdForm::numbers) {
    const auto dot = s.find('.');
    put_varint(out, to_number(s.substr(0, dot)));
    put_varint(out, to_number(s.substr(dot + 1)));
    return;
  }
  for (std::size_t i = 0; i < s.size(); i += 2) {
    if (s[i] == '-') ++i;
    out.push_back(static_cast<std::uint8_t>(nibble(s[i]) << 4 | nibble(s[i + 1])));
  }
}

std::string take_id(Unpacker& in, IdForm form) {
  if (form == IdForm::text) return in.text();
  if (form == IdForm::numbers) {
    const std::uint64_t a = in.varint(), b = in.varint();
    return fmt::format("{}.{}", a, b);
  }
  const View v = in.take(16);
  std::string out;
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[v[i] >> 4];
    out += "0123456789abcdef"[v[i] & 15];
  }
  return out;
}

// --- texts that repeat: 0 none, 1 it follows, n the month's text n - 2 ----------------------------------
void put_ref(Bytes& out, const std::string& s, MonthTexts& texts) {
  if (s.empty()) return put_varint(out, 0);
  const auto known = texts.find(s);
  if (known || (texts.size() < dictionary_max && s.size() <= dictionary_text_max))
    return put_varint(out, static_cast<std::uint64_t>(known ? *known : texts.id(s)) + 2);
  put_varint(out, 1);
  put_text(out, s);
}

bool take_ref(Unpacker& in, const MonthTexts& texts, std::string& into) {
  const std::uint64_t tag = in.varint();
  if (tag == 0) return true;
  if (tag == 1) {
    into = in.text();
    return true;
  }
  const std::string* s = texts.text(tag - 2);
  if (s == nullptr) return false;
  into = *s;
  return true;
}

enum class Linked : std::uint8_t { none, same, other };

std::string party_text(Code c, Unpacker& in) {
  if (c == 0) return {};
  if (is_text_code(c)) return in.text();
  if (c > 0) return fmt::format("+{}", c);
  const auto low = static_cast<std::uint64_t>(-(c + 1)) & ((std::uint64_t{1} << account_shift) - 1);
  return fmt::format("{}", low).substr(1);  // without the leading 1
}

}  // namespace

std::int32_t MonthTexts::id(const std::string& s) {
  const auto [it, is_new] = ids_.try_emplace(s, static_cast<std::int32_t>(texts_.size()));
  if (is_new) texts_.push_back(s);
  return it->second;
}
std::optional<std::int32_t> MonthTexts::find(const std::string& s) const {
  const auto it = ids_.find(s);
  return it == ids_.end() ? std::nullopt : std::optional(it->second);
}
const std::string* MonthTexts::text(std::uint64_t id) const {
  return id < texts_.size() ? &texts_[id] : nullptr;
}
std::vector<std::string> MonthTexts::since(std::uint64_t first) const {
  return {texts_.begin() + static_cast<std::ptrdiff_t>(first), texts_.end()};
}
void MonthTexts::add(std::vector<std::string> more) {
  for (std::string& s : more) {
    ids_.try_emplace(s, static_cast<std::int32_t>(texts_.size()));
    texts_.push_back(std::move(s));
  }
}

MonthKeys::MonthKeys(crypto::Secret32 month)
    : month_(std::move(month)), hash_([this] {
        std::array<std::uint8_t, 32> k{};
        crypto::blake2b(k, month_.view(), view_of("writ.cdr.hash/1"));
        return crypto::Secret32{k};
      }()) {}

MonthKeys::Salt MonthKeys::salt(std::uint64_t seq) const {
  std::array<std::uint8_t, 8> n{};
  for (std::size_t i = 0; i < n.size(); ++i) n[i] = static_cast<std::uint8_t>(seq >> (8 * (7 - i)));
  Salt s{};
  crypto::blake2b(s, month_.view(), n);
  return s;
}
std::uint64_t MonthKeys::hash(View v) const { return crypto::siphash(hash_.view().first(16), v); }

bool is_text_code(Code c) { return c >= text_code; }

Code party_code(std::string_view p, std::int32_t account, const MonthKeys& keys) {
  if (p.empty()) return 0;
  if (p.front() == '+') {
    const auto digits = p.substr(1);
    if (all_digits(digits) && digits.size() <= number_digits_max && digits.front() != '0')
      return static_cast<Code>(to_number(digits));
  } else if (p.size() <= extension_digits_max && all_digits(p)) {
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < p.size(); ++i) power *= 10;
    const std::uint64_t low = power + to_number(p);  // the leading 1 keeps leading zeros
    return -static_cast<Code>(static_cast<std::uint64_t>(account & 0x0fffffff) << account_shift | low) - 1;
  }
  return text_code | static_cast<Code>(keys.hash(view_of(p)) >> 3);
}

std::int32_t identity_hash(const Cdr& c, const MonthKeys& keys) {
  thread_local Bytes buffer;
  buffer.clear();
  put_text(buffer, c.account);
  put_text(buffer, c.call_id);
  put_text(buffer, c.leg);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(keys.hash(buffer)));
}

CdrRow pack(const Cdr& c, MonthTexts& texts, const MonthKeys& keys, std::int32_t identity) {
  CdrRow r;
  r.start_ms = std::chrono::floor<std::chrono::milliseconds>(c.start).time_since_epoch().count();
  r.account = texts.id(c.account);
  r.identity = identity;
  const IdForm form = form_of(c.call_id);
  const IdForm linked_form = form_of(c.linked);
  const Linked linked = c.linked.empty()        ? Linked::none
                        : c.linked == c.call_id ? Linked::same
                                                : Linked::other;
  r.body.reserve(48);
  r.body.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(form) |
                                             static_cast<unsigned>(linked) << 2 |
                                             static_cast<unsigned>(linked_form) << 4));
  put_id(r.body, c.call_id, form);
  put_text(r.body, c.leg);
  if (linked == Linked::other) put_id(r.body, c.linked, linked_form);
  r.body.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(c.call_class) << 4 |
                                             static_cast<unsigned>(c.disposition)));
  put_signed(r.body, c.answer_ms);
  put_signed(r.body, c.duration_ms);
  const auto party = [&](const std::string& text) {
    const Code code = party_code(text, r.account, keys);
    if (is_text_code(code)) put_text(r.body, text);
    return code;
  };
  r.caller = party(c.caller);
  r.called = party(c.called);
  r.redirecting = party(c.redirecting);
  r.caller_extension = party(c.caller_extension);
  r.called_extension = party(c.called_extension);
  put_ref(r.body, c.extra, texts);
  put_ref(r.body, c.source, texts);
  put_varint(r.body, c.line);
  return r;
}

Result<Cdr> unpack(const CdrRow& r, const MonthTexts& texts) {
  const auto damaged = [&] {
    return fail(Exit::integrity, fmt::format("record {} cannot be read: its stored bytes changed", r.seq));
  };
  const std::string* account = texts.text(static_cast<std::uint64_t>(r.account));
  if (account == nullptr || std::abs(r.start_ms / 1000) > INT64_MAX / 1'000'000'000) return damaged();
  Cdr c;
  c.account = *account;
  c.start = Instant{std::chrono::milliseconds{r.start_ms}};
  Unpacker in{r.body};
  const std::uint8_t forms = in.u8();
  if ((forms & 3) > 2 || (forms >> 2 & 3) > 2 || forms >> 4 > 2) return damaged();
  c.call_id = take_id(in, static_cast<IdForm>(forms & 3));
  c.leg = in.text();
  const auto linked = static_cast<Linked>(forms >> 2 & 3);
  if (linked == Linked::same) c.linked = c.call_id;
  if (linked == Linked::other) c.linked = take_id(in, static_cast<IdForm>(forms >> 4));
  const std::uint8_t kind = in.u8();
  if (kind >> 4 > static_cast<int>(CallClass::service) ||
      (kind & 15) > static_cast<int>(Disposition::congestion))
    return damaged();
  c.call_class = static_cast<CallClass>(kind >> 4);
  c.disposition = static_cast<Disposition>(kind & 15);
  c.answer_ms = in.number();
  c.duration_ms = in.number();
  c.caller = party_text(r.caller, in);
  c.called = party_text(r.called, in);
  c.redirecting = party_text(r.redirecting, in);
  c.caller_extension = party_text(r.caller_extension, in);
  c.called_extension = party_text(r.called_extension, in);
  if (!take_ref(in, texts, c.extra) || !take_ref(in, texts, c.source)) return damaged();
  c.line = in.varint();
  if (!in.done()) return damaged();
  return c;
}

}  // namespace writ::records
