// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/request_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "desk/case_book.hh"
#include "desk/custodians.hh"
#include "desk/documents_kept.hh"
#include "desk/emergency_application.hh"
#include "desk/grant_checks.hh"
#include "desk/ingest_service.hh"
#include "desk/order_check.hh"
#include "desk/record_store.hh"
#include "vault/matter_keys.hh"

namespace writ::desk {
namespace {

using authority::Role;
using process::State;
using process::Step;

State outcome(const std::vector<process::CheckResult>& checks) {
  State s = State::validated;
  for (const auto& r : checks) {
    if (r.passed) continue;
    if (r.severity == policy::Severity::reject) return State::rejected;
    if (r.severity == policy::Severity::return_for_correction) s = State::returned;
  }
  return s;
}

Json to_json(const std::vector<Bond>& bonds) {
  Json out = Json::array();
  for (const Bond& b : bonds) out.push_back(to_json(b));
  return out;
}

const std::vector<Role> enterers{Role::intake, Role::officer, Role::technician};

}  // namespace

Json to_json(const Filed& f) {
  return Json{{"schema", "writ.filed/1"},
              {"matter", f.matter},
              {"order", f.number},
              {"state", process::to_string(f.state)},
              {"checks", process::to_json(f.checks)}};
}

Result<Filed> RequestService::file(View order_text, const std::string& order_name, const fs::path& document,
                                   const Credentials& who) {
  WRIT_TRY(enterer, c_->act_as_any(who, enterers));
  return file(order_text, order_name, document, enterer);
}

Result<Filed> RequestService::file(View order_text, const std::string& order_name, const fs::path& document,
                                   const Acting& enterer) {
  WRIT_CHECK(c_->only_outside("filing an order for an interception"));
  WRIT_TRY(request, process::parse_request(order_text, order_name));
  return c_->attempt(enterer.person.user, "request.file", request.extends, [&]() -> Result<Filed> {
    WRIT_CHECK(check_person(*c_, enterer, enterers));
    return take_in(std::move(request), document, enterer);
  });
}

// Where an order belongs: a matter of its own, or the next number of the one that it extends.
Status RequestService::place(Order& o) {
  Orders orders{*c_};
  if (o.request.extends.empty()) {
    WRIT_TRY(id, next_number(*c_, "M"));
    o.matter = std::move(id);
    return {};
  }
  const auto refused = [&](std::string what) {
    return fail(Exit::refused, std::move(what),
                "a renewal extends an armed grant (18 USC 2518(5), 3123(c)(2))",
                "an order of that kind that was armed", "file it as an order of its own");
  };
  const auto before = orders.of_matter(o.request.extends);
  if (!before) return refused(before.error().what);
  WRIT_TRY(last, orders.newest(o.request.extends));
  if (last.state != State::armed && last.state != State::ended && last.state != State::certified)
    return refused(fmt::format("{} has no interception to extend", o.request.extends));
  if (last.request.kind != o.request.kind)
    return refused(
        fmt::format("{} is a {}, and this order a {}", o.request.extends, last.request.kind, o.request.kind));
  o.matter = o.request.extends;
  o.number = before->back().number + 1;
  return {};
}

Result<Filed> RequestService::take_in(process::Request request, const fs::path& document,
                                      const Acting& enterer) {
  Order o;
  WRIT_TRY(kept, keep_document(*c_, document));
  o.document_sha256 = kept;
  request.document_sha256 = o.document_sha256;
  WRIT_TRY(digest, process::request_digest(request));
  o.request = std::move(request);
  Orders orders{*c_};
  WRIT_TRY(known, orders.by_request(digest));
  if (known) {
    WRIT_TRY(of, orders.of_matter(known->first));
    for (const Order& old : of)
      if (old.number == known->second && old.state != State::returned && old.state != State::rejected)
        return Filed{old.matter, old.number, old.state, process::checks_from_json(old.checks)};
    o.matter =
        known->first;  // returned or rejected: records or policy may be otherwise now, so it is checked again
    o.number = known->second;
  } else {
    WRIT_CHECK(place(o));
  }
  WRIT_CHECK(c_->note(enterer.person.user, "request.file", o.matter,
                      Json{{"order", o.number},
                           {"request_sha256", crypto::hex(digest)},
                           {"document_sha256", crypto::hex(o.document_sha256)},
                           {"policy_sha256", crypto::hex(c_->policy().hash)}}));
  WRIT_TRY(checks, check(o));
  o.state = outcome(checks);
  o.request_sha256 = digest;
  o.checks = process::to_json(checks);
  o.filed_by = enterer.person.user;
  o.filed_at = c_->now();
  o.filed_signature = enterer.person.sign.sign(filing_domain, digest);
  WRIT_CHECK(c_->note("desk", "request.checked", o.matter,
                      Json{{"order", o.number}, {"state", process::to_string(o.state)}}));
  WRIT_CHECK(orders.insert(o, canonical(process::to_json(o.request))));
  return Filed{o.matter, o.number, o.state, std::move(checks)};
}

// Stage B reads records only for an order whose paper is in order (I1: matter, purpose, scope, logged first).
Result<std::vector<process::CheckResult>> RequestService::check(const Order& o) {
  auto checks = process::check_document(o.request, c_->policy());
  if (!process::acceptable(checks)) return checks;
  WRIT_TRY(store, RecordStore::open_catalogue(*c_));
  const records::Catalogue& book = store->catalogue();
  WRIT_CHECK(c_->note("desk", "records.lookup", o.matter,
                      Json{{"purpose", "checks V4 V11"}, {"targets", o.request.targets.size()}}));
  WRIT_TRY(more, process::check_records(o.request, c_->policy(), book));
  checks.insert(checks.end(), more.begin(), more.end());
  return checks;
}

// The recipients of the evidence. A key file that lies there before counsel has signed anything over it is
// not believed: nothing can be sealed to it yet, so it is made anew. Later orders of the matter must find
// exactly the key that the earlier grant names.
Status RequestService::matter_keys(const Order& o, authority::GrantBody& b) {
  const fs::path dir = c_->data() / "vault";
  WRIT_TRY(earlier, Orders{*c_}.grants(o.matter));
  std::error_code ec;
  if (earlier.empty() && fs::exists(c_->data() / "evidence" / o.matter, ec))
    return fail(Exit::integrity, fmt::format("{} has evidence, but no grant", o.matter),
                "nothing authorised is lost", "the store as it was", "restore store.db from backup");
  if (earlier.empty()) WRIT_CHECK(vault::destroy_matter_keys(dir, o.matter));
  WRIT_TRY(call_data, matter_key(*c_, o.matter, "call-data"));
  b.call_data_to = {call_data};
  if (authority::yields_content(b.kind)) {
    WRIT_TRY(content, matter_key(*c_, o.matter, "content"));
    b.content_to = {content};
  }
  for (const GrantRow& g : earlier) {
    if (g.body.call_data_to != b.call_data_to ||
        (!g.body.content_to.empty() && !b.content_to.empty() && g.body.content_to != b.content_to))
      return fail(Exit::integrity,
                  fmt::format("{}: the matter's key is not the one that its earlier grant names", o.matter),
                  "evidence is sealed to the matter's key in the signed grant",
                  "the vault's key file as it was made", "restore vault/ from backup");
    if (g.number >= o.number) continue;
    b.previous = authority::grant_id(g.body);
    for (const authority::Target& t : b.targets)
      if (std::none_of(g.body.targets.begin(), g.body.targets.end(), [&](const authority::Target& old) {
            return old.type == t.type && old.value == t.value && old.property == t.property;
          }))
        return fail(Exit::refused, fmt::format("the extension names {}, which {} did not", t.value, o.matter),
                    "a renewal goes on with the interception that was ordered", "the same targets",
                    "file it as an order of its own");
  }
  return {};
}

Result<GrantRow> RequestService::compose(const Order& o, const std::string& probe_name) {
  WRIT_TRY(store, RecordStore::open_catalogue(*c_));
  const records::Catalogue& book = store->catalogue();
  WRIT_CHECK(c_->note("desk", "records.lookup", o.matter, Json{{"purpose", "targets of the grant"}}));
  authority::GrantBody b;
  b.carrier = c_->roots().carrier;
  b.matter = o.matter;
  WRIT_TRY(kind, process::grant_kind(o.request));
  WRIT_TRY(basis, process::grant_basis(o.request));
  WRIT_TRY(targets, process::grant_targets(o.request, book));
  const Instant now = c_->now();
  WRIT_TRY(bonds, bonds_of(book, targets, o.request.start, o.request.end, now));
  b.kind = kind;
  b.basis = basis;
  b.targets = std::move(targets);
  WRIT_TRY(probe, c_->probe_cert(probe_name));
  b.probe_name = probe_name;
  b.probe = probe.verify;
  b.not_before = o.request.start;
  b.not_after = o.request.end;
  b.document_sha256 = o.document_sha256;
  b.request_sha256 = o.request_sha256;
  b.trust_from = o.request.trust_from;
  b.trust_from_at = o.request.trust_from_at;
  b.trusted_peers = o.request.trusted_peers;
  b.post_cut_through_digits = process::grant_digits(o.request);
  b.sequence = static_cast<std::uint64_t>(o.number);

  WRIT_CHECK(matter_keys(o, b));
  if (b.previous) {
    WRIT_TRY(before, bonds_of_grant(c_->db(), crypto::hex(*b.previous)));
    WRIT_CHECK(check_same_tenants(before, bonds));
  }
  return GrantRow{crypto::hex(authority::grant_id(b)),
                  o.matter,
                  o.number,
                  std::move(b),
                  {},
                  std::nullopt,
                  std::move(bonds)};
}

Result<GrantRow> RequestService::approve(const std::string& matter, std::string probe,
                                         const Credentials& who) {
  WRIT_TRY(counsel, c_->act_as(who, Role::counsel));
  return c_->attempt(who.user, "request.approve", matter,
                     [&] { return legal_act(matter, std::move(probe), counsel); });
}

Result<GrantRow> RequestService::legal_act(const std::string& matter, std::string probe,
                                           const Acting& counsel) {
  const std::string& user = counsel.person.user;
  Orders orders{*c_};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(existing, orders.grant(matter, o.number));
  if (existing && o.state != State::ended && o.done_by.contains(Step::authorise_legal) &&
      o.done_by.at(Step::authorise_legal) == user) {
    WRIT_CHECK(check_order_integrity(*c_, o, existing->body));
    WRIT_CHECK(check_acts(*c_, o, *existing, 1));
    return std::move(*existing);
  }
  WRIT_TRY(to, process::advance(o.state, Step::authorise_legal, actor_of(counsel), o.done_by));
  // A state is a word in a row; what the checks say now is what counts.
  WRIT_TRY(checks, check(o));
  if (!process::acceptable(checks))
    return fail(Exit::refused, fmt::format("{} does not pass its checks", matter), "requirements section 4",
                "the cures that writ request show prints", "intake files the corrected order");
  WRIT_CHECK(check_order_confirmed(*c_, o, user));
  WRIT_CHECK(check_follows_emergency(*c_, o));
  if (probe.empty()) {
    WRIT_TRY(names, c_->probe_names());
    if (names.size() != 1)
      return fail(Exit::usage, fmt::format("{} probes are enrolled", names.size()), {},
                  "the probe that this order is for", "give --probe NAME");
    probe = names.front();
  }
  WRIT_TRY(g, compose(o, probe));
  WRIT_CHECK(check_order_integrity(*c_, o, g.body));
  const Instant at = c_->now();
  if (at >= g.body.not_after)
    return fail(
        Exit::expired, fmt::format("the period of {} ended {}", matter, rfc3339_seconds(g.body.not_after)),
        "I3: expiry always wins", "an authority that is still in force", "an extension from the court");
  g.acts = {authority::sign_act(authority::Act::legal_authorisation, counsel.person,
                                authority::grant_id(g.body), at)};
  WRIT_CHECK(check_acts(*c_, o, g, 1));
  WRIT_CHECK(c_->note(user, "request.approve", matter,
                      Json{{"order", o.number},
                           {"grant", g.id},
                           {"act", "legal-authorisation"},
                           {"bonds", to_json(g.bonds)}}));
  WRIT_CHECK(orders.advance(o, to, Step::authorise_legal, user, at, g));
  return g;
}

Status RequestService::import_records(View csv, const std::string& name, const Credentials& who,
                                      records::ImportReport& report) {
  WRIT_CHECK(c_->only_outside("importing records"));
  WRIT_TRY(done, IngestService{*c_}.import_catalogue(csv, name, who));
  report = std::move(done.report);
  return to_status(done.suspended);
}

}  // namespace writ::desk
