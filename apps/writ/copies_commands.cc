// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/own_copies.hh"

namespace writ::cli {
namespace copies_commands {
namespace {

using authority::Role;

struct Args {
  std::string matter, number, by, at, out, reason;
};

Result<std::optional<cases::Acknowledgement>> receipt(const Args& a) {
  if (a.at.empty()) return std::optional<cases::Acknowledgement>{};
  WRIT_TRY(at, time_option(a.at, "--acknowledged"));
  return std::optional{cases::Acknowledgement{a.by, at}};
}

Status due(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, cases::OwnCopies{c}.due());
  if (o.json) {
    print(all);
    return {};
  }
  for (const Json& m : all["matters"]) {
    const std::string kept = m.value("kept_because", "");
    print(fmt::format("{} {} files, {} bytes: {}{}\n", m.value("matter", ""), m.value("files", 0),
                      m.value("bytes", 0ULL), kept.empty() ? "may go" : "stay: " + kept,
                      m.value("proposal", "").empty() ? "" : ", proposed as " + m.value("proposal", "")));
  }
  return {};
}

Status propose(Options& o, const Args& a) {
  WRIT_TRY(r, receipt(a));
  return act_as_one_of(o, {Role::counsel, Role::officer}, [&](desk::Carrier& c, const desk::Acting& by) {
    return cases::OwnCopies{c}.propose(a.matter, r, by);
  });
}

Status destroy(Options& o, const Args& a) {
  return act_as_one_of(o, {Role::counsel, Role::officer}, [&](desk::Carrier& c, const desk::Acting& by) {
    return cases::OwnCopies{c}.destroy(a.number, a.out, by);
  });
}

Status withdraw(Options& o, const Args& a) {
  return act_as_one_of(o, {Role::counsel, Role::officer}, [&](desk::Carrier& c, const desk::Acting& by) {
    return desk::CaseBook{c}.act(a.number, {"withdraw", Json{{"reason", a.reason}}}, by);
  });
}

}  // namespace
}  // namespace copies_commands

void add_copies_commands(CLI::App& app, Options& o) {
  using namespace copies_commands;
  const auto a = std::make_shared<Args>();
  auto* copies = app.add_subcommand("copies", "the carrier's own copies of evidence and documents")
                     ->require_subcommand(1);
  command(copies, o, "due", "what there is, and what may go", [&o] { return due(o); });
  auto* p = command(copies, o, "propose", "the copies of a matter (counsel or officer)",
                    [&o, a] { return propose(o, *a); });
  p->add_option("matter", a->matter)->required();
  auto* at = p->add_option("--acknowledged", a->at,
                           "when the agency acknowledged an interception's delivery (RFC 3339)");
  p->add_option("--by", a->by, "who acknowledged it")->needs(at);
  auto* d = command(copies, o, "destroy", "keys and files, by the second person",
                    [&o, a] { return destroy(o, *a); });
  d->add_option("number", a->number, "D-...")->required();
  d->add_option("--record", a->out, "the record of destruction, PDF")->required();
  auto* w = command(copies, o, "withdraw", "the proposal falls", [&o, a] { return withdraw(o, *a); });
  w->add_option("number", a->number)->required();
  w->add_option("--reason", a->reason)->required();
}

}  // namespace writ::cli
