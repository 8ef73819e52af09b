#include "wire/metadata_message.hpp"

#include <algorithm>

#include "base/decimal.hpp"
#include "codec/bencode.hpp"

namespace skep::wire {
namespace {

constexpr std::int64_t kRequest = 0;  // 1: data, 2: reject
constexpr codec::BencodeLimits kLimits = {
    .depth_max = 4, .tokens_max = 64, .size_max = kMetadataRequestMax};

}  // namespace

base::Result<std::uint32_t> decode_metadata_request(base::ByteView payload) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(payload, kLimits));
  SKEP_TRY(const std::int64_t type, document.root().require_integer("msg_type"));
  SKEP_TRY(const std::int64_t piece, document.root().require_integer("piece"));
  if (type != kRequest || piece < 0 || piece > INT32_MAX)
    return base::fail(base::Errc::bad_value, "no request for metadata");
  return static_cast<std::uint32_t>(piece);
}

base::Bytes encode_metadata_answer(std::uint32_t piece, base::ByteView info) {
  const std::size_t at = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::uint64_t{piece} * kMetadataPieceSize, info.size()));
  const base::ByteView part = info.subspan(at, std::min(kMetadataPieceSize, info.size() - at));
  base::Bytes out;
  base::append(out, part.empty() ? "d8:msg_typei2e5:piecei" : "d8:msg_typei1e5:piecei");
  base::append_decimal(out, piece);
  if (!part.empty()) {
    base::append(out, "e10:total_sizei");
    base::append_decimal(out, info.size());
  }
  base::append(out, "ee");
  base::append(out, part);
  return out;
}

base::Result<MetadataMessage> decode_metadata_message(base::ByteView payload) {
  using base::Errc;
  SKEP_TRY(const codec::BencodePrefix prefix,
           codec::decode_bencode_prefix(
               payload.first(std::min(payload.size(), kMetadataRequestMax)), kLimits));
  const codec::BencodeNode root = prefix.document.root();
  SKEP_TRY(const std::int64_t type, root.require_integer("msg_type"));
  SKEP_TRY(const std::int64_t piece, root.require_integer("piece"));
  if (type < kRequest || type > 2 || piece < 0 || piece > INT32_MAX)
    return base::fail(Errc::bad_value, "no message about metadata");
  MetadataMessage out;
  out.type = static_cast<MetadataMessage::Type>(type);
  out.piece = static_cast<std::uint32_t>(piece);
  out.data = payload.subspan(prefix.consumed);
  if (out.type != MetadataMessage::Type::data) {
    if (!out.data.empty()) return base::fail(Errc::trailing_bytes, "metadata: data unasked");
    return out;
  }
  if (out.data.size() > kMetadataPieceSize)
    return base::fail(Errc::limit_exceeded, "metadata: more than a piece");
  SKEP_TRY(const std::int64_t size, root.require_integer("total_size"));
  if (size < 0) return base::fail(Errc::bad_value, "metadata: a negative size");
  out.total_size = static_cast<std::uint64_t>(size);
  return out;
}

base::Bytes encode_metadata_request(std::uint32_t piece) {
  base::Bytes out;
  base::append(out, "d8:msg_typei0e5:piecei");
  base::append_decimal(out, piece);
  base::append(out, "ee");
  return out;
}

}  // namespace skep::wire
