#include "wire/extension.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/rng.hpp"
#include "wire/metadata_message.hpp"

namespace skep::wire {
namespace {

using base::as_bytes;
using base::as_text;
using base::Errc;

TEST(ExtensionHandshake, OursIsWhatTheEncoderWouldWrite) {
  ExtensionHandshake ours;
  ours.dont_have = kDontHaveExtensionId;
  ours.skep = kSkepExtensionId;
  ours.metadata = kMetadataExtensionId;
  ours.reqq = base::kPeerRequestsQueuedMax;
  ours.run = base::kRunMax;
  for (const std::uint64_t size : {1ull, 34'256ull, 32ull << 20}) {
    ours.metadata_size = size;
    std::string ended(as_text(encode_extension_handshake(ours)));
    ended.insert(ended.size() - 1, "1:v4:Skep");
    EXPECT_EQ(as_text(our_extension_handshake(size)), ended);
  }
}

TEST(ExtensionHandshake, SaysHowManyBlocksGoInOneMessage) {
  ExtensionHandshake ours;
  ours.run = 65536;
  ours.reqq = 5;
  const base::Bytes raw = encode_extension_handshake(ours);
  EXPECT_EQ(as_text(raw), "d1:mde4:reqqi5e8:skep_runi65536ee");
  EXPECT_EQ(decode_extension_handshake(raw)->run, 65536U);
  EXPECT_FALSE(decode_extension_handshake(as_bytes("de"))->run.has_value());
  EXPECT_EQ(decode_extension_handshake(as_bytes("d8:skep_runi-1ee")).code(), Errc::out_of_range);
}

TEST(ExtensionHandshake, HasTheBytesThatBep10Draws) {
  ExtensionHandshake handshake;
  handshake.skep = 1;
  handshake.metadata = 3;
  handshake.reqq = 512;
  handshake.metadata_size = 31235;
  EXPECT_EQ(as_text(encode_extension_handshake(handshake)),
            "d1:md4:skepi1e11:ut_metadatai3ee13:metadata_sizei31235e4:reqqi512ee");
  EXPECT_EQ(*decode_extension_handshake(encode_extension_handshake(handshake)), handshake);
}

TEST(ExtensionHandshake, OfAStockClientIsRead) {
  const std::string raw =
      "d12:complete_agoi1e1:md11:lt_donthavei7e10:share_modei8e11:upload_onlyi3e12:ut_holepunchi4e"
      "11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei1000e4:reqqi2000e1:v18:libtorrent/2.0.8.0"
      "6:yourip4:\x7f";
  const auto handshake = decode_extension_handshake(as_bytes(raw + std::string("\0\0\1e", 4)));
  ASSERT_TRUE(handshake.has_value()) << handshake.error().what;
  EXPECT_EQ(handshake->dont_have, 7);
  EXPECT_EQ(handshake->metadata, 2);
  EXPECT_EQ(handshake->skep, std::nullopt);
  EXPECT_EQ(handshake->reqq, 2000u);
}

TEST(ExtensionHandshake, WithIdZeroSwitchesAnExtensionOff) {
  const auto handshake = decode_extension_handshake(as_bytes("d1:md4:skepi0eee"));
  ASSERT_TRUE(handshake.has_value());
  EXPECT_EQ(handshake->skep, std::nullopt);
}

TEST(ExtensionHandshake, MayBeEmpty) {
  EXPECT_EQ(*decode_extension_handshake(as_bytes("de")), ExtensionHandshake{});
}

TEST(ExtensionHandshake, OutOfBoundsIsRefused) {
  std::string many = "d1:md";
  for (int i = 0; i < 2000; ++i) many += "4:" + std::to_string(1000 + i) + "i1e";
  const struct {
    std::string raw;
    Errc code;
  } cases[] = {
      {"", Errc::truncated},
      {"le", Errc::wrong_type},
      {"d1:mlee", Errc::wrong_type},
      {"d1:md4:skepi256eee", Errc::out_of_range},
      {"d1:md4:skepi-1eee", Errc::out_of_range},
      {"d1:md4:skep1:1ee", Errc::wrong_type},
      {"d4:reqqi4294967296ee", Errc::out_of_range},
      {"d13:metadata_sizei-1ee", Errc::out_of_range},
      {"de ", Errc::trailing_bytes},
      {many + "ee", Errc::limit_exceeded},
      {"d1:xlllllllllleeeeeeeeeee", Errc::depth_exceeded},
      {"d1:v20000:" + std::string(20000, 'v') + "e", Errc::limit_exceeded},
  };
  for (const auto& each : cases)
    EXPECT_EQ(decode_extension_handshake(as_bytes(each.raw)).code(), each.code)
        << each.raw.substr(0, 80);
}

TEST(Claims, ReadBackWhateverTheyWrite) {
  base::Rng rng(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<Claim> claims(rng.below(kClaimsMax + 1));
    for (Claim& claim : claims)
      claim = {base::FileIndex(static_cast<std::uint32_t>(rng.next())),
               static_cast<std::uint32_t>(rng.next()), static_cast<ClaimState>(rng.below(3)),
               rng.chance(1, 2) ? 0 : rng.next() >> 1};
    const base::Bytes raw = encode_claims(claims);
    ASSERT_LE(raw.size(), kExtensionPayloadMax);
    const auto back = decode_claims(raw);
    ASSERT_TRUE(back.has_value()) << back.error().what;
    ASSERT_EQ(*back, claims);
  }
}

TEST(Claims, HaveTheBytesThatTheFormatDraws) {
  EXPECT_EQ(
      encode_claims({{base::FileIndex(3), 0x0102, ClaimState::active, 0},
                     {base::FileIndex(0), 1, ClaimState::done, 0x1122334455667788}}),
      (base::Bytes{0, 0, 0, 3, 0, 0, 1, 2, 1, 0,    0,    0,    0,    0,    0,    0,    0,  //
                   0, 0, 0, 0, 0, 0, 0, 1, 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}));
}

TEST(DontHave, IsFourBytes) {
  EXPECT_EQ(encode_dont_have(0x01020304), (base::Bytes{1, 2, 3, 4}));
  EXPECT_EQ(*decode_dont_have(base::Bytes{0, 0, 1, 0}), 256U);
  EXPECT_EQ(decode_dont_have(base::Bytes{0, 0, 1}).code(), Errc::truncated);
  EXPECT_EQ(decode_dont_have(base::Bytes{0, 0, 1, 0, 0}).code(), Errc::trailing_bytes);
}

TEST(Claims, OutOfBoundsAreRefused) {
  EXPECT_TRUE(decode_claims({})->empty());
  EXPECT_EQ(decode_claims(base::Bytes(16)).code(), Errc::truncated);
  EXPECT_EQ(decode_claims(base::Bytes(18)).code(), Errc::truncated);
  EXPECT_EQ(decode_claims(base::Bytes(17 * (kClaimsMax + 1))).code(), Errc::limit_exceeded);
  base::Bytes strange(17);
  strange[8] = 3;
  EXPECT_EQ(decode_claims(strange).code(), Errc::bad_value);
}

}  // namespace
}  // namespace skep::wire
