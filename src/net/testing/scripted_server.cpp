#include "net/testing/scripted_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <thread>

namespace skep::net::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using ErrorCode = boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

/// A self-signed certificate for `name`, valid for a day.
void make_certificate(asio::ssl::context& tls, const std::string& name,
                      const std::string& authority) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 86'400);
  X509_set_pubkey(x509, key);
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  const std::string names = "DNS:" + name;
  for (const auto& [nid, value] : {std::pair(NID_subject_alt_name, names),
                                   std::pair(NID_basic_constraints, std::string("CA:TRUE"))}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x509, key, EVP_sha256());
  SSL_CTX_use_certificate(tls.native_handle(), x509);
  SSL_CTX_use_PrivateKey(tls.native_handle(), key);
  if (!authority.empty()) {
    std::FILE* file = std::fopen(authority.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
  }
  X509_free(x509);
  EVP_PKEY_free(key);
}

}  // namespace

class ScriptedServer::Body {
 public:
  Body(Answer answer, const std::string& certificate, const std::string& authority)
      : answer_(std::move(answer)), secure_(!certificate.empty()) {
    if (secure_) make_certificate(tls_, certificate, authority);
    thread_ = std::thread([this] { serve(); });
  }
  ~Body() {
    stopping_ = true;
    ErrorCode ignored;
    // Wakes the accept; a closed acceptor of another thread would be a race.
    asio::io_context context;
    tcp::socket knock(context);
    knock.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void serve() {
    for (;;) {
      ErrorCode error;
      tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (stopping_) return;
      if (error) continue;
      if (secure_) {
        TlsStream stream(std::move(socket), tls_);
        stream.handshake(asio::ssl::stream_base::server, error);
        if (!error && !converse(stream)) silent_.push_back(std::move(stream.next_layer()));
        if (!error) stream.shutdown(error);
      } else if (!converse(socket)) {
        silent_.push_back(std::move(socket));
      }
    }
  }
  template <class Stream>
  bool converse(Stream& stream) {
    ErrorCode error;
    asio::streambuf buffer;
    const std::size_t size = asio::read_until(stream, buffer, "\r\n\r\n", error);
    if (error) return true;
    const std::string header(static_cast<const char*>(buffer.data().data()), size);
    const std::string answer = answer_(header);
    asio::write(stream, asio::buffer(answer), error);
    return !answer.empty();
  }

  Answer answer_;
  bool secure_;
  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::list<tcp::socket> silent_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

ScriptedServer::ScriptedServer(Answer answer, const std::string& certificate,
                               const std::string& authority)
    : body_(std::make_unique<Body>(std::move(answer), certificate, authority)) {}
ScriptedServer::~ScriptedServer() = default;
std::uint16_t ScriptedServer::port() const { return body_->port(); }

class DatagramServer::Body {
 public:
  explicit Body(Answer answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~Body() {
    stopping_ = true;
    ErrorCode ignored;
    asio::io_context context;
    udp::socket knock(context, udp::v4());
    knock.send_to(asio::buffer("x", 1), socket_.local_endpoint(), 0, ignored);
    thread_.join();
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  void serve() {
    while (!stopping_) {
      std::array<char, 2048> buffer;
      udp::endpoint from;
      ErrorCode error;
      const std::size_t size = socket_.receive_from(asio::buffer(buffer), from, 0, error);
      if (stopping_ || error) continue;
      const std::string answer = answer_({buffer.data(), size});
      if (!answer.empty()) socket_.send_to(asio::buffer(answer), from, 0, error);
    }
  }

  Answer answer_;
  asio::io_context context_;
  udp::socket socket_{context_, udp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

DatagramServer::DatagramServer(Answer answer) : body_(std::make_unique<Body>(std::move(answer))) {}
DatagramServer::~DatagramServer() = default;
std::uint16_t DatagramServer::port() const { return body_->port(); }

Answer honest_stun() {
  return [](const std::string& request) {
    if (request.size() < 20) return std::string();
    std::string out("\x01\x01\x00\x0c", 4);
    out += request.substr(4, 16);  // cookie and transaction
    out += std::string("\x00\x20\x00\x08\x00\x01", 6);
    const unsigned port = 4000 ^ 0x2112;
    const std::array<unsigned char, 6> rest = {static_cast<unsigned char>(port >> 8),
                                               static_cast<unsigned char>(port & 255),
                                               203 ^ 0x21,
                                               0 ^ 0x12,
                                               113 ^ 0xA4,
                                               7 ^ 0x42};
    for (const unsigned char byte : rest) out += static_cast<char>(byte);
    return out;
  };
}

}  // namespace skep::net::testing
