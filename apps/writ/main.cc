// SPDX-License-Identifier: GPL-3.0-or-later
// writ: the command line of the desk. Thin: every command calls one service of src/desk.
#include <cstdlib>
#include <iostream>

#include "cli.hh"

int main(int argc, char** argv) {
  writ::crypto::start();
  writ::cli::Options o;
  CLI::App app{"writ: the lawful-process desk of a voice carrier"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--data", o.data, "data directory")->envname("WRIT_DATA");
  app.add_option("--compartment", o.compartment, "work inside this compartment (docs/compartments.md)");
  app.add_flag("--json", o.json, "print JSON");
  app.add_flag("--quiet", o.quiet, "no talk on standard error");
  app.set_version_flag("--version", "writ 0.1.0");
  writ::cli::add_carrier_commands(app, o);
  writ::cli::add_request_commands(app, o);
  writ::cli::add_intercept_commands(app, o);
  writ::cli::add_link_commands(app, o);
  writ::cli::add_production_commands(app, o);
  writ::cli::add_ingest_commands(app, o);
  writ::cli::add_audit_commands(app, o);
  writ::cli::add_record_commands(app, o);
  writ::cli::add_work_commands(app, o);
  writ::cli::add_copies_commands(app, o);
  writ::cli::add_invoice_commands(app, o);
  writ::cli::add_agency_commands(app, o);
  writ::cli::add_emergency_commands(app, o);
  writ::cli::add_disclosure_commands(app, o);
  writ::cli::add_recurring_commands(app, o);
  writ::cli::add_preserve_commands(app, o);
  writ::cli::add_due_commands(app, o);
  writ::cli::add_serve_command(app, o);
  writ::cli::add_outbox_commands(app, o);
  writ::cli::add_national_commands(app, o);
  writ::cli::add_plan_commands(app, o);
  writ::cli::add_incident_commands(app, o);
  writ::cli::add_policy_commands(app, o);
  writ::cli::describe_arguments(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (const std::string unknown = writ::cli::unknown_command(app, argc, argv);
        e.get_exit_code() != 0 && !unknown.empty()) {
      std::cerr << unknown;
      return static_cast<int>(writ::Exit::usage);
    }
    const int code = app.exit(e);
    return code == 0 ? 0 : static_cast<int>(writ::Exit::usage);
  }
  if (!o.run) {
    std::cerr << app.help();
    return static_cast<int>(writ::Exit::usage);
  }
  const writ::Status done = writ::cli::run_chosen(o);
  if (done) return 0;
  std::cerr << writ::to_text(done.error());
  return static_cast<int>(done.error().exit);
}
