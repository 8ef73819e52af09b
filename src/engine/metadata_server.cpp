#include "engine/metadata_server.hpp"

#include "wire/metadata_message.hpp"

namespace skep::engine {

void take_metadata(Core& core, const Torrent& t, Peer& peer, ByteView payload) {
  const auto piece = wire::decode_metadata_request(payload);
  if (!piece || !peer.metadata_id) return;  // we ask for nothing, so nothing else matters
  const ByteView info = t.meta.info.raw;
  const bool serve = core.policy.upload && peer.metadata_sent <= 2 * info.size();
  const Bytes answer = wire::encode_metadata_answer(*piece, serve ? info : ByteView());
  peer.metadata_sent += static_cast<std::uint32_t>(answer.size());
  send(core, peer, wire::Extended{*peer.metadata_id, answer});
}

}  // namespace skep::engine
