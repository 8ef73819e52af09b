#include "origin/publish_torrent.hpp"

#include <algorithm>

#include "origin/media_type.hpp"
#include "site/site_map.hpp"

namespace skep::origin {
namespace {

using base::Result;
using torrent::PlannedFile;

/// "docs/" for "docs/index.html", "" for "index.html"; nothing for other files.
std::vector<site::UrlAlias> directory_urls(const std::vector<PlannedFile>& files) {
  constexpr std::string_view kIndex = "index.html";
  std::vector<site::UrlAlias> out;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& path = files[i].path;
    const std::string directory = path.substr(0, path.rfind('/') + 1);  // npos + 1 is 0
    if (path.substr(directory.size()) == kIndex)
      out.push_back({directory, base::FileIndex(static_cast<std::uint32_t>(i))});
  }
  return out;
}

base::Bytes site_map_of(const std::vector<PlannedFile>& files) {
  std::vector<site::FileClass> classes;
  classes.reserve(files.size());
  for (const PlannedFile& file : files)
    classes.push_back({std::string(media_type_of(file.path).name), {}, {}});
  return site::encode_site_map(site::make_site_map(classes, directory_urls(files)));
}

/// By how dear their metadata is: smallest first, equal ones by path.
std::vector<std::size_t> smallest_first(const std::vector<PlannedFile>& files) {
  std::vector<std::size_t> order(files.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return files[a].hashed.size < files[b].hashed.size;
  });
  return order;
}

/// The torrent without the `count` smallest files.
Result<PlannedTorrent> without(const TorrentRequest& request, const std::vector<std::size_t>& order,
                               std::size_t count) {
  PlannedTorrent out;
  std::vector<bool> leave(request.files.size());
  for (std::size_t i = 0; i < count; ++i) leave[order[i]] = true;
  for (std::size_t i = 0; i < leave.size(); ++i) {
    (leave[i] ? out.left_out : out.files).push_back(request.files[i]);
    if (!leave[i]) out.shared_bytes += request.files[i].hashed.size;
  }
  torrent::TorrentPlan plan;
  plan.name = request.name;
  plan.piece_length = request.piece_length;
  plan.files = out.files;
  plan.skep = site_map_of(out.files);
  for (const std::string& url : request.trackers) plan.trackers.push_back({url});
  SKEP_TRY(out.built, torrent::build_torrent(plan));
  out.budget = metadata_budget(out.shared_bytes);
  return out;
}

bool fits(const PlannedTorrent& torrent) { return torrent.built.metainfo.size() <= torrent.budget; }

}  // namespace

std::uint64_t metadata_budget(std::uint64_t shared_bytes) {
  return std::max(kMetadataFloor, shared_bytes / 100);
}

Result<PlannedTorrent> plan_torrent(TorrentRequest request) {
  torrent::sort_tree_order(request.files);
  const std::vector<std::size_t> order = smallest_first(request.files);
  SKEP_TRY(PlannedTorrent best, without(request, order, 0));
  if (fits(best) || request.files.size() < 2) return best;
  // Leaving out more files saves more metadata than budget: the smallest number that fits.
  std::size_t too_few = 0;
  std::size_t enough = request.files.size() - 1;  // one file always stays
  SKEP_TRY(best, without(request, order, enough));
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    SKEP_TRY(PlannedTorrent candidate, without(request, order, middle));
    if (fits(candidate)) {
      enough = middle;
      best = std::move(candidate);
    } else {
      too_few = middle;
    }
  }
  return best;
}

}  // namespace skep::origin
