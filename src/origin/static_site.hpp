/// static_site.hpp: answers GET, HEAD and OPTIONS from a directory.
/// CONTRACT  one thread. Replies own what they send; the files under the root may change or vanish.
/// LIMITS    net::FileTreeOptions
#pragma once

#include <map>
#include <string>

#include "net/file_tree.hpp"
#include "origin/http_plan.hpp"

namespace skep::origin {

class StaticSite {
 public:
  explicit StaticSite(std::string root);

  /// The answer for a route of kind file or refused.
  net::HttpReply answer(const net::HttpRequest& request, const Route& route);
  /// A plan without a file, as a reply.
  static net::HttpReply reply_of(HttpPlan plan);

  /// What the author wants to be said about caching: path → Cache-Control.
  void set_cache_values(std::map<std::string, std::string, std::less<>> values) {
    cache_values_ = std::move(values);
  }

  /// Whether there is such a file.
  bool has(const std::string& path) { return tree_.find(path, false).has_value(); }
  /// A small file's bytes as they are now ("" when there is none, or it is larger than `size_max`).
  std::string read(const std::string& path, std::size_t size_max);

 private:
  struct Found {
    FileFacts facts;
    std::shared_ptr<const net::FileEntry> entry;
  };
  Found find(const std::string& path, bool variants);

  net::FileTree tree_;
  std::map<std::string, std::string, std::less<>> cache_values_;
};

}  // namespace skep::origin
