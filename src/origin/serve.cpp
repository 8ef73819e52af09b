#include "origin/serve.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>

#include "codec/hex.hpp"
#include "net/http_fields.hpp"
#include "net/http_server.hpp"
#include "origin/access_log.hpp"
#include "origin/admin_page.hpp"
#include "origin/cache_rules.hpp"
#include "origin/http_plan.hpp"
#include "origin/key_file.hpp"
#include "origin/log.hpp"
#include "origin/metrics.hpp"
#include "origin/serve_root.hpp"
#include "origin/serve_settings.hpp"
#include "origin/static_site.hpp"
#include "origin/tracker_endpoint.hpp"
#include "origin/web_seed.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

constexpr const char* kPointerPath = ".well-known/skep/latest";

tracker::Config tracker_config(std::uint64_t quota) {
  tracker::Config config;
  for (tracker::Rate* rate :
       {&config.messages, &config.bytes, &config.offers, &config.offers_received}) {
    rate->burst *= quota;
    rate->per_s *= quota;
  }
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
  out.connections_max = options.connections_max;
  out.tls_certificate = options.tls_cert;
  out.tls_key = options.tls_key;
  out.address_limits = options.limits;
  for (const std::string& text : options.trusted_proxies)
    out.trusted_proxies.push_back(*net::parse_network(text));
  out.rate_bytes_per_s = static_cast<std::uint64_t>(options.rate_mbit * 1e6 / 8);
  return out;
}

std::int64_t unix_now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// HttpListener::id of the port that is for metrics only.
constexpr std::uint8_t kMetricsListener = 1;
/// From when on an expiry is spoken of, as `skep doctor` does (docs/diagnostics.md).
constexpr std::int64_t kExpirySoonS = 2 * 86'400;
/// How often the certificate's files are looked at.
constexpr base::Duration kCertificatePeriod = base::seconds(10);

net::HttpListener metrics_listener(const std::string& text) {
  const auto named = parse_host_port(text);
  if (!named)
    throw std::runtime_error("--metrics-address must be address:port, as in 127.0.0.1:9100");
  net::HttpListener out;
  out.id = kMetricsListener;
  out.address = named->address;
  out.port = named->port;
  return out;
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
        access_log_(options.access_log),
        log_(options.quiet ? LogLevel::error : log_level_of(options.log_level),
             options.log_format == "json"),
        admin_(
            admin_token(options), [this] { return metrics_json(snapshot()); },
            [this] { return site_ ? site_->read(kPointerPath, base::kPointerFileMax) : ""; }),
        tracker_(tracker_config(options.tracker_quota), public_keys(options.allow_keys),
                 options.ice),
        server_(*this, server_options(options)) {
    if (options.root.empty()) return;
    root_ = prepare_root(options.root, options.key_file);
    if (!root_->warning.empty()) log_.warning(root_->warning);
    site_.emplace(root_->path.string());
  }

  void run();

  net::HttpReply handle(const net::HttpRequest& request) override;
  void finished(const net::HttpRequest& request, const net::HttpOutcome& outcome) override;

 private:
  std::string health() const;
  MetricsSnapshot gauges() const;
  MetricsSnapshot snapshot() const;
  std::optional<HttpPlan> seed(const net::HttpRequest& request, Route& route);
  std::optional<net::HttpReply> own_page_of_tracker(const net::HttpRequest& request, Route route);
  void reload_torrents(std::string_view pointer);
  net::HttpReply upgrade(const net::HttpRequest& request);
  void reload_pointer();
  void load_cache_values();
  void renew_pointer_if_due();
  void watch_expiry();
  void announce_start(std::uint16_t port) const;
  bool may_see_metrics(const net::HttpRequest& request) const;
  void reload_certificate();
  void report(std::string_view what, const std::string& why);
  std::uint16_t open_ports();

  const ServeOptions& options_;
  AccessLog access_log_;
  Log log_;
  AdminPage admin_;
  std::optional<ServeRoot> root_;
  std::optional<StaticSite> site_;
  WebSeed web_seed_;
  TrackerEndpoint tracker_;
  Metrics metrics_;
  std::string pointer_file_;                    ///< as it was read last
  std::string metrics_url_;                     ///< of the port of its own
  std::pair<std::int64_t, int> expiry_told_{};  ///< seq; 1: soon, 2: expired
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

/// Only programs on this machine, and not those who ask by way of a proxy on it; or who reaches
/// the port that is for them.
bool Service::may_see_metrics(const net::HttpRequest& request) const {
  if (!options_.metrics_address.empty()) return request.listener == kMetricsListener;
  return !request.forwarded && (request.remote == "127.0.0.1" || request.remote == "::1");
}

/// An error that the operator should see, now and on the admin page.
void Service::report(std::string_view what, const std::string& why) {
  const std::string text = std::string(what) + ": " + why;
  log_.error(text);
  metrics_.note_error(unix_now_s(), text);
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
  out.tls_handshakes_failed = stats.handshakes_failed;
  out.limited = {{"connections", stats.limited.connections},
                 {"websockets", stats.limited.websockets},
                 {"requests", stats.limited.requests},
                 {"messages", stats.limited.messages}};
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
  access_log_.write(request, outcome);
}

net::HttpReply Service::handle(const net::HttpRequest& request) {
  Route route = route_request(request);
  if (route.kind == RouteKind::file && request.listener != kMetricsListener)
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
      if (request.listener == kMetricsListener) break;
      if (auto page = own_page_of_tracker(request, route)) return std::move(*page);
      return upgrade(request);
    case RouteKind::file:
    case RouteKind::refused:
      break;
  }
  if (site_ && request.listener != kMetricsListener) {
    if (const auto padding = seed(request, route)) return StaticSite::reply_of(*padding);
    net::HttpReply reply = site_->answer(request, route);
    if (reply.status < 400) reply.tag = static_cast<std::uint8_t>(kind_of_path(route.path));
    return reply;
  }
  return StaticSite::reply_of(plain_plan(request, route.status == 0 ? 404 : route.status));
}

/// A site may have a page at /announce: it is for everybody who asks for no WebSocket.
std::optional<net::HttpReply> Service::own_page_of_tracker(const net::HttpRequest& request,
                                                           Route route) {
  if (!site_ || request.upgrade_websocket || is_hidden(route.path)) return std::nullopt;
  route.kind = RouteKind::file;
  net::HttpReply reply = site_->answer(request, route);
  if (reply.status >= 400) return std::nullopt;
  reply.tag = static_cast<std::uint8_t>(kind_of_path(route.path));
  return reply;
}

/// BEP 19: a path below a torrent's name becomes the site's own, unless the site has it; a pad file
/// is answered here.
std::optional<HttpPlan> Service::seed(const net::HttpRequest& request, Route& route) {
  if (!site_) return std::nullopt;
  if (route.kind == RouteKind::refused && route.status == 404) {  // ".pad" is a dot file
    const auto target = net::parse_target(request.target);
    const auto size = target ? web_seed_.padding_of(target->path) : std::nullopt;
    if (size && request.method == "OPTIONS") {  // a page of another site asks first
      Route padding;
      padding.kind = RouteKind::file;
      return decide_response(request, padding, {});
    }
    if (size) return padding_plan(request, *size);
  }
  if (route.kind != RouteKind::file) return std::nullopt;
  auto path = web_seed_.path_of(route.path);
  if (!path || is_hidden(*path) || site_->has(route.path)) return std::nullopt;
  route.path = std::move(*path);
  return std::nullopt;
}

/// What web seeds need of each torrent that the pointer names. A torrent that cannot be read is not
/// seeded; everything else goes on.
void Service::reload_torrents(std::string_view file) {
  const auto pointer = site::decode_pointer(base::as_bytes(file));
  if (!pointer) return;
  std::vector<SeededTorrent> torrents;
  for (const crypto::Digest256& hash : pointer->info_hashes) {
    const std::string path = ".well-known/skep/" + codec::encode_hex(hash.view()) + ".torrent";
    const std::string bytes = site_->read(path, base::kMetainfoSizeMax);
    const auto content = torrent::parse_content(base::as_bytes(bytes));
    if (content) torrents.push_back({content->info.name, content->info.piece_length});
  }
  web_seed_.set(std::move(torrents));
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
  if (!site_) return;
  const std::string file = site_->read(kPointerPath, base::kPointerFileMax);
  tracker_.set_site_pointer(file);
  if (file == pointer_file_) return;
  pointer_file_ = file;
  load_cache_values();
  reload_torrents(pointer_file_);
}

/// From the torrents that the pointer names. A file of a version that is gone keeps nothing.
void Service::load_cache_values() {
  std::map<std::string, std::string, std::less<>> all;
  const auto pointer = site::decode_pointer(base::as_bytes(pointer_file_));
  if (!pointer) return;
  for (const crypto::Digest256& hash : pointer->info_hashes) {
    const std::string torrent = site_->read(
        ".well-known/skep/" + codec::encode_hex(hash.view()) + ".torrent", base::kMetainfoSizeMax);
    auto values = read_cache_values(base::as_bytes(torrent));
    if (values) all.merge(*values);
  }
  site_->set_cache_values(std::move(all));
}

/// A failure is no reason to stop serving: the next minute tries again.
void Service::renew_pointer_if_due() {
  if (!root_ || !root_->key) return;
  try {
    if (renew_if_due(*root_, unix_now_s()))
      log_.info("renewed the pointer of " + root_->path.string());
  } catch (const std::exception& error) {
    report("cannot renew the pointer", error.what());
  }
}

/// A pointer that ends makes every visitor go back to plain HTTP, and nothing else would show it:
/// said once for each pointer and state.
void Service::watch_expiry() {
  const auto pointer = site::decode_pointer(base::as_bytes(pointer_file_));
  if (!pointer || pointer->state != site::Switch::on) return;
  const std::int64_t left_s = pointer->expires_s - unix_now_s();
  const auto now = std::pair(pointer->seq, left_s <= 0 ? 2 : left_s < kExpirySoonS ? 1 : 0);
  if (now == expiry_told_) return;
  expiry_told_ = now;
  constexpr const char* kAdvice = "renew it (skep pointer renew), or let this server do it (--key)";
  if (now.second == 2)
    report("the pointer has expired, visitors use plain HTTP only", kAdvice);
  else if (now.second == 1)
    log_.warning("the pointer expires in " + std::to_string(left_s / 3600) + " h: " + kAdvice);
}

/// Connections to come get the new one; a pair that cannot be used changes nothing.
void Service::reload_certificate() {
  const std::string wrong = server_.reload_tls();
  if (wrong.empty())
    log_.info("read the certificate again");
  else
    report("the old certificate stays in use", wrong);
}

void Service::announce_start(std::uint16_t port) const {
  if (options_.quiet) return;
  const bool loopback = options_.address == "localhost" || options_.address == "127.0.0.1" ||
                        options_.address == "::1";
  std::FILE* out = options_.access_log == "-" ? stderr : stdout;
  const std::string what = options_.root.empty() ? "the tracker" : options_.root;
  if (root_ && !root_->note.empty()) std::fprintf(out, "%s\n", root_->note.c_str());
  const bool any = options_.address == "0.0.0.0" || options_.address == "::";
  std::string host = loopback || any ? "localhost" : options_.address;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string base = (options_.tls_cert.empty() ? "http://" : "https://") + host + ":" +
                           std::to_string(port) + "/";
  std::fprintf(out, "serving %s at %s\n", what.c_str(), base.c_str());
  if (admin_.on()) std::fprintf(out, "admin page: %s%s\n", base.c_str(), kAdminPath);
  if (options_.admin && options_.admin_token_file.empty())
    std::fprintf(out, "admin token, until this server stops: %s\n", admin_.token().c_str());
  if (!metrics_url_.empty()) std::fprintf(out, "metrics at %s\n", metrics_url_.c_str());
  if (!loopback && options_.tls_cert.empty())
    std::fprintf(out,
                 "listening on %s: other machines can reach this, but browsers give no service\n"
                 "worker to plain http:// on any host but localhost; put TLS in front for them\n",
                 options_.address.c_str());
  std::fflush(out);
}

std::uint16_t Service::open_ports() {
  const bool tls = !options_.tls_cert.empty();
  const std::uint16_t port =
      server_.listen({.address = options_.address,
                      .port = options_.port,
                      .kind = tls ? net::ListenerKind::tls : net::ListenerKind::plain});
  if (tls && options_.redirect_port != 0)
    server_.listen({.address = options_.address,
                    .port = options_.redirect_port,
                    .kind = net::ListenerKind::redirect,
                    .redirect_port = port});
  if (!options_.metrics_address.empty()) {
    const net::HttpListener listener = metrics_listener(options_.metrics_address);
    const bool v6 = listener.address.find(':') != std::string::npos;
    metrics_url_ = "http://" + (v6 ? "[" + listener.address + "]" : listener.address) + ":" +
                   std::to_string(server_.listen(listener)) + "/metrics";
  }
  return port;
}

void Service::run() {
  begun_ = server_.now();
  reload_pointer();
  renew_pointer_if_due();
  reload_pointer();
  watch_expiry();
  const std::uint16_t port = open_ports();
  server_.stop_on_signals();
  // A certificate is renewed by a program that may tell us (SIGHUP), or not.
  server_.on_signal(SIGHUP, [this] {
    if (const std::string wrong = access_log_.reopen(); !wrong.empty())
      report("the old access log stays in use", wrong);
    if (!options_.tls_cert.empty()) reload_certificate();
  });
  server_.every(kCertificatePeriod, [this] {
    if (server_.tls_files_changed()) reload_certificate();
  });
  server_.every(base::seconds(1), [this] {
    reload_pointer();
    tracker_.tick();
    metrics_.tick(gauges());
  });
  server_.every(base::seconds(60), [this] {
    renew_pointer_if_due();
    watch_expiry();
  });
  announce_start(port);
  server_.run();
}

}  // namespace

void serve(const ServeOptions& options) {
  Service service(options);
  service.run();
}

}  // namespace skep::origin
