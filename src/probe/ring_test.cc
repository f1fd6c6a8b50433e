// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

#include "probe/shared_ring.hh"

namespace writ::probe {
namespace {

struct Ring {
  explicit Ring(std::size_t bytes = 256) : memory(SharedMemory::make(bytes + sizeof(RingHead)).value()) {
    head = new (memory.bytes().data()) RingHead;
    room = memory.bytes().subspan(sizeof(RingHead));
  }
  RingWriter writer(std::uint64_t at = 0) { return {*head, room, at}; }
  RingReader reader(std::uint64_t at = 0) { return {*head, room, at}; }
  SharedMemory memory;
  RingHead* head;
  std::span<std::uint8_t> room;
};

std::string text(std::optional<View> v) { return v ? std::string(text_of(*v)) : "(none)"; }

TEST(SharedRing, RecordsComeInOrderAndNotBeforeTheyArePublished) {
  Ring ring;
  auto w = ring.writer();
  auto r = ring.reader();
  ASSERT_TRUE(w.put({view_of("one, "), view_of("in two parts")}));
  EXPECT_FALSE(r.next());
  w.publish();
  EXPECT_EQ(text(r.next()), "one, in two parts");
  EXPECT_FALSE(r.next());
  EXPECT_FALSE(r.broken());
  ASSERT_TRUE(w.put({}));
  w.publish();
  EXPECT_EQ(text(r.next()), "");
}

TEST(SharedRing, AFullRingTakesNothingUntilItIsReleased) {
  Ring ring;
  auto w = ring.writer();
  auto r = ring.reader();
  const std::string hundred(100, 'x');
  ASSERT_TRUE(w.put({view_of(hundred)}));
  ASSERT_TRUE(w.put({view_of(hundred)}));
  EXPECT_FALSE(w.put({view_of(hundred)}));
  w.publish();
  EXPECT_EQ(text(r.next()), hundred);
  EXPECT_FALSE(w.put({view_of(hundred)}));  // read, but not released
  r.release();
  EXPECT_TRUE(w.put({view_of(hundred)}));
}

// Any lengths, over the ring's end again and again, in two processes.
TEST(SharedRing, AnotherProcessReadsWhatWasWritten) {
  Ring ring{4096};
  const auto length_of = [](std::uint32_t n) { return n * 7919 % 1500; };
  const pid_t pid = ::fork();
  if (pid == 0) {
    auto r = ring.reader();
    for (std::uint32_t n = 0; n < 20000;) {
      const auto record = r.next();
      if (!record) {
        if (r.broken()) ::_exit(2);
        r.wait(100);
        continue;
      }
      if (record->size() != length_of(n)) ::_exit(3);
      for (const std::uint8_t b : *record)
        if (b != static_cast<std::uint8_t>(n)) ::_exit(4);
      ++n;
      r.release();
    }
    ::_exit(0);
  }
  auto w = ring.writer();
  for (std::uint32_t n = 0; n < 20000; ++n) {
    const Bytes record(length_of(n), static_cast<std::uint8_t>(n));
    while (!w.put({record})) w.wait_for_room(100);
    w.publish();
  }
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(SharedRing, WhoRepeatsWhatIsWrittenArrivesAtItsEnd) {
  Ring ring;
  auto first = ring.writer();
  std::mt19937 random{5};
  std::vector<std::string> said;
  for (int n = 0; n < 7; ++n) said.emplace_back(random() % 30, static_cast<char>('a' + n));
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(first.put({view_of(said[static_cast<std::size_t>(n)])}));
  first.publish();
  auto again = ring.writer();
  for (const std::string& s : said) {
    ASSERT_TRUE(again.put({view_of(s)}));
    again.publish();
  }
  EXPECT_FALSE(again.strayed());
  auto r = ring.reader();
  for (const std::string& s : said) EXPECT_EQ(text(r.next()), s);
  EXPECT_FALSE(r.next());
}

TEST(SharedRing, WhoSaysSomethingElseIsNoticed) {
  Ring ring;
  auto first = ring.writer();
  ASSERT_TRUE(first.put({view_of("short")}));
  first.publish();
  auto other = ring.writer();
  ASSERT_TRUE(other.put({view_of("much longer than what was said")}));
  EXPECT_TRUE(other.strayed());
}

TEST(SharedRing, WhatCannotBeIsNotFollowed) {
  const std::uint32_t lengths[] = {0xFFFFFFFE, 0x7FFFFFFF, 300, 253, 9};
  for (const std::uint32_t n : lengths) {
    Ring ring;
    std::memcpy(ring.room.data(), &n, sizeof n);
    ring.head->written = 16;
    auto r = ring.reader();
    EXPECT_EQ(r.next().has_value(), n == 9) << n;
    EXPECT_EQ(r.broken(), n != 9) << n;  // nine bytes and a length are sixteen with what fills up
  }
  for (const std::uint64_t written : {std::uint64_t{4}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    Ring ring;
    ring.head->written = written;
    auto r = ring.reader();
    EXPECT_FALSE(r.next()) << written;
    EXPECT_TRUE(r.broken()) << written;
  }
  Ring ring;  // back to the start, from the start
  std::memset(ring.room.data(), 0xFF, ring.room.size());
  ring.head->written = 256;
  auto r = ring.reader();
  EXPECT_FALSE(r.next());
  EXPECT_TRUE(r.broken());
}

}  // namespace
}  // namespace writ::probe
