// SPDX-License-Identifier: GPL-3.0-or-later
// SRTP as RFC 3711 and RFC 7714 write it, over OpenSSL's ciphers: a sender for tests that shares nothing with
// the library that opens.
#pragma once
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.hh"
#include "wire/sdes.hh"

namespace writ::media::test {

inline Bytes aes_ctr(View key, Bytes counter, View in) {
  Bytes out(in.size() + 16);
  int n = 0;
  EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new();
  const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_ctr()
                             : key.size() == 24 ? EVP_aes_192_ctr()
                                                : EVP_aes_256_ctr();
  EXPECT_EQ(EVP_EncryptInit_ex(c, cipher, nullptr, key.data(), counter.data()), 1);
  EXPECT_EQ(EVP_EncryptUpdate(c, out.data(), &n, in.data(), static_cast<int>(in.size())), 1);
  EVP_CIPHER_CTX_free(c);
  out.resize(in.size());
  return out;
}

// Section 4.3: label 0 encryption key, 1 authentication key, 2 salt; key derivation rate 0.
inline Bytes derive(View master, Bytes salt, std::uint8_t label, std::size_t size) {
  salt.resize(14, 0);  // AEAD suites: 12 bytes of salt, padded on the right (RFC 7714 section 11)
  salt[7] ^= label;
  salt.resize(16, 0);
  return aes_ctr(master, salt, Bytes(size, 0));
}

inline Bytes gcm(View key, View nonce, View aad, View in) {
  Bytes out(in.size() + 16), tag(16);
  int n = 0;
  EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new();
  EXPECT_EQ(EVP_EncryptInit_ex(c, key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), nullptr,
                               key.data(), nonce.data()),
            1);
  EVP_EncryptUpdate(c, nullptr, &n, aad.data(), static_cast<int>(aad.size()));
  EVP_EncryptUpdate(c, out.data(), &n, in.data(), static_cast<int>(in.size()));
  EVP_EncryptFinal_ex(c, out.data() + n, &n);
  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, tag.data());
  EVP_CIPHER_CTX_free(c);
  out.resize(in.size());
  put_bytes(out, tag);
  return out;
}

// How a sender makes session keys of an AES-192 master key: as RFC 6188 says, or as libsrtp2 does, which
// takes the key and the first eight bytes of the salt for a key of AES-256, and the rest with zeros for the
// salt.
enum class Aes192 : std::uint8_t { libsrtp, rfc6188 };

// A packet with a twelve-byte header, protected.
inline Bytes protect(const wire::SdesKey& k, std::uint32_t rollover, View rtp,
                     Aes192 aes192 = Aes192::libsrtp) {
  using wire::SrtpSuite;
  const bool aead = k.suite == SrtpSuite::aead_aes_128_gcm || k.suite == SrtpSuite::aead_aes_256_gcm;
  const bool short_tag = k.suite == SrtpSuite::aes_cm_128_32 || k.suite == SrtpSuite::aes_cm_192_32 ||
                         k.suite == SrtpSuite::aes_cm_256_32;
  const std::size_t salt_size = aead ? 12 : 14, key_size = k.master.size() - salt_size;
  const std::size_t split = key_size == 24 && aes192 == Aes192::libsrtp ? 32 : key_size;
  const View master = View{k.master}.first(split);
  const Bytes salt(k.master.begin() + static_cast<std::ptrdiff_t>(split), k.master.end());
  const Bytes key = derive(master, salt, 0, key_size), auth = derive(master, salt, 1, 20);
  Bytes iv = derive(master, salt, 2, salt_size);
  const View header = rtp.first(12), payload = rtp.subspan(12);
  Bytes index;  // SSRC, then the 48 bits of the packet's index
  put_be32(index, load_be32(rtp.data() + 8));
  put_be32(index, rollover);
  put_be16(index, load_be16(rtp.data() + 2));
  for (std::size_t i = 0; i < index.size(); ++i) iv[iv.size() - index.size() + i] ^= index[i];
  Bytes out(header.begin(), header.end());
  if (aead) {
    put_bytes(out, gcm(key, iv, header, payload));
    put_bytes(out, k.mki);
    return out;
  }
  iv.resize(16, 0);
  put_bytes(out, k.encrypted ? aes_ctr(key, iv, payload) : Bytes(payload.begin(), payload.end()));
  Bytes signed_part = out, tag(20);
  put_be32(signed_part, rollover);
  unsigned n = 0;
  HMAC(EVP_sha1(), auth.data(), static_cast<int>(auth.size()), signed_part.data(), signed_part.size(),
       tag.data(), &n);
  put_bytes(out, k.mki);
  put_bytes(out, View{tag}.first(short_tag ? 4 : 10));
  return out;
}

}  // namespace writ::media::test
