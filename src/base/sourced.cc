// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/sourced.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace writ {
namespace {

constexpr std::size_t text_bytes_max = 8192;
constexpr std::size_t list_items_max = 1024;

// Outside text inside a message: short, whole UTF-8 characters, nothing that moves a cursor.
std::string shown(std::string s) {
  constexpr std::size_t shown_bytes_max = 80;
  std::size_t end = std::min(s.size(), shown_bytes_max);
  while (end < s.size() && end > 0 && (static_cast<unsigned char>(s[end]) & 0xc0) == 0x80) --end;
  const bool cut = end < s.size();
  s.resize(end);
  for (char& c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return cut ? s + "..." : s;
}

// "/targets/0/value" as a person says it: "targets[1].value".
std::string spoken(const std::string& pointer) {
  std::string out;
  std::size_t pos = 0;
  while (pos < pointer.size()) {
    const std::size_t next = std::min(pointer.find('/', pos + 1), pointer.size());
    const std::string part = pointer.substr(pos + 1, next - pos - 1);
    const bool index = !part.empty() && part.size() < 8 &&
                       std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (index) {
      out += fmt::format("[{}]", std::stoi(part) + 1);
    } else {
      out += (out.empty() ? "" : ".") + part;
    }
    pos = next;
  }
  return out;
}

// Control characters in a name or an address serve only to deceive the reader of a terminal or a letter.
bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\n' && c != '\t') || u == 0x7f;
  });
}

}  // namespace

void Reading::refuse(const std::string& pointer, const std::string& what, const std::string& cure) {
  if (error_) return;
  Place place;
  for (std::string p = pointer;; p.resize(p.rfind('/'))) {  // the nearest node that has a place
    const auto it = source_.places.find(p);
    if (it != source_.places.end()) place = it->second;
    if (place.line != 0 || p.rfind('/') == std::string::npos) break;
  }
  const std::string where =
      place.line == 0 ? source_.name : fmt::format("{}:{}:{}", source_.name, place.line, place.column);
  const std::string name = shown(spoken(pointer));
  error_ = Error{Exit::usage,
                 fmt::format("{}: {}{}", where, name.empty() ? "" : "'" + name + "' ", what),
                 rule_,
                 {},
                 cure};
}

Status Reading::status() const {
  if (error_) return tl::unexpected(*error_);
  return {};
}

Fields::Fields(Reading& reading, const Json& object, std::string pointer)
    : reading_(&reading), object_(&object), pointer_(std::move(pointer)) {
  if (!object.is_object())
    reading.refuse(pointer_, "is not a table", "write it as a table of keys and values");
}

void Fields::refuse(const char* key, const std::string& what, const std::string& cure) {
  reading_->refuse(at(key), what, cure);
}

const Json* Fields::find(const char* key, Need need) {
  known_.insert(key);
  if (object_->is_object()) {
    const auto it = object_->find(key);
    if (it != object_->end()) return &*it;
  }
  if (need == Need::required)
    reading_->refuse(at(key), "is missing", fmt::format("add a line for '{}'", key));
  return nullptr;
}

std::string Fields::text_at(const Json& value, const char* key, const std::string& pointer) {
  if (!value.is_string()) {
    reading_->refuse(pointer, "must be text", fmt::format("write {} as text in double quotes", key));
    return {};
  }
  const auto& s = value.get_ref<const std::string&>();
  if (s.size() > text_bytes_max || has_control(s)) {
    reading_->refuse(pointer, "is too long or holds control characters",
                     fmt::format("write it in at most {} bytes of plain text", text_bytes_max));
    return {};
  }
  return s;
}

std::string Fields::text(const char* key, Need need) {
  const Json* v = find(key, need);
  if (v == nullptr) return {};
  std::string s = text_at(*v, key, at(key));
  if (need == Need::required && s.empty() && v->is_string())
    reading_->refuse(at(key), "is empty", fmt::format("write a value for '{}'", key));
  return s;
}

std::string Fields::word(const char* key, const std::vector<std::string>& words, Need need) {
  std::string s = text(key, need);
  if (!s.empty() && std::find(words.begin(), words.end(), s) == words.end()) {
    refuse(key, fmt::format("is '{}'", shown(s)), fmt::format("write one of: {}", fmt::join(words, ", ")));
    return {};
  }
  return s;
}

std::int64_t Fields::whole_at(const Json& value, const std::string& pointer, std::int64_t min,
                              std::int64_t max) {
  const bool too_big =
      value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  if (!value.is_number_integer() || too_big || value.get<std::int64_t>() < min ||
      value.get<std::int64_t>() > max) {
    reading_->refuse(pointer, "is not a whole number in range",
                     fmt::format("write a whole number from {} to {}", min, max));
    return min;
  }
  return value.get<std::int64_t>();
}

std::int64_t Fields::whole(const char* key, std::int64_t min, std::int64_t max) {
  const Json* v = find(key, Need::required);
  return v == nullptr ? min : whole_at(*v, at(key), min, max);
}

bool Fields::flag(const char* key) {
  const Json* v = find(key, Need::optional);
  if (v == nullptr) return false;
  if (!v->is_boolean()) {
    refuse(key, "must be true or false", "write true or false, without quotes");
    return false;
  }
  return v->get<bool>();
}

Instant Fields::time(const char* key) {
  const std::string s = text(key);
  if (s.empty()) return Instant{};
  const auto t = parse_rfc3339(s);
  if (!t) {
    refuse(key, fmt::format("is '{}', which is not a time with a zone offset", shown(s)), t.error().next);
    return Instant{};
  }
  return std::chrono::floor<std::chrono::microseconds>(*t);  // what is printed and signed has microseconds
}

const Json* Fields::list(const char* key, const char* what, const std::string& cure) {
  const Json* v = find(key, Need::optional);
  if (v == nullptr || (v->is_array() && v->size() <= list_items_max)) return v;
  refuse(key, what, fmt::format("{}, at most {}", cure, list_items_max));
  return nullptr;
}

std::vector<std::string> Fields::texts(const char* key) {
  const Json* v = list(key, "must be a list of texts", fmt::format("write {} = [\"...\", \"...\"]", key));
  std::vector<std::string> out;
  for (std::size_t i = 0; v != nullptr && i < v->size(); ++i)
    out.push_back(text_at((*v)[i], key, fmt::format("{}/{}", at(key), i)));
  return out;
}

std::vector<std::int64_t> Fields::wholes(const char* key, std::int64_t min, std::int64_t max) {
  const Json* v = list(key, "must be a list of whole numbers", fmt::format("write {} = [2, 1]", key));
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; v != nullptr && i < v->size(); ++i)
    out.push_back(whole_at((*v)[i], fmt::format("{}/{}", at(key), i), min, max));
  return out;
}

std::optional<Fields> Fields::object(const char* key, Need need) {
  const Json* v = find(key, need);
  if (v == nullptr) return std::nullopt;
  return Fields(*reading_, *v, at(key));
}

std::vector<Fields> Fields::objects(const char* key) {
  const Json* v = list(key, "must be a list of tables", fmt::format("write each as [[{}]]", key));
  std::vector<Fields> out;
  for (std::size_t i = 0; v != nullptr && i < v->size(); ++i)
    out.emplace_back(*reading_, (*v)[i], fmt::format("{}/{}", at(key), i));
  return out;
}

void Fields::finish() {
  if (!object_->is_object()) return;
  for (const auto& [key, value] : object_->items())
    if (!known_.contains(key))
      reading_->refuse(pointer_ + "/" + key, "is not known here",
                       fmt::format("remove it, or use one of: {}", fmt::join(known_, ", ")));
}

}  // namespace writ
