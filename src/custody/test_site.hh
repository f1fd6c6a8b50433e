// SPDX-License-Identifier: GPL-3.0-or-later
// A probe's directory with the spool of one content grant, a medium, and an office that takes bundles in by
// the papers alone.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "custody/retrieve.hh"
#include "custody/wipe.hh"
#include "vault/segment_test_grants.hh"

namespace writ::custody::testing {

using namespace std::chrono_literals;
using vault::Stream;

class SiteWorld {
 public:
  explicit SiteWorld(const std::string& name) {
    crypto::start();
    root = fs::path(::testing::TempDir()) / fmt::format("writ_custody_{}_{}", ::getpid(), name);
    fs::create_directories(medium());
    fs::create_directories(lane());
    EXPECT_TRUE(note_matter(probe() / "spool", grant));
  }
  ~SiteWorld() { fs::remove_all(root); }
  SiteWorld(const SiteWorld&) = delete;
  SiteWorld& operator=(const SiteWorld&) = delete;

  fs::path probe() const { return root / "probe"; }
  fs::path medium() const { return root / "medium"; }
  fs::path office() const { return root / "office"; }
  fs::path lane() const { return probe() / "spool" / crypto::hex(grant.id()); }
  Site site() {
    return {probe(),
            "mirror-1",
            &carrier.probe(),
            &carrier.roots(),
            clock.now(),
            [this](const std::string& action, const Json&) -> Status {
              noted.push_back(action);
              return {};
            }};
  }
  vault::SegmentWriter writer(const std::string& source = {}) {
    return vault::SegmentWriter::open(lane(), grant, Stream::content, carrier.probe(), clock, source).value();
  }
  // A closed segment of these records.
  void seal(const std::vector<std::string>& records, const std::string& source = {}) {
    auto w = writer(source);
    std::uint64_t mark = 0;
    for (const std::string& r : records) ASSERT_TRUE(w.append(view_of(r), ++mark));
    ASSERT_TRUE(w.close());
  }
  Result<RetrieveResult> retrieve_day(const std::string& day, bool again = false) {
    clock.advance(1h);
    return retrieve(site(), {medium(), day, "", again});
  }
  // Appends the pieces where they belong; what the evidence is then, the vault's own reader says.
  void take_in(const fs::path& bundle) {
    const auto b = read_bundle(bundle);
    ASSERT_TRUE(b) << to_text(b.error());
    for (const Piece& p : b->bundle.pieces) {
      const auto piece = read_piece(bundle, p);
      ASSERT_TRUE(piece) << to_text(piece.error());
      const fs::path file = p.segment.under(office());
      ASSERT_TRUE(make_dirs(file.parent_path()));
      Bytes have = read_file(file).value_or(Bytes{});
      ASSERT_EQ(have.size(), p.offset);
      put_bytes(have, *piece);
      ASSERT_TRUE(write_file(file, have));
    }
    newest = *b;
  }
  std::vector<std::string> opened() const {
    std::vector<std::string> out;
    const auto read =
        vault::read_stream(office() / crypto::hex(grant.id()), Stream::content, carrier.probe().public_key(),
                           carrier.content_key(), [&](View r) -> Status {
                             out.emplace_back(text_of(r));
                             return {};
                           });
    EXPECT_TRUE(read) << to_text(read.error());
    return out;
  }
  Acknowledgement acknowledgement() const {
    Acknowledgement a{
        carrier.probe().public_key(), "M-0000-0001", newest->bundle.sequence, newest->id, {}, epoch};
    const auto segments = vault::verify_stream(office() / crypto::hex(grant.id()), Stream::content,
                                               carrier.probe().public_key());
    for (const auto& s : segments.value()) {
      const SegmentName name{grant.id(), Stream::content, s.number};
      const auto bytes = read_file(name.under(office())).value();
      a.held.push_back({{name, bytes.size(), crypto::sha256(bytes)}, s.closed});
    }
    return a;
  }
  std::string acknowledged() const { return signed_by(acknowledgement(), carrier); }
  static std::string signed_by(Acknowledgement a, const vault::testing::EphemeralCarrier& of) {
    const auto technician = of.cert(of.technician(), authority::Role::technician);
    const auto desk = of.cert(of.desk(), authority::Role::desk);
    return sign_acknowledgement(std::move(a), {&technician, &of.technician().sign}, {&desk, &of.desk().sign});
  }

  Instant epoch = from_ns(1'795'579'597'000'000'000);
  ManualClock clock{epoch};
  vault::testing::EphemeralCarrier carrier{epoch};
  authority::VerifiedGrant grant = carrier.grant(authority::Kind::content, "+14045550102").value();
  fs::path root;
  std::vector<std::string> noted;
  std::optional<SignedBundle> newest;
};

}  // namespace writ::custody::testing
