/// hash_exchange.hpp: between BEP 52's messages and the proofs of torrent/hash_proof.hpp.
/// CONTRACT  pure. A HashRange from a peer is checked here before anything is looked up; a Hashes
///           message is turned into digests only when it has as many as its own range promises.
///           Verifying them is torrent::fold_hashes()' work.
/// SPEC      BEP 52 "hash request", "hashes", "hash reject".
/// LIMITS    kHashesServedMax for what we answer, kHashesMax (message.hpp) for what we read.
#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "torrent/hash_proof.hpp"
#include "wire/message.hpp"

namespace skep::wire {

/// Longest run we answer: BEP 52's recommendation; 16 KiB of hashes, about one block.
inline constexpr std::uint32_t kHashesServedMax = 512;
static_assert(kHashesMax == torrent::kHashesMax + torrent::kLayersMax);

/// The same range without the file it belongs to, and back.
torrent::HashRequest to_request(const HashRange& range);
HashRange to_range(const crypto::Digest256& root, const torrent::HashRequest& request);

/// Whether we answer this range of the file that `range.root` names. Only leaves and the piece
/// layer are asked for by anybody (BEP 52 requires no other).
/// ERRORS those of torrent::check_hash_request(); limit_exceeded (above kHashesServedMax),
///        unsupported (another base layer). Answer any of them with HashReject.
base::Status check_hash_range(const HashRange& range, const torrent::TreeShape& shape,
                              std::uint32_t piece_length);

/// The digests of an answer: its run, then its uncles from the lowest up.
/// ERRORS those of torrent::check_hash_request(); bad_value (another count than its range asks).
base::Result<std::vector<crypto::Digest256>> read_hashes(const Hashes& message,
                                                         const torrent::TreeShape& shape);

/// Appends the Hashes message that answers `range`. REQUIRES at most kHashesMax digests.
void encode_hashes(base::Bytes& out, const HashRange& range,
                   std::span<const crypto::Digest256> digests);

}  // namespace skep::wire
