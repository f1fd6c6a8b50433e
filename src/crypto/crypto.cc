// SPDX-License-Identifier: GPL-3.0-or-later
#include "crypto/crypto.hh"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/io.hh"
#include "base/json.hh"

namespace writ::crypto {
namespace {

[[noreturn]] void die(const char* why) {
  std::fprintf(stderr, "error: %s\n", why);
  std::abort();
}

// Before main, so that no caller can forget it.
const bool sodium_ready = [] {
  if (sodium_init() < 0) die("libsodium cannot start");
  return true;
}();

constexpr unsigned long long kdf_passes = 3;  // RFC 9106 section 4, second recommended option
constexpr std::size_t kdf_bytes = 64u << 20;

Bytes with_domain(std::string_view domain, View message) {
  Bytes m(domain.begin(), domain.end());
  m.push_back(0);
  put_bytes(m, message);
  return m;
}

Error changed(const char* what) {
  return Error{Exit::integrity,
               std::string(what) + " is not authentic",
               "authenticated encryption (libsodium)",
               "the exact bytes that were sealed, and the right key",
               {}};
}

template <std::size_t N>
Result<std::array<std::uint8_t, N>> parse_key(std::string_view text) {
  const auto b = unhex(text);
  if (!b || b->size() != N)
    return fail(Exit::usage, "'" + std::string(text.substr(0, 80)) + "' is not a key", {},
                "64 lower-case hex digits");
  std::array<std::uint8_t, N> out{};
  std::copy(b->begin(), b->end(), out.begin());
  return out;
}

}  // namespace

void start() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// --- hashes and text --------------------------------------------------------------------------------

void blake2b(std::span<std::uint8_t> out, View key, View v) {
  if (crypto_generichash_blake2b(out.data(), out.size(), v.data(), v.size(), key.data(), key.size()) != 0)
    die("keyed hash: a length that BLAKE2b does not have");
}

std::uint64_t siphash(View key16, View v) {
  static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);
  if (key16.size() != 16) die("SipHash takes a key of 16 bytes");
  std::array<std::uint8_t, 8> out{};
  crypto_shorthash(out.data(), v.data(), v.size(), key16.data());
  std::uint64_t r = 0;
  for (std::size_t i = 8; i-- > 0;) r = r << 8 | out[i];  // little-endian, as the reference prints it
  return r;
}

std::string hex(View v) {
  if (v.empty()) return {};
  std::string out(v.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), v.data(), v.size());
  out.pop_back();
  return out;
}

Result<Bytes> unhex(std::string_view s) {
  if (s.empty()) return Bytes{};
  Bytes out(s.size() / 2);
  std::size_t n = 0;
  const char* end = nullptr;
  if (s.size() % 2 != 0 ||
      sodium_hex2bin(out.data(), out.size(), s.data(), s.size(), nullptr, &n, &end) != 0 ||
      end != s.data() + s.size() || hex(out) != s)
    return fail(Exit::usage, "not lower-case hexadecimal text");
  return out;
}

std::string base64(View v) {
  std::string out(sodium_base64_encoded_len(v.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), v.data(), v.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return out;
}

Result<Bytes> unbase64(std::string_view s) {
  Bytes out(s.size() / 4 * 3 + 3);
  std::size_t n = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), out.size(), s.data(), s.size(), nullptr, &n, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != s.data() + s.size())
    return fail(Exit::usage, "not base64 text");
  out.resize(n);
  if (base64(out) != s) return fail(Exit::usage, "not canonical base64 text");
  return out;
}

Bytes random_bytes(std::size_t n) {
  Bytes b(n);
  randombytes_buf(b.data(), b.size());
  return b;
}

// --- secrets ------------------------------------------------------------------------------------------

void Secret32::Free::operator()(std::uint8_t* p) const { sodium_free(p); }

Secret32::Secret32() : p_(static_cast<std::uint8_t*>(sodium_malloc(32))) {
  if (!p_) die("no memory for a key");
  randombytes_buf(p_.get(), 32);
}

Secret32::Secret32(View v) : p_(static_cast<std::uint8_t*>(sodium_malloc(32))) {
  if (!p_) die("no memory for a key");
  if (v.size() != 32) die("a key of the wrong size");
  std::copy(v.begin(), v.end(), p_.get());
}

View Secret32::view() const { return {p_.get(), 32}; }

// --- Ed25519 ------------------------------------------------------------------------------------------

Result<VerifyKey> VerifyKey::parse(std::string_view t) {
  WRIT_TRY(k, parse_key<32>(t));
  return VerifyKey{k};
}

VerifyKey SigningKey::public_key() const {
  VerifyKey out;
  std::array<std::uint8_t, 64> sk{};
  crypto_sign_seed_keypair(out.k.data(), sk.data(), seed_.view().data());
  sodium_memzero(sk.data(), sk.size());
  return out;
}

Signature SigningKey::sign(std::string_view domain, View message) const {
  const Bytes m = with_domain(domain, message);
  std::array<std::uint8_t, 32> pk{};
  std::array<std::uint8_t, 64> sk{};
  crypto_sign_seed_keypair(pk.data(), sk.data(), seed_.view().data());
  Signature s{};
  crypto_sign_detached(s.data(), nullptr, m.data(), m.size(), sk.data());
  sodium_memzero(sk.data(), sk.size());
  return s;
}

bool verify(const VerifyKey& key, std::string_view domain, View message, View signature) {
  if (signature.size() != 64) return false;
  const Bytes m = with_domain(domain, message);
  return crypto_sign_verify_detached(signature.data(), m.data(), m.size(), key.k.data()) == 0;
}

// --- X25519 sealed boxes --------------------------------------------------------------------------------

Result<BoxPublic> BoxPublic::parse(std::string_view t) {
  WRIT_TRY(k, parse_key<32>(t));
  return BoxPublic{k};
}

BoxPublic BoxKey::public_key() const {
  BoxPublic out;
  crypto_scalarmult_base(out.k.data(), secret_.view().data());
  return out;
}

Bytes seal(const BoxPublic& to, View plain) {
  Bytes out(plain.size() + crypto_box_SEALBYTES);
  if (crypto_box_seal(out.data(), plain.data(), plain.size(), to.k.data()) != 0) die("sealing to a weak key");
  return out;
}

Result<Bytes> BoxKey::open(View sealed) const {
  if (sealed.size() < crypto_box_SEALBYTES) return tl::unexpected(changed("the sealed box"));
  Bytes out(sealed.size() - crypto_box_SEALBYTES);
  const BoxPublic mine = public_key();
  if (crypto_box_seal_open(out.data(), sealed.data(), sealed.size(), mine.k.data(), secret_.view().data()) !=
      0)
    return tl::unexpected(changed("the sealed box"));
  return out;
}

// --- symmetric --------------------------------------------------------------------------------------------

Bytes encrypt(const Secret32& key, View plain, View ad) {
  constexpr std::size_t nonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  Bytes out(nonce + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(out.data(), nonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + nonce, nullptr, plain.data(), plain.size(),
                                             ad.data(), ad.size(), nullptr, out.data(), key.view().data());
  return out;
}

Result<Bytes> decrypt(const Secret32& key, View sealed, View ad) {
  constexpr std::size_t nonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t tag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < nonce + tag) return tl::unexpected(changed("the sealed text"));
  Bytes out(sealed.size() - nonce - tag);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data() + nonce,
                                                 sealed.size() - nonce, ad.data(), ad.size(), sealed.data(),
                                                 key.view().data()) != 0)
    return tl::unexpected(changed("the sealed text"));
  return out;
}

static_assert(stream_header_bytes == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(stream_overhead_bytes == crypto_secretstream_xchacha20poly1305_ABYTES);

struct StreamPush::State {
  crypto_secretstream_xchacha20poly1305_state s;
  std::array<std::uint8_t, stream_header_bytes> header;
  ~State() { sodium_memzero(&s, sizeof s); }
};
StreamPush::StreamPush(const Secret32& key) : s_(std::make_unique<State>()) {
  crypto_secretstream_xchacha20poly1305_init_push(&s_->s, s_->header.data(), key.view().data());
}
StreamPush::~StreamPush() = default;
StreamPush::StreamPush(StreamPush&&) noexcept = default;
View StreamPush::header() const { return s_->header; }
void StreamPush::push(View plain, bool final, Bytes& out) {
  const std::size_t at = out.size();
  out.resize(at + plain.size() + stream_overhead_bytes);
  const auto tag = static_cast<unsigned char>(final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
  crypto_secretstream_xchacha20poly1305_push(&s_->s, out.data() + at, nullptr, plain.data(), plain.size(),
                                             nullptr, 0, tag);
}

struct StreamPull::State {
  crypto_secretstream_xchacha20poly1305_state s;
  bool good = false;
  ~State() { sodium_memzero(&s, sizeof s); }
};
StreamPull::StreamPull(const Secret32& key, View header) : s_(std::make_unique<State>()) {
  s_->good = header.size() == stream_header_bytes &&
             crypto_secretstream_xchacha20poly1305_init_pull(&s_->s, header.data(), key.view().data()) == 0;
}
StreamPull::~StreamPull() = default;
Result<Bytes> StreamPull::pull(View sealed, bool& final) {
  if (!s_->good || sealed.size() < stream_overhead_bytes) return tl::unexpected(changed("the frame"));
  Bytes out(sealed.size() - stream_overhead_bytes);
  unsigned char tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(&s_->s, out.data(), nullptr, &tag, sealed.data(),
                                                 sealed.size(), nullptr, 0) != 0) {
    s_->good = false;
    return tl::unexpected(changed("the frame"));
  }
  final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  return out;
}

// --- passphrases
// --------------------------------------------------------------------------------------------

namespace {

Secret32 derive(std::string_view passphrase, View salt, unsigned long long passes, std::size_t bytes) {
  std::array<std::uint8_t, 32> k{};
  if (crypto_pwhash(k.data(), k.size(), passphrase.data(), passphrase.size(), salt.data(), passes, bytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    die("no memory for argon2id (64 MiB)");
  Secret32 out{View(k)};
  sodium_memzero(k.data(), k.size());
  return out;
}

}  // namespace

std::string lock_with_passphrase(std::string_view passphrase, View secret) {
  const Bytes salt = random_bytes(crypto_pwhash_SALTBYTES);
  const Secret32 key = derive(passphrase, salt, kdf_passes, kdf_bytes);
  return canonical(Json{{"kdf", "argon2id"},
                        {"ops", kdf_passes},
                        {"mem", kdf_bytes},
                        {"salt", base64(salt)},
                        {"box", base64(encrypt(key, secret))}});
}

Result<Bytes> unlock_with_passphrase(std::string_view passphrase, std::string_view locked) {
  WRIT_TRY(j, parse_canonical(view_of(locked), "locked key"));
  WRIT_TRY(kdf, field<std::string>(j, "kdf", "locked key"));
  WRIT_TRY(passes, field<std::uint64_t>(j, "ops", "locked key"));
  WRIT_TRY(memory, field<std::uint64_t>(j, "mem", "locked key"));
  WRIT_TRY(salt_text, field<std::string>(j, "salt", "locked key"));
  WRIT_TRY(box_text, field<std::string>(j, "box", "locked key"));
  WRIT_TRY(salt, unbase64(salt_text));
  WRIT_TRY(box, unbase64(box_text));
  // A key file is outside bytes: it may not choose to cost a gigabyte, nor to be cheap to guess.
  if (kdf != "argon2id" || passes != kdf_passes || memory != kdf_bytes ||
      salt.size() != crypto_pwhash_SALTBYTES)
    return fail(Exit::integrity, "the locked key has other passphrase parameters than this product writes",
                "argon2id, 3 passes, 64 MiB (RFC 9106 section 4)");
  auto out = decrypt(derive(passphrase, salt, passes, memory), box);
  if (!out)
    return fail(Exit::refused, "the passphrase does not open this key", "argon2id-locked personal key",
                "the passphrase of the person who acts",
                "give the right passphrase file, or have the key issued anew");
  return out;
}

// --- CRC-32C
// -------------------------------------------------------------------------------------------------

namespace {

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_tables() {
  CrcTables t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0x82F63B78u ^ (c >> 1) : c >> 1;
    t[0][i] = c;
  }
  for (std::size_t i = 0; i < 256; ++i)
    for (std::size_t s = 1; s < 8; ++s) t[s][i] = t[0][t[s - 1][i] & 0xFF] ^ (t[s - 1][i] >> 8);
  return t;
}

constexpr CrcTables crc_tables = make_tables();

constexpr std::uint32_t crc32c_by_tables(View v, std::uint32_t c) {
  const auto& t = crc_tables;
  std::size_t i = 0;
  for (; i + 8 <= v.size(); i += 8) {  // slicing by eight
    const std::uint32_t a =
        c ^ (static_cast<std::uint32_t>(v[i]) | static_cast<std::uint32_t>(v[i + 1]) << 8 |
             static_cast<std::uint32_t>(v[i + 2]) << 16 | static_cast<std::uint32_t>(v[i + 3]) << 24);
    c = t[7][a & 0xFF] ^ t[6][a >> 8 & 0xFF] ^ t[5][a >> 16 & 0xFF] ^ t[4][a >> 24] ^ t[3][v[i + 4]] ^
        t[2][v[i + 5]] ^ t[1][v[i + 6]] ^ t[0][v[i + 7]];
  }
  for (; i < v.size(); ++i) c = t[0][(c ^ v[i]) & 0xFF] ^ (c >> 8);
  return c;
}

constexpr std::array<std::uint8_t, 9> crc_check{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
static_assert(~crc32c_by_tables(crc_check, ~0u) == 0xE3069283u);  // RFC 3720 B.4

#if defined(__x86_64__)
// The processor's own instruction for this polynomial.
[[gnu::target("sse4.2")]] std::uint32_t crc32c_by_processor(View v, std::uint32_t c) {
  std::uint64_t wide = c;
  std::size_t i = 0;
  for (; i + 8 <= v.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, v.data() + i, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  c = static_cast<std::uint32_t>(wide);
  for (; i < v.size(); ++i) c = __builtin_ia32_crc32qi(c, v[i]);
  return c;
}
#endif

}  // namespace

std::uint32_t crc32c(View v, std::uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ~crc32c_by_processor(v, ~seed);
#endif
  return ~crc32c_by_tables(v, ~seed);
}

}  // namespace writ::crypto
