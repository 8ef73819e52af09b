/// utf8.hpp: whether bytes are well-formed UTF-8.
/// SPEC  RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace skep::codec {

bool is_utf8(std::string_view text);

}  // namespace skep::codec
