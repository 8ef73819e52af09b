#include "wire/metadata_message.hpp"

#include <algorithm>

#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"

namespace skep::wire {
namespace {

enum Type : std::uint8_t { request = 0, data = 1, reject = 2 };

}  // namespace

base::Result<std::uint32_t> decode_metadata_request(base::ByteView payload) {
  SKEP_TRY(const codec::BencodeDocument document,
           codec::decode_bencode(
               payload, {.depth_max = 4, .tokens_max = 64, .size_max = kMetadataRequestMax}));
  SKEP_TRY(const std::int64_t type, document.root().require_integer("msg_type"));
  SKEP_TRY(const std::int64_t piece, document.root().require_integer("piece"));
  if (type != request || piece < 0 || piece > INT32_MAX)
    return base::fail(base::Errc::bad_value, "no request for metadata");
  return static_cast<std::uint32_t>(piece);
}

base::Bytes encode_metadata_answer(std::uint32_t piece, base::ByteView info) {
  const std::size_t at = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::uint64_t{piece} * kMetadataPieceSize, info.size()));
  const base::ByteView part = info.subspan(at, std::min(kMetadataPieceSize, info.size() - at));
  codec::BencodeWriter writer;
  writer.begin_dict().key("msg_type").integer(part.empty() ? reject : data);
  writer.key("piece").integer(piece);
  if (!part.empty()) writer.key("total_size").integer(static_cast<std::int64_t>(info.size()));
  base::Bytes out = writer.end().take();
  base::append(out, part);
  return out;
}

}  // namespace skep::wire
