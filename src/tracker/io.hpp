/// io.hpp: everything that can happen to a tracker (Input) and everything it asks for (Output).
/// CONTRACT  sans-I/O, like the engine: handle(now, input), poll() until nullopt, sleep until
///           next_wakeup(). ConnectionIds are chosen by the host and never reused. After a Close
///           the tracker has forgotten the connection; inputs that still name it are ignored.
/// SPEC      docs/formats/tracker.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/tracker_message.hpp"

namespace skep::tracker {

/// One WebSocket.
using ConnectionId = base::StrongId<struct ConnectionTag, std::uint64_t>;

// ---------------------------------------------------------------------------------------- inputs

/// Nothing happened but time.
struct Tick {};

struct ConnectionOpened {
  ConnectionId connection;
  base::Bytes address;  ///< 4 or 16 octets; empty when the host does not know
};
struct ConnectionClosed {
  ConnectionId connection;
};
struct MessageReceived {
  ConnectionId connection;
  wire::TrackerRequest message;
  std::size_t size = 0;  ///< bytes it had on the wire, for the quota
};
/// A message the host could not translate. The connection is closed with that reason.
struct MalformedReceived {
  ConnectionId connection;
  std::string reason;
};
/// The swarms this tracker serves from now on; others are forgotten with their peers.
struct AllowedSwarmsChanged {
  std::vector<crypto::ShortHash> info_hashes;
};

using Input = std::variant<Tick, ConnectionOpened, ConnectionClosed, MessageReceived,
                           MalformedReceived, AllowedSwarmsChanged>;

// --------------------------------------------------------------------------------------- outputs

struct Send {
  ConnectionId connection;
  wire::TrackerResponse message;
};
/// Close with WebSocket code 1008 (RFC 6455 section 7.4.1, "policy violation") and this reason.
struct Close {
  ConnectionId connection;
  std::string reason;  ///< at most 123 bytes (RFC 6455 section 5.5)
};

using Output = std::variant<Send, Close>;

}  // namespace skep::tracker
