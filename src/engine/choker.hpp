/// choker.hpp: whom to serve. Few at a time, so that each gets something useful.
/// CONTRACT  pure, but for the optimistic choice's generator. Returns who should be unchoked; the
///           caller says so to whom that is news.
/// WHY       who gives gets (BEP 3's tit for tat), counted from the beginning: in rounds this
///           short a rate is mostly chance. Then who has what we need, and so can give; when we
///           need nothing, of those who gave who takes fastest, so that our bytes become copies
///           soon. Who neither gave nor can has only the optimistic slot while others want ours: a
///           visitor who takes without giving is served from what is left. Newcomers have nothing
///           to give yet: the optimistic slot prefers them.
/// SPEC      BEP 3 "choking and optimistic unchoking".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace skep::engine {

struct ChokeView {
  base::LinkId link;
  bool interested = false;
  bool unchoked = false;    ///< by us, now
  bool optimistic = false;  ///< holds the optimistic slot
  bool newcomer = false;    ///< its link is new, and it got nothing from us
  bool useful = false;      ///< it has what we need
  std::uint64_t gave = 0;   ///< verified bytes it sent us, in all
  std::uint64_t takes = 0;  ///< bytes/s it takes from us
};

struct ChokeRules {
  std::uint32_t slots = 4;  ///< the optimistic one comes on top
  bool upload = true;       ///< false: nobody
  bool we_need = true;      ///< we are still fetching: giving counts, else taking
  bool regular = false;     ///< the interval is over: ranks may change
  bool rotate_optimistic = false;
};

struct ChokePlan {
  std::vector<base::LinkId> unchoked;  ///< ascending
  base::LinkId optimistic;             ///< one of them, or 0
};

/// Between regular rounds nobody who is interested loses a slot; free slots are given away at once.
ChokePlan choose_unchoked(std::span<const ChokeView> peers, const ChokeRules& rules,
                          base::Rng& rng);

}  // namespace skep::engine
