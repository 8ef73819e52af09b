#include "wire/stream_decoder.hpp"

#include <gtest/gtest.h>

#include "wire/testing/any_message.hpp"

namespace skep::wire {
namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;

// Items encoded again, so that they outlive the views they hold.
struct Heard {
  Bytes octets;
  std::size_t items = 0;
  Errc error = Errc::none;
};

void drain(StreamDecoder& decoder, Heard& heard) {
  for (;;) {
    const auto item = decoder.next();
    if (!item.has_value()) {
      heard.error = item.error().code;
      return;
    }
    if (!item->has_value()) return;
    ++heard.items;
    std::visit([&heard](const auto& each) { encode(heard.octets, each); }, **item);
  }
}

// A handshake and `count` random messages.
Bytes conversation(base::Rng& rng, int count) {
  Bytes out;
  encode(out, Handshake{});
  for (int i = 0; i < count; ++i) {
    Bytes payload;
    encode(out, testing::any_message(rng, payload));
  }
  return out;
}

StreamDecoder after_handshake(std::size_t message_max = base::kPeerMessageMax) {
  static Bytes handshake;
  handshake.clear();
  encode(handshake, Handshake{});
  StreamDecoder decoder(message_max);
  decoder.feed(handshake);
  EXPECT_TRUE(decoder.next()->has_value());
  EXPECT_FALSE(decoder.next()->has_value());
  return decoder;
}

TEST(StreamDecoder, GivesTheSameItemsHoweverTheBytesAreCut) {
  base::Rng rng(3);
  for (int round = 0; round < 50; ++round) {
    const Bytes all = conversation(rng, 40);
    for (const std::size_t cut_max :
         {std::size_t{1}, std::size_t{7}, std::size_t{500}, all.size()}) {
      StreamDecoder decoder;
      Heard heard;
      for (ByteView rest(all); !rest.empty();) {
        const std::size_t size =
            std::min(rest.size(), cut_max == all.size() ? cut_max : 1 + rng.below(cut_max));
        const Bytes chunk = base::to_bytes(rest.first(size));  // its own storage: no luck
        rest = rest.subspan(size);
        decoder.feed(chunk);
        drain(decoder, heard);
        ASSERT_EQ(heard.error, Errc::none);
      }
      ASSERT_EQ(heard.items, 41u);
      ASSERT_EQ(heard.octets, all);
      ASSERT_EQ(decoder.buffered_bytes(), 0u);
    }
  }
}

TEST(StreamDecoder, PointsIntoTheChunkWhenAMessageIsWhole) {
  StreamDecoder decoder = after_handshake();
  const Bytes block(base::kBlockSize, 7);
  Bytes chunk;
  encode(chunk, Piece{1, 2, block});
  decoder.feed(chunk);
  const auto item = decoder.next();
  const auto& piece = std::get<Piece>(std::get<Message>(**item));
  EXPECT_EQ(piece.data.data(), chunk.data() + 4 + kPieceHeaderSize);
  EXPECT_EQ(piece.data.size(), block.size());
}

TEST(StreamDecoder, RefusesATooLongMessageBeforeItBuffersAnything) {
  StreamDecoder decoder = after_handshake(100);
  const Bytes whole_prefix = {0, 0, 0, 101};
  decoder.feed(whole_prefix);
  EXPECT_EQ(decoder.next().code(), Errc::limit_exceeded);
  EXPECT_EQ(decoder.buffered_bytes(), 0u);

  StreamDecoder cut = after_handshake(100);
  Heard heard;
  for (const base::Byte octet :
       {base::Byte{0xff}, base::Byte{0xff}, base::Byte{0xff}, base::Byte{0xff}}) {
    cut.feed(ByteView(&octet, 1));
    drain(cut, heard);
  }
  EXPECT_EQ(heard.error, Errc::limit_exceeded);
}

TEST(StreamDecoder, TakesAMessageOfExactlyTheLimit) {
  StreamDecoder decoder = after_handshake(100);
  const Bytes bits(99, 0);
  Bytes chunk;
  encode(chunk, Bitfield{bits});
  decoder.feed(chunk);
  EXPECT_TRUE(decoder.next()->has_value());
}

TEST(StreamDecoder, StaysBrokenAfterAnError) {
  StreamDecoder decoder;
  const Bytes other(68, 'x');
  decoder.feed(other);
  EXPECT_EQ(decoder.next().code(), Errc::unsupported);
  Bytes good;
  encode(good, Handshake{});
  decoder.feed(good);
  EXPECT_EQ(decoder.next().code(), Errc::unsupported);
  EXPECT_FALSE(decoder.handshake_done());
}

TEST(StreamDecoder, NeverHoldsMoreThanOneItem) {
  base::Rng rng(4);
  const Bytes all = conversation(rng, 200);
  StreamDecoder decoder;
  Heard heard;
  for (const base::Byte octet : all) {
    decoder.feed(ByteView(&octet, 1));
    drain(decoder, heard);
    ASSERT_LT(decoder.buffered_bytes(), 400u);
  }
  EXPECT_EQ(heard.items, 201u);
}

}  // namespace
}  // namespace skep::wire
