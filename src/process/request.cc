// SPDX-License-Identifier: GPL-3.0-or-later
// The order file: TOML or JSON -> Request -> canonical JSON. One reader serves both notations and the stored
// form.
#include "process/request.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/input_name.hh"
#include "base/limits.hh"
#include "process/file_fields.hh"

namespace writ::process {
namespace {

const std::string schema = "writ.request/1";
const std::string rule_text = "an order file holds exactly the fields that docs/order-file.md describes";
const std::vector<std::string> kinds = {"wiretap", "pen-register", "trap-and-trace", "pen-trap"};
const std::vector<std::string> sought = {"call-identifying", "content", "post-cut-through-digits",
                                         "location"};
const std::vector<std::string> target_types = {"number", "extension", "uri"};

Request::Officer read_officer(Fields f) {
  Request::Officer o;
  o.name = f.text("name");
  o.badge = f.text("badge");
  o.agency = f.text("agency");
  o.phone = f.text("phone");
  o.return_address = f.text("return_address");
  o.fax = f.text("fax");
  o.fax_confirmed = f.flag("fax_confirmed");
  f.finish();
  return o;
}

std::vector<TargetRequest> read_targets(Fields& f) {
  std::vector<TargetRequest> out;
  for (Fields& t : f.objects("targets")) {
    using writ::Need;
    out.push_back(
        {t.word("type", target_types, Need::required), t.text("value", Need::required), t.text("property")});
    t.finish();
  }
  if (out.empty())
    f.refuse("targets", "names nobody", "write one [[targets]] table for each number, extension or address");
  if (out.size() > limits::targets_per_grant_max)
    f.refuse("targets", "names too many",
             fmt::format("name at most {} in one order file", limits::targets_per_grant_max));
  return out;
}

// The grant's own rules, where the place of the mistake is known.
std::vector<std::string> read_trusted_inputs(Fields& f, bool everywhere) {
  constexpr const char* key = "trust_from_at";
  std::vector<std::string> out = f.texts(key);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (everywhere && !out.empty())
    f.refuse(key, "stands beside trust_from = true", "leave trust_from out: it means every input");
  if (out.size() > limits::trusted_inputs_per_grant_max)
    f.refuse(key, "names too many",
             fmt::format("name at most {} inputs", limits::trusted_inputs_per_grant_max));
  if (!std::all_of(out.begin(), out.end(), authority::is_input_name))
    f.refuse(key, "holds what is no input's name",
             "name each as the probe's command line does: \"eth1\", \"UDP:192.0.2.1:9060\"");
  if (std::find(out.begin(), out.end(), "any") != out.end())
    f.refuse(key, "names \"any\", which is every interface at once", "name the interfaces themselves");
  return out;
}

Request read_fields(Fields& f) {
  using writ::Need;
  Request r;
  f.word("schema", {schema}, Need::required);
  r.kind = f.word("kind", kinds, Need::required);
  r.emergency = f.flag("emergency");
  r.instrument = f.text("instrument");
  r.court = f.text("court");
  r.judge = f.text("judge");
  r.issued = f.time("issued");
  r.is_signed = f.flag("signed");
  r.extends = f.text("extends");
  if (const auto o = f.object("officer", Need::optional)) r.officer = read_officer(*o);
  r.prosecutor = f.text("prosecutor");
  r.offense = f.text("offense");
  r.coordinated_before = f.flag("coordinated_before");
  r.cost_agreement = f.flag("cost_agreement");
  r.carrier_named = f.flag("carrier_named");
  r.certification_3123 = f.flag("certification_3123");
  r.designated_official = f.text("designated_official");
  r.targets = read_targets(f);
  r.start = f.time("start");
  r.end = f.time("end");
  r.contents = f.texts("contents");
  r.seeks = f.texts("seeks");
  for (const std::string& s : r.seeks)
    if (std::find(sought.begin(), sought.end(), s) == sought.end())
      f.refuse("seeks", "names what is not known here", fmt::format("use only: {}", fmt::join(sought, ", ")));
  r.trust_from = f.flag("trust_from");
  r.trust_from_at = read_trusted_inputs(f, r.trust_from);
  r.trusted_peers = f.texts("trusted_peers");
  for (std::string& peer : r.trusted_peers) {
    const auto host = records::canonical_host(peer);
    if (!host) f.refuse("trusted_peers", "holds what is not an address", host.error().next);
    if (host) peer = *host;
  }
  r.document_sha256 = read_digest(f, "document_sha256");
  f.finish();
  return r;
}

Result<Request> read(const Sourced& source) {
  Reading reading(source, rule_text);
  Fields f(reading, reading.root(), "");
  Request r = read_fields(f);
  WRIT_CHECK(reading.status());
  return r;
}

}  // namespace

Result<Request> parse_request(View file, std::string_view name) {
  WRIT_TRY(source, parse_sourced_file(file, name, limits::order_file_bytes_max, rule_text));
  return read(source);
}

Result<Request> request_from_json(const Json& j) { return read(Sourced{"request", j, {}}); }

Json to_json(const Request& r) {
  Json targets = Json::array();
  for (const TargetRequest& t : r.targets)
    targets.push_back({{"type", t.type}, {"value", t.value}, {"property", t.property}});
  const auto& o = r.officer;
  Json out{{"schema", schema},
           {"kind", r.kind},
           {"emergency", r.emergency},
           {"instrument", r.instrument},
           {"court", r.court},
           {"judge", r.judge},
           {"issued", time_text(r.issued)},
           {"signed", r.is_signed},
           {"extends", r.extends},
           {"officer",
            {{"name", o.name},
             {"badge", o.badge},
             {"agency", o.agency},
             {"phone", o.phone},
             {"return_address", o.return_address},
             {"fax", o.fax},
             {"fax_confirmed", o.fax_confirmed}}},
           {"prosecutor", r.prosecutor},
           {"offense", r.offense},
           {"coordinated_before", r.coordinated_before},
           {"cost_agreement", r.cost_agreement},
           {"carrier_named", r.carrier_named},
           {"certification_3123", r.certification_3123},
           {"designated_official", r.designated_official},
           {"targets", targets},
           {"start", time_text(r.start)},
           {"end", time_text(r.end)},
           {"contents", r.contents},
           {"seeks", r.seeks},
           {"trust_from", r.trust_from},
           {"trusted_peers", r.trusted_peers},
           {"document_sha256", digest_text(r.document_sha256)}};
  if (!r.trust_from_at.empty())
    out["trust_from_at"] = r.trust_from_at;  // requests without it keep their digest
  return out;
}

Result<crypto::Digest> request_digest(const Request& r) {
  try {
    return crypto::sha256(view_of(canonical(to_json(r))));
  } catch (const Json::exception&) {
    return fail(Exit::usage, "the request holds text that is not UTF-8", rule_text, {},
                "enter it again as UTF-8");
  }
}

}  // namespace writ::process
