#include "net/client_stream.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <chrono>
#include <stdexcept>
#include <vector>

namespace skep::net {
namespace {

using ErrorCode = boost::system::error_code;
using asio::ip::tcp;

std::string verify_sentence(SSL* ssl, const ErrorCode& error) {
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_OK) return "TLS: " + error.message();
  return std::string("the certificate is not accepted: ") + X509_verify_cert_error_string(result);
}

}  // namespace

asio::ssl::context client_tls(const std::string& ca_file) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                      asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  ErrorCode error;
  context.set_default_verify_paths(error);  // a machine without any: everything is untrusted
  if (!ca_file.empty()) {
    context.load_verify_file(ca_file, error);
    if (error) throw std::runtime_error(ca_file + ": not a file of PEM certificates");
  }
  context.set_verify_mode(asio::ssl::verify_peer);
  return context;
}

asio::awaitable<ConnectFailure> connect_tcp(tcp::socket& socket, const HttpUrl& url) {
  ErrorCode error;
  std::vector<tcp::endpoint> addresses;
  if (url.host == "localhost" || url.host.ends_with(".localhost")) {
    // RFC 6761 section 6.3: this machine, whatever name servers say.
    addresses = {{asio::ip::address_v4::loopback(), url.port},
                 {asio::ip::address_v6::loopback(), url.port}};
  } else {
    tcp::resolver resolver(socket.get_executor());
    const auto found = co_await resolver.async_resolve(
        url.host, std::to_string(url.port), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return ConnectFailure{HttpTrouble::not_found, url.host + ": " + error.message()};
    for (const auto& entry : found) addresses.push_back(entry.endpoint());
  }
  co_await asio::async_connect(socket, addresses, asio::redirect_error(asio::use_awaitable, error));
  if (error)
    co_return ConnectFailure{HttpTrouble::refused, url.authority() + ": " + error.message()};
  co_return ConnectFailure{};
}

asio::awaitable<ConnectFailure> connect_tls(TlsStream& stream, const HttpUrl& url) {
  SSL* ssl = stream.native_handle();
  X509_VERIFY_PARAM* names = SSL_get0_param(ssl);
  ErrorCode no_address;
  asio::ip::make_address(url.host, no_address);
  if (no_address) {
    SSL_set_tlsext_host_name(ssl, url.host.c_str());
    X509_VERIFY_PARAM_set1_host(names, url.host.c_str(), 0);
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(names, url.host.c_str());
  }
  ErrorCode error;
  co_await stream.async_handshake(asio::ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return ConnectFailure{HttpTrouble::untrusted, verify_sentence(ssl, error)};
  co_return ConnectFailure{};
}

ConnectFailure run_conversation(const Conversation& conversation, base::Duration timeout) {
  ConnectFailure out;
  asio::io_context context(1);
  asio::co_spawn(context, conversation(context), [&out](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      out = {HttpTrouble::malformed, error.what()};
    }
  });
  context.run_for(std::chrono::microseconds(timeout.us));
  if (!context.stopped())
    out = {HttpTrouble::timed_out, "within " + std::to_string(timeout.us / 1'000'000) + " s"};
  return out;
}

}  // namespace skep::net
