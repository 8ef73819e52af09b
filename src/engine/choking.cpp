#include "engine/choking.hpp"

#include <algorithm>

#include "engine/choker.hpp"
#include "engine/uploads.hpp"

namespace skep::engine {
namespace {

/// The optimistic slot lasts so long: in one round nobody shows what it gives in return.
constexpr std::uint32_t kOptimisticRounds = 3;
/// Who came within this time and got nothing yet is a newcomer.
constexpr base::Duration kNewcomer = base::seconds(10);

std::vector<ChokeView> views(const Core& core) {
  std::vector<ChokeView> out(core.peers.size());
  auto end = out.begin();
  const base::Instant fresh = core.now - kNewcomer;
  for (const auto& [link, peer] : core.peers.all()) {
    if (!peer.ready() || peer.has.all()) continue;  // who has everything asks for nothing
    *end++ = {link,
              peer.interested,
              !peer.we_choke,
              peer.optimistic,
              peer.opened_at > fresh && peer.up.total() == 0,
              peer.we_interested,
              peer.verified,
              peer.up.rate(core.now)};
  }
  out.erase(end, out.end());
  return out;
}

void set_choked(Core& core, Peer& peer, bool choke) {
  if (peer.we_choke == choke) return;
  peer.we_choke = choke;
  peer.choke_changed_at = core.now;
  if (!choke) return send(core, peer, wire::Unchoke{});
  send(core, peer, wire::Choke{});
  reject_uploads(core, peer);
}

}  // namespace

void run_choking(Core& core) {
  if (core.peers.size() == 0) return;
  const bool regular = core.now >= core.choking_at;
  if (regular || core.choking_due) {
    ChokeRules rules;
    rules.slots = core.config.upload_slots;
    rules.upload =
        core.policy.upload && core.policy.use_peers && upload_left(core) >= base::kBlockSize;
    rules.we_need = core.fetches.size() > 0;
    rules.regular = regular;
    rules.rotate_optimistic = regular && core.choking_round % kOptimisticRounds == 0;
    const ChokePlan plan = choose_unchoked(views(core), rules, core.rng);
    for (auto& [link, peer] : core.peers.all()) {
      if (!peer.ready()) continue;
      peer.optimistic = link == plan.optimistic;
      set_choked(core, peer, !std::binary_search(plan.unchoked.begin(), plan.unchoked.end(), link));
    }
    core.choking_due = false;
  }
  if (regular) {
    ++core.choking_round;
    core.choking_at = core.now + core.config.unchoke_interval;
  }
  // Nobody asks: the next who does makes a round due.
  const bool asked = std::any_of(core.peers.all().begin(), core.peers.all().end(),
                                 [](const auto& entry) { return entry.second.interested; });
  if (asked) core.wake_at(core.choking_at, WakeReason::unchoke);
}

}  // namespace skep::engine
