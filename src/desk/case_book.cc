// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/case_book.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace writ::desk {
namespace {

using authority::Role;
using process::Cycle;

constexpr std::string_view act_domain = "writ.case-act/1";

constexpr std::string_view case_tables[] = {R"sql(
  CREATE TABLE cases(matter TEXT PRIMARY KEY, cycle TEXT NOT NULL, filing TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE case_acts(matter TEXT NOT NULL REFERENCES cases(matter), seq INTEGER NOT NULL, body TEXT NOT NULL,
    signature TEXT NOT NULL, PRIMARY KEY(matter, seq)) STRICT;
)sql"};

tl::unexpected<Error> altered(const std::string& matter, std::uint64_t seq, const std::string& why) {
  return fail(Exit::integrity, fmt::format("act {} of {}: {}", seq, matter, why),
              "each act of a case is signed, and names the act before it", "the store as it was",
              "restore store.db from backup; the auditor compares it with the log (writ audit verify)");
}

Json act_json(const Carrier& carrier, const Case& c, const CaseAct& a) {
  return Json{{"schema", act_domain},
              {"carrier", carrier.roots().carrier},
              {"matter", c.matter},
              {"cycle", process::to_string(c.cycle)},
              {"seq", a.seq},
              {"act", a.act},
              {"user", a.user},
              {"at", rfc3339(a.at)},
              {"before", c.acts.empty() ? std::string() : crypto::hex(c.acts.back().id)},
              {"body", a.body}};
}

Result<authority::RoleCert> cert_for(const Carrier& c, const std::string& user) {
  if (user == c.desk_cert().user) return c.desk_cert();
  return c.cert_of(user);
}

// A case has many acts of few people: each one's certificate is read and parsed once (a fifth of the time).
class Signers {
 public:
  explicit Signers(const Carrier& c) : c_{c} {}
  // Lives as long as this.
  Result<const authority::RoleCert*> of(const std::string& user) {
    const auto known = read_.find(user);
    if (known != read_.end()) return &known->second;
    WRIT_TRY(cert, cert_for(c_, user));
    return &read_.emplace(user, std::move(cert)).first->second;
  }

 private:
  const Carrier& c_;
  std::map<std::string, authority::RoleCert> read_;
};

Status check_facts(const process::ActRule& rule, const Json& body) {
  for (const std::string_view fact : rule.facts) {
    const auto it = body.find(fact);
    const bool absent = it == body.end() || it->is_null() ||
                        (it->is_string() && it->get_ref<const std::string&>().empty()) ||
                        (it->is_structured() && it->empty());
    if (absent)
      return fail(Exit::refused, fmt::format("{}: '{}' is not stated", rule.act, fact),
                  std::string(rule.citation), fmt::format("the field {}", fact),
                  "state it, and repeat the step");
  }
  return {};
}

// Every role that the rule takes from this person must be certified at that time.
Status check_roles(const Carrier& c, const process::ActRule& rule, const authority::RoleCert& cert,
                   Instant at) {
  for (const Role r : rule.roles)
    if (std::find(cert.roles.begin(), cert.roles.end(), r) != cert.roles.end())
      WRIT_CHECK(authority::verify_cert(cert, c.roots(), r, at));
  return {};
}

// One stored act, believed only when everything about it fits.
Status replay(const Carrier& carrier, Signers& signers, Case& c, const std::string& text,
              const std::string& signature) {
  const std::uint64_t seq = c.acts.size() + 1;
  const auto bad = [&](const std::string& why) { return altered(c.matter, seq, why); };
  const auto parsed = parse_json(view_of(text), "act");
  if (!parsed) return bad(parsed.error().what);
  CaseAct a;
  a.seq = seq;
  try {
    a.act = parsed->at("act").get<std::string>();
    a.user = parsed->at("user").get<std::string>();
    a.body = parsed->at("body");
    const auto at = parse_rfc3339(parsed->at("at").get<std::string>());
    if (!at) return bad(at.error().what);
    a.at = *at;
  } catch (const Json::exception&) {
    return bad("fields are missing");
  }
  // Printed again, byte for byte: so it is also canonical.
  if (canonical(act_json(carrier, c, a)) != text)
    return bad("it is not this act of this case, or not behind the one before");
  if (!c.acts.empty() && a.at < c.acts.back().at) return bad("it is dated before the act before it");
  a.id = crypto::sha256(view_of(text));
  const auto known = signers.of(a.user);
  if (!known) return bad(known.error().what);
  const authority::RoleCert* cert = *known;
  const auto sig = crypto::unhex(signature);
  if (!sig || !crypto::verify(cert->verify, act_domain, view_of(text), *sig))
    return bad("the signature does not fit");
  const auto past = history_of(c);
  const auto rule = process::judge(process::life_cycle(c.cycle), c.state, a.act, {a.user, cert->roles}, past);
  if (!rule) return bad(rule.error().what);
  if (const auto ok = check_facts(**rule, a.body); !ok) return bad(ok.error().what);
  if (const auto ok = check_roles(carrier, **rule, *cert, a.at); !ok) return bad(ok.error().what);
  a.roles = cert->roles;
  c.state = std::string(process::state_after(**rule, c.state));
  c.acts.push_back(std::move(a));
  return {};
}

// The same command again, after an answer that got lost.
bool is_repeated(const Case& c, const CaseStep& step, const std::string& user) {
  if (c.acts.empty() || step.effect) return false;
  const CaseAct& last = c.acts.back();
  const process::ActRule* rule = process::life_cycle(c.cycle).rule(step.act);
  return last.act == step.act && last.user == user && last.body == step.body && rule != nullptr &&
         !rule->to.empty();
}

}  // namespace

const CaseAct* Case::newest(std::string_view act) const {
  const auto it = std::find_if(acts.rbegin(), acts.rend(), [&](const CaseAct& a) { return a.act == act; });
  return it == acts.rend() ? nullptr : &*it;
}

std::vector<process::Done> history_of(const Case& c) {
  std::vector<process::Done> out;
  for (const CaseAct& a : c.acts) out.push_back({a.act, a.user, a.roles});
  return out;
}

Json to_json(const Case& c) {
  Json acts = Json::array();
  for (const CaseAct& a : c.acts)
    acts.push_back({{"seq", a.seq},
                    {"act", a.act},
                    {"user", a.user},
                    {"at", rfc3339(a.at)},
                    {"body", a.body},
                    {"id", crypto::hex(a.id)}});
  return {{"schema", "writ.case/1"},
          {"matter", c.matter},
          {"cycle", process::to_string(c.cycle)},
          {"state", c.state},
          {"acts", acts}};
}

Status migrate_cases(store::Database& db) { return db.migrate("cases", case_tables); }

namespace {

// The command that lists what a number like this would be of: its letter is the life cycle's.
std::string_view list_command(std::string_view number) {
  static constexpr std::pair<std::string_view, std::string_view> lists[] = {
      {"A-", "writ agency list"},    {"N-", "writ incident list"}, {"F-", "writ plan list"},
      {"V-", "writ invoice list"},   {"W-", "writ work list"},     {"D-", "writ copies due"},
      {"E-", "writ policy versions"}};
  for (const auto& [prefix, list] : lists)
    if (number.starts_with(prefix)) return list;
  return "writ request list";
}

}  // namespace

Result<Case> read_case(const Carrier& c, const std::string& matter) {
  WRIT_TRY(ask, c.db().prepare("SELECT cycle FROM cases WHERE matter=?"));
  WRIT_TRY(found, ask.bind(1, matter).step());
  if (!found)
    return fail(Exit::not_found, fmt::format("there is no case '{}'", matter), {}, "the number of a case",
                fmt::format("{} prints the numbers that there are", list_command(matter)));
  Case out;
  out.matter = matter;
  WRIT_TRY(cycle, process::parse_cycle(ask.text(0)));
  out.cycle = cycle;
  WRIT_TRY(acts, c.db().prepare("SELECT seq, body, signature FROM case_acts WHERE matter=? ORDER BY seq"));
  acts.bind(1, matter);
  Signers signers{c};
  for (;;) {
    WRIT_TRY(row, acts.step());
    if (!row) break;
    if (acts.integer(0) != static_cast<std::int64_t>(out.acts.size()) + 1)
      return altered(matter, out.acts.size() + 1, "it is missing");
    WRIT_CHECK(replay(c, signers, out, acts.text(1), acts.text(2)));
  }
  if (out.acts.empty()) return altered(matter, 1, "it is missing");
  return out;
}

Result<std::optional<Case>> CaseBook::find(const crypto::Digest& key) const {
  WRIT_TRY(ask, c_->db().prepare("SELECT matter FROM cases WHERE filing=?"));
  WRIT_TRY(found, ask.bind(1, crypto::hex(key)).step());
  if (!found) return std::optional<Case>{};
  WRIT_TRY(c, read(ask.text(0)));
  return std::optional{std::move(c)};
}

Result<std::vector<std::string>> case_numbers(const Carrier& carrier, std::optional<Cycle> cycle) {
  std::vector<std::string> out;
  WRIT_TRY(ask, carrier.db().prepare("SELECT matter, cycle FROM cases ORDER BY matter"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    if (!cycle || ask.text(1) == process::to_string(*cycle)) out.push_back(ask.text(0));
  }
}

Result<std::vector<Case>> read_cases(const Carrier& carrier, std::optional<Cycle> cycle) {
  WRIT_TRY(numbers, case_numbers(carrier, cycle));
  std::vector<Case> out;
  for (const std::string& m : numbers) {
    WRIT_TRY(c, read_case(carrier, m));
    out.push_back(std::move(c));
  }
  return out;
}

Result<std::vector<Case>> cases_about(const Carrier& carrier, Cycle cycle, const std::string& matter) {
  WRIT_TRY(all, read_cases(carrier, cycle));
  std::erase_if(all, [&](const Case& c) { return c.acts.front().body.value("matter", "") != matter; });
  return all;
}

const CaseAct* approval_of(const Case& c) {
  const CaseAct* by_two = c.newest("approve");
  return by_two != nullptr ? by_two : c.newest("approve-alone");
}

bool is_over(const Case& c) { return process::is_final(process::life_cycle(c.cycle), c.state); }

Result<std::string> next_number(const Carrier& c, std::string_view series) {
  const std::string prefix = fmt::format("{}-{}-", series, rfc3339(c.now()).substr(0, 4));
  WRIT_TRY(ask, c.db().prepare(
                    "SELECT matter FROM (SELECT matter FROM cases UNION SELECT matter FROM orders) AS m "
                    "WHERE substr(matter, 1, length(?1)) = ?1 ORDER BY length(matter) DESC, matter DESC "
                    "LIMIT 1"));
  WRIT_TRY(row, ask.bind(1, prefix).step());
  std::uint64_t last = 0;
  if (row) {
    const std::string text = ask.text(0);
    for (const char ch : text.substr(prefix.size())) {
      if (ch < '0' || ch > '9')
        return fail(Exit::integrity, fmt::format("'{}' is not a number of a case", text));
      last = last * 10 + static_cast<std::uint64_t>(ch - '0');
    }
  }
  return fmt::format("{}{:04}", prefix, last + 1);
}

Result<Case> CaseBook::open(Cycle cycle, const crypto::Digest& key, CaseStep file, const Acting& who) {
  return c_->attempt(who.person.user, fmt::format("{}.{}", process::to_string(cycle), file.act), "",
                     [&]() -> Result<Case> {
                       WRIT_TRY(known, find(key));
                       if (known) return std::move(*known);
                       Case c;
                       c.cycle = cycle;
                       WRIT_TRY(number, next_number(*c_, process::life_cycle(cycle).series));
                       c.matter = std::move(number);
                       return add(std::move(c), std::move(file), who, key);
                     });
}

Result<Case> CaseBook::act(const std::string& matter, CaseStep step, const Acting& who) {
  return c_->attempt(who.person.user, "case." + step.act, matter, [&]() -> Result<Case> {
    WRIT_TRY(c, read(matter));
    return add(std::move(c), std::move(step), who, {});
  });
}

Result<Case> CaseBook::act(const std::string& matter, CaseStep step, const Credentials& who) {
  WRIT_TRY(acting, unlock(matter, step.act, who));
  return act(matter, std::move(step), acting);
}

Result<Acting> CaseBook::unlock(const std::string& matter, const std::string& act, const Credentials& who) {
  WRIT_TRY(c, read(matter));
  const process::ActRule* rule = process::life_cycle(c.cycle).rule(act);
  if (rule == nullptr || rule->roles == std::vector{Role::desk})
    return c_->refuse(
        who.user, "case." + act, matter,
        {Exit::refused, fmt::format("{}: nobody does this in a {}", act, process::to_string(c.cycle)),
         "requirements, section 5",
         fmt::format("an act of the life cycle of a {}", process::to_string(c.cycle)),
         "writ request show prints what is possible"});
  return c_->act_as_any(who, rule->roles);
}

Result<Case> CaseBook::tick(const std::string& matter, CaseStep step) {
  authority::Person desk{c_->desk_cert().user, crypto::SigningKey{c_->desk_key().seed()}, {}};
  return act(matter, std::move(step), Acting{std::move(desk), c_->desk_cert()});
}

Result<Case> CaseBook::add(Case c, CaseStep step, const Acting& who,
                           const std::optional<crypto::Digest>& key) {
  const std::string& user = who.person.user;
  WRIT_CHECK(c_->check_clock());
  if (who.person.sign.public_key() != who.cert.verify)
    return fail(Exit::integrity, fmt::format("the key of {} is not the one that the roots certified", user));
  WRIT_CHECK(c_->admits(who));
  if (is_repeated(c, step, user)) return c;
  const auto past = history_of(c);
  WRIT_TRY(rule,
           process::judge(process::life_cycle(c.cycle), c.state, step.act, {user, who.cert.roles}, past));
  WRIT_CHECK(check_roles(*c_, *rule, who.cert, c_->now()));
  if (step.guard) WRIT_CHECK(step.guard(c));
  if (!step.effect) WRIT_CHECK(check_facts(*rule, step.body));
  const std::string action = fmt::format("{}.{}", process::to_string(c.cycle), step.act);
  const std::uint64_t seq = c.acts.size() + 1;
  WRIT_CHECK(c_->note(
      user, action, c.matter,
      Json{{"seq", seq}, {"body_sha256", crypto::hex(crypto::sha256(view_of(canonical(step.body))))}}));
  if (step.effect) {
    WRIT_TRY(more, step.effect(c));
    step.body.update(more);
    WRIT_CHECK(check_facts(*rule, step.body));
  }
  CaseAct a{seq, step.act, user, c_->now(), std::move(step.body), {}, who.cert.roles};
  if (!c.acts.empty() && a.at < c.acts.back().at) a.at = c.acts.back().at;
  // Times are stored to the microsecond: what is signed is what is read again.
  a.at = std::chrono::floor<std::chrono::microseconds>(a.at);
  const std::string text = canonical(act_json(*c_, c, a));
  a.id = crypto::sha256(view_of(text));
  WRIT_CHECK(
      c_->note(user, action + ".done", c.matter, Json{{"seq", seq}, {"act_sha256", crypto::hex(a.id)}}));
  // What was noted as done and could not be stored is noted as that.
  if (Status stored = insert(c, text, who.person.sign.sign(act_domain, view_of(text)), key); !stored)
    return c_->refuse(user, action, c.matter, std::move(stored).error());
  c.state = std::string(process::state_after(*rule, c.state));
  c.acts.push_back(std::move(a));
  return c;
}

Status CaseBook::insert(const Case& c, const std::string& text, const crypto::Signature& by,
                        const std::optional<crypto::Digest>& key) {
  WRIT_TRY(tx, store::Transaction::begin(c_->db()));
  if (key) {
    WRIT_TRY(put, c_->db().prepare(
                      "INSERT INTO cases(matter, cycle, filing) VALUES(?,?,?) ON CONFLICT DO NOTHING"));
    WRIT_CHECK(put.bind(1, c.matter).bind(2, process::to_string(c.cycle)).bind(3, crypto::hex(*key)).run());
    if (c_->db().changes() != 1)
      return fail(Exit::failure, fmt::format("somebody was faster: {} is taken", c.matter), {}, {},
                  "repeat the command");
  }
  WRIT_TRY(put,
           c_->db().prepare(
               "INSERT INTO case_acts(matter, seq, body, signature) VALUES(?,?,?,?) ON CONFLICT DO NOTHING"));
  WRIT_CHECK(put.bind(1, c.matter)
                 .bind(2, static_cast<std::int64_t>(c.acts.size()) + 1)
                 .bind(3, text)
                 .bind(4, crypto::hex(by))
                 .run());
  if (c_->db().changes() != 1)
    return fail(Exit::failure, fmt::format("somebody was faster: {} is no longer {}", c.matter, c.state), {},
                {}, "look at the case, and repeat the step if it still applies");
  return tx.commit();
}

}  // namespace writ::desk
