// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/response.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "produce/manifest.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;

using produce::response_manifest_domain;

std::string text_or(const std::string& s, const char* otherwise) { return s.empty() ? otherwise : s; }

std::string return_text(const process::Demand& d) {
  if (!d.requester.fax.empty() && d.requester.fax_confirmed) return "by fax to " + d.requester.fax;
  return "to the address above";
}

// What the first question about each subject gave, in the fixed texts of the identification rules; of two
// sources the one that has the record.
std::vector<std::string> subject_outcomes(const Json& collection, std::size_t subjects) {
  std::vector<std::string> out(subjects);
  for (const Json& a : collection["answers"]) {
    const auto n = a.value("subject", std::size_t{0});
    if (n < 1 || n > subjects || a["asks"].empty()) continue;
    const Json& answer = a["asks"][0]["answer"];
    std::string text = answer.value("text", "");
    for (const Json& need : answer.value("needs", Json::array()))
      text += fmt::format(" Needed: {}.", need.get<std::string>());
    const Json holders = a.value("holders", Json::array());
    if (std::any_of(holders.begin(), holders.end(), [](const Json& h) { return h.contains("tenant"); }))
      text = "All who had it in the period are listed.";
    if (out[n - 1].empty() || answer.value("outcome", "") == "match") out[n - 1] = text;
  }
  for (std::string& s : out)
    if (s.empty()) s = "Nothing was read for it.";
  return out;
}

// A question that has no single answer is not one that nothing answers.
bool is_unresolved(const Json& collection) {
  for (const Json& a : collection["answers"])
    for (const Json& ask : a["asks"]) {
      const std::string outcome = ask["answer"].value("outcome", "");
      if (outcome == "need-more" || (outcome == "several" && !a.contains("holders"))) return true;
    }
  return false;
}

std::vector<std::string> retention(const Json& r) {
  std::vector<std::string> out;
  if (r.contains("calls_before"))
    out.push_back(
        fmt::format("Call detail records before {} are no longer kept, unless a legal hold keeps them.",
                    r.value("calls_before", "")));
  if (r.contains("accounts_ended_before"))
    out.push_back(
        fmt::format("Account records that ended before {} are no longer kept, unless a legal hold or "
                    "a balance due keeps them.",
                    r.value("accounts_ended_before", "")));
  if (r.contains("preservation_over"))
    out.push_back(fmt::format("The preservation {} had ended; its snapshot serves no later process.",
                              r.value("preservation_over", "")));
  if (r.contains("destroyed_months"))
    out.push_back(
        fmt::format("Call detail records of these months were destroyed in the ordinary course: {}.",
                    fmt::join(r["destroyed_months"].get<std::vector<std::string>>(), ", ")));
  return out;
}

produce::ResponseFacts facts_of(const desk::Carrier& c, const Case& of, const Response& r,
                                const Acting& who) {
  const process::Demand& d = r.demand;
  produce::ResponseFacts f;
  const policy::ProcessKind* kind = policy::process_kind(c.policy(), d.kind);
  f.matter = of.matter;
  f.kind = kind == nullptr ? d.kind : kind->title;
  f.instrument = text_or(d.instrument, "the instrument as served");
  f.issued_by = d.court.empty() ? d.issuer : d.issuer.empty() ? d.court : d.issuer + ", " + d.court;
  f.issued = d.issued;
  if (d.document_sha256 != crypto::Digest{}) f.document_sha256 = crypto::hex(d.document_sha256);
  f.requester = d.requester.name;
  f.badge = d.requester.badge;
  f.agency = d.requester.agency;
  f.address = d.requester.return_address;
  f.phone = d.requester.phone;
  f.return_by = r.return_by.empty() ? return_text(d) : r.return_by;
  f.records_from = r.plan.from;
  f.records_until = r.plan.until;
  for (const ItemDecision& i : r.decisions) {
    if (i.permitted)
      f.released.push_back({i.title, i.rule, i.reason,
                            has_records(r.collection, i.item) ? produce::ResponseItem::Outcome::enclosed
                            : is_unresolved(r.collection)     ? produce::ResponseItem::Outcome::unclear
                                                              : produce::ResponseItem::Outcome::none});
    else
      f.refused.push_back({i.title, i.rule, i.cure.empty() ? i.fact : i.fact + "; " + i.cure});
  }
  f.outcomes = subject_outcomes(r.collection, r.plan.subjects.size());
  f.retention = retention(r.collection["retention"]);
  f.notes = r.notes;
  f.sources = r.collection["sources"].get<std::vector<std::string>>();
  f.signer = who.person.user;
  f.sandbox = c.policy().sandbox;
  return f;
}

Json acts_json(const Case& of, const std::vector<std::string_view>& steps) {
  Json out = Json::array();
  for (const std::string_view act : steps)
    if (const desk::CaseAct* a = of.newest(act))
      out.push_back({{"act", act}, {"user", a->user}, {"at", rfc3339(a->at)}, {"id", crypto::hex(a->id)}});
  return out;
}

// Signed by who delivers; the release stands in the log, and its proof goes with the files.
Result<crypto::Digest> seal(desk::Carrier& c, const fs::path& dir, const Case& of,
                            const std::vector<produce::ResponseFile>& files,
                            const std::vector<std::string_view>& steps, const Acting& who) {
  Json list = Json::array();
  for (const produce::ResponseFile& f : files)
    list.push_back({{"path", f.name}, {"bytes", f.bytes}, {"sha256", f.sha256}});
  const std::string manifest = canonical(Json{{"schema", response_manifest_domain},
                                              {"roots", authority::fingerprint(c.roots())},
                                              {"carrier", c.roots().carrier},
                                              {"matter", of.matter},
                                              {"acts", acts_json(of, steps)},
                                              {"files", std::move(list)}});
  const crypto::Digest digest = crypto::sha256(view_of(manifest));
  WRIT_CHECK(write_file(dir / "manifest.json", manifest, 0640));
  WRIT_CHECK(write_file(
      dir / "manifest.sig",
      canonical(Json{{"schema", "writ.manifest-signature/1"},
                     {"manifest_sha256", crypto::hex(digest)},
                     {"signatures",
                      {{{"user", who.person.user},
                        {"key", who.person.sign.public_key().text()},
                        {"signature",
                         crypto::hex(who.person.sign.sign(response_manifest_domain, view_of(manifest)))}}}}}),
      0640));
  WRIT_TRY(receipt, c.note(who.person.user, "disclosure.release", of.matter,
                           Json{{"manifest_sha256", crypto::hex(digest)}}));
  WRIT_TRY(proof, c.log().prove(receipt.index));
  const View opening = receipt.opening.view();
  proof.opening = Bytes(opening.begin(), opening.end());
  WRIT_CHECK(write_file(dir / "audit-proof.json", canonical(audit::to_json(proof)), 0640));
  return digest;
}

// Whom the agency has to believe: the roots, and the certificates of who delivers and of the desk, whose key
// signs the log.
std::vector<std::pair<std::string, std::string>> authority_files(const desk::Carrier& c, const Acting& who) {
  return {{"authority/roots.json", canonical(authority::to_json(c.roots()))},
          {"authority/certs.json",
           canonical(Json{{"certs", {authority::to_json(who.cert), authority::to_json(c.desk_cert())}}})}};
}

}  // namespace

std::string what_is(const std::string& name) {
  if (name == "subscribers.csv") return "What is released of subscribers, one value a line";
  if (name == "tenants.csv") return "What is released of tenants, one value a line";
  if (name == "late-calls.csv")
    return "Calls of earlier windows that arrived after their delivery; times are UTC";
  if (name == "calls.csv") return "Call detail records, one call leg a line; times are UTC";
  return "The same as one file of data, with the reference by which each call is proved";
}

Result<Json> keep_enclosures(const desk::Carrier& c, const std::string& matter, const Json& collection,
                             const std::vector<Table>& tables) {
  WRIT_TRY(file, keep_case_file(c, matter, "collection", ".json", canonical(collection)));
  Json kept = Json::array();
  for (const Table& t : tables) {
    WRIT_TRY(table, keep_case_file(c, matter, fs::path(t.name).stem().string(), ".csv", t.csv));
    kept.push_back({{"name", t.name}, {"file", table.name}, {"sha256", table.sha256}});
  }
  return Json{{"collection", {{"file", file.name}, {"sha256", file.sha256}}}, {"tables", std::move(kept)}};
}

Result<std::vector<Enclosure>> enclosures_of(const desk::Carrier& c, const std::string& matter,
                                             const Json& collected) {
  std::vector<Enclosure> out;
  Json named = collected.value("tables", Json::array());
  Json whole = collected["collection"];
  whole["name"] = "collection.json";
  named.push_back(std::move(whole));
  for (const Json& t : named) {
    WRIT_TRY(text, read_case_file(c, matter, t.value("file", ""), t.value("sha256", "")));
    const std::string name = t.value("name", "");
    out.push_back({name, what_is(name), std::move(text)});
  }
  return out;
}

Result<Json> write_response(desk::Carrier& c, const Case& of, const Response& r, const fs::path& dir,
                            const Acting& who) {
  produce::ResponseFacts facts = facts_of(c, of, r, who);
  WRIT_CHECK(make_dirs(dir));
  for (const Enclosure& e : r.enclosures) {
    WRIT_CHECK(write_file(dir / e.name, e.text, 0640));
    facts.files.push_back({e.name, e.what, crypto::hex(crypto::sha256(view_of(e.text))), e.text.size()});
  }
  const auto today = std::chrono::floor<std::chrono::days>(c.now());
  WRIT_CHECK(r.letter ? r.letter(dir / "letter.pdf", facts.files, today)
                      : produce::write_response_letter(dir / "letter.pdf", c.policy(), facts, today));
  WRIT_TRY(letter, read_text(dir / "letter.pdf"));
  std::vector<produce::ResponseFile> all = facts.files;
  all.push_back({"letter.pdf", "", crypto::hex(crypto::sha256(view_of(letter))), letter.size()});
  const std::string letter_sha256 = all.back().sha256;
  WRIT_CHECK(make_dirs(dir / "authority"));
  for (const auto& [name, text] : authority_files(c, who)) {
    WRIT_CHECK(write_file(dir / name, text, 0640));
    all.push_back({name, "", crypto::hex(crypto::sha256(view_of(text))), text.size()});
  }
  WRIT_TRY(manifest, seal(c, dir, of, all, r.steps, who));
  return Json{{"delivery",
               {{"manifest_sha256", crypto::hex(manifest)},
                {"letter_sha256", letter_sha256},
                {"files", all.size()},
                {"return", facts.return_by}}}};
}

}  // namespace writ::cases
