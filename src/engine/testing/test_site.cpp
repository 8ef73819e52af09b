#include "engine/testing/test_site.hpp"

#include <cstdio>

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "torrent/builder.hpp"

namespace skep::engine::testing {

TestSite make_site(const std::vector<std::uint64_t>& sizes, std::uint64_t seed,
                   std::uint32_t piece_length, bool hybrid) {
  TestSite site;
  site.piece_length = piece_length;
  base::Rng rng(seed);
  torrent::TorrentPlan plan;
  plan.name = "site";
  plan.piece_length = piece_length;
  plan.hybrid = hybrid;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    base::Bytes bytes(static_cast<std::size_t>(sizes[i]));
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      const std::uint64_t word = rng.next();
      for (std::size_t b = 0; b < 8 && at + b < bytes.size(); ++b)
        bytes[at + b] = static_cast<base::Byte>(word >> (8 * b));
    }
    torrent::FileHasher hasher(piece_length, hybrid);
    hasher.update(bytes);
    char name[32];
    std::snprintf(name, sizeof name, "f%04zu", i);
    plan.files.push_back({name, hasher.finish()});
    site.total += sizes[i];
    site.files.push_back(std::move(bytes));
  }
  const auto built = torrent::build_torrent(plan);
  SKEP_ASSERT(built.has_value());
  site.metainfo = built->metainfo;
  site.info_hash = built->info_hash;
  site.v1_hash = built->v1_hash;
  return site;
}

}  // namespace skep::engine::testing
