// SPDX-License-Identifier: GPL-3.0-or-later
// A destruction is killed at any moment and goes on: its number and what it takes are written down first
// (plan), each month is written down before it goes, and the signed record is made from what was written
// down. A month that is gone is not in the next plan any more; its line is.
#include "desk/retention_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/months.hh"
#include "desk/preserved.hh"
#include "ingest/raw_store.hh"

namespace writ::desk {
namespace {

using authority::Role;
using records::CdrPurge;

constexpr const char* rule = "S17 to S19; 47 CFR 42.6; legal holds win";

Instant end_of(const std::string& month) {
  using namespace std::chrono;
  constexpr std::string_view digits = "0123456789";
  if (month.size() != 7 || month.find_first_not_of(digits) != 4 ||
      month.find_first_not_of(digits, 5) != std::string::npos)
    return Instant::max();  // not a month: nothing of it goes
  const year_month m = year{std::stoi(month.substr(0, 4))} /
                       std::chrono::month{static_cast<unsigned>(std::stoul(month.substr(5, 2)))};
  return sys_days{(m + months{1}) / day{1}};
}

Json month_json(const CdrPurge::Month& m) {
  return Json{{"month", m.month},
              {"rows", m.rows},
              {"held", m.held},
              {"bytes", m.bytes},
              {"root", crypto::hex(m.root)}};
}

// Everything that decides what goes, read once.
struct Grounds {
  Cutoffs cutoffs;
  std::vector<Hold> holds;
  Kept kept;  // by them, and by preservations
};

Result<Grounds> grounds(Carrier& c, RecordStore& store) {
  Grounds g;
  g.cutoffs = retention_cutoffs(c.policy().records, c.now());
  WRIT_TRY(holds, Holds{c}.all());
  WRIT_TRY(kept, kept_records(c, store, holds));
  g.kept = std::move(kept);
  g.holds = std::move(holds);
  return g;
}

// Raw files none of whose months is kept. A month that still has held rows keeps its raw files.
Result<std::vector<ingest::RawInfo>> raw_to_go(RecordStore& store, const Grounds& g,
                                               const std::vector<CdrPurge::Month>& going) {
  WRIT_TRY(all, ingest::RawStore(store.raw_dir()).list());
  WRIT_TRY(heads, store.cdrs().heads());
  const auto kept = [&](const std::string& month) {
    if (end_of(month) > g.cutoffs.calls) return true;
    const auto goes =
        std::find_if(going.begin(), going.end(), [&](const auto& m) { return m.month == month; });
    if (goes != going.end()) return goes->held > 0;
    return std::any_of(heads.begin(), heads.end(), [&](const auto& h) { return h.month == month; });
  };
  // Rows of a destroyed month that a hold keeps are found by the hold itself.
  const auto held_in = [&](const std::string& month) {
    return std::any_of(g.kept.calls.begin(), g.kept.calls.end(), [&](const records::CdrHold& h) {
      return h.from < end_of(month) && month <= rfc3339(h.until).substr(0, 7);
    });
  };
  std::vector<ingest::RawInfo> out;
  for (auto& r : all) {
    const bool old = r.kept < g.cutoffs.calls;
    const bool gone = std::none_of(r.months.begin(), r.months.end(),
                                   [&](const std::string& m) { return kept(m) || held_in(m); });
    if (gone && (!r.months.empty() || old)) out.push_back(std::move(r));
  }
  return out;
}

Json facts_json(const records::Catalogue::Purged& p) {
  std::map<std::string, std::uint64_t> kinds;
  for (const auto& f : p.facts) ++kinds[to_string(f.kind)];
  return Json(kinds);
}

struct Plan {
  Grounds grounds;
  CdrPurge calls;
  records::Catalogue::Purged catalogue;
  std::vector<ingest::RawInfo> raw;
  bool empty() const {
    return calls.months.empty() && catalogue.accounts.empty() && catalogue.facts.empty() && raw.empty();
  }
};

Result<Plan> make_plan(Carrier& c, RecordStore& store) {
  Plan p;
  WRIT_TRY(g, grounds(c, store));
  WRIT_TRY(calls, store.cdrs().purge(g.cutoffs.calls, g.kept.calls, true));
  WRIT_TRY(catalogue, store.catalogue().purge(g.cutoffs.account, g.kept.accounts, true));
  WRIT_TRY(raw, raw_to_go(store, g, calls.months));
  p.grounds = std::move(g);
  p.calls = std::move(calls);
  p.catalogue = std::move(catalogue);
  p.raw = std::move(raw);
  return p;
}

Json plan_json(const Carrier& c, const Plan& p) {
  const policy::RecordRules& r = c.policy().records;
  Json months = Json::array(), raw = Json::array(), holds = Json::array();
  for (const auto& m : p.calls.months) months.push_back(month_json(m));
  for (const auto& f : p.raw) raw.push_back(f.id);
  for (const Hold& h : p.grounds.holds)
    if (h.stands()) holds.push_back(h.number);
  return Json{{"carrier", c.roots().carrier},
              {"policy", crypto::hex(c.policy().hash)},
              {"rule", rule},
              {"cdr_months", std::max(r.cdr_months, r.toll_record_months)},
              {"account_months", r.account_months},
              {"calls_before", rfc3339(p.grounds.cutoffs.calls)},
              {"accounts_before", rfc3339(p.grounds.cutoffs.account)},
              {"months", std::move(months)},
              {"accounts", p.catalogue.accounts},
              {"facts", facts_json(p.catalogue)},
              {"raw_files", std::move(raw)},
              {"holds", std::move(holds)},
              {"held_accounts", p.grounds.kept.accounts}};
}

// The lines of one destruction in store.db.
class Ledger {
 public:
  explicit Ledger(Carrier& c) : c_(&c) {}

  // The one that was begun and is not finished; else none.
  Result<std::optional<std::pair<std::int64_t, Json>>> open() {
    std::optional<std::pair<std::int64_t, Json>> out;
    WRIT_TRY(ask, c_->db().prepare("SELECT number, plan FROM record_destructions WHERE record IS NULL"));
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    const std::string text = ask.text(1);
    WRIT_TRY(plan, parse_canonical(view_of(text), "plan of a destruction"));
    out.emplace(ask.integer(0), std::move(plan));
    return out;
  }
  Result<std::int64_t> next() {
    WRIT_TRY(ask, c_->db().prepare("SELECT coalesce(max(number), 0) FROM record_destructions"));
    WRIT_CHECK(ask.step());
    return ask.integer(0) + 1;
  }
  Status begin(std::int64_t number, const Json& plan) {
    WRIT_TRY(put, c_->db().prepare("INSERT INTO record_destructions(number, plan) VALUES(?,?) "
                                   "ON CONFLICT(number) DO UPDATE SET plan=excluded.plan"));
    return put.bind(1, number).bind(2, canonical(plan)).run();
  }
  Status month(std::int64_t number, const Json& m) {
    WRIT_TRY(put, c_->db().prepare("INSERT INTO record_destroyed_months(number, month, entry) VALUES(?,?,?) "
                                   "ON CONFLICT(number, month) DO UPDATE SET entry=excluded.entry"));
    return put.bind(1, number).bind(2, m.value("month", "")).bind(3, canonical(m)).run();
  }
  Result<Json> months(std::int64_t number) {
    Json out = Json::array();
    WRIT_TRY(ask,
             c_->db().prepare("SELECT entry FROM record_destroyed_months WHERE number=? ORDER BY month"));
    ask.bind(1, number);
    for (;;) {
      WRIT_TRY(row, ask.step());
      if (!row) return out;
      const std::string text = ask.text(0);
      WRIT_TRY(m, parse_canonical(view_of(text), "destroyed month"));
      out.push_back(std::move(m));
    }
  }
  Status finish(std::int64_t number, const std::string& record) {
    WRIT_TRY(put, c_->db().prepare("UPDATE record_destructions SET record=? WHERE number=?"));
    return put.bind(1, record).bind(2, number).run();
  }

 private:
  Carrier* c_;
};

// What an earlier, killed run had planned stays in the record: it may be gone already.
Json joined(const Json& earlier, Json now) {
  for (const char* key : {"accounts", "raw_files"}) {
    std::set<std::string> all;
    for (const Json* j : {&earlier, static_cast<const Json*>(&now)})
      for (const Json& x : j->value(key, Json::array())) all.insert(x.get<std::string>());
    now[key] = all;
  }
  const Json facts = earlier.value("facts", Json::object());  // items() looks into it
  for (const auto& [kind, count] : facts.items())
    if (now["facts"].value(kind, std::uint64_t{0}) < count.get<std::uint64_t>()) now["facts"][kind] = count;
  return now;
}

Status destroy(Carrier& c, RecordStore& store, const Plan& p, std::int64_t number) {
  Ledger ledger{c};
  for (const auto& m : p.calls.months) {
    WRIT_CHECK(ledger.month(number, month_json(m)));
    // Holds that were placed since the plan was made count as well.
    WRIT_TRY(holds, Holds{c}.all());
    WRIT_TRY(kept, kept_records(c, store, holds));
    WRIT_TRY(gone, store.cdrs().purge(end_of(m.month), kept.calls, false));
    for (const auto& done : gone.months)
      if (done.month == m.month && (done.rows != m.rows || done.held != m.held))
        WRIT_CHECK(ledger.month(number, month_json(done)));
  }
  WRIT_TRY(holds, Holds{c}.all());
  WRIT_TRY(kept, kept_records(c, store, holds));
  WRIT_TRY(catalogue, store.catalogue().purge(p.grounds.cutoffs.account, kept.accounts, false));
  static_cast<void>(catalogue);
  const ingest::RawStore raw{store.raw_dir()};
  for (const auto& r : p.raw) WRIT_CHECK(raw.remove(r.id, store.quarantine_dir()));
  return {};
}

Result<Json> run_purge(Carrier& c, const Acting& officer, const Acting& counsel) {
  WRIT_CHECK(migrate_record_tables(c));
  WRIT_TRY(lock, lock_file(c.data() / "purge.lock"));
  WRIT_TRY(store, RecordStore::open(c));
  WRIT_CHECK(note_all_heads(c, store->cdrs()));  // a month that goes leaves its last root in the log
  WRIT_TRY(plan, make_plan(c, *store));
  Ledger ledger{c};
  WRIT_TRY(open, ledger.open());
  Json body = plan_json(c, plan);
  if (!open && plan.empty()) {
    body["schema"] = "writ.purge-plan/1";
    return body;
  }
  WRIT_TRY(next, ledger.next());
  const std::int64_t number = open ? open->first : next;
  if (open) body = joined(open->second, std::move(body));
  body["schema"] = "writ.destruction/1";
  body["number"] = number;
  WRIT_CHECK(c.note(officer.person.user, "records.purge", "",
                    Json{{"counsel", counsel.person.user}, {"plan", body}}));
  WRIT_CHECK(ledger.begin(number, body));
  WRIT_CHECK(destroy(c, *store, plan, number));
  WRIT_TRY(months, ledger.months(number));
  body["months"] = std::move(months);
  body["at"] = rfc3339(std::chrono::floor<std::chrono::microseconds>(c.now()));
  const Json record = sign_destruction(std::move(body), {&officer, &counsel});
  WRIT_CHECK(verify_destruction(c, record));
  const std::string text = canonical(record);
  WRIT_CHECK(c.note(officer.person.user, "records.purged", "",
                    Json{{"number", number}, {"sha256", crypto::hex(crypto::sha256(view_of(text)))}}));
  WRIT_CHECK(make_dirs(c.data() / "destroyed", 0700));
  WRIT_CHECK(write_file(c.data() / "destroyed" / fmt::format("{:04}.json", number), text, 0440));
  WRIT_CHECK(ledger.finish(number, text));
  return record;
}

}  // namespace

Cutoffs retention_cutoffs(const policy::RecordRules& r, Instant now) {
  return {months_back(now, std::max(r.cdr_months, r.toll_record_months)),
          months_back(now, std::max(r.account_months, std::int64_t{0}))};
}

Result<Json> RetentionService::plan(const Credentials& who) {
  WRIT_CHECK(c_->only_outside("a destruction of records"));
  WRIT_TRY(by, c_->act_as_any(who, {Role::officer, Role::counsel}));
  return c_->attempt(who.user, "records.purge-plan", "", [&]() -> Result<Json> {
    WRIT_CHECK(c_->note(by.person.user, "records.purge-plan", ""));
    WRIT_TRY(store, RecordStore::open(*c_));
    WRIT_TRY(plan, make_plan(*c_, *store));
    Json j = plan_json(*c_, plan);
    j["schema"] = "writ.purge-plan/1";
    return j;
  });
}

Result<Json> RetentionService::purge(const Credentials& officer, const Credentials& counsel) {
  WRIT_CHECK(c_->only_outside("a destruction of records"));
  WRIT_TRY(first, c_->act_as(officer, Role::officer));
  WRIT_TRY(second, c_->act_as(counsel, Role::counsel));
  return c_->attempt(officer.user, "records.purge", "", [&]() -> Result<Json> {
    if (first.person.user == second.person.user)
      return fail(Exit::refused, "one person alone destroys no records", rule, "an officer and counsel",
                  "give --as twice");
    return run_purge(*c_, first, second);
  });
}

Result<Json> RetentionService::place_hold(const Hold& h, const Credentials& counsel) {
  WRIT_CHECK(c_->only_outside("placing a legal hold"));
  WRIT_TRY(by, c_->act_as(counsel, Role::counsel));
  return c_->attempt(counsel.user, "records.hold", h.matter, [&]() -> Result<Json> {
    WRIT_TRY(placed, Holds{*c_}.place(h, by));
    return to_json(placed);
  });
}

Result<Json> RetentionService::lift_hold(std::int64_t number, const std::string& reason,
                                         const Credentials& counsel) {
  WRIT_TRY(by, c_->act_as(counsel, Role::counsel));
  return c_->attempt(counsel.user, "records.hold-lift", "", [&]() -> Result<Json> {
    WRIT_TRY(lifted, Holds{*c_}.lift(number, reason, by));
    return to_json(lifted);
  });
}

Result<Json> RetentionService::holds(const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::counsel, Role::officer, Role::intake, Role::auditor}));
  WRIT_CHECK(c_->note(by.person.user, "records.holds", ""));
  WRIT_TRY(all, Holds{*c_}.all());
  Json list = Json::array();
  for (const Hold& h : all) list.push_back(to_json(h));
  return Json{{"schema", "writ.holds/1"}, {"holds", std::move(list)}};
}

}  // namespace writ::desk
