/// runtime_assets.hpp: the browser runtime, embedded in this binary by CMake (RuntimeAssets.cmake).
/// CONTRACT  static data for the life of the process; empty when the runtime was not built before
///           the binary was.
/// SPEC      docs/formats/publication.md
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace skep::origin {

struct RuntimeAsset {
  std::string_view path;  ///< where it stands in a publication: "skep.js"
  base::ByteView bytes;
};

std::span<const RuntimeAsset> runtime_assets();

/// The operator's page: "admin/index.html" and what it loads. Never part of a publication.
std::span<const RuntimeAsset> admin_assets();

}  // namespace skep::origin
