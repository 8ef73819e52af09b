#include "net/http_server.hpp"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <stdexcept>

#include "net/server_core.hpp"

namespace skep::net {
namespace {

using asio::ip::tcp;

constexpr base::Duration kSweepPeriod = base::milliseconds(250);
/// Descriptors that are not connections: mappings (three per cached file), logs, listener.
constexpr std::size_t kReservedDescriptors = 3 * 1024 + 64;

std::chrono::microseconds chrono_of(base::Duration duration) {
  return std::chrono::microseconds(duration.us);
}

/// Raises the soft limit of descriptors to the hard one. RETURNS how many there are.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

/// Nothing between two programs of one machine wants to be spared bursts, while pacing (BBR, the
/// default of many a server) costs a timer for every 64 KB. Reno is always there, is not paced, and
/// meets no loss here. A listener hands it on to its connections.
void spare_pacing(int fd) {
  constexpr std::string_view kUnpaced = "reno";
  ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kUnpaced.data(), kUnpaced.size());
}

/// Binds, listens and accepts. RETURNS the port.
std::uint16_t listen_on(ServerCore& core, const asio::ip::address& address,
                        const HttpListener& what) {
  const std::string where = address.to_string() + " port " + std::to_string(what.port);
  ErrorCode error;
  tcp::acceptor acceptor(core.context);
  const tcp::endpoint endpoint(address, what.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6())
    acceptor.set_option(asio::ip::v6_only(address.is_loopback()), error);
  if (!error && address.is_loopback()) spare_pacing(acceptor.native_handle());
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error == asio::error::address_in_use)
    throw std::runtime_error(where +
                             " is in use by another program; choose another with --port "
                             "(0 takes a free one)");
  if (error == asio::error::access_denied)
    throw std::runtime_error(where + ": not allowed (ports below 1024 need root)");
  if (error) throw std::runtime_error("cannot listen on " + where + ": " + error.message());
  core.listeners.push_back({std::move(acceptor), what});
  ServerCore::Listener& listener = core.listeners.back();
  listener.what.port = listener.acceptor.local_endpoint().port();
  asio::co_spawn(core.context, core.accept_loop(listener), asio::detached);
  return listener.what.port;
}

IpAddress address_of(const tcp::endpoint& endpoint) {
  IpAddress out;
  if (endpoint.address().is_v6()) {
    out.octets = endpoint.address().to_v6().to_bytes();
  } else {
    const auto octets = endpoint.address().to_v4().to_bytes();
    out.octets[10] = out.octets[11] = 0xff;
    std::copy(octets.begin(), octets.end(), out.octets.begin() + 12);
  }
  return out;
}

}  // namespace

RateShaper::RateShaper(asio::io_context& context, std::uint64_t bytes_per_s)
    : context_(context), timer_(context) {
  if (bytes_per_s == 0) return;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  bucket_.emplace(
      static_cast<std::int64_t>(bytes_per_s),
      base::Instant{std::chrono::duration_cast<std::chrono::microseconds>(now).count()});
}

asio::awaitable<void> RateShaper::take(std::size_t bytes) {
  if (!bucket_) co_return;
  Waiter waiter{asio::steady_timer(context_, asio::steady_timer::time_point::max()),
                static_cast<std::int64_t>(bytes)};
  waiters_.push_back(&waiter);
  if (waiters_.size() == 1) serve(false);
  if (waiter.bytes == 0) co_return;  // served at once
  ErrorCode woken;
  co_await waiter.wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void RateShaper::debit(std::int64_t bytes) {
  if (bucket_) bucket_->debit(bytes);
}

void RateShaper::release() {
  for (Waiter* waiter : waiters_) waiter->wake.cancel();
  waiters_.clear();
}

void RateShaper::serve(bool waited) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  bucket_->advance({std::chrono::duration_cast<std::chrono::microseconds>(now).count()}, waited);
  while (!waiters_.empty() && bucket_->take(waiters_.front()->bytes)) {
    waiters_.front()->bytes = 0;
    waiters_.front()->wake.cancel();
    waiters_.pop_front();
  }
  if (waiters_.empty()) return;
  timer_.expires_after(chrono_of(bucket_->wait_for(waiters_.front()->bytes)));
  timer_.async_wait([this](ErrorCode error) {
    if (!error && !waiters_.empty()) serve(true);
  });
}

ServerCore::ServerCore(HttpHandler& the_handler, HttpServerOptions the_options)
    : handler(the_handler),
      options(std::move(the_options)),
      limits(options.address_limits),
      scratch(kScratchSize),
      shaper(context, options.rate_bytes_per_s),
      sweep_timer(context),
      grace_timer(context) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t room =
      descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors : descriptors / 2;
  options.connections_max = std::min(options.connections_max, room);
  if (!options.tls_certificate.empty()) tls.emplace(options.tls_certificate, options.tls_key);
}

base::Instant ServerCore::now() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

const std::string& ServerCore::date() {
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
  if (second != date_second) {
    date_second = second;
    date_line = "Date: " + print_http_date(second) + "\r\n";
  }
  return date_line;
}

void ServerCore::add(Session& session, std::list<Session*>::iterator& place) {
  place = sessions.insert(sessions.end(), &session);
  stats.connections = sessions.size();
}

void ServerCore::remove(std::list<Session*>::iterator place) {
  sessions.erase(place);
  stats.connections = sessions.size();
  end_if_done();
}

void ServerCore::end_if_done() {
  if (draining && sessions.empty() && !destroyed) context.stop();
}

asio::awaitable<void> ServerCore::accept_loop(Listener& listener) {
  for (;;) {
    ErrorCode error;
    Socket socket(context);
    tcp::endpoint peer;
    co_await listener.acceptor.async_accept(socket, peer,
                                            asio::redirect_error(asio::use_awaitable, error));
    if (draining || !listener.acceptor.is_open()) co_return;
    if (error) {  // out of descriptors, or a peer that left already: go on a little later
      asio::steady_timer pause(context, chrono_of(base::milliseconds(50)));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    accept(std::move(socket), address_of(peer), listener.what);
  }
}

void ServerCore::accept(Socket socket, const IpAddress& peer, const HttpListener& what) {
  if (sessions.size() >= options.connections_max) {
    ++stats.refused;
    for (Session* session : sessions) {  // one that only waits makes room for the next
      if (!session->idle()) continue;
      session->abort();
      break;
    }
    return;  // this socket is closed
  }
  // Proxies speak for many: their clients' limits are those of requests and WebSockets.
  const bool proxy = std::any_of(options.trusted_proxies.begin(), options.trusted_proxies.end(),
                                 [&](const Network& network) { return network.contains(peer); });
  Accepted accepted{std::move(socket), peer, proxy ? nullptr : limits.find(peer, now()), what};
  if (!limits.connect(accepted.limits)) {
    ++stats.refused;
    return;
  }
  if (peer.is_loopback()) spare_pacing(accepted.socket.native_handle());
  asio::co_spawn(context, serve_http(*this, std::move(accepted)), asio::detached);
}

void ServerCore::flush_dirty() {
  relaying = false;
  // A flush may end a session, whose user then tells others something: go on until all is quiet.
  for (std::vector<std::weak_ptr<Flushable>> batch; !dirty.empty();) {
    batch.swap(dirty);
    for (const auto& each : batch)
      if (const auto session = each.lock()) session->flush();
    batch.clear();
  }
}

void ServerCore::run() {
  while (!context.stopped() && context.run_one() > 0) {
    const base::Instant until = now() + kFlushDelayMax;
    while ((relaying || dirty.size() < kRepliesMax) && context.poll_one() > 0 && now() < until) {
    }
    flush_dirty();
  }
}

void ServerCore::schedule(asio::steady_timer& timer, base::Duration period,
                          std::function<void()> work) {
  timer.expires_after(chrono_of(period));
  timer.async_wait([this, &timer, period, work = std::move(work)](ErrorCode error) mutable {
    if (error) return;
    work();
    schedule(timer, period, std::move(work));
  });
}

void ServerCore::sweep() {
  const base::Instant time = now();
  for (auto at = sessions.begin(); at != sessions.end();) (*at++)->sweep(time);
}

void ServerCore::stop() {
  ++stops;
  draining = true;
  if (stops > 2) return context.stop();
  ErrorCode ignored;
  for (Listener& listener : listeners) listener.acceptor.close(ignored);
  for (auto at = sessions.begin(); at != sessions.end();)
    stops > 1 ? (*at++)->abort() : (*at++)->drain();
  if (stops > 1) shaper.release();
  end_if_done();
  // The first grace is for what is under way, the second for closed sockets' last words.
  grace_timer.expires_after(
      chrono_of(stops > 1 ? base::milliseconds(100) : options.shutdown_grace));
  grace_timer.async_wait([this](ErrorCode error) {
    if (!error) stop();
  });
}

HttpServer::HttpServer(HttpHandler& handler, HttpServerOptions options)
    : core_(std::make_unique<ServerCore>(handler, std::move(options))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::listen(HttpListener listener) {
  if (listener.address == "localhost") {
    // Both loopbacks: what "localhost" means to a client is the client's choice.
    listener.port = listen_on(*core_, asio::ip::address_v4::loopback(), listener);
    try {
      listen_on(*core_, asio::ip::address_v6::loopback(), listener);
    } catch (const std::runtime_error&) {
      // A machine without IPv6, or a port taken there only: 127.0.0.1 is enough.
    }
  } else {
    ErrorCode error;
    const asio::ip::address address = asio::ip::make_address(listener.address, error);
    if (error) throw std::runtime_error("not an IP address: " + listener.address);
    listener.port = listen_on(*core_, address, listener);
  }
  if (!std::exchange(core_->sweeping, true))
    core_->schedule(core_->sweep_timer, kSweepPeriod, [core = core_.get()] { core->sweep(); });
  return listener.port;
}

std::string HttpServer::reload_tls() {
  try {
    if (core_->tls) core_->tls->reload();
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool HttpServer::tls_files_changed() const { return core_->tls && core_->tls->files_changed(); }

void HttpServer::run() { core_->run(); }

void HttpServer::stop() {
  asio::post(core_->context, [core = core_.get()] { core->stop(); });
}

void HttpServer::stop_on_signals() {
  core_->signals.emplace(core_->context, SIGINT, SIGTERM);
  struct Again {
    ServerCore* core;
    void operator()(ErrorCode error, int) const {
      if (error) return;
      core->stop();
      core->signals->async_wait(*this);
    }
  };
  core_->signals->async_wait(Again{core_.get()});
}

void HttpServer::every(base::Duration period, std::function<void()> work) {
  core_->schedule(core_->periodic.emplace_back(core_->context), period, std::move(work));
}

void HttpServer::on_signal(int number, std::function<void()> work) {
  struct Again {
    asio::signal_set* signals;
    std::function<void()> work;
    void operator()(ErrorCode error, int) const {
      if (error) return;
      work();
      signals->async_wait(*this);
    }
  };
  asio::signal_set& signals = core_->user_signals.emplace_back(core_->context, number);
  signals.async_wait(Again{&signals, std::move(work)});
}

HttpServerStats HttpServer::stats() const {
  HttpServerStats out = core_->stats;
  out.limited = core_->limits.limited();
  return out;
}
base::Instant HttpServer::now() const { return core_->now(); }

}  // namespace skep::net
