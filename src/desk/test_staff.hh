// SPDX-License-Identifier: GPL-3.0-or-later
// A carrier with two people of each role, for tests of cases: their keys are unlocked once in a process, as
// argon2id is slow on purpose.
#pragma once
#include "desk/case_book.hh"
#include "desk/test_desk.hh"

namespace writ::desk::testing {

// Stage::people, and intake-2, counsel-2, officer-2, technician-2, at `start`.
inline std::unique_ptr<Desk> staffed(Instant start = first_packet) {
  static const std::unique_ptr<Desk> original = [] {
    auto d = at(Stage::people);
    for (const auto& [user, role] :
         std::initializer_list<std::pair<const char*, Role>>{{"intake-2", Role::intake},
                                                             {"counsel-2", Role::counsel},
                                                             {"officer-2", Role::officer},
                                                             {"technician-2", Role::technician}})
      add_person(*d, user, {role});
    d->close();
    return d;
  }();
  auto d = std::make_unique<Desk>(start);
  d->reader = original->reader;
  fs::copy(original->dir.path(), d->dir.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  return d;
}

// Cases that are not entries of the directory, which every carrier here has.
inline std::size_t cases_filed(Carrier& c) {
  const auto all = read_cases(c).value();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [](const Case& x) { return x.cycle != process::Cycle::directory; }));
}

}  // namespace writ::desk::testing
