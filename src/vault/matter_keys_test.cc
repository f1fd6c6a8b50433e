// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/matter_keys.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace writ::vault {
namespace {

class MatterKeys : public testing::Test {
 protected:
  MatterKeys() : dir_(fs::path(testing::TempDir()) / ("writ_matter_keys." + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
    for (std::size_t i = 0; i < keys_.size(); ++i) custodians_.push_back({users_[i], keys_[i].public_key()});
  }
  ~MatterKeys() override { fs::remove_all(dir_); }

  auto make(const std::string& matter, const std::string& stream = "content") {
    return make_matter_key(dir_, matter, stream, custodians_, {r1_.public_key(), r2_.public_key()});
  }
  auto open(std::size_t a, std::size_t b) {
    return open_matter_key(dir_, "M-1", "content", users_[a], keys_[a], users_[b], keys_[b]);
  }

  const fs::path dir_;
  const std::vector<std::string> users_{"carol", "alice", "dave", "bob"};
  const std::array<crypto::BoxKey, 4> keys_;
  const crypto::BoxKey r1_, r2_;
  std::vector<Custodian> custodians_;
};

TEST_F(MatterKeys, EveryPairOpensAndNoSinglePersonDoes) {
  const auto made = make("M-1");
  ASSERT_TRUE(made) << to_text(made.error());
  const Bytes sealed = crypto::seal(*made, view_of("evidence"));
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b < 4; ++b) {
      const auto key = open(a, b);
      if (a == b) {
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().exit, Exit::refused);
        continue;
      }
      ASSERT_TRUE(key) << to_text(key.error());
      EXPECT_EQ(text_of(*key->open(sealed)), "evidence");
    }
}

TEST_F(MatterKeys, OnePersonUnderTwoNamesOrWithAStrangerDoesNotOpen) {
  ASSERT_TRUE(make("M-1"));
  const crypto::BoxKey stranger;
  const auto try_open = [&](const std::string& u, const crypto::BoxKey& a, const std::string& v,
                            const crypto::BoxKey& b) {
    const auto r = open_matter_key(dir_, "M-1", "content", u, a, v, b);
    return !r && r.error().exit == Exit::refused;
  };
  EXPECT_TRUE(try_open("alice", keys_[1], "bob", keys_[1]));
  EXPECT_TRUE(try_open("alice", keys_[1], "bob", stranger));
  EXPECT_TRUE(try_open("alice", keys_[1], "mallory", stranger));
  EXPECT_TRUE(try_open("alice", keys_[1], "mallory", keys_[3]));
  EXPECT_TRUE(try_open("r", r1_, "s", r1_));
  EXPECT_TRUE(try_open("r", r1_, "bob", keys_[3]));
}

TEST_F(MatterKeys, OneCustodianHasNothingEvenWithTheRawFile) {
  ASSERT_TRUE(make("M-1"));
  const Json j = *parse_json(*read_file(dir_ / "M-1.content.json"), "file");
  int inner = 0;
  for (const Json& w : j["wraps"]) {
    const Bytes box = *crypto::unbase64(w["box"].get<std::string>());
    for (const auto& k : keys_)
      if (const auto middle = k.open(box)) {
        ++inner;
        EXPECT_GT(middle->size(), 32u);
        EXPECT_FALSE(k.open(*middle));
      }
  }
  EXPECT_EQ(inner, 6);
}

TEST_F(MatterKeys, BothRecoveryKeysOpen) {
  const auto made = make("M-1");
  ASSERT_TRUE(made);
  for (const bool swap : {false, true}) {
    const auto key =
        open_matter_key(dir_, "M-1", "content", "paper 1", swap ? r2_ : r1_, "paper 2", swap ? r1_ : r2_);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->public_key(), *made);
  }
}

TEST_F(MatterKeys, MakingAgainGivesTheSameKeyAndStreamsDiffer) {
  const auto first = make("M-1"), again = make("M-1"), other = make("M-1", "call-data");
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
}

TEST_F(MatterKeys, RefusesTooFewOrDoubledHoldersAndNamesThatLeaveTheDirectory) {
  custodians_.resize(2);
  EXPECT_EQ(make("M-1").error().exit, Exit::refused);
  custodians_.push_back(custodians_[0]);
  EXPECT_EQ(make("M-1").error().exit, Exit::refused);
  custodians_[2] = {"erin", custodians_[0].box};
  EXPECT_EQ(make("M-1").error().exit, Exit::refused);
  custodians_[2] = {"erin", r1_.public_key()};
  EXPECT_EQ(make("M-1").error().exit, Exit::refused);
  custodians_[2] = {"erin", keys_[2].public_key()};
  EXPECT_TRUE(make("M-1"));
  for (const char* bad : {"", "../M", "a/b", ".hidden", "a b"})
    EXPECT_EQ(make(bad).error().exit, Exit::usage) << bad;
  EXPECT_EQ(make("M-1", "a.b").error().exit, Exit::usage);
}

TEST_F(MatterKeys, EveryChangedBitIsFoundOrHarmless) {
  ASSERT_TRUE(make("M-1"));
  const fs::path p = dir_ / "M-1.content.json";
  const Bytes good = *read_file(p);
  const auto expected = make("M-1");
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 13) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    std::ofstream(p, std::ios::binary) << text_of(bad);
    const auto key = open(0, 1);  // never another key than the one that was made
    EXPECT_TRUE(!key || key->public_key() == *expected) << bit;
  }
}

TEST_F(MatterKeys, DestroyingShredsOneMatterOnly) {
  ASSERT_TRUE(make("M-1") && make("M-1", "call-data") && make("M-1.A") && make("M-10"));
  ASSERT_TRUE(write_file(dir_ / "M-1.content.json.tmp.77", "left by a kill"));
  const fs::path link = dir_ / "second-name";
  fs::create_hard_link(dir_ / "M-1.content.json", link);
  const Bytes before = *read_file(link);
  ASSERT_TRUE(destroy_matter_keys(dir_, "M-1"));
  EXPECT_EQ(open(0, 1).error().exit, Exit::not_found);
  EXPECT_FALSE(fs::exists(dir_ / "M-1.call-data.json"));
  EXPECT_FALSE(fs::exists(dir_ / "M-1.content.json.tmp.77"));
  EXPECT_TRUE(fs::exists(dir_ / "M-1.A.content.json"));
  EXPECT_TRUE(fs::exists(dir_ / "M-10.content.json"));
  const Bytes after = *read_file(link);  // the blocks themselves were overwritten
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(text_of(after).find("wraps"), std::string_view::npos);
  EXPECT_TRUE(destroy_matter_keys(dir_, "M-1")) << "doing it again is no error";
}

}  // namespace
}  // namespace writ::vault
