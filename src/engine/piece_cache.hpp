/// piece_cache.hpp: verified pieces kept in memory because peers are asking for them, and the loads
///                  under way that bring more.
/// CONTRACT  owned by Core. Every piece in the cache was verified by this engine.
/// LIMITS    kCacheBytesMax (at least one piece), kCachePiecesMax, kLoadsMax.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/io.hpp"

namespace skep::engine {

/// Enough for what 24 links want at a time; a browser tab has other uses for its memory.
inline constexpr std::size_t kCacheBytesMax = 6 * 1024 * 1024;
/// Small files have small pieces: so many that looking through all of them stays quick.
inline constexpr std::size_t kCachePiecesMax = 512;
/// Reads from the store at once.
inline constexpr std::size_t kLoadsMax = 16;

class PieceCache {
 public:
  /// Null when it is not here; else valid until the next put() or forget(). Makes it the newest.
  const Bytes* get(TorrentId torrent, std::uint32_t piece) {
    const std::size_t at = place(torrent, piece);
    if (at == entries_.size()) return nullptr;
    const auto found = entries_.begin() + static_cast<std::ptrdiff_t>(at);
    std::rotate(found, found + 1, entries_.end());
    return &entries_.back().bytes;
  }
  bool contains(TorrentId torrent, std::uint32_t piece) const {
    return place(torrent, piece) < entries_.size();
  }
  void put(TorrentId torrent, std::uint32_t piece, Bytes bytes) {
    forget(torrent, piece);
    bytes_ += bytes.size();
    entries_.push_back({torrent, piece, std::move(bytes)});
    if (entries_.size() > kCachePiecesMax) drop(0);
    while (bytes_ > kCacheBytesMax && entries_.size() > 1) drop(0);
  }
  void forget(TorrentId torrent, std::uint32_t piece) {
    const std::size_t at = place(torrent, piece);
    if (at < entries_.size()) drop(at);
  }
  void forget(TorrentId torrent) {
    for (std::size_t at = entries_.size(); at-- > 0;)
      if (entries_[at].torrent == torrent) drop(at);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    TorrentId torrent;
    std::uint32_t piece = 0;
    Bytes bytes;
  };

  /// Its index, or entries_.size().
  std::size_t place(TorrentId torrent, std::uint32_t piece) const {
    std::size_t at = 0;
    while (at < entries_.size() && (entries_[at].torrent != torrent || entries_[at].piece != piece))
      ++at;
    return at;
  }
  void drop(std::size_t at) {
    bytes_ -= entries_[at].bytes.size();
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::vector<Entry> entries_;  ///< oldest first
  std::size_t bytes_ = 0;
};

/// A piece being read back from the store.
struct Load {
  TorrentId torrent;
  std::uint32_t piece = 0;
};

class LoadTable {
 public:
  bool full() const { return loads_.size() >= kLoadsMax; }
  std::size_t size() const { return loads_.size(); }
  bool loading(TorrentId torrent, std::uint32_t piece) const {
    return std::any_of(loads_.begin(), loads_.end(), [&](const auto& entry) {
      return entry.second.torrent == torrent && entry.second.piece == piece;
    });
  }
  LoadId add(Load load) {
    const LoadId id{++last_id_};
    loads_.emplace(id, load);
    return id;
  }
  /// Removes it into `out`; false when the id is unknown (an answer that came too late).
  bool take(LoadId id, Load& out) {
    const auto at = loads_.find(id);
    if (at == loads_.end()) return false;
    out = at->second;
    loads_.erase(at);
    return true;
  }
  void forget(TorrentId torrent) {
    std::erase_if(loads_, [&](const auto& entry) { return entry.second.torrent == torrent; });
  }

 private:
  std::map<LoadId, Load> loads_;
  std::uint32_t last_id_ = 0;
};

}  // namespace skep::engine
