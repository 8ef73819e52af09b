#include "site/pointer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "codec/bencode_writer.hpp"

namespace skep::site {
namespace {

using base::Bytes;
using base::Errc;
using crypto::Digest256;

Digest256 hash(base::Byte first) {
  Digest256 out;
  out.bytes.fill(first);
  return out;
}

Pointer pointer() {
  Pointer out;
  out.key.bytes.fill('K');
  out.seq = 1700000000;
  out.signature.bytes.fill('S');
  out.expires_s = 1800000000;
  out.info_hashes = {hash('a'), hash('b')};
  out.value = encode_pointer_value(out.expires_s, out.info_hashes);
  return out;
}

Bytes file_with_value(std::string_view value) {
  const std::string k(32, 'K');
  const std::string sig(64, 'S');
  codec::BencodeWriter writer;
  writer.begin_dict().key("k").text(k).key("seq").integer(5).key("sig").text(sig);
  writer.key("v").raw(base::as_bytes(value)).end();
  return writer.take();
}

TEST(Pointer, IsTheDocumentedBytes) {
  const Bytes file = encode_pointer(pointer());
  const std::string value = "d3:expi1800000000e2:ihl32:" + std::string(32, 'a') +
                            "32:" + std::string(32, 'b') + "e1:vi1ee";
  EXPECT_EQ(base::as_text(file), "d1:k32:" + std::string(32, 'K') + "3:seqi1700000000e3:sig64:" +
                                     std::string(64, 'S') + "1:v" + value + "e");
}

TEST(Pointer, NamesTheV1HalvesOfHybrids) {
  Pointer in = pointer();
  crypto::ShortHash v1;
  v1.bytes.fill('v');
  in.value = encode_pointer_value(in.expires_s, in.info_hashes, Switch::on, {{}, v1});
  EXPECT_TRUE(base::as_text(in.value).ends_with("1:vi1e3:v1hl0:20:" + std::string(20, 'v') + "ee"));
  const auto out = decode_pointer(encode_pointer(in));
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->v1_hashes, (std::vector<crypto::ShortHash>{{}, v1}));
  EXPECT_EQ(encode_pointer_value(in.expires_s, in.info_hashes, Switch::on, {{}, {}}),
            pointer().value);
  const std::vector<Digest256> many = [] {
    std::vector<Digest256> hashes;
    for (base::Byte i = 0; i < kPointerHashesMax; ++i) hashes.push_back(hash(i));
    return hashes;
  }();
  const std::vector<crypto::ShortHash> all(kPointerHashesMax, v1);
  EXPECT_LE(encode_pointer_value(INT64_MAX, many, Switch::forget, all).size(),
            base::kPointerValueMax);
}

TEST(Pointer, RefusesV1HashesThatBelongToNothing) {
  const std::string head = "d3:expi5e2:ihl32:" + std::string(32, 'a') + "e1:vi1e3:v1h";
  const auto code = [&](const std::string& v1) {
    return decode_pointer(file_with_value(head + v1 + "e")).code();
  };
  EXPECT_EQ(code("l0:e"), Errc::none);
  EXPECT_EQ(code("le"), Errc::bad_value);
  EXPECT_EQ(code("l0:0:e"), Errc::bad_value);
  EXPECT_EQ(code("l3:abce"), Errc::bad_value);
  EXPECT_EQ(code("li5ee"), Errc::wrong_type);
  EXPECT_EQ(code("i5e"), Errc::wrong_type);
}

TEST(Pointer, ComesBackAsItWas) {
  const Pointer in = pointer();
  const auto out = decode_pointer(encode_pointer(in));
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->key, in.key);
  EXPECT_EQ(out->seq, in.seq);
  EXPECT_EQ(out->signature, in.signature);
  EXPECT_EQ(out->expires_s, in.expires_s);
  EXPECT_EQ(out->info_hashes, in.info_hashes);
  EXPECT_EQ(out->value, in.value);
}

TEST(Pointer, CanBeSwitchedOff) {
  const std::string ih = "2:ihl32:" + std::string(32, 'a') + "e";
  EXPECT_EQ(decode_pointer(encode_pointer(pointer()))->state, Switch::on);
  for (const auto& [state, number] :
       {std::pair(Switch::off, "1"), std::pair(Switch::forget, "2")}) {
    Pointer in = pointer();
    in.value = encode_pointer_value(in.expires_s, {hash('a')}, state);
    EXPECT_EQ(base::as_text(in.value), "d3:expi1800000000e" + ih + "3:offi" + number + "e1:vi1ee");
    EXPECT_EQ(decode_pointer(encode_pointer(in))->state, state);
  }
  const auto read = [&](const std::string& off) {
    return decode_pointer(file_with_value("d3:expi9e" + ih + "3:off" + off + "1:vi1ee"));
  };
  EXPECT_EQ(read("i7e")->state, Switch::off) << "whatever 7 will mean, it is not on";
  EXPECT_EQ(read("i0e").code(), Errc::bad_value);
  EXPECT_EQ(read("i-1e").code(), Errc::bad_value);
  EXPECT_EQ(read("1:x").code(), Errc::wrong_type);
}

TEST(Pointer, SignedBytesAreThoseOfBep44) {
  // BEP 44, "Test vectors", test 1: seq 1, value "Hello World!", no salt.
  EXPECT_EQ(base::as_text(pointer_bytes_to_sign(1, base::as_bytes("12:Hello World!"))),
            "3:seqi1e1:v12:Hello World!");
}

TEST(Pointer, UnknownKeysInsideTheValueAreKeptAndSigned) {
  const std::string value = "d3:expi9e2:ihl32:" + std::string(32, 'a') + "e3:newd1:xi1ee1:vi1ee";
  const auto out = decode_pointer(file_with_value(value));
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(base::as_text(out->value), value);
  EXPECT_EQ(encode_pointer(*out), file_with_value(value));
}

TEST(Pointer, RefusesWrongStructures) {
  const std::string ih = "2:ihl32:" + std::string(32, 'a') + "e";
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e" + ih + "e")).code(), Errc::missing_field);
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e" + ih + "1:vi2ee")).code(),
            Errc::unsupported);
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi0e" + ih + "1:vi1ee")).code(), Errc::bad_value);
  EXPECT_EQ(decode_pointer(file_with_value("d3:exp1:9" + ih + "1:vi1ee")).code(), Errc::wrong_type);
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e2:ihle1:vi1ee")).code(), Errc::bad_value);
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e2:ihl3:abce1:vi1ee")).code(), Errc::bad_value);
  EXPECT_EQ(decode_pointer(file_with_value("le")).code(), Errc::wrong_type);
  const std::string twice = "32:" + std::string(32, 'a') + "32:" + std::string(32, 'a');
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e2:ihl" + twice + "e1:vi1ee")).code(),
            Errc::duplicate);
  std::string many = "d3:expi9e2:ihl";
  for (char c = 'a'; c <= 'q'; ++c) many += "32:" + std::string(32, c);
  EXPECT_EQ(decode_pointer(file_with_value(many + "e1:vi1ee")).code(), Errc::limit_exceeded);
  const std::string pad = "1:z1000:" + std::string(1000, 'z');
  EXPECT_EQ(decode_pointer(file_with_value("d3:expi9e" + ih + "1:vi1e" + pad + "e")).code(),
            Errc::limit_exceeded);
  EXPECT_EQ(decode_pointer({}).code(), Errc::truncated);
  Bytes file = encode_pointer(pointer());
  file.push_back('x');
  EXPECT_EQ(decode_pointer(file).code(), Errc::trailing_bytes);
}

TEST(Pointer, IsFollowedOnlyWhenNewEnoughAndFromThePinnedKey) {
  const Pointer p = pointer();
  EXPECT_TRUE(check_pointer(p, {1700000001, std::nullopt, 0}).has_value());
  EXPECT_TRUE(check_pointer(p, {1700000001, p.key, p.seq}).has_value());
  EXPECT_EQ(check_pointer(p, {1700000001, p.key, p.seq + 1}).code(), Errc::rolled_back);
  EXPECT_EQ(check_pointer(p, {1800000000, p.key, 0}).code(), Errc::expired);
  EXPECT_EQ(check_pointer(p, {1700000001, PublicKey{}, 0}).code(), Errc::bad_signature);
}

}  // namespace
}  // namespace skep::site
