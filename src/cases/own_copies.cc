// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/own_copies.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "desk/orders.hh"
#include "desk/record_destruction.hh"
#include "policy/clocks.hh"
#include "produce/destruction_record.hh"
#include "vault/matter_keys.hh"

namespace writ::cases {
namespace {

using desk::Carrier;
using desk::Case;
using desk::CaseStep;
using process::Cycle;

constexpr const char* copies_rule =
    "the carrier's own copies end after acknowledged delivery plus the profile's period";

// Whose copies they are, and the documents it was served with.
struct Matter {
  std::string state;
  bool over = false;
  Instant acknowledged{};
  std::set<std::string> documents;  // SHA-256, hex
};

void documents_of(const Case& c, std::set<std::string>& out) {
  for (const auto& a : c.acts) {
    const std::string d = a.body.value("document_sha256", "");
    if (!d.empty()) out.insert(d);
  }
}

Result<Matter> interception(const Carrier& c, const std::string& matter,
                            const std::optional<Acknowledgement>& receipt) {
  WRIT_TRY(of, desk::Orders{c}.of_matter(matter));
  Matter m;
  for (const auto& o : of) m.documents.insert(crypto::hex(o.document_sha256));
  m.state = process::to_string(of.back().state);
  m.over = std::all_of(of.begin(), of.end(), [](const desk::Order& o) {
    return o.state == process::State::closed || o.state == process::State::rejected ||
           o.state == process::State::returned;
  });
  if (receipt) m.acknowledged = receipt->at;
  return m;
}

Result<Matter> look_up(const Carrier& c, const std::string& matter,
                       const std::optional<Acknowledgement>& receipt) {
  const auto file = desk::read_case(c, matter);
  if (!file && file.error().exit == Exit::not_found) return interception(c, matter, receipt);
  if (!file) return tl::unexpected(file.error());
  Matter m;
  documents_of(*file, m.documents);
  m.state = file->state;
  m.over = desk::is_over(*file);
  if (const auto* a = file->newest("acknowledge")) m.acknowledged = a->at;
  return m;
}

// A document that another matter was served with, too, stays for that one.
Status leave_shared(const Carrier& c, const std::string& matter, std::set<std::string>& documents) {
  const auto keep = [&](const std::string& d) { documents.erase(d); };
  WRIT_TRY(orders, desk::Orders{c}.all());
  for (const auto& o : orders)
    if (o.matter != matter) keep(crypto::hex(o.document_sha256));
  WRIT_TRY(cases, desk::read_cases(c));
  for (const Case& other : cases) {
    if (other.matter == matter) continue;
    std::set<std::string> theirs;
    documents_of(other, theirs);
    for (const std::string& d : theirs) keep(d);
  }
  return {};
}

Status add_file(const fs::path& data, const fs::path& file, std::vector<Copy>& out) {
  std::error_code ec;
  const auto bytes = fs::file_size(file, ec);
  if (ec) return fail(Exit::failure, fmt::format("{}: {}", file.string(), ec.message()));
  WRIT_TRY(digest, crypto::sha256_file(file.string()));
  out.push_back({fs::relative(file, data, ec).string(), bytes, digest});
  return {};
}

Status add_tree(const fs::path& data, const fs::path& dir, std::vector<Copy>& out) {
  std::error_code ec;
  if (!fs::exists(dir, ec)) return {};
  for (const auto& e : fs::recursive_directory_iterator(dir, ec))
    if (e.is_regular_file()) WRIT_CHECK(add_file(data, e.path(), out));
  if (ec) return fail(Exit::failure, fmt::format("{}: {}", dir.string(), ec.message()));
  return {};
}

Status add_keys(const fs::path& data, const std::string& matter, std::vector<Copy>& out) {
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(data / "vault", ec))
    if (e.path().filename().string().starts_with(matter + ".")) WRIT_CHECK(add_file(data, e.path(), out));
  return {};
}

Result<std::vector<Copy>> files_of(const Carrier& c, const std::string& matter,
                                   std::set<std::string> documents) {
  std::vector<Copy> out;
  WRIT_CHECK(leave_shared(c, matter, documents));
  for (const char* dir : {"evidence", "case-files"})
    WRIT_CHECK(add_tree(c.data(), c.data() / dir / matter, out));
  WRIT_CHECK(add_keys(c.data(), matter, out));
  std::error_code ec;
  for (const std::string& d : documents)
    if (fs::exists(c.data() / "documents" / d, ec))
      WRIT_CHECK(add_file(c.data(), c.data() / "documents" / d, out));
  std::sort(out.begin(), out.end(), [](const Copy& a, const Copy& b) { return a.path < b.path; });
  return out;
}

Result<std::string> held(Carrier& c, const std::string& matter) {
  WRIT_TRY(holds, desk::Holds{c}.all());
  for (const auto& h : holds)
    if (h.stands() && h.matter == matter) return fmt::format("hold {} stands: {}", h.number, h.reason);
  return std::string();
}

Json to_json(const Copy& c) {
  return {{"path", c.path}, {"bytes", c.bytes}, {"sha256", crypto::hex(c.sha256)}};
}

Json to_json(const std::vector<Copy>& copies) {
  Json out = Json::array();
  for (const Copy& c : copies) out.push_back(to_json(c));
  return out;
}

std::optional<Acknowledgement> receipt_of(const Json& body) {
  const auto at = parse_rfc3339(body.value("acknowledged_at", ""));
  if (!at) return {};
  return Acknowledgement{body.value("acknowledged_by", ""), *at};
}

// Everything that is still there is on the list, unaltered. What is gone went in a run that was killed.
Status same_as_proposed(const std::vector<Copy>& now, const Json& proposed) {
  for (const Copy& c : now)
    if (std::find(proposed.begin(), proposed.end(), to_json(c)) == proposed.end())
      return fail(Exit::refused, fmt::format("{} is not as the proposal lists it", c.path), copies_rule,
                  "the copies that were proposed", "withdraw the proposal, and propose what there is now");
  return {};
}

Status shred(const Carrier& c, const std::string& matter, const Json& copies) {
  WRIT_CHECK(vault::destroy_matter_keys(c.data() / "vault", matter));
  for (const Json& copy : copies) {
    std::error_code ec;
    fs::remove(c.data() / copy.at("path").get<std::string>(), ec);
    if (ec)
      return fail(Exit::failure, fmt::format("{}: {}", copy.at("path").get<std::string>(), ec.message()));
  }
  for (const char* dir : {"evidence", "case-files"}) {
    std::error_code ec;
    fs::remove_all(c.data() / dir / matter, ec);  // the empty directories
  }
  return {};
}

}  // namespace

Result<CopiesOf> OwnCopies::of(const std::string& matter,
                               const std::optional<Acknowledgement>& receipt) const {
  WRIT_TRY(m, look_up(*c_, matter, receipt));
  WRIT_TRY(copies, files_of(*c_, matter, m.documents));
  CopiesOf out{matter, std::move(copies), "", m.acknowledged, {}, ""};
  WRIT_TRY(hold, held(*c_, matter));
  if (!m.over) {
    out.kept_because = fmt::format("the matter is {}", m.state);
  } else if (m.acknowledged == Instant{}) {
    out.kept_because = "nobody has acknowledged a delivery";
  } else if (m.acknowledged > c_->now()) {
    out.kept_because = "the acknowledgement lies in the future";
  } else {
    WRIT_TRY(end, policy::due(c_->policy(), "own-copies", m.acknowledged, "acknowledged"));
    out.may_go = end.at;
    out.arithmetic = end.arithmetic;
    if (c_->now() < end.at) out.kept_because = end.arithmetic;
  }
  if (!hold.empty()) out.kept_because = hold;
  return out;
}

Result<Json> OwnCopies::due() const {
  std::set<std::string> matters;
  WRIT_TRY(orders, desk::Orders{*c_}.all());
  for (const auto& o : orders) matters.insert(o.matter);
  WRIT_TRY(cases, desk::read_cases(*c_));
  std::map<std::string, std::string> proposed;
  for (const Case& c : cases) {
    if (c.cycle == Cycle::own_copies && !desk::is_over(c))
      proposed[c.acts.front().body.value("matter", "")] = c.matter;
    if (process::life_cycle(c.cycle).series == "M") matters.insert(c.matter);
  }
  Json rows = Json::array();
  for (const std::string& m : matters) {
    WRIT_TRY(copies, of(m, {}));
    if (copies.copies.empty()) continue;
    std::uint64_t bytes = 0;
    for (const Copy& c : copies.copies) bytes += c.bytes;
    rows.push_back({{"matter", m},
                    {"files", copies.copies.size()},
                    {"bytes", bytes},
                    {"kept_because", copies.kept_because},
                    {"may_go", copies.may_go == Instant{} ? std::string() : rfc3339_seconds(copies.may_go)},
                    {"proposal", proposed.contains(m) ? proposed.at(m) : std::string()}});
  }
  return Json{{"schema", "writ.own-copies/1"}, {"matters", rows}};
}

Result<Case> OwnCopies::propose(const std::string& matter, const std::optional<Acknowledgement>& receipt,
                                const desk::Acting& who) {
  WRIT_TRY(copies, of(matter, receipt));
  Json body{{"matter", matter},
            {"copies", to_json(copies.copies)},
            {"acknowledged_at", rfc3339(copies.acknowledged)},
            {"acknowledged_by", receipt ? receipt->by : std::string()}};
  WRIT_TRY(earlier, desk::cases_about(*c_, Cycle::own_copies, matter));
  const auto over = std::count_if(earlier.begin(), earlier.end(), desk::is_over);
  const Json key{{"own_copies", matter}, {"after", over}};
  CaseStep file{"file", std::move(body)};
  file.guard = [&](const Case&) -> Status {
    if (!copies.kept_because.empty())
      return fail(Exit::refused, fmt::format("the copies of {} stay: {}", matter, copies.kept_because),
                  copies_rule, "an acknowledged delivery, the end of the period, and no hold",
                  "writ copies due");
    return {};
  };
  return desk::CaseBook{*c_}.open(Cycle::own_copies, crypto::sha256(view_of(canonical(key))), std::move(file),
                                  who);
}

// Once more at the second person's act: a hold may have been placed, a matter may have been opened again.
Status OwnCopies::may_go(const Case& proposal) const {
  const Json& body = proposal.acts.front().body;
  const std::string matter = body.value("matter", "");
  WRIT_TRY(now, of(matter, receipt_of(body)));
  if (!now.kept_because.empty())
    return fail(Exit::refused, fmt::format("the copies of {} stay: {}", matter, now.kept_because),
                copies_rule, "copies that nothing keeps", "withdraw the proposal (writ copies withdraw)");
  return same_as_proposed(now.copies, body.at("copies"));
}

Result<Case> OwnCopies::destroy(const std::string& number, const fs::path& certificate,
                                const desk::Acting& who) {
  CaseStep step{"destroy"};
  step.guard = [this](const Case& proposal) { return may_go(proposal); };
  step.effect = [this](const Case& proposal) -> Result<Json> {
    const Json& body = proposal.acts.front().body;
    WRIT_CHECK(shred(*c_, body.value("matter", ""), body.at("copies")));
    return Json{{"matter", body.at("matter")}, {"copies", body.at("copies")}};
  };
  // The command again after its end only writes the certificate again.
  WRIT_TRY(before, desk::read_case(*c_, number));
  Result<Case> done = before.state == "destroyed" ? Result<Case>{std::move(before)}
                                                  : desk::CaseBook{*c_}.act(number, std::move(step), who);
  if (!done) return done;
  const auto* act = done->newest("destroy");
  produce::DestructionRecord record{done->matter,
                                    act->body.value("matter", ""),
                                    done->acts.front().user,
                                    act->user,
                                    copies_rule,
                                    act->at,
                                    crypto::hex(act->id),
                                    {}};
  for (const Json& c : act->body.at("copies"))
    record.items.push_back({c.at("path").get<std::string>(), c.at("bytes").get<std::uint64_t>(),
                            c.at("sha256").get<std::string>()});
  WRIT_CHECK(produce::write_destruction_record(certificate, c_->policy(), record));
  return done;
}

}  // namespace writ::cases
