// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/seal_line.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

namespace writ::vault {
namespace {

// What a second thread would see if two pieces of one line ran together, or in another order.
struct Watched {
  explicit Watched(SealHands* hands) : line(hands) {}
  std::atomic<int> inside{0}, broken{0};
  int last = -1;  // unguarded on purpose: the line itself must order it (tsan)
  SealLine line;
  void give(int n) {
    line.give([this, n] {
      if (inside.fetch_add(1) != 0 || n != last + 1) ++broken;
      last = n;
      inside.fetch_sub(1);
    });
  }
};

TEST(SealLine, OneLinesPiecesAreDoneInOrderAndOneAtATime) {
  SealHands hands{3};
  std::vector<std::unique_ptr<Watched>> lines;
  for (int l = 0; l < 7; ++l) lines.push_back(std::make_unique<Watched>(&hands));
  constexpr int pieces = 2000;
  for (int n = 0; n < pieces; ++n)
    for (auto& l : lines) l->give(n);
  for (auto& l : lines) {
    l->line.wait(l->line.given());
    EXPECT_EQ(l->last, pieces - 1);
    EXPECT_EQ(l->broken, 0);
  }
}

TEST(SealLine, WaitingIsForWhatWasGivenBefore) {
  std::atomic<bool> go{false};
  std::atomic<int> done{0};
  SealHands hands{1};
  SealLine line{&hands};
  const auto first = line.give([&] { ++done; });
  line.give([&] {
    while (!go) std::this_thread::yield();
    ++done;
  });
  std::thread waiter([&] { line.wait(first); });  // the second is still at work
  waiter.join();
  EXPECT_EQ(done, 1);
  go = true;
  line.wait(line.given());
  EXPECT_EQ(done, 2);
}

// One thread is held up; the giver does not add to what waits, but works.
TEST(SealLine, TheGiverLendsAHandWhenTooMuchWaits) {
  // These outlive the lines, which wait for their work at their end.
  std::atomic<bool> go{false}, begun{false};
  std::atomic<int> by_giver{0};
  const auto giver = std::this_thread::get_id();
  SealHands hands{1};
  SealLine held{&hands}, other{&hands};
  held.give([&] {
    begun = true;
    while (!go) std::this_thread::yield();
  });
  while (!begun) std::this_thread::yield();
  constexpr int pieces = 1000, waiting_bound = 100;
  for (int n = 0; n < pieces; ++n) other.give([&] { by_giver += std::this_thread::get_id() == giver; });
  EXPECT_GE(by_giver, pieces - waiting_bound);
  go = true;
}

TEST(SealLine, WhatWasGivenIsDoneBeforeTheLineEnds) {
  SealHands hands{2};
  int done = 0;
  {
    SealLine line{&hands};
    for (int n = 0; n < 50; ++n) line.give([&] { ++done; });
  }
  EXPECT_EQ(done, 50);
}

TEST(SealLine, WithoutHandsTheGiverDoesIt) {
  SealLine line{nullptr};
  int done = 0;
  EXPECT_EQ(line.give([&] { ++done; }), 1u);
  EXPECT_EQ(done, 1);
  line.wait(1);
}

}  // namespace
}  // namespace writ::vault
