// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/verification.hh"

#include <fmt/format.h>

#include "authority/strict.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseBook;
using desk::ContactKind;
using desk::Outcome;
using process::Cycle;

constexpr std::string_view rule =
    "V1: a requester is called back at a number that the carrier found independently of the request";

// The court speaks for its own orders; an agency for everything else that it sends.
Result<desk::Contact> speaks_for(const desk::Carrier& c, const Case& of, const process::Demand& d,
                                 const std::string& entry) {
  WRIT_TRY(e, desk::read_entry(c, entry));
  desk::LetterFacts letter = letter_of(of, d);
  const policy::ProcessKind* kind = policy::process_kind(c.policy(), d.kind);
  if (of.cycle == Cycle::request && kind != nullptr && kind->needs_court) {
    letter.organisation = d.court;
    letter.mail.clear();  // the requester's, not the court's
    return callable(e, {ContactKind::court_clerk}, letter);
  }
  return callable(e, {ContactKind::agency, ContactKind::prosecutor, ContactKind::office}, letter);
}

// The act that the outcome is, by the tables.
const char* act_of(Cycle cycle, Outcome o) {
  if (o == Outcome::not_reached) return "attempt";
  if (cycle == Cycle::emergency) return o == Outcome::confirmed ? "call-back" : "deny";
  return o == Outcome::confirmed ? "verify-identity" : "reject";
}

Result<Json> said(const desk::Carrier& c, const Case& of, const desk::Call& call) {
  if (of.cycle != Cycle::request && of.cycle != Cycle::emergency)
    return fail(Exit::refused,
                fmt::format("{} is a {}: its requester is not called back here", of.matter,
                            process::to_string(of.cycle)),
                std::string(rule), "a request, an emergency or an order", "writ request list shows them");
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(contact, speaks_for(c, of, demand, call.contact));
  if (call.outcome != Outcome::not_reached && !authority::is_plain_text(call.spoke_with))
    return fail(Exit::refused, "nobody is named who answered", std::string(rule),
                "title, name or badge of who answered", "say whom you spoke with (--spoke-with)");
  Json body{{"verification", desk::verification_json(call, contact)}};
  if (call.outcome == Outcome::denied)
    body["reason"] = fmt::format("{} of {} denies the request", call.spoke_with, contact.organisation);
  return body;
}

}  // namespace

desk::LetterFacts letter_of(const Case& c, const process::Demand& d) {
  const Instant received = d.received == Instant{} ? c.opened() : std::min(d.received, c.opened());
  return {d.requester.agency, {d.requester.phone, d.requester.fax}, d.requester.email, received};
}

Result<Case> verify_requester(desk::Carrier& c, const std::string& matter, const desk::Call& call,
                              const desk::Acting& who) {
  const auto of = desk::read_case(c, matter);
  if (!of && of.error().exit != Exit::not_found) return tl::unexpected(of.error());
  if (!of) return desk::OrderCheck{c}.verify(matter, call, who);
  WRIT_TRY(body, c.attempt(who.person.user, "verify", matter, [&] { return said(c, *of, call); }));
  return CaseBook{c}.act(matter, {act_of(of->cycle, call.outcome), std::move(body)}, who);
}

}  // namespace writ::cases
