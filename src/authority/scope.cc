// SPDX-License-Identifier: GPL-3.0-or-later
#include "authority/scope.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "base/limits.hh"

namespace writ::authority {
namespace {

constexpr const char* scope_schema = "writ.scope/1";  // of the text, and the domain of the signature
constexpr const char* scope_rule =
    "records are read only under a scope that counsel signed (I1, I6; 47 CFR 1.20003)";
constexpr std::chrono::days valid_days_max{90};
constexpr std::size_t subjects_max = 64;

constexpr std::array<std::pair<RecordItem, const char*>, 12> item_names{{
    {RecordItem::subscriber_name, "subscriber-name"},
    {RecordItem::subscriber_address, "subscriber-address"},
    {RecordItem::subscriber_service, "subscriber-service"},
    {RecordItem::subscriber_number, "subscriber-number"},
    {RecordItem::subscriber_payment, "subscriber-payment"},
    {RecordItem::subscriber_calls, "subscriber-calls"},
    {RecordItem::tenant_name, "tenant-name"},
    {RecordItem::tenant_address, "tenant-address"},
    {RecordItem::tenant_service, "tenant-service"},
    {RecordItem::tenant_number, "tenant-number"},
    {RecordItem::tenant_payment, "tenant-payment"},
    {RecordItem::tenant_calls, "tenant-calls"},
}};

constexpr std::array<std::string_view, 6> subject_kinds{"number",       "extension",      "account",
                                                        "account-name", "street-address", "tenant-name"};

tl::unexpected<Error> refused(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), scope_rule, std::move(missing), std::move(next));
}

template <class T>
bool is_sorted_unique(const std::vector<T>& v) {
  return std::adjacent_find(v.begin(), v.end(), [](const T& a, const T& b) { return !(a < b); }) == v.end();
}

Json body_json(const Scope& s) {
  Json subjects = Json::array(), items = Json::array();
  for (const ScopeSubject& x : s.subjects) {
    Json j{{"kind", x.kind}, {"value", x.value}};
    if (!x.property.empty()) j["property"] = x.property;
    subjects.push_back(std::move(j));
  }
  for (const RecordItem i : s.items) items.push_back(to_string(i));
  return Json{{"schema", scope_schema},
              {"carrier", s.carrier},
              {"matter", s.matter},
              {"purpose", s.purpose},
              {"sequence", s.sequence},
              {"subjects", std::move(subjects)},
              {"items", std::move(items)},
              {"records_from", rfc3339(s.records_from)},
              {"records_until", rfc3339(s.records_until)},
              {"expires", rfc3339(s.expires)},
              {"policy", crypto::hex(s.policy)},
              {"counsel", s.counsel},
              {"key", s.key.text()},
              {"at", rfc3339(s.at)}};
}

Result<ScopeSubject> parse_subject(const Json& j) {
  constexpr std::string_view where = "scope subject";
  ScopeSubject s;
  WRIT_TRY(kind, text_field(j, "kind", where));
  // An address has five fields, each of which may be long: its own bound.
  WRIT_TRY(value, field<std::string>(j, "value", where));
  s.kind = std::move(kind);
  s.value = std::move(value);
  if (j.contains("property")) {
    WRIT_TRY(property, text_field(j, "property", where));
    s.property = std::move(property);
  }
  return s;
}

Result<Scope> parse_scope(const Json& j) {
  constexpr std::string_view where = "scope";
  Scope s;
  WRIT_TRY(carrier, text_field(j, "carrier", where));
  WRIT_TRY(matter, text_field(j, "matter", where));
  WRIT_TRY(purpose, text_field(j, "purpose", where));
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  WRIT_TRY(subjects, list_field(j, "subjects", where, parse_subject));
  WRIT_TRY(items, list_field(j, "items", where, [](const Json& e) -> Result<RecordItem> {
             if (!e.is_string()) return fail(Exit::usage, "scope: an item is not a text");
             return parse_record_item(e.get_ref<const std::string&>());
           }));
  WRIT_TRY(from, time_field(j, "records_from", where));
  WRIT_TRY(until, time_field(j, "records_until", where));
  WRIT_TRY(expires, time_field(j, "expires", where));
  WRIT_TRY(policy, hex_field<32>(j, "policy", where));
  WRIT_TRY(counsel, text_field(j, "counsel", where));
  WRIT_TRY(key, verify_key_field(j, "key", where));
  WRIT_TRY(at, time_field(j, "at", where));
  WRIT_TRY(signature, hex_field<64>(j, "signature", where));
  s = {std::move(carrier),
       std::move(matter),
       std::move(purpose),
       sequence,
       std::move(subjects),
       std::move(items),
       from,
       until,
       expires,
       policy,
       std::move(counsel),
       key,
       at,
       signature};
  WRIT_CHECK(prints_back(j, to_json(s), where));
  return s;
}

Status check_subject(const ScopeSubject& s) {
  if (std::find(subject_kinds.begin(), subject_kinds.end(), s.kind) == subject_kinds.end())
    return refused(fmt::format("'{}' is not a kind of subject", s.kind),
                   "number, extension, account, account-name, street-address or tenant-name",
                   "name the subject by one of them");
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  };
  if (s.value.empty() || s.value.size() > 1000 || std::any_of(s.value.begin(), s.value.end(), is_control))
    return refused(fmt::format("the scope has a {} that is empty, too long or not plain text", s.kind),
                   "the exact value", "name the subject exactly");
  if (s.kind == "extension" && s.property.empty())
    return refused(fmt::format("extension {} without its property", s.value),
                   "the account number of the property: every property has an extension of that number",
                   "name it as EXTENSION@ACCOUNT");
  if (!s.property.empty() && s.kind != "extension" && s.kind != "tenant-name")
    return refused(fmt::format("a subject of the kind {} has no property", s.kind), "a subject without one",
                   "leave the property out");
  if (!s.property.empty() && !is_plain_text(s.property))
    return refused("the scope names a property that is not plain text", "an account number",
                   "name the property by its account number");
  if (s.kind == "street-address" && std::count(s.value.begin(), s.value.end(), '|') != 4)
    return refused("a street address in the scope does not have its five fields (S11)",
                   "building|street|city|state|zip", "name all five");
  return {};
}

// What holds for every scope, whoever signs it.
Status check_scope(const Scope& s) {
  for (const auto* text : {&s.carrier, &s.matter, &s.purpose})
    if (!is_plain_text(*text))
      return refused("the scope lacks its carrier, matter or purpose", "each of them in plain text",
                     "name the matter and say in one line what the records are for");
  if (!is_user_name(s.counsel))
    return refused("the scope's counsel has no usable name", "a certified person", "counsel signs it");
  if (s.sequence == 0) return refused("the scope has no number", "1, 2 ...", "the desk numbers it");
  if (s.subjects.empty() || s.subjects.size() > subjects_max || !is_sorted_unique(s.subjects))
    return refused("the scope's subjects are none, too many, unsorted or named twice",
                   fmt::format("1 to {} subjects, sorted, each once", subjects_max),
                   "name exactly who or what may be asked about");
  for (const ScopeSubject& x : s.subjects) WRIT_CHECK(check_subject(x));
  if (s.items.empty() || !is_sorted_unique(s.items))
    return refused("the scope's items are none, unsorted or named twice", "at least one item, each once",
                   "name the items that the process entitles to");
  if (s.records_from >= s.records_until)
    return refused("the scope reaches no time of the records", "an end after its beginning",
                   "name the period that the process names");
  const std::chrono::hours longest =
      s.purpose == emergency_purpose ? emergency_hours_max : std::chrono::hours{valid_days_max};
  if (s.expires <= s.at || s.expires > s.at + longest)
    return refused(
        fmt::format("the scope's own end is not within {} hours of its signing", longest.count()),
        fmt::format("an end after {} and at most {} hours later", rfc3339_seconds(s.at), longest.count()),
        "it is signed anew when it is still needed");
  return {};
}

Status check_signer(const Scope& s, const RoleCert& cert, const TrustRoots& roots) {
  Status ok = verify_cert(cert, roots, Role::counsel, s.at);
  if (!ok && s.purpose == emergency_purpose) ok = verify_cert(cert, roots, Role::officer, s.at);
  return ok;
}

}  // namespace

const char* to_string(RecordItem i) {
  for (const auto& [item, name] : item_names)
    if (item == i) return name;
  return "unknown";
}

Result<RecordItem> parse_record_item(std::string_view s) {
  for (const auto& [item, name] : item_names)
    if (s == name) return item;
  std::string all;
  for (const auto& [item, name] : item_names) all += (all.empty() ? "" : ", ") + std::string(name);
  return fail(Exit::usage, fmt::format("'{}' is not an item of the disclosure matrix", s.substr(0, 80)),
              scope_rule, all, "name the items by these words");
}

Json to_json(const Scope& s) {
  Json j = body_json(s);
  j["signature"] = crypto::hex(s.signature);
  return j;
}

Result<Scope> sign_scope(Scope s, const Person& counsel, Instant at) {
  s.counsel = counsel.user;
  s.key = counsel.sign.public_key();
  s.at = whole_micros(at);
  s.records_from = whole_micros(s.records_from);
  s.records_until = whole_micros(s.records_until);
  s.expires = whole_micros(s.expires);
  WRIT_CHECK(check_scope(s));
  s.signature = counsel.sign.sign(scope_schema, view_of(canonical(body_json(s))));
  WRIT_TRY(back, parse_scope(to_json(s)));  // never hand out what would not be read again
  return back;
}

bool ScopeTicket::allows(RecordItem i) const {
  return std::binary_search(scope_.items.begin(), scope_.items.end(), i);
}

bool ScopeTicket::names(const ScopeSubject& s) const {
  return std::binary_search(scope_.subjects.begin(), scope_.subjects.end(), s);
}

Result<ScopeTicket> verify_scope(View file, const RoleCert& counsel, const TrustRoots& roots, Instant now) {
  const auto altered = [](const std::string& why) {
    return refused(fmt::format("the scope is not what counsel signed: {}", why), "the exact bytes",
                   "counsel signs a scope for the matter again");
  };
  if (file.size() > limits::order_file_bytes_max) return altered("it is too large to be one");
  const auto scope = parse_canonical(file, "scope").and_then(parse_scope);
  if (!scope) return altered(scope.error().what);
  const Scope& s = *scope;
  if (s.carrier != roots.carrier)
    return refused(fmt::format("the scope is for the carrier '{}'", s.carrier),
                   fmt::format("a scope of '{}'", roots.carrier), "counsel of this carrier signs one");
  if (s.counsel != counsel.user || s.key != counsel.verify) return altered("its key is not counsel's");
  WRIT_CHECK(check_signer(s, counsel, roots));
  if (!crypto::verify(s.key, scope_schema, view_of(canonical(body_json(s))), s.signature))
    return altered("the signature does not hold");
  WRIT_CHECK(check_scope(s));
  if (s.at > now)
    return refused("the scope was signed in the future", "a scope that was signed before now",
                   "set the clock of this machine");
  if (now >= s.expires)
    return fail(Exit::expired,
                fmt::format("scope {} of {} ended {}", s.sequence, s.matter, rfc3339_seconds(s.expires)),
                scope_rule, "a scope that is still in force", "counsel signs a new one (writ records scope)");
  ScopeTicket t;
  t.scope_ = s;
  return t;
}

}  // namespace writ::authority
