// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_access.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "desk/case_book.hh"

namespace writ::desk {
namespace {

using authority::RecordItem;
using authority::ScopeSubject;

tl::unexpected<Error> out_of_scope(std::string what, std::string missing) {
  return fail(Exit::refused, std::move(what), record_rule, std::move(missing),
              "counsel signs a scope that the process entitles to (writ records scope)");
}

Result<std::string> canonical_address(const std::string& typed) {
  std::vector<std::string> parts(1);
  for (const char ch : typed) {
    if (ch == '|')
      parts.emplace_back();
    else
      parts.back() += ch;
  }
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    WRIT_TRY(part, records::name_as_written(parts[i]));
    if (parts.size() != 5 || part.empty())
      return fail(Exit::usage, fmt::format("'{}' is not a whole street address", typed),
                  "S11: building number, street, city, state and ZIP", "building|street|city|state|zip",
                  "write all five, separated by |");
    out += (i > 0 ? "|" : "") + part;
  }
  return out;
}

// A scope for an emergency counts under an emergency that its signer approved, by the act that names this
// very scope; and an emergency is read under no other. So an officer's signature alone opens nothing, and
// counsel's ordinary scope does not widen what was approved.
Status check_emergency(const Carrier& c, const authority::Scope& s) {
  const auto file = read_case(c, s.matter);
  if (!file && file.error().exit != Exit::not_found) return tl::unexpected(file.error());
  const bool is_emergency = file && file->cycle == process::Cycle::emergency;
  const bool for_emergency = s.purpose == authority::emergency_purpose;
  if (!is_emergency && !for_emergency) return {};
  const auto refused = [&](std::string what) {
    return fail(Exit::refused, std::move(what),
                "18 USC 2702(c)(4): only what the approval of the emergency names",
                "a scope that the approval of this emergency signed",
                "counsel or officer approves the emergency (writ emergency approve)");
  };
  if (is_emergency != for_emergency)
    return refused(fmt::format("a scope for '{}' does not open {}", s.purpose, s.matter));
  const CaseAct* approval = approval_of(*file);
  if (approval == nullptr) return refused(fmt::format("{} was not approved", s.matter));
  if (approval->user != s.counsel || approval->body.value("scope", Json::object()).value("sha256", "") !=
                                         crypto::hex(crypto::sha256(view_of(canonical(to_json(s))))))
    return refused(
        fmt::format("scope {} of {} is not the one that {} approved", s.sequence, s.matter, approval->user));
  return {};
}

}  // namespace

const std::vector<authority::Role>& record_readers() {
  using authority::Role;
  static const std::vector<Role> roles{Role::intake, Role::counsel, Role::officer};
  return roles;
}

Result<ScopeSubject> canonical_subject(const ScopeSubject& s) {
  ScopeSubject out{s.kind, "", ""};
  if (s.kind == "street-address") {
    WRIT_TRY(address, canonical_address(s.value));
    out.value = std::move(address);
  } else if (s.kind == "number" || s.kind == "extension") {
    WRIT_TRY(value, records::canonical_value(s.kind, s.value));
    out.value = std::move(value);
  } else {
    WRIT_TRY(value, records::name_as_written(s.value));
    out.value = std::move(value);
  }
  if (!s.property.empty()) {
    WRIT_TRY(property, records::name_as_written(s.property));
    out.property = std::move(property);
  }
  return out;
}

std::string subject_text(const ScopeSubject& s) {
  return fmt::format("{} {}{}{}", s.kind, s.value, s.property.empty() ? "" : " at property ", s.property);
}

Status check_matter(const Carrier& c, const std::string& matter) {
  if (const auto file = read_case(c, matter)) {
    if (!process::is_final(process::life_cycle(file->cycle), file->state)) return {};
    return fail(Exit::refused, fmt::format("{} is {}", matter, file->state), record_rule,
                "a matter that is open", "a new process is a new matter");
  } else if (file.error().exit != Exit::not_found) {
    return tl::unexpected(file.error());
  }
  const auto order = Orders{c}.newest(matter);
  if (!order && order.error().exit == Exit::not_found)
    return fail(Exit::refused, fmt::format("there is no matter '{}'", matter), record_rule,
                "a matter that was filed", "intake files the process first (writ request file)");
  if (!order) return tl::unexpected(order.error());
  if (order->state == process::State::closed || order->state == process::State::rejected)
    return fail(Exit::refused, fmt::format("{} is {}", matter, process::to_string(order->state)), record_rule,
                "a matter that is open", "a new process is a new matter");
  return {};
}

Result<authority::ScopeTicket> newest_scope(Carrier& c, const std::string& matter) {
  WRIT_CHECK(migrate_record_tables(c));
  WRIT_TRY(ask, c.db().prepare("SELECT sequence, ticket FROM record_scopes WHERE matter=? "
                               "ORDER BY sequence DESC LIMIT 1"));
  WRIT_TRY(found, ask.bind(1, matter).step());
  if (!found)
    return out_of_scope(fmt::format("{} has no scope for records", matter),
                        "counsel's signed word on which records it may reach");
  const auto sequence = static_cast<std::uint64_t>(ask.integer(0));
  const std::string text = ask.text(1);
  ask.reset();
  const auto altered = [&] {
    return fail(Exit::refused, fmt::format("the stored scope of {} is not one that counsel signed", matter),
                record_rule, "the ticket as it was signed", "counsel signs a scope for the matter again");
  };
  const auto j = parse_canonical(view_of(text), "scope");
  if (!j) return altered();
  const auto counsel = field<std::string>(*j, "counsel", "scope");
  if (!counsel) return altered();
  const auto cert = c.cert_of(*counsel);
  if (!cert) return altered();
  WRIT_TRY(ticket, authority::verify_scope(view_of(text), *cert, c.roots(), c.now()));
  if (ticket.scope().matter != matter || ticket.scope().sequence != sequence) return altered();
  WRIT_CHECK(check_emergency(c, ticket.scope()));
  return ticket;
}

Result<RecordAccess> RecordAccess::enter(Carrier& c, const std::string& matter, const Acting& who) {
  WRIT_CHECK(c.check_clock());
  WRIT_CHECK(check_matter(c, matter));
  WRIT_TRY(ticket, newest_scope(c, matter));
  return RecordAccess{c, matter, who.person.user, std::move(ticket)};
}

bool RecordAccess::allows_any(std::initializer_list<RecordItem> items) const {
  return std::any_of(items.begin(), items.end(), [&](RecordItem i) { return ticket_.allows(i); });
}

Status RecordAccess::must_name(const ScopeSubject& s) const {
  if (ticket_.names(s)) return {};
  return out_of_scope(
      fmt::format("scope {} of {} does not name {}", scope().sequence, matter_, subject_text(s)),
      "a scope that names it exactly");
}

Status RecordAccess::must_allow_any(std::initializer_list<RecordItem> items) const {
  if (allows_any(items)) return {};
  std::string wanted;
  for (const RecordItem i : items) wanted += (wanted.empty() ? "" : " or ") + std::string(to_string(i));
  return out_of_scope(fmt::format("scope {} of {} does not allow what was asked", scope().sequence, matter_),
                      "the item " + wanted);
}

Status RecordAccess::must_cover(Instant from, Instant until) const {
  if (from >= until)
    return fail(Exit::usage, "the period asked about is empty", record_rule, "an end after its beginning",
                "give --from and --until");
  if (from >= scope().records_from && until <= scope().records_until) return {};
  return out_of_scope(
      fmt::format("scope {} of {} reaches from {} until {} only", scope().sequence, matter_,
                  rfc3339_seconds(scope().records_from), rfc3339_seconds(scope().records_until)),
      "a period inside it");
}

Status RecordAccess::begin(const Json& question) {
  WRIT_TRY(receipt,
           c_->note(user_, "records.read", matter_,
                    Json{{"purpose", scope().purpose}, {"scope", scope().sequence}, {"question", question}}));
  static_cast<void>(receipt);
  return {};
}

Status RecordAccess::end(std::uint64_t rows, const crypto::Digest& answer, bool whole) {
  WRIT_CHECK(c_->note(
      user_, "records.answer", matter_,
      Json{{"scope", scope().sequence}, {"rows", rows}, {"sha256", crypto::hex(answer)}, {"whole", whole}}));
  return {};
}

Status RecordAccess::end(std::uint64_t rows, const Json& answer) {
  return end(rows, crypto::sha256(view_of(canonical(answer))));
}

}  // namespace writ::desk
