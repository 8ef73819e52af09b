/// io.hpp: everything that can happen to an engine (Input) and everything it can ask for (Output).
/// CONTRACT  the engine is sans-I/O: handle(now, input), then poll() until nullopt, then sleep
///           until next_wakeup() or the next input. ByteViews inside an Input are borrowed for the
///           call of handle() only; Bytes inside an Output are owned by whoever polled it. Ids that
///           appear in Inputs first (TorrentId, FetchId, LinkId) are chosen by the host and never
///           reused while alive; ids that appear in Outputs first (HttpId, LoadId, DialId) are
///           chosen by the engine and never reused. An answer to an id that is gone is ignored.
/// WHY       one closed list serves five ends: wasm boundary, bug trace, fuzzer input, simulator
///           log, golden tests (see abi/frame.hpp, which gives each a flat form).
/// SPEC      docs/formats/frames.md
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/errc.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "crypto/digest.hpp"

namespace skep::engine {

using base::Bytes;
using base::ByteView;
using base::DialId;
using base::Duration;
using base::FetchId;
using base::FileIndex;
using base::HttpId;
using base::LinkId;
using base::LoadId;
using base::TorrentId;

// ---------------------------------------------------------------------------------------- inputs

/// Nothing happened but time: sent when next_wakeup() is due.
struct Tick {};

/// A bundle's .torrent arrived; `expected` is the info-hash that the signed pointer names. The
/// engine answers with TorrentReady or TorrentRefused.
struct TorrentAdded {
  TorrentId torrent;
  crypto::Digest256 expected;
  ByteView metainfo;
  crypto::ShortHash v1 = {};  ///< how v1 clients name it, as the pointer says; zero: no hybrid
};
/// A newer version replaced it: its links and requests end, its fetches fail.
struct TorrentRemoved {
  TorrentId torrent;
};

/// The host's store already holds this file, completed and verified by an earlier engine. (Every
/// piece is checked once more when it is first read for a peer.)
struct FileKept {
  TorrentId torrent;
  FileIndex file;
};

enum class Urgency : std::uint8_t {
  urgent = 0,    ///< navigation, render-blocking script or style: HTTP at once
  visible = 1,   ///< as normal, but before it: what a person is looking at
  normal = 2,    ///< waits peer_grace, then peers while they meet the deadline, then HTTP
  prefetch = 3,  ///< peers first, HTTP when nothing else is going on
};

/// The page wants bytes [begin, end) of a file. REQUIRES begin <= end <= size (else FetchFailed).
struct FetchRequested {
  FetchId fetch;
  TorrentId torrent;
  FileIndex file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Urgency urgency = Urgency::normal;
  Duration deadline;  ///< from now; zero: the engine's default for this urgency and size
};
/// The page is no longer interested; no further output names this fetch.
struct FetchCancelled {
  FetchId fetch;
};

/// The tracker connection is (or is no longer) usable.
struct TrackerChanged {
  bool up = false;
};
/// What the tracker answered to an Announce.
struct AnnounceReply {
  TorrentId torrent;
  std::uint32_t interval_s = 0;            ///< when to announce again; the engine clamps it
  std::vector<crypto::PeerId> candidates;  ///< best first, as ordered by the tracker
};
/// A Dial came to nothing (refused, timed out, no WebRTC). A Dial that worked ends in LinkOpened.
struct DialFailed {
  DialId dial;
};

/// A reliable ordered link to a peer is open, for this torrent.
struct LinkOpened {
  LinkId link;
  TorrentId torrent;
  crypto::PeerId peer;  ///< as told by the tracker or the dial; checked against the handshake
  DialId dial;          ///< 0 when the other side dialled
};
/// Bytes arrived, cut anywhere: messages of a data channel are a byte stream.
struct LinkBytes {
  LinkId link;
  ByteView bytes;
};
/// How many bytes handed out by LinkSend still wait in the host's buffer. The engine assumes that
/// none of them left until it is told, so the host sends this whenever LinkSend has handed it a
/// quarter of kLinkSendBufferMax (or less) since the last LinkDrained, or since the opening, as
/// soon as no more than half of kLinkSendBufferMax waits: at once when the buffer is that empty,
/// else when it falls so low ("bufferedamountlow").
struct LinkDrained {
  LinkId link;
  std::uint32_t buffered_bytes = 0;
};
struct LinkClosed {
  LinkId link;
};

/// Response headers of an HttpGet. The host translates 200 into [0, Content-Length) and 206 by
/// Content-Range; `size` is the length of the whole resource when known, else kSizeUnknown.
struct HttpStarted {
  HttpId http;
  std::uint16_t status = 0;
  std::uint64_t begin = 0;
  std::uint64_t size = kSizeUnknown;
  static constexpr std::uint64_t kSizeUnknown = UINT64_MAX;
};
struct HttpBytes {
  HttpId http;
  ByteView bytes;
};
/// The response is over. ok: it ended as HTTP says it should; else connection, abort or TLS
/// failure.
struct HttpEnded {
  HttpId http;
  bool ok = false;
};

/// The answer to a PieceLoad: exactly the bytes asked for, or none when the store cannot.
struct PieceLoaded {
  LoadId load;
  ByteView bytes;
};
/// The store cannot hold this file (full, evicted, I/O error): forget what was stored of it.
struct StoreFailed {
  TorrentId torrent;
  FileIndex file;
};

/// The store has these bytes of a file that an earlier engine did not complete, at `offset`: a
/// whole piece, perhaps; torn and empty ones are not noticed by the host. Used only if they verify.
struct PieceFound {
  TorrentId torrent;
  FileIndex file;
  std::uint64_t offset = 0;
  ByteView bytes;
};

/// What this visitor gives, and whether it takes from peers at all.
struct PolicyChanged {
  bool use_peers = true;  ///< false: no links at all, plain HTTP through the engine
  bool upload = true;     ///< false (metered, hidden on battery): leech only
  std::uint64_t upload_rate_bytes_per_s = 0;  ///< 0: no cap
  /// Payload it may send in its life; 0: no cap. Who counts longer than an engine lives tells the
  /// engine what is left.
  std::uint64_t upload_total_max = 0;
  /// Of what it received or was told to be kept, it may send this share; 0: no cap.
  std::uint32_t upload_ratio_percent = 0;
};

/// Asks for one Stats output.
struct StatsRequested {};

using Input = std::variant<Tick, TorrentAdded, TorrentRemoved, FileKept, FetchRequested,
                           FetchCancelled, TrackerChanged, AnnounceReply, DialFailed, LinkOpened,
                           LinkBytes, LinkDrained, LinkClosed, HttpStarted, HttpBytes, HttpEnded,
                           PieceLoaded, StoreFailed, PolicyChanged, StatsRequested, PieceFound>;

// --------------------------------------------------------------------------------------- outputs

/// One shareable file of a torrent, as the site map (inside `info`) describes it.
struct SiteFile {
  std::string url_path;  ///< relative to the site's base, decoded UTF-8, no leading slash
  std::string media_type;
  std::string cache_control;  ///< empty: none
  /// Empty: the file is the identity form. "gzip": it is the swarm form, at url_path + ".gz" where
  /// it has its first URL.
  std::string content_encoding;
  std::uint64_t size = 0;
  crypto::Digest256 root;  ///< BEP 52 pieces root; zero for an empty file
  FileIndex file;
};
/// The metainfo is what the pointer named, and well-formed. Each file under its first URL,
/// in the torrent's order; then further URLs.
struct TorrentReady {
  TorrentId torrent;
  std::string name;
  std::uint32_t piece_length = 0;
  std::vector<SiteFile> files;
};
struct TorrentRefused {
  TorrentId torrent;
  base::Errc reason = base::Errc::none;
};

/// Tell the tracker where we are; ask it for up to `want` candidates (0: just keep us listed).
struct Announce {
  TorrentId torrent;
  enum class Event : std::uint8_t { none = 0, started = 1, completed = 2, stopped = 3 };
  Event event = Event::none;
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
  std::uint64_t left = 0;
  std::uint32_t want = 0;
};
/// Open a link to this candidate: create one offer now. Ends in LinkOpened or DialFailed.
struct Dial {
  DialId dial;
  TorrentId torrent;
  crypto::PeerId peer;
};

struct LinkSend {
  LinkId link;
  Bytes bytes;
};
enum class CloseReason : std::uint8_t {
  done = 0,            ///< not needed any more
  protocol_error = 1,  ///< malformed or forbidden message
  bad_block = 2,       ///< sent bytes that fail the Merkle check; the peer is banned
  banned = 3,          ///< a banned peer came back
  duplicate = 4,       ///< a second link to a peer we already have, or to ourselves
  timed_out = 5,       ///< silent for too long
  too_many = 6,        ///< table full
  wrong_torrent = 7,   ///< its handshake names another info-hash
};
/// Close it. The engine has already forgotten the link; a LinkClosed that follows is ignored.
struct LinkClose {
  LinkId link;
  crypto::PeerId peer;
  CloseReason reason = CloseReason::done;
};

/// Get bytes [begin, end) of a file from the origin. `whole`: send no Range header, so that the
/// browser's HTTP cache can answer and keep it. Urgency lets the host set the request's priority.
struct HttpGet {
  HttpId http;
  TorrentId torrent;
  FileIndex file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool whole = false;
  Urgency urgency = Urgency::normal;
};
struct HttpCancel {
  HttpId http;
};

/// Verified bytes of one piece, for the store: to be written before the next Output is acted upon.
struct StoreWrite {
  TorrentId torrent;
  FileIndex file;
  std::uint64_t offset = 0;
  Bytes bytes;
};
/// Every byte of the file has been verified and written: close it, make it readable by others.
struct FileComplete {
  TorrentId torrent;
  FileIndex file;
};
/// Read one piece back, to serve it to a peer. Answered by PieceLoaded.
struct PieceLoad {
  LoadId load;
  TorrentId torrent;
  FileIndex file;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
};

/// Bytes [begin of the fetch, ready_until) are verified and in the store: hand them to the page.
struct FetchProgress {
  FetchId fetch;
  std::uint64_t ready_until = 0;
};
/// All of it is in the store. The three counts add up to end - begin: where its bytes came from.
struct FetchDone {
  FetchId fetch;
  std::uint64_t from_peers = 0;
  std::uint64_t from_http = 0;
  std::uint64_t from_store = 0;
};
/// The engine gives up: the page continues by plain HTTP from the last byte it was given.
struct FetchFailed {
  FetchId fetch;
  enum class Reason : std::uint8_t {
    bad_range = 0,
    no_such_file = 1,
    http_failed = 2,    ///< the origin refused, failed or kept failing, and no peer has it
    http_mismatch = 3,  ///< the origin serves other bytes than it signed (a new version?)
    store_failed = 4,
    too_many = 5,  ///< kFetchesMax
    removed = 6,   ///< its torrent was removed
  };
  Reason reason = Reason::http_failed;
};

struct PeerStats {
  LinkId link;
  crypto::PeerId peer;
  std::uint64_t downloaded = 0;  ///< verified payload bytes received from it
  std::uint64_t uploaded = 0;    ///< payload bytes sent to it
  std::uint64_t down_bytes_per_s = 0;
  std::uint64_t up_bytes_per_s = 0;
  std::uint32_t rtt_us = 0;  ///< smoothed request-to-block time; 0: unknown
  bool choked_by_peer = true;
  bool seeding = false;  ///< has every file
};
struct Stats {
  std::uint64_t from_peers = 0;  ///< verified bytes since the engine started
  std::uint64_t from_http = 0;
  std::uint64_t from_store = 0;  ///< bytes of fetches answered by what was already kept
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;  ///< received twice, or refused by the Merkle check
  std::uint32_t peers_banned = 0;
  std::uint32_t fetches_open = 0;
  std::vector<PeerStats> peers;  ///< by link id, ascending
};

using Output = std::variant<TorrentReady, TorrentRefused, Announce, Dial, LinkSend, LinkClose,
                            HttpGet, HttpCancel, StoreWrite, FileComplete, PieceLoad, FetchProgress,
                            FetchDone, FetchFailed, Stats>;

/// Why the engine wants to be woken, for debugging a loop that spins.
enum class WakeReason : std::uint8_t {
  none = 0,
  grace = 1,
  deadline = 2,
  request_timeout = 3,
  keep_alive = 4,
  unchoke = 5,
  announce = 6,
  dial_timeout = 7,
  http_retry = 8,
  upload_tokens = 9,
  claim = 10,
  output_pending = 11,
};
struct Wakeup {
  base::Instant at;
  WakeReason why = WakeReason::none;
};

}  // namespace skep::engine
