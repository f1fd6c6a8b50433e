// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/record_store.hh"

namespace writ::cli {
namespace carrier_commands {
namespace {

struct Args {
  std::string policy, carrier, recovery_out, name, roles, passphrase_file, request, out, records;
};

Result<std::vector<authority::Role>> parse_roles(const std::string& list) {
  std::vector<authority::Role> out;
  for (const std::string& part : CLI::detail::split(list, ',')) {
    WRIT_TRY(r, authority::parse_role(part));
    out.push_back(r);
  }
  return out;
}

std::string roles_text(const std::vector<authority::Role>& roles) {
  std::string s;
  for (const auto r : roles) s += (s.empty() ? "" : ",") + std::string(authority::to_string(r));
  return s;
}

Status init(Options& o, const Args& a) {
  if (o.data.empty())
    return fail(Exit::usage, "no data directory is named", {}, {}, "give --data DIR or set WRIT_DATA");
  WRIT_TRY(roots, credentials(o.roots, 2, "--root"));
  std::string records;
  if (!a.records.empty()) {
    WRIT_TRY(text, read_text(a.records));
    WRIT_CHECK(desk::parse_record_settings(text, a.records));
    records = std::move(text);
  }
  WRIT_CHECK(desk::Carrier::init({o.data, a.policy, a.recovery_out, a.carrier, std::move(roots)}, o.clock));
  if (!records.empty()) WRIT_CHECK(write_file(fs::path{o.data} / "records.toml", records, 0600));
  WRIT_TRY(c, open_carrier(o));
  if (o.json)
    print(Json{{"schema", "writ.init/1"},
               {"carrier", c.roots().carrier},
               {"fingerprint", authority::fingerprint(c.roots())}});
  say(o, fmt::format("carrier '{}' is set up in {}\nroots fingerprint: {}\nrecovery sheets: {} (print them, "
                     "lock them away apart, delete the files)",
                     c.roots().carrier, o.data, authority::fingerprint(c.roots()), a.recovery_out));
  return {};
}

Status user_add(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(roles, parse_roles(a.roles));
  WRIT_TRY(who, credentials(a.name + "=" + a.passphrase_file));
  WRIT_TRY(roots, credentials(o.roots, 2, "--root"));
  WRIT_CHECK(c.add_user(who.user, who.passphrase, roles, roots));
  say(o, fmt::format("{} is {}, certified by both roots", who.user, roles_text(roles)));
  return {};
}

Status user_list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(people, c.people());
  Json rows = Json::array();
  for (const auto& p : people) {
    if (o.json)
      rows.push_back(Json{{"user", p.user},
                          {"roles", roles_text(p.roles)},
                          {"key", p.verify.text()},
                          {"until", rfc3339_seconds(p.not_after)}});
    else
      print(
          fmt::format("{:<20} {:<32} until {}\n", p.user, roles_text(p.roles), rfc3339_seconds(p.not_after)));
  }
  if (o.json) print(Json{{"schema", "writ.users/1"}, {"users", rows}});
  return {};
}

Status probe_enroll(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(request, read_file(a.request));
  WRIT_TRY(roots, credentials(o.roots, 2, "--root"));
  WRIT_TRY(cert, c.enroll_probe(a.name, request, roots));
  WRIT_CHECK(write_file(a.out, cert));
  say(o, fmt::format("probe {} is enrolled; its certificate: {}", a.name, a.out));
  return {};
}

void add_roots(CLI::App* c, Options& o) {
  c->add_option("--root", o.roots, "root holder: USER=PASSPHRASE_FILE (twice)");
}

}  // namespace
}  // namespace carrier_commands

void add_carrier_commands(CLI::App& app, Options& o) {
  using namespace carrier_commands;
  const auto a = std::make_shared<Args>();
  auto* i = command(&app, o, "init", "make a carrier: data directory, store, roots, recovery sheets",
                    [&o, a] { return init(o, *a); });
  i->add_option("--policy", a->policy, "directory with carrier.toml and federal.toml")->required();
  i->add_option("--carrier", a->carrier, "the carrier's name (default: the profile's)");
  i->add_option("--recovery-out", a->recovery_out, "where the two paper recovery keys go")->required();
  i->add_option("--records", a->records, "setting of the records' engine (default: embedded)");
  add_roots(i, o);

  auto* user = app.add_subcommand("user", "people and their roles")->require_subcommand(1);
  auto* add = command(user, o, "add", "a person with roles, certified by both roots",
                      [&o, a] { return user_add(o, *a); });
  add->add_option("name", a->name)->required();
  add->add_option("--role", a->roles, "role, or roles separated by commas")->required();
  add->add_option("--passphrase-file", a->passphrase_file)->required();
  add_roots(add, o);
  command(user, o, "list", "who is certified", [&o] { return user_list(o); });
  command(user, o, "roles", "which roles one person may hold together", [] {
    print(authority::staffing_table());
    return Status{};
  });

  auto* probe = app.add_subcommand("probe", "probes")->require_subcommand(1);
  auto* enroll = command(probe, o, "enroll", "certify a probe's key by both roots",
                         [&o, a] { return probe_enroll(o, *a); });
  enroll->add_option("name", a->name)->required();
  enroll->add_option("--request", a->request, "request.json of writ-probe init")->required();
  enroll->add_option("--out", a->out, "where the certificate goes")->required();
  add_roots(enroll, o);
}

}  // namespace writ::cli
