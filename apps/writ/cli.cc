// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.hh"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>

#include "desk/compartment.hh"

namespace writ::cli {
namespace {

Result<std::string> ask_passphrase(const std::string& user) {
  termios before{};
  if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
    return fail(Exit::usage, fmt::format("no passphrase for {}", user), {}, {},
                "give USER=PASSPHRASE_FILE, or run on a terminal");
  termios quiet = before;
  quiet.c_lflag &= static_cast<tcflag_t>(~static_cast<tcflag_t>(ECHO));
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  std::cerr << "passphrase of " << user << ": " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::cerr << "\n";
  return line;
}

}  // namespace

Result<desk::Credentials> credentials(const std::string& spec) {
  const auto eq = spec.find('=');
  desk::Credentials c{spec.substr(0, eq), {}};
  if (eq == std::string::npos) {
    WRIT_TRY(typed, ask_passphrase(c.user));
    c.passphrase = std::move(typed);
    return c;
  }
  const std::string file = spec.substr(eq + 1);
  if (file == "-") {
    std::getline(std::cin, c.passphrase);
    return c;
  }
  WRIT_TRY(text, read_text(file));
  c.passphrase = text.substr(0, text.find('\n'));
  return c;
}

Result<std::vector<desk::Credentials>> credentials(const std::vector<std::string>& specs, std::size_t wanted,
                                                   const char* option) {
  if (specs.size() != wanted)
    return fail(Exit::usage,
                fmt::format("{} must be given {} time{}", option, wanted, wanted == 1 ? "" : "s"), {}, {},
                fmt::format("{} USER=PASSPHRASE_FILE", option));
  std::vector<desk::Credentials> out;
  for (const std::string& s : specs) {
    WRIT_TRY(c, credentials(s));
    out.push_back(std::move(c));
  }
  return out;
}

Result<Instant> time_option(const std::string& text, const char* option) {
  auto t = parse_rfc3339(text);
  if (!t)
    return fail(Exit::usage, fmt::format("{} '{}' is not a time", option, text), {}, {},
                "write it with its offset: 2026-11-01T02:14:00-04:00");
  return *t;
}

Result<std::optional<Instant>> maybe_time_option(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<Instant>{};
  WRIT_TRY(t, time_option(text, option));
  return std::optional{t};
}

Result<desk::Carrier> open_carrier(Options& o) {
  if (o.data.empty())
    return fail(Exit::usage, "no data directory is named", {}, {}, "give --data DIR or set WRIT_DATA");
  if (o.compartment.empty()) return desk::Carrier::open(o.data, o.clock);
  WRIT_TRY(c, desk::Carrier::open(o.data, o.clock));
  o.outside = std::make_unique<desk::Carrier>(std::move(c));
  WRIT_TRY(who, anybody(*o.outside, o));
  return desk::Compartments{*o.outside}.open(o.compartment, who);
}

Result<desk::Acting> anybody(desk::Carrier& c, const Options& o) {
  if (o.as.empty()) return fail(Exit::usage, "nobody is named", {}, {}, "--as USER=PASSPHRASE_FILE");
  WRIT_TRY(who, credentials(o.as.front()));
  using authority::Role;
  return c.act_as_any(who, {Role::intake, Role::counsel, Role::officer, Role::technician, Role::custodian,
                            Role::finance, Role::auditor, Role::admin});
}

void describe_arguments(CLI::App& app) {
  static const std::map<std::string, std::string> meanings{
      {"matter", "its number, as M-2026-0001"},
      {"--matter", "of this matter only"},
      {"entry", "entry of the directory, as A-2026-0001"},
      {"number", "its number, as the list prints it"},
      {"--reason", "why, in words"},
      {"--finding", "what was found, in words"},
      {"--from", "RFC 3339, with its offset"},
      {"--until", "RFC 3339, with its offset"},
      {"--csv", "print CSV (RFC 4180)"}};
  for (CLI::App* c : app.get_subcommands({})) {
    for (CLI::Option* option : c->get_options())
      if (const auto it = meanings.find(option->get_name());
          it != meanings.end() && option->get_description().empty())
        option->description(it->second);
    describe_arguments(*c);
  }
}

namespace {

CLI::App* subcommand_of(CLI::App& app, const std::string& name) {
  for (CLI::App* c : app.get_subcommands({}))
    if (c->get_name() == name) return c;
  return nullptr;
}

}  // namespace

std::string unknown_command(CLI::App& app, int argc, char** argv) {
  CLI::App* at = &app;
  for (int i = 1; i < argc && !at->get_subcommands({}).empty(); ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) {
      const CLI::Option* option = app.get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // its value
    } else if (CLI::App* next = subcommand_of(*at, word)) {
      at = next;
    } else {
      const std::string whole = at == &app ? "writ" : "writ " + at->get_name();
      return to_text({Exit::usage,
                      fmt::format("{}: there is no command '{}'", whole, word),
                      {},
                      {},
                      fmt::format("{} --help prints all", whole)});
    }
  }
  return {};
}

Status run_chosen(Options& o) {
  try {
    return o.run();
  } catch (const std::exception& e) {
    return fail(Exit::failure, fmt::format("a fault of this program: {}", e.what()),
                "what was noted and stored before it stands; nothing is half done",
                "a version of this program without the fault",
                "report it with the command that led to it; writ audit cases shows that all fits");
  }
}

void print(const Json& j) { std::cout << canonical(j) << "\n"; }
void print(const std::string& text) { std::cout << text; }
void say(const Options& o, const std::string& text) {
  if (!o.quiet) std::cerr << text << "\n";
}

}  // namespace writ::cli
