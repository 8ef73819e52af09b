// A visitor with nothing but info-hashes, and peers that hand out the rest: honest engines, and
// engines whose messages are falsified on their way.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "crypto/sha1.hpp"
#include "crypto/sha256.hpp"
#include "engine/engine.hpp"
#include "engine/metadata_fetch.hpp"
#include "engine/testing/metadata_rig.hpp"
#include "wire/extension.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"

namespace skep::engine::testing {
namespace {

using base::seconds;

Bytes encoded(const wire::Message& message) {
  Bytes out;
  wire::encode(out, message);
  return out;
}

/// Changes the seat's answers to `ut_metadata` requests.
Falsify on_metadata(std::function<std::optional<Bytes>(wire::MetadataMessage)> change) {
  return [change](const wire::Message& message) -> std::optional<Bytes> {
    const auto* extended = std::get_if<wire::Extended>(&message);
    if (extended == nullptr || extended->id != wire::kMetadataExtensionId) return std::nullopt;
    const auto answer = wire::decode_metadata_message(extended->payload);
    EXPECT_TRUE(answer.has_value());
    const auto changed = change(*answer);
    if (!changed || changed->empty()) return changed;
    return encoded(wire::Extended{wire::kMetadataExtensionId, *changed});
  };
}
Bytes data_message(std::uint32_t piece, std::uint64_t size, ByteView data) {
  Bytes out;
  base::append(out, "d8:msg_typei1e5:piecei" + std::to_string(piece) + "e10:total_sizei" +
                        std::to_string(size) + "ee");
  base::append(out, data);
  return out;
}
Falsify liar() {
  return on_metadata([](const wire::MetadataMessage& m) -> std::optional<Bytes> {
    Bytes lie = base::to_bytes(m.data);
    lie[lie.size() / 2] ^= 1;
    return data_message(m.piece, m.total_size, lie);
  });
}
Falsify silent() {
  return on_metadata([](const wire::MetadataMessage&) { return Bytes(); });
}
Falsify rejecting() {
  return on_metadata([](const wire::MetadataMessage& m) -> std::optional<Bytes> {
    return wire::encode_metadata_answer(m.piece, {});
  });
}
/// Another size of the dictionary in its extension handshake, and no answers.
Falsify boasting(std::uint64_t size) {
  return [size](const wire::Message& message) -> std::optional<Bytes> {
    const auto* extended = std::get_if<wire::Extended>(&message);
    if (extended == nullptr) return std::nullopt;
    if (extended->id != 0) return Bytes();
    return encoded(wire::Extended{0, wire::our_extension_handshake(size)});
  };
}

void expect_whole(const MetadataRig& rig) {
  ASSERT_TRUE(rig.done.has_value());
  EXPECT_EQ(rig.done->expected, rig.site.info_hash);
  EXPECT_EQ(rig.done->v1, rig.site.v1_hash);
  EXPECT_TRUE(torrent::parse_content(rig.done->metainfo).has_value());
}

TEST(MetadataFetch, AMagnetLinkIsEnoughToJoinASwarm) {
  MetadataRig rig(false, 2600);
  for (int i = 0; i < 3; ++i) rig.seat();
  rig.join();
  rig.run_for(seconds(2));
  expect_whole(rig);
  // Handshake and extension handshake, the dictionary, the layers: a round trip for each.
  EXPECT_LE(rig.done_at.us, 4 * 2 * kLatency.us);
  for (const auto& seat : rig.seats) EXPECT_GT(seat.sent, 15'000u) << "all of them gave some";
  EXPECT_EQ(rig.closed.size(), 3u);
  for (const auto& [link, reason] : rig.closed) EXPECT_EQ(reason, CloseReason::done);

  rig.go_on();
  rig.run_for(seconds(60));
  EXPECT_EQ(rig.files_done, rig.site.files.size());
  for (std::size_t f = 0; f < rig.site.files.size(); ++f)
    EXPECT_EQ(rig.joiner_store[f], rig.site.files[f]) << f;
}

TEST(MetadataFetch, AHybridIsFoundByEitherOfItsNames) {
  for (const bool v1 : {false, true})
    for (const bool v2 : {false, true}) {
      if (!v1 && !v2) continue;
      MetadataRig rig(true);
      rig.seat();
      MetadataWanted wanted;
      if (v1) wanted.v1 = rig.site.v1_hash;
      if (v2) wanted.v2 = rig.site.info_hash;
      rig.join(wanted);
      rig.run_for(seconds(2));
      expect_whole(rig);
    }
}

TEST(MetadataFetch, ALiarIsFoundOutAndTheOthersAreEnough) {
  MetadataRig rig;
  rig.seat(liar());
  rig.seat();
  rig.seat(liar());
  rig.join();
  rig.run_for(seconds(10));
  expect_whole(rig);
  EXPECT_EQ(rig.closed[1], CloseReason::bad_block);
  EXPECT_EQ(rig.closed[2], CloseReason::done);
}

TEST(MetadataFetch, LiarsOnlyNeverComeToAnEnd) {
  MetadataRig rig;
  rig.seat(liar());
  rig.seat(liar());
  rig.join();
  rig.run_for(seconds(60));
  EXPECT_FALSE(rig.done.has_value());
  EXPECT_EQ(rig.closed[1], CloseReason::bad_block);
  EXPECT_EQ(rig.closed[2], CloseReason::bad_block);
}

TEST(MetadataFetch, WhoIsSilentOrRejectsIsLeft) {
  MetadataRig rig;
  rig.seat(silent());
  rig.seat(rejecting());
  rig.seat();
  rig.join();
  rig.run_for(seconds(20));
  expect_whole(rig);
  EXPECT_LE(rig.done_at.us, seconds(6).us) << "one silence at most is waited for";
  MetadataRig alone;
  alone.seat(rejecting());
  alone.seat(silent());
  alone.join();
  alone.run_for(seconds(60));
  EXPECT_EQ(alone.closed[1], CloseReason::timed_out);
  EXPECT_EQ(alone.closed[2], CloseReason::timed_out);
}

TEST(MetadataFetch, AWrongSizeDelaysAndDoesNotPrevent) {
  MetadataRig rig;
  rig.seat(boasting(10'000'000));
  rig.seat(boasting(10'000'000));
  rig.seat(boasting(base::kMetainfoSizeMax + 1));
  rig.seat();
  rig.join();
  rig.run_for(seconds(60));
  expect_whole(rig);
  EXPECT_EQ(rig.closed[1], CloseReason::timed_out);
  EXPECT_EQ(rig.closed[3], CloseReason::done) << "beyond the limit nobody is asked";
}

TEST(MetadataFetch, DataOfAnotherSizeThanSaidEndsTheLink) {
  MetadataRig rig;
  rig.seat(on_metadata([](const wire::MetadataMessage& m) -> std::optional<Bytes> {
    return data_message(m.piece, m.total_size + 1, m.data);
  }));
  rig.seat(on_metadata([](const wire::MetadataMessage& m) -> std::optional<Bytes> {
    return data_message(m.piece, m.total_size, m.data.first(m.data.size() - 1));
  }));
  rig.seat();
  rig.join();
  rig.run_for(seconds(2));
  expect_whole(rig);
  EXPECT_EQ(rig.closed[1], CloseReason::protocol_error);
  EXPECT_EQ(rig.closed[2], CloseReason::protocol_error);
}

TEST(MetadataFetch, FalseHashesNameTheirSender) {
  MetadataRig rig;
  const auto falsify = [](const wire::Message& message) -> std::optional<Bytes> {
    const auto* hashes = std::get_if<wire::Hashes>(&message);
    if (hashes == nullptr) return std::nullopt;
    Bytes lie = base::to_bytes(hashes->hashes);
    lie[33] ^= 1;
    return encoded(wire::Hashes{hashes->range, lie});
  };
  const auto reject = [](const wire::Message& message) -> std::optional<Bytes> {
    const auto* hashes = std::get_if<wire::Hashes>(&message);
    if (hashes == nullptr) return std::nullopt;
    return encoded(wire::HashReject{hashes->range});
  };
  rig.seat(falsify);
  rig.seat(reject);
  rig.seat();
  rig.join();
  rig.run_for(seconds(10));
  expect_whole(rig);
  EXPECT_EQ(rig.closed[1], CloseReason::bad_block);
}

/// One fetch and a peer played by the test.
struct Bench {
  MetadataWanted wanted;
  base::Instant now{1};
  std::optional<MetadataFetch> fetch;
  std::optional<CloseReason> closed;
  std::optional<base::Errc> refused;

  explicit Bench(ByteView info, bool both = false) {
    wanted.peer_id = id_of(5);
    wanted.v1 = crypto::sha1(info);
    if (both) wanted.v2 = crypto::sha256(info);
    fetch.emplace(wanted);
    fetch->link_opened(now, LinkId{1});
    look();
  }
  void shake(wire::Handshake theirs) {
    Bytes raw;
    wire::encode(raw, theirs);
    say(raw);
  }
  wire::Handshake theirs() const {
    wire::Handshake out;
    out.info_hash = *wanted.v1;
    out.peer_id = id_of(9);
    return out;
  }
  void say(ByteView bytes) {
    fetch->link_bytes(now, LinkId{1}, bytes);
    look();
  }
  void look() {
    while (const auto output = fetch->poll()) {
      if (const auto* close = std::get_if<LinkClose>(&*output)) closed = close->reason;
      if (const auto* r = std::get_if<MetadataRefused>(&*output)) refused = r->reason;
    }
  }
};

TEST(MetadataFetch, WhoIsNoUseIsLetGo) {
  const Bytes info = base::to_bytes(base::as_bytes("de"));
  {
    Bench b(info, true);
    auto other = b.theirs();
    other.info_hash.bytes[3] ^= 1;
    b.shake(other);
    EXPECT_EQ(b.closed, CloseReason::wrong_torrent);
  }
  {
    Bench b(info);
    auto plain = b.theirs();
    plain.extensions = false;
    b.shake(plain);
    EXPECT_EQ(b.closed, CloseReason::done);
  }
  {
    Bench b(info);
    auto ourselves = b.theirs();
    ourselves.peer_id = b.wanted.peer_id;
    b.shake(ourselves);
    EXPECT_EQ(b.closed, CloseReason::duplicate);
  }
  {
    Bench b(info);
    b.now = b.fetch->next_wakeup();
    ASSERT_LT(b.now, base::Instant{} + seconds(60));
    b.fetch->tick(b.now);
    b.look();
    EXPECT_EQ(b.closed, CloseReason::timed_out) << "no handshake";
    EXPECT_EQ(b.fetch->links(), 0u);
  }
}

TEST(MetadataFetch, AV1OnlyTorrentIsRefusedWhenItIsKnown) {
  const std::string text =
      "d6:lengthi5e4:name1:x12:piece lengthi16384e6:pieces20:01234567890123456789e";
  const ByteView info = base::as_bytes(text);
  Bench b(info);
  b.shake(b.theirs());
  b.say(encoded(wire::Extended{0, wire::our_extension_handshake(info.size())}));
  b.say(encoded(wire::Extended{wire::kMetadataExtensionId, data_message(0, info.size(), info)}));
  EXPECT_EQ(b.refused, base::Errc::unsupported);
  EXPECT_EQ(b.closed, CloseReason::done);
}

}  // namespace
}  // namespace skep::engine::testing
