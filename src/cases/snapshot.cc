// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/snapshot.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "desk/custodians.hh"
#include "desk/record_freeze.hh"
#include "produce/preservation_papers.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;

constexpr const char* stream = "snapshot";
constexpr const char* certificate_domain = "writ.destruction-certificate/1";

Result<desk::Span> period_in_being(const desk::Carrier& c, const process::Demand& d) {
  // Whole microseconds, as the acts are.
  const Instant now = std::chrono::floor<std::chrono::microseconds>(c.now());
  const Instant until = d.records_until == Instant{} ? now : std::min(d.records_until, now);
  if (d.records_from < until) return desk::Span{d.records_from, until};
  return fail(Exit::refused, "the request is for records that are not yet in being",
              "V20: 18 USC 2703(f) preserves records in the provider's possession", "a period that has begun",
              "reject it; records to come need an order of their own");
}

// Everything that snapshots of this case ever left, unfinished ones too.
Status remove_sealed(const fs::path& dir) {
  std::error_code ec;
  std::vector<fs::path> gone;
  for (fs::directory_iterator it{dir, ec}; !ec && it != fs::directory_iterator{}; it.increment(ec))
    if (it->path().filename().string().starts_with("snapshot")) gone.push_back(it->path());
  for (const fs::path& p : gone)
    if (!fs::remove(p, ec) && ec)
      return fail(Exit::failure, fmt::format("remove {}: {}", p.filename().string(), ec.message()));
  return sync_dir(dir);
}

const desk::CaseAct* taken(const Case& of) {
  const desk::CaseAct* a = of.newest("take-snapshot");
  return a != nullptr ? a : of.newest("copy");
}

}  // namespace

Status check_in_being(const desk::Carrier& c, const Case& of) {
  WRIT_TRY(demand, demand_of(of));
  return period_in_being(c, demand).map([](const desk::Span&) {});
}

Result<Json> take_snapshot(desk::Carrier& c, const Case& of, const std::string& act, const Acting& who) {
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(period, period_in_being(c, demand));
  WRIT_TRY(key, desk::matter_key(c, of.matter, stream));
  const fs::path dir = case_dir(c, of.matter);
  WRIT_CHECK(make_dirs(dir, 0700));
  const fs::path partial = dir / fmt::format("snapshot.partial.{}", ::getpid());
  WRIT_TRY(frozen, desk::freeze_records(c, {of.matter, act, demand.subjects, period}, partial, key, who));
  const std::string name = fmt::format("snapshot-{}.sealed", frozen.sha256.substr(0, 16));
  std::error_code ec;
  fs::rename(partial, dir / name, ec);
  if (ec) return fail(Exit::failure, fmt::format("rename {}: {}", partial.string(), ec.message()));
  WRIT_CHECK(sync_dir(dir));
  Json body{{"snapshot",
             {{"file", name},
              {"sha256", frozen.sha256},
              {"key", key.text()},
              {"from", rfc3339(period.first)},
              {"until", rfc3339(period.second)}}}};
  if (!frozen.unclear.empty()) body["unclear"] = frozen.unclear;
  return body;
}

Result<Json> destroy_snapshot(desk::Carrier& c, const Case& of, const std::string& proposed,
                              const std::string& why, const Acting& second) {
  const desk::CaseAct* snapshot = taken(of);
  const desk::CaseAct* first = of.newest(proposed);
  if (snapshot == nullptr || first == nullptr)
    return fail(Exit::refused, fmt::format("{} has no snapshot to destroy", of.matter),
                "two people destroy a snapshot, each by an act of this case",
                "a snapshot, and its destruction proposed", "writ preserve show MATTER prints what was done");
  Json body{{"schema", certificate_domain},
            {"carrier", c.roots().carrier},
            {"matter", of.matter},
            {"what", snapshot->body["snapshot"]},
            {"why", why},
            {"proposed_by", first->user},
            {"proposed_act", crypto::hex(first->id)},
            {"destroyed_by", second.person.user},
            {"at", rfc3339(std::chrono::floor<std::chrono::microseconds>(c.now()))},
            {"statement",
             "The snapshot and the key that opens it were destroyed. No record in the ordinary course of "
             "business, and none that another hold keeps, was touched."}};
  WRIT_CHECK(vault::destroy_matter_keys(c.data() / "vault", of.matter));
  WRIT_CHECK(remove_sealed(case_dir(c, of.matter)));
  const std::string text = canonical(body);
  Json certificate{{"body", body},
                   {"signature", crypto::hex(second.person.sign.sign(certificate_domain, view_of(text)))}};
  WRIT_TRY(file, keep_case_file(c, of.matter, "certificate", ".json", canonical(certificate)));
  const fs::path pdf = case_dir(c, of.matter) / fs::path(file.name).replace_extension(".pdf");
  WRIT_CHECK(produce::write_destruction_certificate(pdf, c.policy(), body, file.sha256));
  return Json{{"certificate", {{"file", file.name}, {"sha256", file.sha256}}}};
}

Status verify_certificate(const desk::Carrier& c, const Json& certificate) {
  WRIT_TRY(body, field<Json>(certificate, "body", "certificate"));
  WRIT_TRY(signature_text, field<std::string>(certificate, "signature", "certificate"));
  WRIT_TRY(user, field<std::string>(body, "destroyed_by", "certificate"));
  WRIT_TRY(signature, crypto::unhex(signature_text));
  WRIT_TRY(cert, c.cert_of(user));
  if (crypto::verify(cert.verify, certificate_domain, view_of(canonical(body)), signature)) return {};
  return fail(Exit::integrity, fmt::format("the certificate is not what {} signed", user));
}

}  // namespace writ::cases
