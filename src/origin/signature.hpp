/// signature.hpp: Ed25519 with OpenSSL: the host's half of the pointer.
/// CONTRACT  pure but for generate_key(), which asks the system for randomness.
/// SPEC      RFC 8032 section 5.1 (Ed25519, pure); BEP 44 (what is signed)
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "site/pointer.hpp"

namespace skep::origin {

using site::PublicKey;
using site::Signature;

/// A publisher's key. `seed` is RFC 8032's private key of 32 octets: whoever has it is the site.
struct KeyPair {
  std::array<base::Byte, 32> seed{};
  PublicKey public_key;
};

/// A new key. Throws std::runtime_error when the system has no randomness.
KeyPair generate_key();

/// The key of an RFC 8032 seed. Throws std::runtime_error only when OpenSSL is broken.
KeyPair key_from_seed(const std::array<base::Byte, 32>& seed);

/// RFC 8032 section 5.1.6.
Signature sign(const KeyPair& key, base::ByteView message);

/// RFC 8032 section 5.1.7. False for anything that is not a signature by `key`.
bool verify(const PublicKey& key, base::ByteView message, const Signature& signature);

/// A signed pointer to `info_hashes`. REQUIRES what encode_pointer_value requires.
site::Pointer sign_pointer(const KeyPair& key, std::int64_t seq, std::int64_t expires_s,
                           const std::vector<crypto::Digest256>& info_hashes,
                           site::Switch state = site::Switch::on,
                           const std::vector<crypto::ShortHash>& v1_hashes = {});

/// decode_pointer, then the signature. ERRORS of decode_pointer; bad_signature.
base::Result<site::Pointer> open_pointer(base::ByteView file);

}  // namespace skep::origin
