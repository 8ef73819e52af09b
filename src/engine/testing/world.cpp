#include "engine/testing/world.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/assert.hpp"
#include "base/bitfield.hpp"
#include "base/limits.hpp"

namespace skep::engine::testing {
namespace {

crypto::PeerId peer_id_of(int index, std::uint64_t seed) {
  crypto::PeerId id;
  base::Rng rng(seed * 1000 + static_cast<std::uint64_t>(index) + 7);
  for (auto& byte : id.bytes) byte = static_cast<base::Byte>(rng.next());
  return id;
}

}  // namespace

World::World(const TestSite& site, std::uint64_t seed) : site_(site), rng_(seed) {
  trace = seed;
  verbose = std::getenv("SKEP_RIG") != nullptr;
}
World::~World() = default;

void World::note(std::uint64_t value) {
  trace = (trace ^ value) * 0x100000001b3ULL;
  trace ^= trace >> 29;
}

void World::complain(const Node& n, const std::string& what) {
  if (complaints.size() < 20)
    complaints.push_back(n.options.name + " at " + std::to_string(now().us) + " us: " + what);
}

int World::add(NodeOptions options) {
  const int index = static_cast<int>(nodes_.size());
  auto n = std::make_unique<Node>();
  n->index = index;
  if (options.name.empty()) options.name = "n" + std::to_string(index);
  n->id = peer_id_of(index, trace);
  n->options = std::move(options);
  start_engine(*n);
  nodes_.push_back(std::move(n));
  const NodeOptions& o = nodes_.back()->options;
  events_.at(std::max(now(), o.joins), [this, index] { join(index); });
  if (o.leaves != base::kNever) events_.at(o.leaves, [this, index] { kill(index); });
  return index;
}

void World::start_engine(Node& n) {
  n.config = {};
  n.config.peer_id = n.id;
  n.config.seed = static_cast<std::uint64_t>(n.index) * 77 + 1;
  if (n.options.tune) n.options.tune(n.config);
  n.engine = std::make_unique<Engine>(n.config);
}

void World::join(int index) {
  Node& n = node(index);
  n.alive = true;
  const bool plain = n.options.use_peers && n.options.upload;
  if (!plain) input(index, PolicyChanged{n.options.use_peers, n.options.upload, 0});
  input(index, TorrentAdded{kTorrent, site_.info_hash, site_.metainfo});
  if (n.options.seeding) {
    for (std::uint32_t f = 0; f < site_.files.size(); ++f) {
      for (std::uint64_t at = 0; at < site_.files[f].size(); at += site_.piece_length)
        n.stored[f].insert(at);
      n.complete.insert(f);
    }
  }
  tell_kept(n);
  events_.after(base::milliseconds(30), [this, index, generation = n.generation] {
    if (node(index).alive && node(index).generation == generation)
      input(index, TrackerChanged{tracker_up});
  });
}

void World::tell_kept(Node& n) {
  for (const std::uint32_t file : n.complete) input(n.index, FileKept{kTorrent, FileIndex{file}});
  for (const auto& [file, offsets] : n.stored) {
    if (n.complete.contains(file)) continue;
    const std::vector<std::uint64_t> found(offsets.begin(), offsets.end());  // the set may grow
    for (const std::uint64_t offset : found) {
      const std::uint64_t left = site_.files[file].size() - offset;
      const std::size_t size = std::min<std::uint64_t>(left, site_.piece_length);
      Bytes bytes = base::to_bytes(site_.bytes(FileIndex{file}, offset, size));
      if (n.torn.erase({file, offset}) > 0) bytes[0] ^= 1;
      ++n.loads;
      input(n.index, PieceFound{kTorrent, FileIndex{file}, offset, bytes});
    }
  }
}

void World::input(int index, const Input& in) {
  Node& n = node(index);
  if (!n.alive) return;
  note(static_cast<std::uint64_t>(now().us) * 64 + in.index());
  n.engine->handle(now(), in);
  drain(n);
}

void World::drain(Node& n) {
  // Acting on an output may not feed the engine before it is drained: actions only plan events.
  while (auto output = n.engine->poll()) {
    note(static_cast<std::uint64_t>(n.index) * 64 + output->index());
    if (verbose) describe(n, *output);
    act(n, *output);
  }
  plan_wake(n);
}

void World::plan_wake(Node& n) {
  const Wakeup wake = n.engine->next_wakeup();
  if (wake.at == base::kNever || (n.wake_planned <= wake.at && n.wake_planned > now())) return;
  n.wake_planned = wake.at;
  events_.at(std::max(wake.at, now()), [this, index = n.index, at = wake.at] {
    Node& woken = node(index);
    if (!woken.alive || woken.wake_planned != at) return;
    woken.wake_planned = base::kNever;
    ++woken.wakeups;
    input(index, Tick{});
  });
}

void World::act(Node& n, Output& output) {
  if (auto* m = std::get_if<LinkSend>(&output)) {
    send_bytes(n, m->link, std::move(m->bytes));
  } else if (auto* close = std::get_if<LinkClose>(&output)) {
    n.closed.emplace_back(close->peer, close->reason);
    close_end(n.index, close->link, false);
  } else if (auto* get = std::get_if<HttpGet>(&output)) {
    act_http(n, *get);
  } else if (auto* cancel = std::get_if<HttpCancel>(&output)) {
    n.https.erase(cancel->http);
  } else if (auto* write = std::get_if<StoreWrite>(&output)) {
    act_write(n, *write);
  } else if (auto* progress = std::get_if<FetchProgress>(&output)) {
    act_progress(n, *progress);
  } else if (auto* done = std::get_if<FetchDone>(&output)) {
    FetchState& f = n.fetches.at(done->fetch);
    if (f.over()) complain(n, "a fetch ended twice");
    f.result = *done;
    f.done = now();
    if (f.ready != f.end && f.begin != f.end) complain(n, "done before all was reported");
    if (done->from_http + done->from_peers + done->from_store != f.end - f.begin)
      complain(n, "sources do not add up");
    events_.after({}, [this, index = n.index] { next_page_fetch(index); });
  } else if (auto* failed = std::get_if<FetchFailed>(&output)) {
    FetchState& f = n.fetches.at(failed->fetch);
    if (f.over()) complain(n, "a fetch ended twice");
    f.failed = failed->reason;
    f.done = now();
    events_.after({}, [this, index = n.index] { next_page_fetch(index); });
  } else if (auto* complete = std::get_if<FileComplete>(&output)) {
    const std::uint32_t file = complete->file.value;
    const std::uint64_t pieces =
        (site_.files[file].size() + site_.piece_length - 1) / site_.piece_length;
    if (n.stored[file].size() != pieces) complain(n, "complete, but not all of it was written");
    if (!n.complete.insert(file).second) complain(n, "complete twice");
  } else if (auto* load = std::get_if<PieceLoad>(&output)) {
    const bool here = n.stored[load->file.value].contains(load->offset);
    events_.after(base::microseconds(500),
                  [this, index = n.index, g = n.generation, m = *load, here] {
                    Bytes bytes;
                    if (here) bytes = base::to_bytes(site_.bytes(m.file, m.offset, m.size));
                    if (node(index).torn.erase({m.file.value, m.offset}) > 0) bytes[0] ^= 1;
                    ++node(index).loads;
                    answer(index, g, PieceLoaded{m.load, bytes});
                  });
  } else if (auto* dial = std::get_if<Dial>(&output)) {
    act_dial(n, *dial);
  } else if (auto* announce = std::get_if<Announce>(&output)) {
    act_announce(n, *announce);
  } else if (auto* stats = std::get_if<Stats>(&output)) {
    n.stats = std::move(*stats);
  } else if (std::holds_alternative<TorrentRefused>(output)) {
    complain(n, "torrent refused");
  }
}

bool World::all_done() const {
  for (const auto& n : nodes_) {
    if (n->handing_over) return false;
    if (!n->alive && now() >= n->options.joins) continue;
    const auto at = browsing_.find(n->index);
    if (at != browsing_.end() && at->second.next < site_.files.size()) return false;
    for (const auto& [id, f] : n->fetches)
      if (!f.over()) return false;
  }
  return true;
}

void World::run(base::Instant limit, const std::function<bool()>& stop) {
  std::uint64_t steps = 0;
  while (!events_.empty() && events_.next() <= limit) {
    events_.run_next();
    if (stop && stop()) return;
    SKEP_ASSERT(++steps < 50'000'000);
  }
}

}  // namespace skep::engine::testing
