#include "engine/requests.hpp"

#include <algorithm>

#include "engine/endgame.hpp"
#include "engine/hedge.hpp"
#include "engine/verifier.hpp"

namespace skep::engine {
namespace {

constexpr std::uint32_t kBlockSize = base::kBlockSize;
/// A peer that stalled is asked again after this, one piece at a time.
constexpr base::Duration kSnubPause = base::seconds(10);
/// A peer with nothing for us is looked at again after this: time makes others late (endgame) and
/// moves what HTTP will deliver.
constexpr base::Duration kIdlePause = base::milliseconds(250);
/// No stall is declared sooner: browsers pause a page's tasks for that long easily.
constexpr base::Duration kStallMin = base::seconds(2);
/// A block that took no longer than the quickest and this waited in no queue.
constexpr std::uint64_t kSwiftUs = 50'000;
/// How far ahead of an HTTP request peers stay, in time at its rate and in bytes at least.
constexpr std::int64_t kHttpLeadUs = 1'000'000;
constexpr std::uint64_t kHttpLeadBytes = 256 * 1024;

wire::BlockRange range_of(const Torrent& t, std::uint32_t piece, std::uint32_t block) {
  const std::uint32_t begin = block * kBlockSize;
  return {piece, begin, std::min(kBlockSize, t.piece_size(piece) - begin)};
}

/// Enters in the books that this peer is asked for a block.
void mark_asked(Core& core, Torrent& t, Peer& peer, std::uint32_t piece, std::uint32_t block) {
  BlockState& state = t.assembly(piece).blocks[block];
  SKEP_ASSERT(state.phase != BlockState::Phase::here && state.askers < kAskersMax);
  if (state.phase == BlockState::Phase::open) {
    state.phase = BlockState::Phase::asked;
    --t.assembly(piece).open;
  }
  ++state.askers;
  if (peer.in_flight.empty()) peer.last_block_at = core.now;
  peer.in_flight.push_back({piece, block, core.now});
}

/// A peer that was asked for this block will not deliver it (to us).
void give_back(Torrent& t, LinkId link, std::uint32_t piece, std::uint32_t block) {
  Assembly& a = t.assembly(piece);
  BlockState& state = a.blocks[block];
  SKEP_ASSERT(state.askers > 0);
  --state.askers;
  if (state.phase == BlockState::Phase::asked && state.askers == 0) {
    state.phase = BlockState::Phase::open;
    ++a.open;
  }
  if (a.owner == link) a.owner = {};
  const bool untouched = a.here == 0 && a.open == a.blocks.size();
  if (untouched) return t.drop_assembly(piece);
  t.refresh_taken(piece);
}

/// Asks for open blocks of one piece until the pipeline is full.
void ask_piece(Core& core, Torrent& t, Peer& peer, std::uint32_t piece, std::uint32_t depth) {
  Assembly& a = t.assembly(piece);
  a.owner = peer.link;
  wire::BlockRange run;  // blocks in a row, asked for by one message
  for (std::uint32_t b = 0; b < a.blocks.size() && peer.in_flight.size() < depth; ++b) {
    if (a.blocks[b].phase != BlockState::Phase::open) continue;
    mark_asked(core, t, peer, piece, b);
    const wire::BlockRange block = range_of(t, piece, b);
    if (run.length > 0 && run.begin + run.length == block.begin &&
        run.length + block.length <= peer.run_max) {
      run.length += block.length;
      continue;
    }
    if (run.length > 0) send(core, peer, wire::Request{run});
    run = block;
  }
  if (run.length > 0) send(core, peer, wire::Request{run});
  t.refresh_taken(piece);
}

/// Pieces that were begun and have open blocks: our own first, then those nobody works on.
bool ask_begun(Core& core, Torrent& t, Peer& peer, std::uint32_t depth) {
  for (const bool own : {true, false}) {
    for (auto& [piece, a] : t.assemblies) {
      if (a.open == 0 || !peer.has.test(piece)) continue;
      if (own ? a.owner != peer.link : a.owner != LinkId{}) continue;
      ask_piece(core, t, peer, piece, depth);
      return true;
    }
  }
  return false;
}

/// The part of `run` that no HTTP request delivers soon, from the front; `covered` gets the rest
/// that peers may still take, behind a request's lead.
void split_by_http(const Core& core, const Torrent& t, const Fetch& f, std::vector<PieceRun>& clear,
                   std::vector<PieceRun>& covered) {
  clear.assign(1, {f.cursor, f.run.end});
  covered.clear();
  for (const auto& [id, job] : core.https.all()) {
    if (job.torrent != t.id || job.file != f.file || job.next >= job.limit) continue;
    const PieceRun busy = t.run_of(job.file, job.next, job.limit);
    const std::uint64_t lead =
        std::max(kHttpLeadBytes,
                 job.meter.rate(core.now) * static_cast<std::uint64_t>(kHttpLeadUs) / 1'000'000);
    const PieceRun rest = t.run_of(job.file, std::min(job.limit, job.next + lead), job.limit);
    covered.push_back({std::max(rest.first, f.cursor), std::min(rest.end, f.run.end)});
    std::vector<PieceRun> left;
    for (const PieceRun& run : clear) {
      const PieceRun before{run.first, std::min(run.end, busy.first)};
      const PieceRun after{std::max(run.first, busy.end), run.end};
      if (!before.empty()) left.push_back(before);
      if (!after.empty()) left.push_back(after);
    }
    clear = std::move(left);
  }
}

std::optional<std::uint32_t> pick_new(Core& core, Torrent& t, const Peer& peer) {
  const PickView view{peer.has, t.have, t.taken, t.availability.counts()};
  std::vector<PieceRun> clear;
  std::vector<PieceRun> covered;
  for (const FetchId id : core.fetches.by_need()) {
    const Fetch& f = *core.fetches.find(id);
    if (f.torrent != t.id) continue;
    split_by_http(core, t, f, clear, covered);
    // Small files are asked for from the front, for the page can use their first bytes; but many
    // visitors who all ask for the same pieces have nothing to give each other.
    const bool small = f.run.end - f.run.first <= t.segment_pieces;
    const auto salt = small && core.peers.size() < kCrowdMin
                          ? 0
                          : static_cast<std::uint32_t>(core.rng.next() >> 33);
    for (const PieceRun& run : clear)
      if (const auto piece = pick_rarest(view, run, salt)) return piece;
    for (const PieceRun& run : covered)
      if (!run.empty())
        if (const auto piece = pick_last(view, run)) return piece;
  }
  return std::nullopt;
}

/// Finds and removes an entry of in_flight; what it was, or nothing.
std::optional<InFlight> settle_flight(Peer& peer, std::uint32_t piece, std::uint32_t block) {
  const auto at =
      std::find_if(peer.in_flight.begin(), peer.in_flight.end(),
                   [&](const InFlight& f) { return f.piece == piece && f.block == block; });
  if (at == peer.in_flight.end()) return std::nullopt;
  const InFlight found = *at;
  peer.in_flight.erase(at);
  return found;
}

/// What only peers have who do not deliver counts as what nobody has: HTTP must not wait for them.
void set_snubbed(Core& core, Torrent& t, Peer& peer, bool snubbed) {
  if (peer.snubbed == snubbed) return;
  peer.snubbed = snubbed;
  if (snubbed) {
    t.availability.remove(peer.has);
  } else {
    t.availability.add(peer.has);
  }
  core.sourcing_due = true;
}

void measure(Core& core, Torrent& t, Peer& peer, const InFlight& flight, std::size_t bytes) {
  const auto rtt = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>((core.now - flight.asked_at).us, 1, 60'000'000));
  peer.rtt_us = peer.rtt_us == 0 ? rtt : (peer.rtt_us * 7 + rtt) / 8;
  if (peer.rtt_min_us == 0 || rtt < peer.rtt_min_us) peer.rtt_min_us = rtt;
  peer.down.add(core.now, bytes);
  peer.last_block_at = core.now;
  set_snubbed(core, t, peer, false);
  const std::uint32_t sized =
      size_pipeline(peer.down.rate(core.now), peer.rtt_min_us, core.config.pipeline_min_blocks,
                    core.config.pipeline_max_blocks);
  // While blocks come about as quickly as they ever did nothing waits at the other end: one more.
  // A queue there would be ours, too: what we need next, its own requests and HAVEs stand behind.
  const bool swift = rtt <= peer.rtt_min_us + kSwiftUs;
  const std::uint32_t grown = std::min(peer.depth + 1, core.config.pipeline_max_blocks);
  if (swift || sized >= peer.depth) {
    peer.depth = std::max(sized, swift ? grown : 0);
  } else {
    peer.depth -= (peer.depth - sized + 7) / 8;
  }
}

/// One whole block.
void take_block(Core& core, Torrent& t, Peer& peer, const wire::Piece& message) {
  const std::uint32_t block = message.begin / kBlockSize;
  const auto flight = settle_flight(peer, message.piece, block);
  if (!flight) {  // cancelled, or never asked for
    core.totals.wasted += message.data.size();
    return;
  }
  measure(core, t, peer, *flight, message.data.size());
  Assembly& a = t.assembly(message.piece);
  BlockState& state = a.blocks[block];
  SKEP_ASSERT(state.phase == BlockState::Phase::asked && state.askers > 0);
  --state.askers;
  if (state.askers > 0) cancel_others(core, t, message.piece, block);
  state.phase = BlockState::Phase::here;
  state.sender = peer.id;
  state.askers = 0;
  if (a.bytes.empty()) a.bytes.resize(t.piece_size(message.piece));
  std::copy(message.data.begin(), message.data.end(),
            a.bytes.begin() + static_cast<std::ptrdiff_t>(message.begin));
  ++a.here;
  if (a.complete()) finish_assembly(core, t, message.piece);
}

}  // namespace

void update_interest(Core& core, Torrent& t, Peer& peer) {
  if (peer.interest_epoch == t.epoch) return;
  peer.interest_epoch = t.epoch;
  bool needed = false;
  for (const FetchId id : core.fetches.by_need()) {
    const Fetch& f = *core.fetches.find(id);
    needed = f.torrent == t.id && any_needed(peer.has, t.have, {f.cursor, f.run.end});
    if (needed) break;
  }
  if (needed == peer.we_interested) return;
  peer.we_interested = needed;
  if (needed) {
    send(core, peer, wire::Interested{});
  } else {
    send(core, peer, wire::NotInterested{});
  }
}

void fill_requests(Core& core, Torrent& t, Peer& peer) {
  if (peer.choking_us || !peer.we_interested || !core.policy.use_peers) return;
  if (peer.snubbed && core.now < peer.snubbed_until) return;
  const std::uint32_t depth = std::min(peer.snubbed ? 1 : peer.depth, peer.reqq);
  if (peer.in_flight.size() >= depth) return;
  if (peer.idle_epoch == t.epoch && core.now < peer.idle_until)
    return core.wake_at(peer.idle_until, WakeReason::request_timeout);
  while (peer.in_flight.size() < depth) {
    if (ask_begun(core, t, peer, depth)) continue;
    if (const auto piece = pick_new(core, t, peer)) {
      ask_piece(core, t, peer, *piece, depth);
      continue;
    }
    break;
  }
  if (peer.in_flight.size() >= depth) return;
  for (const BlockRef& extra : pick_endgame(core, t, peer, depth)) {
    mark_asked(core, t, peer, extra.piece, extra.block);
    send(core, peer, wire::Request{range_of(t, extra.piece, extra.block)});
  }
  peer.idle_epoch = t.epoch;
  peer.idle_until = core.now + kIdlePause;
  core.wake_at(peer.idle_until, WakeReason::request_timeout);
}

void take_blocks(Core& core, Torrent& t, Peer& peer, const wire::Piece& message) {
  const auto size = static_cast<std::uint32_t>(message.data.size());
  const auto place =
      t.map.check_request(message.piece, message.begin, size, std::max(peer.run_max, kBlockSize));
  if (!place || message.begin % kBlockSize != 0) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  ByteView rest = message.data;
  for (std::uint32_t block = message.begin / kBlockSize; !rest.empty() && !peer.doomed; ++block) {
    const std::uint32_t length = range_of(t, message.piece, block).length;
    if (rest.size() < length) {
      peer.doomed = CloseReason::protocol_error;
      return;
    }
    take_block(core, t, peer, {message.piece, block * kBlockSize, rest.first(length)});
    rest = rest.subspan(length);
  }
}

void take_reject(Core& core, Torrent& t, Peer& peer, const wire::BlockRange& range) {
  (void)core;
  if (range.begin % kBlockSize != 0) return;
  if (!settle_flight(peer, range.piece, range.begin / kBlockSize)) return;
  give_back(t, peer.link, range.piece, range.begin / kBlockSize);
  // It has more than it wants already: ask for less.
  peer.depth = std::max(core.config.pipeline_min_blocks, peer.depth / 2);
}

void release_requests(Core& core, Torrent& t, Peer& peer, bool cancel) {
  std::vector<InFlight> flights;
  flights.swap(peer.in_flight);
  for (const InFlight& f : flights) {
    if (cancel) send(core, peer, wire::Cancel{range_of(t, f.piece, f.block)});
    give_back(t, peer.link, f.piece, f.block);
  }
  if (!flights.empty()) ++t.epoch;
}

void release_piece(Torrent& t, Peer& peer, std::uint32_t piece) {
  std::erase_if(peer.in_flight, [&](const InFlight& f) {
    if (f.piece != piece) return false;
    give_back(t, peer.link, f.piece, f.block);
    return true;
  });
}

void abandon_piece(Core& core, Torrent& t, std::uint32_t piece) {
  const auto at = t.assemblies.find(piece);
  if (at == t.assemblies.end()) return;
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id) continue;
    std::erase_if(peer.in_flight, [&](const InFlight& f) {
      if (f.piece != piece) return false;
      send(core, peer, wire::Cancel{range_of(t, piece, f.block)});
      return true;
    });
  }
  core.totals.wasted += std::uint64_t{at->second.here} * kBlockSize;
  t.drop_assembly(piece);
}

void abandon_unwanted(Core& core, Torrent& t, PieceRun run) {
  std::vector<std::uint32_t> begun;
  for (auto at = t.assemblies.lower_bound(run.first);
       at != t.assemblies.end() && at->first < run.end; ++at)
    begun.push_back(at->first);
  for (const std::uint32_t piece : begun) {
    const FetchTable::Order& open = core.fetches.of_file(t.id, t.locate(piece).file);
    const bool wanted = std::any_of(open.begin(), open.end(), [&](FetchId id) {
      const Fetch& f = *core.fetches.find(id);
      return piece >= f.run.first && piece < f.run.end;
    });
    if (!wanted) abandon_piece(core, t, piece);
  }
}

void check_stall(Core& core, Torrent& t, Peer& peer) {
  if (peer.snubbed && core.now < peer.snubbed_until)
    core.wake_at(peer.snubbed_until, WakeReason::request_timeout);
  if (peer.in_flight.empty()) return;
  const auto rtt = base::microseconds(static_cast<std::int64_t>(peer.rtt_us * 8));
  const base::Duration patience = std::clamp(rtt, std::min(kStallMin, core.config.request_timeout),
                                             core.config.request_timeout);
  const base::Instant due = peer.last_block_at + patience;
  if (core.now < due) return core.wake_at(due, WakeReason::request_timeout);
  release_requests(core, t, peer, true);
  set_snubbed(core, t, peer, true);
  peer.snubbed_until = core.now + kSnubPause;
  core.sourcing_due = true;
  core.wake_at(peer.snubbed_until, WakeReason::request_timeout);
}

}  // namespace skep::engine
