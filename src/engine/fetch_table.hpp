/// fetch_table.hpp: what the page is waiting for, most urgent first.
/// CONTRACT  owned by Core. A fetch is here from FetchRequested until FetchDone, FetchFailed or
///           FetchCancelled; one that is served from the store never enters.
/// LIMITS    base::kFetchesMax.
#pragma once

#include <map>
#include <vector>

#include "base/limits.hpp"
#include "engine/io.hpp"
#include "engine/picker.hpp"

namespace skep::engine {

struct Fetch {
  FetchId id;
  TorrentId torrent;
  FileIndex file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Urgency urgency = Urgency::normal;
  base::Instant started;
  base::Instant deadline;
  base::Instant last_piece;
  PieceRun run;               ///< the pieces that overlap [begin, end)
  std::uint32_t cursor = 0;   ///< first piece of the run that is not here
  std::uint32_t missing = 0;  ///< pieces of the run that are not here
  std::uint64_t reported = 0;
  std::uint64_t from_peers = 0;
  std::uint64_t from_http = 0;
  std::uint64_t from_store = 0;
  base::Instant turn_since;  ///< since when we could have fetched a segment that is another's turn
};

class FetchTable {
 public:
  using Order = std::vector<FetchId>;

  bool full() const { return fetches_.size() >= base::kFetchesMax; }
  std::size_t size() const { return fetches_.size(); }
  Fetch* find(FetchId id);
  const Fetch* find(FetchId id) const;
  Fetch& add(Fetch fetch);
  void remove(FetchId id);
  /// By urgency, then deadline, then id. Valid until the next add or remove.
  const Order& by_need() const { return order_; }
  /// Those of one file, in no useful order. Valid until the next add or remove.
  const Order& of_file(TorrentId torrent, FileIndex file) const;
  /// Whether a fetch that is not prefetch is open.
  bool any_foreground() const;

 private:
  bool before(FetchId a, FetchId b) const;

  std::map<FetchId, Fetch> fetches_;
  Order order_;
  std::map<std::pair<TorrentId, FileIndex>, Order> by_file_;
};

}  // namespace skep::engine
