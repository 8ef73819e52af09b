/// sha256.hpp: SHA-256: one message, a stream, a Merkle pair, or four messages at once.
/// CONTRACT  pure; every implementation gives the same digests, the fastest is picked by itself.
///           Nothing here is constant-time by design: all hashed content is public.
/// WHY       our own instead of a library: the wasm engine needs it without glue, and Merkle trees
///           want four equal blocks at a time, which general libraries do not offer.
/// SPEC      FIPS 180-4. Tested against NIST's CAVP vectors.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "crypto/message_blocks.hpp"

namespace skep::crypto {

/// A message that arrives in pieces.
class Sha256 {
 public:
  Sha256();
  void update(base::ByteView bytes);
  /// The digest of everything so far. The object is then as new.
  Digest256 finish();

 private:
  std::array<std::uint32_t, 8> state_;
  MessageBlocks blocks_;
};

Digest256 sha256(base::ByteView message);

/// SHA-256 of left || right: the parent of two Merkle nodes (BEP 52).
Digest256 sha256_pair(const Digest256& left, const Digest256& right);

/// Four messages of equal length. REQUIRES equal lengths. Faster than four calls where the
/// processor has vectors but no SHA instructions (wasm), never slower.
std::array<Digest256, 4> sha256_x4(const std::array<base::ByteView, 4>& messages);

}  // namespace skep::crypto
