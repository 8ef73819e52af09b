// The pure policies, each with a table or a picture.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/availability.hpp"
#include "engine/candidate_table.hpp"
#include "engine/choker.hpp"
#include "engine/claims.hpp"
#include "engine/eviction.hpp"
#include "engine/hedge.hpp"
#include "engine/meter.hpp"
#include "engine/picker.hpp"
#include "engine/piece_cache.hpp"
#include "engine/token_bucket.hpp"

namespace skep::engine {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;

base::Bitfield bits(std::string_view picture) {
  base::Bitfield out(picture.size());
  for (std::size_t i = 0; i < picture.size(); ++i)
    if (picture[i] != '.') out.set(i);
  return out;
}
std::vector<std::uint16_t> counts(std::string_view digits) {
  std::vector<std::uint16_t> out;
  for (const char c : digits) out.push_back(static_cast<std::uint16_t>(c - '0'));
  return out;
}

// --------------------------------------------------------------------------------------- eviction

TEST(Eviction, WhoIsKnownToBeNearStays) {
  const std::uint64_t leaving[] = {0, 400'000, 100'001, 100'000, 2'000, 1};
  for (std::size_t i = 0; i + 1 < std::size(leaving); ++i)
    EXPECT_GT(distance_of(leaving[i]), distance_of(leaving[i + 1])) << i;
}

// ----------------------------------------------------------------------------------------- picker

struct PickCase {
  const char* peer;
  const char* have;
  const char* taken;
  const char* copies;
  PieceRun run;
  std::uint32_t salt;
  int rarest;  // -1: nothing
  int last;
};

TEST(Picker, TakesTheRarestAndAmongEqualsByTheSalt) {
  const PickCase cases[] = {
      {"############", "............", "............", "333333333333", {0, 12}, 0, 0, 11},
      {"############", "............", "............", "333333333333", {0, 12}, 5, 5, 11},
      {"############", "............", "............", "332333133333", {0, 12}, 0, 6, 11},
      {"############", "............", "............", "332333233333", {0, 12}, 5, 6, 11},
      {"############", "............", "............", "332333233333", {0, 12}, 7, 6, 11},
      {"############", "##..........", "..#.......##", "333333333333", {0, 12}, 1, 4, 9},
      {"#####.......", "####........", "............", "111111111111", {0, 12}, 8, 4, 4},
      {"############", "............", "............", "111111111111", {3, 6}, 0, 3, 5},
      {"############", "............", "............", "111111111111", {3, 6}, 11, 5, 5},
      {"............", "............", "............", "111111111111", {0, 12}, 0, -1, -1},
      {"############", "############", "............", "111111111111", {0, 12}, 0, -1, -1},
      {"############", "............", "............", "111111111111", {4, 4}, 4, -1, -1},
  };
  for (const PickCase& c : cases) {
    const auto peer = bits(c.peer);
    const auto have = bits(c.have);
    const auto taken = bits(c.taken);
    const auto copies = counts(c.copies);
    const PickView view{peer, have, taken, copies};
    const auto rarest = pick_rarest(view, c.run, c.salt);
    const auto last = pick_last(view, c.run);
    EXPECT_EQ(rarest ? static_cast<int>(*rarest) : -1, c.rarest) << c.peer << " " << c.have;
    EXPECT_EQ(last ? static_cast<int>(*last) : -1, c.last) << c.peer << " " << c.have;
  }
}

TEST(Picker, IsInterestedInWhatIsMissingEvenWhenItIsTaken) {
  EXPECT_TRUE(any_needed(bits("..#......."), bits(".........."), {0, 10}));
  EXPECT_FALSE(any_needed(bits("..#......."), bits("..#......."), {0, 10}));
  EXPECT_FALSE(any_needed(bits("..#......."), bits(".........."), {3, 10}));
  EXPECT_FALSE(any_needed(bits("..#......."), bits(".........."), {0, 2}));
  EXPECT_TRUE(any_needed(bits(".........#"), bits(".........."), {0, 10}));
}

TEST(Picker, SizesThePipelineByBandwidthAndDelay) {
  EXPECT_EQ(size_pipeline(0, 0, 4, 256), 4U);
  EXPECT_EQ(size_pipeline(1'000'000, 50'000, 4, 256), 12U);  // 100 ms at least
  EXPECT_EQ(size_pipeline(1'000'000, 200'000, 4, 256), 24U);
  EXPECT_EQ(size_pipeline(25'000'000, 1'000, 4, 256), 256U);
  EXPECT_EQ(size_pipeline(UINT64_MAX, UINT64_MAX, 4, 256), 256U);
  EXPECT_EQ(size_pipeline(1'000'000, 0, 20, 10), 20U);
}

// ------------------------------------------------------------------------------------------ hedge

struct HedgeCase {
  const char* name;
  void (*change)(HedgeView&);
  Reach reach;
  std::int64_t again_ms;  // 0: never
};

/// A normal fetch of 1 MB, one second old, deadline after five; a peer serves 1 MB/s.
HedgeView usual() {
  HedgeView view;
  view.now = Instant{1'000'000};
  view.deadline = Instant{5'000'000};
  view.grace = milliseconds(800);
  view.missing = 1'000'000;
  view.bytes_ahead = 1'000'000;
  view.serving = true;
  view.peer_rate = 1'000'000;
  view.http_rate = 8'000'000;
  return view;
}

TEST(Hedge, DecidesWhenHttpJoinsAndHowFar) {
  const HedgeCase cases[] = {
      {"peers meet the deadline, HTTP would be faster", [](HedgeView&) {}, Reach::none, 0},
      {"urgent", [](HedgeView& v) { v.urgency = Urgency::urgent; }, Reach::all, 0},
      {"urgent, all on its way", [](HedgeView& v) { v.urgency = Urgency::urgent, v.missing = 0; },
       Reach::none, 0},
      {"peers switched off", [](HedgeView& v) { v.use_peers = false; }, Reach::all, 0},
      {"deadline at risk", [](HedgeView& v) { v.peer_rate = 200'000; }, Reach::all, 0},
      {"at risk because of what stands before", [](HedgeView& v) { v.bytes_ahead = 9'000'000; },
       Reach::all, 0},
      {"at risk, but HTTP is no faster",
       [](HedgeView& v) { v.peer_rate = 200'000, v.http_rate = 300'000; }, Reach::scarce, 0},
      {"the peer has only begun",
       [](HedgeView& v) { v.peer_rate = 0, v.serving_since = Instant{900'000}; }, Reach::none,
       1700},
      {"nobody has it, nobody comes",
       [](HedgeView& v) { v.orphans = v.missing, v.serving = false; }, Reach::orphans, 0},
      {"nobody has it, somebody may come",
       [](HedgeView& v) {
         v.orphans = v.missing, v.serving = false, v.connecting = true;
         v.now = Instant{500'000};
       },
       Reach::none, 800},
      {"somebody may come, but the grace is over",
       [](HedgeView& v) { v.orphans = v.missing, v.serving = false, v.connecting = true; },
       Reach::orphans, 0},
      {"peers have a part", [](HedgeView& v) { v.orphans = 400'000; }, Reach::orphans, 0},
      {"choked by one peer, in the grace",
       [](HedgeView& v) { v.serving = false, v.now = Instant{300'000}; }, Reach::none, 800},
      {"choked by one peer", [](HedgeView& v) { v.serving = false; }, Reach::all, 0},
      {"choked in a crowd", [](HedgeView& v) { v.serving = false, v.crowd = 20; }, Reach::none,
       3200},
      {"choked in a crowd for a while",
       [](HedgeView& v) { v.serving = false, v.crowd = 20, v.now = Instant{4'000'000}; },
       Reach::scarce, 6400},
      {"choked in a crowd for long",
       [](HedgeView& v) { v.serving = false, v.crowd = 20, v.now = Instant{7'000'000}; },
       Reach::all, 0},
      {"late in a crowd that feeds us well",
       [](HedgeView& v) {
         v.crowd = 20, v.now = Instant{6'000'000}, v.http_rate = presume_http_rate(1'000'000, 20);
       },
       Reach::none, 0},
      {"late in a crowd that starves us",
       [](HedgeView& v) { v.crowd = 20, v.now = Instant{6'000'000}, v.peer_rate = 1000; },
       Reach::all, 0},
      {"late in a crowd that starves us, but something just came",
       [](HedgeView& v) {
         v.crowd = 20, v.now = Instant{6'000'000}, v.peer_rate = 1000;
         v.last_piece = Instant{5'000'000};
       },
       Reach::scarce, 8200},
      {"prefetch that peers deliver",
       [](HedgeView& v) { v.urgency = Urgency::prefetch, v.peer_rate = 1; }, Reach::none, 10'000},
      {"prefetch that nobody has",
       [](HedgeView& v) { v.urgency = Urgency::prefetch, v.orphans = v.missing; }, Reach::orphans,
       10'000},
      {"prefetch while others wait",
       [](HedgeView& v) {
         v.urgency = Urgency::prefetch, v.orphans = v.missing, v.others_waiting = true;
       },
       Reach::none, 0},
  };
  for (const HedgeCase& c : cases) {
    HedgeView view = usual();
    c.change(view);
    const HedgePlan plan = hedge(view);
    EXPECT_EQ(plan.reach, c.reach) << c.name;
    EXPECT_EQ(plan.again, c.again_ms == 0 ? base::kNever : Instant{c.again_ms * 1000}) << c.name;
  }
}

TEST(Hedge, PresumesLessOfAnOriginThatACrowdUses) {
  EXPECT_EQ(presume_http_rate(1'000'000, 0), 8'000'000U);
  EXPECT_EQ(presume_http_rate(1'000'000, 7), 1'000'000U);
}

// ----------------------------------------------------------------------------------------- choker

ChokeView choke_view(std::uint32_t link, bool interested, std::uint64_t gave, bool unchoked) {
  ChokeView v;
  v.link = base::LinkId{link};
  v.interested = interested;
  v.gave = gave;
  v.unchoked = unchoked;
  return v;
}
std::string names(const ChokePlan& plan) {
  std::string out;
  for (const base::LinkId link : plan.unchoked) out += static_cast<char>('a' + link.value - 1);
  return out;
}

TEST(Choker, ServesWhoGivesMostAndOneMore) {
  base::Rng rng(1);
  std::vector<ChokeView> peers;
  for (std::uint32_t i = 1; i <= 6; ++i) peers.push_back(choke_view(i, true, i * 10, false));
  ChokeRules rules;
  rules.slots = 2;
  rules.regular = true;
  const ChokePlan plan = choose_unchoked(peers, rules, rng);
  ASSERT_EQ(plan.unchoked.size(), 3U);
  EXPECT_NE(names(plan).find("e"), std::string::npos);
  EXPECT_NE(names(plan).find("f"), std::string::npos);
  EXPECT_GE(plan.optimistic.value, 1U);
  EXPECT_LE(plan.optimistic.value, 4U);
}

TEST(Choker, PrefersNewcomersForTheOptimisticSlot) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    base::Rng rng(seed);
    std::vector<ChokeView> peers;
    for (std::uint32_t i = 1; i <= 6; ++i) peers.push_back(choke_view(i, true, 100, false));
    peers[4].newcomer = true;
    ChokeRules rules;
    rules.slots = 2;
    EXPECT_EQ(choose_unchoked(peers, rules, rng).optimistic, base::LinkId{5});
  }
}

TEST(Choker, WhoNeitherGaveNorCanGetsOneSlotWhileOthersWantOurs) {
  base::Rng rng(1);
  std::vector<ChokeView> peers = {
      choke_view(1, true, 0, true),     // took a lot, gave nothing, has nothing
      choke_view(2, true, 0, true),     // the same
      choke_view(3, true, 100, false),  // gave
      choke_view(4, true, 0, false),    // has what we need
      choke_view(5, false, 900, true),  // wants nothing
  };
  peers[0].takes = peers[1].takes = 1'000;
  peers[3].useful = true;
  ChokeRules rules;
  rules.slots = 4;
  for (const bool we_need : {true, false}) {
    for (const bool regular : {true, false}) {
      rules.we_need = we_need;
      rules.regular = rules.rotate_optimistic = regular;
      const ChokePlan plan = choose_unchoked(peers, rules, rng);
      ASSERT_EQ(plan.unchoked.size(), 3U) << we_need << regular;
      EXPECT_LE(plan.optimistic.value, 2U);
      EXPECT_EQ(names(plan).substr(1), "cd");
    }
  }
  for (std::size_t i : {2U, 3U}) peers[i].interested = false;
  EXPECT_EQ(names(choose_unchoked(peers, rules, rng)).substr(0, 2), "ab") << "nobody else wants it";
}

TEST(Choker, TheOptimisticSlotTriesWhoCouldGiveBeforeWhoGaveBeforeTheRest) {
  base::Rng rng(1);
  std::vector<ChokeView> peers = {choke_view(1, true, 0, false), choke_view(2, true, 50, false),
                                  choke_view(3, true, 0, false), choke_view(4, true, 99, false)};
  peers[2].useful = true;
  ChokeRules rules;
  rules.slots = 1;
  rules.regular = true;
  EXPECT_EQ(choose_unchoked(peers, rules, rng).optimistic, base::LinkId{3});
  peers[2].interested = false;
  EXPECT_EQ(choose_unchoked(peers, rules, rng).optimistic, base::LinkId{2});
  peers[1].interested = false;
  EXPECT_EQ(choose_unchoked(peers, rules, rng).optimistic, base::LinkId{1});
}

TEST(Choker, BetweenRoundsOnlyUninterestedPeersLoseTheirSlot) {
  base::Rng rng(1);
  std::vector<ChokeView> peers = {
      choke_view(1, true, 1, true),
      choke_view(2, false, 900, true),
      choke_view(3, true, 500, false),
      choke_view(4, true, 800, false),
  };
  ChokeRules rules;
  rules.slots = 2;
  const ChokePlan plan = choose_unchoked(peers, rules, rng);
  EXPECT_EQ(names(plan).substr(0, 1), "a") << "an interested one stays, slow as it is";
  EXPECT_EQ(names(plan).find('b'), std::string::npos);
  rules.regular = true;
  peers[1].interested = true;
  const std::string regular = names(choose_unchoked(peers, rules, rng));
  EXPECT_NE(regular.find('b'), std::string::npos);
  EXPECT_NE(regular.find('d'), std::string::npos);
}

TEST(Choker, ServesNobodyWithoutUpload) {
  base::Rng rng(1);
  const std::vector<ChokeView> peers = {choke_view(1, true, 5, true)};
  ChokeRules rules;
  rules.upload = false;
  EXPECT_TRUE(choose_unchoked(peers, rules, rng).unchoked.empty());
}

TEST(Choker, WhoNeedsNothingServesWhoTakesFastest) {
  base::Rng rng(1);
  std::vector<ChokeView> peers = {choke_view(1, true, 0, false), choke_view(2, true, 0, false)};
  peers[1].takes = 10;
  ChokeRules rules;
  rules.slots = 1;
  rules.we_need = false;
  rules.regular = true;
  const ChokePlan plan = choose_unchoked(peers, rules, rng);
  EXPECT_EQ(plan.optimistic, base::LinkId{1});
  EXPECT_EQ(names(plan), "ab");
}

// ------------------------------------------------------------------------------------ small parts

TEST(Meter, MeasuresASteadyRateAndForgets) {
  Meter meter;
  EXPECT_EQ(meter.rate(Instant{5'000'000}), 0U);
  for (int i = 0; i < 100; ++i) meter.add(Instant{i * 50'000}, 5'000);
  const Instant end{99 * 50'000};
  EXPECT_NEAR(static_cast<double>(meter.rate(end)), 100'000.0, 6'000.0);
  EXPECT_EQ(meter.rate(end + seconds(3)), 0U);
  EXPECT_EQ(meter.total(), 500'000U);
  meter.add(end + seconds(60), 7);
  EXPECT_LT(meter.rate(end + seconds(60)), 10U);
}

TEST(Meter, JudgesABurstByTheTimeItTook) {
  Meter meter;
  meter.add(Instant{1'000'000}, 50'000);
  meter.add(Instant{1'250'000}, 50'000);
  EXPECT_NEAR(static_cast<double>(meter.rate(Instant{1'250'000})), 400'000.0, 1000.0);
}

TEST(TokenBucket, LetsThroughWhatTheRateAllows) {
  TokenBucket bucket;
  bucket.set_rate({}, 100'000);
  std::uint64_t sent = 0;
  Instant now{};
  while (now < Instant{10'000'000}) {
    while (bucket.take(now, base::kBlockSize)) sent += base::kBlockSize;
    const Instant next = bucket.ready_at(now, base::kBlockSize);
    ASSERT_GT(next, now);
    now = next;
  }
  EXPECT_NEAR(static_cast<double>(sent), 1'000'000.0, 50'000.0);
  bucket.set_rate(now, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bucket.take(now, base::kBlockSize));
}

TEST(TokenBucket, KeepsFractionsWhenAskedOften) {
  TokenBucket bucket;
  bucket.set_rate({}, 20'000);
  std::uint64_t sent = 0;
  for (int us = 0; us < 10'000'000; us += 10)
    if (bucket.take(Instant{us}, base::kBlockSize)) sent += base::kBlockSize;
  EXPECT_NEAR(static_cast<double>(sent), 200'000.0, 20'000.0);
}

TEST(Claims, ScoresSpreadSegmentsEvenlyOverVisitors) {
  std::vector<crypto::PeerId> peers(4);
  for (std::size_t i = 0; i < peers.size(); ++i)
    peers[i].bytes.fill(static_cast<base::Byte>(i + 1));
  std::vector<int> wins(4, 0);
  crypto::Digest256 root;
  for (std::uint32_t n = 0; n < 400; ++n) {
    root.bytes[0] = static_cast<base::Byte>(n / 20);
    std::size_t best = 0;
    for (std::size_t i = 1; i < peers.size(); ++i)
      if (claim_score(peers[i], root, n % 20) > claim_score(peers[best], root, n % 20)) best = i;
    ++wins[best];
  }
  for (const int w : wins) {
    EXPECT_GT(w, 60);
    EXPECT_LT(w, 140);
  }
}

TEST(Candidates, BackOffThenAreDropped) {
  CandidateTable table;
  crypto::PeerId peer;
  peer.bytes.fill(3);
  const TorrentId t{1};
  table.add(t, peer);
  table.add(t, peer);
  ASSERT_EQ(table.of(t).size(), 1U);
  Instant now{};
  for (std::uint32_t i = 1; i < kDialFailuresMax; ++i) {
    const DialId dial = table.next_dial();
    table.of(t)[0].dial = dial;
    EXPECT_EQ(table.dialling(t), 1U);
    table.failed(now, dial);
    ASSERT_EQ(table.of(t).size(), 1U);
    EXPECT_EQ(table.of(t)[0].not_before, now + kDialBackOff * (1 << (i - 1)));
  }
  const DialId last = table.next_dial();
  table.of(t)[0].dial = last;
  table.failed(now, last);
  EXPECT_TRUE(table.of(t).empty());
}

TEST(Candidates, BansAreKeptAndBounded) {
  CandidateTable table;
  crypto::PeerId peer;
  for (std::size_t i = 0; i < kBansMax + 5; ++i) {
    peer.bytes[0] = static_cast<base::Byte>(i);
    peer.bytes[1] = static_cast<base::Byte>(i >> 8);
    table.ban(peer);
  }
  EXPECT_EQ(table.bans(), kBansMax);
  EXPECT_TRUE(table.banned(peer));
  table.add(TorrentId{1}, peer);
  EXPECT_TRUE(table.of(TorrentId{1}).empty());
}

TEST(PieceCache, KeepsTheNewestWithinItsBound) {
  PieceCache cache;
  const std::uint32_t pieces = kCacheBytesMax / 65'536;
  for (std::uint32_t p = 0; p < pieces + 3; ++p) {
    cache.put(TorrentId{1}, p, Bytes(65'536));
    (void)cache.get(TorrentId{1}, 0);  // asked for all the time
  }
  EXPECT_LE(cache.bytes(), kCacheBytesMax);
  EXPECT_NE(cache.get(TorrentId{1}, 0), nullptr);
  EXPECT_EQ(cache.get(TorrentId{1}, 1), nullptr);
  EXPECT_NE(cache.get(TorrentId{1}, pieces + 2), nullptr);
  cache.forget(TorrentId{1});
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Availability, CountsWhatWasAdded) {
  Availability a(4);
  a.add(bits("##.."));
  a.add(bits("#..#"));
  a.add(2);
  EXPECT_EQ(a.of(0), 2);
  EXPECT_EQ(a.of(2), 1);
  a.remove(bits("##.."));
  EXPECT_EQ(a.of(0), 1);
  EXPECT_EQ(a.of(1), 0);
}

}  // namespace
}  // namespace skep::engine
