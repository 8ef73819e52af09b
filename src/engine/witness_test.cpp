// The witness that engine_fuzz relies on: what must not be, it does not let pass.
#include "engine/testing/witness.hpp"

#include <gtest/gtest.h>

namespace skep::engine::testing {
namespace {

struct Heard {
  Published published{make_site({40'000})};
  Witness witness;

  Heard() {
    witness.published(TorrentId{1}, published);
    for (const base::Byte peer : {base::Byte{7}, base::Byte{8}})
      witness.link_opened(LinkOpened{LinkId{peer}, TorrentId{1}, id_of(peer), {}});
    LinkSend first{LinkId{7}, {}};
    wire::encode(first.bytes, wire::Handshake{});
    witness.take(first);
  }
  void close(std::uint32_t link, CloseReason reason) {
    witness.take(LinkClose{LinkId{link}, id_of(static_cast<base::Byte>(link)), reason});
  }
  void send(const wire::Message& message) {
    LinkSend sent{LinkId{7}, {}};
    wire::encode(sent.bytes, message);
    witness.take(sent);
  }
};

TEST(Witness, OnlyWhoLiedMayBeBlamed) {
  Heard h;
  h.witness.link_lies(LinkId{7});
  EXPECT_DEATH(h.close(8, CloseReason::bad_block), "internal error");
  h.close(7, CloseReason::bad_block);
  h.close(8, CloseReason::protocol_error);
  EXPECT_DEATH(h.close(8, CloseReason::protocol_error), "internal error") << "it is closed";
}

TEST(Witness, OnlyWhatWasPublishedMayLeave) {
  Heard h;
  Bytes bytes = base::to_bytes(h.published.site.bytes(FileIndex{0}, 0, 1000));
  h.send(wire::Piece{0, 0, bytes});
  bytes[999] ^= 1;
  EXPECT_DEATH(h.send(wire::Piece{0, 0, bytes}), "internal error");
  EXPECT_DEATH(h.witness.take(StoreWrite{TorrentId{1}, FileIndex{0}, 0, bytes}), "internal error");
}

TEST(Witness, AFetchGoesOnAndEndsOnce) {
  Heard h;
  h.witness.fetch_requested(
      FetchRequested{FetchId{1}, TorrentId{1}, FileIndex{0}, 0, 40'000, Urgency::normal, {}});
  h.witness.take(FetchProgress{FetchId{1}, 16'384});
  EXPECT_DEATH(h.witness.take(FetchProgress{FetchId{1}, 16'384}), "internal error");
  EXPECT_DEATH(h.witness.take(FetchDone{FetchId{1}, 1, 2, 3}), "internal error");
  h.witness.take(FetchDone{FetchId{1}, 30'000, 10'000, 0});
  EXPECT_DEATH(h.witness.take(FetchDone{FetchId{1}, 30'000, 10'000, 0}), "internal error");
}

}  // namespace
}  // namespace skep::engine::testing
