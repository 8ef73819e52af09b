#include "tracker/tracker.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tracker/reported.hpp"
#include "tracker/testing/rig.hpp"

namespace skep::tracker {
namespace {

using namespace testing;
using wire::AnnounceReply;
using wire::AnswerPush;
using wire::CandidatePush;
using wire::FailureReply;
using wire::GonePush;
using wire::OfferPush;
using wire::ScrapedSwarm;
using wire::ScrapeReply;
using wire::TrackerEvent;

wire::AnnounceRequest with_event(char who, TrackerEvent event, std::uint64_t left) {
  auto out = announce(who);
  out.event = event;
  out.left = left;
  return out;
}

TEST(Tracker, CountsCompleteAndIncompletePeers) {
  Rig rig;
  rig.say('a', with_event('a', TrackerEvent::started, 0));
  rig.say('b', with_event('b', TrackerEvent::started, 10));
  rig.hush();
  rig.say('c', with_event('c', TrackerEvent::started, wire::kLeftUnknown));
  const auto reply = rig.heard_one<AnnounceReply>('c');
  EXPECT_EQ(reply.info_hash, swarm('s'));
  EXPECT_EQ(reply.interval_s, 120u);
  EXPECT_EQ(reply.complete, 1u);
  EXPECT_EQ(reply.incomplete, 2u);
  EXPECT_FALSE(reply.candidates.has_value());
}

TEST(Tracker, CountsADownloadOnceWhenAPeerCompletes) {
  Rig rig;
  rig.say('a', with_event('a', TrackerEvent::started, 10));
  rig.say('a', with_event('a', TrackerEvent::completed, 0));
  rig.say('a', with_event('a', TrackerEvent::completed, 0));
  rig.hush();
  rig.say('a', wire::ScrapeRequest{{swarm('s')}});
  EXPECT_EQ(rig.heard_one<ScrapeReply>('a').swarms,
            (std::vector<ScrapedSwarm>{{swarm('s'), 1, 0, 1}}));
}

TEST(Tracker, CountsWhatPeersReportButNotWhatNoLineCarries) {
  Rig rig;
  const auto traffic = [](std::uint64_t up, std::uint64_t down) {
    auto out = announce('a');
    out.uploaded = up;
    out.downloaded = down;
    return out;
  };
  rig.say('a', traffic(500, 700));
  EXPECT_EQ(rig.tracker().totals().reported_uploaded, 0u) << "it may have told us before";
  rig.advance(base::seconds(10));
  rig.say('a', traffic(1500, 900));
  EXPECT_EQ(rig.tracker().totals().reported_uploaded, 1000u);
  EXPECT_EQ(rig.tracker().totals().reported_downloaded, 200u);
  rig.advance(base::seconds(2));
  rig.say('a', traffic(UINT64_MAX, 100));
  EXPECT_EQ(rig.tracker().totals().reported_uploaded, 1000u + 2 * kReportedRateMax);
  EXPECT_EQ(rig.tracker().totals().reported_downloaded, 200u) << "began anew";
  rig.advance(base::seconds(1));
  auto last = traffic(UINT64_MAX, 150);
  last.event = TrackerEvent::stopped;
  rig.say('a', last);
  EXPECT_EQ(rig.tracker().totals().reported_downloaded, 250u);
  EXPECT_EQ(rig.tracker().registry().find(swarm('s'))->reported_downloaded, 250u);
}

TEST(Tracker, ForgetsAPeerThatStopsAndOneWhoseConnectionCloses) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.say('b', with_event('b', TrackerEvent::started, 0));
  rig.say('c', announce('c'));
  rig.say('d', with_event('d', TrackerEvent::started, 0));
  rig.say('b', with_event('b', TrackerEvent::stopped, 0));
  rig.close('c');
  rig.close('d');
  rig.hush();
  rig.say('a', announce('a'));
  const auto reply = rig.heard_one<AnnounceReply>('a');
  EXPECT_EQ(reply.complete, 0u);
  EXPECT_EQ(reply.incomplete, 1u);
  EXPECT_EQ(rig.tracker().connection_count(), 2u);
}

TEST(Tracker, AnswersAStopWithCounts) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.hush();
  rig.say('a', with_event('a', TrackerEvent::stopped, 1));
  EXPECT_EQ(rig.heard_one<AnnounceReply>('a').incomplete, 0u);
}

TEST(Tracker, ServesAllowedSwarmsOnly) {
  Rig rig;
  auto stranger = announce('a');
  stranger.info_hash = swarm('x');
  rig.say('a', stranger);
  const auto failure = rig.heard_one<FailureReply>('a');
  EXPECT_EQ(failure.reason, "this tracker does not serve that torrent");
  EXPECT_EQ(failure.info_hash, swarm('x'));
  EXPECT_EQ(rig.tracker().registry().peer_count(), 0u);

  rig.say('a', wire::ScrapeRequest{{swarm('x')}});
  EXPECT_EQ(rig.heard_one<FailureReply>('a').action, FailureReply::Action::scrape);
  rig.say('a', wire::ScrapeRequest{{swarm('x'), swarm('t')}});
  EXPECT_EQ(rig.heard_one<ScrapeReply>('a').swarms.size(), 1u);
  rig.say('a', wire::ScrapeRequest{});
  EXPECT_EQ(rig.heard_one<ScrapeReply>('a').swarms.size(), 2u);
}

TEST(Tracker, ForgetsThePeersOfSwarmsThatAreNoLongerAllowed) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.say('b', announce('b'));
  rig.input(AllowedSwarmsChanged{{swarm('t')}});
  EXPECT_EQ(rig.tracker().registry().peer_count(), 0u);
  rig.hush();
  rig.say('a', targeted('a', 'b', 'o'));
  EXPECT_NE(rig.heard_one<FailureReply>('a').reason, "");
  EXPECT_TRUE(rig.heard('b').empty());
}

TEST(Tracker, SendsEachStockOfferToAnotherPeer) {
  Rig rig;
  for (const char who : std::string("bcdefghi")) rig.say(who, announce(who));
  rig.hush();
  rig.say('a', announce_offers('a', "12345"));
  std::set<wire::OfferId> relayed;
  for (const char who : std::string("bcdefghi")) {
    const auto offers = rig.heard_all<OfferPush>(who);
    ASSERT_LE(offers.size(), 1u) << who;
    for (const OfferPush& each : offers) {
      EXPECT_EQ(each.peer_id, peer('a'));
      EXPECT_EQ(each.offer.sdp[0], static_cast<char>(each.offer.id.bytes[0]));
      relayed.insert(each.offer.id);
    }
  }
  EXPECT_EQ(relayed.size(), 5u);
  EXPECT_EQ(rig.heard_all<OfferPush>('a').size(), 0u);
}

TEST(Tracker, RelaysNoMoreOffersThanNumwantAndPeers) {
  Rig rig;
  for (const char who : std::string("bcd")) rig.say(who, announce(who));
  rig.hush();
  auto few = announce_offers('a', "12345");
  few.numwant = 2;
  rig.say('a', few);
  rig.say('a', announce_offers('a', "67890"));
  EXPECT_EQ(rig.tracker().totals().offers_relayed, 2u + 3u);
}

TEST(Tracker, RelaysAnAnswerToWhoMadeTheOffer) {
  Rig rig;
  rig.say('b', announce('b'));
  rig.say('a', announce_offers('a', "1"));
  rig.hush();
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_EQ(rig.heard_one<AnswerPush>('a'),
            (AnswerPush{swarm('s'), peer('b'), offer_id('1'), "answer"}));
  EXPECT_TRUE(rig.heard('b').empty()) << "answers have no reply";
}

TEST(Tracker, RelaysOnlyTheFirstAnswerToAnOffer) {
  Rig rig;
  rig.say('b', announce('b'));
  rig.say('a', announce_offers('a', "1"));
  rig.say('b', answer('b', 'a', '1'));
  rig.hush();
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_TRUE(rig.heard('a').empty());
  EXPECT_EQ(rig.tracker().totals().answers_dropped, 1u);
}

TEST(Tracker, DropsAnswersToOffersThatTheAnswererNeverGot) {
  Rig rig;
  for (const char who : std::string("abc")) rig.say(who, announce(who));
  rig.say('a', targeted('a', 'b', '1'));
  rig.hush();
  rig.say('c', answer('c', 'a', '1'));  // it was for b
  rig.say('b', answer('b', 'a', '2'));  // another offer
  rig.say('b', answer('b', 'c', '1'));  // another offerer
  rig.say('c', answer('b', 'a', '1'));  // c speaks as b
  EXPECT_TRUE(rig.heard('a').empty());
  EXPECT_TRUE(rig.heard('b').empty());
  EXPECT_EQ(rig.heard_one<FailureReply>('c').reason,
            "announce this peer id here before it answers");
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_EQ(rig.heard('a').size(), 1u) << "the real one still counts";
}

TEST(Tracker, DropsAnAnswerWhenTheOfferExpired) {
  Rig rig;
  rig.say('b', announce('b'));
  rig.say('a', announce_offers('a', "1"));
  rig.hush();
  EXPECT_EQ(rig.tracker().next_wakeup(), rig.now() + base::seconds(60));
  rig.advance(base::seconds(60));
  EXPECT_EQ(rig.tracker().offers_outstanding(), 0u);
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_TRUE(rig.heard('a').empty());
}

TEST(Tracker, DropsAnAnswerWhenTheOffererCameBackOverAnotherConnection) {
  Rig rig;
  rig.say('b', announce('b'));
  rig.say('a', announce_offers('a', "1"));
  rig.close('a');
  rig.say('c', announce('a'));  // the same peer id, over connection c
  rig.hush();
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_TRUE(rig.heard('a').empty());
  EXPECT_TRUE(rig.heard('c').empty());
}

TEST(Tracker, DropsAnAnswerFromAnotherConnectionThanTheOfferWentTo) {
  Rig rig;
  rig.say('b', announce('b'));
  rig.say('a', announce_offers('a', "1"));
  rig.close('b');
  rig.say('c', announce('b'));  // the same peer id, over connection c
  rig.hush();
  rig.say('c', answer('b', 'a', '1'));
  EXPECT_TRUE(rig.heard('a').empty());
}

TEST(Tracker, GivesCandidatesOursBeforeStockClients) {
  Rig rig;
  rig.say('a', announce_skep('a', 0, true));
  rig.say('b', announce_skep('b', 0));
  rig.say('c', announce('c'));  // a stock client
  rig.hush();
  rig.say('d', announce_skep('d', 50));
  const auto reply = rig.heard_one<AnnounceReply>('d');
  ASSERT_TRUE(reply.candidates.has_value());
  EXPECT_EQ(*reply.candidates, (std::vector<wire::Candidate>{
                                   {peer('a'), true}, {peer('b'), false}, {peer('c'), false}}));
}

TEST(Tracker, RelaysATargetedOfferToThatPeerOnlyAndItsAnswerBack) {
  Rig rig;
  for (const char who : std::string("abc")) rig.say(who, announce_skep(who, 0));
  rig.hush();
  rig.say('a', targeted('a', 'b', '1'));
  EXPECT_EQ(rig.heard_one<OfferPush>('b'),
            (OfferPush{swarm('s'), peer('a'), {offer_id('1'), "1"}}));
  EXPECT_TRUE(rig.heard('a').empty()) << "no reply to what could be relayed";
  EXPECT_TRUE(rig.heard('c').empty());
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_EQ(rig.heard('a').size(), 1u);
}

TEST(Tracker, CandidatesFollowATargetedOfferBothWays) {
  Rig rig;
  for (const char who : std::string("abc")) rig.say(who, announce_skep(who, 0));
  rig.hush();
  rig.say('a', candidate('a', 'b', '1'));
  EXPECT_TRUE(rig.heard('b').empty()) << "there is no such offer";
  rig.say('a', targeted('a', 'b', '1'));
  rig.hush();
  const CandidatePush of_a{swarm('s'), peer('a'), offer_id('1'), "candidate"};
  const CandidatePush of_b{swarm('s'), peer('b'), offer_id('1'), "candidate"};
  rig.say('a', candidate('a', 'b', '1'));
  EXPECT_EQ(rig.heard_one<CandidatePush>('b'), of_a);
  rig.say('b', answer('b', 'a', '1'));
  rig.hush();
  rig.say('b', candidate('b', 'a', '1'));
  EXPECT_EQ(rig.heard_one<CandidatePush>('a'), of_b);
  rig.say('a', candidate('a', 'b', '1'));
  EXPECT_EQ(rig.heard_one<CandidatePush>('b'), of_a) << "after the answer, too";
  rig.say('b', answer('b', 'a', '1'));
  EXPECT_TRUE(rig.heard('a').empty()) << "one answer";
  rig.say('c', candidate('c', 'a', '1'));
  rig.say('c', candidate('c', 'b', '1'));
  rig.say('c', candidate('a', 'b', '1'));
  EXPECT_EQ(rig.heard_all<FailureReply>('c').size(), 1u) << "c is not a";
  EXPECT_TRUE(rig.heard('a').empty());
  EXPECT_TRUE(rig.heard('b').empty());
  EXPECT_EQ(rig.tracker().totals().candidates_relayed, 3u);
}

TEST(Tracker, CandidatesEndWithTheOfferAndAreBounded) {
  Config config;
  config.candidates_per_offer_max = 3;
  Rig rig(config);
  for (const char who : std::string("ab")) rig.say(who, announce_skep(who, 0));
  rig.say('a', targeted('a', 'b', '1'));
  rig.say('b', answer('b', 'a', '1'));
  rig.hush();
  for (int i = 0; i < 4; ++i) rig.say('a', candidate('a', 'b', '1'));
  EXPECT_EQ(rig.heard('b').size(), 3u);
  rig.say('a', targeted('a', 'b', '2'));
  rig.say('b', answer('b', 'a', '2'));
  EXPECT_EQ(rig.tracker().offers_outstanding(), 2u);
  rig.advance(config.candidate_expiry);
  EXPECT_EQ(rig.tracker().offers_outstanding(), 0u);
  rig.hush();
  rig.say('b', candidate('b', 'a', '2'));
  EXPECT_TRUE(rig.heard('a').empty());

  rig.say('a', announce_offers('a', "3"));  // a stock offer is answered, and that is all
  rig.say('b', answer('b', 'a', '3'));
  EXPECT_EQ(rig.tracker().offers_outstanding(), 0u);
  rig.hush();
  rig.say('b', candidate('b', 'a', '3'));
  EXPECT_TRUE(rig.heard('a').empty());
}

TEST(Tracker, LetsStockAndSkepClientsMeetBothWays) {
  Rig rig;
  rig.say('k', announce_skep('k', 10));
  rig.say('w', announce_offers('w', "1"));
  EXPECT_EQ(rig.heard_all<OfferPush>('k').size(), 1u);
  rig.say('k', answer('k', 'w', '1'));
  EXPECT_EQ(rig.heard_all<AnswerPush>('w').size(), 1u);
  rig.say('k', targeted('k', 'w', '2'));
  EXPECT_EQ(rig.heard_all<OfferPush>('w').size(), 1u);
  rig.say('w', answer('w', 'k', '2'));
  EXPECT_EQ(rig.heard_all<AnswerPush>('k').size(), 1u);
}

TEST(Tracker, SaysGoneForTargetsOutsideOfTheSwarm) {
  Rig rig;
  rig.say('a', announce('a'));
  auto elsewhere = announce('b');
  elsewhere.info_hash = swarm('t');
  rig.say('b', elsewhere);
  rig.hush();
  for (const char target : std::string("bza")) {  // in another swarm; nowhere; itself
    rig.say('a', targeted('a', target, '1'));
    EXPECT_EQ(rig.heard_one<GonePush>('a'), (GonePush{swarm('s'), peer(target), offer_id('1')}));
  }
  EXPECT_TRUE(rig.heard('b').empty());
}

TEST(Tracker, LetsAConnectionSpeakOnlyForPeersItAnnounced) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.say('b', announce('b'));
  rig.hush();
  rig.say('c', targeted('a', 'b', '1'));  // c pretends to be a
  EXPECT_EQ(rig.heard_one<FailureReply>('c').reason, "announce this peer id here before it offers");
  rig.say('c', announce('a'));  // and tries to take a over
  EXPECT_EQ(rig.heard_one<FailureReply>('c').reason,
            "that peer id is in use on another connection");
  rig.say('c', with_event('a', TrackerEvent::stopped, 1));  // and to stop it
  rig.hush();
  rig.say('b', targeted('b', 'a', '2'));
  EXPECT_EQ(rig.heard('a').size(), 1u);
  EXPECT_TRUE(rig.heard('c').empty());
}

TEST(Tracker, KeepsSeveralPeersOfOneConnectionApart) {
  Rig rig;  // stock clients share a socket between torrents
  rig.say('a', announce('a'));
  rig.say('a', announce('b'));
  rig.hush();
  rig.say('a', targeted('a', 'b', '1'));
  EXPECT_EQ(rig.heard_one<OfferPush>('a').peer_id, peer('a'));
  rig.say('a', answer('b', 'a', '1'));
  EXPECT_EQ(rig.heard_one<AnswerPush>('a').peer_id, peer('b'));
}

TEST(Tracker, ForgetsPeersThatFallSilent) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.advance(base::seconds(200));
  rig.say('b', announce('b'));
  EXPECT_EQ(rig.tracker().next_wakeup(), rig.now() + base::seconds(100));
  rig.advance(base::seconds(100));
  EXPECT_EQ(rig.tracker().registry().peer_count(), 1u);
  EXPECT_EQ(rig.tracker().registry().find(PeerKey{swarm('s'), peer('a')}), nullptr);
  rig.say('b', announce('b'));
  rig.advance(base::seconds(250));
  EXPECT_EQ(rig.tracker().registry().peer_count(), 1u) << "an announce keeps it";
  rig.advance(base::seconds(50));
  EXPECT_EQ(rig.tracker().registry().peer_count(), 0u);
  EXPECT_EQ(rig.tracker().next_wakeup(), base::kNever);
}

TEST(Tracker, ClosesAConnectionThatSendsSomethingMalformed) {
  Rig rig;
  rig.say('a', announce('a'));
  rig.say('b', announce('b'));
  rig.input(MalformedReceived{connection('a'), std::string(200, 'x')});
  EXPECT_EQ(rig.closed('a'), std::string(123, 'x'));
  EXPECT_EQ(rig.closed('b'), "");
  EXPECT_EQ(rig.tracker().registry().peer_count(), 1u);
  rig.hush();
  rig.input(MessageReceived{connection('a'), announce('a'), 1});  // already on its way
  rig.input(ConnectionClosed{connection('a')});
  EXPECT_TRUE(rig.heard('a').empty());
}

TEST(Tracker, RepeatsItselfExactlyFromTheSameSeed) {
  const auto run = [](std::uint64_t seed) {
    Config config;
    config.seed = seed;
    Rig rig(config);
    std::vector<wire::TrackerResponse> out;
    for (char who = 'A'; who <= 'Z'; ++who) rig.say(who, announce_skep(who, 5, who % 3 == 0));
    for (char who = 'A'; who <= 'Z'; ++who) rig.say(who, announce_offers(who, "123"));
    for (char who = 'A'; who <= 'Z'; ++who)
      for (auto& each : rig.heard(who)) out.push_back(std::move(each));
    return out;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace skep::tracker
