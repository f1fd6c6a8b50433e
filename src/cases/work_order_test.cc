// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/work_order.hh"

#include <gtest/gtest.h>

#include "desk/test_field.hh"
#include "desk/test_staff.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;

const FieldSite closet{"M-2026-0001", "Harbor property, closet 2", "sw-2", "24"};

Case done(Desk& d, const std::string& number, CaseStep step, const std::string& user) {
  d.clock.advance(1min);
  auto c = CaseBook{d.carrier()}.act(number, std::move(step), acting(d, user));
  EXPECT_TRUE(c) << to_text(c.error());
  return c ? std::move(*c) : Case{};
}

Exit refused(Desk& d, const std::string& number, CaseStep step, const std::string& user) {
  const auto c = CaseBook{d.carrier()}.act(number, std::move(step), acting(d, user));
  EXPECT_FALSE(c);
  return c ? Exit::ok : c.error().exit;
}

Brought brought(Desk& d) { return {d.out(), "USB 7", "technician-1", "technician-1"}; }

void bring(Desk& d, const WorkOrders& work, const std::string& w) {
  auto step = work.bring_grants(w, brought(d));
  ASSERT_TRUE(step) << to_text(step.error());
  done(d, w, std::move(*step), "technician-1");
}

TEST(WorkOrder, IsOpenedOnlyForAnInterceptionThatLawAndCarrierAuthorised) {
  for (const Stage s : {Stage::people, Stage::filed, Stage::approved}) {
    const auto d = at(s);
    const auto opened = WorkOrders{d->carrier()}.open(closet, acting(*d, "officer-1"));
    ASSERT_FALSE(opened) << static_cast<int>(s);
    EXPECT_EQ(opened.error().exit, Exit::refused);
  }
  const auto d = at(Stage::authorised);
  const auto opened = WorkOrders{d->carrier()}.open(closet, acting(*d, "officer-1"));
  ASSERT_TRUE(opened) << to_text(opened.error());
  EXPECT_EQ(opened->matter, "W-2026-0001");
  EXPECT_EQ(WorkOrders{d->carrier()}.open(closet, acting(*d, "officer-1"))->matter, "W-2026-0001");
}

TEST(WorkOrder, TakesAwayWhatWasBroughtAndKeepsTheMatterOpenUntilThen) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  EXPECT_EQ(refused(*d, w, work.install("SN-1"), "officer-1"), Exit::refused);
  done(*d, w, work.install("SN-1"), "technician-1");
  done(*d, w, work.visit("rack locked"), "technician-1");
  EXPECT_EQ(refused(*d, w, work.remove("SN-2"), "technician-1"), Exit::refused);

  ASSERT_TRUE(d->intercepts().stop("M-2026-0001", "obtained", d->out(), who("officer-1")));
  ASSERT_TRUE(d->intercepts().certify("M-2026-0001", who("officer-1")));
  const auto early = d->intercepts().close("M-2026-0001", who("officer-1"));
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().what.find(w), std::string::npos);

  done(*d, w, work.remove("SN-1"), "technician-1");
  EXPECT_EQ(refused(*d, w, work.release_port("23"), "technician-1"), Exit::refused);
  done(*d, w, work.release_port("24"), "technician-1");
  EXPECT_FALSE(d->intercepts().close("M-2026-0001", who("officer-1")));
  EXPECT_EQ(done(*d, w, work.close(), "officer-1").state, "closed");
  const auto closed = d->intercepts().close("M-2026-0001", who("officer-1"));
  EXPECT_TRUE(closed) << to_text(closed.error());
  EXPECT_TRUE(d->intercepts().close("M-2026-0001", who("officer-1")));
  EXPECT_EQ(desk::Orders{d->carrier()}.newest("M-2026-0001")->state, process::State::closed);
}

TEST(WorkOrder, AnInterceptionIsClosedOnlyWhenItIsOverAndCertified) {
  const auto d = at(Stage::armed);
  EXPECT_EQ(d->intercepts().close("M-2026-0001", who("officer-1")).error().exit, Exit::refused);
  ASSERT_TRUE(d->intercepts().stop("M-2026-0001", "obtained", d->out(), who("officer-1")));
  EXPECT_FALSE(d->intercepts().close("M-2026-0001", who("officer-1")));  // not certified
  ASSERT_TRUE(d->intercepts().certify("M-2026-0001", who("officer-1")));
  EXPECT_TRUE(d->intercepts().close("M-2026-0001", who("officer-1")));
}

TEST(WorkOrder, NamesTheDaysThatNobodyRetrieved) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  const Case installed = done(*d, w, work.install("SN-1"), "technician-1");
  const auto day = [&](int n) {  // of the property's zone, five hours behind UTC in November
    return rfc3339(installed.acts.back().at - 5h + std::chrono::days{n}).substr(0, 10);
  };
  d->clock.advance(std::chrono::days{3});
  EXPECT_EQ(missed_days(d->carrier(), CaseBook{d->carrier()}.read(w).value(), d->clock.now()).value(),
            (std::vector<std::string>{day(0), day(1), day(2)}));
  done(*d, w, work.retrieve({day(1), "CD 1", ""}), "technician-1");
  EXPECT_EQ(refused(*d, w, work.retrieve({day(1), "CD 1", ""}), "technician-1"), Exit::usage);
  EXPECT_EQ(refused(*d, w, work.retrieve({day(-1), "CD 2", ""}), "technician-1"), Exit::usage);
  EXPECT_EQ(refused(*d, w, work.retrieve({day(9), "CD 2", ""}), "technician-1"), Exit::usage);
  EXPECT_EQ(refused(*d, w, work.retrieve({day(0), "CD 2", "abc"}), "technician-1"), Exit::usage);
  const Json shown = work.show(w).value();
  EXPECT_EQ(shown["missed"], (Json{day(0), day(2)}));
  done(*d, w, work.remove("SN-1"), "technician-1");
  EXPECT_EQ(work.show(w).value()["missed"], (Json{day(0), day(2), day(3)}));  // the day of the removal too

  const fs::path pdf = d->dir.path() / "work.pdf";
  ASSERT_TRUE(work.print(w, pdf));
  const auto first = read_file(pdf).value();
  ASSERT_TRUE(work.print(w, pdf));
  EXPECT_EQ(read_file(pdf).value(), first);
}

TEST(WorkOrder, TakesItsRetrievalsFromTheBundlesAndKeepsTheRecordOfDestruction) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  const Case installed = done(*d, w, work.install("SN-1"), "technician-1");
  const auto day = [&](int n) {
    return rfc3339(installed.acts.back().at - 5h + std::chrono::days{n}).substr(0, 10);
  };
  FieldProbe field{*d};
  field.run();
  d->clock.advance(std::chrono::days{2});
  const auto bundle = field.retrieve(day(1));
  ASSERT_TRUE(bundle) << to_text(bundle.error());
  const auto said = work.retrieval_of(w, bundle->bundle, "");
  ASSERT_TRUE(said) << to_text(said.error());
  EXPECT_EQ(said->day, day(1));
  EXPECT_EQ(said->sha256, crypto::hex(bundle->id));
  EXPECT_EQ(missed_days(d->carrier(), CaseBook{d->carrier()}.read(w).value(), d->clock.now())->size(), 2u);
  done(*d, w, work.retrieve(*said), "technician-1");
  EXPECT_EQ(refused(*d, w, work.retrieve(*said), "technician-1"), Exit::usage) << "the same bundle";
  EXPECT_TRUE(missed_days(d->carrier(), CaseBook{d->carrier()}.read(w).value(), d->clock.now())->empty())
      << "it reaches back to the day of the installation";
  EXPECT_EQ(work.show(w).value()["bundles"][0]["taken"], false);

  const fs::path manifest = bundle->bundle / custody::manifest_name;
  const std::string honest = read_text(manifest).value();
  std::string altered = honest;
  altered[altered.find(day(1))] = '3';
  ASSERT_TRUE(write_file(manifest, altered));
  EXPECT_EQ(work.retrieval_of(w, bundle->bundle, "").error().exit, Exit::integrity);
  ASSERT_TRUE(write_file(manifest, honest));

  const auto taken =
      desk::EvidenceBundles{d->carrier()}.import("M-2026-0001", bundle->bundle, acting(*d, "technician-1"));
  ASSERT_TRUE(taken) << to_text(taken.error());
  EXPECT_EQ(work.show(w).value()["bundles"][0]["taken"], true);
  const auto wiped = custody::wipe(field.site(), view_of(taken->acknowledgement));
  ASSERT_TRUE(wiped) << to_text(wiped.error());
  auto step = work.wipe(w, wiped->kept);
  ASSERT_TRUE(step) << to_text(step.error());
  EXPECT_EQ(refused(*d, w, *step, "officer-1"), Exit::refused);
  const Case after = done(*d, w, *step, "technician-1");
  EXPECT_EQ(after.acts.back().body.value("segments", 0u), wiped->destruction.destroyed.size());
  const std::string kept = "documents/" + crypto::hex(crypto::sha256(view_of(wiped->record)));
  EXPECT_EQ(text_of(d->carrier().kept_file(kept).value()), wiped->record);
  std::string forged = wiped->record;
  forged[forged.find("mirror-1")] = 'n';
  ASSERT_TRUE(write_file(wiped->kept, forged));
  EXPECT_EQ(work.wipe(w, wiped->kept).error().exit, Exit::integrity);
}

// At half past eight in the evening UTC has tomorrow's day.
TEST(WorkOrder, TheDayOfABundleIsThatOfTheProfilesZone) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  done(*d, w, work.install("SN-1"), "technician-1");
  FieldProbe field{*d};
  field.run();
  const auto midnight = std::chrono::ceil<std::chrono::days>(d->clock.now() + 5h);
  d->clock.set(midnight + 1h + 30min);
  const auto day = [&](Instant t) { return rfc3339(t).substr(0, 10); };
  const auto bundle = field.retrieve(day(d->clock.now()));
  ASSERT_TRUE(bundle) << to_text(bundle.error());
  const auto said = work.retrieval_of(w, bundle->bundle, "");
  ASSERT_TRUE(said) << to_text(said.error());
  EXPECT_EQ(said->day, day(d->clock.now() - 5h));
  done(*d, w, work.retrieve(*said), "technician-1");
}

TEST(WorkOrder, NamesNoDayBeforeTheAuthorityBegan) {
  const auto d = at(Stage::people);
  OrderText later;
  later.start = d->clock.now() + 26h;
  const auto filed = d->file(later);
  ASSERT_TRUE(filed) << to_text(filed.error());
  for (const Stage s : {Stage::approved, Stage::authorised, Stage::armed}) step_to(*d, s);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  done(*d, w, work.install("SN-1"), "technician-1");
  d->clock.set(later.start + 24h);
  EXPECT_EQ(missed_days(d->carrier(), CaseBook{d->carrier()}.read(w).value(), d->clock.now()).value(),
            (std::vector<std::string>{rfc3339(later.start - 5h).substr(0, 10)}));
}

TEST(WorkOrder, IsNotClosedBeforeTheDestructionOfItsBundlesIsSigned) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  done(*d, w, work.install("SN-1"), "technician-1");
  bring(*d, work, w);
  FieldProbe field{*d};
  field.run();
  const auto bundle = field.retrieve(rfc3339(d->clock.now() - 5h).substr(0, 10));
  ASSERT_TRUE(bundle) << to_text(bundle.error());
  done(*d, w, work.retrieve(work.retrieval_of(w, bundle->bundle, "").value()), "technician-1");
  done(*d, w, work.remove("SN-1"), "technician-1");
  done(*d, w, work.release_port("24"), "technician-1");
  EXPECT_EQ(refused(*d, w, work.close(), "officer-1"), Exit::refused);
  const auto taken =
      desk::EvidenceBundles{d->carrier()}.import("M-2026-0001", bundle->bundle, acting(*d, "technician-1"));
  ASSERT_TRUE(taken) << to_text(taken.error());
  const auto wiped = custody::wipe(field.site(), view_of(taken->acknowledgement));
  ASSERT_TRUE(wiped) << to_text(wiped.error());
  done(*d, w, work.wipe(w, wiped->kept).value(), "technician-1");
  EXPECT_EQ(done(*d, w, work.close(), "officer-1").state, "closed");
}

TEST(WorkOrder, IsClosedWithTheReasonWhenAProbeCannotBeWiped) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  done(*d, w, work.install("SN-1"), "technician-1");
  bring(*d, work, w);
  FieldProbe field{*d};
  field.run();
  const auto bundle = field.retrieve(rfc3339(d->clock.now() - 5h).substr(0, 10));
  ASSERT_TRUE(bundle) << to_text(bundle.error());
  done(*d, w, work.retrieve(work.retrieval_of(w, bundle->bundle, "").value()), "technician-1");
  done(*d, w, work.remove("SN-1"), "technician-1");
  done(*d, w, work.release_port("24"), "technician-1");
  const Case closed = done(*d, w, work.close("its disk broke"), "officer-1");
  EXPECT_EQ(closed.acts.back().body.value("not_wiped", ""), "its disk broke");
}

TEST(WorkOrder, NamesTheGrantsThatWereBroughtByWhatLiesOnTheMedium) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  EXPECT_EQ(refused(*d, w, work.bring_grants(w, brought(*d)).value(), "technician-1"), Exit::refused)
      << "there is no equipment yet";
  done(*d, w, work.install("SN-1"), "technician-1");
  EXPECT_EQ(refused(*d, w, work.bring_grants(w, brought(*d)).value(), "officer-1"), Exit::refused);
  Brought wrong = brought(*d);
  wrong.carried_by.clear();
  EXPECT_EQ(refused(*d, w, work.bring_grants(w, wrong).value(), "technician-1"), Exit::refused);
  wrong = brought(*d);
  wrong.installed_at = d->clock.now() + 1h;
  EXPECT_EQ(refused(*d, w, work.bring_grants(w, wrong).value(), "technician-1"), Exit::usage);
  wrong.installed_at = d->clock.now() - 24h;
  EXPECT_EQ(refused(*d, w, work.bring_grants(w, wrong).value(), "technician-1"), Exit::usage);
  wrong.medium = d->dir.path() / "nothing";
  EXPECT_EQ(work.bring_grants(w, wrong).error().exit, Exit::not_found);
  ASSERT_TRUE(make_dirs(wrong.medium));
  EXPECT_EQ(work.bring_grants(w, wrong).error().exit, Exit::not_found) << "no grant lies there";
  const auto row = desk::Orders{d->carrier()}.grant("M-2026-0001", 1).value();
  std::string altered = *row->file;
  altered.back() = ' ';
  ASSERT_TRUE(write_file(wrong.medium / "a.grant.json", altered));
  EXPECT_EQ(work.bring_grants(w, wrong).error().exit, Exit::integrity);

  bring(*d, work, w);
  const Json shown = work.show(w).value();
  const Json& body = shown["acts"].back()["body"];
  EXPECT_EQ(body["grants"], Json{row->id});
  EXPECT_EQ(body["media"], "USB 7");
  EXPECT_EQ(body["carried_by"], "technician-1");
  EXPECT_TRUE(work.print(w, d->dir.path() / "work.pdf"));
}

TEST(WorkOrder, IsNotClosedWhenAProbeWorkedUnderAGrantThatItDoesNotName) {
  const auto d = at(Stage::armed);
  WorkOrders work{d->carrier()};
  const std::string w = work.open(closet, acting(*d, "officer-1"))->matter;
  const std::string other =
      work.open({"M-2026-0001", "Harbor property, closet 3", "sw-3", "7"}, acting(*d, "officer-1"))->matter;
  for (const std::string& order : {w, other}) done(*d, order, work.install("SN-1"), "technician-1");
  FieldProbe field{*d};
  field.run();
  const auto bundle = field.retrieve(rfc3339(d->clock.now() - 5h).substr(0, 10));
  ASSERT_TRUE(bundle) << to_text(bundle.error());
  done(*d, w, work.retrieve(work.retrieval_of(w, bundle->bundle, "").value()), "technician-1");
  for (const std::string& order : {w, other}) {
    done(*d, order, work.remove("SN-1"), "technician-1");
    done(*d, order, work.release_port(order == w ? "24" : "7"), "technician-1");
  }
  const auto early = CaseBook{d->carrier()}.act(w, work.close("its disk broke"), acting(*d, "officer-1"));
  ASSERT_FALSE(early) << "the bundle's grant is not named";
  EXPECT_NE(early.error().next.find("bring-grants " + w), std::string::npos) << to_text(early.error());
  ASSERT_TRUE(
      desk::EvidenceBundles{d->carrier()}.import("M-2026-0001", bundle->bundle, acting(*d, "technician-1")));
  EXPECT_EQ(refused(*d, other, work.close(), "officer-1"), Exit::refused)
      << "evidence that no order explains";
  bring(*d, work, w);  // later, too
  EXPECT_EQ(done(*d, w, work.close("its disk broke"), "officer-1").state, "closed");
  EXPECT_EQ(done(*d, other, work.close(), "officer-1").state, "closed") << "the first order's probe it was";
}

}  // namespace
}  // namespace writ::cases
