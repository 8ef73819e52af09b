#include "codec/bencode.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "codec/bencode_writer.hpp"

namespace skep::codec {
namespace {

using base::as_bytes;
using base::as_text;
using base::Bytes;
using base::Errc;

Errc refusal(std::string_view text, const BencodeLimits& limits = {}) {
  return decode_bencode(as_bytes(text), limits).code();
}

TEST(Bencode, ReadsTheFourKinds) {
  const std::string_view text = "d4:listli1ei-2ee4:name3:abc3:nil0:e";
  const auto document = decode_bencode(as_bytes(text));
  ASSERT_TRUE(document.has_value());
  const BencodeNode root = document->root();
  EXPECT_EQ(*root.require_text("name"), "abc");
  EXPECT_EQ(*root.require_text("nil"), "");
  std::vector<std::int64_t> numbers;
  for (const BencodeNode item : root.require("list")->items()) numbers.push_back(*item.integer());
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, -2}));
  std::vector<std::string_view> keys;
  for (const auto [key, value] : root.entries()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string_view>{"list", "name", "nil"}));
}

TEST(Bencode, KnowsTheExactBytesOfEachItem) {
  const std::string_view text = "d4:infod1:ai1ee5:otherle1:zi0ee";
  const auto document = decode_bencode(as_bytes(text));
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(as_text(document->root().raw()), text);
  EXPECT_EQ(as_text(document->root().require("info")->raw()), "d1:ai1ee");
  EXPECT_EQ(as_text(document->root().require("other")->raw()), "le");
  EXPECT_EQ(document->root().require("info")->offset(), 7U);
}

TEST(Bencode, RefusesEverySpellingButTheCanonicalOne) {
  EXPECT_EQ(refusal("i03e"), Errc::not_canonical);
  EXPECT_EQ(refusal("i-0e"), Errc::not_canonical);
  EXPECT_EQ(refusal("i-01e"), Errc::not_canonical);
  EXPECT_EQ(refusal("i00e"), Errc::not_canonical);
  EXPECT_EQ(refusal("01:a"), Errc::not_canonical);
  EXPECT_EQ(refusal("00:"), Errc::not_canonical);
  EXPECT_EQ(refusal("d1:bi1e1:ai2ee"), Errc::not_canonical);
  EXPECT_EQ(refusal("d2:aai1e1:ai2ee"), Errc::not_canonical);
  EXPECT_EQ(refusal("d1:ai1e1:ai2ee"), Errc::duplicate);
  EXPECT_EQ(refusal("d0:i1e0:i2ee"), Errc::duplicate);
}

TEST(Bencode, SortsKeysAsUnsignedBytes) {
  EXPECT_EQ(refusal("d1:zi1e1:\xff"
                    "i2ee"),
            Errc::none);
  EXPECT_EQ(refusal("d1:\xff"
                    "i1e1:zi2ee"),
            Errc::not_canonical);
}

TEST(Bencode, RefusesWhatTheGrammarDoesNotKnow) {
  for (const std::string_view text :
       {"e", "x", "ie", "i-e", "i+1e", "i 1e", "i1.0e", "--1", "-1:a", "1a", "li1e1", "di1ei2ee",
        "d1:ae", "d1:ai1e1:be", "i1", "1:"}) {
    const Errc code = refusal(text);
    EXPECT_TRUE(code == Errc::bad_syntax || code == Errc::truncated) << text;
  }
  EXPECT_EQ(refusal("d1:ae"), Errc::bad_syntax);
  EXPECT_EQ(refusal("i1ei2e"), Errc::trailing_bytes);
  EXPECT_EQ(refusal(""), Errc::truncated);
}

TEST(Bencode, RefusesEveryPrefixOfAValidItem) {
  const std::string_view text = "d4:listli1ei-2ee4:name3:abc3:nil0:e";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(refusal(text.substr(0, size)), Errc::truncated) << size;
}

TEST(Bencode, IntegersReachBothEndsOfInt64AndNotFurther) {
  for (const std::int64_t value :
       {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{10}, INT64_MAX}) {
    const std::string text = "i" + std::to_string(value) + "e";
    EXPECT_EQ(*decode_bencode(as_bytes(text))->root().integer(), value);
  }
  EXPECT_EQ(refusal("i9223372036854775808e"), Errc::out_of_range);
  EXPECT_EQ(refusal("i-9223372036854775809e"), Errc::out_of_range);
  EXPECT_EQ(refusal("i99999999999999999999999e"), Errc::out_of_range);
  EXPECT_EQ(refusal("99999999999999999999:"), Errc::limit_exceeded);
}

TEST(Bencode, StopsAtItsLimits) {
  EXPECT_EQ(refusal("lllleeee", {.depth_max = 4}), Errc::none);
  EXPECT_EQ(refusal("lllleeee", {.depth_max = 3}), Errc::depth_exceeded);
  EXPECT_EQ(refusal("li1ei2ee", {.tokens_max = 3}), Errc::none);
  EXPECT_EQ(refusal("li1ei2ee", {.tokens_max = 2}), Errc::limit_exceeded);
  EXPECT_EQ(refusal("5:abcde", {.size_max = 6}), Errc::limit_exceeded);
  EXPECT_EQ(refusal(std::string(100'000, 'l')), Errc::depth_exceeded);
}

TEST(Bencode, APrefixLeavesThePayloadToTheCaller) {
  const auto prefix = decode_bencode_prefix(as_bytes("d8:msg_typei1eepayload"));
  ASSERT_TRUE(prefix.has_value());
  EXPECT_EQ(prefix->consumed, 15U);
  EXPECT_EQ(*prefix->document.root().require_integer("msg_type"), 1);
  EXPECT_EQ(decode_bencode_prefix(as_bytes("i1")).code(), Errc::truncated);
}

TEST(Bencode, SaysWhichFieldIsAbsentOrOfAnotherType) {
  const auto document = decode_bencode(as_bytes("d1:ai1e1:b1:xe"));
  const BencodeNode root = document->root();
  EXPECT_EQ(root.require("c").code(), Errc::missing_field);
  EXPECT_EQ(root.require_bytes("a").code(), Errc::wrong_type);
  EXPECT_EQ(root.require_integer("b").code(), Errc::wrong_type);
  EXPECT_EQ(root.require_kind("a", BencodeKind::dict).code(), Errc::wrong_type);
  EXPECT_EQ(root.require("a")->require("z").code(), Errc::wrong_type);
  EXPECT_FALSE(root.require("a")->find("z").has_value());
}

TEST(Bencode, ADocumentMayBeMoved) {
  auto document = decode_bencode(as_bytes("l1:ae"));
  const BencodeNode root = document->root();
  const BencodeDocument elsewhere = std::move(*document);
  EXPECT_EQ(as_text(root.raw()), "l1:ae");
  EXPECT_EQ(elsewhere.token_count(), 2U);
}

/// Writes a random item: what the decoder must read back and, re-written, repeat byte for byte.
void write_random(BencodeWriter& writer, base::Rng& rng, int depth) {
  switch (rng.below(depth > 0 ? 4 : 2)) {
    case 0:
      writer.integer(static_cast<std::int64_t>(rng.next() >> rng.below(64)));
      break;
    case 1:
      writer.bytes(Bytes(rng.below(20), static_cast<base::Byte>(rng.next())));
      break;
    case 2:
      writer.begin_list();
      for (std::uint64_t n = rng.below(5); n > 0; --n) write_random(writer, rng, depth - 1);
      writer.end();
      break;
    default:
      writer.begin_dict();
      for (std::uint64_t i = 0, n = rng.below(5); i < n; ++i) {
        writer.key(std::string(1, static_cast<char>('a' + i)) + std::string(rng.below(9), 'z'));
        write_random(writer, rng, depth - 1);
      }
      writer.end();
  }
}

void copy(BencodeWriter& writer, BencodeNode node) {
  switch (node.kind()) {
    case BencodeKind::integer:
      writer.integer(*node.integer());
      break;
    case BencodeKind::bytes:
      writer.bytes(*node.bytes());
      break;
    case BencodeKind::list:
      writer.begin_list();
      for (const BencodeNode item : node.items()) copy(writer, item);
      writer.end();
      break;
    case BencodeKind::dict:
      writer.begin_dict();
      for (const auto [key, value] : node.entries()) copy(writer.key(key), value);
      writer.end();
  }
}

TEST(Bencode, WhatTheWriterWritesTheDecoderReadsBack) {
  base::Rng rng(1);
  for (int i = 0; i < 2000; ++i) {
    BencodeWriter inner;
    write_random(inner, rng, 4);
    BencodeWriter writer;
    writer.begin_list().raw(inner.take());
    write_random(writer, rng, 2);
    const Bytes written = writer.end().take();
    const auto document = decode_bencode(written);
    ASSERT_TRUE(document.has_value()) << document.error().what;
    BencodeWriter again;
    copy(again, document->root());
    EXPECT_EQ(again.take(), written);
  }
}

TEST(BencodeWriterDeathTest, StopsWhenKeysComeOutOfOrder) {
  BencodeWriter writer;
  writer.begin_dict().key("b").integer(1);
  EXPECT_DEATH(writer.key("a"), "internal error");
  EXPECT_DEATH(writer.integer(2), "internal error");
  EXPECT_DEATH(writer.take(), "internal error");
}

}  // namespace
}  // namespace skep::codec
