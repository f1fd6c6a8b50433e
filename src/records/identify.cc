// SPDX-License-Identifier: GPL-3.0-or-later
// Each way of asking is three steps. First, what the plan wants stated: judged by the question alone, so that
// a question that is too short learns nothing. Second, a look-up by exact keys: the statement to the database
// holds what was asked and nothing else, so that a near match never even leaves the store. Third, who is
// left: nobody, one, or several (identify_answers.cc).
//
// Names and addresses must be exactly as written (S10, S16): white space and Unicode's equivalent code points
// apart, one other byte is another name.
#include "records/identify.hh"

#include <algorithm>

#include "records/fact_select.hh"
#include "records/identify_answers.hh"

namespace writ::records {
namespace {

using By = Ask::By;

class Identification {
 public:
  Identification(const Catalogue& c, const Ask& ask, std::string_view administrator)
      : c_(&c),
        ask_(&ask),
        administrator_(administrator),
        span_{ask.from.value_or(Instant::min()), ask.until.value_or(Instant::max())},
        w_{span_.from, span_.until, ask.known} {}

  Result<Answer> answer() {
    WRIT_TRY(asked, written(*ask_));
    if (!asked) return need_more(ask_->by, {"texts in UTF-8, without control characters"});
    own_ = *asked, ask_ = &own_;
    if (span_.empty()) return need_more(ask_->by, {"a period that ends after it begins"});
    switch (ask_->by) {
      case By::number:
      case By::tenant_number:
        return by_number();
      case By::tenant_extension:
        return by_extension();
      case By::account_number:
        return by_account_number();
      case By::account_name:
      case By::street_address:
        return by_place();
      case By::tenant_name:
        return by_tenant();
    }
    return no_record(ask_->by);
  }

 private:
  using Versions = std::vector<FactVersion>;

  // Every text as the records write theirs; nothing when one cannot be text.
  static Result<std::optional<Ask>> written(Ask a) {
    for (std::string* s :
         {&a.extension, &a.account_name, &a.account_number, &a.property, &a.tenant_name, &a.address.building,
          &a.address.street, &a.address.city, &a.address.state, &a.address.zip}) {
      auto w = name_as_written(*s);
      if (!w && w.error().exit != Exit::usage) return tl::unexpected(std::move(w).error());
      if (!w) return std::optional<Ask>();
      *s = *w;
    }
    return std::optional<Ask>(std::move(a));
  }

  bool five() const {
    const StreetAddress& a = ask_->address;
    return !a.building.empty() && !a.street.empty() && !a.city.empty() && !a.state.empty() && !a.zip.empty();
  }
  std::vector<std::string> missing_of_five() const {
    const StreetAddress& a = ask_->address;
    std::vector<std::string> out;
    for (const auto& [name, v] : {std::pair{"building number", &a.building},
                                  {"street", &a.street},
                                  {"city", &a.city},
                                  {"state", &a.state},
                                  {"ZIP code", &a.zip}})
      if (v->empty()) out.emplace_back(name);
    return out;
  }

  Result<Answer> by_number() {
    const auto number = to_e164(ask_->number);
    if (!number) return need_more(ask_->by, {"the complete telephone number, with area code"});
    WRIT_TRY(holders, c_->who_holds("number", *number, "", w_));
    if (holders.empty()) return refer(ask_->by, administrator_);
    if (ask_->by == By::tenant_number) return tenants(holders);
    // No time was stated and the number has been ported away since: whose it is now, its administrator knows.
    const bool timeless = !ask_->from && !ask_->until;
    WRIT_TRY(away, timeless ? ported_away(*number, holders) : Result<bool>(false));
    if (away) return refer(ask_->by, administrator_);
    Parties p;
    for (const Holder& h : holders)
      p.add(h.account, {}, {}, common(span_, {h.from, h.until.value_or(Instant::max())}));
    return p.answer(ask_->by);
  }

  Result<bool> ported_away(const std::string& number, const std::vector<Holder>& holders) const {
    WRIT_TRY(ports, c_->facts(FactKind::port, "", number, w_));
    if (ports.empty() || ports.back().fact.body.value("direction", "") != "out") return false;
    return std::all_of(holders.begin(), holders.end(),
                       [&](const Holder& h) { return h.until && *h.until <= ports.back().fact.valid.from; });
  }

  Answer tenants(const std::vector<Holder>& holders) const {
    Parties p;
    for (const Holder& h : holders) {
      if (h.tenant.empty() && h.reservation.empty()) continue;  // the subscriber's own
      if (!ask_->tenant_name.empty() && h.tenant != ask_->tenant_name) continue;
      p.add(h.account, h.reservation, h.tenant, common(span_, {h.from, h.until.value_or(Instant::max())}));
    }
    return p.answer(ask_->by);
  }

  Result<Answer> by_extension() {
    std::vector<std::string> needs;
    const auto extension = canonical_value("extension", ask_->extension);
    if (!extension) needs.emplace_back("the extension as it is dialled");
    if (ask_->property.empty()) needs.emplace_back("the account number of the property");
    if (!needs.empty()) return need_more(ask_->by, needs);
    WRIT_TRY(holders, c_->who_holds("extension", *extension, ask_->property, w_));
    return tenants(holders);
  }

  // A number with a gap or a wildcard is not complete, whatever the records hold (S13).
  static bool complete_number(const std::string& s) {
    return !s.empty() && s.find_first_of("*?%") == std::string::npos && s.find("..") == std::string::npos;
  }

  Result<Answer> by_account_number() {
    if (!complete_number(ask_->account_number)) return need_more(ask_->by, {"the complete account number"});
    WRIT_TRY(found, c_->facts(FactKind::account, ask_->account_number, "", w_));
    Parties p;
    for (const FactVersion& v : found) {
      if (!ask_->account_name.empty() && v.fact.body.value("name", "") != ask_->account_name) continue;
      p.add(v.fact.account, {}, {}, common(span_, span_of(v.fact.valid)));
    }
    return p.answer(ask_->by);
  }

  // S9 and S11: all that is stated must be so at one time: the name, the account number, each field of the
  // address. Account name, number, city and state may stand for the street.
  Result<Answer> by_place() {
    if (ask_->by == By::street_address && !five()) return need_more(ask_->by, missing_of_five());
    if (ask_->by == By::account_name) {
      if (ask_->account_name.empty()) return need_more(ask_->by, {"the account name exactly as written"});
      if (!five() && !city_state_and(ask_->account_number)) return need_more(ask_->by, place_needs());
    }
    WRIT_TRY(places, accounts());
    Parties p;
    for (const auto& [account, span] : places) p.add(account, {}, {}, span);
    return p.answer(ask_->by);
  }

  bool city_state_and(const std::string& other) const {
    return complete_number(other) && !ask_->address.city.empty() && !ask_->address.state.empty();
  }
  static std::vector<std::string> place_needs() {
    return {"the street address: building number, street, city, state and ZIP code",
            "or the account number with city and state"};
  }

  bool address_as_asked(const Json& body) const {
    const StreetAddress& a = ask_->address;
    for (const auto& [key, v] : {std::pair{"building", &a.building},
                                 {"street", &a.street},
                                 {"city", &a.city},
                                 {"state", &a.state},
                                 {"zip", &a.zip}})
      if (!v->empty() && body.value(key, "") != *v) return false;
    return true;
  }

  // Candidates by the most exact key that was stated.
  Result<Versions> candidates() const {
    if (five()) {
      const StreetAddress& a = ask_->address;
      WRIT_TRY(place, address_place(Json{{"building", a.building},
                                         {"street", a.street},
                                         {"city", a.city},
                                         {"state", a.state},
                                         {"zip", a.zip}}));
      return c_->find({FactKind::address, ask_->account_number, {}, {}, place}, w_);
    }
    std::vector<std::string> numbers{ask_->account_number};
    if (ask_->account_number.empty()) {  // S15: a name with city and state
      numbers.clear();
      WRIT_TRY(named, c_->find({FactKind::account, {}, {}, ask_->account_name, {}}, w_));
      for (const FactVersion& v : named) numbers.push_back(v.fact.account);
      std::sort(numbers.begin(), numbers.end());
      numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    }
    Versions out;
    for (const std::string& n : numbers) {
      WRIT_TRY(some, c_->find({FactKind::address, n, {}, {}, {}}, w_));
      out.insert(out.end(), some.begin(), some.end());
    }
    return out;
  }

  // Accounts that had the address, and the name when one is stated, with the time when both were so.
  Result<std::vector<std::pair<std::string, Span>>> accounts() const {
    WRIT_TRY(at, candidates());
    std::vector<std::pair<std::string, Span>> out;
    for (const FactVersion& a : at) {
      if (!address_as_asked(a.fact.body)) continue;
      const Span there = common(span_, span_of(a.fact.valid));
      WRIT_TRY(names, c_->facts(FactKind::account, a.fact.account, "", w_));
      if (names.empty() && ask_->account_name.empty()) out.emplace_back(a.fact.account, there);
      for (const FactVersion& n : names) {
        if (!ask_->account_name.empty() && n.fact.body.value("name", "") != ask_->account_name) continue;
        const Span both = common(there, span_of(n.fact.valid));
        if (!both.empty()) out.emplace_back(a.fact.account, both);
      }
    }
    return out;
  }

  Result<Answer> by_tenant() {
    std::vector<std::string> needs;
    if (ask_->tenant_name.empty()) needs.emplace_back("the tenant's name exactly as written");
    if (ask_->account_name.empty()) needs.emplace_back("the subscriber's name exactly as written");
    const bool dated = ask_->from && ask_->until;
    const bool in_city = !ask_->address.city.empty() && !ask_->address.state.empty();
    if (!(five() && dated) && !in_city) {
      needs.emplace_back("the street address with a range of dates");
      needs.emplace_back("or the account name with city and state");
    }
    if (!needs.empty()) return need_more(ask_->by, needs);
    WRIT_TRY(places, accounts());
    Parties p;
    for (const auto& [account, span] : places) WRIT_CHECK(add_tenants(account, span, p));
    return p.answer(ask_->by);
  }

  Status add_tenants(const std::string& account, const Span& at, Parties& p) const {
    for (const FactKind kind : {FactKind::stay, FactKind::extension, FactKind::number, FactKind::uri}) {
      WRIT_TRY(found, c_->find({kind, account, {}, ask_->tenant_name, {}}, {at.from, at.until, ask_->known}));
      for (const FactVersion& v : found) {
        const Span both = common(at, span_of(v.fact.valid));
        const std::string reservation = kind == FactKind::stay ? v.fact.key : "";
        if (!both.empty()) p.add(account, reservation, ask_->tenant_name, both);
      }
    }
    return {};
  }

  const Catalogue* c_;
  const Ask* ask_;
  Ask own_;
  std::string administrator_;
  Span span_;
  Window w_;
};

}  // namespace

Result<Answer> identify(const Catalogue& c, const Ask& ask, std::string_view porting_administrator) {
  return Identification(c, ask, porting_administrator).answer();
}

}  // namespace writ::records
