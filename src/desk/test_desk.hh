// SPDX-License-Identifier: GPL-3.0-or-later
// A whole fictional carrier for the desk's tests, at the time of the sandbox capture. It goes the lawful way,
// as there is no other; argon2id makes that slow, so each stage is reached once in a process, from the one
// before, and copied.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <memory>

#include "capture/run.hh"
#include "desk/audit_service.hh"
#include "desk/order_check.hh"
#include "desk/production_service.hh"
#include "desk/request_service.hh"
#include "desk/root_keys.hh"

namespace writ::desk::testing {

using authority::Role;
using namespace std::chrono_literals;

inline const fs::path source_dir = WRIT_SOURCE_DIR;
inline const Instant first_packet = from_ns(1'795'579'597'000'000'000);  // of sandbox/harbor.pcap
inline const std::string matter = "M-2026-0001";

enum class Stage { people, filed, approved, authorised, armed };

inline Credentials who(const std::string& user) { return {user, "passphrase of " + user}; }
inline std::vector<Credentials> both_roots() { return {who("root-1"), who("root-2")}; }

class TempDir {
 public:
  TempDir() {
    std::string t = fs::temp_directory_path() / "writ-desk-XXXXXX";
    path_ = mkdtemp(t.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct OrderText {
  std::string kind = "wiretap", instrument = "EX-WT-0117", extends = "", target = "(404) 555-0102";
  Instant start = first_packet - 3h;
  std::chrono::days days{30};
  bool is_signed = true, trust_from = false, digits = false;
  std::string text() const {
    const bool wiretap = kind == "wiretap";
    return fmt::format(
        "schema = \"writ.request/1\"\nkind = \"{}\"\ninstrument = \"{}\"\nextends = \"{}\"\ncourt = "
        "\"Superior Court of Example County\"\n"
        "judge = \"Judge of the Superior Court\"\nissued = {}\nsigned = {}\nprosecutor = \"District "
        "Attorney\"\noffense = \"extortion\"\n"
        "coordinated_before = true\ncost_agreement = true\ncarrier_named = true\ncertification_3123 = "
        "true\nstart = {}\nend = {}\n"
        "seeks = [{}]\ncontents = [{}]\ntrust_from = {}\n[officer]\nname = \"Case Officer\"\nbadge = "
        "\"4471\"\nagency = \"Example County Sheriff\"\n"
        "phone = \"+14045550170\"\nreturn_address = \"1 Court Square, Harborview, GA "
        "30001\"\n[[targets]]\ntype = \"number\"\nvalue = \"{}\"\n",
        kind, instrument, extends, rfc3339_seconds(start - 1h), is_signed, rfc3339_seconds(start),
        rfc3339_seconds(start + days),
        wiretap ? digits ? "\"call-identifying\", \"content\", \"post-cut-through-digits\""
                         : "\"call-identifying\", \"content\""
                : "\"call-identifying\"",
        wiretap ? "\"person\", \"facilities\", \"communications-and-offense\", \"agency-and-authorizer\", "
                  "\"period-and-termination\""
                : "\"listed-person\", \"subject\", \"attributes\", \"offense\"",
        trust_from, target);
  }
};

class Desk;
void confirm_order(Desk& d, const std::string& matter);

// A data directory, its probe and a clock; the carrier is opened when first asked for, so that a test can
// alter things before.
class Desk {
 public:
  explicit Desk(Instant now) : clock(now) {}
  fs::path data() const { return dir.path() / "data"; }
  fs::path out() const { return dir.path() / "out"; }
  fs::path probe() const { return dir.path() / "probe"; }
  Carrier& carrier() {
    if (!carrier_) {
      auto c = Carrier::open(data(), clock);
      if (!c) throw std::runtime_error(to_text(c.error()));
      carrier_ = std::make_unique<Carrier>(std::move(*c));
    }
    return *carrier_;
  }
  void close() { carrier_.reset(); }
  RequestService requests() { return RequestService{carrier()}; }
  InterceptService intercepts() { return InterceptService{carrier()}; }
  ProductionService productions() { return ProductionService{carrier()}; }
  void sql(const std::string& statement) {
    auto db = store::Database::open(data() / "store.db");
    ASSERT_TRUE(db);
    const auto done = db->exec(statement);
    ASSERT_TRUE(done) << done.error().what << "\n" << statement;
    ASSERT_GT(db->changes(), 0) << "changed nothing: " << statement;
  }
  std::string value(const std::string& query) {
    auto db = store::Database::open(data() / "store.db");
    auto s = db->prepare(query);
    return s && s->step().value_or(false) ? s->text(0) : "";
  }
  Result<Filed> file_only(const OrderText& o, const std::string& user = "intake-1") {
    const std::string text = o.text();
    return requests().file(view_of(text), "order.toml", source_dir / "sandbox" / "order.pdf", who(user));
  }
  // And confirmed with the clerk of its court, when it passed its checks.
  Result<Filed> file(const OrderText& o, const std::string& user = "intake-1") {
    auto filed = file_only(o, user);
    if (filed && filed->state == process::State::validated) confirm_order(*this, filed->matter);
    return filed;
  }
  crypto::SigningKey probe_key() const {
    return crypto::SigningKey{View{read_file(probe() / "seed").value()}};
  }
  // What writ-probe does with an armed grant, on the sandbox capture.
  Status capture(const fs::path& from = source_dir / "sandbox" / "harbor.pcap") {
    const crypto::SigningKey key = probe_key();
    WRIT_TRY(grant_row, Orders{carrier()}.grant(matter, 1));
    WRIT_TRY(list_text, read_text(out() / "revocations.json"));
    WRIT_TRY(list, authority::verify_revocations(view_of(list_text), carrier().roots(), 0));
    WRIT_TRY(grant, authority::verify_grant(view_of(*grant_row->file),
                                            {&carrier().roots(), &list, key.public_key(), clock.now()}));
    std::vector<authority::VerifiedGrant> grants;
    grants.push_back(std::move(grant));
    WRIT_TRY(spool, capture::Spool::open(probe() / "spool", grants, key, clock));
    WRIT_TRY(ran, capture::run_file(from, grants, spool, [] { return Status{}; }));
    return spool.close();
  }
  // What the auditor reads. The reading key is unlocked once: the way through AuditService costs an argon2id
  // each time.
  std::vector<Json> log() {
    std::vector<Json> out;
    const Status read = audit::visit(data() / "audit", [&](std::uint64_t, View leaf) {
      auto e = audit::open_leaf(leaf, *reader);
      EXPECT_TRUE(e) << e.error().what;
      if (e) out.push_back(std::move(e->entry));
      return true;
    });
    EXPECT_TRUE(read) << read.error().what;
    return out;
  }
  std::size_t count(const std::string& action) {
    const auto entries = log();
    return static_cast<std::size_t>(std::count_if(
        entries.begin(), entries.end(), [&](const Json& e) { return e.value("action", "") == action; }));
  }

  TempDir dir;
  ManualClock clock;
  std::shared_ptr<crypto::BoxKey> reader;

 private:
  std::unique_ptr<Carrier> carrier_;
};

// In the lawful way.
inline void add_person(Desk& d, const std::string& user, const std::vector<Role>& roles) {
  const auto ok = d.carrier().add_user(user, who(user).passphrase, roles, both_roots());
  ASSERT_TRUE(ok) << user << ": " << ok.error().what;
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

inline Contact contact_of(ContactKind kind, const std::string& organisation, const std::string& name,
                          const std::string& number) {
  Contact c;
  c.kind = kind;
  c.name = name;
  c.organisation = organisation;
  c.number = number;
  c.address = "1 Court Square, Harborview, GA 30001";
  c.jurisdiction = "GA";
  c.source_kind = "government-directory";
  c.source = "state directory of courts and agencies";
  c.verified_on = "2026-11-20";
  return c;
}

inline const std::string clerk = "A-2026-0001", sheriff = "A-2026-0002";  // entries of the directory

inline void build_directory(Desk& d) {
  AgencyDirectory directory{d.carrier()};
  for (const Contact& c :
       {contact_of(ContactKind::court_clerk, "Superior Court of Example County", "Clerk of the court",
                   "+14045550181"),
        contact_of(ContactKind::agency, "Example County Sheriff", "Watch commander", "+14045550182")}) {
    const auto added = directory.add(c, acting(d, "intake-1"));
    ASSERT_TRUE(added) << to_text(added.error());
    const auto confirmed = directory.confirm(added->id, "called the main line", acting(d, "officer-1"));
    ASSERT_TRUE(confirmed) << to_text(confirmed.error());
  }
}

inline void confirm_order(Desk& d, const std::string& m) {
  OrderCheck check{d.carrier()};
  const auto entries = read_cases(d.carrier(), process::Cycle::directory);  // the first two: build_directory
  ASSERT_TRUE(entries) << to_text(entries.error());
  ASSERT_GE(entries->size(), 2u);
  const auto confirmed = check.verify(m, {entries->at(0).matter, "deputy clerk", Outcome::confirmed, false},
                                      acting(d, "intake-1"));
  ASSERT_TRUE(confirmed) << to_text(confirmed.error());
  const auto told = check.tell(m, entries->at(1).matter, "watch commander on duty", acting(d, "intake-1"));
  ASSERT_TRUE(told) << to_text(told.error());
}

inline void build_people(Desk& d) {
  const Status made = Carrier::init(
      {d.data(), source_dir / "policies" / "sandbox", d.dir.path() / "recovery", "", both_roots()}, d.clock);
  ASSERT_TRUE(made) << made.error().what;
  for (const auto& [user, role] :
       std::initializer_list<std::pair<const char*, Role>>{{"intake-1", Role::intake},
                                                           {"counsel-1", Role::counsel},
                                                           {"officer-1", Role::officer},
                                                           {"technician-1", Role::technician},
                                                           {"custodian-1", Role::custodian},
                                                           {"custodian-2", Role::custodian},
                                                           {"custodian-3", Role::custodian},
                                                           {"finance-1", Role::finance},
                                                           {"auditor-1", Role::auditor},
                                                           {"admin-1", Role::admin}})
    add_person(d, user, {role});
  const crypto::SigningKey key;
  const crypto::BoxKey box;
  ASSERT_TRUE(make_dirs(d.probe()));
  ASSERT_TRUE(write_file(d.probe() / "seed", key.seed()));
  const std::string request = canonical(Json{{"schema", "writ.probe-request/1"},
                                             {"name", "mirror-1"},
                                             {"verify", key.public_key().text()},
                                             {"box", box.public_key().text()}});
  ASSERT_TRUE(d.carrier().enroll_probe("mirror-1", view_of(request), both_roots()));
  const auto csv = read_text(source_dir / "sandbox" / "subscribers.csv");
  records::ImportReport report;
  ASSERT_TRUE(d.requests().import_records(view_of(*csv), "subscribers.csv", who("intake-1"), report));
  build_directory(d);
}

// From the stage before to this one.
inline void step_to(Desk& d, Stage stage) {
  switch (stage) {
    case Stage::people:
      return build_people(d);
    case Stage::filed: {
      const auto filed = d.file({});
      ASSERT_TRUE(filed) << filed.error().what;
      ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
      break;
    }
    case Stage::approved:
      ASSERT_TRUE(d.requests().approve(matter, "", who("counsel-1")));
      break;
    case Stage::authorised:
      ASSERT_TRUE(d.intercepts().authorise(matter, who("officer-1")));
      break;
    case Stage::armed:
      ASSERT_TRUE(d.intercepts().arm(matter, d.out(), who("technician-1")));
      break;
  }
  d.clock.advance(1s);
}

// A carrier of its own at that stage.
inline std::unique_ptr<Desk> at(Stage stage) {
  static std::map<Stage, std::unique_ptr<Desk>> made;
  auto& original = made[stage];
  if (!original) {
    if (stage == Stage::people) {
      original = std::make_unique<Desk>(first_packet - 1h);
    } else {
      original = at(static_cast<Stage>(static_cast<int>(stage) - 1));
    }
    step_to(*original, stage);
    if (!original->reader) {
      auto auditor = original->carrier().act_as(who("auditor-1"), Role::auditor);
      original->reader = std::make_shared<crypto::BoxKey>(original->carrier().audit_reader(*auditor).value());
    }
    original->close();
  }
  auto d = std::make_unique<Desk>(original->clock.now());
  d->reader = original->reader;
  fs::copy(original->dir.path(), d->dir.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  // The copy's grants lie in its own directories: what it stops must not reach those of the original.
  if (stage == Stage::armed) d->sql(fmt::format("UPDATE grant_outlet SET dir='{}'", d->out().string()));
  return d;
}

}  // namespace writ::desk::testing
