// Whatever decodes names a piece, and its answer is one: the data that was asked for, or a reject.
// What who asks reads holds no more than a piece, and an answer of ours reads back.
#include "base/assert.hpp"
#include "wire/metadata_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  const base::ByteView input(data, size);
  const auto message = wire::decode_metadata_message(input);
  if (message.has_value()) {
    SKEP_ASSERT(message->data.size() <= wire::kMetadataPieceSize);
    SKEP_ASSERT(message->type == wire::MetadataMessage::Type::data || message->data.empty());
  }
  const auto piece = wire::decode_metadata_request(input);
  if (!piece.has_value()) return 0;
  SKEP_ASSERT(size <= wire::kMetadataRequestMax);
  const base::Bytes answer = wire::encode_metadata_answer(*piece, input);
  SKEP_ASSERT(answer.size() <= wire::kMetadataPieceSize + 100);
  SKEP_ASSERT(base::as_text(answer).starts_with(*piece == 0 ? "d8:msg_typei1e" : "d8:msg_typei2e"));
  const auto read = wire::decode_metadata_message(answer);
  SKEP_ASSERT(read.has_value() && read->piece == *piece);
  return 0;
}
