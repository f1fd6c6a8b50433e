// SPDX-License-Identifier: GPL-3.0-or-later
// Every role, every state, every act, and the ways around them: of all combinations exactly those that
// lawful.tsv names succeed; every other one is refused, changes nothing, and is one entry in the audit log.
#include <gmock/gmock.h>

#include "cases/test_lawful.hh"
#include "desk/test_memory.hh"

namespace writ::cases::testing {
namespace {

using namespace desk::testing;
using desk::Acting;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;
using process::Cycle;

const char* const roles[] = {"intake",  "counsel", "officer", "technician",
                             "finance", "auditor", "admin",   "custodian"};
const char* const defects[] = {"forged-key", "expired",       "not-yet",
                               "one-root",   "other-carrier", "swapped-cert"};

Role role_of(const std::string& name) { return authority::parse_role(name).value(); }

// People with two of each role, and the means of those who have no right.
class World {
 public:
  World() : d_(staffed()), lawful_(read_lawful()) {
    for (const char* r : {"finance-2", "auditor-2"}) add_person(*d_, r, {role_of(role_of_user(r))});
    roots_ = std::make_unique<desk::RootPair>(
        std::move(*desk::unlock_roots(d_->data(), d_->carrier().roots(), both_roots())));
    next_entries_ = size();
  }
  Desk& desk() { return *d_; }
  CaseBook book() { return CaseBook{d_->carrier()}; }
  const std::vector<Lawful>& lawful() const { return lawful_; }
  std::uint64_t size() { return d_->carrier().log().head()->size; }

  Json body(const Lawful* l) {
    Json b{{"attempt", ++attempts_}};  // no two are the same command
    if (l != nullptr)
      for (const std::string& fact : l->facts) b[fact] = "stated";
    return b;
  }
  Result<Case> take(const std::string& cycle, const std::string& matter, CaseStep step, const Acting& who) {
    if (!matter.empty()) return book().act(matter, std::move(step), who);
    const auto key = crypto::sha256(view_of(fmt::format("key {}", ++attempts_)));
    return book().open(process::parse_cycle(cycle).value(), key, std::move(step), who);
  }
  Result<Case> by_clock(const std::string& cycle, const std::string& matter, CaseStep step) {
    const auto& c = d_->carrier();
    return take(cycle, matter, std::move(step),
                Acting{{c.desk_cert().user, crypto::SigningKey{c.desk_key().seed()}, {}}, c.desk_cert()});
  }
  // A new case in that state; its number and what was done.
  std::pair<std::string, History> reach(const std::string& cycle, const std::vector<Step>& way) {
    std::string matter;
    History h;
    for (const Step& s : way) {
      CaseStep step{s.lawful->act, body(s.lawful)};
      const auto done =
          s.user == "clock" ? by_clock(cycle, matter, step) : take(cycle, matter, step, acting(*d_, s.user));
      EXPECT_TRUE(done) << cycle << " " << s.lawful->act << " by " << s.user << "\n" << to_text(done.error());
      if (!done) return {};
      matter = done->matter;
      h.push_back({s.lawful->act, s.user});
    }
    return {matter, h};
  }
  // Somebody of that role who has no right to it, for the reason that `defect` names.
  Acting without_right(const std::string& role, const std::string& defect) {
    const Acting real = acting(*d_, role + "-1");
    crypto::SigningKey own;
    if (defect == "forged-key") return {{real.person.user, std::move(own), {}}, real.cert};
    if (defect == "swapped-cert")  // the key of one person under the certificate of another
      return {{role + "-2", crypto::SigningKey{real.person.sign.seed()}, {}},
              d_->carrier().cert_of(role + "-2").value()};
    authority::RoleCert cert = real.cert;
    cert.verify = own.public_key();
    if (defect == "expired") cert.not_after = d_->clock.now() - 1h;
    if (defect == "expired") cert.not_before = d_->clock.now() - 48h;
    if (defect == "not-yet") cert.not_before = d_->clock.now() + 1h;
    if (defect == "other-carrier") cert.carrier = "Another Carrier";
    const auto& b = defect == "one-root" ? roots_->a.sign : roots_->b.sign;
    const std::string text = canonical(authority::body_json(cert));
    cert.by_a = roots_->a.sign.sign("writ.role-cert/1", view_of(text));
    cert.by_b = b.sign("writ.role-cert/1", view_of(text));
    return {{real.person.user, std::move(own), {}}, cert};
  }
  void expect_refused(const Result<Case>& r, const std::string& about) {
    ++refused_;
    const std::uint64_t now = size();
    EXPECT_FALSE(r) << about << " succeeded";
    EXPECT_EQ(now, next_entries_ + 1) << about << ": one entry for each refusal";
    const Exit exit = r ? Exit::ok : r.error().exit;
    EXPECT_THAT(exit, ::testing::AnyOf(Exit::refused, Exit::integrity, Exit::expired)) << about;
    next_entries_ = now;
  }
  void settle() { next_entries_ = size(); }
  std::uint64_t refused() const { return refused_; }

 private:
  InMemory memory_;  // before the desk that it moves: more than ten thousand entries of the log, each synced
  std::unique_ptr<Desk> d_;
  std::vector<Lawful> lawful_;
  std::unique_ptr<desk::RootPair> roots_;
  std::uint64_t next_entries_ = 0, refused_ = 0, attempts_ = 0;
};

struct Place {  // a case of a cycle in a state, and how it came there
  std::string cycle, state, matter;
  History history;
  const std::vector<Step>* way;
};

bool is_lawful(const Lawful& l, const Place& p, const std::string& role, const std::string& user) {
  return has(l.from, p.state) && has(l.roles, role) && predecessors_done(l, p.history) &&
         !is_own_work(l, p.history, user) && is_one_each(l, p.history, user);
}

std::string about(const Place& p, const std::string& act, const std::string& who) {
  return fmt::format("{} while '{}': {} by {}", p.cycle, p.state, act, who);
}

// What is not lawful, on the case itself, which stays as it is.
void try_unlawful(World& w, const Place& p, const Lawful& l) {
  for (const std::string role : roles)
    for (const char* n : {"-1", "-2"}) {
      const std::string user = role + n;
      if (n[1] == '2' && !has(l.roles, role)) continue;  // the same as the first of that role
      if (!is_lawful(l, p, role, user))
        w.expect_refused(w.take(p.cycle, p.matter, {l.act, w.body(&l)}, acting(w.desk(), user)),
                         about(p, l.act, user));
    }
  if (!has(l.roles, "clock") || !is_lawful(l, p, "clock", "clock"))
    w.expect_refused(w.by_clock(p.cycle, p.matter, {l.act, w.body(&l)}), about(p, l.act, "the desk's key"));
  const std::string role = has(l.roles, "clock") ? "officer" : l.roles.front();
  // Out of the state each act is tried with one of the defects in turn, in it with all of them.
  const bool all = has(l.from, p.state);
  for (std::size_t i = 0; i < (all ? std::size(defects) : 1); ++i) {
    const std::string defect = defects[all ? i : w.refused() % std::size(defects)];
    w.expect_refused(w.take(p.cycle, p.matter, {l.act, w.body(&l)}, w.without_right(role, defect)),
                     about(p, l.act, role + " with " + defect));
  }
  if (!all) return;
  for (const std::string& fact : l.facts)  // by whoever may otherwise
    for (const std::string& able : l.roles) {
      const bool by_clock = able == "clock";
      if (!is_lawful(l, p, able, by_clock ? able : able + "-1")) continue;
      for (const Json& nothing : {Json(), Json(""), Json::array()}) {
        Json b = w.body(&l);
        b[fact] = nothing;
        w.expect_refused(by_clock ? w.by_clock(p.cycle, p.matter, {l.act, b})
                                  : w.take(p.cycle, p.matter, {l.act, b}, acting(w.desk(), able + "-1")),
                         about(p, l.act, able + " without " + fact));
      }
    }
}

// What is lawful succeeds, each on a case of its own.
std::size_t try_lawful(World& w, const Place& p, const Lawful& l) {
  std::size_t done = 0;
  if (!has(l.from, p.state)) return done;
  for (const std::string& role : l.roles) {
    const std::string user = role == "clock" ? "clock" : role + "-2";
    const auto [matter, history] = w.reach(p.cycle, *p.way);
    if (!is_lawful(l, {p.cycle, p.state, matter, history, p.way}, role, user)) continue;
    const CaseStep step{l.act, w.body(&l)};
    const auto r = role == "clock" ? w.by_clock(p.cycle, matter, step)
                                   : w.take(p.cycle, matter, step, acting(w.desk(), user));
    EXPECT_TRUE(r) << about(p, l.act, user) << "\n" << (r ? "" : to_text(r.error()));
    if (!r) continue;
    EXPECT_EQ(r->state, l.to == "=" ? p.state : l.to) << about(p, l.act, user);
    ++done;
  }
  w.settle();
  return done;
}

TEST(Unauthorised, ExactlyTheLawfulCombinationsSucceed) {
  World w;
  std::size_t lawful = 0;
  for (const Cycle cycle : process::all_cycles()) {
    const std::string name = process::to_string(cycle);
    const auto all = ways(w.lawful(), name);
    EXPECT_EQ(all.size(), process::life_cycle(cycle).states.size() + 1)
        << name << ": states that are reached";
    EXPECT_EQ(static_cast<std::size_t>(std::count_if(w.lawful().begin(), w.lawful().end(),
                                                     [&](const Lawful& l) { return l.cycle == name; })),
              process::life_cycle(cycle).acts.size())
        << name << ": acts";
    for (const auto& [state, way] : all) {
      const auto [matter, history] = w.reach(name, way);
      const Place p{name, state, matter, history, &way};
      w.settle();
      for (const Lawful& l : w.lawful())
        if (l.cycle == name) try_unlawful(w, p, l);
      if (!matter.empty()) {
        const auto after = w.book().read(matter);
        ASSERT_TRUE(after) << to_text(after.error());
        EXPECT_EQ(after->state, state);
        EXPECT_EQ(after->acts.size(), history.size()) << name << " " << state << ": a refused act was stored";
      }
      for (const Lawful& l : w.lawful())
        if (l.cycle == name) lawful += try_lawful(w, p, l);
    }
  }
  EXPECT_GE(w.refused(), 10'000u);
  EXPECT_GE(lawful, 300u);
  EXPECT_EQ(w.desk().count("refused"), w.refused()) << "what the auditor reads";
  RecordProperty("refused", static_cast<int>(w.refused()));
  RecordProperty("lawful", static_cast<int>(lawful));
  std::cout << w.refused() << " unlawful combinations refused, " << lawful << " lawful ones taken\n";
}

}  // namespace
}  // namespace writ::cases::testing
