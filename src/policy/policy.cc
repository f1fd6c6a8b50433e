// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy.hh"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>

#include "base/sourced.hh"
#include "policy/layer_tables.hh"

namespace writ::policy {
namespace {

constexpr int checks_count = 40;  // V1 ... V40, requirements section 4
constexpr std::size_t layer_bytes_max = 1 << 20;
constexpr std::int64_t cents_max = 100'000'000;
constexpr std::int64_t months_max = 1200;
constexpr std::size_t number_digits_max = 15;  // ITU-T E.164

const std::string rule_text =
    "a policy layer holds only what docs/policy.md and the shipped profiles name (requirements, intro)";

Contact read_contact(Fields f) {
  Contact c{f.text("title", Need::required), f.text("phone"), f.text("email"), f.text("address")};
  f.finish();
  return c;
}

void read_fees(Fields f, FeeTable& t) {
  t.intercept_first_month = f.whole("intercept_first_month_cents", 0, cents_max);
  t.intercept_later_month = f.whole("intercept_later_month_cents", 0, cents_max);
  t.cdr_week = f.whole("cdr_week_cents", 0, cents_max);
  t.cdr_extra_delivery = f.whole("cdr_extra_delivery_cents", 0, cents_max);
  t.currency = f.text("currency", Need::required);
  t.effective = f.text("effective", Need::required);
  t.citation = f.text("citation", Need::required);
  f.finish();
}

void read_items(Fields& f, const char* key, std::vector<StatutoryItem>& items,
                std::vector<std::string>& names) {
  for (Fields& i : f.objects(key)) {
    StatutoryItem item{i.text("name", Need::required), i.text("text", Need::required),
                       i.text("citation", Need::required)};
    i.finish();
    if (std::find(names.begin(), names.end(), item.name) != names.end())
      i.refuse("name", "is named twice", "name each statutory content once, in one layer");
    names.push_back(item.name);
    items.push_back(std::move(item));
  }
}

Severity read_severity(Fields& f) {
  const std::string s = f.word("severity", {"reject", "return", "warn"}, Need::required);
  if (s == "warn") return Severity::warn;
  return s == "return" ? Severity::return_for_correction : Severity::reject;
}

void read_checks(Fields& f, std::vector<CheckRule>& checks) {
  for (Fields& c : f.objects("check")) {
    CheckRule r;
    r.id = c.text("id", Need::required);
    r.severity = read_severity(c);
    r.stage = c.word("stage", {"A", "B"}, Need::required);
    r.message = c.text("message", Need::required);
    r.rule = c.text("rule", Need::required);
    r.cure = c.text("cure", Need::required);
    c.finish();
    if (std::any_of(checks.begin(), checks.end(), [&](const CheckRule& o) { return o.id == r.id; }))
      c.refuse("id", fmt::format("names {} twice", r.id), "keep one row for each check, in one layer");
    checks.push_back(std::move(r));
  }
}

void read_retention(Fields& f, std::vector<Retention>& out) {
  for (Fields& r : f.objects("retention")) {
    out.push_back({r.text("what", Need::required), r.text("period", Need::required),
                   r.text("citation", Need::required)});
    r.finish();
  }
}

void read_citations(Fields& f, std::map<std::string, std::string>& out) {
  for (Fields& c : f.objects("citation")) {
    const std::string key = c.text("key", Need::required);
    const std::string text = c.text("text", Need::required);
    c.finish();
    if (!out.emplace(key, text).second)
      c.refuse("key", "is named twice", "keep one citation for each key, in one layer");
  }
}

// carrier.toml is the plan's word and federal.toml the law's; any other layer says whose rows it brings.
Side read_side(Fields& f, const std::string& file) {
  const std::string fixed = file == "carrier.toml" ? "plan" : file == "federal.toml" ? "law" : "";
  const std::string stated = f.word("side", {"plan", "law"}, Need::optional);
  if (!fixed.empty() && !stated.empty() && stated != fixed)
    f.refuse("side", fmt::format("of {} is the {}", file, fixed), "leave the line out");
  const std::string& side = fixed.empty() ? stated : fixed;
  return side == "plan" ? Side::plan : side == "law" ? Side::law : Side::none;
}

void read_layer_head(Fields& f, const std::string& file, Policy& p) {
  f.word("schema", {"writ.policy-layer/1"}, Need::required);
  Layer l;
  l.file = file;
  l.name = f.text("name", Need::required);
  l.effective = f.text("effective", Need::required);
  l.verified_on = f.text("verified_on", Need::required);
  l.verified_against = f.text("verified_against", Need::required);
  p.layers.push_back(std::move(l));
}

std::vector<std::string> read_prefixes(Fields& f, const char* key, bool may_be_dialled) {
  std::vector<std::string> out = f.texts(key);
  for (const std::string& s : out) {
    const std::string_view digits = may_be_dialled && s.starts_with('+') ? std::string_view(s).substr(1) : s;
    if (digits.empty() || digits.size() > number_digits_max ||
        digits.find_first_not_of(may_be_dialled ? "0123456789*#" : "0123456789") != std::string_view::npos)
      f.refuse(key, fmt::format("has '{}', which is no {}", s, may_be_dialled ? "dialled string" : "prefix"),
               may_be_dialled
                   ? "write what is dialled (\"911\"), or a prefix of the E.164 number with '+' (\"+1800\")"
                   : "write the first digits of the E.164 number without '+' (\"1404555\")");
  }
  return out;
}

void read_rating(Fields f, RatingTable& t) {
  t.country = f.text("country", Need::required);
  t.emergency = read_prefixes(f, "emergency", true);
  t.toll_free = read_prefixes(f, "toll_free", true);
  t.service = read_prefixes(f, "service", true);
  if (t.country.empty() || t.country.size() > 3 ||
      t.country.find_first_not_of("0123456789") != std::string::npos)
    f.refuse("country", "is no calling code", "write the digits alone: \"1\"");
  if (t.emergency.empty())
    f.refuse("emergency", "is empty", "name the emergency numbers: emergency = [\"911\"]");
  for (Fields& r : f.objects("property")) {
    RatingTable::Property row{r.text("account", Need::required), read_prefixes(r, "local", false),
                              read_prefixes(r, "local_toll", false)};
    r.finish();
    if (std::any_of(t.properties.begin(), t.properties.end(),
                    [&](const RatingTable::Property& o) { return o.account == row.account; }))
      r.refuse("account", fmt::format("names '{}' twice", row.account), "keep one row for each property");
    for (const std::string& prefix : row.local)
      if (std::find(row.local_toll.begin(), row.local_toll.end(), prefix) != row.local_toll.end())
        r.refuse("local", fmt::format("has {}, and so has local_toll", prefix),
                 "a prefix is either local or local toll");
    t.properties.push_back(std::move(row));
  }
  f.finish();
}

void read_records(Fields f, RecordRules& r) {
  r.cdr_months = f.whole("cdr_months", 1, months_max);
  r.account_months = f.whole("account_months", 1, months_max);
  r.porting_administrator = f.text("porting_administrator", Need::required);
  r.citation = f.text("citation", Need::required);
  f.finish();
}

void read_record_floor(Fields f, RecordRules& r) {
  r.toll_record_months = f.whole("toll_record_months", 1, months_max);
  r.toll_record_citation = f.text("citation", Need::required);
  f.finish();
}

void read_emergency(Fields f, EmergencyRules& r) {
  r.per_agency_per_day = f.whole("per_agency_per_day", 1, 1000);
  r.per_requester_per_day = f.whole("per_requester_per_day", 1, 1000);
  r.citation = f.text("citation", Need::required);
  f.finish();
}

void read_carrier(Fields& f, Policy& p) {
  p.carrier = f.text("carrier", Need::required);
  p.profile_name = p.layers.back().name;
  p.filed = f.text("filed");
  p.sandbox = f.flag("sandbox");
  p.address = f.text("address", Need::required);
  p.certification_retention = f.text("certification_retention", Need::required);
  p.transparency = f.text("transparency");
  if (auto c = f.object("appointed_officer", Need::required)) p.appointed_officer = read_contact(*c);
  if (auto c = f.object("service_of_process", Need::required)) p.service_of_process = read_contact(*c);
  for (const Fields& c : f.objects("response_associate")) p.response_associates.push_back(read_contact(c));
  if (auto h = f.object("hours", Need::required)) {
    p.hours = {h->text("opens", Need::required), h->text("closes", Need::required),
               h->text("zone", Need::required), h->text("after_hours_phone", Need::required)};
    h->finish();
  }
  if (auto t = f.object("fees", Need::required)) read_fees(*t, p.fees);
  if (auto r = f.object("records", Need::required)) read_records(*r, p.records);
  if (auto r = f.object("rating", Need::required)) read_rating(*r, p.records.rating);
  if (auto r = f.object("emergency", Need::required)) read_emergency(*r, p.emergency);
}

Status read_layer(const std::string& file, std::string_view text, Policy& p, Place& cdr_months) {
  WRIT_TRY(source, parse_toml(text, file));
  Reading reading(source, rule_text);
  Fields f(reading, reading.root(), "");
  read_layer_head(f, file, p);
  const Side side = read_side(f, file);
  if (file == "carrier.toml") {
    read_carrier(f, p);
    const auto place = source.places.find("/records/cdr_months");
    if (place != source.places.end()) cdr_months = place->second;
  }
  if (file == "federal.toml") {
    if (auto r = f.object("records", Need::required)) read_record_floor(*r, p.records);
    read_plan_requirements(f, p);
    read_transparency_structures(f, p);
    read_items(f, "pen_trap_content", p.pen_trap_items, p.pen_trap_contents);
    read_items(f, "wiretap_content", p.wiretap_items, p.wiretap_contents);
    if (p.pen_trap_contents.empty())
      f.refuse("pen_trap_content", "is missing", "name the contents of 18 USC 3123(b)(1)");
    if (p.wiretap_contents.empty())
      f.refuse("wiretap_content", "is missing", "name the contents of 18 USC 2518(4)");
  }
  read_matrix(f, side, file, p);
  read_kinds(f, p);
  read_authorities(f, p);
  read_offices(f, p);
  read_clocks(f, p);
  read_calendar(f, p);
  if (file != "federal.toml") read_plan_statements(f, p);
  read_checks(f, p.checks);
  read_wording(f, p.wording);
  read_retention(f, p.retention);
  read_citations(f, p.citations);
  f.finish();
  return reading.status();
}

Result<std::vector<std::string>> layer_files(const fs::path& dir) {
  std::vector<std::string> others;
  std::error_code ec;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    if (it->path().extension() == ".toml" && name != "carrier.toml" && name != "federal.toml")
      others.push_back(name);
  }
  if (ec)
    return fail(Exit::not_found, fmt::format("policy directory {}: {}", dir.string(), ec.message()), {}, {},
                "name a directory that holds carrier.toml and federal.toml");
  std::sort(others.begin(), others.end());
  others.insert(others.begin(), {"carrier.toml", "federal.toml"});
  return others;
}

// What no layer decides cannot be permitted: fail closed when the policy is loaded, not when an order waits.
Status all_checks_named(const Policy& p, const fs::path& dir) {
  for (int i = 1; i <= checks_count; ++i)
    if (p.check(fmt::format("V{}", i)) == nullptr)
      return fail(Exit::usage, fmt::format("policy {}: no layer has a rule for V{}", dir.string(), i),
                  "every check of the intake is data with a citation",
                  fmt::format("a [[check]] with id = \"V{}\"", i),
                  "take all layers of the profile (carrier.toml, federal.toml, checklist.toml)");
  return {};
}

// Permit = carrier profile AND law: the carrier may keep toll records longer than the law asks, never
// shorter.
Status above_the_floor(const RecordRules& r, Place place) {
  if (r.cdr_months >= r.toll_record_months) return {};
  return fail(Exit::usage,
              fmt::format("carrier.toml:{}:{}: records.cdr_months = {} is below the legal floor of {} months",
                          place.line, place.column, r.cdr_months, r.toll_record_months),
              r.toll_record_citation, fmt::format("a retention of at least {} months", r.toll_record_months),
              fmt::format("write cdr_months = {} or more", r.toll_record_months));
}

// A policy is a function of its layers, and its hash covers them all: a process that reads the same layers
// again, as a carrier does at every look at what is in force, need not interpret them again.
class Known {
 public:
  std::optional<Policy> find(const crypto::Digest& hash) {
    const std::lock_guard lock{mutex_};
    for (const Policy& p : kept_)
      if (p.hash == hash) return p;
    return std::nullopt;
  }
  void keep(const Policy& p) {
    const std::lock_guard lock{mutex_};
    if (kept_.size() == kept_max) kept_.pop_front();
    kept_.push_back(p);
  }

 private:
  static constexpr std::size_t kept_max = 4;
  std::mutex mutex_;
  std::deque<Policy> kept_;
};

}  // namespace

const CheckRule* Policy::check(const std::string& id) const {
  const auto it = std::find_if(checks.begin(), checks.end(), [&](const CheckRule& c) { return c.id == id; });
  return it == checks.end() ? nullptr : &*it;
}

Result<Policy> load(const fs::path& dir) {
  WRIT_TRY(files, layer_files(dir));
  std::vector<Bytes> layers;
  crypto::Sha256 hashing;
  for (const std::string& file : files) {
    WRIT_TRY(bytes, read_file(dir / file));
    if (bytes.size() > layer_bytes_max)
      return fail(Exit::usage, fmt::format("{} is larger than a policy layer is", file));
    // The length and the name are hashed too, so that no bytes can move from one layer to the next unseen.
    Bytes head;
    put_be64(head, bytes.size());
    put_bytes(head, view_of(file));
    head.push_back(0);
    hashing.update(head);
    hashing.update(bytes);
    layers.push_back(std::move(bytes));
  }
  const crypto::Digest hash = hashing.finish();
  static Known known;
  if (auto before = known.find(hash)) return *std::move(before);
  Policy p;
  Place cdr_months;
  for (std::size_t i = 0; i < files.size(); ++i)
    WRIT_CHECK(read_layer(files[i], text_of(layers[i]), p, cdr_months));
  WRIT_CHECK(all_checks_named(p, dir));
  WRIT_CHECK(above_the_floor(p.records, cdr_months));
  WRIT_CHECK(tables_whole(p));
  p.hash = hash;
  known.keep(p);
  return p;
}

}  // namespace writ::policy
