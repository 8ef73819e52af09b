#include "engine/hash_server.hpp"

#include <map>

#include "wire/hash_exchange.hpp"

namespace skep::engine {
namespace {

/// A hash request that needs more pieces than that from the store is rejected.
constexpr std::uint8_t kTriesMax = 8;

std::optional<FileIndex> file_of_root(const Torrent& t, const crypto::Digest256& root) {
  const auto& files = t.meta.info.files;
  for (std::uint32_t i = 0; i < files.size(); ++i)
    if (files[i].size > 0 && files[i].root == root) return FileIndex{i};
  return std::nullopt;
}

/// The file's tree from its piece layer (or its root) up.
const torrent::MerkleTree& tree_of(Torrent& t, FileIndex file) {
  if (t.tree && t.tree_file == file.value) return *t.tree;
  const auto shape = torrent::TreeShape::of(t.file_size(file));
  const auto layer = t.meta.layers.of(file);
  std::vector<crypto::Digest256> base(layer.begin(), layer.end());
  const unsigned at =
      base.empty() ? shape.root_layer : torrent::piece_layer_of(t.map.piece_length());
  if (base.empty()) base.push_back(t.meta.info.file(file).root);
  t.tree = std::make_unique<torrent::MerkleTree>(shape, at, std::move(base));
  t.tree_file = file.value;
  return *t.tree;
}

/// Nodes below the piece layer, from pieces in memory.
class LowerNodes {
 public:
  LowerNodes(Core& core, Torrent& t, FileIndex file, unsigned piece_layer)
      : core_(core), t_(t), file_(file), piece_layer_(piece_layer) {}

  /// A piece that would have to be in memory; nothing when that was not the reason.
  std::optional<std::uint32_t> missing() const { return missing_; }

  const crypto::Digest256* node(unsigned layer, std::uint32_t index) {
    const std::uint32_t piece = index >> (piece_layer_ - layer);
    const auto* layers = layers_of(piece);
    if (layers == nullptr) return nullptr;
    const std::uint32_t inside = index - (piece << (piece_layer_ - layer));
    const auto& row = (*layers)[layer];
    return inside < row.size() ? &row[inside] : &torrent::zero_subtree(layer);
  }

 private:
  using Layers = std::vector<std::vector<crypto::Digest256>>;

  const Layers* layers_of(std::uint32_t piece_of_file) {
    const auto at = known_.find(piece_of_file);
    if (at != known_.end()) return &at->second;
    if (piece_of_file >= t_.file(file_).pieces) return nullptr;
    const Bytes* bytes = core_.cache.get(t_.id, t_.file(file_).first_piece + piece_of_file);
    if (bytes == nullptr) {
      missing_ = t_.file(file_).first_piece + piece_of_file;
      return nullptr;
    }
    Layers layers(1);
    torrent::append_block_hashes(layers[0], *bytes);
    for (unsigned layer = 0; layer + 1 < piece_layer_; ++layer)
      layers.push_back(torrent::parent_layer(layers.back(), layer));
    return &known_.emplace(piece_of_file, std::move(layers)).first->second;
  }

  Core& core_;
  Torrent& t_;
  FileIndex file_;
  unsigned piece_layer_;
  std::map<std::uint32_t, Layers> known_;
  std::optional<std::uint32_t> missing_;
};

/// Leaves are hashed from bytes: waits until the store has brought them. False: it cannot.
bool wait_for_piece(Core& core, const Torrent& t, Peer& peer, const HashWait& wait,
                    std::uint32_t piece) {
  if (!t.have.test(piece) || !peer.fast || wait.tries >= kTriesMax) return false;
  if (peer.hash_waits.size() >= kHashWaitsMax || core.loads.full()) return false;
  peer.hash_waits.push_back({wait.range, static_cast<std::uint8_t>(wait.tries + 1)});
  if (core.loads.loading(t.id, piece)) return true;
  const LoadId load = core.loads.add({t.id, piece});
  core.say(PieceLoad{load, t.id, t.locate(piece).file, t.offset_of(piece), t.piece_size(piece)});
  return true;
}

void serve(Core& core, Torrent& t, Peer& peer, const HashWait& wait) {
  const wire::HashRange& range = wait.range;
  const auto file = file_of_root(t, range.root);
  if (!file) return send(core, peer, wire::HashReject{range});
  const auto shape = torrent::TreeShape::of(t.file_size(*file));
  if (!wire::check_hash_range(range, shape, t.map.piece_length()))
    return send(core, peer, wire::HashReject{range});
  const torrent::MerkleTree& tree = tree_of(t, *file);
  LowerNodes lower(core, t, *file, tree.base_layer());
  const auto hashes = torrent::collect_hashes(
      wire::to_request(range), shape,
      [&](unsigned layer, std::uint32_t index) -> const crypto::Digest256* {
        return layer >= tree.base_layer() ? tree.node(layer, index) : lower.node(layer, index);
      });
  if (!hashes) {
    const auto piece = lower.missing();
    if (piece && wait_for_piece(core, t, peer, wait, *piece)) return;
    return send(core, peer, wire::HashReject{range});
  }
  wire::encode_hashes(peer.outbox, range, *hashes);
}

}  // namespace

void serve_hashes(Core& core, Torrent& t, Peer& peer, const wire::HashRange& range) {
  serve(core, t, peer, {range, 0});
}

void answer_hash_waits(Core& core, Torrent& t) {
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id || peer.hash_waits.empty() || !peer.ready()) continue;
    std::vector<HashWait> waits;
    waits.swap(peer.hash_waits);
    for (const HashWait& wait : waits) serve(core, t, peer, wait);
  }
}

}  // namespace skep::engine
