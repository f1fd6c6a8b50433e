// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reconciliation.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "desk/emergency_application.hh"
#include "desk/evidence_bundles.hh"
#include "desk/grant_checks.hh"
#include "intercept/calls.hh"
#include "policy/clocks.hh"
#include "vault/matter_keys.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using authority::Role;

constexpr const char* report_schema = "writ.reconciliation/1";

tl::unexpected<Error> not_now(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), reconcile_rule, std::move(missing), std::move(next));
}

fs::path report_dir(const Carrier& c, const std::string& matter) {
  return c.data() / "evidence" / matter / "reconciliations";
}

// --- what was authorised
// ------------------------------------------------------------------------------------

struct GrantSide {
  std::string id;
  authority::GrantBody body;
  AuthorityWindow window;
};

Result<std::vector<GrantSide>> grant_sides(const Carrier& c, const std::string& matter) {
  Orders orders{c};
  WRIT_TRY(grants, orders.grants(matter));
  WRIT_TRY(stops, orders.revocations());
  std::vector<GrantSide> out;
  for (const GrantRow& g : grants) {
    if (!g.file) continue;
    WRIT_TRY(issued, issued_grant(c, g));
    AuthorityWindow w{std::max(issued.body.not_before, issued.acts[2].at), issued.body.not_after, true, true};
    w.outgoing = issued.body.kind != authority::Kind::trap;
    w.incoming = issued.body.kind != authority::Kind::pen;
    for (const auto& r : stops.entries)
      if (crypto::hex(r.grant) == g.id) w.until = std::min(w.until, r.at);
    out.push_back({g.id, issued.body, w});
  }
  if (out.empty())
    return not_now(fmt::format("{} was never armed", matter), "an interception that ran",
                   "writ intercept status " + matter);
  return out;
}

// --- the intercepted calls
// ------------------------------------------------------------------------------------

SeenCall as_seen(const intercept::CallRecord& call) {
  SeenCall s;
  s.ref = fmt::format("grant {} call {}", call.grant.substr(0, 8), call.number);
  s.part = call.direction == "to-target"    ? Part::called
           : call.direction == "redirected" ? Part::redirecting
                                            : Part::caller;
  s.other = s.part == Part::caller ? call.to : call.from;
  s.start = call.start;
  s.answered = call.answer.has_value();
  s.answer = call.answer;
  s.end = call.end;
  s.joined = std::any_of(call.events.begin(), call.events.end(),
                         [](const intercept::Event& e) { return e.detail.contains("mid_call"); });
  return s;
}

// When no segment of a live run was open, nobody captured, or nothing had been sealed yet.
void add_downtime(const std::vector<vault::SegmentInfo>& segments, const AuthorityWindow& w,
                  std::vector<Hole>& out) {
  constexpr const char* why = "no segment was open: the probe was down, or had sealed nothing yet";
  if (std::any_of(segments.begin(), segments.end(), [](const auto& s) { return !s.source.empty(); })) return;
  Instant since = w.from;
  for (const vault::SegmentInfo& s : segments) {
    if (s.opened > since) out.push_back({since, s.opened, why});
    if (!s.closed) return;
    since = s.closed_at;
    if (s.cut > 0 || !s.final)
      out.push_back({s.opened, s.closed_at,
                     "a segment of that time was closed by a recovery or for its size: the "
                     "probe's log says which"});
  }
  if (since < w.until) out.push_back({since, w.until, why});
}

std::vector<authority::Target> targets_of(const std::vector<GrantSide>& grants) {
  std::vector<authority::Target> out;
  for (const GrantSide& g : grants) out.insert(out.end(), g.body.targets.begin(), g.body.targets.end());
  return out;
}

struct EvidenceSide {
  std::vector<SeenCall> seen;
  std::vector<Hole> holes;
  crypto::Digest digest{};
};

Status open_call_data(const fs::path& dir, const GrantSide& g, const crypto::BoxKey& key, EvidenceSide& out) {
  WRIT_TRY(segments, vault::verify_stream(dir, vault::Stream::call_data, g.body.probe));
  add_downtime(segments, g.window, out.holes);
  std::vector<intercept::Event> events;
  WRIT_CHECK(vault::read_stream(dir, vault::Stream::call_data, g.body.probe, key, [&](View record) -> Status {
    WRIT_TRY(e, intercept::decode_event(record));
    events.push_back(std::move(e));
    return {};
  }));
  const intercept::Matter m = intercept::assemble(g.id, std::move(events), {});
  for (const intercept::CallRecord& call : m.calls) out.seen.push_back(as_seen(call));
  for (const intercept::Gap& gap : m.gaps) out.holes.push_back({gap.from, gap.until, "gap: " + gap.why});
  return {};
}

Result<crypto::Digest> call_data_digest(const fs::path& evidence, const std::vector<GrantSide>& grants) {
  crypto::Sha256 h;
  std::size_t found = 0;
  for (const GrantSide& g : grants) {
    const auto files = vault::list_segments(evidence / g.id, vault::Stream::call_data);
    if (!files) continue;  // nothing of this grant is in the house
    for (const auto& [number, file] : *files) {
      WRIT_TRY(sha256, crypto::sha256_file(file.string()));
      h.update(view_of(fmt::format("{}\n{}\n", g.id, number)));
      h.update(sha256);
      ++found;
    }
  }
  if (found == 0)
    return not_now("no call data of this matter is in the house", "the probe's sealed segments",
                   "a technician or custodian: writ intercept import");
  return h.finish();
}

struct Opening {
  const std::string& matter;
  const std::string& day;
  const Acting& a;
  const Acting& b;
};

// Noted before the first secret is unwrapped; the key of the content stream is not touched.
Result<EvidenceSide> open_evidence_for(Carrier& c, const Opening& o, const std::vector<GrantSide>& grants) {
  const fs::path evidence = c.data() / "evidence" / o.matter;
  EvidenceSide out;
  WRIT_TRY(digest, call_data_digest(evidence, grants));
  out.digest = digest;
  WRIT_CHECK(c.note(o.a.person.user, "evidence.open", o.matter,
                    Json{{"custodians", {o.a.person.user, o.b.person.user}},
                         {"evidence_sha256", crypto::hex(digest)},
                         {"streams", Json{"call-data"}},
                         {"purpose", reconcile_purpose},
                         {"day", o.day}}));
  WRIT_TRY(key, vault::open_matter_key(c.data() / "vault", o.matter, "call-data", o.a.person.user,
                                       o.a.person.box, o.b.person.user, o.b.person.box));
  std::error_code ec;
  for (const GrantSide& g : grants)
    if (fs::is_directory(evidence / g.id, ec)) WRIT_CHECK(open_call_data(evidence / g.id, g, key, out));
  WRIT_TRY(bundles, bundles_taken(c, o.matter));
  std::map<std::string, Instant> newest;
  for (const auto& b : bundles) newest[b.bundle.probe.text()] = b.bundle.until;
  for (const auto& [probe, until] : newest)
    out.holes.push_back(
        {until, Instant::max() - std::chrono::hours{1}, "the bundle of that time is not in the house", true});
  return out;
}

// --- the report
// -----------------------------------------------------------------------------------------------

Json report_body(const Carrier& c, const Opening& o, const ReconcileInput& in, const EvidenceSide& evidence,
                 const std::vector<GrantSide>& grants, const ReconcileDone& done, const Acting& reader) {
  Json findings = Json::array(), ids = Json::array();
  for (const Finding& f : done.result.findings)
    findings.push_back({{"kind", f.kind},
                        {"at", rfc3339(f.at)},
                        {"part", to_string(f.part)},
                        {"ref", f.ref},
                        {"why", f.why}});
  for (const GrantSide& g : grants) ids.push_back(g.id);
  return Json{{"carrier", c.roots().carrier},
              {"matter", o.matter},
              {"day", o.day},
              {"from", rfc3339(in.from)},
              {"until", rfc3339(in.until)},
              {"tolerance_s", reconcile_tolerance.count()},
              {"grants", std::move(ids)},
              {"evidence_sha256", crypto::hex(evidence.digest)},
              {"custodians", {o.a.person.user, o.b.person.user}},
              {"calls", done.result.seen},
              {"records", done.result.booked},
              {"matched", done.result.matched},
              {"outside", done.result.outside},
              {"not_compared", done.not_compared},
              {"findings", std::move(findings)},
              {"open", done.result.open},
              {"by", reader.person.user},
              {"key", reader.person.sign.public_key().text()},
              {"at", rfc3339(c.now())}};
}

std::size_t count_kind(const Reconciled& r, std::string_view kind) {
  return static_cast<std::size_t>(
      std::count_if(r.findings.begin(), r.findings.end(), [&](const Finding& f) { return kind == f.kind; }));
}

// "2026-11-25.json"; what is signed later about the same day lies beside it: "2026-11-25.2.json".
fs::path free_place(const fs::path& dir, const std::string& day) {
  fs::path place = dir / (day + ".json");
  for (int n = 2; fs::exists(place); ++n) place = dir / fmt::format("{}.{}.json", day, n);
  return place;
}
bool is_place_of(const std::string& name, const std::string& day) {
  return !day.empty() && (name == day + ".json" || name.starts_with(day + "."));
}

Status keep_report(Carrier& c, const Opening& o, ReconcileDone& done, const Acting& reader) {
  const std::string sha256 = crypto::hex(crypto::sha256(view_of(done.text)));
  WRIT_CHECK(c.note(reader.person.user, "intercept.reconcile", o.matter,
                    Json{{"day", o.day},
                         {"sha256", sha256},
                         {"calls", done.result.seen},
                         {"records", done.result.booked},
                         {"matched", done.result.matched},
                         {"missed", count_kind(done.result, "missed")},
                         {"over_collected", count_kind(done.result, "over-collected")}}));
  WRIT_CHECK(make_dirs(report_dir(c, o.matter), 0700));
  done.file = free_place(report_dir(c, o.matter), o.day);
  return write_file(done.file, done.text, 0440);
}

Result<std::string> day_to_do(const Carrier& c, const std::string& typed) {
  if (!typed.empty()) return typed;
  WRIT_TRY(calendar, policy::Calendar::of(c.policy()));
  const auto today = std::chrono::floor<std::chrono::days>(calendar.zone().local(c.now()));
  return rfc3339(Instant{(today - std::chrono::days{1}).time_since_epoch()}).substr(0, 10);
}

Result<ReconcileDone> compare(Carrier& c, const std::string& matter, const std::string& typed_day,
                              const Acting& reader, const Acting& a, const Acting& b) {
  if (a.person.user == b.person.user || a.person.user == reader.person.user ||
      b.person.user == reader.person.user)
    return not_now("three different people reconcile", "counsel or officer, and two custodians",
                   "give --as USER=PASSPHRASE_FILE three times");
  WRIT_CHECK(check_person(c, reader, {Role::officer, Role::counsel}));
  WRIT_CHECK(check_person(c, a, {Role::custodian}));
  WRIT_CHECK(check_person(c, b, {Role::custodian}));
  WRIT_CHECK(c.check_clock());
  WRIT_TRY(grants, grant_sides(c, matter));
  WRIT_CHECK(check_deliverable(c, matter));
  ReconcileDone done;
  WRIT_TRY(day, day_to_do(c, typed_day));
  done.day = day;
  WRIT_TRY(bounds, day_bounds(c, done.day));
  if (bounds.second > c.now())
    return not_now(fmt::format("{} is not over", done.day), "a day that is over", "tomorrow");
  WRIT_TRY(subjects, record_subjects(c, targets_of(grants), bounds.first, bounds.second));
  if (subjects.targets.empty())
    return not_now("the targets are SIP addresses alone, of which there are no call records",
                   "a number or an extension", "nothing can be compared here");
  WRIT_TRY(scope, reconcile_scope(c, matter, subjects));
  done.not_compared = subjects.not_compared;
  const Opening opening{matter, done.day, a, b};
  WRIT_TRY(evidence, open_evidence_for(c, opening, grants));
  ReconcileInput in;
  in.from = bounds.first;
  in.until = bounds.second;
  in.now = c.now();
  in.seen = std::move(evidence.seen);
  in.holes = std::move(evidence.holes);
  for (const GrantSide& g : grants) in.windows.push_back(g.window);
  WRIT_TRY(booked, read_booked(c, scope, subjects, in, reader));
  in.booked = std::move(booked);
  WRIT_TRY(newest, newest_record(c));
  in.records_until = newest;
  done.result = reconcile(in);
  const Json body = report_body(c, opening, in, evidence, grants, done, reader);
  done.text = custody::sign_paper(report_schema, body, reader.person.sign);
  WRIT_CHECK(keep_report(c, opening, done, reader));
  return done;
}

}  // namespace

Result<ReconcileDone> Reconciliation::run(const std::string& matter, const std::string& day,
                                          const std::vector<Credentials>& who) {
  if (who.size() != 3)
    return c_->refuse(
        who.empty() ? "nobody" : who[0].user, "intercept.reconcile", matter,
        {Exit::refused, "three people reconcile", reconcile_rule, "counsel or officer, and two custodians",
         "give --as USER=PASSPHRASE_FILE three times"});
  WRIT_TRY(reader, c_->act_as_any(who[0], {Role::officer, Role::counsel}));
  WRIT_TRY(a, c_->act_as(who[1], Role::custodian));
  WRIT_TRY(b, c_->act_as(who[2], Role::custodian));
  return run(matter, day, reader, a, b);
}

Result<ReconcileDone> Reconciliation::run(const std::string& matter, const std::string& day,
                                          const Acting& reader, const Acting& custodian_a,
                                          const Acting& custodian_b) {
  return c_->attempt(reader.person.user, "intercept.reconcile", matter,
                     [&] { return compare(*c_, matter, day, reader, custodian_a, custodian_b); });
}

Result<std::pair<Instant, Instant>> day_bounds(const Carrier& c, const std::string& day) {
  const auto local = parse_local(day + " 00:00:00");
  if (!local || day.size() != 10)
    return fail(Exit::usage, fmt::format("'{}' is not a day", day), reconcile_rule, "a day as YYYY-MM-DD",
                "--day YYYY-MM-DD, of the profile's zone");
  WRIT_TRY(calendar, policy::Calendar::of(c.policy()));
  return std::pair{calendar.zone().instants(*local).first,
                   calendar.zone().instants(*local + std::chrono::days{1}).first};
}

Result<std::vector<std::string>> reconciled_days(const Carrier& c, const std::string& matter) {
  std::vector<std::string> out;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(report_dir(c, matter), ec)) {
    const std::string name = e.path().filename().string();
    if (!name.ends_with(".json")) continue;
    WRIT_TRY(text, custody::read_paper(e.path()));
    WRIT_TRY(body, custody::open_paper(text, report_schema, "key", e.path().string()));
    const std::string day = body.value("day", ""), by = body.value("by", "");
    const auto cert = c.cert_of(by);
    const auto at = parse_rfc3339(body.value("at", ""));
    const bool certified = cert && at && cert->verify.text() == body.value("key", "") &&
                           (authority::verify_cert(*cert, c.roots(), Role::officer, *at) ||
                            authority::verify_cert(*cert, c.roots(), Role::counsel, *at));
    if (!certified || body.value("matter", "") != matter || !is_place_of(name, day))
      return fail(Exit::integrity, fmt::format("{} is not what counsel or officer signed", e.path().string()),
                  reconcile_rule, "the report as it was signed", "reconcile the day again");
    if (body.value("open", Json::array()).empty()) out.push_back(day);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace writ::desk
