// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <sys/resource.h>

#include "custody/test_site.hh"
#include "vault/segment_base.hh"

namespace writ::custody::testing {
namespace {

std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }

std::vector<std::string> names_on(const fs::path& dir) {
  std::vector<std::string> out;
  for (const auto& e : fs::directory_iterator(dir)) out.push_back(e.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Retrieve, WhileTheSegmentIsBeingWrittenTheBundlesMakeItWholeAgain) {
  SiteWorld w{test_name()};
  auto writer = w.writer();
  ASSERT_TRUE(writer.append(view_of("one")));
  ASSERT_TRUE(writer.commit());
  const auto first = w.retrieve_day("2026-11-25");
  ASSERT_TRUE(first) << to_text(first.error());
  ASSERT_EQ(first->bundles.size(), 1u);
  EXPECT_TRUE(first->bundles[0].is_new);
  EXPECT_EQ(first->bundles[0].sequence, 1u);
  w.take_in(first->bundles[0].bundle);
  EXPECT_EQ(w.opened(), (std::vector<std::string>{"one"}));

  ASSERT_TRUE(writer.append(view_of("two")));
  ASSERT_TRUE(writer.close());
  w.seal({"three"});
  const auto second = w.retrieve_day("2026-11-26");
  ASSERT_TRUE(second) << to_text(second.error());
  ASSERT_EQ(second->bundles.size(), 1u);
  w.take_in(second->bundles[0].bundle);
  EXPECT_EQ(w.newest->bundle.pieces.size(), 2u);
  EXPECT_EQ(w.newest->bundle.previous, first->bundles[0].id);
  ASSERT_EQ(w.newest->bundle.waiting.size(), 1u);
  EXPECT_EQ(w.newest->bundle.waiting[0].day, "2026-11-25");
  EXPECT_EQ(w.opened(), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(w.noted, (std::vector<std::string>{"probe.retrieve", "probe.retrieve"}));
  EXPECT_EQ(vault::list_segments(w.lane(), Stream::content)->size(), 2u) << "what was retrieved stays";
}

TEST(Retrieve, TheSameAgainIsNothingNewAndAnEmptyDayHasItsBundle) {
  SiteWorld w{test_name()};
  w.seal({"one"});
  ASSERT_TRUE(w.retrieve_day("2026-11-25"));
  const auto again = w.retrieve_day("2026-11-25");
  ASSERT_EQ(again->bundles.size(), 1u);
  EXPECT_FALSE(again->bundles[0].is_new);
  EXPECT_TRUE(again->bundles[0].bundle.empty());
  const auto empty = w.retrieve_day("2026-11-26");
  ASSERT_EQ(empty->bundles.size(), 1u);
  EXPECT_TRUE(empty->bundles[0].is_new);
  EXPECT_EQ(empty->bundles[0].pieces, 0u);
  EXPECT_EQ(names_on(w.medium()).size(), 2u);
  EXPECT_FALSE(w.retrieve_day("yesterday"));
  const auto all = w.retrieve_day("2026-11-26", true);
  ASSERT_EQ(all->bundles.size(), 2u) << "both are not acknowledged";
}

TEST(Retrieve, ACopyThatBreaksOffLeavesNothingHalfAndLosesNothing) {
  SiteWorld w{test_name()};
  w.seal({std::string(200'000, 'x')});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{50'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto failed = w.retrieve_day("2026-11-25");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().exit, Exit::unit);
  EXPECT_NE(failed.error().next, "");
  EXPECT_TRUE(names_on(w.medium()).empty());
  fs::create_directories(w.medium() / "writ-bundle-M-0000-0001-x-000001.partial");  // of a kill
  const auto done = w.retrieve_day("2026-11-25");
  ASSERT_TRUE(done) << to_text(done.error());
  ASSERT_EQ(done->bundles.size(), 1u);
  EXPECT_FALSE(done->bundles[0].is_new) << "the same bundle, not another one";
  w.take_in(done->bundles[0].bundle);
  EXPECT_EQ(w.opened().size(), 1u);
}

TEST(Retrieve, ADamagedCopyIsMadeAgainAndAStrangersBundleIsNotReplaced) {
  SiteWorld w{test_name()};
  w.seal({"one"});
  const fs::path bundle = w.retrieve_day("2026-11-25")->bundles[0].bundle;
  const fs::path part = bundle / read_bundle(bundle)->bundle.pieces[0].file();
  Bytes bytes = read_file(part).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(part, bytes));
  EXPECT_EQ(read_piece(bundle, read_bundle(bundle)->bundle.pieces[0]).error().exit, Exit::integrity);
  ASSERT_TRUE(w.retrieve_day("2026-11-25", true));
  w.take_in(bundle);
  EXPECT_EQ(w.opened(), std::vector<std::string>{"one"});
  Bundle other = w.newest->bundle;
  other.day = "2026-11-24";
  const std::string foreign = sign_bundle(other, w.carrier.probe()).text;
  ASSERT_TRUE(write_file(bundle / manifest_name, foreign));
  EXPECT_EQ(w.retrieve_day("2026-11-25", true).error().exit, Exit::integrity);
  EXPECT_EQ(read_text(bundle / manifest_name).value(), foreign);
}

TEST(Retrieve, ASegmentThatWasChangedIsNotRetrieved) {
  SiteWorld w{test_name()};
  w.seal({"one", "two"});
  const fs::path file = SegmentName{w.grant.id(), Stream::content, 1}.under(w.probe() / "spool");
  Bytes bytes = read_file(file).value();
  for (std::size_t at = bytes.size() - 500; at < bytes.size(); at += 7) {
    Bytes bad = bytes;
    bad[at] ^= 0x20;
    ASSERT_TRUE(write_file(file, bad));
    const auto part = vault::whole_part(bad, w.carrier.probe().public_key(), "x");
    EXPECT_TRUE(!part || !part->closed) << at;
  }
}

TEST(Papers, EveryFlippedBitIsFound) {
  SiteWorld w{test_name()};
  w.seal({"one"});
  const auto got = w.retrieve_day("2026-11-25");
  w.take_in(got->bundles[0].bundle);
  const std::string ack = w.acknowledged();
  const auto wiped = wipe(w.site(), view_of(ack));
  ASSERT_TRUE(wiped) << to_text(wiped.error());
  const auto sweep = [](const std::string& text, const auto& parse) {
    ASSERT_TRUE(parse(text));
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string bad = text;
      bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 7)));
      EXPECT_FALSE(parse(bad)) << "byte " << at;
    }
  };
  sweep(w.newest->text, [&](const std::string& t) {
    const auto b = parse_bundle(view_of(t), "x");
    return b && b->bundle.probe == w.carrier.probe().public_key();
  });
  sweep(wiped->record, [&](const std::string& t) {
    const auto d = parse_destruction(view_of(t), "x");
    return d && d->probe == w.carrier.probe().public_key();
  });
  sweep(ack, [&](const std::string& t) {
    return verify_acknowledgement(view_of(t), w.carrier.roots(), "x").has_value();
  });
}

TEST(Wipe, DestroysWhatIsAcknowledgedAndTheStreamGoesOn) {
  SiteWorld w{test_name()};
  w.seal({"one", "two"}, "capture-a");
  auto writer = w.writer("capture-b");
  ASSERT_TRUE(writer.append(view_of("three"), 9));
  ASSERT_TRUE(writer.commit());
  w.take_in(w.retrieve_day("2026-11-25")->bundles[0].bundle);
  const std::string ack = w.acknowledged();
  const auto done = wipe(w.site(), view_of(ack));
  ASSERT_TRUE(done) << to_text(done.error());
  ASSERT_EQ(done->destruction.destroyed.size(), 1u) << "the open one stays";
  EXPECT_EQ(done->not_closed, 1u);
  EXPECT_EQ(done->destruction.acknowledgement, crypto::sha256(view_of(ack)));
  EXPECT_EQ(read_text(done->kept).value(), done->record);
  EXPECT_EQ(vault::list_segments(w.lane(), Stream::content)->front().first, 2u);
  EXPECT_EQ(wipe(w.site(), view_of(ack))->record, done->record) << "again: the same record";

  ASSERT_TRUE(writer.append(view_of("four"), 10));
  ASSERT_TRUE(writer.close());
  w.take_in(w.retrieve_day("2026-11-26")->bundles[0].bundle);
  ASSERT_EQ(wipe(w.site(), view_of(w.acknowledged()))->destruction.destroyed.size(), 1u);
  EXPECT_TRUE(vault::list_segments(w.lane(), Stream::content)->empty());
  // All is gone, and the next segment is number 3, after the one before it; what was sealed is known.
  EXPECT_EQ(w.writer("capture-a").resume_mark(), 2u);
  EXPECT_EQ(w.writer("capture-b").resume_mark(), 10u);
  EXPECT_EQ(w.writer("capture-c").resume_mark(), 0u);
  w.seal({"five"});
  const auto verified = vault::verify_spool_stream(w.lane(), Stream::content, w.carrier.probe().public_key());
  ASSERT_TRUE(verified) << to_text(verified.error());
  EXPECT_EQ(verified->front().number, 3u);
  EXPECT_FALSE(vault::verify_stream(w.lane(), Stream::content, w.carrier.probe().public_key()))
      << "at the office, what is missing is missing";
  w.take_in(w.retrieve_day("2026-11-27")->bundles[0].bundle);
  EXPECT_EQ(w.opened(), (std::vector<std::string>{"one", "two", "three", "four", "five"}));
}

TEST(Wipe, RefusesWhateverIsNotTheOfficesWordForThisProbe) {
  SiteWorld w{test_name()};
  w.seal({"one"});
  w.take_in(w.retrieve_day("2026-11-25")->bundles[0].bundle);
  const auto refused = [&](const std::string& text) {
    const auto done = wipe(w.site(), view_of(text));
    EXPECT_EQ(vault::list_segments(w.lane(), Stream::content)->size(), 1u);
    return done ? Exit::ok : done.error().exit;
  };
  const SiteWorld stranger{test_name() + "2"};
  EXPECT_EQ(refused(SiteWorld::signed_by(w.acknowledgement(), stranger.carrier)), Exit::refused);
  const auto technician = w.carrier.cert(w.carrier.technician(), authority::Role::technician);
  const auto desk = w.carrier.cert(w.carrier.desk(), authority::Role::desk);
  const auto& t = w.carrier.technician().sign;
  const auto& d = w.carrier.desk().sign;
  EXPECT_EQ(refused(sign_acknowledgement(w.acknowledgement(), {&desk, &d}, {&desk, &d})), Exit::refused);
  EXPECT_EQ(refused(sign_acknowledgement(w.acknowledgement(), {&technician, &t}, {&technician, &t})),
            Exit::refused);
  EXPECT_EQ(refused(sign_acknowledgement(w.acknowledgement(), {&technician, &d}, {&desk, &d})),
            Exit::refused);
  Acknowledgement other = w.acknowledgement();
  other.probe = crypto::SigningKey{}.public_key();
  EXPECT_EQ(refused(SiteWorld::signed_by(other, w.carrier)), Exit::refused);
  other = w.acknowledgement();
  other.sequence = 2;
  EXPECT_EQ(refused(SiteWorld::signed_by(other, w.carrier)), Exit::refused);
  other = w.acknowledgement();
  other.held[0].sha256[0] ^= 1;  // the office holds something else
  EXPECT_EQ(refused(SiteWorld::signed_by(other, w.carrier)), Exit::integrity);
  other = w.acknowledgement();
  other.held[0].closed = false;
  EXPECT_EQ(refused(SiteWorld::signed_by(other, w.carrier)), Exit::ok) << "nothing to destroy";
  ASSERT_TRUE(wipe(w.site(), view_of(w.acknowledged())));
  EXPECT_TRUE(vault::list_segments(w.lane(), Stream::content)->empty()) << "the control";
}

TEST(Wipe, GoesOnWhereItWasKilled) {
  SiteWorld w{test_name()};
  w.seal({"one"});
  w.seal({"two"});
  w.take_in(w.retrieve_day("2026-11-25")->bundles[0].bundle);
  const fs::path second = vault::list_segments(w.lane(), Stream::content)->at(1).second;
  const Bytes bytes = read_file(second).value();
  const std::string ack = w.acknowledged();
  ASSERT_TRUE(wipe(w.site(), view_of(ack)));
  ASSERT_TRUE(write_file(second, bytes));  // as if killed between record and the last file
  EXPECT_EQ(vault::verify_spool_stream(w.lane(), Stream::content, w.carrier.probe().public_key())->size(),
            0u);
  ASSERT_TRUE(wipe(w.site(), view_of(ack)));
  EXPECT_FALSE(fs::exists(second));
}

TEST(StreamBase, IsTheProbesSignedWord) {
  SiteWorld w{test_name()};
  vault::StreamBase base{w.grant.id(), Stream::content, 3, crypto::sha256(view_of("t")), {{"capture-a", 7}}};
  const std::string text = vault::sign_base(base, w.carrier.probe());
  const auto key = w.carrier.probe().public_key();
  ASSERT_TRUE(vault::parse_base(view_of(text), key, "x"));
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(vault::parse_base(view_of(bad), key, "x")) << at;
  }
  EXPECT_FALSE(vault::parse_base(view_of(text), crypto::SigningKey{}.public_key(), "x"));
}

}  // namespace
}  // namespace writ::custody::testing
