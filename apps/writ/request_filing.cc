// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "cases/demand_prompt.hh"
#include "cases/intake.hh"
#include "request_commands.hh"

namespace writ::cli {
namespace request_filing {
namespace {

using authority::Role;

struct Args {
  std::string file, document, matter;
};

const char* const scan = "the scanned document, PDF or TIFF";
const char* const fields = "its fields as TOML or JSON (docs/process-file.md, docs/order-file.md)";
const std::vector<Role> enterers{Role::intake, Role::officer, Role::technician, Role::counsel};

std::string failed_lines(const std::vector<process::CheckResult>& checks) {
  std::string out;
  for (const auto& r : checks)
    if (!r.passed)
      out +=
          fmt::format("{} {}\n  rule: {}\n  fact: {}\n  cure: {}\n", r.id, r.message, r.rule, r.fact, r.cure);
  return out;
}

std::string passed_text(const std::vector<process::CheckResult>& checks) {
  std::size_t passed = 0;
  for (const auto& r : checks) passed += r.passed ? 1 : 0;
  return fmt::format("{} of {} checks pass", passed, checks.size());
}

Status tell_order(Options& o, const desk::Filed& filed) {
  say(o, fmt::format("{} order {}: {}: {}", filed.matter, filed.number, passed_text(filed.checks),
                     process::to_string(filed.state)));
  if (const std::string failed = failed_lines(filed.checks); !failed.empty()) say(o, failed);
  if (filed.state == process::State::returned || filed.state == process::State::rejected)
    return fail(Exit::refused, fmt::format("the order is {}", process::to_string(filed.state)),
                "requirements section 4", "the cures above",
                "send it back to the agency with what each check says, and file the corrected order");
  return {};
}

Status tell(Options& o, const cases::Filed& filed) {
  if (o.json)
    print(cases::to_json(filed));
  else
    print(filed.matter + "\n");
  if (filed.order) return tell_order(o, *filed.order);
  say(o, fmt::format("{} {}: {}: {}", filed.matter, filed.kind, passed_text(filed.checks), filed.state));
  if (const std::string failed = failed_lines(filed.checks); !failed.empty()) say(o, failed);
  const auto open = cases::deficiencies(filed.checks);
  if (std::any_of(open.begin(), open.end(), [](const auto& r) { return r.id == "V39"; }))
    say(o, fmt::format("V39: counsel rules whether it binds: writ request opine {}", filed.matter));
  if (!process::acceptable(open))
    return fail(
        Exit::refused, fmt::format("{} is kept, and has deficiencies", filed.matter),
        "requirements section 4", "the cures above",
        fmt::format("writ request return {0} (or reject) writes the letter to the agency; writ request "
                    "correct {0} takes the corrected document",
                    filed.matter));
  return {};
}

Result<desk::Acting> enterer(Options& o, desk::Carrier& c) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  return c.act_as_any(who[0], enterers);
}

Status file(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, enterer(o, c));
  WRIT_TRY(text, read_file(a.file));
  WRIT_TRY(filed, cases::Intake{c}.file(text, a.file, a.document, who));
  return tell(o, filed);
}

Status correct(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, enterer(o, c));
  WRIT_TRY(text, read_file(a.file));
  WRIT_TRY(filed, cases::Intake{c}.correct(a.matter, text, a.file, a.document, who));
  return tell(o, filed);
}

Status check(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, enterer(o, c));
  WRIT_TRY(text, read_file(a.file));
  WRIT_TRY(result, cases::Intake{c}.dry_run(text, a.file, who.person.user));
  const auto checks = process::checks_from_json(result["checks"]);
  if (o.json)
    print(result);
  else
    print(failed_lines(checks));
  say(o, passed_text(checks));
  if (result.value("acceptable", false)) return {};
  return fail(Exit::refused, fmt::format("{} would not be accepted as it is", a.file),
              "requirements section 4", "the cures above",
              "mend it as they say and check it again; nothing was filed");
}

// The process file lies beside the document; while it is entered, as a draft.
Status enter(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, enterer(o, c));
  const fs::path whole = a.document + ".toml", draft = a.document + ".draft.toml";
  process::Demand known;
  for (const fs::path& from : {draft, whole}) {
    std::error_code ec;
    if (!fs::exists(from, ec)) continue;
    WRIT_TRY(text, read_file(from));
    WRIT_TRY(d, process::parse_demand(text, from.string()));
    say(o, fmt::format("goes on from {}", from.string()));
    known = std::move(d);
    break;
  }
  cases::Prompt prompt{std::cin, std::cerr, c.policy(), c.now(), [&](const process::Demand& d) {
                         return write_file(draft, process::to_toml(d), 0600);
                       }};
  WRIT_TRY(d, cases::ask_demand(prompt, std::move(known)));
  const std::string text = process::to_toml(d);
  WRIT_CHECK(write_file(whole, text, 0600));
  std::error_code ec;
  fs::remove(draft, ec);
  WRIT_TRY(filed, cases::Intake{c}.file(view_of(text), whole.string(), a.document, who));
  return tell(o, filed);
}

}  // namespace
}  // namespace request_filing

std::string checks_text(const std::vector<process::CheckResult>& checks) {
  const std::string failed = request_filing::failed_lines(checks);
  return request_filing::passed_text(checks) + (failed.empty() ? "" : "\n" + failed);
}

void add_file_command(CLI::App& group, Options& o, const char* help) {
  using namespace request_filing;
  const auto a = std::make_shared<Args>();
  auto* c = command(&group, o, "file", help, [&o, a] { return file(o, *a); });
  c->add_option("file", a->file, fields)->required();
  c->add_option("--document", a->document, scan)->required();
}

void add_filing_commands(CLI::App& request, Options& o) {
  using namespace request_filing;
  const auto a = std::make_shared<Args>();
  add_file_command(request, o, "take a process in and check it");
  auto* enter_ = command(&request, o, "enter", "enter the fields by question and answer, and file them",
                         [&o, a] { return enter(o, *a); });
  enter_->add_option("document", a->document, scan)->required();
  auto* correct_ = command(&request, o, "correct", "the corrected document of a returned request",
                           [&o, a] { return correct(o, *a); });
  correct_->add_option("matter", a->matter)->required();
  correct_->add_option("file", a->file, fields)->required();
  correct_->add_option("--document", a->document, scan)->required();
  command(&request, o, "check", "what the checks say of a file; nothing is filed",
          [&o, a] { return check(o, *a); })
      ->add_option("file", a->file, fields)
      ->required();
}

}  // namespace writ::cli
