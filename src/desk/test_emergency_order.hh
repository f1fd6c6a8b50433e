// SPDX-License-Identifier: GPL-3.0-or-later
// An emergency interception (18 USC 2518(7), 3125) in the tests' carrier, taken as far as the armed grant.
#pragma once
#include "desk/emergency_application.hh"
#include "desk/test_staff.hh"

namespace writ::desk::testing {

inline OrderText emergency_order(const std::string& kind) {
  OrderText o;
  o.kind = kind;
  o.instrument = "EX-EM-0001";
  return o;
}

inline std::string emergency_text(const OrderText& o) {
  std::string text = o.text();
  text.insert(text.find("instrument ="),
              "emergency = true\ndesignated_official = \"Attorney General of Example State\"\n");
  const std::string until = rfc3339_seconds(o.start + o.days);
  text.replace(text.find(until), until.size(), rfc3339_seconds(o.start + 43h));
  return text;
}

inline void arm_emergency(Desk& d, const std::string& kind) {
  const std::string text = emergency_text(emergency_order(kind));
  const auto filed = d.requests().file(view_of(text), "order.toml", source_dir / "sandbox" / "order.pdf",
                                       acting(d, "intake-1"));
  ASSERT_TRUE(filed) << to_text(filed.error());
  ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
  OrderCheck check{d.carrier()};
  ASSERT_TRUE(
      check.verify(matter, {sheriff, "watch commander", Outcome::confirmed, false}, acting(d, "intake-1")));
  AgencyDirectory directory{d.carrier()};
  const auto unit =
      directory.add(contact_of(ContactKind::agency, "Example County Sheriff", "Legal unit", "+14045550184"),
                    acting(d, "intake-1"));
  ASSERT_TRUE(directory.confirm(unit->id, "main line", acting(d, "counsel-2")));
  ASSERT_TRUE(check.tell(matter, unit->id, "captain", acting(d, "intake-1")));
  const auto approved = d.requests().approve(matter, "", who("counsel-1"));
  ASSERT_TRUE(approved) << to_text(approved.error());
  ASSERT_TRUE(d.intercepts().authorise(matter, who("officer-1")));
  const auto armed = d.intercepts().arm(matter, d.out(), who("technician-1"));
  ASSERT_TRUE(armed) << to_text(armed.error());
}

// A carrier of its own; "wiretap" or "pen-trap" is armed in it.
inline std::unique_ptr<Desk> emergency_armed(const std::string& kind) {
  static std::map<std::string, std::unique_ptr<Desk>> made;
  auto& original = made[kind];
  if (!original) {
    original = staffed();
    arm_emergency(*original, kind);
    original->close();
  }
  auto d = std::make_unique<Desk>(original->clock.now());
  d->reader = original->reader;
  fs::copy(original->dir.path(), d->dir.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  d->sql(fmt::format("UPDATE grant_outlet SET dir='{}'", d->out().string()));
  d->clock.advance(1s);
  return d;
}

// The court's order after it, as number 2 of the matter; `confirmed`: with the clerk.
inline void court_orders(Desk& d, const std::string& kind, Instant start, bool confirmed = true) {
  OrderText o;
  o.kind = kind;
  o.instrument = "EX-WT-0200";
  o.extends = matter;
  o.start = start;
  const auto filed = confirmed ? d.file(o) : d.file_only(o);
  ASSERT_TRUE(filed) << to_text(filed.error());
  ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
  ASSERT_EQ(filed->number, 2);
}

inline Application application_made(Instant at) {
  return {"Superior Court of Example County", at, "the agency's legal unit, by telephone", {}};
}

}  // namespace writ::desk::testing
