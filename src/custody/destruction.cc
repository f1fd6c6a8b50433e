// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/destruction.hh"

namespace writ::custody {
namespace {

constexpr const char* destruction_schema = "writ.probe-destruction/1";

Json body_json(const Destruction& d) {
  Json list = Json::array();
  for (const Extent& one : d.destroyed) list.push_back(to_json(one));
  return Json{{"probe", d.probe.text()},      {"probe_name", d.probe_name},
              {"matter", d.matter},           {"acknowledgement", crypto::hex(d.acknowledgement)},
              {"destroyed", std::move(list)}, {"at", rfc3339(d.at)}};
}

Result<Destruction> destruction_of(const Json& j, std::string_view where) {
  Destruction d;
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(probe_name, authority::text_field(j, "probe_name", where));
  WRIT_TRY(matter, matter_field(j, where));
  WRIT_TRY(ack, authority::hex_field<32>(j, "acknowledgement", where));
  WRIT_TRY(list, authority::list_field(j, "destroyed", where,
                                       [&](const Json& one) { return extent_of(one, where); }));
  WRIT_TRY(at, authority::time_field(j, "at", where));
  d.probe = probe;
  d.probe_name = probe_name;
  d.matter = matter;
  d.acknowledgement = ack;
  d.destroyed = std::move(list);
  d.at = at;
  WRIT_CHECK(authority::prints_back(j, body_json(d), where));
  return d;
}

}  // namespace

std::string sign_destruction(Destruction d, const crypto::SigningKey& probe) {
  d.probe = probe.public_key();
  d.at = authority::whole_micros(d.at);
  return sign_paper(destruction_schema, body_json(d), probe);
}

Result<Destruction> parse_destruction(View text, const std::string& name) {
  WRIT_TRY(body, open_paper(text, destruction_schema, "probe", name));
  auto d = destruction_of(body, name);
  if (!d) return bad_paper(name, d.error().what);
  return d;
}

}  // namespace writ::custody
