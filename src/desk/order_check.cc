// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/order_check.hh"

#include <fmt/format.h>

#include "authority/strict.hh"

namespace writ::desk {
namespace {

using process::Cycle;

constexpr std::string_view rule =
    "every order and every extension is confirmed with the clerk of its court, and a second contact of the "
    "agency knows of it (47 CFR 1.20002(b), V1)";

tl::unexpected<Error> refused(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), std::string(rule), std::move(missing), std::move(next));
}

crypto::Digest key_of(const Order& o) {
  return crypto::sha256(view_of(canonical(Json{{"order_check", o.matter},
                                               {"order", o.number},
                                               {"request_sha256", crypto::hex(o.request_sha256)},
                                               {"filed_at", rfc3339(o.filed_at)}})));
}

LetterFacts facts_of(const Order& o, const std::string& organisation) {
  const process::Request::Officer& from = o.request.officer;
  return {organisation, {from.phone, from.fax}, "", o.filed_at};
}

const std::vector<ContactKind>& agency_kinds() {
  static const std::vector<ContactKind> kinds{ContactKind::agency, ContactKind::prosecutor,
                                              ContactKind::office};
  return kinds;
}

// Who can say that the order is genuine: the court; in an emergency without one, the agency.
Result<Contact> must_confirm(const DirectoryEntry& e, const Order& o) {
  if (o.request.emergency) return callable(e, agency_kinds(), facts_of(o, o.request.officer.agency));
  return callable(e, {ContactKind::court_clerk}, facts_of(o, o.request.court));
}

Status check_waiting(const Order& o) {
  if (o.state == process::State::validated) return {};
  return refused(fmt::format("order {} of {} is {}", o.number, o.matter, process::to_string(o.state)),
                 "an order that passed its checks and waits for counsel",
                 "writ request show prints its state and its checks");
}

// A case whose acts fit this order, as it stands in the store now.
Result<std::optional<Case>> find_check(const Carrier& c, const Order& o) {
  WRIT_TRY(ask, c.db().prepare("SELECT matter FROM cases WHERE filing=?"));
  WRIT_TRY(found, ask.bind(1, crypto::hex(key_of(o))).step());
  if (!found) return std::optional<Case>{};
  WRIT_TRY(one, read_case(c, ask.text(0)));
  const Json& body = one.acts.front().body;
  if (one.cycle != Cycle::order_check || body.value("matter", "") != o.matter ||
      body.value("order", std::int64_t{0}) != o.number ||
      body.value("request_sha256", "") != crypto::hex(o.request_sha256))
    return fail(Exit::integrity, fmt::format("{} is not the check of this order", one.matter));
  return std::optional{std::move(one)};
}

// The contact that the act names was in force when it was called, and is one that can say so.
Status check_called(const Carrier& c, const Order& o, const CaseAct& act) {
  const Json& said = act.body["verification"];
  WRIT_TRY(entry, read_entry(c, said.value("entry", "")));
  WRIT_TRY(contact, must_confirm(entry.as_of(act.at), o));
  if (said.value("contact", Json()) == to_json(contact)) return {};
  return refused(
      fmt::format("who confirmed order {} of {} is not who stood in the directory then", o.number, o.matter),
      "a contact of the directory", "intake calls it again (writ agency verify)");
}

// The same command again, with other acts since.
bool is_done(const Case& c, std::string_view act, const Json& body, const Acting& who) {
  const CaseAct* done = c.newest(act);
  return c.state != "denied" && done != nullptr && done->user == who.person.user && done->body == body;
}

bool is_said_by(const std::string& spoke_with, const std::string& name) {
  return !name.empty() && is_same_organisation(spoke_with, name);
}

}  // namespace

const char* to_string(Outcome o) {
  return o == Outcome::confirmed ? "confirmed" : o == Outcome::denied ? "denied" : "not-reached";
}

Result<Outcome> parse_outcome(std::string_view s) {
  for (const Outcome o : {Outcome::confirmed, Outcome::denied, Outcome::not_reached})
    if (s == to_string(o)) return o;
  return fail(Exit::usage, fmt::format("'{}' is no outcome of a call", s.substr(0, 80)), std::string(rule),
              "what was answered", "write confirmed, denied or not-reached (--outcome)");
}

Json verification_json(const Call& call, const Contact& contact) {
  return Json{{"entry", call.contact},
              {"contact", to_json(contact)},
              {"spoke_with", call.spoke_with},
              {"outcome", to_string(call.outcome)},
              {"fax_confirmed", call.fax_confirmed}};
}

Result<Case> OrderCheck::opened(const Order& o, const Acting& who) {
  return CaseBook{*c_}.open(
      Cycle::order_check, key_of(o),
      {"file",
       Json{{"matter", o.matter}, {"order", o.number}, {"request_sha256", crypto::hex(o.request_sha256)}}},
      who);
}

Result<Case> OrderCheck::verify(const std::string& matter, const Call& call, const Acting& who) {
  WRIT_TRY(o, Orders{*c_}.newest(matter));
  WRIT_TRY(contact, c_->attempt(who.person.user, "order-check.verify", matter, [&]() -> Result<Contact> {
    WRIT_CHECK(check_waiting(o));
    WRIT_TRY(entry, read_entry(*c_, call.contact));
    if (call.outcome != Outcome::not_reached && !authority::is_plain_text(call.spoke_with))
      return refused("nobody is named who answered", "the clerk's title, name or badge",
                     "say whom you spoke with (--spoke-with)");
    return must_confirm(entry, o);
  }));
  const Json body{{"verification", verification_json(call, contact)}};
  WRIT_TRY(one, opened(o, who));
  if (is_done(one, "confirm", body, who)) return one;
  const char* act = call.outcome == Outcome::confirmed ? "confirm"
                    : call.outcome == Outcome::denied  ? "deny"
                                                       : "attempt";
  return CaseBook{*c_}.act(one.matter, {act, body}, who);
}

Result<Contact> OrderCheck::second_contact(const Order& o, const std::string& id, const std::string& told) {
  WRIT_CHECK(check_waiting(o));
  WRIT_TRY(entry, read_entry(*c_, id));
  if (!authority::is_plain_text(told))
    return refused("nobody is named who was told", "title, name or badge of the second contact",
                   "say whom you told (--spoke-with)");
  if (is_said_by(told, o.request.officer.name) || is_said_by(told, o.request.prosecutor))
    return refused(fmt::format("{} asked for the interception", told), "a second person of the agency",
                   "tell somebody else there: no one person is an agency's only contact");
  WRIT_TRY(check, find_check(*c_, o));
  if (const CaseAct* called = check ? check->newest("confirm") : nullptr;
      called != nullptr && called->body["verification"].value("entry", "") == id)
    return refused(fmt::format("{} is the contact that confirmed the order", id),
                   "another contact of the agency", "tell a second one (writ agency list)");
  return callable(entry, agency_kinds(), facts_of(o, o.request.officer.agency));
}

Result<Case> OrderCheck::tell(const std::string& matter, const std::string& id, const std::string& told,
                              const Acting& who) {
  WRIT_TRY(o, Orders{*c_}.newest(matter));
  WRIT_TRY(contact, c_->attempt(who.person.user, "order-check.tell", matter,
                                [&] { return second_contact(o, id, told); }));
  const Json body{{"notice", Json{{"entry", id}, {"contact", to_json(contact)}, {"told", told}}}};
  WRIT_TRY(one, opened(o, who));
  if (is_done(one, "tell", body, who)) return one;
  return CaseBook{*c_}.act(one.matter, {"tell", body}, who);
}

Status check_order_confirmed(const Carrier& c, const Order& o, const std::string& counsel) {
  const std::string who = o.request.emergency ? "the agency" : "the clerk of " + o.request.court;
  const auto verify = fmt::format(
      "intake: writ agency verify {} --contact ENTRY --spoke-with ... --outcome "
      "confirmed",
      o.matter);
  WRIT_TRY(one, find_check(c, o));
  const CaseAct* confirmed = one ? one->newest("confirm") : nullptr;
  if (one && one->state == "denied")
    return refused(fmt::format("{} denies order {} of {}", who, o.number, o.matter), "a genuine order",
                   "refuse it, and tell the officer of this carrier: a forged order is an incident");
  if (confirmed == nullptr)
    return refused(fmt::format("order {} of {} was not confirmed with {}", o.number, o.matter, who),
                   fmt::format("{}'s word, by a number of the carrier's directory", who), verify);
  if (confirmed->at < o.filed_at)
    return refused(fmt::format("order {} of {} was confirmed before it was filed", o.number, o.matter),
                   "a confirmation of what was filed", verify);
  WRIT_CHECK(check_called(c, o, *confirmed));
  const CaseAct* told = one->newest("tell");
  if (told == nullptr)
    return refused(fmt::format("of order {} of {} nobody knows but who asked for it", o.number, o.matter),
                   fmt::format("a second contact of {} who was told", o.request.officer.agency),
                   fmt::format("intake: writ agency tell {} --contact ENTRY --spoke-with ...", o.matter));
  if (told->body["notice"].value("entry", "") == confirmed->body["verification"].value("entry", ""))
    return refused("who confirmed the order and who was told are one contact", "two contacts",
                   fmt::format("intake: writ agency tell {} --contact ENTRY --spoke-with ...", o.matter));
  for (const CaseAct* act : {confirmed, told})
    if (authority::is_same_user(act->user, counsel))
      return refused(fmt::format("{} has confirmed this order", counsel), "another counsel",
                     "nobody approves their own work");
  return {};
}

}  // namespace writ::desk
