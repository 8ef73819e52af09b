// A peer's request never makes us read outside of the tree, and a peer's hashes verify only when
// they are the tree's. Input: blocks, base layer, index, length, proof layers, then hashes.
#include "base/cursor.hpp"
#include "torrent/hash_proof.hpp"

namespace {

using namespace skep;
using namespace skep::torrent;

/// A tree whose leaves count up: cheap, and all different.
MerkleTree tree_of(std::uint32_t blocks) {
  std::vector<Digest256> leaves(blocks);
  for (std::uint32_t i = 0; i < blocks; ++i) base::store_be(leaves[i].bytes.data(), i + 1);
  return MerkleTree(TreeShape::of(std::uint64_t{blocks} * base::kBlockSize), 0, std::move(leaves));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::Reader reader({data, size});
  const auto blocks = reader.take_be<std::uint16_t>();
  if (!blocks.has_value()) return 0;
  HashRequest request;
  for (std::uint32_t* field :
       {&request.base_layer, &request.index, &request.length, &request.proof_layers}) {
    const auto value = reader.take_be<std::uint32_t>();
    if (!value.has_value()) return 0;
    *field = *value;
  }
  const MerkleTree tree = tree_of(1U + *blocks % 2000U);
  const TreeShape shape = tree.shape();
  std::vector<Digest256> theirs;
  while (reader.remaining() >= base::kDigestSize)
    theirs.push_back(*Digest256::from(*reader.take(base::kDigestSize)));
  const auto folded = fold_hashes(request, shape, theirs);
  if (!check_hash_request(request, shape).has_value()) {
    SKEP_ASSERT(!folded.has_value());
    return 0;
  }
  const auto node_at = [&](unsigned layer, std::uint32_t i) { return tree.node(layer, i); };
  const auto answer = collect_hashes(request, shape, node_at);
  SKEP_ASSERT(answer.has_value() && answer->size() == answer_size(request, shape));
  const auto ours = fold_hashes(request, shape, *answer);
  SKEP_ASSERT(ours.has_value() && ours->digest == *tree.node(ours->layer, ours->index));
  if (folded.has_value()) SKEP_ASSERT((folded->digest == ours->digest) == (theirs == *answer));
  return 0;
}
