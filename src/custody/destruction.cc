// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/destruction.hh"

namespace writ::custody {
namespace {

constexpr const char* destruction_schema = "writ.probe-destruction/1";

Json to_json(const Destroyed& d) {
  Json j = to_json(d.segment);
  j["bytes"] = d.bytes;
  j["sha256"] = crypto::hex(d.sha256);
  return j;
}

Json body_json(const Destruction& d) {
  Json list = Json::array();
  for (const Destroyed& one : d.destroyed) list.push_back(to_json(one));
  return Json{{"probe", d.probe.text()},      {"probe_name", d.probe_name},
              {"matter", d.matter},           {"acknowledgement", crypto::hex(d.acknowledgement)},
              {"destroyed", std::move(list)}, {"at", rfc3339(d.at)}};
}

Result<Destroyed> destroyed_of(const Json& j, std::string_view where) {
  Destroyed d;
  WRIT_TRY(segment, segment_name_of(j, where));
  WRIT_TRY(bytes, field<std::uint64_t>(j, "bytes", where));
  WRIT_TRY(sha256, authority::hex_field<32>(j, "sha256", where));
  d.segment = segment;
  d.bytes = bytes;
  d.sha256 = sha256;
  return d;
}

Result<Destruction> destruction_of(const Json& j, std::string_view where) {
  Destruction d;
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(probe_name, authority::text_field(j, "probe_name", where));
  WRIT_TRY(matter, matter_field(j, where));
  WRIT_TRY(ack, authority::hex_field<32>(j, "acknowledgement", where));
  WRIT_TRY(list, authority::list_field(j, "destroyed", where,
                                       [&](const Json& one) { return destroyed_of(one, where); }));
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
