// One engine and a peer played by the test: what it says on the wire, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engine.hpp"
#include "engine/testing/test_site.hpp"
#include "torrent/hash_proof.hpp"
#include "torrent/metainfo.hpp"
#include "wire/hash_exchange.hpp"
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
  TestSite site = make_site({200'000, 70'000});
  Engine engine{[] {
    Config c;
    c.peer_id = id_of(5);
    return c;
  }()};
  Instant now{1};
  std::vector<Output> outputs;

  explicit Bench(bool kept) {
    feed(TorrentAdded{TorrentId{1}, site.info_hash, site.metainfo});
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
    theirs.peer_id = id_of(peer);
    Bytes raw;
    wire::encode(raw, theirs);
    feed(LinkBytes{LinkId{link}, raw});
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
