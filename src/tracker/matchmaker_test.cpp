#include "tracker/matchmaker.hpp"

#include <gtest/gtest.h>

#include <set>

namespace skep::tracker {
namespace {

crypto::PeerId peer_of(std::uint32_t n) {
  crypto::PeerId id;
  base::store_be(id.bytes.data(), n);
  return id;
}

// One member for each character: S seeding, L leeching, both Skep; s and l stock clients.
std::vector<Member> members(const std::string& drawing) {
  std::vector<Member> out;
  for (const char c : drawing) {
    Member member{};
    member.peer_id = peer_of(static_cast<std::uint32_t>(out.size()));
    member.complete = c == 'S' || c == 's';
    member.skep = c == 'S' || c == 'L';
    out.push_back(member);
  }
  return out;
}
std::string drawn(const std::vector<Member>& from, const std::vector<std::uint32_t>& chosen) {
  std::string out;
  for (const std::uint32_t i : chosen)
    out += from[i].complete ? (from[i].skep ? 'S' : 's') : (from[i].skep ? 'L' : 'l');
  return out;
}
const crypto::PeerId kStranger = peer_of(1'000'000);
Member asker_of(const crypto::PeerId& id, bool complete = false) {
  Member asker{};
  asker.peer_id = id;
  asker.complete = complete;
  return asker;
}

TEST(ChooseForOffers, TakesEverybodyButTheAsker) {
  base::Rng rng(1);
  const auto swarm = members("SLsl");
  const auto chosen = choose_for_offers(swarm, peer_of(1), 10, rng);
  EXPECT_EQ(std::set<std::uint32_t>(chosen.begin(), chosen.end()),
            (std::set<std::uint32_t>{0, 2, 3}));
  EXPECT_EQ(chosen.size(), 3u);
}

TEST(ChooseForOffers, IsFairInSmallAndLargeSwarms) {
  for (const std::size_t size : {std::size_t{20}, std::size_t{1000}}) {
    base::Rng rng(2);
    const auto swarm = members(std::string(size, 'L'));
    std::vector<int> times(size, 0);
    const int rounds = static_cast<int>(size) * 20;  // expected: 100 times each
    for (int i = 0; i < rounds; ++i) {
      const auto chosen = choose_for_offers(swarm, kStranger, 5, rng);
      ASSERT_EQ(std::set<std::uint32_t>(chosen.begin(), chosen.end()).size(), 5u);
      for (const std::uint32_t index : chosen) ++times[index];
    }
    for (const int count : times) {
      EXPECT_GT(count, 50);
      EXPECT_LT(count, 150);
    }
  }
}

TEST(ChooseCandidates, MixesSeedingPeersWithOthersSeedingFirst) {
  base::Rng rng(3);
  const struct {
    const char* swarm;
    std::size_t want;
    const char* chosen;
  } cases[] = {
      {"", 5, ""},
      {"L", 0, ""},
      {"ls", 5, "sl"},
      {"slL", 2, "Ls"},
      {"LLLLLLSS", 4, "SLSL"},
      {"LLLLLLS", 4, "SLLL"},
      {"SSSSSSL", 4, "SLSS"},
      {"SSSSSS", 4, "SSSS"},
      {"LLL", 4, "LLL"},
      {"SLslSLsl", 9, "SLSLslsl"},
      {"SSSLLL", 3, "SLS"},
  };
  for (const auto& each : cases) {
    const auto swarm = members(each.swarm);
    EXPECT_EQ(drawn(swarm, choose_candidates(swarm, asker_of(kStranger), each.want, rng)),
              each.chosen)
        << each.swarm;
  }
}

// Where a member is, seen from the asker: n neighbour, p the same provider, . anywhere else.
Network network_of(char place) {
  if (place == 'n') return Network(base::Bytes{192, 0, 2, 77});
  if (place == 'p') return Network(base::Bytes{192, 0, 3, 1});
  return Network(base::Bytes{198, 51, 100, 1});
}

TEST(ChooseCandidates, NamesTheNearestFirst) {
  base::Rng rng(7);
  const struct {
    const char* swarm;
    const char* places;
    std::size_t want;
    const char* chosen;
  } cases[] = {
      {"SSLL", ".n.n", 4, "SLSL"},  // both neighbours, then both others
      {"SSLL", "..nn", 4, "LLSS"},  // near ones without everything before a far seeding peer
      {"SLSL", "n.p.", 4, "SSLL"},  // neighbour, provider, then the rest
      {"SSSL", "pp.p", 4, "SLSS"}, {"LLLL", ".pn.", 2, "LL"},
      {"sL", "n.", 2, "Ls"},  // ours first, however far
  };
  for (const auto& each : cases) {
    auto swarm = members(each.swarm);
    for (std::size_t i = 0; i < swarm.size(); ++i) swarm[i].network = network_of(each.places[i]);
    Member asker = asker_of(kStranger);
    asker.network = Network(base::Bytes{192, 0, 2, 5});
    const auto chosen = choose_candidates(swarm, asker, each.want, rng);
    EXPECT_EQ(drawn(swarm, chosen), each.chosen) << each.swarm << ' ' << each.places;
    for (std::size_t i = 1; i < chosen.size() && swarm[chosen[i]].skep; ++i)
      EXPECT_GE(swarm[chosen[i - 1]].network.to(asker.network),
                swarm[chosen[i]].network.to(asker.network))
          << each.swarm << ' ' << each.places;
  }
}

TEST(Network, IsNearByItsPrefix) {
  const auto v4 = [](base::Byte a, base::Byte b, base::Byte c, base::Byte d) {
    return Network(base::Bytes{a, b, c, d});
  };
  const auto v6 = [](std::initializer_list<base::Byte> head) {
    base::Bytes address(head);
    address.resize(16, 9);
    return Network(address);
  };
  EXPECT_EQ(v4(10, 1, 2, 3).to(v4(10, 1, 2, 200)), Nearness::neighbour);
  EXPECT_EQ(v4(10, 1, 2, 3).to(v4(10, 1, 9, 3)), Nearness::provider);
  EXPECT_EQ(v4(10, 1, 2, 3).to(v4(10, 9, 2, 3)), Nearness::far);
  EXPECT_EQ(v6({1, 2, 3, 4, 5, 6, 7}).to(v6({1, 2, 3, 4, 5, 6, 8})), Nearness::neighbour);
  EXPECT_EQ(v6({1, 2, 3, 4, 5, 6}).to(v6({1, 2, 3, 4, 5, 7})), Nearness::provider);
  EXPECT_EQ(v6({1, 2, 3, 4}).to(v6({1, 2, 3, 5})), Nearness::far);
  EXPECT_EQ(Network().to(Network()), Nearness::far);
  EXPECT_EQ(Network(base::Bytes{1, 2}).to(Network(base::Bytes{1, 2})), Nearness::far);
  EXPECT_EQ(v4(1, 2, 3, 4).to(v6({1, 2, 3, 4})), Nearness::far);
}

TEST(ChooseCandidates, SparesSeedingPeersEachOther) {
  base::Rng rng(4);
  const auto swarm = members("SSSLL");
  EXPECT_EQ(drawn(swarm, choose_candidates(swarm, asker_of(peer_of(0), true), 5, rng)), "LL");
}

TEST(ChooseCandidates, NeverNamesTheAskerOrAnybodyTwice) {
  base::Rng rng(5);
  for (const std::size_t size : {std::size_t{10}, kProbesMax, kProbesMax + 1, std::size_t{5000}}) {
    const auto swarm = members(std::string(size, 'L'));
    for (int round = 0; round < 50; ++round) {
      const auto chosen = choose_candidates(swarm, asker_of(peer_of(3)), 50, rng);
      ASSERT_EQ(chosen.size(), std::min<std::size_t>(50, size - 1));
      ASSERT_EQ(std::set<std::uint32_t>(chosen.begin(), chosen.end()).size(), chosen.size());
      for (const std::uint32_t index : chosen) ASSERT_NE(index, 3u);
    }
  }
}

TEST(ChooseCandidates, FindsTheFewSeedingPeersOfASwarmItLooksThrough) {
  base::Rng rng(6);
  std::string drawing(kProbesMax - 1, 'L');
  drawing += 'S';
  const auto swarm = members(drawing);
  int found = 0;
  for (int round = 0; round < 50; ++round)
    found += drawn(swarm, choose_candidates(swarm, asker_of(kStranger), 20, rng))[0] == 'S';
  EXPECT_EQ(found, 50);
}

}  // namespace
}  // namespace skep::tracker
