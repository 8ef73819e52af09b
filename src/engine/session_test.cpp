// One engine and a peer played by the test: what it says on the wire, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engine.hpp"
#include "engine/testing/session_bench.hpp"
#include "torrent/hash_proof.hpp"
#include "torrent/metainfo.hpp"
#include "wire/extension.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine::testing {
namespace {

using base::Instant;
using base::seconds;

TEST(Session, RejectsRequestsWhileChokingAndServesWhatItChecked) {
  SessionBench b(true);
  b.open(1, 9);
  b.shake(1, 9);
  EXPECT_TRUE(b.sent<wire::HaveAll>(1));
  b.feed(PolicyChanged{true, false, 0});
  b.say(1, wire::Interested{});
  b.say(1, wire::Request{{0, 0, base::kBlockSize}});
  EXPECT_TRUE(b.sent<wire::Reject>(1));
  b.feed(PolicyChanged{true, true, 0});
  EXPECT_TRUE(b.sent<wire::Unchoke>(1));
  b.say(1, wire::Request{{0, 16'384, base::kBlockSize}});
  const auto loads = b.all<PieceLoad>();
  ASSERT_EQ(loads.size(), 1U);
  b.feed(PieceLoaded{loads[0].load, b.site.bytes(FileIndex{0}, 0, 65'536)});
  EXPECT_TRUE(b.sent<wire::Piece>(1, [&](const wire::Piece& piece) {
    EXPECT_EQ(piece.begin, 16'384U);
    EXPECT_TRUE(base::equal(piece.data, b.site.bytes(FileIndex{0}, 16'384, base::kBlockSize)));
  }));
}

TEST(Session, AHybridAnswersToBothOfItsNames) {
  SessionBench b(true, true);
  ASSERT_FALSE(b.site.v1_hash.is_zero());
  b.open(1, 9);
  EXPECT_EQ(b.named(1), std::nullopt) << "who is dialled waits for the name it is called by";
  b.shake_v1(1, 9);
  EXPECT_EQ(b.named(1), b.site.v1_hash);
  b.open(2, 8);
  b.shake(2, 8);
  EXPECT_EQ(b.named(2), crypto::shorten(b.site.info_hash));
  b.open(3, 7, DialId{1});
  EXPECT_EQ(b.named(3), b.site.v1_hash) << "the name that everybody understands";
  b.shake(3, 7);
  b.open(4, 6);
  b.shake(4, 6, false);
  EXPECT_EQ(b.closed(4), CloseReason::wrong_torrent);
  for (const std::uint32_t link : {1U, 2U, 3U}) EXPECT_FALSE(b.closed(link).has_value());

  SessionBench plain(true);
  plain.open(1, 9);
  EXPECT_EQ(plain.named(1), crypto::shorten(plain.site.info_hash));
  plain.shake(1, 9, false);  // twenty zeros are no name
  EXPECT_EQ(plain.closed(1), CloseReason::wrong_torrent);
}

TEST(Session, AV1PeerIsGivenTheZerosBehindTheEndOfAFile) {
  SessionBench b(true, true);
  b.open(1, 9);
  b.shake_v1(1, 9);
  b.say(1, wire::Interested{});
  b.say(1, wire::Request{{3, 0, base::kBlockSize}});       // 200,000 = 3 * 65,536 + 3,392
  b.say(1, wire::Request{{3, 49'152, base::kBlockSize}});  // nothing but padding
  const auto loads = b.all<PieceLoad>();
  ASSERT_EQ(loads.size(), 1U);
  EXPECT_EQ(loads[0].size, 3'392U);
  b.feed(PieceLoaded{loads[0].load, b.site.bytes(FileIndex{0}, 196'608, 3'392)});
  std::vector<Bytes> pieces;
  for (const LinkSend& send : b.all<LinkSend>())
    for (std::size_t at = 0; at + 13 < send.bytes.size(); ++at)
      if (base::load_be<std::uint32_t>(send.bytes.data() + at) == base::kBlockSize + 9 &&
          send.bytes[at + 4] == 7)
        pieces.push_back(base::to_bytes(ByteView(send.bytes).subspan(at + 13, base::kBlockSize)));
  ASSERT_EQ(pieces.size(), 2U);
  Bytes expected = base::to_bytes(b.site.bytes(FileIndex{0}, 196'608, 3'392));
  expected.resize(base::kBlockSize);
  EXPECT_EQ(pieces[0], expected);
  EXPECT_EQ(pieces[1], Bytes(base::kBlockSize));
  b.say(1, wire::Request{{3, 65'536, 1}});
  EXPECT_EQ(b.closed(1), CloseReason::protocol_error) << "the next piece is not padding";

  SessionBench plain(true);
  plain.open(1, 9);
  plain.shake(1, 9);
  plain.say(1, wire::Interested{});
  plain.say(1, wire::Request{{3, 0, base::kBlockSize}});
  EXPECT_EQ(plain.closed(1), CloseReason::protocol_error) << "no hybrid, no padding";
}

TEST(Session, HandsOutTheInfoDictionary) {
  SessionBench b(true);
  b.open(1, 9);
  b.shake(1, 9);
  const auto meta = torrent::parse_metainfo(b.site.metainfo);
  EXPECT_TRUE(b.sent<wire::Extended>(1, [&](const wire::Extended& m) {
    const auto ours = wire::decode_extension_handshake(m.payload);
    ASSERT_TRUE(ours.has_value());
    EXPECT_EQ(ours->metadata_size, meta->info.raw.size());
    EXPECT_EQ(ours->metadata, wire::kMetadataExtensionId);
  }));
  b.say_extended(1, 0, "d1:md11:ut_metadatai9eee");
  b.outputs.clear();
  b.say_extended(1, wire::kMetadataExtensionId, "d8:msg_typei0e5:piecei0ee");
  const auto answer = [&] {  // length, id 20, extension id, payload
    return std::string(base::as_text(ByteView(b.all<LinkSend>().at(0).bytes).subspan(4)));
  };
  EXPECT_EQ(answer(),
            "\x14\x09"
            "d8:msg_typei1e5:piecei0e10:total_sizei" +
                std::to_string(meta->info.raw.size()) + "ee" +
                std::string(base::as_text(meta->info.raw)));
  b.outputs.clear();
  b.say_extended(1, wire::kMetadataExtensionId, "d8:msg_typei0e5:piecei1ee");
  EXPECT_EQ(answer(),
            "\x14\x09"
            "d8:msg_typei2e5:piecei1ee");
  b.outputs.clear();
  b.say_extended(1, wire::kMetadataExtensionId, "d8:msg_typei1e5:piecei0eexyz");  // not asked for
  b.say_extended(1, wire::kMetadataExtensionId, "what");
  EXPECT_TRUE(b.all<LinkSend>().empty());
  EXPECT_FALSE(b.closed(1).has_value());
}

TEST(Session, TheInfoDictionaryIsNoWayToDrawBytesFromAVisitor) {
  SessionBench b(true);
  b.open(1, 9);
  b.shake(1, 9);
  b.say_extended(1, 0, "d1:md11:ut_metadatai9eee");
  const auto pieces_of = [&](unsigned requests) {
    b.outputs.clear();
    for (unsigned i = 0; i < requests; ++i) {
      b.say_extended(1, wire::kMetadataExtensionId, "d8:msg_typei0e5:piecei0ee");
      b.feed(LinkDrained{LinkId{1}, 0});
    }
    unsigned data = 0;
    for (const LinkSend& send : b.all<LinkSend>())
      data += base::as_text(send.bytes).find("msg_typei1e") != std::string_view::npos ? 1u : 0u;
    EXPECT_EQ(b.all<LinkSend>().size(), requests) << "the others are rejects";
    return data;
  };
  EXPECT_EQ(pieces_of(1), 1u);
  PolicyChanged leech;
  leech.upload = false;
  b.feed(leech);
  EXPECT_EQ(pieces_of(1), 0u) << "on a metered line";
  b.feed(PolicyChanged{});
  EXPECT_EQ(pieces_of(500), 1u) << "the answer's head counts, too";
  b.open(2, 8);  // somebody else is not concerned
}

TEST(Session, APeerWithoutTheDictionarySaysLateWhatItHas) {
  SessionBench b(true);
  b.open(1, 9);
  b.shake(1, 9);
  b.say(1, wire::Interested{});
  b.say(1, wire::HaveNone{});
  b.say(1, wire::HaveNone{});
  b.say(1, wire::HaveAll{});
  EXPECT_FALSE(b.closed(1).has_value());
  b.say(1, wire::HaveAll{});
  EXPECT_EQ(b.closed(1), CloseReason::protocol_error) << "once it has something, HAVE says more";
}

TEST(Session, BlocksInARowGoInOneMessageToAFastPeerThatTakesThem) {
  for (const bool ours : {true, false}) {
    SessionBench b(true);
    b.open(1, 9);
    b.shake(1, 9);
    if (ours) b.say_extended(1, 0, "d8:skep_runi65536ee");
    b.say(1, wire::Interested{});
    const auto ask = [&] {
      if (ours) return b.say(1, wire::Request{{0, 0, 65'536}});
      for (std::uint32_t at = 0; at < 65'536; at += base::kBlockSize)
        b.say(1, wire::Request{{0, at, base::kBlockSize}});
    };
    ask();
    b.say(1, wire::Cancel{{0, 0, base::kBlockSize}});  // each block is still one request
    const auto loads = b.all<PieceLoad>();
    ASSERT_EQ(loads.size(), 1U);
    b.feed(PieceLoaded{loads[0].load, b.site.bytes(FileIndex{0}, 0, 65'536)});
    EXPECT_TRUE(b.sent<wire::Reject>(1));
    EXPECT_TRUE(b.sent<wire::Piece>(1, [&](const wire::Piece& piece) {
      EXPECT_EQ(piece.begin, base::kBlockSize);
      EXPECT_EQ(piece.data.size(), base::kBlockSize) << "its rate is not known yet";
    }));
    for (int i = 0; i < 5; ++i) ask();  // 320 KiB in an eighth of a second
    b.outputs.clear();
    ask();
    std::size_t largest = 0;
    for (const LinkSend& send : b.all<LinkSend>())
      largest = std::max<std::size_t>(largest, base::load_be<std::uint32_t>(send.bytes.data()) - 9);
    EXPECT_EQ(largest, ours ? 65'536U : base::kBlockSize);
    EXPECT_FALSE(b.closed(1).has_value());
  }
}

TEST(Session, AsksForBlocksInARowWhereThatIsUnderstood) {
  for (const bool theirs : {true, false}) {
    SessionBench b(false);
    b.open(1, 9);
    b.shake(1, 9);
    if (theirs) b.say_extended(1, 0, "d8:skep_runi49152ee");
    b.say(1, wire::HaveAll{});
    b.feed(
        FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 200'000, Urgency::prefetch, {}});
    b.say(1, wire::Unchoke{});
    const std::uint32_t asked = theirs ? 3 * base::kBlockSize : base::kBlockSize;
    EXPECT_TRUE(b.sent<wire::Request>(1, [&](const wire::Request& request) {
      EXPECT_EQ(request.block, (wire::BlockRange{0, 0, asked}));
    }));
    b.say(1, wire::Piece{0, 0, b.site.bytes(FileIndex{0}, 0, asked)});
    EXPECT_EQ(b.all<StoreWrite>().size(), 0U);
    b.say(1, wire::Piece{0, asked, b.site.bytes(FileIndex{0}, asked, 65'536 - asked)});
    EXPECT_EQ(b.closed(1),
              theirs ? std::nullopt : std::optional<CloseReason>(CloseReason::protocol_error));
    EXPECT_EQ(b.all<StoreWrite>().size(), theirs ? 1U : 0U);
    if (!theirs) continue;
    b.say(1, wire::Piece{3, 0, Bytes(base::kBlockSize)});
    EXPECT_EQ(b.closed(1), CloseReason::protocol_error) << "longer than the piece";
  }
}

TEST(Session, NeverServesAKeptPieceThatIsNotWhatWasPublished) {
  SessionBench b(true);
  b.open(1, 9);
  b.shake(1, 9);
  b.say(1, wire::Interested{});
  b.say(1, wire::Request{{0, 0, base::kBlockSize}});
  const auto loads = b.all<PieceLoad>();
  ASSERT_EQ(loads.size(), 1U);
  Bytes bytes = base::to_bytes(b.site.bytes(FileIndex{0}, 0, 65'536));
  bytes[7] ^= 1;
  b.feed(PieceLoaded{loads[0].load, bytes});
  EXPECT_FALSE(b.sent<wire::Piece>(1));
  EXPECT_TRUE(b.sent<wire::Reject>(1));
  // It is fetched again when the page wants it.
  b.feed(FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 200'000, Urgency::urgent, {}});
  const auto gets = b.all<HttpGet>();
  ASSERT_EQ(gets.size(), 1U);
  EXPECT_EQ(gets[0].begin, 0U);
  EXPECT_EQ(gets[0].end, 65'536U);
}

TEST(Session, RequestsOutsideOfTheTorrentEndTheLink) {
  for (const wire::BlockRange& block :
       {wire::BlockRange{99, 0, 16'384}, wire::BlockRange{0, 65'536, 16'384},
        wire::BlockRange{0, 0, 1U << 20}, wire::BlockRange{0, 0, 0}}) {
    SessionBench b(true);
    b.open(1, 9);
    b.shake(1, 9);
    b.say(1, wire::Interested{});
    b.say(1, wire::Request{block});
    EXPECT_EQ(b.closed(1), CloseReason::protocol_error) << block.piece << " " << block.begin;
  }
}

TEST(Session, AnswersHashRequestsForPieceLayersAndLoadedLeaves) {
  SessionBench b(true);
  const auto meta = torrent::parse_metainfo(b.site.metainfo);
  ASSERT_TRUE(meta.has_value());
  const crypto::Digest256 root = meta->info.files[0].root;
  const auto shape = torrent::TreeShape::of(200'000);
  b.open(1, 9);
  b.shake(1, 9);
  const auto layer = torrent::make_hash_request(shape, 2, 0, 4, shape.root_layer);
  b.say(1, wire::HashRequest{wire::to_range(root, layer)});
  EXPECT_TRUE(b.sent<wire::Hashes>(1, [&](const wire::Hashes& m) {
    const auto hashes = wire::read_hashes(m, shape);
    ASSERT_TRUE(hashes.has_value());
    EXPECT_TRUE(torrent::verify_to_root(layer, shape, *hashes, root).has_value());
  }));

  SessionBench c(true);
  c.open(1, 9);
  c.shake(1, 9);
  const auto leaves = torrent::make_hash_request(shape, 0, 4, 4, shape.root_layer);
  c.say(1, wire::HashRequest{wire::to_range(root, leaves)});
  const auto loads = c.all<PieceLoad>();
  ASSERT_EQ(loads.size(), 1U) << "the piece is not in memory: it is read, then the answer comes";
  EXPECT_FALSE(c.sent<wire::HashReject>(1));
  c.feed(PieceLoaded{loads[0].load, c.site.bytes(FileIndex{0}, 65'536, 65'536)});
  EXPECT_TRUE(c.sent<wire::Hashes>(1, [&](const wire::Hashes& m) {
    const auto hashes = wire::read_hashes(m, shape);
    ASSERT_TRUE(hashes.has_value());
    EXPECT_TRUE(torrent::verify_to_root(leaves, shape, *hashes, root).has_value());
  }));
}

TEST(Session, PiecesThatAnEarlierEngineLeftAreUsedIfTheyVerify) {
  SessionBench b(false);
  const auto piece = [&](std::uint64_t at, std::uint64_t size) {
    return base::to_bytes(b.site.bytes(FileIndex{0}, at, size));
  };
  const auto find = [&](std::uint64_t at, const base::Bytes& bytes) {
    b.feed(PieceFound{TorrentId{1}, FileIndex{0}, at, bytes});
  };
  base::Bytes altered = piece(0, 65'536);
  altered[70] ^= 1;
  find(0, altered);                                  // torn
  find(65'536, piece(65'536, 65'536));               // good
  find(65'536, piece(65'536, 65'536));               // told twice
  find(131'072, piece(131'072, 65'535));             // short
  find(196'608, piece(196'608, 200'000 - 196'608));  // good, the last one
  find(262'144, piece(0, 65'536));                   // beyond the end
  find(10, piece(10, 65'536));                       // not a piece
  b.feed(PieceFound{TorrentId{2}, FileIndex{0}, 0, altered});
  b.feed(PieceFound{TorrentId{1}, FileIndex{9}, 0, altered});
  EXPECT_TRUE(b.all<StoreWrite>().empty()) << "the store has them";
  b.feed(
      FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 65'536, 131'072, Urgency::normal, {}});
  b.feed(FetchRequested{FetchId{2}, TorrentId{1}, FileIndex{0}, 0, 200'000, Urgency::normal, {}});
  auto done = b.all<FetchDone>();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].from_store, 65'536U);

  find(131'072, piece(131'072, 65'536));
  find(0, piece(0, 65'536));
  done = b.all<FetchDone>();
  ASSERT_EQ(done.size(), 2U) << "found while it was fetched";
  EXPECT_EQ(done[1].from_store, 200'000U);
  EXPECT_EQ(b.all<FileComplete>().size(), 1U);
}

TEST(Session, FetchesEndAtOnceWhenThereIsNothingToDo) {
  SessionBench b(true);
  b.feed(FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 10, 190'000, Urgency::normal, {}});
  b.feed(FetchRequested{FetchId{2}, TorrentId{1}, FileIndex{0}, 10, 200'001, Urgency::normal, {}});
  b.feed(FetchRequested{FetchId{3}, TorrentId{1}, FileIndex{7}, 0, 0, Urgency::normal, {}});
  b.feed(FetchRequested{FetchId{4}, TorrentId{2}, FileIndex{0}, 0, 0, Urgency::normal, {}});
  const auto done = b.all<FetchDone>();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].from_store, 189'990U);
  const auto failed = b.all<FetchFailed>();
  ASSERT_EQ(failed.size(), 3U);
  EXPECT_EQ(failed[0].reason, FetchFailed::Reason::bad_range);
  EXPECT_EQ(failed[1].reason, FetchFailed::Reason::no_such_file);
  EXPECT_EQ(failed[2].reason, FetchFailed::Reason::no_such_file);
}

TEST(Session, AStoreThatFailsSendsThePageToPlainHttp) {
  SessionBench b(false);
  b.feed(FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 200'000, Urgency::urgent, {}});
  const auto gets = b.all<HttpGet>();
  ASSERT_EQ(gets.size(), 1U);
  b.feed(HttpStarted{gets[0].http, 200, 0, 200'000});
  b.feed(HttpBytes{gets[0].http, b.site.bytes(FileIndex{0}, 0, 100'000)});
  EXPECT_EQ(b.all<StoreWrite>().size(), 1U);
  b.feed(StoreFailed{TorrentId{1}, FileIndex{0}});
  ASSERT_EQ(b.all<FetchFailed>().size(), 1U);
  EXPECT_EQ(b.all<FetchFailed>()[0].reason, FetchFailed::Reason::store_failed);
  EXPECT_EQ(b.all<HttpCancel>().size(), 1U);
  EXPECT_EQ(b.engine.census().https, 0U);
}

TEST(Session, ATorrentThatIsNotTheOneNamedIsRefused) {
  SessionBench b(false);
  crypto::Digest256 other;
  b.feed(TorrentAdded{TorrentId{2}, other, b.site.metainfo});
  b.feed(TorrentAdded{TorrentId{3}, b.site.info_hash, ByteView(b.site.metainfo).first(100)});
  const auto refused = b.all<TorrentRefused>();
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].reason, base::Errc::hash_mismatch);
}

}  // namespace
}  // namespace skep::engine::testing
