// SPDX-License-Identifier: GPL-3.0-or-later
// What all commands share: the data directory, who acts, output. Data goes to stdout, talk to stderr.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "desk/carrier.hh"

namespace writ::cli {

struct Options {
  std::string data;  // --data or $WRIT_DATA
  bool json = false, quiet = false;
  std::vector<std::string> as, roots;  // USER=PASSPHRASE_FILE, USER=- (stdin), USER (asked on the terminal)
  std::string compartment;             // --compartment: its name; only who is named opens it
  std::unique_ptr<desk::Carrier> outside;  // the desk around it, once it is open
  SystemClock clock;
  std::function<Status()> run;  // set by the chosen command
};

// "USER=FILE" -> credentials. The passphrase is the file's first line.
Result<desk::Credentials> credentials(const std::string& spec);
Result<std::vector<desk::Credentials>> credentials(const std::vector<std::string>& specs, std::size_t wanted,
                                                   const char* option);
// The carrier, or with --compartment the compartment that the first --as opens.
Result<desk::Carrier> open_carrier(Options& o);
// The person of the first --as, whatever their role.
Result<desk::Acting> anybody(desk::Carrier& c, const Options& o);

// A time of an option; the error names the option and the cure.
Result<Instant> time_option(const std::string& text, const char* option);
Result<std::optional<Instant>> maybe_time_option(const std::string& text, const char* option);  // "": none

void print(const Json& j);                            // canonical JSON and a line end on stdout
void print(const std::string& text);                  // as is, on stdout
void say(const Options& o, const std::string& text);  // on stderr unless --quiet

// Arguments that mean the same in every command and say nothing of themselves get their description here.
void describe_arguments(CLI::App& app);
// "error: ..." when a word stands where a command was expected; "" otherwise.
std::string unknown_command(CLI::App& app, int argc, char** argv);
// The command. A fault of this program (an exception) is an error like any other: what was noted and stored
// before it stands.
Status run_chosen(Options& o);

void add_carrier_commands(CLI::App& app, Options& o);             // init, user, records, probe
void add_request_commands(CLI::App& app, Options& o);             // request
void add_scan_commands(CLI::App& request, Options& o);            // request scan, request confirm
void add_intercept_commands(CLI::App& app, Options& o);           // intercept
void add_reconcile_command(CLI::App& intercept, Options& o);      // intercept reconcile
void add_link_commands(CLI::App& app, Options& o);                // link
void add_production_commands(CLI::App& app, Options& o);          // produce
void add_audit_commands(CLI::App& app, Options& o);               // audit
void add_record_commands(CLI::App& app, Options& o);              // records
void add_record_keeping_commands(CLI::App& records, Options& o);  // records prove, verify, hold, purge
void add_agency_commands(CLI::App& app, Options& o);              // agency
void add_emergency_commands(CLI::App& app, Options& o);           // emergency
void add_ingest_commands(CLI::App& app, Options& o);              // ingest
void add_work_commands(CLI::App& app, Options& o);                // work
void add_copies_commands(CLI::App& app, Options& o);              // copies
void add_invoice_commands(CLI::App& app, Options& o);             // invoice
void add_disclosure_commands(CLI::App& app, Options& o);          // disclose
void add_recurring_commands(CLI::App& app, Options& o);           // recurring
void add_preserve_commands(CLI::App& app, Options& o);            // preserve
void add_due_commands(CLI::App& app, Options& o);                 // due
void add_serve_command(CLI::App& app, Options& o);                // serve
void add_outbox_commands(CLI::App& app, Options& o);              // outbox
void add_national_commands(CLI::App& app, Options& o);            // national
void add_plan_commands(CLI::App& app, Options& o);                // plan
void add_incident_commands(CLI::App& app, Options& o);            // incident
void add_policy_commands(CLI::App& app, Options& o);              // policy

// A sub-command whose action is `f`; every one takes --as.
template <class F>
CLI::App* command(CLI::App* parent, Options& o, const char* name, const char* help, F f) {
  CLI::App* c = parent->add_subcommand(name, help);
  c->add_option("--as", o.as, "who acts: USER=PASSPHRASE_FILE; USER=- reads standard input; USER alone asks");
  c->callback([&o, f] { o.run = f; });
  return c;
}

}  // namespace writ::cli
