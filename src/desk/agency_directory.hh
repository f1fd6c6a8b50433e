// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier's own directory of agencies and courts (V1, S41): whom to call back, by numbers that somebody
// looked up elsewhere than in the letter that asks. A forged letter names a forged number; mail domains and
// letterheads prove nothing.
//
// An entry is a case of the cycle `directory`: one person proposes a contact with the source of its number, a
// second one looks it up again and confirms it; a change goes the same way, and until it is confirmed the old
// number counts. Nothing vanishes: the acts are the history.
#pragma once
#include "desk/case_book.hh"

namespace writ::desk {

enum class ContactKind { agency, court_clerk, prosecutor, office };
const char* to_string(ContactKind k);  // "agency" "court-clerk" "prosecutor" "office"
Result<ContactKind> parse_contact_kind(std::string_view s);

struct Contact {  // "writ.contact/1"
  ContactKind kind = ContactKind::agency;
  std::string name;          // of the desk or office that answers: "Watch commander"
  std::string organisation;  // agency, or court, exactly as its papers name it
  std::string number, fax;   // E.164; fax may be empty
  std::string mail_domain;   // "sheriff.example"; may be empty
  std::string address, jurisdiction;
  // Where the number was found: "official-website" | "government-directory" | "telephone-directory" |
  // "number-administrator" | "in-person"; in words; and when, "2026-11-20".
  std::string source_kind, source, verified_on;
};
Json to_json(const Contact& c);
Result<Contact> contact_from_json(const Json& j);

struct PastContact {
  Contact contact;
  std::string proposed_by, confirmed_by;
  Instant confirmed_at{};
};
struct DirectoryEntry {
  std::string id, state;               // of its case
  std::vector<PastContact> history;    // oldest first; the last one is in force, unless retired
  std::optional<Contact> proposed;     // not confirmed yet
  const PastContact* current() const;  // nullptr: none, or retired
  Instant number_since(const std::string& e164) const;  // Instant::max(): never in force
  DirectoryEntry as_of(Instant t) const;                // what was confirmed by then, and not retired yet
};
Json to_json(const DirectoryEntry& e);  // "writ.directory-entry/1"
Result<DirectoryEntry> read_entry(const Carrier& c, const std::string& id);

// What a letter says about itself, against which a contact is judged.
struct LetterFacts {
  std::string organisation;          // that the contact must speak for
  std::vector<std::string> numbers;  // as written: telephone, fax
  std::string mail;                  // address that it came from or names, may be empty
  Instant received{};
};
// May this entry be called back about that letter? In force; of one of the kinds; for that organisation; and
// not by a number of the letter itself, unless the directory had it before the letter came. Exit::refused.
Result<Contact> callable(const DirectoryEntry& e, const std::vector<ContactKind>& kinds,
                         const LetterFacts& letter);
// Names of agencies and courts are compared without regard to case and white space.
bool is_same_organisation(std::string_view a, std::string_view b);

class AgencyDirectory {
 public:
  explicit AgencyDirectory(Carrier& c) : c_(&c) {}
  // Intake or officer. The same contact again is the same entry. A number that stands in a letter that is
  // still open is taken only from a source that is not the letter, and the entry says which letters.
  Result<DirectoryEntry> add(Contact contact, const Acting& who);
  Result<DirectoryEntry> change(const std::string& id, Contact contact, const Acting& who);
  // A second person, who has looked the number up: `looked_up` says where.
  Result<DirectoryEntry> confirm(const std::string& id, const std::string& looked_up, const Acting& who);
  Result<DirectoryEntry> drop_change(const std::string& id, const std::string& reason, const Acting& who);
  Result<DirectoryEntry> retire(const std::string& id, const std::string& reason, const Acting& who);
  Result<DirectoryEntry> read(const std::string& id) const { return read_entry(*c_, id); }
  Result<std::vector<DirectoryEntry>> all() const;

 private:
  Carrier* c_;
};

}  // namespace writ::desk
