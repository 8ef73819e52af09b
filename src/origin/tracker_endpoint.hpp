/// tracker_endpoint.hpp: WebSockets on one side, the sans-I/O tracker on the other.
/// CONTRACT  one thread. Outlives the server whose connections it was given.
/// SPEC      docs/formats/tracker.md
/// LIMITS    tracker::Config; the server's for messages and queues; kAttachedPointerMax
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http_server.hpp"
#include "origin/allowed_swarms.hpp"
#include "origin/metrics.hpp"
#include "origin/tracker_json.hpp"
#include "tracker/tracker.hpp"

namespace skep::origin {

/// Base64 of a pointer file.
inline constexpr std::size_t kAttachedPointerMax = (base::kPointerFileMax + 2) / 3 * 4;

class TrackerEndpoint {
 public:
  /// `ice_urls`: STUN and TURN servers recommended to Skep's clients.
  TrackerEndpoint(const tracker::Config& config, std::vector<site::PublicKey> allowed_keys,
                  std::vector<std::string> ice_urls = {});
  ~TrackerEndpoint();
  TrackerEndpoint(const TrackerEndpoint&) = delete;
  TrackerEndpoint& operator=(const TrackerEndpoint&) = delete;

  /// For an upgrade that was accepted.
  std::unique_ptr<net::WebSocketEvents> connect();
  /// The publication's pointer file, whenever it may have changed.
  void set_site_pointer(std::string_view file);
  /// To be called every second or so.
  void tick();

  /// The tracker's part of a picture of the server.
  void fill(MetricsSnapshot& out) const;
  std::size_t peer_count() const { return tracker_.registry().peer_count(); }
  std::size_t swarm_count() const { return tracker_.registry().swarms().size(); }

 private:
  class Connection;

  void handle(tracker::Input&& input);
  void opened(tracker::ConnectionId id, net::WebSocketPeer& peer);
  void received(tracker::ConnectionId id, std::string_view text);
  void closed(tracker::ConnectionId id);
  void take_pointer(std::string_view encoded);
  void allow();

  tracker::Tracker tracker_;
  AllowedSwarms allowed_;
  std::vector<std::string> ice_urls_;
  TrackerJsonParser json_;
  std::string printed_;  ///< what is sent: kept for its room
  std::unordered_map<std::uint64_t, net::WebSocketPeer*> peers_;  ///< by connection
  tracker::ConnectionId last_id_;
};

}  // namespace skep::origin
