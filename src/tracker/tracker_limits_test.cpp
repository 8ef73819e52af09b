#include <gtest/gtest.h>

#include "tracker/testing/rig.hpp"

namespace skep::tracker {
namespace {

using namespace testing;
using wire::AnnounceReply;
using wire::FailureReply;
using wire::GonePush;
using wire::OfferPush;

TEST(TrackerLimits, CloseAConnectionThatTalksTooMuch) {
  Config config;
  config.messages = {10, 1};
  Rig rig(config);
  for (int i = 0; i < 10; ++i) rig.say('a', announce('a'));
  EXPECT_EQ(rig.closed('a'), "");
  rig.advance(base::seconds(2));
  rig.say('a', announce('a'));
  rig.say('a', announce('a'));
  EXPECT_EQ(rig.closed('a'), "");
  rig.say('a', announce('a'));
  EXPECT_EQ(rig.closed('a'), "too many messages");
}

TEST(TrackerLimits, CloseAConnectionThatSendsTooManyBytes) {
  Config config;
  config.bytes = {1000, 10};
  Rig rig(config);
  rig.say('a', announce('a'), 1000);
  EXPECT_EQ(rig.closed('a'), "");
  rig.say('a', announce('a'), 1);
  EXPECT_EQ(rig.closed('a'), "too many bytes");
}

TEST(TrackerLimits, StopRelayingOffersAboveTheSendersQuota) {
  Config config;
  config.offers = {3, 1};
  Rig rig(config);
  for (const char who : std::string("bcdefg")) rig.say(who, announce(who));
  rig.say('a', announce_offers('a', "12345"));
  EXPECT_EQ(rig.tracker().totals().offers_relayed, 3u);
  rig.hush();
  rig.say('a', targeted('a', 'b', '6'));
  EXPECT_EQ(rig.heard_one<GonePush>('a').offer_id, offer_id('6'));
  rig.advance(base::seconds(1));
  rig.say('a', targeted('a', 'b', '7'));
  EXPECT_EQ(rig.heard('b').size(), 1u);
}

TEST(TrackerLimits, SpareAPeerThatGotManyOffers) {
  Config config;
  config.offers_received = {1, 1};
  Rig rig(config);
  for (const char who : std::string("abc")) rig.say(who, announce(who));
  rig.say('a', targeted('a', 'b', '1'));
  rig.hush();
  rig.say('c', targeted('c', 'b', '2'));
  EXPECT_EQ(rig.heard_one<GonePush>('c').peer_id, peer('b'));
  EXPECT_TRUE(rig.heard('b').empty());
  // A stock offer goes to somebody else instead.
  rig.say('d', announce_offers('d', "3"));
  EXPECT_TRUE(rig.heard_all<OfferPush>('b').empty());
  EXPECT_EQ(rig.heard_all<OfferPush>('a').size() + rig.heard_all<OfferPush>('c').size(), 1u);
}

TEST(TrackerLimits, BoundEachTable) {
  Config config;
  config.connections_max = 4;
  config.peers_max = 3;
  config.peers_per_swarm_max = 2;
  config.memberships_per_connection_max = 2;
  config.offers_outstanding_max = 1;
  Rig rig(config);
  rig.say('a', announce('a'));
  rig.say('b', announce('b'));
  rig.hush();
  rig.say('c', announce('c'));
  EXPECT_EQ(rig.heard_one<FailureReply>('c').reason, "the swarm is full");
  auto other = announce('c');
  other.info_hash = swarm('t');
  rig.say('c', other);
  rig.hush();
  other.peer_id = peer('d');
  rig.say('d', other);
  EXPECT_EQ(rig.heard_one<FailureReply>('d').reason, "the tracker is full");
  rig.open("e");
  EXPECT_EQ(rig.closed('e'), "too many connections");

  rig.say('a', targeted('a', 'b', '1'));
  rig.hush();
  rig.say('b', targeted('b', 'a', '2'));
  EXPECT_EQ(rig.heard_one<GonePush>('b').offer_id, offer_id('2'));
}

TEST(TrackerLimits, BoundTheTorrentsOfOneConnection) {
  Config config;
  config.memberships_per_connection_max = 2;
  Rig rig(config);
  rig.say('a', announce('a'));
  rig.say('a', announce('b'));
  rig.hush();
  rig.say('a', announce('c'));
  EXPECT_EQ(rig.heard_one<FailureReply>('a').reason, "too many torrents on one connection");
  rig.say('a', announce('b'));
  EXPECT_EQ(rig.heard_one<AnnounceReply>('a').incomplete, 2u) << "known ones stay";
}

TEST(TrackerLimits, RelayTheSameOfferToAPeerOnce) {
  Rig rig;
  for (const char who : std::string("ab")) rig.say(who, announce(who));
  rig.say('a', targeted('a', 'b', '1'));
  rig.hush();
  rig.say('a', targeted('a', 'b', '1'));
  EXPECT_EQ(rig.heard_one<GonePush>('a').offer_id, offer_id('1'));
  EXPECT_TRUE(rig.heard('b').empty());
}

}  // namespace
}  // namespace skep::tracker
