// The swarm around an engine: tracker, dials, links that share a node's capacity.
#include "engine/testing/world.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace skep::engine::testing {

void World::act_dial(Node& n, const Dial& dial) {
  int other = -1;
  for (const auto& m : nodes_)
    if (m->id == dial.peer && m->alive && m->index != n.index) other = m->index;
  const auto delay = base::microseconds(static_cast<std::int64_t>(160'000 + rng_.below(390'000)));
  if (other < 0) {
    events_.after(base::seconds(2), [this, index = n.index, g = n.generation, d = dial.dial] {
      answer(index, g, DialFailed{d});
    });
    return;
  }
  const auto spread = static_cast<std::uint64_t>((link_latency_max - link_latency_min).us) + 1;
  const auto latency =
      link_latency_min + base::microseconds(static_cast<std::int64_t>(rng_.below(spread)));
  events_.after(delay, [this, a = n.index, g = n.generation, b = other, d = dial, latency] {
    if (!node(a).alive || node(a).generation != g) return;
    if (!node(b).alive || node(b).id != d.peer) return input(a, DialFailed{d.dial});
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
    input(a, LinkOpened{la, kTorrent, node(b).id, d.dial});
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
  if (n.uplink_busy || n.links.empty() || now() >= n.options.stalls_at) return;
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

void World::answer(int index, int generation, const Input& in) {
  if (node(index).generation == generation) input(index, in);
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

void World::hand_over(int index, base::Duration pause) {
  if (!node(index).alive) return;
  kill(index);
  node(index).handing_over = true;
  events_.after(pause, [this, index] {
    Node& n = node(index);
    ++n.generation;
    n.handing_over = false;
    n.wake_planned = base::kNever;
    for (auto& byte : n.id.bytes) byte = static_cast<base::Byte>(rng_.next());
    start_engine(n);
    join(index);
    std::vector<FetchState> open;
    for (auto& [id, f] : n.fetches)
      if (!f.over()) open.push_back(f);
    std::erase_if(n.fetches, [](const auto& entry) { return !entry.second.over(); });
    for (const FetchState& f : open) {
      const FetchId id = fetch(index, f.file, f.ready, f.end, f.urgency);
      n.fetches.at(id).asked = f.asked;
    }
  });
}

}  // namespace skep::engine::testing
