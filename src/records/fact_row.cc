// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/fact_row.hh"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/zone.hh"

namespace writ::records {
namespace {

constexpr std::size_t text_bytes_max = 1024;
constexpr std::int64_t block_numbers_max = 10'000;  // one exchange of the North American plan

enum class Type { text, flag, mark, whole, hosts };  // mark: a flag that stands only where it is set
struct Slot {
  const char* key;
  Type type = Type::text;
  bool required = false;
};

const std::vector<Slot>& slots(FactKind k) {
  static const std::array<std::vector<Slot>, 12> all = {{
      {{"name", Type::text, true}, {"class"}, {"zone"}},
      {{"building"}, {"street"}, {"city"}, {"state"}, {"zip"}},
      {{"extension"}, {"tenant"}, {"hosts", Type::hosts}, {"trunk", Type::mark}},
      {{"last", Type::text, true}},
      {{"direction", Type::text, true}, {"carrier"}},
      {{"room"}, {"tenant"}, {"hosts", Type::hosts}, {"trunk", Type::mark}},
      {{"tenant"}, {"hosts", Type::hosts}, {"trunk", Type::mark}},
      {{"room", Type::text, true}, {"name"}, {"kind"}, {"sharer", Type::flag}},
      {{"stay"}, {"extension"}, {"mac"}},
      {{"contact"}, {"user_agent"}, {"instance"}},
      {{"means", Type::text, true}, {"number"}, {"holder"}, {"sealed"}},
      {{"cents", Type::whole, true}, {"currency"}},
  }};
  return all.at(static_cast<std::size_t>(k));
}

Result<Json> canonical_hosts(const Json& value) {
  std::set<std::string> hosts;
  for (const Json& h : value) {
    if (!h.is_string()) return bad_row("'hosts' is not a list of texts", "write domains or addresses");
    WRIT_TRY(host, canonical_host(h.get_ref<const std::string&>()));
    hosts.insert(host);
  }
  return Json(hosts);
}

Result<Json> canonical_slot(const Slot& s, const Json* value) {
  const auto wrong = [&](const char* type) {
    return bad_row(fmt::format("'{}' has the wrong type", s.key), fmt::format("write {}", type));
  };
  switch (s.type) {
    case Type::text: {
      if (value != nullptr && !value->is_string()) return wrong("a text");
      std::string text;
      if (value != nullptr) {
        WRIT_TRY(written, name_as_written(value->get_ref<const std::string&>()));
        text = std::move(written);
      }
      if (s.required && text.empty())
        return bad_row(fmt::format("'{}' is empty", s.key), fmt::format("fill in '{}'", s.key));
      return Json(text);
    }
    case Type::flag:
    case Type::mark:
      if (value != nullptr && !value->is_boolean()) return wrong("true or false");
      return Json(value != nullptr && value->get<bool>());
    case Type::whole:
      if (value == nullptr || !value->is_number_integer()) return wrong("a whole number");
      return *value;
    case Type::hosts:
      if (value == nullptr) return Json::array();
      if (!value->is_array()) return wrong("a list");
      return canonical_hosts(*value);
  }
  return wrong("something else");
}

Result<Json> canonical_body(const Fact& f) {
  if (!f.body.is_object()) return bad_row("a fact without body", "give an object");
  Json out = Json::object();
  for (const Slot& s : slots(f.kind)) {
    const auto it = f.body.find(s.key);
    WRIT_TRY(value, canonical_slot(s, it == f.body.end() ? nullptr : &*it));
    if (s.type != Type::mark || value.get<bool>()) out[s.key] = std::move(value);
  }
  const auto known = [&](const std::string& key) {
    return std::ranges::any_of(slots(f.kind), [&](const Slot& s) { return key == s.key; });
  };
  for (const auto& [key, value] : f.body.items())
    if (!known(key)) return bad_row(fmt::format("a {} has no '{}'", to_string(f.kind), key), "leave it out");
  return out;
}

Status one_of(const Json& body, const char* key, const std::vector<std::string>& words) {
  const auto& v = body.at(key).get_ref<const std::string&>();
  if (std::find(words.begin(), words.end(), v) != words.end()) return {};
  std::string cure = "write";
  for (const auto& w : words) cure += (w == words.front() ? " " : w == words.back() ? " or " : ", ") + w;
  return bad_row(fmt::format("'{}' says '{}'", key, v), cure);
}

Result<std::string> canonical_ip(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, text.c_str(), bytes.data()) == 1)
      return std::string(inet_ntop(family, bytes.data(), out.data(), out.size()));
  return bad_row("not a network address", "write it as 192.0.2.10 or 2001:db8::10");
}

Result<std::string> canonical_key(FactKind kind, const std::string& account, const std::string& key) {
  switch (kind) {
    case FactKind::account:
      if (!key.empty() && key != account)
        return bad_row("an account's key is its number", "leave the key empty");
      return account;
    case FactKind::number:
    case FactKind::block:
    case FactKind::port:
      return to_e164(key);
    case FactKind::extension:
      return canonical_value("extension", key);
    case FactKind::uri:
      return canonical_value("uri", key);
    case FactKind::registration:
      return canonical_value(key.find('@') == std::string::npos ? "extension" : "uri", key);
    case FactKind::network_address:
      return canonical_ip(key);
    case FactKind::stay: {
      WRIT_TRY(text, name_as_written(key));
      if (text.empty()) return bad_row("a stay without reservation", "give the reservation number");
      return text;
    }
    case FactKind::address:
    case FactKind::payment:
    case FactKind::balance:
      if (!key.empty()) return bad_row(fmt::format("a {} has no key", to_string(kind)), "leave it empty");
      return std::string();
  }
  return bad_row("no such kind", "write a kind of fact");
}

// What the body must say besides its types; fills in what a short body leaves open.
Status check_body(FactKind kind, FactRow& row) {
  Json& b = row.fact.body;
  switch (kind) {
    case FactKind::account:
      if (b.at("class") == "") b["class"] = "hospitality";
      if (b.at("zone") != "") WRIT_CHECK(Zone::find(b.at("zone").get<std::string>()).map([](const Zone&) {}));
      return one_of(b, "class", {"hospitality", "commercial"});
    case FactKind::block: {
      WRIT_TRY(last, to_e164(b.at("last").get<std::string>()));
      b["last"] = last;
      row.hi = number_value(last);
      if (last.size() != row.fact.key.size() || *row.hi < *row.lo || *row.hi - *row.lo >= block_numbers_max)
        return bad_row("the last number of the block does not follow its first, or is too far from it",
                       "write blocks of at most 10,000 numbers, first and last in full");
      return {};
    }
    case FactKind::port:
      if (row.fact.valid.until && *row.fact.valid.until != row.fact.valid.from)
        return bad_row("a port is an instant", "leave its end empty; an end equal to the start withdraws it");
      return one_of(b, "direction", {"in", "out"});
    case FactKind::stay:
      if (b.at("kind") == "") b["kind"] = "guest";
      return one_of(b, "kind", {"guest", "staff"});
    case FactKind::payment:
      return one_of(b, "means", {"card", "bank", "invoice"});
    case FactKind::balance:
      if (b.at("currency") == "") b["currency"] = "USD";
      return {};
    default:
      return {};
  }
}

Status set_lookup(FactRow& row) {
  const Json& b = row.fact.body;
  const auto text = [&](const char* key) { return b.contains(key) ? b.at(key).get<std::string>() : ""; };
  switch (row.fact.kind) {
    case FactKind::account:
      row.name = text("name");
      return {};
    case FactKind::address: {
      WRIT_TRY(place, address_place(b));
      row.place = place;
      return {};
    }
    case FactKind::stay:
      row.name = text("name"), row.place = text("room");
      return {};
    case FactKind::number:
      row.name = text("tenant"), row.place = text("extension");
      return {};
    case FactKind::extension:
      row.name = text("tenant"), row.place = text("room");
      return {};
    case FactKind::uri:
      row.name = text("tenant");
      return {};
    default:
      return {};
  }
}

}  // namespace

tl::unexpected<Error> bad_row(std::string what, std::string cure) {
  return fail(Exit::usage, std::move(what), {}, {}, std::move(cure));
}

std::int64_t number_value(std::string_view e164) {
  std::int64_t v = 0;
  if (!e164.empty()) std::from_chars(e164.data() + 1, e164.data() + e164.size(), v);
  return v;
}

std::string number_text(std::int64_t value) { return fmt::format("+{}", value); }

Result<std::string> address_place(const Json& address) {
  std::string out;
  for (const char* key : {"building", "street", "city", "state", "zip"}) {
    const auto it = address.find(key);
    WRIT_TRY(text, name_as_written(it == address.end() ? "" : it->get<std::string>()));
    out += text + "\n";
  }
  return out;
}

std::string address_line(const Json& a) {
  const auto text = [&](const char* key) { return a.contains(key) ? a.at(key).get<std::string>() : ""; };
  const auto joined = [](std::string left, const char* by, const std::string& right) {
    return left.empty() || right.empty() ? left + right : left + by + right;
  };
  return joined(joined(joined(text("building"), " ", text("street")), ", ", text("city")), ", ",
                joined(text("state"), " ", text("zip")));
}

Result<FactRow> canonical_fact(const Fact& f) {
  FactRow row;
  row.fact.kind = f.kind;
  WRIT_TRY(account, name_as_written(f.account));
  if (account.empty()) return bad_row("'account' is empty", "fill in 'account'");
  if (f.key.size() > text_bytes_max) return bad_row("a key is too long", "shorten it");
  row.fact.account = account;
  WRIT_TRY(key, canonical_key(f.kind, account, f.key));
  row.fact.key = key;
  if (f.kind == FactKind::number || f.kind == FactKind::block) row.lo = row.hi = number_value(key);
  if (f.valid.until && *f.valid.until < f.valid.from)
    return bad_row("'until' is before 'from'", "correct one of them");
  row.fact.valid = f.valid;
  WRIT_TRY(body, canonical_body(f));
  row.fact.body = std::move(body);
  WRIT_CHECK(check_body(f.kind, row));
  WRIT_CHECK(set_lookup(row));
  return row;
}

}  // namespace writ::records
