// SPDX-License-Identifier: GPL-3.0-or-later
// What all commands share: the data directory, who acts, output. Data goes to stdout, talk to stderr.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "desk/carrier.hh"

namespace writ::cli {

struct Options {
  std::string data;  // --data or $WRIT_DATA
  bool json = false, quiet = false;
  std::vector<std::string> as, roots;  // USER=PASSPHRASE_FILE, USER=- (stdin), USER (asked on the terminal)
  SystemClock clock;
  std::function<Status()> run;  // set by the chosen command
};

// "USER=FILE" -> credentials. The passphrase is the file's first line.
Result<desk::Credentials> credentials(const std::string& spec);
Result<std::vector<desk::Credentials>> credentials(const std::vector<std::string>& specs, std::size_t wanted,
                                                   const char* option);
Result<desk::Carrier> open_carrier(Options& o);

void print(const Json& j);                            // canonical JSON and a line end on stdout
void print(const std::string& text);                  // as is, on stdout
void say(const Options& o, const std::string& text);  // on stderr unless --quiet

void add_carrier_commands(CLI::App& app, Options& o);     // init, user, records, probe
void add_request_commands(CLI::App& app, Options& o);     // request
void add_intercept_commands(CLI::App& app, Options& o);   // intercept
void add_production_commands(CLI::App& app, Options& o);  // produce, invoice
void add_audit_commands(CLI::App& app, Options& o);       // audit
void add_record_commands(CLI::App& app, Options& o);      // records
void add_ingest_commands(CLI::App& app, Options& o);      // ingest
void add_policy_commands(CLI::App& app, Options& o);      // policy

// A sub-command whose action is `f`; every one takes --as.
template <class F>
CLI::App* command(CLI::App* parent, Options& o, const char* name, const char* help, F f) {
  CLI::App* c = parent->add_subcommand(name, help);
  c->add_option("--as", o.as, "who acts: USER=PASSPHRASE_FILE; USER=- reads standard input; USER alone asks");
  c->callback([&o, f] { o.run = f; });
  return c;
}

}  // namespace writ::cli
