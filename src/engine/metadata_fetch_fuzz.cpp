// Hostile peers say anything to who has only a magnet link. Whatever they say, what comes out is
// what the link names, questions stay bounded, and every link comes to an end.
#include "base/cursor.hpp"
#include "crypto/sha256.hpp"
#include "engine/metadata_fetch.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/extension.hpp"
#include "wire/handshake.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"

namespace {

using namespace skep;
using namespace skep::engine;

struct Truth {
  engine::testing::TestSite site = engine::testing::make_site({150'000, 0, 40'000}, 3, 32 * 1024);
  torrent::Content meta = *torrent::parse_content(site.metainfo);
};
const Truth& truth() {
  static const Truth made;
  return made;
}

class Run {
 public:
  explicit Run(base::ByteView bytes) : in_(bytes), fetch_(wanted()) {}

  void all() {
    while (!in_.done()) step();
    for (int i = 0; i < 20; ++i) {
      now_ = now_ + base::seconds(10);
      fetch_.tick(now_);
      drain();
    }
    for (const LinkId link : std::set<LinkId>(links_)) {
      fetch_.link_closed(now_, link);
      drain();
    }
    SKEP_ASSERT(fetch_.links() == 0);
    SKEP_ASSERT(fetch_.next_wakeup() == base::kNever);
  }

 private:
  static MetadataWanted wanted() {
    MetadataWanted out;
    out.peer_id.bytes.fill(7);
    out.v2 = truth().site.info_hash;
    return out;
  }
  std::uint8_t byte() { return in_.take_be<std::uint8_t>().value_or(0); }
  LinkId link() { return LinkId{1u + byte() % 4}; }

  void drain() {
    while (auto output = fetch_.poll()) {
      if (auto* close = std::get_if<LinkClose>(&*output)) links_.erase(close->link);
      if (auto* done = std::get_if<MetadataDone>(&*output)) {
        const auto meta = torrent::parse_content(done->metainfo);
        SKEP_ASSERT(meta.has_value() && meta->info.hash == truth().site.info_hash);
      }
      SKEP_ASSERT(!std::holds_alternative<MetadataRefused>(*output));
    }
    SKEP_ASSERT(fetch_.next_wakeup() > now_);
    SKEP_ASSERT(fetch_.links() <= links_.size());
  }
  void say(LinkId link, base::ByteView bytes) {
    fetch_.link_bytes(now_, link, bytes);
    drain();
  }
  void say(LinkId link, const wire::Message& message) {
    base::Bytes raw;
    wire::encode(raw, message);
    say(link, raw);
  }

  void step() {
    switch (byte() % 10) {
      case 0: {
        const LinkId id = link();
        if (!links_.insert(id).second) return;
        fetch_.link_opened(now_, id);
        return drain();
      }
      case 1: {
        wire::Handshake theirs;
        theirs.info_hash = crypto::shorten(truth().site.info_hash);
        theirs.peer_id.bytes.fill(9);
        theirs.v2 = byte() % 4 != 0;
        base::Bytes raw;
        wire::encode(raw, theirs);
        return say(link(), raw);
      }
      case 2:
        return say(link(), wire::Extended{0, wire::our_extension_handshake(
                                                 byte() % 4 != 0 ? truth().meta.info.raw.size()
                                                                 : byte() * 4099)});
      case 3: {  // the truth, or a part of it that is none
        base::Bytes data = wire::encode_metadata_answer(byte() % 3, truth().meta.info.raw);
        if (byte() % 3 == 0) data[byte() % data.size()] ^= byte();
        return say(link(), wire::Extended{wire::kMetadataExtensionId, data});
      }
      case 4: {
        const auto piece_layer = torrent::piece_layer_of(truth().site.piece_length);
        const base::FileIndex file{byte() % 2 == 0 ? 0u : 2u};
        const auto& f = truth().meta.info.file(file);
        const auto shape = torrent::TreeShape::of(f.size);
        const auto request = torrent::make_hash_request(shape, piece_layer, 0,
                                                        torrent::kHashesAsked, shape.root_layer);
        const auto known = truth().meta.layers.of(file);
        auto hashes = *torrent::collect_hashes(
            request, shape, [&](unsigned, std::uint32_t i) { return &known[i]; });
        if (byte() % 3 == 0) hashes[byte() % hashes.size()].bytes[byte() % 32] ^= byte();
        base::Bytes raw;
        wire::encode_hashes(raw, wire::to_range(f.root, request), hashes);
        return say(link(), raw);
      }
      case 5: {
        const auto piece = wire::encode_metadata_answer(byte() % 3, {});
        return say(link(), wire::Extended{wire::kMetadataExtensionId, piece});
      }
      case 6: {
        const LinkId id = link();
        links_.erase(id);
        fetch_.link_closed(now_, id);
        return drain();
      }
      case 7:
        now_ = now_ + base::milliseconds(40 * byte());
        fetch_.tick(now_);
        return drain();
      case 8: {
        const std::size_t size = byte();
        const LinkId id = link();
        base::Bytes raw;
        for (std::size_t i = 0; i < size && !in_.done(); ++i) raw.push_back(byte());
        return say(id, raw);
      }
      default: {
        const std::size_t size = byte();
        const std::uint8_t extension = byte() % 3;
        base::Bytes raw;
        for (std::size_t i = 0; i < size && !in_.done(); ++i) raw.push_back(byte());
        return say(link(), wire::Extended{extension, raw});
      }
    }
  }

  base::Reader in_;
  MetadataFetch fetch_;
  base::Instant now_{1};
  std::set<LinkId> links_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run(base::ByteView(data, std::min<std::size_t>(size, 4096))).all();
  return 0;
}
