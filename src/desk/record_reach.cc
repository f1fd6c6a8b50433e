// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_reach.hh"

#include <algorithm>

namespace writ::desk {
namespace {

using process::DemandSubject;
using records::CdrQuery;
using records::FactKind;

class Reaching {
 public:
  Reaching(RecordStore& store, const Span& w, std::string_view administrator)
      : store_(store), w_(w), window_{w.first, w.second, {}}, administrator_(administrator) {}

  Result<Reach> run(const DemandSubject& s) {
    const auto subject = scope_subject(s);
    if (!subject) {  // an incomplete number names nobody
      out_.is_unclear = true;
    } else if (s.kind == "number" || s.kind == "extension") {
      WRIT_CHECK(holders(*subject));
    } else if (s.kind == "account") {
      WRIT_TRY(facts, store_.catalogue().facts(FactKind::account, subject->value, "", window_));
      if (!facts.empty()) account(subject->value);
    } else {
      WRIT_CHECK(identified(s));
    }
    return std::move(out_);
  }

 private:
  void account(const std::string& number) {
    out_.accounts.insert(number);
    out_.calls.push_back({call_query(CdrQuery::By::account, "", number), {w_}});
  }

  // Who held the number or extension, and who stayed there.
  Status holders(const authority::ScopeSubject& s) {
    WRIT_TRY(held, store_.catalogue().who_holds(s.kind, s.value, s.property, window_));
    for (const auto& h : held) {
      out_.accounts.insert(h.account);
      if (s.kind == "number") WRIT_CHECK(number(h.account, s.value));
      if (s.kind == "extension") out_.extensions.emplace(h.account, s.value);
      if (!h.reservation.empty()) WRIT_CHECK(stay(h.account, h.reservation, false));
    }
    if (held.empty()) return {};  // not the carrier's: looked for in nobody's calls (S8)
    const bool is_number = s.kind == "number";
    out_.calls.push_back({call_query(is_number ? CdrQuery::By::number : CdrQuery::By::extension, s.value,
                                     is_number ? "" : s.property),
                          {w_}});
    return {};
  }

  Status number(const std::string& of, const std::string& key) {
    out_.numbers.emplace(of, key);
    WRIT_TRY(facts, store_.catalogue().facts(FactKind::number, of, key, window_));
    for (const auto& v : facts)
      if (const std::string e = v.fact.body.value("extension", ""); !e.empty())
        out_.extensions.emplace(of, e);
    return {};
  }

  Status stay(const std::string& of, const std::string& reservation, bool with_calls) {
    out_.stays.emplace(of, reservation);
    WRIT_TRY(facts, store_.catalogue().facts(FactKind::stay, of, reservation, window_));
    for (const auto& v : facts) {
      std::vector<CallSource> sources;
      const Span span = cut(v.fact.valid, w_);
      if (span.first >= span.second) continue;
      WRIT_CHECK(add_room(
          store_, {of, v.fact.body.value("room", ""), span}, [](const std::string&) { return true; },
          sources));
      for (CallSource& source : sources) {
        const bool is_extension = source.query.by == CdrQuery::By::extension;
        (is_extension ? out_.extensions : out_.numbers).emplace(of, source.query.value);
        if (with_calls) out_.calls.push_back(std::move(source));
      }
    }
    return {};
  }

  Status identified(const DemandSubject& s) {
    WRIT_TRY(answer, records::identify(store_.catalogue(), ask_of(s, w_.first, w_.second), administrator_));
    using Outcome = records::Answer::Outcome;
    out_.is_unclear = answer.outcome == Outcome::several || answer.outcome == Outcome::need_more;
    for (const auto& p : answer.parties) {
      if (!p.reservation.empty()) {
        out_.accounts.insert(p.account);
        WRIT_CHECK(stay(p.account, p.reservation, true));
      } else if (p.tenant.empty()) {
        account(p.account);
      } else {
        WRIT_CHECK(lodger(p));
      }
    }
    return {};
  }

  // A tenant whom a number or extension names without a stay.
  Status lodger(const records::Identified& p) {
    out_.accounts.insert(p.account);
    for (const FactKind kind : {FactKind::number, FactKind::extension}) {
      WRIT_TRY(facts, store_.catalogue().find({kind, p.account, {}, p.tenant, {}}, window_));
      for (const auto& v : facts) {
        const bool is_number = kind == FactKind::number;
        (is_number ? out_.numbers : out_.extensions).emplace(p.account, v.fact.key);
        const Span span = cut(v.fact.valid, w_);
        if (span.first < span.second)
          out_.calls.push_back(
              {call_query(is_number ? CdrQuery::By::number : CdrQuery::By::extension, v.fact.key, p.account),
               {span}});
      }
    }
    return {};
  }

  RecordStore& store_;
  Span w_;
  records::Window window_;
  std::string administrator_;
  Reach out_;
};

}  // namespace

void Reach::add(Reach other) {
  accounts.merge(other.accounts);
  stays.merge(other.stays);
  extensions.merge(other.extensions);
  numbers.merge(other.numbers);
  std::move(other.calls.begin(), other.calls.end(), std::back_inserter(calls));
  is_unclear = is_unclear || other.is_unclear;
}

Result<Reach> reach_of(RecordStore& store, const DemandSubject& s, const Span& w,
                       std::string_view porting_administrator) {
  return Reaching{store, w, porting_administrator}.run(s);
}

Result<Reach> reach_of(RecordStore& store, const std::vector<DemandSubject>& subjects, const Span& w,
                       std::string_view porting_administrator) {
  Reach out;
  for (const DemandSubject& s : subjects) {
    WRIT_TRY(one, reach_of(store, s, w, porting_administrator));
    out.add(std::move(one));
  }
  return out;
}

}  // namespace writ::desk
