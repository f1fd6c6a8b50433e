// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4575 as far as it concerns the parties. Not an XML parser: tags are read one after the other, prefixes
// of name spaces are passed over, nothing is resolved but the five entities of XML itself. So nothing in a
// document can make it fetch, expand or recurse.
#include <algorithm>

#include "wire/sip_body.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::size_t users_max = 256, value_max = 512;

struct Tag {
  std::string_view name;  // without prefix
  std::string_view attributes;
  bool closing = false, empty = false;
};

std::string_view local_name(std::string_view s) {
  const std::size_t colon = s.rfind(':');
  return colon == s.npos ? s : s.substr(colon + 1);
}

std::string resolved(std::string_view s) {
  static constexpr std::pair<std::string_view, char> entities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string r;
  s = s.substr(0, value_max);
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto* e = std::find_if(std::begin(entities), std::end(entities),
                                 [&](const auto& x) { return s.substr(i, x.first.size()) == x.first; });
    if (s[i] != '&' || e == std::end(entities)) {
      r.push_back(s[i]);
      continue;
    }
    r.push_back(e->second);
    i += e->first.size() - 1;
  }
  return r;
}

// From '<' on; moves `at` behind it. Comments, declarations and CDATA are passed over: `name` stays empty.
Tag take_tag(std::string_view s, std::size_t& at) {
  Tag t;
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"<!--", "-->"},
                                    {"<![CDATA[", "]]>"},
                                    {"<?", "?>"},
                                    {"<!", ">"}}) {
    if (s.substr(at, open.size()) != open) continue;
    const std::size_t end = s.find(close, at + open.size());
    at = end == s.npos ? s.size() : end + close.size();
    return t;
  }
  std::size_t end = at + 1;
  for (char quote = '\0'; end < s.size() && (quote != '\0' || s[end] != '>'); ++end) {
    if (quote != '\0')
      quote = s[end] == quote ? '\0' : quote;
    else if (s[end] == '"' || s[end] == '\'')
      quote = s[end];
  }
  std::string_view inside = s.substr(at + 1, end - at - 1);
  at = std::min(end + 1, s.size());
  t.closing = inside.starts_with('/');
  if (t.closing) inside.remove_prefix(1);
  t.empty = inside.ends_with('/');
  if (t.empty) inside.remove_suffix(1);
  const std::size_t space = inside.find_first_of(" \t\r\n");
  t.name = local_name(inside.substr(0, space));
  t.attributes = space == inside.npos ? std::string_view{} : inside.substr(space);
  return t;
}

std::string attribute(const Tag& t, std::string_view name) {
  std::string_view s = t.attributes;
  while (!s.empty()) {
    const std::size_t equals = s.find('=');
    if (equals == s.npos) return {};
    const std::string_view key = trim(s.substr(0, equals));
    std::string_view value = trim(s.substr(equals + 1));
    if (value.empty() || (value[0] != '"' && value[0] != '\'')) return {};
    const std::size_t close = value.find(value[0], 1);
    if (close == value.npos) return {};
    if (key == name) return resolved(value.substr(1, close - 1));
    s = value.substr(close + 1);
  }
  return {};
}

}  // namespace

ConferenceInfo parse_conference_info(std::string_view xml) {
  ConferenceInfo info;
  xml = xml.substr(0, body_bytes_max);
  ConferenceUser* user = nullptr;
  bool in_endpoint = false;
  for (std::size_t at = xml.find('<'); at < xml.size(); at = xml.find('<', at)) {
    const Tag t = take_tag(xml, at);
    if (t.name == "conference-info" && !t.closing) {
      info.entity = attribute(t, "entity");
      const std::string state = attribute(t, "state"), version = attribute(t, "version");
      info.full = state.empty() || state == "full";  // RFC 4575 5.2: full is the default
      std::string_view digits = version;
      std::uint64_t number = 0;
      if (take_number(digits, 0xffffffff, number)) info.version = static_cast<std::uint32_t>(number);
    } else if (t.name == "user") {
      user = nullptr;
      in_endpoint = false;
      if (t.closing || info.users.size() == users_max) continue;
      ConferenceUser u;
      u.entity = attribute(t, "entity");
      u.deleted = attribute(t, "state") == "deleted";
      if (u.entity.empty()) continue;
      info.users.push_back(std::move(u));
      if (!t.empty) user = &info.users.back();
    } else if (t.name == "endpoint") {
      in_endpoint = !t.closing && !t.empty;
    } else if (t.name == "status" && !t.closing && user != nullptr && in_endpoint) {
      const std::string status = resolved(trim(xml.substr(at, xml.find('<', at) - at)));
      // Of several devices of one person, the one that is connected speaks.
      if (user->status != "connected") user->status = status;
    }
  }
  return info;
}

}  // namespace writ::wire
