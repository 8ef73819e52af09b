/// admin_page.hpp: the operator's page and the JSON it shows, below .well-known/skep/admin/.
/// CONTRACT  one thread. The page itself is the same for everybody and holds no secrets; the JSON
///           needs the token. Without a token there is neither.
/// SPEC      docs/formats/admin.md
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.hpp"
#include "origin/admin_gate.hpp"

namespace skep::origin {

inline constexpr const char* kAdminPath = ".well-known/skep/admin/";

class AdminPage {
 public:
  /// `metrics`: JSON of metrics.hpp. `pointer`: the publication's pointer file, or nothing.
  AdminPage(std::string token, std::function<std::string()> metrics,
            std::function<std::string()> pointer);

  bool on() const { return gate_.has_value(); }
  const std::string& token() const { return token_; }

  /// The answer for `path` (as route_request decodes it); nothing when it is not one of ours.
  std::optional<net::HttpReply> answer(const net::HttpRequest& request, std::string_view path,
                                       base::Instant now);

 private:
  net::HttpReply picture(const net::HttpRequest& request, base::Instant now);

  std::string token_;
  std::optional<AdminGate> gate_;
  std::function<std::string()> metrics_;
  std::function<std::string()> pointer_;
};

}  // namespace skep::origin
