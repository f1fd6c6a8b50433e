// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/request_service.hh"

namespace writ::cli {
namespace {

struct Args {
  std::string file, document, matter, probe;
};

std::string check_lines(const std::vector<process::CheckResult>& checks) {
  std::string out;
  for (const auto& r : checks) {
    if (r.passed) continue;
    out +=
        fmt::format("{} {}\n  rule: {}\n  fact: {}\n  cure: {}\n", r.id, r.message, r.rule, r.fact, r.cure);
  }
  return out;
}

Status file_order(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(order, read_file(a.file));
  WRIT_TRY(filed, desk::RequestService{c}.file(order, a.file, a.document, who[0]));
  if (o.json)
    print(to_json(filed));
  else
    print(filed.matter + "\n");
  std::size_t passed = 0;
  for (const auto& r : filed.checks) passed += r.passed ? 1 : 0;
  say(o, fmt::format("{} order {}: {} of {} checks pass: {}", filed.matter, filed.number, passed,
                     filed.checks.size(), process::to_string(filed.state)));
  const std::string failed = check_lines(filed.checks);
  if (!failed.empty()) say(o, failed);
  if (filed.state == process::State::returned || filed.state == process::State::rejected)
    return fail(Exit::refused, fmt::format("the order is {}", process::to_string(filed.state)),
                "requirements section 4", "the cures above",
                "send it back to the agency with what each check says, and file the corrected order");
  return {};
}

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

Status list_orders(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, desk::Orders{c}.all());
  Json rows = Json::array();
  for (const auto& order : all) {
    if (o.json)
      rows.push_back(order_json(order));
    else
      print(fmt::format("{} {} {:<20} {:<16} {}\n", order.matter, order.number,
                        process::to_string(order.state), order.request.kind, order.request.instrument));
  }
  if (o.json) print(Json{{"schema", "writ.orders/1"}, {"orders", rows}});
  return {};
}

Status show_order(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(of, desk::Orders{c}.of_matter(a.matter));
  for (const auto& order : of) {
    if (o.json) {
      print(order_json(order));
      continue;
    }
    print(fmt::format("{} order {}: {}\n  {} {}, {}\n  period {} to {}\n  filed {} by {}\n", order.matter,
                      order.number, process::to_string(order.state), order.request.kind,
                      order.request.instrument, order.request.court, rfc3339_seconds(order.request.start),
                      rfc3339_seconds(order.request.end), rfc3339_seconds(order.filed_at), order.filed_by));
    for (const auto& [step, user] : order.done_by)
      print(fmt::format("  {:<18} {}\n", process::to_string(step), user));
    for (const Json& check : order.checks)
      print(fmt::format(
          "  {:<4} {:<6} {}\n", check.value("id", ""),
          check.value("passed", false) ? "pass" : check.value("severity", ""),
          check.value("passed", false) ? "" : check.value("fact", "") + " -> " + check.value("cure", "")));
  }
  return {};
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

}  // namespace

void add_request_commands(CLI::App& app, Options& o) {
  const auto a = std::make_shared<Args>();
  auto* request = app.add_subcommand("request", "legal requests")->require_subcommand(1);
  auto* file =
      command(request, o, "file", "take an order in and check it", [&o, a] { return file_order(o, *a); });
  file->add_option("order", a->file, "order as TOML or JSON (docs/order-file.md)")->required();
  file->add_option("--document", a->document, "the scanned order, PDF or TIFF")->required();
  command(request, o, "list", "all matters", [&o] { return list_orders(o); });
  command(request, o, "show", "one matter: state, steps, checks", [&o, a] { return show_order(o, *a); })
      ->add_option("matter", a->matter)
      ->required();
  auto* app_ = command(request, o, "approve", "legal authorisation (counsel, signature 1 of 3)",
                       [&o, a] { return approve(o, *a); });
  app_->add_option("matter", a->matter)->required();
  app_->add_option("--probe", a->probe,
                   "the probe at the port that carries the traffic (default: the only one)");
  add_scan_commands(*request, o);
}

}  // namespace writ::cli
