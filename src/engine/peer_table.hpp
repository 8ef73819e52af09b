/// peer_table.hpp: one entry per open link: everything we know about that peer.
/// CONTRACT  owned by Core; references stay valid until the entry is removed.
/// LIMITS    Config::links_max (at most base::kLinksMax), the constants below for what one peer may
///           make us keep.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/bitfield.hpp"
#include "engine/io.hpp"
#include "engine/meter.hpp"
#include "wire/message.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine {

/// A block we asked a peer for.
struct InFlight {
  std::uint32_t piece = 0;
  std::uint32_t block = 0;
  base::Instant asked_at;
};
/// A hash request that waits for the store.
struct HashWait {
  wire::HashRange range;
  std::uint8_t tries = 0;
};
/// Of one peer; more are rejected.
inline constexpr std::size_t kHashWaitsMax = 4;

struct Peer {
  LinkId link;
  TorrentId torrent;
  crypto::PeerId id;
  DialId dial;
  base::Instant opened_at;
  wire::StreamDecoder decoder;

  bool handshaken = false;
  bool fast = false;
  bool extensions = false;
  bool v2 = false;                           ///< it answers hash requests
  bool greeted = false;                      ///< our handshake is sent
  bool spoke = false;                        ///< its first message after the handshake came
  std::optional<std::uint8_t> skep_id;       ///< it is one of ours, and takes claims under this id
  std::optional<std::uint8_t> dont_have_id;  ///< it takes lt_donthave (BEP 54) under this id
  std::optional<std::uint8_t> metadata_id;   ///< it wants `ut_metadata` answers under this id
  std::uint32_t run_max = 0;  ///< octets of blocks in a row that go in one message; 0: one request
  std::uint32_t metadata_sent = 0;  ///< bytes of `ut_metadata` answers
  base::Bitfield has;

  // What it lets us do.
  bool choking_us = true;
  bool we_interested = false;
  base::Instant unchoked_at;
  std::vector<InFlight> in_flight;  ///< oldest first
  std::uint32_t depth = 0;          ///< blocks to keep in flight
  std::uint32_t reqq = UINT32_MAX;  ///< requests it is willing to queue
  std::uint64_t rtt_us = 0;         ///< smoothed, 0: unknown
  std::uint64_t rtt_min_us = 0;     ///< smallest ever: the distance; 0: unknown
  base::Instant last_block_at;
  bool snubbed = false;
  base::Instant snubbed_until;
  std::uint64_t idle_epoch = 0;  ///< Torrent::epoch when it last had nothing for us
  base::Instant idle_until;
  std::uint64_t interest_epoch = 0;
  Meter down;
  std::uint64_t verified = 0;  ///< payload of verified pieces

  // What we let it do.
  bool shown = false;  ///< it is told what we have; not by who does not upload, or it would wait
  bool we_choke = true;
  bool interested = false;
  bool optimistic = false;
  base::Instant choke_changed_at;
  std::vector<wire::BlockRange> uploads;  ///< oldest first
  Meter up;
  std::vector<HashWait> hash_waits;  ///< hash requests whose piece is being read

  // The link.
  base::Bytes outbox;          ///< messages of this handle(), sent at its end
  std::uint64_t buffered = 0;  ///< handed out and, as far as we know, not yet on the wire
  base::Instant last_received;
  base::Instant last_sent;

  base::Instant last_claim;  ///< or when it last got a piece: it takes part
  /// To be closed at the end of this handle(); nothing more is read from it or asked of it.
  std::optional<CloseReason> doomed;

  bool ready() const { return handshaken && !doomed; }
};

class PeerTable {
 public:
  std::size_t size() const { return peers_.size(); }
  Peer* find(LinkId link);
  Peer* find(TorrentId torrent, const crypto::PeerId& id);
  /// A new entry. REQUIRES that the link has none.
  Peer& add(LinkId link);
  void remove(LinkId link) { peers_.erase(link); }
  std::map<LinkId, Peer>& all() { return peers_; }
  const std::map<LinkId, Peer>& all() const { return peers_; }

 private:
  std::map<LinkId, Peer> peers_;
};

}  // namespace skep::engine
