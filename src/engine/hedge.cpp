#include "engine/hedge.hpp"

#include <algorithm>

namespace skep::engine {
namespace {

using base::Instant;

/// In a crowd everybody would turn to the origin at once, and rates mean nothing until the first
/// pieces have gone round: judge peers after that many times the grace.
constexpr std::int64_t kCrowdGraces = 4;
/// A prefetch that got nothing for that long may use HTTP for everything.
constexpr base::Duration kPrefetchPatience = base::seconds(10);

base::Duration patience_of(const HedgeView& view) {
  return view.crowd < kCrowdMin ? view.grace : view.grace * kCrowdGraces;
}
Instant later(Instant a, Instant b) { return std::max(a, b); }

base::Duration time_for(std::uint64_t bytes, std::uint64_t rate_bytes_per_s) {
  constexpr std::uint64_t kLong = 1'000'000'000'000;  // 11 days
  if (rate_bytes_per_s == 0) return base::microseconds(kLong);
  const std::uint64_t us = std::min(bytes, kLong) * 1'000'000 / rate_bytes_per_s;
  return base::microseconds(static_cast<std::int64_t>(std::min(us, kLong)));
}

HedgePlan at_least(Reach reach, bool orphans, Instant again) {
  if (reach == Reach::none && orphans) reach = Reach::orphans;
  return {reach, again};
}

HedgePlan hedge_prefetch(const HedgeView& view) {
  if (!view.use_peers) return {view.others_waiting ? Reach::none : Reach::all, base::kNever};
  const Instant patience = later(view.last_piece, view.started) + kPrefetchPatience;
  const Instant graced = view.started + view.grace;
  if (view.others_waiting) return {Reach::none, base::kNever};
  if (view.connecting && view.now < graced) return {Reach::none, graced};
  if (view.now >= patience && !view.serving) return {Reach::all, base::kNever};
  return at_least(Reach::none, view.orphans > 0, patience > view.now ? patience : base::kNever);
}

/// Peers could deliver all that is not orphaned, but do they in time?
HedgePlan hedge_served(const HedgeView& view, bool orphans) {
  const Instant judged = later(view.started, view.serving_since) + patience_of(view);
  if (view.now < judged) return at_least(Reach::none, orphans, judged);
  const bool risk = view.now + time_for(view.bytes_ahead, view.peer_rate) > view.deadline;
  if (!risk) return at_least(Reach::none, orphans, base::kNever);
  // HTTP that is not clearly faster helps us little and costs the origin much.
  const bool crowd = view.crowd >= kCrowdMin;
  if (view.http_rate / 2 < view.peer_rate)
    return at_least(crowd ? Reach::none : Reach::scarce, orphans, base::kNever);
  // A crowd's rates jump about: there it takes a fetch that stands still, too.
  const Instant still = view.last_piece + patience_of(view);
  if (crowd && view.now < still) return {Reach::scarce, still};
  return {Reach::all, base::kNever};
}

/// Somebody has it, but nobody lets us ask.
HedgePlan hedge_unserved(const HedgeView& view, bool orphans) {
  const Instant graced = view.started + view.grace;
  if (view.now < graced) return at_least(Reach::none, orphans, graced);
  if (view.crowd < kCrowdMin) return {Reach::all, base::kNever};
  const Instant last = later(view.last_piece, view.started);
  const Instant patient = last + patience_of(view);
  const Instant impatient = patient + patience_of(view);
  if (view.now < patient) return at_least(Reach::none, orphans, patient);
  if (view.now < impatient) return {Reach::scarce, impatient};
  return {Reach::all, base::kNever};
}

}  // namespace

HedgePlan hedge(const HedgeView& view) {
  if (view.missing == 0) return {};
  if (view.urgency == Urgency::urgent) return {Reach::all, base::kNever};
  if (view.urgency == Urgency::prefetch) return hedge_prefetch(view);
  if (!view.use_peers) return {Reach::all, base::kNever};

  const Instant graced = view.started + view.grace;
  const bool orphans = view.orphans > 0 && (!view.connecting || view.now >= graced);
  if (view.orphans == view.missing)
    return {orphans ? Reach::orphans : Reach::none, orphans ? base::kNever : graced};
  HedgePlan plan = view.serving ? hedge_served(view, orphans) : hedge_unserved(view, orphans);
  if (view.orphans > 0 && !orphans) plan.again = std::min(plan.again, graced);
  return plan;
}

std::uint64_t presume_http_rate(std::uint64_t floor_rate_bytes_per_s, std::uint32_t crowd) {
  return floor_rate_bytes_per_s * 8 / (1 + std::uint64_t{crowd});
}

}  // namespace skep::engine
