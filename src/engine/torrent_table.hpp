/// torrent_table.hpp: what the engine knows about each torrent: its shape, what is here, what is
///                    half here, what peers have of it.
/// CONTRACT  owned by Core; references stay valid until the torrent is removed. `piece` is a global
///           piece number (torrent::GlobalPiece) everywhere in the engine.
/// LIMITS    kTorrentsMax; an assembly exists only while blocks of its piece are asked for or here.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/bitfield.hpp"
#include "engine/availability.hpp"
#include "engine/io.hpp"
#include "engine/picker.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo.hpp"
#include "torrent/piece_map.hpp"
#include "wire/extension.hpp"

namespace skep::engine {

/// Torrents at once: a site's bundles, an old and a new version of each.
inline constexpr std::size_t kTorrentsMax = 16;

/// Where the bytes of a piece came from.
enum class Source : std::uint8_t { none = 0, peers = 1, http = 2, store = 3 };

/// What HTTP did for one file lately.
struct HttpHealth {
  std::uint8_t failures = 0;    ///< in a row, without a verified piece between them
  std::uint8_t mismatches = 0;  ///< bytes that were not the signed ones, ever
  bool ranges_refused = false;  ///< answered a range request with everything
  base::Instant not_before;     ///< back-off
};

struct FileState {
  std::uint32_t first_piece = 0;
  std::uint32_t pieces = 0;
  std::uint32_t have = 0;  ///< pieces here
  bool complete = false;   ///< FileComplete was said, or FileKept was told
  HttpHealth http;
};

/// One block of an assembly.
struct BlockState {
  enum class Phase : std::uint8_t { open = 0, asked = 1, here = 2 };
  Phase phase = Phase::open;
  std::uint8_t askers = 0;  ///< peers that were asked and have not answered
  crypto::PeerId sender;    ///< once here
};

/// A piece that peers are delivering.
struct Assembly {
  base::Bytes bytes;  ///< the piece's size
  std::vector<BlockState> blocks;
  std::uint32_t open = 0;
  std::uint32_t here = 0;
  LinkId owner;  ///< who is asked for its open blocks; 0: anybody
  bool complete() const { return here == blocks.size(); }
};

/// A complete piece with a wrong hash and several senders: waits for its leaf hashes.
struct Suspect {
  base::Bytes bytes;
  std::vector<crypto::PeerId> senders;  ///< one per block
  LinkId asked;                         ///< who was asked for the leaf hashes; 0: nobody could be
  base::Instant until;                  ///< then it is dropped
};
/// Suspects kept for one torrent: hostile peers must not fill our memory.
inline constexpr std::size_t kSuspectsMax = 8;

/// A segment that somebody fetches over HTTP, or just has: one of our peers, or of theirs.
struct SwarmClaim {
  FileIndex file;
  std::uint32_t segment = 0;
  std::uint64_t score = 0;  ///< of the claimant; tells claims apart, decides between rivals
  LinkId link;              ///< of the claimant, when it is our peer; else 0
  LinkId teller;            ///< who told us first
  wire::ClaimState state = wire::ClaimState::active;
  base::Instant since;  ///< when we heard of it first
  base::Instant sign;   ///< its last sign of life: told again, or a HAVE inside the segment
};
/// Claims we keep for one torrent, and of these the ones that one peer may tell us.
inline constexpr std::size_t kSwarmClaimsMax = 1024;
inline constexpr std::size_t kPeerClaimsMax = 256;

/// Announce state of one torrent.
struct AnnounceState {
  bool started = false;    ///< the tracker was told
  bool awaiting = false;   ///< no answer yet
  bool completed = false;  ///< told that we have everything
  base::Instant last;
  base::Instant next;            ///< by the interval
  std::uint32_t searches = 0;    ///< early announces because peers are few, since the last success
  base::Instant answered_until;  ///< how long an unanswered announce counts as "connecting"
};

struct Torrent {
  TorrentId id;
  torrent::Content meta;
  crypto::ShortHash v1;  ///< zero: no hybrid
  torrent::PieceMap map;
  std::uint32_t segment_pieces = 1;
  std::vector<FileState> files;
  base::Bitfield have;     ///< verified and in the store
  base::Bitfield checked;  ///< of these, hashed by this engine (kept files are checked when read)
  base::Bitfield taken;    ///< nothing to ask for: every block asked or here
  std::vector<Source> source;
  Availability availability;
  std::map<std::uint32_t, Assembly> assemblies;
  std::map<std::uint32_t, Suspect> suspects;
  std::vector<SwarmClaim> claims;
  AnnounceState announce;
  std::uint64_t epoch = 1;  ///< grows whenever a peer that had nothing to pick should look again
  /// The tree of the file last asked about in a hash request, from the piece layer up.
  std::uint32_t tree_file = UINT32_MAX;
  std::unique_ptr<torrent::MerkleTree> tree;

  bool hybrid() const { return !v1.is_zero(); }
  /// Whether a handshake with this hash means this torrent.
  bool named_by(const crypto::ShortHash& hash) const {
    return hash == meta.info.short_hash() || (hybrid() && hash == v1);
  }
  /// What a peer may ask for of a piece: v1 clients also want the zeros up to the next boundary.
  std::uint32_t served_size(std::uint32_t piece) const {
    return hybrid() ? map.piece_length() : piece_size(piece);
  }
  std::uint32_t piece_size(std::uint32_t piece) const;
  torrent::FilePiece locate(std::uint32_t piece) const;
  /// Byte offset of a piece in its file.
  std::uint64_t offset_of(std::uint32_t piece) const;
  std::uint64_t file_size(FileIndex file) const { return map.file_size(file); }
  FileState& file(FileIndex file);
  const FileState& file(FileIndex file) const;
  /// All pieces of a file, and those that overlap its bytes [begin, end).
  PieceRun run_of(FileIndex file) const;
  PieceRun run_of(FileIndex file, std::uint64_t begin, std::uint64_t end) const;
  std::uint32_t segment_of(std::uint32_t piece) const;
  PieceRun segment_run(FileIndex file, std::uint32_t segment) const;
  std::uint32_t segments_in(FileIndex file) const;
  std::uint64_t bytes_left() const;

  /// The assembly of a piece, made when it is not there.
  Assembly& assembly(std::uint32_t piece);
  void drop_assembly(std::uint32_t piece);
  /// Sets `taken` to what the piece's assembly says now.
  void refresh_taken(std::uint32_t piece);
};

class TorrentTable {
 public:
  Torrent* find(TorrentId id);
  bool full() const { return torrents_.size() >= kTorrentsMax; }
  Torrent& add(TorrentId id, torrent::Content&& meta, std::uint64_t segment_bytes);
  void remove(TorrentId id);
  std::map<TorrentId, Torrent>& all() { return torrents_; }
  const std::map<TorrentId, Torrent>& all() const { return torrents_; }

 private:
  std::map<TorrentId, Torrent> torrents_;
};

}  // namespace skep::engine
