// Sequences of inputs, hostile link bytes among them. The engine's asserts are the oracle, and what
// it stores and reports must be what was published.
#include <map>
#include <set>
#include <vector>

#include "base/cursor.hpp"
#include "engine/engine.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/extension.hpp"
#include "wire/handshake.hpp"
#include "wire/message.hpp"

namespace {

using namespace skep;
using namespace skep::engine;

constexpr TorrentId kTorrent{1};

const engine::testing::TestSite& site() {
  static const auto made = engine::testing::make_site({150'000, 0, 40'000, 16'384}, 3, 32 * 1024);
  return made;
}

class Run {
 public:
  explicit Run(base::ByteView bytes) : in_(bytes), engine_(config()) {}

  void all() {
    feed(TorrentAdded{kTorrent, site().info_hash, site().metainfo});
    feed(TrackerChanged{true});
    while (!in_.done()) step();
    for (int i = 0; i < 40; ++i) {  // whatever was left waiting must come to rest
      now_ = now_ + base::seconds(5);
      feed(Tick{});
    }
    feed(TorrentRemoved{kTorrent});
    const Census c = engine_.census();
    SKEP_ASSERT(c.torrents + c.fetches + c.peers + c.https + c.loads + c.assemblies == 0);
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

  void feed(const Input& input) {
    engine_.handle(now_, input);
    while (auto output = engine_.poll()) take(*output);
    (void)engine_.census();
    SKEP_ASSERT(engine_.next_wakeup().at > now_);
  }

  void take(Output& output) {
    if (auto* get = std::get_if<HttpGet>(&output)) {
      SKEP_ASSERT(get->begin < get->end && get->end <= site().files[get->file.value].size());
      gets_[get->http] = *get;
      last_http_ = get->http;
    } else if (auto* load = std::get_if<PieceLoad>(&output)) {
      loads_.push_back(*load);
    } else if (auto* dial = std::get_if<Dial>(&output)) {
      dials_.push_back(*dial);
    } else if (auto* write = std::get_if<StoreWrite>(&output)) {
      SKEP_ASSERT(
          base::equal(site().bytes(write->file, write->offset, write->bytes.size()), write->bytes));
    } else if (auto* done = std::get_if<FetchDone>(&output)) {
      SKEP_ASSERT(open_.erase(done->fetch) == 1);
    } else if (auto* failed = std::get_if<FetchFailed>(&output)) {
      open_.erase(failed->fetch);
    } else if (auto* progress = std::get_if<FetchProgress>(&output)) {
      SKEP_ASSERT(open_.contains(progress->fetch));
    } else if (auto* close = std::get_if<LinkClose>(&output)) {
      links_.erase(close->link);
    }
  }

  LinkId some_link() {
    if (links_.empty()) return LinkId{byte()};
    auto at = links_.begin();
    std::advance(at, byte() % links_.size());
    return *at;
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
    if (!dials_.empty() && byte() % 2 == 0) {
      dial = dials_.back().dial;
      peer = dials_.back().peer;
      dials_.pop_back();
    }
    links_.insert(link);
    feed(LinkOpened{link, kTorrent, peer, dial});
    if (byte() % 8 == 0) return;
    base::Bytes hello;
    wire::Handshake theirs;
    theirs.info_hash = crypto::shorten(site().info_hash);
    theirs.peer_id = peer;
    theirs.fast = byte() % 4 != 0;
    wire::encode(hello, theirs);
    if (byte() % 2 == 0) {
      wire::ExtensionHandshake ours;
      ours.dont_have = 3;
      ours.skep = 1;
      const base::Bytes payload = wire::encode_extension_handshake(ours);
      wire::encode(hello, wire::Extended{0, payload});
    }
    if (byte() % 4 != 0) wire::encode(hello, wire::HaveAll{});
    if (byte() % 4 != 0) wire::encode(hello, wire::Unchoke{});
    feed(LinkBytes{link, hello});
  }

  void send_block(LinkId link) {
    const std::uint32_t piece = byte() % 10;
    const std::uint32_t begin = (byte() % 2) * base::kBlockSize;
    // Pieces 0-4 are of file 0, 5-6 of file 2, 7 of file 3.
    const std::uint32_t file = piece < 5 ? 0 : piece < 7 ? 2 : 3;
    const std::uint64_t offset = (piece < 5 ? piece : piece < 7 ? piece - 5 : 0) * 32'768U + begin;
    const auto& bytes = site().files[file];
    if (offset >= bytes.size()) return;
    const auto size = std::min<std::uint64_t>(base::kBlockSize, bytes.size() - offset);
    base::Bytes data = base::to_bytes(site().bytes(FileIndex{file}, offset, size));
    if (byte() % 3 == 0) data[0] ^= 1;
    say(link, wire::Piece{piece, begin, data});
  }

  void say_something() {
    const LinkId link = some_link();
    const wire::BlockRange block{byte() % 10U, (byte() % 3U) * base::kBlockSize,
                                 byte() % 2 == 0 ? base::kBlockSize : word()};
    switch (byte() % 14) {
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
        const base::Bytes claims =
            wire::encode_claims({{FileIndex{byte() % 4U}, byte() % 3U,
                                  static_cast<wire::ClaimState>(byte() % 3), byte() % 4U}});
        return say(link, wire::Extended{wire::kSkepExtensionId, claims});
      }
      case 10: {
        wire::HashRange range;
        range.root = wire_root();
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
      default:
        return send_block(link);
    }
  }
  crypto::Digest256 wire_root() {
    if (roots_.empty()) {
      Engine other{config()};
      other.handle({}, TorrentAdded{kTorrent, site().info_hash, site().metainfo});
      while (auto output = other.poll())
        if (auto* ready = std::get_if<TorrentReady>(&*output))
          for (const SiteFile& file : ready->files) roots_.push_back(file.root);
    }
    return roots_[byte() % roots_.size()];
  }

  void http_something() {
    const HttpId id = byte() % 4 == 0 ? HttpId{byte()} : last_http_;
    const auto at = gets_.find(id);
    const std::uint8_t kind = byte();
    if (at == gets_.end()) return feed(HttpEnded{id, kind % 2 == 0});
    const HttpGet& get = at->second;
    const std::uint64_t size = site().files[get.file.value].size();
    if (kind % 8 == 0)
      return feed(HttpStarted{id, static_cast<std::uint16_t>(word()), word(), word()});
    if (kind % 8 == 1) return feed(HttpEnded{id, byte() % 2 == 0});
    if (kind % 8 == 2) return feed(HttpStarted{id, 200, 0, size});
    if (kind % 8 <= 4) return feed(HttpStarted{id, 206, get.begin, size});
    std::uint64_t& sent = sent_[id];
    const std::uint64_t from = std::min(get.begin + sent, size);
    const std::uint64_t count = std::min<std::uint64_t>(word(), size - from);
    base::Bytes bytes = base::to_bytes(site().bytes(get.file, from, count));
    if (kind % 32 == 5 && !bytes.empty()) bytes[0] ^= 1;
    sent += count;
    feed(HttpBytes{id, bytes});
  }

  void step() {
    now_ = now_ + base::microseconds(static_cast<std::int64_t>(byte()) * byte());
    switch (byte() % 20) {
      case 0:
        now_ = now_ + base::seconds(byte());
        return feed(Tick{});
      case 1:
      case 2: {
        const FetchId id{++next_fetch_};
        const FileIndex file{byte() % 5U};
        const std::uint64_t size = file.value < 4 ? site().files[file.value].size() : 9;
        const std::uint64_t begin = byte() % 2 == 0 ? 0 : word();
        open_.insert(id);
        return feed(FetchRequested{id,
                                   kTorrent,
                                   file,
                                   begin,
                                   byte() % 2 == 0 ? size : word(),
                                   static_cast<Urgency>(byte() % 4),
                                   {}});
      }
      case 3: {
        const FetchId id{byte()};
        open_.erase(id);
        return feed(FetchCancelled{id});
      }
      case 4:
      case 5:
        return open_link();
      case 6: {
        const std::size_t wanted = byte();
        const auto raw = in_.take(std::min(in_.remaining(), wanted));
        return feed(LinkBytes{some_link(), *raw});
      }
      case 7: {
        const LinkId link = some_link();
        links_.erase(link);
        return feed(LinkClosed{link});
      }
      case 8:
        return feed(LinkDrained{some_link(), word()});
      case 9: {
        AnnounceReply reply{kTorrent, word(), {}};
        for (std::uint8_t i = byte() % 8; i > 0; --i) {
          crypto::PeerId id;
          id.bytes.fill(static_cast<base::Byte>(byte() % 12));
          reply.candidates.push_back(id);
        }
        return feed(reply);
      }
      case 10:
        return feed(DialFailed{DialId{byte()}});
      case 11: {
        if (loads_.empty()) return;
        const PieceLoad load = loads_.back();
        loads_.pop_back();
        base::Bytes bytes = base::to_bytes(site().bytes(load.file, load.offset, load.size));
        if (byte() % 4 == 0) bytes[0] ^= 1;
        if (byte() % 8 == 0) bytes.clear();
        return feed(PieceLoaded{load.load, bytes});
      }
      case 12: {
        const std::uint8_t what = byte();
        if (what % 8 == 0) return feed(StoreFailed{kTorrent, FileIndex{byte() % 5U}});
        if (what % 8 == 1) return feed(FileKept{kTorrent, FileIndex{byte() % 5U}});
        if (what % 8 == 2)
          return feed(PolicyChanged{byte() % 4 != 0, byte() % 4 != 0, word(), word() * 8U, byte()});
        if (what % 8 == 3) return feed(TrackerChanged{byte() % 2 == 0});
        if (what % 8 == 4) {
          const FileIndex file{byte() % 4U};
          const std::uint64_t offset = byte() % 5U * std::uint64_t{32 * 1024};
          const std::uint64_t size = site().files[file.value].size();
          if (offset >= size) return feed(PieceFound{kTorrent, file, offset, {}});
          base::Bytes bytes = base::to_bytes(
              site().bytes(file, offset, std::min<std::size_t>(size - offset, 32 * 1024)));
          if (byte() % 4 == 0) bytes[0] ^= 1;
          return feed(PieceFound{kTorrent, file, offset, bytes});
        }
        return feed(StatsRequested{});
      }
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
  base::Instant now_{1};
  std::uint32_t next_link_ = 0;
  std::uint32_t next_fetch_ = 0;
  std::set<LinkId> links_;
  std::set<FetchId> open_;
  std::map<HttpId, HttpGet> gets_;
  std::map<HttpId, std::uint64_t> sent_;
  HttpId last_http_;
  std::vector<PieceLoad> loads_;
  std::vector<Dial> dials_;
  std::vector<crypto::Digest256> roots_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  Run({data, size}).all();
  return 0;
}
