/// witness.hpp: hears every output of an engine and asserts what docs/formats/engine.md promises.
/// CONTRACT  the driver tells it what it does to the engine (links, fetches, HTTP, loads) *before*
///           the input, and shows it every output. It keeps what the engine still waits for, so
///           that the driver can answer: well, badly or not at all. All bytes are those of the
///           sites.
/// WHY       the engine's own asserts know its tables; this one knows only what was published.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/io.hpp"
#include "engine/testing/test_site.hpp"
#include "torrent/merkle.hpp"
#include "wire/message.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine::testing {

/// Where a piece of a torrent lies; `size` is without padding.
struct Place {
  FileIndex file;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
};

/// A site and the hash trees of its files, once computed.
struct Published {
  explicit Published(TestSite made);
  /// Null when it is no file's.
  const torrent::MerkleTree* tree_of(const crypto::Digest256& root) const;

  TestSite site;
  std::map<crypto::Digest256, torrent::MerkleTree> trees;
  std::vector<crypto::Digest256> roots;  ///< by file; zero for an empty one
};

/// Nothing when the torrent has no such piece.
std::optional<Place> place_of(const TestSite& site, std::uint32_t piece);

class Witness {
 public:
  /// What one link heard and has not answered.
  struct Link {
    TorrentId torrent;
    crypto::PeerId peer;
    wire::StreamDecoder decoder;
    std::deque<wire::BlockRange> requests;
    std::deque<wire::HashRange> hash_requests;
  };

  void published(TorrentId torrent, const Published& site) { sites_[torrent] = &site; }
  void fetch_requested(const FetchRequested& fetch);
  void fetch_cancelled(FetchId fetch) { fetches_.erase(fetch); }
  void link_opened(const LinkOpened& link);
  /// Whoever is at this link says something that was not published. Nobody else may be blamed.
  void link_lies(LinkId link);
  void link_closed(LinkId link) { links_.erase(link); }
  void http_ended(HttpId http) { gets_.erase(http); }
  void loaded(LoadId load) { loads_.erase(load); }
  void dialled(DialId dial) { dials_.erase(dial); }

  void take(const Output& output);
  /// After every torrent was removed.
  void nothing_left() const;

  const TestSite& site(TorrentId torrent) const { return sites_.at(torrent)->site; }
  std::map<LinkId, Link>& links() { return links_; }
  const std::map<HttpId, HttpGet>& gets() const { return gets_; }
  const std::map<LoadId, PieceLoad>& loads() const { return loads_; }
  const std::map<DialId, Dial>& dials() const { return dials_; }

 private:
  void heard(Link& link, const wire::Message& message);
  static void check_hashes(const Published& published, const wire::Hashes& message);

  struct Fetch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t ready_until = 0;
  };
  std::map<TorrentId, const Published*> sites_;
  std::map<LinkId, Link> links_;
  std::map<FetchId, Fetch> fetches_;
  std::map<HttpId, HttpGet> gets_;
  std::map<LoadId, PieceLoad> loads_;
  std::map<DialId, Dial> dials_;
  std::set<crypto::PeerId> liars_;
};

}  // namespace skep::engine::testing
