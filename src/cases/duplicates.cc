// SPDX-License-Identifier: GPL-3.0-or-later
// The store is asked for candidates by the text of the acts; what it gives is believed after the case was
// verified. A case that fails its verification is an error here as everywhere.
#include "cases/duplicates.hh"

#include <fmt/format.h>
#include <unicode/uidna.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <array>
#include <memory>

#include "cases/demand_case.hh"
#include "desk/agency_directory.hh"
#include "desk/case_book.hh"

namespace writ::cases {
namespace {

constexpr std::size_t domain_bytes_max = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t near_bytes_min = 6;      // of shorter domains one letter more or less says nothing

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// As people see it: "xn--..." labels in their own letters.
std::string shown(const std::string& domain) {
  UErrorCode e = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, decltype(&uidna_close)> idna{uidna_openUTS46(UIDNA_DEFAULT, &e), &uidna_close};
  std::array<char, 4 * domain_bytes_max> out{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const auto n = uidna_nameToUnicodeUTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()),
                                         out.data(), static_cast<std::int32_t>(out.size()), &info, &e);
  return U_FAILURE(e) != 0 ? domain : std::string(out.data(), static_cast<std::size_t>(n));
}

std::string skeleton(const std::string& domain) {
  UErrorCode e = U_ZERO_ERROR;
  const std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> spoof{uspoof_open(&e), &uspoof_close};
  std::array<char, 8 * domain_bytes_max> out{};
  const auto n =
      uspoof_getSkeletonUTF8(spoof.get(), 0, domain.data(), static_cast<std::int32_t>(domain.size()),
                             out.data(), static_cast<std::int32_t>(out.size()), &e);
  return U_FAILURE(e) != 0 ? domain : std::string(out.data(), static_cast<std::size_t>(n));
}

// One insertion, deletion, substitution, or exchange of neighbours.
bool one_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

bool is_below(std::string_view domain, std::string_view known) {
  return domain == known || (domain.size() > known.size() && domain.ends_with(known) &&
                             domain[domain.size() - known.size() - 1] == '.');
}

bool resembles(const std::string& domain, const std::string& seen, const std::string& known) {
  return skeleton(seen) == skeleton(known) || (known.size() >= near_bytes_min && one_apart(domain, known)) ||
         domain.starts_with(known + ".");
}

// A pattern for LIKE ... ESCAPE '!' that finds this member of an act's or order's canonical JSON.
std::string member_pattern(const char* key, const std::string& value) {
  std::string out = "%";
  for (const char ch : fmt::format("\"{}\":{}", key, Json(value).dump())) {
    if (ch == '%' || ch == '_' || ch == '!') out += '!';
    out += ch;
  }
  return out + "%";
}

Result<std::vector<std::string>> matters(const desk::Carrier& c, const char* sql,
                                         const std::string& pattern) {
  std::vector<std::string> out;
  WRIT_TRY(ask, c.db().prepare(sql));
  ask.bind(1, pattern);
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.push_back(ask.text(0));
  }
}

bool same_instrument(const process::Demand& a, const process::Demand& b) {
  return a.instrument == b.instrument && (a.issuer == b.issuer || a.requester.agency == b.requester.agency);
}

constexpr const char* cases_with =
    "SELECT DISTINCT matter FROM case_acts WHERE body LIKE ? ESCAPE '!' ORDER BY matter";
constexpr const char* orders_with =
    "SELECT DISTINCT matter FROM orders WHERE request LIKE ? ESCAPE '!' ORDER BY matter";

Status add_cases(const desk::Carrier& c, const process::Demand& d, const std::string& own,
                 const std::string& pattern, std::vector<std::string>& out) {
  WRIT_TRY(found, matters(c, cases_with, pattern));
  for (const std::string& matter : found) {
    if (matter == own) continue;
    WRIT_TRY(file, desk::read_case(c, matter));
    const auto other = demand_of(file);
    if (!other) continue;  // the words stand in something that is no demand
    if (other->document_sha256 == d.document_sha256)
      out.push_back(fmt::format("the same document as {}", matter));
    else if (!d.instrument.empty() && same_instrument(*other, d))
      out.push_back(fmt::format("instrument {} with other content as {}", d.instrument, matter));
  }
  return {};
}

}  // namespace

std::string domain_of(std::string_view email) {
  const auto at = email.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string out = lower(email.substr(at + 1));
  while (!out.empty() && (out.back() == '.' || out.back() == ' ' || out.back() == '>')) out.pop_back();
  return out;
}

Result<std::vector<KnownDomain>> known_domains(desk::Carrier& c) {
  std::vector<KnownDomain> out;
  for (const policy::Office& o : c.policy().offices)
    if (const std::string domain = domain_of(o.email); !domain.empty()) out.push_back({domain, o.title});
  WRIT_TRY(entries, desk::AgencyDirectory{c.outside()}.all());
  for (const desk::DirectoryEntry& e : entries)
    if (const auto* now = e.current(); now != nullptr && !now->contact.mail_domain.empty())
      out.push_back({now->contact.mail_domain, now->contact.organisation});
  return out;
}

std::string imitates(std::string_view domain, const std::vector<KnownDomain>& known) {
  const std::string asked = lower(domain);
  if (asked.empty() || asked.size() > domain_bytes_max) return {};
  if (std::any_of(known.begin(), known.end(),
                  [&](const KnownDomain& k) { return is_below(asked, k.domain); }))
    return {};
  const std::string seen = shown(asked);
  for (const KnownDomain& k : known)
    if (resembles(asked, seen, k.domain))
      return fmt::format("the mail domain {} resembles {} of {}", seen, k.domain, k.whose);
  return {};
}

namespace {

Result<std::vector<std::string>> repeats_here(const desk::Carrier& c, const process::Demand& d,
                                              const std::string& own) {
  std::vector<std::string> out;
  const std::string sha256 = crypto::hex(d.document_sha256);
  WRIT_CHECK(add_cases(c, d, own, member_pattern("document_sha256", sha256), out));
  if (!d.instrument.empty())
    WRIT_CHECK(add_cases(c, d, own, member_pattern("instrument", d.instrument), out));
  WRIT_TRY(orders, matters(c, orders_with, member_pattern("document_sha256", sha256)));
  for (const std::string& matter : orders) out.push_back(fmt::format("the same document as {}", matter));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

Result<std::vector<std::string>> repeats(const desk::Carrier& c, const process::Demand& d,
                                         const std::string& own) {
  WRIT_TRY(out, repeats_here(c, d, own));
  if (c.inside() == nullptr) return out;
  WRIT_TRY(outside, repeats_here(c.outside(), d, ""));
  for (std::string& what : outside) out.push_back(what + " outside of this compartment");
  return out;
}

Result<std::vector<std::string>> repeats_or_imitates(desk::Carrier& c, const process::Demand& d,
                                                     const std::string& own) {
  WRIT_TRY(out, repeats(c, d, own));
  WRIT_TRY(known, known_domains(c));
  if (std::string why = imitates(domain_of(d.requester.email), known); !why.empty())
    out.push_back(std::move(why));
  return out;
}

}  // namespace writ::cases
