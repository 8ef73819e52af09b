/// metadata_rig.hpp: a visitor with nothing but info-hashes, and seats: engines with everything,
/// whose messages may be falsified on their way. All on virtual time.
#pragma once

#include <algorithm>
#include <functional>

#include "engine/engine.hpp"
#include "engine/metadata_fetch.hpp"
#include "engine/testing/event_queue.hpp"
#include "engine/testing/test_site.hpp"
#include "wire/hash_exchange.hpp"

namespace skep::engine::testing {

inline constexpr Duration kLatency = base::milliseconds(30);
inline constexpr TorrentId kTorrent{1};

/// What becomes of a message that a seat sends: nothing: as it is; no bytes: lost.
using Falsify = std::function<std::optional<Bytes>(const wire::Message&)>;

/// A peer with everything, at link `n`.
struct Seat {
  std::unique_ptr<Engine> engine;
  Falsify falsify;
  wire::StreamDecoder decoder;  // of what it sends, to falsify it
  std::uint64_t sent = 0;
};

class MetadataRig {
 public:
  TestSite site;
  EventQueue queue;
  std::vector<Seat> seats;
  std::unique_ptr<MetadataFetch> fetch;
  std::optional<MetadataDone> done;
  std::optional<base::Errc> refused;
  std::map<std::uint32_t, CloseReason> closed;
  base::Instant done_at;

  explicit MetadataRig(bool hybrid = false, std::size_t small_files = 600)
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

}  // namespace skep::engine::testing
