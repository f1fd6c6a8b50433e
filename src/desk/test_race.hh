// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: two people who do something at the same time, each in a process of its own over one data
// directory, as two terminals would.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "desk/test_staff.hh"

namespace writ::desk::testing {

struct Told {
  Exit exit = Exit::ok;
  std::string what;
};

class Runner {
 public:
  // Opens the carrier, says that it is ready, and waits for the word.
  template <class Act>
  Runner(Desk& d, int ready, int go, Act act) {
    std::array<int, 2> answer{};
    EXPECT_EQ(::pipe(answer.data()), 0);
    child_ = ::fork();
    if (child_ == 0) {
      d.carrier();
      char word = 'r';
      if (::write(ready, &word, 1) != 1 || ::read(go, &word, 1) != 1) ::_exit(99);
      const auto done = act(d);
      const std::string what = done ? "" : done.error().what;
      if (::write(answer[1], what.data(), what.size()) < 0) ::_exit(99);
      ::_exit(done ? 0 : static_cast<int>(done.error().exit));
    }
    ::close(answer[1]);
    answer_ = answer[0];
  }
  Told told() const {
    Told out;
    std::array<char, 4096> text{};
    for (ssize_t n = 0; (n = ::read(answer_, text.data(), text.size())) > 0;)
      out.what.append(text.data(), static_cast<std::size_t>(n));
    int rc = 0;
    EXPECT_EQ(::waitpid(child_, &rc, 0), child_);
    EXPECT_TRUE(WIFEXITED(rc)) << rc;
    out.exit = static_cast<Exit>(WEXITSTATUS(rc));
    ::close(answer_);
    return out;
  }

 private:
  pid_t child_ = -1;
  int answer_ = -1;
};

// What each of the two was told. `a`, `b`: Result<T>(Desk&). Keys that they need are unlocked before.
template <class A, class B>
std::array<Told, 2> at_once(Desk& d, A a, B b) {
  d.close();
  std::array<int, 2> ready{}, go{};
  EXPECT_EQ(::pipe(ready.data()) | ::pipe(go.data()), 0);
  const Runner one{d, ready[1], go[0], a}, two{d, ready[1], go[0], b};
  std::array<char, 2> word{'g', 'g'};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(::read(ready[0], word.data(), 1), 1);
  EXPECT_EQ(::write(go[1], word.data(), 2), 2);
  const std::array<Told, 2> out{one.told(), two.told()};
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
  return out;
}

// One did it, the other was told that it is not done by him, and the log names both. `before`: its size then.
inline void expect_one_wins(Desk& d, const std::array<Told, 2>& told, const std::array<std::string, 2>& users,
                            std::size_t before) {
  const auto& [a, b] = told;
  EXPECT_NE(a.exit == Exit::ok, b.exit == Exit::ok) << a.what << "\n" << b.what;
  const Told& lost = a.exit == Exit::ok ? b : a;
  EXPECT_TRUE(lost.exit == Exit::failure || lost.exit == Exit::refused || lost.exit == Exit::expired)
      << static_cast<int>(lost.exit) << lost.what;
  EXPECT_FALSE(lost.what.empty());
  const auto log = d.log();
  for (const std::string& user : users)
    EXPECT_TRUE(std::any_of(log.begin() + static_cast<std::ptrdiff_t>(before), log.end(), [&](const Json& e) {
      return e.value("actor", "") == user;
    })) << user;
  const std::string& loser = a.exit == Exit::ok ? users[1] : users[0];
  EXPECT_TRUE(std::any_of(
      log.begin() + static_cast<std::ptrdiff_t>(before), log.end(),
      [&](const Json& e) { return e.value("actor", "") == loser && e.value("action", "") == "refused"; }))
      << "that " << loser << " was not the first is in the log";
}

}  // namespace writ::desk::testing
