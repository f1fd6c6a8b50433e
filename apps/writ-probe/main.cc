// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "capture/live.hh"
#include "field.hh"
#include "link.hh"
#include "probe_dir.hh"
#include "session.hh"
#include "status.hh"

int main(int argc, char** argv) {
  using writ::Exit;
  writ::crypto::start();
  CLI::App app{"Isolates exactly the calls that verified grants name"};
  app.require_subcommand(1);
  std::string dir, name, roots;
  writ::probe::RunOptions run;

  auto* init = app.add_subcommand("init", "makes this probe's key and pins the carrier's roots");
  init->add_option("--dir", dir)->required();
  init->add_option("--name", name)->required();
  init->add_option("--roots", roots, "roots.json of the carrier")->required();

  auto* go = app.add_subcommand("run", "verifies the grants and isolates");
  go->add_option("--dir", run.dir)->required();
  go->add_option("--cert", run.cert, "this probe's certificate")->required();
  go->add_option("--grants", run.grants, "directory with *.grant.json and revocations.json")->required();
  auto* read = go->add_option("--read", run.read,
                              "capture file (pcap, pcapng, ERF; gzip, zstd); - for standard input");
  go->add_option("--input", run.input,
                 "the name, to grants (trust_from_at), of the input at which all of --read came in")
      ->needs(read);
  go->add_option("--interface", run.interfaces, "network interface; may be repeated")
      ->allow_extra_args(false)
      ->excludes(read);
  go->add_option("--hep", run.hep, "listens for HEPv3: UDP:ADDRESS:PORT or TCP:ADDRESS:PORT; may be repeated")
      ->allow_extra_args(false)
      ->excludes(read);
  go->add_option("--hep-from", run.hep_from, "capture agents whose HEP is read, by address")
      ->allow_extra_args(false)
      ->delimiter(',');
  go->add_option("--rings", run.rings, "rings of the kernel for each interface, by flow")
      ->check(CLI::Range(1u, writ::capture::rings_max));
  go->add_option("--duplicates", run.duplicates, "packets that a mirror shows twice: keep or remove")
      ->check(CLI::IsMember({"keep", "remove"}));
  go->add_flag("--wait", run.wait,
               "go on, and seal nothing, while there is no grant or the office is not heard of")
      ->excludes(read);
  go->add_flag("--json", run.json);

  std::function<writ::Result<Exit>()> chosen;
  writ::probe::add_field_commands(app, chosen);
  writ::probe::add_status_commands(app, chosen);
  writ::probe::add_link_commands(app, chosen);

  try {
    app.parse(argc, argv);
    if (*go && run.read.empty() && run.interfaces.empty() && run.hep.empty())
      throw CLI::RequiredError("--read, --interface or --hep");
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  writ::Result<Exit> done = Exit::ok;
  if (chosen) {
    done = chosen();
  } else if (*init) {
    if (const auto made = writ::probe::make_probe(dir, name, roots); !made)
      done = tl::unexpected(made.error());
  } else {
    done = writ::probe::run_session(run);
  }
  if (done) return static_cast<int>(*done);
  fmt::print(stderr, "{}", writ::to_text(done.error()));
  return static_cast<int>(done.error().exit);
}
