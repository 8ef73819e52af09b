/// media_type.hpp: a file's media type by its name, and whether compressing it can pay.
/// CONTRACT  pure; ASCII case of the extension is ignored; texts are static. Publisher and server
///           use this one table, so that a peer's copy has the type that the origin would send.
/// SPEC      the IANA media type registry; RFC 9239 (text/javascript), WHATWG MIME Sniffing for the
///           usual names of fonts and images.
#pragma once

#include <string_view>

namespace skep::origin {

struct MediaType {
  std::string_view name;      ///< the Content-Type, charset included
  bool compressible = false;  ///< false: compressed already, or noise
};

/// The type of `path` by what follows the last '.' of its last component;
/// application/octet-stream when it is unknown.
MediaType media_type_of(std::string_view path);

}  // namespace skep::origin
