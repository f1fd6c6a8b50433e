// SPDX-License-Identifier: GPL-3.0-or-later
// Legal requests after they were filed: what there is, and the acts of people on it. Filing itself:
// request_filing.cc.
#include "request_commands.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cases/demand_case.hh"
#include "cases/intake.hh"

namespace writ::cli {
namespace request_commands {
namespace {

struct Args {
  std::string matter, probe, words, document;
};

Json order_json(const desk::Order& order) {
  Json steps = Json::object();
  for (const auto& [step, user] : order.done_by) steps[process::to_string(step)] = user;
  return Json{{"matter", order.matter},
              {"order", order.number},
              {"state", process::to_string(order.state)},
              {"kind", order.request.kind},
              {"instrument", order.request.instrument},
              {"court", order.request.court},
              {"filed_by", order.filed_by},
              {"filed_at", rfc3339_seconds(order.filed_at)},
              {"document_sha256", crypto::hex(order.document_sha256)},
              {"request_sha256", crypto::hex(order.request_sha256)},
              {"steps", steps},
              {"checks", order.checks}};
}

std::string row_text(const std::string& matter, std::int64_t number, const std::string& state,
                     const std::string& kind, const std::string& instrument) {
  return fmt::format("{} {} {:<20} {:<24} {}\n", matter, number, state, kind, instrument);
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(orders, desk::Orders{c}.all());
  WRIT_TRY(all, desk::CaseBook{c}.all());
  Json rows = Json::array(), files = Json::array();
  std::multimap<std::string, std::string> lines;  // by number of the matter
  for (const auto& order : orders) {
    rows.push_back(order_json(order));
    lines.emplace(order.matter, row_text(order.matter, order.number, process::to_string(order.state),
                                         order.request.kind, order.request.instrument));
  }
  for (const auto& file : all) {
    const auto d = cases::demand_of(file);
    if (!d) continue;  // incidents, invoices ...: their own commands list them
    files.push_back({{"matter", file.matter},
                     {"cycle", process::to_string(file.cycle)},
                     {"state", file.state},
                     {"kind", d->kind},
                     {"instrument", d->instrument},
                     {"agency", d->requester.agency},
                     {"received", rfc3339_seconds(d->received)}});
    lines.emplace(file.matter, row_text(file.matter, 1, file.state, d->kind, d->instrument));
  }
  if (o.json)
    print(Json{{"schema", "writ.orders/1"}, {"orders", rows}, {"cases", files}});
  else
    for (const auto& [matter, text] : lines) print(text);
  return {};
}

std::string check_line(const process::CheckResult& r) {
  const char* mark = r.severity == policy::Severity::reject ? "reject"
                     : r.severity == policy::Severity::warn ? "warn"
                                                            : "return";
  return fmt::format("  {:<4} {:<6} {}\n", r.id, r.passed ? "pass" : mark,
                     r.passed ? "" : r.fact + " -> " + r.cure);
}

// What the signers vouch for beside the document.
std::string trust_text(const process::Request& r) {
  if (r.trust_from) return "  From is believed at the probe's port\n";
  if (r.trust_from_at.empty()) return {};
  return fmt::format("  From is believed at {}, and at no other input of the probe\n",
                     fmt::join(r.trust_from_at, ", "));
}

Status show_orders(Options& o, const std::vector<desk::Order>& of) {
  for (const auto& order : of) {
    if (o.json) {
      print(order_json(order));
      continue;
    }
    print(fmt::format("{} order {}: {}\n  {} {}, {}\n  period {} to {}\n  filed {} by {}\n", order.matter,
                      order.number, process::to_string(order.state), order.request.kind,
                      order.request.instrument, order.request.court, rfc3339_seconds(order.request.start),
                      rfc3339_seconds(order.request.end), rfc3339_seconds(order.filed_at), order.filed_by));
    print(trust_text(order.request));
    for (const auto& [step, user] : order.done_by)
      print(fmt::format("  {:<18} {}\n", process::to_string(step), user));
    for (const auto& r : process::checks_from_json(order.checks)) print(check_line(r));
  }
  return {};
}

Status show_case(Options& o, const desk::Case& file) {
  if (o.json) {
    print(desk::to_json(file));
    return {};
  }
  WRIT_TRY(d, cases::demand_of(file));
  print(fmt::format("{}: {}\n  {} {}, {}\n  received {} from {}, {}\n", file.matter, file.state, d.kind,
                    d.instrument, d.issuer, rfc3339_seconds(d.received), d.requester.name,
                    d.requester.agency));
  const desk::CaseAct* checked = nullptr;
  for (const auto& a : file.acts) {
    print(fmt::format("  {:<18} {} {}\n", a.act, rfc3339_seconds(a.at), a.user));
    if (a.body.contains("checks")) checked = &a;
  }
  if (checked == nullptr) return {};
  print(fmt::format("  checks, as of the act '{}' of {}:\n", checked->act, rfc3339_seconds(checked->at)));
  for (const auto& r : process::checks_from_json(checked->body["checks"])) print(check_line(r));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  const auto file = desk::CaseBook{c}.read(a.matter);
  if (file) return show_case(o, *file);
  if (file.error().exit != Exit::not_found) return tl::unexpected(file.error());
  WRIT_TRY(of, desk::Orders{c}.of_matter(a.matter));
  return show_orders(o, of);
}

Status approve(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(g, desk::RequestService{c}.approve(a.matter, a.probe, who[0]));
  if (o.json)
    print(Json{{"schema", "writ.grant-draft/1"}, {"grant", g.id}, {"body", authority::to_json(g.body)}});
  say(o,
      fmt::format(
          "legal authorisation by {} over grant {}\nnext: the appointed officer: writ intercept authorise {}",
          who[0].user, g.id, a.matter));
  return {};
}

Status validate(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(acting, desk::CaseBook{c}.unlock(a.matter, "validate", who[0]));
  WRIT_TRY(done, cases::Intake{c}.validate(a.matter, acting));
  if (o.json) print(cases::to_json(done));
  say(o, fmt::format("{} is {}: {} checks\nnext: counsel approves it item by item", done.matter, done.state,
                     done.checks.size()));
  return {};
}

// Every act that is a person's word: what it is called in the table, and what it does.
Status act(Options& o, const Args& a, const std::string& name) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(acting, desk::CaseBook{c}.unlock(a.matter, name, who[0]));
  cases::Intake intake{c};
  WRIT_TRY(done, name == "return"   ? intake.returned(a.matter, a.words, acting)
                 : name == "reject" ? intake.rejected(a.matter, a.words, acting)
                 : name == "opine"  ? intake.opine(a.matter, a.words, a.document, acting)
                                    : intake.act(a.matter, name, a.words, a.document, acting));
  if (o.json) print(desk::to_json(done));
  say(o, name == "opine" ? fmt::format("V39: {} rules that {} binds; the validation counts it",
                                       done.acts.back().user, done.matter)
                         : fmt::format("{} is {}", done.matter, done.state));
  const Json& body = done.acts.back().body;
  if (body.contains("letter"))
    print(fmt::format("{}\n",
                      (c.data() / "case-files" / done.matter / body["letter"].value("pdf", "")).string()));
  return {};
}

struct Act {
  const char *name, *help, *option, *meaning;
  bool required, takes_document;
};
constexpr Act acts[] = {
    {"return", "send it back with the letter of its deficiencies (intake, counsel, officer)", "--reason",
     "why, where no check says it", false, false},
    {"reject", "reject it with the letter (intake, counsel, officer)", "--reason",
     "why, where no check says it", false, false},
    {"opine", "counsel's opinion that process of a private or civil party binds the carrier (V39)",
     "--reasons", "why it binds", true, true},
    {"withdraw", "the agency withdraws it (intake, counsel, officer)", "--reason", "as the agency says", true,
     true},
    {"challenge", "a motion to quash or modify stops it (counsel)", "--reason", "the motion", true, true},
    {"resume", "after the ruling the approvals are given again (counsel)", "--ruling", "as the court says",
     true, true},
    {"seal", "sealed by the court's order (counsel)", "--reason", "the order", true, true},
    {"close", "close it (counsel, officer)", "--reason", "a remark", false, false}};

}  // namespace
}  // namespace request_commands

void add_request_commands(CLI::App& app, Options& o) {
  using namespace request_commands;
  const auto a = std::make_shared<Args>();
  auto* request = app.add_subcommand("request", "legal requests")->require_subcommand(1);
  add_filing_commands(*request, o);
  command(request, o, "list", "all matters", [&o] { return list(o); });
  command(request, o, "show", "one matter: state, acts, checks", [&o, a] { return show(o, *a); })
      ->add_option("matter", a->matter)
      ->required();
  command(request, o, "validate", "all checks, the records' included (intake, officer)",
          [&o, a] { return validate(o, *a); })
      ->add_option("matter", a->matter)
      ->required();
  for (const Act& row : acts) {
    auto* c = command(request, o, row.name, row.help, [&o, a, &row] { return act(o, *a, row.name); });
    c->add_option("matter", a->matter)->required();
    c->add_option(row.option, a->words, row.meaning)->required(row.required);
    if (row.takes_document) c->add_option("--document", a->document, "the paper, PDF or TIFF");
  }
  auto* approve_ =
      command(request, o, "approve", "legal authorisation of an interception (counsel, signature 1 of 3)",
              [&o, a] { return approve(o, *a); });
  approve_->add_option("matter", a->matter)->required();
  approve_->add_option("--probe", a->probe,
                       "the probe at the port that carries the traffic (default: the only one)");
  add_scan_commands(*request, o);
}

}  // namespace writ::cli
