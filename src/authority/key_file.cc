// SPDX-License-Identifier: GPL-3.0-or-later
// A person's key file. Locked under the passphrase: Ed25519 seed, X25519 secret, and the user's name, so that
// a file whose name or public keys were exchanged is found when it is opened.
#include <string.h>

#include "authority/person.hh"
#include "authority/strict.hh"

namespace writ::authority {
namespace {

constexpr const char* schema = "writ.person/1";

class Wiped {  // secret bytes between two homes
 public:
  explicit Wiped(Bytes b) : bytes_(std::move(b)) {}
  ~Wiped() { explicit_bzero(bytes_.data(), bytes_.size()); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  View view() const { return bytes_; }

 private:
  Bytes bytes_;
};

struct KeyFile {
  PersonPublic person;
  std::string locked;
};

Json to_json(const KeyFile& f) {
  return Json{{"schema", schema},
              {"user", f.person.user},
              {"verify", f.person.verify.text()},
              {"box", f.person.box.text()},
              {"locked", f.locked}};
}

Result<KeyFile> parse_key_file(std::string_view text) {
  constexpr std::string_view where = "key file";
  WRIT_TRY(j, parse_canonical(view_of(text), where));
  WRIT_TRY(user, text_field(j, "user", where));
  WRIT_TRY(verify, verify_key_field(j, "verify", where));
  WRIT_TRY(box, box_field(j, "box", where));
  WRIT_TRY(locked, field<std::string>(j, "locked", where));
  KeyFile f{{std::move(user), verify, box}, std::move(locked)};
  WRIT_CHECK(prints_back(j, to_json(f), where));
  return f;
}

}  // namespace

std::string lock_person(const Person& p, std::string_view passphrase) {
  Bytes secret;
  secret.reserve(64 + p.user.size());  // one allocation: no copy is left behind
  put_bytes(secret, p.sign.seed());
  put_bytes(secret, p.box.secret());
  put_bytes(secret, view_of(p.user));
  const Wiped wiped{std::move(secret)};
  return canonical(to_json(KeyFile{{p.user, p.sign.public_key(), p.box.public_key()},
                                   crypto::lock_with_passphrase(passphrase, wiped.view())}));
}

Result<PersonPublic> read_person_public(std::string_view key_file) {
  WRIT_TRY(f, parse_key_file(key_file));
  return std::move(f.person);
}

Result<Person> unlock_person(std::string_view key_file, std::string_view passphrase) {
  WRIT_TRY(f, parse_key_file(key_file));
  auto opened = crypto::unlock_with_passphrase(passphrase, f.locked);
  if (!opened) {
    if (opened.error().exit != Exit::refused) return tl::unexpected<Error>(std::move(opened).error());
    return fail(Exit::refused, "the key of " + f.person.user + " does not open",
                "each person signs with an own key", "the right passphrase",
                f.person.user + " enters it again; a lost key is replaced by both root holders");
  }
  const Wiped secret{std::move(*opened)};
  const auto mismatch = [&] {
    return fail(Exit::integrity, "the key file of " + f.person.user + " does not fit the key inside it",
                "a key file is changed by its owner only", "the file as it was made",
                "restore the key file from its backup, or have both root holders certify a new key");
  };
  if (secret.view().size() < 64 || text_of(secret.view().subspan(64)) != f.person.user) return mismatch();
  Person p{f.person.user, crypto::SigningKey{secret.view().first(32)},
           crypto::BoxKey{secret.view().subspan(32, 32)}};
  if (p.sign.public_key() != f.person.verify || p.box.public_key() != f.person.box) return mismatch();
  return p;
}

}  // namespace writ::authority
