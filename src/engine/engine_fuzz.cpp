// Sequences of inputs to an engine with two torrents, one of them hybrid: hosts, origins and peers
// that answer well, badly, late or never, and say what nobody asked for. The engine's own asserts
// are one oracle; the other is testing::Witness, who knows only what was published.
#include <vector>

#include "base/cursor.hpp"
#include "engine/engine.hpp"
#include "engine/testing/witness.hpp"
#include "wire/extension.hpp"
#include "wire/handshake.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/message.hpp"
#include "wire/metadata_message.hpp"

namespace {

using namespace skep;
using namespace skep::engine;

using engine::testing::Published;
using engine::testing::TestSite;

constexpr TorrentId kPlain{1};
constexpr TorrentId kHybrid{2};

const Published& published(TorrentId torrent) {
  static const Published plain(
      engine::testing::make_site({150'000, 0, 40'000, 16'384}, 3, 32 * 1024));
  static const Published hybrid(
      engine::testing::make_site({40'000, 70'000, 0, 131'072}, 4, 64 * 1024, true));
  return torrent == kPlain ? plain : hybrid;
}
const TestSite& site(TorrentId torrent) { return published(torrent).site; }

class Run {
 public:
  explicit Run(base::ByteView bytes) : in_(bytes), engine_(config()) {
    for (const TorrentId torrent : {kPlain, kHybrid})
      witness_.published(torrent, published(torrent));
  }

  void all() {
    add(kPlain);
    feed(TrackerChanged{true});
    while (!in_.done()) step();
    for (int i = 0; i < 40; ++i) {  // whatever was left waiting must come to rest
      now_ = now_ + base::seconds(5);
      feed(Tick{});
    }
    feed(TorrentRemoved{kPlain});
    feed(TorrentRemoved{kHybrid});
    const Census c = engine_.census();
    SKEP_ASSERT(c.torrents + c.fetches + c.peers + c.https + c.loads + c.assemblies == 0);
    witness_.nothing_left();
  }

 private:
  static Config config() {
    Config c;
    c.peer_id.bytes.fill(7);
    c.links_max = 6;
    c.http_segment_bytes = 64 * 1024;
    return c;
  }
  std::uint8_t byte() { return in_.take_be<std::uint8_t>().value_or(0); }
  std::uint32_t word() { return (std::uint32_t{byte()} << 8) | byte(); }
  bool one_in(unsigned n) { return byte() % n == 0; }

  void feed(const Input& input) {
    engine_.handle(now_, input);
    while (auto output = engine_.poll()) {
      if (const auto* get = std::get_if<HttpGet>(&*output)) last_http_ = get->http;
      witness_.take(*output);
    }
    (void)engine_.census();
    SKEP_ASSERT(engine_.next_wakeup().at > now_);
  }

  void add(TorrentId torrent) {
    feed(TorrentAdded{torrent, site(torrent).info_hash, site(torrent).metainfo,
                      site(torrent).v1_hash});
  }
  const TestSite& here() { return site(torrent_); }
  FileIndex some_file() { return FileIndex{byte() % 4U}; }

  LinkId some_link() {
    const auto& links = witness_.links();
    if (links.empty()) return LinkId{byte()};
    auto at = links.begin();
    std::advance(at, byte() % links.size());
    return at->first;
  }
  TorrentId torrent_of(LinkId link) {
    const auto at = witness_.links().find(link);
    return at == witness_.links().end() ? torrent_ : at->second.torrent;
  }
  void say(LinkId link, const wire::Message& message) {
    base::Bytes raw;
    wire::encode(raw, message);
    feed(LinkBytes{link, raw});
  }

  void open_link() {
    const LinkId link{++next_link_};
    crypto::PeerId peer;
    peer.bytes.fill(static_cast<base::Byte>(byte() % 12));
    DialId dial{};
    TorrentId torrent = torrent_;
    const auto& dials = witness_.dials();
    if (!dials.empty() && byte() % 2 == 0) {
      dial = dials.rbegin()->first;
      peer = dials.rbegin()->second.peer;
      torrent = dials.rbegin()->second.torrent;
      witness_.dialled(dial);
    }
    const LinkOpened opened{link, torrent, peer, dial};
    witness_.link_opened(opened);
    feed(opened);
    if (byte() % 8 == 0) return;
    base::Bytes hello;
    wire::Handshake theirs;
    theirs.info_hash = crypto::shorten(site(torrent).info_hash);
    theirs.peer_id = peer;
    const std::uint8_t kind = byte();
    theirs.fast = kind % 4 != 0;
    if (kind >= 0xc0) {  // of a v1 client
      theirs.v2 = false;
      theirs.info_hash = site(torrent).v1_hash;
    }
    wire::encode(hello, theirs);
    if (const std::uint8_t says = byte(); says % 2 == 0) {
      wire::ExtensionHandshake ours;
      ours.dont_have = 3;
      ours.skep = 1;
      if (says % 4 == 0) ours.run = base::kRunMax;
      if (says % 8 == 0) ours.metadata = 2;
      const base::Bytes payload = wire::encode_extension_handshake(ours);
      wire::encode(hello, wire::Extended{0, payload});
    }
    if (byte() % 4 != 0) wire::encode(hello, wire::HaveAll{});
    if (byte() % 4 != 0) wire::encode(hello, wire::Unchoke{});
    feed(LinkBytes{link, hello});
  }

  /// `length` bytes of a piece as published, or not quite; what lies behind the file's end is zero.
  void send_piece(LinkId link, const wire::BlockRange& block) {
    const TestSite& from = site(torrent_of(link));
    const auto at = engine::testing::place_of(from, block.piece);
    if (!at || block.begin >= at->size || block.length == 0) return;
    const std::uint32_t real = std::min(block.length, at->size - block.begin);
    base::Bytes data = base::to_bytes(from.bytes(at->file, at->offset + block.begin, real));
    if (byte() % 8 == 7) {
      data[byte() % data.size()] ^= 1;
      witness_.link_lies(link);
    }
    say(link, wire::Piece{block.piece, block.begin, data});
  }

  /// What the engine asked of this link, in its order or not.
  void answer_request(LinkId link) {
    const auto at = witness_.links().find(link);
    if (at == witness_.links().end() || at->second.requests.empty()) return;
    auto& asked = at->second.requests;
    const std::uint8_t how = byte();
    wire::BlockRange block = how % 8 == 0 ? asked.back() : asked.front();
    asked.erase(how % 8 == 0 ? asked.end() - 1 : asked.begin());
    if (how % 8 == 1) return say(link, wire::Reject{block});
    while (how % 2 == 0 && !asked.empty() && asked.front().piece == block.piece &&
           asked.front().begin == block.begin + block.length) {  // a run in one message
      block.length += asked.front().length;
      asked.pop_front();
    }
    send_piece(link, block);
  }

  void answer_hash_request(LinkId link) {
    const auto at = witness_.links().find(link);
    if (at == witness_.links().end() || at->second.hash_requests.empty()) return;
    const wire::HashRange range = at->second.hash_requests.front();
    at->second.hash_requests.pop_front();
    if (byte() % 8 == 0) return say(link, wire::HashReject{range});
    const torrent::MerkleTree& tree = *published(torrent_of(link)).tree_of(range.root);
    auto hashes = *torrent::collect_hashes(
        wire::to_request(range), tree.shape(),
        [&](unsigned layer, std::uint32_t index) { return tree.node(layer, index); });
    if (byte() % 3 == 0) hashes[byte() % hashes.size()].bytes[byte() % 32] ^= 1;
    if (byte() % 8 == 0) hashes.pop_back();
    base::Bytes raw;
    wire::encode_hashes(raw, range, hashes);
    feed(LinkBytes{link, raw});
  }

  void say_something() {
    const LinkId link = some_link();
    const wire::BlockRange block{byte() % 10U, (byte() % 3U) * base::kBlockSize,
                                 byte() % 2 == 0 ? base::kBlockSize : word()};
    switch (byte() % 20) {
      case 0:
        return say(link, wire::Choke{});
      case 1:
        return say(link, wire::Unchoke{});
      case 2:
        return say(link, wire::Interested{});
      case 3:
        return say(link, wire::NotInterested{});
      case 4:
        return say(link, wire::Have{block.piece});
      case 5:
        return say(link, wire::Request{block});
      case 6:
        return say(link, wire::Cancel{block});
      case 7:
        return say(link, wire::Reject{block});
      case 8:
        return say(link, wire::HaveNone{});
      case 9: {
        const base::Bytes claims = wire::encode_claims(
            {{some_file(), byte() % 3U, static_cast<wire::ClaimState>(byte() % 3), byte() % 4U}});
        return say(link, wire::Extended{wire::kSkepExtensionId, claims});
      }
      case 10: {
        wire::HashRange range;
        range.root = published(torrent_of(link)).roots[some_file().value];
        range.base_layer = byte() % 3;
        range.index = byte() % 12;
        range.length = 1U << (byte() % 5);
        range.proof_layers = byte() % 5;
        return say(link, wire::HashRequest{range});
      }
      case 11: {
        const base::Bytes gone = wire::encode_dont_have(block.piece);
        return say(link, wire::Extended{wire::kDontHaveExtensionId, gone});
      }
      case 12: {
        const base::Byte bits[] = {byte(), byte()};
        return say(link, wire::Bitfield{base::ByteView(bits).first(one_in(2) ? 1 : 2)});
      }
      case 13: {
        const base::Bytes ask = wire::encode_metadata_request(byte() % 3U);
        return say(link, wire::Extended{wire::kMetadataExtensionId, ask});
      }
      case 14: {  // it may be said again, with other ids
        wire::ExtensionHandshake ours;
        if (one_in(2)) ours.skep = 1 + byte() % 4;
        if (one_in(2)) ours.reqq = byte();
        if (one_in(2)) ours.run = word() * 4;
        const base::Bytes payload = wire::encode_extension_handshake(ours);
        return say(link, wire::Extended{0, payload});
      }
      case 15:
        return say(link, wire::Request{{block.piece, block.begin, 4 * base::kBlockSize}});
      case 16:
      case 17:
        return send_piece(link, block);
      case 18:
        return answer_hash_request(link);
      default:
        return answer_request(link);
    }
  }

  void http_something() {
    const HttpId id = byte() % 4 == 0 ? HttpId{byte()} : last_http_;
    const auto at = witness_.gets().find(id);
    const std::uint8_t kind = byte();
    if (at == witness_.gets().end()) return feed(HttpEnded{id, kind % 2 == 0});
    const HttpGet get = at->second;
    const std::uint64_t size = site(get.torrent).files[get.file.value].size();
    if (kind % 8 == 0)
      return feed(HttpStarted{id, static_cast<std::uint16_t>(word()), word(), word()});
    if (kind % 8 == 1) {
      witness_.http_ended(id);
      return feed(HttpEnded{id, byte() % 2 == 0});
    }
    if (kind % 8 == 2) return feed(HttpStarted{id, 200, 0, size});
    if (kind % 8 <= 4) return feed(HttpStarted{id, 206, get.begin, size});
    std::uint64_t& sent = sent_[id];
    const std::uint64_t from = std::min(get.begin + sent, size);
    const std::uint64_t count = std::min<std::uint64_t>(word(), size - from);
    base::Bytes bytes = base::to_bytes(site(get.torrent).bytes(get.file, from, count));
    if (kind % 32 == 5 && !bytes.empty()) bytes[0] ^= 1;
    sent += count;
    feed(HttpBytes{id, bytes});
  }

  void fetch_something() {
    FetchRequested fetch;
    fetch.fetch = FetchId{++next_fetch_};
    fetch.torrent = torrent_;
    fetch.file = FileIndex{byte() % 5U};
    const std::uint64_t size = fetch.file.value < 4 ? here().files[fetch.file.value].size() : 9;
    fetch.begin = byte() % 2 == 0 ? 0 : word();
    fetch.end = byte() % 2 == 0 ? size : word();
    const std::uint8_t urgency = byte();
    fetch.urgency = static_cast<Urgency>(urgency % 4);
    fetch.deadline = base::milliseconds(urgency / 4 * 100);
    witness_.fetch_requested(fetch);
    feed(fetch);
  }

  void load_something() {
    if (witness_.loads().empty()) return;
    const PieceLoad load = witness_.loads().rbegin()->second;
    witness_.loaded(load.load);
    base::Bytes bytes = base::to_bytes(site(load.torrent).bytes(load.file, load.offset, load.size));
    if (byte() % 4 == 0) bytes[0] ^= 1;
    if (byte() % 8 == 0) bytes.clear();
    feed(PieceLoaded{load.load, bytes});
  }

  void host_something() {
    const std::uint8_t what = byte();
    switch (what % 8) {
      case 0:
        return feed(StoreFailed{torrent_, FileIndex{byte() % 5U}});
      case 1:
        return feed(FileKept{torrent_, FileIndex{byte() % 5U}});
      case 2:
        return feed(PolicyChanged{byte() % 4 != 0, byte() % 4 != 0, word(), word() * 8U, byte()});
      case 3:
        return feed(TrackerChanged{byte() % 2 == 0});
      case 4: {
        const FileIndex file = some_file();
        const std::uint64_t offset = byte() % 5U * std::uint64_t{here().piece_length};
        const std::uint64_t size = here().files[file.value].size();
        if (offset >= size) return feed(PieceFound{torrent_, file, offset, {}});
        base::Bytes bytes = base::to_bytes(
            here().bytes(file, offset, std::min<std::size_t>(size - offset, here().piece_length)));
        if (byte() % 4 == 0) bytes[0] ^= 1;
        return feed(PieceFound{torrent_, file, offset, bytes});
      }
      case 5:
        if (what < 0x40) return feed(TorrentRemoved{torrent_});
        torrent_ = torrent_ == kPlain ? kHybrid : kPlain;
        return add(torrent_);
      default:
        return feed(StatsRequested{});
    }
  }

  void step() {
    now_ = now_ + base::microseconds(static_cast<std::int64_t>(byte()) * byte());
    switch (byte() % 20) {
      case 0:
        now_ = now_ + base::seconds(byte());
        return feed(Tick{});
      case 1:
      case 2:
        return fetch_something();
      case 3: {
        const FetchId id{byte()};
        witness_.fetch_cancelled(id);
        return feed(FetchCancelled{id});
      }
      case 4:
      case 5:
        return open_link();
      case 6: {
        const std::size_t wanted = byte();
        const auto raw = in_.take(std::min(in_.remaining(), wanted));
        const LinkId link = some_link();
        if (!raw->empty()) witness_.link_lies(link);
        return feed(LinkBytes{link, *raw});
      }
      case 7: {
        const LinkId link = some_link();
        witness_.link_closed(link);
        return feed(LinkClosed{link});
      }
      case 8:
        return feed(LinkDrained{some_link(), word()});
      case 9: {
        AnnounceReply reply{torrent_, word(), {}};
        for (std::uint8_t i = byte() % 8; i > 0; --i) {
          crypto::PeerId id;
          id.bytes.fill(static_cast<base::Byte>(byte() % 12));
          reply.candidates.push_back(id);
        }
        return feed(reply);
      }
      case 10: {
        const DialId dial{byte()};
        witness_.dialled(dial);
        return feed(DialFailed{dial});
      }
      case 11:
        return load_something();
      case 12:
        return host_something();
      case 13:
      case 14:
      case 15:
        return http_something();
      default:
        return say_something();
    }
  }

  base::Reader in_;
  Engine engine_;
  engine::testing::Witness witness_;
  base::Instant now_{1};
  TorrentId torrent_ = kPlain;  ///< what the next inputs are about
  std::uint32_t next_link_ = 0;
  std::uint32_t next_fetch_ = 0;
  std::map<HttpId, std::uint64_t> sent_;
  HttpId last_http_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  Run({data, size}).all();
  return 0;
}
