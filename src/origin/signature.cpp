#include "origin/signature.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace skep::origin {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

Key private_key(const std::array<base::Byte, 32>& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!key) throw std::runtime_error("OpenSSL cannot use an Ed25519 key");
  return key;
}

}  // namespace

KeyPair generate_key() {
  std::array<base::Byte, 32> seed{};
  if (RAND_priv_bytes(seed.data(), static_cast<int>(seed.size())) != 1)
    throw std::runtime_error("the system gives no randomness for a key");
  return key_from_seed(seed);
}

KeyPair key_from_seed(const std::array<base::Byte, 32>& seed) {
  KeyPair out;
  out.seed = seed;
  std::size_t size = out.public_key.bytes.size();
  const Key key = private_key(seed);
  if (EVP_PKEY_get_raw_public_key(key.get(), out.public_key.bytes.data(), &size) != 1 || size != 32)
    throw std::runtime_error("OpenSSL cannot derive an Ed25519 public key");
  return out;
}

Signature sign(const KeyPair& key, base::ByteView message) {
  const Key secret = private_key(key.seed);
  const Context context(EVP_MD_CTX_new());
  Signature out;
  std::size_t size = out.bytes.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, secret.get()) != 1 ||
      EVP_DigestSign(context.get(), out.bytes.data(), &size, message.data(), message.size()) != 1)
    throw std::runtime_error("OpenSSL cannot sign");
  return out;
}

bool verify(const PublicKey& key, base::ByteView message, const Signature& signature) {
  const Key known(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()));
  const Context context(EVP_MD_CTX_new());
  return known && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, known.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.bytes.data(), signature.bytes.size(),
                          message.data(), message.size()) == 1;
}

site::Pointer sign_pointer(const KeyPair& key, std::int64_t seq, std::int64_t expires_s,
                           const std::vector<crypto::Digest256>& info_hashes, site::Switch state,
                           const std::vector<crypto::ShortHash>& v1_hashes) {
  site::Pointer out;
  out.key = key.public_key;
  out.seq = seq;
  out.expires_s = expires_s;
  out.info_hashes = info_hashes;
  out.state = state;
  out.v1_hashes = v1_hashes;
  out.value = site::encode_pointer_value(expires_s, info_hashes, state, v1_hashes);
  out.signature = sign(key, site::pointer_bytes_to_sign(seq, out.value));
  return out;
}

base::Result<site::Pointer> open_pointer(base::ByteView file) {
  SKEP_TRY(site::Pointer pointer, site::decode_pointer(file));
  if (!verify(pointer.key, site::pointer_bytes_to_sign(pointer.seq, pointer.value),
              pointer.signature))
    return base::fail(base::Errc::bad_signature, "the pointer's signature does not verify");
  return pointer;
}

}  // namespace skep::origin
