/// peer_session.hpp: one link's life: opened, handshake, messages, keep-alive, closed.
/// CONTRACT  a peer's bytes never do more than doom that peer. Doomed peers are removed by
///           reap_peers() at the end of the same handle().
/// SPEC      BEP 3, 6, 10, 52; docs/formats/wire.md.
/// LIMITS    kHandshakeMax for the first 68 bytes; Config::link_silence_max afterwards.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// A link that has not completed its handshake by then is closed.
inline constexpr base::Duration kHandshakeMax = base::seconds(20);

void on_link_opened(Core& core, const LinkOpened& input);
void on_link_bytes(Core& core, const LinkBytes& input);
void on_link_drained(Core& core, const LinkDrained& input);
void on_link_closed(Core& core, const LinkClosed& input);

/// Forgets a peer: its requests are open again, its pieces no longer counted.
void forget_peer(Core& core, LinkId link);
/// Closes and forgets every doomed peer.
void reap_peers(Core& core);
/// Keep-alives, silence, links that fell too far behind. Asks to be woken.
void check_links(Core& core);

}  // namespace skep::engine
