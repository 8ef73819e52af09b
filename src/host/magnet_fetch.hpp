/// magnet_fetch.hpp: takes what a magnet link names from peers, by TCP: the dictionary (BEP 9), the
///                   piece layers (BEP 52), then the files, through the same engine that visitors
///                   run.
/// CONTRACT  blocking; runs until all is here, stopped() says so, or nothing came for `patience`.
/// Only
///           verified bytes are written. While it fetches it gives to the peers it is connected to.
///           What is in the folder from an earlier run is read, checked, and not fetched again.
/// WHY       `skep fetch`; and a second host of the engine, over another kind of link.
/// LIMITS    kPeersMax addresses; links as the engine's (Config::links_max) and MetadataFetch's.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "host/peer_link.hpp"
#include "torrent/magnet.hpp"

namespace skep::host {

/// Addresses that one fetch tries.
inline constexpr std::size_t kPeersMax = 200;

struct MagnetProgress {
  std::size_t links = 0;    ///< open
  bool described = false;   ///< the .torrent is complete
  std::uint64_t done = 0;   ///< bytes: of the dictionary, then of the files
  std::uint64_t total = 0;  ///< 0: unknown
};

struct MagnetFetchOptions {
  torrent::Magnet magnet;
  std::vector<PeerAddress> peers;
  std::filesystem::path folder;    ///< where the files go
  std::filesystem::path metainfo;  ///< not empty: write the .torrent there, and fetch no files
  base::Duration patience = base::seconds(60);
  std::function<void(const MagnetProgress&)> progress;  ///< every second; may be empty
  std::function<bool()> stopped;                        ///< asked as often; may be empty
};

struct MagnetFetched {
  std::string trouble;  ///< empty: everything is here; else why not, for a person
  std::string name;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t from_peers = 0;
  std::uint64_t from_store = 0;  ///< was here before
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;  ///< received twice, or false
};

MagnetFetched fetch_magnet(const MagnetFetchOptions& options);

}  // namespace skep::host
