// SPDX-License-Identifier: GPL-3.0-or-later
// How it is used on a disk that is full: tests/acceptance/disk_full_test.
#include "capture/headroom.hh"

#include <sys/stat.h>

#include "capture/capture_for_test.hh"

namespace writ::capture {
namespace {

class HeadroomTest : public test::CaptureTest {
 protected:
  std::uint64_t held() const {  // on the disk, not in name only
    struct stat st {};
    return ::stat((dir_ / "headroom").c_str(), &st) == 0 ? std::uint64_t(st.st_blocks) * 512 : 0;
  }
};

TEST_F(HeadroomTest, IsGivenWhileTheDiskIsShortAndKeptAgainAfterwards) {
  ASSERT_TRUE(keep_headroom(dir_));
  EXPECT_GE(held(), headroom_bytes);
  ASSERT_TRUE(keep_headroom(dir_)) << "it is there already";
  {
    const HeadroomUse enough{dir_, headroom_bytes};
    EXPECT_GE(held(), headroom_bytes);
  }
  {
    const HeadroomUse shortage{dir_, headroom_bytes - 1};
    EXPECT_EQ(held(), 0u);
  }
  EXPECT_GE(held(), headroom_bytes);
}

TEST_F(HeadroomTest, WhereThereIsNoRoomTheNextStepIsNamed) {
  const Status s = keep_headroom(dir_ / "nothing");
  ASSERT_FALSE(s);
  EXPECT_NE(s.error().next.find("retrieve"), std::string::npos);
}

}  // namespace
}  // namespace writ::capture
