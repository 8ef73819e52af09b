#include "origin/tracker_endpoint.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>

#include "codec/hex.hpp"

namespace skep::origin {
namespace {

constexpr std::uint16_t kPolicyViolation = 1008;  // RFC 6455 §7.4.1

base::Instant now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(time).count()};
}

std::int64_t unix_now_s() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

/// 4 or 16 octets, or none.
base::Bytes address_octets(std::string_view text) {
  const std::string address(text);
  std::array<base::Byte, 16> raw{};
  if (::inet_pton(AF_INET, address.c_str(), raw.data()) == 1) return {raw.begin(), raw.begin() + 4};
  if (::inet_pton(AF_INET6, address.c_str(), raw.data()) == 1) return {raw.begin(), raw.end()};
  return {};
}

/// Nothing when it is no base64.
base::Bytes decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kAttachedPointerMax) return {};
  base::Bytes out(text.size() / 4 * 3);
  const int size =
      ::EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size()));
  if (size < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string reason_of(const base::Error& error) {
  return std::string("malformed message: ") + error.what;
}

}  // namespace

class TrackerEndpoint::Connection final : public net::WebSocketEvents {
 public:
  Connection(TrackerEndpoint& endpoint, tracker::ConnectionId id) : endpoint_(endpoint), id_(id) {}
  void on_open(net::WebSocketPeer& peer) override { endpoint_.opened(id_, peer); }
  void on_text(std::string_view text) override { endpoint_.received(id_, text); }
  void on_close() override { endpoint_.closed(id_); }

 private:
  TrackerEndpoint& endpoint_;
  tracker::ConnectionId id_;
};

TrackerEndpoint::TrackerEndpoint(const tracker::Config& config,
                                 std::vector<site::PublicKey> allowed_keys,
                                 std::vector<std::string> ice_urls)
    : tracker_(config), allowed_(std::move(allowed_keys)), ice_urls_(std::move(ice_urls)) {}

TrackerEndpoint::~TrackerEndpoint() = default;

std::unique_ptr<net::WebSocketEvents> TrackerEndpoint::connect() {
  return std::make_unique<Connection>(*this, ++last_id_);
}

void TrackerEndpoint::opened(tracker::ConnectionId id, net::WebSocketPeer& peer) {
  peers_.emplace(id.value, &peer);
  handle(tracker::ConnectionOpened{id, address_octets(peer.remote())});
}

void TrackerEndpoint::closed(tracker::ConnectionId id) {
  if (peers_.erase(id.value) > 0) handle(tracker::ConnectionClosed{id});
}

void TrackerEndpoint::received(tracker::ConnectionId id, std::string_view text) {
  auto request = json_.parse(text);
  if (!request) return handle(tracker::MalformedReceived{id, reason_of(request.error())});
  if (!json_.attached_pointer().empty() && allowed_.takes_pointers() &&
      std::holds_alternative<wire::AnnounceRequest>(*request))
    take_pointer(json_.attached_pointer());
  handle(tracker::MessageReceived{id, std::move(*request), text.size()});
}

/// Of an announce, in base64. A bad one is as good as none: the announce itself is then refused, if
/// nothing else allows its swarm.
void TrackerEndpoint::take_pointer(std::string_view encoded) {
  const auto changed = allowed_.offer_pointer(decode_base64(encoded), unix_now_s());
  if (changed && *changed) allow();
}

void TrackerEndpoint::allow() { handle(tracker::AllowedSwarmsChanged{allowed_.info_hashes()}); }

void TrackerEndpoint::set_site_pointer(std::string_view file) {
  if (allowed_.set_site_pointer(file, unix_now_s())) allow();
}

void TrackerEndpoint::tick() {
  if (allowed_.expire(unix_now_s())) allow();
  if (tracker_.next_wakeup() <= now()) handle(tracker::Tick{});
}

void TrackerEndpoint::fill(MetricsSnapshot& out) const {
  out.tracker = tracker_.totals();
  out.tracker_connections = tracker_.connection_count();
  out.peers = peer_count();
  out.offers_outstanding = tracker_.offers_outstanding();
  for (const auto& [info_hash, swarm] : tracker_.registry().swarms()) {
    if (out.swarms.size() == kSwarmsShown) break;
    out.swarms.push_back({codec::encode_hex(info_hash.view()), swarm.complete, swarm.incomplete(),
                          swarm.downloaded, swarm.reported_uploaded, swarm.reported_downloaded});
  }
}

void TrackerEndpoint::handle(tracker::Input&& input) {
  tracker_.handle(now(), std::move(input));
  while (auto output = tracker_.poll()) {
    if (const auto* send = std::get_if<tracker::Send>(&*output)) {
      const auto to = peers_.find(send->connection.value);
      if (to == peers_.end()) continue;
      printed_.clear();
      print_tracker_response(printed_, send->message, ice_urls_);
      to->second->send(printed_);
    } else {
      const auto& close = std::get<tracker::Close>(*output);
      const auto to = peers_.find(close.connection.value);
      if (to == peers_.end()) continue;
      to->second->close(kPolicyViolation, close.reason);
      peers_.erase(to);  // the tracker has forgotten it: on_close() must not tell it again
    }
  }
}

}  // namespace skep::origin
