#include "wire/message.hpp"

#include <gtest/gtest.h>

#include "codec/hex.hpp"
#include "wire/handshake.hpp"
#include "wire/testing/any_message.hpp"

namespace skep::wire {
namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;

std::string hex(const Message& message) {
  Bytes out;
  encode(out, message);
  return codec::encode_hex(out);
}
base::Result<Message> decode_hex_body(const std::string& body) {
  static Bytes kept;
  kept = *codec::decode_hex(body);
  return decode_message(kept);
}

TEST(Message, HasTheBytesThatTheSpecificationsDraw) {
  const Bytes data = {0xca, 0xfe};
  EXPECT_EQ(hex(KeepAlive{}), "00000000");
  EXPECT_EQ(hex(Choke{}), "0000000100");
  EXPECT_EQ(hex(Unchoke{}), "0000000101");
  EXPECT_EQ(hex(Interested{}), "0000000102");
  EXPECT_EQ(hex(NotInterested{}), "0000000103");
  EXPECT_EQ(hex(Have{7}), "000000050400000007");
  EXPECT_EQ(hex(Bitfield{data}), "0000000305cafe");
  EXPECT_EQ(hex(Request{{1, 0x8000, 0x4000}}), "0000000d06000000010000800000004000");
  EXPECT_EQ(hex(Piece{1, 0x8000, data}), "0000000b070000000100008000cafe");
  EXPECT_EQ(hex(Cancel{{1, 2, 3}}), "0000000d08000000010000000200000003");
  EXPECT_EQ(hex(Suggest{7}), "000000050d00000007");
  EXPECT_EQ(hex(HaveAll{}), "000000010e");
  EXPECT_EQ(hex(HaveNone{}), "000000010f");
  EXPECT_EQ(hex(Reject{{1, 2, 3}}), "0000000d10000000010000000200000003");
  EXPECT_EQ(hex(AllowedFast{7}), "000000051100000007");
  EXPECT_EQ(hex(Extended{3, data}), "000000041403cafe");
  const std::string root(64, 'a');
  HashRange range;
  range.root.bytes.fill(0xaa);
  range.base_layer = 2;
  range.index = 4;
  range.length = 2;
  range.proof_layers = 1;
  const std::string fields = root + "00000002000000040000000200000001";
  EXPECT_EQ(hex(HashRequest{range}), "0000003115" + fields);
  EXPECT_EQ(hex(Hashes{range, range.root.view()}), "0000005116" + fields + root);
  EXPECT_EQ(hex(HashReject{range}), "0000003117" + fields);
}

TEST(Message, ReadsBackWhateverItWrites) {
  base::Rng rng(1);
  for (int i = 0; i < 5000; ++i) {
    Bytes payload;
    const Message message = testing::any_message(rng, payload);
    Bytes out;
    encode(out, message);
    ASSERT_EQ(base::load_be<std::uint32_t>(out.data()), out.size() - 4);
    const auto back = decode_message(ByteView(out).subspan(4));
    ASSERT_TRUE(back.has_value()) << back.error().what;
    ASSERT_EQ(*back, message);
  }
}

TEST(Message, IsRefusedWithTheWrongSize) {
  for (const std::string& body : std::vector<std::string>{
           "04000000", "060000000100000002", "07000000", "14", "1500", "16" + std::string(94, '0'),
           "17" + std::string(94, '0'), "16" + std::string(98, '0')})
    EXPECT_EQ(decode_hex_body(body).code(), Errc::truncated) << body;
  for (const std::string& body :
       std::vector<std::string>{"0000", "0e00", "040000000100", "06000000010000000200000003ff",
                                "15" + std::string(98, '0'), "17" + std::string(98, '0')})
    EXPECT_EQ(decode_hex_body(body).code(), Errc::trailing_bytes) << body;
}

TEST(Message, HoldsNoMoreHashesThanAnyRequestMayAskFor) {
  Bytes body(1 + 48 + 32 * kHashesMax, 0);
  body[0] = 22;
  EXPECT_TRUE(decode_message(body).has_value());
  body.resize(body.size() + 32);
  EXPECT_EQ(decode_message(body).code(), Errc::limit_exceeded);
}

TEST(Message, OfAnUnknownKindIsNamedAndNotRefused) {
  EXPECT_EQ(*decode_hex_body("09ffff"), Message(Unknown{9}));  // BEP 5 PORT
  EXPECT_EQ(*decode_hex_body("ff"), Message(Unknown{255}));
}

TEST(Hashes, GiveOneDigestAtATime) {
  Bytes octets(64, 1);
  octets[32] = 2;
  const Hashes hashes{{}, octets};
  ASSERT_EQ(hashes.count(), 2u);
  EXPECT_EQ(hashes.at(0).bytes[0], 1);
  EXPECT_EQ(hashes.at(1).bytes[0], 2);
  EXPECT_EQ(hashes.at(1).bytes[31], 1);
}

TEST(Handshake, HasTheBytesThatTheSpecificationsDraw) {
  Handshake handshake;
  handshake.info_hash.bytes.fill(0x11);
  handshake.peer_id.bytes.fill(0x22);
  Bytes out;
  encode(out, handshake);
  EXPECT_EQ(codec::encode_hex(out),
            "13426974546f7272656e742070726f746f636f6c"
            "0000000000100014" +
                std::string(20, '1') + std::string(20, '1') + std::string(40, '2'));
}

TEST(Handshake, KeepsEachReservedBitApart) {
  for (int bits = 0; bits < 8; ++bits) {
    Handshake handshake;
    handshake.fast = bits & 1;
    handshake.extensions = bits & 2;
    handshake.v2 = bits & 4;
    Bytes out;
    encode(out, handshake);
    ASSERT_EQ(out.size(), kHandshakeSize);
    EXPECT_EQ(*decode_handshake(out), handshake);
  }
}

TEST(Handshake, IgnoresBitsItDoesNotKnow) {
  Bytes out;
  encode(out, Handshake{});
  for (std::size_t i = 20; i < 28; ++i) out[i] = 0xff;
  EXPECT_EQ(*decode_handshake(out), Handshake{});
}

TEST(Handshake, OfAnotherProtocolOrSizeIsRefused) {
  Bytes out;
  encode(out, Handshake{});
  EXPECT_EQ(decode_handshake(ByteView(out).first(67)).code(), Errc::truncated);
  Bytes longer = out;
  longer.push_back(0);
  EXPECT_EQ(decode_handshake(longer).code(), Errc::trailing_bytes);
  out[5] ^= 1;
  EXPECT_EQ(decode_handshake(out).code(), Errc::unsupported);
}

}  // namespace
}  // namespace skep::wire
