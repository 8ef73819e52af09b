#include "engine/verifier.hpp"

#include <algorithm>

#include "engine/delivery.hpp"
#include "wire/hash_exchange.hpp"

namespace skep::engine {
namespace {

/// Hash answers take a round trip; refetching the piece takes seconds at most.
constexpr base::Duration kSuspectLife = base::seconds(30);

/// Bans a peer and dooms its links, wherever it is now.
void blame(Core& core, const crypto::PeerId& id) {
  core.candidates.ban(id);
  for (auto& [link, peer] : core.peers.all())
    if (peer.id == id && !peer.doomed) peer.doomed = CloseReason::bad_block;
}

void blame_by_leaves(Core& core, const Suspect& s, std::span<const crypto::Digest256> good) {
  std::vector<crypto::Digest256> leaves;
  torrent::append_block_hashes(leaves, s.bytes);
  SKEP_ASSERT(leaves.size() == s.senders.size() && good.size() >= leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (leaves[i] != good[i]) blame(core, s.senders[i]);
}

/// The request for all leaves under one piece hash.
torrent::HashRequest leaf_request(const Torrent& t, std::uint32_t piece) {
  const torrent::FilePiece at = t.locate(piece);
  const auto shape = torrent::TreeShape::of(t.file_size(at.file));
  const unsigned up_to = std::min(torrent::piece_layer_of(t.map.piece_length()), shape.root_layer);
  return torrent::make_hash_request(shape, 0, t.map.first_block(at.piece).value, 1U << up_to,
                                    up_to);
}

/// Asks some peer that has the piece, preferably one that sent nothing of it.
LinkId ask_for_leaves(Core& core, Torrent& t, std::uint32_t piece, const Suspect& s) {
  const torrent::FilePiece at = t.locate(piece);
  const torrent::HashRequest request = leaf_request(t, piece);
  if (request.length > wire::kHashesServedMax) return {};
  Peer* chosen = nullptr;
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id || !peer.ready() || !peer.v2 || !peer.has.test(piece)) continue;
    const bool involved = std::find(s.senders.begin(), s.senders.end(), peer.id) != s.senders.end();
    if (chosen == nullptr || !involved) chosen = &peer;
    if (!involved) break;
  }
  if (chosen == nullptr) return {};
  send(core, *chosen, wire::HashRequest{wire::to_range(t.meta.info.file(at.file).root, request)});
  return chosen->link;
}

void suspect(Core& core, Torrent& t, std::uint32_t piece, const Assembly& a, Bytes bytes) {
  if (t.suspects.contains(piece) || t.suspects.size() >= kSuspectsMax) return;
  Suspect s;
  s.bytes = std::move(bytes);
  s.senders = std::vector<crypto::PeerId>(a.blocks.size());
  for (std::size_t b = 0; b < a.blocks.size(); ++b) s.senders[b] = a.blocks[b].sender;
  s.until = core.now + kSuspectLife;
  s.asked = ask_for_leaves(core, t, piece, s);
  t.suspects.emplace(piece, std::move(s));
}

}  // namespace

void finish_assembly(Core& core, Torrent& t, std::uint32_t piece) {
  const auto at = t.assemblies.find(piece);
  SKEP_ASSERT(at != t.assemblies.end() && at->second.complete());
  Assembly a = std::move(at->second);
  t.drop_assembly(piece);
  core.sourcing_due = core.sourcing_due || !t.suspects.empty();
  if (piece_is_good(t, piece, a.bytes)) {
    for (std::uint32_t b = 0; b < a.blocks.size(); ++b)
      if (Peer* p = core.peers.find(t.id, a.blocks[b].sender))
        p->verified += std::min<std::uint64_t>(
            base::kBlockSize, a.bytes.size() - std::uint64_t{b} * base::kBlockSize);
    return deliver_piece(core, t, piece, std::move(a.bytes), Source::peers);
  }
  core.totals.wasted += a.bytes.size();
  core.sourcing_due = true;
  const crypto::PeerId first = a.blocks.front().sender;
  const auto from_first = [&](const BlockState& block) { return block.sender == first; };
  if (std::all_of(a.blocks.begin(), a.blocks.end(), from_first)) return blame(core, first);
  Bytes bytes = std::move(a.bytes);
  suspect(core, t, piece, a, std::move(bytes));
}

void resolve_suspect(Core& core, Torrent& t, std::uint32_t piece, ByteView good) {
  const auto at = t.suspects.find(piece);
  if (at == t.suspects.end()) return;
  std::vector<crypto::Digest256> leaves;
  torrent::append_block_hashes(leaves, good);
  blame_by_leaves(core, at->second, leaves);
  t.suspects.erase(at);
  ++t.epoch;
}

void take_hashes(Core& core, Torrent& t, Peer& peer, const wire::Hashes& message) {
  for (auto& [piece, s] : t.suspects) {
    const torrent::FilePiece at = t.locate(piece);
    const torrent::HashRequest request = leaf_request(t, piece);
    if (s.asked != peer.link ||
        message.range != wire::to_range(t.meta.info.file(at.file).root, request))
      continue;
    s.asked = {};
    const auto shape = torrent::TreeShape::of(t.file_size(at.file));
    const auto hashes = wire::read_hashes(message, shape);
    const auto proven = hashes ? torrent::fold_hashes(request, shape, *hashes)
                               : base::Result<torrent::ProvenNode>(hashes.error());
    if (!proven || proven->digest != t.meta.expected_hash(at.file, at.piece)) {
      peer.doomed = CloseReason::protocol_error;  // it lied about hashes that we can check
      return;
    }
    blame_by_leaves(core, s, *hashes);
    t.suspects.erase(piece);
    ++t.epoch;
    return;
  }
}

void check_suspects(Core& core, Torrent& t) {
  const auto before = t.suspects.size();
  std::erase_if(t.suspects, [&](const auto& entry) { return entry.second.until <= core.now; });
  if (t.suspects.size() != before) ++t.epoch;
  for (const auto& [piece, s] : t.suspects) core.wake_at(s.until, WakeReason::request_timeout);
}

}  // namespace skep::engine
