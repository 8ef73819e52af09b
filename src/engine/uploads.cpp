#include "engine/uploads.hpp"

#include <algorithm>

#include "engine/delivery.hpp"
#include "engine/hash_server.hpp"

namespace skep::engine {
namespace {

/// Pieces read ahead for one peer: enough to hide the store's latency.
constexpr std::size_t kAheadMax = 4;
/// Requests looked at for that.
constexpr std::size_t kLookMax = 64;

void reject(Core& core, Peer& peer, const wire::BlockRange& block) {
  if (peer.fast) send(core, peer, wire::Reject{block});
}

void load_ahead(Core& core, const Torrent& t, const Peer& peer) {
  std::size_t pieces = 0;
  std::uint32_t last = UINT32_MAX;
  const std::size_t look = std::min(peer.uploads.size(), kLookMax);
  for (std::size_t i = 0; i < look && pieces < kAheadMax && !core.loads.full(); ++i) {
    const std::uint32_t piece = peer.uploads[i].piece;
    if (piece == last) continue;
    last = piece;
    ++pieces;
    if (core.cache.contains(t.id, piece) || core.loads.loading(t.id, piece)) continue;
    const LoadId id = core.loads.add({t.id, piece});
    core.say(PieceLoad{id, t.id, t.locate(piece).file, t.offset_of(piece), t.piece_size(piece)});
  }
}

enum class Served : std::uint8_t { block, must_wait, no_tokens };

/// A peer that takes less gets its blocks one by one: a message of four would keep the others, and
/// its own first bytes, waiting for a noticeable time (32 ms at this rate).
constexpr std::uint64_t kRunRate = 2'000'000;

/// How many of the peer's oldest requests continue each other, within what it takes in one message;
/// `block` grows from the first to all of them. Under a rate cap blocks go one by one: fairly, and
/// never more than the token bucket holds.
std::size_t run_of_requests(const Core& core, const Peer& peer, wire::BlockRange& block) {
  std::size_t count = 1;
  if (core.policy.upload_rate_bytes_per_s > 0 || peer.up.rate(core.now) < kRunRate) return count;
  for (; count < peer.uploads.size(); ++count) {
    const wire::BlockRange& next = peer.uploads[count];
    if (next.piece != block.piece || next.begin != block.begin + block.length ||
        block.length + next.length > peer.run_max || block.length + next.length > upload_left(core))
      break;
    block.length += next.length;
  }
  return count;
}

void send_piece(Core& core, Peer& peer, const wire::BlockRange& block, ByteView piece) {
  const std::size_t begin = std::min<std::size_t>(block.begin, piece.size());
  const ByteView there =
      piece.subspan(begin, std::min<std::size_t>(block.length, piece.size() - begin));
  if (there.size() == block.length)
    return send(core, peer, wire::Piece{block.piece, block.begin, there});
  Bytes padded = base::to_bytes(there);  // a v1 peer wants the zeros behind the end of a file
  padded.resize(block.length);
  send(core, peer, wire::Piece{block.piece, block.begin, padded});
}

/// The peer's oldest request, and those that continue it, if the bytes are at hand.
Served serve_one(Core& core, const Torrent& t, Peer& peer) {
  wire::BlockRange block = peer.uploads.front();
  const Bytes* piece = core.cache.get(t.id, block.piece);
  if (piece == nullptr) return Served::must_wait;
  if (upload_left(core) < block.length) {  // the next choking tells everybody
    reject_uploads(core, peer);
    core.choking_due = true;
    return Served::must_wait;
  }
  const std::size_t requests = run_of_requests(core, peer, block);
  if (!core.upload_tokens.take(core.now, block.length)) {
    core.wake_at(core.upload_tokens.ready_at(core.now, block.length), WakeReason::upload_tokens);
    return Served::no_tokens;
  }
  send_piece(core, peer, block, *piece);
  peer.uploads.erase(peer.uploads.begin(),
                     peer.uploads.begin() + static_cast<std::ptrdiff_t>(requests));
  peer.up.add(core.now, block.length);
  core.totals.uploaded += block.length;
  return Served::block;
}

bool has_room(const Peer& peer) {
  return peer.buffered + peer.outbox.size() + base::kBlockSize <= base::kLinkSendBufferMax;
}

/// A turn: a few blocks, so that a rate cap is shared fairly.
Served serve_turn(Core& core, const Torrent& t, Peer& peer) {
  const std::uint64_t end = core.totals.uploaded + base::kRunMax;
  while (core.totals.uploaded < end) {
    if (peer.uploads.empty() || !has_room(peer)) return Served::must_wait;
    const Served served = serve_one(core, t, peer);
    if (served != Served::block) return served;
  }
  return Served::block;
}

void take_one(Core& core, const Torrent& t, Peer& peer, const wire::BlockRange& block) {
  const bool repeated =
      std::find(peer.uploads.begin(), peer.uploads.end(), block) != peer.uploads.end();
  if (repeated) return;
  if (peer.we_choke || !t.have.test(block.piece) ||
      peer.uploads.size() >= base::kPeerRequestsQueuedMax)
    return reject(core, peer, block);
  peer.uploads.push_back(block);
}

}  // namespace

std::uint64_t upload_left(const Core& core) {
  const PolicyChanged& policy = core.policy;
  std::uint64_t allowed = policy.upload_total_max > 0 ? policy.upload_total_max : UINT64_MAX;
  if (policy.upload_ratio_percent > 0) {
    const std::uint64_t got = core.totals.from_peers + core.totals.from_http + core.totals.kept;
    allowed = std::min(allowed, got / 100 * policy.upload_ratio_percent +
                                    got % 100 * policy.upload_ratio_percent / 100);
  }
  return allowed - std::min(allowed, core.totals.uploaded);
}

void take_request(Core& core, Torrent& t, Peer& peer, const wire::BlockRange& block) {
  const std::uint32_t length_max = std::max(peer.run_max, base::kBlockSize);
  const std::uint32_t size = block.piece < t.map.piece_count() ? t.served_size(block.piece) : 0;
  if (block.length == 0 || block.length > length_max || block.begin >= size ||
      block.length > size - block.begin) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  // Blocks in a row are kept one by one, so that each can be cancelled or rejected by itself.
  for (std::uint32_t at = 0; at < block.length; at += base::kBlockSize)
    take_one(core, t, peer,
             {block.piece, block.begin + at, std::min(base::kBlockSize, block.length - at)});
}

void take_cancel(Core& core, Peer& peer, const wire::BlockRange& block) {
  const auto at = std::find(peer.uploads.begin(), peer.uploads.end(), block);
  if (at == peer.uploads.end()) return;
  peer.uploads.erase(at);
  reject(core, peer, block);  // BEP 6: a cancelled request is answered too
}

void reject_uploads(Core& core, Peer& peer) {
  for (const wire::BlockRange& block : peer.uploads) reject(core, peer, block);
  peer.uploads.clear();
}

void reject_piece(Core& core, Torrent& t, std::uint32_t piece) {
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id) continue;
    std::erase_if(peer.uploads, [&](const wire::BlockRange& block) {
      if (block.piece != piece) return false;
      reject(core, peer, block);
      return true;
    });
  }
}

void on_piece_loaded(Core& core, const PieceLoaded& input) {
  Load load;
  if (!core.loads.take(input.load, load)) return;
  Torrent& t = *core.torrents.find(load.torrent);
  if (!t.have.test(load.piece)) return;
  const bool whole = input.bytes.size() == t.piece_size(load.piece);
  const bool good =
      whole && (t.checked.test(load.piece) || piece_is_good(t, load.piece, input.bytes));
  if (!good) {
    reject_piece(core, t, load.piece);
    forget_piece(core, t, load.piece);
    return answer_hash_waits(core, t);
  }
  t.checked.set(load.piece);
  core.cache.put(t.id, load.piece, base::to_bytes(input.bytes));
  answer_hash_waits(core, t);
}

void pump_uploads(Core& core) {
  if (core.peers.size() == 0) return;
  bool tokens = true;
  bool moved = true;
  while (moved && tokens) {
    moved = false;
    // Starts after whoever was served last, and goes round once.
    auto& all = core.peers.all();
    auto at = all.upper_bound(core.upload_turn);
    for (std::size_t n = 0; n < all.size() && tokens; ++n, ++at) {
      if (at == all.end()) at = all.begin();
      Peer& peer = at->second;
      if (peer.doomed || peer.uploads.empty() || !has_room(peer)) continue;
      const Torrent& t = *core.torrents.find(peer.torrent);
      const std::size_t before = peer.uploads.size();
      const Served served = serve_turn(core, t, peer);
      tokens = served != Served::no_tokens;
      if (peer.uploads.size() < before) {
        moved = true;
        core.upload_turn = peer.link;
      }
      load_ahead(core, t, peer);
    }
  }
}

}  // namespace skep::engine
