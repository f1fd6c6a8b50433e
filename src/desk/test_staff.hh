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

// The person, unlocked in the lawful way once, and from then on by the same key.
inline Acting acting(Desk& d, const std::string& user) {
  static std::map<std::string, std::pair<Bytes, Bytes>> unlocked;
  const auto cert = d.carrier().cert_of(user).value();
  auto& keys = unlocked[user];
  if (keys.first.empty() || crypto::SigningKey{View(keys.first)}.public_key() != cert.verify) {
    const Acting once = d.carrier().act_as_any(who(user), cert.roles).value();
    keys = {Bytes(once.person.sign.seed().begin(), once.person.sign.seed().end()),
            Bytes(once.person.box.secret().begin(), once.person.box.secret().end())};
  }
  return Acting{{user, crypto::SigningKey{View(keys.first)}, crypto::BoxKey{View(keys.second)}}, cert};
}

}  // namespace writ::desk::testing
