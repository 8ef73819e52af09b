#include "engine/testing/world.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace skep::engine::testing {
namespace {

constexpr std::uint64_t kQuantum = 16 * 1024;

base::Duration time_for(std::uint64_t bytes, std::uint64_t rate) {
  return base::microseconds(static_cast<std::int64_t>((bytes * 1'000'000 + rate - 1) / rate));
}
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
  Config config;
  config.peer_id = n->id;
  config.seed = static_cast<std::uint64_t>(index) * 77 + 1;
  if (n->options.tune) n->options.tune(config);
  n->engine = std::make_unique<Engine>(config);
  nodes_.push_back(std::move(n));
  events_.at(std::max(now(), nodes_.back()->options.joins), [this, index] { join(index); });
  return index;
}

void World::join(int index) {
  Node& n = node(index);
  n.alive = true;
  if (!n.options.use_peers) input(index, PolicyChanged{false, false, 0});
  input(index, TorrentAdded{kTorrent, site_.info_hash, site_.metainfo});
  if (n.options.seeding) {
    for (std::uint32_t f = 0; f < site_.files.size(); ++f) {
      for (std::uint64_t at = 0; at < site_.files[f].size(); at += site_.piece_length)
        n.stored[f].insert(at);
      n.complete.insert(f);
      input(index, FileKept{kTorrent, FileIndex{f}});
    }
  }
  events_.after(base::milliseconds(30), [this, index] {
    if (node(index).alive) input(index, TrackerChanged{tracker_up});
  });
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
    events_.after(base::microseconds(500), [this, index = n.index, m = *load, here] {
      if (here) {
        input(index, PieceLoaded{m.load, site_.bytes(m.file, m.offset, m.size)});
      } else {
        input(index, PieceLoaded{m.load, {}});
      }
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

/// For a person who looks for a reason: SKEP_RIG=1 in the environment of a test.
void World::describe(const Node& n, const Output& output) const {
  const auto ms = static_cast<long long>(now().us / 1000);
  const char* name = n.options.name.c_str();
  if (const auto* get = std::get_if<HttpGet>(&output)) {
    std::printf("%6lld %s http %u file %u [%llu, %llu)%s\n", ms, name, get->http.value,
                get->file.value, static_cast<unsigned long long>(get->begin),
                static_cast<unsigned long long>(get->end), get->whole ? " whole" : "");
  } else if (const auto* cancel = std::get_if<HttpCancel>(&output)) {
    std::printf("%6lld %s http %u cancelled\n", ms, name, cancel->http.value);
  } else if (const auto* done = std::get_if<FetchDone>(&output)) {
    std::printf("%6lld %s fetch %u done: peers %llu http %llu\n", ms, name, done->fetch.value,
                static_cast<unsigned long long>(done->from_peers),
                static_cast<unsigned long long>(done->from_http));
  } else if (const auto* failed = std::get_if<FetchFailed>(&output)) {
    std::printf("%6lld %s fetch %u failed: %u\n", ms, name, failed->fetch.value,
                static_cast<unsigned>(failed->reason));
  } else if (const auto* dial = std::get_if<Dial>(&output)) {
    std::printf("%6lld %s dial %u\n", ms, name, dial->dial.value);
  } else if (const auto* announce = std::get_if<Announce>(&output)) {
    std::printf("%6lld %s announce %u want %u\n", ms, name, static_cast<unsigned>(announce->event),
                announce->want);
  } else if (const auto* close = std::get_if<LinkClose>(&output)) {
    std::printf("%6lld %s close link %u reason %u\n", ms, name, close->link.value,
                static_cast<unsigned>(close->reason));
  } else if (const auto* write = std::get_if<StoreWrite>(&output)) {
    std::printf("%6lld %s write file %u at %llu\n", ms, name, write->file.value,
                static_cast<unsigned long long>(write->offset));
  }
}

void World::act_write(Node& n, const StoreWrite& write) {
  const ByteView truth = site_.bytes(write.file, write.offset, write.bytes.size());
  if (!base::equal(truth, write.bytes)) complain(n, "wrong bytes were stored");
  if (write.offset % site_.piece_length != 0) complain(n, "a write that is no piece");
  n.stored[write.file.value].insert(write.offset);
}

void World::act_progress(Node& n, const FetchProgress& progress) {
  FetchState& f = n.fetches.at(progress.fetch);
  if (progress.ready_until <= f.ready || progress.ready_until > f.end)
    complain(n, "progress that goes nowhere");
  const auto& stored = n.stored[f.file.value];
  for (std::uint64_t at = f.ready / site_.piece_length * site_.piece_length;
       at < progress.ready_until; at += site_.piece_length)
    if (!stored.contains(at)) complain(n, "progress over bytes that are not stored");
  f.ready = progress.ready_until;
}

void World::act_dial(Node& n, const Dial& dial) {
  int other = -1;
  for (const auto& m : nodes_)
    if (m->id == dial.peer && m->alive && m->index != n.index) other = m->index;
  const auto delay = base::microseconds(static_cast<std::int64_t>(160'000 + rng_.below(390'000)));
  if (other < 0) {
    events_.after(base::seconds(2),
                  [this, index = n.index, d = dial.dial] { input(index, DialFailed{d}); });
    return;
  }
  const auto spread = static_cast<std::uint64_t>((link_latency_max - link_latency_min).us) + 1;
  const auto latency =
      link_latency_min + base::microseconds(static_cast<std::int64_t>(rng_.below(spread)));
  events_.after(delay, [this, a = n.index, b = other, d = dial.dial, latency] {
    if (!node(a).alive) return;
    if (!node(b).alive) return input(a, DialFailed{d});
    const LinkId la{++node(a).next_link};
    const LinkId lb{++node(b).next_link};
    LinkEnd& ea = node(a).links[la];
    ea.peer_node = b;
    ea.peer_link = lb;
    ea.latency = latency;
    LinkEnd& eb = node(b).links[lb];
    eb.peer_node = a;
    eb.peer_link = la;
    eb.latency = latency;
    input(a, LinkOpened{la, kTorrent, node(b).id, d});
    input(b, LinkOpened{lb, kTorrent, node(a).id, DialId{}});
  });
}

void World::act_announce(Node& n, const Announce& announce) {
  if (!tracker_up) return;
  std::erase(swarm_, n.index);
  if (announce.event == Announce::Event::stopped) return;
  std::vector<crypto::PeerId> others;
  for (const int i : swarm_)
    if (node(i).alive) others.push_back(node(i).id);
  swarm_.push_back(n.index);
  for (std::size_t i = others.size(); i > 1; --i) std::swap(others[i - 1], others[rng_.below(i)]);
  if (others.size() > announce.want) others.resize(announce.want);
  events_.after(base::milliseconds(40), [this, index = n.index, others] {
    input(index, AnnounceReply{kTorrent, 120, others});
  });
}

// ------------------------------------------------------------------------------------------ links

Bytes World::poisoned(LinkEnd& end, const Bytes& bytes, std::uint64_t in) {
  Bytes out;
  end.poison_decoder.feed(bytes);
  while (true) {
    const auto item = end.poison_decoder.next();
    SKEP_ASSERT(item.has_value());
    if (!item->has_value()) return out;
    if (const auto* handshake = std::get_if<wire::Handshake>(&**item)) {
      wire::encode(out, *handshake);
      continue;
    }
    const auto& message = std::get<wire::Message>(**item);
    const auto* piece = std::get_if<wire::Piece>(&message);
    if (piece == nullptr || rng_.below(in) != 0) {
      wire::encode(out, message);
      continue;
    }
    Bytes altered = base::to_bytes(piece->data);
    altered[rng_.below(altered.size())] ^= 0x40;
    wire::encode(out, wire::Piece{piece->piece, piece->begin, altered});
  }
}

void World::send_bytes(Node& n, LinkId link, Bytes bytes) {
  const auto at = n.links.find(link);
  if (at == n.links.end()) return;
  for (const base::Byte b : ByteView(bytes).first(std::min<std::size_t>(bytes.size(), 16))) note(b);
  if (n.options.poison) bytes = poisoned(at->second, bytes, n.options.poison_in);
  at->second.queued += bytes.size();
  at->second.unreported += bytes.size();
  at->second.queue.push_back(std::move(bytes));
  pump_uplink(n);
}

void World::pump_uplink(Node& n) {
  if (n.uplink_busy || n.links.empty()) return;
  auto at = n.links.upper_bound(n.uplink_last);
  for (std::size_t i = 0; i <= n.links.size(); ++i, ++at) {
    if (at == n.links.end()) at = n.links.begin();
    if (!at->second.queue.empty()) break;
  }
  if (at == n.links.end() || at->second.queue.empty()) return;
  LinkEnd& end = at->second;
  n.uplink_last = at->first;
  Bytes chunk;
  while (!end.queue.empty() && chunk.size() < kQuantum) {
    Bytes& front = end.queue.front();
    const std::size_t take = std::min<std::size_t>(front.size(), kQuantum - chunk.size());
    base::append(chunk, ByteView(front).first(take));
    if (take == front.size()) {
      end.queue.pop_front();
    } else {
      front.erase(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(take));
    }
  }
  n.uplink_busy = true;
  n.sent += chunk.size();
  const base::Duration busy = time_for(chunk.size(), n.options.up_rate);
  events_.after(busy,
                [this, index = n.index, link = at->first, chunk = std::move(chunk)]() mutable {
                  Node& from = node(index);
                  from.uplink_busy = false;
                  const auto sent = from.links.find(link);
                  if (from.alive && sent != from.links.end()) {
                    LinkEnd& e = sent->second;
                    e.queued -= chunk.size();
                    const int to = e.peer_node;
                    const LinkId their = e.peer_link;
                    constexpr std::uint64_t kHalf = base::kLinkSendBufferMax / 2;
                    const bool drained = e.unreported >= kHalf / 2 && e.queued <= kHalf;
                    if (drained) e.unreported = 0;
                    const auto left = static_cast<std::uint32_t>(e.queued);
                    events_.after(e.latency, [this, to, their, c = std::move(chunk)]() mutable {
                      deliver(to, their, std::move(c));
                    });
                    if (drained) input(index, LinkDrained{link, left});
                  }
                  pump_uplink(from);
                });
}

void World::deliver(int index, LinkId link, Bytes bytes) {
  Node& n = node(index);
  if (!n.alive || !n.links.contains(link)) return;
  n.down_free = std::max(n.down_free, now()) + time_for(bytes.size(), n.options.down_rate);
  events_.at(n.down_free, [this, index, link, c = std::move(bytes)] {
    if (node(index).links.contains(link)) input(index, LinkBytes{link, c});
  });
}

void World::close_end(int index, LinkId link, bool tell) {
  Node& n = node(index);
  const auto at = n.links.find(link);
  if (at == n.links.end()) return;
  const LinkEnd end = std::move(at->second);
  n.links.erase(at);
  if (tell) input(index, LinkClosed{link});
  events_.after(end.latency, [this, end] { close_end(end.peer_node, end.peer_link, true); });
}

void World::cut_link(int index, LinkId link) { close_end(index, link, true); }

void World::kill(int index) {
  Node& n = node(index);
  if (!n.alive) return;
  std::vector<LinkId> links;
  for (const auto& [link, end] : n.links) links.push_back(link);
  n.alive = false;
  for (const LinkId link : links) close_end(index, link, false);
  n.https.clear();
  std::erase(swarm_, index);
}

// ------------------------------------------------------------------------------------------- http

void World::act_http(Node& n, const HttpGet& get) {
  n.https.insert(get.http);
  n.gets.push_back(get);
  const int number = ++http_requests;
  for (auto& [id, f] : n.fetches)
    if (f.file == get.file && !f.over() && f.first_http == base::Instant{}) f.first_http = now();
  const std::uint64_t size = site_.files[get.file.value].size();
  if (get.begin >= get.end || get.end > size) complain(n, "HTTP range outside of the file");
  if (get.whole && (get.begin != 0 || get.end != size)) complain(n, "whole, but not all of it");
  Response r{n.index, get.http, get, fault ? fault(get, number) : HttpFault{}, 0, 0, 0};
  if (r.fault.silent) return;
  events_.after(origin_latency, [this, r, size]() mutable {
    if (!node(r.node).https.contains(r.http)) return;
    if (r.fault.status != 0) {
      input(r.node, HttpStarted{r.http, static_cast<std::uint16_t>(r.fault.status), 0, 0});
      return input(r.node, HttpEnded{r.http, true});
    }
    const bool whole = r.get.whole || r.fault.ignore_range;
    r.at = whole ? 0
                 : static_cast<std::uint64_t>(std::max<std::int64_t>(
                       0, static_cast<std::int64_t>(r.get.begin) + r.fault.shift_begin));
    r.end = whole ? size : r.get.end;
    const auto told =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(size) + r.fault.lie_size);
    input(r.node, HttpStarted{r.http, static_cast<std::uint16_t>(whole ? 200 : 206), r.at, told});
    responses_.push_back(r);
    pump_origin();
  });
}

void World::pump_origin() {
  if (origin_busy_) return;
  while (!responses_.empty() &&
         !node(responses_.front().node).https.contains(responses_.front().http))
    responses_.pop_front();
  if (responses_.empty()) return;
  Response r = responses_.front();
  responses_.pop_front();
  std::uint64_t count = r.end > r.at ? std::min(kQuantum, r.end - r.at) : 0;
  bool cut = false;
  if (r.fault.cut_after >= 0 && r.sent + count >= static_cast<std::uint64_t>(r.fault.cut_after)) {
    count = static_cast<std::uint64_t>(r.fault.cut_after) - r.sent;
    cut = true;
  }
  Bytes bytes = base::to_bytes(site_.bytes(r.get.file, r.at, count));
  if (r.fault.wrong_bytes)
    for (std::uint64_t i = 0; i < count; ++i)
      if ((r.at + i) % 10'000 == 0) bytes[i] ^= 1;
  origin_sent += count;
  r.at += count;
  r.sent += count;
  origin_busy_ = true;
  events_.after(
      time_for(std::max<std::uint64_t>(count, 1), origin_rate), [this, r, cut, bytes]() mutable {
        origin_busy_ = false;
        Node& n = node(r.node);
        const bool over = cut || r.at >= r.end;
        if (n.alive && n.https.contains(r.http)) {
          n.down_free = std::max(n.down_free, now()) + time_for(bytes.size(), n.options.down_rate);
          if (over && r.fault.extra > 0) bytes.resize(bytes.size() + r.fault.extra, 0x55);
          const bool ok = !cut || r.fault.cut_says_ok;
          events_.at(std::max(n.down_free, now() + origin_latency),
                     [this, index = r.node, id = r.http, bytes, over, ok] {
                       Node& to = node(index);
                       if (!to.https.contains(id)) return;
                       if (!bytes.empty()) input(index, HttpBytes{id, bytes});
                       if (over && to.https.erase(id) > 0) input(index, HttpEnded{id, ok});
                     });
          if (!over) responses_.push_back(r);
        }
        pump_origin();
      });
}

// ---------------------------------------------------------------------------------------- fetches

FetchId World::fetch(int index, FileIndex file, Urgency urgency) {
  return fetch(index, file, 0, site_.files[file.value].size(), urgency);
}

FetchId World::fetch(int index, FileIndex file, std::uint64_t begin, std::uint64_t end,
                     Urgency urgency) {
  Node& n = node(index);
  const FetchId id{++n.next_fetch};
  FetchState& f = n.fetches[id];
  f.file = file;
  f.begin = begin;
  f.end = end;
  f.ready = begin;
  f.asked = now();
  input(index, FetchRequested{id, kTorrent, file, begin, end, urgency, {}});
  return id;
}

void World::fetch_all(int index, Urgency urgency) {
  for (std::uint32_t f = 0; f < site_.files.size(); ++f) fetch(index, FileIndex{f}, urgency);
}

void World::browse(int index, int parallel) {
  browsing_[index] = {parallel, 0};
  next_page_fetch(index);
}

void World::next_page_fetch(int index) {
  const auto at = browsing_.find(index);
  if (at == browsing_.end() || !node(index).alive) return;
  const auto& fetches = node(index).fetches;
  auto open = std::count_if(fetches.begin(), fetches.end(),
                            [](const auto& entry) { return !entry.second.over(); });
  while (open < at->second.parallel && at->second.next < site_.files.size()) {
    fetch(index, FileIndex{at->second.next++});
    ++open;
  }
}

void World::cancel(int index, FetchId id) {
  node(index).fetches.erase(id);
  input(index, FetchCancelled{id});
}

bool World::all_done() const {
  for (const auto& n : nodes_) {
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
