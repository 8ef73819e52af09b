#include "origin/serve.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>

#include "net/http_server.hpp"
#include "origin/access_log.hpp"
#include "origin/admin_page.hpp"
#include "origin/http_plan.hpp"
#include "origin/key_file.hpp"
#include "origin/metrics.hpp"
#include "origin/serve_root.hpp"
#include "origin/static_site.hpp"
#include "origin/tracker_endpoint.hpp"

namespace skep::origin {
namespace {

constexpr const char* kPointerPath = ".well-known/skep/latest";

tracker::Config tracker_config() {
  tracker::Config config;
  std::random_device device;
  config.seed = (std::uint64_t{device()} << 32) | device();
  return config;
}

std::vector<site::PublicKey> public_keys(const std::vector<std::string>& texts) {
  std::vector<site::PublicKey> out;
  for (const std::string& text : texts) out.push_back(parse_public_key(text));
  return out;
}

net::HttpServerOptions server_options(const ServeOptions& options) {
  net::HttpServerOptions out;
  out.address = options.address;
  out.port = options.port;
  out.connections_max = options.connections_max;
  out.rate_bytes_per_s = static_cast<std::uint64_t>(options.rate_mbit * 1e6 / 8);
  return out;
}

std::int64_t unix_now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// Only programs on this machine, and not those who ask by way of a proxy on it.
bool may_see_metrics(const net::HttpRequest& request) {
  return !request.forwarded && (request.remote == "127.0.0.1" || request.remote == "::1");
}

/// Empty: there is no admin page.
std::string admin_token(const ServeOptions& options) {
  if (!options.admin_token_file.empty()) return read_admin_token(options.admin_token_file);
  return options.admin ? make_admin_token() : std::string();
}

/// What each request leads to.
class Service final : public net::HttpHandler {
 public:
  explicit Service(const ServeOptions& options)
      : options_(options),
        log_(options.access_log),
        admin_(
            admin_token(options), [this] { return metrics_json(snapshot()); },
            [this] { return site_ ? site_->read(kPointerPath, base::kPointerFileMax) : ""; }),
        tracker_(tracker_config(), public_keys(options.allow_keys), options.ice),
        server_(*this, server_options(options)) {
    if (options.root.empty()) return;
    root_ = prepare_root(options.root, options.key_file);
    site_.emplace(root_->path.string());
  }

  void run();

  net::HttpReply handle(const net::HttpRequest& request) override;
  void finished(const net::HttpRequest& request, const net::HttpOutcome& outcome) override;

 private:
  std::string health() const;
  MetricsSnapshot gauges() const;
  MetricsSnapshot snapshot() const;
  net::HttpReply upgrade(const net::HttpRequest& request);
  void reload_pointer();
  void renew_pointer_if_due();
  void announce_start(std::uint16_t port) const;

  const ServeOptions& options_;
  AccessLog log_;
  AdminPage admin_;
  std::optional<ServeRoot> root_;
  std::optional<StaticSite> site_;
  TrackerEndpoint tracker_;
  Metrics metrics_;
  net::HttpServer server_;
  base::Instant begun_;
};

std::string Service::health() const {
  const nlohmann::json out = {{"status", "ok"},
                              {"version", options_.version},
                              {"uptime_s", (server_.now() - begun_).us / 1'000'000},
                              {"connections", server_.stats().connections},
                              {"peers", tracker_.peer_count()}};
  return out.dump();
}

MetricsSnapshot Service::gauges() const {
  MetricsSnapshot out;
  out.version = options_.version;
  out.unix_s = unix_now_s();
  out.uptime_s = (server_.now() - begun_).us / 1'000'000;
  const net::HttpServerStats stats = server_.stats();
  out.connections = stats.connections;
  out.connections_refused = stats.refused;
  out.websockets = stats.websockets;
  tracker_.fill(out);
  return out;
}

MetricsSnapshot Service::snapshot() const {
  MetricsSnapshot out = gauges();
  metrics_.fill(out);
  return out;
}

void Service::finished(const net::HttpRequest& request, const net::HttpOutcome& outcome) {
  metrics_.count_answer(static_cast<AnswerKind>(outcome.tag), outcome.status, outcome.body_bytes,
                        outcome.complete, request.skep == "engine",
                        request.target.substr(0, request.target.find('?')));
  log_.write(request, outcome);
}

net::HttpReply Service::handle(const net::HttpRequest& request) {
  Route route = route_request(request);
  if (route.kind == RouteKind::file)
    if (auto reply = admin_.answer(request, route.path, server_.now())) return std::move(*reply);
  switch (route.kind) {
    case RouteKind::healthz:
      return StaticSite::reply_of(json_plan(request, health(), "no-store"));
    case RouteKind::metrics:
      if (may_see_metrics(request))
        return StaticSite::reply_of(text_plan(request, print_prometheus(snapshot()),
                                              "text/plain; version=0.0.4; charset=utf-8"));
      route.kind = RouteKind::file;
      break;
    case RouteKind::tracker:
      return upgrade(request);
    case RouteKind::file:
    case RouteKind::refused:
      break;
  }
  if (site_) {
    net::HttpReply reply = site_->answer(request, route);
    if (reply.status < 400) reply.tag = static_cast<std::uint8_t>(kind_of_path(route.path));
    return reply;
  }
  return StaticSite::reply_of(plain_plan(request, route.status == 0 ? 404 : route.status));
}

net::HttpReply Service::upgrade(const net::HttpRequest& request) {
  if (!request.upgrade_websocket || request.method != "GET")
    return StaticSite::reply_of(plain_plan(request, 426));
  reload_pointer();
  net::HttpReply reply;
  reply.websocket = tracker_.connect();
  return reply;
}

/// Costs a few stats while nothing has changed.
void Service::reload_pointer() {
  if (site_) tracker_.set_site_pointer(site_->read(kPointerPath, base::kPointerFileMax));
}

/// A failure is no reason to stop serving: the next minute tries again.
void Service::renew_pointer_if_due() {
  if (!root_ || !root_->key) return;
  try {
    if (renew_if_due(*root_, unix_now_s()))
      std::fprintf(stderr, "skep: renewed the pointer of %s\n", root_->path.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skep: cannot renew the pointer: %s\n", error.what());
    metrics_.note_error(unix_now_s(), std::string("cannot renew the pointer: ") + error.what());
  }
}

void Service::announce_start(std::uint16_t port) const {
  if (options_.quiet) return;
  const bool loopback = options_.address == "localhost" || options_.address == "127.0.0.1" ||
                        options_.address == "::1";
  std::FILE* out = options_.access_log == "-" ? stderr : stdout;
  const std::string what = options_.root.empty() ? "the tracker" : options_.root;
  if (root_ && !root_->note.empty()) std::fprintf(out, "%s\n", root_->note.c_str());
  std::fprintf(out, "serving %s at http://localhost:%d/\n", what.c_str(), port);
  if (admin_.on()) std::fprintf(out, "admin page: http://localhost:%d/%s\n", port, kAdminPath);
  if (options_.admin && options_.admin_token_file.empty())
    std::fprintf(out, "admin token, until this server stops: %s\n", admin_.token().c_str());
  if (!loopback)
    std::fprintf(out,
                 "listening on %s: other machines can reach this, but browsers give no service\n"
                 "worker to plain http:// on any host but localhost; put TLS in front for them\n",
                 options_.address.c_str());
  std::fflush(out);
}

void Service::run() {
  begun_ = server_.now();
  renew_pointer_if_due();
  const std::uint16_t port = server_.listen();
  server_.stop_on_signals();
  server_.every(base::seconds(1), [this] {
    reload_pointer();
    tracker_.tick();
    metrics_.tick(gauges());
  });
  server_.every(base::seconds(60), [this] { renew_pointer_if_due(); });
  announce_start(port);
  server_.run();
}

}  // namespace

void serve(const ServeOptions& options) {
  Service service(options);
  service.run();
}

}  // namespace skep::origin
