// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/evidence_bundles.hh"

#include "desk/test_field.hh"
#include "desk/test_kill.hh"
#include "desk/test_memory.hh"
#include "desk/test_records.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using namespace testing;

constexpr const char* first_day = "2026-11-25";
constexpr const char* second_day = "2026-11-26";

std::size_t segments_in(const fs::path& dir) {
  std::size_t n = 0;
  std::error_code ec;
  for (const auto& e : fs::recursive_directory_iterator(dir, ec)) n += e.path().extension() == ".seg";
  return n;
}

// The desk holds what the probe sealed, byte for byte.
void expect_evidence_as_sealed(Desk& d, const fs::path& sealed) {
  for (const auto& e : fs::recursive_directory_iterator(sealed)) {
    if (e.path().extension() != ".seg") continue;
    const fs::path kept =
        d.data() / "evidence" / matter / e.path().parent_path().filename() / e.path().filename();
    EXPECT_EQ(read_file(kept).value_or(Bytes{}), read_file(e.path()).value()) << kept;
  }
}

TEST(Bundles, AreTakenInAcknowledgedAndThenDestroyedAtTheProbe) {
  const auto d = at(Stage::armed);
  FieldProbe field{*d};
  field.run();
  const std::size_t sealed = segments_in(d->probe());
  ASSERT_GT(sealed, 0u);
  fs::copy(d->probe() / "spool", d->dir.path() / "sealed", fs::copy_options::recursive);
  const auto got = field.retrieve(first_day);
  ASSERT_TRUE(got) << to_text(got.error());
  EvidenceBundles desk{d->carrier()};
  const auto taken = desk.import(matter, got->bundle, acting(*d, "technician-1"));
  ASSERT_TRUE(taken) << to_text(taken.error());
  EXPECT_EQ(taken->pieces, sealed);
  EXPECT_EQ(taken->already_there, 0u);
  expect_evidence_as_sealed(*d, d->dir.path() / "sealed");
  EXPECT_EQ(bundles_taken(d->carrier(), matter)->size(), 1u);

  const auto notes = d->count("evidence.import");
  const auto again = desk.import(matter, got->bundle, acting(*d, "custodian-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_TRUE(again->again);
  EXPECT_EQ(again->already_there, sealed);
  EXPECT_EQ(again->acknowledgement, taken->acknowledgement);
  EXPECT_EQ(d->count("evidence.import"), notes);

  const auto wiped = custody::wipe(field.site(), view_of(taken->acknowledgement));
  ASSERT_TRUE(wiped) << to_text(wiped.error());
  EXPECT_EQ(wiped->destruction.destroyed.size(), sealed);
  EXPECT_EQ(segments_in(d->probe()), 0u);
  const auto known = destruction_of(d->carrier(), matter, view_of(wiped->record));
  ASSERT_TRUE(known) << to_text(known.error());
  expect_evidence_as_sealed(*d, d->dir.path() / "sealed");
  // The next day there is nothing new, and the chain goes on.
  const auto next = field.retrieve(second_day);
  ASSERT_TRUE(next) << to_text(next.error());
  EXPECT_EQ(next->pieces, 0u);
  EXPECT_TRUE(desk.import(matter, next->bundle, acting(*d, "technician-1")));
  // What the office lost meanwhile is not passed over.
  const auto& gone = wiped->destruction.destroyed.front().segment;
  fs::remove(gone.under(d->data() / "evidence" / matter));
  EXPECT_EQ(destruction_of(d->carrier(), matter, view_of(wiped->record)).error().exit, Exit::integrity);
}

TEST(Bundles, OutOfOrderOfAnotherMatterOrProbeOrAlteredNothingIsTakenIn) {
  const auto d = at(Stage::armed);
  FieldProbe field{*d};
  field.run();
  const auto first = field.retrieve(first_day);
  ASSERT_TRUE(first) << to_text(first.error());
  const auto second = field.retrieve(second_day);
  ASSERT_TRUE(second) << to_text(second.error());
  EvidenceBundles desk{d->carrier()};
  const auto refused = [&](const fs::path& bundle, const std::string& about, Exit exit, const char* says = "",
                           const std::string& of = matter, const char* user = "technician-1") {
    const auto got = desk.import(of, bundle, acting(*d, user));
    ASSERT_FALSE(got) << about;
    EXPECT_EQ(got.error().exit, exit) << about << "\n" << to_text(got.error());
    EXPECT_NE(to_text(got.error()).find(says), std::string::npos) << about << "\n" << to_text(got.error());
    EXPECT_FALSE(got.error().rule.empty() || got.error().missing.empty() || got.error().next.empty())
        << about;
    EXPECT_EQ(segments_in(d->data() / "evidence"), 0u) << about;
    EXPECT_TRUE(bundles_taken(d->carrier(), matter)->empty()) << about;
  };
  refused(second->bundle, "before the first", Exit::refused, "bundle 1 (2026-11-25)");
  refused(first->bundle, "another matter", Exit::refused, matter.c_str(), "M-2026-0009");

  const auto honest = custody::read_bundle(first->bundle).value();
  const auto manifest_of = [&](const custody::Bundle& b, const crypto::SigningKey& key) {
    ASSERT_TRUE(write_file(first->bundle / custody::manifest_name, custody::sign_bundle(b, key).text));
  };
  manifest_of(honest.bundle, crypto::SigningKey{});
  refused(first->bundle, "another probe", Exit::refused);
  custody::Bundle other = honest.bundle;
  other.pieces[0].segment.grant[0] ^= 1;
  std::sort(other.pieces.begin(), other.pieces.end(),
            [](const auto& a, const auto& b) { return a.segment < b.segment; });
  manifest_of(other, field.key);
  refused(first->bundle, "a grant of another matter", Exit::refused);
  std::string text = honest.text;
  text[text.find("closed")] = 'k';
  ASSERT_TRUE(write_file(first->bundle / custody::manifest_name, text));
  refused(first->bundle, "an altered manifest", Exit::integrity);
  ASSERT_TRUE(write_file(first->bundle / custody::manifest_name, honest.text));

  for (const custody::Piece& p : honest.bundle.pieces) {
    const fs::path file = first->bundle / p.file();
    const Bytes bytes = read_file(file).value();
    Bytes bad = bytes;
    bad[bad.size() / 2] ^= 1;
    ASSERT_TRUE(write_file(file, bad));
    refused(first->bundle, "an altered piece", Exit::integrity);
    ASSERT_TRUE(write_file(file, View{bytes}.first(bytes.size() - 1)));
    refused(first->bundle, "a short piece", Exit::integrity);
    fs::remove(file);
    refused(first->bundle, "a piece that is missing", Exit::integrity);
    ASSERT_TRUE(write_file(file, bytes));
  }
  EXPECT_FALSE(desk.import(matter, first->bundle, who("finance-1")));
  EXPECT_EQ(segments_in(d->data() / "evidence"), 0u);
  ASSERT_TRUE(desk.import(matter, first->bundle, acting(*d, "technician-1"))) << "the control";
  ASSERT_TRUE(desk.import(matter, second->bundle, acting(*d, "technician-1")));
  // Another bundle of a number that is there.
  other = honest.bundle;
  other.day = "2026-11-24";
  manifest_of(other, field.key);
  EXPECT_EQ(desk.import(matter, first->bundle, acting(*d, "technician-1")).error().exit, Exit::integrity);
}

// A desk whose probe has captured, was retrieved from, and was taken in: each reached once, then copied.
enum class FieldStage { captured, retrieved, taken };

struct KilledField {
  std::unique_ptr<Desk> d;
  std::unique_ptr<FieldProbe> field;

  explicit KilledField(std::unique_ptr<Desk> desk)
      : d(std::move(desk)), field(std::make_unique<FieldProbe>(*d)) {
    acting(*d, "technician-1");
    d->close();
  }
  fs::path bundle() const { return fs::directory_iterator(field->medium())->path(); }
  bool retrieve() {
    return custody::retrieve(field->site(), {field->medium(), first_day, "", false}).has_value();
  }
  Result<BundleTaken> import() {
    return EvidenceBundles{d->carrier()}.import(matter, bundle(), acting(*d, "technician-1"));
  }

  static KilledField made(FieldStage stage) {
    static std::map<FieldStage, std::unique_ptr<KilledField>> originals;
    auto& original = originals[stage];
    if (!original) {
      original = std::make_unique<KilledField>(
          stage == FieldStage::captured
              ? at(Stage::armed)
              : std::move(made(static_cast<FieldStage>(static_cast<int>(stage) - 1)).d));
      if (stage == FieldStage::captured) original->field->run();
      if (stage == FieldStage::retrieved) {
        EXPECT_TRUE(original->retrieve());
      }
      if (stage == FieldStage::taken) {
        EXPECT_TRUE(original->import());
      }
      original->d->close();
    }
    auto d = std::make_unique<Desk>(original->d->clock.now());
    d->reader = original->d->reader;
    fs::copy(original->d->dir.path(), d->dir.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    return KilledField{std::move(d)};
  }
};

TEST(KilledBetweenSteps, TheImportOfABundle) {
  const InMemory memory;
  const long steps =
      killed_at_every_step([] { return KilledField::made(FieldStage::retrieved); },
                           [](KilledField& f) { return f.import().has_value(); },
                           [](KilledField& f) {
                             expect_evidence_as_sealed(*f.d, f.d->probe() / "spool");
                             EXPECT_EQ(bundles_taken(f.d->carrier(), matter)->size(), 1u);
                             EXPECT_FALSE(fs::exists(f.d->data() / "evidence" / matter / ".incoming"));
                             f.d->close();
                           });
  EXPECT_GT(steps, 8);
}

TEST(KilledBetweenSteps, TheRetrievalAndTheWipe) {
  const InMemory memory;
  const long retrieval = killed_at_every_step(
      [] { return KilledField::made(FieldStage::captured); }, [](KilledField& f) { return f.retrieve(); },
      [](KilledField& f) {
        std::size_t whole = 0;
        for (const auto& e : fs::directory_iterator(f.field->medium())) {
          ASSERT_FALSE(e.path().string().ends_with(".partial"));
          const auto b = custody::read_bundle(e.path());
          ASSERT_TRUE(b) << to_text(b.error());
          for (const custody::Piece& p : b->bundle.pieces) EXPECT_TRUE(custody::read_piece(e.path(), p));
          ++whole;
        }
        EXPECT_EQ(whole, 1u);
        EXPECT_EQ(custody::Ledger::open(f.field->site(), matter)->bundles().size(), 1u);
        f.d->close();
      });
  EXPECT_GT(retrieval, 8);
  const std::string ack = KilledField::made(FieldStage::taken).import().value().acknowledgement;
  const long wipe = killed_at_every_step(
      [] { return KilledField::made(FieldStage::taken); },
      [&](KilledField& f) { return custody::wipe(f.field->site(), view_of(ack)).has_value(); },
      [&](KilledField& f) {
        EXPECT_EQ(segments_in(f.d->probe()), 0u);
        const auto record = custody::wipe(f.field->site(), view_of(ack));
        ASSERT_TRUE(record) << to_text(record.error());
        EXPECT_TRUE(destruction_of(f.d->carrier(), matter, view_of(record->record)));
        std::size_t records = 0;  // a kill may leave a temporary file beside
        for (const auto& e : fs::directory_iterator(f.d->probe() / "destroyed"))
          records += e.path().extension() == ".json";
        EXPECT_EQ(records, 1u);
        f.d->close();
      });
  EXPECT_GT(wipe, 5);
}

}  // namespace
}  // namespace writ::desk
