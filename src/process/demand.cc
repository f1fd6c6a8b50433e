// SPDX-License-Identifier: GPL-3.0-or-later
// The process file: TOML or JSON -> Demand -> canonical JSON. One reader serves both notations and the stored
// form.
#include "process/demand.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "process/file_fields.hh"

namespace writ::process {
namespace {

const std::string schema = "writ.demand/1";
const std::string rule_text = "a process file holds exactly the fields that docs/process-file.md describes";
const std::vector<std::string> subject_kinds = {"number",       "extension",      "account",
                                                "account-name", "street-address", "tenant-name"};
const std::vector<std::string> deliveries = {"fax", "mail", "portal", "e-mail", "hand", "walk-in", "service"};

Requester read_requester(Fields f) {
  Requester o;
  o.name = f.text("name");
  o.badge = f.text("badge");
  o.agency = f.text("agency");
  o.phone = f.text("phone");
  o.email = f.text("email");
  o.return_address = f.text("return_address");
  o.fax = f.text("fax");
  o.fax_confirmed = f.flag("fax_confirmed");
  o.is_private = f.flag("private");
  o.is_foreign = f.flag("foreign");
  f.finish();
  return o;
}

records::StreetAddress read_address(Fields f) {
  records::StreetAddress a;
  a.building = f.text("building");
  a.street = f.text("street");
  a.city = f.text("city");
  a.state = f.text("state");
  a.zip = f.text("zip");
  f.finish();
  return a;
}

std::vector<DemandSubject> read_subjects(Fields& f) {
  std::vector<DemandSubject> out;
  for (Fields& t : f.objects("subjects")) {
    DemandSubject s;
    s.kind = t.word("kind", subject_kinds, Need::required);
    s.value = t.text("value");
    s.property = t.text("property");
    s.subscriber = t.text("subscriber");
    if (const auto a = t.object("address", Need::optional)) s.address = read_address(*a);
    if (s.value.empty() && s.kind != "street-address")
      t.refuse("value", "is missing", "write the number, extension, account or name as the document has it");
    t.finish();
    out.push_back(std::move(s));
  }
  if (out.size() > limits::targets_per_grant_max)
    f.refuse("subjects", "names too many",
             fmt::format("name at most {} in one process file", limits::targets_per_grant_max));
  return out;
}

Demand read_fields(Fields& f) {
  Demand d;
  f.word("schema", {schema}, Need::required);
  d.kind = f.text("kind", Need::required);
  d.instrument = f.text("instrument");
  d.issuer = f.text("issuer");
  d.issuer_title = f.text("issuer_title");
  d.court = f.text("court");
  d.jurisdiction = f.text("jurisdiction");
  d.statute = f.text("statute");
  d.authority = f.text("authority");
  d.wording = f.text("wording");
  d.issued = f.time("issued");
  d.received = f.time("received");
  d.return_by = f.time("return_by");
  d.is_signed = f.flag("signed");
  if (const auto o = f.object("requester", Need::optional)) d.requester = read_requester(*o);
  d.delivery = f.word("delivery", deliveries, Need::optional);
  d.delivered_by = f.text("delivered_by");
  d.office = f.text("office");
  d.served_in_state = f.flag("served_in_state");
  d.state_service_needed = f.flag("state_service_needed");
  d.subjects = read_subjects(f);
  d.items = f.texts("items");
  d.expressly = f.texts("expressly");
  d.records_from = f.time("records_from");
  d.records_until = f.time("records_until");
  d.asks_release = f.flag("asks_release");
  d.future_data = f.flag("future_data");
  d.of_matter = f.text("of_matter");
  d.underlying_process = f.text("underlying_process");
  d.nature = f.text("nature");
  d.circumstances = f.text("circumstances");
  d.danger_to_person = f.flag("danger_to_person");
  d.designated_official = f.text("designated_official");
  d.certifier = f.text("certifier");
  d.certifier_rank = f.text("certifier_rank");
  d.non_disclosure_issuer = f.text("non_disclosure_issuer");
  d.non_disclosure_until = f.time("non_disclosure_until");
  d.coordinated_before = f.flag("coordinated_before");
  d.cost_agreement = f.flag("cost_agreement");
  d.document_sha256 = read_digest(f, "document_sha256");
  d.read_from = f.text("read_from");
  f.finish();
  return d;
}

Result<Demand> read(const Sourced& source) {
  Reading reading(source, rule_text);
  Fields f(reading, reading.root(), "");
  Demand d = read_fields(f);
  WRIT_CHECK(reading.status());
  return d;
}

Json to_json(const Requester& o) {
  return {{"name", o.name},
          {"badge", o.badge},
          {"agency", o.agency},
          {"phone", o.phone},
          {"email", o.email},
          {"return_address", o.return_address},
          {"fax", o.fax},
          {"fax_confirmed", o.fax_confirmed},
          {"private", o.is_private},
          {"foreign", o.is_foreign}};
}

Json to_json(const DemandSubject& s) {
  return {{"kind", s.kind},
          {"value", s.value},
          {"property", s.property},
          {"subscriber", s.subscriber},
          {"address",
           {{"building", s.address.building},
            {"street", s.address.street},
            {"city", s.address.city},
            {"state", s.address.state},
            {"zip", s.address.zip}}}};
}

}  // namespace

Result<Demand> parse_demand(View file, std::string_view name) {
  WRIT_TRY(source, parse_sourced_file(file, name, limits::order_file_bytes_max, rule_text));
  return read(source);
}

Result<Demand> demand_from_json(const Json& j) { return read(Sourced{"demand", j, {}}); }

Json to_json(const Demand& d) {
  Json subjects = Json::array();
  for (const DemandSubject& s : d.subjects) subjects.push_back(to_json(s));
  return {{"schema", schema},
          {"kind", d.kind},
          {"instrument", d.instrument},
          {"issuer", d.issuer},
          {"issuer_title", d.issuer_title},
          {"court", d.court},
          {"jurisdiction", d.jurisdiction},
          {"statute", d.statute},
          {"authority", d.authority},
          {"wording", d.wording},
          {"issued", time_text(d.issued)},
          {"received", time_text(d.received)},
          {"return_by", time_text(d.return_by)},
          {"signed", d.is_signed},
          {"requester", to_json(d.requester)},
          {"delivery", d.delivery},
          {"delivered_by", d.delivered_by},
          {"office", d.office},
          {"served_in_state", d.served_in_state},
          {"state_service_needed", d.state_service_needed},
          {"subjects", subjects},
          {"items", d.items},
          {"expressly", d.expressly},
          {"records_from", time_text(d.records_from)},
          {"records_until", time_text(d.records_until)},
          {"asks_release", d.asks_release},
          {"future_data", d.future_data},
          {"of_matter", d.of_matter},
          {"underlying_process", d.underlying_process},
          {"nature", d.nature},
          {"circumstances", d.circumstances},
          {"danger_to_person", d.danger_to_person},
          {"designated_official", d.designated_official},
          {"certifier", d.certifier},
          {"certifier_rank", d.certifier_rank},
          {"non_disclosure_issuer", d.non_disclosure_issuer},
          {"non_disclosure_until", time_text(d.non_disclosure_until)},
          {"coordinated_before", d.coordinated_before},
          {"cost_agreement", d.cost_agreement},
          {"document_sha256", digest_text(d.document_sha256)},
          {"read_from", d.read_from}};
}

}  // namespace writ::process
