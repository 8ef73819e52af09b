/// tls.hpp: the server's certificate and key, and what new connections begin with.
/// CONTRACT  one thread. Connections keep what they began with; reload() only changes what later
///           ones get, and keeps the old pair when the new one cannot be used.
/// WHY       OpenSSL reads and writes the socket itself, without a second copy of every byte in
///           Asio's stream, and an idle connection holds no buffers.
/// SPEC      RFC 8446, 5246 (TLS 1.3, 1.2; older versions are refused: RFC 8996), RFC 7301 (ALPN:
///           http/1.1)
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace skep::net {

struct SslDeleter {
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
using SslSession = std::unique_ptr<SSL, SslDeleter>;

class TlsIdentity {
 public:
  /// PEM files: the certificate with its chain, and the key without a password. Throws
  /// std::runtime_error with a sentence.
  TlsIdentity(std::string certificate_file, std::string key_file);

  /// Reads the files again. Throws like the constructor; then the old pair goes on.
  void reload();
  /// True when either file is not the one that was read last (whether that worked or not).
  bool files_changed() const;

  /// For an accepted socket. Null when out of memory.
  SslSession accept_on(int fd) const;

 private:
  using Stamp = std::array<std::int64_t, 4>;
  static Stamp stamp_of(const std::string& path);

  std::string certificate_file_;
  std::string key_file_;
  std::unique_ptr<SSL_CTX, SslDeleter> context_;
  Stamp certificate_stamp_{};
  Stamp key_stamp_{};
};

}  // namespace skep::net
