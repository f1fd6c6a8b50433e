// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <signal.h>

#include <iostream>
#include <memory>

#include "cli.hh"
#include "desk/uplink_office.hh"

namespace writ::cli {
namespace uplink_commands {
namespace {

struct Args {
  std::string name, request, out, listen;
  std::int64_t lease_s = 60;
};

Status admit(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(request, read_file(a.request));
  WRIT_TRY(admission, desk::LinkRegister{c}.admit(a.name, request, std::chrono::seconds{a.lease_s}, who[0]));
  WRIT_CHECK(write_file(a.out, admission));
  say(o, fmt::format("{} is admitted to the link; for the probe: {}", a.name, a.out));
  return {};
}

Status dismiss(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_CHECK(desk::LinkRegister{c}.dismiss(a.name, who[0]));
  say(o, fmt::format("{} comes in by the link no more", a.name));
  return {};
}

Status serve(Options& o, const Args& a) {
  WRIT_TRY(where, link::parse_where(a.listen));
  WRIT_TRY(c, open_carrier(o));
  WRIT_CHECK(c.only_outside("the link"));
  const auto tell = [&](const std::string& what, const Json& detail) {
    if (o.json) {
      Json line = detail;
      line["what"] = what;
      std::cout << canonical(line) << "\n" << std::flush;
    }
    say(o, what + " " + canonical(detail));
  };
  return desk::serve_link(c, where, stop_on_signals(),
                          {[&](const link::Where& w) {
                             tell("listening", Json{{"address", w.text()}, {"port", w.port}});
                           },
                           tell});
}

}  // namespace
}  // namespace uplink_commands

void add_link_commands(CLI::App& app, Options& o) {
  using namespace uplink_commands;
  const auto a = std::make_shared<Args>();
  auto* link = app.add_subcommand("link", "probes over the network (mutual TLS)")->require_subcommand(1);
  auto* in =
      command(link, o, "admit", "let an enrolled probe in by the link", [&o, a] { return admit(o, *a); });
  in->add_option("name", a->name)->required();
  in->add_option("--request", a->request, "what writ-probe link request wrote")->required();
  in->add_option("--out", a->out, "where the admission for the probe goes")->required();
  in->add_option("--lease", a->lease_s,
                 "a live run stops when it hears nothing for so many seconds; 0: it does not")
      ->capture_default_str();
  command(link, o, "dismiss", "let it in no more", [&o, a] { return dismiss(o, *a); })
      ->add_option("name", a->name)
      ->required();
  command(link, o, "serve", "the office's end, until SIGTERM", [&o, a] { return serve(o, *a); })
      ->add_option("--listen", a->listen, "ADDRESS:PORT; port 0: any")
      ->required();
}

}  // namespace writ::cli
