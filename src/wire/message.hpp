/// message.hpp: what peers say to each other after the handshake, one struct for each message.
/// CONTRACT  stateless: whether a message is allowed now, and whether its piece exists, is the
///           engine's to decide. A decoded message's views live as long as the bytes it was decoded
///           from; messages compare by content. encode() appends one whole message, length prefix
///           included; every struct here converts to Message: encode(out, Have{7}).
/// SPEC      BEP 3 (ids 0-8), BEP 6 (13-17), BEP 10 (20), BEP 52 (21-23). docs/formats/wire.md.
/// LIMITS    base::kPeerMessageMax for a message; kHashesMax for the hashes in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::wire {

/// Hashes in one message: the longest run that libtorrent answers (8,192; BEP 52 recommends 512)
/// and one uncle for each layer of the tallest tree.
inline constexpr std::size_t kHashesMax = 8192 + 32;

struct KeepAlive {
  friend bool operator==(const KeepAlive&, const KeepAlive&) = default;
};
struct Choke {
  friend bool operator==(const Choke&, const Choke&) = default;
};
struct Unchoke {
  friend bool operator==(const Unchoke&, const Unchoke&) = default;
};
struct Interested {
  friend bool operator==(const Interested&, const Interested&) = default;
};
struct NotInterested {
  friend bool operator==(const NotInterested&, const NotInterested&) = default;
};

/// `piece` counts over the whole torrent here and below (v2: files in order, each aligned).
struct Have {
  std::uint32_t piece = 0;
  friend bool operator==(const Have&, const Have&) = default;
};
/// One bit per piece of the torrent; checked by base::Bitfield::decode().
struct Bitfield {
  base::ByteView bits;
  friend bool operator==(const Bitfield& a, const Bitfield& b) {
    return base::equal(a.bits, b.bits);
  }
};

/// Bytes [begin, begin + length) of one piece. As sent: any of the three may be nonsense.
struct BlockRange {
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  friend auto operator<=>(const BlockRange&, const BlockRange&) = default;
};
struct Request {
  BlockRange block;
  friend bool operator==(const Request&, const Request&) = default;
};
struct Cancel {
  BlockRange block;
  friend bool operator==(const Cancel&, const Cancel&) = default;
};
/// BEP 6: a request that will not be answered.
struct Reject {
  BlockRange block;
  friend bool operator==(const Reject&, const Reject&) = default;
};
struct Piece {
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;
  base::ByteView data;
  friend bool operator==(const Piece& a, const Piece& b) {
    return a.piece == b.piece && a.begin == b.begin && base::equal(a.data, b.data);
  }
};

/// BEP 6.
struct Suggest {
  std::uint32_t piece = 0;
  friend bool operator==(const Suggest&, const Suggest&) = default;
};
struct HaveAll {
  friend bool operator==(const HaveAll&, const HaveAll&) = default;
};
struct HaveNone {
  friend bool operator==(const HaveNone&, const HaveNone&) = default;
};
struct AllowedFast {
  std::uint32_t piece = 0;
  friend bool operator==(const AllowedFast&, const AllowedFast&) = default;
};

/// BEP 10: `id` 0 is the extension handshake (extension.hpp), others as the receiver announced.
struct Extended {
  std::uint8_t id = 0;
  base::ByteView payload;
  friend bool operator==(const Extended& a, const Extended& b) {
    return a.id == b.id && base::equal(a.payload, b.payload);
  }
};

/// BEP 52: which nodes of a file's Merkle tree. As sent; hash_exchange.hpp checks it.
struct HashRange {
  crypto::Digest256 root;          ///< names the file
  std::uint32_t base_layer = 0;    ///< 0: leaves (16 KiB blocks)
  std::uint32_t index = 0;         ///< of the first hash in that layer
  std::uint32_t length = 0;        ///< hashes of that layer
  std::uint32_t proof_layers = 0;  ///< layers above it, for uncle hashes
  friend bool operator==(const HashRange&, const HashRange&) = default;
};
struct HashRequest {
  HashRange range;
  friend bool operator==(const HashRequest&, const HashRequest&) = default;
};
/// The range asked for, and its hashes: base layer first, then uncles from the lowest up.
struct Hashes {
  HashRange range;
  base::ByteView hashes;  ///< a whole number of 32-byte digests
  std::size_t count() const { return hashes.size() / crypto::Digest256::kSize; }
  /// REQUIRES i < count().
  crypto::Digest256 at(std::size_t i) const;
  friend bool operator==(const Hashes& a, const Hashes& b) {
    return a.range == b.range && base::equal(a.hashes, b.hashes);
  }
};
struct HashReject {
  HashRange range;
  friend bool operator==(const HashReject&, const HashReject&) = default;
};

/// A message id that we do not speak (BEP 5's PORT, for one): ignore it.
struct Unknown {
  std::uint8_t id = 0;
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Message = std::variant<KeepAlive, Choke, Unchoke, Interested, NotInterested, Have, Bitfield,
                             Request, Piece, Cancel, Suggest, HaveAll, HaveNone, Reject,
                             AllowedFast, Extended, HashRequest, Hashes, HashReject, Unknown>;

/// Reads one message *without* its length prefix; an empty body is a keep-alive.
/// ERRORS truncated, trailing_bytes (wrong size for its id), limit_exceeded (kHashesMax).
base::Result<Message> decode_message(base::ByteView body);

/// Appends one message with its length prefix. A payload is copied once, into `out`.
/// REQUIRES a body of at most base::kPeerMessageMax bytes; whole digests in Hashes; not Unknown.
void encode(base::Bytes& out, const Message& message);

/// The body size of a Piece message besides its data: id, piece, begin.
inline constexpr std::size_t kPieceHeaderSize = 9;
static_assert(base::kBlockSize + kPieceHeaderSize <= base::kPeerMessageMax);

}  // namespace skep::wire
