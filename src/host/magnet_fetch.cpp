#include "host/magnet_fetch.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <map>
#include <random>

#include "base/assert.hpp"
#include "engine/engine.hpp"
#include "engine/metadata_fetch.hpp"
#include "host/file_store.hpp"
#include "host/peer_pool.hpp"
#include "wire/handshake.hpp"

namespace skep::host {
namespace {

namespace asio = boost::asio;
using base::FetchId;
using base::FileIndex;
using base::Instant;
using base::LinkId;
using base::TorrentId;
using engine::CloseReason;

constexpr TorrentId kTorrent{1};
/// Dials under way and links open together.
constexpr std::size_t kLinksMax = 16;
/// Files asked for at once; enough to keep pipelines full with files of a block.
constexpr std::size_t kFetchesOpen = 256;
/// Connections to one address whose questions about piece layers count as progress.
constexpr unsigned kBelieved = 3;
/// A fetch that failed (nobody had it) is asked for again after that.
constexpr base::Duration kAgain = base::seconds(2);

Instant clock_now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

/// As BEP 20 spells it: client, version, then random octets.
crypto::PeerId random_peer_id() {
  crypto::PeerId id;
  std::random_device device;
  for (auto& octet : id.bytes) octet = static_cast<base::Byte>(device());
  std::ranges::copy(base::as_bytes("-SK0100-"), id.bytes.begin());
  return id;
}

LinkEnd end_of(CloseReason why) {
  switch (why) {
    case CloseReason::bad_block:
    case CloseReason::banned:
    case CloseReason::protocol_error:
    case CloseReason::wrong_torrent:
    case CloseReason::duplicate:  // ourselves, or the same client by another name
      return LinkEnd::hopeless;
    case CloseReason::done:
      return LinkEnd::finished;
    default:
      return LinkEnd::failed;
  }
}

class Fetch {
 public:
  explicit Fetch(const MagnetFetchOptions& options)
      : options_(options),
        me_(random_peer_id()),
        pool_(options.peers),
        timer_(io_),
        second_(io_),
        last_progress_(clock_now()) {
    engine::MetadataWanted wanted;
    wanted.peer_id = me_;
    wanted.v1 = options.magnet.v1;
    wanted.v2 = options.magnet.v2;
    describe_.emplace(wanted);
  }

  MagnetFetched run() {
    every_second();
    io_.run();
    return std::move(result_);
  }

 private:
  struct Connection {
    std::shared_ptr<PeerLink> link;
    std::size_t peer = 0;  ///< in pool_
    bool open = false;
    bool heard = false;    ///< it said something
    std::size_t skip = 0;  ///< octets of the engine's handshake that are said already
  };

  // ---------------------------------------------------------------------------------- the clock

  void every_second() {
    if (over_) return;
    if (options_.stopped && options_.stopped()) return finish("stopped");
    const Instant now = clock_now();
    if (now - last_progress_ >= options_.patience)
      return finish(engine_ ? "no peer delivers the rest" : "no peer could describe the torrent");
    if (connections_.empty() && pool_.exhausted())
      return finish(options_.peers.empty() ? "the link names no peer (x.pe); name one with --peer"
                                           : "no peer is left that has this torrent");
    dial_more();
    if (engine_) ask_again(now);
    if (options_.progress) options_.progress(progress());
    second_.expires_after(std::chrono::seconds(1));
    second_.async_wait([this](auto error) {
      if (!error) every_second();
    });
    settle();
  }

  MagnetProgress progress() const {
    MagnetProgress out;
    for (const auto& [id, c] : connections_) out.links += c.open ? 1 : 0;
    out.described = engine_.has_value();
    out.done = engine_ ? done_bytes_ : describe_->info_bytes();
    out.total = engine_ ? result_.bytes : describe_->info_size();
    return out;
  }

  void settle() {
    if (over_) return;
    const Instant wake = engine_ ? engine_->next_wakeup().at : describe_->next_wakeup();
    if (wake == base::kNever) return;
    const std::int64_t wait = std::max<std::int64_t>((wake - clock_now()).us, 0);
    timer_.expires_after(std::chrono::microseconds(wait));
    timer_.async_wait([this](auto error) {
      if (error || over_) return;
      if (engine_)
        feed(engine::Tick{});
      else
        describe_->tick(clock_now());
      act();
    });
  }

  void finish(std::string trouble) {
    if (over_) return;
    over_ = true;
    result_.trouble = std::move(trouble);
    if (engine_) {
      engine_->handle(clock_now(), engine::StatsRequested{});
      while (const auto output = engine_->poll())
        if (const auto* stats = std::get_if<engine::Stats>(&*output)) {
          result_.from_peers = stats->from_peers;
          result_.uploaded = stats->uploaded;
          result_.wasted = stats->wasted;
        }
    }
    timer_.cancel();
    second_.cancel();
    for (auto& [id, c] : connections_) c.link->close();
    connections_.clear();
  }

  // ---------------------------------------------------------------------------------- the links

  void dial_more() {
    while (connections_.size() < kLinksMax) {
      const auto peer = pool_.next(clock_now());
      if (!peer) return;
      const LinkId id{++last_link_};
      Connection& c = connections_[id];
      c.peer = *peer;
      ++dials_[*peer];
      c.link = std::make_shared<PeerLink>(
          io_, PeerLink::Events{
                   [this, id](base::ByteView handshake) { on_opened(id, handshake); },
                   [this, id](base::ByteView bytes) { on_bytes(id, bytes); },
                   [this, id](std::size_t waiting) { on_drained(id, waiting); },
                   [this, id] { on_closed(id); },
               });
      base::Bytes handshake;
      if (engine_) {
        wire::Handshake ours;
        ours.info_hash = v1_.is_zero() ? crypto::shorten(hash_) : v1_;
        ours.peer_id = me_;
        wire::encode(handshake, ours);
      }
      c.link->dial(pool_.address(*peer), std::move(handshake));
    }
  }

  void on_opened(LinkId id, base::ByteView handshake) {
    if (over_) return;
    Connection& c = connections_.at(id);
    c.open = true;
    if (!engine_) {  // whether it is a peer that has this torrent its first words will tell
      describe_->link_opened(clock_now(), id);
      return act();
    }
    const auto theirs = wire::decode_handshake(handshake);
    if (!theirs) return drop(id, LinkEnd::hopeless);
    pool_.opened(c.peer);
    c.skip = wire::kHandshakeSize;
    feed(engine::LinkOpened{id, kTorrent, theirs->peer_id, {}});
    feed(engine::LinkBytes{id, handshake});
    act();
  }

  void on_bytes(LinkId id, base::ByteView bytes) {
    const auto at = connections_.find(id);
    if (over_ || at == connections_.end()) return;
    if (!std::exchange(at->second.heard, true)) pool_.opened(at->second.peer);
    if (engine_)
      feed(engine::LinkBytes{id, bytes});
    else
      describe_->link_bytes(clock_now(), id, bytes);
    act();
  }

  void on_drained(LinkId id, std::size_t waiting) {
    if (over_ || !engine_ || !connections_.contains(id)) return;
    feed(engine::LinkDrained{id, static_cast<std::uint32_t>(waiting)});
    act();
  }

  void on_closed(LinkId id) {
    if (over_ || !connections_.contains(id)) return;
    const bool was_open = connections_.at(id).open;
    drop(id, LinkEnd::failed);
    if (!was_open) return;
    if (engine_)
      feed(engine::LinkClosed{id});
    else
      describe_->link_closed(clock_now(), id);
    act();
  }

  void drop(LinkId id, LinkEnd end) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    at->second.link->close();
    pool_.closed(clock_now(), at->second.peer, end);
    connections_.erase(at);
  }

  void send(LinkId id, base::Bytes bytes) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    const std::size_t skipped = std::min(at->second.skip, bytes.size());
    at->second.skip -= skipped;
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(skipped));
    at->second.link->send(std::move(bytes));
  }

  // ------------------------------------------------------------------------- the two machines

  void feed(const engine::Input& input) {
    engine_->handle(clock_now(), input);
    while (auto output = engine_->poll()) todo_.push_back(std::move(*output));
  }

  /// Does what the machine that is at work asks for.
  void act() {
    while (!over_ && !engine_) {
      auto output = describe_->poll();
      if (!output) return settle();
      if (auto* sent = std::get_if<engine::LinkSend>(&*output)) {
        note_progress(sent->link);
        send(sent->link, std::move(sent->bytes));
      } else if (const auto* close = std::get_if<engine::LinkClose>(&*output)) {
        drop(close->link, end_of(close->reason));
      } else if (auto* done = std::get_if<engine::MetadataDone>(&*output)) {
        described(std::move(*done));
      } else {
        finish("the torrent is of the first version only, or larger than this program takes");
      }
    }
    while (!over_ && !todo_.empty()) {
      engine::Output output = std::move(todo_.front());
      todo_.pop_front();
      std::visit([this](auto& o) { act_on(o); }, output);
    }
    settle();
  }

  /// Before the engine is there: more of the dictionary than ever, or another question about
  /// layers, which the answer to an earlier one led to. A peer that ends every connection after our
  /// handshake is asked again and again, and nothing comes of it.
  void note_progress(LinkId id) {
    const std::uint64_t here = describe_->info_bytes();
    const auto at = connections_.find(id);
    const bool asks = here > 0 && here == describe_->info_size() && at != connections_.end() &&
                      at->second.heard && dials_[at->second.peer] <= kBelieved;
    if (here <= most_described_ && !asks) return;
    most_described_ = std::max(most_described_, here);
    last_progress_ = clock_now();
  }

  void described(engine::MetadataDone&& done) {
    last_progress_ = clock_now();
    if (!options_.metainfo.empty()) {
      std::ofstream out(options_.metainfo, std::ios::binary);
      out << base::as_text(done.metainfo) << std::flush;
      result_.name = options_.metainfo.string();
      return finish(out ? "" : options_.metainfo.string() + ": cannot be written");
    }
    // Links that serve the dictionary close now; those for the engine are dialled anew.
    while (!connections_.empty()) drop(connections_.begin()->first, LinkEnd::finished);
    const auto content = torrent::parse_content(done.metainfo);
    SKEP_ASSERT(content.has_value());
    hash_ = done.expected;
    v1_ = done.v1;
    result_.name = content->info.name;
    piece_length_ = content->info.piece_length;
    for (const torrent::File& file : content->info.files) {
      sizes_.push_back(file.size);
      result_.bytes += file.size;
    }
    store_.emplace(options_.folder, content->info);
    engine::Config config;
    config.peer_id = me_;
    config.seed = std::random_device()();
    engine_.emplace(config);
    feed(engine::TorrentAdded{kTorrent, hash_, done.metainfo, v1_});
    files_.resize(sizes_.size());
    take_what_is_here();
    if (over_) return;
    ask_for_more();
    dial_more();
  }

  /// Pieces of an earlier run. A file that has its name already must be the one that was named.
  void take_what_is_here() {
    for (std::uint32_t f = 0; f < sizes_.size() && !over_; ++f) {
      const FileIndex file{f};
      const std::uint64_t here = std::min(store_->size_here(file), sizes_[f]);
      const bool named = store_->named(file);
      for (std::uint64_t at = 0; at < here; at += piece_length_) {
        const base::Bytes piece = store_->read(
            file, at, static_cast<std::size_t>(std::min<std::uint64_t>(piece_length_, here - at)));
        feed(engine::PieceFound{kTorrent, file, at, piece});
        while (!todo_.empty()) {  // FileComplete
          std::visit([this](auto& o) { act_on(o); }, todo_.front());
          todo_.pop_front();
        }
      }
      if (named && (store_->size_here(file) != sizes_[f] || (!files_[f] && sizes_[f] > 0)))
        finish(store_->path(file).string() + " exists and is another file");
    }
  }

  void ask_for_more() {
    while (!over_ && open_ < kFetchesOpen && next_file_ < sizes_.size()) {
      const FileIndex file{next_file_++};
      if (sizes_[file.value] == 0 && !completed(file)) return;
      ++open_;
      feed(fetch_of(file));
    }
  }
  bool completed(FileIndex file) {
    if (!files_[file.value]) ++complete_;
    files_[file.value] = true;
    if (!store_->complete(file)) finish(store_->why());
    return !over_;
  }
  void check_end() {
    if (open_ == 0 && complete_ == sizes_.size()) finish("");
  }
  engine::FetchRequested fetch_of(FileIndex file) {
    const FetchId id{++last_fetch_};
    fetches_[id] = file;
    return {id, kTorrent, file, 0, sizes_[file.value], engine::Urgency::prefetch, {}};
  }
  void ask_again(Instant now) {
    while (!failed_.empty() && now >= failed_.front().first) {
      const FileIndex file = failed_.front().second;
      failed_.pop_front();
      feed(fetch_of(file));
    }
    act();
  }

  // ---------------------------------------------------------------------- what the engine says

  void act_on(engine::LinkSend& o) { send(o.link, std::move(o.bytes)); }
  void act_on(engine::LinkClose& o) { drop(o.link, end_of(o.reason)); }
  void act_on(engine::StoreWrite& o) {
    last_progress_ = clock_now();
    done_bytes_ += o.bytes.size();
    if (!store_->write(o.file, o.offset, o.bytes)) finish(store_->why());
  }
  void act_on(engine::PieceLoad& o) {
    const base::Bytes piece = store_->read(o.file, o.offset, o.size);
    feed(engine::PieceLoaded{o.load,
                             piece.size() == o.size ? base::ByteView(piece) : base::ByteView()});
  }
  void act_on(engine::FileComplete& o) {
    if (completed(o.file)) check_end();
  }
  void act_on(engine::FetchDone& o) {
    result_.from_store += o.from_store;
    if (fetches_.erase(o.fetch) == 0) return;
    --open_;
    ++result_.files;
    ask_for_more();
    check_end();
  }
  void act_on(engine::FetchFailed& o) {
    const auto at = fetches_.find(o.fetch);
    if (at == fetches_.end()) return;
    failed_.emplace_back(clock_now() + kAgain, at->second);
    fetches_.erase(at);
  }
  void act_on(engine::HttpGet& o) { feed(engine::HttpEnded{o.http, false}); }  // peers only
  void act_on(engine::TorrentRefused&) { finish("the torrent is larger than this program takes"); }
  template <class Output>
  void act_on(Output&) {}  // trackers and dials by peer id: a browser's business

  const MagnetFetchOptions& options_;
  asio::io_context io_;
  crypto::PeerId me_;
  PeerPool pool_;
  asio::steady_timer timer_;
  asio::steady_timer second_;
  Instant last_progress_;
  std::optional<engine::MetadataFetch> describe_;
  std::optional<engine::Engine> engine_;
  std::optional<FileStore> store_;
  std::map<LinkId, Connection> connections_;
  std::uint32_t last_link_ = 0;
  std::map<std::size_t, unsigned> dials_;  ///< by peer in pool_
  std::uint64_t most_described_ = 0;       ///< of the dictionary
  std::deque<engine::Output> todo_;

  crypto::Digest256 hash_;
  crypto::ShortHash v1_;
  std::uint32_t piece_length_ = 0;
  std::vector<std::uint64_t> sizes_;
  std::vector<bool> files_;  ///< complete
  std::size_t complete_ = 0;
  std::uint32_t next_file_ = 0;
  std::uint32_t last_fetch_ = 0;
  std::size_t open_ = 0;
  std::map<FetchId, FileIndex> fetches_;
  std::deque<std::pair<Instant, FileIndex>> failed_;
  std::uint64_t done_bytes_ = 0;
  MagnetFetched result_;
  bool over_ = false;
};

}  // namespace

MagnetFetched fetch_magnet(const MagnetFetchOptions& options) { return Fetch(options).run(); }

}  // namespace skep::host
