#include "torrent/magnet.hpp"

#include <gtest/gtest.h>

#include "torrent/metainfo.hpp"

namespace skep::torrent {
namespace {

using base::Errc;

const std::string kV1Hex = "0123456789abcdef0123456789abcdef01234567";
const std::string kV2Hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

Errc refusal(const std::string& link) { return parse_magnet(link).code(); }

TEST(Magnet, ReadsBothHashesNameTrackersAndWebSeeds) {
  const auto link =
      parse_magnet("magnet:?xt=urn:btih:" + kV1Hex + "&xt=urn:btmh:1220" + kV2Hex +
                   "&dn=my+site%21&tr=wss%3A%2F%2Ft.example%2F&ws=https://a.example/");
  ASSERT_TRUE(link.has_value()) << link.error().what;
  EXPECT_EQ(link->v1->bytes[1], 0x23);
  EXPECT_EQ(link->v2->bytes[31], 0xff);
  EXPECT_EQ(link->name, "my site!");
  EXPECT_EQ(link->trackers, (std::vector<std::string>{"wss://t.example/"}));
  EXPECT_EQ(link->web_seeds, (std::vector<std::string>{"https://a.example/"}));
}

TEST(Magnet, ReadsWhatOthersWrite) {
  // the same hash in base32, upper case; numbered and unknown parameters; nothing after the last &
  const auto base32 =
      parse_magnet("MAGNET:?XT=1&xt.1=urn:BTIH:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH&x.pe=1.2.3.4:5&");
  ASSERT_TRUE(base32.has_value()) << base32.error().what;
  EXPECT_EQ(*base32->v1, *parse_magnet("magnet:?xt=urn:btih:" + kV1Hex)->v1);
  EXPECT_FALSE(base32->v2.has_value());
}

TEST(Magnet, NamesPeers) {
  const auto link = parse_magnet("magnet:?xt=urn:btih:" + kV1Hex +
                                 "&x.pe=1.2.3.4:5&x.pe=nonsense&x.pe=%5B::1%5D:6881&x=1.2.3.4:9");
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->peers, (std::vector<std::string>{"1.2.3.4:5", "[::1]:6881"}));
  EXPECT_EQ(*parse_peer_address("[::1]:6881"), (PeerAddress{"::1", 6881}));
  EXPECT_EQ(*parse_peer_address("peer-1.example:65535"), (PeerAddress{"peer-1.example", 65535}));
  EXPECT_EQ(print_peer_address({"::1", 6881}), "[::1]:6881");
  for (const char* bad : {"", ":", "a", "a:", ":5", "a:0", "a:65536", "a:99999999999999999999",
                          "a:-1", "a b:5", "::1:5", "[]:5", "[a-b]:5", "a/b:5"})
    EXPECT_EQ(parse_peer_address(bad).code(), Errc::bad_syntax) << bad;
  EXPECT_EQ(parse_peer_address(std::string(254, 'a') + ":5").code(), Errc::limit_exceeded);
}

TEST(Magnet, WhatIsPrintedReadsBack) {
  Magnet magnet;
  magnet.v2 = crypto::Digest256{};
  magnet.v2->bytes.fill(7);
  magnet.name = "größe & more=?#";
  magnet.trackers = {"wss://t.example/a?b=c&d", "wss://u.example/"};
  magnet.web_seeds = {"https://a.example/x y/"};
  magnet.peers = {"[2001:db8::1]:1", "b.example:2"};
  EXPECT_EQ(*parse_magnet(print_magnet(magnet)), magnet);
  magnet.v1 = crypto::ShortHash{};
  magnet.v1->bytes.fill(9);
  EXPECT_EQ(*parse_magnet(print_magnet(magnet)), magnet);
  EXPECT_EQ(print_magnet(magnet).substr(0, 20), "magnet:?xt=urn:btih:");
}

TEST(Magnet, RefusesWhatNamesNoTorrent) {
  EXPECT_EQ(refusal("http://a.example/?xt=urn:btih:" + kV1Hex), Errc::bad_syntax);
  EXPECT_EQ(refusal("magnet:?"), Errc::missing_field);
  EXPECT_EQ(refusal("magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C"), Errc::missing_field);
  EXPECT_EQ(refusal("magnet:?xt=urn:btih:" + kV1Hex + "00"), Errc::bad_value);
  EXPECT_EQ(refusal("magnet:?xt=urn:btih:" + kV1Hex.substr(1) + "x"), Errc::bad_syntax);
  EXPECT_EQ(refusal("magnet:?xt=urn:btih:" + std::string(32, '!')), Errc::bad_syntax);
  EXPECT_EQ(refusal("magnet:?xt=urn:btmh:1114" + kV1Hex), Errc::unsupported);
  EXPECT_EQ(refusal("magnet:?xt=urn:btmh:1220" + kV1Hex), Errc::bad_value);
  EXPECT_EQ(refusal("magnet:?xt=urn:btih:" + kV1Hex + "&dn=%4"), Errc::bad_syntax);
  EXPECT_EQ(refusal("magnet:?xt=urn:btih:" + kV1Hex + "&xt=urn:btih:" + std::string(40, '0')),
            Errc::duplicate);
}

TEST(Magnet, IsBounded) {
  const std::string start = "magnet:?xt=urn:btih:" + kV1Hex;
  EXPECT_EQ(refusal(start + "&dn=" + std::string(kMagnetSizeMax, 'x')), Errc::limit_exceeded);
  EXPECT_EQ(refusal(start + "&tr=" + std::string(kUrlSizeMax + 1, 'x')), Errc::limit_exceeded);
  std::string many = start;
  for (std::size_t i = 0; i < kUrlsMax; ++i) many += "&tr=u";
  EXPECT_EQ(refusal(many), Errc::none);
  EXPECT_EQ(refusal(many + "&tr=u"), Errc::limit_exceeded);
}

}  // namespace
}  // namespace skep::torrent
