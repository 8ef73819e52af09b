#include "torrent/hash_proof.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "crypto/sha256.hpp"

namespace skep::torrent {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

Status check_hash_request(const HashRequest& request, const TreeShape& shape) {
  if (request.base_layer >= shape.root_layer)
    return fail(Errc::out_of_range, "hash request: base layer at or above the root");
  if (request.length > kHashesMax)
    return fail(Errc::limit_exceeded, "hash request: too many hashes");
  if (request.length < 2) return fail(Errc::bad_value, "hash request: fewer than two hashes");
  const std::uint32_t run = std::bit_ceil(request.length);
  if (request.index % run != 0) return fail(Errc::bad_value, "hash request: index not aligned");
  if (request.index >= shape.padded_width(request.base_layer) ||
      run > shape.padded_width(request.base_layer) - request.index)
    return fail(Errc::out_of_range, "hash request: beyond the layer");
  if (run != request.length && request.index + request.length != shape.width(request.base_layer))
    return fail(Errc::bad_value, "hash request: length is no power of two");
  if (request.proof_layers >= shape.root_layer - request.base_layer)
    return fail(Errc::out_of_range, "hash request: proof layers above the root");
  return base::ok();
}

HashRun run_of(const HashRequest& request, const TreeShape& shape) {
  SKEP_ASSERT(check_hash_request(request, shape).has_value());
  HashRun run;
  run.log2_length = static_cast<unsigned>(std::bit_width(request.length - 1));
  run.uncles =
      request.proof_layers + 1 > run.log2_length ? request.proof_layers + 1 - run.log2_length : 0;
  return run;
}

std::uint32_t uncle_count(const HashRequest& request, const TreeShape& shape) {
  return run_of(request, shape).uncles;
}

std::uint32_t answer_size(const HashRequest& request, const TreeShape& shape) {
  return request.length + uncle_count(request, shape);
}

HashRequest make_hash_request(const TreeShape& shape, unsigned base_layer, std::uint32_t index,
                              std::uint32_t length, unsigned up_to_layer) {
  SKEP_ASSERT(base_layer < up_to_layer && up_to_layer <= shape.root_layer);
  SKEP_ASSERT(std::has_single_bit(length) && index < shape.width(base_layer));
  HashRequest request;
  request.base_layer = base_layer;
  request.length =
      std::clamp<std::uint32_t>(length, 2, std::min(kHashesMax, shape.padded_width(base_layer)));
  request.index = index / request.length * request.length;
  // uncles stand in layers base+log2(length) .. up_to_layer-1; the last of them is proof layer
  // up_to_layer-2-base, so that many plus one are asked for
  request.proof_layers = up_to_layer - base_layer - 1;
  SKEP_ASSERT(check_hash_request(request, shape).has_value());
  return request;
}

Result<ProvenNode> fold_hashes(const HashRequest& request, const TreeShape& shape,
                               std::span<const Digest256> hashes) {
  SKEP_CHECK(check_hash_request(request, shape));
  const HashRun run = run_of(request, shape);
  if (hashes.size() != request.length + run.uncles)
    return fail(Errc::bad_value, "hashes: not as many as the request implies", hashes.size());
  ProvenNode at;
  at.layer = request.base_layer + run.log2_length;
  at.index = request.index >> run.log2_length;
  at.digest = merkle_root(hashes.first(request.length), request.base_layer, at.layer);
  for (const Digest256& uncle : hashes.subspan(request.length)) {
    at.digest = at.index % 2 == 0 ? crypto::sha256_pair(at.digest, uncle)
                                  : crypto::sha256_pair(uncle, at.digest);
    at.index /= 2;
    ++at.layer;
  }
  return at;
}

Status verify_to_root(const HashRequest& request, const TreeShape& shape,
                      std::span<const Digest256> hashes, const Digest256& root) {
  SKEP_TRY(const ProvenNode at, fold_hashes(request, shape, hashes));
  if (at.layer != shape.root_layer)
    return fail(Errc::unsupported, "hashes: the proof stops below the root");
  if (at.digest != root) return fail(Errc::hash_mismatch, "hashes: not of this file's tree");
  return base::ok();
}

}  // namespace skep::torrent
