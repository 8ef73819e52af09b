/// live_site.hpp: a publication served on loopback with its tracker, by a server that can be told
/// to lie about any path.
/// CONTRACT  serves on a thread of its own until it is destroyed. `lies` are set before the first
///           request, and not changed afterwards.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "net/http_url.hpp"

namespace skep::origin::testing {

/// A reply with these fields ("Name: value\r\n" each) and this body.
net::HttpReply reply_with(int status, const std::string& fields, const std::string& text);

class LiveSite {
 public:
  using Lie = std::function<net::HttpReply(const net::HttpRequest& request)>;

  /// `ice`: what the tracker recommends. An empty `publication` serves nothing but lies.
  explicit LiveSite(const std::filesystem::path& publication, std::map<std::string, Lie> lies = {},
                    std::vector<std::string> ice = {});
  ~LiveSite();
  LiveSite(const LiveSite&) = delete;
  LiveSite& operator=(const LiveSite&) = delete;

  net::HttpUrl url(const std::string& target = "/") const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace skep::origin::testing
