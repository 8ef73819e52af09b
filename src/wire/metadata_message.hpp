/// metadata_message.hpp: `ut_metadata`: the info dictionary, from peer to peer in 16 KiB pieces.
/// CONTRACT  values in, bytes out. A visitor answers and never asks: it has the dictionary by HTTP.
///           decode_metadata_message() is for who joins by a magnet link; its views live as long as
///           the payload.
/// SPEC      BEP 9 "extension message". docs/formats/wire.md.
/// LIMITS    a message has no more than kMetadataRequestMax octets, and a piece behind them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace skep::wire {

/// BEP 9: all pieces are that long but the last.
inline constexpr std::size_t kMetadataPieceSize = 16 * 1024;
/// A flat dictionary of two integers; a stranger may add a few keys.
inline constexpr std::size_t kMetadataRequestMax = 1024;
/// The extension's name in `m`, and the id under which we ask others to send it to us.
inline constexpr std::string_view kMetadataExtension = "ut_metadata";
inline constexpr std::uint8_t kMetadataExtensionId = 2;

/// The piece that a message asks for.
/// ERRORS those of decode_bencode(); missing_field, wrong_type; bad_value (any other message).
base::Result<std::uint32_t> decode_metadata_request(base::ByteView payload);

/// The answer: that piece of `info`, or a reject when there is none (or `info` is empty).
base::Bytes encode_metadata_answer(std::uint32_t piece, base::ByteView info);

struct MetadataMessage {
  enum class Type : std::uint8_t { request = 0, data = 1, reject = 2 };
  Type type = Type::request;
  std::uint32_t piece = 0;
  std::uint64_t total_size = 0;  ///< of data: bytes of the whole dictionary
  base::ByteView data;           ///< of data
};

/// Any message of the extension.
/// ERRORS those of decode_bencode(); missing_field, wrong_type; bad_value (a type that BEP 9 does
///        not know, a piece that no dictionary has); limit_exceeded (data beyond one piece);
///        trailing_bytes (a request or reject with data).
base::Result<MetadataMessage> decode_metadata_message(base::ByteView payload);

base::Bytes encode_metadata_request(std::uint32_t piece);

}  // namespace skep::wire
