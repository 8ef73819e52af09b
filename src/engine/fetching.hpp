/// fetching.hpp: the page's inputs: torrents come and go, fetches are asked for and cancelled.
/// CONTRACT  every fetch ends in exactly one of FetchDone, FetchFailed or its own cancellation.
/// LIMITS    kTorrentsMax, base::kFetchesMax.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

void on_torrent_added(Core& core, const TorrentAdded& input);
void on_torrent_removed(Core& core, const TorrentRemoved& input);
void on_file_kept(Core& core, const FileKept& input);
void on_piece_found(Core& core, const PieceFound& input);
void on_store_failed(Core& core, const StoreFailed& input);
void on_fetch_requested(Core& core, const FetchRequested& input);
void on_fetch_cancelled(Core& core, const FetchCancelled& input);

}  // namespace skep::engine
