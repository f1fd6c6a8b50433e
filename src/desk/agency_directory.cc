// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/agency_directory.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "desk/orders.hh"

namespace writ::desk {
namespace {

using process::Cycle;

constexpr std::string_view directory_rule =
    "V1: a requester is called back at a number that the carrier found independently of the request";

constexpr std::array<std::pair<ContactKind, const char*>, 4> kinds{{{ContactKind::agency, "agency"},
                                                                    {ContactKind::court_clerk, "court-clerk"},
                                                                    {ContactKind::prosecutor, "prosecutor"},
                                                                    {ContactKind::office, "office"}}};
constexpr std::array<std::string_view, 5> sources{"official-website", "government-directory",
                                                  "telephone-directory", "number-administrator", "in-person"};

tl::unexpected<Error> refused(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), std::string(directory_rule), std::move(missing),
              std::move(next));
}

std::string folded(std::string_view s) {
  const auto plain = records::name_as_written(s);
  std::string out = plain ? *plain : std::string(s);
  for (char& ch : out) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
  return out;
}

Status check_source(const Contact& c, Instant now) {
  if (std::find(sources.begin(), sources.end(), c.source_kind) == sources.end())
    return refused(fmt::format("'{}' is no source of a call-back number", c.source_kind.substr(0, 80)),
                   fmt::format("one of: {}", fmt::join(sources, ", ")),
                   "look the number up yourself: a letter, a mail or a caller is never its source");
  if (!authority::is_plain_text(c.source))
    return refused("the source of the number is not named", "where exactly it was found, in one line",
                   "name the page, the directory or the person (--source)");
  const auto day = parse_rfc3339(c.verified_on + "T00:00:00Z");
  if (!day)
    return fail(Exit::usage, fmt::format("'{}' is not a day", c.verified_on.substr(0, 40)),
                std::string(directory_rule), "the day on which the number was looked up",
                "write it as 2026-11-20 (--verified-on)");
  if (*day > now) return refused("the number was looked up on a day to come", "a day that has been", "");
  return {};
}

// As typed -> as stored and compared.
Result<Contact> checked(Contact c, Instant now) {
  WRIT_TRY(name, records::name_as_written(c.name));
  WRIT_TRY(organisation, records::name_as_written(c.organisation));
  WRIT_TRY(number, records::to_e164(c.number));
  c.name = std::move(name);
  c.organisation = std::move(organisation);
  c.number = std::move(number);
  if (!c.fax.empty()) {
    WRIT_TRY(fax, records::to_e164(c.fax));
    c.fax = std::move(fax);
  }
  if (!c.mail_domain.empty()) {
    WRIT_TRY(domain, records::canonical_host(c.mail_domain));
    c.mail_domain = std::move(domain);
  }
  if (!authority::is_plain_text(c.name) || !authority::is_plain_text(c.organisation) ||
      !authority::is_plain_text(c.jurisdiction))
    return refused("the contact lacks its name, its organisation or its jurisdiction",
                   "each of them in plain text", "name them as the organisation's own papers do");
  WRIT_CHECK(check_source(c, now));
  return c;
}

struct OpenLetter {
  std::string matter, instrument, mail;
  std::vector<std::string> numbers;
};

// Demands and orders that are not over.
Result<std::vector<OpenLetter>> open_letters(Carrier& c) {
  std::vector<OpenLetter> out;
  WRIT_TRY(cases, CaseBook{c}.all());
  for (const Case& one : cases) {
    const CaseAct* filed = one.newest("correct") != nullptr ? one.newest("correct") : one.newest("file");
    if (filed == nullptr || !filed->body.contains("demand") ||
        process::is_final(process::life_cycle(one.cycle), one.state))
      continue;
    const Json& d = filed->body["demand"];
    const Json from = d.value("requester", Json::object());
    out.push_back({one.matter,
                   d.value("instrument", ""),
                   from.value("email", ""),
                   {from.value("phone", ""), from.value("fax", "")}});
  }
  WRIT_TRY(orders, Orders{c}.all());
  for (const Order& o : orders)
    if (o.state == process::State::received || o.state == process::State::returned ||
        o.state == process::State::validated)
      out.push_back({o.matter, o.request.instrument, "", {o.request.officer.phone, o.request.officer.fax}});
  return out;
}

// The letters that name this number. A source that is such a letter is refused.
Result<Json> letters_with(Carrier& c, const Contact& contact) {
  Json out = Json::array();
  WRIT_TRY(letters, open_letters(c));
  for (const OpenLetter& l : letters) {
    const bool named = std::any_of(l.numbers.begin(), l.numbers.end(), [&](const std::string& n) {
      const auto e164 = records::to_e164(n);
      return e164 && (*e164 == contact.number || *e164 == contact.fax);
    });
    if (!named) continue;
    const auto at = l.mail.find('@');
    const std::string domain = at == std::string::npos ? "" : l.mail.substr(at + 1);
    for (const std::string& mark : {l.matter, l.instrument, domain})
      if (!mark.empty() && folded(contact.source).find(folded(mark)) != std::string::npos)
        return refused(
            fmt::format("the number stands in the letter of {}, and its source is that letter", l.matter),
            "a source that the sender of the letter does not control",
            "look the number up in a directory or on the agency's own site, and name that");
    out.push_back(l.matter);
  }
  return out;
}

DirectoryEntry entry_of(const Case& c) {
  DirectoryEntry e{c.matter, c.state, {}, {}};
  std::string proposer;
  for (const CaseAct& a : c.acts) {
    if (a.act == "file" || a.act == "change") {
      proposer = a.user;
      if (auto read = contact_from_json(a.body["contact"])) e.proposed = std::move(*read);
    } else if ((a.act == "confirm" || a.act == "confirm-change") && e.proposed) {
      e.history.push_back({std::move(*e.proposed), proposer, a.user, a.at});
      e.proposed.reset();
    } else {
      e.proposed.reset();  // dropped, retired
    }
  }
  return e;
}

// The body of a proposed contact. `of`: the entry that it changes.
Result<Json> proposal(Carrier& c, Contact typed, const DirectoryEntry* of) {
  WRIT_TRY(contact, checked(std::move(typed), c.now()));
  const PastContact* now = of != nullptr ? of->current() : nullptr;
  if (now != nullptr && !is_same_organisation(now->contact.organisation, contact.organisation))
    return refused(fmt::format("{} is a contact of {}", of->id, now->contact.organisation),
                   "the same organisation", "enter a contact of another organisation as one of its own");
  WRIT_TRY(letters, letters_with(c, contact));
  return Json{{"contact", to_json(contact)}, {"in_letters", std::move(letters)}};
}

std::string domain_of(const std::string& mail) {
  const auto at = mail.find('@');
  return at == std::string::npos ? mail : mail.substr(at + 1);
}

}  // namespace

const char* to_string(ContactKind k) { return kinds.at(static_cast<std::size_t>(k)).second; }

Result<ContactKind> parse_contact_kind(std::string_view s) {
  for (const auto& [kind, name] : kinds)
    if (s == name) return kind;
  return fail(Exit::usage, fmt::format("'{}' is not a kind of contact", s.substr(0, 80)),
              std::string(directory_rule), "a kind of contact",
              "write agency, court-clerk, prosecutor or office (--kind)");
}

Json to_json(const Contact& c) {
  return Json{{"schema", "writ.contact/1"},     {"kind", to_string(c.kind)}, {"name", c.name},
              {"organisation", c.organisation}, {"number", c.number},        {"fax", c.fax},
              {"mail_domain", c.mail_domain},   {"address", c.address},      {"jurisdiction", c.jurisdiction},
              {"source_kind", c.source_kind},   {"source", c.source},        {"verified_on", c.verified_on}};
}

Result<Contact> contact_from_json(const Json& j) {
  WRIT_TRY(kind, parse_contact_kind(j.value("kind", "")));
  Contact c{kind,
            j.value("name", ""),
            j.value("organisation", ""),
            j.value("number", ""),
            j.value("fax", ""),
            j.value("mail_domain", ""),
            j.value("address", ""),
            j.value("jurisdiction", ""),
            j.value("source_kind", ""),
            j.value("source", ""),
            j.value("verified_on", "")};
  if (to_json(c) != j) return fail(Exit::integrity, "a contact has other fields than a contact has");
  return c;
}

const PastContact* DirectoryEntry::current() const {
  return state == "retired" || history.empty() ? nullptr : &history.back();
}

Instant DirectoryEntry::number_since(const std::string& e164) const {
  Instant since = Instant::max();
  for (auto past = history.rbegin(); past != history.rend() && past->contact.number == e164; ++past)
    since = past->confirmed_at;
  return since;
}

DirectoryEntry DirectoryEntry::as_of(Instant t) const {
  DirectoryEntry then{id, "confirmed", history, {}};
  std::erase_if(then.history, [&](const PastContact& p) { return p.confirmed_at > t; });
  if (then.history.empty()) then.state = "proposed";
  return then;
}

Json to_json(const DirectoryEntry& e) {
  Json history = Json::array();
  for (const PastContact& p : e.history)
    history.push_back({{"contact", to_json(p.contact)},
                       {"proposed_by", p.proposed_by},
                       {"confirmed_by", p.confirmed_by},
                       {"confirmed_at", rfc3339_seconds(p.confirmed_at)}});
  Json out{{"schema", "writ.directory-entry/1"},
           {"id", e.id},
           {"state", e.state},
           {"history", std::move(history)}};
  if (e.proposed) out["proposed"] = to_json(*e.proposed);
  return out;
}

Result<DirectoryEntry> read_entry(const Carrier& c, const std::string& id) {
  WRIT_TRY(one, read_case(c.outside(), id));  // a compartment calls by the same directory
  if (one.cycle != Cycle::directory)
    return fail(Exit::not_found, fmt::format("{} is not an entry of the directory", id),
                std::string(directory_rule), "the number of an entry", "writ agency list prints them");
  return entry_of(one);
}

bool is_same_organisation(std::string_view a, std::string_view b) {
  return !a.empty() && folded(a) == folded(b);
}

Result<Contact> callable(const DirectoryEntry& e, const std::vector<ContactKind>& of_kinds,
                         const LetterFacts& letter) {
  const PastContact* now = e.current();
  if (now == nullptr)
    return refused(fmt::format("{} is {}: nobody is called at its number", e.id, e.state),
                   "an entry that a second person has confirmed",
                   "a second person looks the number up (writ agency confirm)");
  const Contact& c = now->contact;
  if (std::find(of_kinds.begin(), of_kinds.end(), c.kind) == of_kinds.end()) {
    std::string wanted;
    for (const ContactKind k : of_kinds) wanted += (wanted.empty() ? "" : " or ") + std::string(to_string(k));
    return refused(fmt::format("{} is a contact of the kind {}", e.id, to_string(c.kind)),
                   fmt::format("a contact of the kind {}", wanted), "choose one of writ agency list");
  }
  if (!is_same_organisation(c.organisation, letter.organisation))
    return refused(fmt::format("{} is a contact of {}, and the paper names {}", e.id, c.organisation,
                               letter.organisation.empty() ? "nobody" : letter.organisation),
                   fmt::format("a contact of {}", letter.organisation),
                   "choose it from writ agency list, or enter and confirm it first");
  for (const std::string& written : letter.numbers) {
    const auto number = records::to_e164(written);
    if (number && *number == c.number && e.number_since(c.number) >= letter.received)
      return refused(fmt::format("the number of {} is the letter's own, and the directory had it not before "
                                 "the letter came",
                                 e.id),
                     "a number that was found independently of the letter",
                     "call another contact of this organisation, or look up its main line");
  }
  if (!letter.mail.empty() && !c.mail_domain.empty() &&
      folded(domain_of(letter.mail)) != folded(c.mail_domain))
    return refused(fmt::format("the letter comes from {}, and {} writes from {}", domain_of(letter.mail),
                               c.organisation, c.mail_domain),
                   "a letter from the agency's own domain, or by fax",
                   "ask the contact in the directory whether the letter is theirs; have it sent again");
  return c;
}

Result<DirectoryEntry> AgencyDirectory::add(Contact typed, const Acting& who) {
  WRIT_TRY(body, c_->attempt(who.person.user, "directory.add", "",
                             [&] { return proposal(*c_, std::move(typed), nullptr); }));
  const crypto::Digest key = crypto::sha256(view_of("directory " + canonical(body["contact"])));
  WRIT_TRY(done, CaseBook{*c_}.open(Cycle::directory, key, {"file", std::move(body)}, who));
  return entry_of(done);
}

Result<DirectoryEntry> AgencyDirectory::change(const std::string& id, Contact typed, const Acting& who) {
  WRIT_TRY(entry, read(id));
  WRIT_TRY(body, c_->attempt(who.person.user, "directory.change", id,
                             [&] { return proposal(*c_, std::move(typed), &entry); }));
  WRIT_TRY(done, CaseBook{*c_}.act(id, {"change", std::move(body)}, who));
  return entry_of(done);
}

Result<DirectoryEntry> AgencyDirectory::confirm(const std::string& id, const std::string& looked_up,
                                                const Acting& who) {
  WRIT_TRY(entry, read(id));
  const Contact* meant = entry.proposed           ? &*entry.proposed
                         : !entry.history.empty() ? &entry.history.back().contact  // once more: no effect
                                                  : nullptr;
  CaseStep step{entry.history.size() > (entry.proposed ? 0u : 1u) ? "confirm-change" : "confirm",
                Json{{"contact", meant != nullptr ? to_json(*meant) : Json()}, {"looked_up", looked_up}}};
  // What is confirmed is what stands there when the table allows it.
  step.guard = [&](const Case& c) -> Status {
    const DirectoryEntry now = entry_of(c);
    if (now.proposed && to_json(*now.proposed) == step.body["contact"]) return {};
    return refused(fmt::format("{} has nothing of that kind to confirm", id), "a proposed contact",
                   "look at it again: writ agency show " + id);
  };
  WRIT_TRY(done, CaseBook{*c_}.act(id, step, who));
  return entry_of(done);
}

Result<DirectoryEntry> AgencyDirectory::drop_change(const std::string& id, const std::string& reason,
                                                    const Acting& who) {
  WRIT_CHECK(read(id));
  WRIT_TRY(done, CaseBook{*c_}.act(id, {"drop-change", Json{{"reason", reason}}}, who));
  return entry_of(done);
}

Result<DirectoryEntry> AgencyDirectory::retire(const std::string& id, const std::string& reason,
                                               const Acting& who) {
  WRIT_CHECK(read(id));
  WRIT_TRY(done, CaseBook{*c_}.act(id, {"retire", Json{{"reason", reason}}}, who));
  return entry_of(done);
}

Result<std::vector<DirectoryEntry>> AgencyDirectory::all() const {
  WRIT_TRY(cases, CaseBook{*c_}.all(Cycle::directory));
  std::vector<DirectoryEntry> out;
  for (const Case& c : cases) out.push_back(entry_of(c));
  return out;
}

}  // namespace writ::desk
