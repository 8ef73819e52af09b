// A visitor with nothing but info-hashes, and peers that hand out the rest: honest engines, and
// engines whose messages are falsified on their way.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "crypto/sha1.hpp"
#include "crypto/sha256.hpp"
#include "engine/engine.hpp"
#include "engine/metadata_fetch.hpp"
#include "engine/testing/event_queue.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/extension.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"

namespace skep::engine::testing {
namespace {

using base::milliseconds;
using base::seconds;

constexpr Duration kLatency = milliseconds(30);
constexpr TorrentId kTorrent{1};

crypto::PeerId id_of(unsigned fill) {
  crypto::PeerId id;
  id.bytes.fill(static_cast<base::Byte>(fill));
  return id;
}

/// What becomes of a message that a seat sends: nothing: as it is; no bytes: lost.
using Falsify = std::function<std::optional<Bytes>(const wire::Message&)>;

/// A peer with everything, at link `n`.
struct Seat {
  std::unique_ptr<Engine> engine;
  Falsify falsify;
  wire::StreamDecoder decoder;  // of what it sends, to falsify it
  std::uint64_t sent = 0;
};

class Rig {
 public:
  TestSite site;
  EventQueue queue;
  std::vector<Seat> seats;
  std::unique_ptr<MetadataFetch> fetch;
  std::optional<MetadataDone> done;
  std::optional<base::Errc> refused;
  std::map<std::uint32_t, CloseReason> closed;
  base::Instant done_at;

  explicit Rig(bool hybrid = false, std::size_t small_files = 600)
      : site(make_site(sizes(small_files), 1, 16 * 1024, hybrid)),
        joiner_store(site.files.size()) {}

  /// Three pieces of dictionary by default, a file whose layer needs two questions, one that needs
  /// one.
  static std::vector<std::uint64_t> sizes(std::size_t small_files) {
    std::vector<std::uint64_t> out(small_files, 100);
    out.push_back(640 * 16 * 1024 + 5);
    out.push_back(100'000);
    return out;
  }

  Seat& seat(Falsify falsify = {}) {
    Config c;
    c.peer_id = id_of(100 + static_cast<unsigned>(seats.size()));
    Seat& made = seats.emplace_back();
    made.engine = std::make_unique<Engine>(c);
    made.falsify = std::move(falsify);
    const std::size_t at = seats.size() - 1;
    to_seat(at, TorrentAdded{kTorrent, site.info_hash, site.metainfo, site.v1_hash});
    for (std::uint32_t f = 0; f < site.files.size(); ++f)
      to_seat(at, FileKept{kTorrent, FileIndex{f}});
    return made;
  }

  void join(MetadataWanted wanted) {
    wanted.peer_id = id_of(5);
    fetch = std::make_unique<MetadataFetch>(wanted);
    for (std::size_t s = 0; s < seats.size(); ++s) {
      to_seat(s, LinkOpened{link(s), kTorrent, id_of(5), {}});
      fetch->link_opened(queue.now(), link(s));
      drain_fetch();
    }
  }
  void join() {
    MetadataWanted wanted;
    wanted.v2 = site.info_hash;
    if (!site.v1_hash.is_zero()) wanted.v1 = site.v1_hash;
    join(wanted);
  }

  /// The dictionary is here: an engine takes its place, with new links to the same seats.
  void go_on() {
    for (std::size_t s = 0; s < seats.size(); ++s) to_seat(s, LinkClosed{link(s)});
    fetch.reset();
    Config c;
    c.peer_id = id_of(5);
    joiner = std::make_unique<Engine>(c);
    to_joiner(TorrentAdded{kTorrent, done->expected, done->metainfo, done->v1});
    for (std::size_t s = 0; s < seats.size(); ++s) {
      seats[s].decoder = wire::StreamDecoder();
      to_seat(s, LinkOpened{link(s), kTorrent, id_of(5), {}});
      to_joiner(LinkOpened{link(s), kTorrent, id_of(100 + static_cast<unsigned>(s)), DialId{1}});
    }
    for (std::uint32_t f = 0; f < site.files.size(); ++f)
      to_joiner(FetchRequested{
          FetchId{f + 1}, kTorrent, FileIndex{f}, 0, site.files[f].size(), Urgency::prefetch, {}});
  }

  void run_for(Duration span) {
    const base::Instant end = queue.now() + span;
    for (;;) {
      base::Instant next = queue.empty() ? base::kNever : queue.next();
      base::Instant wake = base::kNever;
      if (fetch) wake = fetch->next_wakeup();
      if (joiner) wake = std::min(wake, joiner->next_wakeup().at);
      for (const Seat& seat : seats) wake = std::min(wake, seat.engine->next_wakeup().at);
      if (std::min(next, wake) > end) break;
      if (next <= wake) {
        queue.run_next();
        continue;
      }
      queue.at(std::max(wake, queue.now()), [] {});
      queue.run_next();
      for (std::size_t s = 0; s < seats.size(); ++s) to_seat(s, Tick{});
      if (joiner) to_joiner(Tick{});
      if (fetch) {
        fetch->tick(queue.now());
        drain_fetch();
      }
    }
    queue.at(end, [] {});
    queue.run_next();
  }

  unsigned files_done = 0;
  std::vector<Bytes> joiner_store;

 private:
  std::unique_ptr<Engine> joiner;

  static LinkId link(std::size_t seat) { return LinkId{static_cast<std::uint32_t>(seat + 1)}; }
  static std::size_t seat_of(LinkId id) { return id.value - 1; }

  void drain_fetch() {
    while (auto output = fetch->poll()) {
      if (auto* send = std::get_if<LinkSend>(&*output)) {
        deliver_to_seat(seat_of(send->link), std::move(send->bytes));
      } else if (auto* close = std::get_if<LinkClose>(&*output)) {
        closed[close->link.value] = close->reason;
        to_seat(seat_of(close->link), LinkClosed{close->link});
      } else if (auto* d = std::get_if<MetadataDone>(&*output)) {
        EXPECT_FALSE(done.has_value());
        done = std::move(*d);
        done_at = queue.now();
      } else {
        refused = std::get<MetadataRefused>(*output).reason;
      }
    }
  }
  void deliver_to_seat(std::size_t s, Bytes bytes) {
    queue.after(kLatency,
                [this, s, bytes = std::move(bytes)] { to_seat(s, LinkBytes{link(s), bytes}); });
  }
  void deliver(std::size_t s, Bytes bytes) {
    seats[s].sent += bytes.size();
    queue.after(kLatency, [this, s, bytes = std::move(bytes)] {
      if (fetch) {
        fetch->link_bytes(queue.now(), link(s), bytes);
        drain_fetch();
      } else if (joiner) {
        to_joiner(LinkBytes{link(s), bytes});
      }
      to_seat(s, LinkDrained{link(s), 0});
    });
  }
  Bytes falsified(Seat& seat, ByteView bytes) {
    Bytes out;
    seat.decoder.feed(bytes);
    while (true) {
      const auto item = seat.decoder.next();
      EXPECT_TRUE(item.has_value());
      if (!item->has_value()) return out;
      if (const auto* shake = std::get_if<wire::Handshake>(&**item)) {
        wire::encode(out, *shake);
        continue;
      }
      const auto& message = std::get<wire::Message>(**item);
      if (const auto other = seat.falsify(message))
        base::append(out, ByteView(*other));
      else
        wire::encode(out, message);
    }
  }
  void to_seat(std::size_t s, const Input& input) {
    seats[s].engine->handle(queue.now(), input);
    std::vector<Output> outputs;
    while (auto output = seats[s].engine->poll()) outputs.push_back(std::move(*output));
    for (Output& output : outputs) {
      if (auto* send = std::get_if<LinkSend>(&output)) {
        deliver(s, seats[s].falsify ? falsified(seats[s], send->bytes) : std::move(send->bytes));
      } else if (auto* load = std::get_if<PieceLoad>(&output)) {
        to_seat(s, PieceLoaded{load->load, site.bytes(load->file, load->offset, load->size)});
      }
    }
  }
  void to_joiner(const Input& input) {
    joiner->handle(queue.now(), input);
    std::vector<Output> outputs;
    while (auto output = joiner->poll()) outputs.push_back(std::move(*output));
    for (Output& output : outputs) {
      if (auto* send = std::get_if<LinkSend>(&output)) {
        const LinkId id = send->link;
        deliver_to_seat(seat_of(id), std::move(send->bytes));
        queue.after(kLatency, [this, id] { to_joiner(LinkDrained{id, 0}); });
      } else if (auto* write = std::get_if<StoreWrite>(&output)) {
        Bytes& file = joiner_store[write->file.value];
        file.resize(std::max<std::size_t>(file.size(), write->offset + write->bytes.size()));
        std::ranges::copy(write->bytes, file.begin() + static_cast<std::ptrdiff_t>(write->offset));
      } else if (auto* get = std::get_if<HttpGet>(&output)) {
        to_joiner(HttpEnded{get->http, false});  // there is no origin
      } else if (std::holds_alternative<FetchDone>(output)) {
        ++files_done;
      }
    }
  }
};

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

void expect_whole(const Rig& rig) {
  ASSERT_TRUE(rig.done.has_value());
  EXPECT_EQ(rig.done->expected, rig.site.info_hash);
  EXPECT_EQ(rig.done->v1, rig.site.v1_hash);
  EXPECT_TRUE(torrent::parse_content(rig.done->metainfo).has_value());
}

TEST(MetadataFetch, AMagnetLinkIsEnoughToJoinASwarm) {
  Rig rig(false, 2600);
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
      Rig rig(true);
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
  Rig rig;
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
  Rig rig;
  rig.seat(liar());
  rig.seat(liar());
  rig.join();
  rig.run_for(seconds(60));
  EXPECT_FALSE(rig.done.has_value());
  EXPECT_EQ(rig.closed[1], CloseReason::bad_block);
  EXPECT_EQ(rig.closed[2], CloseReason::bad_block);
}

TEST(MetadataFetch, WhoIsSilentOrRejectsIsLeft) {
  Rig rig;
  rig.seat(silent());
  rig.seat(rejecting());
  rig.seat();
  rig.join();
  rig.run_for(seconds(20));
  expect_whole(rig);
  EXPECT_LE(rig.done_at.us, seconds(6).us) << "one silence at most is waited for";
  Rig alone;
  alone.seat(rejecting());
  alone.seat(silent());
  alone.join();
  alone.run_for(seconds(60));
  EXPECT_EQ(alone.closed[1], CloseReason::timed_out);
  EXPECT_EQ(alone.closed[2], CloseReason::timed_out);
}

TEST(MetadataFetch, AWrongSizeDelaysAndDoesNotPrevent) {
  Rig rig;
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
  Rig rig;
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
  Rig rig;
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
