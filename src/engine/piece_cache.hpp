/// piece_cache.hpp: verified pieces kept in memory because peers are asking for them, and the loads
///                  under way that bring more.
/// CONTRACT  owned by Core. Every piece in the cache was verified by this engine.
/// LIMITS    kCacheBytesMax (at least one piece), kLoadsMax.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <utility>

#include "engine/io.hpp"

namespace skep::engine {

/// Enough for what 24 links want at a time; a browser tab has other uses for its memory.
inline constexpr std::size_t kCacheBytesMax = 6 * 1024 * 1024;
/// Reads from the store at once.
inline constexpr std::size_t kLoadsMax = 16;

class PieceCache {
 public:
  using Key = std::pair<TorrentId, std::uint32_t>;

  /// Null when it is not here; else valid until the next put() or forget(). Makes it the newest.
  const Bytes* get(TorrentId torrent, std::uint32_t piece) {
    const auto at = at_.find({torrent, piece});
    if (at == at_.end()) return nullptr;
    order_.splice(order_.begin(), order_, at->second);
    return &at->second->second;
  }
  bool contains(TorrentId torrent, std::uint32_t piece) const {
    return at_.contains({torrent, piece});
  }
  void put(TorrentId torrent, std::uint32_t piece, Bytes bytes) {
    forget(torrent, piece);
    bytes_ += bytes.size();
    order_.emplace_front(Key{torrent, piece}, std::move(bytes));
    at_[{torrent, piece}] = order_.begin();
    while (bytes_ > kCacheBytesMax && order_.size() > 1)
      forget(order_.back().first.first, order_.back().first.second);
  }
  void forget(TorrentId torrent, std::uint32_t piece) {
    const auto at = at_.find({torrent, piece});
    if (at == at_.end()) return;
    bytes_ -= at->second->second.size();
    order_.erase(at->second);
    at_.erase(at);
  }
  void forget(TorrentId torrent) {
    for (auto at = order_.begin(); at != order_.end();) {
      const Key key = at->first;
      ++at;
      if (key.first == torrent) forget(key.first, key.second);
    }
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::list<std::pair<Key, Bytes>> order_;  ///< newest first
  std::map<Key, std::list<std::pair<Key, Bytes>>::iterator> at_;
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
