// SPDX-License-Identifier: GPL-3.0-or-later
// Not an XML parser: the elements are few and flat, so each is found by its name. Nothing is resolved or
// expanded.
#include "wire/feature_event.hh"

#include <array>
#include <optional>

#include "wire/sip_body.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::string_view feature_media_type = "application/x-as-feature-event+xml";
constexpr std::size_t forward_to_max = 128;

struct FeatureRoot {
  std::string_view set, told;
};
constexpr FeatureRoot not_disturbed{"SetDoNotDisturb", "DoNotDisturbEvent"},
    forwarding{"SetForwarding", "ForwardingEvent"};

struct ForwardKind {
  std::string_view written, name;
};
constexpr std::array<ForwardKind, 3> forward_kinds{{{"forwardImmediate", "forward-immediate"},
                                                    {"forwardBusy", "forward-busy"},
                                                    {"forwardNoAns", "forward-no-answer"}}};

// Where the tag `<name` or `<prefix:name` ends, from `at` on; npos: nowhere, or the element is empty. Once
// over the text, whatever stands in it.
std::size_t behind_tag(std::string_view xml, std::string_view name, std::size_t at = 0) {
  for (at = xml.find('<', at); at != xml.npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find_first_of("<>", at + 1);
    if (end == xml.npos) return end;
    std::string_view tag = xml.substr(at + 1, end - at - 1);
    tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    if (const std::size_t colon = tag.rfind(':'); colon != tag.npos) tag.remove_prefix(colon + 1);
    if (xml[end] == '>' && equal_ci(tag, name)) return xml[end - 1] == '/' ? xml.npos : end + 1;
  }
  return xml.npos;
}

std::string_view text_of_element(std::string_view xml, std::string_view name) {
  const std::size_t at = behind_tag(xml, name);
  return at == xml.npos ? std::string_view{} : trim(xml.substr(at, xml.find('<', at) - at));
}

std::string_view package_of(const SipMessage& m) {
  std::string_view event = m.by_name("Event");
  if (event.empty()) event = m.by_name("o");
  return trim(event.substr(0, event.find(';')));
}

std::optional<bool> truth(std::string_view text) {
  if (equal_ci(text, "true") || text == "1") return true;
  if (equal_ci(text, "false") || text == "0") return false;
  return std::nullopt;
}

std::optional<Feature> do_not_disturb(std::string_view xml) {
  const auto on = truth(text_of_element(xml, "doNotDisturbOn"));
  if (!on) return std::nullopt;
  return Feature{"do-not-disturb", *on, {}};
}

std::optional<Feature> forwarding_of(std::string_view xml) {
  std::string_view status = text_of_element(xml, "activateForward"), to = text_of_element(xml, "forwardDN");
  if (status.empty()) status = text_of_element(xml, "forwardStatus");
  if (to.empty()) to = text_of_element(xml, "forwardTo");
  const auto on = truth(status);
  const std::string_view type = text_of_element(xml, "forwardingType");
  for (const ForwardKind& k : forward_kinds)
    if (on && equal_ci(type, k.written))
      return Feature{std::string(k.name), *on, *on ? std::string(to.substr(0, forward_to_max)) : ""};
  return std::nullopt;
}

template <class F>
void for_each_root(std::string_view xml, std::string_view name, F&& f) {
  std::size_t left = features_max;
  for (std::size_t at = behind_tag(xml, name); at != xml.npos && left > 0; --left) {
    const std::string close = std::string(name) + ">";
    const std::size_t end = xml.find(close, at);
    f(xml.substr(at, end == xml.npos ? end : end - at));
    at = end == xml.npos ? end : behind_tag(xml, name, end);
  }
}

}  // namespace

std::vector<Feature> features_of(const SipMessage& m) {
  const bool set = m.method == Method::subscribe, told = m.method == Method::notify;
  if (!m.is_request || (!set && !told) || !equal_ci(package_of(m), "as-feature-event")) return {};
  std::string storage;
  const std::string_view xml = starts_ci(m.first(Header::content_type), "multipart/")
                                   ? text_of(m.body).substr(0, body_bytes_max)
                                   : message_part(m, feature_media_type, storage).text;
  std::vector<Feature> out;
  const auto take = [&](std::optional<Feature> f) {
    if (f && out.size() < features_max) out.push_back(std::move(*f));
  };
  for_each_root(xml, set ? not_disturbed.set : not_disturbed.told,
                [&](std::string_view x) { take(do_not_disturb(x)); });
  for_each_root(xml, set ? forwarding.set : forwarding.told,
                [&](std::string_view x) { take(forwarding_of(x)); });
  return out;
}

}  // namespace writ::wire
