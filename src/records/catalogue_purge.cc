// SPDX-License-Identifier: GPL-3.0-or-later
// What retention lets go. S18: an account's records about two years after its termination; S19: longer while
// a balance is due. Of a living account goes what ended before the cutoff (a stay, a number, an old address);
// its own account facts stay as long as it lives. A held account loses nothing. A fact goes with all its
// versions.
#include <algorithm>
#include <map>
#include <set>

#include "records/fact_select.hh"

namespace writ::records {
namespace {

struct Plan {
  std::vector<std::string> accounts;
  std::vector<Fact> facts;
};

Fact bare(const Fact& f) { return {f.kind, f.account, f.key, Json::object(), f.valid}; }

bool over(const Fact& f, Instant cutoff) { return f.valid.until && *f.valid.until <= cutoff; }

Status remove_thread(store::Database& db, const Fact& f) {
  WRIT_TRY(q,
           db.prepare("DELETE FROM fact WHERE kind = ?1 AND account = ?2 AND key = ?3 AND valid_from = ?4"));
  return q.bind(1, to_string(f.kind)).bind(2, f.account).bind(3, f.key).bind(4, to_ns(f.valid.from)).run();
}

}  // namespace

Result<std::vector<AccountTimes>> Catalogue::account_times() const {
  std::map<std::string, AccountTimes> times;
  std::set<std::string> living;
  WRIT_TRY(accounts, Select().kind(FactKind::account).current(*db_));
  for (const FactVersion& v : accounts) {
    if (withdrawn(v.fact)) continue;
    AccountTimes& t = times[v.fact.account];
    t.account = v.fact.account;
    if (!v.fact.valid.until) living.insert(t.account);
    t.terminated = std::max(t.terminated, v.fact.valid.until);
  }
  WRIT_TRY(balances, Select().kind(FactKind::balance).current(*db_));  // by time: the last one stands
  for (const FactVersion& v : balances) {
    if (withdrawn(v.fact)) continue;
    if (const auto it = times.find(v.fact.account); it != times.end())
      it->second.balance_cents = v.fact.valid.until ? 0 : v.fact.body.at("cents").get<std::int64_t>();
  }
  std::vector<AccountTimes> out;
  for (auto& [account, t] : times) {
    if (living.contains(account)) t.terminated.reset();
    out.push_back(t);
  }
  return out;
}

Result<Catalogue::Purged> Catalogue::purge(Instant cutoff, const std::vector<std::string>& held_accounts,
                                           bool dry_run) {
  const std::set<std::string> held(held_accounts.begin(), held_accounts.end());
  WRIT_TRY(tx, store::Transaction::begin(*db_));
  WRIT_TRY(times, account_times());
  Purged out;
  std::set<std::string> whole, kept = held;
  for (const AccountTimes& t : times) {
    if (!t.terminated || kept.contains(t.account)) continue;
    if (t.balance_cents > 0) {
      kept.insert(t.account);
    } else if (*t.terminated <= cutoff) {
      whole.insert(t.account);
      out.accounts.push_back(t.account);
    }
  }
  // Two readings in one plan: what ended before the cutoff, and all of the accounts that go.
  WRIT_TRY(ended, Select().ended(Instant::min(), cutoff).current(*db_));
  for (const FactVersion& v : ended) {
    const bool own = v.fact.kind == FactKind::account && !withdrawn(v.fact);
    if (kept.contains(v.fact.account) || whole.contains(v.fact.account) || own || !over(v.fact, cutoff))
      continue;
    out.facts.push_back(bare(v.fact));
  }
  for (const std::string& account : out.accounts) {
    WRIT_TRY(all, Select().account(account).current(*db_));
    for (const FactVersion& v : all) out.facts.push_back(bare(v.fact));
  }
  if (dry_run) return out;
  for (const Fact& f : out.facts) WRIT_CHECK(remove_thread(*db_, f));
  WRIT_CHECK(tx.commit());
  return out;
}

}  // namespace writ::records
