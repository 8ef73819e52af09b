/// hash_proof.hpp: what a BEP 52 hash request asks for, its answer, and the answer's verification.
/// CONTRACT  pure. A request names a run of hashes in one layer of one file's tree and how many
///           layers above it to prove. An answer is the run followed by uncle hashes, bottom up.
///           Nothing of an answer may be used before fold_hashes() met a hash already trusted.
/// SPEC      BEP 52 "hash request", "hashes", "hash reject".
/// LIMITS    kHashesMax.
///
///   request {base_layer 0, index 2, length 2, proof_layers 2} in a tree of 8 leaves:
///
///   layer 3            root             * is computed; root is compared with what is trusted
///   layer 2        *         u1         proof layer 1 is layer 2: u1
///   layer 1     u0   *     .    .       proof layer 0 is layer 1: u0
///   layer 0     . . [a b] . . . .       answer: a b u0 u1
///
///   Counting is the subtle part. Proof layer i (from 0) stands for layer base+1+i. The first
///   log2(length)-1 of them can be computed from the run; they are counted but not sent. So the
///   answer holds max(0, proof_layers + 1 - log2(length)) uncles, the first being the sibling of
///   the run's own subtree, in layer base+log2(length). Here 2 + 1 - 1 = 2: u0 and u1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "torrent/merkle.hpp"

namespace skep::torrent {

/// Most hashes of one layer in one request. BEP 52 says "SHOULD NOT be greater than 512";
/// libtorrent answers up to 8,192, which is 256 KiB and still fits a peer message.
inline constexpr std::uint32_t kHashesMax = 8192;
/// What we ask for at most.
inline constexpr std::uint32_t kHashesAsked = 512;

struct HashRequest {
  std::uint32_t base_layer = 0;
  std::uint32_t index = 0;         ///< of the first hash, in hashes of the base layer
  std::uint32_t length = 0;        ///< hashes in the run
  std::uint32_t proof_layers = 0;  ///< ancestor layers wanted, omitted ones counted

  friend bool operator==(const HashRequest&, const HashRequest&) = default;
};

/// Whether the request makes sense for a tree of that shape.
/// A run is 2^k >= 2 hashes, aligned to its length, inside the padded layer; or it is cut short by
/// the end of the hashes that cover data, and then aligned to the next power of two.
/// ERRORS out_of_range, bad_value, limit_exceeded.
base::Status check_hash_request(const HashRequest& request, const TreeShape& shape);

/// Uncle hashes in the answer. REQUIRES a checked request.
std::uint32_t uncle_count(const HashRequest& request, const TreeShape& shape);
/// Hashes in the answer: the run and the uncles. REQUIRES a checked request.
std::uint32_t answer_size(const HashRequest& request, const TreeShape& shape);

/// The request for a run of at least two hashes around `index` whose answer folds up to
/// `up_to_layer`, where the caller knows a hash (the root, or the piece layer); a run that is wider
/// than a subtree of that layer folds further. Aligned, and clipped to the padded layer.
/// REQUIRES base_layer < up_to_layer <= root layer, index inside the layer, length a power of two.
HashRequest make_hash_request(const TreeShape& shape, unsigned base_layer, std::uint32_t index,
                              std::uint32_t length, unsigned up_to_layer);

/// Collects an answer. `node_at(layer, index)` returns a pointer to a node's hash, or null when it
/// is not known; padding is filled in here and never asked for.
/// ERRORS not_found (answer with a hash reject). REQUIRES a checked request.
template <class NodeAt>
base::Result<std::vector<Digest256>> collect_hashes(const HashRequest& request,
                                                    const TreeShape& shape, NodeAt node_at);

/// The node that a run and its uncles hash up to.
struct ProvenNode {
  unsigned layer = 0;
  std::uint32_t index = 0;
  Digest256 digest;
};

/// Folds an answer upwards. The caller compares the result with the hash it trusts at that place:
/// the pieces root when `layer` is the root layer, or a piece layer hash.
/// ERRORS as check_hash_request, and bad_value (wrong number of hashes).
base::Result<ProvenNode> fold_hashes(const HashRequest& request, const TreeShape& shape,
                                     std::span<const Digest256> hashes);

/// fold_hashes() that must arrive at `root`.
/// ERRORS also hash_mismatch, and unsupported when the proof stops below the root.
base::Status verify_to_root(const HashRequest& request, const TreeShape& shape,
                            std::span<const Digest256> hashes, const Digest256& root);

/// What both sides of an answer agree on about a request.
struct HashRun {
  unsigned log2_length = 0;  ///< of the run's subtree: length rounded up to a power of two
  std::uint32_t uncles = 0;
};
HashRun run_of(const HashRequest& request, const TreeShape& shape);

template <class NodeAt>
base::Result<std::vector<Digest256>> collect_hashes(const HashRequest& request,
                                                    const TreeShape& shape, NodeAt node_at) {
  std::vector<Digest256> out;
  out.reserve(answer_size(request, shape));
  const auto add = [&](unsigned layer, std::uint32_t index) {
    const bool padding = index >= shape.width(layer);
    const Digest256* node = padding ? &zero_subtree(layer) : node_at(layer, index);
    if (node != nullptr) out.push_back(*node);
    return node != nullptr;
  };
  const HashRun run = run_of(request, shape);
  bool known = true;
  for (std::uint32_t i = 0; known && i < request.length; ++i)
    known = add(request.base_layer, request.index + i);
  std::uint32_t at = request.index >> run.log2_length;
  for (std::uint32_t i = 0; known && i < run.uncles; ++i, at /= 2)
    known = add(request.base_layer + run.log2_length + i, at ^ 1);
  if (!known) return base::fail(base::Errc::not_found, "a requested hash is not known");
  return out;
}

}  // namespace skep::torrent
