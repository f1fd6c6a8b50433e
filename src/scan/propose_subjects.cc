// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the paper asks about, and on which numbers the requester answers: every telephone number is one or the
// other, by its label or by the words around it.
#include <algorithm>

#include "scan/draft.hh"

namespace writ::scan {
namespace {

enum class Role { none, voice, fax, subject };

Role role_of(const Draft& d, const PhoneHit& p, Role previous) {
  static const RE2 fax(R"((?:\bfax|facsimile|\bfx)(?: ?(?:no|number|#))?[.:)\s]*$)"),
      fax_after(R"(^\s*\((?:fax|facsimile))");
  static const RE2 voice(
      R"((?:\btel(?:ephone)?|\bphone|\bph|call ?back|direct(?: line| dial)?|office|voice|main|cell|mobile)(?: ?(?:no|number|#))?[.:]+\s*$|(?:\btel|\bph|direct|main|office|call ?back|phone(?: no\.?)?)[.:]?\s*$)");
  static const RE2 voice_after(R"(^\s*\((?:voice|office|cell|tel))");
  static const RE2 target(
      R"((?:target|subject|subscriber'?s?|suspect)(?: telephone| phone)?(?: number| line)?s?(?: is| of| to)?:?\s*$)");
  static const RE2 asked(
      R"((?:numbers?|lines?|telephone|subscriber (?:of|to)|customer (?:of|at)|\(?account\)?)(?: is| of)?:?\s*$)");
  static const RE2 joined(R"(^[\s,]*(?:and|,|or)[\s,]*$)");
  const Segment* g = d.sheet.segment_at(p.span.begin);
  if (g == nullptr) return Role::none;
  const std::string own = plain(d.sheet.of({g->span.begin, p.span.begin}));
  const std::string lead = own.size() > 3 && !d.is_prose(*g) ? own : d.before(p.span.begin, 45);
  const std::vector<std::string> labels = d.labels(p.span);
  const auto has = [&](const RE2& cue) {
    return found(lead, cue) ||
           std::any_of(labels.begin(), labels.end(), [&](const std::string& l) { return found(l, cue); });
  };
  if (has(fax) || found(d.after(p.span.end, 12), fax_after)) return Role::fax;
  if (has(target)) return Role::subject;
  if (found(d.after(p.span.end, 12), voice_after)) return Role::voice;
  if (d.is_prose(*g) && found(lead, asked)) return Role::subject;
  if (has(voice)) return Role::voice;
  if (has(asked)) return Role::subject;
  if (previous == Role::subject && found(lead.substr(lead.size() > 6 ? lead.size() - 6 : 0), joined))
    return Role::subject;
  return d.is_prose(*g) ? Role::subject : Role::voice;
}

// After "number A and B", B stands with A.
bool goes_on(const Draft& d, const PhoneHit& a, const PhoneHit& b) {
  static const RE2 joint(R"(^[\s,;]*(?:and|or|,|;)?[\s,;]*$)");
  return b.span.begin - a.span.end < 8 && found(plain(d.sheet.of({a.span.end, b.span.begin})), joint);
}

bool in_letterhead(const Draft& d, Span s) {
  const Segment* g = d.sheet.segment_at(s.begin);
  return g != nullptr && g->page == 0 && g->box.y0 < d.pages[0].height * 15 / 100;
}

// Of two numbers for one use, the one in the contact block is nearer to the requester than the letterhead's.
void propose_reach(Draft& d, const std::vector<Role>& roles, Role role, const char* field) {
  for (const bool head : {false, true})
    for (std::size_t i = 0; i < roles.size(); ++i)
      if (roles[i] == role && in_letterhead(d, d.phones[i].span) == head)
        return d.add(field, d.phones[i].value, d.phones[i].span, head ? 78 : 88);
}

struct Subjects {
  Draft& d;
  int n = 0;
  std::vector<std::string> seen;
  void add(const std::string& value, Span from, int certainty) {
    if (std::find(seen.begin(), seen.end(), value) != seen.end()) return;
    seen.push_back(value);
    d.add("subjects." + std::to_string(++n), value, from, certainty);
  }
};

void propose_addresses(Draft& d, Subjects& s) {
  static const RE2 at(
      R"((?:served at|located at|property at|premises at|service address(?: is|:)?|at the address(?: of)?|\bat)\s*$)");
  for (const AddressHit& a : d.addresses) {
    const std::string line = a.building + "|" + a.street + "|" + a.city + "|" + a.state + "|" + a.zip;
    if (found(d.before(a.span.begin, 30), at)) s.add("street-address " + line, a.span, 85);
  }
}

}  // namespace

void propose_subjects(Draft& d) {
  static const RE2 extension(R"((?i)\b(?:room\s+)?ext(?:ension|\.)?\s*(?:no\.?|number|#)?\s*#?(\d{2,6})\b)");
  static const RE2 account(R"((?i)\baccount\s+(?:no\b\.?|number\b|#)[\s:#]*([A-Z]{0,4}-?\d[\w\-]{2,})\b)");
  static const RE2 tenant(
      "\\b(?i:guest|tenant|occupant)s? (?i:named|by the name "
      "of|name:)\\s+([A-Z][\\w'’.\\-]*(?:\\s[A-Z][\\w'’.\\-]*){1,3})");
  std::vector<Role> roles;
  for (std::size_t i = 0; i < d.phones.size(); ++i) {
    const bool with_last = i > 0 && roles.back() == Role::subject && goes_on(d, d.phones[i - 1], d.phones[i]);
    roles.push_back(with_last ? Role::subject : role_of(d, d.phones[i], i > 0 ? roles.back() : Role::none));
  }
  propose_reach(d, roles, Role::voice, "requester.phone");
  propose_reach(d, roles, Role::fax, "requester.fax");
  Subjects s{d, 0, {}};
  for (std::size_t i = 0; i < roles.size(); ++i)
    if (roles[i] == Role::subject) s.add("number " + d.phones[i].value, d.phones[i].span, 88);
  for (const Match& m : find_all(d.sheet.text, extension)) {
    // "(404) 555-0110 ext. 3" is the requester's own.
    const bool of_phone = std::any_of(d.phones.begin(), d.phones.end(), [&](const PhoneHit& p) {
      return m.span.begin >= p.span.end && m.span.begin - p.span.end < 2;
    });
    if (!of_phone) s.add("extension " + m.groups[0], m.span, 86);
  }
  for (const Match& m : find_all(d.sheet.text, account)) s.add("account " + m.groups[0], m.spans[0], 88);
  for (const Match& m : find_all(d.sheet.text, tenant))
    s.add("tenant-name " + one_line(m.groups[0]), m.spans[0], 80);
  propose_addresses(d, s);
}

}  // namespace writ::scan
