#include "origin/testing/live_site.hpp"

#include <optional>
#include <thread>

#include "origin/http_plan.hpp"
#include "origin/static_site.hpp"
#include "origin/tracker_endpoint.hpp"

namespace skep::origin::testing {

net::HttpReply reply_with(int status, const std::string& fields, const std::string& text) {
  net::HttpReply out;
  out.status = status;
  out.fields = fields + "Content-Length: " + std::to_string(text.size()) + "\r\n";
  out.text = text;
  return out;
}

class LiveSite::Body final : public net::HttpHandler {
 public:
  Body(const std::filesystem::path& publication, std::map<std::string, Lie> lies,
       std::vector<std::string> ice)
      : lies_(std::move(lies)),
        tracker_(tracker::Config{}, {}, std::move(ice)),
        server_(*this, net::HttpServerOptions{}) {
    if (!publication.empty()) {
      site_.emplace(publication.string());
      tracker_.set_site_pointer(site_->read(".well-known/skep/latest", base::kPointerFileMax));
    }
    port_ = server_.listen();
    thread_ = std::thread([this] { server_.run(); });
  }
  ~Body() override {
    server_.stop();
    server_.stop();  // at once
    thread_.join();
  }

  net::HttpReply handle(const net::HttpRequest& request) override {
    if (const auto lie = lies_.find(std::string(request.target)); lie != lies_.end())
      return lie->second(request);
    const Route route = route_request(request);
    if (route.kind == RouteKind::tracker && request.upgrade_websocket) {
      net::HttpReply reply;
      reply.websocket = tracker_.connect();
      return reply;
    }
    if (site_ && (route.kind == RouteKind::file || route.kind == RouteKind::refused))
      return site_->answer(request, route);
    return reply_with(404, "", "");
  }
  void finished(const net::HttpRequest&, const net::HttpOutcome&) override {}

  std::uint16_t port() const { return port_; }

 private:
  std::map<std::string, Lie> lies_;
  std::optional<StaticSite> site_;
  TrackerEndpoint tracker_;
  net::HttpServer server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

LiveSite::LiveSite(const std::filesystem::path& publication, std::map<std::string, Lie> lies,
                   std::vector<std::string> ice)
    : body_(std::make_unique<Body>(publication, std::move(lies), std::move(ice))) {}
LiveSite::~LiveSite() = default;

net::HttpUrl LiveSite::url(const std::string& target) const {
  return *net::parse_http_url("http://127.0.0.1:" + std::to_string(body_->port()) + target);
}

}  // namespace skep::origin::testing
