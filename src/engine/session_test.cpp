// One engine and a peer played by the test: what it says on the wire, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engine.hpp"
#include "engine/testing/test_site.hpp"
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

crypto::PeerId id_of(base::Byte fill) {
  crypto::PeerId id;
  id.bytes.fill(fill);
  return id;
}

struct Bench {
  TestSite site;
  Engine engine{[] {
    Config c;
    c.peer_id = id_of(5);
    return c;
  }()};
  Instant now{1};
  std::vector<Output> outputs;

  explicit Bench(bool kept, bool hybrid = false)
      : site(make_site({200'000, 70'000}, 1, 64 * 1024, hybrid)) {
    feed(TorrentAdded{TorrentId{1}, site.info_hash, site.metainfo, site.v1_hash});
    if (!kept) return;
    feed(FileKept{TorrentId{1}, FileIndex{0}});
    feed(FileKept{TorrentId{1}, FileIndex{1}});
  }
  void feed(const Input& input) {
    engine.handle(now, input);
    while (auto output = engine.poll()) outputs.push_back(std::move(*output));
  }
  void open(std::uint32_t link, base::Byte peer, DialId dial = {}) {
    feed(LinkOpened{LinkId{link}, TorrentId{1}, id_of(peer), dial});
  }
  void shake(std::uint32_t link, base::Byte peer, bool right_torrent = true) {
    wire::Handshake theirs;
    if (right_torrent) theirs.info_hash = crypto::shorten(site.info_hash);
    shake(link, peer, theirs);
  }
  void shake(std::uint32_t link, base::Byte peer, wire::Handshake theirs) {
    theirs.peer_id = id_of(peer);
    Bytes raw;
    wire::encode(raw, theirs);
    feed(LinkBytes{LinkId{link}, raw});
  }
  /// As a stock client of the first version does it.
  void shake_v1(std::uint32_t link, base::Byte peer) {
    wire::Handshake theirs;
    theirs.info_hash = site.v1_hash;
    theirs.v2 = false;
    theirs.fast = false;
    shake(link, peer, theirs);
  }
  /// The info-hash of our handshake, when it was sent.
  std::optional<crypto::ShortHash> named(std::uint32_t link) const {
    for (const LinkSend& send : all<LinkSend>())
      if (send.link == LinkId{link})
        return wire::decode_handshake(ByteView(send.bytes).first(wire::kHandshakeSize))->info_hash;
    return std::nullopt;
  }
  void say_extended(std::uint32_t link, std::uint8_t id, std::string_view payload) {
    say(link, wire::Extended{id, base::as_bytes(payload)});
  }
  void say(std::uint32_t link, const wire::Message& message) {
    Bytes raw;
    wire::encode(raw, message);
    feed(LinkBytes{LinkId{link}, raw});
  }
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Output& o : outputs)
      if (const T* m = std::get_if<T>(&o)) found.push_back(*m);
    return found;
  }
  std::optional<CloseReason> closed(std::uint32_t link) const {
    for (const LinkClose& close : all<LinkClose>())
      if (close.link == LinkId{link}) return close.reason;
    return std::nullopt;
  }
  /// The first message of that kind that was sent over the link, handed to `look`.
  template <class M, class Look>
  bool sent(std::uint32_t link, Look look) const {
    wire::StreamDecoder decoder;
    bool found = false;
    for (const LinkSend& send : all<LinkSend>()) {
      if (send.link != LinkId{link}) continue;
      decoder.feed(send.bytes);
      while (true) {
        const auto item = decoder.next();
        EXPECT_TRUE(item.has_value());
        if (!item || !item->has_value()) break;
        const auto* message = std::get_if<wire::Message>(&**item);
        if (message == nullptr || found) continue;
        if (const M* m = std::get_if<M>(message)) {
          look(*m);
          found = true;
        }
      }
    }
    return found;
  }
  template <class M>
  bool sent(std::uint32_t link) const {
    return sent<M>(link, [](const M&) {});
  }
};

TEST(Session, RefusesItselfDuplicatesAndOtherTorrents) {
  Bench b(true);
  b.open(1, 5);
  EXPECT_EQ(b.closed(1), CloseReason::duplicate) << "ourselves, as the tracker told";
  b.open(2, 9);
  b.open(3, 9);
  EXPECT_EQ(b.closed(3), CloseReason::duplicate) << "same direction: the older stays";
  b.shake(2, 9, false);
  EXPECT_EQ(b.closed(2), CloseReason::wrong_torrent);
  b.open(4, 9);
  b.shake(4, 5);
  EXPECT_EQ(b.closed(4), CloseReason::duplicate) << "ourselves, as its handshake says";
  b.open(6, 9);
  b.shake(6, 8);
  EXPECT_EQ(b.closed(6), CloseReason::protocol_error) << "somebody else than introduced";
}

TEST(Session, OfTwoCrossedDialsTheLowerPeerIdsStays) {
  Bench b(true);
  b.open(1, 9, DialId{77});  // ours; we (5) are lower
  b.open(2, 9);
  EXPECT_EQ(b.closed(2), CloseReason::duplicate);
  b.open(3, 2, DialId{78});
  b.open(4, 2);  // theirs; they are lower
  EXPECT_EQ(b.closed(3), CloseReason::duplicate);
  EXPECT_FALSE(b.closed(4).has_value());
}

TEST(Session, SilenceAndMissingHandshakesEndALink) {
  Bench b(true);
  b.open(1, 9);
  b.open(2, 8);
  b.shake(2, 8);
  b.now = b.now + seconds(21);
  b.feed(Tick{});
  EXPECT_EQ(b.closed(1), CloseReason::timed_out);
  EXPECT_FALSE(b.closed(2).has_value());
  b.now = b.now + seconds(61);
  b.feed(Tick{});
  EXPECT_TRUE(b.sent<wire::KeepAlive>(2));
  b.now = b.now + seconds(151);
  b.feed(Tick{});
  EXPECT_EQ(b.closed(2), CloseReason::timed_out);
}

TEST(Session, AFullTableKeepsTheNearPeers) {
  Bench b(false);
  Config config;
  config.peer_id = id_of(5);
  config.links_max = 3;
  b.engine = Engine(config);
  b.feed(TorrentAdded{TorrentId{1}, b.site.info_hash, b.site.metainfo, {}});
  // Three peers with a piece each, which arrives after:
  const base::Duration delays[] = {base::milliseconds(20), base::milliseconds(200),
                                   base::milliseconds(60)};
  for (std::uint32_t link = 1; link <= 3; ++link) {
    b.open(link, static_cast<base::Byte>(10 + link));
    b.shake(link, static_cast<base::Byte>(10 + link));
    const base::Byte has[] = {static_cast<base::Byte>(0x80 >> (link - 1))};
    b.say(link, wire::Bitfield{has});
    b.say(link, wire::Unchoke{});
  }
  b.feed(
      FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 3 * 65'536, Urgency::prefetch, {}});
  const Instant asked = b.now;
  for (const std::uint32_t link : {1u, 3u, 2u}) {
    b.now = asked + delays[link - 1];
    const std::uint32_t piece = link - 1;
    ASSERT_TRUE(b.sent<wire::Request>(
        link, [&](const wire::Request& r) { EXPECT_EQ(r.block.piece, piece); }));
    for (std::uint32_t begin = 0; begin < 65'536; begin += base::kBlockSize) {
      const auto bytes = b.site.bytes(FileIndex{0}, piece * 65'536 + begin, base::kBlockSize);
      b.say(link, wire::Piece{piece, begin, bytes});
    }
  }
  ASSERT_EQ(b.all<FetchDone>().size(), 1u);
  EXPECT_EQ(b.all<FetchDone>()[0].from_peers, 3u * 65'536);

  b.now = b.now + seconds(40);  // nobody asks for anything
  b.open(4, 14);
  EXPECT_EQ(b.closed(2), CloseReason::done) << "200 ms away";
  b.open(5, 15);
  EXPECT_EQ(b.closed(3), CloseReason::done) << "60 ms away; the newcomer is not idle yet";
  EXPECT_FALSE(b.closed(1).has_value());
  b.open(6, 16);
  EXPECT_EQ(b.closed(1), CloseReason::done);
  b.open(7, 17);
  EXPECT_EQ(b.closed(7), CloseReason::too_many) << "all the others have just come";
}

TEST(Session, OfPeersThatGaveNothingTheOldestMakesRoom) {
  Bench b(false);
  Config config;
  config.peer_id = id_of(5);
  config.links_max = 2;
  b.engine = Engine(config);
  b.feed(TorrentAdded{TorrentId{1}, b.site.info_hash, b.site.metainfo, {}});
  for (std::uint32_t link = 1; link <= 2; ++link) {
    b.open(link, static_cast<base::Byte>(10 + link));
    b.shake(link, static_cast<base::Byte>(10 + link));
    b.now = b.now + seconds(1);
  }
  b.now = b.now + seconds(29);
  b.open(3, 13);
  EXPECT_EQ(b.closed(1), CloseReason::done);
  EXPECT_FALSE(b.closed(2).has_value());
}

TEST(Session, RejectsRequestsWhileChokingAndServesWhatItChecked) {
  Bench b(true);
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
  Bench b(true, true);
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

  Bench plain(true);
  plain.open(1, 9);
  EXPECT_EQ(plain.named(1), crypto::shorten(plain.site.info_hash));
  plain.shake(1, 9, false);  // twenty zeros are no name
  EXPECT_EQ(plain.closed(1), CloseReason::wrong_torrent);
}

TEST(Session, AV1PeerIsGivenTheZerosBehindTheEndOfAFile) {
  Bench b(true, true);
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

  Bench plain(true);
  plain.open(1, 9);
  plain.shake(1, 9);
  plain.say(1, wire::Interested{});
  plain.say(1, wire::Request{{3, 0, base::kBlockSize}});
  EXPECT_EQ(plain.closed(1), CloseReason::protocol_error) << "no hybrid, no padding";
}

TEST(Session, HandsOutTheInfoDictionary) {
  Bench b(true);
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
  Bench b(true);
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
  Bench b(true);
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
    Bench b(true);
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
    Bench b(false);
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
  Bench b(true);
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
    Bench b(true);
    b.open(1, 9);
    b.shake(1, 9);
    b.say(1, wire::Interested{});
    b.say(1, wire::Request{block});
    EXPECT_EQ(b.closed(1), CloseReason::protocol_error) << block.piece << " " << block.begin;
  }
}

TEST(Session, AnswersHashRequestsForPieceLayersAndLoadedLeaves) {
  Bench b(true);
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

  Bench c(true);
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
  Bench b(false);
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
  Bench b(true);
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
  Bench b(false);
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
  Bench b(false);
  crypto::Digest256 other;
  b.feed(TorrentAdded{TorrentId{2}, other, b.site.metainfo});
  b.feed(TorrentAdded{TorrentId{3}, b.site.info_hash, ByteView(b.site.metainfo).first(100)});
  const auto refused = b.all<TorrentRefused>();
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].reason, base::Errc::hash_mismatch);
}

}  // namespace
}  // namespace skep::engine::testing
