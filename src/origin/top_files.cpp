#include "origin/top_files.hpp"

#include <algorithm>

namespace skep::origin {

std::size_t TopFiles::place_of(std::string_view path) {
  if (const auto known = index_.find(path); known != index_.end()) return known->second;
  std::size_t place = files_.size();
  if (place < kFilesCounted) {
    files_.push_back({std::string(path), 0, 0, 0});
    requests_.push_back(0);
  } else {
    const auto least = std::min_element(requests_.begin(), requests_.end());
    place = static_cast<std::size_t>(least - requests_.begin());
    index_.erase(files_[place].path);
    files_[place] = {std::string(path), 0, *least, 0};
  }
  index_.emplace(files_[place].path, place);
  return place;
}

void TopFiles::add(std::string_view path, std::uint64_t bytes) {
  const std::size_t place = place_of(path.substr(0, kCountedPathMax));
  ++requests_[place];
  files_[place].bytes += bytes;
}

std::vector<FileCount> TopFiles::top(std::size_t count) const {
  std::vector<FileCount> out = files_;
  for (std::size_t i = 0; i < out.size(); ++i) out[i].requests = requests_[i];
  const auto more = [](const FileCount& a, const FileCount& b) {
    return a.requests != b.requests ? a.requests > b.requests : a.path < b.path;
  };
  std::sort(out.begin(), out.end(), more);
  if (out.size() > count) out.resize(count);
  return out;
}

}  // namespace skep::origin
