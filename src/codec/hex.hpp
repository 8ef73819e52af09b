/// hex.hpp: octets as lower-case hexadecimal text, for hashes in logs, URLs and file names.
/// CONTRACT  encodes lower case; decodes both cases; two digits per octet, nothing else.
/// SPEC      RFC 4648 section 8 (base 16).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace skep::codec {

/// Two lower-case digits for each octet.
std::string encode_hex(base::ByteView bytes);

/// The octets that `text` spells.
/// ERRORS truncated (odd number of digits), bad_syntax (`at` is the wrong character's position).
base::Result<base::Bytes> decode_hex(std::string_view text);

}  // namespace skep::codec
