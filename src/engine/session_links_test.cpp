// Which links an engine keeps: peers that are not who they should be, that are silent, or too many.
#include <gtest/gtest.h>

#include "engine/testing/session_bench.hpp"

namespace skep::engine::testing {
namespace {

using base::Instant;
using base::seconds;

TEST(SessionLinks, RefusesItselfDuplicatesAndOtherTorrents) {
  SessionBench b(true);
  b.open(1, 5);
  EXPECT_EQ(b.closed(1), CloseReason::duplicate) << "ourselves, as the tracker told";
  b.open(2, 9);
  b.open(3, 9);
  EXPECT_EQ(b.closed(3), CloseReason::duplicate) << "same direction: the older stays";
  b.shake(2, 9, false);
  EXPECT_EQ(b.closed(2), CloseReason::wrong_torrent);
  b.open(4, 9);
  b.shake(4, 5);
  EXPECT_EQ(b.closed(4), CloseReason::duplicate) << "ourselves, as its handshake says";
  b.open(6, 9);
  b.shake(6, 8);
  EXPECT_EQ(b.closed(6), CloseReason::protocol_error) << "somebody else than introduced";
}

TEST(SessionLinks, OfTwoCrossedDialsTheLowerPeerIdsStays) {
  SessionBench b(true);
  b.open(1, 9, DialId{77});  // ours; we (5) are lower
  b.open(2, 9);
  EXPECT_EQ(b.closed(2), CloseReason::duplicate);
  b.open(3, 2, DialId{78});
  b.open(4, 2);  // theirs; they are lower
  EXPECT_EQ(b.closed(3), CloseReason::duplicate);
  EXPECT_FALSE(b.closed(4).has_value());
}

TEST(SessionLinks, SilenceAndMissingHandshakesEndALink) {
  SessionBench b(true);
  b.open(1, 9);
  b.open(2, 8);
  b.shake(2, 8);
  b.now = b.now + seconds(21);
  b.feed(Tick{});
  EXPECT_EQ(b.closed(1), CloseReason::timed_out);
  EXPECT_FALSE(b.closed(2).has_value());
  b.now = b.now + seconds(61);
  b.feed(Tick{});
  EXPECT_TRUE(b.sent<wire::KeepAlive>(2));
  b.now = b.now + seconds(151);
  b.feed(Tick{});
  EXPECT_EQ(b.closed(2), CloseReason::timed_out);
}

TEST(SessionLinks, AFullTableKeepsTheNearPeers) {
  auto b = SessionBench::crowded(3);
  // Three peers with a piece each, which arrives after:
  const base::Duration delays[] = {base::milliseconds(20), base::milliseconds(200),
                                   base::milliseconds(60)};
  for (std::uint32_t link = 1; link <= 3; ++link) {
    b.arrive(link, static_cast<base::Byte>(10 + link));
    const base::Byte has[] = {static_cast<base::Byte>(0x80 >> (link - 1))};
    b.say(link, wire::Bitfield{has});
    b.say(link, wire::Unchoke{});
  }
  b.feed(
      FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 3 * 65'536, Urgency::prefetch, {}});
  const Instant asked = b.now;
  for (const std::uint32_t link : {1u, 3u, 2u}) {
    b.now = asked + delays[link - 1];
    const std::uint32_t piece = link - 1;
    ASSERT_TRUE(b.sent<wire::Request>(
        link, [&](const wire::Request& r) { EXPECT_EQ(r.block.piece, piece); }));
    for (std::uint32_t begin = 0; begin < 65'536; begin += base::kBlockSize) {
      const auto bytes = b.site.bytes(FileIndex{0}, piece * 65'536 + begin, base::kBlockSize);
      b.say(link, wire::Piece{piece, begin, bytes});
    }
  }
  ASSERT_EQ(b.all<FetchDone>().size(), 1u);
  EXPECT_EQ(b.all<FetchDone>()[0].from_peers, 3u * 65'536);

  b.now = b.now + seconds(40);  // nobody asks for anything
  b.open(4, 14);
  EXPECT_EQ(b.closed(2), CloseReason::done) << "200 ms away";
  b.open(5, 15);
  EXPECT_EQ(b.closed(3), CloseReason::done) << "60 ms away; the newcomer is not idle yet";
  EXPECT_FALSE(b.closed(1).has_value());
  b.open(6, 16);
  EXPECT_EQ(b.closed(1), CloseReason::done);
  b.open(7, 17);
  EXPECT_EQ(b.closed(7), CloseReason::too_many) << "all the others have just come";
}

TEST(SessionLinks, OfPeersThatGaveNothingTheOldestMakesRoom) {
  auto b = SessionBench::crowded(2);
  for (std::uint32_t link = 1; link <= 2; ++link) {
    b.arrive(link, static_cast<base::Byte>(10 + link));
    b.now = b.now + seconds(1);
  }
  b.now = b.now + seconds(29);
  b.open(3, 13);
  EXPECT_EQ(b.closed(1), CloseReason::done);
  EXPECT_FALSE(b.closed(2).has_value());
}

}  // namespace
}  // namespace skep::engine::testing
