// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_freeze.hh"

#include <fmt/format.h>

#include "vault/sealed_file.hh"

namespace writ::desk {
namespace {

using records::Fact;
using records::FactKind;

constexpr const char* snapshot_schema = "writ.snapshot/1";
constexpr const char* rule =
    "a snapshot is taken under a preservation, and by its acts alone (18 USC 2703(f); I1)";

Json fact_json(const Fact& f) {
  Json j{{"kind", records::to_string(f.kind)},
         {"account", f.account},
         {"key", f.key},
         {"body", f.body},
         {"from", to_ns(f.valid.from)}};
  if (f.valid.until) j["until"] = to_ns(*f.valid.until);
  return j;
}

Result<Fact> fact_from(const Json& j) {
  Fact f;
  WRIT_TRY(name, field<std::string>(j, "kind", "snapshot"));
  WRIT_TRY(kind, records::parse_fact_kind(name));
  WRIT_TRY(account, field<std::string>(j, "account", "snapshot"));
  WRIT_TRY(key, field<std::string>(j, "key", "snapshot"));
  WRIT_TRY(body, field<Json>(j, "body", "snapshot"));
  WRIT_TRY(from, field<std::int64_t>(j, "from", "snapshot"));
  f.kind = kind;
  f.account = std::move(account);
  f.key = std::move(key);
  f.body = std::move(body);
  f.valid.from = from_ns(from);
  if (j.contains("until")) f.valid.until = from_ns(j["until"].get<std::int64_t>());
  return f;
}

class Freezing {
 public:
  Freezing(RecordStore& store, const FreezeRequest& r, vault::SealedWriter& out)
      : store_(store), r_(r), out_(out), w_{r.period.first, r.period.second, {}} {}

  Status run(Reach reach, Instant at) {
    reach_ = std::move(reach);
    WRIT_CHECK(line(Json{{"snapshot", snapshot_schema},
                         {"matter", r_.matter},
                         {"from", rfc3339(r_.period.first)},
                         {"until", rfc3339(r_.period.second)},
                         {"at", rfc3339(at)}}));
    for (const std::string& account : reach_.accounts) WRIT_CHECK(subscriber(account));
    for (const auto& [account, key] : reach_.numbers)
      WRIT_CHECK(facts(FactKind::port, "", key, [](Fact&) { return true; }));
    for (const auto& [account, key] : reach_.extensions) {
      WRIT_CHECK(facts(FactKind::extension, account, key, [](Fact&) { return true; }));
      WRIT_CHECK(facts(FactKind::registration, account, key, [](Fact&) { return true; }));
    }
    for (const auto& [account, reservation] : reach_.stays) WRIT_CHECK(stay(account, reservation));
    WRIT_CHECK(calls());
    return line(Json{{"end", {{"facts", facts_}, {"calls", calls_}}}});
  }

 private:
  Status line(const Json& j) { return out_.line(canonical(j)); }

  // `keep` may cut the fact to what the document reaches.
  template <class Keep>
  Status facts(FactKind kind, const std::string& account, const std::string& key, Keep keep) {
    WRIT_TRY(found, store_.catalogue().facts(kind, account, key, w_));
    for (auto& v : found) {
      if (!keep(v.fact)) continue;
      if (kind == FactKind::payment) {
        WRIT_TRY(open, store_.catalogue().open_payment(v));
        open["means"] = v.fact.body.value("means", "");
        v.fact.body = std::move(open);
      }
      ++facts_;
      WRIT_CHECK(line(Json{{"fact", fact_json(v.fact)}}));
    }
    return {};
  }

  // The account's other numbers are the subscriber's; who has them is nobody's whom the document names.
  Status subscriber(const std::string& account) {
    const auto whole = [](Fact&) { return true; };
    for (const FactKind kind :
         {FactKind::account, FactKind::address, FactKind::block, FactKind::payment, FactKind::balance})
      WRIT_CHECK(facts(kind, account, "", whole));
    return facts(FactKind::number, account, "", [&](Fact& f) {
      const std::string extension = f.body.value("extension", "");
      const bool reached =
          reach_.numbers.contains({account, f.key}) || reach_.extensions.contains({account, extension});
      if (!reached) f.body = Json::object();
      return true;
    });
  }

  Status stay(const std::string& account, const std::string& reservation) {
    WRIT_CHECK(facts(FactKind::stay, account, reservation, [](Fact&) { return true; }));
    return facts(FactKind::network_address, account, "",
                 [&](Fact& f) { return f.body.value("stay", "") == reservation; });
  }

  Status calls() {
    CallStream stream{store_.cdrs(), reach_.calls, {}, 1000};
    for (;;) {
      WRIT_TRY(next, stream.peek());
      if (next == nullptr) return {};
      ++calls_;
      WRIT_CHECK(line(Json{
          {"call", {{"month", next->month}, {"seq", next->seq}, {"cdr", records::to_json(next->cdr)}}}}));
      stream.pop();
    }
  }

  RecordStore& store_;
  const FreezeRequest& r_;
  vault::SealedWriter& out_;
  records::Window w_;
  Reach reach_;
  std::uint64_t facts_ = 0, calls_ = 0;
};

// The case is a preservation, and its table lets this person do this act now.
Status check_gate(const Carrier& c, const FreezeRequest& r, const Acting& who) {
  WRIT_TRY(of, read_case(c, r.matter));
  if (r.act != "take-snapshot" && r.act != "copy")
    return fail(Exit::refused, fmt::format("{} takes no snapshot", r.act), rule, "take-snapshot, or copy",
                "a preservation is filed first (writ preserve file)");
  const std::vector<process::Done> done = history_of(of);
  WRIT_TRY(allowed, process::judge(process::life_cycle(of.cycle), of.state, r.act,
                                   {who.person.user, who.cert.roles}, done));
  static_cast<void>(allowed);
  return {};
}

struct Loading {
  std::vector<Fact> facts;
  std::vector<records::StoredCdr> calls;
  std::string matter;
  Instant at{};
  bool is_whole = false;

  Status line(std::string_view text) {
    WRIT_TRY(j, parse_canonical(view_of(text), "snapshot"));
    if (j.contains("fact")) {
      WRIT_TRY(f, fact_from(j["fact"]));
      facts.push_back(std::move(f));
    } else if (j.contains("call")) {
      WRIT_TRY(month, field<std::string>(j["call"], "month", "snapshot"));
      WRIT_TRY(seq, field<std::uint64_t>(j["call"], "seq", "snapshot"));
      WRIT_TRY(json, field<Json>(j["call"], "cdr", "snapshot"));
      WRIT_TRY(cdr, records::parse_cdr(json));
      calls.push_back({std::move(month), seq, std::move(cdr)});
    } else if (j.contains("snapshot")) {
      matter = j.value("matter", "");
      WRIT_TRY(when, parse_rfc3339(j.value("at", "")));
      at = when;
    } else if (j.contains("end")) {
      is_whole = j["end"] == Json{{"facts", facts.size()}, {"calls", calls.size()}};
    }
    return {};
  }
};

}  // namespace

Result<Frozen> freeze_records(Carrier& c, const FreezeRequest& r, const fs::path& file,
                              const crypto::BoxPublic& to, const Acting& who) {
  WRIT_CHECK(check_gate(c, r, who));
  WRIT_TRY(store, RecordStore::open(c));
  WRIT_CHECK(c.note(who.person.user, "records.read", r.matter,
                    Json{{"purpose", "preservation"},
                         {"question",
                          {{"freeze", r.subjects.size()},
                           {"from", rfc3339(r.period.first)},
                           {"until", rfc3339(r.period.second)}}}}));
  Frozen out;
  Reach reach;
  const std::string& administrator = c.policy().records.porting_administrator;
  for (std::size_t i = 0; i < r.subjects.size(); ++i) {
    WRIT_TRY(one, reach_of(*store, r.subjects[i], r.period, administrator));
    if (one.is_unclear) out.unclear.push_back(i + 1);
    reach.add(std::move(one));
  }
  WRIT_TRY(writer, vault::SealedWriter::create(file, to));
  WRIT_CHECK((Freezing{*store, r, writer}.run(std::move(reach), c.now())));
  WRIT_TRY(digest, writer.finish());
  out.sha256 = crypto::hex(digest);
  // How much there was is nobody's business before later process: the log tells the sealed file only.
  WRIT_CHECK(c.note(who.person.user, "records.frozen", r.matter, Json{{"sha256", out.sha256}}));
  return out;
}

Result<std::unique_ptr<RecordStore>> open_frozen(const fs::path& file, const crypto::BoxKey& key,
                                                 const std::string& matter) {
  Loading l;
  WRIT_CHECK(vault::read_sealed(file, key, [&](std::string_view text) { return l.line(text); }));
  if (!l.is_whole || l.matter != matter)
    return fail(Exit::integrity, fmt::format("the snapshot of {} is not whole, or another's", matter), rule,
                "the file as it was written", "restore case-files/ from backup");
  return RecordStore::frozen(l.facts, l.at, std::move(l.calls));
}

}  // namespace writ::desk
