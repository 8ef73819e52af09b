#include "codec/hex.hpp"

#include <gtest/gtest.h>

namespace skep::codec {
namespace {

using base::Bytes;
using base::Errc;

TEST(Hex, SpellsOctetsInLowerCaseAndReadsBothCases) {
  const Bytes octets{0x00, 0x7f, 0xab, 0xff};
  EXPECT_EQ(encode_hex(octets), "007fabff");
  EXPECT_EQ(*decode_hex("007fABff"), octets);
  EXPECT_EQ(*decode_hex(""), Bytes{});
}

TEST(Hex, RefusesHalfOctetsAndOtherCharacters) {
  EXPECT_EQ(decode_hex("abc").code(), Errc::truncated);
  EXPECT_EQ(decode_hex("0g").code(), Errc::bad_syntax);
  EXPECT_EQ(decode_hex("0g").error().at, 1U);
  EXPECT_EQ(decode_hex("0x").code(), Errc::bad_syntax);
}

}  // namespace
}  // namespace skep::codec
