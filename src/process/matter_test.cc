// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/matter.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace writ::process {
namespace {

using authority::Role;

// The lawful steps, written by hand from requirements section 5 and knowing nothing of the table in
// matter.cc: "from step to roles others". `others`: steps whose person must be somebody else.
struct Lawful {
  const char *from, *step, *to, *roles, *others;
};
const Lawful lawful[] = {
    {"received", "file", "validated", "intake officer technician", ""},
    {"returned", "file", "validated", "intake officer technician", ""},
    {"validated", "authorise-legal", "legally-authorised", "counsel", "file extend authorise-carrier arm"},
    {"legally-authorised", "authorise-carrier", "carrier-authorised", "officer",
     "file extend authorise-legal arm"},
    {"carrier-authorised", "arm", "armed", "technician", "authorise-legal authorise-carrier"},
    {"armed", "extend", "validated", "intake officer technician", ""},
    {"validated", "stop", "ended", "counsel officer technician", ""},
    {"validated", "revoke", "ended", "counsel officer technician", ""},
    {"legally-authorised", "stop", "ended", "counsel officer technician", ""},
    {"legally-authorised", "revoke", "ended", "counsel officer technician", ""},
    {"carrier-authorised", "stop", "ended", "counsel officer technician", ""},
    {"carrier-authorised", "revoke", "ended", "counsel officer technician", ""},
    {"armed", "stop", "ended", "counsel officer technician", ""},
    {"armed", "revoke", "ended", "counsel officer technician", ""},
    {"ended", "stop", "ended", "counsel officer technician", ""},
    {"ended", "revoke", "ended", "counsel officer technician", ""},
    {"certified", "stop", "certified", "counsel officer technician", ""},
    {"certified", "revoke", "certified", "counsel officer technician", ""},
    {"armed", "certify", "armed", "officer", ""},
    {"ended", "certify", "certified", "officer", ""},
    {"armed", "produce", "armed", "custodian", ""},
    {"ended", "produce", "ended", "custodian", ""},
    {"certified", "produce", "certified", "custodian", ""},
    {"armed", "invoice", "armed", "finance", ""},
    {"ended", "invoice", "ended", "finance", ""},
    {"certified", "invoice", "certified", "finance", ""},
    {"certified", "close", "closed", "counsel officer", ""},
};

std::set<std::string> words(const std::string& s) {
  std::set<std::string> out;
  std::istringstream in(s);
  for (std::string w; in >> w;) out.insert(w);
  return out;
}

std::vector<State> states() {
  std::vector<State> out;
  for (int i = 0; i <= static_cast<int>(State::closed); ++i) out.push_back(static_cast<State>(i));
  return out;
}
std::vector<Step> steps() {
  std::vector<Step> out;
  for (int i = 0; i <= static_cast<int>(Step::close); ++i) out.push_back(static_cast<Step>(i));
  return out;
}
std::vector<Role> roles() {
  std::vector<Role> out;
  for (int i = 0; i <= static_cast<int>(Role::probe); ++i) out.push_back(static_cast<Role>(i));
  return out;
}

// Pairs that one person may hold, by hand from design.md "Trust and staffing".
bool may_hold_both(const std::string& a, const std::string& b) {
  const auto alone = words("auditor admin desk probe"), approving = words("counsel officer technician");
  if (a == b) return true;
  if (alone.contains(a) || alone.contains(b)) return false;
  if (approving.contains(a) && approving.contains(b)) return false;
  return !(words(a + " " + b) == words("intake counsel"));
}

const Lawful* find(State from, Step step) {
  for (const Lawful& l : lawful)
    if (std::string(l.from) == to_string(from) && std::string(l.step) == to_string(step)) return &l;
  return nullptr;
}

const std::map<Step, std::string> everybody = {
    {Step::file, "enterer"},
    {Step::extend, "extender"},
    {Step::authorise_legal, "counsel"},
    {Step::authorise_carrier, "officer"},
    {Step::arm, "technician"},
    {Step::certify, "certifier"},
};

// Every state x step x set of one or two roles x person (new, or any who acted before).
TEST(Matter, TheWholeTableAgreesWithTheHandWrittenList) {
  std::size_t allowed = 0, refused = 0;
  for (const State from : states())
    for (const Step step : steps())
      for (const Role a : roles())
        for (const Role b : roles()) {
          if (b < a) continue;
          std::vector<Role> held{a};
          if (b != a) held.push_back(b);
          for (const char* user : {"nobody-yet", "enterer", "extender", "counsel", "officer", "technician",
                                   "certifier", "Counsel", ""}) {
            const Lawful* l = find(from, step);
            bool ok = l != nullptr && *user != '\0' && may_hold_both(to_string(a), to_string(b));
            ok = ok && (words(l->roles).contains(to_string(a)) || words(l->roles).contains(to_string(b)));
            for (const auto& [done, who] : everybody)  // "Counsel" is counsel: names differ by case only
              if (ok && (who == user || (who == "counsel" && std::string(user) == "Counsel")))
                ok = !words(l->others).contains(to_string(done));
            const auto got = advance(from, step, {user, held}, everybody);
            ASSERT_EQ(got.has_value(), ok) << to_string(from) << " " << to_string(step) << " " << to_string(a)
                                           << "+" << to_string(b) << " " << user;
            if (got) {
              EXPECT_STREQ(to_string(*got), l->to);
            } else {
              EXPECT_EQ(got.error().exit, Exit::refused);
              EXPECT_FALSE(got.error().what.empty() || got.error().rule.empty() || got.error().next.empty())
                  << to_text(got.error());
            }
            ++(got ? allowed : refused);
          }
        }
  EXPECT_GT(allowed, 1000u);
  EXPECT_GT(refused, 10000u);
}

TEST(Matter, ThreePeopleAndNoFewerArm) {
  std::map<Step, std::string> done;
  State s = State::received;
  const auto go = [&](Step step, const char* user, Role role) {
    const auto r = advance(s, step, {user, {role}}, done);
    if (r) s = *r, done[step] = user;
    return r.has_value();
  };
  EXPECT_TRUE(go(Step::file, "t", Role::technician));
  EXPECT_FALSE(go(Step::authorise_legal, "t", Role::counsel)) << "nobody approves their own work";
  EXPECT_TRUE(go(Step::authorise_legal, "c", Role::counsel));
  EXPECT_FALSE(go(Step::arm, "t", Role::technician)) << "no carrier authorization";
  EXPECT_FALSE(go(Step::authorise_carrier, "c", Role::officer));
  EXPECT_FALSE(go(Step::authorise_carrier, "t", Role::officer));
  EXPECT_TRUE(go(Step::authorise_carrier, "o", Role::officer));
  EXPECT_FALSE(go(Step::arm, "c", Role::technician));
  EXPECT_FALSE(go(Step::arm, "o", Role::technician));
  EXPECT_TRUE(go(Step::arm, "t", Role::technician));
  EXPECT_EQ(s, State::armed);
  EXPECT_TRUE(go(Step::extend, "t", Role::technician));
  EXPECT_FALSE(go(Step::arm, "t", Role::technician)) << "an extension needs the three acts again";
  EXPECT_TRUE(go(Step::authorise_legal, "c", Role::counsel));
  EXPECT_TRUE(go(Step::authorise_carrier, "o", Role::officer));
  EXPECT_TRUE(go(Step::arm, "t", Role::technician));
  EXPECT_TRUE(go(Step::stop, "c", Role::counsel));
  EXPECT_EQ(s, State::ended);
}

// A database row that says more than has happened moves nothing.
TEST(Matter, AnEditedStateIsRefused) {
  const std::map<Step, std::string> filed = {{Step::file, "i"}};
  EXPECT_FALSE(advance(State::validated, Step::authorise_legal, {"c", {Role::counsel}}, {}));
  EXPECT_FALSE(advance(State::legally_authorised, Step::authorise_carrier, {"o", {Role::officer}}, filed));
  EXPECT_FALSE(advance(State::carrier_authorised, Step::arm, {"t", {Role::technician}}, filed));
  EXPECT_FALSE(advance(State::carrier_authorised, Step::arm, {"t", {Role::technician}},
                       {{Step::file, "i"}, {Step::authorise_legal, "c"}}));
  EXPECT_FALSE(advance(State::carrier_authorised, Step::arm, {"t", {Role::technician}},
                       {{Step::file, "i"}, {Step::authorise_legal, "c"}, {Step::authorise_carrier, ""}}));
  EXPECT_FALSE(advance(State::armed, Step::produce, {"k", {Role::custodian}}, filed));
  EXPECT_TRUE(advance(State::armed, Step::stop, {"t", {Role::technician}}, {})) << "stop needs nothing";
}

TEST(Matter, StatesRoundTripAndExpiryWins) {
  for (const State s : states()) EXPECT_EQ(*parse_state(to_string(s)), s);
  EXPECT_FALSE(parse_state("active"));
  EXPECT_EQ(after_expiry(State::armed), State::ended);
  EXPECT_EQ(after_expiry(State::carrier_authorised), State::ended);
  EXPECT_EQ(after_expiry(State::closed), State::closed);
  EXPECT_EQ(after_expiry(State::rejected), State::rejected);
}

}  // namespace
}  // namespace writ::process
