// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/work_order.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cases/work_order_grants.hh"
#include "desk/evidence_bundles.hh"
#include "desk/orders.hh"
#include "policy/clocks.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;
using desk::CaseStep;
using process::Cycle;

constexpr const char* work_rule = "field work order (S49-S53)";

Status must_say(const std::string& value, const char* what, const char* cure) {
  if (!value.empty()) return {};
  return fail(Exit::usage, fmt::format("the {} is not stated", what), work_rule, fmt::format("the {}", what),
              cure);
}

// S54: equipment goes to a site only for an interception that law and carrier have authorised, and that is
// not over.
Status check_authorised(const desk::Carrier& c, const std::string& matter) {
  const auto order = desk::Orders{c}.newest(matter);
  if (!order)
    return fail(Exit::refused, fmt::format("there is no interception '{}'", matter), work_rule,
                "an interception that was filed", "intake files the order (writ request file)");
  if (order->state == process::State::carrier_authorised || order->state == process::State::armed) return {};
  return fail(Exit::refused, fmt::format("{} is {}", matter, process::to_string(order->state)),
              "S54, 47 CFR 1.20002: legal and carrier authorization before anybody goes on site",
              "the acts of counsel and officer", "writ request show " + matter);
}

std::chrono::local_days day_of(const Zone& zone, Instant t) {
  return std::chrono::floor<std::chrono::days>(zone.local(t));
}

std::string day_text(std::chrono::local_days d) {
  return rfc3339(Instant{d.time_since_epoch()}).substr(0, 10);
}

Result<std::chrono::local_days> parse_day(const std::string& text) {
  const auto local = parse_local(text + " 00:00:00");
  if (!local || text.size() != 10)
    return fail(Exit::usage, fmt::format("'{}' is not a day", text), work_rule, "a day as YYYY-MM-DD",
                "write the day whose traffic was retrieved");
  return std::chrono::floor<std::chrono::days>(*local);
}

Status check_day(const desk::Carrier& c, const Case& w, const std::string& text) {
  WRIT_TRY(day, parse_day(text));
  WRIT_TRY(calendar, policy::Calendar::of(c.policy()));
  const auto first = day_of(calendar.zone(), w.newest("install")->at);
  const auto today = day_of(calendar.zone(), c.now());
  if (day >= first && day <= today) return {};
  return fail(Exit::usage, fmt::format("on {} there was nothing to retrieve", text), "S52: retrieved daily",
              fmt::format("a day from {} to {}", day_text(first), day_text(today)), "correct the day");
}

// What is taken away is what was brought; what is released is what was taken.
CaseStep same_as(const char* act, const char* fact, const std::string& value, const char* earlier_act) {
  CaseStep step{act, Json{{fact, value}}};
  step.guard = [=](const Case& w) -> Status {
    const CaseAct* earlier = w.newest(earlier_act);
    const std::string known = earlier == nullptr ? std::string() : earlier->body.value(fact, "");
    if (known == value) return {};
    return fail(Exit::refused, fmt::format("{}: {} {} is not the one of this order", act, fact, value),
                work_rule, fmt::format("{} {}", fact, known),
                "name what the order names; for other equipment open an order of its own");
  };
  return step;
}

std::string next_text(const Case& w) {
  if (w.state == "opened") return "a technician installs the equipment (writ work install)";
  if (w.state == "installed" && w.newest("bring-grants") == nullptr)
    return "a technician brings the grants (writ work bring-grants)";
  if (w.state == "installed")
    return "daily retrieval (writ work retrieve); at the end removal (writ work remove)";
  if (w.state == "removed") return "the port is released (writ work release-port)";
  if (w.state == "port-released") return "an officer closes the order (writ work close)";
  return "nothing";
}

// A retrieval by hand is of its day; a bundle reaches back to the one before.
bool reaches(const CaseAct& a, const std::string& day) {
  if (a.act != "retrieve") return false;
  const std::string last = a.body.value("day", "");
  const std::string first = a.body.value("from_day", last);
  return first <= day && day <= last;  // the form of a day sorts by time
}

// A probe knows no zone: the day that it takes by itself is the UTC day of the retrieval, in the evening
// already tomorrow's. What the technician named stands.
std::string day_of_bundle(const Zone& zone, const custody::Bundle& b) {
  const std::string utc_day = rfc3339(b.until).substr(0, 10);
  return b.day == utc_day ? day_text(day_of(zone, b.until)) : b.day;
}

// When the equipment could capture: it stands there, and an authority has begun.
Result<Instant> capture_began(const desk::Carrier& c, const Case& w, const CaseAct& installed) {
  WRIT_TRY(grants, desk::Orders{c}.grants(w.acts.front().body.value("matter", "")));
  std::optional<Instant> first;
  for (const desk::GrantRow& g : grants)
    if (g.file) first = std::min(first.value_or(g.body.not_before), g.body.not_before);
  return std::max(installed.at, first.value_or(installed.at));
}

// Bundles are destroyed at the probe when the office holds them. Of the last one this must stand in the order
// before it is closed, or why it cannot.
Status check_wiped(const Case& w) {
  for (auto a = w.acts.rbegin(); a != w.acts.rend(); ++a) {
    if (a->act == "wipe") return {};
    if (a->act == "retrieve" && a->body.contains("bundle"))
      return fail(
          Exit::refused,
          fmt::format("{}: bundle {} was retrieved, and no destruction at the probe is signed after it",
                      w.matter, a->body.value("bundle", "")),
          work_rule, "the probe's record of what it destroyed",
          "a technician: writ work wipe; or say why there is none (writ work close --not-wiped REASON)");
  }
  return {};
}

// Whether each bundle that was retrieved is in the house.
Result<Json> bundles_shown(const desk::Carrier& c, const Case& w) {
  WRIT_TRY(taken, desk::bundles_taken(c, w.acts.front().body.value("matter", "")));
  Json out = Json::array();
  for (const CaseAct& a : w.acts) {
    if (a.act != "retrieve" || !a.body.contains("bundle")) continue;
    const std::string id = a.body.value("sha256", "");
    out.push_back({{"bundle", a.body.value("bundle", "")},
                   {"day", a.body.value("day", "")},
                   {"sha256", id},
                   {"taken", std::any_of(taken.begin(), taken.end(), [&](const custody::SignedBundle& b) {
                      return crypto::hex(b.id) == id;
                    })}});
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> missed_days(const desk::Carrier& c, const Case& w, Instant now) {
  std::vector<std::string> out;
  const CaseAct* installed = w.newest("install");
  if (installed == nullptr) return out;
  WRIT_TRY(calendar, policy::Calendar::of(c.policy()));
  const CaseAct* removed = w.newest("remove");
  const auto last = removed != nullptr ? day_of(calendar.zone(), removed->at)
                                       : day_of(calendar.zone(), now) - std::chrono::days{1};
  WRIT_TRY(began, capture_began(c, w, *installed));
  for (auto day = day_of(calendar.zone(), began); day <= last; day += std::chrono::days{1}) {
    const std::string text = day_text(day);
    if (std::none_of(w.acts.begin(), w.acts.end(), [&](const CaseAct& a) { return reaches(a, text); }))
      out.push_back(text);
  }
  return out;
}

Result<Case> WorkOrders::open(const FieldSite& s, const desk::Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, process::life_cycle(Cycle::work_order).rule("file")->roles));
  return open(s, by);
}

Result<Case> WorkOrders::open(const FieldSite& s, const desk::Acting& who) {
  WRIT_CHECK(must_say(s.site, "site", "give --site"));
  WRIT_CHECK(must_say(s.switch_name, "switch", "give --switch"));
  WRIT_CHECK(must_say(s.port, "port", "give --port"));
  const Json body{{"matter", s.matter}, {"site", s.site}, {"switch", s.switch_name}, {"port", s.port}};
  // A port may be used again for the same matter when the order before is closed.
  WRIT_TRY(earlier, desk::cases_about(*c_, Cycle::work_order, s.matter));
  const auto closed = std::count_if(earlier.begin(), earlier.end(), desk::is_over);
  const Json key{{"work_order", body}, {"after", closed}};
  CaseStep file{"file", body};
  file.guard = [&](const Case&) { return check_authorised(*c_, s.matter); };
  return desk::CaseBook{*c_}.open(Cycle::work_order, crypto::sha256(view_of(canonical(key))), std::move(file),
                                  who);
}

CaseStep WorkOrders::install(const std::string& equipment) const {
  CaseStep step{"install", Json{{"equipment", equipment}}};
  step.guard = [this](const Case& w) {
    return check_authorised(*c_, w.acts.front().body.value("matter", ""));
  };
  return step;
}

CaseStep WorkOrders::visit(const std::string& note) const { return {"visit", Json{{"note", note}}}; }

CaseStep WorkOrders::retrieve(const Retrieval& r) const {
  CaseStep step{"retrieve", Json{{"day", r.day}, {"media", r.media}, {"sha256", r.sha256}}};
  if (!r.bundle.empty()) {
    step.body["bundle"] = r.bundle;
    step.body["from_day"] = r.from_day;
    step.body["bytes"] = r.bytes;
    step.body["grants"] = r.grants;
  }
  step.guard = [this, r](const Case& w) -> Status {
    const auto digest = crypto::unhex(r.sha256);
    if (!r.sha256.empty() && (!digest || digest->size() != sizeof(crypto::Digest)))
      return fail(Exit::usage, fmt::format("'{}' is not a SHA-256", r.sha256), work_rule,
                  "64 hexadecimal digits", "copy it from what the probe printed");
    for (const CaseAct& a : w.acts)
      if (a.act == "retrieve" && ((!r.bundle.empty() && a.body.value("sha256", "") == r.sha256) ||
                                  (a.body.value("day", "") == r.day && a.body.value("media", "") == r.media)))
        return fail(Exit::usage, fmt::format("the retrieval of {} on {} is signed already", r.day, r.media),
                    work_rule, {}, "writ work show " + w.matter);
    return check_day(*c_, w, r.day);
  };
  return step;
}

namespace {

// The matter of a work order.
Result<std::string> matter_of(const desk::Carrier& c, const std::string& number) {
  WRIT_TRY(w, desk::read_case(c, number));
  if (w.cycle != Cycle::work_order)
    return fail(Exit::not_found, fmt::format("{} is not a field work order", number), {}, {},
                "writ work list");
  return w.acts.front().body.value("matter", "");
}

}  // namespace

Result<Retrieval> WorkOrders::retrieval_of(const std::string& number, const fs::path& bundle,
                                           const std::string& media) const {
  WRIT_TRY(matter, matter_of(*c_, number));
  WRIT_TRY(b, desk::bundle_of(*c_, matter, bundle));
  WRIT_TRY(calendar, policy::Calendar::of(c_->policy()));
  Retrieval r;
  r.day = day_of_bundle(calendar.zone(), b.bundle);
  r.media = media.empty() ? b.bundle.name() : media;
  r.sha256 = crypto::hex(b.id);
  r.from_day = std::min(r.day, day_text(day_of(calendar.zone(), b.bundle.from)));
  r.bundle = std::to_string(b.bundle.sequence);
  r.bytes = b.bundle.bytes();
  std::set<std::string> grants;
  for (const custody::Piece& p : b.bundle.pieces) grants.insert(crypto::hex(p.segment.grant));
  r.grants.assign(grants.begin(), grants.end());
  return r;
}

Result<CaseStep> WorkOrders::wipe(const std::string& number, const fs::path& record) const {
  WRIT_TRY(matter, matter_of(*c_, number));
  WRIT_TRY(text, custody::read_paper(record));
  WRIT_TRY(d, desk::destruction_of(*c_, matter, text));
  const std::string sha256 = crypto::hex(crypto::sha256(text));
  CaseStep step{"wipe", Json{{"record", sha256},
                             {"acknowledgement", crypto::hex(d.acknowledgement)},
                             {"destroyed_at", rfc3339(d.at)},
                             {"probe", d.probe_name},
                             {"segments", d.destroyed.size()}}};
  step.guard = [sha256](const Case& w) -> Status {
    for (const CaseAct& a : w.acts)
      if (a.act == "wipe" && a.body.value("record", "") == sha256)
        return fail(Exit::usage, "this record of destruction is signed already", work_rule, {},
                    "writ work show " + w.matter);
    return {};
  };
  step.effect = [this, sha256, text](const Case&) -> Result<Json> {
    WRIT_CHECK(c_->keep_file("documents/" + sha256, text));
    return Json::object();
  };
  return step;
}

CaseStep WorkOrders::remove(const std::string& equipment) const {
  return same_as("remove", "equipment", equipment, "install");
}

CaseStep WorkOrders::release_port(const std::string& port) const {
  return same_as("release-port", "port", port, "file");
}

CaseStep WorkOrders::close(const std::string& not_wiped) const {
  CaseStep step{"close"};
  if (!not_wiped.empty()) step.body["not_wiped"] = not_wiped;
  step.guard = [this, is_wiped = not_wiped.empty()](const Case& w) -> Status {
    WRIT_CHECK(check_grants_named(*c_, w));
    return is_wiped ? check_wiped(w) : Status{};
  };
  return step;
}

Result<Json> WorkOrders::show(const std::string& number) const {
  WRIT_TRY(w, desk::read_case(*c_, number));
  if (w.cycle != Cycle::work_order)
    return fail(Exit::not_found, fmt::format("{} is not a field work order", number), {}, {},
                "writ work list");
  WRIT_TRY(missed, missed_days(*c_, w, c_->now()));
  Json out = desk::to_json(w);
  out["schema"] = "writ.work-order/1";
  WRIT_TRY(bundles, bundles_shown(*c_, w));
  out["missed"] = missed;
  out["bundles"] = bundles;
  out["next"] = next_text(w);
  return out;
}

Result<Json> WorkOrders::list(const std::string& matter) const {
  WRIT_TRY(all, matter.empty() ? desk::read_cases(*c_, Cycle::work_order)
                               : desk::cases_about(*c_, Cycle::work_order, matter));
  Json rows = Json::array();
  for (const Case& w : all) {
    const Json& site = w.acts.front().body;
    WRIT_TRY(missed, missed_days(*c_, w, c_->now()));
    rows.push_back({{"number", w.matter},
                    {"matter", site.value("matter", "")},
                    {"site", site.value("site", "")},
                    {"switch", site.value("switch", "")},
                    {"port", site.value("port", "")},
                    {"state", w.state},
                    {"missed", missed.size()}});
  }
  return Json{{"schema", "writ.work-orders/1"}, {"work_orders", rows}};
}

}  // namespace writ::cases
