/// metadata_fetch.hpp: from a magnet link to a .torrent, by asking peers.
/// CONTRACT  sans-I/O like the engine, and beside it: who has only info-hashes feeds links here
///           until MetadataDone brings a metainfo for TorrentAdded, then opens links for the engine
///           anew. Call an input, then poll() until nothing comes; `now` never decreases. Every
///           link ends in a LinkClose (from here) or in link_closed() (from the host). First the
///           info dictionary, which must hash to what the link names; then the piece layers, each
///           run of hashes proven up to a root that the dictionary names.
/// WHY       in a class of its own: a visitor has the .torrent by HTTP and does not download this.
/// SPEC      BEP 9 (metadata), BEP 10, BEP 52 (hash request). docs/formats/engine.md, "Magnet
///           links".
/// LIMITS    kMetadataLinksMax; base::kMetainfoSizeMax for the dictionary, of which only pieces
///           that arrived are held; kMetadataAskedMax questions open with each peer.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "engine/io.hpp"
#include "torrent/hash_proof.hpp"
#include "torrent/metainfo.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine {

/// Peers asked at once; a dictionary is small and a second opinion enough.
inline constexpr std::size_t kMetadataLinksMax = 16;
/// Questions open with one peer: 64 KiB under way, so that several share a dictionary.
inline constexpr std::size_t kMetadataAskedMax = 4;

/// What a magnet link names. REQUIRES one hash at least.
struct MetadataWanted {
  crypto::PeerId peer_id;                ///< ours
  std::optional<crypto::ShortHash> v1;   ///< SHA-1 of info
  std::optional<crypto::Digest256> v2;   ///< SHA-256 of info
  Duration patience = base::seconds(5);  ///< for an answer; three without one are enough
};

/// Ready for TorrentAdded{.., expected, metainfo, v1}.
struct MetadataDone {
  Bytes metainfo;
  crypto::Digest256 expected;
  crypto::ShortHash v1;  ///< zero: no hybrid
};
/// The dictionary is the one that was named, and is of no use to us (v1 only, over a limit).
struct MetadataRefused {
  base::Errc reason = base::Errc::none;
};
/// LinkClose: `peer` is zero before its handshake; bad_block: it answered with a lie.
using MetadataOutput = std::variant<LinkSend, LinkClose, MetadataDone, MetadataRefused>;

class MetadataFetch {
 public:
  explicit MetadataFetch(const MetadataWanted& wanted);

  /// A link that we dialled is open. REQUIRES an id that has none.
  void link_opened(base::Instant now, LinkId link);
  void link_bytes(base::Instant now, LinkId link, ByteView bytes);
  void link_closed(base::Instant now, LinkId link);
  /// Nothing happened but time.
  void tick(base::Instant now);

  std::optional<MetadataOutput> poll();
  /// When to tick() at the latest; kNever: only a link matters.
  base::Instant next_wakeup() const { return wake_; }

  std::size_t links() const { return links_.size(); }
  /// Bytes of the dictionary that are here, and of all when a peer said it.
  std::uint64_t info_bytes() const;
  std::uint64_t info_size() const { return size_; }

 private:
  /// One question to one peer at a time: a piece of the dictionary, or a run of hashes.
  struct Job {
    enum class Phase : std::uint8_t { open, asked, done };
    Phase phase = Phase::open;
    crypto::Digest256 root;        ///< hashes: of which file
    torrent::TreeShape shape;      ///< its tree
    torrent::HashRequest request;  ///< hashes: which
    Bytes piece;                   ///< the dictionary's piece, once done
  };
  struct Asked {
    std::size_t job = 0;
    base::Instant until;
  };
  struct Link {
    wire::StreamDecoder decoder;
    crypto::PeerId peer;
    bool handshaken = false;
    bool v2 = false;                          ///< answers hash requests
    std::optional<std::uint8_t> metadata_id;  ///< takes `ut_metadata` under this id
    std::uint64_t size = 0;                   ///< of the dictionary, as it says
    std::vector<Asked> asked;                 ///< oldest first
    unsigned refusals = 0;                    ///< in a row: rejects and silences
    base::Instant until;                      ///< handshake due; later: rests until then
    std::optional<CloseReason> doomed;
  };
  enum class Stage : std::uint8_t { info, layers, over };

  bool named_by(const crypto::ShortHash& hash) const;
  void take_handshake(Link& link, const wire::Handshake& theirs);
  void take_message(LinkId id, Link& link, const wire::Message& message);
  void take_extension_handshake(Link& link, ByteView payload);
  void take_metadata(LinkId id, Link& link, ByteView payload);
  void take_hashes(Link& link, const wire::Hashes& message);
  void refused(Link& link, std::size_t job);
  void reopen(std::size_t job);
  std::optional<std::size_t> settle(Link& link, std::size_t job);

  bool usable(LinkId id, const Link& link) const;
  void choose_size();
  void start_info(std::uint64_t size);
  void check_info();
  void start_layers(torrent::Info&& info);
  void finish();
  void end(MetadataOutput output);

  void run();
  void check_time(Link& link);
  void ask(LinkId id, Link& link);
  void send(LinkId id, const wire::Message& message);
  void reap();

  MetadataWanted wanted_;
  base::Instant now_;
  base::Instant wake_ = base::kNever;
  Stage stage_ = Stage::info;
  std::map<LinkId, Link> links_;
  std::vector<Job> jobs_;
  std::size_t done_ = 0;
  std::size_t first_open_ = 0;  ///< no job before it is open
  std::uint64_t size_ = 0;      ///< of the dictionary; 0: nobody said it yet
  std::set<LinkId> senders_;    ///< of the dictionary's pieces
  bool distrust_ = false;       ///< a mixture failed: from one peer at a time
  std::optional<LinkId> only_;  ///< which
  std::optional<torrent::Info> info_;
  std::map<crypto::Digest256, std::vector<crypto::Digest256>> layers_;  ///< by root
  std::vector<MetadataOutput> out_;
  std::size_t polled_ = 0;
};

}  // namespace skep::engine
