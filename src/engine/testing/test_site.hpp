/// test_site.hpp: a small published site with known bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "crypto/digest.hpp"

namespace skep::engine::testing {

struct TestSite {
  std::vector<base::Bytes> files;  ///< in file tree order
  base::Bytes metainfo;
  crypto::Digest256 info_hash;
  crypto::ShortHash v1_hash;  ///< zero unless hybrid
  std::uint32_t piece_length = 0;
  std::uint64_t total = 0;

  base::ByteView bytes(base::FileIndex file, std::uint64_t offset, std::uint64_t size) const {
    return base::ByteView(files[file.value])
        .subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }
};

/// Files "f000", "f001", ... of these sizes with pseudo-random content.
TestSite make_site(const std::vector<std::uint64_t>& sizes, std::uint64_t seed = 1,
                   std::uint32_t piece_length = 64 * 1024, bool hybrid = false);

/// The peer id whose bytes are all the same.
inline crypto::PeerId id_of(unsigned fill) {
  crypto::PeerId id;
  id.bytes.fill(static_cast<base::Byte>(fill));
  return id;
}

}  // namespace skep::engine::testing
