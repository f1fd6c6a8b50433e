// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/emergency_application.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/documents_kept.hh"
#include "desk/order_check.hh"
#include "desk/outbox.hh"
#include "desk/outlets.hh"

namespace writ::desk {
namespace {

using process::Cycle;

constexpr std::string_view law =
    "18 USC 2518(7), 3125: an interception without an order ends unless the order follows";

tl::unexpected<Error> not_so(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), std::string(law), std::move(missing), std::move(next));
}

crypto::Digest key_of_application(const Order& o) {
  return crypto::sha256(view_of(canonical(Json{{"emergency_application", o.matter}, {"order", o.number}})));
}

Json about(const EmergencyInterception& e) {
  return Json{{"matter", e.order.matter}, {"order", e.order.number}};
}

// The case that the filing key names must be about this interception.
Result<std::optional<Case>> application_of(const Carrier& c, const Order& o) {
  WRIT_TRY(ask, c.db().prepare("SELECT matter FROM cases WHERE filing=?"));
  WRIT_TRY(found, ask.bind(1, crypto::hex(key_of_application(o))).step());
  if (!found) return std::optional<Case>{};
  WRIT_TRY(one, read_case(c, ask.text(0)));
  const Json& body = one.acts.front().body;
  if (one.cycle == Cycle::emergency_application && body.value("matter", "") == o.matter &&
      body.value("order", std::int64_t{0}) == o.number)
    return std::optional{std::move(one)};
  return fail(Exit::integrity, fmt::format("{} is not the application for {}", one.matter, o.matter));
}

}  // namespace

bool EmergencyInterception::ended_without_order(Instant now) const {
  if (is_granted()) return false;
  const std::string s = state();
  return s == "denied" || s == "not-sought" || s == "lapsed" || now >= due.at;
}

Result<std::optional<EmergencyInterception>> emergency_interception(const Carrier& c,
                                                                    const std::string& matter) {
  const Orders orders{c};
  WRIT_TRY(of, orders.of_matter(matter));
  for (Order& o : of) {
    if (!o.request.emergency) continue;
    WRIT_TRY(g, orders.grant(matter, o.number));
    if (!g || !g->file || g->acts.size() != 3) continue;
    EmergencyInterception e{std::move(o), std::move(*g), {}, {}, {}};
    e.began = std::max(e.grant.acts[2].at, e.grant.body.not_before);
    WRIT_TRY(due, policy::due(c.policy(), "emergency-intercept", e.began, "the interception began"));
    e.due = std::move(due);
    WRIT_TRY(application, application_of(c, e.order));
    e.application = std::move(application);
    return std::optional{std::move(e)};
  }
  return std::optional<EmergencyInterception>{};
}

Status check_deliverable(const Carrier& c, const std::string& matter) {
  WRIT_TRY(e, emergency_interception(c, matter));
  if (!e || !e->ended_without_order(c.now())) return {};
  const std::string s = e->state();
  return fail(
      Exit::refused,
      fmt::format("{} was intercepted in an emergency, and no order followed ({}; {})", matter,
                  s.empty() ? "no application is recorded" : s, e->due.arithmetic),
      "18 USC 2518(7), 3125: without the order it is treated as obtained in violation of the law; it "
      "stays sealed and goes no further",
      "the court's order, filed as an extension and confirmed with its clerk",
      s == "denied"
          ? "the court alone disposes of it; an order on an application of its own is a matter of its own"
          : fmt::format("record what the court decided: writ emergency application granted {} --order N",
                        matter));
}

Status check_follows_emergency(const Carrier& c, const Order& o) {
  if (o.request.emergency) return {};
  WRIT_TRY(e, emergency_interception(c, o.matter));
  if (!e || e->order.number >= o.number) return {};
  if (e->is_granted()) return {};
  return not_so(
      fmt::format("order {} of {} follows an emergency whose application is {}", o.number, o.matter,
                  e->application ? e->state() : "not recorded"),
      "the application, and that the court granted it by an order",
      fmt::format("counsel or officer: writ emergency application granted {} --order {}; an order on "
                  "an application of its own is filed as a matter of its own",
                  o.matter, o.number));
}

Result<EmergencyInterception> EmergencyApplication::must_be(const std::string& matter) const {
  WRIT_TRY(e, emergency_interception(*c_, matter));
  if (e) return std::move(*e);
  return not_so(fmt::format("{} is no interception without an order", matter),
                "an emergency interception that was armed", "writ request list prints the matters");
}

Result<Case> EmergencyApplication::record(const EmergencyInterception& e, CaseStep step, const Acting& who) {
  if (e.application) return CaseBook{*c_}.act(e.application->matter, std::move(step), who);
  return CaseBook{*c_}.open(Cycle::emergency_application, key_of_application(e.order), std::move(step), who);
}

Result<Case> EmergencyApplication::applied(const std::string& matter, const Application& a,
                                           const Acting& who) {
  WRIT_TRY(e, must_be(matter));
  Json said{{"court", a.court}, {"made", rfc3339(a.made)}, {"said_by", a.said_by}};
  if (!a.document.empty()) {
    WRIT_TRY(kept, keep_document(*c_, a.document));
    said["document_sha256"] = crypto::hex(kept);
  }
  CaseStep step{"apply", about(e)};
  step.body["application"] = std::move(said);
  step.guard = [&](const Case&) -> Status {
    if (a.court.empty() || a.said_by.empty())
      return not_so("court, or who said so, is not named", "to which court, and who told the carrier",
                    "state both (--court, --said-by)");
    if (a.made > c_->now())
      return not_so(fmt::format("the application is dated {}, which is not yet", rfc3339_seconds(a.made)),
                    "when it was made", "write --made as it was");
    if (a.made <= e.due.at) return {};
    return not_so(fmt::format("the application of {} was made {}, too late", matter, rfc3339_seconds(a.made)),
                  e.due.arithmetic,
                  "nothing of it is delivered; an order that comes later is filed as a matter of its own");
  };
  return record(e, std::move(step), who);
}

Result<Case> EmergencyApplication::granted(const std::string& matter, std::int64_t number,
                                           const Acting& who) {
  WRIT_TRY(e, must_be(matter));
  CaseStep step{"grant", Json{{"by_order", number}}};
  step.guard = [&](const Case&) -> Status {
    WRIT_TRY(of, Orders{*c_}.of_matter(matter));
    const auto o = std::find_if(of.begin(), of.end(), [&](const Order& x) { return x.number == number; });
    if (o == of.end() || o->request.emergency || o->state == process::State::returned ||
        o->state == process::State::rejected)
      return not_so(
          fmt::format("order {} of {} is no order of a court that passed its checks", number, matter),
          "the court's order, filed as an extension of the matter",
          fmt::format("file it with extends = \"{}\" (writ request file)", matter));
    WRIT_CHECK(check_order_confirmed(*c_, *o, who.person.user));
    if (e.is_wiretap() || o->request.issued <= e.due.at) return {};
    return not_so(fmt::format("the order was issued {}, too late for a pen register or trap",
                              rfc3339_seconds(o->request.issued)),
                  e.due.arithmetic, "file it as a matter of its own: it approves what comes after it");
  };
  return record(e, std::move(step), who);
}

Result<Json> EmergencyApplication::end(const EmergencyInterception& e, const std::string& why,
                                       const std::string& by) {
  const std::string& matter = e.order.matter;
  if (c_->now() < e.grant.body.not_after) WRIT_CHECK(revoke_grants(*c_, {e.grant}, why, by));
  WRIT_TRY(of, Orders{*c_}.of_matter(matter));  // as it is now: a repeated run has ended it already
  for (const Order& o : of) {
    const auto to = process::after_expiry(o.state);
    if (o.number == e.order.number && to != o.state)
      WRIT_CHECK(Orders{*c_}.advance(o, to, process::Step::stop, by, c_->now()));
  }
  WRIT_CHECK(Outbox{*c_}.tell({matter, "interception",
                               fmt::format("ended by law: {}; the probe takes the revocation list", why),
                               "technician, counsel or officer", Severity::emergency, e.began, e.due.at,
                               e.due.arithmetic, "18 USC 2518(7), 3125(b)"}));
  WRIT_TRY(left, deliver_revocations(*c_));
  return Json{{"lists_to_write", left.size()}};
}

Result<Case> EmergencyApplication::denied(const std::string& matter, const std::string& reason,
                                          const Acting& who) {
  WRIT_TRY(e, must_be(matter));
  if (e.state() == "denied") {  // the same command again: what was left is finished
    WRIT_CHECK(end(e, "the application was denied", who.person.user));
    return *e.application;
  }
  CaseStep step{"deny", Json{{"reason", reason}}};
  step.effect = [&](const Case&) { return end(e, "the application was denied", who.person.user); };
  return record(e, std::move(step), who);
}

Result<Case> EmergencyApplication::not_sought(const std::string& matter, const std::string& reason,
                                              const Acting& who) {
  WRIT_TRY(e, must_be(matter));
  if (e.state() == "not-sought") {
    WRIT_CHECK(end(e, "no application is made", who.person.user));
    return *e.application;
  }
  CaseStep step{"not-seek", about(e)};
  step.body["reason"] = reason;
  step.effect = [&](const Case&) { return end(e, "no application is made", who.person.user); };
  return record(e, std::move(step), who);
}

Result<Case> EmergencyApplication::inventory(const std::string& matter, const std::string& served,
                                             const Acting& who) {
  WRIT_TRY(e, must_be(matter));
  CaseStep step{"inventory", Json{{"served", served}}};
  if (e.application) {
    const CaseAct* done = e.application->newest("inventory");
    if (done != nullptr && done->user == who.person.user && done->body == step.body) return *e.application;
  }
  return record(e, std::move(step), who);
}

Result<Case> EmergencyApplication::lapse(const std::string& matter) {
  WRIT_TRY(e, must_be(matter));
  CaseStep step{"lapse", about(e)};
  step.body["due"] = e.due.arithmetic;
  step.guard = [&](const Case&) -> Status {
    const std::string s = e.state();
    if (c_->now() >= e.due.at && (s.empty() || (s == "applied" && !e.is_wiretap()))) return {};
    return fail(Exit::failure, fmt::format("{} has not lapsed", matter), {}, {},
                "the next run looks at it again");
  };
  step.effect = [&](const Case&) {
    return end(e, "48 hours passed without the order", c_->desk_cert().user);
  };
  const Acting clock{{c_->desk_cert().user, crypto::SigningKey{c_->desk_key().seed()}, {}}, c_->desk_cert()};
  return record(e, std::move(step), clock);
}

}  // namespace writ::desk
