// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/own_copies.hh"

#include <gtest/gtest.h>

#include "desk/retention_service.hh"
#include "desk/test_staff.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using std::chrono::days;

const std::string wiretap_order = "M-2026-0001";

// An interception that ran, was certified, and is closed; `held`: under a hold of litigation.
std::unique_ptr<Desk> closed_interception(bool held = false) {
  auto d = at(Stage::armed);
  if (held) {
    desk::Hold h;
    h.matter = wiretap_order;
    h.reason = "litigation";
    h.subject = {"number", "+14045550102", ""};
    h.from = d->clock.now() - days{200};
    h.until = d->clock.now();
    const auto placed = desk::RetentionService{d->carrier()}.place_hold(h, who("counsel-1"));
    EXPECT_TRUE(placed) << to_text(placed.error());
  }
  EXPECT_TRUE(d->intercepts().stop(wiretap_order, "obtained", d->out(), who("officer-1")));
  EXPECT_TRUE(d->intercepts().certify(wiretap_order, who("officer-1")));
  EXPECT_TRUE(d->intercepts().close(wiretap_order, who("officer-1")));
  EXPECT_TRUE(make_dirs(d->data() / "evidence" / wiretap_order));
  EXPECT_TRUE(write_file(d->data() / "evidence" / wiretap_order / "segment-1", "sealed"));
  return d;
}

Acknowledgement receipt(Desk& d) { return {"Case Officer", d.clock.now()}; }

std::size_t keys_of(Desk& d) {
  std::size_t n = 0;
  for (const auto& e : fs::directory_iterator(d.data() / "vault"))
    n += e.path().filename().string().starts_with(wiretap_order);
  return n;
}

TEST(OwnCopies, StayUntilThePeriodAfterTheAcknowledgementIsOver) {
  const auto d = closed_interception();
  OwnCopies copies{d->carrier()};
  const Acknowledgement r = receipt(*d);
  EXPECT_FALSE(copies.propose(wiretap_order, {}, acting(*d, "officer-1")));  // nobody acknowledged
  EXPECT_FALSE(copies.propose(wiretap_order, r, acting(*d, "officer-1")));   // today
  EXPECT_FALSE(copies.propose(wiretap_order, Acknowledgement{"x", r.at + 1h}, acting(*d, "officer-1")));
  d->clock.advance(days{90} - 1s);
  EXPECT_FALSE(copies.propose(wiretap_order, r, acting(*d, "officer-1")));
  d->clock.advance(1s);
  const auto p = copies.propose(wiretap_order, r, acting(*d, "officer-1"));
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_EQ(p->matter, "D-2027-0001");
}

TEST(OwnCopies, TwoPeopleDestroyFilesAndKeysAndTheLogStays) {
  const auto d = closed_interception();
  OwnCopies copies{d->carrier()};
  const Acknowledgement r = receipt(*d);
  d->clock.advance(days{91});
  const std::string number = copies.propose(wiretap_order, r, acting(*d, "officer-1"))->matter;
  EXPECT_EQ(copies.propose(wiretap_order, r, acting(*d, "officer-1"))->matter, number);
  const fs::path pdf = d->dir.path() / "record.pdf";
  EXPECT_FALSE(copies.destroy(number, pdf, acting(*d, "officer-1")));  // own proposal
  EXPECT_TRUE(fs::exists(d->data() / "evidence" / wiretap_order / "segment-1"));
  EXPECT_GT(keys_of(*d), 0u);
  const auto gone = copies.destroy(number, pdf, acting(*d, "counsel-1"));
  ASSERT_TRUE(gone) << to_text(gone.error());
  EXPECT_FALSE(fs::exists(d->data() / "evidence" / wiretap_order));
  EXPECT_EQ(keys_of(*d), 0u);
  EXPECT_TRUE(fs::is_empty(d->data() / "documents"));
  EXPECT_TRUE(fs::exists(pdf));
  EXPECT_TRUE(copies.destroy(number, pdf, acting(*d, "counsel-1")));  // again: the record once more
  EXPECT_EQ(d->count("own-copies.destroy.done"), 1u);
  EXPECT_TRUE(desk::stored_certification(d->carrier(), wiretap_order));
  EXPECT_EQ(copies.due().value()["matters"], Json::array());
}

TEST(OwnCopies, AHoldOrANewFileKeepsThem) {
  const auto d = closed_interception(true);
  OwnCopies copies{d->carrier()};
  const Acknowledgement r = receipt(*d);
  d->clock.advance(days{91});
  const auto held = copies.propose(wiretap_order, r, acting(*d, "officer-1"));
  ASSERT_FALSE(held);
  EXPECT_NE(held.error().what.find("hold 1 stands"), std::string::npos);
  ASSERT_TRUE(desk::RetentionService{d->carrier()}.lift_hold(1, "settled", who("counsel-1")));
  const std::string number = copies.propose(wiretap_order, r, acting(*d, "officer-1"))->matter;
  const fs::path pdf = d->dir.path() / "record.pdf";
  ASSERT_TRUE(write_file(d->data() / "evidence" / wiretap_order / "segment-2", "late"));
  EXPECT_EQ(copies.destroy(number, pdf, acting(*d, "counsel-1")).error().exit, Exit::refused);
  EXPECT_TRUE(fs::exists(d->data() / "evidence" / wiretap_order / "segment-1"));
}

TEST(OwnCopies, ARunThatWasKilledGoesOn) {
  const auto d = closed_interception();
  OwnCopies copies{d->carrier()};
  const Acknowledgement r = receipt(*d);
  d->clock.advance(days{91});
  const std::string number = copies.propose(wiretap_order, r, acting(*d, "officer-1"))->matter;
  fs::remove(d->data() / "evidence" / wiretap_order / "segment-1");  // as far as the killed run came
  const auto gone = copies.destroy(number, d->dir.path() / "record.pdf", acting(*d, "counsel-1"));
  ASSERT_TRUE(gone) << to_text(gone.error());
  EXPECT_EQ(gone->newest("destroy")->body["copies"], gone->acts.front().body["copies"]);
}

}  // namespace
}  // namespace writ::cases
