#include "wire/hash_exchange.hpp"

namespace skep::wire {

using base::Errc;
using base::fail;

torrent::HashRequest to_request(const HashRange& range) {
  return {range.base_layer, range.index, range.length, range.proof_layers};
}

HashRange to_range(const crypto::Digest256& root, const torrent::HashRequest& request) {
  return {root, request.base_layer, request.index, request.length, request.proof_layers};
}

base::Status check_hash_range(const HashRange& range, const torrent::TreeShape& shape,
                              std::uint32_t piece_length) {
  if (range.length > kHashesServedMax)
    return fail(Errc::limit_exceeded, "more hashes asked for than we answer at once");
  if (range.base_layer != 0 && range.base_layer != torrent::piece_layer_of(piece_length))
    return fail(Errc::unsupported, "hashes of a layer that is neither leaves nor pieces");
  return torrent::check_hash_request(to_request(range), shape);
}

base::Result<std::vector<crypto::Digest256>> read_hashes(const Hashes& message,
                                                         const torrent::TreeShape& shape) {
  const torrent::HashRequest request = to_request(message.range);
  SKEP_CHECK(torrent::check_hash_request(request, shape));
  if (message.count() != torrent::answer_size(request, shape))
    return fail(Errc::bad_value, "another number of hashes than was asked for");
  std::vector<crypto::Digest256> out;
  out.reserve(message.count());
  for (std::size_t i = 0; i < message.count(); ++i) out.push_back(message.at(i));
  return out;
}

void encode_hashes(base::Bytes& out, const HashRange& range,
                   std::span<const crypto::Digest256> digests) {
  // Digests are plain arrays of octets without padding: their concatenation is the payload.
  static_assert(sizeof(crypto::Digest256) == crypto::Digest256::kSize);
  const base::ByteView octets(reinterpret_cast<const base::Byte*>(digests.data()),
                              digests.size_bytes());
  encode(out, Hashes{range, octets});
}

}  // namespace skep::wire
