#include "origin/publish_torrent.hpp"

#include <algorithm>

#include "origin/media_type.hpp"
#include "site/site_map.hpp"

namespace skep::origin {
namespace {

using base::Result;
using torrent::PlannedFile;

/// "docs/" for "docs/index.html", "" for "index.html"; nothing for other files.
void add_directory_url(std::string_view url, base::FileIndex file,
                       std::vector<site::UrlAlias>& out) {
  const std::string_view directory = url.substr(0, url.rfind('/') + 1);  // npos + 1 is 0
  if (url.substr(directory.size()) == "index.html") out.push_back({std::string(directory), file});
}

base::Bytes site_map_of(const TorrentRequest& request, const std::vector<PlannedFile>& files) {
  std::vector<site::FileClass> classes;
  std::vector<site::UrlAlias> aliases;
  classes.reserve(files.size());
  for (const PlannedFile& file : files) {
    site::FileClass headers;
    if (request.plain_sizes.contains(file.path)) headers.encoding = site::kSwarmEncoding;
    const std::string_view url = site::url_of(file.path, headers);
    headers.type = media_type_of(url).name;
    add_directory_url(url, base::FileIndex(static_cast<std::uint32_t>(classes.size())), aliases);
    headers.cache = cache_control_for(request.cache, url);
    classes.push_back(std::move(headers));
  }
  return site::encode_site_map(site::make_site_map(classes, std::move(aliases)));
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
    if (!leave[i]) out.shared_bytes += request.plain_size(request.files[i]);
  }
  torrent::TorrentPlan plan;
  plan.name = request.name;
  plan.piece_length = request.piece_length;
  plan.files = out.files;
  plan.skep = site_map_of(request, out.files);
  for (const std::string& url : request.trackers) plan.trackers.push_back({url});
  plan.web_seeds = request.web_seeds;
  plan.hybrid = request.hybrid;
  SKEP_TRY(out.built, torrent::build_torrent(plan));
  out.budget = metadata_budget(out.shared_bytes);
  return out;
}

bool fits(const PlannedTorrent& torrent) { return torrent.built.metainfo.size() <= torrent.budget; }

}  // namespace

std::uint64_t TorrentRequest::plain_size(const PlannedFile& file) const {
  const auto form = plain_sizes.find(file.path);
  return form == plain_sizes.end() ? file.hashed.size : form->second;
}

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
