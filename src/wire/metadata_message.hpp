/// metadata_message.hpp: `ut_metadata`: the info dictionary, from peer to peer in 16 KiB pieces.
/// CONTRACT  values in, bytes out. We answer and never ask: a visitor has the dictionary by HTTP.
/// SPEC      BEP 9 "extension message". docs/formats/wire.md.
/// LIMITS    a request has no more than kMetadataRequestMax octets.
#pragma once

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

}  // namespace skep::wire
