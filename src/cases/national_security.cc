// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/national_security.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.hh"
#include "cases/duplicates.hh"

namespace writ::cases {
namespace {

using authority::Role;
using desk::Acting;
using desk::Carrier;
using desk::Case;
using desk::CaseStep;
using desk::Compartments;
using process::Cycle;

// Somebody other than who files approves; else nothing could ever go on in there.
Status check_staff(const Carrier& c, const NationalFiling& f, const Acting& by) {
  for (const std::string& user : f.named) {
    const auto cert = c.cert_of(user);
    if (cert && user != by.person.user &&
        std::find(cert->roles.begin(), cert->roles.end(), Role::counsel) != cert->roles.end())
      return {};
  }
  return fail(Exit::usage, "counsel is not among the named persons", "life cycle 6: counsel approves",
              "counsel who does not file it", "name counsel as well");
}

Status by_hand(const process::Demand& d) {
  if (d.delivery == "hand" && !d.delivered_by.empty()) return {};
  return fail(Exit::refused, "it was not delivered by hand", "V33 (S30, S32)",
              "a special agent's delivery by hand, through the configured office",
              "ask the office to deliver it; nothing is confirmed to anybody else");
}

std::vector<std::string> named_in(const Case& c) {
  return c.acts.front().body.value("named", std::vector<std::string>{});
}

Json order_json(const NonDisclosure& n) {
  return Json{{"issuer", n.issuer},
              {"instrument", n.instrument},
              {"until", n.until == Instant{} ? "" : rfc3339(n.until)}};
}

Status check_order(const NonDisclosure& n, std::string_view what) {
  if (!n.issuer.empty() && !n.instrument.empty()) return {};
  return fail(Exit::usage, fmt::format("{}: issuer and instrument are not stated", what),
              "L9: no gag without an order", "who issued it, and its number",
              "give --issuer and --instrument");
}

// One matter in each compartment, so that who is named for it sees nothing else.
Status check_alone(Carrier& inside, const process::Demand& d) {
  const auto there = compartmented_matter(inside);
  if (!there && there.error().exit == Exit::not_found) return {};
  if (!there) return tl::unexpected(there.error());
  WRIT_TRY(known, demand_of(*there));
  if (filing_key(known) == filing_key(d)) return {};
  WRIT_TRY(same, repeats(inside, d, ""));
  return fail(Exit::usage,
              fmt::format("the compartment holds {} already{}{}", there->matter, same.empty() ? "" : ": ",
                          fmt::join(same, "; ")),
              "life cycle 6: a compartment for each letter or order", "another name",
              "choose another name, or leave it at the matter that is there");
}

// Done already, by the same person with the same body: a repeated command.
bool is_done(const Case& c, const CaseStep& step, const Acting& who) {
  return !c.acts.empty() && c.acts.back().act == step.act && c.acts.back().user == who.person.user &&
         c.acts.back().body == step.body;
}

Result<CaseStep> certification_step(Carrier& inside, const Case& c) {
  WRIT_TRY(d, demand_of(c));
  process::Receipt by_hand_received;
  by_hand_received.requester_verified = true;
  WRIT_TRY(same, repeats_or_imitates(inside, d, c.matter));
  by_hand_received.repeats = std::move(same);
  const auto results = process::check_demand(d, inside.policy(), by_hand_received, inside.now());
  std::string failed, cures;
  for (const auto& r : results) {
    if (r.passed || !r.item.empty() || r.severity == policy::Severity::warn) continue;
    failed += fmt::format("{}{} {}", failed.empty() ? "" : "; ", r.id, r.fact);
    cures += (cures.empty() ? "" : "; ") + r.cure;
  }
  CaseStep step{"check-certification",
                Json{{"checks", process::to_json(results)}, {"policy", crypto::hex(inside.policy().hash)}}};
  step.guard = [failed, cures](const Case&) -> Status {
    if (failed.empty()) return {};
    return fail(Exit::refused, "the certification does not pass: " + failed, "V33 to V36", cures,
                "counsel rejects it, or the office delivers it again");
  };
  return step;
}

}  // namespace

Result<Case> compartmented_matter(Carrier& inside) {
  WRIT_TRY(all, desk::CaseBook{inside}.all(Cycle::national_security));
  if (all.empty())
    return fail(Exit::not_found, "nothing is filed in this compartment", "life cycle 6", "the filing",
                "file it again (writ national file)");
  return std::move(all.front());
}

Result<Case> NationalSecurity::file(const NationalFiling& f, const Acting& who) {
  WRIT_TRY(d, process::parse_demand(f.demand, f.demand_name));
  const policy::ProcessKind* kind = policy::process_kind(outside_->policy(), d.kind);
  if (kind == nullptr || kind->cycle != process::to_string(Cycle::national_security))
    return fail(Exit::usage, fmt::format("'{}' is not national security process", d.kind), "S30 to S32",
                "a letter under 18 USC 2709 or an order under FISA", "file it with writ request file");
  WRIT_TRY(scan, read_file(f.document));
  if (scan.empty() || scan.size() > limits::document_bytes_max)
    return fail(Exit::usage, fmt::format("{} is not a scanned document", f.document.string()),
                "the document's SHA-256 binds everything after it", "a PDF or TIFF file of at most 256 MiB",
                "scan it as it was delivered");
  d.document_sha256 = crypto::sha256(scan);
  WRIT_CHECK(check_staff(*outside_, f, who));
  WRIT_TRY(inside, Compartments{*outside_}.create(f.compartment, f.named, who));
  WRIT_CHECK(check_alone(inside, d));
  const std::string sha256 = crypto::hex(d.document_sha256);
  CaseStep step{"file",
                Json{{"demand", process::to_json(d)}, {"document_sha256", sha256}, {"named", f.named}}};
  step.guard = [&](const Case&) { return by_hand(d); };
  step.effect = [&](const Case&) -> Result<Json> {
    WRIT_CHECK(inside.keep_file(fs::path{"documents"} / sha256, scan));
    return Json::object();
  };
  return desk::CaseBook{inside}.open(Cycle::national_security, filing_key(d), std::move(step), who);
}

Result<Case> NationalSecurity::act(const std::string& name, const Acting& who,
                                   const std::function<Result<CaseStep>(Carrier&, const Case&)>& make) {
  WRIT_TRY(inside, Compartments{*outside_}.open(name, who));
  WRIT_TRY(c, compartmented_matter(inside));
  WRIT_TRY(step, make(inside, c));
  if (is_done(c, step, who)) return c;
  return desk::CaseBook{inside}.act(c.matter, std::move(step), who);
}

Result<Case> NationalSecurity::compartment(const std::string& name, const std::vector<std::string>& also,
                                           const Acting& who) {
  return act(name, who, [&](Carrier& inside, const Case& c) -> Result<CaseStep> {
    const std::vector<std::string> before = named_in(c);
    std::vector<std::string> all = before;
    all.insert(all.end(), also.begin(), also.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    CaseStep step{"compartment", Json{{"named", all}}};
    step.effect = [&inside, before, also](const Case&) -> Result<Json> {
      WRIT_CHECK(Compartments::name_people(inside, before, also));
      return Json::object();
    };
    return step;
  });
}

Result<Case> NationalSecurity::check_certification(const std::string& name, const Acting& who) {
  return act(name, who, [&](Carrier& inside, const Case& c) { return certification_step(inside, c); });
}

Result<Case> NationalSecurity::reject(const std::string& name, const std::string& reason,
                                      const Acting& counsel) {
  return act(name, counsel, [&](Carrier&, const Case&) -> Result<CaseStep> {
    return CaseStep{"reject", Json{{"reason", reason}}};
  });
}

Result<Case> NationalSecurity::track(const std::string& name, const NonDisclosure& n, const Acting& counsel) {
  WRIT_CHECK(check_order(n, "track"));
  return act(name, counsel, [&](Carrier&, const Case&) -> Result<CaseStep> {
    return CaseStep{"track", Json{{"order", order_json(n)}}};
  });
}

Result<Case> NationalSecurity::lift(const std::string& name, const NonDisclosure& by, const Acting& counsel) {
  WRIT_CHECK(check_order(by, "lift"));
  return act(name, counsel, [&](Carrier&, const Case&) -> Result<CaseStep> {
    return CaseStep{"lift", Json{{"order", order_json(by)}}};
  });
}

Result<Case> NationalSecurity::show(const std::string& name, const Acting& who) {
  WRIT_TRY(inside, Compartments{*outside_}.open(name, who));
  WRIT_TRY(c, compartmented_matter(inside));
  WRIT_CHECK(inside.note(who.person.user, "national.show", c.matter));
  return c;
}

Result<Json> NationalSecurity::list(const Acting& who) {
  Compartments all{*outside_};
  WRIT_TRY(mine, all.of(who.person));
  Json rows = Json::array();
  for (const auto& n : mine) {
    WRIT_TRY(inside, all.open(n.id, who));
    Json row{{"name", n.name}, {"id", n.id}, {"matter", ""}, {"state", "empty"}};
    if (const auto c = compartmented_matter(inside)) {
      row["matter"] = c->matter;
      row["state"] = c->state;
    } else if (c.error().exit != Exit::not_found) {
      return tl::unexpected(c.error());
    }
    WRIT_CHECK(inside.note(who.person.user, "national.list", ""));
    rows.push_back(std::move(row));
  }
  return Json{{"schema", "writ.national/1"}, {"compartments", std::move(rows)}};
}

}  // namespace writ::cases
