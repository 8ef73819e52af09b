/// announcer.hpp: when to tell the tracker about us, and whom of its candidates to dial.
/// CONTRACT  says Announce and Dial only while peers are allowed and (Announce) the tracker is up.
/// WHY       a tracker is shared by everybody: by interval, and sooner only when a fetch lacks
///           peers, with growing pauses.
/// LIMITS    half of Config::links_max is dialled by us; kDialsAtOnceMax at a time.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

void on_announce_reply(Core& core, const AnnounceReply& input);
void on_dial_failed(Core& core, const DialFailed& input);
/// Announces and dials what is due. Asks to be woken.
void run_announcer(Core& core);
/// Whether a first useful peer may be about to appear: the tracker has not answered yet, a
/// candidate is being dialled, or a link is in its handshake.
bool connecting(const Core& core, const Torrent& torrent);
/// Tells the tracker that we leave.
void announce_stop(Core& core, Torrent& torrent);

}  // namespace skep::engine
