// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/sealed_file.hh"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace writ::vault {
namespace {

struct SealedFile : ::testing::Test {
  SealedFile() {
    std::string t = fs::temp_directory_path() / "writ-sealed-XXXXXX";
    dir = mkdtemp(t.data());
    file = dir / "a.sealed";
  }
  ~SealedFile() override {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  Result<std::vector<std::string>> read(const crypto::BoxKey& with) {
    std::vector<std::string> out;
    WRIT_CHECK(read_sealed(file, with, [&](std::string_view l) {
      out.emplace_back(l);
      return Status{};
    }));
    return out;
  }
  std::vector<std::string> write(std::size_t lines) {
    auto w = SealedWriter::create(file, key.public_key());
    EXPECT_TRUE(w);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < lines; ++i) {
      out.push_back("canary +14045550160 " + std::to_string(i));
      EXPECT_TRUE(w->line(out.back()));
    }
    const auto digest = w->finish();
    EXPECT_TRUE(digest);
    EXPECT_EQ(*digest, crypto::sha256_file(file.string()).value());
    return out;
  }
  fs::path dir, file;
  crypto::BoxKey key;
};

TEST_F(SealedFile, GivesBackItsLinesToItsKeyAlone) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{20'000}}) {
    const auto lines = write(n);
    const auto again = read(key);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, lines);
    EXPECT_FALSE(read(crypto::BoxKey{}));
    EXPECT_EQ(read_text(file)->find("canary"), std::string::npos);
  }
}

TEST_F(SealedFile, EveryChangedByteAndEveryCutIsFound) {
  write(3);
  const Bytes whole = read_file(file).value();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= 1;
    ASSERT_TRUE(write_file(file, changed));
    EXPECT_FALSE(read(key)) << "byte " << i;
    ASSERT_TRUE(write_file(file, View{whole}.subspan(0, i)));
    EXPECT_FALSE(read(key)) << "cut at " << i;
  }
  Bytes longer = whole;
  longer.push_back(0);
  ASSERT_TRUE(write_file(file, longer));
  EXPECT_FALSE(read(key));
}

}  // namespace
}  // namespace writ::vault
