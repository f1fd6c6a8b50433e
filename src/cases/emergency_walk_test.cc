// SPDX-License-Identifier: GPL-3.0-or-later
// Random walks over acts, people and clock: whatever is done in whatever order, what comes out lies in the
// matrix, was asked for and was needed; and no movement of the clock keeps a scope open.
#include <gmock/gmock.h>

#include <random>

#include "cases/test_emergency.hh"
#include "cases/test_lawful.hh"
#include "desk/record_service.hh"

namespace writ::cases::testing {
namespace {

using desk::Case;
using namespace std::chrono_literals;

// The column "emergency" of the disclosure matrix, read off the requirements (section 3).
const std::set<std::string> released_freely{"subscriber-name",   "subscriber-address", "subscriber-service",
                                            "subscriber-number", "tenant-name",        "tenant-service",
                                            "tenant-number"};
const std::set<std::string> silent{"subscriber-calls", "tenant-address", "tenant-payment", "tenant-calls"};
const std::string if_expressly_needed = "subscriber-payment";
const std::vector<std::string> all_items{
    "subscriber-name",    "subscriber-address", "subscriber-service", "subscriber-number",
    "subscriber-payment", "subscriber-ssn",     "subscriber-calls",   "tenant-name",
    "tenant-address",     "tenant-service",     "tenant-number",      "tenant-payment",
    "tenant-ssn",         "tenant-calls",       "other-non-content",  "stored-content"};

// Which item each field of an answer is.
const std::map<std::string, std::string> field_items{
    {"names", "subscriber-name"},      {"addresses", "subscriber-address"}, {"service", "subscriber-service"},
    {"account", "subscriber-number"},  {"numbers", "subscriber-number"},    {"blocks", "subscriber-number"},
    {"payments", "subscriber-payment"}};
const std::map<std::string, std::string> tenant_items{
    {"name", "tenant-name"}, {"service", "tenant-service"}, {"reservation", "tenant-number"}};

const std::vector<std::string> people{"intake-1",  "intake-2",     "counsel-1", "counsel-2", "officer-1",
                                      "officer-2", "technician-1", "auditor-1", "finance-1"};

class Walk {
 public:
  Walk(Town& town, unsigned seed) : t(town), random(seed) {}

  void run(int steps) {
    open();
    for (int i = 0; i < steps; ++i) {
      step();
      check_scope();
    }
    check_release();
  }
  bool has_released() const { return released_; }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  std::string someone() { return people[below(people.size())]; }
  std::vector<std::string> some(const std::vector<std::string>& of, int percent) {
    std::vector<std::string> out;
    for (const std::string& i : of)
      if (chance(percent)) out.push_back(i);
    return out;
  }
  // Mostly what counsel may say; sometimes of an item that is none of theirs.
  std::map<std::string, std::string> silent_words() {
    std::map<std::string, std::string> out;
    for (const std::string& i : some(letter_.items, 60))
      if (silent.contains(i) || chance(2)) out[i] = "the danger";
    return out;
  }
  void open() {
    auto letter = letter_from(2, fmt::format("W-{}", below(1'000'000'000)), t.d->clock.now());
    letter.requester.badge = letter.instrument;  // one requester each: velocity is another test
    letter.requester.name = "Sergeant " + letter.instrument;
    letter.requester.agency = agency_name(static_cast<int>(agency_ = below(agencies)));
    letter.requester.email = "";
    letter.items = some(all_items, 60);
    letter.items.push_back("subscriber-name");
    letter.expressly = some(letter.items, 30);
    if (chance(50)) letter.subjects = {{"extension", "214", "HH-1001", "", {}}};
    letter_ = letter;
    const auto filed = t.file(letter, letter.instrument);
    ASSERT_TRUE(filed) << to_text(filed.error());
    matter_ = filed->matter;
  }
  // What would go on from here: else hardly any walk comes far.
  std::size_t likely() {
    const std::string state = desk::read_case(t.carrier(), matter_).value().state;
    return state == "received" ? 0 : state == "called-back" ? 2 : state == "assessed" ? 4 : 7;
  }
  void step() {
    const std::string who = someone();
    auto s = t.service();
    switch (chance(40) ? likely() : below(11)) {
      case 0:
      case 1:
        static_cast<void>(t.call(matter_, t.entries[chance(80) ? agency_ : below(agencies)],
                                 chance(90) ? desk::Outcome::confirmed : desk::Outcome::not_reached, who));
        break;
      case 2:
      case 3: {
        Assessment a = assessment();
        a.items = some(letter_.items, 70);
        if (chance(10)) a.items.push_back(all_items[below(all_items.size())]);
        static_cast<void>(s.assess(matter_, a, t.as(who)));
        break;
      }
      case 4:
      case 5:
        static_cast<void>(s.approve(matter_, silent_words(), t.as(who)));
        break;
      case 6:
        static_cast<void>(s.try_approver(matter_, someone(), "telephone", t.as(who)));
        static_cast<void>(s.approve_alone(matter_, t.as(who)));
        break;
      case 7:
      case 8:
        static_cast<void>(t.release(matter_, chance(50) ? "fax" : "in-person", who));
        break;
      case 9:
        t.d->clock.advance(std::chrono::minutes{below(600)});
        break;
      default:
        t.d->clock.advance(-std::chrono::minutes{below(60)});
        if (chance(50)) t.d->clock.set(latest());
    }
    if (t.d->clock.now() > latest_) latest_ = t.d->clock.now();
  }
  Instant latest() const { return std::max(latest_, t.d->carrier().log().head()->at); }

  // A read that succeeds lies within 48 hours of the approval, and under a clock that was not set back.
  void check_scope() {
    const auto c = desk::read_case(t.carrier(), matter_).value();
    records::Ask ask;
    ask.number = "+14045550102";
    const Instant head = t.carrier().log().head()->at;
    const auto read = desk::RecordService{t.carrier()}.whois(matter_, ask, t.as("intake-1"));
    if (!read) return;
    const desk::CaseAct* approval = approval_of(c);
    ASSERT_NE(approval, nullptr) << matter_ << " was read without an approval";
    EXPECT_LT(t.d->clock.now(), approval->at + 48h) << matter_;
    EXPECT_GE(t.d->clock.now() + 1s, head) << matter_;
  }

  void check_item(const std::string& item, const Case& c) {
    const auto in = [&](const std::vector<std::string>& v) {
      return std::find(v.begin(), v.end(), item) != v.end();
    };
    EXPECT_TRUE(in(letter_.items)) << item << " was not asked for";
    EXPECT_TRUE(in(c.newest("assess")->body["items"].get<std::vector<std::string>>()))
        << item << ": not needed";
    if (item == if_expressly_needed) {
      EXPECT_TRUE(in(letter_.expressly)) << item;
    } else if (silent.contains(item)) {
      EXPECT_TRUE(approval_of(c)->user.starts_with("counsel"))
          << item << ": silent, and counsel did not approve";
    } else {
      EXPECT_TRUE(released_freely.contains(item)) << item << " is outside of the matrix";
    }
  }
  void check_release() {
    const auto c = desk::read_case(t.carrier(), matter_).value();
    const Json r = t.release_of(matter_);
    if (r.is_null()) return;
    released_ = true;
    std::set<std::string> items;
    for (const Json& i : r["items"]) items.insert(i.get<std::string>());
    for (const std::string& i : items) check_item(i, c);
    EXPECT_TRUE(r["calls"].empty() || items.contains("subscriber-calls") || items.contains("tenant-calls"));
    for (const Json& a : r["answers"])
      for (const Json& ask : a["asks"])
        for (const Json& party : ask["answer"]["parties"]) {
          for (const auto& [field, item] : field_items)
            EXPECT_TRUE(!party.contains(field) || items.contains(item)) << field << " in " << matter_;
          if (!party.contains("tenant")) continue;
          for (const auto& [field, item] : tenant_items)
            EXPECT_TRUE(!party["tenant"].contains(field) || items.contains(item))
                << field << " in " << matter_;
        }
    check_history(c);
  }
  // By the hand-written table, not by the one that the book uses.
  void check_history(const Case& c) {
    static const auto lawful = read_lawful();
    std::string state;
    History h;
    for (const desk::CaseAct& a : c.acts) {
      const auto l = std::find_if(lawful.begin(), lawful.end(), [&](const Lawful& one) {
        return one.cycle == "emergency" && one.act == a.act;
      });
      ASSERT_NE(l, lawful.end());
      EXPECT_TRUE(has(l->from, state)) << a.act << " while " << state;
      EXPECT_TRUE(has(l->roles, a.user.substr(0, a.user.find('-')))) << a.act << " by " << a.user;
      EXPECT_TRUE(predecessors_done(*l, h)) << a.act;
      EXPECT_FALSE(is_own_work(*l, h, a.user)) << a.act << " by " << a.user;
      if (l->to != "=") state = l->to;
      h.push_back({a.act, a.user});
    }
  }

  Town& t;
  std::mt19937 random;
  process::Demand letter_;
  std::string matter_;
  std::size_t agency_ = 0;
  Instant latest_{};
  bool released_ = false;
};

TEST(EmergencyWalk, NothingOutsideOfTheMatrixAndNoClockExtendsAnAuthority) {
  std::size_t released = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Town t;
    for (const std::string& p : people) acting(*t.d, p);  // a clock set back lets nobody unlock a key
    for (unsigned n = 0; n < 5; ++n) {
      Walk w{t, seed * 100 + n};
      w.run(40);
      released += w.has_released() ? 1 : 0;
      t.d->clock.set(std::max(t.d->clock.now(), t.carrier().log().head()->at) + 25h);
    }
  }
  EXPECT_GE(released, 10u) << "the walks hardly ever come to a release: they prove nothing";
}

}  // namespace
}  // namespace writ::cases::testing
