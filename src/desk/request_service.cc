// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/request_service.hh"

#include <fmt/format.h>

#include "authority/grant_file.hh"
#include "base/limits.hh"
#include "vault/matter_keys.hh"

namespace writ::desk {
namespace {

using authority::Role;
using process::State;
using process::Step;

constexpr const char* filing_domain = "writ.filing/1";

const char* severity_text(policy::Severity s) {
  switch (s) {
    case policy::Severity::reject: return "reject";
    case policy::Severity::return_for_correction: return "return";
    case policy::Severity::warn: return "warn";
  }
  return "return";
}

Json to_json(const std::vector<process::CheckResult>& checks) {
  Json out = Json::array();
  for (const auto& r : checks)
    out.push_back(Json{{"id", r.id}, {"passed", r.passed}, {"severity", severity_text(r.severity)}, {"message", r.message},
                       {"rule", r.rule}, {"fact", r.fact}, {"cure", r.cure}});
  return out;
}

std::vector<process::CheckResult> checks_from(const Json& stored) {
  std::vector<process::CheckResult> out;
  for (const Json& j : stored) {
    process::CheckResult r;
    r.id = j.value("id", "");
    r.passed = j.value("passed", false);
    const std::string s = j.value("severity", "return");
    r.severity = s == "reject" ? policy::Severity::reject : s == "warn" ? policy::Severity::warn : policy::Severity::return_for_correction;
    r.message = j.value("message", "");
    r.rule = j.value("rule", "");
    r.fact = j.value("fact", "");
    r.cure = j.value("cure", "");
    out.push_back(std::move(r));
  }
  return out;
}

State outcome(const std::vector<process::CheckResult>& checks) {
  State s = State::validated;
  for (const auto& r : checks) {
    if (r.passed) continue;
    if (r.severity == policy::Severity::reject) return State::rejected;
    if (r.severity == policy::Severity::return_for_correction) s = State::returned;
  }
  return s;
}

bool is_scan(View b) {
  const std::string_view t = text_of(b.first(std::min<std::size_t>(b.size(), 8)));
  using namespace std::string_view_literals;
  return t.starts_with("%PDF-"sv) || t.starts_with("II*\0"sv) || t.starts_with("MM\0*"sv);
}

process::Actor actor(const Acting& a) { return {a.person.user, a.cert.roles}; }

}  // namespace

Json to_json(const Filed& f) {
  return Json{{"schema", "writ.filed/1"}, {"matter", f.matter}, {"order", f.number}, {"state", process::to_string(f.state)},
              {"checks", to_json(f.checks)}};
}

Status RequestService::keep_document(const fs::path& document, crypto::Digest& sha256) {
  WRIT_TRY(bytes, read_file(document));
  if (bytes.size() > limits::document_bytes_max || !is_scan(bytes))
    return fail(Exit::usage, fmt::format("{} is not a scanned document", document.string()), "the document's SHA-256 binds everything after it",
                "a PDF or TIFF file of at most 256 MiB", "scan the order as it was served");
  sha256 = crypto::sha256(bytes);
  return write_file(c_->data() / "documents" / crypto::hex(sha256), bytes, 0440);
}

Result<Filed> RequestService::file(View order_text, const std::string& order_name, const fs::path& document, const Credentials& who) {
  WRIT_TRY(enterer, c_->act_as_any(who, {Role::intake, Role::officer, Role::technician}));
  WRIT_TRY(request, process::parse_request(order_text, order_name));
  Order o;
  WRIT_CHECK(keep_document(document, o.document_sha256));
  request.document_sha256 = o.document_sha256;
  WRIT_TRY(digest, process::request_digest(request));
  WRIT_TRY(book, records::RecordBook::open(c_->db()));
  Orders orders{*c_};
  WRIT_TRY(known, orders.by_request(digest));
  if (known) {
    WRIT_TRY(of, orders.of_matter(known->first));
    for (const Order& old : of)
      if (old.number == known->second) return Filed{old.matter, old.number, old.state, checks_from(old.checks)};
  }
  if (request.extends.empty()) {
    WRIT_TRY(id, orders.next_matter(c_->now()));
    o.matter = std::move(id);
  } else {
    auto before = orders.of_matter(request.extends);
    if (!before) return c_->refuse(who.user, "request.file", request.extends, before.error());
    const State last = before->back().state;
    if (last != State::armed && last != State::ended && last != State::certified)
      return c_->refuse(who.user, "request.file", request.extends,
                        {Exit::refused, fmt::format("{} has no interception to extend", request.extends), "a renewal extends an armed grant",
                         "an order that was armed", "file it as an order of its own"});
    o.matter = request.extends;
    o.number = before->back().number + 1;
  }
  WRIT_CHECK(c_->note(who.user, "request.file", o.matter,
                      Json{{"order", o.number}, {"request_sha256", crypto::hex(digest)}, {"document_sha256", crypto::hex(o.document_sha256)},
                           {"policy_sha256", crypto::hex(c_->policy().hash)}}));
  Filed out{o.matter, o.number, State::received, process::check_document(request, c_->policy())};
  // Stage B reads records only for an order whose paper is in order (I1: matter, purpose, scope, logged first).
  if (process::acceptable(out.checks)) {
    WRIT_CHECK(c_->note(who.user, "records.lookup", o.matter, Json{{"purpose", "checks V4 V11"}, {"targets", request.targets.size()}}));
    WRIT_TRY(more, process::check_records(request, c_->policy(), book));
    out.checks.insert(out.checks.end(), more.begin(), more.end());
  }
  out.state = outcome(out.checks);
  o.state = out.state;
  o.request = request;
  o.request_sha256 = digest;
  o.checks = to_json(out.checks);
  o.filed_by = who.user;
  o.filed_at = c_->now();
  WRIT_CHECK(c_->note("desk", "request.checked", o.matter, Json{{"order", o.number}, {"state", process::to_string(o.state)}}));
  WRIT_CHECK(orders.insert(o, canonical(process::to_json(request)), enterer.person.sign.sign(filing_domain, digest)));
  return out;
}

// The recipients of the evidence. A key file that lies there before counsel has signed anything over it is not believed: nothing can be sealed
// to it yet, so it is made anew. Later orders of the matter must find exactly the key that the earlier grant names.
Status RequestService::matter_keys(const Order& o, authority::GrantBody& b) {
  const fs::path dir = c_->data() / "vault";
  WRIT_TRY(earlier, Orders{*c_}.grants(o.matter));
  if (earlier.empty()) WRIT_CHECK(vault::destroy_matter_keys(dir, o.matter));
  std::vector<vault::Custodian> custodians;
  WRIT_TRY(people, c_->people());
  for (const auto& cert : people)
    if (authority::verify_cert(cert, c_->roots(), Role::custodian, c_->now())) custodians.push_back({cert.user, cert.box});
  WRIT_TRY(recovery, c_->recovery_keys());
  WRIT_TRY(call_data, vault::make_matter_key(dir, o.matter, "call-data", custodians, recovery));
  b.call_data_to = {call_data};
  if (authority::yields_content(b.kind)) {
    WRIT_TRY(content, vault::make_matter_key(dir, o.matter, "content", custodians, recovery));
    b.content_to = {content};
  }
  for (const GrantRow& g : earlier) {
    if (g.body.call_data_to != b.call_data_to || (!g.body.content_to.empty() && !b.content_to.empty() && g.body.content_to != b.content_to))
      return fail(Exit::integrity, fmt::format("{}: the matter's key is not the one that its earlier grant names", o.matter),
                  "evidence is sealed to the matter's key in the signed grant", "the vault's key file as it was made", "restore vault/ from backup");
    if (g.number < o.number) b.previous = authority::grant_id(g.body);
  }
  return {};
}

Result<GrantRow> RequestService::compose(const Order& o, const std::string& probe_name) {
  WRIT_TRY(book, records::RecordBook::open(c_->db()));
  WRIT_CHECK(c_->note("desk", "records.lookup", o.matter, Json{{"purpose", "targets of the grant"}}));
  authority::GrantBody b;
  b.carrier = c_->roots().carrier;
  b.matter = o.matter;
  WRIT_TRY(kind, process::grant_kind(o.request));
  WRIT_TRY(basis, process::grant_basis(o.request));
  WRIT_TRY(targets, process::grant_targets(o.request, book));
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
  b.trusted_peers = o.request.trusted_peers;
  b.post_cut_through_digits = authority::yields_content(kind);  // of a content grant they are part of the content
  b.sequence = static_cast<std::uint64_t>(o.number);

  WRIT_CHECK(matter_keys(o, b));
  return GrantRow{crypto::hex(authority::grant_id(b)), o.matter, o.number, std::move(b), {}, std::nullopt};
}

Result<GrantRow> RequestService::approve(const std::string& matter, std::string probe, const Credentials& who) {
  WRIT_TRY(counsel, c_->act_as(who, Role::counsel));
  Orders orders{*c_};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(existing, orders.grant(matter, o.number));
  if (existing && o.done_by.contains(Step::authorise_legal) && o.done_by.at(Step::authorise_legal) == who.user) return *existing;
  const auto to = process::advance(o.state, Step::authorise_legal, actor(counsel), o.done_by);
  if (!to) return c_->refuse(who.user, "request.approve", matter, to.error());
  if (probe.empty()) {
    WRIT_TRY(names, c_->probe_names());
    if (names.size() != 1)
      return fail(Exit::usage, fmt::format("{} probes are enrolled", names.size()), {}, "the probe that this order is for", "give --probe NAME");
    probe = names.front();
  }
  auto g = compose(o, probe);
  if (!g) return c_->refuse(who.user, "request.approve", matter, g.error());
  if (auto ok = check_order_integrity(*c_, o, g->body); !ok) return c_->refuse(who.user, "request.approve", matter, ok.error());
  const Instant at = c_->now();
  WRIT_CHECK(c_->note(who.user, "request.approve", matter, Json{{"order", o.number}, {"grant", g->id}, {"act", "legal-authorisation"}}));
  g->acts = {authority::sign_act(authority::Act::legal_authorisation, counsel.person, authority::grant_id(g->body), at)};
  WRIT_CHECK(orders.put_grant(*g));
  WRIT_CHECK(orders.advance(o, *to, Step::authorise_legal, who.user, at));
  return std::move(*g);
}

Status RequestService::import_records(View csv, const std::string& name, const Credentials& who, records::ImportReport& report) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::intake, Role::officer, Role::technician}));
  WRIT_TRY(book, records::RecordBook::open(c_->db()));
  WRIT_CHECK(c_->note(by.person.user, "records.import", "", Json{{"sha256", crypto::hex(crypto::sha256(csv))}, {"bytes", csv.size()}}));
  WRIT_TRY(done, book.import_csv(text_of(csv), name, c_->now()));
  report = std::move(done);
  return {};
}

Status check_order_integrity(const Carrier& c, const Order& o, const authority::GrantBody& body) {
  const auto changed = [&](std::string what) {
    return fail(Exit::integrity, fmt::format("{}: {}", o.matter, what), "the document's and the request's SHA-256 bind every act (18 USC 2518(4))",
                "the order as it was filed and checked", "restore it, or file the changed order as a new one");
  };
  WRIT_TRY(digest, process::request_digest(o.request));
  if (digest != o.request_sha256 || digest != body.request_sha256) return changed("the stored order was altered");
  if (o.document_sha256 != o.request.document_sha256 || o.document_sha256 != body.document_sha256)
    return changed("the order is bound to another document");
  const auto document = crypto::sha256_file((c.data() / "documents" / crypto::hex(o.document_sha256)).string());
  if (!document || *document != o.document_sha256) return changed("the scanned document is missing or altered");
  return {};
}

Status check_acts(const Carrier& c, const Order& o, const GrantRow& g) {
  const crypto::Digest id = authority::grant_id(g.body);
  if (crypto::hex(id) != g.id) return fail(Exit::integrity, fmt::format("{}: the stored grant was altered", o.matter));
  for (const authority::SignedAct& a : g.acts) {
    WRIT_TRY(cert, c.cert_of(a.user));
    WRIT_CHECK(authority::verify_cert(cert, c.roots(), authority::required_role(a.act), a.at));
    if (a.grant != id || a.key != cert.verify)
      return fail(Exit::integrity, fmt::format("{}: the {} is not over this grant by {}", o.matter, authority::to_string(a.act), a.user));
    if (!authority::is_signed(a))
      return fail(Exit::integrity, fmt::format("{}: the signature of {} on the {} is not valid", o.matter, a.user, authority::to_string(a.act)));
    if (a.user == o.filed_by && a.act == authority::Act::legal_authorisation)
      return fail(Exit::refused, "who filed the order cannot authorise it", "nobody approves their own work");
  }
  return {};
}

}  // namespace writ::desk
