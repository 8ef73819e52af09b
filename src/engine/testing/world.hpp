/// world.hpp: a deterministic small internet around engines: links with latency and shared
///            capacity, stores, one shaped origin with faults, a tracker, hostile peers.
/// CONTRACT  everything follows from the seed. Every byte an engine stores, reports or serves is
///           compared with the published one; a difference is a failure in `complaints`.
/// WHY       capacity is shared in 16 KiB turns among a node's links (as congestion control does
///           roughly), so "fluid optimum" means something.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "engine/engine.hpp"
#include "engine/testing/event_queue.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine::testing {

inline constexpr std::uint64_t kUnlimited = 1'000'000'000'000;
inline constexpr TorrentId kTorrent{1};
/// Lines are shared in turns of so many bytes.
inline constexpr std::uint64_t kQuantum = 16 * 1024;

inline base::Duration time_for(std::uint64_t bytes, std::uint64_t rate_bytes_per_s) {
  return base::microseconds(
      static_cast<std::int64_t>((bytes * 1'000'000 + rate_bytes_per_s - 1) / rate_bytes_per_s));
}

/// What one HTTP response does wrong.
struct HttpFault {
  int status = 0;                ///< answer with this status and no body; 0: 200 or 206
  bool ignore_range = false;     ///< 200 with everything
  std::int64_t shift_begin = 0;  ///< 206 with another range
  std::int64_t lie_size = 0;     ///< added to the resource's length in the headers
  std::int64_t cut_after = -1;   ///< the connection breaks after that many bytes
  bool cut_says_ok = false;      ///< ... and the end looks regular
  bool wrong_bytes = false;      ///< every 10,000th byte is altered
  bool silent = false;           ///< never answers
  std::uint64_t extra = 0;       ///< garbage after the end
};

struct NodeOptions {
  std::string name{};
  std::uint64_t up_rate = kUnlimited;  ///< bytes/s
  std::uint64_t down_rate = kUnlimited;
  bool seeding = false;         ///< every file kept
  bool poison = false;          ///< alters the blocks it sends
  std::uint64_t poison_in = 1;  ///< one of that many blocks
  base::Instant joins{};
  base::Instant leaves = base::kNever;     ///< vanishes then
  base::Instant stalls_at = base::kNever;  ///< from then on its links stay, and carry nothing
  bool use_peers = true;
  bool upload = true;  ///< false: takes and never gives
  std::function<void(Config&)> tune{};
};

struct FetchState {
  FileIndex file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  base::Instant asked;
  base::Instant deadline;  ///< as it was given; 0: the engine's own
  Urgency urgency = Urgency::normal;
  base::Instant last_ready;  ///< when more of it was last reported
  base::Instant first_http;  ///< when an HttpGet of this file was said after it; 0: never
  base::Instant done;
  std::optional<FetchDone> result;
  std::optional<FetchFailed::Reason> failed;
  std::uint64_t ready = 0;
  bool over() const { return result || failed; }
};

class World;

/// One end of a link.
struct LinkEnd {
  int peer_node = -1;
  LinkId peer_link;
  base::Duration latency;
  std::deque<Bytes> queue;  ///< waits for the uplink
  std::uint64_t queued = 0;
  std::uint64_t unreported = 0;  ///< handed to us since the last LinkDrained
  wire::StreamDecoder poison_decoder;
};

struct Node {
  int index = 0;
  NodeOptions options;
  crypto::PeerId id;
  Config config;
  std::unique_ptr<Engine> engine;
  bool alive = false;
  bool handing_over = false;
  int generation = 0;  ///< engines before this one that had its store
  std::map<LinkId, LinkEnd> links;
  std::uint32_t next_link = 0;
  bool uplink_busy = false;
  LinkId uplink_last;
  base::Instant down_free;
  std::map<std::uint32_t, std::set<std::uint64_t>> stored;  ///< file → piece offsets
  std::set<std::uint32_t> complete;
  /// Stored pieces that read back wrong, once: the computer died while they were written.
  std::set<std::pair<std::uint32_t, std::uint64_t>> torn;
  std::uint64_t loads = 0;
  std::map<FetchId, FetchState> fetches;
  std::uint32_t next_fetch = 0;
  std::uint64_t wakeups = 0;
  base::Instant wake_planned = base::kNever;
  std::vector<std::pair<crypto::PeerId, CloseReason>> closed;
  std::set<HttpId> https;
  std::uint64_t sent = 0;
  base::Instant last_write;  ///< when its engine last had verified bytes
  std::optional<Stats> stats;
  std::vector<HttpGet> gets;
};

class World {
 public:
  explicit World(const TestSite& site, std::uint64_t seed);
  ~World();

  // The set-up.
  std::uint64_t origin_rate = kUnlimited;
  base::Duration origin_latency = base::milliseconds(20);
  base::Duration link_latency_min = base::milliseconds(5);
  base::Duration link_latency_max = base::milliseconds(40);
  bool tracker_up = true;
  std::function<HttpFault(const HttpGet&, int request)> fault;

  int add(NodeOptions options);
  Node& node(int index) { return *nodes_[static_cast<std::size_t>(index)]; }
  std::size_t size() const { return nodes_.size(); }
  base::Instant now() const { return events_.now(); }
  void at(base::Instant when, std::function<void()> what) { events_.at(when, std::move(what)); }

  FetchId fetch(int node, FileIndex file, Urgency urgency = Urgency::normal);
  FetchId fetch(int node, FileIndex file, std::uint64_t begin, std::uint64_t end, Urgency urgency,
                base::Duration deadline = {});
  void fetch_all(int node, Urgency urgency = Urgency::normal);
  /// Opens each file as a page does: `parallel` at a time, in order.
  void browse(int node, int parallel);
  void cancel(int node, FetchId fetch);
  void input(int node, const Input& input);
  /// The node vanishes: links break, its requests stop.
  void kill(int node);
  /// The tab that leads closes and another one takes over, a moment later: a new engine on the same
  /// store. What the page still waits for is asked for again, from the last byte it was given.
  void hand_over(int node, base::Duration pause);
  void cut_link(int node, LinkId link);

  /// Runs until `stop` says so, or nothing happens any more, or `limit` passed.
  void run(base::Instant limit, const std::function<bool()>& stop = {});
  bool all_done() const;
  const TestSite& site() const { return site_; }
  void complain(const Node& n, const std::string& what);

  std::vector<std::string> complaints;
  std::uint64_t origin_sent = 0;  ///< body bytes the origin put on the wire
  std::uint64_t trace = 0;        ///< a hash over everything that happened
  int http_requests = 0;
  bool verbose = false;  ///< prints what engines decide; SKEP_RIG=1 sets it

 private:
  struct Response {
    int node = 0;
    int generation = 0;
    HttpId http;
    HttpGet get;
    HttpFault fault;
    std::uint64_t at = 0;
    std::uint64_t end = 0;
    std::uint64_t sent = 0;
  };

  void join(int index);
  void start_engine(Node& n);
  void tell_kept(Node& n);
  void drain(Node& n);
  void plan_wake(Node& n);
  void act(Node& n, Output& output);
  void describe(const Node& n, const Output& output) const;
  void act_http(Node& n, const HttpGet& get);
  void act_write(Node& n, const StoreWrite& write);
  void act_progress(Node& n, const FetchProgress& progress);
  void act_dial(Node& n, const Dial& dial);
  void act_announce(Node& n, const Announce& announce);
  void send_bytes(Node& n, LinkId link, Bytes bytes);
  Bytes poisoned(LinkEnd& end, const Bytes& bytes, std::uint64_t in);
  void pump_uplink(Node& n);
  void deliver(int index, LinkId link, Bytes bytes);
  void close_end(int index, LinkId link, bool tell);
  void pump_origin();
  bool waits(const Response& response);
  /// An answer to something that an earlier engine of this node may have asked.
  void answer(int index, int generation, const Input& input);
  void next_page_fetch(int index);
  void note(std::uint64_t value);

  const TestSite& site_;
  EventQueue events_;
  base::Rng rng_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<int> swarm_;  ///< announced
  std::deque<Response> responses_;
  bool origin_busy_ = false;
  struct Browsing {
    int parallel = 0;
    std::uint32_t next = 0;
  };
  std::map<int, Browsing> browsing_;
};

}  // namespace skep::engine::testing
