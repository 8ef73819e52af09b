/// session_bench.hpp: one engine, and peers played by the test: what they say to it on the wire.
#pragma once

#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/message.hpp"
#include "wire/stream_decoder.hpp"

namespace skep::engine::testing {

struct SessionBench {
  static constexpr base::Byte kOurs = 5;  // what our peer id is filled with
  TestSite site;
  Engine engine{[] {
    Config c;
    c.peer_id = id_of(kOurs);
    return c;
  }()};
  base::Instant now{1};
  std::vector<Output> outputs;

  explicit SessionBench(bool kept, bool hybrid = false)
      : site(make_site({200'000, 70'000}, 1, 64 * 1024, hybrid)) {
    feed(TorrentAdded{TorrentId{1}, site.info_hash, site.metainfo, site.v1_hash});
    if (!kept) return;
    feed(FileKept{TorrentId{1}, FileIndex{0}});
    feed(FileKept{TorrentId{1}, FileIndex{1}});
  }
  /// Without files, and with room for so few links.
  static SessionBench crowded(std::uint32_t links_max) {
    SessionBench b(false);
    Config config;
    config.peer_id = id_of(kOurs);
    config.links_max = links_max;
    b.engine = Engine(config);
    b.feed(TorrentAdded{TorrentId{1}, b.site.info_hash, b.site.metainfo, {}});
    return b;
  }

  void feed(const Input& input) {
    engine.handle(now, input);
    while (auto output = engine.poll()) outputs.push_back(std::move(*output));
  }
  void open(std::uint32_t link, base::Byte peer, DialId dial = {}) {
    feed(LinkOpened{LinkId{link}, TorrentId{1}, id_of(peer), dial});
  }
  void arrive(std::uint32_t link, base::Byte peer) {
    open(link, peer);
    shake(link, peer);
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

}  // namespace skep::engine::testing
