// SPDX-License-Identifier: GPL-3.0-or-later
// The verifier: a sound production is proven, every change to any file is found and named.
#include <gtest/gtest.h>

#include "produce/sample.hh"

namespace writ::produce {
namespace {

// One production for all tests; each works on a copy.
struct Original {
  sample::Scratch s;
  sample::Production p;
  fs::path dir = s.path / "package";
  Original() {
    p.recordings(dir);
    p.write(dir);
  }
};
Original& original() {
  static Original o;
  return o;
}

class Verify : public ::testing::Test {
 protected:
  sample::Scratch s;
  fs::path dir = s.path / "package";
  void SetUp() override { fs::copy(original().dir, dir, fs::copy_options::recursive); }
  void fresh() {
    fs::remove_all(dir);
    fs::copy(original().dir, dir, fs::copy_options::recursive);
  }
  static std::string problems(const fs::path& package, const fs::path& roots = {}) {
    const auto r = verify_package(package, roots);
    if (!r) return r.error().what;
    std::string out;
    for (const VerifyFinding& f : r->findings)
      if (!f.ok) out += f.what + "\n";
    EXPECT_EQ(r->ok, out.empty());
    return out;
  }
  static std::vector<std::string> files(const fs::path& d) {
    std::vector<std::string> out;
    for (const auto& e : fs::recursive_directory_iterator(d))
      if (e.is_regular_file()) out.push_back(e.path().lexically_relative(d).generic_string());
    return out;
  }
  void put(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(dir / name, text)); }
  Json read_json(const std::string& name) { return Json::parse(read_text(dir / name).value()); }
};

TEST_F(Verify, ASoundProductionIsProven) {
  EXPECT_EQ(problems(dir), "");
  EXPECT_EQ(problems(dir, dir / "authority/roots.json"), "");
  const auto r = verify_package(dir, {});
  EXPECT_EQ(r->roots_fingerprint, authority::fingerprint(original().p.office.roots));
}

TEST_F(Verify, EveryFileFlippedDeletedOrRenamedIsNamed) {
  const std::vector<std::string> all = files(dir);
  ASSERT_GE(all.size(), 14u);
  for (const std::string& f : all) {
    const Bytes sound = read_file(dir / f).value();
    for (const std::size_t at : {std::size_t{0}, sound.size() / 2, sound.size() - 1}) {
      Bytes b = sound;
      b[at] ^= 1;
      ASSERT_TRUE(write_file(dir / f, b));
      EXPECT_NE(problems(dir).find(f), std::string::npos) << f << " flipped at " << at << ":\n"
                                                          << problems(dir);
    }
    fs::remove(dir / f);
    EXPECT_NE(problems(dir).find(f), std::string::npos) << f << " deleted:\n" << problems(dir);
    ASSERT_TRUE(write_file(dir / (f + ".x"), sound));
    // Without its list nothing can be called foreign: there the missing manifest is what is named.
    EXPECT_NE(problems(dir).find(f == "manifest.json" ? "manifest.json: missing" : f + ".x"),
              std::string::npos)
        << f << " renamed";
    fs::remove(dir / (f + ".x"));
    ASSERT_TRUE(write_file(dir / f, sound));
  }
  EXPECT_EQ(problems(dir), "") << "put back";
}

TEST_F(Verify, AddedFilesDirectoriesAndLinksAreNamed) {
  put("recordings/extra.wav", "x");
  EXPECT_NE(problems(dir).find("recordings/extra.wav"), std::string::npos);
  fresh();
  fs::create_directory(dir / "empty");
  EXPECT_NE(problems(dir).find("empty/"), std::string::npos);
  fresh();
  fs::remove(dir / "README.txt");
  fs::create_symlink("/etc/hostname", dir / "README.txt");
  EXPECT_NE(problems(dir).find("README.txt: a link"), std::string::npos);
}

TEST_F(Verify, SignaturesOfOthersAreRefused) {
  Json sig = read_json("manifest.sig");
  std::swap(sig["signatures"][0]["signature"], sig["signatures"][1]["signature"]);
  put("manifest.sig", canonical(sig));
  EXPECT_NE(problems(dir).find("does not fit manifest.json"), std::string::npos);
  fresh();
  sig = read_json("manifest.sig");
  sig["signatures"][1] = sig["signatures"][0];
  put("manifest.sig", canonical(sig));
  EXPECT_NE(problems(dir).find("two different custodians"), std::string::npos);
}

TEST_F(Verify, AManifestSignedAgainByAnUncertifiedKeyIsRefused) {
  const authority::Person stranger{"custodian.a", {}, {}};
  PackageInput in = original().p.in;
  in.signers[0] = &stranger;
  ASSERT_TRUE(seal_production(dir, in, original().p.proof));
  EXPECT_NE(problems(dir).find("manifest.sig: the key of custodian.a is not certified"), std::string::npos)
      << problems(dir);
  fresh();
  in.signers[0] = &original().p.office.officer;  // certified, but no custodian
  ASSERT_TRUE(seal_production(dir, in, original().p.proof));
  EXPECT_NE(problems(dir).find("manifest.sig"), std::string::npos);
}

TEST_F(Verify, OtherRootsAreRefused) {
  const sample::Office other;
  ASSERT_TRUE(write_file(s.path / "kept.json", canonical(authority::to_json(other.roots))));
  EXPECT_NE(problems(dir, s.path / "kept.json").find("other trust roots"), std::string::npos);
  EXPECT_FALSE(verify_package(dir, s.path / "absent.json"));
}

TEST_F(Verify, AProofOfAnotherEntryIsRefused) {
  ASSERT_TRUE(seal_production(dir, original().p.in, original().p.other_proof));
  EXPECT_NE(problems(dir).find("audit-proof.json: proves another entry"), std::string::npos);
  audit::Proof closed = original().p.proof;
  closed.opening.reset();
  ASSERT_TRUE(seal_production(dir, original().p.in, closed));
  EXPECT_NE(problems(dir).find("audit-proof.json: the entry is not opened"), std::string::npos);
}

// What insiders with all the custodians' keys could still not do: claims that the grants do not carry.
class Insiders : public Verify {
 protected:
  std::string produced(sample::Production& p) {
    fs::remove_all(dir);
    p.write(dir);
    return problems(dir);
  }
};

TEST_F(Insiders, TheControlIsProven) {
  sample::Production p;
  EXPECT_EQ(produced(p), "");
}
TEST_F(Insiders, CallsOutsideTheWindow) {
  sample::Production p;
  p.opened.calls[1].start = sample::armed - std::chrono::seconds(1);
  EXPECT_NE(produced(p).find("call-2@192.0.2.1: start"), std::string::npos);
}
TEST_F(Insiders, PacketsOutsideTheWindow) {
  sample::Production p;
  p.opened.packets[0].raw.at = sample::armed + std::chrono::days(20);
  EXPECT_NE(produced(p).find("content.pcap: 1 of 3 packets"), std::string::npos);
}
TEST_F(Insiders, ContentUnderAPenRegister) {
  sample::Production p(authority::Kind::pen);
  EXPECT_NE(produced(p).find("content.pcap: content, but no grant"), std::string::npos);
  sample::Production lawful(authority::Kind::pen);
  lawful.opened.packets.clear();
  for (auto& c : lawful.opened.calls) c.dtmf.clear();
  EXPECT_EQ(produced(lawful), "");
}
TEST_F(Insiders, ACertificationOfOtherTargets) {
  sample::Production p;
  p.in.certification.facts.targets = {"+14045550103"};
  p.certify();
  EXPECT_NE(produced(p).find("certification.json: its targets"), std::string::npos);
}
TEST_F(Insiders, ACertificationByACustodian) {
  sample::Production p;
  Certification& c = p.in.certification;
  c.key = p.office.custodian_a.sign.public_key().text();
  c.signature = crypto::hex(
      p.office.custodian_a.sign.sign(certification_domain, view_of(canonical(certification_statement(c)))));
  EXPECT_NE(produced(p).find("certification.json"), std::string::npos);
}

TEST_F(Verify, TheImageIsProvenAndItsDataBytesCount) {
  const fs::path iso = s.path / "p.iso";
  const Status written = write_iso(dir, iso, "M_2026_0001", sample::produced);
  ASSERT_TRUE(written) << written.error().what;
  EXPECT_EQ(problems(iso), "");
  Bytes b = read_file(iso).value();
  const std::string_view text = text_of(b);
  const std::size_t at = text.find("RIFF, a recording");
  ASSERT_NE(at, std::string_view::npos);
  b[at] ^= 1;
  ASSERT_TRUE(write_file(iso, b));
  EXPECT_NE(problems(iso).find("recordings/001-from-target.wav: SHA-256"), std::string::npos)
      << problems(iso);
  ASSERT_TRUE(write_file(iso, std::string_view("no image")));
  EXPECT_FALSE(verify_package(iso, {}));
}

TEST_F(Verify, NothingThereIsNotFound) {
  const auto r = verify_package(s.path / "nothing", {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::not_found);
}

}  // namespace
}  // namespace writ::produce
