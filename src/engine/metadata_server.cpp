#include "engine/metadata_server.hpp"

#include "wire/metadata_message.hpp"

namespace skep::engine {

void take_metadata(Core& core, const Torrent& t, Peer& peer, ByteView payload) {
  const auto piece = wire::decode_metadata_request(payload);
  if (!piece || !peer.metadata_id) return;  // we ask for nothing, so nothing else matters
  const bool room = peer.buffered + peer.outbox.size() < base::kLinkSendBufferMax;
  const Bytes answer =
      wire::encode_metadata_answer(*piece, room ? ByteView(t.meta.info.raw) : ByteView());
  send(core, peer, wire::Extended{*peer.metadata_id, answer});
}

}  // namespace skep::engine
