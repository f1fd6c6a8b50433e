// SPDX-License-Identifier: GPL-3.0-or-later
// Features of the target's line that his telephone sets at the switch, or that the switch tells it of
// (wire/feature_event.hh). What is set by dialling a code ("*72") is a call like any other, and its digits
// are reported with it.
#include <algorithm>

#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"
#include "wire/feature_event.hh"

namespace writ::intercept {

namespace {

// A number or an address; any other text that stands there is not shown.
std::string forward_place(const std::string& forward_to) {
  if (std::string number = canonical_e164(forward_to); !number.empty()) return number;
  if (forward_to.find(':') != std::string::npos)
    if (const auto u = wire::parse_name_addr(forward_to)) return identity_text(*u);
  return forward_to.find_first_not_of("0123456789*#+") == std::string::npos ? forward_to : std::string();
}

Json feature_said(const wire::Feature& f, const char* by) {
  Json j = {{"feature", f.name}, {"management", f.on ? "activation" : "deactivation"}, {"by", by}};
  if (const std::string to = forward_place(f.forward_to); !to.empty()) j["forward_to"] = to;
  return j;
}

}  // namespace

// Asked for by the telephone, mostly of the line's own address: then it is the address that was proven to be
// the target's, and who sent it is what he says. The next request after a challenge is the same one again.
Status Engine::Impl::on_subscribe(Dialog& d, const wire::SipMessage& m, Side by, Instant at) {
  FeatureRequest& last = d.feature_request;
  const auto say_all = [&](const std::vector<wire::Feature>& features, const std::string& failure) -> Status {
    for (const wire::Feature& f : features)
      for (Attachment& a : d.attachments) {
        const bool own = by == a.target_side, of_itself = !own && party_of(a, by) == a.identity;
        if (!judge.allowed(a.grant, own || of_itself ? Role::from_target : Role::to_target)) continue;
        Json detail = feature_said(f, own ? "target" : of_itself ? "own line" : "other");
        if (!failure.empty()) detail["failure"] = failure;
        WRIT_CHECK(emit_or_hold(d, a, EventType::feature_management, at, detail));
      }
    return {};
  };
  if (!m.is_request) {
    if (last.features.empty() || last.answered || m.cseq_number() != last.cseq || m.status < 200) return {};
    last.challenged = m.status == 401 || m.status == 407;
    if (last.challenged) return {};
    last.answered = true;
    return m.status < 300 ? Status{} : say_all(last.features, cause_text(m.status));
  }
  std::vector<wire::Feature> asked = wire::features_of(m);
  if (asked.empty() || (!last.features.empty() && m.cseq_number() == last.cseq)) return {};
  const bool again = last.challenged && asked == last.features;
  last = {m.cseq_number(), false, false, std::move(asked)};
  return again ? Status{} : say_all(last.features, "");
}

// Told by the switch, perhaps of what was set elsewhere: each state once.
Status Engine::Impl::on_features_told(Dialog& d, const std::vector<wire::Feature>& features, Instant at) {
  for (const wire::Feature& f : features) {
    const auto known = std::ranges::find_if(d.features, [&](const auto& x) { return x.name == f.name; });
    if (known != d.features.end() && *known == f) continue;
    if (known != d.features.end())
      *known = f;
    else
      d.features.push_back(f);
    WRIT_CHECK(emit_live(d, EventType::feature_management, at, feature_said(f, "network")));
  }
  return {};
}

}  // namespace writ::intercept
