#include "abi/testing/session.hpp"

#include "torrent/builder.hpp"

namespace skep::abi::testing {

namespace {

using base::Bytes;
using base::Duration;

constexpr base::TorrentId kTorrent{1};
constexpr Duration kLinkLatency = base::milliseconds(20);
constexpr Duration kOriginLatency = base::milliseconds(30);
constexpr Duration kOriginChunkEvery = base::milliseconds(2);
constexpr std::size_t kOriginChunk = 10'000;
constexpr Duration kTrackerLatency = base::milliseconds(10);
constexpr Duration kDialTime = base::milliseconds(200);

Bytes contents_of(std::size_t file, std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<base::Byte>(i / 256 + 31 * file + (i % 5));
  return bytes;
}

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace

Site make_site(const std::vector<std::size_t>& sizes) {
  Site site;
  torrent::TorrentPlan plan;
  plan.name = "site";
  plan.piece_length = base::kBlockSize;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    site.files.push_back(contents_of(i, sizes[i]));
    torrent::FileHasher hasher(plan.piece_length);
    hasher.update(site.files.back());
    plan.files.push_back({"file" + std::to_string(i), hasher.finish()});
  }
  auto built = torrent::build_torrent(plan);
  SKEP_ASSERT(built.has_value());
  site.metainfo = std::move(built->metainfo);
  site.info_hash = built->info_hash;
  return site;
}

// --------------------------------------------------------------------------------------- visitor

Visitor::Visitor(Session& session, const engine::Config& config)
    : session_(session), config_(config), engine_(config), trace_(config) {}

void Visitor::handle(const engine::Input& input) {
  const base::Instant now = session_.now();
  trace_.input(now, input);
  engine_.handle(now, input);
  std::vector<engine::Output> outputs;
  while (auto output = engine_.poll()) {
    trace_.output(now, *output);
    outputs.push_back(std::move(*output));
  }
  trace_.drained(now, engine_.next_wakeup().at);
  for (const engine::Output& output : outputs) act(output);
}

void Visitor::fetch(std::uint32_t file, std::uint64_t begin, std::uint64_t end,
                    engine::Urgency urgency) {
  handle(engine::FetchRequested{base::FetchId(++fetches_), kTorrent, base::FileIndex(file), begin,
                                end, urgency, Duration{}});
}

std::optional<engine::FetchDone> Visitor::outcome(std::uint32_t fetch) const {
  const auto found = done_.find(fetch);
  return found == done_.end() ? std::nullopt : std::optional(found->second);
}

void Visitor::act(const engine::Output& output) {
  std::visit(
      Overloaded{
          [&](const engine::Announce& o) { session_.announce(*this, o); },
          [&](const engine::Dial& o) { session_.dial(*this, o); },
          [&](const engine::LinkSend& o) { session_.send(*this, o); },
          [&](const engine::LinkClose& o) {
            closed_.push_back(o);
            session_.close(*this, o.link);
          },
          [&](const engine::HttpGet& o) { session_.get(*this, o); },
          [&](const engine::HttpCancel& o) { session_.cancelled_.insert({this, o.http.value}); },
          [&](const engine::StoreWrite& o) { write(o); },
          [&](const engine::FileComplete& o) { complete_.insert(o.file.value); },
          [&](const engine::PieceLoad& o) { load(o); },
          [&](const engine::FetchDone& o) { done_[o.fetch.value] = o; },
          [](const auto&) {},
      },
      output);
}

void Visitor::write(const engine::StoreWrite& write) {
  Bytes& file = store_[write.file.value];
  file.resize(session_.site().files[write.file.value].size());
  std::copy(write.bytes.begin(), write.bytes.end(),
            file.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void Visitor::load(const engine::PieceLoad& load) {
  const Bytes& file = store_[load.file.value];
  const base::ByteView piece = base::ByteView(file).subspan(load.offset, load.size);
  session_.after(base::milliseconds(1), [this, id = load.load, bytes = base::to_bytes(piece)] {
    handle(engine::PieceLoaded{id, bytes});
  });
}

// --------------------------------------------------------------------------------------- session

Visitor& Session::join() {
  engine::Config config;
  config.seed = visitors_.size() + 1;
  config.peer_id.bytes.fill(static_cast<base::Byte>('a' + visitors_.size()));
  Visitor& visitor = *visitors_.emplace_back(std::make_unique<Visitor>(*this, config));
  visitor.handle(engine::TrackerChanged{true});
  visitor.handle(engine::TorrentAdded{kTorrent, site_.info_hash, site_.metainfo});
  return visitor;
}

void Session::run(Duration time) {
  const base::Instant end = now_ + time;
  for (;;) {
    base::Instant next = events_.empty() ? base::kNever : events_.begin()->first;
    for (const auto& visitor : visitors_) next = std::min(next, visitor->engine_.next_wakeup().at);
    if (next > end) break;
    now_ = std::max(now_, next);
    if (wake_visitors()) continue;
    const Event event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
  now_ = end;
}

bool Session::wake_visitors() {
  bool any = false;
  for (const auto& visitor : visitors_) {
    if (visitor->engine_.next_wakeup().at > now_) continue;
    visitor->handle(engine::Tick());
    SKEP_ASSERT(visitor->engine_.next_wakeup().at > now_);
    any = true;
  }
  return any;
}

void Session::after(Duration delay, Event event) {
  events_.emplace(now_ + delay, std::move(event));
}

void Session::announce(Visitor& from, const engine::Announce& announce) {
  if (announce.event == engine::Announce::Event::stopped) {
    announced_.erase(&from);
    return;
  }
  engine::AnnounceReply reply{announce.torrent, 60, {}};
  for (const auto& other : visitors_)
    if (other.get() != &from && announced_.contains(other.get()) && announce.want > 0)
      reply.candidates.push_back(other->peer_id());
  announced_.insert(&from);
  after(kTrackerLatency, [&from, reply] { from.handle(reply); });
}

void Session::dial(Visitor& from, const engine::Dial& dial) {
  after(kDialTime, [this, &from, dial] {
    for (const auto& other : visitors_) {
      if (other->peer_id() != dial.peer) continue;
      const End near{&from, ++last_link_};
      const End far{other.get(), ++last_link_};
      links_[{near.visitor, near.link}] = far;
      links_[{far.visitor, far.link}] = near;
      from.handle(engine::LinkOpened{base::LinkId(near.link), dial.torrent, dial.peer, dial.dial});
      other->handle(engine::LinkOpened{base::LinkId(far.link), dial.torrent, from.peer_id(), {}});
      return;
    }
    from.handle(engine::DialFailed{dial.dial});
  });
}

void Session::send(Visitor& from, const engine::LinkSend& send) {
  Bytes bytes = send.bytes;
  if (alter_link) alter_link(from, bytes);
  after(kLinkLatency, [this, &from, link = send.link.value, bytes = std::move(bytes)] {
    const auto end = links_.find({&from, link});
    if (end == links_.end()) return;
    const End to = end->second;
    to.visitor->handle(engine::LinkBytes{base::LinkId(to.link), bytes});
  });
  after(base::microseconds(1), [this, &from, link = send.link] {
    if (links_.contains({&from, link.value})) from.handle(engine::LinkDrained{link, 0});
  });
}

void Session::close(Visitor& from, base::LinkId link) {
  const auto end = links_.find({&from, link.value});
  if (end == links_.end()) return;
  const End to = end->second;
  links_.erase(end);
  after(kLinkLatency, [this, to] {
    if (links_.erase({to.visitor, to.link}) > 0)
      to.visitor->handle(engine::LinkClosed{base::LinkId(to.link)});
  });
}

void Session::get(Visitor& from, const engine::HttpGet& get) {
  const Bytes& file = site_.files[get.file.value];
  const std::uint64_t begin = get.whole ? 0 : get.begin;
  const std::uint64_t end = get.whole ? file.size() : get.end;
  const std::uint64_t stop =
      cut_next_response_after ? std::min(end, begin + *cut_next_response_after) : end;
  cut_next_response_after.reset();

  const auto answer = [this, &from, http = get.http](Duration delay, auto make) {
    after(delay, [this, &from, http, make = std::move(make)] {
      if (!cancelled_.contains({&from, http.value})) make();
    });
  };
  Duration at = kOriginLatency;
  answer(at, [&from, &file, get, begin] {
    const std::uint16_t status = get.whole ? 200 : 206;
    from.handle(engine::HttpStarted{get.http, status, begin, file.size()});
  });
  for (std::uint64_t offset = begin; offset < stop; offset += kOriginChunk) {
    at = at + kOriginChunkEvery;
    answer(at, [&from, &file, get, offset, size = std::min(kOriginChunk, stop - offset)] {
      from.handle(engine::HttpBytes{get.http, base::ByteView(file).subspan(offset, size)});
    });
  }
  answer(at + base::milliseconds(1),
         [&from, get, ok = stop == end] { from.handle(engine::HttpEnded{get.http, ok}); });
}

}  // namespace skep::abi::testing
