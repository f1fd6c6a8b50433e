// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/leaf.hh"

#include <string.h>

#include "audit/merkle.hh"

namespace writ::audit {
namespace {

constexpr const char* head_domain = "writ.checkpoint/1";
constexpr const char* proof_schema = "writ.audit-proof/1";
constexpr std::size_t path_max = 64;  // an index has 64 bits

auto broken(std::string what) {
  return fail(Exit::integrity, std::move(what),
              "the audit log is an RFC 6962 tree (docs/design.md, Audit first)",
              "the exact bytes that were logged", "an auditor runs 'writ audit verify' on the log itself");
}

Json leaf_json(const Leaf& l) {
  Json j{{"at", rfc3339(l.at)},
         {"seq", l.seq},
         {"key", crypto::base64(l.key)},
         {"body", crypto::base64(l.body)}};
  if (l.step_us != 0) j["step"] = l.step_us;
  return j;
}

std::string head_text(const Checkpoint& c) {
  return canonical(Json{{"at", rfc3339(c.at)}, {"root", crypto::hex(c.root)}, {"size", c.size}});
}

bool is_signed(const Checkpoint& c) {
  return crypto::verify(c.key, head_domain, view_of(head_text(c)), c.signature);
}

template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_of(const Json& j) {
  if (!j.is_string()) return fail(Exit::usage, "a hash is not a text");
  WRIT_TRY(bytes, crypto::unhex(j.get_ref<const std::string&>()));
  if (bytes.size() != N) return fail(Exit::usage, "a hash has the wrong length");
  std::array<std::uint8_t, N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(value, field<Json>(j, key, where));
  return hex_of<N>(value);
}

Result<Bytes> base64_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  return crypto::unbase64(text);
}

Result<Instant> time_field(const Json& j, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, "at", where));
  return parse_rfc3339(text);
}

// The key of a leaf, or nothing when the bytes are not one; the copy is wiped.
Result<crypto::Secret32> opening_of(Bytes raw) {
  if (raw.size() != 32) return broken("the opening of a log entry is not a key");
  crypto::Secret32 k{View{raw}};
  explicit_bzero(raw.data(), raw.size());
  return k;
}

Result<Json> open_body(const Leaf& l, const crypto::Secret32& key) {
  auto plain = crypto::decrypt(key, l.body);
  if (!plain) return broken("the opening does not fit the log entry");
  return parse_canonical(*plain, "log entry");
}

}  // namespace

Json to_json(const Entry& e) {
  return Json{{"actor", e.actor}, {"action", e.action}, {"matter", e.matter}, {"detail", e.detail}};
}

Bytes make_leaf(std::uint64_t seq, Instant at, std::uint64_t step_us, std::string_view entry,
                const crypto::Secret32& key, const crypto::BoxPublic& reader) {
  return bytes_of(canonical(leaf_json(
      Leaf{seq, at, step_us, crypto::seal(reader, key.view()), crypto::encrypt(key, view_of(entry))})));
}

Result<Leaf> parse_leaf(View bytes) {
  constexpr std::string_view where = "log entry";
  WRIT_TRY(j, parse_canonical(bytes, where));
  WRIT_TRY(seq, field<std::uint64_t>(j, "seq", where));
  WRIT_TRY(at, time_field(j, where));
  WRIT_TRY(key, base64_field(j, "key", where));
  WRIT_TRY(body, base64_field(j, "body", where));
  Leaf l{seq, at, 0, std::move(key), std::move(body)};
  if (j.contains("step")) {
    WRIT_TRY(step, field<std::uint64_t>(j, "step", where));
    l.step_us = step;
  }
  if (leaf_json(l) != j) return broken("a log entry has an unknown field or form");
  return l;
}

Checkpoint sign_head(std::uint64_t size, const crypto::Digest& root, Instant at,
                     const crypto::SigningKey& signer) {
  Checkpoint c{size, root, at, signer.public_key(), {}};
  c.signature = signer.sign(head_domain, view_of(head_text(c)));
  return c;
}

Json to_json(const Checkpoint& c) {
  return Json{{"at", rfc3339(c.at)},
              {"key", c.key.text()},
              {"root", crypto::hex(c.root)},
              {"signature", crypto::hex(c.signature)},
              {"size", c.size}};
}

Result<Checkpoint> parse_checkpoint(const Json& j) {
  constexpr std::string_view where = "signed head of the log";
  WRIT_TRY(size, field<std::uint64_t>(j, "size", where));
  WRIT_TRY(root, hex_field<32>(j, "root", where));
  WRIT_TRY(at, time_field(j, where));
  WRIT_TRY(key, hex_field<32>(j, "key", where));
  WRIT_TRY(signature, hex_field<64>(j, "signature", where));
  const Checkpoint c{size, root, at, crypto::VerifyKey{key}, signature};
  if (to_json(c) != j) return broken("a signed head of the log has an unknown field or form");
  if (!is_signed(c)) return broken("a head of the log is not signed by the key that it names");
  return c;
}

Json to_json(const Proof& p) {
  Json path = Json::array();
  for (const crypto::Digest& d : p.path) path.push_back(crypto::hex(d));
  Json j{{"schema", proof_schema},
         {"index", p.index},
         {"leaf", crypto::base64(p.leaf)},
         {"path", std::move(path)},
         {"head", to_json(p.head)}};
  if (p.opening) j["opening"] = crypto::hex(*p.opening);
  return j;
}

Result<Proof> parse_proof(const Json& j) {
  constexpr std::string_view where = "audit proof";
  Proof p;
  WRIT_TRY(index, field<std::uint64_t>(j, "index", where));
  WRIT_TRY(leaf, base64_field(j, "leaf", where));
  WRIT_TRY(path, field<Json>(j, "path", where));
  if (!path.is_array() || path.size() > path_max) return broken("the audit proof's path is not one");
  for (const Json& e : path) {
    WRIT_TRY(d, hex_of<32>(e));
    p.path.push_back(d);
  }
  WRIT_TRY(head_json, field<Json>(j, "head", where));
  WRIT_TRY(head, parse_checkpoint(head_json));
  p.index = index;
  p.leaf = std::move(leaf);
  p.head = head;
  if (j.contains("opening")) {
    WRIT_TRY(opening, hex_field<32>(j, "opening", where));
    p.opening = Bytes(opening.begin(), opening.end());
  }
  if (to_json(p) != j) return broken("the audit proof has an unknown field or form");
  return p;
}

Result<std::optional<Json>> verify(const Proof& p) {
  if (!is_signed(p.head)) return broken("the head in the audit proof is not signed by the key that it names");
  if (!verify_inclusion(leaf_hash(p.leaf), p.index, p.head.size, p.path, p.head.root))
    return broken("the entry is not in the log that the signed head describes");
  WRIT_TRY(leaf, parse_leaf(p.leaf));
  if (leaf.seq != p.index) return broken("the entry carries another number than its place in the log");
  if (!p.opening) return std::optional<Json>{};
  WRIT_TRY(key, opening_of(*p.opening));
  WRIT_TRY(entry, open_body(leaf, key));
  return std::optional<Json>{std::move(entry)};
}

Result<OpenedEntry> open_leaf(View bytes, const crypto::BoxKey& reader) {
  WRIT_TRY(leaf, parse_leaf(bytes));
  auto raw = reader.open(leaf.key);
  if (!raw)
    return fail(Exit::refused, "the log entry does not open",
                "entries are sealed to the auditors' reading key", "the auditors' reading key",
                "an auditor opens it");
  WRIT_TRY(key, opening_of(std::move(*raw)));
  WRIT_TRY(entry, open_body(leaf, key));
  return OpenedEntry{leaf.seq, leaf.at, std::move(entry)};
}

}  // namespace writ::audit
