// SPDX-License-Identifier: GPL-3.0-or-later
// writ request scan, writ request confirm: what a scanned page says, proposed and then decided by a person.
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cases/page_intake.hh"
#include "cli.hh"

namespace writ::cli {
namespace scan_commands {
namespace {

struct Args {
  std::string document, proposal, out;
  bool words = false, ask = false, accept_clear = false;
  std::vector<std::string> accept, drop, set;
};

std::string lines_of(const Json& proposal) {
  std::string out;
  for (const Json& p : proposal["proposals"]) {
    const Json& r = p["region"];
    out +=
        fmt::format("{:<24} {:>3} %{} page {} at {},{} {}x{}: {}\n", p["field"].get<std::string>(),
                    p["confidence"].get<int>(), p["single"].get<bool>() ? " !" : "  ", p["page"].get<int>(),
                    r[0].get<int>(), r[1].get<int>(), r[2].get<int>() - r[0].get<int>(),
                    r[3].get<int>() - r[1].get<int>(), p["value"].get<std::string>());
  }
  for (const Json& n : proposal["missing_pages"])
    out += fmt::format("page {} of the document is missing\n", n.get<int>());
  return out;
}

Status scan(Options& o, const Args& a) {
  WRIT_TRY(proposal, cases::propose_page(a.document, a.words));
  if (!a.out.empty()) WRIT_CHECK(write_file(a.out, canonical(proposal) + "\n"));
  if (o.json)
    print(proposal);
  else
    print(lines_of(proposal));
  say(o,
      "nothing is filed: a person compares each with the paper; ! is confirmed by its own name\n"
      "next: writ request confirm PROPOSAL (made with --out) --accept FIELD ... --set FIELD=VALUE ... --out "
      "FILE");
  return {};
}

// Each field in turn on the terminal; the end of input leaves the rest undecided, and then nothing is made.
void ask(const Json& proposal, cases::PageDecisions& d) {
  for (const Json& p : proposal["proposals"]) {
    const auto name = p["field"].get<std::string>();
    if (d.accept.contains(name) || d.drop.contains(name) || d.set.contains(name)) continue;
    std::cerr << fmt::format(
        "{} = {}\n  page {}, {} %, read from \"{}\"\n  [a]ccept, [d]rop, or =VALUE to correct: ", name,
        p["value"].get<std::string>(), p["page"].get<int>(), p["confidence"].get<int>(),
        p["text"].get<std::string>());
    for (std::string line; std::getline(std::cin, line);) {
      if (line == "a")
        d.accept.insert(name);
      else if (line == "d")
        d.drop.insert(name);
      else if (line.starts_with("="))
        d.set[name] = line.substr(1);
      else {
        std::cerr << "  a, d or =VALUE: ";
        continue;
      }
      break;
    }
  }
}

Result<cases::PageDecisions> decisions(const Args& a) {
  cases::PageDecisions d;
  d.accept_clear = a.accept_clear;
  d.accept.insert(a.accept.begin(), a.accept.end());
  d.drop.insert(a.drop.begin(), a.drop.end());
  for (const std::string& s : a.set) {
    const std::size_t eq = s.find('=');
    if (eq == std::string::npos || eq == 0)
      return fail(Exit::usage, fmt::format("--set {}: no field is named", s), {}, "FIELD=VALUE",
                  "write --set issued=2026-03-17");
    d.set[s.substr(0, eq)] = s.substr(eq + 1);
  }
  return d;
}

Status confirm(Options& o, const Args& a) {
  WRIT_TRY(text, read_file(a.proposal));
  WRIT_TRY(proposal, parse_json(text, a.proposal));
  WRIT_TRY(d, decisions(a));
  if (a.ask && proposal.is_object() && proposal.value("schema", "") == "writ.page-proposal/1")
    ask(proposal, d);
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(acting, c.act_as_any(who[0], {authority::Role::intake, authority::Role::counsel}));
  WRIT_TRY(confirmed, cases::PageIntake{c}.confirm(proposal, d, acting));
  if (!a.out.empty()) WRIT_CHECK(write_file(a.out, canonical(confirmed.process_file) + "\n"));
  if (o.json)
    print(to_json(confirmed));
  else if (a.out.empty())
    print(confirmed.process_file);
  say(o, fmt::format("confirmed by {}; record {}\nnext: writ request file FILE --document DOCUMENT",
                     acting.person.user, confirmed.sha256));
  return {};
}

}  // namespace
}  // namespace scan_commands

void add_scan_commands(CLI::App& request, Options& o) {
  using namespace scan_commands;
  const auto a = std::make_shared<Args>();
  auto* read = request.add_subcommand(
      "scan", "propose the fields of a scanned document (reads no record, files nothing)");
  read->callback([&o, a] { o.run = [&o, a] { return scan(o, *a); }; });
  read->add_option("document", a->document, "PDF or TIFF, as it came")->required();
  read->add_option("--out", a->out, "file for the proposal");
  read->add_flag("--words", a->words, "with every word and its box");
  auto* decide = command(&request, o, "confirm", "decide on each proposed field, and make the process file",
                         [&o, a] { return confirm(o, *a); });
  decide->add_option("proposal", a->proposal, "file of `writ request scan --out`")->required();
  decide->add_option("--accept", a->accept, "fields that are as the paper says");
  decide->add_flag("--accept-clear", a->accept_clear, "all fields that need not be confirmed by name");
  decide->add_option("--drop", a->drop, "fields that the paper does not state");
  decide->add_option("--set", a->set, "FIELD=VALUE: corrected or added");
  decide->add_flag("--ask", a->ask, "ask on the terminal for each field not decided yet");
  decide->add_option("--out", a->out, "file for the process file (else standard output)");
}

}  // namespace writ::cli
