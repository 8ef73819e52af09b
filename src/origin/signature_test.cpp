#include "origin/signature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codec/hex.hpp"

namespace skep::origin {
namespace {

base::Bytes unhex(const std::string& text) { return *codec::decode_hex(text); }

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 section 7.1, TEST 1 to 3.
constexpr Vector kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(Signature, SignsAsRfc8032Says) {
  for (const Vector& vector : kRfc8032) {
    std::array<base::Byte, 32> seed{};
    std::ranges::copy(unhex(vector.seed), seed.begin());
    const KeyPair key = key_from_seed(seed);
    EXPECT_EQ(codec::encode_hex(key.public_key.view()), vector.public_key);
    const base::Bytes message = unhex(vector.message);
    const Signature signature = sign(key, message);
    EXPECT_EQ(codec::encode_hex(signature.view()), vector.signature);
    EXPECT_TRUE(verify(key.public_key, message, signature));
  }
}

TEST(Signature, Bep44sPublishedSignaturesVerify) {
  const auto key =
      *PublicKey::from(unhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548"));
  // Test 1: without salt. Test 2: with the salt "foobar".
  const auto first = *Signature::from(unhex(
      "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb7"
      "3ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01"));
  const auto second = *Signature::from(unhex(
      "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed378"
      "7e6cb896fca78c58f8e03b5f18f14951a87d9a08"));
  EXPECT_TRUE(
      verify(key, site::pointer_bytes_to_sign(1, base::as_bytes("12:Hello World!")), first));
  EXPECT_TRUE(verify(key, base::as_bytes("4:salt6:foobar3:seqi1e1:v12:Hello World!"), second));
  EXPECT_FALSE(
      verify(key, site::pointer_bytes_to_sign(2, base::as_bytes("12:Hello World!")), first));
}

TEST(Signature, EveryChangedBitOfAPointerIsNoticed) {
  const KeyPair key = generate_key();
  crypto::Digest256 hash;
  hash.bytes.fill(7);
  const base::Bytes good = site::encode_pointer(sign_pointer(key, 5, 1'900'000'000, {hash}));
  ASSERT_TRUE(open_pointer(good).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    base::Bytes bad = good;
    bad[i] ^= 1;
    EXPECT_FALSE(open_pointer(bad).has_value()) << "byte " << i;
  }
}

TEST(Signature, KeysAreNeverTheSame) {
  EXPECT_NE(generate_key().public_key, generate_key().public_key);
}

}  // namespace
}  // namespace skep::origin
