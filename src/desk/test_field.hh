// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the armed desk's probe after the sandbox capture, as a technician in the field finds it.
#pragma once
#include "custody/retrieve.hh"
#include "custody/wipe.hh"
#include "desk/evidence_bundles.hh"
#include "desk/test_desk.hh"

namespace writ::desk::testing {

struct FieldProbe {
  explicit FieldProbe(Desk& desk) : d(&desk), key(d->probe_key()), roots(d->carrier().roots()) {
    EXPECT_TRUE(make_dirs(medium()));
  }
  fs::path medium() const { return d->dir.path() / "medium"; }
  // A run over the sandbox capture, with what writ-probe writes down when it begins.
  void run() {
    const Status captured = d->capture();
    ASSERT_TRUE(captured) << to_text(captured.error());
    const auto row = Orders{d->carrier()}.grant(matter, 1);
    const auto list =
        authority::verify_revocations(view_of(read_text(d->out() / "revocations.json").value()), roots, 0);
    const auto grant =
        authority::verify_grant(view_of(*(*row)->file), {&roots, &*list, key.public_key(), d->clock.now()});
    ASSERT_TRUE(grant) << to_text(grant.error());
    ASSERT_TRUE(custody::note_matter(d->probe() / "spool", *grant));
  }
  custody::Site site() {
    return {d->probe(), "mirror-1",     &key,
            &roots,     d->clock.now(), [](const std::string&, const Json&) -> Status { return {}; }};
  }
  Result<custody::Retrieved> retrieve(const std::string& day) {
    d->clock.advance(1min);
    WRIT_TRY(done, custody::retrieve(site(), {medium(), day, "", false}));
    return done.bundles.at(0);
  }
  // With its certificate, in the desk's test store.
  Desk* d;
  crypto::SigningKey key;
  authority::TrustRoots roots;
};

}  // namespace writ::desk::testing
