/// session.hpp: a few visitors of one small site in virtual time, each with its engine recorded.
/// CONTRACT  deterministic: the same calls give the same traces. The session is tracker, network,
///           origin and every visitor's store; latencies are fixed. Native only.
/// WHY       golden traces need whole conversations that a person can read, not a swarm: for those
///           there is engine/testing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "abi/trace.hpp"
#include "engine/engine.hpp"

namespace skep::abi::testing {

/// One torrent and the bytes it describes.
struct Site {
  base::Bytes metainfo;
  crypto::Digest256 info_hash;
  std::vector<base::Bytes> files;  ///< by file index
};
/// Files of these sizes, in 16 KiB pieces; contents follow from index and position.
Site make_site(const std::vector<std::size_t>& sizes);

class Session;

/// A browser: one engine, its store, and the trace of both.
class Visitor {
 public:
  Visitor(Session& session, const engine::Config& config);

  void handle(const engine::Input& input);
  /// Asks for bytes [begin, end) of a file.
  void fetch(std::uint32_t file, std::uint64_t begin, std::uint64_t end, engine::Urgency urgency);

  /// How the latest fetch of each id ended: its FetchDone, or nullopt while it runs.
  std::optional<engine::FetchDone> outcome(std::uint32_t fetch) const;
  const crypto::PeerId& peer_id() const { return config_.peer_id; }
  const base::Bytes& stored(std::uint32_t file) { return store_[file]; }
  const std::set<std::uint32_t>& complete() const { return complete_; }
  const std::vector<engine::LinkClose>& closed() const { return closed_; }
  base::ByteView trace() const { return trace_.view(); }

 private:
  friend class Session;
  void act(const engine::Output& output);
  void write(const engine::StoreWrite& write);
  void load(const engine::PieceLoad& load);

  Session& session_;
  engine::Config config_;
  engine::Engine engine_;
  TraceWriter trace_;
  std::map<std::uint32_t, base::Bytes> store_;
  std::set<std::uint32_t> complete_;
  std::map<std::uint32_t, engine::FetchDone> done_;
  std::vector<engine::LinkClose> closed_;
  std::uint32_t fetches_ = 0;
};

class Session {
 public:
  explicit Session(Site site) : site_(std::move(site)) {}

  /// A visitor who has read the pointer and the .torrent and is connected to the tracker.
  Visitor& join();
  /// Lets virtual time pass.
  void run(base::Duration time);

  base::Instant now() const { return now_; }
  const Site& site() const { return site_; }

  /// What the origin does to the next response: cut it after so many bytes.
  std::optional<std::uint64_t> cut_next_response_after;
  /// What the network does to bytes on links: nothing, unless set.
  std::function<void(const Visitor& from, base::Bytes& bytes)> alter_link;

 private:
  friend class Visitor;
  using Event = std::function<void()>;
  struct End {
    Visitor* visitor = nullptr;
    std::uint32_t link = 0;
  };

  void after(base::Duration delay, Event event);
  void announce(Visitor& from, const engine::Announce& announce);
  void dial(Visitor& from, const engine::Dial& dial);
  void send(Visitor& from, const engine::LinkSend& send);
  void close(Visitor& from, base::LinkId link);
  void get(Visitor& from, const engine::HttpGet& get);
  bool wake_visitors();

  Site site_;
  base::Instant now_{1'000'000};
  std::multimap<base::Instant, Event> events_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::set<Visitor*> announced_;
  std::map<std::pair<Visitor*, std::uint32_t>, End> links_;  ///< this end → the other
  std::set<std::pair<Visitor*, std::uint32_t>> cancelled_;   ///< HTTP requests
  std::uint32_t last_link_ = 0;
};

}  // namespace skep::abi::testing
