// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/hotel_log.hh"

#include <sys/resource.h>

#include "ingest/hotel_for_test.hh"

namespace writ::ingest {
namespace {

using test::fresh_dir;

TEST(HotelRawLog, OneLinkHasOneRawLog) {
  const fs::path dir = fresh_dir("two");
  const auto first = HotelLog::open(dir / "fias.log");
  ASSERT_TRUE(first);
  const auto second = HotelLog::open(dir / "fias.log");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().exit, Exit::unit);
}

TEST(HotelRawLog, CutsATornTailAndTellsOfDamage) {
  const fs::path file = fresh_dir("torn") / "fias.log";
  {
    auto o = HotelLog::open(file);
    ASSERT_TRUE(o);
    for (const char* record : {"LS|", "GI|RN214|G#1|GN\x80\\|", "GO|RN214|G#1|"}) {
      std::vector<HotelLog::Entry> e{{'F', record, test::at("2026-11-25T12:00:00.000001Z"), 0}};
      ASSERT_TRUE(o->log.append(e));
    }
    ASSERT_TRUE(o->log.done(2, test::at("2026-11-25T12:00:01Z")));
  }
  const std::string whole = *read_text(file);
  const std::size_t tail = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = tail + 1; size < whole.size(); ++size) {
    ASSERT_TRUE(write_file(file, whole.substr(0, size)));
    const auto o = HotelLog::open(file);
    ASSERT_TRUE(o);
    EXPECT_EQ(o->torn_bytes, size - tail);
    EXPECT_EQ(fs::file_size(file), tail);
    ASSERT_EQ(o->not_done.size(), 2u);
    EXPECT_EQ(o->not_done[0].bytes, "GI|RN214|G#1|GN\x80\\|");
    EXPECT_EQ(o->not_done[0].at, test::at("2026-11-25T12:00:00.000001Z"));
  }
  std::string damaged = whole;
  damaged[damaged.find("RN214")] = 'X';
  ASSERT_TRUE(write_file(file, damaged));
  const auto o = HotelLog::open(file);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->damaged_lines, std::vector<std::uint64_t>{2});
  EXPECT_EQ(*read_text(file), damaged);  // evidence is not touched
}

TEST(HotelRawLog, AFullDiskRefusesTheRecordAndLeavesTheLogWhole) {
  const fs::path file = fresh_dir("full") / "fias.log";
  auto o = HotelLog::open(file);
  ASSERT_TRUE(o);
  std::vector<HotelLog::Entry> e{{'F', "GI|RN214|G#1|", test::at("2026-11-25T12:00:00Z"), 0}};
  ASSERT_TRUE(o->log.append(e));
  const std::string before = *read_text(file);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{before.size() + 10, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status refused = o->log.append(e);
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().missing.find("was not taken"), std::string::npos);
  EXPECT_EQ(*read_text(file), before);
  EXPECT_TRUE(o->log.append(e));
  EXPECT_EQ(e[0].number, 2u);
}

}  // namespace
}  // namespace writ::ingest
