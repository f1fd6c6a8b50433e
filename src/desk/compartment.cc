// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/compartment.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

namespace writ::desk {
namespace {

using authority::Role;

constexpr const char* compartment_rule = "I8: a compartmented matter exists for the named persons only";
constexpr std::string_view door_schema = "writ.door/1";
constexpr std::size_t boxes_multiple = 16, name_bytes = 64, word_bytes = 32 + 32 + name_bytes;

tl::unexpected<Error> not_there(const std::string& name) {
  return fail(Exit::not_found, fmt::format("there is no compartment '{}'", name), compartment_rule,
              "the name or id of a compartment", "writ national list prints those that are yours");
}

Status check_compartment_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 48 && name.front() != '-' &&
                    name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (good) return {};
  return fail(Exit::usage, fmt::format("'{}' is not a name for a compartment", name), compartment_rule,
              "1 to 48 lower-case letters, digits and '-'", "choose a word that tells nothing of the matter");
}

// What a box of the door holds.
struct Word {
  crypto::Secret32 key;
  crypto::BoxPublic reader;
  std::string name;
};

Bytes write_word(const Inside& i) {
  Bytes out(i.key.view().begin(), i.key.view().end());
  out.insert(out.end(), i.reader.k.begin(), i.reader.k.end());
  out.insert(out.end(), i.name.begin(), i.name.end());
  out.resize(word_bytes);
  return out;
}

std::optional<Word> read_word(View w) {
  if (w.size() != word_bytes) return std::nullopt;
  Word out{crypto::Secret32{w.first(32)}, {}, std::string(text_of(w.subspan(64)))};
  std::copy_n(w.begin() + 32, 32, out.reader.k.begin());
  out.name.erase(std::min(out.name.find('\0'), out.name.size()));
  return out;
}

// One box to each, and boxes that nobody opens up to the next multiple. Sorted: a sealed box is random, so is
// the order then.
std::string seal_door(const std::vector<crypto::BoxPublic>& to, View word) {
  std::vector<std::string> boxes;
  for (const auto& key : to) boxes.push_back(crypto::base64(crypto::seal(key, word)));
  while (boxes.empty() || boxes.size() % boxes_multiple != 0)
    boxes.push_back(
        crypto::base64(crypto::seal(crypto::BoxKey{}.public_key(), crypto::random_bytes(word.size()))));
  std::sort(boxes.begin(), boxes.end());
  return canonical(Json{{"schema", door_schema}, {"boxes", boxes}});
}

std::optional<Bytes> open_door(const fs::path& file, const authority::Person& p) {
  const auto text = read_text(file);
  if (!text) return std::nullopt;
  const auto j = parse_canonical(view_of(*text), "door");
  if (!j) return std::nullopt;
  for (const Json& box : j->value("boxes", Json::array())) {
    if (!box.is_string()) continue;
    const auto sealed = crypto::unbase64(box.get_ref<const std::string&>());
    if (!sealed) continue;
    if (auto word = p.box.open(*sealed)) return std::move(*word);
  }
  return std::nullopt;
}

std::vector<fs::path> directories(const Carrier& outside) {
  std::vector<fs::path> out;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(outside.data() / "compartments", ec)) out.push_back(e.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<Inside> enter_as(Carrier& outside, const fs::path& dir, const authority::Person& p) {
  const auto bytes = open_door(dir / "door", p);
  auto word = bytes ? read_word(*bytes) : std::nullopt;
  if (!word) return std::nullopt;
  return Inside{&outside, dir.filename(), std::move(word->name), dir, std::move(word->key), word->reader, {}};
}

bool holds(const authority::RoleCert& cert, Role r) {
  return std::find(cert.roles.begin(), cert.roles.end(), r) != cert.roles.end();
}

Result<std::vector<authority::RoleCert>> certified(const Carrier& c, std::vector<std::string> named) {
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  std::vector<authority::RoleCert> out;
  for (const std::string& user : named) {
    auto cert = c.cert_of(user);
    if (!cert)
      return fail(Exit::usage, fmt::format("{} is not a person of this carrier", user), compartment_rule,
                  "certified people", "writ user list prints them");
    WRIT_CHECK(authority::verify_cert(*cert, c.roots(), cert->roles.front(), c.now()));
    out.push_back(std::move(*cert));
  }
  return out;
}

std::vector<crypto::BoxPublic> boxes_of(const std::vector<authority::RoleCert>& certs, bool auditors_only) {
  std::vector<crypto::BoxPublic> out;
  for (const auto& c : certs)
    if (!auditors_only || holds(c, Role::auditor)) out.push_back(c.box);
  return out;
}

constexpr const char* people_file = "people";  // who was named when it was made

std::string list_of(const std::vector<authority::RoleCert>& people) {
  Json out = Json::array();
  for (const auto& p : people) out.push_back(p.user);
  return canonical(out);
}

Status keep_inside(const Inside& i, const fs::path& name, View content) {
  return write_file(
      i.file(name),
      crypto::encrypt(i.derived("writ.compartment/files"), content, view_of(name.generic_string())), 0400);
}

// The same name for other people would let those in who were named then.
Result<Carrier> same_people(Carrier there, const std::vector<authority::RoleCert>& people) {
  WRIT_TRY(kept, there.kept_file(people_file));
  if (text_of(kept) == list_of(people)) return there;
  return fail(Exit::usage,
              fmt::format("'{}' is a compartment of yours with other people", there.inside()->name),
              compartment_rule, "another name", "choose another name");
}

Status check_list(const std::vector<authority::RoleCert>& named, const std::string& by) {
  const auto lacks = [](const char* what) {
    return fail(Exit::usage, fmt::format("{} is not among the named persons", what), compartment_rule,
                "the person who opens it, and an auditor who can check its log", "name them as well");
  };
  if (std::none_of(named.begin(), named.end(), [&](const auto& c) { return c.user == by; }))
    return lacks("whoever opens the compartment");
  if (std::none_of(named.begin(), named.end(), [](const auto& c) { return holds(c, Role::auditor); }))
    return lacks("an auditor");
  return {};
}

}  // namespace

crypto::Secret32 Inside::derived(std::string_view domain) const {
  std::array<std::uint8_t, 32> out{};
  crypto::blake2b(out, key.view(), view_of(domain));
  return crypto::Secret32{View{out}};
}

store::SealedFile Inside::store() const {
  const auto under = std::make_shared<crypto::Secret32>(derived("writ.compartment/store"));
  return {dir / "store", [under](View plain) { return crypto::encrypt(*under, plain); },
          [under](View sealed) -> Result<Bytes> {
            if (auto plain = crypto::decrypt(*under, sealed)) return plain;
            return fail(Exit::integrity, "the store of the compartment was altered", compartment_rule,
                        "the file as it was written", "restore it from backup; the log says what is in it");
          }};
}

bool Inside::opens_for(const authority::Person& p) const {
  const auto bytes = open_door(dir / "door", p);
  const auto word = bytes ? read_word(*bytes) : std::nullopt;
  return word && std::equal(word->key.view().begin(), word->key.view().end(), key.view().begin());
}

Result<crypto::BoxKey> Inside::open_reader(const authority::Person& auditor) const {
  if (const auto secret = open_door(dir / "reader", auditor); secret && secret->size() == 32) {
    crypto::BoxKey out{View{*secret}};
    if (out.public_key() == reader) return out;
  }
  return fail(Exit::refused, fmt::format("{} cannot read the log of this compartment", auditor.user),
              "I5: entries are sealed to the auditors", "an auditor whom the compartment names",
              "a named auditor reads it");
}

fs::path Inside::file(const fs::path& relative) const {
  const crypto::Secret32 under = derived("writ.compartment/names");
  std::array<std::uint8_t, 32> out{};
  crypto::blake2b(out, under.view(), view_of(relative.generic_string()));
  return dir / "files" / crypto::hex(out);
}

Result<std::vector<CompartmentName>> Compartments::of(const authority::Person& who) const {
  std::vector<CompartmentName> out;
  for (const fs::path& dir : directories(*outside_))
    if (auto found = enter_as(*outside_, dir, who)) out.push_back({found->id, found->name});
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.id) < std::tie(b.name, b.id); });
  return out;
}

Result<Carrier> Compartments::enter(Inside found) {
  WRIT_TRY(lock, lock_file(found.dir / "lock"));
  found.lock = std::move(lock);
  return Carrier::open_inside(*outside_, std::make_unique<Inside>(std::move(found)));
}

Result<Carrier> Compartments::open(const std::string& name, const Acting& who) {
  std::optional<Inside> match;
  std::string ids;
  for (const fs::path& dir : directories(*outside_)) {
    auto found = enter_as(*outside_, dir, who.person);
    if (!found || (found->name != name && found->id != name)) continue;
    ids += (ids.empty() ? "" : ", ") + found->id;
    if (match)
      return fail(Exit::usage, fmt::format("'{}' names more than one of your compartments", name),
                  compartment_rule, "its id: " + ids, "give the id instead of the name");
    match = std::move(found);
  }
  if (!match) return not_there(name);
  return enter(std::move(*match));
}

// The door comes last: before it is there, nobody opens anything, and what lies there is nothing.
Result<Carrier> Compartments::create(const std::string& name, const std::vector<std::string>& named,
                                     const Acting& by) {
  WRIT_CHECK(check_compartment_name(name));
  WRIT_TRY(people, certified(*outside_, named));
  WRIT_CHECK(check_list(people, by.person.user));
  if (auto there = open(name, by); there || there.error().exit != Exit::not_found)
    return there ? same_people(std::move(*there), people) : std::move(there);
  Inside made;
  made.outside = outside_;
  made.id = crypto::hex(crypto::random_bytes(16));
  made.name = name;
  made.dir = outside_->data() / "compartments" / made.id;
  const crypto::BoxKey reader;
  made.reader = reader.public_key();
  WRIT_CHECK(make_dirs(made.dir.parent_path(), 0700));
  WRIT_CHECK(make_dirs(made.dir, 0700));
  WRIT_CHECK(make_dirs(made.dir / "files", 0700));
  WRIT_CHECK(write_file(made.dir / "reader", seal_door(boxes_of(people, true), reader.secret()), 0600));
  WRIT_CHECK(keep_inside(made, people_file, view_of(list_of(people))));
  WRIT_CHECK(write_file(made.dir / "door", seal_door(boxes_of(people, false), write_word(made)), 0600));
  WRIT_TRY(inside, enter(std::move(made)));
  WRIT_CHECK(inside.note(by.person.user, "compartment.create", "", Json{{"named", named}}));
  return inside;
}

Status Compartments::name_people(const Carrier& inside, const std::vector<std::string>& before,
                                 const std::vector<std::string>& also) {
  const Inside& i = *inside.inside();
  WRIT_TRY(more, certified(inside, also));
  for (const auto& cert : more)
    if (holds(cert, Role::auditor) && std::find(before.begin(), before.end(), cert.user) == before.end())
      return fail(Exit::usage, fmt::format("the auditor {} was not named at the filing", cert.user),
                  compartment_rule, "the reading key of the log, which only the named auditors hold",
                  "leave the auditor out, or file anew with the auditor among the named");
  std::vector<std::string> all = before;
  all.insert(all.end(), also.begin(), also.end());
  WRIT_TRY(people, certified(inside, all));
  return write_file(i.dir / "door", seal_door(boxes_of(people, false), write_word(i)), 0600);
}

Status Carrier::only_outside(std::string_view act) const {
  if (!inside_) return {};
  return fail(Exit::refused, fmt::format("{} is not done inside a compartment", act), compartment_rule,
              "the desk outside: others see what this changes", "leave the compartment for it");
}

Status Carrier::admits(const Acting& who) const {
  if (!inside_ || who.cert.verify == desk_cert_.verify || inside_->opens_for(who.person)) return {};
  return not_there(inside_->name);
}

Status Carrier::keep_file(const fs::path& name, View content) const {
  if (!inside_) {
    WRIT_CHECK(make_dirs((data_ / name).parent_path(), 0700));
    return write_file(data_ / name, content, 0440);
  }
  return keep_inside(*inside_, name, content);
}

Result<Bytes> Carrier::kept_file(const fs::path& name) const {
  if (!inside_) return read_file(data_ / name);
  WRIT_TRY(sealed, read_file(inside_->file(name)));
  return crypto::decrypt(inside_->derived("writ.compartment/files"), sealed, view_of(name.generic_string()));
}

}  // namespace writ::desk
