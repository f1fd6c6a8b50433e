// SPDX-License-Identifier: GPL-3.0-or-later
// Audit first: when the log cannot take the entry, nothing happens. root is not stopped by file modes, so the
// log is made unwritable by other means: something else lies in its place, or the process may not write
// another byte (as on a full disk).
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "desk/test_desk.hh"

namespace writ::desk::testing {
namespace {

struct Act {
  const char* name;
  Stage stage;
  Status (*act)(Desk&);
};

template <class T>
Status status(const Result<T>& r) {
  return r ? Status{} : Status{tl::unexpected(r.error())};
}

Status prepare_evidence(Desk& d) {
  WRIT_CHECK(d.capture());
  WRIT_CHECK(d.intercepts().import(matter, d.probe(), who("technician-1")));
  return status(d.intercepts().certify(matter, who("officer-1")));
}

const Act acts[] = {
    {"user add", Stage::people,
     [](Desk& d) { return d.carrier().add_user("new", "passphrase of new", {Role::officer}, both_roots()); }},
    {"request file", Stage::people, [](Desk& d) { return status(d.file({})); }},
    {"request approve", Stage::filed,
     [](Desk& d) { return status(d.requests().approve(matter, "", who("counsel-1"))); }},
    {"intercept authorise", Stage::approved,
     [](Desk& d) { return status(d.intercepts().authorise(matter, who("officer-1"))); }},
    {"intercept arm", Stage::authorised,
     [](Desk& d) { return status(d.intercepts().arm(matter, d.out(), who("technician-1"))); }},
    {"intercept stop", Stage::armed,
     [](Desk& d) {
       return status(d.intercepts().stop(matter, "x", d.dir.path() / "stop", who("counsel-1")));
     }},
    {"intercept import", Stage::armed,
     [](Desk& d) { return status(d.intercepts().import(matter, d.probe(), who("technician-1"))); }},
    {"intercept certify", Stage::armed,
     [](Desk& d) { return status(d.intercepts().certify(matter, who("officer-1"))); }},
    {"produce make", Stage::armed,
     [](Desk& d) {
       return status(d.productions().make(matter, d.dir.path() / "production", {},
                                          {who("custodian-1"), who("custodian-2")}));
     }},
    {"invoice make", Stage::armed,
     [](Desk& d) {
       return status(d.productions().invoice(matter, d.dir.path() / "i.pdf", who("finance-1")));
     }},
};

// All that may not change: the rows, and what lies outside.
std::string effects(Desk& d) {
  std::string out;
  for (const char* table :
       {"users", "probes", "orders", "steps", "grants", "revocations", "certifications", "invoices"})
    out += d.value(fmt::format("SELECT count(*) FROM {}", table)) + " ";
  out += d.value("SELECT group_concat(state) FROM orders") + " " +
         d.value("SELECT coalesce(file,'-')||acts FROM grants");
  std::error_code ec;
  for (const char* dir : {"data/grants", "data/evidence", "out", "stop", "production"})
    for (const auto& e : fs::recursive_directory_iterator(d.dir.path() / dir, ec))
      if (e.is_regular_file()) out += "\n" + e.path().lexically_relative(d.dir.path()).string();
  return out;
}

std::unique_ptr<Desk> prepared(const Act& a) {
  auto d = at(a.stage);
  const std::string_view name{a.name};
  const Status ready = name == "produce make"       ? prepare_evidence(*d)
                       : name == "intercept import" ? d->capture()
                                                    : Status{};
  EXPECT_TRUE(ready) << to_text(ready.error());
  d->carrier();
  return d;
}

TEST(AuditFirst, NothingHappensWhenTheLogIsGone) {
  for (const Act& a : acts) {
    SCOPED_TRACE(a.name);
    auto d = prepared(a);
    const std::string before = effects(*d);
    fs::rename(d->data() / "audit" / "log", d->data() / "audit" / "log.away");
    fs::create_directory(d->data() / "audit" / "log");
    const Status refused = a.act(*d);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().exit, ::testing::AnyOf(Exit::refused, Exit::integrity))
        << to_text(refused.error());
    EXPECT_EQ(effects(*d), before);
    // Opened in that state, it is refused as well.
    d->close();
    const auto again = Carrier::open(d->data(), d->clock);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().exit, ::testing::AnyOf(Exit::refused, Exit::integrity))
        << to_text(again.error());
    // Mended, the same act goes through: it was the log and nothing else.
    fs::remove(d->data() / "audit" / "log");
    fs::rename(d->data() / "audit" / "log.away", d->data() / "audit" / "log");
    const Status done = a.act(*d);
    EXPECT_TRUE(done) << to_text(done.error());
    EXPECT_NE(effects(*d), before);
  }
}

// In a child that may not make any file larger than the log is now; the store's own writes stay below that.
TEST(AuditFirst, NothingHappensWhenTheDiskIsFull) {
  for (const Act& a : acts) {
    SCOPED_TRACE(a.name);
    auto d = prepared(a);
    // The log is made the largest of the files that the act writes to.
    while (fs::file_size(d->data() / "audit" / "log") < 200'000)
      ASSERT_TRUE(d->carrier().note("desk", "filling", "", Json{{"text", std::string(20'000, 'x')}}));
    const std::string before = effects(*d);
    const rlim_t limit = fs::file_size(d->data() / "audit" / "log") + 16;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit small{limit, limit};
      if (setrlimit(RLIMIT_FSIZE, &small) != 0) _exit(99);
      const Status s = a.act(*d);
      _exit(s ? 0 : static_cast<int>(s.error().exit));
    }
    int rc = 0;
    ASSERT_EQ(waitpid(child, &rc, 0), child);
    ASSERT_TRUE(WIFEXITED(rc));
    EXPECT_EQ(WEXITSTATUS(rc), static_cast<int>(Exit::refused));
    EXPECT_EQ(effects(*d), before);
  }
}

}  // namespace
}  // namespace writ::desk::testing
