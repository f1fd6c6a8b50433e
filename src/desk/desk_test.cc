// SPDX-License-Identifier: GPL-3.0-or-later
// The lawful path itself (without it the refusals of gate_test.cc would prove nothing), and what happens
// around it: the same command again, extension, early stop, evidence that grows, invoices over time.
#include <gmock/gmock.h>

#include "desk/test_desk.hh"

namespace writ::desk::testing {
namespace {

template <class T>
void expect_ok(const Result<T>& r) {
  EXPECT_TRUE(r) << (r ? "" : to_text(r.error()));
}

TEST(Desk, TheLawfulPathArms) {
  auto d = at(Stage::armed);
  const auto grants = Orders{d->carrier()}.grants(matter);
  ASSERT_TRUE(grants);
  ASSERT_EQ(grants->size(), 1u);
  const GrantRow& g = grants->front();
  const auto list_text = read_text(d->out() / "revocations.json");
  ASSERT_TRUE(list_text);
  const auto list = authority::verify_revocations(view_of(*list_text), d->carrier().roots(), 1);
  ASSERT_TRUE(list);
  const auto file = read_text(d->out() / (g.id.substr(0, 16) + ".grant.json"));
  ASSERT_TRUE(file);
  expect_ok(authority::verify_grant(
      view_of(*file), {&d->carrier().roots(), &*list, d->probe_key().public_key(), d->clock.now()}));
  EXPECT_EQ(d->count("refused"), 0u);
  for (const char* action : {"carrier.init", "request.file", "request.checked", "request.approve",
                             "intercept.authorise", "grant.arm"})
    EXPECT_EQ(d->count(action), 1u) << action;
}

TEST(Desk, TheSameCommandAgainIsTheSameWork) {
  auto d = at(Stage::armed);
  const std::string before = d->value("SELECT acts||file FROM grants");
  EXPECT_EQ(d->file({})->matter, matter);
  expect_ok(d->requests().approve(matter, "", who("counsel-1")));
  expect_ok(d->intercepts().authorise(matter, who("officer-1")));
  fs::remove_all(d->out());
  expect_ok(d->intercepts().arm(matter, d->out(), who("technician-1")));
  EXPECT_EQ(d->value("SELECT acts||file FROM grants"), before);
  EXPECT_TRUE(fs::exists(d->out() / "revocations.json"));
  EXPECT_EQ(d->count("grant.arm"), 1u);
  expect_ok(d->carrier().add_user("officer-1", who("officer-1").passphrase, {Role::officer}, both_roots()));
  EXPECT_FALSE(d->carrier().add_user("officer-1", "another passphrase", {Role::officer}, both_roots()));
  EXPECT_EQ(d->value("SELECT count(*) FROM users"), "10");
}

TEST(Desk, InitAgainIsTheSameCarrierOnlyForItsRootHolders) {
  auto d = at(Stage::people);
  const InitOptions o{d->data(), source_dir / "policies" / "sandbox", d->dir.path() / "recovery", "",
                      both_roots()};
  const auto roots = read_text(d->data() / "roots.json");
  d->close();
  expect_ok(Carrier::init(o, d->clock));
  EXPECT_EQ(read_text(d->data() / "roots.json").value(), *roots);
  for (const auto& other : {std::vector{who("root-1"), who("root-3")},
                            std::vector{who("root-1"), Credentials{"root-2", "something else"}}}) {
    InitOptions bad = o;
    bad.roots = other;
    EXPECT_FALSE(Carrier::init(bad, d->clock));
  }
  InitOptions renamed = o;
  renamed.carrier = "Another Telephone Company";
  EXPECT_FALSE(Carrier::init(renamed, d->clock));
  EXPECT_EQ(d->value("SELECT count(*) FROM users"), "10");
}

TEST(Desk, ARefusedOrderIsCheckedAgainWhenItIsFiledAgain) {
  auto d = at(Stage::people);
  const OrderText o{.target = "(404) 555-0177"};  // served by nobody: V4
  const auto first = d->file(o);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->state, process::State::rejected);
  EXPECT_EQ(d->file(o)->state, process::State::rejected);
  records::ImportReport report;
  const std::string csv =
      "account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until\n"
      "HH-1001,Harbor House,12 Pier Street,Harborview,GA,30001,,number,+14045550177,,2024-03-01T00:00:00Z,\n";
  ASSERT_TRUE(d->requests().import_records(view_of(csv), "late.csv", who("intake-1"), report));
  const auto again = d->file(o);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->state, process::State::validated);
  EXPECT_EQ(again->matter, first->matter);
  EXPECT_EQ(d->value("SELECT count(*) FROM orders"), "1");
  expect_ok(d->requests().approve(first->matter, "", who("counsel-1")));
}

TEST(Desk, AFaultyExtensionDoesNotStandBeforeTheStop) {
  auto d = at(Stage::armed);
  const auto faulty = d->file({.instrument = "EX-WT-2", .extends = matter, .is_signed = false});
  ASSERT_TRUE(faulty);
  EXPECT_EQ(faulty->state, process::State::returned);
  expect_ok(d->intercepts().arm(matter, d->out(), who("technician-1")));
  const auto corrected = d->file({.instrument = "EX-WT-2", .extends = matter});
  ASSERT_TRUE(corrected) << corrected.error().what;
  EXPECT_EQ(corrected->number, 3);
  expect_ok(d->intercepts().stop(matter, "early stop", d->out(), who("counsel-1")));
  EXPECT_EQ(d->value("SELECT count(*) FROM revocations"), "1");
}

void extend(Desk& d, const std::string& instrument, Instant start) {
  const auto filed = d.file({.instrument = instrument, .extends = matter, .start = start});
  ASSERT_TRUE(filed) << filed.error().what;
  ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
  EXPECT_EQ(filed->matter, matter);
  EXPECT_FALSE(d.intercepts().arm(matter, d.out(), who("technician-1"))) << "an extension needs its own acts";
  EXPECT_FALSE(d.intercepts().authorise(matter, who("officer-1")));
  d.clock.advance(1s);
  expect_ok(d.requests().approve(matter, "", who("counsel-1")));
  d.clock.advance(1s);
  expect_ok(d.intercepts().authorise(matter, who("officer-1")));
  d.clock.advance(1s);
  expect_ok(d.intercepts().arm(matter, d.out(), who("technician-1")));
}

TEST(Desk, AnExtensionIsANewGrantOfTheSameMatter) {
  auto d = at(Stage::armed);
  d->clock.advance(24h * 28);
  extend(*d, "EX-WT-2", first_packet - 3h + 24h * 30);
  const auto grants = Orders{d->carrier()}.grants(matter);
  ASSERT_TRUE(grants);
  ASSERT_EQ(grants->size(), 2u);
  EXPECT_EQ((*grants)[1].body.previous, authority::grant_id((*grants)[0].body));
  EXPECT_EQ((*grants)[1].body.sequence, 2u);
  EXPECT_EQ((*grants)[1].body.call_data_to, (*grants)[0].body.call_data_to);
  EXPECT_EQ((*grants)[1].body.content_to, (*grants)[0].body.content_to);
  d->clock.advance(1s);
  expect_ok(d->intercepts().stop(matter, "early stop", d->out(), who("technician-1")));
  EXPECT_EQ(d->value("SELECT count(*) FROM revocations"), "2") << "a stop ends every grant of the matter";
}

TEST(Desk, EarlyStopEndsTheGrantForTheProbe) {
  auto d = at(Stage::armed);
  const Instant stopped = d->clock.now();
  expect_ok(d->intercepts().stop(matter, "early stop", d->out(), who("officer-1")));
  d->clock.advance(1s);
  expect_ok(d->intercepts().stop(matter, "early stop", d->out(), who("officer-1")));  // again is no error
  const auto captured = d->capture();
  ASSERT_FALSE(captured);
  EXPECT_EQ(captured.error().exit, Exit::expired);
  EXPECT_EQ(*interception_end(d->carrier(), matter), stopped);
  EXPECT_EQ(d->value("SELECT count(*) FROM revocations"), "1");
  EXPECT_EQ(d->count("grant.stop"), 1u);
}

TEST(Desk, StopBeforeArming) {
  for (const Stage s : {Stage::filed, Stage::approved, Stage::authorised}) {
    auto d = at(s);
    expect_ok(d->intercepts().stop(matter, "withdrawn", d->out(), who("counsel-1")));
    EXPECT_EQ(d->value("SELECT state FROM orders"), "ended");
    EXPECT_EQ(d->count("matter.stop"), 1u);
  }
}

TEST(Desk, EvidenceThatGrewIsTakenInAgain) {
  auto d = at(Stage::armed);
  expect_ok(d->capture());
  fs::path segment;
  for (const auto& e : fs::recursive_directory_iterator(d->probe() / "spool"))
    if (e.path().filename() == "call-data-000001.seg") segment = e.path();
  const Bytes whole = read_file(segment).value();
  // As it lay on the disk while the probe was still at work: the header and the first frames, no trailer.
  std::size_t end = 8 + 4 + load_be32(whole.data() + 8) + 64;
  end += 28 + load_be32(whole.data() + end);
  ASSERT_LT(end, whole.size());
  ASSERT_TRUE(write_file(segment, View{whole}.first(end)));
  const auto first = d->intercepts().import(matter, d->probe(), who("technician-1"));
  ASSERT_TRUE(first) << first.error().what;
  ASSERT_TRUE(write_file(segment, whole));
  const auto second = d->intercepts().import(matter, d->probe(), who("technician-1"));
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->segments, 1u);
  const auto third = d->intercepts().import(matter, d->probe(), who("technician-1"));
  EXPECT_EQ(third->segments, 0u);
  ASSERT_TRUE(write_file(segment, View{whole}.first(end)));
  const auto shrunk = d->intercepts().import(matter, d->probe(), who("technician-1"));
  ASSERT_FALSE(shrunk);
  EXPECT_EQ(shrunk.error().exit, Exit::integrity);
}

TEST(Desk, AProductionOfWavAloneIsWholeWithoutMp3) {
  auto d = at(Stage::armed);
  expect_ok(d->capture());
  expect_ok(d->intercepts().import(matter, d->probe(), who("technician-1")));
  expect_ok(d->intercepts().certify(matter, who("officer-1")));
  const std::vector<Credentials> two{who("custodian-1"), who("custodian-3")};
  const auto wav = d->productions().make(matter, d->out() / "a", {0, media::Audio::wav}, two);
  ASSERT_TRUE(wav) << wav.error().what;
  const auto both = d->productions().make(matter, d->out() / "b", {}, two);
  ASSERT_TRUE(both) << both.error().what;
  const auto with = [](const fs::path& dir, const char* ending) {
    std::vector<fs::path> out;
    for (const auto& e : fs::directory_iterator(dir / "recordings"))
      if (e.path().extension() == ending) out.push_back(e.path().filename());
    std::ranges::sort(out);
    return out;
  };
  EXPECT_EQ(wav->recordings, 2u);
  EXPECT_TRUE(with(wav->directory, ".mp3").empty());
  EXPECT_EQ(with(both->directory, ".mp3").size(), 2u);
  ASSERT_EQ(with(wav->directory, ".wav").size(), 2u);
  for (const fs::path& name : with(wav->directory, ".wav"))
    EXPECT_EQ(read_file(wav->directory / "recordings" / name).value(),
              read_file(both->directory / "recordings" / name).value());
  for (const auto& p : {*wav, *both}) {
    const auto verified = produce::verify_package(p.iso, {});
    ASSERT_TRUE(verified) << verified.error().what;
    EXPECT_TRUE(verified->ok);
  }
}

TEST(Desk, ProducesTheSameTwice) {
  auto d = at(Stage::armed);
  expect_ok(d->capture());
  expect_ok(d->intercepts().import(matter, d->probe(), who("technician-1")));
  expect_ok(d->intercepts().certify(matter, who("officer-1")));
  const auto first =
      d->productions().make(matter, d->out() / "a", {}, {who("custodian-1"), who("custodian-3")});
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->calls, 2u);
  EXPECT_EQ(first->recordings, 2u);
  d->clock.advance(24h);
  const auto second =
      d->productions().make(matter, d->out() / "b", {}, {who("custodian-1"), who("custodian-3")});
  ASSERT_TRUE(second) << second.error().what;
  // But for who signed the manifest and the second release's own place in the log.
  for (const auto& e : fs::recursive_directory_iterator(first->directory)) {
    const fs::path name = e.path().lexically_relative(first->directory);
    if (!e.is_regular_file() || name.filename().string().starts_with("manifest") ||
        name == "audit-proof.json")
      continue;
    EXPECT_EQ(read_file(e.path()).value(), read_file(second->directory / name).value()) << name;
  }
  EXPECT_EQ(d->count("evidence.open"), 2u);
}

// A wiretap from 10 January with two extensions, stopped on 12 March: 1000 + 750 + 750, at once or in parts.
void bill_january_to_march(bool in_parts) {
  Desk d{*parse_rfc3339("2027-01-10T08:00:00Z")};
  build_people(d);
  const Instant start = d.clock.now();
  ASSERT_EQ(d.file({.start = start})->matter, "M-2027-0001");
  const std::string m = "M-2027-0001";
  const auto three_acts = [&] {
    d.clock.advance(1s);
    expect_ok(d.requests().approve(m, "", who("counsel-1")));
    d.clock.advance(1s);
    expect_ok(d.intercepts().authorise(m, who("officer-1")));
    d.clock.advance(1s);
    expect_ok(d.intercepts().arm(m, d.out(), who("technician-1")));
  };
  three_acts();
  const auto invoice = [&] {
    const auto f = d.productions().invoice(m, d.dir.path() / "invoice.pdf", who("finance-1"));
    EXPECT_TRUE(f) << (f ? "" : f.error().what);
    return f ? std::pair{f->number, produce::total_cents(*f)} : std::pair{std::string{}, std::int64_t{0}};
  };
  using Bill = std::pair<std::string, std::int64_t>;
  if (in_parts) {
    EXPECT_EQ(invoice(), (Bill{"INV-2027-0001", 100'000}));
    d.clock.advance(24h * 5);
    EXPECT_EQ(invoice(), (Bill{"INV-2027-0001", 100'000})) << "the same months: the same invoice";
  }
  for (const int days : {30, 60}) {
    d.clock.set(start + std::chrono::days{days - 1});
    ASSERT_TRUE(d.file({.instrument = fmt::format("EX-WT-{}", days),
                        .extends = m,
                        .start = start + std::chrono::days{days}}));
    three_acts();
  }
  if (in_parts) {
    EXPECT_EQ(invoice(), (Bill{"INV-2027-0002", 75'000})) << "10 February to 9 March: the second month alone";
  }
  d.clock.set(*parse_rfc3339("2027-03-12T08:00:00Z"));
  expect_ok(d.intercepts().stop(m, "early stop", d.out(), who("officer-1")));
  d.clock.advance(24h * 300);
  const Bill last = in_parts ? Bill{"INV-2028-0003", 75'000} : Bill{"INV-2028-0001", 250'000};
  EXPECT_EQ(invoice(), last);
  EXPECT_EQ(invoice(), last) << "nothing new: the last one again";
  EXPECT_EQ(d.value("SELECT count(*) FROM invoices"), in_parts ? "3" : "1");
}

TEST(Desk, InvoiceByAnniversaryMonths) { bill_january_to_march(false); }
TEST(Desk, InvoicesInPartsBillNoMonthTwice) { bill_january_to_march(true); }

}  // namespace
}  // namespace writ::desk::testing
